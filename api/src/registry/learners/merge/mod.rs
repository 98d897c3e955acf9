//! Two files of one person become one, and two again where that was wrong: the act of an office that answers for both.
//!
//! Nothing is moved or deleted. The ended file keeps its facts and its documents, under which the other one is found from then
//! on; what it was credited goes over by further lines and decisions (`completions::carry`). See decision 14.

mod v1;

pub(super) use v1::{get_merge, post_merge, post_undoing};

use super::{
    body::LearnerBody,
    change::Occasion,
    file::{self, Shown},
    identity,
    named::{Ground, names_one_of},
};
use crate::{
    audit::Recording,
    auth::{Caller, Permission},
    changes::{self, Happened},
    completions::carry,
    extract::Unjudged,
    idempotency::Made,
    problem::{FieldError, Kind, Problem},
    registry::{despite_races, not_found},
    state::AppState,
    text::Text,
};
use actix_web::web::Data;
use domain::{
    kernel::{CaseId, Document, LearnerId, MergeId, PersonName},
    registry::{FileState, LearnerFacts, NotMerged, NotUndone, PlaceTree, may_merge, may_undo},
};
use store::{
    Db,
    completions::platforms_of,
    registry::{
        LearnerMerge, LearnerPerson, MergeUndoing, find_by_identifier, find_merge, hold_learners, insert_merge,
        insert_undoing, load_learner_facts, merge_items, names_of, persons,
    },
};
use time::Date;
use v1::{EndedFile, MergeBody, MergeInput, UndoingBody, UndoingInput};

/// Lets one file end in another.
pub(super) async fn merge(
    state: &Data<AppState>,
    permission: Permission,
    input: Unjudged<MergeInput>,
) -> Result<Made, Problem> {
    let (shared, now, today) = (state.clone(), state.clock.now(), state.clock.today());
    let id = MergeId::from_uuid(state.new_id());
    let author = permission.author();
    let write = move |db: &mut Recording<'_>| {
        let book = shared.rule_books.current(db)?;
        let office = Office { tree: book.places(), permission: &permission, today };
        let (ends, stays) = (input.as_read().ends, input.as_read().stays);
        hold_learners(db, &[ends, stays])?;
        let _ = input.after_named(&["/ends"], office.one(db, ends, "/ends"))?;
        let _ = input.after_named(&["/stays"], office.one(db, stays, "/stays"))?;
        let facts = input.after(office.both(db, ends, stays))?;
        let merge = input.judged(|input, _| Ok(Some(input.row(id, now, permission.signature()))))?;
        let before = office.bodies(db, &facts)?;
        db.before(&before);
        let people = persons(db, &[ends, stays])?;
        join(db, &shared, &merge, &facts)?;
        let said = [("/reason", Some(&merge.reason)), ("/reference", merge.reference.as_ref())];
        grounds_name_nobody((&shared, &permission), (ends, &people), said)?;
        shared.journal.shown(&permission, [ends, stays], now)?;
        let body = office.body(db, merge.clone(), None, &facts)?;
        let body = db.after("learner_merge", id, body);
        Ok(Made::at(format!("/v1/learner-merges/{id}"), &body)?.showing(&[ends, stays]))
    };
    state.create(author, write).await
}

