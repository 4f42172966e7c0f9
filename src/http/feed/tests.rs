//! How far a request for a feed looks.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::*;
use crate::access::Access;
use crate::backlog::memory::Memory;
use crate::event::Event;
use crate::hub::{Hub, HubSettings};
use crate::limits::{EXAMINED_EVENTS, Limits};
use crate::service::Connection;
use crate::topic::Topic;
use crate::v1::FetchRequest;

fn service() -> Service {
    Service {
        hub: Hub::start(Arc::<Memory>::default(), HubSettings::default()),
        limits: Limits::default(),
        id_window: Duration::from_secs(600),
        draining: CancellationToken::new(),
        connection: Arc::new(Connection::new(
            ([127, 0, 0, 1], 1).into(),
            Arc::default(),
            Arc::default(),
        )),
        access: Access::unrestricted(),
    }
}

async fn publish(service: &Service, event_type: &str, count: usize) {
    let topic = Topic::parse("a", "topic").unwrap();
    let event = Event { event_type: event_type.into(), ..Event::new(topic, "1") };
    for _ in 0..count.div_ceil(1000) {
        let events = vec![event.clone(); count.min(1000)];
        service.hub.publish(events.into(), None).unwrap().await.unwrap();
    }
}

#[tokio::test]
async fn a_page_that_matches_nothing_is_never_empty_before_the_end() {
    let service = service();
    publish(&service, "dull", 2 * EXAMINED_EVENTS).await;
    publish(&service, "wanted", 1).await;
    let wanted = FetchRequest {
        topics: vec!["**".into()],
        types: vec!["wanted".into()],
        ..FetchRequest::default()
    };
    let fetch = |request| fetch::parse(request, &service.limits, &service.access).unwrap();
    let page = search(&service, fetch(wanted.clone()), FEED_FETCHES).await.unwrap();
    assert_eq!((page.events.len(), page.rest.has_more), (1, false));
    // After one fetch it is sent on, and finds it from there.
    let page = search(&service, fetch(wanted.clone()), 1).await.unwrap();
    assert!(page.events.is_empty() && page.rest.has_more);
    let answer = send_on(&"/v1/feed?topic=**&type=wanted".parse().unwrap(), page.rest.next_cursor);
    let to: Uri =
        format!("/v1/feed{}", answer.headers()[LOCATION].to_str().unwrap()).parse().unwrap();
    let request = Query::request(Params::parse(to.query().unwrap()).unwrap()).unwrap();
    assert_eq!(request.types, wanted.types);
    let page = search(&service, fetch(request), 2).await.unwrap();
    assert_eq!((answer.status().as_u16(), page.events.len()), (307, 1));
}
