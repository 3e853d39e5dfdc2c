//! Evidence in and out: uploads that are checked while they stream, links, removing, downloads that never show, and the
//! few kinds of files that are shown to a reviewer.

use super::{
    Answer, body,
    form::{CsrfForm, check_token, refuse_unknown},
    frame::{framed_picture, showing},
    guard::{FormToken, Respondent, Staff},
    page::see_other,
    portal::back_to,
    problem::{INTERNAL, MALFORMED_REQUEST, Problem, UNSUPPORTED_MEDIA_TYPE},
    routes::{Access, routes},
    session::CookieRules,
    shares::Shares,
};
use crate::{
    domain::{
        Permission,
        evidence::{Shown, attachment, inline, served_as},
        ids::{CitationId, EvidenceId, FindingId, Id as _},
    },
    usecases::{
        PortalCtx, UseCaseError,
        downloads::{self, Download},
        evidence::{self, Incoming, Supports},
    },
};
use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::{
    HttpMessage as _, HttpRequest, HttpResponse,
    cookie::time::Duration,
    http::header::{self, ContentEncoding},
    web::{Bytes, Data, Path, Query},
};
use futures_util::{StreamExt as _, stream};
use serde::Deserialize;

routes! {
    POST "/portal/questions/{question}/evidence" => upload_for_answer, Access::Portal, Page, ["file", "valid_until", "go", "mutation"];
    POST "/portal/questions/{question}/link" => link_for_answer, Access::Portal, Page, ["url", "title", "valid_until", "go", "mutation"];
    POST "/portal/questions/{question}/reuse" => reuse_for_answer, Access::Portal, Page, ["evidence", "go", "mutation"];
    POST "/portal/documents/evidence" => upload_for_all, Access::Portal, Page, ["file", "valid_until", "go", "mutation"];
    POST "/portal/documents/link" => link_for_all, Access::Portal, Page, ["url", "title", "valid_until", "go", "mutation"];
    POST "/portal/documents/reuse" => reuse_for_all, Access::Portal, Page, ["evidence", "go", "mutation"];
    POST "/portal/findings/{finding}/evidence" => upload_for_finding, Access::Portal, Page, ["file", "valid_until", "go", "mutation"];
    POST "/portal/findings/{finding}/link" => link_for_finding, Access::Portal, Page, ["url", "title", "valid_until", "go", "mutation"];
    POST "/portal/findings/{finding}/reuse" => reuse_for_finding, Access::Portal, Page, ["evidence", "go", "mutation"];
    POST "/portal/citations/{citation}/remove" => remove, Access::Portal, Page, ["go"];
    GET "/portal/evidence/{evidence}" => ticket, Access::Portal, Bytes;
    GET "/portal/downloads/{evidence}" => read, Access::Portal, Bytes;
    GET "/evidence/{evidence}" => ticket_for_user, Access::Staff(Permission::Read), Bytes;
    GET "/downloads/{evidence}" => read_as_user, Access::Staff(Permission::Read), Bytes;
    GET "/evidence/{evidence}/view" => ticket_to_show, Access::Staff(Permission::Read), Bytes;
    GET "/shown/{evidence}" => show, Access::Staff(Permission::Read), Bytes;
}

/// The largest picture that is fitted into its frame, in bytes; a larger one is shown in its own size.
const FITTED_LIMIT: u64 = 4 * 1024 * 1024;

/// The most bytes of a text field beside a file.
const FIELD_LIMIT: usize = 4 * 1024;

/// A body that cannot be read on.
fn broken(error: MultipartError) -> Problem {
    match error {
        MultipartError::Payload(cause) => body::fault(&cause),
        _ => Problem::new(MALFORMED_REQUEST),
    }
}

async fn text(field: &mut Field) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.next().await {
        let chunk = chunk.map_err(broken)?;
        if bytes.len() + chunk.len() > FIELD_LIMIT {
            return Err(Problem::new(MALFORMED_REQUEST));
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_| Problem::new(MALFORMED_REQUEST))
}

/// What a multipart form held.
#[derive(Default)]
struct Sent {
    go: String,
    valid_until: String,
    mutation: String,
    file: Option<Incoming>,
}

async fn receive(
    request: &HttpRequest,
    ctx: &PortalCtx,
    supports: &Supports,
    parts: &mut Multipart,
) -> Result<Sent, Problem> {
    let token = request.extensions().get::<FormToken>().cloned();
    let token = token.as_ref();
    let (mut sent, mut unknown) = (Sent::default(), Vec::new());
    let mut ours = false;
    while let Some(part) = parts.next().await {
        let mut field = part.map_err(broken)?;
        let name = field.name().unwrap_or_default().to_owned();
        // The token comes first, so that nothing of a foreign form is kept.
        if !ours {
            let value = if name == "csrf" { text(&mut field).await? } else { String::new() };
            check_token(token, &value)?;
            ours = true;
            continue;
        }
        match name.as_str() {
            "go" => sent.go = text(&mut field).await?,
            "valid_until" => sent.valid_until = text(&mut field).await?,
            "mutation" => sent.mutation = text(&mut field).await?,
            "file" if sent.file.is_some() => {
                return Err(UseCaseError::field("file", "too_many", "Add one file at a time").into());
            }
            "file" => {
                let name =
                    field.content_disposition().and_then(|d| d.get_filename()).unwrap_or_default().to_owned();
                let mut incoming = evidence::begin_upload(ctx, supports.clone(), &name).await?;
                while let Some(chunk) = field.next().await {
                    let chunk = chunk.map_err(broken)?;
                    incoming.write(&chunk).await?;
                }
                sent.file = Some(incoming);
            }
            _ => {
                text(&mut field).await?;
                unknown.push(name);
            }
        }
    }
    check_token(token, if ours { token.map(|t| t.0.as_str()).unwrap_or_default() } else { "" })?;
    refuse_unknown(request, unknown.iter().map(String::as_str))?;
    Ok(sent)
}

