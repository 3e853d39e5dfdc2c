//! The portal's pages with invented content, in the states that matter: plain, in error, in conflict, empty.

use super::super::fields::{FieldOption, FieldView, errors_of};
use super::super::page::{Organisation, SignedIn};
use super::super::parts::{Band, EmptyState, ErrorItem, Fact, FlashNotice, Link, SavedLine, SectionProgress};
use super::super::samples::Sample;
use super::super::{Assets, Page, Shell, assets};
use super::*;
use std::sync::LazyLock;

const BANK: &str = "Northwind Bank";

pub(super) fn shell(title: &str) -> Shell {
    let about = "Questions about Lumen Triage for Lumen Analytics";
    let mut shell = Shell::portal(title, Organisation::new(BANK), about, "sample-csrf");
    shell.user = Some(SignedIn::new("Priya Shah", "Lead"));
    shell.sign_out = Some("/portal/sign-out".to_owned());
    shell.saved = Some(SavedLine { text: "All answers saved, 14:32".to_owned(), waiting: false });
    shell.progress = Some(SectionProgress::new(&[
        (4, 4, false),
        (7, 7, false),
        (3, 5, false),
        (4, 6, true),
        (0, 4, false),
    ]));
    shell
}

pub(super) fn aside() -> Vec<AsideBlock> {
    vec![
        AsideBlock::text(
            "9 days left",
            "Due at the end of Friday 12 December 2025, London time. About 35 minutes of questions remain.",
        ),
        AsideBlock::people(
            "People answering",
            vec![
                Person::new("Priya Shah (you)", "Lead, can submit"),
                Person::new("Tom Okafor", "Helper").did("Saved an answer at 14:29".to_owned()),
            ],
        ),
        AsideBlock::text("Who asked you", "Daniel Reyes, Procurement, Northwind Bank.").link(Link::new(
            "daniel.reyes@northwindbank.example",
            "mailto:daniel.reyes@northwindbank.example",
        )),
    ]
}

fn people(is_lead: bool) -> Page<PeoplePage> {
    let row = |name: &str, note: &str, revoke: Option<&str>| PersonRow {
        person: Person::new(name, note).did("Saved an answer at 14:29".to_owned()),
        name: name.to_owned(),
        revoke: revoke.map(str::to_owned).filter(|_| is_lead),
    };
    let fields = vec![
        FieldView::text("name", "Name"),
        FieldView::email("email", "E-mail").error(Some("This address was invited already".to_owned())),
        FieldView::textarea("ask", "What you ask for").optional(),
    ];
    shell("People answering").wrap(PeoplePage {
        lede: "Hand a part to a colleague: they get a link of their own.".to_owned(),
        people: vec![
            row("Priya Shah", "Lead, can submit", None),
            row("Tom Okafor", "Helper", Some("/portal/people/0192/revoke")),
        ],
        mutation: "0192".to_owned(),
        fields: if is_lead { fields } else { Vec::new() },
        aside: aside(),
    })
}

/// The frame of every sample's cards, with the icons that ship.
fn frame() -> CardFrame<'static> {
    static ICONS: LazyLock<String> = LazyLock::new(|| {
        let assets = Assets::build(&assets::files(None).unwrap_or_default());
        assets.named("icons.svg").map(|sprite| sprite.href.clone()).unwrap_or_default()
    });
    CardFrame { csrf: "sample-csrf", icons: &ICONS }
}

fn scale(card: QuestionCard, chosen: Option<usize>) -> QuestionCard {
    let labels = [
        ("yes_all", "Yes, in place for all AI in the product"),
        ("mostly", "Mostly, with small known gaps"),
        ("partly", "Partly, for some of the AI"),
        ("planned", "Not yet, but planned with a date"),
        ("none", "No"),
    ];
    let mut card = card;
    for (i, (value, label)) in labels.into_iter().enumerate() {
        card = card.option(value, label, chosen == Some(i), false);
    }
    card.unknown(false, true, BANK)
}

fn card(id: &str, number: &str, text: &str, kind: QuestionKind) -> QuestionCard {
    let mut card = QuestionCard::new(id, number, text, kind);
    card.mutation = format!("0199f3c2-7a10-7c3e-9d1e-{number:0>12}").replace('.', "0");
    card.go = format!("/portal/sections/ait-lif#{id}");
    card
}

