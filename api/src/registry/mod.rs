//! Who and what exists: places, authorities, employers, training bases, learning platforms, courses and learners.
//!
//! One file group a resource, each with its wire types and handlers (`v1.rs`) and its use cases (`service.rs`); what is done
//! alike with organisations of every kind stands in `catalogue.rs`. What anyone may know (organisations, platforms, courses) is
//! a catalogue that officials of every place read; what is written needs an officer of the place it belongs to. A learner's
//! file is for the learner and the officers of its place; for anyone else it does not exist. What an hour is worth is decided
//! elsewhere (`completions`, `hour_ledger`).

mod authorities;
mod bulk;
mod catalogue;
mod courses;
mod employers;
mod kin;
mod learners;
mod learning_platforms;
mod places;
mod recognition;
mod release;
mod training_bases;

pub(crate) use kin::hold_kin;
pub(crate) use learners::{
    Asked, Corrected, DocumentBody, DocumentInput, EmploymentInput, Occasion, PlacementInput, UnmaskingInput, Wanted,
    carry_out, document_hash, holds_name, holds_number, number_bound_to, once_more, read, refers_to_nobody,
};

use crate::{
    extract::Faults,
    problem::{FieldError, Kind, Problem},
    text::Text,
};
use domain::{kernel::PlaceCode, registry::PlaceTree};
use serde::Deserialize;
use store::Db;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

/// The paths of this room.
pub(crate) fn routes(v1: &mut ServiceConfig<'_>) {
    places::routes(v1);
    authorities::routes(v1);
    employers::routes(v1);
    training_bases::routes(v1);
    learning_platforms::routes(v1);
    courses::routes(v1);
    learners::routes(v1);
}

/// How a catalogue is searched.
#[derive(Clone, Debug, Default, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct CatalogueQuery {
    /// 名称开头，或完整代码 / The beginning of the name, or the whole code where there is one.
    #[validate(length(min = 1, max = 200))]
    q: Option<String>,
    /// 地区：本级及其下级 / A place, with all below it.
    place: Option<String>,
}

/// How a fault of what a list is narrowed by is told: of the address, or of the body that stands for it.
type Refusal = fn(&str, &str, Text) -> Problem;

/// The refusal of a member of a body.
fn in_body(member: &str, code: &str, words: Text) -> Problem {
    Problem::invalid_body(vec![FieldError::new(format!("/{member}"), code, words)])
}

/// The places that a search is narrowed to; none where it is not.
fn places_asked_for(
    tree: &PlaceTree,
    place: Option<&str>,
    refusal: Refusal,
) -> Result<Option<Vec<PlaceCode>>, Problem> {
    let Some(code) = place else { return Ok(None) };
    let words = || Text::new("没有这个地区", "there is no such place");
    let node = tree.find(code).ok_or_else(|| refusal("place", "unknown_place", words()))?;
    Ok(Some(tree.subtree(&node.code)))
}

/// How often a chunk is kept when others take its keys.
const TRIES: u32 = 3;

/// Keeps something; does it again, from reading on, where another transaction has taken a key since it was looked for. What
/// that one has written is seen then, so that a known thing is answered for as known.
fn despite_races<T>(db: &mut Db, keep: impl Fn(&mut Db) -> Result<T, Problem>) -> Result<T, Problem> {
    for _ in 1..TRIES {
        match db.savepoint(&keep) {
            Err(problem) if problem.kind() == Kind::Conflict => {}
            done => return done,
        }
    }
    keep(db)
}

/// What names nothing, or nothing that is the caller's to see.
fn not_found() -> Problem {
    Problem::new(Kind::NotFound)
}
