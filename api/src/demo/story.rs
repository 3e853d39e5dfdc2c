//! Two months at Northwind Bank, played through the use-cases: six vendors, each at another stage of the loop. The six
//! whose stories began long ago are in `history`.

use super::{
    actors::{Manner, Staff, answer_all},
    evidence_files, handing_in, history,
};
use crate::{
    domain::{
        Role,
        clock::{Clock as _, ManualClock, SystemClock},
        ids::{AssessmentId, ContactId, ServiceId, VendorId},
        review::QueueGroup,
    },
    jobs::worker::Worker,
    usecases::{
        Ctx, PortalCtx, SystemCtx, UseCaseError, answers,
        assessments::{self, Person},
        colleagues::{self, InviteColleague},
        decisions::{self, Decide},
        evidence::{self, Supports},
        findings,
        findings::VerifyAction,
        intake, operations, portal_access,
        portal_findings::{self, Plan},
        reviews::{self, GiveVerdict, ReturnToVendor},
        sending::{self, LeftOut, PeopleInput},
        submission,
        vendors::{self, ContactInput, ServiceInput, VendorInput},
    },
};
use chrono::{DateTime, Days, Duration, Utc};
use questionnaires::answering::{Answer, AnswerValue, Answers};

pub(super) type Result<T> = std::result::Result<T, UseCaseError>;

/// The intake answers that all stories begin from: nothing sensitive, no AI.
const PLAIN: &[(&str, &[&str])] = &[
    ("INH-DAT", &["internal"]),
    ("INH-VOL", &["none"]),
    ("INH-ACC", &["portal"]),
    ("INH-LOC", &["home"]),
    ("INH-NTH", &["few"]),
    ("INH-CRT", &["week"]),
    ("INH-SUB", &["weeks"]),
    ("INH-REG", &["privacy"]),
    ("INH-AIE", &["none"]),
    ("INH-CTX", &["none"]),
    ("INH-OWN", &["Rosa Lind, rosa.lind@northwind.example"]),
];

/// What an intake with AI answers besides.
const AI: &[(&str, &[&str])] = &[
    ("INH-AIE", &["advice"]),
    ("INH-AUT", &["suggests"]),
    ("INH-AIX", &["session"]),
    ("INH-PPL", &["h1"]),
    ("INH-PRO", &["clear"]),
    ("INH-ANX", &["none"]),
];

pub(super) struct Script {
    pub vendor: &'static str,
    pub website: &'static str,
    pub service: &'static str,
    pub about: &'static str,
    pub contact: (&'static str, &'static str, &'static str),
    pub intake: &'static [(&'static str, &'static [&'static str])],
    pub with_ai: bool,
    /// Keep only these of the suggested questionnaires; empty keeps all.
    pub keep: &'static [&'static str],
    pub message: &'static str,
}

