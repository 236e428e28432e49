//! `host resume`

use std::path::{Path, PathBuf};

use clap::Parser as _;

use super::{
    args::{Cli, Command, ResumeArgs, RunArgs},
    launch,
    outcome::Outcome,
    plugin, run, stop,
};
use crate::{
    error::{Error, Result},
    run::{Record, Run},
    script::settings,
    session::Recorder,
};

/// Goes on with a run, from its last checkpoint.
pub fn run(args: &ResumeArgs) -> Result<Outcome> {
    let folder = args.run.canonicalize().map_err(Error::io(&args.run))?;
    let record = Run::look(&folder)?;
    let here = |path: &PathBuf| std::path::absolute(path).map_err(Error::io(path));
    let library = args.control.onnxruntime.as_ref().map(here).transpose()?;
    // Paths of the command that began the run are relative to where it was given.
    std::env::set_current_dir(&record.folder).map_err(Error::io(&record.folder))?;
    let mut command = original(&record)?;
    command.control.onnxruntime = library.or(command.control.onnxruntime);
    command.control.checkpoint_every = args.control.checkpoint_every;
    command.control.quiet = args.control.quiet;
    command.control.max_operations = args.control.max_operations;
    let plugin = run::prepare(&plugin::find(&command.plugin)?, &command)?;
    unchanged(&record)?;
    stop::listen()?;
    let run = Run::open(&folder)?;
    if let Some(declaration) = &plugin.declaration {
        let recorded = settings::Resolved::recorded(declaration, &record.settings)?;
        plugin.host.session.set_settings(recorded.to_map(), &record.named);
    }
    if !args.control.quiet {
        eprintln!("resumed: {}", run.path().display());
    }
    let recorder = Recorder::new(run, &plugin.host.session.options, plugin.host.scripts.clone())?;
    launch::launch(&plugin, recorder, &args.control)
}

/// The command that started the run.
fn original(record: &Record) -> Result<RunArgs> {
    match Cli::try_parse_from(&record.command).map(|cli| cli.command) {
        Ok(Command::Run(args)) => Ok(args),
        _ => Err(Error::usage(
            "the command in run.json is not that of a run",
            "start a new run with `host run`",
        )),
    }
}

/// A run goes on with the scripts that it began with, or not at all.
fn unchanged(record: &Record) -> Result<()> {
    for script in &record.scripts {
        let path = Path::new(&script.path);
        let now = std::fs::read_to_string(path).map_err(Error::io(path))?;
        if now != script.text {
            return Err(Error::usage(
                format!("{} changed since the run began", script.path),
                "put it back (run.json has its text), or start a new run",
            ));
        }
    }
    Ok(())
}
