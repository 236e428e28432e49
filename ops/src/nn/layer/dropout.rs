//! Dropout.

use super::function;
use crate::{
    DType, Error, Result, Tensor, ensure,
    nn::Module,
    op::{OnnxOperator, OnnxValue},
    random,
};

/// In training, sets each element to 0 with a probability `p`, and scales the others by `1 / (1 - p)`;
/// the identity in evaluation (Srivastava et al., 2014). Draws from the innermost random stream.
///
/// # Errors
/// [`Error::Argument`] for a probability outside 0 to 1.
pub fn dropout(probability: f64) -> Result<Module> {
    probable("dropout", probability)?;
    let layer = function("Dropout", format!("p {probability}"), move |module, x| {
        if x.is_symbolic() && probability < 1.0 {
            // Of no effect, but whoever trains the exported model on finds it.
            let ratio = OnnxValue::Number(probability, DType::F32);
            return OnnxOperator::new("Dropout", x.spec()).constant(ratio).on(&[x]);
        }
        if module.is_learning(x) { dropped(x, probability) } else { Ok(x.clone()) }
    });
    Ok(Module::new(layer, vec![], vec![]))
}

/// Each element 0 with that probability, the others larger by `1 / (1 - p)`.
///
/// # Errors
/// [`Error::DType`] for anything but floats.
pub fn dropped(x: &Tensor, probability: f64) -> Result<Tensor> {
    if probability == 0.0 {
        return Ok(x.clone());
    }
    if probability == 1.0 {
        return x.mul_scalar(0.0);
    }
    let kept = random::uniform(x.shape(), x.device())?.ge_scalar(probability)?;
    x.mul(&kept.cast(x.dtype())?)?.div_scalar(1.0 - probability)
}

/// Refuses what is no probability.
pub(super) fn probable(op: &'static str, p: f64) -> Result<()> {
    ensure((0.0..=1.0).contains(&p), || Error::argument(op, "the probability", p, "0 to 1"))
}
