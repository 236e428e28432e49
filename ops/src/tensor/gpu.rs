//! The memory of tensors on the GPU, for kernels written in CubeCL.
//!
//! A kernel is a `#[cube(launch)]` function over slices in row-major order. [`launch`] runs one whose output
//! is a tensor. Where it takes more: [`buffer`] gives an operand in that order, [`empty`] the memory for what
//! is written, [`units`] or [`cubes`] say how many run, and [`tensor`] is the result.

use burn::backend::{BackendTensor, DispatchTensorKind, Shape};
use burn_cubecl::{kernel::into_contiguous, ops::numeric::empty_device_contiguous_dtype, tensor::CubeTensor};
use cubecl::{calculate_cube_count_elemwise, client::Client, prelude::*};

use super::{DType, Operand, Primitive, Spec};

/// An operand that is known to be on the GPU.
fn known<'a>(x: &'a Operand) -> &'a CubeTensor {
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

/// Memory on the device of `like`, not initialised, for a tensor of floats or integers.
pub(crate) fn empty(like: &Operand, spec: &Spec) -> CubeTensor {
    let (like, shape) = (known(like), Shape::from(spec.stored_shape()));
    let dtype = match spec.dtype {
        DType::I32 => burn::tensor::DType::I32,
        _ => burn::tensor::DType::F32,
    };
    empty_device_contiguous_dtype(like.client.clone(), like.device.clone(), shape, dtype)
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
