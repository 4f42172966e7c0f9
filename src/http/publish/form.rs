//! The forms in which a batch may come.

use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderName};
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::Refusal;
use crate::error::Error;
use crate::http::body::text;
use crate::json::{NewCloudEvent, NewEvent, Object, read};
use crate::service::parse::in_event;
use crate::v1;

/// A media type that a batch may have. Each needs a browser to ask first before a page of another origin sends it, as
/// `text/plain` or a form would not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One object, with a list of events.
    Json,
    /// An event a line.
    Lines,
    /// One CloudEvent: its structured mode.
    CloudEvent,
    /// A list of them.
    CloudEvents,
}

const FORMS: [(&str, Form); 4] = [
    ("application/json", Form::Json),
    ("application/x-ndjson", Form::Lines),
    ("application/cloudevents+json", Form::CloudEvent),
    ("application/cloudevents-batch+json", Form::CloudEvents),
];

/// What the refusal of all others says.
const TAKEN: &str = "application/json, application/x-ndjson, application/cloudevents+json, \
    application/cloudevents-batch+json; in UTF-8, without a content-encoding or ce- headers";

/// A batch.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Batch<'a> {
    /// 1 to 1,000 events.
    #[serde(borrow)]
    #[schema(value_type = Vec<NewEvent>)]
    events: Vec<Object<NewEvent<'a>>>,
    /// Append only if the newest event of each key of the batch is not after this place; if empty, only if none of these
    /// keys is live.
    expected_cursor: Option<String>,
}

impl Form {
    /// As the headers say; the body is not looked at.
    ///
    /// # Errors
    /// [`Refusal::MediaType`].
    pub fn of(headers: &HeaderMap) -> Result<Self, Refusal> {
        let mut said = headers.get_all(CONTENT_TYPE).iter();
        let (Some(kind), None) = (said.next(), said.next()) else {
            return Err(Refusal::MediaType(TAKEN));
        };
        let form = kind.to_str().ok().and_then(form);
        // With `ce-` headers, a body is the data alone.
        let other = [CONTENT_ENCODING, HeaderName::from_static("ce-specversion")];
        let form = form.filter(|_| !other.iter().any(|name| headers.contains_key(name)));
        form.ok_or(Refusal::MediaType(TAKEN))
    }

    /// Reads a body, in which CloudEvents may have a topic that the request names.
    ///
    /// # Errors
    /// [`Error::InvalidField`], which names the event, e.g. `events[3].data_base64`.
    pub fn read(self, body: &[u8], topic: Option<&str>) -> Result<v1::PublishRequest, Error> {
        if topic.is_some() && matches!(self, Self::Json | Self::Lines) {
            return Err(Error::invalid("topic", "is for CloudEvents; these events name theirs"));
        }
        let text = text(body)?;
        match self {
            Self::Json => json(text),
            Self::Lines => lines(text),
            Self::CloudEvent => cloud_events(vec![read(text, "events[0]")?], topic),
            Self::CloudEvents => cloud_events(read(text, "events")?, topic),
        }
    }
}

fn form(content_type: &str) -> Option<Form> {
    let mut parts = content_type.split(';').map(str::trim);
    let media = parts.next()?;
    let form = FORMS.iter().find(|(name, _)| media.eq_ignore_ascii_case(name))?.1;
    parts.all(is_harmless).then_some(form)
}

/// Whether a parameter leaves the body what it is.
fn is_harmless(parameter: &str) -> bool {
    match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    }
}

fn json(text: &str) -> Result<v1::PublishRequest, Error> {
    let Object(batch) = read::<Object<Batch>>(text, "")?;
    let events = batch.events.into_iter().map(|Object(event)| event.event());
    Ok(v1::PublishRequest { events: all(events)?, expected_cursor: batch.expected_cursor })
}

fn lines(text: &str) -> Result<v1::PublishRequest, Error> {
    let lines = text.lines().filter(|line| !line.trim_ascii().is_empty()).enumerate();
    let parse = |(index, line)| read::<Object<NewEvent>>(line, &format!("events[{index}]"));
    let parsed = lines.map(parse).collect::<Result<Vec<_>, _>>()?;
    let events = parsed.into_iter().map(|Object(event)| event.event());
    Ok(v1::PublishRequest { events: all(events)?, expected_cursor: None })
}

fn cloud_events(
    events: Vec<NewCloudEvent>,
    topic: Option<&str>,
) -> Result<v1::PublishRequest, Error> {
    let events = events.into_iter().map(|event| event.event(topic));
    Ok(v1::PublishRequest { events: all(events)?, expected_cursor: None })
}

/// All events, or what is wrong with the first that is, by its place in the batch.
fn all(events: impl Iterator<Item = Result<v1::Event, Error>>) -> Result<Vec<v1::Event>, Error> {
    let named =
        |(index, event): (usize, Result<_, _>)| event.map_err(|error| in_event(index, error));
    events.enumerate().map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form_of(lines: &[(&'static str, &'static str)]) -> Option<Form> {
        let headers =
            lines.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        Form::of(&headers.collect()).ok()
    }

    #[test]
    fn the_form_is_told_by_the_media_type_and_nothing_else() {
        for (content_type, expected) in [
            ("application/json", Some(Form::Json)),
            ("Application/JSON; charset=\"UTF-8\"; v=1", Some(Form::Json)),
            ("application/x-ndjson", Some(Form::Lines)),
            ("application/cloudevents+json; charset=utf-8", Some(Form::CloudEvent)),
            ("application/cloudevents-batch+json", Some(Form::CloudEvents)),
            ("application/json; charset=latin1", None),
            ("application/json, text/plain", None),
            ("text/plain", None),
            ("application/x-www-form-urlencoded", None),
            ("", None),
        ] {
            assert_eq!(form_of(&[("content-type", content_type)]), expected, "{content_type}");
        }
        assert_eq!(form_of(&[]), None);
        let json = ("content-type", "application/json");
        assert_eq!(form_of(&[json, json]), None);
        assert_eq!(form_of(&[json, ("content-encoding", "gzip")]), None);
        assert_eq!(form_of(&[json, ("ce-specversion", "1.0")]), None);
    }
}
