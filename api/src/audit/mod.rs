//! The audit trail: who did what, sealed so that nobody can change it unseen.
//!
//! What is written is recorded in the transaction of its effect (`door.rs`) and sealed afterwards by the runner (`sealing.rs`). `verify.rs` walks
//! the chain for `xueshi audit verify`. What an event and a seal are stands in [`domain::audit`].

mod door;
pub(crate) mod sealing;
pub(crate) mod verify;

pub(crate) use door::{Author, Came, Recording};
