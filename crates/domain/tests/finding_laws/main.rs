//! What holds of findings: whatever is found and annulled, a year counts as if what no longer stands had never been, and each sanction
//! holds for its own days.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails should fail loudly, also in what its tests share"
)]

mod following;

use domain::{
    findings::{
        Anew, Annulment, FINDING_ANNULLED, FOUND_FALSE, Finding, bars, drawing_on, given_back, is_cancelled, records,
        sanctions, sanctions_together, taken_back,
    },
    hour_ledger::{Basis, Drawn, Entry, EntryKind, Ground, borne, count},
    kernel::{CaseId, CompletionId, EntryId, Hours, LearnerId, PolicyId},
    policy::{
        CategoryCode, Policy, Rules,
        shape::{Cause, Effect, Purpose},
    },
    registry::LearnerFacts,
};
use proptest::prelude::*;
use std::{collections::BTreeSet, sync::LazyLock};
use time::{
    Date, OffsetDateTime,
    macros::{date, datetime},
};
use uuid::Uuid;

const YEAR: i32 = 2020;

static POLICY: LazyLock<Policy> = LazyLock::new(|| {
    let text = r#"format = 1
document.notice = { number = "示例〔2020〕1号", title = "示例通知", issuer = "示例厅" }
policy = { place = "630000", year = 2020, title = "示例", cite = "notice 标题" }
year = { cite = "notice 一" }
unit = { name = "学时", cite = "notice 一" }
category = [{ code = "public", name = "公需科目", min = 2, cite = "notice 二" }]
total = { min = 2, cite = "notice 一" }
surplus = { mode = "spread", from_year = 2020, into_years = [2019], eligible = [{ category = "public" }], cite = "notice 五" }
consequence = [
  { cause = "fraud", effect = "application_cancelled", cite = "notice 六" },
  { cause = "fraud", effect = "title_bar", years = 3, counted_from = "decided_on", cite = "notice 六" },
  { cause = "fraud", effect = "credit_record", years = 5, counted_from = "decided_on", cite = "notice 六" },
  { cause = "fraud", effect = "handled_strictly", since = 2020-06-11, cite = "notice 六" },
  { cause = "fraud", effect = "no_awards", recommended_for = { employer_kinds = ["enterprise"] }, cite = "notice 六" },
  { cause = "abuse_of_office", effect = "notice_and_liability", cite = "notice 六" },
]
"#;
    let rules = Rules::parse(text).unwrap_or_else(|faults| panic!("{faults:#?}"));
    let id = PolicyId::from_uuid(Uuid::nil());
    Policy { id, number: 1, published_at: OffsetDateTime::UNIX_EPOCH, source_hash: String::new(), rules }
});

fn id(number: u128) -> EntryId {
    EntryId::from_uuid(Uuid::from_u128(number))
}

fn line(number: u128, hours: i64) -> Entry {
    Entry {
        id: id(number),
        learner: LearnerId::from_uuid(Uuid::nil()),
        kind: EntryKind::Credit,
        year: YEAR,
        place: "630000".parse().unwrap(),
        category: CategoryCode::new("public"),
        subject: None,
        hours: Hours::whole(hours),
        course: None,
        course_version: None,
        platform: None,
        external_id: None,
        completion: Some(CompletionId::from_uuid(Uuid::from_u128(number))),
        decision_number: Some(1),
        mode: None,
        started_at: None,
        ended_at: None,
        completed_at: datetime!(2020-06-01 00:00 UTC),
        ground: None,
        policy: None,
        review: Vec::new(),
        reverses: None,
        reason_code: None,
        recorded_at: datetime!(2020-06-02 00:00 UTC),
        recorded_by: "law".to_owned(),
    }
}

fn finding(case: u128, decided_on: Date, lines: Vec<EntryId>) -> Finding {
    let nobody = LearnerFacts::nothing_of(LearnerId::from_uuid(Uuid::nil()));
    Finding {
        case: CaseId::from_uuid(Uuid::from_u128(case)),
        cause: Cause::Fraud,
        decided_on,
        lines,
        sanctions: sanctions(&POLICY, Cause::Fraud, decided_on, &nobody),
        recorded_at: decided_on.midnight().assume_utc(),
        annulled: None,
    }
}

