//! One request of somebody, and what may become of it.

use std::collections::{BTreeMap, BTreeSet};

use super::policy::Principal;

/// Every way to ask that there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    Fetch,
    FetchWait,
    FetchStream,
    Subscribe,
    Snapshot,
    /// From the page token of somebody who may read everything.
    SnapshotToken,
    ListTopics,
    ListTopicsToken,
    DescribeCursor,
    GetHub,
    WebFetch,
    WebSubscribe,
    WebSnapshot,
    WebListTopics,
    WebDescribeCursor,
    WebGetHub,
    Events,
    EventsHead,
    EventsWait,
    /// With the entity tag of somebody who may read everything.
    EventsTag,
    EventsFetch,
    Feed,
    Hints,
    HintsEvents,
    HintsSnapshot,
    HttpSnapshot,
    HttpSnapshotToken,
    HttpTopics,
    HttpTopicsToken,
    HttpCursor,
    HttpHub,
}

pub const FORMS: [Form; 31] = {
    use Form::*;
    [
        Fetch,
        FetchWait,
        FetchStream,
        Subscribe,
        Snapshot,
        SnapshotToken,
        ListTopics,
        ListTopicsToken,
        DescribeCursor,
        GetHub,
        WebFetch,
        WebSubscribe,
        WebSnapshot,
        WebListTopics,
        WebDescribeCursor,
        WebGetHub,
        Events,
        EventsHead,
        EventsWait,
        EventsTag,
        EventsFetch,
        Feed,
        Hints,
        HintsEvents,
        HintsSnapshot,
        HttpSnapshot,
        HttpSnapshotToken,
        HttpTopics,
        HttpTopicsToken,
        HttpCursor,
        HttpHub,
    ]
};

/// What a form answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tells {
    /// Events, or their topics, after a cursor.
    After,
    /// All topics that match.
    All,
    /// No topic.
    Nothing,
}

/// What a form needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    Read,
    Anything,
    Admin,
}

impl Form {
    /// Over gRPC or gRPC-Web.
    pub fn is_grpc(self) -> bool {
        self < Self::Events
    }

    pub fn needs(self) -> Needs {
        match self {
            Self::DescribeCursor | Self::WebDescribeCursor | Self::HttpCursor => Needs::Anything,
            Self::GetHub | Self::WebGetHub | Self::HttpHub => Needs::Admin,
            _ => Needs::Read,
        }
    }

    pub fn tells(self) -> Tells {
        match self {
            _ if self.needs() != Needs::Read => Tells::Nothing,
            Self::Subscribe
            | Self::WebSubscribe
            | Self::Hints
            | Self::EventsHead
            | Self::EventsTag => Tells::Nothing,
            Self::Snapshot | Self::SnapshotToken | Self::ListTopics | Self::ListTopicsToken => {
                Tells::All
            }
            Self::WebSnapshot | Self::WebListTopics | Self::HintsSnapshot => Tells::All,
            Self::HttpSnapshot
            | Self::HttpSnapshotToken
            | Self::HttpTopics
            | Self::HttpTopicsToken => Tells::All,
            _ => Tells::After,
        }
    }
}

/// A request.
pub struct Case<'a> {
    pub who: &'a Principal,
    /// Shows a token that nobody has listed.
    pub forged: bool,
    pub form: Form,
    pub patterns: Vec<String>,
    /// After the event of this number; without it, from the first.
    pub since: Option<usize>,
}

/// What came.
#[derive(Debug, PartialEq)]
pub enum Outcome {
    /// An answer, and all topics that it names.
    Answer(BTreeSet<String>),
    Refused(Refused),
}

/// All that a refusal says.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    pub reason: String,
    pub message: String,
    pub metadata: BTreeMap<String, String>,
}

impl Refused {
    pub fn permission(action: &str, what: &str) -> Self {
        Self {
            reason: "PERMISSION_DENIED".into(),
            message: format!("the policy does not let you {action} {what}"),
            metadata: [("action".to_owned(), action.to_owned())].into(),
        }
    }

    pub fn unauthenticated(why: &str) -> Self {
        let message = format!("unauthenticated: {why}");
        Self { reason: "UNAUTHENTICATED".into(), message, metadata: BTreeMap::new() }
    }
}
