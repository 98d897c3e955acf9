//! Who calls, and what the type of a handler's first argument lets them do.
//!
//! A token becomes a [`Caller`] at the edge (`identity.rs`): one of the service's own (`tokens.rs`) or of a registered issuer
//! ([`access`](crate::access)). A permission type (`permissions.rs`) is an extractor that accepts some
//! kinds of caller and refuses the rest. It decides on the head of the request alone, so nothing of the body is read for
//! someone who may not send it.

mod identity;
mod permissions;
mod signing;
mod tokens;

pub(crate) use identity::{Identified, Identity, identify, refused};
pub(crate) use tokens::{LEEWAY, within};

pub use permissions::{
    AnyCaller, AsAdministrator, AsOfficer, CatalogueReader, CompletionReader, CompletionReverser, LearnerOrOfficials,
    LearnerSelf, Officials, Permission, PushingPlatform, ReadingPlatform,
};
pub use tokens::{Session, Subject, TokenError, Tokens, TokensError};

use domain::kernel::{LearnerId, PlaceCode, PlatformId};
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
