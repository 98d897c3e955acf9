//! Clients, their secrets, and the assertions they have used.

use super::hold_access;
use crate::{
    Db, StoreError,
    db::on_db,
    schema::{client, client_assertion, client_secret},
    types::{Opt, Ts, Uid, Word},
};
use diesel::prelude::*;
use domain::{
    access::ClientKind,
    kernel::{ClientId, PlatformId, SecretId},
};
use time::OffsetDateTime;

/// A system that asks for tokens.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = client, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct Client {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub client_id: ClientId,
    #[diesel(serialize_as = Word<ClientKind>, deserialize_as = Word<ClientKind>)]
    pub kind: ClientKind,
    #[diesel(serialize_as = Opt<Uid>, deserialize_as = Opt<Uid>)]
    pub platform_id: Option<PlatformId>,
    pub name: String,
    pub scopes: String,
    pub jwks: Option<String>,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub created_at: OffsetDateTime,
    pub created_by: String,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub updated_at: OffsetDateTime,
    #[diesel(serialize_as = Opt<Ts>, deserialize_as = Opt<Ts>)]
    pub disabled_at: Option<OffsetDateTime>,
    #[diesel(serialize_as = Opt<Ts>, deserialize_as = Opt<Ts>)]
    pub tokens_from_at: Option<OffsetDateTime>,
}

/// One secret of a client; the secret itself is kept nowhere.
#[derive(Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = client_secret, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct ClientSecret {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub secret_id: SecretId,
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub client_id: ClientId,
    pub secret_hash: Vec<u8>,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub from_at: OffsetDateTime,
    #[diesel(serialize_as = Opt<Ts>, deserialize_as = Opt<Ts>)]
    pub until_at: Option<OffsetDateTime>,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub created_at: OffsetDateTime,
    pub created_by: String,
}

impl std::fmt::Debug for ClientSecret {
    /// Shows nothing that a log should not hold.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientSecret").field("secret_id", &self.secret_id).finish_non_exhaustive()
    }
}

/// Keeps a new client.
pub fn insert_client(db: &mut Db, row: &Client) -> Result<(), StoreError> {
    hold_access(db)?;
    on_db!(db, c => diesel::insert_into(client::table).values(row.clone()).execute(c))?;
    Ok(())
}

/// Changes what may change of a client: name, scopes, keys, whether it is disabled, and from when its tokens hold.
pub fn update_client(db: &mut Db, row: &Client) -> Result<(), StoreError> {
    hold_access(db)?;
    on_db!(db, c => diesel::update(client::table.find(Uid::from(row.client_id)))
        .set((
            client::name.eq(row.name.as_str()),
            client::scopes.eq(row.scopes.as_str()),
            client::jwks.eq(row.jwks.as_deref()),
            client::updated_at.eq(Ts::from(row.updated_at)),
            client::disabled_at.eq(row.disabled_at.map(Ts::from)),
            client::tokens_from_at.eq(row.tokens_from_at.map(Ts::from)),
        ))
        .execute(c))?;
    Ok(())
}

/// One client.
pub fn find_client(db: &mut Db, id: ClientId) -> Result<Option<Client>, StoreError> {
    Ok(on_db!(db, c => client::table.find(Uid::from(id)).select(Client::as_select()).first(c).optional())?)
}

/// A page of clients, in the order they were made.
pub fn list_clients(db: &mut Db, after: Option<ClientId>, limit: i64) -> Result<Vec<Client>, StoreError> {
    Ok(on_db!(db, c => {
        let mut query = client::table.select(Client::as_select()).order(client::client_id).limit(limit).into_boxed();
        if let Some(after) = after {
            query = query.filter(client::client_id.gt(Uid::from(after)));
        }
        query.load(c)
    })?)
}

/// The secrets of some clients, oldest first.
pub fn secrets_of(db: &mut Db, clients: &[ClientId]) -> Result<Vec<ClientSecret>, StoreError> {
    let clients: Vec<Uid> = clients.iter().map(|id| Uid::from(*id)).collect();
    Ok(on_db!(db, c => client_secret::table
        .filter(client_secret::client_id.eq_any(&clients))
        .order(client_secret::secret_id)
        .select(ClientSecret::as_select())
        .load(c))?)
}

/// Keeps a new secret.
pub fn insert_secret(db: &mut Db, row: &ClientSecret) -> Result<(), StoreError> {
    hold_access(db)?;
    on_db!(db, c => diesel::insert_into(client_secret::table).values(row.clone()).execute(c))?;
    Ok(())
}

/// Ends a secret of a client, if it has such a one.
pub fn end_secret(db: &mut Db, client: ClientId, secret: SecretId, at: OffsetDateTime) -> Result<bool, StoreError> {
    hold_access(db)?;
    let own = client_secret::table.find(Uid::from(secret)).filter(client_secret::client_id.eq(Uid::from(client)));
    let ended = on_db!(db, c => diesel::update(own).set(client_secret::until_at.eq(Some(Ts::from(at)))).execute(c))?;
    Ok(ended > 0)
}

/// Marks an assertion as used; false where it was before. Forgets those of this client that expired before `forgotten`, which must
/// be so long ago that no process takes them any more, however far its clock is behind.
pub fn use_assertion(
    db: &mut Db,
    client: ClientId,
    jti: &str,
    expires_at: OffsetDateTime,
    forgotten: OffsetDateTime,
) -> Result<bool, StoreError> {
    let expired = client_assertion::table
        .filter(client_assertion::client_id.eq(Uid::from(client)))
        .filter(client_assertion::expires_at.lt(Ts::from(forgotten)));
    on_db!(db, c => diesel::delete(expired).execute(c))?;
    let new = on_db!(db, c => diesel::insert_into(client_assertion::table)
        .values((
            client_assertion::client_id.eq(Uid::from(client)),
            client_assertion::jti.eq(jti),
            client_assertion::expires_at.eq(Ts::from(expires_at)),
        ))
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(new > 0)
}

pub(super) fn enabled(db: &mut Db) -> Result<Vec<Client>, StoreError> {
    Ok(on_db!(db, c => client::table
        .filter(client::disabled_at.is_null())
        .select(Client::as_select())
        .load(c))?)
}

pub(super) fn not_ended(db: &mut Db, now: OffsetDateTime) -> Result<Vec<ClientSecret>, StoreError> {
    let later = client_secret::until_at.is_null().or(client_secret::until_at.gt(Ts::from(now)));
    Ok(on_db!(db, c => client_secret::table.filter(later).select(ClientSecret::as_select()).load(c))?)
}
