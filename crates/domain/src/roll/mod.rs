//! Rolls (名册): an office's word about many people at once, and the lines of their ledgers that follow from it.
//!
//! Two kinds. A list of exemptions says who is deemed to have met something (QH-33); what that is worth, `recognition` decides. A roll
//! of past years says what an office attests of years that were not computed here; no rule has to be in force for those. There is no
//! row for who stands on a roll: the lines name it, so that what was said before is known from them, whatever became of the file.
//!
//! Whose word it may be, and whom it may reach, is for who brings the facts to see to.

mod decide;
mod past_year;
mod reason;

pub(crate) use decide::Amount;
pub use decide::{Decided, Item, Listed, Person, Said, decide, standing_on};
pub use past_year::{PastYear, Stated};
pub use reason::Reason;

#[cfg(test)]
mod tests;

crate::words! {
    /// What an office says of the people on a roll.
    pub enum RollKind {
        /// That they are deemed to have met something, by a list that the rules know.
        Exemption = "exemption",
        /// What became of years that were not computed here.
        PastYears = "past_years",
    }
}
