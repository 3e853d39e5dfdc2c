//! A disk that is full or fails, and a PostgreSQL that goes away: what was acknowledged is kept, what cannot be done is
//! refused in time with the reason, and everything goes on by itself afterwards (K-02, K-07, K-08, K-09).

use super::{assay, own_postgres};
use futures_util::future;
use reqwest::{Method, Response, header};
use sea_orm::{ConnectionTrait as _, Statement};
use std::{
    fs::File,
    io::Write as _,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};
use tests::{
    browser::{Client, Page},
    disk::Disk,
    faults::{Call, EIO, ENOSPC, Fault, Faults, Happens},
    server::{Place, Question, Server, Stored, questions, vendor},
    trace::{Did, Trace},
};

/// A vendor that saves one answer after another, and remembers what was acknowledged.
struct Saver {
    vendor: Client,
    csrf: String,
    question: Question,
    acknowledged: Vec<String>,
    slowest: Duration,
}

/// What a save came to.
#[derive(Debug, PartialEq, Eq)]
enum Came {
    Saved,
    /// 503, with this code.
    Refused(String),
}

impl Saver {
    async fn all(vendor: &Client, count: usize) -> Vec<Self> {
        let (questions, csrf) = questions(vendor, count).await.unwrap();
        let saver = |question| {
            let (vendor, csrf) = (vendor.clone(), csrf.clone());
            Self { vendor, csrf, question, acknowledged: Vec::new(), slowest: Duration::ZERO }
        };
        questions.into_iter().map(saver).collect()
    }

    /// Saves the next answer, or tries the same one again. Every refusal says when to come again.
    async fn save(&mut self) -> Came {
        let revision = i64::try_from(self.acknowledged.len()).unwrap();
        let note = format!("save {revision} of {}", self.question.id);
        let mutation = format!("{}-{revision}", self.question.id);
        let begun = Instant::now();
        let answer = self.question.save(&self.vendor, &self.csrf, revision, &mutation, &note).await.unwrap();
        self.slowest = self.slowest.max(begun.elapsed());
        assert!(self.slowest < Duration::from_secs(15), "{} after {:?}", answer.status(), self.slowest);
        if answer.status() == 303 {
            self.acknowledged.push(note);
            return Came::Saved;
        }
        Came::Refused(refusal(answer).await)
    }

