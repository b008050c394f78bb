//! The command line: what can be asked for, and what each command does.

pub mod args;
pub mod enrich;
mod progress;
mod summary;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};

/// All went well.
pub const DONE: u8 = 0;
/// Reading or writing failed.
pub const IO_FAILED: u8 = 1;
/// The arguments or the configuration cannot be used.
pub const BAD_USAGE: u8 = 2;

/// Runs the command that the arguments of this process ask for.
pub fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // clap prints help to standard output and mistakes to standard error
            let code = if error.use_stderr() { BAD_USAGE } else { DONE };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    match args.command {
        Command::Enrich(options) => ExitCode::from(enrich::run(&options)),
    }
}
