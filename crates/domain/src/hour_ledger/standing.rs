//! Whether a person met a year, what is missing, and under which clause.

use super::{
    Count, Counted, Entry, EntryKind, Node, NotCounted, borne, count,
    count::{Borne, count_with, without_rule},
};
use crate::{
    kernel::{Citation, EntryId, PlaceCode, PolicyId, first_day, last_day},
    policy::{
        CategoryCode, Obligation, Policy, Resolution, RuleBook,
        shape::{OwedOnEntry, Rules, ScopeRule, StudyWindow},
    },
    registry::{LearnerFacts, changes_within},
    words,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use time::{Date, OffsetDateTime};

words! {
    /// The answer.
    pub enum Verdict {
        /// Everything the year asks for is there.
        Met = "met",
        /// Something is missing; while the year is open, it is still to do.
        Unmet = "unmet",
        /// The person is another authority's business, or owes nothing for the year.
        NotApplicable = "not_applicable",
        /// The year has not begun, so that nothing is missing yet; not said of one that is met already.
        NotBegun = "not_begun",
        /// An office has to decide.
        NeedsReview = "needs_review",
        /// The nearest layer has no rule for the year.
        NoRuleInForce = "no_rule_in_force",
    }
}

/// What the verdict rests on besides the count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StandingReason {
    /// The person belongs to another authority.
    OutOfScope {
        /// Which.
        authority: String,
        /// The rule it follows.
        under: Option<String>,
        /// The clause.
        cite: Vec<Citation>,
    },
    /// The person moved between places under different rules within the year.
    TwoPlaces {
        /// The places in order.
        places: Vec<PlaceCode>,
    },
    /// The register knows the person in service only from a day after the first of the year.
    BeganLater {
        /// From which day.
        from_on: Date,
        /// What the rules ask of who begins within the year; `None` where they are silent, or where service began after the year.
        owed: Option<OwedOnEntry>,
        /// The clause, where they say so.
        cite: Vec<Citation>,
    },
    /// The year is met only if open decisions are favourable.
    OpenDecisions,
    /// An office attests what was not computed here.
    Attested {
        /// By these lines.
        by: Vec<EntryId>,
    },
    /// An office granted part of it by exception.
    ByException {
        /// By these lines.
        by: Vec<EntryId>,
        /// The office that the rules name for it; `None` where the lines name no rules that do.
        office: Option<String>,
        /// The clause.
        cite: Vec<Citation>,
    },
    /// The nearest layer has no rule for the year.
    NoRule {
        /// The layer, or the place itself where no layer speaks.
        layer: Option<PlaceCode>,
    },
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'q> {
    /// The published rules and the places.
    pub book: &'q RuleBook,
    /// The person.
    pub learner: &'q LearnerFacts,
    /// The policy year.
    pub year: i32,
    /// The person's entries of that year, those of other years whose sessions touch one of it, and where some draw on the surplus of
    /// another year, all that draw on that year, and its own. More do no harm ([`count`]).
    pub entries: &'q [Entry],
    /// The civil day of the question.
    pub today: Date,
    /// As known at that instant; everything when absent.
    pub known_at: Option<OffsetDateTime>,
}

/// What the next wider layer would have said, as information only.
#[derive(Clone, Debug)]
pub struct Advisory {
    /// Its rules.
    pub policy: Arc<Policy>,
    /// The count by them.
    pub count: Count,
}

/// The answer to a question about a person and a year. It is computed when asked and never stored as the truth.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The policy year.
    pub year: i32,
    /// The answer.
    pub verdict: Verdict,
    /// Whether the year has begun and is still open.
    pub open: bool,
    /// The first day of the year: the earliest on which study of some category is on time; 1 January where the rules say none.
    pub opens_on: Date,
    /// The last day of the year; `None` where the rules leave it open.
    pub closes_on: Option<Date>,
    /// The place that decided: the person's on the last day of the year, or today before that.
    pub place: Option<PlaceCode>,
    /// What the rules mean for the person.
    pub obligation: Obligation,
    /// The rules; `None` where none is in force.
    pub policy: Option<Arc<Policy>>,
    /// What the verdict rests on besides the count.
    pub reasons: Vec<StandingReason>,
    /// The root first, then the tree.
    pub nodes: Vec<Node>,
    /// The same as they would be if every open decision were favourable.
    pub if_confirmed: Vec<Node>,
    /// The lines that count.
    pub counted: Vec<Counted>,
    /// The lines that do not, and what of the others does not, with why.
    pub not_counted: Vec<NotCounted>,
    /// What a wider layer would have said, where no rule is in force.
    pub advisory: Option<Advisory>,
}

