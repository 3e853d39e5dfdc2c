//! The worst residual risk that is kept with a vendor is that of its services' latest assessments, whatever happens to
//! them and in whichever order.

use crate::seed::{Submission, submitted};
use api::{
    domain::{
        Role,
        assessment::{Assessment, AssessmentState},
        ids::AssessmentId,
    },
    store::{self, Scoped as _, scores::NewSnapshot},
    usecases::Ctx,
};
use chrono::Duration;
use entity::{assessment, score_snapshot, vendor};
use migration::Migrator;
use questionnaires::risk::residual::ResidualLevel;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use sea_orm_migration::MigratorTrait as _;
use std::collections::{BTreeMap, BTreeSet};
use tests::{app::TestApp, database::TestDatabase, on_both_databases};
use uuid::Uuid;

on_both_databases!(the_worst_residual_of_a_vendor_follows_its_assessments);

const LEVELS: [Option<ResidualLevel>; 5] = [
    None,
    Some(ResidualLevel::Low),
    Some(ResidualLevel::Moderate),
    Some(ResidualLevel::High),
    Some(ResidualLevel::Critical),
];

/// What is kept with each vendor, and what the rows of assessments and snapshots say.
async fn kept_and_computed(ctx: &Ctx) -> (BTreeMap<Uuid, i32>, BTreeMap<Uuid, i32>) {
    let s = ctx.scope();
    let vendors = s.find::<vendor::Entity>().all(s.connection()).await.unwrap();
    let assessments = s.find::<assessment::Entity>().all(s.connection()).await.unwrap();
    let snapshots = s.find::<score_snapshot::Entity>().all(s.connection()).await.unwrap();
    let mut newest: BTreeMap<Uuid, (i32, i32)> = BTreeMap::new();
    for row in snapshots {
        let level = LEVELS.iter().position(|level| level.map(|l| l.as_str()) == row.residual.as_deref());
        let this = (row.number, i32::try_from(level.unwrap()).unwrap());
        let known = newest.entry(row.assessment_id).or_insert(this);
        *known = this.max(*known);
    }
    let mut latest = BTreeMap::new();
    for row in assessments {
        if ["submitted", "in_review", "returned", "decided"].contains(&row.state.as_str()) {
            let level = newest.get(&row.id).map_or(0, |(_, level)| *level);
            let this = (row.submitted_at, row.id, row.vendor_id, level);
            let known = latest.entry(row.service_id).or_insert(this);
            *known = this.max(*known);
        }
    }
    let mut computed: BTreeMap<Uuid, i32> = vendors.iter().map(|vendor| (vendor.id, 0)).collect();
    for (_, _, vendor, level) in latest.into_values() {
        let worst = computed.get_mut(&vendor).unwrap();
        *worst = level.max(*worst);
    }
    (vendors.into_iter().map(|vendor| (vendor.id, vendor.worst_residual)).collect(), computed)
}

/// Moves an assessment to some state, at a later time of submission or at the same.
async fn moved(ctx: &Ctx, random: &mut StdRng, id: AssessmentId) {
    let mut tx = ctx.begin_write().await.unwrap();
    let found = store::assessments::assessment(&tx, id).await.unwrap().unwrap();
    let state = AssessmentState::ALL[random.random_range(0..AssessmentState::ALL.len())];
    let submitted_at = Some(ctx.now() + Duration::minutes(random.random_range(0..5)));
    let submission_number = found.submission_number + 1;
    let moved = Assessment { state, submitted_at, submission_number, ..found };
    store::assessments::update(&mut tx, &moved).await.unwrap();
    tx.commit_unaudited("test data").await.unwrap();
}

/// Scores an assessment anew, with some residual risk.
async fn scored(ctx: &Ctx, random: &mut StdRng, id: AssessmentId) {
    let mut tx = ctx.begin_write().await.unwrap();
    let before = store::scores::latest_snapshot(&tx, id).await.unwrap().unwrap();
    let mut score = before.score;
    score.residual = LEVELS[random.random_range(0..LEVELS.len())];
    let new = NewSnapshot {
        id: ctx.id(),
        assessment_id: id,
        number: before.number + 1,
        reason: before.reason,
        submission_number: before.submission_number,
        inputs: before.inputs,
        score,
        created_at: ctx.now(),
        created_by: None,
    };
    store::scores::insert_snapshot(&mut tx, &new).await.unwrap();
    tx.commit_unaudited("test data").await.unwrap();
}

/// Takes the kept residual risks away and does the schema step again that fills them.
async fn filled_again(url: &str) {
    let steps = Migrator::migrations();
    let since = steps.iter().rev().position(|step| step.name().ends_with("worst_residual")).unwrap() + 1;
    let raw = sea_orm::Database::connect(url).await.unwrap();
    Migrator::down(&raw, Some(u32::try_from(since).unwrap())).await.unwrap();
    Migrator::up(&raw, None).await.unwrap();
    raw.close().await.unwrap();
}

async fn the_worst_residual_of_a_vendor_follows_its_assessments(database: TestDatabase) {
    let url = database.url().to_owned();
    let app = TestApp::on(database).await;
    let ctx = app.ctx(Role::RiskManager).await;
    let asked = &["supplier-security-core"][..];
    let mut all = Vec::new();
    for name in ["Alder", "Birch"] {
        let new = Submission { name, vendor: None, service: None, asked, choices: &[], facts: &[] };
        let first = submitted(&ctx, new).await;
        let again = format!("{name} again");
        let again =
            Submission { name: &again, service: Some(first.service), vendor: Some(first.vendor), ..new };
        let other = format!("{name} other");
        let other = Submission { name: &other, vendor: Some(first.vendor), ..new };
        let (again, other) = (submitted(&ctx, again).await, submitted(&ctx, other).await);
        all.extend([first.assessment, again.assessment, other.assessment]);
    }
    let mut random = StdRng::seed_from_u64(72);
    let mut seen = BTreeSet::new();
    for step in 0..120 {
        let id = all[random.random_range(0..all.len())];
        if random.random_bool(0.5) {
            moved(&ctx, &mut random, id).await;
        } else {
            scored(&ctx, &mut random, id).await;
        }
        let (kept, computed) = kept_and_computed(&ctx).await;
        assert_eq!(kept, computed, "step {step}");
        seen.extend(kept.into_values());
    }
    assert_eq!(seen, BTreeSet::from([0, 1, 2, 3, 4]));
    // Whoever comes from a version that did not keep it yet has it as well.
    scored(&ctx, &mut random, all[0]).await;
    filled_again(&url).await;
    let (kept, computed) = kept_and_computed(&ctx).await;
    assert_eq!(kept, computed);
    assert!(kept.values().any(|level| *level > 0));
}
