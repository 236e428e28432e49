//! Colours, and the patterns that two of them make.

use super::vector::V;
use crate::cursor::Cursor;

/// A pattern of two colours that fills space.
#[derive(Debug, Clone)]
pub struct Surface {
    pattern: Pattern,
    /// Red, green and blue, 0 to 1, as light and not as a screen's values.
    colours: [V; 2],
    /// Where the pattern begins, so that no edge of a body meets one of its own.
    shift: V,
    /// How often it repeats over a length of 1.
    often: f32,
}

#[derive(Debug, Clone, Copy)]
enum Pattern {
    Plain,
    /// Layers across a direction.
    Stripes(V),
    Checks,
    Dots,
    Marble,
}

impl Surface {
    /// Bright and saturated.
    pub fn of_body(cursor: &mut Cursor) -> Self {
        let hue = cursor.uniform(0.0, 6.0);
        let one = colour(hue, cursor.uniform(0.55, 1.0), cursor.uniform(0.6, 1.0));
        // Far enough from the first hue to be distinguished from it, or nearly white or dark.
        let other = match cursor.below(3) {
            0 => colour(hue + cursor.uniform(1.5, 4.5), cursor.uniform(0.5, 0.9), cursor.uniform(0.5, 1.0)),
            1 => colour(hue, cursor.uniform(0.0, 0.2), cursor.uniform(0.85, 1.0)),
            _ => colour(hue, cursor.uniform(0.3, 0.8), cursor.uniform(0.12, 0.25)),
        };
        let across = V(cursor.bell(0.4), 1.0, cursor.bell(0.4)).unit();
        let patterns = [
            Pattern::Plain,
            Pattern::Plain,
            Pattern::Stripes(across),
            Pattern::Checks,
            Pattern::Dots,
            Pattern::Marble,
        ];
        Self::new(patterns[cursor.below(6)], [one, other], cursor.uniform(1.5, 2.6), cursor)
    }

    /// Duller, so that the body stands out.
    pub fn of_ground(cursor: &mut Cursor) -> Self {
        let hue = cursor.uniform(0.0, 6.0);
        let value = cursor.uniform(0.35, 0.85);
        let one = colour(hue, cursor.uniform(0.05, 0.45), value);
        let other = one * cursor.uniform(0.55, 0.85);
        let along = V(cursor.bell(1.0), 0.0, cursor.bell(1.0)).unit();
        let patterns =
            [Pattern::Plain, Pattern::Stripes(along), Pattern::Checks, Pattern::Marble, Pattern::Marble];
        Self::new(patterns[cursor.below(5)], [one, other], cursor.uniform(0.5, 1.1), cursor)
    }

    fn new(pattern: Pattern, colours: [V; 2], often: f32, cursor: &mut Cursor) -> Self {
        let shift = V(cursor.uniform(0.0, 64.0), cursor.uniform(0.0, 64.0), cursor.uniform(0.0, 64.0));
        Self { pattern, colours, shift, often }
    }

    /// The colour at `p`.
    pub fn at(&self, p: V) -> V {
        let q = p * self.often + self.shift;
        let share = match self.pattern {
            Pattern::Plain => 0.0,
            Pattern::Stripes(across) => step((q.dot(across) * 1.2).rem_euclid(1.0) - 0.5),
            Pattern::Checks => {
                let parity = q.0.floor() + q.1.floor() + q.2.floor();
                parity.rem_euclid(2.0)
            }
            Pattern::Dots => {
                let cell = |x: f32| (x * 1.3).rem_euclid(1.0) - 0.5;
                let radius = V(cell(q.0), cell(q.1), cell(q.2)).length();
                step(0.36 - radius)
            }
            Pattern::Marble => {
                let coarse = noise(q * 1.6);
                let fine = noise(q * 3.7);
                (1.6 * (0.65 * coarse + 0.35 * fine) - 0.3).clamp(0.0, 1.0)
            }
        };
        self.colours[0].mix(self.colours[1], share)
    }
}

fn step(x: f32) -> f32 {
    if x > 0.0 { 1.0 } else { 0.0 }
}

/// The light of a colour: `hue` from 0 (red) over 2 (green) and 4 (blue) to 6, saturation and value 0 to 1.
pub fn colour(hue: f32, saturation: f32, value: f32) -> V {
    let part = |offset: f32| {
        let k = (offset + hue).rem_euclid(6.0);
        let screen = value - value * saturation * k.min(4.0 - k).clamp(0.0, 1.0);
        screen * screen
    };
    V(part(5.0), part(3.0), part(1.0))
}

/// Smooth noise, 0 to 1: random numbers at grid points, blended between them.
fn noise(p: V) -> f32 {
    let cell = V(p.0.floor(), p.1.floor(), p.2.floor());
    let ease = |x: f32| x * x * (3.0 - 2.0 * x);
    let (x, y, z) = (ease(p.0 - cell.0), ease(p.1 - cell.1), ease(p.2 - cell.2));
    let at = |dx: i32, dy: i32, dz: i32| hash(cell.0 as i32 + dx, cell.1 as i32 + dy, cell.2 as i32 + dz);
    let mix = |a: f32, b: f32, share: f32| a + (b - a) * share;
    let row = |dy, dz| mix(at(0, dy, dz), at(1, dy, dz), x);
    mix(mix(row(0, 0), row(1, 0), y), mix(row(0, 1), row(1, 1), y), z)
}

/// A number from 0 to 1 for a grid point: a mixer of 32 bits with two rounds of multiply and shift.
fn hash(x: i32, y: i32, z: i32) -> f32 {
    let mut h = (x as u32).wrapping_mul(0x9e37_79b1)
        ^ (y as u32).wrapping_mul(0x85eb_ca77)
        ^ (z as u32).wrapping_mul(0xc2b2_ae3d);
    h = (h ^ (h >> 15)).wrapping_mul(0x2c1b_3c6d);
    h = (h ^ (h >> 13)).wrapping_mul(0x297a_2d39);
    ((h ^ (h >> 16)) >> 8) as f32 / (1 << 24) as f32
}
