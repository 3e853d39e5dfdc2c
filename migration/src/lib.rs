//! Append-only schema steps, one per capability, for SQLite and PostgreSQL alike.
//!
//! To change the schema: add a file `mYYYYMMDD_NNNNNN_<what>.rs`, list it below, and leave the older files alone:
//! they have run on somebody's data. Every step runs in a transaction and has a `down` that undoes it.

use sea_orm_migration::prelude::*;

mod m20261124_000001_accounts;
mod m20261124_000002_operations;
mod m20261124_000003_vendors;
mod m20261124_000004_questionnaires;
mod m20261124_000005_assessments;
mod m20261124_000006_invitations;
mod m20261124_000007_answers;
mod m20261124_000008_reviews;
mod m20261124_000009_remediation;
mod m20261124_000010_evidence;
mod m20261124_000011_mail;
mod m20261127_000012_audit_chain;
mod m20261127_000013_audit_indexes;
mod m20261127_000014_signing_keys;
mod m20261127_000015_vendor_list;
mod m20261127_000016_lists;
mod m20261128_000017_search;
mod m20261128_000018_reassessments;
mod m20261128_000019_saved_views;
mod m20261128_000020_risk_acceptances;
mod m20261129_000021_action_owners;
mod m20261129_000022_colleagues;
mod m20261129_000023_lighter_revisions;
mod m20261129_000024_worst_residual;
mod m20261130_000025_respondent_view;
mod portable;

/// All steps, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261124_000001_accounts::Migration),
            Box::new(m20261124_000002_operations::Migration),
            Box::new(m20261124_000003_vendors::Migration),
            Box::new(m20261124_000004_questionnaires::Migration),
            Box::new(m20261124_000005_assessments::Migration),
            Box::new(m20261124_000006_invitations::Migration),
            Box::new(m20261124_000007_answers::Migration),
            Box::new(m20261124_000008_reviews::Migration),
            Box::new(m20261124_000009_remediation::Migration),
            Box::new(m20261124_000010_evidence::Migration),
            Box::new(m20261124_000011_mail::Migration),
            Box::new(m20261127_000012_audit_chain::Migration),
            Box::new(m20261127_000013_audit_indexes::Migration),
            Box::new(m20261127_000014_signing_keys::Migration),
            Box::new(m20261127_000015_vendor_list::Migration),
            Box::new(m20261127_000016_lists::Migration),
            Box::new(m20261128_000017_search::Migration),
            Box::new(m20261128_000018_reassessments::Migration),
            Box::new(m20261128_000019_saved_views::Migration),
            Box::new(m20261128_000020_risk_acceptances::Migration),
            Box::new(m20261129_000021_action_owners::Migration),
            Box::new(m20261129_000022_colleagues::Migration),
            Box::new(m20261129_000023_lighter_revisions::Migration),
            Box::new(m20261129_000024_worst_residual::Migration),
            Box::new(m20261130_000025_respondent_view::Migration),
        ]
    }
}
