//! Flags, variables and files.

use std::fs;

use super::run::{Ended, hintwire};

fn run(args: &[&str], variables: &[(&str, &str)]) -> Ended {
    let mut command = hintwire(args);
    Ended::of(command.envs(variables.iter().copied()).output().unwrap())
}

#[test]
fn a_flag_outweighs_a_variable_and_a_variable_the_file_and_what_is_printed_loads_back() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hub.toml");
    fs::write(&file, "streams = 1\npatterns = 1\nconnections = 1\nretention_age = \"36h\"\n")
        .unwrap();
    let printed = run(
        &["serve", "--config", file.to_str().unwrap(), "--print-config", "--streams", "3"],
        &[("HINTWIRE_STREAMS", "2"), ("HINTWIRE_PATTERNS", "2")],
    )
    .ok();
    for expected in ["streams = 3", "patterns = 2", "connections = 1", "retention_age = \"36h\""] {
        assert!(printed.lines().any(|line| line == expected), "{expected} in {printed}");
    }
    fs::write(&file, &printed).unwrap();
    let file = file.to_str().unwrap();
    assert_eq!(run(&["serve", "--print-config"], &[("HINTWIRE_CONFIG", file)]).ok(), printed);
}

#[test]
fn a_setting_that_is_wrong_ends_with_code_2_and_says_what_to_write() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hub.toml");
    let path = file.to_str().unwrap();
    for (text, expected) in [
        ("streems = 1", "unknown field `streems`"),
        ("stream_age = \"1 year\"", "ms, s, m, h or d"),
        ("segment_bytes = 7", "64KiB to 1GiB"),
        ("not toml", "hub.toml"),
    ] {
        fs::write(&file, text).unwrap();
        run(&["serve", "--config", path], &[]).failed(2, &[expected]);
    }
    run(&["serve", "--config", "/nowhere.toml"], &[]).failed(2, &["/nowhere.toml", "No such file"]);
    run(&["serve", "--listen", "localhost"], &[]).failed(2, &["--listen"]);
    run(&["serve"], &[("HINTWIRE_DATA_BYTES", "1MB")]).failed(2, &["KiB, MiB"]);
    run(&["serve", "--log-level", "a=b=c"], &[]).failed(2, &["log_level: ", "info"]);
    run(&["serve", "--streams", "0"], &[]).failed(2, &["streams must be at least 1"]);
}

#[test]
fn what_cannot_be_typed_ends_with_code_2() {
    for (args, expected) in [
        (&["fetch"][..], "<TOPIC>"),
        (&["fetch", "a", "--from", "noon"], "2026-03-01T12:00:00Z, earliest or latest"),
        (&["fetch", "a", "--cursor", "x", "--from", "latest"], "cannot be used with"),
        (&["publish"], "--topic"),
        (&["publish", "--topic", "a", "--attribute", "x"], "KEY=VALUE"),
        (&["publish", "--jsonl", "-", "--topic", "a"], "cannot be used with"),
        (&["publish", "--topic", "a", "--deleted"], "--key"),
        (&["topics", "a", "--url", "localhost:7450"], "http://127.0.0.1:7450"),
        (&["levitate"], "levitate"),
    ] {
        run(args, &[]).failed(2, &[expected]);
    }
}

#[test]
fn help_states_the_exit_codes_and_every_shell_gets_its_completions() {
    assert!(run(&["--help"], &[]).ok().contains("3  the cursor cannot be used"));
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(run(&["completions", shell], &[]).ok().contains("snapshot"), "{shell}");
    }
}
