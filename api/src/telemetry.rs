//! The log: text for people or JSON for collectors, on standard error.
//!
//! Secrets, e-mail addresses and answers are never written. Some libraries log what they carry at debug level (lettre
//! logs whole SMTP conversations with passwords and link secrets), so [`SILENT`] caps them whatever the filter says.

use std::io;

use tracing::{Level, Metadata};
use tracing_subscriber::filter::{FilterFn, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{EnvFilter, Layer};

/// Libraries whose records below `warn` hold what they transport: mails, SQL values, request heads, multipart bodies.
pub const SILENT: [&str; 9] =
    ["lettre", "sqlx", "sea_orm", "h2", "actix_http", "actix_multipart", "hyper", "reqwest", "rustls"];

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter cannot be read.
    #[error("log.filter is not valid: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// A second start in one process.
    #[error(transparent)]
    Twice(#[from] TryInitError),
}

/// Starts the log of this process on standard error. `filter` is like `info,api::jobs=debug`.
///
/// # Errors
/// When the filter is not valid, or the log has been started before.
pub fn start(json: bool, filter: &str) -> Result<(), TelemetryError> {
    subscriber(json, filter, io::stderr)?.try_init()?;
    Ok(())
}

/// The log, written to `writer`; for tests and for [`start`].
///
/// # Errors
/// When the filter is not valid.
pub fn subscriber<W>(
    json: bool,
    filter: &str,
    writer: W,
) -> Result<impl tracing::Subscriber + Send + Sync, TelemetryError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = EnvFilter::builder().parse(filter)?;
    let base = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(false);
    let layer = if json {
        base.json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .with_filter(discreet())
            .boxed()
    } else {
        base.with_filter(discreet()).boxed()
    };
    Ok(tracing_subscriber::registry().with(filter).with(layer))
}

fn discreet() -> FilterFn<fn(&Metadata<'_>) -> bool> {
    filter_fn(may_be_logged)
}

fn may_be_logged(record: &Metadata<'_>) -> bool {
    let library = record.target().split("::").next().unwrap_or_default();
    *record.level() <= Level::WARN || !SILENT.contains(&library)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);
    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(json: bool, filter: &str, act: impl FnOnce()) -> String {
        let kept = Kept::default();
        let writer = kept.clone();
        tracing::subscriber::with_default(subscriber(json, filter, move || writer.clone()).unwrap(), act);
        let bytes = kept.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_mail_conversation_is_not_logged_even_when_everything_is_asked_for() {
        for filter in ["trace", "lettre=trace", "debug,lettre::transport=trace"] {
            let log = logged(false, filter, || {
                tracing::debug!(target: "lettre::transport::smtp::client", "Wrote: AUTH PLAIN canary");
                tracing::trace!(target: "sqlx::query", "canary");
                tracing::warn!(target: "lettre::transport", "seen");
            });
            assert!(!log.contains("canary") && log.contains("seen"), "{filter}: {log}");
        }
    }

    #[test]
    fn json_lines_carry_the_fields_and_the_span() {
        let log = logged(true, "info", || {
            let _span = tracing::info_span!("request", "request.id" = "r-1").entered();
            tracing::info!("assessment.id" = "a-1", "sent");
            tracing::debug!("not asked for");
        });
        let line: serde_json::Value = serde_json::from_str(log.trim()).unwrap();
        assert_eq!(line["assessment.id"], "a-1");
        assert_eq!(line["message"], "sent");
        assert_eq!(line["span"]["request.id"], "r-1");
    }

    #[test]
    fn a_filter_that_cannot_be_read_is_an_error() {
        assert!(matches!(subscriber(false, "api=loud", io::stderr).err(), Some(TelemetryError::Filter(_))));
    }
}