fn evidence(id: &str, number: &str) -> EvidenceForms {
    EvidenceForms {
        id: id.to_owned(),
        to: format!("question {number}"),
        summary: "Add evidence".to_owned(),
        open: false,
        wanted: Some("Test report or release checklist of the last 12 months.".to_owned()),
        limits: "PDF, Office, picture or text, up to 25 MB.".to_owned(),
        accept: ".pdf,.docx,.xlsx,.png,.jpg,.txt,.csv".to_owned(),
        upload: format!("/portal/questions/{id}/evidence"),
        link: format!("/portal/questions/{id}/links"),
        reuse: format!("/portal/questions/{id}/citations"),
        shelf: vec![FieldOption {
            id: String::new(),
            value: "0199f3c2-0000-7000-8000-000000000001".to_owned(),
            label: "Lumen-release-checklist-v7.pdf".to_owned(),
            hint: None,
            chosen: false,
        }],
        go: format!("/portal/sections/ait-lif#{id}"),
        mutation: "0199f3c2-7a10-7c3e-9d1e-000000000007".to_owned(),
    }
}

fn citation(removable: bool) -> Citation {
    Citation {
        icon: "file-text",
        title: "Lumen-release-checklist-v7.pdf".to_owned(),
        href: "/portal/evidence/0199f3c2-0000-7000-8000-000000000001".to_owned(),
        outside: false,
        meta: "Pages 2 to 4, 0.8 MB, added by Tom Okafor on 28 Nov".to_owned(),
        more: removable.then(|| "/portal/shelf/1".to_owned()),
        remove: removable.then(|| "/portal/citations/1/remove".to_owned()),
    }
}

fn link_citation() -> Citation {
    Citation {
        icon: "link",
        title: "Trust centre: certificates".to_owned(),
        href: "https://trust.lumen-analytics.example/certificates".to_owned(),
        outside: true,
        meta: "Link added by Priya Shah on 1 Dec".to_owned(),
        more: None,
        remove: Some("/portal/citations/2/remove".to_owned()),
    }
}

fn table(id: &str) -> TableInput {
    let names = [("provider", "Provider", true), ("model", "Model", true), ("since", "In use since", false)];
    let regions = [("", ""), ("eu", "EU"), ("us", "United States")];
    let rows = (0..3)
        .map(|n| {
            let mut cells: Vec<TableCell> = names
                .iter()
                .map(|(column, label, _)| TableCell {
                    id: format!("{id}-{n}-{column}"),
                    name: format!("rows.{n}.{column}"),
                    column: (*label).to_owned(),
                    label: format!("{label}, row {}", n + 1),
                    input_type: if *column == "since" { "date" } else { "text" },
                    inputmode: None,
                    value: if n == 0 && *column == "provider" {
                        "Tessera Models".to_owned()
                    } else {
                        String::new()
                    },
                    options: Vec::new(),
                    error: (n == 0 && *column == "model")
                        .then(|| "Name the model, or empty the row.".to_owned()),
                })
                .collect();
            cells.push(TableCell {
                id: format!("{id}-{n}-region"),
                name: format!("rows.{n}.region"),
                column: "Region".to_owned(),
                label: format!("Region, row {}", n + 1),
                input_type: "text",
                inputmode: None,
                value: String::new(),
                options: regions
                    .iter()
                    .map(|(value, label)| FieldOption {
                        id: String::new(),
                        value: (*value).to_owned(),
                        label: (*label).to_owned(),
                        hint: None,
                        chosen: n == 0 && *value == "eu",
                    })
                    .collect(),
                error: None,
            });
            TableRow { number: n + 1, cells }
        })
        .collect();
    let mut columns: Vec<TableColumn> = names
        .iter()
        .map(|(_, label, required)| TableColumn { label: (*label).to_owned(), required: *required })
        .collect();
    columns.push(TableColumn { label: "Region".to_owned(), required: false });
    TableInput { caption: "Models in the product".to_owned(), number: "11.7".to_owned(), columns, rows }
}

