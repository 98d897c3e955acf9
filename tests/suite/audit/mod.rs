//! The audit trail: everything that was done is in it, and nobody changes it unseen.

mod among;
mod corrected;
pub(crate) mod looking;
mod sealing;
mod told;
mod unchanged;
mod writes;

pub(crate) use writes::WRITES_NOTHING;
