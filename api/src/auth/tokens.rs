//! Bearer tokens: JWTs signed by EdDSA with the service key, and with nothing else.
//!
//! The algorithm is pinned, the key is chosen by `kid`, and the times are compared with the service's own clock
//! (`clock.rs`), so that a test can stand on either side of an expiry. A signature that held once is remembered by the hash
//! of the whole token: portals send the same token thousands of times, and only its times can change the verdict.

use super::{Caller, CallerKind};
use domain::kernel::PlaceCode;
use ed25519_dalek::{
    SigningKey, VerifyingKey,
    pkcs8::{DecodePrivateKey, EncodePrivateKey, spki::der::pem::LineEnding},
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    fmt,
    path::Path,
    sync::{PoisonError, RwLock},
};
use thiserror::Error;
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

/// How far two machines' clocks may differ.
const LEEWAY: Duration = Duration::seconds(30);

/// The longest token that is looked at.
const LONGEST: usize = 4096;

/// Verifies tokens, and mints them for operators and the demo.
pub struct Tokens {
    issuer: String,
    audience: String,
    key_id: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
    seen: RwLock<HashMap<[u8; 32], Verified>>,
}

/// A token whose signature and claims held.
#[derive(Clone)]
struct Verified {
    caller: Caller,
    nbf: i64,
    exp: i64,
}

/// How many tokens are remembered; beyond it all are forgotten and verified anew.
const MOST_REMEMBERED: usize = 10_000;

/// Why a token does not hold. Deliberately coarse: a forger learns nothing from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TokenError {
    /// Not a token of ours: form, algorithm, key, signature, issuer or claims.
    #[error("unreadable")]
    Unreadable,
    /// Past its time.
    #[error("expired")]
    Expired,
    /// Before its time.
    #[error("not yet valid")]
    NotYetValid,
    /// For another service.
    #[error("wrong audience")]
    WrongAudience,
}

/// Why the service key cannot be used.
#[derive(Debug, Error)]
pub enum TokensError {
    /// The file cannot be read or made.
    #[error("service key {path}: {reason}")]
    File {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// Whom a new token shall speak for.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The kind of caller.
    pub kind: CallerKind,
    /// A learner's or platform's id; an officer's or administrator's name.
    pub name: String,
    /// The place an officer answers for.
    pub place: Option<PlaceCode>,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    kind: CallerKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    place: Option<PlaceCode>,
    iat: i64,
    nbf: i64,
    exp: i64,
}

impl Tokens {
    /// Reads the service key (PKCS#8 PEM).
    ///
    /// # Errors
    /// Says which file cannot be used and why.
    pub fn load(path: &Path, issuer: &str, audience: &str) -> Result<Self, TokensError> {
        let pem = crate::keys::read_private(path).map_err(|reason| fault(path, reason))?;
        let key = SigningKey::from_pkcs8_pem(&pem)
            .map_err(|_| fault(path, "it is not an Ed25519 private key in PKCS#8 PEM form"))?;
        Self::from_key(&key, issuer, audience).map_err(|reason| fault(path, reason))
    }

    /// Makes a new service key where none is, readable by its owner only. An existing one is left alone.
    ///
    /// # Errors
    /// Says which file cannot be made and why.
    pub fn create_key_if_missing(path: &Path) -> Result<(), TokensError> {
        if path.exists() {
            return Ok(());
        }
        let key = fresh_key().map_err(|reason| fault(path, reason))?;
        let pem = key.to_pkcs8_pem(LineEnding::LF).map_err(|error| fault(path, error))?;
        crate::keys::write_private(path, pem.as_bytes()).map_err(|reason| fault(path, reason))
    }

    /// With a key that lives only as long as this process: for tests.
    ///
    /// # Errors
    /// When the machine gives no random bytes.
    pub fn ephemeral(issuer: &str, audience: &str) -> Result<Self, TokensError> {
        let failed = |reason: String| fault(Path::new("(in memory)"), reason);
        Self::from_key(&fresh_key().map_err(failed)?, issuer, audience).map_err(failed)
    }

