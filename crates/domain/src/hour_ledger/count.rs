//! Counting one year's entries by one tree of categories.

use super::{Drawn, Entry, EntryKind};
use crate::{
    completions::Reason,
    kernel::{Citation, CourseId, EntryId, Hours},
    policy::shape::{CapPer, Category, CategoryCode, Fulfils, Rules},
};
use std::collections::{BTreeMap, BTreeSet};

mod attested;
mod caps;
mod category;
mod clashes;
mod tree;

use attested::{Attested, Beside};
use caps::Caps;
use category::{category_of, declared};
use clashes::{Clashes, clashes};
use tree::Tally;

/// Why a line of the ledger does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhyNot {
    /// It was taken back.
    Reversed {
        /// By this line.
        by: EntryId,
        /// For this reason.
        reason_code: Option<String>,
    },
    /// The same course counts already.
    SameCourse {
        /// Through this line.
        counted: EntryId,
    },
    /// Hours of the category are attested already; a year is attested once, in whatever file of the person.
    AttestedTwice {
        /// By this line.
        counted: EntryId,
    },
    /// An office attests hours of a category of which some are recorded here too, and whether these are among them nobody has said. The
    /// rest of the line may count.
    RecordedToo {
        /// The hours that do not count.
        beyond: Hours,
        /// What is recorded of the category.
        recorded: Hours,
    },
    /// It wants a decision.
    UnderReview {
        /// About this.
        reasons: Vec<Reason>,
    },
    /// It says, with another line, that the person sat in two places at once; both want a decision.
    OverlappingSessions {
        /// The other line, be it of another year.
        with: EntryId,
        /// The clause.
        cite: Vec<Citation>,
    },
    /// The tree in force has no such category.
    CategoryUnknownToRule,
    /// The category takes only declared subjects.
    NotADeclaredSubject {
        /// The clause.
        cite: Vec<Citation>,
    },
    /// Achievements of its kind count up to a cap, and these hours lie beyond it. The rest of the line may count.
    BeyondCap {
        /// The hours that do not count.
        beyond: Hours,
        /// The cap.
        cap: Hours,
        /// Over what it runs.
        per: CapPer,
        /// The clause.
        cite: Vec<Citation>,
    },
    /// It draws on the surplus of another year, which can no longer spare these hours. The rest of the line may count.
    NotSpared {
        /// The hours that do not count.
        beyond: Hours,
        /// The year.
        year: i32,
    },
    /// No rule is in force that could count it.
    NoRule,
}

/// A line that counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counted {
    /// The line.
    pub entry: EntryId,
    /// The node at which it counts; `total` for one that fulfils everything.
    pub node: CategoryCode,
    /// How many of its hours count: fewer than it is worth where a cap cuts it, none for one that fulfils.
    pub hours: Hours,
}

/// A line that does not count, or the part of one that a cap cuts off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotCounted {
    /// The line.
    pub entry: EntryId,
    /// Why.
    pub why: WhyNot,
}

/// What one node of the tree asks for and has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// Its code; `total` for the root.
    pub code: String,
    /// Its name in the documents; `None` for the root, which they do not name.
    pub name: Option<String>,
    /// The least hours; zero where no minimum is set.
    pub required: Hours,
    /// The most hours that count.
    pub max: Option<Hours>,
    /// Hours that count here.
    pub earned: Hours,
    /// Hours beyond the maximum, which do not.
    pub beyond_max: Hours,
    /// What a fulfilment adds to the hours earned, up to the least hours and never beyond them: it makes no surplus (QH-A3).
    pub deemed: Hours,
    /// The lines that fulfil the node, by themselves or with one above it.
    pub fulfilled_by: Vec<EntryId>,
    /// What is missing.
    pub short: Hours,
    /// How many declared subjects must be completed.
    pub choose: Option<u32>,
    /// The declared subjects completed.
    pub subjects: Vec<String>,
    /// Hours that an office granted here, parts included, beside any course. Where they reach the least hours they stand for the subjects (SX-A18).
    pub granted: Hours,
    /// Where it stands written.
    pub cite: Vec<Citation>,
}

impl Node {
    /// The code of the root.
    pub const TOTAL: &'static str = "total";

    /// Whether nothing is missing.
    #[must_use]
    pub fn is_met(&self) -> bool {
        let chosen = self.choose.is_none_or(|choose| self.subjects.len() >= choose as usize);
        let stood_for = self.required.is_positive() && self.granted >= self.required;
        !self.short.is_positive() && (chosen || stood_for || !self.fulfilled_by.is_empty())
    }
}

/// A year counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// The root first, then the tree in the order of the rules.
    pub nodes: Vec<Node>,
    /// The lines that count.
    pub counted: Vec<Counted>,
    /// The lines that do not, and what of the others does not.
    pub not_counted: Vec<NotCounted>,
    /// Whether the year would be met if every open decision were favourable.
    pub met_if_confirmed: bool,
    /// The nodes as they would be then.
    pub if_confirmed: Vec<Node>,
}

impl Count {
    /// Whether every node is met.
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.nodes.iter().all(Node::is_met)
    }
}

