//! Whether a graph computes its samples one by one, so that a file of a fixed batch may be run on any number
//! of them in pieces: slice `i` along axis 0 of every output comes from slice `i` of the inputs alone, in the
//! same way for every `i`.
//!
//! Shown from the operators, never from numbers: that a sum over all samples is compared with a bound does
//! not show in the outputs of samples that stay below it. What is not known to act sample by sample counts as
//! mixing them; so do axes that move.

mod known;

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use crate::{
    GraphValue, OnnxFile,
    file::{
        elements,
        proto::{Dimension, GraphProto, NodeProto, TensorProto, ValueInfoProto},
    },
};

/// What is known of a value. The rank is not known of every one.
#[derive(Clone, Default)]
struct RowValue<'a> {
    /// Whether it depends on the inputs: then axis 0 has a slice for each sample.
    by_sample: bool,
    /// Whether that axis 0 has as many slices as there are samples follows only from an output that has.
    assumed: bool,
    rank: Option<usize>,
    /// The size of axis 0 of a constant.
    first: Option<usize>,
    /// Whether all slices of a constant along axis 0 are the same.
    uniform: bool,
    /// The numbers of a constant, where the file has them.
    tensor: Option<&'a TensorProto>,
}

impl RowValue<'_> {
    fn sample(rank: Option<usize>) -> Self {
        Self { by_sample: true, rank, ..Self::default() }
    }

    /// Whether it is the same for every sample of a value of that rank that it is broadcast to.
    fn is_alike_for(&self, rank: Option<usize>) -> bool {
        let Some(own) = self.rank else { return false };
        own == 0
            || rank.is_some_and(|rank| own < rank)
            || (Some(own) == rank && (self.first == Some(1) || self.uniform))
    }

    /// The numbers of a constant.
    fn floats(&self) -> Option<Vec<f64>> {
        match elements::tensor(self.tensor?).ok()? {
            GraphValue::Tensor(tensor) => tensor.to_f64().ok(),
            _ => Some(Vec::new()),
        }
    }

    /// The whole numbers of a constant.
    fn numbers(&self) -> Option<Vec<i64>> {
        Some(self.floats()?.into_iter().map(|x| x as i64).collect())
    }
}

/// Why the samples of a model may depend on each other or on their positions; none where the graph shows that
/// they do not. Axis 0 of all its inputs and outputs counts the samples.
pub fn mixed_samples(file: &OnnxFile) -> Option<String> {
    let model = file.proto();
    let Some(graph) = &model.graph else { return Some("the file has no graph".into()) };
    let sets = model.opset_import.iter();
    let opset = sets.filter(|set| is_standard(&set.domain)).map(|set| set.version).max().unwrap_or(1);
    let constants: HashSet<_> = graph.initializer.iter().map(|tensor| &*tensor.name).collect();
    let inputs: Vec<_> = graph.input.iter().filter(|input| !constants.contains(&*input.name)).collect();
    let batch = inputs.first().and_then(|input| *shape(input)?.first()?);
    let values = values(file, batch);
    let mut rows = Rows { opset, batch, values, shapes: shapes(graph) };
    for input in inputs {
        rows.values.insert(&input.name, RowValue::sample(shape(input).map(|shape| shape.len())));
    }
    for node in &graph.node {
        if let Err(reason) = rows.node(node) {
            return Some(reason);
        }
    }
    let other = graph
        .output
        .iter()
        .find(|output| !rows.values.get(&*output.name).is_some_and(|value| value.by_sample));
    other.map(|output| format!("the output `{}` does not depend on the inputs", output.name))
}

fn is_standard(domain: &str) -> bool {
    matches!(domain, "" | "ai.onnx")
}

/// The initialisers of a file for a batch of that size.
fn values(file: &OnnxFile, batch: Option<usize>) -> HashMap<&str, RowValue<'_>> {
    let mut values = HashMap::new();
    for (i, tensor) in file.initialisers().iter().enumerate() {
        let mut value = constant(tensor);
        // Of others the numbers are not asked for.
        if value.first == batch
            && let Ok(Cow::Owned(whole)) = file.whole(i)
        {
            value.uniform = constant(&whole).uniform;
        }
        values.insert(&*tensor.name, value);
    }
    values
}

