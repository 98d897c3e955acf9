//! Whose rolls are whose: who may see one, and whose word it may be.

use crate::{
    auth::{Caller, CallerKind, Permission},
    problem::{Kind, Problem},
};
use domain::{
    access::{Reach, belongs, belongs_within},
    kernel::{PlaceCode, first_day, last_day},
    policy::RuleBook,
    registry::{AuthorityKind, LearnerFacts, PlaceTree},
    roll::RollKind,
};
use store::{
    Db,
    registry::{Authority, authorities_named},
    roll::Roll,
};
use time::Date;

/// Whether a roll is the caller's own: an officer's those of their place and of all below it, whoever made them, a sector authority's
/// those of its series there.
pub(super) fn is_own(caller: &Caller, places: &PlaceTree, roll: &Roll) -> bool {
    match caller.reach() {
        Some(Reach::Place(_)) => caller.answers_for(places, &roll.place_code),
        Some(Reach::Series { series, .. }) => {
            roll.series.as_ref() == Some(series) && caller.is_within(places, &roll.place_code)
        }
        _ => false,
    }
}

/// A roll as far as it says whose word it is.
#[derive(Clone, Copy)]
pub(super) struct Word<'w> {
    pub(super) kind: RollKind,
    /// Whose list the rules say it is.
    pub(super) list_by: &'w str,
    pub(super) place: Option<&'w PlaceCode>,
    pub(super) year: Option<i32>,
}

/// Refuses a caller whose word such a roll is not: past years are attested by officers, a list of exemptions is for exactly the
/// authority that the rules name, as it is registered at their place or above it. One of that name below is another one: whoever answers
/// for a place may register authorities there, and gains nothing by what these are called.
///
/// # Errors
/// `caller_not_permitted`, `not_the_listing_authority`.
pub(super) fn may_speak(db: &mut Db, permission: &Permission, book: &RuleBook, word: Word<'_>) -> Result<(), Problem> {
    let (caller, places) = (permission.caller(), book.places());
    match word.kind {
        RollKind::PastYears if caller.kind() == CallerKind::Officer => Ok(()),
        RollKind::PastYears => Err(Problem::new(Kind::CallerNotPermitted)
            .with("caller", caller.kind())
            .with("permitted_callers", [CallerKind::Officer])),
        RollKind::Exemption => {
            let said = word.place.zip(word.year);
            let rules = said.and_then(|(place, year)| book.resolve(place, year, None).in_force().cloned());
            let rules_of = rules.as_ref().map(|policy| &policy.rules.policy.place);
            let is_named =
                |authority: &Authority| rules_of.is_some_and(|place| places.contains(&authority.place_code, place));
            let named = authorities_named(db, word.list_by)?;
            match named.iter().any(|authority| is_named(authority) && speaks_for(caller, places, authority)) {
                true => Ok(()),
                false => Err(Problem::new(Kind::NotTheListingAuthority).with("list_by", word.list_by)),
            }
        }
    }
}

/// Whether a caller acts for an authority: by the reach of its grants, and none above or below it.
fn speaks_for(caller: &Caller, places: &PlaceTree, authority: &Authority) -> bool {
    let at = |place: &PlaceCode| places.find(place.as_str()).is_some_and(|node| node.code == authority.place_code);
    match (authority.kind, caller.reach()) {
        (AuthorityKind::HumanResources, Some(Reach::Place(place))) => at(place),
        (AuthorityKind::Sector, Some(Reach::Series { place, series })) => {
            at(place) && authority.series.as_ref() == Some(series)
        }
        _ => false,
    }
}

/// Whether a roll may speak of a person: who is of its place today, and of a sector authority's who was of its series in the list's
/// year or since.
pub(super) fn reaches(caller: &Caller, places: &PlaceTree, roll: &Roll, learner: &LearnerFacts, today: Date) -> bool {
    let of_place = belongs(&Reach::Place(roll.place_code.clone()), places, learner, today);
    let of_series = match (caller.reach(), roll.year) {
        (Some(reach @ Reach::Series { .. }), Some(year)) => {
            belongs_within(reach, places, learner, first_day(year), today)
        }
        _ => true,
    };
    of_place && of_series
}

/// Whether a person belonged to the place of a roll at the end of a year: whoever answers for it attests that year, wherever the
/// person has gone since.
pub(super) fn was_of(places: &PlaceTree, roll: &Roll, learner: &LearnerFacts, year: i32) -> bool {
    learner.place_on(last_day(year), None).is_some_and(|place| places.contains(&roll.place_code, place))
}

/// Whether a year of a person is another place's to attest: that to which they belonged at its end, where rules are in force for it
/// and the caller does not answer for it. A year without rules is history, of which whoever answers for the person tells.
pub(super) fn is_anothers(caller: &Caller, book: &RuleBook, learner: &LearnerFacts, year: i32) -> bool {
    learner.place_on(last_day(year), None).is_some_and(|place| {
        book.resolve(place, year, None).in_force().is_some() && !caller.answers_for(book.places(), place)
    })
}
