//! Verification: the chain is walked from its first seal, and everything that does not fit is named.

use super::{
    event::{Event, Fingerprint},
    seal::{LEAST_RETENTION, MOST_MEMBERS, Member, Seal, SealMark, fingerprint_of},
};
use crate::kernel::EventId;
use std::fmt;
use time::{Duration, OffsetDateTime};

/// An event that claims to be older than this before the seal that came before its own was not written when it says.
const LATEST: Duration = Duration::hours(1);

/// An event that a seal covers, and what is found under its id today.
#[derive(Clone, Debug)]
pub struct Found {
    /// As it was sealed.
    pub member: Member,
    /// As it is; none where it is gone.
    pub event: Option<Event>,
}

/// Something that does not fit. Everything here means that someone changed the trail other than by the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The seal of this number is not there though a later one is.
    SealMissing(i64),
    /// The content of a seal is not what its fingerprint says.
    SealChanged(i64),
    /// A seal does not chain on the one before it.
    ChainBroken(i64),
    /// A seal says that it covers other events than are listed for it.
    MembersChanged(i64),
    /// An event is not what was sealed.
    EventChanged(EventId),
    /// An event that was sealed is gone.
    EventRemoved(EventId),
    /// An event is neither sealed nor waiting to be: it did not come by the service.
    EventInserted(EventId),
    /// An event that is sealed waits for a seal: its place in the queue was put there past the service.
    EventQueuedAgain(EventId),
    /// An event says that it is older than it can be.
    EventBackdated(EventId),
    /// A seal of looks at files covers something else, or another one a look: so it would go before its time.
    EventMisfiled(EventId),
    /// A seal removed events before their time, or says that it removed its own.
    EmptiedTooEarly(i64),
    /// A seal says that it was made later than now, or long before the one it chains on: so a removal could seem due.
    TimeAstray(i64),
    /// The seal that was kept elsewhere is another one here.
    NotAsKept(i64),
    /// The seal that was kept elsewhere is not here: the end of the chain was cut off.
    CutOff(i64),
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SealMissing(number) => write!(f, "seal {number} is missing"),
            Self::SealChanged(number) => write!(f, "seal {number} was changed"),
            Self::ChainBroken(number) => write!(f, "seal {number} does not chain on the one before it"),
            Self::MembersChanged(number) => write!(f, "seal {number} covers other events than are listed for it"),
            Self::EventChanged(id) => write!(f, "event {id} was changed"),
            Self::EventRemoved(id) => write!(f, "event {id} was removed"),
            Self::EventInserted(id) => write!(f, "event {id} was inserted past the service"),
            Self::EventQueuedAgain(id) => write!(f, "event {id} is sealed and was put among those that wait"),
            Self::EventBackdated(id) => write!(f, "event {id} says that it is older than it can be"),
            Self::EventMisfiled(id) => write!(f, "event {id} is under a seal of the other kind"),
            Self::EmptiedTooEarly(number) => write!(f, "seal {number} removed events before their time"),
            Self::TimeAstray(number) => {
                write!(f, "seal {number} says that it was made in the future, or before the one it chains on")
            }
            Self::NotAsKept(number) => write!(f, "seal {number} is not the one that was kept elsewhere"),
            Self::CutOff(number) => write!(f, "seal {number} was kept elsewhere and is not here: the end was cut off"),
        }
    }
}

/// What was verified and what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Seals walked.
    pub seals: i64,
    /// Events compared with what was sealed.
    pub events: i64,
    /// Events removed when their time was over, by what their seals say.
    pub removed: i64,
    /// Events that wait for their seal.
    pub waiting: i64,
    /// How long ago the oldest of them happened.
    pub oldest_waiting: Option<Duration>,
    /// What does not fit, in the order of the chain.
    pub findings: Vec<Finding>,
}

/// What is under no seal, and what the queue says of it.
#[derive(Clone, Debug, Default)]
pub struct Unsealed {
    /// How many events wait for their seal.
    pub waiting: i64,
    /// When the oldest of them happened.
    pub oldest: Option<OffsetDateTime>,
    /// Those that wait and are gone.
    pub gone: Vec<EventId>,
    /// Those that wait and are sealed.
    pub queued_again: Vec<EventId>,
    /// Those that are not sealed and do not even wait.
    pub inserted: Vec<EventId>,
}

/// How far the clocks of two machines may be apart.
const CLOCKS_DIFFER: Duration = Duration::minutes(5);

/// Walks the chain: every seal in the order of the numbers, then what no seal covers.
#[derive(Debug)]
pub struct Verifier {
    against: Option<SealMark>,
    /// Up to where seals were emptied, as the last one says: of all but reads, and of reads.
    emptied: [i64; 2],
    now: OffsetDateTime,
    last: Option<(i64, Fingerprint)>,
    last_emptied: [i64; 2],
    sealed_at: Vec<OffsetDateTime>,
    /// When nothing waited for its seal the last time: what is sealed later was written later. A seal that is full left some waiting.
    /// Reads are sealed before the rest, so where no more of the rest waited, no reads did.
    all_sealed_at: [Option<OffsetDateTime>; 2],
    report: Report,
}

