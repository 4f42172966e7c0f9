//! Long polls, snapshots, and cursors that cannot be used.

use std::time::Duration;

use hintwire::client::Client;
use hintwire::cursor::{Cursor, Incarnation, Position};
use hintwire::v1::FetchRequest;
use tokio::time::{Instant, timeout};

use super::pages::Fetches;
use super::place::Place;
use super::scene::{chance, pass, up_to};
use crate::validate::convert::{cursor, page_on_wire};

/// Longest long poll, longest pause, and how much longer than asked an answer may take.
const WAIT: Duration = Duration::from_millis(3_000);
const PAUSE: Duration = Duration::from_millis(300);
const PATIENCE: Duration = Duration::from_secs(3);
/// An answer that took longer had waited.
const AT_ONCE: Duration = Duration::from_millis(200);

/// Follows by long polls alone, for ever: some by calls, some in a stream.
pub async fn run(place: Place, client: Client) {
    place.begin();
    let mut fetches = if chance(50) {
        Fetches::Calls(client)
    } else {
        Fetches::Stream { scene: place.scene.clone(), client, open: None }
    };
    loop {
        let wait = up_to(WAIT);
        let request =
            FetchRequest { wait: wait.try_into().ok(), ..place.interest.fetch(&place.own()) };
        let began = Instant::now();
        match timeout(wait + PATIENCE, place.fetch(&mut fetches, request)).await {
            Ok(Ok(page)) => {
                if !page.events.is_empty() && began.elapsed() > AT_ONCE {
                    place.scene.saw("long poll woken");
                }
                place.handled(page_on_wire(&page).events, &page.next_cursor);
            }
            Ok(Err(error)) if error.reason() == "CURSOR_TRIMMED" => place.start_over(""),
            Ok(Err(error)) if error.is_cursor() => {
                place.scene.wrong(format!("a poller was refused: {error:?}"));
            }
            Ok(Err(_)) | Err(_) => pass(PAUSE).await,
        }
        if chance(15) {
            odd(&place, &mut fetches).await;
        }
        pass(up_to(PAUSE)).await;
    }
}

/// A fetch from a cursor that the hub must refuse, each with its own reason.
async fn odd(place: &Place, fetches: &mut Fetches) {
    let own = place.own();
    if own.is_empty() {
        return;
    }
    let Cursor { incarnation, position } = cursor(&own);
    let far = Position(position.0 + (1 << 50));
    let (token, reason) = match fastrand::u32(0..4) {
        0 => (Cursor { incarnation, position: far }.to_string(), "CURSOR_AHEAD"),
        1 => (
            Cursor { incarnation: Incarnation(incarnation.0 ^ 1), position }.to_string(),
            "CURSOR_FOREIGN",
        ),
        2 => (format!("{own}x"), "CURSOR_MALFORMED"),
        _ => return behind(place, fetches, Cursor { incarnation, position: far }).await,
    };
    let answer = timeout(PATIENCE, place.fetch(fetches, place.interest.fetch(&token))).await;
    match answer {
        Ok(Ok(page)) => place.scene.wrong(format!("{reason} was answered by {page:?}")),
        Ok(Err(error)) if error.is_cursor() && error.reason() != reason => {
            place.scene.wrong(format!("{reason} was answered by {error:?}"));
        }
        Ok(Err(error)) if error.is_cursor() => place.scene.saw("odd cursor refused"),
        _ => {}
    }
}

/// A fetch that must not be answered before the hub has seen a cursor, which it never will.
async fn behind(place: &Place, fetches: &mut Fetches, at_least: Cursor) {
    let request =
        FetchRequest { at_least: at_least.to_string(), ..place.interest.fetch(&place.own()) };
    match timeout(PATIENCE, fetches.fetch(request)).await {
        Ok(Ok(page)) => place.scene.wrong(format!("a node that is behind answered {page:?}")),
        Ok(Err(error)) if error.reason() == "NODE_BEHIND" => place.scene.saw("node behind"),
        _ => {}
    }
}
