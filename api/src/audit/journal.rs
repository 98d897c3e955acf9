//! Reads of a person's file by someone else, and attempts that were refused: gathered in memory, written in groups by a thread of
//! its own ([`Scribe`]).
//!
//! They have no transaction to go along with, and one for each would turn every read into a write. What a process had gathered and
//! not written yet is lost when it is killed: its last second, and the counts of refusals repeated within a minute; while the
//! database takes nothing, all since then. One that is stopped writes it first. What cannot be written stays gathered, and when no
//! more can be, files are not shown any more.

use super::Author;
use crate::{
    auth::{Caller, Permission},
    problem::{Problem, Tried},
    state::AppState,
};
use actix_web::web::Data;
use domain::{
    audit::{Act, Event},
    kernel::{EventId, LearnerId},
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::{
    collections::{HashMap, HashSet},
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration as Wait,
};
use store::{audit::append_new_events, whole_micros};
use time::{Duration, OffsetDateTime};
use uuid::Builder;

/// How many reads may wait to be written. A query for many people makes a thousand at once.
const MOST_READS: usize = 50_000;

/// How many reads of the hour are remembered as written. The database knows the rest.
const MOST_REMEMBERED: usize = 200_000;

/// How many different refusals are told apart; further ones are counted by operation and problem alone.
const MOST_REFUSALS: usize = 5_000;

/// How many different refusals of one caller are told apart by what they were about; further ones are counted by caller, operation and
/// problem. So nobody fills the room in which those of others are told apart.
const MOST_OF_ONE: usize = 200;

/// A refusal that was written already is written again, with how often it came since, after so long.
const REPEATED_EVERY: Duration = Duration::minutes(1);

/// The actor of refusals that are counted for all callers together.
const EVERYONE: &str = "several";

/// How often what was gathered is written.
const EVERY: Wait = Wait::from_secs(1);

/// How long an event may have waited to be written and still bear the moment at which it happened.
const LONG: Duration = Duration::minutes(30);

/// How many events one transaction appends.
const AT_ONCE: usize = 1_000;

/// What was gathered. One for the process.
#[derive(Debug, Default)]
pub(crate) struct Journal(Mutex<Gathered>);

/// Where somebody is shown. Of each there is an event of its own, so that who looks into a file after it was in a list is not hidden by that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Where {
    /// By themselves.
    Alone,
    /// In a list, a search or a roll, among others.
    Among,
}

#[derive(Debug, Default)]
struct Gathered {
    /// Which hour `written` speaks of.
    hour: i64,
    written: HashSet<EventId>,
    reads: Vec<Event>,
    refusals: HashMap<Refused, Count>,
}

impl Gathered {
    /// Refuses one more read than may wait to be written.
    fn has_room(&self) -> Result<(), Problem> {
        if self.reads.len() < MOST_READS { Ok(()) } else { Err(Problem::unavailable("reads cannot be recorded")) }
    }

    /// How many refusals of this caller are told apart by what they were about.
    fn detailed(&self, actor: &str) -> usize {
        let told = |one: &&Refused| one.actor == actor && (one.subject_id.is_some() || one.after.is_some());
        self.refusals.keys().filter(told).count()
    }
}

/// By what equal refusals are told.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Refused {
    actor: String,
    channel_name: Option<String>,
    operation: String,
    problem: String,
    subject_id: Option<String>,
    after: Option<String>,
}

impl Refused {
    fn of(event: &Event) -> Self {
        Self {
            actor: event.actor.clone(),
            channel_name: event.channel_name.clone(),
            operation: event.operation.clone(),
            problem: event.problem.clone().unwrap_or_default(),
            subject_id: event.subject_id.clone(),
            after: event.after.clone(),
        }
    }
}

#[derive(Debug, Default)]
struct Count {
    /// The first that is not written yet, with how many came.
    event: Option<Event>,
    last_written: Option<OffsetDateTime>,
}

impl Journal {
    /// Notes that a caller was shown the file of each of these people; of one's own nothing is noted.
    ///
    /// # Errors
    /// `service_unavailable` when nothing more can be gathered because the database takes nothing.
    pub(crate) fn shown(
        &self,
        permission: &Permission,
        people: impl IntoIterator<Item = LearnerId>,
        now: OffsetDateTime,
    ) -> Result<(), Problem> {
        self.read(&permission.author(), ("learner", Where::Alone), of_others(permission, people), now)
    }

