//! Findings: of all vendors, of one assessment with its proposals, one finding with its actions.

use super::{
    Answer, acceptances,
    acts::{pager, with_query},
    form::{CsrfForm, Fields},
    guard::Staff,
    page::{ok, respond, see_other, staff_shell, with_errors},
    reviews::evidence_view,
    routes::{Access, routes},
    saved_views,
    scores::{about, case_shell},
};
use crate::{
    domain::{
        Permission, due,
        finding::{FindingState, Urgency},
        ids::{AssessmentId, FindingId},
        remediation::{Action, Finding, FindingLine},
        saved_view::ViewList,
        score_inputs::grade_label,
    },
    render::{
        Renderer,
        fields::{FieldView, errors_of},
        findings::{
            ActionView, CountView, FindingFormView, FindingGroup, FindingRow, FindingView, FindingsView,
            ProposalRow, RemediationView, Running,
        },
        page::Section,
        parts::{Band, EmptyState, Fact, FlashNotice, Link, NavItem, capitalised},
    },
    usecases::{
        FieldError, UseCaseError,
        findings::{self, AgreeAction, FindingFilter, Points, Proposed, RaiseFinding, VerifyAction},
        reviews::MAX_WORDS,
    },
};
use actix_web::{
    HttpRequest,
    http::StatusCode,
    web::{Data, Path, Query},
};
use chrono::NaiveDate;
use questionnaires::risk::findings::Severity;
use std::collections::BTreeMap;

mod steps;
pub(super) use steps::step;

routes! {
    GET "/findings" => list_page, Access::Staff(Permission::Read), Page;
    GET "/findings/{finding}" => finding_page, Access::Staff(Permission::Read), Page;
    POST "/findings/{finding}/agree" => take_step, Access::Staff(Permission::ManageFindings), Page, ["text", "owner_name", "due_on", "target_option", "version"];
    POST "/findings/{finding}/start" => take_step, Access::Staff(Permission::ManageFindings), Page, ["version"];
    POST "/findings/{finding}/done" => take_step, Access::Staff(Permission::ManageFindings), Page, ["note", "version"];
    POST "/findings/{finding}/verify" => take_step, Access::Staff(Permission::ManageFindings), Page, ["option", "credit", "grade", "reason", "version"];
    POST "/findings/{finding}/reject" => take_step, Access::Staff(Permission::ManageFindings), Page, ["reason", "version"];
    POST "/findings/{finding}/dismiss" => take_step, Access::Staff(Permission::ManageFindings), Page, ["reason", "version"];
    POST "/findings/{finding}/reopen" => take_step, Access::Staff(Permission::ManageFindings), Page, ["reason", "version"];
    GET "/assessments/{assessment}/findings" => assessment_page, Access::Staff(Permission::Read), Page;
    POST "/assessments/{assessment}/findings" => raise_proposed, Access::Staff(Permission::ManageFindings), Page, ["question"];
    POST "/assessments/{assessment}/findings/send" => send, Access::Staff(Permission::ManageFindings), Page;
    GET "/assessments/{assessment}/findings/new" => new_page, Access::Staff(Permission::ManageFindings), Page;
    POST "/assessments/{assessment}/findings/new" => raise_by_hand, Access::Staff(Permission::ManageFindings), Page, ["title", "severity", "detail", "fix", "question", "key"];
}

