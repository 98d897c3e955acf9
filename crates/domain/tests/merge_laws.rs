//! The laws of joined files: what counts is what would count had all of it been one file's from the beginning, and undone, each file
//! counts what it counted before.

#![expect(clippy::unwrap_used, reason = "a test that fails should fail loudly, also in what its tests share")]

use domain::{
    hour_ledger::{self, Basis, Carrying, Count, Entry, EntryKind, Ground, MERGE_UNDONE, MERGED, count},
    kernel::{CaseId, CourseId, EntryId, Hours, LearnerId, PolicyId},
    policy::{CategoryCode, Rules},
    registry::Mode,
};
use proptest::prelude::*;
use std::{
    collections::{BTreeSet, HashMap},
    sync::LazyLock,
};
use time::{Duration, OffsetDateTime, macros::datetime};
use uuid::Uuid;

const YEAR: i32 = 2020;
const START: OffsetDateTime = datetime!(2020-03-01 08:00 +08:00);

const RULES: &str = r#"format = 1

[document.notice]
number = "示例〔2020〕1号"
title = "示例通知"
issuer = "示例厅"

[policy]
place = "610000"
year = 2020
title = "示例"
cite = "notice 标题"

[year]
cite = "notice 一"

[unit]
name = "小时"
cite = "notice 一"

[[category]]
code = "public"
name = "公需课"
min = 24
max = 30
cite = "notice 二"

[[category]]
code = "professional"
name = "专业课"
min = 20
cite = "notice 三"

[total]
min = 50
max = 70
cite = "notice 一"

[[source]]
category = "public"
cite = "notice 五"

[[check]]
what = "overlapping_sessions"
then = "needs_review"
cite = "notice 六"
"#;

fn rules() -> &'static Rules {
    static READ: LazyLock<Rules> = LazyLock::new(|| Rules::parse(RULES).unwrap());
    &READ
}

fn uuid(room: u128, number: usize) -> Uuid {
    Uuid::from_u128((room << 64) | number as u128)
}

fn learner(file: usize) -> LearnerId {
    LearnerId::from_uuid(uuid(1, file))
}

/// A line of a file as it is drawn: of which course, how many hours, certain or not, taken back or not, and with a session.
type Drawn = (usize, i64, bool, bool, Option<i64>);

fn drawn() -> impl Strategy<Value = Vec<Drawn>> {
    prop::collection::vec((0..6_usize, 1..20_i64, any::<bool>(), any::<bool>(), prop::option::of(0..10_i64)), 0..8)
}

/// Hands out ids, each once.
struct Ids(usize);

impl Ids {
    fn next(&mut self) -> EntryId {
        self.0 += 1;
        EntryId::from_uuid(uuid(2, self.0))
    }
}

fn lines(file: usize, drawn: &[Drawn], ids: &mut Ids) -> Vec<Entry> {
    let mut lines = Vec::new();
    for (index, (course, hours, certain, taken_back, session)) in drawn.iter().enumerate() {
        let started_at = session.map(|hour| START + Duration::hours(hour));
        let line = Entry {
            id: ids.next(),
            learner: learner(file),
            kind: if *certain { EntryKind::Credit } else { EntryKind::Provisional },
            year: YEAR,
            place: "610000".parse().unwrap(),
            category: CategoryCode::new(if course % 2 == 0 { "public" } else { "professional" }.to_owned()),
            subject: None,
            hours: Hours::whole(*hours),
            course: Some(CourseId::from_uuid(uuid(3, *course))),
            course_version: Some(1),
            platform: None,
            external_id: Some(format!("{file}-{index}")),
            completion: None,
            decision_number: Some(1),
            mode: Some(Mode::FaceToFace),
            started_at,
            ended_at: started_at.map(|at| at + Duration::minutes(90)),
            completed_at: START + Duration::days(*hours),
            ground: None,
            policy: Some(PolicyId::from_uuid(Uuid::nil())),
            review: Vec::new(),
            reverses: None,
            reason_code: None,
            recorded_at: START,
            recorded_by: "platform:1".to_owned(),
        };
        let reversal = taken_back.then(|| line.reversal(ids.next(), "wrong_data", START, "platform:1"));
        lines.push(line);
        lines.extend(reversal);
    }
    lines
}

/// The lines of a file that stand, each with what took it back by another's hand than a merge's.
fn standing(lines: &[Entry]) -> Vec<(Entry, Option<Entry>)> {
    let by = |line: &Entry| lines.iter().find(|other| other.reverses == Some(line.id)).cloned();
    let gone = |by: &Option<Entry>| {
        by.as_ref().and_then(|by| by.reason_code.as_deref()).is_some_and(|code| [MERGED, MERGE_UNDONE].contains(&code))
    };
    let all = lines.iter().filter(|line| line.reverses.is_none()).map(|line| (line.clone(), by(line)));
    all.filter(|(_, by)| !gone(by)).collect()
}

/// Carries over those of the lines that `goes` says.
fn carry(
    from: &mut Vec<Entry>,
    to: &mut Vec<Entry>,
    file: usize,
    why: &str,
    ids: &mut Ids,
    goes: impl Fn(&Entry) -> bool,
) {
    let carrying = Carrying { to: learner(file), why, at: START, by: "officer:li" };
    for (line, by) in standing(from).into_iter().filter(|(line, _)| goes(line)) {
        let carried =
            carrying.over(&line, by.as_ref(), line.decision_number.map(|number| number + 1), &mut || ids.next());
        from.extend(carried.reversal);
        to.push(carried.line);
        to.extend(carried.taken_back);
    }
}

