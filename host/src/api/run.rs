//! What a script says about its run: settings, metrics.

use std::sync::Arc;

use ops::Tensor;
use rhai::{Array, Dynamic, Map};

use crate::{
    error::{Error, Result},
    run::number,
    script::{
        FromScript, Refusal, Table,
        settings::{Declared, Rule},
    },
    session::Session,
};

/// A number, or a tensor of one element.
pub struct Number(f64);

impl FromScript for Number {
    const NAME: &'static str = "number or Tensor of one element";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        if let Some(tensor) = value.read_lock::<Tensor>() {
            return tensor.item().map(Self).map_err(|e| Refusal::Value(e.into()));
        }
        f64::from_script(value).map(Self)
    }
}

/// Adds the functions of this file.
pub fn add(table: &mut Table, session: &Arc<Session>) {
    let [a, b, c, d] = [0; 4].map(|_| Arc::clone(session));
    table
        .global()
        .add(
            "params(defaults)",
            "Declares the settings of a plugin and gives their values: what the command line, a file or a preset \
             says, else the default. The comment on a setting's line is its meaning.",
            "params(#{ epochs: 3 }).epochs => 3",
            move |defaults: Map| {
                let value = |(name, value)| (name, Declared::of(value).0);
                a.settings().cloned().unwrap_or_else(|| defaults.into_iter().map(value).collect())
            },
        )
        .add(
            "path(default)",
            "The default of a setting that names a file or a folder: the script may read what the user names in it, \
             with all that is in it. (Of any other text that the user gives, only a regular file is read.)",
            r#"params(#{ pictures: path("glyphs") }).pictures => glyphs"#,
            |default: String| Declared::new(default.into(), Rule::Path),
        )
        .add(
            "paths(defaults)",
            "The default of a setting that lists files and folders, as `path` does for one.",
            "params(#{ networks: paths([]) }).networks => []",
            |defaults: Array| Declared::new(defaults.into(), Rule::Path),
        )
        .add(
            "log(name, value)",
            "Records a number (or a tensor of one element) under a name, with step, loop path and time.",
            r#"log("loss", 0.5) => ()"#,
            move |name: String, value: Number| log(&b, &name, value.0),
        )
        .add(
            "logged(name)",
            "All values recorded under a name so far, in order.",
            r#"logged("loss") => []"#,
            move |name: String| -> Vec<f64> {
                let series = c.recorder().map(|r| r.metrics.series(&name)).unwrap_or_default();
                series.into_iter().map(|(_, value)| value).collect()
            },
        )
        .add(
            "table(name, rows)",
            "Prints a table, and writes it to tables/NAME.csv and into the report: the first row has the heads, the \
             first column the names; `()` is an empty cell.",
            r#"table("errors", [["", "source", "novel"], ["ae", 2.69, 13.48]]) => ()"#,
            move |name: String, rows: Array| write_table(&d, &name, &rows),
        );
}

/// Prints and records a table.
fn write_table(session: &Session, name: &str, rows: &Array) -> Result<()> {
    let cell = |cell: &Dynamic| match Number::from_script(cell) {
        _ if cell.is_unit() => Ok(String::new()),
        Ok(Number(value)) => Ok(value.to_string()),
        Err(Refusal::Type) => Ok(cell.to_string()),
        Err(Refusal::Value(error)) => Err(error),
    };
    let row = |row: &Dynamic| {
        let cells = Array::from_script(row).map_err(|_| {
            Error::usage("a row of the table is no array", "give [[\"\", \"FID\"], [\"ae\", 21.3]]")
        })?;
        cells.iter().map(cell).collect::<Result<Vec<_>>>()
    };
    let rows = rows.iter().map(row).collect::<Result<Vec<_>>>()?;
    let recorder = session.recorder_in_order()?;
    session.print(&format!("{name}\n{}", aligned(&rows)));
    if let Some(recorder) = recorder {
        let mut csv = csv::WriterBuilder::new().flexible(true).from_writer(vec![]);
        let wrote = rows.iter().try_for_each(|row| csv.write_record(row));
        let bytes =
            wrote.map_err(|e| e.to_string()).and_then(|()| csv.into_inner().map_err(|e| e.to_string()));
        let bytes =
            bytes.map_err(|e| Error::usage(format!("table: {e}"), "give rows of numbers and words"))?;
        recorder.run.table(name, &bytes)?;
    }
    Ok(())
}

/// Names to the left, all else to the right; numbers with four digits.
fn aligned(rows: &[Vec<String>]) -> String {
    let shown = |cell: &String| cell.parse().map_or_else(|_| cell.clone(), number);
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(shown).collect()).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row: &Vec<String>| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let line = |row: &Vec<String>| {
        let cell = |(column, cell): (usize, &String)| match column {
            0 => format!("{cell:<0$}", width(0)),
            _ => format!("  {cell:>0$}", width(column)),
        };
        row.iter().enumerate().map(cell).collect::<String>().trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Records a metric. A loss that is no number any more ends the run: nothing after it is worth having.
fn log(session: &Session, name: &str, value: f64) -> Result<()> {
    let Some(recorder) = session.recorder_in_order()? else { return Ok(()) };
    let path = session.item_path();
    recorder.metrics.log(&path, name, value)?;
    if value.is_finite() {
        return Ok(());
    }
    let step = recorder.metrics.series(name).len();
    Err(Error::usage(
        format!(
            "log: \"{name}\" is {value} at its step {step}{}",
            if path.is_empty() { String::new() } else { format!(" ({path})") }
        ),
        "the last good checkpoint is kept; a smaller learning rate, clipped gradients or a bounded output often help",
    ))
}
