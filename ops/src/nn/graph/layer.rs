//! A graph as the layer of a module.

use std::{any::Any, cell::Cell, fmt};

use super::{
    Value, broken,
    call::{Mode, Pass},
    elements,
    plan::Plan,
    proto::{Dimension, ValueInfoProto},
};
use crate::{
    DType, Error, Result, Tensor,
    nn::{Layer, Module, Parameter},
};

/// An input or output of a graph, as the file declares it.
#[derive(Debug, Clone, PartialEq)]
pub struct Port {
    pub name: String,
    /// `None` where the file does not say or the type is not known here.
    pub dtype: Option<DType>,
    /// Sizes, `None` for one that is free; no list where even their number is.
    pub shape: Option<Vec<Option<usize>>>,
}

impl Port {
    pub(super) fn new(info: &ValueInfoProto) -> Self {
        let tensor = info.r#type.as_ref().and_then(|t| t.tensor_type.as_ref());
        let size = |value: &Option<Dimension>| match value {
            Some(Dimension::DimValue(n)) => usize::try_from(*n).ok().filter(|&n| n > 0),
            _ => None,
        };
        Self {
            name: info.name.clone(),
            dtype: tensor.and_then(|t| elements::dtype(t.elem_type).ok()),
            shape: tensor
                .and_then(|t| t.shape.as_ref())
                .map(|s| s.dim.iter().map(|d| size(&d.value)).collect()),
        }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dtype = self.dtype.map_or("any type", DType::name);
        match &self.shape {
            None => write!(f, "`{}`: {dtype}, any shape", self.name),
            Some(shape) => {
                let sizes: Vec<_> =
                    shape.iter().map(|d| d.map_or("?".to_owned(), |n| n.to_string())).collect();
                write!(f, "`{}`: {dtype} [{}]", self.name, sizes.join(", "))
            }
        }
    }
}

/// Rounds of loops in a trial of shapes.
const TRIAL_ROUNDS: u64 = 1000;

/// A network read from an ONNX file.
pub struct Graph {
    pub(super) plan: Plan,
    pub inputs: Vec<Port>,
    pub outputs: Vec<Port>,
    /// Whether more samples may come in than the file's fixed batch has.
    pub(super) rebatch: bool,
}

impl Graph {
    /// The graph of a module that was made of an ONNX file.
    pub fn of(module: &Module) -> Option<&Self> {
        module.layer().as_any().downcast_ref()
    }

    /// Computes all outputs, in the file's order, from inputs by name.
    ///
    /// # Errors
    /// [`Error::Graph`] for missing or unknown inputs and those of another shape or type than the file
    /// declares; [`Error::Layer`] names the node that failed.
    pub fn run(&self, module: &Module, inputs: &[(&str, &Tensor)]) -> Result<Vec<(String, Value)>> {
        if let Some((name, _)) = inputs.iter().find(|(name, _)| self.inputs.iter().all(|p| p.name != *name)) {
            return broken(format!("there is no input `{name}`, expected {}", list(&self.inputs)));
        }
        let find = |port: &Port| match inputs.iter().find(|(name, _)| *name == port.name) {
            Some((_, tensor)) => Ok((*tensor).clone()),
            None => broken(format!("the input {port} is missing")),
        };
        let tensors = self.inputs.iter().map(find).collect::<Result<Vec<_>>>()?;
        let symbolic = tensors.iter().any(Tensor::is_symbolic);
        let mode = if module.is_training() && !symbolic { Mode::Training } else { Mode::Evaluation };
        self.compute(module, &tensors.into_iter().map(Value::from).collect::<Vec<_>>(), mode)
    }

    /// [`Graph::run`] with inputs in the file's order, in a mode of one's own.
    ///
    /// # Errors
    /// As [`Graph::run`].
    pub fn compute(&self, module: &Module, inputs: &[Value], mode: Mode) -> Result<Vec<(String, Value)>> {
        self.pass(module.own_parameters(), inputs, mode)
    }

