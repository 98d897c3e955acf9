//! Two files of one person: joined by the office that answers for both, and parted again.

use super::{faults, named, own_file::registered};
use crate::completions::soon;
use domain::kernel::LearnerId;
use serde_json::{Value, json};
use tests::{
    Answer, App, at_once, each_backend,
    fixtures::{Item, Learner, Person, Stage},
};

fn asked(ends: LearnerId, stays: LearnerId) -> Value {
    json!({ "ends": ends, "stays": stays, "reason": "重复登记", "reference": "受理〔2021〕1号" })
}

pub(super) fn merge(app: &App, ends: &Learner, stays: &Learner) -> Answer {
    app.as_officer("610000").post("/v1/learner-merges", &asked(ends.id, stays.id))
}

pub(super) fn undo(app: &App, merge: &Answer) -> Answer {
    let path = format!("{}/undoing", merge.header("location"));
    app.as_officer("610000").post(&path, &json!({ "reason": "并非同一人" }))
}

/// What is the same of a standing whatever the ids of its lines: the verdict, the nodes, and what counts by whose evidence.
fn standing(app: &App, learner: &Learner) -> Value {
    let officer = app.as_officer("610000");
    let mut standing = officer.get(&format!("/v1/learners/{}/standings/2020", learner.id)).expect(200).json;
    let lines = officer.get(&format!("/v1/learners/{}/hour-entries?limit=200", learner.id)).expect(200).json;
    let of = |id: &Value| {
        lines["items"].as_array().unwrap().iter().find(|line| line["entry_id"] == *id).unwrap()["external_id"].clone()
    };
    let mut counted: Vec<String> =
        standing["counted"].as_array().unwrap().iter().map(|line| of(&line["entry_id"]).to_string()).collect();
    counted.sort_unstable();
    json!({ "verdict": standing["verdict"].take(), "nodes": standing["nodes"].take(), "counted": counted })
}

fn hours(app: &App, learner: &Learner) -> Value {
    let standing = app.as_learner(learner.id).get(&format!("/v1/learners/{}/standings/2020", learner.id)).expect(200);
    standing.json["nodes"][0]["earned"].clone()
}

/// Two files: one with the professional hours, one with the public ones.
pub(super) fn two(app: &App) -> (Stage, Learner, Learner) {
    let stage = app.shaanxi();
    let (ends, stays) = (app.learner("610100").register(), app.learner("610300").register());
    assert_eq!(app.push_one(&stage.platform, &ends.finished(&stage.professional))["outcome"], "credited");
    assert_eq!(app.push_one(&stage.platform, &stays.finished(&stage.public))["outcome"], "credited");
    (stage, ends, stays)
}

#[test]
fn a_reason_that_is_missing_or_blank_is_one_fault() {
    each_backend(|app| {
        let (ends, stays) = (app.learner("610100").register(), app.learner("610300").register());
        for (reason, code) in [("", "blank"), (" \u{3000}", "blank"), ("说明".repeat(101).as_str(), "length")] {
            let mut body = asked(ends.id, stays.id);
            (body["reason"], body["reference"]) = (reason.into(), "".into());
            let problem = app.as_officer("610000").post("/v1/learner-merges", &body).problem(422, "invalid_body");
            assert_eq!(faults(&problem), named(&[("/reason", code), ("/reference", "blank")]), "{reason}");
        }
    });
}

