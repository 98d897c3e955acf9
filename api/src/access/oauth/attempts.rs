//! A bounded count of failed attempts, per client and process.
//!
//! A secret is 32 random bytes, so nobody guesses one; the count tells a client that has lost its secret that something is wrong.
//! Whoever watches the service learns of every failure by `/metrics` and by its log. Right credentials are let through even then:
//! who knows a client's id cannot lock it out.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// How long failures are counted together.
pub(super) const WINDOW: Duration = Duration::MINUTE;

/// How many of them are answered as what they are.
const MOST: u32 = 10;

/// How many clients are counted at once; beyond it all counts begin anew.
const MOST_CLIENTS: usize = 10_000;

/// Failed attempts of the last minute.
#[derive(Debug, Default)]
pub(crate) struct Attempts(Mutex<HashMap<Uuid, (OffsetDateTime, u32)>>);

impl Attempts {
    /// Counts a failure; true where there have been too many. Ids that are none are counted together, under the nil one.
    pub(super) fn failed(&self, client: Uuid, now: OffsetDateTime) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST_CLIENTS {
            all.retain(|_, (began, _)| now - *began < WINDOW);
            if all.len() >= MOST_CLIENTS {
                all.clear();
            }
        }
        let (began, count) = all.entry(client).or_insert((now, 0));
        if now - *began >= WINDOW {
            (*began, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
        *count > MOST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eleventh_failure_of_a_minute_is_too_many_and_the_count_is_bounded() {
        let (attempts, now) = (Attempts::default(), OffsetDateTime::UNIX_EPOCH);
        let client = Uuid::from_u128(1);
        let counted: Vec<_> = (0..12).map(|_| attempts.failed(client, now)).collect();
        assert_eq!(counted.iter().filter(|many| **many).count(), 2);
        assert!(!attempts.failed(Uuid::from_u128(2), now));
        assert!(!attempts.failed(client, now + WINDOW));
        for other in 0..2 * MOST_CLIENTS as u128 {
            attempts.failed(Uuid::from_u128(other), now);
        }
        assert!(attempts.0.lock().unwrap().len() <= MOST_CLIENTS);
    }
}
