//! The limit of a push: the rows that the service writes for an item, written without it.
//!
//! The rows are copies of what the service itself wrote for each learner's first item, under new keys, so that every column
//! holds what it would. They go into the same tables, with the same indexes and checks, 500 items a transaction, from four
//! writers, by the fastest way that the back end has.

use crate::{
    Outcome, bare_postgres::Postgres, bare_sqlite::Sqlite, items::BATCH, lap::Lap, people::Dice, push::first_id,
    stage::Stage,
};
use domain::{
    hour_ledger::Entry,
    kernel::{BatchId, CompletionId, EntryId},
};
use std::collections::HashMap;
use store::{
    StoreError,
    completions::{Completion, CompletionDecision, find, latest_decisions},
    hour_ledger::entries_of_many,
};
use uuid::Uuid;

/// What one item leaves behind.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    pub(crate) completion: Completion,
    pub(crate) decision: CompletionDecision,
    pub(crate) entry: Entry,
}

/// Rows that the service wrote.
#[derive(Debug)]
pub(crate) struct Templates(Vec<Rows>);

impl Templates {
    /// Reads what became of the first items.
    pub(crate) fn read(stage: &Stage) -> Outcome<Self> {
        let apart = stage.apart().len();
        let ids: Vec<String> = (apart..stage.people.len()).map(first_id).collect();
        let learners: Vec<_> = stage.pushed_for().iter().map(|(id, _)| *id).collect();
        let platform = stage.platform;
        let (completions, decisions, entries) = stage.state().store.read_blocking(|db| {
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            let entries = entries_of_many(db, &learners, None, None)?;
            Ok::<_, StoreError>((find(db, platform, &ids)?, latest_decisions(db, platform, &ids)?, entries))
        })?;
        let mut decisions: HashMap<String, CompletionDecision> =
            decisions.into_iter().map(|decision| (decision.external_id.clone(), decision)).collect();
        let mut entries: HashMap<Option<CompletionId>, Entry> =
            entries.into_iter().map(|entry| (entry.completion, entry)).collect();
        let rows = completions.into_iter().filter_map(|completion| {
            let decision = decisions.remove(&completion.external_id)?;
            let entry = entries.remove(&Some(completion.completion_id))?;
            Some(Rows { completion, decision, entry })
        });
        let rows: Vec<Rows> = rows.collect();
        if rows.len() < ids.len() {
            return Err(format!("{} of {} first items were credited", rows.len(), ids.len()).into());
        }
        Ok(Self(rows))
    }

    /// Batches of rows under new keys.
    pub(crate) fn batches(&self, number: usize) -> Vec<Vec<Rows>> {
        let mut dice = Dice(u64::from(Uuid::now_v7().as_fields().1));
        let run = Uuid::now_v7().simple().to_string();
        let batch = |nth: usize| {
            let batch_id = BatchId::from_uuid(Uuid::now_v7());
            (0..BATCH)
                .map(|line| {
                    let external_id = format!("{}-{:06}", &run[..12], nth * BATCH + line);
                    self.0[dice.below(self.0.len())].under(&external_id, batch_id, line)
                })
                .collect()
        };
        (0..number).map(batch).collect()
    }
}

impl Rows {
    fn under(&self, external_id: &str, batch_id: BatchId, line: usize) -> Self {
        let mut new = self.clone();
        let line = i32::try_from(line).unwrap_or(i32::MAX);
        let completion_id = CompletionId::from_uuid(Uuid::now_v7());
        let entry_id = EntryId::from_uuid(Uuid::now_v7());
        external_id.clone_into(&mut new.completion.external_id);
        external_id.clone_into(&mut new.decision.external_id);
        new.entry.external_id = Some(external_id.to_owned());
        new.completion.completion_id = completion_id;
        new.entry.completion = Some(completion_id);
        new.entry.id = entry_id;
        new.decision.entry_id = Some(entry_id);
        (new.completion.batch_id, new.decision.batch_id) = (batch_id, Some(batch_id));
        (new.completion.line, new.decision.line) = (line, Some(line));
        new
    }
}

/// How bare rows get into this back end.
#[derive(Debug)]
pub(crate) enum Bare {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Bare {
    pub(crate) fn open(stage: &Stage) -> Outcome<Self> {
        match stage.database.file() {
            Some(file) => Ok(Self::Sqlite(Sqlite { file: file.to_owned() })),
            None => Ok(Self::Postgres(Postgres { url: stage.database.url().to_owned() })),
        }
    }

    /// Writes so many batches.
    pub(crate) fn lap(&self, templates: &Templates, batches: usize) -> Outcome<Lap> {
        let batches = templates.batches(batches);
        match self {
            Self::Sqlite(sqlite) => sqlite.lap(&batches),
            Self::Postgres(postgres) => postgres.lap(batches),
        }
    }
}
