//! Each request in process: the first byte names the call, the rest is its message, or, beyond the names, raw frames.

use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut, Bytes};
use hintwire::access::Access;
use hintwire::backlog::memory::Memory;
use hintwire::event::Event;
use hintwire::hub::{Hub, HubSettings};
use hintwire::limits::Limits;
use hintwire::service::{Connection, HubServiceServer, Service};
use hintwire::topic::Topic;
use http_body_util::{BodyExt, Full};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status};
use tonic_types::StatusExt;
use tower::Service as _;

const CALLS: [&str; 9] = [
    "Publish",
    "PublishStream",
    "Subscribe",
    "Fetch",
    "Snapshot",
    "DescribeCursor",
    "ListTopics",
    "GetHub",
    "FetchStream",
];

pub fn run(bytes: &[u8]) {
    let Some((which, rest)) = bytes.split_first() else { return };
    let call = CALLS[usize::from(*which) % CALLS.len()];
    let framed = usize::from(*which) < CALLS.len();
    let body = if framed { frame(rest) } else { Bytes::copy_from_slice(rest) };
    let runtime = tokio::runtime::Builder::new_current_thread();
    // Waits of a minute are over at once.
    let runtime = { runtime }.enable_time().start_paused(true).build().unwrap();
    let status = runtime.block_on(answer(call, body));
    let named = || status.get_details_error_info().is_some_and(|info| info.domain == "hintwire.v1");
    assert!(!matches!(status.code(), Code::Unknown | Code::DataLoss), "{call}: {status:?}");
    assert!(!framed || status.code() == Code::Ok || named(), "{call}: {status:?}");
}

fn frame(message: &[u8]) -> Bytes {
    let mut framed = Vec::with_capacity(5 + message.len());
    framed.put_u8(0);
    framed.put_u32(message.len() as u32);
    framed.extend_from_slice(message);
    framed.into()
}

/// What a call of a hub with a few events ends with; of a stream without end, what its first message says.
async fn answer(call: &str, body: Bytes) -> Status {
    let hub = Hub::start(Arc::<Memory>::default(), HubSettings::default());
    let events = ["a", "a/b", "b/~c"].map(|topic| {
        let topic = Topic::parse(topic, "topic").unwrap();
        Event { key: "k".into(), id: "1".into(), ..Event::new(topic, "data") }
    });
    let access = Access::unrestricted();
    hub.publish(access.grant(Vec::from(events)).unwrap(), None).unwrap().await.unwrap();
    let mut service = HubServiceServer::new(Service {
        hub,
        limits: Limits::default(),
        id_window: Duration::from_secs(600),
        draining: CancellationToken::new(),
        connection: Arc::new(Connection::new(
            ([127, 0, 0, 1], 1).into(),
            Arc::default(),
            Arc::default(),
        )),
        access,
    });
    let request = http::Request::post(format!("/hintwire.v1.HubService/{call}"))
        .header("content-type", "application/grpc")
        .body(tonic::body::Body::new(Full::new(body)))
        .unwrap();
    let response = service.call(request).await.unwrap();
    if let Some(status) = Status::from_header_map(response.headers()) {
        return status;
    }
    let mut body = response.into_body();
    while let Some(frame) = body.frame().await {
        match frame.unwrap().into_trailers() {
            Ok(trailers) => return Status::from_header_map(&trailers).unwrap(),
            Err(_) if call == "Subscribe" => return Status::ok(""),
            Err(_) => {}
        }
    }
    panic!("{call} ended without a status");
}
