//! Header blocks, as literals without compression; and the few index tricks that a bomb needs.

/// A header block of these fields. They are not indexed.
pub fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    fields.iter().flat_map(|(name, value)| literal(0, name, value)).collect()
}

/// The header block of a gRPC call.
pub fn call(path: &str) -> Vec<u8> {
    block(&[
        (":method", "POST"),
        (":scheme", "http"),
        (":authority", "hub"),
        (":path", path),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ])
}

/// A field that is put into the table, as its newest entry.
pub fn indexed(name: &str, value: &str) -> Vec<u8> {
    literal(0x40, name, value)
}

/// The newest entry of the table.
pub const NEWEST: u8 = 0x80 | 62;

fn literal(pattern: u8, name: &str, value: &str) -> Vec<u8> {
    [vec![pattern], string(name), string(value)].concat()
}

fn string(text: &str) -> Vec<u8> {
    [integer(text.len()), text.as_bytes().to_vec()].concat()
}

/// A length with a prefix of 7 bits.
fn integer(value: usize) -> Vec<u8> {
    const PREFIX: usize = 127;
    if value < PREFIX {
        return vec![value as u8];
    }
    let mut bytes = vec![PREFIX as u8];
    let mut rest = value - PREFIX;
    while rest >= 128 {
        bytes.push((rest % 128) as u8 | 128);
        rest /= 128;
    }
    bytes.push(rest as u8);
    bytes
}
