//! Takes in a chunk of lines inside one transaction: evidence first, then decisions with what they lead to, then answers.

use super::{
    answer::{Answer, Credit, First, Outcome},
    detail::Detail,
    give_back,
    item::{Line, Person, Pushed},
    judge::{Bench, Last, candidate},
    reasons::reasons_of,
    release,
    repeat::differing,
    said,
    write::Written,
};
use crate::problem::Problem;
use domain::{
    completions::{Candidate, Decided, Occasion, is_accepted, is_open},
    kernel::{BatchId, CompletionId, EntryId, LearnerId, Words},
};
use std::collections::{HashMap, HashSet};
use store::{
    Db,
    completions::{
        Completion, CompletionDecision, CompletionOutcome, find, first_outcomes, insert_new_completions,
        insert_outcomes, latest_decisions,
    },
    hour_ledger::reversed_among,
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
        .map(|evidence| candidate(evidence, Last::default(), bench.now))
        .collect();
    candidates.extend(intake.repeats(db, &first, &recorded)?);
    candidates.sort_by(|a, b| a.external_id.cmp(&b.external_id));
    let secrets: HashMap<&str, &Person> =
        first.iter().map(|(_, pushed)| (pushed.external_id.as_str(), &pushed.person)).collect();
    let lines_of: HashMap<&str, i32> =
        first.iter().map(|(line, pushed)| (pushed.external_id.as_str(), line.number)).collect();
    let written = Written { origin: Some(origin), lines_of: &lines_of, secrets: &secrets };
    let decided = give_back::decide(db, bench, Occasion::Push, &candidates, &written)?;
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

    /// Answers repeats and conflicts; what was refused, is still held or was out of scope is looked at anew.
    fn repeats(&mut self, db: &mut Db, first: &Read<'_>, recorded: &Recorded) -> Result<Vec<Candidate>, Problem> {
        if recorded.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<&str> = recorded.keys().map(String::as_str).collect();
        let platform = self.bench.platform.id;
        let decisions = latest_decisions(db, platform, &ids)?;
        let lines: Vec<(LearnerId, EntryId)> =
            decisions.iter().filter_map(|decision| Some((decision.learner_id?, decision.entry_id?))).collect();
        let reversed = reversed_among(db, &lines)?;
        let often: Vec<&str> =
            decisions.iter().filter(|last| last.number > 1).map(|last| last.external_id.as_str()).collect();
        let first_of: HashMap<String, String> = first_outcomes(db, platform, &often)?.into_iter().collect();
        let last_of: HashMap<&str, &CompletionDecision> =
            decisions.iter().map(|last| (last.external_id.as_str(), last)).collect();
        let mut anew = Vec::new();
        for (line, pushed) in first {
            let Some(evidence) = recorded.get(&pushed.external_id) else { continue };
            let fields = differing(evidence, pushed);
            let last = last_of.get(pushed.external_id.as_str()).copied();
            let last_outcome = last.and_then(|decision| Outcome::of_word(&decision.outcome));
            let judged = last_outcome.and_then(Outcome::judged);
            let reasons = last.map(reasons_of).transpose()?.unwrap_or_default();
            let mut answer = Answer::new(line.number, Some(pushed.external_id.clone()), Outcome::AlreadyRecorded);
            answer.completion = Some(evidence.completion_id);
            if !fields.is_empty() {
                answer.outcome = Outcome::Conflict;
                answer.conflicting = fields.into_iter().map(str::to_owned).collect();
            } else if let Some((last, now)) = last.zip(last_outcome)
                && !is_open(judged, &reasons)
            {
                let was = first_of.get(&pushed.external_id).and_then(|was| Outcome::of_word(was)).unwrap_or(now);
                let reversed = last.entry_id.is_some_and(|id| reversed.contains(&id));
                answer.first = Some(First { outcome: was, now, reversed });
                answer.learner = last.learner_id;
                answer.reasons = reasons;
            } else {
                let decided = last.map_or(0, |decision| decision.number);
                let last = Last { decided, accepted: is_accepted(judged, &reasons) };
                anew.push(candidate(evidence.clone(), last, self.bench.now));
                continue;
            }
            self.answers.insert(line.number, answer);
        }
        said::remind(db, platform, &mut anew, &last_of)?;
        Ok(anew)
    }

    fn answer_decided(&mut self, lines_of: &HashMap<&str, i32>, candidate: &Candidate, decided: &Decided) {
        let external_id = &candidate.external_id;
        let Some(line) = lines_of.get(external_id.as_str()).copied() else { return };
        let mut answer = Answer::new(line, Some(external_id.clone()), Outcome::of(&decided.fate));
        answer.completion = Some(candidate.completion);
        answer.learner = decided.learner;
        answer.reasons.clone_from(&decided.reasons);
        answer.credit = credit_of(decided);
        answer.decided = decided.number.is_some();
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
            let mut answer = Answer { line: line.number, credit: None, decided: false, ..told.clone() };
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
        let mut rows: Vec<CompletionOutcome> = self
            .answers
            .values()
            .filter(|answer| !answer.decided)
            .map(|answer| CompletionOutcome {
                batch_id: self.origin.batch,
                attempt: self.origin.attempt,
                line: answer.line,
                external_id: answer.external_id.clone(),
                outcome: answer.outcome.as_str().to_owned(),
                detail: Detail::text_of(answer),
            })
            .collect();
        rows.sort_by_key(|row| row.line);
        insert_outcomes(db, &rows)?;
        Ok(())
    }
}

fn credit_of(decided: &Decided) -> Option<Credit> {
    decided.worth.as_ref().map(|worth| Credit::of(worth, decided.entry.as_ref().map(|entry| entry.id)))
}
