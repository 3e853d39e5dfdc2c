//! Looking before sending: a draft as its vendor would get it if it were sent now. Nothing is written, and there is no
//! session of the portal.

use super::{
    Ctx, Result, UseCaseError,
    ctx::TenantInfo,
    mail_content::{Open, asked_counts},
    sending::{definitions, refuse_unless_draft},
};
use crate::{
    auth::code,
    domain::{
        Permission, asking,
        assessment::AssessmentEvent,
        assessment_mail::AssessmentMail,
        delivery::{AskedAgain, FindingLine, LinkInMail, LinkNews, MailContent, MailFrame, OfferedAgain},
        due,
        ids::AssessmentId,
        people::Answering,
        respondent::Respondent,
        review::QueueGroup,
        sheet::{Asked, Sheet, SheetRows},
    },
    store,
};
use chrono::{DateTime, Utc};
use questionnaires::{
    answering::Answers,
    definition::{Audience, Questionnaire},
};
use std::sync::Arc;

/// Stands for a secret: previews hold none.
const DOTS: &str = "\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}";

/// A draft, as if it had been sent just now.
#[derive(Clone, Debug)]
pub struct Preview {
    /// What the vendor would find, with no answers.
    pub sheet: Sheet,
    /// Who answers; the first is the one whose mails and pages are shown.
    pub people: Vec<Respondent>,
    /// The earlier submission whose answers would be offered again.
    pub offered: Option<OfferedAgain>,
    tenant: TenantInfo,
    base_url: Arc<str>,
    now: DateTime<Utc>,
}

/// The preview of a draft: five statements.
///
/// # Errors
/// [`UseCaseError::NotFound`]; [`UseCaseError::StateConflict`] once it was sent.
pub async fn open(ctx: &Ctx, id: AssessmentId) -> Result<Preview> {
    ctx.require(Permission::SendAssessments)?;
    let (s, zone, now) = (ctx.scope(), ctx.tenant().zone, ctx.now());
    let mut about = store::answers::assessment(s, id).await?.ok_or(UseCaseError::NotFound)?;
    refuse_unless_draft(about.state, &about.reference)?;
    let chosen = store::questionnaires::chosen(s, id).await?;
    let people = store::respondents::respondents(s, id).await?;
    if let Some(intake) = store::intakes::current(s, about.service_id).await? {
        about.facts = intake.facts;
        about.tier = Some(intake.tier);
    }
    let before = store::reassessments::newest_submission(s, about.vendor_id, about.service_id).await?;
    let offered = before
        .map(|before| OfferedAgain { service: before.service, on: due::day_in(zone, before.submitted_at) });
    about.state = about
        .state
        .after(AssessmentEvent::Send)
        .map_err(|error| UseCaseError::conflict(error.to_string()))?;
    about.link_ends_at = Some(due::link_end(zone, now, about.due_on, now));
    about.people = people.iter().map(will_answer).collect();
    let asked = definitions(chosen.iter().map(|row| &row.questionnaire_id)).into_iter();
    let asked = asked.filter(|questionnaire| questionnaire.audience == Audience::Vendor);
    let rows = SheetRows {
        questionnaires: asked.map(|one| Asked { definition: Arc::new(one.clone()) }).collect(),
        answers: Vec::new(),
        evidence: Vec::new(),
        ready: Vec::new(),
        clarifications: Vec::new(),
        assessment: about,
    };
    Ok(Preview {
        sheet: Sheet::new(rows, ctx.today()),
        people,
        offered,
        tenant: ctx.tenant().clone(),
        base_url: Arc::clone(&ctx.services().base_url),
        now,
    })
}

/// As the others will see them once it was sent.
fn will_answer(person: &Respondent) -> Answering {
    let (name, role) = (person.name.clone(), person.role);
    Answering { id: person.id, name, role, last_seen: None, invited_by: None, ask: None }
}

impl Preview {
    /// The name of the person whose mails and pages are shown, or a word in its place while nobody is chosen.
    #[must_use]
    pub fn reader(&self) -> &str {
        self.people.first().map_or("[name]", |person| &person.name)
    }

