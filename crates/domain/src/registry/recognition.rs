//! Which office may recognise a base or a learning platform at which tier, and under which code.
//!
//! Rules admit hours by tier and by code, so neither is for an office to give that could not speak for the tier, or for the place
//! whose rules name the code.

use super::{PlaceLevel, PlaceTree, Tier};
use crate::kernel::PlaceCode;

impl Tier {
    /// The highest tier at which an office of a place recognises: its own. `None` for counties, zones below the cities, and places
    /// that are not in the tree: no document lets them recognise anything. A zone directly below a province is a peer of cities.
    #[must_use]
    pub fn highest_of(places: &PlaceTree, office: &PlaceCode) -> Option<Self> {
        let path = places.path(office);
        let upper = path.get(1).map(|node| node.level);
        match path.first()?.level {
            PlaceLevel::Nation => Some(Self::National),
            PlaceLevel::Province => Some(Self::Provincial),
            PlaceLevel::City => Some(Self::City),
            PlaceLevel::Zone if upper == Some(PlaceLevel::Province) => Some(Self::City),
            PlaceLevel::Zone | PlaceLevel::County => None,
        }
    }

    /// Whether this tier stands above another one.
    #[must_use]
    pub const fn is_above(self, other: Self) -> bool {
        self.height() > other.height()
    }

    const fn height(self) -> u8 {
        match self {
            Self::City => 1,
            Self::Provincial => 2,
            Self::National => 3,
        }
    }
}

/// A recognition that is not the office's to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AboveOffice {
    /// The tier that was to be given, or that stands already and was to be changed.
    pub found: Tier,
    /// The highest that the office may give; none where it may give none.
    pub allowed: Option<Tier>,
}

/// Whether an office may write an entry of this tier over one of another tier, or over none.
///
/// # Errors
/// [`AboveOffice`] where one of the two lies above the tier of the office's place: what a higher office has recognised is not a
/// lower one's to change either.
pub fn may_recognise(
    places: &PlaceTree,
    office: &PlaceCode,
    tier: Tier,
    before: Option<Tier>,
) -> Result<(), AboveOffice> {
    let allowed = Tier::highest_of(places, office);
    let above = |tier: &Tier| allowed.is_none_or(|allowed| tier.is_above(allowed));
    match std::iter::once(tier).chain(before).find(above) {
        Some(found) => Err(AboveOffice { found, allowed }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::PlaceNode;

    fn tree() -> PlaceTree {
        let node = |code: &str, parent: Option<&str>, level| PlaceNode {
            code: code.parse().unwrap(),
            name: code.to_owned(),
            parent: parent.map(|parent| parent.parse().unwrap()),
            level,
        };
        let nodes = vec![
            node("000000", None, PlaceLevel::Nation),
            node("610000", Some("000000"), PlaceLevel::Province),
            node("610300", Some("610000"), PlaceLevel::City),
            node("610302", Some("610300"), PlaceLevel::County),
            node("610403", Some("610000"), PlaceLevel::Zone),
            node("610300-z", Some("610300"), PlaceLevel::Zone),
            node("610581", Some("610000"), PlaceLevel::County),
        ];
        PlaceTree::new(nodes, Vec::new()).unwrap()
    }

    #[test]
    fn an_office_recognises_up_to_the_tier_of_its_place() {
        let tree = tree();
        for (office, highest) in [
            ("000000", Some(Tier::National)),
            ("610000", Some(Tier::Provincial)),
            ("610300", Some(Tier::City)),
            ("610403", Some(Tier::City)),
            ("610302", None),
            ("610300-z", None),
            ("610581", None),
            ("999999", None),
        ] {
            let office: PlaceCode = office.parse().unwrap();
            assert_eq!(Tier::highest_of(&tree, &office), highest, "{office}");
            for tier in [Tier::City, Tier::Provincial, Tier::National] {
                let may = highest.is_some_and(|highest| !tier.is_above(highest));
                let refused = AboveOffice { found: tier, allowed: highest };
                let wanted = if may { Ok(()) } else { Err(refused) };
                assert_eq!(may_recognise(&tree, &office, tier, None), wanted, "{office} {tier:?}");
                if highest.is_some() {
                    assert_eq!(may_recognise(&tree, &office, Tier::City, Some(tier)), wanted, "{office} over {tier:?}");
                }
            }
        }
    }
}
