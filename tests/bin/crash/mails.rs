//! Somebody on the buyer's side who invites and reminds, and what must have become of the mails.

use crate::log::{Log, lines};
use anyhow::{Context as _, bail, ensure};
use chrono::{DateTime, Duration, Utc};
use reqwest::Method;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};
use tests::{browser::Client, server::Place, smtp::SmtpServer};
use uuid::Uuid;

/// The name of the buyer's log.
pub const LOG: &str = "buyer.log";
/// After so many people the next assessment is begun, so that no page grows long.
pub const PEOPLE_OF_ONE: u32 = 100;
/// So many mails may wait: enough that one is always on its way, few enough that they are soon sent.
const MOST_WAITING: usize = 12;
/// The longest that the last mails may take.
const EMPTIED: std::time::Duration = std::time::Duration::from_secs(180);
const INVITATION: &str = "mail_invitation";
const REMINDER: &str = "mail_reminder";
/// What is open of the outbox.
const OPEN: &str = "state IN ('ready', 'leased') AND kind LIKE 'mail%'";

/// What the buyer does: one mail is promised by it.
#[derive(Clone, Debug)]
struct Act {
    kind: &'static str,
    to: String,
    path: String,
    fields: Vec<(&'static str, String)>,
}

/// The buyer. Every line of the log is an act that was acknowledged.
pub struct Buyer {
    pub browser: Client,
    pub csrf: String,
    /// Where people are invited to, `/assessments/<id>`.
    pub assessment: String,
    /// How many were invited there.
    pub people: u32,
    pub log: Log,
    invited: u32,
    /// Who can be reminded, with the path of it.
    remindable: VecDeque<(String, String)>,
    reminded: BTreeSet<String>,
    /// What was sent and not answered: sent again, as the same form.
    unanswered: Option<Act>,
}

impl Buyer {
    pub fn new(browser: Client, csrf: String, assessment: String, log: Log) -> Self {
        let (remindable, reminded) = (VecDeque::new(), BTreeSet::new());
        Self { browser, csrf, assessment, people: 0, log, invited: 0, remindable, reminded, unanswered: None }
    }

    /// Invites and reminds until the server is gone, never so much that more than a few mails wait, of which `waiting`
    /// do already.
    pub async fn mail_until_killed(
        &mut self,
        mails: &SmtpServer,
        waiting: usize,
        gone: &AtomicBool,
    ) -> anyhow::Result<()> {
        let (before, mut promised) = (mails.number_kept(), 0);
        while !gone.load(Ordering::Relaxed) {
            if waiting + promised >= MOST_WAITING + mails.number_kept() - before {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                continue;
            }
            let act = self.next();
            self.unanswered = Some(act.clone());
            let fields: Vec<(&str, &str)> =
                act.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let request = self.browser.request(Method::POST, &act.path).form(&fields);
            let Ok(answer) = request.send().await else { return Ok(()) };
            match answer.status().as_u16() {
                303 => self.log.note(&format!("{}\t{}", act.kind, act.to))?,
                503 => continue,
                other => bail!("{act:?} was answered {other}: {}", answer.text().await.unwrap_or_default()),
            }
            self.unanswered = None;
            promised += 1;
        }
        Ok(())
    }

    /// What was not answered, or a reminder to somebody who was not reminded, or else an invitation.
    fn next(&mut self) -> Act {
        if let Some(act) = self.unanswered.take() {
            return act;
        }
        let csrf = ("csrf", self.csrf.clone());
        // By turns, so that no kind waits for the other.
        if self.reminded.len() < self.invited as usize / 2
            && let Some((to, path)) = self.remindable.pop_front()
        {
            self.reminded.insert(to.clone());
            let fields = vec![csrf, ("key", format!("remind {to}"))];
            return Act { kind: REMINDER, to, path, fields };
        }
        self.invited += 1;
        self.people += 1;
        let to = format!("person-{}@mailed.example", self.invited);
        let fields = vec![
            csrf,
            ("new_name", format!("Person {}", self.invited)),
            ("new_email", to.clone()),
            ("new_job_title", String::new()),
            ("key", format!("invite {to}")),
        ];
        Act { kind: INVITATION, to, path: format!("{}/people/add", self.assessment), fields }
    }

