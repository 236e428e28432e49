//! The layers that scripts build networks of.

use ops::{
    Result as OpsResult, Tensor,
    nn::{self, BatchNormOptions, ConvOptions, Module},
    op::{Window, Window3d},
};
use rhai::{Dynamic, Map};

use crate::{
    api::options::{CallOptions, one_of},
    error::{Error, Result},
    script::{Adder, FromScript, Pair, Refusal, Triple},
    session::Session,
};

/// Adds the functions of this file.
pub fn add(module: &mut Adder) {
    add_affine(module);
    add_norms(module);
    module
        .add(
            "dropout(p)",
            "Silences each number with probability p while training, and enlarges the others by 1 / (1 - p).",
            "nn::dropout(0.5).training(false).forward(ones([2])).to_array() => [1.0, 1.0]",
            nn::dropout,
        )
        .add(
            "embedding(count, size, options)",
            "A vector for each class: labels [..] -> [.., size]. The vectors start from N(0, 1). With the \
             option \
             padding_idx that of one class is zeros, and not trained.",
            "nn::embedding(10, 3).forward(tensor([7, 1])).shape => [2, 3]\n\
             nn::embedding(3, 2).init_uniform(7, 7).forward(tensor([2])).to_array() \
             => [[7.0, 7.0]]\n\
             nn::embedding(3, 2, #{ padding_idx: 1 }).forward(tensor([1])).to_array() => [[0.0, 0.0]]",
            |session: &Session, count: usize, size: usize, options: Option<Map>| {
                let padding = CallOptions::read("nn::embedding", options, |options| {
                    options.find::<usize>("padding_idx")
                })?;
                made(
                    session,
                    match padding {
                        Some(padding) => nn::padded_embedding(count, size, padding),
                        None => nn::embedding(count, size),
                    },
                )
            },
        )
        .add(
            "parameter(x)",
            "A tensor to be trained, of no layer: a module of that tensor alone, whose `value` is computed \
             with.",
            "{ let p = nn::parameter(tensor([3.0])); \
             optim::sgd(p, #{ lr: 0.5 }).step((p.value * 4).backward()); p.value.to_array() } => [1.0]",
            |x: Tensor| -> OpsResult<Module> { Ok(nn::parameter(&nn::Parameter::new(&x)?)) },
        )
        .add(
            "buffer(x)",
            "A tensor that is saved and moved with the module that it is a part of, and not trained: a \
             module of that tensor alone, whose `value` is computed with and `set` replaced.",
            "nn::network(#{ count: nn::buffer(zeros([1])) }).parameter_count() => 0\n\
             { let b = nn::buffer(zeros([1])); b.set(ones([1])); b.value.to_array() } => [1.0]",
            |x: Tensor| nn::parameter(&nn::Parameter::buffer(&x)),
        )
        .add(
            "sequential(modules)",
            "Modules one after the other.",
            "nn::sequential([nn::linear(2, 1).init_uniform(-1, -1), nn::relu()])\
             .forward(tensor([[2.0, 4.0], [-2.0, -4.0]])).to_array() => [[0.0], [5.0]]",
            nn::sequential,
        )
        .add(
            "weight_norm(module)",
            "The module with its weight computed as g v / |v|, the norm taken over all dimensions but the \
             first, of the parameters `weight_g` and `weight_v` (Salimans and Kingma, 2016).",
            "nn::weight_norm(nn::linear(2, 3)).parameters().keys() => [\"bias\", \"weight_g\", \
             \"weight_v\"]\n\
             { let n = nn::weight_norm(nn::linear(2, 1, #{ bias: false })); n[\"weight_g\"].set(full([1, \
             1], 5.0)); n[\"weight_v\"].set(tensor([[3.0, 4.0]])); n.forward(tensor([[1.0, \
             0.0]])).round().to_array() } => [[3.0]]",
            |module: Module| nn::weight_norm(&module),
        )
        .add(
            "spectral(module)",
            "A linear or convolution module whose weight is divided by its largest singular value, estimated \
             by one power iteration a training step, after 15 at the start (Miyato et al., 2018).",
            "nn::spectral(nn::linear(1, 1, #{ bias: false }).init_uniform(5, 5)).forward(tensor([[3.0]]))\
             .to_array() => [[3.0]]",
            |session: &Session, module: Module| made(session, nn::spectral(module)),
        );
}

/// A new module on the device of the run.
pub fn made(session: &Session, module: OpsResult<Module>) -> Result<Module> {
    let module = module?;
    module.to_device(session.device())?;
    Ok(module)
}

/// The padding of a convolution: sizes, or "same" and "valid".
struct Around(Option<Pair>, bool);

