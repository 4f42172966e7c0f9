//! Redis' protocol.

use std::ops::Range;

use bytes::{Buf, BytesMut};

use super::pump::Dialect;
use crate::Result;
use crate::load::{Load, payload};

/// Writes a command.
pub(crate) fn command(words: &[&[u8]], out: &mut Vec<u8>) {
    out.extend_from_slice(format!("*{}\r\n", words.len()).as_bytes());
    for word in words {
        out.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        out.extend_from_slice(word);
        out.extend_from_slice(b"\r\n");
    }
}

/// The length of the reply that the input begins with, if it is there as a whole. `bulk` is told of each string in it.
pub(crate) fn reply<'a>(input: &'a [u8], bulk: &mut impl FnMut(&'a [u8])) -> Result<Option<usize>> {
    let Some(end) = input.windows(2).take(64 << 10).position(|pair| pair == b"\r\n") else {
        return Ok(None);
    };
    let (line, mut at) = (input.get(1..end).unwrap_or_default(), end + 2);
    let count = || -> Result<i64> { Ok(std::str::from_utf8(line)?.parse()?) };
    match input.first() {
        Some(b'+' | b':') => {}
        Some(b'$') => {
            let count = count()?;
            if count >= 0 {
                let Some(text) = input.get(at..at + count as usize) else { return Ok(None) };
                bulk(text);
                at += count as usize + 2;
            }
        }
        Some(b'*') => {
            for _ in 0..count()? {
                match reply(input.get(at..).unwrap_or_default(), bulk)? {
                    Some(length) => at += length,
                    None => return Ok(None),
                }
            }
        }
        _ => return Err(format!("redis: {}", String::from_utf8_lossy(line)).into()),
    }
    Ok((at <= input.len()).then_some(at))
}

/// Publishing to one stream, or to one channel.
#[derive(Clone)]
pub(crate) struct Redis {
    pub streams: bool,
    /// Replies seen of a batch that is not answered yet.
    pub seen: usize,
    /// Replies of a batch.
    pub replies: usize,
}

impl Redis {
    pub(crate) fn new(streams: bool) -> Self {
        Self { streams, seen: 0, replies: 1 }
    }

    fn one(&self, number: usize, load: &Load, out: &mut Vec<u8>) {
        let data = payload(number);
        if self.streams {
            let topic = load.topic(number, '/');
            command(&[b"XADD", b"bench", b"*", b"t", topic.as_bytes(), b"d", &data], out);
        } else {
            command(&[b"PUBLISH", b"bench", &data], out);
        }
    }
}

impl Dialect for Redis {
    fn write(&mut self, events: Range<usize>, load: &Load, out: &mut Vec<u8>) {
        if load.batch == 1 {
            return self.one(events.start, load, out);
        }
        self.replies = load.batch + 2;
        command(&[b"MULTI"], out);
        // The last batch may be smaller: what it lacks is said by nothing else that is answered.
        for _ in events.len()..load.batch {
            command(&[b"PING"], out);
        }
        for number in events {
            self.one(number, load, out);
        }
        command(&[b"EXEC"], out);
    }

    fn answers(&mut self, input: &mut BytesMut, _: &mut Vec<u8>) -> Result<usize> {
        while let Some(length) = reply(input, &mut |_| {})? {
            input.advance(length);
            self.seen += 1;
        }
        let answered = self.seen / self.replies;
        self.seen %= self.replies;
        Ok(answered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_that_is_not_all_there_is_waited_for() -> Result<()> {
        let whole = b"*2\r\n:7\r\n*2\r\n$3\r\n1-0\r\n$1\r\nd\r\n+OK\r\n";
        let first = whole.len() - b"+OK\r\n".len();
        for end in 0..first {
            let part = whole.get(..end).unwrap_or_default();
            assert_eq!(reply(part, &mut |_| {})?, None, "{end} bytes");
        }
        let mut texts: Vec<&[u8]> = Vec::new();
        assert_eq!(reply(whole, &mut |text| texts.push(text))?, Some(first));
        assert_eq!(texts, [&b"1-0"[..], b"d"]);
        assert!(reply(b"-ERR no\r\n", &mut |_| {}).is_err());
        Ok(())
    }
}
