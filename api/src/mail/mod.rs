//! Sends rendered mails, over SMTP or into memory, and says in one word what became of each.
//!
//! The rest of the program hands over an [`OutgoingMail`] and gets a [`SendOutcome`]; *when* to try again is
//! [`backoff::next_wait`], *whether the server is there at all* is the [`circuit`]. A new transport is a new arm of
//! [`Transport`]. Rendering is not done here, and nothing here touches the database.

pub mod advice;
pub mod backoff;
mod certificate;
pub mod circuit;
mod fault;
mod memory;
mod message;
mod outcome;
mod smtp;

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

pub use crate::domain::email_address::EmailAddress;
pub use certificate::PeerCertificate;
pub use circuit::{Circuit, Wait};
pub use memory::{KeptMail, MemoryMailbox};
pub use message::{MessageError, MessageId, OutgoingMail, header_text, sender_name};
pub use outcome::{Fault, SendOutcome, Stage, TlsProblem};
pub use smtp::{SettingsError, SmtpSettings, SmtpTransport, Step, Timeouts, Tls};

/// The way mails take.
pub enum Transport {
    /// To a mail server.
    Smtp(SmtpTransport),
    /// Nowhere: they are kept for `/dev/mailbox`.
    Memory(MemoryMailbox),
}

/// How a conversation with the mail server ended before its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Where.
    pub stage: Stage,
    /// Why.
    pub fault: Fault,
}

impl Trouble {
    /// What happened, in the words that a mail's page shows.
    pub fn reason(&self) -> String {
        outcome::classify(self.stage, &self.fault).words().to_owned()
    }

    /// What it means and what to change.
    pub fn advice(&self) -> advice::Advice {
        advice::on(self.stage, &self.fault)
    }
}

/// Sends mails from one sender address and remembers whether the mail server can be reached.
pub struct Mailer {
    from: EmailAddress,
    transport: Transport,
    circuit: Mutex<Circuit>,
}

impl Mailer {
    /// `from` is the only address mails come from.
    pub fn new(from: EmailAddress, transport: Transport) -> Self {
        Self { from, transport, circuit: Mutex::default() }
    }

    /// The sender address.
    pub fn from(&self) -> &EmailAddress {
        &self.from
    }

    /// The Message-ID of the mail that this job sends: the same on every attempt.
    ///
    /// # Errors
    /// When the job id is no plain word.
    pub fn message_id(&self, job_id: impl std::fmt::Display) -> Result<MessageId, MessageError> {
        MessageId::for_job(job_id, self.from.domain())
    }

    /// Tries to send one mail. `now` reads the clock; it is asked before and after.
    ///
    /// Never fails by itself: a mail that cannot be built is [`SendOutcome::Permanent`] and does not reach the server.
    pub async fn send(&self, mail: &OutgoingMail, now: impl Fn() -> DateTime<Utc>) -> SendOutcome {
        let mime = match mail.to_mime(&self.from) {
            Ok(mime) => mime,
            Err(fault) => {
                return SendOutcome::Permanent {
                    reason: format!("This mail cannot be sent: {fault}"),
                    code: None,
                    suppress_address: false,
                };
            }
        };
        if let Err(wait) = self.circuit().take(now()) {
            return SendOutcome::NotTried(wait);
        }
        let outcome = match &self.transport {
            Transport::Smtp(smtp) => smtp.send(&mime).await,
            Transport::Memory(mailbox) => mailbox.keep(mail, &mime),
        };
        self.circuit().record(now(), &outcome);
        outcome
    }

    /// Goes through the conversation with the mail server and tells each step, past the circuit and without a mail of
    /// the queue. Without a message it ends where the recipient would follow.
    ///
    /// # Errors
    /// Where the conversation ended, and why.
    pub async fn examine(
        &self,
        message: Option<&OutgoingMail>,
        tell: &mut (dyn FnMut(Step) + Send),
    ) -> Result<(), Trouble> {
        let Transport::Smtp(smtp) = &self.transport else { return Ok(()) };
        let unbuilt = |fault: MessageError| Trouble {
            stage: Stage::Body,
            fault: Fault::Unsupported(format!("this mail cannot be sent: {fault}")),
        };
        let mime = message.map(|mail| mail.to_mime(&self.from)).transpose().map_err(unbuilt)?;
        let sender = message::envelope_address(&self.from).map_err(unbuilt)?;
        let ended = smtp.examine(&sender, mime.as_ref(), tell).await;
        ended.map_err(|(stage, fault)| Trouble { stage, fault })
    }

    /// Why a mail would not be tried at `now`: ask before doing work for it. `None`: go on.
    pub fn waiting(&self, now: DateTime<Utc>) -> Option<Wait> {
        self.circuit().waiting(now).cloned()
    }

    /// What is wrong with the way to the mail server, for pages and alerts. `None`: nothing known.
    pub fn trouble(&self) -> Option<Wait> {
        self.circuit().open().cloned()
    }

    /// Try again at once, because a person repaired something.
    pub fn resume(&self) {
        self.circuit().resume();
    }

    fn circuit(&self) -> std::sync::MutexGuard<'_, Circuit> {
        // Its few numbers are never left half written.
        self.circuit.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
