//! The mails that `assay demo` did not send: for people at `/dev/mailbox`, for programs at `/dev/mailbox.json`.
//! There is no mailbox in production, and then these addresses do not exist.

use super::{
    Answer,
    app::MailboxReader,
    frame::{Scheme, framed, framing},
    page,
    problem::{NOT_FOUND, Problem},
    routes::{Access, routes},
};
use crate::{
    domain::due,
    render::{
        Renderer, Shell,
        mailbox::{MailLine, MailView, MailboxView},
        shown_mail::{self, FramedLinks, MailPart, ShownMail},
    },
    usecases::Services,
};
use actix_web::{
    HttpResponse,
    web::{Data, Path, Query},
};
use chrono_tz::Tz;
use serde::Deserialize;
use serde_json::Value;

routes! {
    GET "/dev/mailbox" => list, Access::Public, Page;
    GET "/dev/mailbox/{mail}" => one, Access::Public, Page;
    GET "/dev/mailbox/{mail}/html" => html, Access::Public, Page;
    GET "/dev/mailbox.json" => json, Access::Public, Json, "Mails of the demo, newest first.";
}

/// Which part of a mail its page shows.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wanted {
    part: String,
}

fn mails(mailbox: &Option<MailboxReader>) -> Result<Vec<Value>, Problem> {
    let reader = mailbox.as_ref().ok_or_else(|| Problem::new(NOT_FOUND))?;
    Ok(reader().as_array().cloned().unwrap_or_default())
}

fn mail(mailbox: &Option<MailboxReader>, id: &str) -> Result<Value, Problem> {
    let found = mails(mailbox)?.into_iter().find(|mail| mail.get("id").is_some_and(|known| known == id));
    found.ok_or_else(|| Problem::new(NOT_FOUND))
}

fn text(mail: &Value, name: &str) -> String {
    mail.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn line(mail: &Value) -> MailLine {
    let sent_at = text(mail, "sent_at");
    let instant = sent_at.parse().ok();
    MailLine {
        id: text(mail, "id"),
        to: text(mail, "to"),
        subject: text(mail, "subject"),
        // The mailbox is nobody's, so no zone of an organisation fits.
        when: instant.map(|sent| format!("{} UTC", due::short_instant(Tz::UTC, sent))).unwrap_or_default(),
        sent_at,
    }
}

async fn json(mailbox: Data<Option<MailboxReader>>) -> Answer {
    Ok(HttpResponse::Ok().json(mails(&mailbox)?))
}

async fn list(mailbox: Data<Option<MailboxReader>>, renderer: Data<Renderer>) -> Answer {
    let mails = mails(&mailbox)?.iter().map(line).collect();
    page::ok(&renderer, "pages/mailbox/list", Shell::plain("Mailbox"), MailboxView { mails })
}

async fn one(
    services: Data<Services>,
    mailbox: Data<Option<MailboxReader>>,
    renderer: Data<Renderer>,
    id: Path<String>,
    wanted: Query<Wanted>,
) -> Answer {
    let mail = mail(&mailbox, &id)?;
    let line = line(&mail);
    let address = format!("/dev/mailbox/{}", line.id);
    let parts = shown_mail::parts(&text(&mail, "text"), &services.base_url);
    let shown = ShownMail::new(MailPart::parse(&wanted.part), &address, &format!("{address}/html"), parts);
    let shell = Shell::plain(line.subject.clone());
    page::ok(&renderer, "pages/mailbox/mail", shell, MailView { line, mail: shown }).map(framing)
}

async fn html(mailbox: Data<Option<MailboxReader>>, id: Path<String>, scheme: Query<Scheme>) -> Answer {
    let links = FramedLinks::Followed;
    let html = shown_mail::framed(&text(&mail(&mailbox, &id)?, "html"), scheme.colours(), links);
    Ok(framed(html, links))
}
