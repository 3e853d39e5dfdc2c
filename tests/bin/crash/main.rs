//! `crash --cycles N [--database sqlite|postgres] [--assay PATH]`: what was acknowledged survives the death of the
//! process that acknowledged it (K-01), and so does what was promised (K-06).
//!
//! Starts the real `assay serve` on a SQLite file, or on a PostgreSQL that lives on while it dies, comes in as several
//! people of vendors, and then N times: clients save answers over HTTP, every other one as the portal's script does; two
//! of them add files and remove some; the buyer invites people and reminds them by mail. Each writes and syncs every
//! acknowledgement to a log before its next request. The server is killed (SIGKILL) after 50 to 1,000 ms and started
//! again. Every acknowledgement in the logs must be found as it was acknowledged, files byte for byte; nothing may be
//! there twice or that nobody sent; the database file must be sound. At the end, when no mail waits any more, every mail
//! that was promised must have come, and none twice but where nobody can know. Exit code 1 otherwise.

mod answers;
mod files;
mod log;
mod mails;

use answers::{CLIENTS, Saver};
use anyhow::{Context as _, bail, ensure};
use api::domain::Surroundings;
use files::{FILES_OF_ONE, Shelf, UPLOADERS, Uploader};
use log::Log;
use mails::{Buyer, Outbox, PEOPLE_OF_ONE};
use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};
use tests::{
    browser::Client,
    postgres::Cluster,
    procurement,
    server::{
        Place, Post, Question, Stored, admin, admin_again, assay_beside, come_in, exit_code, questions,
    },
    smtp::SmtpServer,
};

/// People who save answers of one assessment, each with a session of their own, in several browsers each.
const SESSIONS: usize = 10;
/// The longest start after a death.
const START: Duration = Duration::from_secs(5);

struct Arguments {
    cycles: u32,
    postgres: bool,
    assay: PathBuf,
}

fn arguments() -> anyhow::Result<Arguments> {
    let mut found = Arguments { cycles: 30, postgres: false, assay: assay_beside()? };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().with_context(|| format!("{word} needs a value"))?;
        match (word.as_str(), value.as_str()) {
            ("--cycles", _) => found.cycles = value.parse()?,
            ("--database", "sqlite") => found.postgres = false,
            ("--database", "postgres") => found.postgres = true,
            ("--assay", _) => found.assay = value.into(),
            _ => bail!("usage: crash [--cycles N] [--database sqlite|postgres] [--assay PATH]"),
        }
    }
    Ok(found)
}

/// Everybody who uses the service while it dies.
struct Crowd {
    admin: Client,
    /// Vendors so far.
    vendors: u32,
    savers: Vec<Saver>,
    uploaders: Vec<Uploader>,
    buyer: Buyer,
}

impl Crowd {
    /// Sets up an organisation, and has everybody come in.
    async fn new(place: &Place, mails: &SmtpServer) -> anyhow::Result<Self> {
        let base = place.base();
        let admin = admin(&base).await;
        let (staff, token) = admin_again(&base).await;
        let assessment = procurement::sent(&admin).await;
        let mut people = vec!["priya@lumen.example".to_owned()];
        for number in 1..SESSIONS {
            let (name, email) = (format!("Colleague {number}"), format!("colleague-{number}@lumen.example"));
            let fields =
                [("csrf", token.as_str()), ("new_name", &name), ("new_email", &email), ("key", &email)];
            staff.post(&format!("{assessment}/people/add"), &fields).await.expect(303);
            people.push(email);
        }
        let sessions = people.iter().map(async |email| {
            let vendor = come_in(&base, &Post::Inbox(mails, email)).await?;
            let page = vendor.open("/portal/tasks").await.expect(200);
            let csrf = page.attributes("input[name=csrf]", "value").into_iter().next();
            anyhow::Ok((vendor, csrf.context("a token")?))
        });
        let sessions = futures_util::future::try_join_all(sessions).await?;
        let (asked, _) = questions(&sessions.first().context("a lead")?.0, CLIENTS).await?;
        let mut savers = Vec::new();
        for (number, (question, (vendor, csrf))) in asked.into_iter().zip(sessions.iter().cycle()).enumerate()
        {
            savers.push(Saver {
                vendor: vendor.clone(),
                csrf: csrf.clone(),
                question,
                revision: 0,
                log: Log::new(&place.folder, &answers::log_of(number))?,
                number,
                saves: 0,
            });
        }
        let mut vendors = 0;
        let mut uploaders = Vec::new();
        for number in 0..UPLOADERS {
            let (vendor, question, csrf) = enter_another(&admin, &mut vendors, place, mails).await?;
            let log = Log::new(&place.folder, &files::log_of(number))?;
            let (removable, cut_off) = (VecDeque::new(), 0);
            uploaders.push(Uploader {
                vendor,
                csrf,
                question,
                log,
                number,
                files: 0,
                here: 0,
                removable,
                cut_off,
            });
        }
        let assessment = another(&admin, &mut vendors).await.0;
        let buyer = Buyer::new(staff, token, assessment, Log::new(&place.folder, mails::LOG)?);
        Ok(Self { admin, vendors, savers, uploaders, buyer })
    }

