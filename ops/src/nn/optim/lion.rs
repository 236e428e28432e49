//! Lion (Chen et al., 2023, Symbolic Discovery of Optimization Algorithms).

use super::rule::{Formula, GpuStep, OptimiserStep, Rule, within};
use crate::{Result, Tensor};

/// `p = p - lr (sign(b1 m + (1 - b1) g) + weight_decay p)`, then `m = b2 m + (1 - b2) g`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lion {
    pub betas: [f64; 2],
    pub weight_decay: f64,
}

impl Default for Lion {
    fn default() -> Self {
        Self { betas: [0.9, 0.99], weight_decay: 0.0 }
    }
}

impl Rule for Lion {
    fn describe(&self) -> String {
        let [first, second] = self.betas;
        format!("Lion(betas {first} and {second}, weight decay {})", self.weight_decay)
    }

    fn check(&self) -> Result<()> {
        within("the first beta", self.betas[0], 0.0..1.0)?;
        within("the second beta", self.betas[1], 0.0..1.0)?;
        within("the weight decay", self.weight_decay, 0.0..f64::INFINITY)
    }

    fn moments(&self) -> &'static [&'static str] {
        &["mean"]
    }

    fn fused(&self, step: OptimiserStep, rows: &mut [&mut [f32]], gradient: &[f32]) {
        let [p, m] = rows else { return };
        let [rate, keep] =
            [step.learning_rate, 1.0 - step.learning_rate * self.weight_decay].map(|x| x as f32);
        let [b1, b2] = self.betas.map(|beta| beta as f32);
        let [c1, c2] = self.betas.map(|beta| (1.0 - beta) as f32);
        for ((p, m), &g) in p.iter_mut().zip(m.iter_mut()).zip(gradient) {
            let mean = b1 * *m + c1 * g;
            let sign = if mean == 0.0 { 0.0 } else { mean / mean.abs() };
            *p = keep * *p - rate * if mean.is_infinite() { mean.signum() } else { sign };
            *m = b2 * *m + c2 * g;
        }
    }

    fn on_gpu(&self, step: OptimiserStep) -> Option<GpuStep> {
        let (rate, [b1, b2]) = (step.learning_rate, self.betas);
        let numbers = [rate, 1.0 - rate * self.weight_decay, b1, 1.0 - b1, b2, 1.0 - b2];
        Some(GpuStep { formula: Formula::Lion, numbers: numbers.map(|x| x as f32).to_vec() })
    }

    fn plain(&self, step: OptimiserStep, p: &Tensor, g: &Tensor, moments: &mut [Tensor]) -> Result<Tensor> {
        let [m] = moments else { return Ok(p.clone()) };
        let mean = |beta: f64| m.mul_scalar(beta)?.add(&g.mul_scalar(1.0 - beta)?);
        let (sign, next) = (mean(self.betas[0])?.sign()?, mean(self.betas[1])?);
        *m = next;
        let kept = p.mul_scalar(1.0 - step.learning_rate * self.weight_decay)?;
        kept.sub(&sign.mul_scalar(step.learning_rate)?)
    }
}
