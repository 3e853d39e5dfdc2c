//! More than can be done at once, and what a single request may not do to the others (L-05, L-06, L-09, K-10).

use crate::vendor_side::{Signed, choose, invited, options, respondent};
use actix_web::web::Data;
use api::{
    domain::Role,
    store::Scoped as _,
    usecases::UseCaseError,
    web::{
        app::{AppState, MailboxReader},
        load::Load,
    },
};
use futures_util::future;
use reqwest::{Method, header};
use sea_orm::{ConnectionTrait as _, DbBackend};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tests::{app::TestApp, browser::Page, database::TestDatabase};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

/// Turned away, with a whole number of seconds to wait.
fn assert_busy(page: &Page) {
    assert_eq!(page.status.as_u16(), 503, "{}", page.text());
    assert_eq!(page.problem(), "overloaded");
    let seconds = page.headers.get(header::RETRY_AFTER).unwrap().to_str().unwrap();
    assert!(seconds.parse::<u64>().unwrap() > 0, "{seconds}");
}

#[tokio::test]
async fn l_02_more_than_the_bound_is_turned_away_at_once_and_health_is_answered() {
    let app = TestApp::with(|state| state.bearing(Load::at_most(2))).await;
    let (vendor, _) = respondent(&app).await;
    let option = options(&vendor, "SEC-GOV-01").await.remove(0);
    choose(&vendor, "SEC-GOV-01", &option).await.expect(200);
    let page = vendor.open("/portal/questions/SEC-GOV-01").await.expect(200);
    let form = page.form("/portal/questions/SEC-GOV-01").set("note", "waits");
    // Two saves wait for a write that somebody else is at.
    let tx = app.ctx(Role::Admin).await.begin_write().await.unwrap();
    if tx.connection().get_database_backend() == DbBackend::Postgres {
        tx.connection().execute_unprepared("LOCK TABLE answer IN ACCESS EXCLUSIVE MODE").await.unwrap();
    }
    let waiting = [tokio::spawn(form.clone().submit()), tokio::spawn(form.submit())];
    tokio::time::sleep(Duration::from_millis(300)).await;
    let begun = Instant::now();
    for page in
        [vendor.open("/portal").await, vendor.json("/sign-in").await, app.anonymous().open("/q").await]
    {
        assert_busy(&page);
    }
    vendor.json("/health/live").await.expect(200);
    vendor.json("/health/ready").await.expect(200);
    assert!(begun.elapsed() < Duration::from_millis(900), "{:?}", begun.elapsed());
    drop(tx);
    let [one, other] = waiting;
    let statuses = [one.await.unwrap().status.as_u16(), other.await.unwrap().status.as_u16()];
    assert!(
        statuses.contains(&200),
        "the first is saved, and its repetition may be a conflict: {statuses:?}"
    );
    vendor.open("/portal").await.expect(200);
}

#[tokio::test]
async fn l_03_bodies_that_have_yet_to_arrive_keep_nobody_away() {
    let app = TestApp::with(|state| state.bearing(Load::at_most(1))).await;
    let address = app.base.strip_prefix("http://").unwrap();
    let mut slow = Vec::new();
    for _ in 0..5 {
        let mut socket = TcpStream::connect(address).await.unwrap();
        let head = "POST /sign-in HTTP/1.1\r\nHost: assay\r\nContent-Length: 1000\r\n\
                    Content-Type: application/x-www-form-urlencoded\r\n\r\nemail=";
        socket.write_all(head.as_bytes()).await.unwrap();
        slow.push(socket);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    app.anonymous().open("/sign-in").await.expect(200);
    drop(slow);
    tokio::time::sleep(Duration::from_millis(100)).await;
    // Those that went away count neither more nor less than nothing.
    app.anonymous().open("/sign-in").await.expect(200);
}

#[tokio::test]
async fn l_05_without_a_connection_to_the_database_200_clients_hear_so_in_time() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let app = TestApp::on(database.with_connections(2).await).await;
    let client = app.signed_in(Role::Admin).await;
    let scope = app.services.database.tenant(app.tenant);
    // Two for transactions, and half as many again for single statements.
    let busy = future::join_all((0..3).map(|_| scope.connection().execute_unprepared("SELECT pg_sleep(8)")));
    let clients = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let asked = (0..200).map(async |_| {
            let begun = Instant::now();
            let request = client.request(Method::GET, "/vendors").header(header::ACCEPT, "application/json");
            (client.send(request).await, begun.elapsed())
        });
        let answers = future::join_all(asked).await;
        // Only now: reading pages takes the time of those who still wait.
        answers.iter().for_each(|(page, _)| assert_busy(page));
        let took = answers.into_iter().map(|(_, took)| took).max().unwrap();
        // Two seconds of waiting, and room for a machine that has other things to do.
        assert!(took < Duration::from_secs(7), "{took:?}");
        client.json("/health/live").await.expect(200);
    };
    future::join(busy, clients).await;
    // All connections are back, whoever gave up waiting for them.
    for _ in 0..3 {
        let pages = future::join_all((0..20).map(|_| client.open("/vendors"))).await;
        assert!(
            pages.iter().all(|page| page.status == 200),
            "{:?}",
            pages.iter().map(|p| p.status).collect::<Vec<_>>()
        );
    }
}

