//! From the sheet to what the portal's templates show: cards, rails, lists, in words.

use crate::{
    domain::{
        answer::{NONE, NOT_APPLICABLE, TypedAnswer, UNKNOWN, in_words},
        asking, due,
        earlier::Earlier,
        evidence::{ALLOWED_ENDINGS, ALLOWED_IN_WORDS, EvidenceKind, size_in_words},
        sheet::{EvidenceRow, Openness, SectionState, Sheet, SheetQuestion, SheetSection},
    },
    render::{
        fields::FieldOption,
        parts::{Link, NavItem, SavedLine, SectionProgress},
        portal::{
            AnswerCopy, AnswerGroup, AnswerRow, Asked, Citation, Conflict, EvidenceForms, PreviousAnswer,
            QuestionCard, QuestionKind, RailGroup, RailRow, SectionState as ShownState, TableCell,
            TableColumn, TableInput, TableRow,
        },
    },
    usecases::{FieldError, error::CurrentAnswer, library},
};
use chrono_tz::Tz;
use questionnaires::definition::{AnswerType, Choice, ColumnType, Question};

/// What a card says that was sent with nothing in it.
pub(super) const NOTHING_IN_IT: &str = "Choose or write an answer first";

/// What a form sent that could not be saved, to be shown again in its card.
#[derive(Clone, Debug)]
pub(super) struct Unsaved {
    pub question: String,
    pub typed: TypedAnswer,
    pub faults: Vec<FieldError>,
    pub conflict: Option<CurrentAnswer>,
    /// The revision that a refused text was begun from: mended, it still meets what somebody has saved since.
    pub from: Option<i64>,
}

/// What every card of a page needs.
pub(super) struct Desk<'a> {
    pub sheet: &'a Sheet,
    /// Answers of the time before.
    pub earlier: Option<&'a Earlier>,
    pub organisation: &'a str,
    pub zone: Tz,
    pub go: String,
    pub unsaved: Option<&'a Unsaved>,
    /// Makes an id for each form.
    pub mutation: &'a dyn Fn() -> String,
}

/// Why an answer in this state cannot be changed.
pub(super) const fn why_closed(openness: Openness) -> Option<&'static str> {
    match openness {
        Openness::Open => None,
        Openness::NotAsked => Some("Only the answers that were asked about are open now."),
        Openness::HandedIn => Some("This was handed in, so it cannot be changed now."),
        Openness::Closed => Some("These questions are closed."),
    }
}

pub(super) fn section_href(section: &SheetSection) -> String {
    format!("/portal/sections/{}/{}", section.questionnaire_id, section.id)
}

/// The place on the sheet of the section that shows this question.
pub(super) fn section_of(sheet: &Sheet, question: &str) -> Option<usize> {
    sheet.sections.iter().position(|section| section.questions.iter().any(|placed| placed.id == question))
}

pub(super) const fn shown_state(state: SectionState) -> ShownState {
    match state {
        SectionState::NotStarted => ShownState::NotStarted,
        SectionState::InProgress => ShownState::InProgress,
        SectionState::Ready => ShownState::Ready,
        SectionState::Submitted => ShownState::Submitted,
    }
}

/// The rail on the left of a section.
pub(super) fn rail(sheet: &Sheet, current: Option<usize>) -> Vec<RailGroup> {
    let open_group = current.and_then(|at| sheet.sections.get(at)).map(|section| section.questionnaire);
    groups(sheet)
        .into_iter()
        .map(|(questionnaire, title, sections)| {
            let done: usize = sections.iter().map(|(_, s)| s.done()).sum();
            let total: usize = sections.iter().map(|(_, s)| s.questions.len()).sum();
            RailGroup {
                title: format!("{title}, {done} of {total}"),
                open: open_group == Some(questionnaire),
                sections: sections
                    .into_iter()
                    .map(|(at, section)| rail_row(section, current == Some(at)))
                    .collect(),
            }
        })
        .collect()
}

fn rail_row(section: &SheetSection, current: bool) -> RailRow {
    let (done, total) = (section.done(), section.questions.len());
    let ready = section.state == SectionState::Ready;
    RailRow {
        title: section.title.clone(),
        href: section_href(section),
        state: shown_state(section.state),
        short: if ready { total.to_string() } else { format!("{done}/{total}") },
        words: match section.state {
            SectionState::Ready => format!(" of {total}, ready"),
            SectionState::InProgress => " answered, in progress".to_owned(),
            SectionState::NotStarted => " answered, not started".to_owned(),
            SectionState::Submitted => " answered, submitted".to_owned(),
        },
        current,
    }
}

