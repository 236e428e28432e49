//! Files of data sets, and the errors about them.

use std::path::{Path, PathBuf};

use files::Error;

pub use files::reading::{open, read};

/// A wrong file: what is at byte `offset` of it, and what should be there.
pub fn fault(path: &Path, offset: u64, found: impl Into<String>, expected: impl Into<String>) -> Error {
    Error::Format { path: path.to_path_buf(), offset, found: found.into(), expected: expected.into() }
}

/// Where bytes come from, for errors.
#[derive(Debug, Clone)]
pub struct FileOrigin {
    pub path: PathBuf,
    /// In an archive: the entry and where it begins.
    pub entry: Option<(String, u64)>,
}

impl FileOrigin {
    /// A file by itself.
    pub fn file(path: &Path) -> Self {
        Self { path: path.to_path_buf(), entry: None }
    }

    /// What is wrong `at` bytes into the content.
    pub fn fault(&self, at: usize, found: impl Into<String>, expected: impl Into<String>) -> Error {
        match &self.entry {
            Some((name, offset)) => {
                let position = if at > 0 { format!("at byte {at}: ") } else { String::new() };
                fault(&self.path, *offset, format!("`{name}`: {position}{}", found.into()), expected)
            }
            None => fault(&self.path, at as u64, found, expected),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_of_the_size_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, b"hello").unwrap();
        assert_eq!(read(&path, 5).unwrap(), b"hello");
        assert!(
            read(&path, 4).unwrap_err().to_string().contains("found more than 4 bytes, expected at most 4")
        );
        let not_regular = |path: &Path| {
            let error = read(path, 5).unwrap_err().to_string();
            assert!(error.contains("is no regular file"), "{error}");
        };
        not_regular(folder.path());
        if Path::new("/dev/zero").exists() {
            not_regular(Path::new("/dev/zero"));
        }
    }
}
