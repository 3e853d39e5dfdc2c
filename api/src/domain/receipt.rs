//! Receipts: what they say, and everything about them that can be checked without the installation that signed them.
//!
//! A submission receipt is the vendor's: it has nothing of the tenant in it that a vendor may not see. A score receipt
//! is the tenant's: it carries the definitions, the judged answers and the result, so that the score can be computed
//! again. A new fact goes into the payload's type here; readers refuse fields that they do not know.

use super::score_inputs::{Definitions, Pin, ScoreInputs};
use chrono::{DateTime, NaiveDate, Utc};
use questionnaires::{
    answering::{Answers, Facts},
    definition::{
        ControlSet, Questionnaire, Tier,
        catalog::{canonical_json, content_hash},
    },
    report::score_json,
    scoring::{AssessmentScore, assessment::SCORING_MODEL},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::{collections::BTreeMap, sync::Arc};
use uuid::Uuid;

/// Claims that every receipt has, by the names of RFC 7519.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Address of the installation.
    pub iss: String,
    /// What it is for.
    pub aud: String,
    /// Id of the submission or snapshot.
    pub sub: Uuid,
    /// When that was made, in seconds since 1970.
    pub iat: i64,
}

/// Who asked whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// The organisation that asked.
    pub organisation: String,
    /// Who answered.
    pub vendor: String,
    /// About which service.
    pub service: String,
    /// Reference of the assessment.
    pub reference: String,
}

/// Id and version of a questionnaire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Id in its file.
    pub id: String,
    /// Exact version.
    pub version: String,
}

/// Who stated that the answers are true.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attested {
    /// Name as typed.
    pub name: String,
    /// Role as typed.
    pub role: String,
    /// The statement, word for word.
    pub statement: String,
}

/// What was handed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandedIn {
    /// From 1.
    pub number: i32,
    /// When.
    pub submitted_at: DateTime<Utc>,
    /// That day in the tenant's time zone.
    pub as_of: NaiveDate,
    /// What was asked, in order.
    pub questionnaires: Vec<Asked>,
    /// SHA-256, in hex, over the canonical JSON of everything that the respondents saw.
    pub respondent_view_sha256: String,
    /// SHA-256, in hex, over the canonical JSON of the answers, which the file holds beside the receipt.
    pub answers_sha256: String,
    /// By whom.
    pub attestation: Attested,
}

/// The vendor's receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubmissionReceipt {
    /// See [`Claims`].
    pub iss: String,
    /// See [`Claims`].
    pub aud: String,
    /// See [`Claims`].
    pub sub: Uuid,
    /// See [`Claims`].
    pub iat: i64,
    /// Who asked whom.
    pub about: About,
    /// What was handed in.
    pub submission: HandedIn,
}

impl SubmissionReceipt {
    /// A receipt with these claims.
    #[must_use]
    pub fn new(claims: Claims, about: About, submission: HandedIn) -> Self {
        let Claims { iss, aud, sub, iat } = claims;
        Self { iss, aud, sub, iat, about, submission }
    }
}

/// A definition with the hash by which it was pinned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinnedDefinition {
    /// Id in its file.
    pub id: String,
    /// Exact version.
    pub version: String,
    /// SHA-256, in hex, over the canonical JSON of `definition`.
    pub sha256: String,
    /// All of it, weights included.
    pub definition: Value,
}

impl PinnedDefinition {
    fn of(pin: &Pin, definition: &impl Serialize) -> Result<Self, serde_json::Error> {
        Ok(Self {
            id: pin.id.clone(),
            version: pin.version.clone(),
            sha256: pin.sha256.clone(),
            definition: serde_json::to_value(definition)?,
        })
    }
}

