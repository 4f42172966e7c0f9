//! The forms in which a batch may come.

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::Refusal;
use crate::error::Error;
use crate::json::{NewEvent, Object, read};
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
}

const FORMS: [(&str, Form); 2] =
    [("application/json", Form::Json), ("application/x-ndjson", Form::Lines)];

/// What the refusal of all others says.
const TAKEN: &str = "application/json, application/x-ndjson; in UTF-8, without a content-encoding";

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
        let form = form.filter(|_| !headers.contains_key(CONTENT_ENCODING));
        form.ok_or(Refusal::MediaType(TAKEN))
    }

    /// Reads a body.
    ///
    /// # Errors
    /// [`Error::InvalidField`], which names the event, e.g. `events[3].data_base64`.
    pub fn read(self, body: &[u8]) -> Result<v1::PublishRequest, Error> {
        let text = std::str::from_utf8(body)
            .map_err(|error| Error::invalid("body", format!("is not UTF-8: {error}")))?;
        match self {
            Self::Json => json(text),
            Self::Lines => lines(text),
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
    let event = |(index, Object(event)): (usize, Object<NewEvent>)| {
        event.event().map_err(|error| in_event(index, error))
    };
    let events = batch.events.into_iter().enumerate().map(event);
    Ok(v1::PublishRequest {
        events: events.collect::<Result<_, _>>()?,
        expected_cursor: batch.expected_cursor,
    })
}

fn lines(text: &str) -> Result<v1::PublishRequest, Error> {
    let event = |(index, line)| {
        let Object(event) = read::<Object<NewEvent>>(line, &format!("events[{index}]"))?;
        event.event().map_err(|error| in_event(index, error))
    };
    let lines = text.lines().filter(|line| !line.trim_ascii().is_empty());
    let events = lines.enumerate().map(event).collect::<Result<_, _>>()?;
    Ok(v1::PublishRequest { events, expected_cursor: None })
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
    }
}
