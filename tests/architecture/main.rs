//! Reads every `use` and path of `api/src` and the lower crates' manifests against the floors table of
//! `docs/architecture.md`, and goes red when a module names what its row does not.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Component, Path, PathBuf},
};
use syn::{UseTree, visit::Visit};

/// Libraries that a module may name only when its row does.
const LIBRARIES: &[&str] = &[
    "sea_orm",
    "sea_orm_migration",
    "sqlx",
    "actix_web",
    "actix_multipart",
    "questionnaires",
    "entity",
    "migration",
];

/// What a row of the floors table says.
#[derive(Debug, Default)]
struct Row {
    /// What the module may name, besides itself.
    may: BTreeSet<String>,
    /// Whether it may name floor 0: `questionnaires` and `domain`.
    floor0: bool,
}

/// The table of `docs/architecture.md`.
struct Floors {
    /// By module of `api`, or by crate.
    rows: BTreeMap<String, Row>,
    /// Modules that may see everything.
    wiring: BTreeSet<String>,
}

impl Floors {
    /// Reads the document. In the right column everything in backticks before the first semicolon is allowed, and
    /// floor 0 too unless the row says "nothing of ours" or "not floor 0".
    fn of(document: &str) -> Self {
        let names = |text: &str| -> Vec<String> {
            let quoted = text.split('`').skip(1).step_by(2);
            quoted.map(|name| name.trim_start_matches("api::").to_owned()).collect()
        };
        let mut rows = BTreeMap::new();
        let table = document.lines().skip_while(|line| !line.starts_with("| module | may import |"));
        for line in table.skip(2).take_while(|line| line.starts_with('|')) {
            let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
            let [modules, may] = cells[..] else { panic!("a row of two cells: {line}") };
            let floor0 = !may.contains("nothing of ours") && !may.contains("not floor 0");
            let may: BTreeSet<String> =
                names(may.split(';').next().unwrap_or_default()).into_iter().collect();
            for module in names(modules) {
                rows.insert(module, Row { may: may.clone(), floor0 });
            }
        }
        let top = document.lines().find(|line| line.starts_with("floor 5"));
        let wiring = top.unwrap().split_whitespace().filter_map(|word| word.strip_prefix("api::"));
        Self { rows, wiring: wiring.chain(["lib"]).map(str::to_owned).collect() }
    }

    fn documented() -> Self {
        Self::of(&fs::read_to_string(root().join("docs/architecture.md")).unwrap())
    }

    /// Every breach in the source of one file, as sentences. `place` is its path of modules below `api`.
    fn breaches(&self, place: &[&str], source: &str) -> Vec<String> {
        let label = place.join("::");
        let module = place[0];
        let Some(row) = self.rows.get(module) else {
            return vec![format!("{label}: `{module}` has no row in the floors table")];
        };
        let mut paths =
            Paths { place: place.iter().map(|part| (*part).to_owned()).collect(), found: BTreeSet::new() };
        paths.visit_file(&syn::parse_file(source).unwrap());
        let breach = |path: &&Vec<String>| !self.allows(module, row, path);
        let told = |path: &Vec<String>| format!("{label}: `{module}` may not name `{}`", path.join("::"));
        paths.found.iter().filter(breach).map(told).collect()
    }

    fn allows(&self, module: &str, row: &Row, path: &[String]) -> bool {
        let (target, inside) = match path.first().map(String::as_str) {
            Some("crate" | "api") => match path.get(1).map(String::as_str) {
                // A name for the whole crate would hide what is reached through it.
                None => return false,
                Some(name) if name == module || !self.is_module(name) => return true,
                Some(name) => (name, &path[2..]),
            },
            Some(name) if LIBRARIES.contains(&name) => (name, &path[1..]),
            _ => return true,
        };
        let part = |may: &String| {
            let mut parts = may.split("::");
            parts.next() == Some(target)
                && parts.clone().count() > 0
                && parts.zip(inside).all(|(a, b)| a == b)
        };
        (row.floor0 && matches!(target, "domain" | "questionnaires"))
            || row.may.contains(target)
            || (!inside.is_empty() && row.may.iter().any(part))
    }

