#![no_main]

#[path = "../bodies/mod.rs"]
mod bodies;
#[path = "../../src/bin/hintwire/command/publish/line.rs"]
mod line;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::http_event::run(bytes));
