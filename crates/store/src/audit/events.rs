//! Events: appended and read, never changed.

use crate::{
    Db, StoreError,
    bulk::{insert_all, insert_new},
    db::on_db,
    policy::touch_revision,
    schema::{audit_event, audit_unsealed},
    types::{Ts, Uid, Word},
};
use diesel::prelude::*;
use domain::{
    audit::{Act, Channel, Event},
    kernel::EventId,
};
use time::OffsetDateTime;

/// An event as its row.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_event, treat_none_as_default_value = false)]
pub(super) struct EventRow {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    event_id: EventId,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    happened_at: OffsetDateTime,
    #[diesel(serialize_as = Word<Act>, deserialize_as = Word<Act>)]
    act: Act,
    operation: String,
    actor: String,
    role: Option<String>,
    on_behalf_of: Option<String>,
    #[diesel(serialize_as = Word<Channel>, deserialize_as = Word<Channel>)]
    channel: Channel,
    channel_name: Option<String>,
    subject_kind: Option<String>,
    subject_id: Option<String>,
    purpose: Option<String>,
    problem: Option<String>,
    before_json: Option<String>,
    after_json: Option<String>,
    request_id: Option<String>,
    times: i64,
}

impl From<&Event> for EventRow {
    fn from(event: &Event) -> Self {
        let Event { id, at, act, channel, times, .. } = *event;
        let Event { operation, actor, role, on_behalf_of, channel_name, subject_kind, subject_id, .. } = event.clone();
        let Event { purpose, problem, before, after, request_id, .. } = event.clone();
        Self {
            event_id: id,
            happened_at: at,
            act,
            operation,
            actor,
            role,
            on_behalf_of,
            channel,
            channel_name,
            subject_kind,
            subject_id,
            purpose,
            problem,
            before_json: before,
            after_json: after,
            request_id,
            times,
        }
    }
}

impl From<EventRow> for Event {
    fn from(row: EventRow) -> Self {
        Self {
            id: row.event_id,
            at: row.happened_at,
            act: row.act,
            operation: row.operation,
            actor: row.actor,
            role: row.role,
            on_behalf_of: row.on_behalf_of,
            channel: row.channel,
            channel_name: row.channel_name,
            subject_kind: row.subject_kind,
            subject_id: row.subject_id,
            purpose: row.purpose,
            problem: row.problem,
            before: row.before_json,
            after: row.after_json,
            request_id: row.request_id,
            times: row.times,
        }
    }
}

#[derive(Clone, Copy, Insertable)]
#[diesel(table_name = audit_unsealed)]
struct Unsealed {
    event_id: Uid,
}

/// Appends an event, to be sealed.
pub fn append_event(db: &mut Db, event: &Event) -> Result<(), StoreError> {
    append_events(db, std::slice::from_ref(event))
}

/// Appends events, to be sealed.
pub fn append_events(db: &mut Db, events: &[Event]) -> Result<(), StoreError> {
    let rows: Vec<EventRow> = events.iter().map(EventRow::from).collect();
    insert_all!(db, audit_event::table, &rows);
    queue(db, &rows.iter().map(|row| row.event_id.into()).collect::<Vec<_>>())
}

/// Appends those of the events that are not there yet; answers how many.
pub fn append_new_events(db: &mut Db, events: &[Event]) -> Result<usize, StoreError> {
    let rows: Vec<EventRow> = events.iter().map(EventRow::from).collect();
    let new: Vec<Uid> =
        insert_new!(db, audit_event::table, &rows, audit_event::event_id, Uid, |row: &EventRow| row.event_id.into());
    queue(db, &new)?;
    Ok(new.len())
}

fn queue(db: &mut Db, ids: &[Uid]) -> Result<(), StoreError> {
    let rows: Vec<Unsealed> = ids.iter().map(|id| Unsealed { event_id: *id }).collect();
    insert_all!(db, audit_unsealed::table, &rows);
    Ok(())
}

/// Takes the right to be counted, until the transaction ends: of many at once each sees those before.
pub fn hold_unmasking(db: &mut Db) -> Result<(), StoreError> {
    touch_revision(db, "unmasking")
}

