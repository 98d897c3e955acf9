//! The store on both back ends: SQLite always, PostgreSQL where `XUESHI_TEST_POSTGRES_URL` names a server.

#![expect(clippy::unwrap_used, reason = "a test that fails should fail loudly")]

mod append_only;
mod audit;
mod catalogue;
mod changes;
mod completions;
mod corrections;
mod course_findings;
mod databases;
mod doors;
mod durability;
mod evidence;
mod exceptions;
mod findings;
mod hour_ledger;
mod idempotency;
mod key_proofs;
mod migrations;
mod policy;
mod provisional;
mod reassessment;
mod recognition;
mod registry;
mod review;
mod roll;
mod sample;
mod schema;
mod verification;
mod work;
