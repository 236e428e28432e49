//! Convolution of volumes.

use super::{affine, function, pair, positive};
use crate::{
    Error, Result, ensure,
    nn::{Module, Parameter},
    op::Window3d,
};

/// Convolution `[N, inputs, D, H, W] -> [N, outputs, Do, Ho, Wo]` with a weight
/// `[outputs, inputs / groups, Kd, Kh, Kw]`; sizes as in [`crate::Tensor::conv3d`]. Weight and bias start
/// uniform in `+-1 / sqrt(inputs / groups Kd Kh Kw)`.
///
/// # Errors
/// [`Error::Argument`] for a size of 0, or channels that `groups` does not divide; [`Error::Memory`].
pub fn conv3d(
    inputs: usize,
    outputs: usize,
    kernel: [usize; 3],
    window: Window3d,
    bias: bool,
) -> Result<Module> {
    const OP: &str = "conv3d";
    let groups = window.groups;
    let smallest = kernel.into_iter().min().unwrap_or(0);
    positive(OP, &[("inputs", inputs), ("outputs", outputs), ("the kernel", smallest), ("groups", groups)])?;
    ensure(inputs.is_multiple_of(groups) && outputs.is_multiple_of(groups), || {
        let found = format!("{groups} for {inputs} -> {outputs} channels");
        Error::argument(OP, "groups", found, "a divisor of both")
    })?;
    let weight = [&[outputs, inputs / groups][..], &kernel].concat();
    let parameters = affine(&weight, bias.then_some(outputs))?;
    let mut text = format!("{inputs} -> {outputs}, kernel {}", pair(&kernel));
    for (name, sizes, default) in
        [("stride", window.stride, 1), ("padding", window.padding, 0), ("dilation", window.dilation, 1)]
    {
        if sizes.iter().any(|&n| n != default) {
            text += &format!(", {name} {}", pair(&sizes));
        }
    }
    let layer = function("Conv3d", text, move |module, x| {
        x.conv3d(&module.value("weight")?, module.parameter("bias").map(Parameter::get).as_ref(), window)
    });
    Ok(Module::new(layer, parameters, vec![]))
}
