//! Who may give a grant and withdraw it, and beside which others it may stand.

use super::{Grant, Reach, Role};
use crate::{
    kernel::{GrantId, PlaceCode},
    registry::PlaceTree,
};
use time::Date;

/// Who gives or withdraws a grant.
#[derive(Clone, Copy, Debug)]
pub struct Giver<'a> {
    /// The giver's name in records.
    pub name: &'a str,
    /// As what.
    pub office: Office<'a>,
}

/// As what someone gives and withdraws grants. Nobody else does.
#[derive(Clone, Copy, Debug)]
pub enum Office<'a> {
    /// For everyone.
    SecurityAdministrator,
    /// For a place and all below it.
    Officer {
        /// The place.
        place: &'a PlaceCode,
        /// The last day of the grant by which the officer acts; open when `None`.
        until_on: Option<Date>,
    },
}

/// Why someone may not give or withdraw a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantRefusal {
    /// Nobody gives themselves a grant.
    ToOneself,
    /// An officer makes none of the three administrators.
    RoleAbove,
    /// An officer gives grants in the own places only.
    OutsidePlace,
    /// An officer gives nothing that lasts longer than what they hold themselves: until this day.
    OutlastsGiver(Date),
    /// Another officer of the very same place.
    OfPeer,
    /// The receiver holds the same on some of these days already.
    HeldAlready(GrantId),
    /// The receiver is another of the three administrators on some of these days.
    AnotherAdministrator(Role),
}

/// What is asked to be given.
#[derive(Clone, Copy, Debug)]
pub struct Gift<'a> {
    /// The receiver's name in records.
    pub receiver: &'a str,
    /// As what.
    pub role: Role,
    /// The place to which the reach belongs: its own, or that of its employer or base.
    pub seat: Option<&'a PlaceCode>,
    /// The last day; open when `None`.
    pub until_on: Option<Date>,
}

impl Giver<'_> {
    /// Whether someone may make others of this role at all: what can be said before anything else of a grant is looked at.
    ///
    /// # Errors
    /// [`GrantRefusal::RoleAbove`].
    pub const fn may_make(&self, role: Role) -> Result<(), GrantRefusal> {
        let above = matches!(self.office, Office::Officer { .. }) && role.is_of_the_three();
        if above { Err(GrantRefusal::RoleAbove) } else { Ok(()) }
    }

    /// Whether someone may give this: not to themselves, and as an officer only within the own places and for no longer than
    /// they are one.
    ///
    /// # Errors
    /// Says why not.
    pub fn may_give(&self, gift: Gift<'_>, places: &PlaceTree) -> Result<(), GrantRefusal> {
        if gift.receiver == self.name {
            return Err(GrantRefusal::ToOneself);
        }
        self.governs(gift.role, gift.seat, places)?;
        match self.office {
            Office::Officer { until_on: Some(own), .. } if gift.until_on.is_none_or(|asked| asked > own) => {
                Err(GrantRefusal::OutlastsGiver(own))
            }
            Office::Officer { .. } | Office::SecurityAdministrator => Ok(()),
        }
    }

    /// Whether someone may withdraw a grant that was given by `given_by` and belongs to `seat`. Anyone may lay down their own and
    /// take back what they gave, if it is in their places still; of another officer of the very same place it is for those above.
    ///
    /// # Errors
    /// Says why not.
    pub fn may_withdraw(
        &self,
        grant: &Grant,
        (receiver, given_by): (&str, &str),
        seat: Option<&PlaceCode>,
        places: &PlaceTree,
    ) -> Result<(), GrantRefusal> {
        self.governs(grant.role, seat, places)?;
        let Office::Officer { place, .. } = self.office else { return Ok(()) };
        let own = places.find(place.as_str());
        let is_peer = matches!(&grant.reach, Reach::Place(place) if own.is_some_and(|own| own.code == *place));
        match is_peer && receiver != self.name && given_by != self.name {
            true => Err(GrantRefusal::OfPeer),
            false => Ok(()),
        }
    }

    /// Whether a grant that belongs to this place may be given at all: anywhere by the security administrator, by an officer within
    /// the own places.
    ///
    /// # Errors
    /// [`GrantRefusal::OutsidePlace`].
    pub fn may_seat(&self, seat: &PlaceCode, places: &PlaceTree) -> Result<(), GrantRefusal> {
        let Office::Officer { place, .. } = self.office else { return Ok(()) };
        let own = places.find(place.as_str());
        let inside = own.is_some_and(|own| places.contains(&own.code, seat));
        if inside { Ok(()) } else { Err(GrantRefusal::OutsidePlace) }
    }

    fn governs(&self, role: Role, seat: Option<&PlaceCode>, places: &PlaceTree) -> Result<(), GrantRefusal> {
        self.may_make(role)?;
        match (&self.office, seat) {
            (Office::SecurityAdministrator, _) => Ok(()),
            (Office::Officer { .. }, Some(seat)) => self.may_seat(seat, places),
            (Office::Officer { .. }, None) => Err(GrantRefusal::OutsidePlace),
        }
    }
}

