//! Tests of `config`: order of the sources, refusals, redaction.

use std::io::Write;

use super::*;

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
}

fn load(
    toml: &str,
    environment: &[(&str, &str)],
    command_line: &[(&str, &str)],
) -> Result<LoadedConfig, ConfigError> {
    let mut file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
    file.write_all(toml.as_bytes()).unwrap();
    Config::load(&Sources {
        file: Some(file.path().to_owned()),
        environment: pairs(environment),
        command_line: pairs(command_line),
    })
}

const GOOD: &str = r#"
base_url = "https://assay.bank.example"
[smtp]
host = "mail.bank.example"
from = "assay@bank.example"
"#;

fn faults(toml: &str, environment: &[(&str, &str)]) -> Vec<&'static str> {
    load(toml, environment, &[]).unwrap().config.faults().into_iter().map(|f| f.name).collect()
}

#[test]
fn later_sources_win_and_each_value_knows_where_it_came_from() {
    let toml = "workers = 2\nlisten = \"127.0.0.1:1\"\n[smtp]\nhost = \"a\"\nport = 25\n";
    let loaded = load(
        toml,
        &[("ASSAY_LISTEN", "127.0.0.1:2"), ("ASSAY_SMTP__PORT", "2525"), ("HOME", "/x")],
        &[("listen", "127.0.0.1:3")],
    )
    .unwrap();
    assert_eq!(loaded.config.workers, 2);
    assert_eq!(loaded.config.smtp.port, 2525);
    assert_eq!(loaded.config.listen.port(), 3);
    assert_eq!(loaded.config.mode, Mode::Production);
    let source = |name: &str| loaded.effective.iter().find(|s| s.name == name).unwrap().source.clone();
    assert!(source("workers").starts_with("file "), "{}", source("workers"));
    assert_eq!(source("smtp.port"), "variable ASSAY_SMTP__PORT");
    assert_eq!(source("listen"), "command line");
    assert_eq!(source("mode"), "default");
}

#[test]
fn proxies_are_a_list_in_the_file_and_a_text_with_commas_in_a_variable() {
    let toml = "trusted_proxies = [\"127.0.0.1\", \"10.0.0.0/8\"]";
    let expected: TrustedProxies = "127.0.0.1, 10.0.0.0/8".parse().unwrap();
    let shown = |loaded: &LoadedConfig| {
        loaded.effective.iter().find(|s| s.name == "trusted_proxies").unwrap().value.clone()
    };
    let listed = load(toml, &[], &[]).unwrap();
    assert_eq!(listed.config.trusted_proxies, expected);
    assert_eq!(shown(&listed), "127.0.0.1, 10.0.0.0/8");
    let variable = load("", &[("ASSAY_TRUSTED_PROXIES", "127.0.0.1,10.0.0.0/8")], &[]).unwrap();
    assert_eq!(variable.config.trusted_proxies, expected);
    let nobody = load("", &[], &[]).unwrap();
    assert_eq!(
        (nobody.config.trusted_proxies, shown(&load("", &[], &[]).unwrap())),
        (TrustedProxies::default(), String::new())
    );
    let text = load("trusted_proxies = [\"10.0.0.0/33\"]", &[], &[]).unwrap_err().to_string();
    assert!(text.contains("trusted_proxies") && text.contains("10.0.0.0/33"), "{text}");
    assert_eq!(faults(&format!("trusted_proxies = [\"0.0.0.0/0\"]\n{GOOD}"), &[]), ["trusted_proxies"]);
}

#[test]
fn without_any_source_the_defaults_load() {
    let loaded = Config::load(&Sources::default()).unwrap();
    assert_eq!(loaded.config.database_url().expose_secret(), "sqlite://assay-data/assay.db?mode=rwc");
    assert_eq!(loaded.config.evidence_dir(), PathBuf::from("assay-data/evidence"));
    let names: Vec<_> = loaded.config.faults().into_iter().map(|f| f.name).collect();
    assert_eq!(names, ["smtp.host", "smtp.from"], "a fresh installation is told what to set");
}

