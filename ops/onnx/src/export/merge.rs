//! Two drafts of one module as one graph that runs at any batch size.

use std::{
    collections::{BTreeSet, HashMap},
    fmt::Display,
};

use ops::{
    Result, ScriptPosition, Spec, Tensor,
    nn::{Draft, Module, Parameter},
    op::onnx::{OnnxAttribute, OnnxNode, OnnxValue},
};

use super::{
    BATCHES, Metadata, OPSET, PRODUCER,
    batch::{self, BatchSize},
    messages::{self, constant},
    names::Names,
    refuse,
};
use crate::{
    BUFFER,
    file::proto::{
        AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, ValueInfoProto,
    },
};

/// The version of the file format that goes with the operator set.
const IR_VERSION: i64 = 10;

/// The graph where both drafts agree, with sizes that follow the batch where they do not.
///
/// # Errors
/// [`ops::Error::NotExportable`] for what differs in another way.
pub(super) fn merge(module: &Module, small: &Draft, large: &Draft, metadata: Metadata) -> Result<ModelProto> {
    let state = module.state();
    let mut graph = GraphWriter::new(&state, small, large);
    for (i, step) in small.steps.iter().enumerate() {
        let Some(other) = large.steps.get(i) else { return different(Some(step), None) };
        graph.add(i, step, other)?;
    }
    if let Some(step) = large.steps.get(small.steps.len()) {
        return different(None, Some(step));
    }
    graph.finish(small, large)?;
    let input = small.inputs.iter().zip(&large.inputs).map(|((_, a), (_, b))| (a, b));
    let output = small.outputs.iter().zip(&large.outputs).map(|(a, b)| (&a.spec, &b.spec));
    let input = graph.leaves.iter().zip(input).map(|(name, specs)| value_info(name, specs));
    let output = graph.results.iter().zip(output).map(|(name, specs)| value_info(name, specs));
    let (input, output) = (input.collect::<Result<_>>()?, output.collect::<Result<_>>()?);
    Ok(ModelProto {
        ir_version: IR_VERSION,
        opset_import: vec![OperatorSetIdProto { domain: String::new(), version: OPSET }],
        producer_name: PRODUCER.into(),
        producer_version: env!("CARGO_PKG_VERSION").into(),
        graph: Some(GraphProto {
            name: module.layer().name().to_owned(),
            doc_string: module.to_string(),
            input,
            output,
            initializer: graph.initializers(&state)?,
            node: graph.nodes,
            ..Default::default()
        }),
        metadata_props: metadata.into_iter().map(messages::entry).collect(),
        ..Default::default()
    })
}

/// An input or output of the graph, of those specs at the two batch sizes.
fn value_info(name: &str, (small, large): (&Spec, &Spec)) -> Result<ValueInfoProto> {
    let [a, b] = [small, large].map(|spec| spec.shape.iter().map(|&n| n as i64).collect::<Vec<_>>());
    match batch::sizes(&a, &b) {
        Some(sizes) => Ok(messages::value_info(name, small.dtype, &sizes)),
        None => refuse("the output's shape does not follow the batch size", None),
    }
}

#[derive(Default)]
struct GraphWriter {
    nodes: Vec<NodeProto>,
    names: Names,
    /// The number of inputs.
    inputs: usize,
    /// The name of the input whose dimension is the batch, and that dimension.
    batch: (String, usize),
    /// Names of the inputs and of the parameters.
    leaves: Vec<String>,
    /// Names of the graph's outputs.
    results: Vec<String>,
    /// Which output of which step gives which of them.
    given: HashMap<(usize, usize), usize>,
    /// Numbers of the leaves that a node takes.
    used: BTreeSet<usize>,
    /// Names of the outputs of each step.
    outputs: Vec<Vec<String>>,
    /// Sizes and indices that nodes take.
    integers: Vec<TensorProto>,
    /// What has been computed from the batch size.
    followers: HashMap<BatchSize, String>,
}

