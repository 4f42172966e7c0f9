//! The bytes of replies, from when they are made until they are on their way.

use std::io::IoSlice;
use std::sync::Arc;

use bytes::{Buf, Bytes};

use crate::service::{Connection, Unread};

/// Replies smaller than this are not counted: a stream holds one of them at a time, and streams are counted.
const LARGE: usize = 4 << 10;

/// A piece of a reply. If it is large, its connection counts it until it is dropped, which is when it was written.
pub struct Data {
    bytes: Bytes,
    held: Option<Unread>,
}

impl Data {
    /// A piece of a reply to a peer.
    pub fn new(bytes: Bytes, connection: &Arc<Connection>) -> Self {
        connection.says(bytes.len());
        let held = (bytes.len() >= LARGE).then(|| connection.hold(bytes.len()));
        Self { bytes, held }
    }
}

impl Buf for Data {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }

    fn chunks_vectored<'a>(&'a self, into: &mut [IoSlice<'a>]) -> usize {
        self.bytes.chunks_vectored(into)
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
        if self.bytes.is_empty() {
            self.held = None;
        }
    }
}
