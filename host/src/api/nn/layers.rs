//! The layers that scripts build networks of.

use ops::{
    Device, Result as OpsResult,
    nn::{self, Activation, BatchNormOptions, ConvOptions, Module, PoolOptions},
    op::{Interpolation, Window},
};
use rhai::Map;

use crate::{
    api::options::Options,
    error::{Error, Result},
    script::{Adder, Pair},
};

/// Adds the functions of this file. Modules are made on `device`.
pub fn add(module: &mut Adder, device: Device) {
    let on = On(device);
    add_affine(module, on);
    add_norms(module, on);
    add_shapes(module);
    add_activations(module);
    module
        .add(
            "dropout(p)",
            "Silences each number with probability p while training, and enlarges the others by 1 / (1 - p).",
            "nn::dropout(0.5).training(false).forward(ones([2])).to_array() => [1.0, 1.0]",
            nn::dropout,
        )
        .add(
            "embedding(count, size)",
            "A vector for each class: labels [..] -> [.., size]. The vectors start from N(0, 1).",
            "nn::embedding(10, 3).forward(tensor([7, 1]).cast(\"i32\")).shape => [2, 3]",
            move |count: usize, size: usize| on.place(nn::embedding(count, size)),
        )
        .add(
            "sequential(modules)",
            "Modules one after the other.",
            "nn::sequential([nn::linear(4, 3), nn::relu()]).forward(zeros([2, 4])).shape => [2, 3]",
            nn::sequential,
        )
        .add(
            "spectral(module)",
            "A linear or convolution module whose weight is divided by its largest singular value, estimated by one \
             power iteration a training step, after 15 at the start (Miyato et al., 2018).",
            "nn::spectral(nn::linear(4, 3)).forward(zeros([2, 4])).shape => [2, 3]",
            move |module: Module| on.place(nn::spectral(module)),
        );
}

/// Where new modules go.
#[derive(Clone, Copy)]
struct On(Device);

impl On {
    fn place(self, module: OpsResult<Module>) -> Result<Module> {
        let module = module?;
        module.to_device(self.0)?;
        Ok(module)
    }
}

fn conv_options(function: &'static str, map: Map) -> Result<ConvOptions> {
    let mut options = Options::new(function, map);
    let window = Window {
        stride: options.pair("stride", 1)?,
        padding: options.pair("padding", 0)?,
        dilation: options.pair("dilation", 1)?,
        groups: options.get("groups", 1)?,
    };
    let transposed = function == "nn::conv_transpose2d";
    let output_padding = if transposed { options.pair("output_padding", 0)? } else { [0; 2] };
    let bias = options.get("bias", true)?;
    options.end()?;
    Ok(ConvOptions { window, output_padding, bias })
}

