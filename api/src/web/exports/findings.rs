//! The findings of all vendors, sent in batches while they are read.

use super::{at, day, decimal, download, evidence, place, plain, text, time};
use crate::{
    documents::csv,
    domain::{remediation::Action, score_inputs::grade_label},
    render::parts::capitalised,
    usecases::{
        UseCaseError,
        exports::{self, FindingRecord},
    },
    web::{Answer, findings::filter_of, form::Fields, guard::Staff, shares::Shares},
};
use actix_web::web::{Data, Query};
use chrono::NaiveDate;
use chrono_tz::Tz;
use futures_util::{StreamExt as _, stream};

/// The file of the findings that fit the filter of the page.
pub(super) async fn file(staff: Staff, shares: Data<Shares>, query: Query<Vec<(String, String)>>) -> Answer {
    let place = place(&shares, &staff).await?;
    let filter = filter_of(&Fields::from_pairs(query.into_inner()));
    let export = exports::findings(&staff.ctx, &filter).await?;
    let (zone, today) = (staff.ctx.tenant().zone, staff.ctx.today());
    let base = staff.ctx.services().base_url.clone();
    let head = csv::head(headings(zone)).map_err(UseCaseError::internal)?;
    let batches = stream::try_unfold(export, move |mut export| {
        let base = base.clone();
        async move {
            let records = export.next().await?;
            let lines = records.iter().map(|record| line_of(record, zone, today, &base));
            let bytes = csv::lines(lines).map_err(UseCaseError::internal)?;
            Ok((!records.is_empty()).then_some((bytes, export)))
        }
    });
    Ok(download(&staff, place, "findings", stream::iter([Ok(head)]).chain(batches)))
}

fn headings(zone: Tz) -> Vec<String> {
    [
        plain(["Assessment", "Vendor", "Service", "Finding", "Severity", "State", "Overdue", "Question id"]),
        plain(["Credit when raised", "Detail", "What to do", "Why it is where it is", "Raised by"]),
        vec![at("Raised", zone), at("Sent", zone)],
        plain(["Days to fix", "Due on"]),
        vec![at("Closed", zone)],
        plain(["Action", "Action owner", "Action due on", "Action state", "Reported by"]),
        vec![at("Reported", zone)],
        plain(["Report", "Proof", "Verified by"]),
        vec![at("Verified", zone)],
        plain(["What was seen", "Evidence grade", "Earlier actions", "Page"]),
    ]
    .concat()
}

fn line_of(record: &FindingRecord, zone: Tz, today: NaiveDate, base: &str) -> Vec<String> {
    let (line, finding) = (&record.line, &record.line.finding);
    let action = line.action.as_ref();
    let agreed = |action: &Action| {
        format!("{} ({}, {}, due {})", action.text, action.state.label(), action.owner_name, action.due_on)
    };
    vec![
        line.reference.clone(),
        line.vendor.clone(),
        line.service.clone(),
        finding.title.clone(),
        capitalised(finding.severity.as_str()),
        finding.state.label().to_owned(),
        if finding.overdue(today) { "Yes" } else { "No" }.to_owned(),
        text(finding.question.as_ref()),
        finding.credit.as_ref().map(decimal).unwrap_or_default(),
        text(finding.detail.as_ref()),
        text(finding.fix.as_ref()),
        text(finding.state_reason.as_ref()),
        record.raised_by.clone(),
        time(zone, Some(finding.raised_at)),
        time(zone, finding.sent_at),
        finding.sla_days.to_string(),
        day(finding.due_on),
        time(zone, finding.closed_at),
        action.map(|action| action.text.clone()).unwrap_or_default(),
        action.map(|action| action.owner_name.clone()).unwrap_or_default(),
        day(action.map(|action| action.due_on)),
        action.map(|action| action.state.label().to_owned()).unwrap_or_default(),
        record.reported_by.clone(),
        time(zone, action.and_then(|action| action.reported_at)),
        text(action.and_then(|action| action.report_note.as_ref())),
        evidence(&record.proofs.iter().collect::<Vec<_>>()),
        record.verified_by.clone(),
        time(zone, action.and_then(|action| action.verified_at)),
        text(action.and_then(|action| action.verdict_reason.as_ref())),
        action
            .and_then(|action| action.verified_grade)
            .map(|grade| grade_label(grade).to_owned())
            .unwrap_or_default(),
        record.earlier.iter().map(agreed).collect::<Vec<_>>().join("\n"),
        format!("{base}/findings/{}", finding.id),
    ]
}
