//! What the two halves of the loop share, and how they wake each other.

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::Observe;
use super::course::Course;
use crate::client::Notice;

pub(super) struct Shared {
    pub course: Mutex<Course>,
    observe: Mutex<Observe>,
    worker: Notify,
    listener: Notify,
}

impl Shared {
    pub(super) fn new(course: Course, observe: Observe) -> Self {
        Self {
            course: Mutex::new(course),
            observe: Mutex::new(observe),
            worker: Notify::new(),
            listener: Notify::new(),
        }
    }

    /// Changes the course, and wakes both halves to look at it.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Course) -> T) -> T {
        let answer = change(&mut self.course.lock());
        self.worker.notify_one();
        self.listener.notify_one();
        answer
    }

    /// Waits until `until`, or until the course changed.
    pub(super) async fn wait(&self, until: Option<Instant>) {
        match until {
            None => self.worker.notified().await,
            Some(until) => tokio::select! {
                biased;
                () = self.worker.notified() => {}
                () = sleep_until(until) => {}
            },
        }
    }

    /// Waits until a stream is wanted; the life it is for and the cursor to open it with.
    pub(super) async fn stream_wanted(&self) -> (u64, String) {
        loop {
            let wanted = self.course.lock().wants_stream();
            if let Some(wanted) = wanted {
                return wanted;
            }
            self.listener.notified().await;
        }
    }

    /// Waits until the cursor was replaced, so that a stream opened in `life` is of no use any more.
    pub(super) async fn stream_unwanted(&self, life: u64) {
        while self.course.lock().is_life(life) {
            self.listener.notified().await;
        }
    }

    pub(super) fn tell(&self, notice: &Notice) {
        notice.log();
        (self.observe.lock())(notice);
    }
}
