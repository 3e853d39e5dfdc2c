//! The rules every template keeps, checked on the samples.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::assets::files;
use super::samples::{Sample, mails, pages};
use super::{Medium, Renderer, template_name};

fn templates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../templates")
}

fn sources() -> Vec<(String, String)> {
    files(None)
        .unwrap()
        .into_iter()
        .filter(|(path, _)| path.ends_with(".hbs"))
        .map(|(path, bytes)| (path, String::from_utf8(bytes.to_vec()).unwrap()))
        .collect()
}

fn rendered_pages() -> Vec<(Sample, String)> {
    let renderer = Renderer::new(None).unwrap();
    pages()
        .into_iter()
        .map(|sample| {
            let html = renderer.page(sample.template, &sample.view).unwrap_or_else(|e| {
                panic!(
                    "{} {}: {e}: {:?}",
                    sample.template,
                    sample.state,
                    std::error::Error::source(&e).map(ToString::to_string)
                )
            });
            (sample, html)
        })
        .collect()
}

#[test]
fn every_sample_renders_in_strict_mode_and_twice_the_same() {
    let first = rendered_pages();
    assert!(!first.is_empty());
    for ((sample, one), (_, two)) in first.iter().zip(rendered_pages()) {
        assert_eq!(*one, two, "{} {}", sample.template, sample.state);
    }
    let renderer = Renderer::new(None).unwrap();
    for sample in mails() {
        let name = format!("{} {}", sample.template, sample.state);
        let one =
            renderer.mail_parts(sample.template, &sample.view).unwrap_or_else(|e| panic!("{name}: {e:?}"));
        assert_eq!(one, renderer.mail_parts(sample.template, &sample.view).unwrap(), "{name}");
    }
}

#[test]
fn every_page_and_mail_has_a_sample_and_no_partial_is_left_over() {
    let sampled: BTreeSet<String> = pages()
        .iter()
        .map(|s| s.template.to_owned())
        .chain(
            mails()
                .iter()
                .flat_map(|s| ["subject", "body"].map(|part| format!("email/{}/{part}", s.template))),
        )
        .collect();
    let all = sources();
    for (path, _) in &all {
        let (name, _) = template_name(path).unwrap();
        let shared =
            path.starts_with("partials/") || path.starts_with("layout/") || path.starts_with("email/layout.");
        if shared {
            let uses = [
                format!("{{{{part \"{name}\""),
                format!("{{{{#within \"{name}\""),
                format!("{{{{> {name}}}}}"),
                format!("{{{{> {name} "),
                format!("{{{{#> {name}}}}}"),
                format!("{{{{#> {name} "),
            ];
            let used = all
                .iter()
                .any(|(other, source)| other != path && uses.iter().any(|u| source.contains(u.as_str())));
            assert!(used, "nothing uses {path}");
        } else {
            assert!(sampled.contains(&name), "{path} has no sample; add one in api/src/render");
        }
    }
}

#[test]
fn nothing_is_written_unescaped() {
    for (path, source) in sources() {
        assert!(!source.contains("{{{") && !source.contains("{{&"), "{path} writes without escaping");
    }
}

#[test]
fn a_name_with_markup_is_shown_not_obeyed() {
    let renderer = Renderer::new(None).unwrap();
    for sample in pages() {
        let mut view = sample.view.clone();
        poison(&mut view);
        let html = renderer.page(sample.template, &view);
        // Poisoned keys (icon names, kinds) may be refused; what is written is escaped.
        if let Ok(html) = html {
            assert!(!html.contains("<script>boo"), "{}", sample.template);
            assert!(!html.contains("\"onx="), "{}", sample.template);
        }
    }
}

/// Appends markup to every text that no helper reads as a name.
fn poison(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::String(text) if text.contains(' ') => {
            text.push_str("<script>boo</script>\"onx=\"1")
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(poison),
        // What code has written is tried where it is written.
        serde_json::Value::Object(fields) if fields.contains_key("html") => {}
        serde_json::Value::Object(fields) => fields.values_mut().for_each(poison),
        _ => {}
    }
}

#[test]
fn pages_have_no_inline_style_or_script() {
    for (sample, html) in rendered_pages() {
        let name = format!("{} {}", sample.template, sample.state);
        assert!(!html.contains(" style=") && !html.contains("<style"), "{name} has inline style");
        for script in html.split("<script").skip(1) {
            let (tag, rest) = script.split_once('>').unwrap();
            assert!(
                tag.contains(" src=\"/static/") && rest.starts_with("</script>"),
                "{name} has an inline script"
            );
        }
        for attribute in tags(&html).flat_map(attributes).map(|(key, _)| key) {
            assert!(!attribute.starts_with("on"), "{name} has the handler {attribute}");
        }
    }
}

