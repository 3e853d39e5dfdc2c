//! One person's share of what is done at once: beyond it 429, beyond what the process can do 503, and both say when to
//! come again (L-04).

use crate::vendor_side::{PRIYA, come_in, mailed_link, options, respondent};
use api::{
    domain::{Role, ids::Id as _},
    store::Scoped as _,
    web::shares::{Most, Shares},
};
use futures_util::{StreamExt as _, stream};
use reqwest::{
    Body, Method, header,
    multipart::{Form, Part},
};
use sea_orm::{ConnectionTrait as _, DbBackend};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tests::{
    app::TestApp,
    browser::{Client, Page},
};
use tokio::{sync::oneshot, task::JoinHandle, time::timeout};

const QUESTION: &str = "/portal/questions/SEC-GOV-01";

const fn most(each: usize, all: usize, each_waiting: usize, all_waiting: usize) -> Most {
    Most { each, all, each_waiting, all_waiting }
}

/// Bounds that a test reaches.
fn tight() -> Shares {
    Shares::with(most(2, usize::MAX, 0, 0), most(2, 3, 0, 0), most(1, 2, 1, 2))
}

/// Refused with this code and a whole number of seconds to wait.
#[track_caller]
pub fn assert_refused(page: &Page, status: u16, code: &str) {
    assert_eq!((page.status.as_u16(), page.problem().as_str()), (status, code), "{}", page.text());
    let seconds = page.headers.get(header::RETRY_AFTER).unwrap().to_str().unwrap();
    assert!(seconds.parse::<u64>().unwrap() > 0, "{seconds}");
}

#[tokio::test]
async fn l_04_a_session_that_saves_too_much_at_once_is_told_so_and_others_are_not() {
    let app = TestApp::with(|state| state.sharing(tight())).await;
    let (vendor, _) = respondent(&app).await;
    let other = come_in(&app, &mailed_link(&app, PRIYA)).await;
    let option = options(&vendor, "SEC-GOV-01").await.remove(0);
    let form = vendor.open(QUESTION).await.expect(200).form(QUESTION).set("choice", &option);
    let others = other.open(QUESTION).await.expect(200).form(QUESTION).set("choice", &option);
    // Saves wait for a write that somebody else is at.
    let tx = app.ctx(Role::Admin).await.begin_write().await.unwrap();
    if tx.connection().get_database_backend() == DbBackend::Postgres {
        tx.connection().execute_unprepared("LOCK TABLE answer IN ACCESS EXCLUSIVE MODE").await.unwrap();
    }
    let waiting = [form.clone(), form.clone(), others].map(|form| tokio::spawn(form.submit()));
    tokio::time::sleep(Duration::from_millis(200)).await;
    let page = form.clone().submit().await;
    assert_refused(&page, 429, "rate-limited");
    assert!(page.text().contains("was not saved"), "{}", page.text());
    let put = vendor.request(Method::PUT, &format!("{QUESTION}/answer")).header("X-Assay", "1");
    let put = put.header("If-Match", "\"0\"").header("X-Mutation-Id", "m-1");
    assert_refused(&vendor.send(put.json(&json!({"choices": [option]}))).await, 429, "rate-limited");
    drop(tx);
    for save in waiting {
        let status = save.await.unwrap().status.as_u16();
        assert!([200, 412].contains(&status), "saved, or somebody else was first: {status}");
    }
    vendor.open(QUESTION).await.expect(200).form(QUESTION).submit().await.expect(200);
}

/// An upload of which the end does not come before its sender is told.
struct Upload {
    answer: JoinHandle<Page>,
    end: oneshot::Sender<()>,
}

async fn begun(vendor: &Client, name: &str) -> Upload {
    let form = vendor.open(QUESTION).await.expect(200).form("SEC-GOV-01/evidence").values();
    let (end, ended) = oneshot::channel::<()>();
    let bytes = stream::iter([Ok::<_, std::io::Error>("A policy.".to_owned())]).chain(stream::once(async {
        ended.await.map(|()| " Its end.".to_owned()).map_err(std::io::Error::other)
    }));
    let fields = ["csrf", "mutation"].iter();
    let fields = fields.fold(Form::new(), |fields, name| fields.text(*name, form[*name][0].clone()));
    let fields = fields.part("file", Part::stream(Body::wrap_stream(bytes)).file_name(name.to_owned()));
    let request = vendor.request(Method::POST, &format!("{QUESTION}/evidence")).multipart(fields);
    let vendor = vendor.clone();
    Upload { answer: tokio::spawn(async move { vendor.send(request).await }), end }
}

