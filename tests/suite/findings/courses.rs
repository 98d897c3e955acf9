//! What offices find of a whole version of a course: taken back and said anew by the runner, each line once.

use super::{lines_of, officer};
use crate::{
    completions::soon,
    registry::{faults, named},
};
use serde_json::{Value, json};
use tests::{
    App, Client, at_once, each_backend,
    fixtures::{Item, Learner, Stage},
};
use time::Duration;

pub(super) const WHERE: &str = "/v1/course-findings";

fn input(course: &Value, place: &str) -> Value {
    json!({
        "course_id": course, "version": 1, "place": place, "decided_on": "2021-06-01", "document": "示例查实报告〔2021〕2号"
    })
}

fn li(app: &App) -> Client<'_> {
    officer(app, "630000", "li")
}

fn wang(app: &App) -> Client<'_> {
    officer(app, "630000", "wang")
}

/// The course of a line.
fn course(app: &App, learner: &Learner) -> Value {
    lines_of(app, learner)[0]["course"]["course_id"].clone()
}

fn filed(app: &App, course: &Value) -> String {
    filed_for(app, course, "630000")
}

fn filed_for(app: &App, course: &Value, place: &str) -> String {
    li(app).post(WHERE, &input(course, place)).expect(201).header("location").to_owned()
}

fn confirm(app: &App, at: &str) -> Value {
    wang(app).send("POST", &format!("{at}/confirmation"), None, Vec::new()).expect(200).json
}

fn annul(app: &App, at: &str) {
    let _ = wang(app).post(&format!("{at}/annulment"), &json!({ "reason": "证据不足" })).expect(200);
    through(app, at, "restoration");
}

/// Waits until the runner is through; what failed beside something else is tried again once its time has come.
fn through(app: &App, at: &str, what: &str) {
    soon(|| {
        app.clock.set(app.clock.now() + Duration::SECOND);
        wang(app).get(at).expect(200).json[what]["state"] == "done"
    });
}

/// The lines that stand, as whose they are and by which item.
pub(crate) fn standing(app: &App, learner: &Learner) -> Vec<String> {
    let lines = lines_of(app, learner);
    let stands = |line: &&Value| line["kind"] == "credit" && line["reversed_by"].is_null();
    lines.iter().filter(stands).map(|line| line["external_id"].as_str().unwrap_or("no item").to_owned()).collect()
}

fn reasons(app: &App, learner: &Learner) -> Vec<Value> {
    lines_of(app, learner).iter().map(|line| line["reason_code"].clone()).collect()
}

fn people(app: &App, stage: &Stage, places: &[&str]) -> Vec<Learner> {
    let people: Vec<Learner> = places.iter().map(|place| app.learner(place).register()).collect();
    for one in &people {
        let _ = app.push(&stage.platform, [one.finished(&stage.public), one.finished(&stage.professional)]);
    }
    people
}

