//! Followers by the client library's loop, with stored cursors: some run on over every kill, some are stopped at any
//! point and run again, some only poll.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use hintwire::client::{Batch, Client, CursorStore, Follow};
use hintwire::topic::{Patterns, Selection};
use hintwire::v1;
use parking_lot::Mutex;
use tokio::time::timeout;

use super::progress::Progress;
use super::raw;
use crate::validate::convert::{cursor, seen_on_wire};
use crate::validate::{Recorder, What};

/// What a follower wants.
pub fn selection(follower: u64) -> Selection {
    let patterns = match follower {
        0 | 4 | 8 | 12 => "**".to_owned(),
        n if n % 2 == 0 => format!("crash/{}/**", n % 8),
        n => format!("crash/*/{}", n % 3),
    };
    Selection::of(Patterns::parse(&[patterns], 1, "topics").unwrap())
}

/// Follows until it is dropped.
pub async fn follow(
    follower: u64,
    client: Client,
    recorder: Recorder,
    progress: Arc<Progress>,
    seed: u64,
) {
    if follower % 4 == 3 {
        return raw::follow(follower, client, recorder, progress).await;
    }
    let mut rng = fastrand::Rng::with_seed(seed.wrapping_add(follower));
    let kept = Arc::new(Mutex::new(Kept::default()));
    loop {
        let store = Store {
            follower,
            kept: kept.clone(),
            recorder: recorder.clone(),
            progress: progress.clone(),
        };
        let patterns =
            selection(follower).patterns.iter().map(|p| p.to_string()).collect::<Vec<_>>();
        let run = Follow::new(client.clone(), patterns).store(store);
        let run = if follower % 4 == 2 {
            run.poll_only().poll_between(Duration::from_millis(10), Duration::from_millis(500))
        } else {
            run
        };
        let kept = Arc::clone(&kept);
        let handler = move |batch: Batch| {
            kept.lock().handled.extend(batch.events);
            async { Ok(()) }
        };
        let run = run.run(handler);
        match follower % 4 {
            // Stopped at any point; what was not saved comes again.
            1 => match timeout(Duration::from_millis(rng.u64(50..3_000)), run).await {
                Err(_) => {}
                Ok(ended) => panic!("follower {follower} ended: {:?}", ended.err()),
            },
            _ => panic!("follower {follower} ended: {:?}", run.await.err()),
        }
    }
}

/// What outlives a run: the cursor; and what was handled since it was saved.
#[derive(Default)]
struct Kept {
    cursor: Option<String>,
    handled: Vec<v1::StoredEvent>,
}

/// Keeps the cursor, and records what was handled up to it.
struct Store {
    follower: u64,
    kept: Arc<Mutex<Kept>>,
    recorder: Recorder,
    progress: Arc<Progress>,
}

impl CursorStore for Store {
    async fn load(&mut self) -> io::Result<Option<String>> {
        let mut kept = self.kept.lock();
        kept.handled.clear();
        self.progress.runs.fetch_add(1, Relaxed);
        let from = kept.cursor.as_deref().map(cursor);
        let (follower, selection) = (self.follower, selection(self.follower));
        self.recorder.note(What::FollowerStarted { follower, selection, from });
        Ok(kept.cursor.clone())
    }

    async fn save(&mut self, saved: &str) -> io::Result<()> {
        let mut kept = self.kept.lock();
        let events = kept.handled.drain(..).map(|stored| seen_on_wire(&stored)).collect();
        kept.cursor = Some(saved.to_owned());
        let (follower, cursor) = (self.follower, cursor(saved));
        let selection = selection(follower);
        self.recorder.note(What::Handled { follower, selection, events, cursor });
        self.progress.reached(follower, cursor.position);
        Ok(())
    }
}
