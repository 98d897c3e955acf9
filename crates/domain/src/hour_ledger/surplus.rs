//! Surplus of one year that serves others: what the year can spare, what a transfer is worth, and which transfers to propose.
//!
//! A transfer is a line of the year that it serves and names the line it draws on. The year that it draws on is never harmed: when
//! it is read, a transfer is worth what that year can still spare. So whatever is taken back later, the answer is as if it had
//! never been.

mod allocate;
mod propose;
mod room;
mod spread;

pub use allocate::{Allocating, NotSpread, Said, Spreading, spreading};
pub use propose::{Chosen, Drawing, Gap, Proposal, Transfer, TransferFault, choose, propose};
pub use room::Room;
pub use spread::{Origins, eligible_lines, gaps};

use super::{Entry, EntryKind, Node, count::Counting};
use crate::{
    kernel::{EntryId, Hours},
    policy::{CategoryCode, Rules},
};
use std::{
    cell::Cell,
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

/// What a year can spare, line by line, while transfers are drawn from it.
#[derive(Clone)]
pub struct Spare<'r> {
    counting: Counting<'r>,
    /// What is missing at each node before anything is drawn; drawing makes none of it larger.
    short: Vec<Hours>,
    /// What is left of each line, with its node.
    lines: BTreeMap<EntryId, (CategoryCode, Hours)>,
    /// How often it was counted what would be missing, by this and all that it was cloned from or into.
    tries: Rc<Cell<u64>>,
}

impl<'r> Spare<'r> {
    /// What the lines of a year leave beyond its needs, and beyond what is drawn from them already. Hours beyond a maximum count for
    /// nothing and are spare for nothing.
    ///
    /// `entries` holds the lines of the year and all lines of any year that draw on it. Whatever is drawn from what is answered takes
    /// nothing from those: the year bears both together, in whichever order they are read.
    #[must_use]
    pub fn of(rules: &'r Rules, year: i32, entries: &[Entry]) -> Self {
        let mut spare = Self::undrawn(rules, year, entries);
        for (transfer, line) in drawn_from(rules, year, entries) {
            spare.draw(line, transfer.hours);
        }
        spare
    }

    /// The same before anything is drawn. What was granted by exception leaves nothing over: it was granted for what the year lacked, and
    /// the own hours that it stands beside are lacked no less.
    fn undrawn(rules: &'r Rules, year: i32, entries: &[Entry]) -> Self {
        let own = entries.iter().filter(|line| line.drawn().is_none() && !line.is_by_exception());
        let own: Vec<Entry> = own.cloned().collect();
        let (counting, counted) = Counting::of(rules, year, &own);
        let with_hours = counted.iter().filter(|line| line.hours.is_positive());
        let lines = with_hours.map(|line| (line.entry, (line.node.clone(), line.hours))).collect();
        let mut spare = Self { counting, short: Vec::new(), lines, tries: Rc::default() };
        spare.trim();
        spare.short = shorts(&spare.counting.nodes());
        spare
    }

    /// Takes away what lies beyond a maximum, deepest nodes first. From which lines that is does not matter.
    fn trim(&mut self) {
        let codes: Vec<String> = self.counting.nodes().into_iter().map(|node| node.code).collect();
        for code in codes.iter().skip(1).rev().chain(codes.first()) {
            let beyond = self.counting.nodes().into_iter().find(|node| node.code == *code).map(|node| node.beyond_max);
            self.counting.take(&CategoryCode::new(code.as_str()), beyond.unwrap_or_default());
        }
    }

    /// The most that a line can give, up to what is wanted.
    #[must_use]
    pub fn most(&self, line: EntryId, wanted: Hours) -> Hours {
        let Some((node, left)) = self.lines.get(&line) else { return Hours::ZERO };
        let bears = |hundredths: i64| {
            self.tries.set(self.tries.get() + 1);
            let mut after = self.counting.clone();
            after.take(node, Hours::from_hundredths(hundredths));
            let nodes = after.nodes();
            nodes.iter().zip(&self.short).all(|(node, before)| node.short <= *before && node.earned >= Hours::ZERO)
        };
        // The more is taken the more is missing, so the most lies where it first is too much.
        let (mut bearable, mut beyond) = (0, wanted.min(*left).hundredths() + 1);
        while beyond - bearable > 1 {
            let middle = bearable + (beyond - bearable) / 2;
            if bears(middle) { bearable = middle } else { beyond = middle }
        }
        Hours::from_hundredths(bearable)
    }

    /// How often it was counted what the year would lack without some hours, for this and for all that was cloned of it: what a search for
    /// the best use costs, whatever the machine.
    #[must_use]
    pub fn tries(&self) -> u64 {
        self.tries.get()
    }

    /// Draws what is wanted from a line, or as much of it as the year can spare; answers how much that was.
    pub fn draw(&mut self, line: EntryId, wanted: Hours) -> Hours {
        let drawn = self.most(line, wanted);
        if let Some((node, left)) = self.lines.get_mut(&line) {
            *left = *left - drawn;
            self.counting.take(node, drawn);
        }
        drawn
    }

    /// Whether something of a line is left, spare or not.
    fn has_left(&self, line: EntryId) -> bool {
        self.lines.get(&line).is_some_and(|(_, left)| left.is_positive())
    }

    /// The lines that have something left, by category.
    fn lines(&self) -> impl Iterator<Item = (EntryId, &CategoryCode)> {
        self.lines.iter().filter(|(_, (_, left))| left.is_positive()).map(|(id, (node, _))| (*id, node))
    }
}

fn shorts(nodes: &[Node]) -> Vec<Hours> {
    nodes.iter().map(|node| node.short).collect()
}

/// What the transfers out of a year are worth, in an order that knows no arrival time: those for later years first. One that the rules
/// do not allow is worth nothing, and is not named.
///
/// `entries` holds the lines of the year and all lines of any year that draw on it.
#[must_use]
pub fn borne(rules: &Rules, year: i32, entries: &[Entry]) -> BTreeMap<EntryId, Hours> {
    let mut spare = Spare::undrawn(rules, year, entries);
    drawn_from(rules, year, entries)
        .into_iter()
        .map(|(entry, line)| (entry.id, spare.draw(line, entry.hours)))
        .collect()
}

/// The lines that draw on a year, were not taken back and serve a year that its rules let it serve, in the order in which they are
/// served, each with the line that it draws on.
fn drawn_from<'e>(rules: &Rules, year: i32, entries: &'e [Entry]) -> Vec<(&'e Entry, EntryId)> {
    let Some(surplus) = rules.surplus.as_ref().filter(|surplus| surplus.spreads(year)) else { return Vec::new() };
    let reversed: BTreeSet<EntryId> = entries.iter().filter_map(|entry| entry.reverses).collect();
    let live = entries.iter().filter(|entry| entry.kind == EntryKind::Credit && !reversed.contains(&entry.id));
    let mut transfers: Vec<_> = live.filter_map(|entry| Some((entry, entry.drawn()?))).collect();
    transfers.retain(|(entry, drawn)| drawn.year == year && surplus.into_years.contains(&entry.year));
    transfers.sort_by_key(|(entry, drawn)| (Reverse(entry.year), entry.category.clone(), drawn.line, entry.id));
    transfers.into_iter().map(|(entry, drawn)| (entry, drawn.line)).collect()
}
