//! Reductions over any dimensions. An empty list of dimensions means all of them; with `keep` the
//! reduced dimensions stay with size 1.

#[cfg(feature = "cube")]
mod gpu;

use burn::backend::{
    Dispatch, Scalar, Shape, Slice,
    ops::{FloatTensorOps as _, IntTensorOps as _},
};

use super::{
    OnnxAttribute, OnnxOperator, OnnxValue, OnnxWriter, Op, OpInfo, Operand, Primitive, Saves, Vjp, by_kind,
    custom::custom_gradient, require, require_float, require_number,
};
use crate::{
    DType, Device, Result, Spec, Tensor,
    cpu::sum,
    tensor::{apply, int_dtype, on_cpu},
};

/// Sums run over blocks of so many elements, one after the other: a total that threads join in the
/// order in which they finish would differ from run to run.
const BLOCK: usize = 1 << 16;

/// `y = sum of x over dims`, or the mean, which a GPU has in the same launch.
struct Sum {
    dims: Vec<usize>,
    /// What the sum is divided by: the number of elements for a mean.
    divisor: f64,
}

impl Sum {
    /// The sum as a backend computes it.
    fn plain(&self, x: &[Operand], y: &Spec) -> Primitive {
        let value = x[0].primitive();
        if self.dims.len() == x[0].spec.rank() {
            let shape = Shape::from(y.stored_shape());
            let total = total(value, x[0].spec);
            return by_kind!(y.dtype, float_reshape, int_reshape, (total, shape));
        }
        self.dims.iter().rev().fold(value, |v, &d| by_kind!(y.dtype, float_sum_dim, int_sum_dim, (v, d)))
    }
}

impl Op for Sum {
    fn info(&self) -> OpInfo {
        OpInfo::new(if self.divisor == 1.0 { "sum" } else { "mean" }).saving(Saves::NOTHING)
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        require_number("sum", x[0])?;
        let mut y = x[0].clone();
        self.dims.iter().for_each(|&d| y.shape[d] = 1);
        Ok(y)
    }

    fn run(&self, x: &[Operand], y: &Spec, device: Device) -> Primitive {
        if let Some(values) = x[0].floats() {
            return on_cpu(sum::over(&values, &x[0].spec.shape, &self.dims), y);
        }
        #[cfg(feature = "cube")]
        if let (Device::Gpu, DType::F32) = (device, y.dtype)
            && let Some(sum) = gpu::sum(&x[0], &self.dims, self.divisor, y)
        {
            return sum;
        }
        let value = self.plain(x, y);
        if self.divisor == 1.0 {
            return value;
        }
        Dispatch::float_div_scalar(value, Scalar::Float(self.divisor))
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let dy = if self.divisor == 1.0 { at.dy.clone() } else { at.dy.div_scalar(self.divisor)? };
        Ok(vec![Some(dy.expand(at.x[0].shape())?)])
    }

    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        Ok(w.node("ReduceSum", [w.x(0), OnnxValue::sizes(&self.dims)]))
    }
}

/// The sum of all elements, shape `[1]`, in an order that depends on nothing but their number.
fn total(value: Primitive, spec: &Spec) -> Primitive {
    let (dtype, n) = (spec.dtype, spec.len());
    let flat = by_kind!(dtype, float_reshape, int_reshape, (value, Shape::from([n])));
    let (rows, rest) = (n / BLOCK, n % BLOCK);
    if rows == 0 {
        return by_kind!(dtype, float_sum_dim, int_sum_dim, (flat, 0));
    }
    let part = |from: usize, to: usize| {
        by_kind!(dtype, float_slice, int_slice, (flat.clone(), &[Slice::from(from..to)]))
    };
    let blocks = part(0, rows * BLOCK);
    let blocks = by_kind!(dtype, float_reshape, int_reshape, (blocks, Shape::from([rows, BLOCK])));
    let sums = by_kind!(dtype, float_sum_dim, int_sum_dim, (blocks, 1));
    let head = total(sums, &Spec::new([rows], dtype));
    if rest == 0 {
        return head;
    }
    let tail = by_kind!(dtype, float_sum_dim, int_sum_dim, (part(rows * BLOCK, n), 0));
    by_kind!(dtype, float_add, int_add, (head, tail))
}

/// The index of the largest or smallest element along one dimension; the first one wins.
struct ArgExtremum {
    dim: usize,
    largest: bool,
    /// I32 or I64.
    index: DType,
}

impl Op for ArgExtremum {
    fn info(&self) -> OpInfo {
        OpInfo::new(if self.largest { "argmax" } else { "argmin" }).constant()
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        require_number(self.name(), x[0])?;
        let mut y = x[0].cast(self.index);
        y.shape[self.dim] = 1;
        Ok(y)
    }

