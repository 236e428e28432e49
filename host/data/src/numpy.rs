//! NumPy's `.npy` files and `.npz` archives of them: items of data sets, and arrays of numbers.

mod elements;
mod items;
mod kind;
mod labels;
mod npy;
mod texts;

use files::{Error, Result};

use super::{
    ReadOptions, Split, class_numbers,
    dataset::Dataset,
    file::{self, FileOrigin},
    fit::require_room,
    split::{missing, missing_of},
    zip::Zip,
};
pub use kind::NumpyKind;
pub use npy::{NumpyArray, to_bytes};
use ops::Tensor;
use std::path::{Path, PathBuf};
pub use texts::{Texts, read_texts};

/// The largest array that is read.
const MAX_BYTES: u64 = 4 << 30;

/// Names of arrays with items and with labels, where they are not those of a split.
const ITEMS: [&str; 6] = ["images", "imgs", "image", "x", "data", "arr_0"];
const LABELS: [&str; 6] = ["labels", "label", "y", "targets", "target", "classes"];

/// Reads items `[N, ...]` (see [`NumpyArray::items`]), and labels `[N]` where there are any.
///
/// In an archive the items are the array that the option `array` names; or `x_train`, `train_images` and the
/// like, with the name of the split; or `images`, `x`, `data`, `arr_0`; or the only one. The labels are the
/// array that the option `labels` names; or `y_train`, `train_labels` and the like; or `labels`, `y`,
/// `targets`; or those of a file beside which is called `labels` where this one is called `imgs` or `images`.
/// Where no name has a split, all is for training.
///
/// # Errors
/// `Format` for a file that is cut off, contradicts itself or holds other arrays; `Usage` for a split that is
/// not there, where the arrays have other names, or do not fit into memory; `Io`.
pub fn read(path: &Path, split: Split, options: &ReadOptions) -> Result<Dataset> {
    let name = path.display().to_string();
    options.require_only(&name, &["array", "labels"])?;
    options.check(path)?;
    let file = Arrays::open(path)?;
    let index = file.items_of(split, &name, options)?;
    let content = file.read(index)?.items(&name, options)?;
    require_room(content.count, [content.shape.iter().product(), 1, 1])?;
    let labels = labels(&file, index, split, options, content.count)?;
    let unlabelled = labels.as_ref().err().cloned().unwrap_or_default();
    let class_names = class_numbers(labels.as_deref().unwrap_or_default());
    let part = (content.items, labels.ok().map(Into::into));
    Ok(Dataset::from_parts(&name, &content.shape, &class_names, vec![part])?.because(&unlabelled))
}

/// Whether the name of a file is that of an array or an archive of them.
pub fn is_file_of(path: &Path) -> bool {
    path.extension().is_some_and(|end| ["npy", "npz"].iter().any(|known| end.eq_ignore_ascii_case(known)))
}

/// The array of an `.npy` file, or the only one of an `.npz` archive.
///
/// # Errors
/// `Format` for a file that is cut off, contradicts itself or holds no numbers; `Usage` for an archive
/// of several arrays; `Io`.
pub fn read_array(path: &Path) -> Result<NumpyArray> {
    one(path, None, "give an .npy file of one array")
}

/// The array of an `.npy` file, or the one called `name` of an `.npz` archive, which may be left out where it
/// is the only one: as f32 (f16 and f32), f64, bool, i32 (whole numbers of up to 32 bits), i64 (larger ones).
/// On the CPU.
///
/// # Errors
/// `Format` for a file that is cut off, contradicts itself or holds no numbers; `Usage` for a name that is
/// not there; `Io`.
pub fn tensor(path: &Path, name: Option<&str>) -> Result<Tensor> {
    one(path, name, "name one: data::array(path, \"name\")")?.tensor()
}

/// All arrays of an `.npz` archive with their names, or that of an `.npy` file, which has none.
///
/// # Errors
/// `Format` for a file that is cut off, contradicts itself or holds no numbers; `Io`.
pub fn read_arrays(path: &Path) -> Result<Vec<(Option<String>, NumpyArray)>> {
    let file = Arrays::open(path)?;
    if file.zip.is_none() {
        return Ok(vec![(None, file.read(0)?)]);
    }
    let names = file.names();
    names.iter().enumerate().map(|(i, name)| Ok((Some((*name).to_owned()), file.read(i)?))).collect()
}

fn one(path: &Path, name: Option<&str>, help: &str) -> Result<NumpyArray> {
    let file = Arrays::open(path)?;
    let several = || {
        let names = file.names();
        let problem = format!("{} has {} arrays: {}", path.display(), names.len(), names.join(", "));
        Error::usage(problem, help)
    };
    let index = match name {
        Some(name) => file.named(name)?,
        None => file.only().ok_or_else(several)?,
    };
    file.read(index)
}

