//! Whether the lines of a file hold together, with one another and with what they rest on.
//!
//! No seal covers the ledger. But a line says again what other append-only rows say: the item as it was pushed, the decision that grants
//! it, the version of the course, the case; and a reversal says again what the line says that it takes back. So who changes, inserts or
//! removes a line past the service has to change all of them alike. What no other row says is not compared: how many hours an approved
//! case or a roll is worth, and that there ever was a line of a roll, or a reversal, that is gone without leaving anything behind.
//!
//! What was found is named in [`Finding`]. Not here: how the rows are read, which is the business of whoever asks.

mod finding;
mod of_cases;
mod of_items;

pub use finding::{Finding, Unsound};

use super::{Basis, Entry, EntryKind};
use crate::{
    completions::{Outcome, Reason},
    kernel::{CaseId, CompletionId, CourseId, EntryId, LearnerId, PlatformId, PolicyId},
    policy::CategoryCode,
    registry::{CourseFacts, Mode},
};
use std::collections::{HashMap, HashSet};
use time::{Duration, OffsetDateTime};

/// A line may stand in a file for so long after that has ended in another one: what was pushed at the same moment goes over a little later.
pub const GOES_OVER_WITHIN: Duration = Duration::hours(1);

/// An item, by its platform and the platform's own id.
pub type Item = (PlatformId, String);

/// An item as it was pushed, as far as its lines say it again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of a line")]
pub struct Pushed {
    pub completion: CompletionId,
    pub mode: Mode,
    pub started_at: Option<OffsetDateTime>,
    pub ended_at: Option<OffsetDateTime>,
    pub completed_at: OffsetDateTime,
}

/// A decision over an item that names a line, as far as that line says it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    /// The item.
    pub item: Item,
    /// Its number among the decisions over the item.
    pub number: i32,
    /// What it made of the item; none where it is no judgement.
    pub outcome: Option<Outcome>,
    /// Why.
    pub reasons: Vec<Reason>,
    /// The line.
    pub entry: EntryId,
    /// The course.
    pub course: Option<CourseId>,
    /// The policy year.
    pub year: Option<i32>,
    /// The rules that decided.
    pub policy: Option<PolicyId>,
}

/// A case on which lines may rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptCase {
    /// Something about one person that offices approve: an achievement or an exception.
    Reviewed {
        /// Of which lines it is the basis.
        basis: Basis,
        /// The file in which it was opened.
        opened_in: LearnerId,
        /// Whether its approval stands.
        approved: bool,
    },
    /// A list of an authority, which speaks of many; it is the basis of its lines.
    Roll(Basis),
}

/// What lines say again. It may hold more than one file needs.
#[derive(Clone, Debug, Default)]
pub struct Witnesses {
    /// Items as they were pushed.
    pub pushed: HashMap<Item, Pushed>,
    /// Every decision that names a line, by the files in which those stand.
    pub granted: HashMap<LearnerId, Vec<Granted>>,
    /// The number of the last decision over each item.
    pub last: HashMap<Item, i32>,
    /// Courses with all their versions.
    pub courses: HashMap<CourseId, CourseFacts>,
    /// Cases of the review machine and rolls.
    pub cases: HashMap<CaseId, KeptCase>,
    /// The cases whose approval stands and on which lines rest, by the files in which they were opened.
    pub approved: HashMap<LearnerId, Vec<CaseId>>,
    /// In which file each of those has ended that has.
    pub successors: HashMap<LearnerId, LearnerId>,
}

/// One file.
#[derive(Clone, Copy, Debug)]
pub struct File<'f> {
    /// Whose.
    pub learner: LearnerId,
    /// All its lines.
    pub entries: &'f [Entry],
    /// All lines of the files with which it was ever joined.
    pub kin: &'f [Entry],
    /// When it ended in another one, where it has.
    pub ended_at: Option<OffsetDateTime>,
}

/// Everything that does not hold in a file, in the order of its lines; `now` is the present moment.
#[must_use]
pub fn verify(file: &File<'_>, witnesses: &Witnesses, now: OffsetDateTime) -> Vec<Finding> {
    let mut verifying = Verifying::of(file, witnesses);
    let mut lines: Vec<&Entry> = file.entries.iter().collect();
    lines.sort_unstable_by_key(|line| line.id);
    for line in lines {
        match line.kind {
            EntryKind::Reversal => verifying.reversal(line),
            EntryKind::Credit | EntryKind::Provisional => verifying.says_hours(line, now),
        }
    }
    verifying.lines_that_are_gone();
    verifying.found
}

struct Verifying<'v> {
    file: &'v File<'v>,
    witnesses: &'v Witnesses,
    by_id: HashMap<EntryId, &'v Entry>,
    /// Lines that were taken back, each with the first that did.
    taken_back: HashMap<EntryId, EntryId>,
    granted: HashMap<EntryId, &'v Granted>,
    /// By what decisions lines were said so far.
    said: HashMap<Saying<'v>, EntryId>,
    found: Vec<Finding>,
}

