//! Settings: a flag beats the environment, the environment beats the file, the file beats the default.
//!
//! What is wrong is refused at start with the reason and with where it was said; nothing is guessed.

mod data_keys;
mod fault;
mod file;
mod fit;
mod given;
mod value;

pub use data_keys::KeyText;
pub use fault::{Fault, Place, SettingsError};
pub use given::{Given, Said};

use crate::{
    access::KeyFetching,
    logging::LogFormat,
    production::Mode,
    state::{Limits, Width},
};
use file::{File, text_of};
use fit::{NOTHING, Unfit};
use log::LevelFilter;
use std::{
    net::SocketAddr,
    num::{NonZeroU32, NonZeroUsize},
    path::{Path, PathBuf},
    thread::available_parallelism,
    time::Duration,
};

/// Settings in force.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What the service is for.
    pub mode: Mode,
    /// The database.
    pub database_url: String,
    /// The address listened on; port 0 takes any free port.
    pub listen: SocketAddr,
    /// Certificate and key of TLS, where the service speaks it.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// HTTP worker threads.
    pub workers: usize,
    /// Database connections.
    pub database_connections: u32,
    /// How long a request may wait for one of them.
    pub database_wait: Duration,
    /// Whether the schema is brought up to this program's at start.
    pub migrate: bool,
    /// Where the keys are.
    pub keys_dir: PathBuf,
    /// The data keys, where they are no file there.
    pub data_keys: Option<KeyText>,
    /// Whether missing keys are made.
    pub create_keys: bool,
    /// The issuer that tokens name.
    pub token_issuer: String,
    /// The audience that tokens name.
    pub token_audience: String,
    /// Where callers reach the service, without a slash at the end.
    pub public_url: String,
    /// How keys of issuers are fetched.
    pub key_fetching: KeyFetching,
    /// The form of log lines.
    pub log_format: LogFormat,
    /// What is logged.
    pub log_level: LevelFilter,
    /// Whether that was said by anyone.
    pub log_level_is_said: bool,
    /// How long a graceful stop may take.
    pub shutdown_timeout: Duration,
    /// How long the head of a request may take to come in. No setting of operators; tests shorten it.
    pub head_time: Duration,
    /// How long a caller may take nothing of an answer before the system ends the connection, where it can. No setting of operators; tests
    /// shorten it.
    pub taking_time: Duration,
    /// How long the database may take over a transaction before its caller is told 503. No setting of operators; tests shorten it.
    pub answer_time: Duration,
    /// Limits of bodies.
    pub limits: Limits,
    /// What one caller may ask of this process a minute; anything where it is 0.
    pub requests_a_minute: u32,
    /// The lane of pushes. How long one waits in it is no setting of operators; tests shorten it.
    pub pushes: Width,
    /// Whether this process runs the work that outlives requests.
    pub run_worker: bool,
    /// How often a day one caller may be shown someone's full name and document.
    pub unmaskings_a_day: i64,
    /// How many document numbers of nobody they see one caller may ask this process about a day; any where it is 0.
    pub unknown_documents_a_day: u32,
    /// How often one caller may search by a name of this process a day; as often as they please where it is 0.
    pub name_searches_a_day: u32,
    /// How long events of the audit trail are kept.
    pub audit_retention: time::Duration,
    /// How long it is kept who looked at whose file.
    pub access_retention: time::Duration,
    /// How long answers are kept for repeats of their requests.
    pub repeats_retention: time::Duration,
    /// How long items wait at most for what they name.
    pub held_retention: time::Duration,
    /// How long changes are kept for those who follow.
    pub changes_retention: time::Duration,
    /// Where the demo lives.
    pub demo_dir: PathBuf,
}