fn add_affine(module: &mut Adder, on: On) {
    module
        .add(
            "linear(inputs, outputs)",
            "The affine map [.., inputs] -> [.., outputs]. Weight and bias start uniform in +-1 / sqrt(inputs), as in PyTorch.",
            "nn::linear(4, 3).forward(zeros([2, 4])).shape => [2, 3]",
            move |i: usize, o: usize| on.place(nn::linear(i, o, true)),
        )
        .add(
            "linear(inputs, outputs, options)",
            "With option bias (true).",
            "nn::linear(4, 3, #{ bias: false }).parameter_count() => 12",
            move |i: usize, o: usize, map: Map| {
                let mut options = Options::new("nn::linear", map);
                let bias = options.get("bias", true)?;
                options.end()?;
                on.place(nn::linear(i, o, bias))
            },
        )
        .add(
            "conv1d(inputs, outputs, kernel, options)",
            "Convolution of sequences [N, inputs, L], with options stride, padding, dilation, groups, bias. Weight and bias \
             start uniform in +-1 / sqrt(inputs / groups * kernel), as in PyTorch.",
            "nn::conv1d(2, 4, 3, #{ padding: 1 }).forward(zeros([1, 2, 9])).shape => [1, 4, 9]",
            move |i: usize, o: usize, k: usize, map: Map| on.place(nn::conv1d(i, o, k, conv_options("nn::conv1d", map)?)),
        )
        .add(
            "conv2d(inputs, outputs, kernel)",
            "Convolution of images [N, inputs, H, W] with a kernel of one size or [height, width]. Weight and bias start \
             uniform in +-1 / sqrt(inputs / groups * height * width), as in PyTorch.",
            "nn::conv2d(1, 8, 5).forward(zeros([2, 1, 28, 28])).shape => [2, 8, 24, 24]",
            move |i: usize, o: usize, k: Pair| on.place(nn::conv2d(i, o, k.0, ConvOptions::default())),
        )
        .add(
            "conv2d(inputs, outputs, kernel, options)",
            "With options stride, padding, dilation, groups (1, 0, 1, 1) and bias (true).",
            "nn::conv2d(1, 8, 5, #{ stride: 2, padding: 2 }).forward(zeros([2, 1, 28, 28])).shape => [2, 8, 14, 14]",
            move |i: usize, o: usize, k: Pair, map: Map| on.place(nn::conv2d(i, o, k.0, conv_options("nn::conv2d", map)?)),
        )
        .add(
            "conv_transpose2d(inputs, outputs, kernel)",
            "Transposed convolution of images [N, inputs, H, W]. Weight and bias start uniform in \
             +-1 / sqrt(outputs / groups * height * width): of the outputs, as in PyTorch.",
            "nn::conv_transpose2d(8, 1, 5).forward(zeros([2, 8, 24, 24])).shape => [2, 1, 28, 28]",
            move |i: usize, o: usize, k: Pair| on.place(nn::conv_transpose2d(i, o, k.0, ConvOptions::default())),
        )
        .add(
            "conv_transpose2d(inputs, outputs, kernel, options)",
            "With options stride, padding, output_padding, dilation, groups and bias.",
            "nn::conv_transpose2d(8, 1, 4, #{ stride: 2, padding: 1 }).forward(zeros([2, 8, 7, 7])).shape => [2, 1, 14, 14]",
            move |i: usize, o: usize, k: Pair, map: Map| {
                on.place(nn::conv_transpose2d(i, o, k.0, conv_options("nn::conv_transpose2d", map)?))
            },
        );
}

