//! Words that must not travel: what the tenant keeps to itself never reaches the vendor (Z-08), and what is secret is
//! in no log, however much is logged, and in no database in clear. The whole loop is walked with such words in
//! every place that takes words.

use crate::{
    procurement,
    submission::answer_required,
    vendor_side::{PRIYA, choose, give_code, mailed_code, mailed_link, options},
};
use api::{
    domain::{
        Role,
        ids::{AssessmentId, FindingId},
    },
    usecases::{
        Ctx, assessments, decisions, findings,
        findings::RaiseFinding,
        intake,
        respondents::{self, AddRespondent},
        reviews::{self, GiveVerdict},
        scores,
        vendors::{self, ContactInput, ServiceInput, VendorInput},
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};
use tests::{
    app::{PASSWORD, TestApp, address, smtp_mailer},
    browser::{Client, Jar, Page},
    smtp::SmtpServer,
};

/// What the tenant writes for itself.
const OWN: [&str; 12] = [
    "canary vendor note",
    "canary service description",
    "canary intake owner",
    "canary tier reason",
    "canary left out",
    "canary accepted",
    "canary adjusted",
    "canary asked because",
    "canary withdrawn",
    "canary revoked",
    "canary dismissed",
    "canary summary",
];
/// Findings that were never sent, or are none any more.
const FINDINGS: [&str; 2] = ["canary unsent", "canary no gap"];
/// Another vendor, and everybody of the tenant but the owner, who signs the mails.
const OTHERS: [&str; 6] = [
    "Corvid Canary",
    "Risk manager Person",
    "risk@northwind.example",
    "Ada Admin",
    "admin@northwind.example",
    "Viewer Person",
];
/// What the vendor wrote: it may stand in the database and on pages, not in a log.
const ANSWER: &str = "canary answer of the vendor";

/// The log of this test process while the flag is up.
#[derive(Clone, Default)]
struct Log(Arc<(AtomicBool, Mutex<Vec<u8>>)>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.0.load(Ordering::Relaxed) {
            self.0.1.lock().unwrap().extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Everything that the service logs from now on, at the finest level.
    fn start() -> Self {
        static LOG: OnceLock<Log> = OnceLock::new();
        let log = LOG.get_or_init(|| {
            let log = Log::default();
            let writer = log.clone();
            let subscriber = api::telemetry::subscriber(false, "trace", move || writer.clone()).unwrap();
            tracing::subscriber::set_global_default(subscriber).unwrap();
            log
        });
        log.0.0.store(true, Ordering::Relaxed);
        log.clone()
    }

    fn end(self) -> String {
        self.0.0.store(false, Ordering::Relaxed);
        String::from_utf8_lossy(&self.0.1.lock().unwrap()).into_owned()
    }
}

/// One walk through the loop.
struct Walk {
    app: TestApp,
    vendor: Client,
    jar: Arc<Jar>,
    /// Acts for the tenant: judges, verifies, decides.
    risk: Ctx,
    assessment: AssessmentId,
    /// Every page and mail that the respondent was given, by what it was.
    read: BTreeMap<String, String>,
    /// Every cookie value, link secret and code so far.
    secrets: BTreeSet<String>,
    codes: BTreeSet<String>,
    /// Every score so far, as pages print it, that can be told from other numbers.
    scores: BTreeSet<String>,
}

impl Walk {
    async fn begin() -> Self {
        let app = TestApp::start().await;
        let (owner, risk) = (app.ctx(Role::Procurement).await, app.ctx(Role::RiskManager).await);
        let staff = app.signed_in(Role::Procurement).await;
        procurement::sent_short(&staff, "Corvid Canary", "Corvid Chat", ("Ines", "ines@corvid.example"))
            .await;

        // A draft with words everywhere, its owner from procurement and its reviewer from risk.
        let page = procurement::prepared(&staff, "Lumen", "Lumen Hire", ("Priya Shah", PRIYA)).await;
        let reasons = page.attributes("input[name^=reason-]", "name");
        let form = page.form("/questionnaires").set("questionnaire", "subprocessor");
        let form = reasons.iter().fold(form, |form, name| form.set(name, "canary left out"));
        let page = form.submit().await.expect(200);
        let reviewer = risk.user().id.to_string();
        let form = page.form("/people").set("reviewer", &reviewer).set("message", "We plan a trial.");
        let page = form.submit().await.expect(200);
        let path = page.form("/send").submit().await.expect(200).path.clone();
        let assessment: AssessmentId = path.rsplit('/').next().unwrap().parse().unwrap();
        let view = assessments::view(&owner, assessment).await.unwrap();
        let (vendor, service) = (view.vendor.clone(), view.service.clone());
        let input =
            VendorInput { name: vendor.name, website: String::new(), note: "canary vendor note".to_owned() };
        vendors::edit(&owner, vendor.id, vendor.version, &input).await.unwrap();
        let input = ServiceInput { name: service.name, description: "canary service description".to_owned() };
        vendors::edit_service(&owner, service.id, service.version, &input).await.unwrap();
        let page = staff.open(&format!("/services/{}/intake/answer", service.id)).await.expect(200);
        page.form("/intake").set("INH-OWN", "canary intake owner").submit().await.expect(200);
        let version = intake::view(&owner, service.id).await.unwrap().intake.unwrap().version;
        intake::request_override(&owner, service.id, version, "critical", "canary tier reason")
            .await
            .unwrap();

        // Somebody else at the vendor, whose link is revoked.
        let new = ContactInput {
            name: "Left Lumen".to_owned(),
            email: "left@lumen.example".to_owned(),
            ..ContactInput::default()
        };
        let left = respondents::add(&owner, assessment, &AddRespondent { contact: None, new }, &tests::key())
            .await
            .unwrap();
        respondents::revoke(&owner, assessment, left, "canary revoked").await.unwrap();

        app.run_jobs().await;
        let jar = Arc::default();
        let vendor = Client::with_jar(&app.base, &jar);
        let (read, secrets, codes, scores) =
            (BTreeMap::new(), BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        Self { app, vendor, jar, risk, assessment, read, secrets, codes, scores }
    }

    fn keep(&mut self, what: String, page: &Page) {
        let headers = format!("{:?}", page.headers);
        self.read.insert(what, page.body.clone() + &headers);
        self.secrets.extend(self.jar.held().into_values());
    }

    /// What the tenant is shown of the score at this moment.
    async fn note_the_score(&mut self) {
        let Some(scored) = scores::score(&self.risk, self.assessment).await.unwrap().1 else { return };
        let of_questionnaires = scored.score.questionnaires.iter();
        let numbers = of_questionnaires.flat_map(|one| {
            let sections = one.sections.iter().filter_map(|section| section.claimed.as_ref());
            one.claimed.iter().chain(&one.evidenced).chain(sections).collect::<Vec<_>>()
        });
        let shown = numbers.flat_map(|number| [number.display1(), number.display2()]);
        // Questions are numbered as 3.3 is: what may be such a number says nothing.
        let telling = |shown: &String| {
            let (whole, places) = shown.split_once('.').unwrap_or((shown, ""));
            let is_high = whole.parse::<u32>().is_ok_and(|whole| whole >= 40);
            places.trim_end_matches('0').len() > usize::from(!is_high)
        };
        self.scores.extend(shown.filter(telling));
    }

    /// Reads every page of the portal that links lead to, and whatever mail has come.
    async fn read_everything(&mut self, when: &str) {
        self.note_the_score().await;
        self.app.run_jobs().await;
        let pages = ["", "/tasks", "/check", "/submit", "/receipt", "/clarifications", "/actions"];
        let mut open: Vec<String> = pages.iter().map(|page| format!("/portal{page}")).collect();
        let mut seen = BTreeSet::new();
        while let Some(path) = open.pop() {
            if !seen.insert(path.clone()) {
                continue;
            }
            let page = self.vendor.open(&path).await.expect(200);
            let links = page.attributes("a[href^='/portal']", "href");
            open.extend(links.iter().filter_map(|href| Some(href.split('#').next()?.to_owned())));
            self.keep(format!("{when}: {path}"), &page);
        }
        assert!(seen.len() >= 8, "{when}: {seen:?}");
        for mail in self.app.mailbox.newest_first().iter().filter(|mail| mail.to.contains(PRIYA)) {
            let mail_text = format!("{}\n{}\n{}\n{:?}", mail.subject, mail.text, mail.html, mail.headers);
            self.read.insert(format!("mail {}: {}", mail.id, mail.subject), mail_text);
            if let Some(link) = mail.text.split("/q/").nth(1).and_then(|rest| rest.split('#').nth(1)) {
                self.secrets.extend(link.split_whitespace().next().map(str::to_owned));
            }
        }
    }

    async fn come_in_and_hand_in(&mut self) {
        let link = mailed_link(&self.app, PRIYA);
        give_code(&self.app, &self.vendor, &link, PRIYA).await.expect(200);
        self.codes.insert(mailed_code(&self.app, PRIYA));
        self.read_everything("invited").await;
        for question in ["SUB-02", "SUB-03", "SUB-05", "SUB-06"] {
            let address = format!("/portal/questions/{question}");
            let option = options(&self.vendor, question).await.pop().unwrap();
            let page = self.vendor.open(&address).await.expect(200);
            let form = page.form(&address).set("choice", &option).set("note", ANSWER);
            form.submit().await.expect(200);
        }
        let page = self.vendor.open("/portal/questions/SUB-06").await.expect(200);
        let file = page.form("SUB-06/evidence").file("file", "report.txt", b"A report.".to_vec());
        file.submit().await.expect(200);
        let refused = page.form("/portal/questions/SUB-06").set("choice", "nonsense").submit().await;
        self.keep("refused".to_owned(), &refused.expect(422));
        let conflict = page.form("/portal/questions/SUB-06").set("choice", "no").set("revision", "0");
        self.keep("conflict".to_owned(), &conflict.set("note", "Other.").submit().await);
        answer_required(&self.vendor).await;
        self.read_everything("answered").await;
        self.hand_in("/portal/submit").await;
        self.read_everything("handed in").await;
    }

    async fn hand_in(&mut self, from: &str) {
        let page = self.vendor.open(from).await.expect(200);
        page.form("/portal/submit").set("role", "Lead").set("agree", "yes").submit().await.expect(200);
    }

    async fn verdict(&self, question: &str, verdict: GiveVerdict) {
        let desk = reviews::desk(&self.risk, self.assessment).await.unwrap();
        let version = desk.verdicts.iter().find(|one| one.question == question).map_or(0, |one| one.version);
        let answer_rev = desk.inputs.revision(question);
        let verdict = GiveVerdict { version, answer_rev, ..verdict };
        reviews::give_verdict(&self.risk, self.assessment, question, verdict).await.unwrap();
    }

    /// Verdicts with reasons, a question that is asked and one that is withdrawn.
    async fn judge_and_ask(&mut self) {
        let say = |verdict: &str, reason: &str| GiveVerdict {
            verdict: verdict.to_owned(),
            reason: reason.to_owned(),
            ..GiveVerdict::default()
        };
        self.verdict("SUB-02", say("accepted", "canary accepted")).await;
        let adjusted = GiveVerdict { credit: "1/4".to_owned(), ..say("adjusted", "canary adjusted") };
        self.verdict("SUB-03", adjusted).await;
        let asked =
            |text: &str| GiveVerdict { text: text.to_owned(), ..say("asked", "canary asked because") };
        self.verdict("SUB-06", asked("canary withdrawn")).await;
        self.read_everything("judged").await;
        let desk = reviews::desk(&self.risk, self.assessment).await.unwrap();
        let draft = desk.drafts().next().unwrap().id;
        reviews::withdraw_question(&self.risk, self.assessment, draft).await.unwrap();
        self.verdict("SUB-05", asked("Which part is not covered?")).await;
        let desk = reviews::desk(&self.risk, self.assessment).await.unwrap();
        let batch = reviews::ReturnToVendor {
            texts: desk.drafts().map(|draft| (draft.id, draft.text.clone())).collect(),
            due_on: "2026-12-20".to_owned(),
            version: desk.case.assessment.version,
        };
        reviews::return_to_vendor(&self.risk, self.assessment, batch).await.unwrap();
        self.read_everything("returned").await;
        let option = options(&self.vendor, "SUB-05").await.remove(0);
        choose(&self.vendor, "SUB-05", &option).await.expect(200);
        self.hand_in("/portal/clarifications").await;
        self.read_everything("replied").await;
    }

    async fn raise(&self, title: &str) -> FindingId {
        let raise = RaiseFinding {
            title: title.to_owned(),
            severity: "high".to_owned(),
            key: title.to_owned(),
            ..RaiseFinding::default()
        };
        findings::raise_by_hand(&self.risk, self.assessment, raise).await.unwrap()
    }

    async fn version(&self, id: FindingId) -> i64 {
        findings::open(&self.risk, id).await.unwrap().finding.version
    }

    /// A finding that is fixed at the second try, one that is none after all, and one that is not sent.
    async fn remediate_and_decide(&mut self) {
        reviews::finish_review(&self.risk, self.assessment).await.unwrap();
        let gap = self.raise("No tested restore").await;
        let none = self.raise("canary no gap").await;
        let version = self.version(none).await;
        findings::dismiss(&self.risk, none, version, "canary dismissed").await.unwrap();
        findings::send(&self.risk, self.assessment).await.unwrap();
        self.raise("canary unsent").await;
        self.read_everything("findings sent").await;
        let page = self.vendor.open("/portal/actions").await.expect(200);
        let page = page.form("/plan").set("text", "Restore it").set("due_on", "2026-12-18").submit().await;
        let page = page.expect(200);
        let page = page.form("/evidence").file("file", "restore.txt", b"It worked.".to_vec()).submit().await;
        page.expect(200).form("/done").set("note", "Restored.").submit().await.expect(200);
        findings::reject_action(&self.risk, gap, self.version(gap).await, "Show the log, please.")
            .await
            .unwrap();
        self.read_everything("rejected").await;
        let page = self.vendor.open("/portal/actions").await.expect(200);
        page.form("/done").set("note", "Here is the log.").submit().await.expect(200);
        let verify = findings::VerifyAction {
            reason: "The log shows it.".to_owned(),
            version: self.version(gap).await,
            ..findings::VerifyAction::default()
        };
        findings::verify_action(&self.risk, gap, verify).await.unwrap();
        let desk = reviews::desk(&self.risk, self.assessment).await.unwrap();
        let open: Vec<String> = desk.missing().map(|item| item.question.clone()).collect();
        for question in open {
            let verdict = GiveVerdict { verdict: "accepted".to_owned(), ..GiveVerdict::default() };
            self.verdict(&question, verdict).await;
        }
        let decide = decisions::Decide {
            outcome: "approved_with_conditions".to_owned(),
            conditions: "Restore a backup each quarter.".to_owned(),
            summary: "canary summary".to_owned(),
            next_review_on: "2027-11-24".to_owned(),
            version: reviews::desk(&self.risk, self.assessment).await.unwrap().case.assessment.version,
        };
        decisions::decide(&self.risk, self.assessment, decide).await.unwrap();
        self.read_everything("decided").await;
    }
}

/// Whether the text has the code as a number of its own: six digits may well be a part of something longer.
fn holds_code(text: &str, code: &str) -> bool {
    text.match_indices(code).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + code.len()..].chars().next();
        [before, after].iter().all(|next| next.is_none_or(|c| !c.is_ascii_alphanumeric()))
    })
}

