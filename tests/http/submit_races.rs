//! Handing in while answers are saved, evidence is added and taken back, answers are opened again, and the link is
//! revoked, reaches its end or is closed (C-06). What came out has to be what acts one after another could have led to,
//! and has to hold every act that was acknowledged.

use crate::{
    procurement,
    submission::declaration,
    vendor_side::{Signed, options, respondent},
};
use api::{
    domain::{
        Role,
        ids::{AssessmentId, RespondentId},
    },
    store::answers::lock,
    usecases::{
        Ctx, SystemCtx, UseCaseError,
        assessments::{self, AssessmentProgress},
        respondents,
    },
};
use chrono::Duration as Span;
use entity::{answer, audit_event, evidence_citation, submission};
use futures_util::future::{join_all, join3, join4};
use sea_orm::{ColumnTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _};
use serde_json::Value;
use std::time::{Duration, Instant};
use tests::{
    app::TestApp,
    browser::{Client, Form, Page},
    database::TestDatabase,
    on_both_databases,
};

on_both_databases!(
    c_06_what_is_handed_in_is_what_is_stored_whatever_is_saved_at_the_same_moment,
    c_06_answers_that_are_opened_again_are_handed_in_after_that_or_refused,
    c_06_a_link_that_is_revoked_hands_in_before_or_not_at_all,
    c_06_a_link_that_reaches_its_end_hands_in_before_or_not_at_all,
    c_06_an_assessment_that_is_called_off_is_handed_in_before_or_not_at_all,
);

const ROUNDS: usize = 12;
const SAVED: [&str; 3] = ["SEC-GOV-01", "SEC-GOV-02", "SEC-GOV-03"];
const WITH_EVIDENCE: &str = "SEC-GOV-04";

fn id_of(path: &str) -> AssessmentId {
    path.rsplit('/').next().unwrap().parse().unwrap()
}

/// What was acknowledged of one question: the revision that its page began with, and how many saves since.
struct Acknowledged {
    question: &'static str,
    first: i64,
    saves: i64,
}

/// Saves one question four times, each time from what was stored before; none when it is closed already. Once a save
/// was refused none is acknowledged.
async fn save_on(
    vendor: &Client,
    question: &'static str,
    choice: &str,
    round: usize,
) -> Option<Acknowledged> {
    let address = format!("/portal/questions/{question}");
    let page = vendor.open(&address).await.expect(200);
    let form = page.try_form(&address)?;
    let first: i64 = form.values()["revision"][0].parse().unwrap();
    let mut saves = 0;
    for turn in 0..4_i64 {
        let form = form.clone().set("revision", &(first + turn).to_string()).set("choice", choice);
        let form = form.set("mutation", &format!("{question}-{round}-{turn}"));
        match form.set("note", &format!("Round {round}, save {turn}.")).submit().await.status.as_u16() {
            200 => saves += 1,
            409 => break,
            other => panic!("{question}, round {round}, save {turn}: {other}"),
        }
    }
    Some(Acknowledged { question, first, saves })
}

/// The answers of every submission of an assessment, in order.
async fn submissions(app: &TestApp, id: AssessmentId) -> Vec<Value> {
    let all = app.services.database.across_tenants("test");
    let rows = all.find::<submission::Entity>().filter(submission::Column::AssessmentId.eq(id.0));
    let rows = rows.order_by_asc(submission::Column::Number).all(all.connection()).await.unwrap();
    let numbers: Vec<i32> = rows.iter().map(|row| row.number).collect();
    assert_eq!(numbers, (1..=i32::try_from(rows.len()).unwrap()).collect::<Vec<_>>());
    rows.iter().map(|row| serde_json::from_str::<Value>(&row.answers).unwrap()["answers"].take()).collect()
}

/// Every answer of an assessment as it is stored.
async fn stored(app: &TestApp, id: AssessmentId) -> Vec<answer::Model> {
    let all = app.services.database.across_tenants("test");
    let rows = all.find::<answer::Entity>().filter(answer::Column::AssessmentId.eq(id.0));
    rows.all(all.connection()).await.unwrap()
}

