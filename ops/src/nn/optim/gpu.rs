//! A step on a GPU in f32: one launch moves many parameters, each with its gradient and its moments, in place
//! where nobody else holds their memory.

use std::sync::MutexGuard;

use cubecl::prelude::*;

use super::{
    ParameterMemory,
    rule::{Formula, GpuStep},
};
use crate::{
    DType, Device, Result, Tensor,
    tensor::{
        Operand,
        gpu::{self, Order},
        guarded,
        traffic::{self, Traffic},
    },
};

/// Units of a cube, and elements that each of them moves.
const UNITS: u32 = 256;
const EACH: u32 = 4;

/// Buffers of a launch, on devices that take more: each one more makes the kernel longer.
const BUFFERS: usize = 128;

/// A parameter that is to be moved, how, and by what.
pub(super) struct Move<'a> {
    pub step: GpuStep,
    pub value: MutexGuard<'a, Tensor>,
    pub gradient: Tensor,
    pub memory: &'a mut ParameterMemory,
}

/// Whether a parameter can be moved here.
pub(super) fn applies(value: &Tensor) -> bool {
    value.device() == Device::Gpu && value.dtype() == DType::F32 && !value.is_symbolic()
}

/// Moves all parameters, those together that are moved alike.
pub(super) fn step(moves: &mut [Move]) -> Result<()> {
    for alike in moves.chunk_by_mut(|a, b| a.step == b.step) {
        let room = room(&alike[0])?;
        alike
            .chunks_mut(room)
            .try_for_each(|moves| guarded("step", || traffic::within("step", || launch(moves)))?)?;
    }
    Ok(())
}

/// How many parameters a launch takes: each with its gradient and its moments, besides sizes and numbers.
fn room(one: &Move) -> Result<usize> {
    let gradient = gpu::operand(&one.gradient)?;
    let bindings = gpu::client(&gradient).properties().hardware.max_bindings as usize;
    Ok((bindings.min(BUFFERS).saturating_sub(2) / (2 + one.memory.moments.len())).max(1))
}

/// How a parameter lies in memory from its first step on. Convolutions copy weights that do not have their
/// channels last, at each use; others lie as their gradients do, which then need no copy.
fn order(gradient: &Operand) -> Order {
    match gradient.spec.rank() {
        0..=2 => Order::of(gradient),
        rank => Order::channels_last(rank),
    }
}

fn launch(moves: &mut [Move]) -> Result<()> {
    let GpuStep { formula, numbers } = moves[0].step.clone();
    let client = gpu::client(&gpu::operand(&moves[0].gradient)?);
    // The parameters, their first and second moments, and the gradients.
    let mut buffers = [(); 4].map(|()| SequenceArg::<Box<[f32]>>::new());
    let (mut cubes, mut bytes, mut tensors) = (0, 0, 0);
    for Move { value, gradient, memory, .. } in &mut *moves {
        let gradient = gpu::operand(gradient)?;
        let order = order(&gradient);
        buffers[3].push(order.lay(&gradient).into_buffer_arg());
        buffers[0].push(gpu::owned(value, &order)?.into_buffer_arg());
        for (moment, buffers) in memory.moments.iter_mut().zip(&mut buffers[1..]) {
            buffers.push(gpu::owned(moment, &order)?.into_buffer_arg());
        }
        cubes += value.len().div_ceil((UNITS * EACH) as usize);
        tensors = 1 + memory.moments.len() as u64;
        bytes += value.spec().bytes() as u64;
    }
    let (bytes_read, bytes_written) = ((tensors + 1) * bytes, tensors * bytes);
    traffic::add("step", || Traffic { operations: 1, bytes_read, bytes_written, ..Traffic::default() });
    let (count, dim) = gpu::cubes(&client, cubes, UNITS);
    let [values, first, second, gradients] = buffers;
    let numbers = numbers.into_iter().collect::<SequenceArg<f32>>();
    step_kernel::launch(&client, count, dim, values, first, second, gradients, numbers, formula, UNITS);
    moves.iter_mut().for_each(|one| one.memory.steps += 1);
    Ok(())
}

