//! Requests that have come in part.
//!
//! The windows of HTTP/2 bound what waits to be read. But a request is read as it comes and kept until it is whole, and
//! thousands of calls could each leave one unfinished. So what unfinished requests hold is bounded, for each connection and
//! in all. A request that comes in one piece is never counted.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tonic::Status;

use super::front::Front;
use crate::error::Error;
use crate::limits::{PART_BYTES, RETRY_LATER};

/// Bytes that unfinished requests hold, of a connection or of all.
#[derive(Debug, Default)]
pub struct Parts(AtomicUsize);

impl Parts {
    /// Whether there is room for so many more, which are then taken.
    fn take(&self, bytes: usize, most: usize) -> bool {
        let fits = |held: usize| Some(held + bytes).filter(|held| *held <= most);
        self.0.fetch_update(Relaxed, Relaxed, fits).is_ok()
    }

    fn give(&self, bytes: usize) {
        self.0.fetch_sub(bytes, Relaxed);
    }
}

/// The body of a request. What finds no room is read to its end, so that its connection stays in order, and refused.
pub struct Asked<B> {
    body: B,
    message: Message,
    held: Held,
    refused: Option<Error>,
}

impl<B> Asked<B> {
    /// What is asked by a call of a connection.
    pub fn new(body: B, front: Arc<Front>, connection: Arc<Parts>) -> Self {
        let held = Held { front, connection, bytes: 0 };
        Self { body, message: Message::default(), held, refused: None }
    }

    /// These bytes came; whether they may be kept, or why the message that has ended is refused. `None` while a refused
    /// one goes on.
    fn came(&mut self, bytes: &[u8]) -> Option<Result<(), Error>> {
        let part = self.message.came(bytes);
        if self.refused.is_none() {
            self.refused = self.held.hold(part).err();
        }
        match &self.refused {
            None => Some(Ok(())),
            Some(_) if part > 0 => None,
            Some(refused) => Some(Err(refused.clone())),
        }
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

impl<B: Body<Data = Bytes, Error: Into<Failure>> + Unpin> Body for Asked<B> {
    type Data = Bytes;
    type Error = Failure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        loop {
            let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
            let Some(frame) = frame.transpose().map_err(Into::into)? else {
                let refused = self.refused.take().map(|refused| Err(Status::from(refused).into()));
                return Poll::Ready(refused);
            };
            match frame.data_ref().map_or(Some(Ok(())), |bytes| self.came(bytes)) {
                Some(Ok(())) => return Poll::Ready(Some(Ok(frame))),
                Some(Err(refused)) => {
                    return Poll::Ready(Some(Err(Status::from(refused).into())));
                }
                None => {}
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.refused.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// What one request holds, until it is whole or dropped.
struct Held {
    front: Arc<Front>,
    connection: Arc<Parts>,
    bytes: usize,
}

impl Held {
    fn hold(&mut self, bytes: usize) -> Result<(), Error> {
        let more = bytes.saturating_sub(self.bytes);
        let (of_connection, of_all) = PART_BYTES;
        if more > 0 && !self.connection.take(more, of_connection) {
            let what = "bytes of unfinished requests of a connection";
            return Err(Error::LimitReached {
                what,
                limit: of_connection,
                retry_after: RETRY_LATER,
            });
        }
        if more > 0 && !self.front.parts.take(more, of_all) {
            self.connection.give(more);
            return Err(self.front.hub.overloaded());
        }
        self.give(self.bytes.saturating_sub(bytes));
        self.bytes = bytes;
        Ok(())
    }

    fn give(&self, bytes: usize) {
        if bytes > 0 {
            self.connection.give(bytes);
            self.front.parts.give(bytes);
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.give(self.bytes);
    }
}

/// Bytes of a message before its content: a flag and the length.
const HEAD: usize = 5;

/// The message that a request is in.
#[derive(Debug, Default)]
struct Message {
    head: [u8; HEAD],
    come: usize,
}

impl Message {
    /// These bytes came; how many there are of a message that is not whole.
    fn came(&mut self, mut bytes: &[u8]) -> usize {
        while !bytes.is_empty() {
            let take = bytes.len().min(self.length() - self.come);
            let (now, rest) = bytes.split_at(take);
            let head = self.head.iter_mut().skip(self.come);
            head.zip(now).for_each(|(into, byte)| *into = *byte);
            self.come += take;
            if self.come >= HEAD && self.come == self.length() {
                self.come = 0;
            }
            bytes = rest;
        }
        self.come
    }

    /// Bytes of the message, as far as they are known.
    fn length(&self) -> usize {
        if self.come < HEAD {
            return HEAD;
        }
        let [_, l0, l1, l2, l3] = self.head;
        HEAD.saturating_add(u32::from_be_bytes([l0, l1, l2, l3]) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_end_where_they_end_however_they_are_cut() {
        let message = |length: u8| [vec![0, 0, 0, 0, length], vec![length; length as usize]];
        let bytes = [message(0), message(1), message(200)].concat().concat();
        for cut in 1..=bytes.len() {
            let (mut cuts, mut ends) = (Message::default(), 0);
            let parts: Vec<usize> = bytes.chunks(cut).map(|bytes| cuts.came(bytes)).collect();
            ends += parts.iter().filter(|part| **part == 0).count();
            assert_eq!(parts.last(), Some(&0), "cut after each {cut} bytes");
            assert!(cut > 1 || ends == 3);
        }
        let mut half = Message::default();
        assert_eq!(half.came(&bytes[..bytes.len() - 1]), 204);
    }

    #[test]
    fn there_is_room_up_to_the_bound() {
        let parts = Parts::default();
        assert!(parts.take(6, 10) && !parts.take(5, 10) && parts.take(4, 10));
        parts.give(6);
        assert!(parts.take(5, 10));
    }
}
