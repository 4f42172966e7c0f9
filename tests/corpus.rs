//! The corpus of each fuzz target, run as ordinary tests: what once crashed does so no more. So are mutants of it, from a
//! seed: less than a fuzzer finds, but wherever `cargo test` runs.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../fuzz/bodies/mod.rs"]
mod bodies;
#[path = "../src/bin/hintwire/command/publish/line.rs"]
mod line;

/// Does with each input of a corpus what its fuzz target does, then with mutants of them: 200, unless `HINTWIRE_MUTANTS`
/// says otherwise, from the seed `HINTWIRE_SEED` on.
fn corpus(name: &str, body: fn(&[u8])) {
    let directory = format!("{}/fuzz/corpus/{name}", env!("CARGO_MANIFEST_DIR"));
    let mut paths: Vec<_> =
        std::fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{directory} is empty");
    let mut inputs = Vec::new();
    for path in paths {
        inputs.push(std::fs::read(&path).unwrap());
        run(body, &inputs[inputs.len() - 1], &path.display().to_string());
    }
    let first = number("HINTWIRE_SEED", 0);
    for seed in first..first + number("HINTWIRE_MUTANTS", 200) {
        run(body, &mutant(&inputs, seed), &format!("HINTWIRE_SEED={seed} HINTWIRE_MUTANTS=1"));
    }
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |number| number.parse().unwrap())
}

/// Says what led to a failure, and the input, to be kept in the corpus.
fn run(body: fn(&[u8]), input: &[u8], origin: &str) {
    let result = std::panic::catch_unwind(|| body(input));
    if let Err(panic) = result {
        let kept = std::env::temp_dir().join("hintwire-failed-input");
        std::fs::write(&kept, input).unwrap();
        println!("{origin}; the input is kept as {}", kept.display());
        std::panic::resume_unwind(panic);
    }
}

/// A few changes to an input, some with parts of another.
fn mutant(inputs: &[Vec<u8>], seed: u64) -> Vec<u8> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut bytes = inputs[rng.usize(..inputs.len())].clone();
    for _ in 0..rng.usize(1..6) {
        let at = rng.usize(..=bytes.len());
        match rng.u8(..5) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, rng.u8(..)),
            2 => {
                let other = &inputs[rng.usize(..inputs.len())];
                bytes.extend_from_slice(&other[rng.usize(..=other.len())..]);
            }
            3 => drop(bytes.drain(at..(at + rng.usize(..9)).min(bytes.len()))),
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= [1 << rng.u8(..8), 0xff, rng.u8(..)][rng.usize(..3)];
                }
            }
        }
    }
    bytes
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

#[test]
fn every_event_of_the_corpus_for_http_is_refused_or_reads_back_as_itself() {
    corpus("http_event", bodies::http_event::run);
}
