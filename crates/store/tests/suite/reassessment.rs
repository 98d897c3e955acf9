//! Reassessments: what was asked for stays, but that it ends once; one of a version runs at a time; and what it decided is counted.

use crate::{
    append_only::execute,
    databases::on_each,
    evidence::{batch, completion, decision, fill_evidence},
    sample::{AT, fill, place},
};
use domain::{
    completions::Outcome,
    kernel::{Hours, LearnerId, PlatformId, PolicyId, ReassessmentId, WorkId},
};
use store::{
    Store, StoreError,
    completions::{CompletionDecision, decided_by_others, insert_decisions, insert_new_completions},
    reassessment::{
        Reassessed, ReassessedCount, ReassessedItem, Reassessment, count_reassessed, end_reassessment,
        find_reassessment, insert_reassessed, insert_reassessment, reassessments_of, running_reassessment,
    },
    registry::count_learners_of,
};
use uuid::Uuid;

fn asked(policy_id: PolicyId) -> Reassessment {
    Reassessment {
        reassessment_id: ReassessmentId::from_uuid(Uuid::now_v7()),
        policy_id,
        place_code: place("610000"),
        reason: "修订".to_owned(),
        recorded_at: AT,
        recorded_by: "officer:li".to_owned(),
        work_id: WorkId::from_uuid(Uuid::now_v7()),
        ended_at: None,
        people: None,
        items: None,
    }
}

fn worth(outcome: Outcome, hours: i64) -> Reassessed {
    Reassessed { outcome, hours: Hours::whole(hours) }
}

fn item(number: i32, before: Reassessed, after: Reassessed) -> ReassessedItem {
    let (learner, platform) = (LearnerId::from_uuid(Uuid::now_v7()), PlatformId::from_uuid(Uuid::now_v7()));
    ReassessedItem { platform, external_id: "E-1".to_owned(), number, learner, before, after }
}

/// A row of each table.
pub(crate) fn fill_reassessment(store: &Store, policy: PolicyId) {
    let row = asked(policy);
    let made = item(2, worth(Outcome::Credited, 8), worth(Outcome::Refused, 0));
    let filled: Result<(), StoreError> = store.write_blocking(move |db| {
        insert_reassessment(db, &row)?;
        insert_reassessed(db, row.reassessment_id, std::slice::from_ref(&made))
    });
    filled.unwrap();
}

#[test]
fn a_reassessment_stays_as_it_was_asked_for_and_ends_once() {
    on_each(|database| {
        let (store, sample) = (database.store(), fill(database.store()));
        let row = asked(sample.policy);
        let (id, made) = (row.reassessment_id, row.clone());
        store.write_blocking(move |db| insert_reassessment(db, &made)).unwrap();
        for sql in [
            "UPDATE reassessment SET reason = 'x'",
            "UPDATE reassessment SET place_code = '630000'",
            "UPDATE reassessment SET recorded_by = 'x'",
            "DELETE FROM reassessment",
        ] {
            let refused = execute(store, sql.to_owned());
            assert!(matches!(&refused, Err(StoreError::RuleViolated(_))), "{sql}: {refused:?}");
        }
        let end = move |people| store.write_blocking(move |db| end_reassessment(db, id, (people, 3), AT));
        assert!(end(2).unwrap());
        assert!(!end(4).unwrap());
        let refused = execute(store, "UPDATE reassessment SET people = 9".to_owned());
        assert!(matches!(&refused, Err(StoreError::RuleViolated(_))), "{refused:?}");
        let found = store.read_blocking(move |db| find_reassessment(db, id)).unwrap().unwrap();
        assert_eq!(found, Reassessment { ended_at: Some(AT), people: Some(2), items: Some(3), ..row });
    });
}

