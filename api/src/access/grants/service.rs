//! Use cases of grants.

use super::v1::{GrantBody, GrantInput, GrantQuery, WithdrawalInput};
use crate::{
    access::{book::grant, changed, foreign::is_subject, issuers::takes_grants, not_found},
    audit::Recording,
    auth::{Caller, Permission},
    extract::{Faults, Page, Paged, Unjudged},
    idempotency::Made,
    problem::{Kind, Problem, Tried},
    state::AppState,
    text::Text,
    wire::{Day, NAMES_A_PERSON, PERSONAL_DATA, PlaceRef},
};
use actix_web::web::Data;
use domain::{
    access::{Gift, Giver, Grant, GrantRefusal, Named, Office, Part, Reach, Role, may_stand_beside, qualified},
    kernel::{GrantId, IssuerId, PlaceCode, names_a_person},
    registry::PlaceTree,
};
use serde_json::json;
use std::collections::HashMap;
use store::{
    Db,
    access::{
        AccessGrant, AccessGrantWithdrawal, GrantSearch, GrantWithEnd, TokenIssuer, find_grant, find_issuer, grants_of,
        hold_access, insert_grant, insert_withdrawal, issuers_by_id, search_grants,
    },
    registry::{find_base, find_employer},
};
use time::Date;

/// Those that are for the caller's own places, with their employers and bases, or all.
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
    input: Unjudged<GrantInput>,
) -> Result<Made, Problem> {
    let (shared, now, today) = (state.clone(), state.clock.now(), state.clock.today());
    let author = permission.author();
    let write = move |db: &mut Recording<'_>| {
        let book = shared.rule_books.current(db)?;
        let tree = book.places();
        // Held first, so that of two at once the second sees what the first gave.
        hold_access(db)?;
        let giver = giver(permission.scoped_by())?;
        let (input, asked) = input.judged(|input, faults| {
            // Before anything is looked up, so that a role which is not theirs to give tells nobody what there is.
            let is_named =
                faults.are_sound(&["/subject"]) && is_subject(&input.subject) && !names_a_person(&input.subject, today);
            let subject = is_named.then_some(input.subject.as_str());
            if faults.are_sound(&["/role"]) {
                let tried = attempt(input, subject, None);
                giver.may_make(input.role).map_err(|refusal| refused(refusal).trying(tried))?;
            }
            let asked = asked_for(db, (tree, today), (input, faults), |named, seat, iss| {
                let problem = || outside(&permission, (tree, Some(seat)), Some(seated_at(named)));
                let tried = || attempt(input, subject, Some((named, iss)));
                giver.may_seat(seat, tree).map_err(|_| problem().trying(tried()))
            });
            Ok(asked?.map(|asked| (input, asked)))
        })?;
        let Asked { issuer, named, reach, seat, from_on, until_on } = asked;
        let receiver = qualified(&issuer.iss, &input.subject);
        let tried = attempt(input, Some(&input.subject), Some((&named, Some(&issuer.iss))));
        let refused = |refusal| {
            let problem = match refusal {
                GrantRefusal::OutsidePlace => outside(&permission, (tree, seat.as_ref()), Some(seated_at(&named))),
                refusal => refused(refusal),
            };
            problem.trying(tried.clone())
        };
        let gift = Gift { receiver: &receiver, role: input.role, seat: seat.as_ref(), until_on };
        giver.may_give(gift, tree).map_err(&refused)?;
        let held: Vec<Grant> = grants_of(db, issuer.issuer_id, &input.subject)?.into_iter().filter_map(grant).collect();
        may_stand_beside((input.role, &reach), (from_on, until_on), &held).map_err(refused)?;
        let row = AccessGrant {
            grant_id: id,
            issuer_id: issuer.issuer_id,
            subject: input.subject.clone(),
            role: input.role,
            place_code: named.place,
            employer_id: named.employer,
            base_id: named.base,
            series: named.series,
            from_on,
            until_on,
            given_at: now,
            given_by: permission.signature(),
            reason: input.reason.trim().to_owned(),
        };
        insert_grant(db, &row)?;
        let body = bodies(db, tree, vec![(row, None)], today)?.pop().ok_or_else(not_found)?;
        Made::at(format!("/v1/grants/{id}"), &db.after("grant", id, body))
    };
    changed(state, state.create(author, write).await)
}