#[test]
fn every_page_has_one_h1_in_main_a_language_a_title_and_a_working_skip_link() {
    for (sample, html) in rendered_pages() {
        let name = format!("{} {}", sample.template, sample.state);
        assert!(html.starts_with("<!doctype html>"), "{name}");
        let main = html.split_once("<main").and_then(|(_, rest)| rest.split_once("</main>")).unwrap().0;
        assert_eq!(html.matches("<h1").count(), 1, "{name} has not exactly one h1");
        assert!(main.contains("<h1"), "{name}: the h1 is not in main");
        let all: Vec<_> = tags(&html).collect();
        let lang =
            all.iter().find(|t| t.starts_with("html ")).map(|t| attribute(t, "lang").unwrap_or_default());
        assert!(lang.is_some_and(|lang| lang.len() >= 2), "{name} has no language");
        let title = html.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>")).unwrap().0;
        assert!(title.ends_with("Assay") && title.len() > 8, "{name}: title {title}");
        assert_eq!(
            title.starts_with("Error: "),
            html.contains("id=\"error-summary\""),
            "{name}: title {title}"
        );
        let skip = all.iter().find(|t| attribute(t, "class").as_deref() == Some("skip")).unwrap();
        let target = attribute(skip, "href").unwrap();
        assert!(
            all.iter().any(|t| attribute(t, "id") == target.strip_prefix('#').map(ToOwned::to_owned)),
            "{name}: {target}"
        );
    }
}

#[test]
fn every_input_has_a_label_ids_are_unique_and_references_meet_them() {
    for (sample, html) in rendered_pages() {
        let name = format!("{} {}", sample.template, sample.state);
        let all: Vec<_> = tags(&html).collect();
        let ids: Vec<String> = all.iter().filter_map(|t| attribute(t, "id")).collect();
        let known: BTreeSet<&String> = ids.iter().collect();
        assert_eq!(ids.len(), known.len(), "{name}: an id is used twice: {ids:?}");
        for tag in &all {
            for key in ["for", "aria-labelledby", "aria-describedby"] {
                for id in attribute(tag, key)
                    .iter()
                    .flat_map(|v| v.split_whitespace().map(ToOwned::to_owned).collect::<Vec<_>>())
                {
                    assert!(known.contains(&id), "{name}: {key}={id} meets nothing");
                }
            }
        }
        let labelled: BTreeSet<String> = all.iter().filter_map(|t| attribute(t, "for")).collect();
        let mut open_labels = 0i32;
        for tag in &all {
            let element = tag.split([' ', '\n']).next().unwrap_or_default();
            match element {
                "label" => open_labels += 1,
                "/label" => open_labels -= 1,
                "input" | "select" | "textarea" if attribute(tag, "type").as_deref() != Some("hidden") => {
                    let by_id = attribute(tag, "id").is_some_and(|id| labelled.contains(&id));
                    let named =
                        attribute(tag, "aria-label").is_some() || attribute(tag, "aria-labelledby").is_some();
                    assert!(open_labels > 0 || by_id || named, "{name}: no label for <{tag}>");
                }
                _ => {}
            }
        }
    }
}

/// Forms that are sent before there is a session whose token they could carry: guarded by origin and by what is typed.
const OPEN_FORMS: &[(&str, &str)] = &[
    ("pages/accounts/set_up.hbs", "/set-up"),
    ("pages/accounts/sign_in.hbs", "/sign-in"),
    ("pages/accounts/join.hbs", "/join"),
    ("portal/link.hbs", "/q"),
    ("partials/fresh_link.hbs", "/q/fresh"),
];

#[test]
fn every_form_that_posts_carries_the_csrf_field() {
    for (path, source) in sources().into_iter().filter(|(path, _)| !path.starts_with("email/")) {
        for form in source.split("<form").skip(1) {
            let body = form.split_once("</form>").map_or(form, |(body, _)| body);
            let posts = body.split_once('>').is_some_and(|(tag, _)| tag.contains("method=\"post\""));
            let action = body.split_once("action=\"").and_then(|(_, rest)| rest.split_once('"'));
            let open = action.is_some_and(|(action, _)| OPEN_FORMS.contains(&(path.as_str(), action)));
            assert!(!posts || open || body.contains("{{part \"csrf\"}}"), "{path}: a form without csrf");
        }
    }
}