    /// Notes that a caller was shown each of these people in a list, with what stands there of them.
    ///
    /// # Errors
    /// As [`Journal::shown`].
    pub(crate) fn shown_among(
        &self,
        permission: &Permission,
        people: impl IntoIterator<Item = LearnerId>,
        now: OffsetDateTime,
    ) -> Result<(), Problem> {
        self.read(&permission.author(), ("learner", Where::Among), of_others(permission, people), now)
    }

    /// Notes that a caller was shown a file once more, by the answer to a request that they repeated; of one's own nothing is noted.
    ///
    /// # Errors
    /// As [`Journal::shown`].
    pub(crate) fn shown_again(&self, author: &Author, persons: &[String], now: OffsetDateTime) -> Result<(), Problem> {
        let others = persons.iter().filter(|person| !author.is_learner(person));
        self.read(author, ("learner", Where::Alone), others.cloned().map(Some), now)
    }

    /// Notes that a caller asked for a list of many, which has no one subject; whom it showed is noted besides ([`Journal::shown_among`]).
    ///
    /// # Errors
    /// As [`Journal::shown`].
    pub(crate) fn listed(&self, permission: &Permission, kind: &str, now: OffsetDateTime) -> Result<(), Problem> {
        self.read(&permission.author(), (kind, Where::Alone), [None], now)
    }

    /// Notes that a caller searched people by a name. Each search is an event: whoever guesses names asks often, and one event an hour would
    /// not tell. It says how they asked and how many they found, and neither the name nor whom.
    ///
    /// # Errors
    /// As [`Journal::shown`].
    pub(crate) fn searched(
        &self,
        permission: &Permission,
        told: &impl Serialize,
        now: OffsetDateTime,
    ) -> Result<(), Problem> {
        let mut event = permission.author().event(now);
        (event.act, event.subject_kind) = (Act::Read, Some("learner".to_owned()));
        event.after = Some(serde_json::to_string(told).map_err(Problem::internal)?);
        let mut gathered = self.gathered();
        gathered.has_room()?;
        gathered.reads.push(event);
        Ok(())
    }

    fn read(
        &self,
        author: &Author,
        (kind, place): (&str, Where),
        subjects: impl IntoIterator<Item = Option<String>>,
        now: OffsetDateTime,
    ) -> Result<(), Problem> {
        let mut gathered = self.gathered();
        let hour = now.unix_timestamp().div_euclid(3_600);
        if gathered.hour != hour || gathered.written.len() > MOST_REMEMBERED {
            (gathered.hour, gathered.written) = (hour, HashSet::new());
        }
        for subject in subjects {
            let mut event = author.event(now);
            (event.act, event.subject_kind, event.subject_id) = (Act::Read, Some(kind.to_owned()), subject);
            event.id = read_id(&event, place, hour);
            if !gathered.written.insert(event.id) {
                continue;
            }
            if let Err(full) = gathered.has_room() {
                gathered.written.remove(&event.id);
                return Err(full);
            }
            gathered.reads.push(event);
        }
        Ok(())
    }

    /// Notes an attempt that was refused, and what it was about where that is known.
    pub(crate) fn refused(&self, author: &Author, problem: &str, tried: Option<&Tried>, now: OffsetDateTime) {
        let mut event = author.event(now);
        (event.act, event.problem) = (Act::Refusal, Some(problem.to_owned()));
        if let Some(tried) = tried {
            (event.subject_kind, event.subject_id) = (Some(tried.kind.to_owned()), tried.id.clone());
            event.after = tried.what.as_ref().map(ToString::to_string);
        }
        let mut gathered = self.gathered();
        let mut known = gathered.refusals.contains_key(&Refused::of(&event));
        if !known && gathered.detailed(&event.actor) >= MOST_OF_ONE {
            (event.subject_kind, event.subject_id, event.after) = (None, None, None);
            known = gathered.refusals.contains_key(&Refused::of(&event));
        }
        if !known && gathered.refusals.len() >= MOST_REFUSALS {
            (event.actor, event.role, event.on_behalf_of) = (EVERYONE.to_owned(), None, None);
            (event.channel_name, event.request_id) = (None, None);
            (event.subject_kind, event.subject_id, event.after) = (None, None, None);
        }
        let count = gathered.refusals.entry(Refused::of(&event)).or_default();
        match &mut count.event {
            Some(counted) => counted.times += 1,
            none => *none = Some(event),
        }
    }

