//! Tokens of registered issuers: portals that sign for the people they have signed in.
//!
//! A token says who someone is. A learner is named by `learner_id`, or by `document_number` (with `document_kind` where it is
//! no resident id) and `name`, which must both fit one registered person. An official is named by `sub` and by nothing else;
//! what they may do comes from the grants kept here. A token that names a learner never speaks for an official, and one that
//! names a learner in two ways names nobody.

use super::{
    book::{AccessBook, KnownIssuer},
    key_set::KeySet,
};
use crate::{
    auth::{ActingBy, Caller, CallerKind, Identity, LEEWAY, Pays, TokenError, refused, within},
    problem::{Kind, Problem},
    state::AppState,
};
use actix_web::http::header::HeaderMap;
use domain::{
    access::{Grant, SigningAlgorithm, qualified},
    audit::Channel,
    kernel::{Document, DocumentKind, GrantId, LearnerId, PersonName, Words},
};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};
use store::{
    Db, StoreError,
    registry::{find_by_identifier, names_of, persons},
};
use time::{Date, Duration, OffsetDateTime};

/// Names the grant by which an official acts, where they have several.
const GRANT_HEADER: &str = "x-grant-id";

/// How many tokens are remembered; beyond it all are forgotten and verified anew.
const MOST_REMEMBERED: usize = 10_000;

/// Tokens whose signature, issuer and audience held, by the hash of the whole token.
#[derive(Debug, Default)]
pub(super) struct Remembered(RwLock<HashMap<[u8; 32], Arc<Claims>>>);

/// What is read of a token. Whatever else it claims is not looked at.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    iss: String,
    aud: Audience,
    exp: i64,
    #[serde(default)]
    iat: Option<i64>,
    #[serde(default)]
    nbf: Option<i64>,
    #[serde(default)]
    sub: Option<String>,
    #[serde(default)]
    learner_id: Option<LearnerId>,
    #[serde(default)]
    document_kind: Option<DocumentKind>,
    #[serde(default)]
    document_number: Option<String>,
    #[serde(default)]
    name: Option<String>,
}

/// One audience or several (RFC 7519 4.1.3).
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    pub(super) fn names(&self, wanted: &str) -> bool {
        match self {
            Self::One(one) => one == wanted,
            Self::Several(all) => all.iter().any(|one| one == wanted),
        }
    }
}

/// Only to find the issuer whose keys are to verify the rest.
#[derive(Deserialize)]
struct Issuer {
    iss: String,
}

/// Who the bearer of another system's token is.
///
/// # Errors
/// `invalid_token`; `learner_unknown` or `no_grant` where a valid one speaks for nobody here; `too_many_requests`.
pub(crate) async fn identify(
    headers: &HeaderMap,
    token: &str,
    state: &AppState,
    pays: &Pays<'_>,
) -> Result<Identity, Problem> {
    let unreadable = || refused(TokenError::Unreadable);
    let named: Issuer = jsonwebtoken::dangerous::insecure_decode_claims(token).map_err(|_| unreadable())?;
    if named.iss == state.tokens.issuer() {
        return Err(unreadable());
    }
    let book = state.access.current(state).await?;
    let Some(issuer) = book.issuer(&named.iss) else {
        // Who is registered here is not told by how soon the answer comes.
        let _: Option<Claims> = KeySet::default().claims(token, SigningAlgorithm::ALL);
        return Err(unreadable());
    };
    let claims = verified(&book, issuer, token).map_err(refused)?;
    // Many issuers leave `nbf` out; then the token holds from the beginning.
    within(claims.nbf.unwrap_or(i64::MIN), claims.exp, state.clock.now()).map_err(refused)?;
    not_too_long(&claims, issuer.longest_token, state.clock.now()).map_err(refused)?;
    let caller = match learner(&claims).map_err(refused)? {
        Some(_) if !issuer.names_learners => return Err(unreadable()),
        Some(named) => {
            // Before the database is asked: one token must not be good for any number of questions, whomever it names.
            pays(CallerKind::Learner, &named.payer(state))?;
            Caller::Learner(named.find(state).await?)
        }
        None if !issuer.names_officials => return Err(unreadable()),
        None => {
            let official = official(issuer, &claims, headers, state.clock.today())?;
            pays(official.kind(), &official.signature())?;
            official
        }
    };
    Ok(Identity { caller, scopes: None, channel: (Channel::Issuer, Some(issuer.iss.clone())) })
}

fn verified(book: &AccessBook, issuer: &KnownIssuer, token: &str) -> Result<Arc<Claims>, TokenError> {
    let hash: [u8; 32] = Sha256::digest(token).into();
    let seen = book.remembered.0.read().unwrap_or_else(PoisonError::into_inner).get(&hash).cloned();
    if let Some(claims) = seen {
        return Ok(claims);
    }
    let claims: Claims = issuer.keys.claims(token, &issuer.algorithms).ok_or(TokenError::Unreadable)?;
    if claims.iss != issuer.iss {
        return Err(TokenError::Unreadable);
    }
    if !claims.aud.names(&issuer.audience) {
        return Err(TokenError::WrongAudience);
    }
    let claims = Arc::new(claims);
    let mut seen = book.remembered.0.write().unwrap_or_else(PoisonError::into_inner);
    if seen.len() >= MOST_REMEMBERED {
        seen.clear();
    }
    seen.insert(hash, Arc::clone(&claims));
    Ok(claims)
}

