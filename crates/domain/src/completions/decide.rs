//! The decision over one item.

use super::{NoPlace, Reason, ReasonKind, source, window};
use crate::{
    kernel::{Hours, PlaceCode, china_date, last_day},
    policy::{
        Policy, RuleBook,
        shape::{Category, CategoryCode, Check, CheckKind, CheckResult, MakeUp, MakeUpMode, Rules},
    },
    registry::{CourseFacts, CourseVersion, LearnerFacts, Mode, PlatformFacts},
    words,
};
use std::sync::Arc;
use time::{Date, Duration, OffsetDateTime};

/// How far a platform's clock may run ahead of ours before a completion counts as lying in the future.
pub const CLOCK_SKEW: Duration = Duration::seconds(60);

/// What a platform says about one completion, after its form was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// How it was studied.
    pub mode: Mode,
    /// The hours claimed, where the platform states them.
    pub claimed: Option<Hours>,
    /// Begin of the session.
    pub started_at: Option<OffsetDateTime>,
    /// End of the session.
    pub ended_at: Option<OffsetDateTime>,
    /// The mark of the exam, in points.
    pub score: Option<Hours>,
    /// Whether the platform says it was passed.
    pub passed: Option<bool>,
    /// When it was completed, exam included.
    pub completed_at: OffsetDateTime,
}

/// Everything a decision needs to know.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'f> {
    /// The published rules and the places.
    pub book: &'f RuleBook,
    /// The person.
    pub learner: &'f LearnerFacts,
    /// The course.
    pub course: &'f CourseFacts,
    /// The platform that pushed.
    pub platform: &'f PlatformFacts,
    /// When the item came in.
    pub received_at: OffsetDateTime,
}

words! {
    /// What becomes of an item that could be judged.
    pub enum Outcome {
        /// It is worth hours.
        Credited = "credited",
        /// It is kept, and worth hours if an office says so.
        NeedsReview = "needs_review",
        /// It is kept and worth nothing here.
        NotCounted = "not_counted",
        /// A rule refuses it.
        Refused = "refused",
    }
}

/// What an item is worth by itself.
#[derive(Clone, Debug)]
pub struct Worth {
    /// The policy year it counts for.
    pub year: i32,
    /// The place of the person on the day of completion.
    pub place: PlaceCode,
    /// The course's own path, such as `public.required`, also where the tree of the rules that decided ends above it: a year is
    /// counted by the tree in force when it is asked about, which may be another one. [`Worth::node`] is the node here.
    pub category: CategoryCode,
    /// The declared subject, if it is one.
    pub subject: Option<String>,
    /// The hours of the course.
    pub hours: Hours,
    /// The version of the course.
    pub course_version: i32,
    /// The rules that decided.
    pub policy: Arc<Policy>,
}

impl Worth {
    /// The node of the tree of the rules that decided.
    #[must_use]
    pub fn node(&self) -> CategoryCode {
        self.policy.rules.node_of(&self.category).map_or_else(|| self.category.clone(), |node| node.code.clone())
    }
}

/// The decision over one item.
#[derive(Clone, Debug)]
pub enum Decision {
    /// The rules had something to say.
    Judged {
        /// What becomes of it.
        outcome: Outcome,
        /// Why; empty where it is simply credited.
        reasons: Vec<Reason>,
        /// What it is worth; absent where its category has no place in the tree.
        worth: Option<Worth>,
    },
    /// It waits for what it names: a person, a course, another item, a rule. Where that can never appear, it is refused.
    Held(Vec<Reason>),
}

/// Who and what an item names, as far as it is known.
#[derive(Clone, Copy, Debug)]
pub struct Named<'n> {
    /// The person; `None` where not registered yet.
    pub learner: Option<&'n LearnerFacts>,
    /// Whether the name given is the registered one.
    pub name_matches: bool,
    /// The course; `None` where not registered yet.
    pub course: Option<&'n CourseFacts>,
    /// The course as the item names it.
    pub course_ref: &'n str,
    /// Why it cannot take the place of what it replaces; `None` where it can, or replaces nothing.
    pub no_place: Option<NoPlace<'n>>,
}

