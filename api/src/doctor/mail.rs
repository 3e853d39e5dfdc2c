//! The way to the mail server: the conversation that a mail would have, up to its sender.

use super::Report;
use crate::{
    bootstrap,
    config::{Config, MailTransport},
    domain::Surroundings,
    mail::{PeerCertificate, Step},
};
use chrono::Duration;

/// A certificate that ends sooner is told.
const SOON: Duration = Duration::days(14);

pub(super) async fn examine(config: &Config, surroundings: &Surroundings, report: &mut Report) {
    if report.tells_of("smtp.") || report.tells_of("mail.transport") {
        return;
    }
    if config.mail.transport == MailTransport::Memory {
        report.ok("smtp", "mail is kept in memory and sent nowhere");
        return;
    }
    let mailer = match bootstrap::mailer(config) {
        Ok((mailer, _)) => mailer,
        Err(error) => {
            let fix = "Correct that setting; docs/configuration.md says what it may be.";
            report.fail("smtp", format!("{error:#}"), fix);
            return;
        }
    };
    let mut certificate = None;
    let ended = mailer
        .examine(None, &mut |step| {
            if let Step::Encrypted(Some(found)) = step {
                certificate = Some(found);
            }
        })
        .await;
    let server = format!("{} at port {}", config.smtp.host, config.smtp.port);
    match ended {
        Ok(()) => report.ok("smtp", format!("{server} takes mail from {}", config.smtp.from)),
        Err(trouble) => {
            let advice = trouble.advice();
            let message = format!("{server}: {}. {}", trouble.reason(), advice.meaning);
            report.fail("smtp", message, advice.fix);
        }
    }
    if let Some(PeerCertificate { not_after, .. }) = certificate
        && not_after < surroundings.now() + SOON
    {
        report.warn(
            "smtp.certificate",
            format!("the mail server's certificate ends on {}", not_after.format("%-d %B %Y")),
            "Have it renewed: on that day all mail pauses.",
        );
    }
}
