//! FetchStream: pages in the order in which they were asked for.
//!
//! One request is taken at a time, and the next when it is answered: so no page waits in memory for one before it, each
//! tells what is there at its turn, and a stream costs what one Fetch does, however much its peer sends ahead.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::Stream;
use prost::bytes::BufMut;
use prost::encoding::message;
use tonic::{Status, Streaming};

use super::codec::Reply;
use super::incoming::Incoming;
use super::page::{FetchPage, field_size, put_head};
use super::status::rpc_status;
use super::{Service, fetch};
use crate::error::Error;
use crate::metrics::Fetches;
use crate::v1;

/// Fields of `hintwire.v1.FetchStreamResponse`.
const RESPONSE: u32 = 1;
const ERROR: u32 = 2;

/// The answer to one request.
pub enum Answer {
    /// Its page, and the bytes that it takes.
    Page(FetchPage, usize),
    /// Why there is none.
    Refused(tonic_types::Status),
}

impl From<Result<FetchPage, Error>> for Answer {
    fn from(fetched: Result<FetchPage, Error>) -> Self {
        match fetched {
            Ok(page) => {
                let size = page.size();
                Self::Page(page, size)
            }
            Err(error) => Self::Refused(rpc_status(&error)),
        }
    }
}

impl Reply for Answer {
    fn size(&self) -> usize {
        match self {
            Self::Page(_, size) => field_size(*size),
            Self::Refused(status) => message::encoded_len(ERROR, status),
        }
    }

    fn write(&self, out: &mut impl BufMut) {
        match self {
            Self::Page(page, size) => {
                put_head(RESPONSE, *size, out);
                page.write(out);
            }
            Self::Refused(status) => message::encode(ERROR, status, out),
        }
    }
}

type Fetching = Pin<Box<dyn Future<Output = Result<FetchPage, Error>> + Send>>;

/// The answers of one stream.
pub struct Pages<R = Streaming<v1::FetchStreamRequest>> {
    service: Arc<Service>,
    requests: Incoming<R>,
    /// The request that was taken.
    fetching: Option<Fetching>,
}

impl<R> Pages<R>
where
    R: Stream<Item = Result<v1::FetchStreamRequest, Status>> + Unpin,
{
    /// The answers to the requests of one stream.
    ///
    /// # Errors
    /// [`Error::QuotaExceeded`] for open streams.
    pub fn new(service: Service, requests: R) -> Result<Self, Error> {
        let requests = Incoming::new(requests, &service)?;
        Ok(Self { service: Arc::new(service), requests, fetching: None })
    }

    /// The next request, unless the hub takes no calls any more.
    fn poll_request(&mut self, cx: &mut Context<'_>) -> Poll<Option<v1::FetchStreamRequest>> {
        if self.service.hub.refuse_if_draining().is_err() {
            self.requests.stop();
        }
        self.requests.poll_next(cx)
    }
}

impl<R> Stream for Pages<R>
where
    R: Stream<Item = Result<v1::FetchStreamRequest, Status>> + Unpin,
{
    type Item = Result<Answer, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(fetching) = &mut self.fetching {
                let fetched = ready!(fetching.as_mut().poll(cx));
                self.fetching = None;
                if let Err(error) = &fetched {
                    self.service.refused(error);
                }
                return Poll::Ready(Some(Ok(fetched.into())));
            }
            let Some(request) = ready!(self.poll_request(cx)) else {
                return Poll::Ready(self.requests.end().map(Err));
            };
            self.fetching = Some(Box::pin(page(Arc::clone(&self.service), request)));
        }
    }
}

async fn page(service: Arc<Service>, request: v1::FetchStreamRequest) -> Result<FetchPage, Error> {
    let request = request.request.ok_or_else(|| Error::invalid("request", "is missing"))?;
    fetch::call(&service, request, Fetches::FetchStream).await
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::time::Duration;

    use futures_util::{FutureExt, StreamExt};
    use parking_lot::Mutex;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::access::Access;
    use crate::backlog::memory::Memory;
    use crate::event::Event;
    use crate::hub::{Hub, HubSettings};
    use crate::limits::Limits;
    use crate::service::Connection;
    use crate::topic::Topic;

    /// Requests that were sent and are not taken yet; there will always be more.
    #[derive(Clone, Default)]
    struct Sent(Arc<Mutex<VecDeque<v1::FetchStreamRequest>>>);

    impl Stream for Sent {
        type Item = Result<v1::FetchStreamRequest, Status>;

        fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            self.0
                .lock()
                .pop_front()
                .map_or(Poll::Pending, |request| Poll::Ready(Some(Ok(request))))
        }
    }

    struct Open {
        service: Service,
        sent: Sent,
        pages: Pages<Sent>,
    }

    impl Open {
        fn new() -> Self {
            let service = Service {
                hub: Hub::start(Arc::<Memory>::default(), HubSettings::default()),
                limits: Limits::default(),
                id_window: Duration::ZERO,
                draining: CancellationToken::new(),
                connection: Arc::new(Connection::new(
                    ([127, 0, 0, 1], 1).into(),
                    Arc::default(),
                    Arc::default(),
                )),
                access: Access::unrestricted(),
            };
            let sent = Sent::default();
            let pages = Pages::new(service.clone(), sent.clone()).unwrap();
            Self { service, sent, pages }
        }

        fn send(&self, wait: i64) {
            let wait = Some(prost_types::Duration { seconds: wait, nanos: 0 });
            let topics = vec!["a".to_owned()];
            let request = Some(v1::FetchRequest { topics, wait, ..Default::default() });
            self.sent.0.lock().push_back(v1::FetchStreamRequest { request });
        }

        /// Events of the next page; `None` at the end.
        async fn page(&mut self) -> Option<usize> {
            match self.pages.next().await?.unwrap() {
                Answer::Page(page, _) => Some(page.events.len()),
                Answer::Refused(status) => panic!("{status:?}"),
            }
        }

        fn unread(&self) -> usize {
            self.sent.0.lock().len()
        }
    }

    #[tokio::test]
    async fn what_is_behind_a_long_poll_stays_unread_until_it_is_answered() {
        let mut open = Open::new();
        (0..3).for_each(|nth| open.send(if nth == 0 { 60 } else { 0 }));
        assert!(open.page().now_or_never().is_none());
        assert_eq!(open.unread(), 2);
        let event = Event::new(Topic::parse("a", "topic").unwrap(), "x");
        let events = Access::unrestricted().grant(vec![event]).unwrap();
        open.service.hub.publish(events, None).unwrap().await.unwrap();
        for unread in [2, 1, 0] {
            assert_eq!((open.page().await, open.unread()), (Some(1), unread));
        }
    }

    #[tokio::test]
    async fn a_drain_answers_the_request_that_was_taken_and_ends_the_stream_before_the_next() {
        let mut open = Open::new();
        open.send(60);
        open.send(0);
        assert!(open.page().now_or_never().is_none());
        open.service.hub.drain();
        open.service.draining.cancel();
        assert_eq!((open.page().await, open.page().await), (Some(0), None));
    }
}