impl FromScript for Around {
    const NAME: &'static str = "integer, array of two, \"same\" or \"valid\"";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        let Ok(name) = String::from_script(value) else {
            return Pair::from_script(value).map(|pair| Self(Some(pair), false));
        };
        let is_same = one_of("there is no padding", &name, &[("same", true), ("valid", false)]);
        is_same.map(|is_same| Self(None, is_same)).map_err(Refusal::Value)
    }
}

/// The options that all convolutions have, for a kernel of that size; transposed ones have no padding "same".
pub fn conv_options(options: &mut CallOptions, kernel: Option<[usize; 2]>) -> Result<ConvOptions> {
    let (stride, dilation) = (options.pair("stride", 1)?, options.pair("dilation", 1)?);
    let padding = match options.find::<Around>("padding")? {
        Some(Around(None, true)) => same_padding(kernel, stride, dilation)?,
        Some(Around(Some(pair), _)) => pair.0,
        _ => [0; 2],
    };
    let window = Window { stride, padding, dilation, groups: options.get("groups", 1)? };
    Ok(ConvOptions { window, bias: options.get("bias", true)?, ..ConvOptions::default() })
}

/// The padding with which a convolution keeps the size of what it goes over.
fn same_padding(kernel: Option<[usize; 2]>, stride: [usize; 2], dilation: [usize; 2]) -> Result<[usize; 2]> {
    let Some(kernel) = kernel else {
        let problem = "padding \"same\" of a transposed convolution";
        return Err(Error::usage(problem, "give the padding as a number"));
    };
    let around = [0, 1].map(|d| dilation[d].saturating_mul(kernel[d].saturating_sub(1)));
    if stride != [1, 1] {
        return Err(Error::usage("padding \"same\" with a stride", "give the padding as a number"));
    }
    if around.iter().any(|n| n % 2 != 0) {
        let problem = format!("padding \"same\" around a kernel of {kernel:?}, which has no middle");
        return Err(Error::usage(problem, "take an odd kernel, or `x.pad([0, 1])` first"));
    }
    Ok(around.map(|n| n / 2))
}

/// Those of one of volumes, and whether it has a bias.
fn volume_options(options: &mut CallOptions) -> Result<(Window3d, bool)> {
    let mut sizes =
        |name, default| Ok::<_, Error>(options.find::<Triple>(name)?.map_or([default; 3], |sizes| sizes.0));
    let (stride, padding, dilation) = (sizes("stride", 1)?, sizes("padding", 0)?, sizes("dilation", 1)?);
    let window = Window3d { stride, padding, dilation, groups: options.get("groups", 1)? };
    Ok((window, options.get("bias", true)?))
}

/// Those of a transposed one.
pub fn transposed_options(options: &mut CallOptions) -> Result<ConvOptions> {
    let output_padding = options.pair("output_padding", 0)?;
    Ok(ConvOptions { output_padding, ..conv_options(options, None)? })
}

