//! Use cases of reviews: what waits, one case, and what an office does to it.

use super::body::{QueueBody, QueueQuery, ReviewBody, Said};
use crate::{
    audit::Recording,
    auth::Permission,
    changes::{Happened, record},
    findings,
    problem::{Kind, Problem},
    provisional,
    recognition::{
        self,
        case::{Acting, Held, Seen, act, visible},
        shown::CaseBody,
    },
    state::AppState,
    text::{Language, Text},
};
use actix_web::web::Data;
use domain::{
    kernel::CaseId,
    policy::RuleBook,
    review::{Action, Asked, State, Subject, order, revokers},
};
use serde::Serialize;
use store::{
    Db,
    review::{Narrowed, find_case, waiting},
    whole_micros,
};
use time::{Date, OffsetDateTime};

/// How many cases of a queue are lined up: the units among those with the earliest deadlines take turns.
const WINDOW: i64 = 1_000;

pub(super) async fn queue(
    state: &Data<AppState>,
    permission: Permission,
    query: QueueQuery,
    language: Language,
) -> Result<QueueBody, Problem> {
    let (shared, now, today) = (state.clone(), state.clock.now(), state.clock.today());
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let acting = Acting::of(permission.scoped_by(), book.places());
        let narrowed = Narrowed { employer: query.employer, due_until: query.due_until.map(|day| day.0) };
        let candidates = waiting(db, acting.holds(), (acting.actor().name, now), narrowed, WINDOW)?;
        let limit = usize::from(query.limit);
        let more = candidates.len() > limit;
        let mut items = Vec::new();
        for candidate in order(candidates).into_iter().take(limit) {
            let Some(case) = find_case(db, candidate.case)? else { continue };
            let seen = Seen::of(db, case)?;
            shared.journal.shown(&permission, [seen.learner.id], now)?;
            items.push(body(db, (&book, &permission), &seen, (now, today, language))?);
        }
        Ok(QueueBody { items, more })
    };
    state.store.read(read).await
}

pub(super) async fn find(
    state: &Data<AppState>,
    permission: Permission,
    id: CaseId,
    language: Language,
) -> Result<ReviewBody, Problem> {
    let (shared, now, today) = (state.clone(), state.clock.now(), state.clock.today());
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let seen = visible(db, (&permission, book.places()), (id, Held::No), today)?;
        findings::of_offices(&permission, &seen.case)?;
        shared.journal.shown(&permission, [seen.learner.id], now)?;
        body(db, (&book, &permission), &seen, (now, today, language))
    };
    state.store.read(read).await
}

pub(super) fn body(
    db: &mut Db,
    (book, permission): (&RuleBook, &Permission),
    seen: &Seen,
    (now, today, language): (OffsetDateTime, Date, Language),
) -> Result<ReviewBody, Problem> {
    let (mut recognition, mut finding, mut provisional) = (None, None, None);
    match seen.case.opening().subject {
        Subject::Recognition => recognition = Some(recognition::claimed(db, book, seen, (today, language))?),
        Subject::FraudFinding => finding = Some(findings::found(db, book, seen, language)?),
        Subject::ProvisionalHours => provisional = Some(provisional::pending(db, seen, language)?),
        Subject::FileCorrection | Subject::OfficeException => {}
    }
    Ok(ReviewBody { case: CaseBody::of(&seen.case, permission.caller(), now), recognition, finding, provisional })
}

/// What an event tells of what was done to a case.
#[derive(Serialize)]
pub(super) struct Told {
    learner_id: domain::kernel::LearnerId,
    state: &'static str,
    stage: Option<usize>,
    number: u32,
}

impl Told {
    pub(super) fn of(seen: &Seen) -> Self {
        let state = seen.case.state();
        let (state, stage) = (domain::kernel::Words::as_str(state.phase()), state.stage());
        Self { learner_id: seen.learner.id, state, stage, number: seen.case.number() }
    }
}

/// Where and when something is decided.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) state: &'a AppState,
    pub(super) book: &'a RuleBook,
    pub(super) permission: &'a Permission,
    pub(super) now: OffsetDateTime,
    pub(super) today: Date,
    pub(super) language: Language,
}

