//! SQLite serves one process (K-14).

use super::assay;
use std::time::{Duration, Instant};
use tests::server::{Place, questions, vendor};

#[tokio::test]
async fn k_14_a_second_server_on_the_same_file_is_refused_and_the_first_goes_on() {
    let Some(assay) = assay() else { return };
    let folder = tempfile::tempdir().unwrap();
    let first = Place::new(&assay, folder.path()).unwrap();
    let _first = first.start().await.unwrap();
    let browser = vendor(&first.base()).await.unwrap();
    let (asked, csrf) = questions(&browser, 1).await.unwrap();
    for arguments in [&["serve"][..], &["serve", "--no-worker"], &["worker"]] {
        let second = first.beside().unwrap();
        let begun = Instant::now();
        let status = second.run(arguments).unwrap().ended(Duration::from_secs(2)).await.unwrap();
        assert!(!status.success() && begun.elapsed() < Duration::from_secs(2), "{arguments:?}: {status}");
        assert!(second.said().contains("SQLite"), "{arguments:?}: {}", second.said());
    }
    assert_eq!(asked[0].save(&browser, &csrf, 0, "m-1", "still here").await.unwrap().status(), 303);
}

#[tokio::test]
async fn k_14_a_file_that_cannot_be_written_is_refused_with_the_reason() {
    let Some(assay) = assay() else { return };
    let Some(disk) = tests::disk::Disk::of_megabytes(64) else { return };
    let place = Place::new(&assay, disk.path()).unwrap();
    place.start().await.unwrap().kill().unwrap();
    disk.read_only();
    let elsewhere = tempfile::tempdir().unwrap();
    let again = place.beside().unwrap().logging_to(elsewhere.path());
    let status = again.run(&["serve"]).unwrap().ended(Duration::from_secs(2)).await.unwrap();
    assert!(!status.success());
    assert!(again.said().contains("Read-only file system"), "{}", again.said());
}
