//! Bare inserts on SQLite: one connection, prepared statements, and writers that wait for a shared commit.

use crate::{
    Outcome,
    bare::Rows,
    lap::{self, Lap},
    push::CLIENTS,
};
use domain::kernel::Words;
use rusqlite::{Connection, params};
use std::{
    path::PathBuf,
    sync::mpsc::{Receiver, SyncSender, channel, sync_channel},
    thread,
    time::{Duration, Instant},
};
use time::OffsetDateTime;

/// As in the service: how long a group may take before it is committed.
const GROUP_TIME: Duration = Duration::from_millis(25);

/// The file.
#[derive(Debug)]
pub(crate) struct Sqlite {
    pub(crate) file: PathBuf,
}

type Job<'b> = (&'b [Rows], SyncSender<Result<(), String>>);

impl Sqlite {
    /// Writes the batches; four writers hand them to the connection's thread and wait for the commit.
    pub(crate) fn lap(&self, batches: &[Vec<Rows>]) -> Outcome<Lap> {
        let connection = Connection::open(&self.file)?;
        connection.execute_batch(
            "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 20000;
             PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON;
             PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -20000; PRAGMA temp_store = MEMORY;",
        )?;
        thread::scope(|scope| {
            let (queue, jobs) = channel::<Job<'_>>();
            scope.spawn(move || {
                while let Ok(first) = jobs.recv() {
                    write_group(&connection, first, &jobs);
                }
            });
            lap::run(
                CLIENTS,
                batches.len(),
                || Ok(queue.clone()),
                |queue, piece| {
                    let (reply, answer) = sync_channel(1);
                    queue.send((&batches[piece], reply)).map_err(|_| "the writer is gone")?;
                    Ok(answer.recv()??)
                },
            )
        })
    }
}

fn write_group<'b>(connection: &Connection, first: Job<'b>, jobs: &Receiver<Job<'b>>) {
    let started = Instant::now();
    let mut replies = Vec::new();
    let written = (|| {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        let mut next = Some(first);
        while let Some((rows, reply)) = next {
            replies.push(reply);
            for row in rows {
                insert(connection, row)?;
            }
            next = (started.elapsed() < GROUP_TIME).then(|| jobs.try_recv().ok()).flatten();
        }
        connection.execute_batch("COMMIT")
    })();
    let answer = written.map_err(|error: rusqlite::Error| error.to_string());
    for reply in replies {
        let _ = reply.send(answer.clone());
    }
}

fn micros(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX)
}

fn insert(connection: &Connection, row: &Rows) -> rusqlite::Result<()> {
    let Rows { completion: c, decision: d, entry: e } = row;
    connection.prepare_cached(&sql("completion", 21))?.execute(params![
        c.platform_id.as_uuid().as_bytes(),
        c.external_id,
        c.completion_id.as_uuid().as_bytes(),
        c.person_hash,
        c.name_hash,
        c.learner_ref.map(|id| id.as_uuid().into_bytes()),
        c.course_ref,
        c.course_ref_kind,
        c.mode.as_str(),
        c.hours_hundredths.map(|hours| hours.hundredths()),
        c.started_at.map(micros),
        c.ended_at.map(micros),
        c.score_hundredths.map(|score| score.hundredths()),
        c.passed,
        micros(c.completed_at),
        c.replaces,
        c.evidence,
        micros(c.received_at),
        c.batch_id.as_uuid().as_bytes(),
        c.attempt,
        c.line,
    ])?;
    connection.prepare_cached(&sql("completion_decision", 15))?.execute(params![
        d.platform_id.as_uuid().as_bytes(),
        d.external_id,
        d.number,
        d.batch_id.map(|id| id.as_uuid().into_bytes()),
        d.attempt,
        d.line,
        d.outcome,
        d.reasons,
        d.learner_id.map(|id| id.as_uuid().into_bytes()),
        d.course_id.map(|id| id.as_uuid().into_bytes()),
        d.year,
        d.category,
        d.policy_id.map(|id| id.as_uuid().into_bytes()),
        d.entry_id.map(|id| id.as_uuid().into_bytes()),
        micros(d.decided_at),
    ])?;
    connection.prepare_cached(&sql("hour_entry", 30))?.execute(params![
        e.learner.as_uuid().as_bytes(),
        e.id.as_uuid().as_bytes(),
        e.kind.as_str(),
        e.year,
        e.place.as_str(),
        e.category.as_str(),
        e.subject,
        e.hours.hundredths(),
        e.course.map(|id| id.as_uuid().into_bytes()),
        e.course_version,
        e.platform.map(|id| id.as_uuid().into_bytes()),
        e.external_id,
        e.completion.map(|id| id.as_uuid().into_bytes()),
        e.decision_number,
        e.mode.map(|mode| mode.as_str()),
        e.started_at.map(micros),
        e.ended_at.map(micros),
        micros(e.completed_at),
        None::<String>,
        None::<[u8; 16]>,
        None::<String>,
        None::<String>,
        None::<i32>,
        None::<[u8; 16]>,
        e.policy.map(|id| id.as_uuid().into_bytes()),
        None::<String>,
        e.reverses.map(|id| id.as_uuid().into_bytes()),
        e.reason_code,
        micros(e.recorded_at),
        e.recorded_by,
    ])?;
    Ok(())
}

/// All columns, in the order of the table.
fn sql(table: &str, columns: usize) -> String {
    format!("INSERT INTO {table} VALUES ({})", vec!["?"; columns].join(","))
}