/// Counts the entries of one person and year.
///
/// `entries` may hold lines of other years. They are neither counted nor listed, but a session of the year that overlaps one
/// of theirs waits all the same: nobody sits in two places at once because the courses were made for two years. For that,
/// every line with a session that touches one of the year's must be there, with what took it back. Whether sessions are
/// looked at is said by the rules of the year counted, so of two lines the one may wait in its year and the other count.
///
/// The result does not depend on the order of `entries`.
#[must_use]
pub fn count(rules: &Rules, year: i32, entries: &[Entry]) -> Count {
    count_with(rules, year, entries, &Borne::new())
}

/// The same, where lines draw on the surplus of other years: each is worth what that year can still spare.
#[must_use]
pub(super) fn count_with(rules: &Rules, year: i32, entries: &[Entry], borne: &Borne) -> Count {
    let Lines { live, firm, clashes } = Lines::of(rules, year, entries);
    let mut result = tally(rules, &firm, borne, Beside::Unknown).count();
    let undecided = live.iter().filter(|entry| !firm.iter().any(|other| other.id == entry.id));
    result
        .not_counted
        .extend(undecided.map(|entry| NotCounted { entry: entry.id, why: undecided_why(entry, &clashes) }));
    result.not_counted.extend(taken_back(year, entries));
    result.not_counted.sort_by_key(|line| line.entry);
    result.if_confirmed = tally(rules, &live, borne, Beside::Decided).nodes();
    result.met_if_confirmed = result.is_met() || result.if_confirmed.iter().all(Node::is_met);
    result
}

/// What lines are worth that draw on the surplus of other years; nothing where one is not named.
pub(super) type Borne = BTreeMap<EntryId, Hours>;

/// The lines of a year that were not taken back, in the order of [`Entry::rank`].
struct Lines<'e> {
    live: Vec<&'e Entry>,
    /// Those that wait for no decision.
    firm: Vec<&'e Entry>,
    clashes: Clashes,
}

impl<'e> Lines<'e> {
    fn of(rules: &Rules, year: i32, entries: &'e [Entry]) -> Self {
        let mut live = live(entries);
        let clashes = clashes(rules, &live);
        live.retain(|entry| entry.year == year);
        live.sort_by(|a, b| a.rank().cmp(&b.rank()));
        let is_firm = |entry: &&Entry| entry.kind == EntryKind::Credit && !clashes.contains_key(&entry.id);
        let firm = live.iter().copied().filter(is_firm).collect();
        Self { live, firm, clashes }
    }
}

/// The firm lines of a year, counted and held against the tree, from which hours can be taken to see what that leaves.
#[derive(Clone)]
pub(super) struct Counting<'r> {
    rules: &'r Rules,
    sums: Tally,
    counted: Vec<Counted>,
    not_counted: Vec<NotCounted>,
}

impl<'r> Counting<'r> {
    /// The counting, and the lines that count in it.
    pub(super) fn of(rules: &'r Rules, year: i32, entries: &[Entry]) -> (Self, Vec<Counted>) {
        let Self { rules, sums, counted, .. } =
            tally(rules, &Lines::of(rules, year, entries).firm, &Borne::new(), Beside::Unknown);
        // Copied for every transfer that is tried, and so without the lines.
        (Self { rules, sums, counted: Vec::new(), not_counted: Vec::new() }, counted)
    }

    /// The root first, then the tree in the order of the rules.
    pub(super) fn nodes(&self) -> Vec<Node> {
        tree::nodes(self.rules, &self.sums)
    }

    /// Takes hours away from what counts at a node.
    pub(super) fn take(&mut self, node: &CategoryCode, hours: Hours) {
        self.sums.take(node, hours);
    }

    /// Counts so many hours of a line; why the others do not count is said.
    fn keep(&mut self, entry: &Entry, node: &Category, (hours, beyond): (Hours, Option<WhyNot>)) {
        self.not_counted.extend(beyond.map(|why| NotCounted { entry: entry.id, why }));
        if entry.ground.is_some() && entry.drawn().is_none() {
            // What is attested is attested whole, also where as many hours are recorded.
            self.sums.grant(node, if Attested::holds(entry) { entry.hours } else { hours });
        }
        if !hours.is_positive() && hours != entry.hours {
            return;
        }
        self.sums.add(node, hours, declared(self.rules, node, entry));
        self.counted.push(Counted { entry: entry.id, node: node.code.clone(), hours });
    }

    fn count(self) -> Count {
        let nodes = self.nodes();
        let Self { mut counted, not_counted, .. } = self;
        counted.sort();
        Count { nodes, counted, not_counted, ..Count::default() }
    }
}

