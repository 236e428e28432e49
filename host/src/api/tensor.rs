//! Tensors: how scripts make them, and their methods and operators.

use std::sync::Arc;

use ops::{DType, Device, Gradients, Tensor, no_grad, tensor::Data};
use rhai::{Array, Dynamic, FnPtr, NativeCallContext};

use crate::{
    error::{Error, Result},
    script::{Adder, Table},
    session::Session,
};

/// Adds the functions of this file.
pub fn add(table: &mut Table, session: &Arc<Session>) {
    let mut global = table.global();
    add_makers(&mut global, session.options.device);
    add_properties(&mut global);
    add_operators(&mut global);
    add_functions(&mut global);
    add_shapes(&mut global);
    add_gradients(&mut global);
}

fn add_makers(global: &mut Adder, device: Device) {
    global
        .add(
            "tensor(values)",
            "A tensor of numbers (f32) or truth values: a nested array or one value.",
            "tensor([[1, 2], [3, 4]]).shape => [2, 2]",
            move |values: Dynamic| from_nested(&values, device),
        )
        .add("zeros(shape)", "Zeros, f32.", "zeros([2]).to_array() => [0.0, 0.0]", move |shape: Vec<usize>| {
            Tensor::full(shape, 0.0, DType::F32, device)
        })
        .add("ones(shape)", "Ones, f32.", "ones([2]).to_array() => [1.0, 1.0]", move |shape: Vec<usize>| {
            Tensor::full(shape, 1.0, DType::F32, device)
        });
}

fn add_properties(global: &mut Adder) {
    global
        .add("get shape(x)", "The sizes of the dimensions.", "zeros([2, 3]).shape => [2, 3]", |x: Tensor| {
            x.shape().to_vec()
        })
        .add("get rank(x)", "Number of dimensions.", "zeros([2, 3]).rank => 2", |x: Tensor| x.rank())
        .add("get dtype(x)", "The element type.", "zeros([2]).dtype => f32", |x: Tensor| x.dtype().name().to_owned())
        .add("get device(x)", "Where the tensor lives.", "zeros([2]).device => cpu", |x: Tensor| {
            x.device().name().to_owned()
        })
        .add("len(x)", "Size of the first dimension; 1 at rank 0.", "zeros([5, 3]).len() => 5", |x: Tensor| {
            x.shape().first().copied().unwrap_or(1)
        })
        .add("item(x)", "The only element as a number.", "tensor(2.5).item() => 2.5", |x: Tensor| -> Result<f64> {
            Ok(x.item()?)
        })
        .add(
            "to_array(x)",
            "The elements as a nested array.",
            "tensor([[1, 2]]).to_array() => [[1.0, 2.0]]",
            |x: Tensor| -> Result<Dynamic> { Ok(to_nested(&x.to_data()?, x.shape())) },
        )
        .add(
            "to_string(x)",
            "What the tensor is, and its values where there are few.",
            "tensor([1.0, 2.0]).to_string() => Tensor [2] f32 on cpu: [1.0, 2.0]",
            |x: Tensor| x.to_string(),
        );
}

macro_rules! operators {
    ($global:expr, $($sign:literal $method:ident $scalar:expr, $flipped:expr, $doc:literal, $example:literal;)*) => {
        $($global
            .add(concat!($sign, "(a, b)"), $doc, $example, |a: Tensor, b: Tensor| a.$method(&b))
            .add(concat!($sign, "(a, s)"), $doc, "", $scalar)
            .add(concat!($sign, "(s, a)"), $doc, "", $flipped);)*
    };
}

