//! `host params`

use std::path::Path;

use super::{outcome::Outcome, plugin};
use crate::{
    error::{Error, Result},
    run::Mode,
    script::{Limits, settings},
    session::Options,
};

/// Prints the settings of a plugin as a table.
pub fn run(plugin: &Path) -> Result<Outcome> {
    let path = plugin::find(plugin)?;
    let plugin = plugin::open(&path, Options::default(), Mode::Quiet, Limits::default())?;
    let Some(declaration) = &plugin.declaration else {
        println!("{} has no settings", path.display());
        return Ok(Outcome::Done);
    };
    let paper = plugin::preset(&path, "paper");
    let paper = if paper.exists() { Some(read(&paper)?) } else { None };
    print!("{}", settings::table(declaration, paper.as_ref()));
    Ok(Outcome::Done)
}

fn read(path: &Path) -> Result<toml::Table> {
    let text = std::fs::read_to_string(path).map_err(Error::io(path))?;
    text.parse()
        .map_err(|e| Error::usage(format!("{}: {e}", path.display()), "write lines like `epochs = 3`"))
}
