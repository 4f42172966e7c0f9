//! Events as the hub keeps them, as JSON.

use crate::error::Error;
use crate::event::{Malformed, StoredEvent};
use crate::json::{CloudEvent, Event};
use crate::lineage::Lineage;

/// The JSON of an event, with or without its data.
///
/// # Errors
/// [`Error::BacklogDamaged`] if its bytes are none.
pub fn event<'a>(
    stored: &'a StoredEvent,
    lineage: &Lineage,
    omit_data: bool,
) -> Result<Event<'a>, Error> {
    Event::kept(stored, lineage, omit_data).map_err(|malformed| damaged(stored, malformed))
}

/// The CloudEvent of an event.
///
/// # Errors
/// As [`event`].
pub fn cloud_event<'a>(
    stored: &'a StoredEvent,
    lineage: &Lineage,
) -> Result<CloudEvent<'a>, Error> {
    CloudEvent::of(stored, lineage).map_err(|malformed| damaged(stored, malformed))
}

fn damaged(stored: &StoredEvent, malformed: Malformed) -> Error {
    Error::BacklogDamaged {
        file: "the event before a place".to_owned(),
        offset: stored.position.0,
        what: malformed.to_string(),
    }
}