    /// [`Graph::compute`] with parameters that no module holds yet.
    pub(super) fn pass(
        &self,
        cells: &[(String, Parameter)],
        inputs: &[Value],
        mode: Mode,
    ) -> Result<Vec<(String, Value)>> {
        let batches = self.batches(inputs)?;
        let tensors = || {
            inputs.iter().filter_map(|value| match value {
                Value::Tensor(tensor) => Some(tensor),
                _ => None,
            })
        };
        // A trial computes nothing: it shall not go on for ever where a run may.
        let rounds = if tensors().any(Tensor::is_symbolic) { TRIAL_ROUNDS } else { u64::MAX };
        let values: Vec<_> = cells.iter().map(|(_, parameter)| parameter.get()).collect();
        let device = tensors().next().map_or(crate::Device::Cpu, Tensor::device);
        let pass = Pass { cells, values: &values, mode, batches, device, rounds: &Cell::new(rounds) };
        let outputs = self.plan.run(inputs, &[], pass)?;
        Ok(self.outputs.iter().map(|port| port.name.clone()).zip(outputs).collect())
    }

    /// How many of the file's own batches come in; refuses what the file does not declare.
    fn batches(&self, inputs: &[Value]) -> Result<usize> {
        // A tensor of the declared size itself may stand beside any number of batches.
        let mut batches = None;
        for (port, value) in self.inputs.iter().zip(inputs) {
            let Value::Tensor(tensor) = value else { continue };
            let times = port.times(tensor, self.rebatch)?;
            if times == 1 {
                continue;
            }
            if batches.is_some_and(|known| known != times) {
                return broken(format!(
                    "the input {port} has another number of samples than those before it"
                ));
            }
            batches = Some(times);
        }
        Ok(batches.unwrap_or(1))
    }
}

impl Port {
    /// How many times the declared batch a tensor has.
    fn times(&self, tensor: &Tensor, rebatch: bool) -> Result<usize> {
        let wrong = || Error::Graph(format!("the input {self} is given {}", tensor.spec()));
        // A GPU has no long integers and no others take their place.
        let same_type = self.dtype.is_none_or(|d| {
            d == tensor.dtype()
                || (d.is_int() && tensor.dtype().is_int())
                || (d.is_float() && tensor.dtype().is_float())
        });
        let Some(shape) = self.shape.as_ref().filter(|_| same_type) else {
            return if same_type { Ok(1) } else { Err(wrong()) };
        };
        if shape.len() != tensor.rank() {
            return Err(wrong());
        }
        let mut times = 1;
        for (d, (declared, &found)) in shape.iter().zip(tensor.shape()).enumerate() {
            match declared {
                Some(n) if *n == found => {}
                Some(n) if d == 0 && rebatch && found % n == 0 => times = found / n,
                Some(_) => return Err(wrong()),
                None => {}
            }
        }
        Ok(times)
    }
}

fn list(ports: &[Port]) -> String {
    let names: Vec<_> = ports.iter().map(|port| format!("`{}`", port.name)).collect();
    if names.is_empty() { "none".into() } else { names.join(", ") }
}

impl Layer for Graph {
    fn name(&self) -> &str {
        "Onnx"
    }

    fn describe(&self) -> String {
        let show = |ports: &[Port]| ports.iter().map(Port::to_string).collect::<Vec<_>>().join(", ");
        format!("{} -> {}, {} nodes", show(&self.inputs), show(&self.outputs), self.plan.steps.len())
    }

    /// The output of a graph with one input and one output.
    fn forward(&self, module: &Module, x: &Tensor) -> Result<Tensor> {
        let [input] = &self.inputs[..] else {
            let text = format!("the network has the inputs {}: give them by name", list(&self.inputs));
            return broken(text);
        };
        let mut outputs = self.run(module, &[(&input.name, x)])?;
        match (outputs.pop(), outputs.len()) {
            (Some((_, value)), 0) => value.tensor("forward").cloned(),
            _ => broken(format!("the network has the outputs {}: ask for them by name", list(&self.outputs))),
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
