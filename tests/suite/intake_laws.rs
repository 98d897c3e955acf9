//! Laws of taking in: whatever is pushed, in whatever order, however often and in whatever batches, the standing is a simple
//! count of what the ledger holds, nothing is credited twice and nothing is lost.

use crate::completions::{ledger, reverse};
use domain::{
    hour_ledger::{Entry, EntryKind},
    kernel::Hours,
};
use proptest::{
    prelude::*,
    sample::Index,
    test_runner::{Config, TestRunner},
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tests::{
    App, Backend, each_backend,
    fixtures::{Course, Item, Learner, Person, Platform, batch},
};
use time::{Date, Duration};
use uuid::Uuid;

/// What an item of a case is about.
#[derive(Clone, Debug)]
struct Spec {
    person: usize,
    course: usize,
    platform: usize,
    year: i32,
    passed: bool,
    /// In a class, and in which of some sessions, neighbours of which overlap.
    face_to_face: bool,
    session: Option<i64>,
    /// An earlier item of the same platform that no other one replaces, if there is one.
    replaces: Option<Index>,
}

/// What happens in a case.
#[derive(Clone, Debug)]
struct Case {
    specs: Vec<Spec>,
    /// Which items are pushed, in which order; some of them more than once. All are pushed once more at the end.
    pushes: Vec<Index>,
    /// After how many pushes a batch ends, and whether it goes as lines.
    batches: Vec<(usize, bool)>,
    /// After how many batches the last person and the last course appear.
    person_appears: usize,
    course_appears: usize,
    /// What is taken back once everything is in.
    reversals: Vec<Index>,
}

const PEOPLE: usize = 3;
const COURSES: usize = 4;

fn spec() -> impl Strategy<Value = Spec> {
    let who = (0..PEOPLE, 0..COURSES, 0..2_usize, prop_oneof![Just(2020), Just(2021)]);
    let what = (prop::bool::weighted(0.6), prop::option::weighted(0.6, any::<Index>()));
    let how = (any::<bool>(), prop::option::weighted(0.5, 0..5_i64));
    (who, what, how).prop_map(|((person, course, platform, year), (passed, replaces), (face_to_face, session))| Spec {
        person,
        course,
        platform,
        year,
        passed,
        face_to_face,
        session,
        replaces,
    })
}

fn case() -> impl Strategy<Value = Case> {
    let pushes = prop::collection::vec(any::<Index>(), 1..40);
    let batches = prop::collection::vec((1..12_usize, any::<bool>()), 1..8);
    let reversals = prop::collection::vec(any::<Index>(), 0..6);
    (prop::collection::vec(spec(), 1..24), pushes, batches, 0..6_usize, 0..6_usize, reversals).prop_map(
        |(specs, pushes, batches, person_appears, course_appears, reversals)| Case {
            specs,
            pushes,
            batches,
            person_appears,
            course_appears,
            reversals,
        },
    )
}

/// So many days into a year.
fn day(year: i32, days: i64) -> String {
    let start = Date::from_ordinal_date(year, 1).unwrap();
    format!("{}T08:00:00+08:00", start + Duration::days(days))
}

/// Where a case is played: new people and courses each time, so that cases share an application.
struct Scene<'a> {
    app: &'a App,
    platforms: &'a [Platform],
    people: Vec<Person>,
    known: Vec<Learner>,
    courses: Vec<(String, i64)>,
    specs: Vec<Spec>,
    replaces: Vec<Option<usize>>,
    items: Vec<Item>,
}

impl<'a> Scene<'a> {
    fn new(app: &'a App, platforms: &'a [Platform], specs: &[Spec]) -> Self {
        let name = Uuid::now_v7().simple().to_string();
        let people: Vec<Person> = (0..PEOPLE).map(|_| Person::someone()).collect();
        let known = people[..PEOPLE - 1].iter().map(|one| app.learner("340100").who_is(one).register()).collect();
        let hours = [1, 10, 100, 1000];
        let courses: Vec<_> = hours.iter().map(|hours| (format!("{name}-{hours}"), *hours)).collect();
        let mut scene = Self {
            app,
            platforms,
            people,
            known,
            courses,
            specs: specs.to_vec(),
            replaces: Vec::new(),
            items: Vec::new(),
        };
        (0..COURSES - 1).for_each(|course| drop(scene.open(course)));
        for (number, spec) in specs.iter().enumerate() {
            let free = |other: &usize| !scene.replaces.contains(&Some(*other));
            let before: Vec<usize> =
                (0..number).filter(|other| specs[*other].platform == spec.platform).filter(free).collect();
            let replaces = spec.replaces.filter(|_| !before.is_empty()).map(|index| before[index.index(before.len())]);
            let course = &scene.courses[spec.course].0;
            let item = scene.people[spec.person].finished(course).called(&format!("{name}-{number}"));
            let item = item.with("passed", spec.passed).at(&format!("{}-06-01T10:00:00+08:00", spec.year));
            let item = if spec.face_to_face { item.face_to_face() } else { item };
            let item = match spec.session {
                Some(session) => item.between(&day(spec.year, 20 * session), &day(spec.year, 20 * session + 33)),
                None => item,
            };
            let item = match replaces {
                Some(other) => item.replacing(&scene.items[other]),
                None => item,
            };
            scene.replaces.push(replaces);
            scene.items.push(item);
        }
        scene
    }