    /// Learns whom it can remind.
    pub fn learn(&mut self, rows: &[Row]) {
        let invited = rows.iter().filter(|row| {
            row.kind == INVITATION && row.to.ends_with("@mailed.example") && !self.reminded.contains(&row.to)
        });
        self.remindable = invited.map(|row| (row.to.clone(), row.remind.clone())).collect();
    }
}

/// A mail as the database has it.
#[derive(Clone, Debug, Default)]
pub struct Row {
    kind: String,
    to: String,
    outcome: String,
    message_id: String,
    /// Where its recipient is reminded.
    remind: String,
}

/// The outbox of a place.
pub struct Outbox<'a>(pub &'a Place);

impl Outbox<'_> {
    async fn open(&self) -> anyhow::Result<DatabaseConnection> {
        Ok(sea_orm::Database::connect(self.0.database_url().replace("mode=ro", "mode=rw")).await?)
    }

    /// Every mail.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn rows(&self) -> anyhow::Result<Vec<Row>> {
        let database = self.open().await?;
        let sql = "SELECT kind, to_address, outcome, message_id, assessment_id, respondent_id FROM email_delivery \
                   ORDER BY created_at";
        let found =
            database.query_all_raw(Statement::from_string(database.get_database_backend(), sql)).await?;
        database.close().await?;
        let row = |row: sea_orm::QueryResult| {
            let (assessment, respondent): (Option<Uuid>, Option<Uuid>) =
                (row.try_get_by_index(4)?, row.try_get_by_index(5)?);
            let (assessment, respondent) = (assessment.unwrap_or_default(), respondent.unwrap_or_default());
            Ok(Row {
                kind: row.try_get_by_index(0)?,
                to: row.try_get_by_index(1)?,
                outcome: row.try_get_by_index(2)?,
                message_id: row.try_get_by_index(3)?,
                remind: format!("/assessments/{assessment}/people/{respondent}/remind"),
            })
        };
        found.into_iter().map(row).collect()
    }

    /// How many mails wait.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn waiting(&self) -> anyhow::Result<usize> {
        let database = self.open().await?;
        let sql = format!("SELECT count(*) FROM job WHERE {OPEN}");
        let row =
            database.query_one_raw(Statement::from_string(database.get_database_backend(), sql)).await?;
        let count: i64 = row.context("a count")?.try_get_by_index(0)?;
        database.close().await?;
        Ok(usize::try_from(count)?)
    }

    /// Lets the leases run out that a process took which was dead at `death`, as two minutes would; true when it had
    /// begun a mail and not finished it.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn end_leases(&self, death: DateTime<Utc>) -> anyhow::Result<bool> {
        let database = self.open().await?;
        let backend = database.get_database_backend();
        // Leases are taken for two minutes, so those of the process that runs now end later.
        let theirs = death + Duration::minutes(2);
        let begun = "SELECT id FROM job WHERE state = 'leased' AND kind LIKE 'mail%' AND leased_until <= $1 \
                     AND last_error = 'The process was cut off while it did this'";
        let begun =
            database.query_one_raw(Statement::from_sql_and_values(backend, begun, [theirs.into()])).await?;
        let end = "UPDATE job SET leased_until = $1 WHERE state = 'leased' AND leased_until <= $2";
        let values = [death.into(), theirs.into()];
        database.execute_raw(Statement::from_sql_and_values(backend, end, values)).await?;
        database.close().await?;
        Ok(begun.is_some())
    }

    /// Waits until nothing waits.
    ///
    /// # Errors
    /// When it takes too long.
    pub async fn emptied(&self) -> anyhow::Result<()> {
        let begun = Instant::now();
        loop {
            let waiting = self.waiting().await?;
            if waiting == 0 {
                return Ok(());
            }
            ensure!(begun.elapsed() < EMPTIED, "{waiting} mails wait after {EMPTIED:?}");
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    }
}

/// A mail that the mail server took.
#[derive(Clone, Debug)]
pub struct Letter {
    message_id: String,
    to: String,
    /// How many deaths there were before.
    life: usize,
    /// Whether the process that sent it died before it had sent another.
    last: bool,
}