/// Whether a role may stand beside the grants that its receiver holds and that were not withdrawn: nothing is held twice on any
/// day, and on no day is anyone two of the three administrators.
///
/// # Errors
/// [`GrantRefusal::AnotherAdministrator`] with the role that is held, [`GrantRefusal::HeldAlready`] with the grant.
pub fn may_stand_beside(
    (role, reach): (Role, &Reach),
    (from_on, until_on): (Date, Option<Date>),
    held: &[Grant],
) -> Result<(), GrantRefusal> {
    let same_days = |grant: &&Grant| {
        grant.until_on.is_none_or(|last| from_on <= last) && until_on.is_none_or(|last| grant.from_on <= last)
    };
    for grant in held.iter().filter(same_days) {
        if grant.role == role && grant.reach == *reach {
            return Err(GrantRefusal::HeldAlready(grant.id));
        }
        if grant.role != role && grant.role.is_of_the_three() && role.is_of_the_three() {
            return Err(GrantRefusal::AnotherAdministrator(grant.role));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        kernel::{IssuerId, Words},
        registry::{PlaceLevel, PlaceNode},
    };
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

    const THE_THREE: [Role; 3] = [Role::SystemAdministrator, Role::SecurityAdministrator, Role::AuditAdministrator];

    const LAST: Date = date!(2021 - 12 - 31);
    const ROOT: Giver<'_> = Giver { name: "root", office: Office::SecurityAdministrator };

    fn grant() -> Grant {
        Grant {
            id: GrantId::from_uuid(Uuid::nil()),
            issuer: IssuerId::from_uuid(Uuid::nil()),
            subject: "wu".to_owned(),
            role: Role::Officer,
            reach: Reach::Place(place("610000")),
            from_on: date!(2021 - 01 - 01),
            until_on: Some(LAST),
        }
    }

    fn gift<'a>(receiver: &'a str, role: Role, seat: Option<&'a PlaceCode>) -> Gift<'a> {
        Gift { receiver, role, seat, until_on: Some(LAST) }
    }

    #[test]
    fn an_officer_gives_within_the_own_places_and_makes_no_administrator() {
        let (tree, own) = (tree(), place("610000"));
        let officer = Giver { name: "a#li", office: Office::Officer { place: &own, until_on: None } };
        let asked = |role, seat: Option<&str>, to| officer.may_give(gift(to, role, seat.map(place).as_ref()), &tree);
        for role in [Role::Officer, Role::EmployerAdministrator, Role::BaseOperator, Role::SectorAuthority] {
            assert_eq!(asked(role, Some("610300"), "a#wu"), Ok(()));
            assert_eq!(asked(role, Some("610000"), "a#wu"), Ok(()));
            assert_eq!(asked(role, Some("630000"), "a#wu"), Err(GrantRefusal::OutsidePlace));
            assert_eq!(asked(role, Some("000000"), "a#wu"), Err(GrantRefusal::OutsidePlace));
            assert_eq!(asked(role, None, "a#wu"), Err(GrantRefusal::OutsidePlace));
            assert_eq!(asked(role, Some("610300"), "a#li"), Err(GrantRefusal::ToOneself));
            assert_eq!(officer.may_make(role), Ok(()));
        }
        for role in THE_THREE {
            assert_eq!(asked(role, None, "a#wu"), Err(GrantRefusal::RoleAbove));
            assert_eq!(officer.may_make(role), Err(GrantRefusal::RoleAbove));
        }
    }

    #[test]
    fn an_officer_gives_nothing_that_lasts_longer_than_the_own_grant() {
        let (tree, own) = (tree(), place("610000"));
        let seat = place("610300");
        let ends = |until_on| Giver { name: "a#li", office: Office::Officer { place: &own, until_on } };
        let asked = |giver: Giver<'_>, until_on| {
            giver.may_give(Gift { until_on, ..gift("a#wu", Role::Officer, Some(&seat)) }, &tree)
        };
        let officer = ends(Some(LAST));
        assert_eq!(asked(officer, Some(LAST)), Ok(()));
        assert_eq!(asked(officer, LAST.next_day()), Err(GrantRefusal::OutlastsGiver(LAST)));
        assert_eq!(asked(officer, None), Err(GrantRefusal::OutlastsGiver(LAST)));
        assert_eq!(asked(ends(None), None), Ok(()));
        assert_eq!(asked(ROOT, None), Ok(()));
    }

    #[test]
    fn a_security_administrator_gives_everything_but_not_to_themselves() {
        let (tree, root) = (tree(), ROOT);
        for role in Role::ALL {
            assert_eq!(root.may_give(gift("a#wu", *role, None), &tree), Ok(()));
            assert_eq!(root.may_give(gift("root", *role, None), &tree), Err(GrantRefusal::ToOneself));
            let grant = Grant { role: *role, ..grant() };
            assert_eq!(root.may_withdraw(&grant, ("root", "x"), None, &tree), Ok(()));
        }
    }

    #[test]
    fn a_peer_is_withdrawn_by_who_gave_it_by_themselves_and_by_those_above() {
        let tree = tree();
        let (nation, province, city) = (place("000000"), place("610000"), place("610300"));
        let withdraws = |name, own, grant: &Grant| {
            let giver = Giver { name, office: Office::Officer { place: own, until_on: None } };
            giver.may_withdraw(grant, ("a#wu", "a#zhao"), grant.reach.place(), &tree)
        };
        let peer = grant();
        assert_eq!(withdraws("a#li", &province, &peer), Err(GrantRefusal::OfPeer));
        assert_eq!(withdraws("a#wu", &province, &peer), Ok(()));
        assert_eq!(withdraws("a#zhao", &province, &peer), Ok(()));
        assert_eq!(withdraws("a#li", &nation, &peer), Ok(()));
        assert_eq!(withdraws("a#zhao", &city, &peer), Err(GrantRefusal::OutsidePlace));
        let below = Grant { reach: Reach::Place(city.clone()), ..grant() };
        assert_eq!(withdraws("a#li", &province, &below), Ok(()));
    }

    #[test]
    fn nobody_is_two_of_the_three_administrators_or_the_same_twice_on_one_day() {
        let days = |from_on, until_on| (from_on, until_on);
        for held in THE_THREE {
            let grant = Grant { role: held, reach: Reach::Everywhere, ..grant() };
            let beside = |role, days| may_stand_beside((role, &Reach::Everywhere), days, std::slice::from_ref(&grant));
            for role in Role::ALL.iter().copied() {
                let refused = match (role == held, role.is_of_the_three()) {
                    (true, _) => Err(GrantRefusal::HeldAlready(grant.id)),
                    (false, true) => Err(GrantRefusal::AnotherAdministrator(held)),
                    (false, false) => Ok(()),
                };
                assert_eq!(beside(role, days(date!(2021 - 12 - 31), None)), refused, "{role:?} beside {held:?}");
                assert_eq!(beside(role, days(date!(2020 - 01 - 01), Some(date!(2021 - 01 - 01)))), refused);
                assert_eq!(beside(role, days(date!(2022 - 01 - 01), None)), Ok(()));
                assert_eq!(beside(role, days(date!(2020 - 01 - 01), Some(date!(2020 - 12 - 31)))), Ok(()));
            }
        }
        let from = days(date!(2021 - 01 - 01), None);
        assert_eq!(may_stand_beside((Role::AuditAdministrator, &Reach::Everywhere), from, &[grant()]), Ok(()));
        let elsewhere = Reach::Place(place("610300"));
        assert_eq!(may_stand_beside((Role::Officer, &elsewhere), from, &[grant()]), Ok(()));
    }
}
