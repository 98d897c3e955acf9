//! Use cases of exceptions: file, try, show, withdraw, annul.

use super::{
    body::{AnnulmentInput, ExceptionBody, ExceptionInput, TrialBody, TrialLineBody, YearBody},
    filed::{Filed, filed, stage},
    follow::follow,
    shown::{excepted, is_one, shown},
};
use crate::{
    audit::Recording,
    auth::Permission,
    explain::{self, ClauseBody},
    extract::{Page, Paged, Unjudged},
    idempotency::Made,
    problem::{Kind, Problem},
    recognition::{
        case::{Acting, Held, Seen, act, filed_by_office, files_of, is_own, visible, withdraw_filed},
        shown::CaseBody,
    },
    roll::CategoryHours,
    state::AppState,
    text::Language,
};
use actix_web::web::Data;
use domain::{
    hour_ledger::{Question, Standing, standing},
    kernel::{CaseId, EntryId, LearnerId},
    policy::RuleBook,
    registry::in_force,
    review::{Asked, Case, HoursLeft, Opening, Subject, revokers},
    roll::Said,
};
use serde::Serialize;
use store::{
    Db,
    exceptions::{OfficeException, insert_exception, page_of_exceptions},
    registry::{hold_learners, load_learner_facts},
    review::{find_case, open_case},
    whole_micros,
};
use time::{Date, OffsetDateTime};

/// What an event tells of an exception: nothing that names a document or a person.
#[derive(Serialize)]
struct Told {
    learner_id: LearnerId,
    year: i32,
    met: bool,
    state: &'static str,
}

impl ExceptionBody {
    fn told(&self) -> Told {
        let excepted = &self.excepted;
        Told { learner_id: excepted.learner_id, year: excepted.year, met: excepted.met, state: self.review.state() }
    }
}

pub(super) async fn create(
    state: &Data<AppState>,
    permission: Permission,
    input: Unjudged<ExceptionInput>,
    language: Language,
) -> Result<Made, Problem> {
    let (shared, now, today) = (state.clone(), whole_micros(state.clock.now()), state.clock.today());
    let id = CaseId::from_uuid(state.new_id());
    let author = permission.author();
    let write = move |db: &mut Recording<'_>| {
        let book = shared.rule_books.current(db)?;
        // So that nothing is granted to somebody who is erased, or whose file ends, at this moment.
        let _ = hold_learners(db, &[input.as_read().learner_id])?;
        let filed = filed(db, (&permission, &book), &input, (today, language))?;
        let stage = stage(&filed.possible, book.places())?;
        let filed_by = filed_by_office(&permission, book.places());
        let (learner, subject, hours) = (filed.learner.id, Subject::OfficeException, HoursLeft::Computed);
        let opening = Opening { id, subject, learner, filed_by, hours };
        let employer = in_force(&filed.learner.employers, today, None).and_then(|fact| fact.value);
        open_case(db, &opening, (employer, filed.learner.place_on(today, None).cloned()), now)?;
        insert_exception(db, &row(&filed, id, (now, permission.signature())))?;
        let acting = Acting::of(permission.caller(), book.places());
        let case = act(db, &acting, Case::draft(opening), (None, Asked::Submit { stages: vec![stage] }), now)?;
        let body = body(db, &permission, &Seen { case, learner: filed.learner, files: filed.files }, now)?;
        shared.journal.shown(&permission, [learner], now)?;
        db.after("exception", id, body.told());
        Ok(Made::at(format!("/v1/exceptions/{id}"), &body)?.showing(&[learner]))
    };
    state.create(author, write).await
}

fn row(filed: &Filed, case_id: CaseId, (recorded_at, recorded_by): (OffsetDateTime, String)) -> OfficeException {
    OfficeException {
        learner_id: filed.learner.id,
        case_id,
        year: filed.input.year,
        stated: filed.stated.clone(),
        decided_on: filed.decided_on,
        reason: Some(filed.input.reason.trim().to_owned()),
        document: Some(filed.input.document.trim().to_owned()),
        recorded_at,
        recorded_by,
    }
}

pub(super) async fn validate(
    state: &Data<AppState>,
    permission: Permission,
    input: Unjudged<ExceptionInput>,
    language: Language,
) -> Result<TrialBody, Problem> {
    let (shared, now, today) = (state.clone(), state.clock.now(), state.clock.today());
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let filed = filed(db, (&permission, &book), &input, (today, language))?;
        shared.journal.shown(&permission, [filed.learner.id], now)?;
        Ok(trial(&shared, &book, filed, (now, today, language)))
    };
    state.store.read(read).await
}

/// What an approval would record, and what the year would be then.
fn trial(
    state: &AppState,
    book: &RuleBook,
    filed: Filed,
    (now, today, language): (OffsetDateTime, Date, Language),
) -> TrialBody {
    let Filed { learner, mut entries, input, stated, possible, .. } = filed;
    let (year, mut new_id) = (input.year, || EntryId::from_uuid(state.new_id()));
    let said = Said { roll: CaseId::from_uuid(state.new_id()), at: now, by: "trial" };
    let lines = possible.lines((learner.id, year, &stated), (&said, 1), &mut new_id);
    let told: Vec<TrialLineBody> =
        lines.iter().map(|line| TrialLineBody { category: line.category.clone(), hours: line.hours }).collect();
    entries.extend(lines);
    let after = standing(&Question { book, learner: &learner, year, entries: &entries, today, known_at: None });
    let provision = &possible.provision;
    TrialBody {
        learner_id: learner.id,
        year,
        lines: told,
        before: year_of(&possible.before, language),
        after: year_of(&after, language),
        office: provision.office.clone(),
        policy_id: provision.policy.id,
        clauses: provision.cite.iter().map(ClauseBody::from).collect(),
    }
}

