//! Normalisations: `y = (x - mean) / sqrt(var + eps)`, then `weight y + bias` where they are affine. They
//! differ in what mean and variance (with divisor n) are taken of.

use super::{function, positive};
use crate::{
    DType, Device, Error, Result, Tensor, ensure,
    nn::{Module, Parameter},
    no_grad,
    op::{OnnxAttribute, OnnxOperator, batch_norm},
};

/// What is added to variances.
const EPS: f64 = 1e-5;

/// Settings of a batch normalisation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BatchNormOptions {
    pub eps: f64,
    /// The share of the newest batch in the running mean and variance.
    pub momentum: f64,
    /// Whether there is a weight and a bias.
    pub affine: bool,
}

impl Default for BatchNormOptions {
    fn default() -> Self {
        Self { eps: EPS, momentum: 0.1, affine: true }
    }
}

pub(super) struct BatchNorm {
    pub channels: usize,
    pub options: BatchNormOptions,
}

/// Normalises each channel of `[N, channels, ..]` over the batch and all positions; in evaluation by
/// running averages of what training saw, the variance's with divisor n - 1 (Ioffe, Szegedy, 2015, as
/// PyTorch computes it).
///
/// # Errors
/// [`Error::Argument`] for no channels; in training [`Error::Shape`] for one element per channel.
pub fn batch_norm(channels: usize, options: BatchNormOptions) -> Result<Module> {
    positive("batch_norm", &[("channels", channels)])?;
    let mut parameters = gain(&[channels], options.affine)?;
    parameters.extend(running(channels)?);
    let norm = BatchNorm { channels, options };
    let layer = function("BatchNorm", channels.to_string(), move |module, x| norm.forward(module, x));
    Ok(Module::new(layer, parameters, vec![]))
}

/// The running averages before the first batch.
pub(super) fn running(channels: usize) -> Result<Vec<(String, Parameter)>> {
    let buffer = |(name, value): (&str, f64)| {
        let value = Tensor::full([channels], value, DType::F32, Device::Cpu)?;
        Ok((name.to_owned(), Parameter::buffer(&value)))
    };
    [("running_mean", 0.0), ("running_var", 1.0)].into_iter().map(buffer).collect()
}

impl BatchNorm {
    /// `[N, C, ..]` normalised, times a weight, plus a bias: `[C]`, or `[N, C]`.
    pub(super) fn normalise(
        &self,
        op: &'static str,
        module: &Module,
        x: &Tensor,
        [weight, bias]: [&Tensor; 2],
    ) -> Result<Tensor> {
        check_channels(op, x, self.channels)?;
        let eps = self.options.eps;
        if module.is_learning(x) && batch_norm::applies(x) && weight.dtype() == x.dtype() {
            let both = batch_norm::moments(x)?;
            self.learn_both(op, module, x, &both)?;
            return batch_norm::batch_norm(x, &both, weight, bias, eps);
        }
        let (centered, var) = if module.is_learning(x) {
            let dims: Vec<i64> = (0..x.rank() as i64).filter(|&d| d != 1).collect();
            let CentredMoments { centered, mean, var } = moments(op, x, &dims)?;
            self.learn(op, module, x, [&mean, &var])?;
            (centered, var)
        } else {
            self.recall(module, x)?
        };
        // The weight goes into the scale: one pass over the input less.
        let scale = var.add_scalar(eps)?.sqrt()?.recip()?.mul(&per_channel(weight, x)?)?;
        centered.mul(&scale)?.add(&per_channel(bias, x)?)
    }

    /// [`BatchNorm::learn`] of mean and variance in one tensor, `[2, C]`.
    fn learn_both(&self, op: &'static str, module: &Module, x: &Tensor, both: &Tensor) -> Result<()> {
        let parts = |x: &Tensor| -> Result<[Tensor; 2]> { Ok([x.narrow(0, 0, 1)?, x.narrow(0, 1, 1)?]) };
        #[cfg(feature = "cube")]
        if x.device() == Device::Gpu
            && let Some(buffers) = module.parameter("running_mean").zip(module.parameter("running_var"))
        {
            let n = elements(op, x, self.channels)?;
            let (mean, var) = (buffers.0.get(), buffers.1.get());
            let moved = batch_norm::learned([&mean, &var], both, self.options.momentum, n / (n - 1.0))?;
            let [mean, var] = parts(&moved)?;
            buffers.0.set(&mean.squeeze(0)?)?;
            return buffers.1.set(&var.squeeze(0)?);
        }
        let [mean, var] = parts(both)?;
        self.learn(op, module, x, [&mean, &var])
    }

