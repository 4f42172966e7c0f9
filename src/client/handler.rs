//! Who gets the events.

use std::future::Future;

use crate::v1::StoredEvent;

/// Whatever a handler may fail with.
pub type HandlerError = Box<dyn std::error::Error + Send + Sync>;

/// Handles events. A closure does, e.g. `|batch: Batch| async move { Ok(()) }`; so does a type of your
/// own, which can keep state between batches, a connection for example.
pub trait Handler: Send {
    /// Handles one batch. The cursor is saved when this succeeded; an error ends the loop, and the
    /// batch comes again in the next run.
    fn handle(&mut self, batch: Batch) -> impl Future<Output = Result<(), HandlerError>> + Send;
}

impl<F, Handled> Handler for F
where
    F: FnMut(Batch) -> Handled + Send,
    Handled: Future<Output = Result<(), HandlerError>> + Send,
{
    fn handle(&mut self, batch: Batch) -> impl Future<Output = Result<(), HandlerError>> + Send {
        self(batch)
    }
}

/// Events to handle, in order.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The events; never none, but in a page of a snapshot.
    pub events: Vec<StoredEvent>,
    /// The place after them. It is saved when the handler has succeeded.
    pub cursor: String,
    /// Where they come from.
    pub origin: Origin,
}

/// Where the events of a batch come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// They were published after all that was handled before.
    Tail,
    /// They are the newest events of live keys, a page of the present state.
    Snapshot {
        /// The first page: what is not in this page or the following is gone.
        first: bool,
        /// The last page: the state is complete.
        last: bool,
    },
}
