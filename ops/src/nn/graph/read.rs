//! An ONNX file, read within bounds.

use std::{
    fs::{self, File},
    io::Read,
    path::Path,
};

use prost::Message as _;

use super::{bounds, broken, external, proto::ModelProto};
use crate::{Error, Result, tensor::room};

/// The content of an ONNX file, every tensor's elements with it.
#[derive(Clone)]
pub struct Model(pub(super) ModelProto);

impl Model {
    /// Reads an ONNX file and the files of elements that it names inside its own folder.
    ///
    /// # Errors
    /// [`Error::Graph`] for a file that cannot be read, is damaged, is no ONNX model, or names files
    /// elsewhere.
    pub fn read(path: &Path) -> Result<Self> {
        let Self(mut model) = Self::own(path)?;
        external::load(&mut model, folder(path))?;
        Ok(Self(model))
    }

    /// What the file itself holds.
    fn own(path: &Path) -> Result<Self> {
        let io = |e: std::io::Error| Error::Graph(format!("{}: {e}", path.display()));
        let facts = fs::metadata(path).map_err(io)?;
        // A device or a pipe has no size, and perhaps no end.
        if !facts.is_file() {
            return broken(format!("{}: not a file", path.display()));
        }
        let size = facts.len();
        if size > room() as u64 {
            return broken(format!("{}: {size} bytes, which memory does not hold", path.display()));
        }
        let mut bytes = vec![];
        File::open(path).map_err(io)?.take(size).read_to_end(&mut bytes).map_err(io)?;
        Self::from_bytes(&bytes)
    }

    /// Refuses a file that names files of elements elsewhere than inside its own folder, for programs that
    /// read it themselves.
    ///
    /// # Errors
    /// Those of [`Model::read`].
    pub fn confined(path: &Path) -> Result<()> {
        external::check(&mut Self::own(path)?.0, folder(path))
    }

    /// The model that these bytes hold; a tensor whose elements are elsewhere is an error when used.
    ///
    /// # Errors
    /// [`Error::Graph`] for bytes that are damaged or no ONNX model.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        bounds::check(bytes)?;
        let model =
            ModelProto::decode(bytes).map_err(|e| Error::Graph(format!("this is no ONNX file: {e}")))?;
        if model.ir_version <= 0 || model.graph.is_none() {
            return broken("this is no ONNX model: it has no format version or no graph");
        }
        Ok(Self(model))
    }

    /// The messages of the file.
    pub fn proto(&self) -> &ModelProto {
        &self.0
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}
