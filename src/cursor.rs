//! Places in the backlog, and the token that names one.
//!
//! Token grammar, 27 characters of an alphabet that sorts in ASCII order (`-0-9A-Z_a-z`, 6 bits a
//! character, most significant first):
//!
//! ```text
//! token    = version position incarnation check
//! version  = "1"
//! position = 11 characters: 64 bits, 2 leading zero bits
//! incarnation = 11 characters: 64 bits, 2 leading zero bits
//! check    = 4 characters: the low 24 bits of CRC-32C over what precedes
//! ```

use std::fmt;
use std::str::FromStr;

const ALPHABET: &[u8; 64] = b"-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
const VERSION: u8 = b'1';
const NUMBER_CHARS: usize = 11;
const CHECK_CHARS: usize = 4;
const BODY_CHARS: usize = 1 + 2 * NUMBER_CHARS;

/// Length of a token.
pub const TOKEN_CHARS: usize = BODY_CHARS + CHECK_CHARS;

/// A place between two events, within the lives that led to the present backlog.
///
/// It carries the number of the event just before it; numbers increase along the backlog and may have
/// holes, so nothing computes a neighbour. 0 is inception: before all events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position(pub u64);

impl Position {
    /// Before all events.
    pub const INCEPTION: Self = Self(0);
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The random identity of one life of a backlog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Incarnation(pub u64);

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_ascii(&number(self.0), f)
    }
}

impl FromStr for Incarnation {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        parse_number(text.as_bytes()).map(Self).ok_or(Malformed)
    }
}

/// A place, named so that any hub can judge whether it is one of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// The life that wrote the event just before the place.
    pub incarnation: Incarnation,
    /// The place.
    pub position: Position,
}

/// Not a cursor token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor token")]
pub struct Malformed;

impl Cursor {
    /// The token, as ASCII bytes.
    pub fn token(self) -> [u8; TOKEN_CHARS] {
        let mut token = [VERSION; TOKEN_CHARS];
        let (body, check) = token.split_at_mut(BODY_CHARS);
        let (position, incarnation) = body.split_at_mut(1 + NUMBER_CHARS);
        write_number(position.split_at_mut(1).1, self.position.0);
        write_number(incarnation, self.incarnation.0);
        write_number(check, u64::from(crc32c::crc32c(body)));
        token
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_ascii(&self.token(), f)
    }
}

impl FromStr for Cursor {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let bytes = text.as_bytes();
        let (body, check) = bytes.split_at_checked(BODY_CHARS).ok_or(Malformed)?;
        let (position, incarnation) = body.split_at(1 + NUMBER_CHARS);
        let (version, position) = position.split_at(1);
        let cursor = Self {
            position: Position(parse_number(position).ok_or(Malformed)?),
            incarnation: Incarnation(parse_number(incarnation).ok_or(Malformed)?),
        };
        // Written again, a token must be what was read: that covers version, length and check digits.
        let same = version == [VERSION] && check.len() == CHECK_CHARS && cursor.token() == bytes;
        same.then_some(cursor).ok_or(Malformed)
    }
}

/// Writes the characters in one piece, so that `to_string` allocates once.
fn write_ascii(chars: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(std::str::from_utf8(chars).map_err(|_| fmt::Error)?)
}

fn number(value: u64) -> [u8; NUMBER_CHARS] {
    let mut chars = [0; NUMBER_CHARS];
    write_number(&mut chars, value);
    chars
}

/// Writes the low bits of `value`, as many as fit.
fn write_number(chars: &mut [u8], mut value: u64) {
    for c in chars.iter_mut().rev() {
        *c = ALPHABET.get((value & 63) as usize).copied().unwrap_or_default();
        value >>= 6;
    }
}

fn parse_number(chars: &[u8]) -> Option<u64> {
    if chars.len() != NUMBER_CHARS {
        return None;
    }
    chars.iter().try_fold(0u64, |value, &c| {
        let digit = digit(c)?;
        (value >> 58 == 0).then_some(value << 6 | digit)
    })
}

fn digit(c: u8) -> Option<u64> {
    Some(u64::from(match c {
        b'-' => 0,
        b'0'..=b'9' => c - b'0' + 1,
        b'A'..=b'Z' => c - b'A' + 11,
        b'_' => 37,
        b'a'..=b'z' => c - b'a' + 38,
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor(position: u64, incarnation: u64) -> Cursor {
        Cursor { position: Position(position), incarnation: Incarnation(incarnation) }
    }

    #[test]
    fn a_token_reads_back_as_itself() {
        for position in [0, 1, 63, 64, u64::MAX / 3, u64::MAX] {
            for incarnation in [0, 1, u64::MAX] {
                let token = cursor(position, incarnation).to_string();
                assert_eq!(token.len(), TOKEN_CHARS);
                assert_eq!(token.parse(), Ok(cursor(position, incarnation)));
            }
        }
    }

    #[test]
    fn tokens_of_one_incarnation_sort_as_their_positions() {
        let mut positions: Vec<u64> = (0..64).map(|shift| 1 << shift).collect();
        positions.extend([0, 3, 1000, u64::MAX]);
        positions.sort_unstable();
        let tokens: Vec<_> = positions.iter().map(|&p| cursor(p, 7).to_string()).collect();
        assert!(tokens.is_sorted());
    }

    #[test]
    fn any_changed_character_is_noticed() {
        let token = cursor(123_456, 987_654_321).to_string();
        for i in 0..token.len() {
            for c in ['-', '0', '1', 'Z', '_', 'z', ' ', '~'] {
                let mut changed: Vec<char> = token.chars().collect();
                changed[i] = c;
                let changed: String = changed.into_iter().collect();
                assert!(changed == token || changed.parse::<Cursor>().is_err(), "{changed}");
            }
        }
    }

    #[test]
    fn what_is_not_a_token_is_malformed() {
        let token = cursor(1, 1).to_string();
        let longer = format!("{token}0");
        for text in ["", "1", "☃☃☃☃☃☃☃☃☃", &token[1..], &token[..26], &longer] {
            assert_eq!(text.parse::<Cursor>(), Err(Malformed), "{text}");
        }
    }
}
