//! The memory of tensors on the GPU, for kernels written in CubeCL.
//!
//! A kernel is a `#[cube(launch)]` function over slices in row-major order. [`launch`] runs one whose output
//! is a tensor. Where it takes more: [`buffer`] gives an operand in that order, [`empty`] the memory for what
//! is written, [`units`] or [`cubes`] say how many run, and [`tensor`] is the result.

mod order;

use std::sync::Arc;

use burn::backend::{
    BackendTensor, Dispatch, DispatchTensorKind, FloatDType, Shape, ops::FloatTensorOps as _,
};
use burn_cubecl::{kernel::into_contiguous, ops::numeric::empty_device_contiguous_dtype, tensor::CubeTensor};
use cubecl::{calculate_cube_count_elemwise, client::Client, prelude::*};

use super::{DType, Device, Operand, Primitive, Spec, Storage, Tensor};
use crate::{Error, Result};
pub(crate) use order::Order;

/// An operand that is known to be on the GPU.
pub(crate) fn known<'a>(x: &'a Operand) -> &'a CubeTensor {
    match &x.value.kind {
        DispatchTensorKind::Cube(BackendTensor::Float(x) | BackendTensor::Int(x)) => x,
        _ => panic!("operations look for numbers on the GPU before they ask for them"),
    }
}

/// The elements of an operand that is known to be on the GPU, in row-major order; copied only where a
/// view has them in another.
pub(crate) fn buffer(x: &Operand) -> CubeTensor {
    into_contiguous(known(x).clone())
}

/// The one element that an operand repeats; `None` where it has several in memory.
pub(crate) fn once(x: &Operand) -> Option<CubeTensor> {
    let x = known(x).clone();
    let is_one =
        x.meta.shape().iter().zip(x.meta.strides().iter()).all(|(&n, &stride)| n == 1 || stride == 0);
    is_one.then(|| CubeTensor::new_contiguous(x.client, x.device, Shape::from([1]), x.handle, x.dtype))
}

/// The memory of a tensor that a kernel writes, in whatever order its dimensions lie there.
pub(crate) fn memory(y: &CubeTensor) -> BufferArg {
    y.clone().into_buffer_arg()
}

/// The client of an operand's device.
pub(crate) fn client(x: &Operand) -> Client {
    known(x).client.clone()
}

/// A tensor as an operand, for kernels that no operation launches.
pub(crate) fn operand(x: &Tensor) -> Result<Operand<'_>> {
    x.operand("gpu")
}

/// The elements of a tensor of floats on the GPU in an order, to be written to: a copy replaces the value
/// where it lies in another one, or other handles share it.
///
/// # Errors
/// Those of a copy.
pub(crate) fn owned(x: &mut Tensor, order: &Order) -> Result<CubeTensor> {
    if let Some(own) = unshared(x, order) {
        return Ok(own);
    }
    let laid = order.lay(&operand(x)?);
    // What was laid anew is nobody else's.
    let copy = order.undo(if laid.can_mut() { laid } else { laid.copy() });
    let copied = Primitive {
        kind: DispatchTensorKind::Cube(BackendTensor::Float(copy)),
        autodiff: x.primitive("gpu")?.autodiff,
    };
    *x = Tensor::create("copy", x.spec().clone(), Device::Gpu, |_| copied)?.track_as(x);
    let shared = || Error::Backend { op: "copy", reason: "the backend shares what it copied".into() };
    unshared(x, order).ok_or_else(shared)
}

fn unshared(x: &mut Tensor, order: &Order) -> Option<CubeTensor> {
    let Storage::Value(primitive, _) = &Arc::get_mut(&mut x.0)?.storage else { return None };
    let DispatchTensorKind::Cube(BackendTensor::Float(cube)) = &primitive.kind else { return None };
    (cube.can_mut() && order.is_of(cube)).then(|| order.turn(cube.clone()))
}

/// Memory on the device of `like`, not initialised, for a tensor of floats or integers.
pub(crate) fn empty(like: &Operand, spec: &Spec) -> CubeTensor {
    let (like, shape) = (known(like), Shape::from(spec.stored_shape()));
    let dtype = match spec.dtype {
        DType::I32 => burn::tensor::DType::I32,
        _ => burn::tensor::DType::F32,
    };
    empty_device_contiguous_dtype(like.client.clone(), like.device.clone(), shape, dtype)
}

/// Memory on the GPU for a tensor of f32, not initialised, where there is no operand to be like.
pub(crate) fn fresh(spec: &Spec) -> Primitive {
    let shape = Shape::from(spec.stored_shape());
    Dispatch::float_empty(shape, &Device::Gpu.dispatch(), FloatDType::F32)
}

/// The tensor that a kernel wrote.
pub(crate) fn tensor(y: CubeTensor, like: &Operand, spec: &Spec) -> Primitive {
    let y = if spec.dtype == DType::I32 { BackendTensor::Int(y) } else { BackendTensor::Float(y) };
    Primitive { kind: DispatchTensorKind::Cube(y), autodiff: like.value.autodiff }
}

/// The tensor that a kernel writes: `launch!(kernel(operands ..) -> spec, grid(size ..), arguments ..)`,
/// where the grid is [`units`] or [`cubes`].
macro_rules! launch {
    (
        $kernel:ident($x:expr $(, $more:expr)*) -> $spec:expr,
        $grid:ident($($size:expr),+) $(, $arg:expr)* $(,)?
    ) => {{
        use $crate::tensor::gpu;
        let y = gpu::empty($x, $spec);
        let (count, dim) = gpu::$grid(&y.client, $($size),+);
        $kernel::launch(
            &y.client,
            count,
            dim,
            gpu::buffer($x).into_buffer_arg(),
            $(gpu::buffer($more).into_buffer_arg(),)*
            y.clone().into_buffer_arg(),
            $($arg),*
        );
        gpu::tensor(y, $x, $spec)
    }};
}
pub(crate) use launch;

/// Cubes for `n` units; the last cube may have more units than are needed.
pub(crate) fn units(client: &Client, n: usize) -> (CubeCount, CubeDim) {
    let dim = CubeDim::new(client, n);
    (calculate_cube_count_elemwise(client, n, dim), dim)
}

/// `n` cubes or a few more, of so many units each.
pub(crate) fn cubes(client: &Client, n: usize, units: u32) -> (CubeCount, CubeDim) {
    (calculate_cube_count_elemwise(client, n, CubeDim::new_single()), CubeDim::new_1d(units))
}

/// The sum of `mine` over all units of the cube; `shared` has an element for each.
#[cube]
pub(crate) fn total<N: Numeric>(mine: N, shared: &mut [N], #[comptime] units: u32) -> N {
    sync_cube();
    shared[UNIT_POS as usize] = mine;
    sync_cube();
    let mut half = (units / 2).runtime();
    while half > 0 {
        if UNIT_POS < half {
            shared[UNIT_POS as usize] += shared[(UNIT_POS + half) as usize];
        }
        sync_cube();
        half /= 2;
    }
    shared[0]
}
