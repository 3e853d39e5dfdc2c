//! Typed contexts of the mails, one struct per folder of `templates/email/`. Dates and durations arrive as words.
//!
//! A mail is rendered with [`super::Renderer::mail`]. Secrets (`MailLink`, `OneTimeCodeMail::code`) exist only in
//! these values while the mail is made; do not log them.

use serde::Serialize;

use super::MailView;
use super::page::Organisation;

/// What every mail says around its own words.
#[derive(Debug, Clone, Serialize)]
pub struct MailFrame {
    /// BCP 47 language.
    pub lang: String,
    /// `ltr` or `rtl`.
    pub dir: String,
    /// On whose behalf.
    pub organisation: Organisation,
    /// The second fact, shown in the list of mails after the subject.
    pub preheader: String,
    /// The reader's name.
    pub recipient: String,
    /// Name and role of the person who answers a reply; nothing for mails that nobody signs.
    pub sender: Option<String>,
    /// Why the reader gets this mail.
    pub why_you: String,
}

/// The link of an invitation, in its two forms.
#[derive(Clone, Serialize)]
pub struct MailLink {
    /// `https://<base>/q/<link id>#<secret>`
    pub url: String,
    /// The same without the secret.
    pub page_url: String,
    /// The secret to type, in groups of four.
    pub access_code: String,
}

impl std::fmt::Debug for MailLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailLink").field("page_url", &self.page_url).finish_non_exhaustive()
    }
}

/// A questionnaire and how many questions it asks.
#[derive(Debug, Clone, Serialize)]
pub struct QuestionnaireCount {
    /// Its title.
    pub title: String,
    /// Its questions.
    pub questions: u64,
}

/// "We ask you": the first mail to a respondent.
#[derive(Debug, Clone, Serialize)]
pub struct InvitationMail {
    /// The frame.
    pub mail: MailFrame,
    /// The service asked about.
    pub service: String,
    /// A sentence or two why we ask.
    pub why: String,
    /// All questions.
    pub questions: u64,
    /// What is asked.
    pub questionnaires: Vec<QuestionnaireCount>,
    /// For instance "About 150 minutes".
    pub time: String,
    /// For instance "Friday 12 December 2025".
    pub due: String,
    /// For instance "12 Dec", for the subject.
    pub due_short: String,
    /// The place of the tenant's time zone.
    pub zone: String,
    /// What to have ready.
    pub ready: Option<String>,
    /// That earlier answers are offered again: a sentence.
    pub offered: Option<String>,
    /// The link.
    pub link: MailLink,
}

/// The six digits for a new browser. Says who asks, and nothing of the questionnaire.
#[derive(Clone, Serialize)]
pub struct OneTimeCodeMail {
    /// The frame.
    pub mail: MailFrame,
    /// Six digits, in two groups.
    pub code: String,
    /// How long it works.
    pub minutes: u64,
}

/// Questions left in a section.
#[derive(Debug, Clone, Serialize)]
pub struct SectionLeft {
    /// The section.
    pub title: String,
    /// How many.
    pub left: u64,
}

/// What is left, and by when.
#[derive(Debug, Clone, Serialize)]
pub struct ReminderMail {
    /// The frame.
    pub mail: MailFrame,
    /// The service asked about.
    pub service: String,
    /// Questions without an answer.
    pub left: u64,
    /// Questions shown.
    pub total: u64,
    /// The due date in full.
    pub due: String,
    /// The due date in short.
    pub due_short: String,
    /// The place of the tenant's time zone.
    pub zone: String,
    /// They are questions about answers that were handed in.
    pub follow_up: bool,
    /// The due date has passed.
    pub overdue: bool,
    /// When overdue: what that means, after "Dear …,".
    pub effect: String,
    /// The sections with something left.
    pub sections: Vec<SectionLeft>,
    /// The link.
    pub link: MailLink,
}

/// A question sent back.
#[derive(Debug, Clone, Serialize)]
pub struct AskedQuestion {
    /// Position in the questionnaire.
    pub number: String,
    /// The question.
    pub question: String,
    /// What the reviewer asks.
    pub asked: String,
}

