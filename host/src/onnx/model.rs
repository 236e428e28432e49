//! An ONNX model in an ONNX Runtime session.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Mutex, OnceLock},
};

use ort::{
    ep::{self, ExecutionProvider},
    session::{
        Session, SessionInputValue,
        builder::{GraphOptimizationLevel, SessionBuilder},
    },
    value::{Outlet, ValueType},
};

use onnx_net::{Port, mixed_samples, proto::ModelProto};
use ops::{Array, ArrayView, Device};

use super::{
    array::{self, EXCHANGED, Joined},
    header::Header,
    inputs,
    runtime::{Runtime, guarded},
};
use crate::error::{Error, Result, locked};

/// A frozen network: arrays in, arrays out, the same numbers every time.
///
/// One session computes one call at a time: a model may be shared by threads, but their calls wait
/// for each other. For calls side by side open the model once a thread.
#[derive(Debug)]
pub struct Model {
    path: PathBuf,
    header: Header,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    batch: Option<usize>,
    /// Other files that hold elements of its tensors.
    elements: Vec<PathBuf>,
    /// Why rows may depend on each other, by the operators; none where they do not.
    pub(super) mixed: Option<String>,
    /// Set once rows were found to be independent by what came out.
    pub(super) independent: OnceLock<()>,
    session: Mutex<Session>,
}

impl Model {
    /// Opens the ONNX file at `path` for computing on `device`. The first model of the process loads
    /// ONNX Runtime, from `library` where it is given (see [`super::locate`]).
    ///
    /// # Errors
    /// A file that is no ONNX model, names files outside of its folder, or that ONNX Runtime refuses;
    /// no ONNX Runtime; a device that the library does not serve; an input or output that is no tensor of an
    /// element type that is exchanged.
    pub fn open(path: &Path, device: Device, library: Option<&Path>) -> Result<Self> {
        // ONNX Runtime itself follows whatever the file names.
        let file = onnx_net::OnnxFile::confined(path)?;
        let (header, mixed) = (Header::of(file.proto()), mixed_samples(file.proto()));
        let elements = file.elements().map(Path::to_path_buf).collect();
        drop(file);
        let model = Self::build(path, header, device, library, |mut builder| builder.commit_from_file(path))?;
        Ok(Self { elements, mixed, ..model })
    }

