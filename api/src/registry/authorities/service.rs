//! What an authority holds, and what speaks against one.

use super::v1::{AuthorityBody, AuthorityInput};
use crate::{
    problem::Problem,
    registry::{
        Faults,
        catalogue::{Change, Entry, Head, Shown},
    },
};
use domain::kernel::AuthorityId;
use store::{
    Db, StoreError,
    registry::{Authority, Held, Search, find_authority, search_authorities, upsert_authority},
};
use uuid::Uuid;

impl Entry for Authority {
    const PATH: &'static str = "/v1/authorities";
    const KIND: &'static str = "authority";
    type Id = AuthorityId;
    type Input = AuthorityInput;
    type Body = AuthorityBody;

    fn new_id(id: Uuid) -> AuthorityId {
        AuthorityId::from_uuid(id)
    }

    fn held(id: AuthorityId) -> Held {
        Held::Authority(id)
    }

    fn page(db: &mut Db, search: Search<'_>) -> Result<Vec<Self>, StoreError> {
        search_authorities(db, search)
    }

    fn find(db: &mut Db, id: AuthorityId) -> Result<Option<Self>, StoreError> {
        find_authority(db, id)
    }

    fn head(&self) -> Head<'_> {
        let Self { name, place_code: place, created_at, .. } = self;
        Head { id: self.authority_id.as_uuid(), name, place, created_at: *created_at }
    }

    fn place_in(input: &Self::Input) -> &str {
        &input.place
    }

    fn asked_for(_: &mut Db, change: &Change<'_, Self>, faults: &mut Faults<'_>) -> Result<Option<Self>, Problem> {
        let input = change.input;
        let place = faults.place("/place", change.tree, &input.place);
        Ok(place.map(|place_code| Self {
            authority_id: change.id,
            name: input.name.trim().to_owned(),
            kind: input.kind,
            place_code,
            series: input.series.clone(),
            created_at: change.created_at,
            updated_at: change.now,
        }))
    }

    fn keep(&self, db: &mut Db, _: &Change<'_, Self>) -> Result<(), Problem> {
        Ok(upsert_authority(db, self)?)
    }

    fn bodies(_: &mut Db, shown: Shown<'_>, rows: Vec<Self>) -> Result<Vec<AuthorityBody>, Problem> {
        let body = |row: Self| AuthorityBody {
            authority_id: row.authority_id,
            name: row.name,
            kind: row.kind,
            place: shown.place(&row.place_code),
            series: row.series,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        };
        Ok(rows.into_iter().map(body).collect())
    }
}
