//! The mails before sending: every mail of the assessment, from the renderer of the real ones. Nothing is written.

use super::{
    Answer,
    assessments::shell,
    frame::{Scheme, framed, framing},
    guard::Staff,
    page,
    problem::{INTERNAL, NOT_FOUND, Problem},
    routes::{Access, routes},
};
use crate::{
    domain::{Permission, assessment_mail::AssessmentMail, ids::AssessmentId},
    render::{
        RenderedMail, Renderer,
        parts::Link,
        previews::{MailItem, MailList, MailsView},
        shown_mail::{self, FramedLinks, MailPart, ShownMail, plain},
    },
    usecases::previews::{self, Preview},
};
use actix_web::web::{Data, Path, Query};
use serde::Deserialize;

routes! {
    GET "/assessments/{assessment}/preview/mails" => mails, Access::Staff(Permission::SendAssessments), Page;
    GET "/assessments/{assessment}/preview/mails/{mail}" => mail, Access::Staff(Permission::SendAssessments), Page;
}

/// Which mail, and which part of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wanted {
    mail: String,
    part: String,
}

/// A mail of a preview, rendered as the real one.
///
/// # Errors
/// `internal` when it does not render; the cause is logged.
pub(super) fn rendered(
    renderer: &Renderer,
    preview: &Preview,
    which: AssessmentMail,
) -> Result<RenderedMail, Problem> {
    renderer.mail_content(&preview.mail(which)).map_err(|error| {
        tracing::error!(%which, error = format!("{:#}", anyhow::Error::new(error)), "mail did not render");
        Problem::new(INTERNAL)
    })
}

/// The address of the page that shows a mail of a draft.
pub(super) fn mail_href(id: AssessmentId, which: AssessmentMail) -> String {
    format!("/assessments/{id}/preview/mails?mail={which}")
}

async fn mails(
    staff: Staff,
    renderer: Data<Renderer>,
    id: Path<AssessmentId>,
    wanted: Query<Wanted>,
) -> Answer {
    let preview = previews::open(&staff.ctx, *id).await?;
    let which = match wanted.mail.as_str() {
        "" => AssessmentMail::Invitation,
        word => AssessmentMail::parse(word).ok_or_else(|| Problem::new(NOT_FOUND))?,
    };
    let mail = rendered(&renderer, &preview, which)?;
    let frame = format!("/assessments/{}/preview/mails/{which}", *id);
    let (part, text) = (MailPart::parse(&wanted.part), vec![plain(&mail.text)]);
    let item = |one: &AssessmentMail| MailItem {
        label: one.label(),
        when: one.when(),
        href: mail_href(*id, *one),
        current: *one == which,
    };
    let list = |to_vendor: bool| {
        AssessmentMail::ALL.iter().filter(|one| one.to_vendor() == to_vendor).map(item).collect()
    };
    let reader = if which.to_vendor() { preview.reader() } else { preview.owner() };
    let view = MailsView {
        when: format!("{}. Shown as {reader} will read it.", which.when()),
        subject: mail.subject,
        mail: ShownMail::new(part, &mail_href(*id, which), &frame, text),
        lists: vec![
            MailList { id: "all", title: "Every mail to the vendor", mails: list(true) },
            MailList { id: "own", title: "Mails to your own people", mails: list(false) },
        ],
        back: Link::new("Back to the check", format!("/assessments/{}/check", *id)),
    };
    let shell = shell(&staff, format!("Mails of {}", preview.sheet.rows.assessment.reference));
    page::ok(&renderer, "pages/assessments/mails", shell, view).map(framing)
}

async fn mail(
    staff: Staff,
    renderer: Data<Renderer>,
    path: Path<(AssessmentId, String)>,
    scheme: Query<Scheme>,
) -> Answer {
    let preview = previews::open(&staff.ctx, path.0).await?;
    let which = AssessmentMail::parse(&path.1).ok_or_else(|| Problem::new(NOT_FOUND))?;
    let links = FramedLinks::Inert;
    let html = rendered(&renderer, &preview, which)?.html;
    Ok(framed(shown_mail::framed(&html, scheme.colours(), links), links))
}
