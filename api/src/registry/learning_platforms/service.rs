//! What a learning platform holds, and what speaks against one.

use super::v1::{LearningPlatformBody, LearningPlatformInput, ServedCategoryBody};
use crate::{
    problem::{Kind, Problem},
    registry::{
        Faults,
        catalogue::{Change, Entry, Head, Shown},
        not_found,
        recognition::{require_code, require_level},
    },
};
use domain::{
    kernel::PlatformId,
    registry::{PlatformFacts, ServedCategory},
};
use std::collections::{HashMap, HashSet};
use store::{
    Db, StoreError,
    registry::{
        Held, LearningPlatform, Search, find_base, find_platform, find_platform_by_code, platform_facts_many,
        search_platforms, set_platform_categories, upsert_platform,
    },
};
use uuid::Uuid;

impl Entry for LearningPlatform {
    const PATH: &'static str = "/v1/learning-platforms";
    const KIND: &'static str = "learning_platform";
    type Id = PlatformId;
    type Input = LearningPlatformInput;
    type Body = LearningPlatformBody;

    fn new_id(id: Uuid) -> PlatformId {
        PlatformId::from_uuid(id)
    }

    fn held(id: PlatformId) -> Held {
        Held::LearningPlatform(id)
    }

    fn page(db: &mut Db, search: Search<'_>) -> Result<Vec<Self>, StoreError> {
        search_platforms(db, search)
    }

    fn find(db: &mut Db, id: PlatformId) -> Result<Option<Self>, StoreError> {
        find_platform(db, id)
    }

    fn head(&self) -> Head<'_> {
        let Self { name, place_code: place, created_at, .. } = self;
        Head { id: self.platform_id.as_uuid(), name, place, created_at: *created_at }
    }

    fn place_in(input: &Self::Input) -> &str {
        &input.place
    }

    fn asked_for(db: &mut Db, change: &Change<'_, Self>, faults: &mut Faults<'_>) -> Result<Option<Self>, Problem> {
        let input = change.input;
        let place = faults.place("/place", change.tree, &input.place);
        let mut seen = HashSet::new();
        for (index, served) in input.categories.iter().enumerate() {
            let at = format!("/categories/{index}");
            let (first, last) = (format!("{at}/from_on"), format!("{at}/until_on"));
            faults.in_order((&first, served.from_on), (&last, served.until_on));
            if faults.are_sound(&[&at]) && !seen.insert((&served.category, served.from_on)) {
                faults.twice(&at);
            }
        }
        if let Some(base) = input.base_id {
            faults.must_exist("/base_id", find_base(db, base)?.is_some());
        }
        Ok(place.map(|place_code| Self {
            platform_id: change.id,
            platform_code: input.code.clone(),
            name: input.name.trim().to_owned(),
            level: input.level,
            place_code,
            base_id: input.base_id,
            created_at: change.created_at,
            updated_at: change.now,
        }))
    }

    fn keep(&self, db: &mut Db, change: &Change<'_, Self>) -> Result<(), Problem> {
        require_level(change, self.level, change.before.map(|before| before.level))?;
        if change.before.is_none_or(|before| before.platform_code != self.platform_code) {
            require_code(change.book, change.tree, change.permission, &self.platform_code)?;
        }
        if let Some(base) = self.base_id.filter(|_| change.before.is_none_or(|before| before.base_id != self.base_id)) {
            let base = find_base(db, base)?.ok_or_else(not_found)?;
            let allowed = change.permission.require_office(change.tree, &base.place_code);
            allowed.map_err(|problem| problem.with("pointer", "/base_id"))?;
        }
        let holder = find_platform_by_code(db, &self.platform_code)?;
        if let Some(other) = holder.filter(|one| one.platform_id != self.platform_id) {
            return Err(Problem::new(Kind::AlreadyExists).with("platform_id", other.platform_id));
        }
        upsert_platform(db, self)?;
        let served = change.input.categories.iter().map(|served| ServedCategory {
            category: served.category.clone(),
            from_on: served.from_on.0,
            until_on: served.until_on.map(|day| day.0),
        });
        Ok(set_platform_categories(db, self.platform_id, &served.collect::<Vec<_>>())?)
    }

    fn bodies(db: &mut Db, shown: Shown<'_>, rows: Vec<Self>) -> Result<Vec<LearningPlatformBody>, Problem> {
        let ids: Vec<PlatformId> = rows.iter().map(|row| row.platform_id).collect();
        let mut facts: HashMap<PlatformId, PlatformFacts> =
            platform_facts_many(db, &ids)?.into_iter().map(|facts| (facts.id, facts)).collect();
        let body = |row: Self| {
            let served = facts.remove(&row.platform_id).map(|facts| facts.categories).unwrap_or_default();
            LearningPlatformBody {
                platform_id: row.platform_id,
                code: row.platform_code,
                name: row.name,
                level: row.level,
                place: shown.place(&row.place_code),
                base_id: row.base_id,
                categories: served.into_iter().map(served_body).collect(),
                created_at: row.created_at.into(),
                updated_at: row.updated_at.into(),
            }
        };
        Ok(rows.into_iter().map(body).collect())
    }
}

fn served_body(served: ServedCategory) -> ServedCategoryBody {
    ServedCategoryBody {
        category: served.category,
        from_on: served.from_on.into(),
        until_on: served.until_on.map(Into::into),
    }
}