impl GraphWriter {
    fn new(state: &[(String, Parameter)], small: &Draft, large: &Draft) -> Self {
        let mut names = Names::default();
        let mut leaves: Vec<_> = small.inputs.iter().map(|(name, _)| names.unique(name)).collect();
        let results = small.outputs.iter().map(|output| names.unique(&output.name)).collect();
        let shapes = small.inputs.iter().zip(&large.inputs).map(|((_, a), (_, b))| (&a.shape, &b.shape));
        let batch = shapes.enumerate().find_map(|(i, (small, large))| {
            let d = small.iter().zip(large).position(|(&a, &b)| [a, b] == BATCHES)?;
            Some((leaves[i].clone(), d))
        });
        let mut given = HashMap::new();
        for (i, output) in small.outputs.iter().enumerate() {
            if let OnnxValue::Output(step, n) = output.value {
                given.entry((step, n)).or_insert(i);
            }
        }
        leaves.extend(state.iter().map(|(name, _)| names.unique(name)));
        let (inputs, batch) = (small.inputs.len(), batch.unwrap_or_default());
        Self { names, leaves, inputs, batch, results, given, ..Self::default() }
    }

    /// Adds step `i`, which both drafts have.
    fn add(&mut self, i: usize, small: &OnnxNode, large: &OnnxNode) -> Result<()> {
        let [form, other] = [small, large].map(|s| (s.op_type, s.inputs.len(), s.attributes.len()));
        if form != other {
            return different(Some(small), Some(large));
        }
        let module = small.origin.as_ref().map_or("", |origin| &*origin.module);
        let name =
            if module.is_empty() { small.op_type.into() } else { format!("{module}/{}", small.op_type) };
        let name = self.names.unique(&name);

        let both = small.inputs.iter().zip(&large.inputs).enumerate();
        let input = both.map(|(i, (a, b))| self.input(&name, small, i, a, b)).collect::<Result<_>>()?;
        let attribute = |((name, a), (_, b)): (&(&str, OnnxAttribute), &(&str, OnnxAttribute))| match a == b {
            true => Ok(messages::attribute(name, a)),
            false => {
                let found = of_both(format!("{a:?}"), format!("{b:?}"));
                refuse(format!("`{name}` of {} is {found}", small.op_type), script_line(small))
            }
        };
        let attribute =
            small.attributes.iter().zip(&large.attributes).map(attribute).collect::<Result<_>>()?;
        let output = (0..small.outputs).map(|n| match (n, self.given.get(&(i, n))) {
            (_, Some(&result)) => self.results[result].clone(),
            (0, _) => name.clone(),
            (n, _) => self.names.unique(&format!("{name}/{n}")),
        });
        let output: Vec<String> = output.collect();
        self.outputs.push(output.clone());
        let op_type = small.op_type.into();
        self.nodes.push(NodeProto { input, output, name, op_type, attribute, ..Default::default() });
        Ok(())
    }

    /// The name of the same input in both drafts.
    fn input(
        &mut self,
        owner: &str,
        step: &OnnxNode,
        i: usize,
        small: &OnnxValue,
        large: &OnnxValue,
    ) -> Result<String> {
        match (small, large) {
            (OnnxValue::Leaf(a), OnnxValue::Leaf(b)) if a == b => {
                self.used.insert(*a);
                Ok(self.leaves[*a].clone())
            }
            (OnnxValue::Output(a, n), OnnxValue::Output(b, m)) if (a, n) == (b, m) => {
                Ok(self.outputs[*a][*n].clone())
            }
            (OnnxValue::Omitted, OnnxValue::Omitted) => Ok(String::new()),
            (OnnxValue::Number(a, dtype), OnnxValue::Number(b, _)) if a.to_bits() == b.to_bits() => {
                Ok(self.constant(owner, messages::number(*a, *dtype)))
            }
            (OnnxValue::Number(a, _), OnnxValue::Number(b, _)) => {
                let found = of_both(a, b);
                let text = format!("a number in {} is {found}: it would be wrong for others", step.op_type);
                refuse(text, script_line(step))
            }
            (OnnxValue::Sizes(a), OnnxValue::Sizes(b)) => self.sizes(owner, step, i, a, b),
            (OnnxValue::Constant(a), OnnxValue::Constant(b)) => self.tensor(owner, step, a, b),
            _ => different(Some(step), Some(step)),
        }
    }

