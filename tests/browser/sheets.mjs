// Pictures of every page of the demo, light and dark, 320 and 1280 pixels wide, and a page that shows them side by side.
// For looking at, not a test: docs/visual-review.md says what to look for.
//
//   node tests/browser/sheets.mjs [FOLDER]     FOLDER: where they go; target/sheets otherwise
//   JOURNEY_BIN                                the binary (else the debug build)

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cameIn, launch, signedIn, startDemo } from "./lib.mjs";

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

const stranger = await (await browser.newContext({ reducedMotion: "reduce" })).newPage();
await picture(stranger, "sign-in", "/sign-in");

const risk = await signedIn(browser, demo, "risk_manager");
await picture(risk, "today", "/");
await picture(risk, "vendors", "/vendors");
await picture(risk, "vendor", (await below(risk, "/vendors/"))[0]);
await picture(risk, "assessments", "/assessments?state=all");
const assessments = await below(risk, "/assessments/");
let scored = 0;
for (const [index, path] of assessments.entries()) {
  await picture(risk, `assessment-${index + 1}`, path);
  await risk.goto(`${demo.url}${path}/score`);
  if (await risk.locator("svg.wf").count() === 0) continue;
  scored += 1;
  for (const part of ["score", "review", "findings", "decision"]) await picture(risk, `${part}-${scored}`, `${path}/${part}`);
}
await picture(risk, "findings", "/findings");
const finding = (await below(risk, "/findings/"))[0];
if (finding) await picture(risk, "finding", finding);
await picture(risk, "compare-choice", "/compare");
await picture(risk, "compare-all", "/compare/all");
const chosen = await risk.$$eval("input[name=assessment]", (boxes) => boxes.map((box) => `assessment=${box.value}`));
await picture(risk, "compare", `/compare?${chosen.slice(0, 4).join("&")}`);
await picture(risk, "audit", "/audit");
await picture(risk, "search", "/search?q=penetration");
await risk.goto(`${demo.url}/vendors?tier=high`);
await risk.getByText("Save this view").click();
await risk.locator("#view-name").fill("High tier");
await Promise.all([risk.waitForNavigation(), risk.getByRole("button", { name: "Save", exact: true }).click()]);
await picture(risk, "saved-view", "/vendors?tier=high");

// A draft, to look at what its vendor would get.
const service = await risk.goto(`${demo.url}/assessments/new`).then(() => risk.locator("select[name=service] option").evaluateAll((all) => all.find((one) => one.value && !one.textContent.includes("not answered")).value));
await risk.locator("select[name=service]").selectOption(service);
const next = (name) => Promise.all([risk.waitForNavigation(), risk.getByRole("button", { name }).click()]);
await next("Continue to questionnaires");
await next("Continue to people and dates");
const draft = new URL(risk.url()).pathname.replace(/\/people$/, "");
await risk.getByRole("checkbox").first().check();
await next("Continue to check");
await picture(risk, "check", `${draft}/check`);
for (const part of ["light", "dark", "text"]) await picture(risk, `preview-mail-${part}`, `${draft}/preview/mails?mail=invitation&part=${part}`);
for (const mail of ["invitation", "code", "reminder", "findings"]) {
  for (const scheme of ["light", "dark"]) await picture(risk, `mail-${mail}-${scheme}`, `${draft}/preview/mails/${mail}?scheme=${scheme}`);
}
await picture(risk, "preview-welcome", `${draft}/preview/portal`);
await picture(risk, "preview-tasks", `${draft}/preview/portal/tasks`);
await picture(risk, "preview-section", await risk.locator("main a[href*='/preview/portal/sections/']").first().getAttribute("href"));
await picture(risk, "preview-check", `${draft}/preview/portal/check`);

const admin = await signedIn(browser, demo, "admin");
await picture(admin, "users", "/users");
await picture(admin, "jobs", "/jobs");
await picture(admin, "register-vendor", "/vendors/new");

const vendor = await cameIn(browser, demo, (mail) => /questionnaire|questions/i.test(mail.subject));
await picture(vendor, "portal-tasks", "/portal/tasks");
const sections = await vendor.$$eval("main a[href^='/portal/sections/']", (links) => links.map((one) => one.getAttribute("href")));
if (sections[0]) await picture(vendor, "portal-section", sections[0]);
await picture(vendor, "portal-people", "/portal/people");
await picture(vendor, "portal-check", "/portal/check");
const handedIn = await cameIn(browser, demo, (mail) => /^Sent: your answers/.test(mail.subject));
await picture(handedIn, "portal-receipt", "/portal/receipt");

const cell = (name, width, colour) => `<a href="${name}-${width}-${colour}.png"><img loading="lazy" width="${width === 320 ? 160 : 480}" alt="${name}, ${width} pixels, ${colour}" src="${name}-${width}-${colour}.png"></a>`;
const rows = taken.map(({ name, path }) => `<h2>${name}</h2><p><code>${path.replaceAll("&", "&amp;")}</code></p><p>${COLOURS.flatMap((colour) => WIDTHS.map((width) => cell(name, width, colour))).join(" ")}</p>`);
writeFileSync(join(folder, "index.html"), `<!doctype html><meta charset="utf-8"><title>Every page of Assay</title><style>img{vertical-align:top;border:1px solid #999}</style><h1>Every page of Assay</h1>${rows.join("\n")}\n`);
console.log(`${taken.length} pages, ${taken.length * WIDTHS.length * COLOURS.length} pictures: ${join(folder, "index.html")}`);
await browser.close();
await demo.stop();
