//! From a token request to a token.

use super::{
    assertion,
    credentials::{Asked, Presented},
    failure::Failure,
};
use crate::{
    access::{
        book::{AccessBook, KnownClient},
        clients::MOST_SECRETS,
        foreign::{find as find_learner, registered, successor},
    },
    audit::Author,
    auth::{CallerKind, LEEWAY, Operation, Subject, operation},
    extract::Form,
    problem::{Kind, Problem},
    state::AppState,
};
use actix_web::http::header::HeaderMap;
use domain::{
    access::{ClientKind, Scopes},
    kernel::{ClientId, DocumentKind, LearnerId},
};
use sha2::{Digest, Sha256};
use store::access::use_assertion;
use subtle::{Choice, ConstantTimeEq};
use time::{Duration, OffsetDateTime};

/// How long the `jti` of an assertion is kept after its end: longer than the clocks of any two replicas differ, so that none of
/// them takes again what another has forgotten.
const KEPT: Duration = Duration::minutes(10);

/// How long an access token holds.
pub(super) const LIFETIME: Duration = Duration::minutes(15);

/// What a token takes from its client's quota, and how much more where a learner must be found for it.
const A_TOKEN: u32 = 2;
const A_LEARNER: u32 = 3;

/// A token and what it is good for.
pub(super) struct Issued {
    pub(super) token: String,
    pub(super) scopes: Scopes,
}

pub(super) async fn issue(state: &AppState, headers: &HeaderMap, form: Form) -> Result<Issued, Failure> {
    let asked = Asked::of(form)?;
    let presented = asked.presented(headers)?;
    let book = state.access.current(state).await?;
    let now = state.clock.now();
    let client = authenticate(state, &book, presented, now).await?;
    match asked.get("grant_type") {
        Some("client_credentials") => {}
        Some(_) => return Err(Failure::UnsupportedGrantType),
        None => return Err(Failure::InvalidRequest("grant_type is missing")),
    }
    let scopes = client.scopes.granted(asked.get("scope")).map_err(|_| Failure::InvalidScope)?;
    let subject = subject(state, client, &asked).await?;
    // What is issued just after an end is told from what was issued just before it.
    let from = client.tokens_from_at.map_or(now, |from| from.max(now));
    let token = state.tokens.mint_for_client(&subject, (client.id, &scopes), from, LIFETIME);
    Ok(Issued { token: token.map_err(Problem::internal)?, scopes })
}

async fn authenticate<'a>(
    state: &AppState,
    book: &'a AccessBook,
    presented: Presented,
    now: OffsetDateTime,
) -> Result<&'a KnownClient, Failure> {
    let (named, known, why) = match presented {
        Presented::Secret { client, secret } => {
            let named: Option<ClientId> = client.parse().ok();
            let known = by_secret(named.and_then(|id| book.client(id)), &secret, now);
            known.map_or(Ok(()), |client| pays(state, client, A_TOKEN))?;
            (named, known, "no such client, or none of its secrets that hold".to_owned())
        }
        Presented::Assertion { client, token } => {
            let named = assertion::says(&token);
            let agreed = client.is_none_or(|client| client.parse().ok() == named);
            match assertion::verify(book, named, &token, &audiences(state), now) {
                Ok(holds) if agreed => {
                    pays(state, holds.client, A_TOKEN)?;
                    (
                        named,
                        once(state, holds, now).await?,
                        "assertion not accepted: its jti was used before".to_owned(),
                    )
                }
                Ok(_) => {
                    (named, None, "assertion not accepted: client_id names another client than its sub".to_owned())
                }
                Err(why) => (named, None, why),
            }
        }
    };
    // What is no id is not written down: it may be a secret that someone put into the wrong field.
    known.ok_or_else(|| failed(state, named, &why))
}

/// Whoever proves to be a client pays before anything is written or looked up for it.
fn pays(state: &AppState, client: &KnownClient, units: u32) -> Result<(), Problem> {
    state.quotas.spend(&format!("client:{}", client.id), units)
}

/// Counts a failure of a client, and says so instead where there were too many. Why it failed is for the log alone.
fn failed(state: &AppState, named: Option<ClientId>, why: &str) -> Failure {
    let id = named.map(ClientId::as_uuid).unwrap_or_default();
    let too_many = state.access.attempts.failed(id, state.clock.now());
    state.metrics.count("access", if too_many { "too_many_attempts" } else { "invalid_client" }, 1);
    log::warn!(target: "xueshi::access", client = id.to_string().as_str(), why; "a client's attempt failed");
    if too_many { Failure::TooManyAttempts } else { Failure::InvalidClient }
}

