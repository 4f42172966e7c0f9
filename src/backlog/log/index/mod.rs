//! Index files: what a sealed segment holds, looked up with a few reads.
//!
//! ```text
//! file     = page*                       4096 bytes each, the last 4 their checksum, seeded with segment and page number
//! page 0   = "hintwidx" version:u32 number:u32 base:u64 events:u32 end:u32 first page of names, fences, postings:u32*3
//! offsets  = u32*                        from page 1 on; where the entry of each ordinal begins
//! names    = (len:u8 name start:u32 count:u32 previous:u64)*    sorted; none straddles pages; len 0 fills a page
//! fences   = (len:u8 name)*              the first name of each page of names
//! postings = u32*                        ordinals, topic by topic in the order of the names; `start` and `count` count them
//! ```
//!
//! Because postings follow the order of names, those of a prefix are one range, and how many there are is known from its
//! two ends. `previous` is the topic's newest position before the segment, so a rare topic is followed back from segment
//! to segment without a look at those between.

mod stored;
#[cfg(test)]
mod tests;
mod write;

pub use stored::{IndexFile, TopicPostings};
pub use write::write;

use crate::cursor::Position;

const MAGIC: &[u8; 8] = b"hintwidx";
const VERSION: u32 = 1;
const UNKNOWN: u64 = u64::MAX;

/// The newest event of a topic before a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Previous {
    /// At this position, if it is still retained.
    At(Position),
    /// Not known: look into the segments before.
    Unknown,
}

impl Previous {
    fn encode(self) -> u64 {
        match self {
            Self::At(position) => position.0,
            Self::Unknown => UNKNOWN,
        }
    }

    fn decode(position: u64) -> Self {
        if position == UNKNOWN { Self::Unknown } else { Self::At(Position(position)) }
    }
}

/// The file name of the index of a segment.
pub fn file_name(number: u32) -> String {
    format!("{number:08}.idx")
}

/// The number of the segment of an index, if the name is one of an index.
pub fn number_of(name: &str) -> Option<u32> {
    let number = name.strip_suffix(".idx")?.parse().ok()?;
    (file_name(number) == name).then_some(number)
}
