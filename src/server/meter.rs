//! Counts the frames that lead to nothing.
//!
//! HTTP/2 has frames that cost the sender next to nothing and must be answered, or at least handled: pings, settings,
//! resets, window updates. hyper and h2 bound some floods of them and not others, so all of them are counted here, where
//! the bytes come in, whatever they are. What an honest peer says is paid for by what it asks and by what it is sent.

use std::io;

use tokio::time::Instant;

use crate::limits::{IDLE_FRAMES, IDLE_FRAMES_PERIOD};
use crate::service::Connection;

/// Bytes of a frame before its payload.
const HEAD: usize = 9;
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;

/// Bytes sent to a peer that pay for one frame of it: less than a hint, for which some clients open both windows.
const BYTES_A_FRAME: usize = 64;

/// What one connection has received.
#[derive(Debug)]
pub struct Meter {
    head: [u8; HEAD],
    /// Bytes of the head that have come.
    come: usize,
    /// Bytes of the payload that have not.
    payload: usize,
    headers: u64,
    resets: u64,
    /// Turns of HTTP/2, and what of them led to nothing, that were counted.
    turns: u64,
    counted: u64,
    /// Bytes sent that have not paid for a whole frame yet.
    sent: usize,
    /// Frames that led to nothing since then.
    idle: usize,
    since: Instant,
}

impl Meter {
    /// A connection whose first byte is the first of a frame.
    pub fn new() -> Self {
        Self {
            head: [0; HEAD],
            come: 0,
            payload: 0,
            headers: 0,
            resets: 0,
            turns: 0,
            counted: 0,
            sent: 0,
            idle: 0,
            since: Instant::now(),
        }
    }

    /// Counts what has led to nothing by now, before more comes: headers that became no call, resets of no call, and calls
    /// that were left at once.
    pub fn settle(&mut self, connection: &Connection) {
        let turns = connection.turns();
        if turns == self.turns {
            return;
        }
        self.turns = turns;
        let calls = connection.begun();
        let nothing = self.headers.saturating_sub(calls)
            + self.resets.saturating_sub(calls)
            + connection.abandoned();
        // Resets of calls that come later take some of it back.
        let more = nothing.saturating_sub(self.counted);
        self.counted = self.counted.max(nothing);
        self.idle += usize::try_from(more).unwrap_or(usize::MAX);
    }

    /// These bytes came.
    pub fn came(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let skip = self.payload.min(bytes.len());
            self.payload -= skip;
            let rest = bytes.get(skip..).unwrap_or_default();
            let take = rest.len().min(HEAD - self.come);
            let (head, rest) = rest.split_at(take);
            if let Some(into) = self.head.get_mut(self.come..self.come + take) {
                into.copy_from_slice(head);
            }
            self.come += take;
            if self.come == HEAD {
                self.come = 0;
                self.frame();
            }
            bytes = rest;
        }
    }

    fn frame(&mut self) {
        let [l0, l1, l2, kind, ..] = self.head;
        self.payload = u32::from_be_bytes([0, l0, l1, l2]) as usize;
        match kind {
            DATA if self.payload > 0 => {}
            HEADERS => self.headers += 1,
            RST_STREAM => self.resets += 1,
            _ => self.idle += 1,
        }
    }

    /// So many bytes went.
    pub fn went(&mut self, bytes: usize) {
        self.sent += bytes;
        self.idle = self.idle.saturating_sub(self.sent / BYTES_A_FRAME);
        self.sent %= BYTES_A_FRAME;
    }

    /// Whether the peer may go on.
    ///
    /// # Errors
    /// It has sent too much that led to nothing.
    pub fn judge(&mut self) -> io::Result<()> {
        if self.idle <= IDLE_FRAMES {
            return Ok(());
        }
        if self.since.elapsed() < IDLE_FRAMES_PERIOD {
            let why = "too many frames that lead to nothing";
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        (self.idle, self.since) = (0, Instant::now());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(kind: u8, payload: u8, count: usize) -> Vec<u8> {
        let mut frame = vec![0, 0, payload, kind, 0, 0, 0, 0, 0];
        frame.resize(HEAD + payload as usize, kind);
        frame.repeat(count)
    }

    #[test]
    fn frames_are_counted_however_they_are_cut() {
        let bytes = [frames(6, 8, 3), frames(DATA, 200, 2), frames(DATA, 0, 4), frames(1, 20, 5)];
        for cut in 1..300 {
            let mut meter = Meter::new();
            bytes.concat().chunks(cut).for_each(|bytes| meter.came(bytes));
            assert_eq!((meter.idle, meter.headers), (7, 5), "cut after each {cut} bytes");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_sent_and_the_time_pay_for_frames() {
        let mut meter = Meter::new();
        meter.came(&frames(6, 8, IDLE_FRAMES));
        assert!(meter.judge().is_ok());
        meter.went(BYTES_A_FRAME);
        meter.came(&frames(6, 8, 1));
        assert!(meter.judge().is_ok());
        meter.came(&frames(6, 8, 1));
        assert!(meter.judge().is_err());
        tokio::time::advance(IDLE_FRAMES_PERIOD).await;
        assert!(meter.judge().is_ok());
    }
}
