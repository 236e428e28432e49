//! Where the ONNX Runtime library lies.

use std::{
    env,
    path::{Path, PathBuf},
};

use crate::error::{Error, Result};

/// The library's file names, the one that `scripts/setup.sh` installs first.
const NAMES: &[&str] = if cfg!(target_os = "macos") {
    &["libonnxruntime.1.31.1.dylib", "libonnxruntime.dylib"]
} else if cfg!(windows) {
    &["onnxruntime.dll"]
} else {
    &["libonnxruntime.so.1.31.1", "libonnxruntime.so"]
};

/// The way out of every trouble with the library.
pub(super) const HELP: &str = "run scripts/setup.sh, which gets ONNX Runtime 1.31.1 into .ort/, \
     or name a library of version 1.31 or later with --onnxruntime PATH or ORT_DYLIB_PATH";

/// The path of the ONNX Runtime library: `flag` (`--onnxruntime`), `ORT_DYLIB_PATH`, beside the binary,
/// `.ort/` of the working folder and its parents, the system's library folders; the first that there is.
///
/// # Errors
/// `flag` or `ORT_DYLIB_PATH` names no file; no folder has the library.
pub fn locate(flag: Option<&Path>) -> Result<PathBuf> {
    if let Some(path) = flag {
        return named("--onnxruntime", path);
    }
    match env::var_os("ORT_DYLIB_PATH").filter(|path| !path.is_empty()) {
        Some(path) => named("ORT_DYLIB_PATH", Path::new(&path)),
        None => find(&folders()),
    }
}

/// The file that the user named; nothing else will do.
fn named(origin: &str, path: &Path) -> Result<PathBuf> {
    if path.is_file() {
        return path.canonicalize().map_err(Error::io(path));
    }
    let found = if path.exists() { "is not a file" } else { "does not exist" };
    let problem = format!("the ONNX Runtime library that {origin} names {found}: {}", path.display());
    Err(Error::usage(problem, HELP))
}

fn find(folders: &[PathBuf]) -> Result<PathBuf> {
    let candidates = folders.iter().flat_map(|folder| NAMES.iter().map(|name| folder.join(name)));
    let Some(path) = candidates.into_iter().find(|path| path.is_file()) else {
        let looked: String = folders.iter().map(|folder| format!("\n    {}", folder.display())).collect();
        let problem = format!("there is no ONNX Runtime library ({}) in any of{looked}", NAMES.join(" or "));
        return Err(Error::usage(problem, HELP));
    };
    path.canonicalize().map_err(Error::io(path))
}

/// The folders to look in, nearest first.
fn folders() -> Vec<PathBuf> {
    let binary = env::current_exe().ok();
    let working = env::current_dir().unwrap_or_default();
    let path_variable = if cfg!(target_os = "macos") { "DYLD_LIBRARY_PATH" } else { "LD_LIBRARY_PATH" };
    let search_path = env::var_os(path_variable).unwrap_or_default();
    let system = ["/usr/local/lib", "/opt/homebrew/lib", "/usr/lib", "/usr/lib64"];
    let multiarch = format!("/usr/lib/{}-linux-gnu", env::consts::ARCH);

    let mut folders: Vec<PathBuf> =
        binary.iter().filter_map(|path| path.parent()).map(Path::to_path_buf).collect();
    folders.extend(working.ancestors().map(|folder| folder.join(".ort")));
    folders.extend(env::split_paths(&search_path).filter(|path| !path.as_os_str().is_empty()));
    folders.extend(
        system.into_iter().chain([multiarch.as_str()]).map(PathBuf::from).filter(|path| path.is_dir()),
    );
    folders
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_nearest_folder_wins() {
        let root = tempfile::tempdir().unwrap();
        let [near, far] = ["near", "far"].map(|name| root.path().join(name));
        fs::create_dir(&far).unwrap();
        fs::write(far.join(NAMES[0]), "").unwrap();
        let folders = [near.clone(), far.clone()];
        assert_eq!(find(&folders).unwrap(), far.join(NAMES[0]).canonicalize().unwrap());

        fs::create_dir(&near).unwrap();
        fs::write(near.join(NAMES[NAMES.len() - 1]), "").unwrap();
        assert_eq!(find(&folders).unwrap().parent(), near.canonicalize().ok().as_deref());
    }

    #[test]
    fn an_error_says_where_it_looked_and_the_way_out() {
        let folder = tempfile::tempdir().unwrap();
        let error = find(&[folder.path().to_path_buf()]).unwrap_err().to_string();
        assert!(error.contains(&folder.path().display().to_string()), "{error}");
        assert!(error.contains(NAMES[0]) && error.contains("run scripts/setup.sh"), "{error}");
    }

    #[test]
    fn a_named_library_is_not_replaced_by_another() {
        let folder = tempfile::tempdir().unwrap();
        let error = locate(Some(folder.path())).unwrap_err().to_string();
        assert!(error.contains("--onnxruntime names is not a file"), "{error}");
        let error = locate(Some(&folder.path().join("gone.so"))).unwrap_err().to_string();
        assert!(error.contains("--onnxruntime names does not exist"), "{error}");
    }
}
