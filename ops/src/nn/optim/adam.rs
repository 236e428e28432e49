//! Adam (Kingma, Ba, 2015) and AdamW (Loshchilov, Hutter, 2019), as PyTorch computes them.

use super::rule::{Formula, GpuStep, OptimiserStep, Rule, decayed, decayed_tensor, described, within};
use crate::{Result, Tensor};

/// `m = b1 m + (1 - b1) g`, `v = b2 v + (1 - b2) g^2`,
/// `p = p - lr / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + eps)`.
///
/// With amsgrad the largest `v` so far stands for v in p (Reddi et al., 2018).
///
/// Weight decay `w` adds `w p` to the gradient, or, where it is decoupled (AdamW), first takes
/// `lr w p` from the parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adam {
    pub betas: [f64; 2],
    pub eps: f64,
    pub weight_decay: f64,
    pub decoupled: bool,
    pub amsgrad: bool,
}

impl Default for Adam {
    fn default() -> Self {
        Self { betas: [0.9, 0.999], eps: 1e-8, weight_decay: 0.0, decoupled: false, amsgrad: false }
    }
}

/// The numbers of one step, the same for all elements.
struct Coefficients {
    /// What is left of the parameter after decoupled decay.
    keep: f64,
    /// What is added to the gradient per unit of the parameter.
    decay: f64,
    /// `lr / (1 - b1^t)`
    size: f64,
    /// `1 / sqrt(1 - b2^t)`
    correction: f64,
}

impl Adam {
    /// AdamW with PyTorch's settings.
    pub fn decoupled() -> Self {
        Self { weight_decay: 0.01, decoupled: true, ..Self::default() }
    }

    fn coefficients(&self, step: OptimiserStep) -> Coefficients {
        let power = |beta: f64| beta.powf(step.number as f64);
        let decayed = step.learning_rate * self.weight_decay;
        Coefficients {
            keep: if self.decoupled { 1.0 - decayed } else { 1.0 },
            decay: if self.decoupled { 0.0 } else { self.weight_decay },
            size: step.learning_rate / (1.0 - power(self.betas[0])),
            correction: 1.0 / (1.0 - power(self.betas[1])).sqrt(),
        }
    }
}

impl Rule for Adam {
    fn describe(&self) -> String {
        let name = if self.decoupled { "AdamW" } else { "Adam" };
        let text = described(name, self.betas, self.eps, self.weight_decay);
        if self.amsgrad { text.replace(')', ", amsgrad)") } else { text }
    }

    fn check(&self) -> Result<()> {
        within("the first beta", self.betas[0], 0.0..1.0)?;
        within("the second beta", self.betas[1], 0.0..1.0)?;
        within("eps", self.eps, 0.0..f64::INFINITY)?;
        within("the weight decay", self.weight_decay, 0.0..f64::INFINITY)
    }

    fn moments(&self) -> &'static [&'static str] {
        if self.amsgrad { &["mean", "square", "largest"] } else { &["mean", "square"] }
    }

    fn fused(&self, step: OptimiserStep, rows: &mut [&mut [f32]], gradient: &[f32]) {
        let [p, m, v, largest @ ..] = rows else { return };
        let Coefficients { keep, decay, size, correction } = self.coefficients(step);
        let [keep, decay, size, correction] = [keep, decay, size, correction].map(|x| x as f32);
        let [b1, b2, eps] = [self.betas[0], self.betas[1], self.eps].map(|x| x as f32);
        let [c1, c2] = self.betas.map(|beta| (1.0 - beta) as f32);
        let moved = |p: f32, m: f32, v: f32| keep * p - size * (m / (v.sqrt() * correction + eps));
        let means = |p: f32, m: &mut f32, v: &mut f32, g: f32| {
            let g = decayed(g, decay, p);
            *m = b1 * *m + c1 * g;
            *v = b2 * *v + c2 * (g * g);
        };
        let each = p.iter_mut().zip(m.iter_mut()).zip(v.iter_mut()).zip(gradient);
        match largest {
            [largest] => {
                for ((((p, m), v), g), largest) in each.zip(largest.iter_mut()) {
                    means(*p, m, v, *g);
                    *largest = if *v > *largest || v.is_nan() { *v } else { *largest };
                    *p = moved(*p, *m, *largest);
                }
            }
            _ => {
                for (((p, m), v), g) in each {
                    means(*p, m, v, *g);
                    *p = moved(*p, *m, *v);
                }
            }
        }
    }

    fn on_gpu(&self, step: OptimiserStep) -> Option<GpuStep> {
        if self.amsgrad {
            return None;
        }
        let Coefficients { keep, decay, size, correction } = self.coefficients(step);
        let [b1, b2] = self.betas;
        let numbers = [decay, keep, size, correction, b1, 1.0 - b1, b2, 1.0 - b2, self.eps];
        Some(GpuStep { formula: Formula::Adam, numbers: numbers.map(|x| x as f32).to_vec() })
    }

    fn plain(&self, step: OptimiserStep, p: &Tensor, g: &Tensor, moments: &mut [Tensor]) -> Result<Tensor> {
        let [m, v, largest @ ..] = moments else { return Ok(p.clone()) };
        let Coefficients { keep, decay, size, correction } = self.coefficients(step);
        let g = decayed_tensor(g, decay, p)?;
        *m = m.mul_scalar(self.betas[0])?.add(&g.mul_scalar(1.0 - self.betas[0])?)?;
        *v = v.mul_scalar(self.betas[1])?.add(&g.mul(&g)?.mul_scalar(1.0 - self.betas[1])?)?;
        let mut square = v.clone();
        if let [largest] = largest {
            *largest = largest.maximum(v)?;
            square = largest.clone();
        }
        let scale = square.sqrt()?.mul_scalar(correction)?.add_scalar(self.eps)?;
        p.mul_scalar(keep)?.sub(&m.div(&scale)?.mul_scalar(size)?)
    }
}