/// The entries of a year that no rule counts, in the order of [`count`], none of them passed over in silence; first those that
/// say by themselves that the year was met, for which no rule is needed, and the surplus of other years that was given to it.
pub(super) fn without_rule(year: i32, entries: &[Entry], borne: &Borne) -> (Vec<Counted>, Vec<NotCounted>) {
    let says_met = |entry: &&Entry| {
        let by_office = entry.ground.as_ref().is_some_and(|ground| ground.basis.is_an_offices_word());
        by_office && entry.kind == EntryKind::Credit && entry.fulfils() == Some(Fulfils::EverythingYear)
    };
    let live = live(entries).into_iter().filter(|entry| entry.year == year);
    let (met, waiting): (Vec<&Entry>, Vec<&Entry>) = live.partition(says_met);
    let mut counted: Vec<_> = met.into_iter().map(|entry| fulfilling(entry, CategoryCode::new(Node::TOTAL))).collect();
    let mut lines: Vec<_> = taken_back(year, entries).collect();
    for entry in waiting {
        let Some(drawn) = entry.drawn().filter(|_| entry.kind == EntryKind::Credit) else {
            lines.push(NotCounted { entry: entry.id, why: WhyNot::NoRule });
            continue;
        };
        let (hours, beyond) = not_borne(entry, drawn, borne);
        lines.extend(beyond.map(|why| NotCounted { entry: entry.id, why }));
        if hours.is_positive() {
            counted.push(Counted { entry: entry.id, node: entry.category.clone(), hours });
        }
    }
    lines.sort_by_key(|line| line.entry);
    counted.sort();
    (counted, lines)
}

/// The entries that were not taken back, in their order.
#[must_use]
pub fn live(entries: &[Entry]) -> Vec<&Entry> {
    let reversed: BTreeSet<EntryId> = entries.iter().filter_map(|entry| entry.reverses).collect();
    entries.iter().filter(|entry| entry.kind != EntryKind::Reversal && !reversed.contains(&entry.id)).collect()
}

fn taken_back(year: i32, entries: &[Entry]) -> impl Iterator<Item = NotCounted> {
    entries.iter().filter(move |by| by.year == year).filter_map(|by| {
        let why = WhyNot::Reversed { by: by.id, reason_code: by.reason_code.clone() };
        Some(NotCounted { entry: by.reverses?, why })
    })
}

fn undecided_why(entry: &Entry, clashes: &Clashes) -> WhyNot {
    match clashes.get(&entry.id) {
        Some((with, cite)) => WhyNot::OverlappingSessions { with: *with, cite: cite.clone() },
        None => WhyNot::UnderReview { reasons: entry.review.clone() },
    }
}

/// Adds up entries that are in the order of [`Entry::rank`].
fn tally<'r>(rules: &'r Rules, ranked: &[&Entry], borne: &Borne, beside: Beside) -> Counting<'r> {
    let mut result = Counting { rules, sums: Tally::default(), counted: Vec::new(), not_counted: Vec::new() };
    let mut courses: BTreeMap<CourseId, EntryId> = BTreeMap::new();
    let mut attested = Attested::default();
    let mut caps = Caps::of(rules);
    for entry in ranked {
        if entry.fulfils() == Some(Fulfils::EverythingYear) {
            result.sums.everything.push(entry.id);
            result.counted.push(fulfilling(entry, CategoryCode::new(Node::TOTAL)));
            continue;
        }
        let node = match category_of(rules, entry) {
            Ok(node) => node,
            Err(why) => {
                result.not_counted.push(NotCounted { entry: entry.id, why });
                continue;
            }
        };
        if entry.fulfils().is_some() {
            result.sums.fulfilled.entry(node.code.clone()).or_default().push(entry.id);
            result.counted.push(fulfilling(entry, node.code.clone()));
            continue;
        }
        if Attested::holds(entry) {
            let twice = attested.take(entry, node).err();
            let why = twice.map(|counted| WhyNot::AttestedTwice { counted });
            result.not_counted.extend(why.map(|why| NotCounted { entry: entry.id, why }));
            continue;
        }
        if let Some(drawn) = entry.drawn() {
            // It names the course of the line that it draws on, and takes the place of no course of this year.
            result.keep(entry, node, not_borne(entry, drawn, borne));
            continue;
        }
        if entry.is_by_exception() {
            // Like surplus it was given for what the year lacked with all its own, and is beside what an office attests.
            result.keep(entry, node, (entry.hours, None));
            continue;
        }
        if let Some(counted) = entry.course.and_then(|course| courses.get(&course)) {
            let why = WhyNot::SameCourse { counted: *counted };
            result.not_counted.push(NotCounted { entry: entry.id, why });
            continue;
        }
        entry.course.map(|course| courses.insert(course, entry.id));
        let counts = caps.cut(entry);
        attested.beside(node, counts.0);
        result.keep(entry, node, counts);
    }
    for (entry, node, counts) in attested.counted(beside) {
        result.keep(entry, node, counts);
    }
    result
}

/// What of a line that draws on another year counts.
fn not_borne(entry: &Entry, drawn: Drawn, borne: &Borne) -> (Hours, Option<WhyNot>) {
    let counts = borne.get(&entry.id).copied().unwrap_or_default().min(entry.hours);
    let beyond = entry.hours - counts;
    (counts, beyond.is_positive().then_some(WhyNot::NotSpared { beyond, year: drawn.year }))
}

fn fulfilling(entry: &Entry, node: CategoryCode) -> Counted {
    Counted { entry: entry.id, node, hours: Hours::ZERO }
}
