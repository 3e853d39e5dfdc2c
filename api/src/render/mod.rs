//! Turns view structs into pages and mails with handlebars, and serves the static files.
//!
//! Two registries: one escapes HTML, one writes plain text. Both are strict: a field that a template names and a
//! view lacks is an error, so optional fields are `Option` without `skip_serializing_if`.
//!
//! To add a page: write `templates/pages/<noun>/<name>.hbs` on a layout (see `templates/pages/catalogue.hbs`), a view
//! struct in `render/<noun>.rs`, and a `Sample` in that file's `samples()`, listed in `render/samples.rs`. The tests
//! then render it and hold it to the rules of a page (one `h1`, labelled inputs, no inline style or script).
//!
//! Template names are paths below `templates/` without `.hbs`, and without `.html` or `.txt`; files of
//! `templates/partials/` go by their bare name.

pub mod accounts;
pub mod assessments;
mod assets;
pub mod audit;
pub mod catalogue;
pub mod charts;
pub mod compare;
pub mod fields;
pub mod findings;
mod helpers;
mod html;
pub mod jobs;
pub mod mail;
pub mod mail_content;
mod mail_samples;
pub mod mailbox;
pub mod matrix;
pub mod messages;
pub mod page;
pub mod parts;
pub mod portal;
pub mod previews;
pub mod procurement;
pub mod reviews;
pub mod samples;
pub mod saved_views;
pub mod scores;
pub mod search;
pub mod shown_mail;
#[cfg(test)]
mod tests;
pub mod today;
pub mod vendors;
pub mod word_diff;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use handlebars::Handlebars;
use serde::Serialize;

pub use assets::{Asset, Assets};
pub use html::Html;
pub use page::{Page, Shell};

