//! The score page: why a score is what it is, as charts and tables, and what would change it.

mod losses;
mod what_if;

use super::{
    Answer,
    guard::Staff,
    page::{ok, staff_shell},
    routes::{Access, routes},
};
use crate::{
    domain::{
        Permission,
        assessment::AssessmentState,
        due,
        ids::AssessmentId,
        intake::PROHIBITED_USE,
        remediation::Case,
        score_inputs::{Definitions, in_words},
    },
    render::{
        Renderer, Shell,
        page::Section,
        parts::{Band, EmptyState, Fact, FlashNotice, Link, Rating, ScoreCell, capitalised},
        scores::{ControlRow, GroupRow, PointsRow, Reason, RowView, ScoreView, ScoredView, SetView},
    },
    usecases::scores::{self, Scored},
};
use actix_web::web::{Data, Path};
use chrono::NaiveDate;
use questionnaires::{
    answering::{AnswerValue, Answers, Compensating},
    definition::CriticalLevel,
    exact::{Exact, largest_remainder},
    risk::residual::{Recommendation, evidence_gate},
    scoring::{
        ConfidenceLabel, ControlSetScore, QuestionnaireScore, Rating as Letter, RowScore, ScopeLine,
        ScoreState, State, assessment::SCORING_MODEL, explain::ScopeAnswer,
    },
};

routes! {
    GET "/assessments/{assessment}/score" => score_page, Access::Staff(Permission::Read), Page;
}

/// The dash that stands where there is no number.
pub(super) const DASH: &str = "\u{2013}";

/// A staff page about one assessment, below its own page.
pub(super) fn case_shell(staff: &Staff, case: &Case, title: impl Into<String>) -> Shell {
    let assessment = &case.assessment;
    staff_shell(staff, title, Some(Section::Assessments))
        .crumb("Assessments", "/assessments")
        .crumb(format!("{} {}", assessment.reference, case.vendor), format!("/assessments/{}", assessment.id))
}

/// `Lumen Analytics, Lumen Triage, A-0412`.
pub(super) fn about(case: &Case) -> String {
    format!("{}, {}, {}", case.vendor, case.service, case.assessment.reference)
}

/// A score in its band, or a dash with these words.
pub(super) fn score_cell(score: Option<&Exact>, otherwise: &str) -> ScoreCell {
    score.map_or_else(
        || ScoreCell::none(otherwise),
        |score| ScoreCell::new(Letter::of(score).as_str(), &score.display1()),
    )
}

/// The rating of a result, or why there is none.
pub(super) fn rating_of(state: ScoreState, rating: Option<Letter>, claimed: Option<&Exact>) -> Rating {
    match (state, rating, claimed) {
        (ScoreState::Scored, Some(rating), Some(claimed)) => {
            Rating::new(rating.as_str(), &claimed.display1())
        }
        (ScoreState::NotApplicable, ..) => Rating::none("Not applicable"),
        _ => Rating::none("Not assessed"),
    }
}

/// How far the evidence carries the claim, in words.
pub(super) const fn confidence_words(label: ConfidenceLabel) -> &'static str {
    match label {
        ConfidenceLabel::Low => "Low",
        ConfidenceLabel::Medium => "Medium",
        ConfidenceLabel::High => "High",
    }
}

/// What to do with the vendor, in words.
pub(super) fn recommendation_words(recommendation: Recommendation) -> &'static str {
    match recommendation {
        Recommendation::Approve => "Approve",
        Recommendation::ApproveWithActions => "Approve with actions",
        Recommendation::Conditional => {
            "Conditional: the risk owner accepts, with a dated plan before go-live"
        }
        Recommendation::DoNotProceed => "Do not proceed",
        Recommendation::Stop => "Stop",
    }
}

