//! The service's command line, built beside the tests so that they can start it as a process and kill it.

use std::process::ExitCode;

fn main() -> ExitCode {
    xueshi::cli::main()
}