/// A questionnaire's place and title, and each of its sections with its place on the sheet.
pub(super) type Group<'a> = (usize, String, Vec<(usize, &'a SheetSection)>);

/// Sections by questionnaire.
pub(super) fn groups(sheet: &Sheet) -> Vec<Group<'_>> {
    let questionnaires = sheet.rows.questionnaires.iter().enumerate();
    questionnaires
        .map(|(index, asked)| {
            let sections =
                sheet.sections.iter().enumerate().filter(|(_, s)| s.questionnaire == index).collect();
            (index, asked.definition.title.clone(), sections)
        })
        .filter(|(_, _, sections): &Group<'_>| !sections.is_empty())
        .collect()
}

pub(super) fn progress_bar(sheet: &Sheet, current: Option<usize>) -> SectionProgress {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let pieces: Vec<(u32, u32, bool)> = sheet
        .sections
        .iter()
        .enumerate()
        .map(|(at, section)| (count(section.done()), count(section.questions.len()), current == Some(at)))
        .collect();
    SectionProgress::new(&pieces)
}

pub(super) fn saved_line(sheet: &Sheet, zone: Tz, unsaved: bool) -> Option<SavedLine> {
    if unsaved {
        return Some(SavedLine { text: "1 answer not saved yet".to_owned(), waiting: true });
    }
    let last = sheet.rows.answers.iter().map(|row| row.saved_at).max()?;
    Some(SavedLine { text: format!("Last answer saved {}", due::short_instant(zone, last)), waiting: false })
}

pub(super) fn nav(sheet: &Sheet) -> Vec<NavItem> {
    let mut items = vec![NavItem::new("Questions", "/portal/tasks")];
    if sheet.rows.assessment.state.open_to_vendor() || !sheet.rows.evidence.is_empty() {
        items.push(NavItem::new("Evidence", "/portal/shelf"));
    }
    if sheet.asked_again().next().is_some() {
        items.push(NavItem::new("Follow-up questions", "/portal/clarifications"));
    }
    if sheet.rows.assessment.submission_number > 0 {
        items.push(NavItem::new("Receipt", "/portal/receipt"));
        items.push(NavItem::new("Actions", "/portal/actions"));
    }
    items
}

