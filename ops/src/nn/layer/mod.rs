//! The kinds of modules, one family a file. Each is offered as one function that makes a
//! [`Module`] on the CPU in f32; [`Module::to_device`] moves it.

use super::{Fans, Layer, Module, Parameter, Value, init, value};
use crate::{DType, Device, Error, Result, Spec, Tensor};

mod activation;
mod attention;
mod conditional;
mod conv;
mod conv3d;
mod dropout;
mod embedding;
pub mod functional;
mod linear;
mod lora;
mod norm;
mod parameter;
mod position;
mod record;
mod recurrent;
mod reshape;
mod resize;
mod sequential;
mod spectral;
mod transformer;
mod weight_norm;

pub use activation::{Activation, activation, prelu};
pub use attention::{AttentionOptions, MultiHeadOptions, multi_head_attention, scaled_dot_product_attention};
pub use conditional::{class_batch_norm, conditional_batch_norm};
pub use conv::{ConvOptions, conv_transpose1d, conv_transpose2d, conv1d, conv2d};
pub use conv3d::conv3d;
pub use dropout::{dropout, dropped};
pub use embedding::{embedding, padded_embedding};
pub use linear::linear;
pub use lora::{AdaptedWeight, lora, merged};
pub use norm::{BatchNormOptions, batch_norm, group_norm, instance_norm, layer_norm, layer_norm_with};
pub use parameter::parameter;
pub use position::{PositionOptions, positional_encoding, sinusoidal};
pub use record::record;
pub use recurrent::{RecurrentOptions, gru, lstm, rnn};
pub use reshape::{flatten, identity, pixel_shuffle, pixel_unshuffle, reshape};
pub use resize::{
    PoolOptions, adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_max_pool1d, adaptive_max_pool2d,
    avg_pool1d, avg_pool2d, global_avg_pool, max_pool1d, max_pool2d, upsample,
};
pub use sequential::{sequential, sequential_named};
pub use spectral::{Spectral, spectral, spectral_norm};
pub use transformer::{
    TransformerOptions, transformer_decoder_layer, transformer_encoder_layer, transformer_stack,
};
pub use weight_norm::weight_norm;

/// The weight and, if wanted, the bias of an affine map, both uniform in `+-1 / sqrt(fan in)` of the
/// weight, as PyTorch draws them.
fn affine(weight: &[usize], bias: Option<usize>) -> Result<Vec<(String, Parameter)>> {
    let fans = Fans::of_weight(weight);
    let draw = |name: &str, shape: &[usize]| {
        let spec = Spec::new(shape, DType::F32);
        let value = init::default_of_layers().draw(&spec, fans, Device::Cpu)?;
        Ok((name.to_owned(), Parameter::with_fans(&value, fans)?))
    };
    let mut parameters = vec![draw("weight", weight)?];
    if let Some(outputs) = bias {
        parameters.push(draw("bias", &[outputs])?);
    }
    Ok(parameters)
}

/// A layer that is a function of its module and its input.
struct Function<F> {
    name: &'static str,
    settings: String,
    f: F,
}

impl<F: Fn(&Module, &Tensor) -> Result<Tensor> + Send + Sync + 'static> Layer for Function<F> {
    fn name(&self) -> &str {
        self.name
    }

    fn describe(&self) -> String {
        self.settings.clone()
    }

    fn call(&self, module: &Module, inputs: &[Value]) -> Result<Value> {
        (self.f)(module, value::one(self.name, inputs)?).map(Value::Tensor)
    }
}

/// The layer of a function of its module and its input.
fn function(
    name: &'static str,
    settings: impl Into<String>,
    f: impl Fn(&Module, &Tensor) -> Result<Tensor> + Send + Sync + 'static,
) -> impl Layer {
    Function { name, settings: settings.into(), f }
}

/// The module of a function of its input alone.
fn plain(
    name: &'static str,
    settings: impl Into<String>,
    f: impl Fn(&Tensor) -> Result<Tensor> + Send + Sync + 'static,
) -> Module {
    Module::new(function(name, settings, move |_, x| f(x)), vec![], vec![])
}

/// What `f` makes of one sample `[C, ..]` as a batch of it, where the layer takes `rank` dimensions with the
/// batch.
fn batched(x: &Tensor, rank: usize, f: impl FnOnce(&Tensor) -> Result<Tensor>) -> Result<Tensor> {
    if x.rank() + 1 == rank { f(&x.unsqueeze(0)?)?.squeeze(0) } else { f(x) }
}

/// Refuses numbers that are 0.
fn positive(op: &'static str, numbers: &[(&'static str, usize)]) -> Result<()> {
    numbers
        .iter()
        .find(|(_, n)| *n == 0)
        .map_or(Ok(()), |&(name, _)| Err(Error::argument(op, name, "0", "at least 1")))
}

/// Sizes for readers: one number where all are equal.
fn pair(sizes: &[usize]) -> String {
    let all_equal = sizes.windows(2).all(|two| two[0] == two[1]);
    let shown = if all_equal { &sizes[..1] } else { sizes };
    shown.iter().map(usize::to_string).collect::<Vec<_>>().join("x")
}
