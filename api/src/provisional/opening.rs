//! Puts hours that wait before the office in charge, and ends what is left to decide about hours that were taken back meanwhile: one
//! standing piece of work. Running a step again finds nothing left to do.

use crate::{
    problem::Problem,
    recognition::case::{Acting, act, files_of},
    state::AppState,
    work::{End, Standing},
};
use actix_web::web::Data;
use domain::{
    hour_ledger::{Entry, waiting_line},
    kernel::{CaseId, CompletionId, LearnerId, WorkId, china_date},
    policy::{RuleBook, shape::Seat},
    registry::{LearnerFacts, in_force},
    review::{Asked, Case, Filing, HoursLeft, Opening, Subject, common_office},
};
use std::collections::{BTreeMap, BTreeSet};
use store::{
    Db,
    hour_ledger::{
        ProvisionalCase, cases_about, entries_by_id, entries_of_many, insert_provisional_case, looked_at,
        unlooked_lines,
    },
    registry::{hold_to_the_last, load_learner_facts, persons},
    review::{hold_case, open_case},
    whole_micros,
    work::{NewWork, wake},
};
use time::OffsetDateTime;
use uuid::Uuid;

/// The kind of this work.
pub(crate) const OPEN: &str = "open_provisional_cases";

/// There is one piece of it, however many processes serve.
const STANDING: WorkId = WorkId::from_uuid(Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0004));

/// At how many lines one transaction looks; of each person concerned the whole ledger is read.
const AT_ONCE: i64 = 100;

/// The name in records of who opens and ends such cases: the service itself.
const SERVICE: &str = "system";

/// Why a case ends without a decision.
const GONE: &str = "taken_back";

/// Wakes the work if there is a line to look at.
///
/// # Errors
/// When the database fails.
pub(crate) fn wake_if_needed(db: &mut Db, now: OffsetDateTime) -> Result<(), Problem> {
    if !unlooked_lines(db, 1)?.is_empty() {
        wake(db, NewWork { id: STANDING, kind: OPEN, payload: "{}", run_after: now }, now)?;
    }
    Ok(())
}

/// Looks at lines until none is left, the process is to stop, or the work is someone else's.
///
/// # Errors
/// When the database fails.
pub(crate) fn run(state: &Data<AppState>, standing: Standing<'_>) -> Result<End, Problem> {
    standing.in_steps(state, AT_ONCE, |db, state, now| step(db, state, whole_micros(now)))
}

/// Looks at the next lines; answers at how many.
fn step(db: &mut Db, state: &AppState, now: OffsetDateTime) -> Result<i64, Problem> {
    let lines = unlooked_lines(db, AT_ONCE)?;
    let files: Vec<LearnerId> = lines.iter().map(|(learner, _)| *learner).collect();
    // So that no file goes over into another, and nobody is erased, while it is looked at.
    let last = hold_to_the_last(db, &files)?;
    let mut people: BTreeMap<LearnerId, BTreeSet<CompletionId>> = BTreeMap::new();
    for line in entries_by_id(db, &lines)? {
        let file = last.get(&line.learner).copied().unwrap_or(line.learner);
        people.entry(file).or_default().extend(line.completion);
    }
    let book = state.rule_books.current(db)?;
    for (learner, items) in people {
        let files = files_of(db, learner)?;
        let entries = entries_of_many(db, &files, None, None)?;
        let Some(facts) = load_learner_facts(db, &[learner])?.pop() else { continue };
        // Of somebody who was erased nothing is decided any more.
        let is_known = !persons(db, &[learner])?.is_empty();
        for item in items {
            let open = open_case_about(db, learner, item)?;
            match (waiting_line(item, &entries).filter(|_| is_known), open) {
                (Some(line), None) => put_before_office(db, (state, &book), (&facts, line, item), now)?,
                (None, Some(case)) => {
                    let cancel = Asked::Cancel { reason: GONE.to_owned() };
                    let _ = act(db, &Acting::of_service(SERVICE), case, (None, cancel), now)?;
                }
                (Some(_), Some(_)) | (None, None) => {}
            }
        }
    }
    looked_at(db, &lines)?;
    Ok(i64::try_from(lines.len()).unwrap_or(i64::MAX))
}

/// The case about an item of somebody that nobody has decided yet, held. Where two files were parted, the item may have one in the other,
/// which is not this person's.
fn open_case_about(db: &mut Db, learner: LearnerId, item: CompletionId) -> Result<Option<Case>, Problem> {
    for one in cases_about(db, &[item])? {
        let is_open = |case: &Case| !case.state().is_final() && case.opening().learner == learner;
        if let Some(case) = hold_case(db, one.case_id)?.filter(is_open) {
            return Ok(Some(case));
        }
    }
    Ok(None)
}

/// Opens a case about an item and hands it in.
fn put_before_office(
    db: &mut Db,
    (state, book): (&AppState, &RuleBook),
    (learner, line, item): (&LearnerFacts, &Entry, CompletionId),
    now: OffsetDateTime,
) -> Result<(), Problem> {
    // The line is the business of the person's place on the day of completion, wherever they went since; the nation's department too
    // decides about who belonged to no other place.
    let Ok(stage) = common_office(Some(&line.place), std::slice::from_ref(&line.place), book.places()) else {
        log::warn!(target: "xueshi::work", line = line.id.to_string().as_str(); "no office is in charge of hours that wait");
        return Ok(());
    };
    let id = CaseId::from_uuid(state.new_id());
    let filed_by = Filing { name: SERVICE.to_owned(), learner: None, seat: Seat::Platform, reach: None };
    let (subject, hours) = (Subject::ProvisionalHours, HoursLeft::Computed);
    let opening = Opening { id, subject, learner: learner.id, filed_by, hours };
    let employer = in_force(&learner.employers, china_date(now), None).and_then(|fact| fact.value);
    open_case(db, &opening, (employer, Some(line.place.clone())), now)?;
    insert_provisional_case(db, ProvisionalCase { learner_id: learner.id, case_id: id, completion_id: item })?;
    let handed_in = Asked::Submit { stages: vec![stage] };
    let _ = act(db, &Acting::of_service(SERVICE), Case::draft(opening), (None, handed_in), now)?;
    Ok(())
}
