//! `nn::...`: modules.

use std::sync::Arc;

use ops::{
    Tensor,
    nn::{self, Activation, ConvOptions, Module, init},
    op::Window,
};
use rhai::Map;

use super::options::{Options, Pair};
use crate::{
    error::{Error, Result},
    script::{Adder, Table},
    session::Session,
};

/// Adds the functions of this file.
pub fn add(table: &mut Table, session: &Arc<Session>) {
    let mut module = table.module("nn", "Modules: things with a forward function and parameters.");
    add_convolutions(&mut module, session);
    add_activations(&mut module);
    module.add(
        "sequential(modules)",
        "Modules one after the other.",
        "nn::sequential([nn::linear(4, 3), nn::relu()]).forward(zeros([2, 4])).shape => [2, 3]",
        |modules: Vec<Module>| nn::sequential(modules),
    );
    add_methods(&mut table.global());
}

fn conv_options(function: &'static str, map: Map) -> Result<ConvOptions> {
    let mut options = Options::new(function, map);
    let window = Window {
        stride: options.pair("stride", 1)?,
        padding: options.pair("padding", 0)?,
        dilation: options.pair("dilation", 1)?,
        groups: options.get("groups", 1)?,
    };
    let output_padding =
        if function == "nn::conv_transpose2d" { options.pair("output_padding", 0)? } else { [0; 2] };
    let bias = options.get("bias", true)?;
    options.end()?;
    Ok(ConvOptions { window, output_padding, bias })
}

fn add_convolutions(module: &mut Adder, session: &Arc<Session>) {
    let device = session.options.device;
    let placed = move |module: ops::Result<Module>| -> Result<Module> {
        let module = module?;
        module.to_device(device)?;
        Ok(module)
    };
    module
        .add(
            "conv2d(inputs, outputs, kernel)",
            "Convolution of images [N, inputs, H, W] with a kernel of one size or [height, width].",
            "nn::conv2d(1, 8, 5).forward(zeros([2, 1, 28, 28])).shape => [2, 8, 24, 24]",
            move |i: usize, o: usize, k: Pair| placed(nn::conv2d(i, o, k.0, ConvOptions::default())),
        )
        .add(
            "conv2d(inputs, outputs, kernel, options)",
            "With options stride, padding, dilation, groups (1, 0, 1, 1) and bias (true).",
            "nn::conv2d(1, 8, 5, #{ stride: 2, padding: 2 }).forward(zeros([2, 1, 28, 28])).shape => [2, 8, 14, 14]",
            move |i: usize, o: usize, k: Pair, options: Map| {
                placed(nn::conv2d(i, o, k.0, conv_options("nn::conv2d", options)?))
            },
        )
        .add(
            "conv_transpose2d(inputs, outputs, kernel)",
            "Transposed convolution of images [N, inputs, H, W].",
            "nn::conv_transpose2d(8, 1, 5).forward(zeros([2, 8, 24, 24])).shape => [2, 1, 28, 28]",
            move |i: usize, o: usize, k: Pair| placed(nn::conv_transpose2d(i, o, k.0, ConvOptions::default())),
        )
        .add(
            "conv_transpose2d(inputs, outputs, kernel, options)",
            "With options stride, padding, output_padding, dilation, groups and bias.",
            "nn::conv_transpose2d(8, 1, 4, #{ stride: 2, padding: 1 }).forward(zeros([2, 8, 7, 7])).shape => [2, 1, 14, 14]",
            move |i: usize, o: usize, k: Pair, options: Map| {
                placed(nn::conv_transpose2d(i, o, k.0, conv_options("nn::conv_transpose2d", options)?))
            },
        )
        .add(
            "linear(inputs, outputs)",
            "The affine map [.., inputs] -> [.., outputs].",
            "nn::linear(4, 3).forward(zeros([2, 4])).shape => [2, 3]",
            move |i: usize, o: usize| placed(nn::linear(i, o, true)),
        );
}

fn add_activations(module: &mut Adder) {
    module
        .add("relu()", "max(x, 0)", "nn::relu().forward(tensor([-1.0, 2.0])).to_array() => [0.0, 2.0]", || {
            nn::activation(Activation::Relu)
        })
        .add("sigmoid()", "1 / (1 + e^-x)", "nn::sigmoid().forward(tensor([0.0])).to_array() => [0.5]", || {
            nn::activation(Activation::Sigmoid)
        });
}

fn add_methods(global: &mut Adder) {
    global
        .add(
            "forward(module, x)",
            "What the module makes of a tensor.",
            "nn::relu().forward(tensor([-1.0])).to_array() => [0.0]",
            |module: Module, x: Tensor| module.forward(&x),
        )
        .add(
            "get children(module)",
            "The modules that this one is made of, by name.",
            "nn::sequential([nn::relu()]).children.keys() => [\"0\"]",
            |module: Module| -> rhai::Dynamic {
                let named = module.children().iter().map(|(k, m)| (k.into(), rhai::Dynamic::from(m.clone())));
                named.collect::<Map>().into()
            },
        )
        .add(
            "init_normal(module, mean, std)",
            "Draws all weights and biases from a normal distribution.",
            "nn::linear(4, 3).init_normal(0.0, 0.02).parameter_count() => 15",
            |module: Module, mean: f64, std: f64| -> Result<Module> {
                module.init(init::normal(mean, std), true)?;
                Ok(module)
            },
        )
        .add(
            "parameter_count(module)",
            "Number of trainable numbers.",
            "nn::linear(4, 3).parameter_count() => 15",
            |module: Module| module.parameter_count(),
        )
        .add(
            "deep_copy(module)",
            "A module of the same structure with parameters of its own.",
            "nn::linear(4, 3).deep_copy().parameter_count() => 15",
            |module: Module| module.deep_copy(),
        )
        .add(
            "to_string(module)",
            "The module as a tree, with shapes and counts.",
            "type_of(nn::relu().to_string()) => string",
            |module: Module| module.to_string(),
        )
        .add(
            "load_from(module, other)",
            "Copies the parameters of a module of the same structure.",
            "{ let a = nn::linear(2, 2); a.load_from(nn::linear(2, 2)); a.parameter_count() } => 6",
            |module: Module, other: Module| -> Result<(), Error> {
                let values: Vec<_> = other.state().into_iter().map(|(name, p)| (name, p.get().detach())).collect();
                Ok(module.load_state(&values)?)
            },
        );
}
