//! The corpus of each fuzz target, run as ordinary tests: what once crashed does so no more.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../fuzz/bodies/mod.rs"]
mod bodies;
#[path = "../src/bin/hintwire/compact.rs"]
mod compact;
#[path = "../src/bin/hintwire/command/publish/line.rs"]
mod line;

/// Does with each input of a corpus what its fuzz target does.
fn corpus(name: &str, body: fn(&[u8])) {
    let directory = format!("{}/fuzz/corpus/{name}", env!("CARGO_MANIFEST_DIR"));
    let mut inputs: Vec<_> =
        std::fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    inputs.sort();
    assert!(!inputs.is_empty(), "{directory} is empty");
    for input in inputs {
        // Printed when the test fails: the input at fault.
        println!("{}", input.display());
        body(&std::fs::read(&input).unwrap());
    }
}

#[test]
fn every_cursor_of_the_corpus_reads_back_as_itself_or_is_refused() {
    corpus("cursor", bodies::cursor::run);
}

#[test]
fn every_pattern_of_the_corpus_matches_what_the_naive_matcher_says() {
    corpus("topic", bodies::topic::run);
}

#[test]
fn every_segment_of_the_corpus_is_read_within_its_bounds() {
    corpus("segment", bodies::segment::run);
}

#[test]
fn every_index_of_the_corpus_is_read_within_its_bounds() {
    corpus("index", bodies::index::run);
}

#[test]
fn every_stream_of_ops_of_the_corpus_is_recovered_from_with_every_guarantee_kept() {
    corpus("recovery", bodies::recovery::run);
}

#[test]
fn every_request_of_the_corpus_is_answered_or_refused_with_a_reason() {
    corpus("requests", bodies::requests::run);
}

#[test]
fn every_configuration_of_the_corpus_is_refused_or_reads_back_as_itself() {
    corpus("config", bodies::config::run);
}

#[test]
fn every_line_of_the_corpus_is_refused_or_taken_by_the_hub() {
    corpus("jsonl", bodies::jsonl::run);
}
