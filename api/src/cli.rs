//! The command line: `xueshi serve | openapi | token ...`.

mod keys;
mod token;
mod work;

use crate::{
    audit::verify::{self, Tampered},
    auth::permissions_list,
    clock::Clock,
    demo,
    hour_ledger::verify::{self as ledger, Broken},
    logging, openapi,
    policy_check::{self, Situations},
    settings::{Fault, Place, Said, Settings, SettingsError},
    startup,
};
use clap::{CommandFactory, Parser, Subcommand, error::ContextKind, error::ContextValue};
use domain::audit::SealMark;
use keys::KeysCommand;
use std::{
    error::Error,
    ffi::OsString,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};
use token::Order;
use work::WorkCommand;

/// 学时 Xueshi: continuing education hours of professional technical personnel
#[derive(Debug, Parser)]
#[command(name = "xueshi", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the HTTP interface until told to stop
    Serve {
        #[command(flatten)]
        settings: Said,
    },
    /// Serve on a database of its own, and print tokens to try it with
    Demo {
        #[command(flatten)]
        settings: Said,
    },
    /// Bring the database's schema up to this program's
    Migrate {
        #[command(flatten)]
        settings: Said,
    },
    /// Print the OpenAPI document
    Openapi {
        /// Print one line an operation instead: id, method, path, callers
        #[arg(long)]
        operations: bool,
        /// Print one line an operation and kind of caller instead: what becomes of their own and of another's
        #[arg(long, conflicts_with = "operations")]
        permissions: bool,
    },
    /// Work on rule files
    Policy {
        #[command(subcommand)]
        command: PolicyCommand,
    },
    /// Look after the audit trail
    Audit {
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Look after the hour ledger
    Ledger {
        #[command(subcommand)]
        command: LedgerCommand,
    },
    /// Work on the service's keys
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Look after the work that outlives requests
    Work {
        #[command(subcommand)]
        command: WorkCommand,
    },
    /// Print a bearer token for an operator's use
    Token {
        #[command(flatten)]
        order: Order,
    },
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Verify that nothing of the trail was changed, removed, inserted or cut off; ends with 3 where something was
    Verify {
        #[command(flatten)]
        settings: Said,
        /// A seal that was kept elsewhere, as `audit seal` printed it: an end that was cut off is found by it alone
        #[arg(long, value_name = "SEAL")]
        against: Option<SealMark>,
    },
    /// Print the latest seal, to keep it elsewhere
    Seal {
        #[command(flatten)]
        settings: Said,
    },
}

#[derive(Debug, Subcommand)]
enum LedgerCommand {
    /// Verify that the lines hold together, with one another and with what they rest on; ends with 3 where they do not
    Verify {
        #[command(flatten)]
        settings: Said,
    },
}

#[derive(Debug, Subcommand)]
enum PolicyCommand {
    /// Check rule files with the situations beside them
    Check {
        /// Rule files (TOML)
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Let files without situations pass, whose form alone can be checked
        #[arg(long)]
        without_situations: bool,
    },
}

/// Runs the command line of this process; the whole of `main`.
#[must_use]
pub fn main() -> ExitCode {
    run(std::env::args_os())
}

/// Runs a command line.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return refuse(&error, &arguments),
    };
    match execute(cli.command, &arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let faults = match error.downcast_ref() {
                Some(SettingsError::Faults(faults)) => faults.as_slice(),
                _ => &[],
            };
            let _ = match faults {
                [] => writeln!(io::stderr(), "xueshi: {error}"),
                faults => complain(faults, &arguments),
            };
            // A trail or a ledger that does not verify is other news than one that could not be read.
            if error.is::<Tampered>() || error.is::<Broken>() { ExitCode::from(3) } else { ExitCode::FAILURE }
        }
    }
}

/// Every fault of the settings in a line of its own, with where it was said.
fn complain(faults: &[Fault], arguments: &[OsString]) -> io::Result<()> {
    let mut out = io::stderr().lock();
    for fault in faults {
        let flag = format!("--{}", fault.name.replace('_', "-"));
        let said_by = match (&fault.place, said_by_environment(&flag, arguments)) {
            (Place::File { .. }, _) => String::new(),
            (Place::CommandLine, Some(variable)) => format!("environment variable {variable}: "),
            (Place::CommandLine, None) => format!("{flag}: "),
        };
        writeln!(out, "xueshi: {said_by}{fault}")?;
    }
    Ok(())
}

