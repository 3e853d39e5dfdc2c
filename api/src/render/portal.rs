//! Views of the vendor's portal, one struct per page of `templates/portal/`. Texts, dates and counts arrive as words
//! in the reader's language; the handlers make them from what the use-cases return.

mod card;
pub mod preview;
mod question;
mod samples;
mod shelf;

use serde::Serialize;

use super::Html;
use super::fields::FieldView;
use super::parts::{Band, EmptyState, Fact, Link, initials};

pub use card::{CardFrame, cards_html, evidence_html};
pub use question::{
    AnswerCopy, Asked, CHOICE_NA, CHOICE_UNKNOWN, Citation, Conflict, EvidenceForms, NotApplicable,
    NoteField, PreviousAnswer, QuestionCard, QuestionKind, QuestionOption, TableCell, TableColumn,
    TableInput, TableRow,
};
pub use samples::samples;
pub use shelf::{ShelfPage, ShelfPiece, ShelfUse};

/// The static link page `/q/<link id>`: the same bytes for everybody, so it has nothing to say.
/// Its shell loads `link.js`: see [`link_page`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LinkView {}

/// The whole static link page, ready to render with `portal/link` once at start.
#[must_use]
pub fn link_page() -> super::Page<LinkView> {
    let mut shell = super::Shell::plain("You have been sent a questionnaire");
    shell.scripts.push("link.js".to_owned());
    shell.wrap(LinkView {})
}

/// The page for every link that cannot be used, whatever the reason; `portal/link_not_usable`.
#[must_use]
pub fn link_not_usable_page() -> super::Page<LinkView> {
    super::Shell::plain("This link cannot be used").wrap(LinkView {})
}

/// A new browser: the code from the mail. `portal/confirm_code`.
#[derive(Debug, Clone, Serialize)]
pub struct ConfirmCode {
    /// For instance `p•••@lumen-analytics.example`.
    pub masked_address: String,
    /// How long the code works.
    pub minutes: u32,
    /// For instance "Due Friday 12 December."
    pub due: String,
    /// Where the code is posted.
    pub action: String,
    /// Where a new code is asked for.
    pub resend_action: String,
    /// The code's field; see [`ConfirmCode::code_field`].
    pub code: FieldView,
    /// The tick for a shared computer, field `shared`.
    pub shared: FieldView,
}

impl ConfirmCode {
    /// The field for six digits, posted as `code`.
    #[must_use]
    pub fn code_field(error: Option<String>) -> FieldView {
        let mut field =
            FieldView::text("code", "Code from the mail").autocomplete("one-time-code").maxlength(9);
        field.inputmode = Some("numeric");
        field.class = "code";
        field.error(error)
    }

    /// The tick that asks for a code each time, posted as `shared=yes`.
    #[must_use]
    pub fn shared_field(ticked: bool) -> FieldView {
        FieldView::tick("shared", "This is a shared computer", ticked)
            .hint("We ask for a code each time and keep nothing here.")
    }
}

/// A line with an icon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IconLine {
    /// Name of an icon of the sprite.
    pub icon: &'static str,
    /// The words.
    pub text: String,
}

impl IconLine {
    /// A line.
    #[must_use]
    pub fn new(icon: &'static str, text: impl Into<String>) -> Self {
        Self { icon, text: text.into() }
    }
}

/// A person with what there is to say about them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Person {
    /// The name.
    pub name: String,
    /// Two letters.
    pub initials: String,
    /// For instance "Lead, can submit".
    pub note: String,
    /// The last thing they did, for instance "Saved an answer at 14:29".
    pub did: Option<String>,
}

impl Person {
    /// A person.
    #[must_use]
    pub fn new(name: impl Into<String>, note: impl Into<String>) -> Self {
        let name = name.into();
        Self { initials: initials(&name), name, note: note.into(), did: None }
    }

    /// Says what they did last.
    #[must_use]
    pub fn did(self, did: String) -> Self {
        Self { did: Some(did), ..self }
    }
}

/// One block of the right-hand column: due date, people, who asks, help.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AsideBlock {
    /// Its heading.
    pub title: String,
    /// A paragraph.
    pub text: Option<String>,
    /// People.
    pub people: Vec<Person>,
    /// One link.
    pub link: Option<Link>,
}

