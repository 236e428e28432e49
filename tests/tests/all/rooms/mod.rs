//! The rooms of `ARCHITECTURE.md`: each uses no other than the page allows, and none uses one above it.

mod page;
mod source;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use tests::repository;

use page::{Room, rooms};
use source::{Names, paths, test_modules};

#[test]
fn rooms_use_only_what_stands_below_them() {
    let rooms = rooms();
    for (i, room) in rooms.iter().enumerate() {
        let home = repository().join(&room.home);
        assert!(home.is_dir() || home.with_extension("rs").is_file(), "{} is not there", room.home.display());
        for used in &room.uses {
            let below = rooms[i + 1..].iter().any(|other| other.name == *used);
            assert!(
                below,
                "ARCHITECTURE.md: `{}` may use `{used}`, which does not stand below it",
                room.name
            );
        }
    }
}

#[test]
fn sources_use_only_the_rooms_that_the_page_allows() {
    let rooms = rooms();
    let names = crates();
    let crates: Vec<Crate> = names.iter().map(|(name, folder)| Crate::read(name, folder, &names)).collect();
    let mut forbidden = BTreeSet::new();
    for own in &crates {
        for (file, text) in &own.files {
            let room = room_of(&rooms, file)
                .unwrap_or_else(|| panic!("{} is in no room of ARCHITECTURE.md", file.display()));
            for names in paths(text) {
                let Some(used) = own.target(file, &names, &crates).and_then(|path| room_of(&rooms, &path))
                else {
                    continue;
                };
                if used.name != room.name && !room.may_use(used) {
                    let (file, names) = (file.display(), names.join("::"));
                    forbidden.insert(format!("{} uses {}: {file}: {names}", room.name, used.name));
                }
            }
        }
    }
    let shown: Vec<_> = forbidden.into_iter().collect();
    assert!(shown.is_empty(), "ARCHITECTURE.md does not allow:\n{}", shown.join("\n"));
}

/// The room that a file or module stands in.
fn room_of<'a>(rooms: &'a [Room], path: &Path) -> Option<&'a Room> {
    let module = path.with_extension("");
    let around = rooms.iter().filter(|room| module.starts_with(&room.home));
    around.max_by_key(|room| room.home.components().count())
}

/// The sources of a crate, without those of its tests.
struct Crate {
    name: String,
    folder: PathBuf,
    files: BTreeMap<PathBuf, String>,
    /// Other crates.
    needs: Vec<String>,
    /// Names that the root shows, and the paths that they stand for.
    root: BTreeMap<String, Names>,
}

impl Crate {
    fn read(name: &str, folder: &Path, others: &BTreeMap<String, PathBuf>) -> Self {
        let mut files = BTreeMap::new();
        read(folder, &mut files);
        let tests: BTreeSet<PathBuf> = files.iter().flat_map(|(file, text)| tests_of(file, text)).collect();
        files.retain(|file, _| !tests.iter().any(|test| file.with_extension("").starts_with(test)));
        let root = files.remove(&folder.join("lib.rs")).expect("the root of a crate");
        files.retain(|file, _| !file.ends_with("main.rs"));
        let root =
            paths(&root).into_iter().filter_map(|names| Some((names.last()?.clone(), names))).collect();
        Self { name: name.to_owned(), folder: folder.to_owned(), files, needs: needs(folder, others), root }
    }

    /// The module that a path in `file` leads to, as far as it is known: `host/src/run/Saved`.
    fn target(&self, file: &Path, names: &[String], crates: &[Self]) -> Option<PathBuf> {
        let supers = names.iter().take_while(|name| *name == "super").count();
        if supers > 0 {
            let module = module(file);
            let around = module.ancestors().nth(supers)?;
            return Some(around.join(names[supers..].iter().collect::<PathBuf>()));
        }
        let (is_inside, names) = match names.split_first()? {
            (first, rest) if first == "crate" => (true, rest),
            _ => (false, names),
        };
        let (first, rest) = names.split_first()?;
        let around = if is_inside { &self.folder } else { file.parent()? };
        let is_module = || self.files.keys().any(|other| module(other) == around.join(first));
        match crates.iter().find(|other| other.name == *first && self.needs.contains(first)) {
            Some(other) if !is_module() => Some(other.shown(rest)),
            _ => is_inside.then(|| self.shown(names)),
        }
    }

    /// What a name of the root leads to.
    fn shown(&self, names: &[String]) -> PathBuf {
        let behind =
            names.first().and_then(|first| self.root.get(first)).filter(|behind| behind[0] != "crate");
        let names = behind.map_or(names, |behind| &behind[..]);
        self.folder.join(names.iter().collect::<PathBuf>())
    }
}

/// The crates of the workspace by the names that the others have for them, and the folders of their sources.
fn crates() -> BTreeMap<String, PathBuf> {
    let manifest =
        fs::read_to_string(repository().join("Cargo.toml")).expect("the manifest of the workspace");
    let member = |line: &str| {
        let (name, rest) = line.split_once(" = {")?;
        let (folder, _) = rest.split_once("path = \"")?.1.split_once('"')?;
        Some((name.to_owned(), Path::new(folder).join("src")))
    };
    manifest.lines().filter_map(member).collect()
}

/// Those of `crates` that a manifest names.
fn needs(folder: &Path, crates: &BTreeMap<String, PathBuf>) -> Vec<String> {
    let manifest =
        fs::read_to_string(repository().join(folder).with_file_name("Cargo.toml")).expect("a manifest");
    let names = manifest.lines().filter_map(|line| line.strip_suffix(".workspace = true"));
    names.filter(|name| crates.contains_key(*name)).map(str::to_owned).collect()
}

/// The path of a file's module.
fn module(file: &Path) -> PathBuf {
    let module = file.with_extension("");
    if module.ends_with("mod") { module.with_file_name("") } else { module }
}

/// The modules for tests alone that a file declares.
fn tests_of(file: &Path, text: &str) -> Vec<PathBuf> {
    let is_root = file.ends_with("lib.rs");
    let around = if is_root { file.with_file_name("") } else { module(file) };
    test_modules(text).iter().map(|name| around.join(name)).collect()
}

fn read(folder: &Path, files: &mut BTreeMap<PathBuf, String>) {
    for entry in fs::read_dir(repository().join(folder)).expect("a folder of sources") {
        let path = folder.join(entry.expect("an entry").file_name());
        let whole = repository().join(&path);
        if whole.is_dir() {
            read(&path, files);
        } else if path.extension().is_some_and(|end| end == "rs") {
            files.insert(path, fs::read_to_string(whole).expect("a source"));
        }
    }
}