fn add_norms(module: &mut Adder, on: On) {
    module
        .add(
            "batch_norm(channels)",
            "Normalises each channel of [N, C, ..] over the batch; in evaluation by running averages. Weights start at 1, \
             biases at 0.",
            "nn::batch_norm(3).forward(ones([2, 3, 4, 4])).shape => [2, 3, 4, 4]",
            move |c: usize| on.place(nn::batch_norm(c, BatchNormOptions::default())),
        )
        .add(
            "batch_norm(channels, options)",
            "With options eps (1e-5), momentum (0.1) and affine (true).",
            "nn::batch_norm(3, #{ affine: false }).parameter_count() => 0",
            move |c: usize, map: Map| {
                let mut options = Options::new("nn::batch_norm", map);
                let affine = options.get("affine", true)?;
                let norm = BatchNormOptions { affine, ..norm_options(&mut options)? };
                options.end()?;
                on.place(nn::batch_norm(c, norm))
            },
        )
        .add(
            "conditional_batch_norm(channels, classes)",
            "Batch normalisation with a gain and a bias for each class, used as forward(x, labels): \
             (1 + gain[label]) normalised + bias[label]. Both start at 0.",
            "nn::conditional_batch_norm(3, 10).parameter_count() => 60",
            move |c: usize, classes: usize| on.place(nn::class_batch_norm(c, classes, BatchNormOptions::default())),
        )
        .add(
            "conditional_batch_norm(channels, gain, bias)",
            "With modules that compute gain and bias [N, channels] from the condition (de Vries et al., 2017).",
            "nn::conditional_batch_norm(3, nn::linear(5, 3), nn::linear(5, 3)).forward(ones([2, 3, 4]), zeros([2, 5])).shape => [2, 3, 4]",
            move |c: usize, gain: Module, bias: Module| {
                on.place(nn::conditional_batch_norm(c, gain, bias, BatchNormOptions::default()))
            },
        )
        .add(
            "conditional_batch_norm(channels, gain, bias, options)",
            "With options eps (1e-5) and momentum (0.1).",
            "nn::conditional_batch_norm(3, nn::linear(5, 3), nn::linear(5, 3), #{ eps: 0.0001 }).parameter_count() => 36",
            move |c: usize, gain: Module, bias: Module, map: Map| {
                let mut options = Options::new("nn::conditional_batch_norm", map);
                let norm = norm_options(&mut options)?;
                options.end()?;
                on.place(nn::conditional_batch_norm(c, gain, bias, norm))
            },
        )
        .add(
            "instance_norm(channels)",
            "Normalises each channel of each sample. Weights start at 1, biases at 0.",
            "nn::instance_norm(3).forward(ones([2, 3, 4, 4])).shape => [2, 3, 4, 4]",
            move |c: usize| on.place(nn::instance_norm(c, true)),
        )
        .add(
            "group_norm(groups, channels)",
            "Normalises groups of channels of each sample. Weights start at 1, biases at 0.",
            "nn::group_norm(2, 4).forward(ones([2, 4, 3, 3])).shape => [2, 4, 3, 3]",
            move |g: usize, c: usize| on.place(nn::group_norm(g, c, true)),
        )
        .add(
            "layer_norm(shape)",
            "Normalises the last dimensions, which have that shape. Weights start at 1, biases at 0.",
            "nn::layer_norm([4]).forward(ones([2, 4])).shape => [2, 4]",
            move |shape: Vec<usize>| on.place(nn::layer_norm(&shape, true)),
        );
}

/// What all batch normalisations are told.
fn norm_options(options: &mut Options) -> Result<BatchNormOptions> {
    let usual = BatchNormOptions::default();
    let (eps, momentum) = (options.get("eps", usual.eps)?, options.get("momentum", usual.momentum)?);
    Ok(BatchNormOptions { eps, momentum, ..usual })
}

fn pool_options(function: &'static str, map: Map) -> Result<PoolOptions> {
    let mut options = Options::new(function, map);
    let pool = PoolOptions {
        stride: options.find::<Pair>("stride")?.map(|p| p.0),
        padding: options.pair("padding", 0)?,
        count_padding: options.get("count_padding", true)?,
    };
    options.end()?;
    Ok(pool)
}

fn add_shapes(module: &mut Adder) {
    module
        .add(
            "max_pool2d(kernel)",
            "The largest number under each window of images; the window moves by its own size.",
            "nn::max_pool2d(2).forward(zeros([1, 1, 4, 4])).shape => [1, 1, 2, 2]",
            |k: Pair| nn::max_pool2d(k.0, PoolOptions::default()),
        )
        .add(
            "max_pool2d(kernel, options)",
            "With options stride and padding.",
            "nn::max_pool2d(3, #{ stride: 2, padding: 1 }).forward(zeros([1, 1, 4, 4])).shape => [1, 1, 2, 2]",
            |k: Pair, map: Map| pool_options("nn::max_pool2d", map).map(|o| nn::max_pool2d(k.0, o)),
        )
        .add(
            "avg_pool2d(kernel)",
            "The mean under each window of images; the window moves by its own size.",
            "nn::avg_pool2d(2).forward(zeros([1, 1, 4, 4])).shape => [1, 1, 2, 2]",
            |k: Pair| nn::avg_pool2d(k.0, PoolOptions::default()),
        )
        .add(
            "avg_pool2d(kernel, options)",
            "With options stride, padding and count_padding (true).",
            "nn::avg_pool2d(3, #{ stride: 2, padding: 1 }).forward(zeros([1, 1, 4, 4])).shape => [1, 1, 2, 2]",
            |k: Pair, map: Map| pool_options("nn::avg_pool2d", map).map(|o| nn::avg_pool2d(k.0, o)),
        )
        .add(
            "global_avg_pool()",
            "The mean of each channel: [N, C, H, W] -> [N, C].",
            "nn::global_avg_pool().forward(zeros([2, 3, 4, 4])).shape => [2, 3]",
            nn::global_avg_pool,
        )
        .add(
            "upsample(scale, mode)",
            "Larger images; mode is \"nearest\" or \"bilinear\".",
            r#"nn::upsample(2, "nearest").forward(zeros([1, 1, 4, 4])).shape => [1, 1, 8, 8]"#,
            |scale: f64, mode: String| -> Result<Module> { Ok(nn::upsample(scale, interpolation(&mode)?)?) },
        )
        .add(
            "flatten()",
            "Everything but the first dimension in one: [N, ..] -> [N, D].",
            "nn::flatten().forward(zeros([2, 3, 4])).shape => [2, 12]",
            nn::flatten,
        )
        .add(
            "reshape(shape)",
            "Each sample in another shape: [N, ..] -> [N, shape].",
            "nn::reshape([3, 4]).forward(zeros([2, 12])).shape => [2, 3, 4]",
            |shape: Vec<i64>| nn::reshape(&shape),
        );
}