impl Verifier {
    /// For a chain that ends with `last`, which says what was removed; compared with a seal that was kept elsewhere, if there is
    /// one. `now` is the verifier's own clock: no seal is younger.
    #[must_use]
    pub fn new(last: Option<&Seal>, against: Option<SealMark>, now: OffsetDateTime) -> Self {
        let report = Report::default();
        Self {
            against,
            emptied: [false, true].map(|of_reads| last.map_or(0, |last| last.emptied(of_reads))),
            now,
            last: None,
            last_emptied: [0; 2],
            sealed_at: Vec::new(),
            all_sealed_at: [None; 2],
            report,
        }
    }

    /// The next seal with all that is listed for it.
    pub fn seal(&mut self, seal: &Seal, found: &[Found]) {
        let (number, before) = self.last.unwrap_or((0, Fingerprint::NONE));
        self.report.seals += 1;
        for missing in (number + 1..seal.number).take(100) {
            self.report.findings.push(Finding::SealMissing(missing));
        }
        if seal.expected_fingerprint() != seal.fingerprint {
            self.report.findings.push(Finding::SealChanged(seal.number));
        }
        if seal.number == number + 1 && seal.previous != before {
            self.report.findings.push(Finding::ChainBroken(seal.number));
        }
        if self.against.is_some_and(|kept| kept.number == seal.number && kept.fingerprint != seal.fingerprint) {
            self.report.findings.push(Finding::NotAsKept(seal.number));
        }
        let before = self.sealed_at.last().copied().unwrap_or(seal.sealed_at);
        if seal.sealed_at > self.now + CLOCKS_DIFFER || seal.sealed_at < before - CLOCKS_DIFFER {
            self.report.findings.push(Finding::TimeAstray(seal.number));
        }
        self.emptying(seal);
        if seal.number <= self.emptied[usize::from(seal.of_reads)] && found.is_empty() {
            self.report.removed += seal.members;
        } else {
            self.members(seal, found);
        }
        self.last = Some((seal.number, seal.fingerprint));
        self.sealed_at.push(seal.sealed_at);
        if seal.members < MOST_MEMBERS {
            let at = Some(seal.sealed_at);
            self.all_sealed_at = if seal.of_reads { [self.all_sealed_at[0], at] } else { [at; 2] };
        }
    }

    /// A removal goes forward only, and only as far as seals were old enough.
    fn emptying(&mut self, seal: &Seal) {
        for of_reads in [false, true] {
            let (last, through) = (&mut self.last_emptied[usize::from(of_reads)], seal.emptied(of_reads));
            if through == *last {
                continue;
            }
            let youngest = usize::try_from(through - 1).ok().and_then(|at| self.sealed_at.get(at));
            let old_enough = youngest.is_some_and(|sealed_at| seal.sealed_at - *sealed_at >= LEAST_RETENTION);
            if through < *last || !old_enough {
                self.report.findings.push(Finding::EmptiedTooEarly(seal.number));
            }
            *last = through;
        }
    }

    fn members(&mut self, seal: &Seal, found: &[Found]) {
        let members: Vec<Member> = found.iter().map(|found| found.member).collect();
        if i64::try_from(members.len()) != Ok(seal.members) || fingerprint_of(&members) != seal.members_fingerprint {
            self.report.findings.push(Finding::MembersChanged(seal.number));
        }
        let earliest =
            self.all_sealed_at[usize::from(seal.of_reads)].and_then(|sealed_at| sealed_at.checked_sub(LATEST));
        for Found { member, event } in found {
            self.report.events += 1;
            let finding = match event {
                None => Finding::EventRemoved(member.event),
                Some(event) if event.fingerprint() != member.fingerprint => Finding::EventChanged(member.event),
                Some(event) if earliest.is_some_and(|earliest| event.at < earliest) => {
                    Finding::EventBackdated(member.event)
                }
                Some(event) if event.is_look() != seal.of_reads => Finding::EventMisfiled(member.event),
                Some(_) => continue,
            };
            self.report.findings.push(finding);
        }
    }

    /// The end of the walk, with what no seal covers.
    #[must_use]
    pub fn finish(mut self, unsealed: Unsealed) -> Report {
        self.report.waiting = unsealed.waiting;
        self.report.oldest_waiting = unsealed.oldest.map(|oldest| self.now - oldest);
        self.report.findings.extend(unsealed.gone.into_iter().map(Finding::EventRemoved));
        self.report.findings.extend(unsealed.queued_again.into_iter().map(Finding::EventQueuedAgain));
        self.report.findings.extend(unsealed.inserted.into_iter().map(Finding::EventInserted));
        let last = self.last.map_or(0, |(number, _)| number);
        if let Some(kept) = self.against.filter(|kept| kept.number > last) {
            self.report.findings.push(Finding::CutOff(kept.number));
        }
        self.report
    }
}
