//! Many decisions in one request: each is taken or refused by itself, and one that the caller took before is known again.

use super::{
    body::{Became, DecidedBody, DecisionInput, DecisionsBody, DecisionsInput},
    service::{At, Done, done, for_offices},
};
use crate::{
    audit::Recording,
    auth::Permission,
    extract::Unjudged,
    problem::{Kind, Problem},
    quota,
    recognition::case::{Held, hold_people, visible},
    registry::Corrected,
    state::AppState,
    text::Language,
    verification::Ahead,
};
use actix_web::web::Data;
use domain::kernel::CaseId;
use serde::Serialize;
use std::collections::HashMap;
use store::{Db, whole_micros};

pub(super) async fn decide(
    state: &Data<AppState>,
    permission: Permission,
    input: Unjudged<DecisionsInput>,
    language: Language,
) -> Result<DecisionsBody, Problem> {
    let items = input.judged(|input, faults| {
        let mut known = HashMap::new();
        for (at, item) in input.items.iter().enumerate() {
            if known.insert(item.case_id, at).is_some() {
                faults.twice(&format!("/items/{at}/case_id"));
            }
        }
        Ok(Some(input.items.clone()))
    })?;
    state.quotas.spend_on_body(&permission.signature(), quota::many(items.len()))?;
    let (shared, now, today) = (state.clone(), whole_micros(state.clock.now()), state.clock.today());
    let author = permission.author();
    let write = move |db: &mut Recording<'_>| {
        permission.asks_of_each_item();
        let book = shared.rule_books.current(db)?;
        // In one order, whoever asks: two requests about the same people and cases wait for each other and never both for ever.
        let cases: Vec<CaseId> = items.iter().map(|item| item.case_id).collect();
        hold_people(db, &cases)?;
        let ahead = Ahead::of(db, &cases)?;
        let ahead = ahead.as_ref();
        let at = At { state: &shared, book: &book, permission: &permission, now, today, language, ahead };
        let mut by_id: Vec<(usize, &DecisionInput)> = items.iter().enumerate().collect();
        by_id.sort_unstable_by_key(|(_, item)| item.case_id);
        let mut results = Vec::with_capacity(items.len());
        let mut corrected = Vec::new();
        for (index, item) in by_id {
            let (result, changed) = one(db, at, item)?;
            corrected.extend(changed.map(|changed| OneCorrected { case_id: item.case_id, changed }));
            results.push((index, result));
        }
        results.sort_unstable_by_key(|(index, _)| *index);
        let items: Vec<DecidedBody> = results.into_iter().map(|(_, result)| result).collect();
        let decided: Vec<CaseId> =
            items.iter().filter(|item| item.result == Became::Decided).map(|item| item.case_id).collect();
        db.among("review", &Told { decided, corrected });
        Ok(DecisionsBody { items })
    };
    state.write(author, write).await
}

/// What the event of all of them tells.
#[derive(Serialize)]
struct Told {
    decided: Vec<CaseId>,
    /// What of the files of their people the approvals corrected.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    corrected: Vec<OneCorrected>,
}

/// A case by whose approval a file was corrected.
#[derive(Serialize)]
struct OneCorrected {
    case_id: CaseId,
    #[serde(flatten)]
    changed: Corrected,
}

/// One of them, and what of its person's file it corrected. What the service fails with fails them all.
fn one(db: &mut Db, at: At<'_>, item: &DecisionInput) -> Result<(DecidedBody, Option<Corrected>), Problem> {
    let places = at.book.places();
    let tried: Result<(Became, Option<Corrected>), Problem> = db.savepoint(|db: &mut Db| {
        let seen = visible(db, (at.permission, places), (item.case_id, Held::Alone), at.today)?;
        for_offices(at.permission, &seen.case)?;
        let said = item.said();
        if seen.case.was_settled_so(&at.permission.signature(), &said.1) {
            return Ok((Became::DecidedBefore, None));
        }
        let Done { seen, corrected } = done(db, at, seen, said)?;
        at.state.journal.shown(at.permission, [seen.learner.id], at.now)?;
        Ok((Became::Decided, corrected))
    });
    match tried {
        Ok((result, corrected)) => Ok((DecidedBody { case_id: item.case_id, result, problem: None }, corrected)),
        Err(problem) if problem.kind().status().is_client_error() && problem.kind() != Kind::Conflict => {
            let told = problem.to_value(at.language);
            Ok((DecidedBody { case_id: item.case_id, result: Became::Refused, problem: Some(told) }, None))
        }
        Err(problem) => Err(problem),
    }
}
