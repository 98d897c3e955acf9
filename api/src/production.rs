//! What a service for production refuses to start with: keys that everybody could have, and ways over which people's data
//! would go in clear. What it cannot see (the proxy, the disk, the backups) stands in docs/OPERATIONS.md.

use crate::{
    auth::{Tokens, TokensError},
    keys::{DataKeys, KeysError},
    settings::Settings,
};
use percent_encoding::percent_decode_str;
use std::net::IpAddr;
use thiserror::Error;

/// What the service is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Mode {
    /// Trying and building: anything goes.
    #[default]
    Development,
    /// People's data: what is unsafe is refused at start.
    Production,
    /// The demo, which is no setting but a command.
    #[value(skip)]
    Demo,
}

/// Everything for which a service for production does not start.
#[derive(Debug, Error)]
#[error("not fit for production:\n{}", .0.iter().map(|fault| format!("- {fault}")).collect::<Vec<_>>().join("\n"))]
pub struct Unsafe(pub Vec<String>);

/// Refuses what is unsafe, all of it at once. Where it is not for production, everything is let pass.
///
/// # Errors
/// Says what is unsafe and what to do; keys that cannot be read at all are among it.
pub(crate) fn check(
    settings: &Settings,
    keys: &Result<DataKeys, KeysError>,
    tokens: &Result<Tokens, TokensError>,
) -> Result<(), Unsafe> {
    let mut faults = faults_of(settings);
    match keys {
        Ok(keys) if keys.are_of_demo() => {
            let path = settings.data_keys_file();
            faults.push(format!(
                "data keys {}: the demo made them; begin with keys and a database of your own",
                path.display()
            ));
        }
        Ok(_) => {}
        Err(error) => faults.push(error.to_string()),
    }
    match tokens {
        Ok(tokens) if tokens.are_of_demo() => {
            let path = settings.keys_dir.display();
            faults.push(format!("service keys in {path}: the demo made one of them; make another and remove it"));
        }
        Ok(_) => {}
        Err(error) => faults.push(error.to_string()),
    }
    refuse(settings, faults)
}

/// Refuses a way to the database that is unsafe: for whatever opens it.
///
/// # Errors
/// Says what is unsafe and what to do.
pub(crate) fn check_database(settings: &Settings) -> Result<(), Unsafe> {
    refuse(settings, database_fault(&settings.database_url).into_iter().collect())
}

fn refuse(settings: &Settings, faults: Vec<String>) -> Result<(), Unsafe> {
    if settings.mode != Mode::Production || faults.is_empty() { Ok(()) } else { Err(Unsafe(faults)) }
}

fn faults_of(settings: &Settings) -> Vec<String> {
    let mut faults: Vec<String> = database_fault(&settings.database_url).into_iter().collect();
    if !settings.public_url.starts_with("https://") {
        faults.push(
            "public_url: callers would send tokens and people's data in clear; end TLS in front of the service and say the https:// \
             address that callers use"
                .to_owned(),
        );
    }
    if settings.requests_a_minute == 0 {
        faults.push("requests_a_minute: 0 lets one caller ask without end; say a number".to_owned());
    }
    faults
}

fn database_fault(url: &str) -> Option<String> {
    let way = Way::of(url, |name| std::env::var(name).ok())?;
    let fault = match way {
        Way { local: true, .. } => return None,
        Way { verified: false, .. } => {
            "PostgreSQL is on another machine, and who answers is not verified; say sslmode=verify-full, and by sslrootcert \
             whose certificates hold"
        }
        _ if !store::SPEAKS_TLS_TO_POSTGRES => {
            "PostgreSQL is on another machine, and this program was built without TLS to it; build it with \
             --features store/postgres-tls"
        }
        _ => return None,
    };
    Some(format!("database_url: {fault}"))
}

/// How a PostgreSQL server is reached, read as libpq reads an address (its manual, 32.1.1.2).
struct Way {
    /// By this machine alone.
    local: bool,
    /// With its certificate and its name verified.
    verified: bool,
}

