//! Rolls: lists of exemptions and attested past years, as the offices bring them.

mod exemptions;
mod merged;
mod past_years;
mod reversals;
mod tables;
mod wrong;

pub(crate) use merged::looked_once_more;

use domain::access::Named;
use serde_json::{Value, json};
use tests::{App, Client, fixtures::Learner};
use xueshi::auth::{CallerKind, Subject};

pub(crate) const DOCUMENT: &str = "示例人社函〔2021〕1号";

/// What makes a roll of past years.
pub(crate) fn past_years(place: &str) -> Value {
    json!({
        "kind": "past_years", "place": place, "document": DOCUMENT, "attested_by": "示例人社厅", "reason": "旧系统数据迁移"
    })
}

/// Makes a roll; its address.
#[track_caller]
pub(crate) fn made(caller: &Client<'_>, input: &Value) -> String {
    caller.post("/v1/rolls", input).expect(201).header("location").to_owned()
}

/// An item about someone, with more.
pub(crate) fn about(learner: &Learner, more: Value) -> Value {
    let mut item = json!({ "document_number": learner.person.document_number, "name": learner.person.name });
    item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    item
}

pub(crate) fn met(learner: &Learner, year: i32) -> Value {
    about(learner, json!({ "year": year, "met": true }))
}

fn hours(learner: &Learner, year: i32, public: u32) -> Value {
    about(learner, json!({ "year": year, "hours": [{ "category": "public", "hours": public }] }))
}

/// Puts items on a roll; what became of them.
#[track_caller]
fn put(caller: &Client<'_>, roll: &str, items: &Value) -> Value {
    caller.post(&format!("{roll}/items"), &json!({ "items": items })).expect(200).json
}

fn outcomes(told: &Value) -> Vec<&str> {
    told["items"].as_array().unwrap().iter().map(|item| item["outcome"].as_str().unwrap()).collect()
}

#[track_caller]
fn standing(app: &App, learner: &Learner, year: i32) -> Value {
    let path = format!("/v1/learners/{}/standings/{year}", learner.id);
    app.as_learner(learner.id).get(&path).expect(200).json
}

#[track_caller]
fn entries(app: &App, learner: &Learner) -> Vec<Value> {
    let path = format!("/v1/learners/{}/hour-entries?limit=200", learner.id);
    app.as_learner(learner.id).get(&path).expect(200).json["items"].as_array().unwrap().clone()
}

/// The authority of a series within a place.
pub(crate) fn sector<'a>(app: &'a App, place: &str, series: &str) -> Client<'a> {
    let named = Named { place: place.parse().ok(), series: Some(series.to_owned()), ..Named::default() };
    app.calling(Subject { kind: CallerKind::SectorAuthority, name: "zhao".to_owned(), named })
}

/// Registers the health commission of Qinghai, whose list the rules name.
pub(crate) fn commission(app: &App) -> Client<'_> {
    let authority = json!({ "name": "青海省卫生健康委员会", "kind": "sector", "place": "630000", "series": "卫生" });
    let _ = app.as_system_administrator().post("/v1/authorities", &authority).expect(201);
    sector(app, "630000", "卫生")
}

/// The commission's list of a year.
pub(crate) fn list_of(year: i32) -> Value {
    json!({
        "kind": "exemption", "exemption": "covid_front_line", "place": "630000", "year": year,
        "document": "青卫〔2020〕1号", "reason": "一线名单"
    })
}
