//! Does each step to a hub, compares with the model, and records.

use std::sync::Arc;
use std::time::Duration;

use hintwire::backlog::Backlog;
use hintwire::cursor::{Cursor, Position};
use hintwire::error::Error;
use hintwire::event::Event;
use hintwire::hub::{Hub, HubSettings, Published};
use hintwire::lineage::Extent;

use super::listeners::{Follower, Listener};
use super::oracle::{Due, Model};
use super::steps::Step;
use super::{Kept, granted};
use crate::validate::{Counts, Recorder, Refusal, What, validate};

pub struct Play {
    kept: Kept,
    /// Not while it is being reopened.
    served: Option<Served>,
    pub model: Model,
    pub recorder: Recorder,
    pub streams: Vec<Listener>,
    pub followers: Vec<Follower>,
    numbers: u64,
}

/// A hub and its backlog.
struct Served {
    backlog: Arc<dyn Backlog>,
    hub: Arc<Hub>,
}

impl Served {
    fn open(kept: &Kept) -> Self {
        let backlog = kept.open();
        let settings = HubSettings { min_interval: Duration::ZERO, ..HubSettings::default() };
        Self { hub: Hub::start(Arc::clone(&backlog), settings), backlog }
    }
}

impl Play {
    /// Plays all steps, then holds what was recorded to every guarantee.
    pub async fn through(kept: Kept, steps: Vec<Step>) -> Counts {
        let mut play = Self {
            served: Some(Served::open(&kept)),
            kept,
            model: Model::default(),
            recorder: Recorder::new(),
            streams: Vec::new(),
            followers: Vec::new(),
            numbers: 0,
        };
        play.started().await;
        for step in steps {
            play.step(step).await;
            play.hear().await;
        }
        play.follow().await;
        play.read_all().await;
        validate(&play.recorder.finish()).unwrap_or_else(|violation| panic!("{violation}"))
    }

    async fn step(&mut self, step: Step) {
        match step {
            Step::Publish(events, after) => {
                let after = after.map(|place| place.map(|percent| self.place(percent)));
                self.publish(events, after).await;
            }
            Step::Fetch { from, selection, limit } => self.fetch(from, &selection, limit).await,
            Step::Snapshot { selection, limit } => self.snapshot(&selection, limit).await,
            Step::Follow => self.follow().await,
            Step::Trim(percent) => self.trim(percent).await,
            Step::Reopen { closed } => self.reopen(closed).await,
        }
    }

    pub fn hub(&self) -> &Arc<Hub> {
        &self.served.as_ref().unwrap().hub
    }

    pub fn extent(&self) -> Extent {
        self.served.as_ref().unwrap().backlog.extent()
    }

    pub fn cursor(&self, position: Position) -> Cursor {
        self.hub().lineage().cursor(position)
    }

    /// Numbers of streams and followers.
    pub fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// A place, as a percentage of the head.
    pub fn place(&self, percent: u8) -> Position {
        Position(self.model.head.0 * u64::from(percent) / 100)
    }

    async fn publish(&mut self, events: Vec<Event>, after: Option<Option<Position>>) {
        let due = self.model.publish(&events, after);
        let expected = after.map(|place| place.map(|place| self.cursor(place)));
        let began = self.recorder.began();
        let answer = self.hub().publish(granted(events.clone()), expected).unwrap().await;
        let result = match &answer {
            Ok(published) => Ok(published.iter().map(|p| (p.cursor, p.duplicate)).collect()),
            Err(error) => Err(Refusal::from(error)),
        };
        let shared = events.iter().cloned().map(Arc::new).collect();
        self.recorder.record(began, What::Publish { events: shared, result });
        self.compare(events, due, answer);
    }

    /// Holds an answer to what is due, and takes what was appended into the model.
    fn compare(
        &mut self,
        events: Vec<Event>,
        (due, unsure): (Due, bool),
        answer: Result<Vec<Published>, Error>,
    ) {
        match (due, answer) {
            (Due::Conflict(due), Err(Error::IdConflict { index })) => assert_eq!(index, due),
            (Due::Refused(due), Err(Error::ExpectationFailed { index, .. })) => {
                assert!(index == due || unsure && index < due);
            }
            (Due::Placed(_), Err(Error::ExpectationFailed { .. })) if unsure => {}
            (Due::Placed(due), Ok(published)) => {
                for ((event, due), got) in events.into_iter().zip(due).zip(published) {
                    self.placed(event, due, got);
                }
            }
            (due, answer) => panic!("{answer:?} instead of {due:?}"),
        }
    }

    fn placed(&mut self, event: Event, due: usize, got: Published) {
        let position = got.cursor.position;
        match self.model.events.get(due) {
            Some((first, _)) => assert_eq!((position, got.duplicate), (*first, true)),
            None => {
                assert!(position > self.model.head && !got.duplicate);
                self.model.append(position, event);
            }
        }
    }

    async fn trim(&mut self, percent: u8) {
        let (before, was) = (self.place(percent), self.model.earliest);
        let began = self.recorder.began();
        self.served.as_ref().unwrap().backlog.trim(before).await.unwrap();
        let earliest = self.extent().earliest;
        self.recorder.record(began, What::Trimmed { earliest: self.cursor(earliest) });
        assert!(was <= earliest && earliest <= was.max(before));
        self.model.earliest = earliest;
    }

    /// Lets go of the backlog, and takes it up again. One in memory is never closed: it would take no more.
    async fn reopen(&mut self, closed: bool) {
        for stream in self.streams.drain(..) {
            self.recorder.note(What::StreamEnded { stream: stream.number, orderly: closed });
        }
        let Served { backlog, hub } = self.served.take().unwrap();
        if let Kept::Log(_) = self.kept {
            if closed {
                hub.close().await.unwrap();
            }
            let old = Arc::downgrade(&backlog);
            drop((backlog, hub));
            while old.strong_count() > 0 {
                tokio::task::yield_now().await;
            }
        }
        self.served = Some(Served::open(&self.kept));
        assert_eq!(self.extent(), Extent { earliest: self.model.earliest, head: self.model.head });
        self.started().await;
    }
}
