//! `host resume`

mod changes;
mod command;
mod needed;
mod recorded;

use std::path::{Path, PathBuf};

use super::{
    args::{DeviceChoice, ResumeArgs},
    launch,
    outcome::Outcome,
    plugin::{self, Plugin},
    run, stop,
};
use crate::{
    error::{Error, Result},
    run::{Arguments, Record, Run, SettingChange, shell_quoted},
    script::settings::{NamedPath, ResolvedSettings},
    session::{
        Recorder,
        access::{Grants, Resumed},
        changed,
    },
    study::named,
};
use changes::Changes;
pub use changes::located;
pub use needed::is_found;
use needed::{Given, Word};

/// Goes on with a run, from its last checkpoint. A run's folder is not trusted, as
/// [`access`](crate::session::access) says.
pub fn run(args: &ResumeArgs) -> Result<Outcome> {
    let folder = named::find(&args.run)?;
    let record = Run::look(&folder, !args.settings.is_empty())?;
    let resumption = Resumption { args, given: Given::of(args), folder, record };
    let (plugin, missing) = resumption.open()?;
    let changes = resumption.changes(&plugin, &missing)?;
    let (settings, named) = resumption.settings(&plugin, missing)?;
    stop::listen(launch::say(&plugin.host.session))?;
    let run = resumption.take(&changes, settings.as_ref())?;
    resumption.grant(&plugin, settings.as_ref(), named)?;
    launch::name(&run);
    let mut recorder = Recorder::new(run, &plugin.host.session.options, plugin.host.scripts.clone())?;
    recorder.accepts_changes = args.changed;
    let outcome = launch::launch(&plugin, recorder, &args.control)?;
    if outcome == Outcome::Done {
        resumption.warn_of_nothing(&plugin);
    }
    Ok(outcome)
}

/// A run that is about to go on.
struct Resumption<'a> {
    args: &'a ResumeArgs,
    given: Given<'a>,
    folder: PathBuf,
    record: Record,
}

impl Resumption<'_> {
    /// The plugin, and the options that are missing. Errors: its own is one of them.
    fn open(&self) -> Result<(Plugin, Vec<Word>)> {
        let began = arguments(&self.record)?;
        let missing = needed::words(&self.record, &began, &self.folder, &self.given);
        if missing.iter().any(Word::is_plugin) {
            return Err(self.refusal(&missing));
        }
        let start = run::Start {
            seed: self.record.seed,
            device: device(&began)?,
            exact: began.exact,
            data: self.args.data.as_deref(),
            allow_read: &self.args.allow_read,
            control: &self.args.control,
        };
        Ok((run::prepare(&self.plugin_path(&began)?, &start)?, missing))
    }

    fn plugin_path(&self, began: &Arguments) -> Result<PathBuf> {
        match self.args.recorded {
            true => recorded::write(&self.record, &self.folder),
            false => plugin::find(self.args.plugin.as_deref().unwrap_or(Path::new(&began.plugin))),
        }
    }

    /// What changed since the run was stopped. Errors: that was not accepted.
    fn changes(&self, plugin: &Plugin, missing: &[Word]) -> Result<Changes> {
        let (scripts, data) = (&plugin.host.scripts, &plugin.host.session.options.data);
        let path = self.plugin_path(&arguments(&self.record)?)?;
        let changes = Changes::since(&self.record, scripts, data, &path);
        if let Some(diff) = changes.diff(scripts) {
            err!("{diff}");
        }
        if changes.is_empty() || self.args.changed {
            return Ok(changes);
        }
        // A file that is not found may be in a folder that is still to be given.
        Err(match missing.is_empty() {
            true => explained(changed(&changes.listed(), &self.folder), &changes, &self.record),
            false => self.refusal(missing),
        })
    }

    /// The settings in the record, and what they name. Errors: options are missing for that, or from before.
    fn settings(
        &self,
        plugin: &Plugin,
        missing: Vec<Word>,
    ) -> Result<(Option<ResolvedSettings>, Vec<NamedPath>)> {
        let (declared, record) = (plugin.declaration.as_ref(), &self.record);
        let recorded = |d| ResolvedSettings::recorded(d, &record.settings, &record.given, self.args.changed);
        let changed = |d| recorded(d)?.with(d, &self.args.settings);
        let settings = declared.map(changed).transpose()?;
        if settings.is_none() {
            run::refuse_undeclared(&self.args.settings)?;
        }
        let named = declared.zip(settings.as_ref()).map(|(d, settings)| settings.named(d));
        let named = named.unwrap_or_default();
        let paths = needed::paths(record, &named, &plugin.host.session.options, &self.given);
        match [missing, paths].concat() {
            missing if missing.is_empty() => Ok((settings, named)),
            missing => Err(self.refusal(&missing)),
        }
    }

    /// Takes the run's folder, and notes the changes in its record.
    fn take(&self, changes: &Changes, settings: Option<&ResolvedSettings>) -> Result<Run> {
        let run = Run::open(&self.folder, !self.args.settings.is_empty())?;
        if !changes.is_empty() || !self.args.settings.is_empty() {
            run.update(|record| {
                changes.note(record);
                note_settings(record, settings);
            })?;
        }
        Ok(run)
    }

    /// Says so where another setting changed nothing, since all loops were done already.
    fn warn_of_nothing(&self, plugin: &Plugin) {
        let recorder = plugin.host.session.recorder();
        let has_advanced = recorder.is_none_or(|recorder| recorder.loops().has_advanced());
        if self.args.settings.is_empty() || has_advanced {
            return;
        }
        err!(
            "warning: no loop went on: each is finished and has no more items than before, so that what they \
             computed is as it was"
        );
    }

    /// Gives the script its settings, and lets it read what they name.
    fn grant(
        &self,
        plugin: &Plugin,
        settings: Option<&ResolvedSettings>,
        named: Vec<NamedPath>,
    ) -> Result<()> {
        let Some(settings) = settings else { return Ok(()) };
        let command = needed::command(&self.given, &[], &self.folder);
        let home = std::env::current_dir().and_then(|here| here.canonicalize()).map_err(Error::io("."))?;
        let grants = Grants { named, resumed: Some(Resumed { home, command }) };
        plugin.host.session.set_settings(settings.to_map(), grants);
        Ok(())
    }

    fn refusal(&self, missing: &[Word]) -> Error {
        needed::refusal(&self.given, missing, &self.folder)
    }
}

/// The settings as they are from now on, with what they were where that is something else.
fn note_settings(record: &mut Record, settings: Option<&ResolvedSettings>) {
    let now = run::to_json(settings);
    let resumed = record.resumed;
    let changes = now.iter().filter_map(|(name, after)| {
        let before = record.settings.get(name).filter(|before| *before != after)?;
        Some(SettingChange { name: name.clone(), before: before.clone(), after: after.clone(), resumed })
    });
    let changes: Vec<SettingChange> = changes.collect();
    record.changed_settings.extend(changes);
    record.settings = now;
    record.given = settings.map(ResolvedSettings::given).unwrap_or_default();
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
