//! `host run`

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::{
    args::{Control, DeviceChoice, RunArgs},
    launch,
    like::Asked,
    outcome::Outcome,
    plugin::{self, Plugin},
    stop,
};
use crate::{
    data,
    error::{Error, Result},
    run::{Arguments, Progress, Record, Run},
    script::{Limits, settings},
    session::{Options, Recorder, access::Grants},
};

/// Makes the run's folder and runs the plugin in it.
pub fn run(args: &RunArgs) -> Result<Outcome> {
    let asked = Asked::of(args)?;
    let path = plugin::find(&asked.plugin)?;
    let start = Start {
        seed: asked.seed,
        device: asked.device,
        exact: asked.exact,
        data: args.inputs.data.as_deref(),
        allow_read: &args.inputs.allow_read,
        control: &args.control,
    };
    let plugin = prepare(&path, &start)?;
    let recorded =
        Arguments { exact: asked.exact, ..args.inputs.recorded(&asked.plugin, asked.device, &args.control) };
    let resolved = settings(&path, &plugin, args, asked)?;
    let json = to_json(resolved.as_ref());
    let changed =
        resolved.iter().zip(&plugin.declaration).flat_map(|(r, d)| r.changed(d)).collect::<Vec<_>>();
    if let Some((resolved, declaration)) = resolved.as_ref().zip(plugin.declaration.as_ref()) {
        let grants = Grants { named: resolved.named(declaration), resumed: None };
        plugin.host.session.set_settings(resolved.to_map(), grants);
    }
    let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or("run");
    let record = launch::record(&plugin, json, plugin.host.session.options.device.name());
    let given = resolved.as_ref().map(settings::ResolvedSettings::given).unwrap_or_default();
    let configs = resolved.map(|resolved| resolved.files).unwrap_or_default();
    let record = Record { given, configs, arguments: Some(recorded), ..record };
    stop::listen(launch::say(&plugin.host.session))?;
    let run = match &args.folder {
        Some(folder) => Run::create_at(folder, record)?,
        None => Run::create(&args.out, stem, &changed, record)?,
    };
    launch::name(&run);
    let recorder = Recorder::new(run, &plugin.host.session.options, plugin.host.scripts.clone())?;
    launch::launch(&plugin, recorder, &args.control)
}

/// What a session of `host run` or `host resume` is made of.
pub struct Start<'a> {
    pub seed: u64,
    pub device: DeviceChoice,
    /// Whether convolutions are plain sums of products, in this process.
    pub exact: bool,
    pub data: Option<&'a Path>,
    pub allow_read: &'a [PathBuf],
    pub control: &'a Control,
}

/// Opens the plugin in a session made of the arguments, and reads all scripts that it imports.
pub fn prepare(path: &Path, start: &Start) -> Result<Plugin> {
    let control = start.control;
    ops::set_exact(start.exact);
    let options = Options {
        seed: start.seed,
        device: start.device.device()?,
        data: data::folders(start.data),
        readable: start.allow_read.to_vec(),
        onnxruntime: control.onnxruntime.clone(),
        checkpoint_every: control.checkpoint_every,
        stop_on_nan: control.stop_on_nan,
        ..Options::default()
    };
    let progress = if control.quiet { Progress::quiet() } else { Progress::shown() };
    let limits = Limits { operations: control.max_operations, ..Limits::default() };
    let plugin = plugin::open(path, options, progress, limits)?;
    plugin.read_imports(path);
    Ok(plugin)
}

fn settings(
    path: &Path,
    plugin: &Plugin,
    args: &RunArgs,
    asked: Asked,
) -> Result<Option<settings::ResolvedSettings>> {
    let sources = settings::SettingSources {
        command_line: asked.settings,
        like: asked.like,
        config: args.inputs.config.clone(),
        preset: args.inputs.preset.as_deref().map(|name| plugin::preset(path, name)).transpose()?,
        ..settings::SettingSources::default()
    };
    let Some(declaration) = &plugin.declaration else {
        return refuse_undeclared(&sources.command_line).map(|()| None);
    };
    settings::resolve(declaration, &sources).map(Some)
}

/// Refuses settings of a plugin that declares none.
pub fn refuse_undeclared(settings: &[(String, String)]) -> Result<()> {
    settings.first().map_or(Ok(()), |(key, _)| {
        Err(Error::usage(
            format!("there is no setting `{key}`: the plugin declares none"),
            "settings are declared with `let cfg = params(#{ ... });`",
        ))
    })
}

/// The settings as the record has them.
pub fn to_json(resolved: Option<&settings::ResolvedSettings>) -> serde_json::Map<String, Json> {
    let json = resolved.and_then(|resolved| serde_json::to_value(resolved).ok());
    json.and_then(|json| json.as_object().cloned()).unwrap_or_default()
}
