//! Which lines stand for those that a finding names.

use super::{YEAR, annul, find, finding, id, line};
use domain::{
    findings::{FINDING_ANNULLED, FOUND_FALSE, Giving, given_back, parted, standing_for},
    hour_ledger::{
        Basis, COUNTED_BY_OFFICE, COUNTING_REVOKED, Drawn, Entry, Ground, MERGE_UNDONE, MERGED, REASSESSED,
        REFUSED_BY_OFFICE, REPLACED,
    },
    kernel::{CaseId, EntryId, Hours, LearnerId},
};
use time::macros::{date, datetime};
use uuid::Uuid;

#[test]
fn what_went_over_into_another_file_is_found_where_it_stands_now() {
    let at = datetime!(2020-06-20 00:00 UTC);
    let (first, second) = (line(1, 5), line(2, 5));
    let other = LearnerId::from_uuid(Uuid::max());
    let moved = Entry { id: id(11), learner: other, completion: first.completion, ..line(1, 5) };
    let entries = vec![first.reversal(id(10), MERGED, at, "law"), first, moved, second];
    let standing = |named: &[EntryId]| standing_for(named, &entries).iter().map(|line| line.id).collect::<Vec<_>>();
    assert_eq!(standing(&[id(1)]), [id(11)]);
    assert_eq!(standing(&[id(2)]), [id(2)]);
    // What was taken back for another reason stands nowhere, though the same is said elsewhere.
    let mut otherwise = entries.clone();
    otherwise[0].reason_code = Some("duplicate".to_owned());
    assert!(standing_for(&[id(1)], &otherwise).is_empty());
}

#[test]
fn surplus_that_another_finding_took_stands_by_no_other_line_that_says_the_same() {
    let at = datetime!(2020-06-20 00:00 UTC);
    let drawn = |number: u128| {
        let ground = Ground {
            basis: Basis::Surplus,
            case: CaseId::from_uuid(Uuid::nil()),
            achievement: None,
            fulfils: None,
            drawn: Some(Drawn { year: YEAR, line: id(100 + number) }),
        };
        Entry { completion: None, ground: Some(ground), ..line(number, 3) }
    };
    let (one, other) = (drawn(1), drawn(2));
    let entries = [one.clone(), other, one.reversal(id(3), FOUND_FALSE, at, "law")];
    assert!(standing_for(&[one.id], &entries).is_empty());
}

#[test]
fn of_surplus_that_was_said_anew_the_line_from_the_same_item_stands_for_the_one_that_is_named() {
    let at = datetime!(2020-06-20 00:00 UTC);
    let drawn = |number: u128, from: u128| {
        let ground = Ground {
            basis: Basis::Surplus,
            case: CaseId::from_uuid(Uuid::nil()),
            achievement: None,
            fulfils: None,
            drawn: Some(Drawn { year: YEAR, line: id(from) }),
        };
        Entry { year: 2019, completion: None, ground: Some(ground), ..line(number, 3) }
    };
    let anew = |number: u128, before: &Entry| Entry { id: id(number), ..before.clone() };
    let (first, second) = (line(1, 5), line(2, 5));
    // The first item was decided anew, and all of the choice was said anew with what draws on it.
    let (one, other) = (drawn(11, 1), drawn(12, 2));
    let entries = [
        anew(3, &first),
        first.reversal(id(20), REASSESSED, at, "law"),
        one.reversal(id(21), REASSESSED, at, "law"),
        other.reversal(id(22), REASSESSED, at, "law"),
        drawn(13, 3),
        drawn(14, 2),
        one,
        other,
        first,
        second,
    ];
    for (named, stands) in [(11, 13), (12, 14)] {
        let found: Vec<EntryId> = standing_for(&[id(named)], &entries).iter().map(|line| line.id).collect();
        assert_eq!(found, [id(stands)], "{named}");
    }
}

