//! The affine map.

use std::any::Any;

use super::{affine, positive};
use crate::{
    Error, Result, Tensor,
    nn::{Fans, Layer, Module},
};

/// `y = x weight^T + bias`
struct Linear {
    inputs: usize,
    outputs: usize,
}

/// `y = x weight^T + bias`: `[.., inputs] -> [.., outputs]`, weight `[outputs, inputs]`.
///
/// # Errors
/// [`Error::Argument`] for a size of 0, [`Error::Memory`].
pub fn linear(inputs: usize, outputs: usize, bias: bool) -> Result<Module> {
    positive("linear", &[("inputs", inputs), ("outputs", outputs)])?;
    let fans = Fans { input: inputs, output: outputs };
    let parameters = affine(&[outputs, inputs], fans, bias.then_some(outputs))?;
    Ok(Module::new(Linear { inputs, outputs }, parameters, vec![]))
}

impl Layer for Linear {
    fn name(&self) -> &str {
        "Linear"
    }

    fn describe(&self) -> String {
        format!("{} -> {}", self.inputs, self.outputs)
    }

    fn forward(&self, module: &Module, x: &Tensor) -> Result<Tensor> {
        let Some((&inputs, lead)) = x.shape().split_last().filter(|(n, _)| **n == self.inputs) else {
            return Err(Error::Shape {
                op: "linear",
                found: format!("{:?}", x.shape()),
                expected: format!("[.., {}]", self.inputs),
            });
        };
        // One product of two matrices, however many dimensions there are.
        let rows = x.reshape(&[x.len() / inputs, inputs])?;
        let y = rows.matmul(&module.value("weight")?.transpose(0, 1)?)?;
        let y = match module.parameter("bias") {
            Some(bias) => y.add(&bias.get())?,
            None => y,
        };
        y.reshape(&[lead, &[self.outputs]].concat())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
