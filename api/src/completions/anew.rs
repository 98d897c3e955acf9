//! Items whose hours are said anew, because the finding that took them back was annulled or an office decided about what they waited for:
//! a further decision over each says so.

use super::{answer::Outcome, reasons::reasons_of};
use crate::problem::Problem;
use domain::{
    completions::{Reason, ReasonKind, is_accepted, replacer},
    hour_ledger::{Entry, EntryKind},
    kernel::{Citation, CompletionId, EntryId, PlatformId, Words},
};
use std::collections::{BTreeMap, HashMap, HashSet};
use store::{
    Db,
    completions::{CompletionDecision, decisions_of, find_replacing, hold_below, insert_decisions, latest_decisions},
};
use time::OffsetDateTime;

/// The last decisions over some items.
pub(crate) struct LastDecisions(HashMap<CompletionId, CompletionDecision>);

/// The items of lines, by their platforms.
fn by_platform<'e>(lines: &[&'e Entry]) -> BTreeMap<PlatformId, Vec<&'e str>> {
    let mut items: BTreeMap<PlatformId, Vec<&str>> = BTreeMap::new();
    for (platform, id) in lines.iter().filter_map(|line| line.platform.zip(line.external_id.as_deref())) {
        items.entry(platform).or_default().push(id);
    }
    items
}

/// Holds the items of these lines to the end of the transaction, so that none of them is replaced at this moment: whoever replaces one
/// holds it as well, and what is read of it after this is what holds.
///
/// # Errors
/// When the database fails.
pub(crate) fn hold_items(db: &mut Db, lines: &[&Entry]) -> Result<(), Problem> {
    for (platform, ids) in by_platform(lines) {
        hold_below(db, platform, &ids, 1)?;
    }
    Ok(())
}

/// The last decisions over the items of these lines.
///
/// # Errors
/// When the database fails.
pub(crate) fn said_anew(db: &mut Db, lines: &[&Entry]) -> Result<LastDecisions, Problem> {
    let mut last = HashMap::new();
    for (platform, ids) in by_platform(lines) {
        let found = latest_decisions(db, platform, &ids)?.into_iter().map(|one| (one.external_id.clone(), one));
        let found: HashMap<String, CompletionDecision> = found.collect();
        for line in lines.iter().filter(|line| line.platform == Some(platform)) {
            let decision = line.external_id.as_ref().and_then(|id| found.get(id));
            last.extend(line.completion.zip(decision.cloned()));
        }
    }
    Ok(LastDecisions(last))
}

impl LastDecisions {
    /// The number of the next decision over the item of a line; none where it rests on no item.
    pub(crate) fn number(&self, line: &Entry) -> Option<i32> {
        self.0.get(&line.completion?).map(|last| last.number + 1)
    }

    /// Keeps the further decision over the item of a line that says so by an office's word: it counts, or waits again; answers which.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) fn keep_word(&self, db: &mut Db, line: &Entry) -> Result<&'static str, Problem> {
        let (decision, outcome) = by_word(self.of(line)?, line)?;
        insert_decisions(db, &[decision])?;
        Ok(outcome)
    }

    /// Keeps the further decision that an office does not count the hours of a line, which waited for its word, by the clause that it
    /// named; answers what that is called. The item is kept and is worth nothing, so that sending it again decides nothing anew; the
    /// decision goes on naming the line, which goes with it wherever the item goes.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) fn keep_refusal(
        &self,
        db: &mut Db,
        line: &Entry,
        (clause, decided_at): (&Citation, OffsetDateTime),
    ) -> Result<&'static str, Problem> {
        let last = self.of(line)?;
        let outcome = Outcome::NotCounted.as_str();
        let why = Reason { kind: ReasonKind::RefusedByOffice, cite: vec![clause.clone()] };
        let reasons = serde_json::to_string(&[why]).map_err(Problem::internal)?;
        let decision = CompletionDecision { outcome: outcome.to_owned(), reasons, decided_at, ..said(last, line) };
        insert_decisions(db, &[decision])?;
        Ok(outcome)
    }

    fn of(&self, line: &Entry) -> Result<&CompletionDecision, Problem> {
        let last = line.completion.and_then(|item| self.0.get(&item));
        last.ok_or_else(|| Problem::internal(format!("no decision over the item of {}", line.id)))
    }

    /// Keeps the further decision over each of the items that says these lines; answers which of them it calls otherwise than the last
    /// one did, by their lines: those that wait for an office's word and were counted by it.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) fn keep(&self, db: &mut Db, lines: &[Entry]) -> Result<HashMap<EntryId, &'static str>, Problem> {
        let (mut decisions, mut otherwise) = (Vec::new(), HashMap::new());
        for line in lines {
            let Some(last) = line.completion.and_then(|item| self.0.get(&item)) else { continue };
            let waits = line.kind == EntryKind::Provisional && last.outcome != Outcome::NeedsReview.as_str();
            decisions.push(if waits {
                let (decision, outcome) = by_word(last, line)?;
                let _ = otherwise.insert(line.id, outcome);
                decision
            } else {
                said(last, line)
            });
        }
        insert_decisions(db, &decisions)?;
        Ok(otherwise)
    }
}