impl Desk<'_> {
    /// The card of one shown question.
    pub(super) fn card(&self, placed: &SheetQuestion, question: &Question) -> QuestionCard {
        let row = self.sheet.answer(&placed.id);
        let unsaved = self.unsaved.filter(|unsaved| unsaved.question == placed.id);
        let stored =
            TypedAnswer::of_stored(row.and_then(|r| r.value.as_ref()), row.and_then(|r| r.note.as_deref()));
        let typed = unsaved.map_or(&stored, |unsaved| &unsaved.typed);
        let mut card = QuestionCard::new(&placed.id, &placed.number, &question.text, kind(question));
        card.gate = self.sheet.is_gate(&placed.id);
        card.help.clone_from(&question.help);
        card.why = asking::requirements_in_words(question, library::shipped());
        card.revision = row.map_or(0, |row| row.rev);
        card.mutation = (self.mutation)();
        card.go.clone_from(&self.go);
        card.max_length = 65_536;
        card.nothing_in_it = (row.is_none() && !placed.done).then_some(NOTHING_IN_IT);
        self.inputs(&mut card, question, typed);
        card.note.clone_from(&typed.note);
        card.saved = self.saved(row);
        let chosen = |choice: &&Choice| typed.choices.contains(&choice.id);
        if let Some(field) = &mut card.note_field {
            let explain = question.options.iter().filter(|choice| choice.explain);
            field.needed = explain.clone().any(|choice| chosen(&choice));
            field.explain = explain.map(|choice| choice.id.as_str()).collect::<Vec<_>>().join(" ");
        }
        if question.options.iter().filter(chosen).any(|choice| choice.finding.is_some()) {
            card.concern = Some(
                "This may lead to a finding. If you have another safeguard, describe it in the note."
                    .to_owned(),
            );
        }
        card.asked =
            self.sheet.asked_again().find(|asked| asked.question_id == placed.id).map(|asked| Asked {
                head: format!(
                    "{} asks on {}",
                    self.organisation,
                    due::short_instant(self.zone, asked.sent_at)
                ),
                text: asked.text.clone(),
            });
        let open = self.sheet.openness(&placed.id) == Openness::Open;
        card.citations =
            self.sheet.evidence_of(&placed.id).map(|piece| self.citation(piece, &placed.id, open)).collect();
        card.previous = self.earlier.and_then(|earlier| self.previous(earlier, question));
        if open {
            card.evidence = Some(self.evidence_forms(placed, question));
        } else {
            card.read_only = true;
            card.shown = Some(in_words(question, row.and_then(|row| row.value.as_ref())));
        }
        if let Some(unsaved) = unsaved {
            self.show_unsaved(&mut card, question, unsaved);
        }
        card
    }

    /// The earlier answer to a question that has none now.
    fn previous(&self, earlier: &Earlier, question: &Question) -> Option<PreviousAnswer> {
        let offered = earlier.offered(self.sheet, &question.id)?;
        let stored = offered.typed.read(question, earlier.submitted_at.date_naive()).ok()?.value;
        let worded = if offered.reworded { "; the question was worded differently" } else { "" };
        let day = due::short_day(due::day_in(self.zone, earlier.submitted_at));
        Some(PreviousAnswer {
            head: format!("Your answer of {day}, about {}{worded}", earlier.service),
            answer: in_words(question, stored.as_ref()),
            note: (!offered.typed.note.is_empty()).then(|| offered.typed.note.clone()),
            carry: Some(format!("/portal/questions/{}/carry", question.id)),
        })
    }

    fn saved(&self, row: Option<&crate::domain::sheet::AnswerRow>) -> String {
        row.map_or_else(
            || "Not answered yet".to_owned(),
            |row| {
                let by = if row.saved_by.is_empty() { self.organisation } else { &row.saved_by };
                format!("Saved {} by {by}", due::short_instant(self.zone, row.saved_at))
            },
        )
    }

    fn inputs(&self, card: &mut QuestionCard, question: &Question, typed: &TypedAnswer) {
        let chosen = |value: &str| typed.choices.iter().any(|choice| choice == value);
        let many = question.answer_type == AnswerType::SelectMany;
        let radio = !many && !question.options.is_empty();
        let placeholder = QuestionCard::new("", "", "", card.kind);
        let mut built = std::mem::replace(card, placeholder);
        for option in &question.options {
            built = built.option(&option.id, &option.label, chosen(&option.id), many);
            if option.exclusive {
                built = built.alone();
            }
        }
        match question.answer_type {
            AnswerType::Number | AnswerType::Date | AnswerType::Text => built.value.clone_from(&typed.value),
            AnswerType::Table => {
                built.table = Some(table(&built, question, typed));
                built = built.none(chosen(NONE));
            }
            AnswerType::Attest => {
                built.attest = "I confirm this.".to_owned();
                built.chosen = chosen("yes");
            }
            AnswerType::SelectOne | AnswerType::SelectMany | AnswerType::File => {}
        }
        if question.answer_type != AnswerType::Attest {
            built = built.unknown(chosen(UNKNOWN), radio, self.organisation);
        }
        if let Some(hint) = &question.na {
            built = built.not_applicable(chosen(NOT_APPLICABLE), radio, hint, &typed.reason);
        }
        *card = built;
    }

    fn show_unsaved(&self, card: &mut QuestionCard, question: &Question, unsaved: &Unsaved) {
        if let Some(table) = &mut card.table {
            for cell in table.rows.iter_mut().flat_map(|row| &mut row.cells) {
                cell.error =
                    unsaved.faults.iter().find(|f| f.pointer == cell.name).map(|f| f.message.clone());
            }
        }
        let messages: Vec<&str> = unsaved.faults.iter().map(|fault| fault.message.as_str()).collect();
        if !messages.is_empty() {
            card.error = Some(messages.join(". "));
        }
        if let Some(from) = unsaved.from {
            card.revision = from;
        }
        let Some(now) = &unsaved.conflict else { return };
        let mine =
            unsaved.typed.read(question, due::day_in(self.zone, now.at)).ok().and_then(|read| read.value);
        card.revision = now.rev;
        card.conflict = Some(Conflict {
            id: card.id.clone(),
            heading: format!("{} changed this on {}", now.by, due::short_instant(self.zone, now.at)),
            mine_title: "Yours, not saved".to_owned(),
            mine: AnswerCopy {
                answer: in_words(question, mine.as_ref()),
                note: Some(unsaved.typed.note.clone()).filter(|note| !note.trim().is_empty()),
            },
            theirs_title: format!("{}, saved {}", now.by, due::short_instant(self.zone, now.at)),
            theirs: AnswerCopy { answer: in_words(question, now.value.as_ref()), note: now.note.clone() },
            keep_theirs: format!("{}#{}", self.go, card.id),
            theirs_button: "Keep theirs".to_owned(),
        });
    }

    pub(super) fn citation(&self, piece: &EvidenceRow, question: &str, open: bool) -> Citation {
        let cite = piece.citations.iter().find(|cite| cite.question_id.as_deref() == Some(question));
        let remove = cite.filter(|_| open).map(|cite| format!("/portal/citations/{}/remove", cite.id));
        let more = open.then(|| format!("/portal/shelf/{}", piece.id));
        Citation { more, ..evidence_line(piece, self.zone, self.organisation, remove) }
    }

    fn evidence_forms(&self, placed: &SheetQuestion, question: &Question) -> EvidenceForms {
        let wants_file = question.answer_type == AnswerType::File;
        let here: Vec<_> = self.sheet.evidence_of(&placed.id).map(|piece| piece.id).collect();
        EvidenceForms {
            open: wants_file && here.is_empty(),
            wanted: question.evidence.clone(),
            ..evidence_forms(
                &placed.id,
                format!("question {}", placed.number),
                &format!("/portal/questions/{}", placed.id),
                &self.go,
                (self.mutation)(),
                self.sheet.rows.evidence.iter().filter(|piece| !here.contains(&piece.id)),
            )
        }
    }
}

