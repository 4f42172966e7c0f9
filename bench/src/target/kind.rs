//! Which servers there are.

use std::process::Command;

use super::etcd::Etcd;
use super::hintwire::{Hintwire, Way};
use super::jetstream::JetStream;
use super::mercure::Mercure;
use super::nats::Nats;
use super::redis::Redis;
use super::{Place, Target};
use crate::Result;

/// A server, and the way in which it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Hintwire,
    HintwireStream,
    HintwireHints,
    JetStream,
    JetStreamDefault,
    NatsCore,
    Etcd,
    RedisStreams,
    RedisPubSub,
    Mercure,
}

impl Kind {
    pub(crate) const ALL: [Self; 10] = [
        Self::Hintwire,
        Self::HintwireStream,
        Self::HintwireHints,
        Self::JetStream,
        Self::JetStreamDefault,
        Self::NatsCore,
        Self::Etcd,
        Self::RedisStreams,
        Self::RedisPubSub,
        Self::Mercure,
    ];

    /// Its name on the command line and in the report.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Hintwire => "hintwire",
            Self::HintwireStream => "hintwire-stream",
            Self::HintwireHints => "hintwire-hints",
            Self::JetStream => "jetstream",
            Self::JetStreamDefault => "jetstream-default",
            Self::NatsCore => "nats-core",
            Self::Etcd => "etcd",
            Self::RedisStreams => "redis-streams",
            Self::RedisPubSub => "redis-pubsub",
            Self::Mercure => "mercure",
        }
    }

    /// What an answer to a publication means with the settings that it is started with.
    pub(crate) fn promise(self) -> &'static str {
        match self {
            Self::Hintwire | Self::HintwireStream | Self::HintwireHints => "durable (its default)",
            Self::JetStream => "durable (`sync_interval: always`)",
            Self::JetStreamDefault => "not durable (its default: synced every 2 minutes)",
            Self::Etcd => "durable (its default)",
            Self::RedisStreams => "durable (`appendfsync always`)",
            Self::NatsCore | Self::RedisPubSub => "nothing is kept",
            Self::Mercure => "durable (`bolt`, its default)",
        }
    }

    pub(crate) fn is_hintwire(self) -> bool {
        matches!(self, Self::Hintwire | Self::HintwireStream | Self::HintwireHints)
    }

    /// The program it needs, with what makes it say its version; none for the hub, which is always there.
    fn program(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Hintwire | Self::HintwireStream | Self::HintwireHints => None,
            Self::JetStream | Self::JetStreamDefault | Self::NatsCore => {
                Some(("nats-server", "--version"))
            }
            Self::Etcd => Some(("etcd", "--version")),
            Self::RedisStreams | Self::RedisPubSub => Some(("redis-server", "--version")),
            Self::Mercure => Some(("mercure", "version")),
        }
    }

    /// What was installed, or else the first line that its program says; an error if it cannot be run.
    pub(crate) fn version(self, place: &Place) -> Result<String> {
        let (name, flag) = self.program().unwrap_or(("hintwire", "--version"));
        let is_hub = self.is_hintwire();
        let program = if is_hub { place.hintwire.clone() } else { place.program(name) };
        let said = Command::new(&program).arg(flag).output();
        let said = said.map_err(|error| format!("{}: {error}", program.display()))?;
        let text = String::from_utf8_lossy(&said.stdout).into_owned();
        let line = text.lines().next().ok_or("it does not say its version")?.trim().to_owned();
        let pinned = std::fs::read_to_string(program.with_extension("version")).unwrap_or_default();
        // Some say the version of what they are built on.
        Ok(if pinned.starts_with('v') { format!("{name} {}", pinned.trim()) } else { line })
    }

    /// How many connections a crowd needs that would share so many: some know one subscriber a connection alone.
    pub(crate) fn connections(self, subscribers: usize, shared: usize) -> usize {
        let alone = matches!(self, Self::RedisStreams | Self::RedisPubSub | Self::Mercure);
        if alone { subscribers } else { shared }
    }

    /// Starts it.
    pub(crate) async fn start(self, place: &Place) -> Result<Box<dyn Target>> {
        Ok(match self {
            Self::Hintwire => Box::new(Hintwire::start(place, Way::Calls).await?),
            Self::HintwireStream => Box::new(Hintwire::start(place, Way::Stream).await?),
            Self::HintwireHints => Box::new(Hintwire::start(place, Way::Hints).await?),
            Self::JetStream => Box::new(JetStream::start(place, true).await?),
            Self::JetStreamDefault => Box::new(JetStream::start(place, false).await?),
            Self::NatsCore => Box::new(Nats::start(place, String::new()).await?),
            Self::Etcd => Box::new(Etcd::start(place).await?),
            Self::RedisStreams => Box::new(Redis::start(place, true).await?),
            Self::RedisPubSub => Box::new(Redis::start(place, false).await?),
            Self::Mercure => Box::new(Mercure::start(place).await?),
        })
    }
}
