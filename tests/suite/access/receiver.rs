//! Another system's host on this machine: it speaks TLS by a certificate of an authority of its own, and says what a test wants.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::ring::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use serde_json::json;
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};
use tests::fixtures::Signer;

/// What it says to whoever asks.
#[derive(Clone, Debug)]
pub(crate) enum Say {
    /// These bytes, over TLS.
    Bytes(Vec<u8>),
    /// These bytes a second later, over TLS.
    Late(Vec<u8>),
    /// Nothing at all, over TLS, until the other side has gone.
    Nothing,
    /// An answer without TLS.
    PlainHttp,
    /// By a certificate that nobody vouches for.
    WithoutCa,
}

impl Say {
    pub(crate) fn answer(status: u16, body: &str) -> Self {
        Self::Bytes(format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes())
    }

    pub(crate) fn keys(signers: &[&Signer]) -> Self {
        let keys: Vec<_> = signers.iter().map(|signer| signer.jwk()).collect();
        Self::answer(200, &json!({ "keys": keys }).to_string())
    }
}

/// The host; its thread ends with the tests.
pub(crate) struct Receiver {
    port: u16,
    ca_file: PathBuf,
    says: Arc<Mutex<Say>>,
    asked: Arc<AtomicUsize>,
}

impl Receiver {
    pub(crate) fn start() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let named = || CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let vouched = named().signed_by(&key, &authority).unwrap();
        let alone = named().self_signed(&key).unwrap();
        let (vouched, alone) = (config(vouched.der(), &key), config(alone.der(), &key));
        let ca_file = std::env::temp_dir().join(format!("xueshi-ca-{}.pem", uuid::Uuid::now_v7()));
        std::fs::write(&ca_file, authority.pem()).unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (says, asked) = (Arc::new(Mutex::new(Say::Nothing)), Arc::new(AtomicUsize::new(0)));
        let (to_say, count) = (Arc::clone(&says), Arc::clone(&asked));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::SeqCst);
                let say = to_say.lock().unwrap().clone();
                let tls = if matches!(say, Say::WithoutCa) { &alone } else { &vouched };
                // Whoever asks may break off at any time.
                let _ = answer(stream, &say, tls);
            }
        });
        Self { port, ca_file, says, asked }
    }

    pub(crate) fn says(&self, say: Say) {
        *self.says.lock().unwrap() = say;
    }

    /// How many connections it had.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    pub(crate) fn address(&self) -> String {
        format!("https://localhost:{}/jwks.json", self.port)
    }

    /// The certificate of its authority.
    pub(crate) fn ca_file(&self) -> PathBuf {
        self.ca_file.clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.ca_file);
    }
}

fn config(certificate: &CertificateDer<'static>, key: &KeyPair) -> Arc<ServerConfig> {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config =
        ServerConfig::builder_with_provider(Arc::new(default_provider())).with_safe_default_protocol_versions();
    Arc::new(config.unwrap().with_no_client_auth().with_single_cert(vec![certificate.clone()], key).unwrap())
}

fn answer(mut stream: TcpStream, say: &Say, tls: &Arc<ServerConfig>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    if let Say::PlainHttp = say {
        let _ = stream.read(&mut [0; 4096])?;
        return stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    }
    let connection = ServerConnection::new(Arc::clone(tls)).map_err(std::io::Error::other)?;
    let mut stream = StreamOwned::new(connection, stream);
    let _ = stream.read(&mut [0; 4096])?;
    if let Say::Late(_) = say {
        thread::sleep(Duration::from_secs(1));
    }
    if let Say::Bytes(bytes) | Say::Late(bytes) = say {
        stream.write_all(bytes)?;
        stream.conn.send_close_notify();
        stream.flush()?;
    }
    // Until the other side has gone.
    let _ = stream.read(&mut [0; 4096]);
    Ok(())
}