/// One label for each of `count` items, or why there are none.
fn labels(
    file: &Arrays,
    items: usize,
    split: Split,
    options: &ReadOptions,
    count: usize,
) -> Result<Result<Vec<u32>, String>> {
    let index = match &options.labels {
        Some(name) => Some(file.named(name)?),
        None => file
            .first_of(&of_split(split, "y", &LABELS))
            .or_else(|| file.first_of(&LABELS.map(str::to_owned))),
    };
    if let Some(array) = index {
        return file.read(array)?.labels(count).map(Ok);
    }
    if let Some(path) = beside(&file.path) {
        options.check(&path)?;
        let beside = Arrays::open(&path)?;
        let array = beside.only().ok_or_else(|| beside.unknown("labels", "labels"))?;
        return beside.read(array)?.labels(count).map(Ok);
    }
    let (names, path) = (file.names(), file.path.display());
    let others: Vec<&str> =
        (0..names.len()).filter(|&index| index != items).map(|index| names[index]).collect();
    if others.is_empty() {
        return Ok(Err("the file has no other array than that of the items".to_owned()));
    }
    let why = format!(
        "none of the other arrays ({}) is called {}: name it with the option `labels`",
        others.join(", "),
        LABELS.join(", ")
    );
    options.warn(&format!("{path}: read without labels: {why}"));
    Ok(Err(why))
}

/// The file of labels that lies beside one of pictures.
fn beside(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let pictures = ["imgs", "images"].into_iter().find(|part| name.contains(part))?;
    Some(path.with_file_name(name.replace(pictures, "labels"))).filter(|path| path.is_file())
}

/// `x_train`, `train_x`, `train_images`, `images_train`, ...: names of a split's array.
fn of_split(split: Split, letter: &str, words: &[&str]) -> Vec<String> {
    let words: Vec<&str> = [letter].iter().chain(words).copied().collect();
    let joined = |name: &str, word: &str| {
        [format!("{word}_{name}"), format!("{name}_{word}"), format!("{word}{name}"), format!("{name}{word}")]
    };
    let pairs = split.words().iter().flat_map(|name| words.iter().map(move |word| (*name, *word)));
    pairs.flat_map(|(name, word)| joined(name, word)).collect()
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
        if zip.as_ref().is_some_and(|zip| zip.entries().is_empty()) {
            let problem = format!("{} holds no array", path.display());
            return Err(Error::usage(problem, "write it again: numpy.savez(path, x=x)"));
        }
        Ok(Self { path: path.to_path_buf(), zip })
    }

    fn names(&self) -> Vec<&str> {
        let entries = self.zip.iter().flat_map(Zip::entries);
        entries.map(|entry| entry.name.strip_suffix(".npy").unwrap_or(&entry.name)).collect()
    }

    /// The index of the items of a split.
    fn items_of(&self, split: Split, name: &str, options: &ReadOptions) -> Result<usize> {
        let file = self.path.file_stem().unwrap_or_default().to_string_lossy();
        if let Some(asked) = &options.array {
            let index = self.named(asked)?;
            let named = Split::of_name(asked).or_else(|| Split::of_name(&file)).unwrap_or(Split::Train);
            let missing = || missing_of(&format!("array `{asked}` of {name}"), name, split, &[named]);
            return (named == split).then_some(index).ok_or_else(missing);
        }
        let of = |split| self.first_of(&of_split(split, "x", &ITEMS));
        if let Some(index) = of(split) {
            return Ok(index);
        }
        let has: Vec<Split> = Split::ALL.into_iter().filter(|&split| of(split).is_some()).collect();
        if !has.is_empty() {
            return Err(missing(name, split, &has));
        }
        let common = self.first_of(&ITEMS.map(str::to_owned)).or_else(|| self.only());
        let index = common.ok_or_else(|| self.unknown("items", "array"))?;
        match Split::of_name(&file) {
            named if split == Split::Train || named == Some(split) => Ok(index),
            named => Err(missing(name, split, named.as_slice())),
        }
    }

    /// The index of the first of those names that is there, in letters of either case.
    fn first_of(&self, names: &[String]) -> Option<usize> {
        let known = self.names();
        names.iter().find_map(|name| known.iter().position(|known| known.eq_ignore_ascii_case(name)))
    }

    /// The index of the array of that name.
    fn named(&self, name: &str) -> Result<usize> {
        let names = self.names();
        names.iter().position(|known| *known == name).ok_or_else(|| {
            let problem = format!("{} has no array `{name}`", self.path.display());
            let help = if names.is_empty() {
                "it has one, without a name".into()
            } else {
                format!("it has {}", names.join(", "))
            };
            Error::usage(problem, help)
        })
    }

    /// The index of the only array.
    fn only(&self) -> Option<usize> {
        (self.zip.as_ref().is_none_or(|zip| zip.entries().len() == 1)).then_some(0)
    }

    fn unknown(&self, what: &str, option: &str) -> Error {
        let names = self.names().join(", ");
        Error::usage(
            format!("which array of {} has the {what}?", self.path.display()),
            format!(
                "name one with the option `{option}`: {names}; or read one with data::array(path, \"name\")"
            ),
        )
    }

    fn read(&self, index: usize) -> Result<NumpyArray> {
        let maximum = MAX_BYTES.min(ops::tensor::room() as u64);
        match &self.zip {
            Some(zip) => {
                let entry = &zip.entries()[index];
                let origin =
                    FileOrigin { path: self.path.clone(), entry: Some((entry.name.clone(), entry.offset)) };
                NumpyArray::parse(zip.read(entry, maximum)?, origin)
            }
            None => NumpyArray::parse(file::read(&self.path, maximum)?, FileOrigin::file(&self.path)),
        }
    }
}

#[cfg(test)]
mod tests;