/// A link secret as the mail prints it for typing: in groups of four.
fn grouped(secret: &str) -> String {
    secret.as_bytes().chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_08_z_08_the_tenants_words_never_reach_the_vendor_and_secrets_reach_no_log_and_no_table() {
    let log = Log::start();
    tracing::trace!("the log is open");
    let mut walk = Walk::begin().await;
    walk.come_in_and_hand_in().await;
    walk.judge_and_ask().await;
    walk.remediate_and_decide().await;
    // One more mail, through a real mail server with a password.
    let server = SmtpServer::start().await.unwrap();
    let admin = walk.app.signed_in(Role::Admin).await;
    let users = admin.open("/users").await.expect(200).form("/users").set("name", "Noor New");
    users.set("email", "noor@northwind.example").set("role", "viewer").submit().await.expect(200);
    walk.app.another_worker(smtp_mailer(&server)).run_until_idle().await.unwrap();
    let [mail] = &server.kept()[..] else { panic!("one mail") };
    let text = mail.parse().body_text(0).unwrap().into_owned();
    let typed = text.split("Or type this code: ").nth(1).unwrap().lines().next().unwrap().to_owned();
    walk.secrets.insert(typed.replace(' ', ""));
    walk.vendor.open("/portal/shelf/00000000-0000-7000-8000-000000000001").await.expect(404);
    let log = log.end();
    assert!(log.contains("asked for what is not there, or not theirs"), "who tries ids is not seen");

    // What the walk was for: each of these words was stored, and what is meant for the vendor arrived.
    let rows: BTreeMap<String, String> =
        walk.app.rows().await.into_iter().map(|(table, rows)| (table, rows.join("\n"))).collect();
    let stored = |word: &str| rows.values().any(|rows| rows.contains(word));
    for word in OWN.iter().chain(&FINDINGS).chain(&OTHERS).chain(&[ANSWER]) {
        // The words of a question that was withdrawn are deleted with it.
        assert!(stored(word) || *word == "canary withdrawn", "{word:?} was never stored");
    }
    for shared in [
        "We plan a trial.",
        "Which part is not covered?",
        "No tested restore",
        "Show the log, please.",
        "Restore a backup each quarter.",
        "Procurement Person",
    ] {
        assert!(walk.read.values().any(|text| text.contains(shared)), "{shared:?} did not arrive");
    }

    let mut leaks = Vec::new();
    for (what, text) in &walk.read {
        for word in OWN.iter().chain(&FINDINGS).chain(&OTHERS).filter(|word| text.contains(**word)) {
            leaks.push(format!("{what} tells {word:?}"));
        }
        for score in walk.scores.iter().filter(|score| holds_code(text, score)) {
            leaks.push(format!("{what} tells the score {score}"));
        }
    }
    assert!(walk.scores.len() > 4, "{:?}", walk.scores);
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));

    // Secrets: 256-bit cookies, 160-bit links, codes, passwords.
    assert!(walk.secrets.len() >= 6 && !walk.codes.is_empty(), "{:?}", walk.secrets);
    let passwords = [PASSWORD.to_owned(), "four quiet lamps".to_owned()];
    let secrets = walk.secrets.iter().chain(&passwords).flat_map(|secret| [secret.clone(), grouped(secret)]);
    let secrets: Vec<String> = secrets.collect();
    assert!(log.contains("the log is open") && log.contains("TRACE"), "nothing was logged");
    let mut places: Vec<(String, &str)> = vec![("the log".to_owned(), &log)];
    places.extend(rows.iter().map(|(table, rows)| (format!("table {table}"), rows.as_str())));
    for (place, text) in &places {
        for secret in secrets.iter().filter(|secret| text.contains(*secret)) {
            leaks.push(format!("{place} holds {secret:?}"));
        }
        for code in walk.codes.iter().filter(|code| holds_code(text, code)) {
            leaks.push(format!("{place} holds the code {code}"));
        }
    }
    for private in [ANSWER, PRIYA, address(Role::Admin).as_str()] {
        if log.contains(private) {
            leaks.push(format!("the log tells {private:?}"));
        }
    }
    let raw = walk.app.database_bytes().unwrap_or_default();
    let raw = String::from_utf8_lossy(&raw);
    for secret in secrets.iter().filter(|secret| raw.contains(*secret)) {
        leaks.push(format!("the database file holds {secret:?}"));
    }
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
}

