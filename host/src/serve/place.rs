//! What an address leads to below the folder that is served, and the address of a path there.

use std::path::{Component, Path, PathBuf};

use percent_encoding::percent_decode_str;

use super::query::encoded;

/// The file or folder that a part of an address leads to, as a path from the served folder `base`; none
/// where it leads out of it, by `..` or by a link, to something hidden, or nowhere.
pub fn below(base: &Path, url: &str) -> Option<PathBuf> {
    let mut path = base.to_owned();
    for part in url.split('/').filter(|part| !part.is_empty()) {
        let name = percent_decode_str(part).decode_utf8().ok()?;
        path.push(plain(&name)?);
    }
    let real = path.canonicalize().ok()?;
    let inside = real.strip_prefix(base).ok()?;
    let is_shown =
        inside.components().all(|part| part.as_os_str().to_str().is_some_and(|name| plain(name).is_some()));
    match inside {
        _ if !is_shown => None,
        inside if inside == Path::new("") => Some(".".into()),
        inside => Some(inside.to_owned()),
    }
}

/// The name of one file or folder that is not hidden.
fn plain(name: &str) -> Option<&str> {
    let mut parts = Path::new(name).components();
    let is_one =
        matches!((parts.next(), parts.next()), (Some(Component::Normal(part)), None) if part == name);
    (is_one && !name.starts_with('.') && !name.contains(['\0', '\\'])).then_some(name)
}

/// A path from the served folder as it stands in an address.
pub fn to_url(path: &Path) -> String {
    let parts = path.components().filter(|part| matches!(part, Component::Normal(_)));
    let parts = parts.map(|part| encoded(&part.as_os_str().to_string_lossy()).into_owned());
    parts.collect::<Vec<_>>().join("/")
}

/// The address of a run's page.
pub fn run_url(run: &Path) -> String {
    folder_url("run", run)
}

/// The address of a sweep's page.
pub fn sweep_url(sweep: &Path) -> String {
    folder_url("sweep", sweep)
}

/// It ends with a slash: what the page names lies below.
fn folder_url(kind: &str, folder: &Path) -> String {
    match to_url(folder) {
        path if path.is_empty() => format!("/{kind}/"),
        path => format!("/{kind}/{path}/"),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn nothing_outside_is_reached() {
        let outside = tempfile::tempdir().unwrap();
        let root = outside.path().canonicalize().unwrap();
        let base = root.join("base");
        fs::create_dir_all(base.join("runs/a b")).unwrap();
        fs::create_dir_all(base.join(".git")).unwrap();
        for file in ["secret", "base/runs/a b/x%.txt", "base/.git/config"] {
            fs::write(root.join(file), "").unwrap();
        }
        for (link, to) in [("out", "../secret"), ("in", "runs/a b"), ("hidden", ".git/config")] {
            std::os::unix::fs::symlink(to, base.join(link)).unwrap();
        }
        let at = |url: &str| below(&base, url);
        let file = Path::new("runs/a b/x%.txt");
        assert_eq!(at("runs/a%20b/x%25.txt").as_deref(), Some(file));
        assert_eq!(at(&to_url(file)).as_deref(), Some(file));
        assert_eq!(at("in//x%25.txt").as_deref(), Some(file), "a link within it");
        assert_eq!(at("").as_deref(), Some(Path::new(".")));
        for refused in [
            "..",
            "../secret",
            "%2e%2e/secret",
            "runs/../../secret",
            "runs%2f..%2f..%2fsecret",
            "..%2fsecret",
            "out",
            ".git/config",
            "hidden",
            "%00",
            "runs/a%20b/x%25.txt%00",
            "none",
            ".",
            "runs/.",
            "%ff",
            "..\\secret",
        ] {
            assert_eq!(at(refused), None, "{refused}");
        }
    }
}
