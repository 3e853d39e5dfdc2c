//! The JSON of `assay score --json`, key for key as the scoring model prints it.

use serde::Serialize;

use crate::definition::{CriticalLevel, Tier};
use crate::exact::Exact;
use crate::risk::residual::{Residual, ResidualLevel};
use crate::scoring::assessment::{AssessmentScore, SCORING_MODEL};
use crate::scoring::control_sets::ControlSetScore;
use crate::scoring::explain::ScopeAnswer;
use crate::scoring::score::{ConfidenceLabel, KnockOut, QuestionnaireScore, Rating, RowScore, ScoreState};
use crate::scoring::states::State;

#[derive(Serialize)]
struct Root<'a> {
    scoring_model: &'static str,
    questionnaires: Vec<QuestionnaireJson<'a>>,
    assessment: AssessmentJson,
    control_sets: Vec<ControlSetJson<'a>>,
}

#[derive(Serialize)]
struct AssessmentJson {
    residual: Option<ResidualLevel>,
}

#[derive(Serialize)]
struct Number {
    exact: String,
    display: String,
}

#[derive(Serialize)]
struct ExactOnly {
    exact: String,
}

#[derive(Serialize)]
struct ConfidenceJson {
    exact: String,
    label: ConfidenceLabel,
}

#[derive(Serialize)]
struct QuestionnaireJson<'a> {
    id: &'a str,
    version: &'a str,
    state: ScoreState,
    limited_scope: bool,
    own_readiness: bool,
    claimed: Option<Number>,
    evidenced: Option<Number>,
    confidence: Option<ConfidenceJson>,
    upper: Option<Number>,
    completeness: Option<ExactOnly>,
    na_share: Option<ExactOnly>,
    band: Option<Rating>,
    rating: Option<Rating>,
    knock_outs: Vec<KnockOutJson<'a>>,
    scope: Vec<ScopeJson<'a>>,
    sections: Vec<SectionJson<'a>>,
    questions: Vec<QuestionJson<'a>>,
    residual: Option<ResidualJson>,
}

#[derive(Serialize)]
struct KnockOutJson<'a> {
    question: &'a str,
    level: CriticalLevel,
    gate: Option<&'a str>,
}

#[derive(Serialize)]
struct ScopeJson<'a> {
    question: &'a str,
    effective: Option<&'a ScopeAnswer>,
    hidden: usize,
    hidden_weight: &'a Exact,
    hidden_critical: &'a [String],
}

#[derive(Serialize)]
struct SectionJson<'a> {
    id: &'a str,
    claimed: Option<Number>,
    weight: &'a Exact,
}

#[derive(Serialize)]
#[serde(untagged)]
enum QuestionJson<'a> {
    Counted {
        id: &'a str,
        state: State,
        credit: &'a Exact,
        evidence_factor: Option<Exact>,
        weight: &'a Exact,
        contribution: Number,
        lost: Number,
    },
    Left {
        id: &'a str,
        state: State,
    },
}

#[derive(Serialize)]
struct ResidualJson {
    tier: Tier,
    read_as: Option<Rating>,
    shifted: bool,
    level: ResidualLevel,
}

#[derive(Serialize)]
struct ControlSetJson<'a> {
    id: &'a str,
    version: &'a str,
    claimed: Option<Number>,
    evidenced: Option<Number>,
    coverage: ExactOnly,
    band: Option<Rating>,
    groups: Vec<GroupJson<'a>>,
    controls: Vec<ControlJson<'a>>,
    contributions: Vec<ContributionJson<'a>>,
}

#[derive(Serialize)]
struct GroupJson<'a> {
    id: &'a str,
    claimed: Option<Number>,
}

#[derive(Serialize)]
struct ControlJson<'a> {
    #[serde(rename = "ref")]
    reference: &'a str,
    claimed: Option<Number>,
    questions: &'a [String],
}

#[derive(Serialize)]
struct ContributionJson<'a> {
    question: &'a str,
    exact: &'a Exact,
}