impl Said {
    /// Reads what is said and the settings file, if one is named, and puts defaults where nothing is said.
    ///
    /// # Errors
    /// Says everything that cannot be used, where and why.
    pub fn resolve(&self) -> Result<Settings, SettingsError> {
        let mut faults = Vec::new();
        let path = self.config.as_deref().unwrap_or(Path::new(""));
        let text = self.config.as_deref().map(|path| text_of(path, &mut faults)).unwrap_or_default();
        let file = File::of(path, &text, &mut faults);
        self.refuse_open_keys(&file, &mut faults);
        let open_keys = faults.iter().any(|fault| fault.name == "data_keys");
        let mut unread = Vec::new();
        let (settings, unfit) = self.read(&file, &mut unread).settle();
        // What has no place there is not read for what it says.
        faults.extend(unread.into_iter().filter(|fault| !open_keys || fault.name != "data_keys"));
        for Unfit { names, found, expected } in unfit {
            // What could not be read is told already, and what stands for it says nothing.
            if !faults.iter().any(|fault| names.contains(&fault.name.as_str())) {
                let in_file = || file.place_of(names[0]).unwrap_or(Place::CommandLine);
                let place = if self.says(names[0]) { Place::CommandLine } else { in_file() };
                faults.push(Fault::instead_of(names[0], place, &found, expected));
            }
        }
        if faults.is_empty() { Ok(settings) } else { Err(SettingsError::Faults(faults)) }
    }

    /// The settings of the demo. Its database and its keys live in its own folder, unless they are said here, and are made when
    /// missing. What a settings file says of them is for `serve`: invented people must not get into that database.
    ///
    /// # Errors
    /// Like [`resolve`](Self::resolve).
    pub fn resolve_demo(&self) -> Result<Settings, SettingsError> {
        let mut settings = self.resolve()?;
        if settings.mode == Mode::Production {
            let place = if self.says("mode") {
                Place::CommandLine
            } else {
                Place::file(self.config.as_deref().unwrap_or(Path::new("")), None)
            };
            return Err(SettingsError::Faults(vec![Fault::new(
                "mode",
                place,
                "the demo is not for production: it prints tokens for everything",
            )]));
        }
        let folder = settings.demo_dir.clone();
        let fault = |error: std::io::Error| SettingsError::Folder { path: folder.clone(), reason: error.to_string() };
        std::fs::create_dir_all(&folder).map_err(fault)?;
        if self.database_url.is_none() {
            settings.database_url = format!("sqlite://{}", folder.join("xueshi.db").display());
        }
        if self.keys_dir.is_none() {
            settings.keys_dir = folder.join("keys");
        }
        if !settings.log_level_is_said {
            // The demo's own table is what a newcomer wants to read.
            settings.log_level = LevelFilter::Warn;
        }
        (settings.mode, settings.create_keys, settings.migrate) = (Mode::Demo, true, true);
        Ok(settings)
    }
}

impl Given {
    /// Puts defaults where nothing is given.
    ///
    /// # Errors
    /// Says everything that cannot be used and why.
    pub fn resolve(self) -> Result<Settings, SettingsError> {
        let (settings, unfit) = self.settle();
        let fault = |unfit: Unfit| Fault::instead_of(unfit.names[0], Place::CommandLine, &unfit.found, unfit.expected);
        let faults: Vec<Fault> = unfit.into_iter().map(fault).collect();
        if faults.is_empty() { Ok(settings) } else { Err(SettingsError::Faults(faults)) }
    }

