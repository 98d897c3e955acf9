//! Use cases of recognitions: file, try, change, show.

use super::{
    beside::{alike, same_days},
    body::{ClaimedBody, EvidenceBody, HandedInBody, RecognitionBody, RecognitionInput, RecognitionTrial, WorthBody},
    case::{Acting, Held, Seen, files_of, is_own, visible},
    claim::{ClaimInput, impossible},
    credited::Credited,
    judge::{Judgement, judge},
    shown::CaseBody,
};
use crate::{
    audit::Recording,
    auth::{Caller, Permission},
    extract::{Page, Paged, Unjudged},
    idempotency::Made,
    problem::{Kind, Problem},
    state::AppState,
    text::{Language, Text},
    wire::Moment,
};
use actix_web::web::Data;
use domain::{
    kernel::{CaseId, LearnerId},
    policy::{Policy, RuleBook, shape::Seat},
    recognition::{Claim, Grant, Judged},
    registry::{LearnerFacts, PlaceTree, in_force},
    review::{Action, Case, Filing, HoursLeft, Opening, State, Subject, is_applicant},
};
use serde::Serialize;
use store::{
    Db,
    recognition::{ClaimVersion, Evidence, claims_of, evidence_of, insert_claim, last_claim, recognitions_of},
    registry::{hold_learners, load_learner_facts, persons},
    review::{find_case, open_case},
    whole_micros,
};
use time::{Date, OffsetDateTime};

/// What an event tells of a recognition: nothing that names a document or a person.
#[derive(Serialize)]
pub(super) struct Told<'t> {
    learner_id: LearnerId,
    version: i32,
    kind: &'t str,
    state: &'t str,
}

impl RecognitionBody {
    pub(super) fn told(&self) -> Told<'_> {
        let ClaimedBody { learner_id, version, claim, .. } = &self.claimed;
        Told { learner_id: *learner_id, version: *version, kind: &claim.kind, state: self.review.state() }
    }
}

/// A person for whom the caller may file, today.
fn person(
    db: &mut Db,
    (permission, places): (&Permission, &PlaceTree),
    id: LearnerId,
    today: Date,
) -> Result<LearnerFacts, Problem> {
    let hidden = || Problem::new(Kind::NotFound);
    let facts = load_learner_facts(db, &[id])?.pop().filter(|facts| !facts.places.is_empty()).ok_or_else(hidden)?;
    permission.require_file(is_own(permission.caller(), places, &facts, today), facts.id)?;
    match facts.ended_in {
        Some(successor) => Err(Problem::learner_merged(successor)),
        // An erased file is nobody's.
        None if persons(db, &[id])?.is_empty() => Err(hidden()),
        None => Ok(facts),
    }
}

/// Whether the rules leave the hours of a kind to whoever reviews it.
fn left_to_reviewer(policy: &Policy, kind: &str) -> bool {
    let formula = policy.rules.recognition_of(kind).and_then(|kind| kind.formula.as_ref());
    formula.is_none_or(|formula| formula.by_reviewer == Some(true))
}

