//! What `assay config check` prints: each setting in force with its source, and nothing that is secret.

use std::collections::BTreeMap;
use std::path::Path;

use figment2::value::Value;
use figment2::{Figment, Metadata};

use super::faults::url_password;
use super::{ConfigError, EffectiveSetting};

/// Every fault of a set of sources, in one line.
pub(super) fn all_faults(error: figment2::Error) -> String {
    error.into_iter().map(|fault| redact_fault(&fault)).collect::<Vec<_>>().join("; ")
}

/// figment repeats the offending value in its message; a secret must not reach the terminal that way.
fn redact_fault(fault: &figment2::Error) -> String {
    let name = fault.path.join(".");
    if is_secret(&name) {
        let source = fault.metadata.as_ref().map_or("default", |m| m.name.as_ref());
        return format!("{name} is no text (from {source})");
    }
    let text = fault.to_string();
    if text.contains(&name) { text } else { format!("{name}: {text}") }
}

/// Whether a setting's value is never shown.
pub(super) fn is_secret(name: &str) -> bool {
    matches!(name, "smtp.password" | "database.url")
}

/// Every setting in order of name, redacted.
pub(super) fn effective(
    figment: &Figment,
    environment: &[(String, String)],
) -> Result<Vec<EffectiveSetting>, ConfigError> {
    let tree = figment.find_value("").map_err(|e| ConfigError::Invalid(all_faults(e)))?;
    let mut values = BTreeMap::new();
    flatten(&tree, String::new(), &mut values);
    let settings = values.into_iter().map(|(name, value)| {
        let source = figment
            .find_metadata(&name)
            .map_or_else(|| "default".to_owned(), |m| describe(m, &name, environment));
        let value = if is_secret(&name) { redacted(&value) } else { value };
        EffectiveSetting { name, value, source }
    });
    Ok(settings.collect())
}

fn describe(metadata: &Metadata, name: &str, environment: &[(String, String)]) -> String {
    match &metadata.source {
        Some(figment2::Source::File(path)) => format!("file {}", short(path)),
        _ if metadata.name == "variable" => {
            let is_it = |variable: &&String| {
                variable
                    .strip_prefix("ASSAY_")
                    .is_some_and(|rest| rest.to_ascii_lowercase().replace("__", ".") == name)
            };
            let variable = environment.iter().map(|(variable, _)| variable).find(is_it);
            format!("variable {}", variable.map_or("ASSAY_*", String::as_str))
        }
        _ => metadata.name.to_string(),
    }
}

fn short(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

fn flatten(value: &Value, name: String, into: &mut BTreeMap<String, String>) {
    if let Some(dict) = value.as_dict() {
        for (key, inner) in dict {
            flatten(inner, if name.is_empty() { key.clone() } else { format!("{name}.{key}") }, into);
        }
    } else if let Some(list) = value.as_array() {
        let texts: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
        into.insert(name, texts.join(", "));
    } else {
        let text = value.clone().into_string().or_else(|| value.to_i128().map(|n| n.to_string()));
        into.insert(name, text.unwrap_or_else(|| format!("{value:?}")));
    }
}

/// Of a URL scheme and host stay; of anything else nothing.
fn redacted(value: &str) -> String {
    match value.split_once("://") {
        Some((scheme, rest)) if url_password(value).is_some() => {
            format!(
                "{scheme}://[redacted]@{}",
                rest.split(['?']).next().and_then(|r| r.rsplit_once('@')).map_or("", |(_, host)| host)
            )
        }
        Some((_, rest)) => {
            let end = value.len() - rest.len() + rest.find('?').unwrap_or(rest.len());
            value.get(..end).unwrap_or_default().to_owned()
        }
        None => "[redacted]".to_owned(),
    }
}
