//! Use cases of year verifications: hand in, try, show.

use super::{
    body::{BatchBody, BatchInput, BatchItemBody, ItemBody, ItemResult, MadeBody, TrialBody, VerificationBody},
    filed::{Judged, Ready, judged},
    shown::shown,
};
use crate::{
    audit::Recording,
    auth::Permission,
    explain,
    extract::{Page, Paged, Unjudged},
    idempotency::Made,
    problem::{Kind, Problem},
    quota,
    recognition::case::{Acting, Seen, act, files_of, is_own},
    state::AppState,
    text::Language,
    wire::{Day, Moment},
};
use actix_web::web::Data;
use domain::{
    kernel::{CaseId, EmployerId, LearnerId, VerificationBatchId},
    policy::{RuleBook, shape::Seat},
    registry::{LearnerFacts, PlaceTree},
    review::{Asked, Case, Filing, HoursLeft, Opening, Phase, Subject},
    verification::{Reason, ReasonKind, verified},
};
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use store::{
    Db,
    registry::{hold_learners, load_learner_facts, successors},
    review::{find_case, kept_cases, open_case},
    verification::{
        VerificationBatch, VerificationCase, cases_of_batch, find_batch, insert_batch, page_of_verifications, steps_in,
    },
    whole_micros,
};
use time::{Date, OffsetDateTime};

/// What an event tells of a batch: nothing that names a person.
#[derive(Serialize)]
struct Told {
    employer_id: EmployerId,
    year: i32,
    filed: usize,
    refused: usize,
}

/// The year and the people, none of them twice.
fn read(state: &AppState, permission: &Permission, input: &Unjudged<BatchInput>) -> Result<BatchInput, Problem> {
    let input = input.judged(|input, faults| {
        let mut known = HashMap::new();
        for (at, learner) in input.learners.iter().enumerate() {
            if known.insert(*learner, at).is_some() {
                faults.twice(&format!("/learners/{at}"));
            }
        }
        Ok(Some(input.clone()))
    })?;
    state.quotas.spend_on_body(&permission.signature(), quota::many(input.learners.len()))?;
    Ok(input)
}

/// Whose staff the caller hands in.
fn employer_of(permission: &Permission) -> Result<EmployerId, Problem> {
    permission.asks_of_each_item();
    permission.caller().employer().ok_or_else(|| Problem::internal("no employer's administrator"))
}

pub(super) async fn create(
    state: &Data<AppState>,
    permission: Permission,
    input: Unjudged<BatchInput>,
    language: Language,
) -> Result<Made, Problem> {
    let input = read(state, &permission, &input)?;
    let (shared, now, today) = (state.clone(), whole_micros(state.clock.now()), state.clock.today());
    let id = VerificationBatchId::from_uuid(state.new_id());
    let author = permission.author();
    let write = move |db: &mut Recording<'_>| {
        let employer = employer_of(&permission)?;
        let book = shared.rule_books.current(db)?;
        // So that nobody is handed in twice at one moment, or who is erased, or whose file ends.
        let _ = hold_learners(db, &input.learners)?;
        let whose = (employer, input.year, &input.learners[..]);
        let judged = judged(db, (&permission, &book), whose, today)?;
        let shows = staff(&judged);
        let desk = Desk { state: &shared, permission: &permission, places: book.places(), now, today };
        let items = desk.hand_in(db, (id, employer, input.year), judged, language)?;
        shared.journal.shown(&permission, shows.iter().copied(), now)?;
        let filed = items.iter().filter(|item| item.result == ItemResult::Filed).count();
        let refused = items.len() - filed;
        db.after("verification_batch", id, Told { employer_id: employer, year: input.year, filed, refused });
        let body = MadeBody { batch_id: id, employer_id: employer, year: input.year, items };
        Ok(Made::at(format!("/v1/verification-batches/{id}"), &body)?.showing(&shows))
    };
    state.create(author, write).await
}

/// Those of whom the answer tells something, which are the employer's own.
fn staff(judged: &Judged) -> Vec<LearnerId> {
    let is_anothers = |reason: &Reason| reason.kind == ReasonKind::NotStaff;
    let own = |ready: &Result<Ready, Vec<Reason>>| ready.as_ref().err().is_none_or(|why| !why.iter().any(is_anothers));
    judged.iter().filter(|(_, ready)| own(ready)).map(|(id, _)| *id).collect()
}

