//! Background work that was given up, for admins: why, and trying it again.

use super::{
    Answer,
    form::CsrfForm,
    guard::Staff,
    page::{ok, see_other, staff_shell},
    routes::{Access, routes},
};
use crate::{
    domain::{Permission, delivery::kind_label, due, ids::JobId},
    render::{
        Renderer,
        jobs::{JobRow, JobsView},
        page::Section,
        parts::EmptyState,
    },
    usecases::operations,
};
use actix_web::web::{Data, Path};

routes! {
    GET "/jobs" => list, Access::Staff(Permission::Operate), Page;
    POST "/jobs/{job}/retry" => retry, Access::Staff(Permission::Operate), Page;
}

/// That all mail is paused, for people.
#[must_use]
pub(super) fn paused_words(reason: &str) -> String {
    format!("All mail is paused: {reason} It is tried again every 15 minutes, and nothing queued is lost.")
}

async fn list(staff: Staff, renderer: Data<Renderer>) -> Answer {
    let found = operations::view(&staff.ctx).await?;
    let zone = staff.ctx.tenant().zone;
    let jobs: Vec<JobRow> = found
        .dead
        .iter()
        .map(|job| JobRow {
            what: kind_label(&job.kind).to_owned(),
            to: job.to_address.clone().unwrap_or_default(),
            reason: job.reason.clone().unwrap_or_default(),
            tries: if job.attempts == 1 { "once".to_owned() } else { format!("{} times", job.attempts) },
            when: job.finished_at.map(|at| due::short_instant(zone, at)).unwrap_or_default(),
            retry: format!("/jobs/{}/retry", job.id),
        })
        .collect();
    let empty = jobs.is_empty().then(|| EmptyState {
        title: "Nothing was given up".to_owned(),
        text: "Mails that could not be delivered will appear here.".to_owned(),
        action: None,
    });
    let view = JobsView { paused: found.mail_paused.as_deref().map(paused_words), jobs, empty };
    ok(&renderer, "pages/jobs", staff_shell(&staff, "Jobs", Some(Section::Jobs)), view)
}

async fn retry(staff: Staff, id: Path<JobId>, _form: CsrfForm) -> Answer {
    operations::retry_job(&staff.ctx, *id).await?;
    Ok(see_other("/jobs"))
}