#[test]
fn of_a_version_one_runs_at_a_time_and_all_are_listed_in_order() {
    on_each(|database| {
        let (store, sample) = (database.store(), fill(database.store()));
        let [first, second] = [asked(sample.policy), asked(sample.policy)];
        let keep = |row: &Reassessment| {
            let row = row.clone();
            store.write_blocking(move |db| insert_reassessment(db, &row))
        };
        keep(&first).unwrap();
        assert!(matches!(keep(&second), Err(StoreError::Conflict { .. })));
        let policy = sample.policy;
        let running = || store.read_blocking(move |db| running_reassessment(db, policy)).unwrap();
        assert_eq!(running().as_ref(), Some(&first));
        let id = first.reassessment_id;
        assert!(store.write_blocking(move |db| end_reassessment(db, id, (0, 0), AT)).unwrap());
        assert_eq!(running(), None);
        keep(&second).unwrap();
        let listed = |after| {
            let rows = store.read_blocking(move |db| reassessments_of(db, policy, after, 10)).unwrap();
            rows.into_iter().map(|row| row.reassessment_id).collect::<Vec<_>>()
        };
        assert_eq!(listed(None), [id, second.reassessment_id]);
        assert_eq!(listed(Some(id)), [second.reassessment_id]);
    });
}

#[test]
fn what_it_decided_otherwise_is_counted_by_what_it_was_and_came_to_be() {
    on_each(|database| {
        let (store, sample) = (database.store(), fill(database.store()));
        let row = asked(sample.policy);
        let id = row.reassessment_id;
        let (credited, refused) = (worth(Outcome::Credited, 8), worth(Outcome::Refused, 0));
        let items = [item(2, credited, refused), item(3, credited, refused), item(4, refused, credited)];
        store
            .write_blocking(move |db| {
                insert_reassessment(db, &row)?;
                insert_reassessed(db, id, &items)
            })
            .unwrap();
        let counts = store.read_blocking(move |db| count_reassessed(db, id)).unwrap();
        let both = ReassessedCount { before: worth(Outcome::Credited, 16), after: refused, items: 2 };
        assert_eq!(counts, [both, ReassessedCount { before: refused, after: credited, items: 1 }]);
        let other = ReassessmentId::from_uuid(Uuid::now_v7());
        assert_eq!(store.read_blocking(move |db| count_reassessed(db, other)).unwrap(), []);
    });
}

#[test]
fn items_are_found_whose_last_decision_was_taken_by_other_rules() {
    on_each(|database| {
        let (store, sample) = (database.store(), fill(database.store()));
        fill_evidence(store, &sample);
        let sending = batch(&sample);
        let made = ["e-2", "e-3", "e-4"].map(|id| completion(&sample, &sending, id, 1));
        let other = PolicyId::from_uuid(Uuid::now_v7());
        let mut decided = Vec::new();
        for one in &made {
            decided.push(decision(&sample, one, 1, "credited"));
        }
        // Decided by the other version since; unknown to any; waiting.
        decided.push(CompletionDecision { policy_id: Some(other), ..decision(&sample, &made[0], 2, "credited") });
        decided.push(CompletionDecision { policy_id: None, ..decision(&sample, &made[1], 2, "refused") });
        decided.push(CompletionDecision { policy_id: None, ..decision(&sample, &made[2], 2, "held") });
        store
            .write_blocking(move |db| {
                insert_new_completions(db, &made)?;
                insert_decisions(db, &decided)
            })
            .unwrap();
        let learners = [sample.learner];
        let found = |policy, after: Option<&'static str>| -> Vec<String> {
            let after = after.map(|id| (sample.platform, id));
            let rows = store.read_blocking(move |db| decided_by_others(db, &learners, policy, after, 10)).unwrap();
            rows.into_iter().map(|row| row.external_id).collect()
        };
        assert_eq!(found(sample.policy, None), ["e-2", "e-3"]);
        assert_eq!(found(other, None), ["e-1", "e-3"]);
        assert_eq!(found(other, Some("e-1")), ["e-3"]);
        let people = |places: &'static [&'static str]| {
            let places: Vec<_> = places.iter().map(|code| place(code)).collect();
            store.read_blocking(move |db| count_learners_of(db, &places)).unwrap()
        };
        assert_eq!((people(&["610000", "610100"]), people(&["000000"])), (1, 0));
    });
}
