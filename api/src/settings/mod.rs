//! Settings: a flag beats the environment, the environment beats the file, the file beats the default.
//!
//! What is wrong is refused at start with the reason and with where it was said; nothing is guessed.

mod fault;
mod file;
mod given;
mod value;

pub use fault::{Fault, Place, SettingsError};
pub use given::{Given, Said};

use crate::{
    logging::LogFormat,
    state::{Limits, Width},
};
use domain::audit::LEAST_RETENTION;
use fault::HIDDEN;
use file::{File, text_of};
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
    /// Whether that was said by anyone.
    pub log_level_is_said: bool,
    /// How long a graceful stop may take.
    pub shutdown_timeout: Duration,
    /// How long the head of a request may take to come in. No setting of operators; tests shorten it.
    pub head_time: Duration,
    /// Limits of bodies.
    pub limits: Limits,
    /// What one caller may ask of this process a minute; anything where it is 0.
    pub requests_a_minute: u32,
    /// The lane of pushes.
    pub pushes: Width,
    /// Whether this process runs the work that outlives requests.
    pub run_worker: bool,
    /// How often a day one caller may be shown someone's full name and document.
    pub unmaskings_a_day: i64,
    /// How long events of the audit trail are kept.
    pub audit_retention: time::Duration,
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
        let (settings, unfit) = self.read(&file, &mut faults).settle();
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
        (settings.create_keys, settings.migrate) = (true, true);
        Ok(settings)
    }
}

/// A setting that was read and cannot be used.
struct Unfit {
    /// It, and another one on which it depends, if one does.
    names: &'static [&'static str],
    found: String,
    expected: &'static str,
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
        let settings = Settings {
            database_url,
            listen,
            workers: all.workers.map_or(cores, NonZeroUsize::get),
            database_connections,
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
            log_level_is_said: all.log_level.is_some(),
            log_level: all.log_level.unwrap_or(LevelFilter::Info),
            shutdown_timeout: Duration::from_secs(all.shutdown_timeout_seconds.unwrap_or(30).into()),
            head_time: HEAD_TIME,
            limits: Limits {
                body_bytes: all.body_limit_bytes.map_or(1 << 20, NonZeroUsize::get),
                batch_body_bytes: all.batch_body_limit_bytes.map_or(8 << 20, NonZeroUsize::get),
            },
            requests_a_minute: all.requests_a_minute.unwrap_or(12_000),
            pushes: Width {
                at_work: all.pushes_at_work.map_or(at_once, NonZeroUsize::get),
                waiting: all.pushes_waiting.map_or(32, NonZeroUsize::get),
            },
            run_worker: all.run_worker.unwrap_or(true),
            unmaskings_a_day: all.unmaskings_a_day.unwrap_or(50).into(),
            audit_retention: time::Duration::days(all.audit_retention_days.unwrap_or(1095).into()),
            demo_dir: all.demo_dir.unwrap_or_else(|| "xueshi-data/demo".into()),
        };
        let unfit = settings.unfit(batch_limit_is_said);
        (settings, unfit)
    }
}

impl Settings {
    /// The keys of personal fields.
    #[must_use]
    pub fn data_keys_file(&self) -> PathBuf {
        self.keys_dir.join("data-keys.json")
    }

