//! What is read, from where, and what is refused.

use super::*;
use domain::audit::LEAST_RETENTION;

fn file(text: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("xueshi-{}.toml", uuid::Uuid::now_v7()));
    std::fs::write(&path, text).unwrap();
    path
}

fn faults(said: &Said) -> Vec<String> {
    said.resolve().unwrap_err().to_string().lines().map(str::to_owned).collect()
}

#[test]
fn what_is_given_beats_the_file_and_the_file_beats_the_default() {
    let config = Some(file("workers = 3\nlog_format = \"json\"\nrun_worker = false\nkeys_dir = \"k\"\n"));
    let settings = Said { config, workers: Some("7".into()), ..Said::default() }.resolve().unwrap();
    assert_eq!((settings.workers, settings.log_format, settings.run_worker), (7, LogFormat::Json, false));
    assert_eq!(settings.keys_dir, Path::new("k"));
    assert_eq!(settings.database_url, "sqlite://xueshi.db");
}

#[test]
fn everything_wrong_is_told_at_once_with_its_place_and_what_is_allowed() {
    let text = "wokers = 3\n  workers = 0\nlisten = \"here\"\nmigrate = \"yes\"\ncolour = 1\n\
                database_url = [\"geheim\"]\nlog_format = \"xml\"\naudit_retention_days = 183\nlog_level = \"a://b:geheim@c\"\n";
    let path = file(text);
    let run_worker = Some("maybe".into());
    let told = faults(&Said { config: Some(path.clone()), run_worker, ..Said::default() });
    let at = |line: usize, column: usize| format!("settings file {}, line {line}, column {column}: ", path.display());
    let mut wanted = [
        at(1, 1) + "wokers: no setting has this name; did you mean workers?",
        at(2, 13) + "workers: found the number 0, expected a whole number above 0",
        at(3, 10) + "listen: found \"here\", expected an address with its port, such as 127.0.0.1:8080",
        at(4, 11) + "migrate: found the text \"yes\", expected true or false",
        at(5, 1) + "colour: no setting has this name; `xueshi serve --help` lists them",
        at(6, 16) + "database_url: found a list, expected a text",
        at(7, 14) + "log_format: found \"xml\", expected text or json",
        at(8, 24) + "audit_retention_days: found 183, expected a whole number from 184, six months, to 36500",
        at(9, 13)
            + "log_level: found a value that is not shown, as it may hold a password, expected off, error, warn, info, debug or \
               trace",
        "run_worker: found \"maybe\", expected true or false".to_owned(),
    ];
    let mut told: Vec<_> = told;
    told.sort();
    wanted.sort();
    assert_eq!(told, wanted);
}

#[test]
fn a_file_that_is_no_toml_or_no_file_says_so_beside_what_else_is_wrong() {
    let path = file("workers = \ndatabase_url = \"postgres://li:geheim@h/x\n\nlisten = \"127.0.0.1:0\"\n");
    let told = faults(&Said { config: Some(path.clone()), workers: Some("none".into()), ..Said::default() });
    let at = |line: usize, name: &str| {
        let starts = format!("settings file {}, line {line}, column ", path.display());
        told.iter().any(|fault| fault.starts_with(&starts) && fault.contains(&format!(": {name}: no valid TOML: ")))
    };
    assert!(at(1, "workers") && at(2, "database_url"), "{told:#?}");
    assert!(told.contains(&"workers: found \"none\", expected a whole number above 0".to_owned()), "{told:#?}");
    assert!(!told.concat().contains("geheim"), "{told:#?}");
    for (path, what) in [("/no/such/file", "there is no such file"), ("/", "it is a folder, expected a file")] {
        let told = faults(&Said { config: Some(path.into()), ..Said::default() });
        assert_eq!(told, [format!("settings file {path}: {what}")]);
    }
}

#[test]
fn no_setting_takes_an_empty_text() {
    // A key has no place in a file, whatever it is.
    for key in given::KEYS.iter().filter(|key| **key != "data_keys") {
        let told = faults(&Said { config: Some(file(&format!("{key} = \"\"\n"))), ..Said::default() });
        assert!(told.len() == 1 && told[0].contains(&format!(": {key}: found ")), "{key}: {told:?}");
    }
    // What a demo with an empty folder would fill is the database of `serve`.
    let nowhere = Said { demo_dir: Some("".into()), ..Said::default() };
    assert_eq!(nowhere.resolve_demo().unwrap_err().to_string(), "demo_dir: found \"\", expected a path, as a text");
}

#[test]
fn a_key_in_a_file_is_refused_once_whatever_it_is() {
    for value in ["5", "\"\"", "[1]", "\"{}\""] {
        let told = faults(&Said { config: Some(file(&format!("data_keys = {value}\n"))), ..Said::default() });
        assert!(told.len() == 1 && told[0].contains("keys are taken from data-keys.json"), "{value}: {told:?}");
    }
}

