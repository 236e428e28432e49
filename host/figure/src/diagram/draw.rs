//! The shapes of a diagram.

use super::{DiagramBox, MAX_CHARACTERS, layers::Layers};
use crate::{
    canvas::{INK, RULE, SOFT_INK, WHITE},
    drawing::{Drawing, Point, Shape},
    text::{Align, Pen, fit, width},
};

/// Heights of a head and of a line below, the room around texts, the smallest and largest width of a text.
const HEAD: f64 = 22.0;
const LINE: f64 = 15.0;
const PAD: f64 = 8.0;
const NARROW: f64 = 56.0;
const WIDE: f32 = 260.0;

/// Sizes of the texts: heads, lines, what stands at an arrow.
const BIG: f32 = 12.0;
const SMALL: f32 = 10.5;
const TINY: f32 = 9.5;

/// Room between layers, and around everything.
const GAP: f64 = 38.0;
const MARGIN: f64 = 20.0;

/// How far from an arrow its text stands.
const BESIDE: f64 = 4.0;

/// Room that an arrow has beside others, and the length of its head.
const LANE: f64 = 6.0;
const POINT: f64 = 6.0;

/// The points that stand for a curve, besides its ends.
const CURVE: usize = 9;

/// Texts as they are drawn, and the sizes of boxes and bends.
pub struct Sizes {
    texts: Vec<(String, Vec<String>)>,
    pub all: Vec<Point>,
}

impl Sizes {
    pub fn of(boxes: &[DiagramBox], layers: &Layers) -> Self {
        let texts: Vec<_> = boxes
            .iter()
            .map(|b| (cut(&b.title, BIG), b.lines.iter().map(|line| cut(line, SMALL)).collect::<Vec<_>>()))
            .collect();
        let size = |(i, (title, lines)): (usize, &(String, Vec<String>))| {
            let label = layers.labels.get(&i).map_or(0.0, |labels| wide(&shown(labels), TINY));
            let widest = lines.iter().map(|line| wide(line, SMALL)).fold(wide(title, BIG), f64::max);
            let height = if lines.is_empty() { 0.0 } else { LINE * lines.len() as f64 + PAD };
            (widest.max(label).max(NARROW) + 2.0 * PAD, HEAD + height)
        };
        let mut all: Vec<_> = texts.iter().enumerate().map(size).collect();
        all.resize(layers.layer.len(), (LANE, 0.0));
        Self { texts, all }
    }
}

fn cut(text: &str, size: f32) -> String {
    fit(&text.chars().take(MAX_CHARACTERS).collect::<String>(), size, WIDE)
}

fn wide(text: &str, size: f32) -> f64 {
    f64::from(width(text, size))
}

/// What stands where the arrows of a box begin.
fn shown(labels: &[String]) -> String {
    match labels {
        [first, _, more @ ..] => cut(&format!("{first} and {} more", more.len() + 1), TINY),
        _ => cut(&labels.concat(), TINY),
    }
}

