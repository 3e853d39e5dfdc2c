//! What a database says of itself, for the operator's check. Reads only.

use super::{
    connect::{Database, one_text},
    error::StoreError,
};
use chrono::{DateTime, Utc};
use entity::audit_event;
use migration::Migrator;
use sea_orm::{ConnectionTrait as _, DbBackend, EntityTrait as _, QueryOrder as _, Statement};
use sea_orm_migration::MigratorTrait as _;
use std::collections::BTreeSet;

/// What was found.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Product and version.
    pub product: String,
    /// The settings that keep answers, in words.
    pub settings: String,
    /// The first thing that is wrong inside a SQLite file.
    pub damage: Option<String>,
    /// The clock of a PostgreSQL server.
    pub clock: Option<DateTime<Utc>>,
    /// Steps of the schema that have not run.
    pub missing_steps: usize,
    /// Steps that have run and that this build does not know.
    pub unknown_steps: usize,
    /// What a current schema holds; none where it is not current.
    pub contents: Option<Contents>,
}

/// What the operator wants to know of the rows.
#[derive(Clone, Debug)]
pub struct Contents {
    /// When the newest audit event was recorded.
    pub newest_event: Option<DateTime<Utc>>,
    /// Jobs that were given up.
    pub dead_jobs: u64,
}

impl Database {
    /// Looks at the database.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn inspect(&self) -> Result<Facts, StoreError> {
        let (missing_steps, unknown_steps) = self.schema_steps().await?;
        let contents = match (missing_steps, unknown_steps) {
            (0, 0) => Some(self.contents().await?),
            _ => None,
        };
        let reader = self.reader();
        let mut facts = match self.backend() {
            DbBackend::Postgres => {
                let version = one_text(reader, "SELECT current_setting('server_version')").await?;
                let mut settings = Vec::new();
                for name in ["fsync", "full_page_writes", "synchronous_commit"] {
                    let value = one_text(reader, &format!("SELECT current_setting('{name}')")).await?;
                    settings.push(format!("{name} {value}"));
                }
                Facts::of(format!("PostgreSQL {version}"), settings.join(", "))
            }
            _ => {
                let version = one_text(reader, "SELECT sqlite_version()").await?;
                let mode = one_text(reader, "SELECT journal_mode FROM pragma_journal_mode").await?;
                // Connecting refuses everything but FULL.
                let settings = format!("journal {mode}, synchronous full");
                let checked = one_text(reader, "PRAGMA quick_check(1)").await?;
                Facts {
                    damage: (checked != "ok").then_some(checked),
                    ..Facts::of(format!("SQLite {version}"), settings)
                }
            }
        };
        facts.clock = self.clock().await?;
        Ok(Facts { missing_steps, unknown_steps, contents, ..facts })
    }

    /// What the clock of a PostgreSQL server shows; SQLite has none of its own.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn clock(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        if self.backend() != DbBackend::Postgres {
            return Ok(None);
        }
        let ask = Statement::from_string(DbBackend::Postgres, "SELECT clock_timestamp()");
        let row = self.reader().query_one_raw(ask).await?.ok_or(StoreError::NotFound)?;
        Ok(Some(row.try_get_by_index(0)?))
    }

    /// Whether a step of the schema was ever made.
    pub(super) async fn has_schema(&self) -> Result<bool, StoreError> {
        let sql = match self.backend() {
            DbBackend::Postgres => "SELECT to_regclass('seaql_migrations') IS NOT NULL",
            _ => "SELECT count(*) > 0 FROM sqlite_schema WHERE name = 'seaql_migrations'",
        };
        let row = self.reader().query_one_raw(Statement::from_string(self.backend(), sql)).await?;
        Ok(row.ok_or(StoreError::NotFound)?.try_get_by_index(0)?)
    }

    /// How many steps of the schema are missing, and how many are none of ours.
    pub(super) async fn schema_steps(&self) -> Result<(usize, usize), StoreError> {
        let known: BTreeSet<String> =
            Migrator::migrations().iter().map(|step| step.name().to_owned()).collect();
        if !self.has_schema().await? {
            return Ok((known.len(), 0));
        }
        let ask = Statement::from_string(self.backend(), "SELECT version FROM seaql_migrations");
        let rows = self.reader().query_all_raw(ask).await?;
        let names = rows.iter().map(|row| row.try_get_by_index::<String>(0));
        let applied = names.collect::<Result<BTreeSet<_>, _>>()?;
        Ok((known.difference(&applied).count(), applied.difference(&known).count()))
    }

    #[expect(clippy::disallowed_methods, reason = "the operator's check is about all tenants")]
    async fn contents(&self) -> Result<Contents, StoreError> {
        let newest = audit_event::Entity::find().order_by_desc(audit_event::Column::At);
        Ok(Contents {
            newest_event: newest.one(self.reader()).await?.map(|event| event.at),
            dead_jobs: self.count_jobs("dead").await?,
        })
    }
}

impl Facts {
    fn of(product: String, settings: String) -> Self {
        Self {
            product,
            settings,
            damage: None,
            clock: None,
            missing_steps: 0,
            unknown_steps: 0,
            contents: None,
        }
    }
}
