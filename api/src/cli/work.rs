//! `xueshi work ...`: what the runner could not do, and to have it tried again.

use super::print;
use crate::{audit::sealing::by_operator, clock::Clock, settings::Said, startup::open_existing};
use clap::Subcommand;
use domain::kernel::WorkId;
use std::{error::Error, fmt::Write};
use store::{
    Store, StoreError,
    audit::append_event,
    work::{Work, dead_work, try_again},
};

/// How many pieces are shown at most, and read at a time.
const SHOWN: i64 = 1_000;

#[derive(Debug, Subcommand)]
pub(super) enum WorkCommand {
    /// Show the work that failed too often and waits for a person: its id, what it is, how far it has come, since when, and why
    Dead {
        #[command(flatten)]
        settings: Said,
    },
    /// Let the runners try such work again, from where it was
    Retry {
        #[command(flatten)]
        settings: Said,
        /// Ids, as `work dead` shows them
        #[arg(value_name = "ID", required_unless_present = "all", conflicts_with = "all")]
        ids: Vec<WorkId>,
        /// All that failed too often
        #[arg(long)]
        all: bool,
    },
}

impl WorkCommand {
    pub(super) fn run(self) -> Result<(), Box<dyn Error>> {
        match self {
            Self::Dead { settings } => {
                let dead = dead(&open_existing(&settings.resolve()?)?)?;
                print(&dead.iter().fold(String::new(), |shown, one| shown + &line(one)))
            }
            Self::Retry { settings, all: true, .. } => {
                let store = open_existing(&settings.resolve()?)?;
                // What is tried again is dead no more, so that the next page holds others.
                loop {
                    let ids: Vec<WorkId> = dead(&store)?.iter().map(|one| one.work_id).collect();
                    if ids.is_empty() {
                        return Ok(());
                    }
                    let _ = tried_again(&store, &ids)?;
                }
            }
            Self::Retry { settings, ids, all: false } => {
                let all_were = tried_again(&open_existing(&settings.resolve()?)?, &ids)?;
                if all_were { Ok(()) } else { Err("not all of it was work that failed too often".into()) }
            }
        }
    }
}

/// Has each tried again and says so; whether all of it was work that failed too often.
fn tried_again(store: &Store, ids: &[WorkId]) -> Result<bool, Box<dyn Error>> {
    let (mut report, mut all_were) = (String::new(), true);
    for id in ids {
        let tried = retry(store, *id)?;
        all_were &= tried;
        let told = if tried { "is tried again" } else { "is no work that failed too often" };
        let _ = writeln!(report, "{id} {told}");
    }
    print(&report)?;
    Ok(all_were)
}

fn dead(store: &Store) -> Result<Vec<Work>, StoreError> {
    store.read_blocking(|db| dead_work(db, SHOWN))
}

fn line(one: &Work) -> String {
    let Work { work_id, kind, done, total, updated_at, last_error, .. } = one;
    let of = total.map(|total| format!(" of {total}")).unwrap_or_default();
    format!(
        "{work_id} {kind}: {done}{of} done, failed last at {updated_at}: {}\n",
        last_error.as_deref().unwrap_or("?")
    )
}

/// Has it tried again, and records that.
fn retry(store: &Store, id: WorkId) -> Result<bool, StoreError> {
    let now = Clock::System.now();
    let event = by_operator("retry_work", ("work", &id.to_string()), now);
    store.write_blocking(move |db| {
        let tried = try_again(db, id, now)?;
        if tried {
            append_event(db, &event)?;
        }
        Ok(tried)
    })
}