impl Way {
    fn of(url: &str, environment: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"))?;
        // What stands before the first `@` is who signs in, unless a slash comes first.
        let rest = match rest.find(['@', '/']) {
            Some(at) if rest[at..].starts_with('@') => &rest[at + 1..],
            _ => rest,
        };
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let hosts = place.split('/').next().unwrap_or_default();
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let pairs: Vec<(String, String)> = pairs.map(|(name, value)| (decoded(name), decoded(value))).collect();
        let said = |wanted: &str| {
            let mut values = pairs.iter().filter(|(name, value)| name == wanted && !value.is_empty());
            values.next_back().map(|(_, value)| value.clone())
        };
        // The number of an address counts before its name, and a service file may name any server.
        let named = said("hostaddr").or_else(|| environment("PGHOSTADDR")).or_else(|| said("host"));
        let named =
            named.unwrap_or_else(|| hosts.split(',').map(|one| decoded(host(one))).collect::<Vec<_>>().join(","));
        let named = if named.is_empty() { environment("PGHOST").unwrap_or_default() } else { named };
        let elsewhere = said("service").or_else(|| environment("PGSERVICE")).is_some();
        let mut modes = pairs.iter().filter(|(name, _)| name == "sslmode").peekable();
        let verified = modes.peek().is_some() && modes.all(|(_, mode)| mode == "verify-full");
        Some(Self { local: !elsewhere && named.split(',').all(is_local), verified })
    }
}

/// A host without its port.
fn host(text: &str) -> &str {
    match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, _)) => host,
        None => text.split(':').next().unwrap_or_default(),
    }
}

/// Nothing and a path are a socket in the file system.
fn is_local(host: &str) -> bool {
    let number = || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    host.is_empty() || host.starts_with(['/', '@']) || host == "localhost" || number()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_local_only_where_libpq_would_not_leave_the_machine() {
        let nothing = |_: &str| None;
        for (rest, local, verified) in [
            ("/x", true, false),
            ("u:p@localhost/x", true, false),
            ("u:p%40db@127.0.0.1:5432/x", true, false),
            ("u@[::1]:5432/x", true, false),
            ("u@%2Fvar%2Frun/x", true, false),
            ("/x?host=/var/run/postgresql", true, false),
            ("u:p@db.example/x", false, false),
            ("u:p?q@db.example/x", false, false),
            ("u@localhost,db.example/x", false, false),
            ("u@localhost/x?host=db.example", false, false),
            ("u@localhost/x?hostaddr=10.0.0.1", false, false),
            ("u@localhost/x?service=far", false, false),
            ("u@[fe80::1]/x", false, false),
            ("u@db.example/x?sslmode=require", false, false),
            ("u@db.example/x?sslmode=verify-ca", false, false),
            ("u@db.example/x?sslmode=verify-full&sslmode=prefer", false, false),
            ("u@db.example/x?connect_timeout=3&sslmode=verify-full", false, true),
            ("u@db.example?sslmode=verify%2Dfull", false, true),
        ] {
            for scheme in ["postgres://", "postgresql://"] {
                let way = Way::of(&[scheme, rest].concat(), nothing).unwrap();
                assert_eq!((way.local, way.verified), (local, verified), "{rest}");
            }
        }
        assert!(Way::of("sqlite://x.db", nothing).is_none());
    }

    #[test]
    fn what_the_environment_tells_libpq_is_seen_too() {
        for (name, rest, local) in [
            ("PGHOST", "/x", false),
            ("PGHOST", "u@localhost/x", true),
            ("PGHOSTADDR", "u@localhost/x", false),
            ("PGSERVICE", "u@localhost/x", false),
        ] {
            let environment = |asked: &str| (asked == name).then(|| "10.0.0.1".to_owned());
            assert_eq!(Way::of(&["postgres://", rest].concat(), environment).unwrap().local, local, "{name} {rest}");
        }
    }
}