/// The decision after the last one, which says this line by an office's word, and what it calls that: hours that count, or wait for it.
fn by_word(last: &CompletionDecision, line: &Entry) -> Result<(CompletionDecision, &'static str), Problem> {
    let (outcome, waits_for) = match line.kind {
        EntryKind::Credit => (Outcome::Credited, &[][..]),
        EntryKind::Provisional | EntryKind::Reversal => (Outcome::NeedsReview, &line.review[..]),
    };
    let reasons = serde_json::to_string(waits_for).map_err(Problem::internal)?;
    let outcome = outcome.as_str();
    Ok((CompletionDecision { outcome: outcome.to_owned(), reasons, ..said(last, line) }, outcome))
}

/// The decision after the last one, which says this line.
fn said(last: &CompletionDecision, line: &Entry) -> CompletionDecision {
    CompletionDecision {
        number: last.number + 1,
        batch_id: None,
        attempt: None,
        line: None,
        learner_id: Some(line.learner),
        entry_id: Some(line.id),
        decided_at: line.recorded_at,
        ..last.clone()
    }
}

/// Those of the lines whose item no other one has replaced, nor does before the end of the transaction; lines that rest on no item are
/// among them.
///
/// # Errors
/// When the database fails.
pub(crate) fn accepted<'e>(db: &mut Db, lines: Vec<&'e Entry>) -> Result<Vec<&'e Entry>, Problem> {
    hold_items(db, &lines)?;
    let mut replaced: HashSet<(PlatformId, String)> = HashSet::new();
    for (platform, ids) in by_platform(&lines) {
        let pairs = find_replacing(db, platform, &ids)?;
        let by: Vec<&str> = pairs.iter().map(|(by, _)| by.as_str()).collect();
        let last = latest_decisions(db, platform, &by)?;
        let mut standing: HashSet<&str> = HashSet::new();
        for decision in &last {
            if takes_its_place(db, platform, decision)? {
                let _ = standing.insert(&decision.external_id);
            }
        }
        replaced.extend(
            pairs.iter().filter(|(by, _)| standing.contains(by.as_str())).map(|(_, of)| (platform, of.clone())),
        );
    }
    let stands = |line: &&Entry| {
        let item = line.platform.zip(line.external_id.clone());
        item.is_none_or(|item| !replaced.contains(&item))
    };
    Ok(lines.into_iter().filter(stands).collect())
}

/// Whether an item keeps the place of what it replaces: it was accepted, be it that it was withdrawn since, or what was is replaced in its
/// turn. One that was refused or only waited keeps none.
fn takes_its_place(db: &mut Db, platform: PlatformId, last: &CompletionDecision) -> Result<bool, Problem> {
    let reasons = reasons_of(last)?;
    if !reasons.iter().any(|reason| reason.kind == ReasonKind::Withdrawn) {
        return Ok(is_accepted(judged(last), &reasons) || replacer(&reasons).is_some());
    }
    for before in decisions_of(db, platform, &last.external_id)?.iter().rev() {
        let reasons = reasons_of(before)?;
        let closed = |reason: &Reason| matches!(reason.kind, ReasonKind::Withdrawn | ReasonKind::Replaced { .. });
        if !reasons.iter().any(closed) {
            return Ok(is_accepted(judged(before), &reasons));
        }
    }
    Ok(false)
}

fn judged(decision: &CompletionDecision) -> Option<domain::completions::Outcome> {
    Outcome::of_word(&decision.outcome).and_then(Outcome::judged)
}