#[test]
fn what_both_files_had_counts_together_and_undone_each_is_as_it_was() {
    each_backend(|app| {
        let (stage, ends, stays) = two(app);
        // The same course in both counts once.
        assert_eq!(app.push_one(&stage.platform, &stays.finished(&stage.professional))["outcome"], "credited");
        assert_eq!(app.push_one(&stage.platform, &ends.finished(&stage.public))["outcome"], "credited");
        let other = app.course("SX-OTHER").professional().hours(8).for_year(2020).on(&stage.platform).open();
        assert_eq!(app.push_one(&stage.platform, &ends.finished(&other))["outcome"], "credited");
        let before = (standing(app, &ends), standing(app, &stays));
        assert_eq!((hours(app, &ends), hours(app, &stays)), (json!(88), json!(80)));
        let merged = merge(app, &ends, &stays).expect(201);
        assert_eq!((&merged.json["completions"], hours(app, &stays)), (&json!(3), json!(88)));
        let lines = app.as_learner(stays.id).get(&format!("/v1/learners/{}/hour-entries", stays.id)).expect(200).json;
        let brought = lines["items"].as_array().unwrap().iter().filter(|line| line["reason_code"] == "merged");
        assert_eq!(brought.count(), 3, "{lines}");
        let _ = undo(app, &merged).expect(200);
        assert_eq!((standing(app, &ends), standing(app, &stays)), before);
        // And again, and back again.
        let merged = merge(app, &ends, &stays).expect(201);
        assert_eq!(hours(app, &stays), json!(88));
        let _ = undo(app, &merged).expect(200);
        assert_eq!((standing(app, &ends), standing(app, &stays)), before);
        let _ = undo(app, &merged).problem(409, "merge_undone");
        // Whose files they are is told each time, by numbers that the runner gives.
        let told = |learner: &Learner| {
            let changes = app.as_learner(learner.id).get("/v1/changes?after=0").expect(200).json;
            let kinds =
                changes["items"].as_array().unwrap().iter().map(|change| change["kind"].as_str().unwrap().to_owned());
            kinds.filter(|kind| kind.starts_with("merge")).collect::<Vec<_>>()
        };
        // Though kept for those of the one file and for those of the other, each is told once to who follows both.
        let each = ["merged", "merge_undone"];
        soon(|| [&ends, &stays].iter().all(|learner| told(learner) == [each, each].concat()));
    });
}

#[test]
fn of_two_files_the_one_that_is_not_found_or_has_ended_is_pointed_at() {
    each_backend(|app| {
        let (_, ends, stays) = two(app);
        let elsewhere = app.learner("630102").register();
        let nobody: LearnerId = "0190d3f0-0000-7000-8000-00000000beef".parse().unwrap();
        let officer = app.as_officer("610000");
        for missing in [elsewhere.id, nobody] {
            for (body, pointer) in [(asked(missing, stays.id), "/ends"), (asked(ends.id, missing), "/stays")] {
                let told = officer.post("/v1/learner-merges", &body).problem(404, "not_found");
                assert_eq!(told["pointer"], pointer);
            }
        }
        let third = app.learner("610300").register();
        let _ = merge(app, &ends, &stays).expect(201);
        for (body, pointer) in [(asked(ends.id, third.id), "/ends"), (asked(third.id, ends.id), "/stays")] {
            let told = officer.post("/v1/learner-merges", &body).problem(410, "learner_merged");
            assert_eq!((&told["pointer"], &told["successor"]), (&json!(pointer), &json!(stays.id)));
        }
    });
}

#[test]
fn an_ended_file_answers_with_its_successor_whatever_is_asked_or_written() {
    each_backend(|app| {
        let (_, ends, stays) = two(app);
        let merged = merge(app, &ends, &stays).expect(201);
        let at = |rest: &str| format!("/v1/learners/{}{rest}", ends.id);
        let officer = app.as_officer("610000");
        let gone = |answer: Answer| {
            assert_eq!(answer.header("link"), format!("</v1/learners/{}>; rel=\"successor-version\"", stays.id));
            assert_eq!(answer.problem(410, "learner_merged")["successor"], json!(stays.id));
        };
        for rest in ["", "/history", "/standings", "/standings/2020", "/hour-entries"] {
            gone(officer.get(&at(rest)));
            gone(app.as_learner(ends.id).get(&at(rest)));
        }
        gone(app.as_learner(ends.id).get(&at("/access-records")));
        gone(officer.patch(&at(""), &json!({ "name": "示例新" })));
        gone(officer.post(&at("/placements"), &json!({ "place": "610102" })));
        gone(officer.post(&at("/employments"), &json!({ "employer_id": null })));
        gone(officer.post(&at("/posts"), &json!({ "employment_kind": "permanent" })));
        gone(officer.post(&at("/unmasking"), &json!({ "purpose": "correction", "reference": "1" })));
        let _ = app.as_officer("630000").get(&at("")).problem(404, "not_found");
        let people = json!({ "year": 2020, "people": [{ "learner_id": ends.id }, { "document_number": ends.person.document_number }] });
        let many = officer.post("/v1/standings/query", &people).expect(200).json;
        assert_eq!((&many["items"][0]["result"], &many["items"][0]["successor"]), (&json!("merged"), &json!(stays.id)));
        assert_eq!(many["items"][1]["summary"]["learner_id"], json!(stays.id));
        let list = officer.get("/v1/learners?limit=200").expect(200);
        assert!(!list.text.contains(&ends.id.to_string()) && list.text.contains(&stays.id.to_string()));
        let document = json!({ "document": { "kind": "resident_id", "number": ends.person.document_number } });
        let found = officer.post("/v1/learner-lookups", &document).expect(200).json;
        assert_eq!(found["learner_id"], json!(stays.id));
        // What the ended file held is read at the merge, by the learner too.
        let path = merged.header("location");
        let seen = app.as_learner(stays.id).get(path).expect(200).json;
        assert_eq!(seen["ended_file"]["file"]["name"], json!(ends.person.name));
        assert_eq!(seen["ended_file"]["history"]["placements"][0]["place"]["code"], "610100");
        assert_eq!((&seen["merged_by"], &seen["reference"]), (&json!("officer"), &json!("受理〔2021〕1号")));
        let told = app.as_officer("610100").get(path).expect(200).json;
        assert_eq!(told["ended_file"]["file"]["name"], "示*");
        let _ = app.as_officer("630000").get(path).problem(404, "not_found");
        let history = app.as_learner(stays.id).get(&format!("/v1/learners/{}/history", stays.id)).expect(200).json;
        assert_eq!(
            (&history["merges"][0]["ends"], &history["merges"][0]["undone_at"]),
            (&json!(ends.id), &Value::Null)
        );
    });
}

