//! The affine map.

use super::{affine, positive};
use crate::{
    Error, Result, Tensor,
    nn::{Layer, Module, Parameter},
    op::{OnnxAttribute, OnnxOperator},
};

/// `y = x weight^T + bias`
struct Linear {
    inputs: usize,
    outputs: usize,
}

/// `y = x weight^T + bias`: `[.., inputs] -> [.., outputs]`, weight `[outputs, inputs]`. Both start uniform
/// in `+-1 / sqrt(inputs)`.
///
/// # Errors
/// [`Error::Argument`] for a size of 0, [`Error::Memory`].
pub fn linear(inputs: usize, outputs: usize, bias: bool) -> Result<Module> {
    positive("linear", &[("inputs", inputs), ("outputs", outputs)])?;
    let parameters = affine(&[outputs, inputs], bias.then_some(outputs))?;
    Ok(Module::new(Linear { inputs, outputs }, parameters, vec![]))
}

impl Linear {
    /// As ONNX has it: one operator for a matrix, a product and a sum for more dimensions.
    fn traced(&self, module: &Module, x: &Tensor) -> Result<Tensor> {
        let (weight, bias) = (module.value("weight")?, module.parameter("bias").map(Parameter::get));
        if x.rank() == 2 {
            let y = x.spec().reshaped([x.shape()[0], self.outputs]);
            let inputs: Vec<_> = [x, &weight].into_iter().chain(&bias).collect();
            return OnnxOperator::new("Gemm", &y).with("transB", OnnxAttribute::Int(1)).on(&inputs);
        }
        let y = x.matmul(&weight.transpose(0, 1)?)?;
        bias.map_or(Ok(y.clone()), |bias| y.add(&bias))
    }
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
            return Err(Error::shape("linear", format!("{:?}", x.shape()), format!("[.., {}]", self.inputs)));
        };
        if x.is_symbolic() && x.rank() > 1 {
            return self.traced(module, x);
        }
        // One product of two matrices, however many dimensions there are.
        let rows = x.reshape(&[x.len() / inputs, inputs])?;
        let y = rows.matmul(&module.value("weight")?.transpose(0, 1)?)?;
        let y = match module.parameter("bias") {
            Some(bias) => y.add(&bias.get())?,
            None => y,
        };
        y.reshape(&[lead, &[self.outputs]].concat())
    }
}