/// A cube finds its part by counting the cubes of the parameters before it. `first` and `second` are the
/// moments, none where the rule has fewer.
#[cube(launch)]
fn step_kernel(
    values: &mut Sequence<Box<[f32]>>,
    first: &mut Sequence<Box<[f32]>>,
    second: &mut Sequence<Box<[f32]>>,
    gradients: &Sequence<Box<[f32]>>,
    numbers: &Sequence<f32>,
    #[comptime] formula: Formula,
    #[comptime] units: u32,
) {
    let count = comptime!(gradients.len());
    let moments = comptime!(first.len().min(1) + second.len().min(1));
    let part = comptime!(units * EACH);
    let mut cube = CUBE_POS as u32;
    #[unroll]
    for k in 0..count {
        let n = gradients[k].len() as u32;
        let cubes = n.div_ceil(part);
        if cube < cubes {
            let mut i = cube * part + UNIT_POS;
            for _step in 0..comptime!(EACH) {
                if i < n {
                    move_one(values, first, second, gradients, numbers, k, i as usize, moments, formula);
                }
                i += units;
            }
        }
        // Below 0 it becomes so large that no parameter after this one is taken.
        cube -= cubes;
    }
}

/// Moves element `i` of parameter `k` and its moments. The formulas are those of [`super::Rule::fused`], with
/// the numbers that each rule gives in that order.
#[cube]
#[allow(clippy::too_many_arguments, reason = "what a kernel of many buffers has")]
fn move_one(
    values: &mut Sequence<Box<[f32]>>,
    first: &mut Sequence<Box<[f32]>>,
    second: &mut Sequence<Box<[f32]>>,
    gradients: &Sequence<Box<[f32]>>,
    numbers: &Sequence<f32>,
    k: usize,
    i: usize,
    #[comptime] moments: usize,
    #[comptime] formula: Formula,
) {
    let value = values.index_mut(k);
    let p = value[i];
    let gradient = gradients.index(k);
    let mut g = gradient[i];
    if comptime!(formula != Formula::Lion) {
        let decay = numbers[0];
        if decay != 0.0f32 {
            g += decay * p;
        }
    }
    if comptime!(formula == Formula::Adam) {
        let first = first.index_mut(k);
        let second = second.index_mut(k);
        let m = numbers[4] * first[i] + numbers[5] * g;
        let v = numbers[6] * second[i] + numbers[7] * (g * g);
        first[i] = m;
        second[i] = v;
        value[i] = numbers[1] * p - numbers[2] * (m / (v.sqrt() * numbers[3] + numbers[8]));
    } else if comptime!(formula == Formula::Lion) {
        let first = first.index_mut(k);
        let m = first[i];
        let mean = numbers[2] * m + numbers[3] * g;
        let mut sign = mean;
        if mean > 0.0f32 {
            sign = f32::new(1.0);
        }
        if mean < 0.0f32 {
            sign = f32::new(-1.0);
        }
        first[i] = numbers[4] * m + numbers[5] * g;
        value[i] = numbers[1] * p - numbers[0] * sign;
    } else if comptime!(formula == Formula::Adagrad) {
        let first = first.index_mut(k);
        let s = first[i] + g * g;
        first[i] = s;
        value[i] = p - numbers[1] * (g / ((s + numbers[2]).sqrt() + numbers[3]));
    } else if comptime!(formula == Formula::RmsProp) {
        let first = first.index_mut(k);
        let s = numbers[2] * first[i] + numbers[3] * (g * g);
        first[i] = s;
        let mut direction = g / (s.sqrt() + numbers[4]);
        if comptime!(moments == 2) {
            let second = second.index_mut(k);
            direction += numbers[5] * second[i];
            second[i] = direction;
        }
        value[i] = p - numbers[1] * direction;
    } else {
        let mut direction = g;
        if comptime!(moments == 1) {
            let first = first.index_mut(k);
            let v = numbers[2] * first[i] + numbers[3] * g;
            first[i] = v;
            direction = v;
            if comptime!(formula == Formula::Nesterov) {
                direction = g + numbers[2] * v;
            }
        }
        value[i] = p - numbers[1] * direction;
    }
}
