//! Every mail that an assessment can cause, to its vendor and to one's own people, and what causes it: for people who
//! look before they send. A new mail of an assessment is added here and in `usecases/previews.rs`.

use crate::word_enum;

word_enum! {
    /// A mail about an assessment: those to the vendor in the order in which they can come, then those to one's own people.
    AssessmentMail {
        /// You are asked.
        Invitation => "invitation",
        /// A colleague asks for help.
        Colleague => "colleague",
        /// The digits for a new browser.
        Code => "code",
        /// The link again, because somebody asked for it.
        FreshLink => "fresh-link",
        /// What is left.
        Reminder => "reminder",
        /// What is left, after the due day.
        Overdue => "overdue",
        /// The due day moved.
        DueMoved => "due-moved",
        /// The link was replaced.
        Reissued => "reissued",
        /// The answers have arrived.
        Receipt => "receipt",
        /// The answers may be amended.
        Amendment => "amendment",
        /// Questions were sent back.
        Clarifications => "clarifications",
        /// What is left of the questions sent back.
        FollowUp => "follow-up",
        /// Findings to fix.
        Findings => "findings",
        /// What was reported done is not enough.
        Rejected => "rejected",
        /// The decision was recorded, or a finding closed.
        Status => "status",
        /// A decided assessment was taken up again.
        Reopened => "reopened",
        /// The vendor has handed in.
        SubmissionArrived => "submission-arrived",
        /// The vendor would like to change what it handed in.
        AmendmentAsked => "amendment-asked",
        /// The vendor reports an action done.
        ActionReported => "action-reported",
    }
}

impl AssessmentMail {
    /// Whether the vendor's people get it; otherwise owner and reviewer do.
    #[must_use]
    pub const fn to_vendor(self) -> bool {
        !matches!(self, Self::SubmissionArrived | Self::AmendmentAsked | Self::ActionReported)
    }
    /// Its name on pages.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Invitation => "Invitation",
            Self::Colleague => "A colleague is invited",
            Self::Code => "Code",
            Self::FreshLink => "Fresh link",
            Self::Reminder => "Reminder",
            Self::Overdue => "Reminder after the due day",
            Self::DueMoved => "New due day",
            Self::Reissued => "Replaced link",
            Self::Receipt => "Submission receipt",
            Self::Amendment => "Answers can be changed",
            Self::Clarifications => "Clarifications",
            Self::FollowUp => "Reminder of clarifications",
            Self::Findings => "Findings",
            Self::Rejected => "Action rejected",
            Self::Status => "Decision and closed findings",
            Self::Reopened => "Taken up again",
            Self::SubmissionArrived => "Answers have arrived",
            Self::AmendmentAsked => "The vendor would like to change answers",
            Self::ActionReported => "Action reported done",
        }
    }

    /// What causes it: the vendor's act, after which it goes by itself, or an act of a user.
    #[must_use]
    pub const fn when(self) -> &'static str {
        match self {
            Self::Invitation => "When you send the assessment, and when you add a person to it",
            Self::Colleague => "By itself, when the vendor's lead invites a colleague",
            Self::Code => "By itself, when a link is opened in a browser that is not known",
            Self::FreshLink => "By itself, when a person asks for the link again",
            Self::Reminder | Self::FollowUp => "Only when you press Remind: nothing reminds by itself",
            Self::Overdue => "Only when you press Remind and the due day is over",
            Self::DueMoved => "When you move the due day",
            Self::Reissued => "When you replace a person's link",
            Self::Receipt => "By itself, when the answers are submitted",
            Self::Amendment => "When you agree that the answers are changed",
            Self::Clarifications => "When you send questions back",
            Self::Findings => "When you send findings",
            Self::Rejected => "When you reject what was reported done",
            Self::Status => "When you record the decision, and when you verify that a finding is fixed",
            Self::SubmissionArrived => "By itself, when the answers are submitted",
            Self::AmendmentAsked => "By itself, when the vendor asks to change what it submitted",
            Self::ActionReported => "By itself, when the vendor reports an action done",
            Self::Reopened => "When you take a decided assessment up again and its links had ended",
        }
    }
}
