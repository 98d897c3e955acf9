//! What was approved: shown as it was credited, whatever rules came since, and taken back by the office that approved it.

use super::{Town, go, state};
use crate::{
    completions::soon,
    registry::{faults, named},
};
use domain::{access::Named, kernel::EmployerId};
use serde_json::{Value, json};
use tests::{App, each_backend};
use xueshi::auth::{CallerKind, Subject};

/// The rules of Qinghai, with six hours a day for what counted seven.
fn six_hours_a_day(app: &App) {
    let file = policies::FILES.iter().find(|file| file.rules.contains("place = \"630000\"")).unwrap();
    let stricter = file.rules.replace("formula = { per_day = 7,", "formula = { per_day = 6,");
    assert_ne!(stricter, file.rules);
    let office = app.as_national_officer();
    let draft = office.post("/v1/policies", &json!({ "source": stricter })).expect(201).json;
    let publication = format!("/v1/policies/{}/publication", draft["policy_id"].as_str().unwrap());
    let _ = office.post(&publication, &Value::Null).expect(201);
}

#[test]
fn what_was_approved_is_shown_as_it_was_credited_whatever_rules_came_since() {
    each_backend(|app| {
        let town = Town::in_autumn(app);
        let (approved, waits) = (town.submitted(), town.submitted());
        let shown = |id: &str| town.filer().get(&format!("/v1/recognitions/{id}")).expect(200).json;
        assert_eq!(shown(&approved)["credited"], json!([]));
        town.through(&approved);
        let before = shown(&approved);
        app.clock.set(app.clock.now() + time::Duration::DAY);
        six_hours_a_day(app);
        let (after, open) = (shown(&approved), shown(&waits));
        assert_eq!(open["worth"]["hours"], 24, "what is not decided is worth what the rules in force say");
        assert_eq!((&after["worth"], &after["credited"]), (&before["worth"], &before["credited"]));
        assert_eq!(after["worth"]["hours"], 28);
        let texts: Vec<&str> =
            after["worth"]["steps"].as_array().unwrap().iter().map(|step| step["text"].as_str().unwrap()).collect();
        assert!(texts.contains(&"4 天 × 7 = 28"), "{texts:?}");
        let line = &after["credited"][0];
        assert_eq!(
            (&line["hours"], &line["year"], &line["category"]),
            (&json!(28), &json!(2020), &json!("professional"))
        );
        assert_eq!((&line["policy_id"], &line["reversed_at"]), (&after["worth"]["policy_id"], &Value::Null));
        assert_eq!(line["entry_id"], town.standing()["counted"][0]["entry_id"]);
    });
}

