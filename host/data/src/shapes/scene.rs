//! One body on a ground under a sky, lit by a sun that casts shadows, as a camera sees it.

use super::{
    solid::{REACH, Solid},
    surface::{Surface, colour},
    vector::{Rotation, V},
};
use crate::cursor::Cursor;

/// A surface is found when it is nearer than this.
const NEAR: f32 = 2e-3;
/// The maximum number of steps along a ray.
const STEPS: usize = 48;
/// The height of the picture at distance 1, halved.
const OPENING: f32 = 0.3;

/// Everything that one picture shows.
pub struct Scene {
    solid: Solid,
    /// How the body is rotated.
    rotation: Rotation,
    size: f32,
    centre: V,
    body: Surface,
    /// How much it shines.
    gloss: f32,
    ground: Surface,
    /// The colours of the sky at the horizon and above.
    sky: [V; 2],
    /// Towards the sun.
    sun: V,
    warmth: V,
    camera: Rotation,
    eye: V,
}

impl Scene {
    /// A random scene with that body; it lies on the ground, whose height is 0.
    pub fn new(solid: Solid, cursor: &mut Cursor) -> Self {
        // What is flat shows its face; what looks the same all around may be rotated freely.
        let free = match solid {
            Solid::Star | Solid::Ring => 0.75,
            _ => std::f32::consts::PI,
        };
        // A cap that leans to the camera would hide its stem.
        let lean = if solid == Solid::Mushroom { 0.1 } else { 0.5 };
        let rotation = Rotation::new(
            cursor.uniform(-free, free),
            cursor.uniform(-lean, lean),
            cursor.uniform(-0.4, 0.4),
        );
        let size = cursor.uniform(0.8, 1.1);
        let height = size * solid.support(rotation.inverse(V(0.0, -1.0, 0.0)));
        let centre = V(cursor.uniform(-0.22, 0.22), height, cursor.uniform(-0.2, 0.2));
        let down = cursor.uniform(0.1, 0.45);
        let camera = Rotation::new(0.0, down, cursor.bell(0.04));
        let aim = V(0.0, height + cursor.uniform(-0.15, 0.15), 0.0);
        let sun = V(cursor.uniform(-0.9, 0.9), cursor.uniform(0.7, 1.2), -cursor.uniform(0.1, 0.9)).unit();
        let hue = cursor.uniform(3.0, 4.2);
        let bright = cursor.uniform(0.7, 1.0);
        Self {
            solid,
            rotation,
            size,
            centre,
            body: Surface::of_body(cursor),
            gloss: cursor.uniform(0.0, 0.7),
            ground: Surface::of_ground(cursor),
            sky: [
                colour(hue, cursor.uniform(0.05, 0.25), bright),
                colour(hue, cursor.uniform(0.3, 0.6), bright),
            ],
            sun,
            warmth: V(1.0, cursor.uniform(0.86, 1.0), cursor.uniform(0.7, 0.95)),
            camera,
            eye: aim - camera.apply(V(0.0, 0.0, cursor.uniform(3.9, 4.7))),
        }
    }

    /// The light, 0 to 1 in red, green and blue, at the point (`x` right, `y` up, -1 to 1) of the picture.
    pub fn light(&self, x: f32, y: f32) -> V {
        let ray = self.camera.apply(V(x * OPENING, y * OPENING, 1.0)).unit();
        if let Some(way) = self.meet(self.eye, ray) {
            return self.body_light(self.eye + ray * way, ray);
        }
        let sky = self.sky[0].mix(self.sky[1], (ray.1 * 4.0).clamp(0.0, 1.0));
        if ray.1 > -1e-3 {
            return sky;
        }
        let way = self.eye.1 / -ray.1;
        // Distant ground fades into the colour of the sky.
        let near = 1.0 / (1.0 + (way * 0.06) * (way * 0.06) * 2.0);
        sky.mix(self.ground_light(self.eye + ray * way), near)
    }

    /// The distance from `p` to the body.
    fn distance(&self, p: V) -> f32 {
        self.solid.distance(self.inside(p)) * self.size
    }

    /// `p` in the body's own directions and size.
    fn inside(&self, p: V) -> V {
        self.rotation.inverse(p - self.centre) * (1.0 / self.size)
    }

    /// The stretch of a ray that passes within reach of the body.
    fn stretch(&self, from: V, ray: V) -> Option<(f32, f32)> {
        let reach = REACH * self.size;
        let to = self.centre - from;
        let along = to.dot(ray);
        let half = reach * reach - (to.dot(to) - along * along);
        let half = if half > 0.0 { half.sqrt() } else { return None };
        (along + half > 0.0).then_some(((along - half).max(0.0), along + half))
    }

    /// How far along a ray the body is met.
    fn meet(&self, from: V, ray: V) -> Option<f32> {
        let (mut way, end) = self.stretch(from, ray)?;
        for _ in 0..STEPS {
            let distance = self.distance(from + ray * way);
            if distance < NEAR {
                return Some(way);
            }
            way += distance;
            if way > end {
                return None;
            }
        }
        None
    }

    /// How much of the sun reaches `from`: 1 all, 0 none, between them where the body nearly hides it.
    fn sunlit(&self, from: V) -> f32 {
        let Some((start, end)) = self.stretch(from, self.sun) else { return 1.0 };
        let (mut way, mut open) = (start.max(0.03), 1.0f32);
        for _ in 0..STEPS {
            let distance = self.distance(from + self.sun * way);
            open = open.min(9.0 * distance / way);
            if open < 0.02 {
                return 0.0;
            }
            way += distance.max(0.02);
            if way > end {
                break;
            }
        }
        open
    }

    /// The direction away from the body's surface at `p`: differences over the corners of a tetrahedron.
    fn normal(&self, p: V) -> V {
        let corners = [V(1.0, -1.0, -1.0), V(-1.0, -1.0, 1.0), V(-1.0, 1.0, -1.0), V(1.0, 1.0, 1.0)];
        let towards = corners.map(|corner| corner * self.distance(p + corner * NEAR));
        (towards[0] + towards[1] + towards[2] + towards[3]).unit()
    }

    fn body_light(&self, p: V, ray: V) -> V {
        let normal = self.normal(p);
        let open = self.sunlit(p + normal * 0.02);
        let sun = normal.dot(self.sun).max(0.0) * open;
        // Light from the sky above, and from the ground below.
        let above = 0.5 + 0.5 * normal.1;
        let around = self.sky[0] * (0.42 * above) + self.ground.at(p) * (0.2 * (1.0 - above));
        let shade = (0.4 + 0.6 * (p.1 * 1.5).min(1.0)).min(1.0);
        let half = (self.sun - ray).unit().dot(normal).max(0.0);
        let shine = power_32(half) * self.gloss * open;
        let colour = self.body.at(self.inside(p));
        colour.times(self.warmth * (0.85 * sun) + around * shade) + self.warmth * shine
    }

    fn ground_light(&self, p: V) -> V {
        let sun = self.sun.1 * self.sunlit(p);
        // The body blocks the sky's light close to it.
        let shade = (0.35 + 0.65 * (self.distance(p) * 1.4).min(1.0)).min(1.0);
        self.ground.at(p).times(self.warmth * (0.75 * sun) + self.sky[0] * (0.4 * shade))
    }
}

/// x^32, by squaring.
fn power_32(x: f32) -> f32 {
    (0..5).fold(x, |power, _| power * power)
}
