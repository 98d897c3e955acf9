//! Use cases of reviews: what waits, one case, and what an office does to it.

use super::body::{QueueBody, QueueQuery, ReviewBody, Said};
use crate::{
    audit::Recording,
    auth::{Caller, Permission},
    changes::{Happened, record},
    corrections, exceptions, findings,
    problem::{Kind, Problem},
    provisional,
    recognition::{
        self,
        case::{Acting, Held, Seen, act, visible},
        shown::CaseBody,
    },
    registry::{Corrected, Occasion},
    state::AppState,
    text::{Language, Text},
    verification,
};
use actix_web::web::Data;
use domain::{
    access::Role,
    kernel::CaseId,
    policy::RuleBook,
    review::{Action, Asked, Case, State, Subject, order, revokers},
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
        let at = At { state: &shared, book: &book, permission: &permission, now, today, language, ahead: None };
        for candidate in order(candidates).into_iter().take(limit) {
            let Some(case) = find_case(db, candidate.case)? else { continue };
            let seen = Seen::of(db, case)?;
            shared.journal.shown_among(&permission, [seen.learner.id], now)?;
            items.push(body(db, at, &seen)?);
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
        for_offices(&permission, &seen.case)?;
        shared.journal.shown(&permission, [seen.learner.id], now)?;
        let at = At { state: &shared, book: &book, permission: &permission, now, today, language, ahead: None };
        body(db, at, &seen)
    };
    state.store.read(read).await
}

/// Refuses everyone but officers, of a case that is theirs alone: what an office looks into is nobody else's before it is decided, and what
/// a learner asks to have corrected, and an office to grant by exception, never is. The person asks for them elsewhere.
///
/// # Errors
/// `not_found`.
pub(super) fn for_offices(permission: &Permission, case: &Case) -> Result<(), Problem> {
    let officer = matches!(permission.caller(), Caller::Official { role: Role::Officer, .. });
    let of_offices = [Subject::FraudFinding, Subject::FileCorrection, Subject::OfficeException];
    let theirs = of_offices.contains(&case.opening().subject);
    if officer || !theirs { Ok(()) } else { Err(Problem::new(Kind::NotFound)) }
}

pub(super) fn body(db: &mut Db, at: At<'_>, seen: &Seen) -> Result<ReviewBody, Problem> {
    let (mut recognition, mut finding, mut provisional, mut correction) = (None, None, None, None);
    let (mut exception, mut verified) = (None, None);
    match seen.case.opening().subject {
        Subject::Recognition => recognition = Some(recognition::claimed(db, at.book, seen, (at.today, at.language))?),
        Subject::FraudFinding => finding = Some(findings::found(db, at.book, seen, at.language)?),
        Subject::FileCorrection => correction = Some(corrections::asked(db, at.occasion(), seen)?),
        Subject::ProvisionalHours => provisional = Some(provisional::pending(db, seen, at.language)?),
        Subject::OfficeException => exception = Some(exceptions::excepted(db, seen)?),
        Subject::YearVerification => verified = Some(verification::verification(db, seen)?),
    }
    let case = CaseBody::of(&seen.case, at.permission.caller(), at.now);
    Ok(ReviewBody { case, recognition, finding, provisional, correction, exception, verification: verified })
}

/// What an event tells of what was done to a case.
#[derive(Serialize)]
pub(super) struct Told {
    learner_id: domain::kernel::LearnerId,
    state: &'static str,
    stage: Option<usize>,
    number: u32,
    /// What of the file an approval corrected. On what ground, says the case that the event is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    corrected: Option<Corrected>,
}

impl Told {
    pub(super) fn of(seen: &Seen) -> Self {
        let state = seen.case.state();
        let (state, stage) = (domain::kernel::Words::as_str(state.phase()), state.stage());
        Self { learner_id: seen.learner.id, state, stage, number: seen.case.number(), corrected: None }
    }
}

/// A case to which something was done, and what of its person's file that corrected.
pub(super) struct Done {
    pub(super) seen: Seen,
    pub(super) corrected: Option<Corrected>,
}

impl From<Seen> for Done {
    fn from(seen: Seen) -> Self {
        Self { seen, corrected: None }
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
    /// What was read ahead for many decisions about years.
    pub(super) ahead: Option<&'a verification::Ahead>,
}

impl<'a> At<'a> {
    fn occasion(self) -> Occasion<'a> {
        let Self { state, book, permission, now, today, .. } = self;
        Occasion { state, permission, tree: book.places(), now, today }
    }
}

