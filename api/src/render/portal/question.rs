//! The question card: one question of a questionnaire as a form that works without script. `card.rs` writes it.
//!
//! It posts to `action` the fields `csrf`, `revision`, `mutation`, `go` (the path to return to) and, by kind:
//! `choice` (repeated) with an option's id, [`CHOICE_UNKNOWN`], [`CHOICE_NA`] or [`CHOICE_NONE`]; `number`; `date`;
//! `text`; `attest=yes`; `rows.<n>.<column>`; then `unknown=yes` and `na=yes` where the choice is not a radio, `reason`, `note`;
//! and `resolve=mine` from the conflict card.
//!
//! Where a question is not a radio, an answer and `unknown` or `na` can arrive together: refuse it with an error that
//! names both, never choose silently.

/// Value of `choice` that means "we do not know". Option ids begin with a letter, so it is nobody's option.
pub const CHOICE_UNKNOWN: &str = "-unknown";
/// The value that says of a table that there are none.
pub const CHOICE_NONE: &str = "-none";
/// Value of `choice` that means "not applicable".
pub const CHOICE_NA: &str = "-na";

/// Which inputs a question has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuestionKind {
    /// Radios or checkboxes in `options`.
    Choices,
    /// A number.
    Number,
    /// A date.
    Date,
    /// Several lines.
    Text,
    /// Files only.
    File,
    /// Rows in `table`.
    Table,
    /// A statement to tick.
    Attest,
}

/// Whether a note is needed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NoteField {
    /// With what is chosen now.
    pub needed: bool,
    /// The options with which it is needed, between blanks.
    pub explain: String,
}

/// One card to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuestionOption {
    /// Id of the input.
    pub id: String,
    /// `radio` or `checkbox`.
    pub input_type: &'static str,
    /// Name posted.
    pub name: &'static str,
    /// Value posted.
    pub value: String,
    /// The label.
    pub label: String,
    /// One short sentence.
    pub hint: Option<String>,
    /// Chosen.
    pub chosen: bool,
    /// Set apart: "We do not know", "Not applicable".
    pub apart: bool,
    /// Whether nothing else can be chosen beside it.
    pub alone: bool,
}

/// Why a question does not apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotApplicable {
    /// Label of the reason.
    pub label: String,
    /// The questionnaire's hint for the reason.
    pub hint: String,
    /// The reason so far.
    pub reason: String,
}

/// An earlier answer that can be used again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviousAnswer {
    /// For instance "Your answer from March 2025, given by Priya Shah".
    pub head: String,
    /// The answer in words.
    pub answer: String,
    /// The note.
    pub note: Option<String>,
    /// Address that saves this answer again.
    pub carry: Option<String>,
}

/// What the reviewer asks about this answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// For instance "Amara Nwosu asks, 16 December".
    pub head: String,
    /// The clarification.
    pub text: String,
}

/// Two texts for one answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The question's id; ids on the page are built from it.
    pub id: String,
    /// For instance "Tom Okafor changed this at 14:31".
    pub heading: String,
    /// For instance "Yours, not saved".
    pub mine_title: String,
    /// What was sent now; the card's inputs hold it too.
    pub mine: AnswerCopy,
    /// For instance "Tom Okafor's, saved 14:31".
    pub theirs_title: String,
    /// What is stored.
    pub theirs: AnswerCopy,
    /// Address that shows the stored answer and drops the other.
    pub keep_theirs: String,
    /// For instance "Keep Tom's".
    pub theirs_button: String,
}

/// An answer in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerCopy {
    /// The answer.
    pub answer: String,
    /// The note.
    pub note: Option<String>,
}

/// A piece of evidence cited here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citation {
    /// `file-text` or `link`.
    pub icon: &'static str,
    /// File name, or what the link is.
    pub title: String,
    /// Download address, or the link: only `https` addresses may come here.
    pub href: String,
    /// Leads to another site.
    pub outside: bool,
    /// Pages, size, who added it when, until when it is valid.
    pub meta: String,
    /// Where it can be used for more answers.
    pub more: Option<String>,
    /// Address of the form that removes the citation, while it can be removed.
    pub remove: Option<String>,
}

