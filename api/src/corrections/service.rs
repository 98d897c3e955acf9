//! Use cases of corrections: ask, show, withdraw.

use super::{
    body::{CorrectionBody, CorrectionInput},
    kept::{Filed, row},
    shown::{asked, shown, with_review},
};
use crate::{
    audit::Recording,
    auth::Permission,
    extract::{Page, Paged, Unjudged},
    idempotency::Made,
    problem::{Kind, Problem},
    recognition::case::{Acting, Held, Seen, act, files_of, is_own, open_file, visible},
    registry::{Asked, Occasion, Wanted, document_hash, read},
    state::AppState,
};
use actix_web::web::Data;
use domain::{
    corrections::{CorrectionKind, MOST_OPEN, places_of_move},
    kernel::{CaseId, LearnerId, PlaceCode},
    policy::shape::Seat,
    registry::{LearnerFacts, PlaceTree, in_force},
    review::{self, Case, Filing, HoursLeft, Opening, Stage, Subject, common_office},
};
use serde::Serialize;
use store::{
    Db,
    corrections::{count_open, insert_correction, page_of_corrections},
    registry::{find_by_identifier, hold_learners, load_learner_facts},
    review::{find_case, open_case},
    whole_micros,
};
use time::Date;

/// What an event tells of a request: nothing that names a document or a person.
#[derive(Serialize)]
struct Told {
    learner_id: LearnerId,
    kind: CorrectionKind,
    state: &'static str,
}

impl CorrectionBody {
    fn told(&self) -> Told {
        Told { learner_id: self.asked.learner_id, kind: self.asked.kind, state: self.review.state() }
    }
}

impl CorrectionInput {
    fn asked(&self) -> Asked<'_> {
        Asked {
            name: self.name.as_deref(),
            document: self.document.as_ref(),
            document_was: self.document_was,
            employment: self.employment.as_ref(),
            placement: self.placement.as_ref(),
            merge: self.merge.as_ref().map(|merge| (&merge.document, merge.name.as_str())),
        }
    }
}

/// The office that could do what is asked: that of the learner's own place, or the lowest above it that answers for another place too whose
/// days a move takes, or where the other file is.
fn office(
    db: &mut Db,
    (state, places, today): (&AppState, &PlaceTree, Date),
    learner: &LearnerFacts,
    wanted: &Wanted,
) -> Result<Stage, Problem> {
    let others: Vec<PlaceCode> = match wanted {
        Wanted::Placement(place, from_on) => places_of_move(learner, (place, *from_on), today),
        Wanted::Merge(document, _) => {
            let hash = document_hash(&state.keys, document);
            let other: Vec<LearnerId> =
                find_by_identifier(db, &[&hash])?.into_iter().map(|holder| holder.learner).collect();
            let facts = load_learner_facts(db, &other)?;
            facts.iter().filter_map(|facts| facts.place_on(today, None)).cloned().collect()
        }
        Wanted::Name(_) | Wanted::Document(..) | Wanted::Employment(..) => Vec::new(),
    };
    common_office(learner.place_on(today, None), &others, places).map_err(|_| Problem::new(Kind::NoRoute))
}

pub(super) async fn create(
    state: &Data<AppState>,
    permission: Permission,
    input: Unjudged<CorrectionInput>,
) -> Result<Made, Problem> {
    let (shared, now, today) = (state.clone(), whole_micros(state.clock.now()), state.clock.today());
    let id = CaseId::from_uuid(state.new_id());
    let author = permission.author();
    let write = move |db: &mut Recording<'_>| {
        let book = shared.rule_books.current(db)?;
        let tree = book.places();
        // So that nothing is asked of somebody who is erased, or whose file ends, at this moment, and no more than may be at once.
        let _ = hold_learners(db, &[input.as_read().learner_id])?;
        let may =
            |facts: &LearnerFacts| permission.require_file(is_own(permission.caller(), tree, facts, today), facts.id);
        let learner = input.after_named(&["/learner_id"], open_file(db, input.as_read().learner_id, may))?;
        let (input, wanted) = input.judged(|input, faults| {
            let wanted = read(db, (&shared, tree, today), (input.asked(), &learner), faults)?;
            Ok(wanted.map(|wanted| (input, wanted)))
        })?;
        let files = files_of(db, learner.id)?;
        if count_open(db, &files)? >= MOST_OPEN {
            return Err(Problem::new(Kind::TooManyCorrections).with("most", MOST_OPEN));
        }
        let stage = office(db, (&shared, tree, today), &learner, &wanted)?;
        let filed_by =
            Filing { name: permission.signature(), learner: Some(learner.id), seat: Seat::Learner, reach: None };
        let opening =
            Opening { id, subject: Subject::FileCorrection, learner: learner.id, filed_by, hours: HoursLeft::Computed };
        let employer = in_force(&learner.employers, today, None).and_then(|fact| fact.value);
        open_case(db, &opening, (employer, learner.place_on(today, None).cloned()), now)?;
        let (by, reason, proofs) = (permission.signature(), input.reason.clone(), input.proofs.clone());
        let filed = Filed { key: (learner.id, id), at: now, by, reason, proofs };
        insert_correction(db, &row(&shared.keys, &wanted, filed)?)?;
        let asks = review::Asked::Submit { stages: vec![stage] };
        let case = act(db, &Acting::of(permission.caller(), tree), Case::draft(opening), (None, asks), now)?;
        let seen = Seen { case, learner, files };
        let at = Occasion { state: &shared, permission: &permission, tree, now, today };
        let body = body(db, at, &seen)?;
        db.after("correction", id, body.told());
        Ok(Made::at(format!("/v1/corrections/{id}"), &body)?.showing(&[seen.learner.id]))
    };
    state.create(author, write).await
}

