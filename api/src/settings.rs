//! Settings: a flag beats the environment, the environment beats the file, the file beats the default.
//!
//! What is wrong is refused at start with the reason and with where it was said; nothing is guessed.

use crate::{logging::LogFormat, state::Limits};
use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use domain::audit::LEAST_RETENTION;
use log::LevelFilter;
use serde::Deserialize;
use std::{
    net::SocketAddr,
    num::{NonZeroU32, NonZeroUsize},
    path::{Path, PathBuf},
    str::FromStr,
    thread::available_parallelism,
    time::Duration,
};
use thiserror::Error;

/// Settings as given by flags, the environment or a file; whatever is not given is `None`.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// Settings file (TOML); its keys are the long flags with `_` for `-`
    #[arg(long, env = "XUESHI_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,
    /// Database: `sqlite://FILE` or `postgres://USER:PASSWORD@HOST/NAME` [default: sqlite://xueshi.db]
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// Address to listen on [default: 127.0.0.1:8080]
    #[arg(long, env = "XUESHI_LISTEN", value_name = "ADDRESS", value_parser = parsed::<SocketAddr>("an address with its port, such as 127.0.0.1:8080"))]
    pub listen: Option<SocketAddr>,
    /// HTTP worker threads [default: one a core]
    #[arg(long, env = "XUESHI_WORKERS", value_name = "N", value_parser = parsed::<NonZeroUsize>(COUNT))]
    pub workers: Option<NonZeroUsize>,
    /// Database connections: those that read (SQLite) or all (PostgreSQL) [default: 1 or 4 a core]
    #[arg(long, env = "XUESHI_DATABASE_CONNECTIONS", value_name = "N", value_parser = parsed::<NonZeroU32>(COUNT))]
    pub database_connections: Option<NonZeroU32>,
    /// How long a request may wait for a database connection before it is answered 503 [default: 3]
    #[arg(long, env = "XUESHI_DATABASE_WAIT_SECONDS", value_name = "SECONDS", value_parser = parsed::<NonZeroU32>(COUNT))]
    pub database_wait_seconds: Option<NonZeroU32>,
    /// Bring the schema up to this program's at start, as `migrate` does [default: true on SQLite]
    #[arg(long, env = "XUESHI_MIGRATE", num_args = 0..=1, default_missing_value = "true", value_name = "YES")]
    pub migrate: Option<bool>,
    /// Folder that holds the service keys and `data-keys.json` [default: xueshi-data/keys]
    #[arg(long, env = "XUESHI_KEYS_DIR", value_name = "FOLDER")]
    pub keys_dir: Option<PathBuf>,
    /// Make missing keys instead of refusing to start [default: false]
    #[arg(long, env = "XUESHI_CREATE_KEYS", num_args = 0..=1, default_missing_value = "true", value_name = "YES")]
    pub create_keys: Option<bool>,
    /// Issuer that tokens must name [default: xueshi]
    #[arg(long, env = "XUESHI_TOKEN_ISSUER", value_name = "NAME")]
    pub token_issuer: Option<String>,
    /// Audience that tokens must name [default: xueshi-api]
    #[arg(long, env = "XUESHI_TOKEN_AUDIENCE", value_name = "NAME")]
    pub token_audience: Option<String>,
    /// Where callers reach the service, as they write it [default: http:// and the address listened on]
    #[arg(long, env = "XUESHI_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// Form of log lines [default: text]
    #[arg(long, env = "XUESHI_LOG_FORMAT", value_name = "FORM")]
    pub log_format: Option<LogFormat>,
    /// What is logged [default: info]
    #[arg(long, env = "XUESHI_LOG_LEVEL", value_name = "LEVEL", value_parser = log_level(), ignore_case = true)]
    pub log_level: Option<LevelFilter>,
    /// How long requests in flight may take to finish when the service stops [default: 30]
    #[arg(long, env = "XUESHI_SHUTDOWN_TIMEOUT_SECONDS", value_name = "SECONDS", value_parser = parsed::<u32>("a whole number"))]
    pub shutdown_timeout_seconds: Option<u32>,
    /// Longest ordinary body [default: 1048576]
    #[arg(long, env = "XUESHI_BODY_LIMIT_BYTES", value_name = "BYTES", value_parser = parsed::<NonZeroUsize>(COUNT))]
    pub body_limit_bytes: Option<NonZeroUsize>,
    /// Longest body that carries up to a thousand items [default: 8388608]
    #[arg(long, env = "XUESHI_BATCH_BODY_LIMIT_BYTES", value_name = "BYTES", value_parser = parsed::<NonZeroUsize>(COUNT))]
    pub batch_body_limit_bytes: Option<NonZeroUsize>,
    /// Whether this process also runs the work that outlives requests [default: true]
    #[arg(long, env = "XUESHI_RUN_WORKER", num_args = 0..=1, default_missing_value = "true", value_name = "YES")]
    pub run_worker: Option<bool>,
    /// How many days events of the audit trail are kept, at least 184 [default: 1095]
    #[arg(long, env = "XUESHI_AUDIT_RETENTION_DAYS", value_name = "DAYS", value_parser = parsed::<u32>("a whole number"))]
    pub audit_retention_days: Option<u32>,
    /// Folder of the demo's database and keys [default: xueshi-data/demo]
    #[arg(long, env = "XUESHI_DEMO_DIR", value_name = "FOLDER")]
    pub demo_dir: Option<PathBuf>,
}

