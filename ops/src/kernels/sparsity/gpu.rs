use cubecl::prelude::*;

use super::order::key;
use crate::tensor::{
    Operand, Primitive, Spec,
    gpu::{self, launch},
};

/// Units that look for the winner of one map, or of one sample, together.
const UNITS: u32 = 256;

#[cube(launch)]
fn winners_kernel(x: &[u32], positions: &mut [i32], size: u32, maps: u32, #[comptime] units: u32) {
    let map = CUBE_POS as u32;
    if map < maps {
        let mut keys = Shared::<[u32]>::new_slice(units as usize);
        let mut found = Shared::<[u32]>::new_slice(units as usize);
        let mut best = 0u32;
        let mut at = size;
        let mut i = UNIT_POS;
        while i < size {
            let k = key(x[(map * size + i) as usize]);
            // Strictly: of equal ones the first stays.
            if k > best || at == size {
                best = k;
                at = i;
            }
            i += units;
        }
        keys[UNIT_POS as usize] = best;
        found[UNIT_POS as usize] = at;
        sync_cube();
        let mut half = (units / 2).runtime();
        while half > 0 {
            if UNIT_POS < half {
                let mine = UNIT_POS as usize;
                let other = (UNIT_POS + half) as usize;
                if keys[other] > keys[mine] || (keys[other] == keys[mine] && found[other] < found[mine]) {
                    keys[mine] = keys[other];
                    found[mine] = found[other];
                }
            }
            sync_cube();
            half /= 2;
        }
        if UNIT_POS == 0 {
            positions[map as usize] = i32::cast_from(found[0]);
        }
    }
}

#[cube(launch)]
fn strongest_kernel(scores: &[u32], alive: &mut [i32], n: u32, c: u32, kept: u32) {
    let i = ABSOLUTE_POS as u32;
    if i < n * c {
        let mine = key(scores[i as usize]);
        let mut stronger = 0u32;
        for sample in 0..n {
            let j = sample * c + i % c;
            let other = key(scores[j as usize]);
            if other > mine || (other == mine && j < i) {
                stronger += 1;
            }
        }
        alive[i as usize] = i32::cast_from(stronger < kept);
    }
}

#[cube(launch)]
fn take_kernel(x: &[u32], positions: &[i32], y: &mut [u32], size: u32) {
    if ABSOLUTE_POS < y.len() {
        y[ABSOLUTE_POS] = x[ABSOLUTE_POS * size as usize + positions[ABSOLUTE_POS] as usize];
    }
}

#[cube(launch)]
fn top_kernel(x: &[u32], mask: &mut [i32], size: u32, samples: u32, k: u32, #[comptime] units: u32) {
    let sample = CUBE_POS as u32;
    if sample < samples {
        let start = sample * size;
        let mut shared = Shared::<[u32]>::new_slice(units as usize);
        // The k-th largest key, bit by bit: the largest number that at least k keys reach.
        let mut threshold = 0u32;
        for step in 0..32u32 {
            let candidate = threshold | (1u32 << (31 - step));
            let mut reach = 0u32;
            let mut i = UNIT_POS;
            while i < size {
                reach += u32::cast_from(key(x[(start + i) as usize]) >= candidate);
                i += units;
            }
            if gpu::total(reach, &mut shared, units) >= k {
                threshold = candidate;
            }
        }
        // Of those that equal it only the first stay: each unit counts its own stretch, in order.
        let stretch = size.div_ceil(units);
        let first = min(UNIT_POS * stretch, size);
        let end = min(first + stretch, size);
        let mut above = 0u32;
        let mut equal = 0u32;
        for i in first..end {
            let key = key(x[(start + i) as usize]);
            above += u32::cast_from(key > threshold);
            equal += u32::cast_from(key == threshold);
        }
        let mut left = k - gpu::total(above, &mut shared, units);
        sync_cube();
        shared[UNIT_POS as usize] = equal;
        sync_cube();
        let mut before = 0u32;
        for unit in 0..UNIT_POS {
            before += shared[unit as usize];
        }
        left -= min(before, left);
        for i in first..end {
            let key = key(x[(start + i) as usize]);
            let mut kept = key > threshold;
            if key == threshold && left > 0 {
                kept = true;
                left -= 1;
            }
            mask[(start + i) as usize] = i32::cast_from(kept);
        }
    }
}

pub(super) fn winners(x: &Operand, spec: &Spec) -> Primitive {
    let (maps, size) = (spec.len(), x.spec.len() / spec.len());
    launch!(winners_kernel(x) -> spec, cubes(maps, UNITS), size as u32, maps as u32, UNITS)
}

pub(super) fn strongest(x: &Operand, kept: usize, spec: &Spec) -> Primitive {
    let [n, c] = [0, 1].map(|d| spec.shape[d] as u32);
    launch!(strongest_kernel(x) -> spec, units(spec.len()), n, c, kept as u32)
}

pub(super) fn top(x: &Operand, k: usize, spec: &Spec) -> Primitive {
    let (samples, size) = (spec.shape[0], spec.len() / spec.shape[0]);
    launch!(top_kernel(x) -> spec, cubes(samples, UNITS), size as u32, samples as u32, k as u32, UNITS)
}

pub(super) fn take(x: &Operand, positions: &Operand, spec: &Spec) -> Primitive {
    let size = x.spec.len() / positions.spec.len();
    launch!(take_kernel(x, positions) -> spec, units(spec.len()), size as u32)
}
