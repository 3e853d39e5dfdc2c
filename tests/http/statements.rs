//! How many statements a page costs: few, and the same few on a small organisation and on a large one.
//!
//! Counted are all statements of one request, the session's included; redirects are not followed. Definitions of
//! questionnaires are read once per process, so each page is opened once before it is counted.

use crate::{
    procurement,
    seed::handed_in_to,
    vendor_side::{PRIYA, Signed},
};
use api::{
    domain::{Role, ids::AssessmentId},
    usecases::{
        Ctx, findings,
        respondents::{self, AddRespondent},
        reviews::{self, GiveVerdict},
        vendors::ContactInput,
    },
};
use questionnaires::definition::{AnswerType, catalog::Library};
use std::collections::BTreeMap;
use tests::{
    app::{PASSWORD, TestApp, address},
    browser::Client,
};

/// The most statements that a page may take, that saving an answer may take once the assessment was opened, and that
/// the first save of an assessment may take, which also moves it on.
const PAGE: u64 = 6;
const SAVE: u64 = 3;
const FIRST_SAVE: u64 = 7;
/// The one page beyond that: it gathers vendor, service, contacts, users, questionnaires, answers, sections, saves,
/// visits, respondents, invitations, mails and events of one assessment, each with a statement of its own.
const PROGRESS: u64 = 16;
/// A file reads what its page reads, and three more statements put it into the audit trail. That of the answers also
/// reads who saved them.
const FILE: u64 = PAGE + 1 + 3;

/// How much there is of everything.
struct Amount {
    vendors: usize,
    /// Answers in the portal, and in the submission that is scored.
    answers: usize,
    /// More people on the assessment that was sent.
    people: usize,
    findings: usize,
    files: usize,
    /// Columns of the comparison.
    compared: usize,
    /// Whether only the shortest questionnaire is asked, or everything that is suggested.
    short: bool,
}

const SMALL: Amount =
    Amount { vendors: 3, answers: 2, people: 0, findings: 1, files: 1, compared: 2, short: true };
const LARGE: Amount =
    Amount { vendors: 60, answers: 40, people: 12, findings: 30, files: 10, compared: 6, short: false };

/// Single-choice questions of a shipped questionnaire with an option each.
fn choices(questionnaire: &str, count: usize) -> Vec<(String, String)> {
    let library = Library::shipped();
    let definition = library.questionnaire(questionnaire).unwrap();
    let plain = definition.questions().filter(|(s, q)| s.show_if.is_none() && q.show_if.is_none());
    let single = plain.filter(|(_, question)| question.answer_type == AnswerType::SelectOne);
    single.filter_map(|(_, q)| Some((q.id.clone(), q.options.first()?.id.clone()))).take(count).collect()
}

/// One organisation with that much in it.
struct Scene {
    app: TestApp,
    staff: Client,
    vendor: Signed,
    /// Paths of staff pages, by name.
    pages: BTreeMap<&'static str, String>,
    /// Paths of portal pages, by name.
    portal: BTreeMap<&'static str, String>,
    /// A question that nobody answered yet, and two options of it.
    question: (String, [String; 2]),
}

/// Sends one assessment to Priya Shah; gives its path.
async fn sent(app: &TestApp, short: bool) -> String {
    let client = app.signed_in(Role::Procurement).await;
    match short {
        true => {
            procurement::sent_short(&client, "Lumen Analytics", "Lumen Hire", ("Priya Shah", PRIYA)).await
        }
        false => procurement::sent(&client).await,
    }
}

async fn people(ctx: &Ctx, assessment: AssessmentId, count: usize) {
    for number in 0..count {
        let new = ContactInput {
            name: format!("Person {number}"),
            email: format!("person{number}@lumen.example"),
            ..ContactInput::default()
        };
        respondents::add(ctx, assessment, &AddRespondent { contact: None, new }, &tests::key())
            .await
            .unwrap();
    }
}

