//! What changes about a learner: dated facts are added, a wrong name or document is corrected. What is done inside the transaction stands by
//! itself, since an office that approves what a learner asked for does the same ([`on_request`](super::on_request)).

use super::{
    body::{EmploymentInput, LearnerBody, LearnerHistoryBody, PersonCorrection, PlacementInput, PostInput},
    file::{self, Shown},
    identity,
    named::{Ground, holds_name, holds_number, names_one_of},
    stated::{self, PAST_OF_ANOTHER, Record, Stated, Within},
};
use crate::{
    audit::Recording,
    auth::Permission,
    extract::{Faults, Unjudged},
    idempotency::Made,
    problem::{Kind, Problem},
    registry::{
        not_found,
        release::{Appeared, released_by},
    },
    state::AppState,
    text::Text,
};
use actix_web::web::Data;
use domain::{
    corrections::CorrectionKind,
    kernel::{Document, LearnerId, PersonName},
    registry::{DocumentWas, LearnerFacts, PlaceTree},
};
use serde::Serialize;
use serde_json::{Map, Value, json};
use store::{
    Db,
    registry::{
        Held, LearnerPerson, add_identifier, ended_in, find_by_identifier, hold, identifiers_of, persons,
        remove_identifier, update_person,
    },
};
use time::{Date, OffsetDateTime};

/// By whose permission, when and among which places something is done or shown.
#[derive(Clone, Copy)]
pub(crate) struct Occasion<'a> {
    pub(crate) state: &'a AppState,
    pub(crate) permission: &'a Permission,
    pub(crate) tree: &'a PlaceTree,
    pub(crate) now: OffsetDateTime,
    pub(crate) today: Date,
}

/// What is stated about a learner by one request.
pub(super) trait Statement: Send + Sync + 'static {
    fn sent(&self) -> stated::Sent<'_>;
}

impl Statement for PlacementInput {
    fn sent(&self) -> stated::Sent<'_> {
        stated::Sent { placement: Some(self), ..stated::Sent::default() }
    }
}

impl Statement for EmploymentInput {
    fn sent(&self) -> stated::Sent<'_> {
        stated::Sent { employment: Some(self), ..stated::Sent::default() }
    }
}

impl Statement for PostInput {
    fn sent(&self) -> stated::Sent<'_> {
        stated::Sent { post: Some(self), ..stated::Sent::default() }
    }
}

/// Adds what is stated, if it is news; answers with the whole history, 201 if it was. The officer of the present place may
/// name any other place, from today on: that is how a learner moves away. The past of a place is not an officer's to give away, and
/// that of another place not an officer's to take.
pub(super) async fn record<S: Statement>(
    state: &Data<AppState>,
    permission: Permission,
    id: LearnerId,
    statement: Unjudged<S>,
) -> Result<Made, Problem> {
    let (shared, today) = (state.clone(), state.clock.today());
    let record = Record::new(id, state.clock.now(), permission.signature(), || state.new_id());
    let author = permission.author();
    let write = move |db: &mut Recording<'_>| {
        let book = shared.rule_books.current(db)?;
        let tree = book.places();
        let at = Occasion { state: &shared, permission: &permission, tree, now: record.recorded_at, today };
        hold(db, Held::Learner(id))?;
        let seen = file::visible(db, &permission, tree, id, today);
        // An erased file is nobody's: nothing more is known about it.
        let erased = persons(db, &[id])?.is_empty();
        let mut facts = statement.after(seen.and_then(|facts| if erased { Err(not_found()) } else { Ok(facts) }))?;
        let stated = statement.judged(|statement, faults| {
            resolved(db, at, (statement.sent(), Within::ALONE), (&facts, faults)).map(Some)
        })?;
        let shown = Shown { tree, caller: permission.caller(), today };
        let before = shown.history(db, facts.clone())?;
        let news = keep_stated(db, at, &stated, (&mut facts, &record))?;
        let history = shown.history(db, facts)?;
        match news {
            true => {
                let (before, after) = stated_anew(&before, &history)?;
                db.before(&before);
                let _ = db.after("learner", id, after);
            }
            false => {
                let _ = db.unchanged("learner", id, json!({}));
            }
        }
        // The answer is the learner's whole history, and all of it where nothing was new: a look at it like any other.
        shared.journal.shown(&permission, [id], record.recorded_at)?;
        if news { Made::new(&history) } else { Made::known(&history) }
    };
    state.create(author, write).await
}

