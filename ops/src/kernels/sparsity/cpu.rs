use rayon::prelude::*;

use super::{
    Compact,
    ops::{ALL, NONE},
};
use crate::{
    Spec,
    kernels::cpu::{self, ints},
    op::{Operand, Primitive},
};

/// Lanes in which a maximum is taken at once.
const LANES: usize = 16;

/// Floats as whole numbers in the same order: NaN above all, -0 equal to 0.
fn key(x: f32) -> u32 {
    let (word, magnitude) = (x.to_bits(), x.to_bits() & 0x7fff_ffff);
    match magnitude {
        0 => 0x8000_0000,
        0x7f80_0001.. => u32::MAX,
        _ if word == magnitude => word ^ 0x8000_0000,
        _ => !word,
    }
}

pub(super) fn winners(x: &Operand, y: &Spec) -> Primitive {
    let x = cpu::known(x);
    let size = x.len() / y.len();
    let maps = x.par_chunks_exact(size).with_min_len(64);
    cpu::integers(maps.map(|map| winner(map) as i32).collect(), y)
}

/// The place of the largest number.
fn winner(map: &[f32]) -> usize {
    let (mut lanes, mut is_nan) = ([f32::NEG_INFINITY; LANES], false);
    let (chunks, rest) = map.as_chunks::<LANES>();
    for chunk in chunks {
        for (most, &x) in lanes.iter_mut().zip(chunk) {
            *most = if x > *most { x } else { *most };
            is_nan |= x.is_nan();
        }
    }
    is_nan |= rest.iter().any(|x| x.is_nan());
    let most = lanes.iter().chain(rest).fold(f32::NEG_INFINITY, |most, &x| if x > most { x } else { most });
    let found = map.iter().position(|&x| if is_nan { x.is_nan() } else { x == most });
    found.unwrap_or(0)
}

pub(super) fn strongest(x: &Operand, kept: usize, y: &Spec) -> Primitive {
    let (x, n, c) = (cpu::known(x), y.shape[0], y.shape[1]);
    let mut alive = vec![0; x.len()];
    let mut order: Vec<u32> = Vec::with_capacity(n);
    for channel in 0..c {
        order.clear();
        order.extend(0..n as u32);
        // The smallest first: the largest key, then the first sample.
        let rank = |&sample: &u32| (!key(x[sample as usize * c + channel]), sample);
        if kept < n {
            order.select_nth_unstable_by_key(kept, rank);
        }
        order[..kept].iter().for_each(|&sample| alive[sample as usize * c + channel] = 1);
    }
    cpu::integers(alive, y)
}

pub(super) fn top(x: &Operand, k: usize, y: &Spec) -> Primitive {
    let x = cpu::known(x);
    let size = x.len() / y.shape[0];
    let fill = |(sample, mask): (usize, &mut [i32])| {
        let x = &x[sample * size..][..size];
        let mut keys: Vec<u32> = x.iter().map(|&x| key(x)).collect();
        let (_, &mut least, above) = keys.select_nth_unstable(size - k);
        // `k` values reach `least`, more where several equal it: of those the first ones stay.
        let mut equal = 1 + above.iter().filter(|&&key| key == least).count();
        for (mask, &x) in mask.iter_mut().zip(x) {
            let is_equal = key(x) == least;
            let kept = key(x) > least || (is_equal && equal > 0);
            equal -= usize::from(is_equal && kept);
            *mask = i32::from(kept);
        }
    };
    let mut mask = vec![0; x.len()];
    mask.par_chunks_exact_mut(size).enumerate().for_each(fill);
    cpu::integers(mask, y)
}

pub(super) fn take(x: &Operand, places: &Operand, y: &Spec) -> Primitive {
    let (x, places) = (cpu::known(x), ints(places));
    let size = x.len() / places.len();
    let values = places.iter().enumerate().map(|(map, &place)| x[map * size + place as usize]);
    cpu::tensor(values.collect(), y)
}

/// [`keep`] in compact form; `None` unless it is on the CPU, and each map keeps one value or none.
pub(super) fn keep_compact(x: &Operand, places: &Operand, y: &Spec) -> Option<Compact> {
    if let Some(compact) = x.compact {
        let kept = ints(places);
        let stays = |(value, (place, kept)): (&f32, (&i32, &i32))| match *kept {
            ALL => *value,
            kept if kept == *place => *value,
            _ => 0.0,
        };
        let pairs = compact.values();
        return Some(
            compact
                .with_values(pairs.iter().zip(compact.places().iter().zip(kept.iter())).map(stays).collect()),
        );
    }
    let (x, places) = (cpu::floats(x)?, ints(places));
    let size = x.len() / places.len();
    let value = |(map, &place): (usize, &i32)| match place {
        NONE | ALL => 0.0,
        place => x[map * size + place as usize],
    };
    Compact::new(&places, places.iter().enumerate().map(value).collect(), y)
}

pub(super) fn keep(x: &Operand, places: &Operand, y: &Spec) -> Primitive {
    let (x, places) = (cpu::known(x), ints(places));
    let size = x.len() / places.len();
    let fill = |map: usize, y: &mut [f32]| match places[map] {
        NONE => {}
        ALL => y.copy_from_slice(&x[map * size..][..size]),
        place => y[place as usize] = x[map * size + place as usize],
    };
    cpu::tensor(cpu::rows(x.len(), size, fill), y)
}
