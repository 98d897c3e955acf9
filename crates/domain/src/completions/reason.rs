//! Why an item has the outcome it has: a stable code, typed facts, and the clause.

use crate::{
    kernel::{Citation, Hours, PlaceCode},
    policy::Cite,
    registry::{Mode, ProviderKind, Tier},
};
use serde::{Deserialize, Serialize};
use time::Date;

/// One reason, with the clause it rests on where a rule speaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// What it is.
    #[serde(flatten)]
    pub kind: ReasonKind,
    /// Where it stands written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cite: Vec<Citation>,
}

impl Reason {
    /// A reason that a clause gives.
    #[must_use]
    pub fn cited(kind: ReasonKind, cite: &Cite) -> Self {
        Self { kind, cite: cite.0.clone() }
    }

    /// A reason that no clause gives: a matter of registration or of plain sense.
    #[must_use]
    pub const fn plain(kind: ReasonKind) -> Self {
        Self { kind, cite: Vec::new() }
    }
}

/// Whether an item is worth nothing because of who its person is said to be. That may be corrected, and then it is decided anew.
#[must_use]
pub fn out_of_scope(reasons: &[Reason]) -> bool {
    reasons.iter().any(|reason| matches!(reason.kind, ReasonKind::OutOfScope { .. }))
}

/// The kinds of reason. The serialised `code` is stable and meant for machines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum ReasonKind {
    /// The person is another authority's business; the item is kept and not counted.
    OutOfScope {
        /// The authority in charge.
        authority: String,
        /// The rule it follows.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        under: Option<String>,
    },
    /// The tree of the rule has no such category.
    CategoryUnknownToRule {
        /// The course's category.
        category: String,
    },
    /// The category takes only declared subjects, and the course is of none.
    NotADeclaredSubject {
        /// The declared subjects.
        subjects: Vec<String>,
    },
    /// The course names a subject that the rule does not declare.
    SubjectUnknown {
        /// The subject named.
        subject: String,
    },
    /// The course has other hours than its subject.
    SubjectHoursDiffer {
        /// Hours of the course.
        course: Hours,
        /// Hours of the subject.
        subject: Hours,
    },
    /// The item claims other hours than the course has; only whole courses count.
    HoursNotOfCourse {
        /// Hours claimed.
        claimed: Hours,
        /// Hours of the course.
        course: Hours,
    },
    /// The course is not given in this mode.
    ModeNotOffered {
        /// The item's mode.
        mode: Mode,
    },
    /// The platform does not carry this online course.
    PlatformDoesNotCarryCourse,
    /// The platform may not serve this category on that day.
    PlatformNotServingCategory {
        /// The category.
        category: String,
    },
    /// The rule opens no source for this category.
    NoSourceForCategory {
        /// The category.
        category: String,
    },
    /// The category may not be studied in this mode.
    ModeNotAllowed {
        /// The modes allowed.
        allowed: Vec<Mode>,
    },
    /// The category may not be studied on this platform.
    PlatformNotAllowed {
        /// The platforms allowed.
        allowed: Vec<String>,
    },
    /// Platforms of this tier may not serve the category.
    PlatformTierNotAllowed {
        /// The tiers allowed.
        allowed: Vec<Tier>,
    },
    /// Providers of this kind may not give the category.
    ProviderNotAllowed {
        /// The kinds allowed.
        allowed: Vec<ProviderKind>,
    },
    /// Bases of this tier may not give the category.
    BaseTierNotAllowed {
        /// The tiers allowed.
        allowed: Vec<Tier>,
    },
    /// The base was not recognised on that day.
    BaseNotRecognised {
        /// The day.
        on: Date,
    },
    /// An exam is demanded and its result is missing.
    ExamResultMissing {
        /// The pass mark; absent where the platform says passed or failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pass_mark: Option<Hours>,
    },
    /// The exam was not passed.
    ExamNotPassed {
        /// The mark.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        score: Option<Hours>,
        /// The pass mark.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pass_mark: Option<Hours>,
    },
    /// The plan of the course is not filed, or was filed only after the training.
    PlanNotFiled,
    /// Completed before the window opened.
    CompletedBeforeWindow {
        /// The first day.
        opens_on: Date,
    },
    /// Completed after the last day on time; a decision is wanted.
    CompletedLate {
        /// The last day on time.
        on_time_until: Date,
    },
    /// Completed after the window closed.
    CompletedAfterWindow {
        /// The last day.
        closes_on: Date,
    },
    /// The year cannot be made up.
    MakeUpNotAllowed {
        /// The year.
        year: i32,
    },
    /// The provision for making up the year does not name this way of study; a decision is wanted.
    MakeUpNotNamed {
        /// The year that the course was made for.
        year: i32,
    },
    /// The year could be made up only until a day that is past.
    MakeUpClosed {
        /// The year.
        year: i32,
        /// The last day.
        closes_on: Date,
    },
    /// Completed later than it was pushed.
    InTheFuture,
    /// Completed before the course could be taken.
    BeforeTheCourse {
        /// The first day of the course.
        available_from: Date,
    },
    /// Worth more than the time between start and end allows.
    MoreThanTheTime {
        /// Minutes that the hours take at least.
        minutes_needed: i64,
        /// Minutes between start and end.
        minutes_between: i64,
    },
    /// Overlaps another session of the same person.
    OverlappingSessions,
    /// The person is not registered yet.
    PersonUnknown,
    /// The document number is registered under another name.
    NameMismatch,
    /// The course is not registered yet.
    CourseUnknown {
        /// The reference as pushed.
        course: String,
    },
    /// No person has the id that the item names; none will, as this service makes them.
    NoSuchPerson,
    /// No course has the id that the item names; none will, as this service makes them.
    NoSuchCourse {
        /// The id as pushed.
        course: String,
    },
    /// The item that this one replaces has not arrived yet.
    ReplacedItemUnknown {
        /// Its external id.
        replaces: String,
    },
    /// The item that this one replaces leads into a circle of items that replace one another.
    ReplacementCircle {
        /// Its external id.
        replaces: String,
    },
    /// The nearest layer has no rule for the year.
    NoRuleInForce {
        /// The place whose layer is silent.
        place: PlaceCode,
        /// The year.
        year: i32,
    },
    /// The item was withdrawn before it was worth anything.
    Withdrawn,
    /// What the item waited for did not appear for so long that it is kept waiting no longer.
    WaitedTooLong,
    /// The item that this one replaces has been replaced by another one, which was accepted first.
    AlreadyReplaced {
        /// Its external id.
        by: String,
    },
    /// Another item replaces this one.
    Replaced {
        /// Its external id.
        by: String,
    },
    /// The office in charge does not count the hours, which waited for its word. The clause is the one that it named.
    RefusedByOffice,
}
