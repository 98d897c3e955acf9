//! The laws of the ledger: whatever is pushed, repeated, reordered or taken back, a year counts as a plain recount of all its
//! lines does.
//!
//! The recount is written another way on purpose: no sorting and no maps, every question asked of every line. It is slow and
//! easy to believe.

#![expect(clippy::unwrap_used, reason = "a test that fails should fail loudly, also in what its tests share")]

use domain::{
    hour_ledger::{Count, Entry, EntryKind, WhyNot, count},
    kernel::{CourseId, EntryId, Hours, LearnerId, PlatformId, PolicyId},
    policy::{CategoryCode, Rules},
    registry::Mode,
};
use proptest::prelude::*;
use std::sync::LazyLock;
use time::{Duration, OffsetDateTime, macros::datetime};
use uuid::Uuid;

/// The year that is counted; some lines are the next one's.
const YEAR: i32 = 2020;
const START: OffsetDateTime = datetime!(2020-03-01 08:00 +08:00);

/// A tree with minima, maxima, subjects of which one must be whole, and a check of overlapping sessions.
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
code = "public.required"
name = "必修课"
min = 12
cite = "notice 二(一)"

[[category]]
code = "public.elective"
name = "选修课"
max = 8
cite = "notice 二(二)"

[[category]]
code = "professional"
name = "专业课"
min = 20
cite = "notice 三"

[[category]]
code = "theme"
name = "专题"
choose = 1
subjects_only = true
cite = "notice 四"

[total]
min = 50
max = 70
cite = "notice 一"

[[subject]]
code = "one"
title = "科目一"
category = "theme"
hours = 12
cite = "notice 四(一)"

[[subject]]
code = "two"
title = "科目二"
category = "theme"
hours = 8
cite = "notice 四(二)"

[[source]]
category = "public"
modes = ["online"]
platforms = ["example.cn"]
cite = "notice 五"

[[platform]]
code = "example.cn"
name = "示例平台"
serves = ["public", "professional", "theme"]
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

/// What of a line is drawn; the rest follows from its number.
#[derive(Clone, Debug)]
struct Drawn {
    provisional: bool,
    category: &'static str,
    subject: Option<&'static str>,
    course: Option<usize>,
    hundredths: i64,
    completed: i64,
    session: Option<(i64, i64)>,
    face_to_face: bool,
    platform: usize,
    /// Made for another year than it was studied in.
    other_year: bool,
    /// Sorts ids otherwise than lines: what came first must not matter.
    id: u32,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let categories = prop::sample::select(vec![
        "public",
        "public.required",
        "public.required.deeper",
        "public.elective",
        "professional",
        "theme",
        "elsewhere",
    ]);
    let subjects = prop::sample::select(vec![None, None, Some("one"), Some("two"), Some("three")]);
    let hours = prop::sample::select(vec![50_i64, 400, 800, 850, 1200, 2400]);
    let session = prop::option::weighted(0.3, (0_i64..8, 1_i64..4));
    (
        (prop::bool::weighted(0.15), categories, subjects, prop::option::weighted(0.9, 0_usize..5), hours),
        (0_i64..4, session, any::<bool>(), (0_usize..2, prop::bool::weighted(0.25)), any::<u32>()),
    )
        .prop_map(|((provisional, category, subject, course, hundredths), rest)| {
            let (completed, session, face_to_face, (platform, other_year), id) = rest;
            Drawn {
                provisional,
                category,
                subject,
                course,
                hundredths,
                completed,
                session,
                face_to_face,
                platform,
                other_year,
                id,
            }
        })
}

fn entry(number: usize, drawn: &Drawn) -> Entry {
    let hours = |from: i64| START + Duration::hours(from);
    let kind = if drawn.provisional { EntryKind::Provisional } else { EntryKind::Credit };
    Entry {
        // The drawn part stands first, so ids are in no relation to the order of the lines.
        id: EntryId::from_uuid(uuid(u128::from(drawn.id), number)),
        learner: LearnerId::from_uuid(uuid(1, 0)),
        kind,
        year: YEAR + i32::from(drawn.other_year),
        place: "610000".parse().unwrap(),
        category: CategoryCode::new(drawn.category),
        subject: drawn.subject.map(str::to_owned),
        hours: Hours::from_hundredths(drawn.hundredths),
        course: drawn.course.map(|course| CourseId::from_uuid(uuid(2, course))),
        course_version: drawn.course.map(|_| 1),
        platform: Some(PlatformId::from_uuid(uuid(3, drawn.platform))),
        external_id: Some(format!("{number}")),
        completion: None,
        decision_number: None,
        mode: Some(if drawn.face_to_face { Mode::FaceToFace } else { Mode::Online }),
        started_at: drawn.session.map(|(from, _)| hours(from)),
        ended_at: drawn.session.map(|(from, long)| hours(from + long)),
        completed_at: START + Duration::days(drawn.completed),
        ground: None,
        policy: Some(PolicyId::from_uuid(uuid(4, 0))),
        review: Vec::new(),
        reverses: None,
        reason_code: None,
        recorded_at: START + Duration::days(30),
        recorded_by: "law".to_owned(),
    }
}