/// The forms that add evidence below `base`; with `mutation` each of them acts once.
pub(super) fn evidence_forms<'a>(
    id: &str,
    to: String,
    base: &str,
    go: &str,
    mutation: String,
    shelf: impl Iterator<Item = &'a EvidenceRow>,
) -> EvidenceForms {
    let shelf = shelf.map(|piece| FieldOption {
        id: format!("{id}-shelf-{}", piece.id),
        value: piece.id.to_string(),
        label: piece.name.clone(),
        hint: None,
        chosen: false,
    });
    EvidenceForms {
        id: id.to_owned(),
        to,
        summary: "Add evidence".to_owned(),
        open: false,
        wanted: None,
        limits: format!("{ALLOWED_IN_WORDS}; up to 25 MB."),
        accept: ALLOWED_ENDINGS.to_owned(),
        upload: format!("{base}/evidence"),
        link: format!("{base}/link"),
        reuse: format!("{base}/reuse"),
        shelf: shelf.collect(),
        go: go.to_owned(),
        mutation,
    }
}

/// A piece of evidence as one line.
pub(super) fn evidence_line(
    piece: &EvidenceRow,
    zone: Tz,
    organisation: &str,
    remove: Option<String>,
) -> Citation {
    let by = if piece.added_by.is_empty() { organisation } else { &piece.added_by };
    let mut meta = vec![format!("added by {by} on {}", due::short_instant(zone, piece.added_at))];
    if let Some(size) = piece.size {
        meta.insert(0, size_in_words(size));
    }
    if let Some(last) = piece.valid_until {
        meta.push(format!("valid until {}", due::short_day(last)));
    }
    let link = piece.url.as_deref().filter(|_| piece.kind == EvidenceKind::Link);
    Citation {
        icon: if link.is_some() { "link" } else { "file-text" },
        title: piece.name.clone(),
        href: link.map_or_else(|| format!("/portal/evidence/{}", piece.id), str::to_owned),
        outside: link.is_some(),
        meta: meta.join(", "),
        more: None,
        remove,
    }
}

const fn kind(question: &Question) -> QuestionKind {
    match question.answer_type {
        AnswerType::SelectOne | AnswerType::SelectMany => QuestionKind::Choices,
        AnswerType::Number => QuestionKind::Number,
        AnswerType::Date => QuestionKind::Date,
        AnswerType::Text => QuestionKind::Text,
        AnswerType::File => QuestionKind::File,
        AnswerType::Table => QuestionKind::Table,
        AnswerType::Attest => QuestionKind::Attest,
    }
}

