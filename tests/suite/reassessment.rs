//! Recorded items decided anew by a later version of the rules, because an office asks for it: tried first, done by the runner, exactly
//! once, and never by itself.

mod beside;
mod kept;
mod wrong;

use crate::completions::{last_outcome, ledger, pushed, soon, standing_hours};
use domain::{
    hour_ledger::{Entry, EntryKind},
    kernel::Hours,
    registry::Tier,
};
use serde_json::{Value, json};
use tests::{
    App, Client, each_backend,
    fixtures::{Item, Learner, Stage},
};
use time::macros::{date, datetime};

/// The rules of Qinghai for 2020, with texts replaced.
pub(crate) fn qinghai(replaced: &[(&str, &str)]) -> String {
    let file = policies::FILES.iter().find(|file| file.path == "630000-qinghai/2020.toml").unwrap();
    replaced.iter().fold(file.rules.to_owned(), |source, (text, other)| {
        assert!(source.contains(text), "{text}");
        source.replacen(text, other, 1)
    })
}

/// The days until which study is in time, and until which it counts, as the notice has them.
const WINDOW: &str = "on_time_until = 2020-11-30\ncloses_on = 2020-12-31";

/// From the tenth month on it is late, and from the twelfth too late.
const NARROWER: &str = "on_time_until = 2020-09-30\ncloses_on = 2020-11-30";

/// Everything that the notice credits in March is late.
pub(crate) const ALL_LATE: (&str, &str) = (WINDOW, "on_time_until = 2020-02-29\ncloses_on = 2020-12-31");

/// A version of the rules of Qinghai that was published; its id.
pub(crate) fn published(app: &App, replaced: &[(&str, &str)]) -> String {
    let office = app.as_officer("630000");
    let draft = office.post("/v1/policies", &json!({ "source": qinghai(replaced) })).expect(201).json;
    let id = draft["policy_id"].as_str().unwrap().to_owned();
    let _ = office.send("POST", &format!("/v1/policies/{id}/publication"), None, Vec::new()).expect(201);
    id
}

fn path(policy: &str, rest: &str) -> String {
    format!("/v1/policies/{policy}/reassessments{rest}")
}

fn reason() -> Value {
    json!({ "reason": "示例函修订了学习期限" })
}

/// Begins one; its address.
pub(crate) fn begun(app: &App, policy: &str) -> String {
    let made = app.as_officer("630000").post(&path(policy, ""), &reason()).expect(201);
    made.header("location").to_owned()
}

/// Waits until one has ended; what it says then.
pub(crate) fn ended(app: &App, at: &str) -> Value {
    let officer = app.as_officer("630000");
    soon(|| officer.get(at).expect(200).json["state"] == "done");
    officer.get(at).expect(200).json
}

/// Has everything decided anew.
pub(crate) fn reassessed(app: &App, policy: &str) -> Value {
    ended(app, &begun(app, policy))
}

/// What a rehearsal says of everybody, asked for so many people at a time.
fn tried(officer: &Client<'_>, policy: &str, limit: u16) -> Vec<Value> {
    let (mut told, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let body = json!({ "limit": limit, "cursor": cursor });
        let answer = officer.post(&path(policy, "/validation"), &body).expect(200).json;
        cursor = answer["next_cursor"].clone();
        told.push(answer);
        if cursor.is_null() {
            return told;
        }
    }
}

/// What became what: before, after, how many, and the hours of all before and after; in their order.
fn kinds(told: &[Value]) -> Vec<(String, String, i64, f64, f64)> {
    let mut all: Vec<(String, String, i64, f64, f64)> = Vec::new();
    for change in told.iter().flat_map(|one| one["changed"].as_array().unwrap()) {
        let word = |at: &str| change[at].as_str().unwrap().to_owned();
        let (items, hours) = (change["items"].as_i64().unwrap(), |at: &str| change[at].as_f64().unwrap());
        let (before, after) = (hours("hours_before"), hours("hours_after"));
        match all.iter_mut().find(|one| (&one.0, &one.1) == (&word("before"), &word("after"))) {
            Some(one) => (one.2, one.3, one.4) = (one.2 + items, one.3 + before, one.4 + after),
            None => all.push((word("before"), word("after"), items, before, after)),
        }
    }
    all.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
    all
}

