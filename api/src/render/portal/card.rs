//! The question card and the forms for evidence as HTML.
//!
//! They are written in code and not as templates: a section holds up to a hundred of them, and they are nearly all of
//! the page that vendors open most. What they show comes from the structs of `question.rs`; every text is escaped
//! where it is written. To show something new, give the struct a field and write it here.

use super::question::{
    Asked, Citation, Conflict, EvidenceForms, NotApplicable, PreviousAnswer, QuestionCard, QuestionKind,
    QuestionOption, TableCell, TableInput,
};
use crate::render::Html;
use maud::{Markup, PreEscaped, html};

/// The cards of these questions, in their order.
pub fn cards_html(frame: CardFrame<'_>, cards: impl IntoIterator<Item = QuestionCard>) -> Html {
    let mut all = String::new();
    for card in cards {
        all.push_str(&card.html(frame).into_string());
    }
    PreEscaped(all).into()
}

/// What the cards of one page have in common.
#[derive(Debug, Clone, Copy)]
pub struct CardFrame<'a> {
    /// Hidden value of every form.
    pub csrf: &'a str,
    /// Address of the icons.
    pub icons: &'a str,
}

impl CardFrame<'_> {
    /// A decorative icon; the words beside it carry the meaning.
    fn icon(&self, name: &str) -> Markup {
        html! { svg.i aria-hidden="true" { use href={ (self.icons) "#" (name) } {} } }
    }

    fn csrf(&self) -> Markup {
        html! { input type="hidden" name="csrf" value=(self.csrf); }
    }
}

impl QuestionCard {
    fn html(&self, frame: CardFrame<'_>) -> Markup {
        html! {
            article.card.q.on[self.error.is_some()] id=(self.id) aria-label={ "Question " (self.number) } {
                @if self.read_only { (self.closed(frame)) } @else { (self.form(frame)) }
                (evidence(frame, &self.citations, self.evidence.as_ref()))
                @if let Some(action) = self.previous.as_ref().and_then(|previous| previous.carry.as_ref()) {
                    form id={ (self.id) "-carry" } action=(action) method="post" {
                        (frame.csrf())
                        input type="hidden" name="revision" value=(self.revision);
                        input type="hidden" name="mutation" value={ (self.mutation) "-carry" };
                        input type="hidden" name="go" value=(self.go);
                    }
                }
            }
        }
    }

    fn closed(&self, frame: CardFrame<'_>) -> Markup {
        html! {
            h2.leg id={ (self.id) "-text" } {
                span.num { "Question " (self.number) " " span.id { (self.id) } } (self.text)
            }
            @if let Some(help) = &self.help { p.hint.pre { (help) } }
            (self.asked_and_previous(frame))
            @if let Some(shown) = &self.shown { p.choice.mt3 { (shown) } }
            @if !self.note.is_empty() { p.mt2.pre dir="auto" { (self.note) } }
        }
    }

    fn form(&self, frame: CardFrame<'_>) -> Markup {
        html! {
            form action=(self.action) method="post" novalidate autocomplete="off" data-answer={ (self.action) "/answer" }
                data-gate=[self.gate.then_some("yes")] data-nothing=[self.nothing_in_it] {
                (frame.csrf())
                input type="hidden" name="revision" value=(self.revision);
                input type="hidden" name="mutation" value=(self.mutation);
                input type="hidden" name="go" value=(self.go);
                (self.inputs(frame))
                @if let Some(na) = &self.na { (self.reason(na)) }
                @if let Some(concern) = &self.concern { p.con { (concern) } }
                @if let Some(field) = &self.note_field {
                    div.note data-explain=[(!field.explain.is_empty()).then_some(&field.explain)] {
                        label.lab for={ (self.id) "-note" } {
                            "Note" span { @if field.needed { ", needed with this answer" } @else { ", optional" } }
                        }
                        textarea id={ (self.id) "-note" } name="note" rows="2" dir="auto" maxlength="4000" {
                            "\n" (self.note)
                        }
                    }
                }
                @if let Some(why) = &self.why {
                    details { summary { "Why we ask" span.sr { ": question " (self.number) } } p.in { "Your answer shows whether these requirements are met: " (why) } }
                }
                div.foot {
                    button.btn.sm { (self.save_label) span.sr { ": question " (self.number) } }
                    span.sm.mut data-saved role="status" { (self.saved) }
                }
                // After the button that saves, which is the one that Enter in a field presses.
                @if let Some(conflict) = &self.conflict { (clash(frame, conflict)) }
            }
        }
    }

