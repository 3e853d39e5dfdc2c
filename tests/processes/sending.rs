//! Background work of several processes: each mail once, whoever sends it and whoever dies.

use super::{Shared, shared};
use futures_util::StreamExt as _;
use std::{collections::BTreeSet, time::Duration};
use tests::{
    browser::Client,
    procurement,
    server::{Place, admin},
    smtp::{Point, Rule, SmtpServer},
};

const OPEN: &str = "SELECT count(*) FROM job WHERE state IN ('ready', 'leased') AND kind LIKE 'mail%'";
const LEASED: &str = "SELECT count(*) FROM job WHERE state = 'leased'";

/// Invites users through the page, which queues a mail to each.
async fn invite(admin: &Client, count: usize) {
    let page = admin.open("/users").await.expect(200);
    let csrf = page.attributes("input[name=csrf]", "value").remove(0);
    let invited = futures_util::stream::iter(0..count).map(async |number| {
        let (email, key) = (format!("person{number}@northwind.example"), format!("key-{number:016}"));
        let fields = [
            ("csrf", csrf.as_str()),
            ("name", "Person"),
            ("email", &email),
            ("role", "viewer"),
            ("key", &key),
        ];
        // The key makes it one invitation, however often it is asked for.
        for _ in 0..100 {
            let answer = admin.request(reqwest::Method::POST, "/users").form(&fields).send().await.unwrap();
            match answer.status().as_u16() {
                303 | 200 => return,
                503 => tokio::time::sleep(Duration::from_millis(100)).await,
                other => panic!("person {number}: {other}"),
            }
        }
        panic!("person {number} was refused a hundred times");
    });
    invited.buffer_unordered(8).collect::<()>().await;
}

/// A place whose pages run without background work, with its admin.
async fn pages_alone(
    name: &str,
    mails: &SmtpServer,
) -> Option<(Shared, Place, tests::server::Server, Client)> {
    let here = shared(name, true).await?;
    let place = here.place.beside().unwrap().mailing_to(mails);
    let pages = place.start_as(&["serve", "--no-worker"]).await.unwrap();
    let admin = admin(&place.base()).await;
    Some((here, place, pages, admin))
}

#[tokio::test]
async fn pages_alone_send_nothing_and_a_worker_beside_them_sends_all() {
    let mails = SmtpServer::start().await.unwrap();
    let Some((here, place, _pages, admin)) = pages_alone("divided", &mails).await else { return };
    procurement::sent(&admin).await;
    // Longer than a worker waits between two looks at the queue.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert_eq!(mails.connections(), 0);
    let beside = place.beside().unwrap();
    let mut worker = beside.run(&["worker"]).unwrap();
    mails.wait_for(1, Duration::from_secs(20)).await.unwrap();
    here.until(OPEN, 0, Duration::from_secs(5)).await;
    worker.terminate().unwrap();
    assert!(worker.ended(Duration::from_secs(5)).await.unwrap().success());
}

#[tokio::test]
async fn m_02_two_workers_send_each_of_many_mails_once() {
    let count = tests::tries(200, 2_000);
    let mails = SmtpServer::start().await.unwrap();
    let Some((here, place, _pages, admin)) = pages_alone("many_mails", &mails).await else { return };
    invite(&admin, count).await;
    let (one, two) = (place.beside().unwrap(), place.beside().unwrap());
    let _workers = [one.run(&["worker"]).unwrap(), two.run(&["worker"]).unwrap()];
    here.until(OPEN, 0, Duration::from_secs(600)).await;
    let kept = mails.kept();
    let ids: BTreeSet<String> =
        kept.iter().map(|mail| mail.parse().message_id().unwrap_or_default().to_owned()).collect();
    let to: BTreeSet<&String> = kept.iter().flat_map(|mail| &mail.to).collect();
    assert_eq!((kept.len(), ids.len(), to.len()), (count, count, count), "mails, Message-IDs, recipients");
    let dead: i64 = here.value("SELECT count(*) FROM job WHERE state = 'dead'").await;
    assert_eq!(dead, 0);
    assert!(mails.connections() >= 2, "both took part");
}

#[tokio::test]
async fn c_11_what_a_killed_process_was_doing_is_taken_over_and_recurring_work_goes_on() {
    let mails = SmtpServer::start().await.unwrap();
    mails.add(Rule::at(Point::Greeting).times(1).hang());
    let Some((here, place, _pages, admin)) = pages_alone("killed", &mails).await else { return };
    invite(&admin, 20).await;
    let (one, two) = (place.beside().unwrap(), place.beside().unwrap());
    let mut killed = one.run(&["worker"]).unwrap();
    here.until(LEASED, 8, Duration::from_secs(20)).await;
    while mails.connections() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    killed.kill().unwrap();
    let _survivor = two.run(&["worker"]).unwrap();
    // What nobody had leased goes out; what the killed process holds waits for its lease to run out.
    here.until(OPEN, 8, Duration::from_secs(20)).await;
    assert_eq!(mails.kept().len(), 12);
    here.execute("UPDATE job SET leased_until = now() - interval '1 second' WHERE state = 'leased'").await;
    here.execute(
        "UPDATE installation_setting SET value = '2001-01-01T00' WHERE name = 'jobs.scheduled_hour'",
    )
    .await;
    let recurring = "SELECT count(*) FROM job WHERE kind = 'expire_assessments' AND state = 'done'";
    let before: i64 = here.value(recurring).await;
    here.until(recurring, before + 1, Duration::from_secs(60)).await;
    here.until(OPEN, 0, Duration::from_secs(20)).await;
    let to: BTreeSet<String> = mails.kept().into_iter().flat_map(|mail| mail.to).collect();
    assert_eq!((mails.kept().len(), to.len()), (20, 20), "each once");
}

#[tokio::test]
async fn k_11_a_worker_that_is_stopped_gives_back_what_it_has_not_begun() {
    let mut mails = SmtpServer::start().await.unwrap();
    mails.add(Rule::at(Point::Greeting).times(1).hang());
    let Some((here, place, _pages, admin)) = pages_alone("given_back", &mails).await else { return };
    invite(&admin, 8).await;
    let beside = place.beside().unwrap();
    let mut worker = beside.run(&["worker"]).unwrap();
    here.until(LEASED, 8, Duration::from_secs(20)).await;
    worker.terminate().unwrap();
    here.until(LEASED, 1, Duration::from_secs(2)).await;
    // The mail that hangs gets its answer, and the process ends.
    mails.stop().await;
    assert!(worker.ended(Duration::from_secs(5)).await.unwrap().success());
    here.until(LEASED, 0, Duration::from_secs(1)).await;
    here.until(OPEN, 8, Duration::from_secs(1)).await;
}
