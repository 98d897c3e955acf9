//! A learner's file: who may see it, and how it is shown.

use super::{
    body::{
        DocumentBody, EmployerRef, EmploymentBody, LearnerBody, LearnerHistoryBody, LearnerLookup, LearnerQuery,
        LearnerSearchInput, MergeRef, PlacementBody, PostBody,
    },
    identity,
};
use crate::{
    auth::{Caller, Permission},
    extract::{Page, Paged, Unjudged},
    problem::{Kind, Problem},
    quota,
    registry::{Refusal, in_body, not_found, places_asked_for},
    state::AppState,
    text::Text,
    wire::PlaceRef,
};
use actix_web::web::Data;
use domain::{
    access::{Reach, belongs},
    kernel::{EmployerId, LearnerId, PersonName, PlaceCode},
    registry::{Dated, LearnerFacts, PlaceTree, Post, held_on, in_force},
};
use serde::Serialize;
use std::collections::HashMap;
use store::{
    Db,
    registry::{
        AfterName, LearnerPerson, LearnerSearch, employers_by_id, find_by_identifier, load_learner_facts, merges_of,
        persons, search_learners,
    },
};
use time::Date;

/// Whether a file is the caller's own: the learner's, and who answers today for the learner's place, employer or series there.
pub(super) fn is_own(caller: &Caller, tree: &PlaceTree, facts: &LearnerFacts, today: Date) -> bool {
    match caller {
        Caller::Learner(id) => *id == facts.id,
        Caller::Platform(_) => false,
        Caller::Official { reach, .. } => belongs(reach, tree, facts, today),
    }
}

/// The facts of a learner, for whom the permission is good and whose file has not ended.
pub(super) fn visible(
    db: &mut Db,
    permission: &Permission,
    tree: &PlaceTree,
    id: LearnerId,
    today: Date,
) -> Result<LearnerFacts, Problem> {
    let facts = ended_or_not(db, permission, tree, id, today)?;
    match facts.ended_in {
        Some(successor) => Err(Problem::learner_merged(successor)),
        None => Ok(facts),
    }
}

/// The same, be it that the file has ended.
pub(super) fn ended_or_not(
    db: &mut Db,
    permission: &Permission,
    tree: &PlaceTree,
    id: LearnerId,
    today: Date,
) -> Result<LearnerFacts, Problem> {
    let facts = load_learner_facts(db, &[id])?.pop().filter(|facts| !facts.places.is_empty());
    let facts = facts.ok_or_else(not_found)?;
    permission.require_file(is_own(permission.caller(), tree, &facts, today), facts.id)?;
    Ok(facts)
}

pub(super) async fn find(
    state: &Data<AppState>,
    permission: Permission,
    id: LearnerId,
) -> Result<LearnerBody, Problem> {
    let (shared, today) = (state.clone(), state.clock.today());
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let tree = book.places();
        let file = shown(db, &permission, tree, id, today)?;
        shared.journal.shown(&permission, [id], shared.clock.now())?;
        Ok(file)
    };
    state.store.read(read).await
}

/// The file of a learner, for whom the permission is good. Whoever asks for it only to look records that.
pub(super) fn shown(
    db: &mut Db,
    permission: &Permission,
    tree: &PlaceTree,
    id: LearnerId,
    today: Date,
) -> Result<LearnerBody, Problem> {
    let facts = visible(db, permission, tree, id, today)?;
    let person = persons(db, &[id])?.pop();
    Shown { tree, caller: permission.caller(), today }.one(db, &facts, person.as_ref())
}

pub(super) async fn history(
    state: &Data<AppState>,
    permission: Permission,
    id: LearnerId,
) -> Result<LearnerHistoryBody, Problem> {
    let (shared, today) = (state.clone(), state.clock.today());
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let tree = book.places();
        let facts = visible(db, &permission, tree, id, today)?;
        shared.journal.shown(&permission, [id], shared.clock.now())?;
        Shown { tree, caller: permission.caller(), today }.history(db, facts)
    };
    state.store.read(read).await
}

