//! Takes in a chunk of lines inside one transaction: evidence first, then decisions, lines of the ledger, holds, answers.

use super::{
    answer::{Answer, First, Outcome},
    item::{Line, Person, Pushed},
    judge::{Bench, Candidate, Decided, decide_all, waits_for_item},
    release,
    repeat::differing,
    replaced::Replaced,
};
use crate::problem::Problem;
use domain::{
    completions::{Reason, ReasonKind},
    hour_ledger::Entry,
    kernel::{BatchId, CompletionId, EntryId, LearnerId, Words},
};
use std::collections::{HashMap, HashSet};
use store::{
    Db,
    completions::{
        Completion, CompletionDecision, CompletionHold, CompletionOutcome, delete_holds, find, insert_decisions,
        insert_new_completions, insert_outcomes, latest_decisions, put_holds,
    },
    hour_ledger::{insert_entries, reversed_among},
};

/// Where the lines come from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    pub(super) batch: BatchId,
    pub(super) attempt: i32,
}

/// Takes in lines. Every line gets one answer, in order.
pub(super) fn take_in(db: &mut Db, bench: Bench<'_>, origin: Origin, lines: &[Line]) -> Result<Vec<Answer>, Problem> {
    let mut intake = Intake { bench, origin, answers: HashMap::new() };
    let (first, again) = intake.sort_out(lines);
    // Most items of most pushes are new, so the key decides: only what was there before is read.
    let mut rows: Vec<Completion> = first.iter().map(|(line, pushed)| intake.evidence(line, pushed)).collect();
    // Two pushes of the same items in another order take their keys in one order, and neither waits for the other in a circle.
    rows.sort_by(|a, b| a.external_id.cmp(&b.external_id));
    let new: HashSet<String> = insert_new_completions(db, &rows)?.into_iter().collect();
    let known: Vec<&str> =
        rows.iter().map(|row| row.external_id.as_str()).filter(|external_id| !new.contains(*external_id)).collect();
    let recorded = intake.recorded(db, &known)?;
    let mut candidates: Vec<Candidate> = rows
        .into_iter()
        .filter(|row| new.contains(&row.external_id))
        .map(|evidence| Candidate { evidence, decided: 0, pushed_at: bench.now })
        .collect();
    candidates.extend(intake.repeats(db, &first, &recorded)?);
    candidates.sort_by(|a, b| a.evidence.external_id.cmp(&b.evidence.external_id));
    let decided = decide_all(db, bench, &candidates)?;
    let secrets: HashMap<&str, &Person> =
        first.iter().map(|(_, pushed)| (pushed.external_id.as_str(), &pushed.person)).collect();
    let lines_of: HashMap<&str, i32> =
        first.iter().map(|(line, pushed)| (pushed.external_id.as_str(), line.number)).collect();
    let written = Written { origin: Some(origin), lines_of: &lines_of, secrets: &secrets };
    write(db, bench, &candidates, &decided, &written)?;
    for (candidate, decided) in candidates.iter().zip(&decided) {
        intake.answer_decided(&lines_of, candidate, decided);
    }
    intake.answer_again(&first, &again);
    intake.keep_answers(db)?;
    release::released_by_items(db, bench, &new)?;
    Ok(lines.iter().filter_map(|line| intake.answers.remove(&line.number)).collect())
}

struct Intake<'b> {
    bench: Bench<'b>,
    origin: Origin,
    answers: HashMap<i32, Answer>,
}

type Recorded = HashMap<String, Completion>;
type Read<'l> = Vec<(&'l Line, &'l Pushed)>;

