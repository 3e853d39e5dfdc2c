//! What pages weigh on the wire: the page and everything it loads, compressed, as a browser fetches it the first time.

use crate::{
    seed::{Submission, submitted},
    submission::hand_in,
    vendor_side::respondent,
};
use api::domain::Role;
use questionnaires::definition::{AnswerType, catalog::Library};
use reqwest::{Method, header};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};
use tests::{app::TestApp, browser::Client};

const KB: usize = 1_000;
const SECTION: usize = 75 * KB;
const REVIEW: usize = 80 * KB;
const COMPARISON: usize = 95 * KB;
const ANY_PAGE: usize = 120 * KB;
const SCRIPT: usize = 12 * KB;
const STYLE: usize = 14 * KB;

/// Bytes of one page and of what it loads, by path.
struct Weight {
    page: String,
    files: BTreeMap<String, usize>,
}

impl Weight {
    fn total(&self) -> usize {
        self.files.values().sum()
    }
    fn of(&self, ending: &str) -> usize {
        self.files.iter().filter(|(path, _)| path.ends_with(ending)).map(|(_, bytes)| bytes).sum()
    }
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} weighs {}: {:?}", self.page, self.total(), self.files)
    }
}

/// Addresses of files of ours in a page, a style sheet or a script.
fn linked(text: &str) -> BTreeSet<String> {
    let quoted = text.split(['"', '(', ')']).filter(|part| part.starts_with("/static/"));
    quoted.map(|path| path.split('#').next().unwrap_or_default().to_owned()).collect()
}

/// The bytes of an answer as they cross the wire.
async fn bytes(client: &Client, path: &str) -> usize {
    let request = client.request(Method::GET, path).header(header::ACCEPT, "text/html,*/*");
    let answer = request.header(header::ACCEPT_ENCODING, "gzip, deflate, br, zstd").send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    assert!(answer.headers().contains_key(header::CONTENT_ENCODING), "{path} is not packed");
    answer.bytes().await.unwrap().len()
}

async fn weigh(client: &Client, path: &str) -> Weight {
    let page = client.open(path).await.expect(200);
    assert_eq!(page.path, path);
    let mut links = linked(&page.body);
    let loads = |path: &&String| path.ends_with(".css") || path.ends_with(".js");
    for file in links.clone().iter().filter(loads) {
        links.extend(linked(&client.open(file).await.expect(200).body));
    }
    for kind in [".css", ".woff2"] {
        assert!(links.iter().any(|path| path.ends_with(kind)), "{path} loads no {kind}");
    }
    let mut files = BTreeMap::from([(path.to_owned(), bytes(client, path).await)]);
    for link in links {
        let size = bytes(client, &link).await;
        files.insert(link, size);
    }
    Weight { page: path.to_owned(), files }
}

/// No more than this, and no more script and style than any page may load.
fn at_most(weight: &Weight, limit: usize) {
    assert!(weight.total() <= limit, "{weight}");
    assert!(weight.of(".js") <= SCRIPT, "{weight}");
    assert!(weight.of(".css") <= STYLE, "{weight}");
}

/// Every single choice of the two core questionnaires, answered in a way of its own.
fn answers(way: usize) -> Vec<(String, String)> {
    let library = Library::shipped();
    let questions = CORE.iter().flat_map(|id| library.questionnaire(id).unwrap().questions());
    let choices = questions.filter(|(_, question)| question.answer_type == AnswerType::SelectOne);
    let option = |at: usize, count: usize| (at + way) * (way + 1) % count;
    choices
        .enumerate()
        .map(|(at, (_, q))| (q.id.clone(), q.options[option(at, q.options.len())].id.clone()))
        .collect()
}

const CORE: [&str; 2] = ["supplier-security-core", "ai-tool-risk"];

#[tokio::test]
async fn sections_reviews_and_comparisons_weigh_no_more_than_was_promised() {
    let app = TestApp::start().await;
    let (vendor, _) = respondent(&app).await;
    let tasks = vendor.open("/portal/tasks").await.expect(200);
    let sections: BTreeSet<String> =
        tasks.attributes("main a[href^='/portal/sections/']", "href").into_iter().collect();
    assert!(sections.len() > 20, "{}", sections.len());
    for section in sections {
        at_most(&weigh(&vendor, &section).await, SECTION);
    }

    let ctx = app.ctx(Role::RiskManager).await;
    let risk = app.signed_in(Role::RiskManager).await;
    let mut picks = Vec::new();
    for way in 0..6 {
        let answers = answers(way);
        let choices: Vec<(&str, &str)> = answers.iter().map(|(q, o)| (&**q, &**o)).collect();
        let name = format!("Vendor {way}");
        let submission = Submission {
            name: &name,
            vendor: None,
            service: None,
            asked: &CORE,
            choices: &choices,
            facts: &[],
        };
        let seeded = submitted(&ctx, submission).await;
        at_most(&weigh(&risk, &format!("{}/review?show=all", seeded.base())).await, REVIEW);
        at_most(&weigh(&risk, &format!("{}/score", seeded.base())).await, ANY_PAGE);
        picks.push(format!("assessment={}", seeded.assessment));
    }
    // Nothing folded: as heavy as the page gets before somebody asks for every answer.
    at_most(&weigh(&risk, &format!("/compare?{}&view=1", picks.join("&"))).await, COMPARISON);
}

#[tokio::test]
async fn no_page_loads_more_script_style_and_bytes_than_any_page_may() {
    let app = TestApp::start().await;
    let (vendor, sent) = respondent(&app).await;
    let asked = [
        "/portal",
        "/portal/tasks",
        "/portal/check",
        "/portal/questions/SEC-GOV-01",
        "/portal/people",
        "/portal/shelf",
        "/portal/actions",
    ];
    for path in asked {
        at_most(&weigh(&vendor, path).await, ANY_PAGE);
    }
    let admin = app.signed_in(Role::Admin).await;
    let pages = [
        "/",
        "/vendors",
        "/vendors/new",
        "/assessments",
        "/assessments/new",
        "/findings",
        "/compare",
        "/compare/all",
        "/users",
        "/jobs",
        "/audit",
        "/search",
        "/search?q=access",
    ];
    let below = |of: &str, parts: &[&str]| parts.iter().map(|part| format!("{of}{part}")).collect::<Vec<_>>();
    let of_sent = below(&sent, &["", "/people/add", "/extend", "/cancel", "/owner"]);
    for path in pages.into_iter().map(str::to_owned).chain(of_sent) {
        at_most(&weigh(&admin, &path).await, ANY_PAGE);
    }
    for path in ["/sign-in", "/join", "/q", "/q/0123456789abcdef0123", "/dev/mailbox"] {
        at_most(&weigh(&app.anonymous(), path).await, ANY_PAGE);
    }
    hand_in(&vendor).await;
    at_most(&weigh(&vendor, "/portal/receipt").await, ANY_PAGE);
    let vendors = admin.open("/vendors").await.expect(200).attributes("tbody th a", "href");
    let of_vendor = vendors.first().unwrap();
    let services = admin.open(of_vendor).await.expect(200).attributes("[aria-labelledby=services] a", "href");
    let service = services.iter().find(|href| href.starts_with("/services/")).unwrap();
    for path in below(of_vendor, &["", "/edit", "/archive", "/contacts/new", "/services/new"])
        .into_iter()
        .chain(below(service, &["", "/edit", "/intake/answer"]))
        .chain(below(&sent, &["/findings", "/findings/new", "/decision"]))
    {
        at_most(&weigh(&admin, &path).await, ANY_PAGE);
    }
}
