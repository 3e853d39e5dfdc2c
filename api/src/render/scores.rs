//! Views of a score: per questionnaire why it is what it is, and the same answers under every control set.

use super::{
    Html,
    charts::waterfall::Waterfall,
    page::Section,
    parts::{Band, EmptyState, Fact, FlashNotice, Link, Rating, ScoreCell},
    samples::{Sample, staff},
};
use questionnaires::exact::Exact;
use serde::Serialize;

/// The score page.
#[derive(Debug, Clone, Serialize)]
pub struct ScoreView {
    /// Vendor, service and reference.
    pub about: String,
    /// Which snapshot, which model.
    pub basis: String,
    /// The answers behind the headline.
    pub causes: Vec<Causes>,
    /// Where to go from here.
    pub links: Vec<Link>,
    /// Residual, tier, recommendation, decision.
    pub facts: Vec<Fact>,
    /// Things to know.
    pub notices: Vec<FlashNotice>,
    /// Side by side, never averaged.
    pub questionnaires: Vec<ScoredView>,
    /// Readiness indications.
    pub control_sets: Vec<SetView>,
    /// In place of everything before the first submission.
    pub empty: Option<EmptyState>,
}

/// The answers that explain one questionnaire's result in a glance.
#[derive(Debug, Clone, Serialize)]
pub struct Causes {
    /// "Why Supplier security is held at C".
    pub about: String,
    /// The answers.
    pub answers: Vec<LossLine>,
}

/// One questionnaire.
#[derive(Debug, Clone, Serialize)]
pub struct ScoredView {
    /// Id, for the page's own links.
    pub id: String,
    /// Title.
    pub title: String,
    /// Version and weight counted.
    pub about: String,
    /// The rating.
    pub rating: Rating,
    /// Evidenced, confidence, residual and so on.
    pub facts: Vec<Fact>,
    /// Caps, gate, scope: a strong beginning and the rest.
    pub reasons: Vec<Reason>,
    /// From 100 down to the claimed score; nothing without a score.
    pub waterfall: Option<Html>,
    /// Per section, the largest loss first.
    pub sections: Vec<SectionRow>,
    /// Sum of the sections' weights.
    pub weight: String,
    /// Claimed score with one decimal.
    pub claimed: String,
    /// Sum of all losses.
    pub lost: String,
    /// The band in words and how a section's loss is calculated.
    pub loss_rule: String,
    /// The way to the next better rating.
    pub fastest: Option<FastestView>,
    /// What would become of it if what is not proven were false.
    pub unproven: Option<UnprovenView>,
    /// Every scored question.
    pub rows: Vec<RowView>,
    /// Sum of all contributions.
    pub contribution: String,
}

/// One reason behind a rating.
#[derive(Debug, Clone, Serialize)]
pub struct Reason {
    /// The finding in a few words.
    pub strong: String,
    /// Why.
    pub text: String,
}

/// One section, or all those that lose nothing.
#[derive(Debug, Clone, Serialize)]
pub struct SectionRow {
    /// Title.
    pub title: String,
    /// W counted, or a dash.
    pub weight: String,
    /// Its score with one decimal, or why there is none.
    pub score: String,
    /// Points lost in it, or a dash.
    pub lost: String,
    /// The answers that cost most.
    pub losses: Vec<LossLine>,
    /// Which sections a common row stands for.
    pub names: String,
}

/// An answer that costs points.
#[derive(Debug, Clone, Serialize)]
pub struct LossLine {
    /// The question.
    pub id: String,
    /// Where its answer is.
    pub href: String,
    /// What was asked.
    pub text: String,
    /// What was answered, and what it counts: `"Never", credit 0 of weight 5`.
    pub said: String,
}

/// The way to the next better rating.
#[derive(Debug, Clone, Serialize)]
pub struct FastestView {
    /// "Fastest way to A".
    pub title: String,
    /// How much is missing.
    pub lede: String,
    /// Each fix with its gain.
    pub fixes: Vec<FixLine>,
    /// What follows from all of them.
    pub total: Option<FixLine>,
    /// Where fixes are asked for.
    pub findings: String,
}

/// One answer with the points that it would add or take.
#[derive(Debug, Clone, Serialize)]
pub struct FixLine {
    /// The question, or what follows from all.
    pub text: String,
    /// Below it in small print.
    pub about: String,
    /// Signed points.
    pub points: String,
    /// Where to judge the answer.
    pub href: Option<String>,
}

/// What would become of the score if what is not proven were false.
#[derive(Debug, Clone, Serialize)]
pub struct UnprovenView {
    /// As answered, then with less and less believed.
    pub rows: Vec<UnprovenRow>,
    /// How much rests on answers without evidence.
    pub text: String,
    /// The answers that carry most.
    pub carried: Vec<FixLine>,
}

