//! The command line: one file a subcommand. Past [`Cli`] nothing reads raw words.

mod args;
mod bench;
mod check;
mod compare;
mod copy;
mod data;
mod doctor;
mod export;
mod help;
mod launch;
mod like;
mod list;
mod onnx;
mod outcome;
mod params;
mod plugin;
mod report;
mod resume;
mod run;
mod runs;
mod serve;
mod stop;
mod sweep;

use std::{
    io::ErrorKind,
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
};

use clap::Parser as _;

pub use args::{
    Cli, Command, DataCommand, OnnxBench, OnnxCommand, OnnxDiff, OnnxGraph, OnnxRun, RunArgs, SweepArgs,
};
use outcome::Outcome;

use crate::{
    error::{Error, Result},
    memory,
    script::stack::on_script_stack,
    terminal::LostOutput,
};

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    prepare_process();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are asked for; everything else is wrong usage, with what was typed in it.
            if !error.use_stderr() {
                let outcome = error.print().or_else(|error| lost(error).map(|_| ()));
                return ended(outcome.map(|()| Outcome::Done)).into();
            }
            err!("{}", error.render().to_string().trim_end());
            return Outcome::Usage.into();
        }
    };
    let outcome = on_script_stack(|| guarded(|| dispatch(&cli.command)));
    ended(outcome.and_then(|outcome| outcome)).into()
}

/// How the command ended; an error is shown.
fn ended(outcome: Result<Outcome>) -> Outcome {
    outcome.unwrap_or_else(|error| {
        err!("error: {error}");
        Outcome::of(&error)
    })
}

fn dispatch(command: &Command) -> Result<Outcome> {
    match command {
        Command::Run(args) => run::run(args),
        Command::Resume(args) => resume::run(args),
        Command::Sweep(args) => sweep::run(args),
        Command::Params { plugin, toml, json } => params::run(plugin, *toml, *json),
        Command::List { examples, json } => list::run(*examples, *json),
        Command::Copy { name } => copy::run(name),
        Command::Help { name, markdown, definitions } => help::run(name, *markdown, *definitions),
        Command::Runs(args) => runs::run(args),
        Command::Report { run } => report::run(run),
        Command::Compare(args) => compare::run(args),
        Command::Serve(args) => serve::run(args),
        Command::Export(args) => export::run(args),
        Command::Check { plugin, json } => check::run(plugin, *json),
        Command::Bench { what } => bench::run(what),
        Command::Onnx(command) => onnx::run(command),
        Command::Data { action, data, json } => data::run(action.as_ref(), data.as_deref(), *json),
        Command::Doctor { onnxruntime, data, json } => {
            doctor::run(onnxruntime.as_deref(), data.as_deref(), *json)
        }
    }
}

/// The result of `call`. A panic becomes an error (its own message is silenced), and so does an output that
/// takes no more.
fn guarded(call: impl FnOnce() -> Result<Outcome>) -> Result<Outcome> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| match panic.downcast::<LostOutput>() {
        Ok(output) => lost(output.0),
        Err(panic) => Err(Error::fault(panic)),
    })
}

/// How a command ends whose output takes no more. Where it was closed its reader has seen enough, and the
/// command is done.
fn lost(error: std::io::Error) -> Result<Outcome> {
    match error.kind() {
        ErrorKind::BrokenPipe => Ok(Outcome::Done),
        _ => Err(Error::io("stdout")(error)),
    }
}

/// Prepares what belongs to the whole process: panic messages, environment, memory.
fn prepare_process() {
    // Panics inside operations become errors with a position; the raw message would only repeat them.
    if std::env::var_os("HOST_BACKTRACE").is_none() {
        std::panic::set_hook(Box::new(|_| {}));
    }
    if std::env::var_os("XDG_RUNTIME_DIR").is_none() {
        // SAFETY: no other thread runs yet. Without it Vulkan's loader complains on every start.
        unsafe { std::env::set_var("XDG_RUNTIME_DIR", std::env::temp_dir()) };
    }
    ops::tensor::set_budget(memory::available() / 10 * 8);
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: sets numbers of the allocator before any thread is started.
    unsafe {
        // Activations are tens of megabytes each. Fetching them from the system and giving them back
        // at every operation costs more than many operations do.
        libc::mallopt(libc::M_MMAP_THRESHOLD, 1 << 30);
        libc::mallopt(libc::M_TRIM_THRESHOLD, 1 << 30);
        // Scripts run on threads of their own, which would get arenas of their own. An arena fetches anything
        // over 64 MB from the system, and returns it at once.
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}

#[cfg(test)]
mod tests {
    use super::{ErrorKind, LostOutput, Outcome, guarded};

    #[test]
    fn a_panic_of_a_command_is_an_error_and_a_closed_output_its_end() {
        let error = guarded(|| panic!("index {}", 7)).unwrap_err();
        assert_eq!(Outcome::of(&error), Outcome::Failed);
        assert!(error.to_string().starts_with("a fault inside the host: index 7\n  help: "), "{error}");
        let lost = |kind: ErrorKind| guarded(|| std::panic::panic_any(LostOutput(kind.into())));
        assert_eq!(lost(ErrorKind::BrokenPipe).unwrap(), Outcome::Done);
        let error = lost(ErrorKind::StorageFull).unwrap_err();
        assert_eq!(Outcome::of(&error), Outcome::Failed);
        assert!(error.to_string().starts_with("stdout: "), "{error}");
    }
}
