//! What a script may read, and whose word that is.
//!
//! # Who is trusted
//! - **Who types a command** is. What stands in it is granted: `--data`, `--allow-read`, `--onnxruntime`, the
//!   plugin, and files and folders that its settings name, a preset, a `--config` file or the run of `--like`
//!   included, whose settings are as good as typed. The plugin of that run is taken as on `host resume`.
//! - **A script is not.** It reads data folders, what was allowed, and what the user named: a file or folder
//!   by a setting that is declared as a path, by any other text no more than the regular file of that very
//!   path. Its defaults are its own words and grant nothing. It writes into the run's folder, under names
//!   made safe.
//! - **A data folder's content is not.** Files are opened where a path led when it was looked at; pipes,
//!   devices and the system's own state are refused.
//! - **A run's folder is not**, on `host resume`: it may come from anywhere. It consists of regular files and
//!   folders, or is refused: through a link in it, the run would write elsewhere. Scripts are taken
//!   from its record only where that is asked for (`--recorded`): else the plugin is found from the working
//!   folder or given anew, and its text has to be the record's. `--data`, `--allow-read` and `--onnxruntime`
//!   are given anew, too, or are what the command finds by itself. Of the files that its settings name those
//!   are read that lie in the working folder, hidden ones excepted; those that the record has the checksum of
//!   (whoever wrote it had their content), as long as they still have it; and what `--allow-read` grants
//!   anew. Tensors of a checkpoint are files named by their own checksum.
//!
//! A run's folder that somebody changes while it is resumed is beyond this: keep it where only you can write.

use std::path::{Component, Path, PathBuf};

use files::{Error, Result};

use crate::script::settings::NamedPath;

/// What the settings of a run let its script read.
#[derive(Debug, Default)]
pub struct Grants {
    pub named: Vec<NamedPath>,
    /// Where the settings come from the record of a run that is resumed.
    pub resumed: Option<Resumed>,
}

/// From where a run is resumed.
#[derive(Debug)]
pub struct Resumed {
    /// The working folder.
    pub home: PathBuf,
    /// The command as it was given.
    pub command: String,
}

/// How a path may be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    Granted,
    /// As long as it is what the run's record has the checksum of.
    Recorded,
}

impl Grants {
    /// Whether a setting lets `real` be read, which `asked` leads to; `recorded`: whether the record of the
    /// run that is resumed has its checksum.
    ///
    /// # Errors
    /// `Usage` with the way out.
    pub fn check(&self, asked: &Path, real: &Path, recorded: impl Fn() -> bool) -> Result<Permission> {
        let root = |named: &NamedPath| Path::new(&named.text).canonicalize().ok();
        let roots = self.named.iter().filter_map(|named| Some((named, root(named)?)));
        let around: Vec<_> = roots.filter(|(_, root)| real.starts_with(root)).collect();
        if !around.iter().any(|(named, root)| named.is_path || root == real && real.is_file()) {
            return Err(around
                .first()
                .map_or_else(|| unnamed(asked), |(named, root)| undeclared(asked, named, root)));
        }
        match &self.resumed {
            Some(resumed) if !is_own(real, &resumed.home) => match recorded() {
                true => Ok(Permission::Recorded),
                false => Err(ungranted(asked, real, &resumed.command)),
            },
            _ => Ok(Permission::Granted),
        }
    }
}

/// Whether a file or folder belongs to the work of somebody in `home`.
pub fn is_own(real: &Path, home: &Path) -> bool {
    let is_hidden = |part: Component| part.as_os_str().as_encoded_bytes().starts_with(b".");
    // Nobody works in the root folder.
    home.parent().is_some() && real.strip_prefix(home).is_ok_and(|inside| !inside.components().any(is_hidden))
}

fn unnamed(path: &Path) -> Error {
    Error::usage(
        format!("{}: the script may not read this", path.display()),
        "name the file in a setting, put it into the data folder, or allow its folder with --allow-read DIR",
    )
}

/// The error for a folder in a setting that could mean anything.
fn undeclared(path: &Path, named: &NamedPath, root: &Path) -> Error {
    let (path, setting) = (path.display(), &named.setting);
    Error::usage(
        format!(
            "{path}: the script may not read this: the setting `{setting}` names a folder, and is not \
             declared as a \
             path"
        ),
        format!(
            "declare it in the plugin: `params(#{{ ..., {}, ... }})`; or allow the folder with \
             --allow-read {}",
            named.declaration,
            root.display()
        ),
    )
}

/// The error for what only the record of a run names.
fn ungranted(path: &Path, real: &Path, command: &str) -> Error {
    Error::usage(
        format!("{}: only the run's record names this, outside of the working folder", path.display()),
        format!("if it may be read: {command} --allow-read {}", real.display()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_files_and_what_lies_elsewhere_are_not_ones_own() {
        let own = |path: &str| is_own(Path::new(path), Path::new("/home/me"));
        assert!(own("/home/me") && own("/home/me/a/b.npz"));
        assert!(!own("/home/you/a") && !own("/home/me/.ssh/id") && !own("/home/me/a/.b/c") && !own("/"));
        assert!(!is_own(Path::new("/a"), Path::new("/")));
    }
}