fn reversal(number: usize, of: &Entry) -> Entry {
    Entry {
        id: EntryId::from_uuid(uuid(5, number)),
        kind: EntryKind::Reversal,
        reverses: Some(of.id),
        reason_code: Some("wrong_data".to_owned()),
        started_at: None,
        ended_at: None,
        ..of.clone()
    }
}

/// Lines, some taken back, in a random order; and the same lines in another.
fn ledgers() -> impl Strategy<Value = (Vec<Entry>, Vec<Entry>)> {
    prop::collection::vec((drawn(), prop::bool::weighted(0.2)), 0..14).prop_flat_map(|all| {
        let mut lines: Vec<Entry> = all.iter().enumerate().map(|(number, (drawn, _))| entry(number, drawn)).collect();
        let back = all.iter().enumerate().filter(|(_, (_, reversed))| *reversed);
        let back: Vec<Entry> = back.map(|(number, _)| reversal(number, &lines[number])).collect();
        lines.extend(back);
        (Just(lines.clone()).prop_shuffle(), Just(lines).prop_shuffle())
    })
}

/// What a recount finds.
#[derive(Debug, PartialEq)]
struct Recount {
    counted: Vec<EntryId>,
    /// Earned hours of `total`, `public`, `public.required`, `public.elective`, `professional`, `theme`.
    earned: [Hours; 6],
    subjects: Vec<String>,
    met: bool,
}

fn recount(lines: &[Entry]) -> Recount {
    let alive =
        |line: &&Entry| line.kind != EntryKind::Reversal && lines.iter().all(|other| other.reverses != Some(line.id));
    let clashes = |line: &Entry| {
        lines.iter().filter(alive).any(|other| {
            let times = (line.started_at, line.ended_at, other.started_at, other.ended_at);
            let (Some(from), Some(until), Some(other_from), Some(other_until)) = times else { return false };
            let somewhere = line.mode == Some(Mode::FaceToFace) || other.mode == Some(Mode::FaceToFace);
            other.id != line.id && other.course != line.course && somewhere && from < other_until && other_from < until
        })
    };
    let fits = |line: &&Entry| match line.category.as_str() {
        "theme" => matches!(line.subject.as_deref(), Some("one" | "two")),
        "elsewhere" => false,
        _ => true,
    };
    let of_the_year = |line: &&Entry| line.year == YEAR;
    let firm = |line: &&Entry| {
        of_the_year(line) && alive(line) && line.kind == EntryKind::Credit && !clashes(line) && fits(line)
    };
    let better = |other: &Entry, line: &Entry| {
        let ties = |line: &Entry| (line.completed_at, line.platform, line.external_id.clone(), line.id);
        other.hours > line.hours || (other.hours == line.hours && ties(other) < ties(line))
    };
    let beaten = |line: &Entry| {
        line.course.is_some()
            && lines.iter().filter(firm).any(|other| other.course == line.course && better(other, line))
    };
    let counts: Vec<&Entry> = lines.iter().filter(firm).filter(|line| !beaten(line)).collect();
    let of = |wanted: &dyn Fn(&Entry) -> bool| -> Hours {
        counts.iter().filter(|line| wanted(line)).map(|line| line.hours).sum()
    };
    let required = of(&|line| line.category.as_str().starts_with("public.required"));
    let elective = of(&|line| line.category.as_str() == "public.elective").min(Hours::whole(8));
    let public = (of(&|line| line.category.as_str() == "public") + required + elective).min(Hours::whole(30));
    let professional = of(&|line| line.category.as_str() == "professional");
    let theme = of(&|line| line.category.as_str() == "theme");
    let total = (public + professional + theme).min(Hours::whole(70));
    let whole = |code: &&str, hours: i64| {
        of(&|line| line.category.as_str() == "theme" && line.subject.as_deref() == Some(*code)) >= Hours::whole(hours)
    };
    let subjects = [("one", 12), ("two", 8)].iter().filter(|(code, hours)| whole(code, *hours));
    let subjects: Vec<String> = subjects.map(|(code, _)| (*code).to_owned()).collect();
    let met = total >= Hours::whole(50)
        && public >= Hours::whole(24)
        && required >= Hours::whole(12)
        && professional >= Hours::whole(20)
        && !subjects.is_empty();
    let mut counted: Vec<EntryId> = counts.iter().map(|line| line.id).collect();
    counted.sort();
    Recount { counted, earned: [total, public, required, elective, professional, theme], subjects, met }
}