/// Which snapshot a score receipt is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfSnapshot {
    /// From 1.
    pub number: i32,
    /// Why it was made.
    pub reason: String,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// The tenant's receipt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScoreReceipt {
    /// See [`Claims`].
    pub iss: String,
    /// See [`Claims`].
    pub aud: String,
    /// See [`Claims`].
    pub sub: Uuid,
    /// See [`Claims`].
    pub iat: i64,
    /// Who asked whom.
    pub about: About,
    /// What was handed in.
    pub submission: HandedIn,
    /// Which stored score.
    pub snapshot: OfSnapshot,
    /// `assay-score/1`.
    pub scoring_model: String,
    /// In the order asked.
    pub questionnaires: Vec<PinnedDefinition>,
    /// In the order pinned.
    pub control_sets: Vec<PinnedDefinition>,
    /// What the buyer told.
    pub facts: Facts,
    /// The inherent risk tier.
    pub tier: Option<Tier>,
    /// The day to which banded dates are compared.
    pub as_of: NaiveDate,
    /// The day to which the expiry of evidence was compared.
    pub evidence_as_of: NaiveDate,
    /// With the reviewers' verdicts and the effective grade of the evidence; numbers as text.
    pub answers: Answers,
    /// What `assay score --json` prints for all this.
    pub result: Value,
}

/// The parts of a score receipt besides its claims.
#[derive(Debug)]
pub struct ScoreParts<'a> {
    /// Who asked whom.
    pub about: About,
    /// What was handed in.
    pub submission: HandedIn,
    /// Which stored score.
    pub snapshot: OfSnapshot,
    /// What decides it.
    pub inputs: ScoreInputs,
    /// What was asked.
    pub definitions: &'a Definitions,
    /// What came out.
    pub score: &'a AssessmentScore,
}

impl ScoreReceipt {
    /// A receipt with these claims.
    ///
    /// # Errors
    /// None in practice: everything in it can be written as JSON.
    pub fn new(claims: Claims, parts: ScoreParts<'_>) -> Result<Self, serde_json::Error> {
        let Claims { iss, aud, sub, iat } = claims;
        let ScoreParts { about, submission, snapshot, inputs, definitions, score } = parts;
        let questionnaires = inputs.questionnaires.iter().zip(&definitions.questionnaires);
        let control_sets = inputs.control_sets.iter().zip(&definitions.control_sets);
        Ok(Self {
            iss,
            aud,
            sub,
            iat,
            about,
            submission,
            snapshot,
            scoring_model: inputs.scoring_model.clone(),
            questionnaires: questionnaires
                .map(|(pin, one)| PinnedDefinition::of(pin, &**one))
                .collect::<Result<_, _>>()?,
            control_sets: control_sets
                .map(|(pin, one)| PinnedDefinition::of(pin, &**one))
                .collect::<Result<_, _>>()?,
            facts: inputs.facts,
            tier: inputs.tier,
            as_of: inputs.as_of,
            evidence_as_of: inputs.evidence_as_of,
            answers: inputs.answers,
            result: result_of(score)?,
        })
    }
}

fn result_of(score: &AssessmentScore) -> Result<Value, serde_json::Error> {
    serde_json::from_str(&score_json(score)?)
}

/// A receipt as a file: readable, and signed. Only what `jws` holds is signed; the rest is compared with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptFile {
    /// The payload of `jws`, for people.
    pub receipt: Value,
    /// What was handed in, whole; the receipt holds its hash.
    pub answers: Value,
    /// What the respondents saw, whole; the receipt holds its hash. Older submissions did not keep it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub respondent_view: Option<Value>,
    /// The signed receipt (RFC 7515, compact), for any library.
    pub jws: String,
}

/// One thing that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// What.
    pub what: &'static str,
    /// Whether it holds.
    pub holds: bool,
    /// How it was found, or what is wrong.
    pub detail: String,
}

impl Checked {
    /// It holds.
    #[must_use]
    pub fn held(what: &'static str, detail: impl Into<String>) -> Self {
        Self { what, holds: true, detail: detail.into() }
    }
    /// It does not.
    #[must_use]
    pub fn broken(what: &'static str, detail: impl Into<String>) -> Self {
        Self { what, holds: false, detail: detail.into() }
    }
}

