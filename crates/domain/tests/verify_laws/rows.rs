//! The rows of a ledger of two files, as the service leaves them behind after whatever it was asked to do.

use domain::{
    completions::Outcome,
    hour_ledger::{
        Basis, Carrying, Drawn, Entry, EntryKind, Ground, MERGE_UNDONE, MERGED, REPLACED,
        verify::{File, Finding, Granted, Item, KeptCase, Pushed, Witnesses, verify},
    },
    kernel::{CaseId, CompletionId, CourseId, EntryId, Hours, LearnerId, PlatformId, PolicyId},
    policy::CategoryCode,
    registry::{CourseFacts, CourseVersion, Mode, ProviderKind},
};
use proptest::prelude::*;
use std::collections::HashMap;
use time::{Duration, OffsetDateTime, macros::date, macros::datetime};
use uuid::Uuid;

const START: OffsetDateTime = datetime!(2020-03-01 08:00 +08:00);
pub(crate) const NOW: OffsetDateTime = datetime!(2021-03-01 08:00 +08:00);

pub(crate) fn uuid(room: u128, number: usize) -> Uuid {
    Uuid::from_u128((room << 64) | number as u128)
}

pub(crate) fn learner(file: usize) -> LearnerId {
    LearnerId::from_uuid(uuid(1, file))
}

fn course(number: usize) -> CourseId {
    CourseId::from_uuid(uuid(3, number))
}

pub(crate) fn case(number: usize) -> CaseId {
    CaseId::from_uuid(uuid(4, number))
}

fn facts(number: usize) -> CourseFacts {
    let version = CourseVersion {
        number: 1,
        title: "示例".into(),
        category: if number.is_multiple_of(2) { "public".into() } else { "professional".into() },
        requirement: None,
        subject: None,
        hours: Hours::whole(i64::try_from(number).unwrap() + 1),
        modes: vec![Mode::Online],
        policy_year: None,
        available_from: date!(2018 - 01 - 01),
    };
    CourseFacts {
        id: course(number),
        code: number.to_string(),
        provider_kind: ProviderKind::Base,
        provider_id: Uuid::nil(),
        base_tier: None,
        base_recognised: None,
        versions: vec![version],
        platforms: Vec::new(),
        filed_on: None,
    }
}

/// What the service does, one thing after the other.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// An item of a file and a course, certain or not.
    Push(usize, usize, bool),
    /// What stands of the item of this rank is taken back by hand.
    Reverse(usize),
    /// Another item takes its place, and later that one is taken out again.
    Replace(usize),
    GiveBack(usize),
    /// An achievement is recognised, something is granted by exception, and the approval of one of these revoked.
    Recognise(usize),
    Except(usize),
    Revoke(usize),
    /// A line of a roll.
    List(usize),
    /// Surplus is drawn from the line of this rank.
    Draw(usize),
    /// The first file ends in the second, and that is undone.
    Join,
    Part,
}

pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let rank = 0..12_usize;
    let step = prop_oneof![
        4 => (0..2_usize, 0..6_usize, any::<bool>()).prop_map(|(file, course, certain)| Step::Push(file, course, certain)),
        1 => rank.clone().prop_map(Step::Reverse),
        1 => rank.clone().prop_map(Step::Replace),
        1 => rank.clone().prop_map(Step::GiveBack),
        1 => (0..2_usize).prop_map(Step::Recognise),
        1 => (0..2_usize).prop_map(Step::Except),
        1 => rank.clone().prop_map(Step::Revoke),
        1 => (0..2_usize).prop_map(Step::List),
        1 => rank.prop_map(Step::Draw),
        1 => Just(Step::Join),
        1 => Just(Step::Part),
    ];
    prop::collection::vec(step, 1..20)
}

/// The rows, as the service leaves them behind.
#[derive(Clone, Default)]
pub(crate) struct Rows {
    pub(crate) entries: Vec<Entry>,
    pub(crate) witnesses: Witnesses,
    ended_at: Option<OffsetDateTime>,
    used: usize,
}

impl Rows {
    pub(crate) fn after(steps: &[Step]) -> Self {
        let mut rows = Self::default();
        rows.witnesses.courses = (0..6).map(|number| (course(number), facts(number))).collect();
        for step in steps {
            rows.take(step);
        }
        rows
    }

    fn new_id(&mut self) -> EntryId {
        self.used += 1;
        EntryId::from_uuid(uuid(2, self.used))
    }

    /// The file in which one is found.
    fn file(&self, file: usize) -> usize {
        if self.ended_at.is_some() { 1 } else { file }
    }

    fn live(&self) -> Vec<Entry> {
        let gone: Vec<EntryId> = self.entries.iter().filter_map(|line| line.reverses).collect();
        let says = |line: &&Entry| line.kind != EntryKind::Reversal && !gone.contains(&line.id);
        self.entries.iter().filter(says).cloned().collect()
    }

