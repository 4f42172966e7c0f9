//! A follower that keeps the contract's rule to the letter, over streams that are cut: for each message of every kind,
//! own < `cursor` means fetch; else own becomes the later of itself and `head`.

use std::time::Duration;

use hintwire::client::Error;
use hintwire::cursor::{Cursor, Position};
use hintwire::v1;
use hintwire::v1::subscribe_response::Kind;
use tokio::time::interval;

use crate::run::{Phase, Rare, Run};
use crate::validate::{What, convert};
use crate::view::View;
use crate::wire::{Hints, Wire};

/// No more streams than one in this time.
const PACE: Duration = Duration::from_millis(5);

pub struct Follower {
    run: Run,
    view: View,
    dice: fastrand::Rng,
    number: u64,
    /// Where it stands; `None` is inception.
    own: Option<Cursor>,
}

impl Follower {
    pub fn new(run: &Run, nth: usize) -> Self {
        let (run, dice) = (run.clone(), run.dice("follower", nth));
        let number = run.number();
        Self { run, view: View::nth(nth), dice, number, own: None }
    }

    /// Follows until all is published and it has reached the last; its last stream stays open.
    pub async fn follow(mut self) -> Hints {
        self.started();
        let mut ticks = interval(PACE);
        while self.run.is(Phase::Chaos) {
            ticks.tick().await;
            let wire = Wire::new(&self.run);
            let elsewhere = if self.dice.u32(..3) == 0 { self.somewhere() } else { None };
            if let Err(error) = self.stint(&wire, elsewhere).await {
                self.go_on_after(&wire, &error).await;
            }
        }
        loop {
            let wire = Wire::new(&self.run);
            match self.until_the_end(&wire).await {
                Ok(hints) => return hints,
                Err(error) => self.go_on_after(&wire, &error).await,
            }
        }
    }

    /// A cursor up to 100 events behind or ahead of the newest.
    fn somewhere(&mut self) -> Option<Cursor> {
        let position = self.run.somewhere(&mut self.dice)?;
        Some(Cursor { position, ..self.own? })
    }

    /// Listens for a while, from its own cursor or from elsewhere.
    async fn stint(&mut self, wire: &Wire, elsewhere: Option<Cursor>) -> Result<(), Error> {
        let mut hints = wire.subscribe(&self.view, elsewhere.or(self.own)).await?;
        match elsewhere {
            Some(cursor) => self.start_over(Some(cursor)),
            None => self.started(),
        }
        Rare::count(&self.run.rare.resumed);
        let run = self.run.clone();
        for _ in 0..self.dice.u32(1..60) {
            let message = tokio::select! {
                message = hints.next() => message,
                () = run.reaches(Phase::Calm) => break,
            };
            let Some(message) = message else { return Ok(()) };
            if let Err(error) = self.heed(wire, &message).await {
                hints.leave();
                return Err(error);
            }
        }
        hints.leave();
        Ok(())
    }

    /// Listens until it has reached the last event.
    async fn until_the_end(&mut self, wire: &Wire) -> Result<Hints, Error> {
        let mut hints = wire.subscribe(&self.view, self.own).await?;
        self.started();
        loop {
            let message = hints.next().await.expect("nobody ends a stream on a calm network");
            if let Err(error) = self.heed(wire, &message).await {
                hints.leave();
                return Err(error);
            }
            if let Phase::Published(last) = *self.run.phase.borrow()
                && self.place() >= last
            {
                return Ok(hints);
            }
        }
    }

    fn place(&self) -> Position {
        self.own.map(|own| own.position).unwrap_or_default()
    }

    async fn heed(&mut self, wire: &Wire, message: &v1::SubscribeResponse) -> Result<(), Error> {
        let (cursor, head) = (convert::cursor(&message.cursor), convert::cursor(&message.head));
        if self.place() < cursor.position {
            let fetched = self.catch_up(wire).await?;
            if message.kind() == Kind::Changed && fetched > 1 {
                Rare::count(&self.run.rare.conflated);
            }
        } else if self.place() < head.position {
            Rare::count(&self.run.rare.bookmarked);
            self.handled(Vec::new(), head);
        }
        Ok(())
    }

    /// Fetches page after page; how many events there were.
    async fn catch_up(&mut self, wire: &Wire) -> Result<usize, Error> {
        let mut fetched = 0;
        loop {
            let page = wire.fetch(&self.view, self.own).await?;
            fetched += page.events.len();
            self.handled(page.events, page.next);
            if !page.has_more {
                return Ok(fetched);
            }
        }
    }

    /// What the hub says about a cursor is heeded; what the network lost is tried again.
    async fn go_on_after(&mut self, wire: &Wire, error: &Error) {
        match error.reason() {
            "CURSOR_TRIMMED" => {
                Rare::count(&self.run.rare.behind_trim);
                if let Ok((_, cursor)) = wire.snapshot(&self.view).await {
                    Rare::count(&self.run.rare.snapshots);
                    self.start_over(Some(cursor));
                }
            }
            "CURSOR_AHEAD" => Rare::count(&self.run.rare.ahead),
            _ => assert!(error.is_transient(), "seed {}: {error:?}", self.run.seed),
        }
    }

    fn handled(&mut self, events: Vec<crate::validate::Seen>, cursor: Cursor) {
        let (follower, selection) = (self.number, self.view.selection.clone());
        self.run.note(What::Handled { follower, selection, events, cursor });
        self.own = Some(cursor);
    }

    /// Somebody else goes on from there: what lies between is not this one's any more.
    fn start_over(&mut self, from: Option<Cursor>) {
        self.run.note(What::FollowerStopped { follower: self.number });
        self.number = self.run.number();
        self.own = from;
        self.started();
    }

    fn started(&self) {
        let (follower, selection) = (self.number, self.view.selection.clone());
        self.run.note(What::FollowerStarted { follower, selection, from: self.own });
    }
}
