//! Form fields: label, hint, error and input belong together, so one view part makes them and the partial `field`
//! renders every kind. The error of a field and its line in the error summary carry the same words.

use serde::Serialize;

use super::parts::ErrorItem;

/// How a field is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// A line: the `input_type` says which.
    Input,
    /// Several lines.
    Textarea,
    /// A list to choose one of, folded.
    Select,
    /// Cards to choose one of.
    Radios,
    /// Cards to choose any of.
    Checkboxes,
    /// One box to tick.
    Tick,
    /// A file.
    File,
}

/// One choice of a select, of radios or checkboxes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldOption {
    /// Id of the input.
    pub id: String,
    /// What is posted.
    pub value: String,
    /// What is read.
    pub label: String,
    /// One short sentence under the label.
    pub hint: Option<String>,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// A field of a form. Partial `field`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldView {
    /// How it is put.
    pub kind: FieldKind,
    /// `type` of an input.
    pub input_type: &'static str,
    /// Name posted.
    pub name: String,
    /// Id of the input; errors link to it.
    pub id: String,
    /// The label, or the legend of a group.
    pub label: String,
    /// One short sentence.
    pub hint: Option<String>,
    /// Whether the hint is shown only to who asks for it.
    pub folded: bool,
    /// What was typed, or the stored value. Passwords are never shown again.
    pub value: String,
    /// What is wrong, in words that help.
    pub error: Option<String>,
    /// Shows ", optional" behind the label.
    pub optional: bool,
    /// `autocomplete` token.
    pub autocomplete: Option<&'static str>,
    /// `inputmode`.
    pub inputmode: Option<&'static str>,
    /// Longest text in characters.
    pub maxlength: Option<u32>,
    /// Smallest number or earliest date.
    pub min: Option<String>,
    /// Largest number or latest date.
    pub max: Option<String>,
    /// Step of a number; `any` allows fractions.
    pub step: Option<&'static str>,
    /// File types.
    pub accept: Option<String>,
    /// Extra class, for instance `short` or `code`.
    pub class: &'static str,
    /// Choices.
    pub options: Vec<FieldOption>,
    /// What the browser offers while somebody types; anything else may be typed.
    pub offers: Vec<String>,
}

impl FieldView {
    fn new(
        kind: FieldKind,
        input_type: &'static str,
        name: impl Into<String>,
        label: impl Into<String>,
    ) -> Self {
        let name = name.into();
        Self {
            kind,
            input_type,
            id: name.replace(['.', '[', ']', ' '], "-"),
            name,
            label: label.into(),
            hint: None,
            folded: false,
            value: String::new(),
            error: None,
            optional: false,
            autocomplete: None,
            inputmode: None,
            maxlength: None,
            min: None,
            max: None,
            step: None,
            accept: None,
            class: "",
            options: Vec::new(),
            offers: Vec::new(),
        }
    }

    /// One line of text.
    #[must_use]
    pub fn text(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(FieldKind::Input, "text", name, label)
    }

    /// An e-mail address.
    #[must_use]
    pub fn email(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self { autocomplete: Some("email"), ..Self::new(FieldKind::Input, "email", name, label) }
    }

    /// A password; `autocomplete` is `current-password` or `new-password`.
    #[must_use]
    pub fn password(name: impl Into<String>, label: impl Into<String>, autocomplete: &'static str) -> Self {
        Self { autocomplete: Some(autocomplete), ..Self::new(FieldKind::Input, "password", name, label) }
    }

    /// A number. A plain text input with a numeric keyboard: browsers drop what they cannot read in `type=number`.
    #[must_use]
    pub fn number(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            inputmode: Some("decimal"),
            class: "short",
            ..Self::new(FieldKind::Input, "text", name, label)
        }
    }

    /// A date, posted as `YYYY-MM-DD`.
    #[must_use]
    pub fn date(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self { class: "short", ..Self::new(FieldKind::Input, "date", name, label) }
    }

    /// Several lines of text.
    #[must_use]
    pub fn textarea(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(FieldKind::Textarea, "", name, label)
    }

    /// A folded list.
    #[must_use]
    pub fn select(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(FieldKind::Select, "", name, label)
    }

    /// Cards to choose one of.
    #[must_use]
    pub fn radios(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(FieldKind::Radios, "radio", name, label)
    }

    /// Cards to choose any of.
    #[must_use]
    pub fn checkboxes(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(FieldKind::Checkboxes, "checkbox", name, label)
    }

    /// One box to tick; posts `yes`.
    #[must_use]
    pub fn tick(name: impl Into<String>, label: impl Into<String>, ticked: bool) -> Self {
        let field = Self::new(FieldKind::Tick, "checkbox", name, label);
        Self { value: if ticked { "yes".to_owned() } else { String::new() }, ..field }
    }

    /// A file; `accept` lists types and endings.
    #[must_use]
    pub fn file(name: impl Into<String>, label: impl Into<String>, accept: impl Into<String>) -> Self {
        Self { accept: Some(accept.into()), ..Self::new(FieldKind::File, "file", name, label) }
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Folds the hint, for a long form that one may know by heart.
    #[must_use]
    pub fn folded(mut self) -> Self {
        self.folded = true;
        self
    }

    /// Sets the value; for choices use [`FieldView::choices`] with what is chosen.
    #[must_use]
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    /// Marks the field as optional.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// Sets an error.
    #[must_use]
    pub fn error(mut self, error: Option<String>) -> Self {
        self.error = error;
        self
    }

    /// Sets the id when the name alone is not unique on the page.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// Limits the length of the text.
    #[must_use]
    pub fn maxlength(mut self, characters: u32) -> Self {
        self.maxlength = Some(characters);
        self
    }

    /// Offers these while somebody types.
    #[must_use]
    pub fn offering(mut self, offers: impl IntoIterator<Item = String>) -> Self {
        self.offers = offers.into_iter().collect();
        self
    }

    /// Sets the `autocomplete` token.
    #[must_use]
    pub fn autocomplete(mut self, token: &'static str) -> Self {
        self.autocomplete = Some(token);
        self
    }

    /// Fills the choices from (value, label) pairs; `chosen` says which are chosen. The first has the field's id.
    #[must_use]
    pub fn choices<V: Into<String>, L: Into<String>>(
        self,
        choices: impl IntoIterator<Item = (V, L)>,
        chosen: impl Fn(&str) -> bool,
    ) -> Self {
        choices.into_iter().fold(self, |field, (value, label)| {
            let value = value.into();
            let chosen = chosen(&value);
            field.choice(value, label, None, chosen)
        })
    }

    /// Adds one choice, with a hint if there is one.
    #[must_use]
    pub fn choice(
        mut self,
        value: impl Into<String>,
        label: impl Into<String>,
        hint: Option<String>,
        chosen: bool,
    ) -> Self {
        let id = if self.options.is_empty() {
            self.id.clone()
        } else {
            format!("{}-{}", self.id, self.options.len())
        };
        let (value, label) = (value.into(), label.into());
        self.options.push(FieldOption { id, value, label, hint, chosen });
        self
    }

    /// This field's line in the error summary.
    #[must_use]
    pub fn error_item(&self) -> Option<ErrorItem> {
        self.error.as_ref().map(|error| ErrorItem::at(&self.id, error))
    }
}

/// The error summary of a form: the errors of its fields in their order.
#[must_use]
pub fn errors_of<'a>(fields: impl IntoIterator<Item = &'a FieldView>) -> Vec<ErrorItem> {
    fields.into_iter().filter_map(FieldView::error_item).collect()
}
