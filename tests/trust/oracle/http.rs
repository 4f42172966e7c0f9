//! Asks over plain HTTP.

use std::collections::BTreeSet;

use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use super::case::{Case, Form, Outcome, Refused};
use super::grpc::FORBIDDEN;
use super::world::World;

impl World {
    pub async fn over_http(&self, case: &Case<'_>) -> Outcome {
        let ask = Ask { world: self, case };
        let asked = match case.form {
            Form::EventsFetch => ask.many().await,
            Form::EventsTag => ask.tagged().await,
            Form::Hints | Form::HintsEvents | Form::HintsSnapshot => ask.stream().await,
            Form::EventsHead => ask.head().await,
            _ => ask.get().await,
        };
        asked.map_or_else(Outcome::Refused, Outcome::Answer)
    }

    /// A request of somebody.
    pub fn by(&self, case: &Case<'_>, request: RequestBuilder) -> RequestBuilder {
        match self.token(case) {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }
}

type Topics = Result<BTreeSet<String>, Refused>;

struct Ask<'a> {
    world: &'a World,
    case: &'a Case<'a>,
}

impl Ask<'_> {
    /// The path and query of a form that is one GET.
    fn path(&self) -> String {
        let since = self.world.since(self.case);
        let after = if since.is_empty() { String::new() } else { format!("&since={since}") };
        match self.case.form {
            Form::Events | Form::EventsHead | Form::EventsTag => {
                self.of("events", &format!("&limit=1000{after}"))
            }
            Form::EventsWait => self.of("events", &format!("&limit=1000&wait=1ms{after}")),
            Form::Feed => self.of("feed", &format!("&limit=1000&lastEventId={since}")),
            Form::Hints => self.of("hints", &after),
            Form::HintsEvents => self.of("hints", &format!("&mode=events{after}")),
            Form::HintsSnapshot => self.of("hints", "&mode=events&snapshot=1"),
            Form::HttpSnapshot => self.of("snapshot", "&page_size=1000"),
            Form::HttpSnapshotToken => self.of("snapshot", ""),
            Form::HttpTopics => self.of("topics", "&page_size=1000"),
            Form::HttpTopicsToken => self.of("topics", ""),
            Form::HttpCursor => {
                format!("/v1/cursor/{}", self.world.cursors[self.case.since.unwrap_or(0)])
            }
            _ => "/v1/hub".to_owned(),
        }
    }

    fn of(&self, path: &str, more: &str) -> String {
        let topics: Vec<_> =
            self.case.patterns.iter().map(|pattern| format!("topic={pattern}")).collect();
        format!("/v1/{path}?{}{more}", topics.join("&"))
    }

    fn request(&self, path: &str) -> RequestBuilder {
        self.world.by(self.case, self.world.http.get(self.world.url(path)))
    }

    async fn root(&self, path: &str) -> Response {
        let request = self.world.http.get(self.world.url(path));
        request.bearer_auth(&self.world.root.token).send().await.unwrap()
    }

    async fn get(&self) -> Topics {
        let (mut path, mut known) = (self.path(), BTreeSet::new());
        if matches!(self.case.form, Form::HttpSnapshotToken | Form::HttpTopicsToken) {
            let first: Value =
                self.root(&format!("{path}&page_size=1")).await.json().await.unwrap();
            known = topics(&first);
            path = format!(
                "{path}&page_size=1000&page_token={}",
                first["next_page_token"].as_str().unwrap()
            );
        }
        let response = answered(self.request(&path).send().await.unwrap()).await?;
        if response.status() == StatusCode::NO_CONTENT {
            return Ok(known);
        }
        known.extend(topics(&response.json().await.unwrap()));
        Ok(known)
    }

    /// It has no body, even when it is refused.
    async fn head(&self) -> Topics {
        let request = self.world.http.head(self.world.url(&self.path()));
        let response = self.world.by(self.case, request).send().await.unwrap();
        if response.status().is_success() {
            assert!(response.headers().contains_key("etag"));
            return Ok(BTreeSet::new());
        }
        hides(&response);
        // Asked again to be told why.
        self.get().await.map(|_| panic!("HEAD is refused, and GET is not"))
    }

    /// The tag of somebody who may read everything is worth a 304 to whom the same is granted, and nothing to others.
    async fn tagged(&self) -> Topics {
        let root = self.root(&self.path()).await;
        let tag = root.headers()["etag"].clone();
        let request = self.request(&self.path()).header("if-none-match", tag);
        let response = answered(request.send().await.unwrap()).await?;
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
        Ok(BTreeSet::new())
    }

    /// Beside what nobody may ask for, which is refused in its place and changes nothing.
    async fn many(&self) -> Topics {
        let own = json!({"topics": self.case.patterns, "since": self.world.since(self.case), "limit": 1000});
        let body = json!({"requests": [own, {"topics": [FORBIDDEN]}], "max_bytes": 3_000_000});
        let request = self.world.http.post(self.world.url("/v1/events:fetch")).json(&body);
        let response = answered(self.world.by(self.case, request).send().await.unwrap()).await?;
        let answer: Value = response.json().await.unwrap();
        let entries = answer["changed"].as_array().unwrap();
        assert!(
            entries.last().is_some_and(|last| last["index"] == 1 && last["page"].is_null()),
            "{answer}"
        );
        match entries.iter().find(|entry| entry["index"] == 0) {
            Some(entry) if entry["error"].is_object() => Err(problem(&entry["error"])),
            Some(entry) => Ok(topics(&entry["page"])),
            None => Ok(BTreeSet::new()),
        }
    }

    /// Reads until nothing more can come.
    async fn stream(&self) -> Topics {
        let response = self.request(&self.path()).send().await.unwrap();
        let mut response = answered(response).await?;
        let head = self.world.cursors.last().unwrap();
        let mut text = String::new();
        let is_over = |text: &str| match self.case.form {
            Form::Hints => text.contains("CONFIRMED") && text.ends_with("\n\n"),
            Form::HintsEvents => text.contains(&format!("id: {head}\n")) && text.ends_with("\n\n"),
            _ => text.contains("event: snapshot-end") && text.ends_with("\n\n"),
        };
        while !is_over(&text) {
            text += std::str::from_utf8(&response.chunk().await.unwrap().unwrap()).unwrap();
        }
        let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
        Ok(data.flat_map(|json| topics(&serde_json::from_str(json).unwrap())).collect())
    }
}

