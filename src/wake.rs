//! Waking one task for many.
//!
//! The fan-out touches many subscribers, and the writer answers many callers, one after the other; many of them may
//! belong to one connection, whose task drives them all. Woken by the first, it would write one frame, and be woken
//! again for the next. So such a task has a [`Bell`], and who has many to wake does so [`together`]: then the task wakes
//! once, when all have something to say.

use std::cell::RefCell;
use std::sync::Arc;
use std::task::{Wake, Waker};

use crate::sync::atomic::{AtomicU8, Ordering};

thread_local! {
    /// Who is to be woken at the end of this thread's round, if it is in one.
    static ROUND: RefCell<Option<Vec<Waker>>> = const { RefCell::new(None) };
}

/// Wakes many: tasks that have a [`Bell`] wake when `round` is over.
pub fn together<T>(round: impl FnOnce() -> T) -> T {
    let _round = Round::begin();
    round()
}

/// However it ends, everybody is woken.
struct Round {
    /// What a round around this one has put off.
    outer: Option<Vec<Waker>>,
}

impl Round {
    fn begin() -> Self {
        Self { outer: ROUND.replace(Some(Vec::new())) }
    }
}

impl Drop for Round {
    fn drop(&mut self) {
        let woken = ROUND.replace(self.outer.take());
        woken.into_iter().flatten().for_each(Waker::wake);
    }
}

/// The task is at work, and will look again at what was rung before it rests.
const AWAKE: u8 = 0x80;

/// Wakes a task, and tells it for what: up to seven parts of its work, a bit each.
#[derive(Debug)]
pub struct Bell {
    task: Waker,
    rung: AtomicU8,
}

impl Bell {
    /// The bell of a task, rung for all of `parts`.
    pub fn new(task: &Waker, parts: u8) -> Arc<Self> {
        Arc::new(Self { task: task.clone(), rung: AtomicU8::new(parts) })
    }

    /// Whether it wakes whom `task` wakes.
    pub fn wakes(&self, task: &Waker) -> bool {
        self.task.will_wake(task)
    }

    /// A waker that rings for one part.
    pub fn button<const PART: u8>(self: &Arc<Self>) -> Waker {
        Arc::new(Button::<PART>(Arc::clone(self))).into()
    }

    /// There is work for a part.
    pub fn ring(&self, part: u8) {
        // Who is at work, or was rung for before, is on its way.
        if self.rung.fetch_or(part, Ordering::AcqRel) == 0 && !put_off(&self.task) {
            self.task.wake_by_ref();
        }
    }

    /// The task begins to work: it need not be woken.
    pub fn awake(&self) {
        self.rung.fetch_or(AWAKE, Ordering::AcqRel);
    }

    /// Whether it was rung for a part; asked before that part's work is done, so that what is rung for meanwhile counts.
    pub fn answer(&self, part: u8) -> bool {
        self.rung.fetch_and(!part, Ordering::AcqRel) & part != 0
    }

    /// The task rests, unless it was rung for again.
    pub fn rest(&self) -> bool {
        self.rung.compare_exchange(AWAKE, 0, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// The task lets others work before it goes on.
    pub fn pause(&self) {
        self.task.wake_by_ref();
    }
}

struct Button<const PART: u8>(Arc<Bell>);

impl<const PART: u8> Wake for Button<PART> {
    fn wake(self: Arc<Self>) {
        self.0.ring(PART);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.ring(PART);
    }
}

/// Within a round, leaves a task to its end.
fn put_off(task: &Waker) -> bool {
    ROUND.with_borrow_mut(|round| round.as_mut().map(|tasks| tasks.push(task.clone())).is_some())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, SeqCst);
        }
    }

    fn bell() -> (Arc<Bell>, Arc<Woken>) {
        let woken = Arc::<Woken>::default();
        (Bell::new(&Arc::clone(&woken).into(), 0), woken)
    }

    #[test]
    fn a_task_at_rest_is_woken_once_and_one_at_work_looks_for_itself() {
        let (bell, woken) = bell();
        bell.button::<1>().wake();
        bell.button::<2>().wake();
        assert_eq!(woken.0.load(SeqCst), 1);
        bell.awake();
        assert!(bell.answer(1) && !bell.answer(1) && !bell.rest() && bell.answer(2));
        bell.ring(1);
        assert!(!bell.rest() && bell.answer(1) && bell.rest());
        assert_eq!(woken.0.load(SeqCst), 1);
        bell.ring(1);
        assert_eq!(woken.0.load(SeqCst), 2);
    }

    #[test]
    fn a_bell_that_is_rung_within_a_round_wakes_at_its_end() {
        let ((first, woken), (second, _)) = (bell(), bell());
        together(|| {
            together(|| first.ring(1));
            assert_eq!(woken.0.load(SeqCst), 1, "the inner round is over");
            assert!(first.answer(1));
            first.ring(1);
            second.ring(1);
            assert_eq!(woken.0.load(SeqCst), 1);
        });
        assert_eq!(woken.0.load(SeqCst), 2);
    }

    #[test]
    fn a_round_that_panics_wakes_whom_it_has_put_off() {
        let (bell, woken) = bell();
        let round = || {
            bell.ring(1);
            panic!("in the middle");
        };
        let round = std::panic::AssertUnwindSafe(|| together(round));
        assert!(std::panic::catch_unwind(round).is_err());
        assert_eq!(woken.0.load(SeqCst), 1);
    }
}

#[cfg(all(test, feature = "loom"))]
mod loom_tests {
    use std::future::poll_fn;
    use std::task::Poll;

    use loom::future::block_on;
    use loom::sync::atomic::{AtomicU8, Ordering::Relaxed};
    use loom::thread;

    use super::*;
    use crate::sync::model;

    /// A part of the work is there, and is rung for.
    fn bring<const PART: u8>(bell: &Arc<Bell>, work: &Arc<AtomicU8>) {
        let (button, work) = (bell.button::<PART>(), Arc::clone(work));
        thread::spawn(move || {
            work.store(PART, Relaxed);
            button.wake();
        });
    }

    #[test]
    fn a_task_that_goes_to_rest_misses_no_ring_and_finds_the_work_that_was_rung_for() {
        model(|| {
            let works = [Arc::<AtomicU8>::default(), Arc::default()];
            let (mut bell, mut found) = (None, 0);
            block_on(poll_fn(move |cx| {
                let bell = bell.get_or_insert_with(|| {
                    let bell = Bell::new(cx.waker(), 0);
                    bring::<1>(&bell, &works[0]);
                    bring::<2>(&bell, &works[1]);
                    bell
                });
                bell.awake();
                loop {
                    for (work, part) in works.iter().zip([1, 2]) {
                        if bell.answer(part) {
                            assert_eq!(work.load(Relaxed), part);
                            found |= part;
                        }
                    }
                    if bell.rest() {
                        return if found == 3 { Poll::Ready(()) } else { Poll::Pending };
                    }
                }
            }));
        });
    }
}