/// What the mail server took; `deaths` says how much that was at each death.
///
/// # Errors
/// When a mail has not exactly one recipient.
pub fn letters(mails: &SmtpServer, deaths: &[usize]) -> anyhow::Result<Vec<Letter>> {
    let letter = |(at, mail): (usize, tests::smtp::Received)| {
        let [to] = mail.to.as_slice() else { bail!("a mail to {:?}", mail.to) };
        let message_id = mail.parse().message_id().unwrap_or_default().to_owned();
        let (life, last) = life(at, deaths);
        Ok(Letter { message_id, to: to.clone(), life, last })
    };
    mails.kept().into_iter().enumerate().map(letter).collect()
}

/// How many deaths there were before the mail of this number, and whether one followed before another mail.
fn life(at: usize, deaths: &[usize]) -> (usize, bool) {
    (deaths.iter().filter(|death| **death <= at).count(), deaths.contains(&(at + 1)))
}

/// What became of the mails.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Post {
    /// Acts acknowledged, each of which promises one.
    pub promised: usize,
    /// Those whose mail came.
    pub arrived: usize,
    /// Reminders that did not come and are shown as "May have been sent".
    pub unknown: usize,
    /// Mails beyond the first of a Message-ID.
    pub repeated: usize,
    /// What did not come.
    pub lost: Vec<String>,
    /// What came or is recorded otherwise than it may.
    pub wrong: Vec<String>,
}

/// The acts in the buyer's log, by kind and recipient.
///
/// # Errors
/// When the log cannot be read.
pub fn promised(folder: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let pair = |line: String| {
        let (kind, to) =
            line.split_once('\t').with_context(|| format!("a log line that is none: {line:?}"))?;
        Ok((kind.to_owned(), to.to_owned()))
    };
    lines(folder, LOG)?.into_iter().map(pair).collect()
}

/// Acts that were acknowledged and queued no mail, or more than one.
pub fn not_queued_once(promised: &[(String, String)], rows: &[Row]) -> Vec<String> {
    let mut queued: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for row in rows {
        *queued.entry((&row.kind, &row.to)).or_default() += 1;
    }
    let count = |(kind, to): &(String, String)| queued.get(&(kind, to)).copied().unwrap_or_default();
    let other = promised.iter().map(|act| (act, count(act))).filter(|(_, count)| *count != 1);
    other.map(|((kind, to), count)| format!("{count} times queued: {kind} to {to}")).collect()
}

/// Compares what was promised and what is recorded with what came, once nothing waits any more: everything comes, and
/// twice only where nobody can know. That is what the mail server took last from a process that died: an invitation
/// comes again then, with the same Message-ID; a reminder never does, and where it may have come it is recorded so.
pub fn judge(promised: &[(String, String)], rows: &[Row], letters: &[Letter]) -> Post {
    let mut post =
        Post { promised: promised.len(), lost: not_queued_once(promised, rows), ..Post::default() };
    let mut came: BTreeMap<&str, Vec<&Letter>> = BTreeMap::new();
    for letter in letters {
        came.entry(&letter.message_id).or_default().push(letter);
    }
    let acts: BTreeSet<(&str, &str)> =
        promised.iter().map(|(kind, to)| (kind.as_str(), to.as_str())).collect();
    for row in rows {
        let name = format!("{} to {}, {}", row.kind, row.to, row.outcome);
        let copies = came.remove(row.message_id.trim_matches(['<', '>'])).unwrap_or_default();
        let act = usize::from(acts.contains(&(row.kind.as_str(), row.to.as_str())));
        let reminder = row.kind == REMINDER;
        match (copies.len(), row.outcome.as_str()) {
            (0, "unknown") if reminder => post.unknown += act,
            (0, _) => post.lost.push(name.clone()),
            (_, "sent") => post.arrived += act,
            (_, "unknown") if reminder => post.arrived += act,
            _ => post.wrong.push(format!("it came: {name}")),
        }
        if copies.iter().any(|copy| copy.to != row.to) {
            post.wrong.push(format!("it came to others: {name}"));
        }
        let Some((_, earlier)) = copies.split_last() else { continue };
        post.repeated += earlier.len();
        let lives: BTreeSet<usize> = copies.iter().map(|copy| copy.life).collect();
        if !earlier.is_empty()
            && (reminder || lives.len() < copies.len() || earlier.iter().any(|copy| !copy.last))
        {
            post.wrong.push(format!("it came {} times, in the lives {lives:?}: {name}", copies.len()));
        }
    }
    post.wrong.extend(came.into_values().flatten().map(|letter| format!("nobody's: {letter:?}")));
    post
}