/// Where an assertion may say that it is for.
fn audiences(state: &AppState) -> [String; 2] {
    [state.public_url.clone(), format!("{}/v1/oauth/token", state.public_url)]
}

async fn once<'a>(
    state: &AppState,
    holds: assertion::Holds<'a>,
    now: OffsetDateTime,
) -> Result<Option<&'a KnownClient>, Problem> {
    let assertion::Holds { client, jti, expires_at } = holds;
    let id = client.id;
    let forgotten = now - (LEEWAY + KEPT);
    let new = state.store.write(move |db| use_assertion(db, id, &jti, expires_at, forgotten)).await?;
    Ok(new.then_some(client))
}

/// The client, if the secret is one of its own that hold now. As many comparisons are made for any client, known or not,
/// whichever of its secrets it is.
fn by_secret<'a>(client: Option<&'a KnownClient>, secret: &str, now: OffsetDateTime) -> Option<&'a KnownClient> {
    // Nothing that anyone can find hashes to nothing but zeros.
    const NOBODY: [u8; 32] = [0; 32];
    let hash: [u8; 32] = Sha256::digest(secret).into();
    let mut held: Vec<&[u8; 32]> = Vec::with_capacity(MOST_SECRETS);
    let secrets = client.map(|client| client.secrets.as_slice()).unwrap_or_default();
    held.extend(secrets.iter().filter(|secret| secret.holds_at(now)).map(|secret| &secret.hash).take(MOST_SECRETS));
    held.resize(MOST_SECRETS, &NOBODY);
    let same = held.iter().fold(Choice::from(0), |same, own| same | own.ct_eq(&hash));
    client.filter(|_| bool::from(same))
}

/// For whom the token speaks: a platform for itself, a mini-program for the learner whom it names.
async fn subject(state: &AppState, client: &KnownClient, asked: &Asked) -> Result<Subject, Failure> {
    let (kind, name) = match (client.kind, client.platform) {
        (ClientKind::Platform, Some(platform)) => (CallerKind::Platform, platform.to_string()),
        (ClientKind::MiniProgram, None) => (CallerKind::Learner, learner(state, client, asked).await?.to_string()),
        _ => return Err(Problem::internal("a client without a platform, or with one that it cannot have").into()),
    };
    Ok(Subject::of(kind, &name, None))
}

async fn learner(state: &AppState, client: &KnownClient, asked: &Asked) -> Result<LearnerId, Failure> {
    let found = match (asked.get("learner_id"), asked.get("document_number"), asked.get("name")) {
        (Some(id), None, None) => {
            let id: LearnerId = id.parse().map_err(|_| Failure::InvalidRequest("learner_id is not an id"))?;
            pays(state, client, A_LEARNER)?;
            let known = registered(state, id).await;
            // What it would be good for is answered with the successor, so it is told at once.
            match successor(state, id).await? {
                Some(successor) if known.is_ok() => return Err(Failure::LearnerMerged(successor)),
                _ => known,
            }
        }
        (None, Some(number), Some(name)) => {
            let kind = asked.get("document_kind").map_or(Ok(DocumentKind::ResidentId), str::parse);
            let kind = kind.map_err(|_| Failure::InvalidRequest("document_kind is none of the known ones"))?;
            pays(state, client, A_LEARNER)?;
            find_learner(state, (kind, number.to_owned()), name.to_owned()).await
        }
        _ => return Err(Failure::InvalidRequest("learner_id, or document_number and name, must say for whom")),
    };
    found.map_err(|problem| match problem.kind() {
        Kind::LearnerUnknown => {
            // The client has proved who it is, and people without a file are its everyday business: it has paid for the question,
            // and nothing of it counts as a failed proof. Who tries out numbers so is named by the trail, with how often.
            state.metrics.count("access", "unknown_learner", 1);
            let by = Author::client(client.id, operation::IssueToken::LINE.id());
            state.journal.refused(&by, Kind::LearnerUnknown.slug(), None, state.clock.now());
            Failure::InvalidRequest("no learner is registered with this id, or document and name")
        }
        _ => problem.into(),
    })
}