/// What a statement added to a history, and what held until then of the same kind: no more of a file than that goes into the trail.
fn stated_anew(before: &LearnerHistoryBody, after: &LearnerHistoryBody) -> Result<(Value, Value), Problem> {
    let read = |history: &LearnerHistoryBody| serde_json::to_value(history).map_err(Problem::internal);
    let (before, after) = (read(before)?, read(after)?);
    let (mut held, mut added) = (Map::new(), Map::new());
    for kind in ["placements", "employments", "posts"] {
        let (Some(was), Some(is)) = (before[kind].as_array(), after[kind].as_array()) else { continue };
        let news: Vec<&Value> = is.iter().filter(|fact| !was.contains(fact)).collect();
        let Some(from) = news.first().and_then(|fact| fact["from_on"].as_str()) else { continue };
        // Days as they are written stand in their order.
        let until_then = was.iter().filter(|fact| fact["from_on"].as_str().is_some_and(|on| on <= from));
        let last = until_then.max_by_key(|fact| fact["from_on"].as_str().unwrap_or_default());
        let _ = held.insert(kind.to_owned(), json!(last));
        let _ = added.insert(kind.to_owned(), json!(news));
    }
    Ok((Value::Object(held), Value::Object(added)))
}

/// What is sent, if it names what exists and takes nobody's days; what speaks against it is a fault each.
pub(super) fn resolved(
    db: &mut Db,
    at: Occasion<'_>,
    (sent, within): (stated::Sent<'_>, Within),
    (facts, faults): (&LearnerFacts, &mut Faults<'_>),
) -> Result<Stated, Problem> {
    let employers = stated::employers(db, sent.employment.into_iter())?;
    let stated = sent.resolve(faults, within, (at.tree, &employers), at.today);
    whose_days(faults, (&stated, within), facts, at);
    Ok(stated)
}

/// Adds what is news of it about a learner who is held, and lets go what waits for that; answers whether anything was.
pub(super) fn keep_stated(
    db: &mut Db,
    at: Occasion<'_>,
    stated: &Stated,
    (facts, record): (&mut LearnerFacts, &Record),
) -> Result<bool, Problem> {
    let news = stated.news(facts, record);
    news.append(db)?;
    released_by(db, at.state, Appeared::Elsewhere(&news.moved()), at.now)?;
    released_by(db, at.state, Appeared::Otherwise(&news.changed()), at.now)?;
    Ok(!news.is_empty())
}

/// The past is not an officer's to give away, and that of another place not an officer's to take.
fn whose_days(
    faults: &mut Faults<'_>,
    (stated, within): (&Stated, Within),
    facts: &LearnerFacts,
    Occasion { permission, tree, today, .. }: Occasion<'_>,
) {
    let pointer = format!("{}/from_on", within.placement);
    if let Some((place, from_on)) = stated.place()
        && *from_on < today
        && !permission.covers_place(tree, place)
    {
        let words = Text::new(
            "迁出所辖地区自今日起方可登记，不得追溯；确需追溯的，由同时管辖两地的上级登记",
            "a move out of the places that you answer for holds from today on; only who answers for both places may backdate it",
        );
        faults.add(&pointer, "backdated_move_away", words);
    }
    if stated.past_taken(facts, (permission, tree), today).is_some() {
        let (code, zh, en) = PAST_OF_ANOTHER;
        faults.add(&pointer, code, Text::new(zh, en));
    }
}

/// Corrects a name or a document. A wrong document leads to the learner no more: it may be someone else's. One that was the
/// learner's own goes on leading there, for what is still pushed under it.
pub(super) async fn correct(
    state: &Data<AppState>,
    permission: Permission,
    id: LearnerId,
    correction: Unjudged<PersonCorrection>,
) -> Result<LearnerBody, Problem> {
    let (shared, now, today) = (state.clone(), state.clock.now(), state.clock.today());
    let author = permission.author();
    let write = move |db: &mut Recording<'_>| {
        let book = shared.rule_books.current(db)?;
        let at = Occasion { state: &shared, permission: &permission, tree: book.places(), now, today };
        hold(db, Held::Learner(id))?;
        let facts = correction.after(file::visible(db, &permission, at.tree, id, today))?;
        let (right, reference) = correction.judged(|correction, faults| {
            Ok(Right::read(faults, correction, today).map(|right| (right, correction.reference.as_deref())))
        })?;
        let files: Vec<LearnerId> = ended_in(db, &[id])?.into_keys().chain([id]).collect();
        let people = persons(db, &files)?;
        let Righted { before, after, corrected } = put_right(db, at, id, &right)?;
        reference_to_nobody(at, (id, &people), (&right, reference))?;
        let shown = Shown { tree: at.tree, caller: permission.caller(), today };
        let before = shown.one(db, &facts, Some(&before))?;
        db.before(&before);
        let body = shown.one(db, &facts, Some(&after))?;
        shared.journal.shown(&permission, [id], now)?;
        db.after("learner", id, Told { file: &body, corrected, reference });
        Ok(body)
    };
    state.write(author, write).await
}

/// What the event of a correction tells: the file as officials see it, whose masks may be the same before and after, and what changed.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    file: &'a LearnerBody,
    #[serde(flatten)]
    corrected: Corrected,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
}