#[test]
fn surplus_that_was_found_false_with_its_source_is_said_anew_from_the_line_that_stands() {
    let ground = Ground {
        basis: Basis::Surplus,
        case: CaseId::from_uuid(Uuid::nil()),
        achievement: None,
        fulfils: None,
        drawn: Some(Drawn { year: YEAR, line: id(1) }),
    };
    let transfer = Entry { id: id(2), year: 2019, completion: None, ground: Some(ground), ..line(1, 3) };
    let mut entries = vec![transfer, line(1, 5)];
    let mut both = finding(1, date!(2020 - 06 - 10), vec![id(1), id(2)]);
    find(&mut entries, &both, &mut 1_000);
    annul(&mut both, datetime!(2020-07-01 00:00 UTC));
    let to = LearnerId::from_uuid(Uuid::max());
    let giving = Giving { to, at: datetime!(2020-07-01 00:00 UTC), by: "law" };
    let mut next = 2_000;
    let mut new_id = || {
        next += 1;
        id(next)
    };
    let said = giving.anew(&given_back(&both, &[], &entries), &entries, &|_| Some(7), &mut new_id);
    let lines: Vec<&Entry> = said.iter().map(|one| &one.line).collect();
    assert_eq!((lines.len(), lines[0].decision_number, lines[1].decision_number), (2, Some(7), Some(2)));
    assert_eq!(lines[1].drawn(), Some(Drawn { year: YEAR, line: lines[0].id }));
    assert!(lines.iter().all(|line| line.learner == to && line.reason_code.as_deref() == Some(FINDING_ANNULLED)));
}

#[test]
fn a_finding_takes_the_line_that_came_in_the_place_of_the_one_it_names() {
    let (before, at) = (line(1, 5), datetime!(2020-06-05 00:00 UTC));
    let anew = Entry { id: id(2), decision_number: Some(2), hours: Hours::whole(7), ..before.clone() };
    // Of one that was replaced a line stands only where it has its place back.
    let follows = [REASSESSED, COUNTED_BY_OFFICE, COUNTING_REVOKED, FOUND_FALSE, REPLACED];
    let follows = follows.map(|why| (why, vec![id(2)]));
    let gone = [REFUSED_BY_OFFICE, "duplicate"].map(|why| (why, Vec::new()));
    for (why, stands) in follows.into_iter().chain(gone) {
        let entries = [before.clone(), before.reversal(id(3), why, at, "law"), anew.clone()];
        let found: Vec<EntryId> = standing_for(&[before.id], &entries).iter().map(|line| line.id).collect();
        assert_eq!(found, stands, "{why}");
    }
}

#[test]
fn hours_that_went_back_to_another_file_are_parted_until_they_come_again() {
    let at = datetime!(2020-06-20 00:00 UTC);
    let (line, other) = (line(1, 5), line(2, 5));
    let mut entries = vec![line.clone(), other];
    assert!(!parted(&[id(1), id(2)], &entries));
    entries.push(line.reversal(id(3), MERGE_UNDONE, at, "law"));
    assert!(parted(&[id(1), id(2)], &entries) && !parted(&[id(2)], &entries));
    let again = Entry { id: id(4), ..line };
    entries.push(again.clone());
    assert!(!parted(&[id(1)], &entries));
    // They are the person's own again, whatever becomes of them, until they go back once more.
    let by = |why| again.reversal(id(5), why, at, "law");
    assert!(!parted(&[id(1)], &[entries.clone(), vec![by("duplicate")]].concat()));
    assert!(parted(&[id(1)], &[entries.clone(), vec![by(MERGE_UNDONE)]].concat()));
    // What a list says of somebody else in the same file says nothing of them.
    let listed = |number: u128, hours: i64| {
        let (basis, case) = (Basis::Attestation, CaseId::from_uuid(Uuid::nil()));
        let ground = Ground { basis, case, achievement: None, fulfils: None, drawn: None };
        Entry { completion: None, ground: Some(ground), ..super::line(number, hours) }
    };
    let (brought, own) = (listed(6, 24), listed(8, 20));
    let gone = brought.reversal(id(7), MERGE_UNDONE, at, "law");
    assert!(parted(&[id(6)], &[brought, gone, own]));
}
