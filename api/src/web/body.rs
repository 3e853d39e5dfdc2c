//! Bodies: how long they may take to arrive or to be taken, how much of them is read, and JSON read to the letter.

use super::{
    load::Load,
    problem::{MALFORMED_REQUEST, PAYLOAD_TOO_LARGE, Problem, REQUEST_TIMEOUT, UNSUPPORTED_MEDIA_TYPE},
};
use crate::usecases::UseCaseError;
use actix_web::{
    Error, HttpMessage as _, HttpRequest,
    body::{BodySize, BoxBody, MessageBody},
    dev::{Payload, ServiceRequest, ServiceResponse},
    error::PayloadError,
    middleware::Next,
    web::{Bytes, Data},
};
use futures_util::{Stream, StreamExt as _};
use serde::de::DeserializeOwned;
use std::{
    cell::RefCell,
    io,
    net::TcpListener,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::Sleep;

/// The most bytes that are read of any body, even of one that is refused and only read so that the browser gets to
/// read why. No body that is taken comes near it.
const MOST: usize = 256 * 1024 * 1024;

/// How slowly a body may arrive before the request is ended, and an answer may be taken before the connection is.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Time for any body, however small.
    pub grace: Duration,
    /// Bytes that earn one second more.
    pub bytes_per_second: u32,
    /// Time in which a client may take nothing at all of what it is sent.
    pub stalled: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { grace: Duration::from_secs(10), bytes_per_second: 64 * 1024, stalled: Duration::from_secs(60) }
    }
}

impl Pace {
    /// Has the system end connections of this listener whose client takes nothing for too long: the server itself waits
    /// for ever until it can write on. Other systems than Linux cannot.
    ///
    /// # Errors
    /// When the system refuses.
    #[cfg_attr(not(target_os = "linux"), expect(unused_variables, reason = "there is no such option"))]
    pub fn bound_readers(self, listener: &TcpListener) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        {
            let milliseconds = u32::try_from(self.stalled.as_millis()).unwrap_or(u32::MAX);
            rustix::net::sockopt::set_tcp_user_timeout(listener, milliseconds)?;
        }
        Ok(())
    }
    fn earned_by(self, bytes: usize) -> Duration {
        Duration::from_secs_f64(bytes as f64 / f64::from(self.bytes_per_second.max(1)))
    }
}

/// A body on its way in. After its deadline it fails instead of waiting, and beyond [`MOST`] bytes instead of going on.
struct Arriving {
    payload: Payload,
    deadline: Pin<Box<Sleep>>,
    pace: Pace,
    left: usize,
    complete: bool,
    load: Data<Load>,
    waiting: bool,
}

impl Drop for Arriving {
    fn drop(&mut self) {
        self.wait(false);
    }
}

impl Arriving {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, PayloadError>>> {
        let polled = self.poll_in_time(cx);
        self.wait(polled.is_pending());
        polled
    }

    /// While more is waited for, the request is no work for anybody.
    fn wait(&mut self, waiting: bool) {
        match (self.waiting, waiting) {
            (false, true) => self.load.end(),
            (true, false) => drop(self.load.begin()),
            _ => {}
        }
        self.waiting = waiting;
    }

    fn poll_in_time(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, PayloadError>>> {
        match Pin::new(&mut self.payload).poll_next(cx) {
            Poll::Ready(Some(Ok(chunk))) => {
                self.left = self.left.saturating_sub(chunk.len());
                if self.left == 0 {
                    return Poll::Ready(Some(Err(PayloadError::Overflow)));
                }
                let later = self.deadline.deadline() + self.pace.earned_by(chunk.len());
                self.deadline.as_mut().reset(later);
                Poll::Ready(Some(Ok(chunk)))
            }
            Poll::Ready(None) => {
                self.complete = true;
                Poll::Ready(None)
            }
            Poll::Ready(failed) => Poll::Ready(failed),
            Poll::Pending => self
                .deadline
                .as_mut()
                .poll(cx)
                .map(|()| Some(Err(PayloadError::Io(io::Error::from(io::ErrorKind::TimedOut))))),
        }
    }
}

/// What handlers read from; the middleware keeps the other half.
struct Reader(Rc<RefCell<Arriving>>);

impl Stream for Reader {
    type Item = Result<Bytes, PayloadError>;
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.borrow_mut().poll_next(cx)
    }
}

/// An answer that keeps what was not read of the request until it is sent: the server then closes the connection,
/// where it would otherwise go on reading a chunked body for ever.
pub struct Closing {
    answer: BoxBody,
    _unread: Option<Rc<RefCell<Arriving>>>,
}

