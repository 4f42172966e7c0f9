//! Fetches by calls of their own, or all over one FetchStream: the same rules hold.

use hintwire::v1;
use hintwire::v1::fetch_stream_response::Outcome;
use prost::Message;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use super::{Client, Server};

/// What a fetch led to.
pub type Answer = Result<v1::FetchResponse, Status>;

/// A stream of fetches.
pub struct FetchStream {
    requests: Option<mpsc::Sender<v1::FetchStreamRequest>>,
    answers: Streaming<v1::FetchStreamResponse>,
}

impl FetchStream {
    pub async fn open(client: &mut Client) -> Self {
        let (requests, outgoing) = mpsc::channel(4096);
        let answers = client.fetch_stream(ReceiverStream::new(outgoing)).await.unwrap();
        Self { requests: Some(requests), answers: answers.into_inner() }
    }

    pub async fn send(&self, request: v1::FetchRequest) {
        self.send_raw(v1::FetchStreamRequest { request: Some(request) }).await;
    }

    pub async fn send_raw(&self, request: v1::FetchStreamRequest) {
        let _ = self.requests.as_ref().unwrap().send(request).await;
    }

    /// No more requests.
    pub fn close(&mut self) {
        self.requests = None;
    }

    /// The next answer; `None` at the end; an error if the stream ends with one.
    pub async fn next(&mut self) -> Result<Option<Answer>, Status> {
        let answer = self.answers.message().await?;
        Ok(answer.map(|answer| match answer.outcome.unwrap() {
            Outcome::Response(page) => Ok(page),
            Outcome::Error(status) => Err(as_a_call_ends(&status)),
        }))
    }

    /// The next answer of a stream that goes on.
    pub async fn answer(&mut self) -> Answer {
        self.next().await.unwrap().expect("the stream has ended")
    }
}

/// The status of a call that ends with the error of an answer.
fn as_a_call_ends(status: &tonic_types::pb::Status) -> Status {
    let details = status.encode_to_vec().into();
    Status::with_details(status.code.into(), status.message.clone(), details)
}

/// One of the ways to fetch.
pub enum Fetches {
    Calls(Client),
    Stream(FetchStream),
}

impl Fetches {
    pub async fn fetch(&mut self, request: v1::FetchRequest) -> Answer {
        match self {
            Self::Calls(client) => Ok(client.fetch(request).await?.into_inner()),
            Self::Stream(stream) => {
                stream.send(request).await;
                stream.answer().await
            }
        }
    }
}

/// A hub, and one of the ways to fetch from it.
pub struct Asked {
    pub server: Server,
    pub client: Client,
    pub reader: Fetches,
}

/// Two hubs that nothing was published to: one is asked by Fetch, the other by FetchStream.
pub async fn both_ways() -> [Asked; 2] {
    let (one, other) = (Server::start().await, Server::start().await);
    let calls = Fetches::Calls(one.client().await);
    let stream = Fetches::Stream(FetchStream::open(&mut other.client().await).await);
    [
        Asked { client: one.client().await, server: one, reader: calls },
        Asked { client: other.client().await, server: other, reader: stream },
    ]
}
