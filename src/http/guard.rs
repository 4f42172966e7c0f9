//! What a request must pass before it reaches its route.

use axum::Router;

use crate::config::Config;

/// What an operator may set about HTTP.
#[derive(Debug, Clone, Default)]
pub struct HttpSettings {}

impl HttpSettings {
    /// The settings of a configuration.
    pub fn of(_: &Config) -> Self {
        Self {}
    }
}

/// The routes, behind the guard.
pub fn guarded(routes: Router, _: &HttpSettings) -> Router {
    routes
}
