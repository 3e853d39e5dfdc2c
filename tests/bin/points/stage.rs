//! A service that is killed where a test says, and started again.

use super::Kind;
use anyhow::{Context as _, bail, ensure};
use futures_util::future;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement, TryGetable};
use sqlx::{Connection as _, PgConnection};
use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use tests::{
    browser::Client,
    faults::{Fault, Faults},
    postgres::Cluster,
    procurement,
    server::{Place, Post, Server, admin, come_in},
    smtp::{self, Rule, SmtpServer},
};

/// Where to die.
#[derive(Clone, Copy, Debug)]
pub enum Point {
    /// At a call on a file.
    File(Fault),
    /// On PostgreSQL: when a row of this table is written that fits the condition; at the commit instead of at once.
    Row {
        table: &'static str,
        /// `INSERT` or `UPDATE`.
        act: &'static str,
        /// A condition on `NEW`.
        when: &'static str,
        at_commit: bool,
    },
    /// As soon as this query finds more than before.
    Visible(&'static str),
    /// When the mail server falls silent at this point of the conversation.
    Silence(smtp::Point),
    /// At a call on a file after the mail server was told to expect the content.
    AfterData(Fault),
}

/// What everything happens on.
pub struct Stage {
    place: Place,
    server: Server,
    faults: std::sync::Arc<Faults>,
    database: Option<DatabaseConnection>,
    /// Gets all mails.
    pub mails: SmtpServer,
    /// The organisation's admin.
    pub admin: Client,
    vendors: u32,
    _folder: tempfile::TempDir,
}

/// A vendor that was sent an assessment.
pub struct Vendor {
    /// The assessment's page for staff.
    pub path: String,
    /// Whom it was sent to.
    pub email: String,
}

const FIRST: &str = "2001-01-01 00:00:00+00:00";

impl Stage {
    pub async fn new(assay: &Path, kind: Kind) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let faults = Faults::in_folder(folder.path())?;
        let mails = SmtpServer::start().await?;
        let mut place = faults.on(Place::new(assay, folder.path())?).mailing_to(&mails);
        let mut database = None;
        if kind == Kind::Postgres {
            let cluster = Cluster::of_this_process().context("PostgreSQL is missing")?;
            cluster.execute("CREATE DATABASE points TEMPLATE migrated").await;
            place = place.with("DATABASE_URL", cluster.url("points"));
            let connection = sea_orm::Database::connect(cluster.url("points")).await?;
            let wait = "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS \
                        'BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NEW; END'";
            connection.execute_unprepared(wait).await?;
            database = Some(connection);
        }
        let server = place.start().await?;
        let admin = admin(&place.base()).await;
        let faults = std::sync::Arc::new(faults);
        Ok(Self { place, server, faults, database, mails, admin, vendors: 0, _folder: folder })
    }

    /// Where evidence is kept.
    pub fn evidence(&self) -> PathBuf {
        self.place.folder.join("data/evidence")
    }

    /// The draft of a short assessment for a new vendor, ready to be sent.
    pub async fn draft(&mut self) -> (Vendor, tests::browser::Form) {
        self.vendors += 1;
        let number = self.vendors;
        let (name, email) = (format!("Vendor {number}"), format!("lead{number}@vendor.example"));
        let page = procurement::prepared(&self.admin, &name, "Service", ("Priya Shah", &email)).await;
        let reasons = page.attributes("input[name^=reason-]", "name");
        let form = page.form("/questionnaires").set("questionnaire", "subprocessor");
        let form = reasons.iter().fold(form, |form, name| form.set(name, "Not asked now."));
        let page = form.submit().await.expect(200);
        let page = page.form("/people").submit().await.expect(200);
        let path = page.path.trim_end_matches("/check").to_owned();
        (Vendor { path, email }, page.form("/send"))
    }

    /// The browser of a new vendor that has come in.
    pub async fn come_in(&mut self) -> anyhow::Result<(Vendor, Client)> {
        let (vendor, send) = self.draft().await;
        send.submit().await.expect(200);
        self.mails.wait_for_mail_to(&vendor.email, 1).await?;
        let browser = come_in(&self.place.base(), &Post::Inbox(&self.mails, &vendor.email)).await?;
        Ok((vendor, browser))
    }

    /// The one value that a query finds.
    pub async fn value<T: TryGetable>(&self, sql: &str) -> anyhow::Result<T> {
        let rows = self.rows(sql).await?;
        Ok(rows.first().context("a row")?.try_get_by_index(0)?)
    }