#[tokio::test]
async fn l_06_of_200_at_once_who_want_a_password_checked_some_are_told_to_come_again() {
    let app = TestApp::start().await;
    let begun = Instant::now();
    let slow = || std::thread::sleep(Duration::from_millis(200));
    let checks = future::join_all((0..200).map(|_| app.services.hashing(slow))).await;
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    let done = checks.iter().filter(|check| check.is_ok()).count();
    assert!((20..=48).contains(&done), "{done}");
    assert!(checks.iter().filter_map(|c| c.as_ref().err()).all(|e| matches!(e, UseCaseError::Overloaded)));
}

#[tokio::test]
async fn l_09_a_packed_body_is_refused_before_anybody_unpacks_it() {
    let app = TestApp::start().await;
    let (_, link) = invited(&app).await;
    let client = app.anonymous();
    for packing in ["gzip", "br", "zstd", "deflate", "gzip, br"] {
        let request = client.request(Method::POST, "/q/exchange").header("X-Assay", "1");
        let body = serde_json::json!({"link_id": link.id, "secret": link.secret});
        let answer = client.send(request.header(header::CONTENT_ENCODING, packing).json(&body)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (415, "unsupported-media-type"),
            "{packing}"
        );
    }
}

#[tokio::test]
async fn long_addresses_and_many_headers_are_refused_and_harm_nobody() {
    let app = TestApp::start().await;
    let client = app.anonymous();
    let get = async |path: &str| client.send(client.request(Method::GET, path)).await;
    let long = |bytes: usize| format!("/sign-in?x={}", "x".repeat(bytes - "/sign-in?x=".len()));
    get(&long(2_048)).await.expect(200);
    assert!(get(&long(2_049)).await.expect(400).text().contains("The address is too long"));
    let many = |pairs: usize| format!("/sign-in?{}", vec!["x=1"; pairs].join("&"));
    get(&many(100)).await.expect(200);
    assert!(get(&many(101)).await.expect(400).text().contains("too many parameters"));
    let with = async |bytes: usize| {
        let request = client.request(Method::GET, "/sign-in").header("x-filling", "x".repeat(bytes));
        client.send(request).await
    };
    with(15_000).await.expect(200);
    assert!(with(16_400).await.expect(400).text().contains("The headers are too large"));
    let mut request = client.request(Method::GET, "/sign-in");
    for number in 0..90 {
        request = request.header(format!("x-{number}"), "x".repeat(8_000));
    }
    let refused = request.send().await;
    assert!(refused.is_err() || refused.is_ok_and(|answer| answer.status().is_client_error()));
    // The connection may be closed under the one who sent that.
    app.anonymous().open("/sign-in").await.expect(200);
}

#[tokio::test]
async fn k_10_a_handler_that_panics_is_answered_with_a_reference_and_the_others_go_on() {
    let broken: MailboxReader = Arc::new(|| panic!("the mailbox is broken"));
    let app = TestApp::with(|state| AppState { mailbox: Data::new(Some(broken)), ..state }).await;
    let client = app.anonymous();
    let answers = (0..100).map(|number| client.open(["/sign-in", "/dev/mailbox"][number % 2]));
    for (number, page) in future::join_all(answers).await.into_iter().enumerate() {
        if number % 2 == 0 {
            page.expect(200);
        } else {
            assert_eq!((page.status.as_u16(), page.problem().as_str()), (500, "internal"), "{}", page.text());
            assert!(page.headers.contains_key(header::CONTENT_SECURITY_POLICY));
            assert!(!page.body.contains("broken"), "nothing internal is shown");
        }
    }
    let answer = client.json("/dev/mailbox.json").await.expect(500);
    assert_eq!(answer.value()["code"], "internal");
    assert!(answer.value()["instance"].as_str().is_some_and(|id| id.len() == 36), "{}", answer.body);
}

#[tokio::test]
async fn k_12_a_clock_that_jumps_revives_nothing_and_signs_nobody_out() {
    let app = TestApp::start().await;
    let staff = app.signed_in(Role::Procurement).await;
    let (_, link) = invited(&app).await;
    let vendor = Signed::come_in(&app, crate::vendor_side::PRIYA).await;
    app.advance(chrono::Duration::hours(-1));
    staff.open("/vendors").await.expect(200);
    vendor.client.open("/portal").await.expect(200);
    // Forward beyond every session, and back: what has ended is ended.
    app.advance(chrono::Duration::days(3_650));
    assert_eq!(staff.open("/vendors").await.path, "/sign-in");
    assert_eq!(vendor.client.open("/portal").await.status.as_u16(), 303);
    let closed = crate::vendor_side::exchange(&app.anonymous(), &link).await;
    assert_eq!((closed.status.as_u16(), closed.problem().as_str()), (404, "link-not-usable"));
}
