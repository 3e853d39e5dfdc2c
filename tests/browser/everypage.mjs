// Every page of the route table as everybody may meet it: light and dark, from left to right and from right to left, at
// 1280, 640 (which is 200 % of 1280) and 320 pixels, with wider text, and by keyboard alone. On each nothing runs over
// the side, axe finds nothing, no text is cut off, and Tab reaches everything and shows where it is.
//
// `pages.txt` lists the pages; a test of the route table keeps it complete, and this one refuses what it cannot visit.
//
//   JOURNEY_BIN     the binary (else the debug build)
//   EVERYPAGE_ONLY  part of a route: looks at the pages alone whose route contains it

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { COLOUR_RULES, awaitMail, binary, cameIn, launch, linkOf, overflow, signedIn, startDemo, violations } from "./lib.mjs";
import { Journey } from "./walk.mjs";

const WIDTHS = [1280, 640, 320];
const DIRECTIONS = ["ltr", "rtl"];
const COLOURS = ["light", "dark"];
/** WCAG 1.4.12. */
const SPACED = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-block-end: 2em !important }";
/** Mails as their pages frame them: no script may run there, so their HTML is looked at outside of the frame. */
const FRAMED = ["/dev/mailbox/{mail}/html", "/assessments/{assessment}/preview/mails/{mail}"];
/** Pages that are looked at side by side. */
const LANES = 3;

const faults = [];
const fault = (text) => {
  faults.push(text);
  console.log(`  FAULT ${text}`);
};

/** `assay serve` that nobody has set up yet. */
async function untouched() {
  const port = await new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port: free } = probe.address();
      probe.close(() => resolve(free));
    });
  });
  const folder = mkdtempSync(join(tmpdir(), "assay-everypage-"));
  const url = `http://127.0.0.1:${port}`;
  const env = {
    ...process.env, ASSAY_MODE: "development", ASSAY_BASE_URL: url, ASSAY_LISTEN: `127.0.0.1:${port}`, ASSAY_DATA_DIR: join(folder, "data"),
    ASSAY_MAIL__TRANSPORT: "memory", ASSAY_SMTP__FROM: "assay@northwind.example", ASSAY_LOG__FILTER: "warn",
    ASSAY_STORAGE__LEAST_FREE_PERCENT: "0", ASSAY_STORAGE__LEAST_FREE_MB: "0",
  };
  const child = spawn(binary(), ["serve"], { cwd: folder, env, stdio: "ignore" });
  for (let turn = 0; turn < 300; turn += 1) {
    const answer = await fetch(`${url}/health/ready`).catch(() => null);
    if (answer?.ok) break;
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
  const stop = () => new Promise((resolve) => {
    child.on("exit", resolve);
    child.kill("SIGTERM");
  });
  return { url, stop: () => stop().then(() => rmSync(folder, { recursive: true, force: true })) };
}

