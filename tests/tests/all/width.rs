//! No line is longer than the width that rustfmt keeps: where one is, it gives up on the whole expression
//! around it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tests::repository;

/// The width in `rustfmt.toml`.
fn width() -> usize {
    let settings = fs::read_to_string(repository().join("rustfmt.toml")).unwrap();
    let width = settings.lines().find_map(|line| line.strip_prefix("max_width = "));
    width.unwrap().parse().unwrap()
}

/// The sources and scripts in and below a folder; what begins with a dot and what is built is none.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found = Vec::new();
    for path in entries {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') || name == "target" {
            continue;
        }
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "rhai") {
            found.push(path);
        }
    }
    found
}

#[test]
fn no_line_is_longer_than_the_width() {
    let (root, width) = (repository(), width());
    let mut long = Vec::new();
    for path in sources(root) {
        let file = path.strip_prefix(root).unwrap();
        for (i, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
            if line.chars().count() > width {
                long.push(format!("{}:{}", file.display(), i + 1));
            }
        }
    }
    assert!(long.is_empty(), "longer than {width}:\n{}", long.join("\n"));
}
