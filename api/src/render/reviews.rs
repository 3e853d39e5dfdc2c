//! Views of the review: the queue with one answer, the batch of questions, the decision.

use super::{
    Html,
    fields::FieldView,
    page::Section,
    parts::{Band, Fact, FlashNotice, LabelledBand, Link, NavItem},
    samples::{Sample, staff},
    word_diff,
};
use serde::Serialize;

/// The review page.
#[derive(Debug, Clone, Serialize)]
pub struct ReviewView {
    /// Vendor, service and reference.
    pub about: String,
    /// Where the score is explained.
    pub score_href: String,
    /// Where the answers are downloaded.
    pub csv: String,
    /// "52 of 141 have a verdict, 2 wait for the vendor".
    pub progress: String,
    /// Answers with a verdict.
    pub done: usize,
    /// Answers shown.
    pub total: usize,
    /// One per questionnaire, under the verdicts so far.
    pub scores: Vec<LabelledBand>,
    /// First, open, all.
    pub chips: Vec<NavItem>,
    /// Documents sent for the assessment as a whole.
    pub documents: Vec<EvidenceView>,
    /// What does not fit together in the submission.
    pub contradictions: Vec<ContradictionView>,
    /// The queue.
    pub groups: Vec<QueueGroupView>,
    /// The answer that is looked at.
    pub current: Option<AnswerView>,
    /// The verdict in one press; none when the reader may not judge now.
    pub bar: Option<BarView>,
    /// What to say when the queue is empty.
    pub nothing: String,
    /// Things to know.
    pub notices: Vec<FlashNotice>,
    /// Whether the reader may judge now.
    pub can_judge: bool,
    /// Starts the review without a verdict; none once it has begun.
    pub start_action: Option<String>,
    /// Questions waiting for the batch.
    pub drafts: usize,
    /// Where the batch is sent.
    pub batch_href: String,
    /// Where the review is ended.
    pub finish_action: String,
    /// It was ended before.
    pub finished: bool,
    /// Where its findings are.
    pub findings_href: String,
    /// What to know before ending it; empty when every answer has a verdict.
    pub finish_hint: String,
    /// Where the decision is.
    pub decision_href: String,
    /// Sections with answers that can be accepted together.
    pub together: Vec<Link>,
}

/// Two sayings that cannot both be right.
#[derive(Debug, Clone, Serialize)]
pub struct ContradictionView {
    /// What does not fit.
    pub text: String,
    /// The questions that take part.
    pub questions: Vec<Link>,
    /// "settled by a verdict" or "open".
    pub state: &'static str,
}

/// Questions that stand in the queue for the same reason.
#[derive(Debug, Clone, Serialize)]
pub struct QueueGroupView {
    /// The reason.
    pub label: String,
    /// Its questions.
    pub items: Vec<QueueLine>,
}

/// One question of the queue.
#[derive(Debug, Clone, Serialize)]
pub struct QueueLine {
    /// Printed number.
    pub number: String,
    /// Its text.
    pub text: String,
    /// Where it is looked at.
    pub href: String,
    /// Whether it is the one that is looked at.
    pub current: bool,
    /// Icon of the verdict; none when a pill says how much it matters.
    pub icon: Option<&'static str>,
    /// How much the gap matters, 0 to 4.
    pub level: u8,
    /// The same in words.
    pub words: String,
}

/// What the answer is worth in one questionnaire.
#[derive(Debug, Clone, Serialize)]
pub struct WorthView {
    /// The questionnaire.
    pub title: String,
    /// Its state in words.
    pub state: String,
    /// Credit.
    pub credit: String,
    /// W, multiplier included.
    pub weight: String,
    /// Evidence factor.
    pub evidence: String,
    /// Points of the claimed score.
    pub contribution: String,
    /// Points lost.
    pub lost: String,
    /// Score of its section.
    pub section: String,
    /// Claimed score.
    pub claimed: String,
}

/// What the change of an answer since the time before does to one score.
#[derive(Debug, Clone, Serialize)]
pub struct ChangeView {
    /// The questionnaire.
    pub title: String,
    /// Credit, section, claimed score and rating.
    pub rows: Vec<ChangeRow>,
}