/** The pages, each with the page that may see it and its address: whatever people do goes before. */
async function addresses(demo, browser, empty) {
  const admin = await signedIn(browser, demo, "admin");
  const stranger = await (await browser.newContext({ reducedMotion: "reduce" })).newPage();
  /** The first address on a page of the admin that looks so, and has these words near it. */
  const found = async (path, selector, words = "") => {
    await admin.goto(new URL(path, demo.url).href);
    const link = admin.locator(selector).filter(words ? { hasText: words } : {}).first();
    assert.ok(await link.count(), `nothing like ${selector} ${words} on ${path}`);
    return link.getAttribute("href");
  };
  const vendorOf = (name) => found(`/vendors?name=${encodeURIComponent(name)}`, "main a[href^='/vendors/']", name);
  const assessmentOf = async (name) => found(await vendorOf(name), "section[aria-labelledby=assessments] a[href^='/assessments/']");
  const halden = await vendorOf("Halden Hosting");
  const decided = await assessmentOf("Halden Hosting");
  const returned = await assessmentOf("Ordino");
  const reviewed = await assessmentOf("Pallas Voice");
  const draft = await found("/assessments?state=draft", "main table a[href^='/assessments/']");
  const service = await found(halden, "section[aria-labelledby=services] a[href^='/services/']");
  await admin.goto(`${demo.url}/compare?page=1`);
  const chosen = await admin.$$eval("input[name=assessment]", (boxes) => boxes.slice(0, 4).map((box) => `assessment=${box.value}`).join("&"));

  // A vendor that has just been asked, in a browser that has not given its code yet, and one that has.
  const asked = new Journey(demo, browser, { meet: () => Promise.resolve() }, 1280);
  Object.assign(asked, { email: "mira@tern.example", vendor: "Tern Transcripts" });
  await asked.registerAndIntake();
  await asked.prepareAndSend();
  const { link } = linkOf(asked.invitation);
  const pending = await (await browser.newContext({ reducedMotion: "reduce" })).newPage();
  await pending.goto(link);
  await Promise.all([pending.waitForNavigation(), pending.getByRole("button", { name: "Open questionnaire" }).click()]);
  // Its code has come, so that the next one is not taken for it.
  await awaitMail(demo, asked.mails, "mira@tern.example", /^Your code/);
  const to = (mail, person) => String(mail.to).includes(person);
  const welcome = await cameIn(browser, demo, (mail) => to(mail, "mira@tern.example"));
  // The same respondent cannot be welcomed and ready to send: another one has answered what it has to.
  const ready = new Journey(demo, browser, { meet: () => Promise.resolve() }, 1281);
  Object.assign(ready, { email: "noa@tern.example", vendor: "Tern Captions" });
  await ready.registerAndIntake();
  await ready.prepareAndSend();
  const sending = await cameIn(browser, demo, (mail) => to(mail, "noa@tern.example"));
  await sending.goto(`${demo.url}/portal/questions/SUB-01`);
  await sending.locator("#SUB-01-value").fill("We transcribe recorded calls.");
  await sending.locator("article#SUB-01 [data-saved]", { hasText: /^Saved/ }).waitFor();
  await sending.goto(`${demo.url}/portal/questions/SUB-09`);
  await sending.locator("article#SUB-09").getByRole("radio", { name: /^No$/ }).check();
  await sending.locator("article#SUB-09 [data-saved]", { hasText: /^Saved/ }).waitFor();
  const answering = await cameIn(browser, demo, (mail) => to(mail, "priya.shah@lumen.example"));
  const asking = await cameIn(browser, demo, (mail) => to(mail, "mei.lin@ordino.example") && /follow-up/.test(mail.subject));
  const fixing = await cameIn(browser, demo, (mail) => to(mail, "tom@halden.example"));
  await answering.goto(`${demo.url}/portal/tasks`);
  const section = await answering.locator("main a[href^='/portal/sections/']").first().getAttribute("href");
  await answering.goto(`${demo.url}/portal/questions/SEC-GOV-01`);
  await answering.getByText("Add evidence", { exact: true }).click();
  await answering.getByLabel("A link instead").fill("https://trust.lumen.example/policy");
  await answering.getByLabel("What it is").fill("Policy, on our trust page");
  await Promise.all([answering.waitForNavigation(), answering.getByRole("button", { name: /^Add link/ }).click()]);
  const piece = await answering.locator("main a[href^='/portal/shelf/']").first().getAttribute("href");

  return {
    "/set-up": [stranger, `${empty.url}/set-up`],
    "/sign-in": [stranger, "/sign-in"],
    "/join": [stranger, "/join"],
    "/q": [stranger, "/q"],
    "/q/{link_id}": [stranger, new URL(link).pathname],
    "/q/code": [pending, "/q/code"],
    "/dev/mailbox": [stranger, "/dev/mailbox"],
    "/dev/mailbox/{mail}": [stranger, `/dev/mailbox/${asked.invitation.id}`],
    "/dev/mailbox/{mail}/html": [stranger, `/dev/mailbox/${asked.invitation.id}/html`],
    "/": [admin, "/"],
    "/users": [admin, "/users"],
    "/jobs": [admin, "/jobs"],
    "/audit": [admin, "/audit"],
    "/search": [admin, "/search?q=penetration"],
    "/compare": [admin, `/compare?${chosen}`, "/compare"],
    "/compare/all": [admin, "/compare/all", "/compare/all?tier=low&order=claimed"],
    "/findings": [admin, "/findings"],
    "/findings/{finding}": [admin, await found("/findings", "main a[href^='/findings/']")],
    "/vendors": [admin, "/vendors"],
    "/vendors/new": [admin, "/vendors/new"],
    "/vendors/{vendor}": [admin, await vendorOf("Hearth Systems")],
    "/vendors/{vendor}/edit": [admin, `${halden}/edit`],
    "/vendors/{vendor}/archive": [admin, `${halden}/archive`],
    "/vendors/{vendor}/contacts/new": [admin, `${halden}/contacts/new`],
    "/vendors/{vendor}/contacts/{contact}/edit": [admin, await found(halden, "main a[href*='/contacts/'][href$='/edit']")],
    "/vendors/{vendor}/services/new": [admin, `${halden}/services/new`],
    "/services/{service}": [admin, service],
    "/services/{service}/edit": [admin, `${service}/edit`],
    "/services/{service}/intake/answer": [admin, `${service}/intake/answer`],
    "/assessments": [admin, "/assessments?state=all"],
    "/assessments/new": [admin, "/assessments/new"],
    "/assessments/{assessment}": [admin, returned],
    "/assessments/{assessment}/questionnaires": [admin, `${draft}/questionnaires`],
    "/assessments/{assessment}/people": [admin, `${draft}/people`],
    "/assessments/{assessment}/check": [admin, `${draft}/check`],
    "/assessments/{assessment}/preview/mails": [admin, `${draft}/preview/mails`],
    "/assessments/{assessment}/preview/mails/{mail}": [admin, `${draft}/preview/mails/invitation`],
    "/assessments/{assessment}/preview/portal": [admin, `${draft}/preview/portal`],
    "/assessments/{assessment}/preview/portal/tasks": [admin, `${draft}/preview/portal/tasks`],
    "/assessments/{assessment}/preview/portal/sections/{questionnaire}/{section}": [admin, await found(`${draft}/preview/portal/tasks`, "main a[href*='/preview/portal/sections/']")],
    "/assessments/{assessment}/preview/portal/check": [admin, `${draft}/preview/portal/check`],
    "/assessments/{assessment}/preview/portal/shelf": [admin, `${draft}/preview/portal/shelf`],
    "/assessments/{assessment}/preview/portal/submit": [admin, `${draft}/preview/portal/submit`],
    "/assessments/{assessment}/extend": [admin, `${returned}/extend`],
    "/assessments/{assessment}/owner": [admin, `${returned}/owner`],
    "/assessments/{assessment}/cancel": [admin, `${returned}/cancel`],
    "/assessments/{assessment}/people/add": [admin, `${returned}/people/add`],
    "/assessments/{assessment}/people/{respondent}/reissue": [admin, await found(returned, "main a[href$='/reissue']")],
    "/assessments/{assessment}/people/{respondent}/revoke": [admin, await found(returned, "main a[href$='/revoke']")],
    "/assessments/{assessment}/review": [admin, `${reviewed}/review?show=all`],
    "/assessments/{assessment}/return": [admin, `${reviewed}/return`],
    "/assessments/{assessment}/accept-together": [admin, await found(`${reviewed}/review`, "main a[href*='/accept-together']")],
    "/assessments/{assessment}/score": [admin, `${reviewed}/score`],
    "/assessments/{assessment}/findings": [admin, `${decided}/findings`],
    "/assessments/{assessment}/findings/new": [admin, `${reviewed}/findings/new`],
    "/assessments/{assessment}/decision": [admin, `${decided}/decision`],
    "/portal": [welcome, "/portal"],
    "/portal/tasks": [answering, "/portal/tasks"],
    "/portal/sections/{questionnaire}/{section}": [answering, section],
    "/portal/questions/{question}": [answering, "/portal/questions/SEC-GOV-01"],
    "/portal/shelf": [answering, "/portal/shelf"],
    "/portal/shelf/{evidence}": [answering, piece],
    "/portal/people": [answering, "/portal/people"],
    "/portal/check": [answering, "/portal/check"],
    "/portal/submit": [sending, "/portal/submit"],
    "/portal/clarifications": [asking, "/portal/clarifications"],
    "/portal/actions": [fixing, "/portal/actions"],
    "/portal/receipt": [fixing, "/portal/receipt"],
  };
}

