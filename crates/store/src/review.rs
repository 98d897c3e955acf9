//! Cases that offices decide: their events, which are only ever added, and where that brought them, for the queues.
//!
//! What may happen to a case is decided in `domain::review`. Whoever writes holds the case first, so that on PostgreSQL the second of
//! two officers waits and then sees what the first did; were it not held, the number of the event would still be taken.

mod backlog;
mod kept;

pub use backlog::{Passed, first_opened_at, passed, piles};
pub use kept::{KeptCase, approved_cases, kept_cases};

use crate::{
    Db, StoreError,
    bulk::of_ids,
    db::on_db,
    registry::successors,
    schema::{review_case, review_event},
    types::{Opt, PlaceText, Ts, Uid, Word},
};
use diesel::{dsl::sql, prelude::*, sql_types::BigInt};
use domain::{
    access::Reach,
    kernel::{CaseId, EmployerId, LearnerId, PlaceCode, china_date},
    policy::shape::Seat,
    review::{Action, Candidate, Case, Event, Filing, HoursLeft, Opening, Phase, Subject, What},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::HashMap;
use time::{Date, OffsetDateTime};

/// What never changes about a case beyond what has a column of its own.
#[derive(Serialize, Deserialize)]
struct OpeningText {
    filed_by: Filing,
    hours: HoursLeft,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = review_case, treat_none_as_default_value = false)]
struct Row {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    case_id: CaseId,
    #[diesel(serialize_as = Word<Subject>, deserialize_as = Word<Subject>)]
    subject: Subject,
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    learner_id: LearnerId,
    #[diesel(serialize_as = Opt<Uid>, deserialize_as = Opt<Uid>)]
    employer_id: Option<EmployerId>,
    #[diesel(serialize_as = Opt<PlaceText>, deserialize_as = Opt<PlaceText>)]
    place_code: Option<PlaceCode>,
    opening: String,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    opened_at: OffsetDateTime,
    number: i32,
    #[diesel(serialize_as = Word<Phase>, deserialize_as = Word<Phase>)]
    phase: Phase,
    stage: Option<i32>,
    reach: Option<String>,
    #[diesel(serialize_as = Opt<Word<Seat>>, deserialize_as = Opt<Word<Seat>>)]
    seat: Option<Seat>,
    arrived_on: Option<Date>,
    due_on: Option<Date>,
    #[diesel(serialize_as = Opt<Ts>, deserialize_as = Opt<Ts>)]
    arrived_at: Option<OffsetDateTime>,
    claimed_by: Option<String>,
    #[diesel(serialize_as = Opt<Ts>, deserialize_as = Opt<Ts>)]
    claim_ends_at: Option<OffsetDateTime>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = review_event, treat_none_as_default_value = false)]
struct EventRow {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    case_id: CaseId,
    number: i32,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    happened_at: OffsetDateTime,
    happened_by: String,
    #[diesel(serialize_as = Opt<Uid>, deserialize_as = Opt<Uid>)]
    by_learner_id: Option<LearnerId>,
    #[diesel(serialize_as = Word<Action>, deserialize_as = Word<Action>)]
    action: Action,
    #[diesel(serialize_as = Opt<Word<Seat>>, deserialize_as = Opt<Word<Seat>>)]
    left_seat: Option<Seat>,
    #[diesel(serialize_as = Opt<Word<Seat>>, deserialize_as = Opt<Word<Seat>>)]
    came_to: Option<Seat>,
    what: String,
}

/// Opens a case, to which nothing has happened yet. `employer` is whose people it concerns, for their turns in a queue ([`concern`]); `place` the
/// place of the person on this day, in whose backlog it is counted.
///
/// # Errors
/// [`StoreError::Conflict`] where there is such a case.
pub fn open_case(
    db: &mut Db,
    opening: &Opening,
    (employer, place): (Option<EmployerId>, Option<PlaceCode>),
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let text = OpeningText { filed_by: opening.filed_by.clone(), hours: opening.hours };
    let row = Row {
        case_id: opening.id,
        subject: opening.subject,
        learner_id: opening.learner,
        employer_id: employer,
        place_code: place,
        opening: written(&text)?,
        opened_at: now,
        number: 0,
        phase: Phase::Draft,
        stage: None,
        reach: None,
        seat: None,
        arrived_on: None,
        due_on: None,
        arrived_at: None,
        claimed_by: None,
        claim_ends_at: None,
    };
    on_db!(db, c => diesel::insert_into(review_case::table).values(row).execute(c))?;
    Ok(())
}

/// A case as its events made it. Whoever it names as a learner is named by the file that stands, where theirs has ended in another.
///
/// # Errors
/// [`StoreError::Unreadable`] where its events do not follow one another: something was tampered with.
pub fn find_case(db: &mut Db, id: CaseId) -> Result<Option<Case>, StoreError> {
    let row = on_db!(db, c => review_case::table.find(Uid::from(id)).select(Row::as_select()).first(c).optional())?;
    row.map(|row| folded(db, row)).transpose()
}

