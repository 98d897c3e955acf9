//! The rule book as the running service holds it: parsed once, read again only when its revision moved.

use crate::problem::Problem;
use domain::{
    policy::{Fault, Policy, RuleBook, Rules},
    registry::{PlaceTree, PlaceTreeError},
};
use std::sync::{Arc, PoisonError, RwLock};
use store::{
    Db, StoreError,
    policy::{PolicyPublication, PolicyVersion, RULE_BOOK, current_revision, published_all},
    registry::load_places,
};
use thiserror::Error;

/// Why the rule book in the database cannot be used. None of it is the caller's fault.
#[derive(Debug, Error)]
pub enum BookError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The rows of places are no tree.
    #[error(transparent)]
    Places(#[from] PlaceTreeError),
    /// A published version no longer reads. Leaving it out would let a wider layer answer in its stead, so nothing answers.
    #[error("published policy {id} of {place} cannot be read: {}", .faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Policy {
        /// The version.
        id: String,
        /// Its place.
        place: String,
        /// What is wrong with it.
        faults: Vec<Fault>,
    },
}

impl From<BookError> for Problem {
    fn from(error: BookError) -> Self {
        match error {
            BookError::Store(error) => error.into(),
            BookError::Places(_) | BookError::Policy { .. } => Self::internal(error),
        }
    }
}

/// The rule book with the places it is layered over, kept for as long as its revision stands.
#[derive(Debug, Default)]
pub struct RuleBooks(RwLock<Option<(i64, Arc<RuleBook>)>>);

impl RuleBooks {
    /// The rule book as it was read last; none before the first time.
    #[must_use]
    pub fn held(&self) -> Option<Arc<RuleBook>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(|(_, book)| Arc::clone(book))
    }

    /// The rule book as the caller's transaction sees it: one small query, and a rebuild only when the revision is another
    /// one than last time. What was parsed before is taken over.
    ///
    /// # Errors
    /// When the database fails, or holds rules or places that this program cannot read.
    pub fn current(&self, db: &mut Db) -> Result<Arc<RuleBook>, BookError> {
        let revision = current_revision(db, RULE_BOOK)?;
        self.at(db, revision)
    }

    /// The same for a transaction that has read the revision of the rule book already.
    ///
    /// # Errors
    /// When the database fails, or holds rules or places that this program cannot read.
    pub fn at(&self, db: &mut Db, revision: i64) -> Result<Arc<RuleBook>, BookError> {
        let held = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        let before = match held {
            Some((at, book)) if at == revision => return Ok(book),
            Some((_, book)) => Some(book),
            None => None,
        };
        let book = Arc::new(read(db, before.as_deref())?);
        // Whoever comes last stays: after a rollback the revision in force may be a lower one than that kept here.
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some((revision, Arc::clone(&book)));
        Ok(book)
    }
}

fn read(db: &mut Db, before: Option<&RuleBook>) -> Result<RuleBook, BookError> {
    let (places, codes) = load_places(db)?;
    let tree = PlaceTree::new(places, codes)?;
    let published = published_all(db)?.into_iter().map(|(version, publication)| {
        match before.and_then(|book| book.version(version.policy_id)) {
            Some(policy) => Ok(Policy::clone(policy)),
            None => parse(version, publication),
        }
    });
    Ok(RuleBook::new(tree, published.collect::<Result<_, _>>()?))
}

fn parse(version: PolicyVersion, publication: PolicyPublication) -> Result<Policy, BookError> {
    match Rules::parse_published(&version.source) {
        Ok(rules) => {
            for fault in rules.faults() {
                log::warn!(target: "xueshi::policy", policy = version.policy_id.to_string().as_str(); "in force with a fault: {fault}");
            }
            Ok(Policy {
                id: version.policy_id,
                number: publication.number,
                published_at: publication.published_at,
                source_hash: version.source_hash,
                rules,
            })
        }
        Err(faults) => {
            let (id, place) = (version.policy_id.to_string(), version.place_code.to_string());
            Err(BookError::Policy { id, place, faults })
        }
    }
}
