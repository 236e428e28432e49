//! Folders, zip files and tar files of pictures.

mod decode;
mod layout;

pub use decode::decode_all;

use std::path::{Path, PathBuf};

use files::{Error, Result};

use super::{
    Images, ItemLabels, ReadOptions, Split,
    attributes::{self, Attribute},
    file::{self, FileOrigin},
    split::missing,
    store::{Member, Store},
};
use layout::Layout;

/// Names that a file of attributes has where none is given.
const ATTRIBUTES: [&str; 4] =
    ["list_attr_celeba.txt", "list_attr_celeba.csv", "attributes.txt", "attributes.csv"];

/// What the names of the pictures that are read end with.
const READ: [&str; 9] = [".png", ".jpg", ".jpeg", ".jfif", ".bmp", ".gif", ".tif", ".tiff", ".webp"];

/// Reads a split of a folder or archive of pictures. Folders called `train`, `test` or `validation` (and
/// `training`, `testing`, `val`, `valid`, `train_images`, `test_set`) in it, or in each of its classes, are
/// its splits; where there are none, all is for training.
/// The folders below are the classes, which all splits have in common; or the option `labels` names an
/// attribute of the file `attributes`, by default one of [`ATTRIBUTES`] inside or beside.
///
/// # Errors
/// `Format` for a damaged picture, or one of another size than the first where no `size` is asked for;
/// `Usage` where there is no picture, no such split, or no such attribute; `Io`.
pub fn read(path: &Path, split: Split, options: &ReadOptions) -> Result<Images> {
    options.require_only(&path.display().to_string(), &["labels", "attributes", "exif_rotation"])?;
    let mut store = Store::open(path, options)?;
    let left_out = store.take_left_out();
    let layout = Layout::of(store.files(), options, left_out);
    let name = path.display().to_string();
    if layout.is_empty() {
        let left_out = layout.left_out();
        let found = if left_out.is_empty() {
            String::new()
        } else {
            format!(", and what it holds is left out: {left_out}")
        };
        return Err(Error::usage(
            format!("{name} holds no pictures{found}"),
            format!(
                "put files there that end with {} (others have to be converted), in folders `train` and \
                 `test` if it has splits; IDX files are called \
                 train-images-idx3-ubyte[.gz] and t10k-images-idx3-ubyte[.gz]",
                READ.join(" ")
            ),
        ));
    }
    let Some(chosen) = layout.of_split(split, own_split(path)) else {
        return Err(missing(&name, split, layout.splits()));
    };
    layout.notes().iter().for_each(|note| options.warn(&format!("{name}: {note}")));
    let labels = match &options.labels {
        Some(attribute) => by_attribute(&store, &chosen.files, attribute, options)?,
        None => chosen.labels,
    };
    read_chosen(&store, &chosen.files, labels, name, options)
}

/// The split that the name of the folder or archive says.
fn own_split(path: &Path) -> Option<Split> {
    let name = path.file_name()?.to_str()?;
    Split::of_folder(name.split('.').next()?)
}

/// Reads those pictures.
pub fn read_chosen(
    store: &Store,
    files: &[&Member],
    labels: ItemLabels,
    name: String,
    options: &ReadOptions,
) -> Result<Images> {
    let (shape, pixels) = decode_all(store, files, options, None)?;
    Ok(Images::new(name, shape, pixels, labels))
}

/// Whether a name is that of a picture, of a format that is read or not.
pub fn is_picture_name(name: &str) -> bool {
    is_picture(name) || layout::is_other_picture(name)
}

fn is_picture(name: &str) -> bool {
    ends_with(name, &READ)
}

fn ends_with(name: &str, ends: &[&str]) -> bool {
    let name = name.to_ascii_lowercase();
    ends.iter().any(|end| name.ends_with(end))
}

/// The attribute of each picture.
pub fn by_attribute(
    store: &Store,
    files: &[&Member],
    name: &str,
    options: &ReadOptions,
) -> Result<ItemLabels> {
    let (bytes, origin) = attributes_of(store, name, options)?;
    let attribute = Attribute::parse(&bytes, origin.clone(), name)?;
    let names: Vec<&str> = files.iter().map(|file| &*file.name).collect();
    let (labels, found_by) = attribute.of(store.path(), &names)?;
    found_by.iter().for_each(|warning| options.warn(warning));
    if attribute.empty() > 0 {
        let (empty, path) = (attribute.empty(), origin.path.display());
        options.warn(&format!(
            "{path}: {empty} pictures have an empty `{name}`, which is taken for a class of its own"
        ));
    }
    Ok(ItemLabels { labels: Ok(labels), class_names: attribute.class_names })
}

/// The file of attributes: the one named, or one inside a folder or archive, or one beside it; CelebA's own
/// folders are `Img` and `Anno`.
fn attributes_of(store: &Store, name: &str, options: &ReadOptions) -> Result<(Vec<u8>, FileOrigin)> {
    let read = |path: &Path| {
        options.check(path)?;
        Ok((file::read(path, attributes::MAX_BYTES)?, FileOrigin::file(path)))
    };
    if let Some(path) = &options.attributes {
        return read(path);
    }
    let is_table = |file: &&Member| {
        let (folder, last) = file.name.rsplit_once('/').unwrap_or(("", &file.name));
        !folder.contains('/') && ATTRIBUTES.contains(&last)
    };
    if let Some(inside) = store.files().iter().find(is_table) {
        return Ok((store.read(inside)?, store.origin(inside)));
    }
    let path = store.path().parent().and_then(|parent| {
        let folders = [parent.to_path_buf(), parent.join("../Anno")];
        let mut files = folders.iter().flat_map(|folder| ATTRIBUTES.map(|name| folder.join(name)));
        files.find(|file: &PathBuf| file.is_file())
    });
    match path {
        Some(path) => read(&path),
        None => Err(Error::usage(
            format!("{} has no file of attributes to take `{name}` from", store.path().display()),
            format!("put {} there or beside it, or name a file with `attributes`", ATTRIBUTES.join(" or ")),
        )),
    }
}

#[cfg(test)]
mod tests;