pub(super) async fn look_up(
    state: &Data<AppState>,
    permission: Permission,
    lookup: Unjudged<LearnerLookup>,
) -> Result<LearnerBody, Problem> {
    let (shared, today) = (state.clone(), state.clock.today());
    let document =
        lookup.judged(|lookup, faults| Ok(identity::document(faults, "/document", &lookup.document, today)))?;
    let hash = identity::hash(&state.keys, &document);
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let tree = book.places();
        shared.quotas.may_try(&permission.signature())?;
        let holder = find_by_identifier(db, &[&hash])?.pop().ok_or_else(not_found);
        let found = holder.and_then(|holder| {
            let facts = visible(db, &permission, tree, holder.learner, today)?;
            Ok((holder.learner, facts))
        });
        let in_vain = found.as_ref().is_err_and(|problem| problem.kind() == Kind::NotFound);
        if in_vain {
            shared.journal.listed(&permission, "learner", shared.clock.now())?;
        }
        shared.quotas.tried(&permission.signature(), usize::from(in_vain))?;
        let (id, facts) = found?;
        shared.journal.shown(&permission, [id], shared.clock.now())?;
        let person = persons(db, &[id])?.pop();
        Shown { tree, caller: permission.caller(), today }.one(db, &facts, person.as_ref())
    };
    state.store.read(read).await
}

pub(super) async fn list(
    state: &Data<AppState>,
    permission: Permission,
    query: LearnerQuery,
    page: Page,
) -> Result<Paged<LearnerBody>, Problem> {
    search(state, permission, (None, query, Problem::invalid_query), page).await
}

/// Those whose name begins so.
pub(super) async fn by_name(
    state: &Data<AppState>,
    permission: Permission,
    input: Unjudged<LearnerSearchInput>,
) -> Result<Paged<LearnerBody>, Problem> {
    own_place(state, &permission, &input).await?;
    let input = input.judged(|input, _| Ok(Some(input.clone())))?;
    let LearnerSearchInput { name, place, employer, limit, cursor } = input;
    let employed = employer.map(|id| id.to_string()).unwrap_or_default();
    let asked = ["learner-searches", &name, place.as_deref().unwrap_or_default(), &employed];
    let page = Page::of_body(&asked, limit, cursor).map_err(Problem::invalid_body)?;
    state.quotas.spend_on_body(&permission.signature(), quota::many(page.rows()))?;
    state.quotas.searched(&permission.signature())?;
    search(state, permission, (Some(name), LearnerQuery { place, employer }, in_body), page).await
}

/// Refuses a search in a place that is not the caller's, whatever is wrong with the rest of the question.
async fn own_place(
    state: &Data<AppState>,
    permission: &Permission,
    input: &Unjudged<LearnerSearchInput>,
) -> Result<(), Problem> {
    let Some(place) = input.where_sound(&["/place"]).and_then(|input| input.place.clone()) else { return Ok(()) };
    let (shared, permission) = (state.clone(), permission.clone());
    let within = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        within((&permission, book.places()), Some(&place), in_body).map(|_| ())
    };
    input.after_named(&["/place"], state.store.read(within).await)
}

/// What the event of a search by name tells: how it was asked and how many it found, and neither the name nor whom.
#[derive(Serialize)]
struct Searched<'a> {
    characters: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    employer: Option<EmployerId>,
    found: usize,
    more: bool,
}

