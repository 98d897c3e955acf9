//! Which transfers serve a person best, and whether those that a person chose are allowed.

use super::{super::Verdict, Room, Spare};
use crate::{
    kernel::{EntryId, Hours},
    policy::CategoryCode,
};
use std::collections::{BTreeMap, BTreeSet};

/// What transfers are drawn from, and what takes them up.
#[derive(Clone)]
pub struct Drawing<'r, 'e> {
    /// What the year can spare.
    pub spare: Spare<'r>,
    /// What the years that it serves can still count.
    pub room: Room,
    /// The lines that may serve other years.
    pub eligible: &'e BTreeSet<EntryId>,
}

/// What a category of another year lacks. A gap of a part is one beside that of the whole: hours that fill the part fill as much
/// of the whole.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// The year.
    pub year: i32,
    /// The category; `total` for the year.
    pub category: CategoryCode,
    /// How much, what its parts lack included.
    pub short: Hours,
}

/// Hours of one line that are to serve another year.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Transfer {
    /// The year that they serve.
    pub year: i32,
    /// As which category: that at which they counted in their own year.
    pub category: CategoryCode,
    /// The line that they are drawn from.
    pub line: EntryId,
    /// How many.
    pub hours: Hours,
}

/// What is proposed, and what it leads to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proposal {
    /// The transfers, by year, category and line.
    pub transfers: Vec<Transfer>,
    /// The years that lack nothing then. Of one without rules that is what an office attested to be lacking; that the year is met, an
    /// office has to attest still.
    pub years_filled: Vec<i32>,
    /// The gaps that are filled whole, those of the years above among them.
    pub gaps_filled: Vec<Gap>,
    /// The gaps that stay as they are: what could still be spared would fill none of them, or a part of them stays short.
    pub gaps_left: Vec<Gap>,
}

/// What someone chose: so many hours of a category for a year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The year that they are to serve.
    pub year: i32,
    /// The category.
    pub category: CategoryCode,
    /// How many.
    pub hours: Hours,
}

/// Why what someone chose is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferFault {
    /// Nothing to transfer.
    Nothing,
    /// The year lacks nothing of the category.
    NoGap,
    /// Hours cannot fill what stands between the year and being met: it has this verdict, or an office has to decide on it.
    NotByHours(Verdict),
    /// The rules do not let it serve that year.
    NotServed,
    /// No rules say what the year lacks, and no office attests it.
    NotAttested,
    /// It lacks no more than this.
    BeyondGap(Hours),
    /// No more than this can be spared.
    BeyondSpare(Hours),
    /// More could be spared, and the year would count no more than this: a maximum is reached, or its rules have no such category.
    BeyondRoom(Hours),
}

impl TransferFault {
    /// Its stable code, as on the wire.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::NoGap => "no_gap",
            Self::NotByHours(_) => "not_by_hours",
            Self::NotServed => "not_served",
            Self::NotAttested => "not_attested",
            Self::BeyondGap(_) => "beyond_gap",
            Self::BeyondSpare(_) => "beyond_spare",
            Self::BeyondRoom(_) => "beyond_maximum",
        }
    }

    /// The most that would have been allowed, where something would.
    #[must_use]
    pub const fn most(self) -> Option<Hours> {
        match self {
            Self::BeyondGap(most) | Self::BeyondSpare(most) | Self::BeyondRoom(most) => Some(most),
            Self::Nothing | Self::NoGap | Self::NotByHours(_) | Self::NotServed | Self::NotAttested => None,
        }
    }
}

/// The best use of what a year can spare: it fills as many whole years as can be filled, then as many further whole gaps as can be,
/// with as few hours as that takes; of equals the later years come first. A gap that cannot be filled whole is left as it is, since
/// a part of it would help nobody and could not be used elsewhere any more. Hours that the year they would serve does not count are
/// not proposed for it.
///
/// Years beyond the ten latest with a gap are looked at gap by gap, latest first. Where a maximum of a year leaves its total to be filled
/// by some categories only, another choice of categories may fill more; nobody loses by what is proposed then either.
#[must_use]
pub fn propose(drawing: &Drawing<'_, '_>, gaps: &[Gap]) -> Proposal {
    let mut by_year: BTreeMap<i32, Vec<Gap>> = BTreeMap::new();
    for gap in gaps.iter().filter(|gap| gap.short.is_positive()) {
        by_year.entry(gap.year).or_default().push(gap.clone());
    }
    let years: Vec<i32> = by_year.keys().rev().copied().take(MOST_YEARS).collect();
    let mut best = (Score::default(), Proposal { gaps_left: gaps_of(&by_year), ..Proposal::default() });
    let mut choices: Vec<u32> = (0..1 << years.len()).collect();
    choices.sort_by_key(|chosen| std::cmp::Reverse(chosen.count_ones()));
    for chosen in choices {
        if (chosen.count_ones() as usize) < best.0.years {
            break;
        }
        let chosen = years.iter().enumerate().filter(|(index, _)| chosen >> index & 1 == 1).map(|(_, year)| *year);
        let Some(proposal) = filling(drawing.clone(), &by_year, &chosen.collect()) else { continue };
        let score = Score::of(&proposal);
        if score > best.0 {
            best = (score, proposal);
        }
    }
    best.1
}

