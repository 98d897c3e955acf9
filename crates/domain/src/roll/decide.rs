//! What becomes of one item of a roll: lines, or why there are none.

use super::{PastYear, Reason, past_year::attest};
use crate::{
    hour_ledger::{Basis, Entry, EntryKind, Ground, Node},
    kernel::{CHINA, CaseId, EntryId, Hours, LearnerId, PlaceCode, PolicyId, last_day},
    policy::{CategoryCode, Fulfils, RuleBook},
    recognition::{Facts, Listing, Outcome, ReasonKind, exempt},
    registry::LearnerFacts,
};
use std::collections::{BTreeSet, HashSet};
use time::{Date, OffsetDateTime, Time};

/// A person, as a roll is about to speak of them.
#[derive(Clone, Copy, Debug)]
pub struct Person<'p> {
    /// The published rules and the places.
    pub book: &'p RuleBook,
    /// The person.
    pub learner: &'p LearnerFacts,
    /// All lines of the person that rest on rolls, with what took them back. More do no harm.
    pub entries: &'p [Entry],
    /// The civil day.
    pub today: Date,
}

/// That a person stands on a list, with the authority whose list it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The list.
    pub listing: Listing,
    /// Whose it is, by the name that the rules have.
    pub list_by: String,
}

/// What is said of a person.
#[derive(Clone, Copy, Debug)]
pub enum Item<'i> {
    /// That they stand on a list of exemptions.
    Listed(&'i Listed),
    /// What became of a past year.
    PastYear(&'i PastYear),
}

/// By which roll, or which other case, when and by whom something is said.
#[derive(Clone, Copy, Debug)]
pub struct Said<'s> {
    /// The roll or the case.
    pub roll: CaseId,
    /// When.
    pub at: OffsetDateTime,
    /// Who.
    pub by: &'s str,
}

/// What became of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decided {
    /// These lines are to be written.
    Written(Vec<Entry>),
    /// The roll says the same of the person already.
    Unchanged,
    /// The roll says something else of the person and the year, in these fields.
    Otherwise(&'static [&'static str]),
    /// Another roll says it, or something else, already.
    OnAnother(CaseId),
    /// It cannot be said.
    Refused(Vec<Reason>),
}

/// The lines of a roll that stand in one ledger. `entries` may hold others.
pub fn standing_on(roll: CaseId, entries: &[Entry]) -> impl Iterator<Item = &Entry> {
    standing(entries).filter(move |line| line.ground.as_ref().is_some_and(|ground| ground.case == roll))
}

/// Lines that nothing took back.
fn standing(entries: &[Entry]) -> impl Iterator<Item = &Entry> {
    let gone: HashSet<EntryId> = entries.iter().filter_map(|line| line.reverses).collect();
    entries.iter().filter(move |line| line.kind == EntryKind::Credit && !gone.contains(&line.id))
}

/// Decides one item. What the roll says already is not written again, and a second roll says nothing of what a first one does: the one
/// that stands is to be taken back first. What was taken back may be said anew, under a later number.
#[must_use]
pub fn decide(person: &Person<'_>, item: Item<'_>, said: &Said<'_>, new_id: &mut dyn FnMut() -> EntryId) -> Decided {
    let before: Vec<&Entry> = standing(person.entries).filter(|line| speaks_of(line, item)).collect();
    let of = |line: &&Entry| line.ground.as_ref().map(|ground| ground.case);
    if let Some(other) = before.iter().filter_map(of).find(|case| *case != said.roll) {
        return Decided::OnAnother(other);
    }
    if !before.is_empty() {
        return said_before(&before, item);
    }
    let amounts = match amounts(person, item) {
        Ok(amounts) => amounts,
        Err(reasons) => return Decided::Refused(reasons),
    };
    let number = next_number(person.entries, said.roll);
    Decided::Written(
        amounts.into_iter().map(|amount| amount.line(person.learner.id, (said, number), new_id())).collect(),
    )
}

/// Whether a line says something of what an item speaks of.
fn speaks_of(line: &Entry, item: Item<'_>) -> bool {
    let Some(ground) = &line.ground else { return false };
    match item {
        Item::PastYear(past) => ground.basis == Basis::Attestation && line.year == past.year,
        Item::Listed(listed) => {
            let is_of_kind = ground.achievement.as_ref() == Some(&listed.listing.kind);
            let tenure = ground.fulfils == Some(Fulfils::CategoryTenure);
            ground.basis == Basis::Exemption && is_of_kind && (tenure || line.year == listed.listing.year)
        }
    }
}