#[test]
fn a_limit_that_could_not_be_read_is_not_compared_with_the_other() {
    let limits = |body: &str, batch: Option<&str>| {
        let (body, batch) = (Some(body.into()), batch.map(Into::into));
        faults(&Said { body_limit_bytes: body, batch_body_limit_bytes: batch, ..Said::default() })
    };
    assert_eq!(limits("9000000", None), ["body_limit_bytes: found 9000000, expected batch_body_limit_bytes or less"]);
    assert_eq!(limits("9000000", Some("x")), ["batch_body_limit_bytes: found \"x\", expected a whole number above 0"]);
}

#[test]
fn the_audit_trail_is_kept_for_six_months_at_least() {
    let keep = |days| Given { audit_retention_days: Some(days), ..Given::default() }.resolve();
    assert_eq!(keep(184).unwrap().audit_retention, LEAST_RETENTION);
    let reason = keep(183).unwrap_err().to_string();
    assert!(reason.contains("audit_retention_days") && reason.contains("184"), "{reason}");
}

#[test]
fn who_looked_at_files_is_kept_for_six_months_at_least_and_answers_for_a_day_to_a_week() {
    let keep = |days| Given { access_retention_days: Some(days), ..Given::default() }.resolve();
    assert_eq!(keep(184).unwrap().access_retention, LEAST_RETENTION);
    let reason = keep(183).unwrap_err().to_string();
    assert!(reason.contains("access_retention_days") && reason.contains("184"), "{reason}");
    let keep = |hours| Given { repeats_retention_hours: Some(hours), ..Given::default() }.resolve();
    assert_eq!([24, 168].map(|hours| keep(hours).unwrap().repeats_retention.whole_hours()), [24, 168]);
    for hours in [23, 169] {
        let reason = keep(hours).unwrap_err().to_string();
        assert!(reason.contains("repeats_retention_hours") && reason.contains("168"), "{reason}");
    }
}

#[test]
fn pushes_leave_one_connection_in_four_to_readers() {
    let at_work = |connections| {
        let given = Given {
            database_url: Some("postgres://h/d".into()),
            database_connections: NonZeroU32::new(connections),
            ..Given::default()
        };
        given.resolve().unwrap().pushes.at_work
    };
    assert_eq!([at_work(1), at_work(2), at_work(3), at_work(4)], [1, 1, 2, 3]);
}

#[test]
fn a_database_of_another_kind_is_refused_without_showing_its_password() {
    let given = Given { database_url: Some("mysql://u:secret@h/d".into()), ..Given::default() };
    let reason = given.resolve().unwrap_err().to_string();
    assert!(reason.contains("database_url") && !reason.contains("secret"), "{reason}");
}

#[test]
fn hosts_of_the_own_net_are_names_and_keys_are_trusted_until_they_are_fetched_again() {
    let given = |hosts: &str, minutes, hours| {
        let (jwks_refresh_minutes, jwks_trusted_hours) = (NonZeroU32::new(minutes), NonZeroU32::new(hours));
        let jwks_allow_private_hosts = Some(hosts.to_owned());
        Given { jwks_allow_private_hosts, jwks_refresh_minutes, jwks_trusted_hours, ..Given::default() }.resolve()
    };
    let keys = given(" keys.hrss.example, 10.1.2.3,fd00::1", 60, 1).unwrap().key_fetching;
    assert_eq!(keys.private_hosts, ["keys.hrss.example", "10.1.2.3", "fd00::1"]);
    for (hosts, minutes, hours, name) in [
        ("a", 1441, 25, "jwks_refresh_minutes: found 1441, expected a whole number from 1 to 1440, a day"),
        ("a", 10, 8761, "jwks_trusted_hours: found 8761, expected a whole number from 1 to 8760, a year"),
        ("https://keys.example", 10, 24, "jwks_allow_private_hosts: "),
        ("keys.example:8443", 10, 24, "jwks_allow_private_hosts: "),
        ("*.example", 10, 24, "jwks_allow_private_hosts: "),
        ("keys.example,", 10, 24, "jwks_allow_private_hosts: "),
        ("a", 61, 1, "jwks_trusted_hours: found 1, expected no less time than jwks_refresh_minutes"),
    ] {
        let told = given(hosts, minutes, hours).unwrap_err().to_string();
        assert!(told.starts_with(name), "{told}");
    }
}

#[test]
fn nothing_is_kept_for_longer_than_the_calendar_reaches_back() {
    let given = |days: u32| Given {
        audit_retention_days: Some(days),
        access_retention_days: Some(days),
        held_retention_days: NonZeroU32::new(days),
        changes_retention_days: NonZeroU32::new(days),
        ..Given::default()
    };
    assert!(given(36_500).resolve().is_ok());
    for days in [36_501, u32::MAX] {
        let told = given(days).resolve().unwrap_err().to_string();
        for (name, least) in
            [("audit", "184, six months,"), ("access", "184, six months,"), ("held", "1"), ("changes", "1")]
        {
            let wanted = format!("{name}_retention_days: found {days}, expected a whole number from {least} to 36500");
            assert!(told.contains(&wanted), "{wanted}: {told}");
        }
    }
}
