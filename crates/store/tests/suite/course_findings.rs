//! Findings about courses: what is found stays, takes effect once and is annulled once; which lines one concerns; and what was noted of it.

use crate::{
    append_only::execute,
    databases::on_each,
    evidence::{credit, reversal},
    sample::{AT, Sample, fill, place},
};
use domain::{
    findings::FOUND_FALSE,
    hour_ledger::Entry,
    kernel::{CaseId, CompletionId, PlaceCode, WorkId},
    policy::shape::Cause,
};
use std::slice;
use store::{
    Store, StoreError,
    findings::{
        CourseFinding, OfCourse, annul_course_finding, count_concerned, count_course_lines, count_course_lines_of,
        count_of_course, course_findings_of, decide_course_finding, files_of_course_finding, find_course_finding,
        hold_course_finding, insert_course_finding, insert_course_lines, lines_concerned, people_concerned,
    },
    hour_ledger::insert_entries,
};
use time::{Duration, macros::date};
use uuid::Uuid;

fn found(sample: &Sample) -> CourseFinding {
    CourseFinding {
        finding_id: CaseId::from_uuid(Uuid::now_v7()),
        course_id: sample.course,
        course_version: 1,
        place_code: place("610000"),
        found_on: date!(2021 - 03 - 01),
        document: "示例查实报告".to_owned(),
        recorded_at: AT,
        recorded_by: "officer:li".to_owned(),
        decided_at: None,
        decided_by: None,
        work_id: None,
        annulled_at: None,
        annulled_by: None,
        annulment_reason: None,
        annulment_work_id: None,
    }
}

fn new_work() -> WorkId {
    WorkId::from_uuid(Uuid::now_v7())
}

fn new_line(sample: &Sample) -> Entry {
    credit(sample, CompletionId::from_uuid(Uuid::now_v7()))
}

fn insert(store: &Store, lines: &[Entry]) {
    let lines = lines.to_vec();
    store.write_blocking(move |db| insert_entries(db, &lines)).unwrap();
}

/// A finding with a line of this person noted.
pub(crate) fn fill_course_finding(store: &Store, sample: &Sample) {
    let (row, line) = (found(sample), new_line(sample));
    insert(store, slice::from_ref(&line));
    let filled: Result<(), StoreError> = store.write_blocking(move |db| {
        insert_course_finding(db, &row)?;
        insert_course_lines(db, row.finding_id, &[(line.learner, line.id)])
    });
    filled.unwrap();
}

#[test]
fn a_finding_about_a_course_stays_as_it_was_filed_takes_effect_once_and_is_annulled_once() {
    on_each(|database| {
        let (store, sample) = (database.store(), fill(database.store()));
        let (row, works) = (found(&sample), [new_work(), new_work()]);
        let (id, made) = (row.finding_id, row.clone());
        store.write_blocking(move |db| insert_course_finding(db, &made)).unwrap();
        let shown = || store.read_blocking(move |db| find_course_finding(db, id)).unwrap().unwrap();
        assert_eq!((shown(), shown().finding()), (row, None));
        let annul = move || {
            store.write_blocking(move |db| {
                hold_course_finding(db, id)?;
                annul_course_finding(db, id, (works[1], "证据不足"), (AT + Duration::DAY, "officer:wang"))
            })
        };
        assert!(!annul().unwrap(), "before it took effect there is nothing to annul");
        let decide = move || {
            store.write_blocking(move |db| {
                hold_course_finding(db, id)?;
                decide_course_finding(db, id, works[0], (AT, "officer:wang"))
            })
        };
        assert!(decide().unwrap());
        assert!(!decide().unwrap());
        assert!(annul().unwrap());
        assert!(!annul().unwrap());
        for sql in [
            "UPDATE course_finding SET document = 'x'",
            "UPDATE course_finding SET place_code = '630000'",
            "UPDATE course_finding SET course_version = 2",
            "UPDATE course_finding SET decided_by = 'x'",
            "UPDATE course_finding SET annulment_reason = 'x'",
            "DELETE FROM course_finding",
        ] {
            let refused = execute(store, sql.to_owned());
            assert!(matches!(&refused, Err(StoreError::RuleViolated(_))), "{sql}: {refused:?}");
        }
        let finding = shown().finding().unwrap();
        assert_eq!((finding.cause, finding.sanctions.len(), finding.recorded_at), (Cause::Fraud, 0, AT));
        assert!(finding.stands(Some(AT)) && !finding.stands(None), "as known before its annulment it stands");
    });
}

