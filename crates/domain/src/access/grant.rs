//! Grants: what an official of another system may do here, given and withdrawn by who may.

use crate::{
    kernel::{GrantId, IssuerId, PlaceCode, lasts},
    registry::PlaceTree,
    words,
};
use time::Date;

words! {
    /// What an official may be.
    pub enum Role {
        /// Answers for a place and all below it.
        Officer = "officer",
        /// Runs the installation.
        Administrator = "administrator",
    }
}

/// How far a role reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The whole installation.
    Everywhere,
    /// A place and all below it.
    Place(PlaceCode),
}

impl Reach {
    /// The reach of a role; none where the two do not fit: an officer has a place, an administrator has none.
    #[must_use]
    pub fn of(role: Role, place: Option<PlaceCode>) -> Option<Self> {
        match (role, place) {
            (Role::Officer, Some(place)) => Some(Self::Place(place)),
            (Role::Administrator, None) => Some(Self::Everywhere),
            _ => None,
        }
    }

    /// The place, where it is one.
    #[must_use]
    pub const fn place(&self) -> Option<&PlaceCode> {
        match self {
            Self::Everywhere => None,
            Self::Place(place) => Some(place),
        }
    }
}

/// A grant that was not withdrawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Its id.
    pub id: GrantId,
    /// Whose official.
    pub issuer: IssuerId,
    /// The official's name at that issuer: `sub` of its tokens.
    pub subject: String,
    /// As what.
    pub role: Role,
    /// For what.
    pub reach: Reach,
    /// The first civil day.
    pub from_on: Date,
    /// The last civil day, itself included; open when `None`.
    pub until_on: Option<Date>,
}

impl Grant {
    /// Whether it holds on a day.
    #[must_use]
    pub fn holds_on(&self, day: Date) -> bool {
        lasts(self.from_on, self.until_on, day)
    }
}

/// The name of an official in every record here: no two issuers' officials have the same.
#[must_use]
pub fn qualified(iss: &str, subject: &str) -> String {
    format!("{iss}#{subject}")
}

/// Who gives or withdraws a grant.
#[derive(Clone, Copy, Debug)]
pub struct Giver<'a> {
    /// The giver's name in records.
    pub name: &'a str,
    /// The place answered for; an administrator answers for every one.
    pub place: Option<&'a PlaceCode>,
}

/// Why someone may not give or withdraw a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantRefusal {
    /// Nobody gives themselves a grant.
    ToOneself,
    /// An officer makes officers only.
    RoleAbove,
    /// An officer makes them in the own places only.
    OutsidePlace,
}

/// Whether someone may give a grant to `receiver` (their name in records), or withdraw it from them; nobody may give to
/// themselves, but anyone may lay down what they could give.
///
/// # Errors
/// Says why not.
pub fn may_govern(
    giver: Giver<'_>,
    receiver: Option<&str>,
    role: Role,
    reach: &Reach,
    places: &PlaceTree,
) -> Result<(), GrantRefusal> {
    if receiver == Some(giver.name) {
        return Err(GrantRefusal::ToOneself);
    }
    let Some(own) = giver.place else { return Ok(()) };
    match (role, reach) {
        (Role::Officer, Reach::Place(place)) => {
            let inside = places.find(own.as_str()).is_some_and(|own| places.contains(&own.code, place));
            if inside { Ok(()) } else { Err(GrantRefusal::OutsidePlace) }
        }
        _ => Err(GrantRefusal::RoleAbove),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{PlaceLevel, PlaceNode};
    use time::macros::date;
    use uuid::Uuid;

    fn place(code: &str) -> PlaceCode {
        code.parse().unwrap()
    }

    fn tree() -> PlaceTree {
        let node = |code: &str, parent: Option<&str>, level| PlaceNode {
            code: place(code),
            name: code.to_owned(),
            parent: parent.map(place),
            level,
        };
        let nodes = vec![
            node("000000", None, PlaceLevel::Nation),
            node("610000", Some("000000"), PlaceLevel::Province),
            node("610300", Some("610000"), PlaceLevel::City),
            node("630000", Some("000000"), PlaceLevel::Province),
        ];
        PlaceTree::new(nodes, Vec::new()).unwrap()
    }

    #[test]
    fn an_officer_makes_officers_of_the_own_places_and_nobody_else() {
        let (tree, own) = (tree(), place("610000"));
        let officer = Giver { name: "a#li", place: Some(&own) };
        let asked = |role, reach: &Reach, to| may_govern(officer, Some(to), role, reach, &tree);
        let at = |code| Reach::Place(place(code));
        assert_eq!(asked(Role::Officer, &at("610300"), "a#wu"), Ok(()));
        assert_eq!(asked(Role::Officer, &at("610000"), "a#wu"), Ok(()));
        assert_eq!(asked(Role::Officer, &at("630000"), "a#wu"), Err(GrantRefusal::OutsidePlace));
        assert_eq!(asked(Role::Officer, &at("000000"), "a#wu"), Err(GrantRefusal::OutsidePlace));
        assert_eq!(asked(Role::Administrator, &Reach::Everywhere, "a#wu"), Err(GrantRefusal::RoleAbove));
        assert_eq!(asked(Role::Officer, &at("610300"), "a#li"), Err(GrantRefusal::ToOneself));
    }

    #[test]
    fn an_administrator_gives_everything_but_not_to_themselves() {
        let (tree, root) = (tree(), Giver { name: "root", place: None });
        let everywhere = &Reach::Everywhere;
        assert_eq!(may_govern(root, Some("a#wu"), Role::Administrator, everywhere, &tree), Ok(()));
        assert_eq!(
            may_govern(root, Some("root"), Role::Administrator, everywhere, &tree),
            Err(GrantRefusal::ToOneself)
        );
        assert_eq!(may_govern(root, None, Role::Administrator, everywhere, &tree), Ok(()));
    }

    #[test]
    fn a_grant_holds_from_its_first_to_its_last_day() {
        let grant = Grant {
            id: GrantId::from_uuid(Uuid::nil()),
            issuer: IssuerId::from_uuid(Uuid::nil()),
            subject: "li".to_owned(),
            role: Role::Officer,
            reach: Reach::Place(place("610000")),
            from_on: date!(2021 - 01 - 01),
            until_on: Some(date!(2021 - 12 - 31)),
        };
        assert!(!grant.holds_on(date!(2020 - 12 - 31)));
        assert!(grant.holds_on(date!(2021 - 01 - 01)) && grant.holds_on(date!(2021 - 12 - 31)));
        assert!(!grant.holds_on(date!(2022 - 01 - 01)));
    }
}
