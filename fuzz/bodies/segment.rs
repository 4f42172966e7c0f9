//! The reader of segments, on bytes whose checksums are made right wherever something looks like a record: so that what is
//! behind the checksums is reached as well.

use hintwire::backlog::log::record::{
    ALIGN, ENTRY_HEADER, Header, RECORD_HEADER, Record, RecordHeader, entry_len,
};
use hintwire::backlog::log::scan::Scanner;
use hintwire::event::EventView;

use super::file;

const SEED: u32 = 7;

pub fn run(bytes: &[u8]) {
    let _ = (Header::decode(bytes, SEED), Header::is_later(bytes, SEED));
    let mut bytes = bytes.to_vec();
    sign(&mut bytes);
    let file = file(&bytes);
    let mut scanner = Scanner::new(&file, SEED, 0).unwrap();
    let mut end = 0;
    while let Some((place, record)) = scanner.search().unwrap() {
        assert!(place >= end && place % ALIGN as u64 == 0);
        look(record);
        end = scanner.end();
        assert!(place < end && end <= bytes.len() as u64);
    }
    let written = Scanner::new(&file, SEED, 0).unwrap().written().unwrap();
    assert_eq!(written, bytes.iter().rposition(|byte| *byte != 0).map(|last| last as u64));
}

fn look(record: Record<'_>) {
    let Record::Batch(batch) = record else { return };
    assert!(batch.last() >= batch.header.first);
    let valid = batch.entries_are_valid(SEED);
    let entries = batch.entries().take(usize::from(batch.header.count)).map(|(place, entry)| {
        assert!(place + ENTRY_HEADER <= batch.header.len && entry.data_at <= entry.wire.len());
        let _ = EventView::parse(entry.wire);
    });
    assert!(entries.count() == usize::from(batch.header.count) || !valid);
}

/// Writes the checksum of whatever looks like a record, and of its entries.
fn sign(bytes: &mut [u8]) {
    let mut at = 0;
    while let Some(header) = bytes.get(at..).filter(|rest| rest.len() >= RECORD_HEADER) {
        let header = RecordHeader::decode(header).filter(|header| header.len <= bytes.len() - at);
        let Some(header) = header else {
            at += ALIGN;
            continue;
        };
        let record = &mut bytes[at..at + header.len];
        sign_entries(&mut record[RECORD_HEADER..], header.first.0);
        let crc = crc32c::crc32c_append(SEED, &record[4..]);
        record[..4].copy_from_slice(&crc.to_le_bytes());
        at += header.padded();
    }
}

fn sign_entries(mut entries: &mut [u8], mut position: u64) {
    while let Some(len) = entry_len(entries).filter(|len| *len <= entries.len()) {
        let (entry, rest) = entries.split_at_mut(len);
        let seed = crc32c::crc32c_append(SEED, &position.to_le_bytes());
        let crc = crc32c::crc32c_append(seed, &entry[4..]);
        entry[..4].copy_from_slice(&crc.to_le_bytes());
        entries = rest;
        position = position.wrapping_add(1);
    }
}
