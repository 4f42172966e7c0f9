//! The one task between backlog and index.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};

use super::timeline::Timeline;
use crate::backlog::{Appended, Backlog};
use crate::cursor::Position;
use crate::event::{EventHead, Micros};
use crate::index::Index;
use crate::limits::TAIL_GROUPS;
use crate::metrics::Metrics;
use crate::planted::Planted;
use crate::trace_context;

/// Rest after a round, for each subscriber that it touched: ten times what a touch costs, so that the fan-out of a large
/// crowd takes a tenth of a core however much is published.
const REST: Duration = Duration::from_nanos(300);
/// Shorter rests are none: the runtime's timer is no finer.
const REST_MIN: Duration = Duration::from_millis(1);

/// Takes what the backlog tells of and spreads it.
pub struct Fanout {
    pub backlog: Arc<dyn Backlog>,
    pub index: Arc<Index>,
    pub timeline: Arc<Timeline>,
    pub moved: Arc<Notify>,
    pub metrics: Arc<Metrics>,
}

impl Fanout {
    /// Goes on until the backlog closes. `head` is where the tail begins.
    pub async fn run(self, mut tail: mpsc::Receiver<Appended>, head: Position) {
        self.note_last_publication(head).await;
        let mut groups = Vec::new();
        while !groups.is_empty() || tail.recv_many(&mut groups, TAIL_GROUPS).await > 0 {
            let ahead = || self.index.move_watermark(head_of(&groups));
            Planted::HeadAheadOfSlots.too_early(ahead).await;
            let touched = self.round(&mut groups);
            self.rest(touched, &mut tail, &mut groups).await;
        }
    }

    /// The first sample: a hub that was restarted must not take old events for new ones.
    async fn note_last_publication(&self, head: Position) {
        if let Ok(Some(published)) = self.backlog.published(head).await {
            let ago = Micros::now().0.saturating_sub(published.0) / 1000;
            self.timeline.note(head, -i64::try_from(ago).unwrap_or(i64::MAX));
        }
    }

    fn round(&self, groups: &mut Vec<Appended>) -> u32 {
        let head = head_of(groups);
        let mut events: Vec<(Position, EventHead)> = Vec::new();
        let oldest = groups.first().map_or_else(Micros::now, |group| group.published);
        let age = Duration::from_micros(Micros::now().0.saturating_sub(oldest.0));
        groups.drain(..).for_each(|group| events.extend(group.events));
        self.metrics.events.add(events.len() as u64);
        self.timeline.note(head, self.index.clock().now().cast_signed());
        let contexts = trace_context::contexts(events.iter().map(|(_, head)| head));
        let touched = self.index.spread(events, head, age);
        trace_context::told(contexts, touched);
        self.moved.notify_waiters();
        touched
    }

    /// Collects during the rest, so that the backlog never waits for it.
    async fn rest(
        &self,
        touched: u32,
        tail: &mut mpsc::Receiver<Appended>,
        groups: &mut Vec<Appended>,
    ) {
        let rest = REST * touched;
        if rest < REST_MIN {
            return;
        }
        let collect = async { while tail.recv_many(groups, TAIL_GROUPS).await > 0 {} };
        let _ = tokio::time::timeout(rest, collect).await;
    }
}

/// The head that groups moved the backlog to.
fn head_of(groups: &[Appended]) -> Position {
    groups.iter().map(|group| group.head).max().unwrap_or_default()
}