impl Intake<'_> {
    /// Lines that cannot be read are answered; of the others, the first with each id goes before those that repeat it.
    fn sort_out<'l>(&mut self, lines: &'l [Line]) -> (Read<'l>, Read<'l>) {
        let (mut first, mut again) = (Vec::new(), Vec::new());
        let mut seen = HashSet::new();
        for line in lines {
            match &line.read {
                Ok(pushed) if seen.insert(pushed.external_id.as_str()) => first.push((line, pushed)),
                Ok(pushed) => again.push((line, pushed)),
                Err(faults) => {
                    let mut answer = Answer::new(line.number, line.external_id.clone(), Outcome::Malformed);
                    answer.faults = faults.clone();
                    self.answers.insert(line.number, answer);
                }
            }
        }
        (first, again)
    }

    fn recorded(&self, db: &mut Db, external_ids: &[&str]) -> Result<Recorded, Problem> {
        let rows = find(db, self.bench.platform.id, external_ids)?;
        Ok(rows.into_iter().map(|row| (row.external_id.clone(), row)).collect())
    }

    fn evidence(&self, line: &Line, pushed: &Pushed) -> Completion {
        let (person_hash, name_hash, learner_ref) = match &pushed.person {
            Person::Document { hash, name_hash, .. } => (Some(hash.clone()), Some(name_hash.clone()), None),
            Person::Learner(id) => (None, None, Some(*id)),
        };
        let item = &pushed.item;
        Completion {
            platform_id: self.bench.platform.id,
            external_id: pushed.external_id.clone(),
            completion_id: CompletionId::from_uuid(self.bench.state.new_id()),
            person_hash,
            name_hash,
            learner_ref,
            course_ref: pushed.course_ref.clone(),
            course_ref_kind: pushed.course_ref_kind.to_owned(),
            mode: item.mode,
            hours_hundredths: item.claimed,
            started_at: item.started_at,
            ended_at: item.ended_at,
            score_hundredths: item.score,
            passed: item.passed,
            completed_at: item.completed_at,
            replaces: pushed.replaces.clone(),
            evidence: pushed.evidence.clone(),
            received_at: self.bench.now,
            batch_id: self.origin.batch,
            attempt: self.origin.attempt,
            line: line.number,
        }
    }

    /// Answers repeats and conflicts; what was refused or is still held is decided anew.
    fn repeats(&mut self, db: &mut Db, first: &Read<'_>, recorded: &Recorded) -> Result<Vec<Candidate>, Problem> {
        if recorded.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<&str> = recorded.keys().map(String::as_str).collect();
        let platform = self.bench.platform.id;
        let decisions = store::completions::all_decisions(db, platform, &ids)?;
        let lines: Vec<(LearnerId, EntryId)> =
            decisions.iter().filter_map(|decision| Some((decision.learner_id?, decision.entry_id?))).collect();
        let reversed = reversed_among(db, &lines)?;
        let mut history: HashMap<&str, Vec<&CompletionDecision>> = HashMap::new();
        for decision in &decisions {
            history.entry(decision.external_id.as_str()).or_default().push(decision);
        }
        let mut anew = Vec::new();
        for (line, pushed) in first {
            let Some(evidence) = recorded.get(&pushed.external_id) else { continue };
            let decisions = history.get(pushed.external_id.as_str()).map_or(&[][..], Vec::as_slice);
            let fields = differing(evidence, pushed);
            let (first, last) = (decisions.first(), decisions.last());
            let last_outcome = last.and_then(|decision| Outcome::of_word(&decision.outcome));
            let mut answer = Answer::new(line.number, Some(pushed.external_id.clone()), Outcome::AlreadyRecorded);
            answer.completion = Some(evidence.completion_id);
            if !fields.is_empty() {
                answer.outcome = Outcome::Conflict;
                answer.conflicting = fields.into_iter().map(str::to_owned).collect();
            } else if let (Some(first), Some(last), Some(now)) = (first, last, last_outcome)
                && !matches!(now, Outcome::Refused | Outcome::Held)
            {
                let was = Outcome::of_word(&first.outcome).unwrap_or(now);
                let reversed = last.entry_id.is_some_and(|id| reversed.contains(&id));
                answer.first = Some(First { outcome: was, now, reversed });
                answer.learner = last.learner_id;
                answer.reasons = reasons_of(last);
            } else {
                let decided = last.map_or(0, |decision| decision.number);
                anew.push(Candidate { evidence: evidence.clone(), decided, pushed_at: self.bench.now });
                continue;
            }
            self.answers.insert(line.number, answer);
        }
        Ok(anew)
    }

    fn answer_decided(&mut self, lines_of: &HashMap<&str, i32>, candidate: &Candidate, decided: &Decided) {
        let external_id = &candidate.evidence.external_id;
        let Some(line) = lines_of.get(external_id.as_str()).copied() else { return };
        let mut answer = Answer::new(line, Some(external_id.clone()), decided.outcome);
        answer.completion = Some(candidate.evidence.completion_id);
        answer.learner = decided.learner;
        answer.reasons.clone_from(&decided.reasons);
        answer.credit = decided.credit();
        self.answers.insert(line, answer);
    }

    /// The same id twice in one chunk: the later line repeats the earlier one, or contradicts it.
    fn answer_again(&mut self, first: &Read<'_>, again: &Read<'_>) {
        let earlier: HashMap<&str, (&Line, &Pushed)> =
            first.iter().map(|(line, pushed)| (pushed.external_id.as_str(), (*line, *pushed))).collect();
        for (line, pushed) in again {
            let Some((before, original)) = earlier.get(pushed.external_id.as_str()) else { continue };
            let Some(told) = self.answers.get(&before.number).cloned() else { continue };
            let fields = differing(&self.evidence(before, original), pushed);
            let mut answer = Answer { line: line.number, credit: None, ..told.clone() };
            if fields.is_empty() {
                if told.outcome != Outcome::Conflict {
                    answer.first =
                        told.first.or(Some(First { outcome: told.outcome, now: told.outcome, reversed: false }));
                    answer.outcome = Outcome::AlreadyRecorded;
                }
            } else {
                answer.outcome = Outcome::Conflict;
                answer.conflicting = fields.into_iter().map(str::to_owned).collect();
                answer.first = None;
                answer.reasons = Vec::new();
            }
            self.answers.insert(line.number, answer);
        }
    }

    /// Answers that made no decision are kept as they were given.
    fn keep_answers(&self, db: &mut Db) -> Result<(), Problem> {
        let without = [Outcome::AlreadyRecorded, Outcome::Conflict, Outcome::Malformed];
        let mut rows: Vec<CompletionOutcome> = self
            .answers
            .values()
            .filter(|answer| without.contains(&answer.outcome))
            .map(|answer| CompletionOutcome {
                batch_id: self.origin.batch,
                attempt: self.origin.attempt,
                line: answer.line,
                external_id: answer.external_id.clone(),
                outcome: answer.outcome.as_str().to_owned(),
                detail: super::service::detail_of(answer),
            })
            .collect();
        rows.sort_by_key(|row| row.line);
        insert_outcomes(db, &rows)?;
        Ok(())
    }
}

