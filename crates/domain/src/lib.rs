//! The rules of continuing education, as pure functions over facts.
//!
//! Nothing here reads a clock, a file, a network or a database: every fact comes in as an argument and every decision goes
//! out as a value. The floor above (`store`) knows how facts are kept, the one above that (`api`) how they are asked for.
//! Start at [`kernel`] for the words all rooms share, then at [`policy`] for the shape of the law.

pub mod access;
pub mod audit;
pub mod changes;
pub mod completions;
pub mod corrections;
pub mod exceptions;
pub mod findings;
pub mod hour_ledger;
pub mod kernel;
pub mod policy;
pub mod recognition;
pub mod registry;
pub mod review;
pub mod roll;
pub mod verification;
