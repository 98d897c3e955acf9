//! `xueshi ledger verify`: every file of the ledger, page by page, each page on one snapshot. What must hold is
//! `domain::hour_ledger::verify`'s choice.

use crate::{clock::Clock, settings::Settings, startup::open_existing, state::AppState};
use domain::{
    completions::Outcome,
    hour_ledger::{
        Basis, Entry,
        verify::{File, Finding, Granted, Item, KeptCase, Pushed, Witnesses, verify as verified},
    },
    kernel::{CaseId, CourseId, LearnerId, PlatformId, Words},
    review::{Phase, Subject},
    roll::RollKind,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    error::Error,
    fmt::Write,
};
use store::{
    Db, Store, StoreError,
    completions::{CompletionDecision, find, granting, latest_decisions},
    hour_ledger::{entries_of_many, files_after},
    registry::{LearnerMerge, courses_by_id, merges_among_kin, successors},
    review::{approved_cases, kept_cases},
    roll::find_rolls,
};
use thiserror::Error;
use time::OffsetDateTime;

/// How many files are read at a time.
const FILES: i64 = 200;

/// How many findings are named; all are counted.
const NAMED: usize = 200;

/// The ledger does not hold together. What was found has been told already.
#[derive(Clone, Copy, Debug, Error)]
#[error("the hour ledger does NOT hold together")]
pub(crate) struct Broken;

/// Verifies the ledger of the database that the settings name; the report for people, and whether it holds together.
///
/// # Errors
/// When the database cannot be read.
pub(crate) fn verify(settings: &Settings) -> Result<(String, bool), Box<dyn Error>> {
    let report = walk(&open_existing(settings)?, Clock::System.now())?;
    Ok((report.told(), report.findings == 0))
}

impl AppState {
    /// What does not hold in the ledger of this service, in words; at most so many as the command names.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn ledger_findings(&self) -> Result<Vec<String>, StoreError> {
        let report = walk(&self.store, self.clock.now())?;
        Ok(report.named.iter().map(ToString::to_string).collect())
    }
}

#[derive(Debug, Default)]
struct Report {
    files: usize,
    lines: usize,
    reversals: usize,
    findings: usize,
    named: Vec<Finding>,
}

/// Each page has a transaction of its own: a ledger of millions would else keep one open for as long as it takes, and what is written
/// meanwhile holds together at any moment.
fn walk(store: &Store, now: OffsetDateTime) -> Result<Report, StoreError> {
    let (mut report, mut after) = (Report::default(), None);
    loop {
        let page = store.read_blocking(|db| Page::read(db, after))?;
        let Some(last) = page.files.last() else { return Ok(report) };
        after = Some(*last);
        report.add(&page, now);
    }
}

impl Report {
    fn add(&mut self, page: &Page, now: OffsetDateTime) {
        for learner in &page.files {
            let file = page.file(*learner);
            self.files += 1;
            self.lines += file.entries.len();
            self.reversals += file.entries.iter().filter(|line| line.reverses.is_some()).count();
            let kin = page.kin_of(*learner);
            let found = verified(&File { kin: &kin, ..file }, &page.witnesses, now);
            self.findings += found.len();
            let room = NAMED.saturating_sub(self.named.len());
            self.named.extend(found.into_iter().take(room));
        }
    }

    fn told(&self) -> String {
        let Self { files, lines, reversals, findings, named } = self;
        let mut text = String::new();
        for finding in named {
            let _ = writeln!(text, "{finding}");
        }
        if *findings > named.len() {
            let _ = writeln!(text, "... and {} more", findings - named.len());
        }
        let _ = writeln!(text, "{files} files, {lines} lines, {reversals} of them reversals");
        let _ = match findings {
            0 => writeln!(text, "the ledger holds together"),
            1 => writeln!(text, "the ledger does NOT hold together: 1 finding"),
            more => writeln!(text, "the ledger does NOT hold together: {more} findings"),
        };
        text
    }
}

/// Some files with all that their lines say again.
struct Page {
    files: Vec<LearnerId>,
    entries: HashMap<LearnerId, Vec<Entry>>,
    kin: HashMap<LearnerId, BTreeSet<LearnerId>>,
    ended_at: HashMap<LearnerId, OffsetDateTime>,
    witnesses: Witnesses,
}

impl Page {
    fn read(db: &mut Db, after: Option<LearnerId>) -> Result<Self, StoreError> {
        let files = files_after(db, after, FILES)?;
        let merges = merges_among_kin(db, &files)?;
        let kin = kin(&merges);
        let among: BTreeSet<LearnerId> = files.iter().chain(kin.values().flatten()).copied().collect();
        let among: Vec<LearnerId> = among.into_iter().collect();
        let mut entries: HashMap<LearnerId, Vec<Entry>> = HashMap::new();
        for entry in entries_of_many(db, &among, None, None)? {
            entries.entry(entry.learner).or_default().push(entry);
        }
        let successors = successors(db, &among)?;
        let mut ended_at: HashMap<LearnerId, OffsetDateTime> = HashMap::new();
        for merge in merges.iter().filter(|merge| successors.contains_key(&merge.ends_id)) {
            let last = ended_at.entry(merge.ends_id).or_insert(merge.merged_at);
            *last = merge.merged_at.max(*last);
        }
        let own: Vec<&Entry> = files.iter().filter_map(|file| entries.get(file)).flatten().collect();
        let witnesses = Witnesses { successors, ..witnesses(db, &files, &own)? };
        Ok(Self { files, kin, ended_at, witnesses, entries })
    }

