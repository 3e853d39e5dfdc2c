//! What refuses to start.

use api::{
    bootstrap,
    config::{Config, Sources},
};

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