fn year_of(standing: &Standing, language: Language) -> YearBody {
    let missing = standing.nodes.iter().filter(|node| node.short.is_positive());
    YearBody {
        verdict: standing.verdict,
        verdict_text: explain::verdict(standing.verdict, standing.open).in_language(language).to_owned(),
        missing: missing.map(|node| CategoryHours::of(node.code.as_str(), node.short)).collect(),
    }
}

/// An exception that the caller may see.
fn seen_by(
    db: &mut Db,
    (permission, book): (&Permission, &RuleBook),
    (id, held): (CaseId, Held),
    today: Date,
) -> Result<Seen, Problem> {
    let seen = visible(db, (permission, book.places()), (id, held), today)?;
    if is_one(&seen.case) { Ok(seen) } else { Err(Problem::new(Kind::NotFound)) }
}

pub(super) async fn find(state: &Data<AppState>, permission: Permission, id: CaseId) -> Result<ExceptionBody, Problem> {
    let (shared, now, today) = (state.clone(), state.clock.now(), state.clock.today());
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let seen = seen_by(db, (&permission, &book), (id, Held::No), today)?;
        shared.journal.shown(&permission, [seen.learner.id], now)?;
        body(db, &permission, &seen, now)
    };
    state.store.read(read).await
}

pub(super) async fn list(
    state: &Data<AppState>,
    permission: Permission,
    learner: LearnerId,
    page: Page,
) -> Result<Paged<ExceptionBody>, Problem> {
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
        let page = Paged::new(&page, page_of_exceptions(db, &files, (after, page.fetch()))?, |last| last.case_id);
        let mut items = Vec::with_capacity(page.items.len());
        for filed in page.items {
            let id = filed.case_id;
            let case = find_case(db, id)?.ok_or_else(|| Problem::internal(format!("{id} has no case")))?;
            let seen = Seen { case, learner: facts.clone(), files: files.clone() };
            let review = CaseBody::of(&seen.case, permission.caller(), now);
            items.push(ExceptionBody { excepted: shown(db, &seen, filed)?, review });
        }
        Ok(Paged { items, next_cursor: page.next_cursor })
    };
    state.store.read(read).await
}

/// Takes an exception back that is not decided yet.
pub(super) async fn withdraw(
    state: &Data<AppState>,
    permission: Permission,
    id: CaseId,
) -> Result<ExceptionBody, Problem> {
    let (shared, now, today) = (state.clone(), whole_micros(state.clock.now()), state.clock.today());
    let author = permission.author();
    let write = move |db: &mut Recording<'_>| {
        let book = shared.rule_books.current(db)?;
        let seen = seen_by(db, (&permission, &book), (id, Held::Yes), today)?;
        let before = body(db, &permission, &seen, now)?;
        db.before(&before.told());
        let seen = withdraw_filed(db, (&permission, book.places()), seen, now)?;
        let body = body(db, &permission, &seen, now)?;
        shared.journal.shown(&permission, [seen.learner.id], now)?;
        db.after("exception", id, body.told());
        Ok(body)
    };
    state.write(author, write).await
}

/// Annuls an exception, which is that its approval is taken back by the office that gave it.
pub(super) async fn annul(
    state: &Data<AppState>,
    permission: Permission,
    id: CaseId,
    input: Unjudged<AnnulmentInput>,
    language: Language,
) -> Result<ExceptionBody, Problem> {
    let (shared, now, today) = (state.clone(), whole_micros(state.clock.now()), state.clock.today());
    let author = permission.author();
    let write = move |db: &mut Recording<'_>| {
        let book = shared.rule_books.current(db)?;
        let seen = input.after(seen_by(db, (&permission, &book), (id, Held::Yes), today))?;
        let (number, reason) = input.judged(|input, _| Ok(Some((input.seen, input.reason.clone()))))?;
        let before = body(db, &permission, &seen, now)?;
        db.before(&before.told());
        let asked = Asked::Revoke { reason, offices: revokers(&seen.case, &seen.learner, today) };
        let number = number.and_then(|number| u32::try_from(number).ok());
        let acting = Acting::of(permission.caller(), book.places());
        let case = act(db, &acting, seen.case.clone(), (number, asked), now)?;
        let seen = Seen { case, ..seen };
        follow(db, (&shared, &book), &seen, (&permission.signature(), now, today, language))?;
        let body = body(db, &permission, &seen, now)?;
        shared.journal.shown(&permission, [seen.learner.id], now)?;
        db.after("exception", id, body.told());
        Ok(body)
    };
    state.write(author, write).await
}

fn body(db: &mut Db, permission: &Permission, seen: &Seen, now: OffsetDateTime) -> Result<ExceptionBody, Problem> {
    Ok(ExceptionBody { excepted: excepted(db, seen)?, review: CaseBody::of(&seen.case, permission.caller(), now) })
}
