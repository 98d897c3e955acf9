//! What a service for production refuses to start with: keys that everybody could have, and ways over which people's data
//! would go in clear. What it cannot see (the proxy, the disk, the backups) stands in docs/OPERATIONS.md.

use crate::{
    auth::{Tokens, TokensError},
    keys::{DataKeys, KeysError},
    settings::Settings,
    tls::TlsError,
};
use percent_encoding::percent_decode_str;
use std::{collections::BTreeMap, net::IpAddr};
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
/// Says what is unsafe and what to do; keys and certificates that cannot be read at all are among it.
pub(crate) fn check(
    settings: &Settings,
    keys: &Result<DataKeys, KeysError>,
    tokens: &Result<Tokens, TokensError>,
    files: Option<&TlsError>,
) -> Result<(), Unsafe> {
    let mut faults = faults_of(settings);
    match keys {
        Ok(keys) if keys.are_of_demo() => {
            let path = settings.data_keys_place();
            faults.push(format!("data keys {path}: the demo made them; begin with keys and a database of your own"));
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
    faults.extend(files.into_iter().flat_map(|files| files.0.iter().cloned()));
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
    let fault = match Way::of(url, |name| std::env::var(name).ok())? {
        Way::Unclear(what) => format!(
            "{what} is not understood, or said twice, so that where it leads cannot be told; say each of {} at most once",
            UNDERSTOOD.join(", ")
        ),
        Way::Local => return None,
        Way::Far { verified: false } => {
            "PostgreSQL is on another machine, and who answers is not verified; say sslmode=verify-full, and by sslrootcert \
             whose certificates hold"
                .to_owned()
        }
        Way::Far { verified: true } if !store::SPEAKS_TLS_TO_POSTGRES => {
            "PostgreSQL is on another machine, and this program was built without TLS to it; build it with \
             --features store/postgres-tls"
                .to_owned()
        }
        Way::Far { verified: true } => return None,
    };
    Some(format!("database_url: {fault}"))
}

/// What an address of PostgreSQL may say after its `?`. There are other words by which libpq goes elsewhere or speaks otherwise
/// (`service`, `hostaddr`, `ssl`, `requiressl`, ..), and of one that is said twice only one counts.
const UNDERSTOOD: [&str; 14] = [
    "host",
    "port",
    "dbname",
    "user",
    "password",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "connect_timeout",
    "application_name",
    "options",
    "tcp_user_timeout",
    "target_session_attrs",
];

/// Variables by which libpq goes elsewhere whatever the address says, or where it says no host.
const ELSEWHERE: [&str; 3] = ["PGHOSTADDR", "PGSERVICE", "PGSERVICEFILE"];

/// How a PostgreSQL server is reached, read as libpq reads an address (its manual, 32.1.1.2).
#[derive(Debug, PartialEq, Eq)]
enum Way {
    /// By this machine alone.
    Local,
    /// From another machine.
    Far {
        /// With its certificate and its name verified.
        verified: bool,
    },
    /// By something that is not understood here.
    Unclear(String),
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
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let mut said = BTreeMap::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decoded(name);
            if !UNDERSTOOD.contains(&name.as_str()) || said.insert(name.clone(), decoded(value)).is_some() {
                return Some(Self::Unclear(name));
            }
        }
        if let Some(name) = ELSEWHERE.into_iter().find(|name| environment(name).is_some_and(|it| !it.is_empty())) {
            return Some(Self::Unclear(name.to_owned()));
        }
        let hosts = place.split('/').next().unwrap_or_default();
        let named = said.get("host").cloned();
        let named =
            named.unwrap_or_else(|| hosts.split(',').map(|one| decoded(host(one))).collect::<Vec<_>>().join(","));
        let named = if named.is_empty() { environment("PGHOST").unwrap_or_default() } else { named };
        if named.split(',').all(is_local) {
            return Some(Self::Local);
        }
        Some(Self::Far { verified: said.get("sslmode").is_some_and(|mode| mode == "verify-full") })
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

    const IN_CLEAR: Way = Way::Far { verified: false };
    const VERIFIED: Way = Way::Far { verified: true };

    #[test]
    fn a_server_is_local_only_where_libpq_would_not_leave_the_machine() {
        let unclear = |what: &str| Way::Unclear(what.to_owned());
        for (rest, way) in [
            ("/x", Way::Local),
            ("u:p@localhost/x", Way::Local),
            ("u:p%40db@127.0.0.1:5432/x", Way::Local),
            ("u@[::1]:5432/x", Way::Local),
            ("u@%2Fvar%2Frun/x", Way::Local),
            ("/x?host=/var/run/postgresql", Way::Local),
            ("u:p@db.example/x", IN_CLEAR),
            ("u:p?q@db.example/x", IN_CLEAR),
            ("u@localhost,db.example/x", IN_CLEAR),
            ("u@localhost/x?host=db.example", IN_CLEAR),
            ("u@localhost/x?host=localhost,db.example", IN_CLEAR),
            ("u@[fe80::1]/x", IN_CLEAR),
            ("u@db.example/x?sslmode=require", IN_CLEAR),
            ("u@db.example/x?sslmode=verify-ca", IN_CLEAR),
            ("u@db.example/x?connect_timeout=3&sslmode=verify-full", VERIFIED),
            ("u@db.example?sslmode=verify%2Dfull", VERIFIED),
            ("u@db.example/x?sslmode=verify-full&sslmode=prefer", unclear("sslmode")),
            ("u@db.example/x?sslmode=verify-full&ssl=true", unclear("ssl")),
            ("u@db.example/x?sslmode=verify-full&requiressl=0", unclear("requiressl")),
            ("u@localhost/x?hostaddr=10.0.0.1", unclear("hostaddr")),
            ("u@db.example/x?hostaddr=127.0.0.1&hostaddr=", unclear("hostaddr")),
            ("u@localhost/x?service=far", unclear("service")),
            ("u@localhost/x?%73ervice=far", unclear("service")),
        ] {
            for scheme in ["postgres://", "postgresql://"] {
                assert_eq!(Way::of(&[scheme, rest].concat(), |_| None).unwrap(), way, "{rest}");
            }
        }
        assert_eq!(Way::of("sqlite://x.db", |_| None), None);
    }

    #[test]
    fn what_the_environment_tells_libpq_is_seen_too() {
        let unclear = |what: &str| Way::Unclear(what.to_owned());
        for (name, value, rest, way) in [
            ("PGHOST", "10.0.0.1", "/x", IN_CLEAR),
            ("PGHOST", "10.0.0.1", "u@localhost/x", Way::Local),
            ("PGHOSTADDR", "127.0.0.1", "u@db.example/x", unclear("PGHOSTADDR")),
            ("PGHOSTADDR", "", "u@db.example/x", IN_CLEAR),
            ("PGSERVICE", "far", "u@localhost/x", unclear("PGSERVICE")),
            ("PGSERVICEFILE", "far", "u@localhost/x", unclear("PGSERVICEFILE")),
        ] {
            let environment = |asked: &str| (asked == name).then(|| value.to_owned());
            assert_eq!(Way::of(&["postgres://", rest].concat(), environment).unwrap(), way, "{name} {rest}");
        }
    }
}
