// What comes out of the printer: four vendors with two questionnaires on two sheets of landscape A4, the receipt of a
// submission on one upright sheet, no table cut off at the edge of the paper, and light colours from a dark screen.
//
//   JOURNEY_BIN   the binary (else the debug build)
//   PRINT_OUT     a folder for the sheets as PDF (else none)

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { cameIn, launch, overflow, signedIn, startDemo } from "./lib.mjs";

/** Vendors of the demo that were all asked one of the core questionnaires, and two of them the other as well. */
const FOUR = ["Corvid AI", "Halden Hosting", "Hearth Systems", "Stratus Vision"];
/** With one that has nearly nothing in place, so that no row folds. */
const WEAK = ["Corvid AI", "Halden Hosting", "Stratus Vision", "Vantor Labs"];
const TWO = ["Supplier security - core", "AI tool risk"];
/** Those who were asked most and least. */
const RECEIPTS = ["rita.sole@pallas.example", "leo.marsh@stratus.example", "tom@halden.example"];
/** A4 without its margins, upright and wide, in CSS pixels. */
const UPRIGHT = Math.floor((210 - 24) / 25.4 * 96);
const WIDE = Math.floor((297 - 20) / 25.4 * 96);
/** Seven points, below which nobody reads a table on paper. */
const LEAST = 7 / 72 * 96;

let demo;
let browser;
let risk;

