// What the browser tests share: a demo of its own, a browser, the mailbox, and the checks that every page has to pass.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const here = dirname(fileURLToPath(import.meta.url));
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** The binary under test: JOURNEY_BIN, or the debug build of this repository. */
export function binary() {
  if (process.env.JOURNEY_BIN) return process.env.JOURNEY_BIN;
  const target = process.env.CARGO_TARGET_DIR ?? join(here, "..", "..", "target");
  return join(target, "debug", "assay");
}

/** Starts `assay demo` on a free port; resolves with what it announces and a way to end it. */
export async function startDemo() {
  const path = binary();
  if (!existsSync(path)) throw new Error(`no binary at ${path}: build it, or name one in JOURNEY_BIN`);
  const child = spawn(path, ["demo", "--json"], { stdio: ["ignore", "pipe", "pipe"] });
  let errors = "";
  child.stderr.on("data", (chunk) => { errors += chunk; });
  const line = await new Promise((resolve, reject) => {
    let text = "";
    const limit = setTimeout(() => reject(new Error(`the demo did not start in 120 s\n${errors}`)), 120_000);
    child.stdout.on("data", (chunk) => {
      text += chunk;
      if (text.includes("\n")) {
        clearTimeout(limit);
        resolve(text.slice(0, text.indexOf("\n")));
      }
    });
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`the demo ended with ${code}\n${errors}`)));
  });
  const demo = JSON.parse(line);
  const user = (role) => demo.users.find((one) => one.role === role);
  const stop = () => new Promise((resolve) => {
    if (child.exitCode !== null) return resolve();
    child.removeAllListeners("exit");
    child.on("exit", resolve);
    child.kill("SIGTERM");
  });
  return { ...demo, user, stop, log: () => errors };
}

/** Debian's Chromium without anything that talks to the outside. */
export function launch() {
  const executablePath = process.env.JOURNEY_CHROMIUM
    ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((path) => existsSync(path));
  if (!executablePath) throw new Error("no Chromium in /usr/bin");
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    ],
  });
}

/** The mails that the demo keeps, newest first. */
export async function mails(demo) {
  const answer = await fetch(`${demo.mailbox}.json`);
  if (!answer.ok) throw new Error(`mailbox: ${answer.status}`);
  return answer.json();
}

/** Waits for a mail that fits and that is not among `known` (a set of ids, to which it is added). */
export async function awaitMail(demo, known, to, subject) {
  for (let turn = 0; turn < 150; turn += 1) {
    const mail = (await mails(demo)).find((one) => !known.has(one.id) && address(one.to) === to && subject.test(one.subject));
    if (mail) {
      known.add(mail.id);
      return mail;
    }
    await new Promise((resolve) => { setTimeout(resolve, 200); });
  }
  const there = (await mails(demo)).slice(0, 8).map((one) => `${one.to}: ${one.subject}`).join("\n");
  throw new Error(`no mail to ${to} with subject ${subject} within 30 s; newest are\n${there}`);
}

const address = (to) => (Array.isArray(to) ? to.join(",") : String(to)).replace(/^.*<(.*)>$/, "$1");

