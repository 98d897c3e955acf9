//! The ledger's room: lines go in once, and come out as known at a moment.

use crate::{
    databases::on_each,
    evidence::{credit, reversal},
    sample::{self, AT, Sample, fill},
};
use domain::{
    hour_ledger::{Basis, Drawn, Entry, Ground},
    kernel::{CaseId, CompletionId, CourseId, EntryId, LearnerId},
};
use std::collections::{BTreeSet, HashSet};
use store::{
    Store, StoreError, hour_ledger,
    registry::{
        CourseLabel, PlatformLabel, all_platform_labels, course_labels, insert_learners, insert_merge, insert_undoing,
    },
};
use time::Duration;
use uuid::Uuid;

fn append(store: &Store, lines: Vec<Entry>) -> Result<(), StoreError> {
    store.write_blocking(move |db| hour_ledger::insert_entries(db, &lines))
}

fn new_credit(sample: &Sample) -> Entry {
    credit(sample, CompletionId::from_uuid(Uuid::now_v7()))
}

#[test]
fn a_line_is_credited_once_and_taken_back_once() {
    on_each(|database| {
        let store = database.store();
        let sample = fill(store);
        let line = new_credit(&sample);
        let again = Entry { id: EntryId::from_uuid(Uuid::now_v7()), ..line.clone() };
        append(store, vec![line.clone()]).unwrap();
        assert!(matches!(append(store, vec![again]), Err(StoreError::Conflict { .. })));
        let back = reversal(&line);
        let back_id = back.id;
        append(store, vec![back.clone()]).unwrap();
        assert!(matches!(append(store, vec![reversal(&line)]), Err(StoreError::Conflict { .. })));
        let learner = sample.learner;
        let found = store.read_blocking(|db| hour_ledger::find_entry(db, learner, line.id)).unwrap();
        assert_eq!(found, Some((line.clone(), Some(back))));
        let reversed = store.read_blocking(|db| hour_ledger::reversed_among(db, &[(learner, line.id)])).unwrap();
        assert!(reversed.contains(&line.id));
        let by = store.read_blocking(|db| hour_ledger::reversals_of(db, learner, &[line.id, back_id])).unwrap();
        assert_eq!(by, [(line.id, back_id)]);
    });
}

#[test]
fn what_rests_on_a_case_is_granted_once_by_a_decision_and_drawn_once_from_a_line() {
    on_each(|database| {
        let store = database.store();
        let sample = fill(store);
        let case = CaseId::from_uuid(Uuid::now_v7());
        let of = |basis, drawn: Option<EntryId>, number: Option<i32>| Entry {
            id: EntryId::from_uuid(Uuid::now_v7()),
            completion: None,
            decision_number: number,
            ground: Some(Ground {
                basis,
                case,
                achievement: None,
                fulfils: None,
                drawn: drawn.map(|line| Drawn { year: 2020, line }),
            }),
            ..new_credit(&sample)
        };
        let granted = of(Basis::Recognition, None, Some(1));
        append(store, vec![granted.clone()]).unwrap();
        let again = append(store, vec![of(Basis::Recognition, None, Some(1))]);
        assert!(matches!(again, Err(StoreError::Conflict { .. })), "one approval written twice: {again:?}");
        let unnumbered = append(store, vec![of(Basis::Recognition, None, None)]);
        assert!(matches!(unnumbered, Err(StoreError::RuleViolated(_))), "{unnumbered:?}");
        // Of a year without rules an office's word stands alone, and nothing else does.
        let without_rules = |basis, number| Entry { policy: None, year: 2019, ..of(basis, None, Some(number)) };
        append(store, vec![without_rules(Basis::Exception, 4), without_rules(Basis::Attestation, 5)]).unwrap();
        let no_rules = append(store, vec![without_rules(Basis::Recognition, 6)]);
        assert!(matches!(no_rules, Err(StoreError::RuleViolated(_))), "{no_rules:?}");
        // Taken back, and said anew by another decision.
        append(store, vec![reversal(&granted), of(Basis::Recognition, None, Some(2))]).unwrap();
        // One transfer of one category draws on two lines, on each of them once.
        let [one, other] = [1, 2].map(|number| EntryId::from_uuid(Uuid::from_u128(number)));
        let drawn = |line| of(Basis::Surplus, Some(line), Some(3));
        append(store, vec![drawn(one), drawn(other)]).unwrap();
        let again = append(store, vec![drawn(one)]);
        assert!(matches!(again, Err(StoreError::Conflict { .. })), "{again:?}");
    });
}

