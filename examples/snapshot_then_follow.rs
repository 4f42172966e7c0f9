//! Keeps a map of the newest data of each key: a snapshot first, then what changes after it. The map
//! is in memory only, so every run begins with a snapshot.

use std::collections::BTreeMap;
use std::error::Error;

use hintwire::client::{
    Batch, Client, Follow, Handler, HandlerError, OnCursorError, Origin, Start,
};

#[derive(Default)]
struct State(BTreeMap<(String, String), Vec<u8>>);

impl Handler for State {
    async fn handle(&mut self, batch: Batch) -> Result<(), HandlerError> {
        if matches!(batch.origin, Origin::Snapshot { first: true, .. }) {
            self.0.clear();
        }
        for event in batch.events.into_iter().filter_map(|stored| stored.event) {
            match event.deleted {
                true => self.0.remove(&(event.topic, event.key)),
                false => self.0.insert((event.topic, event.key), event.data.into()),
            };
        }
        println!("{} keys at {}", self.0.len(), batch.cursor);
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::connect_lazy("http://127.0.0.1:7450")?;
    let follow =
        Follow::new(client, ["**"]).start(Start::Snapshot).on_cursor_error(OnCursorError::Snapshot);
    match follow.run(State::default()).await? {}
}