/** Goes through the page with Tab; says what cannot be reached, and where one cannot see where one is. */
async function byKeyboard(page, where) {
  const complain = (what) => what.slice(0, 3).forEach((one) => fault(`${where}, keyboard: ${one}`));
  const hidden = [];
  for (let turn = 0; turn < 2_000; turn += 1) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(() => {
      const one = document.activeElement;
      // A date has several stops of its own, and so has a frame; on a busy machine focus can rest a moment, too.
      window.rests = one === window.last || !one || one === document.body ? (window.rests ?? 0) + 1 : 0;
      if (window.rests) return { end: window.rests > 20 };
      if (one.dataset.met) return { end: true };
      one.dataset.met = "1";
      window.last = one;
      const outlined = [one, one.parentElement, one.parentElement?.parentElement].some((shown) => {
        const style = shown && getComputedStyle(shown);
        return style && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
      });
      const inside = (x, y) => {
        const hit = document.elementFromPoint(x, y);
        return hit && (one.contains(hit) || hit.closest("label")?.control === one);
      };
      // Something of it is in sight and uncovered, looked for at nine points of what lies in the window.
      const parts = [1 / 6, 1 / 2, 5 / 6];
      const seen = [...one.getClientRects()].some((box) => {
        const [left, right] = [Math.max(box.left, 0), Math.min(box.right, window.innerWidth)];
        const [top, bottom] = [Math.max(box.top, 0), Math.min(box.bottom, window.innerHeight)];
        return parts.some((x) => parts.some((y) => inside(left + (right - left) * x, top + (bottom - top) * y)));
      });
      const name = one.outerHTML.slice(0, 120);
      // In a frame it is the frame's own document that shows where one is.
      if (one.tagName === "IFRAME") return {};
      return { wrong: !outlined ? `no outline on ${name}` : !seen ? `covered or out of sight: ${name}` : null };
    });
    if (stop.end) break;
    if (stop.wrong) hidden.push(stop.wrong);
  }
  complain(hidden);
  complain(await page.evaluate(() => [...document.querySelectorAll("a[href], button:not([disabled]), summary, select, textarea, input:not([type=hidden], [type=radio]), [tabindex='0']")]
    .filter((one) => one.checkVisibility() && !one.disabled && !one.dataset.met && one.getClientRects().length)
    .map((one) => `never reached: ${one.outerHTML.slice(0, 120)}`)));
  await page.evaluate(() => document.activeElement?.blur());
}