fn questions(wrong: bool) -> Vec<QuestionCard> {
    let mut first = scale(
        card(
            "AIT-LIF-01",
            "11.1",
            "Must each release pass written acceptance tests before it reaches us?",
            QuestionKind::Choices,
        ),
        Some(0),
    );
    first.revision = 3;
    first.note = "Two people approve; the test set has 1,200 labelled complaints.".to_owned();
    first.saved = "Saved 14:30".to_owned();
    first.citations = vec![citation(true), link_citation()];
    first.evidence = Some(evidence("AIT-LIF-01", "11.1"));
    let mut second = scale(
        card(
            "AIT-LIF-02",
            "11.2",
            "Is the quality of the AI's results measured continuously in live use?",
            QuestionKind::Choices,
        ),
        None,
    );
    second.previous = Some(PreviousAnswer {
        head: "Your answer from March 2025, given by Priya Shah".to_owned(),
        answer: "Mostly, with small known gaps.".to_owned(),
        note: Some("Weekly sample of 200 complaints, checked by two operators.".to_owned()),
        carry: Some("/portal/questions/AIT-LIF-02/carry".to_owned()),
    });
    second = second.not_applicable(
        false,
        true,
        "Say why nothing is measured, for instance because nothing is live yet.",
        "",
    );
    let mut third = scale(
        card(
            "AIT-LIF-03",
            "11.3",
            "Is there an alert when live data or results drift from what was tested?",
            QuestionKind::Choices,
        ),
        Some(2),
    );
    third.help = Some("An alert reaches a named person without anybody looking.".to_owned());
    third.follows = Some("shown because of 11.2".to_owned());
    third.concern = Some(
        "This may lead to a finding. If you have another safeguard, describe it in the note.".to_owned(),
    );
    third.why =
        Some("ISO/IEC 42001:2023 Annex A: A.6.2.6; EU AI Act, Regulation (EU) 2024/1689: 26".to_owned());
    third.note_field = Some(NoteField { needed: true, explain: "partly".to_owned() });
    if wrong {
        third.error = Some("This answer is not among the options. Choose one of them.".to_owned());
        third.note = "Priority model: alert within a day.\nThe draft model has none.".to_owned();
        third.conflict = Some(Conflict {
            id: "AIT-LIF-03".to_owned(),
            heading: "Tom Okafor changed this at 14:31".to_owned(),
            mine_title: "Yours, not saved".to_owned(),
            mine: AnswerCopy {
                answer: "Partly, for some of the AI".to_owned(),
                note: Some("Priority model: alert within a day.".to_owned()),
            },
            theirs_title: "Tom Okafor's, saved 14:31".to_owned(),
            theirs: AnswerCopy { answer: "Mostly, with small known gaps".to_owned(), note: None },
            keep_theirs: "/portal/sections/ait-lif#AIT-LIF-03".to_owned(),
            theirs_button: "Keep Tom's".to_owned(),
        });
    }
    let many =
        card("AIT-LIF-04", "11.4", "Which of these do you record for each result?", QuestionKind::Choices)
            .option("input", "The input", true, true)
            .option("model", "The model version", true, true)
            .unknown(false, false, BANK);
    let mut number = card(
        "AIT-LIF-05",
        "11.5",
        "How many days of notice do we get before a model is changed?",
        QuestionKind::Number,
    )
    .unknown(false, false, BANK);
    number.value = "30".to_owned();
    let mut date =
        card("AIT-LIF-06", "11.6", "When was the retirement plan last reviewed?", QuestionKind::Date)
            .unknown(true, false, BANK);
    date.value = "2025-10-01".to_owned();
    let mut rows = card("AIT-SYS-05", "11.7", "Which models does the product use?", QuestionKind::Table)
        .unknown(false, false, BANK);
    rows.table = Some(table("AIT-SYS-05"));
    let text = card("AIT-SYS-06", "11.8", "What does the AI do, in your own words?", QuestionKind::Text)
        .unknown(false, false, BANK);
    let mut file = card("AIT-SYS-07", "11.9", "Do you have a model or system card?", QuestionKind::File)
        .unknown(false, false, BANK);
    file.evidence = Some(EvidenceForms { open: true, shelf: Vec::new(), ..evidence("AIT-SYS-07", "11.9") });
    let mut attest =
        card("AIT-SYS-08", "11.10", "Do you confirm that this list is complete?", QuestionKind::Attest);
    attest.attest = "I confirm it for Lumen Analytics.".to_owned();
    let mut closed =
        card("AIT-SYS-09", "11.11", "Is there a written plan to retire the AI?", QuestionKind::Choices);
    closed.read_only = true;
    closed.shown = Some("Written, approved, and reviewed in the last 12 months".to_owned());
    closed.citations = vec![citation(false)];
    vec![first, second, third, many, number, date, rows, text, file, attest, closed]
}