    /// Opens a course by the fixture.
    fn open(&self, course: usize) -> Course {
        let (code, hours) = &self.courses[course];
        let category = if course.is_multiple_of(2) { "public" } else { "professional" };
        let made = self.app.course(code).category(category).hours(*hours);
        // One is made for a year: what was studied in it in the other year counts there.
        let course = if course == 1 { made.for_year(2020) } else { made };
        self.platforms.iter().fold(course, |course, platform| course.on(platform)).open()
    }

    /// The last course and the last person appear through the interface, which lets go what waits for them.
    fn course_appears(&self) {
        let (code, hours) = &self.courses[COURSES - 1];
        let body = json!({
            "code": code,
            "provider": { "kind": "base", "id": self.app.base(domain::registry::Tier::Provincial, None) },
            "title": "示例课程", "category": "professional", "hours": hours, "modes": ["online", "face_to_face"],
            "available_from": "2010-01-01",
            "platforms": self.platforms.iter().map(|platform| platform.id).collect::<Vec<_>>(),
        });
        let _ = self.app.as_national_officer().post("/v1/courses", &body).expect(201);
    }

    fn person_appears(&mut self) {
        let person = &self.people[PEOPLE - 1];
        let body = json!({
            "document": { "kind": "resident_id", "number": person.document_number },
            "name": person.name,
            "placement": { "place": "340100", "from_on": "2010-01-01" },
        });
        let learner = self.app.as_national_officer().post("/v1/learners", &body).expect(201).json;
        let id = learner["learner_id"].as_str().unwrap().parse().unwrap();
        self.known.push(Learner { id, person: person.clone() });
    }

    /// Pushes items, those of each platform as one batch.
    fn push(&self, items: &[usize], as_lines: bool) {
        for (number, platform) in self.platforms.iter().enumerate() {
            let own = items.iter().filter(|item| self.specs[**item].platform == number);
            let own: Vec<Value> = own.map(|item| self.items[*item].json().clone()).collect();
            if own.is_empty() {
                continue;
            }
            let client = self.app.as_platform(platform.id);
            let told = if as_lines {
                let lines: String = own.iter().map(|item| format!("{item}\n")).collect();
                client.send("POST", "/v1/completion-batches", Some("application/x-ndjson"), lines.into())
            } else {
                client.post("/v1/completion-batches", &batch(own.clone()))
            };
            let told = told.expect(200).json;
            assert_eq!(told["lines"], own.len(), "{told}");
            assert_eq!((&told["counts"]["conflict"], &told["counts"]["malformed"]), (&json!(0), &json!(0)), "{told}");
        }
    }

    /// Whether an item stands in the end: it is worth something, and no other one that is took its place. A correction
    /// that is refused passes on what it was to replace.
    fn stands(&self, item: usize) -> bool {
        let replaced_by = |by: usize| {
            let mut next = self.replaces[by];
            while let Some(other) = next.filter(|other| *other != item && !self.specs[*other].passed) {
                next = self.replaces[other];
            }
            next == Some(item)
        };
        self.specs[item].passed && !(0..self.items.len()).any(|by| self.specs[by].passed && replaced_by(by))
    }

    fn completion_id(&self, item: usize) -> Value {
        let platform = &self.platforms[self.specs[item].platform];
        let told = self.app.push_one(platform, &self.items[item]);
        told["completion_id"].clone()
    }
}

/// The lines that nothing took back.
fn live(entries: &[Entry]) -> Vec<&Entry> {
    let taken_back: BTreeSet<_> = entries.iter().filter_map(|entry| entry.reverses).collect();
    let lives = |entry: &&Entry| entry.kind == EntryKind::Credit && !taken_back.contains(&entry.id);
    entries.iter().filter(lives).collect()
}

