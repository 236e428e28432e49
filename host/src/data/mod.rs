//! Data sets: what scripts load by name or by path, and where it is looked for.

pub mod dataset;
mod find;
pub mod glyphs;
mod idx;
mod known;
pub mod loader;

pub use dataset::{Dataset, Items, Part};
pub use find::{Found, Place, list};
pub use glyphs::glyphs;
pub use loader::{Batch, Batches, Plan};

use crate::error::{Error, Result};
use known::Set;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Pictures of one size, with labels where there are any.
#[derive(Debug, Clone)]
pub struct Images {
    pub name: String,
    /// `[C, H, W]` of every picture.
    pub shape: [usize; 3],
    /// `[N, C, H, W]`, 0 to 255.
    pub pixels: Arc<[u8]>,
    /// `[N]`, each an index into `class_names`.
    pub labels: Option<Arc<[u32]>>,
    pub class_names: Vec<String>,
}

impl Images {
    /// The number of pictures.
    pub fn len(&self) -> usize {
        let picture: usize = self.shape.iter().product();
        self.pixels.len().checked_div(picture).unwrap_or(0)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// `mnist: 60000 pictures [1, 28, 28], 10 classes`.
impl fmt::Display for Images {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} pictures {:?}, ", self.name, self.len(), self.shape)?;
        match &self.labels {
            Some(_) => write!(f, "{} classes", self.class_names.len()),
            None => write!(f, "no labels"),
        }
    }
}

/// The two halves that the makers of a set divided it into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    Train,
    Test,
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Train => "train",
            Self::Test => "test",
        })
    }
}

/// Loads a split of a set by `what`: the name of a known set, which is looked for in `folders`; a folder
/// that holds one set of IDX files; or an IDX file of pictures, which then is the whole answer,
/// whatever the split, with the labels that lie beside it.
///
/// `glyphs` gives 60,000 and 10,000 pictures of seed 0; [`glyphs()`] makes any other number.
///
/// # Errors
/// `Usage` for a name that is unknown or not found; `Format` or `Io` for a file that is not in order.
pub fn load(what: &str, split: Split, folders: &[PathBuf]) -> Result<Images> {
    if what == glyphs::NAME {
        return Ok(glyphs(0, split, glyphs::usual_count(split)));
    }
    if let Some(set) = known::named(what) {
        return read(&find::pictures(set, split, folders)?, Some(set));
    }
    let path = Path::new(what);
    if path.is_dir() {
        let file = find::only_pictures_in(path, split)?;
        return read(&file, find::of_file(&file));
    }
    if path.is_file() {
        return read(path, find::of_file(path));
    }
    Err(find::unknown(what, folders))
}

/// Where data is looked for, first to last: `--data DIR`, the variable `HOST_DATA`, `./data`.
pub fn folders(data_flag: Option<&Path>) -> Vec<PathBuf> {
    let variable = std::env::var_os("HOST_DATA").filter(|value| !value.is_empty());
    let flag = data_flag.map(Path::to_path_buf);
    flag.into_iter().chain(variable.map(PathBuf::from)).chain([PathBuf::from("data")]).collect()
}

/// Reads the pictures in `path`, which belong to `set` if that is known, and the labels beside it.
fn read(path: &Path, set: Option<&Set>) -> Result<Images> {
    let ([count, mut height, mut width], mut pixels) = idx::read::<3>(path)?;
    if set.is_some_and(|set| set.transposed) {
        transpose(&mut pixels, height, width);
        (height, width) = (width, height);
    }
    let labels = match find::labels_beside(path) {
        Some(beside) => Some(read_labels(&beside, count, set)?),
        None => None,
    };
    Ok(Images {
        name: set.map_or_else(|| path.display().to_string(), |set| set.name.to_owned()),
        shape: [1, height, width],
        pixels: pixels.into(),
        class_names: class_names(set, labels.as_deref()),
        labels,
    })
}

/// Reads one label for each of `count` pictures and checks that `set`, if it is known, has such classes.
fn read_labels(path: &Path, count: usize, set: Option<&Set>) -> Result<Arc<[u32]>> {
    let fault = |offset, found, expected| Error::Format { path: path.to_path_buf(), offset, found, expected };
    let ([labels], bytes) = idx::read::<1>(path)?;
    if labels != count {
        let expected = format!("{count}, one for each picture");
        return Err(fault(4, format!("{labels} labels"), expected));
    }
    let (first, classes) = set.map_or((0, 256), |set| (set.first_label, set.classes().count()));
    let label = |(i, &byte): (usize, &u8)| match u32::from(byte).checked_sub(first) {
        Some(label) if (label as usize) < classes => Ok(label),
        _ => {
            let last = first as usize + classes - 1;
            Err(fault(8 + i as u64, format!("label {byte}"), format!("{first} to {last}")))
        }
    };
    bytes.iter().enumerate().map(label).collect()
}

/// The names of a known set's classes, or numbers up to the highest label.
fn class_names(set: Option<&Set>, labels: Option<&[u32]>) -> Vec<String> {
    match (set, labels) {
        (Some(set), _) => set.classes().map(str::to_owned).collect(),
        (None, Some(labels)) => {
            let highest = labels.iter().max().copied().unwrap_or(0);
            (0..=highest).map(|label| label.to_string()).collect()
        }
        (None, None) => Vec::new(),
    }
}

/// Turns pictures `[N, height, width]` into `[N, width, height]`, rows becoming columns.
fn transpose(pixels: &mut [u8], height: usize, width: usize) {
    let mut rows = vec![0; height * width];
    for picture in pixels.chunks_exact_mut(height * width) {
        rows.copy_from_slice(picture);
        for (i, pixel) in picture.iter_mut().enumerate() {
            let (column, row) = (i / height, i % height);
            *pixel = rows[row * width + column];
        }
    }
}

#[cfg(test)]
mod tests;
