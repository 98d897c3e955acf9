//! Who may give a base or a platform its level and a platform its code: by both the rules admit hours.

use super::catalogue::{Change, Entry};
use crate::{
    auth::Permission,
    problem::{Kind, Problem},
};
use domain::{
    policy::RuleBook,
    registry::{PlaceTree, Tier, may_recognise},
};

/// Refuses a level above the office's own, and a change of what was recognised at such a one.
///
/// # Errors
/// `level_above_office`, with the level found and the highest one allowed.
pub(super) fn require_level<E: Entry>(
    change: &Change<'_, E>,
    level: Tier,
    before: Option<Tier>,
) -> Result<(), Problem> {
    if change.permission.is_for_any() {
        return Ok(());
    }
    let office = change.permission.caller().place();
    let office = office.and_then(|place| change.tree.find(place.as_str())).ok_or_else(super::not_found)?;
    may_recognise(change.tree, &office.code, level, before).map_err(|above| {
        Problem::new(Kind::LevelAboveOffice)
            .with("pointer", "/level")
            .with("level", above.found)
            .with("allowed", above.allowed)
            .with("answers_for", &office.code)
    })
}

/// Refuses a new code that the published rules of a place name for which the caller does not answer: the hours of whoever bears it
/// count there.
///
/// # Errors
/// `outside_place`, with the place whose rules name it.
pub(super) fn require_code(
    book: &RuleBook,
    tree: &PlaceTree,
    permission: &Permission,
    code: &str,
) -> Result<(), Problem> {
    let naming = book.versions().filter(|version| version.rules.platform.iter().any(|platform| platform.code == code));
    for version in naming {
        let place = &version.rules.policy.place;
        permission.require_office(tree, place).map_err(|problem| problem.with("pointer", "/code"))?;
    }
    Ok(())
}