/// What a refused gift was to be: whose, as what and how far. Of one that is refused before it is read to its end, as far as it holds
/// nothing personal.
fn attempt(input: &GrantInput, subject: Option<&str>, read: Option<(&Named, Option<&str>)>) -> Tried {
    let (named, iss) = read.unzip();
    let iss = iss.flatten();
    let what = json!({
        "iss": iss,
        "subject": subject,
        "role": input.role,
        "place": named.and_then(|named| named.place.as_ref()),
        "employer_id": named.and_then(|named| named.employer),
        "base_id": named.and_then(|named| named.base),
        "series": named.and_then(|named| named.series.as_ref()),
        "until_on": read.and(input.until_on),
    });
    Tried { kind: "grant", id: None, what: Some(what) }
}

/// A grant as it is asked for, when nothing is wrong with the question itself.
struct Asked {
    issuer: TokenIssuer,
    named: Named,
    reach: Reach,
    /// The place to which its reach belongs.
    seat: Option<PlaceCode>,
    from_on: Date,
    until_on: Option<Date>,
}

/// What is asked for, unless something is wrong with it. `may` is asked about the place to which its reach belongs, whatever is wrong
/// with the rest.
fn asked_for(
    db: &mut Db,
    (tree, today): (&PlaceTree, Date),
    (input, faults): (&GrantInput, &mut Faults<'_>),
    may: impl FnOnce(&Named, &PlaceCode, Option<&str>) -> Result<(), Problem>,
) -> Result<Option<Asked>, Problem> {
    let mut unknown = |pointer: &str, code: &str, zh, en| faults.add(pointer, code, Text::new(zh, en));
    let issuer = find_issuer(db, input.issuer_id)?;
    let issuer = issuer.filter(takes_grants);
    if issuer.is_none() {
        let (zh, en) = (
            "没有这个可代表工作人员的签发者，或已停用",
            "there is no such issuer that names officials, or it is disabled",
        );
        unknown("/issuer_id", "unknown_reference", zh, en);
    }
    if !is_subject(&input.subject) {
        let (zh, en) = (
            "应为 1 至 100 个字符，首尾不得有空白，不含控制字符和不可见字符",
            "must be 1 to 100 characters without a blank at either end, none of control and none that is not seen",
        );
        unknown("/subject", "invalid_value", zh, en);
    } else if names_a_person(&input.subject, today) {
        unknown("/subject", PERSONAL_DATA, NAMES_A_PERSON.0, NAMES_A_PERSON.1);
    }
    let place = input.place.as_deref().map(|code| tree.find(code).map(|node| node.code.clone()));
    if place == Some(None) {
        unknown("/place", "unknown_place", "没有这个地区", "there is no such place");
    }
    let (place, employer, base) = (place.flatten(), input.employer_id, input.base_id);
    // What the role does not answer for is wrong whether it exists or not, and that alone is told of it.
    let takes = |part: Part| input.role.answers_for().contains(&part);
    let (employer, base) = (employer.filter(|_| takes(Part::Employer)), base.filter(|_| takes(Part::Base)));
    let employers_place = employer.map(|id| find_employer(db, id)).transpose()?.flatten().map(|row| row.place_code);
    if employer.is_some() && employers_place.is_none() {
        unknown("/employer_id", "unknown_reference", "没有这个用人单位", "there is no such employer");
    }
    let bases_place = base.map(|id| find_base(db, id)).transpose()?.flatten().map(|row| row.place_code);
    if base.is_some() && bases_place.is_none() {
        unknown("/base_id", "unknown_reference", "没有这个继续教育基地", "there is no such training base");
    }
    let named = Named { place, employer: input.employer_id, base: input.base_id, series: input.series.clone() };
    let seat = named.place.clone().or(employers_place).or(bases_place);
    if let Some(seat) = seat.as_ref().filter(|_| faults.are_sound(&["/place", "/employer_id", "/base_id"])) {
        may(&named, seat, issuer.as_ref().map(|issuer| issuer.iss.as_str()))?;
    }
    let reach = Reach::of(input.role, named.clone());
    if reach.is_none() {
        not_of_role(faults, input);
    }
    let from_on = input.from_on.map_or(today, |day| day.0);
    let until_on = input.until_on.map(|day| day.0);
    if from_on < today {
        faults.add("/from_on", "too_early", Text::new("不得早于今日", "must not be before today"));
    }
    faults.in_order(("/from_on", from_on.into()), ("/until_on", input.until_on));
    Ok(issuer.zip(reach).map(|(issuer, reach)| Asked { issuer, named, reach, seat, from_on, until_on }))
}

/// What the role needs and does not have, and what it has and may not. What is wrong by itself is told so alone.
fn not_of_role(faults: &mut Faults<'_>, input: &GrantInput) {
    let parts = [
        ("/place", input.place.is_some(), Part::Place),
        ("/employer_id", input.employer_id.is_some(), Part::Employer),
        ("/base_id", input.base_id.is_some(), Part::Base),
        ("/series", input.series.is_some(), Part::Series),
    ];
    if !faults.are_sound(&["/role"]) {
        return;
    }
    let parts = parts.map(|(pointer, given, part)| (pointer, given, input.role.answers_for().contains(&part)));
    for (pointer, _, needed) in parts.into_iter().filter(|(_, given, needed)| given != needed) {
        let (code, words) = match needed {
            true => ("missing", Text::new("该角色须给出此项", "the role needs it")),
            false => ("not_of_this_role", Text::new("该角色不得有此项", "the role has none")),
        };
        if !faults.tell_of(pointer) {
            faults.add(pointer, code, words);
        }
    }
}

pub(super) async fn withdraw(
    state: &Data<AppState>,
    permission: Permission,
    id: GrantId,
    input: Unjudged<WithdrawalInput>,
) -> Result<GrantBody, Problem> {
    let (shared, now, today) = (state.clone(), state.clock.now(), state.clock.today());
    let author = permission.author();
    let write = move |db: &mut Recording<'_>| {
        let book = shared.rule_books.current(db)?;
        let tree = book.places();
        // Held first, so that of two at once the second sees the first.
        hold_access(db)?;
        let (row, end) = input.after(visible(db, &permission, tree, id))?;
        let known = grant(row.clone()).ok_or_else(not_found)?;
        let seat = seat(db, &row)?;
        let refused = |refusal| {
            let problem = match refusal {
                GrantRefusal::OutsidePlace => outside(&permission, (tree, seat.as_ref()), None),
                refusal => refused(refusal),
            };
            problem.trying(Tried { kind: "grant", id: Some(id.to_string()), what: None })
        };
        let iss = issuers_by_id(db, &[row.issuer_id])?.pop().map(|issuer| issuer.iss).unwrap_or_default();
        let receiver = qualified(&iss, &row.subject);
        // A signature is a role and a name.
        let given_by = row.given_by.split_once(':').map_or("", |(_, name)| name);
        let giver = giver(permission.scoped_by())?;
        input.after(giver.may_withdraw(&known, (&receiver, given_by), seat.as_ref(), tree).map_err(refused))?;
        let reason = input.judged(|input, _| Ok(Some(input.reason.trim().to_owned())))?;
        if let Some(end) = end {
            return Err(Problem::new(Kind::AlreadyWithdrawn).with("withdrawn_by", end.withdrawn_by));
        }
        let end =
            AccessGrantWithdrawal { grant_id: id, withdrawn_at: now, withdrawn_by: permission.signature(), reason };
        let before = bodies(db, tree, vec![(row.clone(), None)], today)?.pop().ok_or_else(not_found)?;
        db.before(&before);
        insert_withdrawal(db, &end)?;
        let body = bodies(db, tree, vec![(row, Some(end))], today)?.pop().ok_or_else(not_found)?;
        Ok(db.after("grant", id, body))
    };
    changed(state, state.write(author, write).await)
}

