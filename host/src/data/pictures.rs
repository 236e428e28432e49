//! Folders and zip files of PNG and JPEG pictures.

mod decode;

pub use decode::decode_all;

use super::attributes::Attribute;
use super::store::{Member, Store};
use super::{Images, Options, Split};
use crate::error::{Error, Result};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Names that a file of attributes has where none is given.
const ATTRIBUTES: [&str; 3] = ["list_attr_celeba.txt", "attributes.txt", "attributes.csv"];

/// Reads a folder or zip of pictures. Folders called `train` and `test` in it are its splits; where there
/// are none, all is given whatever the split. The folders below are its classes, if every picture lies in
/// one; or the option `labels` names an attribute of the file `attributes`, by default
/// `list_attr_celeba.txt`, `attributes.txt` or `attributes.csv` inside or beside.
///
/// # Errors
/// `Format` for a damaged picture, or one of another size than the first where no `size` is asked for;
/// `Usage` where there is no picture, or no such attribute; `Io`.
pub fn read(path: &Path, split: Split, options: &Options) -> Result<Images> {
    let store = Store::open(path)?;
    let all: Vec<&Member> = store.files().iter().filter(|file| is_picture(&file.name)).collect();
    let top = common_folder(&all);
    let chosen = of_split(&all, top, split);
    let name = path.display().to_string();
    if chosen.is_empty() {
        return Err(Error::usage(
            format!("{name} holds no pictures of the {split} split"),
            format!(
                "put .png or .jpg files there, in `train` and `test` if it has splits; IDX files are called \
                 {split}-images-idx3-ubyte[.gz] (t10k for test)"
            ),
        ));
    }
    read_chosen(&store, &chosen, name, options)
}

/// Pictures of a store, and their names without what they have in common.
pub type Chosen<'a> = Vec<(&'a Member, &'a str)>;

/// Reads those pictures, with labels as [`read`] says.
pub fn read_chosen(store: &Store, chosen: &Chosen, name: String, options: &Options) -> Result<Images> {
    options.require_only(&name, &["labels", "attributes"])?;
    let files: Vec<&Member> = chosen.iter().map(|(file, _)| *file).collect();
    // Labels first: they are read fast and can be wrong.
    let (labels, class_names) = match &options.labels {
        Some(attribute) => by_attribute(store, &files, attribute, options)?,
        None => by_folder(chosen),
    };
    let (shape, pixels) = decode_all(store, &files, &options.fit, None)?;
    Ok(Images { name, shape, pixels: pixels.into(), labels: labels.map(Into::into), class_names })
}

fn is_picture(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [".png", ".jpg", ".jpeg"].iter().any(|end| name.ends_with(end))
}

/// The length of the folder, with its `/`, that all names begin with, unless it is that of a split.
fn common_folder(files: &[&Member]) -> usize {
    let Some(first) = files.first() else { return 0 };
    let mut length = 0;
    while let Some(next) = first.name[length..].find('/').map(|at| length + at + 1) {
        let folder = &first.name[length..next];
        let shared = files.iter().all(|file| file.name.starts_with(&first.name[..next]));
        if !shared || matches!(folder, "train/" | "test/") {
            break;
        }
        length = next;
    }
    length
}

/// The pictures of a split, named without the first `top` bytes and the split's folder.
fn of_split<'a>(files: &[&'a Member], top: usize, split: Split) -> Chosen<'a> {
    let names = files.iter().map(|file| (*file, &file.name[top..]));
    let has_splits = names.clone().any(|(_, name)| name.starts_with("train/") || name.starts_with("test/"));
    if !has_splits {
        return names.collect();
    }
    let prefix = format!("{split}/");
    names.filter_map(|(file, name)| Some((file, name.strip_prefix(&*prefix)?))).collect()
}

type Labels = (Option<Vec<u32>>, Vec<String>);

/// The folder that each picture lies in, if each lies in one.
fn by_folder(chosen: &Chosen) -> Labels {
    let folders: Option<Vec<&str>> =
        chosen.iter().map(|(_, name)| name.split_once('/').map(|(folder, _)| folder)).collect();
    let Some(folders) = folders else { return (None, Vec::new()) };
    let classes: Vec<&str> = folders.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    let label = |folder: &&str| classes.partition_point(|class| class < folder) as u32;
    (Some(folders.iter().map(label).collect()), classes.iter().map(|&class| class.to_owned()).collect())
}

/// The attribute of each picture.
fn by_attribute(store: &Store, files: &[&Member], name: &str, options: &Options) -> Result<Labels> {
    let path = match &options.attributes {
        Some(path) => path.clone(),
        None => attributes_of(store.path()).ok_or_else(|| {
            Error::usage(
                format!("{} has no file of attributes to take `{name}` from", store.path().display()),
                format!(
                    "put {} there or beside it, or name a file with `attributes`",
                    ATTRIBUTES.join(" or ")
                ),
            )
        })?,
    };
    let attribute = Attribute::read(&path, name)?;
    let label = |file: &&Member| attribute.of(file.name.rsplit('/').next().unwrap_or_default());
    Ok((Some(files.iter().map(label).collect::<Result<_>>()?), attribute.class_names))
}

/// The file of attributes inside a folder or beside a folder or zip; CelebA's own folders are `Img` and `Anno`.
fn attributes_of(path: &Path) -> Option<PathBuf> {
    let parent = path.parent()?;
    let folders = [path.to_path_buf(), parent.to_path_buf(), parent.join("../Anno")];
    folders.iter().flat_map(|folder| ATTRIBUTES.map(|name| folder.join(name))).find(|file| file.is_file())
}

#[cfg(test)]
mod tests;
