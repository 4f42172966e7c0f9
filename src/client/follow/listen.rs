//! The half of the loop that listens: it keeps a stream of hints open and reports what it says.

use std::convert::Infallible;
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use tokio::time::{Instant, sleep, timeout};

use super::course::duration;
use super::recover::asked;
use super::{FetchIf, Selection, Shared};
use crate::client::{Backoff, Error, Notice, Wire};
use crate::limits;
use crate::v1::SubscribeResponse;
use crate::v1::subscribe_response::Kind;

/// How long the first message, which comes at once, may take.
const CONFIRMED: Duration = Duration::from_secs(15);
/// Messages that may fail to come before the stream counts as dead.
const SILENCE: u32 = 3;
/// The heartbeat interval of a hub that states none.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// A stream that lasted this long was a good one: back-off starts again.
const GOOD: Duration = Duration::from_secs(30);
/// The first back-off is long enough to spread a crowd whose hub crashed: polls bridge it.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

pub(super) struct Listener<'a, W> {
    pub wire: &'a W,
    pub shared: &'a Shared,
    pub selection: &'a Selection,
    pub fetch_if: FetchIf,
    pub least: Duration,
}

/// How a stream ended.
enum End {
    /// The hub asked for it, and when to come back.
    Asked(Duration),
    /// It is of no use any more: the cursor was replaced.
    Unwanted,
    /// Anything else: why, and the least wait, if the hub named one.
    Broken(String, Option<Duration>),
}

impl<W: Wire> Listener<'_, W> {
    /// Opens one stream after another.
    pub(super) async fn run(mut self) -> Infallible {
        let shared = self.shared;
        let mut backoff = Backoff::new(BACKOFF.0, BACKOFF.1);
        loop {
            let (life, cursor) = shared.stream_wanted().await;
            let opened = Instant::now();
            let end = tokio::select! {
                biased;
                end = self.one_stream(life, cursor) => end,
                () = shared.stream_unwanted(life) => End::Unwanted,
            };
            shared.change(|course| course.stream(false, Instant::now()));
            if opened.elapsed() >= GOOD {
                backoff.reset();
            }
            self.pause(end, backoff.next_wait()).await;
        }
    }

    /// Waits until another stream may be tried: as long as the hub asks, and the back-off, which also
    /// keeps a hub that asks for nothing, again and again, from being asked without end.
    async fn pause(&mut self, end: End, backoff: Duration) {
        let (why, asked_for) = match end {
            End::Unwanted => return,
            End::Asked(after) => ("the hub asked to reconnect".into(), Some(after)),
            End::Broken(why, least) => (why, least),
        };
        let retry_after = asked_for.map(asked).unwrap_or_default() + backoff;
        self.shared.tell(&Notice::Polling { why, retry_after });
        sleep(retry_after).await;
    }

    async fn one_stream(&mut self, life: u64, cursor: String) -> End {
        let request = self.selection.subscribe(cursor, self.least);
        match timeout(CONFIRMED, self.wire.subscribe(request)).await {
            Ok(Ok(hints)) => self.listen(life, hints).await,
            Ok(Err(error)) => self.refused(&error),
            Err(_) => End::Broken("no answer to Subscribe".into(), None),
        }
    }

    async fn listen(&mut self, life: u64, mut hints: W::Hints) -> End {
        let mut patience = CONFIRMED;
        loop {
            let hint = match next(&mut hints, patience).await {
                Ok(hint) => hint,
                Err(end) => return end,
            };
            self.heard(life, &hint);
            if hint.kind() == Kind::Reconnect {
                return End::Asked(duration(hint.reconnect_after.as_ref()));
            }
            patience = heartbeat_interval(&hint) * SILENCE;
        }
    }

    fn heard(&mut self, life: u64, hint: &SubscribeResponse) {
        let now = Instant::now();
        let is_new = self.shared.change(|course| {
            course.heard(life, hint, |hint| (self.fetch_if)(hint), now);
            course.stream(true, now)
        });
        if is_new {
            self.shared.tell(&Notice::Hinted);
        }
    }

    /// A stream that is refused never ends the loop: polling does without. If it is the cursor that is
    /// refused, the next fetch finds out and decides.
    fn refused(&self, error: &Error) -> End {
        if error.is_cursor() {
            self.shared.change(|course| course.look_again(Instant::now()));
        }
        End::Broken(error.to_string(), error.retry_after())
    }
}

/// As stated, within what the API allows.
fn heartbeat_interval(hint: &SubscribeResponse) -> Duration {
    match duration(hint.heartbeat_interval.as_ref()) {
        Duration::ZERO => HEARTBEAT,
        stated => stated.min(limits::HEARTBEAT_MAX),
    }
}

async fn next(
    hints: &mut (impl Stream<Item = Result<SubscribeResponse, Error>> + Unpin),
    patience: Duration,
) -> Result<SubscribeResponse, End> {
    match timeout(patience, hints.next()).await {
        Ok(Some(Ok(hint))) => Ok(hint),
        Ok(Some(Err(error))) => Err(End::Broken(error.to_string(), error.retry_after())),
        Ok(None) => Err(End::Broken("the stream ended".into(), None)),
        Err(_) => Err(End::Broken(format!("nothing heard for {patience:.0?}"), None)),
    }
}
