//! Whether years allow applications: up to a thousand at once, each answered by itself, by a handful of queries for all of them.
//!
//! Decided in `domain::hour_ledger`. Achievements off the ledger are judged here first, by the rules of the application, and never
//! kept (QH-40).

mod asked;
mod body;

pub(super) use asked::{ChecksAsked, EligibilityChecks};
pub(super) use body::EligibilityAnswers;

use super::{
    body::Wording,
    many::{PersonFound, identify, in_vain, lines_shown},
    service::Asking,
    sight::Sight,
    verified::VerifiedYears,
};
use crate::{
    auth::{Permit, operation},
    extract::BatchJson,
    findings,
    problem::Problem,
    quota,
    state::AppState,
    text::Language,
};
use actix_web::{HttpResponse, http::header::CONTENT_LANGUAGE, post, web::Data};
use asked::{Applied, Ask};
use body::{CancelledBody, DeclaredBody, EligibilityAnswer, EligibilityBody};
use domain::{
    findings::{Finding, bars, is_cancelled},
    hour_ledger::{Application, Asked, Bar, Declared, Entry, Verified, eligibility, years_looked_at},
    kernel::LearnerId,
    policy::{RuleBook, shape::Ledger},
    recognition::{Facts, Line, Outcome, worth},
    registry::LearnerFacts,
};
use std::{collections::BTreeSet, mem};
use store::{Db, policy::revisions};

/// 查询学时可否用于申报 / Whether years allow applications: for a title, an appointment, awards
///
/// 至多 1000 项，逐项回答，次序与请求相同；依申报之日所属地区的规则和当日的情况回答。学员只能查询本人；单位可申报不进入台账的成果，
/// 只用于本次回答，不予保存。每项申报按四个人年、每项申报的成果按一个人年计入请求限额 / Up to 1,000, each answered by itself and in order, by the rules of the place on the day of the
/// application and as of that day. A learner asks about themselves; achievements off the ledger that an employer declares count in
/// this answer and are kept nowhere. Of the quota an application costs as four people and each achievement declared as one more
#[utoipa::path(
    tag = "hour_ledger",
    operation_id = "check_eligibility",
    request_body(content = EligibilityChecks, example = json!({"items": [
        {"learner_id": "0190d3f0-0000-7000-8000-000000000001", "purpose": "title_review", "level": "intermediate",
         "applied_on": "2020-11-30"},
        {"document_number": "610928199001010009", "purpose": "title_review", "level": "deputy_senior",
         "applied_on": "2020-11-30", "declared": [{"kind": "patent_invention", "granted_on": "2020-05-01", "rank": 1,
         "evidence": ["专利证书"]}]}]})),
    responses((status = 200, description = "逐项结果 / One answer each", body = EligibilityAnswers))
)]
#[post("/eligibility-checks")]
pub(super) async fn check_eligibility(
    permit: Permit<operation::CheckEligibility>,
    state: Data<AppState>,
    language: Language,
    BatchJson(checks): BatchJson<ChecksAsked>,
) -> Result<HttpResponse, Problem> {
    let who = permit.0.signature();
    let asking = Asking::new(&state, permit.0, language);
    let (asks, asking) = checks.judged(|checks, faults| {
        let known = asking.known(checks.as_known_at.as_deref(), state.clock.now());
        let asking = known.map_err(|(code, words)| faults.add("/as_known_at", code, words)).ok();
        Ok(asking.map(|asking| (asked::read(&state, &asking.permission, checks), asking)))
    })?;
    state.quotas.spend_on_body(&who, quota::many(asks.iter().map(Ask::weight).sum()))?;
    let shared = state.clone();
    let answers = state.store.read(move |db| answer(db, &shared, &asking, &asks)).await?;
    Ok(HttpResponse::Ok().insert_header((CONTENT_LANGUAGE, language.tag())).json(answers))
}

/// An application of someone whom the caller sees.
struct Case<'f> {
    facts: &'f LearnerFacts,
    application: Application,
    declared: Vec<DeclaredBody>,
    years: Vec<i32>,
    /// What was found of the person, and what that bars.
    findings: Vec<Finding>,
    bars: Vec<Bar>,
}

impl<'f> Case<'f> {
    /// Nothing of someone whom the caller does not see: what is declared is judged only then, so that the time it takes does not
    /// tell whether there is such a person.
    fn seen(applied: &Applied, facts: &'f LearnerFacts, book: &RuleBook, asking: &Asking) -> Option<Self> {
        let Applied { purpose, level, present_level, degree, applied_on, same_specialty, .. } = *applied;
        let application =
            Application { purpose, level, present_level, degree, applied_on, same_specialty, declared: Vec::new() };
        let mut case = Self {
            facts,
            application,
            declared: Vec::new(),
            years: Vec::new(),
            findings: Vec::new(),
            bars: Vec::new(),
        };
        case.years = years_looked_at(&case.asked(book, asking, (&[], &[])));
        if !case.is_seen(book, asking) {
            return None;
        }
        (case.declared, case.application.declared) = declared(applied, facts, book, asking);
        Some(case)
    }