/// The result as JSON, indented.
///
/// # Errors
///
/// None in practice: every part is text, a list or an object.
pub fn score_json(score: &AssessmentScore) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&Root {
        scoring_model: SCORING_MODEL,
        questionnaires: score.questionnaires.iter().map(questionnaire).collect(),
        assessment: AssessmentJson { residual: score.residual },
        control_sets: score.control_sets.iter().map(control_set).collect(),
    })
}

fn number(exact: &Exact) -> Number {
    Number { exact: exact.to_string(), display: exact.display1() }
}

fn optional(exact: &Option<Exact>) -> Option<Number> {
    exact.as_ref().map(number)
}

fn exact_only(exact: &Exact) -> ExactOnly {
    ExactOnly { exact: exact.to_string() }
}

fn questionnaire(score: &QuestionnaireScore) -> QuestionnaireJson<'_> {
    QuestionnaireJson {
        id: &score.id,
        version: &score.version,
        state: score.state,
        limited_scope: score.limited_scope,
        own_readiness: score.own_readiness,
        claimed: optional(&score.claimed),
        evidenced: optional(&score.evidenced),
        confidence: score.confidence.as_ref().map(|confidence| ConfidenceJson {
            exact: confidence.exact.to_string(),
            label: confidence.label,
        }),
        upper: optional(&score.upper),
        completeness: score.completeness.as_ref().map(exact_only),
        na_share: score.na_share.as_ref().map(exact_only),
        band: score.band,
        rating: score.rating,
        knock_outs: score.knock_outs.iter().map(knock_out).collect(),
        scope: score
            .scope
            .iter()
            .map(|line| ScopeJson {
                question: &line.question,
                effective: line.effective.as_ref(),
                hidden: line.hidden,
                hidden_weight: &line.hidden_weight,
                hidden_critical: &line.hidden_critical,
            })
            .collect(),
        sections: score
            .sections
            .iter()
            .map(|section| SectionJson {
                id: &section.id,
                claimed: optional(&section.claimed),
                weight: &section.weight,
            })
            .collect(),
        questions: score.rows.iter().map(question).collect(),
        residual: score.residual.map(|Residual { tier, read_as, shifted, level }| ResidualJson {
            tier,
            read_as,
            shifted,
            level,
        }),
    }
}

fn knock_out(failed: &KnockOut) -> KnockOutJson<'_> {
    KnockOutJson { question: &failed.question, level: failed.level, gate: failed.gate.as_deref() }
}

fn question(row: &RowScore) -> QuestionJson<'_> {
    let Some(parts) = &row.explained else {
        return QuestionJson::Left { id: &row.question, state: row.state };
    };
    let part =
        |exact: &Exact, printed: &Exact| Number { exact: exact.to_string(), display: printed.display2() };
    QuestionJson::Counted {
        id: &row.question,
        state: row.state,
        credit: &row.credit,
        evidence_factor: row.evidence.map(crate::answering::Grade::factor),
        weight: &row.weight,
        contribution: part(&parts.contribution, &parts.contribution_printed),
        lost: part(&parts.lost, &parts.lost_printed),
    }
}

fn control_set(score: &ControlSetScore) -> ControlSetJson<'_> {
    ControlSetJson {
        id: &score.id,
        version: &score.version,
        claimed: optional(&score.claimed),
        evidenced: optional(&score.evidenced),
        coverage: exact_only(&score.coverage),
        band: score.band,
        groups: score
            .groups
            .iter()
            .map(|group| GroupJson { id: &group.id, claimed: optional(&group.claimed) })
            .collect(),
        controls: score
            .controls
            .iter()
            .map(|control| ControlJson {
                reference: &control.reference,
                claimed: optional(&control.claimed),
                questions: &control.questions,
            })
            .collect(),
        contributions: score
            .contributions
            .iter()
            .map(|part| ContributionJson { question: &part.question, exact: &part.exact })
            .collect(),
    }
}
