//! The data keys come from a file or from the environment, from nowhere else, and are told nobody.

use super::{Folder, said};
use serde_json::json;
use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};
use tests::{App, Backend};

const VARIABLE: &str = "XUESHI_DATA_KEYS";

#[test]
fn data_keys_come_from_a_file_or_from_the_environment_and_are_told_nobody() {
    for backend in Backend::at_hand() {
        let app = App::start(backend);
        let keys = app.folder().join("keys");
        let (folder, file) = (keys.to_str().unwrap(), keys.join("data-keys.json"));
        let text = fs::read_to_string(&file).unwrap();
        fs::remove_file(&file).unwrap();
        let node = env!("CARGO_BIN_EXE_node");
        let run = |arguments: &[&str], keys: Option<&str>| {
            app.command_with(node, arguments, &keys.map(|keys| (VARIABLE, keys)).into_iter().collect::<Vec<_>>())
        };
        let status = ["keys", "status", "--keys-dir", folder];
        assert!(!run(&status, None).status.success(), "no keys at all");
        let output = run(&status, Some(&text));
        assert!(output.status.success(), "{}", said(&output));
        assert!(String::from_utf8_lossy(&output.stdout).contains("data-1"));
        let added = run(&["keys", "rotate", "--data"], Some(&text));
        assert!(!added.status.success() && said(&added).contains(VARIABLE), "{}", said(&added));
        // A text of the wrong form is not quoted: what stands where something else should may be a key.
        for wrong in [json!({ "format": 1, "data_keys": "c2VjcmV0" }).to_string(), "c2VjcmV0".to_owned()] {
            let output = run(&status, Some(&wrong));
            let said = said(&output);
            assert!(!output.status.success() && said.contains(VARIABLE) && said.contains("column"), "{said}");
            assert!(!said.contains("c2VjcmV0"), "{said}");
        }
        // Of the data keys is told also where there are no service keys.
        let nowhere = run(&["keys", "status", "--keys-dir", "nowhere"], Some(&text));
        assert!(!nowhere.status.success() && said(&nowhere).contains("service-key"), "{}", said(&nowhere));
        assert!(String::from_utf8_lossy(&nowhere.stdout).contains("data-1"));
    }
}

#[test]
fn a_service_serves_with_data_keys_of_the_environment_and_names_it_where_they_are_wrong() {
    let app = App::start(Backend::Sqlite);
    let (keys, folder) = (app.folder().join("keys"), Folder::new());
    let text = fs::read_to_string(keys.join("data-keys.json")).unwrap();
    fs::create_dir(folder.0.join("keys")).unwrap();
    fs::copy(keys.join("service-key.pem"), folder.0.join("keys/service-key.pem")).unwrap();
    let arguments = ["serve", "--keys-dir", "keys", "--listen", "127.0.0.1:0"];
    let wrong = folder.run(&arguments, &[(VARIABLE, "c2VjcmV0")]);
    let told = said(&wrong);
    assert!(!wrong.status.success() && told.contains("data keys of XUESHI_DATA_KEYS: "), "{told}");
    assert!(!told.contains("c2VjcmV0") && !told.contains("--create-keys"), "{told}");
    let mut service = Command::new(env!("CARGO_BIN_EXE_node"))
        .current_dir(&folder.0)
        .env(VARIABLE, &text)
        .env_remove("DATABASE_URL")
        .args(arguments)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(service.stderr.take().unwrap()).lines().map_while(Result::ok);
    let listens = lines.into_iter().any(|line| line.contains(" listening "));
    service.kill().unwrap();
    service.wait().unwrap();
    assert!(listens && !folder.0.join("keys/data-keys.json").exists());
}

#[test]
fn data_keys_are_refused_where_others_may_read_them() {
    let folder = Folder::new();
    fs::write(folder.0.join("settings.toml"), "data_keys = \"c2VjcmV0\"\n").unwrap();
    for (arguments, wanted) in [
        (&["serve", "--data-keys", "c2VjcmV0"][..], "--data-keys: data_keys: keys are taken from "),
        (&["serve", "--config", "settings.toml"], "settings.toml, line 1, column 13: data_keys: keys are taken from "),
    ] {
        for environment in [&[][..], &[(VARIABLE, "of the environment")], &[(VARIABLE, "c2VjcmV0")]] {
            let told = folder.run(arguments, environment);
            assert!(!told.status.success() && said(&told).contains(wanted), "{}", said(&told));
            assert!(!said(&told).contains("c2VjcmV0"), "{}", said(&told));
        }
    }
}
