//! Learning platforms and the categories they may serve.

use super::{REGISTRY, Search, codes, end_of_prefix, organisations::search_by_name};
use crate::{
    Db, StoreError,
    bulk::{insert_all, of_ids},
    db::on_db,
    policy::touch_revision,
    schema::{learning_platform, learning_platform_category},
    types::{Opt, PlaceText, Ts, Uid, Word},
};
use diesel::prelude::*;
use diesel::upsert::excluded;
use domain::{
    kernel::{BaseId, PlaceCode, PlatformId},
    registry::{PlatformFacts, ServedCategory, Tier},
};
use std::collections::HashMap;
use time::{Date, OffsetDateTime};

/// A learning platform.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = learning_platform, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct LearningPlatform {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub platform_id: PlatformId,
    pub platform_code: String,
    pub name: String,
    #[diesel(serialize_as = Word<Tier>, deserialize_as = Word<Tier>)]
    pub level: Tier,
    #[diesel(serialize_as = PlaceText, deserialize_as = PlaceText)]
    pub place_code: PlaceCode,
    #[diesel(serialize_as = Opt<Uid>, deserialize_as = Opt<Uid>)]
    pub base_id: Option<BaseId>,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub created_at: OffsetDateTime,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub updated_at: OffsetDateTime,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = learning_platform_category, treat_none_as_default_value = false)]
struct CategoryRow {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    platform_id: PlatformId,
    category: String,
    from_on: Date,
    until_on: Option<Date>,
}

/// Keeps a platform, new or changed; `created_at` of a known one stays. A code that another platform has is
/// [`StoreError::Conflict`].
pub fn upsert_platform(db: &mut Db, row: &LearningPlatform) -> Result<(), StoreError> {
    on_db!(db, c => diesel::insert_into(learning_platform::table)
        .values(row.clone())
        .on_conflict(learning_platform::platform_id)
        .do_update()
        .set((
            learning_platform::platform_code.eq(excluded(learning_platform::platform_code)),
            learning_platform::name.eq(excluded(learning_platform::name)),
            learning_platform::level.eq(excluded(learning_platform::level)),
            learning_platform::place_code.eq(excluded(learning_platform::place_code)),
            learning_platform::base_id.eq(excluded(learning_platform::base_id)),
            learning_platform::updated_at.eq(excluded(learning_platform::updated_at)),
        ))
        .execute(c))?;
    touch_revision(db, REGISTRY)
}

/// Replaces the categories that a platform may serve.
pub fn set_platform_categories(db: &mut Db, id: PlatformId, categories: &[ServedCategory]) -> Result<(), StoreError> {
    let of_platform = learning_platform_category::platform_id.eq(Uid::from(id));
    on_db!(db, c => diesel::delete(learning_platform_category::table.filter(of_platform)).execute(c))?;
    let rows: Vec<CategoryRow> = categories
        .iter()
        .map(|served| CategoryRow {
            platform_id: id,
            category: served.category.clone(),
            from_on: served.from_on,
            until_on: served.until_on,
        })
        .collect();
    insert_all!(db, learning_platform_category::table, &rows);
    touch_revision(db, REGISTRY)
}

/// One platform.
pub fn find_platform(db: &mut Db, id: PlatformId) -> Result<Option<LearningPlatform>, StoreError> {
    Ok(on_db!(db, c => learning_platform::table
        .find(Uid::from(id))
        .select(LearningPlatform::as_select())
        .first(c)
        .optional())?)
}

/// The platform of a code.
pub fn find_platform_by_code(db: &mut Db, code: &str) -> Result<Option<LearningPlatform>, StoreError> {
    Ok(on_db!(db, c => learning_platform::table
        .filter(learning_platform::platform_code.eq(code))
        .select(LearningPlatform::as_select())
        .first(c)
        .optional())?)
}

/// A page of platforms; the text may be a whole platform code.
pub fn search_platforms(db: &mut Db, search: Search<'_>) -> Result<Vec<LearningPlatform>, StoreError> {
    Ok(search_by_name!(db, learning_platform, platform_id, LearningPlatform, search, platform_code)?)
}

/// What the rules need to know of one platform.
pub fn platform_facts(db: &mut Db, id: PlatformId) -> Result<Option<PlatformFacts>, StoreError> {
    Ok(platform_facts_many(db, &[id])?.pop())
}

/// What the rules need to know of those of the platforms that exist.
pub fn platform_facts_many(db: &mut Db, ids: &[PlatformId]) -> Result<Vec<PlatformFacts>, StoreError> {
    let rows: Vec<LearningPlatform> = of_ids(ids, |some| {
        on_db!(db, c => learning_platform::table
            .filter(learning_platform::platform_id.eq_any(some))
            .select(LearningPlatform::as_select())
            .load(c))
    })?;
    let categories: Vec<CategoryRow> = of_ids(ids, |some| {
        on_db!(db, c => learning_platform_category::table
            .filter(learning_platform_category::platform_id.eq_any(some))
            .order((learning_platform_category::category, learning_platform_category::from_on))
            .select(CategoryRow::as_select())
            .load(c))
    })?;
    let mut served: HashMap<PlatformId, Vec<ServedCategory>> = HashMap::new();
    for CategoryRow { platform_id, category, from_on, until_on } in categories {
        served.entry(platform_id).or_default().push(ServedCategory { category, from_on, until_on });
    }
    let facts = rows.into_iter().map(|row| PlatformFacts {
        categories: served.remove(&row.platform_id).unwrap_or_default(),
        id: row.platform_id,
        code: row.platform_code,
        name: row.name,
        tier: row.level,
    });
    Ok(facts.collect())
}
