//! Grants: what an official of another system may do here, given and withdrawn by who may.

use crate::{
    kernel::{BaseId, EmployerId, GrantId, IssuerId, PlaceCode, lasts},
    registry::PlaceTree,
    words,
};
use time::Date;

words! {
    /// What an official may be.
    pub enum Role {
        /// Keeps what belongs to one employer's own staff.
        EmployerAdministrator = "employer_administrator",
        /// Runs one training base.
        BaseOperator = "base_operator",
        /// Answers for a series within a place and all below it.
        SectorAuthority = "sector_authority",
        /// Answers for a place and all below it.
        Officer = "officer",
        /// Keeps the registry of places and organisations.
        SystemAdministrator = "system_administrator",
        /// Keeps clients, issuers and grants.
        SecurityAdministrator = "security_administrator",
        /// Looks at what the others did.
        AuditAdministrator = "audit_administrator",
    }
}

words! {
    /// What an official may answer for.
    pub enum Part {
        /// A place and all below it.
        Place = "place",
        /// An employer.
        Employer = "employer",
        /// A training base.
        Base = "base",
        /// A series.
        Series = "series",
    }
}

impl Role {
    /// What one of this role answers for: every part of it has to be named, and nothing else.
    #[must_use]
    pub const fn answers_for(self) -> &'static [Part] {
        match self {
            Self::Officer => &[Part::Place],
            Self::SectorAuthority => &[Part::Place, Part::Series],
            Self::EmployerAdministrator => &[Part::Employer],
            Self::BaseOperator => &[Part::Base],
            Self::SystemAdministrator | Self::SecurityAdministrator | Self::AuditAdministrator => &[],
        }
    }

    /// Whether it is one of the three administrators, of which nobody holds two (GB/T 22239, 三员分立).
    #[must_use]
    pub const fn is_of_the_three(self) -> bool {
        matches!(self, Self::SystemAdministrator | Self::SecurityAdministrator | Self::AuditAdministrator)
    }

    /// Whether an officer may give it to others.
    const fn is_below_an_officer(self) -> bool {
        !self.is_of_the_three()
    }
}

/// How far a role reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The whole installation.
    Everywhere,
    /// A place and all below it.
    Place(PlaceCode),
    /// One employer.
    Employer(EmployerId),
    /// One training base.
    Base(BaseId),
    /// A series within a place and all below it.
    Series {
        /// The place.
        place: PlaceCode,
        /// The series, as the notices name it.
        series: String,
    },
}

/// What a grant or a token names, before it is known whether that fits the role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// A place.
    pub place: Option<PlaceCode>,
    /// An employer.
    pub employer: Option<EmployerId>,
    /// A training base.
    pub base: Option<BaseId>,
    /// A series.
    pub series: Option<String>,
}

impl Reach {
    /// The reach of a role; none where it is not exactly what the role reaches: an officer has a place, an administrator nothing.
    #[must_use]
    pub fn of(role: Role, named: Named) -> Option<Self> {
        let Named { place, employer, base, series } = named;
        match (role, place, employer, base, series) {
            (Role::Officer, Some(place), None, None, None) => Some(Self::Place(place)),
            (Role::SectorAuthority, Some(place), None, None, Some(series)) => Some(Self::Series { place, series }),
            (Role::EmployerAdministrator, None, Some(employer), None, None) => Some(Self::Employer(employer)),
            (Role::BaseOperator, None, None, Some(base), None) => Some(Self::Base(base)),
            (role, None, None, None, None) if role.is_of_the_three() => Some(Self::Everywhere),
            _ => None,
        }
    }

    /// The place, where it names one.
    #[must_use]
    pub const fn place(&self) -> Option<&PlaceCode> {
        match self {
            Self::Place(place) | Self::Series { place, .. } => Some(place),
            Self::Everywhere | Self::Employer(_) | Self::Base(_) => None,
        }
    }

    /// The employer, where it is one.
    #[must_use]
    pub const fn employer(&self) -> Option<EmployerId> {
        match self {
            Self::Employer(employer) => Some(*employer),
            _ => None,
        }
    }

