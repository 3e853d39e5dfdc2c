//! The start page: what needs somebody.

use super::{
    Answer,
    acts::with_query,
    guard::Staff,
    page::{ok, staff_shell},
    results::results_of,
    routes::{Access, routes},
};
use crate::{
    domain::{
        Permission,
        assessment::{AssessmentState, Waits},
        due,
        finding::Urgency,
        remediation::Case,
    },
    render::{
        Renderer,
        page::Section,
        parts::{EmptyState, Link, capitalised},
        today::{DecidedLine, Portfolio, TodayGroup, TodayItem, TodayView, WeekDay},
    },
    usecases::today::{self, Coming, Due, Today, UrgentFinding},
};
use actix_web::web::Data;
use chrono::NaiveDate;

routes! {
    GET "/" => today_page, Access::Staff(Permission::Read), Page;
}

async fn today_page(staff: Staff, renderer: Data<Renderer>) -> Answer {
    let found = today::today(&staff.ctx).await?;
    let day = staff.ctx.today();
    let groups = groups(&staff, &found, day);
    let oldest = oldest(&staff, &found, day);
    let first = groups.first().and_then(|group| group.items.first()).map(|item| item.href.clone());
    let count: usize = groups.iter().map(|group| group.count).sum();
    let things = match count {
        0 => "Nothing needs you".to_owned(),
        1 => "1 thing needs you".to_owned(),
        _ => format!("{count} things need you"),
    };
    let title = match &oldest {
        None => things,
        Some((late, _)) => format!("{things}. The oldest is {}.", days_late(*late)),
    };
    let first = match oldest {
        Some((_, href)) => Some(Link::new("Open the oldest", href)),
        None => first.map(|href| Link::new("Open first item", href)),
    };
    let next = found.running.first.first().map(|case| {
        format!(
            "Next: {}, {} is due on {}.",
            case.vendor,
            case.service,
            due::long_day(case.assessment.due_on)
        )
    });
    let may_register = staff.ctx.user().role.may(Permission::ManageVendors);
    let view = TodayView {
        lede: format!("{}, {}.", staff.ctx.user().name, due::long_day(day)),
        paused: found.mail_paused.as_deref().map(super::jobs::paused_words),
        first: (count > 0).then_some(first).flatten(),
        empty: (count == 0).then(|| EmptyState {
            title: "What appears here".to_owned(),
            text: next.unwrap_or_else(|| {
                "What is to decide, to review, to chase and to verify appears here. Next: register a vendor and send an \
                 assessment."
                    .to_owned()
            }),
            action: may_register.then(|| Link::new("Vendors", "/vendors")),
        }),
        groups,
        running: running(&found),
        portfolio: Portfolio::new(|level| found.outlook.vendors.get(&level).copied().unwrap_or_default()),
        week: week(&found.outlook.coming),
        more: found.outlook.more,
        decided: found.decided.iter().map(|case| decided_line(&staff, case, &found)).collect(),
    };
    ok(&renderer, "pages/today/today", staff_shell(&staff, title, Some(Section::Today)), view)
}

/// The late thing of this reader that is late for longest: by how many days, and where it is.
fn oldest(staff: &Staff, found: &Today, today: NaiveDate) -> Option<(i64, String)> {
    let may = |needs: Permission| staff.ctx.require(needs).is_ok();
    let of_cases = found.late.first.iter().chain(&found.expired.first);
    let of_cases =
        of_cases.map(|case| (case.assessment.due_on, format!("/assessments/{}", case.assessment.id)));
    let again = found.outlook.reassess.iter().map(|coming| (coming.day, assess_again(coming)));
    let sent = of_cases.chain(again).filter(|_| may(Permission::SendAssessments));
    let findings = found.overdue.first.iter();
    let findings = findings.filter_map(|line| Some((line.due_on?, format!("/findings/{}", line.id))));
    let findings = findings.filter(|_| may(Permission::ManageFindings));
    let late = sent.chain(findings).map(|(day, href)| ((today - day).num_days(), href));
    late.filter(|(days, _)| *days > 0).max_by_key(|(days, _)| *days)
}

/// Where a service whose next review is due is assessed again.
fn assess_again(coming: &Coming) -> String {
    with_query("/assessments/new", [("vendor", coming.vendor.as_str())])
}

fn days_late(days: i64) -> String {
    if days == 1 { "1 day late".to_owned() } else { format!("{days} days late") }
}

