//! What became of a mail, in words for people, and the typed content of every kind of mail.
//!
//! A mail holds plain facts here; templates put them into sentences. To add a kind of mail: add a variant to
//! [`MailContent`], gather it in `usecases::mail_content::prepare`, and write its template.

use super::ids::{AssessmentId, RespondentId, UserId};
use crate::word_enum;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use std::fmt;

word_enum! {
    /// Where a mail stands.
    DeliveryOutcome {
        /// Waiting to be sent.
        Queued => "queued",
        /// Deferred: it will be tried again.
        Retry => "retry",
        /// Taken by the mail server.
        Sent => "sent",
        /// Refused for good.
        FailedPermanent => "failed_permanent",
        /// Given up after trying for three days.
        FailedExpired => "failed_expired",
        /// The mail server may or may not have taken it.
        Unknown => "unknown",
        /// Not sent, because there was no reason left to.
        Held => "held",
    }
}

impl DeliveryOutcome {
    /// The outcome in plain words, for pages.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Queued => "Queued",
            Self::Retry => "Deferred",
            Self::Sent => "Sent",
            Self::FailedPermanent => "Refused",
            Self::FailedExpired => "Given up after three days",
            Self::Unknown => "May have been sent",
            Self::Held => "Not sent, no longer needed",
        }
    }
    /// Whether nothing more will happen to it.
    #[must_use]
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Retry)
    }
}

/// One mail to one person, as the progress page lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The kind of job: `mail_invitation`, `mail_reminder` ...
    pub kind: String,
    /// About which assessment.
    pub assessment_id: Option<AssessmentId>,
    /// To which respondent.
    pub respondent_id: Option<RespondentId>,
    /// To which user.
    pub user_id: Option<UserId>,
    /// The address.
    pub to_address: String,
    /// Where it stands.
    pub outcome: DeliveryOutcome,
    /// Why, for people.
    pub detail: Option<String>,
    /// Tries so far.
    pub attempts: i32,
    /// When it was queued.
    pub created_at: DateTime<Utc>,
    /// When its state last changed.
    pub updated_at: DateTime<Utc>,
    /// When the mail server took it.
    pub sent_at: Option<DateTime<Utc>>,
}

/// The kind of a mail in plain words.
#[must_use]
pub fn kind_label(kind: &str) -> &'static str {
    match kind {
        "mail_invitation" => "Invitation",
        "mail_reminder" => "Reminder",
        "mail_fresh_link" => "Fresh link",
        "mail_one_time_code" => "Code",
        "mail_clarifications" => "Clarifications",
        "mail_submitted" => "Submission receipt",
        "mail_submission_arrived" => "Submission notice",
        "mail_findings" => "Findings",
        "mail_action_reported" => "Action notice",
        "mail_action_rejected" => "Action rejected",
        "mail_amendment_asked" => "Amendment asked for",
        "mail_findings_closed" => "Status of findings",
        "mail_user_link" => "Sign-in link",
        _ => "Mail",
    }
}

/// What one try to send a mail came to, as the worker tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// The mail server took it.
    Sent,
    /// It will be tried again.
    Deferred {
        /// For people.
        reason: String,
    },
    /// Never try it again.
    Refused {
        /// For people.
        reason: String,
        /// The mailbox does not exist: nothing more goes to this address until a person changes it.
        suppress_address: bool,
    },
    /// Tried for three days.
    GivenUp {
        /// For people.
        reason: String,
    },
    /// The mail server may or may not have taken it, and it is not sent again.
    Unknown {
        /// For people.
        reason: String,
    },
    /// All mail stops until an administrator acts; this mail stays due.
    Paused {
        /// For the administrator.
        reason: String,
    },
    /// The reason for the mail has gone.
    NotNeeded,
}

/// The link and the same secret to type. It never prints itself.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkInMail {
    /// The whole address with the secret in its fragment.
    pub url: String,
    /// The secret in groups of four, to type.
    pub access_code: String,
}

impl fmt::Debug for LinkInMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkInMail([redacted])")
    }
}

impl LinkInMail {
    /// A link whose secret is dots, for previews.
    #[must_use]
    pub fn dotted(base_url: &str, link_id: &str) -> Self {
        let dots = "\u{2022}".repeat(8);
        Self { url: format!("{base_url}/q/{link_id}#{dots}"), access_code: format!("{dots} {dots}") }
    }
}

word_enum! {
    /// Why a respondent is sent their link again.
    LinkNews {
        /// Somebody asked for it on the link page.
        Asked => "asked",
        /// A user replaced the link.
        Reissued => "reissued",
        /// The due day moved.
        DueMoved => "due_moved",
        /// The answers may be amended.
        Amendment => "amendment",
        /// A decided assessment was taken up again.
        Reopened => "reopened",
    }
}

/// What every mail to a respondent says: who asks whom about what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailFrame {
    /// The asking organisation.
    pub organisation: String,
    /// The owner's name.
    pub asker_name: String,
    /// Where replies go: the owner's address, or that of the colleague who asks for help.
    pub reply_to: String,
    /// The name beside that address.
    pub reply_name: String,
    /// Who named the recipient: the owner, or the lead who invited them.
    pub named_by: String,
    /// To whom.
    pub recipient_name: String,
    /// The vendor.
    pub vendor: String,
    /// What is assessed.
    pub service: String,
    /// What people quote.
    pub reference: String,
    /// The due day.
    pub due_on: NaiveDate,
    /// It ends there.
    pub zone: Tz,
}

