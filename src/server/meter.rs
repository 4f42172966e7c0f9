//! Counts the frames that lead to nothing.
//!
//! HTTP/2 has frames that cost the sender next to nothing and must be answered, or at least handled: pings, settings,
//! resets, window updates. hyper and h2 bound some floods of them and not others, so all of them are counted here, where
//! the bytes come in, whatever they are.
//!
//! What an honest peer says is paid for. A call pays for its headers, its end and its reset; each message that answers it
//! pays for what clients say to one. What is left over is kept, since they may say it later and all at once.

use std::io;

use tokio::time::Instant;

use crate::limits::{CALLS_A_TURN, IDLE_FRAMES, IDLE_FRAMES_PAID, IDLE_FRAMES_PERIOD};
use crate::service::Connection;

/// Bytes of a frame before its payload.
const HEAD: usize = 9;
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;

/// The flag of DATA and HEADERS that ends a request.
const END_STREAM: u8 = 1;

/// What one connection has received.
#[derive(Debug)]
pub struct Meter {
    head: [u8; HEAD],
    /// Bytes of the head that have come.
    come: usize,
    /// Bytes of the payload that have not.
    payload: usize,
    headers: u64,
    ends: u64,
    resets: u64,
    /// Headers that came since the last turn of HTTP/2 was over.
    unsettled: usize,
    /// Turns of HTTP/2, what of them led to nothing, and what was paid, that were counted.
    turns: u64,
    counted: u64,
    paid: u64,
    /// Frames that may lead to nothing from here on.
    left: usize,
    /// More did than were left.
    overdrawn: bool,
    /// When there were [`IDLE_FRAMES`] for nothing.
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
            ends: 0,
            resets: 0,
            unsettled: 0,
            turns: 0,
            counted: 0,
            paid: 0,
            left: IDLE_FRAMES,
            overdrawn: false,
            since: Instant::now(),
        }
    }

    /// Counts what was paid and what has led to nothing by now, before more comes: headers that became no call, ends and
    /// resets of no call, and calls that were left at once.
    pub fn settle(&mut self, connection: &Connection) {
        let turns = connection.turns();
        if turns == self.turns {
            return;
        }
        (self.turns, self.unsettled) = (turns, 0);
        let paid = connection.paid();
        self.left = self.left.saturating_add(small(paid - self.paid)).min(IDLE_FRAMES_PAID);
        self.paid = paid;
        let calls = connection.begun();
        let of_no_call = |frames: u64| frames.saturating_sub(calls);
        let nothing = of_no_call(self.headers)
            + of_no_call(self.ends)
            + of_no_call(self.resets)
            + connection.abandoned();
        // Frames of calls that come later take some of it back.
        let more = nothing.saturating_sub(self.counted);
        self.counted = self.counted.max(nothing);
        self.spend(small(more));
    }

    fn spend(&mut self, frames: usize) {
        self.overdrawn |= frames > self.left;
        self.left = self.left.saturating_sub(frames);
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
        let [l0, l1, l2, kind, flags, ..] = self.head;
        self.payload = u32::from_be_bytes([0, l0, l1, l2]) as usize;
        match kind {
            DATA if flags & END_STREAM != 0 => self.ends += 1,
            DATA if self.payload > 0 => {}
            HEADERS => {
                self.headers += 1;
                self.unsettled += 1;
            }
            RST_STREAM => self.resets += 1,
            _ => self.spend(1),
        }
    }

    /// Whether HTTP/2 has read enough in one turn: so others get theirs, and what leads to nothing is found out soon.
    pub fn is_turn_full(&self) -> bool {
        self.unsettled >= CALLS_A_TURN
    }

    /// Whether the peer may go on.
    ///
    /// # Errors
    /// It has sent too much that led to nothing.
    pub fn judge(&mut self) -> io::Result<()> {
        if !self.overdrawn {
            return Ok(());
        }
        if self.since.elapsed() < IDLE_FRAMES_PERIOD {
            let why = "too many frames that lead to nothing";
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        (self.left, self.overdrawn, self.since) = (IDLE_FRAMES, false, Instant::now());
        Ok(())
    }
}

fn small(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

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
            let counted = (IDLE_FRAMES - meter.left, meter.headers);
            assert_eq!(counted, (7, 5), "cut after each {cut} bytes");
        }
    }

    fn settled(meter: &mut Meter, connection: &Connection) {
        connection.turned();
        meter.settle(connection);
    }

    #[tokio::test(start_paused = true)]
    async fn answers_and_the_time_pay_for_frames() {
        let (mut meter, connection) = (
            Meter::new(),
            Connection::new(([127, 0, 0, 1], 1).into(), Arc::default(), Arc::default()),
        );
        meter.came(&frames(6, 8, IDLE_FRAMES));
        assert!(meter.judge().is_ok());
        connection.says(0);
        settled(&mut meter, &connection);
        let paid = meter.left;
        meter.came(&frames(6, 8, paid));
        assert!(paid > 0 && meter.judge().is_ok());
        meter.came(&frames(6, 8, 1));
        assert!(meter.judge().is_err());
        tokio::time::advance(IDLE_FRAMES_PERIOD).await;
        assert!(meter.judge().is_ok());
    }

    #[test]
    fn however_much_was_answered_there_is_an_end_to_what_it_pays_for() {
        let (mut meter, connection) = (
            Meter::new(),
            Connection::new(([127, 0, 0, 1], 1).into(), Arc::default(), Arc::default()),
        );
        connection.says(usize::MAX);
        settled(&mut meter, &connection);
        meter.came(&frames(6, 8, IDLE_FRAMES_PAID + 1));
        assert!(meter.judge().is_err());
    }
}
