// The steps of the whole loop, each by the person who takes it, pressed as a reader of the page would: by labels,
// roles and names. `journey.mjs` walks all of them; `link.mjs` borrows the first.

import assert from "node:assert/strict";
import { awaitMail, digitsOf, inDays, linkOf, smallPdf } from "./lib.mjs";

/** One walk at one width. */
export class Journey {
  constructor(demo, browser, inspector, width) {
    Object.assign(this, { demo, browser, inspector, width });
    this.vendor = `Tern Transcripts ${width}`;
    this.email = `lena-${width}@tern.example`;
    this.why = "We plan a trial with recorded calls and would like to know how they are kept.";
    this.mails = new Set();
    this.page = null;
  }

  /** A fresh browser without JavaScript. */
  async someone() {
    const viewport = { width: this.width, height: 900 };
    const context = await this.browser.newContext({ viewport, javaScriptEnabled: false });
    this.page = await context.newPage();
    this.page.setDefaultTimeout(10_000);
    return this.page;
  }

  meet(name) {
    return this.inspector.meet(this.page, name);
  }

  async goTo(path, name) {
    const answer = await this.page.goto(new URL(path, this.demo.url).href);
    assert.equal(answer.status(), 200, `${path}: status ${answer.status()}`);
    await this.meet(name);
  }

  /** Presses a button or follows a link, and says what the page it leads to is. */
  async press(what, name, within = this.page) {
    await Promise.all([this.page.waitForNavigation(), what instanceof Object && "click" in what ? what.click() : within.getByRole("button", { name: what }).first().click()]);
    await this.meet(name);
  }

  follow(text, name) {
    return this.press(this.page.getByRole("main").getByRole("link", { name: text }).first(), name);
  }

  field(label, within = this.page) {
    return within.getByLabel(label).first();
  }

  async heading(words) {
    const text = await this.page.getByRole("heading", { level: 1 }).innerText();
    assert.match(text, words);
  }

  async signIn(role) {
    const { email, password } = this.demo.user(role);
    await this.someone();
    await this.goTo("/sign-in", "sign in");
    await this.field("E-mail").fill(email);
    await this.field("Password").fill(password);
    await this.press("Sign in", `today of ${role}`);
    assert.equal(new URL(this.page.url()).pathname, "/");
  }

  // --- procurement