    fn from_key(key: &SigningKey, issuer: &str, audience: &str) -> Result<Self, String> {
        let der = key.to_pkcs8_der().map_err(|error| error.to_string())?;
        let public: VerifyingKey = key.verifying_key();
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["iss", "aud", "exp", "nbf", "sub"]);
        // Times are compared below, with the service's clock.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Ok(Self {
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
            key_id: Sha256::digest(public.as_bytes()).iter().take(8).map(|b| format!("{b:02x}")).collect(),
            encoding: EncodingKey::from_ed_der(der.as_bytes()),
            decoding: DecodingKey::from_ed_der(public.as_bytes()),
            validation,
            seen: RwLock::default(),
        })
    }

    /// Who the token speaks for.
    ///
    /// # Errors
    /// When it does not hold now.
    pub fn verify(&self, token: &str, now: OffsetDateTime) -> Result<Caller, TokenError> {
        if token.len() > LONGEST {
            return Err(TokenError::Unreadable);
        }
        let hash: [u8; 32] = Sha256::digest(token).into();
        let seen = self.seen.read().unwrap_or_else(PoisonError::into_inner).get(&hash).cloned();
        let verified = match seen {
            Some(verified) => verified,
            None => self.verify_signature(token).inspect(|verified| self.remember(hash, verified.clone()))?,
        };
        let now = now.unix_timestamp();
        if now > verified.exp.saturating_add(LEEWAY.whole_seconds()) {
            return Err(TokenError::Expired);
        }
        if now < verified.nbf.saturating_sub(LEEWAY.whole_seconds()) {
            return Err(TokenError::NotYetValid);
        }
        Ok(verified.caller)
    }

    fn remember(&self, hash: [u8; 32], verified: Verified) {
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MOST_REMEMBERED {
            seen.clear();
        }
        seen.insert(hash, verified);
    }

    fn verify_signature(&self, token: &str) -> Result<Verified, TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Unreadable)?;
        if header.alg != Algorithm::EdDSA || header.kid.as_deref() != Some(&self.key_id) {
            return Err(TokenError::Unreadable);
        }
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation)
            .map_err(|error| match error.kind() {
                jsonwebtoken::errors::ErrorKind::InvalidAudience => TokenError::WrongAudience,
                _ => TokenError::Unreadable,
            })?
            .claims;
        let (nbf, exp) = (claims.nbf, claims.exp);
        let caller = claims.into_caller().ok_or(TokenError::Unreadable)?;
        Ok(Verified { caller, nbf, exp })
    }

    /// A token for this subject, valid from now on.
    ///
    /// # Errors
    /// When the subject is not whole (an id that is no UUID, an officer without a place) or signing fails; in words.
    pub fn mint(&self, subject: &Subject, now: OffsetDateTime, lifetime: Duration) -> Result<String, String> {
        let from = now.unix_timestamp();
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: subject.name.clone(),
            kind: subject.kind,
            place: subject.place.clone(),
            iat: from,
            nbf: from,
            exp: from.saturating_add(lifetime.whole_seconds()),
        };
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(self.key_id.clone());
        let token = jsonwebtoken::encode(&header, &claims, &self.encoding).map_err(|error| error.to_string())?;
        match claims.into_caller() {
            Some(_) => Ok(token),
            None => Err("a learner or platform needs its UUID, an officer a name and a place, an administrator a \
                         name of 1 to 100 printable characters"
                .into()),
        }
    }
}

impl Claims {
    fn into_caller(self) -> Option<Caller> {
        let subject = self.sub;
        let named = !subject.is_empty() && subject.chars().count() <= 100 && !subject.chars().any(char::is_control);
        match (self.kind, self.place) {
            (CallerKind::Learner, None) => subject.parse().ok().map(Caller::Learner),
            (CallerKind::Platform, None) => subject.parse().ok().map(Caller::Platform),
            (CallerKind::Officer, Some(place)) if named => Some(Caller::Officer { place, subject }),
            (CallerKind::Administrator, None) if named => Some(Caller::Administrator { subject }),
            _ => None,
        }
    }
}

fn fresh_key() -> Result<SigningKey, String> {
    let mut seed = Zeroizing::new([0_u8; 32]);
    getrandom::fill(&mut *seed).map_err(|error| error.to_string())?;
    Ok(SigningKey::from_bytes(&seed))
}

fn fault(path: &Path, reason: impl fmt::Display) -> TokensError {
    TokensError::File { path: path.display().to_string(), reason: reason.to_string() }
}

/// Keys are never printed.
impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}