fn execute(command: Command, arguments: &[OsString]) -> Result<(), Box<dyn Error>> {
    match command {
        Command::Serve { settings } => {
            let settings = started(&settings)?;
            startup::serve(&settings, Clock::System)?;
            Ok(())
        }
        Command::Demo { settings } => demo::run(&typed_only(settings, arguments)),
        Command::Migrate { settings } => {
            let applied = startup::migrate(&started(&settings)?)?;
            print(&applied.iter().map(|version| format!("{version}\n")).collect::<String>())
        }
        Command::Openapi { operations: true, .. } => print(&openapi::operations_list()),
        Command::Openapi { permissions: true, .. } => print(&permissions_list()),
        Command::Openapi { .. } => print(&openapi::document_json()?),
        Command::Policy { command: PolicyCommand::Check { files, without_situations } } => {
            let situations = if without_situations { Situations::NotNeeded } else { Situations::Needed };
            let mut report = String::new();
            let clean = policy_check::run(&files, situations, &mut report);
            print(&report)?;
            if clean { Ok(()) } else { Err("not every rule file is clean".into()) }
        }
        Command::Audit { command } => audited(command),
        Command::Ledger { command: LedgerCommand::Verify { settings } } => {
            let (report, holds) = ledger::verify(&settings.resolve()?)?;
            print(&report)?;
            if holds { Ok(()) } else { Err(Broken.into()) }
        }
        Command::Keys { command } => command.run(),
        Command::Work { command } => command.run(),
        Command::Token { order } => order.fill(),
    }
}

fn audited(command: AuditCommand) -> Result<(), Box<dyn Error>> {
    match command {
        AuditCommand::Verify { settings, against } => {
            let (report, clean) = verify::verify(&settings.resolve()?, against)?;
            print(&report)?;
            if clean { Ok(()) } else { Err(Tampered.into()) }
        }
        AuditCommand::Seal { settings } => print(&format!("{}\n", verify::last_mark(&settings.resolve()?)?)),
    }
}

/// Reads a number of a flag; one that is none, or out of its bounds, is refused with what is allowed.
fn whole_number<const LEAST: u32, const MOST: u32>(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| (LEAST..=MOST).contains(number));
    number.ok_or_else(|| format!("expected a whole number from {LEAST} to {MOST}"))
}

fn started(said: &Said) -> Result<Settings, Box<dyn Error>> {
    let settings = said.resolve()?;
    logging::start(settings.log_format, settings.log_level);
    Ok(settings)
}

/// A closed pipe on the other side (`xueshi openapi | head`) is not a failure.
fn print(text: &str) -> Result<(), Box<dyn Error>> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// clap names the flag even where the environment said the bad value; say so.
fn refuse(error: &clap::Error, arguments: &[OsString]) -> ExitCode {
    let _ = error.print();
    if let Some(ContextValue::String(shown)) = error.get(ContextKind::InvalidArg) {
        let flag = shown.split([' ', '[', '=']).next().unwrap_or_default();
        if let Some(variable) = said_by_environment(flag, arguments) {
            let _ = writeln!(io::stderr(), "the value was given by the environment variable {variable}");
        }
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// The demo's settings: which database and keys the environment names is for `serve`, and no place for invented people.
fn typed_only(mut settings: Said, arguments: &[OsString]) -> Said {
    settings.database_url = settings.database_url.filter(|_| is_typed("--database-url", arguments));
    settings.keys_dir = settings.keys_dir.filter(|_| is_typed("--keys-dir", arguments));
    settings.data_keys = settings.data_keys.filter(|_| is_typed("--data-keys", arguments));
    settings
}

fn is_typed(flag: &str, arguments: &[OsString]) -> bool {
    arguments.iter().filter_map(|a| a.to_str()).any(|a| a == flag || a.starts_with(&format!("{flag}=")))
}

/// The environment variable that gave the value of a flag, if no argument did.
fn said_by_environment(flag: &str, arguments: &[OsString]) -> Option<String> {
    variable_of(flag).filter(|name| !is_typed(flag, arguments) && std::env::var_os(name).is_some())
}

fn variable_of(flag: &str) -> Option<String> {
    let wanted = flag.strip_prefix("--")?;
    let command = Cli::command();
    let serve = command.find_subcommand("serve")?;
    let argument = serve.get_arguments().find(|argument| argument.get_long() == Some(wanted))?;
    argument.get_env().and_then(|name| name.to_str()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
        assert_eq!(variable_of("--workers").as_deref(), Some("XUESHI_WORKERS"));
    }

    #[test]
    fn a_flag_may_stand_alone_or_with_its_value() {
        for (line, wanted) in [
            (vec!["xueshi", "serve", "--create-keys"], Some("true")),
            (vec!["xueshi", "serve", "--create-keys=false"], Some("false")),
            (vec!["xueshi", "serve"], None),
        ] {
            let Command::Serve { settings } = Cli::try_parse_from(line).unwrap().command else { panic!("serve") };
            assert_eq!(settings.create_keys, wanted.map(Into::into));
        }
        assert!(Cli::try_parse_from(["xueshi", "serve", "--wokers", "1"]).is_err());
    }
}
