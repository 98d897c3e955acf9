//! The rule book over HTTP: which rules answer for a place and a year, drafts, and their publication.
//!
//! What a rule file may say is `domain::policy`; texts and publications are `store::policy`. [`RuleBooks`] is what every other
//! room asks for the rules in force.

mod book;

pub use book::{BookError, RuleBooks};
