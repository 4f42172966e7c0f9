//! The two ways to fetch: by a call each, or all over one stream, which is opened anew when it has failed.

use futures_util::StreamExt;
use hintwire::client::{Client, Error, Wire};
use hintwire::v1::{FetchRequest, FetchResponse};
use tokio::sync::mpsc;
use tokio_stream::wrappers::UnboundedReceiverStream;

use super::scene::Scene;

/// One way.
pub enum Fetches {
    Calls(Client),
    Stream { scene: Scene, client: Client, open: Option<Open> },
}

/// A stream on which no answer is missing.
pub struct Open {
    requests: mpsc::UnboundedSender<FetchRequest>,
    pages: <Client as Wire>::Pages,
}

impl Fetches {
    /// Makes a fetch. Dropped before its end, it takes the stream with it: the next answer would be another's.
    pub async fn fetch(&mut self, request: FetchRequest) -> Result<FetchResponse, Error> {
        let (scene, client, open) = match self {
            Self::Calls(client) => return client.fetch(request).await,
            Self::Stream { scene, client, open } => (scene, client, open),
        };
        let mut stream = match open.take() {
            Some(stream) => stream,
            None => Open::new(client).await?,
        };
        let _ = stream.requests.send(request);
        let broken = || Err(tonic::Status::unavailable("the stream has ended").into());
        let Some(answer) = stream.pages.next().await else { return broken() };
        scene.saw(if answer.is_ok() { "page in a stream" } else { "refusal in a stream" });
        *open = Some(stream);
        answer
    }
}

impl Open {
    async fn new(client: &Client) -> Result<Self, Error> {
        let (requests, sent) = mpsc::unbounded_channel();
        let pages = Wire::fetch_stream(client, UnboundedReceiverStream::new(sent)).await?;
        Ok(Self { requests, pages })
    }
}