/// The interpolation of that name.
pub fn interpolation(mode: &str) -> Result<Interpolation> {
    match mode {
        "nearest" => Ok(Interpolation::Nearest),
        "bilinear" => Ok(Interpolation::Bilinear),
        _ => Err(Error::usage(
            format!("there is no interpolation \"{mode}\""),
            "give \"nearest\" or \"bilinear\"",
        )),
    }
}

fn add_activations(module: &mut Adder) {
    let make = |activation: Activation| move || nn::activation(activation);
    module
        .add("relu()", "max(x, 0)", "nn::relu().forward(tensor([-1.0, 2.0])).to_array() => [0.0, 2.0]", {
            make(Activation::Relu)
        })
        .add(
            "leaky_relu(slope)",
            "x where x > 0, slope x elsewhere",
            "nn::leaky_relu(0.5).forward(tensor([-1.0, 2.0])).to_array() => [-0.5, 2.0]",
            |slope: f64| nn::activation(Activation::LeakyRelu(slope)),
        )
        .add("sigmoid()", "1 / (1 + e^-x)", "nn::sigmoid().forward(tensor([0.0])).to_array() => [0.5]", {
            make(Activation::Sigmoid)
        })
        .add("tanh()", "Hyperbolic tangent.", "nn::tanh().forward(tensor([0.0])).to_array() => [0.0]", {
            make(Activation::Tanh)
        })
        .add(
            "softmax(dim)",
            "e^x divided by its sum along a dimension",
            "nn::softmax(1).forward(zeros([1, 2])).to_array() => [[0.5, 0.5]]",
            |dim: i64| nn::activation(Activation::Softmax(dim)),
        )
        .add(
            "log_softmax(dim)",
            "The logarithm of softmax.",
            "nn::log_softmax(1).forward(zeros([1, 1])).to_array() => [[0.0]]",
            |dim: i64| nn::activation(Activation::LogSoftmax(dim)),
        )
        .add(
            "gelu()",
            "x times the normal distribution function.",
            "nn::gelu().forward(tensor([0.0])).to_array() => [0.0]",
            make(Activation::Gelu),
        )
        .add(
            "elu(alpha)",
            "x where x > 0, alpha (e^x - 1) elsewhere",
            "nn::elu(1).forward(tensor([2.0])).to_array() => [2.0]",
            |alpha: f64| nn::activation(Activation::Elu(alpha)),
        )
        .add(
            "silu()",
            "x sigmoid(x)",
            "nn::silu().forward(tensor([0.0])).to_array() => [0.0]",
            make(Activation::Silu),
        )
        .add(
            "softplus()",
            "log(1 + e^x)",
            "nn::softplus().forward(tensor([100.0])).to_array() => [100.0]",
            make(Activation::Softplus),
        );
}
