//! `host copy`

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

use super::{outcome::Outcome, plugin};
use crate::{
    error::{Error, Result},
    script::{
        did_you_mean,
        library::{self, BUILT_IN},
    },
};

/// Writes a built-in plugin with its presets, or a built-in script, into ./plugins or ./scripts. It
/// overwrites nothing.
pub fn run(name: &Path) -> Result<Outcome> {
    let found = find(name)?;
    let is_plugin = found.starts_with(plugin::built_in("plugins"));
    let presets = if is_plugin { plugin::presets(&found) } else { Vec::new() };
    let files: Vec<_> =
        [found.clone()].into_iter().chain(presets.into_iter().map(|(_, path)| path)).collect();
    let target = |file: &PathBuf| file.strip_prefix(BUILT_IN).unwrap_or(file).to_owned();
    if let Some(there) = files.iter().map(target).find(|path| path.symlink_metadata().is_ok()) {
        let problem = format!("{} is there already, and nothing is overwritten", there.display());
        return Err(Error::usage(problem, "move it away to have a new copy"));
    }
    for file in &files {
        write(&target(file), &library::read(file)?)?;
        out!("{}", target(file).display());
    }
    let name = plugin::stem(&found);
    match is_plugin {
        true => out!("`host run {name}` takes this one from now on, where it is given in this folder."),
        false => out!("Imports take this one from now on, where commands are given in this folder."),
    }
    if let Some(import) = imports(&library::read(&found)?).first() {
        out!(
            "Imports are looked for in {}, then in scripts/, then in what is built in:\n\
             `host copy {import}` gives a copy of that script to edit.",
            if is_plugin { "plugins/" } else { "the plugin's folder" }
        );
    }
    Ok(Outcome::Done)
}

/// The built-in file of a plugin or script that is given by its name.
fn find(name: &Path) -> Result<PathBuf> {
    let file = plugin::script_file(name);
    let candidates =
        ["plugins", "plugins/examples", "scripts", ""].map(|folder| plugin::built_in(folder).join(&file));
    if let Some(found) =
        candidates.into_iter().find(|path| library::is_built_in(path) && library::is_file(path))
    {
        return Ok(found);
    }
    let below = |folder: &str| library::scripts_below(&plugin::built_in(folder));
    let known = [below("plugins"), below("scripts")].concat();
    let near = did_you_mean(&name.with_extension("").to_string_lossy(), known.iter().map(String::as_str));
    let problem = format!("there is no built-in plugin or script {}", name.display());
    Err(Error::usage(problem, near.unwrap_or_else(|| format!("there are {}", known.join(", ")))))
}

fn write(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(Error::io(folder))?;
    File::create_new(path).and_then(|mut file| file.write_all(text.as_bytes())).map_err(Error::io(path))
}

/// The imports of a script that stand at the start of a line.
fn imports(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.strip_prefix("import \"")?.split('"').next()).collect()
}