#[test]
fn a_course_found_false_loses_its_hours_in_the_place_and_an_annulment_gives_them_back() {
    each_backend(|app| {
        let stage = app.qinghai();
        let people = people(app, &stage, &["630102", "630104", "630000"]);
        let course = course(app, &people[0]);
        let input = input(&course, "630000");
        let trial = li(app).post(&format!("{WHERE}/validation"), &input).expect(200).json;
        assert_eq!(trial, json!({ "lines": 3, "people": 3 }));
        let narrow = li(app).post(&format!("{WHERE}/validation"), &self::input(&course, "630102")).expect(200).json;
        assert_eq!(narrow, json!({ "lines": 1, "people": 1 }));
        let at = filed(app, &course);
        let waits = wang(app).get(&at).expect(200).json;
        assert_eq!(
            (&waits["effective_at"], &waits["reversal"], &waits["lines"]),
            (&Value::Null, &Value::Null, &json!(0))
        );
        let own = li(app).send("POST", &format!("{at}/confirmation"), None, Vec::new());
        assert_eq!(own.problem(403, "conflict_of_interest")["reason"], "filed_by_you");
        let reason = json!({ "reason": "复查认定证据不足" });
        let _ = wang(app).post(&format!("{at}/annulment"), &reason).problem(409, "review_not_now");
        // A line that was taken back for another reason stays so.
        let gone = lines_of(app, &people[2])[0]["completion_id"].as_str().unwrap().to_owned();
        let reversal = json!({ "reason_code": "office_decision" });
        let _ = li(app).post(&format!("/v1/completions/{gone}/reversal"), &reversal).expect(200);
        assert!(confirm(app, &at)["effective_at"].is_string());
        let again = wang(app).send("POST", &format!("{at}/confirmation"), None, Vec::new());
        assert_eq!(again.problem(409, "review_settled")["settled_by"], "officer:wang");
        through(app, &at, "reversal");
        let shown = wang(app).get(&at).expect(200).json;
        assert_eq!(
            (&shown["lines"], &shown["reversal"]["done"], &shown["reversal"]["total"]),
            (&json!(2), &json!(2), &json!(2))
        );
        assert_eq!(reasons(app, &people[0]), [Value::Null, Value::Null, json!("found_false")]);
        let told = || app.as_learner(people[0].id).get("/v1/changes").expect(200).json["items"].clone();
        soon(|| told().as_array().unwrap().iter().any(|one| one["kind"] == "reversed"));
        let _ = li(app).post(&format!("{at}/annulment"), &reason).problem(403, "conflict_of_interest");
        let _ = wang(app).post(&format!("{at}/annulment"), &reason).expect(200);
        through(app, &at, "restoration");
        let shown = wang(app).get(&at).expect(200).json;
        assert_eq!((&shown["restoration"]["done"], &shown["annulment_reason"]), (&json!(2), &reason["reason"]));
        let anew = [Value::Null, Value::Null, json!("found_false"), json!("finding_annulled")];
        assert_eq!((reasons(app, &people[0]), reasons(app, &people[1])), (anew.to_vec(), anew.to_vec()));
        assert_eq!(reasons(app, &people[2]), [Value::Null, Value::Null, json!("office_decision")]);
        let _ = wang(app).post(&format!("{at}/annulment"), &reason).problem(409, "review_settled");
    });
}

#[test]
fn what_is_wrong_with_a_finding_about_a_course_is_told_all_at_once() {
    each_backend(|app| {
        let stage = app.qinghai();
        let people = people(app, &stage, &["630102"]);
        let course = course(app, &people[0]);
        let mut wrong = input(&json!("0190d3f0-0000-7000-8000-00000000beef"), "999999");
        wrong["decided_on"] = "2021-06-16".into();
        for path in [WHERE.to_owned(), format!("{WHERE}/validation")] {
            let told = app.as_national_officer().post(&path, &wrong).problem(422, "invalid_body");
            let expected =
                [("/course_id", "unknown_reference"), ("/decided_on", "in_the_future"), ("/place", "unknown_place")];
            assert_eq!(faults(&told), named(&expected));
            let mut other = input(&course, "630000");
            other["version"] = 2.into();
            let told = li(app).post(&path, &other).problem(422, "invalid_body");
            assert_eq!(faults(&told), named(&[("/version", "unknown_reference")]));
            let _ = li(app).post(&path, &input(&course, "610000")).problem(403, "outside_place");
        }
    });
}

#[test]
fn of_two_findings_about_a_course_either_holds_its_hours_while_it_stands() {
    each_backend(|app| {
        let stage = app.qinghai();
        let people = people(app, &stage, &["630102", "630104"]);
        let course = course(app, &people[0]);
        let (county, province) = (filed_for(app, &course, "630102"), filed(app, &course));
        for (at, lines) in [(&county, 1), (&province, 2)] {
            let _ = confirm(app, at);
            through(app, at, "reversal");
            assert_eq!(wang(app).get(at).expect(200).json["lines"], lines);
        }
        let found_false = [Value::Null, Value::Null, json!("found_false")];
        assert_eq!(reasons(app, &people[0]), found_false, "a line is taken back once");
        annul(app, &county);
        assert_eq!(reasons(app, &people[0]), found_false, "the other finding still stands");
        annul(app, &province);
        let anew = [&found_false[..], &[json!("finding_annulled")]].concat();
        assert_eq!((reasons(app, &people[0]), reasons(app, &people[1])), (anew.clone(), anew));
    });
}

#[test]
fn an_item_that_another_one_replaced_meanwhile_is_not_said_anew() {
    each_backend(|app| {
        let stage = app.qinghai();
        let learner = app.learner("630102").register();
        let [first, second] = [(); 2].map(|()| learner.finished(&stage.public));
        let _ = app.push(&stage.platform, [first.clone(), second.clone()]);
        let at = filed(app, &course(app, &learner));
        let _ = confirm(app, &at);
        through(app, &at, "reversal");
        assert!(standing(app, &learner).is_empty());
        let right = learner.finished(&stage.professional).replacing(&first);
        assert_eq!(app.push_one(&stage.platform, &right)["outcome"], "credited");
        annul(app, &at);
        assert_eq!(standing(app, &learner), [right.external_id(), second.external_id()]);
    });
}

