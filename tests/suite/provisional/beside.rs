//! Hours that wait beside findings, files that are joined and parted, items that are corrected, and surplus that draws on what an office
//! counted.

use super::{Late, queue, review, verdict, waits};
use crate::{
    completions::{pushed, soon},
    findings::standing,
};
use serde_json::{Value, json};
use tests::{App, at_once, each_backend};

impl Late<'_> {
    /// The line about it that stands.
    pub(super) fn line(&self, kind: &str) -> Value {
        let path = format!("/v1/learners/{}/hour-entries?limit=200", self.learner.id);
        let all = self.app.as_national_officer().get(&path).expect(200).json["items"].as_array().unwrap().clone();
        let stands =
            |line: &&Value| line["category"] == "professional" && line["kind"] == kind && line["reversed_by"].is_null();
        all.iter().find(stands).unwrap()["entry_id"].clone()
    }

    /// Files that a line was false; the address and what confirms it.
    pub(super) fn found(&self, line: &Value) -> (String, String) {
        let input = json!({
            "learner_id": self.learner.id, "cause": "fraud", "decided_on": "2021-06-01",
            "document": "示例查实报告〔2021〕1号", "lines": [line]
        });
        let made = self.office("finder").post("/v1/findings", &input).expect(201);
        let at = made.header("location").to_owned();
        let approval = format!("/v1/reviews/{}/approval", at.rsplit('/').next().unwrap());
        (at, approval)
    }
}

fn approve(late: &Late<'_>, case: &Value) {
    let _ = late.office("li").post(&review(case, "/approval"), &json!({})).expect(200);
}

fn revoke(late: &Late<'_>, case: &Value) {
    let _ = late.office("li").post(&review(case, "/revocation"), &json!({ "reason": "核实有误" })).expect(200);
}

#[test]
fn a_finding_takes_hours_that_an_office_counted_or_let_wait_again_after_it_was_filed() {
    each_backend(|app| {
        let late = Late::new(app);
        let case = waits(&late.office("li"));
        let (_, confirmation) = late.found(&late.line("provisional"));
        approve(&late, &case);
        assert_eq!(late.verdict(""), "met");
        let _ = late.office("wang").post(&confirmation, &json!({})).expect(200);
        assert_ne!(late.verdict(""), "met");
        assert_eq!(late.lines().last().unwrap().1, "found_false");

        let late = late.another();
        let case = waits(&late.office("li"));
        approve(&late, &case);
        let (_, confirmation) = late.found(&late.line("credit"));
        revoke(&late, &case);
        let _ = late.office("wang").post(&confirmation, &json!({})).expect(200);
        assert_eq!(late.lines().last().unwrap().1, "found_false");
        soon(|| queue(&late.office("li")).is_empty());
        assert_ne!(late.verdict(""), "needs_review", "nothing is left to decide");
    });
}

#[test]
fn a_finding_takes_hours_that_another_one_took_and_gave_back_after_it_was_filed() {
    each_backend(|app| {
        let late = Late::new(app);
        approve(&late, &waits(&late.office("li")));
        let line = late.line("credit");
        let ((at, first), (_, second)) = (late.found(&line), late.found(&line));
        let _ = late.office("wang").post(&first, &json!({})).expect(200);
        let _ = late.office("wang").post(&format!("{at}/annulment"), &json!({ "reason": "证据不足" })).expect(200);
        assert_eq!(late.verdict(""), "met");
        let _ = late.office("wang").post(&second, &json!({})).expect(200);
        assert_ne!(late.verdict(""), "met");
    });
}

#[test]
fn hours_whose_counting_is_revoked_while_they_are_found_false_wait_once_the_finding_is_annulled() {
    each_backend(|app| {
        let late = Late::new(app);
        let case = waits(&late.office("li"));
        approve(&late, &case);
        let (at, confirmation) = late.found(&late.line("credit"));
        let _ = late.office("wang").post(&confirmation, &json!({})).expect(200);
        revoke(&late, &case);
        assert_ne!(late.verdict(""), "met");
        let _ = late.office("wang").post(&format!("{at}/annulment"), &json!({ "reason": "证据不足" })).expect(200);
        assert_eq!(late.verdict(""), "needs_review", "no approval of them stands");
        let again = pushed(app, &late.stage.platform, &late.item, "already_recorded");
        assert_eq!(again["first"], json!({ "outcome": "needs_review", "now": "needs_review", "reversed": false }));
        approve(&late, &waits(&late.office("li")));
        assert_eq!(late.verdict(""), "met");
    });
}

#[test]
fn what_was_counted_while_two_files_were_one_waits_again_in_the_file_whose_it_is() {
    each_backend(|app| {
        let stage = app.qinghai();
        let (ends, stays) = (app.learner("630102").register(), app.learner("630102").register());
        let province = app.as_officer("630000");
        let asked = json!({ "ends": ends.id, "stays": stays.id, "reason": "重复登记" });
        let merge = province.post("/v1/learner-merges", &asked).expect(201).header("location").to_owned();
        let _ = pushed(app, &stage.platform, &ends.finished(&stage.public), "credited");
        let item = ends.finished(&stage.professional).at(super::LATE);
        let _ = pushed(app, &stage.platform, &item, "needs_review");
        let office = super::officer(app, "630102", "li");
        let case = waits(&office);
        let _ = office.post(&review(&case, "/approval"), &json!({})).expect(200);
        assert_eq!(verdict(app, &stays, ""), "met");
        let _ = province.post(&format!("{merge}/undoing"), &json!({ "reason": "并非同一人" })).expect(200);
        assert_eq!(verdict(app, &ends, ""), "met");
        let _ = office.post(&review(&case, "/revocation"), &json!({ "reason": "核实有误" })).expect(200);
        assert_eq!(verdict(app, &ends, ""), "needs_review");
        let again = waits(&office);
        assert_ne!(again["case_id"], case["case_id"]);
    });
}

/// What stands of people whose late item is corrected at the same moment as an office does something about it.
fn corrected_beside(app: &App, what: &str, before: impl Fn(&Late<'_>, &Value)) {
    let first = Late::new(app);
    let _ = first.office("li").post(&review(&waits(&first.office("li")), "/approval"), &json!({})).expect(200);
    for _ in 0..6 {
        let late = first.another();
        let case = waits(&late.office("li"));
        before(&late, &case);
        let right = late.learner.finished(&late.stage.public).replacing(&late.item);
        let (path, body) = (review(&case, what), json!({ "reason": "核实" }));
        let act = || late.office("li").post(&path, &body).status;
        let (status, corrected) = at_once(act, || app.push_one(&late.stage.platform, &right));
        assert!([200, 409].contains(&status), "{status}");
        assert_eq!(corrected["outcome"], "credited", "{corrected}");
        let professional = |line: &&(Value, Value)| line.0 != "reversal";
        let lines = late.lines();
        let gone = lines.iter().filter(|line| line.0 == "reversal").count();
        assert_eq!(lines.iter().filter(professional).count(), gone, "none of the item stands: {lines:?}");
        assert!(standing(app, &late.learner).contains(&right.external_id().to_owned()));
        soon(|| queue(&late.office("li")).is_empty());
    }
}

#[test]
fn an_item_that_is_corrected_while_an_office_counts_it_counts_by_its_correction_alone() {
    each_backend(|app| corrected_beside(app, "/approval", |_, _| {}));
}

#[test]
fn an_item_that_is_corrected_while_its_counting_is_revoked_counts_by_its_correction_alone() {
    each_backend(|app| corrected_beside(app, "/revocation", approve));
}