/// Decides over an item as it comes in: held while it names something unknown, judged by itself otherwise.
///
/// A registered document number with another name is held as well and never credited.
#[must_use]
pub fn receive(
    named: &Named<'_>,
    book: &RuleBook,
    platform: &PlatformFacts,
    received_at: OffsetDateTime,
    item: &Item,
) -> Decision {
    let mut missing = Vec::new();
    match named.learner {
        None => missing.push(ReasonKind::PersonUnknown),
        Some(_) if !named.name_matches => missing.push(ReasonKind::NameMismatch),
        Some(_) => {}
    }
    if named.course.is_none() {
        missing.push(ReasonKind::CourseUnknown { course: named.course_ref.to_owned() });
    }
    missing.extend(named.no_place.map(|why| match why {
        NoPlace::NotArrived(item) => ReasonKind::ReplacedItemUnknown { replaces: item.to_owned() },
        NoPlace::Circle(item) => ReasonKind::ReplacementCircle { replaces: item.to_owned() },
    }));
    match (named.learner, named.course) {
        (Some(learner), Some(course)) if missing.is_empty() => {
            decide(&Facts { book, learner, course, platform, received_at }, item)
        }
        _ => Decision::Held(missing.into_iter().map(Reason::plain).collect()),
    }
}

/// Decides what one completion is worth by itself.
///
/// All reasons are given at once. A person out of scope is told that alone; otherwise refusals go before reviews. The year
/// is the course's, else that of the completion in UTC+08:00 (SX-A9); the place is the person's on that day. A provision may
/// say that what was made for an earlier year counts for the year of the completion (QH-44).
#[must_use]
pub fn decide(facts: &Facts<'_>, item: &Item) -> Decision {
    let day = china_date(item.completed_at);
    let (version, existed) = match facts.course.version_on(day) {
        Some(version) => (Some(version), true),
        None => (facts.course.versions.iter().min_by_key(|version| version.number), false),
    };
    let Some(version) = version else {
        let kind = ReasonKind::CourseUnknown { course: facts.course.code.clone() };
        return Decision::Held(vec![Reason::plain(kind)]);
    };
    let made_for = version.policy_year.unwrap_or(day.year());
    let Some(place) = facts.learner.place_on(day, None) else {
        return Decision::Held(vec![Reason::plain(ReasonKind::PersonUnknown)]);
    };
    match governing(facts.book, place, made_for, day) {
        Ok(Governing { policy, year, make_up }) => {
            judge(&Case { facts, item, day, version, existed, made_for, year, place, policy, make_up })
        }
        Err(reason) => Decision::Held(vec![reason]),
    }
}

struct Case<'c> {
    facts: &'c Facts<'c>,
    item: &'c Item,
    day: Date,
    version: &'c CourseVersion,
    existed: bool,
    /// The year that the course was made for.
    made_for: i32,
    /// The year that it counts for.
    year: i32,
    place: &'c PlaceCode,
    policy: Arc<Policy>,
    make_up: Option<MakeUp>,
}

impl Case<'_> {
    /// Whether it serves an earlier year, by a provision of later rules, and not the year of its completion.
    fn is_made_up(&self) -> bool {
        self.make_up.is_some() && self.year == self.made_for
    }
}

pub(super) struct Governing {
    pub(super) policy: Arc<Policy>,
    /// The year that the item counts for.
    year: i32,
    make_up: Option<MakeUp>,
}

