//! Situations: tests of a rule file that a clerk can read. Given a learner, pushes and a day, expect a verdict.

use domain::words;
use domain::{
    completions::{Decision, Facts, Item, Outcome, Reason, decide},
    hour_ledger::{Entry, EntryKind, Question, standing},
    kernel::{CHINA, Citation, Hours, Words},
    policy::{CategoryCode, Rules},
    registry::{Mode, ProviderKind, Requirement, Tier},
};
use serde::Deserialize;
use std::collections::BTreeMap;
use time::{Date, Duration, OffsetDateTime};

use crate::{
    claims::{self, Claimed, Listed},
    expected::Expected,
    stage::{self, Learner, Pushed, Stage},
    uses::{self, Applied, Attested, Excepted, Following, Found, HandedIn, Spread},
};

/// The situations beside a rule file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Situations {
    /// Courses that situations use, by code.
    #[serde(default)]
    pub course: BTreeMap<String, Course>,
    /// Platforms beyond those of the rule file, by code.
    #[serde(default)]
    pub platform: BTreeMap<String, Platform>,
    /// The situations.
    #[serde(default)]
    pub situation: Vec<Situation>,
}

/// A course that situations use.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Course {
    pub(crate) title: Option<String>,
    pub(crate) category: String,
    pub(crate) requirement: Option<Requirement>,
    pub(crate) subject: Option<String>,
    pub(crate) hours: Hours,
    #[serde(default)]
    pub(crate) modes: Vec<Mode>,
    pub(crate) policy_year: Option<i32>,
    pub(crate) provider: Option<ProviderKind>,
    pub(crate) base_tier: Option<Tier>,
    #[serde(default)]
    pub(crate) platforms: Vec<String>,
    pub(crate) filed_on: Option<Day>,
    pub(crate) available_from: Option<Day>,
}

/// A platform that situations use.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Platform {
    pub(crate) tier: Tier,
    pub(crate) serves: Vec<String>,
}

/// One situation.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Situation {
    /// A sentence that says what is shown.
    pub name: String,
    /// The clause it shows.
    pub cite: String,
    /// The reading or row it shows.
    pub reading: Option<String>,
    pub(crate) today: Option<Day>,
    pub(crate) year: Option<i32>,
    #[serde(default)]
    pub(crate) learner: Learner,
    #[serde(default)]
    pub(crate) credited: Vec<Credited>,
    #[serde(default)]
    pub(crate) push: Vec<Push>,
    #[serde(default)]
    pub(crate) claim: Vec<Claimed>,
    #[serde(default)]
    pub(crate) listed: Vec<Listed>,
    #[serde(default)]
    pub(crate) attested: Vec<Attested>,
    #[serde(default)]
    pub(crate) exception: Vec<Excepted>,
    #[serde(default)]
    pub(crate) verification: Vec<HandedIn>,
    #[serde(default)]
    pub(crate) application: Vec<Applied>,
    pub(crate) surplus: Option<Spread>,
    pub(crate) follows: Option<Vec<Following>>,
    pub(crate) finding: Option<Found>,
    pub(crate) expect: Option<Expected>,
}

/// An entry put straight into the ledger.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credited {
    pub(crate) category: String,
    pub(crate) hours: Hours,
    pub(crate) subject: Option<String>,
    pub(crate) course: Option<String>,
    /// The year; that of the situation when left out.
    pub(crate) year: Option<i32>,
    pub(crate) completed_on: Option<Day>,
    /// The day on which it was registered; that of its completion when left out.
    pub(crate) recorded_on: Option<Day>,
    pub(crate) mode: Option<Mode>,
    pub(crate) platform: Option<String>,
    /// The tier of the base that taught it; no base when left out.
    pub(crate) base_tier: Option<Tier>,
}

words! {
    /// What a situation expects of an item: an outcome, or that it waits for something unknown.
    pub enum Becomes {
        /// It is worth hours.
        Credited = "credited",
        /// It is kept, and worth hours if an office says so.
        NeedsReview = "needs_review",
        /// It is kept and worth nothing here.
        NotCounted = "not_counted",
        /// A rule refuses it.
        Refused = "refused",
        /// It waits, for instance until the place has a rule for the year.
        Held = "held",
    }
}