    /// A constant, as a node: initialisers are for what is trained.
    fn constant(&mut self, owner: &str, value: TensorProto) -> String {
        self.push("Constant", &format!("{owner}/constant"), vec![], vec![constant(value)])
    }

    fn node(
        &mut self,
        op_type: &str,
        name: &str,
        input: Vec<String>,
        attributes: &[(&str, OnnxAttribute)],
    ) -> String {
        let attribute = attributes.iter().map(|(name, value)| messages::attribute(name, value)).collect();
        self.push(op_type, name, input, attribute)
    }

    /// A node of one output, which is called as the node.
    fn push(
        &mut self,
        op_type: &str,
        name: &str,
        input: Vec<String>,
        attribute: Vec<AttributeProto>,
    ) -> String {
        let (name, op_type) = (self.names.unique(name), op_type.into());
        let output = vec![name.clone()];
        let node = NodeProto { input, output, name: name.clone(), op_type, attribute, ..Default::default() };
        self.nodes.push(node);
        name
    }

    fn integers(&mut self, name: &str, values: &[i64]) -> String {
        let name = self.names.unique(name);
        self.integers.push(messages::integers(&name, values));
        name
    }

    /// Sizes, those that follow the batch computed from it.
    fn sizes(
        &mut self,
        owner: &str,
        step: &OnnxNode,
        i: usize,
        small: &[i64],
        large: &[i64],
    ) -> Result<String> {
        let name = format!("{owner}/{}", if i == 1 { "shape" } else { "sizes" });
        let differing = small.iter().zip(large).filter(|(a, b)| a != b).count();
        if small.len() == large.len() && differing == 0 {
            return Ok(self.integers(&name, small));
        }
        if step.op_type == "Reshape" && small.len() == large.len() && differing == 1 {
            // Whatever is left.
            let left: Vec<_> = small.iter().zip(large).map(|(&a, &b)| if a == b { a } else { -1 }).collect();
            return Ok(self.integers(&name, &left));
        }
        let Some(sizes) = batch::sizes(small, large) else {
            let found = of_both(format!("{small:?}"), format!("{large:?}"));
            let text = format!("sizes of {} are {found}: they do not follow the batch", step.op_type);
            return refuse(text, script_line(step));
        };
        Ok(self.followers(&name, &sizes))
    }

    /// Sizes `[n]` computed from the batch size.
    fn followers(&mut self, name: &str, sizes: &[BatchSize]) -> String {
        let parts: Vec<_> = sizes
            .iter()
            .map(|&size| match size.fixed() {
                Some(n) => self.integers(&format!("{name}/{n}"), &[n]),
                None => self.follower(size),
            })
            .collect();
        match &parts[..] {
            [only] => only.clone(),
            _ => self.node("Concat", name, parts, &[("axis", OnnxAttribute::Int(0))]),
        }
    }

    /// A size `[1]` that follows the batch.
    fn follower(&mut self, size: BatchSize) -> String {
        if let Some(known) = self.followers.get(&size) {
            return known.clone();
        }
        let batch = BatchSize { scale: 1, offset: 0 };
        let name = if size == batch {
            let (input, d) = self.batch.clone();
            let only = [("start", d.into()), ("end", (d + 1).into())];
            self.node("Shape", "batch", vec![input], &only)
        } else {
            let mut value = self.follower(batch);
            for (op_type, part, number) in [("Mul", size.scale, 1), ("Add", size.offset, 0)] {
                if part != number {
                    let part = self.integers(&format!("{}/{part}", size.name()), &[part]);
                    value = self.node(op_type, &size.name(), vec![value, part], &[]);
                }
            }
            value
        };
        self.followers.insert(size, name.clone());
        name
    }

