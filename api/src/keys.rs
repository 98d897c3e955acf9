//! The data keys: what encrypts personal fields at rest and what finds them again without decrypting.
//!
//! One file, readable by its owner only, holds any number of AES-256-GCM keys (one active, the others for what was sealed
//! before a rotation) and one HMAC key for lookups. Losing the file loses the personal data; that is its purpose, and why
//! nothing but an explicit wish creates one.

mod private;
mod rotation;

pub(crate) use private::{read_private, write_private};

use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, Nonce, Payload},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::{collections::BTreeMap, fmt, path::Path};
use store::key_proofs::OwnKeys;
use thiserror::Error;
use time::OffsetDateTime;
use zeroize::{Zeroize, Zeroizing};

/// The one cipher suite so far. Stored beside every sealed value, so that a later suite can live beside it.
pub const SUITE_ID: &str = "aes-256-gcm.1";

const NONCE_BYTES: usize = 12;

/// What stands before the ids of keys that the demo made, by which production knows them.
const DEMO: &str = "demo-";

/// Who makes keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maker {
    /// Who runs the service.
    Operator,
    /// The demo: its keys say so, wherever they are brought.
    Demo,
}

/// A value that only a holder of the data keys can read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Which data key sealed it.
    pub key_id: String,
    /// Which cipher suite sealed it.
    pub suite_id: String,
    /// Nonce, ciphertext and tag.
    pub bytes: Vec<u8>,
}

/// The environment variable that may hold what the key file would.
pub(crate) const DATA_KEYS_VARIABLE: &str = "XUESHI_DATA_KEYS";

/// Why the keys cannot be used.
#[derive(Debug, Error)]
pub enum KeysError {
    /// The key file cannot be read, made or understood.
    #[error("data keys {path}: {reason}")]
    File {
        /// The file.
        path: String,
        /// What is wrong with it; never a key.
        reason: String,
    },
    /// The text of the environment cannot be understood.
    #[error("data keys of {DATA_KEYS_VARIABLE}: {reason}")]
    Text {
        /// What is wrong with it; never a key.
        reason: String,
    },
    /// The value was sealed with a key or suite that is not here.
    #[error("no data key {key_id} of suite {suite_id}")]
    NoSuchKey {
        /// The missing key.
        key_id: String,
        /// The suite it was used with.
        suite_id: String,
    },
    /// The value was changed, or belongs to another record.
    #[error("a sealed value does not open")]
    DoesNotOpen,
    /// The machine gives no random bytes, or the cipher refuses.
    #[error("sealing failed")]
    SealingFailed,
}

/// The data keys in memory.
pub struct DataKeys {
    newest: String,
    /// The key that seals until a moment, where the newest one has yet to wait.
    before: Option<(String, OffsetDateTime)>,
    ciphers: BTreeMap<String, Aes256Gcm>,
    lookup_key_id: String,
    lookup: Hmac<Sha256>,
    proofs: Vec<(String, String)>,
}

/// The key file as written. Its texts are wiped when it goes.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    format: u32,
    active: String,
    /// From when on the active key seals; until then `before` does.
    #[serde(default, with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    active_from: Option<OffsetDateTime>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    data_keys: BTreeMap<String, String>,
    lookup_key_id: String,
    lookup_key: String,
}

impl Drop for KeyFile {
    fn drop(&mut self) {
        self.lookup_key.zeroize();
        self.data_keys.values_mut().for_each(Zeroize::zeroize);
    }
}

impl DataKeys {
    /// Reads the key file.
    ///
    /// # Errors
    /// Says which file cannot be used and why.
    pub fn load(path: &Path) -> Result<Self, KeysError> {
        let fault = |reason: String| KeysError::File { path: path.display().to_string(), reason };
        let text = read_private(path).map_err(fault)?;
        Self::of_text(&text).map_err(fault)
    }

    /// Reads what a key file holds.
    ///
    /// # Errors
    /// Says why it cannot be used.
    pub(crate) fn of_text(text: &str) -> Result<Self, String> {
        Self::from_file(&KeyFile::of_text(text)?)
    }

    /// Makes a new key file where none is. An existing one is left alone.
    ///
    /// # Errors
    /// Says which file cannot be made and why.
    pub fn create_if_missing(path: &Path, maker: Maker) -> Result<(), KeysError> {
        if path.exists() {
            return Ok(());
        }
        let fault = |reason: String| KeysError::File { path: path.display().to_string(), reason };
        let file = KeyFile::fresh(maker).map_err(fault)?;
        let text = Zeroizing::new(serde_json::to_string_pretty(&file).map_err(|error| fault(error.to_string()))?);
        write_private(path, text.as_bytes()).map(|_| ()).map_err(fault)
    }

