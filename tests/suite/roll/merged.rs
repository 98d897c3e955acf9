//! Rolls and the joining of two files of one person.

use super::{hours, made, met, outcomes, past_years, put, standing};
use serde_json::{Value, json};
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
