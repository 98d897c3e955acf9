//! Use cases of grants.

use super::v1::{GrantBody, GrantInput, GrantQuery, WithdrawalInput};
use crate::{
    access::{book::grant, fault, foreign::is_subject, not_found, refuse},
    audit::Recording,
    auth::{Caller, Permission},
    extract::{Page, Paged},
    problem::{Kind, Problem},
    state::AppState,
    wire::PlaceRef,
};
use actix_web::web::Data;
use domain::{
    access::{Giver, GrantRefusal, Reach, may_govern, qualified},
    kernel::{GrantId, IssuerId},
    registry::PlaceTree,
};
use std::collections::HashMap;
use store::{
    Db,
    access::{
        AccessGrant, AccessGrantWithdrawal, GrantSearch, GrantWithEnd, find_grant, find_issuer, hold_access,
        insert_grant, insert_withdrawal, issuers_by_id, search_grants,
    },
};
use time::Date;

/// Those that the caller answers for: an administrator sees all, an officer those for the own places.
pub(super) async fn search(
    state: &Data<AppState>,
    permission: Permission,
    query: GrantQuery,
    page: Page,
) -> Result<Paged<GrantBody>, Problem> {
    let (shared, today, after) = (state.clone(), state.clock.today(), page.after::<GrantId>()?);
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let tree = book.places();
        let own = (!permission.is_for_any()).then(|| permission.caller().places(tree));
        let search = GrantSearch {
            issuer: query.issuer_id,
            subject: query.subject.as_deref(),
            places: own.as_deref(),
            after,
            limit: page.fetch(),
        };
        let rows = search_grants(db, search)?;
        let page = Paged::new(&page, rows, |(last, _)| last.grant_id);
        let next_cursor = page.next_cursor;
        Ok(Paged { items: bodies(db, tree, page.items, today)?, next_cursor })
    };
    state.store.read(read).await
}

pub(super) async fn find(state: &Data<AppState>, permission: Permission, id: GrantId) -> Result<GrantBody, Problem> {
    let (shared, today) = (state.clone(), state.clock.today());
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let row = visible(db, &permission, book.places(), id)?;
        bodies(db, book.places(), vec![row], today)?.pop().ok_or_else(not_found)
    };
    state.store.read(read).await
}

pub(super) async fn give(
    state: &Data<AppState>,
    permission: Permission,
    id: GrantId,
    input: GrantInput,
) -> Result<GrantBody, Problem> {
    let (shared, now, today) = (state.clone(), state.clock.now(), state.clock.today());
    let author = permission.author();
    let write = move |db: &mut Recording<'_>| {
        let book = shared.rule_books.current(db)?;
        let tree = book.places();
        let mut faults = Vec::new();
        let issuer = find_issuer(db, input.issuer_id)?;
        if !issuer.as_ref().is_some_and(|issuer| issuer.names_officials) {
            let (zh, en) = ("没有这个可代表工作人员的签发者", "there is no such issuer that names officials");
            faults.push(fault("/issuer_id", "unknown_reference", zh, en));
        }
        if !is_subject(&input.subject) {
            let (zh, en) = ("应为 1 至 100 个字符，不含控制字符", "must be 1 to 100 characters, none of control");
            faults.push(fault("/subject", "invalid_value", zh, en));
        }
        let place = input.place.as_deref().map(|code| tree.find(code).map(|node| node.code.clone()));
        if place == Some(None) {
            faults.push(fault("/place", "unknown_place", "没有这个地区", "there is no such place"));
        }
        let reach = Reach::of(input.role, place.flatten());
        if reach.is_none() && faults.iter().all(|fault| fault.pointer != "/place") {
            let (zh, en) = ("officer 应有地区，administrator 不得有", "an officer has a place, an administrator none");
            faults.push(fault("/place", "not_of_this_role", zh, en));
        }
        let from_on = input.from_on.map_or(today, |day| day.0);
        let until_on = input.until_on.map(|day| day.0);
        if from_on < today {
            faults.push(fault("/from_on", "too_early", "不得早于今日", "must not be before today"));
        }
        if until_on.is_some_and(|until| until < from_on) {
            let (zh, en) = ("截止日早于起始日", "the last day is before the first");
            faults.push(fault("/until_on", "before_first_day", zh, en));
        }
        refuse(faults)?;
        let (issuer, reach) = (issuer.ok_or_else(not_found)?, reach.ok_or_else(not_found)?);
        let receiver = qualified(&issuer.iss, &input.subject);
        may_govern(giver(permission.caller()), Some(&receiver), input.role, &reach, tree)
            .map_err(|refusal| refused(refusal, permission.caller(), &reach))?;
        let row = AccessGrant {
            grant_id: id,
            issuer_id: issuer.issuer_id,
            subject: input.subject.clone(),
            role: input.role,
            place_code: reach.place().cloned(),
            from_on,
            until_on,
            given_at: now,
            given_by: permission.signature(),
            reason: input.reason.trim().to_owned(),
        };
        insert_grant(db, &row)?;
        let body = bodies(db, tree, vec![(row, None)], today)?.pop().ok_or_else(not_found)?;
        Ok(db.after("grant", id, body))
    };
    let outcome = state.write(author, write).await;
    state.access.forget();
    outcome
}