    /// What is to be written now; all of it when the process ends.
    fn take(&self, now: OffsetDateTime, all: bool) -> Vec<Event> {
        let mut gathered = self.gathered();
        let mut due = mem::take(&mut gathered.reads);
        gathered.refusals.retain(|_, count| {
            let waits = count.last_written.is_some_and(|at| now - at < REPEATED_EVERY) && !all;
            if waits {
                return true;
            }
            // What did not come again within the time is forgotten, and is new when it does.
            let Some(event) = count.event.take() else { return false };
            due.push(event);
            count.last_written = Some(now);
            true
        });
        due
    }

    /// Takes back what could not be written.
    fn take_back(&self, events: Vec<Event>) {
        let mut gathered = self.gathered();
        for event in events {
            if event.act == Act::Read {
                gathered.reads.push(event);
                continue;
            }
            let count = gathered.refusals.entry(Refused::of(&event)).or_default();
            let later = count.event.take().map_or(0, |later| later.times);
            (count.event, count.last_written) = (Some(Event { times: event.times + later, ..event }), None);
        }
    }

    fn gathered(&self) -> MutexGuard<'_, Gathered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Those of the people whose file is another's than the caller's own.
fn of_others(
    permission: &Permission,
    people: impl IntoIterator<Item = LearnerId>,
) -> impl Iterator<Item = Option<String>> {
    let own = match permission.caller() {
        Caller::Learner(own) => Some(*own),
        _ => None,
    };
    people.into_iter().filter(move |person| Some(*person) != own).map(|person| Some(person.to_string()))
}

/// The id of a read: the same for the same reader, subject, purpose and hour, in whatever process and however often, once by itself and
/// once in lists; of a list, which has no subject, for the same operation.
fn read_id(event: &Event, place: Where, hour: i64) -> EventId {
    let mut digest = Sha256::new();
    digest.update(b"xueshi audit read 1");
    digest.update(hour.to_be_bytes());
    let subject = (event.subject_kind.as_deref(), event.subject_id.as_deref());
    for part in
        [Some(event.actor.as_str()), event.on_behalf_of.as_deref(), subject.0, subject.1, event.purpose.as_deref()]
    {
        // A part that is missing is as long as none can be, so that no two reads share their bytes.
        digest.update(part.map_or(u64::MAX, |part| part.len() as u64).to_be_bytes());
        digest.update(part.unwrap_or_default());
    }
    if event.subject_id.is_none() {
        // That they asked is told by what they asked: a search is no list, and may show nobody.
        digest.update(event.operation.as_bytes());
    } else if place == Where::Among {
        digest.update(b"among others");
    }
    let digest: [u8; 32] = digest.finalize().into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    EventId::from_uuid(Builder::from_custom_bytes(bytes).into_uuid())
}

/// Writes what was gathered, every second and once more when it is dropped.
#[derive(Debug)]
pub(crate) struct Scribe {
    stop: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Scribe {
    /// Starts its thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start(state: Data<AppState>) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = thread::Builder::new().name("xueshi-audit".into()).spawn(move || {
            while !told.load(Ordering::SeqCst) {
                attempt(&state, false);
                thread::park_timeout(EVERY);
            }
            attempt(&state, true);
        })?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Scribe {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

/// A panic is this attempt's own: the next one comes all the same.
fn attempt(state: &AppState, all: bool) {
    if catch_unwind(AssertUnwindSafe(|| write_due(state, all))).is_err() {
        log::error!(target: "xueshi::audit", "recording reads and refusals panicked");
    }
}

fn write_due(state: &AppState, all: bool) {
    let now = state.clock.now();
    let mut due = state.journal.take(now, all);
    // What could not be written for long is dated when it was, or it would look like something slipped in later; and two
    // processes that write the same reads take them in one order, so that neither waits for the other.
    due.iter_mut().filter(|event| now - event.at > LONG).for_each(|event| event.at = whole_micros(now));
    due.sort_unstable_by_key(|event| event.id);
    while !due.is_empty() {
        let rest = due.split_off(due.len().min(AT_ONCE));
        let group = Arc::new(due);
        let events = Arc::clone(&group);
        let written = state.store.write_blocking(move |db| append_new_events(db, &events).map_err(Problem::from));
        if let Err(problem) = written {
            let cause = problem.cause().unwrap_or("refused");
            log::warn!(target: "xueshi::audit", "recording reads and refusals failed, to be tried again: {problem}: {cause}");
            let mut back = Arc::unwrap_or_clone(group);
            back.extend(rest);
            state.journal.take_back(back);
            return;
        }
        due = rest;
    }
}

#[cfg(test)]
mod tests;
