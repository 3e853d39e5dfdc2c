//! The files below `templates/`: embedded in the binary, overridable by a directory; and of these the static ones,
//! each served under a name that carries a hash of its content, so that browsers may keep it for ever.

use std::collections::BTreeMap;
use std::path::Path;

use bytes::Bytes;
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use super::RenderError;

/// `templates/` as it was when the binary was built; in a debug build the folder itself.
#[derive(RustEmbed)]
#[folder = "../templates"]
struct Embedded;

/// One static file.
#[derive(Debug, Clone)]
pub struct Asset {
    /// The name below `templates/static/`, for instance `app.css`.
    pub name: String,
    /// The path to link to, for instance `/static/app.3f9a20c1b2.css`.
    pub href: String,
    /// The content type, with charset for text.
    pub mime: &'static str,
    /// A strong entity tag, in quotes.
    pub etag: String,
    /// The content.
    pub bytes: Bytes,
}

/// All static files, by name and by path.
#[derive(Debug, Default)]
pub struct Assets {
    by_name: BTreeMap<String, Asset>,
    by_href: BTreeMap<String, String>,
}

impl Assets {
    /// Hashes the files below `static/`. Style sheets and scripts come last: `/static/<name>` inside them becomes
    /// the hashed path of that file.
    pub(super) fn build(files: &BTreeMap<String, Bytes>) -> Self {
        let mut assets = Self::default();
        let mut statics: Vec<(&str, &Bytes)> =
            files.iter().filter_map(|(path, bytes)| Some((path.strip_prefix("static/")?, bytes))).collect();
        statics.sort_by_key(|(name, _)| (rank(name), *name));
        for (name, bytes) in statics {
            let bytes = match rank(name) {
                0 => bytes.clone(),
                _ => without_comments(&assets.linked(bytes)),
            };
            let digest = hex::encode(Sha256::digest(&bytes));
            let short = digest.get(..10).unwrap_or(&digest);
            let (stem, extension) = name.rsplit_once('.').unwrap_or((name, "bin"));
            let href = format!("/static/{stem}.{short}.{extension}");
            assets.by_href.insert(href.clone(), name.to_owned());
            let asset = Asset {
                name: name.to_owned(),
                href,
                mime: mime(extension),
                etag: format!("\"{digest}\""),
                bytes,
            };
            assets.by_name.insert(name.to_owned(), asset);
        }
        assets
    }

    fn linked(&self, bytes: &Bytes) -> Bytes {
        let mut text = String::from_utf8_lossy(bytes).into_owned();
        for asset in self.by_name.values() {
            text = text.replace(&format!("/static/{}", asset.name), &asset.href);
        }
        Bytes::from(text)
    }

    /// The file of this plain name, for instance `app.css`.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Asset> {
        self.by_name.get(name)
    }

    /// The file served under this whole path, for instance `/static/app.3f9a20c1b2.css`.
    #[must_use]
    pub fn at(&self, href: &str) -> Option<&Asset> {
        self.by_name.get(self.by_href.get(href)?)
    }

    /// All static files, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Asset> {
        self.by_name.values()
    }
}

/// A script or stylesheet without its comments and its indentation: they are for who reads the file, not for each
/// browser to fetch. No text of ours goes over several lines, and a comment behind code has no quotes.
fn without_comments(script: &Bytes) -> Bytes {
    let text = String::from_utf8_lossy(script);
    let mut in_block = false;
    let code = text.lines().map(str::trim).filter(|line| {
        let comment = in_block || line.starts_with("//") || line.starts_with("/*");
        in_block = comment && (in_block || line.starts_with("/*")) && !line.ends_with("*/");
        !comment && !line.is_empty()
    });
    let code = code.map(|line| match line.split_once(" // ") {
        Some((code, comment)) if !comment.contains(['"', '`', '\'']) => code,
        _ => line,
    });
    Bytes::from(code.collect::<Vec<_>>().join("\n") + "\n")
}

/// Files that others link to are hashed before those that link.
fn rank(name: &str) -> u8 {
    match name.rsplit_once('.') {
        Some((_, "js")) => 1,
        Some((_, "css")) => 2,
        _ => 0,
    }
}

fn mime(extension: &str) -> &'static str {
    match extension {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "woff2" => "font/woff2",
        "png" => "image/png",
        _ => "text/plain; charset=utf-8",
    }
}

/// Every file of `templates/` by its path with forward slashes, those of `overrides` first.
pub(super) fn files(overrides: Option<&Path>) -> Result<BTreeMap<String, Bytes>, RenderError> {
    let mut files = BTreeMap::new();
    for path in Embedded::iter() {
        if let Some(file) = Embedded::get(&path) {
            files.insert(path.replace('\\', "/"), Bytes::from(file.data.into_owned()));
        }
    }
    if let Some(root) = overrides {
        walk(root, "", &mut files)?;
    }
    Ok(files)
}

fn walk(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Bytes>) -> Result<(), RenderError> {
    let unreadable = |source| RenderError::Read { path: folder.display().to_string(), source };
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type().map_err(unreadable)?.is_dir() {
            walk(&entry.path(), &format!("{name}/"), files)?;
        } else {
            let bytes = std::fs::read(entry.path())
                .map_err(|source| RenderError::Read { path: entry.path().display().to_string(), source })?;
            files.insert(name, Bytes::from(bytes));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_served_without_its_comments_and_with_all_its_code() {
        let script = "// Purpose.\nconst a = 1; // one\n/** One line. */\n  /** Two\n   * lines. */\nconst b = `//`;\n";
        assert_eq!(without_comments(&Bytes::from(script)), "const a = 1;\nconst b = `//`;\n");
        let style =
            "/* Purpose, on\n   two lines. */\n@layer a {\n  /* why */\n  p { color: var(--ink) }\n}\n";
        assert_eq!(without_comments(&Bytes::from(style)), "@layer a {\np { color: var(--ink) }\n}\n");
    }
}