/// What is allowed where none would mean that nothing works.
const COUNT: &str = "a whole number above 0";

/// Reads one kind of value; a bad one is refused with what is allowed.
fn parsed<T: FromStr>(allowed: &'static str) -> impl Fn(&str) -> Result<T, String> + Clone {
    move |text| text.parse().map_err(|_| format!("it must be {allowed}"))
}

fn log_level() -> impl TypedValueParser<Value = LevelFilter> {
    let names = ["off", "error", "warn", "info", "debug", "trace"];
    PossibleValuesParser::new(names).try_map(|name| name.parse::<LevelFilter>())
}

/// Settings in force.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The database.
    pub database_url: String,
    /// The address listened on; port 0 takes any free port.
    pub listen: SocketAddr,
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
    /// Whether missing keys are made.
    pub create_keys: bool,
    /// The issuer that tokens name.
    pub token_issuer: String,
    /// The audience that tokens name.
    pub token_audience: String,
    /// Where callers reach the service, without a slash at the end.
    pub public_url: String,
    /// The form of log lines.
    pub log_format: LogFormat,
    /// What is logged.
    pub log_level: LevelFilter,
    /// How long a graceful stop may take.
    pub shutdown_timeout: Duration,
    /// Limits of bodies.
    pub limits: Limits,
    /// Whether this process runs the work that outlives requests.
    pub run_worker: bool,
    /// How long events of the audit trail are kept.
    pub audit_retention: time::Duration,
    /// Where the demo lives.
    pub demo_dir: PathBuf,
}

/// Why the settings cannot be used.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// The settings file cannot be read.
    #[error("settings file {path}: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why; with line and column where it is about the content.
        reason: String,
    },
    /// Values that parse but cannot be used: all of them.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Values(Vec<BadValue>),
}

/// A value that parses but cannot be used. It may hold a password, so it is not kept.
#[derive(Debug, Error)]
#[error("{}{name}: {reason}", .file.as_ref().map(|file| format!("settings file {file}: ")).unwrap_or_default())]
pub struct BadValue {
    /// The setting, as the settings file calls it.
    pub name: &'static str,
    /// The settings file and the line, where it was said there; else a flag or the environment said it.
    pub file: Option<String>,
    /// What is allowed.
    pub reason: &'static str,
}

macro_rules! or {
    ($over:expr, $under:expr, $($field:ident),+) => { Given { $($field: $over.$field.or($under.$field),)+ } };
}

