//! `grpc.health.v1`: whether the hub reads and publishes.

use std::time::Duration;

use tonic_health::ServingStatus;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::{HealthReporter, HealthService};

use crate::backlog;
use crate::hub::Hub;
use crate::service::SERVICE_NAME;

/// The names that follow reads: the hub as a whole.
const READS: [&str; 2] = ["", SERVICE_NAME];
/// The name that follows publishing.
const PUBLISH: &str = "hintwire.v1.HubService.Publish";
/// How long a change of the backlog's health may stay unsaid.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The health service and what it says.
#[derive(Clone)]
pub struct Health(HealthReporter);

impl Health {
    /// All names are known from the start, as serving.
    pub async fn new() -> Self {
        let health = Self(HealthReporter::new());
        health.set(&READS, ServingStatus::Serving).await;
        health.set(&[PUBLISH], ServingStatus::Serving).await;
        health
    }

    /// The service.
    pub fn server(&self) -> HealthServer<HealthService> {
        HealthServer::new(HealthService::from_health_reporter(self.0.clone()))
    }

    /// Says what the backlog can do, for ever.
    pub async fn follow(&self, hub: &Hub) {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        loop {
            ticks.tick().await;
            self.set(&[PUBLISH], publishing(&hub.health())).await;
        }
    }

    /// Says that the hub stops, and ends the streams of those who watch.
    pub async fn stop(mut self) {
        for name in READS.into_iter().chain([PUBLISH]) {
            self.0.set_service_status(name, ServingStatus::NotServing).await;
            self.0.clear_service_status(name).await;
        }
    }

    async fn set(&self, names: &[&str], status: ServingStatus) {
        for name in names {
            self.0.set_service_status(name, status).await;
        }
    }
}

fn publishing(health: &backlog::Health) -> ServingStatus {
    match health {
        backlog::Health::Ok => ServingStatus::Serving,
        backlog::Health::NoSpace | backlog::Health::Failed(_) => ServingStatus::NotServing,
    }
}