fn add_operators(global: &mut Adder) {
    operators! { global,
        "+" add |a: Tensor, s: f64| a.add_scalar(s), |s: f64, a: Tensor| a.add_scalar(s),
            "a + b; shapes broadcast.", "(tensor([1.0]) + 2).to_array() => [3.0]";
        "-" sub |a: Tensor, s: f64| a.add_scalar(-s), |s: f64, a: Tensor| a.neg()?.add_scalar(s),
            "a - b; shapes broadcast.", "(1 - tensor([3.0])).to_array() => [-2.0]";
        "*" mul |a: Tensor, s: f64| a.mul_scalar(s), |s: f64, a: Tensor| a.mul_scalar(s),
            "a b, element by element; shapes broadcast.", "(tensor([3.0]) * 2).to_array() => [6.0]";
        "/" div |a: Tensor, s: f64| a.div_scalar(s), |s: f64, a: Tensor| a.recip()?.mul_scalar(s),
            "a / b, element by element; shapes broadcast.", "(tensor([3.0]) / 2).to_array() => [1.5]";
    }
    global.add("-(a)", "-a", "(-tensor([1.0])).to_array() => [-1.0]", |a: Tensor| a.neg());
}

fn add_functions(global: &mut Adder) {
    global
        .add("sigmoid(x)", "1 / (1 + e^-x)", "tensor([0.0]).sigmoid().to_array() => [0.5]", |x: Tensor| x.sigmoid())
        .add("relu(x)", "max(x, 0)", "tensor([-1.0]).relu().to_array() => [0.0]", |x: Tensor| x.relu())
        .add(
            "clamp(x, low, high)",
            "min(max(x, low), high)",
            "tensor([-1.0, 2.0]).clamp(0, 1).to_array() => [0.0, 1.0]",
            |x: Tensor, low: f64, high: f64| x.clamp(low, high),
        )
        .add("sum(x)", "The sum of all elements.", "tensor([1.0, 2.0]).sum().item() => 3.0", |x: Tensor| x.sum())
        .add("mean(x)", "The mean of all elements.", "tensor([1.0, 2.0]).mean().item() => 1.5", |x: Tensor| x.mean())
        .add(
            "mean(x, dims)",
            "The mean over dimensions.",
            "tensor([[1.0, 2.0]]).mean([1]).to_array() => [1.5]",
            |x: Tensor, dims: Vec<i64>| x.mean_dims(&dims, false),
        )
        .add("max(x)", "The largest element.", "tensor([1.0, 2.0]).max().item() => 2.0", |x: Tensor| {
            x.max_dims(&[], false)
        });
}

fn add_shapes(global: &mut Adder) {
    global
        .add(
            "reshape(x, shape)",
            "The same elements in another shape; one size may be -1.",
            "zeros([2, 3]).reshape([3, -1]).shape => [3, 2]",
            |x: Tensor, shape: Vec<i64>| x.reshape_infer(&shape),
        )
        .add(
            "take(x, n)",
            "The first n of dimension 0, or all where there are fewer.",
            "zeros([5, 2]).take(3).shape => [3, 2]",
            |x: Tensor, n: usize| {
                let len = x.shape().first().copied().unwrap_or(1);
                x.narrow(0, 0, n.min(len))
            },
        )
        .add(
            "slice(x, start, n)",
            "n elements of dimension 0 from `start` on.",
            "tensor([1, 2, 3]).slice(1, 2).to_array() => [2.0, 3.0]",
            |x: Tensor, start: usize, n: usize| x.narrow(0, start, n),
        )
        .add(
            "split(x, size)",
            "Pieces of `size` along dimension 0; the last may be smaller.",
            "zeros([5, 2]).split(2).len() => 3",
            |x: Tensor, size: usize| x.split(size, 0),
        )
        .add(
            "concat(tensors)",
            "Tensors one after the other along dimension 0.",
            "concat([zeros([2, 3]), ones([1, 3])]).shape => [3, 3]",
            |tensors: Vec<Tensor>| Tensor::concat(&tensors.iter().collect::<Vec<_>>(), 0),
        );
}

