//! `host list`

use std::path::Path;

use super::{outcome::Outcome, plugin};
use crate::error::{Error, Result};

/// Prints the plugins with their first line.
pub fn run() -> Result<Outcome> {
    let plugins = plugin::all(Path::new("plugins"));
    if plugins.is_empty() {
        return Err(Error::usage("there are no plugins in ./plugins", "go to the folder that has them"));
    }
    let width = plugins.iter().filter_map(|p| p.file_stem()).map(|s| s.len()).max().unwrap_or(0);
    for path in plugins {
        let text = std::fs::read_to_string(&path).map_err(Error::io(&path))?;
        let first = text.lines().next().unwrap_or_default().trim_start_matches("//!").trim();
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        println!("{name:width$}  {first}");
    }
    Ok(Outcome::Done)
}