/// Counts by hand: each course once, and nothing that happened elsewhere at the same time, whatever year that counts in.
fn simple_count(entries: &[Entry], year: i32) -> Hours {
    let mut by_course: BTreeMap<_, Hours> = BTreeMap::new();
    let live = live(entries);
    let alone = |entry: &&&Entry| !live.iter().any(|other| other.overlaps(entry));
    for entry in live.iter().filter(|entry| entry.year == year).filter(alone) {
        let best = by_course.entry(entry.course).or_default();
        *best = (*best).max(entry.hours);
    }
    by_course.into_values().sum()
}

/// What must hold once everything has been pushed.
fn check(scene: &Scene<'_>, taken_back: &BTreeSet<usize>) {
    let mut credited = BTreeSet::new();
    for learner in &scene.known {
        let entries = ledger(scene.app, learner);
        for entry in live(&entries) {
            let id = entry.external_id.clone().unwrap();
            assert!(credited.insert((entry.platform, id)), "credited twice: {entry:?}");
        }
        // Whoever is taken back is taken back once, and what was never there is not.
        let reversals: Vec<_> = entries.iter().filter_map(|entry| entry.reverses).collect();
        assert_eq!(reversals.iter().collect::<BTreeSet<_>>().len(), reversals.len());
        assert!(reversals.iter().all(|id| entries.iter().any(|entry| entry.id == *id)));
        for year in [2020, 2021] {
            let path = format!("/v1/learners/{}/standings/{year}", learner.id);
            let told = scene.app.as_learner(learner.id).get(&path).expect(200).json;
            assert_eq!(told["nodes"][0]["earned"], json!(simple_count(&entries, year)), "{told}");
            let lines = told["counted"].as_array().unwrap().len() + told["not_counted"].as_array().unwrap().len();
            let stated = entries.iter().filter(|entry| entry.year == year && entry.kind != EntryKind::Reversal);
            assert_eq!(lines, stated.count(), "every line is accounted for: {told}");
        }
    }
    let wanted: BTreeSet<_> = (0..scene.items.len())
        .filter(|item| scene.stands(*item) && !taken_back.contains(item))
        .map(|item| {
            let platform = scene.platforms[scene.specs[item].platform].id;
            (Some(platform), scene.items[item].external_id().to_owned())
        })
        .collect();
    assert_eq!(credited, wanted);
}

fn play(app: &App, platforms: &[Platform], case: &Case) {
    let mut scene = Scene::new(app, platforms, &case.specs);
    let mut pushes = case.pushes.iter().map(|index| index.index(scene.items.len())).collect::<Vec<_>>().into_iter();
    let (mut person_is_there, mut course_is_there) = (false, false);
    for (number, (size, as_lines)) in case.batches.iter().enumerate() {
        if number == case.person_appears {
            scene.person_appears();
            person_is_there = true;
        }
        if number == case.course_appears {
            scene.course_appears();
            course_is_there = true;
        }
        let items: Vec<usize> = pushes.by_ref().take(*size).collect();
        scene.push(&items, *as_lines);
    }
    if !person_is_there {
        scene.person_appears();
    }
    if !course_is_there {
        scene.course_appears();
    }
    // Now everything, the latest corrections first; and again.
    let all: Vec<usize> = (0..scene.items.len()).rev().collect();
    scene.push(&all, false);
    check(&scene, &BTreeSet::new());
    let mut taken_back = BTreeSet::new();
    for index in &case.reversals {
        let item = index.index(scene.items.len());
        let id = scene.completion_id(item);
        // What was refused has nothing to take back and is withdrawn, once.
        let platform = &platforms[scene.specs[item].platform];
        let shown =
            app.as_platform(platform.id).get(&format!("/v1/completions/{}", id.as_str().unwrap())).expect(200).json;
        let was_refused = shown["decisions"].as_array().unwrap().last().unwrap()["outcome"] == "refused";
        let told = reverse(app, platform, &id);
        let wanted = if was_refused || (scene.stands(item) && taken_back.insert(item)) { 200 } else { 409 };
        assert_eq!(told.status, wanted, "{}", told.text);
    }
    scene.push(&all, true);
    check(&scene, &taken_back);
}

#[test]
fn whatever_is_pushed_however_the_standing_is_a_simple_count_of_the_ledger() {
    each_backend(|app| {
        let platforms = [app.platform("p-1").register(), app.platform("p-2").register()];
        let cases = if app.backend() == Backend::Sqlite { 20 } else { 8 };
        let config = Config { cases, failure_persistence: None, max_shrink_iters: 60, ..Config::default() };
        let outcome = TestRunner::new(config).run(&case(), |case| {
            play(app, &platforms, &case);
            Ok(())
        });
        if let Err(failure) = outcome {
            panic!("{failure}");
        }
    });
}
