//! The laws of verifying a ledger: of what came about as the service lets it come about nothing is found, and of what someone changed
//! otherwise something is, named where it is.

#![expect(clippy::unwrap_used, reason = "a test that fails should fail loudly, also in what its tests share")]

mod rows;

use domain::{
    hour_ledger::{
        Basis, Entry, EntryKind,
        verify::{File, Finding, GOES_OVER_WITHIN, KeptCase, Unsound, verify},
    },
    kernel::{EntryId, Hours, PolicyId},
    policy::CategoryCode,
};
use proptest::prelude::*;
use rows::{NOW, Rows, Step, case, item, learner, steps, uuid};
use time::{Duration, OffsetDateTime};

/// Something that an intruder does to a line; `false` where there is nothing of the kind to do to it.
type Tampering = fn(&mut Rows, usize) -> bool;

/// What is done to a field, or to a row on which a line rests.
const TAMPERINGS: [(&str, Tampering); 17] = [
    ("hours", |rows, at| says_hours(rows, at, |line| line.hours = Hours::whole(90))),
    ("category", |rows, at| says_hours(rows, at, |line| line.category = CategoryCode::new("elective"))),
    ("year", |rows, at| says_hours(rows, at, |line| line.year = 2031)),
    ("day", |rows, at| says_hours(rows, at, |line| line.completed_at += Duration::days(900))),
    ("rules", |rows, at| says_hours(rows, at, |line| line.policy = Some(PolicyId::from_uuid(uuid(9, 9))))),
    ("version", |rows, at| says_hours(rows, at, |line| line.course_version = Some(7))),
    ("number", |rows, at| says_hours(rows, at, |line| line.decision_number = Some(99))),
    ("other file", |rows, at| {
        let other = usize::from(rows.entries[at].learner == learner(0));
        says_hours(rows, at, |line| line.learner = learner(other))
    }),
    ("kind", |rows, at| {
        let other = if rows.entries[at].kind == EntryKind::Credit { EntryKind::Provisional } else { EntryKind::Credit };
        says_hours(rows, at, |line| line.kind = other)
    }),
    ("no longer there", |rows, at| {
        let of_item = rows.entries[at].ground.is_none() && rows.entries[at].kind != EntryKind::Reversal;
        if of_item {
            let _ = rows.entries.remove(at);
        }
        of_item
    }),
    ("twice there", |rows, at| {
        let line = Entry { id: EntryId::from_uuid(uuid(8, 1)), ..rows.entries[at].clone() };
        rows.entries.push(line);
        true
    }),
    ("what a reversal says", |rows, at| {
        let is = rows.entries[at].kind == EntryKind::Reversal;
        rows.entries[at].hours = Hours::whole(91);
        is
    }),
    ("what a reversal takes back", |rows, at| {
        let is = rows.entries[at].kind == EntryKind::Reversal;
        rows.entries[at].reverses = Some(EntryId::from_uuid(uuid(8, 2)));
        is
    }),
    ("the item", |rows, at| {
        let line = rows.entries[at].clone();
        line.completion.is_some() && rows.witnesses.pushed.remove(&item(&line)).is_some()
    }),
    ("the decision", |rows, at| {
        let id = rows.entries[at].id;
        let before = rows.witnesses.granted.values().flatten().count();
        rows.witnesses.granted.values_mut().for_each(|granted| granted.retain(|granted| granted.entry != id));
        rows.witnesses.granted.values().flatten().count() < before
    }),
    ("the case", |rows, at| {
        let says = rows.entries[at].kind != EntryKind::Reversal;
        let of = rows.entries[at].ground.clone();
        says && of.is_some_and(|ground| rows.witnesses.cases.remove(&ground.case).is_some())
    }),
    ("what surplus draws on", |rows, at| {
        let drawn = rows.entries[at].ground.as_mut().and_then(|ground| ground.drawn.as_mut());
        drawn.map(|drawn| drawn.line = EntryId::from_uuid(uuid(8, 3))).is_some()
    }),
];

/// Of a line that rests on an item everything is said elsewhere as well.
fn says_hours(rows: &mut Rows, at: usize, change: impl FnOnce(&mut Entry)) -> bool {
    let line = &mut rows.entries[at];
    let is = line.completion.is_some() && line.kind != EntryKind::Reversal;
    if is {
        change(line);
    }
    is
}