/// Waits until so many files are on their way in.
async fn incoming(app: &TestApp, count: usize) {
    let folder = app.evidence_folder().join("incoming");
    let arrived = async {
        while std::fs::read_dir(&folder).unwrap().count() != count {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(10), arrived).await.unwrap();
}

pub async fn upload(vendor: &Client, name: &str) -> Page {
    let page = vendor.open(QUESTION).await.expect(200);
    page.form("SEC-GOV-01/evidence").file("file", name, b"A policy.".to_vec()).submit().await
}

#[tokio::test]
async fn l_04_uploads_are_counted_until_they_end_or_their_sender_goes() {
    let app = TestApp::with(|state| state.sharing(tight())).await;
    let (vendor, _) = respondent(&app).await;
    let other = come_in(&app, &mailed_link(&app, PRIYA)).await;
    let (one, two) = (begun(&vendor, "one.txt").await, begun(&vendor, "two.txt").await);
    incoming(&app, 2).await;
    let refused = upload(&vendor, "three.txt").await;
    assert_refused(&refused, 429, "rate-limited");
    assert!(refused.text().contains("Nothing of this one was kept"), "{}", refused.text());
    upload(&other, "theirs.txt").await.expect(200);
    let theirs = begun(&other, "also-theirs.txt").await;
    incoming(&app, 3).await;
    assert_refused(&upload(&other, "too-much.txt").await, 503, "overloaded");
    one.end.send(()).unwrap();
    one.answer.await.unwrap().expect(200);
    upload(&vendor, "three.txt").await.expect(200);
    two.answer.abort();
    theirs.answer.abort();
    incoming(&app, 0).await;
    for name in ["four.txt", "five.txt", "six.txt"] {
        upload(&vendor, name).await.expect(200);
    }
    drop((two.end, theirs.end));
}

/// Asks for a file and does not wait for it.
async fn asked(client: &Client, path: &'static str) -> JoinHandle<Page> {
    let client = client.clone();
    let asked = tokio::spawn(async move { client.json(path).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    asked
}

#[tokio::test]
async fn l_04_exports_wait_for_their_turn_and_whoever_has_too_many_waiting_is_told_so() {
    let shares = tight();
    let exports = Arc::clone(&shares.exports);
    let app = TestApp::with(|state| state.sharing(shares)).await;
    let [viewer, risk] = [Role::Viewer, Role::RiskManager];
    let running = [app.ctx(viewer).await, app.ctx(risk).await].map(|ctx| ctx.user().id.uuid());
    let running = [exports.enter(running[0]).await.unwrap(), exports.enter(running[1]).await.unwrap()];
    let (viewer, risk) = (app.signed_in(viewer).await, app.signed_in(risk).await);
    let admin = app.signed_in(Role::Admin).await;
    let first = asked(&viewer, "/findings.csv").await;
    assert!(!first.is_finished(), "it waits for its turn");
    for path in [
        "/audit.csv",
        "/findings.csv",
        "/compare.csv",
        "/assessments/01940000-0000-7000-8000-000000000000/answers.csv",
    ] {
        assert_refused(&viewer.json(path).await, 429, "rate-limited");
    }
    let second = asked(&risk, "/audit.csv").await;
    assert!(!second.is_finished(), "it waits for its turn");
    let refused = admin.json("/audit.csv").await;
    assert_refused(&refused, 503, "overloaded");
    admin.open("/findings").await.expect(200);
    let [of_viewer, of_risk] = running;
    drop(of_viewer);
    timeout(Duration::from_secs(5), first).await.unwrap().unwrap().expect(200);
    assert!(!second.is_finished(), "the other's turn has not come");
    admin.json("/audit.csv").await.expect(200);
    drop(of_risk);
    timeout(Duration::from_secs(5), second).await.unwrap().unwrap().expect(200);
    for _ in 0..3 {
        viewer.json("/audit.csv").await.expect(200);
    }
}