fn said(count: &Count) -> Recount {
    let node = |code: &str| count.nodes.iter().find(|node| node.code == code).unwrap();
    let codes = ["total", "public", "public.required", "public.elective", "professional", "theme"];
    Recount {
        counted: count.counted.iter().map(|line| line.entry).collect(),
        earned: codes.map(|code| node(code).earned),
        subjects: node("theme").subjects.clone(),
        met: count.is_met(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn a_year_counts_as_a_plain_recount_of_its_lines((lines, other_order) in ledgers()) {
        let rules = rules();
        let result = count(rules, YEAR, &lines);
        prop_assert_eq!(said(&result), recount(&lines));
        prop_assert_eq!(&result, &count(rules, YEAR, &other_order), "another order counts the same");
    }

    #[test]
    fn every_line_is_listed_once_and_no_course_is_credited_twice((lines, _) in ledgers()) {
        let result = count(rules(), YEAR, &lines);
        let mut listed: Vec<EntryId> = result.counted.iter().map(|line| line.entry).collect();
        listed.extend(result.not_counted.iter().map(|line| line.entry));
        listed.sort();
        let mut wanted: Vec<EntryId> =
            lines.iter().filter(|line| line.kind != EntryKind::Reversal && line.year == YEAR).map(|line| line.id).collect();
        wanted.sort();
        prop_assert_eq!(listed, wanted, "nothing lost, nothing twice");

        let course = |id: &EntryId| lines.iter().find(|line| line.id == *id).and_then(|line| line.course);
        let mut courses: Vec<CourseId> = result.counted.iter().filter_map(|line| course(&line.entry)).collect();
        let all = courses.len();
        courses.sort();
        courses.dedup();
        prop_assert_eq!(courses.len(), all);
    }

    #[test]
    fn a_line_taken_back_is_as_if_it_had_never_been((lines, _) in ledgers(), which in any::<prop::sample::Index>()) {
        let rules = rules();
        let live: Vec<&Entry> = lines
            .iter()
            .filter(|line| line.kind != EntryKind::Reversal)
            .filter(|line| lines.iter().all(|other| other.reverses != Some(line.id)))
            .collect();
        prop_assume!(!live.is_empty());
        let gone = live[which.index(live.len())].clone();
        let never: Vec<Entry> = lines.iter().filter(|line| line.id != gone.id).cloned().collect();
        let mut taken_back = lines.clone();
        taken_back.push(reversal(99, &gone));

        let (mut with, without) = (count(rules, YEAR, &taken_back), count(rules, YEAR, &never));
        let listed: Vec<_> = with.not_counted.iter().filter(|line| line.entry == gone.id).cloned().collect();
        match &listed[..] {
            [] => prop_assert!(gone.year != YEAR),
            [one] => prop_assert!(gone.year == YEAR && matches!(one.why, WhyNot::Reversed { .. }), "{listed:?}"),
            _ => prop_assert!(false, "{listed:?}"),
        }
        with.not_counted.retain(|line| line.entry != gone.id);
        prop_assert_eq!(with, without);
    }

    #[test]
    fn lines_of_other_years_that_touch_no_session_of_the_year_change_nothing((lines, _) in ledgers()) {
        let touches = |line: &Entry| {
            let times = |line: &Entry| Some((line.started_at?, line.ended_at?));
            let Some((from, until)) = times(line) else { return false };
            lines.iter().filter(|line| line.year == YEAR).filter_map(times).any(|(start, end)| start < until && from < end)
        };
        let taken_back = |line: &Entry| lines.iter().any(|other| Some(other.id) == line.reverses && touches(other));
        let few: Vec<Entry> = lines
            .iter()
            .filter(|line| line.year == YEAR || touches(line) || taken_back(line))
            .cloned()
            .collect();
        prop_assert_eq!(count(rules(), YEAR, &few), count(rules(), YEAR, &lines));
    }

    #[test]
    fn the_same_evidence_again_adds_nothing((lines, _) in ledgers(), which in any::<prop::sample::Index>()) {
        let rules = rules();
        let of_courses: Vec<&Entry> = lines
            .iter()
            .filter(|line| line.kind == EntryKind::Credit && line.course.is_some() && line.started_at.is_none())
            .filter(|line| lines.iter().all(|other| other.reverses != Some(line.id)))
            .collect();
        prop_assume!(!of_courses.is_empty());
        let again = Entry {
            id: EntryId::from_uuid(uuid(6, 0)),
            external_id: Some("again".to_owned()),
            ..of_courses[which.index(of_courses.len())].clone()
        };
        let mut more = lines.clone();
        more.push(again);
        let (before, after) = (count(rules, YEAR, &lines), count(rules, YEAR, &more));
        prop_assert_eq!(before.nodes, after.nodes);
        prop_assert_eq!(before.met_if_confirmed, after.met_if_confirmed);
    }
}