    fn file(&self, learner: LearnerId) -> File<'_> {
        let entries = self.entries.get(&learner).map_or(&[][..], Vec::as_slice);
        File { learner, entries, kin: &[], ended_at: self.ended_at.get(&learner).copied() }
    }

    fn kin_of(&self, learner: LearnerId) -> Vec<Entry> {
        let others = self.kin.get(&learner).into_iter().flatten().filter(|other| **other != learner);
        others.filter_map(|other| self.entries.get(other)).flatten().cloned().collect()
    }
}

/// Of each file that was ever joined with another one, all with which it was, over however many joinings.
fn kin(merges: &[LearnerMerge]) -> HashMap<LearnerId, BTreeSet<LearnerId>> {
    let mut kin: HashMap<LearnerId, BTreeSet<LearnerId>> = HashMap::new();
    for merge in merges {
        let of = |file: LearnerId| kin.get(&file).cloned().unwrap_or_else(|| BTreeSet::from([file]));
        let all: BTreeSet<LearnerId> = of(merge.ends_id).union(&of(merge.stays_id)).copied().collect();
        for file in &all {
            let _ = kin.insert(*file, all.clone());
        }
    }
    kin
}

/// What the lines of these files say again; a handful of queries for any number of them, and some more a platform.
fn witnesses(db: &mut Db, files: &[LearnerId], lines: &[&Entry]) -> Result<Witnesses, StoreError> {
    let mut witnesses = Witnesses::default();
    for decision in granting(db, files)? {
        if let Some((learner, granted)) = granted(decision) {
            witnesses.granted.entry(learner).or_default().push(granted);
        }
    }
    let mut items: BTreeMap<PlatformId, BTreeSet<&str>> = BTreeMap::new();
    for (platform, id) in lines.iter().filter_map(|line| line.platform.zip(line.external_id.as_deref())) {
        let _ = items.entry(platform).or_default().insert(id);
    }
    for (platform, ids) in items {
        let ids: Vec<&str> = ids.into_iter().collect();
        witnesses.pushed.extend(pushed(db, platform, &ids)?);
        let last = latest_decisions(db, platform, &ids)?.into_iter();
        witnesses.last.extend(last.map(|last| ((platform, last.external_id), last.number)));
    }
    let courses: HashSet<CourseId> = lines.iter().filter_map(|line| line.course).collect();
    let courses = courses_by_id(db, &courses.into_iter().collect::<Vec<_>>())?;
    witnesses.courses = courses.into_iter().map(|course| (course.id, course)).collect();
    witnesses.cases = cases(db, lines)?;
    for case in approved_cases(db, &[Subject::Recognition, Subject::OfficeException], files)? {
        witnesses.approved.entry(case.learner_id).or_default().push(case.case_id);
    }
    Ok(witnesses)
}

fn granted(decision: CompletionDecision) -> Option<(LearnerId, Granted)> {
    let granted = Granted {
        item: (decision.platform_id, decision.external_id),
        number: decision.number,
        outcome: Outcome::of_word(&decision.outcome),
        // Reasons that cannot be read explain nothing.
        reasons: serde_json::from_str(&decision.reasons).unwrap_or_default(),
        entry: decision.entry_id?,
        course: decision.course_id,
        year: decision.year,
        policy: decision.policy_id,
    };
    Some((decision.learner_id?, granted))
}

fn pushed(db: &mut Db, platform: PlatformId, ids: &[&str]) -> Result<Vec<(Item, Pushed)>, StoreError> {
    let item = |row: store::completions::Completion| {
        let pushed = Pushed {
            completion: row.completion_id,
            mode: row.mode,
            started_at: row.started_at,
            ended_at: row.ended_at,
            completed_at: row.completed_at,
        };
        ((platform, row.external_id), pushed)
    };
    Ok(find(db, platform, ids)?.into_iter().map(item).collect())
}

/// Of which lines a case of this subject is the basis; none of those that say nothing by themselves.
fn basis_of(subject: Subject) -> Option<Basis> {
    match subject {
        Subject::Recognition => Some(Basis::Recognition),
        Subject::OfficeException => Some(Basis::Exception),
        Subject::FraudFinding | Subject::FileCorrection | Subject::ProvisionalHours | Subject::YearVerification => None,
    }
}

/// The cases and rolls on which these lines rest. Surplus has none but the lines themselves.
fn cases(db: &mut Db, lines: &[&Entry]) -> Result<HashMap<CaseId, KeptCase>, StoreError> {
    let grounds = lines.iter().filter_map(|line| line.ground.as_ref());
    let named = grounds.filter(|ground| ground.basis != Basis::Surplus);
    let ids: BTreeSet<CaseId> = named.map(|ground| ground.case).collect();
    let ids: Vec<CaseId> = ids.into_iter().collect();
    let reviewed = kept_cases(db, &ids)?.into_iter().filter_map(|case| Some((basis_of(case.subject)?, case)));
    let mut cases: HashMap<CaseId, KeptCase> = reviewed
        .map(|(basis, case)| {
            let approved = case.phase == Phase::Approved;
            (case.case_id, KeptCase::Reviewed { basis, opened_in: case.learner_id, approved })
        })
        .collect();
    cases.extend(find_rolls(db, &ids)?.into_iter().map(|roll| {
        let basis = match roll.kind {
            RollKind::Exemption => Basis::Exemption,
            RollKind::PastYears => Basis::Attestation,
        };
        (roll.roll_id, KeptCase::Roll(basis))
    }));
    Ok(cases)
}
