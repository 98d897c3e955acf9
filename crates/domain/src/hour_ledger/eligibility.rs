//! What years are used for: whether someone's years allow an application, and which of them do not.
//!
//! The rules of the place and year of the application say which years a purpose looks at; each of these years is judged by its own
//! rules, as of the day of the application. Achievements that never enter the ledger are added here where the employer declares
//! them, and the answer keeps both: what the archive says, and what it says with them (QH-A18).

mod beside;
mod declared;
mod reason;
mod window;

pub use beside::{Bar, Verified};
pub use reason::UseReason;
pub use window::Window;

use declared::declared_lines;

use super::{Entry, Node, Question, Standing, StandingReason, Verdict, standing};
use crate::{
    kernel::{Hours, PlaceCode, china_date, first_day},
    policy::{
        CategoryCode, Fulfils, Policy, Resolution, RuleBook, Rules,
        shape::{Degree, Described, Need, OwedOnEntry, Purpose},
    },
    registry::{LearnerFacts, Level},
    words,
};
use std::sync::Arc;
use time::{Date, OffsetDateTime};

words! {
    /// What the years say about an application.
    pub enum Allows {
        /// They are as the rules ask.
        Eligible = "eligible",
        /// They are not, or the person is barred.
        NotEligible = "not_eligible",
        /// On the day of the application the person is another authority's business.
        NotApplicable = "not_applicable",
        /// An office has to decide.
        NeedsReview = "needs_review",
        /// The rules name no years for the purpose.
        NotStated = "not_stated",
    }
}

/// What someone applies for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// The purpose.
    pub purpose: Purpose,
    /// The level applied for, where the purpose has one.
    pub level: Option<Level>,
    /// The level held; that of the register where it is not said.
    pub present_level: Option<Level>,
    /// The highest degree held.
    pub degree: Option<Degree>,
    /// The day of the application. What was finished later does not count.
    pub applied_on: Date,
    /// Whether the employer declares that the hours lie in the same or a near specialty, which some purposes ask for (QH-13).
    pub same_specialty: Option<bool>,
    /// What the employer declares of achievements that never enter the ledger.
    pub declared: Vec<Declared>,
}

/// What an achievement off the ledger is worth in a year, as computed when it was declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// The code of its `[[recognition]]`.
    pub achievement: String,
    /// The policy year.
    pub year: i32,
    /// The category; absent where everything of the year is fulfilled.
    pub category: Option<CategoryCode>,
    /// The hours.
    pub hours: Hours,
    /// What it fulfils instead.
    pub fulfils: Option<Fulfils>,
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The published rules and the places.
    pub book: &'a RuleBook,
    /// The person.
    pub learner: &'a LearnerFacts,
    /// The application.
    pub application: &'a Application,
    /// The person's lines of all years that the purpose looks at, as [`Question::entries`] wants them.
    pub entries: &'a [Entry],
    /// The person's bars.
    pub bars: &'a [Bar],
    /// The person's years that stand verified, as known at the same instant.
    pub verified: &'a [Verified],
    /// As known at that instant; everything when absent.
    pub known_at: Option<OffsetDateTime>,
}

impl Asked<'_> {
    /// The level held on the day of the application: as it says, else that of the register.
    #[must_use]
    pub fn present_level(&self) -> Option<Level> {
        let known = Described::on(self.learner, self.application.applied_on, self.known_at);
        self.application.present_level.or(known.level)
    }
}

words! {
    /// What a year of the window is.
    pub enum YearIs {
        /// As asked.
        Met = "met",
        /// As asked with what the employer declares.
        MetWithDeclared = "met_with_declared",
        /// Not as asked.
        Unmet = "unmet",
        /// Not as asked, and the person may not have been in service all of it: the rules say nothing of that (QH-A14).
        BeforeService = "before_service",
        /// For an office to decide.
        NeedsReview = "needs_review",
        /// Another authority's business.
        NotApplicable = "not_applicable",
    }
}

/// A year of the window.
#[derive(Clone, Debug)]
pub struct YearUsed {
    /// What it is.
    pub is: YearIs,
    /// Whether it would be as asked but for what was registered, or verified, after the last day for the purpose.
    pub is_registered_late: bool,
    /// Its standing as of the application, by the ledger alone.
    pub standing: Standing,
    /// The same with what is declared, where something is.
    pub with_declared: Option<Standing>,
    /// What is missing of what the purpose looks at: codes of nodes with their shortfalls.
    pub missing: Vec<(String, Hours)>,
}

/// Whether someone's years allow an application.
#[derive(Clone, Debug)]
pub struct Eligibility {
    /// The answer.
    pub allows: Allows,
    /// The place on the day of the application, whose rules say what is asked.
    pub place: Option<PlaceCode>,
    /// Those rules.
    pub policy: Option<Arc<Policy>>,
    /// What they ask.
    pub window: Option<Window>,
    /// The years that they look at, the latest first.
    pub years: Vec<YearUsed>,
    /// What the answer rests on besides.
    pub reasons: Vec<UseReason>,
}