/// A stolen token is good until it expires, so an issuer's may not be good for ever: neither by what it says of itself nor from now.
fn not_too_long(claims: &Claims, longest: Duration, now: OffsetDateTime) -> Result<(), TokenError> {
    let (longest, now) = (longest.whole_seconds(), now.unix_timestamp());
    let whole = claims.iat.map_or(0, |iat| claims.exp.saturating_sub(iat));
    let left = claims.exp.saturating_sub(now);
    if whole > longest || left > longest.saturating_add(LEEWAY.whole_seconds()) {
        return Err(TokenError::TooLong);
    }
    Ok(())
}

/// How a token names a learner.
pub(super) enum NamedLearner {
    ById(LearnerId),
    ByDocument((DocumentKind, String), String),
}

impl NamedLearner {
    /// By what name the quota is kept of a learner of whom only this is known yet.
    fn payer(&self, state: &AppState) -> String {
        match self {
            Self::ById(id) => Caller::Learner(*id).signature(),
            Self::ByDocument((kind, number), _) => {
                format!("document:{}", state.keys.lookup_hash(kind.as_str(), number))
            }
        }
    }

    async fn find(self, state: &AppState) -> Result<LearnerId, Problem> {
        match self {
            Self::ById(id) => registered(state, id).await,
            Self::ByDocument(document, name) => find(state, document, name).await,
        }
    }
}

fn learner(claims: &Claims) -> Result<Option<NamedLearner>, TokenError> {
    match (claims.learner_id, &claims.document_number, &claims.name) {
        (Some(id), None, _) => Ok(Some(NamedLearner::ById(id))),
        (None, Some(number), Some(name)) => {
            let kind = claims.document_kind.unwrap_or(DocumentKind::ResidentId);
            Ok(Some(NamedLearner::ByDocument((kind, number.clone()), name.clone())))
        }
        (None, None, _) => Ok(None),
        _ => Err(TokenError::Unreadable),
    }
}

/// The learner of an id, if one is registered under it.
pub(super) async fn registered(state: &AppState, id: LearnerId) -> Result<LearnerId, Problem> {
    let known = state.store.read(move |db| Ok::<_, StoreError>(!persons(db, &[id])?.is_empty())).await?;
    if known { Ok(id) } else { Err(Problem::new(Kind::LearnerUnknown)) }
}

/// The learner of a document, if the name is theirs. Asked anew for every request: a file can be corrected. Unknown and
/// misnamed are told alike.
pub(super) async fn find(
    state: &AppState,
    (kind, number): (DocumentKind, String),
    name: String,
) -> Result<LearnerId, Problem> {
    let unknown = || Problem::new(Kind::LearnerUnknown);
    let document = Document::parse(kind, &number, state.clock.today()).map_err(|_| unknown())?;
    let name = PersonName::parse(&name).map_err(|_| unknown())?;
    let hash = state.keys.lookup_hash(document.kind().as_str(), document.number());
    let look = move |db: &mut Db| {
        let Some((_, id)) = find_by_identifier(db, &[&hash])?.pop() else { return Ok(None) };
        let known = names_of(db, &[id])?.remove(&id).unwrap_or_default();
        let same = known.into_iter().any(|known| PersonName::from_stored(known).matches(&name));
        Ok::<_, StoreError>(same.then_some(id))
    };
    state.store.read(look).await?.ok_or_else(unknown)
}

fn official(issuer: &KnownIssuer, claims: &Claims, headers: &HeaderMap, today: Date) -> Result<Caller, Problem> {
    let subject = claims.sub.as_deref().filter(|sub| is_subject(sub));
    let subject = subject.ok_or_else(|| refused(TokenError::Unreadable))?;
    let all = issuer.grants.get(subject).map(Vec::as_slice).unwrap_or_default();
    let mut in_force: Vec<&Grant> = all.iter().filter(|grant| grant.holds_on(today)).collect();
    if let Some(named) = headers.get(GRANT_HEADER) {
        let named = named.to_str().ok().and_then(|id| id.parse::<GrantId>().ok());
        in_force.retain(|grant| Some(grant.id) == named);
    }
    // The one that was given first: whoever gives them another one changes nothing for them.
    let grant = in_force.into_iter().min_by_key(|grant| grant.id).ok_or_else(|| Problem::new(Kind::NoGrant))?;
    Ok(Caller::Official {
        role: grant.role,
        reach: grant.reach.clone(),
        subject: qualified(&issuer.iss, subject),
        grant: Some(ActingBy { id: grant.id, until_on: grant.until_on }),
    })
}

/// The grants in force of the official who calls, the one given first before the others; nothing for who acts by none.
pub(crate) async fn desks(caller: &Caller, state: &AppState) -> Result<Vec<Grant>, Problem> {
    let Caller::Official { subject, grant: Some(_), .. } = caller else { return Ok(Vec::new()) };
    let (book, today) = (state.access.current(state).await?, state.clock.today());
    let all = subject.split_once('#').and_then(|(iss, name)| book.issuer(iss)?.grants.get(name));
    let mut in_force: Vec<Grant> = all.into_iter().flatten().filter(|grant| grant.holds_on(today)).cloned().collect();
    in_force.sort_by_key(|grant| grant.id);
    Ok(in_force)
}

/// A name that an issuer may give an official: it goes into records.
pub(super) fn is_subject(subject: &str) -> bool {
    (1..=100).contains(&subject.chars().count()) && !subject.chars().any(char::is_control)
}
