//! Activations joined with what stands before them, and matrix products with what stands around them.

use ops::{Result, Tensor};

use crate::{
    call::NodeCall,
    node::NodeReader,
    operators::{
        Operator, ResolvedNode,
        activation::{gelu_by_tanh, hard_sigmoid},
        arithmetic::pair,
        cell::{CellActivation, activation},
        conv::Convolution,
        each, elementwise, gives,
        matrix::{Gemm, product_of},
        op,
    },
};

pub(super) const OPERATORS: &[Operator] = &[
    op("Gelu", 1, |_| each(Tensor::gelu)),
    op("BiasGelu", 1, |_| pair(|x, bias| x.add(bias)?.gelu())).weights(&[1]),
    op("FastGelu", 1, |_| elementwise(fast_gelu)).weights(&[1]),
    op("QuickGelu", 1, |node| {
        let alpha = node.float("alpha", 1.702)?;
        each(move |x| x.mul(&x.mul_scalar(alpha)?.sigmoid()?))
    }),
    op("FusedMatMul", 1, matmul).weights(&[0, 1]),
    op("FusedGemm", 1, gemm).weights(&[0, 1, 2]),
    op("FusedConv", 1, conv).weights(&[1, 2]),
];

/// The GELU by tanh of `x + bias`.
fn fast_gelu(call: &NodeCall) -> Result<Tensor> {
    let x = call.tensor(0)?;
    match call.maybe_on_device_of(1, &x)? {
        Some(bias) => gelu_by_tanh(&x.add(&bias)?),
        None => gelu_by_tanh(&x),
    }
}

/// How a factor of a product is turned: its last two dimensions swapped, its first one taken behind the
/// others but the last one before that.
#[derive(Clone, Copy)]
struct FactorForm {
    transposed: bool,
    batch_last: bool,
}

impl FactorForm {
    fn of(node: &NodeReader, letter: char) -> Result<Self> {
        let flag = |name: &str| node.flag(&format!("{name}{letter}"), false);
        Ok(Self { transposed: flag("trans")?, batch_last: flag("transBatch")? })
    }

    /// `[M, .., K] -> [.., M, K]` and `[.., M, K] -> [.., K, M]`; a vector stays.
    fn apply(self, x: &Tensor) -> Result<Tensor> {
        let rank = x.rank() as i64;
        if rank < 2 {
            return Ok(x.clone());
        }
        let order: Vec<i64> = (1..rank - 1).chain([0, rank - 1]).collect();
        let x = if self.batch_last { x.permute(&order)? } else { x.clone() };
        if self.transposed { x.transpose(-2, -1) } else { Ok(x) }
    }
}

/// `alpha A' B'`, each factor turned as its attributes say.
fn matmul(node: &NodeReader) -> ResolvedNode {
    let alpha = node.float("alpha", 1.0)?;
    let (left, right) = (FactorForm::of(node, 'A')?, FactorForm::of(node, 'B')?);
    gives(move |call| {
        let [a, b] = call.pair()?;
        let y = product_of(left.apply(&a)?, right.apply(&b)?)?;
        if alpha == 1.0 { Ok(y) } else { y.mul_scalar(alpha) }
    })
}

fn gemm(node: &NodeReader) -> ResolvedNode {
    let gemm = Gemm::of(node)?;
    let numbers = ["alpha", "beta"].map(|name| node.maybe_float(&format!("activation_{name}")));
    let [alpha, beta] = numbers;
    node.ignore(&["activation_gamma"]);
    let list = |number: Option<f64>| number.map_or(vec![], |x| vec![x]).into_iter();
    let f = activation(&node.text("activation", "")?, &mut list(alpha?), &mut list(beta?))?;
    gives(move |call| f(&gemm.run(call)?))
}

/// `activation(X * W + B + Z)`
fn conv(node: &NodeReader) -> ResolvedNode {
    let (convolution, f) = (Convolution::of(node)?, conv_activation(node)?);
    gives(move |call| {
        let x = call.tensor(0)?;
        let (weight, bias) = (call.on_device_of(1, &x)?, call.maybe_on_device_of(2, &x)?);
        let y = convolution.run(call, &x, &weight, bias.as_ref())?;
        match call.maybe_on_device_of(3, &x)? {
            Some(z) => f(&y.add(&z)?),
            None => f(&y),
        }
    })
}

/// The activation of a convolution, whose numbers are one list; none named: none.
fn conv_activation(node: &NodeReader) -> Result<CellActivation> {
    let name = node.text("activation", "")?;
    let numbers = node.floats("activation_params")?.unwrap_or_default();
    let at = |i: usize, default: f64| numbers.get(i).copied().unwrap_or(default);
    Ok(match &*name {
        "" => std::sync::Arc::new(|x| Ok(x.clone())),
        "Clip" => {
            let (low, high) = (at(0, f64::MIN), at(1, f64::MAX));
            std::sync::Arc::new(move |x| x.clamp_min(low)?.clamp_max(high))
        }
        "HardSigmoid" => {
            let (alpha, beta) = (at(0, 0.2), at(1, 0.5));
            std::sync::Arc::new(move |x| hard_sigmoid(x, alpha, beta))
        }
        _ => activation(&name, &mut numbers.into_iter(), &mut vec![].into_iter())?,
    })
}
