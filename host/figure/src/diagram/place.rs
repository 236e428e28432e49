//! Where boxes and bends stand in their layers.

use std::thread;

use rust_sugiyama::{
    configure::{Config, RankingType},
    from_vertices_and_edges,
};

use super::layers::Layers;
use crate::drawing::Point;

/// Room between two boxes of a layer.
pub const BETWEEN: f64 = 24.0;

/// Up to how many boxes and bends the order is improved by exchanging neighbours, which takes the square of
/// their number.
const MAX_EXCHANGED: usize = 600;

/// From how many boxes on these only stand in the order of those that lead to them.
const MAX_ORDERED: usize = 10_000;

/// How many parts that no line connects the crate finds in time: it takes the square of their number.
const PARTS: usize = 2000;

/// The crate calls itself once for each layer.
const STACK: usize = 256 << 20;

/// The middle of every box and bend across the page.
pub fn place(layers: &Layers, sizes: &[Point]) -> Vec<f64> {
    let parts = layers.layer.len().saturating_sub(layers.lines.len());
    let is_quick = layers.boxes <= MAX_ORDERED && parts <= PARTS;
    let found = is_quick.then(|| sugiyama(layers, sizes)).flatten();
    found.unwrap_or_else(|| rows(layers, sizes))
}

/// The places of the crate: parts that no line connects stand side by side. None where it fails.
fn sugiyama(layers: &Layers, sizes: &[Point]) -> Option<Vec<f64>> {
    let number = |i: usize| u32::try_from(i).unwrap_or(u32::MAX);
    let vertices: Vec<_> = sizes.iter().enumerate().map(|(i, size)| (number(i), *size)).collect();
    let edges = layers.lines.iter().chain(&layers.anchors);
    let edges: Vec<_> = edges.map(|&(a, b)| (number(a), number(b))).collect();
    let config = Config {
        vertex_spacing: BETWEEN,
        ranking_type: RankingType::Up,
        transpose: vertices.len() <= MAX_EXCHANGED,
        ..Config::default()
    };
    let parts = thread::scope(|scope| {
        let work = thread::Builder::new().stack_size(STACK);
        let work = work.spawn_scoped(scope, || from_vertices_and_edges(&vertices, &edges, &config)).ok()?;
        work.join().ok()
    })?;
    let mut places = vec![f64::NAN; sizes.len()];
    let mut left = 0.0;
    for (part, ..) in parts {
        let ends = |sign: f64| part.iter().map(move |(i, (x, _))| x + sign * sizes[*i].0 / 2.0);
        let (low, high) = (ends(-1.0).fold(f64::MAX, f64::min), ends(1.0).fold(f64::MIN, f64::max));
        part.iter().for_each(|(i, (x, _))| places[*i] = x - low + left);
        left += high - low + 2.0 * BETWEEN;
    }
    places.iter().all(|x| x.is_finite()).then_some(places)
}

/// Layers as rows in the middle of the page, in the order of what leads to each box, in one pass.
fn rows(layers: &Layers, sizes: &[Point]) -> Vec<f64> {
    let mut above = vec![vec![]; sizes.len()];
    layers.lines.iter().for_each(|&(from, to)| above[to].push(from));
    let mut rows = vec![vec![]; layers.count()];
    layers.layer.iter().enumerate().for_each(|(i, &layer)| rows[layer].push(i));
    let mut places = vec![0.0; sizes.len()];
    for row in &mut rows {
        let mean = |i: usize| match above[i].len() {
            0 => f64::MAX,
            n => above[i].iter().map(|&j: &usize| places[j]).sum::<f64>() / n as f64,
        };
        let mut keyed: Vec<_> = row.iter().map(|&i| (mean(i), i)).collect();
        keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
        let width: f64 = row.iter().map(|&i| sizes[i].0 + BETWEEN).sum();
        let mut left = -width / 2.0;
        for (_, i) in keyed {
            places[i] = left + (sizes[i].0 + BETWEEN) / 2.0;
            left += sizes[i].0 + BETWEEN;
        }
    }
    let lowest = places.iter().zip(sizes).map(|(x, size)| x - size.0 / 2.0).fold(f64::MAX, f64::min);
    places.iter().map(|x| x - lowest).collect()
}
