//! What the last decisions over items said that are sent again. Whether another would say the same is `domain::completions`'s
//! choice.

use super::{answer::Outcome, reasons::reasons_of};
use crate::problem::Problem;
use domain::{
    completions::{Candidate, Said},
    kernel::{PlatformId, Words},
};
use std::collections::HashMap;
use store::{
    Db,
    completions::{CompletionDecision, holds_of, last_pushed},
};
use time::OffsetDateTime;

/// Gives each candidate what its last decision said: a query for those that wait, and one for those that were not decided by a
/// push last.
pub(super) fn remind(
    db: &mut Db,
    platform: PlatformId,
    candidates: &mut [Candidate],
    last_of: &HashMap<&str, &CompletionDecision>,
) -> Result<(), Problem> {
    let among = |wanted: fn(&CompletionDecision) -> bool| -> Vec<&str> {
        let last = candidates.iter().filter_map(|candidate| last_of.get(candidate.external_id.as_str()));
        last.filter(|last| wanted(last)).map(|last| last.external_id.as_str()).collect()
    };
    let waits_for: HashMap<String, String> =
        holds_of(db, platform, &among(|last| last.outcome == Outcome::Held.as_str()))?
            .into_iter()
            .map(|hold| (hold.external_id, hold.waits_for))
            .collect();
    let pushed_at: HashMap<String, OffsetDateTime> =
        last_pushed(db, platform, &among(|last| last.batch_id.is_none()))?.into_iter().collect();
    for candidate in candidates {
        let Some(last) = last_of.get(candidate.external_id.as_str()) else { continue };
        let answered_at = last.batch_id.map(|_| last.decided_at);
        let Some(pushed_at) = answered_at.or_else(|| pushed_at.get(&last.external_id).copied()) else { continue };
        candidate.said = Some(Said {
            outcome: Outcome::of_word(&last.outcome).and_then(Outcome::judged),
            waits_for: waits_for.get(&last.external_id).cloned(),
            reasons: reasons_of(last)?,
            learner: last.learner_id,
            course: last.course_id,
            year: last.year,
            category: last.category.clone(),
            policy: last.policy_id,
            pushed_at,
        });
    }
    Ok(())
}
