//! An ONNX model in an ONNX Runtime session.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Mutex, OnceLock},
};

use ort::{
    session::{Session, builder::SessionBuilder},
    value::{Outlet, ValueType},
};

use onnx_net::{mixed_samples, proto::ModelProto};
use ops::Device;

use super::{
    declared::Declared,
    elsewhere,
    header::Header,
    inputs,
    port::ModelPort,
    provider::{builder, serves},
    runtime::{Runtime, guarded},
};
use crate::error::{Error, Result};

/// A frozen network: values in, values out, the same numbers every time.
///
/// One session computes one call at a time: a model may be shared by threads, but their calls wait
/// for each other. For calls side by side open the model once a thread.
#[derive(Debug)]
pub struct Model {
    path: PathBuf,
    header: Header,
    pub(super) inputs: Vec<ModelPort>,
    pub(super) outputs: Vec<ModelPort>,
    /// Whether an output need not be there.
    pub(super) is_optional: bool,
    pub(super) batch: Option<usize>,
    /// What the file says of its outputs, and where it was wrong.
    pub(super) declared: Declared,
    /// Other files that hold elements of its tensors.
    elements: Vec<PathBuf>,
    /// Why rows may depend on each other, by the operators; none where they do not.
    pub(super) mixed: Option<String>,
    /// Set once rows were found to be independent by what came out.
    pub(super) independent: OnceLock<()>,
    pub(super) session: Mutex<Session>,
}

impl Model {
    /// Opens the ONNX file at `path` for computing on `device`. The first model of the process loads
    /// ONNX Runtime, from `library` where it is given (see [`super::locate`]).
    ///
    /// # Errors
    /// A file that is no ONNX model, names files outside of its folder, or that ONNX Runtime refuses;
    /// no ONNX Runtime; a device that the library does not serve.
    pub fn open(path: &Path, device: Device, library: Option<&Path>) -> Result<Self> {
        // ONNX Runtime itself follows whatever the file names.
        Self::open_confined(path, onnx_net::OnnxFile::confined(path)?, device, library)
    }

    /// [`Model::open`] for a `file` that [`onnx_net::OnnxFile::confined`] read from `path`.
    ///
    /// # Errors
    /// Those of [`Model::open`].
    pub fn open_confined(
        path: &Path,
        file: onnx_net::OnnxFile,
        device: Device,
        library: Option<&Path>,
    ) -> Result<Self> {
        let (header, mixed) = (Header::of(file.proto()), mixed_samples(&file));
        let elements: Vec<_> = file.elements().map(Path::to_path_buf).collect();
        let declared = Declared::from(file.proto());
        drop(file);
        let commit = |builder| elsewhere::commit(builder, path, &elements);
        let model = Self::build(path, header, device, library, commit)?;
        Ok(Self { elements, mixed, ..model.declaring(declared) })
    }

    /// [`Model::open`] for the `bytes` of a `file` that is not written; `name` stands for its path.
    pub fn from_bytes(
        name: &str,
        file: ModelProto,
        bytes: &[u8],
        device: Device,
        library: Option<&Path>,
    ) -> Result<Self> {
        let commit = |mut builder: SessionBuilder| builder.commit_from_memory(bytes);
        let file = onnx_net::OnnxFile::from(file);
        let model = Self::build(Path::new(name), Header::of(file.proto()), device, library, commit)?;
        Ok(Self { mixed: mixed_samples(&file), ..model.declaring(file.proto().into()) })
    }

    /// The model with what its file says.
    fn declaring(mut self, declared: Declared) -> Self {
        for port in self.inputs.iter_mut().filter(|port| !declared.is_shaped(&port.name)) {
            port.port.shape = None;
        }
        Self { declared, ..self }
    }

    fn build(
        path: &Path,
        header: Header,
        device: Device,
        library: Option<&Path>,
        commit: impl FnOnce(SessionBuilder) -> ort::Result<Session>,
    ) -> Result<Self> {
        let runtime = Runtime::get(library)?;
        serves(&runtime, device)?;
        let session = guarded(|| commit(builder(&runtime, device)?)).map_err(|problem| {
            refused(path, &problem, "export the model again, with an operator set that it knows")
        })?;
        let ports = |outlets: &[Outlet]| outlets.iter().map(ModelPort::of).collect::<Vec<_>>();
        let (mut inputs, mut outputs) = (ports(session.inputs()), ports(session.outputs()));
        let is_optional =
            session.outputs().iter().any(|outlet| matches!(outlet.dtype(), ValueType::Optional(_)));
        let is_array = inputs.iter().chain(&outputs).all(|port| port.dtype.is_some());
        let every = inputs.iter_mut().chain(&mut outputs).map(|port| &mut port.port);
        // Only arrays that are there are cut into pieces.
        let batch = if is_array && !is_optional { inputs::free_batch(every) } else { None };
        let (path, independent, session) = (path.to_path_buf(), OnceLock::new(), Mutex::new(session));
        let (elements, mixed, declared) = (Vec::new(), None, Declared::default());
        Ok(Self {
            path,
            header,
            inputs,
            outputs,
            is_optional,
            batch,
            declared,
            elements,
            mixed,
            independent,
            session,
        })
    }

    /// The batch size `b` of a model whose inputs and outputs all have the shape `[b, ...]` in the
    /// file. Here their first axis is free, because [`Model::run`] takes any number of rows.
    pub fn batch(&self) -> Option<usize> {
        self.batch
    }

    /// The file that the model was read from, or what it is called instead.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The other files that hold elements of its tensors.
    pub fn elements(&self) -> impl Iterator<Item = &Path> {
        self.elements.iter().map(PathBuf::as_path)
    }

    /// What the model takes.
    pub fn inputs(&self) -> &[ModelPort] {
        &self.inputs
    }

    /// The input of that name.
    ///
    /// # Errors
    /// `Usage` for a name that no input has.
    pub fn input(&self, name: &str) -> Result<&ModelPort> {
        let found = self.inputs.iter().find(|port| port.name == name);
        found.ok_or_else(|| inputs::unknown("input", name, &self.inputs))
    }

    /// What the model gives.
    pub fn outputs(&self) -> &[ModelPort] {
        &self.outputs
    }

    /// What the file says about itself: operator sets, producer, metadata.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// What is wrong in the file although ONNX Runtime runs it, of what was found since the last call.
    pub fn warnings(&self) -> Vec<String> {
        let found = self.declared.found().into_iter();
        found.map(|problem| format!("{}: {problem}", self.path.display())).collect()
    }

    /// What ONNX Runtime says of a run that failed.
    pub(super) fn refused(&self, problem: &str) -> Error {
        refused(&self.path, problem, "check the values and shapes of the inputs")
    }
}

/// Written as the path and the operator set, and one line an input and output.
impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(opset) = self.header.opset() {
            write!(f, " (opset {opset})")?;
        }
        self.inputs.iter().try_for_each(|port| write!(f, "\n  takes {port}"))?;
        self.outputs.iter().try_for_each(|port| write!(f, "\n  gives {port}"))
    }
}

fn refused(path: &Path, problem: &str, help: &str) -> Error {
    Error::usage(format!("{}: ONNX Runtime: {problem}", path.display()), help)
}