/// The same, held until the transaction ends.
///
/// # Errors
/// As [`find_case`].
pub fn hold_case(db: &mut Db, id: CaseId) -> Result<Option<Case>, StoreError> {
    let query = review_case::table.find(Uid::from(id));
    let row = match db {
        Db::Pg(c) => query.select(Row::as_select()).for_update().first(c).optional()?,
        // The one writer holds the lock of the whole file already.
        Db::Sqlite(c) => query.select(Row::as_select()).first(c).optional()?,
    };
    row.map(|row| folded(db, row)).transpose()
}

fn folded(db: &mut Db, row: Row) -> Result<Case, StoreError> {
    let OpeningText { mut filed_by, hours } = read(&row.opening, row.case_id)?;
    let (id, subject, mut learner) = (row.case_id, row.subject, row.learner_id);
    let events: Vec<EventRow> = on_db!(db, c => review_event::table
        .filter(review_event::case_id.eq(Uid::from(id)))
        .order(review_event::number)
        .select(EventRow::as_select())
        .load(c))?;
    let mut events = events.into_iter().map(Event::try_from).collect::<Result<Vec<_>, _>>()?;
    let who = events.iter_mut().filter_map(|event| event.learner.as_mut());
    let mut named: Vec<&mut LearnerId> = who.chain(&mut filed_by.learner).chain([&mut learner]).collect();
    let last = successors(db, &named.iter().map(|id| **id).collect::<Vec<_>>())?;
    for id in &mut named {
        **id = last.get(id).copied().unwrap_or(**id);
    }
    Case::fold(Opening { id, subject, learner, filed_by, hours }, events)
        .map_err(|broken| StoreError::Unreadable(format!("the events of case {id}: {broken:?}")))
}

/// Appends an event and says where the case is after it.
///
/// # Errors
/// [`StoreError::Conflict`] where an event of that number is there: somebody was first.
pub fn append_event(db: &mut Db, after: &Case) -> Result<(), StoreError> {
    let Some(event) = after.events().last() else { return Ok(()) };
    let id = after.opening().id;
    let number = i32::try_from(event.number)
        .map_err(|_| StoreError::Unreadable(format!("case {id} has more events than can be numbered")))?;
    let (came_to, left_seat) = (waiting_at(after), waiting_at(&before(after)?));
    let moved = came_to.map(|(stage, _)| stage) != left_seat.map(|(stage, _)| stage);
    let seat = |at: Option<(usize, Seat)>| at.filter(|_| moved).map(|(_, seat)| seat);
    let row = EventRow {
        case_id: id,
        number,
        happened_at: event.at,
        happened_by: event.by.clone(),
        by_learner_id: event.learner,
        action: event.what.action(),
        left_seat: seat(left_seat),
        came_to: seat(came_to),
        what: written(&event.what)?,
    };
    let reach = after.stage().map(|stage| written(&stage.reach)).transpose()?;
    let arrived_on = came_to.and(after.arrived_at()).map(china_date);
    // Beyond the claim's end it is as if it were not; whoever asks says for which moment.
    let claim = after.claim();
    on_db!(db, c => {
        diesel::insert_into(review_event::table).values(row).execute(c)?;
        diesel::update(review_case::table.find(Uid::from(id)))
            .set((
                review_case::number.eq(number),
                review_case::phase.eq(Word::from(after.state().phase())),
                review_case::stage.eq(after.state().stage().and_then(|stage| i32::try_from(stage).ok())),
                review_case::reach.eq(reach),
                review_case::seat.eq(came_to.map(|(_, seat)| Word::from(seat))),
                review_case::arrived_on.eq(arrived_on),
                review_case::due_on.eq(after.due_on()),
                review_case::arrived_at.eq(after.arrived_at().map(Ts::from)),
                review_case::claimed_by.eq(claim.map(|claim| claim.by.clone())),
                review_case::claim_ends_at.eq(claim.map(|claim| Ts::from(claim.until))),
            ))
            .execute(c)
    })?;
    Ok(())
}

/// Says anew whose people a draft concerns, right before it is handed in: those of the employer on that day, which may be another one than
/// on the day on which it was opened.
///
/// # Errors
/// [`StoreError::RuleViolated`] where it is no draft any more.
pub fn concern(db: &mut Db, id: CaseId, employer: Option<EmployerId>) -> Result<(), StoreError> {
    let employer = employer.map(Uid::from);
    on_db!(db, c => diesel::update(review_case::table.find(Uid::from(id)))
        .set(review_case::employer_id.eq(employer))
        .execute(c))?;
    Ok(())
}

