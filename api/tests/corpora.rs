//! Whatever a fuzzer found worth keeping is tried again (`tests/fuzz/corpus`, one folder a target).

use std::{fs, path::Path};
use xueshi::fuzzing;

#[expect(clippy::unwrap_used, reason = "a test without its corpus should fail loudly")]
fn replay(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/corpus").join(target);
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 10, "{} has {} inputs", folder.display(), files.len());
    for file in files {
        let bytes = fs::read(&file).unwrap();
        assert!(std::panic::catch_unwind(|| run(&bytes)).is_ok(), "{}", file.display());
    }
}

#[test]
fn batch_bodies() {
    replay("batch_body", fuzzing::batch_body);
}

#[test]
fn bodies_of_lines() {
    replay("lines", fuzzing::lines);
}

#[test]
fn tables() {
    replay("table", fuzzing::table);
}

#[test]
fn tokens() {
    replay("token", fuzzing::token);
    // The claims that the others vary are good ones, so that what they reach is more than the first check.
    let claims = fuzzing::good_claims();
    assert!(fuzzing::is_taken(&claims));
}

#[test]
fn tokens_of_portals() {
    replay("foreign_token", fuzzing::foreign_token);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/corpus/foreign_token");
    for name in ["learner-by-id", "learner-by-document", "official"] {
        assert!(fs::read(folder.join(name)).is_ok_and(|claims| fuzzing::is_taken_from_a_portal(&claims)), "{name}");
    }
}

#[test]
fn identity_numbers() {
    replay("identity_number", fuzzing::identity_number);
}

#[test]
fn rule_files() {
    replay("rule_file", fuzzing::rule_file);
}
