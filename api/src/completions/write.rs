//! Writes decisions with the lines, reversals and holds they lead to.

use super::{answer::Outcome, intake::Origin, item::Person, judge::Bench, release};
use crate::{
    changes::{Happened, record},
    problem::Problem,
};
use domain::{
    completions::{Candidate, Closed, Decided, Fate, Replaced, WaitsFor, out_of_scope},
    hour_ledger::Entry,
    kernel::{LearnerId, PlatformId, Words},
};
use std::collections::HashMap;
use store::{
    Db,
    completions::{
        CompletionDecision, CompletionHold, delete_holds, holds_of, insert_decisions, latest_decisions, put_holds,
    },
    hour_ledger::insert_entries,
};
use time::OffsetDateTime;

/// What is written besides the decisions.
pub(super) struct Written<'w> {
    /// The batch, for decisions that answer one.
    pub(super) origin: Option<Origin>,
    /// The line of each item.
    pub(super) lines_of: &'w HashMap<&'w str, i32>,
    /// Whom each item is about, while that is still known in the clear.
    pub(super) secrets: &'w HashMap<&'w str, &'w Person>,
}

/// Writes decisions with what they lead to. Where no decision fell, nothing is written.
pub(super) fn write(
    db: &mut Db,
    bench: Bench<'_>,
    candidates: &[Candidate],
    decided: &[Decided],
    written: &Written<'_>,
) -> Result<(), Problem> {
    let (mut decisions, mut entries): (Vec<CompletionDecision>, Vec<Entry>) = (Vec::new(), Vec::new());
    let (mut reversals, mut holds, mut settled) = (Vec::new(), Vec::new(), Vec::new());
    let mut uncounted: Vec<LearnerId> = Vec::new();
    let (mut told, mut closings) = (Vec::new(), Vec::new());
    for (candidate, one) in candidates.iter().zip(decided) {
        let Some(number) = one.number else { continue };
        decisions.push(decision(bench, candidate, one, number, written));
        entries.extend(one.entry.clone());
        // Whoever pushed it has this answer; the others had another one before, where it was decided before.
        if written.origin.is_none() || number > 1 {
            told.push(told_decided(bench.platform.id, candidate, one));
        }
        uncounted.extend(one.learner.filter(|_| out_of_scope(&one.reasons)));
        for replaced in &one.replaced {
            match replaced {
                Replaced::Reversed { reversal, .. } => {
                    told.push(Happened::reversed(reversal));
                    reversals.push(Entry::clone(reversal));
                }
                Replaced::Closed(closed) => {
                    closings.push(closing(bench.platform.id, closed, None, bench.now));
                    settled.push(closed.external_id.as_str());
                }
            }
        }
        match &one.fate {
            Fate::Held(waits_for) => holds.push(hold(bench, candidate, one, waits_for, written)?),
            Fate::Judged(_) if candidate.decided > 0 => settled.push(candidate.external_id.as_str()),
            Fate::Judged(_) => {}
        }
    }
    let learners =
        candidates.iter().zip(decided).filter_map(|(item, one)| Some((item.external_id.as_str(), one.learner?)));
    told.extend(name_closed(db, bench, &mut closings, &learners.collect())?);
    decisions.extend(closings);
    insert_decisions(db, &decisions)?;
    // A line is taken back only once it is there: items replace one another within a batch, too.
    entries.extend(reversals);
    insert_entries(db, &entries)?;
    put_holds(db, &holds)?;
    delete_holds(db, bench.platform.id, &settled)?;
    release::look_again(db, bench, &holds, uncounted)?;
    record(db, bench.now, told)
}

/// A decision that is the answer to no push, for those who follow.
fn told_decided(platform: PlatformId, candidate: &Candidate, one: &Decided) -> Happened {
    let item = (platform, candidate.external_id.as_str());
    Happened {
        year: one.worth.as_ref().map(|worth| worth.year),
        entry: one.entry.as_ref().map(|entry| entry.id),
        completed_at: Some(candidate.item.completed_at),
        ..Happened::decided(item, one.learner, Outcome::of(&one.fate).as_str())
    }
}

