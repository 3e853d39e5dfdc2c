// The review by keyboard in a real browser: single letters go through the queue and choose a verdict, a slash goes to
// the search, a person can switch them off, and while somebody types they are what they are.
//
//   JOURNEY_BIN   the binary (else the debug build)

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, signedIn, startDemo } from "./lib.mjs";

let demo;
let browser;
let page;

before(async () => {
  demo = await startDemo();
  browser = await launch();
  page = await signedIn(browser, demo, "risk_manager");
  page.setDefaultTimeout(10_000);
  await page.goto(`${demo.url}/assessments?waits=review`);
  const assessment = await page.locator("table a[href^='/assessments/']").first().getAttribute("href");
  await page.goto(`${demo.url}${assessment}/review?show=all`);
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

const current = () => page.locator(".queue ul a[aria-current]").getAttribute("href");
const press = (key) => Promise.all([page.waitForNavigation(), page.keyboard.press(key)]);

test("J and K go to the next question and back", async () => {
  await page.locator(".queue ul a").first().click();
  await page.waitForLoadState();
  const first = await current();
  await press("j");
  const second = await current();
  assert.notEqual(second, first);
  await press("k");
  assert.equal(await current(), first);
});

test("A, C and S choose a verdict that only its button saves", async () => {
  const chosen = () => page.locator("input[name=verdict]:checked").getAttribute("value");
  for (const [key, verdict] of [["c", "asked"], ["a", "accepted"]]) {
    await page.keyboard.press(key);
    assert.equal(await chosen(), verdict);
    assert.equal(await page.evaluate(() => document.activeElement.value), verdict);
  }
});

test("while somebody types, a letter is a letter", async () => {
  const words = page.locator("#answer ~ .stack textarea").first();
  const at = page.url();
  await words.fill("");
  await words.pressSequentially("jack");
  assert.equal(await words.inputValue(), "jack");
  assert.equal(page.url(), at);
});

test("switched off they do nothing, also on the next page", async () => {
  await page.getByLabel("Single-letter keys").uncheck();
  const at = await current();
  await page.reload();
  assert.equal(await page.getByLabel("Single-letter keys").isChecked(), false);
  await page.locator("h1").click();
  await page.keyboard.press("j");
  await page.waitForTimeout(300);
  assert.equal(await current(), at);
});

test("a slash goes to the search unless somebody types or has switched it off", async () => {
  const focused = () => page.evaluate(() => document.activeElement.name ?? "");
  await page.locator("h1").click();
  await page.keyboard.press("/");
  assert.equal(await focused(), "q");
  await page.keyboard.type("a/b");
  assert.equal(await page.locator("header input[name=q]").inputValue(), "a/b");
  await page.goto(`${demo.url}/no/such/page`);
  await page.getByLabel("goes to the search").uncheck();
  await page.reload();
  await page.locator("h1").click();
  await page.keyboard.press("/");
  assert.notEqual(await focused(), "q");
  await page.getByLabel("goes to the search").check();
  await page.locator("h1").click();
  await page.keyboard.press("/");
  assert.equal(await focused(), "q");
});
