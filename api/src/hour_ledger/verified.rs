//! Which years offices have verified, and what became of those that were handed in and are not, as answers tell it: read only of people for
//! whose years rules have an employer's batch.

use super::service::Asking;
use crate::{
    explain::{ReasonBody, of_unverified},
    problem::Problem,
    text::Language,
    wire::Day,
};
use domain::{
    hour_ledger::{Standing, Verified},
    kernel::{CaseId, LearnerId, last_day},
    policy::RuleBook,
    registry::LearnerFacts,
    review::Phase,
    verification::{HandedIn, Step, last_try, provided, unverified, verified},
};
use serde::Serialize;
use std::collections::{BTreeSet, HashMap, HashSet};
use store::{
    Db,
    registry::ended_in,
    review::kept_cases,
    verification::{VerificationCase, cases_in, steps_in},
};
use time::OffsetDateTime;
use utoipa::ToSchema;

/// What of one person's years was handed in and decided.
#[derive(Clone, Debug, Default)]
struct OfPerson {
    verified: Vec<Verified>,
    handed_in: Vec<HandedIn>,
    steps: Vec<Step>,
}

/// The years of people that stand verified, or were handed in.
#[derive(Clone, Debug, Default)]
pub(super) struct VerifiedYears {
    people: HashMap<LearnerId, OfPerson>,
    known_at: Option<OffsetDateTime>,
}

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
        let person = |file: LearnerId| ended.get(&file).copied().unwrap_or(file);
        let mut people: HashMap<LearnerId, OfPerson> = HashMap::new();
        let cases = cases_in(db, &files)?;
        let steps = if cases.is_empty() { Vec::new() } else { steps_in(db, &files)? };
        let waits = waiting(db, &cases, &steps)?;
        for VerificationCase { learner_id, case_id: case, year, recorded_at: at, .. } in cases {
            let one = HandedIn { case, year, at, waits: waits.contains(&case) };
            people.entry(person(learner_id)).or_default().handed_in.push(one);
        }
        for (file, step) in steps {
            people.entry(person(file)).or_default().steps.push(step);
        }
        let known_at = asking.known_at;
        for person in people.values_mut() {
            person.verified = verified(&person.steps, known_at);
        }
        Ok(Self { people, known_at })
    }

    /// Those of one person that stand verified.
    pub(super) fn of_person(&self, learner: LearnerId) -> &[Verified] {
        self.people.get(&learner).map_or(&[], |person| person.verified.as_slice())
    }

    /// The verification of one year, where its rules have an employer's batch.
    pub(super) fn in_year(&self, learner: LearnerId, standing: &Standing) -> Option<VerifiedBody> {
        let _ = provided(&standing.policy.as_ref()?.rules)?;
        let verified = self.of_person(learner).iter().find(|verified| verified.year == standing.year)?;
        Some(VerifiedBody { on: Day(verified.on), office: verified.office.clone(), case_id: verified.case })
    }

    /// Why one year that is met does not stand verified, where its rules have an employer's batch.
    pub(super) fn not_in_year(
        &self,
        learner: LearnerId,
        standing: &Standing,
        language: Language,
    ) -> Option<ReasonBody> {
        let (handed_in, steps) = self
            .people
            .get(&learner)
            .map_or((&[][..], &[][..]), |person| (person.handed_in.as_slice(), person.steps.as_slice()));
        if self.of_person(learner).iter().any(|verified| verified.year == standing.year) {
            return None;
        }
        let why = unverified(standing, last_try(standing.year, handed_in, steps, self.known_at))?;
        Some(of_unverified(&why).body(language))
    }

    /// What of it an answer's tag has to cover.
    pub(super) fn tag(&self) -> String {
        let people = || self.people.values();
        let waiting: BTreeSet<(CaseId, bool)> =
            people().flat_map(|person| &person.handed_in).map(|one| (one.case, one.waits)).collect();
        let decided: BTreeSet<(CaseId, OffsetDateTime)> =
            people().flat_map(|person| &person.steps).map(|step| (step.case, step.at)).collect();
        format!("{waiting:?} {decided:?}")
    }
}

/// Which of these cases wait for the office; asked only of those that nobody decided.
fn waiting(db: &mut Db, cases: &[VerificationCase], steps: &[(LearnerId, Step)]) -> Result<HashSet<CaseId>, Problem> {
    let decided: HashSet<CaseId> = steps.iter().map(|(_, step)| step.case).collect();
    let open: Vec<CaseId> = cases.iter().map(|row| row.case_id).filter(|case| !decided.contains(case)).collect();
    let kept = kept_cases(db, &open)?;
    Ok(kept.into_iter().filter(|kept| kept.phase == Phase::Waiting).map(|kept| kept.case_id).collect())
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
