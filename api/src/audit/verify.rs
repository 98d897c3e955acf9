//! `xueshi audit verify` and `xueshi audit seal`: the chain as the database holds it, walked on one snapshot.

use crate::{
    clock::Clock,
    settings::Settings,
    startup::{StartError, open_existing},
};
use domain::audit::{Report, SealMark, Verifier};
use std::{error::Error, fmt::Write};
use store::{
    Store, StoreError,
    audit::{count_unsealed, events_past_the_service, last_seal, listed_in, seals_after, unsealed_and_gone},
};
use thiserror::Error;

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
        let mut verifier =
            Verifier::new(last_seal(db)?.map_or(0, |seal| seal.emptied_through), against, Clock::System.now());
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
        let (gone, inserted) = (unsealed_and_gone(db, NAMED)?, events_past_the_service(db, NAMED)?);
        Ok(verifier.finish(count_unsealed(db)?, &gone, &inserted))
    })
}

fn told(report: &Report, against: Option<SealMark>) -> String {
    let Report { seals, events, removed, waiting, findings } = report;
    let mut text = String::new();
    for finding in findings {
        let _ = writeln!(text, "{finding}");
    }
    let _ = writeln!(
        text,
        "{seals} seals, {events} events compared, {removed} removed when their time was over, {waiting} not sealed yet"
    );
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
