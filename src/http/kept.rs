//! Events as the hub keeps them, as JSON.

use crate::error::Error;
use crate::event::StoredEvent;
use crate::json::Event;
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
    Event::kept(stored, lineage, omit_data).map_err(|malformed| Error::BacklogDamaged {
        file: "the event before a place".to_owned(),
        offset: stored.position.0,
        what: malformed.to_string(),
    })
}
