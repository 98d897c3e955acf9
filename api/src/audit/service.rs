//! Use cases of the audit trail: looking at what others did, and a learner at who looked at their file.

use super::{
    readers::Readers,
    v1::{AccessRecord, EventBody, EventQuery, SealBody},
};
use crate::{
    auth::{Caller, Permission},
    extract::{Page, Paged},
    problem::{FieldError, Kind, Problem},
    state::AppState,
    text::{Language, Text},
};
use actix_web::web::{Bytes, Data};
use domain::{
    audit::{Act, Event},
    kernel::{EventId, LearnerId},
};
use futures_util::{Stream, stream};
use serde::{Deserialize, Serialize};
use store::{
    audit::{AfterEvent, EventSearch, last_seal, search_events},
    registry::{ended_in, load_learner_facts, successors},
};
use time::OffsetDateTime;

/// How many events are read at a time for an export.
const AT_ONCE: i64 = 500;

/// Where a page ended, as a cursor holds it.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Place(i128, EventId);

impl Place {
    fn of(event: &Event) -> Self {
        Self(event.at.unix_timestamp_nanos(), event.id)
    }

    fn after(self) -> Result<AfterEvent, Problem> {
        let at = OffsetDateTime::from_unix_timestamp_nanos(self.0).map_err(Problem::internal)?;
        Ok(AfterEvent { at, id: self.1 })
    }
}

impl EventQuery {
    /// Refuses a time that ends before it begins, in which nothing can have happened.
    ///
    /// # Errors
    /// `invalid_query`.
    pub(super) fn in_order(&self) -> Result<(), Problem> {
        match (&self.from_at, &self.until_at) {
            (Some(from), Some(until)) if from.0 >= until.0 => {
                let words = Text::new("应晚于 from_at", "must be later than from_at");
                Err(Problem::new(Kind::InvalidQuery).errors(vec![FieldError::new(
                    "?until_at",
                    "not_after_from",
                    words,
                )]))
            }
            _ => Ok(()),
        }
    }

    fn search(&self, after: Option<AfterEvent>, limit: i64) -> EventSearch<'_> {
        EventSearch {
            acts: self.act.as_slice(),
            actor: self.actor.as_deref(),
            subjects: self.subject_id.as_ref().map(std::slice::from_ref),
            operation: self.operation.as_deref(),
            request: self.request_id.as_deref(),
            from: self.from_at.map(|at| at.0),
            until: self.until_at.map(|at| at.0),
            after,
            limit,
        }
    }
}

/// A page of the trail, by the time things happened. That it was looked at is recorded as well.
pub(super) async fn events(
    state: &Data<AppState>,
    permission: &Permission,
    query: EventQuery,
    page: Page,
) -> Result<Paged<EventBody>, Problem> {
    state.journal.listed(permission, "audit_event", state.clock.now())?;
    let after = page.after::<Place>()?.map(Place::after).transpose()?;
    let fetch = page.fetch();
    let rows = state.store.read(move |db| search_events(db, query.search(after, fetch)).map_err(Problem::from)).await?;
    Ok(Paged::new(&page, rows, Place::of).map(EventBody::from))
}

/// Every event that is asked for as a line, read in pages so that memory does not grow with them.
pub(super) fn all_events(
    state: Data<AppState>,
    permission: &Permission,
    query: EventQuery,
) -> Result<impl Stream<Item = Result<Bytes, actix_web::Error>> + use<>, Problem> {
    state.journal.listed(permission, "audit_event", state.clock.now())?;
    Ok(stream::try_unfold(None, move |after: Option<AfterEvent>| {
        let (state, query) = (state.clone(), query.clone());
        async move {
            let read = move |db: &mut store::Db| search_events(db, query.search(after, AT_ONCE)).map_err(Problem::from);
            let events = state.store.read(read).await?;
            let Some(next) = events.last().map(|last| AfterEvent { at: last.at, id: last.id }) else { return Ok(None) };
            let mut lines = Vec::new();
            for event in events {
                serde_json::to_writer(&mut lines, &EventBody::from(event)).map_err(Problem::internal)?;
                lines.push(b'\n');
            }
            Ok(Some((Bytes::from(lines), Some(next))))
        }
    }))
}

/// The end of the chain.
pub(super) async fn latest_seal(state: &Data<AppState>) -> Result<SealBody, Problem> {
    let last = state.store.read(|db| last_seal(db).map_err(Problem::from)).await?;
    last.map(SealBody::from).ok_or_else(|| Problem::new(Kind::NotFound))
}

/// Who looked at a learner's file and who changed it, for that learner.
pub(super) async fn access_records(
    state: &Data<AppState>,
    permission: &Permission,
    (learner, language): (LearnerId, Language),
    page: Page,
) -> Result<Paged<AccessRecord>, Problem> {
    permission.require(matches!(permission.caller(), Caller::Learner(own) if *own == learner))?;
    let after = page.after::<Place>()?.map(Place::after).transpose()?;
    let (shared, today, fetch) = (state.clone(), state.clock.today(), page.fetch());
    let read = move |db: &mut store::Db| {
        if let Some(successor) = successors(db, &[learner])?.remove(&learner) {
            return Err(Problem::learner_merged(successor));
        }
        // What was seen of a file that ended in this one was seen of this person.
        let files = ended_in(db, &[learner])?.into_keys().chain([learner]);
        let files: Vec<LearnerId> = files.collect();
        let people = load_learner_facts(db, &files)?;
        let files: Vec<String> = files.iter().map(ToString::to_string).collect();
        let search = EventSearch {
            acts: &[Act::Read, Act::Write],
            subjects: Some(&files),
            after,
            limit: fetch,
            ..EventSearch::default()
        };
        let paged = Paged::new(&page, search_events(db, search)?, Place::of);
        let readers = Readers::of(db, &paged.items)?;
        let book = shared.rule_books.current(db)?;
        Ok(paged.map(|event| {
            let offices = readers.offices(&event, &people, (book.places(), today));
            AccessRecord::of(event, offices, language)
        }))
    };
    state.store.read(read).await
}
