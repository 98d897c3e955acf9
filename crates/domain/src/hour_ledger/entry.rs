//! One line of a learner's ledger.

use crate::{
    completions::Reason,
    kernel::{CompletionId, CourseId, EntryId, Hours, LearnerId, PlaceCode, PlatformId, PolicyId},
    policy::CategoryCode,
    registry::Mode,
    words,
};
use time::OffsetDateTime;

words! {
    /// What a line of the ledger does.
    pub enum EntryKind {
        /// Hours.
        Credit = "credit",
        /// Hours, if an office says so.
        Provisional = "provisional",
        /// Takes back the line it names.
        Reversal = "reversal",
    }
}

/// One line of a learner's ledger. It is never changed and never removed; a mistake is answered by a reversal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: EntryId,
    /// Whose ledger.
    pub learner: LearnerId,
    /// What it does.
    pub kind: EntryKind,
    /// The policy year.
    pub year: i32,
    /// The person's place on the day of completion.
    pub place: PlaceCode,
    /// The course's own path, such as `public.required`; which node of a tree it counts for is what a count says.
    pub category: CategoryCode,
    /// The declared subject, if it is one.
    pub subject: Option<String>,
    /// What it is worth.
    pub hours: Hours,
    /// The course.
    pub course: Option<CourseId>,
    /// Its version.
    pub course_version: Option<i32>,
    /// The platform that pushed the evidence.
    pub platform: Option<PlatformId>,
    /// The platform's id of the evidence.
    pub external_id: Option<String>,
    /// The evidence.
    pub completion: Option<CompletionId>,
    /// The number of the decision over that evidence.
    pub decision_number: Option<i32>,
    /// How it was studied.
    pub mode: Option<Mode>,
    /// Begin of the session.
    pub started_at: Option<OffsetDateTime>,
    /// End of the session.
    pub ended_at: Option<OffsetDateTime>,
    /// When it was completed.
    pub completed_at: OffsetDateTime,
    /// The rules that decided.
    pub policy: PolicyId,
    /// Why it wants a decision, for a provisional line.
    pub review: Vec<Reason>,
    /// The line taken back, for a reversal.
    pub reverses: Option<EntryId>,
    /// Why: of a reversal, why the line was taken back; of another line, that it came over from another file of the person.
    pub reason_code: Option<String>,
    /// When it became known.
    pub recorded_at: OffsetDateTime,
    /// Who caused it.
    pub recorded_by: String,
}

/// The reason code of a line that takes another back because a correction took its item's place.
pub const REPLACED: &str = "replaced";

impl Entry {
    /// The line that takes this one back. It carries what this one carries, so that a year's lines, and those whose sessions
    /// touch, are found together.
    #[must_use]
    pub fn reversal(&self, id: EntryId, reason_code: &str, recorded_at: OffsetDateTime, recorded_by: &str) -> Self {
        Self {
            id,
            kind: EntryKind::Reversal,
            decision_number: None,
            review: Vec::new(),
            reverses: Some(self.id),
            reason_code: Some(reason_code.to_owned()),
            recorded_at,
            recorded_by: recorded_by.to_owned(),
            ..self.clone()
        }
    }

    /// The order in which the lines of one course compete: most hours, then earliest, then by the evidence's own names.
    /// Nothing in it depends on when a line arrived.
    pub(super) fn rank(&self) -> (std::cmp::Reverse<Hours>, OffsetDateTime, Option<PlatformId>, Option<&str>, EntryId) {
        let hours = std::cmp::Reverse(self.hours);
        (hours, self.completed_at, self.platform, self.external_id.as_deref(), self.id)
    }

    /// Whether both lines say that the person sat in two places at once.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let face_to_face = self.mode == Some(Mode::FaceToFace) || other.mode == Some(Mode::FaceToFace);
        let at_once =
            |a: &Self, b: &Self| matches!((a.started_at, b.ended_at), (Some(start), Some(end)) if start < end);
        face_to_face && self.course != other.course && at_once(self, other) && at_once(other, self)
    }
}