/// A request that the caller may see.
pub(super) fn seen_by(
    db: &mut Db,
    (permission, places): (&Permission, &PlaceTree),
    (id, held): (CaseId, Held),
    today: Date,
) -> Result<Seen, Problem> {
    let seen = visible(db, (permission, places), (id, held), today)?;
    match seen.case.opening().subject == Subject::FileCorrection {
        true => Ok(seen),
        false => Err(Problem::new(Kind::NotFound)),
    }
}

fn body(db: &mut Db, at: Occasion<'_>, seen: &Seen) -> Result<CorrectionBody, Problem> {
    asked(db, at, seen).map(|asked| with_review(at, seen, asked))
}

pub(super) async fn find(
    state: &Data<AppState>,
    permission: Permission,
    id: CaseId,
) -> Result<CorrectionBody, Problem> {
    let (shared, now, today) = (state.clone(), state.clock.now(), state.clock.today());
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let seen = seen_by(db, (&permission, book.places()), (id, Held::No), today)?;
        shared.journal.shown(&permission, [seen.learner.id], now)?;
        body(db, Occasion { state: &shared, permission: &permission, tree: book.places(), now, today }, &seen)
    };
    state.store.read(read).await
}

pub(super) async fn list(
    state: &Data<AppState>,
    permission: Permission,
    learner: LearnerId,
    page: Page,
) -> Result<Paged<CorrectionBody>, Problem> {
    let (shared, now, today, after) = (state.clone(), state.clock.now(), state.clock.today(), page.after::<CaseId>()?);
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let at = Occasion { state: &shared, permission: &permission, tree: book.places(), now, today };
        let facts = load_learner_facts(db, &[learner])?.pop().filter(|facts| !facts.places.is_empty());
        let facts = facts.ok_or_else(|| Problem::new(Kind::NotFound))?;
        permission.require_file(is_own(permission.caller(), at.tree, &facts, today), facts.id)?;
        if let Some(successor) = facts.ended_in {
            return Err(Problem::learner_merged(successor));
        }
        shared.journal.shown(&permission, [learner], now)?;
        let files = files_of(db, learner)?;
        let page = Paged::new(&page, page_of_corrections(db, &files, (after, page.fetch()))?, |last| last.case_id);
        let mut items = Vec::with_capacity(page.items.len());
        for row in page.items {
            let id = row.case_id;
            let case = find_case(db, id)?.ok_or_else(|| Problem::internal(format!("{id} has no case")))?;
            let seen = Seen { case, learner: facts.clone(), files: files.clone() };
            items.push(with_review(at, &seen, shown(at, &seen, row)?));
        }
        Ok(Paged { items, next_cursor: page.next_cursor })
    };
    state.store.read(read).await
}

/// Takes a request back, for good.
pub(super) async fn withdraw(
    state: &Data<AppState>,
    permission: Permission,
    id: CaseId,
) -> Result<CorrectionBody, Problem> {
    let (shared, now, today) = (state.clone(), whole_micros(state.clock.now()), state.clock.today());
    let author = permission.author();
    let write = move |db: &mut Recording<'_>| {
        let book = shared.rule_books.current(db)?;
        let at = Occasion { state: &shared, permission: &permission, tree: book.places(), now, today };
        let seen = seen_by(db, (&permission, at.tree), (id, Held::Yes), today)?;
        let before = body(db, at, &seen)?;
        db.before(&before.told());
        let acting = Acting::of(permission.caller(), at.tree);
        let case = act(db, &acting, seen.case.clone(), (None, review::Asked::Withdraw), now)?;
        let body = body(db, at, &Seen { case, ..seen })?;
        db.after("correction", id, body.told());
        Ok(body)
    };
    state.write(author, write).await
}
