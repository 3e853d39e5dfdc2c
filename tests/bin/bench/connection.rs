//! One HTTP connection that is kept: requests as bytes, and answers read whole.

use anyhow::{Context as _, bail};
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// An answer as it came.
pub struct Answer<'a> {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: &'a [u8],
    /// Where it sends the reader on to.
    pub location: Option<String>,
}

/// One connection that is kept.
pub struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
    body: Vec<u8>,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens.
    pub async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::with_capacity(256 * 1024), body: Vec::new() })
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// When the connection ends, or what comes is no HTTP/1.1.
    pub async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.received.clear();
        let head_end = loop {
            if let Some(at) = find(&self.received, b"\r\n\r\n") {
                break at + 4;
            }
            self.more().await?;
        };
        let head = std::str::from_utf8(self.received.get(..head_end).unwrap_or_default())?.to_owned();
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).context("no status line")?;
        let header = |name: &str| {
            head.lines().find_map(|line| {
                let (found, value) = line.split_once(':')?;
                found.eq_ignore_ascii_case(name).then(|| value.trim())
            })
        };
        let location = header("location").map(str::to_owned);
        if let Some(length) = header("content-length") {
            let end = head_end + length.parse::<usize>()?;
            while self.received.len() < end {
                self.more().await?;
            }
            let body = self.received.get(head_end..end).unwrap_or_default();
            return Ok(Answer { status, body, location });
        }
        if header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
            self.chunks(head_end).await?;
            return Ok(Answer { status, body: &self.body, location });
        }
        Ok(Answer { status, body: &[], location })
    }

    async fn chunks(&mut self, mut at: usize) -> anyhow::Result<()> {
        self.body.clear();
        loop {
            let line_end = loop {
                if let Some(found) = self.received.get(at..).and_then(|rest| find(rest, b"\r\n")) {
                    break at + found;
                }
                self.more().await?;
            };
            let size = std::str::from_utf8(self.received.get(at..line_end).unwrap_or_default())?;
            let size = usize::from_str_radix(size.trim(), 16).context("no size of a chunk")?;
            let end = line_end + 2 + size;
            while self.received.len() < end + 2 {
                self.more().await?;
            }
            if size == 0 {
                return Ok(());
            }
            self.body.extend_from_slice(self.received.get(line_end + 2..end).unwrap_or_default());
            at = end + 2;
        }
    }

    async fn more(&mut self) -> anyhow::Result<()> {
        if self.stream.read_buf(&mut self.received).await? == 0 {
            bail!("the connection ended within an answer");
        }
        Ok(())
    }
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|part| part == wanted)
}

/// A request that sends a form; every value is made of letters, digits and what stands for itself in a form.
#[must_use]
pub fn post(path: &str, headers: &str, fields: &[(&str, &str)]) -> Vec<u8> {
    let words: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let body = words.join("&").replace(' ', "+");
    format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\n{headers}\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// A request for a page.
#[must_use]
pub fn get(path: &str, cookie: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\nCookie: {cookie}\r\n\r\n")
        .into_bytes()
}

#[cfg(test)]
mod tests_of_the_connection {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn an_answer_is_read_whole_with_a_length_and_in_chunks() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut bytes = [0; 64];
            for part in [
                &b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"[..],
                b"HTTP/1.1 409 Conflict\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
                b"HTTP/1.1 204 No Content\r\n\r\n",
            ] {
                assert!(stream.read(&mut bytes).await.unwrap() > 0);
                let (begin, rest) = part.split_at(part.len() - 7);
                stream.write_all(begin).await.unwrap();
                tokio::time::sleep(Duration::from_millis(5)).await;
                stream.write_all(rest).await.unwrap();
            }
        });
        let mut connection = Connection::open(address).await.unwrap();
        for (status, body) in [(200, &b"hello"[..]), (409, b"abcde"), (204, b"")] {
            let answer = connection.exchange(b"?").await.unwrap();
            assert_eq!((answer.status, answer.body), (status, body));
        }
        server.await.unwrap();
    }
}
