//! etcd's watch traffic on the real binary: 8 publishers, 8 followers and 4 loops of the client library on 10 topics;
//! followers go on from cursors up to 100 events behind or ahead of the newest, retention trims about every 200 ms, and a
//! proxy between them and the hub delays, trickles, stalls, half-closes and cuts.
//!
//! `HINTWIRE_TRAFFIC_SECONDS` says how long the chaos lasts (3), `HINTWIRE_TRAFFIC_SEED` repeats the choices of a run; what
//! the network and the hub make of them is theirs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod descriptors;
mod faults;
mod follower;
mod judge;
mod looped;
#[path = "../cli/run.rs"]
#[allow(dead_code)]
mod process;
#[path = "../support/proxy/mod.rs"]
mod proxy;
mod publisher;
mod run;
#[path = "../support/validate/mod.rs"]
mod validate;
mod view;
mod wire;

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use hintwire::cursor::Cursor;
use hintwire::v1::GetHubResponse;
use tokio::task::JoinSet;
use tokio::time::{interval, timeout};

use looped::State;
use process::Hub;
use proxy::{Chaos, Proxy};
use run::{Phase, Rare, Run};
use validate::{What, convert};
use view::View;
use wire::{Hints, Wire};

const PUBLISHERS: usize = 8;
const FOLLOWERS: usize = 8;
const LOOPS: usize = 4;
/// Small segments, of which little is kept: about 70 to 140 events.
const SETTINGS: [&str; 8] = [
    "--segment-bytes",
    "64KiB",
    "--retention-bytes",
    "64KiB",
    "--heartbeat-interval",
    "1s",
    "--log-level",
    "warn",
];
/// Most bytes of the hub before a connection's fault, and how long it lasts at the most.
const FAULTS: (usize, Duration) = (64 << 10, Duration::from_millis(400));
/// What a campaign takes beyond its chaos.
const PATIENCE: Duration = Duration::from_secs(120);

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text}")))
}

#[tokio::test(flavor = "multi_thread")]
async fn through_cuts_and_trims_every_follower_gets_all_that_is_its_own_and_every_cursor_its_answer()
 {
    let chaos = Duration::from_secs(setting("HINTWIRE_TRAFFIC_SECONDS").unwrap_or(3));
    let seed = setting("HINTWIRE_TRAFFIC_SEED").unwrap_or_else(|| fastrand::u64(..));
    println!("watch traffic, {chaos:?}, HINTWIRE_TRAFFIC_SEED={seed}");
    let data = tempfile::tempdir().unwrap();
    let hub = start(data.path());
    let mut plans = Chaos::new(seed, FAULTS.0, FAULTS.1);
    let proxy = Proxy::start(hub.address().parse().unwrap(), move || plans.plan()).await;
    let run = Run::new(seed, hub.url.clone(), format!("http://{}", proxy.address()));
    timeout(chaos + PATIENCE, campaign(&run, chaos))
        .await
        .unwrap_or_else(|_| panic!("seed {seed}: somebody waits in vain"));
    report(&run, &proxy);
}

/// The real binary; a planted bug that is chosen outside is chosen for it too.
fn start(data: &std::path::Path) -> Hub {
    let mut command = process::hintwire(&["serve", "--listen", "127.0.0.1:0", "--data"]);
    command.arg(data).args(SETTINGS);
    command.envs(std::env::vars().filter(|(name, _)| name == "HINTWIRE_PLANTED"));
    Hub::of(command)
}

async fn campaign(run: &Run, chaos: Duration) {
    let direct = Wire::straight(run);
    let hub = direct.hub().await.unwrap();
    let (earliest, head) = extent(&hub);
    run.note(What::Started { earliest, head });
    let mut publishers: JoinSet<()> =
        (0..PUBLISHERS).map(|nth| publisher::publish(run.clone(), nth)).collect();
    let followers: JoinSet<Hints> =
        (0..FOLLOWERS).map(|nth| follower::Follower::new(run, nth).follow()).collect();
    let loops: JoinSet<(View, State)> =
        (0..LOOPS).map(|nth| looped::follow(run.clone(), nth)).collect();
    let watching = tokio::spawn(watch_trims(run.clone(), Wire::straight(run)));

    _ = timeout(chaos, publishers.join_next()).await;
    run.phase.send_replace(Phase::Calm);
    publishers.join_all().await;
    let mut ticks = interval(Duration::from_millis(20));
    let last = publisher::until_answered(run, &direct, &view::last(), &mut ticks).await;
    let last = convert::cursor(&last.last().unwrap().cursor).position;
    run.phase.send_replace(Phase::Published(last));

    // The streams stay open until the history is complete: what has not ended must have heard of the last event.
    let _open = followers.join_all().await;
    let loops = loops.join_all().await;
    watching.abort();
    read_log(run, &direct).await;
    let snapshot = snapshot(&direct).await;
    let history = run.recorder.finish();
    judge::history(run, &history);
    judge::refusals(run, &history);
    judge::states(run, &history, &snapshot, &loops);
}

fn extent(hub: &GetHubResponse) -> (Cursor, Cursor) {
    (convert::cursor(&hub.earliest), convert::cursor(&hub.head))
}

/// Records how retention moves.
async fn watch_trims(run: Run, wire: Wire) {
    let (mut ticks, mut last) = (interval(Duration::from_millis(20)), None);
    loop {
        ticks.tick().await;
        let began = run.recorder.began();
        let (earliest, _) = extent(&wire.hub().await.unwrap());
        if last.replace(earliest).is_some_and(|last| last != earliest) {
            Rare::count(&run.rare.trims);
            run.recorder.record(began, What::Trimmed { earliest });
        }
    }
}

/// Reads all that is there; anew if retention passes what is being read.
async fn read_log(run: &Run, wire: &Wire) {
    let everything = View::nth(0);
    'anew: loop {
        let began = run.recorder.began();
        let (mut events, mut from) = (Vec::new(), None);
        loop {
            let Ok(page) = wire.fetch(&everything, from).await else { continue 'anew };
            events.extend(page.events);
            from = Some(page.next);
            if !page.has_more {
                let (earliest, head) = extent(&wire.hub().await.unwrap());
                run.recorder.record(began, What::Log { earliest, head, events });
                return;
            }
        }
    }
}

async fn snapshot(wire: &Wire) -> State {
    let mut state = State::new();
    let (events, _) = wire.snapshot(&View::nth(0)).await.unwrap();
    for event in events.into_iter().filter_map(|stored| stored.event) {
        looped::apply(&mut state, &event.topic, &event.key, event.deleted, &event.data);
    }
    state
}

/// Prints what was reached; a campaign that reached a state never has not tried it.
fn report(run: &Run, proxy: &Proxy) {
    println!("  {}", proxy.counts());
    let (rare, wire) = (&run.rare, proxy.counts());
    let counts: [(&str, &AtomicUsize); 10] = [
        ("resumed", &rare.resumed),
        ("resumed behind the trim point", &rare.behind_trim),
        ("resumed ahead of the head", &rare.ahead),
        ("hint conflated", &rare.conflated),
        ("own moved by `head` alone", &rare.bookmarked),
        ("went on from a snapshot", &rare.snapshots),
        ("repeat answered", &rare.repeats),
        ("retention moved", &rare.trims),
        ("connection cut", &wire.cut),
        ("connection cut within a message", &wire.cut_within_message),
    ];
    for (state, count) in counts {
        let count = count.load(Relaxed);
        println!("  {state:<32} {count}");
        assert!(count > 0, "seed {}: never reached: {state}", run.seed);
    }
}
