use rayon::prelude::*;

use super::order::key;
use crate::tensor::{Operand, Primitive, Spec, on_cpu};

/// Lanes in which a maximum is taken at once.
const LANES: usize = 16;

pub(super) fn winners(x: &Operand, y: &Spec) -> Primitive {
    let x = x.known_floats();
    let size = x.len() / y.len();
    let maps = x.par_chunks_exact(size).with_min_len(64);
    on_cpu(maps.map(|map| winner(map) as i32).collect::<Vec<_>>(), y)
}

/// The position of the largest number.
fn winner(map: &[f32]) -> usize {
    let (mut lanes, mut is_nan) = ([f32::NEG_INFINITY; LANES], false);
    let (chunks, rest) = map.as_chunks::<LANES>();
    for chunk in chunks {
        for (maximum, &x) in lanes.iter_mut().zip(chunk) {
            *maximum = if x > *maximum { x } else { *maximum };
            is_nan |= x.is_nan();
        }
    }
    is_nan |= rest.iter().any(|x| x.is_nan());
    let larger = |a: f32, &b: &f32| if b > a { b } else { a };
    let maximum = lanes.iter().chain(rest).fold(f32::NEG_INFINITY, larger);
    let found = map.iter().position(|&x| if is_nan { x.is_nan() } else { x == maximum });
    found.unwrap_or(0)
}

pub(super) fn strongest(x: &Operand, kept: usize, y: &Spec) -> Primitive {
    let (x, n, c) = (x.known_floats(), y.shape[0], y.shape[1]);
    let mut alive = vec![0; x.len()];
    // In one number each: the smallest is the largest key, then the first sample.
    let mut ranks: Vec<u64> = vec![0; n];
    for channel in 0..c {
        for (sample, rank) in ranks.iter_mut().enumerate() {
            *rank = u64::from(!key(x[sample * c + channel].to_bits())) << 32 | sample as u64;
        }
        if kept < n {
            ranks.select_nth_unstable(kept);
        }
        ranks[..kept].iter().for_each(|&rank| alive[(rank as u32) as usize * c + channel] = 1);
    }
    on_cpu(alive, y)
}

pub(super) fn top(x: &Operand, k: usize, y: &Spec) -> Primitive {
    let x = x.known_floats();
    let size = x.len() / y.shape[0];
    let fill = |(sample, mask): (usize, &mut [i32])| {
        let x = &x[sample * size..][..size];
        let mut keys: Vec<u32> = x.iter().map(|x| key(x.to_bits())).collect();
        let (_, &mut minimum, above) = keys.select_nth_unstable(size - k);
        // `k` values reach `minimum`, or more where several equal it: of those the first ones stay.
        let mut equal = 1 + above.iter().filter(|&&key| key == minimum).count();
        for (mask, &x) in mask.iter_mut().zip(x) {
            let key = key(x.to_bits());
            let is_equal = key == minimum;
            let kept = key > minimum || (is_equal && equal > 0);
            equal -= usize::from(is_equal && kept);
            *mask = i32::from(kept);
        }
    };
    let mut mask = vec![0; x.len()];
    mask.par_chunks_exact_mut(size).enumerate().for_each(fill);
    on_cpu(mask, y)
}

pub(super) fn take(x: &Operand, positions: &Operand, y: &Spec) -> Primitive {
    let (x, positions) = (x.known_floats(), positions.known_ints());
    let size = x.len() / positions.len();
    let values = positions.iter().enumerate().map(|(map, &position)| x[map * size + position as usize]);
    on_cpu(values.collect::<Vec<_>>(), y)
}
