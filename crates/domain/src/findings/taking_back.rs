//! The lines that a finding takes back, and those that its annulment gives back.

use super::Finding;
use crate::{
    hour_ledger::{
        Basis, COUNTED_BY_OFFICE, COUNTING_REVOKED, Drawn, Entry, EntryKind, MERGE_UNDONE, MERGED, REASSESSED,
        REPLACED, live,
    },
    kernel::{CaseId, EntryId, LearnerId},
};
use std::collections::{BTreeMap, BTreeSet};
use time::OffsetDateTime;

/// The reason code of lines that a finding took back.
pub const FOUND_FALSE: &str = "found_false";

/// That of lines which an annulment gave back.
pub const FINDING_ANNULLED: &str = "finding_annulled";

/// The lines that a finding takes back: those concerned that nothing took back before. In the order of `entries`.
#[must_use]
pub fn taken_back<'e>(finding: &Finding, entries: &'e [Entry]) -> Vec<&'e Entry> {
    let concerned = live(entries).into_iter();
    concerned.filter(|entry| finding.lines.contains(&entry.id)).collect()
}

/// The lines that stand for those which a finding names, in the order of `entries`: these lines themselves, of one that went over into
/// another file of the person the one that says the same there, of one whose item was decided otherwise by a later version of the rules or by
/// an office the one that it brings now, and of one that another finding took back the one by which its annulment gave it back, and of one that was
/// replaced the one by which its item has its place back. What was refused or taken back by hand has none. `entries` are all lines of the person, in all files.
#[must_use]
pub fn standing_for<'e>(named: &[EntryId], entries: &'e [Entry]) -> Vec<&'e Entry> {
    let otherwise = |by: &&Entry| match by.reason_code.as_deref() {
        Some(REASSESSED | COUNTED_BY_OFFICE | COUNTING_REVOKED) => true,
        // An item has a line again where what replaced it gave its place back.
        Some(REPLACED) => by.completion.is_some(),
        // Of surplus several lines say the same, and none stands in the place of another.
        Some(FOUND_FALSE) => by.drawn().is_none(),
        _ => false,
    };
    let mut went = went_over(entries);
    went.extend(entries.iter().filter(otherwise).filter_map(|by| by.reverses));
    let named: Vec<&Entry> = entries.iter().filter(|entry| named.contains(&entry.id)).collect();
    // Of surplus that was said anew, which item each line draws on tells those of one choice from one another.
    let source = |line: &Entry| {
        let drawn = line.drawn()?;
        entries.iter().find(|other| other.id == drawn.line)?.completion
    };
    let stands_for = |line: &Entry, one: &Entry| {
        // An item has one line at a time, which may be worth something else now.
        let alike = one.completion.is_some() || (line.hours == one.hours && source(line) == source(one));
        line.id == one.id || (went.contains(&one.id) && alike && says_the_same(one, line))
    };
    live(entries).into_iter().filter(|line| named.iter().any(|one| stands_for(line, one))).collect()
}

/// Whether one of the lines that a finding names is another person's by now: the last line of this file that says the same went back with the
/// undoing of a joining, and the hours, and who answers for them, with it. `entries` are all lines of the person, in all files.
#[must_use]
pub fn parted(named: &[EntryId], entries: &[Entry]) -> bool {
    let went_back = |line: &Entry| {
        let mut by = entries.iter().filter(|by| by.reverses == Some(line.id));
        by.any(|by| by.reason_code.as_deref() == Some(MERGE_UNDONE))
    };
    let last = |line: &Entry| {
        let same = entries.iter().filter(|other| other.kind != EntryKind::Reversal && is_the_same(line, other));
        same.max_by_key(|other| other.id).map_or(line.id, |last| last.id)
    };
    let named = entries.iter().filter(|line| named.contains(&line.id)).map(last);
    let last: Vec<EntryId> = named.collect();
    entries.iter().any(|line| last.contains(&line.id) && went_back(line))
}

/// The lines that the annulment of a finding gives back: those that a finding took back, which it concerns, or which say in another file
/// what one that it concerns says, and of which no other standing finding speaks. What was taken back for another reason stays so, and what
/// was said anew already is not said again, however often that is asked. Of lines that say the same the last one is given back: what draws
/// on it draws on that one. In the order of `entries`, which are all lines of the person, and where files were joined and parted again those
/// of everyone in whose file they may stand, by their ids; `others` are all other findings about these, as known now.
#[must_use]
pub fn given_back<'e>(finding: &Finding, others: &[Finding], entries: &'e [Entry]) -> Vec<&'e Entry> {
    let reversals = entries.iter().filter_map(|by| Some((by.reverses?, by.reason_code.as_deref())));
    let why: BTreeMap<EntryId, Option<&str>> = reversals.collect();
    let elsewhere = others.iter().filter(|other| other.case != finding.case && other.stands(None));
    let still = Concerned::of(elsewhere.flat_map(|other| other.lines.iter().copied()), entries);
    let named = Concerned::of(finding.lines.iter().copied(), entries);
    let found_false = entries.iter().rev().filter(|entry| why.get(&entry.id) == Some(&Some(FOUND_FALSE)));
    let mut given: Vec<&Entry> = Vec::new();
    for line in found_false.filter(|line| named.has(line) && !still.has(line)) {
        if given.iter().filter(|other| is_the_same(other, line)).count() < open(line, &why, entries) {
            given.push(line);
        }
    }
    given.reverse();
    given
}

