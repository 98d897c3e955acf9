//! The service's own signing keys: one signs, all verify, so that a new one can follow an old one without a gap.
//!
//! A key is a file in the keys folder. `service-key.pem` signs from the beginning, `service-key-20260101T120000Z.pem` from the
//! moment in its name on; of those whose moment has come the latest signs. Every replica holds all files before that moment,
//! so none meets a token whose key it does not know. A key whose file is gone verifies nothing.

use super::tokens::TokensError;
use crate::keys::Maker;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{
    SigningKey,
    pkcs8::{DecodePrivateKey, EncodePrivateKey, spki::der::pem::LineEnding},
};
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    fmt, fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};
use time::{OffsetDateTime, PrimitiveDateTime, format_description::BorrowedFormatItem, macros::format_description};
use zeroize::Zeroizing;

const FIRST: &str = "service-key.pem";
/// What stands before a key that the demo made, by which production knows it; readers of PEM pass over it (RFC 7468, 2).
const OF_DEMO: &str = "Made by the demo: not for production.\n";
const LATER: &str = "service-key-";
const MOMENT: &[BorrowedFormatItem<'_>] = format_description!("[year][month][day]T[hour][minute][second]Z");

/// The keys, in the order in which they sign.
pub(super) struct ServiceKeys(Vec<ServiceKey>);

/// One of them.
pub(super) struct ServiceKey {
    pub(super) id: String,
    pub(super) encoding: EncodingKey,
    pub(super) decoding: DecodingKey,
    public: [u8; 32],
    signs_from: i64,
    of_demo: bool,
}

impl ServiceKeys {
    pub(super) fn load(folder: &Path) -> Result<Self, TokensError> {
        let mut keys = Vec::new();
        for (path, signs_from) in files(folder)? {
            let pem = crate::keys::read_private(&path).map_err(|reason| fault(&path, reason))?;
            let key = SigningKey::from_pkcs8_pem(&pem)
                .map_err(|_| fault(&path, "it is not an Ed25519 private key in PKCS#8 PEM form"))?;
            let key = ServiceKey::of(&key, signs_from).map_err(|reason| fault(&path, reason))?;
            keys.push(ServiceKey { of_demo: pem.starts_with(OF_DEMO), ..key });
        }
        keys.sort_by_key(|key| key.signs_from);
        if keys.is_empty() {
            return Err(fault(&folder.join(FIRST), "there is no such file"));
        }
        Ok(Self(keys))
    }

    pub(super) fn ephemeral() -> Result<Self, String> {
        Ok(Self(vec![ServiceKey::of(&fresh_key()?, i64::MIN)?]))
    }

    /// The key that signs now.
    pub(super) fn signing(&self, now: OffsetDateTime) -> Option<&ServiceKey> {
        let now = now.unix_timestamp();
        self.0.iter().rfind(|key| key.signs_from <= now).or(self.0.first())
    }

    pub(super) fn find(&self, id: &str) -> Option<&ServiceKey> {
        self.0.iter().find(|key| key.id == id)
    }

    /// Whether the demo made any of them.
    pub(super) fn are_of_demo(&self) -> bool {
        self.0.iter().any(|key| key.of_demo)
    }

    /// All of them, in the order in which they sign.
    pub(super) fn ids(&self) -> Vec<String> {
        self.0.iter().map(|key| key.id.clone()).collect()
    }

    /// Which of them signs, in words, a line each.
    pub(super) fn said(&self, now: OffsetDateTime) -> String {
        let signing = self.signing(now).map(|key| &key.id);
        let line = |key: &ServiceKey| {
            let from = OffsetDateTime::from_unix_timestamp(key.signs_from).ok();
            let file = from.and_then(|from| later(from).ok()).unwrap_or_else(|| FIRST.to_owned());
            let role = match from.filter(|from| *from > now) {
                _ if Some(&key.id) == signing => "signs the tokens that are made now",
                Some(_) => "waits for its moment, and verifies already",
                None => "verifies what it signed; its file may go when the last of that has run out",
            };
            format!("service key {}: {file}; {role}\n", key.id)
        };
        self.0.iter().map(line).collect()
    }

    /// The public halves as a JWK set (RFC 7517), those that will sign later included.
    pub(super) fn published(&self) -> Value {
        let key = |key: &ServiceKey| {
            json!({
                "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA",
                "kid": key.id, "x": URL_SAFE_NO_PAD.encode(key.public)
            })
        };
        json!({ "keys": self.0.iter().map(key).collect::<Vec<_>>() })
    }
}

impl ServiceKey {
    fn of(key: &SigningKey, signs_from: i64) -> Result<Self, String> {
        let der = key.to_pkcs8_der().map_err(|error| error.to_string())?;
        let public = key.verifying_key().to_bytes();
        Ok(Self {
            id: Sha256::digest(public).iter().take(8).map(|b| format!("{b:02x}")).collect(),
            encoding: EncodingKey::from_ed_der(der.as_bytes()),
            decoding: DecodingKey::from_ed_der(&public),
            public,
            signs_from,
            of_demo: false,
        })
    }
}

/// Makes a first key where the folder has none, readable by its owner only.
pub(super) fn create_if_missing(folder: &Path, maker: Maker) -> Result<(), TokensError> {
    if folder.exists() && !files(folder)?.is_empty() {
        return Ok(());
    }
    write(&folder.join(FIRST), maker).map(|_| ())
}

/// Makes a key that signs from a moment on; answers its file.
pub(super) fn add(folder: &Path, from: OffsetDateTime) -> Result<PathBuf, TokensError> {
    let path = folder.join(later(from).map_err(|error| fault(folder, error))?);
    // Asked of the writer: of two that make a key in the same second one finds the other's.
    if write(&path, Maker::Operator)? { Ok(path) } else { Err(fault(&path, "it exists already")) }
}

/// The name of a key that signs from a moment on.
fn later(from: OffsetDateTime) -> Result<String, time::error::Format> {
    Ok(format!("{LATER}{}.pem", from.format(MOMENT)?))
}

/// Makes a key; answers whether it did, or found one.
fn write(path: &Path, maker: Maker) -> Result<bool, TokensError> {
    let key = fresh_key().map_err(|reason| fault(path, reason))?;
    let pem = key.to_pkcs8_pem(LineEnding::LF).map_err(|error| fault(path, error))?;
    let mark = if maker == Maker::Demo { OF_DEMO } else { "" };
    let text = Zeroizing::new([mark, pem.as_str()].concat());
    crate::keys::write_private(path, text.as_bytes()).map_err(|reason| fault(path, reason))
}

/// The key files of a folder, each with the moment from which it signs.
fn files(folder: &Path) -> Result<Vec<(PathBuf, i64)>, TokensError> {
    let unreadable = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => fault(&folder.join(FIRST), "there is no such file"),
        _ => fault(&folder.join(FIRST), error),
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if name == FIRST {
            found.push((path, i64::MIN));
        } else if let Some(moment) = name.strip_prefix(LATER).and_then(|rest| rest.strip_suffix(".pem")) {
            let from = PrimitiveDateTime::parse(moment, MOMENT)
                .map_err(|_| fault(&path, "its name should be like service-key-20260101T120000Z.pem"))?;
            found.push((path, from.assume_utc().unix_timestamp()));
        }
    }
    Ok(found)
}

fn fresh_key() -> Result<SigningKey, String> {
    let mut seed = Zeroizing::new([0_u8; 32]);
    getrandom::fill(&mut *seed).map_err(|error| error.to_string())?;
    Ok(SigningKey::from_bytes(&seed))
}

pub(super) fn fault(path: &Path, reason: impl fmt::Display) -> TokensError {
    TokensError::File { path: path.display().to_string(), reason: reason.to_string() }
}

/// Keys are never printed.
impl fmt::Debug for ServiceKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|key| &key.id)).finish()
    }
}
