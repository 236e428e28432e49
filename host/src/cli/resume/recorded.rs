//! The scripts of a run as its record has them, written out as files.

use std::{
    fs,
    path::{Component, Path, PathBuf},
};

use crate::{
    cli::plugin::built_in,
    error::{Error, Result},
    files::write_whole,
    run::{Record, ScriptText},
};

/// The folder in that of the run.
const FOLDER: &str = "scripts";

/// Writes the scripts into the run's folder, and gives the path of the plugin: `plugins/NAME.rhai`, with the
/// scripts that it imports in `scripts/`, where they are found.
///
/// # Errors
/// `Usage` for a record without the plugin's text; `Io` where a file cannot be written.
pub fn write(record: &Record, run: &Path) -> Result<PathBuf> {
    let plugin = plugin(record).ok_or_else(|| {
        let problem = format!("{} has no text of the plugin", run.join("run.json").display());
        Error::usage(problem, "give the plugin itself: `--plugin FILE`")
    })?;
    let root = run.join(FOLDER);
    for script in &record.scripts {
        let path = root.join(position(Path::new(&script.path), Path::new(&plugin.path)));
        let folder = path.parent().unwrap_or(&root);
        fs::create_dir_all(folder).map_err(Error::io(folder))?;
        write_whole(&path, script.text.as_bytes())?;
    }
    let path = Path::new(&plugin.path);
    Ok(root.join(position(path, path)))
}

/// The script that was run; it is the first one that a run reads.
fn plugin(record: &Record) -> Option<&ScriptText> {
    record.scripts.iter().find(|script| script.path == record.plugin).or(record.scripts.first())
}

/// Where a script belongs: below `scripts` what was found in a folder of scripts, below `plugins` the plugin
/// and what lay in its folder. Nothing of a path leads out of these.
fn position(script: &Path, plugin: &Path) -> PathBuf {
    let folder = plugin.parent().unwrap_or(Path::new(""));
    let sibling = folder.parent().map(|above| above.join("scripts"));
    let libraries = [sibling, Some(PathBuf::from("scripts")), Some(built_in("scripts"))];
    let library = libraries.iter().flatten().filter(|_| script != plugin);
    let inside = library.filter_map(|library| script.strip_prefix(library).ok()).next();
    let (part, inside) = match inside {
        Some(inside) => ("scripts", inside),
        None => ("plugins", script.strip_prefix(folder).unwrap_or(script)),
    };
    let plain = inside.components().filter(|part| matches!(part, Component::Normal(_)));
    Path::new(part).join(plain.collect::<PathBuf>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_lie_where_imports_find_them() {
        for (script, plugin, expected) in [
            ("plugins/a.rhai", "plugins/a.rhai", "plugins/a.rhai"),
            ("plugins/near.rhai", "plugins/a.rhai", "plugins/near.rhai"),
            ("scripts/nets/w.rhai", "plugins/a.rhai", "scripts/nets/w.rhai"),
            ("built-in:/scripts/nets/w.rhai", "a.rhai", "scripts/nets/w.rhai"),
            ("built-in:/scripts/nets/w.rhai", "built-in:/plugins/a.rhai", "scripts/nets/w.rhai"),
            ("/x/scripts/w.rhai", "/x/plugins/a.rhai", "scripts/w.rhai"),
            ("scripts/a.rhai", "scripts/a.rhai", "plugins/a.rhai"),
            ("a.rhai", "a.rhai", "plugins/a.rhai"),
            ("/etc/../../x.rhai", "plugins/a.rhai", "plugins/etc/x.rhai"),
            ("../../x.rhai", "a.rhai", "plugins/x.rhai"),
        ] {
            assert_eq!(position(Path::new(script), Path::new(plugin)), Path::new(expected), "{script}");
        }
    }
}
