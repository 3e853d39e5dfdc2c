//! The commands by which somebody checks what we say without trusting us, run as the real binary: `assay verify` and
//! `assay audit verify`. Exit statuses and words are what scripts and people rely on.

use sea_orm::ConnectionTrait as _;
use std::{path::PathBuf, time::Duration};
use tests::{
    database::TestDatabase,
    procurement,
    server::{Place, Post, Said, admin, assay, come_in, hand_in},
};

/// An installation that nobody serves at the moment, with what a vendor saved of it.
struct Installation {
    place: Place,
    folder: tempfile::TempDir,
    database: TestDatabase,
    /// The receipt, and the published keys.
    saved: [String; 2],
}

impl Installation {
    /// None where the binary has to be built first.
    async fn on(database: TestDatabase) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::new(&assay()?, folder.path()).unwrap().with("DATABASE_URL", database.url());
        let mut server = place.start().await.unwrap();
        let staff = admin(&place.base()).await;
        let contact = ("Priya Shah", "priya@lumen.example");
        procurement::sent_short(&staff, "Lumen Analytics", "Lumen Hire", contact).await;
        let vendor = come_in(&place.base(), &Post::Mailbox(&staff)).await.unwrap();
        hand_in(&vendor).await;
        let receipt = vendor.open("/portal/receipt/file").await.expect(200).body;
        let keys = vendor.json("/.well-known/jwks.json").await.expect(200).body;
        server.terminate().unwrap();
        server.ended(Duration::from_secs(20)).await.unwrap();
        Some(Self { place, folder, database, saved: [receipt, keys] })
    }

    fn run(&self, arguments: &[&str]) -> Said {
        self.place.command(arguments).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs `assay verify` on a file of this content, with these keys or with those of the installation.
    fn verify(&self, receipt: &str, keys: Option<&str>) -> Said {
        std::fs::write(self.path("receipt.json"), receipt).unwrap();
        let Some(keys) = keys else { return self.run(&["verify", "receipt.json"]) };
        std::fs::write(self.path("jwks.json"), keys).unwrap();
        self.run(&["verify", "receipt.json", "--jwks", "jwks.json"])
    }

    async fn execute(&self, sql: &str) {
        let raw = sea_orm::Database::connect(self.database.url()).await.unwrap();
        raw.execute_unprepared(sql).await.unwrap();
        raw.close().await.unwrap();
    }

    /// How many events the only organisation has.
    async fn events(&self) -> usize {
        tests::rows::all(self.database.url()).await["audit_event"].len()
    }
}

/// Lines of a report that say what does not hold.
fn failed(said: &Said) -> Vec<&str> {
    said.out.lines().filter(|line| line.starts_with("FAILED")).collect()
}

#[tokio::test]
async fn a_receipt_is_verified_by_command_with_saved_keys_and_with_those_of_the_installation() {
    for database in TestDatabase::each().await {
        let Some(here) = Installation::on(database).await else { return };
        let [receipt, keys] = &here.saved;
        for keys in [Some(keys.as_str()), None] {
            let said = here.verify(receipt, keys);
            assert_eq!((said.status, said.complaints.as_str()), (0, ""), "{said:?}");
            let first = "Submission receipt of Northwind Bank for Lumen Analytics, Lumen Hire\n";
            assert!(said.out.starts_with(first), "{}", said.out);
            assert!(said.out.contains("\nok     signature: key ") && said.out.contains("\nok     answers: "));
            assert!(said.out.ends_with("\nThis receipt is genuine.\n"), "{}", said.out);
        }

        let answers = receipt.replacen("\"source\": \"vendor\"", "\"source\": \"staff\"", 1);
        let name = receipt.replacen("\"role\": \"Lead\"", "\"role\": \"Chief\"", 1);
        let jws = receipt.replacen("\"jws\": \"eyJ", "\"jws\": \"eyK", 1);
        for (changed, what) in [
            (&answers, "FAILED answers: not what has the SHA-256 "),
            (&name, "FAILED readable part: it is not what was signed"),
        ] {
            assert_ne!(changed, receipt);
            for keys in [Some(keys.as_str()), None] {
                let said = here.verify(changed, keys);
                assert_eq!((said.status, said.complaints.as_str()), (1, ""), "{said:?}");
                let failed = failed(&said);
                assert!(failed.len() == 1 && failed[0].starts_with(what), "{}", said.out);
                assert!(said.out.ends_with("\nThis receipt cannot be relied on.\n"), "{}", said.out);
            }
        }

        // What could not be checked at all is told on standard error, with the name of the file to look at.
        let none = r#"{"keys":[]}"#;
        for (receipt, keys, file, why) in [
            (
                jws.as_str(),
                Some(keys.as_str()),
                "receipt.json",
                "this is no receipt: nothing in it is signed as one",
            ),
            (
                "Dear vendor,",
                Some(keys),
                "receipt.json",
                "this is no receipt: nothing in it is signed as one",
            ),
            ("{}", None, "receipt.json", "this is no receipt: missing field"),
            (receipt, Some(none), "receipt.json", "is not among the keys given; save the page "),
            (receipt, Some("no keys"), "jwks.json", "this is no JSON Web Key Set"),
        ] {
            let said = here.verify(receipt, keys);
            assert_eq!((said.status, said.out.as_str()), (2, ""), "{why}: {said:?}");
            assert!(said.complaints.starts_with(&format!("{file}: ")), "{why}: {said:?}");
            assert!(said.complaints.contains(why), "{why}: {said:?}");
        }
        let issuer = format!("{}/.well-known/jwks.json", here.place.base());
        assert!(here.verify(receipt, Some(none)).complaints.contains(&issuer), "where the keys are");
        for missing in [&["verify", "gone.json"][..], &["verify", "receipt.json", "--jwks", "gone.json"]] {
            let said = here.run(missing);
            assert_eq!((said.status, said.out.as_str()), (2, ""), "{said:?}");
            assert!(said.complaints.starts_with("gone.json: No such file"), "{said:?}");
        }
    }
}

