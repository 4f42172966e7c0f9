//! NATS' protocol.

use std::io::Write;
use std::ops::Range;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::pump::Dialect;
use crate::Result;
use crate::load::{Load, PAYLOAD, payload};
use crate::traffic::Counted;

/// What a client says first.
const CONNECT: &str =
    "CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,\"no_responders\":true}\r\n";

/// What a server says.
pub(crate) enum Said<'a> {
    /// It wants to know whether the client lives.
    Ping,
    /// It lives, and has seen all that was said before the question.
    Pong,
    /// A message: the header (empty if it has none), where to reply, and the data.
    Message { header: &'a [u8], reply: &'a [u8], data: &'a [u8] },
    /// Nothing that matters here.
    Other,
}

/// What the input begins with, and its length, if it is there as a whole.
pub(crate) fn next(input: &[u8]) -> Result<Option<(Said<'_>, usize)>> {
    let Some(end) = input.iter().position(|&byte| byte == b'\n') else { return Ok(None) };
    let line = input.get(..end).unwrap_or_default().trim_ascii_end();
    let at = end + 1;
    let mut words = line.split(|&byte| byte == b' ').filter(|word| !word.is_empty());
    let said = match words.next().unwrap_or_default() {
        b"PING" => Said::Ping,
        b"PONG" => Said::Pong,
        b"-ERR" => return Err(String::from_utf8_lossy(line).into_owned().into()),
        kind @ (b"MSG" | b"HMSG") => {
            let words: Vec<&[u8]> = words.skip(2).collect();
            let sizes = if kind == b"HMSG" { 2 } else { 1 };
            let (reply, sizes) = words.split_at(words.len().saturating_sub(sizes));
            let size = |nth: usize| -> Result<usize> {
                let word = sizes.get(nth).ok_or("nats: a message without a size")?;
                Ok(std::str::from_utf8(word)?.parse()?)
            };
            let (header, whole) =
                if sizes.len() == 2 { (size(0)?, size(1)?) } else { (0, size(0)?) };
            let Some(body) = input.get(at..at + whole + 2) else { return Ok(None) };
            let (header, data) = body.split_at(header);
            let data = data.get(..data.len() - 2).unwrap_or_default();
            let reply = reply.first().copied().unwrap_or_default();
            return Ok(Some((Said::Message { header, reply, data }, at + whole + 2)));
        }
        _ => Said::Other,
    };
    Ok(Some((said, at)))
}

/// Introduces a client, says `more`, and waits until the server has seen it.
pub(crate) async fn greet(stream: &mut Counted, more: &[u8]) -> Result<()> {
    stream.write_all(CONNECT.as_bytes()).await?;
    stream.write_all(more).await?;
    stream.write_all(b"PING\r\n").await?;
    let mut input = BytesMut::new();
    loop {
        while let Some((said, length)) = next(&input)? {
            let done = matches!(said, Said::Pong);
            if matches!(said, Said::Ping) {
                stream.write_all(b"PONG\r\n").await?;
            }
            input.advance(length);
            if done {
                return Ok(());
            }
        }
        if stream.read_buf(&mut input).await? == 0 {
            return Err("nats: the server has closed the connection".into());
        }
    }
}

/// Publishing: to a stream, which answers; or to whoever is there, each publication followed by a ping.
#[derive(Clone)]
pub(crate) struct Nats {
    /// Where a stream's answers go; every client of the server hears what is sent there, so each has its own.
    pub inbox: Option<String>,
}

impl Dialect for Nats {
    fn write(&mut self, events: Range<usize>, load: &Load, out: &mut Vec<u8>) {
        for number in events {
            let subject = load.topic(number, '.');
            let reply = self.inbox.as_deref().unwrap_or_default();
            let _ = write!(out, "PUB {subject} {reply} {PAYLOAD}\r\n");
            out.extend_from_slice(&payload(number));
            out.extend_from_slice(b"\r\n");
        }
        if self.inbox.is_none() {
            out.extend_from_slice(b"PING\r\n");
        }
    }

    fn answers(&mut self, input: &mut BytesMut, out: &mut Vec<u8>) -> Result<usize> {
        let mut answered = 0;
        while let Some((said, length)) = next(input)? {
            match said {
                Said::Ping => out.extend_from_slice(b"PONG\r\n"),
                Said::Pong => answered += usize::from(self.inbox.is_none()),
                Said::Message { data, header, .. } => {
                    if !header.is_empty() || data.windows(7).any(|text| text == b"\"error\"") {
                        return Err(format!("nats: {}", String::from_utf8_lossy(data)).into());
                    }
                    answered += 1;
                }
                Said::Other => {}
            }
            input.advance(length);
        }
        Ok(answered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_is_not_all_there_is_waited_for() -> Result<()> {
        let whole = b"HMSG bench.t1 9 reply 12 15\r\nNATS/1.0\r\n\r\nabc\r\nPING\r\n";
        let first = whole.len() - b"PING\r\n".len();
        for end in 0..first {
            assert!(next(whole.get(..end).unwrap_or_default())?.is_none(), "{end} bytes");
        }
        let Some((Said::Message { header, reply, data }, length)) = next(whole)? else {
            return Err("no message".into());
        };
        assert_eq!((header, reply, data), (&b"NATS/1.0\r\n\r\n"[..], &b"reply"[..], &b"abc"[..]));
        assert_eq!(length, first);
        assert!(next(b"-ERR 'no'\r\n").is_err());
        Ok(())
    }
}