/// By what one line is told from every other one of its file: no decision grants the same twice.
#[derive(PartialEq, Eq, Hash)]
enum Saying<'v> {
    Item(CompletionId, Option<i32>),
    Case(CaseId, Option<i32>, i32, &'v CategoryCode),
    Surplus(CaseId, Option<i32>, i32, EntryId),
}

impl<'v> Saying<'v> {
    fn of(line: &'v Entry) -> Option<Self> {
        let number = line.decision_number;
        match (&line.ground, line.completion) {
            (Some(ground), _) => Some(match ground.drawn {
                Some(drawn) => Self::Surplus(ground.case, number, line.year, drawn.line),
                None => Self::Case(ground.case, number, line.year, &line.category),
            }),
            (None, Some(completion)) => Some(Self::Item(completion, number)),
            (None, None) => None,
        }
    }
}

impl<'v> Verifying<'v> {
    fn of(file: &'v File<'v>, witnesses: &'v Witnesses) -> Self {
        let mut taken_back = HashMap::new();
        let mut reversals: Vec<&Entry> = file.entries.iter().filter(|line| line.reverses.is_some()).collect();
        reversals.sort_unstable_by_key(|line| line.id);
        for reversal in reversals {
            if let Some(line) = reversal.reverses {
                let _ = taken_back.entry(line).or_insert(reversal.id);
            }
        }
        let by_id: HashMap<EntryId, &Entry> = file.entries.iter().map(|line| (line.id, line)).collect();
        // Where an office refused what waited, a further decision names the line which an earlier one brought.
        let brought = |granted: &Granted| {
            by_id.get(&granted.entry).is_some_and(|line| line.decision_number == Some(granted.number))
        };
        let mut granted: HashMap<EntryId, &Granted> = HashMap::new();
        for one in witnesses.granted.get(&file.learner).into_iter().flatten() {
            let named = granted.entry(one.entry).or_insert(one);
            if brought(one) {
                *named = one;
            }
        }
        Self { file, witnesses, by_id, taken_back, granted, said: HashMap::new(), found: Vec::new() }
    }

    fn finds(&mut self, entry: Option<EntryId>, what: Unsound) {
        self.found.push(Finding { learner: self.file.learner, entry, what });
    }

    fn stands(&self, line: &Entry) -> bool {
        !self.taken_back.contains_key(&line.id)
    }

    /// A reversal takes back one line that is there, which nothing else takes back, and says what that says.
    fn reversal(&mut self, line: &'v Entry) {
        let taken = line.reverses.and_then(|id| self.by_id.get(&id).copied());
        let Some(taken) = taken.filter(|taken| taken.kind != EntryKind::Reversal) else {
            return self.finds(Some(line.id), Unsound::ReversesNothing(line.reverses));
        };
        if let Some(first) = self.taken_back.get(&taken.id).copied().filter(|first| *first != line.id) {
            self.finds(Some(line.id), Unsound::ReversedBefore { line: taken.id, by: first });
        }
        let reason = line.reason_code.as_deref().unwrap_or_default();
        let wanted = taken.reversal(line.id, reason, line.recorded_at, &line.recorded_by);
        let others = finding::others_than(line, &wanted);
        if !others.is_empty() {
            self.finds(Some(line.id), Unsound::NotWhatItReverses { line: taken.id, fields: others });
        }
    }

    /// A line that says hours rests on an item or on a case, says what that says, and is said once.
    fn says_hours(&mut self, line: &'v Entry, now: OffsetDateTime) {
        if let Some(saying) = Saying::of(line)
            && let Some(first) = self.said.insert(saying, line.id)
        {
            self.finds(Some(line.id), Unsound::SaidBefore(first));
        }
        match &line.ground {
            Some(ground) => self.rests_on_case(line, ground),
            None => self.rests_on_item(line),
        }
        let ended = self.file.ended_at.filter(|ended| now - (*ended).max(line.recorded_at) > GOES_OVER_WITHIN);
        if ended.is_some() && self.stands(line) {
            self.finds(Some(line.id), Unsound::StandsInEndedFile);
        }
    }

    /// What rows say that name lines, of lines that are not there.
    fn lines_that_are_gone(&mut self) {
        let mut gone: Vec<&Granted> =
            self.granted.values().copied().filter(|granted| !self.by_id.contains_key(&granted.entry)).collect();
        gone.sort_unstable_by_key(|granted| granted.entry);
        for granted in gone {
            self.finds(Some(granted.entry), Unsound::Gone { number: granted.number });
        }
        let spoken: HashSet<CaseId> = self.all_lines().filter_map(|line| Some(line.ground.as_ref()?.case)).collect();
        let approved = self.witnesses.approved.get(&self.file.learner).into_iter().flatten();
        let silent: Vec<CaseId> = approved.copied().filter(|case| !spoken.contains(case)).collect();
        for case in silent {
            self.finds(None, Unsound::CaseWithoutLines(case));
        }
    }

    fn all_lines(&self) -> impl Iterator<Item = &'v Entry> + use<'v> {
        let file = self.file;
        file.entries.iter().chain(file.kin)
    }
}