#[test]
fn pushes_under_either_number_and_name_go_to_the_file_that_stays_and_back_with_their_number() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let (ends, stays) = (app.learner("610100").register(), app.learner("610300").register());
        let waiting = Item::new(ends.person.reference(), "SX-LATER", 2020);
        assert_eq!(app.push_one(&stage.platform, &waiting)["outcome"], "held");
        let misnamed = Person { name: stays.person.name.clone(), ..ends.person.clone() };
        let by_other_name = Item::new(misnamed.reference(), &stage.public.code, 2020);
        assert_eq!(app.push_one(&stage.platform, &by_other_name)["outcome"], "held");
        let merged = merge(app, &ends, &stays).expect(201);
        assert_eq!(hours(app, &stays), json!(24), "the other name is known now");
        let _ = app.course("SX-LATER").professional().hours(10).for_year(2020).on(&stage.platform).open();
        // Courses of fixtures let nothing go, so it is sent again.
        let let_go = app.push_one(&stage.platform, &waiting);
        assert_eq!((&let_go["outcome"], &let_go["learner_id"]), (&json!("credited"), &json!(stays.id)));
        let new = app.push_one(&stage.platform, &ends.finished(&stage.professional));
        assert_eq!((&new["outcome"], &new["learner_id"]), (&json!("credited"), &json!(stays.id)));
        let by_id = app.course("SX-BY-ID").professional().hours(6).for_year(2020).on(&stage.platform).open();
        let by_id = app.push_one(&stage.platform, &ends.finished_by_id(&by_id));
        assert_eq!((&by_id["outcome"], &by_id["learner_id"]), (&json!("credited"), &json!(stays.id)));
        assert_eq!(hours(app, &stays), json!(96));
        let stranger = Person { name: "示例生人".to_owned(), ..ends.person.clone() };
        let refused = app.push_one(&stage.platform, &Item::new(stranger.reference(), &stage.public.code, 2020));
        assert_eq!(refused["reasons"][0]["code"], "name_mismatch");
        let _ = undo(app, &merged).expect(200);
        assert_eq!((hours(app, &ends), hours(app, &stays)), (json!(96), json!(0)));
    });
}

