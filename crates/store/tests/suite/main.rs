//! The store on both back ends: SQLite always, PostgreSQL where `XUESHI_TEST_POSTGRES_URL` names a server.

#![expect(clippy::unwrap_used, reason = "a test that fails should fail loudly")]

mod databases;
mod doors;
mod policy;
mod registry;
mod sample;
mod work;
