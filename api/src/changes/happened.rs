//! What happened, as others say it, and to whom it belongs.

use crate::problem::Problem;
use domain::{
    changes::{Belonging, ChangeKind},
    hour_ledger::Entry,
    kernel::{ChangeId, EntryId, LearnerId, PlaceCode, PlatformId, PolicyId, china_date, last_day},
    registry::LearnerFacts,
};
use std::collections::{BTreeSet, HashMap, HashSet};
use store::{
    Db,
    changes::{Change, append_changes},
    hour_ledger::drawing_on,
    registry::load_learner_facts,
    whole_micros,
};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

/// What happened, by ids.
#[derive(Clone, Debug)]
pub(crate) struct Happened {
    pub(crate) kind: ChangeKind,
    /// Whose file changed, if anyone's.
    pub(crate) learner: Option<LearnerId>,
    /// The file into which it went over.
    pub(crate) successor: Option<LearnerId>,
    /// Whose place, series and employer are told.
    pub(crate) of: Option<LearnerId>,
    pub(crate) item: Option<(PlatformId, String)>,
    /// The platform that it is told, where it is about no one item.
    pub(crate) platform: Option<PlatformId>,
    pub(crate) outcome: Option<&'static str>,
    pub(crate) year: Option<i32>,
    pub(crate) entry: Option<EntryId>,
    pub(crate) policy: Option<PolicyId>,
    /// When the item was completed, so that who answered for the person then is told too.
    pub(crate) completed_at: Option<OffsetDateTime>,
    /// Of surplus the last day of the year that it serves, which it belongs to whenever the hours were finished: those who answered for
    /// the person in the one year alone learn nothing of the other.
    pub(crate) serves_until: Option<Date>,
    /// The place of its line.
    pub(crate) place: Option<PlaceCode>,
    /// The line that was taken back.
    pub(crate) taken_back: Option<EntryId>,
    /// Whether it is for the person and the offices of the place alone.
    pub(crate) of_offices: bool,
}

impl Happened {
    fn nothing(kind: ChangeKind) -> Self {
        Self {
            kind,
            learner: None,
            successor: None,
            of: None,
            item: None,
            platform: None,
            outcome: None,
            year: None,
            entry: None,
            policy: None,
            completed_at: None,
            serves_until: None,
            place: None,
            taken_back: None,
            of_offices: false,
        }
    }

    /// An item was decided otherwise than as the answer to its push.
    pub(crate) fn decided(item: (PlatformId, &str), learner: Option<LearnerId>, outcome: &'static str) -> Self {
        let item = Some((item.0, item.1.to_owned()));
        Self { learner, of: learner, item, outcome: Some(outcome), ..Self::nothing(ChangeKind::Decided) }
    }

    /// The same of an item whose line was this one: told to those to whom its person belonged on that day, too.
    pub(crate) fn over(self, line: &Entry) -> Self {
        Self {
            year: Some(line.year),
            entry: Some(line.id),
            completed_at: Some(line.completed_at),
            place: Some(line.place.clone()),
            ..self
        }
    }

    /// An office decided about an achievement, and credited this line where there is one.
    pub(crate) fn recognised(learner: LearnerId, outcome: &'static str, line: Option<&Entry>) -> Self {
        Self {
            learner: Some(learner),
            of: Some(learner),
            outcome: Some(outcome),
            year: line.map(|line| line.year),
            entry: line.map(|line| line.id),
            completed_at: line.map(|line| line.completed_at),
            place: line.map(|line| line.place.clone()),
            ..Self::nothing(ChangeKind::Decided)
        }
    }

    /// An office verified a year of somebody, refused to, or took that back.
    pub(crate) fn verified(learner: LearnerId, outcome: &'static str, year: i32) -> Self {
        Self { year: Some(year), ..Self::recognised(learner, outcome, None) }
    }

    /// An office decided what is between it and the person, such as what a learner asked to have corrected: nobody's at the employer's or of the
    /// series.
    pub(crate) fn of_offices(learner: LearnerId, outcome: &'static str) -> Self {
        Self { of_offices: true, ..Self::recognised(learner, outcome, None) }
    }

    /// Hours were taken back by this line.
    pub(crate) fn reversed(reversal: &Entry) -> Self {
        Self {
            learner: Some(reversal.learner),
            of: Some(reversal.learner),
            item: reversal.platform.zip(reversal.external_id.clone()),
            year: Some(reversal.year),
            entry: Some(reversal.id),
            completed_at: Some(reversal.completed_at),
            serves_until: reversal.drawn().map(|_| last_day(reversal.year)),
            place: Some(reversal.place.clone()),
            taken_back: reversal.reverses,
            ..Self::nothing(ChangeKind::Reversed)
        }
    }

    /// Surplus of another year serves this line's.
    pub(crate) fn served(line: &Entry) -> Self {
        Self { kind: ChangeKind::Decided, outcome: Some("credited"), ..Self::reversed(line) }
    }

