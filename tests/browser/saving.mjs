// Saving by script in a real browser: what is typed is never lost, and the page never says "saved" of what is not.
// A slow or absent server, two tabs, a colleague's change, a session that ends, and a shared computer.
//
//   JOURNEY_BIN   the binary (else the debug build)

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, before, test } from "node:test";
import { awaitMail, digitsOf, launch, linkOf, startDemo } from "./lib.mjs";
import { Journey } from "./walk.mjs";

const EMAIL = "mira@tern.example";
const seen = new Set();
let demo;
let browser;
let link;
let context;

const pathOf = (page) => new URL(page.url()).pathname;
const press = (page, name) => Promise.all([page.waitForNavigation(), page.getByRole("button", { name }).click()]);

/** A new tab in which the mailed link was opened. */
async function openLink(own) {
  const page = await own.newPage();
  page.setDefaultTimeout(10_000);
  await page.goto(link);
  await press(page, "Open questionnaire");
  return page;
}

/** Gives the code of a mail that is not among `known`. */
async function giveCode(page, known, email) {
  await page.getByLabel("Code from the mail").fill(digitsOf(await awaitMail(demo, known, email, /code/i)));
  await press(page, "Continue");
}

/** A browser of the vendor that has come in with its link and code. */
async function vendor() {
  const own = await browser.newContext();
  const page = await openLink(own);
  if (pathOf(page) === "/q/code") await giveCode(page, seen, EMAIL);
  await page.close(); // a tab that is open sends what another left
  return own;
}

let another;
/** A second browser of the vendor; it asks for its code once. */
const colleague = async () => (another ??= await vendor());

let lead;
/** Another vendor, which has answered everything and sent nothing; it has had one of the two codes it may have. */
async function answered() {
  if (lead) return lead;
  const walk = new Journey(demo, browser, unseen, 1100);
  for (const step of ["registerAndIntake", "prepareAndSend", "vendorAnswers"]) await walk[step]();
  lead = { walk, state: await walk.page.context().storageState() };
  return lead;
}

async function section(own, name = /Service and duties/) {
  const page = await own.newPage();
  page.setDefaultTimeout(10_000);
  await page.goto(new URL("/portal/tasks", demo.url).href);
  await Promise.all([page.waitForNavigation(), page.getByRole("main").getByRole("link", { name }).first().click()]);
  return page;
}