#[test]
fn a_name_that_does_not_exist_is_refused_in_every_source() {
    for result in [
        load("bas_url = \"x\"", &[], &[]),
        load("[smtp]\nhots = \"x\"", &[], &[]),
        load("", &[("ASSAY_SMTP__HOTS", "x")], &[]),
        load("", &[], &[("smtp.hots", "x")]),
    ] {
        let text = result.unwrap_err().to_string();
        assert!(
            text.contains("unknown field") && (text.contains("hots") || text.contains("bas_url")),
            "{text}"
        );
    }
}

#[test]
fn wrong_values_are_refused_with_their_name() {
    for (name, value) in [
        ("ASSAY_SMTP__PORT", "99999"),
        ("ASSAY_SMTP__PORT", "mail"),
        ("ASSAY_WORKERS", "-1"),
        ("ASSAY_LISTEN", "here"),
        ("ASSAY_MODE", "prod"),
        ("ASSAY_SMTP__TLS", "maybe"),
    ] {
        let text = load("", &[(name, value)], &[]).unwrap_err().to_string();
        let dotted = name.trim_start_matches("ASSAY_").to_lowercase().replace("__", ".");
        assert!(text.contains(&dotted), "{text}");
    }
    assert!(matches!(
        Config::load(&Sources { file: Some("/nowhere/assay.toml".into()), ..Sources::default() }),
        Err(ConfigError::NoFile(_))
    ));
}

#[test]
fn a_password_of_digits_stays_a_text() {
    let loaded =
        load(GOOD, &[("ASSAY_SMTP__PASSWORD", "0012345678"), ("ASSAY_SMTP__USERNAME", "42")], &[]).unwrap();
    assert_eq!(loaded.config.smtp.password.unwrap().expose_secret(), "0012345678");
    assert_eq!(loaded.config.smtp.username.as_deref(), Some("42"));
}

#[test]
fn secrets_come_from_files_without_the_line_end_and_never_twice() {
    let mut secret = tempfile::NamedTempFile::new().unwrap();
    writeln!(secret, "a long canary").unwrap();
    let path = secret.path().to_str().unwrap();
    let loaded =
        load(GOOD, &[("ASSAY_SMTP__PASSWORD_FILE", path), ("ASSAY_SMTP__USERNAME", "u")], &[]).unwrap();
    assert_eq!(loaded.config.smtp.password.unwrap().expose_secret(), "a long canary");
    let both = load(GOOD, &[("ASSAY_SMTP__PASSWORD_FILE", path), ("ASSAY_SMTP__PASSWORD", "x")], &[]);
    assert!(matches!(both, Err(ConfigError::Both("smtp.password"))));
    let missing = load(GOOD, &[("ASSAY_SMTP__PASSWORD_FILE", "/nowhere/pw")], &[]);
    assert!(matches!(missing, Err(ConfigError::SecretFile { name: "smtp.password", .. })));
}

#[test]
fn database_url_is_taken_from_the_usual_variable_and_ours_wins() {
    let url = |environment: &[(&str, &str)]| {
        load(GOOD, environment, &[]).unwrap().config.database_url().expose_secret().to_owned()
    };
    assert_eq!(url(&[("DATABASE_URL", "postgres://a/b")]), "postgres://a/b");
    assert_eq!(
        url(&[("DATABASE_URL", "postgres://a/b"), ("ASSAY_DATABASE__URL", "postgres://c/d")]),
        "postgres://c/d"
    );
    assert!(url(&[("DATABASE_URL", "")]).starts_with("sqlite://"));
}

