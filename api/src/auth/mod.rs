//! Who calls, and what the type of a handler's first argument lets them do.
//!
//! A token becomes a [`Caller`] at the edge (`identity.rs`): one of the service's own (`tokens.rs`) or of a registered issuer
//! ([`access`](crate::access)). What each kind of caller may do stands in one table (`table.rs`); a handler's permit
//! (`permit.rs`) is an extractor that lets in whom the operation's line lets in and refuses the rest. It decides on the head of
//! the request alone, so nothing of the body is read for someone who may not send it.

mod again;
mod identity;
mod numeric_date;
mod permit;
mod printed;
mod signing;
mod table;
mod tokens;
mod unreadable;

pub(crate) use again::Again;
pub(crate) use identity::{Identified, Identity, Pays, identify, refused};
pub(crate) use numeric_date::{seconds, some_seconds};
pub(crate) use tokens::{LEEWAY, within};

pub(crate) use permit::Attempt;
pub(crate) use permit::{Outside, Whose};
pub use permit::{Permission, Permit};
pub use printed::permissions_list;
pub use table::{Cell, LINES, Line, Operation, line, operation};
pub use tokens::{ClientToken, Session, Subject, TokenError, Tokens, TokensError};
pub use unreadable::Unreadable;

use domain::{
    access::{Reach, Role},
    kernel::{EmployerId, GrantId, LearnerId, PlaceCode, PlatformId, Words},
    registry::PlaceTree,
};
use serde::{Deserialize, Serialize};
use std::fmt;
use time::Date;

/// The kinds of caller, as tokens and the document name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum CallerKind {
    /// A learner, who sees what is their own.
    Learner,
    /// A learning platform, which pushes completions.
    Platform,
    /// An employer's administrator, who sees its own staff.
    EmployerAdministrator,
    /// The operator of a training base.
    BaseOperator,
    /// The authority of a series within a place.
    SectorAuthority,
    /// An officer of a place and all places under it.
    Officer,
    /// Who keeps the registry of places and organisations.
    SystemAdministrator,
    /// Who keeps clients, issuers and grants.
    SecurityAdministrator,
    /// Who looks at what the others did.
    AuditAdministrator,
}

impl CallerKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::Learner,
        Self::Platform,
        Self::EmployerAdministrator,
        Self::BaseOperator,
        Self::SectorAuthority,
        Self::Officer,
        Self::SystemAdministrator,
        Self::SecurityAdministrator,
        Self::AuditAdministrator,
    ];

    /// The kind on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self.role() {
            Some(role) => role.as_str(),
            None if self == Self::Learner => "learner",
            None => "platform",
        }
    }

    /// The role of an official; none of a learner or a platform.
    #[must_use]
    pub const fn role(self) -> Option<Role> {
        match self {
            Self::Learner | Self::Platform => None,
            Self::EmployerAdministrator => Some(Role::EmployerAdministrator),
            Self::BaseOperator => Some(Role::BaseOperator),
            Self::SectorAuthority => Some(Role::SectorAuthority),
            Self::Officer => Some(Role::Officer),
            Self::SystemAdministrator => Some(Role::SystemAdministrator),
            Self::SecurityAdministrator => Some(Role::SecurityAdministrator),
            Self::AuditAdministrator => Some(Role::AuditAdministrator),
        }
    }
}

impl From<Role> for CallerKind {
    fn from(role: Role) -> Self {
        match role {
            Role::EmployerAdministrator => Self::EmployerAdministrator,
            Role::BaseOperator => Self::BaseOperator,
            Role::SectorAuthority => Self::SectorAuthority,
            Role::Officer => Self::Officer,
            Role::SystemAdministrator => Self::SystemAdministrator,
            Role::SecurityAdministrator => Self::SecurityAdministrator,
            Role::AuditAdministrator => Self::AuditAdministrator,
        }
    }
}

impl fmt::Display for CallerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who a valid token speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// One learner.
    Learner(LearnerId),
    /// One learning platform.
    Platform(PlatformId),
    /// An official.
    Official {
        /// As what.
        role: Role,
        /// For what; it fits the role ([`Reach::of`]).
        reach: Reach,
        /// The official's name in the accounts of the portal or the operator.
        subject: String,
        /// The grant by which they act; none by a token of the service's own.
        grant: Option<ActingBy>,
    },
}

/// The grant by which an official acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActingBy {
    /// Its id.
    pub id: GrantId,
    /// Its last day; open when `None`.
    pub until_on: Option<Date>,
}

impl Caller {
    /// The caller's kind.
    #[must_use]
    pub fn kind(&self) -> CallerKind {
        match self {
            Self::Learner(_) => CallerKind::Learner,
            Self::Platform(_) => CallerKind::Platform,
            Self::Official { role, .. } => (*role).into(),
        }
    }

    /// What an official answers for.
    #[must_use]
    pub const fn reach(&self) -> Option<&Reach> {
        match self {
            Self::Official { reach, .. } => Some(reach),
            Self::Learner(_) | Self::Platform(_) => None,
        }
    }

    /// The place within which an official answers, where there is one.
    #[must_use]
    pub fn place(&self) -> Option<&PlaceCode> {
        self.reach().and_then(Reach::place)
    }

    /// The employer for which an official answers, where it is one.
    #[must_use]
    pub fn employer(&self) -> Option<EmployerId> {
        self.reach().and_then(Reach::employer)
    }

    /// Whether a place is the caller's own or lies below it: an officer's, who answers for all that is there. A token may name
    /// the place by a division code that is no longer in use.
    #[must_use]
    pub fn answers_for(&self, places: &PlaceTree, place: &PlaceCode) -> bool {
        matches!(self.reach(), Some(Reach::Place(_))) && self.is_within(places, place)
    }

    /// Whether a place is the caller's own or lies below it, whatever of it they answer for.
    #[must_use]
    pub fn is_within(&self, places: &PlaceTree, place: &PlaceCode) -> bool {
        let own = self.place().and_then(|own| places.find(own.as_str()));
        own.is_some_and(|own| places.contains(&own.code, place))
    }

    /// The places that are the caller's own; nothing for who answers for none, or for one that is gone from the tree.
    #[must_use]
    pub fn places(&self, places: &PlaceTree) -> Vec<PlaceCode> {
        let own = self.place().and_then(|own| places.find(own.as_str()));
        own.map(|own| places.subtree(&own.code)).unwrap_or_default()
    }

    /// At which of several desks an official sits: the grant, or what a token of the service's own answers for. Of one desk it is
    /// the same in every version of the service.
    #[must_use]
    pub(crate) fn desk(&self) -> String {
        let Self::Official { reach, grant, .. } = self else { return String::new() };
        match (grant, reach) {
            (Some(grant), _) => grant.id.to_string(),
            (None, Reach::Everywhere) => "everywhere".to_owned(),
            (None, Reach::Place(place)) => format!("place:{place}"),
            (None, Reach::Employer(id)) => format!("employer:{id}"),
            (None, Reach::Base(id)) => format!("base:{id}"),
            (None, Reach::Series { place, series }) => format!("series:{place}:{series}"),
        }
    }

    /// How a record names who wrote it (`recorded_by` and its like), for instance `officer:li`.
    #[must_use]
    pub fn signature(&self) -> String {
        let kind = self.kind();
        match self {
            Self::Learner(id) => format!("{kind}:{id}"),
            Self::Platform(id) => format!("{kind}:{id}"),
            Self::Official { subject, .. } => format!("{kind}:{subject}"),
        }
    }
}
