//! A hand: how one person writes a skeleton.

use super::{
    pen::{Dab, SIDE},
    skeleton::{Knot, Stroke},
};
use crate::cursor::Cursor;

/// Straight pieces to a curve between two knots.
const PIECES: usize = 6;
/// The side of the square that ink fills, in pixels, as in MNIST.
const BOX: f32 = 20.0;
/// The share of a knot's distance from the skeleton that the next knot keeps.
const RETURN: f32 = 0.8;
/// The distance between the edge of a line of normal width and the edge of the picture, in pixels.
const MARGIN: f32 = 1.5;

/// The traits of one writing, each drawn anew for every picture.
pub struct Hand {
    /// Shear: how far the top leans to the right, per unit of height.
    slant: f32,
    /// Width relative to the skeleton's.
    width: f32,
    /// Cosine and sine of the rotation of the whole glyph.
    rotation: (f32, f32),
    /// Second-order bend of the plane: x by y^2 and xy, y by x^2 and xy.
    bend: [f32; 4],
    /// How far the pen strays from the skeleton at each knot, as a standard deviation in heights.
    stray: f32,
    /// Half the width of the pen's line, in pixels.
    radius: f32,
    /// How much the pressure changes from knot to knot, relative to `radius`.
    pressure: f32,
    /// Size relative to `BOX`.
    size: f32,
    /// Where the centre of the ink lies off the picture's centre, in pixels.
    offset: (f32, f32),
}

impl Hand {
    pub fn new(cursor: &mut Cursor) -> Self {
        // The tangent of half the angle gives its cosine and sine by arithmetic alone.
        let half = cursor.bell(0.035);
        let square = half * half;
        Self {
            slant: 0.12 + cursor.bell(0.2),
            width: 1.0 + cursor.bell(0.16),
            rotation: ((1.0 - square) / (1.0 + square), 2.0 * half / (1.0 + square)),
            bend: std::array::from_fn(|_| cursor.bell(0.24)),
            stray: cursor.uniform(0.012, 0.034),
            radius: (1.24 + cursor.bell(0.26)).max(0.7),
            pressure: cursor.uniform(0.04, 0.2),
            size: cursor.uniform(0.92, 1.03),
            offset: (cursor.bell(0.5), cursor.bell(0.5)),
        }
    }

    /// The paths of the pen for `strokes`, fitted into the picture.
    pub fn write(&self, strokes: &[Stroke], cursor: &mut Cursor) -> Vec<Vec<Dab>> {
        let mut paths: Vec<Vec<Dab>> = strokes.iter().map(|s| self.path(s, cursor)).collect();
        self.fit(&mut paths);
        paths
    }

    /// One stroke as this hand draws it; points in heights about the glyph's centre.
    fn path(&self, stroke: &[Knot], cursor: &mut Cursor) -> Vec<Dab> {
        let mut drift = (cursor.bell(self.stray), cursor.bell(self.stray));
        let last = stroke.len() - 1;
        let dabs: Vec<Dab> = stroke
            .iter()
            .enumerate()
            .map(|(i, knot)| {
                // What strays from the skeleton comes back to it slowly, so curves stay round.
                drift.0 = RETURN * drift.0 + cursor.bell(self.stray);
                drift.1 = RETURN * drift.1 + cursor.bell(self.stray);
                // The pen is lifted while it still moves, so a stroke thins out at its end.
                let lift = if i == last { 0.12 } else { 0.0 };
                Dab {
                    x: knot.x - 0.5 + drift.0,
                    y: knot.y - 0.5 + drift.1,
                    radius: self.radius * (1.0 - lift + cursor.bell(self.pressure)).clamp(0.55, 1.4),
                }
            })
            .collect();
        let mut path = smooth(stroke, &dabs);
        path.iter_mut().for_each(|dab| self.warp(dab));
        path
    }

