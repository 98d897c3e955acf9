//! Tokens of registered issuers: portals that sign for the people they have signed in.
//!
//! A token says who someone is. A learner is named by `learner_id`, or by `document_number` (with `document_kind` where it is
//! no resident id) and `name`, which must both fit one registered person. An official is named by `sub` and by nothing else;
//! what they may do comes from the grants kept here. A token that names a learner never speaks for an official, and one that
//! names a learner in two ways names nobody. `scope` is not looked at: it is the issuer's word for what its own services allow, and
//! what someone may do here is never taken from a token.

use super::{
    book::{AccessBook, KnownIssuer},
    key_set::KeySet,
    refresh,
};
use crate::{
    auth::{
        ActingBy, Caller, CallerKind, Identity, LEEWAY, Pays, TokenError, Unreadable, refused, seconds, some_seconds,
        within,
    },
    problem::{Kind, Problem, Proven},
    state::AppState,
    text::Text,
    wire::Day,
};
use actix_web::http::header::HeaderMap;
use domain::{
    access::{Grant, SigningAlgorithm, qualified},
    audit::Channel,
    kernel::{Document, DocumentKind, GrantId, LearnerId, PersonName, Words, is_unseen, names_a_person},
};
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicI64, Ordering},
    },
};
use store::{
    Db, StoreError,
    registry::{find_by_identifier, names_of_holders, persons, successors},
};
use time::{Date, Duration, OffsetDateTime};

/// What a token may say that it is (`typ`, RFC 8725 3.11): one of access (RFC 9068), or no more than a JWT. Tokens for other uses, by
/// which an issuer says something else by the same key (a logout, a security event, an assertion), speak for nobody here.
const TYPES: &[&str] = &["JWT", "at+jwt"];

/// Names the grant by which an official acts, where they have several.
pub(crate) const GRANT_HEADER: &str = "x-grant-id";

/// How many tokens are remembered; beyond it all are forgotten and verified anew.
const MOST_REMEMBERED: usize = 10_000;

/// How often those that have ended are forgotten: they may hold a name and a number.
const SWEPT: i64 = 60;

/// Tokens whose signature, issuer and audience held, by the hash of the whole token.
#[derive(Debug, Default)]
pub(super) struct Remembered(RwLock<HashMap<[u8; 32], Arc<Claims>>>, AtomicI64);

impl Remembered {
    fn get(&self, hash: &[u8; 32]) -> Option<Arc<Claims>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(hash).cloned()
    }

    fn insert(&self, hash: [u8; 32], claims: &Arc<Claims>) {
        let mut seen = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MOST_REMEMBERED {
            seen.clear();
        }
        seen.insert(hash, Arc::clone(claims));
    }

    /// Forgets those that have ended, once a minute, whatever token comes.
    fn sweep(&self, now: OffsetDateTime) {
        let now = now.unix_timestamp();
        let due = self.1.load(Ordering::Relaxed);
        if now >= due && self.1.compare_exchange(due, now + SWEPT, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            let over = now - LEEWAY.whole_seconds();
            self.0.write().unwrap_or_else(PoisonError::into_inner).retain(|_, claims| claims.exp >= over);
        }
    }
}

/// What is read of a token. Whatever else it claims is not looked at.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    iss: String,
    aud: Audience,
    #[serde(deserialize_with = "seconds")]
    exp: i64,
    #[serde(default, deserialize_with = "some_seconds")]
    iat: Option<i64>,
    #[serde(default, deserialize_with = "some_seconds")]
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