/// What was done to an assessment, in order.
async fn acts(app: &TestApp, id: AssessmentId) -> Vec<String> {
    let all = app.services.database.across_tenants("test");
    let events = all.find::<audit_event::Entity>().filter(audit_event::Column::AssessmentId.eq(id.0));
    let events = events.order_by_asc(audit_event::Column::Seq).all(all.connection()).await.unwrap();
    events.into_iter().map(|event| event.act).collect()
}

/// What was handed in holds the answers as they are stored: none was saved after it.
async fn handed_in_is_stored(app: &TestApp, id: AssessmentId, handed_in: &Value, round: usize) {
    for row in stored(app, id).await {
        let entry = &handed_in[&row.question_id];
        let (rev, note) = (entry["rev"].as_i64(), entry["note"].as_str());
        assert_eq!((rev, note), (Some(row.rev), row.note.as_deref()), "round {round}, {}", row.question_id);
    }
}

async fn c_06_what_is_handed_in_is_what_is_stored_whatever_is_saved_at_the_same_moment(
    database: TestDatabase,
) {
    let app = TestApp::on(database).await;
    let (vendor, path) = respondent(&app).await;
    let mut choices = Vec::new();
    for question in SAVED {
        choices.push(options(&vendor, question).await.remove(0));
    }
    declaration(&vendor).await;
    let (ctx, id) = (app.ctx(Role::Procurement).await, id_of(&path));
    let (mut taken, mut refused, mut uses) = (0, 0, 0);
    for round in 0..ROUNDS {
        let page = vendor.open(&format!("/portal/questions/{WITH_EVIDENCE}")).await.expect(200);
        let add = page.form("/link").set("url", &format!("https://lumen.example/{round}"));
        let page = add.submit().await.expect(200);
        let remove = page.form("/remove");
        let add = page.form("/link").set("url", &format!("https://lumen.example/late-{round}"));
        let submit = vendor.open("/portal/submit").await.expect(200);
        let submit = submit.form("/portal/submit").set("role", "Lead").set("agree", "yes");
        let handing_in = async {
            // A little later in each round, so that it meets the saves at every stage.
            for _ in 0..round % 4 {
                vendor.open("/portal/check").await.expect(200);
            }
            submit.submit().await.expect(200)
        };
        let saving = SAVED.iter().zip(&choices).map(|(one, choice)| save_on(&vendor, one, choice, round));
        let (receipt, saved, added, removed) =
            join4(handing_in, join_all(saving), add.submit(), remove.submit()).await;
        assert_eq!(receipt.path, "/portal/receipt");
        let handed_in = submissions(&app, id).await.pop().unwrap();
        handed_in_is_stored(&app, id, &handed_in, round).await;
        for Acknowledged { question, first, saves } in saved.iter().flatten() {
            let rev = handed_in[question]["rev"].as_i64().unwrap_or(0);
            assert_eq!(rev, first + saves, "round {round}, {question}: every save that was acknowledged");
        }
        let acknowledged = |page: &Page| match page.status.as_u16() {
            200 => 1,
            409 => 0,
            other => panic!("round {round}: {other}"),
        };
        uses = uses + 1 + acknowledged(&added) - acknowledged(&removed);
        let all = app.services.database.across_tenants("test");
        let cited = all.find::<evidence_citation::Entity>();
        let cited = cited.filter(evidence_citation::Column::RemovedAt.is_null());
        let cited = usize::try_from(cited.count(all.connection()).await.unwrap()).unwrap();
        let handed = handed_in[WITH_EVIDENCE]["evidence"].as_array().map_or(0, Vec::len);
        assert_eq!((handed, cited), (uses, uses), "round {round}: uses of evidence");
        taken += saved.iter().flatten().map(|one| one.saves).sum::<i64>();
        refused += saved.iter().filter(|one| one.as_ref().is_none_or(|one| one.saves < 4)).count();
        let version = assessments::view(&ctx, id).await.unwrap().assessment.version;
        assessments::agree_to_amend(&ctx, id, version).await.unwrap();
    }
    assert!(taken > 0 && refused > 0, "they really race: {taken} saved, {refused} came too late");
}

