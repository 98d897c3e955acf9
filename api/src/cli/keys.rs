//! `xueshi keys ...`: new keys for old ones, without a gap.

use super::{print, whole_number};
use crate::{
    audit::sealing::by_operator,
    auth::Tokens,
    clock::Clock,
    keys::DataKeys,
    resealing,
    settings::{Said, Settings},
    startup::{StartError, open_existing},
};
use clap::Subcommand;
use domain::audit::Event;
use std::{error::Error, io::Write};
use store::audit::append_event;
use time::Duration;

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Make another service key, which signs tokens after a while; those of the others hold until their keys are removed
    Rotate {
        #[command(flatten)]
        settings: Said,
        /// Make another data key instead, which seals personal fields after a while; the others open what they sealed
        #[arg(long)]
        data: bool,
        /// After how many minutes it signs or seals: long enough to bring it to every replica and restart that
        #[arg(long, default_value_t = 60, value_parser = whole_number::<0, 525_600>)]
        after_minutes: u32,
    },
    /// Seal everything anew by the newest data key: the runner of a process that serves does it
    Reseal {
        #[command(flatten)]
        settings: Said,
    },
    /// Show which data key seals how much, which may be taken out of the file, how far sealing anew has come, and which service key signs
    Status {
        #[command(flatten)]
        settings: Said,
    },
}

impl KeysCommand {
    pub(super) fn run(self) -> Result<(), Box<dyn Error>> {
        let now = Clock::System.now();
        match self {
            Self::Rotate { settings, data, after_minutes } => {
                let (settings, from) = (settings.resolve()?, now + Duration::minutes(after_minutes.into()));
                if data && settings.data_keys.is_some() {
                    return Err("the data keys come from XUESHI_DATA_KEYS: unset it, point --keys-dir to a file that holds them, \
                         add the key to that, and set the variable to what the file then holds"
                        .into());
                }
                if data {
                    let file = settings.data_keys_file();
                    let id = DataKeys::add_key(&file, from, now)?;
                    record(&settings, by_operator("add_data_key", ("data_key", &id), now));
                    warn(after_minutes, "what it seals the others cannot open (500)");
                    return print(&format!("{id} in {}\n", file.display()));
                }
                let path = Tokens::add_key(&settings.keys_dir, from)?;
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                record(&settings, by_operator("add_service_key", ("service_key", &name), now));
                warn(after_minutes, "what it signs the others refuse (401)");
                print(&format!("{}\n", path.display()))
            }
            Self::Reseal { settings } => {
                resealing::order(&settings.resolve()?, now)?;
                print("ordered; `xueshi keys status` says how far it is\n")
            }
            Self::Status { settings } => {
                let settings = settings.resolve()?;
                // Of each kind by itself: whoever asks about the ones should not need the others.
                print(&resealing::status(&settings, now)?)?;
                let tokens = Tokens::load(&settings.keys_dir, &settings.token_issuer, &settings.token_audience)?;
                print(&tokens.keys_said(now))
            }
        }
    }
}

/// Warns of a key that nobody had the time to bring to every replica. Processes read keys when they start, so none that runs knows it.
fn warn(after_minutes: u32, consequence: &str) {
    if after_minutes == 0 {
        let _ = writeln!(
            std::io::stderr(),
            "the key is in use from now on by every process that starts with it: {consequence} until they are restarted with the \
             file too; stop all of them first, or leave time by --after-minutes"
        );
    }
}

/// Records what was done. Keys are files, and a leaked one is followed also while the database is away: then that is said, and the
/// start of a process with the new key is what the trail has of it.
fn record(settings: &Settings, event: Event) {
    let recorded = open_existing(settings)
        .and_then(|store| store.write_blocking(move |db| append_event(db, &event)).map_err(StartError::from));
    if let Err(error) = recorded {
        let _ = writeln!(std::io::stderr(), "not recorded in the audit trail: {error}");
    }
}
