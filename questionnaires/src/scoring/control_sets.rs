//! The same answers under every control set: nobody answers twice.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::score::{QuestionnaireScore, Rating, RowScore};
use crate::definition::{ControlSet, MapRef, Question, Questionnaire};
use crate::exact::Exact;

/// The score of one control set: always an indication of readiness, never a verdict on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlSetScore {
    /// The control set.
    pub id: String,
    /// Its exact version.
    pub version: String,
    /// In [0, 100]; nothing when the covered controls weigh 0.
    pub claimed: Option<Exact>,
    /// In [0, claimed].
    pub evidenced: Option<Exact>,
    /// Covered share of the weight, in [0, 1]; 0 when all weights are 0.
    pub coverage: Exact,
    /// The n of "n of m controls covered"; controls of weight 0 do not count.
    pub covered: usize,
    /// The m of "n of m controls covered".
    pub counted: usize,
    /// The band of `claimed`, for orientation.
    pub band: Option<Rating>,
    /// Every group in file order.
    pub groups: Vec<GroupScore>,
    /// Every control in file order.
    pub controls: Vec<ControlScore>,
    /// What each question gives; sums to `claimed`.
    pub contributions: Vec<SetContribution>,
}

/// The score of one group of controls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupScore {
    /// The group.
    pub id: String,
    /// In [0, 100]; nothing when none of its covered controls has weight.
    pub claimed: Option<Exact>,
    /// In [0, claimed].
    pub evidenced: Option<Exact>,
}

/// The score of one control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlScore {
    /// The control's reference.
    pub reference: String,
    /// In [0, 100]; nothing when not covered.
    pub claimed: Option<Exact>,
    /// In [0, claimed].
    pub evidenced: Option<Exact>,
    /// The questions that count for it, in file order.
    pub questions: Vec<String>,
}

/// What one question gives to a control set's score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetContribution {
    /// The question.
    pub question: String,
    /// In [0, 100].
    pub exact: Exact,
}

/// The rows that count for control sets: of vendor questionnaires, in the denominator, each question id once
/// (its row in the first questionnaire listed in which it is in the denominator).
pub struct CountedRows<'a> {
    rows: Vec<&'a RowScore>,
    by_control: HashMap<&'a MapRef, Vec<usize>>,
    sets: BTreeSet<&'a str>,
}

impl<'a> CountedRows<'a> {
    /// Gathers the rows. `scored` pairs each questionnaire with its score, in the order listed.
    #[must_use]
    pub fn new(scored: &[(&'a Questionnaire, &'a QuestionnaireScore)]) -> Self {
        let mut counted = Self { rows: Vec::new(), by_control: HashMap::new(), sets: BTreeSet::new() };
        let mut seen = BTreeSet::new();
        for (questionnaire, score) in scored {
            if questionnaire.audience != crate::definition::Audience::Vendor {
                continue;
            }
            let questions = || questionnaire.questions().map(|(_, question)| question);
            counted.sets.extend(questions().flat_map(|q| &q.maps).map(|control| control.set.as_str()));
            for (question, row) in questions().filter(|question| question.is_scored()).zip(&score.rows) {
                if row.state.counts() && seen.insert(question.id.as_str()) {
                    counted.add(question, row);
                }
            }
        }
        counted
    }

    fn add(&mut self, question: &'a Question, row: &'a RowScore) {
        let controls: BTreeSet<&MapRef> = question.maps.iter().collect();
        for control in controls {
            self.by_control.entry(control).or_default().push(self.rows.len());
        }
        self.rows.push(row);
    }

    /// Whether some question of the questionnaires maps to this control set, counted or not.
    #[must_use]
    pub fn maps_to(&self, control_set_id: &str) -> bool {
        self.sets.contains(control_set_id)
    }
}

