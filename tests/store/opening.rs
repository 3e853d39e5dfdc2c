//! Opening a database, and refusing one that would lose answers.

use crate::fixtures::Org;
use api::store::{ConnectOptions, Database, Scoped as _, StoreError, connect::assert_suitable, log_file};
use sea_orm::{ConnectionTrait as _, Statement};
use tests::{database::TestDatabase, on_both_databases};

on_both_databases!(a_new_database_has_the_current_schema_and_migrating_again_changes_nothing);

async fn a_new_database_has_the_current_schema_and_migrating_again_changes_nothing(at: TestDatabase) {
    assert!(at.database().schema_is_current().await.unwrap());
    at.database().migrate().await.unwrap();
    assert!(at.database().schema_is_current().await.unwrap());
}

fn unsuitable<T>(result: Result<T, StoreError>) -> String {
    match result {
        Err(StoreError::Unsuitable(why)) => why,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it was accepted"),
    }
}

#[tokio::test]
async fn a_sqlite_file_is_served_by_one_process() {
    let folder = tempfile::tempdir().unwrap();
    let options = ConnectOptions::new(format!("sqlite://{}/assay.db", folder.path().display()));
    let first = Database::connect(&options.clone().serving()).await.unwrap();
    let why = unsuitable(Database::connect(&options.clone().serving()).await);
    assert!(why.contains("another Assay process"), "{why}");
    Database::connect(&options).await.expect("a command of the operator may look");
    drop(first);
    Database::connect(&options.serving()).await.expect("the lock went with the process");
}

#[tokio::test]
async fn sqlite_settings_that_lose_answers_are_refused() {
    let at = TestDatabase::sqlite().await;
    let mut single = sea_orm::ConnectOptions::new(at.url());
    single.max_connections(1);
    for (pragma, word) in [
        ("synchronous = NORMAL", "synchronous"),
        ("foreign_keys = OFF", "foreign_keys"),
        ("busy_timeout = 0", "busy_timeout"),
        ("journal_mode = DELETE", "journal_mode"),
    ] {
        let connection = sea_orm::Database::connect(single.clone()).await.unwrap();
        connection.execute_unprepared("PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL").await.unwrap();
        assert_suitable(&connection).await.unwrap();
        at.database().close().await;
        connection.execute_unprepared(&format!("PRAGMA {pragma}")).await.unwrap();
        let why = unsuitable(assert_suitable(&connection).await);
        assert!(why.contains(word), "{why}");
        connection.close().await.unwrap();
    }
    for url in ["sqlite::memory:", "sqlite://assay.db?mode=memory", "mysql://localhost/assay"] {
        unsuitable(Database::connect(&ConnectOptions::new(url)).await);
    }
}

#[tokio::test]
async fn a_sqlite_file_may_have_an_awkward_name_and_closing_folds_the_log_into_it() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/our%20data.v1.db", folder.path().display());
    let database = Database::connect(&ConnectOptions::new(url).serving()).await.unwrap();
    assert!(!database.schema_is_current().await.unwrap(), "nothing is there yet");
    database.migrate().await.unwrap();
    assert!(database.schema_is_current().await.unwrap());
    Org::new(&database).await.with_vendor("Acme").await;
    database.close().await;
    drop(database);
    let mut names: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["our data.v1.db", "our data.v1.lock", "our data.v1.migrating"]);
}

#[tokio::test]
async fn sqlite_readers_cannot_write_around_the_queue() {
    let at = TestDatabase::sqlite().await;
    let all = at.database().across_tenants("this test");
    let refused = all.connection().execute_unprepared("DELETE FROM vendor").await;
    assert!(format!("{refused:?}").contains("readonly"), "{refused:?}");
}

#[tokio::test]
async fn sqlite_plans_a_statement_once() {
    let at = TestDatabase::sqlite().await;
    let all = at.database().across_tenants("this test");
    let asked = "SELECT sqlite_compileoption_used('ENABLE_QPSG')";
    let ask = Statement::from_string(all.connection().get_database_backend(), asked);
    let row = all.connection().query_one_raw(ask).await.unwrap().unwrap();
    assert_eq!(row.try_get_by_index::<i32>(0).unwrap(), 1, "see .cargo/config.toml");
}

