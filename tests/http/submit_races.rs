//! Handing in while answers are saved, evidence is added and taken back, and a link is revoked (C-06).

use crate::{
    submission::declaration,
    vendor_side::{options, respondent},
};
use api::{
    domain::{Role, ids::AssessmentId},
    usecases::{assessments, respondents},
};
use entity::{answer, evidence_citation, submission};
use futures_util::future::{join_all, join4};
use sea_orm::{ColumnTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _};
use serde_json::Value;
use tests::{app::TestApp, browser::Client, database::TestDatabase, on_both_databases};

on_both_databases!(
    c_06_what_is_handed_in_is_what_is_stored_whatever_is_saved_at_the_same_moment,
    c_06_a_link_that_is_revoked_hands_in_before_or_not_at_all,
);

const ROUNDS: usize = 12;
const SAVED: [&str; 3] = ["SEC-GOV-01", "SEC-GOV-02", "SEC-GOV-03"];
const WITH_EVIDENCE: &str = "SEC-GOV-04";

fn id_of(path: &str) -> AssessmentId {
    path.rsplit('/').next().unwrap().parse().unwrap()
}

/// Saves one question four times, each time from what was stored before; gives how many were acknowledged. Once a save
/// was refused none is acknowledged.
async fn save_on(vendor: &Client, question: &str, choice: &str, round: usize) -> usize {
    let address = format!("/portal/questions/{question}");
    let page = vendor.open(&address).await.expect(200);
    let Some(form) = page.try_form(&address) else { return 0 };
    let first: i64 = form.values()["revision"][0].parse().unwrap();
    let mut saved = 0;
    for turn in 0..4_i64 {
        let form = form.clone().set("revision", &(first + turn).to_string()).set("choice", choice);
        let form = form.set("mutation", &format!("{question}-{round}-{turn}"));
        match form.set("note", &format!("Round {round}, save {turn}.")).submit().await.status.as_u16() {
            200 => saved += 1,
            409 => return saved,
            other => panic!("{question}, round {round}, save {turn}: {other}"),
        }
    }
    saved
}

/// What was handed in last holds every answer and every use of evidence as they are stored, and nothing else.
async fn handed_in_is_stored(app: &TestApp, round: usize) {
    let all = app.services.database.across_tenants("test");
    let newest = all.find::<submission::Entity>().order_by_desc(submission::Column::Number);
    let newest = newest.one(all.connection()).await.unwrap().unwrap();
    let handed_in: Value = serde_json::from_str(&newest.answers).unwrap();
    let handed_in = handed_in["answers"].as_object().unwrap();
    let rows = all.find::<answer::Entity>().all(all.connection()).await.unwrap();
    for row in rows.iter().filter(|row| SAVED.contains(&&*row.question_id)) {
        let entry = &handed_in[&row.question_id];
        let (rev, note) = (entry["rev"].as_i64(), entry["note"].as_str());
        assert_eq!((rev, note), (Some(row.rev), row.note.as_deref()), "round {round}, {}", row.question_id);
    }
    let uses = all.find::<evidence_citation::Entity>();
    let uses = uses.filter(evidence_citation::Column::RemovedAt.is_null()).count(all.connection()).await;
    let handed: usize =
        handed_in.values().filter_map(|entry| entry["evidence"].as_array().map(Vec::len)).sum();
    assert_eq!(handed as u64, uses.unwrap(), "round {round}: uses of evidence");
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
    let (mut taken, mut refused) = (0, 0);
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
        for status in [added.status.as_u16(), removed.status.as_u16()] {
            assert!([200, 409].contains(&status), "round {round}: {status}");
        }
        taken += saved.iter().sum::<usize>();
        refused += saved.iter().filter(|saved| **saved < 4).count();
        handed_in_is_stored(&app, round).await;
        let version = assessments::view(&ctx, id).await.unwrap().assessment.version;
        assessments::agree_to_amend(&ctx, id, version).await.unwrap();
    }
    assert!(taken > 0 && refused > 0, "they really race: {taken} saved, {refused} came too late");
}

async fn c_06_a_link_that_is_revoked_hands_in_before_or_not_at_all(database: TestDatabase) {
    let app = TestApp::on(database).await;
    let (vendor, path) = respondent(&app).await;
    let page = declaration(&vendor).await;
    let (ctx, id) = (app.ctx(Role::Procurement).await, id_of(&path));
    let lead = assessments::view(&ctx, id).await.unwrap().people[0].respondent.id;
    let submit = page.form("/portal/submit").set("role", "Lead").set("agree", "yes").submit();
    let (submitted, revoked) =
        futures_util::future::join(submit, respondents::revoke(&ctx, id, lead, "Wrong person")).await;
    revoked.unwrap();
    let all = app.services.database.across_tenants("test");
    let count = all.find::<submission::Entity>().count(all.connection()).await.unwrap();
    let acknowledged = submitted.status == 200 && submitted.path == "/portal/receipt";
    // The page behind an acknowledged submission may be refused already, as the link is no more.
    assert!(count == 1 || !acknowledged, "{count} submissions, {} on {}", submitted.status, submitted.path);
    vendor.open("/portal/receipt").await;
    assert!(!vendor.open("/portal/tasks").await.heading().contains("questions left"), "the link is revoked");
}