pub(super) async fn withdraw(
    state: &Data<AppState>,
    permission: Permission,
    id: GrantId,
    input: WithdrawalInput,
) -> Result<GrantBody, Problem> {
    let (shared, now, today) = (state.clone(), state.clock.now(), state.clock.today());
    let author = permission.author();
    let write = move |db: &mut Recording<'_>| {
        let book = shared.rule_books.current(db)?;
        let tree = book.places();
        // Held first, so that of two at once the second sees the first.
        hold_access(db)?;
        let (row, end) = visible(db, &permission, tree, id)?;
        let known = grant(row.clone()).ok_or_else(not_found)?;
        may_govern(giver(permission.caller()), None, known.role, &known.reach, tree)
            .map_err(|refusal| refused(refusal, permission.caller(), &known.reach))?;
        if let Some(end) = end {
            return Err(Problem::new(Kind::AlreadyWithdrawn).with("withdrawn_by", end.withdrawn_by));
        }
        let reason = input.reason.trim().to_owned();
        let end =
            AccessGrantWithdrawal { grant_id: id, withdrawn_at: now, withdrawn_by: permission.signature(), reason };
        insert_withdrawal(db, &end)?;
        let body = bodies(db, tree, vec![(row, Some(end))], today)?.pop().ok_or_else(not_found)?;
        Ok(db.after("grant", id, body))
    };
    let outcome = state.write(author, write).await;
    state.access.forget();
    outcome
}

/// A grant that the caller may see; for anyone else there is none.
fn visible(db: &mut Db, permission: &Permission, tree: &PlaceTree, id: GrantId) -> Result<GrantWithEnd, Problem> {
    let (row, end) = find_grant(db, id)?.ok_or_else(not_found)?;
    let place = row.place_code.as_ref();
    permission.require(place.is_some_and(|place| permission.caller().answers_for(tree, place)))?;
    Ok((row, end))
}

fn giver(caller: &Caller) -> Giver<'_> {
    match caller {
        Caller::Officer { place, subject } => Giver { name: subject, place: Some(place) },
        Caller::Administrator { subject } => Giver { name: subject, place: None },
        // Not let through by the permission type; named by nothing that a grant could go to.
        Caller::Learner(_) | Caller::Platform(_) => Giver { name: "", place: None },
    }
}

fn refused(refusal: GrantRefusal, caller: &Caller, reach: &Reach) -> Problem {
    match refusal {
        GrantRefusal::ToOneself => Problem::new(Kind::GrantToOneself),
        GrantRefusal::RoleAbove => Problem::new(Kind::GrantAbove),
        GrantRefusal::OutsidePlace => {
            Problem::new(Kind::OutsidePlace).with("place", reach.place()).with("answers_for", giver(caller).place)
        }
    }
}

/// The grants with the names of their issuers and places: one query for any number.
fn bodies(db: &mut Db, tree: &PlaceTree, rows: Vec<GrantWithEnd>, today: Date) -> Result<Vec<GrantBody>, Problem> {
    let mut ids: Vec<IssuerId> = rows.iter().map(|(row, _)| row.issuer_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let issuers: HashMap<IssuerId, String> =
        issuers_by_id(db, &ids)?.into_iter().map(|issuer| (issuer.issuer_id, issuer.iss)).collect();
    let body = |(row, end): GrantWithEnd| GrantBody {
        grant_id: row.grant_id,
        issuer_id: row.issuer_id,
        iss: issuers.get(&row.issuer_id).cloned().unwrap_or_default(),
        subject: row.subject,
        role: row.role,
        place: row.place_code.map(|place| PlaceRef::of(tree, &place, today)),
        from_on: row.from_on.into(),
        until_on: row.until_on.map(Into::into),
        given_at: row.given_at.into(),
        given_by: row.given_by,
        reason: row.reason,
        withdrawn_at: end.as_ref().map(|end| end.withdrawn_at.into()),
        withdrawn_by: end.as_ref().map(|end| end.withdrawn_by.clone()),
        withdrawal_reason: end.map(|end| end.reason),
    };
    Ok(rows.into_iter().map(body).collect())
}
