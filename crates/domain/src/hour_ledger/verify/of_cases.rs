//! Lines that rest on a case: against the case, and against the line that surplus draws on.

use super::{KeptCase, Unsound, Verifying};
use crate::{
    hour_ledger::{Basis, Entry, EntryKind, Ground},
    kernel::{CaseId, LearnerId},
};

impl<'v> Verifying<'v> {
    pub(super) fn rests_on_case(&mut self, line: &'v Entry, ground: &'v Ground) {
        let kept = self.witnesses.cases.get(&ground.case).copied();
        match (ground.basis, kept) {
            (Basis::Surplus, _) => self.draws(line, ground),
            (_, None) => self.finds(Some(line.id), Unsound::NoCase(ground.case)),
            (basis, Some(KeptCase::Reviewed { basis: of, opened_in, approved })) if basis == of => {
                self.by_approval(line, (ground.case, opened_in, approved));
            }
            (basis, Some(KeptCase::Roll(of))) if basis == of => {}
            (_, Some(_)) => self.finds(Some(line.id), Unsound::CaseOfAnotherKind(ground.case)),
        }
    }

    /// What stands is about the person of the file and approved; what was taken back may have come over from another file.
    fn by_approval(&mut self, line: &'v Entry, (case, opened_in, approved): (CaseId, LearnerId, bool)) {
        if !self.stands(line) {
            return;
        }
        let file = |id: LearnerId| self.witnesses.successors.get(&id).copied().unwrap_or(id);
        let own = file(opened_in) == file(line.learner);
        if !own {
            self.finds(Some(line.id), Unsound::CaseOfAnother(case));
        }
        if !approved {
            self.finds(Some(line.id), Unsound::CaseNotApproved(case));
        }
    }

    /// Surplus draws on a line of the year that it says, in this file or in one with which it was joined.
    fn draws(&mut self, line: &'v Entry, ground: &'v Ground) {
        let Some(drawn) = ground.drawn else {
            return self.finds(Some(line.id), Unsound::RestsOnNothing);
        };
        let mut lines = self.all_lines();
        let source = lines.find(|other| other.id == drawn.line && other.kind != EntryKind::Reversal);
        if source.is_none_or(|source| source.year != drawn.year) {
            self.finds(Some(line.id), Unsound::DrawsOnNothing(drawn.line));
        }
    }
}
