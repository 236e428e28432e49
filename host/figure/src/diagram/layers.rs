//! Which layer each box is in, and where arrows pass the layers between.

use std::collections::{BTreeMap, HashMap};

use super::DiagramArrow;

/// How many places for arrows a diagram has at most: `PER_BOX` for each box and `MORE`, and never over
/// `MOST`.
const PER_BOX: usize = 8;
const MORE: usize = 2000;
const MOST: usize = 24_000;

/// How many lines from one layer to the next a diagram has at most.
const LINES: usize = 40_000;

/// Boxes in layers, and bends: places of arrows in the layers that they pass. A bend is numbered after all
/// boxes.
pub struct Layers {
    pub boxes: usize,
    /// The layer of each box, then of each bend.
    pub layer: Vec<usize>,
    /// Lines from one layer to the next, between boxes and bends.
    pub lines: Vec<(usize, usize)>,
    /// For each line the text where it leaves a box.
    pub labels: BTreeMap<usize, Vec<String>>,
    /// Arrows without a line.
    pub far: Vec<(usize, usize)>,
    /// What is not drawn: to what nothing leads, from a place above it beside which it is to stand.
    pub anchors: Vec<(usize, usize)>,
}

impl Layers {
    /// The layers of boxes between which there are arrows.
    pub fn of(boxes: usize, arrows: &[DiagramArrow]) -> Self {
        let layer = late(longest_paths(boxes, arrows), arrows);
        let (lines, labels, far, anchors) = (vec![], BTreeMap::new(), vec![], vec![]);
        let mut layers = Self { boxes, layer, lines, labels, far, anchors };
        let budget = (PER_BOX * boxes + MORE).min(MOST);
        // The short ones first, so that few stay without a line.
        let mut by_length: Vec<Vec<&DiagramArrow>> = vec![vec![]; layers.count().max(1)];
        for arrow in arrows {
            by_length[layers.layer[arrow.to].saturating_sub(layers.layer[arrow.from])].push(arrow);
        }
        let mut chains: HashMap<(usize, &str), Vec<usize>> = HashMap::new();
        for arrow in by_length.into_iter().flatten() {
            let (from, to) = (layers.layer[arrow.from], layers.layer[arrow.to]);
            let bends = layers.layer.len() - boxes;
            let is_full = layers.lines.len() >= LINES || (bends >= budget && to > from + 1);
            if to <= from || is_full {
                layers.far.push((arrow.from, arrow.to));
                continue;
            }
            let chain = chains.entry((arrow.from, &arrow.label)).or_insert_with(|| vec![arrow.from]);
            if bends + (to - from).saturating_sub(chain.len()) > budget {
                layers.far.push((arrow.from, arrow.to));
                continue;
            }
            layers.lead(chain, from, to);
            layers.lines.push((chain[to - from - 1], arrow.to));
            let labels = layers.labels.entry(arrow.from).or_default();
            if !arrow.label.is_empty() && !labels.contains(&arrow.label) {
                labels.push(arrow.label.clone());
            }
        }
        layers.lines.sort_unstable();
        layers.lines.dedup();
        layers.anchors = layers.anchored();
        layers
    }

    /// A place in the layer above for each place below the first layer to which no line leads: one that leads
    /// to the same box in two steps, or else one of nearly the same number.
    fn anchored(&self) -> Vec<(usize, usize)> {
        let (mut above, mut below) = (vec![None; self.layer.len()], vec![None; self.layer.len()]);
        let mut beside: HashMap<usize, usize> = HashMap::new();
        for &(from, to) in &self.lines {
            above[to].get_or_insert(from);
            below[from].get_or_insert(to);
        }
        self.lines.iter().filter(|(from, _)| above[*from].is_some()).for_each(|&(from, to)| {
            beside.entry(to).or_insert(from);
        });
        let mut rows: Vec<Vec<usize>> = vec![vec![]; self.count()];
        self.layer.iter().enumerate().for_each(|(i, &layer)| rows[layer].push(i));
        let is_loose = |i: &usize| self.layer[*i] > 0 && above[*i].is_none();
        let anchor = |i: usize| {
            let sibling = below[i].and_then(|to| beside.get(&to)).and_then(|&sibling| above[sibling]);
            let row = &rows[self.layer[i] - 1];
            let near = row.partition_point(|&j| j < i).min(row.len().saturating_sub(1));
            Some((sibling.or_else(|| row.get(near).copied())?, i))
        };
        (0..self.layer.len()).filter(is_loose).filter_map(anchor).collect()
    }

    /// Makes a chain of bends long enough to reach the layer before `to`.
    fn lead(&mut self, chain: &mut Vec<usize>, from: usize, to: usize) {
        while chain.len() < to - from {
            let bend = self.layer.len();
            self.layer.push(from + chain.len());
            self.lines.push((chain[chain.len() - 1], bend));
            chain.push(bend);
        }
    }

    /// The boxes that lead without a line to each box.
    pub fn named_by_target(&self) -> Vec<Vec<usize>> {
        let mut named = vec![vec![]; self.boxes];
        self.far.iter().for_each(|&(from, to)| named[to].push(from));
        named
    }

    /// How many layers there are.
    pub fn count(&self) -> usize {
        self.layer.iter().max().map_or(0, |deepest| deepest + 1)
    }
}

/// The layer of each box: one more than the deepest that leads to it. Where boxes lead to each other in a
/// circle, the first of them comes first.
fn longest_paths(boxes: usize, arrows: &[DiagramArrow]) -> Vec<usize> {
    let (mut open, mut next) = (vec![0_usize; boxes], vec![vec![]; boxes]);
    for arrow in arrows.iter().filter(|arrow| arrow.from != arrow.to) {
        open[arrow.to] += 1;
        next[arrow.from].push(arrow.to);
    }
    let (mut layer, mut is_placed) = (vec![0; boxes], vec![false; boxes]);
    let mut ready: Vec<usize> = (0..boxes).rev().filter(|&i| open[i] == 0).collect();
    let mut first = 0;
    while let Some(i) = ready.pop().or_else(|| (first..boxes).find(|&i| !is_placed[i])) {
        if std::mem::replace(&mut is_placed[i], true) {
            continue;
        }
        while first < boxes && is_placed[first] {
            first += 1;
        }
        for &to in &next[i] {
            open[to] -= 1;
            if !is_placed[to] {
                layer[to] = layer[to].max(layer[i] + 1);
                if open[to] == 0 {
                    ready.push(to);
                }
            }
        }
    }
    layer
}

/// Moves what more leads away from than to it down to what it leads to, the last first: a constant that is
/// read late stands beside its reader.
fn late(mut layer: Vec<usize>, arrows: &[DiagramArrow]) -> Vec<usize> {
    let mut inputs = vec![0_usize; layer.len()];
    let mut next = vec![vec![]; layer.len()];
    for arrow in arrows.iter().filter(|arrow| layer[arrow.from] < layer[arrow.to]) {
        inputs[arrow.to] += 1;
        next[arrow.from].push(arrow.to);
    }
    let mut order: Vec<usize> = (0..layer.len()).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(layer[i]));
    for i in order {
        let nearest = next[i].iter().map(|&to| layer[to]).min();
        if let Some(nearest) = nearest.filter(|_| inputs[i] <= next[i].len()) {
            layer[i] = nearest - 1;
        }
    }
    layer
}
