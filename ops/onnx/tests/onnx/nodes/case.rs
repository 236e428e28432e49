//! One case: a folder with a model, its inputs and the outputs that are expected.

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use onnx_net::{
    Graph, GraphMode, GraphValue, OnnxFile,
    proto::{DataType, TensorProto, ValueInfoProto},
};
use ops::{DType, Tensor, no_grad};
use prost::Message as _;

/// The elements of a sequence (`onnx-data.proto`).
#[derive(Clone, PartialEq, prost::Message)]
struct SequenceProto {
    #[prost(message, repeated, tag = "3")]
    tensor_values: Vec<TensorProto>,
}

pub struct Case {
    pub name: String,
    /// The only operator of the model, or `several`.
    pub operator: String,
    model: OnnxFile,
    folder: PathBuf,
}

pub enum Outcome {
    Passed,
    Failed(String),
    Unsupported(String),
}

impl Case {
    /// The case in a folder; none when a tensor is of a type that is not tested. Error: why the reader
    /// refuses the file.
    pub fn read(path: &Path) -> Result<Option<Self>, String> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let model = OnnxFile::read(&path.join("model.onnx")).map_err(|e| e.to_string())?;
        let graph = model.proto().graph.as_ref().ok_or("no graph")?;
        let ports = graph.input.iter().chain(&graph.output);
        if !ports.into_iter().all(is_tested) {
            return Ok(None);
        }
        let operator = match &graph.node[..] {
            [node] => node.op_type.clone(),
            _ => "several".to_owned(),
        };
        Ok(Some(Self { name, operator, model, folder: path.join("test_data_set_0") }))
    }

    pub fn run(&self) -> Outcome {
        let module = match onnx_net::module(&self.model) {
            Ok(module) => module,
            Err(error) => return Outcome::Unsupported(error.to_string()),
        };
        let tried = catch_unwind(AssertUnwindSafe(|| no_grad(|| self.compare(&module))));
        match tried {
            Ok(Ok(())) => Outcome::Passed,
            Ok(Err(reason)) => Outcome::Failed(reason),
            Err(_) => Outcome::Failed("a panic".into()),
        }
    }

    fn compare(&self, module: &ops::nn::Module) -> Result<(), String> {
        let network = Graph::of(module).ok_or("no graph")?;
        let graph = self.model.proto().graph.as_ref().ok_or("no graph")?;
        let (inputs, expected) = (self.values("input", &graph.input)?, self.values("output", &graph.output)?);
        let is_bf16 = |port: &ValueInfoProto| format!("{port:?}").contains("elem_type: 16");
        // Half a step of such a number.
        let allowed = if graph.output.iter().any(is_bf16) { 4e-3 } else { 1e-3 };
        let found = network.compute(module, &inputs, GraphMode::File).map_err(|e| e.to_string())?;
        found.iter().zip(&expected).try_for_each(|((name, found), expected)| {
            same(found, expected, allowed).map_err(|reason| format!("output `{name}`: {reason}"))
        })
    }

    fn values(&self, kind: &str, ports: &[ValueInfoProto]) -> Result<Vec<GraphValue>, String> {
        let tensor = |proto: &TensorProto| onnx_net::read_tensor(proto).map_err(|e| e.to_string());
        let value = |(i, port): (usize, &ValueInfoProto)| {
            let path = self.folder.join(format!("{kind}_{i}.pb"));
            let bytes = fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))?;
            if port.r#type.as_ref().is_some_and(|t| t.sequence_type.is_some()) {
                let list = SequenceProto::decode(&bytes[..]).map_err(|e| e.to_string())?.tensor_values;
                return list.iter().map(tensor).collect::<Result<_, _>>().map(GraphValue::Sequence);
            }
            tensor(&TensorProto::decode(&bytes[..]).map_err(|e| e.to_string())?)
        };
        ports.iter().enumerate().map(value).collect()
    }
}

fn is_tested(port: &ValueInfoProto) -> bool {
    let kind = port.r#type.as_ref();
    let element = kind.and_then(|t| t.sequence_type.as_ref()).and_then(|t| t.elem_type.as_deref());
    let tensor = element.or(kind).and_then(|t| t.tensor_type.as_ref());
    let known = DataType::Float as i32..=DataType::Uint64 as i32;
    tensor.is_some_and(|t| known.contains(&t.elem_type) && t.elem_type != DataType::String as i32)
        || tensor.is_some_and(|t| t.elem_type == DataType::Bfloat16 as i32)
}

/// Within what the ONNX project itself allows: 1e-3 of each element, or what is allowed; equal whole numbers.
fn same(found: &GraphValue, expected: &GraphValue, allowed: f64) -> Result<(), String> {
    if let (GraphValue::Sequence(found), GraphValue::Sequence(expected)) = (found, expected) {
        if found.len() != expected.len() {
            return Err(format!("is a sequence of {}, expected {}", found.len(), expected.len()));
        }
        return found.iter().zip(expected).try_for_each(|(found, expected)| same(found, expected, allowed));
    }
    let (Some(a), Some(b)) = (found.spec(), expected.spec()) else { return Err("nothing came out".into()) };
    // Whole numbers that are quantised travel as floats.
    let quantised = b.dtype == DType::I32 && a.dtype.is_float();
    if a.shape != b.shape || (a.dtype != b.dtype && !quantised) {
        return Err(format!("is {a}, expected {b}"));
    }
    let (GraphValue::Tensor(found), GraphValue::Tensor(expected)) = (found, expected) else { return Ok(()) };
    let numbers = |t: &Tensor| t.to_f64().map_err(|e| e.to_string());
    let (found, expected) = (numbers(found)?, numbers(expected)?);
    let exact = matches!(b.dtype, DType::I32 | DType::I64 | DType::Bool);
    let near = |x: f64, y: f64| {
        x == y || (x.is_nan() && y.is_nan()) || (!exact && (x - y).abs() <= 1e-6 + allowed * y.abs())
    };
    match found.iter().zip(&expected).position(|(&x, &y)| !near(x, y)) {
        None => Ok(()),
        Some(i) => Err(format!("element {i} is {}, expected {}", found[i], expected[i])),
    }
}