/// At which stage a case waits, and whose desk that is.
fn waiting_at(case: &Case) -> Option<(usize, Seat)> {
    let stage = case.state().stage().filter(|_| case.state().phase() == Phase::Waiting)?;
    Some((stage, case.stages().get(stage)?.seat))
}

/// A case before its last event.
fn before(after: &Case) -> Result<Case, StoreError> {
    let events = after.events().split_last().map(|(_, before)| before.to_vec()).unwrap_or_default();
    Case::fold(after.opening().clone(), events)
        .map_err(|broken| StoreError::Unreadable(format!("the events of case {}: {broken:?}", after.opening().id)))
}

/// A case, its last day, when it came, and whose people it concerns.
type QueueRow = (Uid, Option<Date>, Option<Ts>, Option<Uid>);

/// What a queue is narrowed to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Narrowed {
    /// Only people of this employer.
    pub employer: Option<EmployerId>,
    /// Only what is due by this day, itself included.
    pub due_until: Option<Date>,
}

/// What waits for these offices, at most so many, in the order of [`domain::review::order`]: by deadline, and within one day the units in
/// turn, also where there is more than is asked for. Cases that somebody else has taken up at `now` are left out.
pub fn waiting(
    db: &mut Db,
    reaches: &[Reach],
    (name, now): (&str, OffsetDateTime),
    narrowed: Narrowed,
    limit: i64,
) -> Result<Vec<Candidate>, StoreError> {
    let reaches: Vec<String> = reaches.iter().map(written).collect::<Result<_, _>>()?;
    let rows: Vec<QueueRow> = on_db!(db, c => {
        let mut query = review_case::table
        .filter(review_case::phase.eq(Word::from(Phase::Waiting)))
        .filter(review_case::reach.eq_any(&reaches))
        .filter(
            review_case::claimed_by
                .is_null()
                .or(review_case::claimed_by.assume_not_null().eq(name))
                .or(review_case::claim_ends_at.assume_not_null().le(Ts::from(now))),
        )
        .order((
            review_case::due_on.is_null(),
            review_case::due_on,
            sql::<BigInt>(TURN),
            review_case::arrived_at,
            review_case::case_id,
        ))
        .limit(limit)
        .select((review_case::case_id, review_case::due_on, review_case::arrived_at, review_case::employer_id))
        .into_boxed();
        if let Some(employer) = narrowed.employer {
            query = query.filter(review_case::employer_id.eq(Uid::from(employer)));
        }
        if let Some(last) = narrowed.due_until {
            query = query.filter(review_case::due_on.le(last));
        }
        query.load(c)
    })?;
    let candidate = |(case, due_on, arrived_at, unit): QueueRow| {
        let (case, unit) = (CaseId::from(case), unit.map(EmployerId::from));
        Some(Candidate { case, due_on, arrived_at: arrived_at?.into(), unit })
    };
    Ok(rows.into_iter().filter_map(candidate).collect())
}

/// Which case of its unit a case is, of those due on the same day.
const TURN: &str = "row_number() OVER (PARTITION BY due_on, employer_id ORDER BY arrived_at, case_id)";

/// The cases about one person, in the order in which they were opened.
pub fn cases_of(db: &mut Db, learner: LearnerId) -> Result<Vec<CaseId>, StoreError> {
    let ids: Vec<Uid> = on_db!(db, c => review_case::table
        .filter(review_case::learner_id.eq(Uid::from(learner)))
        .order((review_case::opened_at, review_case::case_id))
        .select(review_case::case_id)
        .load(c))?;
    Ok(ids.into_iter().map(CaseId::from).collect())
}

/// The files in which these cases were opened, whatever those have ended in since.
pub fn opened_in(db: &mut Db, cases: &[CaseId]) -> Result<HashMap<CaseId, LearnerId>, StoreError> {
    let rows: Vec<(Uid, Uid)> = of_ids(cases, |some| {
        on_db!(db, c => review_case::table
            .filter(review_case::case_id.eq_any(some))
            .select((review_case::case_id, review_case::learner_id))
            .load(c))
    })?;
    Ok(rows.into_iter().map(|(case, learner)| (case.into(), learner.into())).collect())
}

impl TryFrom<EventRow> for Event {
    type Error = StoreError;

    fn try_from(row: EventRow) -> Result<Self, StoreError> {
        let what: What = read(&row.what, row.case_id)?;
        if what.action() != row.action {
            return Err(StoreError::Unreadable(format!("event {} of case {} is two things", row.number, row.case_id)));
        }
        // A number that is none leaves a gap, which is found when the events are folded.
        let number = u32::try_from(row.number).unwrap_or_default();
        Ok(Self { number, at: row.happened_at, by: row.happened_by, learner: row.by_learner_id, what })
    }
}

fn written(what: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(what).map_err(|error| StoreError::Unreadable(error.to_string()))
}

fn read<T: DeserializeOwned>(text: &str, case: CaseId) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Unreadable(format!("a text of case {case}: {error}")))
}