proptest! {
    #[test]
    fn of_a_ledger_that_nobody_touched_nothing_is_found(steps in steps()) {
        let rows = Rows::after(&steps);
        prop_assert_eq!(rows.findings(), vec![], "{:#?}", rows.entries);
    }

    #[test]
    fn whatever_is_changed_of_a_line_or_under_it_is_found(steps in steps(), at in any::<prop::sample::Index>()) {
        let rows = Rows::after(&steps);
        prop_assume!(!rows.entries.is_empty());
        let at = at.index(rows.entries.len());
        for (what, tamper) in TAMPERINGS {
            let mut tampered = rows.clone();
            if tamper(&mut tampered, at) {
                let found = tampered.findings();
                prop_assert!(!found.is_empty(), "{what}: {:#?}", rows.entries[at]);
                prop_assert!(found.iter().all(|one| one.entry.is_some()), "{what}: {found:?}");
            }
        }
    }

    #[test]
    fn a_reversal_that_is_gone_is_found_where_something_was_decided_after_it(steps in steps()) {
        let rows = Rows::after(&steps);
        let superseded = |by: &&Entry| {
            let line = rows.entries.iter().find(|line| Some(line.id) == by.reverses);
            line.is_some_and(|line| line.completion.is_some() && rows.witnesses.last[&item(line)] > line.decision_number.unwrap())
        };
        for by in rows.entries.iter().filter(superseded) {
            let mut tampered = rows.clone();
            tampered.entries.retain(|line| line.id != by.id);
            let stands = |one: &Finding| one.entry == by.reverses && matches!(one.what, Unsound::DecidedSince(_));
            prop_assert!(tampered.findings().iter().any(stands), "{by:#?}");
        }
    }
}

#[test]
fn an_approval_without_lines_and_lines_without_an_approval_are_found() {
    let found = |rows: &Rows| rows.findings().into_iter().map(|one| one.what).collect::<Vec<_>>();
    let id = case(0);
    for (step, basis, other) in [
        (Step::Recognise(0), Basis::Recognition, Basis::Exception),
        (Step::Except(0), Basis::Exception, Basis::Recognition),
    ] {
        let rows = Rows::after(&[step]);
        let mut gone = rows.clone();
        gone.entries.clear();
        assert_eq!(found(&gone), [Unsound::CaseWithoutLines(id)]);
        for (basis, opened_in, approved, wanted) in [
            (basis, learner(0), false, Unsound::CaseNotApproved(id)),
            (basis, learner(1), true, Unsound::CaseOfAnother(id)),
            (other, learner(0), true, Unsound::CaseOfAnotherKind(id)),
        ] {
            let mut changed = rows.clone();
            let _ = changed.witnesses.cases.insert(id, KeptCase::Reviewed { basis, opened_in, approved });
            assert_eq!(found(&changed), [wanted]);
        }
        let mut roll = rows;
        let _ = roll.witnesses.cases.insert(id, KeptCase::Roll(Basis::Exemption));
        assert_eq!(found(&roll), [Unsound::CaseOfAnotherKind(id)]);
    }
}

#[test]
fn what_stands_in_an_ended_file_is_found_once_it_had_time_to_go_over() {
    let rows = Rows::after(&[Step::Push(0, 1, true)]);
    let found = |ended_at: OffsetDateTime| {
        let file = File { learner: learner(0), entries: &rows.entries, kin: &[], ended_at: Some(ended_at) };
        verify(&file, &rows.witnesses, NOW).len()
    };
    assert_eq!(found(NOW - GOES_OVER_WITHIN), 0);
    assert_eq!(found(NOW - GOES_OVER_WITHIN - Duration::SECOND), 1);
}

#[test]
fn what_is_found_says_whose_which_line_what_there_was_and_what_there_should_be() {
    let mut rows = Rows::after(&[Step::Push(0, 1, true)]);
    rows.entries[0].hours = Hours::whole(90);
    let told: Vec<String> = rows.findings().iter().map(ToString::to_string).collect();
    let (learner, line) = (learner(0), rows.entries[0].id);
    assert_eq!(
        told,
        [format!(
            "learner {learner}, line {line}: differs in hours_hundredths from the version of its course; expected: what that is worth"
        )]
    );
}