fn add_affine(module: &mut Adder) {
    module
        .add(
            "linear(inputs, outputs, options)",
            "The affine map [.., inputs] -> [.., outputs], with option bias (true). Weight and bias start \
             uniform in +-1 / sqrt(inputs), as in PyTorch.",
            "nn::linear(2, 1).init_uniform(0.5, 0.5).forward(tensor([[2.0, 4.0]])).to_array() => [[3.5]]\n\
             nn::linear(2, 1, #{ bias: false }).init_uniform(0.5, 0.5).forward(tensor([[2.0, \
             4.0]])).to_array() => [[3.0]]",
            |session: &Session, i: usize, o: usize, options: Option<Map>| {
                let bias = CallOptions::read("nn::linear", options, |options| options.get("bias", true))?;
                made(session, nn::linear(i, o, bias))
            },
        )
        .add(
            "conv1d(inputs, outputs, kernel, options)",
            "Convolution of sequences [N, inputs, L], with options stride, padding (a number or \
             \"same\"), dilation, groups, bias. Weight and bias start uniform in +-1 / sqrt(inputs / \
             groups * kernel), as in PyTorch.",
            "nn::conv1d(2, 4, 3, #{ padding: 1 }).forward(zeros([1, 2, 9])).shape => [1, 4, 9]\n\
             nn::conv1d(1, 1, 2, #{}).init_uniform(1, 1).forward(tensor([[[1.0, 2.0, 3.0]]])).to_array() \
             => [[[4.0, 6.0]]]",
            |session: &Session, i: usize, o: usize, k: usize, map: Option<Map>| {
                made(
                    session,
                    nn::conv1d(
                        i,
                        o,
                        k,
                        CallOptions::read("nn::conv1d", map, |o| conv_options(o, Some([1, k])))?,
                    ),
                )
            },
        )
        .add(
            "conv2d(inputs, outputs, kernel, options)",
            "Convolution of images [N, inputs, H, W] with a kernel of one size or [height, width], with \
             options stride, padding (also \"same\"), dilation, groups (1, 0, 1, 1) and bias (true). \
             Weight and bias start \
             uniform in +-1 / sqrt(inputs / groups * height * width), as in PyTorch.",
            "nn::conv2d(1, 8, 5).forward(zeros([2, 1, 28, 28])).shape => [2, 8, 24, 24]\n\
             nn::conv2d(1, 1, 2).init_uniform(1, 1).forward(tensor([[[[1.0, 2.0], [3.0, 4.0]]]])).to_array() \
             => [[[[11.0]]]]\n\
             nn::conv2d(1, 1, 2, #{ stride: 2, padding: 1 }).init_uniform(1, 1)\
             .forward(tensor([[[[1.0, 2.0], [3.0, 4.0]]]])).to_array() => [[[[2.0, 3.0], [4.0, 5.0]]]]",
            |session: &Session, i: usize, o: usize, k: Pair, options: Option<Map>| {
                made(
                    session,
                    nn::conv2d(
                        i,
                        o,
                        k.0,
                        CallOptions::read("nn::conv2d", options, |o| conv_options(o, Some(k.0)))?,
                    ),
                )
            },
        )
        .add(
            "conv3d(inputs, outputs, kernel, options)",
            "Convolution of volumes [N, inputs, D, H, W] with a kernel of one size or [depth, height, \
             width], with options stride, padding, dilation, groups and bias. Weight and bias start \
             uniform in +-1 / sqrt(inputs / groups * depth * height * width), as in PyTorch.",
            "nn::conv3d(1, 8, 3, #{ padding: 1 }).forward(zeros([2, 1, 4, 5, 6])).shape => [2, 8, 4, 5, 6]\n\
             nn::conv3d(1, 1, [2, 1, 1]).init_uniform(1, 1).forward(tensor([[[[[2.0]], \
             [[3.0]]]]])).to_array() => [[[[[6.0]]]]]",
            |session: &Session, i: usize, o: usize, k: Triple, options: Option<Map>| {
                let (window, bias) = CallOptions::read("nn::conv3d", options, volume_options)?;
                made(session, nn::conv3d(i, o, k.0, window, bias))
            },
        )
        .add(
            "conv_transpose1d(inputs, outputs, kernel, options)",
            "Transposed convolution of sequences [N, inputs, L], with options stride, padding, \
             output_padding, dilation, groups and bias. Weight and bias start uniform in +-1 / \
             sqrt(outputs / groups * kernel): of the outputs, as in PyTorch.",
            "nn::conv_transpose1d(2, 4, 3).forward(zeros([1, 2, 9])).shape => [1, 4, 11]\n\
             nn::conv_transpose1d(1, 1, 2, #{ stride: 2, bias: false }).init_uniform(1, 1)\
             .forward(tensor([[[1.0, 2.0]]])).to_array() => [[[1.0, 1.0, 2.0, 2.0]]]",
            |session: &Session, i: usize, o: usize, k: usize, options: Option<Map>| {
                let options = CallOptions::read("nn::conv_transpose1d", options, transposed_options)?;
                made(session, nn::conv_transpose1d(i, o, k, options))
            },
        )
        .add(
            "conv_transpose2d(inputs, outputs, kernel, options)",
            "Transposed convolution of images [N, inputs, H, W], with options stride, padding, \
             output_padding, dilation, groups and bias. Weight and bias start uniform in +-1 / sqrt(outputs \
             / groups * height * width): of the outputs, as in PyTorch.",
            "nn::conv_transpose2d(8, 1, 5).forward(zeros([2, 8, 24, 24])).shape => [2, 1, 28, 28]\n\
             nn::conv_transpose2d(1, 1, 2).init_uniform(1, 1).forward(tensor([[[[1.0, 2.0]]]])).to_array() \
             => [[[[2.0, 4.0, 3.0], [2.0, 4.0, 3.0]]]]\n\
             nn::conv_transpose2d(1, 1, 2, #{ stride: 2, bias: false }).init_uniform(1, 1)\
             .forward(tensor([[[[1.0, 2.0]]]])).to_array() => [[[[1.0, 1.0, 2.0, 2.0], [1.0, 1.0, 2.0, \
             2.0]]]]",
            |session: &Session, i: usize, o: usize, k: Pair, options: Option<Map>| {
                made(
                    session,
                    nn::conv_transpose2d(
                        i,
                        o,
                        k.0,
                        CallOptions::read("nn::conv_transpose2d", options, transposed_options)?,
                    ),
                )
            },
        );
}