/// Does something to a case that is held, with all that follows from it.
pub(super) fn done(db: &mut Db, at: At<'_>, seen: Seen, (number, asked): Said) -> Result<Seen, Problem> {
    let acting = Acting::of(at.permission.caller(), at.book.places());
    let action = asked.action();
    let asked = match asked {
        Asked::Revoke { reason, .. } => {
            Asked::Revoke { reason, offices: revokers(&seen.case, &seen.learner, at.today) }
        }
        other => other,
    };
    if action == Action::ReturnForCompletion {
        may_be_returned(&seen)?;
    }
    let case = act(db, &acting, seen.case, (number, asked), at.now)?;
    let seen = Seen { case, ..seen };
    let by = at.permission.signature();
    match seen.case.opening().subject {
        Subject::Recognition => {}
        Subject::FraudFinding => {
            findings::follow(db, (at.state, at.book), &seen, (&by, at.now))?;
            return Ok(seen);
        }
        Subject::ProvisionalHours => {
            provisional::follow(db, at.state, &seen, (&by, at.now))?;
            return Ok(seen);
        }
        Subject::FileCorrection | Subject::OfficeException => return Ok(seen),
    }
    let to_be_said = (at.today, at.language);
    match seen.case.state() {
        State::Approved => {
            recognition::credit(db, at.state, at.book, &seen, (&by, at.now, at.today, at.language))?;
        }
        // What an earlier stage grants has to keep to the rules as well.
        State::Waiting { .. } if action == Action::Approve => recognition::possible(db, at.book, &seen, to_be_said)?,
        State::Revoked => recognition::revoke(db, at.state, &seen, (&by, at.now))?,
        State::Refused => record(db, at.now, vec![Happened::recognised(seen.learner.id, "refused", None)])?,
        _ => {}
    }
    Ok(seen)
}

/// Refuses to return what nobody could hand in anew.
fn may_be_returned(seen: &Seen) -> Result<(), Problem> {
    let words = match seen.case.opening().subject {
        // It is right, or it is refused and filed anew.
        Subject::FraudFinding => {
            Text::new("认定只能批准或不予批准，不能退回补正", "a finding is approved or refused, not returned")
        }
        // Whoever pushed it corrects it by another item, which takes its place.
        Subject::ProvisionalHours => Text::new(
            "待核学时只能予以计入或不予计入，不能退回补正；有误的由平台推送更正",
            "hours that wait are counted or refused, not returned: what is wrong with them the platform corrects",
        ),
        Subject::Recognition | Subject::FileCorrection | Subject::OfficeException => return Ok(()),
    };
    let problem = Problem::new(Kind::ReviewNotNow).detail(words).with("state", seen.case.state().phase());
    Err(problem.with("action", Action::ReturnForCompletion))
}

pub(super) async fn decide(
    state: &Data<AppState>,
    permission: Permission,
    id: CaseId,
    said: impl Fn(Result<Seen, Problem>) -> Result<(Seen, Said), Problem> + Send + 'static,
    language: Language,
) -> Result<ReviewBody, Problem> {
    let (shared, now, today) = (state.clone(), whole_micros(state.clock.now()), state.clock.today());
    let author = permission.author();
    let write = move |db: &mut Recording<'_>| {
        let book = shared.rule_books.current(db)?;
        let found = visible(db, (&permission, book.places()), (id, Held::Yes), today);
        let (seen, said) = said(found.and_then(|seen| findings::of_offices(&permission, &seen.case).map(|()| seen)))?;
        db.before(&Told::of(&seen));
        let at = At { state: &shared, book: &book, permission: &permission, now, today, language };
        let seen = done(db, at, seen, said)?;
        let body = body(db, (&book, &permission), &seen, (now, today, language))?;
        shared.journal.shown(&permission, [seen.learner.id], now)?;
        db.after("review", id, Told::of(&seen));
        Ok(body)
    };
    state.write(author, write).await.map_err(|problem| match problem.kind() {
        // Nobody else writes to a case that is held; were it otherwise, whoever comes second may ask again.
        Kind::Conflict => Problem::new(Kind::ReviewSettled),
        _ => problem,
    })
}
