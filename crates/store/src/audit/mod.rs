//! The audit trail as rows: events, those that wait for their seal, seals, and what each seal covers.
//!
//! An event is appended in the transaction of its effect, together with its place in the queue of unsealed events. What a seal is
//! and what speaks against one is decided in [`domain::audit`].

mod events;
mod seals;

pub use events::{
    AfterEvent, EventSearch, append_event, append_events, append_new_events, count_events_for, hold_unmasking,
    last_event_by, search_events,
};
pub use seals::{
    count_unsealed, empty_seals, events_past_the_service, find_seal, hold_seals, insert_seal, last_seal,
    last_seal_before, listed_in, no_longer_unsealed, oldest_unsealed, seals_after, unsealed_and_gone,
    unsealed_and_sealed, unsealed_events,
};
