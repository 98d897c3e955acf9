//! A finding as it was decided, and what holds because of it.

use super::Sanction;
use crate::{
    hour_ledger::Bar,
    kernel::{CaseId, EntryId, Words},
    policy::shape::{Cause, Effect, Purpose},
};
use time::{Date, OffsetDateTime};

/// A finding as an office decided it. It is never changed; a mistake is answered by an annulment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The case that led to it.
    pub case: CaseId,
    /// What was found.
    pub cause: Cause,
    /// The civil day of the decision (查实).
    pub decided_on: Date,
    /// The lines concerned.
    pub lines: Vec<EntryId>,
    /// What follows, as computed when it was decided.
    pub sanctions: Vec<Sanction>,
    /// When it became known.
    pub recorded_at: OffsetDateTime,
    /// That it was annulled, where it was.
    pub annulled: Option<Annulment>,
}

/// That a finding was annulled: from then on it is as if it had never been.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Annulment {
    /// The case that led to it.
    pub case: CaseId,
    /// When it became known.
    pub recorded_at: OffsetDateTime,
}

impl Finding {
    /// Whether it stands, as known at an instant; as known now when that is absent.
    #[must_use]
    pub fn stands(&self, known_at: Option<OffsetDateTime>) -> bool {
        let known = |recorded_at: OffsetDateTime| known_at.is_none_or(|moment| recorded_at <= moment);
        known(self.recorded_at) && !self.annulled.is_some_and(|annulled| known(annulled.recorded_at))
    }

    fn of(&self, effect: Effect) -> impl Iterator<Item = &Sanction> {
        self.sanctions.iter().filter(move |sanction| sanction.effect == effect)
    }
}

/// The days on which a person may not apply for a title, in any of its ways, as known at an instant (QH-35). A bar without a stated
/// end lasts.
#[must_use]
pub fn bars(findings: &[Finding], known_at: Option<OffsetDateTime>) -> Vec<Bar> {
    let standing = findings.iter().filter(|finding| finding.stands(known_at));
    let barring = standing.flat_map(|finding| finding.of(Effect::TitleBar).map(move |sanction| (finding, sanction)));
    let titles = || Purpose::ALL.iter().copied().filter(|purpose| purpose.is_for_a_title());
    let bar = |(finding, sanction): (&Finding, &Sanction), purpose| Bar {
        case: finding.case,
        purpose,
        from_on: sanction.from_on,
        until_on: sanction.until_on.unwrap_or(Date::MAX),
        cite: sanction.cite.clone(),
    };
    barring.flat_map(|found| titles().map(move |purpose| bar(found, purpose))).collect()
}

/// What stands in the credit record of a person on a day, as known at an instant: each by its own end, whatever else the same finding
/// led to.
#[must_use]
pub fn records(findings: &[Finding], day: Date, known_at: Option<OffsetDateTime>) -> Vec<(CaseId, &Sanction)> {
    let standing = findings.iter().filter(|finding| finding.stands(known_at));
    let recorded = standing.flat_map(|finding| finding.of(Effect::CreditRecord).map(|record| (finding.case, record)));
    let holds = |record: &Sanction| record.from_on <= day && record.until_on.is_none_or(|last_on| day <= last_on);
    recorded.filter(|(_, record)| holds(record)).collect()
}

/// Whether an application that is still open is cancelled by a finding, as known at an instant: one for a title that was handed in by
/// the day of the decision. Later ones are barred instead. An annulment revives none; who was wronged applies anew.
#[must_use]
pub fn is_cancelled(finding: &Finding, purpose: Purpose, applied_on: Date, known_at: Option<OffsetDateTime>) -> bool {
    let cancels = finding.of(Effect::ApplicationCancelled).next().is_some();
    cancels && finding.stands(known_at) && purpose.is_for_a_title() && applied_on <= finding.decided_on
}
