//! Activations.

use ops::{DType, Result, Tensor};

use super::{Operator, ResolvedNode, each, elementwise, gives, op};
use crate::{call::NodeCall, node::NodeReader};

pub(super) const OPERATORS: &[Operator] = &[
    op("Relu", 6, |_| each(relu)),
    op("LeakyRelu", 6, |node| {
        let slope = node.float("alpha", 0.01)?;
        each(move |x| x.leaky_relu(slope))
    }),
    op("PRelu", 7, |_| elementwise(prelu)).weights(&[1]),
    op("Elu", 6, |node| {
        let alpha = node.float("alpha", 1.0)?;
        each(move |x| x.elu(alpha))
    }),
    op("Celu", 12, |node| {
        let alpha = node.float("alpha", 1.0)?;
        each(move |x| celu(x, alpha))
    }),
    op("Selu", 6, |node| {
        // Klambauer et al., 2017: the fixed point of mean 0 and variance 1.
        let (alpha, gamma) =
            (node.float("alpha", 1.673_263_192_176_818_8)?, node.float("gamma", 1.050_701_022_148_132_3)?);
        each(move |x| x.elu(alpha)?.mul_scalar(gamma))
    }),
    op("Sigmoid", 6, |_| each(Tensor::sigmoid)),
    op("HardSigmoid", 6, |node| {
        let (alpha, beta) = (node.float("alpha", 0.2)?, node.float("beta", 0.5)?);
        each(move |x| hard_sigmoid(x, alpha, beta))
    }),
    op("HardSwish", 14, |_| each(|x| x.mul(&hard_sigmoid(x, 1.0 / 6.0, 0.5)?))),
    op("Tanh", 6, |_| each(Tensor::tanh)),
    op("Softplus", 1, |_| each(Tensor::softplus)),
    op("Softsign", 1, |_| each(softsign)),
    op("Mish", 18, |_| each(|x| x.mul(&x.softplus()?.tanh()?))),
    op("Gelu", 20, gelu),
    op("Swish", 24, |node| {
        let alpha = node.float("alpha", 1.0)?;
        each(move |x| x.mul(&x.mul_scalar(alpha)?.sigmoid()?))
    }),
    op("ThresholdedRelu", 10, |node| {
        let alpha = node.float("alpha", 1.0)?;
        each(move |x| x.mul(&x.gt_scalar(alpha)?.cast(x.dtype())?))
    }),
    op("Shrink", 9, |node| {
        let (bias, lambda) = (node.float("bias", 0.0)?, node.float("lambd", 0.5)?);
        each(move |x| shrink(x, bias, lambda))
    }),
    op("Softmax", 1, |node| soft(node, Tensor::softmax)),
    op("LogSoftmax", 1, |node| soft(node, Tensor::log_softmax)),
    op("Hardmax", 1, |node| soft(node, hardmax)).steps(),
];

fn relu(x: &Tensor) -> Result<Tensor> {
    if x.dtype().is_int() { x.clamp_min(0.0) } else { x.relu() }
}

/// `max(x, 0) + slope min(x, 0)`; the slope broadcasts to x.
fn prelu(call: &NodeCall) -> Result<Tensor> {
    let [x, slope] = call.pair()?;
    relu(&x)?.add(&slope.mul(&x.below_zero()?)?)
}

/// `max(x, 0) + min(alpha (e^(x / alpha) - 1), 0)`
fn celu(x: &Tensor, alpha: f64) -> Result<Tensor> {
    let below = x.below_zero()?.div_scalar(alpha)?.expm1()?.mul_scalar(alpha)?;
    x.relu()?.add(&below)
}

/// `min(max(alpha x + beta, 0), 1)`
pub(super) fn hard_sigmoid(x: &Tensor, alpha: f64, beta: f64) -> Result<Tensor> {
    x.mul_scalar(alpha)?.add_scalar(beta)?.clamp(0.0, 1.0)
}

/// `x / (1 + |x|)`
pub(super) fn softsign(x: &Tensor) -> Result<Tensor> {
    x.div(&x.abs()?.add_scalar(1.0)?)
}

fn gelu(node: &NodeReader) -> ResolvedNode {
    if node.choice("approximate", &[("none", true), ("tanh", false)])? {
        return each(Tensor::gelu);
    }
    each(gelu_by_tanh)
}

/// `x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))` (Hendrycks and Gimpel, 2016)
pub(super) fn gelu_by_tanh(x: &Tensor) -> Result<Tensor> {
    let inner = x.add(&x.square()?.mul(x)?.mul_scalar(0.044715)?)?;
    let scale = (2.0 / std::f64::consts::PI).sqrt();
    x.mul_scalar(0.5)?.mul(&inner.mul_scalar(scale)?.tanh()?.add_scalar(1.0)?)
}

/// `x + bias` below `-lambda`, `x - bias` above it, 0 between.
fn shrink(x: &Tensor, bias: f64, lambda: f64) -> Result<Tensor> {
    let floats = x.cast(if x.dtype().is_float() { x.dtype() } else { DType::F32 })?;
    let mask = |is: Result<Tensor>| is?.cast(floats.dtype());
    let below = floats.add_scalar(bias)?.mul(&mask(floats.lt_scalar(-lambda))?)?;
    let above = floats.add_scalar(-bias)?.mul(&mask(floats.gt_scalar(lambda))?)?;
    below.add(&above)?.cast(x.dtype())
}

/// Along one axis, or before opset 13 over all dimensions from one on.
fn soft(node: &NodeReader, f: fn(&Tensor, i64) -> Result<Tensor>) -> ResolvedNode {
    let joined = node.opset < 13;
    let axis = node.int("axis", if joined { 1 } else { -1 })?;
    gives(move |call| {
        let x = call.tensor(0)?;
        if !joined || x.rank() == 0 {
            return f(&x, axis);
        }
        let start = call.axis(axis, x.rank())?;
        let rows: usize = x.shape()[..start].iter().product();
        f(&x.reshape(&[rows, x.len() / rows])?, 1)?.reshape(x.shape())
    })
}

/// 1 at the largest element, the first one where several are equal, 0 elsewhere.
fn hardmax(x: &Tensor, axis: i64) -> Result<Tensor> {
    let d = x.spec().dim("Hardmax", axis)?;
    let largest = x.detach().argmax(axis, true)?;
    let mut shape = vec![1; x.rank()];
    shape[d] = x.shape()[d];
    let numbers = Tensor::arange(0.0, x.shape()[d] as f64, 1.0, DType::I32, x.device())?.reshape(&shape)?;
    largest.eq(&numbers)?.cast(x.dtype())
}
