//! Exponential moving averages of modules.

use super::{Module, state};
use crate::{Error, Result, ensure, no_grad};

impl Module {
    /// Moves the parameters and buffers towards those of a module of the same structure,
    /// `value = decay value + (1 - decay) source`, so that running statistics are those of the averaged
    /// weights, nearly; directions, such as singular vectors, are taken over as they are. A deep copy that
    /// follows the trained module so after each step is its exponential moving average.
    ///
    /// # Errors
    /// [`Error::Argument`] for a decay outside [0, 1], [`Error::State`] for another structure, with
    /// nothing changed, and [`Error::Device`] for a source on another device.
    pub fn average(&self, source: &Self, decay: f64) -> Result<()> {
        ensure((0.0..=1.0).contains(&decay), || {
            Error::argument("average", "the decay", decay, "a number from 0 to 1")
        })?;
        let (own, theirs) = (self.state(), source.state());
        ensure(state::specs(&own) == state::specs(&theirs), || {
            Error::State("average: the modules differ in structure, nothing was changed".into())
        })?;
        no_grad(|| {
            for ((_, own), (_, source)) in own.iter().zip(&theirs) {
                let newest = source.get();
                // A share of 0 is left out: 0 times an infinite entry is NaN.
                let next = match decay {
                    _ if own.is_direction() => newest,
                    0.0 => newest,
                    1.0 => own.get(),
                    _ => own.get().mul_scalar(decay)?.add(&newest.mul_scalar(1.0 - decay)?)?,
                };
                own.set(&next)?;
            }
            Ok(())
        })
    }
}
