//! Convolutions of signals and images.

use super::{affine, batched, function, pair, positive};
use crate::{
    Error, Result, Tensor, ensure,
    nn::{Module, Parameter},
    op::Window,
};

/// How a convolution moves over its input, and whether it adds a bias.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConvOptions {
    /// Of a convolution of signals, the column half counts.
    pub window: Window,
    /// Rows and columns added at the end of a transposed convolution's output; of no effect elsewhere.
    pub output_padding: [usize; 2],
    pub bias: bool,
}

impl Default for ConvOptions {
    fn default() -> Self {
        Self { window: Window::default(), output_padding: [0; 2], bias: true }
    }
}

/// A convolution of one of four forms.
struct Conv {
    form: Form,
    inputs: usize,
    outputs: usize,
    /// One or two sizes.
    kernel: Vec<usize>,
    options: ConvOptions,
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Signals,
    Images,
    TransposedSignals,
    Transposed,
}

/// Convolution `[N, inputs, L] -> [N, outputs, Lo]` with a weight `[outputs, inputs / groups, K]`;
/// sizes as in [`Tensor::conv1d`]. Weight and bias start uniform in `+-1 / sqrt(inputs / groups K)`.
///
/// # Errors
/// [`Error::Argument`] for a size of 0, or channels that `groups` does not divide; [`Error::Memory`].
pub fn conv1d(inputs: usize, outputs: usize, kernel: usize, options: ConvOptions) -> Result<Module> {
    Conv { form: Form::Signals, inputs, outputs, kernel: vec![kernel], options }.module("conv1d", "Conv1d")
}

/// Convolution `[N, inputs, H, W] -> [N, outputs, Ho, Wo]` with a weight
/// `[outputs, inputs / groups, Kh, Kw]`; sizes as in [`Tensor::conv2d`]. Weight and bias start uniform in
/// `+-1 / sqrt(inputs / groups Kh Kw)`.
///
/// # Errors
/// As [`conv1d`].
pub fn conv2d(inputs: usize, outputs: usize, kernel: [usize; 2], options: ConvOptions) -> Result<Module> {
    Conv { form: Form::Images, inputs, outputs, kernel: kernel.to_vec(), options }.module("conv2d", "Conv2d")
}

/// Transposed convolution `[N, inputs, H, W] -> [N, outputs, Ho, Wo]` with a weight
/// `[inputs, outputs / groups, Kh, Kw]`; sizes as in [`Tensor::conv_transpose2d`]. Weight and bias start
/// uniform in `+-1 / sqrt(outputs / groups Kh Kw)`: of the outputs, as in PyTorch.
///
/// # Errors
/// As [`conv1d`].
pub fn conv_transpose2d(
    inputs: usize,
    outputs: usize,
    kernel: [usize; 2],
    options: ConvOptions,
) -> Result<Module> {
    let kernel = kernel.to_vec();
    Conv { form: Form::Transposed, inputs, outputs, kernel, options }
        .module("conv_transpose2d", "ConvTranspose2d")
}

/// Transposed convolution `[N, inputs, L] -> [N, outputs, Lo]` with a weight `[inputs, outputs / groups,
/// K]`; sizes as in [`Tensor::conv_transpose1d`]. Weight and bias start uniform in `+-1 / sqrt(outputs /
/// groups K)`: of the outputs, as in PyTorch.
///
/// # Errors
/// As [`conv1d`].
pub fn conv_transpose1d(
    inputs: usize,
    outputs: usize,
    kernel: usize,
    options: ConvOptions,
) -> Result<Module> {
    Conv { form: Form::TransposedSignals, inputs, outputs, kernel: vec![kernel], options }
        .module("conv_transpose1d", "ConvTranspose1d")
}

impl Conv {
    fn module(self, op: &'static str, name: &'static str) -> Result<Module> {
        self.check(op)?;
        let groups = self.options.window.groups;
        let mut weight = match self.form {
            Form::Transposed | Form::TransposedSignals => vec![self.inputs, self.outputs / groups],
            _ => vec![self.outputs, self.inputs / groups],
        };
        weight.extend(&self.kernel);
        let parameters = affine(&weight, self.options.bias.then_some(self.outputs))?;
        let layer = function(name, self.describe(), move |module, x| self.forward(module, x));
        Ok(Module::new(layer, parameters, vec![]))
    }

    fn check(&self, op: &'static str) -> Result<()> {
        let groups = self.options.window.groups;
        let kernel = self.kernel.iter().copied().min().unwrap_or(0);
        let sizes =
            [("inputs", self.inputs), ("outputs", self.outputs), ("the kernel", kernel), ("groups", groups)];
        positive(op, &sizes)?;
        ensure(self.inputs.is_multiple_of(groups) && self.outputs.is_multiple_of(groups), || {
            let found = format!("{groups} for {} -> {} channels", self.inputs, self.outputs);
            Error::argument(op, "groups", found, "a divisor of both")
        })
    }

    fn describe(&self) -> String {
        let ConvOptions { window: Window { stride, padding, dilation, groups }, output_padding, .. } =
            self.options;
        let settings = [
            ("stride", stride, 1),
            ("padding", padding, 0),
            ("output padding", output_padding, 0),
            ("dilation", dilation, 1),
            ("groups", [groups; 2], 1),
        ];
        let mut text = format!("{} -> {}, kernel {}", self.inputs, self.outputs, pair(&self.kernel));
        // Of signals, the first half of each pair has no meaning.
        let of_form = |value: [usize; 2]| value[2 - self.kernel.len()..].to_vec();
        for (name, value, default) in settings.map(|(name, value, default)| (name, of_form(value), default)) {
            if value.iter().any(|&n| n != default) {
                text += &format!(", {name} {}", pair(&value));
            }
        }
        text
    }

    fn forward(&self, module: &Module, x: &Tensor) -> Result<Tensor> {
        batched(x, self.kernel.len() + 2, |x| self.of_batch(module, x))
    }

    fn of_batch(&self, module: &Module, x: &Tensor) -> Result<Tensor> {
        let (weight, bias) = (module.value("weight")?, module.parameter("bias").map(Parameter::get));
        let ConvOptions { window, output_padding, .. } = self.options;
        match self.form {
            Form::Signals => x.conv1d(&weight, bias.as_ref(), window),
            Form::Images => x.conv2d(&weight, bias.as_ref(), window),
            Form::TransposedSignals => x.conv_transpose1d(&weight, bias.as_ref(), window, output_padding[1]),
            Form::Transposed => x.conv_transpose2d(&weight, bias.as_ref(), window, output_padding),
        }
    }
}
