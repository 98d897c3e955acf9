//! Rolls and the joining of two files of one person.

use super::{hours, made, met, outcomes, past_years, put, standing};
use crate::completions::soon;
use serde_json::{Value, json};
use store::work::{WorkState, count_by_state};
use tests::{App, each_backend, fixtures::Learner};

fn earned(app: &App, learner: &Learner) -> Value {
    standing(app, learner, 2020)["nodes"][0]["earned"].clone()
}

#[test]
fn what_a_roll_says_goes_over_with_the_file_counts_once_and_comes_back() {
    each_backend(|app| {
        let (ends, stays) = (app.learner("610100").register(), app.learner("610100").register());
        let officer = app.as_officer("610000");
        let roll = made(&officer, &past_years("610000"));
        // One roll names both files, and of 2020 both.
        let items = json!([met(&ends, 2018), hours(&ends, 2020, 24), met(&stays, 2017), hours(&stays, 2020, 20)]);
        assert_eq!(outcomes(&put(&officer, &roll, &items)), ["created"; 4]);
        let merge = json!({ "ends": ends.id, "stays": stays.id, "reason": "重复登记" });
        let merge = officer.post("/v1/learner-merges", &merge).expect(201);
        assert_eq!(standing(app, &stays, 2018)["verdict"], "met");
        assert_eq!(earned(app, &stays), 24, "a year is attested once, and what is most counts");
        let why: Vec<Value> = standing(app, &stays, 2020)["not_counted"].as_array().unwrap().clone();
        assert!(why.iter().any(|line| line.to_string().contains("attested_twice")), "{why:?}");
        // By the number of the file that ended the person is known there.
        assert_eq!(outcomes(&put(&officer, &roll, &json!([met(&ends, 2018)]))), ["unchanged"]);
        let undoing = format!("{}/undoing", merge.header("location"));
        let _ = officer.post(&undoing, &json!({ "reason": "并非同一人" })).expect(200);
        assert_eq!((earned(app, &ends), earned(app, &stays)), (json!(24), json!(20)));
        let verdicts = |of: &Learner| [2017, 2018].map(|year| standing(app, of, year)["verdict"].clone());
        assert_eq!(verdicts(&ends), ["no_rule_in_force", "met"]);
        assert_eq!(verdicts(&stays), ["met", "no_rule_in_force"]);
    });
}

#[test]
fn putting_and_removing_beside_a_merge_come_out_as_before_or_after_it() {
    each_backend(|app| {
        let officer = app.as_officer("610000");
        let roll = made(&officer, &past_years("610000"));
        for _ in 0..4 {
            let (ends, stays) = (app.learner("610100").register(), app.learner("610100").register());
            let merge = json!({ "ends": ends.id, "stays": stays.id, "reason": "重复登记" });
            let items = json!({ "items": [met(&ends, 2018)] });
            let (putting, joining) = tests::at_once(
                || officer.post(&format!("{roll}/items"), &items),
                || officer.post("/v1/learner-merges", &merge),
            );
            let merge = joining.expect(201).header("location").to_owned();
            assert_eq!(outcomes(&putting.expect(200).json), ["created"]);
            assert_eq!(standing(app, &stays, 2018)["verdict"], "met");
            assert_eq!(outcomes(&officer.post(&format!("{roll}/items"), &items).expect(200).json), ["unchanged"]);
            let removal = json!({ "reason": "重复上报", "learners": [ends.id] });
            let undoing = json!({ "reason": "并非同一人" });
            let (removing, parting) = tests::at_once(
                || officer.post(&format!("{roll}/reversal"), &removal),
                || officer.post(&format!("{merge}/undoing"), &undoing),
            );
            let _ = parting.expect(200);
            let told = removing.expect(200).json;
            // Whichever came first: nothing that was taken back stands in one of the two.
            let standing = [&ends, &stays].map(|of| standing(app, of, 2018)["verdict"] == "met");
            let taken = told["learners"][0]["outcome"] == "reversed";
            assert_eq!(standing.iter().filter(|met| **met).count(), usize::from(!taken), "{told}");
            let rest = json!({ "reason": "重复上报", "learners": [stays.id] });
            let _ = officer.post(&format!("{roll}/reversal"), &rest).expect(200);
            assert_eq!(officer.get(&roll).expect(200).json["counts"]["people"], 0);
        }
    });
}

