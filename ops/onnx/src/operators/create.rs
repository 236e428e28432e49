//! Tensors made from constants, ranges and random numbers.

use ops::{DType, Device, Result, Spec, Tensor, random};

use super::{Operator, ResolvedNode, gives, op};
use crate::{GraphValue, broken, call::NodeCall, node::NodeReader};

pub(super) const OPERATORS: &[Operator] = &[
    op("Constant", 1, constant),
    op("ConstantOfShape", 9, constant_of_shape).settings(&[0]),
    op("Range", 11, |node| {
        // In which type steps are added up: 64-bit floats serve all.
        node.ignore(&["stash_type"]);
        Ok(Box::new(range))
    })
    .settings(&[0, 1, 2]),
    op("HannWindow", 17, |node| window(node, [0.5, 0.5, 0.0])).settings(&[0]).steps(),
    op("HammingWindow", 17, |node| window(node, [25.0 / 46.0, 21.0 / 46.0, 0.0])).settings(&[0]).steps(),
    op("BlackmanWindow", 17, |node| window(node, [0.42, 0.5, 0.08])).settings(&[0]).steps(),
    op("EyeLike", 9, eye_like).steps(),
    op("RandomUniform", 1, |node| random_tensor(node, RandomLaw::Uniform)).impure(),
    op("RandomNormal", 1, |node| random_tensor(node, RandomLaw::Normal)).impure(),
    op("RandomUniformLike", 1, |node| random_like(node, RandomLaw::Uniform)).impure().steps(),
    op("RandomNormalLike", 1, |node| random_like(node, RandomLaw::Normal)).impure().steps(),
    op("Bernoulli", 15, bernoulli).impure().steps(),
];

fn constant(node: &NodeReader) -> ResolvedNode {
    let floats = |list: Vec<f64>, shape: &[usize]| {
        let list: Vec<f32> = list.into_iter().map(|x| x as f32).collect();
        match shape.contains(&0) {
            true => Ok(GraphValue::Empty(Spec::new(shape, DType::F32))),
            false => Tensor::from_data(list, shape, Device::Cpu).map(GraphValue::from),
        }
    };
    let value = if let Some(value) = node.tensor("value")? {
        value
    } else if let Some(number) = node.maybe_float("value_float")? {
        floats(vec![number], &[])?
    } else if let Some(list) = node.floats("value_floats")? {
        let n = list.len();
        floats(list, &[n])?
    } else if let Some(number) = node.maybe_int("value_int")? {
        GraphValue::whole(&[number], &[])?
    } else if let Some(list) = node.ints("value_ints")? {
        GraphValue::whole(&list, &[list.len()])?
    } else {
        return broken("no attribute holds its value");
    };
    Ok(Box::new(move |_| Ok(vec![value.clone()])))
}

fn constant_of_shape(node: &NodeReader) -> ResolvedNode {
    let value = node.tensor("value")?;
    Ok(Box::new(move |call| {
        let shape = call.sizes(0)?;
        let zero = || Tensor::scalar(0.0, DType::F32, Device::Cpu);
        let one = match &value {
            Some(value) => value.tensor(call.op)?.reshape(&[])?,
            None => zero()?,
        };
        if shape.contains(&0) {
            return Ok(vec![GraphValue::Empty(one.spec().reshaped(shape))]);
        }
        Ok(vec![one.expand(&shape)?.into()])
    }))
}

fn range(call: &NodeCall) -> Result<Vec<GraphValue>> {
    let dtype = call.tensor(0)?.dtype();
    let [start, end, step] = [0, 1, 2].map(|i| call.number(i));
    let (start, end, step) = (start?.unwrap_or(0.0), end?.unwrap_or(0.0), step?.unwrap_or(1.0));
    if (end - start) / step <= 0.0 {
        return Ok(vec![GraphValue::Empty(Spec::new([0], dtype))]);
    }
    Ok(vec![Tensor::arange(start, end, step, dtype, Device::Cpu)?.into()])
}

