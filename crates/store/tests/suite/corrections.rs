//! The room of corrections: what is asked stays but for what is personal, which is sealed anew and emptied, and nothing else.

use crate::{
    append_only::execute,
    databases::on_each,
    sample::{AT, fill},
};
use domain::{
    access::Reach,
    corrections::CorrectionKind,
    kernel::{CaseId, DocumentKind, LearnerId},
    policy::shape::{Act, Seat},
    registry::DocumentWas,
    review::{Actor, Asked, Case, Deed, Filing, HoursLeft, Opening, Stage, Subject, decide},
};
use store::{
    Store, StoreError,
    corrections::{Correction, count_open, empty_corrections, find_correction, insert_correction, page_of_corrections},
    review::{append_event, open_case},
    sealed::{corrections_by_other_keys, replace_correction, rows_by_key},
};
use time::macros::date;
use uuid::Uuid;

const OLD: &str = "correction-key";

fn of_kind(learner_id: LearnerId, kind: CorrectionKind) -> Correction {
    Correction {
        learner_id,
        case_id: CaseId::from_uuid(Uuid::now_v7()),
        kind,
        document_kind: None,
        document_was: None,
        employer_id: None,
        place_code: None,
        from_on: None,
        reason: Some("示例甲的曾用名".to_owned()),
        proofs: Some("[\"示例甲的户口簿\"]".to_owned()),
        recorded_at: AT,
        recorded_by: "learner:1".to_owned(),
        name_cipher: None,
        document_cipher: None,
        key_id: None,
        suite_id: None,
    }
}

/// That another file ends in this one: a name and a number.
fn merge(learner_id: LearnerId) -> Correction {
    Correction {
        document_kind: Some(DocumentKind::Passport),
        name_cipher: Some(vec![1]),
        document_cipher: Some(vec![2]),
        key_id: Some(OLD.to_owned()),
        suite_id: Some("suite".to_owned()),
        ..of_kind(learner_id, CorrectionKind::Merge)
    }
}

fn kept(store: &Store, row: &Correction) {
    let row = row.clone();
    store.write_blocking(move |db| insert_correction(db, &row)).unwrap();
}

#[test]
fn what_is_asked_is_read_back_by_its_person_in_the_order_in_which_it_was_asked() {
    on_each(|database| {
        let sample = fill(database.store());
        let (store, learner) = (database.store(), sample.learner);
        let document = Correction {
            document_kind: Some(DocumentKind::ResidentId),
            document_was: Some(DocumentWas::Former),
            ..merge(learner)
        };
        let rows = [
            Correction { kind: CorrectionKind::Document, name_cipher: None, ..document },
            Correction { from_on: Some(date!(2021 - 07 - 01)), ..of_kind(learner, CorrectionKind::Employment) },
            Correction { place_code: Some("610000".parse().unwrap()), ..of_kind(learner, CorrectionKind::Placement) },
            merge(learner),
        ];
        rows.iter().for_each(|row| kept(store, row));
        let again = rows[0].clone();
        let again = store.write_blocking(move |db| insert_correction(db, &again));
        assert!(matches!(again, Err(StoreError::Conflict { .. })), "{again:?}");
        let page =
            |after, limit| store.read_blocking(move |db| page_of_corrections(db, &[learner], (after, limit))).unwrap();
        assert_eq!((page(None, 3), page(Some(rows[2].case_id), 3)), (rows[..3].to_vec(), rows[3..].to_vec()));
        let (id, nobody) = (rows[1].case_id, LearnerId::from_uuid(Uuid::now_v7()));
        let found = |learner| store.read_blocking(move |db| find_correction(db, &[learner], id)).unwrap();
        assert_eq!((found(learner), found(nobody)), (Some(rows[1].clone()), None));
        // What does not belong to its kind is not kept.
        for wrong in [
            Correction { place_code: None, ..of_kind(learner, CorrectionKind::Placement) },
            Correction { document_kind: None, ..merge(learner) },
            Correction { key_id: None, ..merge(learner) },
        ] {
            let refused = store.write_blocking(move |db| insert_correction(db, &wrong));
            assert!(matches!(&refused, Err(StoreError::RuleViolated(_))), "{refused:?}");
        }
    });
}

