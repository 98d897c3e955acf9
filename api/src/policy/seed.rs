//! What an empty database starts with: the places and the embedded rule files, published by `system`.
//!
//! What exists is never touched. A rule file that came with a newer program is not published by itself: the law changes by an
//! act of an office, not by an update. The log says that there is one.

use super::{book::BookError, source_hash};
use domain::{
    kernel::PolicyId,
    policy::{Fault, Rules},
};
use policies::places::{self, SeedError};
use store::{
    Db, Store, StoreError,
    policy::{PolicyVersion, bump_revision, insert_version, list_versions, publish},
    registry::{load_places, upsert_places},
};
use thiserror::Error;
use time::OffsetDateTime;
use uuid::Uuid;

/// Who publishes what a database starts with.
const SYSTEM: &str = "system";

/// The revision whose row keeps two processes from filling one database at once.
const SEED: &str = "seed";

/// Why a database could not be filled, or what it holds not be read.
#[derive(Debug, Error)]
pub enum FillError {
    /// The embedded places cannot be read.
    #[error(transparent)]
    Places(#[from] SeedError),
    /// An embedded rule file cannot be read.
    #[error("{path}: {}", .faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Rules {
        /// The file.
        path: &'static str,
        /// What is wrong with it.
        faults: Vec<Fault>,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database holds a rule book that this program cannot read.
    #[error(transparent)]
    Book(#[from] BookError),
}

/// Fills an empty database; tells in the log what another one lacks. Safe in several processes at once. Blocks.
///
/// # Errors
/// When what is embedded cannot be read or the database fails.
pub(crate) fn fill(store: &Store, now: OffsetDateTime) -> Result<(), FillError> {
    if store.read_blocking(is_empty)? {
        let (nodes, codes) = places::seed()?;
        let versions = embedded(now)?;
        let filled = store.write_blocking(move |db| -> Result<bool, StoreError> {
            // Whoever comes second waits here until the first is done, and then finds the database full.
            bump_revision(db, SEED)?;
            if !is_empty(db)? {
                return Ok(false);
            }
            upsert_places(db, &nodes, &codes)?;
            for version in &versions {
                insert_version(db, version)?;
                publish(db, version.policy_id, now, SYSTEM)?;
            }
            Ok(true)
        })?;
        if filled {
            let files = policies::FILES.len();
            log::info!(target: "xueshi::startup", files; "the empty database was given its places and rule files");
        }
        return Ok(());
    }
    for path in store.read_blocking(missing)? {
        log::info!(
            target: "xueshi::startup", file = path;
            "this program brings a rule file that the database does not have; publish it by POST /v1/policies if it shall govern"
        );
    }
    Ok(())
}

fn is_empty(db: &mut Db) -> Result<bool, StoreError> {
    Ok(load_places(db)?.0.is_empty() && list_versions(db, None, None, 1)?.is_empty())
}

/// Every embedded rule file as a version to be kept.
fn embedded(now: OffsetDateTime) -> Result<Vec<PolicyVersion>, FillError> {
    let version = |file: &policies::Embedded| {
        let rules = Rules::parse(file.rules).map_err(|faults| FillError::Rules { path: file.path, faults })?;
        Ok(PolicyVersion {
            policy_id: PolicyId::from_uuid(Uuid::now_v7()),
            place_code: rules.policy.place.clone(),
            year_from: rules.policy.first_year(),
            year_until: rules.policy.last_year(),
            source: file.rules.to_owned(),
            source_hash: source_hash(file.rules),
            drafted_at: now,
            drafted_by: SYSTEM.to_owned(),
        })
    };
    policies::FILES.iter().map(version).collect()
}

/// Embedded rule files whose text no version in the database has.
fn missing(db: &mut Db) -> Result<Vec<&'static str>, StoreError> {
    let known: Vec<String> =
        list_versions(db, None, None, i64::MAX)?.into_iter().map(|(version, _)| version.source_hash).collect();
    let unknown = policies::FILES.iter().filter(|file| !known.contains(&source_hash(file.rules)));
    Ok(unknown.map(|file| file.path).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::RuleBooks;
    use domain::kernel::PlaceCode;
    use store::{StoreOptions, policy::published_all};
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2021-06-15 12:00 +08:00);

    struct Database(std::path::PathBuf);

    impl Database {
        fn new() -> Self {
            Self(std::env::temp_dir().join(format!("xueshi-seed-{}.db", Uuid::now_v7())))
        }

        fn store(&self) -> Store {
            let store = Store::connect(&format!("sqlite://{}", self.0.display()), &StoreOptions::default()).unwrap();
            store.migrate().unwrap();
            store
        }
    }

    impl Drop for Database {
        fn drop(&mut self) {
            for end in ["", "-wal", "-shm"] {
                let _ = std::fs::remove_file(format!("{}{end}", self.0.display()));
            }
        }
    }

    #[test]
    fn an_empty_database_is_filled_once_however_many_start_at_once() {
        let database = Database::new();
        let stores: Vec<Store> = (0..3).map(|_| database.store()).collect();
        std::thread::scope(|scope| {
            for store in &stores {
                scope.spawn(move || fill(store, NOW).unwrap());
            }
        });
        fill(&stores[0], NOW).unwrap();
        let published = stores[0].read_blocking(published_all).unwrap();
        assert_eq!(published.len(), policies::FILES.len());
        assert!(published.iter().all(|(_, publication)| publication.number == 1));
        assert!(published.iter().all(|(_, publication)| publication.published_by == SYSTEM));
        assert_eq!(stores[0].read_blocking(missing).unwrap(), Vec::<&str>::new());
    }

    #[test]
    fn a_database_with_places_of_its_own_is_left_as_it_is() {
        let database = Database::new();
        let store = database.store();
        let (nodes, _) = places::seed().unwrap();
        store.write_blocking(move |db| upsert_places(db, &nodes[..1], &[])).unwrap();
        fill(&store, NOW).unwrap();
        assert_eq!(store.read_blocking(load_places).unwrap().0.len(), 1);
        assert_eq!(store.read_blocking(missing).unwrap().len(), policies::FILES.len());
    }

    #[test]
    fn the_rule_book_is_read_again_only_when_its_revision_moved() {
        let database = Database::new();
        let store = database.store();
        fill(&store, NOW).unwrap();
        let books = RuleBooks::default();
        let current = || store.read_blocking(|db| books.current(db)).unwrap();
        let first = current();
        assert!(std::sync::Arc::ptr_eq(&first, &current()));
        let shaanxi: PlaceCode = "610000".parse().unwrap();
        let rules = first.resolve(&shaanxi, 2020, None).in_force().unwrap().clone();
        let again = store.read_blocking(|db| store::policy::find_version(db, rules.id)).unwrap().unwrap().0;
        let again = PolicyVersion { policy_id: PolicyId::from_uuid(Uuid::now_v7()), ..again };
        store
            .write_blocking(move |db| {
                insert_version(db, &again)?;
                publish(db, again.policy_id, NOW, "administrator:root")
            })
            .unwrap();
        let second = current();
        assert_eq!(second.resolve(&shaanxi, 2020, None).in_force().unwrap().number, 2);
        assert_eq!(first.resolve(&shaanxi, 2020, None).in_force().unwrap().number, 1);
    }

    #[test]
    fn what_was_published_once_is_read_whatever_is_found_fault_with_since() {
        let database = Database::new();
        let store = database.store();
        fill(&store, NOW).unwrap();
        let books = RuleBooks::default();
        let guangde: PlaceCode = "341882".parse().unwrap();
        let current = || store.read_blocking(|db| books.current(db)).unwrap();
        let rules = current().resolve(&guangde, 2020, None).in_force().unwrap().clone();
        let version = store.read_blocking(|db| store::policy::find_version(db, rules.id)).unwrap().unwrap().0;
        // Two windows for everything, which no draft may have.
        let second = "\n[[study_window]]\nopens_on = 2020-02-01\ncite = \"gd2020 三(三)\"\n";
        let source = format!("{}{second}", version.source);
        assert_eq!(Rules::parse(&source).unwrap_err().len(), 1);
        let version = PolicyVersion { policy_id: PolicyId::from_uuid(Uuid::now_v7()), source, ..version };
        let id = version.policy_id;
        store
            .write_blocking(move |db| {
                insert_version(db, &version)?;
                publish(db, version.policy_id, NOW, "administrator:root")
            })
            .unwrap();
        assert_eq!(current().resolve(&guangde, 2020, None).in_force().unwrap().id, id);
    }
}