/// Whether a part of the file is the one that the receipt has the hash of.
#[must_use]
pub fn check_part(what: &'static str, part: &Value, signed: &str) -> Checked {
    let hash = canonical_json(part).map(|text| hex::encode(Sha256::digest(text)));
    match hash {
        Ok(hash) if hash == signed => Checked::held(what, format!("SHA-256 {hash}")),
        _ => Checked::broken(what, format!("not what has the SHA-256 {signed} that was signed")),
    }
}

/// Whether the definitions have their hashes, and whether scoring the receipt's inputs gives its result again, bit for
/// bit.
#[must_use]
pub fn check_score(receipt: &ScoreReceipt) -> Vec<Checked> {
    let definitions = match definitions_of(receipt) {
        Ok(definitions) => definitions,
        Err(why) => return vec![Checked::broken("definitions", why)],
    };
    let count = format!(
        "{} and {}, each with its SHA-256",
        counted(receipt.questionnaires.len(), "questionnaire"),
        counted(receipt.control_sets.len(), "control set")
    );
    vec![Checked::held("definitions", count), check_result(receipt, &definitions)]
}

fn counted(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

fn definitions_of(receipt: &ScoreReceipt) -> Result<Definitions, String> {
    Ok(Definitions {
        questionnaires: read_all(&receipt.questionnaires, |one: &Questionnaire| (&one.id, &one.version))?,
        control_sets: read_all(&receipt.control_sets, |one: &ControlSet| (&one.id, &one.version))?,
    })
}

fn read_all<T: DeserializeOwned>(
    pinned: &[PinnedDefinition],
    name: impl Fn(&T) -> (&String, &String),
) -> Result<Vec<Arc<T>>, String> {
    let mut read = Vec::with_capacity(pinned.len());
    for one in pinned {
        if content_hash(&one.definition).ok().as_deref() != Some(one.sha256.as_str()) {
            return Err(format!(
                "{} {} does not have the SHA-256 by which it was pinned",
                one.id, one.version
            ));
        }
        let definition: T = serde_json::from_value(one.definition.clone())
            .map_err(|error| format!("{} {} cannot be read: {error}", one.id, one.version))?;
        if name(&definition) != (&one.id, &one.version) {
            return Err(format!("what stands under {} {} is another definition", one.id, one.version));
        }
        read.push(Arc::new(definition));
    }
    Ok(read)
}

fn check_result(receipt: &ScoreReceipt, definitions: &Definitions) -> Checked {
    if receipt.scoring_model != SCORING_MODEL {
        let detail = format!("the model {} is not the {SCORING_MODEL} of this build", receipt.scoring_model);
        return Checked::broken("score", detail);
    }
    let inputs = ScoreInputs {
        scoring_model: receipt.scoring_model.clone(),
        questionnaires: Vec::new(),
        control_sets: Vec::new(),
        answers: receipt.answers.clone(),
        revisions: BTreeMap::new(),
        facts: receipt.facts.clone(),
        tier: receipt.tier,
        as_of: receipt.as_of,
        evidence_as_of: receipt.evidence_as_of,
    };
    let score = match inputs.score(definitions) {
        Ok(score) => score,
        Err(faults) => {
            let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
            return Checked::broken("score", faults.join("; "));
        }
    };
    if result_of(&score).ok().as_ref() != Some(&receipt.result) {
        return Checked::broken("score", "computed again it is another one than the receipt says");
    }
    let figures: Vec<String> = score
        .questionnaires
        .iter()
        .map(|one| {
            let claimed = one.claimed.as_ref().map_or_else(|| "no score".to_owned(), |s| s.display1());
            let rating = one.rating.map(|rating| format!(", rating {}", rating.as_str())).unwrap_or_default();
            format!("{} {claimed}{rating}", one.id)
        })
        .collect();
    Checked::held("score", format!("computed again, the same to the last digit: {}", figures.join("; ")))
}
