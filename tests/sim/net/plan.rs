//! What a seed decides before a simulation begins.

use std::time::Duration;

use fastrand::Rng;
use hintwire::backlog::log::{LogSettings, Retention};
use hintwire::config::Config;

use crate::disk::Call;

/// A simulation, as its seed wants it.
#[derive(Debug, Clone)]
pub struct Plan {
    pub seed: u64,
    /// Hosts with followers.
    pub readers: usize,
    pub config: Config,
    pub log: LogSettings,
    /// How long things fail.
    pub chaos: Duration,
    /// What fails, and when, soonest first.
    pub faults: Vec<(Duration, Fault)>,
}

/// What may befall the hub, the network or a reader.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// The hub's machine loses its power.
    PowerLoss,
    /// The hub is killed; what it wrote is there when it comes back.
    Kill,
    /// The hub is stopped as an operator does.
    Drain,
    /// The power goes in the middle of a call, after so many others of its kind.
    PowerLossAt(Call, u64),
    /// A call fails, after so many others of its kind.
    Fails(Call, u64),
    /// The disk is full for a while.
    Full(Duration),
    /// Retention moves up to so many hundredths of what is there.
    Trim(u64),
    /// Nothing gets through between the hub and a host for a while: what is sent is lost.
    Partition(usize, Duration),
    /// The same, but what is sent arrives later.
    Hold(usize, Duration),
    /// A reader's host crashes and comes back after a while.
    ReaderCrash(usize, Duration),
}

/// Calls that change something. Of the first three a failure is noticed.
const CHANGES: [Call; 5] = [Call::Write, Call::Sync, Call::Create, Call::Rename, Call::SyncDir];

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

impl Plan {
    /// The simulation of a seed.
    pub fn of(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let readers = rng.usize(1..=3);
        let chaos = ms(rng.u64(4_000..8_000));
        let count = rng.usize(4..10);
        let mut faults: Vec<(Duration, Fault)> = (0..count)
            .map(|_| (ms(rng.u64(500..chaos.as_millis() as u64)), fault(&mut rng, readers)))
            .collect();
        faults.sort_by_key(|(at, _)| *at);
        Self { seed, readers, config: config(&mut rng), log: log(&mut rng), chaos, faults }
    }
}

fn fault(rng: &mut Rng, readers: usize) -> Fault {
    let host = rng.usize(0..=readers);
    let time = ms(rng.u64(100..2_500));
    match rng.u32(0..20) {
        0..2 => Fault::PowerLoss,
        2 => Fault::Kill,
        3..5 => Fault::Drain,
        5..7 => Fault::PowerLossAt(*rng.choice(&CHANGES).unwrap(), rng.u64(..9)),
        7..9 => Fault::Fails(*rng.choice(&CHANGES[..3]).unwrap(), rng.u64(..9)),
        9 => Fault::Full(time),
        10..14 => Fault::Trim(rng.u64(20..100)),
        14..16 => Fault::Partition(host, time),
        16..18 => Fault::Hold(host, time),
        _ => Fault::ReaderCrash(rng.usize(0..readers), time),
    }
}

/// In half of the simulations streams are short-lived and heartbeats come often; in the others a hint that is not sent is
/// made up for by nothing.
fn config(rng: &mut Rng) -> Config {
    let brisk = rng.bool();
    let (heartbeat, age) = if brisk {
        (ms(rng.u64(1_000..2_000)), ms(rng.u64(1_500..5_000)))
    } else {
        (ms(60_000), ms(600_000))
    };
    Config {
        min_interval: ms(10),
        heartbeat_interval: heartbeat,
        stream_age: age,
        ..Config::default()
    }
}

fn log(rng: &mut Rng) -> LogSettings {
    LogSettings {
        segment_bytes: 64 << 10,
        retention: Retention {
            age: ms(rng.u64(2_000..60_000)),
            bytes: rng.u64(256..2_048) << 10,
            events: rng.u64(80..800),
        },
        keep_latest: rng.bool(),
        reserve_bytes: 1 << 20,
        id_window: Duration::from_secs(600),
        id_window_events: rng.u64(200..2_000),
    }
}