    /// Whether a name below the crate's root is a module, and no macro.
    fn is_module(&self, name: &str) -> bool {
        self.rows.contains_key(name) || self.wiring.contains(name)
    }
}

/// Every path of a file, those that begin with `self` or `super` as seen from the crate's root.
struct Paths {
    place: Vec<String>,
    found: BTreeSet<Vec<String>>,
}

impl Paths {
    fn insert(&mut self, path: &[String]) {
        let relative = path.iter().take_while(|part| matches!(part.as_str(), "self" | "super")).count();
        if relative == 0 {
            self.found.insert(path.to_vec());
            return;
        }
        let ups = path[..relative].iter().filter(|part| *part == "super").count();
        let kept = self.place.len().saturating_sub(ups);
        let root = std::iter::once("crate".to_owned());
        self.found.insert(root.chain(self.place[..kept].iter().chain(&path[relative..]).cloned()).collect());
    }

    fn tree(&mut self, prefix: &[String], tree: &UseTree) {
        let mut path = prefix.to_vec();
        match tree {
            UseTree::Path(part) => {
                path.push(part.ident.to_string());
                self.tree(&path, &part.tree);
            }
            UseTree::Name(syn::UseName { ident }) | UseTree::Rename(syn::UseRename { ident, .. }) => {
                // `store::{self}` names `store`.
                if *ident != "self" || path.is_empty() {
                    path.push(ident.to_string());
                }
                self.insert(&path);
            }
            UseTree::Glob(_) => self.insert(&path),
            UseTree::Group(group) => group.items.iter().for_each(|item| self.tree(&path, item)),
        }
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        // Unit tests inside a module may build what they need from anywhere.
        let is_test = module.attrs.iter().any(|a| a.path().is_ident("cfg"));
        if !is_test {
            self.place.push(module.ident.to_string());
            syn::visit::visit_item_mod(self, module);
            self.place.pop();
        }
    }
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.tree(&[], &item.tree);
    }
    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            self.insert(&path.segments.iter().map(|s| s.ident.to_string()).collect::<Vec<_>>());
        }
        syn::visit::visit_path(self, path);
    }
    fn visit_macro(&mut self, made: &'ast syn::Macro) {
        // What stands between a macro's brackets is no syntax yet: the paths in it are taken from its words.
        let words = made.tokens.to_string().replace(" :: ", "::").replace(":: ", "::");
        for path in words.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | ':'))) {
            let parts: Vec<String> = path.split("::").map(str::to_owned).collect();
            if parts.len() > 1 && parts.iter().all(|part| !part.is_empty() && !part.contains(':')) {
                self.insert(&parts);
            }
        }
        syn::visit::visit_macro(self, made);
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

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

