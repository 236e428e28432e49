use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use crate::{
    DType, Spec,
    tensor::{Operand, Primitive, gpu},
};

/// Vectors of each side in a tile; a unit compares four with four.
const TILE: u32 = 64;
/// Features of a tile that are in shared memory at once.
const DEPTH: u32 = 16;
/// Units of a cube.
const UNITS: u32 = 256;
/// The distance from feature to feature in shared memory: one more than a tile, so that units that write
/// features of one vector write to different banks.
const STEP: u32 = TILE + 1;
/// Cubes that keep a graphics card busy.
const CUBES: usize = 1024;

/// A part of a tile's features into shared memory, `[DEPTH, TILE]`; 0 where there are none.
#[cube]
fn load(from: &[f32], to: &mut [f32], first: u32, end: u32, depth: u32, features: u32) {
    #[unroll]
    for i in 0..comptime!(TILE * DEPTH / UNITS) {
        let element = UNIT_POS + i * UNITS;
        let vector = first + element / DEPTH;
        let feature = depth + element % DEPTH;
        let mut value = 0.0f32;
        if vector < end && feature < features {
            value = from[(vector * features + feature) as usize];
        }
        to[(element % DEPTH * STEP + element / DEPTH) as usize] = value;
    }
}

/// Each cube: the sums of one tile of real vectors over one span of the generated ones, by differences, so
/// that no digits are lost.
#[cube(launch)]
fn sums_kernel(
    real: &[f32],
    fake: &[f32],
    sums: &mut [f32],
    rows: u32,
    columns: u32,
    features: u32,
    spans: u32,
    span: u32,
) {
    let mut a = Shared::<[f32]>::new_slice(comptime!((DEPTH * STEP) as usize));
    let mut b = Shared::<[f32]>::new_slice(comptime!((DEPTH * STEP) as usize));
    let mut parts = Shared::<[f32]>::new_slice(comptime!((TILE * 16) as usize));
    let cube = CUBE_POS as u32;
    let row = cube / spans * TILE;
    let part = cube % spans;
    // There may be a few cubes too many.
    let mut end = min((part + 1) * span, columns);
    if row >= rows {
        end = 0;
    }
    let mine = UNIT_POS / 16;
    let other = UNIT_POS % 16;
    let mut totals = Array::<f32>::new(4usize);
    #[unroll]
    for r in 0..4usize {
        totals[r] = 0.0;
    }
    let mut column = part * span;
    while column < end {
        let mut squares = Array::<f32>::new(16usize);
        #[unroll]
        for i in 0..16usize {
            squares[i] = 0.0;
        }
        let mut depth = 0u32;
        while depth < features {
            load(real, &mut a, row, rows, depth, features);
            load(fake, &mut b, column, end, depth, features);
            sync_cube();
            for k in 0..DEPTH {
                #[unroll]
                for r in 0..4u32 {
                    let x = a[(k * STEP + mine + r * 16) as usize];
                    #[unroll]
                    for c in 0..4u32 {
                        let difference = x - b[(k * STEP + other + c * 16) as usize];
                        squares[(r * 4 + c) as usize] += difference * difference;
                    }
                }
            }
            sync_cube();
            depth += DEPTH;
        }
        #[unroll]
        for c in 0..4u32 {
            if column + other + c * 16 < end {
                #[unroll]
                for r in 0..4u32 {
                    totals[r as usize] += squares[(r * 4 + c) as usize].sqrt();
                }
            }
        }
        column += TILE;
    }
    #[unroll]
    for r in 0..4u32 {
        parts[((mine + r * 16) * 16 + other) as usize] = totals[r as usize];
    }
    sync_cube();
    if UNIT_POS < TILE && row + UNIT_POS < rows {
        let mut total = 0.0f32;
        for i in 0..16u32 {
            total += parts[(UNIT_POS * 16 + i) as usize];
        }
        sums[(part * rows + row + UNIT_POS) as usize] = total;
    }
}

#[cube(launch)]
fn add_kernel(sums: &[f32], y: &mut [f32], spans: u32) {
    if ABSOLUTE_POS < y.len() {
        let mut total = 0.0f32;
        for span in 0..spans {
            total += sums[span as usize * y.len() + ABSOLUTE_POS];
        }
        y[ABSOLUTE_POS] = total;
    }
}

pub(super) fn distances(operands: &[Operand], spec: &Spec) -> Primitive {
    let (real, fake) = (gpu::buffer(&operands[0]), gpu::buffer(&operands[1]));
    let (rows, features) = (operands[0].spec.shape[0], operands[0].spec.shape[1]);
    let columns = operands[1].spec.shape[0];
    let tiles = rows.div_ceil(TILE as usize);
    let spans = CUBES.div_ceil(tiles).min(columns.div_ceil(TILE as usize));
    let span = columns.div_ceil(spans).next_multiple_of(TILE as usize);
    let spans = columns.div_ceil(span);
    let sums = gpu::empty(&operands[0], &Spec::new([spans, rows], DType::F32));
    let y = gpu::empty(&operands[0], spec);
    let client = y.client.clone();
    let (count, dim) = gpu::cubes(&client, tiles * spans, UNITS);
    let [rows, columns, features, spans, span] = [rows, columns, features, spans, span].map(|n| n as u32);
    let [a, b, out] = [real, fake, sums.clone()].map(CubeTensor::into_buffer_arg);
    sums_kernel::launch(&client, count, dim, a, b, out, rows, columns, features, spans, span);
    let (count, dim) = gpu::units(&client, spec.len());
    let [sums, out] = [sums, y.clone()].map(CubeTensor::into_buffer_arg);
    add_kernel::launch(&client, count, dim, sums, out, spans);
    gpu::tensor(y, &operands[0], spec)
}