/// Draws boxes at their places over the arrows.
pub fn draw(boxes: &[DiagramBox], layers: &Layers, sizes: &Sizes, places: &[f64]) -> Drawing {
    let tops = tops(layers, &sizes.all);
    let label = |i: &usize| layers.labels.get(i).map_or(0.0, |labels| BESIDE + wide(&shown(labels), TINY));
    let ends = places.iter().enumerate().map(|(i, x)| x + label(&i).max(sizes.all[i].0 / 2.0));
    let right = ends.fold(0.0, f64::max);
    let height = tops.last().map_or(0.0, |top| top - GAP);
    let side = |length: f64| (length + 2.0 * MARGIN).ceil() as usize;
    let mut drawing = Drawing::new(side(right), side(height));
    let bounds = |i: usize| {
        let (top, bottom) = (tops[layers.layer[i]], tops[layers.layer[i] + 1] - GAP);
        let (x, height) = (places[i] + MARGIN, sizes.all[i].1);
        // A bend is as high as its layer, a box stands in the middle of it.
        let (top, bottom) = match i < layers.boxes {
            true => ((top + bottom - height) / 2.0, (top + bottom + height) / 2.0),
            false => (top, bottom),
        };
        (x, top + MARGIN, bottom + MARGIN)
    };
    for &(from, to) in &layers.lines {
        arrow(&mut drawing, bounds(from), bounds(to), to < layers.boxes);
    }
    for bend in layers.boxes..layers.layer.len() {
        let (x, top, bottom) = bounds(bend);
        drawing.line(vec![(x, top), (x, bottom)], 1.0, SOFT_INK);
    }
    for (i, (head, texts)) in boxes.iter().zip(&sizes.texts).enumerate() {
        let (x, top, bottom) = bounds(i);
        let corners = [(x - sizes.all[i].0 / 2.0, top), (x + sizes.all[i].0 / 2.0, bottom)];
        one(&mut drawing, head, texts, corners);
        if let Some(labels) = layers.labels.get(&i) {
            drawing.text(shown(labels), pen(TINY, SOFT_INK), (x + BESIDE, bottom + 12.0));
        }
    }
    drawing
}

/// The top of each layer, and of one more.
fn tops(layers: &Layers, sizes: &[Point]) -> Vec<f64> {
    let mut heights = vec![0.0_f64; layers.count()];
    for (layer, size) in layers.layer.iter().zip(sizes) {
        heights[*layer] = heights[*layer].max(size.1);
    }
    let mut tops = vec![0.0];
    for height in heights {
        tops.push(tops[tops.len() - 1] + height + GAP);
    }
    tops
}

fn pen(size: f32, color: [u8; 3]) -> Pen {
    Pen { size, color, align: Align::Start, vertical: false }
}

/// A curve from below one place to above another, with a head where that is a box.
fn arrow(drawing: &mut Drawing, from: (f64, f64, f64), to: (f64, f64, f64), has_head: bool) {
    let (start, end) = ((from.0, from.2), (to.0, to.1 - if has_head { POINT } else { 0.0 }));
    let mut points = vec![start];
    if (start.0 - end.0).abs() > 0.5 {
        points.extend((1..=CURVE).map(|i| {
            let t = i as f64 / (CURVE + 1) as f64;
            // A cubic that leaves and arrives upright: its control points are half way down.
            let share = t * t * (3.0 - 2.0 * t);
            let down = 1.5 * t * (1.0 - t) + t * t * t;
            (start.0 + share * (end.0 - start.0), start.1 + down * (end.1 - start.1))
        }));
    }
    points.push(end);
    drawing.line(points, 1.0, SOFT_INK);
    if has_head {
        let base = [(-0.5 * POINT, -POINT), (0.5 * POINT, -POINT), (0.0, 0.0)];
        let points = base.map(|(x, y)| (to.0 + x, to.1 + y)).to_vec();
        drawing.shapes.push(Shape::Area { points, color: SOFT_INK, opacity: 1.0 });
    }
}

/// A box: its head in colour, its lines below on white.
fn one(
    drawing: &mut Drawing,
    head: &DiagramBox,
    (title, lines): &(String, Vec<String>),
    corners: [Point; 2],
) {
    let [(left, top), (right, bottom)] = corners;
    drawing.rect([(left - 1.0, top - 1.0), (right + 1.0, bottom + 1.0)], RULE);
    drawing.rect(corners, WHITE);
    drawing.rect([(left, top), (right, top + HEAD)], head.color);
    drawing.text(title, pen(BIG, on(head.color)), (left + PAD, top + HEAD - 7.0));
    for (i, line) in lines.iter().enumerate() {
        let y = top + HEAD + LINE * (i + 1) as f64 - 1.0;
        drawing.text(line, pen(SMALL, INK), (left + PAD, y));
    }
}

/// The colour of a text on a colour.
fn on([red, green, blue]: [u8; 3]) -> [u8; 3] {
    let light = 0.3 * f64::from(red) + 0.59 * f64::from(green) + 0.11 * f64::from(blue);
    if light > 150.0 { INK } else { WHITE }
}