    /// Leans, stretches, bends and rotates a point.
    fn warp(&self, dab: &mut Dab) {
        let (x, y) = (dab.x, dab.y);
        let [x_by_yy, x_by_xy, y_by_xx, y_by_xy] = self.bend;
        let u = x * self.width - y * self.slant + x_by_yy * y * y + x_by_xy * x * y;
        let v = y + y_by_xx * x * x + y_by_xy * x * y;
        let (cos, sin) = self.rotation;
        (dab.x, dab.y) = (cos * u - sin * v, sin * u + cos * v);
    }

    /// Scales heights to pixels so that the longer side fills the box, and moves the centre of the ink
    /// to the picture's centre, or as near as keeps the ink inside.
    fn fit(&self, paths: &mut [Vec<Dab>]) {
        let (x, y) = (Extent::of(paths, |dab| dab.x), Extent::of(paths, |dab| dab.y));
        let longer = (x.high - x.low).max(y.high - y.low).max(0.1);
        let scale = (BOX * self.size - 2.0 * self.radius) / longer;
        let (move_x, move_y) =
            (x.placed(scale, self.radius, self.offset.0), y.placed(scale, self.radius, self.offset.1));
        for dab in paths.iter_mut().flatten() {
            dab.x = dab.x * scale + move_x;
            dab.y = dab.y * scale + move_y;
        }
    }
}

/// The curve through `knots`, which belong to `stroke`: Catmull-Rom splines from corner to corner.
fn smooth(stroke: &[Knot], knots: &[Dab]) -> Vec<Dab> {
    let mut path = vec![knots[0]];
    for i in 1..knots.len() {
        // Beside a corner or an end the spline has no neighbour to lean on: the knot stands for it.
        let before = if i == 1 || stroke[i - 1].corner { i - 1 } else { i - 2 };
        let after = if i + 1 == knots.len() || stroke[i].corner { i } else { i + 1 };
        let four = [knots[before], knots[i - 1], knots[i], knots[after]];
        path.extend((1..=PIECES).map(|piece| spline(four, piece as f32 / PIECES as f32)));
    }
    path
}

/// The Catmull-Rom spline through the middle two of four points, at `t` from 0 to 1.
fn spline([a, b, c, d]: [Dab; 4], t: f32) -> Dab {
    let at = |of: fn(&Dab) -> f32| {
        let (a, b, c, d) = (of(&a), of(&b), of(&c), of(&d));
        let (out, into) = (0.5 * (c - a), 0.5 * (d - b));
        let bow = 3.0 * (c - b) - 2.0 * out - into;
        let twist = 2.0 * (b - c) + out + into;
        b + t * (out + t * (bow + t * twist))
    };
    Dab { x: at(|dab| dab.x), y: at(|dab| dab.y), radius: at(|dab| dab.radius).max(0.4) }
}

/// What ink takes up along one axis.
struct Extent {
    low: f32,
    high: f32,
    /// The centre of its mass.
    centre: f32,
}

impl Extent {
    fn of(paths: &[Vec<Dab>], along: fn(&Dab) -> f32) -> Self {
        let (mut low, mut high) = (f32::MAX, f32::MIN);
        let (mut mass, mut moment) = (0.0, 0.0);
        for path in paths {
            for piece in path.windows(2) {
                let (from, to) = (along(&piece[0]), along(&piece[1]));
                (low, high) = (low.min(from).min(to), high.max(from).max(to));
                let area = area(&piece[0], &piece[1]);
                mass += area;
                moment += area * 0.5 * (from + to);
            }
        }
        let centre = moment / mass.max(1e-6);
        Self { low, high, centre }
    }

    /// How far to move, in pixels, after scaling: the centre of mass to the picture's, plus `offset`.
    fn placed(&self, scale: f32, radius: f32, offset: f32) -> f32 {
        let side = SIDE as f32;
        let lowest = MARGIN + radius - self.low * scale;
        let highest = side - MARGIN - radius - self.high * scale;
        (0.5 * side + offset - self.centre * scale).max(lowest).min(highest)
    }
}

/// Ink between two points of a path, up to a factor.
fn area(from: &Dab, to: &Dab) -> f32 {
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    (dx * dx + dy * dy).sqrt() * (from.radius + to.radius)
}