async fn search(
    state: &Data<AppState>,
    permission: Permission,
    (name, query, refusal): (Option<String>, LearnerQuery, Refusal),
    page: Page,
) -> Result<Paged<LearnerBody>, Problem> {
    let (shared, today) = (state.clone(), state.clock.today());
    let after = page.after::<LearnerId>()?;
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let tree = book.places();
        let within = within((&permission, tree), query.place.as_deref(), refusal)?;
        let after = after.map(|id| after_learner(db, (&permission, tree), (id, refusal), today)).transpose()?;
        let own = permission.caller().reach().filter(|_| !permission.is_for_any());
        let employer = own.and_then(Reach::employer);
        if query.employer.is_some() && employer.is_some() && query.employer != employer {
            // Of another employer's staff nothing is their own. The search is on record all the same.
            if let Some(name) = &name {
                let told = Searched {
                    characters: name.chars().count(),
                    place: query.place.as_deref(),
                    employer: query.employer,
                    found: 0,
                    more: false,
                };
                shared.journal.searched(&permission, &told, shared.clock.now())?;
            }
            return Ok(Paged { items: Vec::new(), next_cursor: None });
        }
        let search = LearnerSearch {
            name: name.as_deref(),
            places: within.as_deref(),
            employer: employer.or(query.employer),
            series: own.and_then(Reach::series),
            today,
            after: after.as_ref(),
            limit: page.fetch(),
        };
        let people = Paged::new(&page, search_learners(db, search)?, |last| last.learner_id);
        match &name {
            None => shared.journal.listed(&permission, "learner", shared.clock.now())?,
            Some(name) => shared.journal.searched(
                &permission,
                &Searched {
                    characters: name.chars().count(),
                    place: query.place.as_deref(),
                    employer: query.employer,
                    found: people.items.len(),
                    more: people.next_cursor.is_some(),
                },
                shared.clock.now(),
            )?,
        }
        let shown_there = people.items.iter().map(|person| person.learner_id);
        shared.journal.shown_among(&permission, shown_there, shared.clock.now())?;
        let shown = Shown { tree, caller: permission.caller(), today };
        Ok(Paged { items: shown.many(db, &people.items)?, next_cursor: people.next_cursor })
    };
    state.store.read(read).await
}

/// The places that a search reaches: what was asked for, else all that the caller answers for. An employer's staff is its own
/// wherever they belong.
fn within(
    (permission, tree): (&Permission, &PlaceTree),
    asked: Option<&str>,
    refusal: Refusal,
) -> Result<Option<Vec<PlaceCode>>, Problem> {
    let caller = permission.caller();
    let bound = !permission.is_for_any() && caller.employer().is_none();
    let Some(places) = places_asked_for(tree, asked, refusal)? else { return Ok(bound.then(|| caller.places(tree))) };
    match places.first() {
        Some(place) if bound && !caller.is_within(tree, place) => Err(permission.outside(tree, place).into()),
        _ => Ok(Some(places)),
    }
}

/// A cursor names the last learner only, never a name: cursors go into addresses. One that was made up tells nobody who exists:
/// whoever is not the caller's to see is answered for like someone unknown.
fn after_learner(
    db: &mut Db,
    (permission, tree): (&Permission, &PlaceTree),
    (id, refusal): (LearnerId, Refusal),
    today: Date,
) -> Result<AfterName, Problem> {
    let facts = load_learner_facts(db, &[id])?.pop();
    let seen = facts.is_some_and(|facts| permission.covers(is_own(permission.caller(), tree, &facts, today)));
    let last = if seen { persons(db, &[id])?.pop() } else { None };
    let words = || {
        Text::new("游标已失效，请从第一页重新开始", "the cursor is no longer valid; begin again with the first page")
    };
    let last = last.ok_or_else(|| refusal("cursor", "invalid_value", words()))?;
    Ok(AfterName { name: last.name, id: id.as_uuid() })
}

/// How files are shown to a caller on a day.
pub(super) struct Shown<'a> {
    pub(super) tree: &'a PlaceTree,
    pub(super) caller: &'a Caller,
    pub(super) today: Date,
}

type Names = HashMap<EmployerId, String>;

