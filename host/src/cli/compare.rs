//! `host compare`

use super::{
    args::{CompareArgs, TableFormat},
    outcome::Outcome,
    runs::tell_damaged,
};
use crate::{
    error::Result,
    page,
    run::{Logs, TableCell, to_csv, to_markdown, to_tex, to_typst},
    study::{
        columns::{Column, drawn},
        compare::{Comparison, Request, chosen, compare, number_rows, rows},
        found::find,
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
    let request = Request {
        by: args.by.clone(),
        metrics: args.metric.clone(),
        baseline: args.baseline.clone(),
        below: None,
    };
    let mut comparison = compare(runs, &request)?;
    comparison.remarks.extend(left_out);
    match args.format {
        TableFormat::Text => text(&comparison),
        TableFormat::Md => out!("{}", to_markdown(&rows(&comparison)).trim_end()),
        TableFormat::Csv => out!("{}", to_csv(&number_rows(&comparison)).trim_end()),
        TableFormat::Tex => out!("{}", to_tex(&rows(&comparison)).trim_end()),
        TableFormat::Typ => out!("{}", to_typst(&rows(&comparison)).trim_end()),
        TableFormat::Html => {
            out!("{}", page::comparison(&comparison, &Logs::default(), &|_| None)?.document(None).trim_end())
        }
    }
    if args.format != TableFormat::Html {
        for remark in &comparison.remarks {
            err!("{remark}");
        }
    }
    Ok(Outcome::Done)
}

fn text(comparison: &Comparison) {
    let rows = rows(comparison);
    let heads = rows.first().cloned().unwrap_or_default();
    let names = comparison.names.len().max(1);
    let column = |(i, head): (usize, &TableCell)| Column {
        head: head.shown(),
        cells: rows.iter().skip(1).filter_map(|row| row.get(i)).map(TableCell::shown).collect(),
        is_number: i >= names,
        ..Column::default()
    };
    let columns: Vec<Column> = heads.iter().enumerate().map(column).collect();
    let (table, left_out) = drawn(&columns, width());
    out!("{}", table.trim_end());
    if !left_out.is_empty() {
        err!("there was no room for {}: choose with --metric, or use --format csv", left_out.join(", "));
    }
}
