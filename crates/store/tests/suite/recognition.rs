//! The recognition room: versions are added, files are kept sealed, and an erasure empties what names a person and nothing else.

use crate::{
    databases::on_each,
    sample::{AT, fill},
};
use domain::kernel::{CaseId, EvidenceId, LearnerId};
use store::{
    Store, StoreError,
    recognition::{
        ClaimVersion, Evidence, content_of, empty_recognitions, evidence_bytes, evidence_of, insert_claim,
        insert_evidence, last_claim, recognitions_of,
    },
    sealed::rows_by_key,
};
use uuid::Uuid;

fn version(learner: LearnerId, case: CaseId, number: i32) -> ClaimVersion {
    ClaimVersion {
        learner_id: learner,
        case_id: case,
        number,
        claim: format!("{{\"days\":{number}}}"),
        document: Some("示例甲结业证书".to_owned()),
        recorded_at: AT,
        recorded_by: "learner:1".to_owned(),
    }
}

fn case() -> CaseId {
    CaseId::from_uuid(Uuid::now_v7())
}

/// A version, so that its table holds a row.
pub(crate) fn fill_claim(store: &Store, learner: LearnerId) {
    store.write_blocking(move |db| insert_claim(db, &version(learner, case(), 1))).unwrap();
}

#[test]
fn versions_are_added_and_the_last_one_holds() {
    on_each(|database| {
        let (store, learner) = (database.store(), fill(database.store()).learner);
        let (first, second) = (case(), case());
        let found = store.write_blocking(move |db| {
            for (case, number) in [(first, 1), (first, 2), (second, 1)] {
                insert_claim(db, &version(learner, case, number))?;
            }
            let page = recognitions_of(db, &[learner], None, 1)?;
            let rest = recognitions_of(db, &[learner], page.last().copied(), 10)?;
            Ok::<_, StoreError>((
                page,
                rest,
                last_claim(db, &[learner], first)?,
                last_claim(db, &[learner], self::case())?,
            ))
        });
        assert_eq!(found.unwrap(), (vec![first], vec![second], Some(version(learner, first, 2)), None));
        let again = store.write_blocking(move |db| insert_claim(db, &version(learner, first, 2)));
        assert!(matches!(again, Err(StoreError::Conflict { .. })), "{again:?}");
    });
}

#[test]
fn an_erasure_empties_files_and_what_they_are_called() {
    on_each(|database| {
        let (store, learner) = (database.store(), fill(database.store()).learner);
        let case = case();
        let file = Evidence {
            learner_id: learner,
            evidence_id: EvidenceId::from_uuid(Uuid::now_v7()),
            case_id: case,
            kind: "结业证书".to_owned(),
            media_type: "application/pdf".to_owned(),
            size: 3,
            sha256: "ab".to_owned(),
            file_name: Some("示例甲.pdf".to_owned()),
            added_at: AT,
            added_by: "learner:1".to_owned(),
        };
        let sealed = (vec![1, 2, 3], "evidence-key".to_owned(), "suite".to_owned());
        let (kept, content) = (file.clone(), sealed.clone());
        let before = store.write_blocking(move |db| {
            insert_claim(db, &version(learner, case, 1))?;
            insert_evidence(db, &kept, &content)?;
            let found = (evidence_of(db, &[learner], case)?, content_of(db, learner, kept.evidence_id)?);
            let sealed_by = rows_by_key(db)?.get("evidence-key").copied();
            let bytes = evidence_bytes(db, &[learner])?;
            Ok::<_, StoreError>((found, sealed_by, bytes))
        });
        assert_eq!(before.unwrap(), ((vec![file.clone()], Some(sealed)), Some(1), 3));
        for sql in [
            "UPDATE recognition_evidence SET sha256 = 'cd'",
            "UPDATE recognition_evidence SET media_type = 'image/png', file_name = NULL",
            "UPDATE recognition_evidence SET case_id = learner_id",
            "DELETE FROM recognition_evidence",
        ] {
            let refused = crate::append_only::execute(store, sql.to_owned()).unwrap_err().to_string();
            assert!(refused.contains("append-only"), "{sql}: {refused}");
        }
        store.write_blocking(move |db| empty_recognitions(db, &[learner])).unwrap();
        let id = file.evidence_id;
        let after = store.read_blocking(move |db| {
            let found = (last_claim(db, &[learner], case)?, evidence_of(db, &[learner], case)?);
            Ok::<_, StoreError>((
                found,
                content_of(db, learner, id)?,
                rows_by_key(db)?.contains_key("evidence-key"),
                evidence_bytes(db, &[learner])?,
            ))
        });
        let emptied = ClaimVersion { document: None, ..version(learner, case, 1) };
        let file = Evidence { file_name: None, ..file };
        assert_eq!(after.unwrap(), ((Some(emptied), vec![file]), None, false, 0));
    });
}