    /// The training base, where it is one.
    #[must_use]
    pub const fn base(&self) -> Option<BaseId> {
        match self {
            Self::Base(base) => Some(*base),
            _ => None,
        }
    }

    /// The series, where it is one.
    #[must_use]
    pub fn series(&self) -> Option<&str> {
        match self {
            Self::Series { series, .. } => Some(series),
            _ => None,
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
    /// The place answered for by an officer; a security administrator answers for every one.
    pub place: Option<&'a PlaceCode>,
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
    /// The receiver is another of the three administrators on some of these days.
    AnotherAdministrator(Role),
}

/// Whether someone may give a grant of this role to `receiver` (their name in records), or withdraw it from them; nobody may
/// give to themselves, but anyone may lay down what they could give. `seat` is the place to which the reach belongs: its own, or
/// that of its employer or base.
///
/// # Errors
/// Says why not.
pub fn may_govern(
    giver: Giver<'_>,
    receiver: Option<&str>,
    role: Role,
    seat: Option<&PlaceCode>,
    places: &PlaceTree,
) -> Result<(), GrantRefusal> {
    if receiver == Some(giver.name) {
        return Err(GrantRefusal::ToOneself);
    }
    let Some(own) = giver.place else { return Ok(()) };
    if !role.is_below_an_officer() {
        return Err(GrantRefusal::RoleAbove);
    }
    let own = places.find(own.as_str());
    let inside = own.zip(seat).is_some_and(|(own, seat)| places.contains(&own.code, seat));
    if inside { Ok(()) } else { Err(GrantRefusal::OutsidePlace) }
}

/// Whether a role may stand beside the grants that its receiver holds and that were not withdrawn: on no day is anyone two of
/// the three administrators.
///
/// # Errors
/// [`GrantRefusal::AnotherAdministrator`], with the role that is held.
pub fn may_stand_beside(
    role: Role,
    (from_on, until_on): (Date, Option<Date>),
    held: &[Grant],
) -> Result<(), GrantRefusal> {
    let same_days = |grant: &&Grant| {
        grant.until_on.is_none_or(|last| from_on <= last) && until_on.is_none_or(|last| grant.from_on <= last)
    };
    let two = |grant: &&Grant| role.is_of_the_three() && grant.role.is_of_the_three() && grant.role != role;
    match held.iter().filter(same_days).find(two) {
        Some(other) => Err(GrantRefusal::AnotherAdministrator(other.role)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Words;
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

    const THE_THREE: [Role; 3] = [Role::SystemAdministrator, Role::SecurityAdministrator, Role::AuditAdministrator];

    #[test]
    fn an_officer_gives_within_the_own_places_and_makes_no_administrator() {
        let (tree, own) = (tree(), place("610000"));
        let officer = Giver { name: "a#li", place: Some(&own) };
        let asked = |role, seat: Option<&str>, to| may_govern(officer, Some(to), role, seat.map(place).as_ref(), &tree);
        for role in [Role::Officer, Role::EmployerAdministrator, Role::BaseOperator, Role::SectorAuthority] {
            assert_eq!(asked(role, Some("610300"), "a#wu"), Ok(()));
            assert_eq!(asked(role, Some("610000"), "a#wu"), Ok(()));
            assert_eq!(asked(role, Some("630000"), "a#wu"), Err(GrantRefusal::OutsidePlace));
            assert_eq!(asked(role, Some("000000"), "a#wu"), Err(GrantRefusal::OutsidePlace));
            assert_eq!(asked(role, None, "a#wu"), Err(GrantRefusal::OutsidePlace));
            assert_eq!(asked(role, Some("610300"), "a#li"), Err(GrantRefusal::ToOneself));
        }
        for role in THE_THREE {
            assert_eq!(asked(role, None, "a#wu"), Err(GrantRefusal::RoleAbove));
        }
    }

    #[test]
    fn a_security_administrator_gives_everything_but_not_to_themselves() {
        let (tree, root) = (tree(), Giver { name: "root", place: None });
        for role in Role::ALL {
            assert_eq!(may_govern(root, Some("a#wu"), *role, None, &tree), Ok(()));
            assert_eq!(may_govern(root, Some("root"), *role, None, &tree), Err(GrantRefusal::ToOneself));
            assert_eq!(may_govern(root, None, *role, None, &tree), Ok(()));
        }
    }

    #[test]
    fn nobody_is_two_of_the_three_administrators_on_one_day() {
        let days = |from_on, until_on| (from_on, until_on);
        for held in THE_THREE {
            let grant = Grant { role: held, reach: Reach::Everywhere, ..grant() };
            let beside = |role, days| may_stand_beside(role, days, std::slice::from_ref(&grant));
            for role in Role::ALL.iter().copied() {
                let two = role.is_of_the_three() && role != held;
                let refused = if two { Err(GrantRefusal::AnotherAdministrator(held)) } else { Ok(()) };
                assert_eq!(beside(role, days(date!(2021 - 12 - 31), None)), refused, "{role:?} beside {held:?}");
                assert_eq!(beside(role, days(date!(2020 - 01 - 01), Some(date!(2021 - 01 - 01)))), refused);
                assert_eq!(beside(role, days(date!(2022 - 01 - 01), None)), Ok(()));
                assert_eq!(beside(role, days(date!(2020 - 01 - 01), Some(date!(2020 - 12 - 31)))), Ok(()));
            }
        }
        assert_eq!(may_stand_beside(Role::AuditAdministrator, days(date!(2021 - 01 - 01), None), &[grant()]), Ok(()));
    }

    #[test]
    fn a_role_reaches_what_it_names_and_nothing_else() {
        let everything = Named {
            place: Some(place("610000")),
            employer: Some(EmployerId::from_uuid(Uuid::nil())),
            base: Some(BaseId::from_uuid(Uuid::nil())),
            series: Some("会计".to_owned()),
        };
        for role in Role::ALL.iter().copied() {
            assert_eq!(Reach::of(role, everything.clone()), None);
            assert_eq!(Reach::of(role, Named::default()).is_some(), role.is_of_the_three());
            let has = |part| role.answers_for().contains(&part);
            let fits = |place, employer, base, series| {
                let Named { place: a, employer: b, base: c, series: d } = everything.clone();
                let (place, employer) = (a.filter(|_| place), b.filter(|_| employer));
                Reach::of(role, Named { place, employer, base: c.filter(|_| base), series: d.filter(|_| series) })
                    .is_some()
            };
            for some in 0..16 {
                let named = [some & 1 != 0, some & 2 != 0, some & 4 != 0, some & 8 != 0];
                let right = named == [Part::Place, Part::Employer, Part::Base, Part::Series].map(has);
                let [place, employer, base, series] = named;
                assert_eq!(fits(place, employer, base, series), right, "{role:?} {named:?}");
            }
        }
        let named = Named { place: everything.place.clone(), series: everything.series.clone(), ..Named::default() };
        let reach = Reach::of(Role::SectorAuthority, named.clone()).unwrap();
        assert_eq!((reach.place(), reach.series()), (named.place.as_ref(), Some("会计")));
        assert_eq!(Reach::of(Role::Officer, named), None);
    }

    fn grant() -> Grant {
        Grant {
            id: GrantId::from_uuid(Uuid::nil()),
            issuer: IssuerId::from_uuid(Uuid::nil()),
            subject: "li".to_owned(),
            role: Role::Officer,
            reach: Reach::Place(place("610000")),
            from_on: date!(2021 - 01 - 01),
            until_on: Some(date!(2021 - 12 - 31)),
        }
    }

    #[test]
    fn a_grant_holds_from_its_first_to_its_last_day() {
        let grant = grant();
        assert!(!grant.holds_on(date!(2020 - 12 - 31)));
        assert!(grant.holds_on(date!(2021 - 01 - 01)) && grant.holds_on(date!(2021 - 12 - 31)));
        assert!(!grant.holds_on(date!(2022 - 01 - 01)));
    }
}
