//! TLS of the service's own.

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, crypto::ring::default_provider};
use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};
use tests::{App, Backend};

/// A certificate for `localhost` and its key, in files; and the roots that trust it.
fn made(folder: &Path) -> ((PathBuf, PathBuf), RootCertStore) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    fs::create_dir_all(folder).unwrap();
    let (certificate, key) = (folder.join("tls.pem"), folder.join("tls-key.pem"));
    fs::write(&certificate, cert.pem()).unwrap();
    fs::write(&key, signing_key.serialize_pem()).unwrap();
    readable_by(&key, 0o600);
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    ((certificate, key), roots)
}

fn readable_by(file: &Path, mode: u32) {
    fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
}

fn own_folder() -> PathBuf {
    std::env::temp_dir().join(format!("xueshi-tls-{}", uuid::Uuid::now_v7()))
}

fn connect(app: &App) -> TcpStream {
    connect_to(app.url("").trim_start_matches("http://"))
}

fn connect_to(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream
}

const ASKED: &[u8] = b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

#[test]
fn a_request_over_tls_is_answered_and_a_plain_one_on_that_port_is_not() {
    let folder = own_folder();
    let (files, roots) = made(&folder);
    let app = App::set(Backend::Sqlite, |settings| settings.tls = Some(files));
    let over_tls = |roots: RootCertStore, versions: &[&'static rustls::SupportedProtocolVersion]| {
        let client = ClientConfig::builder_with_provider(Arc::new(default_provider()));
        let client =
            client.with_protocol_versions(versions).unwrap().with_root_certificates(roots).with_no_client_auth();
        let client = ClientConnection::new(Arc::new(client), "localhost".try_into().unwrap()).unwrap();
        let mut stream = StreamOwned::new(client, connect(&app));
        let mut said = String::new();
        stream.write_all(ASKED).and_then(|()| stream.read_to_string(&mut said)).map(|_| said)
    };
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let answer = over_tls(roots.clone(), &[version]).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    }
    assert!(over_tls(RootCertStore::empty(), rustls::ALL_VERSIONS).is_err(), "a certificate that nobody vouches for");
    let mut plain = connect(&app);
    plain.write_all(ASKED).unwrap();
    let mut said = Vec::new();
    // Whether the rest of what was sent is still on its way decides how the end looks.
    let _ = plain.read_to_end(&mut said);
    assert!(!String::from_utf8_lossy(&said).contains("HTTP/"), "{said:?}");
    // It has harmed nobody.
    assert!(over_tls(roots, rustls::ALL_VERSIONS).unwrap().starts_with("HTTP/1.1 200 OK\r\n"));
    fs::remove_dir_all(folder).unwrap();
}

/// What a client begins with that asks for a host whose name is none.
fn hello_with_a_name_that_is_none() -> Vec<u8> {
    let client = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    let client = client.with_safe_default_protocol_versions().unwrap();
    let client = client.with_root_certificates(RootCertStore::empty()).with_no_client_auth();
    let mut client = ClientConnection::new(Arc::new(client), "localhost".try_into().unwrap()).unwrap();
    let mut hello = Vec::new();
    client.write_tls(&mut hello).unwrap();
    let at = hello.windows(9).position(|part| part == b"localhost").unwrap();
    hello[at..at + 9].copy_from_slice(b"<geheim> ");
    hello
}

