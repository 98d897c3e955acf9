//! Who may call, as rows: clients with their secrets, issuers of tokens, grants of officials.
//!
//! Every write that changes who may do what moves the revision [`ACCESS`]; services keep all of it in memory under that number.

mod clients;
mod grants;
mod issuers;

pub use clients::{
    Client, ClientSecret, end_secret, find_client, insert_client, insert_secret, list_clients, secrets_of,
    update_client, use_assertion,
};
pub use grants::{
    AccessGrant, AccessGrantWithdrawal, GrantSearch, GrantWithEnd, find_grant, grants_ever_of, grants_of, insert_grant,
    insert_withdrawal, search_grants,
};
pub use issuers::{
    IssuersOf, TokenIssuer, fetch_earlier, find_issuer, find_issuer_by_iss, insert_issuer, issuer_to_fetch,
    issuers_by_id, list_issuers, note_failed_fetch, update_issuer,
};

use crate::{Db, StoreError, policy::touch_revision};
use time::OffsetDateTime;

/// The revision that moves with every write to clients, secrets, issuers and grants.
pub const ACCESS: &str = "access";

/// Everything by which callers are judged: what is disabled, ended or withdrawn is left out.
#[derive(Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub struct InForce {
    pub clients: Vec<Client>,
    pub secrets: Vec<ClientSecret>,
    pub issuers: Vec<TokenIssuer>,
    pub grants: Vec<AccessGrant>,
}

/// Reads what is in force at a moment or will be later.
pub fn load_in_force(db: &mut Db, now: OffsetDateTime) -> Result<InForce, StoreError> {
    Ok(InForce {
        clients: clients::enabled(db)?,
        secrets: clients::not_ended(db, now)?,
        issuers: issuers::enabled(db)?,
        grants: grants::not_withdrawn(db)?,
    })
}

/// Takes the right to change who may do what, until the transaction ends, and tells every service of the change.
pub fn hold_access(db: &mut Db) -> Result<(), StoreError> {
    touch_revision(db, ACCESS)
}