#[tokio::test]
async fn postgres_settings_that_lose_answers_are_refused() {
    let Some(at) = TestDatabase::postgres().await else { return };
    let raw = sea_orm::Database::connect(at.url()).await.unwrap();
    assert_suitable(&raw).await.unwrap();
    set_for_the_database(&raw, "synchronous_commit = off").await;
    let why = unsuitable(Database::connect(&ConnectOptions::new(at.url())).await);
    assert!(why.contains("synchronous_commit"), "{why}");
}

#[tokio::test]
async fn postgres_transactions_are_read_committed_whatever_the_server_prefers() {
    let Some(at) = TestDatabase::postgres().await else { return };
    let raw = sea_orm::Database::connect(at.url()).await.unwrap();
    set_for_the_database(&raw, "default_transaction_isolation = 'serializable'").await;
    let database = Database::connect(&ConnectOptions::new(at.url())).await.unwrap();
    let tx = Org::new(&database).await.begin().await;
    let ask = Statement::from_string(tx.connection().get_database_backend(), "SHOW transaction_isolation");
    let row = tx.connection().query_one_raw(ask).await.unwrap().unwrap();
    assert_eq!(row.try_get_by_index::<String>(0).unwrap(), "read committed");
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_named_with_what_was_said_there() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("postgres://assay@127.0.0.1:{port}/assay");
    match Database::connect(&ConnectOptions::new(url)).await {
        Err(StoreError::Unreachable(why)) => {
            assert!(why.contains(&format!("127.0.0.1:{port}")) && why.contains("refused"), "{why}");
        }
        other => panic!("{:?}", other.map(|_| "it was opened")),
    }
}

#[tokio::test]
async fn a_process_that_stays_waits_for_a_server_that_starts_later() {
    let Some(at) = TestDatabase::postgres().await else { return };
    let (_, rest) = at.url().split_once("localhost/").unwrap();
    let (name, folder) = rest.split_once("?host=").unwrap();
    let socket = format!("{}/.s.PGSQL.5432", folder.replace("%2F", "/"));
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("postgres://postgres@127.0.0.1:{port}/{name}");
    let connecting =
        tokio::spawn(async move { Database::connect(&ConnectOptions::new(url).patient()).await.map(|_| ()) });
    // Long enough for the first tries to find nobody; what passes connections on to the server comes then.
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    assert!(!connecting.is_finished(), "nobody listens yet");
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    let passing = tokio::spawn(async move {
        while let Ok((mut from, _)) = listener.accept().await {
            let mut to = tokio::net::UnixStream::connect(&socket).await.unwrap();
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut from, &mut to).await });
        }
    });
    connecting.await.unwrap().unwrap();
    passing.abort();
}

async fn set_for_the_database(raw: &sea_orm::DatabaseConnection, setting: &str) {
    let setting = setting.replace('\'', "''");
    let change = format!("EXECUTE format('ALTER DATABASE %I SET {setting}', current_database())");
    raw.execute_unprepared(&format!("DO $$ BEGIN {change}; END $$")).await.unwrap();
}

#[tokio::test]
async fn a_long_log_is_emptied_once_nobody_reads_on() {
    let at = TestDatabase::sqlite().await;
    let file = ConnectOptions::new(at.url()).sqlite_file().unwrap();
    let open = || rusqlite::Connection::open(&file).unwrap();
    let reading = open();
    reading.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema").unwrap();
    let writing = open();
    writing.execute_batch("CREATE TABLE copied (bytes BLOB)").unwrap();
    let write = |megabytes| {
        for _ in 0..megabytes {
            writing.execute("INSERT INTO copied VALUES (randomblob(1000000))", []).unwrap();
        }
    };
    let length = || log_file::length(&file).unwrap();
    write(12);
    assert_eq!(at.database().tend_log().await.unwrap(), None, "long, and not yet too long");
    assert!(length() > 12_000_000, "{} bytes, and somebody still reads what was there before", length());
    write(60);
    assert_eq!(at.database().tend_log().await.unwrap(), Some(length()));
    reading.execute_batch("COMMIT").unwrap();
    assert_eq!(at.database().tend_log().await.unwrap(), None);
    assert_eq!(length(), 0);
    // A log of the usual length is left alone: folding it in is part of the writing.
    write(1);
    assert_eq!(at.database().tend_log().await.unwrap(), None);
    assert!(length() > 1_000_000);
}
