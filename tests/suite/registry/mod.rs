//! The registry: who and what exists.

mod catalogue;
mod chains;
mod erasure;
mod grounds;
mod learners;
mod many;
mod merges;
mod organisations;
mod own_file;
mod parted;
mod places;
mod races;
mod results;
mod told_of_merges;
mod unmasking;

use domain::kernel::{BaseId, LearnerId, PlatformId};
use domain::registry::Tier;
use serde_json::{Value, json};
use store::registry::{TrainingBase, upsert_base};
use tests::App;
use time::macros::date;
use uuid::Uuid;

/// A made-up resident id of 宝鸡's 渭滨区, sequence 000; each `n` has its own.
pub(crate) fn number(n: u32) -> String {
    let (year, rest) = (1960 + n / 336, n % 336);
    let body = format!("610302{year}{:02}{:02}000", rest / 28 + 1, rest % 28 + 1);
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    format!("{body}{}", ["1", "0", "X", "9", "8", "7", "6", "5", "4", "3", "2"][sum as usize % 11])
}

/// A learner of 渭滨区 since 2019.
pub(crate) fn learner(n: u32, name: &str) -> Value {
    json!({
        "document": { "kind": "resident_id", "number": number(n) },
        "name": name,
        "placement": { "place": "610302", "from_on": "2019-01-01" }
    })
}

pub(crate) fn register(app: &App, n: u32, name: &str) -> LearnerId {
    let answer = app.as_officer("610300").post("/v1/learners", &learner(n, name)).expect(201);
    let id = answer.json["learner_id"].as_str().unwrap().to_owned();
    assert_eq!(answer.header("location"), format!("/v1/learners/{id}"));
    id.parse().unwrap()
}

/// A provincial base of 陕西.
pub(crate) fn base(app: &App) -> BaseId {
    let base_id = BaseId::from_uuid(Uuid::now_v7());
    let now = app.clock.now();
    let row = TrainingBase {
        base_id,
        name: "示例基地".to_owned(),
        level: Tier::Provincial,
        place_code: "610000".parse().unwrap(),
        authority_id: None,
        recognised_from: date!(2019 - 01 - 01),
        recognised_until: None,
        created_at: now,
        updated_at: now,
    };
    app.state().store.write_blocking(move |db| upsert_base(db, &row)).unwrap();
    base_id
}

pub(crate) fn platform_input(code: &str, place: &str) -> Value {
    json!({
        "code": code,
        "name": "示例平台",
        "level": "provincial",
        "place": place,
        "categories": [{ "category": "public", "from_on": "2021-01-01", "until_on": "2021-12-31" }]
    })
}

pub(crate) fn platform(app: &App, code: &str) -> PlatformId {
    let answer = app.as_officer("610000").post("/v1/learning-platforms", &platform_input(code, "610000")).expect(201);
    answer.json["platform_id"].as_str().unwrap().parse().unwrap()
}

pub(crate) fn course(code: &str, base: BaseId) -> Value {
    json!({
        "code": code,
        "provider": { "kind": "base", "id": base },
        "title": format!("示例课程 {code}"),
        "category": "public",
        "hours": 7.5,
        "modes": ["online"],
        "policy_year": 2021,
        "available_from": "2021-01-01"
    })
}

/// A text as it goes into a query.
pub(crate) fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// The pointers and codes of a problem's faults, sorted.
pub(crate) fn faults(problem: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut all: Vec<_> =
        problem["errors"].as_array().unwrap().iter().map(|e| (text(&e["pointer"]), text(&e["code"]))).collect();
    all.sort();
    all
}

pub(crate) fn named(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(pointer, code)| ((*pointer).to_owned(), (*code).to_owned())).collect()
}