/// A line for each day on which something comes due.
fn week(coming: &[Coming]) -> Vec<WeekDay> {
    let days = coming.chunk_by(|one, other| one.day == other.day);
    days.map(|of_day| WeekDay {
        day: of_day.first().map(|one| one.day.format("%a %-d").to_string()).unwrap_or_default(),
        items: of_day.iter().map(due_link).collect(),
    })
    .collect()
}

fn due_link(coming: &Coming) -> Link {
    let Coming { vendor, what, id, .. } = coming;
    match coming.due {
        Due::Answers => Link::new(format!("{vendor}, {what}: answers due"), format!("/assessments/{id}")),
        Due::Finding => Link::new(format!("{vendor}: {what}"), format!("/findings/{id}")),
        Due::Evidence => Link::new(format!("{vendor}: {what} expires"), format!("/assessments/{id}/review")),
        Due::Review => {
            Link::new(format!("{vendor}, {what}: next review"), format!("/assessments/{id}/decision"))
        }
    }
}

fn decided_line(staff: &Staff, case: &Case, found: &Today) -> DecidedLine {
    let title = format!("{}, {}", case.vendor, case.service);
    let day = case.assessment.decided_at.map(|at| due::day_in(staff.ctx.tenant().zone, at));
    DecidedLine {
        href: format!("/assessments/{}", case.assessment.id),
        when: day.map(due::short_day).unwrap_or_default(),
        results: results_of(&found.results, case.assessment.id, &title),
        title,
    }
}

/// What waits for its vendor: nothing to do, and what most people ask about.
fn running(found: &Today) -> Option<TodayGroup> {
    let items = found.running.first.iter().map(|case| TodayItem {
        title: format!("{}, {}", case.vendor, case.service),
        href: format!("/assessments/{}", case.assessment.id),
        note: case.assessment.state.label().to_owned(),
        results: None,
        when: format!("due {}", due::short_day(case.assessment.due_on)),
        late: false,
        act: "Open".to_owned(),
    });
    let all = format!("/assessments?waits={}", Waits::Vendor);
    let group = gathered("running", "With the vendor", found.running.count, all, items);
    (group.count > 0).then_some(group)
}

