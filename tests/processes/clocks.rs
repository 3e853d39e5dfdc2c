//! Machines whose clocks differ go by the database's.

use super::shared;
use std::time::Duration;
use tests::{
    faults::ahead,
    procurement,
    server::{Post, admin, come_in},
    smtp::SmtpServer,
};

#[tokio::test]
async fn a_process_whose_clock_is_an_hour_ahead_goes_by_the_clock_of_postgresql() {
    let Some(here) = shared("clocks", true).await else { return };
    let mails = SmtpServer::start().await.unwrap();
    let right = here.place.beside().unwrap().mailing_to(&mails);
    let wrong = ahead(right.beside().unwrap(), Duration::from_secs(3_600)).unwrap();
    let _both = [right.start().await.unwrap(), wrong.start().await.unwrap()];
    let staff = admin(&wrong.base()).await;
    procurement::sent(&staff).await;
    // A code that was made by one clock and a session that was begun by it are good by the other.
    let vendor = come_in(&wrong.base(), &Post::Inbox(&mails, "priya@lumen.example")).await.unwrap();
    for base in [right.base(), wrong.base()] {
        vendor.at(&base).open("/portal/questions/SEC-GOV-01").await.expect(200);
    }
    for table in ["vendor", "assessment", "portal_session", "audit_event"] {
        let column = if table == "audit_event" { "at" } else { "created_at" };
        let early = format!("SELECT count(*) FROM {table} WHERE {column} > now() + interval '1 minute'");
        let from_the_future: i64 = here.value(&early).await;
        assert_eq!(from_the_future, 0, "{table}");
    }
    let said = wrong.said();
    assert!(said.contains("the database's clock differs"), "{said}");
}