/// `a - b cos(2 pi i / n) + c cos(4 pi i / n)` of `n` numbers, of one more where it is not periodic.
fn window(node: &NodeReader, [a, b, c]: [f64; 3]) -> ResolvedNode {
    let (periodic, dtype) = (node.flag("periodic", true)?, node.dtype("output_datatype")?);
    gives(move |call| {
        let &[n] = &call.sizes(0)?[..] else { return Err(call.wrong("the size", "a list", "one number")) };
        let step = std::f64::consts::TAU / if periodic { n } else { n.saturating_sub(1).max(1) } as f64;
        let number = |i: usize| {
            let angle = step * i as f64;
            a - b * angle.cos() + c * (2.0 * angle).cos()
        };
        let spec = Spec::new([n], dtype.unwrap_or(DType::F32));
        Tensor::from_numbers(call.op, spec, Device::Cpu, number)
    })
}

fn eye_like(node: &NodeReader) -> ResolvedNode {
    let (dtype, k) = (node.dtype("dtype")?, node.int("k", 0)?);
    gives(move |call| {
        let x = call.tensor(0)?;
        let &[rows, columns] = x.shape() else { return Err(call.misfit(x.shape(), "a matrix")) };
        let spec = Spec::new([rows, columns], x.device().held(dtype.unwrap_or(x.dtype())));
        let on_diagonal = |i: usize| ((i % columns) as i64).checked_sub((i / columns) as i64) == Some(k);
        Tensor::from_numbers("eye", spec, x.device(), |i| f64::from(u8::from(on_diagonal(i))))
    })
}

/// A law of random numbers. Draws come from the innermost random stream; a seed in the file is not used.
#[derive(Clone, Copy)]
enum RandomLaw {
    Uniform,
    Normal,
}

impl RandomLaw {
    /// The two numbers of the law: bounds, or mean and deviation.
    fn numbers(self, node: &NodeReader) -> Result<[f64; 2]> {
        node.ignore(&["seed"]);
        match self {
            Self::Uniform => Ok([node.float("low", 0.0)?, node.float("high", 1.0)?]),
            Self::Normal => Ok([node.float("mean", 0.0)?, node.float("scale", 1.0)?]),
        }
    }

    fn draw(self, [a, b]: [f64; 2], shape: &[usize], dtype: DType, device: Device) -> Result<Tensor> {
        let (unit, scale) = match self {
            Self::Uniform => (random::uniform(shape, device)?, b - a),
            Self::Normal => (random::normal(shape, device)?, b),
        };
        unit.mul_scalar(scale)?.add_scalar(a)?.cast(device.held(dtype))
    }
}

fn random_tensor(node: &NodeReader, law: RandomLaw) -> ResolvedNode {
    let (numbers, shape) = (law.numbers(node)?, node.sizes("shape")?.unwrap_or_default());
    let dtype = node.dtype("dtype")?.unwrap_or(DType::F32);
    gives(move |call| law.draw(numbers, &shape, dtype, call.pass.device))
}

fn random_like(node: &NodeReader, law: RandomLaw) -> ResolvedNode {
    let (numbers, dtype) = (law.numbers(node)?, node.dtype("dtype")?);
    gives(move |call| {
        let x = call.tensor(0)?;
        law.draw(numbers, x.shape(), dtype.unwrap_or(x.dtype()), x.device())
    })
}

/// 1 with the probability that the input holds.
fn bernoulli(node: &NodeReader) -> ResolvedNode {
    node.ignore(&["seed"]);
    let dtype = node.dtype("dtype")?;
    gives(move |call| {
        let p = call.tensor(0)?;
        let drawn = random::uniform(p.shape(), p.device())?.cast(p.dtype())?;
        drawn.lt(&p)?.cast(p.device().held(dtype.unwrap_or(p.dtype())))
    })
}