    /// Keys that live only as long as this process: for tests.
    ///
    /// # Errors
    /// When the machine gives no random bytes.
    pub fn ephemeral() -> Result<Self, KeysError> {
        let fault = |reason: String| KeysError::File { path: "(in memory)".into(), reason };
        Self::from_file(&KeyFile::fresh(Maker::Operator).map_err(fault)?).map_err(fault)
    }

    fn from_file(file: &KeyFile) -> Result<Self, String> {
        if file.format != 1 {
            return Err(format!("format {} is not known; this version reads format 1", file.format));
        }
        let (mut ciphers, mut proofs) = (BTreeMap::new(), Vec::new());
        for (id, encoded) in &file.data_keys {
            let key = decode_key(id, encoded)?;
            proofs.push((id.clone(), proof(id, &key)?));
            let cipher = Aes256Gcm::new_from_slice(&key).map_err(|_| format!("key {id} has the wrong length"))?;
            ciphers.insert(id.clone(), cipher);
        }
        if !ciphers.contains_key(&file.active) {
            return Err(format!("the active key {} is not among data_keys", file.active));
        }
        let key = decode_key(&file.lookup_key_id, &file.lookup_key)?;
        let lookup = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&key).map_err(|error| error.to_string())?;
        proofs.push((file.lookup_key_id.clone(), proof(&file.lookup_key_id, &key)?));
        let before = file.before.clone().filter(|id| ciphers.contains_key(id)).zip(file.active_from);
        Ok(Self {
            newest: file.active.clone(),
            before,
            ciphers,
            lookup_key_id: file.lookup_key_id.clone(),
            lookup,
            proofs,
        })
    }

    /// What shows of each key, by its id, that it is this very key, and gives nothing of it away.
    #[must_use]
    pub fn proofs(&self) -> &[(String, String)] {
        &self.proofs
    }

    /// By which the keys show that they belong to a database.
    #[must_use]
    pub(crate) fn shown(&self) -> OwnKeys {
        let before = self.before.as_ref().map(|(id, _)| id.clone());
        OwnKeys { proofs: self.proofs.iter().cloned().collect(), newest: (self.newest.clone(), before) }
    }

    /// The key that seals from now on, or from a moment to come.
    #[must_use]
    pub fn newest(&self) -> &str {
        &self.newest
    }

    /// The key that seals at a moment.
    #[must_use]
    pub fn active(&self, now: OffsetDateTime) -> &str {
        match &self.before {
            Some((id, until)) if now < *until => id,
            _ => &self.newest,
        }
    }

    /// The moment from which the newest key seals, where that was said.
    pub(crate) fn newest_from(&self) -> Option<OffsetDateTime> {
        self.before.as_ref().map(|(_, from)| *from)
    }

    /// The same, where it has yet to come.
    pub(crate) fn newest_waits_until(&self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        self.newest_from().filter(|from| *from > now)
    }

    /// All that open what they sealed.
    pub(crate) fn data_key_ids(&self) -> impl Iterator<Item = &str> {
        self.ciphers.keys().map(String::as_str)
    }

    /// Whether the demo made any of them.
    #[must_use]
    pub(crate) fn are_of_demo(&self) -> bool {
        self.proofs.iter().any(|(id, _)| id.starts_with(DEMO))
    }

    /// Seals a value with the key that is active now: at one moment it is the same for all that a row holds. `bound_to` names the record and field it belongs to: it is not stored, and the
    /// value opens only where the same is said again, so a ciphertext cannot be moved to another row.
    ///
    /// # Errors
    /// When the machine gives no random bytes.
    pub fn seal(&self, plaintext: &[u8], bound_to: &[u8], now: OffsetDateTime) -> Result<Sealed, KeysError> {
        let key_id = self.active(now);
        let cipher = self.ciphers.get(key_id).ok_or(KeysError::SealingFailed)?;
        let mut nonce = [0_u8; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| KeysError::SealingFailed)?;
        let sealed = cipher
            .encrypt(&Nonce::<Aes256Gcm>::from(nonce), Payload { msg: plaintext, aad: bound_to })
            .map_err(|_| KeysError::SealingFailed)?;
        let bytes = [&nonce[..], &sealed[..]].concat();
        Ok(Sealed { key_id: key_id.to_owned(), suite_id: SUITE_ID.to_owned(), bytes })
    }

    /// Opens a sealed value; `bound_to` must be what it was sealed with. The plaintext is wiped when dropped.
    ///
    /// # Errors
    /// When its key is not here, or it was changed or moved.
    pub fn open(&self, sealed: &Sealed, bound_to: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeysError> {
        let known = sealed.suite_id == SUITE_ID;
        let cipher = self
            .ciphers
            .get(&sealed.key_id)
            .filter(|_| known)
            .ok_or_else(|| KeysError::NoSuchKey { key_id: sealed.key_id.clone(), suite_id: sealed.suite_id.clone() })?;
        let (nonce, body) = sealed.bytes.split_first_chunk::<NONCE_BYTES>().ok_or(KeysError::DoesNotOpen)?;
        cipher
            .decrypt(&Nonce::<Aes256Gcm>::from(*nonce), Payload { msg: body, aad: bound_to })
            .map(Zeroizing::new)
            .map_err(|_| KeysError::DoesNotOpen)
    }

    /// The key of a lookup by identity document: the same document gives the same text, and the text gives nothing away
    /// without the lookup key. `number` is taken as it is: normalise before.
    #[must_use]
    pub fn lookup_hash(&self, document_kind: &str, number: &str) -> String {
        self.keyed_hash("xueshi/identity-document/1", &[document_kind, number])
    }

    /// A keyed hash of a person's name, to compare repeats without keeping the name. Normalise before.
    #[must_use]
    pub fn name_hash(&self, normalised_name: &str) -> String {
        self.keyed_hash("xueshi/person-name/1", &[normalised_name])
    }

    /// A keyed hash that tells keys and requests that may be repeated from one another without keeping what they hold.
    #[must_use]
    pub(crate) fn idempotency_hash(&self, parts: &[&str]) -> String {
        self.keyed_hash("xueshi/idempotency/1", parts)
    }

    /// Which lookup key makes the hashes; stored beside them, so that they can be made anew after a rotation.
    #[must_use]
    pub fn lookup_key_id(&self) -> &str {
        &self.lookup_key_id
    }

    /// Each part goes in behind its length, so no two lists of parts give the same input.
    fn keyed_hash(&self, purpose: &str, parts: &[&str]) -> String {
        let mut mac = self.lookup.clone();
        for part in std::iter::once(&purpose).chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        hexadecimal(&mac.finalize().into_bytes())
    }
}