    fn run(&self, x: &[Operand], _: &Spec, _: Device) -> Primitive {
        let (v, d, index) = (x[0].primitive(), self.dim, int_dtype(self.index));
        match (x[0].spec.dtype.is_float(), self.largest) {
            (true, true) => Dispatch::float_argmax(v, d, index),
            (true, false) => Dispatch::float_argmin(v, d, index),
            (false, true) => Dispatch::int_cast(Dispatch::int_argmax(v, d), index),
            (false, false) => Dispatch::int_cast(Dispatch::int_argmin(v, d), index),
        }
    }

    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        let op_type = if self.largest { "ArgMax" } else { "ArgMin" };
        let index = w.node_with(op_type, w.all(), [("axis", self.dim.into())]);
        Ok(if self.index == DType::I64 { index } else { w.cast(index, self.index) })
    }
}

impl Tensor {
    /// The sum over `dims`; of whole numbers and truth values in i64. On a GPU, which has no wider integers
    /// than i32, it wraps around beyond them.
    pub fn sum_dims(&self, dims: &[i64], keep: bool) -> Result<Tensor> {
        let (x, dims) = (self.countable()?, self.spec().dims("sum", dims)?);
        let sum = || apply(Sum { dims: dims.clone(), divisor: 1.0 }, &[&x]);
        let y = if dims.is_empty() { x.clone() } else { sum()? };
        y.drop_reduced(&dims, keep)
    }

    /// The sum of all elements, rank 0.
    pub fn sum(&self) -> Result<Tensor> {
        self.sum_dims(&[], false)
    }

    /// The mean over `dims`, of floats.
    pub fn mean_dims(&self, dims: &[i64], keep: bool) -> Result<Tensor> {
        require_float("mean", self.spec())?;
        let reduced = self.spec().dims("mean", dims)?;
        if self.is_symbolic() {
            return self.reduced("ReduceMean", &reduced, keep);
        }
        let n: usize = reduced.iter().map(|&d| self.shape()[d]).product();
        if self.device() == Device::Gpu && n > 1 {
            let mean = Sum { dims: reduced.clone(), divisor: n as f64 };
            return apply(mean, &[self])?.drop_reduced(&reduced, keep);
        }
        self.sum_dims(dims, keep)?.div_scalar(n as f64)
    }

    /// The mean of all elements, rank 0.
    pub fn mean(&self) -> Result<Tensor> {
        self.mean_dims(&[], false)
    }

    /// The index of the largest element along `dim` (i64; i32 on a GPU); the first one where several
    /// are equal.
    pub fn argmax(&self, dim: i64, keep: bool) -> Result<Tensor> {
        self.arg_extremum(dim, keep, true, self.device().whole())
    }

    /// The index of the smallest element along `dim` (i64; i32 on a GPU); the first one where several
    /// are equal.
    pub fn argmin(&self, dim: i64, keep: bool) -> Result<Tensor> {
        self.arg_extremum(dim, keep, false, self.device().whole())
    }

    /// The largest element over `dims`; several that are equal share the gradient evenly, as PyTorch's
    /// `amax` has it.
    pub fn max_dims(&self, dims: &[i64], keep: bool) -> Result<Tensor> {
        self.shared_extremum(dims, keep, true)
    }

    /// The smallest element over `dims`; several that are equal share the gradient evenly.
    pub fn min_dims(&self, dims: &[i64], keep: bool) -> Result<Tensor> {
        self.shared_extremum(dims, keep, false)
    }

    /// The largest element over `dims`; the gradient goes to the first where several are equal, as that of
    /// pooling does.
    pub fn first_max_dims(&self, dims: &[i64], keep: bool) -> Result<Tensor> {
        self.extremum(dims, keep, true)
    }

    /// The product over `dims`; of whole numbers and truth values as [`Tensor::sum_dims`].
    pub fn prod_dims(&self, dims: &[i64], keep: bool) -> Result<Tensor> {
        let (x, dims) = (self.countable()?, self.spec().dims("prod", dims)?);
        if x.is_symbolic() {
            return x.reduced("ReduceProd", &dims, keep);
        }
        let mut rows = x.rows_over(&dims)?;
        // Half against half: gradients come right at zeros too, where `y / x` would not.
        while let n @ 2.. = rows.shape()[1] {
            let half = n / 2;
            let pairs = rows.narrow(1, 0, half)?.mul(&rows.narrow(1, half, half)?)?;
            rows = if n % 2 == 0 { pairs } else { Tensor::concat(&[&pairs, &rows.narrow(1, n - 1, 1)?], 1)? };
        }
        rows.reshape(&x.reduced_shape(&dims))?.drop_reduced(&dims, keep)
    }

    /// Whether any truth value over `dims` is true.
    ///
    /// # Errors
    /// [`crate::Error::DType`] for numbers.
    pub fn any_dims(&self, dims: &[i64], keep: bool) -> Result<Tensor> {
        require("any", self.spec(), |d| d == DType::Bool, "bool (compare first)")?;
        self.spec().dims("any", dims)?;
        self.sum_dims(dims, keep)?.gt_scalar(0.0)
    }

