//! An invitation: from the first form to the mail at a real SMTP server.

use crate::{
    connection::{Connection, post},
    data::{Data, Size},
    load::Sample,
    machine,
    report::{Finding, Goal, Half, Wanted},
    samples::{by_time, repeat, watched},
    scene::Bench,
};
use anyhow::{Context as _, ensure};
use api::domain::Surroundings;
use chrono::Days;
use std::{
    sync::mpsc::{self, Receiver},
    time::{Duration, Instant},
};
use tests::smtp::{Point, Rule, SmtpServer};

/// What the service does between the reply and the mail may take this long before the run is void.
const PATIENCE: Duration = Duration::from_secs(30);

/// B6: an assessment is started, a new person is named and it is sent, one after the other; then the mail arrives.
///
/// # Errors
/// When a form is refused, or a mail is lost or comes twice.
pub fn send(bench: &mut Bench) -> anyhow::Result<()> {
    let scene = bench.take(Size::new(bench.pace.vendors.0 / 4, 50))?;
    let sink = bench.runtime.block_on(SmtpServer::start())?;
    let (arrives, arrivals) = mpsc::channel();
    sink.add(Rule::at(Point::Dot).tell(move || {
        // Nobody hears of mails that come after the goal was measured.
        let _ = arrives.send(Instant::now());
    }));
    let mut place = scene.place.clone();
    for (name, value) in [
        ("ASSAY_MAIL__TRANSPORT", "smtp".to_owned()),
        ("ASSAY_SMTP__HOST", "127.0.0.1".to_owned()),
        ("ASSAY_SMTP__PORT", sink.port().to_string()),
        ("ASSAY_SMTP__TLS", "none".to_owned()),
    ] {
        place.settings.push((name.to_owned(), value));
    }
    let server = place.start()?;
    let (pace, own) = (bench.pace.clone(), watched(&server, &place));
    let connection = bench.runtime.block_on(Connection::open(server.address))?;
    let mut sender = Sender { connection, data: &scene.data, sent: 0 };
    let (mut replies, mut mails) = (Vec::new(), Vec::new());
    for _ in 0..pace.pairs {
        let (sync, mut delays) = (machine::sync_time(&pace.folder)?, Vec::new());
        let sample = repeat(&own, pace.span.half(), || {
            let reply = bench.runtime.block_on(sender.invitation())?;
            delays.push(delay(&arrivals, Instant::now())?);
            Ok(reply)
        })?;
        let delays = Sample::of(delays, sample.elapsed, sample.reading, &own)?;
        let shown = format!("{} invitations, p99 {:.1} ms", delays.answers, delays.at(0.99));
        mails.push(Half { shown, sync, ..by_time(&delays, 0.99) });
        replies.push(Half { sync, ..by_time(&sample, 0.5) });
    }
    let what = "one invitation: start, name a new person, send; the three replies together, p50";
    bench.found(Finding::alone(Goal { id: "B6", what, wanted: Wanted::Within(17.0, "ms") }, replies));
    let what = "its mail at the SMTP server after the reply, p99";
    bench.found(Finding::alone(Goal { id: "B6", what, wanted: Wanted::Within(1_000.0, "ms") }, mails));
    let mut to: Vec<String> = sink.kept().into_iter().flat_map(|mail| mail.to).collect();
    to.sort_unstable();
    let mut invited: Vec<String> = (1..=sender.sent).map(address).collect();
    invited.sort_unstable();
    ensure!(to == invited, "{} mails for {} invitations", to.len(), invited.len());
    bench.put(scene);
    Ok(())
}

fn delay(arrivals: &Receiver<Instant>, replied: Instant) -> anyhow::Result<Duration> {
    let arrived = arrivals.recv_timeout(PATIENCE).context("the mail of an invitation did not arrive")?;
    Ok(arrived.saturating_duration_since(replied))
}

fn address(number: usize) -> String {
    format!("invited{number}@vendor.example")
}

struct Sender<'a> {
    connection: Connection,
    data: &'a Data,
    sent: usize,
}

impl Sender<'_> {
    /// How long the three forms took together.
    async fn invitation(&mut self) -> anyhow::Result<Duration> {
        let number = self.sent;
        let service =
            self.data.services.get(number % self.data.services.len()).context("no service")?.to_string();
        let key = format!("measured-{}-{number}", std::process::id());
        self.sent += 1;
        let (name, email) = (format!("Invited {}", self.sent), address(self.sent));
        let (admin, due) = (
            self.data.admin.to_string(),
            (Surroundings::system().now() + Days::new(14)).date_naive().to_string(),
        );
        let begun = Instant::now();
        let fields = [("service", service.as_str()), ("key", &key), ("vendor", ""), ("page", "1")];
        let next = self.form("/assessments", &fields).await?;
        let path =
            next.strip_suffix("/questionnaires").with_context(|| format!("sent on to {next}"))?.to_owned();
        let people = [
            ("new_name", name.as_str()),
            ("new_email", &email),
            ("owner", &admin),
            ("reviewer", &admin),
            ("due_on", &due),
            ("message", "We want to use it from next quarter"),
            ("version", "1"),
        ];
        self.form(&format!("{path}/people"), &people).await?;
        let next = self.form(&format!("{path}/send"), &[("version", "2"), ("key", &key)]).await?;
        ensure!(next == path, "sent on to {next}, not to {path}");
        Ok(begun.elapsed())
    }

    /// Sends a form; gives where it sends us on to, which is its success.
    async fn form(&mut self, path: &str, fields: &[(&str, &str)]) -> anyhow::Result<String> {
        let fields = [fields, &[("csrf", self.data.form_token.as_str())]].concat();
        let request = post(path, &format!("Cookie: {}\r\n", self.data.staff), &fields);
        let answer = self.connection.exchange(&request).await?;
        let said = || String::from_utf8_lossy(answer.body).into_owned();
        ensure!(answer.status == 303, "{path} was answered {}: {}", answer.status, said());
        answer.location.with_context(|| format!("{path} sends nowhere"))
    }
}
