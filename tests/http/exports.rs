//! Files for a spreadsheet: whole, harmless, in step with their pages, in the audit trail.

use crate::{
    procurement,
    seed::{Seeded, handed_in},
    submission::answer_required,
    vendor_side::{PRIYA, choose, give_code, mailed_link},
};
use api::{
    domain::{
        Role,
        finding::FindingState,
        ids::{AssessmentId, Id as _},
        remediation::Finding,
    },
    store,
    usecases::{
        Ctx, UseCaseError, accounts, exports,
        findings::{self, AgreeAction, FindingFilter, RaiseFinding},
        reviews::{self, GiveVerdict},
    },
    web::{
        body::Pace,
        shares::{Most, Shares},
    },
};
use reqwest::header;
use serde_json::json;
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tests::{
    app::{PASSWORD, TestApp, address},
    browser::{Client, Page},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

/// A file as a program reads it that takes one leading apostrophe off each field.
pub struct Sheet {
    pub headings: Vec<String>,
    /// Fields as they stand in the file.
    pub lines: Vec<Vec<String>>,
}

impl Sheet {
    pub fn of(page: &Page) -> Self {
        let kind = page.headers.get(header::CONTENT_TYPE).unwrap();
        assert_eq!(kind, "text/csv; charset=utf-8");
        assert_eq!(page.headers.get(header::CACHE_CONTROL).unwrap(), "no-store");
        assert!(page.body.starts_with('\u{feff}') && page.body.ends_with("\r\n"));
        let reader = csv::ReaderBuilder::new().has_headers(false).from_reader(page.body.as_bytes());
        let mut lines = reader.into_records().map(|line| line.unwrap().iter().map(str::to_owned).collect());
        let sheet = Self { headings: lines.next().unwrap(), lines: lines.collect() };
        for field in sheet.lines.iter().flatten() {
            assert!(
                !field.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']),
                "{field:?}"
            );
        }
        sheet
    }

    fn column(&self, heading: &str) -> usize {
        let at = self.headings.iter().position(|one| one == heading);
        at.unwrap_or_else(|| panic!("no {heading} among {:?}", self.headings))
    }

    /// The field under a heading in the first line that has `value` under `key`.
    pub fn field(&self, (key, value): (&str, &str), heading: &str) -> &str {
        let key = self.column(key);
        let line = self.lines.iter().find(|line| line[key] == value);
        &line.unwrap_or_else(|| panic!("no line with {value}"))[self.column(heading)]
    }

    /// Every field under a heading.
    pub fn all(&self, heading: &str) -> Vec<&str> {
        let at = self.column(heading);
        self.lines.iter().map(|line| line[at].as_str()).collect()
    }
}

async fn sheet(client: &Client, path: &str) -> Sheet {
    Sheet::of(&client.open(path).await.expect(200))
}

fn file_name(page: &Page) -> &str {
    page.headers.get(header::CONTENT_DISPOSITION).unwrap().to_str().unwrap()
}

/// How often the trail holds an act.
async fn recorded(app: &TestApp, act: &str) -> usize {
    let all = app.services.database.across_tenants("this test");
    let events = all.find::<entity::audit_event::Entity>();
    events.all(all.connection()).await.unwrap().iter().filter(|event| event.act == act).count()
}

/// Priya answers the short questionnaire with words that spreadsheets obey, and hands in.
async fn handed_in_with_formulas(app: &TestApp) -> AssessmentId {
    let staff = app.signed_in(Role::Procurement).await;
    let path = procurement::sent_short(&staff, "=Lumen", "Lumen Hire", ("Priya Shah", PRIYA)).await;
    app.run_jobs().await;
    let vendor = app.anonymous();
    give_code(app, &vendor, &mailed_link(app, PRIYA), PRIYA).await.expect(200);
    let say = async |question: &str, fields: &[(&str, &str)]| {
        let address = format!("/portal/questions/{question}");
        let page = vendor.open(&address).await.expect(200);
        page.form(&address).with(fields).submit().await.expect(200);
    };
    say("SUB-01", &[("text", "=cmd|' /C calc'!A0")]).await;
    say("SUB-02", &[("choice", "notice"), ("note", "Yes.\n+1 country, \"quoted\"")]).await;
    say("SUB-05", &[("choice", "all"), ("note", "＝HYPERLINK(\"https://evil.example\")")]).await;
    choose(&vendor, "SUB-09", "unused").await.expect(200);
    let page = vendor.open("/portal/questions/SUB-05").await.expect(200);
    let proof = page.form("SUB-05/evidence").file("file", "@policy.txt", b"All staff use a key.".to_vec());
    proof.submit().await.expect(200);
    answer_required(&vendor).await;
    let page = vendor.open("/portal/submit").await.expect(200);
    page.form("/portal/submit").set("role", "Lead").set("agree", "yes").submit().await.expect(200);
    path.rsplit('/').next().unwrap().parse().unwrap()
}

async fn judge(ctx: &Ctx, id: AssessmentId, question: &str, input: GiveVerdict) {
    let desk = reviews::desk(ctx, id).await.unwrap();
    let input = GiveVerdict { answer_rev: desk.inputs.revision(question), ..input };
    reviews::give_verdict(ctx, id, question, input).await.unwrap();
}

#[tokio::test]
async fn x_01_answers_leave_as_text_with_who_gave_them_and_what_was_said_of_them() {
    let app = TestApp::start().await;
    let id = handed_in_with_formulas(&app).await;
    let ctx = app.ctx(Role::RiskManager).await;
    let accept = GiveVerdict { verdict: "accepted".to_owned(), ..GiveVerdict::default() };
    judge(&ctx, id, "SUB-09", accept).await;
    let adjust = GiveVerdict {
        verdict: "adjusted".to_owned(),
        credit: "1/2".to_owned(),
        reason: "-- only in part".to_owned(),
        ..GiveVerdict::default()
    };
    judge(&ctx, id, "SUB-02", adjust).await;

    let viewer = app.signed_in(Role::Viewer).await;
    let review = viewer.open(&format!("/assessments/{id}/review")).await.expect(200);
    let page = review.follow("Download as CSV").await.expect(200);
    assert!(
        file_name(&page).starts_with("attachment; filename=\"assay-answers-AIQ-"),
        "{}",
        file_name(&page)
    );
    let sheet = Sheet::of(&page);
    assert_eq!(sheet.lines.len(), 14);
    let of = |question, heading| sheet.field(("Question id", question), heading);
    assert_eq!(of("SUB-01", "Vendor"), "'=Lumen");
    assert_eq!(of("SUB-01", "Answer"), "'=cmd|' /C calc'!A0");
    assert_eq!((of("SUB-01", "Value"), of("SUB-01", "State")), ("", "Answered"));
    assert_eq!(of("SUB-02", "Answer"), "Listed; we tell our client before changes");
    assert_eq!((of("SUB-02", "Value"), of("SUB-02", "Weight")), ("notice", "4"));
    assert_eq!(of("SUB-02", "Note").replace("\r\n", "\n"), "'Yes.\n+1 country, \"quoted\"");
    assert_eq!(of("SUB-02", "Answered by"), "Priya Shah");
    assert_eq!(of("SUB-02", "Answered at (Europe/London)"), "2026-11-24 09:00:00");
    assert_eq!((of("SUB-02", "Verdict"), of("SUB-02", "Credit")), ("Adjusted", "0.50"));
    assert_eq!(of("SUB-02", "Reason"), "'-- only in part");
    assert_eq!(of("SUB-02", "Judged by"), "Risk manager Person");
    assert_eq!(of("SUB-05", "Note"), "'＝HYPERLINK(\"https://evil.example\")");
    assert_eq!(of("SUB-05", "Evidence"), "'@policy.txt");
    assert_eq!(of("SUB-05", "Evidence grade"), "Supplied, not judged");
    assert_eq!((of("SUB-07", "State"), of("SUB-07", "Answered by")), ("Not answered", ""));
    assert_eq!((of("SUB-10", "State"), of("SUB-10", "Credit")), ("Not asked", ""));
    assert!(of("SUB-05", "Controls").contains("iso27001:A."), "{}", of("SUB-05", "Controls"));
    // Every download is one event, and what is asked about a draft is none.
    assert_eq!(recorded(&app, "answers.exported").await, 1);
}

#[tokio::test]
async fn answers_that_were_not_handed_in_cannot_be_downloaded() {
    let app = TestApp::start().await;
    let staff = app.signed_in(Role::Procurement).await;
    let path = procurement::sent(&staff).await;
    let refused = staff.open(&format!("{path}/answers.csv")).await.expect(409);
    assert_eq!(refused.problem(), "state-conflict");
    assert_eq!(recorded(&app, "answers.exported").await, 0);
}

async fn raise(ctx: &Ctx, at: &Seeded, title: &str, severity: &str) -> Finding {
    let gap = RaiseFinding {
        title: title.to_owned(),
        severity: severity.to_owned(),
        key: title.to_owned(),
        ..RaiseFinding::default()
    };
    let id = findings::raise_by_hand(ctx, at.assessment, gap).await.unwrap();
    findings::open(ctx, id).await.unwrap().finding
}

async fn reviewed(app: &TestApp, ctx: &Ctx, name: &str) -> Seeded {
    let seeded = handed_in(app, name, &[("SEC-CLD-01", "cloud"), ("SEC-GOV-01", "informal")]).await;
    reviews::finish_review(ctx, seeded.assessment).await.unwrap();
    seeded
}

/// Raised in the same millisecond of a test's clock, they come in any order.
fn sorted(mut fields: Vec<&str>) -> Vec<&str> {
    fields.sort_unstable();
    fields
}

#[tokio::test]
async fn findings_leave_with_the_filter_of_their_page_and_with_their_actions() {
    let app = TestApp::start().await;
    let ctx = app.ctx(Role::RiskManager).await;
    let lumen = reviewed(&app, &ctx, "Lumen Analytics").await;
    let corvid = reviewed(&app, &ctx, "Corvid & Co; AI").await;
    let gap = raise(&ctx, &lumen, "=1+1", "high").await;
    raise(&ctx, &lumen, "Small gap", "low").await;
    raise(&ctx, &corvid, "Elsewhere", "critical").await;
    let agreed = AgreeAction {
        text: "Test it".to_owned(),
        owner_name: "@Tom".to_owned(),
        due_on: "2026-12-18".to_owned(),
        version: gap.version,
        ..AgreeAction::default()
    };
    findings::agree_action(&ctx, gap.id, agreed).await.unwrap();

    let staff = app.signed_in(Role::Procurement).await;
    let all = sheet(&staff, "/findings.csv").await;
    assert_eq!(sorted(all.all("Finding")), ["'=1+1", "Elsewhere", "Small gap"]);
    let of = |heading| all.field(("Finding", "'=1+1"), heading);
    assert_eq!((of("Severity"), of("State"), of("Overdue")), ("High", "Planned", "No"));
    assert_eq!((of("Action"), of("Action owner"), of("Action due on")), ("Test it", "'@Tom", "2026-12-18"));
    assert_eq!(of("Raised by"), "Risk manager Person");
    assert_eq!(of("Page"), format!("{}/findings/{}", app.base, gap.id));

    let list = staff.open("/findings?vendor=Lumen+Analytics&severity=medium").await.expect(200);
    let page = list.follow("Download as CSV").await.expect(200);
    assert!(file_name(&page).contains("\"assay-findings-2026-11-24.csv\""), "{}", file_name(&page));
    assert_eq!(Sheet::of(&page).all("Finding"), ["'=1+1"]);
    let list = staff.open("/findings?vendor=Corvid+%26+Co%3B+AI").await.expect(200);
    assert_eq!(Sheet::of(&list.follow("Download as CSV").await).all("Finding"), ["Elsewhere"]);
    assert_eq!(sheet(&staff, "/findings.csv?vendor=Nobody").await.lines.len(), 0);
    // Another organisation has none.
    let olga = app.other_organisation().await;
    assert_eq!(sheet(&olga, "/findings.csv").await.lines.len(), 0);
    assert_eq!(recorded(&app, "findings.exported").await, 5);
}

/// That many more findings like this one.
async fn copies(ctx: &Ctx, finding: &Finding, count: u64) {
    let mut tx = ctx.begin_write().await.unwrap();
    for number in 0..count {
        let state = FindingState::Open;
        let one = Finding { id: ctx.id(), title: format!("Gap {number:04}"), state, ..finding.clone() };
        store::findings::insert(&mut tx, &one).await.unwrap();
    }
    tx.commit_unaudited("test data").await.unwrap();
}

#[tokio::test]
async fn findings_come_in_batches_of_500_with_the_same_statements_each() {
    let app = TestApp::start().await;
    let ctx = app.ctx(Role::RiskManager).await;
    let seeded = reviewed(&app, &ctx, "Lumen Analytics").await;
    let staff = app.signed_in(Role::RiskManager).await;
    let first = raise(&ctx, &seeded, "Gap", "high").await;
    let download = async || app.statements(sheet(&staff, "/findings.csv")).await;
    let (one, alone) = download().await;
    assert_eq!(one.lines.len(), 1);
    copies(&ctx, &first, 1_099).await;
    let (many, all) = download().await;
    let titles: BTreeSet<&str> = many.all("Finding").into_iter().collect();
    assert_eq!((many.lines.len(), titles.len()), (1_100, 1_100), "each once");
    // A batch without actions is a look at the right, the findings and their actions.
    assert_eq!(all - alone, 2 * 3, "{alone} statements for one, {all} for 1,100");
    let mut export = exports::findings(&ctx, &FindingFilter::default()).await.unwrap();
    let mut sizes = Vec::new();
    for _ in 0..4 {
        sizes.push(export.next().await.unwrap().len());
    }
    assert_eq!(sizes, [500, 500, 100, 0]);
}

#[tokio::test]
async fn z_11_whoever_is_disabled_meanwhile_gets_no_further_batch() {
    let app = TestApp::start().await;
    let (admin, risk) = (app.ctx(Role::Admin).await, app.ctx(Role::RiskManager).await);
    let seeded = reviewed(&app, &risk, "Lumen Analytics").await;
    let gap = raise(&risk, &seeded, "Gap", "high").await;
    copies(&risk, &gap, 500).await;
    let viewer = app.ctx(Role::Viewer).await;
    let mut export = exports::findings(&viewer, &FindingFilter::default()).await.unwrap();
    assert_eq!(export.next().await.unwrap().len(), 500);
    accounts::disable_user(&admin, viewer.user().id).await.unwrap();
    assert!(matches!(export.next().await, Err(UseCaseError::Forbidden)));
}

#[tokio::test]
async fn a_comparison_leaves_with_the_figures_of_its_page() {
    let app = TestApp::start().await;
    let worse = handed_in(&app, "+Lumen", &[("SEC-CLD-01", "cloud"), ("SEC-GOV-01", "informal")]).await;
    let better = handed_in(&app, "Corvid AI", &[("SEC-CLD-01", "cloud"), ("SEC-GOV-01", "current")]).await;
    let viewer = app.signed_in(Role::Viewer).await;
    let path = format!("/compare?assessment={}&assessment={}", worse.assessment, better.assessment);
    let page = viewer.open(&path).await.expect(200);
    let text = page.text();
    let sheet = Sheet::of(&page.follow("Download as CSV").await.expect(200));
    let [lumen, corvid] = ["'+Lumen, +Lumen Service, T-+Lumen", "Corvid AI, Corvid AI Service, T-Corvid AI"];
    assert_eq!(sheet.headings, ["Questionnaire", "Part", "Figure", lumen, corvid]);
    assert_eq!(sheet.field(("Figure", "Rank"), lumen), "2");
    assert_eq!(sheet.field(("Figure", "Rank"), corvid), "1");
    for vendor in [lumen, corvid] {
        let claimed = sheet.field(("Figure", "Claimed"), vendor);
        let (whole, tenths) = claimed.split_once('.').unwrap();
        assert!(whole.parse::<u8>().is_ok() && tenths.len() == 1 && text.contains(claimed), "{claimed}");
        let rating = sheet.field(("Figure", "Rating"), vendor);
        assert!("ABCDE".contains(rating) && rating.len() == 1, "{rating}");
    }
    assert_eq!(sheet.field(("Part", "Governance"), "Figure"), "Claimed");
    let sets = sheet.lines.iter().filter(|line| line[0] == "Control sets").count();
    assert_eq!(sets, 2);
    let too_few = format!("/compare.csv?assessment={}", worse.assessment);
    viewer.open(&too_few).await.expect(422);
    assert_eq!(recorded(&app, "comparison.exported").await, 1);
}

/// Somebody who asks for the findings and reads no more than the first line of the answer, and their browser.
async fn begun(app: &TestApp, role: Role) -> (TcpStream, Client) {
    let jar = Arc::default();
    let staff = Client::with_jar(&app.base, &jar);
    staff.post("/sign-in", &[("email", &*address(role)), ("password", PASSWORD)]).await.expect(200);
    let cookies: Vec<String> = jar.held().iter().map(|(name, value)| format!("{name}={value}")).collect();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(8 * 1024).unwrap();
    let place = app.base.trim_start_matches("http://");
    let mut reader = socket.connect(place.parse().unwrap()).await.unwrap();
    let head =
        format!("GET /findings.csv HTTP/1.1\r\nHost: {place}\r\nCookie: {}\r\n\r\n", cookies.join("; "));
    reader.write_all(head.as_bytes()).await.unwrap();
    let mut begun = [0; 12];
    reader.read_exact(&mut begun).await.unwrap();
    assert_eq!(&begun, b"HTTP/1.1 200");
    (reader, staff)
}

/// Reads to the end, which must not be that of a whole file.
async fn broken_off(mut reader: TcpStream) {
    let mut rest = Vec::new();
    let ended = timeout(Duration::from_secs(10), reader.read_to_end(&mut rest)).await.unwrap();
    assert!(ended.is_err() || !rest.ends_with(b"0\r\n\r\n"), "{} bytes pass for the whole file", rest.len());
}

#[tokio::test]
async fn z_11_a_file_breaks_off_for_whoever_is_disabled_meanwhile_and_the_trail_says_why() {
    let app = TestApp::start().await;
    let (admin, risk) = (app.ctx(Role::Admin).await, app.ctx(Role::RiskManager).await);
    let seeded = reviewed(&app, &risk, "Lumen Analytics").await;
    let mut gap = raise(&risk, &seeded, "Gap", "high").await;
    // More than the system keeps for a reader.
    gap.detail = Some("x".repeat(20_000));
    copies(&risk, &gap, 1_100).await;
    let (reader, _) = begun(&app, Role::Viewer).await;
    let viewer = app.ctx(Role::Viewer).await.user().id;
    accounts::disable_user(&admin, viewer).await.unwrap();
    broken_off(reader).await;
    let all = app.services.database.across_tenants("this test");
    let events = all.find::<entity::audit_event::Entity>().all(all.connection()).await.unwrap();
    let about: Vec<_> = events.iter().filter(|event| event.act.starts_with("export")).collect();
    assert_eq!(about.len(), 1, "{about:?}");
    let (by, after) = (about[0].actor_id, about[0].after.as_ref().unwrap());
    assert_eq!(by, Some(viewer.uuid()));
    assert_eq!((&after["export"], &after["reason"]), (&json!("findings.exported"), &json!("forbidden")));
    assert_eq!(after["user"]["state"], "disabled");
}

#[tokio::test]
async fn a_file_whose_reader_stops_is_ended_and_gives_its_place_to_the_next() {
    let one = Most { each: 1, all: 1, each_waiting: 1, all_waiting: 1 };
    let pace = Pace { stalled: Duration::from_secs(1), ..Pace::default() };
    let shares = Shares::with(one, one, one);
    let app = TestApp::with(move |state| state.at_pace(pace).sharing(shares)).await;
    let ctx = app.ctx(Role::RiskManager).await;
    let seeded = reviewed(&app, &ctx, "Lumen Analytics").await;
    let mut gap = raise(&ctx, &seeded, "Gap", "high").await;
    // More than the system keeps for a reader.
    gap.detail = Some("x".repeat(20_000));
    copies(&ctx, &gap, 600).await;
    let (reader, staff) = begun(&app, Role::RiskManager).await;
    let mut next = tokio::spawn(async move { staff.json("/audit.csv").await });
    assert!(timeout(Duration::from_millis(400), &mut next).await.is_err(), "it waits for its turn");
    timeout(Duration::from_secs(10), next).await.expect("its turn comes").unwrap().expect(200);
    broken_off(reader).await;
}
