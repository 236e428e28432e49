//! Batch normalisation whose gain and bias depend on a condition, a class for example.

use super::{
    embedding,
    norm::{BatchNorm, BatchNormOptions, check_channels, running},
    positive,
};
use crate::{
    Error, Result, Tensor, ensure,
    nn::{Layer, Module, Value, value},
};

const OP: &str = "conditional_batch_norm";

/// `y = (1 + gain(c)) (x - mean) / sqrt(var + eps) + bias(c)`
struct ConditionalBatchNorm(BatchNorm);

/// Batch normalisation of `[N, channels, ..]` with a gain and a bias for each sample, which two modules
/// compute from a condition (labels `[N]` or vectors `[N, D]`, to `[N, channels]`):
/// `y = (1 + gain(c)) (x - mean) / sqrt(var + eps) + bias(c)` (de Vries et al., 2017; Brock, Donahue,
/// Simonyan, 2019). Used by [`Module::forward_with`].
///
/// # Errors
/// [`Error::Argument`] for no channels; when used, those of [`super::batch_norm`], and [`Error::Shape`]
/// for a gain or bias of another shape.
pub fn conditional_batch_norm(
    channels: usize,
    gain: Module,
    bias: Module,
    options: BatchNormOptions,
) -> Result<Module> {
    positive(OP, &[("channels", channels)])?;
    let layer = ConditionalBatchNorm(BatchNorm { channels, options });
    let children = [("gain", gain), ("bias", bias)].map(|(name, module)| (name.to_owned(), module));
    Ok(Module::new(layer, running(channels)?, children.into()))
}

/// [`conditional_batch_norm`] with a gain and a bias of their own for each class: labels `[N]` in
/// `0..classes`. Both begin with zeros, so that it begins as a plain batch normalisation.
///
/// # Errors
/// [`Error::Argument`] for a size of 0, and as [`conditional_batch_norm`].
pub fn class_batch_norm(channels: usize, classes: usize, options: BatchNormOptions) -> Result<Module> {
    positive(OP, &[("classes", classes)])?;
    let [gain, bias] = [0; 2].map(|_| embedding::zeros(classes, channels));
    conditional_batch_norm(channels, gain?, bias?, options)
}

impl ConditionalBatchNorm {
    /// What a child makes of the condition, `[N, C]`.
    fn per_sample(&self, module: &Module, name: &str, x: &Tensor, condition: &Tensor) -> Result<Tensor> {
        let child = module.child(name).ok_or_else(|| Error::State(format!("{OP}: no module `{name}`")))?;
        let (y, expected) = (child.forward(condition), [x.shape()[0], self.0.channels]);
        let y = y.map_err(|e| e.within(name))?;
        ensure(y.shape() == expected, || {
            let found = format!("{:?} for the {name}", y.shape());
            Error::shape(OP, found, format!("{expected:?}, a number for each sample and channel"))
        })?;
        Ok(y)
    }
}

impl Layer for ConditionalBatchNorm {
    fn name(&self) -> &str {
        "ConditionalBatchNorm"
    }

    fn describe(&self) -> String {
        self.0.channels.to_string()
    }

    fn call(&self, module: &Module, inputs: &[Value]) -> Result<Value> {
        let [Value::Tensor(x), Value::Tensor(condition)] = inputs else {
            return value::refuse(self.name(), "it depends on a condition: give it the input and the labels");
        };
        check_channels(OP, x, self.0.channels)?;
        let [gain, bias] = ["gain", "bias"].map(|name| self.per_sample(module, name, x, condition));
        self.0.normalise(OP, module, x, [&gain?.add_scalar(1.0)?, &bias?]).map(Value::Tensor)
    }
}
