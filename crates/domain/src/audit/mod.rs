//! Who did what: the events of the audit trail, the chain of seals that holds them, and how the chain is verified.
//!
//! An [`Event`] is written in the transaction of its effect and never changes. A [`Seal`] covers a set of events *by membership*:
//! it names the events it covers and chains on the seal before. So a transaction that commits late is simply sealed later, and no
//! clock decides what is covered. Whoever keeps a [`SealMark`] elsewhere can show later that nothing before it was changed,
//! removed or cut off. Not here: where events are kept (`store`), and what is worth an event (`api`).

mod event;
mod seal;
mod verify;

pub use event::{Act, Channel, Event, Fingerprint};
pub use seal::{LEAST_RETENTION, MOST_MEMBERS, Member, Seal, SealMark, over_since};
pub use verify::{Finding, Found, Report, Unsealed, Verifier};
