//! Convolutions of images, and what they need of each other: the gradients of a convolution are a
//! transposed convolution (for the input) and a third bilinear form (for the weight), whose own
//! gradients are convolutions again. So these three can be differentiated as often as one likes.

use burn::backend::{
    Dispatch,
    ops::{FloatTensorOps as _, ModuleOps as _},
};

use super::{
    OnnxAttribute, OnnxOperator, OnnxValue, OnnxWriter, Op, OpInfo, Operand, Primitive, Saves, Vjp, Window,
    keep, require_float, require_rank, require_same,
};
use crate::{
    Device, Error, Result, Spec, Tensor,
    cpu::conv::{self, Geometry},
    ensure,
    tensor::{Floats, apply, float_dtype, is_grad_enabled, on_cpu},
};

/// `[N, Ci, H, W] * [Co, Ci / groups, Kh, Kw] (+ [Co]) -> [N, Co, Ho, Wo]`,
/// `Ho = floor((H + 2 padding - dilation (Kh - 1) - 1) / stride) + 1`.
struct Conv2d(Window);

impl Op for Conv2d {
    fn info(&self) -> OpInfo {
        OpInfo::new("conv2d").saving(Saves::only(&[0, 1]))
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        let w = self.0;
        images_and_kernels("conv2d", x[0], x[1], &w)?;
        let ([n, ci], [co, ci_group]) = ([x[0].shape[0], x[0].shape[1]], [x[1].shape[0], x[1].shape[1]]);
        if ci != ci_group * w.groups || co % w.groups != 0 {
            return Err(channels(
                "conv2d",
                x,
                w.groups,
                "weight [Co, Ci / groups, Kh, Kw], both divisible by groups",
            ));
        }
        require_bias("conv2d", x, co)?;
        let mut shape = vec![n, co, 0, 0];
        for d in 0..2 {
            let (size, extent) = (w.padded(d, x[0].shape[d + 2]), w.extent(d, x[1].shape[d + 2]));
            ensure(size >= extent, || {
                Error::shape(
                    "conv2d",
                    format!("{:?} under a kernel {:?}", x[0].shape, x[1].shape),
                    format!("images of at least {extent} with their padding in dimension {}", d + 2),
                )
            })?;
            shape[d + 2] = (size - extent) / w.stride[d] + 1;
        }
        Ok(x[0].reshaped(shape))
    }

    fn run(&self, x: &[Operand], y: &Spec, _: Device) -> Primitive {
        if let Some(v) = all_floats(x) {
            let g = Geometry::new(&x[0].spec.shape, &y.shape, kernel_of(x[1].spec), self.0);
            return on_cpu(conv::maps(&v[0], &v[1], v.get(2).map(|bias| &**bias), &g), y);
        }
        Dispatch::conv2d(x[0].primitive(), x[1].primitive(), bias(x), self.0.burn())
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (x, weight, w) = (&at.x[0], &at.x[1], self.0);
        let transposed = || ConvTranspose2d(w, cut_off(&w, x.spec(), kernel_of(weight.spec())));
        let dx = at.want(0, || apply(transposed(), &[at.dy, weight]))?;
        let dw = at.want(1, || apply(WeightGradient(w, kernel_of(weight.spec())), &[x, at.dy]))?;
        Ok(vec![dx, dw, bias_gradient(at)?])
    }

    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        let attributes = self.0.attributes(&kernel_of(w.spec(1)));
        Ok(w.node_with("Conv", w.all(), attributes))
    }
}

/// `[N, Ci, H, W] * [Ci, Co / groups, Kh, Kw] (+ [Co]) -> [N, Co, Ho, Wo]`, the transpose of [`Conv2d`],
/// `Ho = (H - 1) stride - 2 padding + dilation (Kh - 1) + padding_out + 1`.
struct ConvTranspose2d(Window, [usize; 2]);

impl Op for ConvTranspose2d {
    fn info(&self) -> OpInfo {
        OpInfo::new("conv_transpose2d").saving(Saves::only(&[0, 1]))
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        let (w, out) = (self.0, self.1);
        images_and_kernels("conv_transpose2d", x[0], x[1], &w)?;
        if x[0].shape[1] != x[1].shape[0] || !x[0].shape[1].is_multiple_of(w.groups) {
            return Err(channels(
                "conv_transpose2d",
                x,
                w.groups,
                "weight [Ci, Co / groups, Kh, Kw], Ci divisible by groups",
            ));
        }
        let mut shape = vec![x[0].shape[0], x[1].shape[1] * w.groups, 0, 0];
        require_bias("conv_transpose2d", x, shape[1])?;
        for d in 0..2 {
            ensure(out[d] < w.stride[d].max(w.dilation[d]), || {
                let expected = "less than the stride or the dilation";
                Error::argument("conv_transpose2d", "the output padding", out[d], expected)
            })?;
            let steps = (x[0].shape[d + 2] - 1).saturating_mul(w.stride[d]);
            let full = steps.saturating_add(w.extent(d, x[1].shape[d + 2])).saturating_add(out[d]);
            shape[d + 2] =
                full.checked_sub(w.padding[d].saturating_mul(2)).filter(|&n| n > 0).ok_or_else(|| {
                    let expected = format!("less than half of the {full} that it is taken from");
                    Error::argument("conv_transpose2d", "the padding", w.padding[d], expected)
                })?;
        }
        Ok(x[0].reshaped(shape))
    }

