//! Grants: what an official of another system may do here. Who may give and withdraw them: `giving.rs`.

use crate::{
    kernel::{BaseId, EmployerId, GrantId, IssuerId, PlaceCode, lasts},
    words,
};
use serde::{Deserialize, Serialize};
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
}

/// How far a role reaches.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Words;
    use time::macros::date;
    use uuid::Uuid;

    fn place(code: &str) -> PlaceCode {
        code.parse().unwrap()
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
