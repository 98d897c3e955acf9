//! Made-up evidence, decisions and lines of the ledger.

use crate::sample::{AT, Sample, place};
use domain::{
    hour_ledger::{Entry, EntryKind},
    kernel::{BatchId, CompletionId, EntryId, Hours},
    policy::CategoryCode,
    registry::Mode,
};
use store::{
    Store, StoreError,
    completions::{
        self, Completion, CompletionBatch, CompletionDecision, CompletionHold, CompletionOutcome, insert_decisions,
        insert_new_completions, insert_outcomes,
    },
    hour_ledger,
};
use uuid::Uuid;

pub(crate) fn batch(sample: &Sample) -> CompletionBatch {
    CompletionBatch {
        batch_id: BatchId::from_uuid(Uuid::now_v7()),
        attempt: 1,
        platform_id: sample.platform,
        media: "json".to_owned(),
        received_at: AT,
        updated_at: AT,
        finished_at: None,
        state: "receiving".to_owned(),
        lines: 0,
        counts: "{}".to_owned(),
    }
}

pub(crate) fn completion(sample: &Sample, batch: &CompletionBatch, external_id: &str, line: i32) -> Completion {
    Completion {
        platform_id: sample.platform,
        external_id: external_id.to_owned(),
        completion_id: CompletionId::from_uuid(Uuid::now_v7()),
        person_hash: Some("hash-1".to_owned()),
        name_hash: None,
        learner_ref: None,
        course_ref: "C-1".to_owned(),
        course_ref_kind: "code".to_owned(),
        mode: Mode::Online,
        hours_hundredths: Some(Hours::whole(8)),
        started_at: None,
        ended_at: None,
        score_hundredths: None,
        passed: Some(true),
        completed_at: AT,
        replaces: None,
        evidence: None,
        received_at: AT,
        batch_id: batch.batch_id,
        attempt: batch.attempt,
        line,
    }
}

pub(crate) fn decision(sample: &Sample, item: &Completion, number: i32, outcome: &str) -> CompletionDecision {
    let first = number == 1;
    CompletionDecision {
        platform_id: item.platform_id,
        external_id: item.external_id.clone(),
        number,
        batch_id: first.then_some(item.batch_id),
        attempt: first.then_some(item.attempt),
        line: first.then_some(item.line),
        outcome: outcome.to_owned(),
        reasons: "[]".to_owned(),
        learner_id: Some(sample.learner),
        course_id: Some(sample.course),
        year: Some(2021),
        category: Some("professional".to_owned()),
        policy_id: Some(sample.policy),
        entry_id: None,
        decided_at: AT,
    }
}

pub(crate) fn outcome(batch: &CompletionBatch, line: i32) -> CompletionOutcome {
    CompletionOutcome {
        batch_id: batch.batch_id,
        attempt: batch.attempt,
        line,
        external_id: None,
        outcome: "malformed".to_owned(),
        detail: "{}".to_owned(),
    }
}

pub(crate) fn hold(sample: &Sample, external_id: &str, waits_for: &str) -> CompletionHold {
    CompletionHold {
        platform_id: sample.platform,
        external_id: external_id.to_owned(),
        waits_for: waits_for.to_owned(),
        learner_id: None,
        reason: "person_unknown".to_owned(),
        document_cipher: Some(vec![1]),
        name_cipher: Some(vec![2]),
        key_id: Some("k1".to_owned()),
        suite_id: Some("aes-256-gcm".to_owned()),
        held_at: AT,
        said_at: None,
    }
}

pub(crate) fn credit(sample: &Sample, completion: CompletionId) -> Entry {
    Entry {
        id: EntryId::from_uuid(Uuid::now_v7()),
        learner: sample.learner,
        kind: EntryKind::Credit,
        year: 2021,
        place: place("610100"),
        category: CategoryCode::new("public.required"),
        subject: None,
        hours: Hours::whole(8),
        course: Some(sample.course),
        course_version: Some(1),
        platform: Some(sample.platform),
        external_id: Some("e-1".to_owned()),
        completion: Some(completion),
        decision_number: Some(1),
        mode: Some(Mode::Online),
        started_at: None,
        ended_at: None,
        completed_at: AT,
        ground: None,
        policy: Some(sample.policy),
        review: Vec::new(),
        reverses: None,
        reason_code: None,
        recorded_at: AT,
        recorded_by: "platform demo".to_owned(),
    }
}

pub(crate) fn reversal(of: &Entry) -> Entry {
    Entry {
        id: EntryId::from_uuid(Uuid::now_v7()),
        kind: EntryKind::Reversal,
        completion: None,
        decision_number: None,
        reverses: Some(of.id),
        reason_code: Some("entered_twice".to_owned()),
        ..of.clone()
    }
}

/// One item with its decision and its line, and one malformed line.
pub(crate) fn fill_evidence(store: &Store, sample: &Sample) {
    let batch = batch(sample);
    let item = completion(sample, &batch, "e-1", 1);
    let (first, other) = (decision(sample, &item, 1, "credited"), outcome(&batch, 2));
    let line = credit(sample, item.completion_id);
    store
        .write_blocking(move |db| {
            completions::insert_batch(db, &batch)?;
            insert_new_completions(db, std::slice::from_ref(&item))?;
            insert_decisions(db, std::slice::from_ref(&first))?;
            insert_outcomes(db, std::slice::from_ref(&other))?;
            hour_ledger::insert_entries(db, std::slice::from_ref(&line))?;
            Ok::<_, StoreError>(())
        })
        .unwrap();
}