fn annul(finding: &mut Finding, recorded_at: OffsetDateTime) {
    finding.annulled = Some(Annulment { case: CaseId::from_uuid(Uuid::from_u128(99)), recorded_at });
}

/// The hours that count of lines, whatever their ids.
fn earned(entries: &[Entry]) -> Hours {
    count(&POLICY.rules, YEAR, entries).nodes[0].earned
}

/// Takes back what a finding concerns.
fn find(entries: &mut Vec<Entry>, finding: &Finding, next: &mut u128) {
    let mut new_id = || {
        *next += 1;
        id(*next)
    };
    let at = finding.recorded_at;
    let reversals: Vec<Entry> =
        taken_back(finding, entries).into_iter().map(|line| line.reversal(new_id(), FOUND_FALSE, at, "law")).collect();
    entries.extend(reversals);
}

/// Gives back what the annulment of a finding leaves to nobody else.
fn give_back(entries: &mut Vec<Entry>, finding: &Finding, others: &[Finding], next: &mut u128) {
    let anew = |next: &mut u128, draws_on: Option<EntryId>| {
        *next += 1;
        Anew { id: id(*next), decision_number: Some(2), draws_on, at: finding.recorded_at, by: "law" }
    };
    let mut added = Vec::new();
    for line in given_back(finding, others, entries) {
        let again = anew(next, None).say(line);
        for transfer in drawing_on(line.id, entries) {
            *next += 1;
            added.push(transfer.reversal(id(*next), FINDING_ANNULLED, finding.recorded_at, "law"));
            added.push(anew(next, Some(again.id)).say(transfer));
        }
        added.push(again);
    }
    entries.extend(added);
}

proptest! {
    #[test]
    fn a_year_counts_as_if_what_was_annulled_had_never_been_found(
        hours in prop::collection::vec(1_i64..5, 1..6),
        concerned in prop::collection::vec(prop::collection::btree_set(1_u128..6, 0..4), 1..4),
        annulled in prop::collection::vec(any::<bool>(), 4),
        reversed in prop::option::of(1_u128..6),
    ) {
        let lines: Vec<Entry> = hours.iter().zip(1..).map(|(hours, number)| line(number, *hours)).collect();
        let mut entries = lines.clone();
        let mut next = 1_000;
        // A line that was taken back for another reason stays so, whatever is found and annulled of it.
        if let Some(gone) = lines.iter().find(|line| reversed.is_some_and(|number| line.id == id(number))) {
            entries.push(gone.reversal(id(999), "replaced", gone.recorded_at, "law"));
        }
        let mut found: Vec<Finding> = Vec::new();
        for (of, case) in concerned.iter().zip(1..) {
            let one = finding(case, date!(2020 - 06 - 10), of.iter().copied().map(id).collect());
            find(&mut entries, &one, &mut next);
            found.push(one);
        }
        for index in (0..found.len()).filter(|index| annulled[*index]) {
            annul(&mut found[index], datetime!(2020-07-01 00:00 UTC));
            give_back(&mut entries, &found[index], &found, &mut next);
            // Work that is done again adds nothing.
            let given = entries.len();
            give_back(&mut entries, &found[index], &found, &mut next);
            prop_assert_eq!(entries.len(), given);
        }
        let standing: BTreeSet<EntryId> =
            found.iter().filter(|one| one.stands(None)).flat_map(|one| one.lines.iter().copied()).collect();
        let kept: Vec<Entry> = lines
            .iter()
            .filter(|line| !standing.contains(&line.id) && reversed.is_none_or(|number| line.id != id(number)))
            .cloned()
            .collect();
        prop_assert_eq!(earned(&entries), earned(&kept));
    }
}