/// The years that a purpose looks at, so that their lines can be loaded; none where the rules name none.
#[must_use]
pub fn years_looked_at(asked: &Asked<'_>) -> Vec<i32> {
    let policy = policy_of(asked).1;
    let window = policy.and_then(|policy| Window::of(&policy.rules, asked));
    window.map(|window| window.years(asked.application.applied_on)).unwrap_or_default()
}

/// Answers from rules, facts and lines alone.
#[must_use]
pub fn eligibility(asked: &Asked<'_>) -> Eligibility {
    let (place, policy) = policy_of(asked);
    let silent = |policy, reason| {
        let reasons = barred(asked).into_iter().chain([reason]).collect::<Vec<_>>();
        let is_barred = matches!(reasons.first(), Some(UseReason::Barred { .. }));
        let allows = if is_barred { Allows::NotEligible } else { Allows::NotStated };
        Eligibility { allows, place: place.clone(), policy, window: None, years: Vec::new(), reasons }
    };
    let Some(policy) = policy else {
        return silent(None, UseReason::NoRule { place: place.clone(), year: asked.application.applied_on.year() });
    };
    let Some(window) = Window::of(&policy.rules, asked) else {
        let levels = window::levels_of(&policy.rules, asked);
        let reason = if levels.is_empty() { UseReason::NoWindow } else { UseReason::LevelNotDeclared { levels } };
        return silent(Some(policy), reason);
    };
    if window.years.is_none() {
        return Eligibility { window: Some(window), ..silent(Some(policy), UseReason::NoYears) };
    }
    let entries = until(asked);
    let years = window.years(asked.application.applied_on).into_iter();
    let years: Vec<YearUsed> = years.map(|year| used(asked, (&policy.rules, &window), &entries, year)).collect();
    let (allows, reasons) = judged(asked, &policy.rules, &window, &years);
    Eligibility { allows, place, policy: Some(policy), window: Some(window), years, reasons }
}

fn policy_of(asked: &Asked<'_>) -> (Option<PlaceCode>, Option<Arc<Policy>>) {
    let day = asked.application.applied_on;
    let place = asked.learner.place_on(day, asked.known_at).cloned();
    let resolution = place.as_ref().map(|place| asked.book.resolve(place, day.year(), asked.known_at));
    let policy = match resolution {
        Some(Resolution::InForce(policy)) => Some(policy),
        _ => None,
    };
    (place, policy)
}

fn barred(asked: &Asked<'_>) -> Option<UseReason> {
    let Application { purpose, applied_on, .. } = asked.application;
    let bars = asked.bars.iter().filter(|bar| bar.purpose == *purpose);
    let holding = bars.filter(|bar| (bar.from_on..=bar.until_on).contains(applied_on));
    let longest = holding.max_by_key(|bar| bar.until_on)?;
    Some(UseReason::Barred { until_on: longest.until_on, cite: longest.cite.clone() })
}

/// What was finished by the day of the application, and what takes such lines back.
fn until(asked: &Asked<'_>) -> Vec<Entry> {
    let day = asked.application.applied_on;
    asked.entries.iter().filter(|line| china_date(line.completed_at) <= day).cloned().collect()
}

fn used(asked: &Asked<'_>, (rules, window): (&Rules, &Window), entries: &[Entry], year: i32) -> YearUsed {
    let Asked { book, learner, application, known_at, .. } = *asked;
    let answer = |entries: &[Entry]| {
        standing(&Question { book, learner, year, entries, today: application.applied_on, known_at })
    };
    let by_ledger = answer(entries);
    let declared = declared_lines(asked, rules, year, by_ledger.policy.as_ref().map(|policy| policy.id));
    let with_declared = (!declared.is_empty()).then(|| answer(&[entries, &declared].concat()));
    let alone = year_is(window, &by_ledger);
    let is = match (alone, with_declared.as_ref().map(|standing| year_is(window, standing))) {
        (YearIs::Met | YearIs::NotApplicable, _) | (_, None) => alone,
        (_, Some(YearIs::Met)) => YearIs::MetWithDeclared,
        (_, Some(with)) => with,
    };
    let by_lines_until = |last_on: Date| {
        // What was taken back later is not there all the same.
        let in_time = |line: &&Entry| line.reverses.is_some() || china_date(line.recorded_at) <= last_on;
        let lines: Vec<Entry> = entries.iter().filter(in_time).cloned().collect();
        let is_met = |lines: &[Entry]| year_is(window, &answer(lines)) == YearIs::Met;
        match (is_met(&lines), !declared.is_empty() && is_met(&[lines, declared.clone()].concat())) {
            (true, _) => YearIs::Met,
            (false, true) => YearIs::MetWithDeclared,
            (false, false) => YearIs::NeedsReview,
        }
    };
    // Where an office had verified the year by the application, that has to have been in time (GD-12), and what it rests on as well: hours
    // that came in later are none that it looked at.
    let late = |last_on: Date| {
        let mut verified = asked.verified.iter().filter(|verified| verified.year == year);
        verified.any(|verified| last_on < verified.on && verified.on <= application.applied_on)
    };
    let in_time = |last_on: Date| if late(last_on) { YearIs::NeedsReview } else { by_lines_until(last_on) };
    let (is, is_registered_late) = match (is, window.verified_by.map(in_time)) {
        (YearIs::Met | YearIs::MetWithDeclared, Some(in_time)) => (in_time, in_time == YearIs::NeedsReview),
        (is, _) => (is, false),
    };
    // The register knows the person only from a day within the year or after it, or not at all.
    let in_part = learner.served_since(known_at).is_none_or(|first| first > first_day(year));
    let in_part = in_part && by_ledger.began_later() != Some(Some(OwedOnEntry::All));
    let is = if is == YearIs::Unmet && in_part { YearIs::BeforeService } else { is };
    let missing = match is {
        YearIs::Unmet | YearIs::BeforeService | YearIs::NeedsReview => {
            window.missing(with_declared.as_ref().unwrap_or(&by_ledger))
        }
        YearIs::Met | YearIs::MetWithDeclared | YearIs::NotApplicable => Vec::new(),
    };
    YearUsed { is, is_registered_late, standing: by_ledger, with_declared, missing }
}

