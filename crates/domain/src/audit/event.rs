//! One event, and the bytes by which it is known.

use crate::{kernel::EventId, words};
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};
use time::OffsetDateTime;

words! {
    /// What was done.
    pub enum Act {
        /// Something was written.
        Write = "write",
        /// A person's file was read by someone else.
        Read = "read",
        /// An attempt was refused.
        Refusal = "refusal",
    }

    /// By which way someone came.
    pub enum Channel {
        /// A token that the service made itself for an operator.
        OwnToken = "own_token",
        /// A token issued to a client.
        Client = "client",
        /// A token of a registered issuer.
        Issuer = "issuer",
        /// No token that holds.
        Unproven = "unproven",
        /// The service itself: its command line, its start, its runner.
        Inside = "inside",
    }
}

/// One event. It holds no personal field in clear: persons are named by their ids, and what changed is masked before it comes here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its key. Those of reads are made from what they say, so that the same read is one event.
    pub id: EventId,
    /// When: whole microseconds. Of what is counted the first time.
    pub at: OffsetDateTime,
    /// What was done.
    pub act: Act,
    /// Which operation of the interface, or which command.
    pub operation: String,
    /// Who: the name under which records know the caller.
    pub actor: String,
    /// As what, where the caller has a role.
    pub role: Option<String>,
    /// For whom, where someone acts for another.
    pub on_behalf_of: Option<String>,
    /// By which way.
    pub channel: Channel,
    /// The client or the issuer, where the way has one.
    pub channel_name: Option<String>,
    /// What kind of thing it was done to.
    pub subject_kind: Option<String>,
    /// Which one.
    pub subject_id: Option<String>,
    /// What for, where a purpose is asked.
    pub purpose: Option<String>,
    /// Why it was refused: the kind of the problem.
    pub problem: Option<String>,
    /// What stood before, masked JSON.
    pub before: Option<String>,
    /// What stands now, masked JSON.
    pub after: Option<String>,
    /// The request.
    pub request_id: Option<String>,
    /// How often, where equal attempts are counted together.
    pub times: i64,
}

impl Event {
    /// The bytes by which the event is known: each field with its length before it, so that no two events share them.
    #[must_use]
    pub fn canonical_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(512);
        put(&mut bytes, Some(b"xueshi audit event 1"));
        put(&mut bytes, Some(self.id.as_uuid().as_bytes()));
        put(&mut bytes, Some(&micros(self.at).to_be_bytes()));
        put(&mut bytes, Some(self.act.to_string().as_bytes()));
        put(&mut bytes, Some(self.channel.to_string().as_bytes()));
        put(&mut bytes, Some(&self.times.to_be_bytes()));
        put(&mut bytes, Some(self.operation.as_bytes()));
        put(&mut bytes, Some(self.actor.as_bytes()));
        let optional = [
            &self.role,
            &self.on_behalf_of,
            &self.channel_name,
            &self.subject_kind,
            &self.subject_id,
            &self.purpose,
            &self.problem,
            &self.before,
            &self.after,
            &self.request_id,
        ];
        for field in optional {
            put(&mut bytes, field.as_deref().map(str::as_bytes));
        }
        bytes
    }

    /// Whether it is a look at a file and nothing more, which has a retention of its own. An unmasking, which has a purpose, is
    /// kept as long as what was written.
    #[must_use]
    pub fn is_look(&self) -> bool {
        self.act == Act::Read && self.purpose.is_none()
    }

    /// SHA-256 of the canonical bytes.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.canonical_bytes())
    }
}

/// Appends a field. Its length stands before it; one that is missing has a length that none can have.
pub(super) fn put(bytes: &mut Vec<u8>, field: Option<&[u8]>) {
    let length = field.map_or(u64::MAX, |field| u64::try_from(field.len()).unwrap_or(u64::MAX - 1));
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(field.unwrap_or_default());
}

/// Microseconds since the epoch, which both databases keep.
pub(super) fn micros(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000)).unwrap_or(i64::MAX)
}

/// A SHA-256, written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// What the first seal chains on.
    pub const NONE: Self = Self([0; 32]);

    /// Of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// One that was kept; none where it is not 32 bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The bytes to keep.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// The text is no SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not 64 hexadecimal digits")]
pub struct NoFingerprint;

impl FromStr for Fingerprint {
    type Err = NoFingerprint;

    fn from_str(text: &str) -> Result<Self, NoFingerprint> {
        let digits = text.as_bytes();
        if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(NoFingerprint);
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| NoFingerprint)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| NoFingerprint)?;
        }
        Ok(Self(bytes))
    }
}