const card = (page, id) => page.locator(`article#${id}`);
const words = (page, id) => card(page, id).locator("[data-saved]");
const says = (page, id, pattern) => page.waitForFunction(
  ([question, text]) => new RegExp(text).test(document.querySelector(`article#${question} [data-saved]`)?.textContent ?? ""),
  [id, pattern],
);
/** What the server holds, read by a browser without script. */
async function stored(id, state) {
  state ??= await context.storageState();
  const plain = await browser.newContext({ storageState: state, javaScriptEnabled: false });
  const page = await plain.newPage();
  await page.goto(new URL(`/portal/questions/${id}`, demo.url).href);
  const note = await card(page, id).getByLabel("Note").inputValue();
  await plain.close();
  return note;
}
/** Waits for what no page shows. */
async function until(happened) {
  for (let turn = 0; turn < 100; turn += 1) {
    if (await happened()) return;
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
  throw new Error(`never happened: ${happened}`);
}
/** Waits until the browser has the text on disk. */
const kept = (page, text) => until(async () => JSON.stringify(await entries(page)).includes(text));
const waiting = async (page) => (await entries(page)).length;
/** What the browser has on disk: what waits, and what was set aside. */
const entries = (page) => page.evaluate(() => new Promise((resolve) => {
  const request = indexedDB.open("assay-answers");
  request.onsuccess = () => {
    const names = [...request.result.objectStoreNames];
    if (names.length === 0) return resolve([]);
    const reads = request.result.transaction(names);
    const found = names.map((name) => reads.objectStore(name).getAll());
    reads.oncomplete = () => { request.result.close(); resolve(found.flatMap((one) => one.result)); };
  };
}));
/** Types a note while the line is down, and closes the page with it. */
async function leave(page, id, text) {
  await context.setOffline(true);
  await card(page, id).getByLabel("Note").fill(text);
  await kept(page, text);
  await page.close({ runBeforeUnload: false });
}
/** Opens a page whose script comes only when it is released. */
async function beforeScript(url) {
  const page = await context.newPage();
  let release;
  const held = new Promise((resolve) => { release = resolve; });
  await page.route("**/static/saving.*.js", async (route) => { await held; await route.continue(); });
  await page.goto(url, { waitUntil: "commit" });
  return [page, release];
}
/** Waits until nothing is left in the browser. */
const emptied = (page) => until(async () => await waiting(page) === 0);

const unseen = { meet: () => Promise.resolve() };

before(async () => {
  demo = await startDemo();
  browser = await launch();
  const procurement = new Journey(demo, browser, unseen, 1280);
  Object.assign(procurement, { email: EMAIL });
  await procurement.registerAndIntake();
  await procurement.prepareAndSend("AI meeting notes");
  ({ link } = linkOf(procurement.invitation));
  context = await vendor();
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

afterEach(() => context.setOffline(false));

test("what is typed is saved by itself, each answer alone, and survives leaving by a link", async () => {
  const page = await section(context);
  await card(page, "SUB-02").getByRole("radio", { name: /^Yes, fixed/ }).check();
  await says(page, "SUB-02", "^Saved");
  const when = (await words(page, "SUB-02").innerText()).replace("Saved ", "");
  assert.match(when, /^\d{1,2} \w{3} \d{4}, \d\d:\d\d$/);
  assert.equal(await page.locator("[data-page-saved]").innerText(), `Everything saved ${when}`);
  await card(page, "SUB-02").getByLabel("Note").fill("Germany and Ireland.");
  await card(page, "SUB-01").locator("#SUB-01-value").fill("We transcribe calls.");
  await Promise.all([page.waitForNavigation(), page.getByRole("link", { name: /^Continue to/ }).click()]);
  await page.goBack();
  assert.match(await words(page, "SUB-02").innerText(), new RegExp(`^Saved ${when.split(",")[0]}, \\d\\d:\\d\\d by `), "as the server says it");
  assert.equal(await stored("SUB-02"), "Germany and Ireland.");
  assert.equal(await waiting(page), 0);
  await page.close();
});

test("C-12: offline, the page says so, a reload keeps the text, and it arrives once the line is back", async () => {
  const page = await section(context);
  await context.setOffline(true);
  await card(page, "SUB-03").getByRole("radio", { name: /^General confidentiality/ }).check();
  await card(page, "SUB-03").getByLabel("Note").fill("Typed in a tunnel.");
  await says(page, "SUB-03", "^Not saved yet");
  await kept(page, "Typed in a tunnel.");
  assert.match(await page.locator("[data-page-saved]").innerText(), /not saved yet/);
  await page.close({ runBeforeUnload: false });
  await context.setOffline(false);
  const again = await section(context);
  await says(again, "SUB-03", "^Saved");
  assert.equal(await stored("SUB-03"), "Typed in a tunnel.");
  assert.equal(await waiting(again), 0);
  await again.close();
});

test("an answer that changes while its save is under way follows its own save", async () => {
  const page = await section(context, /^Security(?! basics)/);
  let release;
  const held = new Promise((resolve) => { release = resolve; });
  const sent = [];
  await page.route("**/SUB-06/answer", async (route) => {
    sent.push(route.request().postDataJSON().choices[0]);
    const response = await route.fetch();
    if (sent.length === 1) await held; // stored, and the page does not know it yet
    await route.fulfill({ response });
  });
  const choose = (name) => card(page, "SUB-06").getByRole("radio", { name }).check();
  await choose(/^Yes, on all/);
  await until(() => sent.length > 0);
  await choose(/^Yes, except/);
  await page.getByText("Saving 1 answer").waitFor();
  release();
  for (const name of [/^Only in transit/, /^Yes, on all/, /^Yes, except/, /^Only in transit/]) await choose(name);
  await page.locator("[data-page-saved]", { hasText: "Everything saved" }).waitFor();
  await says(page, "SUB-06", "^Saved");
  assert.equal(await page.locator(".clash").count(), 0, "nobody else has changed it");
  await page.reload();
  assert.ok(await card(page, "SUB-06").getByRole("radio", { name: /^Only in transit/ }).isChecked(), sent.join());
  await page.close();
});

test("a reload while a save is under way is nobody else's change", async () => {
  const page = await section(context, /^Security(?! basics)/);
  let stored = false;
  await page.route("**/SUB-06/answer", async (route) => {
    await route.fetch();
    stored = true; // and the page is not told
  }, { times: 1 });
  const choose = (name) => card(page, "SUB-06").getByRole("radio", { name }).check();
  await choose(/^Yes, on all/);
  await until(() => stored);
  await choose(/^Yes, except/);
  await page.getByText("Saving 1 answer").waitFor();
  page.on("dialog", (dialog) => dialog.accept());
  await page.reload();
  await emptied(page);
  await says(page, "SUB-06", "^Saved");
  assert.equal(await page.locator(".clash").count(), 0, "nobody else has changed it");
  await page.reload();
  assert.ok(await card(page, "SUB-06").getByRole("radio", { name: /^Yes, except/ }).isChecked());
  await page.close();
});

test("C-02: a colleague's change is shown with both texts, and nothing is overwritten", async () => {
  const [mine, theirs] = [await section(context), await section(await colleague())];
  await card(theirs, "SUB-04").getByRole("radio", { name: /^We do not know/ }).check();
  await says(theirs, "SUB-04", "^Saved");
  await card(mine, "SUB-04").getByLabel("Note").fill("We never had one.");
  await card(mine, "SUB-04").getByRole("radio", { name: /^No$/ }).check();
  const clash = card(mine, "SUB-04").getByRole("group", { name: /changed this/ });
  await clash.waitFor();
  const text = await clash.innerText();
  assert.match(text, /Yours, not saved[\s\S]*No[\s\S]*We never had one\./);
  assert.match(text, /We do not know/);
  await card(mine, "SUB-04").getByLabel("Note").fill("We never had one, and plan none.");
  await new Promise((resolve) => { setTimeout(resolve, 1_200); });
  assert.equal(await stored("SUB-04"), "", "typing on decides nothing");
  await Promise.all([mine.waitForNavigation(), clash.getByRole("button", { name: "Keep mine" }).click()]);
  assert.equal(await stored("SUB-04"), "We never had one, and plan none.");
  await mine.close();
  await theirs.close();
});

test("C-02: who types on while both texts come in loses no key, and decides nothing", async () => {
  const mine = await section(context);
  await colleagueSaves("SUB-04");
  const theirs = await stored("SUB-04");
  // So that there is time to type between question and answer.
  await mine.route("**/portal/questions/**", async (route) => {
    await new Promise((resolve) => { setTimeout(resolve, 300); });
    await route.continue();
  });
  await card(mine, "SUB-04").getByLabel("Note").press("Control+A");
  await mine.keyboard.type("Written. ");
  await new Promise((resolve) => { setTimeout(resolve, 900); });
  await mine.keyboard.type("And written on, key by key, for some seconds more.", { delay: 60 });
  const clash = card(mine, "SUB-04").getByRole("group", { name: /changed this/ });
  await clash.waitFor();
  await new Promise((resolve) => { setTimeout(resolve, 2_000); });
  assert.equal(await stored("SUB-04"), theirs, "nothing is overwritten");
  assert.equal(await clash.count(), 1, "the choice still stands");
  const text = "Written. And written on, key by key, for some seconds more.";
  assert.equal(await card(mine, "SUB-04").getByLabel("Note").inputValue(), text);
  await Promise.all([mine.waitForNavigation(), clash.getByRole("button", { name: "Keep mine" }).click()]);
  assert.equal(await stored("SUB-04"), text);
  await mine.close();
});

test("a session that has ended keeps the text of a page that is closed, until its link is opened again", async () => {
  const page = await section(context);
  await context.clearCookies({ name: /resp/ });
  await card(page, "SUB-02").getByLabel("Note").fill("After lunch.");
  await page.locator("#need-link").waitFor();
  assert.equal(await waiting(page), 1);
  await page.close({ runBeforeUnload: false });
  const again = await openLink(context);
  assert.match(pathOf(again), /^\/portal/, "a known browser needs no code");
  await emptied(again);
  assert.equal(await stored("SUB-02"), "After lunch.");
  await again.close();
});

test("a session that has ended keeps the text, which is saved once its writer has come in again with a code", async () => {
  const { walk, state } = await answered();
  const own = await browser.newContext({ storageState: state });
  const page = await section(own);
  const before = await stored("SUB-02", state); // by a browser whose session goes on
  await own.clearCookies({ name: /^(resp|rb)$/ }); // nor is the browser known any more
  await card(page, "SUB-02").getByLabel("Note").fill("After the holidays.");
  const notice = page.locator("#need-link");
  await notice.getByText(/^Your session has ended\. What you typed is kept here\./).waitFor();
  await whole(page, "^1 answer kept in this browser; open your link again to save");
  await says(page, "SUB-02", "^Not saved yet, kept in this browser");
  await card(page, "SUB-02").getByLabel("Note").fill("After the long holidays.");
  await says(page, "SUB-02", "^Not saved yet, kept in this browser");
  assert.equal(await waiting(page), 1);

  const [tab] = await Promise.all([page.waitForEvent("popup"), notice.getByRole("link", { name: "open the link from your mail again" }).click()]);
  tab.setDefaultTimeout(10_000);
  await tab.getByLabel("Access code from the mail").fill(linkOf(walk.invitation).code);
  await press(tab, "Open with the code");
  assert.equal(pathOf(tab), "/q/code");
  assert.equal(await stored("SUB-02", state), before, "the access code alone saves nothing");
  await giveCode(tab, walk.mails, walk.email);
  assert.match(pathOf(tab), /^\/portal/);
  // The page beside it hears of that, without being looked at.
  await says(page, "SUB-02", "^Saved");
  await whole(page, "^Everything saved");
  assert.equal(await notice.count() + await page.locator(".clash").count(), 0);
  assert.equal(await waiting(page), 0);
  assert.equal(await stored("SUB-02", state), "After the long holidays.");
  await own.close();
});

test("a session that ends on a shared computer says of every answer that only its page has it", async () => {
  const { state } = await answered();
  const own = await browser.newContext({ storageState: state });
  const page = await section(own);
  await page.getByLabel(/shared computer/).check();
  await own.clearCookies({ name: /resp/ });
  for (const question of ["SUB-02", "SUB-04"]) await card(page, question).getByLabel("Note").fill("Only here.");
  await page.locator("#need-link").waitFor();
  for (const question of ["SUB-02", "SUB-04"]) await says(page, question, "^Not saved yet; keep this page open until it is saved");
  await whole(page, "^2 answers only on this page; open your link again to save");
  assert.equal(await waiting(page), 0);
  await own.close();
});

test("what the server does not take is called unsaved, with the reason, until it is mended", async () => {
  const page = await section(context);
  const note = card(page, "SUB-02").getByLabel("Note");
  await note.evaluate((area) => area.removeAttribute("maxlength"));
  await note.fill("x".repeat(4_001));
  await says(page, "SUB-02", "^Not saved: \\S.*4");
  const whole = page.locator("[data-page-saved]");
  await page.waitForFunction(() => /^1 answer is not saved/.test(document.querySelector("[data-page-saved]").textContent.trim()));
  await note.fill("Short.");
  await says(page, "SUB-02", "^Saved");
  await page.waitForFunction(() => /Everything saved/.test(document.querySelector("[data-page-saved]").textContent));
  assert.doesNotMatch(await whole.innerText(), /not saved/);
  assert.equal(await stored("SUB-02"), "Short.");
  await page.close();
});

test("two tabs: the other tab shows what this one saved", async () => {
  const [one, other] = [await section(context), await section(context)];
  await card(one, "SUB-02").getByLabel("Note").fill("From the first tab.");
  await says(one, "SUB-02", "^Saved");
  await other.waitForFunction(() => document.querySelector("#SUB-02-note").value === "From the first tab.");
  await card(other, "SUB-02").getByLabel("Note").fill("From the second tab.");
  await says(other, "SUB-02", "^Saved");
  assert.equal(await stored("SUB-02"), "From the second tab.");
  await one.close();
  await other.close();
});

test("an answer that opens a follow-up shows it at once", async () => {
  const page = await section(context, /Use of AI/);
  assert.equal(await card(page, "SUB-10").count(), 0);
  await card(page, "SUB-09").getByRole("radio", { name: /^Yes/ }).check();
  await card(page, "SUB-10").waitFor();
  await card(page, "SUB-10").getByRole("radio", { name: /^Never/ }).check();
  await says(page, "SUB-10", "^Saved");
  await page.close();
});

test("a card whose button is pressed with nothing in it says so, and stops saying so once it is answered", async () => {
  const page = await section(context, /End of service/);
  await card(page, "SUB-13").getByRole("button", { name: /^Save/ }).click();
  await says(page, "SUB-13", "^Not saved: Choose or write an answer first");
  assert.doesNotMatch(await page.locator("[data-page-saved]").innerText(), /Everything saved/);
  await card(page, "SUB-13").getByLabel("Note").fill("We look it up.");
  await says(page, "SUB-13", "^Saved");
  await page.close();
});

test("an option that stands alone unticks the others, and they untick it", async () => {
  const page = await section(context, /^Quality/);
  const box = (name) => card(page, "MTG-QUA-05").getByRole("checkbox", { name });
  const ticked = () => card(page, "MTG-QUA-05").locator(".opts :checked").evaluateAll((all) => all.map((one) => one.value));
  await box(/^Noisy/).check();
  await box(/^Telephone/).check();
  await says(page, "MTG-QUA-05", "^Saved");
  await box(/^None of these/).check();
  assert.deepEqual(await ticked(), ["none"]);
  await box(/^Several/).check();
  assert.deepEqual(await ticked(), ["mixed"]);
  await box(/^We do not know/).check();
  await says(page, "MTG-QUA-05", "^Saved");
  await page.reload();
  assert.deepEqual(await ticked(), ["yes"], "the last one alone was stored");
  await page.close();
});

test("whether a note is needed follows what is chosen, at once and after a reload", async () => {
  const page = await section(context, /^Security(?! basics)/);
  const label = () => card(page, "SUB-06").locator(".note label").innerText();
  await card(page, "SUB-06").getByRole("radio", { name: /^Yes, on all/ }).check();
  assert.match(await label(), /optional$/);
  await card(page, "SUB-06").getByRole("radio", { name: /^Yes, except/ }).check();
  assert.match(await label(), /needed with this answer$/);
  await says(page, "SUB-06", "^Saved");
  await page.reload();
  assert.match(await label(), /needed with this answer$/);
  await card(page, "SUB-06").getByRole("radio", { name: /^Yes, on all/ }).check();
  assert.match(await label(), /optional$/);
  await page.close();
});

test("on a shared computer nothing is ever kept in the browser", async () => {
  const page = await section(context);
  await page.getByLabel(/shared computer/).check();
  await context.setOffline(true);
  await card(page, "SUB-02").getByLabel("Note").fill("Only in this page.");
  await says(page, "SUB-02", "^Not saved yet");
  assert.equal(await waiting(page), 0);
  await context.setOffline(false);
  await page.evaluate(() => window.dispatchEvent(new Event("online")));
  await says(page, "SUB-02", "^Saved");
  assert.equal(await stored("SUB-02"), "Only in this page.");
  await page.getByLabel(/shared computer/).uncheck();
  await page.close();
});

test("the counts beside the questions follow what is saved, with one look at the page, and the focus stays", async () => {
  const page = await section(context, /^Security(?! basics)/);
  const current = page.locator(".rail a[aria-current=page]");
  const count = async () => Number((await page.locator(".rail > p").first().innerText()).match(/^\d+/)[0]);
  const [before, row] = [await count(), await current.innerText()];
  let looks = 0;
  page.on("request", (request) => { if (request.url() === page.url() && request.method() === "GET") looks += 1; });
  await context.setOffline(true);
  for (const id of ["SUB-05", "SUB-07"]) await card(page, id).getByRole("radio", { name: /^We do not know/ }).check();
  await page.getByText("2 answers not saved yet").waitFor();
  assert.equal(await count(), before, "nothing is counted that is not saved");
  await page.evaluate(() => { document.addEventListener("focusout", () => { document.body.dataset.moved = "yes"; }); });
  await context.setOffline(false);
  await page.evaluate(() => window.dispatchEvent(new Event("online")));
  await page.waitForFunction((wanted) => document.querySelector(".rail > p").textContent.startsWith(`${wanted} of `), before + 2);
  assert.equal(looks, 1, "one look for both answers");
  assert.notEqual(await current.innerText(), row, "the section's own count");
  assert.equal(await page.evaluate(() => document.activeElement.closest("article")?.id), "SUB-07");
  assert.equal(await page.evaluate(() => document.body.dataset.moved), undefined, "the focus did not move");
  await page.close();
});

/** Saves "We do not know" as the colleague who is quicker. */
async function colleagueSaves(id) {
  const theirs = await section(await colleague());
  await card(theirs, id).getByRole("radio", { name: /^We do not know/ }).check();
  await says(theirs, id, "^Saved");
  await theirs.close();
}
const aside = (page) => page.locator("#set-aside");
const whole = (page, pattern) => page.waitForFunction(
  (text) => new RegExp(text).test(document.querySelector("[data-page-saved]").textContent.trim()), pattern,
);

test("C-02: a text that came too late while its page was closed is kept, and a notice leads to both texts", async () => {
  const page = await section(context);
  await leave(page, "SUB-03", "Written on the train.");
  await colleagueSaves("SUB-03");
  await context.setOffline(false);
  const elsewhere = await section(context, /Use of AI/);
  await aside(elsewhere).getByText(/^Somebody else changed this answer first\. Your text of SUB-03 is kept/).waitFor();
  await whole(elsewhere, "^1 answer is not saved");
  assert.equal(await waiting(elsewhere), 1);
  await Promise.all([elsewhere.waitForNavigation(), aside(elsewhere).getByRole("link", { name: "Open SUB-03" }).click()]);
  const clash = card(elsewhere, "SUB-03").getByRole("group", { name: /changed this/ });
  await clash.waitFor();
  assert.match(await clash.innerText(), /Written on the train\./);
  // Closing the page decides nothing either.
  await elsewhere.close({ runBeforeUnload: false });
  const again = await section(context);
  const both = card(again, "SUB-03").getByRole("group", { name: /changed this/ });
  await both.waitFor();
  assert.equal(await card(again, "SUB-03").getByLabel("Note").inputValue(), "Written on the train.");
  await Promise.all([again.waitForNavigation(), both.getByRole("button", { name: "Keep mine" }).click()]);
  await again.waitForFunction(() => document.querySelector("main") !== null);
  assert.equal(await stored("SUB-03"), "Written on the train.");
  await emptied(again);
  assert.equal(await aside(again).count(), 0);
  await again.close();
});

test("C-02: while both texts cannot be fetched the answer counts as not saved, and they are fetched again", async () => {
  const mine = await section(context);
  const before = await card(mine, "SUB-02").getByLabel("Note").inputValue();
  await colleagueSaves("SUB-02");
  const busy = { status: 503, headers: { "Retry-After": "1" }, body: "busy" };
  let refusals = 0;
  await mine.route("**/portal/questions/SUB-02", (route) => {
    if (route.request().method() !== "POST") return route.fallback();
    refusals += 1;
    return refusals === 1 ? route.fulfill(busy) : route.fallback();
  });
  await card(mine, "SUB-02").getByLabel("Note").fill("Mine, too late.");
  await mine.waitForFunction(() => /^1 answer not saved yet/.test(document.querySelector("[data-page-saved]").textContent.trim()));
  assert.equal(await waiting(mine), 1);
  const clash = card(mine, "SUB-02").getByRole("group", { name: /changed this/ });
  await clash.waitFor();
  await whole(mine, "^1 answer is not saved");
  assert.equal(await waiting(mine), 1, "kept until somebody has chosen");
  await clash.getByRole("link", { name: /^Keep / }).click();
  await mine.waitForFunction((note) => document.querySelector(".clash") === null && document.querySelector("#SUB-02-note")?.value === note, before);
  assert.equal(await waiting(mine), 0);
  assert.equal(await stored("SUB-02"), before);
  await mine.close();
});

test("what cannot be saved any more is kept to be read and downloaded until its writer forgets it", async () => {
  const page = await section(context);
  const closed = { status: 409, contentType: "application/problem+json", body: JSON.stringify({ code: "already-submitted", title: "This has been submitted already" }) };
  await page.route("**/SUB-02/answer", (route) => (route.request().method() === "PUT" ? route.fulfill(closed) : route.fallback()));
  await card(page, "SUB-02").getByLabel("Note").fill("One word more.");
  await aside(page).getByText("This has been submitted already. Your text of SUB-02 is kept").waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), aside(page).getByRole("link", { name: "Download a copy" }).click()]);
  assert.equal(download.suggestedFilename(), "SUB-02.txt");
  assert.match(readFileSync(await download.path(), "utf8"), /One word more\./);
  await kept(page, '"aside":"closed"');
  await page.close({ runBeforeUnload: false });
  const elsewhere = await section(context, /Use of AI/);
  await aside(elsewhere).getByText("One word more.").waitFor();
  await aside(elsewhere).getByRole("button", { name: "Forget it" }).click();
  await aside(elsewhere).waitFor({ state: "detached" });
  assert.equal(await waiting(elsewhere), 0);
  await elsewhere.close();
});

