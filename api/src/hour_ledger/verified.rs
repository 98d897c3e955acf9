//! Which years offices have verified, as answers tell it: read only of people for whose years rules have an employer's batch.

use super::service::Asking;
use crate::{problem::Problem, wire::Day};
use domain::{
    hour_ledger::{Standing, Verified},
    kernel::{CaseId, LearnerId, last_day},
    policy::RuleBook,
    registry::LearnerFacts,
    verification::{provided, verified},
};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use store::{Db, registry::ended_in, verification::steps_in};
use utoipa::ToSchema;

/// The years of people that stand verified.
#[derive(Clone, Debug, Default)]
pub(super) struct VerifiedYears(HashMap<LearnerId, Vec<Verified>>);

impl VerifiedYears {
    /// Reads those of these people, whichever of their files they were handed in by, as known at the moment asked about.
    pub(super) fn of<'f>(
        db: &mut Db,
        (asking, book): (&Asking, &RuleBook),
        people: impl IntoIterator<Item = &'f LearnerFacts>,
        years: &[i32],
    ) -> Result<Self, Problem> {
        let may_be = |facts: &&LearnerFacts| years.iter().any(|year| may_be_verified(book, asking, facts, *year));
        let ids: Vec<LearnerId> = people.into_iter().filter(may_be).map(|facts| facts.id).collect();
        Self::of_any(db, asking, ids)
    }

    /// The same of people whose years other days than the one asked about decide.
    pub(super) fn of_any(db: &mut Db, asking: &Asking, ids: Vec<LearnerId>) -> Result<Self, Problem> {
        if ids.is_empty() {
            return Ok(Self::default());
        }
        let ended = ended_in(db, &ids)?;
        let files: Vec<LearnerId> = ended.keys().chain(&ids).copied().collect();
        let mut steps: HashMap<LearnerId, Vec<_>> = HashMap::new();
        for (file, step) in steps_in(db, &files)? {
            steps.entry(ended.get(&file).copied().unwrap_or(file)).or_default().push(step);
        }
        let known_at = asking.known_at;
        Ok(Self(steps.into_iter().map(|(person, steps)| (person, verified(&steps, known_at))).collect()))
    }

    /// Those of one person.
    pub(super) fn of_person(&self, learner: LearnerId) -> &[Verified] {
        self.0.get(&learner).map_or(&[], Vec::as_slice)
    }

    /// That of one year, where its rules have an employer's batch.
    pub(super) fn in_year(&self, learner: LearnerId, standing: &Standing) -> Option<VerifiedBody> {
        let _ = provided(&standing.policy.as_ref()?.rules)?;
        let verified = self.of_person(learner).iter().find(|verified| verified.year == standing.year)?;
        Some(VerifiedBody { on: Day(verified.on), office: verified.office.clone(), case_id: verified.case })
    }

    /// What of it an answer's tag has to cover.
    pub(super) fn tag(&self) -> String {
        let cases: BTreeMap<CaseId, i32> = self.0.values().flatten().map(|one| (one.case, one.year)).collect();
        format!("{cases:?}")
    }
}

fn may_be_verified(book: &RuleBook, asking: &Asking, facts: &LearnerFacts, year: i32) -> bool {
    let day = asking.asked_on().min(last_day(year));
    let resolution = facts.place_on(day, asking.known_at).map(|place| book.resolve(place, year, asking.known_at));
    let policy = resolution.as_ref().and_then(|resolution| resolution.in_force());
    policy.is_some_and(|policy| provided(&policy.rules).is_some())
}

/// 年度验证 / That an office verified the year.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = StandingVerified)]
pub(super) struct VerifiedBody {
    /// 验证之日 / The day.
    on: Day,
    /// 验证的机关 / The office, as the rules name it.
    #[schema(example = "广德市人力资源和社会保障局事业专技科")]
    office: Option<String>,
    /// 审核事项编号 / The case.
    #[schema(value_type = Uuid)]
    case_id: CaseId,
}
