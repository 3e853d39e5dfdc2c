//! Questionnaires and control sets: those that ship, and those that an assessment pinned when it was sent.
//!
//! Pinned definitions never change, so they are parsed once per process and kept by the hash of their content.

use super::{Result, UseCaseError};
use crate::{
    domain::{
        assessment::{ChosenQuestionnaire, PinnedFile},
        ids::{AssessmentId, ControlSetVersionId, QuestionnaireVersionId, TenantId},
        score_inputs::Pin,
    },
    store::{Scoped, questionnaires as store},
};
use questionnaires::definition::{Audience, ControlSet, Kind, Questionnaire, catalog::Library};
use serde::de::DeserializeOwned;
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

static SHIPPED: LazyLock<Library> = LazyLock::new(Library::shipped);

/// What ships with this build.
#[must_use]
pub fn shipped() -> &'static Library {
    &SHIPPED
}

/// The shipped intake.
///
/// # Errors
/// [`UseCaseError::Internal`] when this build has none.
pub fn intake() -> Result<&'static Questionnaire> {
    shipped().intake().ok_or_else(|| UseCaseError::internal("this build has no intake"))
}

/// Everything that can be asked, in the order of their ids: the newest version of each questionnaire.
#[must_use]
pub fn choosable() -> Vec<&'static Questionnaire> {
    let mut ids: Vec<&str> = shipped()
        .questionnaires()
        .filter(|questionnaire| questionnaire.kind == Kind::Questionnaire)
        .map(|questionnaire| questionnaire.id.as_str())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().filter_map(|id| shipped().questionnaire(id)).collect()
}

/// A questionnaire as one assessment asks it.
#[derive(Clone, Debug)]
pub struct PinnedQuestionnaire {
    /// From 1, in the order of asking.
    pub position: i32,
    /// The pinned file.
    pub file: PinnedFile,
    /// What it says.
    pub definition: Arc<Questionnaire>,
}

impl PinnedQuestionnaire {
    /// Whether the vendor answers it in the portal.
    #[must_use]
    pub fn asks_vendor(&self) -> bool {
        self.definition.audience == Audience::Vendor
    }
}

/// What never changes once it was read. When full it starts over: an installation uses a part at a time.
pub(super) struct Kept<K, V> {
    most: usize,
    found: LazyLock<Mutex<HashMap<K, V>>>,
}

impl<K: Eq + Hash, V: Clone> Kept<K, V> {
    pub(super) const fn at_most(most: usize) -> Self {
        Self { most, found: LazyLock::new(Mutex::default) }
    }
    pub(super) fn get(&self, key: &K) -> Option<V> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }
    pub(super) fn keep(&self, key: K, value: V) {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if found.len() >= self.most {
            found.clear();
        }
        found.insert(key, value);
    }
}

impl<T: DeserializeOwned> Kept<String, Arc<T>> {
    fn parse(&self, sha256: &str, definition: &str) -> Result<Arc<T>> {
        let parsed: Arc<T> = Arc::new(serde_json::from_str(definition).map_err(UseCaseError::internal)?);
        self.keep(sha256.to_owned(), Arc::clone(&parsed));
        Ok(parsed)
    }
}

/// Parsed definitions by content hash.
static QUESTIONNAIRES: Kept<String, Arc<Questionnaire>> = Kept::at_most(64);
static CONTROL_SETS: Kept<String, Arc<ControlSet>> = Kept::at_most(64);
/// What assessments pinned.
static PINNED: Kept<(TenantId, AssessmentId), Arc<[PinnedQuestionnaire]>> = Kept::at_most(4096);

/// The questionnaires of an assessment that was sent before this request, in the order of asking. They never change,
/// so the first one who asks costs the statements of [`pinned`] and the others nothing.
///
/// # Errors
/// As [`pinned`].
pub async fn pinned_when_sent(
    s: &impl Scoped,
    assessment: AssessmentId,
) -> Result<Arc<[PinnedQuestionnaire]>> {
    let key = (s.tenant_id(), assessment);
    if let Some(kept) = PINNED.get(&key) {
        return Ok(kept);
    }
    let found: Arc<[_]> = pinned(s, assessment).await?.into();
    if !found.is_empty() {
        PINNED.keep(key, Arc::clone(&found));
    }
    Ok(found)
}

/// The questionnaires that an assessment pinned, in the order of asking. One statement, and a second one when one of
/// them was not parsed since the process started.
///
/// # Errors
/// When the database cannot be read, or a stored definition does not parse.
pub async fn pinned(s: &impl Scoped, assessment: AssessmentId) -> Result<Vec<PinnedQuestionnaire>> {
    let chosen = store::chosen(s, assessment).await?;
    definitions(s, &chosen).await
}

