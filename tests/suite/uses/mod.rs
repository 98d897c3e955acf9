//! What years are used for: whether they allow an application, what follows from one that was missed, and surplus.

mod consequences;
mod eligibility;
pub(crate) mod surplus;
mod what_if;

use domain::{
    hour_ledger::{Basis, Drawn, Entry, EntryKind, Ground, Node},
    kernel::{CaseId, EntryId, Hours, PolicyId},
    policy::{CategoryCode, Fulfils},
};
use serde_json::Value;
use store::hour_ledger::insert_entries;
use tests::{App, fixtures::Learner};
use time::OffsetDateTime;
use uuid::Uuid;

/// That an office attests a year to have been met.
fn attested(app: &App, learner: &Learner, place: &str, year: i32) {
    let ground = Ground { fulfils: Some(Fulfils::EverythingYear), ..ground(Basis::Attestation) };
    append(app, Entry { ground: Some(ground), ..line(app, learner, place, year) });
}

/// An allocation of surplus, whatever it draws on; its id.
pub(crate) fn allocated(app: &App, learner: &Learner, place: &str, policy: &str) -> String {
    let drawn = Some(Drawn { year: 2020, line: EntryId::from_uuid(Uuid::now_v7()) });
    let ground = Ground { drawn, ..ground(Basis::Surplus) };
    let case = ground.case.to_string();
    append(app, Entry { ground: Some(ground), policy: policy_id(policy), ..line(app, learner, place, 2019) });
    case
}

/// A line of someone's ledger; its id.
pub(crate) fn a_line(app: &App, learner: &Learner, place: &str) -> String {
    let line = Entry { ground: Some(ground(Basis::Attestation)), ..line(app, learner, place, 2016) };
    let id = line.id.to_string();
    append(app, line);
    id
}

fn policy_id(text: &str) -> Option<PolicyId> {
    Some(PolicyId::from_uuid(text.parse().unwrap()))
}

fn ground(basis: Basis) -> Ground {
    let case = CaseId::from_uuid(Uuid::now_v7());
    Ground { basis, case, achievement: None, fulfils: None, drawn: None }
}

/// A line of someone's year, of no hours and on nothing.
fn line(app: &App, learner: &Learner, place: &str, year: i32) -> Entry {
    let at = OffsetDateTime::from_unix_timestamp(i64::from(year - 1970) * 31_557_600 + 30_000_000).unwrap();
    Entry {
        id: EntryId::from_uuid(Uuid::now_v7()),
        learner: learner.id,
        kind: EntryKind::Credit,
        year,
        place: place.parse().unwrap(),
        category: CategoryCode::new(Node::TOTAL),
        subject: None,
        hours: Hours::ZERO,
        course: None,
        course_version: None,
        platform: None,
        external_id: None,
        completion: None,
        // A line on a case has the number of its decision.
        decision_number: Some(1),
        mode: None,
        started_at: None,
        ended_at: None,
        completed_at: at,
        ground: None,
        policy: None,
        review: Vec::new(),
        reverses: None,
        reason_code: None,
        recorded_at: app.clock.now(),
        recorded_by: "fixture".to_owned(),
    }
}

fn append(app: &App, line: Entry) {
    app.write_lines_past_the_service();
    app.write(move |db| insert_entries(db, std::slice::from_ref(&line)));
}

/// What a list of objects says under a key.
fn each<'v>(list: &'v Value, key: &str) -> Vec<&'v Value> {
    list.as_array().unwrap().iter().map(|one| &one[key]).collect()
}
