//! What a script says about its run: settings, metrics.

use std::sync::Arc;

use ops::Tensor;
use rhai::{Dynamic, Map};

use crate::{
    error::{Error, Result},
    script::{FromScript, Refusal, Table},
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
    let [a, b, c] = [0; 3].map(|_| Arc::clone(session));
    table
        .global()
        .add(
            "params(defaults)",
            "Declares the settings of a plugin and gives their values: what the command line, a file or a preset \
             says, else the default. The comment on a setting's line is its meaning.",
            "params(#{ epochs: 3 }).epochs => 3",
            move |defaults: Map| a.settings().cloned().unwrap_or(defaults),
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
        );
}

/// Records a metric. A loss that is no number any more ends the run: nothing after it is worth having.
fn log(session: &Session, name: &str, value: f64) -> Result<()> {
    let Some(recorder) = session.recorder() else { return Ok(()) };
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
