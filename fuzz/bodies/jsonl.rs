//! Lines of JSON, as the command line publishes them: what is taken, the hub takes.

use hintwire::event::check_batch;
use hintwire::limits::Limits;

use super::validate::convert::event_on_wire;
use crate::line;

pub fn run(bytes: &[u8]) {
    let Ok(event) = line::parse(bytes) else { return };
    let event = event_on_wire(&event);
    let limits = Limits { data_bytes: usize::MAX, ..Limits::default() };
    assert_eq!(check_batch(std::slice::from_ref(&event), &limits), Ok(()));
    // A number may be larger than a `Value` can hold; the hub does not mind.
    let (Ok(line), false) = (serde_json::from_slice::<serde_json::Value>(bytes), event.deleted)
    else {
        return;
    };
    let data: serde_json::Value = serde_json::from_slice(&event.data).unwrap();
    assert_eq!(data, line["data"]);
}
