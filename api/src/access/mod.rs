//! Who may call: clients and their tokens, registered issuers, grants of officials.
//!
//! Administration is one file group a resource (`clients`, `issuers`, `grants`); `oauth` gives tokens out. What requests are
//! judged by is kept in memory (`book.rs`) and looked at anew at most once a second, so that what is disabled, ended or
//! withdrawn stops working in every process within a second. Tokens of other systems are read in `foreign.rs`; keys and
//! signatures in `key_set.rs`.

mod book;
mod clients;
mod foreign;
mod grants;
mod issuers;
mod key_set;
mod oauth;

pub use book::Access;
pub(crate) use foreign::{GRANT_HEADER, desks, identify as identify_foreign, names_a_learner};
pub use issuers::KeyFetching;
pub(crate) use issuers::{KeySource, refresh};

use crate::{
    problem::{FieldError, Kind, Problem},
    state::AppState,
    text::Text,
};
use std::borrow::Cow;
use utoipa_actix_web::service_config::ServiceConfig;

/// The paths of this room.
pub(crate) fn routes(v1: &mut ServiceConfig<'_>) {
    clients::routes(v1);
    issuers::routes(v1);
    grants::routes(v1);
    oauth::routes(v1);
}

/// What others look for at fixed addresses outside `/v1`.
pub(crate) fn well_known(all: &mut ServiceConfig<'_>) {
    oauth::well_known(all);
}

/// What names nothing, or nothing that is the caller's to see.
fn not_found() -> Problem {
    Problem::new(Kind::NotFound)
}

/// Lets this process see its own change with the next request.
fn changed<T>(state: &AppState, outcome: Result<T, Problem>) -> Result<T, Problem> {
    state.access.forget();
    outcome
}

/// One fault of meaning.
fn fault(pointer: &str, code: &str, zh: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> FieldError {
    FieldError::new(pointer, code, Text::new(zh, en))
}