/// The rules of the year, or where the year is over, the provision of a later year's rules for making it up.
///
/// What was finished within its year is not made up, whenever it comes in: without rules of that year it waits for them.
pub(super) fn governing(book: &RuleBook, place: &PlaceCode, year: i32, day: Date) -> Result<Governing, Reason> {
    if let Some(policy) = book.resolve(place, year, None).in_force() {
        return Ok(Governing { policy: Arc::clone(policy), year, make_up: None });
    }
    let silent = |year| {
        let layer = book.governing_layer(place, None).unwrap_or_else(|| place.clone());
        Err(Reason::plain(ReasonKind::NoRuleInForce { place: layer, year }))
    };
    if day <= last_day(year) {
        return silent(year);
    }
    let Some((policy, make_up)) = book.make_up(place, year, day.year(), None) else { return silent(year) };
    let done_in = day.year();
    let counts_for = match (make_up.mode, book.resolve(place, done_in, None).in_force()) {
        (MakeUpMode::YearOfCompletion, Some(own)) if own.id == policy.id => done_in,
        // The provision is another year's than the completion's, whose own rules are still to come.
        (MakeUpMode::YearOfCompletion, None) => return silent(done_in),
        _ => year,
    };
    Ok(Governing { policy, year: counts_for, make_up: Some(make_up) })
}

fn judge(case: &Case<'_>) -> Decision {
    let rules = &case.policy.rules;
    if let Some(reason) = out_of_scope(rules, case.facts.learner, case.day) {
        let worth = node(rules, case.version).map(|_| worth(case));
        return Decision::Judged { outcome: Outcome::NotCounted, reasons: vec![reason], worth };
    }
    let node = node(rules, case.version);
    let mut refusals = Vec::new();
    if node.is_none() {
        let kind = ReasonKind::CategoryUnknownToRule { category: case.version.category.clone() };
        refusals.push(Reason::cited(kind, &rules.total.cite));
    }
    refusals.extend(source::carried(case.facts, case.version, case.item, case.day));
    refusals.extend(node.into_iter().flat_map(|node| in_category(case, node)));
    refusals.extend(claimed(case));
    let mut reviews = Vec::new();
    let timing = timing(case, node.map(|node| &node.code));
    let (doubtful, closed): (Vec<_>, Vec<_>) = timing.into_iter().partition(|reason| {
        matches!(reason.kind, ReasonKind::CompletedLate { .. } | ReasonKind::MakeUpNotNamed { .. })
    });
    refusals.extend(closed);
    reviews.extend(doubtful);
    for (check, kind) in implausible(rules, case) {
        match check.then {
            CheckResult::NeedsReview => reviews.push(Reason::cited(kind, &check.cite)),
            CheckResult::Refused => refusals.push(Reason::cited(kind, &check.cite)),
        }
    }
    let outcome = match (refusals.is_empty(), reviews.is_empty()) {
        (false, _) => Outcome::Refused,
        (true, false) => Outcome::NeedsReview,
        (true, true) => Outcome::Credited,
    };
    refusals.extend(reviews);
    Decision::Judged { outcome, reasons: refusals, worth: node.map(|_| worth(case)) }
}

/// What the category says by itself: from where its hours may come, and of which subjects.
fn in_category(case: &Case<'_>, node: &Category) -> Vec<Reason> {
    let rules = &case.policy.rules;
    let mut refusals = source::admitted(rules, &node.code, case.facts, case.item, case.day);
    if !case.is_made_up() {
        refusals.extend(subject(rules, node, case.version));
    }
    refusals
}

/// What the windows of the year say, or the provision for making it up. What is made up and counts for the year in which it
/// is finished keeps the windows of that year, and is of the study that the provision names. Of a category that the tree does
/// not have only what holds for every category is said.
fn timing(case: &Case<'_>, category: Option<&CategoryCode>) -> Vec<Reason> {
    let rules = &case.policy.rules;
    match &case.make_up {
        None => window::within_year(rules, category, case.day),
        Some(make_up) if !case.is_made_up() => {
            let mut reasons = window::within_year(rules, category, case.day);
            if category.is_some_and(|own| !source::eligible(&make_up.eligible, own, case.facts, case.item)) {
                let kind = ReasonKind::MakeUpNotNamed { year: case.made_for };
                reasons.push(Reason::cited(kind, &make_up.cite));
            }
            reasons
        }
        Some(make_up) => window::making_up(make_up, case.year, case.day),
    }
}