async fn scene(amount: &Amount) -> Scene {
    let app = TestApp::start().await;
    let ctx = app.ctx(Role::RiskManager).await;
    let sent = sent(&app, amount.short).await;
    people(&ctx, sent.rsplit('/').next().unwrap().parse().unwrap(), amount.people).await;
    app.run_jobs().await;

    let procurement = app.signed_in(Role::Procurement).await;
    let new = ("Ines Vale", "ines@corvid.example");
    let draft = procurement::prepared(&procurement, "Corvid", "Corvid Chat", new).await;
    let draft = match amount.short {
        true => procurement::ready_short(&draft).await.path,
        false => draft.form("/questionnaires").submit().await.expect(200).path,
    };
    let draft = draft.rsplit_once('/').unwrap().0.to_owned();

    // Submissions: the first one with many answers, verdicts and findings.
    let all = choices("supplier-security-core", amount.answers);
    let all: Vec<(&str, &str)> = all.iter().map(|(question, option)| (&**question, &**option)).collect();
    let mut submitted = Vec::new();
    for number in 1..amount.vendors {
        let answers = if number == 1 { &all } else { &all[..2] };
        submitted.push(handed_in_to(&ctx, &format!("Vendor {number:02}"), answers).await);
    }
    let first = &submitted[0];
    for (question, _) in &all {
        let verdict = GiveVerdict { verdict: "accepted".to_owned(), answer_rev: 1, ..GiveVerdict::default() };
        reviews::give_verdict(&ctx, first.assessment, question, verdict).await.unwrap();
    }
    for number in 0..amount.findings {
        let gap = findings::RaiseFinding {
            title: format!("Gap {number}"),
            severity: "high".to_owned(),
            question: all.get(number).map(|(question, _)| (*question).to_owned()).unwrap_or_default(),
            key: format!("gap {number}"),
            ..findings::RaiseFinding::default()
        };
        findings::raise_by_hand(&ctx, first.assessment, gap).await.unwrap();
    }

    let staff = Client::without_redirects(&app.base);
    let page = staff.open("/sign-in").await.expect(200);
    let form = page.form("/sign-in").set("email", &address(Role::RiskManager)).set("password", PASSWORD);
    form.submit().await.expect(303);
    let compared: Vec<String> = submitted
        .iter()
        .cycle()
        .take(amount.compared)
        .map(|one| format!("assessment={}", one.assessment))
        .collect();
    let base = first.base();
    let pages = BTreeMap::from([
        ("today", "/".to_owned()),
        ("vendors", "/vendors".to_owned()),
        ("vendors of a tier", "/vendors?tier=high".to_owned()),
        ("vendors of a residual risk", "/vendors?residual=none".to_owned()),
        ("assessments", "/assessments".to_owned()),
        ("assessments to review", "/assessments?waits=review".to_owned()),
        ("service to assess", "/assessments/new".to_owned()),
        ("progress", sent),
        ("preview of the mails", format!("{draft}/preview/mails")),
        ("previewed mail", format!("{draft}/preview/mails/invitation")),
        ("preview of the portal", format!("{draft}/preview/portal/tasks")),
        ("preview of the check", format!("{draft}/preview/portal/check")),
        ("findings", "/findings".to_owned()),
        ("findings that are not due", "/findings?urgency=later&vendor=vendor".to_owned()),
        ("findings of one", format!("{base}/findings")),
        ("review", format!("{base}/review?show=all")),
        ("score", format!("{base}/score")),
        ("vendors to compare", "/compare".to_owned()),
        ("compare", format!("/compare?{}", compared.join("&"))),
        ("all vendors", "/compare/all".to_owned()),
        ("all vendors of a tier", "/compare/all?tier=high&order=claimed".to_owned()),
        ("search", "/search?q=vendor".to_owned()),
        ("search for a question", "/search?q=sec-gov-01".to_owned()),
        ("audit trail", "/audit".to_owned()),
        ("audit trail of a vendor", "/audit?vendor=lumen".to_owned()),
        ("audit trail of a day", "/audit?from=2026-11-24&until=2026-11-24&act=vendor.registered".to_owned()),
        ("file: audit trail", "/audit.csv?act=assessment.sent".to_owned()),
        ("file: answers", format!("{base}/answers.csv")),
        ("file: findings", "/findings.csv".to_owned()),
        ("file: comparison", format!("/compare.csv?{}", compared.join("&"))),
    ]);
    let vendor = comes_in(&app, amount).await;
    let tasks = vendor.client.open("/portal/tasks").await.expect(200);
    let section = tasks.attributes("main a[href^='/portal/sections/']", "href").remove(0);
    let portal = BTreeMap::from([
        ("tasks", "/portal/tasks".to_owned()),
        ("section", section),
        ("check", "/portal/check".to_owned()),
        ("actions", "/portal/actions".to_owned()),
    ]);
    let open = vendor_question(amount, amount.answers);
    let page = vendor.client.open(&format!("/portal/questions/{open}")).await.expect(200);
    let mut options = page.attributes("input[name=choice]", "value").into_iter();
    let question = (open, [options.next().unwrap(), options.next().unwrap()]);
    Scene { app, staff, vendor, pages, portal, question }
}

