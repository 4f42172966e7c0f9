//! `hintwire top`.

mod numbers;
mod observe;
mod terminal;
mod view;

use std::io::{self, Write};
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use self::observe::{Observation, Observer};
use self::terminal::{Key, Screen};
use self::view::View;
use crate::failure::Failure;
use crate::print::escape;
use crate::typed::Top;

/// Size of what `--once` prints.
const PAGE: Rect = Rect { x: 0, y: 0, width: 100, height: 30 };

pub async fn run(typed: Top) -> Result<(), Failure> {
    let observer = Observer::connect(&typed.at, typed.topics).await?;
    let before = observer.observe().await?;
    if typed.once {
        tokio::time::sleep(typed.interval).await;
        let now = observer.observe().await?;
        return Ok(print(&View { url: &typed.at.url, before: &before, now: &now })?);
    }
    watch(&observer, before, &typed.at.url, typed.interval).await
}

/// Draws until a key ends it.
async fn watch(
    observer: &Observer,
    mut before: Observation,
    url: &str,
    interval: Duration,
) -> Result<(), Failure> {
    let mut screen = Screen::open()?;
    let mut now = before.clone();
    loop {
        screen.draw(&View { url, before: &before, now: &now })?;
        match Screen::key(interval).await? {
            Key::Quit => return Ok(()),
            Key::Redraw => {}
            Key::None => (before, now) = (now, observer.observe().await?),
        }
    }
}

/// One frame as text.
fn print(view: &View<'_>) -> io::Result<()> {
    let mut frame = Buffer::empty(PAGE);
    view.render(PAGE, &mut frame);
    let mut out = io::stdout().lock();
    for line in frame.content().chunks(PAGE.width.into()) {
        let line: String = line.iter().map(|cell| cell.symbol()).collect();
        writeln!(out, "{}", escape::text(line.trim_end()))?;
    }
    Ok(())
}