/// Scores one control set. Weights may be any rationals >= 0.
#[must_use]
pub fn score_control_set(set: &ControlSet, counted: &CountedRows<'_>) -> ControlSetScore {
    let mut sums = Sums::default();
    let mut all_weight = Exact::zero();
    let (mut covered, mut count) = (0, 0);
    let (mut groups, mut controls) = (Vec::new(), Vec::new());
    // By position in the counted rows: sum over controls of u_k w_i c_i / (sum over Q_k of w).
    let mut given: std::collections::BTreeMap<usize, Exact> = std::collections::BTreeMap::new();
    for group in &set.groups {
        let mut group_sums = Sums::default();
        for control in &group.controls {
            all_weight += &control.weight;
            count += usize::from(control.weight.is_positive());
            let name = MapRef { set: set.id.clone(), reference: control.reference.clone() };
            let rows = counted.by_control.get(&name).map_or(&[][..], Vec::as_slice);
            let (claimed, evidenced) = mean_credit(counted, rows);
            if let (Some(claimed), Some(evidenced)) = (&claimed, &evidenced) {
                covered += usize::from(control.weight.is_positive());
                group_sums.add(&control.weight, claimed, evidenced);
                let total: Exact = rows.iter().map(|row| weight(counted.rows[*row])).sum();
                for &row in rows {
                    let part = weight(counted.rows[row]) * &counted.rows[row].credit / &total;
                    *given.entry(row).or_default() += &control.weight * part;
                }
            }
            controls.push(ControlScore {
                reference: control.reference.clone(),
                claimed: claimed.map(percent),
                evidenced: evidenced.map(percent),
                questions: rows.iter().map(|row| counted.rows[*row].question.clone()).collect(),
            });
        }
        let (claimed, evidenced) = group_sums.means();
        groups.push(GroupScore { id: group.id.clone(), claimed, evidenced });
        sums.merge(group_sums);
    }
    let (claimed, evidenced) = sums.means();
    let contributions = given.into_iter().filter_map(|(row, part)| {
        let exact = percent(part).checked_div(&sums.weight)?;
        Some(SetContribution { question: counted.rows[row].question.clone(), exact })
    });
    ControlSetScore {
        id: set.id.clone(),
        version: set.version.clone(),
        band: claimed.as_ref().map(Rating::of),
        claimed,
        evidenced,
        coverage: sums.weight.checked_div(&all_weight).unwrap_or_default(),
        covered,
        counted: count,
        groups,
        controls,
        contributions: contributions.collect(),
    }
}

/// Sums over covered controls.
#[derive(Default)]
struct Sums {
    weight: Exact,
    claimed: Exact,
    evidenced: Exact,
}

impl Sums {
    fn add(&mut self, weight: &Exact, claimed: &Exact, evidenced: &Exact) {
        self.weight += weight;
        self.claimed += weight * claimed;
        self.evidenced += weight * evidenced;
    }

    fn merge(&mut self, other: Self) {
        self.weight += other.weight;
        self.claimed += other.claimed;
        self.evidenced += other.evidenced;
    }

    fn means(&self) -> (Option<Exact>, Option<Exact>) {
        let mean = |sum: &Exact| sum.checked_div(&self.weight).map(percent);
        (mean(&self.claimed), mean(&self.evidenced))
    }
}

fn percent(share: Exact) -> Exact {
    Exact::from(100_i64) * share
}

fn weight(row: &RowScore) -> Exact {
    Exact::from(row.question_weight)
}

/// C_k and E_k in [0, 1]; nothing when no row counts.
fn mean_credit(counted: &CountedRows<'_>, rows: &[usize]) -> (Option<Exact>, Option<Exact>) {
    let rows = || rows.iter().map(|row| counted.rows[*row]);
    let total: Exact = rows().map(weight).sum();
    let claimed: Exact = rows().map(|row| weight(row) * &row.credit).sum();
    let evidenced: Exact = rows().map(|row| weight(row) * &row.credit * row.evidence_factor()).sum();
    (claimed.checked_div(&total), evidenced.checked_div(&total))
}
