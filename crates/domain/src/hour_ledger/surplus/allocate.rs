//! An allocation: what the surplus of a person's year may serve, and the lines that say what it does.

use super::{
    super::{Basis, Drawn, Entry, EntryKind, Ground, Question, Standing, StandingReason, Verdict, standing},
    Chosen, Drawing, Gap, Origins, Room, Spare, Transfer, TransferFault, choose, eligible_lines, gaps, propose,
};
use crate::{
    kernel::{CaseId, Citation, EntryId, PlaceCode, PolicyId, china_date, last_day},
    policy::{CategoryCode, Policy, RuleBook},
    registry::LearnerFacts,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use time::{Date, OffsetDateTime};

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Allocating<'a> {
    /// The published rules and the places.
    pub book: &'a RuleBook,
    /// The person.
    pub learner: &'a LearnerFacts,
    /// The year whose surplus is to serve others.
    pub from_year: i32,
    /// All lines of the person.
    pub entries: &'a [Entry],
    /// Where they come from.
    pub origins: &'a Origins,
    /// What an office attests that years without rules lack.
    pub attested: &'a [Gap],
    /// The civil day of the question.
    pub today: Date,
}

/// Why the surplus of a year serves no other.
#[derive(Clone, Debug)]
pub enum NotSpread {
    /// No rule is in force for it.
    NoRule {
        /// The place; `None` where the person has none.
        place: Option<PlaceCode>,
    },
    /// The person was in places under different rules in that year: by which of them it is counted, an office decides.
    TwoPlaces {
        /// The places in order.
        places: Vec<PlaceCode>,
    },
    /// The rules do not let it (GD-14), or have earlier years made up by study alone (SX-A9).
    NotCarried {
        /// These rules.
        policy: Arc<Policy>,
        /// What they say of surplus, or else of the make-up of earlier years; empty where they speak of neither.
        cite: Vec<Citation>,
    },
}

/// What the surplus of a year may serve.
#[derive(Clone, Debug)]
pub struct Spreading {
    /// The rules of the year.
    pub policy: Arc<Policy>,
    /// What the years lack that it may serve, beside what serves them already.
    pub gaps: Vec<Gap>,
    /// The years that it may serve and that have no rules: what they lack an office attests (QH-A10).
    pub without_rules: BTreeSet<i32>,
    /// Those of them of which an office did.
    attested: BTreeSet<i32>,
    /// What stands between each of the other years and being met, where that is not hours.
    not_by_hours: BTreeMap<i32, Verdict>,
    eligible: BTreeSet<EntryId>,
    room: Room,
}

/// What the surplus of a year may serve, by the rules of that year.
///
/// # Errors
/// Why it serves none.
pub fn spreading(allocating: &Allocating<'_>) -> Result<Spreading, NotSpread> {
    let Allocating { book, learner, from_year, entries, origins, attested, today } = *allocating;
    let place = learner.place_on(today.min(last_day(from_year)), None);
    let resolution = place.map(|place| book.resolve(place, from_year, None));
    let policy = resolution.as_ref().and_then(|resolution| resolution.in_force());
    let policy = Arc::clone(policy.ok_or_else(|| NotSpread::NoRule { place: place.cloned() })?);
    let provision = policy.rules.surplus.as_ref();
    let Some(surplus) = provision.filter(|surplus| surplus.spreads(from_year)) else {
        let make_up = || policy.rules.make_up.iter().flat_map(|make_up| make_up.cite.0.clone()).collect();
        let cite = provision.map_or_else(make_up, |surplus| surplus.cite.0.clone());
        return Err(NotSpread::NotCarried { policy, cite });
    };
    let standing_of = |year: i32| standing(&Question { book, learner, year, entries, today, known_at: None });
    if let Some(places) = two_places(&standing_of(from_year)) {
        return Err(NotSpread::TwoPlaces { places: places.to_vec() });
    }
    let standings: Vec<_> = surplus.into_years.iter().map(|year| standing_of(*year)).collect();
    let silent = standings.iter().filter(|standing| standing.verdict == Verdict::NoRuleInForce);
    let without_rules = silent.map(|standing| standing.year).collect();
    let gaps = gaps(surplus, &standings, attested);
    let eligible = eligible_lines(surplus, from_year, entries, origins);
    let attested = attested.iter().map(|gap| gap.year).collect();
    let (room, not_by_hours) = (Room::of(&standings), standings.iter().filter_map(not_by_hours).collect());
    Ok(Spreading { policy, gaps, without_rules, attested, not_by_hours, eligible, room })
}

