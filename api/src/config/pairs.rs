//! Settings that come as texts under dotted names: the defaults, variables, the command line.

use figment2::value::{Dict, Map, Value};
use figment2::{Metadata, Profile, Provider};
use serde::Deserialize;
use serde::de::Deserializer;

/// `ASSAY_SMTP__HOST` becomes `smtp.host`. `ASSAY_CONFIG` names the file and is no setting.
pub(super) fn assay_variables(environment: &[(String, String)]) -> Vec<(String, String)> {
    environment
        .iter()
        .filter_map(|(name, value)| {
            let name = name.strip_prefix("ASSAY_")?;
            (name != "CONFIG").then(|| (name.to_ascii_lowercase().replace("__", "."), value.clone()))
        })
        .collect()
}

/// Texts under dotted names. All values stay texts, so a password of digits remains a password; numbers are read from
/// text where the field wants one.
pub(super) struct Pairs {
    name: &'static str,
    pairs: Vec<(String, String)>,
}

impl Pairs {
    pub(super) fn new(name: &'static str, pairs: Vec<(String, String)>) -> Self {
        Self { name, pairs }
    }
}

impl Provider for Pairs {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name)
    }
    fn data(&self) -> Result<Map<Profile, Dict>, figment2::Error> {
        let mut root = Dict::new();
        for (name, value) in &self.pairs {
            insert(&mut root, name, value);
        }
        Ok(Profile::Default.collect(root))
    }
}

/// Puts `value` at `a.b.c`. A text that stands where a group is needed gives way; the unknown name is reported later.
fn insert(into: &mut Dict, name: &str, value: &str) {
    let Some((group, rest)) = name.split_once('.') else {
        into.insert(name.to_owned(), Value::from(value));
        return;
    };
    let inner = into.entry(group.to_owned()).or_insert_with(|| Value::from(Dict::new()));
    if !matches!(inner, Value::Dict(..)) {
        *inner = Value::from(Dict::new());
    }
    if let Value::Dict(_, dict) = inner {
        insert(dict, rest, value);
    }
}

/// A number, also when it comes as text from a variable.
pub(super) fn number<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: std::str::FromStr + TryFrom<i64>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Raw {
        Number(i64),
        Text(String),
    }
    let fault = || serde::de::Error::custom("is no number in the permitted range");
    match Raw::deserialize(deserializer)? {
        Raw::Number(number) => T::try_from(number).map_err(|_| fault()),
        Raw::Text(text) => text.trim().parse().map_err(|_| fault()),
    }
}