    /// [`Model::open`] for the `bytes` of a `file` that is not written; `name` stands for its path.
    pub fn from_bytes(
        name: &str,
        file: &ModelProto,
        bytes: &[u8],
        device: Device,
        library: Option<&Path>,
    ) -> Result<Self> {
        let commit = |mut builder: SessionBuilder| builder.commit_from_memory(bytes);
        let model = Self::build(Path::new(name), Header::of(file), device, library, commit)?;
        Ok(Self { mixed: mixed_samples(file), ..model })
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
        let values = |outlets: &[Outlet]| outlets.iter().map(port).collect::<Result<Vec<_>, String>>();
        let unreadable = |problem: String| refused(path, &problem, "export the model with plain tensors");
        let mut inputs = values(session.inputs()).map_err(unreadable)?;
        let mut outputs = values(session.outputs()).map_err(unreadable)?;
        let batch = inputs::free_batch(inputs.iter_mut().chain(&mut outputs));
        let (path, independent, session) = (path.to_path_buf(), OnceLock::new(), Mutex::new(session));
        let (elements, mixed) = (Vec::new(), None);
        Ok(Self { path, header, inputs, outputs, batch, elements, mixed, independent, session })
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
    pub fn inputs(&self) -> &[Port] {
        &self.inputs
    }

    /// What the model gives.
    pub fn outputs(&self) -> &[Port] {
        &self.outputs
    }

    /// What the file says about itself: operator sets, producer, metadata.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The outputs, in the model's order, for `inputs`, in any order.
    ///
    /// Where the batch size is free, all rows are computed at once, and memory grows with them. Where
    /// it is fixed (see [`Model::batch`]), other numbers of rows are computed that many at a time: the last
    /// piece is filled up with its last row, and what comes of that is cut off.
    ///
    /// # Errors
    /// A wrong, missing or repeated name; an array that is empty or has another type or shape
    /// than the input; inputs of different numbers of rows; rows that depend on each other, where they are
    /// not as many as the file fixes; what ONNX Runtime reports.
    pub fn run(&self, inputs: Vec<(String, Array)>) -> Result<Vec<(String, Array)>> {
        self.run_views(inputs.iter().map(|(name, array)| (&**name, array.view())).collect())
    }

    /// [`Model::run`] on arrays that stay where they are.
    ///
    /// # Errors
    /// Those of [`Model::run`].
    pub fn run_views(&self, inputs: Vec<(&str, ArrayView)>) -> Result<Vec<(String, Array)>> {
        let inputs = self.in_order(inputs)?;
        let rows = self.batch.map(|batch| self.rows(&inputs, batch)).transpose()?;
        let pieces = self.batch.zip(rows).filter(|(batch, rows)| rows != batch);
        if let Some((batch, rows)) = pieces {
            self.verify_rows(&inputs, rows, batch)?;
        }
        let outputs = guarded(|| match pieces {
            Some((batch, rows)) => self.run_pieces(&inputs, rows, batch),
            None => self.run_whole(inputs.iter().copied().map(array::input)),
        });
        let outputs = outputs.map_err(|problem| self.refused(&problem))?;
        Ok(self.outputs.iter().map(|port| port.name.clone()).zip(outputs).collect())
    }

    /// Computes what [`Model::run`] does and drops it: the time that ONNX Runtime itself takes. The inputs
    /// are those that [`Model::in_order`] gives.
    ///
    /// # Errors
    /// What ONNX Runtime reports.
    pub fn run_bare(&self, inputs: &[ArrayView]) -> Result<()> {
        let rows = inputs.first().and_then(|array| array.shape().first()).copied().unwrap_or(1);
        let computed = guarded(|| {
            let mut session = locked(&self.session);
            for start in (0..rows).step_by(self.batch.unwrap_or(rows).max(1)) {
                let piece = inputs.iter().map(|&array| match self.batch {
                    Some(batch) => array::input_rows(array, start, batch),
                    None => array::input(array),
                });
                session.run(&piece.collect::<ort::Result<Vec<_>>>()?[..])?;
            }
            Ok::<_, ort::Error>(())
        });
        computed.map_err(|problem| self.refused(&problem))
    }

    /// Inputs by name in the order of the model's inputs, checked.
    ///
    /// # Errors
    /// A wrong, missing or repeated name; an array that is empty or has another type or shape.
    pub fn in_order<'a>(&self, inputs: Vec<(&str, ArrayView<'a>)>) -> Result<Vec<ArrayView<'a>>> {
        inputs::ordered(&self.inputs, inputs)
    }

    /// What ONNX Runtime says of a run that failed.
    pub(super) fn refused(&self, problem: &str) -> Error {
        refused(&self.path, problem, "check the values and shapes of the inputs")
    }

    /// The outputs for inputs in order.
    pub(super) fn run_whole<'a>(
        &self,
        inputs: impl Iterator<Item = ort::Result<SessionInputValue<'a>>>,
    ) -> ort::Result<Vec<Array>> {
        let inputs = inputs.collect::<ort::Result<Vec<_>>>()?;
        let mut session = locked(&self.session);
        let found = session.run(&inputs[..])?;
        (0..self.outputs.len()).map(|index| array::copied(&found[index])).collect()
    }

    fn run_pieces(&self, inputs: &[ArrayView], rows: usize, batch: usize) -> ort::Result<Vec<Array>> {
        let mut session = locked(&self.session);
        let mut joined: Vec<Joined> = Vec::with_capacity(self.outputs.len());
        for start in (0..rows).step_by(batch) {
            let piece = inputs.iter().map(|&array| array::input_rows(array, start, batch));
            let piece = piece.collect::<ort::Result<Vec<SessionInputValue<'_>>>>()?;
            let found = session.run(&piece[..])?;
            for index in 0..self.outputs.len() {
                if start == 0 {
                    joined.push(Joined::like(&found[index], Some(rows))?);
                }
                joined[index].add(&found[index], Some(batch.min(rows - start)))?;
            }
        }
        joined.into_iter().map(Joined::finish).collect()
    }

    /// The number of rows that all inputs share; one batch where there are no inputs.
    fn rows(&self, inputs: &[ArrayView], batch: usize) -> Result<usize> {
        let mut named = self.inputs.iter().zip(inputs).map(|(port, array)| (&port.name, array.shape()[0]));
        let Some((first, rows)) = named.next() else {
            return Ok(batch);
        };
        match named.find(|(_, other)| *other != rows) {
            None => Ok(rows),
            Some((name, other)) => Err(Error::usage(
                format!("input `{first}` has {rows} rows, but input `{name}` has {other}"),
                "give every input the same number of rows",
            )),
        }
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

/// Whether the library computes on `device` at all.
fn serves(runtime: &Runtime, device: Device) -> Result<()> {
    if device == Device::Cpu || guarded(ep::CUDA::is_available) == Ok(true) {
        return Ok(());
    }
    Err(Error::usage(
        format!("the ONNX Runtime library {} does not compute with CUDA", runtime.path().display()),
        "use the device cpu, or name a library built for CUDA (Python's onnxruntime-gpu has one) \
         with --onnxruntime",
    ))
}

fn builder(runtime: &Runtime, device: Device) -> ort::Result<SessionBuilder> {
    let mut builder = Session::builder(&runtime.environment)?
        .with_optimization_level(GraphOptimizationLevel::All)?
        .with_deterministic_compute(true)?
        // Threads that spin between calls would take the cores from everything else.
        .with_intra_op_spinning(false)?;
    let threads = rayon::current_num_threads();
    if threads < std::thread::available_parallelism().map_or(1, usize::from) {
        // A job of a sweep has its share of the processor here, too. The numbers do not depend on it.
        builder = builder.with_intra_threads(threads)?;
    }
    if device == Device::Gpu {
        let cuda = ep::CUDA::default()
            .with_device_id(0)
            // The processor's numbers, not their first ten bits; and no choice of algorithm by stopwatch.
            .with_tf32(false)
            .with_conv_algorithm_search(ep::cuda::ConvAlgorithmSearch::Heuristic);
        // Without `error_on_failure` a card that is not there silently becomes the processor.
        builder = builder.with_execution_providers([cuda.build().error_on_failure()])?;
    }
    Ok(builder)
}

fn port(outlet: &Outlet) -> Result<Port, String> {
    let name = outlet.name().to_owned();
    let tensor = match outlet.dtype() {
        ValueType::Tensor { ty, shape, .. } => array::dtype(*ty).map(|dtype| (dtype, shape)),
        _ => None,
    };
    let Some((dtype, shape)) = tensor else {
        let known: Vec<&str> = EXCHANGED.iter().map(|dtype| dtype.name()).collect();
        return Err(format!("`{name}` is {}, expected a tensor of {}", outlet.dtype(), known.join(", ")));
    };
    // ONNX Runtime writes a free axis as -1.
    let shape = shape.iter().map(|axis| usize::try_from(*axis).ok()).collect();
    Ok(Port { name, dtype: Some(dtype), shape: Some(shape), is_sequence: false })
}

fn refused(path: &Path, problem: &str, help: &str) -> Error {
    Error::usage(format!("{}: ONNX Runtime: {problem}", path.display()), help)
}
