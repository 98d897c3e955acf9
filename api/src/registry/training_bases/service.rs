//! Use cases of training bases.

use super::v1::{TrainingBaseBody, TrainingBaseInput};
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
use domain::{kernel::BaseId, registry::PlaceTree};
use store::{
    Db,
    registry::{AfterName, Held, Search, TrainingBase, find_authority, find_base, hold, search_bases, upsert_base},
};
use time::OffsetDateTime;
use uuid::Uuid;

pub(super) async fn search(
    state: &Data<AppState>,
    query: CatalogueQuery,
    page: Page,
) -> Result<Paged<TrainingBaseBody>, Problem> {
    let after = page.after::<(String, Uuid)>()?.map(|(name, id)| AfterName { name, id });
    let shared = state.clone();
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let tree = book.places();
        let asked = places_asked_for(tree, query.place.as_deref())?;
        let search =
            Search { text: query.q.as_deref(), places: asked.as_deref(), after: after.as_ref(), limit: page.fetch() };
        let rows = search_bases(db, search)?;
        let page = Paged::new(&page, rows, |last| (last.name.clone(), last.base_id));
        Ok(page.map(|row| body(tree, row)))
    };
    state.store.read(read).await
}

pub(super) async fn find(state: &Data<AppState>, id: BaseId) -> Result<TrainingBaseBody, Problem> {
    let shared = state.clone();
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let row = find_base(db, id)?.ok_or_else(not_found)?;
        Ok(body(book.places(), row))
    };
    state.store.read(read).await
}

pub(super) async fn create(
    state: &Data<AppState>,
    caller: Caller,
    id: BaseId,
    input: TrainingBaseInput,
) -> Result<TrainingBaseBody, Problem> {
    let (shared, now) = (state.clone(), state.clock.now());
    let write = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let tree = book.places();
        let row = row(db, tree, id, &input, (now, now))?;
        keep(db, tree, &caller, &row)?;
        Ok(body(tree, row))
    };
    state.store.write(write).await
}

pub(super) async fn replace(
    state: &Data<AppState>,
    caller: Caller,
    id: BaseId,
    input: TrainingBaseInput,
) -> Result<TrainingBaseBody, Problem> {
    let (shared, now) = (state.clone(), state.clock.now());
    let write = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let tree = book.places();
        hold(db, Held::TrainingBase(id))?;
        let before = find_base(db, id)?.ok_or_else(not_found)?;
        places::require(&caller, tree, &before.place_code)?;
        let row = row(db, tree, id, &input, (before.created_at, now))?;
        keep(db, tree, &caller, &row)?;
        Ok(body(tree, row))
    };
    state.store.write(write).await
}

/// The row that the input asks for, or all its faults.
fn row(
    db: &mut Db,
    tree: &PlaceTree,
    id: BaseId,
    input: &TrainingBaseInput,
    (created_at, updated_at): (OffsetDateTime, OffsetDateTime),
) -> Result<TrainingBase, Problem> {
    let mut faults = Faults::default();
    let place = faults.place("/place", tree, &input.place);
    faults.in_order("/recognised_until", input.recognised_from, input.recognised_until);
    if let Some(authority) = input.authority_id {
        faults.must_exist("/authority_id", find_authority(db, authority)?.is_some());
    }
    faults.refuse()?;
    Ok(TrainingBase {
        base_id: id,
        name: input.name.trim().to_owned(),
        level: input.level,
        place_code: place.ok_or_else(not_found)?,
        authority_id: input.authority_id,
        recognised_from: input.recognised_from.0,
        recognised_until: input.recognised_until.map(|day| day.0),
        created_at,
        updated_at,
    })
}

fn keep(db: &mut Db, tree: &PlaceTree, caller: &Caller, row: &TrainingBase) -> Result<(), Problem> {
    places::require(caller, tree, &row.place_code)?;
    Ok(upsert_base(db, row)?)
}

fn body(tree: &PlaceTree, row: TrainingBase) -> TrainingBaseBody {
    TrainingBaseBody {
        base_id: row.base_id,
        name: row.name,
        level: row.level,
        place: PlaceRef::of(tree, &row.place_code),
        authority_id: row.authority_id,
        recognised_from: row.recognised_from.into(),
        recognised_until: row.recognised_until.map(Into::into),
        created_at: row.created_at.into(),
        updated_at: row.updated_at.into(),
    }
}