    /// What was read and cannot be used all the same. A URL is not shown: it may hold a password.
    fn unfit(&self, batch_limit_is_said: bool) -> Vec<Unfit> {
        let url = &self.database_url;
        let schemes = ["sqlite://", "postgres://", "postgresql://"];
        let named = schemes.iter().any(|scheme| url.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()));
        let (longest, batch) = (self.limits.body_bytes, self.limits.batch_body_bytes);
        let at = &self.public_url;
        let host = ["https://", "http://"].iter().any(|s| at.strip_prefix(s).is_some_and(|rest| !rest.is_empty()));
        let address = host && !at.contains(['?', '#', ' ', '"']);
        let days = self.audit_retention.whole_days();
        let told: [(bool, &'static [&'static str], String, &'static str); 8] = [
            (!named, &["database_url"], url_found(url), "sqlite://FILE or postgres://USER:PASSWORD@HOST/NAME"),
            (self.workers > 1024, &["workers"], self.workers.to_string(), "a whole number from 1 to 1024"),
            (self.token_issuer.is_empty(), &["token_issuer"], NOTHING.into(), "a name"),
            (self.token_audience.is_empty(), &["token_audience"], NOTHING.into(), "a name"),
            (!address, &["public_url"], url_found(at), "https://HOST or http://HOST, without query or fragment"),
            (
                self.audit_retention < LEAST_RETENTION,
                &["audit_retention_days"],
                days.to_string(),
                "184 or more, six months",
            ),
            (batch < longest && batch_limit_is_said, &[BATCH, BODY], batch.to_string(), "body_limit_bytes or more"),
            (
                batch < longest && !batch_limit_is_said,
                &[BODY, BATCH],
                longest.to_string(),
                "batch_body_limit_bytes or less",
            ),
        ];
        let unfit = told.into_iter().filter(|(wrong, ..)| *wrong);
        unfit.map(|(_, names, found, expected)| Unfit { names, found, expected }).collect()
    }
}

/// How long the head of a request may take to come in, by default: a few packets, on the worst of lines.
const HEAD_TIME: Duration = Duration::from_secs(10);

const BODY: &str = "body_limit_bytes";
const BATCH: &str = "batch_body_limit_bytes";
const NOTHING: &str = "nothing";

