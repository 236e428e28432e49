//! Whole numbers by chance: any of a range, in any order, by weights.

use rayon::prelude::*;

use super::{Draw, gamma::open};

/// In (0, 1), of 64 random bits.
fn fine(words: [u32; 4]) -> f64 {
    (open(words[0]) + f64::from(words[1]) / 18_446_744_073_709_551_616.0).min(1.0 - f64::EPSILON / 2.0)
}

/// For each row of `classes` weights so many indices, each with a probability in proportion to its weight.
pub(super) fn with_replacement(draw: Draw, weights: &[f64], classes: usize, count: usize) -> Vec<i32> {
    let mut chosen = vec![0; weights.len() / classes * count];
    let rows = chosen.par_chunks_mut(count).zip(weights.par_chunks(classes)).enumerate();
    rows.for_each(|(row, (chosen, weights))| {
        let mut sum = 0.0;
        let sums: Vec<f64> = weights
            .iter()
            .map(|weight| {
                sum += weight;
                sum
            })
            .collect();
        for (i, index) in chosen.iter_mut().enumerate() {
            let place = fine(draw.words((row * count + i) as u64)) * sum;
            // Past the weights that are 0.
            *index = sums.partition_point(|below| *below <= place).min(classes - 1) as i32;
        }
    });
    chosen
}

/// The same, with no index twice in a row: those of the smallest of exponential numbers over their weights
/// (Efraimidis, Spirakis, 2006), in their order.
pub(super) fn without_replacement(draw: Draw, weights: &[f64], classes: usize, count: usize) -> Vec<i32> {
    let mut chosen = vec![0; weights.len() / classes * count];
    let rows = chosen.par_chunks_mut(count).zip(weights.par_chunks(classes)).enumerate();
    rows.for_each(|(row, (chosen, weights))| {
        let time = |(j, weight): (usize, &f64)| {
            (-libm::log(fine(draw.words((row * classes + j) as u64))) / weight, j as i32)
        };
        let mut times: Vec<(f64, i32)> = weights.iter().enumerate().map(time).collect();
        times.sort_by(|a, b| a.0.total_cmp(&b.0));
        chosen.iter_mut().zip(times).for_each(|(index, (_, j))| *index = j);
    });
    chosen
}
