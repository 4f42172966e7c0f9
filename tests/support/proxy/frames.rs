//! Where in HTTP/2's frames the bytes of a hub stand: a frame is a header of 9 bytes, which begins with its length (3
//! bytes) and type, and a payload.

const HEADER: usize = 9;
const DATA: u8 = 0;

/// Follows the frames of one direction.
#[derive(Debug, Default)]
pub struct Frames {
    header: [u8; HEADER],
    /// How much of the header is there.
    have: usize,
    /// How much of the payload is still to come.
    left: usize,
}

impl Frames {
    /// These bytes have passed.
    pub fn pass(&mut self, mut bytes: &[u8]) {
        while let Some((&first, rest)) = bytes.split_first() {
            if self.left > 0 {
                let part = self.left.min(bytes.len());
                self.left -= part;
                bytes = &bytes[part..];
                continue;
            }
            if self.have == HEADER {
                self.have = 0;
            }
            self.header[self.have] = first;
            self.have += 1;
            bytes = rest;
            if self.have == HEADER {
                let [high, middle, low, ..] = self.header;
                self.left = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
            }
        }
    }

    /// Whether a message has come in part.
    pub fn is_within_data(&self) -> bool {
        self.left > 0 && self.header[3] == DATA
    }
}
