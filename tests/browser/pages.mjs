// How to get to every page of the route table: who looks at it, and where it is in the demo. For those who look at all.
// `pages.txt` lists the pages; a test of the route table keeps it complete.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { awaitMail, binary, cameIn, linkOf, signedIn } from "./lib.mjs";
import { Journey } from "./walk.mjs";

/** The pages of the route table. */
export const listed = readFileSync(new URL("pages.txt", import.meta.url), "utf8").trim().split("\n");

/** `assay serve` that nobody has set up yet. */
export async function untouched() {
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
export async function addresses(demo, browser, empty) {
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
