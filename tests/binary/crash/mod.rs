//! The hub is killed again and again under publishers and followers: nothing acknowledged is lost, nothing comes twice,
//! no follower misses anything.

mod followers;
mod http;
mod progress;
mod publishers;
mod raw;

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use hintwire::client::Client;
use hintwire::v1;
use tokio::task::JoinSet;
use tokio::time::{interval, timeout};

use crate::hub::Hub;
use crate::validate::convert::{cursor, seen_on_wire};
use crate::validate::{Recorder, What, validate};
use progress::Progress;

const PUBLISHERS: usize = 64;
const FOLLOWERS: u64 = 16;
/// Those who come over plain HTTP, by long poll and by Server-Sent Events.
const OVER_HTTP: [u64; 2] = [10, 14];
/// Time between two kills.
const APART_LEAST: Duration = Duration::from_millis(200);
/// Time for everybody to catch up at the end.
const PATIENCE: Duration = Duration::from_secs(300);
/// Small segments, so that kills meet the change from one to the next, too.
const SETTINGS: [&str; 2] = ["--segment-bytes", "256KiB"];

/// The size of a campaign.
struct Size {
    kills: usize,
    acks: usize,
    apart: Duration,
    seed: u64,
}

impl Size {
    fn from_environment() -> Self {
        let number = |name: &str| std::env::var(name).ok().map(|text| text.parse().unwrap());
        Self {
            kills: number("HINTWIRE_CRASH_KILLS").unwrap_or(3) as usize,
            acks: number("HINTWIRE_CRASH_ACKS").unwrap_or(0) as usize,
            apart: Duration::from_millis(number("HINTWIRE_CRASH_APART").unwrap_or(1_000)),
            seed: number("HINTWIRE_CRASH_SEED").unwrap_or_else(|| fastrand::u64(..)),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_after_kill_nothing_acknowledged_is_lost_nothing_comes_twice_and_no_follower_misses_any()
 {
    let size = Size::from_environment();
    println!("crash seed {}", size.seed);
    let data = tempfile::tempdir().unwrap();
    let mut hub = Hub::start(data.path().join("backlog"), &SETTINGS);
    let (recorder, progress) = (Recorder::new(), Arc::new(Progress::default()));
    started(&recorder, &hub.client()).await;
    let clients: Vec<Client> = (0..8).map(|_| hub.client()).collect();
    let client = |n: usize| clients[n % clients.len()].clone();
    let (mut publishing, mut following) = (JoinSet::new(), JoinSet::new());
    for n in 0..PUBLISHERS {
        let (recorder, progress) = (recorder.clone(), Arc::clone(&progress));
        publishing.spawn(publishers::publish(n, client(n), recorder, progress, size.seed));
    }
    for n in 0..FOLLOWERS {
        let (recorder, progress) = (recorder.clone(), Arc::clone(&progress));
        if OVER_HTTP.contains(&n) {
            following.spawn(http::follow(n, hub.url(), recorder, progress));
            continue;
        }
        following.spawn(followers::follow(n, client(n as usize), recorder, progress, size.seed));
    }
    let slowest = kill_again_and_again(&mut hub, &size, &recorder, &progress).await;
    progress.stop.send_replace(true);
    let done = async { while publishing.join_next().await.transpose().unwrap().is_some() {} };
    timeout(PATIENCE, done).await.expect("every publisher gets its last answer");
    timeout(PATIENCE, progress.caught_up()).await.expect("every follower reaches the end");
    following.shutdown().await;
    read_log(&recorder, &hub.client()).await;
    judge(&recorder, &size, &progress, slowest);
}

/// Kills and starts the hub; returns the longest time that a start took.
async fn kill_again_and_again(
    hub: &mut Hub,
    size: &Size,
    recorder: &Recorder,
    progress: &Progress,
) -> Duration {
    let mut rng = fastrand::Rng::with_seed(size.seed);
    let mut slowest = Duration::ZERO;
    while progress.kills.load(Relaxed) < size.kills || progress.acks.load(Relaxed) < size.acks {
        let apart = rng.u64(APART_LEAST.as_millis() as u64..=size.apart.as_millis() as u64);
        // The time between two kills is the campaign's, and no synchronization.
        let never = std::future::pending::<()>();
        let _ = timeout(Duration::from_millis(apart), never).await;
        let start = tokio::task::block_in_place(|| {
            hub.kill();
            recorder.note(What::Crashed);
            let start = Instant::now();
            hub.restart();
            start.elapsed()
        });
        slowest = slowest.max(start);
        started(recorder, &hub.client()).await;
        progress.kills.fetch_add(1, Relaxed);
    }
    slowest
}

async fn started(recorder: &Recorder, client: &Client) {
    let began = recorder.began();
    let hub = client.get_hub().await.unwrap();
    let (earliest, head) = (cursor(&hub.earliest), cursor(&hub.head));
    recorder.record(began, What::Started { earliest, head });
}

/// Records all that is there.
async fn read_log(recorder: &Recorder, client: &Client) {
    let (began, hub) = (recorder.began(), client.get_hub().await.unwrap());
    let (mut events, mut after) = (Vec::new(), String::new());
    loop {
        let topics = vec!["**".into(), "~hintwire/**".into()];
        let request = v1::FetchRequest { topics, cursor: after, limit: 1000, ..Default::default() };
        let page = client.fetch(request).await.unwrap();
        events.extend(page.events.iter().map(seen_on_wire));
        after = page.next_cursor;
        if !page.has_more {
            let (earliest, head) = (cursor(&hub.earliest), cursor(&page.head));
            return recorder.record(began, What::Log { earliest, head, events });
        }
    }
}

fn judge(recorder: &Recorder, size: &Size, progress: &Progress, slowest: Duration) {
    let history = recorder.finish();
    let [kills, acks, repeats, unknown, runs] =
        [&progress.kills, &progress.acks, &progress.repeats, &progress.unknown, &progress.runs]
            .map(|count| count.load(Relaxed));
    println!(
        "crash: {kills} kills and restarts (slowest {slowest:.0?}), {acks} events acknowledged, {unknown} outcomes \
         unknown and resent, {repeats} of those events were there already, {runs} runs of followers, seed {}",
        size.seed
    );
    match validate(&history) {
        Ok(counts) => println!("crash: lost 0, duplicate 0, gap 0: {counts:?}"),
        Err(violation) => panic!("seed {}: {violation}", size.seed),
    }
    assert!(acks > 0 && runs > FOLLOWERS as usize);
}

impl Progress {
    /// Waits until every follower has what was acknowledged.
    async fn caught_up(&self) {
        let mut tick = interval(Duration::from_millis(10));
        while !(0..FOLLOWERS).all(|follower| self.has_reached(follower)) {
            tick.tick().await;
        }
    }
}
