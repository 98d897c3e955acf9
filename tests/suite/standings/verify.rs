//! `ledger verify`: whether the lines of all files hold together, whatever was done to them and by whom.
//!
//! That of no test of this suite anything is found is expected by `tests::each_backend` itself.

use crate::{
    completions::reverse,
    exceptions::{PLACE, approve, filed, input},
    findings::officer,
    recognition::Town,
};
use diesel::connection::SimpleConnection;
use serde_json::json;
use std::collections::BTreeSet;
use store::{Db, StoreError};
use tests::{
    App, Backend, each_backend,
    fixtures::{Item, Learner, Stage},
};

/// The command: how it ended and what it said.
fn verify(app: &App) -> (Option<i32>, String) {
    let output = app.command(env!("CARGO_BIN_EXE_node"), &["ledger", "verify"]);
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

/// What an intruder does who owns the database.
fn tamper(app: &App, sql: &str) {
    app.write_lines_past_the_service();
    let sql = sql.to_owned();
    app.write(move |db| match db {
        Db::Sqlite(c) => {
            for table in ["hour_entry", "completion_decision", "completion", "course_version", "roll"] {
                for what in ["update", "delete"] {
                    c.batch_execute(&format!("DROP TRIGGER IF EXISTS {table}_no_{what}"))?;
                }
            }
            c.batch_execute(&sql).map_err(StoreError::from)
        }
        Db::Pg(c) => Ok(c.batch_execute(&format!("SET LOCAL session_replication_role = replica; {sql}"))?),
    });
}

/// Somebody whose item was corrected, one of whose items was taken back, and whose former file ended in this one.
fn history(app: &App) -> (Stage, Learner, Learner) {
    let stage = app.shaanxi();
    let (ends, stays) = (app.learner("610100").register(), app.learner("610100").register());
    let first = stays.finished(&stage.public).called("first");
    assert_eq!(app.push_one(&stage.platform, &first)["outcome"], "credited");
    let second = stays.finished(&stage.public).called("second").replacing(&first);
    assert_eq!(app.push_one(&stage.platform, &second)["outcome"], "credited");
    let wrong = app.push_one(&stage.platform, &stays.finished(&stage.professional).called("wrong"));
    let _ = reverse(app, &stage.platform, &wrong["completion_id"]).expect(200);
    let brought = ends.finished(&stage.professional).called("brought");
    assert_eq!(app.push_one(&stage.platform, &brought)["outcome"], "credited");
    let merge = json!({ "ends": ends.id, "stays": stays.id, "reason": "重复登记" });
    let _ = app.as_officer("610000").post("/v1/learner-merges", &merge).expect(201);
    (stage, ends, stays)
}

#[test]
fn a_ledger_of_credits_reversals_a_merge_and_an_erasure_holds_together() {
    each_backend(|app| {
        let (code, said) = verify(app);
        assert_eq!((code, said.lines().last()), (Some(0), Some("the ledger holds together")), "an empty one: {said}");
        let (_, _, stays) = history(app);
        // first and what took it back, second, wrong and what took it back, brought, what took it back, and brought again.
        let counted = "2 files, 8 lines, 3 of them reversals";
        let (code, said) = verify(app);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.starts_with(counted), "{said}");
        let path = format!("/v1/learners/{}/erasure", stays.id);
        let _ = app.as_officer("610000").post(&path, &json!({ "ground": "受理〔2021〕1号" })).expect(200);
        let (code, said) = verify(app);
        assert_eq!(code, Some(0), "after the person is gone: {said}");
        assert!(said.starts_with(counted), "{said}");
    });
}

