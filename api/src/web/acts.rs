//! What the pages of procurement share: a page that is one form, the foot of a list, timelines, idempotency keys.

use super::{
    Answer,
    guard::Staff,
    page::{respond, with_errors},
};
use crate::{
    domain::{
        acts, assessment::Outcome, due, ids::AssessmentId, respondent::Respondent, timeline::TimelineEvent,
        user::User,
    },
    render::{
        Renderer, Shell,
        fields::errors_of,
        parts::Pager,
        procurement::{ActView, TimelineLine},
    },
    usecases::FieldError,
};
use actix_web::http::StatusCode;
use chrono_tz::Tz;
use std::collections::BTreeMap;

/// A page that is one form; with faults it says so and answers 422.
///
/// # Errors
/// As [`respond`].
pub fn act_page(renderer: &Renderer, mut shell: Shell, mut view: ActView, errors: &[FieldError]) -> Answer {
    view.fields = with_errors(view.fields, errors);
    shell.errors = errors_of(&view.fields);
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    respond(renderer, status, "pages/procurement/act", shell, view)
}

/// A fresh idempotency key for a form.
#[must_use]
pub fn fresh_key(staff: &Staff) -> String {
    staff.ctx.services().surroundings.uuid().to_string()
}

/// The foot of a list: which rows are shown, and the pages beside this one with the same filter.
#[must_use]
pub fn pager(
    path: &str,
    query: &BTreeMap<String, String>,
    page: usize,
    per_page: usize,
    shown: usize,
    total: usize,
    noun: &str,
) -> Pager {
    let from = (page - 1) * per_page;
    let link = |page: usize| {
        let kept = query.iter().filter(|(name, _)| *name != "page");
        let kept = kept.map(|(name, value)| (name.as_str(), value.as_str()));
        with_query(path, kept.chain([("page", page.to_string().as_str())]))
    };
    let text = if total == 0 {
        format!("No {noun}")
    } else {
        format!("{} to {} of {total} {noun}", from + 1, from + shown)
    };
    Pager {
        text,
        previous: (page > 1).then(|| link(page - 1)),
        next: (from + shown < total).then(|| link(page + 1)),
    }
}

/// An address with these parameters; empty ones are left out.
#[must_use]
pub fn with_query<'a>(path: &str, query: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let given = query.into_iter().filter(|(_, value)| !value.is_empty());
    let pairs: Vec<String> =
        given.map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
    if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
}

/// A text as part of a query.
fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// The icon of an act and whether it is a turning point, for the acts that timelines tell.
fn mark(act: &str) -> Option<(&'static str, bool)> {
    Some(match act {
        "vendor.registered" => ("building-2", false),
        "vendor.edited" => ("pencil", false),
        "vendor.archived" => ("lock", true),
        "contact.added" => ("user", false),
        "contact.edited" => ("user", false),
        "contact.mail_refused" => ("circle-alert", false),
        "service.added" => ("plus", false),
        "service.edited" => ("pencil", false),
        "intake.answered" => ("check", false),
        "intake.tier_raised" => ("flag", false),
        "intake.lower_tier_requested" => ("flag", false),
        "intake.lower_tier_approved" => ("flag", false),
        "intake.override_dropped" => ("flag", false),
        "assessment.drafted" => ("file-text", false),
        "assessment.sent" => ("send", true),
        "assessment.extended" => ("calendar", false),
        "assessment.put_in_charge" => ("user", false),
        "assessment.cancelled" => ("ban", true),
        "assessment.expired" => ("clock", false),
        "assessment.links_closed" => ("lock", false),
        "assessment.amendment_asked" => ("flag", false),
        "assessment.amendment_agreed" => ("undo-2", false),
        "assessment.submitted" => ("check", true),
        "assessment.review_started" => ("eye", false),
        "review.finished" => ("check", false),
        "assessment.returned" => ("undo-2", false),
        "assessment.decided" => ("circle-check", true),
        "assessment.reopened" => ("undo-2", true),
        "respondent.added" | "respondent.invited" => ("user", false),
        "respondent.reminded" => ("mail", false),
        "invitation.reissued" => ("link", false),
        "invitation.revoked" => ("ban", false),
        "finding.raised" => ("flag", false),
        "finding.sent" => ("send", false),
        "risk_acceptance.requested" => ("flag", false),
        "risk_acceptance.approved" => ("circle-check", false),
        "risk_acceptance.rejected" => ("ban", false),
        "risk_acceptance.revoked" => ("ban", false),
        "risk_acceptance.expired" => ("clock", false),
        "action.agreed" => ("check", false),
        "action.rejected" => ("undo-2", false),
        "action.reported" => ("paperclip", false),
        "finding.closed" => ("circle-check", false),
        "finding.dismissed" => ("ban", false),
        "finding.reopened" => ("undo-2", false),
        _ => return None,
    })
}