#[test]
fn what_a_peer_sends_that_is_no_tls_is_logged_for_debugging_only() {
    let folder = own_folder();
    let (files, _) = made(&folder);
    for (level, told) in [("info", false), ("debug", true)] {
        let app = App::set(Backend::Sqlite, |settings| {
            settings.tls = Some(files.clone());
            settings.log_level = level.parse().unwrap();
        });
        let node = app.node(env!("CARGO_BIN_EXE_node"));
        let mut stream = connect_to(&node.address);
        stream.write_all(&hello_with_a_name_that_is_none()).unwrap();
        // Once it has answered, it has read all of that and logged what it had to say.
        let answered = stream.read(&mut [0; 16]).unwrap();
        assert!(answered > 0, "{:?}", node.log());
        let (tells, begun) = (|| node.log().iter().any(|line| line.contains("geheim")), Instant::now());
        let most = if told { Duration::from_secs(30) } else { Duration::from_millis(300) };
        while !tells() && begun.elapsed() < most {
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(tells(), told, "{level}: {:?}", node.log());
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn files_that_cannot_be_used_are_named_at_the_start() {
    let app = App::start(Backend::Sqlite);
    let folder = app.folder().join("tls");
    let ((certificate, key), _) = made(&folder);
    let (_, other_key) = made(&folder.join("other")).0;
    let empty = folder.join("empty.pem");
    fs::write(&empty, "").unwrap();
    let open = folder.join("open.pem");
    fs::copy(&key, &open).unwrap();
    readable_by(&open, 0o644);
    let missing = folder.join("missing.pem");
    for (certificate, key, wanted) in [
        (Some(&missing), Some(&key), "tls_certificate: "),
        (Some(&empty), Some(&key), "/empty.pem: it holds no certificate in PEM form"),
        (Some(&certificate), Some(&open), "/open.pem: mode 644 lets others read it"),
        (Some(&certificate), Some(&certificate), "tls_key: "),
        (Some(&certificate), Some(&other_key), "tls_key: "),
        (Some(&certificate), None, "tls_key: found nothing, expected a file beside the other one"),
        (None, Some(&key), "tls_certificate: found nothing, expected a file beside the other one"),
    ] {
        let mut arguments = vec!["60", env!("CARGO_BIN_EXE_node"), "serve", "--listen", "127.0.0.1:0", "--create-keys"];
        let keys = app.folder().join("keys-of-tls");
        arguments.extend(["--keys-dir", keys.to_str().unwrap()]);
        arguments.extend(certificate.iter().flat_map(|file| ["--tls-certificate", file.to_str().unwrap()]));
        arguments.extend(key.iter().flat_map(|file| ["--tls-key", file.to_str().unwrap()]));
        let output = app.command("timeout", &arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(1) && said.contains(wanted), "{wanted}: {said}");
    }
}

#[test]
fn files_that_cannot_be_used_are_all_named_at_once_with_their_settings() {
    let app = App::start(Backend::Sqlite);
    let folder = app.folder().join("tls-at-once");
    let ((_, key), _) = made(&folder);
    readable_by(&key, 0o644);
    let empty = folder.join("empty.pem");
    fs::write(&empty, "").unwrap();
    let at = |name: &str| folder.join(name).display().to_string();
    let url = format!("postgres://x:geheim@127.0.0.1:1/x?sslmode=verify-full&sslrootcert={}", at("ca.pem"));
    let keys = app.folder().join("keys-of-tls");
    for mode in ["development", "production"] {
        let output =
            app.command(
                "timeout",
                &[
                    &[
                        "60",
                        env!("CARGO_BIN_EXE_node"),
                        "serve",
                        "--listen=127.0.0.1:0",
                        "--create-keys",
                        "--mode",
                        mode,
                    ][..],
                    &["--keys-dir", keys.to_str().unwrap(), "--jwks-ca-file", &at("empty.pem"), "--database-url", &url],
                    &["--tls-certificate", &at("missing.pem"), "--tls-key", key.to_str().unwrap()],
                ]
                .concat(),
            );
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        for wanted in [
            format!("tls_certificate: {}: ", at("missing.pem")),
            format!("tls_key: {}: mode 644", at("tls-key.pem")),
            format!("jwks_ca_file: {}: it holds no certificate", at("empty.pem")),
            format!("database_url: sslrootcert: {}: ", at("ca.pem")),
        ] {
            assert!(said.contains(&wanted), "{mode}, {wanted}: {said}");
        }
        assert!(!said.contains("geheim"), "{said}");
    }
}
