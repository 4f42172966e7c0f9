//! What the calls of one connection share.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed, Ordering::SeqCst};

use tokio::sync::Notify;
use tokio::time::timeout;

use super::part::Parts;
use crate::error::Error;
use crate::hub::{Hint, HintKind};
use crate::identity::PeerCertificate;
use crate::limits::{RETRY_LATER, UNREAD_BYTES, UNREAD_WAIT};
use crate::metrics::{Converging, Metrics};

/// Frames that an honest peer may say to one message: grpc-go opens both windows and asks by a ping how far away the hub
/// is; one to spare.
const FRAMES_A_MESSAGE: u64 = 4;
/// And one more for so many bytes of it: windows that are opened a few times for each frame.
const BYTES_A_FRAME: usize = 4 << 10;

/// One connection, as its transport and its calls see it.
#[derive(Debug)]
pub struct Connection {
    /// Who is at the other end.
    pub peer: SocketAddr,
    /// The certificate that it has shown.
    pub certificate: Option<PeerCertificate>,
    /// The transport takes nothing for now.
    blocked: AtomicBool,
    /// Turns that HTTP/2 had: after each, all calls that were read have begun.
    turns: AtomicU64,
    /// Calls that are open.
    open: AtomicUsize,
    /// Calls that ever came.
    begun: AtomicU64,
    /// Calls that were left before they were answered, soon after they had come.
    abandoned: AtomicU64,
    /// Frames that the peer may have said to what it was answered.
    paid: AtomicU64,
    /// Bytes of large replies that are not on their way yet.
    unread: AtomicUsize,
    /// Rings when there are fewer again.
    read: Notify,
    /// Bytes that its unfinished requests hold.
    pub(super) parts: Parts,
    /// The same of all connections.
    pub(super) all_parts: Arc<Parts>,
    /// What the hub counts.
    pub metrics: Arc<Metrics>,
    /// Whether it has fetched what it was told of, where that can be known.
    pub(super) converging: Option<Converging>,
}

impl Connection {
    /// A connection without calls. `all_parts` is what unfinished requests of all connections hold.
    pub fn new(peer: SocketAddr, all_parts: Arc<Parts>, metrics: Arc<Metrics>) -> Self {
        Self {
            peer,
            certificate: None,
            blocked: AtomicBool::new(false),
            turns: AtomicU64::new(0),
            open: AtomicUsize::new(0),
            begun: AtomicU64::new(0),
            abandoned: AtomicU64::new(0),
            paid: AtomicU64::new(0),
            unread: AtomicUsize::new(0),
            read: Notify::new(),
            parts: Parts::default(),
            all_parts,
            metrics,
            converging: None,
        }
    }

    /// The same, watched for whether it fetches what it is told of.
    pub fn watched(self) -> Self {
        let converging = Some(self.metrics.convergence.watch());
        Self { converging, ..self }
    }

    /// It is handed a message of a stream.
    pub fn told(&self, hint: &Hint) {
        if let (HintKind::Changed, Some(converging)) = (hint.kind, &self.converging) {
            converging.told(hint.cursor.position);
        }
    }

    /// The same of a peer that has shown this.
    pub fn showing(self, certificate: Option<PeerCertificate>) -> Self {
        Self { certificate, ..self }
    }

    /// Whether the transport takes nothing for now: what a stream says then would only wait, and grow old.
    pub fn is_blocked(&self) -> bool {
        self.blocked.load(Relaxed)
    }

    /// The transport says whether it takes anything.
    pub fn set_blocked(&self, blocked: bool) {
        self.blocked.store(blocked, Relaxed);
    }

    /// HTTP/2 had a turn.
    pub fn turned(&self) {
        self.turns.fetch_add(1, Relaxed);
    }

    /// Turns that HTTP/2 had: after each, all calls that were read have begun.
    pub fn turns(&self) -> u64 {
        self.turns.load(Relaxed)
    }

    /// A call begins.
    pub fn begin(&self) {
        self.begun.fetch_add(1, Relaxed);
        self.open.fetch_add(1, Relaxed);
    }

    /// A call ends; `abandoned` if nobody has waited for its answer.
    pub fn end(&self, abandoned: bool) {
        self.open.fetch_sub(1, Relaxed);
        if abandoned {
            self.abandoned.fetch_add(1, Relaxed);
        }
    }

    /// Refuses what is over the most calls that it may have open.
    ///
    /// # Errors
    /// [`Error::LimitReached`].
    pub fn refuse_over(&self, limit: usize) -> Result<(), Error> {
        if self.open.load(Relaxed) <= limit {
            return Ok(());
        }
        Err(Error::LimitReached { what: "calls of a connection", limit, retry_after: RETRY_LATER })
    }

    /// Calls that ever came.
    pub fn begun(&self) -> u64 {
        self.begun.load(Relaxed)
    }

    /// Calls that were ever left unanswered soon after they had come.
    pub fn abandoned(&self) -> u64 {
        self.abandoned.load(Relaxed)
    }

    /// A message of so many bytes is said to the peer.
    pub fn says(&self, bytes: usize) {
        self.paid.fetch_add(FRAMES_A_MESSAGE + (bytes / BYTES_A_FRAME) as u64, Relaxed);
    }

    /// Frames that the peer may ever have said to what it was answered.
    pub fn paid(&self) -> u64 {
        self.paid.load(Relaxed)
    }

    /// Bytes of a large reply wait to be sent, until what is returned is dropped.
    pub fn hold(self: &Arc<Self>, bytes: usize) -> Unread {
        self.unread.fetch_add(bytes, SeqCst);
        Unread { connection: Arc::clone(self), bytes }
    }

    /// They do no longer.
    fn let_go(&self, bytes: usize) {
        if self.unread.fetch_sub(bytes, SeqCst) >= UNREAD_BYTES {
            self.read.notify_waiters();
        }
    }

    /// Whether another large reply may be made.
    pub fn has_room(&self) -> bool {
        self.unread.load(SeqCst) < UNREAD_BYTES
    }

    /// Waits until it may.
    ///
    /// # Errors
    /// [`Error::LimitReached`] if the peer does not read what it has asked for.
    pub async fn room(&self) -> Result<(), Error> {
        if self.has_room() {
            return Ok(());
        }
        let room = async {
            loop {
                let mut read = std::pin::pin!(self.read.notified());
                read.as_mut().enable();
                if self.has_room() {
                    return;
                }
                read.await;
            }
        };
        timeout(UNREAD_WAIT, room).await.map_err(|_| Error::LimitReached {
            what: "bytes of unread replies of a connection",
            limit: UNREAD_BYTES,
            retry_after: RETRY_LATER,
        })
    }
}

/// Bytes that a connection counts as unread.
#[derive(Debug)]
pub struct Unread {
    connection: Arc<Connection>,
    bytes: usize,
}

impl Drop for Unread {
    fn drop(&mut self) {
        self.connection.let_go(self.bytes);
    }
}