    fn settle(self) -> (Settings, Vec<Unfit>) {
        let all = self;
        let batch_limit_is_said = all.batch_body_limit_bytes.is_some();
        let cores = available_parallelism().map_or(2, NonZeroUsize::get);
        let database_url = all.database_url.unwrap_or_else(|| "sqlite://xueshi.db".into());
        let embedded = database_url.starts_with("sqlite://");
        let connections = if embedded { cores.max(2) } else { cores * 4 };
        let database_connections =
            all.database_connections.map_or_else(|| u32::try_from(connections).unwrap_or(8), NonZeroU32::get);
        // A push holds a connection to PostgreSQL; one in four is left to readers.
        let of_pool = usize::try_from(database_connections).unwrap_or(1);
        let at_once = if embedded { cores * 4 } else { (cores * 4).min(of_pool - of_pool.div_ceil(4)).max(1) };
        let listen = all.listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080)));
        let half_of_tls: Option<&'static [&'static str]> = match (&all.tls_certificate, &all.tls_key) {
            (Some(_), None) => Some(&["tls_key", "tls_certificate"]),
            (None, Some(_)) => Some(&["tls_certificate", "tls_key"]),
            _ => None,
        };
        let tls = all.tls_certificate.zip(all.tls_key);
        let scheme = if tls.is_some() { "https" } else { "http" };
        let settings = Settings {
            mode: all.mode.unwrap_or_default(),
            database_url,
            listen,
            tls,
            workers: all.workers.map_or(cores, NonZeroUsize::get),
            database_connections,
            database_wait: Duration::from_secs(all.database_wait_seconds.map_or(3, NonZeroU32::get).into()),
            migrate: all.migrate.unwrap_or(embedded),
            keys_dir: all.keys_dir.unwrap_or_else(|| "xueshi-data/keys".into()),
            data_keys: all.data_keys,
            create_keys: all.create_keys.unwrap_or(false),
            token_issuer: all.token_issuer.unwrap_or_else(|| "xueshi".into()),
            token_audience: all.token_audience.unwrap_or_else(|| "xueshi-api".into()),
            public_url: all
                .public_url
                .map_or_else(|| format!("{scheme}://{listen}"), |url| url.trim_end_matches('/').to_owned()),
            key_fetching: KeyFetching {
                ca_file: all.jwks_ca_file,
                private_hosts: all.jwks_allow_private_hosts.as_deref().map(listed).unwrap_or_default(),
                every: time::Duration::minutes(all.jwks_refresh_minutes.map_or(10, NonZeroU32::get).into()),
                trusted: time::Duration::hours(all.jwks_trusted_hours.map_or(24, NonZeroU32::get).into()),
                time: FETCH_TIME,
            },
            log_format: all.log_format.unwrap_or_default(),
            log_level_is_said: all.log_level.is_some(),
            log_level: all.log_level.unwrap_or(LevelFilter::Info),
            shutdown_timeout: Duration::from_secs(all.shutdown_timeout_seconds.unwrap_or(30).into()),
            head_time: HEAD_TIME,
            taking_time: TAKING_TIME,
            answer_time: ANSWER_TIME,
            limits: Limits {
                body_bytes: all.body_limit_bytes.map_or(1 << 20, NonZeroUsize::get),
                batch_body_bytes: all.batch_body_limit_bytes.map_or(8 << 20, NonZeroUsize::get),
                body_time: BODY_TIME,
            },
            requests_a_minute: all.requests_a_minute.unwrap_or(12_000),
            pushes: Width {
                at_work: all.pushes_at_work.map_or(at_once, NonZeroUsize::get),
                waiting: all.pushes_waiting.map_or(32, NonZeroUsize::get),
                patience: PATIENCE,
            },
            run_worker: all.run_worker.unwrap_or(true),
            unmaskings_a_day: all.unmaskings_a_day.unwrap_or(50).into(),
            unknown_documents_a_day: all.unknown_documents_a_day.unwrap_or(1_000),
            name_searches_a_day: all.name_searches_a_day.unwrap_or(500),
            audit_retention: time::Duration::days(all.audit_retention_days.unwrap_or(1095).into()),
            access_retention: time::Duration::days(all.access_retention_days.unwrap_or(1095).into()),
            repeats_retention: time::Duration::hours(all.repeats_retention_hours.unwrap_or(24).into()),
            held_retention: time::Duration::days(all.held_retention_days.map_or(730, NonZeroU32::get).into()),
            changes_retention: time::Duration::days(all.changes_retention_days.map_or(90, NonZeroU32::get).into()),
            demo_dir: all.demo_dir.unwrap_or_else(|| "xueshi-data/demo".into()),
        };
        let mut unfit = settings.unfit(batch_limit_is_said);
        unfit.extend(half_of_tls.map(|names| Unfit {
            names,
            found: NOTHING.into(),
            expected: "a file beside the other one",
        }));
        (settings, unfit)
    }
}

/// How long fetching keys of an issuer may take, by default: other work of the runner waits so long.
const FETCH_TIME: Duration = Duration::from_secs(5);

/// How long a push waits for its turn, by default: less than a proxy waits for an answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long the head of a request may take to come in, by default: a few packets, on the worst of lines.
const HEAD_TIME: Duration = Duration::from_secs(10);

/// How long a body may take to come in, by default: the longest one, on a slow line.
pub(crate) const BODY_TIME: Duration = Duration::from_secs(300);

/// How long a caller may take nothing of an answer, by default: a line that is gone for a moment comes back within it.
const TAKING_TIME: Duration = Duration::from_secs(120);

/// How long a transaction may take, by default: longer than locks are waited for and the longest question takes.
const ANSWER_TIME: Duration = Duration::from_secs(30);

/// What stands between the commas of a list.
fn listed(text: &str) -> Vec<String> {
    text.split(',').map(|item| item.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests;