/// An item pushed by a platform, and what becomes of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Push {
    pub(crate) course: String,
    pub(crate) platform: Option<String>,
    pub(crate) mode: Option<Mode>,
    pub(crate) hours: Option<Hours>,
    pub(crate) started_at: Option<Instant>,
    pub(crate) ended_at: Option<Instant>,
    pub(crate) score: Option<Hours>,
    pub(crate) passed: Option<bool>,
    pub(crate) completed_at: Instant,
    pub(crate) received_at: Option<Instant>,
    expect: Becomes,
    reasons: Option<Vec<String>>,
    expect_hours: Option<Hours>,
    expect_year: Option<i32>,
    expect_category: Option<String>,
    expect_clause: Option<String>,
}

/// A civil day, written without quotes.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "toml::value::Datetime")]
pub struct Day(pub(crate) Date);

impl TryFrom<toml::value::Datetime> for Day {
    type Error = String;

    fn try_from(found: toml::value::Datetime) -> Result<Self, String> {
        let date = found.date.filter(|_| found.time.is_none()).and_then(stage::date);
        date.map(Self).ok_or_else(|| format!("{found} is not a day; write it as 2020-12-31"))
    }
}

/// An instant, written with its offset.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "toml::value::Datetime")]
pub struct Instant(pub(crate) OffsetDateTime);

impl TryFrom<toml::value::Datetime> for Instant {
    type Error = String;

    fn try_from(found: toml::value::Datetime) -> Result<Self, String> {
        stage::instant(&found)
            .map(Self)
            .ok_or_else(|| format!("{found} is no instant with an offset; write it as 2020-12-31T23:59:59+08:00"))
    }
}

/// Something a situation expected and did not find.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The situation.
    pub situation: String,
    /// What was looked at.
    pub what: String,
    /// What it should be.
    pub expected: String,
    /// What it is.
    pub found: String,
}

impl Situations {
    /// Reads a situations file.
    ///
    /// # Errors
    /// The first fault, with its line and column.
    pub fn parse(source: &str) -> Result<Self, String> {
        toml::from_str(source).map_err(|error| error.to_string())
    }

    /// Runs every situation against rules.
    #[must_use]
    pub fn run(&self, rules: &Rules) -> Vec<Failure> {
        let stage = match Stage::new(rules, self) {
            Ok(stage) => stage,
            Err(fault) => return vec![Failure::of("the situations file", "courses and platforms", "usable", fault)],
        };
        self.situation.iter().flat_map(|situation| situation.run(&stage)).collect()
    }
}

impl Failure {
    fn of(situation: &str, what: impl Into<String>, expected: impl ToString, found: impl ToString) -> Self {
        Self {
            situation: situation.to_owned(),
            what: what.into(),
            expected: expected.to_string(),
            found: found.to_string(),
        }
    }
}

pub(crate) struct Findings<'s> {
    situation: &'s str,
    failures: Vec<Failure>,
}

impl Findings<'_> {
    pub(crate) fn unusable(&mut self, what: String, fault: String) {
        self.failures.push(Failure::of(self.situation, what, "usable", fault));
    }

    pub(crate) fn same(&mut self, what: impl Into<String>, expected: impl ToString, found: impl ToString) {
        let (expected, found) = (expected.to_string(), found.to_string());
        if expected != found {
            self.failures.push(Failure::of(self.situation, what, expected, found));
        }
    }
}

impl Situation {
    fn run(&self, stage: &Stage) -> Vec<Failure> {
        let mut findings = Findings { situation: &self.name, failures: Vec::new() };
        let learner = match stage.learner(&self.learner) {
            Ok(learner) => learner,
            Err(fault) => return vec![Failure::of(&self.name, "learner", "usable", fault)],
        };
        let year = self.year.unwrap_or(stage.year);
        let mut entries: Vec<Entry> = Vec::new();
        for (index, credited) in self.credited.iter().enumerate() {
            match stage.entry(index, credited, credited.year.unwrap_or(year)) {
                Ok(entry) => entries.push(entry),
                Err(fault) => findings.unusable(format!("credited {}", index + 1), fault),
            }
        }
        for (index, push) in self.push.iter().enumerate() {
            match self.push_one(stage, &learner, index, push, &mut findings) {
                Ok(entry) => entries.extend(entry),
                Err(fault) => findings.unusable(format!("push {}", index + 1), fault),
            }
        }
        entries.extend(claims::judge(self, stage, &learner, &mut findings));
        entries.extend(self.attested.iter().enumerate().flat_map(|(index, attested)| stage.attested(index, attested)));
        let today = self.today.map_or_else(|| stage.day_after(year), |day| day.0);
        for (index, excepted) in self.exception.iter().enumerate() {
            let lines = excepted.judge(index, (stage, &learner), &entries, (year, today), &mut findings);
            entries.extend(lines);
        }
        if let Some(expected) = &self.expect {
            let question =
                Question { book: &stage.book, learner: &learner, year, entries: &entries, today, known_at: None };
            expected.compare(&standing(&question), &mut findings);
        }
        let mut verified = Vec::new();
        for (index, handed_in) in self.verification.iter().enumerate() {
            verified.extend(handed_in.judge(index, (stage, &learner), &entries, (year, today), &mut findings));
        }
        let case = uses::Case {
            situation: self,
            stage,
            learner: &learner,
            entries: &entries,
            verified: &verified,
            today,
            year,
        };
        case.judge(&mut findings);
        findings.failures
    }

