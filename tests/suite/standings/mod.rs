//! Standing out: verdicts with their arithmetic and clauses, who may ask, what was known when, many people at once, and the
//! ledger behind it.

mod entry;
mod known;
mod ledger;
mod many;
mod sight;
mod verdicts;
mod verify;

use domain::kernel::LearnerId;
use serde_json::Value;
use tests::{Answer, App};

fn path(learner: LearnerId, year: i32) -> String {
    format!("/v1/learners/{learner}/standings/{year}")
}

/// The standing as the learner reads it.
#[track_caller]
fn standing(app: &App, learner: LearnerId, year: i32) -> Value {
    app.as_learner(learner).get(&path(learner, year)).expect(200).json
}

/// A node of the tree.
#[track_caller]
fn node<'s>(standing: &'s Value, code: &str) -> &'s Value {
    standing["nodes"].as_array().unwrap().iter().find(|node| node["code"] == code).unwrap()
}

/// Required, earned and short of a node.
#[track_caller]
fn hours(standing: &Value, code: &str) -> [f64; 3] {
    let node = node(standing, code);
    ["required", "earned", "short"].map(|key| node[key].as_f64().unwrap())
}

/// The items of a list.
#[track_caller]
fn items(answer: &Answer) -> &Vec<Value> {
    answer.json["items"].as_array().unwrap()
}