/// Somebody who can hand in a short questionnaire, and whose browser stops at redirects.
struct Ready {
    vendor: Signed,
    id: AssessmentId,
    lead: RespondentId,
    /// Of the assessment.
    version: i64,
    /// The declaration, filled in.
    submit: Form,
}

const RACED: &str = "SUB-02";

/// Saves the answer that is raced with, from this revision.
async fn save(vendor: &Signed, choice: &str, revision: i64) -> Page {
    let (revision, note) = (revision.to_string(), format!("Saved from revision {revision}."));
    let mutation = format!("from-{revision}");
    let fields =
        [("revision", revision.as_str()), ("mutation", &mutation), ("choice", choice), ("note", &note)];
    vendor.post(&format!("/portal/questions/{RACED}"), &fields).await
}

/// Whether the vendor's act was acknowledged, or else refused as one that comes too late.
fn acknowledged(page: &Page) -> bool {
    match page.status.as_u16() {
        303 => true,
        401 | 409 => false,
        other => panic!("{other} on {}:\n{}", page.path, page.text()),
    }
}

async fn view(app: &TestApp, id: AssessmentId) -> AssessmentProgress {
    assessments::view(&app.ctx(Role::Procurement).await, id).await.unwrap()
}

/// A questionnaire of its own for each round, with one saved answer and nothing in the way of the declaration.
async fn ready(app: &TestApp, round: usize) -> Ready {
    let staff = app.signed_in(Role::Procurement).await;
    let to = format!("priya-{round}@lumen.example");
    let (vendor, service) = (format!("Lumen {round}"), format!("Lumen Hire {round}"));
    let id = id_of(&procurement::sent_short(&staff, &vendor, &service, ("Priya Shah", &to)).await);
    app.run_jobs().await;
    let vendor = Signed::come_in(app, &to).await;
    save(&vendor, "fixed", 0).await.expect(303);
    let check = vendor.client.open("/portal/check").await.expect(200);
    for link in check.attributes(".sumlist > div:has(.tag) a", "href") {
        let address = format!("/portal/questions/{}", link.rsplit('#').next().unwrap());
        let page = vendor.client.open(&address).await.expect(200);
        let form = page.form(&address);
        let form = if page.body.contains("type=\"radio\"") {
            form.set("choice", "-unknown")
        } else {
            form.without("choice").set("unknown", "yes")
        };
        form.submit().await.expect(303);
    }
    let page = vendor.client.open("/portal/submit").await.expect(200);
    let submit = page.form("/portal/submit").set("role", "Lead").set("agree", "yes");
    let view = view(app, id).await;
    Ready { vendor, id, lead: view.people[0].respondent.id, version: view.assessment.version, submit }
}

/// How somebody who hands in meets what ends or opens it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// One is acknowledged before the other begins.
    SubmitFirst,
    EndFirst,
    /// Both have been let in and wait for the assessment, in this order.
    SubmitWaitsFirst,
    EndWaitsFirst,
    /// Both begin, the end after so many parts of the time that a submission takes.
    Together(u32),
}

const PARTS: u32 = 8;

impl Order {
    /// Every one, each once.
    fn all() -> impl Iterator<Item = Self> {
        let named = [Self::SubmitFirst, Self::EndFirst, Self::SubmitWaitsFirst, Self::EndWaitsFirst];
        named.into_iter().chain((0..PARTS).map(Self::Together))
    }
}