/// The file in which a line is at home: that in which what it says was said last.
#[must_use]
pub fn home_of(line: &Entry, entries: &[Entry]) -> LearnerId {
    // Of surplus several lines of one file may say the same, and each goes where the others go.
    let same = entries.iter().filter(|other| other.kind != EntryKind::Reversal && is_the_same(other, line));
    same.max_by_key(|other| (other.decision_number, other.id)).map_or(line.learner, |last| last.learner)
}

/// What findings speak of: the lines that they name, and whatever says the same in another file.
struct Concerned<'e> {
    ids: BTreeSet<EntryId>,
    lines: Vec<&'e Entry>,
    went: BTreeSet<EntryId>,
}

impl<'e> Concerned<'e> {
    fn of(ids: impl Iterator<Item = EntryId>, entries: &'e [Entry]) -> Self {
        let ids: BTreeSet<EntryId> = ids.collect();
        let lines = entries.iter().filter(|entry| ids.contains(&entry.id)).collect();
        Self { ids, lines, went: went_over(entries) }
    }

    fn has(&self, line: &Entry) -> bool {
        // Of surplus several lines may say the same, each drawn from another one: there only what went over is the same line elsewhere.
        let is_one = |one: &Entry| line.drawn().is_none() || (self.went.contains(&one.id) && line.hours == one.hours);
        self.ids.contains(&line.id) || self.lines.iter().any(|one| is_the_same(one, line) && is_one(one))
    }
}

/// The lines that stand no more in their file because it was joined with another one, or parted from it.
fn went_over(entries: &[Entry]) -> BTreeSet<EntryId> {
    let went = |by: &&Entry| matches!(by.reason_code.as_deref(), Some(MERGED | MERGE_UNDONE));
    entries.iter().filter(went).filter_map(|by| by.reverses).collect()
}

/// How many lines that say what this one says were taken back by findings and are not said anew yet.
fn open(line: &Entry, why: &BTreeMap<EntryId, Option<&str>>, entries: &[Entry]) -> usize {
    let same: Vec<&Entry> =
        entries.iter().filter(|other| other.kind != EntryKind::Reversal && is_the_same(other, line)).collect();
    // Of surplus several lines may say the same, each drawn from another one; of anything else only one stands at a time.
    if line.drawn().is_none() {
        let last = same.iter().max_by_key(|other| (other.decision_number, other.id));
        let false_or_elsewhere = [FOUND_FALSE, MERGED, MERGE_UNDONE];
        // What was said anew and then taken back for another reason, such as an office's refusal, stays so.
        let is_open = |reason: &Option<&str>| reason.is_some_and(|reason| false_or_elsewhere.contains(&reason));
        let all = same.iter().all(|other| why.contains_key(&other.id));
        return usize::from(all && last.and_then(|last| why.get(&last.id)).is_some_and(is_open));
    }
    let gone = |other: &&&Entry| matches!(why.get(&other.id), Some(Some(FOUND_FALSE | FINDING_ANNULLED)));
    let anew = same.iter().filter(|other| other.reason_code.as_deref() == Some(FINDING_ANNULLED)).count();
    same.iter().filter(gone).count().saturating_sub(anew)
}

/// Whether two lines say one thing, in the files of people who may have had one in common: a roll speaks of many, so of its lines in two
/// files only those do that a joining or its undoing brought there, and none that attest other hours.
fn is_the_same(one: &Entry, other: &Entry) -> bool {
    let of_many =
        one.ground.as_ref().is_some_and(|ground| matches!(ground.basis, Basis::Exemption | Basis::Attestation));
    let brought = |line: &Entry| matches!(line.reason_code.as_deref(), Some(MERGED | MERGE_UNDONE));
    let of_one_person = one.learner == other.learner || (brought(one) && brought(other));
    (!of_many || (of_one_person && one.hours == other.hours)) && says_the_same(one, other)
}

/// Whether two lines of one person say one thing: of one item, or of one case the same.
fn says_the_same(one: &Entry, other: &Entry) -> bool {
    let of_case = |line: &Entry| Some((line.ground.as_ref()?.case, line.drawn().map(|drawn| drawn.year)));
    let of_one_item = one.completion.is_some() && one.completion == other.completion;
    let of_one_case = of_case(one).is_some() && of_case(one) == of_case(other);
    let alike = one.year == other.year && one.category == other.category;
    one.id == other.id || of_one_item || (of_one_case && alike)
}