/// How many events of an operation there are since a moment by someone, or by a client on their behalf.
pub fn count_events_for(db: &mut Db, who: &str, operation: &str, from: OffsetDateTime) -> Result<i64, StoreError> {
    // Two questions, each of which has its index.
    let by: i64 = on_db!(db, c => audit_event::table
        .filter(audit_event::actor.eq(who))
        .filter(audit_event::happened_at.ge(Ts::from(from)))
        .filter(audit_event::operation.eq(operation))
        .filter(audit_event::act.ne(Word::from(Act::Refusal)))
        .count()
        .get_result(c))?;
    let on_behalf: i64 = on_db!(db, c => audit_event::table
        .filter(audit_event::on_behalf_of.eq(who))
        .filter(audit_event::happened_at.ge(Ts::from(from)))
        .filter(audit_event::operation.eq(operation))
        .filter(audit_event::act.ne(Word::from(Act::Refusal)))
        .count()
        .get_result(c))?;
    Ok(by + on_behalf)
}

/// The last event of an operation by someone.
pub fn last_event_by(db: &mut Db, actor: &str, operation: &str) -> Result<Option<Event>, StoreError> {
    let found: Option<EventRow> = on_db!(db, c => audit_event::table
        .filter(audit_event::actor.eq(actor))
        .filter(audit_event::operation.eq(operation))
        .order((audit_event::happened_at.desc(), audit_event::event_id.desc()))
        .select(EventRow::as_select())
        .first(c)
        .optional())?;
    Ok(found.map(Event::from))
}

/// Where a page of events ended.
#[derive(Clone, Copy, Debug)]
pub struct AfterEvent {
    /// When its last event happened.
    pub at: OffsetDateTime,
    /// Which one it was.
    pub id: EventId,
}

/// Which events to read.
#[derive(Clone, Copy, Debug, Default)]
pub struct EventSearch<'a> {
    /// Only of these kinds; of any, where none is named.
    pub acts: &'a [Act],
    /// Only by this one.
    pub actor: Option<&'a str>,
    /// Only about one of these.
    pub subjects: Option<&'a [String]>,
    /// Only of this operation.
    pub operation: Option<&'a str>,
    /// Only of this request.
    pub request: Option<&'a str>,
    /// Not before.
    pub from: Option<OffsetDateTime>,
    /// Before.
    pub until: Option<OffsetDateTime>,
    /// After this one.
    pub after: Option<AfterEvent>,
    /// At most so many.
    pub limit: i64,
}

/// Events by the time they happened.
pub fn search_events(db: &mut Db, search: EventSearch<'_>) -> Result<Vec<Event>, StoreError> {
    let rows: Vec<EventRow> = on_db!(db, c => {
        let mut query = audit_event::table
            .select(EventRow::as_select())
            .order((audit_event::happened_at, audit_event::event_id))
            .limit(search.limit)
            .into_boxed();
        if !search.acts.is_empty() {
            let acts = search.acts.iter().copied().map(Word::from);
            query = query.filter(audit_event::act.eq_any(acts));
        }
        if let Some(actor) = search.actor {
            query = query.filter(audit_event::actor.eq(actor));
        }
        if let Some(subjects) = search.subjects {
            query = query.filter(audit_event::subject_id.eq_any(subjects));
        }
        if let Some(operation) = search.operation {
            query = query.filter(audit_event::operation.eq(operation));
        }
        if let Some(request) = search.request {
            query = query.filter(audit_event::request_id.eq(request));
        }
        if let Some(from) = search.from {
            query = query.filter(audit_event::happened_at.ge(Ts::from(from)));
        }
        if let Some(until) = search.until {
            query = query.filter(audit_event::happened_at.lt(Ts::from(until)));
        }
        if let Some(AfterEvent { at, id }) = search.after {
            let (at, id) = (Ts::from(at), Uid::from(id));
            let later = audit_event::happened_at.eq(at).and(audit_event::event_id.gt(id));
            query = query.filter(audit_event::happened_at.gt(at).or(later));
        }
        query.load(c)
    })?;
    Ok(rows.into_iter().map(Event::from).collect())
}
