//! What happened: every call, its result, every hint, and when.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hintwire::cursor::Cursor;
use hintwire::event::Event;
use hintwire::event::Micros;
use hintwire::topic::Selection;
use parking_lot::Mutex;

/// All that was recorded, in the order in which it ended.
#[derive(Debug, Clone, Default)]
pub struct History {
    pub entries: Vec<Entry>,
    /// How long the hub was set to know ids.
    pub id_window: IdWindow,
}

/// How long an id is known, whichever is over first; the contract's own by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdWindow {
    pub time: Duration,
    /// Newer ids.
    pub ids: u64,
}

impl Default for IdWindow {
    fn default() -> Self {
        Self { time: Duration::from_secs(600), ids: 1_000_000 }
    }
}

/// Something that happened between two moments. Of two entries, `a.ended < b.began` means that a was over before b began.
#[derive(Debug, Clone)]
pub struct Entry {
    pub began: Moment,
    pub ended: Moment,
    pub what: What,
}

/// A moment of a history: no two are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Moment {
    /// Orders moments.
    pub tick: u64,
    /// Since the recorder was made, by its clock; for the window of ids, and for people.
    pub time: Duration,
}

/// An event and the place just after it. Events are shared: a million of them, read by many, stay in memory once.
pub type Seen = (Cursor, Arc<Event>);

/// What happened.
#[derive(Debug, Clone)]
pub enum What {
    /// A batch, and for each event its cursor and whether it was a repeat.
    Publish { events: Vec<Arc<Event>>, result: Result<Vec<(Cursor, bool)>, Refusal> },
    /// A fetch, never one that leaves data out. `limit` is that of the request, as executed (0 is never recorded).
    Fetch { selection: Selection, start: Start, limit: usize, result: Result<Page, Refusal> },
    /// A stream was asked for, with the client's own cursor; recorded when the call was answered with a stream, before its
    /// first message. Numbers of streams are used once.
    StreamOpened { stream: u64, selection: Selection, own: Option<Cursor> },
    /// A stream was refused.
    StreamRefused { selection: Selection, own: Start, refusal: Refusal },
    /// A message of a stream; recorded when it arrived.
    Message(Message),
    /// A stream ended, or its client left.
    StreamEnded { stream: u64, orderly: bool },
    /// A run of a follower begins at the cursor that it had stored (`None`: inception). A follower that starts over from a
    /// snapshot, or gives up what was trimmed, is another follower from then on.
    FollowerStarted { follower: u64, selection: Selection, from: Option<Cursor> },
    /// A follower handled events (perhaps none) and then stood at a cursor.
    Handled { follower: u64, selection: Selection, events: Vec<Seen>, cursor: Cursor },
    /// A follower was given up: what it handled is judged, but it need not reach the end.
    FollowerStopped { follower: u64 },
    /// A trim was asked for and done, or retention was seen to have moved: earliest as read afterwards.
    Trimmed { earliest: Cursor },
    /// The hub was killed, or lost its power. Its open streams ended.
    Crashed,
    /// The hub runs (again): its extent, read before anything else was asked of it.
    Started { earliest: Cursor, head: Cursor },
    /// All that is there at the end, read afresh after the last start, `~` topics included.
    Log { earliest: Cursor, head: Cursor, events: Vec<Seen> },
}

/// Where a fetch, or a stream, was to start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// A cursor; `None` is inception.
    Cursor(Option<Cursor>),
    /// What is no token.
    Malformed(String),
    /// By publish time.
    Time(Micros),
    /// The trim point.
    Earliest,
    /// The head.
    Latest,
}

/// An answered fetch.
#[derive(Debug, Clone)]
pub struct Page {
    pub events: Vec<Seen>,
    pub next: Cursor,
    pub head: Cursor,
    pub has_more: bool,
}

/// A message of a stream.
#[derive(Debug, Clone, Copy)]
pub struct Message {
    pub stream: u64,
    pub kind: Kind,
    pub cursor: Cursor,
    pub head: Cursor,
}

/// The kind of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Confirmed,
    Changed,
    Heartbeat,
    Reconnect,
}

/// A call that was refused, or whose answer was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The hub's reason, e.g. `CURSOR_TRIMMED`; any words if it is not the hub's.
    pub reason: String,
    /// Of a publish: it may have been written nevertheless.
    pub unknown: bool,
}

/// Records a history. Clones record into the same one; any thread may.
#[derive(Clone)]
pub struct Recorder(Arc<Shared>);

struct Shared {
    ticks: AtomicU64,
    clock: Box<dyn Fn() -> Duration + Send + Sync>,
    entries: Mutex<Vec<Entry>>,
    /// One copy of each event that has a place.
    known: Mutex<HashMap<Cursor, Arc<Event>>>,
}

impl Default for Recorder {
    fn default() -> Self {
        Self::new()
    }
}

impl Recorder {
    /// A recorder on the machine's clock.
    pub fn new() -> Self {
        let start = Instant::now();
        Self::with_clock(move || start.elapsed())
    }

    /// A recorder on another clock, such as a simulated one.
    pub fn with_clock(clock: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self(Arc::new(Shared {
            ticks: AtomicU64::new(1),
            clock: Box::new(clock),
            entries: Mutex::default(),
            known: Mutex::default(),
        }))
    }

    /// The moment before something that is to be recorded.
    pub fn began(&self) -> Moment {
        let time = (self.0.clock)();
        Moment { tick: self.0.ticks.fetch_add(1, Ordering::SeqCst), time }
    }

    /// Records something that began then and ends now.
    pub fn record(&self, began: Moment, mut what: What) {
        let ended = self.began();
        self.share(&mut what);
        self.0.entries.lock().push(Entry { began, ended, what });
    }

    /// Records something that happens in a moment.
    pub fn note(&self, what: What) {
        self.record(self.began(), what);
    }

    /// Takes all that was recorded.
    pub fn finish(&self) -> History {
        let mut entries = std::mem::take(&mut *self.0.entries.lock());
        entries.sort_unstable_by_key(|entry| entry.ended.tick);
        History { entries, id_window: IdWindow::default() }
    }

    /// Replaces events by the copies that were recorded before.
    fn share(&self, what: &mut What) {
        match what {
            What::Publish { events, result: Ok(placed) } => {
                let mut known = self.0.known.lock();
                for (event, (cursor, _)) in events.iter_mut().zip(placed) {
                    one_copy(&mut known, *cursor, event);
                }
            }
            What::Fetch { result: Ok(Page { events, .. }), .. }
            | What::Handled { events, .. }
            | What::Log { events, .. } => {
                let mut known = self.0.known.lock();
                for (cursor, event) in events {
                    one_copy(&mut known, *cursor, event);
                }
            }
            _ => {}
        }
    }
}

/// Another event at the same place stays itself: that is for the validators to find.
fn one_copy(known: &mut HashMap<Cursor, Arc<Event>>, cursor: Cursor, event: &mut Arc<Event>) {
    let first = known.entry(cursor).or_insert_with(|| Arc::clone(event));
    if **first == **event {
        *event = Arc::clone(first);
    }
}