async fn score_page(staff: Staff, renderer: Data<Renderer>, id: Path<AssessmentId>) -> Answer {
    let (case, scored) = scores::score(&staff.ctx, *id).await?;
    let title = scored.as_ref().map_or_else(|| format!("Score of {}", case.service), losses::headline);
    let shell = case_shell(&staff, &case, title);
    let view = match scored {
        None => ScoreView {
            about: about(&case),
            basis: String::new(),
            causes: Vec::new(),
            links: Vec::new(),
            facts: Vec::new(),
            notices: Vec::new(),
            questionnaires: Vec::new(),
            control_sets: Vec::new(),
            empty: Some(EmptyState {
                title: "No score yet".to_owned(),
                text: "The score and the reasons for it appear here when the vendor has handed in."
                    .to_owned(),
                action: Some(Link::new(
                    "Back to the assessment",
                    format!("/assessments/{}", case.assessment.id),
                )),
            }),
        },
        Some(scored) => view_of(&staff, &scored),
    };
    ok(&renderer, "pages/scores/score", shell, view)
}

fn view_of(staff: &Staff, scored: &Scored) -> ScoreView {
    let case = &scored.case;
    let zone = staff.ctx.tenant().zone;
    let base = format!("/assessments/{}", case.assessment.id);
    let snapshot = &scored.snapshot;
    let basis = if scored.live {
        format!("Model {SCORING_MODEL}, submission {} under the verdicts so far.", snapshot.submission_number)
    } else {
        format!(
            "Model {SCORING_MODEL}, snapshot {} {}, {}.",
            snapshot.number,
            snapshot.reason.label(),
            due::short_instant(zone, snapshot.created_at)
        )
    };
    let mut facts = Vec::new();
    let receipt = format!("{base}/snapshots/{}/receipt", snapshot.number);
    let receipt_label = match scored.live {
        true => format!("Receipt of snapshot {}", snapshot.number),
        false => "Download score receipt".to_owned(),
    };
    let residual = scored.score.residual.map_or("none", |level| level.as_str());
    facts.push(
        Fact::band("Residual risk", Band::residual(residual))
            .note("the worst of the questionnaires that count"),
    );
    if let Some(tier) = scored.inputs.tier {
        facts.push(Fact::band("Tier", Band::named(tier.as_str())).note("pinned when it was sent"));
    }
    if let Some(recommendation) = scored.recommendation {
        let fact = Fact::new("Recommendation", recommendation_words(recommendation));
        let banned = scored.inputs.facts.get(PROHIBITED_USE).copied().unwrap_or(false);
        facts.push(match (recommendation, banned) {
            (Recommendation::Stop, true) => fact.note("the intake says that the use may be banned"),
            (Recommendation::Stop, false) => fact.note("a blocker has failed"),
            _ => fact.note("from the residual risk"),
        });
    }
    let open = scored.findings.iter().filter(|finding| finding.state.is_open()).count();
    facts.push(
        Fact::new("Open findings", open.to_string())
            .note(format!("{} raised", scored.findings.len()))
            .href(format!("{base}/findings")),
    );
    if let Some(decision) = &scored.decision {
        facts.push(
            Fact::new("Decision", decision.outcome.label())
                .note(format!(
                    "{}, {}",
                    decision.decided_by_name,
                    due::short_instant(zone, decision.decided_at)
                ))
                .href(format!("{base}/decision")),
        );
    }
    let mut notices = Vec::new();
    if scored.live {
        notices.push(FlashNotice::info(if scored.case.assessment.state == AssessmentState::Submitted {
            "The review of this submission has not begun: the score takes what the vendor says. It follows each verdict and \
             is stored when the review ends."
        } else {
            "The review goes on, so this score follows the verdicts. It is stored when the review ends."
        }));
    }
    if scored.score.questionnaires.is_empty() {
        notices.push(FlashNotice::info(
            "No questionnaire for the vendor was sent, so there is no score of the vendor.",
        ));
    }
    let questionnaires =
        scored.score.questionnaires.iter().map(|one| questionnaire_view(&base, scored, one)).collect();
    let today = staff.ctx.today();
    let sets = scored
        .score
        .control_sets
        .iter()
        .map(|set| set_view(&scored.definitions, set, today, &base))
        .collect();
    ScoreView {
        about: about(case),
        basis,
        causes: losses::causes(&base, scored),
        links: vec![
            Link::new("Review", format!("{base}/review")),
            Link::new("Findings", format!("{base}/findings")),
            Link::new("Decision", format!("{base}/decision")),
            Link::new(receipt_label, receipt),
            Link::new("Compare with others", format!("/compare?assessment={}", case.assessment.id)),
        ],
        facts,
        notices,
        questionnaires,
        control_sets: sets,
        empty: None,
    }
}