    /// Begins other assessments where one is full.
    async fn begin_others(&mut self, place: &Place, mails: &SmtpServer) -> anyhow::Result<()> {
        for uploader in &mut self.uploaders {
            if uploader.here >= FILES_OF_ONE {
                let (vendor, question, csrf) =
                    enter_another(&self.admin, &mut self.vendors, place, mails).await?;
                (uploader.vendor, uploader.question, uploader.csrf, uploader.here) =
                    (vendor, question, csrf, 0);
                uploader.removable.clear();
            }
        }
        if self.buyer.people >= PEOPLE_OF_ONE {
            (self.buyer.assessment, self.buyer.people) = (another(&self.admin, &mut self.vendors).await.0, 0);
        }
        Ok(())
    }
}

/// Sends a short assessment to one more vendor; gives its path and whom it went to.
async fn another(admin: &Client, vendors: &mut u32) -> (String, String) {
    *vendors += 1;
    let (name, email) = (format!("Vendor {vendors}"), format!("lead{vendors}@vendor.example"));
    (procurement::sent_short(admin, &name, "Service", ("Priya Shah", &email)).await, email)
}

/// As [`another`], and comes in; gives the browser, a question and the token of its forms.
async fn enter_another(
    admin: &Client,
    vendors: &mut u32,
    place: &Place,
    mails: &SmtpServer,
) -> anyhow::Result<(Client, Question, String)> {
    let (_, email) = another(admin, vendors).await;
    let vendor = come_in(&place.base(), &Post::Inbox(mails, &email)).await?;
    let (mut asked, csrf) = questions(&vendor, 1).await?;
    Ok((vendor, asked.pop().context("a question")?, csrf))
}

/// What was counted over all cycles.
#[derive(Default)]
struct Counted {
    answers: u64,
    files: u64,
    removed: u64,
    lost: Vec<String>,
    damaged: u32,
    slowest: Duration,
    /// Deaths while a file was on its way, and while a mail was.
    in_upload: u32,
    in_mail: u32,
}

impl Counted {
    /// Looks at everything that is stored after a start.
    async fn look(&mut self, cycle: u32, place: &Place, crowd: &mut Crowd) -> anyhow::Result<()> {
        let found = Stored::of(place).await?;
        if found.integrity != "ok" {
            eprintln!("cycle {cycle}: integrity_check says {}", found.integrity);
            self.damaged += 1;
        }
        (self.answers, self.lost) = answers::compare(&place.folder, &found)?;
        let shelf = Shelf::of(place).await?;
        let lost;
        (self.files, self.removed, lost) =
            files::compare(&place.folder, &place.folder.join("data/evidence"), &shelf)?;
        self.lost.extend(lost);
        let rows = Outbox(place).rows().await?;
        self.lost.extend(mails::not_queued_once(&mails::promised(&place.folder)?, &rows));
        let saves: Vec<u64> = crowd.savers.iter().map(|saver| saver.saves).collect();
        let files: Vec<u64> = crowd.uploaders.iter().map(|uploader| uploader.files).collect();
        let mut strange = answers::not_sent_once(&found, &saves);
        strange.extend(shelf.not_sent_once(&files));
        ensure!(strange.is_empty(), "cycle {cycle}: twice, or never sent: {strange:?}");
        for saver in &mut crowd.savers {
            // A save without an acknowledgement may have been kept or not.
            saver.revision = found.current.get(&saver.question.id).copied().unwrap_or_default();
        }
        for one in &mut crowd.uploaders {
            one.removable = shelf.removable(one.number, one.files, one.here);
        }
        crowd.buyer.learn(&rows);
        Ok(())
    }
}

/// Runs all cycles, and keeps what is left of them where something is wrong.
async fn run(arguments: Arguments) -> anyhow::Result<bool> {
    let folder = tempfile::tempdir()?;
    let sound = cycles(&arguments, folder.path()).await;
    if !matches!(sound, Ok(true)) {
        eprintln!("kept: {}", folder.keep().display());
    }
    sound
}