pub(super) async fn create(
    state: &Data<AppState>,
    permission: Permission,
    input: Unjudged<RecognitionInput>,
    language: Language,
) -> Result<Made, Problem> {
    let (shared, now, today) = (state.clone(), whole_micros(state.clock.now()), state.clock.today());
    let id = CaseId::from_uuid(state.new_id());
    let author = permission.author();
    let write = move |db: &mut Recording<'_>| {
        let book = shared.rule_books.current(db)?;
        // So that what is kept is not kept of somebody who is erased at this moment.
        let _ = hold_learners(db, &[input.as_read().learner_id])?;
        let facts = person(db, (&permission, book.places()), input.as_read().learner_id, today);
        let facts = input.after_named(&["/learner_id"], facts)?;
        let found = input.after(judge(&book, &facts, &input.as_read().claim.claim(Vec::new()), today))?;
        let claim = input.judged(|input, faults| {
            impossible(faults, "/claim", (&input.claim, today), (&found.judged, &found.policy.rules));
            Ok(Some(input.claim.clone()))
        })?;
        let left = left_to_reviewer(&found.policy, &claim.kind);
        // The bounds depend on the category, which may change: what is granted is judged with the claim.
        let hours = if left { HoursLeft::ToReviewer { at_least: None, at_most: None } } else { HoursLeft::Computed };
        let opening =
            Opening { id, subject: Subject::Recognition, learner: facts.id, filed_by: filing(&permission), hours };
        let employer = in_force(&facts.employers, today, None).and_then(|fact| fact.value);
        let place = facts.place_on(today, None).cloned();
        open_case(db, &opening, (employer, place), now)?;
        insert_claim(db, &version(&claim, (facts.id, id, 1), now, &permission)?)?;
        let seen = Seen { case: Case::draft(opening), files: files_of(db, facts.id)?, learner: facts };
        let body = body(db, (&book, &permission), &seen, (now, today, language))?;
        shared.journal.shown(&permission, [seen.learner.id], now)?;
        db.after("recognition", id, body.told());
        Ok(Made::at(format!("/v1/recognitions/{id}"), &body)?.showing(&[seen.learner.id]))
    };
    state.create(author, write).await
}

pub(super) fn filing(permission: &Permission) -> Filing {
    let (seat, learner, reach) = match permission.caller() {
        Caller::Official { reach, .. } => (Seat::Employer, None, Some(reach.clone())),
        Caller::Learner(id) => (Seat::Learner, Some(*id), None),
        Caller::Platform(_) => (Seat::Learner, None, None),
    };
    Filing { name: permission.signature(), learner, seat, reach }
}

fn version(
    claim: &ClaimInput,
    (learner_id, case_id, number): (LearnerId, CaseId, i32),
    recorded_at: OffsetDateTime,
    permission: &Permission,
) -> Result<ClaimVersion, Problem> {
    let (document, recorded_by) = (claim.document.clone(), permission.signature());
    Ok(ClaimVersion { learner_id, case_id, number, claim: claim.kept()?, document, recorded_at, recorded_by })
}

pub(super) async fn validate(
    state: &Data<AppState>,
    permission: Permission,
    input: Unjudged<RecognitionTrial>,
    language: Language,
) -> Result<WorthBody, Problem> {
    let (shared, now, today) = (state.clone(), state.clock.now(), state.clock.today());
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let facts = person(db, (&permission, book.places()), input.as_read().learner_id, today);
        let facts = input.after_named(&["/learner_id"], facts)?;
        let asked = input.as_read();
        let found = input.after(judge(&book, &facts, &asked.claim.claim(asked.evidence.clone()), today))?;
        input.judged(|_, _| Ok(Some(())))?;
        shared.journal.shown(&permission, [facts.id], now)?;
        Ok(WorthBody::of(&found.judged, found.policy.id, language))
    };
    state.store.read(read).await
}

pub(super) async fn find(
    state: &Data<AppState>,
    permission: Permission,
    id: CaseId,
    language: Language,
) -> Result<RecognitionBody, Problem> {
    let (shared, now, today) = (state.clone(), state.clock.now(), state.clock.today());
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let seen = visible(db, (&permission, book.places()), (id, Held::No), today)?;
        shared.journal.shown(&permission, [seen.learner.id], now)?;
        body(db, (&book, &permission), &seen, (now, today, language))
    };
    state.store.read(read).await
}

pub(super) async fn list(
    state: &Data<AppState>,
    permission: Permission,
    learner: LearnerId,
    page: Page,
    language: Language,
) -> Result<Paged<RecognitionBody>, Problem> {
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
        let ids = Paged::new(&page, recognitions_of(db, &files, after, page.fetch())?, |last| *last);
        let mut items = Vec::with_capacity(ids.items.len());
        for id in ids.items {
            let case = find_case(db, id)?.ok_or_else(|| Problem::internal(format!("{id} has no case")))?;
            let seen = Seen { case, learner: facts.clone(), files: files.clone() };
            items.push(body(db, (&book, &permission), &seen, (now, today, language))?);
        }
        Ok(Paged { items, next_cursor: ids.next_cursor })
    };
    state.store.read(read).await
}

