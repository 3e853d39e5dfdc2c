//! Whose word counts for the address of a client, and for our own.

use api::domain::Role;
use entity::{audit_event, login_session};
use reqwest::{Method, header};
use sea_orm::{ColumnTrait as _, QueryFilter as _};
use std::collections::BTreeSet;
use tests::{
    app::{PASSWORD, TestApp, address},
    browser::Client,
};

/// Signs in or fails to, through hops; gives the status.
async fn sign_in(app: &TestApp, hops: &[&str], password: &str) -> u16 {
    let browser = Client::without_redirects(&app.base);
    let email = address(Role::Viewer);
    let mut request = browser.request(Method::POST, "/sign-in");
    for hop in hops {
        request = request.header("x-forwarded-for", *hop);
    }
    let request = request
        .header("forwarded", "for=192.0.2.77;host=evil.example")
        .header("x-real-ip", "192.0.2.78")
        .form(&[("email", &*email), ("password", password)]);
    browser.send(request).await.status.as_u16()
}

/// The addresses that sessions and the events of their beginnings came from. What tests prepare behind the pages has
/// none.
async fn recorded(app: &TestApp) -> BTreeSet<String> {
    let all = app.services.database.across_tenants("test");
    let sessions = all.find::<login_session::Entity>().all(all.connection()).await.unwrap();
    let events = all.find::<audit_event::Entity>().filter(audit_event::Column::Act.eq("user.signed_in"));
    let events = events.all(all.connection()).await.unwrap();
    let of_sessions: BTreeSet<String> = sessions.into_iter().map(|session| session.client_address).collect();
    let of_events: BTreeSet<String> = events.into_iter().filter_map(|event| event.client_address).collect();
    let of_sessions: BTreeSet<String> = of_sessions.into_iter().filter(|text| !text.is_empty()).collect();
    assert_eq!(of_sessions, of_events);
    of_sessions
}

#[tokio::test]
async fn a_17_without_a_trusted_proxy_forwarded_headers_are_only_words() {
    let app = TestApp::start().await;
    assert_eq!(sign_in(&app, &["198.51.100.1"], PASSWORD).await, 303);
    assert_eq!(recorded(&app).await, ["127.0.0.1".to_owned()].into());
    for n in 0..5 {
        assert_eq!(sign_in(&app, &[&format!("198.51.100.{n}")], "a wrong password").await, 422);
    }
    assert_eq!(sign_in(&app, &["203.0.113.9"], "a wrong password").await, 429, "one peer, one counter");
}

#[tokio::test]
async fn a_17_behind_a_trusted_proxy_the_rightmost_untrusted_hop_is_the_client() {
    let app = TestApp::with(|state| state.behind("127.0.0.0/8, 10.0.0.0/8".parse().unwrap())).await;
    let mut expected = BTreeSet::new();
    for (hops, client) in [
        (&["192.0.2.1, 198.51.100.7"][..], "198.51.100.7"),
        (&["192.0.2.1", "198.51.100.8, 10.0.0.2"], "198.51.100.8"),
        (&[], "127.0.0.1"),
        (&["2001:db8::7"], "2001:db8::7"),
    ] {
        assert_eq!(sign_in(&app, hops, PASSWORD).await, 303);
        expected.insert(client.to_owned());
        assert_eq!(recorded(&app).await, expected, "{hops:?}");
    }
    // Whatever a client writes in front, its own address is what counts; another client has its own counter.
    for n in 0..5 {
        assert_eq!(sign_in(&app, &[&format!("192.0.2.{n}, 198.51.100.7")], "a wrong password").await, 422);
    }
    assert_eq!(sign_in(&app, &["192.0.2.9, 198.51.100.7"], "a wrong password").await, 429);
    assert_eq!(sign_in(&app, &["198.51.100.9"], "a wrong password").await, 422);
    // Of an IPv6 address the network counts.
    for n in 0..5 {
        assert_eq!(sign_in(&app, &[&format!("2001:db8:1:1::{n}")], "a wrong password").await, 422);
    }
    assert_eq!(sign_in(&app, &["2001:db8:1:1:ffff::1"], "a wrong password").await, 429);
    assert_eq!(sign_in(&app, &["2001:db8:1:2::1"], "a wrong password").await, 422);
}

#[tokio::test]
async fn a_17_no_redirect_and_no_mail_takes_its_host_from_a_request() {
    let app = TestApp::with(|state| state.behind("127.0.0.1".parse().unwrap())).await;
    let (admin, csrf) = crate::doors::signed_in(&app, &address(Role::Admin)).await;
    let fields = [
        ("csrf", &*csrf),
        ("name", "Noor New"),
        ("email", "noor@northwind.example"),
        ("role", "viewer"),
        ("key", "k-1"),
    ];
    let request = admin.request(Method::POST, "/users").form(&fields);
    let request = request.header("x-forwarded-host", "evil.example").header("x-forwarded-proto", "https");
    let answer = admin.send(request.header(header::HOST, "evil.example")).await.expect(303);
    assert_eq!(answer.headers[header::LOCATION], "/users");
    app.run_jobs().await;
    let mails = app.mailbox.newest_first();
    let mail = mails.iter().find(|mail| mail.to.contains("noor@")).unwrap();
    assert!(mail.text.contains(&app.base) && !mail.text.contains("evil"), "{}", mail.text);
}