/// A grant that the caller may see; for anyone else there is none.
fn visible(db: &mut Db, permission: &Permission, tree: &PlaceTree, id: GrantId) -> Result<GrantWithEnd, Problem> {
    let (row, end) = find_grant(db, id)?.ok_or_else(not_found)?;
    let seat = seat(db, &row)?;
    permission.require(seat.is_some_and(|place| permission.caller().answers_for(tree, &place)))?;
    Ok((row, end))
}

/// The place to which the reach of a grant belongs today: its own, or that of its employer or base.
fn seat(db: &mut Db, row: &AccessGrant) -> Result<Option<PlaceCode>, Problem> {
    let employers = row.employer_id.map(|id| find_employer(db, id)).transpose()?.flatten();
    let bases = row.base_id.map(|id| find_base(db, id)).transpose()?.flatten();
    let place = row.place_code.clone().or(employers.map(|row| row.place_code));
    Ok(place.or(bases.map(|row| row.place_code)))
}

/// As whom the caller gives and withdraws. The table lets nobody else in.
fn giver(caller: &Caller) -> Result<Giver<'_>, Problem> {
    match caller {
        Caller::Official { role: Role::SecurityAdministrator, subject, .. } => {
            Ok(Giver { name: subject, office: Office::SecurityAdministrator })
        }
        Caller::Official { role: Role::Officer, reach: Reach::Place(place), subject, grant } => {
            let until_on = grant.and_then(|grant| grant.until_on);
            Ok(Giver { name: subject, office: Office::Officer { place, until_on } })
        }
        Caller::Official { .. } | Caller::Learner(_) | Caller::Platform(_) => {
            Err(Problem::new(Kind::CallerNotPermitted).with("caller", caller.kind()))
        }
    }
}

