//! The file `HUB`: what the backlog is. Its presence makes a directory a backlog.
//!
//! ```text
//! hintwire backlog 1
//! salt 00112233445566778899aabbccddeeff
//! keep_latest always
//! life ----------1 0
//! life ----------2 500 fork ----------1 100
//! crc 01234567
//! ```

use std::fmt::Write as _;

use super::disk::Disk;
use super::error::{Damage, InFile, OpenError};
use super::text;
use crate::cursor::{Incarnation, Position};
use crate::lineage::{Fork, Life, Lineage};

/// Name of the file.
pub const HUB: &str = "HUB";
const FIRST_LINE: &str = "hintwire backlog ";
const VERSION: &str = "1";

/// What a backlog is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Seeds all checksums; secret, so that no event's data can pass for a record.
    pub salt: u64,
    /// Whether the newest event of each key was always kept.
    pub kept_latest: bool,
    /// Its lives.
    pub lineage: Lineage,
}

impl Identity {
    /// Writes the file.
    pub fn write<D: Disk>(&self, disk: &D) -> Result<(), OpenError> {
        text::replace(disk, HUB, &self.to_text()).in_file(HUB)
    }

    /// Reads the file.
    pub fn read<D: Disk>(disk: &D) -> Result<Self, OpenError> {
        let body = text::read(disk, HUB).in_file(HUB)?;
        let body = body.ok_or_else(|| Damage::new(HUB, 0, "its checksum does not match"))?;
        let version = body.lines().next().and_then(|line| line.strip_prefix(FIRST_LINE));
        if version.is_some_and(|version| version != VERSION) {
            return Err(OpenError::Version { file: HUB.into() });
        }
        let parsed = Self::from_text(&body);
        parsed.ok_or_else(|| Damage::new(HUB, 0, "it is not the identity of a backlog").into())
    }

    /// What the file says, but for its checksum.
    pub(super) fn to_text(&self) -> String {
        let kept = if self.kept_latest { "always" } else { "not always" };
        let mut out =
            format!("{FIRST_LINE}{VERSION}\nsalt {:016x}\nkeep_latest {kept}\n", self.salt);
        for life in self.lineage.lives() {
            let _ = write!(out, "life {} {}", life.incarnation, life.first);
            if let Some(fork) = life.forked {
                let _ = write!(out, " fork {} {}", fork.parent, fork.at);
            }
            out.push('\n');
        }
        out
    }

    fn from_text(body: &str) -> Option<Self> {
        let mut lines = body.lines().skip(1);
        let salt = u64::from_str_radix(lines.next()?.strip_prefix("salt ")?, 16).ok()?;
        let kept_latest = lines.next()? == "keep_latest always";
        let lives = lines.map(parse_life).collect::<Option<Vec<Life>>>()?;
        Some(Self { salt, kept_latest, lineage: Lineage::from_lives(lives)? })
    }
}

fn parse_life(line: &str) -> Option<Life> {
    let mut words = line.split(' ');
    let mut word = || words.next();
    word().filter(|word| *word == "life")?;
    let incarnation: Incarnation = word()?.parse().ok()?;
    let first = Position(word()?.parse().ok()?);
    let forked = match word() {
        None => None,
        Some("fork") => {
            Some(Fork { parent: word()?.parse().ok()?, at: Position(word()?.parse().ok()?) })
        }
        Some(_) => return None,
    };
    word().is_none().then_some(Life { incarnation, forked, first })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_reads_back() {
        let lineage =
            Lineage::new(Incarnation(u64::MAX)).fork(Incarnation(9), Position(100), Position(500));
        for kept_latest in [true, false] {
            let identity = Identity { salt: 7, kept_latest, lineage: lineage.clone() };
            assert_eq!(Identity::from_text(&identity.to_text()), Some(identity));
        }
    }

    #[test]
    fn lines_that_say_something_else_are_refused() {
        let lineage = Lineage::new(Incarnation(1));
        let text = Identity { salt: 7, kept_latest: true, lineage }.to_text();
        let life = text.lines().last().unwrap();
        for bad in ["life", "lief ----------1 0", "life ----------1 0 fork", &format!("{life} x")] {
            assert_eq!(Identity::from_text(&text.replace(life, bad)), None, "{bad}");
        }
    }
}