/// Adding evidence: a file, one that is there already, or a link. Posts `file`, `locator`, `valid_until`, or
/// `evidence` (an id), or `url` and `title`; each with `csrf`, `go` and `mutation`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceForms {
    /// Prefix of ids on the page.
    pub id: String,
    /// What it is added to, for screen readers: "question 4.1".
    pub to: String,
    /// Words that unfold it: "Add evidence".
    pub summary: String,
    /// Unfolded.
    pub open: bool,
    /// What is wanted here.
    pub wanted: Option<String>,
    /// For instance "PDF, Office, picture or text, up to 25 MB."
    pub limits: String,
    /// Types for the file chooser.
    pub accept: String,
    /// Address for a file.
    pub upload: String,
    /// Address for a link.
    pub link: String,
    /// Address to cite a file of the shelf.
    pub reuse: String,
    /// The vendor's files, as (id, name) choices.
    pub shelf: Vec<super::super::fields::FieldOption>,
    /// Path to return to.
    pub go: String,
    /// Makes a second click harmless.
    pub mutation: String,
}

/// Rows to fill in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableInput {
    /// What the table holds.
    pub caption: String,
    /// Number of the question, for screen readers.
    pub number: String,
    /// Its columns.
    pub columns: Vec<TableColumn>,
    /// The stored rows and a few blank ones.
    pub rows: Vec<TableRow>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableColumn {
    /// Its name.
    pub label: String,
    /// Must be filled in rows that are used.
    pub required: bool,
}

/// A row, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRow {
    /// Its number.
    pub number: u32,
    /// Its cells, one per column.
    pub cells: Vec<TableCell>,
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableCell {
    /// Id of the input.
    pub id: String,
    /// `rows.<n>.<column>`.
    pub name: String,
    /// Name of its column, seen where the table turns into cards.
    pub column: String,
    /// For instance "Provider, row 1", for screen readers.
    pub label: String,
    /// `text` or `date`.
    pub input_type: &'static str,
    /// `decimal` for numbers.
    pub inputmode: Option<&'static str>,
    /// The value.
    pub value: String,
    /// Choices, with an empty first one; none for inputs.
    pub options: Vec<super::super::fields::FieldOption>,
    /// What is wrong.
    pub error: Option<String>,
}

/// One question. Start from [`QuestionCard::new`] and set what applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuestionCard {
    /// The question's id, for instance `AIT-LIF-01`; the card's fragment.
    pub id: String,
    /// Position in the pinned version, for instance "11.1".
    pub number: String,
    /// The question.
    pub text: String,
    /// One sentence of help.
    pub help: Option<String>,
    /// The requirements it answers to.
    pub why: Option<String>,
    /// "if yes to 11.2" when the question is shown because of another answer.
    pub follows: Option<String>,
    /// Which inputs.
    pub kind: QuestionKind,
    /// Other questions hang on its answer, so that saving it may show or hide them.
    pub gate: bool,
    /// What is said when it is sent with nothing in it; none when that empties an answer, or a file is the answer.
    pub nothing_in_it: Option<&'static str>,
    /// Where the answer is posted: `/portal/questions/<question id>`.
    pub action: String,
    /// Revision of the answer that was read; 0 before the first.
    pub revision: i64,
    /// Id of this save; the same page sent twice is one save.
    pub mutation: String,
    /// Path to return to.
    pub go: String,
    /// Cards to choose; with other kinds "We do not know" and "Not applicable" only.
    pub options: Vec<QuestionOption>,
    /// Number, date or text.
    pub value: String,
    /// Longest text.
    pub max_length: u32,
    /// The statement to tick.
    pub attest: String,
    /// The statement is ticked.
    pub chosen: bool,
    /// Rows.
    pub table: Option<TableInput>,
    /// Reason of "not applicable", where the questionnaire allows it.
    pub na: Option<NotApplicable>,
    /// The field for the note; nothing for questions without one.
    pub note_field: Option<NoteField>,
    /// The note.
    pub note: String,
    /// The calm note beside a risky answer.
    pub concern: Option<String>,
    /// An earlier answer.
    pub previous: Option<PreviousAnswer>,
    /// A clarification.
    pub asked: Option<Asked>,
    /// Somebody else saved first.
    pub conflict: Option<Conflict>,
    /// What is wrong with this answer.
    pub error: Option<String>,
    /// Words of the button.
    pub save_label: String,
    /// "Saved 14:30 by Tom Okafor", "Not answered yet".
    pub saved: String,
    /// It cannot be changed, for a reason that the page gives: `shown` is shown in place of inputs.
    pub read_only: bool,
    /// The answer in words, for read-only cards.
    pub shown: Option<String>,
    /// Evidence cited.
    pub citations: Vec<Citation>,
    /// Adding evidence.
    pub evidence: Option<EvidenceForms>,
}

