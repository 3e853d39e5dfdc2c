//! What refuses to start.

use api::{
    bootstrap,
    config::{Config, Sources},
};
use sea_orm::ConnectionTrait as _;
use tests::{database::TestDatabase, rows::differences};

#[tokio::test]
async fn neither_the_service_nor_a_worker_starts_with_unsafe_settings() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let settings = [("base_url", "http://assay.northwind.example"), ("data_dir", data.to_str().unwrap())];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let sources = Sources { command_line: settings.to_vec(), ..Sources::default() };
    let config = Config::load(&sources).unwrap().config;
    for refused in [bootstrap::serve(&config, true).await, bootstrap::worker(&config).await] {
        let why = refused.unwrap_err().to_string();
        assert!(why.contains("base_url: must begin with https"), "{why}");
    }
    assert!(!data.exists(), "nothing was begun");
}

#[tokio::test]
async fn k_13_an_older_program_does_not_start_on_a_newer_database_and_says_why() {
    for database in TestDatabase::each().await {
        let folder = tempfile::tempdir().unwrap();
        let raw = sea_orm::Database::connect(database.url()).await.unwrap();
        let newer = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29991231_000001_new', 0)";
        raw.execute_unprepared(newer).await.unwrap();
        let before = tests::rows::all(database.url()).await;
        let settings = [
            ("mode", "development"),
            ("base_url", "http://127.0.0.1:1"),
            ("listen", "127.0.0.1:0"),
            ("data_dir", folder.path().to_str().unwrap()),
            ("database.url", database.url()),
            ("mail.transport", "memory"),
            ("smtp.from", "assay@northwind.example"),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let sources = Sources { command_line: settings.to_vec(), ..Sources::default() };
        let config = Config::load(&sources).unwrap().config;
        let why = bootstrap::serve(&config, true).await.unwrap_err().to_string();
        assert!(why.contains("belongs to a newer version of Assay"), "{why}");
        assert!(why.contains("run the newer version, or restore the backup"), "{why}");
        assert_eq!(differences(&before, &tests::rows::all(database.url()).await), Vec::<String>::new());
        raw.close().await.unwrap();
    }
}
