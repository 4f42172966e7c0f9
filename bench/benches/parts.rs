//! The parts of a hub, each on its own: what one operation costs without a network.

use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use hintwire::backlog::log::engine::LogBacklog;
use hintwire::backlog::log::settings::LogSettings;
use hintwire::backlog::{Backlog, Batch, Outcome, Read};
use hintwire::cursor::{Cursor, Incarnation, Position};
use hintwire::event::Event;
use hintwire::index::Index;
use hintwire::index::slot::Slot;
use hintwire::topic::{Patterns, Selection, Topic};
use tempfile::TempDir;
use tokio::runtime::Runtime;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let mut criterion = Criterion::default().configure_from_args();
    append(&mut criterion)?;
    read(&mut criterion)?;
    matching(&mut criterion)?;
    fan_out(&mut criterion)?;
    cursors(&mut criterion)?;
    criterion.final_summary();
    Ok(())
}

fn event(number: usize) -> Result<Event> {
    let topic = Topic::parse(&format!("bench/t{}", number % 1000), "topic")?;
    Ok(Event::new(topic, vec![b'.'; 256]))
}

fn batch(events: usize) -> Result<Batch> {
    let events: Result<Vec<_>> = (0..events).map(|number| Ok(event(number)?.encode())).collect();
    Ok(Batch { events: events?, expected: None })
}

fn log() -> Result<(TempDir, LogBacklog)> {
    let data = tempfile::tempdir_in(".")?;
    let log = LogBacklog::open(data.path(), LogSettings::default())?;
    Ok((data, log))
}

fn everything() -> Result<Selection> {
    Ok(Selection::of(Patterns::parse(&["**"], 1, "topics")?))
}

/// One batch at a time, answered when it is synced.
fn append(criterion: &mut Criterion) -> Result<()> {
    let (runtime, (_data, log)) = (Runtime::new()?, log()?);
    let mut group = criterion.benchmark_group("log append, synced");
    for events in [1, 100, 1000] {
        let batch = batch(events)?;
        group.throughput(Throughput::Elements(events as u64));
        group.bench_function(BenchmarkId::from_parameter(events), |bencher| {
            bencher.iter(|| {
                let outcome = runtime.block_on(log.append(batch.clone()));
                assert!(matches!(outcome, Outcome::Appended(_)), "{outcome:?}");
            });
        });
    }
    Ok(())
}

/// A page of 1,000 events: the newest, which are in memory, and the oldest, which are not.
fn read(criterion: &mut Criterion) -> Result<()> {
    let (runtime, (_data, log)) = (Runtime::new()?, log()?);
    let batch = batch(1000)?;
    let mut newest = Position::INCEPTION;
    for _ in 0..200 {
        newest = log.extent().head;
        runtime.block_on(log.append(batch.clone()));
    }
    let mut group = criterion.benchmark_group("log read, a page");
    group.throughput(Throughput::Elements(1000));
    for (name, after) in [("newest", newest), ("oldest", Position::INCEPTION)] {
        let selection = everything()?;
        let read = Read { after, selection, events: 1000, bytes: 3 << 20, omit_data: false };
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let page = runtime.block_on(log.read(read.clone()));
                assert!(page.is_ok_and(|page| page.events.len() == 1000));
            });
        });
    }
    Ok(())
}

fn matching(criterion: &mut Criterion) -> Result<()> {
    let mut group = criterion.benchmark_group("pattern match");
    let topic = "releases/git/alpinelinux/main";
    for pattern in [topic, "releases/*/alpinelinux/*", "releases/**", "**"] {
        let patterns = Patterns::parse(&[pattern], 1, "topics")?;
        group.bench_function(pattern, |bencher| {
            bencher.iter(|| assert!(patterns.matches(black_box(topic))));
        });
    }
    Ok(())
}

/// One event to so many subscribers to everything, each of which then takes its hint.
fn fan_out(criterion: &mut Criterion) -> Result<()> {
    let mut group = criterion.benchmark_group("hint fan-out, to all and taken");
    let head = event(1)?.encode().head;
    for subscribers in [1, 1000] {
        let index = Arc::new(Index::new(Position::INCEPTION, Duration::from_secs(15)));
        let mut registered = Vec::new();
        for _ in 0..subscribers {
            let selection = everything()?;
            let slot = Slot::new(1, &selection.filter, u64::MAX);
            registered.push(index.register(selection, slot)?);
        }
        let mut position = 0;
        group.throughput(Throughput::Elements(subscribers));
        group.bench_function(BenchmarkId::from_parameter(subscribers), |bencher| {
            bencher.iter(|| {
                position += 1;
                let place = Position(position);
                let events = vec![(place, head.clone())];
                assert_eq!(index.spread(events, place, Duration::ZERO), subscribers as u32);
                registered.iter().for_each(|registration| registration.slot().take(0));
            });
        });
    }
    Ok(())
}

fn cursors(criterion: &mut Criterion) -> Result<()> {
    let cursor = Cursor { incarnation: Incarnation(0x1234_5678_9abc), position: Position(1 << 40) };
    let token = cursor.to_string();
    let mut group = criterion.benchmark_group("cursor");
    group.bench_function("write", |bencher| bencher.iter(|| black_box(cursor).token()));
    group.bench_function("parse", |bencher| {
        bencher.iter(|| assert_eq!(black_box(&token).parse(), Ok(cursor)));
    });
    Ok(())
}
