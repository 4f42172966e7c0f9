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
    if !event.deleted {
        let data: serde_json::Value = serde_json::from_slice(&event.data).unwrap();
        let line: serde_json::Value = serde_json::from_slice(bytes).unwrap();
        assert_eq!(data, line["data"]);
    }
}
