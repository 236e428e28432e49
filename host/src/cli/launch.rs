//! Running a script inside a run folder, from the first line to the report.

use std::{path::Path, sync::Arc};

use ops::Device;
use serde_json::Value as Json;

use super::{
    args::Control,
    outcome::Outcome,
    plugin::{self, Plugin},
    resume, stop,
};
use crate::{
    api::is_stop,
    error::{Error, Result},
    page::{self, Rewriter},
    run::{Environment, Record, Run, Status, peak_memory, readable},
    script::{library, settings},
    session::{Recorder, Session},
    sweep::slurm,
    terminal,
};

/// Prints the folder of a run, all that stands on stdout. A run does not end because nobody reads it.
pub fn name(run: &Run) {
    let _ = terminal::write(std::io::stdout().lock(), &run.path().display().to_string());
}

/// Shows a line above the bars of a session.
pub fn say(session: &Arc<Session>) -> impl Fn(&str) + Send + 'static {
    let session = Arc::clone(session);
    move |line| session.progress.println(line)
}

/// Runs a plugin whose session has a recorder, and closes the run's record.
pub fn launch(plugin: &Plugin, recorder: Recorder, control: &Control) -> Result<Outcome> {
    let host = &plugin.host;
    note_start(plugin, &recorder)?;
    let rewriter = Rewriter::start(recorder.run.path().to_owned())?;
    host.session.record(recorder);
    stop::at(control.deadline, say(&host.session));
    let (session, watched, rewriting) = (Arc::clone(&host.session), control.clone(), rewriter.clone());
    let end = stop::watch(move || {
        rewriting.stop();
        keep(&session);
        close(&session, Status::Interrupted, None, &watched)
    });
    let outcome = host.run_compiled(&plugin.ast);
    end.reach();
    rewriter.stop();
    // The last checkpoint is written after success as well: a completed run can go on with other settings.
    keep(&host.session);
    let (status, text) = match &outcome {
        Ok(_) => (Status::Completed, None),
        Err(error) if ops::interrupt::requested() => {
            log_other(plugin, error);
            (Status::Interrupted, None)
        }
        Err(error) => (Status::Failed, Some(host.explain(error, &plugin.source.name))),
    };
    close(&host.session, status, text, control)
}

/// Notes in the record on what this process computes, and what its settings are beside.
fn note_start(plugin: &Plugin, recorder: &Recorder) -> Result<()> {
    let path = Path::new(&plugin.source.name);
    let gpu = (plugin.host.session.device() == Device::Gpu).then(Device::gpu_name).flatten();
    let here = Environment::here((!library::is_built_in(path)).then_some(path), gpu);
    let (defaults, paper) = plugin.declaration.as_ref().map_or_else(Default::default, |declaration| {
        // A preset that the run does not need, and that cannot be read, does not keep it from running.
        let paper = plugin::paper(path).ok().flatten().unwrap_or_default();
        (settings::defaults(declaration), settings::paper_values(declaration, &paper))
    });
    recorder.run.update(|record| {
        here.note(&mut record.environments);
        record.defaults = defaults;
        // Resumed from its recorded scripts, a run has no presets beside it.
        if !paper.is_empty() {
            record.paper = paper;
        }
    })
}

/// Notes an error that a run ended with after it was asked to stop. Resumed, it meets the error again, if
/// it was not the stop that led to it.
fn log_other(plugin: &Plugin, error: &Error) {
    let is_stop = matches!(error, Error::Script(error) if is_stop(error));
    if let (false, Some(recorder)) = (is_stop, plugin.host.session.recorder()) {
        let text = plugin.host.explain(error, &plugin.source.name);
        recorder.run.log_line(&format!("while the run was being stopped: {text}"));
    }
}

/// Writes the last checkpoint. One that fails must not hide what ended the run.
fn keep(session: &Session) {
    if let (Err(error), Some(recorder)) = (session.save(), session.recorder()) {
        recorder.run.log_line(&format!("the checkpoint could not be written: {error}"));
    }
}

/// Closes the record of a run, and says how it ended.
fn close(session: &Session, status: Status, text: Option<String>, control: &Control) -> Result<Outcome> {
    let Some(recorder) = session.recorder() else { return Ok(Outcome::Failed) };
    if let Some(text) = &text {
        // Printed first: closing the record may fail as well, perhaps for the same reason.
        err!("{text}");
        recorder.run.log_line(text);
    }
    // The metrics are on the disk before the record says that the run is complete.
    recorder.metrics.position()?;
    let folder = recorder.run.path().to_owned();
    let change = |record: &mut Record| {
        record.status = status;
        record.error = text;
        record.scripts = recorder.scripts().record();
        if let Some(here) = record.environments.last_mut() {
            here.peak_memory = here.peak_memory.max(peak_memory());
        }
    };
    recorder.run.close(change, |record| page::write_as(&folder, record))?;
    let outcome = tell(status, recorder, &resume::command(recorder, session), control.quiet);
    if control.requeue && status == Status::Interrupted {
        requeue(recorder);
    }
    Ok(outcome)
}

/// Puts the task of Slurm that this process is back into the queue, where its time was too short. It is the
/// last thing that is done, since it ends the process. One that did nothing in its time would do so forever.
fn requeue(recorder: &Recorder) {
    if !recorder.loops().has_advanced() {
        err!("no item of a loop was done in this time, so the task is not queued again: give it more --time");
        return;
    }
    let requeued = slurm::out_of_time().and_then(|task| {
        let Some(task) = task else { return Ok(()) };
        // Said before, since it may be the last that this process says.
        err!("task {task} goes back into the queue");
        slurm::requeue(&task)
    });
    if let Err(error) = requeued {
        err!("the task is not in the queue again: {error}");
    }
}

fn tell(status: Status, recorder: &Recorder, go_on: &str, quiet: bool) -> Outcome {
    let folder = recorder.run.path();
    match status {
        Status::Completed => {
            if !quiet {
                let report = folder.join(page::FILE);
                let metrics = readable(&recorder.metrics.last());
                err!("{}", format!("done: {}  {metrics}", report.display()).trim_end());
            }
            Outcome::Done
        }
        Status::Interrupted => {
            err!("interrupted: go on with `{go_on}`");
            Outcome::Interrupted
        }
        _ => {
            err!("failed: what there is lies in {}", folder.display());
            if recorder.run.has_checkpoint() {
                err!("`{go_on}` goes on from the last checkpoint");
            }
            Outcome::Failed
        }
    }
}

/// The record of a run that is about to start.
pub fn record(plugin: &Plugin, settings: serde_json::Map<String, Json>, device: &str) -> Record {
    let declaration = plugin.declaration.as_ref();
    let lines = declaration.map(|d| d.summary.clone()).unwrap_or_default();
    let meanings = declaration.map(|d| &d.settings[..]).unwrap_or_default();
    Record {
        plugin: plugin.source.name.clone(),
        title: lines.first().cloned().unwrap_or_default(),
        summary: lines.get(1..).map(<[String]>::to_vec).unwrap_or_default(),
        status: Status::Running,
        command: std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect(),
        folder: std::env::current_dir().map(|d| d.display().to_string()).unwrap_or_default(),
        settings,
        setting_meanings: meanings.iter().map(|s| (s.name.clone(), s.described().into())).collect(),
        seed: plugin.host.session.options.seed,
        device: device.to_owned(),
        versions: crate::run::versions(None),
        scripts: plugin.host.scripts.record(),
        ..Record::default()
    }
}