    fn take(&mut self, step: &Step) {
        let live = self.live();
        let nth = |rank: usize, of: fn(&Entry) -> bool| live.iter().filter(|line| of(line)).nth(rank).cloned();
        match *step {
            Step::Push(file, course, certain) => self.push((self.file(file), file), course, certain),
            Step::Reverse(rank) | Step::Replace(rank) => {
                let why = if matches!(step, Step::Replace(_)) { REPLACED } else { "wrong_data" };
                if let Some(line) = nth(rank, |line| line.completion.is_some()) {
                    self.back(&line, why);
                }
            }
            Step::GiveBack(rank) => self.give_back(rank),
            Step::Recognise(file) | Step::Except(file) => {
                let basis = if matches!(step, Step::Except(_)) { Basis::Exception } else { Basis::Recognition };
                let number = self.witnesses.cases.len();
                let opened_in = learner(self.file(file));
                let _ =
                    self.witnesses.cases.insert(case(number), KeptCase::Reviewed { basis, opened_in, approved: true });
                self.witnesses.approved.entry(opened_in).or_default().push(case(number));
                self.on_case(self.file(file), basis, (case(number), None));
            }
            Step::Revoke(rank) => {
                let Some(line) = nth(rank, |line| {
                    matches!(line.ground, Some(Ground { basis: Basis::Recognition | Basis::Exception, .. }))
                }) else {
                    return;
                };
                let id = line.ground.as_ref().unwrap().case;
                if let Some(KeptCase::Reviewed { approved, .. }) = self.witnesses.cases.get_mut(&id) {
                    *approved = false;
                }
                self.witnesses.approved.values_mut().for_each(|cases| cases.retain(|one| *one != id));
                self.back(&line, "revoked");
            }
            Step::List(file) => {
                let number = self.witnesses.cases.len();
                let _ = self.witnesses.cases.insert(case(number), KeptCase::Roll(Basis::Exemption));
                self.on_case(self.file(file), Basis::Exemption, (case(number), None));
            }
            Step::Draw(rank) => {
                let Some(line) = nth(rank, |line| line.drawn().is_none()) else { return };
                let file = usize::from(line.learner == learner(1));
                let drawn = Some(Drawn { year: line.year, line: line.id });
                self.used += 1;
                let taken = live.iter().filter(|other| other.drawn().is_some_and(|of| of.line == line.id));
                let left = line.hours - taken.map(|other| other.hours).sum::<Hours>();
                if left > Hours::ZERO {
                    self.on_case(file, Basis::Surplus, (CaseId::from_uuid(uuid(5, self.used)), drawn));
                    let said = self.entries.last_mut().unwrap();
                    said.hours = left.min(Hours::whole(3));
                }
            }
            Step::Join if self.ended_at.is_none() => {
                self.carry((0, 1), MERGED, |_| true);
                self.ended_at = Some(START);
                self.witnesses.successors = HashMap::from([(learner(0), learner(1))]);
            }
            Step::Part if self.ended_at.is_some() => {
                self.ended_at = None;
                self.witnesses.successors.clear();
                let cases = self.witnesses.cases.clone();
                // What was said of the first file goes back; of rolls nothing does here, which is allowed as well.
                self.carry((1, 0), MERGE_UNDONE, |line| match &line.ground {
                    None => line.external_id.as_ref().unwrap().starts_with("0-"),
                    Some(ground) => {
                        matches!(cases.get(&ground.case), Some(KeptCase::Reviewed { opened_in, .. }) if *opened_in == learner(0))
                    }
                });
            }
            Step::Join | Step::Part => {}
        }
    }

    fn line(&mut self, file: usize) -> Entry {
        Entry {
            id: self.new_id(),
            learner: learner(file),
            kind: EntryKind::Credit,
            year: 2020,
            place: "610000".parse().unwrap(),
            category: CategoryCode::new("public"),
            subject: None,
            hours: Hours::whole(8),
            course: None,
            course_version: None,
            platform: None,
            external_id: None,
            completion: None,
            decision_number: Some(1),
            mode: None,
            started_at: None,
            ended_at: None,
            completed_at: START,
            ground: None,
            policy: Some(PolicyId::from_uuid(Uuid::nil())),
            review: Vec::new(),
            reverses: None,
            reason_code: None,
            recorded_at: START,
            recorded_by: "platform:1".to_owned(),
        }
    }