fn kind(before: &str, after: &str, items: i64, hours: (f64, f64)) -> (String, String, i64, f64, f64) {
    (before.to_owned(), after.to_owned(), items, hours.0, hours.1)
}

fn verdict(app: &App, learner: &Learner, known_at: Option<&str>) -> Value {
    let known = known_at.map(|at| format!("?as_known_at={at}")).unwrap_or_default();
    let path = format!("/v1/learners/{}/standings/2020{known}", learner.id);
    app.as_officer("630000").get(&path).expect(200).json["verdict"].clone()
}

/// The reasons of reversals on somebody's ledger.
fn reversals(app: &App, learner: &Learner) -> Vec<String> {
    ledger(app, learner)
        .into_iter()
        .filter(|line| line.reverses.is_some())
        .filter_map(|line| line.reason_code)
        .collect()
}

/// The lines that stand.
fn standing(app: &App, learner: &Learner) -> Vec<Entry> {
    let lines = ledger(app, learner);
    let stands =
        |line: &&Entry| line.kind != EntryKind::Reversal && !lines.iter().any(|other| other.reverses == Some(line.id));
    lines.iter().filter(stands).cloned().collect()
}

/// People of Qinghai, each with an item of which another version would say something else, but for the first.
struct Cast {
    stage: Stage,
    stays: Learner,
    leaves: Learner,
    comes: Learner,
    becomes_late: Learner,
    too_late: Learner,
    city: Learner,
    items: Vec<Value>,
}

impl Cast {
    fn new(app: &App) -> Self {
        app.clock.set(datetime!(2021-07-01 12:00 +08:00));
        let stage = app.qinghai();
        let of_city = app.course("QH-CITY").professional().hours(90).for_year(2020).by_base(Tier::City);
        let of_city = of_city.on(&stage.platform).filed_on(date!(2020 - 01 - 06)).open();
        let someone = || app.learner("630102");
        let [stays, becomes_late, too_late, city] = [(); 4].map(|()| someone().register());
        let (leaves, comes) = (someone().series("卫生").register(), someone().series("会计").register());
        let finished = |learner: &Learner, at: &str| learner.finished(&stage.professional).at(at);
        let march = "2020-03-01T10:00:00+08:00";
        let push = |item: &Item, outcome: &str| pushed(app, &stage.platform, item, outcome);
        let items = vec![
            push(&finished(&stays, march), "credited"),
            push(&stays.finished(&stage.public), "credited"),
            push(&finished(&leaves, march), "credited"),
            push(&finished(&comes, march), "not_counted"),
            push(&finished(&becomes_late, "2020-10-15T10:00:00+08:00"), "credited"),
            push(&finished(&too_late, "2020-12-15T10:00:00+08:00"), "needs_review"),
            push(&city.finished(&of_city), "refused"),
        ];
        Self { stage, stays, leaves, comes, becomes_late, too_late, city, items }
    }