    /// The name of the owner, who gets what one's own people get.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.sheet.rows.assessment.owner
    }

    fn frame(&self) -> MailFrame {
        let about = &self.sheet.rows.assessment;
        MailFrame {
            organisation: self.tenant.name.clone(),
            asker_name: about.owner.clone(),
            reply_to: about.owner_email.clone(),
            reply_name: format!("{} at {}", about.owner, self.tenant.name),
            named_by: about.owner.clone(),
            recipient_name: self.reader().to_owned(),
            vendor: about.vendor.clone(),
            service: about.service.clone(),
            reference: about.reference.clone(),
            due_on: about.due_on,
            zone: self.tenant.zone,
        }
    }

    /// As a mail to the owner begins; the reviewer gets the same.
    fn to_owner(&self) -> MailFrame {
        MailFrame { recipient_name: self.sheet.rows.assessment.owner.clone(), ..self.frame() }
    }

    /// The address of a page of the assessment.
    fn page(&self, below: &str) -> String {
        format!("{}/assessments/{}{below}", self.base_url, self.sheet.rows.assessment.id)
    }

    fn asked(&self) -> Vec<&Questionnaire> {
        self.sheet.rows.questionnaires.iter().map(|asked| asked.definition.as_ref()).collect()
    }

    /// A mail with what is known now. What is decided or written later stands in square brackets or is an example,
    /// secrets are dots.
    #[must_use]
    pub fn mail(&self, which: AssessmentMail) -> MailContent {
        let (frame, link) = (self.frame(), LinkInMail::dotted(&self.base_url, DOTS));
        let title = || "[title of the finding]".to_owned();
        let due_on = Some(frame.due_on);
        let finding = || FindingLine { title: title(), severity: "[severity]".to_owned(), due_on };
        match which {
            AssessmentMail::Invitation => self.invitation(frame, link),
            AssessmentMail::Colleague => MailContent::ColleagueInvited {
                frame: MailFrame {
                    named_by: frame.recipient_name,
                    recipient_name: "[name]".to_owned(),
                    ..frame
                },
                ask: Some("[what they write]".to_owned()),
                link,
            },
            AssessmentMail::Code => MailContent::OneTimeCode {
                organisation: frame.organisation,
                code: DOTS.to_owned(),
                minutes: code::lifetime().num_minutes(),
                reply_to: frame.reply_to,
            },
            AssessmentMail::FreshLink => fresh(frame, LinkNews::Asked, link),
            AssessmentMail::Reissued => fresh(frame, LinkNews::Reissued, link),
            AssessmentMail::DueMoved => fresh(frame, LinkNews::DueMoved, link),
            AssessmentMail::Amendment => fresh(frame, LinkNews::Amendment, link),
            AssessmentMail::Reopened => fresh(frame, LinkNews::Reopened, link),
            AssessmentMail::Reminder | AssessmentMail::Overdue => {
                let about = &self.sheet.rows.assessment;
                let mut open = Open::default();
                for questionnaire in self.asked() {
                    open.count(questionnaire, &Answers::new(), &about.facts, about.tier);
                }
                open.reminder(frame, which == AssessmentMail::Overdue, link)
            }
            AssessmentMail::FollowUp => MailContent::Reminder {
                frame,
                left: 1,
                total: 1,
                sections: Vec::new(),
                follow_up: true,
                overdue: false,
                link,
            },
            AssessmentMail::Receipt => MailContent::Submitted {
                number: 1,
                submitted_at: self.now,
                sha256: "[hash of the answers]".to_owned(),
                submitted_by: frame.recipient_name.clone(),
                frame,
                link,
            },
            AssessmentMail::Clarifications => {
                let first = self.asked().into_iter().flat_map(Questionnaire::questions).next();
                let question =
                    first.map_or_else(|| "[question]".to_owned(), |(_, question)| question.text.clone());
                let asked = vec![AskedAgain { question, text: "[what you ask]".to_owned() }];
                MailContent::Clarifications { frame, asked, link }
            }
            AssessmentMail::Findings => MailContent::Findings { findings: vec![finding()], frame, link },
            AssessmentMail::Rejected => {
                let (finding, reason) = (title(), "[what you write]".to_owned());
                MailContent::ActionRejected { frame, finding, reason, link }
            }
            AssessmentMail::SubmissionArrived => MailContent::SubmissionArrived {
                number: 1,
                submitted_at: self.now,
                submitted_by: frame.recipient_name.clone(),
                look: vec![(QueueGroup::Risky.in_short(), 1)],
                knock_outs: Vec::new(),
                frame: self.to_owner(),
                url: self.page("/review"),
            },
            AssessmentMail::AmendmentAsked => MailContent::AmendmentAsked {
                frame: self.to_owner(),
                reason: "[what they write]".to_owned(),
                url: self.page(""),
            },
            AssessmentMail::ActionReported => MailContent::ActionReported {
                findings: vec![finding()],
                frame: self.to_owner(),
                url: self.page("/findings"),
            },
            AssessmentMail::Status => MailContent::FindingsClosed {
                frame,
                decision: Some("[decision]".to_owned()),
                conditions: Some("[conditions]".to_owned()),
                closed: 1,
                open: 0,
                link,
            },
        }
    }

    fn invitation(&self, frame: MailFrame, link: LinkInMail) -> MailContent {
        let (about, asked) = (&self.sheet.rows.assessment, self.asked());
        MailContent::Invitation {
            frame,
            questions: asking::question_count(asked.iter().copied(), &about.facts, about.tier),
            questionnaires: asked_counts(&asked, &about.facts, about.tier),
            minutes: asked.iter().map(|questionnaire| questionnaire.minutes).sum(),
            message: about.message.clone(),
            offered: self.offered.clone(),
            link,
        }
    }
}

/// The link again; older ones are dead where it was replaced or had ended.
fn fresh(frame: MailFrame, news: LinkNews, link: LinkInMail) -> MailContent {
    let replaces = matches!(news, LinkNews::Reissued | LinkNews::Reopened);
    MailContent::FreshLink { frame, news, replaces, link }
}
