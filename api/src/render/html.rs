//! HTML that code has written, on its way into a page.

use maud::Markup;
use serde::{Serialize, Serializer, ser::SerializeMap as _};

/// HTML in which every text is escaped: `maud` makes it and nothing else does. Templates write it with
/// `{{html name}}`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Html(String);

/// No text of a person can look like it, because theirs are escaped.
const PLACE: &str = "<!--here-->";

impl From<Markup> for Html {
    fn from(markup: Markup) -> Self {
        Self(markup.into_string())
    }
}

impl Html {
    /// Keeps the place in a page for what [`Self::put_into`] puts there: for what is nearly all of a page, because
    /// the template engine would copy it several times.
    #[must_use]
    pub fn place() -> Self {
        Self(PLACE.to_owned())
    }

    /// The page with this in the place that was kept for it.
    #[must_use]
    pub fn put_into(&self, page: &str) -> String {
        let (before, after) = page.split_once(PLACE).unwrap_or((page, ""));
        [before, &self.0, after].concat()
    }
}

impl Serialize for Html {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("html", &self.0)?;
        map.end()
    }
}