fn two_places(standing: &Standing) -> Option<&[PlaceCode]> {
    standing.reasons.iter().find_map(|reason| match reason {
        StandingReason::TwoPlaces { places } => Some(places.as_slice()),
        _ => None,
    })
}

/// The verdict of a year that hours alone would not make a met one.
fn not_by_hours(standing: &Standing) -> Option<(i32, Verdict)> {
    let by_hours = match standing.verdict {
        Verdict::NeedsReview => two_places(standing).is_none(),
        Verdict::NotApplicable | Verdict::NotBegun => false,
        Verdict::Met | Verdict::Unmet | Verdict::NoRuleInForce => true,
    };
    (!by_hours).then_some((standing.year, standing.verdict))
}

impl Spreading {
    /// The transfers of what someone chose, or the best ones where nothing is chosen.
    ///
    /// # Errors
    /// Every fault of what was chosen, each with its number.
    pub fn transfers(
        &self,
        from_year: i32,
        entries: &[Entry],
        chosen: Option<&[Chosen]>,
    ) -> Result<Vec<Transfer>, Vec<(usize, TransferFault)>> {
        let spare = Spare::of(&self.policy.rules, from_year, entries);
        let drawing = Drawing { spare, room: self.room.clone(), eligible: &self.eligible };
        match chosen {
            None => Ok(propose(&drawing, &self.gaps).transfers),
            Some(chosen) => choose(&drawing, &self.gaps, chosen).map_err(|faults| {
                let told = |(index, fault): (usize, TransferFault)| (index, self.precisely(fault, chosen[index].year));
                faults.into_iter().map(told).collect()
            }),
        }
    }

    /// Why a year has no gap, where that is not because it lacks nothing.
    fn precisely(&self, fault: TransferFault, year: i32) -> TransferFault {
        let is_served = self.policy.rules.surplus.as_ref().is_some_and(|surplus| surplus.into_years.contains(&year));
        match fault {
            TransferFault::NoGap if !is_served => TransferFault::NotServed,
            TransferFault::NoGap if self.without_rules.contains(&year) && !self.attested.contains(&year) => {
                TransferFault::NotAttested
            }
            TransferFault::NoGap => self.not_by_hours.get(&year).copied().map_or(fault, TransferFault::NotByHours),
            other => other,
        }
    }

    /// Whether an office can attest that a year without rules lacks hours of a category: what the rules of the year that is drawn on know
    /// by that name, or the total, since nothing else could be given to it.
    #[must_use]
    pub fn can_be_attested(&self, category: &CategoryCode) -> bool {
        let known = self.policy.rules.category.iter().any(|node| node.code == *category);
        known || category.as_str() == super::Node::TOTAL
    }
}

/// The number of the one decision over an allocation.
const ONCE: i32 = 1;

/// The case behind a transfer, by which rules, and who says so when.
#[derive(Clone, Copy, Debug)]
pub struct Said<'s> {
    /// The allocation.
    pub case: CaseId,
    /// The rules of the year that is drawn on.
    pub policy: PolicyId,
    /// The person.
    pub learner: &'s LearnerFacts,
    /// When.
    pub at: OffsetDateTime,
    /// Who has it done.
    pub by: &'s str,
}

impl Transfer {
    /// The line of the ledger that says so. Its hours were finished when those were that it draws on; it is the business of the place
    /// that answers for the person in the year that it serves.
    #[must_use]
    pub fn line(&self, id: EntryId, drawn: &Entry, said: &Said<'_>) -> Entry {
        let place = said.learner.place_on(last_day(self.year).min(china_date(said.at)), None);
        Entry {
            id,
            learner: drawn.learner,
            kind: EntryKind::Credit,
            year: self.year,
            place: place.unwrap_or(&drawn.place).clone(),
            category: self.category.clone(),
            subject: None,
            hours: self.hours,
            course: None,
            course_version: None,
            platform: None,
            external_id: None,
            completion: None,
            decision_number: Some(ONCE),
            mode: None,
            started_at: None,
            ended_at: None,
            completed_at: drawn.completed_at,
            ground: Some(Ground {
                basis: Basis::Surplus,
                case: said.case,
                achievement: None,
                fulfils: None,
                drawn: Some(Drawn { year: drawn.year, line: drawn.id }),
            }),
            policy: Some(said.policy),
            review: Vec::new(),
            reverses: None,
            reason_code: None,
            recorded_at: said.at,
            recorded_by: said.by.to_owned(),
        }
    }
}
