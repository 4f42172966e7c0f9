//! The names of calls in the audit log.

/// The paths that are asked who sends them. Whatever follows a `/` at the end is a value.
const PATHS: [&str; 13] = [
    "/v1/events",
    "/v1/events:fetch",
    "/v1/feed",
    "/v1/hints",
    "/v1/snapshot",
    "/v1/topics",
    "/v1/cursor/",
    "/v1/hub",
    "/metrics",
    "/hintwire.v1.HubService/PublishStream",
    "/hintwire.v1.HubService/Publish",
    "/hintwire.v1.HubService/FetchStream",
    "/hintwire.v1.HubService/Fetch",
];

/// The other methods of gRPC.
const METHODS: [&str; 5] = [
    "/hintwire.v1.HubService/Subscribe",
    "/hintwire.v1.HubService/Snapshot",
    "/hintwire.v1.HubService/ListTopics",
    "/hintwire.v1.HubService/DescribeCursor",
    "/hintwire.v1.HubService/GetHub",
];

/// The name of a call: its path without what a peer could write into it.
pub fn name(path: &str) -> &'static str {
    let is = |known: &&&str| **known == path || (known.ends_with('/') && path.starts_with(**known));
    PATHS.iter().chain(&METHODS).find(is).copied().unwrap_or("another")
}