    /// The question and what it is answered with.
    fn inputs(&self, frame: CardFrame<'_>) -> Markup {
        let value = || format!("{}-value", self.id);
        let (described, invalid) = (self.described(), self.error.is_some().then_some("true"));
        if self.kind == QuestionKind::Choices {
            return html! {
                fieldset aria-describedby=[described] {
                    legend { (self.head()) }
                    (self.words(frame))
                    (options(&self.options))
                }
            };
        }
        html! {
            @match self.kind {
                QuestionKind::File | QuestionKind::Table | QuestionKind::Attest => {
                    h2.leg id={ (self.id) "-text" } { (self.head()) }
                }
                _ => label.leg for=(value()) { (self.head()) },
            }
            (self.words(frame))
            @match self.kind {
                QuestionKind::Text => {
                    textarea.mt3 id=(value()) name="text" rows="3" dir="auto" maxlength=(self.max_length)
                        aria-describedby=[described] aria-invalid=[invalid] { "\n" (self.value) }
                }
                QuestionKind::Number => {
                    input.short.mt3 type="text" inputmode="decimal" id=(value()) name="number" value=(self.value)
                        aria-describedby=[described] aria-invalid=[invalid];
                }
                QuestionKind::Date => {
                    input.short.mt3 type="date" id=(value()) name="date" value=(self.value)
                        aria-describedby=[described] aria-invalid=[invalid];
                }
                QuestionKind::File => {
                    p.hint { "Add the file below under “Add evidence”, then save." }
                }
                QuestionKind::Attest => {
                    label.opt.mt3 {
                        input type="checkbox" name="attest" id=(value()) value="yes" checked[self.chosen]
                            aria-describedby=[described] aria-invalid=[invalid];
                        span { (self.attest) }
                    }
                }
                QuestionKind::Choices | QuestionKind::Table => {}
            }
            @if let Some(rows) = &self.table { (table(rows)) }
            @if !self.options.is_empty() { (options(&self.options)) }
        }
    }

    /// Ids of what says more about the inputs.
    fn described(&self) -> Option<String> {
        let help = self.help.is_some().then(|| format!("{}-help", self.id));
        let error = self.error.is_some().then(|| format!("{}-error", self.id));
        match (help, error) {
            (Some(help), Some(error)) => Some(format!("{help} {error}")),
            (help, error) => help.or(error),
        }
    }

    fn head(&self) -> Markup {
        html! {
            span.num {
                "Question " (self.number) " " span.id { (self.id) }
                @if let Some(follows) = &self.follows { ", " (follows) }
            }
            (self.text)
        }
    }

    fn words(&self, frame: CardFrame<'_>) -> Markup {
        html! {
            @if let Some(help) = &self.help { p.hint.pre id={ (self.id) "-help" } { (help) } }
            (self.asked_and_previous(frame))
            @if let Some(error) = &self.error {
                p.alert id={ (self.id) "-error" } { (frame.icon("circle-alert")) span { (error) } }
            }
        }
    }

    fn asked_and_previous(&self, frame: CardFrame<'_>) -> Markup {
        html! {
            @if let Some(Asked { head, text }) = &self.asked {
                div.prev { p.sm.mut { (head) } p.pre.mt2 dir="auto" { (text) } }
            }
            @if let Some(PreviousAnswer { head, answer, note, carry }) = &self.previous {
                div.prev {
                    p.sm.mut { (head) }
                    blockquote {
                        b { (answer) }
                        @if let Some(note) = note { " " span dir="auto" { (note) } }
                    }
                    @if carry.is_some() {
                        // Not of the card's own form: Enter in a field must never press it.
                        button.btn.sm.mt3 form={ (self.id) "-carry" } {
                            (frame.icon("undo-2")) "Use this answer"
                            span.sr { ": question " (self.number) }
                        }
                    }
                }
            }
        }
    }

    fn reason(&self, na: &NotApplicable) -> Markup {
        let (id, hint) = (format!("{}-reason", self.id), format!("{}-reason-hint", self.id));
        html! {
            div.sub {
                label.lab for=(id) { (na.label) }
                p.hint id=(hint) { (na.hint) }
                textarea id=(id) name="reason" rows="2" dir="auto" maxlength="4000" aria-describedby=(hint) {
                    "\n" (na.reason)
                }
            }
        }
    }
}

fn options(all: &[QuestionOption]) -> Markup {
    html! {
        div.opts {
            @for one in all {
                label.opt.unk[one.apart] {
                    input type=(one.input_type) id=(one.id) name=(one.name) value=(one.value) checked[one.chosen]
                        data-alone[one.alone && one.input_type == "checkbox"];
                    span { (one.label) @if let Some(hint) = &one.hint { small { (hint) } } }
                }
            }
        }
    }
}

