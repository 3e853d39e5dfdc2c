//! Receipts to save: the vendor's of the submission, the tenant's of a stored score.

use super::{
    Answer,
    guard::{Respondent, Staff},
    routes::{Access, routes},
};
use crate::{
    domain::{Permission, evidence::attachment, ids::AssessmentId},
    usecases::receipts::{self, Saved},
};
use actix_web::{
    HttpResponse,
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    web::Path,
};

routes! {
    GET "/portal/receipt/file" => of_submission, Access::Portal, Bytes;
    GET "/assessments/{assessment}/snapshots/{number}/receipt" => of_score, Access::Staff(Permission::Read), Bytes;
}

fn answer(saved: Saved) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/json"))
        .insert_header((CONTENT_DISPOSITION, attachment(&saved.name)))
        .body(saved.text)
}

async fn of_submission(who: Respondent) -> Answer {
    Ok(answer(receipts::of_submission(&who.ctx).await?))
}

async fn of_score(staff: Staff, path: Path<(AssessmentId, i32)>) -> Answer {
    let (assessment, number) = path.into_inner();
    Ok(answer(receipts::of_score(&staff.ctx, assessment, number).await?))
}