    /// The version that says something else of all of them.
    fn changed(app: &App) -> String {
        let tiers =
            (r#"base_tiers = ["national", "provincial"]"#, r#"base_tiers = ["national", "provincial", "city"]"#);
        published(
            app,
            &[(r#"who = { series = ["会计"] }"#, r#"who = { series = ["卫生"] }"#), (WINDOW, NARROWER), tiers],
        )
    }

    fn everyone(&self) -> [&Learner; 6] {
        [&self.stays, &self.leaves, &self.comes, &self.becomes_late, &self.too_late, &self.city]
    }

    fn outcomes(&self, app: &App) -> Vec<String> {
        self.items.iter().map(|item| last_outcome(app, &self.stage.platform, &item["completion_id"])).collect()
    }

    fn lines(&self, app: &App) -> Vec<usize> {
        self.everyone().iter().map(|learner| ledger(app, learner).len()).collect()
    }
}

/// What becomes of the cast.
fn of_the_cast() -> Vec<(String, String, i64, f64, f64)> {
    vec![
        kind("credited", "needs_review", 1, (90.0, 0.0)),
        kind("credited", "not_counted", 1, (90.0, 0.0)),
        kind("needs_review", "refused", 1, (0.0, 0.0)),
        kind("not_counted", "credited", 1, (0.0, 90.0)),
        kind("refused", "credited", 1, (0.0, 90.0)),
    ]
}

#[test]
fn recorded_items_follow_a_later_version_once_an_office_asks() {
    each_backend(|app| {
        let cast = Cast::new(app);
        let (outcomes, lines) = (cast.outcomes(app), cast.lines(app));
        let policy = Cast::changed(app);
        assert_eq!((cast.outcomes(app), cast.lines(app)), (outcomes, lines), "a publication changes nothing recorded");
        let told = reassessed(app, &policy);
        assert_eq!(kinds(std::slice::from_ref(&told)), of_the_cast(), "{told}");
        assert_eq!((&told["people"], &told["people_in_all"], &told["items"]), (&json!(6), &json!(6), &json!(7)));
        assert_eq!((&told["reason"], &told["policy_id"]), (&json!("示例函修订了学习期限"), &json!(policy)));
        let after = ["credited", "credited", "not_counted", "credited", "needs_review", "refused", "credited"];
        assert_eq!(cast.outcomes(app), after);
        assert_eq!(cast.lines(app), [2, 2, 1, 3, 2, 1], "what is decided otherwise is answered, and nothing else");
        for (learner, reversed) in cast.everyone().into_iter().zip([0, 1, 0, 1, 1, 0]) {
            assert_eq!(reversals(app, learner), vec!["reassessed"; reversed], "{learner:?}");
        }
        for learner in [&cast.comes, &cast.becomes_late, &cast.city] {
            let [line] = &standing(app, learner)[..] else { panic!("one line stands") };
            assert_eq!(line.policy.map(|id| id.to_string()), Some(policy.clone()));
            assert!(line.recorded_by.starts_with("officer:"), "{}", line.recorded_by);
        }
        assert_eq!(standing_hours(app, &cast.comes), Hours::whole(90));
        assert_eq!(standing(app, &cast.becomes_late)[0].kind, EntryKind::Provisional);
    });
}

#[test]
fn what_a_reassessment_would_change_is_told_before_and_nothing_is_kept_of_it() {
    each_backend(|app| {
        let cast = Cast::new(app);
        let policy = Cast::changed(app);
        let (outcomes, lines) = (cast.outcomes(app), cast.lines(app));
        let officer = app.as_officer("630000");
        // Somebody of another province is none of its people.
        let _ = app.learner("610000").register();
        for limit in [1, 4, 200] {
            let told = tried(&officer, &policy, limit);
            assert_eq!(kinds(&told), of_the_cast());
            let sum = |of: &str| told.iter().map(|one| one[of].as_i64().unwrap()).sum::<i64>();
            assert_eq!((sum("people"), sum("items"), sum("unchanged")), (6, 7, 2), "{limit}");
            let examples = told.iter().flat_map(|one| one["changed"].as_array().unwrap());
            let examples: Vec<&Value> = examples.flat_map(|one| one["examples"].as_array().unwrap()).collect();
            assert_eq!(examples.len(), 5);
            let late = examples.iter().find(|one| one["learner_id"] == json!(cast.becomes_late.id)).unwrap();
            assert_eq!(late["before"], json!({ "year": 2020, "hours": 90 }));
            assert_eq!(late["after"], json!({ "year": 2020, "hours": 0 }));
            assert_eq!(late["reasons"], json!(["completed_late"]));
        }
        assert_eq!((cast.outcomes(app), cast.lines(app)), (outcomes, lines));
        assert_eq!(officer.get(&path(&policy, "")).expect(200).json["items"], json!([]));
    });
}

#[test]
fn the_verdicts_that_would_change_are_those_that_do() {
    each_backend(|app| {
        let cast = Cast::new(app);
        let all_late = published(app, &[ALL_LATE]);
        assert_eq!(verdict(app, &cast.stays, None), "met");
        let told = tried(&app.as_officer("630000"), &all_late, 200);
        let verdicts = told[0]["verdicts"].as_array().unwrap();
        assert!(verdicts.contains(&json!({ "before": "met", "after": "needs_review", "years": 1 })), "{told:?}");
        app.clock.set(datetime!(2021-08-01 12:00 +08:00));
        let _ = reassessed(app, &all_late);
        assert_eq!(verdict(app, &cast.stays, None), "needs_review");
        assert_eq!(verdict(app, &cast.stays, Some("2021-07-10T00:00:00%2B08:00")), "met", "as known before");
    });
}

#[test]
fn an_item_gets_more_hours_or_fewer_where_its_course_is_worth_something_else_now() {
    each_backend(|app| {
        let stage = app.qinghai();
        let course = |code: &str, hours| {
            let course = app.course(code).professional().hours(hours).for_year(2020).on(&stage.platform);
            course.filed_on(date!(2020 - 01 - 06)).open()
        };
        let learner = app.learner("630102").register();
        for (code, hours) in [("QH-MORE", 8), ("QH-FEWER", 8)] {
            let _ = pushed(app, &stage.platform, &learner.finished(&course(code, hours)), "credited");
        }
        let _ = course("QH-MORE", 9);
        let _ = course("QH-FEWER", 6);
        assert_eq!(standing_hours(app, &learner), Hours::whole(16));
        let told = reassessed(app, &published(app, &[]));
        assert_eq!(kinds(&[told]), [kind("credited", "credited", 2, (16.0, 15.0))]);
        assert_eq!(standing_hours(app, &learner), Hours::whole(15));
        assert_eq!(reversals(app, &learner), ["reassessed", "reassessed"]);
    });
}

#[test]
fn asked_for_twice_it_changes_nothing_more_and_back_again_it_changes_all_back() {
    each_backend(|app| {
        let cast = Cast::new(app);
        let (policy, outcomes) = (Cast::changed(app), cast.outcomes(app));
        let _ = reassessed(app, &policy);
        let (after, lines) = (cast.outcomes(app), cast.lines(app));
        let told = reassessed(app, &policy);
        assert_eq!((&told["changed"], &told["people"]), (&json!([]), &json!(6)));
        assert_eq!((cast.outcomes(app), cast.lines(app)), (after, lines));
        let listed = app.as_officer("630000").get(&path(&policy, "?limit=1")).expect(200).json;
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);
        let cursor = listed["next_cursor"].as_str().unwrap();
        let rest = app.as_officer("630000").get(&path(&policy, &format!("?limit=1&cursor={cursor}"))).expect(200).json;
        assert_eq!(
            (&rest["items"][0]["reassessment_id"], &rest["next_cursor"]),
            (&told["reassessment_id"], &Value::Null)
        );

        let as_before = published(app, &[]);
        let told = reassessed(app, &as_before);
        assert_eq!(told["changed"].as_array().unwrap().len(), 5, "{told}");
        assert_eq!(cast.outcomes(app), outcomes);
        // A version that another one has taken the place of governs nothing any more.
        let told = reassessed(app, &policy);
        assert_eq!((&told["items"], &told["changed"]), (&json!(0), &json!([])));
    });
}

#[test]
fn whoever_follows_is_told_and_the_item_names_every_decision() {
    each_backend(|app| {
        let cast = Cast::new(app);
        let policy = Cast::changed(app);
        let caller = app.as_platform(cast.stage.platform.id);
        let _ = reassessed(app, &policy);
        let of = |kind: &str| -> Vec<String> {
            let told = caller.get("/v1/changes?limit=200").expect(200).json;
            let told = told["items"].as_array().unwrap().iter().filter(|one| one["kind"] == kind);
            let mut outcomes: Vec<String> =
                told.map(|one| one["outcome"].as_str().unwrap_or_default().to_owned()).collect();
            outcomes.sort_unstable();
            outcomes
        };
        soon(|| of("decided").len() + of("reversed").len() == 8);
        assert_eq!(of("decided"), ["credited", "credited", "needs_review", "not_counted", "refused"]);
        assert_eq!(of("reversed"), ["", "", ""]);
        let item = format!("/v1/completions/{}", cast.items[3]["completion_id"].as_str().unwrap());
        let shown = caller.get(&item).expect(200);
        let outcomes: Vec<&Value> =
            shown.json["decisions"].as_array().unwrap().iter().map(|one| &one["outcome"]).collect();
        assert_eq!(outcomes, ["not_counted", "credited"]);
        assert!(shown.text.contains(&policy), "{}", shown.text);
    });
}
