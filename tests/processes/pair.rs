//! Two processes on one PostgreSQL behave as one service.

use super::shared;
use futures_util::StreamExt as _;
use migration::Migrator;
use sea_orm_migration::MigratorTrait as _;
use std::time::Duration;
use tests::{
    browser::Client,
    procurement,
    server::{Post, Server, admin, come_in, hand_in, questions},
    smtp::SmtpServer,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// How often something is done on the one and looked at on the other.
const ROUNDS: usize = 6;

#[tokio::test]
async fn two_that_start_at_once_on_an_empty_database_migrate_it_once() {
    let Some(here) = shared("empty", false).await else { return };
    let other = here.place.beside().unwrap();
    let (one, two) = futures_util::future::join(here.place.start(), other.start()).await;
    let _both: [Server; 2] = [one.unwrap(), two.unwrap()];
    let steps: i64 = here.value("SELECT count(*) FROM seaql_migrations").await;
    assert_eq!(steps, i64::try_from(Migrator::migrations().len()).unwrap());
    assert_eq!([here.place.said(), other.said()], ["", ""], "nobody complains");
}

#[tokio::test]
async fn what_begins_on_one_goes_on_at_the_other_and_ends_on_both() {
    let Some(here) = shared("one_service", true).await else { return };
    let mails = SmtpServer::start().await.unwrap();
    let first = here.place.beside().unwrap().mailing_to(&mails);
    let second = first.beside().unwrap();
    let _both = [first.start().await.unwrap(), second.start().await.unwrap()];
    let here_admin = admin(&first.base()).await;
    let there_admin = here_admin.at(&second.base());
    let path = procurement::sent(&here_admin).await;
    // Sent on the first, opened on the second; the page on the first asks about the same session.
    let there = come_in(&second.base(), &Post::Inbox(&mails, "priya@lumen.example")).await.unwrap();
    let here_vendor = there.at(&first.base());
    let (asked, csrf) = questions(&here_vendor, 2).await.unwrap();
    assert_eq!(asked[0].save(&here_vendor, &csrf, 0, "m-1", "on the first").await.unwrap().status(), 303);
    let page = there.open(&format!("/portal/questions/{}", asked[0].id)).await.expect(200);
    assert!(page.body.contains("on the first"), "{}", page.text());
    let late = asked[0].save(&there, &csrf, 0, "m-2", "on the second").await.unwrap();
    assert_eq!(late.status(), 412, "the second knows the revision that the first wrote");

    // Revoked on the first: the session on the second ends with it.
    let page = here_admin.open(&path).await.expect(200);
    let confirm = here_admin.open(&page.attributes("a[href$='/revoke']", "href").remove(0)).await.expect(200);
    confirm.form("/revoke").set("reason", "Left the company").submit().await.expect(200);
    assert_eq!(there.json("/portal").await.status.as_u16(), 303, "the vendor is sent back to its link");
    let saved = asked[1].save(&there, &csrf, 0, "m-3", "too late").await.unwrap();
    assert_eq!(saved.status(), 401);

    // Signed out on the second: the first does not know the user any more.
    let today = there_admin.open("/").await.expect(200);
    today.form("/sign-out").submit().await.expect(200);
    assert_eq!(here_admin.open("/vendors").await.path, "/sign-in");
}

/// The points that the score page shows, and of which submission.
async fn points(staff: &Client, path: &str) -> (String, usize) {
    let text = staff.open(&format!("{path}/score")).await.expect(200).text();
    let after = |words: &str| text.split(words).nth(1).unwrap().split(' ').next().unwrap().to_owned();
    (after("From 100 to "), after(", submission ").parse().unwrap())
}

#[tokio::test]
async fn g_09_the_score_page_on_one_shows_at_once_what_was_done_on_the_other() {
    let Some(here) = shared("score", true).await else { return };
    let mails = SmtpServer::start().await.unwrap();
    let first = here.place.beside().unwrap().mailing_to(&mails);
    let second = first.beside().unwrap();
    let _both = [first.start().await.unwrap(), second.start().await.unwrap()];
    let staff = admin(&first.base()).await;
    let (contact, service) = (("Priya Shah", "priya@lumen.example"), "Lumen Hire");
    let path = procurement::sent_short(&staff, "Lumen Analytics", service, contact).await;
    let vendor = come_in(&first.base(), &Post::Inbox(&mails, contact.1)).await.unwrap();
    let mut places = [first.base(), second.base()];
    let address = "/portal/questions/SUB-03";
    let mut shown = Vec::new();
    // Answered, handed in and opened again on the one, each time with the other of two answers.
    for round in 0..ROUNDS {
        places.reverse();
        let [acts, looks] = &places;
        let page = vendor.at(acts).open(address).await.expect(200);
        let choice = ["same", "none"][round % 2];
        page.form(address).set("choice", choice).submit().await.expect(303);
        hand_in(&vendor.at(acts)).await;
        shown.push(points(&staff.at(looks), &path).await);
        if round < ROUNDS - 1 {
            let page = staff.at(acts).open(&path).await.expect(200);
            page.form("/amend").submit().await.expect(200);
        }
    }
    // Judged on the one, each time as the other of two credits.
    let review = format!("{path}/review?show=all&q=SUB-03");
    for round in 0..ROUNDS {
        places.reverse();
        let [acts, looks] = &places;
        let page = staff.at(acts).open(&review).await.expect(200);
        let credit = ["1", "0"][round % 2];
        let verdict = [("verdict", "adjusted"), ("credit", credit), ("reason", "We looked.")];
        page.form("/review/SUB-03").with(&verdict).submit().await.expect(200);
        shown.push(points(&staff.at(looks), &path).await);
    }
    let expected = |round: usize| (["10.42", "0.00"][round % 2].to_owned(), ROUNDS.min(round + 1));
    assert_eq!(shown, (0..2 * ROUNDS).map(expected).collect::<Vec<_>>());
}

/// Many acts of one kind, eight at a time.
async fn each<F: Future<Output = String>>(count: usize, act: impl Fn(usize) -> F) -> Vec<String> {
    futures_util::stream::iter((0..count).map(act)).buffer_unordered(8).collect().await
}

#[tokio::test]
async fn g_09_of_1000_that_one_creates_the_other_lacks_none() {
    let Some(here) = shared("created", true).await else { return };
    let other = here.place.beside().unwrap();
    let _both = [here.place.start().await.unwrap(), other.start().await.unwrap()];
    let staff = admin(&here.place.base()).await;
    let vendor = procurement::vendor(&staff, "Lumen Analytics").await;
    let service = procurement::service(&staff, &vendor, "Lumen Hire").await;
    let page = procurement::cv_screening(&staff, &service).await;
    let token = page.attributes("input[name=csrf]", "value").remove(0);
    let service = service.rsplit('/').next().unwrap();
    let there = staff.at(&other.base());
    let opened = each(1_000, async |number| {
        let key = format!("key-{number:016}");
        let fields = [("csrf", token.as_str()), ("service", service), ("key", &key)];
        let created = post(&staff, "/assessments", &fields).await;
        let step = created.strip_prefix("/assessments/").expect("a redirect to the draft");
        // At once, where it was not made.
        let page = there.open(&format!("/assessments/{step}")).await;
        format!("{}", page.status.as_u16())
    })
    .await;
    assert_eq!(opened.len(), 1_000);
    assert_eq!(opened.iter().filter(|status| *status != "200").count(), 0, "{opened:?}");
    let drafts: i64 = here.value("SELECT count(*) FROM assessment").await;
    assert_eq!(drafts, 1_000);
}

/// Posts a form; where it leads to.
async fn post(client: &Client, path: &str, fields: &[(&str, &str)]) -> String {
    client.post(path, fields).await.expect(200).path
}

#[tokio::test]
async fn an_upload_on_one_is_not_disturbed_when_the_other_starts() {
    let Some(here) = shared("upload", true).await else { return };
    let mails = SmtpServer::start().await.unwrap();
    let first = here.place.beside().unwrap().mailing_to(&mails);
    let _first = first.start().await.unwrap();
    let staff = admin(&first.base()).await;
    procurement::sent(&staff).await;
    let vendor = come_in(&first.base(), &Post::Inbox(&mails, "priya@lumen.example")).await.unwrap();
    let (_, csrf) = questions(&vendor, 1).await.unwrap();
    let form = reqwest::multipart::Form::new()
        .text("csrf", csrf)
        .text("mutation", "m-1")
        .part("file", reqwest::multipart::Part::stream(slowly()).file_name("report.txt"));
    let path = "/portal/questions/SEC-GOV-01/evidence";
    let uploading = tokio::spawn(vendor.request(reqwest::Method::POST, path).multipart(form).send());
    let incoming = here.place.folder.join("data/evidence/incoming");
    while std::fs::read_dir(&incoming).unwrap().count() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let second = first.beside().unwrap();
    let _second = second.start().await.unwrap();
    assert_eq!(uploading.await.unwrap().unwrap().status(), 303);
    let files: i64 = here.value("SELECT count(*) FROM evidence").await;
    assert_eq!(files, 1);
    assert_eq!(std::fs::read_dir(&incoming).unwrap().count(), 0);
}

/// A text file that takes three seconds.
fn slowly() -> reqwest::Body {
    let lines = futures_util::stream::iter(0..30).then(async |line| {
        tokio::time::sleep(Duration::from_millis(100)).await;
        Ok::<_, std::io::Error>(format!("line {line} of the report\n"))
    });
    reqwest::Body::wrap_stream(lines)
}

#[tokio::test]
async fn l_03_heads_that_do_not_arrive_are_ended_and_disturb_nobody() {
    let Some(here) = shared("slow_heads", true).await else { return };
    let _server = here.place.start().await.unwrap();
    let address = here.place.base().strip_prefix("http://").unwrap().to_owned();
    let begun = tokio::time::Instant::now();
    let slow = (0..200).map(|_| {
        let address = address.clone();
        tokio::spawn(async move {
            let mut socket = TcpStream::connect(address).await.unwrap();
            socket.write_all(b"GET /health/live HTTP/1.1\r\nHost: assay\r\nX-Slow: ").await.unwrap();
            let mut answer = Vec::new();
            let closed = tokio::time::timeout(Duration::from_secs(15), socket.read_to_end(&mut answer)).await;
            assert!(closed.is_ok(), "still open after 15 seconds");
            String::from_utf8(answer).unwrap()
        })
    });
    let slow: Vec<_> = slow.collect();
    let client = Client::new(&here.place.base());
    while begun.elapsed() < Duration::from_secs(3) {
        let asked = tokio::time::Instant::now();
        client.json("/health/ready").await.expect(200);
        assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    }
    for answer in slow {
        let answer = answer.await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 408") || answer.is_empty(), "{answer}");
    }
}
