//! Polls without a stream of hints, e.g. behind a proxy that cuts streams or from a small device. It
//! polls more often while there is news; the same events arrive as with hints, only later.

use std::error::Error;
use std::time::Duration;

use hintwire::client::{Batch, Client, FileStore, Follow, OnCursorError};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::connect_lazy("http://127.0.0.1:7450")?;
    let never = Follow::new(client, ["releases/**"])
        .store(FileStore::new("poll_only.cursor"))
        .on_cursor_error(OnCursorError::Advised)
        .poll_only()
        .poll_between(Duration::from_secs(1), Duration::from_secs(30))
        .run(|batch: Batch| async move {
            println!("{} events up to {}", batch.events.len(), batch.cursor);
            Ok(())
        })
        .await?;
    match never {}
}