/// Ten years are 1,024 choices, of which most fail at once.
const MOST_YEARS: usize = 10;

/// What makes one proposal better than another, most important first.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Score {
    years: usize,
    gaps: usize,
    fewer_hours: std::cmp::Reverse<Hours>,
    later_years: Vec<i32>,
}

impl Score {
    fn of(proposal: &Proposal) -> Self {
        let mut later_years: Vec<i32> = proposal.gaps_filled.iter().map(|gap| gap.year).collect();
        later_years.sort_by_key(|year| std::cmp::Reverse(*year));
        Self {
            years: proposal.years_filled.len(),
            gaps: proposal.gaps_filled.len(),
            fewer_hours: std::cmp::Reverse(proposal.transfers.iter().map(|transfer| transfer.hours).sum()),
            later_years,
        }
    }
}

fn gaps_of(by_year: &BTreeMap<i32, Vec<Gap>>) -> Vec<Gap> {
    let mut gaps: Vec<Gap> = by_year.values().flatten().cloned().collect();
    gaps.sort();
    gaps
}

/// Fills these years whole, or nothing comes of it; then the other gaps, those first that take the fewest hours. Gaps ask for the same
/// hours at each node on their way to the root, so that this fills the most of them.
fn filling(mut drawing: Drawing<'_, '_>, by_year: &BTreeMap<i32, Vec<Gap>>, whole: &BTreeSet<i32>) -> Option<Proposal> {
    let mut proposal = Proposal { years_filled: whole.iter().copied().collect(), ..Proposal::default() };
    let (needed, mut others): (Vec<&Gap>, Vec<&Gap>) =
        by_year.values().flatten().partition(|gap| whole.contains(&gap.year));
    for gap in deepest_first(needed) {
        let transfers = drawing.fill(gap, &proposal.transfers)?;
        proposal.transfers.extend(transfers);
        proposal.gaps_filled.push(gap.clone());
    }
    while let Some(index) = next_of(&others, &proposal.transfers) {
        let gap = others.swap_remove(index);
        let mut after = drawing.clone();
        // Where a part stays short, hours for the whole above it would help nobody.
        let parts_filled = !proposal.gaps_left.iter().any(|left| is_part(left, gap));
        match after.fill(gap, &proposal.transfers).filter(|_| parts_filled) {
            Some(transfers) => {
                drawing = after;
                proposal.transfers.extend(transfers);
                proposal.gaps_filled.push(gap.clone());
            }
            None => proposal.gaps_left.push(gap.clone()),
        }
    }
    proposal.transfers = merged(proposal.transfers);
    proposal.gaps_filled.sort();
    proposal.gaps_left.sort();
    Some(proposal)
}

/// The gap to try next: of those without a part that is still to be tried, the one that lacks least beside what was placed.
fn next_of(others: &[&Gap], placed: &[Transfer]) -> Option<usize> {
    let ready = others.iter().enumerate().filter(|(_, gap)| !others.iter().any(|part| is_part(part, gap)));
    let cost = |gap: &Gap| (lacking(gap, placed), std::cmp::Reverse(gap.year), gap.category.clone());
    ready.min_by_key(|(_, gap)| cost(gap)).map(|(index, _)| index)
}

/// Whether one gap lies within the other, of the same year.
fn is_part(part: &Gap, whole: &Gap) -> bool {
    part.year == whole.year && part.category != whole.category && serves(&part.category, &whole.category)
}

/// What a gap lacks beside what was placed within it.
fn lacking(gap: &Gap, placed: &[Transfer]) -> Hours {
    let within =
        placed.iter().filter(|transfer| transfer.year == gap.year && serves(&transfer.category, &gap.category));
    within.map(|transfer| transfer.hours).sum::<Hours>().short_of(gap.short)
}

/// What fills a part fills the whole above it as well, so parts come first and the total last.
fn deepest_first(mut gaps: Vec<&Gap>) -> Vec<&Gap> {
    gaps.sort_by_key(|gap| (std::cmp::Reverse(depth(&gap.category)), gap.year, gap.category.clone()));
    gaps
}

fn depth(category: &CategoryCode) -> usize {
    if is_total(category) { 0 } else { category.as_str().split('.').count() }
}

fn is_total(category: &CategoryCode) -> bool {
    category.as_str() == super::Node::TOTAL
}

pub(super) fn serves(category: &CategoryCode, gap: &CategoryCode) -> bool {
    is_total(gap) || category.is_within(gap)
}

