//! The benchmark: what the service does against what its database could do at best, taken in the same run.
//!
//! `cargo run --release -p load` starts the real service on port 0 with a database of its own, fills that (learners through the
//! store's functions, their first items over HTTP), and measures pushes, standings and memory. Each figure stands beside a limit that was measured on the same
//! database in turn with it, so that ratios hold on a busy machine where absolute figures do not. What the ratios mean and
//! where the time goes: `docs/BENCHMARKS.md`. The run fails where a push took 100 MB of memory or more.

mod bare;
mod bare_postgres;
mod bare_sqlite;
mod database;
mod items;
mod lap;
mod memory;
mod people;
mod push;
mod report;
mod stage;
mod standing;
mod wire;

use clap::{Parser, ValueEnum};
use database::Database;
use report::Row;
use stage::Stage;
use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

/// Anything that ends a benchmark early; its words are for whoever runs it.
type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Where a PostgreSQL server for benchmarks and tests is named.
const SERVER: &str = "XUESHI_TEST_POSTGRES_URL";

/// Measures the service against limits taken in the same run
#[derive(Debug, Parser)]
#[command(name = "load", version)]
struct Options {
    /// `sqlite://FILE` (a new file, left in place) or `postgres://..` (a database made beside it and dropped) [default: a
    /// temporary SQLite file, and the server that XUESHI_TEST_POSTGRES_URL names]
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// How many learners are registered
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(100..=400_000))]
    learners: u32,
    /// How long pushes and standings are measured, each, half of it for the limit
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// How many lines the long push has
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    lines: u32,
    /// A short run on little data, to see that everything works
    #[arg(long)]
    quick: bool,
    /// Only these
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Measure>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Measure {
    /// 500-item batches from four clients
    Push,
    /// One person's standing at eight connections
    Standing,
    /// Peak memory of a long push
    Memory,
}

impl Options {
    fn shortened(mut self) -> Self {
        if self.quick {
            (self.learners, self.seconds, self.lines) = (2_000, 4, 10_000);
        }
        self
    }

    fn wants(&self, measure: Measure) -> bool {
        self.only.is_empty() || self.only.contains(&measure)
    }

    fn addresses(&self) -> Vec<Option<String>> {
        if self.database_url.is_some() {
            return vec![self.database_url.clone()];
        }
        let server = std::env::var(SERVER).ok().filter(|url| !url.is_empty());
        std::iter::once(None).chain(server.map(Some)).collect()
    }
}

fn main() -> ExitCode {
    // The long push wants the service as a process of its own: this program again.
    if std::env::args().nth(1).as_deref() == Some("serve") {
        return xueshi::cli::main();
    }
    let options = Options::parse().shortened();
    for address in options.addresses() {
        if let Err(error) = run(&options, address.as_deref()) {
            let _ = writeln!(io::stderr(), "load: {error}");
            return ExitCode::FAILURE;
        }
    }
    if options.addresses() == [None] {
        say(format_args!("PostgreSQL was not measured: name a server in {SERVER} or by --database-url"));
    }
    ExitCode::SUCCESS
}

fn run(options: &Options, address: Option<&str>) -> Outcome<()> {
    let database = Database::create(address)?;
    say(format_args!("{}: registering {} learners", database.name(), options.learners));
    let stage = Stage::set(database, options.learners)?;
    let time = Duration::from_secs(options.seconds);
    let mut rows: Vec<Row> = Vec::new();
    if options.wants(Measure::Push) {
        say(format_args!("{}: pushing", stage.database.name()));
        rows.extend(push::measure(&stage, time)?);
    }
    if options.wants(Measure::Standing) {
        say(format_args!("{}: asking for standings", stage.database.name()));
        rows.extend(standing::measure(&stage, time)?);
    }
    if options.wants(Measure::Memory) {
        say(format_args!("{}: pushing {} lines", stage.database.name(), options.lines));
        rows.extend(memory::measure(&stage, options.lines)?);
    }
    say(format_args!("{}", report::table(stage.database.name(), options.learners, &rows)));
    match rows.iter().find(|row| row.failed) {
        Some(row) => Err(format!("{}: {} is not below {}", row.what, row.service, row.aim).into()),
        None => Ok(()),
    }
}

fn say(words: std::fmt::Arguments<'_>) {
    // Whoever closed the output does not want to read on.
    let _ = writeln!(io::stdout(), "{words}");
}
