//! NumPy's `.npy` files and `.npz` archives of them, with pictures of unsigned bytes.

mod elements;
mod npy;

use super::fit::require_room;
use super::zip::Zip;
use super::{Images, Options, Split};
use crate::error::{Error, Result};
use crate::reading;
pub use elements::to_bytes;
use npy::Array;
use std::path::{Path, PathBuf};

/// The largest array that is read.
const MOST_BYTES: u64 = 4 << 30;

/// Reads `[N, H, W]`, `[N, H, W, C]` or `[N, C, H, W]` bytes, and labels `[N]` where there are any.
///
/// In an archive the pictures are the array that the option `array` names; or `x_train` (`x_test`),
/// `train_images`, `images`, `x`, `arr_0`; or the only one. The labels are the array that the option
/// `labels` names; or `y_train`, `train_labels`, `labels`, `y`; or those of a file beside which is called `labels` where
/// this one is called `imgs` or `images`.
///
/// # Errors
/// `Format` for a file that is cut off, contradicts itself or holds other arrays; `Usage` where the arrays
/// have other names, or do not fit into memory; `Io`.
pub fn read(path: &Path, split: Split, options: &Options) -> Result<Images> {
    let name = path.display().to_string();
    options.require_only(&name, &["array", "labels"])?;
    let file = Arrays::open(path)?;
    let usual =
        [format!("x_{split}"), format!("{split}_images"), "images".into(), "x".into(), "arr_0".into()];
    let wanted = file.choose(options.array.as_deref(), &usual)?.or_else(|| file.only());
    let Some(wanted) = wanted else {
        return Err(file.unknown("pictures", "array"));
    };
    let (pixels, [count, channels, height, width]) = file.read(wanted)?.pictures()?;
    require_room(count, [channels, height, width])?;
    let labels = labels(&file, split, options, count)?;
    let classes = labels.as_ref().and_then(|labels| labels.iter().max()).map_or(0, |highest| highest + 1);
    let images = Images {
        name,
        shape: [channels, height, width],
        pixels: pixels.into(),
        labels: labels.map(Into::into),
        class_names: (0..classes).map(|class| class.to_string()).collect(),
    };
    images.fitted(&options.fit)
}

/// The array of an `.npy` file, or the only one of an `.npz` archive, of any numbers that models take.
///
/// # Errors
/// `Format` for a file that is cut off, contradicts itself or holds other elements; `Usage` for an archive
/// of several arrays; `Io`.
pub fn read_array(path: &Path) -> Result<crate::onnx::Array> {
    let file = Arrays::open(path)?;
    let Some(only) = file.only() else {
        let problem =
            format!("{} has {} arrays: {}", path.display(), file.names().len(), file.names().join(", "));
        return Err(Error::usage(problem, "give an .npy file of one array"));
    };
    file.read(only)?.numbers()
}

/// One label for each of `count` pictures, if there are labels.
fn labels(file: &Arrays, split: Split, options: &Options, count: usize) -> Result<Option<Vec<u32>>> {
    let usual = [format!("y_{split}"), format!("{split}_labels"), "labels".into(), "y".into()];
    if let Some(array) = file.choose(options.labels.as_deref(), &usual)? {
        return file.read(array)?.labels(count).map(Some);
    }
    let Some(beside) = beside(&file.path) else { return Ok(None) };
    let beside = Arrays::open(&beside)?;
    match beside.only() {
        Some(array) => beside.read(array)?.labels(count).map(Some),
        None => Err(beside.unknown("labels", "labels")),
    }
}

/// The file of labels that lies beside one of pictures.
fn beside(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let pictures = ["imgs", "images"].into_iter().find(|part| name.contains(part))?;
    Some(path.with_file_name(name.replace(pictures, "labels"))).filter(|path| path.is_file())
}

/// An `.npz` archive, or an `.npy` file as an archive of one array without a name.
struct Arrays {
    path: PathBuf,
    zip: Option<Zip>,
}

impl Arrays {
    fn open(path: &Path) -> Result<Self> {
        let is_archive = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("npz"));
        let zip = is_archive.then(|| Zip::open(path)).transpose()?;
        Ok(Self { path: path.to_path_buf(), zip })
    }

    fn names(&self) -> Vec<&str> {
        let entries = self.zip.iter().flat_map(Zip::entries);
        entries.map(|entry| entry.name.strip_suffix(".npy").unwrap_or(&entry.name)).collect()
    }

    /// The place of the array that was asked for, or of the first that has a usual name.
    fn choose(&self, asked: Option<&str>, usual: &[String]) -> Result<Option<usize>> {
        let names = self.names();
        let place = |wanted: &str| names.iter().position(|name| *name == wanted);
        match asked {
            None => Ok(usual.iter().find_map(|name| place(name))),
            Some(asked) => place(asked).map(Some).ok_or_else(|| {
                let known = names.join(", ");
                Error::usage(
                    format!("{} has no array `{asked}`", self.path.display()),
                    format!("it has {known}"),
                )
            }),
        }
    }

    /// The place of the only array.
    fn only(&self) -> Option<usize> {
        (self.zip.as_ref().is_none_or(|zip| zip.entries().len() == 1)).then_some(0)
    }

    fn unknown(&self, what: &str, option: &str) -> Error {
        let names = self.names().join(", ");
        Error::usage(
            format!("which array of {} has the {what}?", self.path.display()),
            format!("name one with the option `{option}`: {names}"),
        )
    }

    fn read(&self, place: usize) -> Result<Array> {
        let most = MOST_BYTES.min(ops::tensor::room() as u64);
        match &self.zip {
            Some(zip) => {
                let entry = &zip.entries()[place];
                let bytes = zip.read(entry, most)?;
                Array::parse(bytes, &self.path, Some((&entry.name, entry.offset)))
            }
            None => {
                let bytes = reading::read(&self.path, most)?;
                Array::parse(bytes, &self.path, None)
            }
        }
    }
}

#[cfg(test)]
mod tests;