/// Why something could not be rendered. Nothing in here is fit for a visitor's eyes.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A template does not parse.
    #[error("template {name} does not parse")]
    Template {
        /// The template's name.
        name: String,
        /// What handlebars says.
        #[source]
        source: Box<handlebars::TemplateError>,
    },
    /// A template names something that its view lacks, or a helper refuses.
    #[error("template {name} could not be rendered")]
    Render {
        /// The template's name.
        name: String,
        /// What handlebars says.
        #[source]
        source: Box<handlebars::RenderError>,
    },
    /// A subject line came out with a line break or empty.
    #[error("the subject {name} is not one line")]
    Subject {
        /// The template's name.
        name: String,
    },
    /// A file of the overriding directory could not be read.
    #[error("{path} could not be read")]
    Read {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// The compiled templates and static files. Cheap to clone.
#[derive(Clone)]
pub struct Renderer {
    html: Arc<Handlebars<'static>>,
    text: Arc<Handlebars<'static>>,
    assets: Arc<Assets>,
}

/// A mail ready to be put into an envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedMail {
    /// One line, never empty.
    pub subject: String,
    /// The plain text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

/// A typed mail: its context and the folder of its three templates.
pub trait MailView: Serialize {
    /// Folder below `templates/email/`, which holds `subject.txt.hbs`, `body.txt.hbs` and `body.html.hbs`.
    const NAME: &'static str;
}

impl Renderer {
    /// Compiles the embedded templates; a file of the same path below `overrides` takes an embedded file's place,
    /// and further files there are added.
    ///
    /// # Errors
    /// When a template does not parse or a file of `overrides` cannot be read.
    pub fn new(overrides: Option<&Path>) -> Result<Self, RenderError> {
        let files = assets::files(overrides)?;
        let assets = Arc::new(Assets::build(&files));
        let mut html = Handlebars::new();
        html.register_escape_fn(handlebars::html_escape);
        helpers::register(&mut html);
        helpers::register_html(&mut html, &assets);
        let mut text = Handlebars::new();
        text.register_escape_fn(handlebars::no_escape);
        helpers::register(&mut text);
        for registry in [&mut html, &mut text] {
            registry.set_strict_mode(true);
            // Indenting a partial would also indent the text inside a <textarea>.
            registry.set_prevent_indent(true);
        }
        for (path, bytes) in &files {
            let Some((name, medium)) = template_name(path) else { continue };
            let source = String::from_utf8_lossy(bytes);
            let registry = match medium {
                Medium::Html => &mut html,
                Medium::Text => &mut text,
            };
            registry
                .register_template_string(&name, source)
                .map_err(|source| RenderError::Template { name, source: Box::new(source) })?;
        }
        Ok(Self { html: Arc::new(html), text: Arc::new(text), assets })
    }

    /// Renders an HTML template, for instance `portal/section`.
    ///
    /// # Errors
    /// When the template does not exist or names something that `view` lacks.
    pub fn page(&self, template: &str, view: &impl Serialize) -> Result<String, RenderError> {
        render(&self.html, template, view)
    }

    /// Renders a plain text template, for instance `email/reminder/body`.
    ///
    /// # Errors
    /// As [`Renderer::page`].
    pub fn text(&self, template: &str, view: &impl Serialize) -> Result<String, RenderError> {
        render(&self.text, template, view)
    }

    /// Renders subject, text part and HTML part of a mail.
    ///
    /// # Errors
    /// As [`Renderer::page`]; and when the subject is empty or holds a control character, which would let a name
    /// with a line break write mail headers.
    pub fn mail<M: MailView>(&self, view: &M) -> Result<RenderedMail, RenderError> {
        self.mail_parts(M::NAME, view)
    }

    /// Renders a sample mail.
    ///
    /// # Errors
    /// As [`Renderer::mail`].
    pub fn mail_sample(&self, sample: &samples::Sample) -> Result<RenderedMail, RenderError> {
        self.mail_parts(sample.template, &sample.view)
    }

    fn mail_parts(&self, mail: &str, view: &impl Serialize) -> Result<RenderedMail, RenderError> {
        let name = format!("email/{mail}/subject");
        let subject = self.text(&name, view)?.trim_end_matches('\n').to_owned();
        if subject.trim().is_empty() || subject.chars().any(char::is_control) {
            return Err(RenderError::Subject { name });
        }
        let body = format!("email/{mail}/body");
        Ok(RenderedMail { subject, text: self.text(&body, view)?, html: self.page(&body, view)? })
    }

    /// What the cards of a page have in common, with the hidden value of its forms.
    #[must_use]
    pub fn card_frame<'a>(&'a self, csrf: &'a str) -> portal::CardFrame<'a> {
        let icons = self.assets.named("icons.svg").map_or("", |sprite| sprite.href.as_str());
        portal::CardFrame { csrf, icons }
    }

    /// The static files.
    #[must_use]
    pub fn assets(&self) -> &Assets {
        &self.assets
    }

    /// Names of all HTML templates, sorted.
    #[must_use]
    pub fn html_templates(&self) -> Vec<&str> {
        sorted(&self.html)
    }

    /// Names of all text templates, sorted.
    #[must_use]
    pub fn text_templates(&self) -> Vec<&str> {
        sorted(&self.text)
    }
}

impl std::fmt::Debug for Renderer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Renderer").field("html", &self.html_templates().len()).finish_non_exhaustive()
    }
}

fn sorted<'a>(registry: &'a Handlebars<'static>) -> Vec<&'a str> {
    let names: BTreeMap<&str, ()> = registry.get_templates().keys().map(|name| (name.as_str(), ())).collect();
    names.into_keys().collect()
}

fn render(registry: &Handlebars<'static>, name: &str, view: &impl Serialize) -> Result<String, RenderError> {
    registry
        .render(name, view)
        .map_err(|source| RenderError::Render { name: name.to_owned(), source: Box::new(source) })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Medium {
    Html,
    Text,
}

/// The registered name and the medium of a file below `templates/`; nothing for static files.
fn template_name(path: &str) -> Option<(String, Medium)> {
    let stem = path.strip_suffix(".hbs")?;
    let stem = stem.strip_prefix("partials/").unwrap_or(stem);
    Some(match stem.strip_suffix(".txt") {
        Some(stem) => (stem.to_owned(), Medium::Text),
        None => (stem.strip_suffix(".html").unwrap_or(stem).to_owned(), Medium::Html),
    })
}
