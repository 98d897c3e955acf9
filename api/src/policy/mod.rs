//! The rule book over HTTP: which rules answer for a place and a year, drafts, and their publication.
//!
//! What a rule file may say is `domain::policy`; texts and publications are `store::policy`. [`RuleBooks`] is what every other
//! room asks for the rules in force. A new database gets its first rules from `seed.rs`.

mod book;
mod seed;

pub use book::{BookError, RuleBooks};
pub use seed::FillError;
pub(crate) use seed::fill;

use sha2::{Digest, Sha256};

/// SHA-256 of a rule file's text, hexadecimal.
fn source_hash(source: &str) -> String {
    Sha256::digest(source.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
