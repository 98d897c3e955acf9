//! TLS of the service's own.

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, crypto::ring::default_provider};
use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
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
    let address = app.url("").trim_start_matches("http://").to_owned();
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
        (Some(&missing), Some(&key), "missing.pem: "),
        (Some(&empty), Some(&key), "empty.pem: it holds no certificate in PEM form"),
        (Some(&certificate), Some(&open), "open.pem: mode 644 lets others read it"),
        (Some(&certificate), Some(&certificate), "tls.pem: mode 644"),
        (Some(&certificate), Some(&other_key), "TLS: "),
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