fn table(table: &TableInput) -> Markup {
    html! {
        div.scroll.mt3 tabindex="0" role="region"
            aria-label={ "Rows of question " (table.number) ", scrollable" } {
            table.t.cards.dense {
                caption.sr { (table.caption) }
                thead {
                    tr {
                        th scope="col" { span.sr { "Row" } }
                        @for column in &table.columns {
                            th scope="col" {
                                (column.label) @if !column.required { " " span.mut { "(optional)" } }
                            }
                        }
                    }
                }
                tbody {
                    @for row in &table.rows {
                        tr {
                            th scope="row" { "Row " (row.number) }
                            @for one in &row.cells { td data-th=(one.column) { (cell(one)) } }
                        }
                    }
                }
            }
        }
        p.sm.mut.mt2 { "Leave rows empty that you do not need. Save to get more rows." }
    }
}

fn cell(cell: &TableCell) -> Markup {
    html! {
        @if cell.options.is_empty() {
            input type=(cell.input_type) inputmode=[cell.inputmode] id=(cell.id) name=(cell.name)
                value=(cell.value) aria-label=(cell.label);
        } @else {
            select id=(cell.id) name=(cell.name) aria-label=(cell.label) {
                @for one in &cell.options {
                    option value=(one.value) selected[one.chosen] { (one.label) }
                }
            }
        }
        @if let Some(error) = &cell.error { span.err { (error) } }
    }
}

fn clash(frame: CardFrame<'_>, conflict: &Conflict) -> Markup {
    let heading = format!("{}-clash", conflict.id);
    html! {
        div.clash role="group" aria-labelledby=(heading) {
            h2 id=(heading) { (frame.icon("users")) (conflict.heading) }
            p.sm.mut.mt2 { "Nothing was overwritten. Both stay in the history." }
            div.cols {
                @for (title, copy, old) in [
                    (&conflict.mine_title, &conflict.mine, false),
                    (&conflict.theirs_title, &conflict.theirs, true),
                ] {
                    div.ans.old[old] {
                        header { h3 { (title) } }
                        p.b { (copy.answer) }
                        @if let Some(note) = &copy.note { p.pre dir="auto" { (note) } }
                    }
                }
            }
            p.row.mt4 {
                button.btn.pri name="resolve" value="mine" { "Keep mine" }
                a.btn href=(conflict.keep_theirs) data-theirs { (conflict.theirs_button) }
                a.btn href={ "#" (conflict.id) } { "Edit together" }
            }
            p.sm.mut.mt3 { "To edit together, change the answer above with both in view, then save." }
        }
    }
}

fn cited(frame: CardFrame<'_>, citation: &Citation) -> Markup {
    let (rel, target) = (Some("noopener noreferrer nofollow"), Some("_blank"));
    let (rel, target) = if citation.outside { (rel, target) } else { (None, None) };
    html! {
        div.file {
            (frame.icon(citation.icon))
            span {
                a href=(citation.href) rel=[rel] target=[target] { (citation.title) }
                @if citation.outside { " " span.sm.mut { "(opens elsewhere)" } }
                br;
                span.sm.mut { (citation.meta) }
                @if let Some(more) = &citation.more {
                    " " a.sm href=(more) { "Use it for more answers" span.sr { ": " (citation.title) } }
                }
            }
            @if let Some(remove) = &citation.remove {
                form.act action=(remove) method="post" {
                    (frame.csrf())
                    button.btn.ghost.sm { "Remove" span.sr { " " (citation.title) } }
                }
            }
        }
    }
}

/// Evidence that is cited, and the forms that add some where `forms` are given.
#[must_use]
pub fn evidence_html(frame: CardFrame<'_>, citations: &[Citation], forms: Option<&EvidenceForms>) -> Html {
    evidence(frame, citations, forms).into()
}

fn evidence(frame: CardFrame<'_>, citations: &[Citation], forms: Option<&EvidenceForms>) -> Markup {
    html! {
        @for citation in citations { (cited(frame, citation)) }
        @if let Some(forms) = forms { (evidence_forms(frame, forms)) }
    }
}

