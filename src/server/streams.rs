//! The streams of one connection, driven by the connection's own task.
//!
//! hyper gives each stream to an executor, which usually spawns a task for it. Then news for a hundred streams of one
//! connection wakes a hundred tasks, which contend for the connection and have it write a few frames at a time. Here the
//! connection wakes once, lets each stream that has something to say put its frame into the connection's buffer, and
//! writes them all together.
//!
//! While the transport takes nothing, the streams are left alone: what they said would only wait, and grow old. So a peer
//! that stops reading keeps one message of each stream at most, and then gets the newest.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use hyper::rt::Executor;
use parking_lot::Mutex;

use crate::service::Connection;
use crate::wake::Bell;

type BoxStream = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Takes the streams that begin.
#[derive(Clone, Default)]
pub struct Begun(Arc<Mutex<Vec<BoxStream>>>);

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Begun {
    fn execute(&self, stream: F) {
        self.0.lock().push(Box::pin(stream));
    }
}

/// There is work for streams.
const STREAMS: u8 = 1;
/// There is work for the connection itself.
const CONNECTION: u8 = 2;
/// Rounds of work before other tasks get a turn.
const ROUNDS: usize = 32;

/// A connection together with its streams.
pub struct Driven<C> {
    connection: C,
    begun: Begun,
    streams: FuturesUnordered<BoxStream>,
    wakers: Option<Wakers>,
    /// Knows whether the transport takes anything.
    shared: Arc<Connection>,
    /// Streams were woken while it took nothing.
    held_back: bool,
}

struct Wakers {
    bell: Arc<Bell>,
    streams: Waker,
    connection: Waker,
}

impl<C: Future + Unpin> Driven<C> {
    /// A connection that gives its streams to `begun`, and whose transport tells `shared` when it takes nothing.
    pub fn new(connection: C, begun: Begun, shared: Arc<Connection>) -> Self {
        let streams = FuturesUnordered::new();
        Self { connection, begun, streams, wakers: None, shared, held_back: false }
    }

    /// The connection, to be changed: it gets a turn afterwards.
    pub fn connection(&mut self) -> Pin<&mut C> {
        self.wakers = None;
        Pin::new(&mut self.connection)
    }

    /// The connection reads and writes; whether it has ended.
    fn drive(&mut self, wakers: &Wakers) -> Poll<C::Output> {
        let ended =
            Pin::new(&mut self.connection).poll(&mut Context::from_waker(&wakers.connection));
        self.shared.turned();
        let begun = std::mem::take(&mut *self.begun.0.lock());
        if !begun.is_empty() {
            self.streams.extend(begun);
            wakers.bell.ring(STREAMS);
        }
        if self.held_back && !self.shared.is_blocked() {
            self.held_back = false;
            wakers.bell.ring(STREAMS);
        }
        ended
    }

    /// Each stream that was woken gets a turn. One that the connection gives room to wakes itself, and then
    /// [`FuturesUnordered`] pauses before the others had theirs; so it is asked again.
    fn speak(&mut self, wakers: &Wakers) {
        if self.shared.is_blocked() {
            self.held_back = true;
            return;
        }
        let cx = &mut Context::from_waker(&wakers.streams);
        for _ in 0..=self.streams.len() {
            while let Poll::Ready(Some(())) = self.streams.poll_next_unpin(cx) {}
            if !wakers.bell.answer(STREAMS) {
                return;
            }
        }
        wakers.bell.ring(STREAMS);
    }
}

impl Wakers {
    fn of(task: &Waker) -> Self {
        let bell = Bell::new(task, STREAMS | CONNECTION);
        Self { streams: bell.button::<STREAMS>(), connection: bell.button::<CONNECTION>(), bell }
    }
}