    /// Saves until it works; gives how long that took.
    async fn until_saved(&mut self) -> Duration {
        let begun = Instant::now();
        while self.save().await != Came::Saved {
            assert!(begun.elapsed() < Duration::from_secs(10), "not again after 10 seconds");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        begun.elapsed()
    }
}

/// The code of a 503.
async fn refusal(answer: Response) -> String {
    assert_eq!(answer.status(), 503);
    let seconds = answer.headers().get(header::RETRY_AFTER).unwrap().to_str().unwrap();
    assert!(seconds.parse::<u64>().is_ok(), "{seconds}");
    let page = answer.text().await.unwrap();
    let codes = ["storage-full", "dependency-down", "overloaded"];
    let code = codes.into_iter().find(|code| page.contains(code));
    code.unwrap_or_else(|| panic!("a 503 without a code: {page}")).to_owned()
}

/// Whatever was acknowledged is kept as it was sent, and the file is sound.
async fn assert_kept(place: &Place, savers: &[Saver]) {
    let stored = Stored::of(place).await.unwrap();
    assert_eq!(stored.integrity, "ok");
    for Saver { question, acknowledged, .. } in savers {
        for (revision, note) in (1_i64..).zip(acknowledged) {
            assert_eq!(stored.notes.get(&(question.id.clone(), revision)), Some(note), "{}", question.id);
        }
    }
}

/// A server on SQLite whose disk can fail, with a vendor.
struct Failing {
    place: Place,
    faults: Faults,
    server: Server,
    savers: Vec<Saver>,
    vendor: Client,
    _folder: tempfile::TempDir,
}

async fn failing() -> Option<Failing> {
    let assay = assay()?;
    let folder = tempfile::tempdir().unwrap();
    let faults = Faults::in_folder(folder.path()).unwrap();
    let place = faults.on(Place::new(&assay, folder.path()).unwrap());
    let server = place.start().await.unwrap();
    let vendor = vendor(&place.base()).await.unwrap();
    let savers = Saver::all(&vendor, 1).await;
    until_idle(&place).await;
    Some(Failing { place, faults, server, savers, vendor, _folder: folder })
}

/// Waits until no background work is open: its writes would meet the faults that are meant for a save.
async fn until_idle(place: &Place) {
    let database = sea_orm::Database::connect(place.database_url()).await.unwrap();
    let open = "SELECT count(*) FROM job WHERE state IN ('ready', 'leased')";
    let open = Statement::from_string(database.get_database_backend(), open);
    let begun = Instant::now();
    while database.query_one_raw(open.clone()).await.unwrap().unwrap().try_get_by_index::<i64>(0).unwrap() > 0
    {
        assert!(begun.elapsed() < Duration::from_secs(10), "work is still open after 10 seconds");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    database.close().await.unwrap();
}

async fn uploaded(vendor: &Client, name: &str) -> Response {
    let page: Page = vendor.open("/portal/questions/SEC-GOV-01").await.expect(200);
    let file = b"a line of a report\n".repeat(20_000);
    page.form("SEC-GOV-01/evidence").file("file", name, file).sent().await.unwrap()
}

#[tokio::test]
async fn k_02_every_answer_to_a_save_leaves_after_a_sync_that_began_after_its_write() {
    let Some(assay) = assay() else { return };
    let folder = tempfile::tempdir().unwrap();
    let trace = Trace::in_folder(folder.path()).unwrap();
    let place = trace.on(Place::new(&assay, folder.path()).unwrap());
    let server = place.start().await.unwrap();
    let vendor = vendor(&place.base()).await.unwrap();
    let mut savers = Saver::all(&vendor, 8).await;
    let before = trace.read().unwrap().len();
    future::join_all(savers.iter_mut().map(async |saver| {
        for _ in 0..125 {
            assert_eq!(saver.save().await, Came::Saved);
        }
    }))
    .await;
    drop(server);
    let mut followed: Vec<_> = savers.iter().map(Followed::new).collect();
    for did in &trace.read().unwrap()[before..] {
        followed.iter_mut().for_each(|followed| followed.see(did));
    }
    assert_eq!(followed.iter().map(|followed| followed.answered).sum::<usize>(), 1_000);
}

/// How far the save is whose answer a client waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Begun,
    Written,
    Syncing,
    Durable,
}

/// The saves of one client, followed through what the process did.
struct Followed<'a> {
    saver: &'a Saver,
    answered: usize,
    way: Way,
}

impl<'a> Followed<'a> {
    fn new(saver: &'a Saver) -> Self {
        Self { saver, answered: 0, way: Way::Begun }
    }

    fn see(&mut self, did: &Did) {
        let Some(note) = self.saver.acknowledged.get(self.answered) else { return };
        self.way = match (self.way, did) {
            (Way::Begun, Did::Wrote(text)) if holds(text, note) => Way::Written,
            (Way::Written, Did::SyncBegan) => Way::Syncing,
            (Way::Syncing, Did::SyncEnded) => Way::Durable,
            (way, Did::Sent(text))
                if holds(text, &format!("/portal/questions/{}#", self.saver.question.id)) =>
            {
                assert_eq!(way, Way::Durable, "{note}");
                self.answered += 1;
                Way::Begun
            }
            (way, _) => way,
        };
    }
}

fn holds(text: &[u8], part: &str) -> bool {
    String::from_utf8_lossy(text).contains(part)
}

#[tokio::test]
async fn k_07_no_room_at_the_nth_write_is_told_and_forgotten_when_there_is_room() {
    let Some(mut failing) = failing().await else { return };
    let mut refused = 0;
    for nth in 1..=i32::try_from(tests::tries(50, 500)).unwrap() {
        let full = Fault { call: Call::Write, file: "assay.db", nth, happens: Happens::Failures(ENOSPC) };
        failing.faults.arm(&full).unwrap();
        for _ in 0..4 + nth / 4 {
            if failing.savers[0].save().await == Came::Refused("storage-full".to_owned()) {
                assert!(failing.faults.hits().unwrap() > 0);
                failing.vendor.open("/portal/tasks").await.expect(200);
                refused += 1;
                break;
            }
        }
        failing.faults.disarm().unwrap();
        failing.savers[0].until_saved().await;
    }
    assert!(refused > 25, "{refused} refusals prove little");
    // A file is written in a few pieces, whatever its size: there is no room for each of them in turn.
    let mut refused = 0;
    for nth in 1..=8 {
        let full = Fault { call: Call::Write, file: "/evidence/", nth, happens: Happens::Failures(ENOSPC) };
        failing.faults.arm(&full).unwrap();
        let answer = uploaded(&failing.vendor, &format!("{nth}.txt")).await;
        if failing.faults.hits().unwrap() > 0 {
            assert_eq!(refusal(answer).await, "storage-full", "write {nth}");
            refused += 1;
        } else {
            assert_eq!(answer.status(), 303, "write {nth}");
        }
        failing.faults.disarm().unwrap();
    }
    assert!(refused > 1, "{refused} refused files prove little");
    let page = failing.vendor.open("/portal/questions/SEC-GOV-01").await.expect(200);
    let shown = page.attributes(".file a[href^='/portal/evidence/']", "href").len();
    assert_eq!(shown, 8 - refused, "{}", page.text());
    assert_kept(&failing.place, &failing.savers).await;
}