impl AsideBlock {
    /// A heading with a paragraph.
    #[must_use]
    pub fn text(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { title: title.into(), text: Some(text.into()), people: Vec::new(), link: None }
    }

    /// A heading with people.
    #[must_use]
    pub fn people(title: impl Into<String>, people: Vec<Person>) -> Self {
        Self { title: title.into(), text: None, people, link: None }
    }

    /// Adds a link.
    #[must_use]
    pub fn link(mut self, link: Link) -> Self {
        self.link = Some(link);
        self
    }
}

/// The first visit: who asks, why, how long. The title is the headline. `portal/welcome`.
#[derive(Debug, Clone, Serialize)]
pub struct Welcome {
    /// Why they ask.
    pub why: String,
    /// Questions, time, due.
    pub facts: Vec<Fact>,
    /// What to have ready.
    pub ready: Vec<IconLine>,
    /// How many earlier answers are offered again; empty when none are.
    pub offered: String,
    /// Where Start posts.
    pub action: String,
    /// Further ways, as quiet links.
    pub more: Vec<Link>,
    /// The right-hand column.
    pub aside: Vec<AsideBlock>,
}

/// The state of a section as vendors see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SectionState {
    /// Not started.
    NotStarted,
    /// In progress.
    InProgress,
    /// Ready; never "completed".
    Ready,
    /// Submitted.
    Submitted,
}

/// Home: all sections. The title is the headline. `portal/task_list`.
#[derive(Debug, Clone, Serialize)]
pub struct TaskList {
    /// What is answered, and that nothing is sent yet.
    pub lede: String,
    /// Where to go on.
    pub resume: Option<Resume>,
    /// One group per questionnaire.
    pub groups: Vec<TaskGroup>,
    /// The box at the end.
    pub submit: Option<SubmitBox>,
    /// The right-hand column.
    pub aside: Vec<AsideBlock>,
}

/// Where the respondent left off.
#[derive(Debug, Clone, Serialize)]
pub struct Resume {
    /// For instance "You were in Lifecycle, drift and retirement".
    pub title: String,
    /// For instance "4 of 6 answered, about 3 minutes left in this section".
    pub text: String,
    /// The button.
    pub link: Link,
}

/// Who answers, and the form that invites one more. `portal/people`.
#[derive(Debug, Clone, Serialize)]
pub struct PeoplePage {
    /// Who may invite, and what a helper can do.
    pub lede: String,
    /// Everybody with a link.
    pub people: Vec<PersonRow>,
    /// The form's own id: sent twice it invites once.
    pub mutation: String,
    /// The form; empty for who may not invite.
    pub fields: Vec<FieldView>,
    /// The right-hand column.
    pub aside: Vec<AsideBlock>,
}

/// Somebody who answers.
#[derive(Debug, Clone, Serialize)]
pub struct PersonRow {
    /// Who, what they may do, what they did last.
    pub person: Person,
    /// Their name alone.
    pub name: String,
    /// Where the form posts that revokes their link.
    pub revoke: Option<String>,
}

/// A questionnaire's sections.
#[derive(Debug, Clone, Serialize)]
pub struct TaskGroup {
    /// The questionnaire's title.
    pub title: String,
    /// For instance "64 of 70 answered, 13 of 15 sections ready".
    pub summary: String,
    /// Its shown sections.
    pub sections: Vec<TaskRow>,
}

/// One section of the list.
#[derive(Debug, Clone, Serialize)]
pub struct TaskRow {
    /// Fragment to return to, for instance `LIF`.
    pub id: String,
    /// The section's title.
    pub title: String,
    /// Its page.
    pub href: String,
    /// Who answers it.
    pub owner: Option<Person>,
    /// For instance "4 of 6".
    pub count: String,
    /// Its state.
    pub state: SectionState,
    /// The one that the card above leads to.
    pub next: bool,
}

/// The box about checking and submitting.
#[derive(Debug, Clone, Serialize)]
pub struct SubmitBox {
    /// Its heading.
    pub title: String,
    /// Who may submit, and that blanks are allowed.
    pub text: String,
    /// The first is the button, the rest are quiet.
    pub links: Vec<Link>,
}