/// Who hands in, where and when.
struct Desk<'d> {
    state: &'d AppState,
    permission: &'d Permission,
    places: &'d PlaceTree,
    now: OffsetDateTime,
    today: Date,
}

impl Desk<'_> {
    /// Opens a case for everyone whose year can be verified, and keeps the batch, be it that it holds nobody.
    fn hand_in(
        &self,
        db: &mut Db,
        (batch_id, employer_id, year): (VerificationBatchId, EmployerId, i32),
        judged: Judged,
        language: Language,
    ) -> Result<Vec<ItemBody>, Problem> {
        let (mut items, mut cases) = (Vec::with_capacity(judged.len()), Vec::new());
        for (learner_id, ready) in judged {
            let opened = match &ready {
                Ok(ready) => Some(self.open(db, ready, employer_id)?),
                Err(_) => None,
            };
            let recorded_at = self.now;
            cases.extend(opened.map(|case_id| VerificationCase {
                learner_id,
                case_id,
                batch_id,
                employer_id,
                year,
                recorded_at,
            }));
            items.push(item((learner_id, &ready), opened, language));
        }
        let recorded_by = self.permission.signature();
        let batch = VerificationBatch { batch_id, employer_id, year, recorded_at: self.now, recorded_by };
        insert_batch(db, &batch, &cases)?;
        Ok(items)
    }

    fn open(&self, db: &mut Db, ready: &Ready, employer: EmployerId) -> Result<CaseId, Problem> {
        let caller = self.permission.caller();
        let (id, learner) = (CaseId::from_uuid(self.state.new_id()), &ready.learner);
        let filed_by = Filing {
            name: self.permission.signature(),
            learner: None,
            seat: Seat::Employer,
            reach: caller.reach().cloned(),
        };
        let subject = Subject::YearVerification;
        let opening = Opening { id, subject, learner: learner.id, filed_by, hours: HoursLeft::Computed };
        open_case(db, &opening, (Some(employer), learner.place_on(self.today, None).cloned()), self.now)?;
        let asked = Asked::Submit { stages: ready.stages.clone() };
        let _ = act(db, &Acting::of(caller, self.places), Case::draft(opening), (None, asked), self.now)?;
        Ok(id)
    }
}

fn item(
    (learner_id, ready): (LearnerId, &Result<Ready, Vec<Reason>>),
    case_id: Option<CaseId>,
    language: Language,
) -> ItemBody {
    let (result, reasons) = match ready {
        Ok(_) => (ItemResult::Filed, &[][..]),
        Err(reasons) => (ItemResult::Refused, reasons.as_slice()),
    };
    let reasons = reasons.iter().map(|reason| explain::of_verification(reason).body(language)).collect();
    ItemBody { learner_id, result, case_id, reasons }
}

pub(super) async fn validate(
    state: &Data<AppState>,
    permission: Permission,
    input: Unjudged<BatchInput>,
    language: Language,
) -> Result<TrialBody, Problem> {
    let input = read(state, &permission, &input)?;
    let (shared, now, today) = (state.clone(), state.clock.now(), state.clock.today());
    let read = move |db: &mut Db| {
        let employer = employer_of(&permission)?;
        let book = shared.rule_books.current(db)?;
        let judged = judged(db, (&permission, &book), (employer, input.year, &input.learners), today)?;
        let items: Vec<ItemBody> = judged.iter().map(|(id, ready)| item((*id, ready), None, language)).collect();
        shared.journal.shown(&permission, staff(&judged), now)?;
        Ok(TrialBody { year: input.year, items })
    };
    state.store.read(read).await
}

