//! What one caller may have only so much of a day, of one process, counted from midnight in China. Nobody is remembered for longer.

use crate::clock::Clock;
use domain::registry::{DailyLimit, UsedUp};
use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
};
use time::OffsetDateTime;

/// So much a day for each caller.
#[derive(Debug)]
pub(super) struct Daily {
    a_day: NonZeroU32,
    clock: Clock,
    today: Mutex<Today>,
}

/// How much was spent since the day began, by caller.
#[derive(Debug, Default)]
struct Today {
    since: Option<OffsetDateTime>,
    spent: HashMap<String, i64>,
}

impl Daily {
    /// So much; nobody is limited by 0.
    pub(super) fn of(a_day: u32, clock: Clock) -> Option<Self> {
        NonZeroU32::new(a_day).map(|a_day| Self { a_day, clock, today: Mutex::default() })
    }

    /// Takes so much of what a caller has left; where that is 0, only asks whether anything is.
    ///
    /// # Errors
    /// Where nothing is left, or less than this: then it is all spent.
    pub(super) fn take(&self, who: &str, number: usize) -> Result<(), UsedUp> {
        let limit = DailyLimit { times: i64::from(self.a_day.get()), now: self.clock.now() };
        let mut today = self.today.lock().unwrap_or_else(PoisonError::into_inner);
        if today.since != Some(limit.counts_since()) {
            *today = Today { since: Some(limit.counts_since()), spent: HashMap::new() };
        }
        let so_far = today.spent.get(who).copied().unwrap_or_default();
        let _ = limit.another(so_far)?;
        if number == 0 {
            return Ok(());
        }
        let spent = so_far.saturating_add(i64::try_from(number).unwrap_or(i64::MAX));
        let _ = today.spent.insert(who.to_owned(), spent.min(limit.times));
        if spent > limit.times { limit.another(spent).map(|_| ()) } else { Ok(()) }
    }
}
