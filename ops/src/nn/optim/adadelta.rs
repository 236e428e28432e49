//! Adadelta (Zeiler, 2012), as PyTorch computes it.

use super::rule::{OptimiserStep, Rule, decayed, decayed_tensor, within};
use crate::{Result, Tensor};

/// `g = g + weight_decay p`, `s = rho s + (1 - rho) g^2`, `d = sqrt(a + eps) / sqrt(s + eps) g`,
/// `a = rho a + (1 - rho) d^2`, `p = p - lr d`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adadelta {
    pub rho: f64,
    pub eps: f64,
    pub weight_decay: f64,
}

impl Default for Adadelta {
    fn default() -> Self {
        Self { rho: 0.9, eps: 1e-6, weight_decay: 0.0 }
    }
}

impl Rule for Adadelta {
    fn describe(&self) -> String {
        format!("Adadelta(rho {}, eps {:e}, weight decay {})", self.rho, self.eps, self.weight_decay)
    }

    fn check(&self) -> Result<()> {
        within("rho", self.rho, 0.0..1.0)?;
        within("eps", self.eps, 0.0..f64::INFINITY)?;
        within("the weight decay", self.weight_decay, 0.0..f64::INFINITY)
    }

    fn moments(&self) -> &'static [&'static str] {
        &["square", "moved"]
    }

    fn fused(&self, step: OptimiserStep, rows: &mut [&mut [f32]], gradient: &[f32]) {
        let [p, s, a] = rows else { return };
        let [rate, decay, rho, rest, eps] =
            [step.learning_rate, self.weight_decay, self.rho, 1.0 - self.rho, self.eps].map(|x| x as f32);
        for (((p, s), a), g) in p.iter_mut().zip(s.iter_mut()).zip(a.iter_mut()).zip(gradient) {
            let g = decayed(*g, decay, *p);
            *s = rho * *s + rest * (g * g);
            let d = (*a + eps).sqrt() / (*s + eps).sqrt() * g;
            *a = rho * *a + rest * (d * d);
            *p -= rate * d;
        }
    }

    fn plain(&self, step: OptimiserStep, p: &Tensor, g: &Tensor, moments: &mut [Tensor]) -> Result<Tensor> {
        let [s, a] = moments else { return Ok(p.clone()) };
        let g = decayed_tensor(g, self.weight_decay, p)?;
        let kept = |mean: &Tensor, x: &Tensor| {
            mean.mul_scalar(self.rho)?.add(&x.square()?.mul_scalar(1.0 - self.rho)?)
        };
        let root = |x: &Tensor| x.add_scalar(self.eps)?.sqrt();
        *s = kept(s, &g)?;
        let d = root(a)?.div(&root(s)?)?.mul(&g)?;
        *a = kept(a, &d)?;
        p.sub(&d.mul_scalar(step.learning_rate)?)
    }
}