#[test]
fn what_a_finding_about_a_course_concerns_is_met_until_it_is_noted_and_then_no_more() {
    on_each(|database| {
        let (store, sample) = (database.store(), fill(database.store()));
        let (learner, row) = (sample.learner, found(&sample));
        let (id, made) = (row.finding_id, row.clone());
        store.write_blocking(move |db| insert_course_finding(db, &made)).unwrap();
        let stands = new_line(&sample);
        let elsewhere = Entry { place: place("630000"), ..new_line(&sample) };
        let of_another_version = Entry { course_version: Some(2), ..new_line(&sample) };
        let (replaced, found_false) = (new_line(&sample), new_line(&sample));
        let by_another = Entry { reason_code: Some(FOUND_FALSE.to_owned()), ..reversal(&found_false) };
        let gone = reversal(&replaced);
        let all = [&stands, &elsewhere, &of_another_version, &replaced, &found_false, &gone, &by_another];
        insert(store, &all.map(Entry::clone));
        let met = || {
            let places: Vec<PlaceCode> = ["610000", "610100"].map(place).to_vec();
            let of = OfCourse::of(&row, &places);
            let found = store.read_blocking(|db| {
                let people = people_concerned(db, of, id, (None, 10))?;
                let after = people_concerned(db, of, id, (people.last().copied(), 10))?;
                assert!(after.is_empty());
                let lines = lines_concerned(db, of, id, &[learner])?;
                Ok::<_, StoreError>((people, lines, count_concerned(db, of, id)?, count_of_course(db, of)?))
            });
            found.unwrap()
        };
        let both = vec![(learner, stands.id), (learner, found_false.id)];
        assert_eq!(
            met(),
            (vec![learner], both.clone(), 2, (1, 1)),
            "what another finding took back is concerned as well"
        );
        let note = |lines: Vec<_>| store.write_blocking(move |db| insert_course_lines(db, id, &lines));
        note(both.clone()).unwrap();
        assert!(matches!(note(both[..1].to_vec()), Err(StoreError::Conflict { .. })), "of two steps one notes a line");
        assert_eq!(met(), (Vec::new(), Vec::new(), 0, (1, 1)));
        let noted = store.read_blocking(|db| {
            let files = files_of_course_finding(db, id, None, 10)?;
            let after = files_of_course_finding(db, id, Some(learner), 10)?;
            Ok::<_, StoreError>((files, after, count_course_lines(db, id)?, count_course_lines_of(db, id, &[learner])?))
        });
        assert_eq!(noted.unwrap(), (vec![learner], Vec::new(), 2, 2));
    });
}

#[test]
fn the_findings_about_courses_of_a_file_come_each_with_its_lines_there_once_they_took_effect() {
    on_each(|database| {
        let (store, sample) = (database.store(), fill(database.store()));
        let (learner, line, other) = (sample.learner, new_line(&sample), new_line(&sample));
        insert(store, &[line.clone(), other.clone()]);
        let rows = [found(&sample), found(&sample), found(&sample)];
        let [first, second, waits] = rows.clone().map(|row| row.finding_id);
        let filled: Result<(), StoreError> = store.write_blocking(move |db| {
            rows.iter().try_for_each(|row| insert_course_finding(db, row))?;
            for id in [first, second] {
                assert!(decide_course_finding(db, id, new_work(), (AT, "officer:wang"))?);
            }
            insert_course_lines(db, first, &[(learner, line.id), (learner, other.id)])?;
            insert_course_lines(db, second, &[(learner, line.id)])?;
            insert_course_lines(db, waits, &[(learner, line.id)])
        });
        filled.unwrap();
        let found = store.read_blocking(move |db| course_findings_of(db, &[learner])).unwrap();
        let of: Vec<_> = found[&learner].iter().map(|one| (one.case, one.lines.clone())).collect();
        assert_eq!(of, [(first, vec![line.id, other.id]), (second, vec![line.id])]);
    });
}