#[test]
fn items_that_went_over_are_read_taken_back_and_corrected_where_they_are() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let (ends, stays) = (app.learner("610100").register(), app.learner("610300").register());
        let [first, second, third] = [24, 10, 6].map(|hours| {
            let course = app.course(&format!("SX-{hours}")).professional().hours(hours);
            ends.finished(&course.for_year(2020).on(&stage.platform).open())
        });
        let pushed = app.push(&stage.platform, [first.clone(), second.clone(), third.clone()]);
        let at = |index: usize, rest: &str| {
            format!("/v1/completions/{}{rest}", pushed[index]["completion_id"].as_str().unwrap())
        };
        let platform = app.as_platform(stage.platform.id);
        let _ = platform.post(&at(2, "/reversal"), &json!({ "reason_code": "wrong_data" })).expect(200);
        let merged = merge(app, &ends, &stays).expect(201);
        assert_eq!(hours(app, &stays), json!(34));
        for index in 0..3 {
            let _ = app.as_learner(stays.id).get(&at(index, "")).expect(200);
            let _ = app.as_officer("610300").get(&at(index, "")).expect(200);
        }
        let _ = platform
            .post(&at(2, "/reversal"), &json!({ "reason_code": "wrong_data" }))
            .problem(409, "already_reversed");
        let _ = platform.post(&at(1, "/reversal"), &json!({ "reason_code": "wrong_data" })).expect(200);
        let right = ends.finished(&stage.professional).replacing(&first);
        assert_eq!(app.push_one(&stage.platform, &right)["outcome"], "credited");
        assert_eq!(hours(app, &stays), json!(56));
        assert_eq!(app.push_one(&stage.platform, &first)["first"]["reversed"], true);
        let _ = undo(app, &merged).expect(200);
        assert_eq!((hours(app, &ends), hours(app, &stays)), (json!(56), json!(0)));
        let _ = app.as_learner(ends.id).get(&at(1, "")).expect(200);
        let _ = app.as_learner(stays.id).get(&at(1, "")).problem(404, "not_found");
        let latest = right.external_id().to_owned();
        let again = ends.finished(&stage.public).with("replaces", latest);
        assert_eq!(app.push_one(&stage.platform, &again)["outcome"], "credited");
        assert_eq!(hours(app, &ends), json!(24));
    });
}

/// What is read of a learner's items: the platform's ids and what became of them.
fn items(app: &App, learner: &Learner) -> Vec<(String, String)> {
    let path = format!("/v1/learners/{}/completions?limit=200", learner.id);
    let page = app.as_learner(learner.id).get(&path).expect(200).json;
    let text = |item: &Value, name: &str| item[name].as_str().unwrap().to_owned();
    page["items"].as_array().unwrap().iter().map(|item| (text(item, "external_id"), text(item, "outcome"))).collect()
}

#[test]
fn what_was_closed_while_the_files_were_one_goes_back_as_well() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let (person, platform) = (Person::someone(), app.as_platform(stage.platform.id));
        let new = |name: &str| Item::new(person.reference(), "SX-NEW", 2020).called(name);
        let push = |item: &Item| app.push_one(&stage.platform, item)["completion_id"].as_str().unwrap().to_owned();
        let withdraw = |id: &str| {
            let path = format!("/v1/completions/{id}/reversal");
            let _ = platform.post(&path, &json!({ "reason_code": "wrong_data" })).expect(200);
        };
        // Of the first two no decision names anyone: they came before their person was known.
        let (early, _) = (push(&new("1-early")), push(&new("2-early-waits")));
        let ends = registered(app, &person);
        let stays = app.learner("610300").register();
        let (before, during) = (push(&new("3-before")), push(&new("4-during")));
        let (replaced, _) = (new("5-replaced"), push(&new("5-replaced")));
        withdraw(&before);
        let own = push(&Item::new(stays.person.reference(), "SX-NEW", 2020).called("9-own"));
        let merged = merge(app, &ends, &stays).expect(201);
        assert_eq!(items(app, &stays).len(), 6);
        let since = push(&new("6-since"));
        let correction = ends.finished(&stage.public).replacing(&replaced).called("7-correction");
        assert_eq!(app.push_one(&stage.platform, &correction)["outcome"], "credited");
        for id in [&early, &during, &since, &own] {
            withdraw(id);
        }
        assert_eq!(items(app, &stays).len(), 8);
        let _ = undo(app, &merged).expect(200);
        let named = |(id, outcome): (&str, &str)| (id.to_owned(), outcome.to_owned());
        let theirs = [
            ("1-early", "not_counted"),
            ("2-early-waits", "held"),
            ("3-before", "not_counted"),
            ("4-during", "not_counted"),
            ("5-replaced", "not_counted"),
            ("6-since", "not_counted"),
            ("7-correction", "credited"),
        ];
        assert_eq!(items(app, &ends), theirs.map(named));
        assert_eq!(items(app, &stays), [named(("9-own", "not_counted"))]);
        for id in [&early, &during, &since] {
            let path = format!("/v1/completions/{id}");
            let _ = app.as_learner(ends.id).get(&path).expect(200);
            let _ = app.as_learner(stays.id).get(&path).problem(404, "not_found");
        }
        // What was said before it was closed still decides what becomes of it.
        let back = app.push_one(&stage.platform, &new("5-replaced"));
        assert_eq!((&back["outcome"], &back["first"]["now"]), (&json!("already_recorded"), &json!("not_counted")));
    });
}