/// Hands in, saves once more and does what ends it. Gives whether the first two were acknowledged, and what came of the
/// end. `takes` is how long a submission takes that nothing disturbs: the first order measures it.
async fn meet<T>(
    order: Order,
    takes: &mut Duration,
    (ctx, id): (&Ctx, AssessmentId),
    (submit, save): (Form, impl Future<Output = Page>),
    end: impl Future<Output = T>,
) -> (bool, bool, T) {
    let begun = Instant::now();
    let later = async |wait: Duration| tokio::time::sleep(wait).await;
    let long = *takes * 2 + Duration::from_millis(50);
    let (submitted, saved, ended) = match order {
        Order::SubmitFirst => {
            let submitted = submit.submit().await;
            *takes = begun.elapsed();
            (submitted, save.await, end.await)
        }
        Order::EndFirst => {
            let ended = end.await;
            (submit.submit().await, save.await, ended)
        }
        Order::Together(part) => {
            let end = async {
                later(*takes * part / PARTS).await;
                end.await
            };
            join3(submit.submit(), save, end).await
        }
        Order::SubmitWaitsFirst | Order::EndWaitsFirst => {
            let held = ctx.begin_write().await.unwrap();
            lock(&held, id).await.unwrap();
            let (submit_after, end_after) = match order {
                Order::EndWaitsFirst => (long, Duration::ZERO),
                _ => (Duration::ZERO, long),
            };
            let submit = async {
                later(submit_after).await;
                submit.submit().await
            };
            let end = async {
                later(end_after).await;
                end.await
            };
            let let_go = async {
                later(long * 2).await;
                drop(held);
            };
            let (submitted, saved, ended, ()) = join4(submit, save, end, let_go).await;
            (submitted, saved, ended)
        }
    };
    (acknowledged(&submitted), acknowledged(&saved), ended)
}

async fn c_06_answers_that_are_opened_again_are_handed_in_after_that_or_refused(database: TestDatabase) {
    let app = TestApp::on(database).await;
    let Ready { vendor, id, submit, .. } = ready(&app, 0).await;
    submit.clone().submit().await.expect(303);
    let ctx = app.ctx(Role::Procurement).await;
    let (mut takes, mut revision) = (Duration::ZERO, 1);
    for (round, order) in Order::all().enumerate() {
        let (before, said) = (submissions(&app, id).await, acts(&app, id).await);
        let version = view(&app, id).await.assessment.version;
        let again = submit.clone().set("mutation", &format!("again-{round}"));
        // The other one in each round, as nothing is written of what is stored already.
        let saving = save(&vendor, if round % 2 == 0 { "notice" } else { "fixed" }, revision);
        let opening = assessments::agree_to_amend(&ctx, id, version);
        let (submitted, saved, opened) = meet(order, &mut takes, (&ctx, id), (again, saving), opening).await;
        opened.unwrap();
        let mut expected = vec!["assessment.amendment_agreed"];
        if submitted {
            expected.push("assessment.submitted");
        }
        assert_eq!(acts(&app, id).await[said.len()..], expected, "{order:?}");
        revision += i64::from(saved);
        let raced = stored(&app, id).await.into_iter().find(|row| row.question_id == RACED).unwrap();
        assert_eq!(raced.rev, revision, "{order:?}: what was acknowledged is stored, and nothing else");
        if !submitted {
            submit.clone().set("mutation", &format!("after-{round}")).submit().await.expect(303);
        }
        let after = submissions(&app, id).await;
        assert_eq!(after.len(), before.len() + 1, "{order:?}");
        assert_eq!(after[..before.len()], before, "{order:?}: earlier submissions stay as they were");
        handed_in_is_stored(&app, id, &after[before.len()], round).await;
        assert!(order != Order::SubmitFirst || !submitted, "before it is opened again it is refused");
        assert!(order != Order::EndFirst || submitted, "and once it is it is taken");
    }
}

