//! Reads every `use` and path of `api/src` (and of the lower crates' manifests) against the floors table of
//! `docs/architecture.md`, and goes red when a module imports what its row does not name.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};
use syn::{UseTree, visit::Visit};

/// What each module of `api` may name of ours, besides itself; floor 0 (`questionnaires`, `domain`) goes everywhere
/// but where the row says `!floor0`. `crate::word_enum!` and other macros count as `domain`.
const MAY: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("charts", &[]),
    ("store", &["entity", "migration", "sea_orm", "sea_orm_migration", "sqlx"]),
    ("blobs", &[]),
    ("auth", &[]),
    ("outbound", &[]),
    ("documents", &["charts"]),
    ("render", &["charts"]),
    ("mail", &["render"]),
    ("usecases", &["store", "blobs", "auth", "outbound", "documents"]),
    ("web", &["usecases", "auth", "charts", "documents", "render", "actix_web", "actix_multipart", "config"]),
    ("jobs", &["usecases", "store::job_queue", "render", "mail", "outbound", "shutdown"]),
    ("cli", &["usecases", "mail", "config"]),
    ("config", &["!floor0"]),
    ("shutdown", &["!floor0"]),
    ("telemetry", &["!floor0"]),
];

/// Wiring may see everything.
const WIRING: &[&str] = &["main", "bootstrap", "lib", "demo"];

/// The names that the rows are about: our modules and crates, and the libraries that only some floors may name.
const WATCHED: &[&str] = &[
    "domain",
    "charts",
    "store",
    "blobs",
    "auth",
    "outbound",
    "documents",
    "render",
    "mail",
    "usecases",
    "web",
    "jobs",
    "cli",
    "config",
    "shutdown",
    "telemetry",
    "bootstrap",
    "demo",
];
const LIBRARIES: &[&str] = &[
    "entity",
    "migration",
    "questionnaires",
    "sea_orm",
    "sea_orm_migration",
    "sqlx",
    "actix_web",
    "actix_multipart",
];

#[derive(Default)]
struct Paths(BTreeSet<Vec<String>>);

impl Paths {
    fn tree(&mut self, prefix: &[String], tree: &UseTree) {
        let mut path = prefix.to_vec();
        match tree {
            UseTree::Path(part) => {
                path.push(part.ident.to_string());
                self.tree(&path, &part.tree);
            }
            UseTree::Name(name) => {
                path.push(name.ident.to_string());
                self.0.insert(path);
            }
            UseTree::Rename(name) => {
                path.push(name.ident.to_string());
                self.0.insert(path);
            }
            UseTree::Glob(_) => {
                self.0.insert(path);
            }
            UseTree::Group(group) => group.items.iter().for_each(|item| self.tree(&path, item)),
        }
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        // Unit tests inside a module may build what they need from anywhere.
        let is_test = module.attrs.iter().any(|a| a.path().is_ident("cfg"));
        if !is_test {
            syn::visit::visit_item_mod(self, module);
        }
    }
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.tree(&[], &item.tree);
    }
    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            self.0.insert(path.segments.iter().map(|s| s.ident.to_string()).collect());
        }
        syn::visit::visit_path(self, path);
    }
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
}

/// What a file names of ours: `(module or crate, what follows)`.
fn named(path: &[String], own: &str, top_level: &BTreeSet<String>) -> Option<(String, String)> {
    let rest = |from: usize| path.get(from..).unwrap_or_default().join("::");
    match path.first().map(String::as_str) {
        Some("crate" | "api") => {
            let module = path.get(1)?.clone();
            (top_level.contains(&module) && module != own).then(|| (module, rest(2)))
        }
        Some(first) if LIBRARIES.contains(&first) => Some((first.to_owned(), rest(1))),
        _ => None,
    }
}