/// What is the same of a count whatever the ids of the lines.
fn told(lines: &[Entry]) -> (Vec<domain::hour_ledger::Node>, BTreeSet<Option<String>>, bool) {
    let Count { nodes, counted, met_if_confirmed, .. } = count(rules(), YEAR, lines);
    let of = |id: EntryId| lines.iter().find(|line| line.id == id).unwrap().external_id.clone();
    (nodes, counted.into_iter().map(|line| of(line.entry)).collect(), met_if_confirmed)
}

proptest! {
    #[test]
    fn a_merge_counts_the_union_and_undone_each_file_counts_what_it_did(ends in drawn(), stays in drawn(), since in drawn(), again in any::<bool>()) {
        let mut ids = Ids(0);
        let (mut one, mut other) = (lines(1, &ends, &mut ids), lines(2, &stays, &mut ids));
        let union: Vec<Entry> = one.iter().chain(&other).cloned().collect();
        let before = (told(&one), told(&other));
        for _ in 0..=usize::from(again) {
            carry(&mut one, &mut other, 2, MERGED, &mut ids, |_| true);
            prop_assert_eq!(told(&other), told(&union));
            prop_assert!(told(&one).1.is_empty(), "nothing counts in the ended file");
            carry(&mut other, &mut one, 1, MERGE_UNDONE, &mut ids, |line| line.external_id.as_ref().unwrap().starts_with("1-"));
            prop_assert_eq!((told(&one), told(&other)), before.clone());
        }
        // What came in since under the ended file's number goes back with it.
        carry(&mut one, &mut other, 2, MERGED, &mut ids, |_| true);
        let since: Vec<Entry> = lines(2, &since, &mut ids)
            .into_iter()
            .map(|line| Entry { external_id: line.external_id.map(|id| format!("1-since-{id}")), ..line })
            .collect();
        other.extend(since.clone());
        carry(&mut other, &mut one, 1, MERGE_UNDONE, &mut ids, |line| line.external_id.as_ref().unwrap().starts_with("1-"));
        let own: Vec<Entry> = lines(1, &ends, &mut ids).into_iter().chain(since).collect();
        prop_assert_eq!(told(&one), told(&own));
        prop_assert_eq!(told(&other), before.1);
    }
}

/// A line of the first file that rests on a case, or draws on another line.
fn on_case(case: usize, number: i32, drawn: Option<EntryId>, ids: &mut Ids) -> Entry {
    let line = lines(1, &[(0, 7, true, false, None)], ids).remove(0);
    let ground = Ground {
        basis: if drawn.is_some() { Basis::Surplus } else { Basis::Recognition },
        case: CaseId::from_uuid(uuid(9, case)),
        achievement: None,
        fulfils: None,
        drawn: drawn.map(|line| hour_ledger::Drawn { year: YEAR, line }),
    };
    Entry { decision_number: Some(number), external_id: None, ground: Some(ground), ..line }
}

#[test]
fn lines_on_cases_go_there_and_back_under_numbers_that_their_case_never_had() {
    let mut ids = Ids(0);
    let (item, went) = (ids.next(), ids.next());
    let first = on_case(1, 6, None, &mut ids);
    let drawing = [on_case(2, 1, Some(first.id), &mut ids), on_case(3, 1, Some(item), &mut ids)];
    let mut files = [
        [vec![first, on_case(1, 7, None, &mut ids), on_case(1, 8, None, &mut ids)], drawing.to_vec()].concat(),
        Vec::new(),
    ];
    let mut items = HashMap::from([(item, went)]);
    for turn in 0..5 {
        let (from, to) = (turn % 2, 1 - turn % 2);
        let mut last = HashMap::new();
        for line in files.iter().flatten().filter(|line| line.reverses.is_none()) {
            let number = last.entry(line.ground.as_ref().unwrap().case).or_insert(0);
            *number = line.decision_number.unwrap().max(*number);
        }
        let stands = standing(&files[from]);
        let goes: Vec<_> = stands.iter().map(|(line, _)| (line, None)).collect();
        let carrying = Carrying { to: learner(to + 1), why: MERGED, at: START, by: "officer:li" };
        let written = carrying.cases_over(&goes, &last, std::mem::take(&mut items), &mut || ids.next());
        let (back, over): (Vec<_>, Vec<_>) = written.into_iter().partition(|line| line.reverses.is_some());
        assert_eq!((back.len(), over.len()), (5, 5), "turn {turn}");
        assert!(over.iter().all(|line| line.learner == learner(to + 1) && line.hours == Hours::whole(7)));
        let on = |line: &Entry| line.ground.as_ref().unwrap().drawn.map(|drawn| drawn.line);
        let drawn: Vec<EntryId> = over.iter().filter_map(on).collect();
        let of_item = if turn == 0 { went } else { drawn[1] };
        assert_eq!(drawn, [over[0].id, of_item], "what draws on a line draws on it where it stands");
        files[from].extend(back);
        files[to].extend(over);
    }
    let lines: Vec<&Entry> = files.iter().flatten().filter(|line| line.reverses.is_none()).collect();
    let keys: BTreeSet<_> =
        lines.iter().map(|line| (line.learner, line.ground.as_ref().unwrap().case, line.decision_number)).collect();
    assert_eq!(keys.len(), lines.len(), "the keys of the ledger hold");
}
