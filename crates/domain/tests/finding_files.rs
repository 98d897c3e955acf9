//! Findings about people whose files were joined and parted: in which file a line is at home, and that it is given back there once.

#![expect(clippy::unwrap_used, reason = "a test that fails should fail loudly")]

use domain::{
    findings::{FOUND_FALSE, Finding, given_back, home_of},
    hour_ledger::{Basis, Entry, EntryKind, Ground, MERGE_UNDONE, MERGED},
    kernel::{CaseId, CompletionId, EntryId, Hours, LearnerId},
    policy::{CategoryCode, shape::Cause},
};
use time::macros::{date, datetime};
use uuid::Uuid;

/// Two files: of the one what is at stake is, with the other one it was joined for a while.
const OWN: u128 = 1;
const OTHER: u128 = 2;

fn id(number: u128) -> EntryId {
    EntryId::from_uuid(Uuid::from_u128(number))
}

fn file(number: u128) -> LearnerId {
    LearnerId::from_uuid(Uuid::from_u128(number))
}

fn line(number: u128, of: u128, why: Option<&str>) -> Entry {
    let at = datetime!(2020-06-01 00:00 UTC);
    Entry {
        id: id(number),
        learner: file(of),
        kind: EntryKind::Credit,
        year: 2020,
        place: "630000".parse().unwrap(),
        category: CategoryCode::new("public"),
        subject: None,
        hours: Hours::whole(5),
        course: None,
        course_version: None,
        platform: None,
        external_id: None,
        completion: Some(CompletionId::from_uuid(Uuid::nil())),
        decision_number: Some(i32::try_from(number).unwrap()),
        mode: None,
        started_at: None,
        ended_at: None,
        completed_at: at,
        ground: None,
        policy: None,
        review: Vec::new(),
        reverses: None,
        reason_code: why.map(str::to_owned),
        recorded_at: at,
        recorded_by: "law".to_owned(),
    }
}

fn gone(line: &Entry, why: &str) -> Entry {
    line.reversal(id(1_000 + line.id.as_uuid().as_u128()), why, line.recorded_at, "law")
}

fn finding(case: u128, lines: &[u128]) -> Finding {
    Finding {
        case: CaseId::from_uuid(Uuid::from_u128(case)),
        cause: Cause::Fraud,
        decided_on: date!(2020 - 06 - 10),
        lines: lines.iter().copied().map(id).collect(),
        sanctions: Vec::new(),
        recorded_at: datetime!(2020-06-10 00:00 UTC),
        annulled: None,
    }
}

/// A line of the own file, which went over, was found false there and went back as that.
fn parted(of: impl Fn(Entry) -> Entry) -> Vec<Entry> {
    let [native, brought, back] =
        [line(1, OWN, None), line(2, OTHER, Some(MERGED)), line(3, OWN, Some(MERGE_UNDONE))].map(of);
    let reversals = [gone(&native, MERGED), gone(&brought, FOUND_FALSE), gone(&back, FOUND_FALSE)];
    [native, brought, back].into_iter().chain(reversals).collect()
}

fn on_a_roll(line: Entry) -> Entry {
    let case = CaseId::from_uuid(Uuid::nil());
    let ground = Ground { basis: Basis::Attestation, case, achievement: None, fulfils: None, drawn: None };
    Entry { completion: None, ground: Some(ground), ..line }
}

/// Which lines come back, and in which file each is at home.
fn given(finding: &Finding, others: &[Finding], entries: &[Entry]) -> Vec<(EntryId, LearnerId)> {
    given_back(finding, others, entries).into_iter().map(|line| (line.id, home_of(line, entries))).collect()
}

#[test]
fn what_was_found_false_in_another_file_comes_back_at_home_and_once() {
    let as_they_are: fn(Entry) -> Entry = |line| line;
    for of in [as_they_are, on_a_roll] {
        let entries = parted(of);
        // Named in the other file, or in the own one before it went over and where it stood when that took effect.
        for named in [&[2][..], &[1, 2]] {
            assert_eq!(given(&finding(1, named), &[], &entries), [(id(3), file(OWN))], "{named:?}");
        }
        // While the files were one, it was at home in the other.
        let is_back = |line: &&Entry| line.id == id(3) || line.reverses == Some(id(3));
        let before: Vec<Entry> = entries.iter().filter(|line| !is_back(line)).cloned().collect();
        assert_eq!(given(&finding(1, &[1, 2]), &[], &before), [(id(2), file(OTHER))]);
    }
}

#[test]
fn a_finding_that_stands_holds_a_line_in_whichever_file_it_named_it() {
    let entries = parted(|line| line);
    for named in [1, 2, 3] {
        assert!(given(&finding(1, &[2]), &[finding(2, &[named])], &entries).is_empty(), "{named}");
    }
}

#[test]
fn what_a_roll_says_of_each_of_two_people_comes_back_to_each_by_itself() {
    let mut entries = parted(on_a_roll);
    let others_own = on_a_roll(line(4, OTHER, None));
    entries.extend([gone(&others_own, FOUND_FALSE), others_own]);
    entries.sort_by_key(|line| line.id);
    assert_eq!(given(&finding(1, &[4]), &[], &entries), [(id(4), file(OTHER))]);
    let of_other_hours = |line: Entry| match line.id == id(4) {
        true => Entry { hours: Hours::whole(7), ..line },
        false => line,
    };
    let entries: Vec<Entry> = entries.into_iter().map(of_other_hours).collect();
    assert_eq!(given(&finding(1, &[2, 4]), &[], &entries), [(id(3), file(OWN)), (id(4), file(OTHER))]);
}