fn groups(staff: &Staff, found: &Today, today: NaiveDate) -> Vec<TodayGroup> {
    let zone = staff.ctx.tenant().zone;
    let name = |case: &Case| format!("{}, {}", case.vendor, case.service);
    let handed_in = |case: &Case| {
        let at = case.assessment.submitted_at.map(|at| due::short_instant(zone, at)).unwrap_or_default();
        format!("Submitted {at}")
    };
    let item = |case: &Case, page: &str, note: String, when: String, late: bool, act: &str| TodayItem {
        title: name(case),
        href: format!("/assessments/{}{page}", case.assessment.id),
        note,
        results: results_of(&found.results, case.assessment.id, &name(case)),
        when,
        late,
        act: act.to_owned(),
    };
    let finding = |line: &UrgentFinding, when: String, late: bool, act: &str| TodayItem {
        title: format!("{}: {}", line.service, line.title),
        href: format!("/findings/{}", line.id),
        note: format!(
            "{}, {}, {}",
            capitalised(line.severity.as_str()),
            line.vendor,
            line.action.as_deref().unwrap_or("no action agreed")
        ),
        results: None,
        when,
        late,
        act: act.to_owned(),
    };
    let decide =
        found.decide.first.iter().map(|case| {
            item(case, "/decision", "Review finished".to_owned(), handed_in(case), false, "Decide")
        });
    let review = found.review.first.iter().map(|case| {
        let act = if case.assessment.state == AssessmentState::Submitted { "Review" } else { "Continue" };
        item(case, "/review", case.assessment.state.label().to_owned(), handed_in(case), false, act)
    });
    let chase = found.late.first.iter().map(|case| {
        let when = days_late((today - case.assessment.due_on).num_days());
        item(case, "", case.assessment.state.label().to_owned(), when, true, "Chase")
    });
    let unstarted = found.unstarted.first.iter().map(|case| {
        let sent =
            case.assessment.sent_at.map(|at| due::short_day(due::day_in(zone, at))).unwrap_or_default();
        let due = format!("due {}", due::short_day(case.assessment.due_on));
        item(case, "", format!("Sent {sent}, nothing saved yet"), due, false, "Chase")
    });
    let expired = found.expired.first.iter().map(|case| {
        let due = format!("was due {}", due::short_day(case.assessment.due_on));
        item(case, "", "The link has ended".to_owned(), due, true, "Extend or cancel")
    });
    let drafts = found.drafts.first.iter().map(|case| {
        let started = format!("Started {}", due::short_day(due::day_in(zone, case.assessment.created_at)));
        item(case, "", started, String::new(), false, "Go on")
    });
    let overdue = found.overdue.first.iter().map(|line| {
        let when = days_late(line.due_on.map_or(0, |day| (today - day).num_days()));
        finding(line, when, true, "Open")
    });
    let verify = found.verify.first.iter().map(|line| {
        finding(
            line,
            line.reported_at.map(|at| format!("since {}", due::short_instant(zone, at))).unwrap_or_default(),
            false,
            "Verify",
        )
    });
    let approve = found.approve.first.iter().map(|line| finding(line, String::new(), false, "Decide"));
    let ending = found.ending.first.iter().map(|line| {
        let last = line.accepted_until.map(due::short_day).unwrap_or_default();
        finding(line, format!("ends {last}"), false, "Renew or close")
    });
    let reassess = found.outlook.reassess.iter().map(|coming| TodayItem {
        title: format!("{}, {}", coming.vendor, coming.what),
        href: assess_again(coming),
        note: "Decided, and no new assessment was started".to_owned(),
        results: None,
        when: format!("review due {}", due::short_day(coming.day)),
        late: coming.day < today,
        act: "Assess again".to_owned(),
    });
    let lower = found.outlook.lower_tiers.iter().map(|waits| TodayItem {
        title: format!("{}, {}", waits.vendor, waits.service),
        href: format!("/services/{}", waits.id),
        note: "Somebody asked for a lower tier than its intake gives".to_owned(),
        results: None,
        when: String::new(),
        late: false,
        act: "Decide".to_owned(),
    });
    let assessments = |waits: Waits| format!("/assessments?waits={waits}");
    let in_state = |state: AssessmentState| format!("/assessments?state={state}");
    let findings = |urgency: Urgency| format!("/findings?urgency={urgency}");
    use Permission as P;
    let groups = [
        group(P::Decide, "decide", "Decide", found.decide.count, assessments(Waits::Decision), decide),
        group(P::Review, "review", "Review", found.review.count, assessments(Waits::Review), review),
        group(
            P::Decide,
            "approve",
            "Approve risk acceptances",
            found.approve.count,
            "/findings".to_owned(),
            approve,
        ),
        group(
            P::Decide,
            "tiers",
            "Approve lower tiers",
            found.outlook.to_approve,
            "/vendors".to_owned(),
            lower,
        ),
        group(P::ManageFindings, "verify", "Verify", found.verify.count, findings(Urgency::Verify), verify),
        group(P::SendAssessments, "chase", "Chase", found.late.count, assessments(Waits::Late), chase),
        group(
            P::SendAssessments,
            "unstarted",
            "Not started",
            found.unstarted.count,
            assessments(Waits::Start),
            unstarted,
        ),
        group(
            P::SendAssessments,
            "expired",
            "Expired",
            found.expired.count,
            in_state(AssessmentState::Expired),
            expired,
        ),
        group(
            P::ManageFindings,
            "overdue",
            "Overdue findings",
            found.overdue.count,
            findings(Urgency::Overdue),
            overdue,
        ),
        group(
            P::Decide,
            "ending",
            "Risk acceptances that end",
            found.ending.count,
            findings(Urgency::Accepted),
            ending,
        ),
        group(
            P::SendAssessments,
            "again",
            "Assess again",
            found.outlook.to_reassess,
            in_state(AssessmentState::Decided),
            reassess,
        ),
        group(
            P::SendAssessments,
            "drafts",
            "Finish and send",
            found.drafts.count,
            in_state(AssessmentState::Draft),
            drafts,
        ),
    ];
    // Only what the reader's role may do needs the reader.
    let of_reader = groups.into_iter().filter(|(needs, _)| staff.ctx.require(*needs).is_ok());
    of_reader.map(|(_, group)| group).filter(|group| group.count > 0).collect()
}

/// A group with the permission that it is for.
fn group(
    needs: Permission,
    id: &str,
    label: &str,
    count: usize,
    all: String,
    items: impl Iterator<Item = TodayItem>,
) -> (Permission, TodayGroup) {
    (needs, gathered(id, label, count, all, items))
}

/// A group; where all of it is, is told when not all of it is shown.
fn gathered(
    id: &str,
    label: &str,
    count: usize,
    all: String,
    items: impl Iterator<Item = TodayItem>,
) -> TodayGroup {
    let items: Vec<TodayItem> = items.collect();
    let all = (count > items.len()).then_some(all);
    TodayGroup { id: id.to_owned(), label: label.to_owned(), count, all, items }
}
