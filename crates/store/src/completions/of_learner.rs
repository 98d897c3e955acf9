//! The evidence of one learner, which is tied to the learner only by the decisions over it.

use super::{Completion, CompletionDecision};
use crate::{
    Db, StoreError,
    db::on_db,
    schema::{completion, completion_decision},
    types::Uid,
};
use diesel::prelude::*;
use domain::kernel::{LearnerId, PlatformId};
use std::collections::HashMap;

/// A page of the items that some decision ties to a learner, each with its last decision over this learner; in the order of
/// their keys, after a key.
pub fn completions_of_learner(
    db: &mut Db,
    learner: LearnerId,
    after: Option<(PlatformId, &str)>,
    limit: i64,
) -> Result<Vec<(Completion, CompletionDecision)>, StoreError> {
    let of_learner = completion_decision::learner_id.eq(Uid::from(learner));
    let keys: Vec<(Uid, String)> = on_db!(db, c => {
        let mut query = completion_decision::table
            .filter(of_learner)
            .select((completion_decision::platform_id, completion_decision::external_id))
            .distinct()
            .order((completion_decision::platform_id, completion_decision::external_id))
            .limit(limit)
            .into_boxed();
        if let Some((platform, external_id)) = after {
            let platform = Uid::from(platform);
            query = query.filter(completion_decision::platform_id.gt(platform).or(
                completion_decision::platform_id.eq(platform).and(completion_decision::external_id.gt(external_id)),
            ));
        }
        query.load(c)
    })?;
    let (platforms, external_ids): (Vec<Uid>, Vec<String>) = keys.iter().cloned().unzip();
    // Two lists instead of a list of pairs: the decisions of the learner keep the result small.
    let decisions: Vec<CompletionDecision> = on_db!(db, c => completion_decision::table
        .filter(of_learner)
        .filter(completion_decision::platform_id.eq_any(&platforms))
        .filter(completion_decision::external_id.eq_any(&external_ids))
        .order(completion_decision::number)
        .select(CompletionDecision::as_select())
        .load(c))?;
    let items: Vec<Completion> = on_db!(db, c => completion::table
        .filter(completion::platform_id.eq_any(&platforms))
        .filter(completion::external_id.eq_any(&external_ids))
        .select(Completion::as_select())
        .load(c))?;
    let key = |platform: PlatformId, external_id: &str| (Uid::from(platform), external_id.to_owned());
    let mut last: HashMap<(Uid, String), CompletionDecision> =
        decisions.into_iter().map(|row| (key(row.platform_id, &row.external_id), row)).collect();
    let mut items: HashMap<(Uid, String), Completion> =
        items.into_iter().map(|row| (key(row.platform_id, &row.external_id), row)).collect();
    Ok(keys.iter().filter_map(|key| items.remove(key).zip(last.remove(key))).collect())
}

/// The last decisions over items of these learners that count for nothing, in the order of their keys, after a key; at most
/// `limit`. What was withdrawn or replaced is not among them: such a decision names nobody.
pub fn uncounted_of_learners(
    db: &mut Db,
    learners: &[LearnerId],
    after: Option<(PlatformId, &str)>,
    limit: i64,
) -> Result<Vec<CompletionDecision>, StoreError> {
    let later = diesel::alias!(completion_decision as later);
    let followed = later
        .filter(later.field(completion_decision::platform_id).eq(completion_decision::platform_id))
        .filter(later.field(completion_decision::external_id).eq(completion_decision::external_id))
        .filter(later.field(completion_decision::number).gt(completion_decision::number));
    let learners: Vec<Uid> = learners.iter().map(|id| Uid::from(*id)).collect();
    Ok(on_db!(db, c => {
        let mut query = completion_decision::table
            .filter(completion_decision::learner_id.eq_any(learners))
            .filter(completion_decision::outcome.eq("not_counted"))
            .filter(diesel::dsl::not(diesel::dsl::exists(followed)))
            .order((completion_decision::platform_id, completion_decision::external_id))
            .limit(limit)
            .select(CompletionDecision::as_select())
            .into_boxed();
        if let Some((platform, external_id)) = after {
            let platform = Uid::from(platform);
            query = query.filter(completion_decision::platform_id.gt(platform).or(
                completion_decision::platform_id.eq(platform).and(completion_decision::external_id.gt(external_id)),
            ));
        }
        query.load(c)
    })?)
}
