//! Use cases of findings: file, try, show, withdraw, annul.

use super::{
    body::{AnnulmentInput, FindingBody, FindingInput, FoundLineBody, TrialBody},
    follow::follow,
    judge::{Ledger, computed, named},
    shown::{SanctionBody, found, ids, is_told, shown},
};
use crate::{
    audit::Recording,
    auth::{Caller, Permission},
    extract::{Page, Paged, Unjudged},
    idempotency::Made,
    problem::{Kind, Problem},
    recognition::{
        case::{Acting, Held, Seen, act, filed_by_office, files_of, is_own, open_file, visible, withdraw_filed},
        shown::CaseBody,
    },
    state::AppState,
    text::Language,
};
use actix_web::web::Data;
use domain::{
    hour_ledger::Entry,
    kernel::{CaseId, LearnerId},
    policy::{RuleBook, shape::Cause},
    registry::{LearnerFacts, in_force},
    review::{Asked, Case, HoursLeft, Opening, Subject, own_office, revokers},
};
use serde::Serialize;
use store::{
    Db,
    findings::{Alleged, insert_finding, page_of_findings},
    registry::{hold_learners, load_learner_facts},
    review::{find_case, open_case},
    whole_micros,
};
use time::{Date, OffsetDateTime};

/// What an event tells of a finding: nothing that names a document or a person.
#[derive(Serialize)]
struct Told {
    learner_id: LearnerId,
    cause: Cause,
    decided_on: String,
    lines: usize,
    state: &'static str,
}

impl FindingBody {
    fn told(&self) -> Told {
        Told {
            learner_id: self.found.learner_id,
            cause: self.found.cause,
            decided_on: self.found.decided_on.0.to_string(),
            lines: self.found.lines.len(),
            state: self.review.state(),
        }
    }
}

/// What is found of whom, judged.
struct Judged {
    learner: LearnerFacts,
    files: Vec<LearnerId>,
    input: FindingInput,
    lines: Vec<Entry>,
    entries: Vec<Entry>,
}

fn judged(
    db: &mut Db,
    (permission, book): (&Permission, &RuleBook),
    input: &Unjudged<FindingInput>,
    today: Date,
) -> Result<Judged, Problem> {
    let may = |facts: &LearnerFacts| {
        permission.require_file(is_own(permission.caller(), book.places(), facts, today), facts.id)
    };
    let learner = input.after_named(&["/learner_id"], open_file(db, input.as_read().learner_id, may))?;
    let files = files_of(db, learner.id)?;
    let Ledger { entries } = Ledger::of(db, &files)?;
    let own: Vec<Entry> = entries.iter().filter(|line| line.learner == learner.id).cloned().collect();
    let (input, lines) = input.judged(|input, faults| {
        let lines = named((permission, book), input, (&own, today), faults);
        Ok(lines.map(|lines| (input.clone(), lines.into_iter().cloned().collect())))
    })?;
    Ok(Judged { learner, files, input, lines, entries })
}

pub(super) async fn create(
    state: &Data<AppState>,
    permission: Permission,
    input: Unjudged<FindingInput>,
    language: Language,
) -> Result<Made, Problem> {
    let (shared, now, today) = (state.clone(), whole_micros(state.clock.now()), state.clock.today());
    let id = CaseId::from_uuid(state.new_id());
    let author = permission.author();
    let write = move |db: &mut Recording<'_>| {
        let book = shared.rule_books.current(db)?;
        // So that nothing is found of somebody who is erased, or whose file ends, at this moment.
        let _ = hold_learners(db, &[input.as_read().learner_id])?;
        let Judged { learner, files, input, lines, .. } = judged(db, (&permission, &book), &input, today)?;
        let place = learner.place_on(today, None).cloned();
        let stage = own_office(place.as_ref(), book.places()).map_err(|_| Problem::new(Kind::NoRoute))?;
        let filed_by = filed_by_office(&permission, book.places());
        let opening =
            Opening { id, subject: Subject::FraudFinding, learner: learner.id, filed_by, hours: HoursLeft::Computed };
        let employer = in_force(&learner.employers, today, None).and_then(|fact| fact.value);
        open_case(db, &opening, (employer, place), now)?;
        insert_finding(db, &alleged(&input, (learner.id, id), (now, permission.signature())), &ids(&lines))?;
        let acting = Acting::of(permission.caller(), book.places());
        let case = act(db, &acting, Case::draft(opening), (None, Asked::Submit { stages: vec![stage] }), now)?;
        let seen = Seen { case, learner, files };
        let body = body(db, (&book, &permission), &seen, (now, language))?;
        shared.journal.shown(&permission, [seen.learner.id], now)?;
        db.after("finding", id, body.told());
        Ok(Made::at(format!("/v1/findings/{id}"), &body)?.showing(&[seen.learner.id]))
    };
    state.create(author, write).await
}

fn alleged(
    input: &FindingInput,
    (learner_id, case_id): (LearnerId, CaseId),
    (recorded_at, recorded_by): (OffsetDateTime, String),
) -> Alleged {
    let document = Some(input.document.trim().to_owned());
    Alleged {
        learner_id,
        case_id,
        cause: input.cause,
        decided_on: input.decided_on.0,
        document,
        recorded_at,
        recorded_by,
    }
}

pub(super) async fn validate(
    state: &Data<AppState>,
    permission: Permission,
    input: Unjudged<FindingInput>,
    language: Language,
) -> Result<TrialBody, Problem> {
    let (shared, now, today) = (state.clone(), state.clock.now(), state.clock.today());
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let Judged { learner, input, lines, entries, .. } = judged(db, (&permission, &book), &input, today)?;
        shared.journal.shown(&permission, [learner.id], now)?;
        let sanctions = computed(&book, &learner, (input.cause, input.decided_on.0), &lines);
        Ok(TrialBody {
            learner_id: learner.id,
            lines: lines.iter().map(|line| FoundLineBody::of(line, &entries)).collect(),
            sanctions: sanctions.iter().map(|one| SanctionBody::of(one, language)).collect(),
        })
    };
    state.store.read(read).await
}