#[test]
fn a_reversal_of_another_learners_line_is_refused() {
    on_each(|database| {
        let store = database.store();
        let sample = fill(store);
        let line = new_credit(&sample);
        append(store, vec![line.clone()]).unwrap();
        let foreign = Entry { learner: LearnerId::from_uuid(Uuid::now_v7()), ..reversal(&line) };
        assert!(matches!(append(store, vec![foreign]), Err(StoreError::MissingReference(_))));
        let nothing = Entry { reverses: None, ..reversal(&line) };
        assert!(matches!(append(store, vec![nothing]), Err(StoreError::RuleViolated(_))));
    });
}

#[test]
fn a_year_is_read_as_it_was_known_and_a_ledger_in_pages() {
    on_each(|database| {
        let store = database.store();
        let sample = fill(store);
        let later = AT + Duration::DAY;
        let lines: Vec<Entry> = (0..5)
            .map(|n| Entry { year: 2021 + n % 2, recorded_at: if n < 3 { AT } else { later }, ..new_credit(&sample) })
            .collect();
        append(store, lines.clone()).unwrap();
        let learner = sample.learner;
        let count = |year, known_at| {
            store.read_blocking(move |db| hour_ledger::entries_of(db, learner, year, known_at)).unwrap().len()
        };
        assert_eq!((count(2021, None), count(2021, Some(AT)), count(2022, None)), (3, 2, 2));
        assert_eq!(count(2021, Some(AT - Duration::microseconds(1))), 0);
        let of_years = |years: Option<&[i32]>| {
            store.read_blocking(|db| hour_ledger::entries_of_many(db, &[learner], years, None)).unwrap().len()
        };
        assert_eq!((of_years(None), of_years(Some(&[2021, 2022])), of_years(Some(&[2020, 2022]))), (5, 5, 2));
        assert_eq!((of_years(Some(&[2021])), of_years(Some(&[]))), (3, 0));
        let page = |after, without: &HashSet<EntryId>| {
            store.read_blocking(|db| hour_ledger::page_of_learner(db, learner, None, (after, without), 3)).unwrap()
        };
        let none = HashSet::new();
        let first = page(None, &none);
        assert_eq!([first.clone(), page(Some(first[2].id), &none)].concat(), lines);
        let left = page(None, &HashSet::from([lines[0].id, lines[2].id]));
        assert_eq!(left, [&lines[1], &lines[3], &lines[4]].map(Entry::clone), "a page is as long as it can be");
    });
}

#[test]
fn a_year_comes_with_what_its_sessions_touch_in_other_years() {
    on_each(|database| {
        let store = database.store();
        let sample = fill(store);
        let hours = |from: i64, until: i64, year: i32| Entry {
            year,
            started_at: Some(AT + Duration::hours(from)),
            ended_at: Some(AT + Duration::hours(until)),
            ..new_credit(&sample)
        };
        // Two of the year, from 2 to 7; then one that ends as they begin, one that begins as they end, and one between.
        let of_the_year = [hours(2, 4, 2021), hours(5, 7, 2021)];
        let (before, after, between) = (hours(0, 2, 2020), hours(7, 8, 2022), hours(3, 6, 2020));
        let late = Entry { recorded_at: AT + Duration::DAY, ..reversal(&between) };
        let others = vec![before.clone(), after, between.clone(), late.clone(), new_credit(&sample)];
        append(store, [of_the_year.to_vec(), others].concat()).unwrap();

        let learner = sample.learner;
        let touched = |year: i32, known_at| {
            let years = [year];
            let lines =
                store.read_blocking(|db| hour_ledger::entries_of_many(db, &[learner], Some(&years), known_at)).unwrap();
            lines.into_iter().filter(|line| line.year != year).map(|line| line.id).collect::<BTreeSet<_>>()
        };
        assert_eq!(touched(2021, None), BTreeSet::from([between.id, late.id]));
        assert_eq!(touched(2021, Some(AT)), BTreeSet::from([between.id]));
        assert_eq!(touched(2020, None), BTreeSet::from(of_the_year.map(|line| line.id)));
        assert_eq!((touched(2022, None), touched(2023, None)), (BTreeSet::new(), BTreeSet::new()));
    });
}

