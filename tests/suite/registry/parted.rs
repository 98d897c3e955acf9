//! Files that were joined and parted again: who sees what of the other's, and where everything is when pushes come beside.

use super::merges::{merge, undo};
use crate::completions::{reverse, soon};
use domain::{
    access::Named,
    hour_ledger::{Entry, EntryKind},
    kernel::LearnerId,
    registry::EmployerKind,
};
use serde_json::{Value, json};
use store::{hour_ledger::entries_of_many, work::WorkState};
use tests::{
    Answer, App, Client, at_once, each_backend,
    fixtures::{Item, Learner, Stage},
};
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};
use xueshi::auth::{CallerKind, Subject};

/// The ids of the items in a ledger, as it is read in small pages.
fn ledger(caller: &Client<'_>, learner: &Learner) -> Vec<String> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/learners/{}/hour-entries?limit=2{cursor}", learner.id);
        let page = caller.get(&path).expect(200).json;
        let lines = page["items"].as_array().unwrap().iter();
        found.extend(lines.map(|line| line["external_id"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

fn employers(app: &App, learner: &Learner) -> Subject {
    let employer = app.employer(EmployerKind::Enterprise);
    let path = format!("/v1/learners/{}/employments", learner.id);
    let employed = json!({ "employer_id": employer, "from_on": "2015-01-01" });
    let _ = app.as_national_officer().post(&path, &employed).expect(201);
    let named = Named { employer: Some(employer), ..Named::default() };
    Subject { kind: CallerKind::EmployerAdministrator, name: "wang".into(), named }
}

#[test]
fn of_an_undone_merge_the_office_reads_everything_and_everyone_else_the_own_lines() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let (ends, stays) = (app.learner("610100").register(), app.learner("610300").register());
        let employer = employers(app, &stays);
        let push = |item: Item| app.push_one(&stage.platform, &item)["completion_id"].clone();
        let other = app.course("SX-OTHER").professional().hours(8).for_year(2020).on(&stage.platform).open();
        let _ = push(stays.finished(&stage.public).called("own"));
        let _ = push(ends.finished(&stage.professional).called("theirs"));
        let at = |hours: i64| {
            app.clock.set(app.clock.now() + Duration::hours(hours));
            app.clock.now()
        };
        let before = at(1);
        let _ = at(1);
        let merged = merge(app, &ends, &stays).expect(201);
        // Came in meanwhile; one was taken back by hand, so that nothing in the ledger says that it went over.
        let _ = push(ends.finished(&other).called("theirs-since"));
        let taken_back = push(ends.finished(&stage.public).called("theirs-taken-back"));
        let _ = reverse(app, &stage.platform, &taken_back).expect(200);
        let during = at(1);
        let all = ledger(&app.as_learner(stays.id), &stays);
        assert_eq!(all.len(), 5, "{all:?}");
        let _ = at(1);
        let _ = undo(app, &merged).expect(200);
        let now = at(1);
        let (learner, office) = (app.as_learner(stays.id), app.as_officer("610000"));
        for caller in [&learner, &app.calling(employer)] {
            assert_eq!(ledger(caller, &stays), ["own"]);
            for moment in [before, during, now] {
                let told = standings(caller, &stays, moment);
                assert!(told.iter().all(|answer| !answer.text.contains("theirs")), "{told:?}");
                assert!(told.iter().all(|answer| total(answer) == Some(json!(24))), "{told:?}");
            }
        }
        assert_eq!(ledger(&office, &stays).len(), 7, "with two reversals by the undoing");
        for (moment, hours) in [(before, 24), (during, 88), (now, 24)] {
            let told = standings(&office, &stays, moment);
            assert!(told.iter().all(|answer| total(answer) == Some(json!(hours))), "{moment} {told:?}");
        }
        // The other person reads what is theirs, wherever it stood meanwhile.
        let theirs = ledger(&app.as_learner(ends.id), &ends);
        let of = |name: &str| theirs.iter().filter(|id| *id == name).count();
        assert_eq!((of("own"), of("theirs"), of("theirs-since"), of("theirs-taken-back")), (0, 3, 1, 2), "{theirs:?}");
        for (moment, hours) in [(before, 56), (during, 0), (now, 64)] {
            let told = standings(&app.as_learner(ends.id), &ends, moment);
            assert!(told.iter().all(|answer| total(answer) == Some(json!(hours))), "{moment} {told:?}");
        }
    });
}

/// One standing asked for in each way, as known at a moment.
fn standings(caller: &Client<'_>, learner: &Learner, moment: OffsetDateTime) -> Vec<Answer> {
    let at = moment.format(&Rfc3339).unwrap();
    let mut told = Vec::new();
    for path in ["standings/2020", "standings"] {
        let path = format!("/v1/learners/{}/{path}?as_known_at={at}", learner.id);
        let answer = caller.get(&path);
        if answer.status != 403 {
            told.push(answer.expect(200));
        }
    }
    let people = json!({ "year": 2020, "detail": true, "as_known_at": at, "people": [{ "learner_id": learner.id }] });
    let many = caller.post("/v1/standings/query", &people);
    if many.status != 403 {
        told.push(many.expect(200));
    }
    told
}

/// The hours of 2020 in an answer, however it is asked for.
fn total(answer: &Answer) -> Option<Value> {
    let json = &answer.json;
    let of_2020 = |all: &Value| all.as_array()?.iter().find(|one| one["year"] == 2020).cloned();
    let listed = || of_2020(&json["items"]).map_or(json!(0), |one| one["total"]["earned"].clone());
    let one = [&json["nodes"][0]["earned"], &json["items"][0]["standing"]["nodes"][0]["earned"]];
    one.into_iter().find(|hours| !hours.is_null()).cloned().or_else(|| Some(listed()))
}

/// The items with a line that stands, over all of these files, each with whose file it stands in.
fn standing_lines(app: &App, files: &[LearnerId]) -> Vec<(LearnerId, String)> {
    let files = files.to_vec();
    let lines: Vec<Entry> = app.read(move |db| entries_of_many(db, &files, None, None));
    let stands =
        |line: &&Entry| line.kind != EntryKind::Reversal && !lines.iter().any(|other| other.reverses == Some(line.id));
    let item = |line: &Entry| (line.learner, line.external_id.clone().unwrap());
    let mut found: Vec<(LearnerId, String)> = lines.iter().filter(stands).map(item).collect();
    found.sort_unstable();
    found
}

/// Lets every later look be taken that a race has left, and asserts that each item stands once, and where it belongs.
fn settled(app: &App, files: &[LearnerId], expected: impl IntoIterator<Item = (LearnerId, Vec<Item>)>) {
    for _ in 0..2 {
        app.clock.set(app.clock.now() + Duration::minutes(3));
        let open = |state: &WorkState| matches!(state, WorkState::Waiting | WorkState::Running);
        let queued = |app: &App| {
            let all = app.read(store::work::count_by_state);
            all.iter()
                .filter(|(kind, state, _)| kind == "release_holds" && open(state))
                .map(|(.., many)| many)
                .sum::<i64>()
        };
        soon(|| {
            // A later look may be due some seconds on.
            app.clock.set(app.clock.now() + Duration::seconds(1));
            queued(app) == 0
        });
    }
    let one = |(file, items): (LearnerId, Vec<Item>)| {
        items.into_iter().map(move |item| (file, item.external_id().to_owned())).collect::<Vec<_>>()
    };
    let mut expected: Vec<(LearnerId, String)> = expected.into_iter().flat_map(one).collect();
    expected.sort_unstable();
    assert_eq!(standing_lines(app, files), expected);
}

const ROUNDS: usize = 8;

/// Items of a person, half of them by number and half by id.
fn some(stage: &Stage, learner: &Learner) -> Vec<Item> {
    let one = |n: usize| match n % 2 {
        0 => learner.finished(&stage.public),
        _ => learner.finished_by_id(&stage.professional),
    };
    (0..10).map(one).collect()
}

fn all(app: &App, stage: &Stage, items: &[Item]) {
    let told = app.push_batch(&stage.platform, items.iter().cloned()).expect(200).json;
    assert_eq!(told["counts"]["credited"], json!(items.len()), "{told}");
}

#[test]
fn what_is_pushed_beside_a_merge_stands_once_in_the_file_that_stays() {
    each_backend(|app| {
        let stage = app.shaanxi();
        for _ in 0..ROUNDS {
            let (ends, stays) = (app.learner("610100").register(), app.learner("610300").register());
            let (before, beside, own) = (some(&stage, &ends), some(&stage, &ends), some(&stage, &stays));
            all(app, &stage, &before);
            let both = [beside.clone(), own.clone()].concat();
            let (merged, ()) = at_once(|| merge(app, &ends, &stays), || all(app, &stage, &both));
            let _ = merged.expect(201);
            settled(app, &[ends.id, stays.id], [(stays.id, [before, beside, own].concat())]);
        }
    });
}

#[test]
fn what_is_pushed_beside_an_undoing_stands_once_in_the_file_of_its_person() {
    each_backend(|app| {
        let stage = app.shaanxi();
        for _ in 0..ROUNDS {
            let (ends, stays) = (app.learner("610100").register(), app.learner("610300").register());
            let (before, beside, own) = (some(&stage, &ends), some(&stage, &ends), some(&stage, &stays));
            all(app, &stage, &before);
            let merged = merge(app, &ends, &stays).expect(201);
            let both = [beside.clone(), own.clone()].concat();
            let (undone, ()) = at_once(|| undo(app, &merged), || all(app, &stage, &both));
            let _ = undone.expect(200);
            settled(app, &[ends.id, stays.id], [(ends.id, [before, beside].concat()), (stays.id, own)]);
        }
    });
}

#[test]
fn of_two_merges_of_a_chain_with_a_push_beside_them_everything_stands_once() {
    each_backend(|app| {
        let stage = app.shaanxi();
        for _ in 0..ROUNDS {
            let [first, second, third] = ["610100", "610300", "610100"].map(|place| app.learner(place).register());
            let files = [first.id, second.id, third.id];
            let before = [&first, &second, &third].map(|learner| some(&stage, learner));
            all(app, &stage, &before.concat());
            let beside = [&first, &second].map(|learner| some(&stage, learner));
            let push = || all(app, &stage, &beside.concat());
            let merges = || at_once(|| merge(app, &first, &second), || merge(app, &second, &third));
            let ((one, other), ()) = at_once(merges, push);
            let _ = other.expect(201);
            let ([own, theirs, last], [more, and_more]) = (before, beside);
            let (ours, theirs) = ([own, more].concat(), [theirs, and_more, last].concat());
            match one.status {
                201 => settled(app, &files, [(third.id, [ours, theirs].concat())]),
                // The second file had ended already.
                410 => settled(app, &files, [(first.id, ours), (third.id, theirs)]),
                other => panic!("{other}"),
            }
        }
    });
}
