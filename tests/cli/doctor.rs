//! What `hintwire doctor` says of installations that are well, and of some that are not.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;

use super::run::{Ended, Hub, hintwire};

/// Its report on a directory, with more flags.
fn report(data: &Path, flags: &[&str]) -> Report {
    let mut command = hintwire(&["doctor", "--json", "--data"]);
    Report(Ended::of(command.arg(data).args(flags).output().unwrap()))
}

struct Report(Ended);

impl Report {
    /// The finding of a check.
    #[track_caller]
    fn of(&self, check: &str) -> Value {
        let lines = self.0.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let found = lines.filter(|line| line["check"] == check).collect::<Vec<_>>();
        assert_eq!(found.len(), 1, "{check}: {:?}", self.0);
        found[0].clone()
    }

    #[track_caller]
    fn says(&self, check: &str, verdict: &str, words: &[&str]) {
        let line = self.of(check);
        assert_eq!(line["verdict"], verdict, "{line}");
        for word in words {
            assert!(line.to_string().contains(word), "no `{word}` in {line}");
        }
    }
}

/// A directory in which a hub has been.
fn used() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::start(&folder.path().join("data"));
    hub.publish_lines("{\"topic\":\"a\",\"data\":1}\n{\"topic\":\"a\",\"data\":2}\n");
    assert_eq!(hub.stop(), Some(0));
    folder
}

#[test]
fn a_directory_that_a_hub_made_is_well_and_stays_as_it_is() {
    let folder = used();
    let data = folder.path().join("data");
    let names = || {
        let mut names: Vec<_> =
            fs::read_dir(&data).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = names();
    let report = report(&data, &[]);
    assert_eq!((report.0.code, names()), (Some(0), before), "{:?}", report.0);
    report.says("configuration", "ok", &["valid; set: data"]);
    report.says("data", "ok", &["mode 700"]);
    report.says("backlog", "ok", &["whole as far as a start looks; segments: 1"]);
    report.says("clock", "ok", &["even"]);
    assert!(report.of("sync")["found"].as_str().unwrap().contains("of 100"));
    report.of("space");
    report.of("files");
}

#[test]
fn what_is_said_to_people_is_a_line_for_each_check() {
    let folder = used();
    let mut command = hintwire(&["doctor", "--data"]);
    let said = Ended::of(command.arg(folder.path().join("data")).output().unwrap()).ok();
    let starts = ["ok    ", "warn  "];
    assert!(said.lines().count() >= 6, "{said}");
    assert!(said.lines().all(|line| starts.iter().any(|start| line.starts_with(start))), "{said}");
    assert!(said.contains("ok    backlog: whole"), "{said}");
}

#[test]
fn a_running_hub_is_left_alone() {
    let folder = used();
    let data = folder.path().join("data");
    let hub = Hub::start(&data);
    report(&data, &[]).says("backlog", "ok", &["a hub has it open", "hintwire hub"]);
    hub.run(&["publish", "--topic", "a", "--data", "on it goes"]).ok();
}

#[test]
fn nothing_is_made_where_there_is_nothing_yet() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("some/where");
    let report = report(&data, &[]);
    report.says("data", "ok", &["serve` creates it"]);
    assert_eq!(report.0.code, Some(0));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_configuration_that_serve_refuses_is_all_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hub.toml");
    fs::write(&file, "retention_age = '7d'\nstreems = 5\n").unwrap();
    let report = report(folder.path(), &["--config", file.to_str().unwrap()]);
    report.says("configuration", "fail", &["hub.toml", "line 2", "streems"]);
    assert_eq!(report.0.out.lines().count(), 1);
    report.0.failed(1, &["1 check failed"]);
}

#[test]
fn damage_that_a_start_refuses_is_found() {
    let folder = used();
    let data = folder.path().join("data");
    fs::remove_file(data.join("00000001.log")).unwrap();
    let report = report(&data, &[]);
    report.says("backlog", "fail", &["00000001.log", "missing", "does not start"]);
    report.0.failed(1, &["1 check failed"]);
}

#[test]
fn a_directory_that_others_may_read_is_warned_of() {
    let folder = used();
    let data = folder.path().join("data");
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
    let report = report(&data, &[]);
    report.says("data", "warn", &["others may look into it", "chmod o-rwx"]);
    assert_eq!(report.0.code, Some(0));
}

#[test]
fn what_is_no_directory_of_a_backlog_fails() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("letter.txt"), "dear").unwrap();
    report(folder.path(), &[]).says("backlog", "fail", &["something else"]);
    let file = folder.path().join("letter.txt");
    report(&file, &[]).says("data", "fail", &["no directory"]);
}

#[test]
fn too_little_room_is_warned_of_and_none_fails() {
    let folder = used();
    let data = folder.path().join("data");
    let report_of = |flags: &[&str]| report(&data, flags);
    report_of(&["--retention-bytes", "1000000TiB"]).says("space", "warn", &["retention_bytes"]);
    report_of(&["--reserve-bytes", "1000000TiB"]).says("space", "fail", &["events are refused"]);
    let small = ["--retention-bytes", "64KiB", "--segment-bytes", "64KiB", "--reserve-bytes", "0"];
    report_of(&small).says("space", "ok", &["the backlog may take"]);
}

