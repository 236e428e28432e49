//! `host bench steps`: one training step of each procedure, as a script in `scripts/bench` gives it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use ops::nn::Module;
use serde_json::{Value as Json, json};

use super::{Lines, choose};
use crate::{
    cli::{
        args::key_value,
        outcome::Outcome,
        plugin::{self, Plugin},
    },
    error::{Error, Result},
    laboratory::{Conditions, step::TimedStep},
    run::Progress,
    script::{Limits, settings},
    session::{Options, access::Grants},
};

/// Where the scripts are, here or in what is built in.
const FOLDER: &str = "scripts/bench";

/// Times the steps that were named.
pub fn run(words: &[String], conditions: &Conditions, lines: &Lines) -> Result<Outcome> {
    let (given, names): (Vec<_>, Vec<_>) =
        words.iter().map(String::as_str).partition(|word| word.contains('='));
    let batch = conditions.batch.map(|batch| ("batch".into(), batch.to_string()));
    let given: Vec<_> = given.into_iter().flat_map(key_value).chain(batch).collect();
    let scripts = [PathBuf::from(FOLDER), plugin::built_in(FOLDER)].map(|folder| plugin::in_folder(&folder));
    let scripts: BTreeMap<String, PathBuf> =
        scripts.into_iter().rev().flatten().map(|path| (plugin::stem(&path), path)).collect();
    for name in choose(&names, &scripts.keys().map(String::as_str).collect::<Vec<_>>())? {
        lines.show(&time(name, &scripts[name], given.clone(), conditions)?)?;
    }
    Ok(Outcome::Done)
}

/// Times one step and gives the parts of its line.
fn time(name: &str, path: &Path, given: Vec<(String, String)>, conditions: &Conditions) -> Result<Vec<Json>> {
    let options = Options { seed: conditions.seed, device: conditions.device, ..Options::default() };
    let Plugin { host, source, declaration, .. } =
        plugin::open(path, options, Progress::quiet(), Limits::default())?;
    let wrong = |problem: String| Error::usage(format!("{}: {problem}", path.display()), "look at wta.rhai");
    let declaration = declaration.ok_or_else(|| wrong("it declares no settings".into()))?;
    let sources = settings::SettingSources { command_line: given, ..settings::SettingSources::default() };
    let settings = settings::resolve(&declaration, &sources)?;
    let grants = Grants { named: settings.named(&declaration), resumed: None };
    host.session.set_settings(settings.to_map(), grants);

    let explain = |error: Error| Error::Failed(host.explain(&error, &source.name));
    let started = host.start(&source).map_err(explain)?;
    let step = TimedStep::read(&started.value).map_err(wrong)?;
    let (times, loss) = step.time(&host, &started, conditions).map_err(explain)?;
    let loss = loss.item()?;
    let counted = step.count(&host, &started, conditions).map_err(explain)?;

    let settings_shown = serde_json::to_value(&settings).unwrap_or_default();
    let batch = settings_shown["batch"].as_u64().ok_or_else(|| wrong("it has no setting `batch`".into()))?;
    let images = step.images.unwrap_or(batch);
    let is_default = settings.changed(&declaration).is_empty();
    Ok(vec![
        json!({ "name": name, "batch": batch }),
        times.described(),
        json!({
            "images_per_s": images as f64 / times.median(),
            "gflop_per_step": step.gflop.filter(|_| is_default),
            "images_per_step": images,
            "settings": settings_shown,
            "parameters": step.modules.iter().map(Module::parameter_count).collect::<Vec<_>>(),
            "last_value": loss,
            "finite": loss.is_finite(),
        }),
        conditions.described(),
        counted,
    ])
}
