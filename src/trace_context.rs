//! W3C trace context, from the publisher to hint and fetch.
//!
//! A request's header `traceparent` makes its sender's span the parent of the call's. An event is carried further than its
//! request: the publisher puts `traceparent` (and `tracestate`) among its attributes, as CloudEvents' extension for
//! distributed tracing does, and they are kept and served like any other. While spans are exported, the hub then tells of
//! each such event: its publication and the fetches that bring it are linked to that context, and the fan-out of its
//! hints is a span of that trace.
//!
//! The hub never adds the attribute: what is kept is what was published, and an id stands for its content.

use crate::event::{EventHead, StoredEvent};

#[cfg(feature = "cli")]
pub use exported::*;
#[cfg(not(feature = "cli"))]
pub use unexported::*;

/// Attribute of an event, and header of a request.
#[cfg(feature = "cli")]
const PARENT: &str = "traceparent";
/// The same.
#[cfg(feature = "cli")]
const STATE: &str = "tracestate";
/// Events of one call or round of which is told.
#[cfg(feature = "cli")]
const MOST: usize = 32;

/// What can name a context: an event in any of its forms.
pub trait Names {
    /// The value of an attribute.
    fn attribute(&self, name: &str) -> Option<String>;
}

impl Names for EventHead {
    fn attribute(&self, name: &str) -> Option<String> {
        self.attributes.get(name).cloned()
    }
}

impl Names for StoredEvent {
    fn attribute(&self, name: &str) -> Option<String> {
        let view = self.view().ok()?;
        let named = view.attributes.iter().find(|(key, _)| **key == *name);
        named.map(|(_, value)| (*value).to_owned())
    }
}

#[cfg(feature = "cli")]
mod exported {
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

    use http::HeaderMap;
    use opentelemetry::Context;
    use opentelemetry::propagation::{Extractor, TextMapPropagator};
    use opentelemetry::trace::{SpanContext, TraceContextExt};
    use opentelemetry_sdk::propagation::TraceContextPropagator;
    use tracing::{Span, debug_span};
    use tracing_opentelemetry::OpenTelemetrySpanExt;

    use super::{MOST, Names, PARENT, STATE};

    static EXPORTED: AtomicBool = AtomicBool::new(false);

    /// Spans are exported from here on.
    pub fn export() {
        EXPORTED.store(true, Relaxed);
    }

    fn is_exported() -> bool {
        EXPORTED.load(Relaxed)
    }

    /// A call's span goes on from the context that its headers name, if they name one.
    pub fn adopt(span: &Span, headers: &HeaderMap) {
        if is_exported() && headers.contains_key(PARENT) {
            // What is not well-formed names none; then the call begins a trace of its own.
            _ = span.set_parent(TraceContextPropagator::new().extract(&Headers(headers)));
        }
    }

    /// Links the current span to the contexts of events.
    pub fn link<'a, E: Names + 'a>(events: impl Iterator<Item = &'a E>) {
        if is_exported() {
            contexts(events).into_iter().for_each(|context| Span::current().add_link(context));
        }
    }

    /// The contexts of events, without repetition; none unless spans are exported.
    pub fn contexts<'a, E: Names + 'a>(events: impl Iterator<Item = &'a E>) -> Vec<SpanContext> {
        let mut contexts: Vec<SpanContext> = Vec::new();
        if !is_exported() {
            return contexts;
        }
        for event in events {
            let Some(parent) = event.attribute(PARENT) else { continue };
            let named = Named { parent, state: event.attribute(STATE) };
            let parent = TraceContextPropagator::new().extract(&named);
            let context = parent.span().span_context().clone();
            if context.is_valid() && !contexts.contains(&context) {
                contexts.push(context);
            }
            if contexts.len() == MOST {
                break;
            }
        }
        contexts
    }

    /// So many streams were woken for events of these contexts.
    pub fn told(contexts: Vec<SpanContext>, streams: u32) {
        for context in contexts {
            let span = debug_span!(parent: None, "hint", streams);
            _ = span.set_parent(Context::new().with_remote_span_context(context));
        }
    }

    struct Headers<'h>(&'h HeaderMap);

    impl Extractor for Headers<'_> {
        fn get(&self, name: &str) -> Option<&str> {
            self.0.get(name)?.to_str().ok()
        }

        fn keys(&self) -> Vec<&str> {
            vec![PARENT, STATE]
        }
    }

    struct Named {
        parent: String,
        state: Option<String>,
    }

    impl Extractor for Named {
        fn get(&self, name: &str) -> Option<&str> {
            if name == PARENT { Some(&self.parent) } else { self.state.as_deref() }
        }

        fn keys(&self) -> Vec<&str> {
            vec![PARENT, STATE]
        }
    }
}

/// Without the command line there is nobody who exports.
#[cfg(not(feature = "cli"))]
mod unexported {
    use http::HeaderMap;
    use tracing::Span;

    use super::Names;

    /// Does nothing.
    pub fn adopt(_: &Span, _: &HeaderMap) {}

    /// Does nothing.
    pub fn link<'a, E: Names + 'a>(_: impl Iterator<Item = &'a E>) {}

    /// There are none.
    pub fn contexts<'a, E: Names + 'a>(_: impl Iterator<Item = &'a E>) {}

    /// Does nothing.
    pub fn told((): (), _: u32) {}
}