fn questionnaire_view(base: &str, scored: &Scored, one: &QuestionnaireScore) -> ScoredView {
    let definition = scored.definitions.questionnaire(&one.id);
    let counted: Exact = one.sections.iter().map(|section| &section.weight).sum();
    let lost: Exact = one.rows.iter().map(lost_printed).sum();
    let title = definition.map_or_else(|| one.id.clone(), |q| q.title.clone());
    let given: Exact =
        one.rows.iter().filter_map(|row| row.explained.as_ref()).map(|p| &p.contribution_printed).sum();
    let optional = |exact: Option<&Exact>| exact.map_or_else(|| DASH.to_owned(), Exact::display1);
    let mut facts = vec![Fact::new("Evidenced", optional(one.evidenced.as_ref()))];
    if let Some(confidence) = &one.confidence {
        let label = confidence_words(confidence.label);
        facts.push(
            Fact::new("Confidence", format!("{label}, {}", confidence.exact.display2()))
                .note("evidenced divided by claimed"),
        );
    }
    if let Some(residual) = one.residual {
        let label = format!("Residual, tier {}", capitalised(residual.tier.as_str()));
        facts.push(Fact::band(label, Band::named(residual.level.as_str())));
    }
    if let Some(band) = one.band {
        facts.push(Fact::new("Band of the claimed score", band.as_str()));
    }
    facts.push(
        Fact::new("Could reach", optional(one.upper.as_ref()))
            .note("with every open question at full credit"),
    );
    if let Some(completeness) = &one.completeness {
        facts.push(Fact::new("Complete", percent(completeness)).note("share of the weight that is not open"));
    }
    if let Some(then) = scored.projected.get(&one.id) {
        facts.push(Fact::new("Projected", then.display1()).note("when every agreed action has worked"));
    }
    ScoredView {
        id: one.id.clone(),
        title,
        about: format!("{} {}, weight {counted} counted", one.id, one.version),
        rating: rating_of(one.state, one.rating, one.claimed.as_ref()),
        reasons: reasons_of(one, &scored.definitions, &scored.inputs.answers),
        facts,
        waterfall: losses::waterfall(one, definition),
        sections: losses::section_rows(base, scored, one),
        weight: counted.to_string(),
        claimed: optional(one.claimed.as_ref()),
        lost: minus(&lost),
        loss_rule: losses::rule(one, &counted),
        fastest: scored.basis(one).and_then(|basis| what_if::fastest_view(base, &basis, one)),
        unproven: scored.basis(one).and_then(|basis| what_if::unproven_view(base, &basis, one)),
        rows: one
            .rows
            .iter()
            .map(|row| row_view(base, &scored.definitions, &scored.inputs.answers, row))
            .collect(),
        contribution: given.display2(),
    }
}

/// The points that a row loses, with two decimals.
fn lost_printed(row: &RowScore) -> Exact {
    row.explained.as_ref().map(|parts| parts.lost_printed.clone()).unwrap_or_default()
}

/// A loss with its sign.
fn minus(points: &Exact) -> String {
    if points.is_zero() { points.display2() } else { format!("\u{2212}{}", points.display2()) }
}

/// A share of one in percent.
pub(super) fn percent(share: &Exact) -> String {
    format!("{} %", (Exact::from(100_i64) * share).display1())
}

/// How much a critical question weighs, in a word.
const fn level_word(level: CriticalLevel) -> &'static str {
    match level {
        CriticalLevel::Major => "major",
        CriticalLevel::Blocker => "blocker",
    }
}

