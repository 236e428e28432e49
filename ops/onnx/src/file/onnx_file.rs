//! An ONNX file, read within bounds.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

use prost::Message as _;

use ops::{Error, Result, tensor::room};

use crate::{
    GraphValue, broken,
    file::{
        bounds, elements, external,
        place::Place,
        proto::{ModelProto, NodeProto, TensorProto},
        skeleton,
        visit::{ModelPart, visit},
    },
};

/// The content of an ONNX file.
#[derive(Clone)]
pub struct OnnxFile {
    proto: ModelProto,
    /// Where the elements are of those of the graph's initialisers, by number, whose messages lack them.
    left: HashMap<usize, Place>,
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
        follow(path, whole, |file, folder| external::load(&mut file.proto, folder, allowed))
    }

    /// [`OnnxFile::read`] without the elements of the graph's large initialisers: they are read when a
    /// network is made of the file, each by itself, so that memory holds them once.
    ///
    /// # Errors
    /// Those of [`OnnxFile::read`].
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_where(path, &|_| false)
    }

    /// [`OnnxFile::open`], where links in its folder may also lead to files that are `allowed`.
    ///
    /// # Errors
    /// Those of [`OnnxFile::read`].
    pub fn open_where(path: &Path, allowed: &dyn Fn(&Path) -> bool) -> Result<Self> {
        follow(path, outline, |file, folder| {
            let initialisers = file.proto.graph.iter().flat_map(|graph| &graph.initializer).enumerate();
            for (i, tensor) in initialisers {
                file.left.extend(external::place(tensor, folder, allowed)?.map(|place| (i, place)));
            }
            external::load_others(&mut file.proto, folder, allowed)
        })
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
        follow(path, outline, |file, folder| {
            visit(&mut file.proto, |_, part| match part {
                ModelPart::Node(node) => survives(node),
                ModelPart::Tensor(_) => Ok(()),
            })?;
            external::check(&mut file.proto, folder, allowed)
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
        Ok(model.into())
    }

    /// The initialiser of the graph of that number.
    ///
    /// # Errors
    /// Those of [`crate::read_tensor`], and what reading gives.
    pub(crate) fn initialiser(&self, i: usize) -> Result<GraphValue> {
        let tensor = &self.initialisers()[i];
        match self.left.get(&i) {
            None => elements::tensor(tensor),
            Some(place) => elements::tensor_at(tensor, place),
        }
    }

    /// Whether the elements of that initialiser are in the file alone.
    pub(crate) fn is_left(&self, i: usize) -> bool {
        self.left.contains_key(&i)
    }

    /// The message of the initialiser of that number, with its elements.
    ///
    /// # Errors
    /// What reading gives.
    pub(crate) fn whole(&self, i: usize) -> Result<Cow<'_, TensorProto>> {
        let tensor = &self.initialisers()[i];
        let Some(place) = self.left.get(&i) else { return Ok(Cow::Borrowed(tensor)) };
        let raw_data = place.bytes(&mut room())?;
        Ok(Cow::Owned(TensorProto { raw_data, data_location: 0, external_data: vec![], ..tensor.clone() }))
    }

    /// The initialisers of the graph, some without their elements.
    pub(crate) fn initialisers(&self) -> &[TensorProto] {
        self.proto.graph.as_ref().map_or(&[], |graph| &graph.initializer)
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

impl From<ModelProto> for OnnxFile {
    fn from(proto: ModelProto) -> Self {
        Self { proto, left: HashMap::new(), elements: BTreeSet::new() }
    }
}

/// What the file itself holds, and the files that it names in its folder.
fn follow(
    path: &Path,
    own: fn(&Path) -> Result<OnnxFile>,
    named: impl FnOnce(&mut OnnxFile, &Path) -> Result<BTreeSet<PathBuf>>,
) -> Result<OnnxFile> {
    let with_path = |error: Error| match error {
        Error::Graph(text) => Error::Graph(format!("{}: {text}", path.display())),
        other => other,
    };
    let mut file = own(path).map_err(with_path)?;
    file.elements = named(&mut file, path.parent().unwrap_or(Path::new(""))).map_err(with_path)?;
    Ok(file)
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
fn whole(path: &Path) -> Result<OnnxFile> {
    let (file, size) = regular(path)?;
    let mut bytes = vec![];
    file.take(size).read_to_end(&mut bytes).map_err(|e| Error::Graph(e.to_string()))?;
    OnnxFile::from_bytes(&bytes)
}

/// What the file itself holds, without the elements of the graph's large initialisers.
fn outline(path: &Path) -> Result<OnnxFile> {
    let (file, size) = regular(path)?;
    // What is wrong with a file is said of the whole.
    let Ok(skeleton) = skeleton::read(file, size) else { return whole(path) };
    let place = |(i, range): (usize, std::ops::Range<u64>)| {
        let bytes = (range.end - range.start) as usize;
        (i, Place { file: path.to_owned(), offset: range.start, bytes })
    };
    let left = skeleton.left.into_iter().map(place).collect();
    Ok(OnnxFile { left, ..OnnxFile::from_bytes(&skeleton.bytes)? })
}

/// A file, and its size.
fn regular(path: &Path) -> Result<(File, u64)> {
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
    Ok((File::open(path).map_err(io)?, size))
}