/// Refuses what names one of the two, as it is kept for good; asked last.
fn grounds_name_nobody(
    (state, permission): (&AppState, &Permission),
    (learner, people): (LearnerId, &[LearnerPerson]),
    said: [(&'static str, Option<&String>); 2],
) -> Result<(), Problem> {
    let words = ("不得含当事人的姓名或证件号码", "must not hold the name or the document number of either person");
    for (pointer, text) in said {
        let Some(text) = text else { continue };
        Ground { learner, pointer, words, permission }
            .names_nobody(state, || names_one_of(&state.keys, people, text))?;
    }
    Ok(())
}

/// Lets one of two files that are held end in the other.
///
/// # Errors
/// Why they are not joined: they are one, one has ended, or its person was erased.
fn join(db: &mut Db, state: &AppState, merge: &LearnerMerge, facts: &Both) -> Result<(), Problem> {
    let LearnerMerge { ends_id: ends, stays_id: stays, merged_at: now, .. } = *merge;
    may_merge(state_of(&facts.0), state_of(&facts.1)).map_err(not_merged)?;
    // A file whose person was erased is nobody's, and nobody's can be joined with it.
    if persons(db, &[ends, stays])?.len() < 2 {
        return Err(not_found());
    }
    // Asked before: afterwards what it had is the other's.
    let platforms = platforms_of(db, ends)?;
    despite_races(db, |db| {
        insert_merge(db, merge)?;
        carry::join(db, state, merge, &merge.merged_by, now)
    })?;
    carry::look_again_later(db, state, merge.merge_id, now)?;
    changes::record(db, now, Happened::merged(ends, stays, &platforms))
}

/// Lets the file of this document end in that of a learner who is held, as an office approved that the learner asked.
///
/// # Errors
/// The fault, with a pointer into what was asked: no file that the caller answers for has the document, it leads to the learner anyway,
/// or its person has another name.
pub(super) fn join_known(
    db: &mut Db,
    at: Occasion<'_>,
    (stays, case): (LearnerId, CaseId),
    (document, name): (&Document, &PersonName),
) -> Result<Result<(), FieldError>, Problem> {
    let hash = identity::hash(&at.state.keys, document);
    let fault = |member: &str, code: &str, words| Ok(Err(FieldError::new(format!("/merge/{member}"), code, words)));
    let unknown =
        || Text::new("管辖范围内没有持该证件的其他档案", "no other file that you answer for has this document");
    let Some(mut ends) = find_by_identifier(db, &[&hash])?.pop().map(|holder| holder.learner) else {
        return fault("document", "unknown_reference", unknown());
    };
    // Both are held in the order of their ids by whoever joins them; where another has begun in the meantime, one of the two begins anew.
    while hold_learners(db, &[ends, stays])? {
        let found = find_by_identifier(db, &[&hash])?.pop().map(|holder| holder.learner);
        match found {
            Some(other) if other != ends => ends = other,
            Some(_) => break,
            None => return fault("document", "unknown_reference", unknown()),
        }
    }
    if ends == stays {
        let words = Text::new("该证件已指向本档案", "the document leads to this file already");
        return fault("document", "same_file", words);
    }
    let office = Office { tree: at.tree, permission: at.permission, today: at.today };
    let facts = match office.both(db, ends, stays) {
        Err(problem) if problem.kind() == Kind::NotFound => return fault("document", "unknown_reference", unknown()),
        found => found?,
    };
    let names = names_of(db, &[ends])?.remove(&ends).unwrap_or_default();
    if !names.into_iter().any(|known| PersonName::from_stored(known).matches(name)) {
        let words = Text::new(
            "该档案登记的是另一姓名；请核对，登记有误的先在该档案中更正",
            "that file has another name: compare, and correct it there first if that is the wrong one",
        );
        return fault("name", "other_name", words);
    }
    let merge = LearnerMerge {
        merge_id: MergeId::from_uuid(at.state.new_id()),
        ends_id: ends,
        stays_id: stays,
        // What the learner wrote may name somebody, and stands where an erasure finds it.
        reason: "学员申请合并本人档案".to_owned(),
        reference: Some(format!("更正申请 {case}")),
        merged_at: at.now,
        merged_by: at.permission.signature(),
    };
    join(db, at.state, &merge, &facts).map(Ok)
}

/// Opens the ended file again.
pub(super) async fn undo(
    state: &Data<AppState>,
    permission: Permission,
    id: MergeId,
    input: Unjudged<UndoingInput>,
) -> Result<MergeBody, Problem> {
    let (shared, now, today) = (state.clone(), state.clock.now(), state.clock.today());
    let author = permission.author();
    let write = move |db: &mut Recording<'_>| {
        let book = shared.rule_books.current(db)?;
        let office = Office { tree: book.places(), permission: &permission, today };
        let (merge, _) = input.after(find_merge(db, id)?.ok_or_else(not_found))?;
        hold_learners(db, &[merge.ends_id, merge.stays_id])?;
        // The body names neither of the two.
        let facts = office.both(db, merge.ends_id, merge.stays_id).map_err(|problem| problem.without("pointer"));
        let facts = input.after(facts)?;
        let undoing = input.judged(|input, _| Ok(Some(input.row(id, now, permission.signature()))))?;
        let undone = find_merge(db, id)?.is_some_and(|(_, undoing)| undoing.is_some());
        may_undo(undone, state_of(&facts.1)).map_err(not_undone)?;
        let before = office.body(db, merge.clone(), None, &facts)?;
        db.before(&before);
        despite_races(db, |db| {
            insert_undoing(db, &undoing)?;
            carry::part(db, &shared, &merge, &undoing.undone_by, now)
        })?;
        carry::look_again_later(db, &shared, id, now)?;
        let people = persons(db, &[merge.ends_id, merge.stays_id])?;
        let said = [("/reason", Some(&undoing.reason)), ("/reference", None)];
        grounds_name_nobody((&shared, &permission), (merge.ends_id, &people), said)?;
        let platforms = platforms_of(db, merge.ends_id)?;
        changes::record(db, now, Happened::merge_undone(merge.ends_id, merge.stays_id, &platforms))?;
        shared.journal.shown(&permission, [merge.ends_id, merge.stays_id], now)?;
        let body = office.body(db, merge.clone(), Some(undoing), &facts)?;
        Ok(db.after("learner_merge", id, body))
    };
    state.write(author, write).await
}

/// One merge, for the learner and for who answers for either file.
pub(super) async fn find(state: &Data<AppState>, permission: Permission, id: MergeId) -> Result<MergeBody, Problem> {
    let (shared, now, today) = (state.clone(), state.clock.now(), state.clock.today());
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let office = Office { tree: book.places(), permission: &permission, today };
        let (merge, undoing) = find_merge(db, id)?.ok_or_else(not_found)?;
        let facts = load_learner_facts(db, &[merge.ends_id, merge.stays_id])?;
        let [ends, stays] = <[LearnerFacts; 2]>::try_from(facts).map_err(|_| not_found())?;
        permission.require(office.answers_for(&ends) || office.answers_for(&stays))?;
        shared.journal.shown(&permission, [merge.ends_id, merge.stays_id], now)?;
        office.body(db, merge, undoing, &(ends, stays))
    };
    state.store.read(read).await
}

