//! What follows from a finding: hours were falsified, and an office has established it (查实).
//!
//! Whether there is a finding at all, `review` decides. Here stands what one leads to: sanctions, computed once from the rules when the
//! finding is decided and kept with it; the lines that it takes back; and, whenever it is asked, which bars and records hold. An
//! annulled finding is as one that never was from the moment of its annulment on, and "as known on" a day before that it still
//! holds.

mod finding;
mod sanction;
mod taking_back;

pub use finding::{Annulment, Finding, bars, is_cancelled, records};
pub use sanction::{Sanction, sanctions, sanctions_together};
pub use taking_back::{
    Anew, FINDING_ANNULLED, FOUND_FALSE, Giving, SaidAnew, drawing_on, given_back, home_of, parted, standing_for,
    taken_back,
};
