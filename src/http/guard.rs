//! What a request must pass before it reaches its route, so that no page reaches the hub through a browser behind its
//! owner's back.
//!
//! **Host.** A page of `evil.example` may let its own name lead to this machine (DNS rebinding); the browser then takes the
//! hub for the page's own server. But the request still says `Host: evil.example`. So a host must be an address, which
//! nobody can make lead elsewhere, `localhost`, which browsers look up nowhere, or listed by the operator.
//!
//! **Origin.** What a page of another origin asks is refused as a whole, reads too: it could hold streams open and count
//! answers, even if the browser shows it none. Browsers name the origin of such requests (`Origin`), or at least say that
//! there is another (`Sec-Fetch-Site`); other clients say neither. Following a link is no request of a page.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::IntoResponse;
use http::header::{HOST, ORIGIN};
use http::{HeaderMap, Method, Version};

use super::{Refusal, cors};
use crate::config::{Config, Host, Origin};

/// What an operator may set about HTTP.
#[derive(Debug, Clone, Default)]
pub struct HttpSettings {
    /// Names by which the hub is reached.
    pub hosts: Vec<Host>,
    /// Origins whose pages may use the hub.
    pub origins: Vec<Origin>,
    /// Whether the API is described to whoever asks.
    pub described: bool,
}

impl HttpSettings {
    /// The settings of a configuration.
    pub fn of(config: &Config) -> Self {
        Self {
            hosts: config.allowed_hosts.clone(),
            origins: config.allowed_origins.clone(),
            described: config.reflection,
        }
    }

    fn check<B>(&self, request: &http::Request<B>) -> Result<(), Refusal> {
        if let Some(host) = host(request)?
            && !self.answers_to(&host)
        {
            return Err(Refusal::Host);
        }
        if self.is_foreign(request)? { Err(Refusal::Origin) } else { Ok(()) }
    }

    fn answers_to(&self, host: &Host) -> bool {
        host.is_address() || host.is_localhost() || self.hosts.iter().any(|listed| host.is(listed))
    }

    fn is_foreign<B>(&self, request: &http::Request<B>) -> Result<bool, Refusal> {
        let headers = request.headers();
        let Some(origin) = headers.get(ORIGIN) else {
            return Ok(is_of_another_page(headers) && !is_link(request));
        };
        // "null", of pages that hide where they are from, is no origin either.
        let origin = origin.to_str().ok().and_then(|origin| origin.parse::<Origin>().ok());
        let Some(origin) = origin else { return Ok(true) };
        let own = host(request)?.is_some_and(|host| origin.is_of(&host));
        Ok(!own && !self.origins.contains(&origin))
    }
}

/// The host that a request names, the same wherever it does. A client of HTTP/1.0 may name none: no browser is one.
fn host<B>(request: &http::Request<B>) -> Result<Option<Host>, Refusal> {
    let target = request.uri().authority().map(|host| parse(host.as_str())).transpose()?;
    let mut headers = request.headers().get_all(HOST).iter();
    let header = headers.next().map(|host| parse(host.to_str().unwrap_or_default())).transpose()?;
    match (target, header) {
        _ if headers.next().is_some() => Err(Refusal::BadHost),
        (None, None) if request.version() > Version::HTTP_10 => Err(Refusal::BadHost),
        (Some(target), Some(header)) if target != header => Err(Refusal::BadHost),
        (target, header) => Ok(target.or(header)),
    }
}

fn parse(host: &str) -> Result<Host, Refusal> {
    host.parse().map_err(|_| Refusal::BadHost)
}

/// Whether a browser says that a page of another origin asks.
fn is_of_another_page(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").map(|site| site.as_bytes());
    !matches!(site, None | Some(b"same-origin" | b"none"))
}

/// Whether somebody follows a link, in a window of its own.
fn is_link<B>(request: &http::Request<B>) -> bool {
    let says = |name, what: &str| request.headers().get(name).is_some_and(|value| value == what);
    request.method() == Method::GET
        && says("sec-fetch-mode", "navigate")
        && says("sec-fetch-dest", "document")
}

/// The routes, behind the guard.
pub fn guarded(routes: Router, settings: &HttpSettings) -> Router {
    let guard = Arc::new(settings.clone());
    let guard = middleware::from_fn(move |request: Request, next: Next| {
        let passed = guard.check(&request);
        async move {
            match passed {
                Ok(()) => next.run(request).await,
                Err(refusal) => refusal.into_response(),
            }
        }
    });
    match cors::layer(&settings.origins) {
        None => routes.layer(guard),
        Some(cors) => routes.layer(cors).layer(guard),
    }
}
