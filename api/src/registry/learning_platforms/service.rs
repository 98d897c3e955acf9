//! Use cases of learning platforms.

use super::v1::{LearningPlatformBody, LearningPlatformInput, ServedCategoryBody};
use crate::{
    auth::Caller,
    extract::{Page, Paged},
    places,
    problem::{Kind, Problem},
    registry::{CatalogueQuery, Faults, not_found, places_asked_for},
    state::AppState,
    wire::PlaceRef,
};
use actix_web::web::Data;
use domain::{
    kernel::PlatformId,
    registry::{PlaceTree, PlatformFacts, ServedCategory},
};
use std::collections::{HashMap, HashSet};
use store::{
    Db,
    registry::{
        AfterName, Held, LearningPlatform, Search, find_base, find_platform, find_platform_by_code, hold,
        platform_facts_many, search_platforms, set_platform_categories, upsert_platform,
    },
};
use time::OffsetDateTime;
use uuid::Uuid;

pub(super) async fn search(
    state: &Data<AppState>,
    query: CatalogueQuery,
    page: Page,
) -> Result<Paged<LearningPlatformBody>, Problem> {
    let after = page.after::<(String, Uuid)>()?.map(|(name, id)| AfterName { name, id });
    let shared = state.clone();
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let tree = book.places();
        let asked = places_asked_for(tree, query.place.as_deref())?;
        let search =
            Search { text: query.q.as_deref(), places: asked.as_deref(), after: after.as_ref(), limit: page.fetch() };
        let rows = search_platforms(db, search)?;
        let page = Paged::new(&page, rows, |last| (last.name.clone(), last.platform_id));
        let next_cursor = page.next_cursor;
        Ok(Paged { items: bodies(db, tree, page.items)?, next_cursor })
    };
    state.store.read(read).await
}

pub(super) async fn find(state: &Data<AppState>, id: PlatformId) -> Result<LearningPlatformBody, Problem> {
    let shared = state.clone();
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let tree = book.places();
        let row = find_platform(db, id)?.ok_or_else(not_found)?;
        bodies(db, tree, vec![row])?.pop().ok_or_else(not_found)
    };
    state.store.read(read).await
}

pub(super) async fn create(
    state: &Data<AppState>,
    caller: Caller,
    id: PlatformId,
    input: LearningPlatformInput,
) -> Result<LearningPlatformBody, Problem> {
    let (shared, now) = (state.clone(), state.clock.now());
    let write = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let tree = book.places();
        keep(db, tree, &caller, row(tree, id, &input, (now, now))?, &input)
    };
    state.store.write(write).await
}

pub(super) async fn replace(
    state: &Data<AppState>,
    caller: Caller,
    id: PlatformId,
    input: LearningPlatformInput,
) -> Result<LearningPlatformBody, Problem> {
    let (shared, now) = (state.clone(), state.clock.now());
    let write = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let tree = book.places();
        hold(db, Held::LearningPlatform(id))?;
        let before = find_platform(db, id)?.ok_or_else(not_found)?;
        places::require(&caller, tree, &before.place_code)?;
        keep(db, tree, &caller, row(tree, id, &input, (before.created_at, now))?, &input)
    };
    state.store.write(write).await
}

/// The row that the input asks for, or every fault that can be seen without the database.
fn row(
    tree: &PlaceTree,
    id: PlatformId,
    input: &LearningPlatformInput,
    (created_at, updated_at): (OffsetDateTime, OffsetDateTime),
) -> Result<LearningPlatform, Problem> {
    let mut faults = Faults::default();
    let place = faults.place("/place", tree, &input.place);
    let mut seen = HashSet::new();
    for (index, served) in input.categories.iter().enumerate() {
        faults.in_order(&format!("/categories/{index}/until_on"), served.from_on, served.until_on);
        if !seen.insert((&served.category, served.from_on)) {
            faults.twice(&format!("/categories/{index}"));
        }
    }
    faults.refuse()?;
    Ok(LearningPlatform {
        platform_id: id,
        platform_code: input.code.clone(),
        name: input.name.trim().to_owned(),
        level: input.level,
        place_code: place.ok_or_else(not_found)?,
        base_id: input.base_id,
        created_at,
        updated_at,
    })
}

fn keep(
    db: &mut Db,
    tree: &PlaceTree,
    caller: &Caller,
    row: LearningPlatform,
    input: &LearningPlatformInput,
) -> Result<LearningPlatformBody, Problem> {
    if let Some(base) = row.base_id {
        let mut faults = Faults::default();
        faults.must_exist("/base_id", find_base(db, base)?.is_some());
        faults.refuse()?;
    }
    places::require(caller, tree, &row.place_code)?;
    if let Some(other) = find_platform_by_code(db, &row.platform_code)?.filter(|one| one.platform_id != row.platform_id)
    {
        return Err(Problem::new(Kind::AlreadyExists).with("platform_id", other.platform_id));
    }
    upsert_platform(db, &row)?;
    let served = input.categories.iter().map(|served| ServedCategory {
        category: served.category.clone(),
        from_on: served.from_on.0,
        until_on: served.until_on.map(|day| day.0),
    });
    set_platform_categories(db, row.platform_id, &served.collect::<Vec<_>>())?;
    bodies(db, tree, vec![row])?.pop().ok_or_else(not_found)
}

/// The platforms with their categories: two queries for any number.
fn bodies(db: &mut Db, tree: &PlaceTree, rows: Vec<LearningPlatform>) -> Result<Vec<LearningPlatformBody>, Problem> {
    let ids: Vec<PlatformId> = rows.iter().map(|row| row.platform_id).collect();
    let mut facts: HashMap<PlatformId, PlatformFacts> =
        platform_facts_many(db, &ids)?.into_iter().map(|facts| (facts.id, facts)).collect();
    let body = |row: LearningPlatform| {
        let served = facts.remove(&row.platform_id).map(|facts| facts.categories).unwrap_or_default();
        LearningPlatformBody {
            platform_id: row.platform_id,
            code: row.platform_code,
            name: row.name,
            level: row.level,
            place: PlaceRef::of(tree, &row.place_code),
            base_id: row.base_id,
            categories: served.into_iter().map(served_body).collect(),
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        }
    };
    Ok(rows.into_iter().map(body).collect())
}

fn served_body(served: ServedCategory) -> ServedCategoryBody {
    ServedCategoryBody {
        category: served.category,
        from_on: served.from_on.into(),
        until_on: served.until_on.map(Into::into),
    }
}
