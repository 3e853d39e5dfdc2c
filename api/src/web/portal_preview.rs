//! The portal before sending: its pages as the vendor will see them, from the same templates and views, with no answers
//! and without effect.

use super::{
    Answer,
    error_page::CONTENT_SECURITY_POLICY,
    guard::Staff,
    page, portal,
    portal_reader::Reader,
    portal_shelf,
    portal_submission::{self, ToCheck},
    portal_tasks,
    problem::{INTERNAL, NOT_FOUND, Problem},
    routes::{Access, routes},
};
use crate::{
    domain::{Permission, due, ids::AssessmentId},
    render::{Renderer, parts::Link, portal::preview::without_effect},
    usecases::{
        Services,
        previews::{self, Preview},
    },
};
use actix_web::{
    HttpResponse,
    body::MessageBody as _,
    http::{StatusCode, header},
    web::{Data, Path, Query},
};

routes! {
    GET "/assessments/{assessment}/preview/portal" => welcome, Access::Staff(Permission::SendAssessments), Page;
    GET "/assessments/{assessment}/preview/portal/tasks" => tasks, Access::Staff(Permission::SendAssessments), Page;
    GET "/assessments/{assessment}/preview/portal/sections/{questionnaire}/{section}" => section, Access::Staff(Permission::SendAssessments), Page;
    GET "/assessments/{assessment}/preview/portal/check" => check, Access::Staff(Permission::SendAssessments), Page;
    GET "/assessments/{assessment}/preview/portal/shelf" => shelf, Access::Staff(Permission::SendAssessments), Page;
    GET "/assessments/{assessment}/preview/portal/submit" => declaration, Access::Staff(Permission::SendAssessments), Page;
}

/// Who is shown reading, with the notice that it is a preview.
fn reader<'a>(staff: &'a Staff, preview: &'a Preview, id: AssessmentId) -> Reader<'a> {
    let who = if preview.people.is_empty() { "the vendor" } else { preview.reader() };
    let mut notice = format!("Preview: what {who} will see. Nothing is saved here.");
    if let Some(before) = &preview.offered {
        let day = due::short_day(before.on);
        notice.push_str(&format!(
            " The answers of {day} about {} will be offered again where they still fit; they are not shown here.",
            before.service
        ));
    }
    let back = Link::new("Back to the draft", format!("/assessments/{id}/check"));
    Reader::previewed(staff, preview, notice, back)
}

/// A page of the portal as an answer of the preview, from which nothing can be sent.
fn previewed(page: HttpResponse, id: AssessmentId) -> Answer {
    let body = page.into_body().try_into_bytes().map_err(|_| Problem::new(INTERNAL))?;
    let base = format!("/assessments/{id}/preview/portal");
    let mut answer = page::html(StatusCode::OK, without_effect(&String::from_utf8_lossy(&body), &base));
    let policy = CONTENT_SECURITY_POLICY.replace("form-action 'self'", "form-action 'none'");
    let policy = header::HeaderValue::from_str(&policy).map_err(|_| Problem::new(INTERNAL))?;
    answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    Ok(answer)
}

async fn welcome(staff: Staff, renderer: Data<Renderer>, id: Path<AssessmentId>) -> Answer {
    let preview = previews::open(&staff.ctx, *id).await?;
    previewed(portal::welcome(&reader(&staff, &preview, *id), &renderer, &preview.sheet, None)?, *id)
}

async fn tasks(staff: Staff, renderer: Data<Renderer>, id: Path<AssessmentId>) -> Answer {
    let preview = previews::open(&staff.ctx, *id).await?;
    previewed(portal_tasks::task_list(&reader(&staff, &preview, *id), &renderer, &preview.sheet, None)?, *id)
}

async fn section(
    staff: Staff,
    services: Data<Services>,
    renderer: Data<Renderer>,
    path: Path<(AssessmentId, String, String)>,
) -> Answer {
    let (id, questionnaire, section) = path.into_inner();
    let preview = previews::open(&staff.ctx, id).await?;
    let (sheet, reader) = (&preview.sheet, reader(&staff, &preview, id));
    let at = sheet.section_at(&questionnaire, &section).ok_or_else(|| Problem::new(NOT_FOUND))?;
    let cards = portal::cards(&reader, &services, &renderer, sheet, None, StatusCode::OK);
    previewed(cards.section(at, None)?, id)
}

async fn check(
    staff: Staff,
    renderer: Data<Renderer>,
    id: Path<AssessmentId>,
    wanted: Query<ToCheck>,
) -> Answer {
    let preview = previews::open(&staff.ctx, *id).await?;
    let (sheet, reader) = (&preview.sheet, reader(&staff, &preview, *id));
    let page = portal_submission::check_page(&reader, &renderer, sheet, wanted.on(sheet)?, &[])?;
    previewed(page, *id)
}

async fn shelf(
    staff: Staff,
    services: Data<Services>,
    renderer: Data<Renderer>,
    id: Path<AssessmentId>,
) -> Answer {
    let preview = previews::open(&staff.ctx, *id).await?;
    let reader = reader(&staff, &preview, *id);
    previewed(portal_shelf::shelf_page(&reader, &services, &renderer, &preview.sheet, None)?, *id)
}

async fn declaration(
    staff: Staff,
    services: Data<Services>,
    renderer: Data<Renderer>,
    id: Path<AssessmentId>,
) -> Answer {
    let preview = previews::open(&staff.ctx, *id).await?;
    let (sheet, reader) = (&preview.sheet, reader(&staff, &preview, *id));
    let fields = portal_submission::signature(&sheet.rows.assessment.vendor, reader.name, "", false);
    let status = StatusCode::OK;
    let page = portal_submission::declaration_page(&reader, &services, &renderer, sheet, fields, status)?;
    previewed(page, *id)
}
