//! Surplus that was drawn from a line in whose place another one stands now, because its item was decided anew.

use super::{Drawn, Entry, EntryKind, Ground, REASSESSED};
use crate::kernel::{CaseId, EntryId};
use std::collections::{BTreeMap, BTreeSet};
use time::OffsetDateTime;

/// For lines on which surplus draws the one that counts now in the place of each: of the same item and year, in whichever file of the person
/// the earlier one stood. An item has one line at a
/// time, however often it was decided otherwise in between, and what drew on an earlier one serves again once it counts again.
#[must_use]
pub fn in_their_place(drawn_on: &[Entry], counting: &[&Entry]) -> BTreeMap<EntryId, EntryId> {
    let of = |line: &Entry| line.completion.map(|item| (item, line.year));
    let counts = |line: &&&Entry| line.kind == EntryKind::Credit;
    let now: BTreeMap<_, EntryId> =
        counting.iter().filter(counts).filter_map(|line| Some((of(line)?, line.id))).collect();
    let stands = |line: &Entry| Some((line.id, *now.get(&of(line)?)?));
    drawn_on.iter().filter_map(stands).filter(|(from, to)| from != to).collect()
}

/// When, and in whose name.
#[derive(Clone, Copy, Debug)]
pub struct Redrawing<'r> {
    /// When.
    pub at: OffsetDateTime,
    /// In whose name.
    pub by: &'r str,
}

impl Redrawing<'_> {
    /// Takes back what draws on lines that went, and says it anew, drawn from the lines that stand in their places (`stands`, from which to
    /// which): else the years that it serves would stay without it. What was chosen together with it is said anew likewise, so that all of an
    /// allocation stands under one number. How much of it the year can still spare is said when it is read. `lines` are the lines of the person
    /// that rest on cases, reversals among them. What draws on a line in whose place none of the same year stands goes on doing so, and is worth
    /// nothing.
    #[must_use]
    pub fn redraw(
        &self,
        lines: &[Entry],
        stands: &BTreeMap<EntryId, EntryId>,
        new_id: &mut dyn FnMut() -> EntryId,
    ) -> Vec<(Entry, Entry)> {
        let gone: BTreeSet<EntryId> = lines.iter().filter_map(|line| line.reverses).collect();
        let mut last: BTreeMap<CaseId, i32> = BTreeMap::new();
        for (case, number) in lines.iter().filter_map(|line| Some((line.ground.as_ref()?.case, line.decision_number?)))
        {
            let greatest = last.entry(case).or_insert(number);
            *greatest = number.max(*greatest);
        }
        let live = lines.iter().filter(|line| line.kind != EntryKind::Reversal && !gone.contains(&line.id));
        let drawing = live.filter_map(|line| Some((line, line.ground.as_ref()?, line.drawn()?)));
        let concerned = drawing.clone().filter(|(.., drawn)| stands.contains_key(&drawn.line));
        let cases: BTreeSet<CaseId> = concerned.map(|(_, ground, _)| ground.case).collect();
        let redrawn = drawing.filter(|(_, ground, _)| cases.contains(&ground.case)).map(|(line, ground, drawn)| {
            let instead = stands.get(&drawn.line).copied().unwrap_or(drawn.line);
            let anew = Entry {
                id: new_id(),
                ground: Some(Ground { drawn: Some(Drawn { line: instead, ..drawn }), ..ground.clone() }),
                decision_number: last.get(&ground.case).map(|number| number + 1),
                reason_code: Some(REASSESSED.to_owned()),
                recorded_at: self.at,
                recorded_by: self.by.to_owned(),
                ..line.clone()
            };
            (line.reversal(new_id(), REASSESSED, self.at, self.by), anew)
        });
        redrawn.collect()
    }
}