#[test]
fn what_a_roll_says_between_a_merge_and_its_undoing_stays_with_the_file_that_stays() {
    each_backend(|app| {
        let (ends, stays) = (app.learner("610100").register(), app.learner("610100").register());
        let officer = app.as_officer("610000");
        let roll = made(&officer, &past_years("610000"));
        let merge = json!({ "ends": ends.id, "stays": stays.id, "reason": "重复登记" });
        let merge = officer.post("/v1/learner-merges", &merge).expect(201);
        assert_eq!(outcomes(&put(&officer, &roll, &json!([met(&ends, 2018)]))), ["created"]);
        let undoing = format!("{}/undoing", merge.header("location"));
        let _ = officer.post(&undoing, &json!({ "reason": "并非同一人" })).expect(200);
        let verdicts = || [&ends, &stays].map(|of| standing(app, of, 2018)["verdict"].clone());
        assert_eq!(verdicts(), ["no_rule_in_force", "met"]);
        // The office says it of the right one, and takes it from the other.
        assert_eq!(outcomes(&put(&officer, &roll, &json!([met(&ends, 2018)]))), ["created"]);
        let asked = json!({ "reason": "并非同一人", "learners": [stays.id] });
        let _ = officer.post(&format!("{roll}/reversal"), &asked).expect(200);
        assert_eq!(verdicts(), ["met", "no_rule_in_force"]);
    });
}

/// On PostgreSQL what a joining or an undoing has left in the wrong file is looked for once more: waits until that has been.
pub(crate) fn looked_once_more(app: &App) {
    app.clock.set(app.clock.now() + time::Duration::HOUR);
    let goes_on = |(kind, state, _): &(String, WorkState, i64)| {
        kind == "release_holds" && [WorkState::Waiting, WorkState::Running].contains(state)
    };
    soon(|| !app.read(count_by_state).iter().any(goes_on));
}

#[test]
fn through_a_chain_of_files_each_person_gets_back_what_a_roll_says_of_them() {
    each_backend(|app| {
        let [one, other, stays, last] = [(); 4].map(|()| app.learner("610100").register());
        let officer = app.as_officer("610000");
        let roll = made(&officer, &past_years("610000"));
        // The same is said of two of them.
        let items = json!([met(&one, 2018), met(&other, 2018), met(&stays, 2017)]);
        assert_eq!(outcomes(&put(&officer, &roll, &items)), ["created"; 3]);
        let join = |ends: &Learner, stays: &Learner| {
            app.clock.set(app.clock.now() + time::Duration::HOUR);
            let merge = json!({ "ends": ends.id, "stays": stays.id, "reason": "重复登记" });
            officer.post("/v1/learner-merges", &merge).expect(201).header("location").to_owned()
        };
        let part = |merge: &str| {
            app.clock.set(app.clock.now() + time::Duration::HOUR);
            let _ = officer.post(&format!("{merge}/undoing"), &json!({ "reason": "并非同一人" })).expect(200);
            looked_once_more(app);
        };
        let verdicts = |of: &Learner| [2017, 2018].map(|year| standing(app, of, year)["verdict"].clone());
        let (none, met) = (json!("no_rule_in_force"), json!("met"));
        let first = join(&one, &stays);
        part(&first);
        let (first, second) = (join(&one, &stays), join(&other, &stays));
        let third = join(&stays, &last);
        assert_eq!(verdicts(&last), [met.clone(), met.clone()]);
        part(&third);
        assert_eq!(verdicts(&last), [none.clone(), none.clone()]);
        for (merge, back) in [(&second, &other), (&first, &one)] {
            part(merge);
            assert_eq!(verdicts(back), [none.clone(), met.clone()]);
        }
        assert_eq!(verdicts(&stays), [met, none]);
    });
}
