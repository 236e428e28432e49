//! Where the IDX files of a set lie, and how they make up the set.

use std::path::{Path, PathBuf};

use files::{Error, Result};

use super::sets::{IMAGES, SETS, Set};
use crate::{Images, ItemLabels, ReadOptions, Split, class_numbers, file::fault, find::shown};

const LABELS: &str = "labels-idx1-ubyte";

/// Looks in the set's homes inside `folder`, then in `folder` itself.
pub fn inside(folder: &Path, set: &Set, split: Split) -> Option<PathBuf> {
    let name = set.file_name(split);
    let mut homes = set.homes.iter().map(|home| folder.join(home));
    homes.find_map(|home| plain_or_packed(&home.join(&name))).or_else(|| {
        // Several sets have MNIST's file names; the folder says which one it is.
        let file = plain_or_packed(&folder.join(&name))?;
        of_file(&file).is_none_or(|of| of.name == set.name).then_some(file)
    })
}

/// The known set that a file of pictures belongs to, by its own name (EMNIST) or its folder's.
pub fn of_file(path: &Path) -> Option<&'static Set> {
    let path = std::path::absolute(path).ok()?;
    let (name, folder) = (path.file_name()?.to_str()?, path.parent()?);
    SETS.iter().find(|set| {
        let of_split = |split| name.starts_with(&set.file_name(split));
        let is_named = name.starts_with(set.name) || set.homes.iter().any(|home| folder.ends_with(home));
        is_named && Split::COMMON.into_iter().any(of_split)
    })
}

/// The pictures of a split of the one set whose files lie in `folder`, if it holds IDX files.
///
/// # Errors
/// `Usage` where there is more than one.
pub fn only_pictures_in(folder: &Path, split: Split) -> Result<Option<PathBuf>> {
    let file = |set: &Set| plain_or_packed(&folder.join(set.file_name(split)));
    let mut files: Vec<PathBuf> = SETS.iter().filter_map(file).collect();
    // The sets with MNIST's file names, which stand side by side, all give the same file.
    files.dedup();
    match &files[..] {
        [file] => Ok(Some(file.clone())),
        [] => Ok(None),
        several => Err(Error::usage(
            format!("{} holds {} sets of IDX files", folder.display(), several.len()),
            format!("give the path of one: {}", shown(several)),
        )),
    }
}

/// The labels of the pictures in `path`: the file beside it whose name says so.
pub fn labels_beside(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let stem = name.strip_suffix(".gz").unwrap_or(name).strip_suffix(IMAGES)?;
    plain_or_packed(&path.with_file_name(format!("{stem}{LABELS}")))
}

/// The file `path` or `path.gz`, whichever is there.
fn plain_or_packed(path: &Path) -> Option<PathBuf> {
    let mut packed = path.as_os_str().to_owned();
    packed.push(".gz");
    let candidates = [path.to_path_buf(), packed.into()];
    candidates.into_iter().find(|file| file.is_file())
}

/// Reads the pictures in `path`, which belong to `set` if that is known, and the labels beside it.
///
/// # Errors
/// `Format` or `Io` for files that are not in order, `Usage` for options that IDX files do not take.
pub fn read(path: &Path, set: Option<&Set>, options: &ReadOptions) -> Result<Images> {
    let name = set.map_or_else(|| path.display().to_string(), |set| set.name.to_owned());
    options.require_only(&name, &[])?;
    options.check(path)?;
    let ([count, mut height, mut width], mut pixels) = super::read::<3>(path)?;
    if set.is_some_and(|set| set.transposed) {
        transpose(&mut pixels, height, width);
        (height, width) = (width, height);
    }
    let labels = match labels_beside(path) {
        Some(beside) => {
            options.check(&beside)?;
            Ok(read_labels(&beside, count, set)?)
        }
        None => Err(unlabelled(path)),
    };
    let class_names = match set {
        Some(set) => set.classes().map(str::to_owned).collect(),
        None => class_numbers(labels.as_deref().unwrap_or_default()),
    };
    let labels = ItemLabels { labels, class_names };
    Images::new(name, [1, height, width], pixels, labels).fitted(&options.fit)
}

/// Why there are no labels.
fn unlabelled(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    match name.split_once(IMAGES) {
        Some((stem, _)) => format!("there is no {stem}{LABELS} beside {}", path.display()),
        None => {
            format!("{} is not called ...-{IMAGES}, so that no file of labels belongs to it", path.display())
        }
    }
}

/// Reads one label for each of `count` pictures and checks that `set`, if it is known, has such classes.
fn read_labels(path: &Path, count: usize, set: Option<&Set>) -> Result<Vec<u32>> {
    let ([labels], bytes) = super::read::<1>(path)?;
    if labels != count {
        let expected = format!("{count}, one for each picture");
        return Err(fault(path, 4, format!("{labels} labels"), expected));
    }
    let (first, classes) = set.map_or((0, 256), |set| (set.first_label, set.classes().count()));
    let label = |(i, &byte): (usize, &u8)| match u32::from(byte).checked_sub(first) {
        Some(label) if (label as usize) < classes => Ok(label),
        _ => {
            let last = first as usize + classes - 1;
            Err(fault(path, 8 + i as u64, format!("label {byte}"), format!("{first} to {last}")))
        }
    };
    bytes.iter().enumerate().map(label).collect()
}

/// Transposes pictures `[N, height, width]` to `[N, width, height]`.
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
