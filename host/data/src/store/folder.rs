//! The files of a folder and of those below it, with links that lead no further than the set and its caller
//! allow.

use std::{
    collections::{BTreeSet, VecDeque},
    fs::{self, FileType},
    path::{Path, PathBuf},
};

use files::{Error, Result};

use super::{Member, is_hidden};
use crate::{ReadOptions, left_out::LeftOut};

/// Folders below each other.
const MAX_DEPTH: usize = 8;

const AGAIN: [&str; 2] = ["link to what is in the set already", "links to what is in the set already"];

/// The files in `root`. Links are followed after everything else, so that no loop of them gives a file twice:
/// a link to what the set holds already is left out.
///
/// # Errors
/// `Usage` for a link that leads to where nothing may be read; `Io`.
pub fn files(root: &Path, options: &ReadOptions, left_out: &mut LeftOut) -> Result<Vec<Member>> {
    let real = root.canonicalize().map_err(Error::io(root))?;
    let seen = BTreeSet::from([real.clone()]);
    let mut walk =
        Walk { root: real.clone(), options, left_out, seen, links: VecDeque::new(), files: Vec::new() };
    walk.folder(&real, "", MAX_DEPTH)?;
    while let Some(link) = walk.links.pop_front() {
        walk.link(link)?;
    }
    Ok(walk.files.into_iter().map(|name| Member { name, index: 0 }).collect())
}

struct Walk<'a> {
    /// Without links in it, as all paths here.
    root: PathBuf,
    options: &'a ReadOptions<'a>,
    left_out: &'a mut LeftOut,
    /// Folders that were listed.
    seen: BTreeSet<PathBuf>,
    links: VecDeque<Link>,
    files: Vec<String>,
}

struct Link {
    path: PathBuf,
    name: String,
    depth: usize,
}

impl Walk<'_> {
    /// Adds the files of a folder and of those below it, at most `depth` deep.
    fn folder(&mut self, folder: &Path, prefix: &str, depth: usize) -> Result<()> {
        ops::interrupt::check()?;
        let entries = fs::read_dir(folder).map_err(Error::io(folder))?;
        let mut entries = entries.collect::<Result<Vec<_>, _>>().map_err(Error::io(folder))?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let (path, name) = (entry.path(), entry.file_name());
            let Some(name) = name.to_str() else {
                // It can be neither named nor a class.
                self.left_out
                    .add(["name that is no text", "names that are no text"], &name.to_string_lossy());
                continue;
            };
            if is_hidden(name) {
                continue;
            }
            let name = format!("{prefix}{name}");
            let kind = entry.file_type().map_err(Error::io(&path))?;
            if kind.is_symlink() {
                self.links.push_back(Link { path, name, depth });
            } else {
                self.entry(path, name, kind, depth)?;
            }
        }
        Ok(())
    }

    /// Adds what is no link.
    fn entry(&mut self, path: PathBuf, name: String, kind: FileType, depth: usize) -> Result<()> {
        if kind.is_dir() {
            return self.below(path, &name, depth);
        }
        if kind.is_file() {
            self.files.push(name);
        } else {
            self.left_out.add(["pipe or device", "pipes or devices"], &name);
        }
        Ok(())
    }

    fn below(&mut self, folder: PathBuf, name: &str, depth: usize) -> Result<()> {
        if depth == 0 {
            self.left_out.add(["folder too deep inside others", "folders too deep inside others"], name);
        } else if self.seen.contains(&folder) {
            self.left_out.add(AGAIN, name);
        } else {
            self.seen.insert(folder.clone());
            self.folder(&folder, &format!("{name}/"), depth - 1)?;
        }
        Ok(())
    }

    fn link(&mut self, Link { path, name, depth }: Link) -> Result<()> {
        let Ok(target) = path.canonicalize() else {
            self.left_out.add(["broken link", "broken links"], &name);
            return Ok(());
        };
        self.options.check(&path).map_err(|_| {
            let problem =
                format!("{} leads to {}, out of what may be read", path.display(), target.display());
            Error::usage(
                problem,
                "put the files themselves there, or allow their folder with --allow-read DIR",
            )
        })?;
        let inside = target.strip_prefix(&self.root).ok();
        let is_listed =
            inside.is_some_and(|inside| !inside.iter().any(|part| is_hidden(&part.to_string_lossy())));
        if is_listed {
            self.left_out.add(AGAIN, &name);
            return Ok(());
        }
        let kind = target.metadata().map_err(Error::io(&target))?.file_type();
        self.entry(target, name, kind, depth)
    }
}