/** Texts that are cut off because their box hides what is too long. */
const cutOff = (page) => page.evaluate(() => [...document.querySelectorAll("body *")]
  .filter((one) => one.checkVisibility() && !one.closest(".sr, svg") && !one.matches("input, select, textarea, progress, meter"))
  .filter((one) => {
    const style = getComputedStyle(one);
    const hides = (overflow) => overflow === "hidden" || overflow === "clip";
    if (style.clipPath !== "none") return false;
    return (hides(style.overflowX) && one.scrollWidth > one.clientWidth + 1) || (hides(style.overflowY) && one.scrollHeight > one.clientHeight + 1);
  })
  .map((one) => one.outerHTML.slice(0, 120)).slice(0, 3));

async function inside(page, where) {
  const { scroll, inner, wide } = await overflow(page);
  if (scroll > inner) fault(`${where}: ${scroll} wide; ${wide.join(" | ")}`);
}

async function look(browserPage, route, address) {
  const page = await browserPage.context().newPage();
  await page.setViewportSize({ width: WIDTHS[0], height: 900 });
  await page.emulateMedia({ colorScheme: COLOURS[0], reducedMotion: "reduce" });
  const framed = FRAMED.includes(route);
  const answer = await (framed ? page.request.get(address) : page.goto(address));
  const wanted = new RegExp(`^${route.replaceAll(/\{[^}]+\}/g, "[^/]+")}$`);
  if (framed) await page.setContent(await answer.text());
  if (answer.status() !== 200 || !wanted.test(new URL(answer.url()).pathname)) {
    fault(`${route}: ${address} leads to ${answer.url()} with ${answer.status()}`);
    await page.close();
    return 0;
  }
  await byKeyboard(page, route);
  let runs = 0;
  for (const direction of DIRECTIONS) {
    await page.evaluate((dir) => { document.documentElement.dir = dir; }, direction);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      const where = `${route}, ${width} px, ${direction}`;
      await inside(page, where);
      for (const colorScheme of COLOURS) {
        await page.emulateMedia({ colorScheme });
        // What is the same in every colour was looked at in the first one.
        const rules = colorScheme === COLOURS[0] ? undefined : COLOUR_RULES;
        for (const one of await violations(page, rules)) fault(`${where}, ${colorScheme}: ${one}`);
        runs += 1;
      }
    }
    await page.evaluate((rules) => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(rules);
      document.adoptedStyleSheets = [sheet];
    }, SPACED);
    await inside(page, `${route}, 320 px, ${direction}, wider text`);
    for (const one of await cutOff(page)) fault(`${route}, 320 px, ${direction}, wider text: cut off ${one}`);
    await page.evaluate(() => { document.adoptedStyleSheets = []; });
  }
  await page.close();
  return runs;
}

