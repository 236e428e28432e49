//! `host compare`

use std::path::PathBuf;

use super::{
    args::{CompareArgs, TableFormat},
    outcome::Outcome,
    runs::tell_damaged,
};
use crate::{
    error::Result,
    page,
    run::{Status, TableCell, to_csv, to_markdown, to_tex, to_typst},
    study::{
        RunSummary,
        columns::{Column, drawn},
        compare::{Comparison, Request, compare, number_rows, rows},
        found::{find, is_run},
        named,
    },
    terminal::width,
};

/// Prints runs side by side.
pub fn run(args: &CompareArgs) -> Result<Outcome> {
    let mut folders = Vec::new();
    for named in &args.runs {
        folders.push(if named.exists() { named.clone() } else { named::find(named)? });
    }
    let found = find(&folders)?;
    tell_damaged(&found);
    let (runs, left_out) = chosen(found.runs, &folders);
    let request =
        Request { by: args.by.clone(), metrics: args.metric.clone(), baseline: args.baseline.clone() };
    let mut comparison = compare(runs, &request)?;
    comparison.remarks.extend(left_out);
    match args.format {
        TableFormat::Text => text(&comparison),
        TableFormat::Md => out!("{}", to_markdown(&rows(&comparison)).trim_end()),
        TableFormat::Csv => out!("{}", to_csv(&number_rows(&comparison)).trim_end()),
        TableFormat::Tex => out!("{}", to_tex(&rows(&comparison)).trim_end()),
        TableFormat::Typ => out!("{}", to_typst(&rows(&comparison)).trim_end()),
        TableFormat::Html => out!("{}", page::comparison(&comparison)?.trim_end()),
    }
    if args.format != TableFormat::Html {
        for remark in &comparison.remarks {
            err!("{remark}");
        }
    }
    Ok(Outcome::Done)
}

/// The completed runs, and those that were named themselves; and what to say of the others.
fn chosen(runs: Vec<RunSummary>, named: &[PathBuf]) -> (Vec<RunSummary>, Option<String>) {
    let is_named = |run: &RunSummary| named.iter().any(|folder| *folder == run.path && is_run(folder));
    let all = runs.len();
    let chosen: Vec<_> =
        runs.into_iter().filter(|run| run.status == Status::Completed || is_named(run)).collect();
    let left_out = match all - chosen.len() {
        0 => None,
        1 => Some("1 run that is not completed is left out".to_owned()),
        n => Some(format!("{n} runs that are not completed are left out")),
    };
    (chosen, left_out)
}

fn text(comparison: &Comparison) {
    let rows = rows(comparison);
    let heads = rows.first().cloned().unwrap_or_default();
    let names = comparison.names.len().max(1);
    let column = |(i, head): (usize, &TableCell)| Column {
        head: head.shown(),
        cells: rows.iter().skip(1).filter_map(|row| row.get(i)).map(TableCell::shown).collect(),
        is_number: i >= names,
        keeps_end: false,
    };
    let columns: Vec<Column> = heads.iter().enumerate().map(column).collect();
    let (table, left_out) = drawn(&columns, width());
    out!("{}", table.trim_end());
    if !left_out.is_empty() {
        err!("there was no room for {}: choose with --metric, or use --format csv", left_out.join(", "));
    }
}
