//! A hub that has no file descriptor for the log's next file.

use std::time::Duration;

use hintwire::client::{Client, Error};
use hintwire::v1::get_hub_response::backlog::Health;
use hintwire::v1::{Event, FetchRequest, PublishRequest};
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
use tokio::time::{interval, timeout};

use crate::process::{Hub, hintwire};

const FEW: u64 = 40;
const PATIENCE: Duration = Duration::from_secs(60);

/// A hub each event of which needs a new file.
fn start(data: &std::path::Path) -> Hub {
    let mut command = hintwire(&["serve", "--listen", "127.0.0.1:0"]);
    command.args(["--segment-bytes", "64KiB", "--retention-bytes", "0", "--data"]).arg(data);
    Hub::of(command)
}

/// Grants a running hub so many descriptors.
fn grant(hub: &Hub, most: Option<u64>) {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let id = Pid::from_raw(hub.id().try_into().unwrap());
    prlimit(id, Resource::Nofile, Rlimit { current: most.or(maximum), maximum }).unwrap();
}

async fn publish(client: &Client) -> Result<(), Error> {
    let event =
        Event { topic: "large".into(), data: vec![b'.'; 60_000].into(), ..Event::default() };
    let request = PublishRequest { events: vec![event], expected_cursor: None };
    client.publish(request).await.map(drop)
}

async fn health(client: &Client) -> Health {
    client.get_hub().await.unwrap().backlog.unwrap().health()
}

#[tokio::test]
async fn a_log_without_a_descriptor_refuses_for_a_while_reads_on_and_resumes_when_there_is_one() {
    let data = tempfile::tempdir().unwrap();
    let hub = start(data.path());
    let client = Client::connect_lazy(&hub.url).unwrap();
    let mut acked = 0;
    grant(&hub, Some(FEW));
    let refused = loop {
        match publish(&client).await {
            Ok(()) => acked += 1,
            Err(error) => break error,
        }
        assert!(acked < FEW, "each event needs a file");
    };
    assert_eq!(refused.reason(), "NO_SPACE", "{refused:?}");
    assert!(refused.retry_after().is_some());
    assert_eq!(health(&client).await, Health::NoSpace);
    let request =
        FetchRequest { topics: vec!["**".into()], max_bytes: 3 << 20, ..Default::default() };
    assert_eq!(client.fetch(request).await.unwrap().events.len() as u64, acked);

    grant(&hub, None);
    let resumed = async {
        let mut ticks = interval(Duration::from_millis(50));
        while publish(&client).await.is_err() {
            ticks.tick().await;
        }
    };
    timeout(PATIENCE, resumed).await.expect("publishing resumes by itself");
    assert_eq!(health(&client).await, Health::Ok);
}