#[test]
fn every_module_names_only_what_its_row_does() {
    let (floors, src) = (Floors::documented(), root().join("api/src"));
    let mut files = Vec::new();
    sources(&src, &mut files);
    let (mut found, mut read) = (Vec::new(), 0);
    for file in files {
        let relative = file.strip_prefix(&src).unwrap().with_extension("");
        let mut place: Vec<&str> = relative
            .components()
            .map(|part| if let Component::Normal(part) = part { part.to_str().unwrap() } else { "" })
            .collect();
        // `mod.rs` is its folder.
        place.retain(|part| *part != "mod");
        if floors.wiring.contains(place[0]) || place.last().unwrap().ends_with("tests") {
            continue;
        }
        found.extend(floors.breaches(&place, &fs::read_to_string(&file).unwrap()));
        read += 1;
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(read > 100, "{read} files");
}

#[test]
fn every_row_is_about_something_that_exists() {
    let floors = Floors::documented();
    assert!(floors.rows.len() >= 15, "{:?}", floors.rows.keys());
    for name in floors.rows.keys() {
        let src = root().join("api/src");
        let places = [root().join(name), src.join(name), src.join(format!("{name}.rs"))];
        assert!(places.iter().any(|place| place.exists()), "the floors table has a row for {name}");
    }
}

#[test]
fn a_breach_is_seen() {
    let floors = Floors::documented();
    let breaches = [
        (&["usecases", "vendors"][..], "use actix_web::HttpResponse;"),
        (&["usecases", "vendors"], "use sea_orm::EntityTrait;"),
        (&["usecases", "vendors"], "fn f() { crate::render::Renderer::new(); }"),
        (&["usecases", "vendors"], "use crate::{self as root};"),
        (&["domain", "vendor"], "use crate::store::Database;"),
        (&["web", "vendors"], "use crate::store::vendors;"),
        (&["web", "vendors"], "use super::super::store::vendors;"),
        (&["web", "vendors"], "use super::super::{usecases::Ctx, store};"),
        (&["web", "vendors"], "fn f() { super::super::store::vendors::list(); }"),
        (&["web", "vendors"], "mod inner { use super::super::super::store::vendors; }"),
        (&["web"], "use super::store::vendors;"),
        (&["web", "vendors"], "fn f() { tracing::info!(n = crate::store::count(), \"seen\"); }"),
        (&["web", "vendors"], "use crate::mail::Mailer;"),
        (&["web", "vendors"], "use crate::bootstrap;"),
        (&["render", "page"], "use crate::usecases::Ctx;"),
        (&["jobs", "worker"], "use crate::store::vendors;"),
        (&["jobs", "worker"], "use crate::store::{job_queue::Claimed, vendors};"),
        (&["config"], "use crate::domain::Role;"),
        (&["config"], "use questionnaires::exact::Exact;"),
        (&["store", "vendors"], "use crate::usecases::{self, Ctx};"),
        (&["nobody"], "fn f() {}"),
    ];
    for (place, source) in breaches {
        assert!(!floors.breaches(place, source).is_empty(), "{place:?}: {source}");
    }
    for (place, source) in [
        (&["usecases", "vendors"][..], "use crate::{domain::Role, store::StoreError};"),
        (&["usecases", "vendors"], "use super::{Ctx, error::Faults};"),
        (&["render", "portal", "question"], "use super::super::parts::Link;"),
        (&["jobs", "worker"], "use crate::store::job_queue::Claimed;"),
        (&["jobs"], "mod inner { use super::worker::Ran; }"),
        (&["mail", "message"], "use crate::render::Renderer;"),
        (&["domain", "vendor"], "crate::word_enum! { enum A { B => \"b\" } }"),
        (&["web", "vendors"], "#[cfg(test)] mod tests { use crate::store::vendors; }"),
    ] {
        assert_eq!(floors.breaches(place, source), Vec::<String>::new());
    }
}

#[test]
fn the_lower_crates_depend_only_on_what_their_row_names() {
    let floors = Floors::documented();
    for name in ["questionnaires", "entity", "migration"] {
        let row = &floors.rows[name];
        assert!(!row.floor0, "{name} stands below or beside floor 0");
        let manifest = fs::read_to_string(root().join(name).join("Cargo.toml")).unwrap();
        let names = manifest.lines().filter_map(|line| line.split(['.', ' ', '=']).next());
        for dependency in names.map(|dependency| dependency.replace('-', "_")) {
            let ours = dependency == "api" || LIBRARIES.contains(&dependency.as_str());
            assert!(!ours || row.may.contains(&dependency), "{name} depends on {dependency}");
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

/// Every text of a file that looks like an act: `noun.verb`, where the verb is in the past or the text is handed to
/// what makes events.
#[derive(Default)]
struct Acts {
    found: BTreeSet<String>,
}

impl Acts {
    /// Past tenses without "ed" that our acts use.
    const IRREGULAR: &[&str] = &["sent", "chosen", "given", "withdrawn", "in", "out", "ready"];
    /// Named like acts: settings of the installation.
    const OTHERS: &[&str] = &["mail.paused"];

    fn argument(&mut self, expression: Option<&syn::Expr>) {
        if let Some(syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. })) = expression {
            self.found.insert(text.value());
        }
    }
}

impl<'ast> Visit<'ast> for Acts {
    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        if call.method == "event" {
            self.argument(call.args.first());
        }
        syn::visit::visit_expr_method_call(self, call);
    }
    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        let made = matches!(&*call.func, syn::Expr::Path(path)
            if path.path.segments.iter().any(|segment| segment.ident == "AuditEvent"));
        if made {
            self.argument(call.args.first());
        }
        syn::visit::visit_expr_call(self, call);
    }
    fn visit_lit_str(&mut self, literal: &'ast syn::LitStr) {
        let text = literal.value();
        let plain = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        if let Some((noun, verb)) = text.split_once('.').filter(|(noun, verb)| plain(noun) && plain(verb)) {
            let last = verb.rsplit('_').next().unwrap();
            let past = last.ends_with("ed") || Self::IRREGULAR.contains(&last);
            if past && !Self::OTHERS.contains(&text.as_str()) {
                self.found.insert(format!("{noun}.{verb}"));
            }
        }
    }
}

