//! The layers that change how many positions there are: pooling, interpolation, other shapes.

use ops::{
    nn::{self, Module, PoolOptions},
    op::Interpolation,
};
use rhai::Map;

use crate::{
    api::options::{CallOptions, one_of},
    error::Result,
    script::{Adder, Pair},
};

fn pool_options(options: &mut CallOptions) -> Result<PoolOptions> {
    Ok(PoolOptions {
        stride: options.find::<Pair>("stride")?.map(|p| p.0),
        padding: options.pair("padding", 0)?,
        count_padding: options.get("count_padding", true)?,
        ..PoolOptions::default()
    })
}

/// Those of windows of which the largest number counts.
fn max_options(options: &mut CallOptions) -> Result<PoolOptions> {
    Ok(PoolOptions {
        stride: options.find::<Pair>("stride")?.map(|p| p.0),
        padding: options.pair("padding", 0)?,
        dilation: options.pair("dilation", 1)?,
        ceil: options.get("ceil_mode", false)?,
        ..PoolOptions::default()
    })
}

/// Adds the functions of this file.
pub fn add(module: &mut Adder) {
    add_windows(module);
    add_adaptive(module);
    add_shapes(module);
}

fn add_windows(module: &mut Adder) {
    module
        .add(
            "max_pool2d(kernel, options)",
            "The largest number under each window of images, with options stride (the size of the window), \
             padding (0), dilation (1) and ceil_mode (false).",
            "nn::max_pool2d(2).forward(tensor([[[[1.0, 2.0], [3.0, 4.0]]]])).to_array() => [[[[4.0]]]]\n\
             nn::max_pool2d(2, #{ stride: 1 }).forward(tensor([[[[1.0, 2.0, 3.0], [4.0, 5.0, \
             6.0]]]])).to_array() => [[[[5.0, 6.0]]]]",
            |k: Pair, options: Option<Map>| {
                CallOptions::read("nn::max_pool2d", options, max_options)
                    .map(|options| nn::max_pool2d(k.0, options))
            },
        )
        .add(
            "avg_pool2d(kernel, options)",
            "The mean under each window of images, with options stride (the size of the window), padding (0) \
             and count_padding (true).",
            "nn::avg_pool2d(2).forward(tensor([[[[1.0, 2.0], [3.0, 4.0]]]])).to_array() => [[[[2.5]]]]\n\
             nn::avg_pool2d(2, #{ padding: 1 }).forward(tensor([[[[4.0, 8.0], [12.0, 16.0]]]])).to_array() \
             => [[[[1.0, 2.0], [3.0, 4.0]]]]",
            |k: Pair, options: Option<Map>| {
                CallOptions::read("nn::avg_pool2d", options, pool_options)
                    .map(|options| nn::avg_pool2d(k.0, options))
            },
        )
        .add(
            "max_pool1d(kernel, options)",
            "The largest number under each window of signals [N, C, L], with options stride (the size of \
             the window), padding (0), dilation (1) and ceil_mode (false).",
            "nn::max_pool1d(2).forward(tensor([[[1.0, 2.0, 3.0, 4.0]]])).to_array() => [[[2.0, 4.0]]]\n\
             nn::max_pool1d(2, #{ stride: 1 }).forward(tensor([[[1.0, 2.0, 3.0]]])).to_array() => [[[2.0, \
             3.0]]]",
            |k: usize, options: Option<Map>| {
                CallOptions::read("nn::max_pool1d", options, max_options)
                    .map(|options| nn::max_pool1d(k, options))
            },
        )
        .add(
            "avg_pool1d(kernel, options)",
            "The mean under each window of signals [N, C, L], with options stride (the size of the \
             window), padding (0) and count_padding (true).",
            "nn::avg_pool1d(2).forward(tensor([[[1.0, 2.0, 3.0, 4.0]]])).to_array() => [[[1.5, 3.5]]]\n\
             nn::avg_pool1d(2, #{ padding: 1 }).forward(tensor([[[4.0, 8.0]]])).to_array() => [[[2.0, 4.0]]]",
            |k: usize, options: Option<Map>| {
                CallOptions::read("nn::avg_pool1d", options, pool_options)
                    .map(|options| nn::avg_pool1d(k, options))
            },
        );
}

