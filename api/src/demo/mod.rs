//! `xueshi demo`: the service on a database of its own, with tokens to try it with. Running it again is safe.

use crate::{
    auth::{CallerKind, Subject},
    clock::Clock,
    logging,
    settings::Given,
    startup::{InBackground, in_background},
};
use std::{
    error::Error,
    io::{self, Write},
};
use time::Duration;

/// Starts the service in the demo's folder, says how to try it, and serves until stopped.
pub(crate) fn run(given: Given) -> Result<(), Box<dyn Error>> {
    let settings = given.resolve_demo()?;
    logging::start(settings.log_format, settings.log_level);
    let service = in_background(&settings, Clock::System)?;
    welcome(&service, &mut io::stdout().lock())?;
    service.until_signal()?;
    Ok(())
}

fn welcome(service: &InBackground, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let address = format!("http://{}", service.address);
    writeln!(out, "Xueshi serves at {address}; its interface can be read and tried at {address}/docs/")?;
    let place = "610000".parse().ok();
    for subject in [
        Subject { kind: CallerKind::Administrator, name: "demo".into(), place: None },
        Subject { kind: CallerKind::Officer, name: "demo".into(), place },
    ] {
        let token = service.state.tokens.mint(&subject, service.state.clock.now(), Duration::days(30))?;
        writeln!(out, "\n{} (30 days):\n{token}", subject.kind)?;
        writeln!(out, "  curl -H 'Authorization: Bearer {token}' {address}/v1/caller")?;
    }
    writeln!(out, "\nCtrl-C stops it.")?;
    out.flush()?;
    Ok(())
}