const LUMEN: Script = Script {
    vendor: "Lumen Analytics",
    website: "https://lumen.example",
    service: "Lumen Triage",
    about: "Sorts incoming complaints by urgency and suggests a first reply.",
    contact: ("Priya Shah", "priya.shah@lumen.example", "Compliance lead"),
    intake: &[
        ("INH-DAT", &["personal"]),
        ("INH-VOL", &["k100"]),
        ("INH-ACC", &["read"]),
        ("INH-AIE", &["informs"]),
        ("INH-PPL", &["k10"]),
    ],
    with_ai: true,
    keep: &[],
    message: "We would like to use Lumen Triage to sort customer complaints from January on.",
};
const CORVID: Script = Script {
    vendor: "Corvid AI",
    website: "https://corvid.example",
    service: "Corvid Assist",
    about: "Writes first drafts of customer letters.",
    contact: ("Jonas Berg", "jonas@corvid.example", "Head of product"),
    intake: &[("INH-DAT", &["confidential"]), ("INH-CTX", &["genai"])],
    with_ai: true,
    keep: &["supplier-security-core", "ai-tool-risk"],
    message: "Our writing team would like to try Corvid Assist with real letters.",
};
const ORDINO: Script = Script {
    vendor: "Ordino",
    website: "https://ordino.example",
    service: "Ordino Meet",
    about: "Books rooms and sends invitations.",
    contact: ("Mei Lin", "mei.lin@ordino.example", "Security engineer"),
    intake: &[],
    with_ai: false,
    keep: &[],
    message: "We plan to move room booking to Ordino Meet.",
};
const HALDEN: Script = Script {
    vendor: "Halden Hosting",
    website: "https://halden.example",
    service: "Halden Cloud",
    about: "Runs the public web site and its forms.",
    contact: ("Tom Okafor", "tom@halden.example", "Operations manager"),
    intake: &[
        ("INH-DAT", &["personal"]),
        ("INH-VOL", &["k1"]),
        ("INH-ACC", &["admin"]),
        ("INH-CTX", &["shared_cloud"]),
    ],
    with_ai: false,
    keep: &[],
    message: "Your contract is due for renewal, so we ask our usual questions.",
};
const BRIGHTPOST: Script = Script {
    vendor: "Brightpost",
    website: "https://brightpost.example",
    service: "Brightpost Mailer",
    about: "Sends newsletters.",
    contact: ("Ulla Kern", "ulla@brightpost.example", "Founder"),
    intake: &[],
    with_ai: false,
    keep: &[],
    message: "Marketing would like to send the newsletter with Brightpost.",
};
const KESTREL: Script = Script {
    vendor: "Kestrel Payroll",
    website: "https://kestrel.example",
    service: "Kestrel Pay",
    about: "Calculates and pays salaries.",
    contact: ("Ana Duarte", "ana.duarte@kestrel.example", "Information security officer"),
    intake: &[],
    with_ai: false,
    keep: &[],
    message: "Please renew your answers from the last contract.",
};

/// Everybody who plays, and the clock they play by.
pub(super) struct Stage<'a> {
    pub system: &'a SystemCtx,
    clock: &'a ManualClock,
    pub postman: &'a Worker,
    pub procurement: Ctx,
    pub risk: Ctx,
    pub admin: Ctx,
    begin: DateTime<Utc>,
}

/// Day of the story on which its last two months begin.
const RECENT: i64 = super::STORY_DAYS - 60;

/// A service, and who answers for it.
#[derive(Clone, Copy)]
pub(super) struct Registered {
    pub vendor: VendorId,
    pub service: ServiceId,
    pub contact: ContactId,
}

/// Plays the stories; the clock ends at the present.
///
/// # Errors
/// When a use-case refuses, which would be a fault of the story.
pub async fn play(system: &SystemCtx, staff: &Staff, clock: &ManualClock, postman: &Worker) -> Result<()> {
    let stage = Stage {
        system,
        clock,
        postman,
        procurement: staff.ctx(system, Role::Procurement),
        risk: staff.ctx(system, Role::RiskManager),
        admin: staff.ctx(system, Role::Admin),
        begin: clock.now(),
    };
    history::play(&stage).await?;
    stage.halden().await?;
    stage.kestrel().await?;
    stage.brightpost().await?;
    stage.ordino().await?;
    stage.corvid().await?;
    stage.lumen().await?;
    // What has ended in the meantime.
    clock.set(SystemClock.now());
    operations::schedule_hourly(system).await?;
    postman.run_until_idle().await?;
    Ok(())
}

