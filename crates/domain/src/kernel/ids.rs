//! Typed ids: a learner's id cannot be handed where a course's is wanted.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that is already known to name such a thing.
            #[must_use]
            pub const fn from_uuid(id: Uuid) -> Self {
                Self(id)
            }

            /// The bare UUID, for storage and the wire.
            #[must_use]
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )+};
}

ids! {
    /// One version of one rule file, draft or published.
    PolicyId,
    /// An office that approves, reviews or supervises.
    AuthorityId,
    /// An organisation that employs learners.
    EmployerId,
    /// A training base (继续教育基地).
    BaseId,
    /// A learning platform (学习平台) that pushes completions.
    PlatformId,
    /// A course, whatever its version.
    CourseId,
    /// A professional technical person.
    LearnerId,
    /// One pushed item of evidence.
    CompletionId,
    /// One batch of pushed items.
    BatchId,
    /// One batch in which an employer hands in the years of its staff.
    VerificationBatchId,
    /// One line of a learner's hour ledger.
    EntryId,
    /// An achievement, an exemption, an attested year, whatever is reviewed; what a line rests on that is no pushed item.
    CaseId,
    /// One file that proves an achievement.
    EvidenceId,
    /// One dated fact about a learner.
    FactId,
    /// One joining of two files of one person.
    MergeId,
    /// One piece of work that outlives its request.
    WorkId,
    /// That recorded items are decided anew by a later version of the rules.
    ReassessmentId,
    /// A system that asks for tokens.
    ClientId,
    /// One of a client's secrets.
    SecretId,
    /// A system whose tokens are taken.
    IssuerId,
    /// What one official was granted.
    GrantId,
    /// One event of the audit trail.
    EventId,
    /// One change that callers follow.
    ChangeId,
}
