//! Adamax (Kingma, Ba, 2015), as PyTorch computes it.

use super::rule::{OptimiserStep, Rule, decayed, decayed_tensor, described, within};
use crate::{Result, Tensor};

/// `g = g + weight_decay p`, `m = b1 m + (1 - b1) g`, `u = max(b2 u, |g| + eps)`,
/// `p = p - lr / (1 - b1^t) m / u`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adamax {
    pub betas: [f64; 2],
    pub eps: f64,
    pub weight_decay: f64,
}

impl Default for Adamax {
    fn default() -> Self {
        Self { betas: [0.9, 0.999], eps: 1e-8, weight_decay: 0.0 }
    }
}

impl Adamax {
    fn size(&self, step: OptimiserStep) -> f64 {
        step.learning_rate / (1.0 - self.betas[0].powf(step.number as f64))
    }
}

impl Rule for Adamax {
    fn describe(&self) -> String {
        described("Adamax", self.betas, self.eps, self.weight_decay)
    }

    fn check(&self) -> Result<()> {
        within("the first beta", self.betas[0], 0.0..1.0)?;
        within("the second beta", self.betas[1], 0.0..1.0)?;
        within("eps", self.eps, 0.0..f64::INFINITY)?;
        within("the weight decay", self.weight_decay, 0.0..f64::INFINITY)
    }

    fn moments(&self) -> &'static [&'static str] {
        &["mean", "largest"]
    }

    fn fused(&self, step: OptimiserStep, rows: &mut [&mut [f32]], gradient: &[f32]) {
        let [p, m, u] = rows else { return };
        let [size, decay, eps] = [self.size(step), self.weight_decay, self.eps].map(|x| x as f32);
        let ([b1, b2], c1) = (self.betas.map(|x| x as f32), (1.0 - self.betas[0]) as f32);
        for (((p, m), u), g) in p.iter_mut().zip(m.iter_mut()).zip(u.iter_mut()).zip(gradient) {
            let g = decayed(*g, decay, *p);
            *m = b1 * *m + c1 * g;
            let (before, now) = (b2 * *u, g.abs() + eps);
            *u = if now > before || now.is_nan() { now } else { before };
            *p -= size * (*m / *u);
        }
    }

    fn plain(&self, step: OptimiserStep, p: &Tensor, g: &Tensor, moments: &mut [Tensor]) -> Result<Tensor> {
        let [m, u] = moments else { return Ok(p.clone()) };
        let g = decayed_tensor(g, self.weight_decay, p)?;
        *m = m.mul_scalar(self.betas[0])?.add(&g.mul_scalar(1.0 - self.betas[0])?)?;
        *u = g.abs()?.add_scalar(self.eps)?.maximum(&u.mul_scalar(self.betas[1])?)?;
        p.sub(&m.div(u)?.mul_scalar(self.size(step))?)
    }
}
