//! Findings about a whole version of a course: what it gave to the people of a place was false. One officer files it, another one confirms
//! it, and the runner takes the lines back (`run.rs`); an annulment says them anew likewise. Nobody is sanctioned by it: those who studied
//! did not falsify.

mod body;
mod run;
mod service;
mod v1;

pub(crate) use run::{FOLLOW, run};
pub(super) use v1::routes;
