//! The table at the end.

use crate::lap::{Lap, median, percentile};
use std::{fmt::Write, time::Duration};

/// One line of the table.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// What was measured.
    pub(crate) what: &'static str,
    /// The figures in words.
    pub(crate) service: String,
    pub(crate) limit: String,
    pub(crate) ratio: String,
    pub(crate) aim: &'static str,
    /// The aim is a limit and was not kept: the run fails. Ratios fail nothing, a busy machine moves them.
    pub(crate) failed: bool,
    pub(crate) p50: String,
    pub(crate) p99: String,
}

/// Laps of the service, each beside a lap of the limit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Compared {
    pub(crate) service: Vec<Lap>,
    pub(crate) limit: Vec<Lap>,
}

impl Compared {
    /// The line of this comparison; one piece of work is `each` units. The ratio is the median of the laps, and their span
    /// says how far to trust it.
    pub(crate) fn row(&self, what: &'static str, unit: &str, each: usize, aim: &'static str) -> Row {
        let each = each as f64;
        let mut ratios: Vec<f64> =
            self.service.iter().zip(&self.limit).map(|(service, limit)| service.rate() / limit.rate()).collect();
        let ratio = median(&mut ratios);
        let span =
            ratios.first().zip(ratios.last()).map_or(String::new(), |(low, high)| format!(" ({low:.2}..{high:.2})"));
        let rate = |laps: &[Lap]| {
            let mut rates: Vec<f64> = laps.iter().map(|lap| lap.rate() * each).collect();
            format!("{:.0} {unit}/s", median(&mut rates))
        };
        let mut waits: Vec<Duration> = self.service.iter().flat_map(|lap| lap.waits.iter().copied()).collect();
        Row {
            what,
            service: rate(&self.service),
            limit: rate(&self.limit),
            ratio: format!("{ratio:.2}{span}"),
            aim,
            failed: false,
            p50: milliseconds(percentile(&mut waits, 0.50)),
            p99: milliseconds(percentile(&mut waits, 0.99)),
        }
    }
}

pub(crate) fn milliseconds(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}

/// The rows as Markdown.
pub(crate) fn table(database: &str, learners: u32, rows: &[Row]) -> String {
    let mut text = format!("\n{database}, {learners} learners\n\n");
    text.push_str(
        "| measurement | service | limit | ratio (span) | aim | p50 | p99 |\n|---|---|---|---|---|---|---|\n",
    );
    for Row { what, service, limit, ratio, aim, p50, p99, failed: _ } in rows {
        let _ = writeln!(text, "| {what} | {service} | {limit} | {ratio} | {aim} | {p50} | {p99} |");
    }
    text
}