fn row(title: &str, state: SectionState, short: &str, words: &str, current: bool) -> RailRow {
    RailRow {
        title: title.to_owned(),
        href: "/portal/sections/x".to_owned(),
        state,
        short: short.to_owned(),
        words: words.to_owned(),
        current,
    }
}

fn section(wrong: bool) -> Page<SectionPage> {
    let view = SectionPage {
        kicker: "AI tool risk, section 11 of 15, about 10 minutes".to_owned(),
        answered: "113 of 141 answered".to_owned(),
        tasks: Link::new("All sections and due date", "/portal"),
        rail: vec![
            RailGroup { title: "Supplier security, 64 of 70".to_owned(), open: false, sections: vec![row("Governance", SectionState::Ready, "4", " of 4, ready", false)] },
            RailGroup {
                title: "AI tool risk, 49 of 71".to_owned(),
                open: true,
                sections: vec![
                    row("What the AI is", SectionState::Ready, "5", " of 5, ready", false),
                    row("Training data governance and quality", SectionState::InProgress, "4/7", " answered, in progress", false),
                    row("Lifecycle, drift and retirement", SectionState::InProgress, "4/6", " answered, in progress", true),
                    row("Third-party AI", SectionState::NotStarted, "0/4", " answered, not started", false),
                ],
            },
        ],
        sending: "Nothing is sent to Northwind Bank until you submit.".to_owned(),
        open: true,
        closed: wrong.then(|| "Only the answers that were asked about are open now.".to_owned()),
        earlier: Some(EarlierBox {
            text: "4 of these questions were answered on 14 Mar 2025 about Lumen Triage. Read what still holds; you \
                   can change it afterwards."
                .to_owned(),
            take: Link::new("Use these 4 answers", "/portal/sections/ai-tool-risk-core/LIF/carry"),
        }),
        cards: cards_html(frame(), questions(wrong)),
        next: vec![Link::new("Continue to section 12", "/portal/sections/ait-ais"), Link::new("All sections", "/portal")],
        ready: Some(Link::new("Mark section ready", "/portal/sections/ait-lif/ready")),
        check: Some(Link::new("Check this section", "/portal/check?section=ai-tool-risk/LIF")),
        aside: aside(),
    };
    let mut shell = shell("Lifecycle, drift and retirement");
    shell.skip = "Skip to questions".to_owned();
    shell.skip_to = "#questions".to_owned();
    if wrong {
        shell.saved = Some(SavedLine { text: "1 answer not saved yet".to_owned(), waiting: true });
        shell.errors = vec![ErrorItem::at(
            "AIT-LIF-03",
            "Question 11.3: Tom Okafor changed this answer at 14:31. Choose which text stays.",
        )];
    }
    shell.wrap(view)
}

