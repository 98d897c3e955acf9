//! The use cases: a batch as one transaction, a batch in chunks, a dry run. Each transaction holds a place in the lane until it
//! has ended, also where the caller no longer waits for it.

use super::{
    answer::{Answer, Outcome},
    intake::{Origin, take_in},
    item::Line,
    judge::Bench,
};
use crate::{
    audit::{Author, Recording},
    lane::Ticket,
    problem::{Kind, Problem},
    state::AppState,
};
use actix_web::web::Data;
use domain::{
    hour_ledger::Entry,
    kernel::{BatchId, CompletionId, EntryId, PlatformId, Words},
};
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};
use store::{
    Db, StoreError,
    completions::{Answered, CompletionBatch, find, insert_batch, last_attempt, page_outcomes, update_batch},
    hour_ledger::entries_by_id,
    registry::platform_facts,
};
use time::{Duration, OffsetDateTime};

/// How often a chunk is decided again when another process decided one of its items at the same moment.
const TRIES: u32 = 5;

/// How many answers of each outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts(BTreeMap<&'static str, u64>);

impl Counts {
    pub(super) fn add(&mut self, answers: &[Answer]) {
        for answer in answers {
            *self.0.entry(answer.outcome.as_str()).or_default() += 1;
        }
    }

    /// Tells each outcome that occurred with its number.
    pub(super) fn each(&self, mut tell: impl FnMut(&'static str, u64)) {
        self.0.iter().for_each(|(outcome, times)| tell(outcome, *times));
    }

    /// Every outcome with its number, also those that did not occur.
    pub(super) fn to_value(&self) -> Value {
        let count = |outcome: &Outcome| {
            let number = self.0.get(outcome.as_str()).copied().unwrap_or(0);
            (outcome.as_str().to_owned(), json!(number))
        };
        Value::Object(Outcome::ALL.iter().map(count).collect::<Map<_, _>>())
    }
}

/// The state of a sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Lines are still coming.
    Receiving,
    /// All came.
    Complete,
    /// The connection was cut; what came before stands.
    Cut,
}

impl Phase {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Receiving => "receiving",
            Self::Complete => "complete",
            Self::Cut => "cut",
        }
    }
}

/// After so long without a chunk a sending is over, though nobody noted its end: the process that took it in was killed. Far
/// longer than a chunk may take to arrive.
const SILENCE: Duration = Duration::minutes(15);

/// The state of a sending as it is told: one that fell silent was cut.
pub(super) fn state_of(batch: &CompletionBatch, now: OffsetDateTime) -> &str {
    let silent = batch.state == Phase::Receiving.as_str() && now - batch.updated_at > SILENCE;
    if silent { Phase::Cut.as_str() } else { &batch.state }
}

/// One sending as it is kept.
#[derive(Clone, Debug)]
pub(super) struct Sending {
    pub(super) origin: Origin,
    pub(super) platform: PlatformId,
    pub(super) media: &'static str,
    pub(super) received_at: OffsetDateTime,
    pub(super) lines: i32,
    pub(super) counts: Counts,
}

impl Sending {
    /// The row, as it stands in a phase.
    pub(super) fn row(&self, phase: Phase, now: OffsetDateTime) -> CompletionBatch {
        CompletionBatch {
            batch_id: self.origin.batch,
            attempt: self.origin.attempt,
            platform_id: self.platform,
            media: self.media.to_owned(),
            received_at: self.received_at,
            updated_at: now,
            finished_at: (phase != Phase::Receiving).then_some(now),
            state: phase.as_str().to_owned(),
            lines: self.lines,
            counts: self.counts.to_value().to_string(),
        }
    }
}

/// A transaction that ends in a rollback although nothing failed.
enum Ended<T> {
    Failed(Problem),
    DryRun(T),
}

