//! A graph as the layer of a module.

use std::{any::Any, cell::Cell, collections::HashSet, sync::OnceLock};

use ops::{
    Device, Result, Tensor,
    nn::{Layer, Module, Parameter, Value},
};

use crate::{
    GraphValue, Port, broken,
    call::{GraphMode, GraphPass},
    export::Original,
    network::{plan::GraphPlan, port::list},
};

/// Rounds of loops in a trial of shapes.
const TRIAL_ROUNDS: u64 = 1000;

/// Why a graph is computed.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Compute(GraphMode),
    /// Shapes only.
    Trial,
}

/// A network read from an ONNX file.
pub struct Graph {
    pub(crate) plan: GraphPlan,
    pub inputs: Vec<Port>,
    pub outputs: Vec<Port>,
    /// Whether more samples may come in than the file's fixed batch has.
    pub(crate) rebatch: bool,
    /// The weights of products whose first dimension is that of the inputs.
    pub(crate) inputs_first: HashSet<String>,
    /// Set once more samples were found to give what each gives alone.
    pub(crate) verified: OnceLock<()>,
    /// The file, to be written again; none where not all parameters are tensors of it.
    pub(crate) original: Option<Original>,
}

impl Graph {
    /// The graph of a module that was made of an ONNX file.
    pub fn of(module: &Module) -> Option<&Self> {
        (module.layer() as &dyn Any).downcast_ref()
    }

    /// Whether the first dimension of a parameter is that of the inputs of the product that it is the weight
    /// of, as in `x W`.
    pub fn has_inputs_first(&self, name: &str) -> bool {
        self.inputs_first.contains(name)
    }

    /// Computes all outputs, in the file's order, from inputs by name.
    ///
    /// # Errors
    /// [`ops::Error::Graph`] for missing or unknown inputs and those of another shape or type than the file
    /// declares; [`ops::Error::Layer`] names the node that failed.
    pub fn run(&self, module: &Module, inputs: &[(&str, &Tensor)]) -> Result<Vec<(String, GraphValue)>> {
        if let Some((name, _)) = inputs.iter().find(|(name, _)| self.inputs.iter().all(|p| p.name != *name)) {
            return broken(format!("there is no input `{name}`, expected {}", list(&self.inputs)));
        }
        let find = |port: &Port| match inputs.iter().find(|(name, _)| *name == port.name) {
            Some((_, tensor)) => Ok((*tensor).clone()),
            None => broken(format!("the input {} is missing", port.quoted())),
        };
        let tensors = self.inputs.iter().map(find).collect::<Result<Vec<_>>>()?;
        let symbolic = tensors.iter().any(Tensor::is_symbolic);
        let mode =
            if module.is_training() && !symbolic { GraphMode::Training } else { GraphMode::Evaluation };
        self.compute(module, &tensors.into_iter().map(GraphValue::from).collect::<Vec<_>>(), mode)
    }

    /// [`Graph::run`] with inputs in the file's order, in a mode of one's own.
    ///
    /// # Errors
    /// As [`Graph::run`].
    pub fn compute(
        &self,
        module: &Module,
        inputs: &[GraphValue],
        mode: GraphMode,
    ) -> Result<Vec<(String, GraphValue)>> {
        let inputs = self.inputs.iter().zip(inputs).map(|(port, value)| port.typed(value));
        let inputs = inputs.collect::<Result<Vec<_>>>()?;
        let cells = module.own_parameters();
        self.verify(cells, &inputs)?;
        let values: Vec<_> = cells.iter().map(|(_, parameter)| parameter.get()).collect();
        let outputs = self.pass(cells, &values, &inputs, Purpose::Compute(mode))?;
        Ok(self.outputs.iter().map(|port| port.name.clone()).zip(outputs).collect())
    }

    /// The outputs for inputs of the file's types, with these values of the parameters.
    pub(crate) fn pass(
        &self,
        cells: &[(String, Parameter)],
        values: &[Tensor],
        inputs: &[GraphValue],
        purpose: Purpose,
    ) -> Result<Vec<GraphValue>> {
        let tensors = || {
            inputs.iter().filter_map(|value| match value {
                GraphValue::Tensor(tensor) => Some(tensor),
                _ => None,
            })
        };
        let (mode, trial) = match purpose {
            Purpose::Compute(mode) => (mode, false),
            Purpose::Trial => (GraphMode::Evaluation, true),
        };
        // A trial has a limit on the rounds of loops; a run has none.
        let rounds = if tensors().any(Tensor::is_symbolic) { TRIAL_ROUNDS } else { u64::MAX };
        let device = tensors().next().map_or(Device::Cpu, Tensor::device);
        let (batches, rounds) = (self.batches(inputs)?, &Cell::new(rounds));
        self.plan.run(inputs, &[], GraphPass { cells, values, mode, batches, device, rounds, trial })
    }

    /// How many of the file's own batches come in; refuses what the file does not declare.
    pub(crate) fn batches(&self, inputs: &[GraphValue]) -> Result<usize> {
        // A tensor of the declared size itself fits any number of batches.
        let mut batches = None;
        for (port, value) in self.inputs.iter().zip(inputs) {
            let GraphValue::Tensor(tensor) = value else { continue };
            let times = port.times(tensor, self.rebatch)?;
            if times == 1 {
                continue;
            }
            if batches.is_some_and(|known| known != times) {
                return broken(format!(
                    "the input {} has another number of samples than those before it",
                    port.quoted()
                ));
            }
            batches = Some(times);
        }
        Ok(batches.unwrap_or(1))
    }
}

impl Layer for Graph {
    fn name(&self) -> &str {
        "Onnx"
    }

    fn describe(&self) -> String {
        let show = |ports: &[Port]| ports.iter().map(Port::quoted).collect::<Vec<_>>().join(", ");
        format!("{} -> {}, {} nodes", show(&self.inputs), show(&self.outputs), self.plan.steps.len())
    }

    /// Inputs by name give a map of all outputs; those in the file's order the one output that there is.
    fn call(&self, module: &Module, inputs: &[Value]) -> Result<Value> {
        if let [Value::Map(items)] = inputs {
            let named: Vec<_> =
                items.iter().map(|(name, x)| Ok((name.as_str(), given(x)?))).collect::<Result<_>>()?;
            let output = |(name, value): (String, GraphValue)| Ok((name, value.tensor("forward")?.into()));
            return Ok(Value::Map(self.run(module, &named)?.into_iter().map(output).collect::<Result<_>>()?));
        }
        if self.inputs.len() != inputs.len() {
            let text = format!("the network has the inputs {}: give them by name", list(&self.inputs));
            return broken(text);
        }
        let ports = self.inputs.iter().zip(inputs);
        let named = ports.map(|(port, x)| Ok((port.name.as_str(), given(x)?))).collect::<Result<Vec<_>>>()?;
        let mut outputs = self.run(module, &named)?;
        match (outputs.pop(), outputs.len()) {
            (Some((_, value)), 0) => Ok(value.tensor("forward")?.into()),
            _ => broken(format!("the network has the outputs {}: ask for them by name", list(&self.outputs))),
        }
    }
}

/// The tensor that an input is.
fn given(x: &Value) -> Result<&Tensor> {
    match x {
        Value::Tensor(x) => Ok(x),
        other => broken(format!("an input is {}, expected a tensor", other.kind())),
    }
}
