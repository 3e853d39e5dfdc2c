//! Views of the vendor's evidence: everything in one place, and the form that uses a piece for more answers.

use super::{
    super::{
        Html,
        fields::FieldView,
        parts::{EmptyState, Link},
        samples::Sample,
    },
    AsideBlock,
    samples::{aside, shell},
};
use serde::Serialize;

/// Every piece of evidence with where it is used. `portal/shelf`.
#[derive(Debug, Clone, Serialize)]
pub struct ShelfPage {
    /// What the page is for.
    pub lede: String,
    /// What documents for the whole are for; none when nothing is open.
    pub documents: Option<String>,
    /// Those documents with the forms that add one, see [`super::evidence_html`].
    pub document_forms: Html,
    /// The evidence, in the order added.
    pub pieces: Vec<ShelfPiece>,
    /// Shown when there is none.
    pub empty: Option<EmptyState>,
    /// Questions that lack what they ask for.
    pub missing: Vec<Link>,
    /// The right-hand column.
    pub aside: Vec<AsideBlock>,
}

/// A piece of evidence.
#[derive(Debug, Clone, Serialize)]
pub struct ShelfPiece {
    /// Its id.
    pub id: String,
    /// `file-text` or `link`.
    pub icon: &'static str,
    /// File name, or what the link is.
    pub title: String,
    /// Where it is; only `https` addresses outside.
    pub href: String,
    /// Leads to another site.
    pub outside: bool,
    /// Size, who added it when, until when it is valid.
    pub meta: String,
    /// The questions and actions that use it.
    pub uses: Vec<Link>,
    /// Where it can be used for more answers.
    pub more: Option<String>,
}

/// The form that uses a piece of evidence for more answers. `portal/shelf_use`.
#[derive(Debug, Clone, Serialize)]
pub struct ShelfUse {
    /// What to do.
    pub lede: String,
    /// Where the form posts to.
    pub action: String,
    /// The form's own id: sent twice it counts once.
    pub mutation: String,
    /// Boxes to tick, a field for each section; none when everything uses it already.
    pub fields: Vec<FieldView>,
    /// The way back.
    pub back: Link,
    /// The right-hand column.
    pub aside: Vec<AsideBlock>,
}

pub(super) fn samples() -> Vec<Sample> {
    let question =
        |number: &str| Link::new(format!("{number} Is personal data encrypted?"), "/portal/questions/Q");
    let report = ShelfPiece {
        id: "1".to_owned(),
        icon: "file-text",
        title: "SOC-2-report.pdf".to_owned(),
        href: "/portal/evidence/1".to_owned(),
        outside: false,
        meta: "2.4 MB, added by Priya Shah on 28 Nov, valid until 30 Jun 2027".to_owned(),
        uses: vec![question("4.1"), Link::new("Proof of an action", "/portal/actions")],
        more: Some("/portal/shelf/1".to_owned()),
    };
    let link = ShelfPiece {
        id: "2".to_owned(),
        icon: "link",
        title: "Trust centre".to_owned(),
        href: "https://trust.lumen.example".to_owned(),
        outside: true,
        uses: Vec::new(),
        more: None,
        ..report.clone()
    };
    let page = |pieces: Vec<ShelfPiece>| {
        shell("Evidence").wrap(ShelfPage {
            lede: "One report often proves many answers.".to_owned(),
            documents: pieces.is_empty().then(|| "Add a report, then submit.".to_owned()),
            document_forms: Html::default(),
            empty: pieces.is_empty().then(|| EmptyState {
                title: "Nothing was added yet".to_owned(),
                text: "Files and links appear here.".to_owned(),
                action: Some(Link::new("All questions", "/portal/tasks")),
            }),
            missing: vec![question("5.2")],
            pieces,
            aside: aside(),
        })
    };
    let form = |fields: Vec<FieldView>| {
        shell("Where else does SOC-2-report.pdf count?").wrap(ShelfUse {
            lede: "Tick the answers that it proves too.".to_owned(),
            action: "/portal/shelf/1".to_owned(),
            mutation: "0192".to_owned(),
            fields,
            back: Link::new("All evidence", "/portal/shelf"),
            aside: aside(),
        })
    };
    let boxes = FieldView::checkboxes("question", "Cryptography")
        .choice(
            "Q",
            "5.2 Is personal data encrypted?",
            Some("Evidence is asked for and missing".to_owned()),
            false,
        )
        .error(Some("Tick at least one answer".to_owned()));
    vec![
        Sample::page("portal/shelf", "two", &page(vec![report, link])),
        Sample::page("portal/shelf", "empty", &page(Vec::new())),
        Sample::page("portal/shelf_use", "wrong", &form(vec![boxes])),
        Sample::page("portal/shelf_use", "none", &form(Vec::new())),
    ]
}
