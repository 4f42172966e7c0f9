//! Another client of the hub, who only wants to go on: it publishes an event, waits for the hint and fetches it, all the
//! time, and measures how long that takes.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use hintwire::v1;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tonic::Streaming;

use crate::Result;
use crate::hub::{Client, Hub, event};

/// Time between two rounds.
const PACE: Duration = Duration::from_millis(5);
/// A round that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(10);
const TOPIC: &str = "victim/news";

/// A running victim; it ends when dropped.
pub(crate) struct Victim {
    rounds: mpsc::UnboundedReceiver<Duration>,
    task: JoinHandle<Result<()>>,
}

/// What a victim has seen in a while.
pub(crate) struct Lap {
    pub rounds: u64,
    pub p50: f64,
    pub p99: f64,
}

impl Drop for Victim {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Victim {
    /// A victim on a connection of its own.
    pub(crate) async fn start(hub: &Hub) -> Result<Self> {
        let mut client = hub.client().await?;
        let topics = vec![TOPIC.to_owned()];
        let request = v1::SubscribeRequest { topics, ..Default::default() };
        let mut hints = client.subscribe(request).await?.into_inner();
        let confirmed = hints.message().await?.ok_or("a stream that ends before CONFIRMED")?;
        let (sender, rounds) = mpsc::unbounded_channel();
        let task = tokio::spawn(go_on(client, hints, confirmed.head, sender));
        Ok(Self { rounds, task })
    }

    /// What it has seen since the lap before; an error if it could not go on.
    pub(crate) async fn lap(&mut self) -> Result<Lap> {
        let mut taken = Histogram::<u64>::new(3)?;
        while let Ok(round) = self.rounds.try_recv() {
            taken.record(round.as_micros() as u64)?;
        }
        if self.task.is_finished() {
            (&mut self.task).await??;
            return Err("a victim never ends".into());
        }
        let ms = |q: f64| taken.value_at_quantile(q) as f64 / 1000.0;
        Ok(Lap { rounds: taken.len(), p50: ms(0.5), p99: ms(0.99) })
    }

    /// Lets it go on for a while, and says what it has seen in that.
    pub(crate) async fn lap_of(&mut self, time: Duration) -> Result<Lap> {
        self.lap().await?;
        tokio::time::sleep(time).await;
        self.lap().await
    }
}

async fn go_on(
    mut client: Client,
    mut hints: Streaming<v1::SubscribeResponse>,
    mut own: String,
    rounds: mpsc::UnboundedSender<Duration>,
) -> Result<()> {
    let mut ticks = tokio::time::interval(PACE);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    for number in 0.. {
        ticks.tick().await;
        let start = Instant::now();
        let round = tokio::time::timeout(PATIENCE, round(&mut client, &mut hints, &own, number));
        own = round.await.map_err(|_| "a victim waited for 10 s")??;
        if rounds.send(start.elapsed()).is_err() {
            break;
        }
    }
    Ok(())
}

/// Publishes, waits for the hint, fetches; the place reached.
async fn round(
    client: &mut Client,
    hints: &mut Streaming<v1::SubscribeResponse>,
    own: &str,
    number: usize,
) -> Result<String> {
    let events = vec![event(TOPIC.into(), number)];
    let published = client.publish(v1::PublishRequest { events, ..Default::default() }).await?;
    let placed = published.into_inner().results.pop().ok_or("an answer without a result")?.cursor;
    while hints.message().await?.ok_or("the stream of a victim ended")?.cursor < placed {}
    let topics = vec![TOPIC.to_owned()];
    let request = v1::FetchRequest { topics, cursor: own.to_owned(), ..Default::default() };
    let page = client.fetch(request).await?.into_inner();
    match page.events.as_slice() {
        [stored] if stored.cursor == placed => Ok(page.next_cursor),
        other => Err(format!("a victim fetched {} events instead of its own", other.len()).into()),
    }
}