/// The batch of questions sent back.
#[derive(Debug, Clone, Serialize)]
pub struct ClarificationMail {
    /// The frame.
    pub mail: MailFrame,
    /// The service asked about.
    pub service: String,
    /// How many.
    pub count: u64,
    /// All of them, in full.
    pub questions: Vec<AskedQuestion>,
    /// The due date in full.
    pub due: String,
    /// The due date in short.
    pub due_short: String,
    /// The link.
    pub link: MailLink,
}

/// A finding as the vendor reads of it.
#[derive(Debug, Clone, Serialize)]
pub struct IssuedFinding {
    /// In one line.
    pub title: String,
    /// The severity's word.
    pub severity: String,
    /// The target date.
    pub due: String,
}

/// Findings sent to the vendor.
#[derive(Debug, Clone, Serialize)]
pub struct FindingsIssuedMail {
    /// The frame.
    pub mail: MailFrame,
    /// The service.
    pub service: String,
    /// How many.
    pub count: u64,
    /// All of them, most severe first.
    pub findings: Vec<IssuedFinding>,
    /// The link.
    pub link: MailLink,
}

/// The vendor's receipt.
#[derive(Debug, Clone, Serialize)]
pub struct SubmittedVendorMail {
    /// The frame.
    pub mail: MailFrame,
    /// The service.
    pub service: String,
    /// The assessment's reference.
    pub reference: String,
    /// Number of the submission.
    pub submission: u64,
    /// When, with time zone.
    pub sent_at: String,
    /// Name and role of who attested.
    pub stated_by: String,
    /// SHA-256 over the answers.
    pub hash: String,
    /// The link, which leads to the receipt.
    pub link: MailLink,
}

/// "They submitted": to owner and reviewer.
#[derive(Debug, Clone, Serialize)]
pub struct SubmittedInternalMail {
    /// The frame.
    pub mail: MailFrame,
    /// The vendor.
    pub vendor: String,
    /// The service.
    pub service: String,
    /// The assessment's reference.
    pub reference: String,
    /// Number of the submission.
    pub submission: u64,
    /// When, with time zone.
    pub sent_at: String,
    /// Name and role of who attested.
    pub stated_by: String,
    /// Answers to look at first.
    pub look: u64,
    /// Why, one line each, for instance "3 scope questions".
    pub reasons: Vec<String>,
    /// The review page.
    pub review_url: String,
}

/// A mail with one message and one way on: sign-in links, status of findings, "an action was reported".
#[derive(Clone, Serialize)]
pub struct NoticeMail {
    /// The frame.
    pub mail: MailFrame,
    /// One line.
    pub subject: String,
    /// The headline.
    pub heading: String,
    /// The first paragraph, after "Dear ...,": begins in lower case.
    pub text: String,
    /// One line each.
    pub lines: Vec<String>,
    /// Words of the button.
    pub button: String,
    /// Where it leads.
    pub url: String,
    /// A respondent's link in its two forms, where the button is one.
    pub link: Option<MailLink>,
    /// A code to type where the link does not work.
    pub code: Option<String>,
}

/// A fresh link for a respondent.
#[derive(Debug, Clone, Serialize)]
pub struct FreshLinkMail {
    /// The frame.
    pub mail: MailFrame,
    /// Why it comes, after "Dear ...,": begins in lower case, ends with a full stop.
    pub text: String,
    /// One line: the subject.
    pub subject: String,
    /// The headline.
    pub heading: String,
    /// Older links were killed (a reissue), not only joined.
    pub replaces: bool,
    /// The link.
    pub link: MailLink,
}

macro_rules! mails {
    ($($view:ty => $name:literal),* $(,)?) => {
        $(impl MailView for $view { const NAME: &'static str = $name; })*
    };
}

mails! {
    InvitationMail => "invitation",
    OneTimeCodeMail => "one_time_code",
    ReminderMail => "reminder",
    ClarificationMail => "clarification",
    FindingsIssuedMail => "findings_issued",
    SubmittedVendorMail => "submitted_vendor",
    SubmittedInternalMail => "submitted_internal",
    NoticeMail => "notice",
    FreshLinkMail => "fresh_link",
}