/// Does something to a case that is held, with all that follows from it.
pub(super) fn done(db: &mut Db, at: At<'_>, seen: Seen, (number, asked): Said) -> Result<Done, Problem> {
    let acting = Acting::of(at.permission.caller(), at.book.places());
    let action = asked.action();
    let asked = match asked {
        Asked::Revoke { reason, .. } => {
            Asked::Revoke { reason, offices: revokers(&seen.case, &seen.learner, at.today) }
        }
        other => other,
    };
    never(&seen.case, action)?;
    let case = act(db, &acting, seen.case, (number, asked), at.now)?;
    let seen = Seen { case, ..seen };
    let by = at.permission.signature();
    match seen.case.opening().subject {
        Subject::Recognition => {}
        Subject::FraudFinding => {
            findings::follow(db, (at.state, at.book), &seen, (&by, at.now))?;
            return Ok(seen.into());
        }
        Subject::ProvisionalHours => {
            provisional::follow(db, at.state, &seen, (&by, at.now))?;
            return Ok(seen.into());
        }
        Subject::FileCorrection => {
            let corrected = corrections::follow(db, at.occasion(), &seen)?;
            return Ok(Done { seen, corrected });
        }
        Subject::OfficeException => {
            exceptions::follow(db, (at.state, at.book), &seen, (&by, at.now, at.today, at.language))?;
            return Ok(seen.into());
        }
        Subject::YearVerification => {
            verification::follow(db, at.book, (&seen, at.ahead), (at.now, at.today, at.language))?;
            return Ok(seen.into());
        }
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
    Ok(seen.into())
}

/// Refuses what is never done to a case of its kind, whatever the machine would let happen.
fn never(case: &Case, action: Action) -> Result<(), Problem> {
    let words = match (case.opening().subject, action) {
        // There is no handing in anew of what an office found: it is right, or it is refused and filed anew.
        (Subject::FraudFinding, Action::ReturnForCompletion) => {
            Text::new("认定只能批准或不予批准，不能退回补正", "a finding is approved or refused, not returned")
        }
        (Subject::OfficeException, Action::ReturnForCompletion) => Text::new(
            "例外认定只能批准或不予批准，不能退回补正；有误的另行提出",
            "an exception is approved or refused, not returned: what is wrong with it is filed anew",
        ),
        (Subject::YearVerification, Action::ReturnForCompletion) => Text::new(
            "年度验证只能批准或不予批准，不能退回补正；不予批准的由用人单位另行报送",
            "a year is verified or refused, not returned: one that is refused the employer hands in anew",
        ),
        (Subject::FileCorrection, Action::ReturnForCompletion) => Text::new(
            "更正申请只能同意或不予办理，不能退回补正；需补正的由学员另行申请",
            "a correction is approved or refused, not returned; what is lacking the learner says in another request",
        ),
        // Whoever pushed it corrects it by another item, which takes its place.
        (Subject::ProvisionalHours, Action::ReturnForCompletion) => Text::new(
            "待核学时只能予以计入或不予计入，不能退回补正；有误的由平台推送更正",
            "hours that wait are counted or refused, not returned: what is wrong with them the platform corrects",
        ),
        // Nothing is un-corrected: what stands in the file stands there from then on.
        (Subject::FileCorrection, Action::Revoke) => Text::new(
            "已办理的更正不能撤销；确有错误的，另行更正",
            "a correction is not taken back: what is wrong is corrected by another one",
        ),
        _ => return Ok(()),
    };
    let problem = Problem::new(Kind::ReviewNotNow).detail(words).with("state", case.state().phase());
    Err(problem.with("action", action))
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
        let (seen, said) = said(found.and_then(|seen| for_offices(&permission, &seen.case).map(|()| seen)))?;
        db.before(&Told::of(&seen));
        let at = At { state: &shared, book: &book, permission: &permission, now, today, language, ahead: None };
        let Done { seen, corrected } = done(db, at, seen, said)?;
        let body = body(db, at, &seen)?;
        shared.journal.shown(&permission, [seen.learner.id], now)?;
        db.after("review", id, Told { corrected, ..Told::of(&seen) });
        Ok(body)
    };
    state.write(author, write).await
}