#[tokio::test]
async fn k_08_a_write_or_a_sync_that_fails_is_never_acknowledged() {
    let Some(mut failing) = failing().await else { return };
    let (mut hits, mut emptied) = (0, 0);
    for nth in 1..=24 {
        for call in [Call::Write, Call::Sync] {
            let nth = if call == Call::Sync { nth % 3 + 1 } else { nth };
            failing
                .faults
                .arm(&Fault { call, file: "assay.db-wal", nth, happens: Happens::Failure(EIO) })
                .unwrap();
            for _ in 0..4 {
                let came = failing.savers[0].save().await;
                if failing.faults.hits().unwrap() > 0 {
                    if (call, &came) == (Call::Sync, &Came::Saved) {
                        // Its own sync is done; this was the one with which SQLite then begins to empty the log.
                        emptied += 1;
                        break;
                    }
                    assert_eq!(came, Came::Refused("dependency-down".to_owned()), "{call:?} {nth}");
                    hits += 1;
                    break;
                }
            }
            failing.faults.disarm().unwrap();
            failing.savers[0].until_saved().await;
        }
    }
    assert!(hits > 24 && emptied < 3, "{hits} failures prove little, {emptied} of the log are many");
    for (call, nth) in [(Call::Write, 1), (Call::Sync, 1), (Call::Sync, 2)] {
        failing.faults.arm(&Fault { call, file: "/evidence/", nth, happens: Happens::Failure(EIO) }).unwrap();
        assert_eq!(
            refusal(uploaded(&failing.vendor, "report.txt").await).await,
            "dependency-down",
            "{call:?} {nth}"
        );
        failing.faults.disarm().unwrap();
    }
    assert_eq!(uploaded(&failing.vendor, "report.txt").await.status(), 303);
    failing.server.kill().unwrap();
    failing.server = failing.place.start().await.unwrap();
    assert_kept(&failing.place, &failing.savers).await;
}