#[test]
fn hours_of_a_course_found_false_while_two_files_were_one_come_back_to_whose_they_are() {
    each_backend(|app| {
        let stage = app.qinghai();
        let people = people(app, &stage, &["630102", "630102", "630104"]);
        let [ends, stays, _] = &people[..] else { panic!("three people") };
        let items = |learner: &Learner| standing(app, learner).len();
        let joined = json!({ "ends": ends.id, "stays": stays.id, "reason": "重复登记" });
        let merge = li(app).post("/v1/learner-merges", &joined).expect(201).header("location").to_owned();
        let at = filed(app, &course(app, &people[2]));
        let _ = confirm(app, &at);
        through(app, &at, "reversal");
        assert_eq!(items(stays), 2, "of each of the two one item is left");
        let _ = li(app).post(&format!("{merge}/undoing"), &json!({ "reason": "并非同一人" })).expect(200);
        assert_eq!((items(ends), items(stays)), (1, 1));
        annul(app, &at);
        assert_eq!((items(ends), items(stays), items(&people[2])), (2, 2, 2));
        let shown = wang(app).get(&at).expect(200).json;
        assert_eq!(shown["restoration"]["done"], shown["lines"]);
    });
}

/// So many items at once.
const CROWD: usize = 20;

#[test]
fn what_is_pushed_while_a_course_is_found_false_is_taken_back_or_stands_and_counts_once() {
    each_backend(|app| {
        let stage = app.qinghai();
        let people: Vec<Learner> = (0..CROWD).map(|_| app.learner("630102").register()).collect();
        let push = |items: &[Item]| {
            let pushed = app.push_batch(&stage.platform, items.iter().map(|item| item.json().clone())).expect(200);
            assert_eq!(pushed.json["counts"]["credited"], CROWD, "{}", pushed.text);
        };
        let items: Vec<Item> = people.iter().map(|one| one.finished(&stage.public)).collect();
        let course = json!(stage.public.id);
        let first = filed(app, &course);
        let _ = at_once(|| push(&items), || confirm(app, &first));
        through(app, &first, "reversal");
        let trial = li(app).post(&format!("{WHERE}/validation"), &input(&course, "630000")).expect(200).json;
        let taken = wang(app).get(&first).expect(200).json["lines"].as_u64().unwrap();
        assert_eq!(taken + trial["lines"].as_u64().unwrap(), u64::try_from(CROWD).unwrap());
        annul(app, &first);
        // Corrected at the same moment: the old item counts no more, whoever took it back, and the new one once or not at all.
        let right: Vec<Item> =
            people.iter().zip(&items).map(|(one, item)| one.finished(&stage.public).replacing(item)).collect();
        let second = filed(app, &course);
        let _ = at_once(|| push(&right), || confirm(app, &second));
        through(app, &second, "reversal");
        for (one, item) in people.iter().zip(&right) {
            let standing = standing(app, one);
            assert!(standing.is_empty() || standing == [item.external_id()], "{standing:?}");
        }
        annul(app, &second);
        for (one, item) in people.iter().zip(&right) {
            assert_eq!(standing(app, one), [item.external_id()]);
        }
    });
}

#[test]
fn of_two_officers_who_confirm_a_finding_about_a_course_at_once_one_does_and_the_other_learns_who() {
    each_backend(|app| {
        let stage = app.qinghai();
        let people = people(app, &stage, &["630102"]);
        let at = filed(app, &course(app, &people[0]));
        let zhao = officer(app, "000000", "zhao");
        let path = format!("{at}/confirmation");
        let ask = |client: &Client<'_>| client.send("POST", &path, None, Vec::new());
        let (one, other) = at_once(|| ask(&wang(app)), || ask(&zhao));
        let (won, lost, by) =
            if one.status == 200 { (one, other, "officer:wang") } else { (other, one, "officer:zhao") };
        assert_eq!(won.expect(200).json["confirmed_by"], by);
        assert_eq!(lost.problem(409, "review_settled")["settled_by"], by);
        through(app, &at, "reversal");
        assert_eq!(reasons(app, &people[0]), [Value::Null, Value::Null, json!("found_false")]);
    });
}
