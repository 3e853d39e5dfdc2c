// Pictures of every page of the demo, light and dark, 320 and 1280 pixels wide, and a page that shows them side by side.
// For looking at, not a test: docs/visual-review.md says what to look for.
//
//   node tests/browser/sheets.mjs [FOLDER]     FOLDER: where they go; target/sheets otherwise
//   JOURNEY_BIN                                the binary (else the debug build)

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { launch, signedIn, startDemo } from "./lib.mjs";
import { addresses, untouched } from "./pages.mjs";

const WIDTHS = [1280, 320];
const COLOURS = ["light", "dark"];
const folder = process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), "..", "..", "target", "sheets");
mkdirSync(folder, { recursive: true });

const demo = await startDemo();
const browser = await launch();
const taken = [];

async function picture(page, name, path) {
  await page.setViewportSize({ width: WIDTHS[0], height: 900 });
  const answer = await page.goto(new URL(path, demo.url).href);
  if (!answer.ok()) throw new Error(`${path} was answered ${answer.status()}`);
  for (const colorScheme of COLOURS) {
    await page.emulateMedia({ colorScheme });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true });
    }
  }
  taken.push({ name, path });
}

/** Addresses on the page that begin so and go no deeper, each once. */
const below = (page, start) => page.$$eval("main a[href]", (links, from) => [...new Set(links.map((one) => one.getAttribute("href")))]
  .filter((href) => href.startsWith(from) && /^[0-9a-f-]{36}$/.test(href.slice(from.length))), start);

const empty = await untouched();
for (const [route, [page, ...paths]] of Object.entries(await addresses(demo, browser, empty))) {
  const name = route.replaceAll(/[{}]/g, "").replaceAll(/[^a-z]+/g, "-").replace(/^-|-$/g, "") || "today";
  for (const [nth, path] of paths.entries()) await picture(page, nth ? `${name}-${nth + 1}` : name, path);
}

// Every result of the demo, and a page with a saved view.
const risk = await signedIn(browser, demo, "risk_manager");
await risk.goto(`${demo.url}/assessments?state=all`);
let scored = 0;
for (const path of await below(risk, "/assessments/")) {
  await risk.goto(`${demo.url}${path}/score`);
  if (await risk.locator("svg.wf").count() === 0) continue;
  scored += 1;
  for (const part of ["score", "review", "findings", "decision"]) await picture(risk, `${part}-of-${scored}`, `${path}/${part}`);
}
await risk.goto(`${demo.url}/vendors?tier=high`);
await risk.getByText("Save this view").click();
await risk.locator("#view-name").fill("High tier");
await Promise.all([risk.waitForNavigation(), risk.getByRole("button", { name: "Save", exact: true }).click()]);
await picture(risk, "saved-view", "/vendors?tier=high");

// The mails that a draft can cause, as their pages frame them.
await risk.goto(`${demo.url}/assessments?state=draft`);
const [draft] = await below(risk, "/assessments/");
for (const part of ["light", "dark", "text"]) await picture(risk, `preview-mail-${part}`, `${draft}/preview/mails?mail=invitation&part=${part}`);
for (const mail of ["invitation", "code", "reminder", "findings"]) {
  for (const scheme of COLOURS) await picture(risk, `mail-${mail}-${scheme}`, `${draft}/preview/mails/${mail}?scheme=${scheme}`);
}

const cell = (name, width, colour) => `<a href="${name}-${width}-${colour}.png"><img loading="lazy" width="${width === 320 ? 160 : 480}" alt="${name}, ${width} pixels, ${colour}" src="${name}-${width}-${colour}.png"></a>`;
const rows = taken.map(({ name, path }) => `<h2>${name}</h2><p><code>${path.replaceAll("&", "&amp;")}</code></p><p>${COLOURS.flatMap((colour) => WIDTHS.map((width) => cell(name, width, colour))).join(" ")}</p>`);
writeFileSync(join(folder, "index.html"), `<!doctype html><meta charset="utf-8"><title>Every page of Assay</title><style>img{vertical-align:top;border:1px solid #999}</style><h1>Every page of Assay</h1>${rows.join("\n")}\n`);
console.log(`${taken.length} pages, ${taken.length * WIDTHS.length * COLOURS.length} pictures: ${join(folder, "index.html")}`);
await browser.close();
await demo.stop();
await empty.stop();
