//! What can be found of a ledger, in words.

use super::super::Entry;
use crate::kernel::{CaseId, CourseId, EntryId, LearnerId};
use std::fmt;

/// Something that does not hold. Everything here means that someone changed the ledger, or what it rests on, other than by the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// In whose file.
    pub learner: LearnerId,
    /// Of which line; none where a line is missing of which nothing says the id.
    pub entry: Option<EntryId>,
    /// What.
    pub what: Unsound,
}

/// What does not hold. Fields are named as the table calls them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsound {
    /// A reversal names no line of its file, or another reversal.
    ReversesNothing(Option<EntryId>),
    /// A line is taken back a second time.
    ReversedBefore {
        /// The line.
        line: EntryId,
        /// What took it back first.
        by: EntryId,
    },
    /// A reversal says something else than the line that it takes back.
    NotWhatItReverses {
        /// The line.
        line: EntryId,
        /// Of what.
        fields: Vec<&'static str>,
    },
    /// One decision over an item or a case says the same twice; the first line that it says.
    SaidBefore(EntryId),
    /// A line names neither an item nor a case.
    RestsOnNothing,
    /// The item of a line was never pushed.
    NotPushed,
    /// A line says something else than its item.
    NotAsPushed(Vec<&'static str>),
    /// No decision says a line.
    NotDecided,
    /// A line says something else than the decision that names it.
    NotAsDecided(Vec<&'static str>),
    /// A line stands though something else was decided about its item since, under this number.
    DecidedSince(i32),
    /// There is no such version of the course.
    NoVersion(Option<CourseId>),
    /// A line says something else than the version of its course.
    NotAsTheCourse(Vec<&'static str>),
    /// A decision of this number names a line that is not there.
    Gone {
        /// The number of the decision over the item.
        number: i32,
    },
    /// There is no such case.
    NoCase(CaseId),
    /// The case is of another kind than the line says.
    CaseOfAnotherKind(CaseId),
    /// The case is another person's.
    CaseOfAnother(CaseId),
    /// A line stands though its case is not approved.
    CaseNotApproved(CaseId),
    /// No line rests on a case that is approved.
    CaseWithoutLines(CaseId),
    /// Surplus draws on a line that is not there, or not of that year.
    DrawsOnNothing(EntryId),
    /// A line stands in a file that has ended in another one.
    StandsInEndedFile,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "learner {}", self.learner)?;
        if let Some(entry) = self.entry {
            write!(f, ", line {entry}")?;
        }
        let (found, expected) = self.what.told();
        write!(f, ": {found}; expected: {expected}")
    }
}

impl Unsound {
    /// What was found, and what was expected.
    fn told(&self) -> (String, &'static str) {
        let list = |fields: &[&str]| fields.join(", ");
        match self {
            Self::ReversesNothing(Some(line)) => {
                (format!("takes back {line}, which is no line of this file that says hours"), "such a line")
            }
            Self::ReversesNothing(None) => ("takes back no line".to_owned(), "the line that it takes back"),
            Self::ReversedBefore { line, by } => {
                (format!("takes back {line}, which {by} had taken back"), "that each line is taken back once at most")
            }
            Self::NotWhatItReverses { line, fields } => {
                (format!("differs in {} from {line}, which it takes back", list(fields)), "the same as there")
            }
            Self::SaidBefore(first) => {
                (format!("says again what {first} says by the same decision"), "that a decision grants something once")
            }
            Self::RestsOnNothing => ("names neither an item nor a case".to_owned(), "what it rests on"),
            Self::NotPushed => ("rests on an item that was never pushed".to_owned(), "the item"),
            Self::NotAsPushed(fields) => (format!("differs in {} from its item", list(fields)), "what was pushed"),
            Self::NotDecided => ("no decision over its item says it".to_owned(), "that decision"),
            Self::NotAsDecided(fields) => {
                (format!("differs in {} from the decision over its item", list(fields)), "what was decided")
            }
            Self::DecidedSince(number) => {
                (format!("stands though decision {number} over its item came after"), "that it was taken back")
            }
            Self::NoVersion(Some(course)) => {
                (format!("names a version of course {course} that there is not"), "the version that it counted by")
            }
            Self::NoVersion(None) => ("names no course".to_owned(), "the version of the course that it counted by"),
            Self::NotAsTheCourse(fields) => {
                (format!("differs in {} from the version of its course", list(fields)), "what that is worth")
            }
            Self::Gone { number } => {
                (format!("is gone, which decision {number} over an item names"), "the line of that decision")
            }
            Self::NoCase(case) => (format!("rests on case {case}, which there is not"), "the case"),
            Self::CaseOfAnotherKind(case) => {
                (format!("rests on case {case}, which is of another kind"), "a case of its own basis")
            }
            Self::CaseOfAnother(case) => {
                (format!("stands by case {case}, which is about another person"), "a case about this person")
            }
            Self::CaseNotApproved(case) => {
                (format!("stands by case {case}, which is not approved"), "that it was taken back")
            }
            Self::CaseWithoutLines(case) => {
                (format!("no line rests on case {case}, which is approved"), "the lines of its approval")
            }
            Self::DrawsOnNothing(line) => {
                (format!("draws on {line}, which is no line of that year"), "the line of another year that it draws on")
            }
            Self::StandsInEndedFile => {
                ("stands though its file has ended in another one".to_owned(), "that it went over")
            }
        }
    }
}

/// In what two lines differ, as the table calls it.
pub(super) fn others_than(line: &Entry, wanted: &Entry) -> Vec<&'static str> {
    let drawn = |line: &Entry| line.drawn().map(|drawn| (drawn.year, drawn.line));
    let case = |line: &Entry| line.ground.as_ref().map(|ground| (ground.basis, ground.case));
    let achievement = |line: &Entry| line.ground.as_ref().and_then(|ground| ground.achievement.clone());
    differing(&[
        ("year", line.year == wanted.year),
        ("place_code", line.place == wanted.place),
        ("category", line.category == wanted.category),
        ("subject", line.subject == wanted.subject),
        ("hours_hundredths", line.hours == wanted.hours),
        ("course_id", line.course == wanted.course),
        ("course_version", line.course_version == wanted.course_version),
        ("platform_id", line.platform == wanted.platform),
        ("external_id", line.external_id == wanted.external_id),
        ("completion_id", line.completion == wanted.completion),
        ("decision_number", line.decision_number == wanted.decision_number),
        ("mode", line.mode == wanted.mode),
        ("started_at", line.started_at == wanted.started_at),
        ("ended_at", line.ended_at == wanted.ended_at),
        ("completed_at", line.completed_at == wanted.completed_at),
        ("case_id", case(line) == case(wanted)),
        ("achievement", achievement(line) == achievement(wanted)),
        ("fulfils", line.fulfils() == wanted.fulfils()),
        ("surplus_line", drawn(line) == drawn(wanted)),
        ("policy_id", line.policy == wanted.policy),
        ("review_reasons", line.review == wanted.review),
    ])
}

/// The names of those that are not the same.
pub(super) fn differing(compared: &[(&'static str, bool)]) -> Vec<&'static str> {
    compared.iter().filter(|(_, same)| !same).map(|(name, _)| *name).collect()
}