/// An answer that is no refusal.
pub async fn answered(response: Response) -> Result<Response, Refused> {
    if response.status().as_u16() < 400 {
        return Ok(response);
    }
    hides(&response);
    let status = response.status();
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["status"], status.as_u16());
    Err(problem(&body))
}

/// Nothing about what there is stands in the headers of a refusal.
fn hides(response: &Response) {
    let told =
        ["etag", "hintwire-next-cursor", "hintwire-poll-after-ms", "location", "last-modified"];
    assert!(told.iter().all(|name| !response.headers().contains_key(*name)), "{response:?}");
    assert_eq!(response.headers()["cache-control"], "no-store");
}

fn problem(problem: &Value) -> Refused {
    let mut names: Vec<_> = problem.as_object().unwrap().keys().map(String::as_str).collect();
    names.retain(|name| *name != "metadata");
    assert_eq!(names, ["type", "title", "status", "detail", "reason"]);
    let text = |name: &str| problem[name].as_str().unwrap().to_owned();
    let metadata = problem["metadata"].as_object().cloned().unwrap_or_default();
    let metadata =
        metadata.into_iter().map(|(name, value)| (name, value.as_str().unwrap().to_owned()));
    Refused { reason: text("reason"), message: text("detail"), metadata: metadata.collect() }
}

/// Every topic that JSON names: of events, of CloudEvents, of a listing, of a hint.
pub fn topics(json: &Value) -> BTreeSet<String> {
    match json {
        Value::Array(values) => values.iter().flat_map(topics).collect(),
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| match (&**name, value) {
                ("topic" | "key" | "subject", Value::String(topic)) => {
                    BTreeSet::from([topic.clone()])
                }
                ("source", Value::String(source)) => {
                    BTreeSet::from([source.trim_start_matches('/').to_owned()])
                }
                ("topics", Value::Array(all)) => all
                    .iter()
                    .map(|topic| {
                        topic
                            .as_str()
                            .unwrap_or_else(|| topic["topic"].as_str().unwrap())
                            .to_owned()
                    })
                    .collect(),
                (_, value) => topics(value),
            })
            .collect(),
        _ => BTreeSet::new(),
    }
}
