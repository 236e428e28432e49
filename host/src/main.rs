//! The `host` command: parses, dispatches, maps to an exit code.

use std::process::ExitCode;

#[global_allocator]
static HEAP: host::memory::Heap = host::memory::Heap;

fn main() -> ExitCode {
    host::cli::main()
}