#[test]
fn open_files_are_held_against_what_may_be_needed() {
    let folder = used();
    let data = folder.path().join("data");
    report(&data, &["--connections", "1000000000000"]).says(
        "files",
        "warn",
        &["connections", "LimitNOFILE"],
    );
    let segments = ["--retention-bytes", "64TiB", "--segment-bytes", "64KiB"];
    report(&data, &segments).says("files", "fail", &["LimitNOFILE"]);
    report(&data, &["--connections", "1"]).says("files", "ok", &["hard limit"]);
}

const POLICY: &str = "
[[rule]]
principals = ['token:*']
allow = { read = ['tenants/{sub}/**', 'public/*'] }
[[rule]]
claims = { role = 'ops' }
allow = { admin = true, publish = ['**'] }
deny = { read = ['tenants/*/private/**'] }
";

/// The answer to a question about that policy: its exit code, and what it said.
fn may(question: &[&str]) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.toml");
    fs::write(&policy, POLICY).unwrap();
    let mut command = hintwire(&["doctor", "may"]);
    let ended = Ended::of(command.args(question).arg("--policy").arg(policy).output().unwrap());
    (ended.code, ended.out + &ended.err)
}

#[test]
fn a_policy_question_is_answered_with_the_rule_that_decides() {
    for (question, code, words) in [
        (&["token:a", "read", "tenants/a/**"][..], 0, "yes: rule 1 allows it"),
        (
            &["token:a", "read", "tenants/b/x"],
            1,
            "what is allowed: tenants/a/** (rule 1), public/*",
        ),
        (&["token:a", "read", "**"], 1, "no rule allows it"),
        (&["token:a", "read", "tenants/b/x", "--claim", "sub=b"], 0, "rule 1"),
        (
            &["token:a", "read", "tenants/a/private/x", "--claim", "role=ops"],
            1,
            "no: rule 2 denies it",
        ),
        (&["token:a", "publish", "x", "--claim", "role=dev", "--claim", "role=ops"], 0, "rule 2"),
        (&["x:a", "admin", "--claim", "role=ops"], 0, "rule 2"),
        (&["anonymous", "admin"], 1, "no rule allows it"),
        (&["token:a", "read", "a//b"], 2, "empty segment"),
        (&["token:a", "read"], 2, "PATTERN"),
    ] {
        let (ended, said) = may(question);
        assert!(ended == Some(code) && said.contains(words), "{question:?}: {ended:?} {said}");
    }
    let (_, said) = may(&["token:a", "read", "public/x", "--json"]);
    assert_eq!(said, "{\"may\":true,\"why\":\"allowed\",\"rule\":1}\n");
}

/// A certificate that ends in a certain year, and its key, in files of a folder.
fn certificate(folder: &Path, name: &str, ends: i32) -> [String; 2] {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(vec!["hub.example".to_owned()]).unwrap();
    params.not_after = rcgen::date_time_ymd(ends, 1, 1);
    let own = params.self_signed(&key).unwrap();
    [("pem", own.pem()), ("key", key.serialize_pem())].map(|(ending, text)| {
        let path = folder.join(format!("{name}.{ending}"));
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    })
}

#[test]
fn certificates_that_have_ended_or_are_not_of_their_key_fail() {
    let folder = tempfile::tempdir().unwrap();
    let [good, key] = certificate(folder.path(), "good", 2999);
    let [old, old_key] = certificate(folder.path(), "old", 2001);
    let report_of = |certificate: &str, key: &str| {
        report(&folder.path().join("data"), &["--tls-certificate", certificate, "--tls-key", key])
    };
    let well = report_of(&good, &key);
    well.says("trust", "ok", &["in order: TLS"]);
    well.says("certificates", "ok", &["good.pem"]);
    report_of(&old, &old_key).says("certificates", "fail", &["old.pem ended", "days ago"]);
    report_of(&good, &old_key).says("trust", "fail", &["good.pem", "does not start"]);
    report_of(&good, "/nowhere.key").says("trust", "fail", &["/nowhere.key"]);
}

#[test]
fn files_of_tokens_and_rules_that_do_not_parse_fail() {
    let folder = tempfile::tempdir().unwrap();
    let (auth, policy) = (folder.path().join("auth.toml"), folder.path().join("policy.toml"));
    fs::write(&auth, "[[tokens]]").unwrap();
    fs::write(&policy, POLICY).unwrap();
    let [auth_flag, policy_flag] = [&auth, &policy].map(|path| path.to_str().unwrap());
    let examine =
        || report(&folder.path().join("data"), &["--auth", auth_flag, "--policy", policy_flag]);
    examine().says("trust", "fail", &["auth.toml", "line 1"]);
    fs::write(&auth, "").unwrap();
    examine().says("trust", "ok", &["auth, policy"]);
    fs::write(&policy, "[[rule]]\nallow = {}").unwrap();
    examine().says("trust", "fail", &["policy.toml", "rule 1"]);
}