/// Earlier answers to questions of a section.
#[derive(Debug, Clone, Serialize)]
pub struct EarlierBox {
    /// Which and from when.
    pub text: String,
    /// Form that saves them again, and its button.
    pub take: Link,
}

/// A section's questions. The title is the section's. `portal/section`.
#[derive(Debug, Clone, Serialize)]
pub struct SectionPage {
    /// For instance "AI tool risk, section 11 of 15, about 10 minutes".
    pub kicker: String,
    /// For instance "113 of 141 answered".
    pub answered: String,
    /// Back to the task list.
    pub tasks: Link,
    /// The left-hand rail.
    pub rail: Vec<RailGroup>,
    /// What reaches the asking organisation, and when.
    pub sending: String,
    /// Whether something can be answered.
    pub open: bool,
    /// Why answers here cannot be changed.
    pub closed: Option<String>,
    /// Earlier answers that can be used again.
    pub earlier: Option<EarlierBox>,
    /// The cards of the questions shown, in order: see [`cards_html`].
    pub cards: Html,
    /// What comes after: the first is the primary button.
    pub next: Vec<Link>,
    /// A form that marks the section ready: address and words of its button.
    pub ready: Option<Link>,
    /// To the answers of this section in a row.
    pub check: Option<Link>,
    /// The right-hand column.
    pub aside: Vec<AsideBlock>,
}

/// A questionnaire in the rail.
#[derive(Debug, Clone, Serialize)]
pub struct RailGroup {
    /// For instance "AI tool risk, 49 of 71".
    pub title: String,
    /// Unfolded: the one this page belongs to.
    pub open: bool,
    /// Its sections.
    pub sections: Vec<RailRow>,
}

/// A section in the rail.
#[derive(Debug, Clone, Serialize)]
pub struct RailRow {
    /// Its title.
    pub title: String,
    /// Its page.
    pub href: String,
    /// Its state.
    pub state: SectionState,
    /// What is seen: "5" when ready, "4/6" otherwise.
    pub short: String,
    /// What is heard behind it: " of 5, ready" or " answered, in progress".
    pub words: String,
    /// Whether it is this page.
    pub current: bool,
}

/// All answers before the declaration, or those of one section. `portal/check`.
#[derive(Debug, Clone, Serialize)]
pub struct CheckPage {
    /// What is open and that blanks do not block.
    pub lede: String,
    /// Answers that do not fit together.
    pub contradictions: Vec<Contradiction>,
    /// One group per section; those with something open are unfolded.
    pub groups: Vec<AnswerGroup>,
    /// To the declaration, or back to the section; nothing when this person cannot submit.
    pub go_on: Option<Link>,
    /// Who can submit, when this person cannot.
    pub cannot: String,
    /// Back to the task list.
    pub back: Link,
}

/// One of the questionnaire's checks that struck.
#[derive(Debug, Clone, Serialize)]
pub struct Contradiction {
    /// The text of the check.
    pub text: String,
    /// To the question.
    pub link: Link,
}

/// Answers of a section, to read back.
#[derive(Debug, Clone, Serialize)]
pub struct AnswerGroup {
    /// The section.
    pub title: String,
    /// For instance "3 of 5 answered".
    pub summary: String,
    /// Unfolded.
    pub open: bool,
    /// The answers.
    pub rows: Vec<AnswerRow>,
}

/// One answer, to read back.
#[derive(Debug, Clone, Serialize)]
pub struct AnswerRow {
    /// Position in the pinned version, for instance "11.3".
    pub number: String,
    /// The question.
    pub question: String,
    /// The answer in words; "Not provided" when blank.
    pub answer: String,
    /// Blank or unknown.
    pub missing: bool,
    /// The note.
    pub note: Option<String>,
    /// For instance "Evidence asked for, none attached".
    pub flag: Option<String>,
    /// To the question, while it can be changed.
    pub change: Option<String>,
}