impl Given {
    /// Reads the settings file, if one is named, and puts defaults where nothing is said.
    ///
    /// # Errors
    /// Says what cannot be used, where and why.
    pub fn resolve(self) -> Result<Settings, SettingsError> {
        let here = self.clone();
        let file = match &self.config {
            Some(path) => Self::read(path)?,
            None => Self::default(),
        };
        #[rustfmt::skip]
        let all = or!(self, file, config, database_url, listen, workers, database_connections, database_wait_seconds, migrate, keys_dir,
            create_keys, token_issuer, token_audience, public_url, log_format, log_level, shutdown_timeout_seconds, body_limit_bytes,
            batch_body_limit_bytes, run_worker, audit_retention_days, demo_dir);
        let batch_limit_is_said = all.batch_body_limit_bytes.is_some();
        let cores = available_parallelism().map_or(2, NonZeroUsize::get);
        let database_url = all.database_url.unwrap_or_else(|| "sqlite://xueshi.db".into());
        let embedded = database_url.starts_with("sqlite://");
        let connections = if embedded { cores.max(2) } else { cores * 4 };
        let listen = all.listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080)));
        let settings = Settings {
            database_url,
            listen,
            workers: all.workers.map_or(cores, NonZeroUsize::get),
            database_connections: all
                .database_connections
                .map_or_else(|| u32::try_from(connections).unwrap_or(8), NonZeroU32::get),
            database_wait: Duration::from_secs(all.database_wait_seconds.map_or(3, NonZeroU32::get).into()),
            migrate: all.migrate.unwrap_or(embedded),
            keys_dir: all.keys_dir.unwrap_or_else(|| "xueshi-data/keys".into()),
            create_keys: all.create_keys.unwrap_or(false),
            token_issuer: all.token_issuer.unwrap_or_else(|| "xueshi".into()),
            token_audience: all.token_audience.unwrap_or_else(|| "xueshi-api".into()),
            public_url: all
                .public_url
                .map_or_else(|| format!("http://{listen}"), |url| url.trim_end_matches('/').to_owned()),
            log_format: all.log_format.unwrap_or_default(),
            log_level: all.log_level.unwrap_or(LevelFilter::Info),
            shutdown_timeout: Duration::from_secs(all.shutdown_timeout_seconds.unwrap_or(30).into()),
            limits: Limits {
                body_bytes: all.body_limit_bytes.map_or(1 << 20, NonZeroUsize::get),
                batch_body_bytes: all.batch_body_limit_bytes.map_or(8 << 20, NonZeroUsize::get),
            },
            run_worker: all.run_worker.unwrap_or(true),
            audit_retention: time::Duration::days(all.audit_retention_days.unwrap_or(1095).into()),
            demo_dir: all.demo_dir.unwrap_or_else(|| "xueshi-data/demo".into()),
        };
        let bad = settings.faults(batch_limit_is_said).into_iter();
        let bad: Vec<_> = bad.map(|(name, reason)| BadValue { name, file: here.place_in_file(name), reason }).collect();
        if bad.is_empty() { Ok(settings) } else { Err(SettingsError::Values(bad)) }
    }

    /// Whether one of the settings that are looked at together is said here, not only in the settings file.
    fn gives(&self, name: &str) -> bool {
        match name {
            "database_url" => self.database_url.is_some(),
            "workers" => self.workers.is_some(),
            "body_limit_bytes" => self.body_limit_bytes.is_some(),
            "batch_body_limit_bytes" => self.batch_body_limit_bytes.is_some(),
            "token_issuer" => self.token_issuer.is_some(),
            "token_audience" => self.token_audience.is_some(),
            "public_url" => self.public_url.is_some(),
            "audit_retention_days" => self.audit_retention_days.is_some(),
            _ => false,
        }
    }

    /// The settings file and the line that say a setting, where nothing said it before the file's turn.
    fn place_in_file(&self, name: &str) -> Option<String> {
        let path = self.config.as_deref().filter(|_| !self.gives(name))?;
        let text = std::fs::read_to_string(path).ok()?;
        let says = |line: &str| line.split_once('=').is_some_and(|(key, _)| key.trim() == name);
        let line = text.lines().position(says)? + 1;
        Some(format!("{}, line {line}", path.display()))
    }

    /// The settings of the demo. Its database and its keys live in its own folder, unless they are said here, and are made when
    /// missing. What a settings file says of them is for `serve`: invented people must not get into that database.
    ///
    /// # Errors
    /// Like [`resolve`](Self::resolve).
    pub fn resolve_demo(self) -> Result<Settings, SettingsError> {
        let (elsewhere, keys_elsewhere) = (self.database_url.is_some(), self.keys_dir.is_some());
        let log_level_said = self.says(|given| given.log_level.is_some())?;
        let mut settings = self.resolve()?;
        let folder = settings.demo_dir.clone();
        let fault = |error: std::io::Error| SettingsError::File { path: folder.clone(), reason: error.to_string() };
        std::fs::create_dir_all(&folder).map_err(fault)?;
        if !elsewhere {
            settings.database_url = format!("sqlite://{}", folder.join("xueshi.db").display());
        }
        if !keys_elsewhere {
            settings.keys_dir = folder.join("keys");
        }
        if !log_level_said {
            // The demo's own table is what a newcomer wants to read.
            settings.log_level = log::LevelFilter::Warn;
        }
        (settings.create_keys, settings.migrate) = (true, true);
        Ok(settings)
    }

    /// Whether something is said here or in the settings file.
    fn says(&self, what: impl Fn(&Self) -> bool) -> Result<bool, SettingsError> {
        let in_file = self.config.as_deref().map(Self::read).transpose()?;
        Ok(what(self) || in_file.as_ref().is_some_and(what))
    }

    fn read(path: &Path) -> Result<Self, SettingsError> {
        let fault = |reason: String| SettingsError::File { path: path.to_owned(), reason };
        let text = std::fs::read_to_string(path).map_err(|error| fault(error.to_string()))?;
        // Its own words would quote the line, which may hold a password; the key before the sign says as much.
        toml::from_str(&text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let number = before.matches('\n').count();
            let key = text.lines().nth(number).and_then(|line| line.split_once('=')).map(|(key, _)| key.trim());
            let key = key.map(|key| format!("{key}: ")).unwrap_or_default();
            fault(format!("line {}: {key}{}", number + 1, error.message()))
        })
    }
}

