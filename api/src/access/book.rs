//! Everything by which callers are judged, in memory, under the number of its revision.

use super::{foreign::Remembered, key_set::KeySet};
use crate::{problem::Problem, state::AppState};
use domain::{
    access::{ClientKind, Grant, Named, Reach, Scopes, SigningAlgorithm},
    kernel::{ClientId, IssuerId, PlatformId},
};
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration as Wait, Instant},
};
use store::{
    Db, StoreError,
    access::{ACCESS, AccessGrant, InForce, load_in_force},
    policy::current_revision,
};
use time::{Duration, OffsetDateTime};
use tokio::sync::Mutex;

/// How old what is known may be. Whatever is disabled, ended or withdrawn elsewhere stops working here after that.
const FRESH: Wait = Wait::from_secs(1);

/// The book as this process last read it.
#[derive(Debug, Default)]
pub struct Access {
    held: RwLock<Held>,
    asking: Mutex<()>,
    pub(super) attempts: super::oauth::Attempts,
    pub(super) asked: super::refresh::Asked,
}

#[derive(Debug, Default)]
struct Held {
    book: Option<(Instant, Arc<AccessBook>)>,
    /// How often this process was told to look again.
    forgotten: u64,
}

/// Clients, issuers and grants in force at one revision.
#[derive(Debug, Default)]
pub(crate) struct AccessBook {
    revision: i64,
    clients: HashMap<ClientId, KnownClient>,
    issuers: HashMap<String, KnownIssuer>,
    /// Tokens of issuers that were verified with these keys; forgotten together with them.
    pub(super) remembered: Remembered,
}

/// A client that is not disabled.
#[derive(Debug)]
pub(crate) struct KnownClient {
    pub(super) id: ClientId,
    pub(super) kind: ClientKind,
    pub(super) platform: Option<PlatformId>,
    /// Only its tokens that were issued from then on hold.
    pub(super) tokens_from_at: Option<OffsetDateTime>,
    pub(crate) scopes: Scopes,
    pub(super) keys: KeySet,
    pub(super) secrets: Vec<KnownSecret>,
}

/// A secret that has not ended.
#[derive(Debug)]
pub(super) struct KnownSecret {
    pub(super) hash: [u8; 32],
    from_at: OffsetDateTime,
    until_at: Option<OffsetDateTime>,
}

/// An issuer that is not disabled, with the grants of its officials.
#[derive(Debug)]
pub(super) struct KnownIssuer {
    pub(super) id: IssuerId,
    pub(super) iss: String,
    pub(super) audience: String,
    pub(super) names_learners: bool,
    pub(super) names_officials: bool,
    pub(super) algorithms: Vec<SigningAlgorithm>,
    pub(super) keys: KeySet,
    /// Whether its keys are fetched.
    pub(super) by_address: bool,
    /// When they were fetched last.
    fetched_at: Option<OffsetDateTime>,
    pub(super) longest_token: Duration,
    pub(super) grants: HashMap<String, Vec<Grant>>,
}

impl Access {
    /// The book, at most a second old. One request asks for it, the others of that moment wait for the answer.
    ///
    /// # Errors
    /// When the database does not answer: then nobody is let in by what may no longer hold.
    pub(crate) async fn current(&self, state: &AppState) -> Result<Arc<AccessBook>, Problem> {
        if let Some(book) = self.fresh() {
            return Ok(book);
        }
        let _one = self.asking.lock().await;
        if let Some(book) = self.fresh() {
            return Ok(book);
        }
        let (asked, now) = (Instant::now(), state.clock.now());
        let (before, forgotten) = self.before();
        let book = state.store.read(move |db| read(db, before, now)).await?;
        self.put(asked, forgotten, &book);
        Ok(book)
    }

    /// What is held, however old, and the count to put its successor back with.
    fn before(&self) -> (Option<Arc<AccessBook>>, u64) {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        (held.book.as_ref().map(|(_, book)| Arc::clone(book)), held.forgotten)
    }

    /// Keeps what was read, as fresh; as old where this process was told meanwhile to look again: the read may have begun before
    /// the change was committed.
    fn put(&self, asked: Instant, forgotten: u64, book: &Arc<AccessBook>) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        let asked = if held.forgotten == forgotten { Some(asked) } else { asked.checked_sub(FRESH) };
        held.book = asked.map(|asked| (asked, Arc::clone(book)));
    }

    /// Makes the next request look again: after a change that this process has made itself.
    pub(super) fn forget(&self) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        held.forgotten += 1;
        held.book = held.book.take().and_then(|(asked, book)| Some((asked.checked_sub(FRESH)?, book)));
    }

    fn fresh(&self) -> Option<Arc<AccessBook>> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.book.as_ref().filter(|(asked, _)| asked.elapsed() < FRESH).map(|(_, book)| Arc::clone(book))
    }
}