fn tasks() -> Page<TaskList> {
    let task = |id: &str, title: &str, owner: Option<&str>, count: &str, state, next| TaskRow {
        id: id.to_owned(),
        title: title.to_owned(),
        href: format!("/portal/sections/{id}"),
        owner: owner.map(|name| Person::new(name, "")),
        count: count.to_owned(),
        state,
        next,
    };
    let view = TaskList {
        lede: "113 of 141 are answered. Nothing is sent to Northwind Bank until you submit. Answer in any order; every change is saved.".to_owned(),
        resume: Some(Resume {
            title: "You were in Lifecycle, drift and retirement".to_owned(),
            text: "4 of 6 answered, about 3 minutes left in this section".to_owned(),
            link: Link::new("Continue where you left off", "/portal/sections/ait-lif"),
        }),
        groups: vec![
            TaskGroup {
                title: "Supplier security".to_owned(),
                summary: "64 of 70 answered, 13 of 15 sections ready".to_owned(),
                sections: vec![
                    task("GOV", "Governance", Some("Tom Okafor"), "4 of 4", SectionState::Ready, false),
                    task("INC", "Incident response", Some("Tom Okafor"), "3 of 5", SectionState::InProgress, false),
                ],
            },
            TaskGroup {
                title: "AI tool risk".to_owned(),
                summary: "49 of 71 answered, 8 of 15 sections ready".to_owned(),
                sections: vec![
                    task("LIF", "Lifecycle, drift and retirement", Some("Priya Shah"), "4 of 6", SectionState::InProgress, true),
                    task("TPA", "Third-party AI", None, "0 of 4", SectionState::NotStarted, false),
                ],
            },
        ],
        submit: Some(SubmitBox {
            title: "Submit".to_owned(),
            text: "When you are done, check all answers and sign the statement. You may submit with blanks or “We do not know”; Northwind then sees what is open. Only Priya Shah can submit.".to_owned(),
            links: vec![Link::new("Check all answers", "/portal/check")],
        }),
        aside: aside(),
    };
    shell("28 questions left, due Friday 12 December").wrap(view)
}

fn answers(open: bool, change: bool) -> AnswerGroup {
    let answer = |number: &str, question: &str, answer: Option<&str>, flag: Option<&str>| AnswerRow {
        number: number.to_owned(),
        question: question.to_owned(),
        answer: answer.unwrap_or("Not provided").to_owned(),
        missing: answer.is_none(),
        note: answer.map(|_| "Two people approve.".to_owned()),
        flag: flag.map(ToOwned::to_owned),
        change: change.then(|| "/portal/sections/ait-lif#AIT-LIF-01".to_owned()),
    };
    AnswerGroup {
        title: "Lifecycle, drift and retirement".to_owned(),
        summary: "1 of 2 answered".to_owned(),
        open,
        rows: vec![
            answer(
                "11.1",
                "Must each release pass written acceptance tests?",
                Some("Yes, in place for all AI in the product"),
                Some("Evidence asked for, none attached"),
            ),
            answer(
                "11.2",
                "Is the quality of the AI's results measured continuously in live use?",
                None,
                None,
            ),
        ],
    }
}

fn signature(wrong: bool) -> Vec<FieldView> {
    let error = |text: &str| wrong.then(|| text.to_owned());
    vec![
        FieldView::text("name", "Your full name").value("Priya Shah").autocomplete("name"),
        FieldView::text("role", "Your role")
            .autocomplete("organization-title")
            .error(error("Enter your role.")),
        FieldView::tick("agree", "I state this for Lumen Analytics.", false)
            .error(error("Tick the box to state this.")),
    ]
}

fn declaration(wrong: bool) -> Page<Declaration> {
    let view = Declaration {
        lede: "Your answers are sent to Northwind Bank and then closed. They can ask about single answers later.".to_owned(),
        facts: vec![Fact::new("Answered", "113 of 141"), Fact::new("Do not know", "4"), Fact::new("Evidence", "9 files")],
        statement: vec![
            "I am allowed to answer for Lumen Analytics.".to_owned(),
            "To the best of my knowledge the answers are true and complete, and blanks are blank on purpose.".to_owned(),
        ],
        fields: signature(wrong),
        action: "/portal/submit".to_owned(),
        mutation: "0199f3c2-7a10-7c3e-9d1e-000000000041".to_owned(),
        button: "Send to Northwind Bank".to_owned(),
        back: Link::new("Back to the check", "/portal/check"),
        after: "You get a receipt by mail and on the next page.".to_owned(),
    };
    shell("Declaration").errors(errors_of(&view.fields)).wrap(view)
}

