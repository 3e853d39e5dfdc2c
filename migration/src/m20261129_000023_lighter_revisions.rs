//! Saves write less: a revision belongs to a tenant through its assessment, and nothing points at one by its id.
//!
//! On PostgreSQL the reference to the tenant locked the tenant's one row for every save, and whoever saves at the same
//! time shared that lock, which is written down each time.

use crate::portable::NewTable;
use sea_orm_migration::{prelude::*, schema::*, sea_orm::DbBackend};

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLE: &str = "answer_revision";
const BEFORE: &str = "answer_revision_before";
const TO_TENANT: &str = "fk_answer_revision_tenant_id";
const PAIR: &str = "uq_answer_revision_id";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Sqlite {
            return rebuild(manager, NewTable::owned_through_another(TABLE), &[PAIR]).await;
        }
        manager.drop_foreign_key(ForeignKey::drop().name(TO_TENANT).table(TABLE).to_owned()).await?;
        manager.drop_index(Index::drop().name(PAIR).table(TABLE).to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Sqlite {
            return rebuild(manager, NewTable::tenant_owned(TABLE), &[]).await;
        }
        let to_tenant =
            ForeignKey::create().name(TO_TENANT).from(TABLE, "tenant_id").to("tenant", "id").to_owned();
        manager.create_foreign_key(to_tenant).await?;
        let pair = Index::create().name(PAIR).table(TABLE).col("tenant_id").col("id").unique().to_owned();
        manager.create_index(pair).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// SQLite drops and adds no reference: the rows move to a new table. `pair` is the index that only the old one has.
async fn rebuild(manager: &SchemaManager<'_>, table: NewTable, pair: &[&str]) -> Result<(), DbErr> {
    manager.rename_table(Table::rename().table(TABLE, BEFORE).to_owned()).await?;
    let others =
        ["uq_answer_revision_assessment_id_mutation_id", "uq_answer_revision_assessment_id_question_id_rev"];
    for index in others.iter().chain(pair) {
        manager.drop_index(Index::drop().name(*index).table(BEFORE).to_owned()).await?;
    }
    table
        .reference("assessment_id", "assessment")
        .column(text("question_id"))
        .at_least(1, big_integer("rev"))
        .column(json_null("value"))
        .column(text_null("note"))
        .column(text("mutation_id"))
        .column(text("source"))
        .optional_reference("saved_by_respondent", "respondent")
        .optional_reference("saved_by_user", "user_account")
        .column(timestamp_with_time_zone("saved_at"))
        .unique(&["assessment_id", "mutation_id"])
        .unique(&["assessment_id", "question_id", "rev"])
        .create(manager)
        .await?;
    let columns = "id, tenant_id, assessment_id, question_id, rev, value, note, mutation_id, source, \
                   saved_by_respondent, saved_by_user, saved_at";
    let copy = format!("INSERT INTO {TABLE} ({columns}) SELECT {columns} FROM {BEFORE}");
    manager.get_connection().execute_unprepared(&copy).await?;
    manager.drop_table(Table::drop().table(BEFORE).to_owned()).await
}
