//! `xueshi keys ...`: new keys for old ones, without a gap.

use super::{print, whole_number};
use crate::{auth::Tokens, clock::Clock, keys::DataKeys, resealing, settings::Said};
use clap::Subcommand;
use std::error::Error;
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
    /// Show which data key seals how much, which may be taken out of the file, and how far sealing anew has come
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
                if data {
                    let file = settings.data_keys_file();
                    let id = DataKeys::add_key(&file, from, now)?;
                    return print(&format!("{id} in {}\n", file.display()));
                }
                print(&format!("{}\n", Tokens::add_key(&settings.keys_dir, from)?.display()))
            }
            Self::Reseal { settings } => {
                resealing::order(&settings.resolve()?, now)?;
                print("ordered; `xueshi keys status` says how far it is\n")
            }
            Self::Status { settings } => print(&resealing::status(&settings.resolve()?, now)?),
        }
    }
}