#[test]
fn sessions_are_looked_for_in_each_window_by_itself() {
    on_each(|database| {
        let store = database.store();
        let sample = fill(store);
        let day = |n: i64| AT + Duration::days(n);
        let session = |n: i64| Entry { started_at: Some(day(n)), ended_at: Some(day(n + 1)), ..new_credit(&sample) };
        let lines = [session(0), session(10), session(20)];
        append(store, lines.to_vec()).unwrap();
        append(store, vec![reversal(&lines[1]), new_credit(&sample)]).unwrap();
        let touched = |windows: &[(LearnerId, i64, i64)]| {
            let window = |&(learner, from, until): &(LearnerId, i64, i64)| hour_ledger::SessionWindow {
                learner,
                from: day(from),
                until: day(until),
            };
            let windows: Vec<_> = windows.iter().map(window).collect();
            let mut found = store.read_blocking(move |db| hour_ledger::sessions_of(db, &windows)).unwrap();
            found.sort_by_key(|line| (line.started_at, line.reverses));
            let index = |line: &Entry| lines.iter().position(|one| one.started_at == line.started_at).unwrap();
            found.iter().map(|line| (index(line), line.reverses.is_some())).collect::<Vec<_>>()
        };
        let learner = sample.learner;
        assert_eq!(touched(&[]), []);
        assert_eq!(touched(&[(learner, -1, 0), (learner, 1, 2)]), [], "what ends as another begins does not touch it");
        assert_eq!(touched(&[(learner, 0, 1)]), [(0, false)]);
        assert_eq!(touched(&[(learner, 10, 11)]), [(1, false), (1, true)], "with what took it back");
        // One far in the past brings nothing that lies between.
        assert_eq!(touched(&[(learner, -9000, -8999), (learner, 20, 21), (learner, 20, 22)]), [(2, false)]);
        assert_eq!(touched(&[(learner, -9000, 21)]).len(), 4);
        assert_eq!(touched(&[(LearnerId::from_uuid(Uuid::now_v7()), -9000, 21)]), [], "another's lines are another's");
    });
}

#[test]
fn what_lines_show_of_courses_and_platforms_is_read_by_one_query_each() {
    on_each(|database| {
        let store = database.store();
        let sample = fill(store);
        let unknown = Uuid::now_v7();
        let courses = [sample.course, CourseId::from_uuid(unknown)];
        let labels = store.read_blocking(|db| course_labels(db, &courses)).unwrap();
        let (code, title) = ("C-1".to_owned(), "课程 C-1".to_owned());
        assert_eq!(labels, [CourseLabel { course_id: sample.course, number: 1, code, title }]);
        let labels = store.read_blocking(all_platform_labels).unwrap();
        let (code, name) = ("demo".to_owned(), "示例平台".to_owned());
        assert_eq!(labels, [PlatformLabel { platform_id: sample.platform, code, name }]);
    });
}

/// Surplus is whose the hours are that it draws on. Where those went away again with another file, and nothing of them stands here, what
/// draws on them is nobody's business here.
#[test]
fn what_draws_on_hours_that_do_not_stand_in_a_file_is_anothers_where_files_were_parted() {
    on_each(|database| {
        let store = database.store();
        let sample = fill(store);
        let (learner, own) = (sample.learner, new_credit(&sample));
        let drawing = |line: EntryId| Entry {
            id: EntryId::from_uuid(Uuid::now_v7()),
            completion: None,
            course_version: None,
            platform: None,
            external_id: None,
            year: own.year - 1,
            decision_number: Some(1),
            ground: Some(Ground {
                basis: Basis::Surplus,
                case: CaseId::from_uuid(Uuid::now_v7()),
                achievement: None,
                fulfils: None,
                drawn: Some(Drawn { year: own.year, line }),
            }),
            ..own.clone()
        };
        let (on_own, on_anothers) = (drawing(own.id), drawing(EntryId::from_uuid(Uuid::now_v7())));
        let withdrawn = drawing(own.id);
        let (year, back) = (own.year, reversal(&withdrawn));
        append(store, vec![own, on_own.clone(), on_anothers.clone(), withdrawn, back]).unwrap();
        let drawn = |year: i32| -> BTreeSet<EntryId> {
            let found = store.read_blocking(move |db| hour_ledger::drawing_on(db, &[(learner, year)])).unwrap();
            found.into_iter().map(|line| line.id).collect()
        };
        assert_eq!(drawn(year), BTreeSet::from([on_own.id, on_anothers.id]), "but not what was taken back");
        assert_eq!((drawn(year - 1), drawn(year + 1)), (BTreeSet::new(), BTreeSet::new()));
        let others = || store.read_blocking(move |db| hour_ledger::lines_of_others(db, &[learner])).unwrap();
        assert_eq!(others(), HashSet::new(), "where no files were parted nothing is looked for");
        let other = sample::learner("示例乙", "hash-2", "610100", sample.employer);
        let (merge, undoing) = sample::undone_merge(other.person.learner_id, learner);
        let _ = store.write_blocking(move |db| insert_learners(db, std::slice::from_ref(&other))).unwrap();
        store.write_blocking(move |db| insert_merge(db, &merge)).unwrap();
        assert_eq!(others(), HashSet::new(), "nor while they are joined");
        store.write_blocking(move |db| insert_undoing(db, &undoing)).unwrap();
        assert_eq!(others(), HashSet::from([on_anothers.id]));
    });
}