const listed = readFileSync(new URL("pages.txt", import.meta.url), "utf8").trim().split("\n");
const began = Date.now();
const demo = await startDemo();
const browser = await launch();
const empty = await untouched();
let runs = 0;
let seen = 0;
try {
  const known = await addresses(demo, browser, empty);
  for (const route of listed.filter((one) => !known[one])) fault(`${route} is a page that nobody looks at: add how to get there`);
  for (const route of Object.keys(known).filter((one) => !listed.includes(one))) fault(`${route} is no page of the route table`);
  const visits = Object.entries(known).flatMap(([route, [page, ...paths]]) => paths.map((path) => [route, page, path]));
  const wanted = visits.filter(([route]) => route.includes(process.env.EVERYPAGE_ONLY ?? ""));
  const lane = async () => {
    for (let next = wanted.shift(); next; next = wanted.shift()) {
      const [route, page, path] = next;
      const [from, before] = [Date.now(), faults.length];
      const looked = await look(page, route, new URL(path, demo.url).href);
      runs += looked;
      seen += 1;
      console.log(`${faults.length > before ? "not ok" : "ok"}  ${route} (${((Date.now() - from) / 1_000).toFixed(1)} s)`);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
} finally {
  await browser.close();
  await demo.stop();
  await empty.stop();
}
if (faults.length) console.log(`\n${faults.length} faults:\n${faults.map((one) => `- ${one}`).join("\n")}`);
console.log(`\n${seen} pages, ${runs} runs of axe in ${((Date.now() - began) / 1_000).toFixed(0)} s; ${faults.length} faults`);
process.exitCode = faults.length ? 1 : 0;
