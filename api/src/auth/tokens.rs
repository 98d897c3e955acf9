//! The service's own bearer tokens: JWTs signed by EdDSA with one of its keys (`signing.rs`), and with nothing else.
//!
//! The algorithm is pinned, the key is chosen by `kid`, and the times are compared with the service's own clock
//! (`clock.rs`), so that a test can stand on either side of an expiry. A signature that held once is remembered by the hash
//! of the whole token: portals send the same token thousands of times, and only its times can change the verdict.

use super::{
    Caller, CallerKind,
    signing::{self, ServiceKeys, fault},
    unreadable::Unreadable,
};
use crate::keys::Maker;
use domain::{
    access::{Named, Reach, Scopes},
    kernel::{BaseId, ClientId, EmployerId, PlaceCode},
};
use jsonwebtoken::{Algorithm, Header, Validation};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{PoisonError, RwLock},
};
use thiserror::Error;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// How far two machines' clocks may differ.
pub(crate) const LEEWAY: Duration = Duration::seconds(30);

/// The longest token that is looked at.
const LONGEST: usize = 4096;

/// Verifies the service's own tokens, and mints them for clients, operators and the demo.
#[derive(Debug)]
pub struct Tokens {
    issuer: String,
    audience: String,
    keys: ServiceKeys,
    validation: Validation,
    seen: RwLock<HashMap<[u8; 32], Verified>>,
}

/// Whom one of the service's own tokens speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The caller.
    pub caller: Caller,
    /// The client that it was issued to; nothing where an operator made it.
    pub client: Option<ClientToken>,
}

/// What only a client's token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientToken {
    /// The client.
    pub client: ClientId,
    /// For what it was issued.
    pub scopes: Scopes,
    /// When, in seconds since 1970.
    pub issued_at: i64,
}

/// A token whose signature and claims held.
#[derive(Clone, Debug)]
struct Verified {
    session: Session,
    nbf: i64,
    exp: i64,
}

/// How many tokens are remembered; beyond it all are forgotten and verified anew.
const MOST_REMEMBERED: usize = 10_000;

/// Why a token does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TokenError {
    /// Not a token of ours: form, algorithm, key, signature, issuer or claims.
    #[error("unreadable")]
    Unreadable(Unreadable),
    /// Past its time.
    #[error("expired")]
    Expired,
    /// Before its time.
    #[error("not yet valid")]
    NotYetValid,
    /// For another service.
    #[error("wrong audience")]
    WrongAudience,
    /// The client that it was issued to is disabled, or its tokens of that time were revoked.
    #[error("revoked")]
    Revoked,
    /// Good for longer than its issuer's tokens may be.
    #[error("too long")]
    TooLong,
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
    /// A learner's or platform's id; an official's name.
    pub name: String,
    /// What an official answers for.
    pub named: Named,
}

impl Subject {
    /// Someone of a kind, who answers for a place or for nothing that has to be named.
    #[must_use]
    pub fn of(kind: CallerKind, name: &str, place: Option<PlaceCode>) -> Self {
        Self { kind, name: name.to_owned(), named: Named { place, ..Named::default() } }
    }
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    kind: CallerKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    place: Option<PlaceCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    employer_id: Option<EmployerId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base_id: Option<BaseId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    series: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_id: Option<ClientId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    jti: Option<Uuid>,
    iat: i64,
    nbf: i64,
    exp: i64,
}

impl Tokens {
    /// Reads the service's keys (PKCS#8 PEM) from their folder.
    ///
    /// # Errors
    /// Says which file cannot be used and why.
    pub fn load(folder: &Path, issuer: &str, audience: &str) -> Result<Self, TokensError> {
        Ok(Self::with(ServiceKeys::load(folder)?, issuer, audience))
    }

    /// Makes a first service key where the folder has none, readable by its owner only. Existing ones are left alone.
    ///
    /// # Errors
    /// Says which file cannot be made and why.
    pub fn create_key_if_missing(folder: &Path, maker: Maker) -> Result<(), TokensError> {
        signing::create_if_missing(folder, maker)
    }

    /// Whether the demo made any of the keys.
    #[must_use]
    pub(crate) fn are_of_demo(&self) -> bool {
        self.keys.are_of_demo()
    }

    /// The service's keys by id, in the order in which they sign.
    #[must_use]
    pub(crate) fn key_ids(&self) -> Vec<String> {
        self.keys.ids()
    }

    /// Which of the keys signs, in words, a line each.
    #[must_use]
    pub(crate) fn keys_said(&self, now: OffsetDateTime) -> String {
        self.keys.said(now)
    }

    /// Makes another service key, which signs from a moment on; answers its file.
    ///
    /// # Errors
    /// Says which file cannot be made and why.
    pub fn add_key(folder: &Path, from: OffsetDateTime) -> Result<PathBuf, TokensError> {
        signing::add(folder, from)
    }

    /// With a key that lives only as long as this process: for tests.
    ///
    /// # Errors
    /// When the machine gives no random bytes.
    pub fn ephemeral(issuer: &str, audience: &str) -> Result<Self, TokensError> {
        let keys = ServiceKeys::ephemeral().map_err(|reason| fault(Path::new("(in memory)"), reason))?;
        Ok(Self::with(keys, issuer, audience))
    }

