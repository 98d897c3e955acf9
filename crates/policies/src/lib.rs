//! What a new database starts with: the places, the rule files of the places and their situations, and what runs these.
//!
//! One folder a place: `rules/<code>-<place>/<year>.toml`, and beside it `<year>.situations.toml`, tests that a clerk can read.
//! Nothing here runs in an answer of the service: at run time the truth is the database's table of published versions.

pub mod places;