/// One figure with the answer before and with the answer now.
#[derive(Debug, Clone, Serialize)]
pub struct ChangeRow {
    /// Which.
    pub label: String,
    /// With the answer before.
    pub before: String,
    /// With the answer now.
    pub now: String,
}

/// A piece of evidence.
#[derive(Debug, Clone, Serialize)]
pub struct EvidenceView {
    /// Its name.
    pub name: String,
    /// Where it is downloaded or seen.
    pub href: String,
    /// Size, validity.
    pub about: String,
}

/// A piece of evidence in the list beside an answer.
#[derive(Debug, Clone, Serialize)]
pub struct CitedView {
    /// Its name.
    pub name: String,
    /// Where it is shown beside the answer, downloaded or followed.
    pub href: String,
    /// Size, validity.
    pub about: String,
    /// Whether it is the one that is shown.
    pub current: bool,
    /// Where it is downloaded, when its name does not lead there.
    pub download: Option<String>,
}

/// The piece of evidence that is shown beside an answer.
#[derive(Debug, Clone, Serialize)]
pub struct FrameView {
    /// Its name.
    pub name: String,
    /// What the frame shows.
    pub src: String,
    /// The file by itself.
    pub alone: String,
    /// Whether the frame is a sandbox.
    pub sandbox: bool,
    /// Where it is downloaded.
    pub download: String,
}

/// A question to the vendor, and what became of it.
#[derive(Debug, Clone, Serialize)]
pub struct AskedView {
    /// What was asked.
    pub text: String,
    /// When, and whether it was answered.
    pub when: String,
}

/// An answer given at one time.
#[derive(Debug, Clone, Serialize)]
pub struct GivenView {
    /// Which submission.
    pub heading: String,
    /// Who saved it, and on which day.
    pub by: Option<String>,
    /// What was answered, one thing a line.
    pub lines: Vec<String>,
    /// The vendor's words, with those marked that differ from the other answer.
    pub note: Option<Html>,
}

/// Accepting several answers of a section in one decision.
#[derive(Debug, Clone, Serialize)]
pub struct TogetherView {
    /// Vendor, service and reference.
    pub about: String,
    /// What they have in common.
    pub lede: String,
    /// Title of the section.
    pub section: String,
    /// The answers.
    pub answers: Vec<TogetherAnswer>,
    /// What their evidence is worth.
    pub grade: FieldView,
    /// Where the form goes.
    pub action: String,
    /// The review.
    pub back: String,
}

/// One answer that can be accepted with others.
#[derive(Debug, Clone, Serialize)]
pub struct TogetherAnswer {
    /// The question.
    pub id: String,
    /// Printed number.
    pub number: String,
    /// What was asked.
    pub text: String,
    /// Where the answer is judged alone.
    pub href: String,
    /// What was answered.
    pub answer: String,
    /// The vendor's words.
    pub note: Option<String>,
    /// Revision of the answer.
    pub rev: i64,
    /// Cited evidence that holds.
    pub evidence: Vec<EvidenceView>,
}

/// One answer with everything needed to judge it.
#[derive(Debug, Clone, Serialize)]
pub struct AnswerView {
    /// Printed number.
    pub number: String,
    /// The question's id.
    pub id: String,
    /// Its text.
    pub text: String,
    /// Its section.
    pub section: String,
    /// Its weight, and the requirements it answers to by framework.
    pub meta: Vec<String>,
    /// Guidance.
    pub help: Option<String>,
    /// What would prove it.
    pub proof: Option<String>,
    /// The answer handed in.
    pub now: GivenView,
    /// The one before, where it differs.
    pub before: Option<GivenView>,
    /// What it is worth; empty for unscored questions.
    pub worth: Vec<WorthView>,
    /// What its change does, by questionnaire; empty where it moves nothing.
    pub changed: Vec<ChangeView>,
    /// What follows from it: caps, scope, evidence.
    pub reasons: Vec<String>,
    /// What it contradicts.
    pub contradicts: Vec<String>,
    /// Evidence cited for it.
    pub evidence: Vec<CitedView>,
    /// The piece that is shown.
    pub frame: Option<FrameView>,
    /// Questions asked about it.
    pub asked: Vec<AskedView>,
    /// The verdict that stands.
    pub verdict: Option<String>,
    /// The form.
    pub fields: Vec<FieldView>,
    /// Where it is posted.
    pub action: String,
    /// Version of the verdict that the form was made from.
    pub version: i64,
    /// Revision of the answer that is shown.
    pub answer_rev: i64,
    /// Which part of the queue to go on with.
    pub show: String,
}

