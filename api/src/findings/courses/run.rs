//! What follows of a finding about a course, by the runner: lines taken back some people a step, and said anew likewise.

use crate::{
    changes::{Happened, record},
    completions::hold_items,
    findings::anew::give_back,
    problem::Problem,
    registry::hold_kin,
    state::AppState,
    work::{self, End, Turn, in_step},
};
use actix_web::web::Data;
use domain::{
    findings::FOUND_FALSE,
    hour_ledger::Entry,
    kernel::{CaseId, EntryId, LearnerId, WorkId},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use store::{
    Db,
    findings::{
        CourseFinding, OfCourse, count_concerned, count_course_lines, count_course_lines_of, files_of_course_finding,
        find_course_finding, insert_course_lines, lines_concerned, people_concerned,
    },
    hour_ledger::{entries_by_id, insert_entries, reversed_among},
    registry::{hold_learners, successors},
    whole_micros,
    work::{NewWork, Work, enqueue},
};
use time::OffsetDateTime;

/// The kind of work that follows a finding about a course.
pub(crate) const FOLLOW: &str = "follow_course_finding";

/// Lines of how many people one transaction takes back; of one course a person has few.
const TAKEN_AT_ONCE: i64 = 250;

/// Most lines in one transaction, but those of one person whole.
const MOST_LINES: usize = 1_000;

/// Of how many files one transaction says lines anew, for which the whole ledger of each person is read.
const SAID_AT_ONCE: i64 = 100;

/// What is to be done.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Follow {
    /// By which finding.
    pub(super) finding: CaseId,
    /// Whether its lines are said anew; else they are taken back.
    pub(super) anew: bool,
}

/// How far it has come.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Reached {
    after: Option<LearnerId>,
}

/// Queues it.
pub(super) fn queue(db: &mut Db, (id, follow): (WorkId, Follow), now: OffsetDateTime) -> Result<(), Problem> {
    let payload = serde_json::to_string(&follow).map_err(Problem::internal)?;
    Ok(enqueue(db, NewWork { id, kind: FOLLOW, payload: &payload, run_after: now }, now)?)
}

/// Follows a finding, a step a transaction, for one turn.
///
/// # Errors
/// When the database fails.
pub(crate) fn run(turn: &Turn<'_>, state: &Data<AppState>, owner: &str, work: &Work) -> Result<End, Problem> {
    let follow: Follow = serde_json::from_str(&work.payload).map_err(Problem::internal)?;
    let reached = work.reached.as_deref().map(serde_json::from_str).transpose().map_err(Problem::internal)?;
    let (mut reached, mut done): (Reached, i64) = (reached.unwrap_or_default(), work.done);
    let total = match work.total {
        Some(total) => total,
        None => {
            let shared = state.clone();
            state.store.read_blocking(move |db| total_of(db, &shared, follow))?
        }
    };
    loop {
        let (shared, from, before) = (state.clone(), reached, done);
        let stepped = in_step(state, (work.work_id, owner), move |db, now| {
            let (next, lines) = step(db, &shared, (follow, from), whole_micros(now))?;
            let (done, at) = (before + lines, serde_json::to_string(&next.unwrap_or_default()));
            let at = at.map_err(Problem::internal)?;
            Ok(((next, done), work::Reached { done, total: Some(total.max(done)), at }))
        })?;
        let Some((next, so_far)) = stepped else { return Ok(End::Lost) };
        let Some(next) = next else { return Ok(End::Done) };
        (reached, done) = (next, so_far);
        if turn.is_over() {
            return Ok(End::Paused);
        }
    }
}

fn row(db: &mut Db, id: CaseId) -> Result<CourseFinding, Problem> {
    find_course_finding(db, id)?.ok_or_else(|| Problem::internal("the finding is gone"))
}

fn total_of(db: &mut Db, state: &AppState, follow: Follow) -> Result<i64, Problem> {
    if follow.anew {
        return Ok(count_course_lines(db, follow.finding)?);
    }
    let row = row(db, follow.finding)?;
    let places = state.rule_books.current(db)?.places().subtree(&row.place_code);
    Ok(count_concerned(db, OfCourse::of(&row, &places), row.finding_id)?)
}