before(async () => {
  demo = await startDemo();
  browser = await launch();
  risk = await signedIn(browser, demo, "risk_manager");
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

const open = async (page, path) => {
  const answer = await page.goto(new URL(path, demo.url).href);
  assert.equal(answer.status(), 200, path);
};

/** The sheets of the page as it prints: width and height of each in millimetres. */
async function sheets(page, name) {
  const pdf = await page.pdf({ preferCSSPageSize: true });
  if (process.env.PRINT_OUT) {
    mkdirSync(process.env.PRINT_OUT, { recursive: true });
    writeFileSync(join(process.env.PRINT_OUT, `${name}.pdf`), pdf);
  }
  const objects = pdf.toString("latin1").match(/<<[^<>]*\/Type\s*\/Page\b(?!s)[\s\S]*?endobj/g) ?? [];
  return objects.map((object) => {
    const [, width, height] = object.match(/\/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)/).map(Number);
    return [width, height].map((points) => Math.round(points / 72 * 25.4));
  });
}

/** The page as paper of this width shows it; `look` says what is wrong with it. */
async function onPaper(page, width, look) {
  await page.emulateMedia({ media: "print" });
  await page.setViewportSize({ width, height: 1_000 });
  try {
    return await look(page);
  } finally {
    await page.emulateMedia({ media: null });
    await page.setViewportSize({ width: 1_280, height: 900 });
  }
}

async function fits(page, width, path) {
  const { scroll, inner, wide } = await onPaper(page, width, overflow);
  assert.ok(scroll <= inner, `${path} is ${scroll} wide on ${inner}: ${wide.join(" | ")}`);
}

/** Words on paper that are too small to read; drawings scale with their frame and have the numbers beside them. */
const tooSmall = (page, width) => onPaper(page, width, () => page.evaluate((least) => [...document.querySelectorAll("body *")]
  .filter((one) => [...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()))
  .filter((one) => one.checkVisibility() && !one.closest("svg, .sr, [aria-hidden=true]") && parseFloat(getComputedStyle(one).fontSize) < least - 0.05)
  .map((one) => `${getComputedStyle(one).fontSize} ${one.outerHTML.slice(0, 100)}`).slice(0, 5), LEAST));

/** The address of the comparison of these vendors, chosen as a person would. */
async function comparison(vendors) {
  await open(risk, "/compare?page=1");
  const chosen = [];
  for (const vendor of vendors) {
    const box = risk.getByRole("checkbox", { name: new RegExp(`^${vendor}`) }).first();
    chosen.push(`assessment=${await box.getAttribute("value")}`);
  }
  return `/compare?${chosen.join("&")}`;
}

test("the comparison of four vendors with two questionnaires prints to two sheets of landscape A4", async () => {
  for (const four of [FOUR, WEAK]) {
    const chosen = await comparison(four);
    await open(risk, chosen);
    const heads = await risk.locator("table.cmp.fixed1 thead th a").allInnerTexts();
    assert.deepEqual(heads.sort(), four);
    const groups = await risk.locator("table.cmp.fixed1 .qh th").allInnerTexts();
    assert.equal(groups.length, TWO.length, groups.join());
    for (const title of TWO) assert.ok(groups.some((group) => group.startsWith(title)), `${title} is not among ${groups}`);
    assert.ok(await risk.locator(".diff > li").count() >= 3, "answers that differ");
    // As it opens, and with every section of both questionnaires.
    for (const path of [chosen, `${chosen}&view=1`]) {
      await open(risk, path);
      assert.deepEqual(await sheets(risk, `${four === FOUR ? "compare" : "compare-weak"}${path === chosen ? "" : "-unfolded"}`), [[297, 210], [297, 210]], path);
      await fits(risk, WIDE, path);
      assert.deepEqual(await tooSmall(risk, WIDE), []);
    }
    assert.ok(await risk.locator("table.cmp.fixed1 tbody .strip").count() >= 20, "every section");
  }
});

test("the receipt of a submission prints to one sheet of A4", async () => {
  for (const to of RECEIPTS) {
    const vendor = await cameIn(browser, demo, (mail) => String(mail.to).includes(to));
    await open(vendor, "/portal/receipt");
    assert.ok(await vendor.locator("#copy ~ div .card").count() >= 4, "the answers are on the page");
    assert.deepEqual(await sheets(vendor, `receipt-${to}`), [[210, 297]], to);
    await fits(vendor, UPRIGHT, `receipt of ${to}`);
    assert.deepEqual(await tooSmall(vendor, UPRIGHT), []);
    const shown = await onPaper(vendor, UPRIGHT, () => vendor.locator("body").innerText());
    for (const words of [/Reference/, /Stated by/, /[0-9a-f]{64}/, /A copy of all \d+ answers is in the signed file/]) assert.match(shown, words);
    assert.ok(!/Sign out|Change your answers/.test(shown), shown);
    await vendor.context().close();
  }
});

test("no page that people print is cut off at the edge of the paper", async () => {
  await open(risk, "/assessments?waits=review");
  const base = await risk.locator("table a[href^='/assessments/']").first().getAttribute("href");
  await open(risk, "/vendors?name=Hearth");
  const vendor = await risk.locator("main a[href^='/vendors/']", { hasText: "Hearth" }).first().getAttribute("href");
  for (const path of [`${base}/score`, `${base}/review`, `${base}/findings`, `${base}/decision`, base, vendor, "/findings", "/vendors", "/audit", "/"]) {
    await open(risk, path);
    // What is folded on the screen is opened before it is printed.
    await risk.evaluate(() => { for (const one of document.querySelectorAll("details")) one.open = true; });
    await fits(risk, UPRIGHT, path);
    assert.deepEqual(await tooSmall(risk, UPRIGHT), [], path);
  }
  await open(risk, `${base}/score`);
  const shown = await onPaper(risk, UPRIGHT, async (page) => [
    await page.locator("svg.wf").first().isVisible(), await page.locator("nav.mainnav").isVisible(),
    await page.locator("table.cards thead th").first().evaluate((one) => one.getBoundingClientRect().width > 20),
  ]);
  assert.deepEqual(shown, [true, false, true], "the chart, no menu, tables as tables");
});

test("paper has the colours of the light page, also from a dark screen", async () => {
  const colours = () => onPaper(risk, WIDE, () => risk.evaluate(() => [...document.querySelectorAll("body, body *")].map((one) => {
    const style = getComputedStyle(one);
    return [one.tagName, style.color, style.backgroundColor, style.borderTopColor, style.fill, style.stroke].join(" ");
  })));
  for (const path of [await comparison(FOUR), "/findings"]) {
    await risk.emulateMedia({ colorScheme: "light" });
    await open(risk, path);
    const light = await colours();
    for (const choice of ["", "dark"]) {
      await risk.emulateMedia({ colorScheme: "dark" });
      await risk.evaluate((theme) => { if (theme) document.documentElement.dataset.theme = theme; }, choice);
      assert.notEqual(await risk.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(246, 247, 245)", "the screen is dark");
      assert.deepEqual(await colours(), light, `${path}, ${choice || "as the system"}`);
    }
  }
  await risk.emulateMedia({ colorScheme: "light" });
});
