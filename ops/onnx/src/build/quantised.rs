//! Stored numbers of quantised weights and biases, which become float parameters: `p = (q - zero_point)
//! scale`. Every forward pass puts them on the grid of whole numbers again, and so does what is written.
//! Scales and zero points stay.

use std::collections::{HashMap, HashSet};

use ops::{DType, Result, Tensor, nn::Parameter, no_grad};

use crate::{
    GraphValue,
    build::{Builder, functions::WrittenNode},
    call::{NodeCall, one},
    file::proto::{DataType, GraphProto, NodeProto},
    network::plan::{PlanStep, Slot},
    operators::quantised::{Limits, ON_GRID, saturated},
};

/// How nodes use a tensor of stored numbers: names of the scales, whose product is that of a step, and of the
/// zero point (none: 0), and the axis that several of them are of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StoredUse {
    pub scales: Vec<String>,
    pub zero: Option<String>,
    pub axis: i64,
    /// How many numbers along the axis share a scale; 0: each place has its own.
    pub block: i64,
}

/// The uses of a graph's stored numbers, by their names.
#[derive(Default)]
pub(super) struct StoredUses {
    pub uses: HashMap<String, StoredUse>,
}

/// An initialiser of quantised numbers.
pub(crate) struct StoredNumbers {
    pub name: String,
    /// Its element type.
    pub kind: i32,
    /// Where the model holds it (see [`crate::file::visit`]); none inside of a function.
    pub index: Option<usize>,
    pub stored: StoredUse,
}

/// Which inputs are the scales and the zero point of another input, and the axis.
type Places = (&'static [usize], Option<usize>, i64);

/// Where an operator has the scales and the zero point of that input, if it holds quantised numbers.
pub(super) fn places(node: &NodeProto, input: usize) -> Option<Places> {
    let attribute =
        |name: &str, default| node.attribute.iter().find(|a| a.name == name).map_or(default, |a| a.i);
    Some(match (&*node.op_type, input) {
        ("DequantizeLinear", 0) => (&[1], Some(2), attribute("axis", 1)),
        ("DynamicQuantizeLSTM", 1) => (&[8], Some(9), 0),
        ("DynamicQuantizeLSTM", 2) => (&[10], Some(11), 0),
        ("QLinearConv", 3) => (&[4], Some(5), 0),
        ("QLinearConv", 8) => (&[1, 4], None, 0),
        ("QLinearMatMul", 3) => (&[4], Some(5), -1),
        ("QGemm", 3) => (&[4], Some(5), if attribute("transB", 0) != 0 { 0 } else { 1 }),
        ("QGemm", 6) => (&[1, 4], None, -1),
        ("DynamicQuantizeMatMul", 1) => (&[2], Some(3), -1),
        ("MatMulIntegerToFloat", 1) => (&[3], Some(5), -1),
        ("MatMulInteger", 1) => (&[], Some(3), -1),
        ("ConvInteger", 1) => (&[], Some(3), 0),
        _ => return None,
    })
}

impl StoredUses {
    /// The initialisers of a graph that its nodes use as quantised numbers only, and all in the same way.
    pub fn of(graph: &GraphProto, nodes: &[WrittenNode]) -> Self {
        let mut uses = HashMap::<String, StoredUse>::new();
        let mut otherwise: HashSet<&str> = graph.output.iter().map(|port| port.name.as_str()).collect();
        let scalings = Scalings::of(nodes);
        for written in nodes {
            let node = &*written.node;
            for (i, name) in node.input.iter().enumerate() {
                let Some(found) = use_of(node, i, &scalings) else {
                    otherwise.insert(name);
                    continue;
                };
                if uses.get(name).is_some_and(|known| *known != found) {
                    otherwise.insert(name);
                }
                uses.insert(name.clone(), found);
            }
            let bodies = node.attribute.iter().flat_map(|a| a.g.iter().chain(&a.graphs));
            bodies.for_each(|graph| inputs_inside(graph, &mut otherwise));
        }
        uses.retain(|name, _| !otherwise.contains(&**name));
        Self { uses }
    }

    /// The names of scales, which are no parameters whatever else computes with them.
    pub fn scales(&self) -> impl Iterator<Item = &str> {
        self.uses.values().flat_map(|stored| &stored.scales).map(String::as_str)
    }
}

/// Whether input `i` is a table, of which a node takes rows as they are.
fn takes_rows(node: &NodeProto, i: usize) -> bool {
    node.op_type == "Gather" && i == 0
}

/// How a node uses its input `i`, where that holds quantised numbers.
fn use_of(node: &NodeProto, i: usize, scalings: &Scalings) -> Option<StoredUse> {
    if takes_rows(node, i) {
        return scalings.of_rows(node);
    }
    let (scales, zero, axis) = places(node, i)?;
    let name = |i: &usize| node.input.get(*i).filter(|name| !name.is_empty()).cloned();
    let mut scales = scales.iter().map(name).collect::<Option<Vec<_>>>()?;
    if scales.is_empty() {
        scales.extend(scalings.second(node));
    }
    let block = node.attribute.iter().find(|a| a.name == "block_size").map_or(0, |a| a.i);
    Some(StoredUse { scales, zero: zero.and_then(|i| name(&i)), axis, block })
}

/// What stands behind quantised numbers, as ONNX Runtime's quantiser writes it. A product of whole numbers is
/// cast and multiplied with the product of both scales, of which the second one is the weights'; rows of a
/// table are dequantised.
struct Scalings<'a> {
    /// Casts, products and dequantisers by a name that they take.
    taking: HashMap<(&'a str, &'a str), &'a NodeProto>,
    /// Products by the name that they give.
    giving: HashMap<&'a str, &'a NodeProto>,
}