#[tokio::test]
async fn a_receipt_is_verified_by_command_where_nothing_is_installed() {
    let Some(here) = Installation::on(TestDatabase::usual().await).await else { return };
    let [receipt, keys] = &here.saved;
    let elsewhere = tempfile::tempdir().unwrap();
    let place = Place::new(&assay().unwrap(), elsewhere.path()).unwrap();
    std::fs::write(elsewhere.path().join("receipt.json"), receipt).unwrap();
    std::fs::write(elsewhere.path().join("jwks.json"), keys).unwrap();
    let said = place.command(&["verify", "receipt.json", "--jwks", "jwks.json"]).unwrap();
    assert_eq!(said.status, 0, "{said:?}");
    // Without keys there is nothing to check it with, and asking makes no database.
    let said = place.command(&["verify", "receipt.json"]).unwrap();
    assert_eq!((said.status, said.out.as_str()), (2, ""), "{said:?}");
    assert!(said.complaints.contains("is not among the keys given"), "{said:?}");
    assert!(!elsewhere.path().join("data").exists(), "looking makes no folder");
    let usage = place.command(&["verify", "--help"]).unwrap();
    assert_eq!(usage.status, 0);
    assert!(usage.out.contains("<RECEIPT>") && usage.out.contains("--jwks <FILE>"), "{}", usage.out);
    let said = place.command(&["verify"]).unwrap();
    assert!(said.status == 2 && said.complaints.contains("<RECEIPT>"), "{said:?}");
}

#[tokio::test]
async fn the_audit_trail_is_verified_by_command_and_the_first_wrong_event_is_named() {
    for database in TestDatabase::each().await {
        let Some(here) = Installation::on(database).await else { return };
        let count = here.events().await;
        assert!(count > 10, "{count}");
        let said = here.run(&["audit", "verify"]);
        assert_eq!(said.status, 0, "{said:?}");
        assert_eq!(said.out, format!("Northwind Bank: {count} events, whole\n"));
        assert!(said.complaints.contains("keep copies of the newest hash elsewhere"), "{said:?}");

        let found = async |sql: &str, words: &str| {
            here.execute(sql).await;
            let said = here.run(&["audit", "verify"]);
            assert_eq!((said.status, said.out.as_str()), (1, format!("Northwind Bank: {words}\n").as_str()));
        };
        // From the end to the beginning, as the first fault hides the others.
        let last = format!("DELETE FROM audit_event WHERE seq = {count}");
        found(&last, &format!("the events after {} are missing", count - 1)).await;
        found("DELETE FROM audit_event WHERE seq = 7", "event 7 is missing").await;
        let act = "UPDATE audit_event SET act = 'user.signed_out' WHERE seq = 4";
        found(act, "event 4 is not what was recorded").await;
        let moved = "UPDATE audit_event SET client_address = '192.0.2.1' WHERE seq = 2";
        found(moved, "event 2 is not what was recorded").await;
        found("DELETE FROM audit_event WHERE seq = 1", "event 1 is missing").await;
        assert_eq!(here.events().await, count - 3, "looking repairs nothing");

        here.execute("DROP TABLE audit_event").await;
        let said = here.run(&["audit", "verify"]);
        assert_eq!((said.status, said.out.as_str()), (1, ""), "what cannot be read is not called whole");
        assert!(!said.complaints.trim().is_empty());
        let nowhere = here.place.beside().unwrap().with("DATABASE_URL", "postgres://assay@127.0.0.1:1/assay");
        let said = nowhere.command(&["audit", "verify"]).unwrap();
        assert_eq!((said.status, said.out.as_str()), (1, ""), "{said:?}");
        assert!(said.complaints.contains("database"), "{said:?}");
    }
}
