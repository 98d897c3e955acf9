//! The command line as operators use it: where settings come from, and what is refused.

use serde_json::json;
use std::{
    fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Command, Output, Stdio},
};
use tests::{App, Backend};

mod data_keys;

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("xueshi-cli-{}", uuid::Uuid::now_v7()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_node"));
        command.current_dir(&self.0).args(arguments).envs(environment.iter().copied());
        command.output().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_flag_beats_the_environment_the_environment_the_file_and_the_file_the_default() {
    let folder = Folder::new();
    fs::write(folder.0.join("settings.toml"), "keys_dir = \"by-file\"\n").unwrap();
    let token = ["token", "--create-keys", "--as", "security_administrator", "--id", "root"];
    let with = |more: &[&'static str]| [&token, more].concat();
    let file = ["--config", "settings.toml"];
    let environment = [("XUESHI_KEYS_DIR", "by-environment")];
    let flag = ["--config", "settings.toml", "--keys-dir", "by-flag"];
    for (arguments, environment, wanted) in [
        (with(&flag), &environment[..], "by-flag"),
        (with(&file), &environment[..], "by-environment"),
        (with(&file), &[], "by-file"),
        (with(&[]), &[("XUESHI_CONFIG", "settings.toml")], "by-file"),
        (with(&[]), &[], "xueshi-data/keys"),
    ] {
        let output = folder.run(&arguments, environment);
        assert!(output.status.success(), "{}", said(&output));
        let key = folder.0.join(wanted).join("service-key.pem");
        assert!(key.exists(), "{wanted}");
        fs::remove_file(key).unwrap();
    }
}

#[test]
fn a_bad_setting_is_refused_with_where_it_was_given() {
    let folder = Folder::new();
    fs::write(folder.0.join("settings.toml"), "listen = \"127.0.0.1:0\"\nwokers = 2\n").unwrap();
    fs::write(folder.0.join("values.toml"), "token_issuer = \"\"\nworkers = 2000\n").unwrap();
    fs::write(folder.0.join("broken.toml"), "workers = 2\ndatabase_url = \"postgres://li:geheim@h/x\n").unwrap();
    let levels = "log_level: found \"loud\", expected off, error, warn, info, debug or trace";
    for (arguments, environment, wanted) in [
        (
            &["serve", "--workers", "none"][..],
            &[][..],
            &["--workers: workers: found \"none\", expected a whole number above 0"][..],
        ),
        (&["serve"], &[("XUESHI_WORKERS", "none")], &["environment variable XUESHI_WORKERS: workers: found \"none\""]),
        (&["serve"], &[("XUESHI_LOG_FORMAT", "xml")], &["XUESHI_LOG_FORMAT", "\"xml\", expected text or json"]),
        (
            &["serve", "--config", "settings.toml"],
            &[],
            &["settings.toml, line 2, column 1: wokers: no setting has this name; did you mean workers?"],
        ),
        (&["serve", "--config", "nowhere.toml"], &[], &["nowhere.toml: there is no such file"]),
        (&["serve", "--log-level", "loud"], &[], &["--log-level: ", levels]),
        (&["serve"], &[("XUESHI_LOG_LEVEL", "loud")], &["XUESHI_LOG_LEVEL: ", levels]),
        (&["serve", "--create-keys=maybe"], &[], &["--create-keys: ", "found \"maybe\", expected true or false"]),
        (&["serve"], &[("DATABASE_URL", "mysql://h:geheim@d")], &["DATABASE_URL: database_url: ", "sqlite://"]),
        (&["serve", "--database-url", "mysql://h:geheim@d"], &[], &["--database-url: database_url: ", "sqlite://"]),
        (&["serve"], &[("XUESHI_LISTEN", "postgres://h:geheim@d")], &["XUESHI_LISTEN: listen: ", "127.0.0.1:8080"]),
        // All at once, whatever said it.
        (
            &["serve", "--config", "values.toml", "--body-limit-bytes", "9000000", "--listen", "here"],
            &[("DATABASE_URL", "mysql://h/d"), ("XUESHI_DATABASE_WAIT_SECONDS", "0")],
            &[
                "DATABASE_URL: database_url: ",
                "XUESHI_DATABASE_WAIT_SECONDS: database_wait_seconds: found \"0\", expected a whole number from 1",
                "--listen: listen: found \"here\", expected an address with its port, such as 127.0.0.1:8080",
                "values.toml, line 1, column 16: token_issuer: found nothing, expected a name",
                "values.toml, line 2, column 11: workers: found 2000, expected a whole number from 1 to 1024",
                "--body-limit-bytes: body_limit_bytes: found 9000000, expected batch_body_limit_bytes or less",
            ],
        ),
        (&["serve"], &[], &["data-keys.json", "--create-keys"]),
        (&["serve", "--config", "broken.toml"], &[], &["broken.toml, line 2", "database_url: no valid TOML"]),
        (&["serve", "--wokers", "2"], &[], &["--wokers", "--workers"]),
        (&["keys", "rotate", "--after-minutes", "soon"], &[], &["expected a whole number from 0 to 525600"]),
    ] {
        let output = folder.run(arguments, environment);
        assert!(!output.status.success());
        for part in wanted {
            assert!(said(&output).contains(part), "{part}: {}", said(&output));
        }
        assert!(!said(&output).contains("geheim"), "{}", said(&output));
    }
}

#[test]
fn the_demo_never_fills_the_database_that_the_environment_names() {
    let folder = Folder::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    // It fails on its address after the settings were read: what it names would be made by then.
    let environment = [("DATABASE_URL", "mysql://people"), ("XUESHI_KEYS_DIR", "keys-of-serve")];
    let output = folder.run(&["demo", "--demo-dir", "demo", "--listen", &address], &environment);
    assert!(said(&output).contains("cannot listen on"), "{}", said(&output));
    let typed = folder.run(&["demo", "--database-url", "mysql://people", "--listen", &address], &environment);
    assert!(said(&typed).contains("--database-url: database_url"), "{}", said(&typed));
}

#[test]
fn keys_that_are_not_those_of_the_database_are_refused() {
    let folder = Folder::new();
    let database = "sqlite://people.db";
    let migrate = folder.run(&["migrate", "--database-url", database], &[]);
    assert!(migrate.status.success(), "{}", said(&migrate));
    let store = store::Store::connect(
        &format!("sqlite://{}", folder.0.join("people.db").display()),
        &store::StoreOptions::default(),
    )
    .unwrap();
    let own = store::key_proofs::OwnKeys {
        proofs: [("data-1".to_owned(), "that of another key".to_owned())].into(),
        newest: ("data-1".to_owned(), None),
    };
    let wrong = store.write_blocking(move |db| store::key_proofs::check_keys(db, &own, tests::NOON)).unwrap();
    assert_eq!(wrong, store::key_proofs::WrongKeys::default(), "kept at the first sight");
    drop(store);
    let output = folder.run(&["serve", "--create-keys", "--database-url", database, "--listen", "127.0.0.1:0"], &[]);
    assert!(!output.status.success());
    assert!(
        said(&output).contains("does not belong to this database") && said(&output).contains("data-1"),
        "{}",
        said(&output)
    );
}

#[test]
fn a_start_that_fails_on_its_keys_or_its_address_leaves_no_database() {
    let folder = Folder::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (arguments, wanted) in [
        (&["serve", "--listen", "127.0.0.1:0"][..], "data-keys.json"),
        (&["serve", "--create-keys", "--listen", &address], "cannot listen on"),
        (&["demo", "--demo-dir", "demo", "--listen", &address], "cannot listen on"),
    ] {
        let output = folder.run(arguments, &[]);
        assert!(!output.status.success() && said(&output).contains(wanted), "{arguments:?}: {}", said(&output));
        for database in ["xueshi.db", "demo/xueshi.db"] {
            assert!(!folder.0.join(database).exists(), "{arguments:?}: {database}");
        }
    }
}

#[test]
fn a_service_that_is_told_no_database_makes_one_in_its_working_directory() {
    let folder = Folder::new();
    let mut service = Command::new(env!("CARGO_BIN_EXE_node"))
        .current_dir(&folder.0)
        .env_remove("DATABASE_URL")
        .args(["serve", "--create-keys", "--listen", "127.0.0.1:0"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(service.stderr.take().unwrap()).lines().map_while(Result::ok);
    let listens = said.into_iter().any(|line| line.contains(" listening "));
    let made = folder.0.join("xueshi.db").exists();
    service.kill().unwrap();
    service.wait().unwrap();
    assert!(listens && made, "listens: {listens}, made: {made}");
}

#[test]
fn a_token_is_made_for_places_that_exist_only() {
    let folder = Folder::new();
    let token =
        |place: &str| folder.run(&["token", "--create-keys", "--as", "officer", "--id", "li", "--place", place], &[]);
    assert!(token("610000").status.success());
    let refused = token("999999");
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.stdout.is_empty());
    assert!(said(&refused).contains("999999") && said(&refused).contains("administration tree"), "{}", said(&refused));
}

#[test]
fn a_token_that_cannot_be_made_is_refused_with_all_that_is_wrong_in_plain_words() {
    let folder = Folder::new();
    let base = "0190d3f0-0000-7000-8000-000000000001";
    for (arguments, wanted) in [
        (
            &["officer", "--id", "", "--place", "Xi'an", "--base", base][..],
            &[
                "--id: found \"\", expected a name of 1 to 100 characters",
                "--place: found \"Xi'an\", expected the code of a place, such as 610000",
                "--base: found \"0190d3f0-0000-7000-8000-000000000001\", expected none: officer answers for no base",
            ][..],
        ),
        (
            &["sector_authority", "--id", "li"],
            &["--place: found nothing, expected the code", "--series: found nothing, expected the name of a series"],
        ),
        (
            &["officer", "--id", " ", "--place", "610000"],
            &["--id: found \" \", expected a name of 1 to 100 characters"],
        ),
        (
            &["sector_authority", "--id", "li", "--place", "610000", "--series", "accounting"],
            &["--series: found \"accounting\", expected the name of a series as the notices have it, such as 会计"],
        ),
        (
            &["officer", "--id", "610928199001010009", "--place", "610000"],
            &["--id: holds the number of an identity card"],
        ),
        (&["learner", "--id", "li"], &["--id: found \"li\", expected a UUID, such as "]),
        (&["employer_administrator", "--id", "li", "--employer", "x"], &["--employer: found \"x\", expected a UUID, "]),
        (&["officer", "--id", "li", "--place", "610000", "--days", "0"], &["expected a whole number from 1 to 31"]),
        (&["officer", "--id", "li", "--place", "610000", "--days", "32"], &["expected a whole number from 1 to 31"]),
        (&["officer", "--id", "li", "--place", "610000"], &["service-key.pem: there is no such file; `--create-keys`"]),
        (
            &["officer", "--id", "li", "--place", "999999"],
            &["--place: found \"999999\", expected the code of a place: no"],
        ),
        (&["off", "--id", "li"], &["'off'", "officer"]),
    ] {
        let output = folder.run(&[&["token", "--as"], arguments].concat(), &[]);
        assert!(!output.status.success() && output.stdout.is_empty(), "{arguments:?}");
        let said = said(&output);
        for part in wanted {
            assert!(said.contains(part), "{part}: {said}");
        }
        for library in ["invalid character", "invalid digit", "os error", "is not in"] {
            assert!(!said.contains(library), "{said}");
        }
    }
}

#[test]
fn a_token_is_made_for_a_place_that_only_the_database_has() {
    let app = App::start(Backend::Sqlite);
    let zone = json!({ "code": "610100-example", "name": "示例新区", "parent": "610100", "level": "zone" });
    let _ = app.as_system_administrator().post("/v1/places", &zone).expect(201);
    let (url, keys) = (format!("sqlite://{}/xueshi.db", app.folder().display()), app.folder().join("keys"));
    let folder = Folder::new();
    let token = |place: &str, url: &str| {
        let arguments = ["token", "--as", "officer", "--id", "li", "--place", place, "--keys-dir"];
        folder.run(&[&arguments[..], &[keys.to_str().unwrap()]].concat(), &[("DATABASE_URL", url)])
    };
    let made = token("610100-example", &url);
    assert!(made.status.success(), "{}", said(&made));
    let officer = app.as_nobody().bearing(String::from_utf8(made.stdout).unwrap().trim());
    // The clock of the test stands years before the token was made, so only that it was made can be seen here.
    assert!(officer.token().is_some_and(|token| token.split('.').count() == 3));
    assert!(!token("610100-other", &url).status.success());
    for nowhere in ["sqlite://missing.db", "postgres://nobody@127.0.0.1:1/none"] {
        let refused = token("610100-example", nowhere);
        assert!(!refused.status.success() && said(&refused).contains("610100-example"), "{}", said(&refused));
        assert!(token("610000", nowhere).status.success());
    }
    assert!(!folder.0.join("missing.db").exists());
}

#[test]
fn every_setting_is_listed_by_help() {
    let folder = Folder::new();
    let help = String::from_utf8(folder.run(&["serve", "--help"], &[]).stdout).unwrap();
    for name in ["DATABASE_URL", "XUESHI_CONFIG", "XUESHI_LISTEN", "XUESHI_KEYS_DIR", "XUESHI_SHUTDOWN_TIMEOUT_SECONDS"]
    {
        assert!(help.contains(name), "{name}: {help}");
    }
}

#[test]
fn a_rule_file_is_checked_with_its_situations_and_faults_fail_the_command() {
    let folder = Folder::new();
    let check = |files: &[&str]| {
        let output = folder.run(&[&["policy", "check"], files].concat(), &[]);
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let national = &policies::FILES[0];
    fs::write(folder.0.join("2015.toml"), national.rules).unwrap();
    fs::write(folder.0.join("2015.situations.toml"), national.situations).unwrap();
    let (code, report) = check(&["2015.toml", "2015.situations.toml"]);
    assert_eq!(code, Some(0), "{report}");
    assert!(report.contains("2015.toml: clean") && report.contains(" situations"), "{report}");

    let faulty = national.rules.replacen("format = 1", "format = 1\ncolour = \"red\"\nshape = 1", 1);
    fs::write(folder.0.join("faulty.toml"), &faulty).unwrap();
    let line = 1 + faulty.lines().position(|line| line.starts_with("colour")).unwrap();
    let (code, report) = check(&["2015.toml", "faulty.toml"]);
    assert_eq!(code, Some(1), "{report}");
    assert!(report.contains(&format!("faulty.toml:{line}:1: colour: unknown key; ")), "{report}");
    assert!(report.contains(&format!("faulty.toml:{}:1: shape: unknown key; ", line + 1)), "{report}");

    let other = national.situations.replacen("verdict = \"met\"", "verdict = \"unmet\"", 1);
    fs::write(folder.0.join("2015.situations.toml"), other).unwrap();
    let (code, report) = check(&["2015.toml"]);
    assert_eq!(code, Some(1), "{report}");
    assert!(report.contains("expected unmet, found met") && report.contains("2015.toml: NOT clean"), "{report}");
}

#[test]
fn a_rule_file_without_situations_passes_only_where_that_is_said() {
    let folder = Folder::new();
    fs::write(folder.0.join("2015.toml"), policies::FILES[0].rules).unwrap();
    for (situations, name) in [(None, "none"), (Some(""), "an empty file")] {
        situations.inspect(|text| fs::write(folder.0.join("2015.situations.toml"), text).unwrap());
        let refused = folder.run(&["policy", "check", "2015.toml"], &[]);
        let report = String::from_utf8(refused.stdout).unwrap();
        assert_eq!(refused.status.code(), Some(1), "{name}: {report}");
        assert!(report.contains("2015.toml: NOT clean\n  no situations found"), "{name}: {report}");
        let allowed = folder.run(&["policy", "check", "--without-situations", "2015.toml"], &[]);
        let report = String::from_utf8(allowed.stdout).unwrap();
        assert_eq!(allowed.status.code(), Some(0), "{name}: {report}");
        assert!(report.contains("2015.toml: clean\n  no situations found"), "{name}: {report}");
    }
}

#[test]
fn a_rule_file_for_a_place_that_does_not_exist_is_a_fault_of_its_line() {
    let folder = Folder::new();
    let elsewhere = policies::FILES[0].rules.replacen("place = \"000000\"", "place = \"999999\"", 1);
    let line = 1 + elsewhere.lines().position(|line| line == "place = \"999999\"").unwrap();
    fs::write(folder.0.join("2015.toml"), elsewhere).unwrap();
    for situations in [None, Some(policies::FILES[0].situations)] {
        situations.inspect(|text| fs::write(folder.0.join("2015.situations.toml"), text).unwrap());
        let refused = folder.run(&["policy", "check", "--without-situations", "2015.toml"], &[]);
        let report = String::from_utf8(refused.stdout).unwrap();
        assert_eq!(refused.status.code(), Some(1), "{report}");
        assert!(report.contains(&format!("2015.toml:{line}:9: policy.place: \"999999\" is no place")), "{report}");
    }
}

#[test]
fn the_checks_that_a_rule_file_leaves_out_are_remarked_on_and_no_fault() {
    let folder = Folder::new();
    let check = |rules: &str| {
        fs::write(folder.0.join("2015.toml"), rules).unwrap();
        let output = folder.run(&["policy", "check", "--without-situations", "2015.toml"], &[]);
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stdout).unwrap()
    };
    let rules = policies::FILES[0].rules;
    assert!(!check(rules).contains("remark"));
    let (start, end) = ("[[check]]\nwhat = \"in_the_future\"", "[[check]]\nwhat = \"before_the_course\"");
    let (start, end) = (rules.find(start).unwrap(), rules.find(end).unwrap());
    let report = check(&(rules[..start].to_owned() + &rules[end..]));
    assert!(report.ends_with("  remark: no [[check]] looks for in_the_future: such study counts\n"), "{report}");
}

#[test]
fn the_worked_example_of_the_page_on_rules_says_what_the_program_says() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/POLICY.md")).unwrap();
    let block = |mark: &str, fence: &str| {
        let (_, rest) = page.split_once(&format!("<!-- {mark} -->\n```{fence}\n")).expect(mark);
        rest.split_once("```\n").unwrap().0.to_owned()
    };
    let (folder, file) = (Folder::new(), "crates/policies/rules/341881-ningguo/2021.toml");
    assert!(page.contains(&format!("cargo run -q -- policy check {file}\n")));
    let rules = folder.0.join(file);
    fs::create_dir_all(rules.parent().unwrap()).unwrap();
    let (rule_text, all) = (block("example: rules", "toml"), block("example: situations", "toml"));
    let (fifth, _) = all.match_indices("[[situation]]").nth(4).unwrap();
    for (mark, rule_text, situations) in [
        ("output: nothing yet", "", None),
        ("output: rules alone", rule_text.as_str(), None),
        ("output: all situations", &rule_text, Some(all.as_str())),
        ("output: four situations", &rule_text, Some(&all[..fifth])),
    ] {
        fs::write(&rules, rule_text).unwrap();
        situations.inspect(|text| fs::write(rules.with_extension("situations.toml"), text).unwrap());
        let output = folder.run(&["policy", "check", file], &[]);
        let printed = String::from_utf8(output.stdout.clone()).unwrap() + &said(&output);
        assert_eq!(printed, block(mark, ""), "{mark}");
    }
}