/// Every breach in one file's source, as sentences.
fn breaches(module: &str, label: &str, source: &str) -> Vec<String> {
    let rows: BTreeMap<&str, &[&str]> = MAY.iter().copied().collect();
    let Some(row) = rows.get(module) else {
        return vec![format!("{label}: module `{module}` has no row in the floors table")];
    };
    let watched: BTreeSet<String> = WATCHED.iter().map(|w| (*w).to_owned()).collect();
    let mut paths = Paths::default();
    paths.visit_file(&syn::parse_file(source).unwrap());
    let mut found = Vec::new();
    for path in &paths.0 {
        let Some((target, rest)) = named(path, module, &watched) else { continue };
        let floor0 = matches!(target.as_str(), "domain" | "questionnaires") && !row.contains(&"!floor0");
        let allowed = floor0
            || row.contains(&target.as_str())
            || row.iter().any(|may| {
                may.strip_prefix(&format!("{target}::"))
                    .is_some_and(|inside| rest == inside || rest.starts_with(&format!("{inside}::")))
            });
        // `domain` itself may import `questionnaires` only.
        let allowed = allowed && !(module == "domain" && target == "domain");
        if !allowed {
            found.push(format!("{label}: `{module}` may not import `{}`", path.join("::")));
        }
    }
    found
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

#[test]
fn every_module_imports_only_what_its_row_names() {
    let src = root().join("api/src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let mut found = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&src).unwrap().to_path_buf();
        let first = relative.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
        let module = first.trim_end_matches(".rs").to_owned();
        let tests = relative.file_name().is_some_and(|name| name.to_string_lossy().ends_with("tests.rs"));
        if WIRING.contains(&module.as_str()) || tests {
            continue;
        }
        found.extend(breaches(&module, &relative.display().to_string(), &fs::read_to_string(&file).unwrap()));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_breach_is_seen() {
    let reasons = [
        ("usecases", "use actix_web::HttpResponse;"),
        ("usecases", "use sea_orm::EntityTrait;"),
        ("usecases", "fn f() { crate::render::Renderer::new(); }"),
        ("domain", "use crate::store::Database;"),
        ("web", "use crate::store::vendors;"),
        ("web", "use crate::mail::Mailer;"),
        ("render", "use crate::usecases::Ctx;"),
        ("jobs", "use crate::store::vendors;"),
        ("config", "use crate::domain::Role;"),
        ("store", "use crate::usecases::{self, Ctx};"),
        ("nobody", "fn f() {}"),
    ];
    for (module, source) in reasons {
        assert!(!breaches(module, "x.rs", source).is_empty(), "{module}: {source}");
    }
    for (module, source) in [
        ("usecases", "use crate::{domain::Role, store::StoreError};"),
        ("jobs", "use crate::store::job_queue::Claimed;"),
        ("mail", "use crate::render::Renderer;"),
    ] {
        assert_eq!(breaches(module, "x.rs", source), Vec::<String>::new());
    }
}

#[test]
fn the_lower_crates_depend_on_nothing_above_them() {
    let manifest = |name: &str| fs::read_to_string(root().join(name).join("Cargo.toml")).unwrap();
    for (name, banned) in [
        ("questionnaires", &["api", "entity", "migration", "sea-orm", "actix-web", "tokio"][..]),
        ("entity", &["api", "migration", "questionnaires", "actix-web"][..]),
        ("migration", &["api", "entity", "questionnaires", "actix-web"][..]),
    ] {
        let text = manifest(name);
        for other in banned {
            assert!(
                !text
                    .lines()
                    .any(|l| l.starts_with(&format!("{other}.")) || l.starts_with(&format!("{other} ="))),
                "{name} depends on {other}"
            );
        }
    }
}

#[test]
fn the_top_level_holds_only_what_the_layout_names() {
    let allowed = ["api", "entity", "migration", "questionnaires", "templates", "tests", "docs", "target"];
    for entry in fs::read_dir(root()).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() && !name.starts_with('.') {
            assert!(allowed.contains(&name.as_str()), "unexpected folder {name}");
        }
    }
}

/// Writes without an audit event are for housekeeping; each new one is a decision, so their number is fixed here.
#[test]
fn unaudited_commits_are_counted() {
    let src = root().join("api/src/usecases");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let mut sites = Vec::new();
    for file in files {
        for (number, line) in fs::read_to_string(&file).unwrap().lines().enumerate() {
            if line.contains("commit_unaudited(") {
                sites.push(format!("{}:{}: {}", file.display(), number + 1, line.trim()));
            }
        }
    }
    assert!(sites.len() <= UNAUDITED_SITES, "{} unaudited commits:\n{}", sites.len(), sites.join("\n"));
}

const UNAUDITED_SITES: usize = 20;