/// The caller must be one who may change and hand in what is declared, and it must not be with an office.
pub(super) fn of_applicant(seen: &Seen, acting: &Acting) -> Result<(), Problem> {
    if !is_applicant(&seen.case, &acting.actor()) {
        return Err(Problem::new(Kind::NotTheApplicant));
    }
    match seen.case.state() {
        State::Draft | State::Returned { .. } => Ok(()),
        state => Err(Problem::new(Kind::ReviewNotNow).with("state", state.phase())),
    }
}

pub(super) async fn replace(
    state: &Data<AppState>,
    permission: Permission,
    id: CaseId,
    input: Unjudged<ClaimInput>,
    language: Language,
) -> Result<RecognitionBody, Problem> {
    let (shared, now, today) = (state.clone(), whole_micros(state.clock.now()), state.clock.today());
    let author = permission.author();
    let write = move |db: &mut Recording<'_>| {
        let book = shared.rule_books.current(db)?;
        let seen = visible(db, (&permission, book.places()), (id, Held::Yes), today).and_then(|seen| {
            of_applicant(&seen, &Acting::of(permission.caller(), book.places()))?;
            Ok(seen)
        });
        let seen = input.after(seen)?;
        let Filed { version: before, files } = filed(db, &seen)?;
        let stood = ClaimInput::of(&before)?;
        let found = input.after(judge(&book, &seen.learner, &input.as_read().claim(kinds(&files)), today))?;
        let left = matches!(seen.case.opening().hours, HoursLeft::ToReviewer { .. });
        let claim = input.judged(|input, faults| {
            if input.kind != stood.kind && faults.are_sound(&["/kind"]) {
                let words = Text::new("种类不能改；请撤回后另行申报", "the kind stays; withdraw it and file another");
                faults.add("/kind", "kind_stays", words);
            } else if left_to_reviewer(&found.policy, &input.kind) != left {
                let words = Text::new(
                    "所填日期适用另一规则，其核算方式不同；请撤回后另行申报",
                    "for these days other rules speak, which compute it in another way; withdraw it and file another",
                );
                faults.add("/kind", "other_rules", words);
            }
            impossible(faults, "", (input, today), (&found.judged, &found.policy.rules));
            // What stands already is no further version: the same sent again is answered as the first time.
            if before.number >= MOST_VERSIONS && *input != stood {
                let words = Text::new(
                    format!("至多修改 {MOST_VERSIONS} 次；请撤回后另行申报"),
                    format!("it can be declared {MOST_VERSIONS} times; withdraw it and file another"),
                );
                faults.add("", "too_many_versions", words);
            }
            Ok(Some(input.clone()))
        })?;
        let shown = body(db, (&book, &permission), &seen, (now, today, language))?;
        db.before(&shown.told());
        if stood != claim {
            // Where its first version stands, so that the undoing of a merge leaves all of it with its file.
            insert_claim(db, &version(&claim, (before.learner_id, id, before.number + 1), now, &permission)?)?;
        }
        let body = body(db, (&book, &permission), &seen, (now, today, language))?;
        shared.journal.shown(&permission, [seen.learner.id], now)?;
        db.after("recognition", id, body.told());
        Ok(body)
    };
    state.write(author, write).await
}

/// What is declared last, with what is attached.
pub(super) struct Filed {
    pub(super) version: ClaimVersion,
    pub(super) files: Vec<Evidence>,
}

pub(super) fn filed(db: &mut Db, seen: &Seen) -> Result<Filed, Problem> {
    let id = seen.case.opening().id;
    let version = last_claim(db, &seen.files, id)?.ok_or_else(|| Problem::new(Kind::NotFound))?;
    Ok(Filed { version, files: evidence_of(db, &seen.files, id)? })
}

