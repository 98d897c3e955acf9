//! Use cases of authorities.

use super::v1::{AuthorityBody, AuthorityInput};
use crate::{
    auth::Caller,
    extract::{Page, Paged},
    places,
    problem::Problem,
    registry::{CatalogueQuery, Faults, not_found, places_asked_for},
    state::AppState,
    wire::PlaceRef,
};
use actix_web::web::Data;
use domain::{kernel::AuthorityId, registry::PlaceTree};
use store::{
    Db,
    registry::{AfterName, Authority, Held, Search, find_authority, hold, search_authorities, upsert_authority},
};
use time::OffsetDateTime;
use uuid::Uuid;

pub(super) async fn search(
    state: &Data<AppState>,
    query: CatalogueQuery,
    page: Page,
) -> Result<Paged<AuthorityBody>, Problem> {
    let after = page.after::<(String, Uuid)>()?.map(|(name, id)| AfterName { name, id });
    let shared = state.clone();
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let tree = book.places();
        let asked = places_asked_for(tree, query.place.as_deref())?;
        let search =
            Search { text: query.q.as_deref(), places: asked.as_deref(), after: after.as_ref(), limit: page.fetch() };
        let rows = search_authorities(db, search)?;
        let page = Paged::new(&page, rows, |last| (last.name.clone(), last.authority_id));
        Ok(page.map(|row| body(tree, row)))
    };
    state.store.read(read).await
}

pub(super) async fn find(state: &Data<AppState>, id: AuthorityId) -> Result<AuthorityBody, Problem> {
    let shared = state.clone();
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let row = find_authority(db, id)?.ok_or_else(not_found)?;
        Ok(body(book.places(), row))
    };
    state.store.read(read).await
}

pub(super) async fn create(
    state: &Data<AppState>,
    caller: Caller,
    id: AuthorityId,
    input: AuthorityInput,
) -> Result<AuthorityBody, Problem> {
    let (shared, now) = (state.clone(), state.clock.now());
    let write = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let tree = book.places();
        let row = row(tree, id, &input, (now, now))?;
        keep(db, tree, &caller, &row)?;
        Ok(body(tree, row))
    };
    state.store.write(write).await
}

pub(super) async fn replace(
    state: &Data<AppState>,
    caller: Caller,
    id: AuthorityId,
    input: AuthorityInput,
) -> Result<AuthorityBody, Problem> {
    let (shared, now) = (state.clone(), state.clock.now());
    let write = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let tree = book.places();
        hold(db, Held::Authority(id))?;
        let before = find_authority(db, id)?.ok_or_else(not_found)?;
        places::require(&caller, tree, &before.place_code)?;
        let row = row(tree, id, &input, (before.created_at, now))?;
        keep(db, tree, &caller, &row)?;
        Ok(body(tree, row))
    };
    state.store.write(write).await
}

/// The row that the input asks for, or all its faults.
fn row(
    tree: &PlaceTree,
    id: AuthorityId,
    input: &AuthorityInput,
    (created_at, updated_at): (OffsetDateTime, OffsetDateTime),
) -> Result<Authority, Problem> {
    let mut faults = Faults::default();
    let place = faults.place("/place", tree, &input.place);
    faults.refuse()?;
    Ok(Authority {
        authority_id: id,
        name: input.name.trim().to_owned(),
        kind: input.kind,
        place_code: place.ok_or_else(not_found)?,
        series: input.series.clone(),
        created_at,
        updated_at,
    })
}

fn keep(db: &mut Db, tree: &PlaceTree, caller: &Caller, row: &Authority) -> Result<(), Problem> {
    places::require(caller, tree, &row.place_code)?;
    Ok(upsert_authority(db, row)?)
}

fn body(tree: &PlaceTree, row: Authority) -> AuthorityBody {
    AuthorityBody {
        authority_id: row.authority_id,
        name: row.name,
        kind: row.kind,
        place: PlaceRef::of(tree, &row.place_code),
        series: row.series,
        created_at: row.created_at.into(),
        updated_at: row.updated_at.into(),
    }
}