impl<'a> Scalings<'a> {
    fn of(nodes: &'a [WrittenNode]) -> Self {
        let (mut taking, mut giving) = (HashMap::new(), HashMap::new());
        let nodes = nodes.iter().map(|written| &*written.node);
        let kinds = ["Cast", "Mul", "DequantizeLinear"];
        for node in nodes.filter(|node| kinds.contains(&&*node.op_type)) {
            let kind = &*node.op_type;
            taking.extend(node.input.iter().map(|name| ((kind, name.as_str()), node)));
            giving.extend(node.output.first().map(|name| (name.as_str(), node)));
        }
        Self { taking, giving }
    }

    /// The use of a table whose rows are dequantised, by one scale for all.
    fn of_rows(&self, gather: &NodeProto) -> Option<StoredUse> {
        let rows = self.taking.get(&("DequantizeLinear", gather.output.first()?.as_str()))?;
        let scales = vec![rows.input.get(1)?.clone()];
        let zero = rows.input.get(2).filter(|name| !name.is_empty()).cloned();
        // Several scales would be of an axis of the rows, not of the table.
        Some(StoredUse { scales, zero, axis: i64::MAX, block: 0 })
    }

    /// The scale of the second factor.
    fn second(&self, product: &NodeProto) -> Option<String> {
        let cast = self.taking.get(&("Cast", product.output.first()?.as_str()))?;
        let scaled = cast.output.first()?;
        let scaling = self.taking.get(&("Mul", scaled.as_str()))?;
        let both = scaling.input.iter().find(|name| *name != scaled)?;
        let scales = self.giving.get(both.as_str()).filter(|node| node.op_type == "Mul")?;
        scales.input.get(1).cloned()
    }
}

/// All names that the nodes of a graph take, also those of graphs inside.
fn inputs_inside<'a>(graph: &'a GraphProto, names: &mut HashSet<&'a str>) {
    names.extend(graph.output.iter().map(|port| port.name.as_str()));
    for node in &graph.node {
        names.extend(node.input.iter().map(String::as_str));
        let bodies = node.attribute.iter().flat_map(|a| a.g.iter().chain(&a.graphs));
        bodies.for_each(|graph| inputs_inside(graph, names));
    }
}

/// The grid of a parameter that came as quantised numbers.
#[derive(Clone)]
pub(crate) struct WeightGrid {
    /// Both broadcast to the parameter.
    pub scale: Tensor,
    pub zero: Option<Tensor>,
    pub limits: Limits,
}

impl WeightGrid {
    /// The grid of numbers of that shape; none where scale or zero point do not fit it.
    pub fn new(
        stored: &StoredUse,
        shape: &[usize],
        scales: &[Tensor],
        zero: Option<&Tensor>,
        kind: i32,
    ) -> Result<Option<Self>> {
        let limits = DataType::try_from(kind).ok().and_then(Limits::of);
        let spread = |numbers: &Tensor| spread(&numbers.cast(DType::F32)?, stored, shape);
        let mut scale = Tensor::scalar(1.0, DType::F32, ops::Device::Cpu)?;
        for factor in scales {
            let Some(factor) = spread(factor)? else { return Ok(None) };
            scale = scale.mul(&factor)?;
        }
        let zero = match zero {
            None => None,
            Some(zero) => match spread(zero)? {
                None => return Ok(None),
                found => found,
            },
        };
        Ok(limits.map(|limits| Self { scale, zero, limits }))
    }

    /// The floats that quantised numbers stand for; none where they do not come back from them exactly, as
    /// numbers of 32 bits may not.
    pub fn value(&self, q: &Tensor) -> Result<Option<Tensor>> {
        no_grad(|| {
            let whole = q.cast(DType::F32)?;
            let steps = self.zero.as_ref().map_or(Ok(whole.clone()), |zero| whole.sub(zero))?;
            let value = steps.mul(&self.scale)?;
            let exact = self.numbers(&value)?.cast(DType::F64)?.to_f64()? == q.to_f64()?;
            Ok(exact.then_some(value))
        })
    }

    /// The quantised numbers nearest to floats.
    pub fn numbers(&self, value: &Tensor) -> Result<Tensor> {
        let here = |x: &Tensor| x.to_device(value.device())?.cast(value.dtype());
        let zero = self.zero.as_ref().map(here).transpose()?;
        saturated(&value.div(&here(&self.scale)?)?, zero.as_ref(), self.limits)
    }
}

