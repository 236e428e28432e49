//! `host bench steps`: one training step of each procedure, as a script in `scripts/bench` gives it.
//!
//! The value of such a script is a map: `step`, a function without parameters that does one full step
//! and gives its loss; `modules`, what it trains; and where they are not the batch, or are known,
//! `images`, that one step uses, and `gflop`, a step's floating-point operations at the default
//! settings, in thousand millions.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ops::{Tensor, nn::Module, random::with_stream};
use rhai::{Dynamic, FnPtr, Map};
use serde_json::json;

use super::{Conditions, choose, clock::Times, print};
use crate::{
    cli::{
        args::key_value,
        outcome::Outcome,
        plugin::{self, Plugin},
    },
    error::{Error, Result},
    host::{Host, Started},
    run::Mode,
    script::{FromScript, Limits, settings},
    session::{Options, access::Grants},
};

/// Where the scripts are, here or in what is built in.
const FOLDER: &str = "scripts/bench";

/// Times the steps that were named.
pub fn run(words: &[String], conditions: &Conditions) -> Result<Outcome> {
    let (given, names): (Vec<_>, Vec<_>) =
        words.iter().map(String::as_str).partition(|word| word.contains('='));
    let batch = conditions.timing.batch.map(|batch| ("batch".into(), batch.to_string()));
    let given: Vec<_> = given.into_iter().flat_map(key_value).chain(batch).collect();
    let scripts = [PathBuf::from(FOLDER), plugin::built_in(FOLDER)].map(|folder| plugin::in_folder(&folder));
    let scripts: BTreeMap<String, PathBuf> =
        scripts.into_iter().rev().flatten().map(|path| (plugin::stem(&path), path)).collect();
    for name in choose(&names, &scripts.keys().map(String::as_str).collect::<Vec<_>>())? {
        time(name, &scripts[name], given.clone(), conditions)?;
    }
    Ok(Outcome::Done)
}

/// Times one step and prints its line.
fn time(name: &str, path: &Path, given: Vec<(String, String)>, conditions: &Conditions) -> Result<()> {
    let options = Options { seed: conditions.timing.seed, device: conditions.device, ..Options::default() };
    let Plugin { host, source, declaration, .. } =
        plugin::open(path, options, Mode::Quiet, Limits::default())?;
    let wrong = |problem: String| Error::usage(format!("{}: {problem}", path.display()), "look at wta.rhai");
    let declaration = declaration.ok_or_else(|| wrong("it declares no settings".into()))?;
    let sources = settings::SettingSources { command_line: given, ..settings::SettingSources::default() };
    let settings = settings::resolve(&declaration, &sources)?;
    let grants = Grants { named: settings.named(&declaration), resumed: None };
    host.session.set_settings(settings.to_map(), grants);

    let explain = |error: Error| Error::Failed(host.explain(&error, &source.name));
    let started = host.start(&source).map_err(explain)?;
    let step = Step::read(&started.value).map_err(wrong)?;
    let mut loss = None;
    let times = Times::measure(conditions, |repetition| {
        loss = Some(step.run(&host, &started, repetition)?);
        Ok(())
    })
    .map_err(explain)?;
    let loss = loss.ok_or_else(|| wrong("nothing was done".into()))?.item()?;

    let settings_shown = serde_json::to_value(&settings).unwrap_or_default();
    let batch = settings_shown["batch"].as_u64().ok_or_else(|| wrong("it has no setting `batch`".into()))?;
    let images = step.images.unwrap_or(batch);
    let is_default = settings.changed(&declaration).is_empty();
    print(&[
        json!({ "name": name, "batch": batch }),
        times.tell(),
        json!({
            "images_per_s": images as f64 / times.median(),
            "gflop_per_step": step.gflop.filter(|_| is_default),
            "images_per_step": images,
            "settings": settings_shown,
            "parameters": step.modules.iter().map(Module::parameter_count).collect::<Vec<_>>(),
            "last_value": loss,
            "finite": loss.is_finite(),
        }),
        conditions.tell(),
    ]);
    Ok(())
}

/// What a script gives to be timed.
struct Step {
    function: FnPtr,
    modules: Vec<Module>,
    images: Option<u64>,
    gflop: Option<f64>,
}

impl Step {
    /// The step that a script's value describes, or what is wrong with it.
    fn read(value: &Dynamic) -> Result<Self, String> {
        let map = value.read_lock::<Map>().ok_or("its value is no map with `step` and `modules`")?;
        Ok(Self {
            function: field(&map, "step")?.ok_or("its value has no `step`")?,
            modules: field(&map, "modules")?.ok_or("its value has no `modules`")?,
            images: field::<usize>(&map, "images")?.map(|n| n as u64),
            gflop: field(&map, "gflop")?,
        })
    }

    /// Does the step once and gives its loss. Random numbers are drawn anew each time, as in training.
    fn run(&self, host: &Host, started: &Started, repetition: u32) -> Result<Tensor> {
        let key = host.session.key().derive(&format!("step/{repetition}"));
        let loss = with_stream(key, || host.call(started, &self.function))?;
        let kind = loss.type_name();
        let wrong = || Error::Failed(format!("the step gave a {kind}, expected its loss, a Tensor"));
        loss.try_cast::<Tensor>().ok_or_else(wrong)
    }
}

/// A value of the map, where there is one.
fn field<T: FromScript>(map: &Map, name: &str) -> Result<Option<T>, String> {
    let Some(value) = map.get(name) else { return Ok(None) };
    let wrong = |_| format!("`{name}` is a {}, expected {}", value.type_name(), T::NAME);
    T::from_script(value).map(Some).map_err(wrong)
}