/// A finding that the caller may see.
fn seen_by(
    db: &mut Db,
    (permission, book): (&Permission, &RuleBook),
    (id, held): (CaseId, Held),
    today: Date,
) -> Result<Seen, Problem> {
    let seen = visible(db, (permission, book.places()), (id, held), today)?;
    match seen.case.opening().subject == Subject::FraudFinding && is_told(permission, &seen.case) {
        true => Ok(seen),
        false => Err(Problem::new(Kind::NotFound)),
    }
}

pub(super) async fn find(
    state: &Data<AppState>,
    permission: Permission,
    id: CaseId,
    language: Language,
) -> Result<FindingBody, Problem> {
    let (shared, now, today) = (state.clone(), state.clock.now(), state.clock.today());
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let seen = seen_by(db, (&permission, &book), (id, Held::No), today)?;
        shared.journal.shown(&permission, [seen.learner.id], now)?;
        body(db, (&book, &permission), &seen, (now, language))
    };
    state.store.read(read).await
}

pub(super) async fn list(
    state: &Data<AppState>,
    permission: Permission,
    learner: LearnerId,
    page: Page,
    language: Language,
) -> Result<Paged<FindingBody>, Problem> {
    let (shared, now, today, after) = (state.clone(), state.clock.now(), state.clock.today(), page.after::<CaseId>()?);
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let facts = load_learner_facts(db, &[learner])?.pop().filter(|facts| !facts.places.is_empty());
        let facts = facts.ok_or_else(|| Problem::new(Kind::NotFound))?;
        permission.require_file(is_own(permission.caller(), book.places(), &facts, today), facts.id)?;
        if let Some(successor) = facts.ended_in {
            return Err(Problem::learner_merged(successor));
        }
        shared.journal.shown(&permission, [learner], now)?;
        let files = files_of(db, learner)?;
        let decided = matches!(permission.caller(), Caller::Learner(_));
        let page = Paged::new(&page, page_of_findings(db, &files, decided, (after, page.fetch()))?, |last| {
            last.alleged.case_id
        });
        let mut items = Vec::with_capacity(page.items.len());
        for found in page.items {
            let id = found.alleged.case_id;
            let case = find_case(db, id)?.ok_or_else(|| Problem::internal(format!("{id} has no case")))?;
            let seen = Seen { case, learner: facts.clone(), files: files.clone() };
            let review = CaseBody::of(&seen.case, permission.caller(), now);
            items.push(FindingBody { found: shown(db, &book, (&seen, found), language)?, review });
        }
        Ok(Paged { items, next_cursor: page.next_cursor })
    };
    state.store.read(read).await
}

/// Takes a finding back that is not decided yet.
pub(super) async fn withdraw(
    state: &Data<AppState>,
    permission: Permission,
    id: CaseId,
    language: Language,
) -> Result<FindingBody, Problem> {
    let (shared, now, today) = (state.clone(), whole_micros(state.clock.now()), state.clock.today());
    let author = permission.author();
    let write = move |db: &mut Recording<'_>| {
        let book = shared.rule_books.current(db)?;
        let seen = seen_by(db, (&permission, &book), (id, Held::Yes), today)?;
        let before = body(db, (&book, &permission), &seen, (now, language))?;
        db.before(&before.told());
        let seen = withdraw_filed(db, (&permission, book.places()), seen, now)?;
        let body = body(db, (&book, &permission), &seen, (now, language))?;
        shared.journal.shown(&permission, [seen.learner.id], now)?;
        db.after("finding", id, body.told());
        Ok(body)
    };
    state.write(author, write).await
}

/// Annuls a finding, which is that its approval is taken back by the office that gave it.
pub(super) async fn annul(
    state: &Data<AppState>,
    permission: Permission,
    id: CaseId,
    input: Unjudged<AnnulmentInput>,
    language: Language,
) -> Result<FindingBody, Problem> {
    let (shared, now, today) = (state.clone(), whole_micros(state.clock.now()), state.clock.today());
    let author = permission.author();
    let write = move |db: &mut Recording<'_>| {
        let book = shared.rule_books.current(db)?;
        let seen = input.after(seen_by(db, (&permission, &book), (id, Held::Yes), today))?;
        let said = input.judged(|input, _| {
            let number = input.seen.and_then(|seen| u32::try_from(seen).ok());
            Ok(Some((
                number,
                Asked::Revoke { reason: input.reason.clone(), offices: revokers(&seen.case, &seen.learner, today) },
            )))
        })?;
        let before = body(db, (&book, &permission), &seen, (now, language))?;
        db.before(&before.told());
        let acting = Acting::of(permission.caller(), book.places());
        let case = act(db, &acting, seen.case.clone(), said, now)?;
        let seen = Seen { case, ..seen };
        follow(db, (&shared, &book), &seen, (&permission.signature(), now))?;
        let body = body(db, (&book, &permission), &seen, (now, language))?;
        shared.journal.shown(&permission, [seen.learner.id], now)?;
        db.after("finding", id, body.told());
        Ok(body)
    };
    state.write(author, write).await
}

fn body(
    db: &mut Db,
    (book, permission): (&RuleBook, &Permission),
    seen: &Seen,
    (now, language): (OffsetDateTime, Language),
) -> Result<FindingBody, Problem> {
    let found = found(db, book, seen, language)?;
    Ok(FindingBody { found, review: CaseBody::of(&seen.case, permission.caller(), now) })
}