/// One number, or several along the axis, so that they broadcast to a shape; none where they do not fit.
fn spread(numbers: &Tensor, stored: &StoredUse, shape: &[usize]) -> Result<Option<Tensor>> {
    if numbers.len() == 1 {
        return numbers.reshape(&[]).map(Some);
    }
    let rank = shape.len();
    let d = if stored.axis < 0 { stored.axis.saturating_add(rank as i64) } else { stored.axis };
    let Some(d) = usize::try_from(d).ok().filter(|&d| d < rank) else { return Ok(None) };
    match (usize::try_from(stored.block), numbers.shape()) {
        (Ok(0), &[n]) if n == shape[d] => {
            let mut wide = vec![1; rank];
            wide[d] = n;
            numbers.reshape(&wide).map(Some)
        }
        (Ok(block), found) if block > 0 && found.len() == rank => {
            let size = |i: usize| if i == d { shape[i].div_ceil(block) } else { shape[i] };
            let fits = (0..rank).all(|i| found[i] == size(i));
            fits.then(|| numbers.slices_at(d, shape[d], |i| i / block)).transpose()
        }
        _ => Ok(None),
    }
}

impl Builder<'_> {
    /// Makes parameters of the quantised numbers among the inputs of a node, which takes them from their
    /// grids.
    pub(super) fn put_on_grids(&mut self, node: &NodeProto, inputs: &mut [Option<Slot>]) {
        for (i, input) in inputs.iter_mut().enumerate() {
            let Some(slot) = input.filter(|_| places(node, i).is_some() || takes_rows(node, i)) else {
                continue;
            };
            let on_grid = match self.scope.on_grid.get(&slot) {
                Some(&known) => known,
                None => {
                    let made = self.parameter_on_grid(slot);
                    self.scope.on_grid.insert(slot, made);
                    made
                }
            };
            // What cannot be trained stays what it is.
            *input = on_grid.or(Some(slot));
        }
    }

    /// The slot of a parameter on its grid, which begins as the quantised numbers of a slot. None where these
    /// are a single number, or their scale or zero point is no constant.
    fn parameter_on_grid(&mut self, slot: Slot) -> Option<Slot> {
        let stored = self.scope.stored.remove(&slot)?;
        let q = self.constant(slot).filter(|q| q.rank() > 0)?;
        let StoredUse { scales, zero, .. } = &stored.stored;
        let named = |builder: &mut Self, name: &String| {
            let slot = builder.resolve(name)?;
            builder.constant(slot)
        };
        let scales = scales.iter().map(|name| named(self, name)).collect::<Option<Vec<_>>>()?;
        let zero = match zero {
            Some(name) => Some(named(self, name)?),
            None => None,
        };
        let grid = WeightGrid::new(&stored.stored, q.shape(), &scales, zero.as_ref(), stored.kind).ok()??;
        let parameter = Parameter::new(&grid.value(&q).ok()??).ok()?;
        let limits = grid.limits;
        let beside = [Some(grid.scale.clone()), grid.zero.clone()];
        let number = self.initialisers.add_on_grid(&stored, parameter, grid);
        let scope = &mut self.scope;
        let (own, on_grid) = (scope.slot(), scope.slot());
        scope.parameters.insert(own, number);
        let mut inputs = vec![Some(own)];
        for constant in beside.into_iter().flatten() {
            let slot = scope.slot();
            scope.known.insert(slot, constant.into());
            inputs.push(Some(slot));
        }
        scope.steps.push(PlanStep {
            operator: &ON_GRID,
            name: format!("the quantised numbers `{}`", stored.name),
            run: Box::new(move |call| on_grid_of(call, limits)),
            origins: vec![Some(number)],
            inputs,
            outputs: vec![Some(on_grid)],
            rebatch: false,
            parameters: vec![],
            done: vec![],
        });
        Some(on_grid)
    }

    /// A constant tensor, or what a trained one begins as.
    fn constant(&self, slot: Slot) -> Option<Tensor> {
        match self.scope.known.get(&slot) {
            Some(GraphValue::Tensor(tensor)) => Some(tensor.clone()),
            Some(_) => None,
            None => self.scope.initialisers.get(&slot).map(|&i| self.initialisers.value(i).clone()),
        }
    }
}

/// A parameter as whole numbers within limits, by the scale and the zero point behind it.
fn on_grid_of(call: &NodeCall, limits: Limits) -> Result<Vec<GraphValue>> {
    let x = call.tensor(0)?;
    let beside =
        |i: usize| call.maybe_on_device_of(i, &x)?.map(|numbers| numbers.cast(x.dtype())).transpose();
    let scale = beside(1)?.ok_or_else(|| call.wrong("the scale", "none", "a tensor"))?;
    one(saturated(&x.div(&scale)?, beside(2)?.as_ref(), limits))
}
