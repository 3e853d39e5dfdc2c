//! `assay mail test`: one real conversation with the mail server, told step by step; whatever fails comes with advice.
//! Exit 0 when it went through, 1 otherwise. No secret is printed.

use crate::{
    domain::{Surroundings, email_address::EmailAddress, ids::JobId},
    mail::{Mailer, OutgoingMail, PeerCertificate, Step, Trouble},
};
use clap::{Args, Subcommand};
use std::io::{self, Write};

/// `assay mail ...`
#[derive(Debug, Subcommand)]
pub enum MailCommand {
    /// Talk to the mail server as a mail would, and say what happens and what to change.
    Test(MailTestArgs),
}

/// Arguments of `assay mail test`.
#[derive(Debug, Clone, Args)]
pub struct MailTestArgs {
    /// Send a test message there; without it the conversation ends before the recipient.
    #[arg(long, value_name = "ADDRESS")]
    pub to: Option<String>,
}

/// Where the mail server is, as the settings say: for the first line.
#[derive(Debug, Clone)]
pub struct Server {
    /// `smtp.host`.
    pub host: String,
    /// `smtp.port`.
    pub port: u16,
    /// `smtp.tls` in words.
    pub tls: &'static str,
}

/// Runs the command; gives the exit status.
///
/// # Errors
/// When `out` cannot be written.
pub async fn test(
    mailer: &Mailer,
    server: &Server,
    args: &MailTestArgs,
    surroundings: &Surroundings,
    out: &mut (impl Write + Send),
) -> io::Result<u8> {
    let message = match args.to.as_deref().map(|to| test_message(mailer, to, surroundings)).transpose() {
        Ok(message) => message,
        Err(fault) => {
            writeln!(out, "--to: {fault}")?;
            return Ok(1);
        }
    };
    writeln!(out, "Mail server {} at port {}, {}", server.host, server.port, server.tls)?;
    let mut told = Ok(());
    let ended = mailer
        .examine(message.as_ref(), &mut |step| {
            if told.is_ok() {
                told = writeln!(out, "  ok      {}", in_words(&step));
            }
        })
        .await;
    told?;
    match ended {
        Ok(()) if message.is_some() => {
            writeln!(out, "The mail server has taken the test message; look into the mailbox.")?;
            Ok(0)
        }
        Ok(()) => {
            writeln!(out, "Mail can be handed over. With --to ADDRESS a test message is sent.")?;
            Ok(0)
        }
        Err(trouble) => {
            explain(&trouble, out)?;
            Ok(1)
        }
    }
}

fn explain(trouble: &Trouble, out: &mut impl Write) -> io::Result<()> {
    let advice = trouble.advice();
    writeln!(out, "  failed  {}", trouble.reason())?;
    writeln!(out, "What it means: {}", advice.meaning)?;
    writeln!(out, "What to do: {}", advice.fix)
}

fn in_words(step: &Step) -> String {
    match step {
        Step::Found(addresses) => {
            let ips: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
            format!("its name leads to {}", ips.join(", "))
        }
        Step::Greeted => "connected, and a mail server answers".to_owned(),
        Step::Encrypted(None) => "encrypted".to_owned(),
        Step::Encrypted(Some(PeerCertificate { subject, issuer, not_after })) => {
            format!(
                "encrypted; certificate of {subject}, issued by {issuer}, valid until {}",
                day(*not_after)
            )
        }
        Step::Offers(offers) if offers.is_empty() => "it offers nothing beyond the basics".to_owned(),
        Step::Offers(offers) => format!("it offers {}", offers.join(", ")),
        Step::SignedIn(user) => format!("signed in as {user}"),
        Step::SenderTaken(address) => format!("we may send from {address}"),
        Step::RecipientTaken(address) => format!("it takes mail for {address}"),
        Step::Accepted(reply) => format!("message taken: {reply}"),
    }
}

fn day(at: chrono::DateTime<chrono::Utc>) -> String {
    at.format("%-d %B %Y").to_string()
}

fn test_message(mailer: &Mailer, to: &str, surroundings: &Surroundings) -> Result<OutgoingMail, String> {
    let id: JobId = surroundings.id();
    Ok(OutgoingMail {
        to: EmailAddress::parse(to).map_err(|fault| fault.to_string())?,
        to_name: None,
        from_name: "Assay".to_owned(),
        reply_to: None,
        subject: "Test message of Assay".to_owned(),
        text: TEXT.to_owned(),
        html: format!("<!DOCTYPE html><html lang=\"en\"><body><p>{TEXT}</p></body></html>"),
        message_id: mailer.message_id(id).map_err(|fault| fault.to_string())?,
        references: Vec::new(),
        date: surroundings.now(),
    })
}

const TEXT: &str =
    "Somebody who runs Assay sent this to see whether mail arrives. It does. Nothing is to be done.";