/// Caps, the evidence gate, N/A and scope: everything that makes a rating other than its number.
pub(super) fn reasons_of(
    one: &QuestionnaireScore,
    definitions: &Definitions,
    answers: &Answers,
) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let mut add = |strong: String, text: String| reasons.push(Reason { strong, text });
    let failed: Vec<String> = one
        .knock_outs
        .iter()
        .map(|failed| {
            let level = level_word(failed.level);
            let gate = failed.gate.as_ref().map(|gate| format!(", hidden by {gate}")).unwrap_or_default();
            format!("{} ({level}{gate})", failed.question)
        })
        .collect();
    if let (Some(band), Some(rating)) = (one.band, one.rating)
        && !failed.is_empty()
    {
        let strong = if band == rating {
            format!("{}, already {rating}, so the cap changes nothing.", failed.join(", "))
        } else {
            format!("Capped from {band} to {rating} by {}.", failed.join(", "))
        };
        add(strong, "One or two failed majors cap at C; three, or one failed blocker, at D.".to_owned());
    } else if one.state == ScoreState::Scored {
        add("No cap.".to_owned(), "No critical question failed.".to_owned());
    }
    if let (Some(residual), Some(evidenced)) = (one.residual, &one.evidenced) {
        let gate = evidence_gate(residual.tier);
        let tier = capitalised(residual.tier.as_str());
        match (residual.shifted, residual.read_as, one.rating) {
            (true, Some(read_as), Some(rating)) => add(
                match read_as == rating {
                    true => format!("Not proven; {rating} is the worst rating as it is."),
                    false => format!("Not proven: {rating} is read as {read_as}."),
                },
                format!(
                    "Tier {tier} asks for an evidenced score of at least {gate}; it is {}.",
                    evidenced.display1()
                ),
            ),
            _ => add(
                "Evidence gate passed.".to_owned(),
                format!(
                    "Tier {tier} asks for an evidenced score of at least {gate}; it is {}.",
                    evidenced.display1()
                ),
            ),
        }
    }
    if one.limited_scope {
        let share = one.na_share.as_ref().map(percent).unwrap_or_default();
        add(
            "Limited scope.".to_owned(),
            format!("{share} of the weight is not applicable; the limit is 30 %."),
        );
    }
    for line in &one.scope {
        let (strong, text) = scope_words(line, definitions);
        add(strong, text);
    }
    let pending = one.rows.iter().filter(|row| row.state == State::NaPending).count();
    if pending > 0 {
        add(
            format!("{pending} \"does not apply\" without an accepted verdict."),
            "They count 0 until they are judged.".to_owned(),
        );
    }
    let blank = definitions
        .questionnaire(&one.id)
        .map(|q| {
            let scope = crate::domain::review::scope_questions(q);
            scope
                .iter()
                .filter(|id| answers.get(**id).is_none_or(|answer| answer.substantive().is_none()))
                .count()
        })
        .unwrap_or(0);
    if blank > 0 {
        add(
            format!("{blank} blank scope {}.", if blank == 1 { "question" } else { "questions" }),
            "Their answers may still change what is counted.".to_owned(),
        );
    }
    reasons
}

/// What a scope answer leaves out, in words.
pub(super) fn scope_words(line: &ScopeLine, definitions: &Definitions) -> (String, String) {
    let question = definitions.question(&line.question);
    let label = |id: &String| {
        question.and_then(|q| q.option(id)).map_or_else(|| id.clone(), |option| option.label.clone())
    };
    let answer = match &line.effective {
        None => "blank".to_owned(),
        Some(ScopeAnswer::One(id)) => format!("\"{}\"", label(id)),
        Some(ScopeAnswer::Many(ids)) => {
            format!("\"{}\"", ids.iter().map(label).collect::<Vec<_>>().join(", "))
        }
    };
    let noun = if line.hidden == 1 { "question" } else { "questions" };
    let critical = match line.hidden_critical.len() {
        0 => String::new(),
        n => format!(", {n} of them critical ({})", line.hidden_critical.join(", ")),
    };
    (
        "Scope.".to_owned(),
        format!(
            "{} {answer} leaves out {} {noun}, weight {}{critical}.",
            line.question, line.hidden, line.hidden_weight
        ),
    )
}

/// A state in words.
pub(super) fn state_words(state: State) -> &'static str {
    match state {
        State::Answered => "Answered",
        State::Unanswered => "Not answered",
        State::Na => "Does not apply",
        State::NaPending => "\"Does not apply\" not accepted",
        State::Hidden => "Not asked",
        State::HiddenZero => "Not asked, counts 0",
    }
}