#[tokio::test]
async fn k_08_what_cannot_be_read_is_refused_and_never_shown_as_something_else() {
    let Some(mut failing) = failing().await else { return };
    assert_eq!(uploaded(&failing.vendor, "report.txt").await.status(), 303);
    let question = format!("/portal/questions/{}", failing.savers[0].question.id);
    let (mut unreadable, mut unsaved) = (0, 0);
    for nth in 1..=24 {
        // Whoever saved last is the one who knows: the page is read by somebody else's connection.
        failing.savers[0].until_saved().await;
        let fault = Fault { call: Call::Read, file: "assay.db", nth, happens: Happens::Failures(EIO) };
        failing.faults.arm(&fault).unwrap();
        let page = failing.vendor.open(&question).await;
        match page.status.as_u16() {
            200 => {
                let last = failing.savers[0].acknowledged.last().unwrap();
                assert!(page.body.contains(last), "read {nth}: an older answer is shown");
            }
            503 => unreadable += usize::from(page.body.contains("dependency-down")),
            other => panic!("read {nth}: {other}: {}", failing.place.said()),
        }
        if let Came::Refused(code) = failing.savers[0].save().await {
            assert_eq!(code, "dependency-down", "read {nth}");
            unsaved += 1;
        }
        failing.faults.disarm().unwrap();
    }
    assert!(unreadable > 3 && unsaved > 3, "{unreadable} pages and {unsaved} saves prove little");
    failing.savers[0].until_saved().await;

    // A file arrives whole, or its reader is told that it does not.
    let page = failing.vendor.open("/portal/questions/SEC-GOV-01").await.expect(200);
    let file = page.attributes(".file a[href^='/portal/evidence/']", "href").remove(0);
    // Each download has its own ticket.
    let download = async || {
        let ticket = failing.vendor.open(&file).await.expect(303);
        let address = ticket.headers[header::LOCATION].to_str().unwrap().to_owned();
        // The server ends the connection of a file that it cannot finish, with or without its head.
        let request = failing.vendor.request(Method::GET, &address).header(header::CONNECTION, "close");
        let answer = request.send().await?;
        Ok::<_, reqwest::Error>((answer.status().as_u16(), answer.bytes().await?.len()))
    };
    let whole = download().await.unwrap();
    assert_eq!(whole.0, 200);
    let mut broken = 0;
    for nth in 1..=8 {
        let fault = Fault { call: Call::Read, file: "/evidence/", nth, happens: Happens::Failures(EIO) };
        failing.faults.arm(&fault).unwrap();
        let came = download().await;
        let failed = failing.faults.hits().unwrap() > 0;
        broken += usize::from(failed);
        match came {
            // The last read finds that there is no more, so that nothing is missing without it.
            Ok((200, bytes)) => assert_eq!(bytes, whole.1, "read {nth}"),
            // Before anything of it is on its way, it is refused.
            Ok((status, _)) => assert_eq!((status, failed, nth), (503, true, 1)),
            Err(_) => assert!(failed && nth > 1, "read {nth}"),
        }
        failing.faults.disarm().unwrap();
    }
    assert!(broken > 0, "no read of the file failed");
    assert_eq!(download().await.unwrap(), whole);
    failing.server.kill().unwrap();
    failing.server = failing.place.start().await.unwrap();
    assert_kept(&failing.place, &failing.savers).await;
}

#[tokio::test]
async fn k_07_a_disk_that_is_really_full_is_told_and_writing_goes_on_once_there_is_room() {
    let Some(assay) = assay() else { return };
    let Some(disk) = Disk::of_megabytes(24) else { return };
    let logs = tempfile::tempdir().unwrap();
    let place = Place::new(&assay, disk.path()).unwrap().logging_to(logs.path());
    let _server = place.start().await.unwrap();
    let vendor = vendor(&place.base()).await.unwrap();
    let mut savers = Saver::all(&vendor, 3).await;
    for saver in &mut savers {
        assert_eq!(saver.save().await, Came::Saved);
    }
    let filler = disk.path().join("filler");
    let mut file = File::create(&filler).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
    // What the database has room for in its files is still a true save; then there is none.
    let begun = Instant::now();
    while savers[0].save().await == Came::Saved {
        assert!(begun.elapsed() < Duration::from_secs(60), "the disk is full, and saving goes on");
    }
    assert_eq!(savers[1].save().await, Came::Refused("storage-full".to_owned()));
    assert_eq!(refusal(uploaded(&vendor, "report.txt").await).await, "storage-full");
    assert_eq!(vendor.json("/health/ready").await.expect(503).value()["code"], "storage-full");
    vendor.open("/portal/tasks").await.expect(200);
    std::fs::remove_file(&filler).unwrap();
    drop(file);
    for saver in &mut savers {
        saver.until_saved().await;
    }
    assert_eq!(uploaded(&vendor, "report.txt").await.status(), 303);
    assert_kept(&place, &savers).await;
}

#[tokio::test]
async fn u_09_below_the_mark_uploads_are_refused_and_answers_saved_until_there_is_room_again() {
    let Some(assay) = assay() else { return };
    let Some(disk) = Disk::of_megabytes(64) else { return };
    let logs = tempfile::tempdir().unwrap();
    let place = Place::new(&assay, disk.path()).unwrap().logging_to(logs.path());
    let place = place.with("ASSAY_STORAGE__LEAST_FREE_MB", "24");
    let _server = place.start().await.unwrap();
    let vendor = vendor(&place.base()).await.unwrap();
    let mut savers = Saver::all(&vendor, 1).await;
    assert_eq!(uploaded(&vendor, "before.txt").await.status(), 303);
    let filler = disk.path().join("filler");
    std::fs::write(&filler, vec![0; 40 << 20]).unwrap();
    for _ in 0..3 {
        assert_eq!(refusal(uploaded(&vendor, "report.txt").await).await, "storage-full");
        assert_eq!(savers[0].save().await, Came::Saved);
        vendor.json("/health/ready").await.expect(200);
    }
    std::fs::remove_file(&filler).unwrap();
    assert_eq!(uploaded(&vendor, "report.txt").await.status(), 303);
    vendor.json("/health/ready").await.expect(200);
    let log = place.said();
    for told in ["uploads are refused until there is room", "uploads are taken"] {
        assert_eq!(log.matches(told).count(), 1, "{told}:\n{log}");
    }
    assert_kept(&place, &savers).await;
}

