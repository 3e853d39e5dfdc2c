//! Saving one answer by script: the same act as the button of its card, in JSON, with the revision in `If-Match` and
//! the mutation id in `X-Mutation-Id`.

use super::{
    Answer, body,
    guard::Respondent,
    problem::{CSRF_REJECTED, PRECONDITION_REQUIRED, Problem},
    routes::{Access, routes},
    shares::Shares,
};
use crate::{
    domain::{answer::TypedAnswer, due, ids::Id as _},
    usecases::{
        UseCaseError,
        answers::{self, SaveAnswer},
    },
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{Data, Path, Payload},
};
use questionnaires::answering::TableRow;
use serde::Deserialize;
use serde_json::json;

routes! {
    PUT "/portal/questions/{question}/answer" => save, Access::Portal, Json, "Saves one answer of the respondent's assessment, made from the revision in If-Match.";
}

/// The most that one answer may take: its longest text, note and reason with room for escapes.
const LIMIT: usize = 256 * 1024;

/// What a card holds, as its form would send it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    /// Chosen options, `-unknown` and `-na` among them.
    #[serde(default)]
    choices: Vec<String>,
    /// Number, date or text.
    #[serde(default)]
    value: String,
    /// Cells by row and column.
    #[serde(default)]
    rows: Vec<TableRow>,
    /// Why it does not apply.
    #[serde(default)]
    reason: String,
    /// The words beside it.
    #[serde(default)]
    note: String,
}

async fn save(
    who: Respondent,
    shares: Data<Shares>,
    question: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Answer {
    let _place = shares.saves.enter(who.ctx.respondent().session.uuid()).await?;
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    // A page of another site cannot set this header without asking first, and nobody answers that question.
    if header("x-assay") != Some("1") {
        return Err(Problem::new(CSRF_REJECTED));
    }
    // Two links opened in one browser share its cookie: what was written for one is not saved for the other.
    if header("x-respondent").is_some_and(|whose| whose != who.ctx.respondent().id.to_string()) {
        return Err(UseCaseError::Unauthenticated.into());
    }
    let rev = revision(header(header::IF_MATCH.as_str()))?;
    let mutation = header("x-mutation-id").unwrap_or_default().to_owned();
    let typed: Typed = body::json(&request, &mut payload.into_inner(), LIMIT).await?;
    let typed = TypedAnswer {
        choices: typed.choices,
        value: typed.value,
        rows: typed.rows,
        reason: typed.reason,
        note: typed.note,
    };
    let input = SaveAnswer { question: question.into_inner(), rev, mutation, typed };
    let rev = answers::save(&who.ctx, input).await?;
    let at = who.ctx.now();
    // In words as the pages say it, so that the card shows one clock whoever saved.
    let shown = due::short_instant(who.ctx.tenant().zone, at);
    Ok(HttpResponse::Ok()
        .insert_header((header::ETAG, format!("\"{rev}\"")))
        .json(json!({"rev": rev, "at": at, "shown": shown})))
}

/// The revision in `If-Match`; one that is no revision of ours, or a weak one, matches none.
fn revision(if_match: Option<&str>) -> Result<i64, Problem> {
    match if_match.map(str::trim) {
        None | Some("") => Err(Problem::new(PRECONDITION_REQUIRED)),
        Some("*") => {
            let words = "Say which revision the answer was made from; \"*\" is none";
            Err(UseCaseError::field("If-Match", "invalid", words).into())
        }
        Some(tag) => {
            let inner = tag.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            Ok(inner.and_then(|text| text.parse().ok()).filter(|rev| *rev >= 0).unwrap_or(-1))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c_04_a_revision_is_a_strong_tag_of_ours_or_matches_nothing() {
        assert_eq!(revision(Some("\"7\"")).unwrap(), 7);
        assert_eq!(revision(Some("\"0\"")).unwrap(), 0);
        for foreign in ["W/\"7\"", "7", "\"-1\"", "\"x\"", "\"1\", \"2\""] {
            assert_eq!(revision(Some(foreign)).unwrap(), -1, "{foreign}");
        }
        assert_eq!(revision(Some("*")).unwrap_err().code.0, "validation-failed");
        assert_eq!(revision(None).unwrap_err().code.0, "precondition-required");
    }
}
