// Evidence in a real browser: whoever opens it gets a download, a picture for a reviewer is drawn in a sandbox, and a
// page of another origin that embeds any of it in every way there is renders nothing and reads nothing, even while the
// session's cookies go along (U-07).
//
//   JOURNEY_BIN   the binary (else the debug build)

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { awaitMail, digitsOf, launch, linkOf, smallPdf, startDemo } from "./lib.mjs";
import { Journey } from "./walk.mjs";

const EMAIL = "mira@tern.example";
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
const FILES = [
  { name: "picture.png", mimeType: "image/png", buffer: PNG },
  { name: "report.pdf", mimeType: "application/pdf", buffer: smallPdf("Nobody else reads this") },
  { name: "script.txt", mimeType: "text/plain", buffer: Buffer.from("window.ran = true; // nobody else reads this") },
];
let demo;
let browser;
let vendor;
let staff;
/** Addresses of the files, as the vendor and as a user reach them, and as a reviewer is shown them. */
let addresses;
let shown;
/** A server of another origin; `html` is its page. */
let other;
let html = "";

before(async () => {
  demo = await startDemo();
  browser = await launch();
  other = createServer((_, answer) => answer.setHeader("content-type", "text/html").end(html));
  await new Promise((resolve) => { other.listen(0, "127.0.0.1", resolve); });
  const procurement = new Journey(demo, browser, { meet: () => Promise.resolve() }, 1280);
  Object.assign(procurement, { email: EMAIL });
  await procurement.registerAndIntake();
  await procurement.prepareAndSend();

  vendor = await browser.newContext();
  const page = await vendor.newPage();
  page.setDefaultTimeout(10_000);
  const press = (name) => Promise.all([page.waitForNavigation(), page.getByRole("button", { name }).first().click()]);
  await page.goto(linkOf(procurement.invitation).link);
  await press("Open questionnaire");
  await page.getByLabel("Code from the mail").fill(digitsOf(await awaitMail(demo, procurement.mails, EMAIL, /^Your code/)));
  await press("Continue");
  for (const file of FILES) {
    await page.goto(`${demo.url}/portal/questions/SUB-06`);
    const folded = page.locator("details").filter({ has: page.locator("input[type=file]") });
    if (await folded.getAttribute("open") === null) await folded.locator("summary").click();
    await page.getByLabel("A file", { exact: true }).setInputFiles(file);
    await press(/^Add file/);
  }
  const found = {};
  for (const { name } of FILES) {
    found[name] = await page.getByRole("link", { name }).first().getAttribute("href");
  }
  await page.close();

  staff = await browser.newContext();
  const { email, password } = demo.user("risk_manager");
  const signIn = await staff.newPage();
  await signIn.goto(`${demo.url}/sign-in`);
  await signIn.getByLabel("E-mail").fill(email);
  await signIn.getByLabel("Password").fill(password);
  await Promise.all([signIn.waitForNavigation(), signIn.getByRole("button", { name: "Sign in" }).click()]);
  await signIn.close();
  const own = (href) => new URL(href, demo.url).href;
  addresses = [
    ...FILES.map(({ name }) => ({ who: vendor, name, url: own(found[name]) })),
    ...FILES.map(({ name }) => ({ who: staff, name, url: own(found[name].replace("/portal/", "/")) })),
  ];
  shown = addresses.filter(({ who, name }) => who === staff && !name.endsWith(".txt"))
    .map(({ who, name, url }) => ({ who, name, url: `${url}/view` }));
});

after(async () => {
  await browser?.close();
  other?.close();
  await demo?.stop();
});

test("each file is there for its reader, as a download that no page shows", async () => {
  for (const { who, name, url } of addresses) {
    const answer = await who.request.get(url);
    assert.equal(answer.status(), 200, url);
    assert.deepEqual(await answer.body(), FILES.find((file) => file.name === name).buffer);
    const page = await who.newPage();
    const download = page.waitForEvent("download");
    await page.goto(url).catch(() => null);
    assert.equal((await download).suggestedFilename(), name);
    assert.equal(page.url(), "about:blank", `${name} was shown`);
    await page.close();
  }
});

test("a picture is drawn in the frame of our own page, where nothing runs", async () => {
  const [{ url }] = shown;
  const page = await staff.newPage();
  const policy = "default-src 'none'; frame-src 'self'";
  await page.route(`${demo.url}/frame`, (route) => route.fulfill({
    body: `<!doctype html><title>Frame</title><iframe src="${url}" sandbox></iframe>`,
    contentType: "text/html", headers: { "content-security-policy": policy },
  }));
  await page.goto(`${demo.url}/frame`);
  const frame = page.frames()[1];
  assert.equal(new URL(frame.url()).pathname.split("/")[1], "shown");
  const picture = await frame.evaluate("[self.origin, document.contentType, document.images[0].naturalWidth]");
  assert.deepEqual(picture, ["null", "image/png", 1]);
  await page.close();
});

/** A page that embeds the address in every way, and notes what came of each. */
const trap = (url) => `<!doctype html><title>Trap</title><body><script>
  window.came = {};
  const wait = [];
  const watch = (name, element, address) => wait.push(new Promise((done) => {
    const note = (what) => () => { window.came[name] ??= what; done(); };
    element.onload = note("loaded"); element.onloadeddata = note("loaded"); element.onerror = note("refused");
    setTimeout(note("nothing"), 3000);
    for (const attribute of ["src", "data", "href"]) if (attribute in element) element[attribute] = address;
    document.body.append(element);
  }));
  const url = ${JSON.stringify(url)};
  for (const name of ["img", "script", "video", "audio", "object", "embed"]) watch(name, document.createElement(name), url);
  watch("style", Object.assign(document.createElement("link"), { rel: "stylesheet" }), url);
  const frame = document.createElement("iframe"); frame.name = "frame"; frame.src = url; document.body.append(frame);
  const read = (name, options) => wait.push(fetch(url, { credentials: "include", ...options })
    .then(async (answer) => { window.came[name] = "answered " + answer.type + " " + (await answer.text()).length; })
    .catch(() => { window.came[name] = "refused"; }));
  read("fetch", {}); read("fetch no-cors", { mode: "no-cors" });
  Promise.allSettled(wait).then(() => { window.finished = true; });
</script>`;

test("U-07: a page of another origin renders and reads nothing of it", async () => {
  const port = other.address().port;
  // The same host at another port is the same site, so that the cookies go along; the other name is another site.
  for (const origin of [`http://127.0.0.1:${port}`, `http://localhost:${port}`]) {
    for (const { who, name, url } of [...addresses, ...shown]) {
      html = trap(url);
      const page = await who.newPage();
      await page.goto(origin);
      await page.waitForFunction("window.finished", null, { timeout: 15_000 });
      const came = await page.evaluate("window.came");
      const about = `${name} from ${origin}: ${JSON.stringify(came)}`;
      for (const way of ["img", "script", "video", "audio", "style", "fetch", "fetch no-cors"]) {
        assert.equal(came[way], "refused", `${way} of ${about}`);
      }
      assert.equal(await page.evaluate("window.ran"), undefined, `a script ran: ${about}`);
      // What can hold a page of its own holds none, or the browser's words that it was refused.
      const held = page.frames().filter((frame) => frame !== page.mainFrame()).map((frame) => frame.url());
      const empty = ["", "about:blank", "chrome-error://chromewebdata/"];
      assert.ok(held.every((address) => empty.includes(address)), `${held} in frames of ${about}`);
      await page.close();
    }
  }
});