#[test]
fn what_was_given_back_once_is_given_back_again_only_after_it_was_taken_again() {
    let case = CaseId::from_uuid(Uuid::nil());
    let recognised = |drawn| Ground { basis: Basis::Recognition, case, achievement: None, fulfils: None, drawn };
    let line = Entry { completion: None, ground: Some(recognised(None)), ..line(1, 5) };
    let mut entries = vec![line];
    let (mut one, mut other) =
        (finding(1, date!(2020 - 06 - 10), vec![id(1)]), finding(2, date!(2020 - 06 - 11), vec![id(1)]));
    let at = datetime!(2020-07-01 00:00 UTC);
    find(&mut entries, &one, &mut 1_000);
    annul(&mut one, at);
    give_back(&mut entries, &one, &[], &mut 2_000);
    assert_eq!(earned(&entries), Hours::whole(5));
    // A later finding about the same old line, annulled as well, has nothing to give: the line stands anew.
    find(&mut entries, &other, &mut 3_000);
    annul(&mut other, at);
    give_back(&mut entries, &other, std::slice::from_ref(&one), &mut 4_000);
    assert_eq!(earned(&entries), Hours::whole(5));
    // One about the new line takes it, and gives it back once.
    let anew = entries.iter().find(|line| line.reason_code.as_deref() == Some(FINDING_ANNULLED)).unwrap().id;
    let mut third = finding(3, date!(2020 - 06 - 12), vec![id(1), anew]);
    find(&mut entries, &third, &mut 5_000);
    assert_eq!(earned(&entries), Hours::ZERO);
    annul(&mut third, at);
    for next in [6_000, 7_000] {
        give_back(&mut entries, &third, &[one.clone(), other.clone()], &mut next.clone());
        assert_eq!(earned(&entries), Hours::whole(5));
    }
}

#[test]
fn two_transfers_of_one_choice_come_back_one_by_one() {
    let drawn = |from: u128| Ground {
        basis: Basis::Surplus,
        case: CaseId::from_uuid(Uuid::nil()),
        achievement: None,
        fulfils: None,
        drawn: Some(Drawn { year: YEAR, line: id(from) }),
    };
    let transfer =
        |number: u128, from: u128| Entry { year: 2019, completion: None, ground: Some(drawn(from)), ..line(number, 3) };
    let mut entries = vec![transfer(1, 11), transfer(2, 12)];
    let live = |entries: &[Entry]| {
        let gone: Vec<_> = entries.iter().filter_map(|line| line.reverses).collect();
        entries.iter().filter(|line| line.kind == EntryKind::Credit && !gone.contains(&line.id)).count()
    };
    let mut one = finding(1, date!(2020 - 06 - 10), vec![id(1)]);
    find(&mut entries, &one, &mut 1_000);
    assert_eq!(live(&entries), 1);
    annul(&mut one, datetime!(2020-07-01 00:00 UTC));
    for next in [2_000, 3_000] {
        give_back(&mut entries, &one, &[], &mut next.clone());
        assert_eq!(live(&entries), 2);
    }
}

#[test]
fn surplus_drawn_from_a_line_comes_back_with_it() {
    let ground = Ground {
        basis: Basis::Surplus,
        case: CaseId::from_uuid(Uuid::nil()),
        achievement: None,
        fulfils: None,
        drawn: Some(Drawn { year: YEAR, line: id(1) }),
    };
    let hours = Hours::whole(3);
    let transfer = Entry { id: id(2), year: 2019, hours, completion: None, ground: Some(ground), ..line(1, 5) };
    let mut entries = vec![line(1, 5), transfer];
    let worth = |entries: &[Entry]| borne(&POLICY.rules, YEAR, entries).into_values().sum::<Hours>();
    assert_eq!(worth(&entries), Hours::whole(3));
    let mut one = finding(1, date!(2020 - 06 - 10), vec![id(1)]);
    find(&mut entries, &one, &mut 1_000);
    assert_eq!((worth(&entries), earned(&entries)), (Hours::ZERO, Hours::ZERO));
    annul(&mut one, datetime!(2020-07-01 00:00 UTC));
    give_back(&mut entries, &one, &[], &mut 2_000);
    assert_eq!((worth(&entries), earned(&entries)), (Hours::whole(3), Hours::whole(5)));
}

#[test]
fn what_follows_is_what_the_rules_attach_to_the_cause_each_with_its_own_end() {
    let of = |decided_on: Date| -> Vec<(Effect, Option<Date>)> {
        finding(1, decided_on, Vec::new()).sanctions.iter().map(|one| (one.effect, one.until_on)).collect()
    };
    let expected = [
        (Effect::ApplicationCancelled, None),
        (Effect::TitleBar, Some(date!(2023 - 06 - 10))),
        (Effect::CreditRecord, Some(date!(2025 - 06 - 10))),
    ];
    // What holds since a day holds from that day on, and what is recommended binds nobody.
    assert_eq!(of(date!(2020 - 06 - 10)), expected);
    assert_eq!(of(date!(2020 - 06 - 11)).last(), Some(&(Effect::HandledStrictly, None)));
}