#[test]
fn what_an_intruder_changes_inserts_or_removes_is_named_by_its_file_and_line() {
    /// What is done, what is said of it, and whether of the file that ended.
    const DONE: [(&str, &str, bool); 9] = [
        (
            "UPDATE hour_entry SET hours_hundredths = 9900 WHERE external_id = 'second' AND kind = 'credit'",
            "differs in hours_hundredths from the version of its course; expected: what that is worth",
            false,
        ),
        (
            "UPDATE hour_entry SET year = 2019 WHERE external_id = 'first' AND kind = 'reversal'",
            "differs in year from ",
            false,
        ),
        (
            "UPDATE hour_entry SET decision_number = 7 WHERE external_id = 'wrong' AND kind = 'credit'",
            "differs in decision_number from the decision over its item",
            false,
        ),
        (
            "DELETE FROM hour_entry WHERE external_id = 'brought' AND kind = 'credit' AND reason_code = 'merged'",
            "is gone, which decision 2 over an item names; expected: the line of that decision",
            false,
        ),
        (
            "DELETE FROM hour_entry WHERE external_id = 'brought' AND kind = 'reversal'",
            "stands though decision 2 over its item came after; expected: that it was taken back",
            true,
        ),
        ("DELETE FROM completion_decision WHERE external_id = 'first'", "no decision over its item says it", false),
        (
            "UPDATE completion SET completed_at = received_at WHERE external_id = 'wrong'",
            "differs in completed_at from its item",
            false,
        ),
        ("DELETE FROM completion WHERE external_id = 'second'", "rests on an item that was never pushed", false),
        (
            "UPDATE course_version SET hours_hundredths = 100",
            "differs in hours_hundredths from the version of its course",
            false,
        ),
    ];
    each_backend(|app| {
        let (_, ends, stays) = history(app);
        let mut before = BTreeSet::new();
        for (sql, wanted, of_ended) in DONE {
            tamper(app, sql);
            let (code, said) = verify(app);
            assert_eq!(code, Some(3), "{sql}: {said}");
            assert!(said.contains("does NOT hold together"), "{sql}: {said}");
            // What was done before is told still: this is new.
            let told: BTreeSet<String> =
                said.lines().filter(|line| line.starts_with("learner ")).map(str::to_owned).collect();
            let whose = format!("learner {}, line ", if of_ended { ends.id } else { stays.id });
            let is =
                |line: &&String| line.starts_with(&whose) && line.contains(wanted) && line.contains("; expected: ");
            assert!(told.difference(&before).any(|line| is(&line)), "{sql}: {said}");
            before = told;
        }
    });
}

#[test]
fn a_line_that_was_made_up_is_found() {
    each_backend(|app| {
        let (.., stays) = history(app);
        let id = match app.backend() {
            Backend::Sqlite => "randomblob(16)",
            Backend::Postgres => "gen_random_uuid()",
        };
        // What one item says once more, under a number that no decision has.
        let columns =
            "kind, year, place_code, category, subject, hours_hundredths, course_id, course_version, platform_id, external_id,
            completion_id, mode, completed_at, policy_id, recorded_at, recorded_by";
        tamper(
            app,
            &format!(
                "INSERT INTO hour_entry (learner_id, entry_id, decision_number, {columns})
                SELECT learner_id, {id}, 9, {columns} FROM hour_entry WHERE external_id = 'second'"
            ),
        );
        let (code, said) = verify(app);
        assert_eq!(code, Some(3), "{said}");
        assert!(said.starts_with(&format!("learner {}, line ", stays.id)), "{said}");
        assert!(said.contains("no decision over its item says it") && said.contains(": 1 finding"), "{said}");
    });
}

/// That of a case and its lines neither is believed without the other.
fn hold_one_another(app: &App, case: &str) {
    let (code, said) = verify(app);
    assert_eq!(code, Some(0), "{said}");
    tamper(app, "UPDATE review_case SET phase = 'revoked'");
    let (code, said) = verify(app);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains(&format!("stands by case {case}, which is not approved")), "{said}");
    tamper(app, "UPDATE review_case SET phase = 'approved'; DELETE FROM hour_entry WHERE case_id IS NOT NULL");
    let (code, said) = verify(app);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains(&format!("no line rests on case {case}, which is approved")), "{said}");
}

#[test]
fn a_recognition_without_its_lines_and_lines_without_their_recognition_are_found() {
    each_backend(|app| {
        let town = Town::in_autumn(app);
        let id = town.submitted();
        town.through(&id);
        hold_one_another(app, &id);
    });
}

#[test]
fn an_exception_without_its_lines_and_lines_without_their_exception_are_found() {
    each_backend(|app| {
        let stage = app.guangde();
        let learner = app.learner(PLACE).register();
        let _ = app.push(&stage.platform, [learner.finished(&stage.public)]);
        let (_, id) = filed(&officer(app, PLACE, "li"), &input(&learner, 2020, json!({ "met": true })));
        let _ = approve(&officer(app, PLACE, "wang"), &id).expect(200);
        hold_one_another(app, &id);
    });
}

#[test]
fn of_very_many_findings_two_hundred_are_named_and_all_are_counted() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610100").register();
        let items: Vec<Item> = (0..205).map(|n| learner.finished(&stage.public).called(&format!("N-{n}"))).collect();
        let _ = app.push_batch(&stage.platform, items).expect(200);
        tamper(app, "UPDATE hour_entry SET hours_hundredths = 9900");
        let (code, said) = verify(app);
        assert_eq!(code, Some(3), "{said}");
        assert_eq!(said.lines().filter(|line| line.starts_with("learner ")).count(), 200);
        assert!(said.contains("... and 5 more\n") && said.contains("together: 205 findings"), "{said}");
    });
}

#[test]
fn a_database_that_is_not_there_is_no_ledger_that_holds_together() {
    let app = App::start(Backend::Sqlite);
    let nowhere = format!("sqlite://{}", app.folder().join("nowhere.db").display());
    let output =
        app.command_with(env!("CARGO_BIN_EXE_node"), &["ledger", "verify"], &[("DATABASE_URL", nowhere.as_str())]);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
}
