//! Whom an employer may hand in today, for all of a batch at once: by a handful of queries, however many they are.

use crate::{
    auth::Permission,
    problem::Problem,
    recognition::{case::is_own, superior_of},
};
use domain::{
    hour_ledger::Entry,
    kernel::{CaseId, EmployerId, LearnerId, PlaceCode, last_day},
    policy::{
        Policy, RuleBook,
        shape::{Described, Seat},
    },
    registry::LearnerFacts,
    review::{CaseFacts, Phase, Stage, Subject, Unit, route},
    verification::{Asked, Reason, ReasonKind, judge, provided, verified},
};
use std::collections::{HashMap, HashSet};
use store::{
    Db,
    hour_ledger::entries_of_many,
    registry::{ended_in, find_employer, load_learner_facts, persons, sector_places},
    review::kept_cases,
    verification::{cases_of_year, steps_in},
};
use time::Date;

/// Somebody whose year can be handed in.
pub(super) struct Ready {
    pub(super) learner: LearnerFacts,
    pub(super) stages: Vec<Stage>,
}

/// What becomes of each person, in the order asked for.
pub(super) type Judged = Vec<(LearnerId, Result<Ready, Vec<Reason>>)>;

/// Judges everyone of a batch of a year.
pub(super) fn judged(
    db: &mut Db,
    (permission, book): (&Permission, &RuleBook),
    (employer, year, learners): (EmployerId, i32, &[LearnerId]),
    today: Date,
) -> Result<Judged, Problem> {
    let facts = load_learner_facts(db, learners)?;
    let known: HashSet<LearnerId> = persons(db, learners)?.iter().map(|person| person.learner_id).collect();
    let staff = |facts: LearnerFacts| {
        let own = permission.covers(is_own(permission.caller(), book.places(), &facts, today));
        match facts.ended_in {
            _ if !own => Err(vec![Reason::plain(ReasonKind::NotStaff)]),
            Some(successor) => Err(vec![Reason::plain(ReasonKind::FileMerged { successor })]),
            // An erased file is nobody's.
            None if !known.contains(&facts.id) => Err(vec![Reason::plain(ReasonKind::NotStaff)]),
            None => Ok(facts),
        }
    };
    let staff: Vec<(LearnerId, Result<LearnerFacts, Vec<Reason>>)> =
        facts.into_iter().map(|facts| (facts.id, staff(facts))).collect();
    let ids: Vec<LearnerId> = staff.iter().filter(|(_, facts)| facts.is_ok()).map(|(id, _)| *id).collect();
    let mut lines: HashMap<LearnerId, Vec<Entry>> = HashMap::new();
    for line in entries_of_many(db, &ids, Some(&[year]), None)? {
        lines.entry(line.learner).or_default().push(line);
    }
    let before = already(db, &ids, year)?;
    let mut desk = Desk::of(db, book, employer, today)?;
    let mut all = Vec::with_capacity(staff.len());
    for (id, facts) in staff {
        let ready = match (facts, before.get(&id)) {
            (Ok(_), Some(reason)) => Err(vec![reason.clone()]),
            (Ok(learner), None) => {
                let entries = lines.get(&id).map_or(&[][..], Vec::as_slice);
                match judge(&Asked { book, learner: &learner, entries, year, today }) {
                    Ok(policy) => desk.ready(db, learner, &policy, year)?,
                    Err(reasons) => Err(reasons),
                }
            }
            (Err(reasons), _) => Err(reasons),
        };
        all.push((id, ready));
    }
    Ok(all)
}

/// Of whom a year waits to be verified or is verified, in whichever of their files.
fn already(db: &mut Db, learners: &[LearnerId], year: i32) -> Result<HashMap<LearnerId, Reason>, Problem> {
    let ended = ended_in(db, learners)?;
    let files: Vec<LearnerId> = ended.keys().chain(learners).copied().collect();
    let rows = cases_of_year(db, &files, year)?;
    let cases: Vec<CaseId> = rows.iter().map(|row| row.case_id).collect();
    let phases: HashMap<CaseId, Phase> =
        kept_cases(db, &cases)?.into_iter().map(|kept| (kept.case_id, kept.phase)).collect();
    let of_year: Vec<LearnerId> = rows.iter().map(|row| row.learner_id).collect();
    let steps: Vec<_> = steps_in(db, &of_year)?.into_iter().map(|(_, step)| step).collect();
    let mut found = HashMap::new();
    for row in rows {
        let case_id = row.case_id;
        let of_case: Vec<_> = steps.iter().filter(|step| step.case == case_id).cloned().collect();
        let kind = match (verified(&of_case, None).first(), phases.get(&case_id)) {
            (Some(verified), _) => ReasonKind::AlreadyVerified { case_id, on: verified.on },
            (None, Some(Phase::Waiting)) => ReasonKind::AlreadyWaiting { case_id },
            _ => continue,
        };
        let person = ended.get(&row.learner_id).copied().unwrap_or(row.learner_id);
        let known = found.entry(person).or_insert_with(|| Reason::plain(kind.clone()));
        let reason = Reason::plain(kind);
        if reason.is_verified() {
            *known = reason;
        }
    }
    Ok(found)
}

/// What the routes of an employer's people ask for, looked up once.
struct Desk<'d> {
    book: &'d RuleBook,
    employer: Option<store::registry::Employer>,
    superior: Option<domain::access::Reach>,
    /// The places with an authority for a series.
    sector_places: HashMap<String, Vec<PlaceCode>>,
    today: Date,
}

impl<'d> Desk<'d> {
    fn of(db: &mut Db, book: &'d RuleBook, id: EmployerId, today: Date) -> Result<Self, Problem> {
        let employer = find_employer(db, id)?;
        let superior = superior_of(db, employer.as_ref(), book.places())?;
        Ok(Self { book, employer, superior, sector_places: HashMap::new(), today })
    }

    /// The offices that have to decide; a reason where nobody could.
    fn ready(
        &mut self,
        db: &mut Db,
        learner: LearnerFacts,
        policy: &Policy,
        year: i32,
    ) -> Result<Result<Ready, Vec<Reason>>, Problem> {
        let person = Described::on(&learner, self.today, None);
        if let Some(series) = person.series.filter(|series| !self.sector_places.contains_key(*series)) {
            let _ = self.sector_places.insert(series.to_owned(), sector_places(db, series)?);
        }
        let unit = self.employer.as_ref().map(|row| Unit {
            id: row.employer_id,
            name: &row.name,
            place: &row.place_code,
            registered_place: Some(row.registered_place_code.as_ref().unwrap_or(&row.place_code)),
        });
        let facts = CaseFacts {
            // The office of the place whose rules speak of the year, wherever the person has gone since.
            place: learner.place_on(self.today.min(last_day(year)), None),
            person,
            employer: unit,
            superior: self.superior.as_ref(),
            provider: None,
            sector_places: person.series.and_then(|series| self.sector_places.get(series)).map_or(&[], Vec::as_slice),
            filed_by: Seat::Employer,
        };
        let stages = route(&policy.rules, Subject::YearVerification, &facts, self.book.places());
        let cite = || provided(&policy.rules).map(|route| route.cite.0.clone()).unwrap_or_default();
        Ok(match stages {
            Ok(stages) => Ok(Ready { learner, stages }),
            Err(_) => Err(vec![Reason { kind: ReasonKind::NobodyDecides { year }, cite: cite() }]),
        })
    }
}
