//! Publishing over a plain connection: as many requests unanswered as allowed, each answer timed.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::ops::Range;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinSet;

use crate::Result;
use crate::load::{Load, Numbers};
use crate::seen::{Times, times};
use crate::target::{Doing, Publisher};
use crate::traffic::{Counted, Traffic, connect};

/// Tries to connect for as long as a server may take to start.
pub(crate) async fn reach(address: SocketAddr, traffic: &Traffic) -> Result<Counted> {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        match connect(address, traffic.clone()).await {
            Ok(stream) => return Ok(stream),
            Err(error) if Instant::now() > deadline => return Err(error.into()),
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

/// How a publication is written, and how its answer is known.
pub(crate) trait Dialect: Clone + Send + 'static {
    /// Writes the request that publishes these events, each to its topic.
    fn write(&mut self, events: Range<usize>, load: &Load, out: &mut Vec<u8>);

    /// Takes what can be read off the input; how many requests it answers. What is to be said in return goes out next.
    fn answers(&mut self, input: &mut BytesMut, out: &mut Vec<u8>) -> Result<usize>;
}

/// A connection that publishes in a dialect.
pub(crate) struct Pump<D> {
    stream: Counted,
    dialect: D,
    input: BytesMut,
    output: Vec<u8>,
}

impl<D: Dialect> Pump<D> {
    pub(crate) fn new(stream: Counted, dialect: D) -> Self {
        Self { stream, dialect, input: BytesMut::with_capacity(1 << 16), output: Vec::new() }
    }

    /// Publishes until there is nothing left.
    pub(crate) async fn run(&mut self, load: &Load) -> Result<Times> {
        let (mut taken, mut sent) = (times(), VecDeque::new());
        loop {
            while sent.len() < load.window() {
                let Some(events) = load.numbers.take(load.batch) else { break };
                self.dialect.write(events, load, &mut self.output);
                sent.push_back(Instant::now());
            }
            if !self.output.is_empty() {
                self.stream.write_all(&self.output).await?;
                self.output.clear();
            }
            if sent.is_empty() {
                return Ok(taken);
            }
            if self.stream.read_buf(&mut self.input).await? == 0 {
                return Err("the server has closed the connection".into());
            }
            for _ in 0..self.dialect.answers(&mut self.input, &mut self.output)? {
                let sent = sent.pop_front().ok_or("an answer to nothing")?;
                taken.saturating_record(sent.elapsed().as_micros() as u64);
            }
        }
    }
}

impl<D: Dialect> Publisher for Pump<D> {
    fn publish(&mut self, number: usize) -> Doing<'_, ()> {
        Box::pin(async move {
            self.run(&Load::flood(Numbers::of(number..number + 1), usize::MAX)).await?;
            Ok(())
        })
    }
}

/// Publishes over connections that are there already.
pub(crate) async fn run_all<D: Dialect>(pumps: Vec<Pump<D>>, load: &Load) -> Result<Times> {
    let mut tasks = JoinSet::new();
    for mut pump in pumps {
        let load = load.clone();
        tasks.spawn(async move { pump.run(&load).await });
    }
    let mut taken = times();
    while let Some(done) = tasks.join_next().await {
        taken.add(done??)?;
    }
    Ok(taken)
}
