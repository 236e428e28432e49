//! Ranges that numbers are drawn from.

use rhai::{Array, Dynamic};

use crate::script::{FromScript, Refusal};

/// A range `[low, high]`, or one number.
#[derive(Clone, Copy)]
pub enum Spread {
    One(f64),
    Between([f64; 2]),
}

impl FromScript for Spread {
    const NAME: &'static str = "float or [low, high]";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        if let Ok(number) = f64::from_script(value) {
            return Ok(Self::One(number));
        }
        match value.read_lock::<Array>().as_deref().map(Vec::as_slice) {
            Some([low, high]) => Ok(Self::Between([f64::from_script(low)?, f64::from_script(high)?])),
            _ => Err(Refusal::Type),
        }
    }
}

impl Spread {
    /// `[-a, a]` for one number.
    pub fn around_0(self) -> [f64; 2] {
        match self {
            Self::One(most) => [-most, most],
            Self::Between(range) => range,
        }
    }

    /// `[max(0, 1 - a), 1 + a]` for one number.
    pub fn around_1(self) -> [f64; 2] {
        match self {
            Self::One(most) => [(1.0 - most).max(0.0), 1.0 + most],
            Self::Between(range) => range,
        }
    }

    /// `[a, a]` for one number.
    pub fn exactly(self) -> [f64; 2] {
        match self {
            Self::One(number) => [number; 2],
            Self::Between(range) => range,
        }
    }
}
