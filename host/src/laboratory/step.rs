//! One training step, as a script in `scripts/bench` gives it.

use ops::{Tensor, nn::Module, random::with_stream};
use rhai::{Dynamic, FnPtr, Map};
use serde_json::Value as Json;

use super::{Conditions, clock::Times, counted};
use crate::{
    error::{Error, Result},
    host::{Host, Started},
    kinds,
    script::FromScript,
};

/// What a script gives to be timed. Its value is a map: `step`, a function without parameters that does one
/// full step and gives its loss; `modules`, what it trains; and where they are not the batch, or are known,
/// `images`, that one step uses, and `gflop`, a step's floating-point operations at the default settings, in
/// thousand millions.
pub struct TimedStep {
    function: FnPtr,
    /// What the step trains.
    pub modules: Vec<Module>,
    /// Images that one step uses, where they are not the batch.
    pub images: Option<u64>,
    /// Floating-point operations at the default settings, in thousand millions.
    pub gflop: Option<f64>,
}

impl TimedStep {
    /// The step that a script's value describes, or what is wrong with it.
    pub fn read(value: &Dynamic) -> Result<Self, String> {
        let map = value.read_lock::<Map>().ok_or("its value is no map with `step` and `modules`")?;
        Ok(Self {
            function: field(&map, "step")?.ok_or("its value has no `step`")?,
            modules: field(&map, "modules")?.ok_or("its value has no `modules`")?,
            images: field::<usize>(&map, "images")?.map(|n| n as u64),
            gflop: field(&map, "gflop")?,
        })
    }

    /// Times the step; with the times comes its last loss.
    ///
    /// # Errors
    /// Those of the script, and a value of the step that is no tensor.
    pub fn time(&self, host: &Host, started: &Started, conditions: &Conditions) -> Result<(Times, Tensor)> {
        let mut loss = None;
        let times = Times::measure(conditions, |repetition| {
            loss = Some(self.run(host, started, repetition)?);
            Ok(())
        })?;
        let nothing = || Error::Failed("nothing was done".into());
        Ok((times, loss.ok_or_else(nothing)?))
    }

    /// The part of a line about the work of one step more, which is not timed; empty unless it is asked for.
    ///
    /// # Errors
    /// Those of [`TimedStep::time`].
    pub fn count(&self, host: &Host, started: &Started, conditions: &Conditions) -> Result<Json> {
        counted::described(conditions, || {
            self.run(host, started, conditions.warmup + conditions.reps).map(drop)
        })
    }

    /// Does the step once and gives its loss. Random numbers are drawn anew each time, as in training.
    fn run(&self, host: &Host, started: &Started, repetition: u32) -> Result<Tensor> {
        let key = host.session.key().derive(&format!("step/{repetition}"));
        let loss = with_stream(key, || host.call(started, &self.function))?;
        let kind = kinds::a(&loss);
        let wrong = || Error::Failed(format!("the step gave {kind}, expected its loss, a Tensor"));
        loss.try_cast::<Tensor>().ok_or_else(wrong)
    }
}

/// A value of the map, where there is one.
fn field<T: FromScript>(map: &Map, name: &str) -> Result<Option<T>, String> {
    let Some(value) = map.get(name) else { return Ok(None) };
    let wrong = |_| format!("`{name}` is {}, expected {}", kinds::a(value), kinds::with_article(T::NAME));
    T::from_script(value).map(Some).map_err(wrong)
}