#[test]
fn only_what_waits_is_counted_as_open() {
    on_each(|database| {
        let (store, learner) = (database.store(), fill(database.store()).learner);
        let row = of_kind(learner, CorrectionKind::Employment);
        let (id, made) = (row.case_id, row.clone());
        let opening = Opening {
            id,
            subject: Subject::FileCorrection,
            learner,
            filed_by: Filing { name: "learner:1".to_owned(), learner: Some(learner), seat: Seat::Learner, reach: None },
            hours: HoursLeft::Computed,
        };
        let reach = Reach::Place("610000".parse().unwrap());
        let stages = vec![Stage {
            seat: Seat::Province,
            reach,
            act: Act::Reviews,
            office: None,
            days: None,
            by: None,
            cite: Vec::new(),
        }];
        let counted = store.write_blocking(move |db| {
            open_case(db, &opening, (None, None), AT)?;
            insert_correction(db, &made)?;
            let mut case = Case::draft(opening.clone());
            let mut open = vec![count_open(db, &[learner])?];
            for asked in [Asked::Submit { stages: stages.clone() }, Asked::Withdraw] {
                let by = Actor { name: "learner:1", learner: Some(learner), holds: &[] };
                let event = decide(&case, &Deed { by, at: AT, seen: None, asked }).unwrap();
                case = case.with(event).unwrap();
                append_event(db, &case)?;
                open.push(count_open(db, &[learner])?);
            }
            Ok::<_, StoreError>(open)
        });
        assert_eq!(counted.unwrap(), [1, 1, 0]);
    });
}

#[test]
fn what_is_asked_never_changes_but_is_sealed_anew_and_goes_with_its_person() {
    on_each(|database| {
        let (store, learner) = (database.store(), fill(database.store()).learner);
        let (row, other) = (merge(learner), of_kind(learner, CorrectionKind::Employment));
        kept(store, &row);
        kept(store, &other);
        for sql in [
            "UPDATE correction SET kind = 'name'",
            "UPDATE correction SET from_on = from_on",
            "UPDATE correction SET recorded_by = 'x'",
            "UPDATE correction SET document_kind = NULL",
            "UPDATE correction SET reason = 'x'",
            "UPDATE correction SET reason = NULL, proofs = '[]'",
            "UPDATE correction SET key_id = 'x', suite_id = 'x',
             name_cipher = (SELECT document_cipher FROM correction WHERE kind = 'merge') WHERE kind = 'employment'",
            "DELETE FROM correction",
        ] {
            let refused = execute(store, sql.to_owned());
            let said = format!("{refused:?}");
            assert!(refused.is_err() && said.contains("append-only"), "{sql}: {said}");
        }
        let sealed_by = |key: &'static str| {
            store.read_blocking(move |db| Ok::<_, StoreError>(rows_by_key(db)?.get(key).copied())).unwrap()
        };
        assert_eq!(sealed_by(OLD), Some(1));
        let anew = store.write_blocking(move |db| {
            let rows = corrections_by_other_keys(db, "newest", None, 10)?;
            let last = rows.last().map(|last| (last.learner_id, last.case_id));
            for row in &rows {
                replace_correction(db, row, (Some(&[3]), Some(&[4])), ("newest", "suite"))?;
                // Who has read it before is late.
                replace_correction(db, row, (Some(&[5]), Some(&[6])), ("another", "suite"))?;
            }
            let rest = corrections_by_other_keys(db, "newest", last, 10)?.len();
            Ok::<_, StoreError>((rows.len(), rest, corrections_by_other_keys(db, "newest", None, 10)?.len()))
        });
        assert_eq!((anew.unwrap(), sealed_by(OLD), sealed_by("newest")), ((1, 0, 0), None, Some(1)));
        let shown = |id| store.read_blocking(move |db| find_correction(db, &[learner], id)).unwrap().unwrap();
        let sealed = Correction {
            name_cipher: Some(vec![3]),
            document_cipher: Some(vec![4]),
            key_id: Some("newest".to_owned()),
            ..row.clone()
        };
        assert_eq!(shown(row.case_id), sealed);
        for _ in 0..2 {
            store.write_blocking(move |db| empty_corrections(db, &[learner])).unwrap();
        }
        let emptied = |row: Correction| Correction {
            reason: None,
            proofs: None,
            name_cipher: None,
            document_cipher: None,
            key_id: None,
            suite_id: None,
            ..row
        };
        assert_eq!((shown(row.case_id), shown(other.case_id)), (emptied(row.clone()), emptied(other)));
        assert_eq!(sealed_by("newest"), None);
    });
}