impl Drawing<'_, '_> {
    /// Draws what a gap lacks, less what was placed within it already; nothing where that cannot be had.
    fn fill(&mut self, gap: &Gap, placed: &[Transfer]) -> Option<Vec<Transfer>> {
        let (transfers, left) = self.draw(gap.year, &gap.category, lacking(gap, placed));
        (!left.is_positive()).then_some(transfers)
    }

    /// Draws hours of a category from eligible lines, within one category in the order of their ids; answers what could not be had too.
    /// Lines of the category itself serve before those of its parts, which can serve the part as well.
    fn draw(&mut self, year: i32, category: &CategoryCode, wanted: Hours) -> (Vec<Transfer>, Hours) {
        let fitting = self.spare.lines().filter(|(id, node)| self.eligible.contains(id) && serves(node, category));
        let mut lines: Vec<_> = fitting.map(|(id, node)| (depth(node), id, node.clone())).collect();
        let (mut transfers, mut left) = (Vec::new(), wanted);
        // A category of which the year bears no more, whatever its lines have left, or of which the other year takes no more.
        let mut borne_out: Option<CategoryCode> = None;
        lines.sort_by(|a, b| (a.0, &a.2, a.1).cmp(&(b.0, &b.2, b.1)));
        for (_, line, node) in lines {
            if !left.is_positive() || borne_out.as_ref() == Some(&node) {
                continue;
            }
            let hours = self.spare.draw(line, self.room.most(year, &node, left));
            self.room.take(year, &node, hours);
            if hours < left && self.spare.has_left(line) {
                borne_out = Some(node.clone());
            }
            if hours.is_positive() {
                left = left - hours;
                transfers.push(Transfer { year, category: node, line, hours });
            }
        }
        (transfers, left)
    }

    /// Draws one thing that was chosen. What is not allowed takes nothing from what is chosen after it.
    fn chosen(&mut self, left: &mut [Gap], one: &Chosen) -> Result<Vec<Transfer>, TransferFault> {
        if !one.hours.is_positive() {
            return Err(TransferFault::Nothing);
        }
        let served = left.iter().filter(|gap| gap.year == one.year && serves(&one.category, &gap.category));
        let nearest = served.max_by_key(|gap| depth(&gap.category));
        let lacking = nearest.map(|gap| gap.short).unwrap_or_default();
        if !lacking.is_positive() {
            return Err(TransferFault::NoGap);
        }
        if one.hours > lacking {
            return Err(TransferFault::BeyondGap(lacking));
        }
        let mut after = self.clone();
        let (drawn, missing) = after.draw(one.year, &one.category, one.hours);
        if missing.is_positive() {
            let mut with_room = Self { room: Room::default(), ..self.clone() };
            let (_, not_spared) = with_room.draw(one.year, &one.category, one.hours);
            let most = one.hours - missing;
            let is_spared = !not_spared.is_positive();
            return Err(if is_spared { TransferFault::BeyondRoom(most) } else { TransferFault::BeyondSpare(most) });
        }
        *self = after;
        for gap in left.iter_mut().filter(|gap| gap.year == one.year) {
            let within = drawn.iter().filter(|transfer| serves(&transfer.category, &gap.category));
            gap.short = within.map(|transfer| transfer.hours).sum::<Hours>().short_of(gap.short);
        }
        Ok(drawn)
    }
}

/// One transfer for each year, category and line.
fn merged(transfers: Vec<Transfer>) -> Vec<Transfer> {
    let mut sums: BTreeMap<(i32, CategoryCode, EntryId), Hours> = BTreeMap::new();
    for transfer in transfers {
        *sums.entry((transfer.year, transfer.category, transfer.line)).or_default() += transfer.hours;
    }
    sums.into_iter().map(|((year, category, line), hours)| Transfer { year, category, line, hours }).collect()
}

/// The transfers of what someone chose, where all of it is allowed: it fills no more than the gap of its category (where that has none,
/// of the nearest whole above it), the year can spare it, and the other can count it. Hours for a part fill as much of the whole above it.
///
/// # Errors
/// Every fault, each with the number of what was chosen.
pub fn choose(
    drawing: &Drawing<'_, '_>,
    gaps: &[Gap],
    chosen: &[Chosen],
) -> Result<Vec<Transfer>, Vec<(usize, TransferFault)>> {
    let (mut drawing, mut transfers, mut faults) = (drawing.clone(), Vec::new(), Vec::new());
    let mut left = gaps.to_vec();
    for (index, one) in chosen.iter().enumerate() {
        match drawing.chosen(&mut left, one) {
            Ok(drawn) => transfers.extend(drawn),
            Err(fault) => faults.push((index, fault)),
        }
    }
    if faults.is_empty() { Ok(merged(transfers)) } else { Err(faults) }
}