async fn upload(
    request: &HttpRequest,
    shares: &Shares,
    respondent: &Respondent,
    supports: Supports,
    mut parts: Multipart,
) -> Answer {
    if !request.content_type().eq_ignore_ascii_case("multipart/form-data") {
        return Err(Problem::new(UNSUPPORTED_MEDIA_TYPE));
    }
    let received = match shares.uploads.enter(respondent.ctx.respondent().session.uuid()).await {
        Ok(place) => receive(request, &respondent.ctx, &supports, &mut parts).await.map(|sent| (place, sent)),
        Err(problem) => Err(problem),
    };
    let (_place, sent) = match received {
        Ok(received) => received,
        Err(problem) => {
            // The rest is read and dropped, so that the browser gets to read why; a body has an end and a deadline.
            while let Some(Ok(_)) = parts.next().await {}
            return Err(problem);
        }
    };
    let missing = || UseCaseError::field("file", "required", "Choose a file");
    let incoming = sent.file.ok_or_else(missing)?;
    evidence::finish_upload(&respondent.ctx, incoming, &sent.valid_until, &sent.mutation).await?;
    Ok(see_other(&place(&sent.go, &supports)))
}

/// Back to where the form was, at the question or finding.
fn place(go: &str, supports: &Supports) -> String {
    match supports {
        Supports::Answers(questions) => back_to(go, questions.first().map_or("", String::as_str)),
        Supports::Assessment => "/portal/shelf#documents".to_owned(),
        Supports::Finding(finding) => format!("/portal/actions#f-{finding}"),
    }
}

async fn upload_for_answer(
    request: HttpRequest,
    shares: Data<Shares>,
    who: Respondent,
    question: Path<String>,
    parts: Multipart,
) -> Answer {
    upload(&request, &shares, &who, Supports::answer(question.into_inner()), parts).await
}

async fn upload_for_all(
    request: HttpRequest,
    shares: Data<Shares>,
    who: Respondent,
    parts: Multipart,
) -> Answer {
    upload(&request, &shares, &who, Supports::Assessment, parts).await
}

async fn upload_for_finding(
    request: HttpRequest,
    shares: Data<Shares>,
    who: Respondent,
    finding: Path<FindingId>,
    parts: Multipart,
) -> Answer {
    upload(&request, &shares, &who, Supports::Finding(*finding), parts).await
}

async fn link(who: &Respondent, supports: Supports, form: &super::form::Fields) -> Answer {
    let (url, title, until) = (form.text("url"), form.text("title"), form.text("valid_until"));
    evidence::add_link(&who.ctx, supports.clone(), url, title, until, form.text("mutation")).await?;
    Ok(see_other(&place(form.text("go"), &supports)))
}

async fn link_for_answer(who: Respondent, question: Path<String>, CsrfForm(form): CsrfForm) -> Answer {
    link(&who, Supports::answer(question.into_inner()), &form).await
}

async fn link_for_all(who: Respondent, CsrfForm(form): CsrfForm) -> Answer {
    link(&who, Supports::Assessment, &form).await
}

async fn link_for_finding(who: Respondent, finding: Path<FindingId>, CsrfForm(form): CsrfForm) -> Answer {
    link(&who, Supports::Finding(*finding), &form).await
}

async fn reuse(who: &Respondent, supports: Supports, form: &super::form::Fields) -> Answer {
    let choose = || UseCaseError::field("evidence", "required", "Choose a file");
    let id: EvidenceId = form.parsed("evidence").ok_or_else(choose)?;
    evidence::reuse(&who.ctx, supports.clone(), id, form.text("mutation")).await?;
    Ok(see_other(&place(form.text("go"), &supports)))
}

async fn reuse_for_answer(who: Respondent, question: Path<String>, CsrfForm(form): CsrfForm) -> Answer {
    reuse(&who, Supports::answer(question.into_inner()), &form).await
}

async fn reuse_for_all(who: Respondent, CsrfForm(form): CsrfForm) -> Answer {
    reuse(&who, Supports::Assessment, &form).await
}

async fn reuse_for_finding(who: Respondent, finding: Path<FindingId>, CsrfForm(form): CsrfForm) -> Answer {
    reuse(&who, Supports::Finding(*finding), &form).await
}

