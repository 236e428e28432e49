//! The `host` command: parses, dispatches, maps to an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    host::cli::main()
}
