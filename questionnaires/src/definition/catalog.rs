//! The shipped questionnaires, control sets and translations, and the library of given and shipped ones.
//!
//! To ship another file, put it into `catalog/`, `catalog/i18n/` or `control-sets/` of this crate.

use std::sync::OnceLock;

use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use super::control_set::ControlSet;
use super::definition::Questionnaire;
use super::load::{Loaded, SourceFile, load, load_over};
use super::overlay::Overlay;
use super::version::{Version, VersionRange};

#[derive(RustEmbed)]
#[folder = "catalog"]
struct CatalogFiles;

#[derive(RustEmbed)]
#[folder = "control-sets"]
struct ControlSetFiles;

/// The shipped files as they are, by path, sorted: `catalog/<id>.yaml`, `catalog/i18n/…`, `control-sets/…`.
#[must_use]
pub fn shipped_files() -> Vec<(String, Vec<u8>)> {
    let catalog = CatalogFiles::iter().filter_map(|path| {
        CatalogFiles::get(&path).map(|file| (format!("catalog/{path}"), file.data.into_owned()))
    });
    let sets = ControlSetFiles::iter().filter_map(|path| {
        ControlSetFiles::get(&path).map(|file| (format!("control-sets/{path}"), file.data.into_owned()))
    });
    let is_yaml = |file: &(String, Vec<u8>)| file.0.ends_with(".yaml");
    let mut files: Vec<_> = catalog.chain(sets).filter(is_yaml).collect();
    files.sort();
    files
}

/// Everything shipped, read once. A test makes sure that there is no fault in it.
#[must_use]
pub fn shipped() -> &'static Loaded {
    static SHIPPED: OnceLock<Loaded> = OnceLock::new();
    SHIPPED.get_or_init(|| {
        let files = shipped_files();
        let sources: Vec<SourceFile<'_>> =
            files.iter().map(|(name, bytes)| SourceFile { name, bytes }).collect();
        load_over(&sources, None)
    })
}

/// Given definitions before shipped ones.
#[derive(Debug, Clone, Default)]
pub struct Library {
    given: Loaded,
}

impl Library {
    /// The shipped definitions alone.
    #[must_use]
    pub fn shipped() -> Self {
        Self::default()
    }

    /// Reads files; look at [`Library::given`] for faults before relying on it.
    #[must_use]
    pub fn with_files(files: &[SourceFile<'_>]) -> Self {
        Self { given: load(files) }
    }

    /// What was given, with its faults and warnings.
    #[must_use]
    pub fn given(&self) -> &Loaded {
        &self.given
    }

    /// All questionnaires, given ones first.
    pub fn questionnaires(&self) -> impl Iterator<Item = &Questionnaire> {
        self.given.questionnaires.iter().chain(&shipped().questionnaires)
    }

    /// All control sets, given ones first, then the shipped ones by id; a shipped one that has the id of a given one
    /// is left out.
    pub fn control_sets(&self) -> impl Iterator<Item = &ControlSet> {
        let shadowed = |set: &&ControlSet| !self.given.control_sets.iter().any(|given| given.id == set.id);
        self.given.control_sets.iter().chain(shipped().control_sets.iter().filter(shadowed))
    }

    /// The highest version of a questionnaire among the given files, else among the shipped ones.
    #[must_use]
    pub fn questionnaire(&self, id: &str) -> Option<&Questionnaire> {
        self.find(id, |_| true)
    }

    /// The highest version in a range such as `^1`, given files first.
    #[must_use]
    pub fn questionnaire_in(&self, id: &str, range: VersionRange) -> Option<&Questionnaire> {
        self.find(id, |version| range.matches(version))
    }

    /// A control set by id, given files first.
    #[must_use]
    pub fn control_set(&self, id: &str) -> Option<&ControlSet> {
        self.control_sets().find(|set| set.id == id)
    }

    /// The translations of a questionnaire, given ones first.
    pub fn overlays<'a>(&'a self, questionnaire: &'a str) -> impl Iterator<Item = &'a Overlay> {
        let all = self.given.overlays.iter().chain(&shipped().overlays);
        all.filter(move |overlay| overlay.questionnaire == questionnaire)
    }

    /// The shipped intake.
    #[must_use]
    pub fn intake(&self) -> Option<&Questionnaire> {
        self.questionnaire("inherent-risk-intake")
    }

    fn find(&self, id: &str, fits: impl Fn(Version) -> bool) -> Option<&Questionnaire> {
        [&self.given, shipped()].into_iter().find_map(|loaded| {
            let versions = loaded.questionnaires.iter().filter(|questionnaire| questionnaire.id == id);
            let parsed =
                versions.filter_map(|q| q.version.parse::<Version>().ok().map(|version| (version, q)));
            let mut best: Option<(Version, &Questionnaire)> = None;
            for (version, questionnaire) in parsed.filter(|(version, _)| fits(*version)) {
                if best.is_none_or(|(highest, _)| version > highest) {
                    best = Some((version, questionnaire));
                }
            }
            best.map(|(_, questionnaire)| questionnaire)
        })
    }
}

/// The canonical JSON (RFC 8785) of a definition: what an assessment pins.
///
/// # Errors
///
/// Never for the types of this crate; the serializer's own error otherwise.
pub fn canonical_json<T: serde::Serialize>(definition: &T) -> Result<String, serde_json::Error> {
    serde_json_canonicalizer::to_string(definition)
}

/// SHA-256, in hexadecimal, of the canonical JSON.
///
/// # Errors
///
/// As [`canonical_json`].
pub fn content_hash<T: serde::Serialize>(definition: &T) -> Result<String, serde_json::Error> {
    Ok(hex::encode(Sha256::digest(canonical_json(definition)?)))
}
