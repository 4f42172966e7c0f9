//! `conformance follow`

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use hintwire::client::{
    Batch, CursorStore, FileStore, Follow, FollowError, MemoryStore, OnCursorError, Origin, Start,
};
use tokio::signal::unix::{SignalKind, signal};

use crate::hub::Hub;
use crate::print;
use crate::wire::CallsAlone;

#[derive(clap::Args)]
pub struct Words {
    #[command(flatten)]
    hub: Hub,
    #[arg(long, required = true)]
    topic: Vec<String>,
    #[arg(long)]
    cursor_file: Option<PathBuf>,
    #[arg(long, value_parser = start, default_value = "earliest")]
    start: Start,
    #[arg(long, value_parser = on_cursor_error, default_value = "fail")]
    on_cursor_error: OnCursorError,
    #[arg(long)]
    poll_only: bool,
    #[arg(long, value_parser = seconds)]
    safety_poll: Option<Duration>,
    #[arg(long, value_parser = seconds, default_value = "0")]
    handler_delay: Duration,
}

fn start(word: &str) -> Result<Start, String> {
    match word {
        "earliest" => Ok(Start::Earliest),
        "latest" => Ok(Start::Latest),
        "snapshot" => Ok(Start::Snapshot),
        _ => Err("earliest, latest or snapshot".into()),
    }
}

fn on_cursor_error(word: &str) -> Result<OnCursorError, String> {
    match word {
        "fail" => Ok(OnCursorError::Fail),
        "snapshot" => Ok(OnCursorError::Snapshot),
        "earliest" => Ok(OnCursorError::Earliest),
        "advised" => Ok(OnCursorError::Advised),
        _ => Err("fail, snapshot, earliest or advised".into()),
    }
}

fn seconds(word: &str) -> Result<Duration, String> {
    let count: f64 = word.parse().map_err(|_| "a number of seconds")?;
    Duration::try_from_secs_f64(count).map_err(|error| error.to_string())
}

pub async fn run(words: Words) -> ExitCode {
    let client = match words.hub.connect() {
        Ok(client) => client,
        Err(error) => return print::failed(&error),
    };
    let mut follow = Follow::new(CallsAlone(client), words.topic)
        .start(words.start)
        .on_cursor_error(words.on_cursor_error)
        .observe(print::notice);
    if words.poll_only {
        follow = follow.poll_only();
    }
    if words.safety_poll.is_some() {
        follow = follow.safety_poll(words.safety_poll);
    }
    match words.cursor_file {
        Some(path) => until_asked(follow.store(FileStore::new(path)), words.handler_delay).await,
        None => until_asked(follow.store(MemoryStore::default()), words.handler_delay).await,
    }
}

/// Follows until SIGTERM, or until the loop ends by itself.
async fn until_asked<S: CursorStore>(follow: Follow<CallsAlone, S>, delay: Duration) -> ExitCode {
    let Ok(mut asked) = signal(SignalKind::terminate()) else { return ExitCode::FAILURE };
    let following = follow.run(move |batch: Batch| async move {
        let snapshot = matches!(batch.origin, Origin::Snapshot { .. });
        for stored in &batch.events {
            tokio::time::sleep(delay).await;
            print::event(stored, snapshot);
        }
        Ok(())
    });
    tokio::select! {
        _ = asked.recv() => ExitCode::SUCCESS,
        end = following => match end {
            Err(FollowError::Hub(error)) => print::failed(&error),
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
            Ok(never) => match never {},
        },
    }
}