fn receipt() -> Page<Receipt> {
    let view = Receipt {
        lede: "Sent on Wednesday 10 December 2025 at 16:04, London time.".to_owned(),
        facts: vec![
            Fact::new("Reference", "AIQ-0412"),
            Fact::new("Questionnaires", "Supplier security core 1.0.0, AI tool risk 1.1.0"),
            Fact::new("Stated by", "Priya Shah, Compliance lead"),
            Fact::new("Submission", "1"),
        ],
        hash: "9f2c41d0b7aa0c5d8e6f3b21c4d59e7081f2a3b4c5d6e7f8091a2b3c4d5ee41a".to_owned(),
        file: Link::new("Download receipt", "/portal/receipt/file"),
        amend: vec![FieldView::textarea("reason", "What you would like to change, and why")],
        amend_asked: None,
        after: vec![
            IconLine::new(
                "eye",
                "Northwind Bank reads your answers and may ask about some of them, on this same link.",
            ),
            IconLine::new("flag", "You hear of the decision and of anything to fix."),
        ],
        answered: 3,
        groups: vec![answers(false, false)],
    };
    shell("Sent to Northwind Bank").wrap(view)
}

fn clarifications() -> Page<Clarifications> {
    let mut asked = scale(
        card("AIT-FAI-02", "8.2", "Are limits for unfair results written down?", QuestionKind::Choices),
        Some(2),
    );
    asked.asked = Some(Asked {
        head: "Amara Nwosu, Northwind Bank, asks on 16 December".to_owned(),
        text: "You write that limits exist for the priority model.\nWhich numbers, and who reads them?"
            .to_owned(),
    });
    asked.saved = "Saved 10 Dec".to_owned();
    asked.citations = vec![citation(true)];
    asked.evidence = Some(evidence("AIT-FAI-02", "8.2"));
    let view = Clarifications {
        lede: "Only these answers are open. Due Thursday 18 December.".to_owned(),
        cards: cards_html(frame(), [asked]),
        send: Some(SendReplies {
            lede: "Sending closes these answers again and makes snapshot 2.".to_owned(),
            action: "/portal/submit".to_owned(),
            mutation: "0199f3c2-7a10-7c3e-9d1e-000000000052".to_owned(),
            fields: signature(false),
            button: "Send 1 reply".to_owned(),
        }),
        cannot: String::new(),
        aside: aside(),
    };
    shell("Northwind Bank has 1 follow-up question").wrap(view)
}

fn actions(any: bool) -> Page<Actions> {
    let finding = |id: &str, severity: &str, turn: bool| FindingCard {
        id: id.to_owned(),
        title: "Penetration test is older than 24 months".to_owned(),
        severity: Band::named(severity),
        state: if turn { "In progress" } else { "Awaiting verification" }.to_owned(),
        due: if turn { "1 day late" } else { "by 16 February 2026" }.to_owned(),
        late: turn,
        question_id: "SEC-ASR-03".to_owned(),
        question: Some(
            "When did an independent tester last run a penetration test of the service?".to_owned(),
        ),
        why: "Old tests miss what was built since.\nHave a new test done and send the letter.".to_owned(),
        action: Some("Independent test in February, letter to us.".to_owned()),
        evidence: evidence_html(
            frame(),
            &[citation(turn)],
            turn.then(|| evidence(&format!("{id}-e"), "finding 1")).as_ref(),
        ),
        report: turn.then(|| ReportForm {
            action: format!("/portal/actions/{id}/done"),
            revision: "2".to_owned(),
            mutation: format!("0199f3c2-7a10-7c3e-9d1e-0000000000{}", id.len()),
            fields: vec![FieldView::textarea("note", "What was done").id(format!("{id}-note"))],
            button: "Report done".to_owned(),
        }),
        history: vec![HistoryLine {
            when: "18 Dec 2025".to_owned(),
            text: "Sent by Northwind Bank".to_owned(),
        }],
    };
    let view = Actions {
        lede: "The first is due on 16 February 2026.".to_owned(),
        findings: if any {
            vec![finding("f1", "high", true), finding("f2", "medium", false)]
        } else {
            Vec::new()
        },
        empty: (!any).then(|| EmptyState {
            title: "No actions".to_owned(),
            text: "What Northwind Bank asks you to fix appears here.".to_owned(),
            action: None,
        }),
        aside: aside(),
    };
    let title = if any { "2 points to fix in Lumen Triage" } else { "Nothing to fix" };
    shell(title).flash(any.then(|| FlashNotice::ok("Reported. Northwind Bank checks it."))).wrap(view)
}

