// Every page of the route table as everybody may meet it: light and dark, from left to right and from right to left, at
// 1280, 640 (which is 200 % of 1280) and 320 pixels, with wider text, and by keyboard alone. On each nothing runs over
// the side, axe finds nothing, no text is cut off, and Tab reaches everything and shows where it is.
//
// `pages.txt` lists the pages; a test of the route table keeps it complete, and this one refuses what it cannot visit.
//
//   JOURNEY_BIN     the binary (else the debug build)
//   EVERYPAGE_ONLY  part of a route: looks at the pages alone whose route contains it

import { COLOUR_RULES, launch, overflow, startDemo, violations } from "./lib.mjs";
import { addresses, listed, untouched } from "./pages.mjs";

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
  const { scroll, inner, wide, below } = await overflow(page);
  if (scroll > inner) fault(`${where}: ${scroll} wide; ${wide.join(" | ")}`);
  if (below > 1) fault(`${where}: something stands ${below} px below its end`);
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