async fn cycles(arguments: &Arguments, folder: &Path) -> anyhow::Result<bool> {
    let begun = Instant::now();
    let mails = SmtpServer::start().await?;
    let mut place = Place::new(&arguments.assay, folder)?.mailing_to(&mails);
    if arguments.postgres {
        let cluster = Cluster::of_this_process().context("PostgreSQL is missing")?;
        cluster.execute("CREATE DATABASE crash TEMPLATE migrated").await;
        place = place.with("DATABASE_URL", cluster.url("crash"));
    }
    let mut server = place.start().await?;
    let mut crowd = Crowd::new(&place, &mails).await?;
    let outbox = Outbox(&place);
    let chance = Surroundings::system();
    let mut counted = Counted::default();
    // How many mails had come at each death.
    let mut deaths = Vec::new();
    for cycle in 1..=arguments.cycles {
        let life = Duration::from_millis(50 + u64::from(chance.below(951)));
        let waiting = outbox.waiting().await?;
        let gone = AtomicBool::new(false);
        let before: u32 = crowd.uploaders.iter().map(|uploader| uploader.cut_off).sum();
        let saving =
            futures_util::future::try_join_all(crowd.savers.iter_mut().map(Saver::save_until_killed));
        let adding =
            futures_util::future::try_join_all(crowd.uploaders.iter_mut().map(Uploader::add_until_killed));
        let mailing = crowd.buyer.mail_until_killed(&mails, waiting, &gone);
        let killing = async {
            tokio::time::sleep(life).await;
            let killed = server.kill();
            gone.store(true, Ordering::Relaxed);
            killed
        };
        let (saved, added, mailed, killed) =
            futures_util::future::join4(saving, adding, mailing, killing).await;
        killed?;
        saved?;
        added?;
        mailed?;
        let death = chance.now();
        mails.hung_up().await;
        deaths.push(mails.number_kept());
        let after: u32 = crowd.uploaders.iter().map(|uploader| uploader.cut_off).sum();
        counted.in_upload += u32::from(after > before);

        let started = Instant::now();
        server = place.start().await?;
        counted.slowest = counted.slowest.max(started.elapsed());
        counted.in_mail += u32::from(outbox.end_leases(death).await?);
        counted.look(cycle, &place, &mut crowd).await?;
        if !counted.lost.is_empty() {
            eprintln!("cycle {cycle}: lost {:?}", counted.lost);
            break;
        }
        let Some(Saver { vendor, question, revision: stored, .. }) = crowd.savers.first() else {
            bail!("no question")
        };
        let page = vendor.open(&format!("/portal/questions/{}", question.id)).await.expect(200);
        let revision = page.attributes("input[name=revision]", "value");
        ensure!(revision.first() == Some(&stored.to_string()), "the page shows {revision:?}, not {stored}");
        crowd.begin_others(&place, &mails).await?;
    }
    outbox.emptied().await?;
    let promised = mails::promised(&place.folder)?;
    let post = mails::judge(&promised, &outbox.rows().await?, &mails::letters(&mails, &deaths)?);
    for what in
        post.lost.iter().map(|what| format!("lost: {what}")).chain(post.wrong.iter().cloned()).take(20)
    {
        eprintln!("mail: {what}");
    }
    report(arguments, &counted, &post, begun.elapsed());
    ensure!(counted.answers > u64::from(arguments.cycles), "too little was saved to prove anything");
    ensure!(counted.files > 0 && post.arrived > 0, "no file was added, or no mail came");
    // A death meets a mail more often than not; of a few deaths none may.
    let met = counted.in_upload > 0 && (counted.in_mail > 0 || arguments.cycles < 20);
    ensure!(met, "no death met a file on its way, or none a mail");
    ensure!(counted.slowest <= START, "a start took {:?}", counted.slowest);
    Ok(counted.lost.is_empty() && counted.damaged == 0 && post.lost.is_empty() && post.wrong.is_empty())
}

fn report(arguments: &Arguments, counted: &Counted, post: &mails::Post, took: Duration) {
    let Counted { answers, files, removed, lost, damaged, slowest, in_upload, in_mail } = counted;
    println!(
        "{} cycles on {}, {answers} answers, {files} files and {removed} removals acknowledged, {} lost, none twice, \
         {damaged} damaged databases, started again within {:.1} s; {in_upload} deaths met a file on its way, {in_mail} \
         a mail; {:.1} s",
        arguments.cycles,
        if arguments.postgres { "PostgreSQL" } else { "SQLite" },
        lost.len(),
        slowest.as_secs_f64(),
        took.as_secs_f64()
    );
    println!(
        "{} mails promised: {} came, {} reminders are shown as perhaps sent, {} lost; {} came again with the same \
         Message-ID after a death, {} otherwise than they may",
        post.promised,
        post.arrived,
        post.unknown,
        post.lost.len(),
        post.repeated,
        post.wrong.len()
    );
}

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(match arguments() {
        Ok(arguments) => run(arguments).await,
        Err(error) => Err(error),
    })
}