    /// Moves the running averages towards a batch's mean and variance.
    fn learn(&self, op: &'static str, module: &Module, x: &Tensor, [mean, var]: [&Tensor; 2]) -> Result<()> {
        let n = elements(op, x, self.channels)?;
        no_grad(|| {
            let unbiased = var.mul_scalar(n / (n - 1.0))?;
            self.average(module, "running_mean", mean)?;
            self.average(module, "running_var", &unbiased)
        })
    }

    fn average(&self, module: &Module, name: &str, newest: &Tensor) -> Result<()> {
        let Some(buffer) = module.parameter(name) else { return Ok(()) };
        let old = buffer.get().mul_scalar(1.0 - self.options.momentum)?;
        let new = newest.reshape(&[self.channels])?.mul_scalar(self.options.momentum)?;
        buffer.set(&old.add(&new)?)
    }

    /// The input less the running mean, and the running variance.
    fn recall(&self, module: &Module, x: &Tensor) -> Result<(Tensor, Tensor)> {
        let [mean, var] = ["running_mean", "running_var"].map(|name| per_channel(&module.value(name)?, x));
        Ok((x.sub(&mean?)?, var?))
    }

    fn forward(&self, module: &Module, x: &Tensor) -> Result<Tensor> {
        check_channels("batch_norm", x, self.channels)?;
        let (weight, bias) = gain_or_none(module, &[self.channels], x)?;
        if x.is_symbolic() {
            let [mean, var] = ["running_mean", "running_var"].map(|name| module.value(name));
            let operator = OnnxOperator::new("BatchNormalization", x.spec())
                .with("epsilon", OnnxAttribute::Float(self.options.eps))
                .with("momentum", OnnxAttribute::Float(1.0 - self.options.momentum));
            return operator.on(&[x, &weight, &bias, &mean?, &var?]);
        }
        self.normalise("batch_norm", module, x, [&weight, &bias])
    }
}