/// Events as lines, newest first, with who and the reason that was given.
#[must_use]
pub fn timeline_lines(
    events: &[TimelineEvent],
    users: &[User],
    respondents: &[Respondent],
    references: &BTreeMap<AssessmentId, String>,
    zone: Tz,
) -> Vec<TimelineLine> {
    let line = |event: &TimelineEvent| {
        let (icon, key) = mark(&event.act)?;
        let what = acts::words(&event.act);
        let reference =
            event.assessment_id.and_then(|id| references.get(&id).map(|reference| (id, reference)));
        let who = match event.actor_kind.as_str() {
            "user" => {
                users.iter().find(|user| Some(user.id.0) == event.actor_id).map(|user| user.name.clone())
            }
            "respondent" => {
                let found = respondents.iter().find(|respondent| Some(respondent.id.0) == event.actor_id);
                Some(found.map_or_else(|| "The vendor".to_owned(), |respondent| respondent.name.clone()))
            }
            _ => Some("By itself".to_owned()),
        };
        let text = |key: &str| event.text(key).map(str::to_owned);
        let outcome =
            text("outcome").and_then(|word| Outcome::parse(&word)).map(|outcome| outcome.label().to_owned());
        let told = [outcome, text("name"), text("question"), text("reason")];
        let small: Vec<String> = who.into_iter().chain(told.into_iter().flatten()).collect();
        Some(TimelineLine {
            datetime: event.at.to_rfc3339(),
            when: due::short_day(due::day_in(zone, event.at)),
            icon,
            key,
            what: match &reference {
                Some((_, reference)) => format!("{what}, {reference}"),
                None => what.to_owned(),
            },
            small: small.join(": "),
            href: match event.finding() {
                Some(finding) => Some(format!("/findings/{finding}")),
                None => reference.map(|(id, _)| format!("/assessments/{id}")),
            },
        })
    };
    let mut lines: Vec<TimelineLine> = events.iter().filter_map(line).collect();
    // Findings are sent together, with an event for each.
    lines.dedup_by(|one, other| {
        (&one.what, &one.small, &one.datetime) == (&other.what, &other.small, &other.datetime)
    });
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::timeline::TOLD;

    #[test]
    fn every_act_that_timelines_tell_has_an_icon_and_no_other() {
        for (act, _) in acts::ACTS {
            assert_eq!(mark(act).is_some(), TOLD.contains(act), "{act}");
        }
        for told in TOLD {
            assert!(acts::ACTS.iter().any(|(act, _)| act == told), "{told}");
        }
    }

    #[test]
    fn the_foot_of_a_list_says_which_rows_are_shown_and_keeps_the_filter() {
        let query =
            BTreeMap::from([("name".to_owned(), "a&b".to_owned()), ("page".to_owned(), "2".to_owned())]);
        let foot = pager("/vendors", &query, 2, 50, 50, 120, "vendors");
        assert_eq!(foot.text, "51 to 100 of 120 vendors");
        assert_eq!(foot.previous.as_deref(), Some("/vendors?name=a%26b&page=1"));
        assert_eq!(foot.next.as_deref(), Some("/vendors?name=a%26b&page=3"));
        let only = pager("/vendors", &BTreeMap::new(), 1, 50, 3, 3, "vendors");
        assert!(only.previous.is_none() && only.next.is_none());
    }
}
