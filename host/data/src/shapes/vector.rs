//! Points and directions in space, and rotations of them. Only `+ - * /`, square roots and `libm`.

use std::ops::{Add, Mul, Neg, Sub};

/// `x` to the right, `y` up, `z` away from the camera.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct V(pub f32, pub f32, pub f32);

impl V {
    pub fn dot(self, other: Self) -> f32 {
        self.0 * other.0 + self.1 * other.1 + self.2 * other.2
    }

    pub fn length(self) -> f32 {
        self.dot(self).sqrt()
    }

    /// The same direction with length 1.
    pub fn unit(self) -> Self {
        self * (1.0 / self.length().max(1e-12))
    }

    pub fn abs(self) -> Self {
        Self(self.0.abs(), self.1.abs(), self.2.abs())
    }

    /// Component by component.
    pub fn times(self, other: Self) -> Self {
        Self(self.0 * other.0, self.1 * other.1, self.2 * other.2)
    }

    /// From this at 0 to `other` at 1.
    pub fn mix(self, other: Self, share: f32) -> Self {
        self * (1.0 - share) + other * share
    }
}

impl Add for V {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0, self.1 + other.1, self.2 + other.2)
    }
}

impl Sub for V {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0, self.1 - other.1, self.2 - other.2)
    }
}

impl Mul<f32> for V {
    type Output = Self;
    fn mul(self, factor: f32) -> Self {
        Self(self.0 * factor, self.1 * factor, self.2 * factor)
    }
}

impl Neg for V {
    type Output = Self;
    fn neg(self) -> Self {
        self * -1.0
    }
}

/// A rotation: the directions that the axes are rotated to.
#[derive(Debug, Clone, Copy)]
pub struct Rotation([V; 3]);

impl Rotation {
    /// About `y` by `yaw`, then about `x` by `pitch`, then about `z` by `roll`, in radians.
    pub fn new(yaw: f32, pitch: f32, roll: f32) -> Self {
        let rotated = |v: V| {
            let (s, c) = (libm::sinf(yaw), libm::cosf(yaw));
            let v = V(c * v.0 + s * v.2, v.1, c * v.2 - s * v.0);
            let (s, c) = (libm::sinf(pitch), libm::cosf(pitch));
            let v = V(v.0, c * v.1 - s * v.2, s * v.1 + c * v.2);
            let (s, c) = (libm::sinf(roll), libm::cosf(roll));
            V(c * v.0 - s * v.1, s * v.0 + c * v.1, v.2)
        };
        Self([rotated(V(1.0, 0.0, 0.0)), rotated(V(0.0, 1.0, 0.0)), rotated(V(0.0, 0.0, 1.0))])
    }

    /// Rotates a direction.
    pub fn apply(&self, v: V) -> V {
        self.0[0] * v.0 + self.0[1] * v.1 + self.0[2] * v.2
    }

    /// Rotates it back.
    pub fn inverse(&self, v: V) -> V {
        V(self.0[0].dot(v), self.0[1].dot(v), self.0[2].dot(v))
    }
}
