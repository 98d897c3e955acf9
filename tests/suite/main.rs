//! Black box: HTTP against the real application, on every back end at hand. One module a room.

#![expect(clippy::unwrap_used, reason = "a test that fails should fail loudly, also in what its tests share")]

mod access;
mod attacks;
mod audit;
mod changes;
mod command_line;
mod completions;
mod corrections;
mod database_gone;
mod exceptions;
mod faults;
mod findings;
mod fixtures;
mod house;
mod intake_laws;
mod kill;
mod lane;
mod limits;
mod lists;
mod ndjson;
mod permissions;
mod policy;
mod production;
mod provisional;
mod reassessment;
mod recognition;
mod refusals;
mod registry;
mod repeats;
mod resealing;
mod reviews;
mod roll;
mod service_role;
mod shell;
mod slow;
mod standings;
mod statements;
mod tables;
mod tidying;
mod tls;
mod together;
mod tried;
mod unopened;
mod uses;
mod walls;
