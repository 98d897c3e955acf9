//! Handing the present stage to another official of the same office (转办): named by the grant by which they could decide it anyway.

use super::{
    body::{HandOverInput, ReviewBody},
    service::{At, Told, body, for_offices},
};
use crate::{
    audit::Recording,
    auth::{CallerKind, Permission},
    extract::Unjudged,
    problem::Problem,
    recognition::case::{Acting, Held, Seen, act, visible},
    state::AppState,
    text::Language,
};
use actix_web::web::Data;
use domain::{
    access::{Named, Reach, qualified},
    kernel::{CaseId, GrantId, lasts},
    registry::PlaceTree,
    review::Asked,
};
use store::{
    Db,
    access::{find_grant, find_issuer},
    whole_micros,
};
use time::Date;

pub(super) async fn hand_over(
    state: &Data<AppState>,
    permission: Permission,
    id: CaseId,
    input: Unjudged<HandOverInput>,
    language: Language,
) -> Result<ReviewBody, Problem> {
    let (shared, now, today) = (state.clone(), whole_micros(state.clock.now()), state.clock.today());
    let author = permission.author();
    let write = move |db: &mut Recording<'_>| {
        let book = shared.rule_books.current(db)?;
        let places = book.places();
        let seen = visible(db, (&permission, places), (id, Held::Yes), today);
        let seen = input.after(seen.and_then(|seen| for_offices(&permission, &seen.case).map(|()| seen)))?;
        let (number, receiver) = input.judged(|input, faults| {
            let receiver = holder(db, input.grant_id, places, today)?;
            faults.must_exist("/grant_id", receiver.is_some());
            Ok(receiver.map(|receiver| (input.seen.and_then(|seen| u32::try_from(seen).ok()), receiver)))
        })?;
        db.before(&Told::of(&seen));
        let asked = Asked::Delegate { to: receiver.actor() };
        let case = act(db, &Acting::of(permission.caller(), places), seen.case, (number, asked), now)?;
        let seen = Seen { case, ..seen };
        let at = At { state: &shared, book: &book, permission: &permission, now, today, language, ahead: None };
        let shown = body(db, at, &seen)?;
        shared.journal.shown(&permission, [seen.learner.id], now)?;
        db.after("review", id, Told::of(&seen));
        Ok(shown)
    };
    state.write(author, write).await
}

/// Who holds a grant that is in force today.
fn holder(db: &mut Db, id: GrantId, places: &PlaceTree, today: Date) -> Result<Option<Acting>, Problem> {
    let Some((grant, None)) = find_grant(db, id)? else { return Ok(None) };
    if !lasts(grant.from_on, grant.until_on, today) {
        return Ok(None);
    }
    let Some(issuer) = find_issuer(db, grant.issuer_id)?.filter(|issuer| issuer.disabled_at.is_none()) else {
        return Ok(None);
    };
    let name = format!("{}:{}", CallerKind::from(grant.role), qualified(&issuer.iss, &grant.subject));
    let named =
        Named { place: grant.place_code, employer: grant.employer_id, base: grant.base_id, series: grant.series };
    Ok(Reach::of(grant.role, named).map(|reach| Acting::another(name, &reach, places)))
}
