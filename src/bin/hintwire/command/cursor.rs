//! `hintwire cursor`.

use hintwire::v1::DescribeCursorResponse;
use hintwire::v1::describe_cursor_response::State;
use serde_json::{Map, Value, json};

use super::connect;
use crate::failure::{Exit, Failure};
use crate::print::{Output, time};
use crate::typed::Cursor;

pub async fn run(typed: Cursor) -> Result<(), Failure> {
    let described = connect(&typed.from.at).await?.describe_cursor(&typed.cursor).await?;
    let mut output = Output::new(typed.from.json);
    output.fields(&fields(&described))?;
    output.flush()?;
    if described.state() == State::Valid {
        return Ok(());
    }
    Err(Failure::new(Exit::Cursor, "the cursor cannot be used"))
}

fn fields(described: &DescribeCursorResponse) -> Map<String, Value> {
    let state = described.state().as_str_name().trim_start_matches("STATE_");
    [
        ("state", json!(state)),
        ("publish_time", json!(described.publish_time.as_ref().map(time))),
        ("incarnation", json!(described.incarnation)),
        ("action", json!(described.action)),
        ("advice", json!(described.advice)),
        ("earliest", json!(described.earliest)),
        ("head", json!(described.head)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into_iter()
    .collect()
}