fn said_before(before: &[&Entry], item: Item<'_>) -> Decided {
    let Item::PastYear(past) = item else { return Decided::Unchanged };
    let stands: BTreeSet<_> = before.iter().map(|line| (line.category.clone(), line.hours, line.fulfils())).collect();
    let said = past.stated.amounts();
    let says_met = |amounts: &BTreeSet<(CategoryCode, Hours, Option<Fulfils>)>| {
        amounts.iter().any(|(.., fulfils)| *fulfils == Some(Fulfils::EverythingYear))
    };
    match (says_met(&stands), says_met(&said)) {
        _ if stands == said => Decided::Unchanged,
        (false, false) => Decided::Otherwise(&["hours"]),
        _ => Decided::Otherwise(&["met", "hours"]),
    }
}

/// The number under which a roll says something next in a ledger.
fn next_number(entries: &[Entry], roll: CaseId) -> i32 {
    let of_roll = |line: &&Entry| line.ground.as_ref().is_some_and(|ground| ground.case == roll);
    entries.iter().filter(of_roll).filter_map(|line| line.decision_number).max().unwrap_or(0) + 1
}

/// What a line is to hold that rests on an office's word.
pub(crate) struct Amount {
    pub(crate) basis: Basis,
    pub(crate) year: i32,
    pub(crate) place: PlaceCode,
    pub(crate) on: Date,
    pub(crate) category: CategoryCode,
    pub(crate) hours: Hours,
    pub(crate) fulfils: Option<Fulfils>,
    pub(crate) achievement: Option<String>,
    pub(crate) policy: Option<PolicyId>,
}

fn amounts(person: &Person<'_>, item: Item<'_>) -> Result<Vec<Amount>, Vec<Reason>> {
    match item {
        Item::Listed(listed) => exempted(person, listed),
        Item::PastYear(past) => {
            let ground = attest(person.book, person.learner, past, person.today)?;
            let amount = |(category, hours, fulfils)| Amount {
                basis: Basis::Attestation,
                year: past.year,
                place: ground.place.clone(),
                on: last_day(past.year),
                category,
                hours,
                fulfils,
                achievement: None,
                policy: ground.policy,
            };
            Ok(past.stated.amounts().into_iter().map(amount).collect())
        }
    }
}

/// What an authority's list is worth for a person, by the rules of their own place.
fn exempted(person: &Person<'_>, listed: &Listed) -> Result<Vec<Amount>, Vec<Reason>> {
    let Person { book, learner, today, .. } = *person;
    let year = listed.listing.year;
    let day = today.min(last_day(year));
    let place = learner.place_on(day, None);
    let policy = place.and_then(|place| book.resolve(place, year, None).in_force().cloned());
    let Some((place, policy)) = place.zip(policy) else {
        let silent = crate::recognition::Reason::plain(ReasonKind::NoRuleForYear { year });
        return Err(vec![Reason::NotExempt(silent)]);
    };
    let rule = policy.rules.exemption_of(&listed.listing.kind);
    if let Some(rule) = rule.filter(|rule| rule.list_by != listed.list_by) {
        return Err(vec![Reason::ListOfAnother { list_by: rule.list_by.clone() }]);
    }
    let judged = exempt(&Facts { rules: &policy.rules, learner, today, known_at: None }, &listed.listing);
    if judged.outcome != Outcome::Worth {
        // The authority has spoken; what the rules leave open besides is entered in the person's file first.
        return Err(judged.reasons.into_iter().map(Reason::NotExempt).collect());
    }
    let amount = |line: crate::recognition::Line| Amount {
        basis: Basis::Exemption,
        year: line.year,
        place: place.clone(),
        on: judged.earned_on.unwrap_or(day),
        category: line.category.unwrap_or_else(|| CategoryCode::new(Node::TOTAL)),
        hours: line.hours,
        fulfils: line.fulfils,
        achievement: Some(line.achievement),
        policy: Some(policy.id),
    };
    Ok(judged.lines.into_iter().map(amount).collect())
}

impl Amount {
    pub(crate) fn line(self, learner: LearnerId, (said, number): (&Said<'_>, i32), id: EntryId) -> Entry {
        Entry {
            id,
            learner,
            kind: EntryKind::Credit,
            year: self.year,
            place: self.place,
            category: self.category,
            subject: None,
            hours: self.hours,
            course: None,
            course_version: None,
            platform: None,
            external_id: None,
            completion: None,
            decision_number: Some(number),
            mode: None,
            started_at: None,
            ended_at: None,
            completed_at: self.on.with_time(Time::MIDNIGHT).assume_offset(CHINA),
            ground: Some(Ground {
                basis: self.basis,
                case: said.roll,
                achievement: self.achievement,
                fulfils: self.fulfils,
                drawn: None,
            }),
            policy: self.policy,
            review: Vec::new(),
            reverses: None,
            reason_code: None,
            recorded_at: said.at,
            recorded_by: said.by.to_owned(),
        }
    }
}
