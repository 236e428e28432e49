//! Stochastic gradient descent, as PyTorch computes it.

use super::rule::{Formula, GpuStep, OptimiserStep, Rule, decayed, decayed_tensor, within};
use crate::{Result, Tensor};

/// `g = g + weight_decay p`, `v = momentum v + (1 - dampening) g` (the first time `v = g`),
/// `p = p - lr v`, or `p = p - lr (g + momentum v)` with Nesterov's momentum.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sgd {
    pub momentum: f64,
    pub dampening: f64,
    pub nesterov: bool,
    pub weight_decay: f64,
}

impl Sgd {
    /// The share of the gradient that goes into the velocity.
    fn share(&self, step: OptimiserStep) -> f64 {
        if step.number == 1 { 1.0 } else { 1.0 - self.dampening }
    }
}

impl Rule for Sgd {
    fn describe(&self) -> String {
        let kind = if self.nesterov { "Nesterov momentum" } else { "momentum" };
        format!("SGD({kind} {}, weight decay {})", self.momentum, self.weight_decay)
    }

    fn check(&self) -> Result<()> {
        within("the momentum", self.momentum, 0.0..f64::INFINITY)?;
        within("the dampening", self.dampening, 0.0..1.0)?;
        within("the weight decay", self.weight_decay, 0.0..f64::INFINITY)
    }

    fn moments(&self) -> &'static [&'static str] {
        if self.momentum == 0.0 { &[] } else { &["velocity"] }
    }

    fn fused(&self, step: OptimiserStep, rows: &mut [&mut [f32]], gradient: &[f32]) {
        let [rate, momentum, share, decay] =
            [step.learning_rate, self.momentum, self.share(step), self.weight_decay].map(|x| x as f32);
        match rows {
            [p] => {
                for (p, g) in p.iter_mut().zip(gradient) {
                    *p -= rate * decayed(*g, decay, *p);
                }
            }
            [p, v] => {
                for ((p, v), g) in p.iter_mut().zip(v.iter_mut()).zip(gradient) {
                    let g = decayed(*g, decay, *p);
                    *v = momentum * *v + share * g;
                    *p -= rate * if self.nesterov { g + momentum * *v } else { *v };
                }
            }
            _ => {}
        }
    }

    fn on_gpu(&self, step: OptimiserStep) -> Option<GpuStep> {
        let numbers = [self.weight_decay, step.learning_rate, self.momentum, self.share(step)];
        let formula = if self.nesterov { Formula::Nesterov } else { Formula::Sgd };
        Some(GpuStep { formula, numbers: numbers.map(|x| x as f32).to_vec() })
    }

    fn plain(&self, step: OptimiserStep, p: &Tensor, g: &Tensor, moments: &mut [Tensor]) -> Result<Tensor> {
        let g = decayed_tensor(g, self.weight_decay, p)?;
        let direction = match moments {
            [v] => {
                *v = v.mul_scalar(self.momentum)?.add(&g.mul_scalar(self.share(step))?)?;
                if self.nesterov { g.add(&v.mul_scalar(self.momentum)?)? } else { v.clone() }
            }
            _ => g,
        };
        p.sub(&direction.mul_scalar(step.learning_rate)?)
    }
}
