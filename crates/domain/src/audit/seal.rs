//! Seals: what covers events, and what chains them.

use super::event::{Fingerprint, micros, put};
use crate::kernel::EventId;
use std::{fmt, str::FromStr};
use thiserror::Error;
use time::{Duration, OffsetDateTime};

/// No event is removed before this age: six months, and the longest half of a year has 184 days.
pub const LEAST_RETENTION: Duration = Duration::days(184);

/// How many events one seal covers at most. One that covers fewer left none waiting.
pub const MOST_MEMBERS: i64 = 1000;

/// An event as a seal covers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// Which event.
    pub event: EventId,
    /// Its fingerprint when it was sealed.
    pub fingerprint: Fingerprint,
}

/// One link of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// From 1, without a gap.
    pub number: i64,
    /// When it was made: whole microseconds.
    pub sealed_at: OffsetDateTime,
    /// How many events it covers.
    pub members: i64,
    /// Over all of them, in the order of their ids.
    pub members_fingerprint: Fingerprint,
    /// Whether it covers looks at files ([`Event::is_look`](super::Event::is_look)), which have a retention of their own, and nothing
    /// else; or everything but those.
    pub of_reads: bool,
    /// The events of all seals up to this number, but for those of reads, were removed when their time was over; zero where none were.
    pub emptied_through: i64,
    /// The same of the seals of reads.
    pub reads_emptied_through: i64,
    /// The fingerprint of the seal before; [`Fingerprint::NONE`] for the first.
    pub previous: Fingerprint,
    /// Over all of the above.
    pub fingerprint: Fingerprint,
}

impl Seal {
    /// The seal after `last` that covers these events. Their order does not matter. It is no older than the one before, whatever a
    /// clock says that was set back.
    #[must_use]
    pub fn after(last: Option<&Self>, sealed_at: OffsetDateTime, members: &[Member]) -> Self {
        let mut seal = Self {
            number: last.map_or(1, |last| last.number + 1),
            sealed_at: last.map_or(sealed_at, |last| last.sealed_at.max(sealed_at)),
            members: i64::try_from(members.len()).unwrap_or(i64::MAX),
            members_fingerprint: fingerprint_of(members),
            of_reads: false,
            emptied_through: last.map_or(0, |last| last.emptied_through),
            reads_emptied_through: last.map_or(0, |last| last.reads_emptied_through),
            previous: last.map_or(Fingerprint::NONE, |last| last.fingerprint),
            fingerprint: Fingerprint::NONE,
        };
        seal.fingerprint = seal.expected_fingerprint();
        seal
    }

    /// The same seal, over reads.
    #[must_use]
    pub fn over_reads(mut self, of_reads: bool) -> Self {
        self.of_reads = of_reads;
        self.fingerprint = self.expected_fingerprint();
        self
    }

    /// The same seal, saying besides that the events of all seals of this kind up to this number are removed with it.
    #[must_use]
    pub fn emptying_through(mut self, of_reads: bool, number: i64) -> Self {
        *(if of_reads { &mut self.reads_emptied_through } else { &mut self.emptied_through }) = number;
        self.fingerprint = self.expected_fingerprint();
        self
    }

    /// Up to which number the seals of a kind were emptied.
    #[must_use]
    pub const fn emptied(&self, of_reads: bool) -> i64 {
        if of_reads { self.reads_emptied_through } else { self.emptied_through }
    }

    /// The fingerprint that a seal of this content has.
    #[must_use]
    pub fn expected_fingerprint(&self) -> Fingerprint {
        let mut bytes = Vec::with_capacity(256);
        put(&mut bytes, Some(b"xueshi audit seal 2"));
        let of_reads = i64::from(self.of_reads);
        let emptied = [self.emptied_through, self.reads_emptied_through];
        for number in [self.number, micros(self.sealed_at), self.members, of_reads].into_iter().chain(emptied) {
            put(&mut bytes, Some(&number.to_be_bytes()));
        }
        put(&mut bytes, Some(self.members_fingerprint.as_bytes()));
        put(&mut bytes, Some(self.previous.as_bytes()));
        Fingerprint::of(&bytes)
    }

    /// What to keep elsewhere.
    #[must_use]
    pub const fn mark(&self) -> SealMark {
        SealMark { number: self.number, fingerprint: self.fingerprint }
    }
}

/// Over these events, in the order of their ids.
pub(super) fn fingerprint_of(members: &[Member]) -> Fingerprint {
    let mut sorted = members.to_vec();
    sorted.sort_unstable();
    let mut bytes = Vec::with_capacity(64 * sorted.len());
    for member in sorted {
        put(&mut bytes, Some(member.event.as_uuid().as_bytes()));
        put(&mut bytes, Some(member.fingerprint.as_bytes()));
    }
    Fingerprint::of(&bytes)
}

/// The events of seals that were made at this moment or before it may be removed now, those of later ones not yet. A retention
/// below [`LEAST_RETENTION`] is as good as that.
#[must_use]
pub fn over_since(now: OffsetDateTime, retention: Duration) -> OffsetDateTime {
    now.saturating_sub(retention.max(LEAST_RETENTION))
}

/// A seal as it is kept elsewhere: `NUMBER:FINGERPRINT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealMark {
    /// Which one.
    pub number: i64,
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
}

/// The text is no mark of a seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a seal is written as its number, a colon and 64 hexadecimal digits")]
pub struct NoSealMark;

impl fmt::Display for SealMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.number, self.fingerprint)
    }
}

impl FromStr for SealMark {
    type Err = NoSealMark;

    fn from_str(text: &str) -> Result<Self, NoSealMark> {
        let (number, fingerprint) = text.trim().split_once(':').ok_or(NoSealMark)?;
        let number = number.parse().ok().filter(|number| *number > 0).ok_or(NoSealMark)?;
        Ok(Self { number, fingerprint: fingerprint.parse().map_err(|_| NoSealMark)? })
    }
}
