//! View of the filters that a person keeps of a list.

use super::parts::NavItem;
use serde::Serialize;

/// What stands above the filters of a list.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SavedViewsView {
    /// All, and what the person keeps; nothing when they keep none.
    pub chips: Vec<NavItem>,
    /// The view that is shown, to be removed.
    pub shown: Option<ShownView>,
    /// The form that keeps the filter that is set, unless it is kept.
    pub save: Option<SaveView>,
}

/// A view that is shown.
#[derive(Debug, Clone, Serialize)]
pub struct ShownView {
    /// Where its removal posts to.
    pub remove: String,
    /// Its name.
    pub name: String,
}

/// The form that keeps a filter.
#[derive(Debug, Clone, Serialize)]
pub struct SaveView {
    /// `vendors`, `assessments` or `findings`.
    pub list: &'static str,
    /// The filter.
    pub query: String,
}

/// For samples: two views, of which the second is shown.
pub(super) fn sample() -> SavedViewsView {
    SavedViewsView {
        chips: vec![
            NavItem::new("All", "/vendors"),
            NavItem::new("Mine", "/vendors?name=lumen"),
            NavItem::new("Worst first", "/vendors?tier=high").current(true),
        ],
        shown: Some(ShownView { remove: "/views/1/remove".to_owned(), name: "Worst first".to_owned() }),
        save: None,
    }
}

/// For samples: a filter that nobody keeps.
pub(super) fn sample_to_save() -> SavedViewsView {
    let save = SaveView { list: "findings", query: "severity=high".to_owned() };
    SavedViewsView { save: Some(save), ..SavedViewsView::default() }
}
