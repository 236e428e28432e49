//! Elements beside their neighbours: moved around, subtracted from each other, in windows.

use ops::{Tensor, op::Window};
use rhai::{Dynamic, Map};

use crate::{
    api::options::CallOptions,
    error::Result,
    script::{Adder, FromScript, Pair, Refusal},
};

/// One whole number, or several.
struct Numbers(Vec<i64>);

impl FromScript for Numbers {
    const NAME: &'static str = "integer or array of integer";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        let one = i64::from_script(value).map(|number| vec![number]);
        one.or_else(|_| Vec::from_script(value)).map(Self)
    }
}

/// Adds the functions of this file.
pub fn add(global: &mut Adder) {
    global
        .add(
            "roll(x, shifts, dims)",
            "The elements moved by so many places along dimensions; those that leave come in again at the \
             other end. Without dimensions as one row.",
            "tensor([1.0, 2.0, 3.0]).roll(1).to_array() => [3.0, 1.0, 2.0]\n\
             tensor([[1.0, 2.0]]).roll([0, -1], [0, 1]).to_array() => [[2.0, 1.0]]",
            |x: Tensor, shifts: Numbers, dims: Option<Numbers>| {
                x.roll(&shifts.0, &dims.map_or_else(Vec::new, |dims| dims.0))
            },
        )
        .add(
            "diff(x, n, dim)",
            "Each element less the one before it along a dimension (the last), n times (1).",
            "tensor([1.0, 4.0, 9.0]).diff().to_array() => [3.0, 5.0]\n\
             tensor([1.0, 4.0, 9.0]).diff(2).to_array() => [2.0]\n\
             tensor([[1.0], [4.0]]).diff(1, 0).to_array() => [[3.0]]",
            |x: Tensor, n: Option<usize>, dim: Option<i64>| x.diff(n.unwrap_or(1), dim.unwrap_or(-1)),
        )
        .add(
            "unfold(x, dim, size, step)",
            "All windows of `size` elements of a dimension, one every `step`, in a new last dimension.",
            "tensor([1.0, 2.0, 3.0]).unfold(0, 2, 1).to_array() => [[1.0, 2.0], [2.0, 3.0]]",
            |x: Tensor, dim: i64, size: usize, step: usize| x.unfold(dim, size, step),
        )
        .add(
            "unfold(x, kernel, options)",
            "The patches under a kernel of images [N, C, H, W] as columns [N, C kh kw, patches], with \
             options stride (1), padding (0), dilation (1), as torch.nn.functional.unfold gives them.",
            "tensor([[[[1.0, 2.0], [3.0, 4.0]]]]).unfold([1, 2], #{}).to_array() \
             => [[[1.0, 3.0], [2.0, 4.0]]]",
            |x: Tensor, kernel: Pair, options: Map| -> Result<Tensor> {
                Ok(x.im2col(kernel.0, window("unfold", options)?)?)
            },
        )
        .add(
            "fold(x, size, kernel, options)",
            "Images [N, C, H, W] of a size from columns [N, C kh kw, patches], the sum of what lies on each \
             pixel, with options stride (1), padding (0), dilation (1).",
            "ones([1, 2, 2]).fold([1, 3], [1, 2], #{}).to_array() => [[[[1.0, 2.0, 1.0]]]]",
            |x: Tensor, size: Pair, kernel: Pair, options: Option<Map>| -> Result<Tensor> {
                Ok(x.col2im(size.0, kernel.0, window("fold", options.unwrap_or_default())?)?)
            },
        );
}

fn window(function: &'static str, options: Map) -> Result<Window> {
    CallOptions::read(function, options, |options| {
        let (stride, padding) = (options.pair("stride", 1)?, options.pair("padding", 0)?);
        Ok(Window { stride, padding, dilation: options.pair("dilation", 1)?, ..Window::default() })
    })
}
