//! Data sets: what scripts load by name or by path, and where it is looked for.

// A library prints nothing.
#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

mod attributes;
mod celeba;
mod cifar;
mod cursor;
pub mod dataset;
mod file;
mod find;
mod fit;
pub mod frame;
pub mod get;
mod glyphs;
mod idx;
mod imagenette;
mod known;
mod left_out;
pub mod loader;
mod matlab;
pub mod numpy;
mod omniglot;
mod options;
mod pickle;
mod pictures;
mod shapes;
mod split;
mod store;
mod svhn;
mod tar;
pub mod text;
mod weights;
mod zip;

pub use dataset::{Dataset, DatasetPart, Items};
pub use find::{FoundSet, SetLocation, list};
pub use fit::Fit;
pub use known::{BuiltIn, built_in};
pub use loader::{Batch, BatchLoader, BatchPlan, BatchRecipe};
pub use options::{Caller, ReadOptions};
pub use split::Split;
pub use weights::{ItemWeights, Mixture};

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use files::Result;

use cifar::Cifar;
use file::fault;
use known::KnownSet as _;

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
    /// Why there are no labels, where there are none.
    pub unlabelled: String,
}

/// The class of each item, or why there are none; and the names of the classes.
struct ItemLabels {
    labels: Result<Vec<u32>, String>,
    class_names: Vec<String>,
}

impl Images {
    fn new(name: impl Into<String>, shape: [usize; 3], pixels: Vec<u8>, labels: ItemLabels) -> Self {
        let (name, pixels, class_names) = (name.into(), pixels.into(), labels.class_names);
        let (labels, unlabelled) = match labels.labels {
            Ok(labels) => (Some(labels.into()), String::new()),
            Err(why) => (None, why),
        };
        Self { name, shape, pixels, labels, class_names, unlabelled }
    }

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

/// Numbers as the names of classes that have none, up to the highest of those labels.
pub fn class_numbers(labels: &[u32]) -> Vec<String> {
    let classes = labels.iter().max().map_or(0, |highest| highest + 1);
    (0..classes).map(|class| class.to_string()).collect()
}

/// Loads a split of a set by `what`: the name of a known set, which is looked for in `folders`, or a path: of
/// a folder of IDX or CIFAR files; of an IDX, `.npy` or `.npz` file; of a folder, zip or tar file of
/// pictures.
///
/// A built-in set gives its default number of pictures, by default of seed 0. Where a path has no splits, all
/// of it is for training.
///
/// # Errors
/// `Usage` for a name that is unknown or not found, a split that is not there, or options that the set does
/// not take; `Format` or `Io` for a file that is not in order.
pub fn load(what: &str, split: Split, options: &ReadOptions, folders: &[PathBuf]) -> Result<Dataset> {
    let path = Path::new(what);
    if !is_known(what) && path.is_file() && numpy::is_file_of(path) {
        return numpy::read(path, split, options);
    }
    images(what, split, options, folders).map(Dataset::from_images)
}

/// The same of sets that are pictures.
fn images(what: &str, split: Split, options: &ReadOptions, folders: &[PathBuf]) -> Result<Images> {
    if let Some(set) = built_in(what) {
        return set.load(split, None, options);
    }
    if let Some(set) = known::named(what) {
        if !set.splits().contains(&split) {
            return Err(split::missing_of(&format!("`{what}`"), what, split, set.splits()));
        }
        return set.read(&find::split_of(set, split, folders)?, split, options);
    }
    let path = Path::new(what);
    if path.is_dir() {
        return load_folder(path, split, options);
    }
    if path.exists() {
        return load_file(path, split, options);
    }
    Err(find::unknown(what, folders))
}

/// Whether a set is called `what`, so that it is no path.
pub fn is_known(what: &str) -> bool {
    known::names().any(|name| name == what)
}

/// Reads a folder of IDX files, of CIFAR files, or of pictures.
fn load_folder(path: &Path, split: Split, options: &ReadOptions) -> Result<Images> {
    if let Some(file) = idx::pair::only_pictures_in(path, split)? {
        return idx::pair::read(&file, idx::pair::of_file(&file), options);
    }
    if let Some((set, file)) = Cifar::in_folder(path, split) {
        return set.read(&file, split, options);
    }
    for other in Split::ALL {
        if idx::pair::only_pictures_in(path, other)?.is_some() || Cifar::in_folder(path, other).is_some() {
            return Err(split::missing(&path.display().to_string(), split, &[other]));
        }
    }
    pictures::read(path, split, options)
}

/// Reads a file, whose kind is known by its name.
fn load_file(path: &Path, split: Split, options: &ReadOptions) -> Result<Images> {
    if store::is_archive(path) {
        return pictures::read(path, split, options);
    }
    match Split::of_name(&path.file_name().unwrap_or_default().to_string_lossy()) {
        named if split == Split::Train || named == Some(split) => {
            idx::pair::read(path, idx::pair::of_file(path), options)
        }
        named => Err(split::missing(&path.display().to_string(), split, named.as_slice())),
    }
}

/// Where data is looked for, first to last: `--data DIR`, the variable `HOST_DATA`, `./data`.
pub fn folders(data_flag: Option<&Path>) -> Vec<PathBuf> {
    let variable = std::env::var_os("HOST_DATA").filter(|value| !value.is_empty());
    let flag = data_flag.map(Path::to_path_buf);
    flag.into_iter().chain(variable.map(PathBuf::from)).chain([PathBuf::from("data")]).collect()
}

#[cfg(test)]
mod damage;
#[cfg(test)]
mod tests;
