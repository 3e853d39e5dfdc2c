//! A mail server that is down for a while (M-01 at the level of the transport).

use std::time::Duration;

use api::mail::SendOutcome;
use chrono::TimeDelta;
use tests::smtp::SmtpServer;

use super::{mail, mailer, noon};

#[tokio::test]
async fn five_failures_open_the_circuit_and_one_success_closes_it() {
    let mut server = SmtpServer::start().await.unwrap();
    server.stop().await;
    let mailer = mailer(&server);
    for n in 0..5 {
        let outcome = mailer.send(&mail(&mailer, &format!("job-{n}"), "priya@lumen.example"), noon).await;
        assert!(matches!(outcome, SendOutcome::Transient { connection: true, .. }), "{outcome:?}");
    }
    let outcome = mailer.send(&mail(&mailer, "job-5", "priya@lumen.example"), noon).await;
    let SendOutcome::NotTried(wait) = outcome else { panic!("{outcome:?}") };
    assert_eq!(wait.until, noon() + TimeDelta::seconds(30));
    assert!(!wait.paused && wait.reason.contains("connection refused"), "{wait:?}");
    assert_eq!(mailer.waiting(noon()), Some(wait));

    server.restart().await.unwrap();
    let later = || noon() + TimeDelta::seconds(30);
    assert!(mailer.waiting(later()).is_none());
    for n in 0..6 {
        let outcome = mailer.send(&mail(&mailer, &format!("job-{n}"), "priya@lumen.example"), later).await;
        assert!(matches!(outcome, SendOutcome::Sent { .. }), "{outcome:?}");
    }
    assert!(mailer.trouble().is_none());
    assert_eq!(server.wait_for(6, Duration::from_secs(2)).await.unwrap().len(), 6);
}

#[tokio::test]
async fn a_server_that_dies_in_the_middle_loses_nothing_it_confirmed() {
    let mut server = SmtpServer::start().await.unwrap();
    let mailer = mailer(&server);
    assert!(matches!(
        mailer.send(&mail(&mailer, "job-1", "a@lumen.example"), noon).await,
        SendOutcome::Sent { .. }
    ));
    server.stop().await;
    assert!(matches!(
        mailer.send(&mail(&mailer, "job-2", "b@lumen.example"), noon).await,
        SendOutcome::Transient { .. }
    ));
    server.restart().await.unwrap();
    assert!(matches!(
        mailer.send(&mail(&mailer, "job-2", "b@lumen.example"), noon).await,
        SendOutcome::Sent { .. }
    ));
    assert_eq!(server.kept_for("a@lumen.example").len(), 1);
    assert_eq!(server.kept_for("b@lumen.example").len(), 1);
}
