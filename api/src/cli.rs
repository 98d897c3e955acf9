//! The command line: `xueshi serve | openapi | token ...`.

use crate::{
    audit::verify::{self, Tampered},
    auth::{CallerKind, Subject, Tokens, permissions_list},
    clock::Clock,
    demo, logging, openapi,
    policy_check::{self, Situations},
    settings::{BadValue, Given, Settings, SettingsError},
    startup,
};
use clap::{CommandFactory, Parser, Subcommand, error::ContextKind, error::ContextValue};
use domain::{
    access::Named,
    audit::SealMark,
    kernel::{BaseId, EmployerId, PlaceCode},
    registry::PlaceTree,
};
use std::{
    error::Error,
    ffi::OsString,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};
use time::Duration;

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
        settings: Given,
    },
    /// Serve on a database of its own, and print tokens to try it with
    Demo {
        #[command(flatten)]
        settings: Given,
    },
    /// Bring the database's schema up to this program's
    Migrate {
        #[command(flatten)]
        settings: Given,
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
    /// Work on the service's keys
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Print a bearer token for an operator's use
    Token {
        #[command(flatten)]
        settings: Given,
        /// Whom it speaks for
        #[arg(long = "as", value_name = "ROLE")]
        kind: CallerKind,
        /// A learner's or platform's UUID; an official's name
        #[arg(long)]
        id: String,
        /// The place that an officer or a sector authority answers for: one that the program brings along, or that the database of
        /// the settings has
        #[arg(long)]
        place: Option<PlaceCode>,
        /// The employer that an employer_administrator answers for
        #[arg(long, value_name = "UUID")]
        employer: Option<EmployerId>,
        /// The training base that a base_operator answers for
        #[arg(long, value_name = "UUID")]
        base: Option<BaseId>,
        /// The series that a sector authority answers for
        #[arg(long)]
        series: Option<String>,
        /// How many days it holds
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=3660))]
        days: u16,
    },
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Verify that nothing of the trail was changed, removed, inserted or cut off; ends with 3 where something was
    Verify {
        #[command(flatten)]
        settings: Given,
        /// A seal that was kept elsewhere, as `audit seal` printed it: an end that was cut off is found by it alone
        #[arg(long, value_name = "SEAL")]
        against: Option<SealMark>,
    },
    /// Print the latest seal, to keep it elsewhere
    Seal {
        #[command(flatten)]
        settings: Given,
    },
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Make another service key, which signs tokens after a while; those of the others hold until their keys are removed
    Rotate {
        #[command(flatten)]
        settings: Given,
        /// After how many minutes it signs: long enough to bring it to every replica and restart that
        #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(0..=525_600))]
        after_minutes: u32,
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
            let _ = match error.downcast_ref() {
                Some(SettingsError::Values(bad)) => complain(bad, &arguments),
                _ => writeln!(io::stderr(), "xueshi: {error}"),
            };
            // A trail that does not verify is other news than one that could not be read.
            if error.is::<Tampered>() { ExitCode::from(3) } else { ExitCode::FAILURE }
        }
    }
}

/// Every bad setting in a line of its own, with where it was said.
fn complain(bad: &[BadValue], arguments: &[OsString]) -> io::Result<()> {
    let mut out = io::stderr().lock();
    for value in bad {
        let flag = format!("--{}", value.name.replace('_', "-"));
        let said_by = match (&value.file, said_by_environment(&flag, arguments)) {
            (Some(_), _) => String::new(),
            (None, Some(variable)) => format!("environment variable {variable}: "),
            (None, None) => format!("{flag}: "),
        };
        writeln!(out, "xueshi: {said_by}{value}")?;
    }
    Ok(())
}

fn execute(command: Command, arguments: &[OsString]) -> Result<(), Box<dyn Error>> {
    match command {
        Command::Serve { settings } => {
            let settings = started(settings)?;
            startup::serve(&settings, Clock::System)?;
            Ok(())
        }
        Command::Demo { settings } => demo::run(typed_only(settings, arguments)),
        Command::Migrate { settings } => {
            let applied = startup::migrate(&started(settings)?)?;
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
        Command::Keys { command: KeysCommand::Rotate { settings, after_minutes } } => {
            let from = Clock::System.now() + Duration::minutes(after_minutes.into());
            let file = Tokens::add_key(&settings.resolve()?.keys_dir, from)?;
            print(&format!("{}\n", file.display()))
        }
        Command::Token { settings, kind, id, place, employer, base, series, days } => {
            let settings = settings.resolve()?;
            place.as_ref().map(|place| known(place, &settings)).transpose()?;
            if settings.create_keys {
                Tokens::create_key_if_missing(&settings.keys_dir)?;
            }
            let tokens = Tokens::load(&settings.keys_dir, &settings.token_issuer, &settings.token_audience)?;
            let named = Named { place, employer, base, series };
            let subject = Subject { kind, name: id, named };
            let token = tokens.mint(&subject, Clock::System.now(), Duration::days(days.into()))?;
            print(&format!("{token}\n"))
        }
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

/// Refuses a place that nobody can answer for: a token for it would be good for nothing. The database begins with the places that
/// the program brings along and only gains others, so it is asked for those alone; a token may be made where it is out of reach.
fn known(place: &PlaceCode, settings: &Settings) -> Result<(), Box<dyn Error>> {
    let among = |(nodes, codes)| PlaceTree::new(nodes, codes).map(|tree| tree.find(place.as_str()).is_some());
    if among(policies::places::seed()?)? {
        return Ok(());
    }
    let unknown = format!("--place {place}: no place of the administration tree has or had this code");
    match startup::places(settings) {
        Ok(Some(tree)) => {
            if among(tree)? {
                Ok(())
            } else {
                Err(unknown.into())
            }
        }
        Ok(None) => Err(format!("{unknown}; the database of the settings holds none yet").into()),
        Err(error) => Err(format!("{unknown}, as far as the program knows; {error}").into()),
    }
}

fn started(given: Given) -> Result<Settings, Box<dyn Error>> {
    let settings = given.resolve()?;
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
fn typed_only(mut settings: Given, arguments: &[OsString]) -> Given {
    settings.database_url = settings.database_url.filter(|_| is_typed("--database-url", arguments));
    settings.keys_dir = settings.keys_dir.filter(|_| is_typed("--keys-dir", arguments));
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
            (vec!["xueshi", "serve", "--create-keys"], Some(true)),
            (vec!["xueshi", "serve", "--create-keys=false"], Some(false)),
            (vec!["xueshi", "serve"], None),
        ] {
            let Command::Serve { settings } = Cli::try_parse_from(line).unwrap().command else { panic!("serve") };
            assert_eq!(settings.create_keys, wanted);
        }
        assert!(Cli::try_parse_from(["xueshi", "serve", "--workers", "0"]).is_err());
        assert!(Cli::try_parse_from(["xueshi", "serve", "--wokers", "1"]).is_err());
    }
}