    fn run(&self, x: &[Operand], y: &Spec, _: Device) -> Primitive {
        let g = Geometry::new(&y.shape, &x[0].spec.shape, kernel_of(x[1].spec), self.0);
        if let Some(v) = all_floats(x) {
            return on_cpu(conv::images(&v[0], &v[1], v.get(2).map(|bias| &**bias), &g), y);
        }
        let options = self.0.burn_transposed(self.1);
        Dispatch::conv_transpose2d(x[0].primitive(), x[1].primitive(), bias(x), options)
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (x, weight) = (&at.x[0], &at.x[1]);
        let dx = at.want(0, || match keep::positions(x) {
            // Where nothing is recorded, `keep` alone reads this gradient.
            Some(positions) if !is_grad_enabled() => apply(Conv2dAt(self.0), &[at.dy, weight, &positions]),
            _ => apply(Conv2d(self.0), &[at.dy, weight]),
        })?;
        let dw = at.want(1, || apply(WeightGradient(self.0, kernel_of(weight.spec())), &[at.dy, x]))?;
        Ok(vec![dx, dw, bias_gradient(at)?])
    }

    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        let mut attributes = self.0.attributes(&kernel_of(w.spec(1)));
        attributes.push(("output_padding", OnnxAttribute::ints(self.1)));
        Ok(w.node_with("ConvTranspose", w.all(), attributes))
    }
}

/// [`Conv2d`] at the positions `[N, Co]` of winners, and 0 elsewhere: images, weight and positions to maps.
/// It gives what the gradient by a code needs, without the products that [`keep::keep`] would drop.
#[derive(Debug, Clone, Copy)]
struct Conv2dAt(Window);

impl Op for Conv2dAt {
    fn info(&self) -> OpInfo {
        OpInfo::new("conv2d").constant()
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        Conv2d(self.0).infer(&x[..2])
    }

    fn run(&self, x: &[Operand], y: &Spec, device: Device) -> Primitive {
        if let Some(v) = all_floats(&x[..2])
            && self.0.groups == 1
            && let positions = x[2].known_ints()
            && !positions.contains(&keep::ALL)
        {
            let g = Geometry::new(&x[0].spec.shape, &y.shape, kernel_of(x[1].spec), self.0);
            return on_cpu(conv::maps_at(&v[0], &v[1], &positions, &g), y);
        }
        // Other maps too: more than is asked for.
        Conv2d(self.0).run(&x[..2], y, device)
    }
}

/// The gradient of [`Conv2d`] by its weight: images `[N, Ci, H, W]` and output gradients
/// `[N, Co, Ho, Wo]` to `[Co, Ci / groups, Kh, Kw]`. Bilinear, so its gradients are the other two.
struct WeightGradient(Window, [usize; 2]);

impl Op for WeightGradient {
    fn info(&self) -> OpInfo {
        OpInfo::new("conv2d weight gradient")
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        let ([ci, co], [kh, kw]) = ([x[0].shape[1], x[1].shape[1]], self.1);
        Ok(x[0].reshaped([co, ci / self.0.groups, kh, kw]))
    }

    fn run(&self, x: &[Operand], y: &Spec, device: Device) -> Primitive {
        let g = Geometry::new(&x[0].spec.shape, &x[1].spec.shape, self.1, self.0);
        if let Some(v) = all_floats(x) {
            return on_cpu(conv::weights(&v[0], &v[1], &g), y);
        }
        let (images, dy) = (x[0].primitive(), x[1].primitive());
        // Its shape is all that is looked at.
        let like = Dispatch::float_empty(y.shape.clone().into(), &device.dispatch(), float_dtype(y.dtype));
        Dispatch::conv2d_weight_backward(images, like, dy, self.0.burn())
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (images, dy, w) = (&at.x[0], &at.x[1], self.0);
        let transposed = || ConvTranspose2d(w, cut_off(&w, images.spec(), self.1));
        let d_images = at.want(0, || apply(transposed(), &[dy, at.dy]))?;
        let d_dy = at.want(1, || apply(Conv2d(w), &[images, at.dy]))?;
        Ok(vec![d_images, d_dy])
    }
}

fn images_and_kernels(op: &'static str, x: &Spec, weight: &Spec, window: &Window) -> Result<()> {
    window.check(op)?;
    require_float(op, x)?;
    require_same(op, x, weight)?;
    require_rank(op, x, 4, "images [N, C, H, W]")?;
    require_rank(op, weight, 4, "a weight of four dimensions")
}