#[cfg(test)]
mod tests_of_the_judge {
    use super::*;

    fn row(kind: &str, to: &str, outcome: &str) -> Row {
        let (kind, to, outcome) = (kind.to_owned(), to.to_owned(), outcome.to_owned());
        Row { message_id: format!("<{kind}-{to}@here>"), kind, to, outcome, remind: String::new() }
    }

    fn letter(kind: &str, to: &str, life: usize, last: bool) -> Letter {
        Letter { message_id: format!("{kind}-{to}@here"), to: to.to_owned(), life, last }
    }

    fn acts(acts: &[(&str, &str)]) -> Vec<(String, String)> {
        acts.iter().map(|(kind, to)| ((*kind).to_owned(), (*to).to_owned())).collect()
    }

    const I: &str = INVITATION;
    const R: &str = REMINDER;

    #[test]
    fn what_was_promised_and_did_not_come_is_lost() {
        let rows = [row(I, "a", "sent"), row(I, "b", "sent"), row(R, "a", "sent"), row(R, "b", "unknown")];
        let promised = acts(&[(I, "a"), (I, "b"), (I, "c"), (R, "a"), (R, "b")]);
        let post = judge(&promised, &rows, &[letter(I, "a", 0, false)]);
        let lost = [
            "0 times queued: mail_invitation to c",
            "mail_invitation to b, sent",
            "mail_reminder to a, sent",
        ];
        assert_eq!(post.lost, lost);
        assert_eq!((post.promised, post.arrived, post.unknown, post.wrong.len()), (5, 1, 1, 0));
    }

    #[test]
    fn an_invitation_comes_again_only_after_a_death_that_nobody_can_judge() {
        let wrong =
            |letters: &[Letter]| judge(&acts(&[(I, "a")]), &[row(I, "a", "sent")], letters).wrong.len();
        assert_eq!(wrong(&[letter(I, "a", 0, true), letter(I, "a", 1, false)]), 0);
        assert_eq!(wrong(&[letter(I, "a", 0, true), letter(I, "a", 2, true), letter(I, "a", 3, false)]), 0);
        assert_eq!(
            wrong(&[letter(I, "a", 0, false), letter(I, "a", 1, false)]),
            1,
            "another was sent after it"
        );
        assert_eq!(wrong(&[letter(I, "a", 1, true), letter(I, "a", 1, true)]), 1, "nobody died");
        let post = judge(
            &acts(&[(I, "a")]),
            &[row(I, "a", "sent")],
            &[letter(I, "a", 0, true), letter(I, "a", 1, true)],
        );
        assert_eq!((post.arrived, post.repeated), (1, 1));
    }

    #[test]
    fn a_reminder_never_comes_again() {
        let letters = [letter(R, "a", 0, true), letter(R, "a", 1, false)];
        assert_eq!(judge(&[], &[row(R, "a", "sent")], &letters).wrong.len(), 1);
        assert_eq!(judge(&[], &[row(R, "a", "unknown")], &letters[..1]).wrong, [""; 0]);
    }

    #[test]
    fn what_is_recorded_otherwise_is_wrong_and_so_is_what_nobody_asked_for() {
        let post = judge(&[], &[row(I, "a", "retry")], &[letter(I, "a", 0, false)]);
        assert_eq!(post.wrong.len(), 1, "{post:?}");
        let other = Letter { to: "b".to_owned(), ..letter(I, "a", 0, false) };
        assert_eq!(judge(&[], &[row(I, "a", "sent")], &[other]).wrong.len(), 1);
        assert_eq!(judge(&[], &[], &[letter(I, "a", 0, false)]).wrong.len(), 1);
        let twice = [row(I, "a", "sent"), Row { message_id: "<2@here>".to_owned(), ..row(I, "a", "sent") }];
        let second = Letter { message_id: "2@here".to_owned(), ..letter(I, "a", 0, false) };
        let post = judge(&acts(&[(I, "a")]), &twice, &[letter(I, "a", 0, false), second]);
        assert_eq!(post.lost, ["2 times queued: mail_invitation to a"]);
    }

    #[test]
    fn a_mail_belongs_to_the_life_that_sent_it() {
        let lives: Vec<_> = (0..4).map(|at| life(at, &[0, 2, 2])).collect();
        assert_eq!(lives, [(1, false), (1, true), (3, false), (3, false)]);
    }
}
