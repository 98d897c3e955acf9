//! The audit trail: everything that was done is in it, and nobody changes it unseen.

mod looking;
mod sealing;
mod writes;
