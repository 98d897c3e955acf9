//! What people write where a text of their own is asked for: marked texts through recognitions, reviews, corrections by learners and by offices, exceptions, rolls,
//! merges, unmasking and erasures, with where each may stay.

use super::{reviews, world::World};
use crate::registry::{learner, number};
use domain::kernel::LearnerId;
use serde_json::{Value, json};
use tests::{Answer, Client, Node};
use xueshi::auth::CallerKind;

/// The texts, with the columns that keep them: those of free text, as docs/SECURITY.md says, and the trail where it tells what was done.
pub(super) const TEXTS: [(&str, &[&str]); 14] = [
    ("标记文书", &["recognition_claim.document"]),
    ("标记文件", &["recognition_evidence.file_name"]),
    ("标记缺页", &["review_event.what"]),
    ("标记名单", &["audit_event.after_json", "roll.document"]),
    ("标记迁移", &["audit_event.after_json", "roll.reason"]),
    ("标记合并", &["audit_event.after_json", "audit_event.before_json", "learner_merge.reason"]),
    ("标记撤销", &["audit_event.after_json", "learner_merge_undoing.reason"]),
    ("标记受理", &["audit_event.purpose"]),
    ("标记删除", &["audit_event.after_json"]),
    ("标记更正", &["correction.reason"]),
    ("标记户口", &["correction.proofs"]),
    ("标记依据", &["audit_event.after_json"]),
    ("标记例外", &["office_exception.reason"]),
    ("标记批文", &["office_exception.document"]),
];

/// People whose files end: merged into another, and erased.
pub(super) const MERGED: (u32, &str) = (9003, "标记某庚");
pub(super) const ERASED: (u32, &str) = (9004, "标记某辛");

fn registered(office: &Client<'_>, (n, name): (u32, &str)) -> String {
    let made = office.post("/v1/learners", &learner(n, name)).expect(201).json;
    made["learner_id"].as_str().unwrap().to_owned()
}

/// Says each text once, of the person whose file this is and of the others; what is answered, but for the unmasking itself.
pub(super) fn said(world: &World<'_>, node: &Node, id: &str, person: &Value) -> Vec<Answer> {
    let app = world.app;
    let office = app.as_national_officer().at(node);
    let own = app.as_learner(id.parse::<LearnerId>().unwrap()).at(node);
    let [document, file_name, lacking, roll, moving, merging, undoing, case, erasing, wrong, paper, ground, why, word] =
        TEXTS.map(|(text, _)| text);
    let mut told = Vec::new();
    // A recognition with its evidence, and a review that sends one back.
    let claim = json!({
        "kind": "equivalent_hours", "category": "professional", "days": 2, "last_on": "2020-09-11", "document": document
    });
    let filed = own.post("/v1/recognitions", &json!({ "learner_id": id, "claim": claim })).expect(201);
    let recognition = format!("/v1/recognitions/{}", filed.json["recognition_id"].as_str().unwrap());
    let proof = json!({ "kind": "其他", "file_name": format!("{file_name}.pdf"), "content": reviews::FILE });
    told.extend([filed, own.post(&format!("{recognition}/evidence"), &proof).expect(201)]);
    told.extend([own.get(&recognition).expect(200), office.get(&recognition).expect(200)]);
    world.acting.set(CallerKind::Officer);
    let waiting = reviews::waiting(world, &world.own);
    let officer = world.caller(CallerKind::Officer).at(node);
    told.push(officer.post(&format!("/v1/reviews/{waiting}/return"), &json!({ "reason": lacking })).expect(200));
    // A request for a correction, which the office sees masked.
    let other = json!({ "document": { "kind": "resident_id", "number": number(MERGED.0) }, "name": MERGED.1 });
    let asked = json!({ "learner_id": id, "merge": other, "reason": wrong, "proofs": [paper] });
    let made = own.post("/v1/corrections", &asked).expect(201);
    told.push(office.get(made.header("location")).expect(200));
    told.push(office.get("/v1/reviews").expect(200));
    // An exception, which the person and the office see whole.
    let year = world.missed_year(&world.own);
    let asked = json!({ "learner_id": id, "year": year, "met": true, "reason": why, "document": word });
    let made = office.post("/v1/exceptions", &asked).expect(201);
    told.extend([own.get(made.header("location")).expect(200), made]);
    // A roll with the person on it.
    let past = json!({
        "kind": "past_years", "place": "610000", "document": roll, "attested_by": "示例人社厅", "reason": moving
    });
    let made = office.post("/v1/rolls", &past).expect(201);
    let items = format!("{}/items", made.header("location"));
    let mut item = person.clone();
    (item["year"], item["met"]) = (json!(2016), json!(true));
    told.extend([made, office.post(&items, &json!({ "items": [item] })).expect(200), office.get(&items).expect(200)]);
    // A merge, undone.
    let ends = registered(&office, MERGED);
    let merge = json!({ "ends": ends, "stays": id, "reason": merging });
    let merged = office.post("/v1/learner-merges", &merge).expect(201);
    let path = merged.header("location").to_owned();
    told.extend([merged, office.get(&path).expect(200)]);
    told.push(office.post(&format!("{path}/undoing"), &json!({ "reason": undoing })).expect(200));
    // An unmasking, whose answer is the one that shows a number, and an erasure.
    let asked = json!({ "purpose": "identity_check", "reference": case });
    assert!(office.post(&format!("/v1/learners/{id}/unmasking"), &asked).expect(200).text.contains(&number(9001)));
    let gone = registered(&office, ERASED);
    let path = format!("/v1/learners/{gone}/erasure");
    for names_them in [number(ERASED.0), ERASED.1.to_owned()] {
        let refused = office.post(&path, &json!({ "ground": format!("{erasing}{names_them}") }));
        assert_eq!(refused.status, 422, "{}", refused.text);
        told.push(refused);
    }
    let file = format!("/v1/learners/{gone}");
    for names_them in [number(ERASED.0), ERASED.1.to_owned()] {
        let refused = office.patch(&file, &json!({ "name": ERASED.1, "reference": format!("{ground}{names_them}") }));
        assert_eq!(refused.status, 422, "{}", refused.text);
        told.push(refused);
    }
    told.push(office.patch(&file, &json!({ "name": ERASED.1, "reference": ground })).expect(200));
    told.push(office.post(&path, &json!({ "ground": erasing })).expect(200));
    told.push(office.get(&file).expect(200));
    told
}