/// The bar that stays at the end of the window while an answer is judged.
#[derive(Debug, Clone, Serialize)]
pub struct BarView {
    /// What accepting the answer is called.
    pub accept: String,
    /// Ways to the other fields of the verdict.
    pub panels: Vec<PanelLink>,
    /// Where a finding is raised by hand.
    pub raise: String,
    /// The next answer without a verdict.
    pub next: Option<NavItem>,
}

/// A way to a field of the verdict.
#[derive(Debug, Clone, Serialize)]
pub struct PanelLink {
    /// The field.
    pub field: &'static str,
    /// What is done there.
    pub label: &'static str,
    /// The verdict that goes with it.
    pub verdict: Option<&'static str>,
}

/// The batch of questions to the vendor.
#[derive(Debug, Clone, Serialize)]
pub struct BatchView {
    /// Vendor, service and reference.
    pub about: String,
    /// The questions; none when there is nothing to send.
    pub questions: Vec<BatchQuestion>,
    /// Until when.
    pub due: FieldView,
    /// Where the form is posted.
    pub action: String,
    /// Version of the assessment.
    pub version: i64,
    /// Back to the review.
    pub back: String,
}

/// One question of the batch.
#[derive(Debug, Clone, Serialize)]
pub struct BatchQuestion {
    /// Number and text of the question.
    pub question: String,
    /// What is asked.
    pub field: FieldView,
    /// Where it is withdrawn.
    pub withdraw: String,
}

/// The decision: what it rests on, what it waits for, the form.
#[derive(Debug, Clone, Serialize)]
pub struct DecisionView {
    /// Vendor, service and reference.
    pub about: String,
    /// What it rests on.
    pub facts: Vec<Fact>,
    /// Things to know.
    pub notices: Vec<FlashNotice>,
    /// Questions without a verdict that it waits for.
    pub missing: Vec<NavItem>,
    /// The decision that stands.
    pub decided: Vec<Fact>,
    /// The form; none when nothing can be decided now.
    pub fields: Vec<FieldView>,
    /// Where it is posted.
    pub action: String,
    /// The button.
    pub button: String,
    /// Version of the assessment.
    pub version: i64,
}