test("a busy server is asked again no sooner than it says", async () => {
  const page = await section(context);
  const asked = [];
  await page.route("**/SUB-02/answer", (route) => {
    if (route.request().method() !== "PUT") return route.fallback();
    asked.push(Date.now());
    return asked.length === 1 ? route.fulfill({ status: 429, headers: { "Retry-After": "2" }, body: "" }) : route.fallback();
  });
  await card(page, "SUB-02").getByLabel("Note").fill("Patient.");
  await says(page, "SUB-02", "^Saved");
  assert.ok(asked.length >= 2 && asked[1] - asked[0] >= 2_000, `asked at ${asked}`);
  assert.equal(await stored("SUB-02"), "Patient.");
  await page.close();
});

test("what was typed and taken back while offline is not saved later", async () => {
  const page = await section(context);
  const note = card(page, "SUB-02").getByLabel("Note");
  const before = await note.inputValue();
  await context.setOffline(true);
  await note.fill("Regretted.");
  await kept(page, "Regretted.");
  await note.fill(before);
  await until(async () => !JSON.stringify(await entries(page)).includes("Regretted."));
  await page.close({ runBeforeUnload: false });
  await context.setOffline(false);
  const again = await section(context);
  await emptied(again);
  assert.equal(await stored("SUB-02"), before);
  await again.close();
});