#[test]
fn dark_by_system_and_dark_by_choice_are_the_same_colours() {
    let css = fs::read_to_string(templates().join("static/app.css")).unwrap();
    let block = |after: &str| {
        let rest = css.split_once(after).unwrap().1;
        rest.split_once('}').unwrap().0.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(block(":root:not([data-theme=light]) {"), block("\n  :root[data-theme=dark] {"));
}

/// What stands on paper is black on white; every other colour is that of the light page.
const OF_PAPER: [&str; 8] =
    ["--bg", "--surface", "--sunken", "--ink", "--ink-2", "--link", "--focus", "--line"];

#[test]
fn paper_has_the_light_colours_whatever_the_screen_has() {
    let css = fs::read_to_string(templates().join("static/app.css")).unwrap();
    let colours = |after: &str| -> BTreeMap<String, String> {
        let block = css.split_once(after).unwrap().1.split_once('}').unwrap().0;
        let tokens = block.split(';').filter_map(|line| line.trim().split_once(": "));
        let colours = tokens.filter(|(name, value)| name.starts_with("--") && value.starts_with('#'));
        colours.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    let light = colours("@layer tokens {\n  :root {");
    let dark = colours("\n  :root[data-theme=dark] {");
    let paper = colours(":root, :root:not([data-theme=light]), :root[data-theme=dark] {");
    assert!(dark.len() > 30, "{dark:?}");
    assert_eq!(paper.keys().collect::<Vec<_>>(), dark.keys().collect::<Vec<_>>());
    for (name, colour) in paper.iter().filter(|(name, _)| !OF_PAPER.contains(&name.as_str())) {
        assert_eq!(light.get(name), Some(colour), "{name}");
    }
}

#[test]
fn colours_are_written_in_tokens_only_and_important_in_print_only() {
    let css = fs::read_to_string(templates().join("static/app.css")).unwrap();
    let (before, rest) = css.split_once("@layer tokens {").unwrap();
    let rules = rest.split_once("@layer base {").unwrap().1.split_once("@layer print {").unwrap().0;
    for (number, line) in before.lines().chain(rules.lines()).enumerate() {
        let hex = line.split('#').skip(1).any(|after| {
            let digits = after.chars().take_while(char::is_ascii_hexdigit).count();
            [3, 4, 6, 8].contains(&digits)
        });
        assert!(!hex, "line {number}: a colour outside the tokens: {line}");
        assert!(!line.contains("!important") || line.contains("no !important"), "line {number}: {line}");
    }
}

#[test]
fn vendored_files_are_the_ones_named_in_vendor_toml() {
    let vendor = fs::read_to_string(templates().join("static/vendor/VENDOR.toml")).unwrap();
    let value = |block: &str, key: &str| {
        let line = block
            .lines()
            .find(|line| line.starts_with(&format!("{key} = ")))
            .unwrap_or_else(|| panic!("{key} missing in {block}"));
        line.split('"').nth(1).unwrap().to_owned()
    };
    let mut named = BTreeSet::new();
    for block in vendor.split("[[file]]").skip(1) {
        let bytes = fs::read(templates().join("static").join(value(block, "path"))).unwrap();
        assert_eq!(hex::encode(Sha256::digest(&bytes)), value(block, "sha256"), "{}", value(block, "path"));
        assert!(templates().join("static").join(value(block, "licence_file")).exists());
        assert!(!value(block, "version").is_empty() && !value(block, "licence").is_empty());
        named.insert(value(block, "path"));
        named.insert(value(block, "licence_file"));
    }
    for entry in fs::read_dir(templates().join("static/vendor")).unwrap() {
        let name = format!("vendor/{}", entry.unwrap().file_name().to_string_lossy());
        assert!(name.ends_with("VENDOR.toml") || named.contains(&name), "{name} is not in VENDOR.toml");
    }
}

#[test]
fn static_files_go_by_content_and_link_to_each_other_so() {
    let renderer = Renderer::new(None).unwrap();
    let css = renderer.assets().named("app.css").unwrap();
    assert!(css.href.starts_with("/static/app.") && css.href.ends_with(".css"), "{}", css.href);
    assert_eq!(css.mime, "text/css; charset=utf-8");
    let font = renderer.assets().named("vendor/atkinson-hyperlegible-next-latin-wght-normal.woff2").unwrap();
    assert!(String::from_utf8_lossy(&css.bytes).contains(&font.href));
    assert_eq!(renderer.assets().at(&css.href).unwrap().etag, css.etag);
    assert!(renderer.assets().at("/static/app.css").is_none());
}

#[test]
fn a_file_of_the_overriding_directory_takes_the_embedded_ones_place() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("partials")).unwrap();
    fs::write(folder.path().join("partials/state.hbs"), "<b>{{this}}</b>").unwrap();
    let renderer = Renderer::new(Some(folder.path())).unwrap();
    let html = renderer.page("state", &"ready").unwrap();
    assert_eq!(html, "<b>ready</b>");
}