/// The reasons kept with a decision.
pub(super) fn reasons_of(decision: &CompletionDecision) -> Vec<Reason> {
    serde_json::from_str(&decision.reasons).unwrap_or_default()
}

/// What `write` needs besides the decisions.
pub(super) struct Written<'w> {
    /// The batch, for decisions that answer one.
    pub(super) origin: Option<Origin>,
    /// The line of each item.
    pub(super) lines_of: &'w HashMap<&'w str, i32>,
    /// Whom each item is about, while that is still known in the clear.
    pub(super) secrets: &'w HashMap<&'w str, &'w Person>,
}

/// Writes decisions with the lines, reversals and holds they lead to.
pub(super) fn write(
    db: &mut Db,
    bench: Bench<'_>,
    candidates: &[Candidate],
    decided: &[Decided],
    written: &Written<'_>,
) -> Result<(), Problem> {
    let (mut decisions, mut entries): (Vec<CompletionDecision>, Vec<Entry>) = (Vec::new(), Vec::new());
    let (mut reversals, mut holds, mut settled) = (Vec::new(), Vec::new(), Vec::new());
    for (candidate, one) in candidates.iter().zip(decided) {
        decisions.push(decision(bench, candidate, one, written));
        entries.extend(one.entry.clone());
        for replaced in &one.replaced {
            match replaced {
                Replaced::Reversal(reversal) => reversals.push(Entry::clone(reversal)),
                Replaced::Silenced { external_id, decided } => {
                    decisions.push(silenced(bench, candidate, external_id, *decided));
                    settled.push(external_id.as_str());
                }
            }
        }
        match &one.waits_for {
            Some(waits_for) => holds.push(hold(bench, candidate, one, waits_for, written)?),
            None if candidate.decided > 0 => settled.push(candidate.evidence.external_id.as_str()),
            None => {}
        }
    }
    insert_decisions(db, &decisions)?;
    // A line is taken back only once it is there: items replace one another within a batch, too.
    entries.extend(reversals);
    insert_entries(db, &entries)?;
    put_holds(db, &holds)?;
    delete_holds(db, bench.platform.id, &settled)?;
    release::look_again(db, bench, &holds)?;
    Ok(())
}

