//! Who calls, and what the type of a handler's first argument lets them do.
//!
//! A token becomes a [`Caller`] at the edge (`identity.rs`): one of the service's own (`tokens.rs`) or of a registered issuer
//! ([`access`](crate::access)). What each kind of caller may do stands in one table (`table.rs`); a handler's permit
//! (`permit.rs`) is an extractor that lets in whom the operation's line lets in and refuses the rest. It decides on the head of
//! the request alone, so nothing of the body is read for someone who may not send it.

mod identity;
mod permit;
mod printed;
mod signing;
mod table;
mod tokens;

pub(crate) use identity::{Identified, Identity, identify, refused};
pub(crate) use tokens::{LEEWAY, within};

pub use permit::{Permission, Permit};
pub use printed::permissions_list;
pub use table::{Cell, LINES, Line, Operation, line, operation};
pub use tokens::{ClientToken, Session, Subject, TokenError, Tokens, TokensError};

use domain::{
    kernel::{LearnerId, PlaceCode, PlatformId},
    registry::PlaceTree,
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The kinds of caller, as tokens and the document name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum CallerKind {
    /// A learner, who sees what is their own.
    Learner,
    /// A learning platform, which pushes completions.
    Platform,
    /// An officer of a place and all places under it.
    Officer,
    /// An administrator of the whole installation.
    Administrator,
}

impl CallerKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[Self::Learner, Self::Platform, Self::Officer, Self::Administrator];

    /// The kind on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Learner => "learner",
            Self::Platform => "platform",
            Self::Officer => "officer",
            Self::Administrator => "administrator",
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
    /// An officer, who answers for a place and what lies under it.
    Officer {
        /// The place answered for.
        place: PlaceCode,
        /// The officer's name in the portal's accounts.
        subject: String,
    },
    /// An administrator.
    Administrator {
        /// The administrator's name in the operator's accounts.
        subject: String,
    },
}

impl Caller {
    /// The caller's kind.
    #[must_use]
    pub const fn kind(&self) -> CallerKind {
        match self {
            Self::Learner(_) => CallerKind::Learner,
            Self::Platform(_) => CallerKind::Platform,
            Self::Officer { .. } => CallerKind::Officer,
            Self::Administrator { .. } => CallerKind::Administrator,
        }
    }

    /// The place that the caller answers for, where it is one.
    #[must_use]
    pub const fn place(&self) -> Option<&PlaceCode> {
        match self {
            Self::Officer { place, .. } => Some(place),
            Self::Learner(_) | Self::Platform(_) | Self::Administrator { .. } => None,
        }
    }

    /// Whether a place is the caller's own or lies below it. A token may name the caller's place by a division code that is no
    /// longer in use.
    #[must_use]
    pub fn answers_for(&self, places: &PlaceTree, place: &PlaceCode) -> bool {
        let own = self.place().and_then(|own| places.find(own.as_str()));
        own.is_some_and(|own| places.contains(&own.code, place))
    }

    /// The places that are the caller's own; none for who answers for none, or for one that is gone from the tree.
    #[must_use]
    pub fn places(&self, places: &PlaceTree) -> Vec<PlaceCode> {
        let own = self.place().and_then(|own| places.find(own.as_str()));
        own.map(|own| places.subtree(&own.code)).unwrap_or_default()
    }

    /// How a record names who wrote it (`recorded_by` and its like), for instance `officer:li`.
    #[must_use]
    pub fn signature(&self) -> String {
        match self {
            Self::Learner(id) => format!("learner:{id}"),
            Self::Platform(id) => format!("platform:{id}"),
            Self::Officer { subject, .. } => format!("officer:{subject}"),
            Self::Administrator { subject } => format!("administrator:{subject}"),
        }
    }
}