fn table(card: &QuestionCard, question: &Question, typed: &TypedAnswer) -> TableInput {
    let most = question.max_rows.map_or(200, |most| most as usize);
    let rows = (typed.rows.len() + 3).min(most).max(typed.rows.len());
    let cell = |row: usize, column: &questionnaires::definition::Column| {
        let value = typed.rows.get(row).and_then(|cells| cells.get(&column.id)).cloned().unwrap_or_default();
        let option = |value_of: &str, label: &str| FieldOption {
            id: format!("{}-r{row}-{}-{value_of}", card.id, column.id),
            value: value_of.to_owned(),
            label: label.to_owned(),
            hint: None,
            chosen: value == value_of,
        };
        let options = if column.options.is_empty() {
            Vec::new()
        } else {
            let chosen = column.options.iter().map(|choice| option(&choice.id, &choice.label));
            std::iter::once(option("", "")).chain(chosen).collect()
        };
        TableCell {
            id: format!("{}-r{row}-{}", card.id, column.id),
            name: format!("rows.{row}.{}", column.id),
            column: column.label.clone(),
            label: format!("{}, row {}", column.label, row + 1),
            input_type: if column.column_type == ColumnType::Date { "date" } else { "text" },
            inputmode: (column.column_type == ColumnType::Number).then_some("decimal"),
            value,
            options,
            error: None,
        }
    };
    TableInput {
        caption: question.text.clone(),
        number: card.number.clone(),
        columns: question
            .columns
            .iter()
            .map(|column| TableColumn { label: column.label.clone(), required: column.required })
            .collect(),
        rows: (0..rows)
            .map(|row| TableRow {
                number: u32::try_from(row + 1).unwrap_or(u32::MAX),
                cells: question.columns.iter().map(|column| cell(row, column)).collect(),
            })
            .collect(),
    }
}

/// Every answer to read back, by section; `change` while answers are open.
pub(super) fn answer_groups(sheet: &Sheet, unfold: bool) -> Vec<AnswerGroup> {
    // Sections of several questionnaires have the same numbers.
    let several = groups(sheet).len() > 1;
    sheet
        .sections
        .iter()
        .map(|section| {
            let rows: Vec<AnswerRow> = section
                .questions
                .iter()
                .filter_map(|placed| {
                    sheet.question(&placed.id).map(|question| answer_row(sheet, section, placed, question))
                })
                .collect();
            let wanting = rows.iter().any(|row| row.missing || row.flag.is_some());
            AnswerGroup {
                title: match sheet.rows.questionnaires.get(section.questionnaire).filter(|_| several) {
                    Some(asked) => format!("{}: {}", asked.definition.title, section.title),
                    None => section.title.clone(),
                },
                summary: format!("{} of {} answered", section.done(), section.questions.len()),
                open: unfold && wanting,
                rows,
            }
        })
        .collect()
}

fn answer_row(
    sheet: &Sheet,
    section: &SheetSection,
    placed: &SheetQuestion,
    question: &Question,
) -> AnswerRow {
    let row = sheet.answer(&placed.id);
    let names: Vec<&str> = sheet.evidence_of(&placed.id).map(|piece| piece.name.as_str()).collect();
    let answer = match row.and_then(|row| row.value.as_ref()) {
        None if placed.done => format!("Files: {}", names.join(", ")),
        None => "Not provided".to_owned(),
        value => in_words(question, value),
    };
    let is = |list: &[String]| list.contains(&placed.id);
    let flag = if is(&sheet.missing.required) {
        Some("Has to be answered before you can send")
    } else if is(&sheet.missing.notes) {
        Some("This answer needs a note")
    } else if is(&sheet.missing.evidence) {
        Some("Evidence asked for, none attached")
    } else {
        None
    };
    let open = sheet.openness(&placed.id) == Openness::Open;
    AnswerRow {
        number: placed.number.clone(),
        question: question.text.clone(),
        answer,
        missing: !placed.done || is(&sheet.missing.unknown),
        note: row.and_then(|row| row.note.clone()),
        flag: flag.map(str::to_owned),
        change: open.then(|| format!("{}#{}", section_href(section), placed.id)),
    }
}

/// The links at the end of a section.
pub(super) fn next_links(sheet: &Sheet, at: usize) -> Vec<Link> {
    let mut links = Vec::new();
    match sheet.sections.get(at + 1) {
        Some(next) => links.push(Link::new(format!("Continue to {}", next.title), section_href(next))),
        None => links.push(Link::new("Check all answers", "/portal/check")),
    }
    links.push(Link::new("All sections", "/portal/tasks"));
    links
}