/// The score under one assumption.
#[derive(Debug, Clone, Serialize)]
pub struct UnprovenRow {
    /// What is taken to be false.
    pub assumption: String,
    /// With one decimal.
    pub claimed: String,
    /// "rating C, residual High".
    pub means: String,
}

/// One scored question.
#[derive(Debug, Clone, Serialize)]
pub struct RowView {
    /// Id.
    pub id: String,
    /// Text.
    pub text: String,
    /// Where its answer is.
    pub href: String,
    /// State in words.
    pub state: String,
    /// That a reviewer's word counts here rather than the answer alone.
    pub judged: Option<String>,
    /// Credit, or a dash.
    pub credit: String,
    /// W, or a dash.
    pub weight: String,
    /// Evidence factor, or a dash.
    pub evidence: String,
    /// Points given, or a dash.
    pub contribution: String,
    /// Points lost, or a dash.
    pub lost: String,
}

/// One control set.
#[derive(Debug, Clone, Serialize)]
pub struct SetView {
    /// Id, for the page's own links.
    pub id: String,
    /// Title.
    pub title: String,
    /// "83 of 95 controls covered, readiness indication".
    pub coverage: String,
    /// Claimed in its band.
    pub claimed: ScoreCell,
    /// Evidenced.
    pub evidenced: String,
    /// Per group.
    pub groups: Vec<GroupRow>,
    /// Per control.
    pub controls: Vec<ControlRow>,
    /// What each question gives; the points sum to the claimed score.
    pub contributions: Vec<PointsRow>,
    /// Their sum.
    pub sum: String,
}

/// The points that one question gives under a control set.
#[derive(Debug, Clone, Serialize)]
pub struct PointsRow {
    /// The question's id, and where it was answered.
    pub question: Link,
    /// Its text.
    pub text: String,
    /// Points.
    pub points: String,
}

/// One group of a control set.
#[derive(Debug, Clone, Serialize)]
pub struct GroupRow {
    /// Title.
    pub title: String,
    /// Claimed in its band.
    pub claimed: ScoreCell,
}

/// One control.
#[derive(Debug, Clone, Serialize)]
pub struct ControlRow {
    /// Reference.
    pub reference: String,
    /// Our own name for it.
    pub label: String,
    /// How much it counts.
    pub weight: String,
    /// Claimed, or "Not covered".
    pub claimed: String,
    /// Evidenced, or a dash.
    pub evidenced: String,
    /// The questions that count for it.
    pub questions: Vec<Link>,
    /// When it begins to bind, when that lies ahead.
    pub applies_from: Option<String>,
}

