//! Stopping under load: what was accepted is answered, and nobody notices that processes are replaced (K-11).

use super::{Shared, shared};
use futures_util::future;
use sqlx::{Connection as _, PgConnection};
use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};
use tests::{
    browser::Client,
    procurement,
    server::{Place, Post, Question, Server, Stored, admin, enter, questions},
    smtp::SmtpServer,
};

/// A process with a vendor that has come in over it.
struct Desk {
    here: Shared,
    place: Place,
    vendor: Client,
    questions: Vec<Question>,
    csrf: String,
}

async fn desk(name: &str, wanted: usize) -> Option<(Desk, Server)> {
    let here = shared(name, true).await?;
    let mails = SmtpServer::start().await.unwrap();
    let place = here.place.beside().unwrap().mailing_to(&mails);
    let server = place.start().await.unwrap();
    procurement::sent(&admin(&place.base()).await).await;
    let vendor = Client::with_fresh_connections(&place.base());
    enter(&vendor, &Post::Inbox(&mails, "priya@lumen.example")).await.unwrap();
    let (questions, csrf) = questions(&vendor, wanted).await.unwrap();
    Some((Desk { here, place, vendor, questions, csrf }, server))
}

#[tokio::test]
async fn k_11_requests_in_flight_are_answered_before_the_end() {
    let Some((desk, mut server)) = desk("in_flight", 6).await else { return };
    let here = &desk.here;
    here.execute("CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NEW; END'").await;
    here.execute("CREATE TRIGGER wait BEFORE INSERT ON answer_revision FOR EACH ROW EXECUTE FUNCTION wait()")
        .await;
    // Not from a pool: the lock belongs to its connection.
    let mut holder = PgConnection::connect(&desk.place.database_url()).await.unwrap();
    sqlx::query("SELECT pg_advisory_lock(1)").execute(&mut holder).await.unwrap();
    let (vendor, csrf) = (&desk.vendor, &desk.csrf);
    let saves =
        desk.questions.iter().map(|question| question.save(vendor, csrf, 0, &question.id, "in flight"));
    let stop = async {
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        here.until(waiting, 6, Duration::from_secs(5)).await;
        server.terminate().unwrap();
        let begun = Instant::now();
        while Client::new(&desk.place.base())
            .request(reqwest::Method::GET, "/health/live")
            .send()
            .await
            .is_ok()
        {
            assert!(begun.elapsed() < Duration::from_secs(1), "takes new connections still");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        holder.close().await.unwrap();
    };
    let (answers, ()) = future::join(future::join_all(saves), stop).await;
    for answer in answers {
        assert_eq!(answer.unwrap().status(), 303);
    }
    assert!(server.ended(Duration::from_secs(10)).await.unwrap().success());
    assert_eq!(Stored::of(&desk.place).await.unwrap().notes.len(), 6);
}

/// Saves until told to stop, over and over, and turns to the other process where one takes no connection or closes it
/// before it has read a request, as a proxy does; gives the acknowledged saves, and what must not happen.
async fn save_over(
    done: &AtomicBool,
    desk: &Desk,
    browsers: &[Client; 2],
    question: &Question,
) -> (Vec<String>, Vec<String>) {
    let (mut acknowledged, mut wrong) = (Vec::new(), Vec::new());
    let mut at = 0;
    while !done.load(Ordering::Relaxed) {
        let revision = i64::try_from(acknowledged.len()).unwrap();
        let note = format!("save {revision}");
        let mutation = format!("{}-{revision}", question.id);
        match question.save(&browsers[at % 2], &desk.csrf, revision, &mutation, &note).await {
            Ok(answer) if answer.status() == 303 => acknowledged.push(note),
            Ok(answer) => wrong.push(format!("{} at revision {revision}", answer.status())),
            Err(error) => {
                let sql = format!("SELECT count(*) FROM answer_revision WHERE mutation_id = '{mutation}'");
                if desk.here.value::<i64>(&sql).await > 0 {
                    wrong.push(format!("done and not answered: {error:?}"));
                }
                at += 1;
            }
        }
    }
    (acknowledged, wrong)
}

#[tokio::test]
async fn k_11_nobody_notices_that_both_processes_are_replaced_in_turn() {
    let Some((desk, mut first)) = desk("rolling", 12).await else { return };
    let other = desk.place.beside().unwrap();
    let mut second = other.start().await.unwrap();
    let done = AtomicBool::new(false);
    let browsers = [desk.vendor.clone(), desk.vendor.at(&other.base())];
    let saving = desk.questions.iter().map(|question| save_over(&done, &desk, &browsers, question));
    let replacing = async {
        for _ in 0..2 {
            for (place, server) in [(&desk.place, &mut first), (&other, &mut second)] {
                tokio::time::sleep(Duration::from_millis(500)).await;
                server.terminate().unwrap();
                assert!(server.ended(Duration::from_secs(30)).await.unwrap().success());
                *server = place.start().await.unwrap();
            }
        }
        done.store(true, Ordering::Relaxed);
    };
    let (saved, ()) = future::join(future::join_all(saving), replacing).await;
    let stored = Stored::of(&desk.place).await.unwrap();
    let mut total = 0;
    for (question, (acknowledged, wrong)) in desk.questions.iter().zip(saved) {
        assert!(wrong.is_empty(), "{wrong:?}");
        total += acknowledged.len();
        for (revision, note) in (1_i64..).zip(&acknowledged) {
            assert_eq!(stored.notes.get(&(question.id.clone(), revision)), Some(note), "{}", question.id);
        }
    }
    assert!(total > 100, "{total} saves prove little");
}