fn add_adaptive(module: &mut Adder) {
    module
        .add(
            "adaptive_avg_pool1d(size)",
            "Signals [N, C, L] of that length: each number is the mean of positions floor(i L / size) to \
             ceil((i + 1) L / size).",
            "nn::adaptive_avg_pool1d(2).forward(tensor([[[1.0, 2.0, 6.0]]])).to_array() => [[[1.5, 4.0]]]",
            nn::adaptive_avg_pool1d,
        )
        .add(
            "adaptive_max_pool1d(size)",
            "Signals [N, C, L] of that length: the largest of the positions of nn::adaptive_avg_pool1d.",
            "nn::adaptive_max_pool1d(2).forward(tensor([[[1.0, 2.0, 6.0]]])).to_array() => [[[2.0, 6.0]]]",
            nn::adaptive_max_pool1d,
        )
        .add(
            "adaptive_avg_pool2d(size)",
            "Images [N, C, H, W] of that size, one number or [height, width]; rows and columns as \
             nn::adaptive_avg_pool1d.",
            "nn::adaptive_avg_pool2d(1).forward(tensor([[[[1.0, 2.0], [3.0, 4.0]]]])).to_array() => \
             [[[[2.5]]]]\n\
             nn::adaptive_avg_pool2d([2, 3]).forward(zeros([1, 4, 7, 5])).shape => [1, 4, 2, 3]",
            |size: Pair| nn::adaptive_avg_pool2d(size.0),
        )
        .add(
            "adaptive_max_pool2d(size)",
            "Images [N, C, H, W] of that size, one number or [height, width]; rows and columns as \
             nn::adaptive_max_pool1d.",
            "nn::adaptive_max_pool2d(1).forward(tensor([[[[1.0, 2.0], [3.0, 4.0]]]])).to_array() => \
             [[[[4.0]]]]",
            |size: Pair| nn::adaptive_max_pool2d(size.0),
        );
}

fn add_shapes(module: &mut Adder) {
    module
        .add(
            "identity()",
            "What comes in.",
            "nn::identity().forward(tensor([2.0])).to_array() => [2.0]",
            nn::identity,
        )
        .add(
            "pixel_shuffle(factor)",
            "Channels as positions: [N, C r r, H, W] -> [N, C, H r, W r] (Shi et al., 2016).",
            "nn::pixel_shuffle(2).forward(tensor([[[[1.0]], [[2.0]], [[3.0]], [[4.0]]]])).to_array() \
             => [[[[1.0, 2.0], [3.0, 4.0]]]]",
            nn::pixel_shuffle,
        )
        .add(
            "pixel_unshuffle(factor)",
            "Positions as channels: [N, C, H r, W r] -> [N, C r r, H, W], what undoes nn::pixel_shuffle.",
            "nn::pixel_unshuffle(2).forward(zeros([1, 3, 4, 6])).shape => [1, 12, 2, 3]",
            nn::pixel_unshuffle,
        )
        .add(
            "global_avg_pool()",
            "The mean of each channel: [N, C, H, W] -> [N, C].",
            "nn::global_avg_pool().forward(tensor([[[[1.0, 2.0], [3.0, 4.0]]]])).to_array() => [[2.5]]",
            nn::global_avg_pool,
        )
        .add(
            "upsample(scale, mode)",
            "Larger images; mode is \"nearest\" or \"bilinear\".",
            "nn::upsample(2, \"nearest\").forward(tensor([[[[1.0, 2.0]]]])).to_array() \
             => [[[[1.0, 1.0, 2.0, 2.0], [1.0, 1.0, 2.0, 2.0]]]]",
            |scale: f64, mode: String| -> Result<Module> { Ok(nn::upsample(scale, interpolation(&mode)?)?) },
        )
        .add(
            "flatten()",
            "Everything but the first dimension in one: [N, ..] -> [N, D].",
            "nn::flatten().forward(tensor([[[1.0, 2.0], [3.0, 4.0]]])).to_array() => [[1.0, 2.0, 3.0, 4.0]]",
            nn::flatten,
        )
        .add(
            "reshape(shape)",
            "Each sample in another shape: [N, ..] -> [N, shape].",
            "nn::reshape([2, 2]).forward(tensor([[1.0, 2.0, 3.0, 4.0]])).to_array() => [[[1.0, 2.0], [3.0, \
             4.0]]]",
            |shape: Vec<i64>| nn::reshape(&shape),
        );
}

/// The interpolation of that name.
///
/// # Errors
/// `Usage` for another name.
pub fn interpolation(mode: &str) -> Result<Interpolation> {
    let modes = [("nearest", Interpolation::Nearest), ("bilinear", Interpolation::Bilinear)];
    one_of("there is no interpolation", mode, &modes)
}
