//! `host resume`

mod changes;
mod needed;

use std::path::Path;

use clap::Parser as _;

use super::{
    args::{Cli, Command, ResumeArgs, RunArgs},
    launch,
    outcome::Outcome,
    plugin, run, runs, stop,
};
use crate::{
    error::{Error, Result},
    run::{Record, Run, shell_quoted},
    script::settings::Resolved,
    session::{
        Recorder,
        access::{Grants, Resumed},
        changed,
    },
};
use changes::Changes;
use needed::{Given, Word};

/// Goes on with a run, from its last checkpoint. What [`access`](crate::session::access) says about the folders of runs is
/// seen to here.
pub fn run(args: &ResumeArgs) -> Result<Outcome> {
    let folder = runs::find(&args.run)?;
    let record = Run::look(&folder)?;
    let mut began = original(&record)?;
    let given = Given::of(args);
    let missing = needed::words(&record, &began, &folder, &given);
    if missing.iter().any(Word::is_plugin) {
        return Err(needed::refusal(&given, &missing, &folder));
    }
    began.data = args.data.clone();
    began.allow_read = args.allow_read.clone();
    began.control.onnxruntime = args.control.onnxruntime.clone();
    began.control.checkpoint_every = args.control.checkpoint_every;
    began.control.stop_on_nan = args.control.stop_on_nan;
    began.control.quiet = args.control.quiet;
    began.control.max_operations = args.control.max_operations;
    let plugin = run::prepare(&plugin::find(args.plugin.as_ref().unwrap_or(&began.plugin))?, &began)?;
    let session = &plugin.host.session;

    let changes = Changes::since(&record, &plugin.host.scripts, &session.options.data);
    if !changes.is_empty() && !args.changed {
        // What is found nowhere may be in a folder that is still to be given.
        return Err(match missing.is_empty() {
            true => elsewhere(changed(&changes.listed(), &folder), &record),
            false => needed::refusal(&given, &missing, &folder),
        });
    }
    let declared = plugin.declaration.as_ref();
    let resolved = declared.map(|d| Resolved::recorded(d, &record.settings, &record.given, args.changed));
    let resolved = resolved.transpose()?;
    let named = declared.zip(resolved.as_ref()).map(|(d, resolved)| resolved.named(d)).unwrap_or_default();
    let missing = [missing, needed::paths(&record, &named, &session.options, &given)].concat();
    if !missing.is_empty() {
        return Err(needed::refusal(&given, &missing, &folder));
    }

    stop::listen()?;
    let run = Run::open(&folder)?;
    if !changes.is_empty() {
        run.update(|record| {
            changes.note(record);
            record.settings = run::to_json(resolved.as_ref());
        })?;
    }
    if let Some(resolved) = &resolved {
        let command = needed::command(&given, &[], &folder);
        let home = std::env::current_dir().and_then(|here| here.canonicalize()).map_err(Error::io("."))?;
        let grants = Grants { named, resumed: Some(Resumed { home, command }) };
        session.set_settings(resolved.to_map(), grants);
    }
    if !args.control.quiet {
        err!("resumed: {}", run.path().display());
    }
    let mut recorder = Recorder::new(run, &session.options, plugin.host.scripts.clone())?;
    recorder.accepts_changes = args.changed;
    launch::launch(&plugin, recorder, &args.control)
}

/// The error about files, which relative paths lead to others from another folder.
fn elsewhere(error: Error, record: &Record) -> Error {
    match (error, std::env::current_dir()) {
        (Error::Files(files::Error::Usage { problem, help }), Ok(here))
            if here != Path::new(&record.folder) =>
        {
            let began = shell_quoted(&record.folder);
            Error::usage(problem, format!("the run began in {began}, this is {}; {help}", here.display()))
        }
        (error, _) => error,
    }
}

/// The command that goes on with a run, as it has to be typed here.
pub fn command(recorder: &Recorder, session: &crate::session::Session) -> String {
    let (record, folder) = (recorder.run.record(), recorder.run.path());
    let given = Given::default();
    let words = original(&record).map(|began| needed::words(&record, &began, folder, &given));
    let paths = needed::paths(&record, session.named(), &session.options, &given);
    needed::command(&given, &[words.unwrap_or_default(), paths].concat(), folder)
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