fn refused(refusal: GrantRefusal) -> Problem {
    match refusal {
        GrantRefusal::ToOneself => Problem::new(Kind::GrantToOneself),
        GrantRefusal::RoleAbove => Problem::new(Kind::GrantAbove),
        GrantRefusal::AnotherAdministrator(role) => Problem::new(Kind::AnotherAdministrator).with("held", role),
        GrantRefusal::HeldAlready(id) => Problem::new(Kind::AlreadyExists).with("grant_id", id),
        GrantRefusal::OutlastsGiver(day) => Problem::new(Kind::GrantOutlastsGiver).with("until_on", Day::from(day)),
        GrantRefusal::OfPeer => Problem::new(Kind::GrantOfPeer),
        GrantRefusal::OutsidePlace => Problem::new(Kind::OutsidePlace),
    }
}

/// Where in a body the place of a grant's reach is named: by itself, or by an employer or a base.
fn seated_at(named: &Named) -> &'static str {
    match (named.employer, named.base) {
        (Some(_), _) => "/employer_id",
        (None, Some(_)) => "/base_id",
        (None, None) => "/place",
    }
}

/// The refusal of a grant for another place, which a body may name.
fn outside(permission: &Permission, (tree, seat): (&PlaceTree, Option<&PlaceCode>), pointer: Option<&str>) -> Problem {
    let Some(seat) = seat else { return Problem::new(Kind::OutsidePlace) };
    let outside = permission.outside(tree, seat);
    pointer.map_or_else(|| outside.clone().into(), |pointer| outside.clone().at(pointer))
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
        employer_id: row.employer_id,
        base_id: row.base_id,
        series: row.series,
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