impl QuestionCard {
    /// A question without an answer.
    #[must_use]
    pub fn new(id: &str, number: impl Into<String>, text: impl Into<String>, kind: QuestionKind) -> Self {
        Self {
            id: id.to_owned(),
            number: number.into(),
            text: text.into(),
            help: None,
            why: None,
            gate: false,
            nothing_in_it: None,
            follows: None,
            kind,
            action: format!("/portal/questions/{id}"),
            revision: 0,
            mutation: String::new(),
            go: String::new(),
            options: Vec::new(),
            value: String::new(),
            max_length: 4000,
            attest: String::new(),
            chosen: false,
            table: None,
            na: None,
            note_field: (kind != QuestionKind::Attest).then(NoteField::default),
            note: String::new(),
            concern: None,
            previous: None,
            asked: None,
            conflict: None,
            error: None,
            save_label: "Save answer".to_owned(),
            saved: "Not answered yet".to_owned(),
            read_only: false,
            shown: None,
            citations: Vec::new(),
            evidence: None,
        }
    }

    /// Adds an option; `many` makes it a checkbox.
    #[must_use]
    pub fn option(
        mut self,
        value: impl Into<String>,
        label: impl Into<String>,
        chosen: bool,
        many: bool,
    ) -> Self {
        let input_type = if many { "checkbox" } else { "radio" };
        self.push(input_type, "choice", value.into(), label.into(), None, chosen, false);
        self
    }

    /// Says that nothing can be chosen beside the option that was added last.
    #[must_use]
    pub fn alone(mut self) -> Self {
        if let Some(last) = self.options.last_mut() {
            last.alone = true;
        }
        self
    }

    /// Adds "We do not know"; `radio` where the options are radios. `who` sees it.
    #[must_use]
    pub fn unknown(mut self, chosen: bool, radio: bool, who: &str) -> Self {
        let hint = Some(format!("A real answer. {who} sees it and may ask you later."));
        let (input_type, name, value) =
            if radio { ("radio", "choice", CHOICE_UNKNOWN) } else { ("checkbox", "unknown", "yes") };
        self.push(input_type, name, value.to_owned(), "We do not know".to_owned(), hint, chosen, true);
        self
    }

    /// Adds "There are none", for a table that has nothing to hold.
    #[must_use]
    pub fn none(mut self, chosen: bool) -> Self {
        self.push(
            "checkbox",
            "choice",
            CHOICE_NONE.to_owned(),
            "There are none".to_owned(),
            None,
            chosen,
            true,
        );
        self
    }

    /// Adds "Does not apply to us" and the field for its reason.
    #[must_use]
    pub fn not_applicable(mut self, chosen: bool, radio: bool, hint: &str, reason: &str) -> Self {
        let (input_type, name, value) =
            if radio { ("radio", "choice", CHOICE_NA) } else { ("checkbox", "na", "yes") };
        let label = "This does not apply to us".to_owned();
        self.push(input_type, name, value.to_owned(), label, None, chosen, true);
        self.na = Some(NotApplicable {
            label: "If it does not apply: why?".to_owned(),
            hint: hint.to_owned(),
            reason: reason.to_owned(),
        });
        self
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one private struct, in their order")]
    fn push(
        &mut self,
        input_type: &'static str,
        name: &'static str,
        value: String,
        label: String,
        hint: Option<String>,
        chosen: bool,
        apart: bool,
    ) {
        let id = format!("{}-o{}", self.id, self.options.len() + 1);
        self.options.push(QuestionOption {
            id,
            input_type,
            name,
            value,
            label,
            hint,
            chosen,
            apart,
            alone: apart,
        });
    }
}
