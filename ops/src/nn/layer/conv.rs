//! Convolutions of images.

use std::any::Any;

use super::{affine, pair, positive};
use crate::{
    Error, Result, Tensor,
    nn::{Fans, Layer, Module, Parameter},
    op::Window,
};

/// How a convolution moves over its input, and whether it adds a bias.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConvOptions {
    pub window: Window,
    /// Rows and columns added at the end of a transposed convolution's output.
    pub output_padding: [usize; 2],
    pub bias: bool,
}

impl Default for ConvOptions {
    fn default() -> Self {
        Self { window: Window::default(), output_padding: [0; 2], bias: true }
    }
}

/// What both directions have in common.
struct Sizes {
    inputs: usize,
    outputs: usize,
    kernel: [usize; 2],
    options: ConvOptions,
}

struct Conv2d(Sizes);

struct ConvTranspose2d(Sizes);

/// Convolution `[N, inputs, H, W] -> [N, outputs, Ho, Wo]` with a weight
/// `[outputs, inputs / groups, Kh, Kw]`; sizes as in [`Tensor::conv2d`].
///
/// # Errors
/// [`Error::Argument`] for a size of 0, or channels that `groups` does not divide; [`Error::Memory`].
pub fn conv2d(inputs: usize, outputs: usize, kernel: [usize; 2], options: ConvOptions) -> Result<Module> {
    let sizes = Sizes { inputs, outputs, kernel, options };
    sizes.check("conv2d")?;
    let parameters = sizes.parameters([outputs, inputs / options.window.groups])?;
    Ok(Module::new(Conv2d(sizes), parameters, vec![]))
}

/// Transposed convolution `[N, inputs, H, W] -> [N, outputs, Ho, Wo]` with a weight
/// `[inputs, outputs / groups, Kh, Kw]`; sizes as in [`Tensor::conv_transpose2d`].
///
/// The fan in is `inputs / groups` times the kernel's size, as for a convolution; PyTorch's default
/// takes the outputs there.
///
/// # Errors
/// As [`conv2d`].
pub fn conv_transpose2d(
    inputs: usize,
    outputs: usize,
    kernel: [usize; 2],
    options: ConvOptions,
) -> Result<Module> {
    let sizes = Sizes { inputs, outputs, kernel, options };
    sizes.check("conv_transpose2d")?;
    let parameters = sizes.parameters([inputs, outputs / options.window.groups])?;
    Ok(Module::new(ConvTranspose2d(sizes), parameters, vec![]))
}

impl Sizes {
    fn check(&self, op: &'static str) -> Result<()> {
        let groups = self.options.window.groups;
        let [kh, kw] = self.kernel;
        positive(
            op,
            &[
                ("inputs", self.inputs),
                ("outputs", self.outputs),
                ("the kernel", kh.min(kw)),
                ("groups", groups),
            ],
        )?;
        if self.inputs.is_multiple_of(groups) && self.outputs.is_multiple_of(groups) {
            return Ok(());
        }
        Err(Error::Argument {
            op,
            name: "groups",
            found: format!("{groups} for {} -> {} channels", self.inputs, self.outputs),
            expected: "a divisor of both".into(),
        })
    }

    fn parameters(&self, lead: [usize; 2]) -> Result<Vec<(String, Parameter)>> {
        let [kh, kw] = self.kernel;
        let groups = self.options.window.groups;
        let fans = Fans { input: self.inputs / groups * kh * kw, output: self.outputs / groups * kh * kw };
        affine(&[lead[0], lead[1], kh, kw], fans, self.options.bias.then_some(self.outputs))
    }

    fn describe(&self) -> String {
        let Window { stride, padding, dilation, groups } = self.options.window;
        let mut text = format!("{} -> {}, kernel {}", self.inputs, self.outputs, pair(self.kernel));
        let unusual = [
            ("stride", stride, 1),
            ("padding", padding, 0),
            ("output padding", self.options.output_padding, 0),
            ("dilation", dilation, 1),
            ("groups", [groups; 2], 1),
        ];
        for (name, value, _) in unusual.into_iter().filter(|(_, value, usual)| *value != [*usual; 2]) {
            text += &format!(", {name} {}", pair(value));
        }
        text
    }
}

impl Layer for Conv2d {
    fn name(&self) -> &str {
        "Conv2d"
    }

    fn describe(&self) -> String {
        self.0.describe()
    }

    fn forward(&self, module: &Module, x: &Tensor) -> Result<Tensor> {
        let bias = module.parameter("bias").map(Parameter::get);
        x.conv2d(&module.value("weight")?, bias.as_ref(), self.0.options.window)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Layer for ConvTranspose2d {
    fn name(&self) -> &str {
        "ConvTranspose2d"
    }

    fn describe(&self) -> String {
        self.0.describe()
    }

    fn forward(&self, module: &Module, x: &Tensor) -> Result<Tensor> {
        let bias = module.parameter("bias").map(Parameter::get);
        let ConvOptions { window, output_padding, .. } = self.0.options;
        x.conv_transpose2d(&module.value("weight")?, bias.as_ref(), window, output_padding)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