/// The definitions behind chosen questionnaires; those that are not pinned yet are left out.
///
/// # Errors
/// As [`pinned`].
pub async fn definitions(
    s: &impl Scoped,
    chosen: &[ChosenQuestionnaire],
) -> Result<Vec<PinnedQuestionnaire>> {
    let files: Vec<(i32, &PinnedFile)> =
        chosen.iter().filter_map(|row| row.pinned.as_ref().map(|file| (row.position, file))).collect();
    let missing: Vec<_> = files
        .iter()
        .filter(|(_, file)| QUESTIONNAIRES.get(&file.sha256).is_none())
        .map(|(_, file)| file.id)
        .collect();
    if !missing.is_empty() {
        for (sha256, definition) in store::definitions(s, &missing).await? {
            QUESTIONNAIRES.parse(&sha256, &definition)?;
        }
    }
    let mut found = Vec::with_capacity(files.len());
    for (position, file) in files {
        let definition = match QUESTIONNAIRES.get(&file.sha256) {
            Some(definition) => definition,
            // Pushed out by another request in between.
            None => {
                let rows = store::definitions(s, &[file.id]).await?;
                let text = rows.into_iter().next().map(|(_, text)| text);
                QUESTIONNAIRES
                    .parse(&file.sha256, &text.ok_or_else(|| UseCaseError::internal("no definition"))?)?
            }
        };
        found.push(PinnedQuestionnaire { position, file: file.clone(), definition });
    }
    Ok(found)
}

/// The control sets that an assessment pinned, by id.
///
/// # Errors
/// As [`pinned`].
pub async fn pinned_control_sets(s: &impl Scoped, assessment: AssessmentId) -> Result<Vec<Arc<ControlSet>>> {
    let rows = store::control_sets(s, assessment).await?;
    let missing: Vec<_> =
        rows.iter().filter(|(_, sha256)| CONTROL_SETS.get(sha256).is_none()).map(|(id, _)| *id).collect();
    let mut fresh = HashMap::new();
    if !missing.is_empty() {
        for (sha256, definition) in store::control_set_definitions(s, &missing).await? {
            fresh.insert(sha256.clone(), CONTROL_SETS.parse(&sha256, &definition)?);
        }
    }
    rows.iter()
        .map(|(_, sha256)| {
            let parsed = fresh.get(sha256).cloned().or_else(|| CONTROL_SETS.get(sha256));
            parsed.ok_or_else(|| UseCaseError::internal("a pinned control set is missing"))
        })
        .collect()
}

/// The questionnaires behind a snapshot's pins, in their order. No statement once they were parsed in this process.
///
/// # Errors
/// As [`pinned`].
pub async fn questionnaires_by_pin(s: &impl Scoped, pins: &[Pin]) -> Result<Vec<Arc<Questionnaire>>> {
    let missing: Vec<QuestionnaireVersionId> = pins
        .iter()
        .filter(|pin| QUESTIONNAIRES.get(&pin.sha256).is_none())
        .map(|pin| pin.row.into())
        .collect();
    let mut fresh = HashMap::new();
    if !missing.is_empty() {
        for (sha256, definition) in store::definitions(s, &missing).await? {
            fresh.insert(sha256.clone(), QUESTIONNAIRES.parse(&sha256, &definition)?);
        }
    }
    all_of(pins, &fresh, &QUESTIONNAIRES)
}

/// The control sets behind a snapshot's pins, in their order. No statement once they were parsed in this process.
///
/// # Errors
/// As [`pinned`].
pub async fn control_sets_by_pin(s: &impl Scoped, pins: &[Pin]) -> Result<Vec<Arc<ControlSet>>> {
    let missing: Vec<ControlSetVersionId> =
        pins.iter().filter(|pin| CONTROL_SETS.get(&pin.sha256).is_none()).map(|pin| pin.row.into()).collect();
    let mut fresh = HashMap::new();
    if !missing.is_empty() {
        for (sha256, definition) in store::control_set_definitions(s, &missing).await? {
            fresh.insert(sha256.clone(), CONTROL_SETS.parse(&sha256, &definition)?);
        }
    }
    all_of(pins, &fresh, &CONTROL_SETS)
}

fn all_of<T: DeserializeOwned>(
    pins: &[Pin],
    fresh: &HashMap<String, Arc<T>>,
    kept: &Kept<String, Arc<T>>,
) -> Result<Vec<Arc<T>>> {
    pins.iter()
        .map(|pin| {
            let parsed = fresh.get(&pin.sha256).cloned().or_else(|| kept.get(&pin.sha256));
            parsed.ok_or_else(|| UseCaseError::internal(format!("the pinned {} is missing", pin.id)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_choosable_is_no_intake_and_listed_once() {
        let ids: Vec<&str> = choosable().iter().map(|questionnaire| questionnaire.id.as_str()).collect();
        assert!(ids.contains(&"supplier-security-core") && !ids.contains(&"inherent-risk-intake"));
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn a_canonical_definition_parses_back_to_itself() {
        for questionnaire in choosable() {
            let text = questionnaires::definition::catalog::canonical_json(questionnaire).unwrap();
            assert_eq!(&serde_json::from_str::<Questionnaire>(&text).unwrap(), questionnaire);
        }
    }
}
