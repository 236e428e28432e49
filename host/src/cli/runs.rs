//! `host runs`

use std::path::PathBuf;

use super::{
    args::{RunsArgs, RunsCommand},
    outcome::Outcome,
};
use crate::{
    error::{Error, Result},
    run::{byte_size, shell_quoted},
    study::{
        columns::drawn,
        filter::filter,
        found::{Found, default_folders, find},
        list::{columns, sort, totals},
        named,
        notes::Notes,
        remove,
    },
    terminal::width,
};

/// How many damaged folders are named.
const NAMED: usize = 3;

/// Lists runs, or changes what is said of one, or removes some.
pub fn run(args: &RunsArgs) -> Result<Outcome> {
    match &args.action {
        None => list(args)?,
        Some(RunsCommand::Name { run, text }) => note(run, |notes| notes.name = text.join(" "))?,
        Some(RunsCommand::Note { run, text }) => note(run, |notes| notes.note = text.join(" "))?,
        Some(RunsCommand::Tag { run, tags }) => note(run, |notes| notes.tag(tags))?,
        Some(RunsCommand::Rm { runs, yes }) => remove(runs, *yes)?,
    }
    Ok(Outcome::Done)
}

fn list(args: &RunsArgs) -> Result<()> {
    let folders = if args.folders.is_empty() { default_folders() } else { args.folders.clone() };
    let found = find(&folders)?;
    tell_damaged(&found);
    let mut runs = filter(found.runs, &args.conditions)?;
    sort(&mut runs, args.sort.as_deref())?;
    if args.json {
        runs.iter().for_each(|run| out!("{}", run.to_json()));
        return Ok(());
    }
    if runs.is_empty() {
        let folders: Vec<_> = folders.iter().map(|folder| folder.display().to_string()).collect();
        err!(
            "no runs: {}",
            if folders.is_empty() { "there is no runs/ here".into() } else { folders.join(", ") }
        );
        return Ok(());
    }
    let (table, left_out) = drawn(&columns(&runs, &args.columns)?, width());
    out!("{}", table.trim_end());
    err!("{}", totals(&runs));
    if !left_out.is_empty() {
        err!("there was no room for {}: choose with --columns", left_out.join(", "));
    }
    Ok(())
}

/// Says which folders hold a record that cannot be read.
pub fn tell_damaged(found: &Found) {
    for (_, error) in found.damaged.iter().take(NAMED) {
        err!("warning: {error}");
    }
    if found.damaged.len() > NAMED {
        err!("warning: {} more runs cannot be read", found.damaged.len() - NAMED);
    }
}

fn note(run: &std::path::Path, change: impl FnOnce(&mut Notes)) -> Result<()> {
    Notes::change(&named::find_run(run)?, change)
}

fn remove(runs: &[PathBuf], is_meant: bool) -> Result<()> {
    let mut folders = runs.iter().map(|run| named::find_run(run)).collect::<Result<Vec<_>>>()?;
    folders.sort();
    folders.dedup();
    let removals = remove::look(&folders, &default_folders())?;
    for removal in &removals {
        let files = if removal.files == 1 { "1 file".into() } else { format!("{} files", removal.files) };
        out!("{}  ({files}, {})", removal.path.display(), byte_size(removal.bytes));
        if is_meant {
            removal.carry_out()?;
        }
    }
    match is_meant {
        true => Ok(()),
        false => {
            let words: Vec<_> = runs.iter().map(|run| shell_quoted(&run.display().to_string())).collect();
            let help = format!("`host runs rm {} --yes` removes what is listed", words.join(" "));
            Err(Error::usage("nothing is removed without --yes", help))
        }
    }
}
