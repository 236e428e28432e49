//! RAdam (Liu et al., 2020) and NAdam (Dozat, 2016), as PyTorch computes them: Adam's means, and each its own
//! length of a step.

use super::rule::{OptimiserStep, Rule, decayed, decayed_tensor, described, within};
use crate::{Result, Tensor};

/// How long a step is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Form {
    /// Without the mean of squares while that is of too few steps to be told from noise.
    Rectified,
    /// With Nesterov's look ahead, whose share grows by this speed.
    Nesterov(f64),
}

/// `m = b1 m + (1 - b1) g`, `v = b2 v + (1 - b2) g^2`, `p = p - (a g + b m) / (c sqrt(v) + eps)` with the
/// numbers of each step's form.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamForm {
    pub form: Form,
    pub betas: [f64; 2],
    pub eps: f64,
    pub weight_decay: f64,
    /// Whether weights decay by themselves, not by the gradient.
    pub decoupled: bool,
}

/// The numbers of one step.
struct Numbers {
    gradient: f64,
    mean: f64,
    /// What the root of the mean of squares is multiplied by; none where it does not count.
    root: Option<f64>,
}

impl AdamForm {
    /// RAdam with PyTorch's settings.
    pub fn rectified() -> Self {
        let form = Form::Rectified;
        Self { form, betas: [0.9, 0.999], eps: 1e-8, weight_decay: 0.0, decoupled: false }
    }

    /// NAdam with PyTorch's settings, and the speed with which the momentum grows.
    pub fn nesterov(momentum_decay: f64) -> Self {
        Self { form: Form::Nesterov(momentum_decay), ..Self::rectified() }
    }

    fn numbers(&self, step: OptimiserStep) -> Numbers {
        let ([b1, b2], t) = (self.betas, step.number as f64);
        let (rate, rest) = (step.learning_rate, 1.0 - b2.powf(t));
        match self.form {
            Form::Rectified => {
                let longest = 2.0 / (1.0 - b2) - 1.0;
                let length = longest - 2.0 * t * b2.powf(t) / rest;
                let mean = rate / (1.0 - b1.powf(t));
                let share =
                    (length - 4.0) * (length - 2.0) * longest / ((longest - 4.0) * (longest - 2.0) * length);
                // The correction of the root is on top: eps is added to the plain one.
                match length > 5.0 {
                    true => {
                        Numbers { gradient: 0.0, mean: mean * share.sqrt() * rest.sqrt(), root: Some(1.0) }
                    }
                    false => Numbers { gradient: 0.0, mean, root: None },
                }
            }
            Form::Nesterov(decay) => {
                let mu = |t: f64| b1 * (1.0 - 0.5 * 0.96f64.powf(t * decay));
                // Beyond, it is nothing beside 1.
                let counted = (1..=step.number).scan(1.0, |product: &mut f64, i| {
                    *product *= mu(i as f64);
                    (*product > 1e-30).then_some(*product)
                });
                let product = counted.enumerate().last();
                let product = product.filter(|(i, _)| *i as u64 + 1 == step.number).map_or(0.0, |(_, p)| p);
                Numbers {
                    gradient: rate * (1.0 - mu(t)) / (1.0 - product),
                    mean: rate * mu(t + 1.0) / (1.0 - product * mu(t + 1.0)),
                    root: Some(rest.sqrt().recip()),
                }
            }
        }
    }

    /// What is left of the parameter after decay of its own, and what decay adds to the gradient.
    fn decay(&self, step: OptimiserStep) -> [f64; 2] {
        let own = step.learning_rate * self.weight_decay;
        if self.decoupled { [1.0 - own, 0.0] } else { [1.0, self.weight_decay] }
    }
}

impl Rule for AdamForm {
    fn describe(&self) -> String {
        let name = if self.form == Form::Rectified { "RAdam" } else { "NAdam" };
        described(name, self.betas, self.eps, self.weight_decay)
    }

    fn check(&self) -> Result<()> {
        within("the first beta", self.betas[0], 0.0..1.0)?;
        within("the second beta", self.betas[1], 0.0..1.0)?;
        within("eps", self.eps, 0.0..f64::INFINITY)?;
        if let Form::Nesterov(decay) = self.form {
            within("the decay of the momentum", decay, 0.0..f64::INFINITY)?;
        }
        within("the weight decay", self.weight_decay, 0.0..f64::INFINITY)
    }

    fn moments(&self) -> &'static [&'static str] {
        &["mean", "square"]
    }

    fn fused(&self, step: OptimiserStep, rows: &mut [&mut [f32]], gradient: &[f32]) {
        let [p, m, v] = rows else { return };
        let numbers = self.numbers(step);
        let [keep, decay] = self.decay(step).map(|x| x as f32);
        let [of_g, of_m, eps] = [numbers.gradient, numbers.mean, self.eps].map(|x| x as f32);
        let root = numbers.root.map(|x| x as f32);
        let ([b1, b2], [c1, c2]) = (self.betas.map(|x| x as f32), self.betas.map(|beta| (1.0 - beta) as f32));
        for (((p, m), v), g) in p.iter_mut().zip(m.iter_mut()).zip(v.iter_mut()).zip(gradient) {
            let g = decayed(*g, decay, *p);
            *m = b1 * *m + c1 * g;
            *v = b2 * *v + c2 * (g * g);
            let way = of_g * g + of_m * *m;
            *p = keep * *p - root.map_or(way, |root| way / (v.sqrt() * root + eps));
        }
    }

    fn plain(&self, step: OptimiserStep, p: &Tensor, g: &Tensor, moments: &mut [Tensor]) -> Result<Tensor> {
        let [m, v] = moments else { return Ok(p.clone()) };
        let (numbers, [keep, decay]) = (self.numbers(step), self.decay(step));
        let g = decayed_tensor(g, decay, p)?;
        *m = m.mul_scalar(self.betas[0])?.add(&g.mul_scalar(1.0 - self.betas[0])?)?;
        *v = v.mul_scalar(self.betas[1])?.add(&g.square()?.mul_scalar(1.0 - self.betas[1])?)?;
        let mut way = g.mul_scalar(numbers.gradient)?.add(&m.mul_scalar(numbers.mean)?)?;
        if let Some(root) = numbers.root {
            way = way.div(&v.sqrt()?.mul_scalar(root)?.add_scalar(self.eps)?)?;
        }
        p.mul_scalar(keep)?.sub(&way)
    }
}
