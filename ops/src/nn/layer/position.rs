//! Where something stands, in numbers that networks can use.

use super::{
    Module, Parameter,
    dropout::{dropped, probable},
    function, positive,
};
use crate::{DType, Device, Error, Result, Tensor, ensure};

/// Sines and cosines of positions: `[..] -> [.., size]` with `y_2i = sin(p / 10000^(2i / size))` and
/// `y_2i+1 = cos(p / 10000^(2i / size))` (Vaswani et al., 2017, section 3.5).
///
/// # Errors
/// [`Error::Argument`] for an odd size; [`Error::DType`] for bools.
pub fn sinusoidal(positions: &Tensor, size: usize) -> Result<Tensor> {
    positive("sinusoidal", &[("the size", size)])?;
    ensure(size.is_multiple_of(2), || Error::argument("sinusoidal", "the size", size, "an even number"))?;
    let dtype = if positions.dtype() == DType::F64 { DType::F64 } else { DType::F32 };
    // In f64, whatever the device: angles are large.
    let numbers = Tensor::arange(0.0, (size / 2) as f64, 1.0, DType::F64, Device::Cpu)?;
    let rates = numbers.mul_scalar(-2.0 * 10_000f64.ln() / size as f64)?.exp()?;
    let rates = rates.cast(dtype)?.to_device(positions.device())?;
    let angles = positions.cast(dtype)?.unsqueeze(-1)?.mul(&rates)?;
    let pairs = Tensor::stack(&[&angles.sin()?, &angles.cos()?], -1)?;
    pairs.reshape(&[positions.shape(), &[size]].concat())
}

/// Settings of [`positional_encoding`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PositionOptions {
    /// The largest number of positions.
    pub max_len: usize,
    pub dropout: f64,
    /// Whether the samples are the first dimension, and not the positions.
    pub batch_first: bool,
}

impl Default for PositionOptions {
    fn default() -> Self {
        Self { max_len: 5000, dropout: 0.1, batch_first: false }
    }
}

/// Adds [`sinusoidal`] numbers of the positions to `[T, N, size]`, with dropout after it; the buffer `pe` is
/// `[max_len, size]`.
///
/// # Errors
/// [`Error::Argument`] for an odd size, no positions, and a dropout outside 0 to 1; when used,
/// [`Error::Shape`].
pub fn positional_encoding(size: usize, options: PositionOptions) -> Result<Module> {
    const OP: &str = "positional_encoding";
    let PositionOptions { max_len, dropout, batch_first } = options;
    positive(OP, &[("max_len", max_len)])?;
    probable(OP, dropout)?;
    let positions = Tensor::arange(0.0, max_len as f64, 1.0, DType::F32, Device::Cpu)?;
    let table = sinusoidal(&positions, size).map_err(|e| e.named(OP))?;
    let settings = format!("{size}, up to {max_len} positions");
    let layer = function("PositionalEncoding", settings, move |module, x| {
        let along = usize::from(batch_first);
        let steps = match x.shape() {
            shape @ [_, _, last] if *last == size && shape[along] <= max_len => shape[along],
            shape => {
                let form = if batch_first { "[N, T, size]" } else { "[T, N, size]" };
                let expected = format!("{form} with a size of {size} and at most {max_len} steps");
                return Err(Error::shape(OP, format!("{shape:?}"), expected));
            }
        };
        let own = module.value("pe")?.narrow(0, 0, steps)?.cast(x.dtype())?;
        let y = x.add(&own.unsqueeze(if batch_first { 0 } else { 1 })?)?;
        if module.is_learning(x) { dropped(&y, dropout) } else { Ok(y) }
    });
    Ok(Module::new(layer, vec![("pe".to_owned(), Parameter::buffer(&table))], vec![]))
}