impl<T> From<StoreError> for Ended<T> {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl<T> From<Problem> for Ended<T> {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}

/// Takes in a whole batch as one transaction.
pub(super) async fn push(
    state: &Data<AppState>,
    (author, ticket): (&Author, &Ticket),
    platform: PlatformId,
    batch: BatchId,
    lines: Vec<Line>,
) -> Result<(Sending, Vec<Answer>), Problem> {
    let (lines, place) = (Arc::new(lines), ticket.enter().await?);
    again(|| {
        let (shared, lines, place) = (state.clone(), Arc::clone(&lines), place.clone());
        state.write(author.clone(), move |db: &mut Recording<'_>| {
            let (_held, now) = (&place, shared.clock.now());
            let attempt = next_attempt(db, platform, batch)?;
            let mut sending = Sending {
                origin: Origin { batch, attempt },
                platform,
                media: "json",
                received_at: now,
                lines: i32::try_from(lines.len()).unwrap_or(i32::MAX),
                counts: Counts::default(),
            };
            let answers = chunk(db, &shared, &sending, &lines)?;
            sending.counts.add(&answers);
            insert_batch(db, &sending.row(Phase::Complete, now))?;
            let counts = sending.counts.to_value();
            db.after("completion_batch", batch, json!({ "attempt": attempt, "outcomes": counts }));
            Ok((sending, answers))
        })
    })
    .await
}

/// Answers as a push would, and keeps nothing.
pub(super) async fn rehearse(
    state: &Data<AppState>,
    ticket: &Ticket,
    platform: PlatformId,
    lines: Vec<Line>,
) -> Result<Vec<Answer>, Problem> {
    let (lines, place) = (Arc::new(lines), ticket.enter().await?);
    let batch = BatchId::from_uuid(state.new_id());
    again(|| {
        let (shared, lines, place) = (state.clone(), Arc::clone(&lines), place.clone());
        let ended = state.store.write(move |db| {
            let _held = &place;
            let sending = Sending {
                origin: Origin { batch, attempt: 1 },
                platform,
                media: "json",
                received_at: shared.clock.now(),
                lines: 0,
                counts: Counts::default(),
            };
            let answers = chunk(db, &shared, &sending, &lines)?;
            Err::<Vec<Answer>, _>(Ended::DryRun(answers))
        });
        async move {
            match ended.await {
                Err(Ended::DryRun(answers)) | Ok(answers) => Ok(answers),
                Err(Ended::Failed(problem)) => Err(problem),
            }
        }
    })
    .await
}

/// Opens a sending in chunks.
///
/// Its event stands for the whole sending: what its chunks do is in the ledger.
pub(super) async fn open(
    state: &Data<AppState>,
    (author, ticket): (&Author, &Ticket),
    platform: PlatformId,
    batch: BatchId,
) -> Result<Sending, Problem> {
    let place = ticket.enter().await?;
    again(|| {
        let (shared, place) = (state.clone(), place.clone());
        state.write(author.clone(), move |db: &mut Recording<'_>| {
            let (_held, now) = (&place, shared.clock.now());
            known_platform(db, platform)?;
            let attempt = next_attempt(db, platform, batch)?;
            let sending = Sending {
                origin: Origin { batch, attempt },
                platform,
                media: "ndjson",
                received_at: now,
                lines: 0,
                counts: Counts::default(),
            };
            insert_batch(db, &sending.row(Phase::Receiving, now))?;
            db.after("completion_batch", batch, json!({ "attempt": attempt }));
            Ok(sending)
        })
    })
    .await
}

/// Takes in one chunk of a sending as one transaction.
pub(super) async fn push_chunk(
    state: &Data<AppState>,
    ticket: &Ticket,
    sending: &Sending,
    lines: Vec<Line>,
) -> Result<(Sending, Vec<Answer>), Problem> {
    let (lines, place) = (Arc::new(lines), ticket.enter().await?);
    again(|| {
        let (shared, lines, sending, place) = (state.clone(), Arc::clone(&lines), sending.clone(), place.clone());
        state.store.write(move |db| {
            let _held = &place;
            let mut sending = sending.clone();
            let answers = chunk(db, &shared, &sending, &lines)?;
            sending.counts.add(&answers);
            sending.lines += i32::try_from(lines.len()).unwrap_or(i32::MAX);
            update_batch(db, &sending.row(Phase::Receiving, shared.clock.now()))?;
            Ok::<_, Problem>((sending, answers))
        })
    })
    .await
}