/// Names in decisions that are about to close items whose each is, and says it for those who follow: it is whose it was by the
/// decision before, be it among these or kept, or by the place in the queue.
pub(super) fn name_closed(
    db: &mut Db,
    bench: Bench<'_>,
    closings: &mut [CompletionDecision],
    decided: &HashMap<&str, LearnerId>,
) -> Result<Vec<Happened>, Problem> {
    if closings.is_empty() {
        return Ok(Vec::new());
    }
    let platform = bench.platform.id;
    let ids: Vec<&str> = closings.iter().map(|one| one.external_id.as_str()).collect();
    let holds = holds_of(db, platform, &ids)?.into_iter().map(|hold| (hold.external_id, hold.learner_id));
    let last = latest_decisions(db, platform, &ids)?.into_iter().map(|last| (last.external_id, last.learner_id));
    let before: HashMap<String, LearnerId> =
        last.chain(holds).filter_map(|(id, learner)| Some((id, learner?))).collect();
    let told = closings.iter_mut().map(|one| {
        let id = one.external_id.as_str();
        one.learner_id = decided.get(id).or_else(|| before.get(id)).copied();
        Happened::decided((platform, id), one.learner_id, Outcome::NotCounted.as_str())
    });
    Ok(told.collect())
}

fn decision(
    bench: Bench<'_>,
    candidate: &Candidate,
    one: &Decided,
    number: i32,
    written: &Written<'_>,
) -> CompletionDecision {
    let external_id = &candidate.external_id;
    let origin = written.origin.zip(written.lines_of.get(external_id.as_str()).copied());
    CompletionDecision {
        platform_id: bench.platform.id,
        external_id: external_id.clone(),
        number,
        batch_id: origin.map(|(origin, _)| origin.batch),
        attempt: origin.map(|(origin, _)| origin.attempt),
        line: origin.map(|(_, line)| line),
        outcome: Outcome::of(&one.fate).as_str().to_owned(),
        reasons: serde_json::to_string(&one.reasons).unwrap_or_default(),
        learner_id: one.learner,
        course_id: one.course,
        year: one.worth.as_ref().map(|worth| worth.year),
        category: one.worth.as_ref().map(|worth| worth.node().to_string()),
        policy_id: one.worth.as_ref().map(|worth| worth.policy.id),
        entry_id: one.entry.as_ref().map(|entry| entry.id),
        decided_at: bench.now,
    }
}

/// The row of a decision that closes an item of this learner. It answers no line.
pub(super) fn closing(
    platform: PlatformId,
    closed: &Closed,
    learner: Option<LearnerId>,
    now: OffsetDateTime,
) -> CompletionDecision {
    CompletionDecision {
        platform_id: platform,
        external_id: closed.external_id.clone(),
        number: closed.number,
        batch_id: None,
        attempt: None,
        line: None,
        outcome: Outcome::NotCounted.as_str().to_owned(),
        reasons: serde_json::to_string(&[&closed.reason]).unwrap_or_default(),
        learner_id: learner,
        course_id: None,
        year: None,
        category: None,
        policy_id: None,
        entry_id: None,
        decided_at: now,
    }
}

/// What is sealed of a held item is bound to.
pub(crate) fn hold_bound_to(platform: PlatformId, external_id: &str) -> Vec<u8> {
    format!("completion_hold:{platform}:{external_id}").into_bytes()
}

fn hold(
    bench: Bench<'_>,
    candidate: &Candidate,
    one: &Decided,
    waits_for: &WaitsFor,
    written: &Written<'_>,
) -> Result<CompletionHold, Problem> {
    let external_id = &candidate.external_id;
    let platform_id = bench.platform.id;
    let bound_to = hold_bound_to(platform_id, external_id);
    let sealed = match written.secrets.get(external_id.as_str()) {
        Some(Person::Document { document, name, .. }) => {
            let seal =
                |text: &str| bench.state.keys.seal(text.as_bytes(), &bound_to, bench.now).map_err(Problem::internal);
            Some((seal(document)?, seal(name)?))
        }
        _ => None,
    };
    let (document, name) = sealed.map_or((None, None), |(document, name)| (Some(document), Some(name)));
    Ok(CompletionHold {
        platform_id,
        external_id: external_id.clone(),
        waits_for: waits_for.to_string(),
        learner_id: one.learner,
        reason: serde_json::to_string(&one.reasons).unwrap_or_default(),
        key_id: document.as_ref().map(|sealed| sealed.key_id.clone()),
        suite_id: document.as_ref().map(|sealed| sealed.suite_id.clone()),
        document_cipher: document.map(|sealed| sealed.bytes),
        name_cipher: name.map(|sealed| sealed.bytes),
        held_at: bench.now,
        said_at: None,
    })
}
