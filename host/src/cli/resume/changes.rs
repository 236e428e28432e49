//! Differences between now and the time when a run was stopped: in its scripts and in the files that it read.

use std::path::{Path, PathBuf};

use similar::TextDiff;

use crate::{
    files::reading::{self, Checksum},
    run::{Change, FileRecord, Record, ScriptText},
    script::{Scripts, library},
    session::DATA,
};

/// The number of lines that are shown of how a script changed.
const SHOWN: usize = 40;

/// The scripts and files that changed, and the files as they are now.
pub struct Changes {
    scripts: Vec<Change>,
    files: Vec<(Change, Option<FileRecord>)>,
    /// Presets and files of `--config`.
    configs: Vec<(Change, Option<FileRecord>)>,
}

impl Changes {
    /// Compares the plugin, its imports, and the files that can be found by name. A folder is compared when
    /// it is read: the record does not list its files.
    /// A preset may be beside the plugin, wherever that is now.
    pub fn since(record: &Record, scripts: &Scripts, data: &[PathBuf], plugin: &Path) -> Self {
        let change =
            |known: &FileRecord, now: Option<FileRecord>| (Change::of(Some(known), now.as_ref()), now);
        let file = |known: &FileRecord| file(known, data).map(|now| change(known, now));
        let config = |known: &FileRecord| config(known, plugin).map(|now| change(known, now));
        Self {
            scripts: changed_scripts(&record.scripts, &scripts.record()),
            files: record.files.iter().filter(|known| known.files.is_none()).filter_map(file).collect(),
            configs: record.configs.iter().filter_map(config).collect(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.scripts.is_empty() && self.files.is_empty() && self.configs.is_empty()
    }

    /// Whether a preset or a file of `--config` changed, whose values are in the record.
    pub fn has_configs(&self) -> bool {
        !self.configs.is_empty()
    }

    pub fn listed(&self) -> Vec<Change> {
        let files = self.files.iter().chain(&self.configs).map(|(change, _)| change);
        self.scripts.iter().chain(files).cloned().collect()
    }

    /// How the texts of scripts changed, line by line; nothing where none did.
    pub fn diff(&self, now: &Scripts) -> Option<String> {
        let now = now.record();
        let texts = self.scripts.iter().filter_map(|change| {
            let new = now.iter().find(|script| script.path == change.name)?;
            Some((change, change.text.as_deref()?, new.text.as_str()))
        });
        let diffs = texts.map(|(change, old, new)| {
            let diff = TextDiff::from_lines(old, new);
            let (old, new) =
                (format!("{} (as the run began)", change.name), format!("{} (now)", change.name));
            shortened(&diff.unified_diff().context_radius(1).header(&old, &new).to_string())
        });
        let diffs: Vec<String> = diffs.collect();
        (!diffs.is_empty()).then(|| diffs.join("\n"))
    }

    /// Notes them in the record, which has the files as they are from now on.
    pub fn note(&self, record: &mut Record) {
        let resumed = record.resumed;
        record.changed.extend(self.listed().into_iter().map(|change| Change { resumed, ..change }));
        let noted = [(&self.files, &mut record.files), (&self.configs, &mut record.configs)];
        for (changes, files) in noted {
            for (change, now) in changes {
                files.retain(|known| known.name != change.name);
                files.extend(now.clone());
            }
        }
    }
}

/// The first lines of a difference.
fn shortened(diff: &str) -> String {
    let lines: Vec<&str> = diff.lines().collect();
    match lines.len().checked_sub(SHOWN) {
        None | Some(0) => lines.join("\n"),
        Some(more) => format!("{}\n... {more} more lines", lines[..SHOWN].join("\n")),
    }
}

/// Compares scripts by their texts, wherever they are. A script whose name is computed at run time is not
/// among those found `now`: it is looked for where it was.
fn changed_scripts(before: &[ScriptText], now: &[ScriptText]) -> Vec<Change> {
    let lacks = |scripts: &[ScriptText], script: &ScriptText| scripts.iter().all(|s| s.text != script.text);
    let text = |script: &ScriptText| reading::read(Path::new(&script.path), script.text.len() as u64);
    let is_there = |script: &ScriptText| text(script).is_ok_and(|text| text == script.text.as_bytes());
    let gone = before.iter().filter(|script| lacks(now, script) && !is_there(script));
    let gone: Vec<&ScriptText> = gone.collect();
    let is_it = |gone: &ScriptText, path: &str| {
        Path::new(path).ends_with(&gone.path) || Path::new(&gone.path).ends_with(path)
    };
    let new = now.iter().filter(|script| lacks(before, script)).map(|script| {
        let old = gone.iter().find(|gone| is_it(gone, &script.path));
        Change {
            name: script.path.clone(),
            before: old.map(|old| old.sha256.clone()),
            after: Some(script.sha256.clone()),
            text: old.map(|old| old.text.clone()),
            resumed: 0,
        }
    });
    let new: Vec<Change> = new.collect();
    let replaced = |gone: &ScriptText| new.iter().any(|new| new.before.as_ref() == Some(&gone.sha256));
    let lost = gone.iter().filter(|gone| !replaced(gone)).map(|gone| Change {
        name: gone.path.clone(),
        before: Some(gone.sha256.clone()),
        after: Checksum::of_file(Path::new(&gone.path)).ok().map(|sum| sum.sha256),
        text: Some(gone.text.clone()),
        resumed: 0,
    });
    let lost: Vec<Change> = lost.collect();
    new.into_iter().chain(lost).collect()
}

/// Where a file that a run read is now, if it is there.
pub fn located(known: &FileRecord, data: &[PathBuf]) -> Option<PathBuf> {
    match known.name.strip_prefix(DATA) {
        Some(inside) => data.iter().map(|folder| folder.join(inside)).find(|path| path.is_file()),
        None => Some(PathBuf::from(&known.name)),
    }
}

/// The file that is now where a file was; `None` if it is the same one, `Some(None)` if there is none.
fn file(known: &FileRecord, data: &[PathBuf]) -> Option<Option<FileRecord>> {
    let now = located(known, data).and_then(|path| Some((Checksum::of_file(&path).ok()?, path)));
    let now = now.map(|(sum, path)| FileRecord::new(known.name.clone(), &path, sum, None));
    (now.as_ref().map(|now| &now.sha256) != Some(&known.sha256)).then_some(now)
}

/// As [`file`], of a preset or a file of `--config`: it has to be as it was in one of the places where it may
/// be now.
fn config(known: &FileRecord, plugin: &Path) -> Option<Option<FileRecord>> {
    let beside = Path::new(&known.name).file_name().map(|name| plugin.with_file_name(name));
    let places = [Some(PathBuf::from(&known.name)), Some(PathBuf::from(&known.path)), beside];
    let now = |path: PathBuf| Some(FileRecord::new(known.name.clone(), &path, checksum(&path)?, None));
    let found: Vec<FileRecord> = places.into_iter().flatten().filter_map(now).collect();
    let is_there = found.iter().any(|now| now.sha256 == known.sha256);
    (!is_there).then(|| found.into_iter().next())
}

fn checksum(path: &Path) -> Option<Checksum> {
    match library::is_built_in(path) {
        true => library::read(path).ok().map(|text| Checksum::of(text.as_bytes())),
        false => Checksum::of_file(path).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(path: &str, text: &str) -> ScriptText {
        ScriptText::new(path, text)
    }

    #[test]
    fn scripts_are_compared_by_their_texts() {
        let before =
            [script("plugins/a.rhai", "a"), script("scripts/b.rhai", "b"), script("scripts/c.rhai", "c")];
        assert_eq!(changed_scripts(&before, &before), []);
        let elsewhere = [
            script("/x/scripts/c.rhai", "c"),
            script("/x/plugins/a.rhai", "a"),
            script("built-in:/b.rhai", "b"),
        ];
        assert_eq!(changed_scripts(&before, &elsewhere), []);
        let now =
            [script("/x/plugins/a.rhai", "A"), script("scripts/c.rhai", "c"), script("scripts/d.rhai", "d")];
        let found = changed_scripts(&before, &now);
        let shown: Vec<_> = found.iter().map(Change::to_string).collect();
        assert_eq!(shown, ["/x/plugins/a.rhai changed", "scripts/d.rhai is new", "scripts/b.rhai is gone"]);
        assert_eq!(found[0].text.as_deref(), Some("a"));
    }
}