fn kinds(files: &[Evidence]) -> Vec<String> {
    files.iter().map(|file| file.kind.clone()).collect()
}

/// The claim, with what is attached and what the reviewers granted.
pub(super) fn claim_of(filed: &Filed, seen: &Seen) -> Result<Claim, Problem> {
    let mut claim = ClaimInput::of(&filed.version)?.claim(kinds(&filed.files));
    claim.granted = seen.case.granted().map(|hours| Grant { hours, reason_given: true });
    Ok(claim)
}

/// What is declared last, judged today.
pub(super) fn judged_now(
    db: &mut Db,
    book: &RuleBook,
    seen: &Seen,
    today: Date,
) -> Result<(Judged, std::sync::Arc<Policy>), Problem> {
    let claim = claim_of(&filed(db, seen)?, seen)?;
    let Judgement { judged, policy } = judge(book, &seen.learner, &claim, today)?;
    Ok((judged, policy))
}

/// How often one case may be declared anew.
const MOST_VERSIONS: i32 = 100;

/// What is declared in a case, as callers see it.
pub(crate) fn claimed(
    db: &mut Db,
    book: &RuleBook,
    seen: &Seen,
    (today, language): (Date, Language),
) -> Result<ClaimedBody, Problem> {
    let filed = filed(db, seen)?;
    let claim = claim_of(&filed, seen)?;
    let credited = Credited::of(db, seen)?;
    let worth = credited
        .worth(book, seen, &claim)
        .map_or_else(|| judge(book, &seen.learner, &claim, today).map(|found| (found.judged, found.policy)), Ok);
    let worth = match worth {
        // Of what ended without an approval nothing comes.
        _ if matches!(seen.case.state(), State::Refused | State::Withdrawn | State::Cancelled) => None,
        Ok((judged, policy)) => Some(WorthBody::of(&judged, policy.id, language)),
        Err(problem) if problem.kind() == Kind::NoRuleInForce => None,
        Err(problem) => return Err(problem),
    };
    let Filed { version, files } = filed;
    let handed_in = handed_in(db, seen, version.number)?;
    Ok(ClaimedBody {
        recognition_id: version.case_id,
        learner_id: seen.learner.id,
        version: version.number,
        claim: ClaimInput::of(&version)?,
        evidence: files.into_iter().map(EvidenceBody::from).collect(),
        alike: alike(db, seen, &claim)?,
        same_days: same_days(db, seen, &claim)?,
        worth,
        credited: credited.bodies(&seen.case),
        handed_in,
    })
}

/// What was declared each time that the case was handed in, as far as that is not what is declared now: what an earlier stage approved.
fn handed_in(db: &mut Db, seen: &Seen, last: i32) -> Result<Vec<HandedInBody>, Problem> {
    let times: Vec<OffsetDateTime> = seen
        .case
        .events()
        .iter()
        .filter(|event| matches!(event.what.action(), Action::Submit | Action::Resubmit))
        .map(|event| event.at)
        .collect();
    if last == 1 || times.is_empty() {
        return Ok(Vec::new());
    }
    let versions = claims_of(db, &seen.files, seen.case.opening().id)?;
    let mut found: Vec<HandedInBody> = Vec::new();
    for at in times {
        let Some(version) = versions.iter().rfind(|version| version.recorded_at <= at) else { continue };
        if version.number != last && found.iter().all(|one| one.version != version.number) {
            let claim = ClaimInput::of(version)?;
            found.push(HandedInBody { version: version.number, handed_in_at: Moment(at), claim });
        }
    }
    Ok(found)
}

pub(super) fn body(
    db: &mut Db,
    (book, permission): (&RuleBook, &Permission),
    seen: &Seen,
    (now, today, language): (OffsetDateTime, Date, Language),
) -> Result<RecognitionBody, Problem> {
    let claimed = claimed(db, book, seen, (today, language))?;
    Ok(RecognitionBody { claimed, review: CaseBody::of(&seen.case, permission.caller(), now) })
}
