//! RMSprop (Hinton, 2012, lecture 6), as PyTorch computes it.

use super::rule::{Formula, GpuStep, OptimiserStep, Rule, decayed, decayed_tensor, within};
use crate::{Result, Tensor};

/// `g = g + weight_decay p`, `s = alpha s + (1 - alpha) g^2`, `d = g / (sqrt(s) + eps)`,
/// `p = p - lr d`; with momentum `v = momentum v + d`, `p = p - lr v`. Where it is centered, the mean of the
/// gradients `a = alpha a + (1 - alpha) g` makes a variance of the squares: `d = g / (sqrt(s - a^2) + eps)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RmsProp {
    pub alpha: f64,
    pub eps: f64,
    pub momentum: f64,
    pub weight_decay: f64,
    pub centered: bool,
}

impl Default for RmsProp {
    fn default() -> Self {
        Self { alpha: 0.99, eps: 1e-8, momentum: 0.0, weight_decay: 0.0, centered: false }
    }
}

impl Rule for RmsProp {
    fn describe(&self) -> String {
        let Self { alpha, eps, momentum, weight_decay, centered } = self;
        let centered = if *centered { ", centered" } else { "" };
        format!(
            "RMSprop(alpha {alpha}, eps {eps:e}, momentum {momentum}, weight decay {weight_decay}{centered})"
        )
    }

    fn check(&self) -> Result<()> {
        within("alpha", self.alpha, 0.0..1.0)?;
        within("eps", self.eps, 0.0..f64::INFINITY)?;
        within("the momentum", self.momentum, 0.0..f64::INFINITY)?;
        within("the weight decay", self.weight_decay, 0.0..f64::INFINITY)
    }

    fn moments(&self) -> &'static [&'static str] {
        match (self.centered, self.momentum == 0.0) {
            (false, true) => &["square"],
            (false, false) => &["square", "velocity"],
            (true, true) => &["square", "mean"],
            (true, false) => &["square", "mean", "velocity"],
        }
    }

    fn fused(&self, step: OptimiserStep, rows: &mut [&mut [f32]], gradient: &[f32]) {
        let [rate, alpha, rest, eps, momentum, decay] =
            [step.learning_rate, self.alpha, 1.0 - self.alpha, self.eps, self.momentum, self.weight_decay]
                .map(|x| x as f32);
        let [p, s, others @ ..] = rows else { return };
        let (mean, velocity) = others.split_at_mut(usize::from(self.centered));
        for (i, ((p, s), g)) in p.iter_mut().zip(s.iter_mut()).zip(gradient).enumerate() {
            let g = decayed(*g, decay, *p);
            *s = alpha * *s + rest * (g * g);
            let mut square = *s;
            if let [a] = &mut mean[..] {
                a[i] = alpha * a[i] + rest * g;
                square -= a[i] * a[i];
            }
            let mut direction = g / (square.sqrt() + eps);
            if let [v] = &mut velocity[..] {
                v[i] = momentum * v[i] + direction;
                direction = v[i];
            }
            *p -= rate * direction;
        }
    }

    fn on_gpu(&self, step: OptimiserStep) -> Option<GpuStep> {
        let Self { alpha, eps, momentum, weight_decay, centered } = *self;
        if centered {
            return None;
        }
        let numbers = [weight_decay, step.learning_rate, alpha, 1.0 - alpha, eps, momentum];
        Some(GpuStep { formula: Formula::RmsProp, numbers: numbers.map(|x| x as f32).to_vec() })
    }

    fn plain(&self, step: OptimiserStep, p: &Tensor, g: &Tensor, moments: &mut [Tensor]) -> Result<Tensor> {
        let Some((s, others)) = moments.split_first_mut() else { return Ok(p.clone()) };
        let (mean, velocity) = others.split_at_mut(usize::from(self.centered));
        let g = decayed_tensor(g, self.weight_decay, p)?;
        *s = s.mul_scalar(self.alpha)?.add(&g.mul(&g)?.mul_scalar(1.0 - self.alpha)?)?;
        let mut square = s.clone();
        if let [a] = mean {
            *a = a.mul_scalar(self.alpha)?.add(&g.mul_scalar(1.0 - self.alpha)?)?;
            square = square.sub(&a.square()?)?;
        }
        let mut direction = g.div(&square.sqrt()?.add_scalar(self.eps)?)?;
        if let [v] = velocity {
            *v = v.mul_scalar(self.momentum)?.add(&direction)?;
            direction = v.clone();
        }
        p.sub(&direction.mul_scalar(step.learning_rate)?)
    }
}
