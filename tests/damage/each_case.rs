//! A small backlog, stopped or killed, spoiled in every way.

use crate::backlog::{Left, UNPROVEN, cleanly_stopped, killed};
use crate::judge::{after_repair, as_found};
use crate::spoil::{Spoil, each, files, flips, truncations};

/// How far the bytes are apart that are spoiled, unless all are to be.
const STRIDE: usize = 397;

/// Opens and reads, checks and repairs each case; `least` is the least of `left.contents` that may be found.
fn spoil_each(title: &str, left: &Left, least: usize, spoils: impl Fn(usize, u64) -> Vec<Spoil>) {
    let stride = std::env::var("HINTWIRE_DAMAGE_STRIDE");
    let stride = stride.map_or(STRIDE, |stride| stride.parse().unwrap());
    let seed = fastrand::u64(..);
    let counts = each(title, seed, &spoils(stride, seed), |spoil| {
        let word = as_found(left, least, spoil)?;
        after_repair(left, spoil, word)?;
        Ok(word)
    });
    assert!(counts["exact"] > 0 && counts["refused"] > 0);
}

#[test]
fn a_flipped_byte_of_a_stopped_backlog_costs_nothing_or_is_named() {
    let left = cleanly_stopped();
    spoil_each("bytes, stopped", &left, 0, |stride, seed| flips(&left.image, stride, seed));
}

#[test]
fn a_last_segment_of_any_length_of_a_stopped_backlog_costs_nothing_or_is_named() {
    let left = cleanly_stopped();
    spoil_each("lengths, stopped", &left, 0, |stride, seed| {
        truncations(&left.image, &left.last_segment(), stride, seed)
    });
}

#[test]
fn a_missing_or_exchanged_file_of_a_stopped_backlog_costs_nothing_or_is_named() {
    let left = cleanly_stopped();
    spoil_each("files, stopped", &left, 0, |_, _| files(&left.image));
}

#[test]
fn a_flipped_byte_of_a_killed_backlog_costs_only_what_nothing_proves_and_that_is_said() {
    let left = killed();
    let least = left.contents.len() - 1 - UNPROVEN;
    spoil_each("bytes, killed", &left, least, |stride, seed| flips(&left.image, stride, seed));
}

#[test]
fn a_last_segment_of_any_length_of_a_killed_backlog_costs_only_what_nothing_proves_and_that_is_said()
 {
    let left = killed();
    spoil_each("lengths, killed", &left, 0, |stride, seed| {
        let mut lengths = truncations(&left.image, &left.last_segment(), stride, seed);
        lengths.extend(left.at_records());
        lengths
    });
}

#[test]
fn a_missing_or_exchanged_file_of_a_killed_backlog_costs_only_what_nothing_proves() {
    let left = killed();
    spoil_each("files, killed", &left, 0, |_, _| files(&left.image));
}
