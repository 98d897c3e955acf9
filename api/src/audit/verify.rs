//! `xueshi audit verify` and `xueshi audit seal`: the chain as the database holds it, walked on one snapshot.

use crate::{
    clock::Clock,
    settings::Settings,
    startup::{StartError, open_existing},
};
use domain::audit::{Report, SealMark, Unsealed, Verifier};
use std::{error::Error, fmt::Write};
use store::{
    Store, StoreError,
    audit::{
        count_unsealed, events_past_the_service, last_seal, listed_in, oldest_unsealed, seals_after, unsealed_and_gone,
        unsealed_and_sealed,
    },
};
use thiserror::Error;
use time::Duration;

/// How many seals are read at a time.
const SEALS: i64 = 500;

/// How many stray events are named.
const NAMED: i64 = 100;

/// The trail does not verify. What was found has been told already.
#[derive(Clone, Copy, Debug, Error)]
#[error("the audit trail does NOT verify")]
pub(crate) struct Tampered;

/// Verifies the trail of the database that the settings name; the report for people, and whether it is clean.
///
/// # Errors
/// When the database cannot be read.
pub(crate) fn verify(settings: &Settings, against: Option<SealMark>) -> Result<(String, bool), Box<dyn Error>> {
    let report = walk(&open_existing(settings)?, against)?;
    Ok((told(&report, against), report.findings.is_empty()))
}

/// The last seal of the database that the settings name.
///
/// # Errors
/// When the database cannot be read, or nothing is sealed yet.
pub(crate) fn last_mark(settings: &Settings) -> Result<SealMark, Box<dyn Error>> {
    let last = open_existing(settings)?.read_blocking(last_seal).map_err(StartError::from)?;
    Ok(last.ok_or("nothing is sealed yet")?.mark())
}

fn walk(store: &Store, against: Option<SealMark>) -> Result<Report, StoreError> {
    store.read_blocking(|db| {
        let mut verifier = Verifier::new(last_seal(db)?.as_ref(), against, Clock::System.now());
        let mut after = 0;
        loop {
            let seals = seals_after(db, after, SEALS)?;
            for seal in &seals {
                verifier.seal(seal, &listed_in(db, seal.number)?);
            }
            match seals.last() {
                Some(last) => after = last.number,
                None => break,
            }
        }
        Ok(verifier.finish(Unsealed {
            waiting: count_unsealed(db)?,
            oldest: oldest_unsealed(db)?,
            gone: unsealed_and_gone(db, NAMED)?,
            queued_again: unsealed_and_sealed(db, NAMED)?,
            inserted: events_past_the_service(db, NAMED)?,
        }))
    })
}

/// How old, by the two largest units.
fn in_words(age: Duration) -> String {
    let age = age.max(Duration::ZERO);
    match (age.whole_days(), age.whole_hours() % 24, age.whole_minutes() % 60) {
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

fn told(report: &Report, against: Option<SealMark>) -> String {
    let Report { seals, events, removed, waiting, oldest_waiting, findings } = report;
    let mut text = String::new();
    for finding in findings {
        let _ = writeln!(text, "{finding}");
    }
    let _ = write!(
        text,
        "{seals} seals, {events} events compared, {removed} removed when their time was over, {waiting} not sealed yet"
    );
    let _ = match oldest_waiting {
        // A sealer that stands still is found by this.
        Some(age) => writeln!(text, ", the oldest of them {} old", in_words(*age)),
        None => writeln!(text),
    };
    let compared = match against {
        Some(kept) => format!(" and compared with seal {} that was kept", kept.number),
        None => "; an end that was cut off is found only with --against SEAL".to_owned(),
    };
    let _ = match findings.len() {
        0 => writeln!(text, "verified{compared}"),
        1 => writeln!(text, "NOT verified: 1 finding"),
        more => writeln!(text, "NOT verified: {more} findings"),
    };
    text
}
