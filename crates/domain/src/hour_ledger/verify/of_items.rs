//! Lines that rest on a pushed item: against the item, the decision that grants them, and the version of the course.

use super::{Granted, Item, Unsound, Verifying, finding::differing};
use crate::{
    completions::{Outcome, ReasonKind, course_path},
    hour_ledger::{Entry, EntryKind},
};

impl<'v> Verifying<'v> {
    pub(super) fn rests_on_item(&mut self, line: &'v Entry) {
        let (Some(platform), Some(external_id)) = (line.platform, &line.external_id) else {
            return self.finds(Some(line.id), Unsound::RestsOnNothing);
        };
        let item = (platform, external_id.clone());
        self.as_pushed(line, &item);
        self.as_decided(line, &item);
        self.as_the_course(line);
    }

    fn as_pushed(&mut self, line: &'v Entry, item: &Item) {
        let Some(pushed) = self.witnesses.pushed.get(item) else {
            return self.finds(Some(line.id), Unsound::NotPushed);
        };
        let others = differing(&[
            ("completion_id", line.completion == Some(pushed.completion)),
            ("mode", line.mode == Some(pushed.mode)),
            ("started_at", line.started_at == pushed.started_at),
            ("ended_at", line.ended_at == pushed.ended_at),
            ("completed_at", line.completed_at == pushed.completed_at),
        ]);
        if !others.is_empty() {
            self.finds(Some(line.id), Unsound::NotAsPushed(others));
        }
    }

    /// The decision that names a line says what it says; and what stands is what the last decision over its item says.
    fn as_decided(&mut self, line: &'v Entry, item: &Item) {
        let Some(granted) = self.granted.get(&line.id).copied() else {
            return self.finds(Some(line.id), Unsound::NotDecided);
        };
        let others = differing(&[
            ("external_id", granted.item == *item),
            ("decision_number", Some(granted.number) == line.decision_number),
            ("kind", may_bring(granted, line.kind, self.stands(line))),
            ("year", granted.year == Some(line.year)),
            ("course_id", granted.course == line.course),
            ("policy_id", granted.policy == line.policy),
        ]);
        if !others.is_empty() {
            self.finds(Some(line.id), Unsound::NotAsDecided(others));
        }
        let last = self.witnesses.last.get(item).copied().unwrap_or(granted.number);
        if last > granted.number && self.stands(line) {
            self.finds(Some(line.id), Unsound::DecidedSince(last));
        }
    }

    /// A course counts whole, as its version says.
    fn as_the_course(&mut self, line: &'v Entry) {
        let course = line.course.and_then(|course| self.witnesses.courses.get(&course));
        let mut versions = course.into_iter().flat_map(|course| &course.versions);
        let Some(version) = versions.find(|version| Some(version.number) == line.course_version) else {
            return self.finds(Some(line.id), Unsound::NoVersion(line.course));
        };
        let others = differing(&[
            ("category", line.category == course_path(version)),
            ("subject", line.subject == version.subject),
            ("hours_hundredths", line.hours == version.hours),
        ]);
        if !others.is_empty() {
            self.finds(Some(line.id), Unsound::NotAsTheCourse(others));
        }
    }
}

/// Whether a decision may bring a line of this kind. Of a session that overlaps another one the line counts by itself, and only the decision
/// says that somebody has to look at it; and of what an office refused the line that waited goes along with the item, and never stands.
fn may_bring(granted: &Granted, kind: EntryKind, stands: bool) -> bool {
    let says = |what: &ReasonKind| granted.reasons.iter().any(|reason| reason.kind == *what);
    let overlaps = || says(&ReasonKind::OverlappingSessions);
    let refused = || says(&ReasonKind::RefusedByOffice) && !stands;
    match (granted.outcome, kind) {
        (Some(Outcome::Credited), kind) => kind == EntryKind::Credit,
        (Some(Outcome::NeedsReview), kind) => kind == EntryKind::Provisional || overlaps(),
        (Some(Outcome::NotCounted), kind) => kind == EntryKind::Provisional && refused(),
        (Some(Outcome::Refused) | None, _) => false,
    }
}