fn year_is(window: &Window, standing: &Standing) -> YearIs {
    let began_later = standing.began_later().is_some();
    match standing.verdict {
        Verdict::NotApplicable if !began_later => YearIs::NotApplicable,
        Verdict::Met => YearIs::Met,
        // A year without rules is never assumed to be anything.
        Verdict::NoRuleInForce => YearIs::NeedsReview,
        Verdict::Unmet | Verdict::NotBegun | Verdict::NeedsReview if in_two_places(standing) => YearIs::NeedsReview,
        _ if window.is_met(&standing.nodes) => YearIs::Met,
        // What is looked at may hang on open decisions, though the year would stay unmet for something else.
        Verdict::NeedsReview if !began_later => YearIs::NeedsReview,
        _ if window.is_met(&standing.if_confirmed) => YearIs::NeedsReview,
        Verdict::NeedsReview | Verdict::NotApplicable | Verdict::Unmet | Verdict::NotBegun => YearIs::Unmet,
    }
}

fn in_two_places(standing: &Standing) -> bool {
    standing.reasons.iter().any(|reason| matches!(reason, StandingReason::TwoPlaces { .. }))
}

/// Whether the person is another authority's business on the day of the application.
fn is_elsewhere(asked: &Asked<'_>, rules: &Rules) -> bool {
    let scope = rules.scope_of(asked.learner, asked.application.applied_on, asked.known_at);
    scope.is_some_and(|rule| rule.elsewhere().is_some())
}

fn judged(asked: &Asked<'_>, rules: &Rules, window: &Window, years: &[YearUsed]) -> (Allows, Vec<UseReason>) {
    let any = |is: &[YearIs]| years.iter().any(|year| is.contains(&year.is));
    let met = [YearIs::Met, YearIs::MetWithDeclared];
    // A year that was another authority's business is for an office to look up, once the person is not any more.
    let open = [YearIs::NeedsReview, YearIs::BeforeService, YearIs::NotApplicable];
    let allows = match window.need {
        _ if is_elsewhere(asked, rules) => Allows::NotApplicable,
        Need::AnyYear if any(&met) => Allows::Eligible,
        Need::AnyYear if any(&open) => Allows::NeedsReview,
        Need::AnyYear => Allows::NotEligible,
        Need::EveryYear if any(&[YearIs::Unmet]) => Allows::NotEligible,
        Need::EveryYear if any(&open) => Allows::NeedsReview,
        Need::EveryYear => Allows::Eligible,
    };
    let which = |is: fn(&YearUsed) -> bool| -> Vec<i32> {
        years.iter().filter(|year| is(year)).map(|year| year.standing.year).collect()
    };
    let mut reasons = Vec::new();
    let by_declared = which(|year| year.is == YearIs::MetWithDeclared);
    if !by_declared.is_empty() {
        reasons.push(UseReason::RestsOnDeclared { years: by_declared });
    }
    if let Some(verified_by) = window.verified_by {
        let late = which(|year| year.is_registered_late);
        if !late.is_empty() {
            reasons.push(UseReason::RegisteredLate { years: late, verified_by });
        }
    }
    let allows = match (window.same_specialty, asked.application.same_specialty, allows) {
        (true, None, Allows::Eligible) => {
            reasons.push(UseReason::SpecialtyNotDeclared);
            Allows::NeedsReview
        }
        (true, Some(false), Allows::Eligible | Allows::NeedsReview) => {
            reasons.push(UseReason::OtherSpecialty);
            Allows::NotEligible
        }
        (_, _, allows) => allows,
    };
    match barred(asked) {
        Some(bar) => {
            reasons.insert(0, bar);
            (Allows::NotEligible, reasons)
        }
        None => (allows, reasons),
    }
}