impl Shown<'_> {
    pub(super) fn one(
        &self,
        db: &mut Db,
        facts: &LearnerFacts,
        person: Option<&LearnerPerson>,
    ) -> Result<LearnerBody, Problem> {
        let names = names(db, std::slice::from_ref(facts))?;
        Ok(self.body(facts, person, &names))
    }

    fn many(&self, db: &mut Db, people: &[LearnerPerson]) -> Result<Vec<LearnerBody>, Problem> {
        let ids: Vec<LearnerId> = people.iter().map(|person| person.learner_id).collect();
        let facts = load_learner_facts(db, &ids)?;
        let names = names(db, &facts)?;
        Ok(facts.iter().zip(people).map(|(facts, person)| self.body(facts, Some(person), &names)).collect())
    }

    pub(super) fn history(&self, db: &mut Db, mut facts: LearnerFacts) -> Result<LearnerHistoryBody, Problem> {
        let names = names(db, std::slice::from_ref(&facts))?;
        let merges = merges_of(db, facts.id)?.into_iter().map(MergeRef::from).collect();
        facts.places.sort_unstable_by_key(|fact| (fact.from_on, fact.recorded_at, fact.fact_id));
        facts.employers.sort_unstable_by_key(|fact| (fact.from_on, fact.recorded_at, fact.fact_id));
        facts.posts.sort_unstable_by_key(|fact| (fact.from_on, fact.recorded_at, fact.fact_id));
        Ok(LearnerHistoryBody {
            placements: facts.places.iter().map(|fact| self.placement(fact)).collect(),
            employments: facts.employers.iter().map(|fact| employment(fact, &names)).collect(),
            posts: facts.posts.iter().map(post).collect(),
            merges,
        })
    }

    fn body(&self, facts: &LearnerFacts, person: Option<&LearnerPerson>, names: &Names) -> LearnerBody {
        let own = matches!(self.caller, Caller::Learner(id) if *id == facts.id);
        let name = |person: &LearnerPerson| match own {
            true => person.name.clone(),
            false => PersonName::from_stored(person.name.clone()).masked(),
        };
        let document =
            |person: &LearnerPerson| DocumentBody { kind: person.document_kind, number: person.document_mask.clone() };
        // Before the first fact a learner belongs to the place of the first fact, as the rules see it.
        LearnerBody {
            learner_id: facts.id,
            name: person.map(name),
            document: person.map(document),
            placement: held_on(&facts.places, self.today, None).map(|fact| self.placement(fact)),
            employment: in_force(&facts.employers, self.today, None).map(|fact| employment(fact, names)),
            post: in_force(&facts.posts, self.today, None).map(post),
        }
    }

    fn placement(&self, fact: &Dated<PlaceCode>) -> PlacementBody {
        PlacementBody {
            fact_id: fact.fact_id,
            place: PlaceRef::of(self.tree, &fact.value, self.today),
            from_on: fact.from_on.into(),
            recorded_at: fact.recorded_at.into(),
        }
    }
}

fn employment(fact: &Dated<Option<EmployerId>>, names: &Names) -> EmploymentBody {
    let employer = fact
        .value
        .map(|employer_id| EmployerRef { employer_id, name: names.get(&employer_id).cloned().unwrap_or_default() });
    EmploymentBody {
        fact_id: fact.fact_id,
        employer,
        from_on: fact.from_on.into(),
        recorded_at: fact.recorded_at.into(),
    }
}

fn post(fact: &Dated<Post>) -> PostBody {
    let Post { series, level, employment_kind } = fact.value.clone();
    let (from_on, recorded_at) = (fact.from_on.into(), fact.recorded_at.into());
    PostBody { fact_id: fact.fact_id, series, level, employment_kind, from_on, recorded_at }
}

/// The names of all employers that the facts name: one query.
fn names(db: &mut Db, facts: &[LearnerFacts]) -> Result<Names, Problem> {
    let of = |facts: &LearnerFacts| facts.employers.iter().filter_map(|fact| fact.value).collect::<Vec<_>>();
    let mut ids: Vec<EmployerId> = facts.iter().flat_map(of).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(employers_by_id(db, &ids)?.into_iter().map(|row| (row.employer_id, row.name)).collect())
}