async fn remove(who: Respondent, citation: Path<CitationId>, CsrfForm(form): CsrfForm) -> Answer {
    evidence::remove_citation(&who.ctx, *citation).await?;
    Ok(see_other(&back_to(form.text("go"), "")))
}

/// The bytes, under a type that no browser runs: in a frame where a page shows them, else always as an attachment in a
/// sandbox (U-07, U-12).
fn answer(found: Download, shown: Option<Shown>) -> HttpResponse {
    let size = found.size;
    let first = stream::iter([Ok(Bytes::from(found.first))]);
    let rest = stream::unfold(found.rest, |mut file| async move {
        match downloads::next_bytes(&mut file).await {
            Ok(bytes) if bytes.is_empty() => None,
            Ok(bytes) => Some((Ok(Bytes::from(bytes)), file)),
            Err(error) => Some((Err(actix_web::Error::from(error)), file)),
        }
    });
    let mut response = HttpResponse::Ok();
    match shown {
        Some(how) => {
            response.insert_header((header::CONTENT_DISPOSITION, inline(&found.name)));
            showing(&mut response, how);
        }
        None => {
            response
                .insert_header((header::CONTENT_DISPOSITION, attachment(&found.name)))
                .insert_header((header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"));
        }
    }
    response
        .insert_header((header::CONTENT_TYPE, served_as(found.media_type.as_deref())))
        .insert_header(("Cross-Origin-Resource-Policy", "same-origin"))
        // Bytes go out as they came in: no compression, so that the length is right.
        .insert_header(ContentEncoding::Identity)
        .no_chunking(size)
        .streaming(first.chain(rest))
}

/// On to the file, with a ticket that only its own address gets to see; `query` says how it is wanted.
fn on_to(rules: &CookieRules, place: &str, query: &str, ticket: &str) -> HttpResponse {
    let mut response = see_other(&format!("{place}{query}"));
    let cookie = rules.download_ticket(place, ticket, Duration::seconds(downloads::TICKET_SECONDS));
    // A cookie that was just built can always be written as a header.
    drop(response.add_cookie(&cookie));
    response
}

async fn ticket(rules: Data<CookieRules>, who: Respondent, id: Path<EvidenceId>) -> Answer {
    let ticket = downloads::ticket_for_respondent(&who.ctx, *id).await?;
    Ok(on_to(&rules, &format!("/portal/downloads/{id}"), "", &ticket))
}

async fn ticket_for_user(rules: Data<CookieRules>, staff: Staff, id: Path<EvidenceId>) -> Answer {
    let ticket = downloads::ticket_for_user(&staff.ctx, *id).await?;
    Ok(on_to(&rules, &format!("/downloads/{id}"), "", &ticket))
}

async fn read(
    request: HttpRequest,
    rules: Data<CookieRules>,
    who: Respondent,
    id: Path<EvidenceId>,
) -> Answer {
    let ticket = rules.presented_ticket(&request).unwrap_or_default();
    Ok(answer(downloads::read(&who.ctx, *id, &ticket).await?, None))
}

async fn read_as_user(
    request: HttpRequest,
    rules: Data<CookieRules>,
    staff: Staff,
    id: Path<EvidenceId>,
) -> Answer {
    let ticket = rules.presented_ticket(&request).unwrap_or_default();
    Ok(answer(downloads::read_as_user(&staff.ctx, *id, &ticket).await?, None))
}

/// Whether a picture is shown no wider than its frame.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fit {
    fit: String,
}

async fn ticket_to_show(
    rules: Data<CookieRules>,
    staff: Staff,
    id: Path<EvidenceId>,
    wanted: Query<Fit>,
) -> Answer {
    let ticket = downloads::ticket_to_show(&staff.ctx, *id).await?;
    let query = if wanted.fit == "yes" { "?fit=yes" } else { "" };
    Ok(on_to(&rules, &format!("/shown/{id}"), query, &ticket))
}

async fn show(
    request: HttpRequest,
    rules: Data<CookieRules>,
    staff: Staff,
    id: Path<EvidenceId>,
    wanted: Query<Fit>,
) -> Answer {
    let ticket = rules.presented_ticket(&request).unwrap_or_default();
    let (how, found) = downloads::show(&staff.ctx, *id, &ticket).await?;
    if wanted.fit == "yes" && how == Shown::Picture && found.size <= FITTED_LIMIT {
        return fitted(found).await;
    }
    Ok(answer(found, Some(how)))
}

/// The picture inside a page of its own that makes it no wider than the frame: browsers do not do that to a framed
/// picture, and a frame in a sandbox has no session with which its page could fetch one.
async fn fitted(mut found: Download) -> Answer {
    let mut bytes = std::mem::take(&mut found.first);
    loop {
        let more = downloads::next_bytes(&mut found.rest).await.map_err(|error| {
            tracing::error!(%error, "evidence cannot be read");
            Problem::new(INTERNAL)
        })?;
        if more.is_empty() {
            break;
        }
        bytes.extend(more);
    }
    Ok(framed_picture(served_as(found.media_type.as_deref()), &bytes))
}
