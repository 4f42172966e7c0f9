//! gRPC's requests as they come: what is not whole yet is [held](Held) to the bound of all unfinished ones.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tonic::Status;

use crate::error::Error;
use crate::service::Held;

/// The body of a request. What finds no room is read to its end, so that its connection stays in order, and refused.
pub struct Asked<B> {
    body: B,
    message: Message,
    held: Held,
    refused: Option<Error>,
}

impl<B> Asked<B> {
    /// What is asked by a call.
    pub fn new(body: B, held: Held) -> Self {
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

/// Why a body cannot be read.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

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
}