test("two tabs: what one sends of the other is not undone by its own older text", async () => {
  const [one, other] = [await section(context), await section(context)];
  await one.route("**/SUB-02/answer", (route) => route.fulfill({ status: 503, headers: { "Retry-After": "4" }, body: "" }), { times: 1 });
  await card(one, "SUB-02").getByLabel("Note").fill("From the tab that waits.");
  await says(one, "SUB-02", "^Not saved yet, trying again");
  await other.evaluate(() => window.dispatchEvent(new Event("online")));
  await other.waitForFunction(() => document.querySelector("#SUB-02-note").value === "From the tab that waits.");
  await says(one, "SUB-02", "^Saved");
  await other.waitForTimeout(1_500);
  assert.equal(await stored("SUB-02"), "From the tab that waits.");
  assert.equal(await waiting(one), 0);
  await one.close();
  await other.close();
});

test("two tabs: a text of the other that came too late is shown as its own, not in place of what stands here", async () => {
  const gone = await section(context);
  const here = await section(context);
  await leave(gone, "SUB-03", "Typed in the tab that was closed.");
  await colleagueSaves("SUB-03");
  await context.setOffline(false);
  await here.evaluate(() => window.dispatchEvent(new Event("online")));
  await aside(here).getByText("Typed in the tab that was closed.").waitFor();
  assert.equal(await here.locator(".clash").count(), 0);
  await aside(here).getByRole("button", { name: "Forget it" }).click();
  await aside(here).waitFor({ state: "detached" });
  assert.equal(await waiting(here), 0);
  await here.close();
});