fn add_gradients(global: &mut Adder) {
    global
        .add(
            "backward(x)",
            "The gradients of this scalar by every parameter. Frees the graph.",
            "{ let a = tensor(3.0).track(); (a * a).backward().of(a).item() } => 6.0",
            |x: Tensor| x.backward(),
        )
        .add(
            "backward(x, gradient)",
            "The gradients of sum(x * gradient) by every parameter. Frees the graph.",
            "{ let a = tensor([3.0]).track(); (a * 2).backward(tensor([5.0])).of(a).to_array() } => [10.0]",
            |x: Tensor, gradient: Tensor| x.backward_with(&gradient),
        )
        .add(
            "of(gradients, leaf)",
            "The gradient by a tracked tensor.",
            "{ let a = tensor(3.0).track(); (a * 2).backward().of(a).item() } => 2.0",
            |gradients: Gradients, leaf: Tensor| -> Result<Tensor> {
                let untracked = || Error::usage("of: nothing depends on this tensor", "make it with `track()` before use");
                gradients.of(&leaf).cloned().ok_or_else(untracked)
            },
        )
        .add("detach(x)", "The same value as a constant.", "tensor(1.0).track().detach().item() => 1.0", |x: Tensor| {
            x.detach()
        })
        .add(
            "track(x)",
            "The same value as a leaf whose gradient `of` gives.",
            "tensor(1.0).track().item() => 1.0",
            |x: Tensor| x.track(),
        )
        .add(
            "no_grad(body)",
            "Runs `body()` without recording anything for gradients.",
            "no_grad(|| 1 + 1) => 2",
            |context: &NativeCallContext, body: FnPtr| no_grad(|| body.call_raw(context, None, []).map_err(Error::from)),
        );
}

/// A tensor of a number, a truth value, or arrays of them.
fn from_nested(value: &Dynamic, device: Device) -> Result<Tensor> {
    let (mut shape, mut level) = (Vec::new(), value.clone());
    while let Some(array) = level.clone().read_lock::<Array>() {
        shape.push(array.len());
        level = array.first().cloned().unwrap_or_default();
    }
    let mut leaves = Vec::with_capacity(shape.iter().product());
    collect(value, &shape, &mut leaves)?;
    if leaves.iter().all(Dynamic::is_bool) && !leaves.is_empty() {
        let values: Vec<bool> = leaves.iter().map(|v| v.as_bool().unwrap_or_default()).collect();
        return Ok(Tensor::from_data(values, shape, device)?);
    }
    let number = |v: &Dynamic| match v.as_float().or_else(|_| v.as_int().map(|i| i as f64)) {
        Ok(x) => Ok(x as f32),
        Err(kind) => Err(Error::usage(format!("tensor: a {kind} among numbers"), "give numbers, or truth values only")),
    };
    let values = leaves.iter().map(number).collect::<Result<Vec<f32>>>()?;
    Ok(Tensor::from_data(values, shape, device)?)
}

fn collect(value: &Dynamic, shape: &[usize], leaves: &mut Vec<Dynamic>) -> Result<()> {
    let Some((n, inner)) = shape.split_first() else {
        leaves.push(value.clone());
        return Ok(());
    };
    let uneven = || Error::usage("tensor: the rows of the array differ in length", "give rows of equal length");
    let array = value.read_lock::<Array>().filter(|a| a.len() == *n).ok_or_else(uneven)?;
    array.iter().try_for_each(|item| collect(item, inner, leaves))
}

fn to_nested(data: &Data, shape: &[usize]) -> Dynamic {
    let leaves: Vec<Dynamic> = match data {
        Data::F32(v) => v.iter().map(|&x| f64::from(x).into()).collect(),
        Data::F64(v) => v.iter().map(|&x| x.into()).collect(),
        Data::I32(v) => v.iter().map(|&x| i64::from(x).into()).collect(),
        Data::I64(v) => v.iter().map(|&x| x.into()).collect(),
        Data::Bool(v) => v.iter().map(|&x| x.into()).collect(),
    };
    nest(&leaves, shape)
}

fn nest(leaves: &[Dynamic], shape: &[usize]) -> Dynamic {
    let Some((n, inner)) = shape.split_first() else { return leaves[0].clone() };
    leaves.chunks(leaves.len() / n).map(|row| nest(row, inner)).collect::<Array>().into()
}