fn row(line: &FindingLine, points: &Points, today: NaiveDate) -> FindingRow {
    let finding = &line.finding;
    let late = finding.overdue(today);
    let (due, due_note) = due_words(finding, today);
    let action = line.action.as_ref().filter(|_| finding.state != FindingState::Open);
    FindingRow {
        severity: Band::named(finding.severity.as_str()),
        title: finding.title.clone(),
        href: format!("/findings/{}", finding.id),
        about: match (&finding.question, &finding.credit) {
            (Some(question), Some(credit)) => format!("{question}, credit {credit}, {}", line.reference),
            _ => format!("raised by hand, {}", line.reference),
        },
        // A title without words of its own ends with the answer.
        detail: finding.detail.clone().filter(|detail| {
            let said = detail.trim_start_matches("Answered: ");
            finding.question.is_some() && !finding.title.ends_with(said)
        }),
        vendor: format!("{}, {}", line.vendor, line.service),
        owner: action.map(|action| action.owner_name.clone()).unwrap_or_default(),
        state: finding.state.label().to_owned(),
        action: match action {
            _ if line.acceptance_waits => "Its risk acceptance waits for approval".to_owned(),
            Some(action) => action.text.clone(),
            None => "No action agreed".to_owned(),
        },
        due,
        due_note,
        late,
        running: running(finding, today),
        points: points.get(&finding.id).map(|gain| format!("+{}", gain.display2())),
        next: match finding.state {
            FindingState::AwaitingVerification => "Verify",
            FindingState::Open if !line.acceptance_waits => "Agree action",
            _ => "Open",
        }
        .to_owned(),
    }
}

fn days(count: i64) -> String {
    if count == 1 { "1 day".to_owned() } else { format!("{count} days") }
}

fn due_words(finding: &Finding, today: NaiveDate) -> (String, String) {
    let sla = format!("{}-day SLA", finding.sla_days);
    if let Some(last) = finding.accepted_until {
        let left = days((last - today).num_days().max(0));
        return (format!("Accepted until {}", due::short_day(last)), format!("{left} left, then it reopens"));
    }
    match (finding.due_on, finding.state.is_open()) {
        (None, true) => ("Not sent yet".to_owned(), format!("{sla} from the day it is sent")),
        (None, false) => (String::new(), sla),
        (Some(due_on), false) => (due::short_day(due_on), sla),
        (Some(due_on), true) if today > due_on => (
            format!("Overdue by {}", days((today - due_on).num_days())),
            format!("{}, {sla}", due::short_day(due_on)),
        ),
        (Some(due_on), true) => {
            let left = (due_on - today).num_days();
            (due::short_day(due_on), format!("{left} of {} left", days(i64::from(finding.sla_days))))
        }
    }
}

/// How much of the time to fix is over; nothing before it was sent, when it is late, and when it is done.
fn running(finding: &Finding, today: NaiveDate) -> Option<Running> {
    let left = (finding.due_on? - today).num_days();
    let used = i64::from(finding.sla_days) - left;
    let runs = finding.state.is_open() && left >= 0 && used >= 0;
    runs.then_some(Running { used, of: finding.sla_days })
}

/// The filter of the list, as its form sends it.
pub(super) fn filter_of(query: &Fields) -> FindingFilter {
    FindingFilter {
        vendor: query.text("vendor").to_owned(),
        owner: query.text("owner").to_owned(),
        severity: query.text("severity").to_owned(),
        urgency: Urgency::parse(query.text("urgency")),
        all: query.text("state") == "all",
        page: query.parsed("page").unwrap_or(1),
    }
}

/// The filter as part of an address.
pub(super) fn address(path: &str, filter: &FindingFilter, urgency: Option<Urgency>) -> String {
    let pairs = [
        ("vendor", &*filter.vendor),
        ("owner", &filter.owner),
        ("severity", &filter.severity),
        ("urgency", urgency.map_or("", Urgency::as_str)),
        ("state", if filter.all { "all" } else { "" }),
    ];
    with_query(path, pairs)
}

/// Heading and meaning of an urgency.
const fn words_of(urgency: Urgency) -> (&'static str, &'static str) {
    match urgency {
        Urgency::Overdue => ("Overdue", "today is after the due day"),
        Urgency::Verify => ("Awaiting verification", "by somebody who did not record the action"),
        Urgency::Soon => ("Due within 35 days", ""),
        Urgency::Later => ("Due later or not sent yet", ""),
        Urgency::Accepted => ("Accepted for a time", "reopens by itself"),
        Urgency::Done => ("Closed and dismissed", ""),
    }
}