test("what is typed before the script runs is saved as well, and what waited from before does not replace it", async () => {
  const page = await section(context);
  await leave(page, "SUB-03", "Waits since the tunnel.");
  await context.setOffline(false);
  const [again, release] = await beforeScript(page.url());
  await card(again, "SUB-02").getByLabel("Note").fill("Typed at once.");
  await card(again, "SUB-03").getByRole("radio", { name: /^No$/ }).check();
  release();
  await whole(again, "^Everything saved \\S");
  assert.equal(await stored("SUB-02"), "Typed at once.");
  assert.equal(await stored("SUB-03"), "Waits since the tunnel.");
  assert.ok(await card(again, "SUB-03").getByRole("radio", { name: /^No$/ }).isChecked());
  await emptied(again);
  await again.close();
});

test("two tabs: what was set aside in one is not replaced by what the other types", async () => {
  const [one, other] = [await section(context), await section(context)];
  await context.setOffline(true);
  await card(one, "SUB-04").getByLabel("Note").fill("Mine, and in conflict.");
  await kept(one, "Mine, and in conflict.");
  await colleagueSaves("SUB-04");
  await context.setOffline(false);
  await one.evaluate(() => window.dispatchEvent(new Event("online")));
  await card(one, "SUB-04").getByRole("group", { name: /changed this/ }).waitFor();
  await card(other, "SUB-04").getByLabel("Note").fill("From the second tab.");
  await kept(other, "From the second tab.");
  await kept(other, "Mine, and in conflict.");
  await one.close({ runBeforeUnload: false });
  const third = await section(context, /Use of AI/);
  await aside(third).getByText("Mine, and in conflict.").waitFor();
  await other.close({ runBeforeUnload: false });
  await third.evaluate(() => indexedDB.deleteDatabase("assay-answers"));
  await third.close({ runBeforeUnload: false });
});

