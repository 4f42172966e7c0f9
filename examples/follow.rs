//! Follows everything: hints say when to fetch, the cursor in a file says from where. Stop it, publish
//! something, start it again: nothing is missed.

use std::error::Error;

use hintwire::client::{Batch, Client, FileStore, Follow, OnCursorError};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // The hub need not be up yet.
    let client = Client::connect_lazy("http://127.0.0.1:7450")?;
    let never = Follow::new(client, ["**"])
        .store(FileStore::new("follow.cursor"))
        .on_cursor_error(OnCursorError::Advised)
        .observe(|notice| eprintln!("{notice}"))
        .run(|batch: Batch| async move {
            for stored in batch.events {
                let event = stored.event.unwrap_or_default();
                println!("{} {} {:?}", stored.cursor, event.topic, event.data);
            }
            // The cursor is saved after this: an event is handled again rather than lost.
            Ok(())
        })
        .await?;
    match never {}
}