/// A questionnaire and how many questions of it may be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedQuestionnaire {
    /// Its title.
    pub title: String,
    /// Questions that can appear.
    pub questions: usize,
}

/// An earlier submission whose answers are offered again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedAgain {
    /// About which service.
    pub service: String,
    /// The day on which it was handed in.
    pub on: NaiveDate,
}

/// One clarification as a mail quotes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedAgain {
    /// The question's own text.
    pub question: String,
    /// What the reviewer asks.
    pub text: String,
}

/// One finding as a mail lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingLine {
    /// What is wrong.
    pub title: String,
    /// `low` to `critical`.
    pub severity: String,
    /// Until when.
    pub due_on: Option<NaiveDate>,
}

/// The typed content of one mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailContent {
    /// You are asked.
    Invitation {
        /// Who asks whom.
        frame: MailFrame,
        /// Questions that may be shown.
        questions: usize,
        /// What is asked.
        questionnaires: Vec<AskedQuestionnaire>,
        /// About how long answering takes.
        minutes: u32,
        /// The owner's words.
        message: Option<String>,
        /// Answers that need not be given anew.
        offered: Option<OfferedAgain>,
        /// The way in.
        link: LinkInMail,
    },
    /// A colleague asks for your help.
    ColleagueInvited {
        /// Who asks whom.
        frame: MailFrame,
        /// That colleague's words.
        ask: Option<String>,
        /// The way in.
        link: LinkInMail,
    },
    /// You were asked and have not handed in.
    Reminder {
        /// Who asks whom.
        frame: MailFrame,
        /// Shown questions without an answer.
        left: usize,
        /// Shown questions.
        total: usize,
        /// Sections with something left, and how much.
        sections: Vec<(String, usize)>,
        /// Whether these are questions about answers that were handed in.
        follow_up: bool,
        /// Whether the due day is over.
        overdue: bool,
        /// The way in.
        link: LinkInMail,
    },
    /// Your link again, and why.
    FreshLink {
        /// Who asks whom.
        frame: MailFrame,
        /// Why.
        news: LinkNews,
        /// Whether it was reissued, so that older links no longer work.
        replaces: bool,
        /// The way in.
        link: LinkInMail,
    },
    /// The digits that prove your mailbox.
    OneTimeCode {
        /// The asking organisation.
        organisation: String,
        /// Six digits.
        code: String,
        /// How long they work.
        minutes: i64,
        /// Replies go there.
        reply_to: String,
    },
    /// Questions were sent back.
    Clarifications {
        /// Who asks whom; its due day is that of the replies.
        frame: MailFrame,
        /// Which.
        asked: Vec<AskedAgain>,
        /// The way in.
        link: LinkInMail,
    },
    /// Your submission arrived.
    Submitted {
        /// Who asks whom.
        frame: MailFrame,
        /// Which submission.
        number: i32,
        /// When.
        submitted_at: DateTime<Utc>,
        /// SHA-256 over the answers, in hex.
        sha256: String,
        /// Who signed.
        submitted_by: String,
        /// The way to the receipt.
        link: LinkInMail,
    },
    /// A vendor handed in; to a user.
    SubmissionArrived {
        /// Who asks whom; the recipient is the user.
        frame: MailFrame,
        /// Which submission.
        number: i32,
        /// When.
        submitted_at: DateTime<Utc>,
        /// Who signed.
        submitted_by: String,
        /// How many answers to look at first, by why.
        look: Vec<(&'static str, usize)>,
        /// Critical questions that failed.
        knock_outs: Vec<String>,
        /// Where to review it.
        url: String,
    },
    /// The vendor would like to change what it handed in; to a user.
    AmendmentAsked {
        /// Who asks whom; the recipient is the user.
        frame: MailFrame,
        /// Why, in the vendor's words.
        reason: String,
        /// Where to agree.
        url: String,
    },
    /// These findings need fixing.
    Findings {
        /// Who asks whom.
        frame: MailFrame,
        /// Which.
        findings: Vec<FindingLine>,
        /// The way in.
        link: LinkInMail,
    },
    /// An action was reported done; to a user.
    ActionReported {
        /// Who asks whom; the recipient is the user.
        frame: MailFrame,
        /// Findings that wait for verification.
        findings: Vec<FindingLine>,
        /// Where to verify.
        url: String,
    },
    /// What was reported done is not enough yet.
    ActionRejected {
        /// Who asks whom.
        frame: MailFrame,
        /// The finding.
        finding: String,
        /// What is missing.
        reason: String,
        /// The way in.
        link: LinkInMail,
    },
    /// The decision was recorded or a finding closed.
    FindingsClosed {
        /// Who asks whom.
        frame: MailFrame,
        /// The decision in words, once recorded.
        decision: Option<String>,
        /// Its conditions.
        conditions: Option<String>,
        /// How many findings are closed.
        closed: usize,
        /// How many are still open.
        open: usize,
        /// The way in.
        link: LinkInMail,
    },
    /// A user's sign-in link.
    UserLink {
        /// The user's organisation.
        organisation: String,
        /// The user.
        recipient_name: String,
        /// The user's role in words.
        role: String,
        /// True for a first invitation, false for a forgotten password.
        first: bool,
        /// The way in.
        link: LinkInMail,
        /// Until when it works.
        expires_at: DateTime<Utc>,
        /// In which zone to say it.
        zone: Tz,
    },
}
