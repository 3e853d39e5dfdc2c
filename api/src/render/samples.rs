//! One made-up view or more for every template, so that each can be rendered, checked and looked at
//! (`cargo run -p api --example pages -- FOLDER` writes them all).

use serde::Serialize;
use serde_json::Value;

use super::page::{ColoursForm, Section};
use super::{Page, Shell};
use crate::domain::Role;

/// A template with a view to render it with.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The template's name, or the folder of a mail below `email/`.
    pub template: &'static str,
    /// Which of its states this shows; short, lower case, no spaces.
    pub state: &'static str,
    /// The view as the templates see it.
    pub view: Value,
}

impl Sample {
    /// A page in one of its states.
    pub fn page<T: Serialize>(template: &'static str, state: &'static str, page: &Page<T>) -> Self {
        Self::of(template, state, page)
    }

    /// A mail in one of its states; `mail` is the folder below `email/`.
    pub fn mail<M: super::MailView>(state: &'static str, view: &M) -> Self {
        Self::of(M::NAME, state, view)
    }

    fn of(template: &'static str, state: &'static str, view: &impl Serialize) -> Self {
        // A view that does not serialise shows up as a strict-mode failure in the tests.
        Self { template, state, view: serde_json::to_value(view).unwrap_or_default() }
    }
}

/// Samples of all pages. Add a line for each new file of views.
#[must_use]
pub fn pages() -> Vec<Sample> {
    [
        super::catalogue::samples(),
        super::findings::samples(),
        super::reviews::samples(),
        super::scores::samples(),
        super::search::samples(),
        super::today::samples(),
        super::compare::samples(),
        super::matrix::samples(),
        super::mailbox::samples(),
        super::messages::samples(),
        super::accounts::samples(),
        super::jobs::samples(),
        super::audit::samples(),
        super::portal::samples(),
        super::previews::samples(),
        super::procurement::samples(),
        super::vendors::samples(),
        super::assessments::samples(),
    ]
    .concat()
}

/// Samples of all mails.
#[must_use]
pub fn mails() -> Vec<Sample> {
    super::mail_samples::samples()
}

/// What the person of the staff samples sees.
#[must_use]
pub fn amara(title: &str, section: Option<Section>) -> Shell {
    let mut shell = Shell::staff(title, section, "Amara Nwosu", Role::RiskManager, "sample-csrf");
    shell.colours = Some(ColoursForm::new("/theme", "/vendors", None));
    shell
}

/// A staff page's shell for samples.
#[must_use]
pub fn staff(title: &str, section: Section) -> Shell {
    let mut shell = amara(title, Some(section));
    shell.organisation = Some(super::page::Organisation::new("Northwind Bank"));
    shell
}
