// How long the ways take that people are in a hurry on, worked out from what the pages ask of somebody who sees them
// for the first time. Goes each way in a browser and adds up, for every page, what has to be read, decided, pointed at
// and typed. Ends with 1 when a way takes longer than it did.
//
// The times are those of the keystroke-level model (Card, Moran and Newell, 1980) and of silent reading (Brysbaert,
// 2019). Headline and first paragraph of a page are read; of a field its label, hint and error; of a choice of one its
// options down to the one that fits, of several all of them. What is folded away is not read, nor what a page says for
// other purposes or says again. Nothing is added for finding out an answer that somebody does not know.
//
//   JOURNEY_BIN  the binary (else the debug build)
//   WAYS_STEPS   anything: tell every step

import { awaitMail, digitsOf, launch, linkOf, signedIn, startDemo } from "./lib.mjs";

/** Seconds. */
const WORD = 60 / 238;
const KEY = 0.28; // an average typist who is no typist by trade
const POINT = 1.1;
const PRESS = 0.2;
const HANDS = 0.4; // from mouse to keyboard or back
const DECIDE = 1.35;
const SCREEN = 0.5; // one turn of the wheel
const ANSWER = 0.2; // of the server, whatever this machine takes

/** Somebody who goes a way. */
class Person {
  constructor(page) {
    this.page = page;
    this.seconds = 0;
    this.words = 0;
    this.typed = false;
  }

  spend(seconds, what) {
    this.seconds += seconds;
    if (process.env.WAYS_STEPS) console.log(`  ${seconds.toFixed(1).padStart(5)} s  ${what}`);
  }

