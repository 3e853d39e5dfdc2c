// The whole way round, as people walk it: procurement registers and sends, the vendor answers on its link without an
// account, the risk manager reviews, asks back and raises findings, the vendor fixes one, an admin verifies it, the
// decision is recorded and two vendors are compared. Without JavaScript, at 1280 and again at 320 pixels; every page
// met is checked (see lib.mjs). Ends with 1 when a step fails or a page has a fault.
//
//   JOURNEY_BIN    the binary (else the debug build)
//   JOURNEY_SHOTS  a folder for screenshots (else none)
//   JOURNEY_WIDTHS widths to walk at, by commas (else 1280,320)

import { Inspector, launch, startDemo } from "./lib.mjs";
import { Journey } from "./walk.mjs";

const widths = (process.env.JOURNEY_WIDTHS ?? "1280,320").split(",").map(Number);
const demo = await startDemo();
const browser = await launch();
const faults = [];
let pages = 0;
let walked = 0;
try {
  for (const width of widths) {
    const inspector = await new Inspector(browser, width).open();
    try {
      await new Journey(demo, browser, inspector, width).walk();
      walked += 1;
    } catch (error) {
      faults.push(error.message);
    }
    faults.push(...inspector.faults);
    pages += inspector.count;
  }
} finally {
  await browser.close();
  await demo.stop();
}
if (faults.length) console.log(`\n${faults.length} faults:\n${faults.map((one) => `- ${one}`).join("\n")}`);
console.log(`\n${pages} pages checked, ${walked} of ${widths.length} walks went the whole way`);
console.log(`${faults.length ? walked : pages} passed, ${faults.length} failed`);
process.exitCode = faults.length ? 1 : 0;
