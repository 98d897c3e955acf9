//! Who may be shown a person's full name and document: for a purpose, so many times a day.

use crate::{
    kernel::{CHINA, china_date},
    words,
};
use time::{Duration, OffsetDateTime};

words! {
    /// What a person's full name and document are wanted for.
    pub enum UnmaskingPurpose {
        /// To tell whether someone is the person of the file.
        IdentityCheck = "identity_check",
        /// To correct the file, or to join two files of one person.
        Correction = "correction",
        /// To write them on a certificate or into a booklet.
        Certificate = "certificate",
        /// To answer a consultation or a complaint.
        Complaint = "complaint",
        /// To supervise or to inspect.
        Supervision = "supervision",
        /// To read one's own file, as a learner.
        OwnFile = "own_file",
    }
}

/// How often one caller may be shown someone unmasked on one civil day in China.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DailyLimit {
    /// So many times.
    pub times: i64,
    /// The moment at which one is asked for.
    pub now: OffsetDateTime,
}

/// Today's are used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsedUp {
    /// How many there are a day.
    pub times: i64,
    /// How long until the next day begins; at least a second.
    pub until_tomorrow: Duration,
}

impl DailyLimit {
    /// When the day began whose unmaskings count.
    #[must_use]
    pub fn counts_since(&self) -> OffsetDateTime {
        china_date(self.now).midnight().assume_offset(CHINA)
    }

    /// Lets another one happen after `so_far` of today, and says how many are left after it.
    ///
    /// # Errors
    /// [`UsedUp`].
    pub fn another(&self, so_far: i64) -> Result<i64, UsedUp> {
        if so_far < self.times {
            return Ok(self.times - so_far - 1);
        }
        let passed = self.now - self.counts_since();
        Err(UsedUp { times: self.times, until_tomorrow: (Duration::DAY - passed).max(Duration::SECOND) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn the_last_of_a_day_is_let_happen_and_the_one_after_it_waits_for_the_next_day() {
        let limit = DailyLimit { times: 50, now: datetime!(2021-06-15 22:00 +08:00) };
        assert_eq!(limit.counts_since(), datetime!(2021-06-15 00:00 +08:00));
        assert_eq!((limit.another(0), limit.another(49)), (Ok(49), Ok(0)));
        let used_up = UsedUp { times: 50, until_tomorrow: Duration::hours(2) };
        assert_eq!((limit.another(50), limit.another(51)), (Err(used_up), Err(used_up)));
    }

    #[test]
    fn the_day_is_that_of_china() {
        let at = |now| DailyLimit { times: 0, now };
        assert_eq!(at(datetime!(2021-06-15 15:59 UTC)).counts_since(), datetime!(2021-06-14 16:00 UTC));
        assert_eq!(at(datetime!(2021-06-15 16:00 UTC)).counts_since(), datetime!(2021-06-15 16:00 UTC));
        let last = at(datetime!(2021-06-15 15:59:59.5 UTC)).another(0).unwrap_err();
        assert_eq!(last.until_tomorrow, Duration::SECOND);
    }
}