/// Which of the two layers it is, which compute the same where each channel is a group: its names as a
/// function and as a layer, and its operator in ONNX.
type GroupKind = [&'static str; 3];
const GROUP: GroupKind = ["group_norm", "GroupNorm", "GroupNormalization"];
const INSTANCE: GroupKind = ["instance_norm", "InstanceNorm", "InstanceNormalization"];

/// Normalises each sample of `[N, channels, ..]` over each of `groups` groups of channels and all
/// positions (Wu, He, 2018).
///
/// # Errors
/// [`Error::Argument`] for a size of 0 or channels that `groups` does not divide; when used,
/// [`Error::Shape`] for one element per group.
pub fn group_norm(groups: usize, channels: usize, affine: bool) -> Result<Module> {
    positive("group_norm", &[("groups", groups), ("channels", channels)])?;
    ensure(channels.is_multiple_of(groups), || {
        let found = format!("{groups} for {channels} channels");
        Error::argument("group_norm", "groups", found, "a divisor of the channels")
    })?;
    grouped(GROUP, groups, channels, affine)
}

/// Normalises each channel of each sample of `[N, channels, ..]` over all positions (Ulyanov, Vedaldi,
/// Lempitsky, 2016).
///
/// # Errors
/// As [`group_norm`].
pub fn instance_norm(channels: usize, affine: bool) -> Result<Module> {
    positive("instance_norm", &[("channels", channels)])?;
    grouped(INSTANCE, channels, channels, affine)
}

fn grouped(kind: GroupKind, groups: usize, channels: usize, affine: bool) -> Result<Module> {
    let [op, name, operator] = kind;
    let settings = match groups == channels {
        true => channels.to_string(),
        false => format!("{channels} in {groups} groups"),
    };
    let layer = function(name, settings, move |module, x| {
        check_channels(op, x, channels)?;
        // The operators want images or signals.
        if x.is_symbolic() && x.rank() > 2 {
            let (weight, bias) = gain_or_none(module, &[channels], x)?;
            let mut operator = OnnxOperator::new(operator, x.spec());
            if kind == GROUP {
                operator = operator.with("num_groups", groups.into());
            }
            return operator.with("epsilon", OnnxAttribute::Float(EPS)).on(&[x, &weight, &bias]);
        }
        let n = x.shape()[0];
        let grouped = x.reshape(&[n, groups, x.len() / (n * groups)])?;
        let y = standardise(op, &grouped, &[2], EPS)?.reshape(x.shape())?;
        match own_affine(module) {
            Some((weight, bias)) => y.mul(&per_channel(&weight, x)?)?.add(&per_channel(&bias, x)?),
            None => Ok(y),
        }
    });
    Ok(Module::new(layer, gain(&[channels], affine)?, vec![]))
}

/// Normalises each `[.., shape]` over its last dimensions, those of `shape`; weight and bias have that
/// shape (Ba, Kiros, Hinton, 2016).
///
/// # Errors
/// [`Error::Argument`] for an empty shape, [`Error::Shape`] for a size of 0.
pub fn layer_norm(shape: &[usize], affine: bool) -> Result<Module> {
    layer_norm_with(shape, affine, EPS)
}

/// [`layer_norm`] with another number that is added to variances.
///
/// # Errors
/// As [`layer_norm`].
pub fn layer_norm_with(shape: &[usize], affine: bool, eps: f64) -> Result<Module> {
    positive("layer_norm", &[("the number of dimensions", shape.len())])?;
    let own = shape.to_vec();
    let layer = function("LayerNorm", format!("{shape:?}"), move |module, x| {
        ensure(x.shape().ends_with(&own), || {
            let found = format!("{:?}", x.shape());
            Error::shape("layer_norm", found, format!("one that ends in {own:?}"))
        })?;
        if x.is_symbolic() {
            let (weight, bias) = gain_or_none(module, &own, x)?;
            let operator = OnnxOperator::new("LayerNormalization", x.spec())
                .with("axis", OnnxAttribute::Int(-(own.len() as i64)))
                .with("epsilon", OnnxAttribute::Float(eps));
            return operator.on(&[x, &weight, &bias]);
        }
        let dims: Vec<i64> = (1..=own.len() as i64).map(|d| -d).collect();
        let y = standardise("layer_norm", x, &dims, eps)?;
        match own_affine(module) {
            Some((weight, bias)) => y.mul(&weight)?.add(&bias),
            None => Ok(y),
        }
    });
    Ok(Module::new(layer, gain(shape, affine)?, vec![]))
}

/// A tensor less its mean over some dimensions, that mean, and the variance.
struct CentredMoments {
    centered: Tensor,
    mean: Tensor,
    var: Tensor,
}

fn moments(op: &'static str, x: &Tensor, dims: &[i64]) -> Result<CentredMoments> {
    let mean = x.mean_dims(dims, true)?;
    ensure(mean.len() != x.len(), || one_element(op, x))?;
    let centered = x.sub(&mean)?;
    let var = centered.square()?.mean_dims(dims, true)?;
    Ok(CentredMoments { centered, mean, var })
}

/// How many elements of x each channel has, at least 2.
fn elements(op: &'static str, x: &Tensor, channels: usize) -> Result<f64> {
    let n = x.len() / channels;
    ensure(n >= 2, || one_element(op, x))?;
    Ok(n as f64)
}

fn one_element(op: &'static str, x: &Tensor) -> Error {
    Error::shape(op, format!("{:?}", x.shape()), "more than one element for each mean")
}

/// The tensor with mean 0 and variance 1 over some dimensions.
pub(super) fn standardise(op: &'static str, x: &Tensor, dims: &[i64], eps: f64) -> Result<Tensor> {
    let CentredMoments { centered, var, .. } = moments(op, x, dims)?;
    centered.mul(&var.add_scalar(eps)?.sqrt()?.recip()?)
}

/// A weight of ones and a bias of zeros, which initialisers leave alone.
fn gain(shape: &[usize], affine: bool) -> Result<Vec<(String, Parameter)>> {
    let names: &[_] = if affine { &[("weight", 1.0), ("bias", 0.0)] } else { &[] };
    let parameter = |&(name, value): &(&str, f64)| {
        let value = Tensor::full(shape, value, DType::F32, Device::Cpu)?;
        Ok((name.to_owned(), Parameter::with_fans(&value, None)?))
    };
    names.iter().map(parameter).collect()
}

/// The weight and the bias, where the module has them.
fn own_affine(module: &Module) -> Option<(Tensor, Tensor)> {
    module.parameter("weight").zip(module.parameter("bias")).map(|(weight, bias)| (weight.get(), bias.get()))
}

/// The weight and the bias, or those that change nothing: ONNX's operators cannot do without.
fn gain_or_none(module: &Module, shape: &[usize], x: &Tensor) -> Result<(Tensor, Tensor)> {
    let constant = |value| Tensor::full(shape, value, x.dtype(), x.device());
    own_affine(module).map_or_else(|| Ok((constant(1.0)?, constant(0.0)?)), Ok)
}

/// `[C]` or `[N, C]` in a shape that broadcasts to `[N, C, ..]`.
pub(super) fn per_channel(numbers: &Tensor, x: &Tensor) -> Result<Tensor> {
    let mut shape = vec![1; x.rank()];
    shape[1] = x.shape()[1];
    shape[0] = numbers.len() / shape[1];
    numbers.reshape(&shape)
}

pub(super) fn check_channels(op: &'static str, x: &Tensor, channels: usize) -> Result<()> {
    ensure(x.shape().get(1) == Some(&channels), || {
        Error::shape(op, format!("{:?}", x.shape()), format!("[N, {channels}, ..]"))
    })
}
