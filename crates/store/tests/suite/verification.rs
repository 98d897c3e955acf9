//! The room of verifications: batches with their cases, and what offices did about them.

use crate::{
    databases::on_each,
    sample::{AT, fill},
};
use domain::{
    kernel::{CaseId, EmployerId, LearnerId, VerificationBatchId},
    verification::{Step, StepKind},
};
use store::{
    Store, StoreError,
    verification::{
        VerificationBatch, VerificationCase, cases_in, cases_of_batch, cases_of_year, find_batch, find_verification,
        insert_batch, insert_step, page_of_verifications, steps_in,
    },
};
use time::Duration;
use uuid::Uuid;

fn batch() -> VerificationBatch {
    VerificationBatch {
        batch_id: VerificationBatchId::from_uuid(Uuid::now_v7()),
        employer_id: EmployerId::from_uuid(Uuid::now_v7()),
        year: 2020,
        recorded_at: AT,
        recorded_by: "employer_administrator:li".to_owned(),
    }
}

fn case(batch: &VerificationBatch, learner_id: LearnerId) -> VerificationCase {
    VerificationCase {
        learner_id,
        case_id: CaseId::from_uuid(Uuid::now_v7()),
        batch_id: batch.batch_id,
        employer_id: batch.employer_id,
        year: batch.year,
        recorded_at: AT,
    }
}

fn step(case: &VerificationCase, kind: StepKind) -> Step {
    let office = (kind == StepKind::Verified).then(|| "示例科".to_owned());
    Step { case: case.case_id, year: case.year, kind, at: AT + Duration::days(1), office }
}

/// A batch of one case that was verified.
pub(crate) fn fill_verification(store: &Store, learner: LearnerId) {
    let batch = batch();
    let case = case(&batch, learner);
    let verified = step(&case, StepKind::Verified);
    store
        .write_blocking(move |db| {
            insert_batch(db, &batch, std::slice::from_ref(&case))?;
            insert_step(db, learner, &verified)
        })
        .unwrap();
}

#[test]
fn a_batch_is_read_back_with_its_cases_by_its_id_by_its_people_and_by_their_years() {
    on_each(|database| {
        let (store, learner) = (database.store(), fill(database.store()).learner);
        let (first, second) = (batch(), VerificationBatch { year: 2021, ..batch() });
        let cases = [case(&first, learner), case(&second, learner)];
        for (batch, case) in [&first, &second].into_iter().zip(cases.clone()) {
            let batch = batch.clone();
            store.write_blocking(move |db| insert_batch(db, &batch, std::slice::from_ref(&case))).unwrap();
        }
        let nothing = VerificationBatch { batch_id: VerificationBatchId::from_uuid(Uuid::now_v7()), ..first.clone() };
        let kept = nothing.clone();
        store.write_blocking(move |db| insert_batch(db, &kept, &[])).unwrap();
        let again = first.clone();
        let again = store.write_blocking(move |db| insert_batch(db, &again, &[]));
        assert!(matches!(again, Err(StoreError::Conflict { .. })), "{again:?}");
        let read =
            |id| store.read_blocking(move |db| Ok::<_, StoreError>((find_batch(db, id)?, cases_of_batch(db, id)?)));
        assert_eq!(read(first.batch_id).unwrap(), (Some(first.clone()), vec![cases[0].clone()]));
        assert_eq!(read(nothing.batch_id).unwrap(), (Some(nothing), Vec::new()));
        let page = |after, limit| {
            store.read_blocking(move |db| page_of_verifications(db, &[learner], (after, limit))).unwrap()
        };
        assert_eq!((page(None, 1), page(Some(cases[0].case_id), 9)), (cases[..1].to_vec(), cases[1..].to_vec()));
        let of_year = |year| store.read_blocking(move |db| cases_of_year(db, &[learner], year)).unwrap();
        assert_eq!((of_year(2021), of_year(2019)), (cases[1..].to_vec(), Vec::new()));
        let mut of_file = store.read_blocking(move |db| cases_in(db, &[learner])).unwrap();
        of_file.sort_by_key(|case| case.case_id);
        assert_eq!(of_file, cases);
        let (id, nobody) = (cases[1].case_id, LearnerId::from_uuid(Uuid::now_v7()));
        let found = |learner| store.read_blocking(move |db| find_verification(db, &[learner], id)).unwrap();
        assert_eq!((found(learner), found(nobody)), (Some(cases[1].clone()), None));
    });
}

#[test]
fn a_year_is_verified_once_and_that_is_taken_back_once_by_each_case() {
    on_each(|database| {
        let (store, learner) = (database.store(), fill(database.store()).learner);
        let batch = batch();
        let case = case(&batch, learner);
        let steps = [step(&case, StepKind::Verified), step(&case, StepKind::Annulled)];
        store.write_blocking(move |db| insert_batch(db, &batch, std::slice::from_ref(&case))).unwrap();
        for step in steps.clone() {
            let (first, again) = (step.clone(), step);
            store.write_blocking(move |db| insert_step(db, learner, &first)).unwrap();
            let again = store.write_blocking(move |db| insert_step(db, learner, &again));
            assert!(matches!(again, Err(StoreError::Conflict { .. })), "{again:?}");
        }
        let mut found = store.read_blocking(move |db| steps_in(db, &[learner])).unwrap();
        found.sort_by_key(|(_, step)| step.kind == StepKind::Annulled);
        assert_eq!(found, steps.map(|step| (learner, step)));
        let nobody = LearnerId::from_uuid(Uuid::now_v7());
        assert_eq!(store.read_blocking(move |db| steps_in(db, &[nobody])).unwrap(), []);
    });
}