test("two tabs: a text that waits for the same question is set aside, not replaced", async () => {
  const [one, other] = [await section(context), await section(context)];
  await leave(one, "SUB-02", "First tab, then closed.");
  await card(other, "SUB-02").getByLabel("Note").fill("Second tab.");
  await kept(other, "Second tab.");
  await aside(other).getByText("Something else was typed in another tab of this browser. Your text of SUB-02 is kept").waitFor();
  await context.setOffline(false);
  await other.evaluate(() => window.dispatchEvent(new Event("online")));
  await says(other, "SUB-02", "^Saved");
  assert.equal(await stored("SUB-02"), "Second tab.");
  assert.match(await aside(other).innerText(), /First tab, then closed\./);
  await aside(other).getByRole("button", { name: "Forget it" }).click();
  await emptied(other);
  await other.close();
});

test("a save of an earlier page that cannot be asked after yet makes no conflict with oneself", async () => {
  const page = await section(context, /^Security(?! basics)/);
  const choose = (name) => card(page, "SUB-06").getByRole("radio", { name }).check();
  await choose(/^Yes, on all/);
  await emptied(page);
  let saved = false;
  let busy = 0;
  await page.route("**/SUB-06/answer", async (route) => {
    if (!saved) {
      await route.fetch();
      saved = true; // and the page is not told
      return undefined;
    }
    busy += 1;
    return busy <= 1 ? route.fulfill({ status: 503, headers: { "Retry-After": "1" }, body: "" }) : route.fallback();
  });
  await choose(/^Yes, except/);
  await until(() => saved);
  await choose(/^Only in transit/);
  await page.getByText("Saving 1 answer").waitFor();
  page.on("dialog", (dialog) => dialog.accept());
  await page.reload();
  await emptied(page);
  assert.ok(busy > 1, "asked after in vain first");
  assert.equal(await page.locator(".clash").count(), 0, "nobody else has changed it");
  await page.reload();
  assert.ok(await card(page, "SUB-06").getByRole("radio", { name: /^Only in transit/ }).isChecked());
  await page.close();
});

test("an hour offline: 200 edits are kept, and each answer arrives once", async () => {
  const page = await section(context);
  await page.clock.install();
  const fields = await page.locator("article.q [name=note]").all();
  await context.setOffline(true);
  const last = new Map();
  for (let edit = 0; edit < 200; edit += 1) {
    const field = fields[edit % fields.length];
    await field.fill(`Edit ${edit}`);
    last.set(await field.evaluate((area) => area.closest("article").id), `Edit ${edit}`);
    await page.clock.runFor(18_000); // an hour in all
  }
  assert.equal(await waiting(page), fields.length);
  assert.match(await page.locator("[data-page-saved]").innerText(), /not saved yet/);
  const saves = [];
  const note = (request) => { if (request.method() === "PUT") saves.push(request.headers()["x-mutation-id"]); };
  context.on("request", note); // another tab of the browser may send what waits
  await context.setOffline(false);
  await until(async () => {
    await page.clock.runFor(61_000); // the longest pause between two tries
    return await waiting(page) === 0;
  });
  await page.clock.resume();
  for (const [id, text] of last) assert.equal(await stored(id), text);
  assert.ok(saves.length >= last.size);
  assert.ok(new Set(saves).size <= 2 * last.size, "of all the edits, what was under way when the line broke and the last text");
  context.off("request", note);
  assert.equal(await page.locator(".clash").count(), 0);
  await page.close();
});

