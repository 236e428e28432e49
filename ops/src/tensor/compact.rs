//! Maps that are nearly all zeros.

use std::sync::{Arc, OnceLock};

use super::{Primitive, Spec, on_cpu};
use crate::cpu::{self, conv::Winners};

/// Maps `[N, C, H, W]` on the CPU of which each holds one value or none: what winner-take-all sparsity
/// leaves. Operations that know this form never touch the zeros; for all others they are written out,
/// once.
pub(crate) struct Compact {
    /// The position of each map's value, negative where there is none.
    positions: Arc<[i32]>,
    /// `[N, C]`, 0 where there is none.
    values: Vec<f32>,
    spec: Spec,
    dense: OnceLock<Primitive>,
}

impl Compact {
    /// Maps of that spec.
    pub fn new(positions: &[i32], values: Vec<f32>, spec: &Spec) -> Self {
        Self { positions: positions.into(), values, spec: spec.clone(), dense: OnceLock::new() }
    }

    /// The same positions with other values.
    pub fn with_values(&self, values: Vec<f32>) -> Self {
        Self {
            positions: Arc::clone(&self.positions),
            values,
            spec: self.spec.clone(),
            dense: OnceLock::new(),
        }
    }

    /// The position of each map's value, negative where there is none.
    pub fn positions(&self) -> &[i32] {
        &self.positions
    }

    /// The values `[N, C]`, 0 where there is none.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The same, as convolutions take it.
    pub fn winners(&self) -> Winners<'_> {
        Winners { positions: &self.positions, values: &self.values }
    }

    /// All elements, zeros included.
    pub fn dense(&self) -> &Primitive {
        self.dense.get_or_init(|| {
            let size = self.spec.len() / self.positions.len();
            let fill = |map: usize, y: &mut [f32]| {
                if let Ok(position) = usize::try_from(self.positions[map]) {
                    y[position] = self.values[map];
                }
            };
            on_cpu(cpu::rows(self.spec.len(), size, fill), &self.spec)
        })
    }
}
