// The mailed link, with JavaScript: its secret leaves the address bar, nothing happens before a person clicks, and a
// mail scanner, even one that clicks, burns nothing and sees nothing. The vendor comes in afterwards at the first try.
//
//   JOURNEY_BIN   the binary (else the debug build)
//   LINK_WAIT     seconds that the scanner's browser waits on the page (else 30)

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { awaitMail, digitsOf, launch, linkOf, mails, startDemo } from "./lib.mjs";
import { Journey } from "./walk.mjs";

const WAIT = Number(process.env.LINK_WAIT ?? 30) * 1_000;
const EMAIL = "mira@tern.example";
const VENDOR = "Tern Transcripts";
const WHY = "We found recordings of board meetings in your trial account.";
const seen = new Set();
let demo;
let browser;
let link;
let path;

const pageIn = async (context) => {
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  return page;
};
const press = (page, name) => Promise.all([page.waitForNavigation(), page.getByRole("button", { name }).click()]);
const toVendor = async () => (await mails(demo)).filter((one) => String(one.to).includes(EMAIL));
const codeMails = async () => (await toVendor()).filter((one) => /^Your code/.test(one.subject));

/** What a scanner may never get: a session, and words that are the vendor's alone. */
function isBlind(text, cookies) {
  for (const secret of [VENDOR, WHY, EMAIL, "Sub-processor check"]) {
    assert.ok(!text.includes(secret), `a scanner reads ${JSON.stringify(secret)}`);
  }
  assert.deepEqual(cookies.map((one) => one.name).filter((name) => /resp|session|rb\b/i.test(name)), []);
}