#[test]
fn no_secret_is_printed_by_check_debug_or_an_error() {
    let environment = [
        ("ASSAY_SMTP__PASSWORD", "canary-7c1f"),
        ("ASSAY_SMTP__USERNAME", "u"),
        ("DATABASE_URL", "postgres://assay:canary-7c1f@db/x?sslpassword=canary-7c1f"),
    ];
    let loaded = load(GOOD, &environment, &[]).unwrap();
    let printed = format!("{:?} {:?}", loaded.config, loaded.effective);
    assert!(!printed.contains("canary"), "{printed}");
    let value = |name: &str| loaded.effective.iter().find(|s| s.name == name).unwrap().value.clone();
    assert_eq!(value("smtp.password"), "[redacted]");
    assert_eq!(value("database.url"), "postgres://[redacted]@db/x");
    let error = load("[smtp]\npassword = [\"canary-7c1f\"]\n", &[], &[]).unwrap_err().to_string();
    assert!(!error.contains("canary") && error.contains("smtp.password"), "{error}");
}

#[test]
fn production_with_good_settings_has_no_fault() {
    assert_eq!(faults(GOOD, &[]), Vec::<&str>::new());
    let relay = [
        ("ASSAY_SMTP__USERNAME", "u"),
        ("ASSAY_SMTP__PASSWORD", "correct horse"),
        ("ASSAY_SMTP__TLS", "required"),
    ];
    assert_eq!(faults(GOOD, &relay), Vec::<&str>::new());
}

#[test]
fn production_refuses_what_is_unsafe() {
    for (environment, name) in [
        (vec![("ASSAY_BASE_URL", "http://assay.bank.example")], "base_url"),
        (vec![("ASSAY_BASE_URL", "https://assay.bank.example/path")], "base_url"),
        (vec![("ASSAY_BASE_URL", "assay.bank.example")], "base_url"),
        (vec![("ASSAY_BASE_URL", "https://user@assay.bank.example")], "base_url"),
        (vec![("ASSAY_MAIL__TRANSPORT", "memory")], "mail.transport"),
        (vec![("ASSAY_SMTP__HOST", "")], "smtp.host"),
        (vec![("ASSAY_SMTP__FROM", "assay")], "smtp.from"),
        (vec![("ASSAY_SMTP__USERNAME", "u")], "smtp.password"),
        (vec![("ASSAY_SMTP__USERNAME", "u"), ("ASSAY_SMTP__PASSWORD", "")], "smtp.password"),
        (vec![("ASSAY_SMTP__USERNAME", "u"), ("ASSAY_SMTP__PASSWORD", "ChangeMe")], "smtp.password"),
        (vec![("ASSAY_SMTP__USERNAME", "u"), ("ASSAY_SMTP__PASSWORD", "short")], "smtp.password"),
        (
            vec![
                ("ASSAY_SMTP__USERNAME", "u"),
                ("ASSAY_SMTP__PASSWORD", "long enough"),
                ("ASSAY_SMTP__TLS", "none"),
            ],
            "smtp.tls",
        ),
        (vec![("DATABASE_URL", "postgres://assay:password@db/assay")], "database.url"),
        (vec![("ASSAY_WORKERS", "65")], "workers"),
    ] {
        assert_eq!(faults(GOOD, &environment), [name], "{environment:?}");
    }
}

#[test]
fn http_and_memory_mail_are_for_loopback_addresses_only() {
    for (url, loopback) in [
        ("http://127.0.0.1:8080", true),
        ("http://localhost:8080/", true),
        ("http://[::1]:8080", true),
        ("http://127.0.0.1.evil.example", false),
        ("http://192.168.1.4", false),
        ("https://assay.bank.example", false),
    ] {
        let environment =
            [("ASSAY_BASE_URL", url), ("ASSAY_MODE", "development"), ("ASSAY_MAIL__TRANSPORT", "memory")];
        let config = load("", &environment, &[]).unwrap().config;
        assert_eq!(config.is_loopback(), loopback, "{url}");
        assert_eq!(config.faults().is_empty(), loopback, "{url}: {:?}", config.faults());
    }
}
