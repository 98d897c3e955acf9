//! What a service for production refuses to start with.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Output, Stdio},
};
use tests::{App, Backend};
use xueshi::production::Mode;

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_node")).current_dir(folder).args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The keys of a demo that was started in a folder and killed.
fn run_demo(folder: &Path) {
    let mut demo = Command::new(env!("CARGO_BIN_EXE_node"))
        .current_dir(folder)
        .args(["demo", "--demo-dir", "demo", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.starts_with("Xueshi serves at")));
    demo.kill().unwrap();
    demo.wait().unwrap();
}

#[test]
fn production_starts_on_a_database_of_this_machine_with_keys_of_its_own() {
    for backend in Backend::at_hand() {
        let app = App::set(backend, |settings| {
            (settings.mode, settings.requests_a_minute) = (Mode::Production, 12_000);
        });
        let _ = app.as_nobody().get("/readyz").expect(200);
    }
}

#[test]
fn production_refuses_everything_unsafe_at_once() {
    let app = App::start(Backend::Sqlite);
    let folder = app.folder();
    run_demo(folder);
    let unsafe_settings = [
        "--keys-dir",
        "demo/keys",
        "--database-url",
        "postgres://li:geheim@db.example/x?sslmode=require",
        "--requests-a-minute",
        "0",
        "--listen",
        "127.0.0.1:0",
    ];
    let serve = |more: &[&str]| run(folder, &[&["serve"], &unsafe_settings[..], more].concat());
    let output = serve(&["--mode", "production"]);
    assert_eq!(output.status.code(), Some(1));
    let told = said(&output);
    for part in [
        "xueshi: not fit for production:",
        "- database_url: PostgreSQL is on another machine, and who answers is not verified",
        "- public_url: ",
        "- requests_a_minute: ",
        "- data keys demo/keys/data-keys.json: the demo made them",
        "- service keys in demo/keys: the demo made one of them",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert_eq!(told.lines().count(), 6, "{told}");
    assert!(!told.contains("geheim"), "{told}");
    // Whatever else opens the database does not go there either.
    for command in [&["migrate"][..], &["audit", "seal"], &["audit", "verify"]] {
        let url = unsafe_settings[3];
        let output = run(folder, &[command, &["--mode", "production", "--database-url", url]].concat());
        assert!(said(&output).contains("who answers is not verified"), "{command:?}: {}", said(&output));
    }
}

#[test]
fn keys_of_the_demo_are_known_wherever_they_are_brought_and_each_by_itself() {
    let app = App::start(Backend::Sqlite);
    let folder = app.folder();
    run_demo(folder);
    let production = ["serve", "--mode", "production", "--public-url", "https://x.example", "--listen", "127.0.0.1:0"];
    for (file, wanted) in [("data-keys.json", "data keys mixed/"), ("service-key.pem", "service keys in mixed")] {
        let _ = std::fs::remove_dir_all(folder.join("mixed"));
        std::fs::create_dir(folder.join("mixed")).unwrap();
        std::fs::copy(folder.join("demo/keys").join(file), folder.join("mixed").join(file)).unwrap();
        let keys = ["--keys-dir", "mixed", "--create-keys", "--database-url", "sqlite://mixed.db"];
        let output = run(folder, &[&production[..], &keys].concat());
        let told = said(&output);
        assert!(!output.status.success() && told.contains(wanted) && told.lines().count() == 2, "{file}: {told}");
        assert!(!folder.join("mixed.db").exists(), "{file}");
    }
}

#[test]
fn the_demo_is_not_for_production() {
    let app = App::start(Backend::Sqlite);
    let output = run(app.folder(), &["demo", "--mode", "production", "--demo-dir", "demo"]);
    assert!(
        !output.status.success() && said(&output).contains("--mode: mode: the demo is not for production"),
        "{}",
        said(&output)
    );
    assert!(!app.folder().join("demo").exists());
    let wrong = run(app.folder(), &["serve", "--mode", "demo"]);
    assert!(said(&wrong).contains("expected development or production"), "{}", said(&wrong));
}