fn read(db: &mut Db, before: Option<Arc<AccessBook>>, now: OffsetDateTime) -> Result<Arc<AccessBook>, StoreError> {
    let revision = current_revision(db, ACCESS)?;
    if let Some(book) = before.filter(|book| book.revision == revision) {
        return Ok(book);
    }
    Ok(Arc::new(AccessBook::of(revision, load_in_force(db, now)?)))
}

impl AccessBook {
    /// A client that is not disabled, if a token of it that was issued then still holds.
    pub(crate) fn client_of_token(&self, id: ClientId, issued_at: i64) -> Option<&KnownClient> {
        self.client(id).filter(|client| client.tokens_from_at.is_none_or(|from| issued_at >= from.unix_timestamp()))
    }

    /// A client that is not disabled.
    pub(crate) fn client(&self, id: ClientId) -> Option<&KnownClient> {
        self.clients.get(&id)
    }

    /// An issuer that is not disabled.
    pub(super) fn issuer(&self, iss: &str) -> Option<&KnownIssuer> {
        self.issuers.get(iss)
    }

    fn of(revision: i64, rows: InForce) -> Self {
        let mut book = Self { revision, ..Self::default() };
        for row in rows.clients {
            let keys = row.jwks.as_deref().map_or_else(|| Some(KeySet::default()), KeySet::stored);
            let (Ok(scopes), Some(keys)) = (row.scopes.parse(), keys) else {
                log::error!(target: "xueshi::access", client = row.client_id.to_string().as_str(); "unreadable");
                continue;
            };
            let (id, kind, platform) = (row.client_id, row.kind, row.platform_id);
            let (tokens_from_at, secrets) = (row.tokens_from_at, Vec::new());
            book.clients.insert(id, KnownClient { id, kind, platform, tokens_from_at, scopes, keys, secrets });
        }
        for row in rows.secrets {
            if let (Some(client), Ok(hash)) = (book.clients.get_mut(&row.client_id), row.secret_hash.try_into()) {
                client.secrets.push(KnownSecret { hash, from_at: row.from_at, until_at: row.until_at });
            }
        }
        let mut grants: HashMap<IssuerId, HashMap<String, Vec<Grant>>> = HashMap::new();
        for grant in rows.grants.into_iter().filter_map(grant) {
            grants.entry(grant.issuer).or_default().entry(grant.subject.clone()).or_default().push(grant);
        }
        for row in rows.issuers {
            let algorithms = row.algorithms.split(' ').map(str::parse).collect::<Result<_, _>>();
            let keys = row.jwks.as_deref().map_or_else(|| Some(KeySet::default()), KeySet::stored);
            let (Ok(algorithms), Some(keys)) = (algorithms, keys) else {
                log::error!(target: "xueshi::access", issuer = row.issuer_id.to_string().as_str(); "unreadable");
                continue;
            };
            let known = KnownIssuer {
                id: row.issuer_id,
                iss: row.iss.clone(),
                audience: row.audience,
                names_learners: row.names_learners,
                names_officials: row.names_officials,
                algorithms,
                keys,
                by_address: row.jwks_uri.is_some(),
                fetched_at: row.jwks_fetched_at,
                longest_token: Duration::seconds(row.longest_token_seconds.into()),
                grants: grants.remove(&row.issuer_id).unwrap_or_default(),
            };
            book.issuers.insert(row.iss, known);
        }
        book
    }
}

/// The grant of a row; none where what it names does not fit its role, which the service never writes.
pub(super) fn grant(row: AccessGrant) -> Option<Grant> {
    let AccessGrant { place_code: place, employer_id: employer, base_id: base, series, .. } = row;
    let named = Named { place, employer, base, series };
    Some(Grant {
        id: row.grant_id,
        issuer: row.issuer_id,
        subject: row.subject,
        role: row.role,
        reach: Reach::of(row.role, named)?,
        from_on: row.from_on,
        until_on: row.until_on,
    })
}

impl KnownIssuer {
    /// Whether its keys may be trusted: those that were given are, and those that were fetched for so long.
    pub(super) fn is_trusted_at(&self, now: OffsetDateTime, trusted: Duration) -> bool {
        !self.by_address || self.fetched_at.is_some_and(|at| now - at <= trusted)
    }
}

impl KnownSecret {
    /// Whether it holds at a moment: from its first to before its last.
    pub(super) fn holds_at(&self, now: OffsetDateTime) -> bool {
        self.from_at <= now && self.until_at.is_none_or(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_that_began_before_a_change_is_not_put_back_as_fresh() {
        let (access, book) = (Access::default(), Arc::new(AccessBook::default()));
        let (_, forgotten) = access.before();
        access.put(Instant::now(), forgotten, &book);
        assert!(access.fresh().is_some());
        let (_, forgotten) = access.before();
        access.forget();
        assert!(access.fresh().is_none());
        access.put(Instant::now(), forgotten, &book);
        assert!(access.fresh().is_none(), "the change may be newer than what was read");
        let (_, forgotten) = access.before();
        access.put(Instant::now(), forgotten, &book);
        assert!(access.fresh().is_some());
    }
}