fn url_found(url: &str) -> String {
    if url.is_empty() { NOTHING.to_owned() } else { HIDDEN.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("xueshi-{}.toml", uuid::Uuid::now_v7()));
        std::fs::write(&path, text).unwrap();
        path
    }

    fn faults(said: &Said) -> Vec<String> {
        said.resolve().unwrap_err().to_string().lines().map(str::to_owned).collect()
    }

    #[test]
    fn what_is_given_beats_the_file_and_the_file_beats_the_default() {
        let config = Some(file("workers = 3\nlog_format = \"json\"\nrun_worker = false\nkeys_dir = \"k\"\n"));
        let settings = Said { config, workers: Some("7".into()), ..Said::default() }.resolve().unwrap();
        assert_eq!((settings.workers, settings.log_format, settings.run_worker), (7, LogFormat::Json, false));
        assert_eq!(settings.keys_dir, Path::new("k"));
        assert_eq!(settings.database_url, "sqlite://xueshi.db");
    }

    #[test]
    fn everything_wrong_is_told_at_once_with_its_place_and_what_is_allowed() {
        let text = "wokers = 3\n  workers = 0\nlisten = \"here\"\nmigrate = \"yes\"\ncolour = 1\n\
                    database_url = [\"geheim\"]\nlog_format = \"xml\"\naudit_retention_days = 183\nlog_level = \"a://b:geheim@c\"\n";
        let path = file(text);
        let run_worker = Some("maybe".into());
        let told = faults(&Said { config: Some(path.clone()), run_worker, ..Said::default() });
        let at =
            |line: usize, column: usize| format!("settings file {}, line {line}, column {column}: ", path.display());
        let mut wanted = [
            at(1, 1) + "wokers: no setting has this name; did you mean workers?",
            at(2, 13) + "workers: found the number 0, expected a whole number above 0",
            at(3, 10) + "listen: found \"here\", expected an address with its port, such as 127.0.0.1:8080",
            at(4, 11) + "migrate: found the text \"yes\", expected true or false",
            at(5, 1) + "colour: no setting has this name; `xueshi serve --help` lists them",
            at(6, 16) + "database_url: found a list, expected a text",
            at(7, 14) + "log_format: found \"xml\", expected text or json",
            at(8, 24) + "audit_retention_days: found 183, expected 184 or more, six months",
            at(9, 13)
                + "log_level: found a value that is not shown, as it may hold a password, expected off, error, warn, info, debug or \
                   trace",
            "run_worker: found \"maybe\", expected true or false".to_owned(),
        ];
        let mut told: Vec<_> = told;
        told.sort();
        wanted.sort();
        assert_eq!(told, wanted);
    }

    #[test]
    fn a_file_that_is_no_toml_or_no_file_says_so_beside_what_else_is_wrong() {
        let path = file("workers = \ndatabase_url = \"postgres://li:geheim@h/x\n\nlisten = \"127.0.0.1:0\"\n");
        let told = faults(&Said { config: Some(path.clone()), workers: Some("none".into()), ..Said::default() });
        let at = |line: usize, name: &str| {
            let starts = format!("settings file {}, line {line}, column ", path.display());
            told.iter().any(|fault| fault.starts_with(&starts) && fault.contains(&format!(": {name}: no valid TOML: ")))
        };
        assert!(at(1, "workers") && at(2, "database_url"), "{told:#?}");
        assert!(told.contains(&"workers: found \"none\", expected a whole number above 0".to_owned()), "{told:#?}");
        assert!(!told.concat().contains("geheim"), "{told:#?}");
        for (path, what) in [("/no/such/file", "there is no such file"), ("/", "it is a folder, expected a file")] {
            let told = faults(&Said { config: Some(path.into()), ..Said::default() });
            assert_eq!(told, [format!("settings file {path}: {what}")]);
        }
    }

    #[test]
    fn no_setting_takes_an_empty_text() {
        for key in given::KEYS {
            let told = faults(&Said { config: Some(file(&format!("{key} = \"\"\n"))), ..Said::default() });
            assert!(told.len() == 1 && told[0].contains(&format!(": {key}: found ")), "{key}: {told:?}");
        }
        // What a demo with an empty folder would fill is the database of `serve`.
        let nowhere = Said { demo_dir: Some("".into()), ..Said::default() };
        assert_eq!(nowhere.resolve_demo().unwrap_err().to_string(), "demo_dir: found \"\", expected a path, as a text");
    }

    #[test]
    fn a_limit_that_could_not_be_read_is_not_compared_with_the_other() {
        let limits = |body: &str, batch: Option<&str>| {
            let (body, batch) = (Some(body.into()), batch.map(Into::into));
            faults(&Said { body_limit_bytes: body, batch_body_limit_bytes: batch, ..Said::default() })
        };
        assert_eq!(
            limits("9000000", None),
            ["body_limit_bytes: found 9000000, expected batch_body_limit_bytes or less"]
        );
        assert_eq!(
            limits("9000000", Some("x")),
            ["batch_body_limit_bytes: found \"x\", expected a whole number above 0"]
        );
    }

    #[test]
    fn the_audit_trail_is_kept_for_six_months_at_least() {
        let keep = |days| Given { audit_retention_days: Some(days), ..Given::default() }.resolve();
        assert_eq!(keep(184).unwrap().audit_retention, LEAST_RETENTION);
        let reason = keep(183).unwrap_err().to_string();
        assert!(reason.contains("audit_retention_days") && reason.contains("184"), "{reason}");
    }

    #[test]
    fn pushes_leave_one_connection_in_four_to_readers() {
        let at_work = |connections| {
            let given = Given {
                database_url: Some("postgres://h/d".into()),
                database_connections: NonZeroU32::new(connections),
                ..Given::default()
            };
            given.resolve().unwrap().pushes.at_work
        };
        assert_eq!([at_work(1), at_work(2), at_work(3), at_work(4)], [1, 1, 2, 3]);
    }

    #[test]
    fn a_database_of_another_kind_is_refused_without_showing_its_password() {
        let given = Given { database_url: Some("mysql://u:secret@h/d".into()), ..Given::default() };
        let reason = given.resolve().unwrap_err().to_string();
        assert!(reason.contains("database_url") && !reason.contains("secret"), "{reason}");
    }
}
