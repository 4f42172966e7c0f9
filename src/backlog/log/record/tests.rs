use super::*;
use crate::cursor::Incarnation;
use crate::event::Event;
use crate::topic::Topic;

const SEED: u32 = 77;

fn batch() -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = BatchEncoder::begin(&mut out, SEED, Position(7), Position(3));
    for data in ["one", "", "three"] {
        let event = Event::new(Topic::parse("a/b", "topic").unwrap(), data).encode();
        encoder.put_event(Micros(9), &event);
    }
    encoder.finish();
    out
}

fn read(bytes: &[u8]) -> Option<Vec<(usize, Position)>> {
    match decode(bytes, SEED)? {
        Record::Batch(batch) => Some(batch.entries().map(|(at, e)| (at, e.position)).collect()),
        Record::Seal(_) => None,
    }
}

#[test]
fn a_batch_reads_back_whole_and_entry_by_entry() {
    let bytes = batch();
    let places = read(&bytes).unwrap();
    assert_eq!(places.iter().map(|p| p.1.0).collect::<Vec<_>>(), [7, 8, 9]);
    for (at, position) in places {
        let entry = Entry::decode(&bytes[at..], SEED, position).unwrap();
        assert_eq!((entry.position, entry.time), (position, Micros(9)));
        assert_eq!(Entry::decode(&bytes[at..], SEED, Position(position.0 + 1)), None);
    }
    assert_eq!(bytes.len() % ALIGN, 0);
}

#[test]
fn any_flipped_bit_of_a_record_is_noticed() {
    let bytes = batch();
    let len = RecordHeader::decode(&bytes).unwrap().len;
    for bit in 0..len * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(read(&flipped), None, "bit {bit}");
    }
}

#[test]
fn a_record_of_another_segment_or_backlog_is_none() {
    assert!(decode(&batch(), SEED).is_some());
    assert!(decode(&batch(), SEED + 1).is_none());
    assert_ne!(seed(1, 2), seed(2, 1));
    assert_ne!(seed(1, 2), seed(1, 3));
}

#[test]
fn a_seal_reads_back() {
    let seal = Seal { last: Position(9), next: Position(90), len: 5000, time: Micros(4) };
    let mut bytes = Vec::new();
    seal.encode(&mut bytes, SEED);
    assert_eq!(decode(&bytes, SEED), Some(Record::Seal(seal)));
    assert_eq!(bytes.len(), SEAL);
}

#[test]
fn a_header_reads_back_and_any_flipped_bit_is_noticed() {
    let header = Header {
        number: 3,
        incarnation: Incarnation(5),
        base: Position(8),
        created: Micros(1),
        allocated: 9,
    };
    let bytes = header.encode(SEED);
    assert_eq!(Header::decode(&bytes, SEED), Some(header));
    for bit in 0..44 * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(Header::decode(&flipped, SEED), None, "bit {bit}");
    }
}
