//! Files of pages for a spreadsheet: the answers of an assessment, the findings, a comparison. What may stand in them
//! is what the page shows; how they are quoted is in `documents::csv`.
//!
//! Words are those of the pages and scores have the pages' decimals; days and times are written so that they sort,
//! times in the organisation's time zone, which the heading names. A credit is a decimal where two places hold it. To
//! add a file: a route below and a module of its own with headings and, in the same order, the fields of a line.

use super::{
    Answer,
    guard::Staff,
    problem::Problem,
    routes::{Access, routes},
    shares::{Place, Shares},
};
use crate::{
    documents::csv,
    domain::{Permission, due::sortable_instant, evidence::attachment, ids::Id as _, score_inputs::Citation},
    usecases::UseCaseError,
};
use actix_web::{HttpResponse, http::header, web::Bytes};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use futures_util::{Stream, TryStreamExt as _, stream};
use questionnaires::exact::Exact;
use std::io;

mod answers;
mod comparison;
mod findings;

routes! {
    GET "/assessments/{assessment}/answers.csv" => answers::file, Access::Staff(Permission::Read), Bytes;
    GET "/findings.csv" => findings::file, Access::Staff(Permission::Read), Bytes;
    GET "/compare.csv" => comparison::file, Access::Staff(Permission::Read), Bytes;
}

/// A place to make a file for this user, after waiting for it. It is held until the file is sent.
pub(super) async fn place(shares: &Shares, staff: &Staff) -> Result<Place, Problem> {
    shares.exports.enter(staff.ctx.user().id.uuid()).await
}

/// A CSV file that is sent while it is made. When making it fails half-way the connection ends without the last
/// chunk, so that no browser takes the part for the whole.
pub(super) fn download(
    staff: &Staff,
    place: Place,
    what: &str,
    content: impl Stream<Item = Result<Bytes, UseCaseError>> + 'static,
) -> HttpResponse {
    let name = format!("assay-{what}-{}.csv", staff.ctx.today());
    let content = content.map_err(move |error| {
        // Goes when the last byte is handed over, or with the connection.
        let _held = &place;
        io::Error::other(Problem::from(error).code.0)
    });
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, csv::MEDIA_TYPE))
        .insert_header((header::CONTENT_DISPOSITION, attachment(&name)))
        .streaming(content)
}

/// A file whose lines are all there.
fn whole(staff: &Staff, place: Place, what: &str, headings: Vec<String>, lines: Vec<Vec<String>>) -> Answer {
    let head = csv::head(headings).map_err(UseCaseError::internal)?;
    let lines = csv::lines(lines).map_err(UseCaseError::internal)?;
    Ok(download(staff, place, what, stream::iter([Ok(head), Ok(lines)])))
}

/// A heading of a time: `Saved at (Europe/London)`.
pub(super) fn at(what: &str, zone: Tz) -> String {
    format!("{what} at ({zone})")
}

fn time(zone: Tz, at: Option<DateTime<Utc>>) -> String {
    at.map(|at| sortable_instant(zone, at)).unwrap_or_default()
}

fn day(day: Option<NaiveDate>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

fn text(text: Option<&String>) -> String {
    text.cloned().unwrap_or_default()
}

/// A share as a decimal, where spreadsheets would take the fraction for a day; the fraction where two places do not
/// hold it.
fn decimal(share: &Exact) -> String {
    if !share.is_integer() && share.rounded(2) == *share { share.display2() } else { share.to_string() }
}

fn evidence(citations: &[&Citation]) -> String {
    let name = |citation: &&Citation| {
        let url = citation.url.as_ref().map(|url| format!(" <{url}>")).unwrap_or_default();
        let until = citation.valid_until.map(|day| format!(", valid until {day}")).unwrap_or_default();
        format!("{}{url}{until}", citation.name)
    };
    citations.iter().map(name).collect::<Vec<_>>().join("; ")
}

/// Headings that need nothing filled in.
fn plain<const N: usize>(headings: [&str; N]) -> Vec<String> {
    headings.map(str::to_owned).to_vec()
}
