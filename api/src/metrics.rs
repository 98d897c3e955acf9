//! Counts for Prometheus. Labels come from small closed sets only: a label that a caller could choose would be a leak of
//! memory, and one that names a person a leak of data.

use prometheus::{
    Encoder, Gauge, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder, core::Collector,
};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The service's counts. Clones count together.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    latency: HistogramVec,
    in_flight: IntGauge,
    outcomes: IntCounterVec,
    work: IntGaugeVec,
    pushes: IntGaugeVec,
    pushes_refused: IntCounter,
    tidying_failed: IntCounterVec,
    unopened: IntGauge,
    key_fetches: IntCounterVec,
}

/// Methods that are counted by name; anything else a caller invents is `other`.
const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

impl Metrics {
    /// All counts at zero.
    ///
    /// # Errors
    /// Only by a mistake in this file: a name that is invalid or used twice.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let requests = IntCounterVec::new(
            Opts::new("xueshi_http_requests_total", "Requests answered, by route template, method and status."),
            &["route", "method", "status"],
        )?;
        let latency = HistogramVec::new(
            HistogramOpts::new("xueshi_http_request_seconds", "Time to the head of the answer, by route and method.")
                .buckets(vec![0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0]),
            &["route", "method"],
        )?;
        let in_flight = IntGauge::new("xueshi_http_requests_in_flight", "Requests being answered now.")?;
        let outcomes = IntCounterVec::new(
            Opts::new("xueshi_outcomes_total", "What rooms decided, by room and outcome."),
            &["room", "outcome"],
        )?;
        let work = IntGaugeVec::new(
            Opts::new("xueshi_work", "Pieces of work as last looked at by this process, by kind and state."),
            &["kind", "state"],
        )?;
        let pushes = IntGaugeVec::new(
            Opts::new("xueshi_pushes", "Pushes and registrations in bulk in their lane, by state: working or waiting."),
            &["state"],
        )?;
        let pushes_refused = IntCounter::new(
            "xueshi_pushes_refused_total",
            "Pushes and registrations in bulk that were sent away from a full lane.",
        )?;
        let key_fetches = IntCounterVec::new(
            Opts::new("xueshi_issuer_key_fetches_total", "Attempts to fetch keys of issuers, by outcome."),
            &["outcome"],
        )?;
        let tidying_failed = IntCounterVec::new(
            Opts::new("xueshi_tidying_failures_total", "Failures of what the runner does every 15 seconds, by what."),
            &["what"],
        )?;
        let unopened = IntGauge::new(
            "xueshi_unopened_rows",
            "Rows that did not open when this process last sealed everything anew.",
        )?;
        let start = Gauge::new("process_start_time_seconds", "When the process started, in seconds since the epoch.")?;
        start.set(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64()));
        let all: [Box<dyn Collector>; 11] = [
            Box::new(requests.clone()),
            Box::new(latency.clone()),
            Box::new(in_flight.clone()),
            Box::new(outcomes.clone()),
            Box::new(work.clone()),
            Box::new(pushes.clone()),
            Box::new(pushes_refused.clone()),
            Box::new(key_fetches.clone()),
            Box::new(tidying_failed.clone()),
            Box::new(unopened.clone()),
            Box::new(start),
        ];
        all.into_iter().try_for_each(|collector| registry.register(collector))?;
        Ok(Self {
            registry,
            requests,
            latency,
            in_flight,
            outcomes,
            work,
            pushes,
            pushes_refused,
            tidying_failed,
            unopened,
            key_fetches,
        })
    }

    /// Notes that a request came in; it counts as in flight until the guard goes.
    #[must_use]
    pub fn enter(&self) -> InFlight {
        InFlight::in_gauge(self.in_flight.clone())
    }

    /// Notes that a push waits, until the guard goes.
    #[must_use]
    pub fn push_waits(&self) -> InFlight {
        InFlight::in_gauge(self.pushes.with_label_values(&["waiting"]))
    }

    /// Notes that a push is decided, until the guard goes.
    #[must_use]
    pub fn push_works(&self) -> InFlight {
        InFlight::in_gauge(self.pushes.with_label_values(&["working"]))
    }

    /// Notes that a push was sent away.
    pub fn push_refused(&self) {
        self.pushes_refused.inc();
    }

    /// Notes that the runner does something now and then, which has not failed yet: so its first failure is an increase.
    pub fn tidies(&self, what: &'static str) {
        drop(self.tidying_failed.with_label_values(&[what]));
    }

    /// Notes that something failed that the runner does now and then. The name comes from the code.
    pub fn tidying_failed(&self, what: &'static str) {
        self.tidying_failed.with_label_values(&[what]).inc();
    }

    /// Notes how many rows did not open when all were sealed anew.
    pub fn unopened(&self, rows: i64) {
        self.unopened.set(rows);
    }

    /// Notes that a request was answered.
    pub fn answered(&self, route: &str, method: &str, status: u16, took: Duration) {
        let method = METHODS.iter().find(|m| **m == method).copied().unwrap_or("other");
        self.requests.with_label_values(&[route, method, &status.to_string()]).inc();
        self.latency.with_label_values(&[route, method]).observe(took.as_secs_f64());
    }

    /// Notes what a room decided, for instance 12 items `credited` by `completions`. Both names come from the code.
    pub fn count(&self, room: &'static str, outcome: &'static str, times: u64) {
        self.outcomes.with_label_values(&[room, outcome]).inc_by(times);
    }

    /// Notes how much work of a kind stands in a state. Both names come from the code.
    pub fn work(&self, kind: &'static str, state: &'static str, pieces: i64) {
        self.work.with_label_values(&[kind, state]).set(pieces);
    }

    /// Notes an attempt to fetch keys of an issuer: `fetched`, or why not. Both come from the code.
    pub fn keys_fetched(&self, outcome: &'static str) {
        self.key_fetches.with_label_values(&[outcome]).inc();
    }

    /// A place for a room's own metric.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Everything in Prometheus' text form.
    ///
    /// # Errors
    /// When two families disagree; only by a mistake in the code.
    pub fn render(&self) -> Result<Vec<u8>, prometheus::Error> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }
}

/// One of those under way that a gauge counts.
#[derive(Debug)]
pub struct InFlight(IntGauge);

impl InFlight {
    fn in_gauge(gauge: IntGauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}