fn row_view(base: &str, definitions: &Definitions, answers: &Answers, row: &RowScore) -> RowView {
    let question = definitions.question(&row.question);
    let counts = row.state.counts();
    let dash = |shown: bool, text: String| if shown { text } else { DASH.to_owned() };
    let answer =
        question.filter(|_| row.state == State::Answered).map(|q| in_words(q, answers.get(&q.id)).join(", "));
    let given = answers.get(&row.question);
    let unknown = matches!(given.and_then(|given| given.value.as_ref()), Some(AnswerValue::Unknown));
    let state = match (&row.gate, answer) {
        (Some(gate), _) => format!("{}, because of {gate}", state_words(row.state)),
        (None, Some(answer)) => answer,
        (None, None) if unknown && row.state == State::Unanswered => "We do not know".to_owned(),
        (None, None) => state_words(row.state).to_owned(),
    };
    let review = given.filter(|_| row.state == State::Answered).map(|given| &given.review);
    let judged = review.and_then(|review| match (&review.credit, review.compensating) {
        (_, Some(Compensating::Partial)) => Some("compensating control, partial"),
        (_, Some(Compensating::Substantial)) => Some("compensating control, substantial"),
        (Some(_), None) => Some("credit set by a reviewer"),
        (None, None) => None,
    });
    let parts = row.explained.as_ref();
    RowView {
        id: row.question.clone(),
        text: question.map(|q| q.text.clone()).unwrap_or_default(),
        href: question_href(base, &row.question),
        state,
        judged: judged.map(str::to_owned),
        credit: dash(counts, row.credit.to_string()),
        weight: dash(counts, row.weight.to_string()),
        evidence: dash(row.evidence.is_some(), row.evidence_factor().to_string()),
        contribution: parts.map_or_else(|| DASH.to_owned(), |parts| parts.contribution_printed.display2()),
        lost: parts.map_or_else(|| DASH.to_owned(), |parts| minus(&parts.lost_printed)),
    }
}

/// Where a question stands with its answer, its evidence and what was judged.
fn question_href(base: &str, id: &str) -> String {
    format!("{base}/review?show=all&q={id}")
}

fn set_view(definitions: &Definitions, set: &ControlSetScore, today: NaiveDate, base: &str) -> SetView {
    let definition = definitions.control_set(&set.id);
    let groups = set.groups.iter().map(|group| GroupRow {
        title: definition
            .and_then(|d| d.groups.iter().find(|g| g.id == group.id))
            .map_or_else(|| group.id.clone(), |g| format!("{} {}", g.id, g.title)),
        claimed: score_cell(group.claimed.as_ref(), "Not covered"),
    });
    let controls = set.controls.iter().map(|control| {
        let known = definition.and_then(|d| d.control(&control.reference));
        let later = known.and_then(|known| known.applies_from).filter(|day| *day > today);
        ControlRow {
            reference: control.reference.clone(),
            label: known.map(|known| known.label.clone()).unwrap_or_default(),
            weight: known.map(|known| known.weight.to_string()).unwrap_or_default(),
            claimed: control.claimed.as_ref().map_or_else(|| "Not covered".to_owned(), Exact::display1),
            evidenced: control.evidenced.as_ref().map_or_else(|| DASH.to_owned(), Exact::display1),
            questions: control.questions.iter().map(|id| Link::new(id, question_href(base, id))).collect(),
            applies_from: later.map(due::short_day),
        }
    });
    let parts: Vec<Exact> = set.contributions.iter().map(|one| one.exact.clone()).collect();
    let total = set.claimed.clone().unwrap_or_default().rounded(2);
    let printed = largest_remainder(&parts, &total, 2);
    let contributions = set.contributions.iter().zip(&printed).map(|(one, points)| PointsRow {
        question: Link::new(&one.question, question_href(base, &one.question)),
        text: definitions.question(&one.question).map(|question| question.text.clone()).unwrap_or_default(),
        points: points.display2(),
    });
    SetView {
        id: set.id.clone(),
        title: definition.map_or_else(|| set.id.clone(), |d| d.title.clone()),
        coverage: format!("{} of {} controls covered, readiness indication", set.covered, set.counted),
        claimed: score_cell(set.claimed.as_ref(), "Not covered"),
        evidenced: set.evidenced.as_ref().map_or_else(|| DASH.to_owned(), Exact::display1),
        groups: groups.collect(),
        controls: controls.collect(),
        contributions: contributions.collect(),
        sum: total.display2(),
    }
}