    fn with(keys: ServiceKeys, issuer: &str, audience: &str) -> Self {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["iss", "aud", "exp", "nbf", "sub"]);
        // Times are compared below, with the service's clock.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let (issuer, audience) = (issuer.to_owned(), audience.to_owned());
        Self { issuer, audience, keys, validation, seen: RwLock::default() }
    }

    /// The issuer that its tokens name.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The public halves of the service's keys, as a JWK set.
    #[must_use]
    pub fn published_keys(&self) -> Value {
        self.keys.published()
    }

    /// Who the token speaks for.
    ///
    /// # Errors
    /// When it does not hold now.
    pub fn verify(&self, token: &str, now: OffsetDateTime) -> Result<Session, TokenError> {
        if token.len() > LONGEST {
            return Err(TokenError::Unreadable(Unreadable::TooLong));
        }
        let hash: [u8; 32] = Sha256::digest(token).into();
        let seen = self.seen.read().unwrap_or_else(PoisonError::into_inner).get(&hash).cloned();
        let verified = match seen {
            Some(verified) => verified,
            None => self.verify_signature(token).inspect(|verified| self.remember(hash, verified.clone()))?,
        };
        within(verified.nbf, verified.exp, now)?;
        Ok(verified.session)
    }

    fn remember(&self, hash: [u8; 32], verified: Verified) {
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MOST_REMEMBERED {
            seen.clear();
        }
        seen.insert(hash, verified);
    }

    fn verify_signature(&self, token: &str) -> Result<Verified, TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Unreadable(Unreadable::Form))?;
        let id = header.kid.as_deref().ok_or(TokenError::Unreadable(Unreadable::NoKeyId))?;
        let key = self.keys.find(id).ok_or(TokenError::Unreadable(Unreadable::UnknownKey))?;
        if header.alg != Algorithm::EdDSA {
            return Err(TokenError::Unreadable(Unreadable::Algorithm));
        }
        if header.crit.is_some() {
            return Err(TokenError::Unreadable(Unreadable::Critical));
        }
        let claims = jsonwebtoken::decode::<Claims>(token, &key.decoding, &self.validation)
            .map_err(|error| match error.kind() {
                jsonwebtoken::errors::ErrorKind::InvalidAudience => TokenError::WrongAudience,
                _ => TokenError::Unreadable(Unreadable::of::<Claims>(&error, token)),
            })?
            .claims;
        let (nbf, exp) = (claims.nbf, claims.exp);
        let session = claims.into_session().ok_or(TokenError::Unreadable(Unreadable::Names))?;
        Ok(Verified { session, nbf, exp })
    }

    /// A token for this subject, valid from now on.
    ///
    /// # Errors
    /// When the subject is not whole (an id that is no UUID, an officer without a place) or signing fails; in words.
    pub fn mint(&self, subject: &Subject, now: OffsetDateTime, lifetime: Duration) -> Result<String, String> {
        self.sign(subject, None, now, lifetime)
    }

    /// A token for a client, good for these scopes, valid from now on.
    ///
    /// # Errors
    /// When the subject is not whole or signing fails; in words.
    pub fn mint_for_client(
        &self,
        subject: &Subject,
        (client, scopes): (ClientId, &Scopes),
        now: OffsetDateTime,
        lifetime: Duration,
    ) -> Result<String, String> {
        self.sign(subject, Some((client, scopes)), now, lifetime)
    }

    fn sign(
        &self,
        subject: &Subject,
        client: Option<(ClientId, &Scopes)>,
        now: OffsetDateTime,
        lifetime: Duration,
    ) -> Result<String, String> {
        let from = now.unix_timestamp();
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: subject.name.clone(),
            kind: subject.kind,
            place: subject.named.place.clone(),
            employer_id: subject.named.employer,
            base_id: subject.named.base,
            series: subject.named.series.clone(),
            client_id: client.map(|(id, _)| id),
            scope: client.map(|(_, scopes)| scopes.to_string()),
            jti: client.map(|_| Uuid::now_v7()),
            iat: from,
            nbf: from,
            exp: from.saturating_add(lifetime.whole_seconds()),
        };
        let token = self.sign_as_it_is(&claims, now)?;
        match claims.into_session() {
            Some(_) => Ok(token),
            None => Err("the subject is not whole".into()),
        }
    }

    /// Whatever claims there are, signed. Whoever hands them out has to know that they are right.
    pub(crate) fn sign_as_it_is(&self, claims: &impl Serialize, now: OffsetDateTime) -> Result<String, String> {
        let key = self.keys.signing(now).ok_or("no service key")?;
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(key.id.clone());
        jsonwebtoken::encode(&header, claims, &key.encoding).map_err(|error| error.to_string())
    }
}

/// Whether a token holds now; clocks may differ by a little.
pub(crate) fn within(nbf: i64, exp: i64, now: OffsetDateTime) -> Result<(), TokenError> {
    let now = now.unix_timestamp();
    if now > exp.saturating_add(LEEWAY.whole_seconds()) {
        return Err(TokenError::Expired);
    }
    if now < nbf.saturating_sub(LEEWAY.whole_seconds()) {
        return Err(TokenError::NotYetValid);
    }
    Ok(())
}

impl Claims {
    fn into_session(self) -> Option<Session> {
        let client = match (self.client_id, self.scope) {
            (Some(client), Some(scope)) => {
                Some(ClientToken { client, scopes: scope.parse().ok()?, issued_at: self.iat })
            }
            (None, None) => None,
            _ => return None,
        };
        let subject = self.sub;
        let named = !subject.is_empty() && subject.chars().count() <= 100 && !subject.chars().any(char::is_control);
        let answers_for =
            Named { place: self.place, employer: self.employer_id, base: self.base_id, series: self.series };
        let caller = match (self.kind, self.kind.role()) {
            (_, Some(role)) if named => {
                Reach::of(role, answers_for).map(|reach| Caller::Official { role, reach, subject, grant: None })
            }
            (CallerKind::Learner, None) if answers_for == Named::default() => subject.parse().ok().map(Caller::Learner),
            (CallerKind::Platform, None) if answers_for == Named::default() => {
                subject.parse().ok().map(Caller::Platform)
            }
            _ => None,
        }?;
        Some(Session { caller, client })
    }
}