/// Answers a question from rules, facts and entries alone.
#[must_use]
pub fn standing(question: &Question<'_>) -> Standing {
    let Question { book, learner, year, entries, today, known_at } = *question;
    let day = today.min(last_day(year));
    let place = learner.place_on(day, known_at).cloned();
    let resolution = place.as_ref().map_or(Resolution::NoLayer, |place| book.resolve(place, year, known_at));
    let moved = moved(question, day);
    let policy = match resolution {
        Resolution::InForce(policy) => policy,
        Resolution::NoRuleInForce { layer, wider } => {
            let advisory = wider.map(|policy| Advisory { count: count(&policy.rules, year, entries), policy });
            return Standing { advisory, ..silent(question, place, moved, Some(layer)) };
        }
        Resolution::NoLayer => {
            let layer = place.clone();
            return silent(question, place, moved, layer);
        }
    };
    let counted = count_with(&policy.rules, year, entries, &drawn_by(question));
    let scope = policy.rules.scope_of(learner, day, known_at);
    let (opens_on, closes_on) = (opens_on(&policy.rules, year), policy.rules.year.closes_on);
    let began = (today >= opens_on).then(|| began_later(question, &policy.rules)).flatten();
    let (verdict, mut reasons) = verdict(&counted, scope, moved, began);
    reasons.extend(by_offices(question, &counted.counted));
    let verdict = if verdict == Verdict::Unmet && today < opens_on { Verdict::NotBegun } else { verdict };
    Standing {
        year,
        verdict,
        open: today >= opens_on && closes_on.is_none_or(|last| today <= last),
        opens_on,
        closes_on,
        place,
        obligation: scope.map_or(Obligation::In, |rule| rule.standing),
        policy: Some(policy),
        reasons,
        nodes: counted.nodes,
        if_confirmed: counted.if_confirmed,
        counted: counted.counted,
        not_counted: counted.not_counted,
        advisory: None,
    }
}

/// What the lines of the year are worth that draw on the surplus of other years, each by the rules of its own year. One that draws
/// on a year without rules is worth nothing, and so is one that these do not let serve this year: the file may have gone over to
/// another place since (GD-14).
fn drawn_by(question: &Question<'_>) -> Borne {
    let Question { year, entries, .. } = *question;
    let of_year = entries.iter().filter(|line| line.year == year && line.kind == EntryKind::Credit);
    let years: BTreeSet<i32> = of_year.filter_map(|line| Some(line.drawn()?.year)).collect();
    let worth = years.into_iter().filter_map(|source| Some(borne(&rules_of(question, source)?.rules, source, entries)));
    worth.flatten().collect()
}

/// The rules of a year for the person of a question.
fn rules_of(question: &Question<'_>, year: i32) -> Option<Arc<Policy>> {
    let Question { book, learner, today, known_at, .. } = *question;
    let place = learner.place_on(today.min(last_day(year)), known_at)?;
    match book.resolve(place, year, known_at) {
        Resolution::InForce(policy) => Some(policy),
        Resolution::NoRuleInForce { .. } | Resolution::NoLayer => None,
    }
}

/// The first day on which any study for the year is on time. Study must be within every window that binds its category, so the
/// last of their first days is that of the category; where none of them names one, it is the first day of the year. A category
/// that takes no hours opens nothing.
fn opens_on(rules: &Rules, year: i32) -> Date {
    let taking = rules.category.iter().map(|category| &category.code);
    let taking = taking.filter(|code| rules.source.iter().any(|source| code.is_within(&source.category)));
    let first_of = |code: &CategoryCode| {
        let binds = |window: &&StudyWindow| window.category.as_ref().is_none_or(|of| code.is_within(of));
        let first_days = rules.study_window.iter().filter(binds).filter_map(|window| window.opens_on);
        first_days.max().unwrap_or(first_day(year))
    };
    taking.map(first_of).min().unwrap_or(first_day(year))
}

/// The answer where no rule is in force: that it was met, where an office attests that or lets it pass by exception. Surplus that was given to it is listed with its
/// hours; whether it is enough, no rule says. Of a year in two places only the last layer was asked, so an office decides.
fn silent(
    question: &Question<'_>,
    place: Option<PlaceCode>,
    moved: Option<Vec<PlaceCode>>,
    layer: Option<PlaceCode>,
) -> Standing {
    let (counted, not_counted) = without_rule(question.year, question.entries, &drawn_by(question));
    let attested = by_offices(question, &counted);
    let verdict = match (&moved, attested.is_empty()) {
        (Some(_), _) => Verdict::NeedsReview,
        (None, true) => Verdict::NoRuleInForce,
        (None, false) => Verdict::Met,
    };
    let two_places = moved.map(|places| StandingReason::TwoPlaces { places });
    Standing {
        year: question.year,
        verdict,
        open: question.today >= first_day(question.year),
        opens_on: first_day(question.year),
        closes_on: None,
        place,
        obligation: Obligation::In,
        policy: None,
        reasons: two_places.into_iter().chain([StandingReason::NoRule { layer }]).chain(attested).collect(),
        nodes: Vec::new(),
        if_confirmed: Vec::new(),
        counted,
        not_counted,
        advisory: None,
    }
}

