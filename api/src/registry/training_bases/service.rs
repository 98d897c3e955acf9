//! What a training base holds, and what speaks against one.

use super::v1::{TrainingBaseBody, TrainingBaseInput};
use crate::{
    problem::Problem,
    registry::{
        Faults,
        catalogue::{Change, Entry, Head, Shown},
        recognition::require_level,
    },
};
use domain::kernel::BaseId;
use store::{
    Db, StoreError,
    registry::{Held, Search, TrainingBase, find_authority, find_base, search_bases, upsert_base},
};
use uuid::Uuid;

impl Entry for TrainingBase {
    const PATH: &'static str = "/v1/training-bases";
    const KIND: &'static str = "training_base";
    type Id = BaseId;
    type Input = TrainingBaseInput;
    type Body = TrainingBaseBody;

    fn new_id(id: Uuid) -> BaseId {
        BaseId::from_uuid(id)
    }

    fn held(id: BaseId) -> Held {
        Held::TrainingBase(id)
    }

    fn page(db: &mut Db, search: Search<'_>) -> Result<Vec<Self>, StoreError> {
        search_bases(db, search)
    }

    fn find(db: &mut Db, id: BaseId) -> Result<Option<Self>, StoreError> {
        find_base(db, id)
    }

    fn head(&self) -> Head<'_> {
        let Self { name, place_code: place, created_at, .. } = self;
        Head { id: self.base_id.as_uuid(), name, place, created_at: *created_at }
    }

    fn place_in(input: &Self::Input) -> &str {
        &input.place
    }

    fn asked_for(db: &mut Db, change: &Change<'_, Self>, faults: &mut Faults<'_>) -> Result<Option<Self>, Problem> {
        let input = change.input;
        let place = faults.place("/place", change.tree, &input.place);
        let until = ("/recognised_until", input.recognised_until);
        faults.in_order(("/recognised_from", input.recognised_from), until);
        if let Some(authority) = input.authority_id {
            faults.must_exist("/authority_id", find_authority(db, authority)?.is_some());
        }
        Ok(place.map(|place_code| Self {
            base_id: change.id,
            name: input.name.trim().to_owned(),
            level: input.level,
            place_code,
            authority_id: input.authority_id,
            recognised_from: input.recognised_from.0,
            recognised_until: input.recognised_until.map(|day| day.0),
            created_at: change.created_at,
            updated_at: change.now,
        }))
    }

    fn keep(&self, db: &mut Db, change: &Change<'_, Self>) -> Result<(), Problem> {
        require_level(change, self.level, change.before.map(|before| before.level))?;
        Ok(upsert_base(db, self)?)
    }

    fn bodies(_: &mut Db, shown: Shown<'_>, rows: Vec<Self>) -> Result<Vec<TrainingBaseBody>, Problem> {
        let body = |row: Self| TrainingBaseBody {
            base_id: row.base_id,
            name: row.name,
            level: row.level,
            place: shown.place(&row.place_code),
            authority_id: row.authority_id,
            recognised_from: row.recognised_from.into(),
            recognised_until: row.recognised_until.map(Into::into),
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        };
        Ok(rows.into_iter().map(body).collect())
    }
}
