//! Two reviewers who judge one answer at the same moment: one verdict stands, and the trail tells of it alone (C-08).

use super::seed::handed_in;
use api::domain::Role;
use entity::{audit_event, review_verdict};
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _};
use serde_json::{Value, json};
use tests::{app::TestApp, database::TestDatabase, on_both_databases};
use uuid::Uuid;

on_both_databases!(c_08_of_an_approval_and_a_rejection_at_once_one_stands_and_the_trail_has_it_alone);

/// Answers with partial credit, so that both verdicts mean something.
const ANSWERED: [(&str, &str); 3] =
    [("SEC-GOV-01", "informal"), ("SEC-GOV-02", "partial"), ("SEC-GOV-03", "m24")];
/// How often each answer is judged by both.
const ROUNDS: usize = 6;

/// What is told of a verdict: of which answer, which one, with which credit, by whom.
type Told = (String, String, Value, Option<Uuid>);

/// What the trail tells of verdicts, in order.
async fn trail(app: &TestApp) -> Vec<Told> {
    let all = app.services.database.across_tenants("test");
    let events = all.find::<audit_event::Entity>();
    let events = events.filter(audit_event::Column::Act.eq("review.verdict_given"));
    let events = events.order_by_asc(audit_event::Column::Seq).all(all.connection()).await.unwrap();
    let told = |event: audit_event::Model| {
        let after = event.after.unwrap();
        let text = |name: &str| after[name].as_str().unwrap().to_owned();
        (text("question"), text("verdict"), after["credit"].clone(), event.actor_id)
    };
    events.into_iter().map(told).collect()
}

async fn c_08_of_an_approval_and_a_rejection_at_once_one_stands_and_the_trail_has_it_alone(
    database: TestDatabase,
) {
    let app = TestApp::on(database).await;
    let seeded = handed_in(&app, "Lumen Analytics", &ANSWERED).await;
    let approver = (app.signed_in(Role::RiskManager).await, app.ctx(Role::RiskManager).await.user().id.0);
    let rejecter = (app.signed_in(Role::Admin).await, app.ctx(Role::Admin).await.user().id.0);
    let approval = [("verdict", "accepted"), ("credit", ""), ("reason", "")];
    let rejection = [("verdict", "adjusted"), ("credit", "0"), ("reason", "The policy says otherwise.")];
    let mut stood: Vec<Told> = Vec::new();
    // The first verdict on an answer is a new row, and every later one takes the place of the one before.
    for round in 0..ROUNDS {
        for (question, _) in ANSWERED {
            let at = format!("{}/review?show=all&q={question}", seeded.base());
            let form = async |client: &tests::browser::Client| {
                client.open(&at).await.expect(200).form(&format!("{}/review/{question}", seeded.base()))
            };
            let approve = form(&approver.0).await.with(&approval).submit();
            let reject = form(&rejecter.0).await.with(&rejection).submit();
            let (approved, rejected) = match round % 2 {
                0 => futures_util::future::join(approve, reject).await,
                _ => {
                    let (rejected, approved) = futures_util::future::join(reject, approve).await;
                    (approved, rejected)
                }
            };
            let lost = match (approved.status.as_u16(), rejected.status.as_u16()) {
                (200, 412) => {
                    stood.push((question.to_owned(), "accepted".to_owned(), Value::Null, Some(approver.1)));
                    rejected
                }
                (412, 200) => {
                    stood.push((question.to_owned(), "adjusted".to_owned(), json!("0"), Some(rejecter.1)));
                    approved
                }
                statuses => panic!("{question}, round {round}: {statuses:?}\n{}", rejected.text()),
            };
            assert_eq!(lost.problem(), "version-conflict", "{question}, round {round}");
            assert_eq!(trail(&app).await, stood, "{question}, round {round}");
        }
    }
    let all = app.services.database.across_tenants("test");
    let verdicts = all.find::<review_verdict::Entity>().all(all.connection()).await.unwrap();
    assert_eq!(verdicts.len(), ANSWERED.len());
    for verdict in verdicts {
        let newest = stood.iter().rfind(|told| told.0 == verdict.question_id).unwrap();
        assert_eq!((&newest.1, newest.3), (&verdict.verdict, Some(verdict.decided_by)), "what is stored");
        assert_eq!(usize::try_from(verdict.version).unwrap(), ROUNDS, "one version for each that stood");
    }
    let by = |who: Uuid| stood.iter().filter(|told| told.3 == Some(who)).count();
    assert!(by(approver.1) > 0 && by(rejecter.1) > 0, "they really race: {stood:?}");
}