fn worth(case: &Case<'_>) -> Worth {
    Worth {
        year: case.year,
        place: case.place.clone(),
        category: path(case.version),
        subject: case.version.subject.clone(),
        hours: case.version.hours,
        course_version: case.version.number,
        policy: Arc::clone(&case.policy),
    }
}

/// The course's own path: `public` with `required` is `public.required`, whatever any tree has.
pub(crate) fn path(version: &CourseVersion) -> CategoryCode {
    let refined = version.requirement.map(|requirement| format!("{}.{requirement}", version.category));
    CategoryCode::new(refined.unwrap_or_else(|| version.category.clone()))
}

/// The deepest node of the tree on the course's path.
fn node<'r>(rules: &'r Rules, version: &CourseVersion) -> Option<&'r Category> {
    rules.node_of(&path(version))
}

fn out_of_scope(rules: &Rules, learner: &LearnerFacts, day: Date) -> Option<Reason> {
    let rule = rules.scope_of(learner, day, None)?;
    let (authority, under) = rule.elsewhere()?;
    Some(Reason::cited(ReasonKind::OutOfScope { authority, under }, &rule.cite))
}

fn subject(rules: &Rules, node: &Category, version: &CourseVersion) -> Option<Reason> {
    let declared = || rules.subject.iter().filter(|subject| subject.category == node.code);
    let named = version.subject.as_ref();
    match (named, named.and_then(|code| declared().find(|subject| subject.code == *code))) {
        (_, Some(subject)) if subject.hours != version.hours => {
            let kind = ReasonKind::SubjectHoursDiffer { course: version.hours, subject: subject.hours };
            Some(Reason::cited(kind, &subject.cite))
        }
        (_, Some(_)) => None,
        (Some(code), None) if declared().next().is_some() => {
            Some(Reason::cited(ReasonKind::SubjectUnknown { subject: code.clone() }, &node.cite))
        }
        _ if node.subjects_only == Some(true) => {
            let subjects = declared().map(|subject| subject.code.clone()).collect();
            Some(Reason::cited(ReasonKind::NotADeclaredSubject { subjects }, &node.cite))
        }
        _ => None,
    }
}

/// A course counts whole or not at all: nominal hours are credited, never measured ones (SX-A1, SX-A2, QH-A12).
fn claimed(case: &Case<'_>) -> Option<Reason> {
    let (claimed, course) = (case.item.claimed?, case.version.hours);
    (claimed != course).then(|| Reason::plain(ReasonKind::HoursNotOfCourse { claimed, course }))
}

/// What is implausible, with the check of the rules that says what follows. What no check of the rules looks for is let through.
fn implausible<'r>(rules: &'r Rules, case: &Case<'_>) -> Vec<(&'r Check, ReasonKind)> {
    let check = |what| rules.check.iter().find(|check| check.what == what);
    let mut found = Vec::new();
    if let Some(check) = check(CheckKind::InTheFuture)
        && case.item.completed_at > case.facts.received_at + CLOCK_SKEW
    {
        found.push((check, ReasonKind::InTheFuture));
    }
    if let Some(check) = check(CheckKind::BeforeTheCourse)
        && !case.existed
    {
        found.push((check, ReasonKind::BeforeTheCourse { available_from: case.version.available_from }));
    }
    if let Some(check) = check(CheckKind::MoreThanTheTime)
        && let (Some(start), Some(end), Some(minutes)) =
            (case.item.started_at, case.item.ended_at, check.minutes_per_unit)
    {
        let needed = case.version.hours.hundredths() * i64::from(minutes) * 60;
        let between = (end - start).whole_seconds() * 100;
        if needed > between {
            // A part of a minute is needed whole, and one that is not whole is not there.
            let minutes_needed = needed / 6000 + i64::from(needed % 6000 != 0);
            found.push((check, ReasonKind::MoreThanTheTime { minutes_needed, minutes_between: between / 6000 }));
        }
    }
    found
}