fn decision(bench: Bench<'_>, candidate: &Candidate, one: &Decided, written: &Written<'_>) -> CompletionDecision {
    let external_id = &candidate.evidence.external_id;
    let origin = written.origin.zip(written.lines_of.get(external_id.as_str()).copied());
    CompletionDecision {
        platform_id: bench.platform.id,
        external_id: external_id.clone(),
        number: one.number,
        batch_id: origin.map(|(origin, _)| origin.batch),
        attempt: origin.map(|(origin, _)| origin.attempt),
        line: origin.map(|(_, line)| line),
        outcome: one.outcome.as_str().to_owned(),
        reasons: serde_json::to_string(&one.reasons).unwrap_or_default(),
        learner_id: one.learner,
        course_id: one.course,
        year: one.worth.as_ref().map(|worth| worth.year),
        policy_id: one.worth.as_ref().map(|worth| worth.policy.id),
        entry_id: one.entry.as_ref().map(|entry| entry.id),
        decided_at: bench.now,
    }
}

/// The decision over an item that was worth nothing and is replaced: it never will be.
fn silenced(bench: Bench<'_>, by: &Candidate, external_id: &str, decided: i32) -> CompletionDecision {
    let reason = Reason::plain(ReasonKind::Replaced { by: by.evidence.external_id.clone() });
    CompletionDecision {
        platform_id: bench.platform.id,
        external_id: external_id.to_owned(),
        number: decided + 1,
        batch_id: None,
        attempt: None,
        line: None,
        outcome: Outcome::NotCounted.as_str().to_owned(),
        reasons: serde_json::to_string(&[reason]).unwrap_or_default(),
        learner_id: None,
        course_id: None,
        year: None,
        policy_id: None,
        entry_id: None,
        decided_at: bench.now,
    }
}

fn hold(
    bench: Bench<'_>,
    candidate: &Candidate,
    one: &Decided,
    waits_for: &str,
    written: &Written<'_>,
) -> Result<CompletionHold, Problem> {
    let external_id = &candidate.evidence.external_id;
    let platform_id = bench.platform.id;
    let bound_to = format!("completion_hold:{platform_id}:{external_id}");
    let sealed = match written.secrets.get(external_id.as_str()) {
        Some(Person::Document { document, name, .. }) => {
            let seal =
                |text: &str| bench.state.keys.seal(text.as_bytes(), bound_to.as_bytes()).map_err(Problem::internal);
            Some((seal(document)?, seal(name)?))
        }
        _ => None,
    };
    let (document, name) = sealed.map_or((None, None), |(document, name)| (Some(document), Some(name)));
    Ok(CompletionHold {
        platform_id,
        external_id: external_id.clone(),
        waits_for: waits_for.to_owned(),
        reason: serde_json::to_string(&one.reasons).unwrap_or_default(),
        key_id: document.as_ref().map(|sealed| sealed.key_id.clone()),
        suite_id: document.as_ref().map(|sealed| sealed.suite_id.clone()),
        document_cipher: document.map(|sealed| sealed.bytes),
        name_cipher: name.map(|sealed| sealed.bytes),
        held_at: bench.now,
    })
}

/// What items that replace one of these wait for.
pub(super) fn waiting_keys(bench: Bench<'_>, external_ids: &HashSet<String>) -> Vec<String> {
    external_ids.iter().map(|id| waits_for_item(bench.platform.id, id)).collect()
}

/// The last decisions, for callers outside a push.
pub(super) fn last_decisions(
    db: &mut Db,
    bench: Bench<'_>,
    ids: &[&str],
) -> Result<HashMap<String, CompletionDecision>, Problem> {
    let decisions = latest_decisions(db, bench.platform.id, ids)?;
    Ok(decisions.into_iter().map(|decision| (decision.external_id.clone(), decision)).collect())
}
