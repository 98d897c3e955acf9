//! Counting one year's entries by one tree of categories.

use super::{Entry, EntryKind};
use crate::{
    completions::Reason,
    kernel::{Citation, CourseId, EntryId, Hours},
    policy::shape::{Category, CategoryCode, CheckKind, Rules, ShareOf},
};
use std::collections::{BTreeMap, BTreeSet};

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
    /// No rule is in force that could count it.
    NoRule,
}

/// A line that does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotCounted {
    /// The line.
    pub entry: EntryId,
    /// Why.
    pub why: WhyNot,
}

/// What one node of the tree asks for and has.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// What is missing.
    pub short: Hours,
    /// How many declared subjects must be completed.
    pub choose: Option<u32>,
    /// The declared subjects completed.
    pub subjects: Vec<String>,
    /// Where it stands written.
    pub cite: Vec<Citation>,
}

impl Node {
    /// The code of the root.
    pub const TOTAL: &'static str = "total";

    /// Whether nothing is missing.
    #[must_use]
    pub fn is_met(&self) -> bool {
        !self.short.is_positive() && self.choose.is_none_or(|choose| self.subjects.len() >= choose as usize)
    }
}

/// A year counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// The root first, then the tree in the order of the rules.
    pub nodes: Vec<Node>,
    /// The lines that count, each with its node.
    pub counted: Vec<(EntryId, CategoryCode)>,
    /// The lines that do not.
    pub not_counted: Vec<NotCounted>,
    /// Whether the year would be met if every open decision were favourable.
    pub met_if_confirmed: bool,
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
    let mut live = live(entries);
    let clashes = clashes(rules, &live);
    live.retain(|entry| entry.year == year);
    live.sort_by(|a, b| a.rank().cmp(&b.rank()));
    let firm: Vec<&Entry> = live
        .iter()
        .copied()
        .filter(|entry| entry.kind == EntryKind::Credit && !clashes.contains_key(&entry.id))
        .collect();

    let mut result = tally(rules, &firm);
    let undecided = live.iter().filter(|entry| !firm.iter().any(|other| other.id == entry.id));
    result
        .not_counted
        .extend(undecided.map(|entry| NotCounted { entry: entry.id, why: undecided_why(entry, &clashes) }));
    result.not_counted.extend(taken_back(year, entries));
    result.not_counted.sort_by_key(|line| line.entry);
    result.met_if_confirmed = result.is_met() || tally(rules, &live).is_met();
    result
}

/// The entries of a year that no rule counts, in the order of [`count`]: none of them is passed over in silence.
pub(super) fn without_rule(year: i32, entries: &[Entry]) -> Vec<NotCounted> {
    let live = live(entries).into_iter().filter(|entry| entry.year == year);
    let waiting = live.map(|entry| NotCounted { entry: entry.id, why: WhyNot::NoRule });
    let mut lines: Vec<_> = waiting.chain(taken_back(year, entries)).collect();
    lines.sort_by_key(|line| line.entry);
    lines
}

/// The entries that were not taken back.
fn live(entries: &[Entry]) -> Vec<&Entry> {
    let reversed: BTreeSet<EntryId> = entries.iter().filter_map(|entry| entry.reverses).collect();
    entries.iter().filter(|entry| entry.kind != EntryKind::Reversal && !reversed.contains(&entry.id)).collect()
}

fn taken_back(year: i32, entries: &[Entry]) -> impl Iterator<Item = NotCounted> {
    entries.iter().filter(move |by| by.year == year).filter_map(|by| {
        let why = WhyNot::Reversed { by: by.id, reason_code: by.reason_code.clone() };
        Some(NotCounted { entry: by.reverses?, why })
    })
}

type Clashes = BTreeMap<EntryId, (EntryId, Vec<Citation>)>;

fn undecided_why(entry: &Entry, clashes: &Clashes) -> WhyNot {
    match clashes.get(&entry.id) {
        Some((with, cite)) => WhyNot::OverlappingSessions { with: *with, cite: cite.clone() },
        None => WhyNot::UnderReview { reasons: entry.review.clone() },
    }
}

/// Sessions that overlap, where the rules look at that. Both sides wait: which of them came in first says nothing.
fn clashes(rules: &Rules, live: &[&Entry]) -> Clashes {
    let Some(check) = rules.check.iter().find(|check| check.what == CheckKind::OverlappingSessions) else {
        return Clashes::new();
    };
    let mut sessions: Vec<&Entry> = live.iter().copied().filter(|entry| entry.started_at.is_some()).collect();
    sessions.sort_by_key(|entry| (entry.started_at, entry.id));
    let mut found = Clashes::new();
    for (index, one) in sessions.iter().enumerate() {
        let later = sessions[index + 1..].iter().take_while(|other| other.started_at < one.ended_at);
        for other in later.filter(|other| one.overlaps(other)) {
            found.entry(one.id).or_insert_with(|| (other.id, check.cite.0.clone()));
            found.entry(other.id).or_insert_with(|| (one.id, check.cite.0.clone()));
        }
    }
    found
}