    /// A tensor that the module computes with. One that has the size of the batch must be repeated along
    /// it, and is repeated anew.
    fn tensor(&mut self, owner: &str, step: &OnnxNode, small: &Tensor, large: &Tensor) -> Result<String> {
        if small.shares_value(large) || same(small, large)? {
            return Ok(self.constant(owner, messages::tensor("", small)?));
        }
        let [a, b] = [small, large].map(|x| x.shape().iter().map(|&n| n as i64).collect::<Vec<_>>());
        let sizes = batch::sizes(&a, &b);
        let core = [once(small, large)?, once(large, small)?];
        if let (Some(sizes), [Some(core), Some(other)]) = (sizes, core)
            && same(&core, &other)?
        {
            let core = self.constant(owner, messages::tensor("", &core)?);
            let shape = self.followers(&format!("{owner}/constant/shape"), &sizes);
            return Ok(self.node("Expand", &format!("{owner}/constant"), vec![core, shape], &[]));
        }
        let [a, b] = BATCHES;
        let (small, large, op_type) = (small.spec(), large.spec(), step.op_type);
        let text = format!(
            "a constant of {op_type} {small} for {a} samples differs from that {large} for {b}: it depends \
             on the batch, or on chance"
        );
        refuse(text, script_line(step))
    }

    /// Gives the graph those outputs that no node gives yet.
    fn finish(&mut self, small: &Draft, large: &Draft) -> Result<()> {
        if small.outputs.len() != large.outputs.len() {
            return different(None, None);
        }
        for (i, (a, b)) in small.outputs.iter().zip(&large.outputs).enumerate() {
            if let OnnxValue::Output(step, n) = a.value
                && self.given.get(&(step, n)) == Some(&i)
            {
                match b.value {
                    OnnxValue::Output(other, m) if (step, n) == (other, m) => continue,
                    _ => return different(small.steps.get(step), None),
                }
            }
            let step = OnnxNode {
                op_type: "Identity",
                inputs: vec![],
                outputs: 1,
                attributes: vec![],
                origin: None,
            };
            let input = self.input(step.op_type, &step, 0, &a.value, &b.value)?;
            let node = self.node(step.op_type, step.op_type, vec![input], &[]);
            if let Some(last) = self.nodes.iter_mut().find(|last| last.name == node) {
                last.output = vec![self.results[i].clone()];
            }
        }
        Ok(())
    }

    /// The parameters and buffers that nodes take, then sizes.
    fn initializers(&self, state: &[(String, Parameter)]) -> Result<Vec<TensorProto>> {
        let used =
            self.used.iter().filter_map(|leaf| Some((leaf, state.get(leaf.checked_sub(self.inputs)?)?)));
        let parameters = used.map(|(&leaf, (_, parameter))| {
            let mut proto = messages::tensor(&self.leaves[leaf], &parameter.get().detach())?;
            if parameter.is_buffer() {
                proto.doc_string = BUFFER.into();
            }
            Ok(proto)
        });
        parameters.chain(self.integers.iter().cloned().map(Ok)).collect()
    }
}

/// Whether two tensors have the same elements, bit for bit.
fn same(a: &Tensor, b: &Tensor) -> Result<bool> {
    Ok(a.spec() == b.spec() && a.to_data()?.to_bytes() == b.to_data()?.to_bytes())
}

/// The tensor once along the dimensions in which it differs from another one, where it is repeated along
/// them.
fn once(x: &Tensor, other: &Tensor) -> Result<Option<Tensor>> {
    if x.rank() != other.rank() || x.dtype() != other.dtype() {
        return Ok(None);
    }
    let mut core = x.clone();
    for d in (0..x.rank()).filter(|&d| x.shape()[d] != other.shape()[d]) {
        core = core.narrow(d as i64, 0, 1)?;
    }
    Ok(same(&core.expand(x.shape())?, x)?.then_some(core))
}

fn script_line(step: &OnnxNode) -> Option<ScriptPosition> {
    step.origin.as_ref()?.position.clone()
}

/// The refusal of what is one operation in one trace and another, or none, in the other.
fn different<T>(small: Option<&OnnxNode>, large: Option<&OnnxNode>) -> Result<T> {
    let [name, other] = [small, large].map(|step| step.map_or("nothing", |step| step.op_type));
    let [a, b] = BATCHES;
    let text = format!("what is computed depends on the batch size: {name} for {a} samples, {other} for {b}");
    refuse(text, small.and_then(script_line).or(large.and_then(script_line)))
}

/// What something is in both traces, where that differs.
fn of_both(small: impl Display, large: impl Display) -> String {
    let [a, b] = BATCHES;
    format!("{small} for {a} samples, but {large} for {b}")
}
