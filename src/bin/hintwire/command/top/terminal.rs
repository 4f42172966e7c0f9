//! The terminal: taken over, and given back however it ends.

use std::io;
use std::time::Duration;

use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};

use super::view::View;
use crate::failure::Failure;

/// The terminal in raw mode; a panic gives it back first, and so does dropping this.
pub struct Screen(DefaultTerminal);

/// What was pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// q, Esc or Ctrl-C.
    Quit,
    /// Something, or the size has changed.
    Redraw,
    /// Nothing in time.
    None,
}

impl Screen {
    /// Takes the terminal over.
    pub fn open() -> Result<Self, Failure> {
        ratatui::try_init().map(Self).map_err(|error| {
            Failure::error(format!("no terminal: {error}; --once prints one frame without one"))
        })
    }

    /// Draws a frame.
    pub fn draw(&mut self, view: &View<'_>) -> io::Result<()> {
        self.0.draw(|frame| frame.render_widget(view, frame.area())).map(drop)
    }

    /// Waits so long for a key.
    pub async fn key(at_most: Duration) -> Result<Key, Failure> {
        let key = tokio::task::spawn_blocking(move || {
            if event::poll(at_most)? {
                event::read().map(|event| meaning(&event))
            } else {
                Ok(Key::None)
            }
        });
        Ok(key.await.map_err(Failure::error)??)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

fn meaning(event: &Event) -> Key {
    let Event::Key(key) = event else { return Key::Redraw };
    let interrupt = key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c');
    let quits = interrupt || matches!(key.code, KeyCode::Char('q') | KeyCode::Esc);
    if quits && key.kind == KeyEventKind::Press { Key::Quit } else { Key::Redraw }
}

#[cfg(test)]
mod tests {
    use ratatui::crossterm::event::KeyEvent;

    use super::*;

    #[test]
    fn q_escape_and_ctrl_c_quit_and_nothing_else_does() {
        let press = |code, modifiers| meaning(&Event::Key(KeyEvent::new(code, modifiers)));
        let none = KeyModifiers::NONE;
        assert_eq!(press(KeyCode::Char('q'), none), Key::Quit);
        assert_eq!(press(KeyCode::Esc, none), Key::Quit);
        assert_eq!(press(KeyCode::Char('c'), KeyModifiers::CONTROL), Key::Quit);
        assert_eq!(press(KeyCode::Char('c'), none), Key::Redraw);
        assert_eq!(meaning(&Event::Resize(80, 24)), Key::Redraw);
    }
}
