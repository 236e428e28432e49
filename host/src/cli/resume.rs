//! `host resume`

mod changes;
mod command;
mod needed;

use std::path::Path;

use super::{
    args::{DeviceChoice, ResumeArgs},
    launch,
    outcome::Outcome,
    plugin, run, runs, stop,
};
use crate::{
    error::{Error, Result},
    run::{Arguments, Record, Run, shell_quoted},
    script::settings::ResolvedSettings,
    session::{
        Recorder,
        access::{Grants, Resumed},
        changed,
    },
};
use changes::Changes;
use needed::{Given, Word};

/// Goes on with a run, from its last checkpoint. A run's folder is not trusted, as
/// [`access`](crate::session::access) says.
pub fn run(args: &ResumeArgs) -> Result<Outcome> {
    let folder = runs::find(&args.run)?;
    let record = Run::look(&folder)?;
    let began = arguments(&record)?;
    let given = Given::of(args);
    let missing = needed::words(&record, &began, &folder, &given);
    if missing.iter().any(Word::is_plugin) {
        return Err(needed::refusal(&given, &missing, &folder));
    }
    let start = run::Start {
        seed: record.seed,
        device: device(&began)?,
        data: args.data.as_deref(),
        allow_read: &args.allow_read,
        control: &args.control,
    };
    let name = args.plugin.as_deref().unwrap_or(Path::new(&began.plugin));
    let path = plugin::find(name)?;
    let plugin = run::prepare(&path, &start)?;
    let session = &plugin.host.session;

    let changes = Changes::since(&record, &plugin.host.scripts, &session.options.data, &path);
    if !changes.is_empty() && !args.changed {
        // A file that is not found may be in a folder that is still to be given.
        return Err(match missing.is_empty() {
            true => explained(changed(&changes.listed(), &folder), &changes, &record),
            false => needed::refusal(&given, &missing, &folder),
        });
    }
    let declared = plugin.declaration.as_ref();
    let resolved =
        declared.map(|d| ResolvedSettings::recorded(d, &record.settings, &record.given, args.changed));
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

/// An error about files, with a hint where the run began in another folder: relative paths mean other files
/// here; and where a change of settings comes to nothing.
fn explained(error: Error, changes: &Changes, record: &Record) -> Error {
    let Error::Files(files::Error::Usage { problem, mut help }) = error else { return error };
    if changes.has_configs() {
        help.push_str("; the settings of this run stay as run.json has them");
    }
    match std::env::current_dir() {
        Ok(here) if here != Path::new(&record.folder) => {
            let began = shell_quoted(&record.folder);
            Error::usage(problem, format!("the run began in {began}, this is {}; {help}", here.display()))
        }
        _ => Error::usage(problem, help),
    }
}

/// The command that goes on with a run, as it has to be typed here.
pub fn command(recorder: &Recorder, session: &crate::session::Session) -> String {
    let (record, folder) = (recorder.run.record(), recorder.run.path());
    let given = Given::default();
    let words = arguments(&record).map(|began| needed::words(&record, &began, folder, &given));
    let paths = needed::paths(&record, session.named(), &session.options, &given);
    needed::command(&given, &[words.unwrap_or_default(), paths].concat(), folder)
}

/// The arguments that the run was started with; in an older record they are read from the command line.
fn arguments(record: &Record) -> Result<Arguments> {
    match &record.arguments {
        Some(arguments) => Ok(arguments.clone()),
        None => command::arguments(&record.command),
    }
}

fn device(began: &Arguments) -> Result<DeviceChoice> {
    DeviceChoice::named(&began.device).ok_or_else(|| {
        let problem = format!("the record of the run names the device `{}`", began.device);
        Error::usage(problem, "there are cpu, gpu and auto; start a new run with `host run`")
    })
}