pub(super) async fn find(
    state: &Data<AppState>,
    permission: Permission,
    id: VerificationBatchId,
) -> Result<BatchBody, Problem> {
    let (shared, now, today) = (state.clone(), state.clock.now(), state.clock.today());
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let batch = find_batch(db, id)?.ok_or_else(|| Problem::new(Kind::NotFound))?;
        let is_theirs = permission.caller().employer() == Some(batch.employer_id);
        let mut items = items_of(db, id)?;
        let learners: Vec<LearnerId> = items.iter().map(|(_, item)| item.learner_id).collect();
        let facts = load_learner_facts(db, &learners)?;
        let own = |facts: &&LearnerFacts| is_own(permission.caller(), book.places(), facts, today);
        let own: HashSet<LearnerId> = facts.iter().filter(own).map(|facts| facts.id).collect();
        if !is_theirs {
            items.retain(|(_, item)| own.contains(&item.learner_id));
        }
        // Who left is known by the file that was handed in: into which it went since is others' to know.
        let told = |(file, item): (LearnerId, BatchItemBody)| match own.contains(&item.learner_id) {
            true => item,
            false => BatchItemBody { learner_id: file, ..item },
        };
        let items: Vec<BatchItemBody> = items.into_iter().map(told).collect();
        permission.require(is_theirs || !items.is_empty())?;
        shared.journal.shown(&permission, items.iter().map(|item| item.learner_id), now)?;
        let VerificationBatch { employer_id, year, recorded_at, .. } = batch;
        Ok(BatchBody { batch_id: id, employer_id, year, filed_at: Moment(recorded_at), items })
    };
    state.store.read(read).await
}

/// Those who were handed in, by the file in which they were, with where each is: by a few queries, however many they are.
fn items_of(db: &mut Db, id: VerificationBatchId) -> Result<Vec<(LearnerId, BatchItemBody)>, Problem> {
    let rows = cases_of_batch(db, id)?;
    let files: Vec<LearnerId> = rows.iter().map(|row| row.learner_id).collect();
    let cases: Vec<CaseId> = rows.iter().map(|row| row.case_id).collect();
    let (last, steps) = (successors(db, &files)?, steps_in(db, &files)?);
    let phases: HashMap<CaseId, Phase> =
        kept_cases(db, &cases)?.into_iter().map(|kept| (kept.case_id, kept.phase)).collect();
    let mut items = Vec::with_capacity(rows.len());
    for row in rows {
        let missing = || Problem::internal(format!("{} has no case", row.case_id));
        let of_case = steps.iter().map(|(_, step)| step).filter(|step| step.case == row.case_id);
        let verified = verified(&of_case.cloned().collect::<Vec<_>>(), None).pop();
        let item = BatchItemBody {
            learner_id: last.get(&row.learner_id).copied().unwrap_or(row.learner_id),
            case_id: row.case_id,
            state: *phases.get(&row.case_id).ok_or_else(missing)?,
            verified_on: verified.map(|verified| Day(verified.on)),
        };
        items.push((row.learner_id, item));
    }
    Ok(items)
}

pub(super) async fn list(
    state: &Data<AppState>,
    permission: Permission,
    learner: LearnerId,
    page: Page,
) -> Result<Paged<VerificationBody>, Problem> {
    let (shared, now, today, after) = (state.clone(), state.clock.now(), state.clock.today(), page.after::<CaseId>()?);
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let facts = seen_by(db, (&permission, &book), learner, today)?;
        shared.journal.shown(&permission, [learner], now)?;
        let files = files_of(db, learner)?;
        let page = Paged::new(&page, page_of_verifications(db, &files, (after, page.fetch()))?, |last| last.case_id);
        page.try_map(|row| {
            let missing = || Problem::internal(format!("{} has no case", row.case_id));
            let case = find_case(db, row.case_id)?.ok_or_else(missing)?;
            Ok(shown(&Seen { case, learner: facts.clone(), files: files.clone() }, &row))
        })
    };
    state.store.read(read).await
}

/// A person whom the caller may see.
fn seen_by(
    db: &mut Db,
    (permission, book): (&Permission, &RuleBook),
    learner: LearnerId,
    today: Date,
) -> Result<LearnerFacts, Problem> {
    let facts = load_learner_facts(db, &[learner])?.pop().filter(|facts| !facts.places.is_empty());
    let facts = facts.ok_or_else(|| Problem::new(Kind::NotFound))?;
    permission.require(is_own(permission.caller(), book.places(), &facts, today))?;
    match facts.ended_in {
        Some(successor) => Err(Problem::learner_merged(successor)),
        None => Ok(facts),
    }
}