/// That some of what counts was attested by an office, or granted by exception, with the office that the rules name for it.
fn by_offices(question: &Question<'_>, counted: &[Counted]) -> Vec<StandingReason> {
    let lines = question.entries.iter().filter(|line| counted.iter().any(|counts| counts.entry == line.id));
    let of_offices = |line: &&Entry| line.ground.as_ref().is_some_and(|ground| ground.basis.is_an_offices_word());
    let (excepted, attested): (Vec<&Entry>, Vec<&Entry>) =
        lines.filter(of_offices).partition(|line| line.is_by_exception());
    let ids = |lines: Vec<&Entry>| lines.into_iter().map(|line| line.id).collect::<Vec<_>>();
    let mut reasons = Vec::new();
    if !attested.is_empty() {
        reasons.push(StandingReason::Attested { by: ids(attested) });
    }
    let mut by_rules: BTreeMap<Option<PolicyId>, Vec<&Entry>> = BTreeMap::new();
    for line in excepted {
        by_rules.entry(line.policy).or_default().push(line);
    }
    for (policy, lines) in by_rules {
        let rules = policy.and_then(|id| question.book.version(id)).map(|policy| &policy.rules);
        let provision = rules.and_then(|rules| rules.exception_of(question.year));
        reasons.push(StandingReason::ByException {
            by: ids(lines),
            office: provision.and_then(|make_up| make_up.exception_by.clone()),
            cite: provision.map(|make_up| make_up.cite.0.clone()).unwrap_or_default(),
        });
    }
    reasons
}

/// The places of a year, where they fall under different layers. A move under one set of rules changes nothing.
fn moved(question: &Question<'_>, day: Date) -> Option<Vec<PlaceCode>> {
    let from = first_day(question.year);
    let places = changes_within(&question.learner.places, from, day, question.known_at);
    let mut layers: Vec<_> =
        places.iter().map(|fact| question.book.governing_layer(&fact.value, question.known_at)).collect();
    layers.sort();
    layers.dedup();
    (layers.len() > 1).then(|| places.into_iter().map(|fact| fact.value.clone()).collect())
}

/// That service began after the first day of the year, and what the rules make of that. Of whom no post is known nothing says so.
fn began_later(question: &Question<'_>, rules: &Rules) -> Option<StandingReason> {
    let Question { learner, year, known_at, .. } = *question;
    let from_on = learner.served_since(known_at).filter(|first| *first > first_day(year))?;
    let owed = rules.year.owed_on_entry.filter(|_| from_on <= last_day(year));
    let cite = owed.map(|_| rules.year.cite.0.clone()).unwrap_or_default();
    Some(StandingReason::BeganLater { from_on, owed, cite })
}

fn verdict(
    count: &Count,
    scope: Option<&ScopeRule>,
    moved: Option<Vec<PlaceCode>>,
    began: Option<StandingReason>,
) -> (Verdict, Vec<StandingReason>) {
    if let Some(places) = moved {
        return (Verdict::NeedsReview, vec![StandingReason::TwoPlaces { places }]);
    }
    if let Some((rule, (authority, under))) = scope.and_then(|rule| Some((rule, rule.elsewhere()?))) {
        let reason = StandingReason::OutOfScope { authority, under, cite: rule.cite.0.clone() };
        return (Verdict::NotApplicable, vec![reason]);
    }
    match (count.is_met(), count.met_if_confirmed) {
        (true, _) => (Verdict::Met, Vec::new()),
        // Nothing hangs on what is open where nothing is owed.
        (false, _) if matches!(began, Some(StandingReason::BeganLater { owed: Some(OwedOnEntry::Nothing), .. })) => {
            (Verdict::NotApplicable, began.into_iter().collect())
        }
        (false, true) => (Verdict::NeedsReview, vec![StandingReason::OpenDecisions]),
        (false, false) => {
            let verdict = match &began {
                None | Some(StandingReason::BeganLater { owed: Some(OwedOnEntry::All), .. }) => Verdict::Unmet,
                Some(_) => Verdict::NeedsReview,
            };
            (verdict, began.into_iter().collect())
        }
    }
}

impl Standing {
    /// Whether it was judged for somebody whose service began after the first day of the year, and what such a one owes where the rules say
    /// so; `None` where nothing hangs on that.
    #[must_use]
    pub fn began_later(&self) -> Option<Option<OwedOnEntry>> {
        self.reasons.iter().find_map(|reason| match reason {
            StandingReason::BeganLater { owed, .. } => Some(*owed),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests;
