//! What both files are run on.

use std::path::Path;

use ops::Array;

use crate::{
    data::numpy,
    error::{Error, Result},
    onnx::Model,
};

/// An array with its name, where it has one.
pub type Given = (Option<String>, Array);

/// Arrays as they were typed: FILE.npy, FILE.npz or NAME=FILE.npy.
///
/// # Errors
/// `Io` and `Format`.
pub fn read(typed: &[String]) -> Result<Vec<Given>> {
    let mut all = vec![];
    for text in typed {
        // A name may hold `=`, a path rarely does.
        match text.rsplit_once('=').filter(|_| !Path::new(text).exists()) {
            Some((name, path)) => {
                all.push((Some(name.to_owned()), numpy::read_array(Path::new(path))?.array()?));
            }
            None => {
                for (name, array) in numpy::read_arrays(Path::new(text))? {
                    all.push((name, array.array()?));
                }
            }
        }
    }
    Ok(all)
}

/// The arrays under the names of a network's inputs: what has no name is its only input. A network without an
/// input of a name takes what the `first` network took at that place.
///
/// # Errors
/// `Usage` for an array without a name where there are several inputs, and for too few arrays.
pub fn named(
    given: &[Given],
    inputs: &[String],
    first: Option<&[(String, Array)]>,
    path: &Path,
) -> Result<Vec<(String, Array)>> {
    if let ([(None, array)], [input]) = (given, inputs) {
        return Ok(vec![(input.clone(), array.clone())]);
    }
    let all = || inputs.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if given.iter().any(|(name, _)| name.is_none()) {
        let problem = format!("{} has the inputs {}, and an array has no name", path.display(), all());
        return Err(Error::usage(problem, "give each as NAME=FILE.npy, or all in one .npz file"));
    }
    let find = |(i, input): (usize, &String)| {
        let own = given.iter().find(|(name, _)| name.as_ref() == Some(input)).map(|(_, array)| array);
        let other = || first.filter(|first| first.len() == inputs.len()).map(|first| &first[i].1);
        let missing = || {
            let problem = format!("{}: the input `{input}` is missing", path.display());
            Error::usage(problem, format!("it takes {}: --numbers NAME=FILE.npy", all()))
        };
        Ok((input.clone(), own.or_else(other).ok_or_else(missing)?.clone()))
    };
    inputs.iter().enumerate().map(find).collect()
}

/// Refuses another number of rows than a file fixes: what its nodes give cannot be put together of pieces.
///
/// # Errors
/// `Usage`.
pub fn whole(model: &Model, inputs: &[(String, Array)]) -> Result<()> {
    let Some(batch) = model.batch() else { return Ok(()) };
    match inputs.iter().find(|(_, array)| array.shape().first() != Some(&batch)) {
        None => Ok(()),
        Some((name, array)) => Err(Error::usage(
            format!("{}: the input `{name}` has the shape {:?}", model.path().display(), array.shape()),
            format!("give {batch} rows, as the file fixes them"),
        )),
    }
}