/// The lines that draw on a line as surplus and were not taken back. Once what they draw on is given back, each is taken back (as
/// [`FINDING_ANNULLED`]) and said anew, drawn from the line that stands in its place; else the year that it serves would stay without it.
#[must_use]
pub fn drawing_on(line: EntryId, entries: &[Entry]) -> Vec<&Entry> {
    live(entries).into_iter().filter(|entry| entry.drawn().is_some_and(|drawn| drawn.line == line)).collect()
}

/// How a line is said anew.
#[derive(Clone, Copy, Debug)]
pub struct Anew<'a> {
    /// Its id.
    pub id: EntryId,
    /// The number of the decision that says so; none that this item or case had before.
    pub decision_number: Option<i32>,
    /// The line that it draws on from now on, of one that draws on another.
    pub draws_on: Option<EntryId>,
    /// When.
    pub at: OffsetDateTime,
    /// In whose name.
    pub by: &'a str,
}

impl Anew<'_> {
    /// The line that says again what another one said. Nothing is un-reversed: the old line stays taken back, and this one stands in
    /// its place.
    #[must_use]
    pub fn say(&self, line: &Entry) -> Entry {
        let mut ground = line.ground.clone();
        if let (Some(ground), Some(draws_on)) = (&mut ground, self.draws_on) {
            ground.drawn = ground.drawn.map(|drawn| Drawn { line: draws_on, ..drawn });
        }
        Entry {
            id: self.id,
            decision_number: self.decision_number,
            ground,
            reason_code: Some(FINDING_ANNULLED.to_owned()),
            recorded_at: self.at,
            recorded_by: self.by.to_owned(),
            ..line.clone()
        }
    }
}

/// Where lines are said anew, when and in whose name.
#[derive(Clone, Copy, Debug)]
pub struct Giving<'a> {
    /// The file in which they stand from then on: that which the person has now.
    pub to: LearnerId,
    /// When.
    pub at: OffsetDateTime,
    /// In whose name.
    pub by: &'a str,
}

/// A line that is said anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaidAnew {
    /// The line in whose place it stands.
    pub instead_of: EntryId,
    /// What takes that back, where nothing had.
    pub reversal: Option<Entry>,
    /// The line.
    pub line: Entry,
}

impl SaidAnew {
    /// The same of hours that an office had counted and whose counting it took back while they were found false: they wait for its word
    /// again.
    #[must_use]
    pub fn waiting(mut self) -> Self {
        self.line.kind = EntryKind::Provisional;
        self
    }
}

impl Giving<'_> {
    /// Says these lines anew, which [`given_back`] answered with, and whatever draws on one of them as surplus: that draws on the line which
    /// stands in its place from now on. `entries` are all lines of the person; `number` is that of the decision over the item of a line
    /// which says so; of a line that rests on a case it is the one after the greatest so far.
    #[must_use]
    pub fn anew(
        &self,
        lines: &[&Entry],
        entries: &[Entry],
        number: &dyn Fn(&Entry) -> Option<i32>,
        new_id: &mut dyn FnMut() -> EntryId,
    ) -> Vec<SaidAnew> {
        let case_of = |line: &Entry| line.ground.as_ref().map(|ground| ground.case);
        let mut last: BTreeMap<CaseId, i32> = BTreeMap::new();
        for (case, number) in entries.iter().filter_map(|line| case_of(line).zip(line.decision_number)) {
            let greatest = last.entry(case).or_insert(number);
            *greatest = number.max(*greatest);
        }
        let next = |line: &Entry| match case_of(line) {
            Some(case) => last.get(&case).map(|number| number + 1),
            None => number(line),
        };
        let Self { to, at, by } = *self;
        let mut said = Vec::new();
        let mut stands: BTreeMap<EntryId, EntryId> = BTreeMap::new();
        // What draws on another line comes after that one.
        let (own, drawn): (Vec<&Entry>, Vec<&Entry>) = lines.iter().partition(|line| line.drawn().is_none());
        for line in own.iter().chain(&drawn) {
            let draws_on = line.drawn().and_then(|drawn| stands.get(&drawn.line).copied());
            let anew = Anew { id: new_id(), decision_number: next(line), draws_on, at, by };
            let again = Entry { learner: to, ..anew.say(line) };
            let _ = stands.insert(line.id, again.id);
            said.push(SaidAnew { instead_of: line.id, reversal: None, line: again });
        }
        for line in &own {
            for transfer in drawing_on(line.id, entries) {
                let reversal = transfer.reversal(new_id(), FINDING_ANNULLED, at, by);
                let draws_on = stands.get(&line.id).copied();
                let anew = Anew { id: new_id(), decision_number: next(transfer), draws_on, at, by };
                let again = Entry { learner: to, ..anew.say(transfer) };
                said.push(SaidAnew { instead_of: transfer.id, reversal: Some(reversal), line: again });
            }
        }
        said
    }
}