async fn list_page(staff: Staff, renderer: Data<Renderer>, query: Query<Vec<(String, String)>>) -> Answer {
    let query = query.into_inner();
    let given: BTreeMap<String, String> = query.iter().cloned().collect();
    let fields = Fields::from_pairs(query);
    let filter = filter_of(&fields);
    let found = findings::list(&staff.ctx, &filter).await?;
    let today = staff.ctx.today();
    let count = |urgency| found.figures.findings.get(&urgency).copied().unwrap_or_default();
    let all: usize = found.figures.findings.values().sum();
    let counts = Urgency::ALL.iter().filter(|urgency| count(**urgency) > 0).map(|urgency| CountView {
        count: count(*urgency),
        label: words_of(*urgency).0.to_owned(),
        href: address("/findings", &filter, Some(*urgency)),
        current: filter.urgency == Some(*urgency),
        late: *urgency == Urgency::Overdue,
    });
    let (overdue, verify) = (count(Urgency::Overdue), count(Urgency::Verify));
    let late = format!("{overdue} {} overdue", if overdue == 1 { "finding is" } else { "findings are" });
    let waits = if verify == 1 { "waits" } else { "wait" };
    let title = match (overdue, verify) {
        (0, 0) if all == 0 => "Findings".to_owned(),
        (0, 0) => "No finding is overdue or waits for verification".to_owned(),
        (0, 1) => "1 finding waits for verification".to_owned(),
        (0, _) => format!("{verify} findings wait for verification"),
        (_, 0) => late,
        _ => format!("{late}; {verify} {waits} for verification"),
    };
    let open = overdue + verify + count(Urgency::Soon) + count(Urgency::Later);
    let at = found.figures.vendors;
    let narrowed = filter.urgency.is_some()
        || [&filter.vendor, &filter.owner, &filter.severity].iter().any(|word| !word.is_empty());
    let groups = urgency_groups(&found.lines, &found.points, today);
    let view = FindingsView {
        lede: format!(
            "{open} open {} at {at} {}, {}. The time to fix counts from the day a finding was sent.",
            if open == 1 { "finding" } else { "findings" },
            if at == 1 { "vendor" } else { "vendors" },
            due::long_day(today)
        ),
        counts: counts.collect(),
        saved: saved_views::above(&staff, ViewList::Findings, &fields).await?,
        filters: filters(&filter),
        csv: (found.total > 0).then(|| address("/findings.csv", &filter, filter.urgency)),
        pager: pager(
            "/findings",
            &given,
            found.page,
            findings::PAGE,
            found.lines.len(),
            found.total,
            "findings",
        ),
        empty: groups.is_empty().then(|| match narrowed {
            true => EmptyState {
                title: "No finding fits".to_owned(),
                text: "No finding fits this filter. Take something away from it.".to_owned(),
                action: Some(Link::new("Show all open findings", "/findings")),
            },
            false => EmptyState {
                title: "No findings to show".to_owned(),
                text: "Findings raised in a review appear here, the most urgent first.".to_owned(),
                action: Some(Link::new("Assessments", "/assessments")),
            },
        }),
        groups,
    };
    ok(&renderer, "pages/findings/list", staff_shell(&staff, title, Some(Section::Findings)), view)
}

fn filters(filter: &FindingFilter) -> Vec<FieldView> {
    let severities =
        [("", "All"), ("medium", "Medium and above"), ("high", "High and above"), ("critical", "Critical")];
    let urgencies = Urgency::ALL.iter().map(|urgency| (urgency.as_str(), words_of(*urgency).0));
    let wanted = filter.urgency.map_or("", Urgency::as_str);
    vec![
        FieldView::text("vendor", "Vendor").value(&filter.vendor).maxlength(120),
        FieldView::text("owner", "Owner").value(&filter.owner).maxlength(100),
        FieldView::select("severity", "Severity").choices(severities, |word| word == filter.severity),
        FieldView::select("urgency", "Urgency")
            .choices([("", "All")].into_iter().chain(urgencies), |word| word == wanted),
        FieldView::select("state", "State")
            .choices([("", "Open and accepted"), ("all", "Closed and dismissed too")], |word| {
                (word == "all") == filter.all
            }),
    ]
}