  read(text) {
    // The number before a question is not read.
    const words = text.replace(/^\d+\.\s/, "").match(/[\p{L}\p{N}][\p{L}\p{N}'.,@-]*/gu)?.length ?? 0;
    this.words += words;
    this.spend(words * WORD, `read ${words} words: ${text.replace(/\s+/g, " ").slice(0, 60)}`);
  }

  /** Reads what can be seen of this; words for those who listen are not seen. */
  async readAll(locator) {
    for (const one of await locator.all()) {
      if (!await one.isVisible()) continue;
      this.read(await one.evaluate((element) => {
        const copy = element.cloneNode(true);
        for (const hidden of copy.querySelectorAll(".sr, datalist, details:not([open]) > :not(summary)")) hidden.remove();
        return copy.innerText;
      }));
    }
  }

  /** Turns the wheel until this is in sight. */
  async see(target) {
    const screens = await target.evaluate((element) => {
      const box = element.getBoundingClientRect();
      const away = box.bottom > innerHeight ? box.bottom - innerHeight : Math.min(box.top, 0);
      element.scrollIntoView({ block: "center" });
      return Math.ceil(Math.abs(away) / innerHeight);
    });
    if (screens) this.spend(screens * SCREEN, `turn ${screens} screens`);
  }

  /** Comes to a page: reads its headline and what stands under it. */
  arrive() {
    return this.readAll(this.page.locator("main h1, main .lede, main .flash, main .notice"));
  }

  /** Presses what leads on. */
  async go(target) {
    await this.see(target);
    await this.readAll(target);
    this.typed = false;
    await Promise.all([this.page.waitForNavigation(), target.click()]);
    this.spend(DECIDE + POINT + PRESS + ANSWER, "go on");
  }

  /** Presses what leads to the next page of the way. */
  async follow(target) {
    await this.go(target);
    await this.arrive();
  }

  button(name) {
    return this.follow(this.page.getByRole("button", { name }).first());
  }

  link(name) {
    return this.follow(this.page.getByRole("link", { name }).first());
  }

  /** Comes to a field: what is above it, and its hint and error. */
  async meet(field, label) {
    await this.see(label);
    await this.readAll(label);
    for (const id of (await field.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean)) {
      await this.readAll(this.page.locator(`#${id}`));
    }
  }

  async field(label) {
    const field = this.page.getByLabel(label).first();
    await this.meet(field, this.page.locator(`label[for="${await field.getAttribute("id")}"]`));
    return field;
  }

  /** Types into a field; where the page offers what begins so, its first letters are enough. */
  async type(label, text) {
    const field = await this.field(label);
    await field.fill(text);
    const offers = await this.page.locator(`#${await field.getAttribute("list") ?? "none"} option`).evaluateAll((all) => all.map((one) => one.value));
    const keys = offers.includes(text) ? 3 : text.length;
    // From one field to the next below it the tabulator leads.
    this.spend(DECIDE + (this.typed ? KEY : POINT + PRESS + 2 * HANDS) + KEY * keys, `type ${keys} keys`);
    this.typed = true;
    if (keys < text.length) this.spend(DECIDE + POINT + PRESS, "take what is offered");
  }

  /** Reads what a field holds already, and leaves it. */
  async leave(label) {
    const field = await this.field(label);
    this.read(await field.inputValue());
    this.spend(DECIDE, "leave it");
  }

  /** Chooses in a group: of one, the options are read down to the one that fits. */
  async choose(question, option) {
    const group = this.page.getByRole("group", { name: question }).first();
    await this.meet(group, group.locator("legend"));
    const several = await group.locator("input[type=checkbox]").count() > 0;
    let fits;
    for (const one of await group.locator("label").all()) {
      if (!fits || several) await this.readAll(one);
      if (!fits && (await one.innerText()).includes(option)) fits = one;
    }
    await fits.locator("input").check();
    this.typed = false;
    this.spend(DECIDE + POINT + PRESS, `choose ${option}`);
  }
}

async function register(page, demo, { vendor, answers, ai }) {
  const me = new Person(page);
  await page.goto(`${demo.url}/vendors`);
  await me.arrive();
  await me.link("Add vendor");
  await me.type("Name", vendor);
  await me.type("First service", "Transcription");
  await me.button("Add vendor");
  await me.choose(/most sensitive data/, "Personal data");
  await me.choose(/How many people.s records/, "1,000 to 99,999");
  await me.choose(/strongest access/, "None; we use the vendor's own portal");
  await me.choose(/Where will our data/, "In countries that our law");
  await me.choose(/vendor's own suppliers/, "4 to 10");
  await me.choose(/work without the service/, "More than a day");
  await me.choose(/replace the vendor/, "1 to 6 months");
  await me.choose(/outsourcing regulated/, "Guidance for our sector");
  await me.choose(/strongest effect that AI/, ai ? "Drafts or organises" : "contains no AI");
  if (ai) {
    await me.choose(/How freely/, "It suggests; people act");
    await me.choose(/AI use our data/, "nothing is kept");
    await me.choose(/How many people will AI/, "100 to 9,999");
  }
  await me.choose(/statements are true/, "used in the EU");
  if (ai) {
    await me.choose(/banned by/, "No, each example was checked");
    await me.choose(/high-risk areas/, "None of these");
  }
  const owner = await page.locator("datalist option").first().getAttribute("value");
  await me.type(/accountable for this service/, owner);
  await me.button("Save and set tier");
  await me.readAll(page.locator("section:has(#suggested) li b"));
  await me.button(/^Ask th/);
  await me.type("Name of who answers", "Lena Tern");
  await me.type("E-mail of who answers", answers);
  await me.leave("Due day");
  await me.button("Continue to check");
  await me.readAll(page.locator("#what + p, #who, #who + ul"));
  await me.go(page.getByRole("button", { name: "Send to 1 person" }));
  await page.getByText("Sent to Lena Tern").first().waitFor();
  return me;
}

async function firstAnswer(browser, demo) {
  const answers = "lena@sorrel.example";
  await register(await signedIn(browser, demo, "procurement"), demo, { vendor: "Sorrel Notes", answers, ai: false });
  const mails = new Set();
  const { link, code } = linkOf(await awaitMail(demo, mails, answers, /asks/));
  const page = await (await browser.newContext({ reducedMotion: "reduce" })).newPage();
  await page.goto(link);
  const typed = page.getByLabel("Access code from the mail");
  if (await typed.isVisible()) await typed.fill(code);
  await Promise.all([page.waitForNavigation(), page.getByRole("button", { name: /^Open/ }).first().click()]);
  const me = new Person(page);
  const mail = await awaitMail(demo, mails, answers, /^Your code/);
  me.read(mail.subject);
  me.read(mail.text);
  await me.type("Code from the mail", digitsOf(mail));
  await me.button("Continue");
  await me.button("Start");
  const card = page.locator("main article").first();
  await me.choose(await card.locator("legend").first().innerText(), "last review older than 12 months");
  await card.getByText(/^Saved /).waitFor();
  me.spend(ANSWER, "saved");
  return me;
}

async function why(browser, demo) {
  const page = await signedIn(browser, demo, "risk_manager");
  const me = new Person(page);
  const row = page.locator("main tr, main li").filter({ hasText: /D\s+\d/ }).last();
  await me.see(row);
  await me.readAll(row);
  await me.follow(row.getByRole("link", { name: /^Why/ }).first());
  await me.readAll(page.locator(".causes li").first());
  return me;
}

const demo = await startDemo();
const browser = await launch();
const procurement = () => signedIn(browser, demo, "procurement");
// Name, seconds wanted, and the most that a change may make of it.
const WAYS = [
  ["from the mail with the code to the first saved answer", 90, 60, () => firstAnswer(browser, demo)],
  ["register, answer the intake and send, without AI", 240, 200, async () =>
    register(await procurement(), demo, { vendor: "Tern Transcripts", answers: "lena@tern.example", ai: false })],
  ["the same with AI, where the intake asks six questions more", 240, 270, async () =>
    register(await procurement(), demo, { vendor: "Heron Voice", answers: "lena@heron.example", ai: true })],
  ["from the start page to why a vendor is rated D", 15, 15, () => why(browser, demo)],
];
let slower = 0;
try {
  for (const [name, wanted, most, walk] of WAYS) {
    const { seconds, words } = await walk();
    if (seconds > most) slower += 1;
    const word = seconds > most ? "SLOWER" : "ok";
    console.log(`${word.padEnd(6)} ${seconds.toFixed(0).padStart(4)} s (wanted ${wanted} s, at most ${most} s), ${words} words: ${name}`);
  }
} finally {
  await browser.close();
  await demo.stop();
}
console.log(`${WAYS.length - slower} passed, ${slower} failed`);
process.exitCode = slower ? 1 : 0;
