//! What a question weighs is the tenant's alone (Z-08): a respondent who reads everything that it is ever given cannot
//! tell a questionnaire with absurd weights from the usual one.

use crate::{
    seed,
    submission::answer_required,
    vendor_side::{PRIYA, choose, come_in, mailed_link, options},
};
use api::{
    domain::Role,
    usecases::{
        respondents::{self, AddRespondent},
        vendors::ContactInput,
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use questionnaires::{
    definition::{Questionnaire, catalog::Library},
    exact::Exact,
};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tests::{app::TestApp, browser::Client};

/// Stands in every multiplier.
const CANARY: i64 = 98_765_431;

fn usual() -> Questionnaire {
    Library::shipped().questionnaire("supplier-security-core").unwrap().clone()
}

fn absurd() -> Questionnaire {
    let mut questionnaire = usual();
    for section in &mut questionnaire.sections {
        section.multiplier = Exact::ratio(CANARY, 7);
        for question in section.questions.iter_mut().filter(|question| question.weight > 0) {
            question.weight = 251 - question.weight;
        }
    }
    questionnaire
}

/// A text without what differs between any two runs: the address of the service, ids, hashes and tokens.
fn scrubbed(text: &str, base: &str) -> String {
    let text = text.replace(base, "[base]");
    let is_random = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c) || c == '-';
    let mut kept = String::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find(is_random) {
        let end = rest[at..].find(|c| !is_random(c)).map_or(rest.len(), |length| at + length);
        let run = &rest[at..end];
        kept.push_str(&rest[..at]);
        kept.push_str(if run.len() < 16 { run } else { "[random]" });
        rest = &rest[end..];
    }
    kept + rest
}

/// A file of a receipt with what its signature covers in the place of the signed text; any other body as it is.
fn readable(body: &str) -> String {
    let Ok(mut file) = serde_json::from_str::<Value>(body) else { return body.to_owned() };
    let Some(signed) = file["jws"].as_str() else { return body.to_owned() };
    let payload = BASE64.decode(signed.split('.').nth(1).unwrap()).unwrap();
    file["jws"] = serde_json::from_slice(&payload).unwrap();
    file.to_string()
}

/// Everything that a respondent is given, by what it was; and the page of the score, which is not for it.
struct Read {
    given: BTreeMap<String, String>,
    score: String,
}

/// Follows every link from the portal, to pages, files, styles and scripts.
async fn walk(vendor: &Client, when: &str, base: &str, given: &mut BTreeMap<String, String>) {
    let mut open = vec!["/portal".to_owned(), "/openapi.json".to_owned()];
    let mut seen = BTreeSet::new();
    while let Some(path) = open.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let page = vendor.open(&path).await.expect(200);
        for (css, attribute) in
            [("a[href^='/portal']", "href"), ("link[href^='/']", "href"), ("script[src^='/']", "src")]
        {
            let links = page.attributes(css, attribute);
            open.extend(links.iter().filter_map(|link| Some(link.split('#').next()?.to_owned())));
        }
        given.insert(scrubbed(&format!("{when}: {path}"), base), scrubbed(&readable(&page.body), base));
    }
    assert!(seen.iter().filter(|path| path.starts_with("/static/")).count() >= 2, "{seen:?}");
    assert!(seen.iter().filter(|path| path.starts_with("/portal/sections/")).count() >= 5, "{seen:?}");
}

async fn read(questionnaire: &Questionnaire) -> Read {
    let app = TestApp::start().await;
    let owner = app.ctx(Role::Procurement).await;
    let id = seed::sent_to_nobody(&owner, "Lumen", questionnaire).await;
    let new =
        ContactInput { name: "Priya Shah".to_owned(), email: PRIYA.to_owned(), ..ContactInput::default() };
    respondents::add(&owner, id, &AddRespondent { contact: None, new }, &tests::key()).await.unwrap();
    app.run_jobs().await;
    let vendor = come_in(&app, &mailed_link(&app, PRIYA)).await;
    let mut given = BTreeMap::new();
    walk(&vendor, "invited", &app.base, &mut given).await;
    for question in ["SEC-GOV-01", "SEC-GOV-02", "SEC-CLD-01"] {
        let offered = options(&vendor, question).await;
        let [first, .., last] = &offered[..] else { panic!("{offered:?}") };
        for (tag, choice, status) in
            [("\"0\"", first.as_str(), 200), ("\"7\"", last, 412), ("\"1\"", "nonsense", 422)]
        {
            let put = vendor.request(Method::PUT, &format!("/portal/questions/{question}/answer"));
            let put = put.header("X-Assay", "1").header("If-Match", tag);
            let put = put.header("X-Mutation-Id", format!("{question}-{status}"));
            let answer = vendor.send(put.json(&json!({"choices": [choice]}))).await.expect(status);
            given.insert(format!("PUT {question} {status}"), scrubbed(&answer.body, &app.base));
        }
        choose(&vendor, question, "nonsense").await.expect(422);
    }
    answer_required(&vendor).await;
    walk(&vendor, "answered", &app.base, &mut given).await;
    let page = vendor.open("/portal/submit").await.expect(200);
    page.form("/portal/submit").set("role", "Lead").set("agree", "yes").submit().await.expect(200);
    app.run_jobs().await;
    walk(&vendor, "handed in", &app.base, &mut given).await;
    assert!(given.keys().any(|what| what.ends_with("/portal/receipt/file")), "{:?}", given.keys());
    for mail in app.mailbox.newest_first() {
        if mail.to.contains(PRIYA) {
            // Codes and secrets differ each time, so mails are only looked through.
            assert!(!format!("{}{}", mail.text, mail.html).contains(&CANARY.to_string()), "{}", mail.subject);
        }
    }
    let risk = app.signed_in(Role::RiskManager).await;
    let score = risk.open(&format!("/assessments/{id}/score")).await.expect(200);
    Read { given, score: scrubbed(&score.body, &app.base) }
}

#[tokio::test]
async fn z_08_absurd_weights_change_no_byte_of_what_a_respondent_is_given() {
    let (usual, absurd) = (read(&usual()).await, read(&absurd()).await);
    assert_ne!(usual.score, absurd.score, "the tenant sees a difference");
    for (what, text) in &absurd.given {
        assert!(!text.contains(&CANARY.to_string()), "{what} tells a weight");
    }
    let (names, others): (Vec<_>, Vec<_>) = (usual.given.keys().collect(), absurd.given.keys().collect());
    assert_eq!(names, others);
    for (what, text) in &usual.given {
        assert_eq!(*text, absurd.given[what], "{what}");
    }
}
