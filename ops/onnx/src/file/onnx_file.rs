//! An ONNX file, read within bounds.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

use prost::Message as _;

use ops::{Error, Result, tensor::room};

use crate::{
    broken,
    file::{
        bounds, external,
        proto::{ModelProto, NodeProto},
        visit::{ModelPart, visit},
    },
};

/// The content of an ONNX file, every tensor's elements with it.
#[derive(Clone)]
pub struct OnnxFile {
    proto: ModelProto,
    elements: BTreeSet<PathBuf>,
}

impl OnnxFile {
    /// Reads an ONNX file and the files of elements that it names inside its own folder, where links may lead
    /// to files of the Hugging Face cache that it is in.
    ///
    /// # Errors
    /// [`Error::Graph`], which names the file, for one that cannot be read, is damaged, is no ONNX model, or
    /// names files elsewhere.
    pub fn read(path: &Path) -> Result<Self> {
        Self::read_where(path, &|_| false)
    }

    /// [`OnnxFile::read`], where links in its folder may also lead to files that are `allowed`: it is asked
    /// for their paths without links.
    ///
    /// # Errors
    /// Those of [`OnnxFile::read`].
    pub fn read_where(path: &Path, allowed: &dyn Fn(&Path) -> bool) -> Result<Self> {
        open(path, |model, folder| external::load(model, folder, allowed))
    }

    /// What the file itself holds, for programs that read it once more and follow what it names: elements
    /// that lie elsewhere stay there, and must be inside its own folder. What would end such a program is
    /// refused.
    ///
    /// # Errors
    /// Those of [`OnnxFile::read`].
    pub fn confined(path: &Path) -> Result<Self> {
        Self::confined_where(path, &|_| false)
    }

    /// [`OnnxFile::confined`], where links in its folder may also lead to files that are `allowed`.
    ///
    /// # Errors
    /// Those of [`OnnxFile::read`].
    pub fn confined_where(path: &Path, allowed: &dyn Fn(&Path) -> bool) -> Result<Self> {
        open(path, |model, folder| {
            visit(model, |_, part| match part {
                ModelPart::Node(node) => survives(node),
                ModelPart::Tensor(_) => Ok(()),
            })?;
            external::check(model, folder, allowed)
        })
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
        Ok(Self { proto: model, elements: BTreeSet::new() })
    }

    /// The messages of the file.
    pub fn proto(&self) -> &ModelProto {
        &self.proto
    }

    /// The other files that elements of its tensors are in.
    pub fn elements(&self) -> impl Iterator<Item = &Path> {
        self.elements.iter().map(PathBuf::as_path)
    }
}

fn open(
    path: &Path,
    follow: impl FnOnce(&mut ModelProto, &Path) -> Result<BTreeSet<PathBuf>>,
) -> Result<OnnxFile> {
    let named = |error: Error| match error {
        Error::Graph(text) => Error::Graph(format!("{}: {text}", path.display())),
        other => other,
    };
    let mut model = own(path).map_err(named)?;
    model.elements = follow(&mut model.proto, path.parent().unwrap_or(Path::new(""))).map_err(named)?;
    Ok(model)
}

/// Refuses what ends the process of ONNX Runtime 1.31 as it reads a file: numbers of attention heads that are
/// 0 in 32 bits, by which it divides, and a bias of a normalisation without a name.
fn survives(node: &NodeProto) -> Result<()> {
    let is_count = |n: i64| (1..=i64::from(i32::MAX)).contains(&n);
    let problem = match &*node.op_type {
        "Attention" => {
            let mut counts = node.attribute.iter().filter(|a| a.name.ends_with("_num_heads"));
            counts
                .find(|a| !is_count(a.i))
                .map(|count| format!("the attribute `{}` is {}", count.name, count.i))
        }
        "LayerNormalization" if node.input.get(2).is_some_and(String::is_empty) => {
            Some("the third input has an empty name (leave it out)".into())
        }
        _ => None,
    };
    problem.map_or(Ok(()), |problem| broken(format!("{} (node `{}`): {problem}", node.op_type, node.name)))
}

/// What the file itself holds.
fn own(path: &Path) -> Result<OnnxFile> {
    let io = |e: std::io::Error| Error::Graph(e.to_string());
    let facts = fs::metadata(path).map_err(io)?;
    // A device or a pipe has no size, and perhaps no end.
    if !facts.is_file() {
        return broken("not a file");
    }
    let size = facts.len();
    if size > room() as u64 {
        return broken(format!("{size} bytes, which memory does not hold"));
    }
    let mut bytes = vec![];
    File::open(path).map_err(io)?.take(size).read_to_end(&mut bytes).map_err(io)?;
    OnnxFile::from_bytes(&bytes)
}