/// What a correction really changed: the parts and never their values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Corrected {
    changed: Vec<CorrectionKind>,
    /// What the document was that another one took the place of.
    #[serde(skip_serializing_if = "Option::is_none")]
    document_was: Option<DocumentWas>,
}

impl Corrected {
    /// That one part changed, or that nothing did since it stood so already.
    pub(super) fn one(part: CorrectionKind, is_news: bool) -> Self {
        Self { changed: is_news.then_some(part).into_iter().collect(), document_was: None }
    }
}

/// Refuses a ground that names the person: by a name or a number that stands in the file or one that ended in it, or by what they are to be.
fn reference_to_nobody(
    Occasion { state, permission, .. }: Occasion<'_>,
    (id, people): (LearnerId, &[LearnerPerson]),
    (right, reference): (&Right, Option<&str>),
) -> Result<(), Problem> {
    let Some(reference) = reference else { return Ok(()) };
    let words = ("不得含被更正者的姓名或证件号码", "must not hold the name or the document number of whom it corrects");
    Ground { learner: id, pointer: "/reference", words, permission }.names_nobody(state, || {
        let Right { name, document, .. } = right;
        let to_be = name.as_ref().is_some_and(|name| holds_name(reference, name.as_str()))
            || document.as_ref().is_some_and(|document| holds_number(reference, document.number()));
        Ok(to_be || names_one_of(&state.keys, people, reference)?)
    })
}

/// The personal row of a learner before and after it was put right.
pub(super) struct Righted {
    before: LearnerPerson,
    after: LearnerPerson,
    pub(super) corrected: Corrected,
}