pub(super) fn samples() -> Vec<Sample> {
    let scored = ScoredView {
        id: "supplier-security-core".to_owned(),
        title: "Supplier security".to_owned(),
        about: "supplier-security-core 1.0.0, weight 236 counted".to_owned(),
        rating: Rating::new("C", "92.1"),
        facts: vec![Fact::new("Evidenced", "56.8"), Fact::band("Residual, tier High", Band::named("high"))],
        reasons: vec![Reason {
            strong: "Capped from A to C by SEC-ASR-03.".to_owned(),
            text: "One failed major caps at C.".to_owned(),
        }],
        waterfall: Some(
            Waterfall {
                id: "supplier-security-core".to_owned(),
                losses: vec![("Independent assurance".to_owned(), Exact::ratio(381, 100))],
                claimed: Exact::ratio(9619, 100),
            }
            .figure(),
        ),
        sections: vec![
            SectionRow {
                title: "Independent assurance".to_owned(),
                weight: "15".to_owned(),
                score: "40.0".to_owned(),
                lost: "\u{2212}3.81".to_owned(),
                losses: vec![LossLine {
                    id: "SEC-ASR-03".to_owned(),
                    href: "/assessments/1/review?q=SEC-ASR-03".to_owned(),
                    text: "When was the last penetration test?".to_owned(),
                    said: "\"More than 24 months ago\", credit 0 of weight 5".to_owned(),
                }],
                names: String::new(),
            },
            SectionRow {
                title: "1 section at full credit".to_owned(),
                weight: "221".to_owned(),
                score: "100.0".to_owned(),
                lost: "0.00".to_owned(),
                losses: Vec::new(),
                names: "Privacy".to_owned(),
            },
        ],
        weight: "236".to_owned(),
        claimed: "92.1".to_owned(),
        lost: "\u{2212}3.81".to_owned(),
        loss_rule: "Band A, strong. A section loses (100 - its score) x its weight / 236.".to_owned(),
        fastest: Some(FastestView {
            title: "Fastest way to A".to_owned(),
            lede: "The score is there already. One answer lifts the cap.".to_owned(),
            fixes: vec![FixLine {
                text: "When was the last penetration test?".to_owned(),
                about: "SEC-ASR-03, credit 0 to 1 of weight 5".to_owned(),
                points: "+2.12".to_owned(),
                href: Some("/assessments/1/review?q=SEC-ASR-03".to_owned()),
            }],
            total: Some(FixLine {
                text: "96.19 becomes 98.31, rating A, residual Low".to_owned(),
                about: String::new(),
                points: "+2.12".to_owned(),
                href: None,
            }),
            findings: "/assessments/1/findings".to_owned(),
        }),
        unproven: Some(UnprovenView {
            rows: vec![UnprovenRow {
                assumption: "As answered".to_owned(),
                claimed: "96.2".to_owned(),
                means: "rating C, residual High".to_owned(),
            }],
            text: "Every answer has evidence.".to_owned(),
            carried: Vec::new(),
        }),
        rows: vec![RowView {
            id: "SEC-ASR-03".to_owned(),
            text: "When was the last penetration test?".to_owned(),
            href: "/assessments/1/review?q=SEC-ASR-03".to_owned(),
            state: "Answered".to_owned(),
            judged: Some("credit set by the reviewer".to_owned()),
            credit: "0".to_owned(),
            weight: "5".to_owned(),
            evidence: "1/4".to_owned(),
            contribution: "0.00".to_owned(),
            lost: "2.12".to_owned(),
        }],
        contribution: "92.06".to_owned(),
    };
    let bare = ScoredView {
        id: "ai-tool-risk".to_owned(),
        waterfall: None,
        fastest: None,
        unproven: None,
        ..scored.clone()
    };
    let stuck = ScoredView {
        id: "data-protection".to_owned(),
        fastest: scored.fastest.clone().map(|way| FastestView { fixes: Vec::new(), total: None, ..way }),
        waterfall: None,
        unproven: None,
        ..scored.clone()
    };
    let set = SetView {
        id: "iso27001".to_owned(),
        title: "ISO/IEC 27001 Annex A".to_owned(),
        coverage: "83 of 95 controls covered, readiness indication".to_owned(),
        claimed: ScoreCell::new("A", "90.9"),
        evidenced: "55.0".to_owned(),
        groups: vec![GroupRow { title: "Organisational".to_owned(), claimed: ScoreCell::new("B", "88.0") }],
        controls: vec![ControlRow {
            reference: "A.5.1".to_owned(),
            label: "Policies".to_owned(),
            weight: "3".to_owned(),
            claimed: "100.0".to_owned(),
            evidenced: "50.0".to_owned(),
            questions: vec![Link::new("SEC-GOV-01", "/assessments/1/review?show=all&q=SEC-GOV-01")],
            applies_from: Some("2 Aug 2027".to_owned()),
        }],
        contributions: vec![PointsRow {
            question: Link::new("SEC-GOV-01", "/assessments/1/review?show=all&q=SEC-GOV-01"),
            text: "Do you have a security policy?".to_owned(),
            points: "90.90".to_owned(),
        }],
        sum: "90.90".to_owned(),
    };
    let view = ScoreView {
        about: "Lumen Analytics, Lumen Triage, A-0412".to_owned(),
        basis: "Model assay-score/1, snapshot 2 of 16 December 2026".to_owned(),
        causes: vec![Causes {
            about: "Why Supplier security is held at C".to_owned(),
            answers: vec![LossLine {
                id: "SEC-ASR-03".to_owned(),
                href: "/assessments/1/review?q=SEC-ASR-03".to_owned(),
                text: "When was the last penetration test?".to_owned(),
                said: "\"More than 24 months ago\", a failed major".to_owned(),
            }],
        }],
        links: vec![Link::new("Findings", "/assessments/1/findings")],
        facts: vec![Fact::band("Residual risk", Band::residual("high")).note("worst of its questionnaires")],
        notices: vec![FlashNotice::info("The review goes on.")],
        questionnaires: vec![scored, bare, stuck],
        control_sets: vec![set],
        empty: None,
    };
    let empty = ScoreView {
        causes: Vec::new(),
        questionnaires: Vec::new(),
        control_sets: Vec::new(),
        facts: Vec::new(),
        notices: Vec::new(),
        links: Vec::new(),
        empty: Some(EmptyState {
            title: "No score yet".to_owned(),
            text: "It appears when the vendor hands in.".to_owned(),
            action: None,
        }),
        ..view.clone()
    };
    let shell = || staff("Score of Lumen Triage", Section::Assessments);
    vec![
        Sample::page("pages/scores/score", "scored", &shell().wrap(view)),
        Sample::page("pages/scores/score", "empty", &shell().wrap(empty)),
    ]
}