#[test]
fn the_bar_ends_and_the_record_goes_on_to_its_own_end() {
    let found = [finding(1, date!(2020 - 06 - 10), Vec::new())];
    let purposes: Vec<(Purpose, Date)> = bars(&found, None).iter().map(|bar| (bar.purpose, bar.until_on)).collect();
    let until = date!(2023 - 06 - 10);
    let titles = [Purpose::TitleReview, Purpose::TitleRecognition, Purpose::ChangeOfSeries];
    assert_eq!(purposes, titles.map(|purpose| (purpose, until)));
    let on_record = |day: Date| records(&found, day, None).len();
    assert_eq!((on_record(date!(2020 - 06 - 09)), on_record(date!(2020 - 06 - 10))), (0, 1));
    assert_eq!((on_record(date!(2025 - 06 - 10)), on_record(date!(2025 - 06 - 11))), (1, 0));
}

#[test]
fn as_known_before_it_was_decided_and_after_it_was_annulled_nothing_holds() {
    let mut one = finding(1, date!(2020 - 06 - 10), Vec::new());
    annul(&mut one, datetime!(2020-09-01 00:00 UTC));
    let found = [one];
    let known = |at: OffsetDateTime| {
        let known_at = Some(at);
        let cancelled = is_cancelled(&found[0], Purpose::TitleReview, date!(2020 - 06 - 10), known_at);
        (bars(&found, known_at).len(), records(&found, date!(2020 - 10 - 01), known_at).len(), cancelled)
    };
    assert_eq!(known(datetime!(2020-06-09 23:59:59 UTC)), (0, 0, false));
    assert_eq!(known(datetime!(2020-06-10 00:00 UTC)), (3, 1, true));
    assert_eq!(known(datetime!(2020-08-31 23:59:59 UTC)), (3, 1, true));
    assert_eq!(known(datetime!(2020-09-01 00:00 UTC)), (0, 0, false));
    assert!(bars(&found, None).is_empty());
}

#[test]
fn open_applications_for_a_title_are_cancelled_up_to_the_day_of_the_decision() {
    let one = finding(1, date!(2020 - 06 - 10), Vec::new());
    let cancelled = |purpose, applied_on| is_cancelled(&one, purpose, applied_on, None);
    assert!(cancelled(Purpose::TitleReview, date!(2020 - 06 - 10)));
    assert!(cancelled(Purpose::ChangeOfSeries, date!(2019 - 12 - 01)));
    assert!(!cancelled(Purpose::TitleReview, date!(2020 - 06 - 11)));
    assert!(!cancelled(Purpose::Appointment, date!(2020 - 06 - 10)));
    let other = Finding { sanctions: Vec::new(), ..one.clone() };
    assert!(!is_cancelled(&other, Purpose::TitleReview, date!(2020 - 06 - 10), None));
}

#[test]
fn of_the_rules_of_several_years_the_later_end_holds_for_each_effect() {
    let nobody = LearnerFacts::nothing_of(LearnerId::from_uuid(Uuid::nil()));
    let mut longer = POLICY.clone();
    longer.id = PolicyId::from_uuid(Uuid::max());
    for rule in &mut longer.rules.consequence {
        match rule.effect {
            Effect::TitleBar => rule.years = Some(5),
            // One without a stated end lasts.
            Effect::CreditRecord => rule.years = None,
            _ => {}
        }
    }
    let day = date!(2020 - 06 - 10);
    for policies in [[&*POLICY, &longer], [&longer, &*POLICY]] {
        let found = sanctions_together(policies, Cause::Fraud, day, &nobody);
        let ends: Vec<(Effect, Option<Date>)> = found.iter().map(|one| (one.effect, one.until_on)).collect();
        let bar = (Effect::TitleBar, Some(date!(2025 - 06 - 10)));
        assert_eq!(ends, [(Effect::ApplicationCancelled, None), bar, (Effect::CreditRecord, None)]);
        assert_eq!(found[1].policy, longer.id);
        assert_eq!(found[0].policy, policies[0].id, "of the same end that of the rules named first");
    }
}
