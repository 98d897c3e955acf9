//! How many document numbers of nobody one caller may ask this process about a day: whoever may not see numbers whole must not find them by
//! trying all that a mask leaves open.
//!
//! Once that is spent no question by a document number is answered until the day is over, whether there is such a person or not: else the
//! refusal would be the answer.

use crate::{
    clock::Clock,
    problem::{Kind, Problem},
    text::Text,
};
use domain::registry::{DailyLimit, UsedUp};
use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
};
use time::OffsetDateTime;

/// The tries of every caller.
#[derive(Debug)]
pub(super) struct Tries {
    a_day: NonZeroU32,
    clock: Clock,
    today: Mutex<Today>,
}

/// How much was tried since the day began, by caller. Nobody is remembered for longer.
#[derive(Debug, Default)]
struct Today {
    since: Option<OffsetDateTime>,
    spent: HashMap<String, i64>,
}

impl Tries {
    /// So many a day; any number where it is 0.
    pub(super) fn new(a_day: u32, clock: Clock) -> Option<Self> {
        NonZeroU32::new(a_day).map(|a_day| Self { a_day, clock, today: Mutex::default() })
    }

    /// Counts what a caller asked about in vain.
    ///
    /// # Errors
    /// `too_many_requests` where no more is left, or this is more than was: nothing of the answer is told then.
    pub(super) fn count(&self, who: &str, in_vain: usize) -> Result<(), Problem> {
        let limit = DailyLimit { times: i64::from(self.a_day.get()), now: self.clock.now() };
        let mut today = self.today.lock().unwrap_or_else(PoisonError::into_inner);
        if today.since != Some(limit.counts_since()) {
            *today = Today { since: Some(limit.counts_since()), spent: HashMap::new() };
        }
        let so_far = today.spent.get(who).copied().unwrap_or_default();
        let _ = limit.another(so_far).map_err(|used_up| self.refused(used_up))?;
        if in_vain == 0 {
            return Ok(());
        }
        let spent = so_far.saturating_add(i64::try_from(in_vain).unwrap_or(i64::MAX));
        let _ = today.spent.insert(who.to_owned(), spent.min(limit.times));
        // The last ones that are left are answered; what goes beyond them is not.
        if spent > limit.times {
            limit.another(spent).map_err(|used_up| self.refused(used_up)).map(|_| ())
        } else {
            Ok(())
        }
    }

    fn refused(&self, UsedUp { until_tomorrow, .. }: UsedUp) -> Problem {
        let words = Text::new(
            "今日查询的证件号码中查无此人的过多，明日零时前不再按证件号码作答；请核对名单，尚未登记的人员请先登记",
            "too many document numbers of nobody known today: until midnight in China no question by a number is answered; compare the list, and register first who is not",
        );
        let problem = Problem::new(Kind::TooManyRequests).detail(words);
        let problem = problem.header("retry-after", &(until_tomorrow.whole_seconds() + 1).to_string());
        problem.with("unknown_documents_a_day", self.a_day)
    }
}