#[tokio::test]
async fn k_09_a_postgresql_that_fails_in_every_way_loses_nothing_that_was_acknowledged() {
    let Some((place, cluster, _folder)) = own_postgres("failing") else { return };
    cluster.execute("CREATE DATABASE failing TEMPLATE migrated").await;
    let _server = place.start().await.unwrap();
    let browser = vendor(&place.base()).await.unwrap();
    let mut savers = Saver::all(&browser, 6).await;
    let done = AtomicBool::new(false);
    let saving = savers.iter_mut().map(async |saver| {
        let mut refused = Vec::new();
        while !done.load(Ordering::Relaxed) {
            if let Came::Refused(code) = saver.save().await {
                refused.push(code);
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        refused
    });
    let failing = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        for _ in 0..5 {
            let sessions = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'failing'";
            cluster.execute(sessions).await;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        cluster
            .execute_in("failing", "LOCK TABLE answer IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(10)")
            .await;
        // The lock is gone; and now the server itself, twice.
        for mode in ["immediate", "fast"] {
            tokio::time::sleep(Duration::from_secs(1)).await;
            cluster.stop(mode);
            tokio::time::sleep(Duration::from_secs(3)).await;
            let ready = Client::new(&place.base()).json("/health/ready").await;
            assert_eq!(ready.status.as_u16(), 503);
            Client::new(&place.base()).json("/health/live").await.expect(200);
            cluster.go_on();
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        done.store(true, Ordering::Relaxed);
    };
    let (refused, ()) = future::join(future::join_all(saving), failing).await;
    let refused: Vec<String> = refused.into_iter().flatten().collect();
    for code in ["dependency-down", "overloaded"] {
        assert!(refused.iter().any(|refusal| refusal == code), "{code}: {refused:?}");
    }
    assert!(!refused.iter().any(|refusal| refusal == "storage-full"), "{refused:?}");
    for saver in &mut savers {
        saver.until_saved().await;
    }
    assert_kept(&place, &savers).await;
    let saved: usize = savers.iter().map(|saver| saver.acknowledged.len()).sum();
    assert!(saved > 50, "{saved} saves prove little");
    println!("slowest answer: {:?}", savers.iter().map(|saver| saver.slowest).max());
}

#[tokio::test]
async fn k_09_a_postgresql_that_does_not_answer_is_told_at_once_and_works_again_when_it_does() {
    let Some((place, cluster, _folder)) = own_postgres("frozen") else { return };
    cluster.execute("CREATE DATABASE frozen TEMPLATE migrated").await;
    let _server = place.start().await.unwrap();
    let browser = vendor(&place.base()).await.unwrap();
    let mut savers = Saver::all(&browser, 4).await;
    for round in 0..2 {
        for saver in &mut savers {
            saver.until_saved().await;
        }
        // First with connections that were used just now, then with some that are asked before they are used.
        tokio::time::sleep(Duration::from_millis(1_500 * round)).await;
        cluster.freeze();
        let page = async || {
            let begun = Instant::now();
            let page = browser.open("/portal/questions/SEC-GOV-01").await;
            assert_eq!(page.status.as_u16(), 503);
            begun.elapsed()
        };
        let saves = future::join_all(savers.iter_mut().map(async |saver| {
            assert!(matches!(saver.save().await, Came::Refused(_)), "nobody can have stored it");
        }));
        let (page, _) = future::join(page(), saves).await;
        let ready = Client::new(&place.base()).json("/health/ready").await;
        cluster.thaw();
        assert_eq!(ready.status.as_u16(), 503);
        let slowest = savers.iter().map(|saver| saver.slowest).chain([page]).max().unwrap();
        // Three seconds, and what a busy machine adds.
        assert!(slowest < Duration::from_secs(5), "{slowest:?}");
        for saver in &mut savers {
            saver.until_saved().await;
        }
        browser.open("/portal/questions/SEC-GOV-01").await.expect(200);
    }
    assert_kept(&place, &savers).await;
}