#[test]
fn what_cannot_be_merged_is_refused_and_says_why() {
    each_backend(|app| {
        let [one, other, third] = ["610100", "610300", "610100"].map(|place| app.learner(place).register());
        let post = |ends: &Learner, stays: &Learner| merge(app, ends, stays);
        let same = post(&one, &one).problem(422, "invalid_body");
        assert_eq!(faults(&same), named(&[("/stays", "same_file")]));
        let city = app.as_officer("610100").post("/v1/learner-merges", &asked(one.id, other.id));
        let _ = city.problem(404, "not_found");
        let merged = post(&one, &other).expect(201);
        let again = post(&one, &third).problem(410, "learner_merged");
        assert_eq!((&again["pointer"], &again["successor"]), (&json!("/ends"), &json!(other.id)));
        let circle = post(&other, &one).problem(410, "learner_merged");
        assert_eq!((&circle["pointer"], &circle["successor"]), (&json!("/stays"), &json!(other.id)));
        // On and on: the last file answers for all, and what was merged last is undone first.
        let onward = post(&other, &third).expect(201);
        assert_eq!(undo(app, &merged).problem(410, "learner_merged")["successor"], json!(third.id));
        let document = json!({ "document": { "kind": "resident_id", "number": one.person.document_number } });
        let found = app.as_officer("610000").post("/v1/learner-lookups", &document).expect(200).json;
        assert_eq!(found["learner_id"], json!(third.id));
        let taken = app.as_officer("610000").patch(&format!("/v1/learners/{}", third.id), &document);
        let _ = taken.problem(409, "already_exists");
        let _ = undo(app, &onward).expect(200);
        let _ = undo(app, &merged).expect(200);
        let found = app.as_officer("610000").post("/v1/learner-lookups", &document).expect(200).json;
        assert_eq!(found["learner_id"], json!(one.id));
    });
}

#[test]
fn of_merges_at_the_same_moment_one_is_done_and_none_makes_a_circle() {
    each_backend(|app| {
        let stage = app.shaanxi();
        for _ in 0..10 {
            let [one, other, third] = ["610100", "610300", "610100"].map(|place| app.learner(place).register());
            assert_eq!(app.push_one(&stage.platform, &one.finished(&stage.public))["outcome"], "credited");
            let (first, second) = at_once(|| merge(app, &one, &other).status, || merge(app, &one, &third).status);
            assert_eq!((first.min(second), first.max(second)), (201, 410));
            let [one, other] = ["610100", "610300"].map(|place| app.learner(place).register());
            let (first, second) = at_once(|| merge(app, &one, &other).status, || merge(app, &other, &one).status);
            assert_eq!((first.min(second), first.max(second)), (201, 410));
        }
    });
}

#[test]
fn what_waited_for_a_rule_is_decided_by_those_of_the_file_that_stays() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let course = app.course("SX-2021").professional().hours(8).for_year(2021).on(&stage.platform).open();
        let person = Person::someone();
        let item = Item::new(person.reference(), &course.code, 2021);
        // Pushed before anyone of that number was known, so that no decision says whose it is.
        assert_eq!(app.push_one(&stage.platform, &item)["reasons"][0]["code"], "person_unknown");
        let body = json!({
            "document": { "kind": "resident_id", "number": person.document_number },
            "name": person.name,
            "placement": { "place": "610100", "from_on": "2010-01-01" },
        });
        let nation = app.as_officer("000000");
        let ends = nation.post("/v1/learners", &body).expect(201).json["learner_id"].clone();
        // Shaanxi has no rule for 2021.
        let held = app.as_platform(stage.platform.id).get("/v1/held-completions").expect(200).json;
        assert_eq!(held["items"][0]["reasons"][0]["code"], "no_rule_in_force", "{held}");
        let stays = app.learner("340100").register();
        let merge = json!({ "ends": ends, "stays": stays.id, "reason": "重复登记" });
        let merged = nation.post("/v1/learner-merges", &merge).expect(201);
        let of = |id: &Value| {
            let path = format!("/v1/learners/{}/hour-entries?year=2021", id.as_str().unwrap());
            nation.get(&path).expect(200).json["items"].as_array().unwrap().len()
        };
        assert_eq!(of(&json!(stays.id)), 1, "the nation's rules hold in Anhui");
        let path = format!("{}/undoing", merged.header("location"));
        let _ = nation.post(&path, &json!({ "reason": "并非同一人" })).expect(200);
        assert_eq!(of(&ends), 1, "a line goes back as it is");
    });
}