/// The single-choice question at this position of what the vendor is asked.
fn vendor_question(amount: &Amount, at: usize) -> String {
    let asked = if amount.short { "subprocessor" } else { "supplier-security-core" };
    choices(asked, at + 1).remove(at).0
}

/// Priya comes in, answers and attaches.
async fn comes_in(app: &TestApp, amount: &Amount) -> Signed {
    let vendor = Signed::come_in(app, PRIYA).await;
    for at in 0..amount.answers {
        let question = vendor_question(amount, at);
        let address = format!("/portal/questions/{question}");
        let page = vendor.client.open(&address).await.expect(200);
        let option = page.attributes("input[name=choice]", "value").remove(0);
        page.form(&address).set("choice", &option).set("note", "As agreed.").submit().await.expect(303);
        if at < amount.files {
            let form = page.form("/evidence").file("file", "note.txt", format!("Note {at}").into_bytes());
            form.submit().await.expect(303);
        }
    }
    vendor
}

impl Scene {
    async fn cost(&self, client: &Client, path: &str) -> u64 {
        client.open(path).await.expect(200);
        let (page, statements) = self.app.statements(client.open(path)).await;
        page.expect(200);
        statements
    }

    /// Statements by the name of what was done.
    async fn costs(&self) -> BTreeMap<String, u64> {
        let mut costs = BTreeMap::new();
        for (name, path) in &self.pages {
            costs.insert((*name).to_owned(), self.cost(&self.staff, path).await);
        }
        for (name, path) in &self.portal {
            costs.insert(format!("portal: {name}"), self.cost(&self.vendor.client, path).await);
        }
        let (question, options) = &self.question;
        let address = format!("/portal/questions/{question}");
        for (revision, option) in ["0", "1"].iter().zip(options) {
            let mutation = format!("counted-{revision}");
            let fields =
                [("revision", *revision), ("mutation", &mutation), ("choice", option), ("note", "Yes.")];
            let (page, statements) = self.app.statements(self.vendor.post(&address, &fields)).await;
            page.expect(303);
            costs.insert(format!("save at revision {revision}"), statements);
        }
        costs
    }
}

#[tokio::test]
async fn a_page_takes_six_statements_and_a_save_three_however_much_there_is() {
    let small = scene(&SMALL).await.costs().await;
    let large = scene(&LARGE).await.costs().await;
    assert_eq!(small, large, "small and large");
    assert_eq!(large.len(), 36);
    for (name, count) in &large {
        let most = match name.as_str() {
            "progress" => PROGRESS,
            save if save.starts_with("save") => SAVE,
            file if file.starts_with("file") => FILE,
            _ => PAGE,
        };
        assert!((1..=most).contains(count), "{name} takes {count} statements: {large:?}");
    }
}

#[tokio::test]
async fn the_first_save_of_an_assessment_takes_seven_statements() {
    let app = TestApp::start().await;
    sent(&app, true).await;
    app.run_jobs().await;
    let vendor = Signed::come_in(&app, PRIYA).await;
    let fields = [("revision", "0"), ("mutation", "first"), ("choice", "fixed")];
    let (page, statements) = app.statements(vendor.post("/portal/questions/SUB-02", &fields)).await;
    page.expect(303);
    assert!(statements <= FIRST_SAVE, "{statements} statements");
}