#[test]
fn an_approval_is_taken_back_by_its_office_and_the_year_is_as_if_it_had_never_been() {
    each_backend(|app| {
        let town = Town::in_autumn(app);
        let never = town.standing();
        let id = town.submitted();
        let (at, review) = (format!("/v1/recognitions/{id}"), format!("/v1/reviews/{id}/revocation"));
        let (province, reason) = (town.officer("630000", "zhou"), json!({ "reason": "证明材料不实" }));
        let early = province.post(&review, &reason).problem(409, "review_not_now");
        assert_eq!(early["state"], "waiting");
        town.through(&id);
        assert_eq!(town.standing()["counted"][0]["hours_counted"], 28);
        for other in [town.officer("630100", "zheng"), town.sector(), town.school("wang")] {
            let told = other.post(&review, &reason).problem(403, "not_your_stage");
            assert_eq!(told["stage"], 4, "the office of the last stage alone: {told}");
        }
        let _ = town.officer("610000", "chen").post(&review, &reason).problem(404, "not_found");
        let bare = province.post(&review, &json!({ "reason": " ", "by": "me" })).problem(422, "invalid_body");
        assert_eq!(faults(&bare), named(&[("/by", "unknown_field"), ("/reason", "blank")]));
        let named_person = json!({ "reason": "610302199001010002 的材料不实" });
        let told = province.post(&review, &named_person).problem(422, "invalid_body");
        assert_eq!(faults(&told), named(&[("/reason", "personal_data")]));
        assert_eq!(town.standing()["counted"][0]["hours_counted"], 28, "what is refused changes nothing");

        let gone = province.post(&review, &json!({ "reason": "证明材料不实", "seen": 6 })).expect(200).json;
        assert_eq!(state(&gone), ("revoked", &Value::Null));
        let standing = town.standing();
        for same in ["verdict", "nodes", "if_confirmed", "counted", "reasons"] {
            assert_eq!(standing[same], never[same], "{same}");
        }
        let shown = town.filer().get(&at).expect(200).json;
        let last = shown["review"]["history"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((&last["action"], &last["reason"]), (&json!("revoke"), &json!("证明材料不实")));
        assert_eq!(last["by"], "officer", "who of the office did it is the offices' to know");
        let line = &shown["credited"][0];
        assert_eq!((&line["hours"], &line["reversed_for"]), (&json!(28), &json!("recognition_revoked")));
        assert!(line["reversed_at"].is_string(), "{line}");
        assert_eq!(shown["worth"]["hours"], 28, "what it had been worth");
        let lines = format!("/v1/learners/{}/hour-entries", town.learner.id);
        let lines = town.filer().get(&lines).expect(200).json["items"].clone();
        let kinds: Vec<&Value> = lines.as_array().unwrap().iter().map(|line| &line["kind"]).collect();
        assert_eq!(kinds, ["credit", "reversal"]);
        let told = |kind: &str| {
            let changes = town.filer().get("/v1/changes").expect(200).json;
            changes["items"].as_array().unwrap().iter().any(|one| one["kind"] == kind)
        };
        soon(|| told("reversed"));
        // Once, and for good.
        let again = province.post(&review, &reason).problem(409, "review_settled");
        assert_eq!((&again["action"], &again["settled_by"]), (&json!("revoke"), &json!("officer:zhou")));
        let _ = go(&town.filer(), &at, "submission").problem(409, "review_not_now");
        let _ = go(&town.filer(), &at, "withdrawal").problem(409, "review_settled");
        // What was revoked can be declared anew, and is compared with nothing.
        let anew = town.draft(&town.filer());
        assert_eq!(town.filer().get(&anew).expect(200).json["alike"], json!([]));
    });
}

#[test]
fn of_two_who_take_an_approval_back_at_once_one_does_and_one_line_goes() {
    each_backend(|app| {
        let town = Town::in_autumn(app);
        let id = town.submitted();
        town.through(&id);
        let review = format!("/v1/reviews/{id}/revocation");
        let reason = json!({ "reason": "证明材料不实" });
        let (first, second) = (town.officer("630000", "zhou"), town.officer("630000", "qian"));
        let (one, two) = tests::at_once(|| first.post(&review, &reason), || second.post(&review, &reason));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "{} {}", one.text, two.text);
        let lines = format!("/v1/learners/{}/hour-entries", town.learner.id);
        assert_eq!(town.filer().get(&lines).expect(200).json["items"].as_array().unwrap().len(), 2);
    });
}

#[test]
fn what_is_revoked_after_two_files_were_joined_stays_so_when_they_are_parted() {
    each_backend(|app| {
        let town = Town::in_autumn(app);
        let stays = app.learner("630102").series("教师").register();
        let id = town.submitted();
        town.through(&id);
        let office = app.as_officer("630000");
        let joined = json!({ "ends": town.learner.id, "stays": stays.id, "reason": "重复登记" });
        let merge = office.post("/v1/learner-merges", &joined).expect(201).header("location").to_owned();
        let counted = |learner: &tests::fixtures::Learner| {
            let path = format!("/v1/learners/{}/standings/2020", learner.id);
            app.as_learner(learner.id).get(&path).expect(200).json["counted"].clone()
        };
        assert_eq!(counted(&stays)[0]["hours_counted"], 28);
        let reason = json!({ "reason": "证明材料不实" });
        let _ = town.officer("630000", "zhou").post(&format!("/v1/reviews/{id}/revocation"), &reason).expect(200);
        assert_eq!(counted(&stays), json!([]));
        // When it was revoked stays known, whenever the lines go over to another file after that.
        let revoked_at = json!("2020-10-12T04:00:00Z");
        let gone = |learner: &tests::fixtures::Learner| {
            let shown = app.as_learner(learner.id).get(&format!("/v1/recognitions/{id}")).expect(200).json;
            (shown["credited"][0]["reversed_at"].clone(), shown["credited"][0]["reversed_for"].clone())
        };
        let wanted = (revoked_at, json!("recognition_revoked"));
        assert_eq!(gone(&stays), wanted);
        app.clock.set(app.clock.now() + time::Duration::HOUR);
        let _ = office.post(&format!("{merge}/undoing"), &json!({ "reason": "并非同一人" })).expect(200);
        assert_eq!((counted(&stays), counted(&town.learner)), (json!([]), json!([])));
        let shown = town.filer().get(&format!("/v1/recognitions/{id}")).expect(200).json;
        assert_eq!(state(&shown).0, "revoked");
        assert_eq!(gone(&town.learner), wanted);
        app.clock.set(app.clock.now() + time::Duration::HOUR);
        let _ = office.post("/v1/learner-merges", &joined).expect(201);
        assert_eq!(gone(&stays), wanted);
    });
}

