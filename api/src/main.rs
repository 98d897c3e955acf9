//! The binary `xueshi`; everything it does is in `cli.rs`.

use std::process::ExitCode;

fn main() -> ExitCode {
    xueshi::cli::main()
}
