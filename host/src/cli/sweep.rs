//! `host sweep`

mod again;
mod existing;
mod slurm;
mod summary;

use std::{path::Path, sync::Arc, time::Duration};

use super::{
    args::{SweepArgs, SweepCommand},
    outcome::Outcome,
    plugin::{self, Plugin},
    run, stop,
};
use crate::{
    error::Result,
    run::{Progress, aligned, shell_quoted},
    script::settings::{self, Declaration},
    sweep::{
        Launch, Outline, Plan, Request, Standing, Sweep, drafts,
        local::{self, Local},
        report, table,
    },
};
use slurm::Slurm;

/// Plans a sweep and runs its jobs, or goes on with one that exists.
pub fn run(args: &SweepArgs) -> Result<Outcome> {
    match &args.action {
        None => start(args),
        Some(SweepCommand::Resume(again)) => again::run(again, false),
        Some(SweepCommand::Retry(again)) => again::run(again, true),
        Some(SweepCommand::Status { sweep, json }) => {
            summary::status(&Sweep::open(&again::find(sweep)?)?, *json)
        }
        Some(SweepCommand::Task(task)) => slurm::task(task),
    }
}

fn start(args: &SweepArgs) -> Result<Outcome> {
    let path = plugin::find(args.plugin.as_deref().unwrap_or(Path::new("")))?;
    let start = run::Start {
        seed: args.seed,
        device: args.device,
        exact: args.inputs.exact,
        data: args.inputs.data.as_deref(),
        allow_read: &args.inputs.allow_read,
        control: &args.control,
    };
    let plugin = run::prepare(&path, &start)?;
    let slurm = args.slurm.options().map(|options| Slurm::new(options, args.slurm.dry_run)).transpose()?;
    let sweep = plan(args, &path, &plugin)?;
    let launch = Launch::planned(&sweep.plan.arguments, path);
    if let Some(slurm) = slurm {
        return slurm.begin(&sweep, &launch);
    }
    let local = Local { jobs: args.jobs, launch, retry: false };
    go(&sweep, &local, args.control.deadline, args.control.quiet)
}

/// Plans a sweep and makes its folder, unless it is a dry run.
fn plan(args: &SweepArgs, path: &Path, plugin: &Plugin) -> Result<Sweep> {
    let none = Declaration { summary: Vec::new(), settings: Vec::new() };
    let declaration = plugin.declaration.as_ref().unwrap_or(&none);
    let preset = args.inputs.preset.as_deref().map(|name| plugin::preset(path, name)).transpose()?;
    let sources = settings::SettingSources {
        config: args.inputs.config.clone(),
        preset: preset.clone(),
        skips_sections: true,
        ..settings::SettingSources::default()
    };
    let base = settings::resolve(declaration, &sources)?;
    let request = Request {
        declared: &declaration.settings,
        base: &base,
        preset: preset.as_deref(),
        axes: &args.axes,
        random: args.random,
        seed: args.seed,
        yes: args.yes,
    };
    let (rounds, drafts) = drafts(&request)?;
    let table = table(&request, &drafts)?;
    let plan = Plan::new(
        &request,
        args.inputs.recorded(args.plugin.as_deref().unwrap_or(Path::new("")), args.device, &args.control),
        &plugin.host.scripts.record(),
        &rounds,
        &drafts,
        table,
    );
    let existing = existing::runs(&args.out, plugin);
    let outline = Outline { drafts: &drafts, base: &base, existing: &existing };
    let make = if args.slurm.dry_run { Sweep::without_folder } else { Sweep::create };
    make(&args.out, &plugin::stem(path), plan, &outline)
}

/// Runs the jobs of a sweep.
fn go(sweep: &Sweep, local: &Local, deadline: Option<Duration>, quiet: bool) -> Result<Outcome> {
    // Held until the end.
    let _lock = sweep.lock()?;
    out!("{}", sweep.folder.display());
    let progress = Arc::new(Progress::shown());
    let say = |progress: Arc<Progress>| move |line: &str| progress.println(line);
    stop::listen(say(Arc::clone(&progress)))?;
    stop::at(deadline, say(Arc::clone(&progress)));
    let standings = local::drive(sweep, local, (!quiet).then_some(&progress))?;
    finish(sweep, &standings, "")
}

/// Says what became of the jobs and how to go on, writes the page and the files of the sweep, and prints the
/// table of its preset.
fn finish(sweep: &Sweep, standings: &[Standing], options: &str) -> Result<Outcome> {
    let outcome = summary::tell(sweep, standings, options);
    if let Some(table) = report::write(sweep, standings)? {
        out!("{}", aligned(&table.rows).trim_end());
        err!("{}", table.caption);
    }
    Ok(outcome)
}

/// A command about this sweep, as it is typed.
fn command(action: &str, sweep: &Sweep) -> String {
    format!("host sweep {action} {}", shell_quoted(&sweep.folder.display().to_string()))
}