#[test]
fn what_an_employer_approved_last_it_takes_back_while_the_person_works_there_and_the_place_may_too() {
    each_backend(|app| {
        let employer = |name: &str| -> EmployerId {
            let row = json!({ "name": name, "kind": "enterprise", "kind_from_on": "2015-01-01", "place": "610100" });
            let made = app.as_system_administrator().post("/v1/employers", &row).expect(201).json;
            made["employer_id"].as_str().unwrap().parse().unwrap()
        };
        let (first, next) = (employer("示例公司"), employer("示例工厂"));
        let learner = app.learner("610100").register();
        let employ = |employer: EmployerId, from_on: &str| {
            let employed = json!({ "employer_id": employer, "from_on": from_on });
            let path = format!("/v1/learners/{}/employments", learner.id);
            let _ = app.as_national_officer().post(&path, &employed).expect(201);
        };
        let unit = |employer: EmployerId| {
            let named = Named { employer: Some(employer), ..Named::default() };
            app.calling(Subject { kind: CallerKind::EmployerAdministrator, name: "wang".into(), named })
        };
        let approved = || {
            let filer = app.as_learner(learner.id);
            let claim =
                json!({ "kind": "equivalent_hours", "category": "professional", "certificate_on": "2020-09-11" });
            let made = filer.post("/v1/recognitions", &json!({ "learner_id": learner.id, "claim": claim })).expect(201);
            let at = made.header("location").to_owned();
            let _ = go(&filer, &at, "submission").expect(200);
            let review = format!("/v1/reviews/{}", at.rsplit('/').next().unwrap());
            let yes = json!({ "hours": 8, "reason": "按证书" });
            let _ = unit(first).post(&format!("{review}/approval"), &yes).expect(200);
            format!("{review}/revocation")
        };
        employ(first, "2018-09-01");
        let [own, of_place, left] = [(); 3].map(|()| approved());
        let reason = json!({ "reason": "证明材料不实" });
        // Neither an office above the place nor another employer; the own one as long as the person works there.
        let _ = app.as_officer("610000").post(&own, &reason).problem(403, "not_your_stage");
        let _ = unit(next).post(&own, &reason).problem(404, "not_found");
        let _ = unit(first).post(&own, &reason).expect(200);
        let _ = app.as_officer("610100").post(&of_place, &reason).expect(200);
        app.clock.set(app.clock.now() + time::Duration::days(2));
        employ(next, &(app.clock.now() - time::Duration::DAY).date().to_string());
        let moved = json!({ "place": "610300", "from_on": (app.clock.now() - time::Duration::DAY).date().to_string() });
        let placements = format!("/v1/learners/{}/placements", learner.id);
        let _ = app.as_national_officer().post(&placements, &moved).expect(201);
        let told = unit(first).post(&left, &reason).problem(403, "not_your_stage");
        assert_eq!(told["stage"], 0, "{told}");
        let _ = unit(next).post(&left, &reason).problem(403, "not_your_stage");
        let _ = app.as_officer("610100").post(&left, &reason).expect(200);
    });
}