/// The named attestation. `portal/declaration`.
#[derive(Debug, Clone, Serialize)]
pub struct Declaration {
    /// What happens with it.
    pub lede: String,
    /// What is being handed in.
    pub facts: Vec<Fact>,
    /// The statement, a paragraph each.
    pub statement: Vec<String>,
    /// Name, role, tick.
    pub fields: Vec<FieldView>,
    /// Where it is posted.
    pub action: String,
    /// Makes a second submit of the same page harmless.
    pub mutation: String,
    /// For instance "Send to Northwind Bank".
    pub button: String,
    /// Back to the check.
    pub back: Link,
    /// What happens next.
    pub after: String,
}

/// Proof of what was sent. `portal/receipt`.
#[derive(Debug, Clone, Serialize)]
pub struct Receipt {
    /// When, by whom, to whom.
    pub lede: String,
    /// Reference, time, questionnaires, attested by.
    pub facts: Vec<Fact>,
    /// SHA-256 over the answers, in hexadecimal.
    pub hash: String,
    /// Saves the signed receipt.
    pub file: Link,
    /// The form that asks to amend; empty when that is not possible now.
    pub amend: Vec<FieldView>,
    /// That it was asked.
    pub amend_asked: Option<String>,
    /// What happens next.
    pub after: Vec<IconLine>,
    /// How many questions were answered.
    pub answered: usize,
    /// A copy of the answers, for screens: paper has room for the proof alone. Empty while answers are open.
    pub groups: Vec<AnswerGroup>,
}

/// The questions sent back. `portal/clarifications`.
#[derive(Debug, Clone, Serialize)]
pub struct Clarifications {
    /// How many, until when.
    pub lede: String,
    /// The cards of what was asked and of nothing else: see [`cards_html`].
    pub cards: Html,
    /// The form that hands the replies in; nothing when this person cannot.
    pub send: Option<SendReplies>,
    /// Who can, when this person cannot.
    pub cannot: String,
    /// The right-hand column.
    pub aside: Vec<AsideBlock>,
}

/// The form that hands replies in with a new attestation line.
#[derive(Debug, Clone, Serialize)]
pub struct SendReplies {
    /// What is stated by sending.
    pub lede: String,
    /// Where it is posted.
    pub action: String,
    /// Makes a second submit harmless.
    pub mutation: String,
    /// Name, role, tick.
    pub fields: Vec<FieldView>,
    /// For instance "Send 3 replies".
    pub button: String,
}

/// Findings to fix. `portal/actions`.
#[derive(Debug, Clone, Serialize)]
pub struct Actions {
    /// How many are open and what comes first.
    pub lede: String,
    /// The findings sent to the vendor, most urgent first.
    pub findings: Vec<FindingCard>,
    /// Shown when there are none.
    pub empty: Option<EmptyState>,
    /// The right-hand column.
    pub aside: Vec<AsideBlock>,
}

/// One finding as the vendor sees it.
#[derive(Debug, Clone, Serialize)]
pub struct FindingCard {
    /// Fragment, unique on the page.
    pub id: String,
    /// The finding in one line.
    pub title: String,
    /// Its severity.
    pub severity: Band,
    /// Its state in words.
    pub state: String,
    /// For instance "by 16 February 2026".
    pub due: String,
    /// Past its date.
    pub late: bool,
    /// Id of the question behind it.
    pub question_id: String,
    /// The question behind it, when there is one.
    pub question: Option<String>,
    /// Why it matters and what fixes it.
    pub why: String,
    /// What was agreed.
    pub action: Option<String>,
    /// Proof so far and, when it is the vendor's turn, the forms that add some, see [`evidence_html`].
    pub evidence: Html,
    /// Reporting it done; nothing when it is not the vendor's turn.
    pub report: Option<ReportForm>,
    /// What happened so far, newest first.
    pub history: Vec<HistoryLine>,
}

/// The form that reports an action done, or agrees one.
#[derive(Debug, Clone, Serialize)]
pub struct ReportForm {
    /// Where it is posted.
    pub action: String,
    /// Version of the finding or action that was read.
    pub revision: String,
    /// Makes a second submit harmless.
    pub mutation: String,
    /// Its fields.
    pub fields: Vec<FieldView>,
    /// For instance "Report done".
    pub button: String,
}

/// One line of a history.
#[derive(Debug, Clone, Serialize)]
pub struct HistoryLine {
    /// When, in words.
    pub when: String,
    /// What.
    pub text: String,
}