/// Who the bearer of a token is that is not the service's own, as far as it goes: `own` says why it is none.
///
/// # Errors
/// `invalid_token`; `learner_unknown` or `no_grant` where a valid one speaks for nobody here; `too_many_requests`.
pub(crate) async fn identify(
    headers: &HeaderMap,
    (token, own): (&str, Unreadable),
    state: &AppState,
    pays: &Pays<'_>,
) -> Result<Identity, Problem> {
    let unreadable = |why| refused(TokenError::Unreadable(why));
    let named: Map<String, Value> =
        jsonwebtoken::dangerous::insecure_decode_claims(token).map_err(|_| unreadable(Unreadable::Form))?;
    let iss = named.get("iss").and_then(Value::as_str).ok_or_else(|| unreadable(Unreadable::NoIssuer))?;
    if iss == state.tokens.issuer() {
        return Err(unreadable(own));
    }
    let book = state.access.current(state).await?;
    book.remembered.sweep(state.clock.now());
    let Some(issuer) = book.issuer(iss) else { return Err(unreadable(in_vain(token, Unreadable::UnknownIssuer))) };
    let claims = verified(&book, issuer, token, state).map_err(|why| {
        refresh::ask_early(state, issuer, token);
        refused(why)
    })?;
    // Many issuers leave `nbf` out; then the token holds from the beginning.
    within(claims.holds_from(), claims.exp, state.clock.now()).map_err(refused)?;
    not_too_long(&claims, issuer.longest_token, state.clock.now()).map_err(refused)?;
    let caller = match learner(&claims).map_err(refused)? {
        Some(_) if !issuer.names_learners => return Err(unreadable(Unreadable::Subjects)),
        Some(named) => {
            // Before the database is asked: one token must not be good for any number of questions, whomever it names.
            pays(CallerKind::Learner, &named.payer(state))?;
            let portal =
                |problem: Problem| problem.by(Proven { signature: format!("issuer:{iss}"), issuer: iss.to_owned() });
            Caller::Learner(named.find(state).await.map_err(portal)?)
        }
        None if !issuer.names_officials => return Err(unreadable(Unreadable::Subjects)),
        None => {
            let official = official(issuer, &claims, headers, state.clock.today())?;
            pays(official.kind(), &official.signature())?;
            official
        }
    };
    Ok(Identity { caller, scopes: None, channel: (Channel::Issuer, Some(issuer.iss.clone())) })
}

/// Why a token cannot be verified for which there are no keys. Who is registered here is not told by how soon the answer comes, nor
/// by another answer to what is wrong with the token itself.
fn in_vain(token: &str, why: Unreadable) -> Unreadable {
    match KeySet::default().claims::<Claims>(token, TYPES, SigningAlgorithm::ALL) {
        Err(Unreadable::UnknownKey) | Ok(_) => why,
        Err(of_the_token) => of_the_token,
    }
}

fn verified(book: &AccessBook, issuer: &KnownIssuer, token: &str, state: &AppState) -> Result<Arc<Claims>, TokenError> {
    if !issuer.is_trusted_at(state.clock.now(), state.key_source.trusted) {
        // Neither is what was verified by these keys before.
        return Err(TokenError::Unreadable(in_vain(token, Unreadable::KeysTooOld)));
    }
    let hash: [u8; 32] = Sha256::digest(token).into();
    if let Some(claims) = book.remembered.get(&hash) {
        return Ok(claims);
    }
    let claims = Arc::new(signed(&issuer.keys, &issuer.algorithms, (&issuer.iss, &issuer.audience), token)?);
    book.remembered.insert(hash, &claims);
    Ok(claims)
}

impl Claims {
    /// From when it holds: not before it was issued, whatever else it says.
    fn holds_from(&self) -> i64 {
        self.nbf.max(self.iat).unwrap_or(i64::MIN)
    }
}

/// What a token claims that these keys signed, for its issuer and our audience.
fn signed(
    keys: &KeySet,
    algorithms: &[SigningAlgorithm],
    (iss, audience): (&str, &str),
    token: &str,
) -> Result<Claims, TokenError> {
    let claims: Claims = keys.claims(token, TYPES, algorithms).map_err(TokenError::Unreadable)?;
    if claims.iss != iss {
        return Err(TokenError::Unreadable(Unreadable::UnknownIssuer));
    }
    if claims.aud.names(audience) { Ok(claims) } else { Err(TokenError::WrongAudience) }
}

/// For the fuzzer: whether a token of an issuer with this set of keys holds, and then whether it names a learner; by `longest`, as
/// [`identify`] does before it asks the database.
pub(crate) fn names_a_learner(
    jwks: &serde_json::Value,
    issuer: (&str, &str),
    (longest, now): (Duration, OffsetDateTime),
    token: &str,
) -> Option<bool> {
    let (keys, _) = KeySet::read(jwks, "").ok()?;
    let claims = signed(&keys, SigningAlgorithm::ALL, issuer, token).ok()?;
    within(claims.holds_from(), claims.exp, now).ok()?;
    not_too_long(&claims, longest, now).ok()?;
    learner(&claims).ok().map(|named| named.is_some())
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
                // As it is looked up, so that nobody has a quota for each way of writing a number.
                let document = Document::parse(*kind, number, state.clock.today()).ok();
                let number = document.as_ref().map_or(number.as_str(), Document::number);
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
        _ => Err(TokenError::Unreadable(Unreadable::Names)),
    }
}

/// The learner of an id, if one is registered under it.
pub(super) async fn registered(state: &AppState, id: LearnerId) -> Result<LearnerId, Problem> {
    let known = state.store.read(move |db| Ok::<_, StoreError>(!persons(db, &[id])?.is_empty())).await?;
    if known { Ok(id) } else { Err(Problem::new(Kind::LearnerUnknown)) }
}