/** The link with its secret, and the access code, as the mail's text part gives them. */
export function linkOf(mail) {
  const link = mail.text.match(/http:\/\/\S+\/q\/\S+#\S+/)?.[0];
  const code = mail.text.match(/access code\s+([A-Z0-9][A-Z0-9 -]+[A-Z0-9])/i)?.[1];
  if (!link || !code) throw new Error(`no link or access code in the mail\n${mail.text}`);
  return { link, code };
}

/** The six digits of a code mail. */
export function digitsOf(mail) {
  const digits = mail.text.match(/Your code: ([0-9 ]{6,9})/)?.[1].replaceAll(" ", "");
  if (!/^\d{6}$/.test(digits ?? "")) throw new Error(`no code in the mail\n${mail.text}`);
  return digits;
}

/** A page in a fresh browser in which the user of this role has signed in; nothing moves on it. */
export async function signedIn(browser, demo, role) {
  const page = await (await browser.newContext({ reducedMotion: "reduce" })).newPage();
  const { email, password } = demo.user(role);
  await page.goto(`${demo.url}/sign-in`);
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(password);
  await Promise.all([page.waitForNavigation(), page.getByRole("button", { name: "Sign in" }).click()]);
  return page;
}

/** A page in a fresh browser that came in by the link of the newest mail that fits, as the respondent does. */
export async function cameIn(browser, demo, fits) {
  const all = await mails(demo);
  const mail = all.find((one) => /\/q\/\S+#/.test(one.text) && fits(one));
  if (!mail) throw new Error(`no mail with a link fits ${fits}`);
  const page = await (await browser.newContext({ reducedMotion: "reduce" })).newPage();
  const press = (name) => Promise.all([page.waitForNavigation(), page.getByRole("button", { name }).click()]);
  await page.goto(linkOf(mail).link);
  await press("Open questionnaire");
  if (new URL(page.url()).pathname === "/q/code") {
    const known = new Set(all.map((one) => one.id));
    await page.getByLabel("Code from the mail").fill(digitsOf(await awaitMail(demo, known, address(mail.to), /^Your code/)));
    await press("Continue");
  }
  return page;
}

/** How wide the page is, how wide it may be, what stands over its side, and how far something stands below its end. */
export const overflow = (page) => page.evaluate(() => {
  const inner = window.innerWidth;
  const over = (one) => one.getBoundingClientRect().right > inner + 0.5 || one.getBoundingClientRect().left < -0.5;
  const wide = [...document.querySelectorAll("body *")]
    .filter((one) => over(one) && !one.closest(".scroll, .mainnav, pre, .sr, .skip"))
    .slice(0, 3)
    .map((one) => one.outerHTML.slice(0, 120));
  const end = Math.max(window.innerHeight, Math.ceil(document.body.getBoundingClientRect().bottom + window.scrollY));
  const below = document.documentElement.scrollHeight - end;
  return { scroll: document.documentElement.scrollWidth, inner, wide, below };
});

/** Rules whose outcome depends on colours alone. */
export const COLOUR_RULES = ["color-contrast", "link-in-text-block"];

/**
 * What axe finds wrong with the page as it is shown now, by all rules or by these; it needs a page with script. The bar
 * that stays in sight covers whatever is below it at the moment, so it stands at its own place meanwhile.
 */
export async function violations(page, rules = RULES) {
  if (!await page.evaluate("Boolean(window.axe)")) await page.evaluate(`${axeSource}; null`);
  const stand = (position) => page.evaluate((where) => document.querySelectorAll(".verdict").forEach((one) => { one.style.position = where; }), position);
  await stand("static");
  const found = await page.evaluate((only) => window.axe.run(document, { runOnly: only, resultTypes: ["violations"] })
    .then((result) => result.violations.map((one) => `${one.id}, ${one.help}: ${one.nodes.slice(0, 4).map((node) =>
      `${node.target.join(" ")} ${node.failureSummary.replace(/\s+/g, " ").slice(0, 300)}`).join(" | ")}${
      one.nodes.length > 4 ? ` (+${one.nodes.length - 4})` : ""}`)), rules);
  await stand("");
  return found;
}

/**
 * Looks at pages as a strict reader would: nothing runs over the side, and axe finds nothing, in light and in dark.
 *
 * The pages under test run without JavaScript, where axe cannot run either. So the very document that the tested page
 * shows is shown once more in a second browser context, with script for axe alone (the page's own scripts are kept out).
 */
export class Inspector {
  constructor(browser, width) {
    this.browser = browser;
    this.width = width;
    this.faults = [];
    this.count = 0;
    this.seen = new Set();
  }

  async open() {
    const context = await this.browser.newContext({ viewport: { width: this.width, height: 900 } });
    this.page = await context.newPage();
    await this.page.route("**/*", (route) => {
      const request = route.request();
      // What is framed is met by itself.
      if (request.frame() !== this.page.mainFrame()) return route.abort();
      if (request.isNavigationRequest()) return route.fulfill({ body: this.html, contentType: "text/html; charset=utf-8" });
      return request.resourceType() === "script" ? route.abort() : route.continue();
    });
    return this;
  }

  fault(text) {
    this.faults.push(text);
    console.log(`  FAULT ${text}`);
  }

  /** Checks the page that is shown now; `name` says which it is. */
  async meet(page, name) {
    const where = `${this.width} px, ${name} (${new URL(page.url()).pathname})`;
    this.count += 1;
    const { scroll, inner, wide, below } = await overflow(page);
    if (scroll > inner) this.fault(`${where}: ${scroll} wide; ${wide.join(" | ")}`);
    if (below > 1) this.fault(`${where}: something stands ${below} px below its end`);
    this.html = await page.content();
    const before = this.faults.length;
    for (const colours of ["light", "dark"]) {
      // Before the page is shown: colours that are still changing would be measured half way.
      await this.page.emulateMedia({ colorScheme: colours });
      await this.page.goto(page.url().split("#")[0]);
      for (const one of await violations(this.page)) this.fault(`${where}, ${colours}: ${one}`);
    }
    console.log(`${scroll > inner || this.faults.length > before ? "not ok" : "ok"}  ${where}`);
    const shots = process.env.JOURNEY_SHOTS;
    if (shots) {
      mkdirSync(shots, { recursive: true });
      const file = `${this.width}-${String(this.count).padStart(3, "0")}-${name.replace(/[^a-z0-9]+/gi, "-").toLowerCase()}.png`;
      await page.screenshot({ path: join(shots, file), fullPage: true });
    }
  }
}

/** A small, valid PDF with a sentence in it; no two are the same bytes. */
export function smallPdf(sentence) {
  const content = `BT /F1 12 Tf 40 100 Td (${sentence}) Tj ET`;
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 200] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  ];
  let text = "%PDF-1.4\n";
  const offsets = objects.map((object, index) => {
    const at = text.length;
    text += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return at;
  });
  const start = text.length;
  const lines = offsets.map((at) => `${String(at).padStart(10, "0")} 00000 n \n`).join("");
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${lines}`;
  text += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`;
  return Buffer.from(text, "latin1");
}

/** The day that many days from now, as a date field takes it. */
export const inDays = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
