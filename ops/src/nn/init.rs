//! First values of parameters, drawn from the innermost random stream ([`crate::random`]).

use super::{Fans, Module, Parameter};
use crate::{
    DType, Device, Error, Result, Spec, Tensor, interrupt::abandonable, no_grad, random, tensor::Charge,
};

/// A law that first values are drawn from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Initialiser {
    /// Always the same value.
    Constant(f64),
    /// Uniform in `[low, high)`.
    Uniform { low: f64, high: f64 },
    /// Normal with that mean and standard deviation.
    Normal { mean: f64, std: f64 },
    /// Mean 0 and standard deviation `gain / sqrt(fan)`.
    Scaled { gain: f64, fan: Fan, law: Distribution },
    /// A matrix with orthogonal rows or columns, whichever are fewer, each of length `gain`.
    Orthogonal { gain: f64 },
}

/// What the variance is divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fan {
    /// [`Fans::input`].
    Input,
    /// The mean of both [`Fans`].
    Mean,
}

/// The form of a law of given mean and variance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distribution {
    Uniform,
    Normal,
}

/// The function after the map, which decides the gain that keeps the variance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Nonlinearity {
    Linear,
    Relu,
    /// With that slope below 0.
    LeakyRelu(f64),
    Tanh,
}

impl Nonlinearity {
    /// 1, sqrt(2), sqrt(2 / (1 + slope^2)), 5/3.
    pub fn gain(self) -> f64 {
        match self {
            Self::Linear => 1.0,
            Self::Relu => 2f64.sqrt(),
            Self::LeakyRelu(slope) => (2.0 / (1.0 + slope * slope)).sqrt(),
            Self::Tanh => 5.0 / 3.0,
        }
    }
}

/// Always `value`.
pub fn constant(value: f64) -> Initialiser {
    Initialiser::Constant(value)
}

/// Uniform in `[low, high)`.
pub fn uniform(low: f64, high: f64) -> Initialiser {
    Initialiser::Uniform { low, high }
}

/// Normal with that mean and standard deviation.
pub fn normal(mean: f64, std: f64) -> Initialiser {
    Initialiser::Normal { mean, std }
}

/// Uniform with variance `2 gain^2 / (fan in + fan out)` (Glorot, Bengio, 2010).
pub fn xavier_uniform(gain: f64) -> Initialiser {
    Initialiser::Scaled { gain, fan: Fan::Mean, law: Distribution::Uniform }
}

/// Uniform with variance `gain^2 / fan in` (He, Zhang, Ren, Sun, 2015).
pub fn kaiming_uniform(after: Nonlinearity) -> Initialiser {
    Initialiser::Scaled { gain: after.gain(), fan: Fan::Input, law: Distribution::Uniform }
}

/// Normal with variance `gain^2 / fan in` (He, Zhang, Ren, Sun, 2015).
pub fn kaiming_normal(after: Nonlinearity) -> Initialiser {
    Initialiser::Scaled { gain: after.gain(), fan: Fan::Input, law: Distribution::Normal }
}

/// Orthogonal: the weight as a matrix whose rows are the first dimension has orthonormal rows, or
/// columns where they are fewer, times `gain` (Saxe, McClelland, Ganguli, 2014).
pub fn orthogonal(gain: f64) -> Initialiser {
    Initialiser::Orthogonal { gain }
}

/// The default of layers, for weights and biases: uniform in `+-1 / sqrt(fan in)`, as in PyTorch.
pub(super) fn default_of_layers() -> Initialiser {
    kaiming_uniform(Nonlinearity::LeakyRelu(5f64.sqrt()))
}

impl Initialiser {
    /// A tensor drawn from this law.
    ///
    /// # Errors
    /// [`Error::State`] when the law needs fans and there are none, and as every new tensor.
    pub fn draw(self, spec: &Spec, fans: Option<Fans>, device: Device) -> Result<Tensor> {
        match self {
            Self::Constant(value) => Tensor::full(spec.shape.clone(), value, spec.dtype, device),
            Self::Uniform { low, high } => {
                scaled(random::uniform(&spec.shape, device)?, high - low, low)?.cast(spec.dtype)
            }
            Self::Normal { mean, std } => {
                scaled(random::normal(&spec.shape, device)?, std, mean)?.cast(spec.dtype)
            }
            Self::Scaled { gain, fan, law } => {
                let std = gain / fan.number(spec, fans)?.sqrt();
                let bound = 3f64.sqrt() * std;
                let law = if law == Distribution::Normal { normal(0.0, std) } else { uniform(-bound, bound) };
                law.draw(spec, None, device)
            }
            Self::Orthogonal { gain } => {
                scaled(orthonormal(spec)?, gain, 0.0)?.cast(spec.dtype)?.to_device(device)
            }
        }
    }
}