fn add_norms(module: &mut Adder) {
    module
        .add(
            "batch_norm(channels, options)",
            "Normalises each channel of [N, C, ..] over the batch; in evaluation by running averages. \
             Weights start at 1, biases at 0. With options eps (1e-5), momentum (0.1) and affine (true).",
            "nn::batch_norm(1).forward(tensor([[1.0], [3.0]])).round().to_array() => [[-1.0], [1.0]]\n\
             nn::batch_norm(1, #{ eps: 3 }).forward(tensor([[1.0], [3.0]])).to_array() => [[-0.5], [0.5]]\n\
             nn::batch_norm(3, #{ affine: false }).parameter_count() => 0",
            |session: &Session, c: usize, options: Option<Map>| {
                let norm = CallOptions::read("nn::batch_norm", options, |options| {
                    let affine = options.get("affine", true)?;
                    Ok(BatchNormOptions { affine, ..norm_options(options)? })
                })?;
                made(session, nn::batch_norm(c, norm))
            },
        )
        .add(
            "conditional_batch_norm(channels, classes)",
            "Batch normalisation with a gain and a bias for each class, used as forward(x, labels): \
             (1 + gain[label]) normalised + bias[label]. Both start at 0.",
            "nn::conditional_batch_norm(3, 10).parameter_count() => 60\n\
             nn::conditional_batch_norm(1, 3).forward(tensor([[1.0], [3.0]]), tensor([2, 0]))\
             .round().to_array() => [[-1.0], [1.0]]",
            |session: &Session, c: usize, classes: usize| {
                made(session, nn::class_batch_norm(c, classes, BatchNormOptions::default()))
            },
        )
        .add(
            "conditional_batch_norm(channels, gain, bias, options)",
            "With modules that compute gain and bias [N, channels] from the condition (de Vries et al., \
             2017), and options eps (1e-5) and momentum (0.1).",
            "{ let one = nn::linear(1, 1).init_uniform(1, 1); \
             let none = nn::linear(1, 1).init_uniform(0, 0); \
             nn::conditional_batch_norm(1, one, none).forward(tensor([[1.0], [3.0]]), zeros([2, 1])).round()\
             .to_array() } => [[-2.0], [2.0]]\n\
             nn::conditional_batch_norm(3, nn::linear(5, 3), nn::linear(5, 3), #{ eps: 0.0001 })\
             .parameter_count() => 36",
            |session: &Session, c: usize, gain: Module, bias: Module, options: Option<Map>| {
                let norm = CallOptions::read("nn::conditional_batch_norm", options, norm_options)?;
                made(session, nn::conditional_batch_norm(c, gain, bias, norm))
            },
        )
        .add(
            "instance_norm(channels)",
            "Normalises each channel of each sample. Weights start at 1, biases at 0.",
            "nn::instance_norm(1).forward(tensor([[[1.0, 3.0]]])).round().to_array() => [[[-1.0, 1.0]]]",
            |session: &Session, c: usize| made(session, nn::instance_norm(c, true)),
        )
        .add(
            "group_norm(groups, channels)",
            "Normalises groups of channels of each sample. Weights start at 1, biases at 0.",
            "nn::group_norm(1, 2).forward(tensor([[[1.0], [3.0]]])).round().to_array() => [[[-1.0], [1.0]]]",
            |session: &Session, g: usize, c: usize| made(session, nn::group_norm(g, c, true)),
        )
        .add(
            "layer_norm(shape, options)",
            "Normalises the last dimensions, which have that shape. Weights start at 1, biases at 0. With \
             options eps (1e-5) and affine (true).",
            "nn::layer_norm([2]).forward(tensor([[1.0, 3.0], [5.0, 5.0]])).round().to_array() \
             => [[-1.0, 1.0], [0.0, 0.0]]\n\
             nn::layer_norm([2], #{ eps: 3 }).forward(tensor([[1.0, 3.0]])).to_array() => [[-0.5, 0.5]]",
            |session: &Session, shape: Vec<usize>, options: Option<Map>| {
                let (affine, eps) = CallOptions::read("nn::layer_norm", options, |options| {
                    Ok((options.get("affine", true)?, options.get("eps", 1e-5)?))
                })?;
                made(session, nn::layer_norm_with(&shape, affine, eps))
            },
        );
}

/// The options that all batch normalisations have.
fn norm_options(options: &mut CallOptions) -> Result<BatchNormOptions> {
    let default = BatchNormOptions::default();
    let (eps, momentum) = (options.get("eps", default.eps)?, options.get("momentum", default.momentum)?);
    Ok(BatchNormOptions { eps, momentum, ..default })
}
