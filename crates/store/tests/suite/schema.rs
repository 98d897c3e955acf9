//! The two schemas are one, and can be distributed by learner later without a change.

use crate::{
    catalogue::{self, Catalogue, Table},
    databases::{Database, on_each},
};
use domain::{
    access::{ClientKind, Role},
    audit::{Act, Channel},
    changes::ChangeKind,
    completions::Outcome,
    corrections::CorrectionKind,
    hour_ledger::{Basis, EntryKind},
    kernel::Words,
    policy::{
        Fulfils,
        shape::{Cause, Seat},
    },
    registry::{
        AuthorityKind, CodeSystem, DocumentWas, EmployerKind, EmploymentKind, Level, Mode, PlaceLevel, ProviderKind,
        Requirement, Tier,
    },
    review::{Action, Phase, Subject},
    roll::RollKind,
    verification::StepKind,
};
use std::collections::{BTreeMap, BTreeSet};
use store::{findings::FindingStep, work::WorkState};

/// Small tables that every node of a distributed database would hold whole.
const REFERENCE: [&str; 23] = [
    "access_grant",
    "access_grant_withdrawal",
    "audit_seal",
    "authority",
    "client",
    "client_secret",
    "course",
    "course_filing",
    "course_platform",
    "course_version",
    "employer",
    "employer_credit_code",
    "employer_kind",
    "key_proof",
    "learning_platform",
    "learning_platform_category",
    "place",
    "place_division",
    "policy_publication",
    "policy_version",
    "revision",
    "token_issuer",
    "training_base",
];

/// Tables distributed by `learner_id`.
const OF_A_LEARNER: [&str; 19] = [
    "correction",
    "course_finding_line",
    "finding",
    "finding_line",
    "finding_step",
    "hour_entry",
    "learner",
    "learner_employer",
    "learner_person",
    "learner_place",
    "learner_post",
    "learner_successor",
    "office_exception",
    "provisional_case",
    "provisional_unlooked",
    "recognition_claim",
    "recognition_evidence",
    "verification_case",
    "verification_step",
];

/// Tables distributed by another value of their own.
const OF_ANOTHER_KEY: [&str; 25] = [
    "audit_event",
    "audit_member",
    "audit_unsealed",
    "change",
    "change_number",
    "change_unnumbered",
    "client_assertion",
    "completion",
    "completion_batch",
    "completion_decision",
    "completion_hold",
    "completion_outcome",
    "course_finding",
    "idempotency_answer",
    "learner_identifier",
    "learner_merge",
    "learner_merge_item",
    "learner_merge_undoing",
    "reassessment",
    "reassessment_item",
    "review_case",
    "review_event",
    "roll",
    "verification_batch",
    "work",
];

#[test]
fn both_back_ends_have_the_same_tables_columns_nullability_and_keys() {
    let Some(postgres) = Database::postgres_alone() else { return };
    let sqlite = catalogue::of(Database::sqlite().store());
    let postgres = catalogue::of(postgres.store());
    let names = |found: &Catalogue| found.tables.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&sqlite), names(&postgres));
    let ledger = &sqlite.tables["hour_entry"];
    let keys = (ledger.primary.len(), ledger.unique.len(), ledger.foreign.len(), ledger.indexes.len());
    assert_eq!(keys, (2, 4, 4, 4), "the catalogue is read, not empty");
    for (name, table) in &sqlite.tables {
        let other = &postgres.tables[name];
        // A boolean is a number with a check on SQLite; that check lists no words, so all else can be compared.
        assert_eq!(table, other, "{name}");
    }
    for ((table, column), kind) in &sqlite.types {
        let other = postgres.types[&(table.clone(), column.clone())].as_str();
        let same = match kind.as_str() {
            "BLOB" => ["uuid", "bytea"].contains(&other),
            "INTEGER" => ["integer", "bigint", "boolean", "timestamp with time zone"].contains(&other),
            "TEXT" => ["text", "date"].contains(&other),
            _ => false,
        };
        assert!(same, "{table}.{column}: {kind} and {other}");
        let named = match other {
            "timestamp with time zone" => {
                column.ends_with("_at") || column.ends_with("_after") || column == "lease_until"
            }
            "date" => column.ends_with("_on") || column.ends_with("_from") || column.ends_with("_until"),
            _ => !column.ends_with("_at") && !column.ends_with("_on"),
        };
        assert!(named, "{table}.{column} is a {other}");
    }
}

#[test]
fn every_table_has_a_place_in_a_distributed_database() {
    on_each(|database| {
        let found = catalogue::of(database.store());
        let named: BTreeSet<&str> = REFERENCE.into_iter().chain(OF_A_LEARNER).chain(OF_ANOTHER_KEY).collect();
        assert_eq!(found.tables.keys().map(String::as_str).collect::<BTreeSet<_>>(), named);
    });
}

#[test]
fn every_key_of_a_learners_table_holds_the_learner() {
    on_each(|database| {
        let found = catalogue::of(database.store());
        for name in OF_A_LEARNER {
            let table = &found.tables[name];
            for key in table.unique.iter().chain([&table.primary]) {
                assert!(key.iter().any(|column| column == "learner_id"), "{name}: {key:?}");
            }
        }
        for (name, table) in &found.tables {
            assert!(!table.primary.is_empty(), "{name} has no primary key");
        }
    });
}

