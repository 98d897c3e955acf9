//! What was declared goes with its person: into the file in which theirs ends, and back.

use super::{PDF, Town, evidence, state};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::{Client, each_backend, fixtures::Learner};

impl Town<'_> {
    /// A claim that was handed in with one paper; its id.
    pub(super) fn filed(&self, claim: &Value, kind: &str) -> String {
        let asked = json!({ "learner_id": self.learner.id, "claim": claim });
        let at = self.filer().post("/v1/recognitions", &asked).expect(201).header("location").to_owned();
        let mut file = evidence(PDF);
        file["kind"] = kind.into();
        let _ = self.filer().post(&format!("{at}/evidence"), &file).expect(201);
        let _ = super::go(&self.filer(), &at, "submission").expect(200);
        at.rsplit('/').next().unwrap().to_owned()
    }

    /// Every office says yes, each by somebody of its own.
    pub(crate) fn through(&self, id: &str) {
        let review = format!("/v1/reviews/{id}");
        loop {
            let case = self.school("looks").get(&review).expect(200).json;
            if state(&case).0 != "waiting" {
                return assert_eq!(state(&case).0, "approved");
            }
            let stage = &case["stages"][case["stage"].as_u64().unwrap() as usize];
            let office = match stage["seat"].as_str().unwrap() {
                "employer" => self.school("wang"),
                "sector_authority" => self.sector(),
                seat => self.officer(stage["place"].as_str().unwrap(), seat),
            };
            let _ = office.post(&format!("{review}/approval"), &json!({})).expect(200);
        }
    }
}

/// The lines that a recognition names as its own and that stand.
fn credited(client: &Client<'_>, id: &str) -> Value {
    let shown = client.get(&format!("/v1/recognitions/{id}")).expect(200).json;
    let lines = shown["credited"].as_array().unwrap().iter().filter(|line| line["reversed_at"].is_null());
    lines.map(|line| line["entry_id"].clone()).collect()
}

/// Those that count in the person's standing.
fn counted(client: &Client<'_>, learner: &Learner) -> Value {
    let standing = client.get(&format!("/v1/learners/{}/standings/2020", learner.id)).expect(200).json;
    standing["counted"].as_array().unwrap().iter().map(|line| line["entry_id"].clone()).collect()
}

fn hours(client: &Client<'_>, learner: &Learner) -> Value {
    let standing = client.get(&format!("/v1/learners/{}/standings/2020", learner.id)).expect(200).json;
    let counted = standing["counted"].as_array().unwrap().iter().map(|line| line["hours_counted"].clone());
    counted.collect()
}

fn all(ids: Value) -> BTreeSet<String> {
    ids.as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

fn all_of(client: &Client<'_>, cases: [&str; 2]) -> BTreeSet<String> {
    cases.iter().flat_map(|id| all(credited(client, id))).collect()
}

#[test]
fn recognitions_and_their_cases_go_over_with_the_file_and_come_back() {
    each_backend(|app| {
        let town = Town::in_autumn(app);
        let stays = app.learner("630102").series("教师").register();
        let (done, waits, draft) = (town.submitted(), town.submitted(), town.draft(&town.filer()));
        town.through(&done);
        let (ended, stayed) = (town.filer(), app.as_learner(stays.id));
        assert_eq!((hours(&ended, &town.learner), hours(&stayed, &stays)), (json!([28]), json!([])));

        let joined = json!({ "ends": town.learner.id, "stays": stays.id, "reason": "重复登记" });
        let office = app.as_officer("630000");
        let join = || office.post("/v1/learner-merges", &joined).expect(201).header("location").to_owned();
        let part =
            |merge: &str| office.post(&format!("{merge}/undoing"), &json!({ "reason": "并非同一人" })).expect(200);
        let merge = join();
        assert_eq!(hours(&stayed, &stays), json!([28]));
        assert_eq!(credited(&stayed, &done), counted(&stayed, &stays), "the line that stands now");
        let listed = stayed.get(&format!("/v1/learners/{}/recognitions", stays.id)).expect(200).json;
        assert_eq!(listed["items"].as_array().unwrap().len(), 3);
        let shown = stayed.get(&format!("/v1/recognitions/{done}")).expect(200).json;
        assert_eq!((&shown["learner_id"], &shown["worth"]["hours"]), (&json!(stays.id), &json!(28)));
        let file = shown["evidence"][0]["evidence_id"].as_str().unwrap();
        let file = stayed.get(&format!("/v1/recognitions/{done}/evidence/{file}")).expect(200).json;
        assert_eq!(file["size"], PDF.len());
        // What waits is decided, and a draft goes on, as the person's who stays.
        town.through(&waits);
        assert_eq!(hours(&stayed, &stays), json!([28, 28]));
        let mut shorter = super::claim();
        shorter["last_on"] = "2020-09-10".into();
        assert_eq!(stayed.put(&draft, &shorter).expect(200).json["version"], 2);
        let added = stayed.post(&format!("{draft}/evidence"), &evidence(PDF)).expect(201);
        let _ = stayed.get(added.header("location")).expect(200);

        let _ = part(&merge);
        assert_eq!((hours(&ended, &town.learner), hours(&stayed, &stays)), (json!([28, 28]), json!([])));
        let lines = format!("/v1/learners/{}/hour-entries", stays.id);
        assert_eq!(stayed.get(&lines).expect(200).json["items"], json!([]), "what another learned is theirs alone");
        assert_eq!(
            office.get(&lines).expect(200).json["items"].as_array().unwrap().len(),
            4,
            "two lines, and what took them back"
        );
        let again = ended.get(&draft).expect(200).json;
        assert_eq!((&again["version"], again["evidence"].as_array().unwrap().len()), (&json!(2), 2));
        let _ = ended.get(added.header("location")).expect(200);
        let _ = stayed.get(&draft).problem(404, "not_found");
        // As often as the offices please.
        for _ in 0..3 {
            let merge = join();
            assert_eq!(hours(&stayed, &stays), json!([28, 28]));
            assert_eq!(all_of(&stayed, [&done, &waits]), all(counted(&stayed, &stays)));
            let _ = part(&merge);
            assert_eq!(all_of(&ended, [&done, &waits]), all(counted(&ended, &town.learner)));
            assert_eq!((hours(&ended, &town.learner), hours(&stayed, &stays)), (json!([28, 28]), json!([])));
        }
        // And an erasure of the file that stays empties what was declared in the one that ended.
        let _ = join();
        let erased = office.post(&format!("/v1/learners/{}/erasure", stays.id), &json!({ "ground": "示例" }));
        let _ = erased.expect(200);
        for text in ["示例通知.pdf", "示例培训通知"] {
            assert_eq!(crate::tables::columns_with(app, text), [""; 0], "{text}");
        }
        assert_eq!(state(&office.get(&draft).expect(200).json).0, "cancelled");
    });
}
