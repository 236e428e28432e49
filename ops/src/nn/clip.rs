//! Gradients of bounded size.

use crate::{Device, Error, Gradients, Result, Tensor, ensure};

impl Gradients {
    /// The Euclidean norm of all gradients together, `sqrt(sum_i |g_i|^2)`.
    ///
    /// # Errors
    /// Those of the operations.
    pub fn norm(&self) -> Result<f64> {
        let squares = |gradient: &Tensor| {
            let sum = gradient.square()?.sum()?.item()?;
            // Squares beyond f32 are numbers in f64.
            if sum.is_infinite() { Ok(gradient.to_f64()?.iter().map(|g| g * g).sum()) } else { Ok(sum) }
        };
        Ok(self.values().into_iter().map(squares).sum::<Result<f64>>()?.sqrt())
    }

    /// All gradients times `limit / norm` where their [`Gradients::norm`] is above the limit.
    ///
    /// # Errors
    /// [`Error::Argument`] unless the limit is a positive number.
    pub fn clip_norm(&self, limit: f64) -> Result<Self> {
        check("clip_norm", limit)?;
        if self.values().iter().any(|gradient| gradient.device() == Device::Gpu) {
            return self.clip_unread(limit);
        }
        let norm = self.norm()?;
        if norm > limit { self.map(|gradient| gradient.mul_scalar(limit / norm)) } else { Ok(self.clone()) }
    }

    /// [`Gradients::clip_norm`] without a look at the norm, for which the host would wait for the GPU.
    fn clip_unread(&self, limit: f64) -> Result<Self> {
        let squares = self.values().into_iter().map(|gradient| gradient.div_scalar(limit)?.square()?.sum());
        let total = squares.reduce(|a, b| a?.add(&b?));
        let Some(total) = total else { return Ok(self.clone()) };
        let scale = total?.sqrt()?.clamp_min(1.0)?.recip()?;
        self.map(|gradient| gradient.mul(&scale))
    }

    /// Every element brought into `-limit` to `limit`.
    ///
    /// # Errors
    /// [`Error::Argument`] unless the limit is a positive number.
    pub fn clip_value(&self, limit: f64) -> Result<Self> {
        check("clip_value", limit)?;
        self.map(|gradient| gradient.clamp(-limit, limit))
    }
}

fn check(op: &'static str, limit: f64) -> Result<()> {
    ensure(limit > 0.0, || Error::argument(op, "the limit", limit, "a positive number"))
}