impl Fan {
    fn number(self, spec: &Spec, fans: Option<Fans>) -> Result<f64> {
        let Fans { input, output } = fans.ok_or_else(|| {
            Error::State(format!("init: {spec} belongs to no affine map whose fans it could be scaled by"))
        })?;
        Ok(match self {
            Self::Input => input as f64,
            Self::Mean => (input + output) as f64 / 2.0,
        })
    }
}

/// The orthogonal factor of a normal matrix, in f64 on the CPU. Its columns (rows of a flat matrix) are
/// negated so that the triangular factor's diagonal is positive: only then are all such matrices equally
/// likely (Mezzadri, 2007).
fn orthonormal(spec: &Spec) -> Result<Tensor> {
    let [rows, second, rest @ ..] = &spec.shape[..] else {
        return Err(Error::State(format!("init: {spec} is no matrix that could be orthogonal")));
    };
    let columns = rest.iter().product::<usize>() * second;
    let (long, short) = ((*rows).max(columns), (*rows).min(columns));
    // The normal matrix, its factors and the result, in f64.
    let _charge = Charge::new("init", &Spec::new([4, long, short], DType::F64), Device::Cpu)?;
    let normal = random::normal(&[long, short], Device::Cpu)?.to_f64()?;
    let (q, signs) = abandonable(move || {
        let qr = faer::MatRef::from_row_major_slice(&normal, long, short).qr();
        let r = qr.thin_R();
        (qr.compute_thin_Q(), (0..short).map(|j| r[(j, j)].signum()).collect::<Vec<_>>())
    })?;
    let entry = |i: usize, j: usize| q[(i, j)] * signs[j];
    let entries = (0..rows * columns).map(|i| {
        let (row, column) = (i / columns, i % columns);
        if *rows == long { entry(row, column) } else { entry(column, row) }
    });
    Tensor::from_data(entries.collect::<Vec<f64>>(), &spec.shape[..], Device::Cpu)
}

fn scaled(x: Tensor, factor: f64, offset: f64) -> Result<Tensor> {
    x.mul_scalar(factor)?.add_scalar(offset)
}

impl Parameter {
    /// Draws the value anew.
    ///
    /// # Errors
    /// As [`Initialiser::draw`].
    pub fn init(&self, law: Initialiser) -> Result<()> {
        let (spec, device) = (self.spec(), self.lock().device());
        self.set(&no_grad(|| law.draw(&spec, self.fans(), device))?)
    }
}

impl Module {
    /// Draws the weights of all affine maps (linear, convolutions, embeddings) anew, and their biases if
    /// asked for. Gains and biases of normalisations are left alone.
    ///
    /// # Errors
    /// As [`Initialiser::draw`].
    pub fn init(&self, law: Initialiser, also_biases: bool) -> Result<()> {
        let drawn = self.named_parameters().into_iter().map(|(_, parameter)| parameter);
        drawn
            .filter(|p| p.fans().is_some() && (also_biases || p.spec().rank() > 1))
            .try_for_each(|parameter| parameter.init(law))
    }

    /// Draws the first values of DCGAN: weights of affine maps
    /// from N(0, std^2), gains of normalisations from N(1, std^2), biases 0 (Radford, Metz, Chintala, 2016).
    ///
    /// # Errors
    /// As [`Initialiser::draw`].
    pub fn init_dcgan(&self, std: f64) -> Result<()> {
        self.named_parameters().into_iter().try_for_each(|(name, parameter)| {
            let is_vector = parameter.spec().rank() < 2;
            match (parameter.fans(), is_vector) {
                (Some(_), false) => parameter.init(normal(0.0, std)),
                (None, true) if name.ends_with("weight") => parameter.init(normal(1.0, std)),
                (_, true) => parameter.init(constant(0.0)),
                (None, false) => Ok(()),
            }
        })
    }
}