#[test]
fn html_escapes_and_text_does_not() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("x.html.hbs"), "{{name}}").unwrap();
    fs::write(folder.path().join("x.txt.hbs"), "{{name}}").unwrap();
    let renderer = Renderer::new(Some(folder.path())).unwrap();
    let view = serde_json::json!({"name": "R&D <labs>"});
    assert_eq!(renderer.page("x", &view).unwrap(), "R&amp;D &lt;labs&gt;");
    assert_eq!(renderer.text("x", &view).unwrap(), "R&D <labs>");
    assert!(renderer.page("x", &serde_json::json!({})).is_err(), "a missing field is an error");
    assert_eq!(
        template_name("email/x/subject.txt.hbs").unwrap(),
        ("email/x/subject".to_owned(), Medium::Text)
    );
}

/// The insides of all tags, closing tags with their slash.
fn tags(html: &str) -> impl Iterator<Item = &str> {
    html.split('<').skip(1).filter_map(|rest| rest.split_once('>')).map(|(tag, _)| tag)
}

fn attributes(tag: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = tag;
    while let Some((before, after)) = rest.split_once("=\"") {
        let key = before.rsplit([' ', '"', '\n']).next().unwrap_or_default();
        let (value, tail) = after.split_once('"').unwrap_or((after, ""));
        found.push((key.to_owned(), value.to_owned()));
        rest = tail;
    }
    found
}

fn attribute(tag: &str, key: &str) -> Option<String> {
    attributes(tag).into_iter().find(|(k, _)| k == key).map(|(_, value)| value)
}

fn rendered_mails() -> Vec<(String, super::RenderedMail)> {
    let renderer = Renderer::new(None).unwrap();
    let name = |s: &Sample| format!("{} {}", s.template, s.state);
    mails().iter().map(|s| (name(s), renderer.mail_sample(s).unwrap())).collect()
}

#[test]
fn subjects_are_one_short_line() {
    for (name, mail) in rendered_mails() {
        assert!(mail.subject.chars().count() <= 75, "{name}: {}", mail.subject);
    }
}

#[test]
fn a_line_break_in_a_name_never_reaches_the_subject() {
    let renderer = Renderer::new(None).unwrap();
    let mut sample = mails().into_iter().find(|s| s.template == "invitation").unwrap();
    sample.view["service"] = "Triage\r\nBcc: everybody@example.org".into();
    assert!(matches!(renderer.mail_sample(&sample), Err(super::RenderError::Subject { .. })));
}

#[test]
fn both_parts_of_a_mail_carry_every_link_the_access_code_and_the_code() {
    let renderer = Renderer::new(None).unwrap();
    for sample in mails() {
        let mail = renderer.mail_sample(&sample).unwrap();
        let mut wanted: Vec<String> = Vec::new();
        for key in ["url", "page_url", "access_code"] {
            wanted.extend(sample.view["link"][key].as_str().map(ToOwned::to_owned));
        }
        for key in ["url", "receipt_url", "review_url", "code"] {
            wanted.extend(sample.view[key].as_str().map(ToOwned::to_owned));
        }
        assert!(!wanted.is_empty(), "{}", sample.template);
        for text in wanted {
            assert!(mail.text.contains(&text), "{}: text part lacks {text}:\n{}", sample.template, mail.text);
            assert!(mail.html.contains(&text), "{}: html part lacks {text}", sample.template);
        }
    }
}

#[test]
fn mails_load_nothing_from_elsewhere_and_text_parts_hold_no_markup() {
    for (name, mail) in rendered_mails() {
        for forbidden in ["<img", "<script", "url(", "@import", "<link"] {
            assert!(!mail.html.contains(forbidden), "{name}: {forbidden}");
        }
        assert_eq!(mail.html.matches("<h1").count(), 1, "{name}");
        assert!(!mail.text.contains('<') && !mail.text.contains("&amp;"), "{name}:\n{}", mail.text);
        assert!(!mail.text.contains("\n\n\n"), "{name}: empty lines\n{}", mail.text);
    }
}