#[test]
fn every_act_has_words_and_every_word_an_act() {
    let mut files = Vec::new();
    sources(&root().join("api/src/usecases"), &mut files);
    let mut acts = Acts::default();
    for file in files {
        acts.visit_file(&syn::parse_file(&fs::read_to_string(file).unwrap()).unwrap());
    }
    let worded: BTreeSet<String> = api::domain::acts::ACTS.iter().map(|(act, _)| (*act).to_owned()).collect();
    let missing: Vec<_> = acts.found.difference(&worded).collect();
    assert!(missing.is_empty(), "domain/acts.rs has no words for {missing:?}");
    let unused: Vec<_> = worded.difference(&acts.found).collect();
    assert!(unused.is_empty(), "no use-case records {unused:?}");
}

#[test]
fn every_problem_is_met_by_a_test() {
    let documented = fs::read_to_string(root().join("docs/problems.md")).unwrap();
    let codes = documented.lines().filter_map(|line| line.strip_prefix("## ")?.split(' ').next());
    let mut files = Vec::new();
    for suite in ["tests/http", "tests/processes"] {
        sources(&root().join(suite), &mut files);
    }
    let tests: String = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let mut count = 0;
    for code in codes {
        let met = tests.contains(&format!("\"{code}\"")) || tests.contains(&format!("\"{code}\\\""));
        assert!(met, "no test meets `{code}`");
        count += 1;
    }
    assert!(count > 20, "{count} codes");
}

#[test]
fn z_01_routes_are_registered_by_the_route_table_alone() {
    let src = root().join("api/src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let mut sites = Vec::new();
    for file in files {
        for (number, line) in fs::read_to_string(&file).unwrap().lines().enumerate() {
            if [".route(", ".service(", "web::resource(", "web::scope("]
                .iter()
                .any(|call| line.contains(call))
            {
                let place = file.strip_prefix(&src).unwrap().display().to_string();
                sites.push((place, number + 1, line.trim().to_owned()));
            }
        }
    }
    let [(place, _, _)] = &sites[..] else { panic!("routes are registered in {sites:?}") };
    assert_eq!(place, "web/routes.rs");
}

/// Writes without an audit event are for housekeeping; each one is a decision, so their number is fixed here.
const UNAUDITED_SITES: usize = 12;

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
    assert_eq!(sites.len(), UNAUDITED_SITES, "unaudited commits:\n{}", sites.join("\n"));
}