test("rows of a table that waited are all shown again, also those that the page has no lines for", async () => {
  const page = await section(context, /^Basics/);
  const lines = card(page, "MTG-BAS-04").locator("tbody tr");
  const shown = await lines.count();
  await context.setOffline(true);
  await lines.first().getByLabel(/^Company/).fill("Tern Storage");
  await kept(page, "Tern Storage");
  await says(page, "MTG-BAS-04", "^Not saved yet, trying again");
  await page.evaluate((count) => new Promise((resolve) => {
    const request = indexedDB.open("assay-answers");
    request.onsuccess = () => {
      const store = request.result.transaction("waiting", "readwrite").objectStore("waiting");
      const all = store.getAll();
      all.onsuccess = () => {
        const [entry] = all.result;
        for (let row = 0; row <= count; row += 1) entry.answer.rows[row] = { ...entry.answer.rows[0], company: `Company ${row}` };
        store.put(entry).onsuccess = () => { request.result.close(); resolve(); };
      };
    };
  }), shown);
  await page.close({ runBeforeUnload: false });
  await context.setOffline(false);
  const again = await context.newPage();
  await again.route("**/MTG-BAS-04/answer", (route) => route.abort());
  await again.goto(page.url());
  const added = again.getByLabel(`Company, row ${shown + 1}`);
  await added.waitFor();
  assert.equal(await added.inputValue(), `Company ${shown}`);
  assert.equal(await added.getAttribute("name"), `rows.${shown}.company`);
  assert.equal(await again.locator("[id=MTG-BAS-04-r0-company]").count(), 1);
  await again.evaluate(() => indexedDB.deleteDatabase("assay-answers"));
  await again.close({ runBeforeUnload: false });
});

test("Enter in a field saves what stands there; only its button keeps mine", async () => {
  const [mine, theirs] = [await section(context, /^Recordings/), await section(await colleague(), /^Recordings/)];
  const days = (page) => card(page, "MTG-DAT-01").locator("[name=number]");
  await days(theirs).fill("30");
  await says(theirs, "MTG-DAT-01", "^Saved");
  await days(mine).fill("90");
  await card(mine, "MTG-DAT-01").getByRole("group", { name: /changed this/ }).waitFor();
  await days(mine).fill("60");
  const answers = [];
  mine.on("request", (request) => { if (request.method() !== "GET") answers.push(`${request.method()} ${request.postData()}`); });
  await days(mine).press("Enter");
  await says(mine, "MTG-DAT-01", "^Saved");
  assert.equal(answers.length, 1, answers.join("\n"));
  assert.match(answers[0], /^PUT .*"60"/);
  await mine.close();
  await theirs.close();
});

test("once forgotten, the card holds again what is stored", async () => {
  const page = await section(context);
  const note = card(page, "SUB-02").getByLabel("Note");
  const before = await note.inputValue();
  const closed = { status: 409, contentType: "application/problem+json", body: JSON.stringify({ title: "This has been submitted already" }) };
  await page.route("**/answer", (route) => (route.request().method() === "PUT" ? route.fulfill(closed) : route.fallback()));
  await note.fill("Forget me.");
  const item = aside(page).locator(".notice");
  await item.getByText("Your text of SUB-02 is kept").waitFor();
  await item.evaluate((box) => { box.dataset.first = "yes"; });
  await card(page, "SUB-03").getByLabel("Note").fill("And me.");
  await aside(page).getByText("Your text of SUB-03 is kept").waitFor();
  assert.equal(await aside(page).locator("[data-first]").count(), 1, "what was read out once stays as it is");
  await item.first().getByRole("button", { name: "Forget it" }).click();
  await page.waitForFunction((text) => document.querySelector("#SUB-02-note").value === text, before);
  await whole(page, "^1 answer is not saved");
  await aside(page).getByRole("button", { name: "Forget it" }).click();
  await emptied(page);
  await page.close();
});

test("the tick of a shared computer holds for every tab, and takes from the disk what waits", async () => {
  const [one, other] = [await section(context), await section(context, /^Security(?! basics)/)];
  await context.setOffline(true);
  await card(one, "SUB-02").getByLabel("Note").fill("Was on the disk.");
  await kept(one, "Was on the disk.");
  await other.getByLabel(/shared computer/).check();
  await emptied(other);
  assert.ok(await one.getByLabel(/shared computer/).isChecked());
  await card(one, "SUB-03").getByLabel("Note").fill("Only in memory.");
  await says(one, "SUB-03", "^Not saved yet");
  assert.equal(await waiting(one), 0);
  await context.setOffline(false);
  for (const page of [one, other]) await page.evaluate(() => window.dispatchEvent(new Event("online")));
  for (const id of ["SUB-02", "SUB-03"]) await says(one, id, "^Saved");
  assert.equal(await stored("SUB-02"), "Was on the disk.");
  assert.equal(await stored("SUB-03"), "Only in memory.");
  await other.getByLabel(/shared computer/).uncheck();
  await one.close();
  await other.close();
});

test("a tick in one tab sends what another tab left, and never the older text of its own card after it", async () => {
  const [one, other] = [await section(context), await section(context)];
  await leave(one, "SUB-02", "Left by the other tab.");
  await other.getByLabel(/shared computer/).check();
  await emptied(other);
  await context.setOffline(false);
  await other.evaluate(() => window.dispatchEvent(new Event("online")));
  await other.waitForFunction(() => document.querySelector("#SUB-02-note").value === "Left by the other tab.");
  await other.waitForTimeout(1_500);
  assert.equal(await stored("SUB-02"), "Left by the other tab.");
  await other.getByLabel(/shared computer/).uncheck();
  await other.close();
});

test("a refused text that is mended later still meets what a colleague has saved meanwhile", async () => {
  const days = (page) => card(page, "MTG-DAT-01").locator("[name=number]");
  const page = await section(context, /^Recordings/);
  await days(page).fill("abc");
  await says(page, "MTG-DAT-01", "^Not saved: ");
  await page.close({ runBeforeUnload: false });
  const theirs = await section(await colleague(), /^Recordings/);
  await days(theirs).fill("45");
  await says(theirs, "MTG-DAT-01", "^Saved");
  await theirs.close();
  const again = await section(context, /^Recordings/);
  await says(again, "MTG-DAT-01", "^Not saved: ");
  assert.equal(await days(again).inputValue(), "abc");
  await days(again).fill("12");
  const clash = card(again, "MTG-DAT-01").getByRole("group", { name: /changed this/ });
  await clash.waitFor();
  assert.match(await clash.innerText(), /12[\s\S]*45/);
  await clash.getByRole("link", { name: /^Keep / }).click();
  await again.waitForFunction(() => document.querySelector(".clash") === null);
  await emptied(again);
  await again.close();
});

