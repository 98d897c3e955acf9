//! The settings that there are: each stands here once, and is a flag, a variable and a key of the settings file.

use super::{
    data_keys::KeyText,
    fault::{Fault, Place, shown},
    file::File,
    value::Value,
};
use crate::{logging::LogFormat, production::Mode};
use clap::Args;
use log::LevelFilter;
use std::{
    ffi::{OsStr, OsString},
    fmt,
    net::SocketAddr,
    num::{NonZeroU32, NonZeroUsize},
    path::PathBuf,
};

macro_rules! settings {
    ($($(#[doc = $doc:literal])+ #[arg($($arg:tt)+)] $name:ident: $type:ty,)+) => {
        /// Settings as flags and the environment say them. They are texts until all are read together with those of the file, so
        /// that everything that is wrong is told at once.
        #[derive(Args, Clone, Default)]
        pub struct Said {
            /// Settings file (TOML); its keys are the long flags with `_` for `-`
            #[arg(long, env = "XUESHI_CONFIG", value_name = "FILE")]
            pub config: Option<PathBuf>,
            $($(#[doc = $doc])+ #[arg(long, $($arg)+)] pub $name: Option<OsString>,)+
        }

        /// Settings that were read; whatever is not given is `None`.
        #[derive(Clone, Debug, Default)]
        pub struct Given {
            $($(#[doc = $doc])+ pub $name: Option<$type>,)+
        }

        /// The keys of a settings file.
        pub(super) const KEYS: &[&str] = &[$(stringify!($name)),+];

        impl fmt::Debug for Said {
            /// Nothing of it: what is not read yet may be a password or a key.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct("Said").finish_non_exhaustive()
            }
        }

        impl Said {
            /// What is said here and, where nothing is, in the file; with what is wrong in either.
            pub(super) fn read(&self, file: &File<'_>, faults: &mut Vec<Fault>) -> Given {
                Given { $($name: read(stringify!($name), self.$name.as_deref(), file, faults),)+ }
            }

            /// Whether a flag or the environment says a setting.
            pub(super) fn says(&self, name: &str) -> bool {
                match name {
                    $(stringify!($name) => self.$name.is_some(),)+
                    _ => false,
                }
            }
        }
    };
}

settings! {
    /// What the service is for: development, or production, which refuses to start with what is unsafe [default: development]
    #[arg(env = "XUESHI_MODE", value_name = "MODE")]
    mode: Mode,
    /// Database: `sqlite://FILE` or `postgres://USER:PASSWORD@HOST/NAME` [default: sqlite://xueshi.db]
    #[arg(env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: String,
    /// Address to listen on [default: 127.0.0.1:8080]
    #[arg(env = "XUESHI_LISTEN", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Certificate with its chain (PEM), to speak TLS without a proxy; needs `--tls-key` [default: none]
    #[arg(env = "XUESHI_TLS_CERTIFICATE", value_name = "FILE")]
    tls_certificate: PathBuf,
    /// Private key of the certificate (PEM), readable by its owner only [default: none]
    #[arg(env = "XUESHI_TLS_KEY", value_name = "FILE")]
    tls_key: PathBuf,
    /// HTTP worker threads [default: one a core]
    #[arg(env = "XUESHI_WORKERS", value_name = "N")]
    workers: NonZeroUsize,
    /// Database connections: those that read (SQLite) or all (PostgreSQL) [default: 1 or 4 a core]
    #[arg(env = "XUESHI_DATABASE_CONNECTIONS", value_name = "N")]
    database_connections: NonZeroU32,
    /// How long a request may wait for a database connection before it is answered 503 [default: 3]
    #[arg(env = "XUESHI_DATABASE_WAIT_SECONDS", value_name = "SECONDS")]
    database_wait_seconds: NonZeroU32,
    /// Bring the schema up to this program's at start, as `migrate` does: true or false [default: true on SQLite]
    #[arg(env = "XUESHI_MIGRATE", num_args = 0..=1, default_missing_value = "true", value_name = "YES")]
    migrate: bool,
    /// Folder that holds the service keys and `data-keys.json` [default: xueshi-data/keys]
    #[arg(env = "XUESHI_KEYS_DIR", value_name = "FOLDER")]
    keys_dir: PathBuf,
    /// What `data-keys.json` would hold, instead of that file; by the variable alone, since every process sees a flag [default: none]
    #[arg(env = "XUESHI_DATA_KEYS", hide_env_values = true, value_name = "JSON")]
    data_keys: KeyText,
    /// Make missing keys instead of refusing to start: true or false [default: false]
    #[arg(env = "XUESHI_CREATE_KEYS", num_args = 0..=1, default_missing_value = "true", value_name = "YES")]
    create_keys: bool,
    /// Issuer that tokens must name [default: xueshi]
    #[arg(env = "XUESHI_TOKEN_ISSUER", value_name = "NAME")]
    token_issuer: String,
    /// Audience that tokens must name [default: xueshi-api]
    #[arg(env = "XUESHI_TOKEN_AUDIENCE", value_name = "NAME")]
    token_audience: String,
    /// Where callers reach the service, as they write it [default: http:// and the address listened on]
    #[arg(env = "XUESHI_PUBLIC_URL", value_name = "URL")]
    public_url: String,
    /// Certificates of the authorities that may vouch for addresses of issuers' keys (PEM) [default: those of the system]
    #[arg(env = "XUESHI_JWKS_CA_FILE", value_name = "FILE")]
    jwks_ca_file: PathBuf,
    /// Hosts from which keys of issuers may be fetched though their addresses are not public, with commas between [default: none]
    #[arg(env = "XUESHI_JWKS_ALLOW_PRIVATE_HOSTS", value_name = "HOSTS")]
    jwks_allow_private_hosts: String,
    /// How often keys of issuers are fetched where they have an address, at most 1440 [default: 10]
    #[arg(env = "XUESHI_JWKS_REFRESH_MINUTES", value_name = "MINUTES")]
    jwks_refresh_minutes: NonZeroU32,
    /// How long keys that were fetched are trusted when they cannot be fetched again, at most 8760 [default: 24]
    #[arg(env = "XUESHI_JWKS_TRUSTED_HOURS", value_name = "HOURS")]
    jwks_trusted_hours: NonZeroU32,
    /// Form of log lines: text or json [default: text]
    #[arg(env = "XUESHI_LOG_FORMAT", value_name = "FORM")]
    log_format: LogFormat,
    /// What is logged: off, error, warn, info, debug or trace [default: info; of the demo: warn]
    #[arg(env = "XUESHI_LOG_LEVEL", value_name = "LEVEL")]
    log_level: LevelFilter,
    /// How long requests in flight may take to finish when the service stops [default: 30]
    #[arg(env = "XUESHI_SHUTDOWN_TIMEOUT_SECONDS", value_name = "SECONDS")]
    shutdown_timeout_seconds: u32,
    /// Longest ordinary body [default: 1048576]
    #[arg(env = "XUESHI_BODY_LIMIT_BYTES", value_name = "BYTES")]
    body_limit_bytes: NonZeroUsize,
    /// Longest body that carries up to a thousand items [default: 8388608]
    #[arg(env = "XUESHI_BATCH_BODY_LIMIT_BYTES", value_name = "BYTES")]
    batch_body_limit_bytes: NonZeroUsize,
    /// How much one caller may ask of this process a minute, an ordinary read being 1 and a write 2; 0: anything [default: 12000]
    #[arg(env = "XUESHI_REQUESTS_A_MINUTE", value_name = "N")]
    requests_a_minute: u32,
    /// How many pushes are decided at once [default: 4 a core; PostgreSQL: at most 3 of 4 connections]
    #[arg(env = "XUESHI_PUSHES_AT_WORK", value_name = "N")]
    pushes_at_work: NonZeroUsize,
    /// How many pushes of one platform may be under way besides, arriving or waiting for their turn [default: 32]
    #[arg(env = "XUESHI_PUSHES_WAITING", value_name = "N")]
    pushes_waiting: NonZeroUsize,
    /// Whether this process also runs the work that outlives requests: true or false [default: true]
    #[arg(env = "XUESHI_RUN_WORKER", num_args = 0..=1, default_missing_value = "true", value_name = "YES")]
    run_worker: bool,
    /// How many days events of the audit trail are kept, from 184 to 36500 [default: 1095]
    #[arg(env = "XUESHI_AUDIT_RETENTION_DAYS", value_name = "DAYS")]
    audit_retention_days: u32,
    /// How many days it is kept who looked at whose file, from 184 to 36500 [default: 1095]
    #[arg(env = "XUESHI_ACCESS_RETENTION_DAYS", value_name = "DAYS")]
    access_retention_days: u32,
    /// How many hours answers are kept for repeats of their requests, from 24 to 168 [default: 24]
    #[arg(env = "XUESHI_REPEATS_RETENTION_HOURS", value_name = "HOURS")]
    repeats_retention_hours: u32,
    /// How many days an item may wait for a person, a course, another item or a rule before it ends, a month after that was said; at most 36500 [default: 730]
    #[arg(env = "XUESHI_HELD_RETENTION_DAYS", value_name = "DAYS")]
    held_retention_days: NonZeroU32,
    /// How many days changes are kept for those who follow them, at most 36500 [default: 90]
    #[arg(env = "XUESHI_CHANGES_RETENTION_DAYS", value_name = "DAYS")]
    changes_retention_days: NonZeroU32,
    /// How often a day one caller may be shown someone's full name and document [default: 50]
    #[arg(env = "XUESHI_UNMASKINGS_A_DAY", value_name = "N")]
    unmaskings_a_day: u32,
    /// How many document numbers of nobody they see one caller may ask about a day, of one process; 0 for any number [default: 1000]
    #[arg(env = "XUESHI_UNKNOWN_DOCUMENTS_A_DAY", value_name = "N")]
    unknown_documents_a_day: u32,
    /// How often one caller may search learners by name a day, of one process; 0 for any number [default: 500]
    #[arg(env = "XUESHI_NAME_SEARCHES_A_DAY", value_name = "N")]
    name_searches_a_day: u32,
    /// Folder of the demo's database and keys [default: xueshi-data/demo]
    #[arg(env = "XUESHI_DEMO_DIR", value_name = "FOLDER")]
    demo_dir: PathBuf,
}

fn read<T: Value>(name: &str, said: Option<&OsStr>, file: &File<'_>, faults: &mut Vec<Fault>) -> Option<T> {
    let here = said.and_then(|text| {
        let value = T::of(text);
        if value.is_none() {
            faults.push(Fault::instead_of(name, Place::CommandLine, &shown(text), T::EXPECTED));
        }
        value
    });
    let in_file = file.value(name, faults);
    here.or(in_file)
}
