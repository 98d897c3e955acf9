//! The one place that asks what time it is. Rooms receive the answer as an argument; the domain never asks.

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};
use time::{Date, OffsetDateTime};

/// Where the present moment comes from: the machine, or a test that holds it in its hand.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// Microseconds since the epoch, moved only by whoever holds the other end.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands still until it is [set](Self::set).
    #[must_use]
    pub fn fixed(at: OffsetDateTime) -> Self {
        Self::Fixed(Arc::new(AtomicI64::new(micros(at))))
    }

    /// The present moment in UTC, cut to whole microseconds: what both databases can keep.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        let micros = match self {
            Self::System => micros(OffsetDateTime::now_utc()),
            Self::Fixed(at) => at.load(Ordering::SeqCst),
        };
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// Today in the civil calendar of China.
    #[must_use]
    pub fn today(&self) -> Date {
        domain::kernel::china_date(self.now())
    }

    /// A moment to compare with others of the same process: unlike [`now`](Self::now) it does not go back when the machine's clock
    /// is put right, only when a test moves a fixed one back. Since when it counts means nothing.
    #[must_use]
    pub fn steady(&self) -> Duration {
        static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
        match self {
            Self::System => BEGAN.elapsed(),
            Self::Fixed(at) => Duration::from_micros(at.load(Ordering::SeqCst).unsigned_abs()),
        }
    }

    /// Moves a fixed clock; the machine's clock stays as it is.
    pub fn set(&self, to: OffsetDateTime) {
        if let Self::Fixed(at) = self {
            at.store(micros(to), Ordering::SeqCst);
        }
    }
}

fn micros(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX)
}
