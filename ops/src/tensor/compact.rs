use std::sync::{Arc, OnceLock};

use super::ops::{ALL, NONE};
use crate::{
    Spec,
    kernels::cpu::{self, Floats},
    op::Primitive,
};

/// Maps `[N, C, H, W]` on the CPU of which each holds one value or none: what winner-take-all sparsity
/// leaves. Operations that know this form never touch the zeros; for all others they are written out,
/// once.
pub(crate) struct Compact {
    /// Where each map's value stands, or [`NONE`].
    places: Arc<[i32]>,
    /// `[N, C]`, 0 where there is none.
    values: Primitive,
    spec: Spec,
    dense: OnceLock<Primitive>,
}

impl Compact {
    /// Maps of that spec; `None` where a map stays as a whole.
    pub fn new(places: &[i32], values: Vec<f32>, spec: &Spec) -> Option<Self> {
        if places.contains(&ALL) {
            return None;
        }
        let values = cpu::tensor(values, &Spec::new(&spec.shape[..2], spec.dtype));
        Some(Self { places: places.into(), values, spec: spec.clone(), dense: OnceLock::new() })
    }

    /// The same places with other values.
    pub fn with_values(&self, values: Vec<f32>) -> Self {
        let values = cpu::tensor(values, &Spec::new(&self.spec.shape[..2], self.spec.dtype));
        Self { places: Arc::clone(&self.places), values, spec: self.spec.clone(), dense: OnceLock::new() }
    }

    /// Where each map's value stands, or [`NONE`].
    pub fn places(&self) -> &[i32] {
        &self.places
    }

    /// The values `[N, C]`, 0 where there is none.
    pub fn values(&self) -> Floats {
        cpu::elements(&self.values)
    }

    /// The values as a tensor `[N, C]`.
    pub fn values_primitive(&self) -> &Primitive {
        &self.values
    }

    /// The channel, the place and the value of all winners of sample `n`.
    pub fn of_sample(&self, n: usize, values: &[f32]) -> impl Iterator<Item = (usize, usize, f32)> {
        let channels = self.spec.shape[1];
        let maps = n * channels..(n + 1) * channels;
        let winners = self.places[maps.clone()].iter().zip(&values[maps]).enumerate();
        winners
            .filter(|(_, (place, _))| **place != NONE)
            .map(|(c, (&place, &value))| (c, place as usize, value))
    }

    /// All elements, zeros included.
    pub fn dense(&self) -> &Primitive {
        self.dense.get_or_init(|| {
            let (values, size) = (self.values(), self.spec.len() / self.places.len());
            let fill = |map: usize, y: &mut [f32]| {
                if let Ok(place) = usize::try_from(self.places[map]) {
                    y[place] = values[map];
                }
            };
            cpu::tensor(cpu::rows(self.spec.len(), size, fill), &self.spec)
        })
    }
}