impl MessageBody for Closing {
    type Error = <BoxBody as MessageBody>::Error;
    fn size(&self) -> BodySize {
        self.answer.size()
    }
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.answer).poll_next(cx)
    }
}

/// Gives every body a deadline, whoever reads it, and ends the connection of one that was not read to its end.
///
/// # Errors
/// Only what the rest of the service raises.
pub async fn in_time(
    pace: Data<Pace>,
    load: Data<Load>,
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<Closing>, Error> {
    let arriving = match request.take_payload() {
        Payload::None => None,
        payload => Some(Rc::new(RefCell::new(Arriving {
            payload,
            deadline: Box::pin(tokio::time::sleep(pace.grace)),
            pace: **pace,
            left: MOST,
            complete: false,
            load,
            waiting: false,
        }))),
    };
    if let Some(arriving) = &arriving {
        request.set_payload(Payload::Stream { payload: Box::pin(Reader(Rc::clone(arriving))) });
    }
    let response = next.call(request).await?;
    let unread = arriving.filter(|arriving| !arriving.borrow().complete);
    Ok(response.map_body(|_, answer| Closing { answer: answer.boxed(), _unread: unread }))
}

/// What a body that could not be read to its end means for the client.
#[must_use]
pub fn fault(error: &PayloadError) -> Problem {
    match error {
        PayloadError::Io(cause) if cause.kind() == io::ErrorKind::TimedOut => Problem::new(REQUEST_TIMEOUT)
            .detail("The request arrived too slowly and was ended. Nothing was saved; please send it again."),
        PayloadError::Overflow => Problem::new(PAYLOAD_TOO_LARGE),
        _ => Problem::new(MALFORMED_REQUEST),
    }
}

/// Reads a body of at most `limit` bytes.
///
/// # Errors
/// A [`Problem`] when it is larger, breaks off, or takes too long.
pub async fn bounded(payload: &mut Payload, limit: usize) -> Result<Bytes, Problem> {
    let mut body = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| fault(&error))?;
        if body.len() + chunk.len() > limit {
            return Err(Problem::new(PAYLOAD_TOO_LARGE)
                .detail(format!("Send at most {} kB at once. Nothing was saved.", limit / 1024)));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Bytes::from(body))
}

/// Reads a JSON body of at most `limit` bytes. Only UTF-8 is taken, without a byte order mark and with nothing behind
/// the value.
///
/// # Errors
/// A [`Problem`]: of another media type or character set, or as [`bounded`], or not such a value; a field that it should
/// not have is named.
pub async fn json<T: DeserializeOwned>(
    request: &HttpRequest,
    payload: &mut Payload,
    limit: usize,
) -> Result<T, Problem> {
    let kind = request.mime_type().ok().flatten();
    let kind = kind.filter(|kind| kind.essence_str() == "application/json");
    let kind = kind.ok_or_else(|| Problem::new(UNSUPPORTED_MEDIA_TYPE))?;
    let other = || Problem::new(UNSUPPORTED_MEDIA_TYPE).detail("Send JSON as UTF-8.");
    if kind.get_param("charset").is_some_and(|charset| !charset.as_str().eq_ignore_ascii_case("utf-8")) {
        return Err(other());
    }
    let body = bounded(payload, limit).await?;
    // JSON begins with two characters of ASCII; in UTF-16 and UTF-32 one of the first two bytes is not.
    if matches!(&body[..], [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] | [0, ..] | [_, 0, ..]) {
        return Err(other());
    }
    serde_json::from_slice(&body).map_err(|error| match unknown_field(&error) {
        Some(name) => UseCaseError::field(
            format!("/{}", name.replace('~', "~0").replace('/', "~1")),
            "unknown_field",
            format!("There is no field \u{201c}{name}\u{201d} here."),
        )
        .into(),
        None => Problem::new(MALFORMED_REQUEST),
    })
}

/// The name of the field that a body has too much: serde says it in these words, and in no other way.
fn unknown_field(error: &serde_json::Error) -> Option<String> {
    let said = error.to_string();
    let (name, _) = said.strip_prefix("unknown field `")?.split_once('`')?;
    Some(name.chars().take(100).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_four_kilobytes_earn_a_second() {
        assert_eq!(Pace::default().earned_by(64 * 1024), Duration::from_secs(1));
        assert_eq!(Pace::default().earned_by(25 * 1024 * 1024), Duration::from_secs(400));
    }
}
