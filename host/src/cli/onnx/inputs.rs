//! Inputs of a model from files.

use std::path::PathBuf;

use crate::{data::numpy, error::Result, onnx::Array};

/// NAME=FILE.npy, as typed.
pub type Named = (String, PathBuf);

/// The arrays of the files that were named.
pub fn read(files: &[Named]) -> Result<Vec<(String, Array)>> {
    files
        .iter()
        .map(|(name, path)| Ok((name.clone(), Array::from_numpy(&numpy::read_array(path)?)?)))
        .collect()
}
