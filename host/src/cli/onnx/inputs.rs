//! Inputs of a model from files.

use std::path::PathBuf;

use ops::Array;

use crate::{data::numpy, error::Result, onnx::EXCHANGED};

/// NAME=FILE.npy, as typed.
pub type Named = (String, PathBuf);

/// The arrays of the files that were named.
///
/// # Errors
/// `Format` for elements that models do not take.
pub fn read(files: &[Named]) -> Result<Vec<(String, Array)>> {
    let array = |(name, path): &Named| {
        let file = numpy::read_array(path)?;
        if file.kind().dtype().is_none_or(|dtype| !EXCHANGED.contains(&dtype)) {
            let expected = "f32, f64, i32, i64, u8 or bool (array.astype)";
            return Err(file.refused(format!("elements of type {}", file.kind()), expected).into());
        }
        Ok((name.clone(), file.array()?))
    };
    files.iter().map(array).collect()
}