/// Ends a sending in chunks.
pub(super) async fn close(
    state: &Data<AppState>,
    ticket: &Ticket,
    sending: &Sending,
    phase: Phase,
) -> Result<(), Problem> {
    let (place, row) = (ticket.enter().await?, sending.row(phase, state.clock.now()));
    let end = move |db: &mut Db| {
        let _held = &place;
        update_batch(db, &row).map_err(Problem::from)
    };
    state.store.write(end).await
}

fn chunk(db: &mut Db, state: &AppState, sending: &Sending, lines: &[Line]) -> Result<Vec<Answer>, Problem> {
    let platform = known_platform(db, sending.platform)?;
    let bench = Bench { state, platform: &platform, now: state.clock.now(), by: None };
    take_in(db, bench, sending.origin, lines)
}

fn known_platform(db: &mut Db, platform: PlatformId) -> Result<domain::registry::PlatformFacts, Problem> {
    platform_facts(db, platform)?.ok_or_else(|| Problem::new(Kind::PlatformUnknown))
}

fn next_attempt(db: &mut Db, platform: PlatformId, batch: BatchId) -> Result<i32, Problem> {
    match last_attempt(db, batch)? {
        Some(last) if last.platform_id != platform => Err(Problem::new(Kind::BatchOfAnother)),
        Some(last) => Ok(last.attempt + 1),
        None => Ok(1),
    }
}

/// An answer as it was kept, with what the direct answer said of the evidence and its line.
pub(super) struct KeptOutcome {
    pub(super) answered: Answered,
    pub(super) completion: Option<CompletionId>,
    pub(super) line: Option<Entry>,
}

/// The answers of one sending after a line; four queries for a page of them: decisions, other answers, evidence and lines.
pub(super) fn outcomes(
    db: &mut Db,
    platform: PlatformId,
    origin: Origin,
    after: i32,
    limit: i64,
) -> Result<Vec<KeptOutcome>, Problem> {
    let rows = page_outcomes(db, origin.batch, origin.attempt, after, limit)?;
    let ids: Vec<&str> = rows.iter().filter_map(external_id).collect();
    let evidence: HashMap<String, CompletionId> =
        find(db, platform, &ids)?.into_iter().map(|row| (row.external_id, row.completion_id)).collect();
    let credited = |row: &Answered| match row {
        Answered::Decided(decision) => decision.learner_id.zip(decision.entry_id),
        Answered::Answered(_) => None,
    };
    let wanted: Vec<_> = rows.iter().filter_map(credited).collect();
    let mut lines: HashMap<EntryId, Entry> =
        entries_by_id(db, &wanted)?.into_iter().map(|entry| (entry.id, entry)).collect();
    let kept = rows.into_iter().map(|answered| KeptOutcome {
        completion: external_id(&answered).and_then(|id| evidence.get(id)).copied(),
        line: credited(&answered).and_then(|(_, id)| lines.remove(&id)),
        answered,
    });
    Ok(kept.collect())
}

fn external_id(answered: &Answered) -> Option<&str> {
    match answered {
        Answered::Decided(decision) => Some(&decision.external_id),
        Answered::Answered(outcome) => outcome.external_id.as_deref(),
    }
}

/// Runs a transaction again when another one decided the same item, or opened the same sending, at the same moment.
pub(super) async fn again<T, F>(mut run: impl FnMut() -> F) -> Result<T, Problem>
where
    F: Future<Output = Result<T, Problem>>,
{
    let mut tries = 0;
    loop {
        tries += 1;
        match run().await {
            Err(problem) if problem.kind() == Kind::Conflict && tries < TRIES => {}
            Err(problem) if problem.kind() == Kind::Conflict => {
                return Err(Problem::unavailable("the same items were decided elsewhere at every try"));
            }
            done => return done,
        }
    }
}