#[test]
fn foreign_keys_lead_to_the_same_learner_or_to_reference_tables() {
    on_each(|database| {
        for (name, table) in &catalogue::of(database.store()).tables {
            for key in &table.foreign {
                assert!(may_lead(name, table, key), "{name}: {key:?}");
            }
        }
    });
}

fn may_lead(name: &str, table: &Table, (own, other, theirs): &(Vec<String>, String, Vec<String>)) -> bool {
    assert!(own.iter().all(|column| table.columns.contains_key(column)));
    let of_a_learner = |name: &str| OF_A_LEARNER.contains(&name);
    let colocated = own.iter().zip(theirs).any(|(a, b)| a == "learner_id" && b == "learner_id");
    REFERENCE.contains(&other.as_str()) || (of_a_learner(name) && of_a_learner(other) && colocated)
}

#[test]
fn the_database_computes_nothing() {
    on_each(|database| {
        let mut computed = catalogue::of(database.store()).computed;
        // But the place of a change in its queue, which no clock of a replica can give (decision 13).
        computed
            .retain(|one| !one.starts_with("change_unnumbered.position") && one != "change_unnumbered_position_seq");
        assert!(computed.is_empty(), "no defaults, sequences, identities or cascades: {computed:?}");
    });
}

#[test]
fn a_check_lists_the_words_of_its_enum() {
    fn words<W: Words>() -> BTreeSet<String> {
        W::ALL.iter().map(|word| word.as_str().to_owned()).collect()
    }
    let expected = BTreeMap::from([
        (("access_grant", "role"), words::<Role>()),
        (("audit_event", "act"), words::<Act>()),
        (("audit_event", "channel"), words::<Channel>()),
        (("authority", "kind"), words::<AuthorityKind>()),
        (("change", "kind"), words::<ChangeKind>()),
        (("client", "kind"), words::<ClientKind>()),
        (("completion", "mode"), words::<Mode>()),
        (("correction", "document_was"), words::<DocumentWas>()),
        (("correction", "kind"), words::<CorrectionKind>()),
        (("course", "provider_kind"), words::<ProviderKind>()),
        (("course_version", "requirement"), words::<Requirement>()),
        (("employer_kind", "kind"), words::<EmployerKind>()),
        (("finding", "cause"), words::<Cause>()),
        (("finding_step", "step"), words::<FindingStep>()),
        (("hour_entry", "basis"), words::<Basis>()),
        (("hour_entry", "fulfils"), words::<Fulfils>()),
        (("hour_entry", "kind"), words::<EntryKind>()),
        (("hour_entry", "mode"), words::<Mode>()),
        (("learner_post", "employment_kind"), words::<EmploymentKind>()),
        (("learner_post", "level"), words::<Level>()),
        (("learning_platform", "level"), words::<Tier>()),
        (("place", "level"), words::<PlaceLevel>()),
        (("place_division", "system"), words::<CodeSystem>()),
        (("reassessment_item", "outcome_after"), words::<Outcome>()),
        (("reassessment_item", "outcome_before"), words::<Outcome>()),
        (("review_case", "phase"), words::<Phase>()),
        (("review_case", "subject"), words::<Subject>()),
        (("review_case", "seat"), words::<Seat>()),
        (("review_event", "action"), words::<Action>()),
        (("review_event", "came_to"), words::<Seat>()),
        (("review_event", "left_seat"), words::<Seat>()),
        (("roll", "kind"), words::<RollKind>()),
        (("training_base", "level"), words::<Tier>()),
        (("verification_step", "step"), words::<StepKind>()),
        (("work", "state"), words::<WorkState>()),
    ]);
    on_each(|database| {
        let found = catalogue::of(database.store());
        for ((table, column), words) in &expected {
            assert_eq!(found.tables[*table].words.get(*column), Some(words), "{table}.{column}");
        }
    });
}

#[test]
fn sqlite_tables_are_strict_and_refuse_the_nul_character_in_every_free_text() {
    let database = Database::sqlite();
    assert_eq!(catalogue::loose_tables(database.store()), [""; 0]);
    let (found, checks) = (catalogue::of(database.store()), catalogue::nul_checks(database.store()));
    for ((name, column), kind) in &found.types {
        let table = &found.tables[name];
        let referenced = table.foreign.iter().any(|(own, ..)| own.contains(column));
        let is_date =
            column.ends_with("_on") || ["available_from", "recognised_from", "recognised_until"].contains(&&**column);
        if kind == "TEXT" && !referenced && !is_date && !table.words.contains_key(column) {
            let check = checks.get(name).map(String::as_str).unwrap_or_default();
            let words: Vec<&str> = check.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
            assert!(words.contains(&column.as_str()), "{name}.{column} may hold U+0000");
        }
    }
}

#[test]
fn postgres_sorts_every_text_by_its_bytes() {
    let Some(database) = Database::postgres_alone() else { return };
    assert_eq!(catalogue::texts_not_sorted_by_bytes(database.store()), [""; 0]);
}

#[test]
fn migrating_twice_does_nothing_and_a_new_database_is_behind() {
    on_each(|database| {
        assert!(!database.store().is_behind().unwrap());
        assert_eq!(database.store().migrate().unwrap(), [""; 0]);
    });
}