impl<C: Future + Unpin> Future for Driven<C> {
    type Output = C::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<C::Output> {
        let driven = &mut *self;
        let known = driven.wakers.take().filter(|wakers| wakers.bell.wakes(cx.waker()));
        let wakers = known.unwrap_or_else(|| Wakers::of(cx.waker()));
        wakers.bell.awake();
        let mut ended = Poll::Pending;
        for _ in 0..ROUNDS {
            if wakers.bell.answer(STREAMS) {
                driven.speak(&wakers);
            }
            if wakers.bell.answer(CONNECTION) {
                ended = driven.drive(&wakers);
            }
            if ended.is_ready() || wakers.bell.rest() {
                driven.wakers = Some(wakers);
                return ended;
            }
        }
        wakers.bell.pause();
        driven.wakers = Some(wakers);
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use futures_util::FutureExt;

    use super::*;

    fn shared() -> Arc<Connection> {
        Arc::new(Connection::new(([127, 0, 0, 1], 1).into(), Arc::default(), Arc::default()))
    }

    /// A connection that begins a stream in its first turn, and ends in its `turns`th.
    fn driven(
        stream: impl Future<Output = ()> + Send + 'static,
        turns: usize,
    ) -> Driven<BoxStream> {
        let begun = Begun::default();
        let (begins, mut stream, mut turn) = (begun.clone(), Some(stream), 0);
        let connection = poll_fn(move |cx| {
            turn += 1;
            stream.take().into_iter().for_each(|stream| begins.execute(stream));
            cx.waker().wake_by_ref();
            if turn < turns { Poll::Pending } else { Poll::Ready(()) }
        });
        Driven::new(Box::pin(connection), begun, shared())
    }

    #[tokio::test]
    async fn a_stream_goes_on_however_often_it_wakes_itself() {
        let polls = Arc::<AtomicUsize>::default();
        let counted = Arc::clone(&polls);
        let stream = poll_fn(move |cx| {
            cx.waker().wake_by_ref();
            let done = counted.fetch_add(1, SeqCst) == 99;
            if done { Poll::Ready(()) } else { Poll::Pending }
        });
        driven(stream, 200).await;
        assert_eq!(polls.load(SeqCst), 100);
    }

    #[tokio::test]
    async fn a_stream_that_always_has_something_to_say_does_not_hold_up_the_connection() {
        let restless = poll_fn(|cx| {
            cx.waker().wake_by_ref();
            Poll::<()>::Pending
        });
        driven(restless, 1000).await;
    }

    #[tokio::test]
    async fn a_stream_that_another_task_wakes_gets_its_turn() {
        let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
        let (spoke, heard) = tokio::sync::oneshot::channel();
        let begun = Begun::default();
        begun.execute(async move {
            let _ = receiver.await;
            let _ = spoke.send(());
        });
        let driven = Driven::new(std::future::pending::<()>(), begun, shared());
        let driving = tokio::spawn(driven);
        tokio::task::yield_now().await;
        sender.send(()).unwrap();
        heard.await.unwrap();
        driving.abort();
    }

    #[test]
    fn what_was_not_rung_for_gets_no_turn() {
        let turns = Arc::<AtomicUsize>::default();
        let counted = Arc::clone(&turns);
        let connection = poll_fn(move |_| {
            counted.fetch_add(1, SeqCst);
            Poll::<()>::Pending
        });
        let mut driven = Driven::new(Box::pin(connection), Begun::default(), shared());
        let mut cx = Context::from_waker(Waker::noop());
        assert!(driven.poll_unpin(&mut cx).is_pending() && driven.poll_unpin(&mut cx).is_pending());
        assert_eq!(turns.load(SeqCst), 1);
        let _changed = driven.connection();
        assert!(driven.poll_unpin(&mut cx).is_pending());
        assert_eq!(turns.load(SeqCst), 2);
    }

    #[test]
    fn streams_are_left_alone_while_the_transport_takes_nothing_and_go_on_when_it_does() {
        let spoken = Arc::<AtomicUsize>::default();
        let (counted, shared) = (Arc::clone(&spoken), shared());
        let begun = Begun::default();
        begun.execute(async move {
            counted.fetch_add(1, SeqCst);
        });
        shared.set_blocked(true);
        let (transport, unspoken, mut turn) = (Arc::clone(&shared), Arc::clone(&spoken), 0);
        let connection = poll_fn(move |cx| {
            turn += 1;
            if turn == 2 {
                assert_eq!(unspoken.load(SeqCst), 0);
                transport.set_blocked(false);
            }
            cx.waker().wake_by_ref();
            Poll::<()>::Pending
        });
        let mut driven = Driven::new(Box::pin(connection), begun, shared);
        assert!(driven.poll_unpin(&mut Context::from_waker(Waker::noop())).is_pending());
        assert_eq!(spoken.load(SeqCst), 1);
    }
}