fn state_of(facts: &LearnerFacts) -> FileState {
    FileState { id: facts.id, ended_in: facts.ended_in }
}

fn not_merged(why: NotMerged) -> Problem {
    match why {
        NotMerged::SameFile => {
            let words = Text::new("应为另一份档案", "must be another file");
            Problem::invalid_body(vec![FieldError::new("/stays", "same_file", words)])
        }
        NotMerged::EndsHasEnded(successor) => Problem::learner_merged(successor).with("pointer", "/ends"),
        NotMerged::StaysHasEnded(successor) => Problem::learner_merged(successor).with("pointer", "/stays"),
    }
}

fn not_undone(why: NotUndone) -> Problem {
    match why {
        NotUndone::Before => Problem::new(Kind::MergeUndone),
        NotUndone::StaysHasEnded(successor) => Problem::learner_merged(successor).detail(Text::new(
            "保留的档案其后又并入他档，须先撤销那次合并",
            "the file that stayed has ended in another one since: undo that merge first",
        )),
    }
}

/// Who acts, or asks.
struct Office<'a> {
    tree: &'a PlaceTree,
    permission: &'a Permission,
    today: Date,
}

/// The facts of the file that ends and of the one that stays.
type Both = (LearnerFacts, LearnerFacts);

impl Office<'_> {
    fn answers_for(&self, facts: &LearnerFacts) -> bool {
        self.permission.covers(file::is_own(self.permission.caller(), self.tree, facts, self.today))
    }

    /// Both files, where the permission is good for both.
    fn both(&self, db: &mut Db, ends: LearnerId, stays: LearnerId) -> Result<Both, Problem> {
        Ok((self.one(db, ends, "/ends")?, self.one(db, stays, "/stays")?))
    }

    /// One of them; which of the two, for whoever cannot tell.
    fn one(&self, db: &mut Db, id: LearnerId, pointer: &str) -> Result<LearnerFacts, Problem> {
        let found = file::ended_or_not(db, self.permission, self.tree, id, self.today);
        found.map_err(|problem| problem.with("pointer", pointer))
    }

    /// Both files as officials see them, for the record.
    fn bodies(&self, db: &mut Db, (ends, stays): &Both) -> Result<[LearnerBody; 2], Problem> {
        let shown = Shown { tree: self.tree, caller: self.permission.caller(), today: self.today };
        let mut one = |facts: &LearnerFacts| {
            let person = persons(db, &[facts.id])?.pop();
            shown.one(db, facts, person.as_ref())
        };
        Ok([one(ends)?, one(stays)?])
    }

    /// A merge as it stands. While it holds, the ended file can be read nowhere else.
    fn body(
        &self,
        db: &mut Db,
        merge: LearnerMerge,
        undoing: Option<MergeUndoing>,
        (ends, _): &Both,
    ) -> Result<MergeBody, Problem> {
        let items = merge_items(db, merge.merge_id)?.len();
        let caller = match self.permission.caller() {
            // What the ended file holds is the learner's own as well.
            Caller::Learner(_) => &Caller::Learner(merge.ends_id),
            official => official,
        };
        let shown = Shown { tree: self.tree, caller, today: self.today };
        let ended = match undoing {
            Some(_) => None,
            None => {
                let person = persons(db, &[ends.id])?.pop();
                let file = shown.one(db, ends, person.as_ref())?;
                Some(EndedFile { file, history: shown.history(db, ends.clone())? })
            }
        };
        let by = |recorded_by: &str| recorder(caller, recorded_by);
        let undoing = undoing.map(|undoing| UndoingBody::new(undoing, by));
        Ok(MergeBody::new(merge, undoing, ended, items, by))
    }
}

/// Who of an office did it is the offices' to know.
fn recorder(caller: &Caller, recorded_by: &str) -> String {
    match caller {
        Caller::Official { .. } => recorded_by.to_owned(),
        _ => recorded_by.split(':').next().unwrap_or_default().to_owned(),
    }
}