before(async () => {
  demo = await startDemo();
  browser = await launch();
  const procurement = new Journey(demo, browser, { meet: () => Promise.resolve() }, 1280);
  Object.assign(procurement, { email: EMAIL, vendor: VENDOR, why: WHY });
  await procurement.registerAndIntake();
  await procurement.prepareAndSend();
  ({ link } = linkOf(procurement.invitation));
  path = new URL(link).pathname;
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

test("A-05: HEAD and GET, 20 times each from three scanners, change nothing and set no cookie", async () => {
  const pages = new Set();
  for (const agent of ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) SafeLinks", "Proofpoint URL Defense", "BarracudaCentral"]) {
    for (let turn = 0; turn < 20; turn += 1) {
      for (const method of ["HEAD", "GET"]) {
        const answer = await fetch(`${demo.url}${path}`, { method, headers: { "User-Agent": agent } });
        assert.equal(answer.status, 200);
        assert.equal(answer.headers.get("set-cookie"), null);
        assert.match(answer.headers.get("cache-control") ?? "", /no-store/);
        assert.equal(answer.headers.get("referrer-policy"), "no-referrer");
        if (method === "GET") pages.add(await answer.text());
      }
    }
  }
  const unknown = await fetch(`${demo.url}/q/00000000000000000000`);
  pages.add(await unknown.text());
  assert.equal(pages.size, 1, "one page, byte by byte, for every link, known or not");
  assert.equal((await codeMails()).length, 0);
});

test("A-05: a scanner's browser that runs the script and waits sends nothing and gets nothing", async () => {
  const context = await browser.newContext();
  const page = await pageIn(context);
  const posts = [];
  page.on("request", (request) => { if (request.method() !== "GET") posts.push(request.url()); });
  await page.goto(link);
  await page.getByRole("button", { name: "Open questionnaire" }).waitFor();
  assert.equal(page.url(), `${demo.url}${path}`, "the secret has left the address bar");
  assert.equal(await page.evaluate(() => location.hash + JSON.stringify({ ...localStorage, ...sessionStorage })), "{}");
  await page.waitForTimeout(WAIT);
  assert.deepEqual(posts, [], "nothing is sent before a person clicks");
  isBlind(await page.locator("body").innerText(), await context.cookies());
  assert.equal((await codeMails()).length, 0);
  await page.goBack().catch(() => null);
  assert.ok(!page.url().includes("#"), "going back does not bring the secret back");
  await context.close();
});

/** A scanner that opens the link as a person would, and then tries every door and, if told so, every button. */
async function scannerClicks(everything) {
  const context = await browser.newContext();
  const page = await pageIn(context);
  await page.goto(link);
  await press(page, "Open questionnaire");
  assert.equal(new URL(page.url()).pathname, "/q/code");
  const text = await page.locator("body").innerText();
  assert.ok(!text.includes(WHY) && !text.includes(EMAIL), "the page that asks for the code keeps words and address");
  if (everything) {
    await press(page, "Continue");
    await press(page, "send a new code");
  }
  for (const closed of ["/portal", "/portal/tasks", "/portal/check", "/portal/receipt", "/portal/questions/SUB-01"]) {
    const answer = await page.goto(`${demo.url}${closed}`);
    const body = await answer.text();
    assert.ok(!body.includes(WHY) && !body.includes("SUB-01\""), `${closed} shows nothing`);
    const stays = new URL(page.url()).pathname.startsWith("/q") || answer.status() >= 400;
    assert.ok(stays, `${closed} stays closed, but leads to ${page.url()} with ${answer.status()}`);
  }
  const names = (await context.cookies()).map((one) => one.name);
  assert.deepEqual(names.filter((name) => /resp|rb$/.test(name)), [], `no session among ${names}`);
  await context.close();
}

test("A-06: a scanner that clicks obtains no session and no confidential word; the vendor then comes in", async () => {
  await scannerClicks(false);
  await awaitMail(demo, seen, EMAIL, /^Your code/);
  const context = await browser.newContext();
  const page = await pageIn(context);
  await page.goto(link);
  await press(page, "Open questionnaire");
  const digits = digitsOf(await awaitMail(demo, seen, EMAIL, /^Your code/));
  await page.getByLabel("Code from the mail").fill(digits);
  await press(page, "Continue");
  assert.equal(new URL(page.url()).pathname, "/portal");
  assert.ok((await page.locator("main").innerText()).includes(WHY));

  for (let scanner = 0; scanner < 2; scanner += 1) await scannerClicks(true);
  await new Promise((resolve) => { setTimeout(resolve, 2_000); });
  assert.equal((await codeMails()).length, 2, "two code mails in five minutes, however often somebody clicks");

  await page.goto(`${demo.url}/portal/tasks`);
  await page.getByRole("link", { name: "Security" }).first().waitFor();
  await page.goto(link);
  await press(page, "Open questionnaire");
  assert.equal(new URL(page.url()).pathname, "/portal", "the vendor's own browser needs no second code");
  await context.close();
});

test("a sign-in link fills in its own code, and its secret leaves the address bar", async () => {
  const context = await browser.newContext();
  const page = await pageIn(context);
  const { email, password } = demo.user("admin");
  await page.goto(new URL("/sign-in", demo.url).href);
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(password);
  await press(page, "Sign in");
  await page.goto(new URL("/users", demo.url).href);
  await page.getByLabel("Name").fill("Wanda Winter");
  await page.getByLabel("E-mail").fill("wanda@northwind.example");
  await press(page, "Send invitation");
  const mail = await awaitMail(demo, seen, "wanda@northwind.example", /invited/);
  await context.close();
  const fresh = await pageIn(await browser.newContext());
  const problems = [];
  fresh.on("pageerror", (error) => problems.push(error.message));
  const address = mail.text.match(/http:\/\/\S+\/join#\S+/)[0];
  await fresh.goto(address);
  assert.equal(new URL(fresh.url()).hash, "");
  assert.equal(await fresh.getByLabel("Sign-in code").inputValue(), address.split("#")[1]);
  await fresh.getByLabel("New password").fill("seven slow rivers under one moon");
  await press(fresh, "Save password and sign in");
  assert.equal(new URL(fresh.url()).pathname, "/");
  assert.deepEqual(problems, []);
  await fresh.context().close();
});