  async registerAndIntake() {
    await this.signIn("procurement");
    await this.goTo("/vendors", "vendors");
    await this.follow("Add vendor", "add vendor");
    await this.press("Add vendor", "add vendor without a name");
    await this.heading(/Add vendor/);
    await this.field("Name").fill(this.vendor);
    await this.field("Website").fill("https://tern.example");
    await this.press("Add vendor", "vendor without contact");
    await this.follow("Add contact", "add contact");
    await this.field("Name").fill("Lena Tern");
    await this.field("E-mail").fill(this.email);
    await this.field("What they do").fill("Security lead");
    await this.press("Add contact", "vendor with contact");
    await this.follow("Add service", "add service");
    await this.field("Name").fill("Transcription");
    await this.field("What it does for us").fill("Turns recorded calls into text.");
    await this.press("Add service", "service without intake");
    await this.follow("Answer the intake", "intake");
    await this.press("Save and set tier", "intake without answers");
    const choose = async (question, option) => this.page.getByRole("group", { name: question }).getByLabel(option).first().check();
    await choose(/most sensitive data/, "Confidential business data");
    await choose(/How many people.s records/, "None");
    await choose(/strongest access/, "None; we use the vendor's own portal");
    await choose(/Where will our data/, "Only in our country");
    await choose(/vendor's own suppliers/, "1 to 3");
    await choose(/work without the service/, "More than a week");
    await choose(/replace the vendor/, "Weeks");
    await choose(/outsourcing regulated/, "Not regulated");
    await choose(/strongest effect that AI/, "The product contains no AI");
    await choose(/statements are true/, "The product or its output is used in the EU");
    await this.field(/accountable for this service/).fill("Daniel Osei, daniel@northwind.example");
    await this.press("Save and set tier", "tier");
  }

  /** Asks what this walk answers, and other questionnaires whose titles begin so. */
  async prepareAndSend(...others) {
    await this.press("Start assessment", "choose questionnaires");
    await this.page.getByText(/^\d+ other questionnaires?$/).click();
    for (const box of await this.page.getByRole("checkbox").all()) await box.uncheck();
    for (const title of ["Sub-processor check", ...others]) {
      await this.page.getByRole("checkbox", { name: new RegExp(`^${title}`) }).check();
    }
    await this.press("Continue to people and dates", "suggestion left out without a reason");
    const reasons = this.page.getByLabel(/^If you leave out/);
    if (await reasons.count()) {
      for (const reason of await reasons.all()) await reason.fill("The short check is enough for a trial");
      await this.press("Continue to people and dates", "people and dates");
    }
    this.assessment = new URL(this.page.url()).pathname.split("/")[2];
    await this.field(/Lena Tern/).check();
    const amara = await this.page.getByLabel("Reviewer").locator("option", { hasText: "Risk manager" }).first().getAttribute("value");
    await this.page.getByLabel("Reviewer").selectOption(amara);
    await this.page.getByLabel("Owner").selectOption(amara);
    await this.field("Due day").fill(inDays(14));
    await this.field("Message to the vendor").fill(this.why);
    await this.press("Continue to check", "check and send");
    await this.preview();
    await this.press("Send to 1 person", "progress after sending");
    await this.goTo("/assessments", "assessments");
    this.invitation = await awaitMail(this.demo, this.mails, this.email, /./);
    await this.goTo("/dev/mailbox", "mailbox");
    await this.goTo(`/dev/mailbox/${this.invitation.id}`, "invitation in the mailbox");
    await this.follow("Text", "invitation in the mailbox as text");
    await this.goTo(`/dev/mailbox/${this.invitation.id}/html`, "invitation by itself");
  }

  /** Looks at mails and pages of the vendor, and comes back to the check. */
  async preview() {
    const check = new URL(this.page.url()).pathname;
    const base = check.replace(/check$/, "preview");
    await this.goTo(`${base}/mails`, "preview of the invitation");
    await this.page.frameLocator("iframe").getByText("Dear Lena Tern").waitFor();
    await this.follow("HTML, dark", "preview of the invitation, dark");
    await this.follow("Text", "preview of the invitation as text");
    for (const mail of ["invitation", "code", "reminder", "receipt", "clarifications", "findings", "status", "submission-arrived"]) {
      for (const scheme of ["light", "dark"]) await this.goTo(`${base}/mails/${mail}?scheme=${scheme}`, `${mail}, ${scheme}`);
    }
    await this.goTo(`${base}/portal`, "preview of the welcome page");
    await this.follow("See all questions first", "preview of the task list");
    await this.follow("Security", "preview of a section");
    await this.goTo(`${base}/portal/check`, "preview of the check");
    await this.goTo(`${base}/portal/submit`, "preview of the declaration");
    await this.goTo(check, "check and send again");
  }

  // --- the vendor

  /** Opens the link of a mail and types its access code; a browser that is not known is asked for a code as well. */
  async openLink(mail, known) {
    const { link, code } = linkOf(mail);
    await this.page.goto(link);
    await this.meet("link");
    await this.field("Access code from the mail").fill(code);
    if (known) return this.press("Open with the code", "portal, opened again");
    await this.press("Open with the code", "confirm it is you");
    assert.equal(new URL(this.page.url()).pathname, "/q/code");
    const digits = digitsOf(await awaitMail(this.demo, this.mails, this.email, /code/i));
    await this.field("Code from the mail").fill(digits === "000000" ? "111111" : "000000");
    await this.press("Continue", "wrong code");
    await this.field("Code from the mail").fill(digits);
    return this.press("Continue", "welcome");
  }

  card(id) {
    return this.page.locator(`article#${id}`);
  }

  async answer(id, fill, name = `answered ${id}`) {
    await fill(this.card(id));
    await this.press(/^Save answer/, name, this.card(id));
    await this.card(id).getByText(/^Saved /).waitFor();
  }

  async vendorAnswers() {
    await this.someone();
    this.vendorPage = this.page;
    await this.page.goto(`${this.demo.url}/q`);
    await this.meet("link page without a link");
    await this.field("Access code from the mail").fill("ABCD EFGH JKMN");
    await this.press("Open with the code", "link that cannot be used");
    await this.openLink(this.invitation, false);
    await this.heading(/has questions about Transcription/);
    await this.follow("See all questions first", "task list before the first answer");
    await this.goTo("/portal", "welcome again");
    await this.press("Start", "section 1");
    const pick = (option) => (card) => card.getByRole("radio", { name: option }).check();
    await this.answer("SUB-01", (card) => card.locator("#SUB-01-value").fill("We transcribe recorded calls. We hold the recordings and the texts."));
    await this.answer("SUB-02", async (card) => {
      await pick(/^Yes, fixed/)(card);
      await card.getByLabel("Note").fill("Germany and Ireland only.");
    });
    await this.answer("SUB-03", pick(/^General confidentiality/));
    await this.answer("SUB-04", pick(/^We do not know/));
    await this.press("Mark section ready", "task list, one section ready");
    await this.follow("Security", "section 2");
    await this.press("Mark section ready", "section that is not ready");
    await this.answer("SUB-05", async (card) => {
      await pick(/^Administrators and remote/)(card);
      await card.getByLabel("Note").fill("Everybody follows in spring.");
    });
    await this.answer("SUB-06", pick(/^Yes, on all connections/));
    await this.attach(this.card("SUB-06"), "encryption.pdf", "Encryption settings", "evidence attached");
    await this.card("SUB-06").getByRole("link", { name: "encryption.pdf", exact: true }).waitFor();
    await this.answer("SUB-07", pick(/^Within 24 hours/));
    await this.card("SUB-08").getByRole("radio", { name: /does not apply/ }).check();
    await this.press(/^Save answer/, "does not apply without a reason", this.card("SUB-08"));
    await this.answer("SUB-08", async (card) => {
      await card.getByRole("radio", { name: /does not apply/ }).check();
      await card.getByLabel("If it does not apply: why?").fill("Nobody else can reach the data.");
    });
    await this.goTo("/portal/tasks", "task list half way");
    await this.follow("Use of AI", "section 3");
    assert.equal(await this.card("SUB-10").count(), 0, "the follow-up is hidden before its condition holds");
    await this.answer("SUB-09", pick(/^Yes/), "follow-ups shown");
    await this.answer("SUB-10", pick(/^Never/));
    await this.answer("SUB-11", pick(/^Up to 30 days/));
    await this.answer("SUB-12", pick(/^On request/));
    await this.goTo("/portal/tasks", "task list before the last section");
    await this.follow("End of service and proof", "section 4");
    await this.answer("SUB-13", pick(/^Within 30 days/));
    await this.answer("SUB-14", pick(/^Reports only/));
  }

  async attach(place, name, sentence, page) {
    const folded = place.locator("details").filter({ has: place.page().locator("input[type=file]") });
    if (await folded.getAttribute("open") === null) await folded.locator("summary").click();
    const buffer = smallPdf(`${sentence} ${this.width}`);
    await place.getByLabel("A file", { exact: true }).setInputFiles({ name, mimeType: "application/pdf", buffer });
    await this.press(/^Add file/, page, place);
  }

  async vendorSubmits() {
    await this.goTo("/portal/check", "check all answers");
    await this.follow("Continue to declaration", "declaration");
    await this.press(/^Send to/, "declaration without a role");
    await this.field("Your full name").fill("Lena Tern");
    await this.field("Your role").fill("Security lead");
    await this.field(/^I state this for/).check();
    await this.press(/^Send to/, "receipt");
    assert.equal(new URL(this.page.url()).pathname, "/portal/receipt");
    await this.goTo("/portal/tasks", "task list after handing in");
  }

  // --- the risk manager

  async verdict(decide) {
    const article = this.page.locator("#answer");
    const id = (await article.locator("p .mono").first().innerText()).trim();
    await decide(id, async (words) => this.page.getByRole("radio", { name: words }).check());
    await this.press("Save verdict", `review after ${id}`);
  }

  async review() {
    await this.signIn("risk_manager");
    this.managerPage = this.page;
    await this.goTo(`/assessments/${this.assessment}`, "progress after handing in");
    await this.follow("Review", "review");
    const groups = this.page.getByRole("navigation", { name: "Questions to review" }).getByRole("heading", { level: 3 });
    assert.match(await groups.first().innerText(), /scope/i, "scope questions stand first");
    await this.press("Save verdict", "verdict without a choice");
    await this.goTo(`/assessments/${this.assessment}/review?show=all`, "review, all answers");
    for (let turn = 0; turn < 14; turn += 1) {
      await this.verdict(async (id, pick) => {
        if (id === "SUB-04") {
          await pick("Ask the vendor");
          await this.field("What to ask the vendor").fill("Does a certificate cover the service? Please ask your management.");
        } else if (id === "SUB-14") {
          await pick("Adjust what it counts");
          await this.field("Adjusted credit").fill("1/2");
          await this.field("Reason").fill("Reports are given only under a fee.");
        } else {
          await pick(/^Accept/);
          if (id === "SUB-06") {
            await this.page.getByRole("combobox", { name: "Evidence" }).selectOption("accepted");
            await this.page.getByRole("link", { name: "Show the file encryption.pdf" }).waitFor();
            assert.equal(await this.page.getByTitle("Evidence: encryption.pdf").isVisible(), this.width >= 768, "a frame where there is room");
          }
        }
      });
    }
    await this.goTo(`/assessments/${this.assessment}/review?show=open`, "review, nothing open");
    await this.page.getByText("13 of 14 have a verdict, 1 waits for the vendor").waitFor();
    await this.follow(/^Send 1 question/, "questions to the vendor");
    await this.press("Send 1 question", "progress after the return");
    await this.goTo(`/assessments/${this.assessment}/review`, "review while the vendor replies");
  }

  async vendorReplies() {
    this.page = this.vendorPage;
    const mail = await awaitMail(this.demo, this.mails, this.email, /follow-up question/);
    await this.openLink(mail, true);
    await this.heading(/has 1 follow-up question/);
    await this.answer("SUB-04", async (card) => {
      await card.getByRole("radio", { name: /only part of the service/ }).check();
      await card.getByLabel("Note").fill("The certificate covers hosting, not support.");
    });
    await this.press(/^Send 1 reply/, "reply without a role");
    await this.field("Your full name").fill("Lena Tern");
    await this.field("Your role").fill("Security lead");
    await this.field(/^I state this for/).check();
    await this.press(/^Send 1 reply/, "receipt of the reply");
    await this.page.getByText("Submission").first().waitFor();
  }

  async finishAndRaise() {
    this.page = this.managerPage;
    await this.goTo(`/assessments/${this.assessment}/review`, "review of the reply");
    assert.match(await this.page.locator("#answer").innerText(), /SUB-04/, "the changed answer is shown first");
    await this.verdict(async (id, pick) => pick(/^Accept/));
    await this.press("Finish review and propose findings", "proposed findings");
    await this.goTo(`/assessments/${this.assessment}/score`, "score");
    await this.goTo(`/assessments/${this.assessment}/findings`, "proposed findings again");
    const boxes = this.page.getByRole("checkbox", { name: /^Raise / });
    assert.ok(await boxes.count() > 0, "a gap is proposed");
    for (const box of await boxes.all()) {
      const chosen = await box.getAttribute("value") === "SUB-03";
      if (await box.isVisible()) await box.setChecked(chosen);
    }
    await this.press("Raise the chosen ones", "raised findings");
    await this.goTo(`/assessments/${this.assessment}/findings/new`, "raise a finding by hand");
    await this.press("Raise finding", "raise a finding by hand without words");
    await this.goTo(`/assessments/${this.assessment}/findings`, "raised findings again");
    await this.press(/^Send 1 finding/, "sent findings");
    await this.goTo("/findings", "findings");
  }

  async vendorFixes() {
    this.page = this.vendorPage;
    const mail = await awaitMail(this.demo, this.mails, this.email, /fix|finding|point/i);
    await this.openLink(mail, true);
    await this.press(this.page.getByRole("link", { name: "Actions" }).first(), "actions");
    await this.press(/^Agree this plan/, "plan without words");
    await this.field("What you will do").fill("Sign the duties of the end customer.");
    await this.field("Who does it").fill("Lena Tern");
    await this.field("By when").fill(inDays(10));
    await this.press(/^Agree this plan/, "plan agreed");
    await this.attach(this.page.getByRole("article").first(), "signed-duties.pdf", "Signed duties", "proof attached");
    await this.page.getByRole("link", { name: "signed-duties.pdf" }).waitFor();
    await this.field("What was done").fill("The clauses are signed by both sides.");
    await this.press(/^Report done/, "action reported");
  }

  async verifyAndDecide() {
    await this.signIn("admin");
    await this.goTo("/users", "users");
    await this.goTo("/findings", "findings that wait for verification");
    await this.follow(new RegExp(`same confidentiality|Sign a clause|duties`, "i"), "finding to verify");
    await this.press("Verify and close", "verification without words");
    await this.page.getByLabel("What is true now").selectOption("same");
    await this.page.getByLabel("Worth of the proof").selectOption("accepted");
    await this.field("What you saw").fill("The signed clauses name the same duties.");
    await this.press("Verify and close", "finding closed");
    this.page = this.managerPage;
    await this.goTo(`/assessments/${this.assessment}/decision`, "decision");
    await this.press("Record decision", "decision without a choice");
    await this.page.getByRole("radio", { name: "Approved", exact: true }).check();
    await this.field("Summary").fill("Fit for the trial.");
    await this.press("Record decision", "decision recorded");
    await this.goTo(`/assessments/${this.assessment}/score`, "score after verification");
    await this.goTo(`/assessments/${this.assessment}`, "progress after the decision");
    await this.goTo("/vendors", "vendors at the end");
    await this.follow(this.vendor, "vendor at the end");
    this.page = this.vendorPage;
    await this.goTo("/portal/actions", "actions, closed");
    await this.goTo("/portal/receipt", "receipt after the decision");
  }

  async compare() {
    this.page = this.managerPage;
    await this.goTo("/compare?page=1", "vendors to compare");
    const boxes = this.page.getByRole("checkbox");
    for (const box of await boxes.all()) await box.uncheck();
    await this.page.getByRole("checkbox", { name: new RegExp(this.vendor) }).check();
    const other = this.page.getByRole("checkbox", { name: new RegExp(`^(?!.*${this.vendor})`) }).first();
    await other.check();
    await this.press("Compare", "comparison");
    assert.equal(await this.page.locator("table.cmp.fixed1 thead th a").count(), 2, "two vendors side by side");
    // Two that were asked the same are ranked; the page says who leads on what.
    await this.goTo("/compare?page=1", "vendors to compare again");
    for (const box of await boxes.all()) await box.uncheck();
    for (const vendor of ["Corvid AI", "Halden Hosting"]) {
      await this.page.getByRole("checkbox", { name: new RegExp(`^${vendor}`) }).check();
    }
    await this.press("Compare", "comparison with a common questionnaire");
    await this.heading(/^Corvid AI leads on Supplier security/);
    const core = this.page.locator("table.cmp.fixed1 tbody").filter({ hasText: "Supplier security" }).first();
    const results = await core.locator("tr").nth(1).locator("td:has(.rate)").allInnerTexts();
    assert.equal(results.length, 2);
    for (const rank of [1, 2]) {
      assert.ok(results.some((text) => new RegExp(`Rank\\s+${rank} of 2`).test(text)), `rank ${rank} is missing: ${results}`);
    }
    await this.press("Sign out", "signed out");
  }

  async walk() {
    for (const step of [
      "registerAndIntake", "prepareAndSend", "vendorAnswers", "vendorSubmits", "review", "vendorReplies",
      "finishAndRaise", "vendorFixes", "verifyAndDecide", "compare",
    ]) {
      const from = Date.now();
      try {
        await this[step]();
      } catch (error) {
        const text = await this.page.getByRole("main").innerText().catch(() => "");
        const about = `${this.width} px, ${step}, at ${this.page.url()}`;
        throw new Error(`${about}: ${error.stack}\n--- the page says\n${text.slice(0, 1_500)}`);
      }
      console.log(`==  ${this.width} px: ${step} done in ${((Date.now() - from) / 1000).toFixed(1)} s`);
    }
  }
}
