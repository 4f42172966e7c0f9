//! `hintwire follow`: the whole loop, with standard output as its handler.

use std::convert::Infallible;

use hintwire::client::{
    Batch, Client, CursorStore, FileStore, Follow, FollowError, HandlerError, MemoryStore,
    OnCursorError, Start,
};

use crate::failure::Failure;
use crate::print::{Output, escape};
use crate::typed;

pub async fn run(typed: typed::Follow) -> Result<(), Failure> {
    // Not connected yet: a follower waits for a hub that is down.
    let client = Client::connect_lazy(&typed.from.at.url)?;
    let never = match &typed.cursor_file {
        Some(file) => follow(client, FileStore::new(file), &typed).await?,
        None => follow(client, MemoryStore::default(), &typed).await?,
    };
    match never {}
}

async fn follow(
    client: Client,
    store: impl CursorStore,
    typed: &typed::Follow,
) -> Result<Infallible, FollowError> {
    let selection = &typed.selection;
    let mut follow = Follow::new(client, &selection.topics)
        .store(store)
        .types(&selection.types)
        .start(start(typed.start))
        .on_cursor_error(policy(typed.on_cursor_error))
        .observe(|notice| eprintln!("hintwire: {}", escape::text(&notice.to_string())));
    for (name, value) in &selection.attributes {
        follow = follow.attribute(name, value);
    }
    if typed.poll_only {
        follow = follow.poll_only();
    }
    let mut output = Output::new(typed.from.json);
    follow.run(move |batch: Batch| std::future::ready(print(&mut output, &batch))).await
}

/// What was printed has left us before the cursor moves on.
fn print(output: &mut Output, batch: &Batch) -> Result<(), HandlerError> {
    batch.events.iter().try_for_each(|event| output.event(event))?;
    Ok(output.flush()?)
}

fn start(typed: typed::Start) -> Start {
    match typed {
        typed::Start::Earliest => Start::Earliest,
        typed::Start::Latest => Start::Latest,
        typed::Start::Snapshot => Start::Snapshot,
    }
}

fn policy(typed: typed::OnCursorError) -> OnCursorError {
    match typed {
        typed::OnCursorError::Fail => OnCursorError::Fail,
        typed::OnCursorError::Snapshot => OnCursorError::Snapshot,
        typed::OnCursorError::Earliest => OnCursorError::Earliest,
        typed::OnCursorError::Advised => OnCursorError::Advised,
    }
}