pub(super) fn samples() -> Vec<Sample> {
    let given = |heading: &str| GivenView {
        heading: heading.to_owned(),
        by: Some("Tom Okafor, 5 Dec 2026".to_owned()),
        lines: vec!["Partly, for some of the AI".to_owned()],
        note: Some(word_diff::marked("The model has no alert.", "The draft model has no alert yet.").1),
    };
    let answer = AnswerView {
        number: "A11.3".to_owned(),
        id: "AIT-LIF-03".to_owned(),
        text: "Is there an alert when live data drifts from what was tested?".to_owned(),
        section: "Lifecycle, drift and retirement".to_owned(),
        meta: vec!["Weight 4 of 5".to_owned(), "iso42001:A.6.2.6".to_owned()],
        help: Some("Name the measure and the limit.".to_owned()),
        proof: Some("The monitoring guide".to_owned()),
        now: given("Answer now"),
        before: Some(given("Answer in submission 1")),
        worth: vec![WorthView {
            title: "AI tool risk".to_owned(),
            state: "Answered".to_owned(),
            credit: "1/2".to_owned(),
            weight: "4".to_owned(),
            evidence: "1/2".to_owned(),
            contribution: "0.78".to_owned(),
            lost: "0.78".to_owned(),
            section: "86.7".to_owned(),
            claimed: "B 79.7".to_owned(),
        }],
        changed: vec![ChangeView {
            title: "AI tool risk".to_owned(),
            rows: vec![
                ChangeRow { label: "Claimed".to_owned(), before: "80.5".to_owned(), now: "79.7".to_owned() },
                ChangeRow { label: "Rating".to_owned(), before: "B".to_owned(), now: "B".to_owned() },
            ],
        }],
        reasons: vec!["No cap follows from this answer.".to_owned()],
        contradicts: vec!["Put to the vendor, who left it as it is: Which is right?".to_owned()],
        evidence: vec![
            CitedView {
                name: "monitoring-guide-v4.pdf".to_owned(),
                href: "/assessments/1/review?show=first&q=AIT-LIF-03&file=1#ev".to_owned(),
                about: "0.8 MB, valid until 30 Jun 2027".to_owned(),
                current: true,
                download: Some("/evidence/1".to_owned()),
            },
            CitedView {
                name: "limits.xlsx".to_owned(),
                href: "/evidence/2".to_owned(),
                about: "12 kB, cannot be shown here".to_owned(),
                current: false,
                download: None,
            },
        ],
        frame: Some(FrameView {
            name: "monitoring-guide-v4.pdf".to_owned(),
            src: "/evidence/1/view".to_owned(),
            alone: "/evidence/1/view".to_owned(),
            sandbox: false,
            download: "/evidence/1".to_owned(),
        }),
        asked: vec![AskedView {
            text: "When does the alert ship?".to_owned(),
            when: "Asked 15 Dec 2026, answered".to_owned(),
        }],
        verdict: Some("Accepted by Amara Nwosu, 15 Dec 2026".to_owned()),
        fields: vec![
            FieldView::radios("verdict", "Accept or ask")
                .choices([("accepted", "Accept"), ("asked", "Ask the vendor")], |v| v == "accepted"),
            FieldView::textarea("reason", "Reason").optional(),
        ],
        action: "/assessments/1/review/AIT-LIF-03".to_owned(),
        version: 1,
        answer_rev: 2,
        show: "first".to_owned(),
    };
    let line = |number: &str, current, icon, level| QueueLine {
        number: number.to_owned(),
        text: "Alert on drift".to_owned(),
        href: "?q=AIT-LIF-03".to_owned(),
        current,
        icon,
        level,
        words: "no verdict yet".to_owned(),
    };
    let review = ReviewView {
        about: "Lumen Analytics, Lumen Triage, A-0412".to_owned(),
        score_href: "/assessments/1/score".to_owned(),
        csv: "/assessments/1/answers.csv".to_owned(),
        progress: "52 of 141 have a verdict, 2 wait for the vendor".to_owned(),
        done: 52,
        total: 141,
        scores: vec![LabelledBand { label: "AI tool risk".to_owned(), band: Band::scored("B", "79.7") }],
        chips: vec![
            NavItem::new("First 15", "?show=first").current(true),
            NavItem::new("All 141", "?show=all"),
        ],
        documents: vec![EvidenceView {
            name: "SOC-2-report.pdf".to_owned(),
            href: "/evidence/1".to_owned(),
            about: "2.4 MB".to_owned(),
        }],
        contradictions: vec![ContradictionView {
            text:
                "Our intake says \"The service runs in a public or shared cloud\"; the vendor answers \"No\"."
                    .to_owned(),
            questions: vec![Link::new("B7.1", "/assessments/1/review?q=SEC-CLD-01")],
            state: "open",
        }],
        groups: vec![QueueGroupView {
            label: "Scope questions: verdict needed before a decision".to_owned(),
            items: vec![line("A1.1", false, Some("circle-check"), 0), line("A11.3", true, None, 2)],
        }],
        current: Some(answer),
        bar: Some(BarView {
            accept: "Accept the answer".to_owned(),
            panels: vec![PanelLink { field: "reason", label: "Do not accept", verdict: Some("adjusted") }],
            raise: "/assessments/1/findings/new".to_owned(),
            next: Some(NavItem::new("A11.4", "/assessments/1/review?show=first&q=AIT-LIF-04")),
        }),
        nothing: String::new(),
        notices: vec![FlashNotice::info("2 questions wait to be sent to the vendor.")],
        can_judge: true,
        start_action: Some("/assessments/1/start-review".to_owned()),
        drafts: 2,
        batch_href: "/assessments/1/return".to_owned(),
        finish_action: "/assessments/1/finish-review".to_owned(),
        finished: false,
        findings_href: "/assessments/1/findings".to_owned(),
        finish_hint: "2 answers have no verdict yet. Findings are proposed from what they claim.".to_owned(),
        decision_href: "/assessments/1/decision".to_owned(),
        together: vec![Link::new("Governance: 4", "/assessments/1/accept-together?section=Governance")],
    };
    let empty = ReviewView {
        current: None,
        bar: None,
        documents: Vec::new(),
        contradictions: Vec::new(),
        groups: Vec::new(),
        nothing: "Every answer here has a verdict.".to_owned(),
        can_judge: false,
        finished: true,
        start_action: None,
        drafts: 0,
        notices: Vec::new(),
        ..review.clone()
    };
    let batch = BatchView {
        about: "Lumen Analytics, Lumen Triage, A-0412".to_owned(),
        questions: vec![BatchQuestion {
            question: "A11.3 Is there an alert?".to_owned(),
            field: FieldView::textarea("text.1", "What we ask about A11.3").value("When does it ship?"),
            withdraw: "/assessments/1/return/1/withdraw".to_owned(),
        }],
        due: FieldView::date("due_on", "Replies are due"),
        action: "/assessments/1/return".to_owned(),
        version: 3,
        back: "/assessments/1/review".to_owned(),
    };
    let together = TogetherView {
        about: "Lumen Analytics, Lumen Triage, A-0412".to_owned(),
        lede: "Little effect on a rating, and supported by evidence. Each gets a verdict of its own."
            .to_owned(),
        section: "Governance".to_owned(),
        answers: vec![TogetherAnswer {
            id: "SEC-GOV-01".to_owned(),
            number: "A1.1".to_owned(),
            text: "Do you have an information security policy?".to_owned(),
            href: "/assessments/1/review?q=SEC-GOV-01".to_owned(),
            answer: "Written, approved, and reviewed in the last 12 months".to_owned(),
            note: Some("See section 2.".to_owned()),
            rev: 1,
            evidence: vec![EvidenceView {
                name: "Policy.pdf".to_owned(),
                href: "/evidence/1".to_owned(),
                about: "210 KB".to_owned(),
            }],
        }],
        grade: FieldView::radios("grade", "Their evidence").choices([("", "Not judged")], |_| true),
        action: "/assessments/1/accept-together".to_owned(),
        back: "/assessments/1/review".to_owned(),
    };
    let nothing = TogetherView { answers: Vec::new(), ..together.clone() };
    let decision = DecisionView {
        about: "Lumen Analytics, Lumen Triage, A-0412".to_owned(),
        facts: vec![Fact::band("Residual risk", Band::residual("high"))],
        notices: vec![FlashNotice::bad("A failed blocker is open.")],
        missing: vec![NavItem::new("A1.2 How models are obtained", "/assessments/1/review?q=AIT-SYS-02")],
        decided: vec![Fact::new("Outcome", "Declined")],
        fields: vec![FieldView::textarea("summary", "Summary")],
        action: "/assessments/1/decision".to_owned(),
        button: "Record decision".to_owned(),
        version: 3,
    };
    let shell = |title: &str| staff(title, Section::Assessments);
    vec![
        Sample::page("pages/reviews/review", "one", &shell("Review answers").wrap(review)),
        Sample::page("pages/reviews/review", "empty", &shell("Review answers").wrap(empty)),
        Sample::page("pages/reviews/together", "one", &shell("Accept 1 answer of Governance").wrap(together)),
        Sample::page("pages/reviews/together", "none", &shell("Nothing to accept together").wrap(nothing)),
        Sample::page("pages/reviews/batch", "one", &shell("Questions to the vendor").wrap(batch.clone())),
        Sample::page(
            "pages/reviews/batch",
            "empty",
            &shell("Questions to the vendor").wrap(BatchView { questions: Vec::new(), ..batch }),
        ),
        Sample::page("pages/reviews/decision", "open", &shell("Decision").wrap(decision)),
    ]
}