    fn push(&mut self, (file, named): (usize, usize), number: usize, certain: bool) {
        let at = START + Duration::days(i64::try_from(self.entries.len()).unwrap());
        let line = self.line(file);
        let course = facts(number);
        let version = &course.versions[0];
        let line = Entry {
            kind: if certain { EntryKind::Credit } else { EntryKind::Provisional },
            category: CategoryCode::new(version.category.clone()),
            hours: version.hours,
            course: Some(course.id),
            course_version: Some(1),
            platform: Some(PlatformId::from_uuid(uuid(6, 1))),
            external_id: Some(format!("{named}-{}", self.used)),
            completion: Some(CompletionId::from_uuid(uuid(7, self.used))),
            mode: Some(Mode::Online),
            completed_at: at,
            ..line
        };
        let pushed = Pushed {
            completion: line.completion.unwrap(),
            mode: Mode::Online,
            started_at: None,
            ended_at: None,
            completed_at: at,
        };
        let _ = self.witnesses.pushed.insert(item(&line), pushed);
        self.grant(&line);
        self.entries.push(line);
    }

    /// Keeps the decision that says a line.
    fn grant(&mut self, line: &Entry) {
        let granted = Granted {
            item: item(line),
            number: line.decision_number.unwrap(),
            reasons: Vec::new(),
            outcome: Some(if line.kind == EntryKind::Credit { Outcome::Credited } else { Outcome::NeedsReview }),
            entry: line.id,
            course: line.course,
            year: Some(line.year),
            policy: line.policy,
        };
        let _ = self.witnesses.last.insert(item(line), granted.number);
        self.witnesses.granted.entry(line.learner).or_default().push(granted);
    }

    fn back(&mut self, line: &Entry, why: &str) {
        let id = self.new_id();
        self.entries.push(line.reversal(id, why, START, "officer:li"));
    }

    /// An item that was replaced is decided anew, and its line stands again under a later number.
    fn give_back(&mut self, rank: usize) {
        let of = |id: Option<EntryId>| self.entries.iter().find(|line| Some(line.id) == id).cloned();
        let replaced = self.entries.iter().filter(|line| line.reason_code.as_deref() == Some(REPLACED));
        let mut lines = replaced.filter(|line| line.reverses.is_some()).filter_map(|by| of(by.reverses));
        let Some(line) = lines.nth(rank) else { return };
        let last = self.witnesses.last[&item(&line)];
        // In an ended file nothing is said anew: the item has gone over.
        if line.decision_number == Some(last) && (self.ended_at.is_none() || line.learner != learner(0)) {
            let again = Entry { id: self.new_id(), decision_number: Some(last + 1), ..line };
            self.grant(&again);
            self.entries.push(again);
        }
    }

    fn on_case(&mut self, file: usize, basis: Basis, (case, drawn): (CaseId, Option<Drawn>)) {
        let line = self.line(file);
        let year = if drawn.is_some() { 2019 } else { 2020 };
        let ground = Some(Ground { basis, case, achievement: None, fulfils: None, drawn });
        self.entries.push(Entry { ground, year, ..line });
    }

    fn carry(&mut self, (from, to): (usize, usize), why: &str, goes: impl Fn(&Entry) -> bool) {
        let carrying = Carrying { to: learner(to), why, at: START, by: "officer:li" };
        let going: Vec<Entry> =
            self.live().into_iter().filter(|line| line.learner == learner(from) && goes(line)).collect();
        let (items, cases): (Vec<Entry>, Vec<Entry>) = going.into_iter().partition(|line| line.ground.is_none());
        let mut went = HashMap::new();
        for line in items {
            let number = self.witnesses.last[&item(&line)] + 1;
            let carried = carrying.over(&line, None, Some(number), &mut || self.new_id());
            let _ = went.insert(line.id, carried.line.id);
            self.grant(&carried.line);
            self.entries.extend([carried.reversal, Some(carried.line)].into_iter().flatten());
        }
        let mut last: HashMap<CaseId, i32> = HashMap::new();
        for line in self.entries.iter().filter(|line| line.ground.is_some()) {
            let greatest = last.entry(line.ground.as_ref().unwrap().case).or_insert(1);
            *greatest = line.decision_number.unwrap_or(1).max(*greatest);
        }
        let lines: Vec<(&Entry, Option<&Entry>)> = cases.iter().map(|line| (line, None)).collect();
        let written = carrying.cases_over(&lines, &last, went, &mut || self.new_id());
        self.entries.extend(written);
    }

    pub(crate) fn findings(&self) -> Vec<Finding> {
        let found = (0..2).flat_map(|file| {
            let (own, kin): (Vec<Entry>, Vec<Entry>) =
                self.entries.iter().cloned().partition(|line| line.learner == learner(file));
            let ended_at = self.ended_at.filter(|_| file == 0);
            verify(&File { learner: learner(file), entries: &own, kin: &kin, ended_at }, &self.witnesses, NOW)
        });
        found.collect()
    }
}

pub(crate) fn item(line: &Entry) -> Item {
    (line.platform.unwrap(), line.external_id.clone().unwrap())
}
