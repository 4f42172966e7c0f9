//! Requests that have come in part.
//!
//! The windows of HTTP/2 bound what waits to be read. But a request is read as it comes and kept until it is whole, and
//! thousands of calls could each leave one unfinished. So what unfinished requests hold is bounded, for each connection and
//! in all. A request that comes in one piece is never counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::{Connection, Service};
use crate::error::Error;
use crate::hub::Hub;
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

/// What one request holds, until it is whole or dropped.
pub struct Held {
    hub: Arc<Hub>,
    connection: Arc<Connection>,
    bytes: usize,
}

impl Held {
    /// A request of which nothing has come.
    pub fn new(service: &Service) -> Self {
        Self {
            hub: Arc::clone(&service.hub),
            connection: Arc::clone(&service.connection),
            bytes: 0,
        }
    }

    /// So much of it has come and is not whole.
    ///
    /// # Errors
    /// [`Error::LimitReached`] or [`Error::Overloaded`]; then it holds what it held before.
    pub fn hold(&mut self, bytes: usize) -> Result<(), Error> {
        let more = bytes.saturating_sub(self.bytes);
        let (of_connection, of_all) = PART_BYTES;
        if more > 0 && !self.connection.parts.take(more, of_connection) {
            let what = "bytes of unfinished requests of a connection";
            return Err(Error::LimitReached {
                what,
                limit: of_connection,
                retry_after: RETRY_LATER,
            });
        }
        if more > 0 && !self.connection.all_parts.take(more, of_all) {
            self.connection.parts.give(more);
            return Err(self.hub.overloaded());
        }
        self.give(self.bytes.saturating_sub(bytes));
        self.bytes = bytes;
        Ok(())
    }

    /// Nothing of it is kept.
    pub fn let_go(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        self.give(bytes);
    }

    fn give(&self, bytes: usize) {
        if bytes > 0 {
            self.connection.parts.give(bytes);
            self.connection.all_parts.give(bytes);
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.give(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_up_to_the_bound() {
        let parts = Parts::default();
        assert!(parts.take(6, 10) && !parts.take(5, 10) && parts.take(4, 10));
        parts.give(6);
        assert!(parts.take(5, 10));
    }
}