    /// The one number that each of these queries finds.
    pub async fn values(&self, queries: &[&str]) -> anyhow::Result<Vec<i64>> {
        let mut values = Vec::new();
        for sql in queries {
            values.push(self.value(sql).await?);
        }
        Ok(values)
    }

    /// The rows that a query finds.
    pub async fn rows(&self, sql: &str) -> anyhow::Result<Vec<sea_orm::QueryResult>> {
        let database = sea_orm::Database::connect(self.place.database_url()).await?;
        let statement = Statement::from_string(database.get_database_backend(), sql);
        let rows = database.query_all_raw(statement).await?;
        database.close().await?;
        Ok(rows)
    }

    /// Waits until a query finds this number.
    pub async fn until(&self, sql: &str, wanted: i64) -> anyhow::Result<()> {
        let begun = Instant::now();
        loop {
            let found: i64 = self.value(sql).await?;
            if found == wanted {
                return Ok(());
            }
            ensure!(begun.elapsed() < Duration::from_secs(20), "{sql} stays {found}, not {wanted}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Lets the service die at this point of what the form does, and starts it again; gives the status of the answer,
    /// where one came.
    pub async fn die(&mut self, point: &Point, form: tests::browser::Form) -> anyhow::Result<Option<u16>> {
        let lock = self.prepare(point).await?;
        let before = match point {
            Point::Visible(sql) => self.value(sql).await?,
            _ => 0,
        };
        let dying = async {
            let reached = self.reached(point, before).await;
            self.server.kill()?;
            reached
        };
        let (answer, reached) = future::join(form.sent(), dying).await;
        reached?;
        self.faults.disarm()?;
        self.mails.forget_rules();
        if let (Some(database), Some(lock)) = (&self.database, lock) {
            lock.close().await?;
            self.until(WAITING, 0).await?;
            let Point::Row { table, .. } = point else { bail!("a lock without a row") };
            database.execute_unprepared(&format!("DROP TRIGGER wait ON {table}")).await?;
        }
        self.again().await?;
        Ok(answer.ok().map(|answer| answer.status().as_u16()))
    }

    /// Starts it again, with time gone by: leases of the dead have run out.
    pub async fn again(&mut self) -> anyhow::Result<()> {
        self.server.kill()?;
        self.faults.disarm()?;
        self.mails.forget_rules();
        let url = self.place.database_url().replace("mode=ro", "mode=rw");
        let database = sea_orm::Database::connect(url).await?;
        let sql = format!("UPDATE job SET leased_until = '{FIRST}' WHERE state = 'leased'");
        database.execute_unprepared(&sql).await?;
        database.close().await?;
        self.server = self.place.start().await?;
        Ok(())
    }

    /// Sets the trap. The connection that comes back holds what the trigger waits for.
    async fn prepare(&self, point: &Point) -> anyhow::Result<Option<PgConnection>> {
        match *point {
            Point::File(fault) => self.faults.arm(&fault)?,
            Point::Silence(at) => self.mails.add(Rule::at(at).times(1).hang()),
            Point::AfterData(fault) => {
                let faults = std::sync::Arc::clone(&self.faults);
                let arm = move || drop(faults.arm(&fault));
                self.mails.add(Rule::at(smtp::Point::Data).times(1).tell(arm));
            }
            Point::Visible(_) => {}
            Point::Row { table, act, when, at_commit } => {
                let database = self.database.as_ref().context("PostgreSQL")?;
                let mut lock = PgConnection::connect(&self.place.database_url()).await?;
                sqlx::query("SELECT pg_advisory_lock(1)").execute(&mut lock).await?;
                let (kind, late) = match at_commit {
                    true => ("CONSTRAINT TRIGGER wait AFTER", "DEFERRABLE INITIALLY DEFERRED"),
                    false => ("TRIGGER wait BEFORE", ""),
                };
                let sql = format!(
                    "CREATE {kind} {act} ON {table} {late} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION wait()"
                );
                database.execute_unprepared(&sql).await?;
                return Ok(Some(lock));
            }
        }
        Ok(None)
    }

    /// Waits until the point is reached.
    async fn reached(&mut self, point: &Point, before: i64) -> anyhow::Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(20) {
            let there = match point {
                Point::File(_) | Point::AfterData(_) => self.server.child.try_wait()?.is_some(),
                Point::Row { .. } => self.value::<i64>(WAITING).await? > 0,
                Point::Visible(sql) => self.value::<i64>(sql).await? > before,
                Point::Silence(at) => self.mails.silent_at(*at),
            };
            if there {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        bail!("the point was not reached")
    }
}

const WAITING: &str = "SELECT count(*) FROM pg_stat_activity \
                       WHERE datname = current_database() AND wait_event = 'advisory'";