/// The findings of a page by urgency, as they come; groups that the page has nothing of are left out.
fn urgency_groups(lines: &[FindingLine], points: &Points, today: NaiveDate) -> Vec<FindingGroup> {
    let of = |finding: &Finding| Urgency::of(finding.state, finding.due_on, today);
    let groups = Urgency::ALL.iter().map(|urgency| {
        let (label, note) = words_of(*urgency);
        let own = lines.iter().filter(|line| of(&line.finding) == *urgency);
        FindingGroup {
            id: urgency.to_string(),
            label: label.to_owned(),
            note: note.to_owned(),
            rows: own.map(|line| row(line, points, today)).collect(),
        }
    });
    groups.filter(|group| !group.rows.is_empty()).collect()
}

async fn assessment_page(staff: Staff, renderer: Data<Renderer>, id: Path<AssessmentId>) -> Answer {
    assessment_response(&staff, &renderer, *id, &[]).await
}

async fn assessment_response(
    staff: &Staff,
    renderer: &Renderer,
    id: AssessmentId,
    errors: &[FieldError],
) -> Answer {
    let found = findings::of_assessment(&staff.ctx, id).await?;
    let base = format!("/assessments/{id}");
    let today = staff.ctx.today();
    let (mut proposals, observations): (Vec<&Proposed>, Vec<&Proposed>) =
        found.proposed.iter().partition(|one| one.proposal.preselected);
    // Worst first; what was left out once is not chosen again.
    proposals.sort_by_key(|one| std::cmp::Reverse(one.proposal.severity));
    let choose = found.raised.is_empty();
    let lines = found.raised.iter().map(|line| row(line, &found.points, today)).collect();
    let unsent = found
        .raised
        .iter()
        .filter(|line| line.finding.sent_at.is_none() && line.finding.state.is_open())
        .count();
    let mut notices = Vec::new();
    if !found.reviewed {
        notices.push(FlashNotice::info("Findings are proposed when the review of this submission ends."));
    } else if found.proposed.is_empty() && found.raised.is_empty() {
        notices.push(FlashNotice::ok("The answers show no gap, so nothing is proposed."));
    }
    let mut shell = case_shell(staff, &found.case, format!("Findings of {}", found.case.service));
    shell.errors =
        errors.iter().map(|fault| crate::render::parts::ErrorItem::general(&fault.message)).collect();
    let view = RemediationView {
        about: about(&found.case),
        notices,
        proposals: proposals.into_iter().map(|one| proposal_row(one, choose)).collect(),
        observations: observations.into_iter().map(|one| proposal_row(one, choose)).collect(),
        raise_action: format!("{base}/findings"),
        raised: lines,
        unsent,
        send_action: format!("{base}/findings/send"),
        projected: found
            .projected
            .iter()
            .map(|(title, now, then)| {
                Fact::new(title, format!("claimed {} becomes {}", now.display1(), then.display1()))
            })
            .collect(),
        finish_action: (!found.reviewed).then(|| format!("{base}/finish-review")),
        new_href: format!("{base}/findings/new"),
        can_manage: staff.ctx.user().role.may(Permission::ManageFindings),
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    respond(renderer, status, "pages/findings/assessment", shell, view)
}

fn proposal_row(one: &Proposed, choose: bool) -> ProposalRow {
    let folded = if one.proposal.folded.is_empty() {
        String::new()
    } else {
        format!(", holds back {}", one.proposal.folded.join(", "))
    };
    ProposalRow {
        id: one.proposal.question.clone(),
        severity: Band::named(one.proposal.severity.as_str()),
        title: one.title.clone(),
        detail: one.detail.clone(),
        about: format!("{}, credit {} of weight {}{folded}", one.proposal.question, one.credit, one.weight),
        sla: days(i64::from(one.proposal.sla_days)),
        fix: one.proposal.fix.clone(),
        chosen: choose && one.proposal.preselected,
    }
}

async fn raise_proposed(
    staff: Staff,
    renderer: Data<Renderer>,
    id: Path<AssessmentId>,
    CsrfForm(form): CsrfForm,
) -> Answer {
    match findings::raise_proposed(&staff.ctx, *id, &form.all("question")).await {
        Ok(_) => Ok(see_other(&format!("/assessments/{id}/findings"))),
        Err(UseCaseError::Invalid(errors)) => assessment_response(&staff, &renderer, *id, &errors).await,
        Err(other) => Err(other.into()),
    }
}

async fn send(staff: Staff, id: Path<AssessmentId>, _form: CsrfForm) -> Answer {
    findings::send(&staff.ctx, *id).await?;
    Ok(see_other(&format!("/assessments/{id}/findings")))
}

async fn new_page(
    staff: Staff,
    renderer: Data<Renderer>,
    id: Path<AssessmentId>,
    query: Query<BTreeMap<String, String>>,
) -> Answer {
    let question = query.get("question").cloned().unwrap_or_default();
    new_response(&staff, &renderer, *id, &question, None, &[]).await
}

async fn new_response(
    staff: &Staff,
    renderer: &Renderer,
    id: AssessmentId,
    question: &str,
    typed: Option<&RaiseFinding>,
    errors: &[FieldError],
) -> Answer {
    let about_answer = match question {
        "" => None,
        question => Some(findings::about_answer(&staff.ctx, id, question).await?),
    };
    let found = findings::of_assessment(&staff.ctx, id).await?;
    let draft = about_answer.as_ref().map(|about| about.draft.clone()).unwrap_or_default();
    let typed = typed.unwrap_or(&draft);
    let own_days = about_answer.and_then(|about| about.days);
    let most = u32::try_from(MAX_WORDS).unwrap_or(u32::MAX);
    let none = (typed.severity.is_empty()).then(|| ("", "Choose".to_owned()));
    let severities = Severity::ALL.iter().rev().map(|severity| match own_days {
        Some(_) => (severity.as_str(), capitalised(severity.as_str())),
        None => (
            severity.as_str(),
            format!("{}, {} to fix", capitalised(severity.as_str()), days(i64::from(severity.sla_days()))),
        ),
    });
    let severity = FieldView::select("severity", "Severity")
        .choices(none.into_iter().chain(severities), |word| word == typed.severity);
    let severity = match own_days {
        Some(own) => severity
            .hint(format!("{} to fix, as the question says, whatever the severity.", days(own.into()))),
        None => severity,
    };
    let fields = vec![
        FieldView::text("title", "What is wrong, in one line").value(&typed.title).maxlength(200),
        severity,
        FieldView::textarea("detail", "Details")
            .hint("The vendor reads it, once the finding is sent.")
            .optional()
            .value(&typed.detail)
            .maxlength(most),
        FieldView::textarea("fix", "What to do").optional().value(&typed.fix).maxlength(most),
    ];
    let fields = with_errors(fields, errors);
    let base = format!("/assessments/{id}/findings");
    let shell =
        case_shell(staff, &found.case, "Raise a finding").crumb("Findings", &base).errors(errors_of(&fields));
    let key = if typed.key.is_empty() {
        staff.ctx.services().surroundings.uuid().to_string()
    } else {
        typed.key.clone()
    };
    let view = FindingFormView {
        about: about(&found.case),
        fields,
        action: format!("{base}/new"),
        button: "Raise finding".to_owned(),
        key,
        back: match question {
            "" => base,
            question => format!("/assessments/{id}/review?show=all&q={question}"),
        },
        question: (!question.is_empty()).then(|| question.to_owned()),
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    respond(renderer, status, "pages/findings/form", shell, view)
}

async fn raise_by_hand(
    staff: Staff,
    renderer: Data<Renderer>,
    id: Path<AssessmentId>,
    CsrfForm(form): CsrfForm,
) -> Answer {
    let input = RaiseFinding {
        title: form.text("title").to_owned(),
        detail: form.text("detail").to_owned(),
        fix: form.text("fix").to_owned(),
        severity: form.text("severity").to_owned(),
        question: form.text("question").to_owned(),
        key: form.text("key").to_owned(),
    };
    match findings::raise_by_hand(&staff.ctx, *id, input.clone()).await {
        Ok(finding) => Ok(see_other(&format!("/findings/{finding}"))),
        Err(UseCaseError::Invalid(errors)) => {
            new_response(&staff, &renderer, *id, &input.question, Some(&input), &errors).await
        }
        Err(other) => Err(other.into()),
    }
}

async fn finding_page(staff: Staff, renderer: Data<Renderer>, id: Path<FindingId>) -> Answer {
    finding_response(&staff, &renderer, *id, None, &[]).await
}

async fn finding_response(
    staff: &Staff,
    renderer: &Renderer,
    id: FindingId,
    typed: Option<(&str, &Fields)>,
    errors: &[FieldError],
) -> Answer {
    let found = findings::open(&staff.ctx, id).await?;
    let finding = &found.finding;
    let today = staff.ctx.today();
    let (due, due_note) = due_words(finding, today);
    let mut facts = vec![
        Fact::band("Severity", Band::named(finding.severity.as_str())),
        Fact::new("State", finding.state.label()),
        Fact::new("Due", if due.is_empty() { "None".to_owned() } else { due }).note(due_note),
    ];
    if let Some(sent) = finding.sent_at {
        facts.push(Fact::new("Sent", due::short_day(due::day_in(staff.ctx.tenant().zone, sent))));
    }
    if let Some(credit) = &finding.credit {
        facts.push(Fact::new("Credit when raised", credit.to_string()));
    }
    let mut steps = Vec::new();
    if staff.ctx.user().role.may(Permission::ManageFindings) {
        // An answer that somebody waits for comes first.
        steps = acceptances::steps(staff, &found);
        steps.extend(steps::steps(staff, &found));
        steps.sort_by_key(|step| !step.main);
        for later in steps.iter_mut().skip(1) {
            later.main = false;
        }
    }
    if let Some((step, form)) = typed {
        for view in steps.iter_mut().filter(|view| view.action.ends_with(&format!("/{step}"))) {
            refill(&mut view.fields, form, errors);
            view.main = true;
        }
    }
    let shell = staff_shell(staff, &finding.title, Some(Section::Findings))
        .crumb("Findings", "/findings")
        .crumb(about(&found.case), format!("/assessments/{}/findings", finding.assessment_id))
        .errors(errors_of(steps.iter().flat_map(|step| &step.fields)));
    let question = found.question.as_ref().map(|question| {
        let href = format!("/assessments/{}/review?show=all&q={}", finding.assessment_id, question.id);
        NavItem::new(format!("{} {}", question.id, question.text), href)
    });
    let view = FindingView {
        facts,
        sent: finding.sent_at.is_some(),
        // What was answered stands above it; it differs once the answer has changed since.
        detail: finding.detail.clone().filter(|detail| *detail != findings::answered(&found.answer)),
        fix: finding.fix.clone(),
        reason: finding.state_reason.clone(),
        question,
        answer: found.answer.clone(),
        gains: if finding.state.is_open() {
            found
                .gains
                .iter()
                .map(|(title, gain)| Fact::new(title, format!("+{}", gain.display2())))
                .collect()
        } else {
            Vec::new()
        },
        actions: found.actions.iter().map(|(action, proofs)| action_view(staff, action, proofs)).collect(),
        acceptances: acceptances::views(staff, &found),
        steps,
        version: finding.version,
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    respond(renderer, status, "pages/findings/finding", shell, view)
}

fn refill(fields: &mut [FieldView], form: &Fields, errors: &[FieldError]) {
    for field in fields {
        let typed = form.text(&field.name);
        if field.options.is_empty() {
            field.value = typed.to_owned();
        }
        for option in &mut field.options {
            option.chosen = option.value == typed;
        }
        field.error =
            errors.iter().find(|fault| fault.pointer == field.name).map(|fault| fault.message.clone());
    }
}

fn action_view(
    staff: &Staff,
    action: &Action,
    proofs: &[crate::domain::score_inputs::Citation],
) -> ActionView {
    let zone = staff.ctx.tenant().zone;
    let mut facts = vec![
        Fact::new("Owner", &action.owner_name),
        Fact::new("Due", due::short_day(action.due_on)),
        Fact::new("State", action.state.label()),
    ];
    if let Some(at) = action.reported_at {
        let by = if action.recorded_by_user.is_some() {
            "recorded by a user"
        } else {
            "by the vendor on its link"
        };
        facts.push(Fact::new("Reported", due::short_instant(zone, at)).note(by));
    }
    if let Some(at) = action.verified_at {
        facts.push(Fact::new("Checked", due::short_instant(zone, at)));
    }
    if let Some(grade) = action.verified_grade {
        facts.push(Fact::new("Proof", grade_label(grade)));
    }
    if let Some(reason) = &action.verdict_reason {
        facts.push(Fact::new("Seen", reason));
    }
    ActionView {
        text: action.text.clone(),
        facts,
        report: action.report_note.clone(),
        proofs: proofs.iter().map(evidence_view).collect(),
    }
}

async fn take_step(
    staff: Staff,
    renderer: Data<Renderer>,
    request: HttpRequest,
    id: Path<FindingId>,
    CsrfForm(form): CsrfForm,
) -> Answer {
    let (ctx, id) = (&staff.ctx, *id);
    let step = step_of(&request);
    let version = form.revision("version")?;
    let text = |name: &str| form.text(name).to_owned();
    let result = match step {
        "agree" => {
            let input = AgreeAction {
                text: text("text"),
                owner_name: text("owner_name"),
                due_on: text("due_on"),
                target_option: text("target_option"),
                version,
            };
            findings::agree_action(ctx, id, input).await
        }
        "start" => findings::start_action(ctx, id, version).await,
        "done" => findings::record_done(ctx, id, version, form.text("note")).await,
        "verify" => {
            let input = VerifyAction {
                option: text("option"),
                credit: text("credit"),
                grade: text("grade"),
                reason: text("reason"),
                version,
            };
            findings::verify_action(ctx, id, input).await
        }
        "reject" => findings::reject_action(ctx, id, version, form.text("reason")).await,
        "dismiss" => findings::dismiss(ctx, id, version, form.text("reason")).await,
        "reopen" => findings::reopen(ctx, id, version, form.text("reason")).await,
        _ => Err(UseCaseError::NotFound),
    };
    after_step(&staff, &renderer, id, (step, &form), result).await
}

/// The step that a request takes: the last part of its address, of which the table has a row each.
pub(super) fn step_of(request: &HttpRequest) -> &str {
    request.path().rsplit('/').next().unwrap_or_default()
}

/// The finding after a step; or its page once more, with what was typed in the step that was refused.
pub(super) async fn after_step(
    staff: &Staff,
    renderer: &Renderer,
    id: FindingId,
    typed: (&str, &Fields),
    result: Result<(), UseCaseError>,
) -> Answer {
    match result {
        Ok(()) => Ok(see_other(&format!("/findings/{id}"))),
        Err(UseCaseError::Invalid(errors)) => {
            finding_response(staff, renderer, id, Some(typed), &errors).await
        }
        Err(other) => Err(other.into()),
    }
}
