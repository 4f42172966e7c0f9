//! `hintwire fetch`.

use hintwire::v1::fetch_request::{Seek as WireSeek, Start};
use hintwire::v1::{FetchRequest, FetchResponse};
use serde_json::json;

use super::{connect, wire};
use crate::failure::Failure;
use crate::print::{Output, duration};
use crate::typed::{Fetch, Seek};

/// Most events of one page.
const PAGE: usize = hintwire::limits::PAGE_EVENTS;

pub async fn run(typed: Fetch) -> Result<(), Failure> {
    let client = connect(&typed.from.at).await?;
    let mut output = Output::new(typed.from.json);
    let mut left = if typed.limit == 0 { usize::MAX } else { typed.limit };
    let mut request = request(typed)?;
    loop {
        request.limit = i32::try_from(left.min(PAGE)).unwrap_or(i32::MAX);
        let page = client.fetch(request.clone()).await?;
        page.events.iter().try_for_each(|event| output.event(event))?;
        output.flush()?;
        left = left.saturating_sub(page.events.len());
        if left == 0 || !page.has_more {
            return Ok(end(&mut output, &page)?);
        }
        request.seek = None;
        request.cursor = page.next_cursor;
    }
}

fn request(typed: Fetch) -> Result<FetchRequest, Failure> {
    Ok(FetchRequest {
        topics: typed.selection.topics,
        types: typed.selection.types,
        attributes: typed.selection.attributes.into_iter().collect(),
        cursor: typed.cursor.unwrap_or_default(),
        seek: typed.seek.map(seek),
        omit_data: typed.omit_data,
        wait: typed.wait.map(wire).transpose()?,
        at_least: typed.at_least,
        ..Default::default()
    })
}

fn seek(typed: Seek) -> WireSeek {
    match typed {
        Seek::Earliest => WireSeek::FromStart(Start::Earliest.into()),
        Seek::Latest => WireSeek::FromStart(Start::Latest.into()),
        Seek::Time(time) => WireSeek::FromTime(time),
    }
}

fn end(output: &mut Output, page: &FetchResponse) -> std::io::Result<()> {
    let FetchResponse { next_cursor, head, has_more, .. } = page;
    let poll_after = duration(page.poll_after);
    let object = json!({
        "next_cursor": next_cursor, "head": head, "has_more": has_more, "poll_after": poll_after,
    });
    output.end(&object, || {
        let when = if *has_more { "there is more".into() } else { format!("in {poll_after}") };
        format!("go on from --cursor {next_cursor}: {when}")
    })
}
