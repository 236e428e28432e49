//! The ten bodies, as distances to their surfaces.

use super::vector::V;

/// A body around the origin, about 1 in radius, its axis along `y`; what is flat faces `z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Solid {
    Ball,
    Cube,
    Cylinder,
    Cone,
    Ring,
    Pyramid,
    Star,
    Cross,
    Dumbbell,
    Mushroom,
}

/// In the order of their labels.
pub const SOLIDS: [(Solid, &str); 10] = [
    (Solid::Ball, "ball"),
    (Solid::Cube, "cube"),
    (Solid::Cylinder, "cylinder"),
    (Solid::Cone, "cone"),
    (Solid::Ring, "ring"),
    (Solid::Pyramid, "pyramid"),
    (Solid::Star, "star"),
    (Solid::Cross, "cross"),
    (Solid::Dumbbell, "dumbbell"),
    (Solid::Mushroom, "mushroom"),
];

/// No body reaches further from the origin.
pub const REACH: f32 = 1.25;

const BALL: f32 = 0.95;
/// Half of the cube's side, its edges rounded.
const CUBE: f32 = 0.64;
const ROUND: f32 = 0.06;
/// Radius and half height.
const CYLINDER: [f32; 2] = [0.6, 0.85];
/// Radius of the base, height of the tip above the middle, depth of the base below.
const CONE: [f32; 3] = [0.85, 0.95, 0.75];
/// Radius of the circle in the middle, and of the tube.
const RING: [f32; 2] = [0.72, 0.27];
/// Half of the base's side, height of the tip above the middle, depth of the base below.
const PYRAMID: [f32; 3] = [0.75, 0.9, 0.6];
/// Radius of the tips and of the notches, half thickness.
const STAR: [f32; 3] = [1.08, 0.46, 0.24];
/// Half length and half thickness of the bars.
const CROSS: [f32; 2] = [1.0, 0.28];
/// Height and radius of the balls, radius of the bar.
const DUMBBELL: [f32; 3] = [0.66, 0.44, 0.15];
/// Radius of the cap, radius of the stem, depth of the stem below the middle.
const MUSHROOM: [f32; 3] = [0.86, 0.27, 1.0];
/// The height at which the cap is cut off.
const CAP: f32 = 0.1;

/// Cosine and sine of 36, 72, 108 and 144 degrees are these, up to signs.
const COS_36: f32 = 0.809_017;
const SIN_36: f32 = 0.587_785_25;
const COS_72: f32 = 0.309_017;
const SIN_72: f32 = 0.951_056_5;

impl Solid {
    /// A lower bound of the distance from `p` to the surface, negative inside.
    pub fn distance(self, p: V) -> f32 {
        match self {
            Self::Ball => p.length() - BALL,
            Self::Cube => cuboid(p, V(1.0, 1.0, 1.0) * (CUBE - ROUND)) - ROUND,
            Self::Cylinder => cylinder(p, CYLINDER[0], CYLINDER[1]),
            Self::Cone => {
                let [radius, tip, base] = CONE;
                roof(around(p), p.1, radius, tip, base)
            }
            Self::Ring => {
                let out = (p.0 * p.0 + p.1 * p.1).sqrt() - RING[0];
                (out * out + p.2 * p.2).sqrt() - RING[1]
            }
            Self::Pyramid => {
                let [half, tip, base] = PYRAMID;
                roof(p.0.abs().max(p.2.abs()), p.1, half, tip, base)
            }
            Self::Star => {
                let flat = star(p.0, p.1);
                let thick = p.2.abs() - STAR[2];
                corner(flat, thick)
            }
            Self::Cross => {
                let [long, thick] = CROSS;
                let bars = [V(long, thick, thick), V(thick, long, thick), V(thick, thick, long)];
                bars.into_iter().map(|bar| cuboid(p, bar)).fold(f32::MAX, f32::min)
            }
            Self::Dumbbell => {
                let [height, radius, bar] = DUMBBELL;
                let balls = V(p.0, p.1.abs() - height, p.2).length() - radius;
                balls.min(cylinder(p, bar, height))
            }
            Self::Mushroom => {
                let [cap, stem, depth] = MUSHROOM;
                let dome = (V(p.0, p.1 - CAP, p.2).length() - cap).max(CAP - p.1);
                let half = (CAP + 0.1 + depth) / 2.0;
                dome.min(cylinder(V(p.0, p.1 + depth - half, p.2), stem, half))
            }
        }
    }

    /// How far the body reaches in direction `d` of length 1.
    pub fn support(self, d: V) -> f32 {
        let a = d.abs();
        let out = around(d);
        match self {
            Self::Ball => BALL,
            Self::Cube => (CUBE - ROUND) * (a.0 + a.1 + a.2) + ROUND,
            Self::Cylinder => CYLINDER[0] * out + CYLINDER[1] * a.1,
            Self::Cone => (CONE[1] * d.1).max(CONE[0] * out - CONE[2] * d.1),
            Self::Ring => RING[0] * (d.0 * d.0 + d.1 * d.1).sqrt() + RING[1],
            Self::Pyramid => (PYRAMID[1] * d.1).max(PYRAMID[0] * (a.0 + a.2) - PYRAMID[2] * d.1),
            Self::Star => {
                let tips = TIPS.into_iter().map(|(x, y)| STAR[0] * (x * d.0 + y * d.1));
                tips.fold(f32::MIN, f32::max) + STAR[2] * a.2
            }
            Self::Cross => CROSS[1] * (a.0 + a.1 + a.2) + (CROSS[0] - CROSS[1]) * a.0.max(a.1).max(a.2),
            Self::Dumbbell => DUMBBELL[0] * a.1 + DUMBBELL[1],
            Self::Mushroom => {
                let [cap, stem, depth] = MUSHROOM;
                let rim = cap * out + CAP * d.1;
                let dome = if d.1 > 0.0 { cap + CAP * d.1 } else { rim };
                dome.max(stem * out - depth * d.1)
            }
        }
    }
}

