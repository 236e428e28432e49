//! Elements that lie in other files, which a graph may only name inside its own folder. A link in it may lead
//! to where the reader allows, and to the files that a Hugging Face cache keeps for that model.

use std::{
    collections::BTreeSet,
    path::{Component, Path, PathBuf},
};

use ops::{Error, Result, tensor::room};

use crate::{
    broken,
    file::{
        elements,
        place::Place,
        proto::{ModelProto, TensorProto},
        visit::{ModelPart, visit},
    },
};

/// Whether a file that a link led to may be read; it is asked for the path without links.
pub(crate) type Allowed<'a> = &'a dyn Fn(&Path) -> bool;

/// Reads the elements that are in other files of `folder` into the tensors that name them, as long as
/// memory holds all of them together; gives those files.
///
/// # Errors
/// [`Error::Graph`] for a path out of the folder or through a link to what is not allowed, a file that is not
/// there, and a length that is not the tensor's or not in the file.
pub(crate) fn load(model: &mut ModelProto, folder: &Path, allowed: Allowed) -> Result<BTreeSet<PathBuf>> {
    load_from(0, model, folder, allowed)
}

/// [`load`], but for the initialisers of the model's graph.
///
/// # Errors
/// As there.
pub(crate) fn load_others(
    model: &mut ModelProto,
    folder: &Path,
    allowed: Allowed,
) -> Result<BTreeSet<PathBuf>> {
    // The walk begins with them.
    let initialisers = model.graph.as_ref().map_or(0, |graph| graph.initializer.len());
    load_from(initialisers, model, folder, allowed)
}

/// [`load`] for the tensors from the index `start` on (see [`visit`]).
fn load_from(
    start: usize,
    model: &mut ModelProto,
    folder: &Path,
    allowed: Allowed,
) -> Result<BTreeSet<PathBuf>> {
    let files = check(model, folder, allowed)?;
    // The file's elements are still there when tensors are made of them.
    let mut left = room() / 2;
    tensors(model, |index, tensor| match index < start {
        true => Ok(()),
        false => fill(tensor, folder, allowed, &mut left),
    })?;
    Ok(files)
}

/// Refuses a model whose elements lie elsewhere than in files of `folder`, as [`load`] does, and reads none.
pub(crate) fn check(model: &mut ModelProto, folder: &Path, allowed: Allowed) -> Result<BTreeSet<PathBuf>> {
    let mut files = BTreeSet::new();
    tensors(model, |_, tensor| {
        files.extend(file_of(tensor, folder, allowed)?);
        Ok(())
    })?;
    Ok(files)
}

/// Every tensor of a model, with its index.
fn tensors(model: &mut ModelProto, mut f: impl FnMut(usize, &mut TensorProto) -> Result<()>) -> Result<()> {
    visit(model, |index, part| match part {
        ModelPart::Tensor(tensor) => f(index, tensor),
        ModelPart::Node(_) => Ok(()),
    })
}

fn entry<'a>(tensor: &'a TensorProto, key: &str) -> Option<&'a str> {
    tensor.external_data.iter().find(|e| e.key == key).map(|e| e.value.as_str())
}

/// The file that holds a tensor's elements; none where the model itself does.
fn file_of(tensor: &TensorProto, folder: &Path, allowed: Allowed) -> Result<Option<PathBuf>> {
    match entry(tensor, "location") {
        _ if tensor.data_location == 0 => Ok(None),
        Some(location) => inside(folder, location, allowed).map(Some),
        None => broken(format!("the tensor `{}` is in another file, but it does not say which", tensor.name)),
    }
}

fn fill(tensor: &mut TensorProto, folder: &Path, allowed: Allowed, left: &mut usize) -> Result<()> {
    if let Some(place) = place(tensor, folder, allowed)? {
        tensor.raw_data = place.bytes(left)?;
        tensor.data_location = 0;
    }
    Ok(())
}

/// Where a tensor's elements are, when they are in another file.
///
/// # Errors
/// Those of [`load`].
pub(crate) fn place(tensor: &TensorProto, folder: &Path, allowed: Allowed) -> Result<Option<Place>> {
    let Some(file) = file_of(tensor, folder, allowed)? else { return Ok(None) };
    let number = |key: &str| match entry(tensor, key) {
        None => Ok(None),
        Some(text) => match text.parse::<u64>() {
            Ok(number) => Ok(Some(number)),
            Err(_) => broken(format!("the tensor `{}`: its {key} is `{text}`", tensor.name)),
        },
    };
    let (offset, bytes) = (number("offset")?.unwrap_or(0), elements::stored_bytes(tensor)?);
    match number("length")?.filter(|&length| length != bytes as u64) {
        None => Place { file, offset, bytes }.checked().map(Some),
        Some(length) => {
            broken(format!("the tensor `{}` has {bytes} bytes, but its length is {length}", tensor.name))
        }
    }
}

/// A plain relative path, which may go through links where they end in the folder, in a place that is
/// allowed, or among the files of the Hugging Face cache that the folder is in.
fn inside(folder: &Path, location: &str, allowed: Allowed) -> Result<PathBuf> {
    let (mut path, mut is_linked) = (folder.to_path_buf(), false);
    for component in Path::new(location).components() {
        match component {
            Component::CurDir => continue,
            Component::Normal(name) => path.push(name),
            _ => return broken(format!("the path `{location}` of elements leaves the model's folder")),
        }
        let facts = path
            .symlink_metadata()
            .map_err(|e| Error::Graph(format!("{}: {e} (elements of a tensor)", path.display())))?;
        is_linked |= facts.is_symlink();
    }
    if is_linked && !is_allowed(folder, &path, allowed)? {
        return broken(format!(
            "the path `{location}` of elements goes through a link to where nothing may be read \
             (`host run --allow-read DIR` allows scripts to)"
        ));
    }
    if path.is_file() { Ok(path) } else { broken(format!("{} is not a file", path.display())) }
}

/// Whether a path through links may be read.
fn is_allowed(folder: &Path, path: &Path, allowed: Allowed) -> Result<bool> {
    let io = |e: std::io::Error| Error::Graph(format!("{}: {e} (elements of a tensor)", path.display()));
    let folder = if folder == Path::new("") { Path::new(".") } else { folder };
    let (folder, real) = (folder.canonicalize().map_err(io)?, path.canonicalize().map_err(io)?);
    Ok(real.starts_with(&folder)
        || blobs(&folder).is_some_and(|blobs| real.starts_with(blobs))
        || allowed(&real))
}

/// The folder with the files of a model in a Hugging Face cache: `models--NAME/blobs` for one in
/// `models--NAME/snapshots/REVISION`.
fn blobs(folder: &Path) -> Option<PathBuf> {
    let is_model = |root: &&Path| {
        let name = root.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with("models--")) && folder.starts_with(root.join("snapshots"))
    };
    folder.ancestors().find(is_model).map(|root| root.join("blobs"))
}