impl Stage<'_> {
    /// Moves the clock to a working hour of day `day` of the last two months.
    fn day(&self, day: i64, hour: i64) {
        self.long_ago(RECENT + day, hour);
    }

    /// Moves the clock to a working hour of day `day` of the whole story.
    pub fn long_ago(&self, day: i64, hour: i64) {
        self.clock.set(self.begin + Duration::days(day) + Duration::hours(hour));
    }

    /// A day on which only what happens by itself happens: links close, assessments end.
    pub async fn pass_by(&self, day: i64) -> Result<()> {
        self.long_ago(day, 0);
        operations::schedule_hourly(self.system).await?;
        self.postman.run_until_idle().await?;
        Ok(())
    }

    /// Registers vendor and service, answers the intake, sends, and lets the mail go out.
    async fn send(&self, script: &Script) -> Result<(AssessmentId, PortalCtx)> {
        let registered = self.register(script).await?;
        self.ask(script, registered, 1).await
    }

    /// Registers vendor and service, and answers the intake.
    pub async fn register(&self, script: &Script) -> Result<Registered> {
        let ctx = &self.procurement;
        let key = |what: &str| format!("demo-{what}-{}", script.vendor);
        let about = VendorInput {
            name: script.vendor.to_owned(),
            website: script.website.to_owned(),
            note: String::new(),
        };
        let vendor = vendors::register(ctx, &about, "", &key("vendor")).await?.vendor;
        let (name, email, job_title) = script.contact;
        let person =
            ContactInput { name: name.to_owned(), email: email.to_owned(), job_title: job_title.to_owned() };
        let contact: ContactId = vendors::add_contact(ctx, vendor, &person, &key("contact")).await?;
        let supplied = ServiceInput { name: script.service.to_owned(), description: script.about.to_owned() };
        let service: ServiceId = vendors::add_service(ctx, vendor, &supplied, &key("service")).await?;
        intake::answer(ctx, service, intake_answers(script)).await?;
        Ok(Registered { vendor, service, contact })
    }

    /// Asks for the `round`-th time, and lets the mail go out.
    pub async fn ask(
        &self,
        script: &Script,
        registered: Registered,
        round: u32,
    ) -> Result<(AssessmentId, PortalCtx)> {
        let id = self.prepare(script, registered, round).await?;
        let ctx = &self.procurement;
        let draft = sending::draft(ctx, id).await?;
        let key = format!("demo-send-{}-{round}", script.service);
        sending::send(ctx, id, draft.assessment.version, &key).await?;
        self.postman.run_until_idle().await?;
        Ok((id, self.respondent(id).await?))
    }

    /// Prepares a draft that could be sent.
    pub async fn prepare(
        &self,
        script: &Script,
        Registered { service, contact, .. }: Registered,
        round: u32,
    ) -> Result<AssessmentId> {
        let ctx = &self.procurement;
        let key = format!("demo-start-{}-{round}", script.service);
        let id = sending::start(ctx, &service.to_string(), &key).await?;
        let draft = sending::draft(ctx, id).await?;
        let suggested: Vec<String> = draft.suggestions.iter().map(|s| s.questionnaire.to_string()).collect();
        let kept = |id: &String| script.keep.is_empty() || script.keep.contains(&id.as_str());
        let reasons: Vec<LeftOut> = suggested
            .iter()
            .filter(|id| !kept(id))
            .map(|id| LeftOut {
                questionnaire: id.clone(),
                reason: "Covered by the pilot's own conditions.".to_owned(),
            })
            .collect();
        let chosen: Vec<String> = suggested.iter().filter(|id| kept(id)).cloned().collect();
        sending::choose_questionnaires(ctx, id, draft.assessment.version, &chosen, &reasons).await?;
        let draft = sending::draft(ctx, id).await?;
        let people = PeopleInput {
            contacts: vec![contact.to_string()],
            new: ContactInput { name: String::new(), email: String::new(), job_title: String::new() },
            owner: ctx.user().id.to_string(),
            reviewer: self.risk.user().id.to_string(),
            due_on: (ctx.today() + Days::new(14)).to_string(),
            message: script.message.to_owned(),
        };
        sending::choose_people(ctx, id, draft.assessment.version, &people).await?;
        Ok(id)
    }

    /// The respondent of an assessment, as if they had opened their link and given the code.
    async fn respondent(&self, id: AssessmentId) -> Result<PortalCtx> {
        self.person(id, |_| true).await
    }

    /// The first of the people answering who fits, come in by their link.
    async fn person(&self, id: AssessmentId, fits: impl Fn(&Person) -> bool) -> Result<PortalCtx> {
        let progress = assessments::view(&self.procurement, id).await?;
        let people = progress.people.iter().filter(|person| fits(person));
        let link = people.into_iter().find_map(|person| Some(person.invitation.as_ref()?.link_id.clone()));
        portal_access::play_respondent(self.system, &link.unwrap_or_default()).await
    }

    /// Accepts what stands first in the queue: every scope answer, then `more` answers with evidence.
    pub async fn accept(&self, id: AssessmentId, more: usize) -> Result<()> {
        let desk = reviews::desk(&self.risk, id).await?;
        let proven: Vec<String> = desk.citations.iter().map(|c| c.question.clone()).collect();
        let mut left = more;
        for item in &desk.queue {
            let scope = matches!(item.group, QueueGroup::Scope);
            if item.verdict.is_some() || !(scope || left > 0) {
                continue;
            }
            let grade = if proven.contains(&item.question) { "accepted" } else { "" };
            let answer_rev = desk.inputs.revision(&item.question);
            let input = GiveVerdict { grade: grade.to_owned(), answer_rev, ..verdict("accepted") };
            match reviews::give_verdict(&self.risk, id, &item.question, input).await {
                // An accepted scope answer can leave out questions that stood in the queue before it.
                Err(UseCaseError::NotFound) => {}
                given if scope => drop(given?),
                given => {
                    given?;
                    left -= 1;
                }
            }
        }
        Ok(())
    }

    async fn verdict(&self, id: AssessmentId, question: &str, input: GiveVerdict) -> Result<()> {
        let desk = reviews::desk(&self.risk, id).await?;
        let answer_rev = desk.inputs.revision(question);
        reviews::give_verdict(&self.risk, id, question, GiveVerdict { answer_rev, ..input }).await?;
        Ok(())
    }

    pub async fn decide(
        &self,
        id: AssessmentId,
        outcome: &str,
        conditions: &str,
        summary: &str,
    ) -> Result<()> {
        let desk = decisions::desk(&self.risk, id).await?;
        let input = Decide {
            outcome: outcome.to_owned(),
            conditions: conditions.to_owned(),
            summary: summary.to_owned(),
            next_review_on: desk.next_review_on.to_string(),
            version: desk.desk.case.assessment.version,
        };
        decisions::decide(&self.risk, id, input).await?;
        self.postman.run_until_idle().await?;
        Ok(())
    }

    /// Decided with conditions; one finding was fixed and waits for somebody to verify it.
    async fn halden(&self) -> Result<()> {
        self.day(0, 1);
        let (id, portal) = self.send(&HALDEN).await?;
        self.day(5, 3);
        let manner = Manner {
            fixed: [("SEC-ASR-03", "older"), ("SEC-HRS-02", "p80"), ("SEC-BCP-03", "")]
                .into_iter()
                .filter(|(_, option)| !option.is_empty())
                .collect(),
            slip_every: 9,
            ..Manner::default()
        };
        answer_all(&portal, &manner).await?;
        self.submit(&portal, &HALDEN, "1").await?;
        self.day(8, 1);
        self.accept(id, 6).await?;
        reviews::finish_review(&self.risk, id).await?;
        self.raise(id, 6).await?;
        self.decide(
            id,
            "approved_with_conditions",
            "An independent penetration test before the renewal takes effect.",
            "Sound operations; the last independent test is too old.",
        )
        .await?;
        self.day(30, 2);
        let portal = self.respondent(id).await?;
        let sent = portal_findings::list(&portal).await?.findings;
        let Some(first) = sent.first() else { return Ok(()) };
        let plan = Plan {
            text: "An independent tester examines the service and writes a summary letter.".to_owned(),
            owner_name: "Tom Okafor".to_owned(),
            due_on: (portal.today() + Days::new(20)).to_string(),
            version: first.finding.version,
            key: "demo-plan".to_owned(),
        };
        portal_findings::plan(&portal, first.finding.id, plan).await?;
        self.day(34, 1);
        self.live_with_some(&sent).await?;
        self.work_on_others(&sent).await?;
        self.day(52, 2);
        let portal = self.respondent(id).await?;
        let letter = evidence_files::letter(
            "Summary of a penetration test",
            &[
                "Two testers examined the service from outside and with a customer's account.".to_owned(),
                "No critical and no high findings. Two low ones were fixed and tested again.".to_owned(),
            ],
        );
        handing_in::attach(&portal, Supports::Finding(first.finding.id), "pentest-summary.pdf", &letter)
            .await?;
        let sent = portal_findings::list(&portal).await?.findings;
        let now = sent.iter().find(|f| f.finding.id == first.finding.id).map_or(0, |f| f.finding.version);
        portal_findings::report_done(
            &portal,
            first.finding.id,
            now,
            "Tested last week; no critical findings.",
            "demo-pentest",
        )
        .await?;
        self.postman.run_until_idle().await?;
        Ok(())
    }

    /// Good and approved; an earlier finding was fixed and verified by somebody else.
    async fn kestrel(&self) -> Result<()> {
        self.day(2, 1);
        let (id, portal) = self.send(&KESTREL).await?;
        self.day(6, 1);
        let manner = Manner { fixed: [("SEC-HRS-04", "d7")].into_iter().collect(), ..Manner::default() };
        answer_all(&portal, &manner).await?;
        self.submit(&portal, &KESTREL, "2").await?;
        self.day(9, 2);
        self.accept(id, 20).await?;
        reviews::finish_review(&self.risk, id).await?;
        self.raise(id, 1).await?;
        self.decide(id, "approved", "", "Strong answers, proven by documents.").await?;
        self.day(20, 1);
        let portal = self.respondent(id).await?;
        let Some(sent) = portal_findings::list(&portal).await?.findings.into_iter().next() else {
            return Ok(());
        };
        let plan = Plan {
            text: "Access is removed by the HR system within a day.".to_owned(),
            owner_name: "Ana Duarte".to_owned(),
            due_on: (portal.today() + Days::new(10)).to_string(),
            version: sent.finding.version,
            key: "demo-plan".to_owned(),
        };
        portal_findings::plan(&portal, sent.finding.id, plan).await?;
        self.day(22, 1);
        self.overdue_by_now(id).await?;
        self.day(27, 1);
        let portal = self.respondent(id).await?;
        let link = "https://kestrel.example/trust/leavers";
        let proof = Supports::Finding(sent.finding.id);
        evidence::add_link(&portal, proof, link, "Leaver procedure", "", link).await?;
        let version = self.version_of(&portal, sent.finding.id).await?;
        portal_findings::report_done(
            &portal,
            sent.finding.id,
            version,
            "In force since Monday.",
            "demo-leavers",
        )
        .await?;
        self.day(29, 1);
        let version = self.version_of(&portal, sent.finding.id).await?;
        let verify = VerifyAction {
            option: "h24".to_owned(),
            grade: "accepted".to_owned(),
            reason: "The procedure and one redacted record were read.".to_owned(),
            version,
            ..VerifyAction::default()
        };
        findings::verify_action(&self.admin, sent.finding.id, verify).await?;
        self.postman.run_until_idle().await?;
        Ok(())
    }

    /// Declined: too much is missing.
    async fn brightpost(&self) -> Result<()> {
        self.day(10, 1);
        let (id, portal) = self.send(&BRIGHTPOST).await?;
        self.day(15, 4);
        let manner = Manner {
            fixed: [
                ("SEC-IAM-01", "none"),
                ("SEC-ASR-01", "none"),
                ("SEC-ASR-03", "older"),
                ("SEC-GOV-01", "none"),
                ("SEC-AST-04", "none"),
            ]
            .into_iter()
            .collect(),
            slip_every: 2,
            ..Manner::default()
        };
        answer_all(&portal, &manner).await?;
        self.hand_in(&portal, &BRIGHTPOST, "3").await?;
        self.day(17, 1);
        self.accept(id, 2).await?;
        reviews::finish_review(&self.risk, id).await?;
        self.decide(id, "declined", "", "No multi-factor sign-in and no plan to add it.").await
    }

    /// Returned: two answers raise questions.
    async fn ordino(&self) -> Result<()> {
        self.day(40, 1);
        let (id, portal) = self.send(&ORDINO).await?;
        self.day(46, 2);
        answer_all(&portal, &Manner { slip_every: 5, ..Manner::default() }).await?;
        self.submit(&portal, &ORDINO, "4").await?;
        self.day(55, 1);
        self.accept(id, 3).await?;
        for (question, text) in [
            (
                "SEC-HRS-04",
                "Does this hold for contractors too? Please say how you find out that one has left.",
            ),
            ("SEC-AST-04", "Please name the clause in the contract, and say how long backups are kept."),
        ] {
            let ask = GiveVerdict { text: text.to_owned(), ..verdict("asked") };
            match self.verdict(id, question, ask).await {
                Ok(()) | Err(UseCaseError::NotFound) => {}
                Err(other) => return Err(other),
            }
        }
        let desk = reviews::desk(&self.risk, id).await?;
        let texts = desk
            .clarifications
            .iter()
            .filter(|c| c.batch.is_none())
            .map(|c| (c.id, c.text.clone()))
            .collect();
        let due_on = (self.risk.today() + Days::new(10)).to_string();
        let batch = ReturnToVendor { texts, due_on, version: desk.case.assessment.version };
        reviews::return_to_vendor(&self.risk, id, batch).await?;
        self.postman.run_until_idle().await?;
        Ok(())
    }

    /// Submitted with a knock-out: what we write trains models for others.
    async fn corvid(&self) -> Result<()> {
        self.day(45, 1);
        let (_, portal) = self.send(&CORVID).await?;
        self.day(57, 3);
        let manner = Manner {
            fixed: [("AIT-CUS-01", "optout"), ("SEC-ASR-03", "m24")].into_iter().collect(),
            slip_every: 6,
            ..Manner::default()
        };
        answer_all(&portal, &manner).await?;
        self.submit(&portal, &CORVID, "5").await
    }

    /// Sent and half answered.
    async fn lumen(&self) -> Result<()> {
        self.day(54, 1);
        let (id, portal) = self.send(&LUMEN).await?;
        self.day(58, 5);
        answer_all(&portal, &Manner { slip_every: 7, stop_after: 40, ..Manner::default() }).await?;
        // A colleague goes on, and the lead calls ready what both have finished.
        let ask = "Please answer what concerns the platform.";
        let colleague = InviteColleague {
            key: "demo-colleague".to_owned(),
            name: "Tom Okafor".to_owned(),
            email: "tom.okafor@lumen.example".to_owned(),
            ask: ask.to_owned(),
            outside: false,
        };
        let tom = colleagues::invite(&portal, &colleague).await?;
        self.postman.run_until_idle().await?;
        self.day(58, 6);
        let tom = self.person(id, |one| one.respondent.id == tom).await?;
        answer_all(&tom, &Manner { slip_every: 7, stop_after: 20, ..Manner::default() }).await?;
        let sheet = answers::open(&portal).await?;
        for section in sheet.sections.iter().filter(|section| section.can_be_ready()).take(6) {
            submission::mark_ready(&portal, &section.questionnaire_id, &section.id).await?;
        }
        Ok(())
    }
}

fn verdict(word: &str) -> GiveVerdict {
    GiveVerdict { verdict: word.to_owned(), ..GiveVerdict::default() }
}

fn intake_answers(script: &Script) -> Answers {
    let mut answers = Answers::new();
    let ai: &[_] = if script.with_ai { AI } else { &[] };
    for (question, options) in PLAIN.iter().chain(ai).chain(script.intake) {
        let answer = match (*question, options) {
            ("INH-OWN", [text]) => Answer::of(AnswerValue::Text((*text).to_owned())),
            ("INH-CTX" | "INH-ANX", many) => Answer::many(many.iter().copied()),
            (_, [one]) => Answer::one(*one),
            (_, many) => Answer::many(many.iter().copied()),
        };
        answers.insert((*question).to_owned(), answer);
    }
    answers
}
