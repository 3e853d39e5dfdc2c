// Saving by script in a real browser: what is typed is never lost, and the page never says "saved" of what is not.
// A slow or absent server, two tabs, a colleague's change, a session that ends, and a shared computer.
//
//   JOURNEY_BIN   the binary (else the debug build)

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { awaitMail, digitsOf, launch, linkOf, startDemo } from "./lib.mjs";
import { Journey } from "./walk.mjs";

const EMAIL = "mira@tern.example";
const seen = new Set();
let demo;
let browser;
let link;
let context;

const press = (page, name) => Promise.all([page.waitForNavigation(), page.getByRole("button", { name }).click()]);

/** A browser of the vendor that has come in with its link and code. */
async function vendor() {
  const own = await browser.newContext();
  const page = await own.newPage();
  page.setDefaultTimeout(10_000);
  await page.goto(link);
  await press(page, "Open questionnaire");
  if (new URL(page.url()).pathname === "/q/code") {
    await page.getByLabel("Code from the mail").fill(digitsOf(await awaitMail(demo, seen, EMAIL, /code/i)));
    await press(page, "Continue");
  }
  return own;
}

let another;
/** A second browser of the vendor; it asks for its code once. */
const colleague = async () => (another ??= await vendor());

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
async function stored(id) {
  const state = await context.storageState();
  const plain = await browser.newContext({ storageState: state, javaScriptEnabled: false });
  const page = await plain.newPage();
  await page.goto(new URL(`/portal/questions/${id}`, demo.url).href);
  const note = await card(page, id).getByLabel("Note").inputValue();
  await plain.close();
  return note;
}
/** Whether the browser has the text on disk. */
const kept = async (page, text) => {
  for (let turn = 0; turn < 50; turn += 1) {
    if (JSON.stringify(await entries(page)).includes(text)) return;
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
  throw new Error(`${text} is not in the queue`);
};
const waiting = async (page) => (await entries(page)).length;
const entries = (page) => page.evaluate(() => new Promise((resolve) => {
  const request = indexedDB.open("assay-answers", 1);
  request.onupgradeneeded = () => request.result.createObjectStore("waiting", { keyPath: ["scope", "question"] });
  request.onsuccess = () => {
    const all = request.result.transaction("waiting").objectStore("waiting").getAll();
    all.onsuccess = () => { request.result.close(); resolve(all.result); };
  };
}));

before(async () => {
  demo = await startDemo();
  browser = await launch();
  const procurement = new Journey(demo, browser, { meet: () => Promise.resolve() }, 1280);
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
  while (sent.length === 0) await new Promise((resolve) => { setTimeout(resolve, 20); });
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
  while (!stored) await new Promise((resolve) => { setTimeout(resolve, 20); });
  await choose(/^Yes, except/);
  await page.getByText("Saving 1 answer").waitFor();
  page.on("dialog", (dialog) => dialog.accept());
  await page.reload();
  while ((await waiting(page)) > 0) await new Promise((resolve) => { setTimeout(resolve, 20); });
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

test("a session that has ended keeps the text and goes on after the link was opened again", async () => {
  const page = await section(context);
  const before = await context.cookies();
  await context.clearCookies({ name: /resp/ });
  await card(page, "SUB-02").getByLabel("Note").fill("After lunch.");
  await page.locator("#need-link").waitFor();
  assert.equal(await waiting(page), 1);
  await context.addCookies(before);
  await page.evaluate(() => window.dispatchEvent(new Event("focus")));
  await says(page, "SUB-02", "^Saved");
  assert.equal(await stored("SUB-02"), "After lunch.");
  await page.close();
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
  await context.setOffline(true);
  await card(page, "SUB-03").getByLabel("Note").fill("Written on the train.");
  await kept(page, "Written on the train.");
  await page.close({ runBeforeUnload: false });
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
  for (let turn = 0; turn < 50 && await waiting(again) > 0; turn += 1) await again.waitForTimeout(100);
  assert.equal(await waiting(again), 0, "what was chosen is stored, so nothing waits");
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
  assert.ok(asked.length === 2 && asked[1] - asked[0] >= 2_000, `asked at ${asked}`);
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
  await page.waitForFunction(async () => !JSON.stringify(await new Promise((resolve) => {
    const request = indexedDB.open("assay-answers", 1);
    request.onsuccess = () => {
      const all = request.result.transaction("waiting").objectStore("waiting").getAll();
      all.onsuccess = () => { request.result.close(); resolve(all.result); };
    };
  })).includes("Regretted."));
  await page.close({ runBeforeUnload: false });
  await context.setOffline(false);
  const again = await section(context);
  for (let turn = 0; turn < 50 && await waiting(again) > 0; turn += 1) await again.waitForTimeout(100);
  assert.equal(await waiting(again), 0);
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
  await context.setOffline(true);
  await card(gone, "SUB-03").getByLabel("Note").fill("Typed in the tab that was closed.");
  await kept(gone, "Typed in the tab that was closed.");
  await gone.close({ runBeforeUnload: false });
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