impl Settings {
    /// The keys of personal fields.
    #[must_use]
    pub fn data_keys_file(&self) -> PathBuf {
        self.keys_dir.join("data-keys.json")
    }

    /// Everything that cannot be used, by name, with what is allowed.
    fn faults(&self, batch_limit_is_said: bool) -> Vec<(&'static str, &'static str)> {
        let url = &self.database_url;
        let schemes = ["sqlite://", "postgres://", "postgresql://"];
        let named = schemes.iter().any(|scheme| url.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()));
        let less = self.limits.batch_body_bytes < self.limits.body_bytes;
        let at = &self.public_url;
        let host = ["https://", "http://"].iter().any(|s| at.strip_prefix(s).is_some_and(|rest| !rest.is_empty()));
        let address = host && !at.contains(['?', '#', ' ', '"']);
        [
            (!named, "database_url", "it must be sqlite://FILE or postgres://USER:PASSWORD@HOST/NAME"),
            (self.workers > 1024, "workers", "it must be a whole number from 1 to 1024"),
            (self.token_issuer.is_empty(), "token_issuer", "it must not be empty"),
            (self.token_audience.is_empty(), "token_audience", "it must not be empty"),
            (!address, "public_url", "it must be https://HOST or http://HOST, without query or fragment"),
            (self.audit_retention < LEAST_RETENTION, "audit_retention_days", "it must be at least 184, six months"),
            (less && batch_limit_is_said, "batch_body_limit_bytes", "it must be at least body_limit_bytes"),
            (less && !batch_limit_is_said, "body_limit_bytes", "it must be at most batch_body_limit_bytes"),
        ]
        .into_iter()
        .filter_map(|(wrong, name, reason)| wrong.then_some((name, reason)))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("xueshi-{}.toml", uuid::Uuid::now_v7()));
        std::fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn what_is_given_beats_the_file_and_the_file_beats_the_default() {
        let config = Some(file("workers = 3\nlog_format = \"json\"\n"));
        let given = Given { config, workers: NonZeroUsize::new(7), ..Given::default() };
        let settings = given.resolve().unwrap();
        assert_eq!(settings.workers, 7);
        assert_eq!(settings.log_format, LogFormat::Json);
        assert_eq!(settings.database_url, "sqlite://xueshi.db");
    }

    #[test]
    fn a_bad_file_is_refused_with_the_place_and_the_reason() {
        for (text, said) in [
            ("wokers = 3\n", "wokers"),
            ("\nworkers = 0\n", "line 2"),
            ("listen = \"here\"\n", "listen"),
            ("workers = \n", "line 1"),
        ] {
            let path = file(text);
            let given = Given { config: Some(path.clone()), ..Given::default() };
            let reason = given.resolve().unwrap_err().to_string();
            assert!(reason.contains(said) && reason.contains(&path.display().to_string()), "{reason}");
        }
        let given = Given { config: Some("/no/such/file".into()), ..Given::default() };
        assert!(given.resolve().unwrap_err().to_string().contains("/no/such/file"));
    }

    #[test]
    fn the_audit_trail_is_kept_for_six_months_at_least() {
        let keep = |days| Given { audit_retention_days: Some(days), ..Given::default() }.resolve();
        assert_eq!(keep(184).unwrap().audit_retention, LEAST_RETENTION);
        let reason = keep(183).unwrap_err().to_string();
        assert!(reason.contains("audit_retention_days") && reason.contains("184"), "{reason}");
    }

    #[test]
    fn a_database_of_another_kind_is_refused_without_showing_its_password() {
        let given = Given { database_url: Some("mysql://u:secret@h/d".into()), ..Given::default() };
        let reason = given.resolve().unwrap_err().to_string();
        assert!(reason.contains("database_url") && !reason.contains("secret"), "{reason}");
    }
}
