//! What a new database starts with: the places, the rule files of the places and their situations, and what runs these.
//!
//! One folder a place: `rules/<code>-<place>/<year>.toml`, and beside it `<year>.situations.toml`, tests that a clerk can read.
//! Nothing here runs in an answer of the service: at run time the truth is the database's table of published versions.

pub mod check;
mod claims;
mod expected;
pub mod places;
pub mod situations;
mod stage;
mod uses;

/// A rule file with its situations, as embedded.
#[derive(Clone, Copy, Debug)]
pub struct Embedded {
    /// Its path below `rules/`.
    pub path: &'static str,
    /// The rule file.
    pub rules: &'static str,
    /// The situations beside it.
    pub situations: &'static str,
}

macro_rules! embedded {
    ($($path:literal),* $(,)?) => {
        &[$(Embedded {
            path: concat!($path, ".toml"),
            rules: include_str!(concat!("../rules/", $path, ".toml")),
            situations: include_str!(concat!("../rules/", $path, ".situations.toml")),
        }),*]
    };
}

/// Every rule file that a new database is seeded with, the nation first.
pub const FILES: &[Embedded] = embedded![
    "000000-national/2015",
    "341882-guangde/2020",
    "410400-pingdingshan/2021",
    "610000-shaanxi/2020",
    "630000-qinghai/2020",
];
