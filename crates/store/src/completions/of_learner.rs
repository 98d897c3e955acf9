//! Items by whose they are. Evidence is tied to a learner only by the decisions over it.

use super::CompletionDecision;
use crate::{
    Db, StoreError,
    bulk::of_ids,
    db::on_db,
    schema::{completion_decision, completion_hold, learner_employer},
    types::Uid,
};
use diesel::prelude::*;
use domain::kernel::{EmployerId, LearnerId, PlatformId, PolicyId};

/// Whose items.
#[derive(Clone, Copy, Debug)]
pub enum Whose<'l> {
    /// Of these learners.
    Learners(&'l [LearnerId]),
    /// Of all who are or ever were with this employer.
    Employer(EmployerId),
}

/// The last decisions over items of these people that count for nothing, in the order of their keys, after a key; at most
/// `limit`. What was withdrawn, replaced or waited too long is among them.
pub fn uncounted_of(
    db: &mut Db,
    whose: Whose<'_>,
    after: Option<(PlatformId, &str)>,
    limit: i64,
) -> Result<Vec<CompletionDecision>, StoreError> {
    let later = diesel::alias!(completion_decision as later);
    let followed = later
        .filter(later.field(completion_decision::platform_id).eq(completion_decision::platform_id))
        .filter(later.field(completion_decision::external_id).eq(completion_decision::external_id))
        .filter(later.field(completion_decision::number).gt(completion_decision::number));
    Ok(on_db!(db, c => {
        let mut query = completion_decision::table
            .filter(completion_decision::outcome.eq("not_counted"))
            .filter(diesel::dsl::not(diesel::dsl::exists(followed)))
            .order((completion_decision::platform_id, completion_decision::external_id))
            .limit(limit)
            .select(CompletionDecision::as_select())
            .into_boxed();
        query = match whose {
            Whose::Learners(learners) => {
                let learners: Vec<Uid> = learners.iter().map(|id| Uid::from(*id)).collect();
                query.filter(completion_decision::learner_id.eq_any(learners))
            }
            Whose::Employer(employer) => {
                let people = learner_employer::table
                    .filter(learner_employer::employer_id.eq(Uid::from(employer)))
                    .select(learner_employer::learner_id.nullable());
                query.filter(completion_decision::learner_id.eq_any(people))
            }
        };
        if let Some((platform, external_id)) = after {
            let platform = Uid::from(platform);
            query = query.filter(completion_decision::platform_id.gt(platform).or(
                completion_decision::platform_id.eq(platform).and(completion_decision::external_id.gt(external_id)),
            ));
        }
        query.load(c)
    })?)
}

