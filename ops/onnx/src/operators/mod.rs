//! What each operator computes, one family a file, and the table that all are found in.
//!
//! An operator is resolved once, when a file is read: its function reads the attributes of a node and
//! gives another one that computes. Both are written with the operations of [`crate::Tensor`], so whatever is
//! differentiable there is here, on every device. Semantics: the ONNX operator schemas,
//! <https://onnx.ai/onnx/operators/>.

mod activation;
mod arithmetic;
mod attention;
mod cell;
mod choose;
mod compare;
mod control;
mod conv;
mod create;
mod einsum;
mod grid;
mod join;
mod loss;
mod matrix;
pub(crate) mod microsoft;
mod normalise;
mod numbers;
mod order;
mod pad;
mod pool;
pub(crate) mod quantised;
mod recurrent;
mod reduce;
mod resize;
mod scatter;
mod sequence;
mod shape;
mod spectrum;
mod spread;
mod taps;
mod window;

use std::{collections::HashMap, sync::LazyLock};

use ops::{Result, Spec, Tensor, tensor::broadcast};

use crate::{
    GraphValue, NEWEST_OPSET,
    call::{NodeCall, NodeFunction, one},
    node::NodeReader,
};

/// What resolving a node gives.
type ResolvedNode = Result<NodeFunction>;

/// One operator.
pub(crate) struct Operator {
    pub name: &'static str,
    /// The first and the last version of the operator set.
    pub versions: (i64, i64),
    pub resolve: fn(&NodeReader) -> ResolvedNode,
    /// Inputs that are read as plain numbers, or only chosen by: no gradient passes through them.
    pub settings: &'static [usize],
    /// Inputs that are steps of grids: gradients pass, and they are trained only where a choice names them.
    pub scales: &'static [usize],
    /// Inputs that are the operator's own weights and biases, where they are constants.
    pub weights: &'static [usize],
    /// Inputs that are running averages.
    pub buffers: &'static [usize],
    /// Whether gradients pass.
    pub smooth: bool,
    /// Whether equal inputs give equal outputs, so that constants can be computed once.
    pub pure: bool,
}

impl Operator {
    /// Whether the operator of an opset of that version is the one here.
    pub fn covers(&self, opset: i64) -> bool {
        (self.versions.0..=self.versions.1).contains(&opset)
    }

    const fn settings(mut self, inputs: &'static [usize]) -> Self {
        self.settings = inputs;
        self
    }

    const fn scales(mut self, inputs: &'static [usize]) -> Self {
        self.scales = inputs;
        self
    }

    const fn weights(mut self, inputs: &'static [usize]) -> Self {
        self.weights = inputs;
        self
    }

    const fn buffers(mut self, inputs: &'static [usize]) -> Self {
        self.buffers = inputs;
        self
    }

    const fn until(mut self, opset: i64) -> Self {
        self.versions.1 = opset;
        self
    }

    const fn steps(mut self) -> Self {
        self.smooth = false;
        self
    }

    const fn impure(mut self) -> Self {
        self.pure = false;
        self
    }
}

/// An operator of all opsets from `since` on, with gradients for all of its inputs.
const fn op(name: &'static str, since: i64, resolve: fn(&NodeReader) -> ResolvedNode) -> Operator {
    Operator {
        name,
        versions: (since, NEWEST_OPSET),
        resolve,
        settings: &[],
        scales: &[],
        weights: &[],
        buffers: &[],
        smooth: true,
        pure: true,
    }
}

const FAMILIES: &[&[Operator]] = &[
    arithmetic::OPERATORS,
    activation::OPERATORS,
    compare::OPERATORS,
    reduce::OPERATORS,
    shape::OPERATORS,
    join::OPERATORS,
    choose::OPERATORS,
    scatter::OPERATORS,
    order::OPERATORS,
    pad::OPERATORS,
    create::OPERATORS,
    matrix::OPERATORS,
    conv::OPERATORS,
    pool::OPERATORS,
    spread::OPERATORS,
    normalise::OPERATORS,
    resize::OPERATORS,
    grid::OPERATORS,
    attention::OPERATORS,
    recurrent::OPERATORS,
    einsum::OPERATORS,
    loss::OPERATORS,
    spectrum::OPERATORS,
    sequence::OPERATORS,
    control::OPERATORS,
];

/// The families of each domain; ONNX's own has no name.
const DOMAINS: &[(&str, &[&[Operator]])] = &[
    ("", FAMILIES),
    ("", quantised::OPERATORS),
    (microsoft::DOMAIN, microsoft::FAMILIES),
    (microsoft::DOMAIN, quantised::MICROSOFT),
    (microsoft::DOMAIN, &[recurrent::MICROSOFT]),
];

/// All operators, with their domains.
fn all() -> impl Iterator<Item = (&'static str, &'static Operator)> {
    let of = |&(domain, families): &'static (&str, &[&[Operator]])| {
        families.iter().flat_map(|family| *family).map(move |operator| (domain, operator))
    };
    DOMAINS.iter().flat_map(of)
}

/// The operator of that name in a domain.
pub(crate) fn find(domain: &str, name: &str) -> Option<&'static Operator> {
    static TABLE: LazyLock<HashMap<(&str, &str), &'static Operator>> =
        LazyLock::new(|| all().map(|(domain, operator)| ((domain, operator.name), operator)).collect());
    TABLE.get(&(domain, name)).copied()
}

/// Whether an operator has that name, in any spelling of its capitals.
pub(crate) fn is_any(name: &str) -> bool {
    all().any(|(_, operator)| operator.name.eq_ignore_ascii_case(name))
}

/// An operator of one output.
fn gives(f: impl Fn(&NodeCall) -> Result<Tensor> + Send + Sync + 'static) -> ResolvedNode {
    Ok(Box::new(move |call| one(f(call))))
}

/// A function of one tensor.
fn map(f: impl Fn(&Tensor) -> Result<Tensor> + Send + Sync + 'static) -> ResolvedNode {
    gives(move |call| f(&call.tensor(0)?))
}

/// A function of each element of one tensor.
fn each(f: impl Fn(&Tensor) -> Result<Tensor> + Send + Sync + 'static) -> ResolvedNode {
    elementwise(move |call| f(&call.tensor(0)?))
}

/// A function of elements at equal positions of tensors that broadcast. Without elements none come out, of
/// the type that one would have.
fn elementwise(f: impl Fn(&NodeCall) -> Result<Tensor> + Send + Sync + 'static) -> ResolvedNode {
    Ok(Box::new(move |call| {
        if !call.inputs.iter().any(|x| matches!(x, GraphValue::Empty(_))) {
            return one(f(call));
        }
        let stand_in = |x: &GraphValue| match x {
            GraphValue::Empty(spec) => {
                let shape: Vec<_> = spec.shape.iter().map(|&n| n.max(1)).collect();
                Tensor::symbolic(spec.reshaped(shape), call.pass.device).into()
            }
            other => other.clone(),
        };
        let inputs: Vec<_> = call.inputs.iter().map(stand_in).collect();
        let dtype = f(&NodeCall { inputs: &inputs, ..*call })?.dtype();
        let shapes = call.inputs.iter().filter_map(GraphValue::spec);
        let shape = shapes.map(|spec| &spec.shape).try_fold(vec![], |a, b| broadcast(call.op, &a, b))?;
        Ok(vec![GraphValue::Empty(Spec::new(shape, dtype))])
    }))
}