fn constant(tensor: &TensorProto) -> RowValue<'_> {
    let first = tensor.dims.first().and_then(|&n| usize::try_from(n).ok());
    let slice = first.filter(|&n| n > 0).map(|n| tensor.raw_data.len() / n);
    let uniform = slice.is_some_and(|slice| {
        slice > 0 && tensor.raw_data.chunks(slice).all(|other| other == &tensor.raw_data[..slice])
    });
    RowValue { rank: Some(tensor.dims.len()), first, uniform, tensor: Some(tensor), ..RowValue::default() }
}

/// The shapes that the file says.
fn shapes(graph: &GraphProto) -> HashMap<&str, Shape> {
    let infos = graph.value_info.iter().chain(&graph.output);
    infos.filter_map(|info| Some((&*info.name, shape(info)?))).collect()
}

fn shape(info: &ValueInfoProto) -> Option<Shape> {
    let shape = info.r#type.as_ref()?.tensor_type.as_ref()?.shape.as_ref()?;
    let size = |value: &Option<Dimension>| match value {
        Some(Dimension::DimValue(n)) => usize::try_from(*n).ok(),
        _ => None,
    };
    Some(shape.dim.iter().map(|dim| size(&dim.value)).collect())
}

/// Sizes where the file says them.
type Shape = Vec<Option<usize>>;

struct Rows<'a> {
    opset: i64,
    /// How many samples the inputs have.
    batch: Option<usize>,
    values: HashMap<&'a str, RowValue<'a>>,
    shapes: HashMap<&'a str, Shape>,
}

/// A node with what is known of its inputs; omitted ones are constants of rank 0.
struct RowNode<'n, 'a> {
    node: &'n NodeProto,
    opset: i64,
    batch: Option<usize>,
    inputs: Vec<RowValue<'a>>,
    /// The shape of the first output, where the file says it.
    shape: Option<&'n Shape>,
}

impl<'a> Rows<'a> {
    fn node(&mut self, node: &'a NodeProto) -> Result<(), String> {
        let refused = |why: &str| {
            let name = if node.name.is_empty() { String::new() } else { format!(" (`{}`)", node.name) };
            format!("the operator {}{name} {why}", node.op_type)
        };
        if !is_standard(&node.domain) || node.attribute.iter().any(|attribute| attribute.g.is_some()) {
            return Err(refused("is not known to act on each sample alone"));
        }
        let absent = RowValue { rank: Some(0), ..RowValue::default() };
        let find = |name: &String| match name.is_empty() {
            true => Some(absent.clone()),
            false => self.values.get(&**name).cloned(),
        };
        let inputs = node.input.iter().map(find).collect::<Option<Vec<_>>>();
        let inputs = inputs.ok_or_else(|| refused("has an input that no node before it gives"))?;
        let shape = node.output.first().and_then(|name| self.shapes.get(&**name));
        let is_random =
            node.op_type.starts_with("Random") || ["Bernoulli", "Multinomial"].contains(&&*node.op_type);
        let depends =
            inputs.iter().any(|input| input.by_sample) && !["Shape", "Size"].contains(&&*node.op_type);
        let found = match depends {
            _ if is_random => return Err(refused("is random")),
            false => known::constant_of(node, &inputs),
            true => {
                let call = RowNode { node, opset: self.opset, batch: self.batch, inputs, shape };
                let rank = call.by_sample();
                let rank =
                    rank.ok_or_else(|| refused("mixes samples, or is not known to act on each alone"))?;
                RowValue { assumed: call.assumes(), ..RowValue::sample(rank) }
            }
        };
        for (i, name) in node.output.iter().enumerate() {
            let rank = self.shapes.get(&**name).map(Vec::len).or(if i == 0 { found.rank } else { None });
            self.values.insert(name, RowValue { rank, ..found.clone() });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
