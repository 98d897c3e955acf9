//! Use cases of reassessments: begin, show, list.

use super::{
    body::{ChangeCount, ReassessmentBody, ReassessmentInput},
    run::queue,
};
use crate::{
    audit::Recording,
    auth::Permission,
    extract::{Page, Paged, Unjudged},
    idempotency::Made,
    problem::{Kind, Problem},
    state::AppState,
    wire::{Moment, PlaceRef},
};
use actix_web::web::Data;
use domain::{
    kernel::{PolicyId, ReassessmentId, WorkId},
    policy::{Policy, RuleBook},
};
use std::sync::Arc;
use store::{
    Db, StoreError,
    policy::find_version,
    reassessment::{
        Reassessment, count_reassessed, find_reassessment, insert_reassessment, reassessments_of, running_reassessment,
    },
    whole_micros,
    work::{WorkState, find_work},
};
use time::Date;

/// A published version whose place is the caller's.
///
/// # Errors
/// `not_found`, `outside_place`, `not_published`.
pub(super) fn published(
    db: &mut Db,
    (permission, book): (&Permission, &RuleBook),
    id: PolicyId,
) -> Result<Arc<Policy>, Problem> {
    let (version, _) = find_version(db, id)?.ok_or_else(|| Problem::new(Kind::NotFound))?;
    permission.require_place(book.places(), &version.place_code)?;
    let found = book.versions().find(|policy| policy.id == id).map(Arc::clone);
    found.ok_or_else(|| Problem::new(Kind::NotPublished).with("policy_id", id))
}

fn running(other: Option<Reassessment>) -> Problem {
    Problem::new(Kind::ReassessmentRunning).with("reassessment_id", other.map(|other| other.reassessment_id))
}

/// Keeps what is asked for, and queues the work. Nothing is decided yet.
pub(super) async fn create(
    state: &Data<AppState>,
    permission: Permission,
    id: PolicyId,
    input: Unjudged<ReassessmentInput>,
) -> Result<Made, Problem> {
    let (shared, now, today) = (state.clone(), whole_micros(state.clock.now()), state.clock.today());
    let (own, work) = (ReassessmentId::from_uuid(state.new_id()), WorkId::from_uuid(state.new_id()));
    let author = permission.author();
    let write = move |db: &mut Recording<'_>| {
        let book = shared.rule_books.current(db)?;
        let policy = input.after(published(db, (&permission, &book), id))?;
        if let Some(other) = running_reassessment(db, id)? {
            return input.after(Err(running(Some(other))));
        }
        let reason = input.judged(|input, _| Ok(Some(input.reason.trim().to_owned())))?;
        let row = Reassessment {
            reassessment_id: own,
            policy_id: id,
            place_code: policy.rules.policy.place.clone(),
            reason,
            recorded_at: now,
            recorded_by: permission.signature(),
            work_id: work,
            ended_at: None,
            people: None,
            items: None,
        };
        match insert_reassessment(db, &row) {
            // Another one began at this very moment.
            Err(StoreError::Conflict { .. }) => return Err(running(None)),
            done => done?,
        }
        queue(db, (work, own), now)?;
        let body = body(db, &book, row, today)?;
        Made::at(format!("/v1/reassessments/{own}"), &db.after("reassessment", own, body))
    };
    state.create(author, write).await
}

pub(super) async fn find(
    state: &Data<AppState>,
    permission: Permission,
    id: ReassessmentId,
) -> Result<ReassessmentBody, Problem> {
    let (shared, today) = (state.clone(), state.clock.today());
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let found = find_reassessment(db, id)?;
        let own = found.as_ref().is_some_and(|row| permission.caller().answers_for(book.places(), &row.place_code));
        permission.require(own)?;
        let row = found.ok_or_else(|| Problem::new(Kind::NotFound))?;
        let changed = count_reassessed(db, id)?.into_iter().map(ChangeCount::from).collect();
        Ok(ReassessmentBody { changed: Some(changed), ..body(db, &book, row, today)? })
    };
    state.store.read(read).await
}

pub(super) async fn list(
    state: &Data<AppState>,
    permission: Permission,
    id: PolicyId,
    page: Page,
) -> Result<Paged<ReassessmentBody>, Problem> {
    let (shared, today, after) = (state.clone(), state.clock.today(), page.after::<ReassessmentId>()?);
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let (version, _) = find_version(db, id)?.ok_or_else(|| Problem::new(Kind::NotFound))?;
        permission.require_place(book.places(), &version.place_code)?;
        let rows = Paged::new(&page, reassessments_of(db, id, after, page.fetch())?, |last| last.reassessment_id);
        rows.try_map(|row| body(db, &book, row, today))
    };
    state.store.read(read).await
}

/// One on the wire, with how far it has come. What was done long ago is no longer among the work.
fn body(db: &mut Db, book: &RuleBook, row: Reassessment, today: Date) -> Result<ReassessmentBody, Problem> {
    let work = find_work(db, row.work_id)?;
    let so_far = work.as_ref().map(|work| work.done);
    let state =
        if row.ended_at.is_some() { WorkState::Done } else { work.as_ref().map_or(WorkState::Dead, |work| work.state) };
    Ok(ReassessmentBody {
        reassessment_id: row.reassessment_id,
        policy_id: row.policy_id,
        place: PlaceRef::of(book.places(), &row.place_code, today),
        reason: row.reason,
        recorded_at: row.recorded_at.into(),
        recorded_by: row.recorded_by,
        state,
        ended_at: row.ended_at.map(Moment),
        people: row.people.or(so_far),
        people_in_all: row.people.or_else(|| work.and_then(|work| work.total)),
        items: row.items,
        changed: None,
    })
}