/// Puts name and document of a learner right who is held and whom the caller answers for, and lets go what waits for them.
///
/// # Errors
/// `not_found` of an erased file, and `already_exists` where the document is somebody's already.
pub(super) fn put_right(db: &mut Db, at: Occasion<'_>, id: LearnerId, right: &Right) -> Result<Righted, Problem> {
    let Occasion { state, permission, tree, now, today } = at;
    let stored = persons(db, &[id])?.pop().ok_or_else(not_found)?;
    let before = identity::opened(&state.keys, &stored)?;
    let document = right.document.as_ref().unwrap_or(&before);
    let hash = identity::hash(&state.keys, document);
    if *document != before {
        let other = replace_document(db, state, ((!right.keeps_former).then_some(&before), &hash), id)?;
        if let Some(other) = other {
            let visible = other == id || file::visible(db, permission, tree, other, today).is_ok();
            return Err(exists(visible.then_some(other), other == id));
        }
    }
    let name = right.name.clone().unwrap_or_else(|| PersonName::from_stored(stored.name.clone()));
    let after = identity::person(&state.keys, id, &name, document, now)?;
    let (renamed, replaced) = (after.name != stored.name, *document != before);
    if renamed || replaced {
        update_person(db, &after)?;
        // What was pushed under a former number, or under one of a file that ended in this one, waits for the name too.
        let files: Vec<LearnerId> = ended_in(db, &[id])?.into_keys().chain([id]).collect();
        let hashes: Vec<String> = identifiers_of(db, &files)?.into_iter().map(|(hash, _)| hash).collect();
        released_by(db, state, Appeared::People(&hashes), now)?;
    }
    let parts = [(renamed, CorrectionKind::Name), (replaced, CorrectionKind::Document)];
    let was = if right.keeps_former { DocumentWas::Former } else { DocumentWas::Wrong };
    let corrected = Corrected {
        changed: parts.into_iter().filter_map(|(changed, part)| changed.then_some(part)).collect(),
        document_was: replaced.then_some(was),
    };
    Ok(Righted { before: stored, after, corrected })
}

/// The corrected parts, read.
pub(super) struct Right {
    pub(super) name: Option<PersonName>,
    pub(super) document: Option<Document>,
    /// Whether the document until now goes on leading to the learner.
    pub(super) keeps_former: bool,
}

impl Right {
    fn read(faults: &mut Faults<'_>, correction: &PersonCorrection, today: Date) -> Option<Self> {
        if correction.name.is_none() && correction.document.is_none() {
            identity::nothing_to_correct(faults);
        } else if correction.document.is_none() && correction.document_was.is_some() {
            let words = Text::new("应给出取代原证件的 document", "the document that takes its place must be given");
            faults.add("/document", "missing", words);
        }
        let name = correction.name.as_ref().and_then(|text| identity::name(faults, "/name", text));
        let document = correction.document.as_ref();
        let document = document.and_then(|input| identity::document(faults, "/document", input, today));
        let keeps_former = correction.document_was == Some(DocumentWas::Former);
        Some(Self { name, document, keeps_former })
    }
}

/// Ties the right document to the learner, instead of the wrong one where it was wrong; answers who holds it already: someone else, or this learner by
/// a file that ended in this one, which an undoing is to find as it was.
fn replace_document(
    db: &mut Db,
    state: &AppState,
    (wrong, right): (Option<&Document>, &str),
    id: LearnerId,
) -> Result<Option<LearnerId>, Problem> {
    if !add_identifier(db, right, state.keys.lookup_key_id(), id)? {
        let own = identifiers_of(db, &[id])?.into_iter().any(|(hash, _)| hash == right);
        if !own {
            return Ok(find_by_identifier(db, &[right])?.pop().map(|holder| holder.learner));
        }
    }
    if let Some(wrong) = wrong {
        remove_identifier(db, &identity::hash(&state.keys, wrong), id)?;
    }
    Ok(None)
}

/// The same document is registered; `learner_id` is told to those who may see that file. `merged`: as that of a file that ended here.
fn exists(visible: Option<LearnerId>, merged: bool) -> Problem {
    let words = match visible {
        Some(_) if merged => Text::new(
            "该身份证件属于已并入本档案的档案，已可据以找到本档案；确需更改的，先撤销合并",
            "the document is that of a file that ended in this one, and finds this one already; to change that, undo the merge first",
        ),
        Some(_) => Text::new(
            "该身份证件属于另一学员，学员编号见 learner_id；请核对，先更正有误的一份档案",
            "the document is another learner's, who is learner_id: compare, and correct the file that is wrong first",
        ),
        None => Text::new(
            "该身份证件属于另一学员，不在调用方管辖范围；请与负责该人员的机关核对",
            "the document is another learner's, outside the places that the caller answers for: compare with the office in charge",
        ),
    };
    let problem = Problem::new(Kind::AlreadyExists).detail(words).with("pointer", "/document");
    match visible {
        Some(id) => problem.with("learner_id", id),
        None => problem,
    }
}