/// Refuses a bias, the third input, that is not one number per channel.
fn require_bias(op: &'static str, x: &[&Spec], channels: usize) -> Result<()> {
    let Some(bias) = x.get(2) else { return Ok(()) };
    require_same(op, x[0], bias)?;
    ensure(bias.shape == [channels], || {
        let found = format!("{:?} for the bias", bias.shape);
        Error::shape(op, found, format!("[{channels}], one number per output channel"))
    })
}

/// The bias, where there is one, for a backend.
fn bias(x: &[Operand]) -> Option<Primitive> {
    x.get(2).map(|bias| bias.primitive())
}

/// The sum of the output's gradient over each channel, where there is a bias.
fn bias_gradient(at: &Vjp) -> Result<Option<Tensor>> {
    if at.x.len() < 3 { Ok(None) } else { at.want(2, || at.dy.sum_dims(&[0, 2, 3], false)) }
}

/// Rows and columns of a weight's kernels.
fn kernel_of(weight: &Spec) -> [usize; 2] {
    [weight.shape[2], weight.shape[3]]
}

/// What the floor in the size of a convolution's output cuts off: it comes back as padding of the transposed
/// one.
fn cut_off(w: &Window, images: &Spec, kernel: [usize; 2]) -> [usize; 2] {
    [0, 1].map(|d| (w.padded(d, images.shape[d + 2]) - w.extent(d, kernel[d])) % w.stride[d])
}

/// The operands' elements, where our own convolutions take them: f32 on the CPU.
fn all_floats(x: &[Operand]) -> Option<Vec<Floats>> {
    x.iter().map(Operand::floats).collect()
}

fn channels(op: &'static str, x: &[&Spec], groups: usize, expected: &str) -> Error {
    Error::shape(op, format!("images {:?}, weight {:?}, groups {groups}", x[0].shape, x[1].shape), expected)
}

impl Tensor {
    /// Convolution (cross-correlation) of images `[N, Ci, H, W]` with a weight
    /// `[Co, Ci / groups, Kh, Kw]` to `[N, Co, Ho, Wo]`,
    /// `Ho = floor((H + 2 padding - dilation (Kh - 1) - 1) / stride) + 1`.
    ///
    /// # Errors
    /// [`Error::Shape`] for other ranks, channels that do not fit, or images smaller than the kernel.
    pub fn conv2d(&self, weight: &Tensor, bias: Option<&Tensor>, window: Window) -> Result<Tensor> {
        let inputs: Vec<_> = [self, weight].into_iter().chain(bias).collect();
        apply(Conv2d(window), &inputs)
    }

    /// Convolution of signals `[N, Ci, L]` with a weight `[Co, Ci / groups, K]` to `[N, Co, Lo]`, as
    /// [`Tensor::conv2d`] of images one row high: the column half of the window counts.
    ///
    /// # Errors
    /// As [`Tensor::conv2d`].
    pub fn conv1d(&self, weight: &Tensor, bias: Option<&Tensor>, window: Window) -> Result<Tensor> {
        require_rank("conv1d", self.spec(), 3, "signals [N, C, L]")?;
        require_rank("conv1d", weight.spec(), 3, "a weight [Co, Ci / groups, K]")?;
        let (n, k) = (self.shape()[2], weight.shape()[2]);
        let extent = window.dilation[1].saturating_mul(k - 1).saturating_add(1);
        ensure(n.saturating_add(window.padding[1].saturating_mul(2)) >= extent, || {
            let found = format!("signals of {n} under a kernel of {extent}");
            Error::shape("conv1d", found, "a length of at least the kernel, with the padding")
        })?;
        let row = |[_, column]: [usize; 2], height| [height, column];
        let window = Window {
            stride: row(window.stride, 1),
            padding: row(window.padding, 0),
            dilation: row(window.dilation, 1),
            ..window
        };
        let images = self.unsqueeze(2)?.conv2d(&weight.unsqueeze(2)?, bias, window);
        let y = images.and_then(|y| y.squeeze(2)).map_err(|e| e.named("conv1d"))?;
        if !y.is_symbolic() {
            return Ok(y);
        }
        // In a trace: the same as one operator.
        let attributes = window.attributes(&weight.shape()[2..]);
        let inputs: Vec<_> = [self, weight].into_iter().chain(bias).collect();
        OnnxOperator { attributes, ..OnnxOperator::new("Conv", y.spec()) }.on(&inputs)
    }

    /// Transposed convolution of images `[N, Ci, H, W]` with a weight `[Ci, Co / groups, Kh, Kw]` to
    /// `[N, Co, Ho, Wo]`, `Ho = (H - 1) stride - 2 padding + dilation (Kh - 1) + output_padding + 1`.
    ///
    /// # Errors
    /// As [`Tensor::conv2d`].
    pub fn conv_transpose2d(
        &self,
        weight: &Tensor,
        bias: Option<&Tensor>,
        window: Window,
        output_padding: [usize; 2],
    ) -> Result<Tensor> {
        let inputs: Vec<_> = [self, weight].into_iter().chain(bias).collect();
        apply(ConvTranspose2d(window, output_padding), &inputs)
    }
}