    fn push_one(
        &self,
        stage: &Stage,
        learner: &domain::registry::LearnerFacts,
        index: usize,
        push: &Push,
        findings: &mut Findings<'_>,
    ) -> Result<Option<Entry>, String> {
        let course = stage.course(&push.course)?;
        let platform = stage.platform(push.platform.as_deref())?;
        let received_at = push.received_at.map_or(push.completed_at.0 + Duration::HOUR, |at| at.0);
        let facts = Facts { book: &stage.book, learner, course, platform, received_at };
        let item = Item {
            mode: push.mode.unwrap_or(Mode::Online),
            claimed: push.hours,
            started_at: push.started_at.map(|at| at.0),
            ended_at: push.ended_at.map(|at| at.0),
            score: push.score,
            passed: push.passed,
            completed_at: push.completed_at.0,
        };
        let (outcome, reasons, worth) = match decide(&facts, &item) {
            Decision::Judged { outcome, reasons, worth } => (Some(outcome), reasons, worth),
            Decision::Held(reasons) => (None, reasons, None),
        };
        let label = |what: &str| format!("push {} ({}): {what}", index + 1, push.course);
        let becomes = outcome.map_or("held", Words::as_str);
        findings.same(label("outcome"), push.expect, becomes);
        if let Some(expected) = &push.reasons {
            let found: Vec<String> = reasons.iter().map(code).collect();
            findings.same(label("reasons"), expected.join(", "), found.join(", "));
        }
        if let Some(expected) = &push.expect_clause {
            let found: Vec<&Citation> = reasons.iter().flat_map(|reason| &reason.cite).collect();
            if !found.iter().any(|cite| cite.clause == *expected) {
                findings.same(label("clause"), expected, format!("{:?}", found));
            }
        }
        let worth = match worth {
            Some(worth) => worth,
            None => return Ok(None),
        };
        let expect_hours = push.expect_hours.unwrap_or(worth.hours);
        findings.same(label("hours"), expect_hours, worth.hours);
        findings.same(label("year"), push.expect_year.unwrap_or(worth.year), worth.year);
        if let Some(expected) = &push.expect_category {
            findings.same(label("category"), expected, worth.node());
        }
        let kind = match outcome {
            Some(Outcome::Credited) => EntryKind::Credit,
            Some(Outcome::NeedsReview) => EntryKind::Provisional,
            Some(Outcome::NotCounted | Outcome::Refused) | None => return Ok(None),
        };
        Ok(Some(stage.pushed(index, Pushed { facts: &facts, item: &item, worth, kind, review: reasons })))
    }
}

/// The stable code of a reason, as on the wire.
fn code(reason: &Reason) -> String {
    match toml::Value::try_from(&reason.kind) {
        Ok(value) => value.get("code").and_then(toml::Value::as_str).unwrap_or("?").to_owned(),
        Err(error) => error.to_string(),
    }
}

/// A category as written.
pub(crate) fn category(code: &str) -> CategoryCode {
    CategoryCode::new(code)
}

/// Noon of the first of July of a year, when entries put straight into the ledger were completed.
pub(crate) fn midyear(year: i32) -> OffsetDateTime {
    let day = Date::from_calendar_date(year, time::Month::July, 1).unwrap_or(Date::MIN);
    day.with_time(time::macros::time!(12:00)).assume_offset(CHINA)
}
