//! One line of a learner's ledger.

use crate::{
    completions::Reason,
    kernel::{CaseId, CompletionId, CourseId, EntryId, Hours, LearnerId, PlaceCode, PlatformId, PolicyId},
    policy::{CategoryCode, Fulfils},
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

words! {
    /// What a line rests on, where that is no pushed item.
    pub enum Basis {
        /// An achievement that an office recognised.
        Recognition = "recognition",
        /// A list of an authority, by which the person is deemed to have met something.
        Exemption = "exemption",
        /// A past year that an office attests, and that was not computed here.
        Attestation = "attestation",
        /// Surplus of another year.
        Surplus = "surplus",
        /// An office decided so, by exception and with a reason.
        Exception = "exception",
    }
}

impl Basis {
    /// Whether it is an office's word alone, which needs no rules that could count it: a year that had none here can be attested, and
    /// let pass by exception (GD-A4).
    #[must_use]
    pub const fn is_an_offices_word(self) -> bool {
        matches!(self, Self::Attestation | Self::Exception)
    }
}

/// What a line rests on, where that is no pushed item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ground {
    /// What it is.
    pub basis: Basis,
    /// Which one.
    pub case: CaseId,
    /// The code of the `[[recognition]]` or `[[exemption]]`, by which caps over all of one kind are applied.
    pub achievement: Option<String>,
    /// What it fulfils; such a line has no hours, and lifts to a minimum instead of adding.
    pub fulfils: Option<Fulfils>,
    /// The line that it draws on, for surplus.
    pub drawn: Option<Drawn>,
}

/// The line of another year whose surplus a line draws on. How much of it that year bears is said when it is read, so that the
/// year is never harmed, whatever is taken back later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Drawn {
    /// The year.
    pub year: i32,
    /// The line.
    pub line: EntryId,
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
    /// The course's own path, such as `public.required`; which node of a tree it counts for is what a count says. Of a line that
    /// fulfils everything, `total`.
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
    /// The number of the decision over that evidence, or over the case that it rests on; only a reversal has none. Said anew it has
    /// another one, so that no decision grants the same twice.
    pub decision_number: Option<i32>,
    /// How it was studied.
    pub mode: Option<Mode>,
    /// Begin of the session.
    pub started_at: Option<OffsetDateTime>,
    /// End of the session.
    pub ended_at: Option<OffsetDateTime>,
    /// When it was completed.
    pub completed_at: OffsetDateTime,
    /// What it rests on, where that is no pushed item.
    pub ground: Option<Ground>,
    /// The rules that decided; `None` for a year that had none here, and that an office attests or lets pass.
    pub policy: Option<PolicyId>,
    /// Why it wants a decision, for a provisional line; of one that counts, what an office has decided about.
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

/// The reason code of a line that takes another back because its item was decided otherwise by a later version of the rules, and of surplus
/// that draws on the line which stands in its place from then on.
pub const REASSESSED: &str = "reassessed";

/// The reason code of a line that takes another back because the exception that it rested on was annulled.
pub const EXCEPTION_ANNULLED: &str = "exception_annulled";

/// The reason code of lines by which an allocation of surplus is taken back.
pub const ALLOCATION_WITHDRAWN: &str = "allocation_withdrawn";

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

    /// Whether it counts by an office's word about what it had waited for, see [`OfficeWord`](super::OfficeWord).
    #[must_use]
    pub fn was_decided(&self) -> bool {
        self.kind == EntryKind::Credit && !self.review.is_empty()
    }

    /// What it fulfils, if it does.
    #[must_use]
    pub fn fulfils(&self) -> Option<Fulfils> {
        self.ground.as_ref()?.fulfils
    }

    /// Whether an office granted it by exception.
    #[must_use]
    pub fn is_by_exception(&self) -> bool {
        self.ground.as_ref().is_some_and(|ground| ground.basis == Basis::Exception)
    }

    /// What it draws on, if it does.
    #[must_use]
    pub fn drawn(&self) -> Option<Drawn> {
        self.ground.as_ref()?.drawn
    }

    /// The order in which the lines of one course, or under one cap, compete: most hours, then earliest, then by the evidence's own
    /// names, then by category. Only of lines that are the same in all of that the id decides, which says when one arrived.
    pub(super) fn rank(&self) -> impl Ord + '_ {
        let evidence = (self.platform, self.external_id.as_deref());
        (std::cmp::Reverse(self.hours), self.completed_at, evidence, &self.category, self.id)
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