/// Adds up entries that are in the order of [`Entry::rank`].
fn tally(rules: &Rules, ranked: &[&Entry]) -> Count {
    let mut result = Count::default();
    let mut courses: BTreeMap<CourseId, EntryId> = BTreeMap::new();
    let mut own: BTreeMap<CategoryCode, Hours> = BTreeMap::new();
    let mut subjects = SubjectHours::new();
    for entry in ranked {
        let node = match category_of(rules, entry) {
            Ok(node) => match entry.course.and_then(|course| courses.get(&course)) {
                Some(counted) => Err(WhyNot::SameCourse { counted: *counted }),
                None => Ok(node),
            },
            Err(why) => Err(why),
        };
        match node {
            Ok(node) => {
                entry.course.map(|course| courses.insert(course, entry.id));
                *own.entry(node.code.clone()).or_default() += entry.hours;
                if let Some(subject) = declared(rules, node, entry) {
                    *subjects.entry(subject).or_default() += entry.hours;
                }
                result.counted.push((entry.id, node.code.clone()));
            }
            Err(why) => result.not_counted.push(NotCounted { entry: entry.id, why }),
        }
    }
    result.counted.sort();
    result.nodes = nodes(rules, &own, &completed(rules, &subjects));
    result
}

/// Hours that count, by the code of their declared subject.
type SubjectHours = BTreeMap<String, Hours>;

/// The declared subjects that are finished, by category: half of each of two subjects is none of them (SX-A2).
fn completed(rules: &Rules, hours: &SubjectHours) -> BTreeMap<CategoryCode, BTreeSet<String>> {
    let mut completed: BTreeMap<CategoryCode, BTreeSet<String>> = BTreeMap::new();
    for subject in &rules.subject {
        if hours.get(&subject.code).is_some_and(|hours| *hours >= subject.hours) {
            completed.entry(subject.category.clone()).or_default().insert(subject.code.clone());
        }
    }
    completed
}

fn category_of<'r>(rules: &'r Rules, entry: &Entry) -> Result<&'r Category, WhyNot> {
    let node = rules.node_of(&entry.category).ok_or(WhyNot::CategoryUnknownToRule)?;
    if node.subjects_only == Some(true) && declared(rules, node, entry).is_none() {
        return Err(WhyNot::NotADeclaredSubject { cite: node.cite.0.clone() });
    }
    Ok(node)
}

fn declared(rules: &Rules, node: &Category, entry: &Entry) -> Option<String> {
    let subject = entry.subject.as_ref()?;
    let known = rules.subject.iter().any(|known| known.code == *subject && known.category == node.code);
    known.then(|| subject.clone())
}

fn nodes(
    rules: &Rules,
    own: &BTreeMap<CategoryCode, Hours>,
    subjects: &BTreeMap<CategoryCode, BTreeSet<String>>,
) -> Vec<Node> {
    // Children stand after their parents in a rule file, so a walk from the end meets every child first.
    let mut below: BTreeMap<CategoryCode, Hours> = BTreeMap::new();
    let mut uncapped_total = Hours::ZERO;
    let mut nodes: Vec<Node> = Vec::with_capacity(rules.category.len() + 1);
    for category in rules.category.iter().rev() {
        let code = &category.code;
        let all = own.get(code).copied().unwrap_or_default() + below.get(code).copied().unwrap_or_default();
        let earned = category.max.map_or(all, |max| all.min(max));
        match code.parent() {
            Some(parent) => *below.entry(parent).or_default() += earned,
            None => uncapped_total += earned,
        }
        let required = category.min.unwrap_or_default();
        nodes.push(Node {
            code: code.to_string(),
            name: Some(category.name.clone()),
            required,
            max: category.max,
            earned,
            beyond_max: all - earned,
            short: earned.short_of(required),
            choose: category.choose,
            subjects: subjects.get(code).map(|set| set.iter().cloned().collect()).unwrap_or_default(),
            cite: category.cite.0.clone(),
        });
    }
    nodes.reverse();
    let earned = rules.total.max.map_or(uncapped_total, |max| uncapped_total.min(max));
    raise_shares(rules, earned, &mut nodes);
    let total = Node {
        code: Node::TOTAL.to_owned(),
        name: None,
        required: rules.total.min,
        max: rules.total.max,
        earned,
        beyond_max: uncapped_total - earned,
        short: earned.short_of(rules.total.min),
        choose: None,
        subjects: Vec::new(),
        cite: rules.total.cite.0.clone(),
    };
    nodes.insert(0, total);
    nodes
}

/// A minimum that is a share of what was earned grows with it; a share of what is required is the printed minimum (GD-A1).
fn raise_shares(rules: &Rules, earned: Hours, nodes: &mut [Node]) {
    for (category, node) in rules.category.iter().zip(nodes) {
        if let Some(share) = category.share.as_ref().filter(|share| share.of == ShareOf::EarnedTotal) {
            let exact = earned.hundredths().saturating_mul(share.numerator);
            let share = Hours::from_hundredths(
                exact.div_euclid(share.denominator.max(1)) + i64::from(exact % share.denominator.max(1) != 0),
            );
            node.required = node.required.max(share);
            node.short = node.earned.short_of(node.required);
        }
    }
}