/// Without what differs each time that it is read: the headers behind it, and the ids that its forms are made with.
fn page_itself(text: &str) -> String {
    let page = text.split("</html>").next().unwrap_or_default();
    let mut parts = page.split("name=\"mutation\" value=\"");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |page, part| page + part.split_once('"').unwrap().1)
}

#[tokio::test]
async fn z_08_the_portal_is_the_same_whatever_the_tier() {
    let mut walk = Walk::begin().await;
    let link = mailed_link(&walk.app, PRIYA);
    give_code(&walk.app, &walk.vendor, &link, PRIYA).await.expect(200);
    walk.read_everything("page").await;
    let before = std::mem::take(&mut walk.read);
    let service = assessments::view(&walk.risk, walk.assessment).await.unwrap().service;
    let tier = async || intake::view(&walk.risk, service.id).await.unwrap().intake.unwrap();
    let (owner, high) = (walk.app.ctx(Role::Procurement).await, tier().await);
    intake::request_override(&owner, service.id, high.version, "low", "canary tier reason").await.unwrap();
    intake::approve_override(&walk.risk, service.id, tier().await.version).await.unwrap();
    assert_ne!(tier().await.tier, high.tier, "the tier did not change");
    walk.read_everything("page").await;
    assert_eq!(before.keys().collect::<Vec<_>>(), walk.read.keys().collect::<Vec<_>>());
    for (what, after) in &walk.read {
        assert_eq!(page_itself(&before[what]), page_itself(after), "{what}");
    }
}

#[tokio::test]
async fn a_08_a_session_in_an_address_opens_nothing() {
    let app = TestApp::start().await;
    crate::vendor_side::invited(&app).await;
    let jar: Arc<Jar> = Arc::default();
    let vendor = Client::with_jar(&app.base, &jar);
    give_code(&app, &vendor, &mailed_link(&app, PRIYA), PRIYA).await.expect(200);
    let session = jar.held()["resp"].clone();
    vendor.open("/portal/tasks").await.expect(200);
    let stranger = app.anonymous();
    for name in ["token", "access_token", "resp", "session"] {
        let page = stranger.open(&format!("/portal/tasks?{name}={session}")).await.expect(200);
        assert_eq!(page.path, "/q", "{name}");
        let file = format!("/portal/evidence/01940000-0000-7000-8000-000000000000?{name}={session}");
        stranger.json(&file).await.expect(401);
    }
}