/// One step: where to go on, unless nothing is left, and how many lines it dealt with.
fn step(
    db: &mut Db,
    state: &AppState,
    (follow, from): (Follow, Reached),
    now: OffsetDateTime,
) -> Result<(Option<Reached>, i64), Problem> {
    let row = row(db, follow.finding)?;
    match follow.anew {
        false => take_back(db, state, (&row, from), now),
        true => say_anew_of_some(db, state, (&row, from), now),
    }
}

/// Takes back what stands of the next people, and notes with it what another finding had taken back before: that stays taken back while
/// either of the two stands. It begins anew until a way through finds nobody: a file that went over into another meanwhile may have been
/// passed, and a push that was under way may have credited somebody.
fn take_back(
    db: &mut Db,
    state: &AppState,
    (row, from): (&CourseFinding, Reached),
    now: OffsetDateTime,
) -> Result<(Option<Reached>, i64), Problem> {
    let by = row.decided_by.clone().ok_or_else(|| Problem::internal("the finding has not taken effect"))?;
    let places = state.rule_books.current(db)?.places().subtree(&row.place_code);
    let of = OfCourse::of(row, &places);
    let people = people_concerned(db, of, row.finding_id, (from.after, TAKEN_AT_ONCE))?;
    let Some(mut last) = people.last().copied() else { return Ok((from.after.map(|_| Reached::default()), 0)) };
    // Files are held, so that none of them goes over into another at this moment, and items, so that none is replaced.
    let _ = hold_learners(db, &people)?;
    let mut lines = lines_concerned(db, of, row.finding_id, &people)?;
    if let Some(cut) = lines.get(MOST_LINES).map(|(learner, _)| *learner) {
        // Whoever the bound leaves out is met next; of one person all are taken.
        let first = lines.first().map(|(learner, _)| *learner);
        lines.retain(|(learner, _)| *learner < cut || first == Some(*learner));
        last = lines.last().map_or(last, |(learner, _)| *learner);
    }
    let entries = entries_by_id(db, &lines)?;
    hold_items(db, &entries.iter().collect::<Vec<_>>())?;
    let gone = reversed_among(db, &lines)?;
    let reversal = |line: &Entry| line.reversal(EntryId::from_uuid(state.new_id()), FOUND_FALSE, now, &by);
    let reversals: Vec<Entry> = entries.iter().filter(|line| !gone.contains(&line.id)).map(reversal).collect();
    insert_entries(db, &reversals)?;
    insert_course_lines(db, row.finding_id, &lines)?;
    record(db, now, reversals.iter().map(Happened::reversed).collect())?;
    Ok((Some(Reached { after: Some(last) }), i64::try_from(lines.len()).unwrap_or(i64::MAX)))
}

/// Says anew what it took back in the next files, but for what another finding concerns or what was taken back for another reason since.
fn say_anew_of_some(
    db: &mut Db,
    state: &AppState,
    (row, from): (&CourseFinding, Reached),
    now: OffsetDateTime,
) -> Result<(Option<Reached>, i64), Problem> {
    let by = row.annulled_by.clone().ok_or_else(|| Problem::internal("the finding is not annulled"))?;
    let files = files_of_course_finding(db, row.finding_id, from.after, SAID_AT_ONCE)?;
    let Some(last) = files.last().copied() else { return Ok((None, 0)) };
    // All at once, so that two who write to the same people do not wait for each other.
    let _ = hold_kin(db, &files)?;
    let ended = successors(db, &files)?;
    let people: BTreeSet<LearnerId> = files.iter().map(|file| ended.get(file).copied().unwrap_or(*file)).collect();
    for person in people {
        give_back(db, state, (row.finding_id, person), (&by, now))?;
    }
    Ok((Some(Reached { after: Some(last) }), count_course_lines_of(db, row.finding_id, &files)?))
}
