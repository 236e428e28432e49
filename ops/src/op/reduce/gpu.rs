//! Sums of f32 on a GPU in one launch, whatever the dimensions; a second one for the sum of very many
//! elements.

use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::BLOCK;
use crate::tensor::{
    Operand, Primitive, Spec,
    gpu::{self, Order},
};

/// Units that sum up one element of the output together.
const UNITS: u32 = 256;

/// The sizes `[K0, R1, K2, R3]` of a tensor whose dimensions are summed over (R) or kept (K) in turns.
#[derive(Clone, Copy)]
struct Turns {
    kept: [usize; 2],
    summed: [usize; 2],
}

impl Turns {
    /// Neighbours that are treated alike are one dimension. `None` where there are more turns than these.
    fn of(shape: &[usize], dims: &[usize]) -> Option<Self> {
        let mut turns: Vec<(bool, usize)> = vec![];
        for (d, &size) in shape.iter().enumerate().filter(|(_, size)| **size > 1) {
            match turns.last_mut() {
                Some((summed, length)) if *summed == dims.contains(&d) => *length *= size,
                _ => turns.push((dims.contains(&d), size)),
            }
        }
        if turns.first().is_none_or(|(summed, _)| *summed) {
            turns.insert(0, (false, 1));
        }
        if turns.len() > 4 {
            return None;
        }
        let size = |i: usize| turns.get(i).map_or(1, |(_, size)| *size);
        // What has nothing kept in between is one stretch.
        let summed = if size(2) == 1 { [1, size(1) * size(3)] } else { [size(1), size(3)] };
        Some(Self { kept: [size(0), size(2)], summed })
    }
}

/// The sizes, as kernels take them.
#[derive(CubeType, CubeLaunch, Clone, Copy)]
struct Sizes {
    /// Elements of the input, and of the output.
    input: u32,
    output: u32,
    /// R1, K2, R3.
    outer: u32,
    between: u32,
    inner: u32,
}

/// The index of element `j` of those that are summed up to element `i` of the output.
#[cube]
fn index(i: u32, j: u32, sizes: &Sizes) -> u32 {
    let outer = (i / sizes.between * sizes.outer + j / sizes.inner) * sizes.between + i % sizes.between;
    outer * sizes.inner + j % sizes.inner
}

/// A cube for each element of the output.
#[cube(launch)]
fn cube_kernel(x: &[f32], y: &mut [f32], sizes: &Sizes, divisor: f32, #[comptime] units: u32) {
    let i = CUBE_POS as u32;
    if i < sizes.output {
        let mut shared = Shared::<[f32]>::new_slice(units as usize);
        let mut sum = 0.0f32;
        let mut j = UNIT_POS;
        while j < sizes.outer * sizes.inner {
            let at = index(i, j, sizes);
            if at < sizes.input {
                sum += x[at as usize];
            }
            j += units;
        }
        let sum = gpu::total(sum, &mut shared, units);
        if UNIT_POS == 0 {
            y[i as usize] = sum / divisor;
        }
    }
}

/// A unit for each element of the output.
#[cube(launch)]
fn unit_kernel(x: &[f32], y: &mut [f32], sizes: &Sizes, divisor: f32) {
    let i = ABSOLUTE_POS as u32;
    if i < sizes.output {
        let mut sum = 0.0f32;
        for j in 0..sizes.outer * sizes.inner {
            sum += x[index(i, j, sizes) as usize];
        }
        y[i as usize] = sum / divisor;
    }
}

/// The sum over `dims`, divided. `None` where that is no matter of one launch.
pub(super) fn sum(x: &Operand, dims: &[usize], divisor: f64, y: &Spec) -> Option<Primitive> {
    let n = x.spec.len();
    if n > u32::MAX as usize {
        return None;
    }
    let order = Order::of(x);
    if dims.len() == x.spec.rank() && n > BLOCK {
        // Blocks first: one cube alone would keep the rest of the device waiting.
        let blocks = Spec::new([n.div_ceil(BLOCK)], y.dtype);
        let turns = Turns { kept: [blocks.len(), 1], summed: [1, BLOCK] };
        let value = run(x, order.lay(x), gpu::empty(x, &blocks), turns, 1.0);
        let value = gpu::tensor(value, x, &blocks);
        return sum(&Operand { spec: &blocks, value }, &[0], divisor, y);
    }
    let shape: Vec<usize> = order.dims().iter().map(|&d| x.spec.shape[d]).collect();
    let summed: Vec<usize> = (0..shape.len()).filter(|&i| dims.contains(&order.dims()[i])).collect();
    let turns = Turns::of(&shape, &summed)?;
    Some(gpu::tensor(run(x, order.lay(x), order.empty(x, y), turns, divisor), x, y))
}

fn run(x: &Operand, laid: CubeTensor, y: CubeTensor, turns: Turns, divisor: f64) -> CubeTensor {
    let Turns { kept, summed } = turns;
    let outputs = kept[0] * kept[1];
    let [input, output, outer, between, inner] =
        [x.spec.len(), outputs, summed[0], kept[1], summed[1]].map(|size| size as u32);
    let sizes = SizesLaunch::new(input, output, outer, between, inner);
    // Neighbouring units read neighbouring elements: along what is summed, or else along what is kept.
    let is_long = summed[1] >= 32 || (summed[0] * summed[1] >= 1024 && outputs < 4096);
    let from = laid.into_buffer_arg();
    if is_long {
        let (count, dim) = gpu::cubes(&y.client, outputs, UNITS);
        cube_kernel::launch(&y.client, count, dim, from, gpu::memory(&y), sizes, divisor as f32, UNITS);
    } else {
        let (count, dim) = gpu::units(&y.client, outputs);
        unit_kernel::launch(&y.client, count, dim, from, gpu::memory(&y), sizes, divisor as f32);
    }
    y
}

#[cfg(test)]
mod tests {
    use super::Turns;

    #[test]
    fn neighbours_are_one_dimension() {
        for (shape, dims, kept, summed) in [
            (&[4, 3, 5, 5][..], &[0, 2, 3][..], [1, 3], [4, 25]),
            (&[4, 3, 5, 5][..], &[2, 3][..], [12, 1], [1, 25]),
            (&[4, 3][..], &[0][..], [1, 3], [4, 1]),
            (&[4, 3, 1, 6][..], &[1, 3][..], [4, 1], [1, 18]),
            (&[4, 3, 2, 6][..], &[1, 3][..], [4, 2], [3, 6]),
            (&[7][..], &[0][..], [1, 1], [1, 7]),
            (&[1, 1][..], &[0, 1][..], [1, 1], [1, 1]),
        ] {
            let turns = Turns::of(shape, dims).expect("few turns");
            assert_eq!((turns.kept, turns.summed), (kept, summed), "{shape:?} over {dims:?}");
        }
        assert!(Turns::of(&[2, 3, 4, 5, 6], &[0, 2, 4]).is_none());
    }
}
