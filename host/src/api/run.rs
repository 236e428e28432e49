//! What a script says about its run: metrics, tables.

use ops::Tensor;
use rhai::{Array, Dynamic, Map, NativeCallContext};

use super::options::CallOptions;
use crate::{
    error::{Error, Result},
    run::{TableCell, aligned, to_csv, to_tex, to_typst},
    script::{Carried, FromScript, Problem, Refusal, Table},
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
pub fn add(table: &mut Table) {
    table
        .global()
        .add(
            "log(name, value, options)",
            "Records a number (or a tensor of one element) under a name, with step, loop path and time. A \
             number that is infinite or NaN is recorded as well (in metrics.jsonl as \"inf\", \"-inf\", \
             \"nan\"), with a warning; `host run --stop-on-nan` ends the run there instead: it is FAILED, \
             and its last good checkpoint is kept. With the option `bar: true` the name is among those that \
             are shown while the run goes on and at its end, instead of the first four.",
            "log(\"loss\", 0.5) => ()\n\
             log(\"accuracy\", 0.5, #{ bar: true }) => ()",
            |context: &NativeCallContext, name: String, value: Number, options: Option<Map>| {
                log(context, &name, value.0, options)
            },
        )
        .add(
            "logged(name)",
            "All values recorded under a name so far, in order.",
            r#"logged("loss") => []"#,
            |session: &Session, name: String| -> Vec<f64> {
                let series = session.recorder().map(|r| r.metrics.series(&name)).unwrap_or_default();
                series.into_iter().map(|(_, value)| value).collect()
            },
        )
        .add(
            "table(name, rows)",
            "Prints a table, and writes it into the report, to tables/NAME.csv, and for papers to NAME.tex \
             (with booktabs) and NAME.typ: the first row has the heads, the first column the names; `()` is \
             an empty cell. Texts stay as they are, numbers are shown with four digits.",
            r#"table("errors", [["", "source", "novel"], ["ae", 2.69, 13.48]]) => ()"#,
            |context: &NativeCallContext, name: String, rows: Array| write_table(context, &name, &rows),
        );
}

/// Prints and records a table.
fn write_table(context: &NativeCallContext, name: &str, rows: &Array) -> Result<()> {
    let row = |row: &Dynamic| {
        let cells = Array::from_script(row).map_err(|_| {
            Error::usage("a row of the table is not an array", "give [[\"\", \"FID\"], [\"ae\", 21.3]]")
        })?;
        cells.iter().map(|value| cell(context, value)).collect::<Result<Vec<_>>>()
    };
    let rows = rows.iter().map(row).collect::<Result<Vec<_>>>()?;
    let session = Session::of(context)?;
    let recorder = session.recorder_in_order()?;
    session.print(&format!("{name}\n{}", aligned(&rows)));
    match recorder {
        Some(recorder) => {
            let (csv, tex, typ) = (to_csv(&rows), to_tex(&rows), to_typst(&rows));
            let files = [("tex", &tex), ("typ", &typ), ("csv", &csv)];
            recorder.run.table(name, &files.map(|(format, text)| (format, text.as_bytes())))
        }
        None => Ok(()),
    }
}

/// A value as a cell; values other than strings and numbers as they print.
fn cell(context: &NativeCallContext, value: &Dynamic) -> Result<TableCell> {
    if let Ok(whole) = value.as_int() {
        return Ok(TableCell::Whole(whole));
    }
    match Number::from_script(value) {
        Ok(Number(number)) => Ok(TableCell::Number(number)),
        Err(Refusal::Value(error)) => Err(error),
        Err(Refusal::Type) => Ok(TableCell::Text(context.call_native_fn("to_string", (value.clone(),))?)),
    }
}

/// Records a metric. A value that is NaN or infinite is recorded too, with a warning, or ends the run
/// (`--stop-on-nan`).
fn log(context: &NativeCallContext, name: &str, value: f64, options: Option<Map>) -> Result<()> {
    let bar = CallOptions::read("log", options, |options| options.get("bar", false))?;
    let session = Session::of(context)?;
    let Some(recorder) = session.recorder_in_order()? else { return Ok(()) };
    if bar {
        recorder.metrics.show(name);
    }
    let path = session.item_path();
    recorder.metrics.log(&path, name, value)?;
    if value.is_finite() || !session.options.stop_on_nan && !recorder.metrics.is_first_warning(name) {
        return Ok(());
    }
    let step = recorder.metrics.series(name).len();
    let item = if path.is_empty() { path } else { format!(" ({path})") };
    // Part of the message: the error of a run that stops has the position of the outermost call.
    let place = recorder.scripts().place(context);
    let problem = format!("log: \"{name}\" is {value} at its step {step}{item}, at {place}");
    if session.options.stop_on_nan {
        let help = "a smaller learning rate, clipped gradients or a bounded output often help; `host resume` \
                    without --stop-on-nan goes on from the last good checkpoint";
        return Err(Problem::new(problem, help).end().into());
    }
    session.print(&format!("warning: {problem}; --stop-on-nan would end the run there"));
    Ok(())
}