    /// It does so no longer, as what it draws on was taken back, or perhaps by fewer hours, as something else of that year was: how many the
    /// year can still spare, its standing says.
    fn served_less(line: &Entry, gone: &HashSet<(LearnerId, EntryId)>) -> Self {
        let drawn = line.drawn().is_some_and(|drawn| gone.contains(&(line.learner, drawn.line)));
        Self { outcome: Some(if drawn { "not_counted" } else { "recounted" }), ..Self::served(line) }
    }

    /// Hours that were taken back are said anew by this line.
    pub(crate) fn said_anew(line: &Entry) -> Self {
        let item = line.platform.zip(line.external_id.clone());
        match line.drawn() {
            Some(_) => Self::served(line),
            None => Self { item, ..Self::recognised(line.learner, "credited", Some(line)) },
        }
    }

    /// A roll says something of the line's person.
    pub(crate) fn listed(line: &Entry) -> Self {
        Self::recognised(line.learner, "credited", Some(line))
    }

    /// Rules were published.
    pub(crate) fn published(policy: PolicyId) -> Self {
        Self { policy: Some(policy), ..Self::nothing(ChangeKind::Published) }
    }

    /// One file went over into another: told to those to whom the one belongs, to those to whom the other does, and to the platforms of
    /// whose items something is or waits in the one that ended. A platform whose first push of it commits at the same moment is not told.
    pub(crate) fn merged(ended: LearnerId, stays: LearnerId, platforms: &[PlatformId]) -> Vec<Self> {
        Self::of_both(ChangeKind::Merged, (ended, stays), platforms)
    }

    /// That was undone.
    pub(crate) fn merge_undone(ended: LearnerId, stays: LearnerId, platforms: &[PlatformId]) -> Vec<Self> {
        Self::of_both(ChangeKind::MergeUndone, (ended, stays), platforms)
    }

    fn of_both(kind: ChangeKind, (ended, stays): (LearnerId, LearnerId), platforms: &[PlatformId]) -> Vec<Self> {
        let between = || Self { learner: Some(ended), successor: Some(stays), ..Self::nothing(kind) };
        let to_file = |of| Self { of: Some(of), ..between() };
        let to_platform = |platform: &PlatformId| Self { platform: Some(*platform), ..between() };
        [ended, stays].into_iter().map(to_file).chain(platforms.iter().map(to_platform)).collect()
    }

    fn told(self, learners: &HashMap<LearnerId, LearnerFacts>, now: OffsetDateTime) -> Change {
        let facts = self.of.and_then(|id| learners.get(&id));
        let on = |at: OffsetDateTime| facts.map(|facts| Belonging::on(facts, china_date(at)));
        let belongs = match on(now).unwrap_or_default() {
            Belonging { place, .. } if self.of_offices => Belonging { place, ..Belonging::default() },
            belongs => belongs,
        };
        let on_day = |day: Date| facts.map(|facts| Belonging::on(facts, day.min(china_date(now))));
        let belonged = self.serves_until.map_or_else(|| self.completed_at.and_then(on), on_day).unwrap_or_default();
        let (platform_id, external_id) = self.item.unzip();
        let platform_id = platform_id.or(self.platform);
        Change {
            change_id: ChangeId::from_uuid(Uuid::now_v7()),
            happened_at: whole_micros(now),
            kind: self.kind,
            learner_id: self.learner,
            successor_id: self.successor,
            platform_id,
            external_id,
            outcome: self.outcome.map(str::to_owned),
            year: self.year,
            entry_id: self.entry,
            policy_id: self.policy,
            place_code: belongs.place,
            series: belongs.series,
            employer_id: belongs.employer,
            // A line stays the business of the place under whose rule it was credited, whatever was corrected since.
            then_place_code: self.place.or(belonged.place),
            then_series: belonged.series,
            then_employer_id: belonged.employer,
        }
    }
}

/// Keeps what happened for those who follow, in the transaction of its cause and in this order.
///
/// # Errors
/// When the database fails.
pub(crate) fn record(db: &mut Db, now: OffsetDateTime, happened: Vec<Happened>) -> Result<(), Problem> {
    if happened.is_empty() {
        return Ok(());
    }
    let gone: HashSet<_> = happened.iter().filter_map(|one| one.learner.zip(one.taken_back)).collect();
    let years = happened.iter().filter(|one| one.taken_back.is_some()).filter_map(|one| one.learner.zip(one.year));
    let years: BTreeSet<(LearnerId, i32)> = years.collect();
    let mut happened = happened;
    if !years.is_empty() {
        let drawing = drawing_on(db, &Vec::from_iter(years))?;
        happened.extend(drawing.iter().map(|line| Happened::served_less(line, &gone)));
    }
    let mut ids: Vec<LearnerId> = happened.iter().filter_map(|one| one.of).collect();
    ids.sort_unstable();
    ids.dedup();
    let learners = load_learner_facts(db, &ids)?.into_iter().map(|facts| (facts.id, facts)).collect();
    let changes: Vec<Change> = happened.into_iter().map(|one| one.told(&learners, now)).collect();
    Ok(append_changes(db, &changes)?)
}
