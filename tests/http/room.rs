//! Little room on the disk: uploads are refused while answers are saved, and nobody has to start anything again (U-09).

use crate::{
    shares::{assert_refused, upload},
    vendor_side::{choose, options, respondent},
};
use actix_web::web::Data;
use api::{
    blobs::room::{LeastFree, Room, Space},
    usecases::Services,
    web::app::AppState,
};
use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tests::app::TestApp;

const GB: u64 = 1 << 30;
/// A disk that does not answer.
const BROKEN: u64 = u64::MAX;

/// A disk of 100 GB of which a test says how much is free.
#[derive(Clone)]
struct Disk {
    free: Arc<AtomicU64>,
    asked: Arc<AtomicU64>,
}

impl Disk {
    fn with_free(free: u64) -> Self {
        Self { free: Arc::new(AtomicU64::new(free)), asked: Arc::default() }
    }
    fn set(&self, free: u64) {
        self.free.store(free, Ordering::Relaxed);
    }
    fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }
    /// A service that keeps everything on it.
    async fn app(&self) -> TestApp {
        let disk = self.clone();
        let ask = move |_: &std::path::Path| {
            disk.asked.fetch_add(1, Ordering::Relaxed);
            match disk.free.load(Ordering::Relaxed) {
                BROKEN => Err(io::Error::other("the disk does not answer")),
                free => Ok(Space { free, total: 100 * GB }),
            }
        };
        let room = Room::new(vec!["/kept/here".into()], LeastFree { percent: 5, bytes: GB }, ask);
        TestApp::with(move |state| {
            let services = Services::clone(&state.services).watching(room);
            AppState { services: Data::new(services), ..state }
        })
        .await
    }
}

#[tokio::test]
async fn u_09_below_the_mark_uploads_are_refused_before_a_byte_is_written_and_answers_are_saved() {
    let disk = Disk::with_free(6 * GB);
    let app = disk.app().await;
    let (vendor, _) = respondent(&app).await;
    let offered = options(&vendor, "SEC-GOV-01").await;
    upload(&vendor, "before.txt").await.expect(200);
    vendor.json("/health/ready").await.expect(200);

    disk.set(4 * GB);
    let incoming = app.evidence_folder().join("incoming");
    let written = || std::fs::metadata(&incoming).unwrap().modified().unwrap();
    let before = written();
    let refused = upload(&vendor, "refused.txt").await;
    assert_refused(&refused, 503, "storage-full");
    assert!(refused.text().contains("no room"), "{}", refused.text());
    assert_eq!(written(), before, "no file was begun");
    vendor.json("/health/ready").await.expect(200);
    let asked = disk.asked();
    choose(&vendor, "SEC-GOV-01", &offered[0]).await.expect(200);
    vendor.open("/portal").await.expect(200);
    assert_eq!(disk.asked(), asked, "saving and reading ask no disk");

    disk.set(6 * GB);
    upload(&vendor, "after.txt").await.expect(200);
    vendor.json("/health/ready").await.expect(200);
    let page = vendor.open("/portal/questions/SEC-GOV-01").await.expect(200).text();
    for (name, kept) in [("before.txt", true), ("refused.txt", false), ("after.txt", true)] {
        assert_eq!(page.contains(name), kept, "{name}");
    }
}

#[tokio::test]
async fn a_full_disk_is_not_ready() {
    let disk = Disk::with_free(3 << 20);
    let app = disk.app().await;
    let (vendor, _) = respondent(&app).await;
    let ready = vendor.json("/health/ready").await;
    assert_eq!((ready.status.as_u16(), ready.value()["code"].as_str()), (503, Some("storage-full")));
    assert!(!ready.body.contains("/kept/here"), "{}", ready.body);
    vendor.json("/health/live").await.expect(200);
    disk.set(4 << 20);
    vendor.json("/health/ready").await.expect(200);
}

#[tokio::test]
async fn a_disk_that_does_not_answer_is_a_dependency_that_is_away() {
    let disk = Disk::with_free(BROKEN);
    let app = disk.app().await;
    let (vendor, _) = respondent(&app).await;
    assert_refused(&upload(&vendor, "refused.txt").await, 503, "dependency-down");
    let ready = vendor.json("/health/ready").await;
    assert_eq!((ready.status.as_u16(), ready.value()["code"].as_str()), (503, Some("dependency-down")));
    disk.set(6 * GB);
    upload(&vendor, "after.txt").await.expect(200);
}