/// Directions of the star's tips.
const TIPS: [(f32, f32); 5] =
    [(0.0, 1.0), (SIN_72, COS_72), (SIN_36, -COS_36), (-SIN_36, -COS_36), (-SIN_72, COS_72)];

/// Distance from the axis `y`.
fn around(p: V) -> f32 {
    (p.0 * p.0 + p.2 * p.2).sqrt()
}

/// The distance where two surfaces meet at a right angle.
fn corner(a: f32, b: f32) -> f32 {
    let (x, y) = (a.max(0.0), b.max(0.0));
    a.max(b).min(0.0) + (x * x + y * y).sqrt()
}

fn cuboid(p: V, half: V) -> f32 {
    let q = p.abs() - half;
    V(q.0.max(0.0), q.1.max(0.0), q.2.max(0.0)).length() + q.0.max(q.1).max(q.2).min(0.0)
}

fn cylinder(p: V, radius: f32, half: f32) -> f32 {
    corner(around(p) - radius, p.1.abs() - half)
}

/// Sides that lean from `out = radius` at height `-base` to `out = 0` at height `tip`, and a floor.
fn roof(out: f32, height: f32, radius: f32, tip: f32, base: f32) -> f32 {
    let rise = tip + base;
    let slope = 1.0 / (rise * rise + radius * radius).sqrt();
    let side = (out * rise + (height - tip) * radius) * slope;
    side.max(-base - height)
}

/// The distance in the plane to a star of five tips: folded onto one half of one tip.
fn star(x: f32, y: f32) -> f32 {
    let (mut x, mut y) = (x.abs(), y);
    // 180 degrees from a tip become 108, then 36.
    for _ in 0..2 {
        // Mirrors what lies beyond the line that is 36 degrees from a tip.
        let beyond = (x * COS_36 - y * SIN_36).max(0.0) * 2.0;
        (x, y) = ((x - beyond * COS_36).abs(), y + beyond * SIN_36);
    }
    // The edge from the tip to the notch.
    let (tip, notch) = ((0.0, STAR[0]), (STAR[1] * SIN_36, STAR[1] * COS_36));
    let (ex, ey) = (notch.0 - tip.0, notch.1 - tip.1);
    let (px, py) = (x - tip.0, y - tip.1);
    let along = ((px * ex + py * ey) / (ex * ex + ey * ey)).clamp(0.0, 1.0);
    let (dx, dy) = (px - ex * along, py - ey * along);
    let outside = px * ey - py * ex < 0.0;
    let distance = (dx * dx + dy * dy).sqrt();
    if outside { distance } else { -distance }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Split;
    use crate::cursor::Cursor;

    fn directions(n: u64) -> impl Iterator<Item = V> {
        (0..n).map(|i| {
            let mut cursor = Cursor::new(1, Split::Train, i);
            V(cursor.bell(1.0), cursor.bell(1.0), cursor.bell(1.0)).unit()
        })
    }

    /// At right angles to both.
    fn across(a: V, b: V) -> V {
        V(a.1 * b.2 - a.2 * b.1, a.2 * b.0 - a.0 * b.2, a.0 * b.1 - a.1 * b.0)
    }

    #[test]
    fn every_body_is_around_the_origin_and_within_reach() {
        for (solid, name) in SOLIDS {
            // The ring has its hole there.
            assert_eq!(solid.distance(V(0.0, 0.0, 0.0)) < 0.0, solid != Solid::Ring, "{name}");
            assert!(directions(300).all(|d| solid.support(d) < REACH), "{name}");
        }
    }

    /// Beyond its reach in a direction nothing of the body is left, and before it something is.
    #[test]
    fn the_reach_in_a_direction_is_that_of_the_distances() {
        for (solid, name) in SOLIDS {
            for d in directions(12) {
                let side = across(d, V(0.3, 0.5, 0.8)).unit();
                let up = across(d, side);
                let minimum = |height: f32| {
                    let grid =
                        (-50..=50).flat_map(|i| (-50..=50).map(move |j| (i as f32 / 40.0, j as f32 / 40.0)));
                    let points = grid.map(|(a, b)| d * height + side * a + up * b);
                    points.map(|p| solid.distance(p)).fold(f32::MAX, f32::min)
                };
                let reach = solid.support(d);
                assert!(minimum(reach + 0.01) > 0.0, "{name} beyond {reach} towards {d:?}");
                assert!(
                    minimum(reach - 0.06) < 0.02,
                    "{name} before {reach} towards {d:?}: {}",
                    minimum(reach - 0.06)
                );
            }
        }
    }

    /// A step of the distance never crosses the surface: distances change by less than the step.
    #[test]
    fn distances_are_never_too_long() {
        for (solid, name) in SOLIDS {
            for (a, b) in directions(2000).zip(directions(4000).skip(2000)) {
                let (p, q) = (a * 1.4, a * 1.4 + b * 0.1);
                let change = (solid.distance(p) - solid.distance(q)).abs();
                assert!(change <= 0.1001, "{name}: {change} at {p:?}");
            }
        }
    }
}
