//! The room of findings: what is found stays but for what names a person, and takes effect and is annulled once.

use crate::{
    append_only::execute,
    databases::on_each,
    sample::{AT, fill},
};
use domain::{
    findings::Sanction,
    kernel::{CaseId, Citation, EntryId, LearnerId, PolicyId},
    policy::shape::{Cause, Effect},
};
use std::slice;
use store::{
    Store, StoreError,
    findings::{
        Alleged, Found, add_lines, empty_findings, find_finding, findings_of, insert_annulled, insert_decided,
        insert_finding, page_of_findings,
    },
};
use time::{Duration, macros::date};
use uuid::Uuid;

fn alleged(learner_id: LearnerId) -> Alleged {
    Alleged {
        learner_id,
        case_id: CaseId::from_uuid(Uuid::now_v7()),
        cause: Cause::Fraud,
        decided_on: date!(2021 - 03 - 01),
        document: Some("示例查实报告".to_owned()),
        recorded_at: AT,
        recorded_by: "officer:li".to_owned(),
    }
}

fn line() -> EntryId {
    EntryId::from_uuid(Uuid::now_v7())
}

fn bar() -> Sanction {
    Sanction {
        effect: Effect::TitleBar,
        from_on: date!(2021 - 03 - 01),
        until_on: Some(date!(2024 - 03 - 01)),
        note: None,
        policy: PolicyId::from_uuid(Uuid::nil()),
        cite: vec![Citation { document: "示例〔2020〕1号".to_owned(), clause: "六".to_owned() }],
    }
}

/// A finding that took effect and was annulled.
pub(crate) fn fill_finding(store: &Store, learner: LearnerId) {
    let (row, lines) = (alleged(learner), [line()]);
    let key = (learner, row.case_id);
    let filled: Result<(), StoreError> = store.write_blocking(move |db| {
        insert_finding(db, &row, &lines)?;
        insert_decided(db, key, &[bar()], (AT, "officer:wang"))?;
        insert_annulled(db, key, (AT, "officer:wang"))
    });
    filled.unwrap();
}

#[test]
fn a_finding_takes_effect_once_and_is_annulled_once() {
    on_each(|database| {
        let (store, learner) = (database.store(), fill(database.store()).learner);
        let (row, named, other) = (alleged(learner), line(), line());
        let key = (learner, row.case_id);
        let made = row.clone();
        store.write_blocking(move |db| insert_finding(db, &made, &[named])).unwrap();
        let shown = || store.read_blocking(move |db| find_finding(db, &[learner], key.1)).unwrap().unwrap();
        let waits = Found { alleged: row.clone(), lines: vec![named], decided: None, annulled_at: None };
        assert_eq!((shown(), shown().finding()), (waits, None));
        let of_all = || store.read_blocking(move |db| findings_of(db, &[learner])).unwrap();
        assert!(of_all().is_empty(), "what has not taken effect bars nobody");
        let decide = move || {
            store.write_blocking(move |db| {
                // The same line said again is one line.
                add_lines(db, key, &[named, other])?;
                insert_decided(db, key, &[bar()], (AT, "officer:wang"))
            })
        };
        decide().unwrap();
        assert!(matches!(decide(), Err(StoreError::Conflict { .. })));
        let finding = shown().finding().unwrap();
        assert_eq!((finding.lines.clone(), finding.sanctions.clone()), (vec![named, other], vec![bar()]));
        assert!(finding.stands(None) && !finding.stands(Some(AT - Duration::SECOND)));
        assert_eq!(of_all().remove(&learner), Some(vec![finding]));
        let later = AT + Duration::DAY;
        let annul = move || store.write_blocking(move |db| insert_annulled(db, key, (later, "officer:wang")));
        annul().unwrap();
        assert!(matches!(annul(), Err(StoreError::Conflict { .. })));
        let finding = of_all().remove(&learner).unwrap().remove(0);
        assert!(finding.stands(Some(later - Duration::SECOND)) && !finding.stands(Some(later)));
    });
}

#[test]
fn a_page_of_findings_goes_on_after_its_last_and_can_leave_out_what_waits() {
    on_each(|database| {
        let (store, learner) = (database.store(), fill(database.store()).learner);
        let rows = [alleged(learner), alleged(learner), alleged(learner)];
        let ids = rows.clone().map(|row| row.case_id);
        store
            .write_blocking(move |db| {
                rows.iter().try_for_each(|row| insert_finding(db, row, &[]))?;
                insert_decided(db, (learner, ids[1]), &[], (AT, "officer:wang"))
            })
            .unwrap();
        let page = |decided: bool, after: Option<CaseId>, limit: i64| -> Vec<CaseId> {
            let found = store.read_blocking(|db| page_of_findings(db, &[learner], decided, (after, limit))).unwrap();
            found.into_iter().map(|found| found.alleged.case_id).collect()
        };
        assert_eq!((page(false, None, 2), page(false, Some(ids[1]), 2)), (ids[..2].to_vec(), ids[2..].to_vec()));
        assert_eq!((page(true, None, 2), page(true, Some(ids[1]), 2)), (vec![ids[1]], Vec::new()));
    });
}

#[test]
fn of_an_erased_person_only_the_document_goes() {
    on_each(|database| {
        let (store, learner) = (database.store(), fill(database.store()).learner);
        let row = alleged(learner);
        let (id, made) = (row.case_id, row.clone());
        store.write_blocking(move |db| insert_finding(db, &made, &[])).unwrap();
        for sql in ["UPDATE finding SET document = 'x'", "UPDATE finding SET document = NULL, cause = 'late'"] {
            let refused = execute(store, sql.to_owned());
            assert!(matches!(&refused, Err(StoreError::RuleViolated(_))), "{sql}: {refused:?}");
        }
        for _ in 0..2 {
            store.write_blocking(move |db| empty_findings(db, slice::from_ref(&learner))).unwrap();
        }
        let found = store.read_blocking(move |db| find_finding(db, &[learner], id)).unwrap().unwrap();
        assert_eq!(found.alleged, Alleged { document: None, ..row });
    });
}