/// The file that stands for that of a learner, where it has ended in another one.
pub(super) async fn successor(state: &AppState, id: LearnerId) -> Result<Option<LearnerId>, Problem> {
    Ok(state.store.read(move |db| Ok::<_, StoreError>(successors(db, &[id])?.remove(&id))).await?)
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
        let found = find_by_identifier(db, &[&hash])?;
        let Some(id) = found.first().map(|holder| holder.learner) else { return Ok(None) };
        let known = names_of_holders(db, &found, &[])?.remove(&id).unwrap_or_default();
        let same = known.into_iter().any(|known| PersonName::from_stored(known).matches(&name));
        Ok::<_, StoreError>(same.then_some(id))
    };
    state.store.read(look).await?.ok_or_else(unknown)
}

fn official(issuer: &KnownIssuer, claims: &Claims, headers: &HeaderMap, today: Date) -> Result<Caller, Problem> {
    let unreadable = |why| refused(TokenError::Unreadable(why));
    let subject = claims.sub.as_deref().filter(|sub| is_subject(sub)).ok_or_else(|| unreadable(Unreadable::Names))?;
    if names_a_person(subject, today) {
        return Err(unreadable(Unreadable::Personal));
    }
    let all = issuer.grants.get(subject).map(Vec::as_slice).unwrap_or_default();
    let mut in_force: Vec<&Grant> = all.iter().filter(|grant| grant.holds_on(today)).collect();
    let named = headers.get(GRANT_HEADER);
    if let Some(named) = named {
        let named = named.to_str().ok().and_then(|id| id.parse::<GrantId>().ok());
        in_force.retain(|grant| Some(grant.id) == named);
    }
    // The one that was given first: whoever gives them another one changes nothing for them.
    let grant = in_force.into_iter().min_by_key(|grant| grant.id);
    let grant = grant.ok_or_else(|| {
        let problem = if named.is_some() { no_such_grant() } else { no_grant(all, today) };
        let account = qualified(&issuer.iss, subject);
        problem.by(Proven { signature: format!("official:{account}"), issuer: issuer.iss.clone() })
    })?;
    Ok(Caller::Official {
        role: grant.role,
        reach: grant.reach.clone(),
        subject: qualified(&issuer.iss, subject),
        grant: Some(ActingBy { id: grant.id, until_on: grant.until_on }),
    })
}

/// The refusal of who holds none today. When the next one begins is told to the account itself, whose token has proved it.
fn no_grant(all: &[Grant], today: Date) -> Problem {
    let problem = Problem::new(Kind::NoGrant);
    let Some(next) = all.iter().map(|grant| grant.from_on).filter(|day| *day > today).min() else { return problem };
    let words = Text::new(
        format!("现无有效授权；最近一项授权自 {next} 起生效"),
        format!("no grant is in force today; the next one begins on {next}"),
    );
    problem.detail(words).with("from_on", Day::from(next))
}

/// The refusal of who names a grant by which they cannot act: no id, an unknown one, another's, or one that is not in force. Which of
/// these it is, is told to nobody.
fn no_such_grant() -> Problem {
    let words = Text::new(
        "X-Grant-Id 指明的不是本人现有的有效授权；不带该请求头时，依据最早授予的一项，GET /v1/caller 列出全部",
        "X-Grant-Id names no grant of theirs that is in force; without the header the one given first holds, and GET /v1/caller lists all",
    );
    Problem::new(Kind::NoGrant).detail(words).with("header", "X-Grant-Id")
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
    let unseen = |c: char| c.is_control() || is_unseen(c);
    (1..=100).contains(&subject.chars().count()) && subject.trim() == subject && !subject.chars().any(unseen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_a_token_named_is_forgotten_a_minute_after_it_has_ended() {
        let remembered = Remembered::default();
        let start = OffsetDateTime::UNIX_EPOCH;
        for (hash, exp) in [([1; 32], 100), ([2; 32], 1000)] {
            let claims = serde_json::json!({ "iss": "x", "aud": "y", "exp": exp, "name": "示例" });
            remembered.insert(hash, &Arc::new(serde_json::from_value(claims).unwrap()));
        }
        let both = |remembered: &Remembered| [[1; 32], [2; 32]].map(|hash| remembered.get(&hash).is_some());
        remembered.sweep(start + Duration::seconds(100));
        assert_eq!(both(&remembered), [true, true]);
        remembered.sweep(start + Duration::seconds(159));
        assert_eq!(both(&remembered), [true, true], "once a minute");
        remembered.sweep(start + Duration::seconds(160));
        assert_eq!(both(&remembered), [false, true]);
    }
}