/// Two lower-case digits a byte. A push makes two hashes an item, so this is not left to the formatter.
fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)]);
        text.push(DIGITS[usize::from(byte & 15)]);
    }
    text
}

impl KeyFile {
    /// The place alone is told: the parser's own words quote what was found, which may be a key.
    fn of_text(text: &str) -> Result<Self, String> {
        serde_json::from_str(text)
            .map_err(|error| format!("line {}, column {}: not what a key file has there", error.line(), error.column()))
    }

    fn fresh(maker: Maker) -> Result<Self, String> {
        let mark = if maker == Maker::Demo { DEMO } else { "" };
        let active = format!("{mark}data-1");
        Ok(Self {
            format: 1,
            data_keys: BTreeMap::from([(active.clone(), fresh_key()?)]),
            active,
            active_from: None,
            before: None,
            lookup_key_id: format!("{mark}lookup-1"),
            lookup_key: fresh_key()?,
        })
    }
}

fn proof(id: &str, key: &[u8]) -> Result<String, String> {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).map_err(|error| error.to_string())?;
    mac.update(b"xueshi/key-proof/1");
    mac.update(id.as_bytes());
    Ok(hexadecimal(&mac.finalize().into_bytes()))
}

fn fresh_key() -> Result<String, String> {
    let mut key = Zeroizing::new([0_u8; 32]);
    getrandom::fill(&mut *key).map_err(|error| error.to_string())?;
    Ok(STANDARD.encode(key.as_slice()))
}

fn decode_key(id: &str, encoded: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    let key = STANDARD.decode(encoded).map(Zeroizing::new).map_err(|_| format!("key {id} is not base64"))?;
    if key.len() == 32 { Ok(key) } else { Err(format!("key {id} has {} bytes instead of 32", key.len())) }
}

/// Keys are never printed.
impl fmt::Debug for DataKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataKeys").field("newest", &self.newest).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
