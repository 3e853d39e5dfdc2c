//! The mails that `assay demo` did not send: for people at `/dev/mailbox`, for programs at `/dev/mailbox.json`.
//! There is no mailbox in production, and then these addresses do not exist.

use super::{
    Answer,
    app::MailboxReader,
    page,
    problem::{NOT_FOUND, Problem},
    routes::{Access, routes},
};
use crate::{
    render::{
        Renderer, Shell,
        mailbox::{self, MailView, MailboxView},
    },
    usecases::Services,
};
use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use serde_json::Value;

routes! {
    GET "/dev/mailbox" => list, Access::Public, Page;
    GET "/dev/mailbox/{mail}" => one, Access::Public, Page;
    GET "/dev/mailbox.json" => json, Access::Public, Json, "Mails of the demo, newest first.";
}

fn mails(mailbox: &Option<MailboxReader>) -> Result<Vec<Value>, Problem> {
    let reader = mailbox.as_ref().ok_or_else(|| Problem::new(NOT_FOUND))?;
    Ok(reader().as_array().cloned().unwrap_or_default())
}

fn view(mail: &Value, base: &str) -> MailView {
    let text = |name: &str| mail.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    MailView {
        id: text("id"),
        to: text("to"),
        subject: text("subject"),
        parts: mailbox::parts(&text("text"), base),
        sent_at: text("sent_at"),
    }
}

async fn json(mailbox: Data<Option<MailboxReader>>) -> Answer {
    Ok(HttpResponse::Ok().json(mails(&mailbox)?))
}

async fn list(
    services: Data<Services>,
    mailbox: Data<Option<MailboxReader>>,
    renderer: Data<Renderer>,
) -> Answer {
    let mails = mails(&mailbox)?.iter().map(|mail| view(mail, &services.base_url)).collect();
    page::ok(&renderer, "pages/mailbox/list", Shell::plain("Mailbox"), MailboxView { mails })
}

async fn one(
    services: Data<Services>,
    mailbox: Data<Option<MailboxReader>>,
    renderer: Data<Renderer>,
    id: Path<String>,
) -> Answer {
    let mails = mails(&mailbox)?;
    let found = mails
        .iter()
        .map(|mail| view(mail, &services.base_url))
        .find(|mail| mail.id == *id)
        .ok_or_else(|| Problem::new(NOT_FOUND))?;
    let shell = Shell::plain(found.subject.clone()).crumb("Mailbox", "/dev/mailbox");
    page::ok(&renderer, "pages/mailbox/mail", shell, found)
}
