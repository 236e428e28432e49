//! Dropout.

use super::function;
use crate::{
    DType, Error, Result, ensure,
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
    ensure((0.0..=1.0).contains(&probability), || {
        Error::argument("dropout", "the probability", probability, "0 to 1")
    })?;
    let layer = function("Dropout", format!("p {probability}"), move |module, x| {
        if x.is_symbolic() && probability < 1.0 {
            // Of no effect, but whoever trains the exported model on finds it.
            let ratio = OnnxValue::Number(probability, DType::F32);
            return OnnxOperator::new("Dropout", x.spec()).constant(ratio).on(&[x]);
        }
        if probability == 0.0 || !module.is_learning(x) {
            return Ok(x.clone());
        }
        if probability == 1.0 {
            return x.mul_scalar(0.0);
        }
        let kept = random::uniform(x.shape(), x.device())?.ge_scalar(probability)?;
        x.mul(&kept.cast(x.dtype())?)?.div_scalar(1.0 - probability)
    });
    Ok(Module::new(layer, vec![], vec![]))
}
