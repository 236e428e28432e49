//! `host params`

use std::path::{Path, PathBuf};

use serde_json::json;

use super::{outcome::Outcome, plugin};
use crate::{
    error::Result,
    run::Progress,
    script::{Limits, library, settings},
    session::Options,
    terminal::entry,
};

/// Prints the settings of a plugin, and its presets, also for programs; or its settings as a file to edit.
pub fn run(plugin: &Path, toml: bool, json: bool) -> Result<Outcome> {
    let path = plugin::find(plugin)?;
    let plugin = plugin::open(&path, Options::default(), Progress::quiet(), Limits::default())?;
    let presets = plugin::presets(&path);
    let paper = plugin::paper(&path)?;
    if json {
        let declared = plugin.declaration.as_ref();
        let settings = declared.map(|declaration| settings::to_json(declaration, paper.as_ref()));
        let preset = |(name, file): &(String, PathBuf)| json!({ "name": name, "about": about(file).trim() });
        out!(
            "{}",
            json!({
                "plugin": plugin::stem(&path),
                "path": path,
                "settings": settings.unwrap_or_default(),
                "presets": presets.iter().map(preset).collect::<Vec<_>>(),
            })
        );
        return Ok(Outcome::Done);
    }
    let Some(declaration) = &plugin.declaration else {
        out!("{} has no settings", path.display());
        return Ok(Outcome::Done);
    };
    if toml {
        let name = plugin::stem(&path);
        out!("# Settings of {name}: `host run {name} --config FILE.toml`, with this in FILE.toml.\n");
        out!("{}", settings::to_toml(declaration, paper.as_ref()).trim_end());
        return Ok(Outcome::Done);
    }
    out!("{}", settings::table(declaration, paper.as_ref()).trim_end());
    if !presets.is_empty() {
        let indent = presets.iter().map(|(name, _)| name.len()).max().unwrap_or(0) + 4;
        let line = |(name, file): &(String, PathBuf)| entry(&format!("  {name}"), indent, &about(file));
        out!("\npresets (--preset NAME):\n{}", presets.iter().map(line).collect::<String>().trim_end());
    }
    Ok(Outcome::Done)
}

/// The comment that a preset begins with.
fn about(file: &Path) -> String {
    let text = library::read(file).unwrap_or_else(|error| error.to_string());
    let lines = text.lines().map_while(|line| line.strip_prefix('#'));
    lines.collect::<Vec<_>>().join(" ")
}