fn evidence_forms(frame: CardFrame<'_>, forms: &EvidenceForms) -> Markup {
    let id = |part: &str| format!("{}-{part}", forms.id);
    let hidden = html! {
        (frame.csrf())
        input type="hidden" name="go" value=(forms.go);
        input type="hidden" name="mutation" value=(forms.mutation);
    };
    html! {
        details open[forms.open] {
            summary { (forms.summary) }
            @if let Some(wanted) = &forms.wanted { p.hint.mt2 { (wanted) } }
            div.drop {
                form.stack action=(forms.upload) method="post" enctype="multipart/form-data" {
                    (hidden)
                    div {
                        label.lab for=(id("file")) { "A file" }
                        p.hint id=(id("file-hint")) { (forms.limits) }
                        input type="file" id=(id("file")) name="file" required accept=(forms.accept)
                            aria-describedby=(id("file-hint"));
                    }
                    div.inline {
                        div {
                            label.lab.sm for=(id("until")) { "Valid until" span { ", optional" } }
                            input.short type="date" id=(id("until")) name="valid_until";
                        }
                    }
                    p { button.btn.sm { "Add file" span.sr { " to " (forms.to) } } }
                }
                @if !forms.shelf.is_empty() {
                    form.inline action=(forms.reuse) method="post" {
                        (hidden)
                        div {
                            label.lab.sm for=(id("shelf")) { "A file you already added" }
                            select id=(id("shelf")) name="evidence" {
                                @for file in &forms.shelf { option value=(file.value) { (file.label) } }
                            }
                        }
                        button.btn.sm { "Use it here" span.sr { ", " (forms.to) } }
                    }
                }
                form.stack action=(forms.link) method="post" {
                    (hidden)
                    div {
                        label.lab for=(id("url")) { "A link instead" }
                        p.hint id=(id("url-hint")) { "Starts with https." }
                        input type="url" id=(id("url")) name="url" maxlength="2000" required
                            pattern="[Hh][Tt][Tt][Pp][Ss]://.*" title="The address begins with https://"
                            aria-describedby=(id("url-hint"));
                    }
                    div {
                        label.lab.sm for=(id("title")) { "What it is" }
                        input type="text" id=(id("title")) name="title" maxlength="200";
                    }
                    p { button.btn.sm { "Add link" span.sr { " to " (forms.to) } } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::question::{AnswerCopy, NoteField, TableColumn, TableRow};
    use super::*;
    use crate::render::fields::FieldOption;

    const EVIL: &str = "<script>boo</script>\"onx=\"1' & more";

    fn evil() -> String {
        EVIL.to_owned()
    }

    fn choice() -> FieldOption {
        FieldOption { id: evil(), value: evil(), label: evil(), hint: Some(evil()), chosen: true }
    }

    /// A card that shows everything a card can show, and every text of it is hostile.
    fn hostile(kind: QuestionKind, read_only: bool) -> QuestionCard {
        let copy = || AnswerCopy { answer: evil(), note: Some(evil()) };
        let cell = |options| TableCell {
            id: evil(),
            name: evil(),
            column: evil(),
            label: evil(),
            input_type: "text",
            inputmode: None,
            value: evil(),
            options,
            error: Some(evil()),
        };
        let cells = vec![cell(Vec::new()), cell(vec![choice()])];
        let card = QuestionCard {
            help: Some(evil()),
            follows: Some(evil()),
            action: evil(),
            mutation: evil(),
            go: evil(),
            value: evil(),
            attest: evil(),
            table: Some(TableInput {
                caption: evil(),
                number: evil(),
                columns: vec![TableColumn { label: evil(), required: false }],
                rows: vec![TableRow { number: 1, cells }],
            }),
            note_field: Some(NoteField { needed: true, explain: evil() }),
            note: evil(),
            concern: Some(evil()),
            why: Some(evil()),
            previous: Some(PreviousAnswer {
                head: evil(),
                answer: evil(),
                note: Some(evil()),
                carry: Some(evil()),
            }),
            asked: Some(Asked { head: evil(), text: evil() }),
            conflict: Some(Conflict {
                id: evil(),
                heading: evil(),
                mine_title: evil(),
                mine: copy(),
                theirs_title: evil(),
                theirs: copy(),
                keep_theirs: evil(),
                theirs_button: evil(),
            }),
            error: Some(evil()),
            save_label: evil(),
            saved: evil(),
            read_only,
            shown: Some(evil()),
            citations: vec![Citation {
                icon: "link",
                title: evil(),
                href: evil(),
                outside: true,
                meta: evil(),
                more: Some(evil()),
                remove: Some(evil()),
            }],
            evidence: Some(EvidenceForms {
                id: evil(),
                to: evil(),
                summary: evil(),
                open: true,
                wanted: Some(evil()),
                limits: evil(),
                accept: evil(),
                upload: evil(),
                link: evil(),
                reuse: evil(),
                shelf: vec![choice()],
                go: evil(),
                mutation: evil(),
            }),
            ..QuestionCard::new(EVIL, EVIL, EVIL, kind)
        };
        card.option(EVIL, EVIL, true, true).not_applicable(true, true, EVIL, EVIL)
    }

    #[test]
    fn every_text_of_a_card_is_shown_and_not_obeyed() {
        use QuestionKind as K;
        let frame = CardFrame { csrf: EVIL, icons: "/static/icons.svg" };
        for kind in [K::Choices, K::Number, K::Date, K::Text, K::File, K::Table, K::Attest] {
            for read_only in [false, true] {
                let html = hostile(kind, read_only).html(frame).into_string();
                assert!(html.contains("&lt;script&gt;boo"), "{kind:?}");
                assert!(!html.contains("<script") && !html.contains("\"onx"), "{kind:?}: {html}");
            }
        }
    }
}