    /// Whether all truth values over `dims` are true.
    ///
    /// # Errors
    /// [`crate::Error::DType`] for numbers.
    pub fn all_dims(&self, dims: &[i64], keep: bool) -> Result<Tensor> {
        require("all", self.spec(), |d| d == DType::Bool, "bool (compare first)")?;
        self.spec().dims("all", dims)?;
        self.logical_not()?.any_dims(dims, keep)?.logical_not()
    }

    fn arg_extremum(&self, dim: i64, keep: bool, largest: bool, index: DType) -> Result<Tensor> {
        let op = ArgExtremum { dim: 0, largest, index };
        let dim = self.spec().dim(op.name(), dim)?;
        apply(ArgExtremum { dim, ..op }, &[self])?.drop_reduced(&[dim], keep)
    }

    fn shared_extremum(&self, dims: &[i64], keep: bool, largest: bool) -> Result<Tensor> {
        let name = if largest { "max" } else { "min" };
        if self.node().is_none() || self.is_symbolic() || self.rank() == 0 || !self.dtype().is_float() {
            return self.extremum(dims, keep, largest);
        }
        let reduced: Vec<i64> = self.spec().dims(name, dims)?.iter().map(|&d| d as i64).collect();
        let found = custom_gradient(name, &[self], |x| x[0].extremum(&reduced, true, largest), {
            let reduced = reduced.clone();
            move |at| {
                let equal = at.x[0].detach().eq(&at.y.detach())?.cast(at.dy.dtype())?;
                let share = equal.div(&equal.sum_dims(&reduced, true)?)?;
                Ok(vec![Some(at.dy.mul(&share)?)])
            }
        })?;
        let dims: Vec<usize> = reduced.iter().map(|&d| d as usize).collect();
        found.drop_reduced(&dims, keep)
    }

    fn extremum(&self, dims: &[i64], keep: bool, largest: bool) -> Result<Tensor> {
        let name = if largest { "max" } else { "min" };
        require_number(name, self.spec())?;
        let dims = self.spec().dims(name, dims)?;
        if dims.is_empty() {
            return Ok(self.clone());
        }
        if self.is_symbolic() {
            return self.reduced(if largest { "ReduceMax" } else { "ReduceMin" }, &dims, keep);
        }
        let rows = self.rows_over(&dims)?;
        let index = rows.arg_extremum(-1, true, largest, DType::I32)?;
        let found = rows.gather_known(rows.rank() - 1, &index)?;
        found.reshape(&self.reduced_shape(&dims))?.drop_reduced(&dims, keep)
    }

    /// The operator of ONNX for a reduction of a symbolic tensor.
    pub(super) fn reduced(&self, op_type: &'static str, dims: &[usize], keep: bool) -> Result<Tensor> {
        let shape = if keep { self.reduced_shape(dims) } else { self.shape_without(dims) };
        let operator = OnnxOperator::new(op_type, &self.spec().reshaped(shape));
        let operator = operator.with("keepdims", OnnxAttribute::Int(keep.into()));
        operator.constant(OnnxValue::sizes(dims)).on(&[self])
    }

    fn shape_without(&self, dims: &[usize]) -> Vec<usize> {
        let kept = self.shape().iter().enumerate().filter(|(d, _)| !dims.contains(d));
        kept.map(|(_, &n)| n).collect()
    }

    fn reduced_shape(&self, dims: &[usize]) -> Vec<usize> {
        let size = |(d, &n): (usize, &usize)| if dims.contains(&d) { 1 } else { n };
        self.shape().iter().enumerate().map(size).collect()
    }

    /// `[rest, k]`: the dimensions `dims` moved to the end and joined, all others joined before them.
    pub(crate) fn rows_over(&self, dims: &[usize]) -> Result<Tensor> {
        let rest = (0..self.rank()).filter(|d| !dims.contains(d));
        let order: Vec<i64> = rest.chain(dims.iter().copied()).map(|d| d as i64).collect();
        let k: usize = dims.iter().map(|&d| self.shape()[d]).product();
        self.permute(&order)?.reshape(&[self.len() / k, k])
    }

    /// Drops dimensions that a reduction left with size 1.
    pub(crate) fn drop_reduced(&self, dims: &[usize], keep: bool) -> Result<Tensor> {
        if keep { Ok(self.clone()) } else { self.reshape(&self.shape_without(dims)) }
    }

    /// Sums over whatever broadcasting to this shape from `shape` repeated: its gradient.
    pub(crate) fn sum_to(&self, shape: &[usize]) -> Result<Tensor> {
        if self.shape() == shape {
            return Ok(self.clone());
        }
        let lead = self.rank() - shape.len();
        let repeated = |i: usize| i < lead || (shape[i - lead] == 1 && self.shape()[i] != 1);
        let dims: Vec<usize> = (0..self.rank()).filter(|&i| repeated(i)).collect();
        let y = if dims.is_empty() { self.clone() } else { apply(Sum { dims, divisor: 1.0 }, &[self])? };
        y.reshape(shape)
    }
}
