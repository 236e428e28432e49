//! Adagrad (Duchi et al., 2011), as PyTorch computes it.

use super::rule::{Formula, GpuStep, OptimiserStep, Rule, decayed, decayed_tensor, within};
use crate::{Result, Tensor};

/// `g = g + weight_decay p`, `s = s + g^2`, `p = p - lr / (1 + (t - 1) lr_decay) g / (sqrt(s) + eps)`; s
/// starts with `initial`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adagrad {
    pub lr_decay: f64,
    pub weight_decay: f64,
    pub initial: f64,
    pub eps: f64,
}

impl Default for Adagrad {
    fn default() -> Self {
        Self { lr_decay: 0.0, weight_decay: 0.0, initial: 0.0, eps: 1e-10 }
    }
}

impl Adagrad {
    fn rate(&self, step: OptimiserStep) -> f64 {
        step.learning_rate / (1.0 + (step.number - 1) as f64 * self.lr_decay)
    }
}

impl Rule for Adagrad {
    fn describe(&self) -> String {
        format!(
            "Adagrad(rate decay {}, weight decay {}, eps {:e})",
            self.lr_decay, self.weight_decay, self.eps
        )
    }

    fn check(&self) -> Result<()> {
        within("the decay of the learning rate", self.lr_decay, 0.0..f64::INFINITY)?;
        within("the weight decay", self.weight_decay, 0.0..f64::INFINITY)?;
        within("the initial sum", self.initial, 0.0..f64::INFINITY)?;
        within("eps", self.eps, 0.0..f64::INFINITY)
    }

    fn moments(&self) -> &'static [&'static str] {
        &["sum"]
    }

    fn fused(&self, step: OptimiserStep, rows: &mut [&mut [f32]], gradient: &[f32]) {
        let [p, s] = rows else { return };
        let [rate, decay, initial, eps] =
            [self.rate(step), self.weight_decay, self.initial, self.eps].map(|x| x as f32);
        for ((p, s), g) in p.iter_mut().zip(s.iter_mut()).zip(gradient) {
            let g = decayed(*g, decay, *p);
            *s += g * g;
            *p -= rate * (g / ((*s + initial).sqrt() + eps));
        }
    }

    fn on_gpu(&self, step: OptimiserStep) -> Option<GpuStep> {
        let numbers = [self.weight_decay, self.rate(step), self.initial, self.eps];
        Some(GpuStep { formula: Formula::Adagrad, numbers: numbers.map(|x| x as f32).to_vec() })
    }

    fn plain(&self, step: OptimiserStep, p: &Tensor, g: &Tensor, moments: &mut [Tensor]) -> Result<Tensor> {
        let [s] = moments else { return Ok(p.clone()) };
        let g = decayed_tensor(g, self.weight_decay, p)?;
        *s = s.add(&g.square()?)?;
        let scale = s.add_scalar(self.initial)?.sqrt()?.add_scalar(self.eps)?;
        p.sub(&g.div(&scale)?.mul_scalar(self.rate(step))?)
    }
}