/// The last decisions over items of these learners that were judged, and not by this version of the rules, in the order of their keys, after
/// a key; at most `limit`. What was taken back since is among them.
pub fn decided_by_others(
    db: &mut Db,
    learners: &[LearnerId],
    policy: PolicyId,
    after: Option<(PlatformId, &str)>,
    limit: i64,
) -> Result<Vec<CompletionDecision>, StoreError> {
    let later = diesel::alias!(completion_decision as later);
    let followed = later
        .filter(later.field(completion_decision::platform_id).eq(completion_decision::platform_id))
        .filter(later.field(completion_decision::external_id).eq(completion_decision::external_id))
        .filter(later.field(completion_decision::number).gt(completion_decision::number));
    let learners: Vec<Uid> = learners.iter().map(|id| Uid::from(*id)).collect();
    let policy = Uid::from(policy);
    let by_another =
        completion_decision::policy_id.is_null().or(completion_decision::policy_id.assume_not_null().ne(policy));
    Ok(on_db!(db, c => {
        let mut query = completion_decision::table
            .filter(completion_decision::learner_id.eq_any(learners))
            .filter(completion_decision::outcome.ne("held"))
            .filter(by_another)
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

/// The last decision over each item whose last decision names this learner, in the order of their keys.
pub fn latest_of_learner(db: &mut Db, learner: LearnerId) -> Result<Vec<CompletionDecision>, StoreError> {
    let later = diesel::alias!(completion_decision as later);
    let followed = later
        .filter(later.field(completion_decision::platform_id).eq(completion_decision::platform_id))
        .filter(later.field(completion_decision::external_id).eq(completion_decision::external_id))
        .filter(later.field(completion_decision::number).gt(completion_decision::number));
    Ok(on_db!(db, c => completion_decision::table
        .filter(completion_decision::learner_id.eq(Uid::from(learner)))
        .filter(diesel::dsl::not(diesel::dsl::exists(followed)))
        .order((completion_decision::platform_id, completion_decision::external_id))
        .select(CompletionDecision::as_select())
        .load(c))?)
}

/// The platforms of whose items some decision named this learner and none named another one since, and of those that wait for
/// something else of this learner's, in the order of their ids.
pub fn platforms_of(db: &mut Db, learner: LearnerId) -> Result<Vec<PlatformId>, StoreError> {
    let learner = Uid::from(learner);
    let later = diesel::alias!(completion_decision as later);
    let of_another = later
        .filter(later.field(completion_decision::platform_id).eq(completion_decision::platform_id))
        .filter(later.field(completion_decision::external_id).eq(completion_decision::external_id))
        .filter(later.field(completion_decision::number).gt(completion_decision::number))
        .filter(later.field(completion_decision::learner_id).ne(learner));
    let mut found: Vec<Uid> = on_db!(db, c => completion_decision::table
        .filter(completion_decision::learner_id.eq(learner))
        .filter(diesel::dsl::not(diesel::dsl::exists(of_another)))
        .select(completion_decision::platform_id)
        .distinct()
        .load(c))?;
    found.extend::<Vec<Uid>>(on_db!(db, c => completion_hold::table
        .filter(completion_hold::learner_id.eq(learner))
        .select(completion_hold::platform_id)
        .distinct()
        .load(c))?);
    let mut found: Vec<PlatformId> = found.into_iter().map(PlatformId::from).collect();
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// Every decision that names a line in the files of these learners, in the order of their keys.
pub fn granting(db: &mut Db, learners: &[LearnerId]) -> Result<Vec<CompletionDecision>, StoreError> {
    of_ids(learners, |some| {
        on_db!(db, c => completion_decision::table
            .filter(completion_decision::learner_id.eq_any(some))
            .filter(completion_decision::entry_id.is_not_null())
            .order((completion_decision::platform_id, completion_decision::external_id, completion_decision::number))
            .select(CompletionDecision::as_select())
            .load(c))
    })
}

/// The items over which some decision named one of these learners and none named another one since, in the order of their keys,
/// after a key; at most `limit`.
pub fn items_that_named(
    db: &mut Db,
    learners: &[LearnerId],
    after: Option<(PlatformId, &str)>,
    limit: i64,
) -> Result<Vec<(PlatformId, String)>, StoreError> {
    let learners: Vec<Uid> = learners.iter().map(|id| Uid::from(*id)).collect();
    let later = diesel::alias!(completion_decision as later);
    let of_another = later
        .filter(later.field(completion_decision::platform_id).eq(completion_decision::platform_id))
        .filter(later.field(completion_decision::external_id).eq(completion_decision::external_id))
        .filter(later.field(completion_decision::number).gt(completion_decision::number))
        .filter(later.field(completion_decision::learner_id).ne_all(learners.clone()));
    let rows: Vec<(Uid, String)> = on_db!(db, c => {
        let mut query = completion_decision::table
            .filter(completion_decision::learner_id.eq_any(learners))
            .filter(diesel::dsl::not(diesel::dsl::exists(of_another)))
            .select((completion_decision::platform_id, completion_decision::external_id))
            .order((completion_decision::platform_id, completion_decision::external_id))
            .distinct()
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
    Ok(rows.into_iter().map(|(platform, id)| (platform.into(), id)).collect())
}