test("a text that waited and one that is typed before the script runs into the same field are both kept", async () => {
  const first = await context.newPage();
  await first.goto(new URL("/portal", demo.url).href);
  const page = await section(context);
  await leave(page, "SUB-02", "Waited in the queue.");
  // Nothing is sent before both texts are there.
  await first.evaluate(() => {
    navigator.locks.request(`assay-${document.body.dataset.saving}`, () => new Promise((resolve) => { window.goOn = resolve; }));
  });
  await context.setOffline(false);
  const [again, release] = await beforeScript(page.url());
  await card(again, "SUB-02").getByLabel("Note").fill("Typed too early.");
  release();
  await aside(again).getByText("Waited in the queue.").waitFor();
  await first.evaluate(() => window.goOn());
  await says(again, "SUB-02", "^Saved");
  await until(async () => await stored("SUB-02") === "Typed too early.");
  await aside(again).getByRole("button", { name: "Forget it" }).click();
  await emptied(again);
  await again.close();
  await first.close();
});

test("what a page without script could not save counts as not saved once there is script", async () => {
  const page = await context.newPage();
  await page.route("**/static/saving.*.js", (route) => route.abort(), { times: 1 });
  await page.goto(new URL("/portal/questions/MTG-DAT-01", demo.url).href);
  await card(page, "MTG-DAT-01").locator("[name=number]").fill("many");
  await Promise.all([page.waitForNavigation(), card(page, "MTG-DAT-01").getByRole("button", { name: /^Save/ }).click()]);
  await kept(page, '"many"');
  await whole(page, "^1 answer is not saved");
  await page.evaluate(() => indexedDB.deleteDatabase("assay-answers"));
  await page.close({ runBeforeUnload: false });
});

test("a link to evidence that is being typed stays when another tab saves the answer", async () => {
  const [one, other] = [await section(context), await section(context)];
  const title = card(other, "SUB-02").locator("form:not([data-answer]) [name=title]");
  await title.evaluate((field) => { field.closest("details").open = true; });
  await title.fill("Our register");
  await card(one, "SUB-02").getByLabel("Note").fill("Saved beside the link.");
  await says(one, "SUB-02", "^Saved");
  await other.waitForFunction(() => document.querySelector("#SUB-02-note").value === "Saved beside the link.");
  assert.equal(await title.inputValue(), "Our register");
  await one.close();
  await other.close();
});

test("each save names its respondent, and a session of another link saves nothing of this page", async () => {
  const page = await section(context);
  const named = await page.evaluate(() => document.body.dataset.saving);
  const [request] = await Promise.all([
    page.waitForRequest((one) => one.method() === "PUT"),
    card(page, "SUB-02").getByLabel("Note").fill("Named."),
  ]);
  assert.equal(request.headers()["x-respondent"], named);
  await says(page, "SUB-02", "^Saved");
  await page.evaluate(() => {
    const own = window.fetch;
    window.fetch = (where, how) => own(where, { ...how, headers: { ...how?.headers, "X-Respondent": "00000000-0000-0000-0000-000000000000" } });
  });
  await card(page, "SUB-02").getByLabel("Note").fill("For somebody else.");
  await page.locator("#need-link").waitFor();
  assert.equal(await waiting(page), 1);
  assert.equal(await stored("SUB-02"), "Named.");
  await page.evaluate(() => indexedDB.deleteDatabase("assay-answers"));
  await page.close({ runBeforeUnload: false });
});

/** Puts something aside, as if it could not be saved any more: for the respondent of the page, and for others. */
const setAside = (page, ...others) => page.evaluate((scopes) => new Promise((resolve) => {
  const request = indexedDB.open("assay-answers");
  request.onsuccess = () => {
    const stores = request.result.transaction(["waiting", "aside"], "readwrite");
    const answer = { choices: [], rows: [], value: "", reason: "", note: "Too late." };
    for (const scope of [document.body.dataset.saving, ...scopes]) {
      stores.objectStore("aside").put({ scope, question: "SUB-02", mutation: crypto.randomUUID(), aside: "closed", words: "Closed", answer });
    }
    stores.oncomplete = () => { request.result.close(); resolve(); };
  };
}), others);

test("signing out forgets what this link had left, and nothing of another link in the same browser", async () => {
  const page = await section(await colleague());
  await setAside(page, "another");
  page.on("dialog", (dialog) => dialog.accept());
  await press(page, "Sign out");
  assert.deepEqual((await entries(page)).map(({ scope }) => scope), ["another"]);
  await page.close();
});

test("what somebody sends without is forgotten with the receipt, not before", async () => {
  const { state } = await answered();
  const own = await browser.newContext({ storageState: state });
  const page = await own.newPage();
  page.setDefaultTimeout(10_000);
  await page.goto(new URL("/portal/submit", demo.url).href);
  await until(async () => (await page.evaluate(async () => (await indexedDB.databases()).length)) > 0);
  await setAside(page);
  const asked = [];
  page.on("dialog", (dialog) => { asked.push(dialog.message()); dialog.accept(); });
  await press(page, /^Send to/);
  assert.equal(new URL(page.url()).pathname, "/portal/submit", "a name is missing");
  assert.equal(await waiting(page), 1);
  await page.getByLabel("Your full name").fill("Lena Tern");
  await page.getByLabel("Your role").fill("Security lead");
  await page.getByLabel(/^I state this for/).check();
  await press(page, /^Send to/);
  assert.equal(new URL(page.url()).pathname, "/portal/receipt");
  await emptied(page);
  assert.match(asked.at(-1), /Send without it\?$/);
  await own.close();
});
