//! The affine map.

use super::{affine, function, functional, positive};
use crate::{
    Result, Tensor,
    nn::{Module, Parameter},
    op::{OnnxAttribute, OnnxOperator},
};

/// `y = x weight^T + bias`: `[.., inputs] -> [.., outputs]`, weight `[outputs, inputs]`. Both start uniform
/// in `+-1 / sqrt(inputs)`.
///
/// # Errors
/// [`Error::Argument`] for a size of 0, [`Error::Memory`].
pub fn linear(inputs: usize, outputs: usize, bias: bool) -> Result<Module> {
    positive("linear", &[("inputs", inputs), ("outputs", outputs)])?;
    let parameters = affine(&[outputs, inputs], bias.then_some(outputs))?;
    let layer = function("Linear", format!("{inputs} -> {outputs}"), move |module, x| {
        if x.is_symbolic() && x.rank() > 1 && x.shape().ends_with(&[inputs]) {
            return traced(module, x, outputs);
        }
        functional::linear(x, &module.value("weight")?, module.parameter("bias").map(Parameter::get).as_ref())
    });
    Ok(Module::new(layer, parameters, vec![]))
}

/// As ONNX has it: one operator for a matrix, a product and a sum for more dimensions.
fn traced(module: &Module, x: &Tensor, outputs: usize) -> Result<Tensor> {
    let (weight, bias) = (module.value("weight")?, module.parameter("bias").map(Parameter::get));
    if x.rank() == 2 {
        let y = x.spec().reshaped([x.shape()[0], outputs]);
        let inputs: Vec<_> = [x, &weight].into_iter().chain(&bias).collect();
        return OnnxOperator::new("Gemm", &y).with("transB", OnnxAttribute::Int(1)).on(&inputs);
    }
    let y = x.matmul(&weight.transpose(0, 1)?)?;
    bias.map_or(Ok(y.clone()), |bias| y.add(&bias))
}
