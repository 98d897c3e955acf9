//! The HTTP service: the only crate that knows HTTP, the clock and the environment.
//!
//! `routes.rs` is the index of the system. A room has its wire types and handlers in `v1.rs` and its use cases in
//! `service.rs`; it reads facts by `store`, lets `domain` decide and writes the decision. Failures leave by `problem/`,
//! callers come in by `auth/`, bodies by `extract/`.

pub mod access;
mod audit;
pub mod auth;
mod browser;
mod build;
mod bulk;
mod caller;
mod changes;
pub mod cli;
pub mod clock;
mod completions;
mod corrections;
mod demo;
mod edge;
#[cfg(test)]
mod edge_tests;
mod exceptions;
pub mod explain;
pub mod extract;
mod findings;
#[doc(hidden)]
pub mod fuzzing;
mod health;
mod hour_ledger;
mod idempotency;
mod identity_text;
pub mod keys;
mod lane;
pub mod logging;
pub mod metrics;
pub mod openapi;
pub mod policy;
mod policy_check;
pub mod problem;
pub mod production;
mod provisional;
mod quota;
mod reassessment;
mod recognition;
mod registry;
mod resealing;
mod review;
mod roll;
mod routes;
pub mod settings;
pub mod startup;
pub mod state;
pub mod text;
pub mod tls;
mod verification;
mod wire;
mod work;
