//! `host list`

use std::path::Path;

use serde_json::json;
use unicode_width::UnicodeWidthStr;

use super::{outcome::Outcome, plugin};
use crate::{
    error::Result,
    script::{Source, library},
    terminal::entry,
};

/// Prints the plugins, or the examples, with their first line, where each comes from, and its presets.
pub fn run(examples: bool, json: bool) -> Result<Outcome> {
    let plugins = if examples { plugin::examples() } else { plugin::all() };
    if json {
        plugins.iter().for_each(|path| out!("{}", facts(path)));
        return Ok(Outcome::Done);
    }
    let indent = plugins.iter().map(|path| plugin::stem(path).width()).max().unwrap_or(0) + 2;
    for path in &plugins {
        let name = plugin::stem(path);
        out!("{}{}", entry(&name, indent, &title(path)), entry("", indent, &origin(path)));
    }
    out!(
        "`host params NAME` shows its settings, `host run NAME` runs it, and\n\
         `host copy NAME` gives a copy to edit.{}",
        if examples { "" } else { " `host list --examples` shows more." }
    );
    Ok(Outcome::Done)
}

/// The same for programs.
fn facts(path: &Path) -> serde_json::Value {
    json!({
        "name": plugin::stem(path),
        "title": title(path).trim(),
        "path": path,
        "built_in": library::is_built_in(path),
        "presets": plugin::presets(path).into_iter().map(|(name, _)| name).collect::<Vec<_>>(),
    })
}

/// The first line of a plugin, or why it cannot be read.
fn title(path: &Path) -> String {
    let first =
        |source: Source| source.text.lines().next().unwrap_or_default().trim_start_matches("//!").to_owned();
    Source::read(path).map_or_else(|error| error.to_string(), first)
}

/// Where a plugin comes from, and its presets.
fn origin(path: &Path) -> String {
    let from = match library::is_built_in(path) {
        true => "built in".to_owned(),
        false if library::is_file(&plugin::built_in("").join(path)) => {
            format!("{}, in place of the built-in one", path.display())
        }
        false => path.display().to_string(),
    };
    let presets: Vec<_> = plugin::presets(path).into_iter().map(|(name, _)| name).collect();
    match presets.is_empty() {
        true => from,
        false => format!("{from}; presets: {}", presets.join(", ")),
    }
}
