//! `host sweep resume` and `retry`. A sweep's folder is not trusted, as that of a run is not: what its plan
//! names outside of the working folder is given anew.

use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

use super::{
    go,
    slurm::{self, Slurm},
};
use crate::{
    cli::{
        args::{Control, DeviceChoice, GivenAnew, SweepAgain},
        outcome::Outcome,
        plugin,
        resume::is_found,
        run,
    },
    data,
    error::{Error, Result},
    run::{Arguments, shell_quoted},
    script::{did_you_mean, library, settings::SettingValue},
    session::access::is_own,
    sweep::{Launch, Sweep, local::Local},
};

/// Where sweeps are, unless --out says otherwise.
const SWEEPS: &str = "sweeps";

/// Goes on with a sweep; with `retry` failed jobs run again as well.
pub fn run(args: &SweepAgain, retry: bool) -> Result<Outcome> {
    let sweep = Sweep::open(&find(&args.sweep)?)?;
    let action = if retry { "retry" } else { "resume" };
    refuse_elsewhere(&sweep)?;
    refuse_missing(&sweep, args, action)?;
    let planned = &sweep.plan.arguments;
    let path = plugin::find(args.given.plugin.as_deref().unwrap_or(Path::new(&planned.plugin)))?;
    let launch = launch(planned, &args.given, path.clone());
    refuse_changed(&sweep, &path, &launch, args)?;
    if let Some(options) = args.slurm.options() {
        return Slurm::new(options, args.slurm.dry_run)?.go(&sweep, &launch, retry);
    }
    slurm::refuse_here(&sweep, args.jobs.is_some(), action)?;
    go(
        &sweep,
        &Local { jobs: args.jobs.unwrap_or(NonZeroUsize::MIN), launch, retry },
        args.deadline,
        args.quiet,
    )
}

/// What jobs are started with: as planned, but for what is given anew.
pub fn launch(planned: &Arguments, given: &GivenAnew, plugin: PathBuf) -> Launch {
    Launch {
        data: given.data.clone(),
        allow_read: given.allow_read.clone(),
        onnxruntime: given.onnxruntime.clone(),
        ..Launch::planned(planned, plugin)
    }
}

/// The folder of a sweep.
///
/// # Errors
/// There is none; with the nearest one.
pub fn find(named: &Path) -> Result<PathBuf> {
    if named.exists() {
        return Ok(named.to_owned());
    }
    let folder = named.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new(SWEEPS));
    let names = library::entries(folder)
        .into_iter()
        .filter_map(|(path, _)| path.file_name().map(|name| name.to_string_lossy().into_owned()));
    let names: Vec<String> = names.collect();
    let name = named.file_name().unwrap_or_default().to_string_lossy();
    let near = did_you_mean(&name, names.iter().map(String::as_str));
    let there = || match &names[..] {
        [] => format!("there are no sweeps in {}", folder.display()),
        names => format!("in {} there are {}", folder.display(), names.join(", ")),
    };
    Err(Error::usage(format!("there is no sweep {}", named.display()), near.unwrap_or_else(there)))
}

/// Refuses to go on from another working folder: there, relative paths mean other files.
fn refuse_elsewhere(sweep: &Sweep) -> Result<()> {
    let began = Path::new(&sweep.plan.folder);
    let here = std::env::current_dir().map_err(Error::io("."))?;
    match began == here || !began.is_dir() {
        true => Ok(()),
        false => Err(Error::usage(
            format!("the sweep began in {}, this is {}", began.display(), here.display()),
            format!("go on there: cd {}", shell_quoted(&sweep.plan.folder)),
        )),
    }
}

/// Refuses a plugin or an import with another text than that of the jobs that are done.
fn refuse_changed(sweep: &Sweep, path: &Path, launch: &Launch, args: &SweepAgain) -> Result<()> {
    let planned = &sweep.plan.arguments;
    let device = DeviceChoice::named(&planned.device).ok_or_else(|| {
        let problem = format!("the plan of the sweep names the device `{}`", planned.device);
        Error::usage(problem, "there are cpu, gpu and auto; start a new sweep with `host sweep`")
    })?;
    let control = Control {
        deadline: None,
        checkpoint_every: std::time::Duration::default(),
        stop_on_nan: launch.stop_on_nan,
        max_operations: launch.max_operations,
        onnxruntime: launch.onnxruntime.clone(),
        quiet: args.quiet,
        requeue: false,
    };
    let start = run::Start {
        seed: sweep.plan.seed,
        device,
        exact: launch.exact,
        data: launch.data.as_deref(),
        allow_read: &launch.allow_read,
        control: &control,
    };
    let plugin = run::prepare(path, &start)?;
    let changed = sweep.plan.changed(&plugin.host.scripts.record());
    match changed.is_empty() {
        true => Ok(()),
        false => Err(Error::usage(
            format!("since the sweep was planned, {} changed", changed.join(", ")),
            "put the text back; or plan the sweep anew with `host sweep`, for runs with the new text",
        )),
    }
}

/// Refuses options of the command that planned the sweep, and files outside of the working folder that its
/// settings name, until they are given to this command.
fn refuse_missing(sweep: &Sweep, args: &SweepAgain, action: &str) -> Result<()> {
    let planned = &sweep.plan.arguments;
    let mut missing: Vec<(&str, PathBuf)> = Vec::new();
    if args.given.plugin.is_none() && !is_found(Path::new(&planned.plugin), &sweep.folder) {
        missing.push(("--plugin", PathBuf::from(&planned.plugin)));
    }
    if let (None, Some(folder)) = (&args.given.data, &planned.data) {
        missing.push(("--data", folder.into()));
    }
    if args.given.allow_read.is_empty() {
        missing.extend(planned.allow_read.iter().map(|path| ("--allow-read", path.into())));
    }
    if let (None, Some(library)) = (&args.given.onnxruntime, &planned.onnxruntime) {
        missing.push(("--onnxruntime", library.into()));
    }
    missing.extend(foreign(sweep, args).into_iter().map(|path| ("--allow-read", path)));
    if missing.is_empty() {
        return Ok(());
    }
    let word =
        |(flag, path): &(&str, PathBuf)| format!("{flag} {}", shell_quoted(&path.display().to_string()));
    let words = missing.iter().map(word).collect::<Vec<_>>().join(" ");
    Err(Error::usage(
        format!("what a sweep's plan names is not taken from there: {words}"),
        format!("if that is what you mean: {} {words}", super::command(action, sweep)),
    ))
}

/// What settings name that lies outside of the working folder and of what was allowed.
fn foreign(sweep: &Sweep, args: &SweepAgain) -> Vec<PathBuf> {
    let home = std::env::current_dir().and_then(|here| here.canonicalize()).unwrap_or_default();
    let roots =
        data::folders(args.given.data.as_deref()).into_iter().chain(args.given.allow_read.iter().cloned());
    let roots: Vec<PathBuf> = roots.filter_map(|root| root.canonicalize().ok()).collect();
    let values = sweep.jobs.iter().flat_map(|job| job.settings.values());
    let values = values.filter(|value| value.is_string() || value.is_array());
    let values = values.filter_map(|value| SettingValue::from_json(value.clone()));
    let mut texts: Vec<String> =
        values.flat_map(|value| value.texts().into_iter().map(str::to_owned).collect::<Vec<_>>()).collect();
    texts.sort();
    texts.dedup();
    let mut found: Vec<PathBuf> =
        texts.into_iter().filter_map(|text| Path::new(&text).canonicalize().ok()).collect();
    found.retain(|real| !is_own(real, &home) && !roots.iter().any(|root| real.starts_with(root)));
    found.dedup();
    found
}
