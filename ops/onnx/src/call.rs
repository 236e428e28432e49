//! The inputs of a node while it is computed, in the forms that operators read.

use std::cell::Cell;

use ops::{Device, Error, Result, Tensor, nn::Parameter};

use crate::{
    GraphValue,
    value::{to_device, whole},
};

/// In which mode dropout and batch normalisation compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GraphMode {
    /// As each node says.
    File,
    /// By what evaluation does.
    Evaluation,
    /// By what training does.
    Training,
}

/// The computation of a resolved node.
pub(crate) type NodeFunction = Box<dyn Fn(&NodeCall) -> Result<Vec<GraphValue>> + Send + Sync>;

/// What all nodes share while a graph is computed once.
#[derive(Clone, Copy)]
pub(crate) struct GraphPass<'a> {
    /// The module's parameters, and their values in this pass.
    pub cells: &'a [(String, Parameter)],
    pub values: &'a [Tensor],
    pub mode: GraphMode,
    /// How many times more samples come in than the file's own fixed batch has.
    pub batches: usize,
    pub device: Device,
    /// How many rounds of loops are left: a trial of shapes gives up.
    pub rounds: &'a Cell<u64>,
    /// Whether only shapes are asked for.
    pub trial: bool,
}

impl GraphPass<'_> {
    /// Counts one round of a loop.
    ///
    /// # Errors
    /// [`Error::Symbolic`] where a trial has seen enough: only a run can tell.
    pub fn patience(&self) -> Result<()> {
        let left = self.rounds.get().checked_sub(1).ok_or(Error::Symbolic { op: "Loop" })?;
        self.rounds.set(left);
        Ok(())
    }
}

/// The inputs of one node.
pub(crate) struct NodeCall<'a> {
    pub op: &'static str,
    pub inputs: &'a [GraphValue],
    /// For each input: the parameter that it is.
    pub origins: &'a [Option<usize>],
    pub pass: GraphPass<'a>,
    /// How many times more elements a constant shape stands for.
    pub batches: usize,
}

impl NodeCall<'_> {
    /// Whether input `i` is given.
    pub fn has(&self, i: usize) -> bool {
        !matches!(self.value(i), GraphValue::Absent)
    }

    /// Input `i`, whatever it is.
    pub fn value(&self, i: usize) -> &GraphValue {
        self.inputs.get(i).unwrap_or(&GraphValue::Absent)
    }

    /// Input `i` as a tensor.
    pub fn tensor(&self, i: usize) -> Result<Tensor> {
        self.value(i).tensor(self.op).cloned()
    }

    /// Input `i`, on the device of another tensor.
    pub fn on_device_of(&self, i: usize, other: &Tensor) -> Result<Tensor> {
        to_device(self.value(i).tensor(self.op)?, other.device())
    }

    /// [`NodeCall::on_device_of`], where it is given.
    pub fn maybe_on_device_of(&self, i: usize, other: &Tensor) -> Result<Option<Tensor>> {
        if self.has(i) { self.on_device_of(i, other).map(Some) } else { Ok(None) }
    }

    /// The first two inputs on one device.
    pub fn pair(&self) -> Result<[Tensor; 2]> {
        self.pair_of(0, 1)
    }

    /// Two inputs on one device.
    pub fn pair_of(&self, a: usize, b: usize) -> Result<[Tensor; 2]> {
        let both = self.together([a, b])?;
        both.try_into().map_err(|_| self.wrong("the inputs", "fewer", "two"))
    }

    /// Some inputs on one device, the one that is not the processor if there is one.
    pub fn together(&self, inputs: impl IntoIterator<Item = usize>) -> Result<Vec<Tensor>> {
        let tensors = inputs.into_iter().map(|i| self.tensor(i)).collect::<Result<Vec<_>>>()?;
        match tensors.iter().map(Tensor::device).find(|&d| d != Device::Cpu) {
            Some(device) => tensors.iter().map(|x| to_device(x, device)).collect(),
            None => Ok(tensors),
        }
    }

    /// Input `i` as whole numbers.
    pub fn ints(&self, i: usize) -> Result<Vec<i64>> {
        match self.value(i) {
            GraphValue::Tensor(tensor) if tensor.dtype().is_int() => whole(self.op, tensor),
            other => Ok(other.numbers(self.op)?.into_iter().map(|x| x as i64).collect()),
        }
    }

    /// Input `i` as whole numbers, where it is given.
    pub fn maybe_ints(&self, i: usize) -> Result<Option<Vec<i64>>> {
        if self.has(i) { self.ints(i).map(Some) } else { Ok(None) }
    }

    /// What the attribute says, or else input `i`, where either is given.
    pub fn ints_or_input(&self, attribute: &Option<Vec<i64>>, i: usize) -> Result<Option<Vec<i64>>> {
        if attribute.is_some() { Ok(attribute.clone()) } else { self.maybe_ints(i) }
    }

    /// Input `i` as sizes.
    pub fn sizes(&self, i: usize) -> Result<Vec<usize>> {
        let size =
            |&n: &i64| usize::try_from(n).map_err(|_| self.wrong("a size", n, "none that is negative"));
        self.ints(i)?.iter().map(size).collect()
    }

    /// Input `i` as numbers.
    pub fn numbers(&self, i: usize) -> Result<Vec<f64>> {
        self.value(i).numbers(self.op)
    }

    /// Input `i` as numbers, none where it is not given.
    pub fn numbers_or_none(&self, i: usize) -> Result<Vec<f64>> {
        if self.has(i) { self.numbers(i) } else { Ok(vec![]) }
    }

    /// Input `i` as one number, where it is given.
    pub fn number(&self, i: usize) -> Result<Option<f64>> {
        if !self.has(i) {
            return Ok(None);
        }
        match self.numbers(i)?[..] {
            [number] => Ok(Some(number)),
            ref found => Err(self.wrong("an input", format!("{} numbers", found.len()), "a single number")),
        }
    }

    /// The parameter that input `i` is.
    pub fn cell(&self, i: usize) -> Option<&Parameter> {
        let number = self.origins.get(i).copied().flatten()?;
        self.pass.cells.get(number).map(|(_, parameter)| parameter)
    }

    /// An argument outside its range.
    pub fn wrong(&self, name: &'static str, found: impl ToString, expected: impl Into<String>) -> Error {
        Error::argument(self.op, name, found, expected)
    }

    /// A shape that does not fit.
    pub fn misfit(&self, found: &[usize], expected: impl Into<String>) -> Error {
        Error::shape(self.op, format!("{found:?}"), expected)
    }

    /// An axis counted from the front or the back, of `rank`.
    pub fn axis(&self, axis: i64, rank: usize) -> Result<usize> {
        let index = if axis < 0 { axis.saturating_add(rank as i64) } else { axis };
        let found = usize::try_from(index).ok().filter(|&d| d < rank);
        found.ok_or_else(|| self.wrong("an axis", axis, format!("one of {rank} dimensions")))
    }

    /// Axes counted from the front or the back, each at most once.
    pub fn axes(&self, axes: &[i64], rank: usize) -> Result<Vec<usize>> {
        let found = axes.iter().map(|&axis| self.axis(axis, rank)).collect::<Result<Vec<_>>>()?;
        match (1..found.len()).find(|&i| found[..i].contains(&found[i])) {
            None => Ok(found),
            Some(i) => Err(self.wrong("an axis", axes[i], "each at most once")),
        }
    }
}

/// The only output.
pub(crate) fn one(tensor: Result<Tensor>) -> Result<Vec<GraphValue>> {
    Ok(vec![tensor?.into()])
}
