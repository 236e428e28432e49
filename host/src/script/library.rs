//! The plugins and scripts that are built into the program, as files below a folder that is on no disk. All
//! reading of scripts and presets goes through here, and works for both.

use std::{
    fs,
    path::{Path, PathBuf},
};

use include_dir::{Dir, DirEntry, include_dir};

use crate::error::{Error, Result};

/// The folder of what is built in: `built-in:/plugins/dtan.rhai`, `built-in:/scripts/nets/wta.rhai`.
pub const BUILT_IN: &str = "built-in:";

/// The files of a plugin; shell scripts in the same folders are needed only with the sources.
const EXTENSIONS: [&str; 2] = ["rhai", "toml"];

/// How many levels of folders are searched for scripts.
const DEEPEST: usize = 4;

static PLUGINS: Dir = include_dir!("$CARGO_MANIFEST_DIR/../plugins");
static SCRIPTS: Dir = include_dir!("$CARGO_MANIFEST_DIR/../scripts");

/// Whether a path is that of something built in, there or not.
pub fn is_built_in(path: &Path) -> bool {
    path.starts_with(BUILT_IN)
}

/// Whether a path is that of a file, on the disk or built in.
pub fn is_file(path: &Path) -> bool {
    match is_built_in(path) {
        true => text(path).is_some(),
        false => path.is_file(),
    }
}

/// Whether a path is that of a folder, on the disk or built in.
pub fn is_folder(path: &Path) -> bool {
    match is_built_in(path) {
        true => folder(path).is_some(),
        false => path.is_dir(),
    }
}

/// The text of a script or preset.
///
/// # Errors
/// `Io`: there is no such file, or it is not UTF-8.
pub fn read(path: &Path) -> Result<String> {
    match is_built_in(path) {
        true => text(path).map(str::to_owned).ok_or(std::io::ErrorKind::NotFound.into()),
        false => fs::read_to_string(path),
    }
    .map_err(Error::io(path))
}

/// The entries of a folder by name, each with whether it is a folder; none where it cannot be read. A link to
/// a folder does not count as one, since links can form circles.
pub fn entries(path: &Path) -> Vec<(PathBuf, bool)> {
    let mut found: Vec<(PathBuf, bool)> = if is_built_in(path) {
        let entries = folder(path).map_or(&[][..], Dir::entries).iter();
        let shown = |entry: &&DirEntry| entry.as_dir().is_some() || is_part_of_plugins(entry.path());
        let named = |entry: &DirEntry| Some((path.join(entry.path().file_name()?), entry.as_dir().is_some()));
        entries.filter(shown).filter_map(named).collect()
    } else {
        let here = if path == Path::new("") { Path::new(".") } else { path };
        let entries = fs::read_dir(here).into_iter().flatten().flatten();
        let is_folder = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
        entries.map(|entry| (path.join(entry.file_name()), is_folder(&entry))).collect()
    };
    found.sort();
    found
}

/// The names that the scripts in and below a folder are imported by.
pub fn scripts_below(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    collect(folder, "", DEEPEST, &mut names);
    names
}

fn collect(folder: &Path, prefix: &str, depth: usize, names: &mut Vec<String>) {
    for (path, is_folder) in entries(folder) {
        let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()) else {
            continue;
        };
        if is_folder && depth > 1 && !stem.starts_with('.') {
            collect(&path, &format!("{prefix}{stem}/"), depth - 1, names);
        } else if path.extension().is_some_and(|extension| extension == "rhai") {
            names.push(format!("{prefix}{stem}"));
        }
    }
}

/// The path that all names of one file share.
///
/// # Errors
/// `Io`: there is no such file.
pub fn real(path: &Path) -> Result<PathBuf> {
    match is_built_in(path) {
        true => Ok(path.to_owned()),
        false => path.canonicalize().map_err(Error::io(path)),
    }
}

fn text(path: &Path) -> Option<&'static str> {
    let (dir, inner) = locate(path)?;
    let file = dir.get_file(inner).filter(|file| is_part_of_plugins(file.path()))?;
    std::str::from_utf8(file.contents()).ok()
}

fn folder(path: &Path) -> Option<&'static Dir<'static>> {
    let (dir, inner) = locate(path)?;
    if inner == Path::new("") { Some(dir) } else { dir.get_dir(inner) }
}

/// The built-in folder that holds a path, and the path inside of it.
fn locate(path: &Path) -> Option<(&'static Dir<'static>, &Path)> {
    let inner = path.strip_prefix(BUILT_IN).ok()?;
    [("plugins", &PLUGINS), ("scripts", &SCRIPTS)]
        .into_iter()
        .find_map(|(name, dir)| Some((dir, inner.strip_prefix(name).ok()?)))
}

fn is_part_of_plugins(path: &Path) -> bool {
    path.extension().is_some_and(|extension| EXTENSIONS.iter().any(|known| extension == *known))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built_in(name: &str) -> PathBuf {
        Path::new(BUILT_IN).join(name)
    }

    #[test]
    fn plugins_presets_and_scripts_are_built_in_and_shell_scripts_are_not() {
        let disk = |name: &str| fs::read_to_string(Path::new("..").join(name)).unwrap();
        for name in ["plugins/dtan.rhai", "plugins/dtan.paper.toml", "scripts/nets/wta.rhai"] {
            assert_eq!(read(&built_in(name)).unwrap(), disk(name));
            assert!(is_file(&built_in(name)) && !is_folder(&built_in(name)));
        }
        assert!(is_folder(&built_in("scripts")) && is_folder(&built_in("scripts/nets")));
        for name in ["scripts/setup.sh", "scripts/none.rhai", "none/dtan.rhai", "plugins", ""] {
            assert!(!is_file(&built_in(name)), "{name}");
        }
        let error = read(&built_in("plugins/none.rhai")).unwrap_err().to_string();
        assert!(error.starts_with("built-in:/plugins/none.rhai: "), "{error}");
    }

    #[test]
    fn folders_of_both_kinds_are_listed_alike() {
        let names = |folder: &Path| -> Vec<String> {
            let entries =
                entries(folder).into_iter().filter(|(path, _)| !path.to_string_lossy().ends_with(".sh"));
            entries
                .map(|(path, is_dir)| format!("{} {is_dir}", path.file_name().unwrap().display()))
                .collect()
        };
        for name in ["plugins", "scripts", "scripts/nets"] {
            assert_eq!(names(&built_in(name)), names(&Path::new("..").join(name)));
        }
        assert!(entries(&built_in("none")).is_empty() && entries(Path::new("/none")).is_empty());
    }
}