/// Rounds in which a questionnaire is handed in and ends at the same moment. `end` gives whether it took place.
async fn handed_in_before_it_ends_or_not_at_all(
    app: &TestApp,
    act: &str,
    ends_what_is_handed_in: bool,
    end: impl AsyncFn(&TestApp, &Ready) -> bool,
) {
    let ctx = app.ctx(Role::Procurement).await;
    let mut takes = Duration::ZERO;
    for (round, order) in Order::all().enumerate() {
        let ready = ready(app, round).await;
        let saving = save(&ready.vendor, "notice", 1);
        let acts_of_vendor = (ready.submit.clone(), saving);
        let (submitted, saved, ended) =
            meet(order, &mut takes, (&ctx, ready.id), acts_of_vendor, end(app, &ready)).await;
        let said = acts(app, ready.id).await;
        let at = |act: &str| said.iter().position(|one| one == act);
        let (submitted_at, ended_at) = (at("assessment.submitted"), at(act));
        assert_eq!(submitted_at.is_some(), submitted, "{order:?}: {said:?}");
        assert_eq!(ended_at.is_some(), ended, "{order:?}: {said:?}");
        match (submitted_at, ended_at) {
            (Some(submitted_at), Some(ended_at)) => {
                assert!(ends_what_is_handed_in, "{order:?}: {said:?}");
                assert!(submitted_at < ended_at, "{order:?}: handed in through a dead link: {said:?}");
            }
            (None, None) => panic!("{order:?}: neither took place: {said:?}"),
            _ => {}
        }
        let kept = submissions(app, ready.id).await;
        assert_eq!(kept.len(), usize::from(submitted), "{order:?}");
        let raced = stored(app, ready.id).await.into_iter().find(|row| row.question_id == RACED).unwrap();
        assert_eq!(raced.rev, 1 + i64::from(saved), "{order:?}: what was acknowledged is stored");
        if let Some(handed_in) = kept.first() {
            handed_in_is_stored(app, ready.id, handed_in, round).await;
        }
        if ended {
            save(&ready.vendor, "list", raced.rev).await.expect(401);
            let again = ready.submit.set("mutation", "too-late").submit().await;
            again.expect(401);
            assert_eq!(submissions(app, ready.id).await, kept, "{order:?}: its link is dead");
        }
        assert!(order != Order::SubmitFirst || submitted, "what is handed in first is handed in");
        assert!(order != Order::EndFirst || !submitted, "what has ended is not handed in");
    }
}

async fn c_06_a_link_that_is_revoked_hands_in_before_or_not_at_all(database: TestDatabase) {
    let app = TestApp::on(database).await;
    let ctx = app.ctx(Role::Procurement).await;
    let revoke = async |_: &TestApp, ready: &Ready| {
        respondents::revoke(&ctx, ready.id, ready.lead, "Wrong person").await.unwrap();
        true
    };
    handed_in_before_it_ends_or_not_at_all(&app, "invitation.revoked", true, revoke).await;
}

async fn c_06_a_link_that_reaches_its_end_hands_in_before_or_not_at_all(database: TestDatabase) {
    let app = TestApp::on(database).await;
    let expire = async |app: &TestApp, ready: &Ready| {
        // Every link of this test ends at the same time after it was sent.
        app.advance(Span::days(90));
        let system = SystemCtx::new(app.services.clone(), "test");
        match respondents::expire_assessments(&system).await {
            Ok(ended) => ended.expired == 1,
            // It was handed in while the timer had it in hands; the timer tries again later.
            Err(UseCaseError::VersionConflict(_)) => {
                let again = respondents::expire_assessments(&system).await.unwrap();
                assert_eq!(again.expired, 0, "{} was handed in", ready.id);
                false
            }
            Err(other) => panic!("{other}"),
        }
    };
    handed_in_before_it_ends_or_not_at_all(&app, "assessment.expired", false, expire).await;
}

async fn c_06_an_assessment_that_is_called_off_is_handed_in_before_or_not_at_all(database: TestDatabase) {
    let app = TestApp::on(database).await;
    let ctx = app.ctx(Role::Procurement).await;
    let cancel = async |_: &TestApp, ready: &Ready| match assessments::cancel(
        &ctx,
        ready.id,
        ready.version,
        "Not needed any more",
    )
    .await
    {
        Ok(()) => true,
        Err(UseCaseError::VersionConflict(_)) => false,
        Err(other) => panic!("{other}"),
    };
    handed_in_before_it_ends_or_not_at_all(&app, "assessment.cancelled", false, cancel).await;
}