    fn asked<'a>(
        &'a self,
        book: &'a RuleBook,
        asking: &Asking,
        (entries, verified): (&'a [Entry], &'a [Verified]),
    ) -> Asked<'a> {
        let Self { facts, application, bars, .. } = self;
        Asked { book, learner: facts, application, entries, bars, verified, known_at: asking.known_at }
    }

    /// Whether the caller sees the person in all the years that matter.
    fn is_seen(&self, book: &RuleBook, asking: &Asking) -> bool {
        let sight = Sight::of(&asking.permission, book.places(), self.facts, asking.today);
        sight.is_whole() || self.years.iter().chain([&self.application.applied_on.year()]).all(|year| sight.sees(*year))
    }
}

/// What achievements off the ledger are worth, by the rules of the application (QH-40).
fn declared(
    applied: &Applied,
    facts: &LearnerFacts,
    book: &RuleBook,
    asking: &Asking,
) -> (Vec<DeclaredBody>, Vec<Declared>) {
    let (day, known_at) = (applied.applied_on, asking.known_at);
    let place = facts.place_on(day, known_at);
    let resolution = place.map(|place| book.resolve(place, day.year(), known_at));
    let Some(policy) = resolution.as_ref().and_then(|resolution| resolution.in_force()) else {
        return (Vec::new(), Vec::new());
    };
    let facts = Facts { rules: &policy.rules, learner: facts, today: day, known_at };
    let (mut bodies, mut lines) = (Vec::new(), Vec::new());
    for claim in &applied.declared {
        let judged = worth(&facts, claim);
        let counted = judged.outcome == Outcome::Worth && judged.ledger == Some(Ledger::Off);
        bodies.push(DeclaredBody::of(&claim.kind, &judged, counted, asking.language));
        lines.extend(judged.lines.into_iter().filter(|_| counted).map(as_declared));
    }
    (bodies, lines)
}

fn as_declared(line: Line) -> Declared {
    let Line { year, category, hours, fulfils, achievement } = line;
    Declared { achievement, year, category, hours, fulfils }
}

/// Answers about every application.
fn answer(db: &mut Db, state: &AppState, asking: &Asking, asks: &[Ask]) -> Result<EligibilityAnswers, Problem> {
    asking.permission.asks_of_each_item();
    let revisions = revisions(db)?;
    let book = state.rule_books.at(db, revisions.rule_book)?;
    let (people, facts) = identify(db, asks.iter().map(Ask::who))?;
    let case = |(ask, person): (&Ask, &Option<LearnerId>)| match ask {
        Ask::For(applied) => Case::seen(applied, facts.get(&(*person)?)?, &book, asking),
        Ask::Malformed(_) => None,
    };
    let cases: Vec<Option<Case<'_>>> = asks.iter().zip(&people).map(case).collect();
    in_vain(state, asking, asks.iter().map(Ask::who).zip(cases.iter().map(Option::is_some)))?;
    let visible: BTreeSet<LearnerId> = cases.iter().flatten().map(|case| case.facts.id).collect();
    let years = cases.iter().flatten().flat_map(|case| case.years.iter().copied()).collect();
    let entries = lines_shown(db, state, asking, &visible, &years)?;
    // By the day of each application, which may lie before a move.
    let verified = VerifiedYears::of_any(db, asking, visible.iter().copied().collect())?;
    let mut items = Vec::with_capacity(asks.len());
    let found = findings::of_people(db, &Vec::from_iter(visible))?;
    for (index, (ask, case)) in asks.iter().zip(cases).enumerate() {
        let mut item = blank(index + 1, ask, asking.language);
        if let Some(case) = case {
            item.result = PersonFound::Yes;
            if case.facts.ended_in.is_some() {
                (item.result, item.successor) = (PersonFound::Merged, case.facts.ended_in);
            } else {
                let entries = entries.get(&case.facts.id).map_or(&[][..], Vec::as_slice);
                let findings = found.get(&case.facts.id).cloned().unwrap_or_default();
                let bars = bars(&findings, asking.known_at);
                item.eligibility = Some(told(Case { findings, bars, ..case }, &book, asking, (entries, &verified)));
            }
        }
        items.push(item);
    }
    Ok(EligibilityAnswers { items })
}

/// The answer about one, as of the day of the application.
fn told(
    mut case: Case<'_>,
    book: &RuleBook,
    asking: &Asking,
    (entries, verified): (&[Entry], &VerifiedYears),
) -> EligibilityBody {
    let declared = mem::take(&mut case.declared);
    let asked = case.asked(book, asking, (entries, verified.of_person(case.facts.id)));
    let wording = Wording { today: case.application.applied_on, verified: Some(verified), ..asking.wording(book) };
    let (purpose, applied_on) = (case.application.purpose, case.application.applied_on);
    let cancelling = case.findings.iter().find(|found| is_cancelled(found, purpose, applied_on, asking.known_at));
    let cancelled = cancelling.map(CancelledBody::of);
    let mut body = EligibilityBody::of(&asked, &eligibility(&asked), declared, wording);
    body.cancelled = cancelled;
    body
}

fn blank(line: usize, ask: &Ask, language: Language) -> EligibilityAnswer {
    let (result, errors) = match ask {
        Ask::Malformed(faults) => {
            (PersonFound::Malformed, faults.iter().map(|fault| fault.to_value(language)).collect())
        }
        Ask::For(_) => (PersonFound::No, Vec::new()),
    };
    EligibilityAnswer { line, result, successor: None, eligibility: None, errors }
}
