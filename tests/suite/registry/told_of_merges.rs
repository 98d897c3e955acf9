//! Who is told that two files were merged or parted, and who is not.

use super::merges::{merge, two, undo};
use crate::completions::soon;
use domain::registry::EmployerKind;
use serde_json::{Value, json};
use tests::{Client, each_backend};
use xueshi::auth::{CallerKind, Subject};

/// The changes of files that a caller is told, in pages of so many.
fn told(client: &Client<'_>, limit: u8) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), json!(0));
    loop {
        let page = client.get(&format!("/v1/changes?after={after}&limit={limit}")).expect(200).json;
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        after = page["next_after"].clone();
        if page["more"] == false {
            break;
        }
    }
    all.retain(|change| change["kind"].as_str().unwrap().starts_with("merge"));
    all
}

#[test]
fn whoever_follows_either_file_or_pushed_of_the_one_that_ended_is_told_of_the_merge() {
    each_backend(|app| {
        let (stage, ends, stays) = two(app);
        assert_eq!(app.push_one(&stage.platform, &ends.finished(&stage.public))["outcome"], "credited");
        // One has something of the file that ends alone, another one of the file that stays.
        let [of_the_ended, other] = [("of-the-ended", &ends), ("of-the-other", &stays)].map(|(code, learner)| {
            let platform = app.platform(code).register();
            let course = app.course(code).professional().hours(8).for_year(2020).on(&platform).open();
            // Whatever became of it, it was about that learner.
            assert_eq!(app.push_one(&platform, &learner.finished(&course))["learner_id"], json!(learner.id));
            platform
        });
        let employed = app.employer(EmployerKind::Enterprise);
        let of_employer = domain::access::Named { employer: Some(employed), ..Default::default() };
        let (kind, name) = (CallerKind::EmployerAdministrator, "zhao".to_owned());
        let employer = app.calling(Subject { kind, name, named: of_employer });
        let stated = json!({ "employer_id": employed, "from_on": "2019-01-01" });
        let office = app.as_officer("610000");
        let _ = office.post(&format!("/v1/learners/{}/employments", ends.id), &stated).expect(201);
        let merged = merge(app, &ends, &stays).expect(201);
        let _ = undo(app, &merged).expect(200);
        let kinds = |all: &[Value]| all.iter().map(|one| one["kind"].clone()).collect::<Vec<_>>();
        let platforms = [stage.platform.id, of_the_ended.id].map(|id| app.as_platform(id));
        for client in platforms.into_iter().chain([employer, app.as_officer("610300")]) {
            soon(|| kinds(&told(&client, 200)) == ["merged", "merge_undone"]);
            let all = told(&client, 200);
            assert_eq!((&all[0]["learner_id"], &all[0]["successor_id"]), (&json!(ends.id), &json!(stays.id)));
        }
        assert!(told(&app.as_platform(other.id), 200).is_empty() && told(&app.as_officer("630000"), 200).is_empty());
    });
}

#[test]
fn a_platform_is_told_of_a_merge_of_its_own_learners_alone_and_no_learner_of_platforms() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let [first, second, third] = ["610100", "610300", "610302"].map(|place| app.learner(place).register());
        assert_eq!(app.push_one(&stage.platform, &first.finished(&stage.public))["outcome"], "credited");
        // By mistake the first file ended in the second for a while.
        let mistaken = merge(app, &first, &second).expect(201);
        let _ = undo(app, &mistaken).expect(200);
        let platform = app.as_platform(stage.platform.id);
        soon(|| told(&platform, 200).len() == 2);
        let _ = merge(app, &second, &third).expect(201);
        let own = app.as_learner(third.id);
        soon(|| !told(&own, 200).is_empty());
        assert_eq!(told(&platform, 200).len(), 2, "nothing of the second file is the platform's");
        // In pages of one nothing is put together.
        for (learner, joined) in [(&first, 1), (&second, 2)] {
            let all = told(&app.as_learner(learner.id), 1);
            assert!(all.iter().all(|one| one["platform_id"].is_null()), "{all:?}");
            assert_eq!(all.iter().filter(|one| one["kind"] == "merged").count(), 2 * joined, "{all:?}");
        }
    });
}