fn check(lead: bool) -> Page<CheckPage> {
    let view = CheckPage {
        lede: "1 question has no answer and 1 lacks evidence. Neither stops you from submitting.".to_owned(),
        contradictions: vec![Contradiction {
            text: "You say that no personal data is held, and you list names of customers.".to_owned(),
            link: Link::new("Question 4.2", "/portal/sections/dat#SEC-DAT-02"),
        }],
        groups: vec![answers(true, true), AnswerGroup { title: "Cloud".to_owned(), ..answers(false, true) }],
        go_on: lead.then(|| Link::new("Continue to declaration", "/portal/declaration")),
        cannot: "Priya Shah can submit. Tell her when you are done.".to_owned(),
        back: Link::new("All sections", "/portal"),
    };
    shell("Check all answers").wrap(view)
}

/// Samples of every page of the portal.
#[must_use]
pub fn samples() -> Vec<Sample> {
    let confirm = |error: Option<String>| {
        let view = ConfirmCode {
            masked_address: "p•••@lumen-analytics.example".to_owned(),
            minutes: 10,
            due: "Due Friday 12 December.".to_owned(),
            action: "/q/code".to_owned(),
            resend_action: "/q/code/new".to_owned(),
            code: ConfirmCode::code_field(error),
            shared: ConfirmCode::shared_field(false),
        };
        let mut frame = shell("Confirm it is you").errors(errors_of([&view.code]));
        frame.user = None;
        frame.wrap(view)
    };
    let welcome = Welcome {
        why: "They want to use it to prioritise customer complaints. Before they decide, they ask how you protect their data and how you keep the AI reliable.".to_owned(),
        facts: vec![
            Fact::new("Questions", "up to 145").note("answers from March are offered"),
            Fact::new("Time", "about 150 minutes").note("can be split among people"),
            Fact::new("Due", "Fri 12 December").note("end of day, London time"),
        ],
        ready: vec![
            IconLine::new("file-text", "SOC 2 or ISO certificate, latest penetration test letter"),
            IconLine::new("file-text", "Model or system card, test results, data retention terms"),
            IconLine::new("user", "A colleague from security and one from the product team"),
        ],
        offered: "28 questions were answered before, on 14 Mar 2025 about Lumen Triage: use those answers again, section by section.".to_owned(),
        action: "/portal/start".to_owned(),
        more: Vec::new(),
        aside: vec![
            AsideBlock::people("Who asks", vec![Person::new("Daniel Reyes", "Procurement, daniel.reyes@northwindbank.example")]),
            AsideBlock::text("Who sees your answers", "People at Northwind Bank who work on this assessment."),
        ],
    };
    let mut first = shell("Northwind Bank asks about Lumen Triage");
    first.progress = None;
    first.saved = None;
    let wrong =
        "This code was not accepted. Codes work for 10 minutes and once; ask for a new one if in doubt.";
    let pages = vec![
        Sample::page("portal/link", "any", &link_page()),
        Sample::page("portal/link_not_usable", "any", &link_not_usable_page()),
        Sample::page("portal/confirm_code", "first", &confirm(None)),
        Sample::page("portal/confirm_code", "refused", &confirm(Some(wrong.to_owned()))),
        Sample::page("portal/welcome", "first", &first.wrap(welcome)),
        Sample::page("portal/task_list", "going", &tasks()),
        Sample::page("portal/people", "lead", &people(true)),
        Sample::page("portal/people", "helper", &people(false)),
        Sample::page("portal/section", "plain", &section(false)),
        Sample::page("portal/section", "conflict", &section(true)),
        Sample::page("portal/check", "lead", &check(true)),
        Sample::page("portal/check", "helper", &check(false)),
        Sample::page("portal/declaration", "plain", &declaration(false)),
        Sample::page("portal/declaration", "wrong", &declaration(true)),
        Sample::page("portal/receipt", "first", &receipt()),
        Sample::page("portal/clarifications", "one", &clarifications()),
        Sample::page("portal/actions", "two", &actions(true)),
        Sample::page("portal/actions", "none", &actions(false)),
    ];
    pages.into_iter().chain(shelf::samples()).collect()
}
