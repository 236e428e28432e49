//! Pooling of images: the largest or the mean element under a window that moves over them. Each comes
//! as a pair of operations that are each other's gradients, so that both can be differentiated again.

use burn::backend::{
    Dispatch, Shape,
    ops::{FloatTensorOps as _, IntTensorOps as _, ModuleOps as _},
};

use super::{
    OnnxAttribute, OnnxAttributes, OnnxValue, OnnxWriter, Op, OpInfo, Operand, Primitive, Saves, Vjp,
    require_float, require_rank, require_step,
};
use crate::{
    DType, Device, Error, Result, Spec, Tensor, ensure,
    tensor::{apply, full_primitive, int_dtype},
};

/// The window that is pooled, by (row, column).
#[derive(Debug, Clone, Copy)]
struct Pool {
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: [usize; 2],
    dilation: [usize; 2],
    /// Whether a last window that is partly outside counts.
    ceil: bool,
}

impl Pool {
    fn new(kernel: [usize; 2], stride: [usize; 2], padding: [usize; 2]) -> Self {
        Self { kernel, stride, padding, dilation: [1; 2], ceil: false }
    }

    /// `[N, C, H, W] -> [N, C, Ho, Wo]`, `Ho = floor((H + 2 padding - extent) / stride) + 1` with an extent
    /// of `dilation (kernel - 1) + 1`, or the ceiling of it for windows that begin in the image.
    fn infer(&self, op: &'static str, x: &Spec) -> Result<Spec> {
        require_float(op, x)?;
        require_rank(op, x, 4, "images [N, C, H, W]")?;
        require_step(op, "the kernel", 1, &self.kernel)?;
        require_step(op, "the stride", 1, &self.stride)?;
        require_step(op, "the dilation", 1, &self.dilation)?;
        let mut y = x.clone();
        for d in 0..2 {
            let (kernel, stride, padding) = (self.kernel[d], self.stride[d], self.padding[d]);
            // A window that sees nothing but padding would have no largest element and no mean.
            ensure(padding <= kernel / 2, || {
                Error::argument(op, "the padding", padding, format!("at most half of the kernel of {kernel}"))
            })?;
            let extent = self.dilation[d].saturating_mul(kernel - 1).saturating_add(1);
            let padded = x.shape[d + 2] + 2 * padding;
            ensure(padded >= extent, || {
                Error::shape(
                    op,
                    format!("{:?} under a window of {:?}", x.shape, self.kernel),
                    format!("images of at least {extent} with their padding in dimension {}", d + 2),
                )
            })?;
            let n = (padded - extent) / stride + 1;
            let is_cut = self.ceil
                && !(padded - extent).is_multiple_of(stride)
                && n * stride < x.shape[d + 2] + padding;
            y.shape[d + 2] = n + usize::from(is_cut);
        }
        Ok(y)
    }

    /// The attributes of ONNX's pooling.
    fn attributes(&self) -> OnnxAttributes {
        let [rows, columns] = self.padding;
        vec![
            ("kernel_shape", OnnxAttribute::ints(self.kernel)),
            ("strides", OnnxAttribute::ints(self.stride)),
            ("pads", OnnxAttribute::ints([rows, columns, rows, columns])),
        ]
    }
}

/// The largest element under each window.
struct MaxPool(Pool);

impl Op for MaxPool {
    fn info(&self) -> OpInfo {
        OpInfo::new("max_pool2d")
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        self.0.infer("max_pool2d", x[0])
    }

    fn run(&self, x: &[Operand], _: &Spec, _: Device) -> Primitive {
        let Pool { kernel, stride, padding, dilation, ceil } = self.0;
        Dispatch::max_pool2d(x[0].primitive(), kernel, stride, padding, dilation, ceil)
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![Some(apply(MaxPoolGradient { pool: self.0, transposed: false }, &[&at.x[0], at.dy])?)])
    }

    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        let mut attributes = self.0.attributes();
        attributes.push(("dilations", OnnxAttribute::ints(self.0.dilation)));
        attributes.push(("ceil_mode", usize::from(self.0.ceil).into()));
        Ok(w.node_with("MaxPool", w.all(), attributes))
    }
}

/// The gradient of [`MaxPool`] at images x, `dy -> dx`: each number goes to where the largest element of its
/// window was. Or its transpose, which takes the numbers that are there. Linear in the second input, constant
/// in x.
struct MaxPoolGradient {
    pool: Pool,
    transposed: bool,
}

impl Op for MaxPoolGradient {
    fn info(&self) -> OpInfo {
        let name = if self.transposed { "max_pool2d second gradient" } else { "max_pool2d gradient" };
        OpInfo::new(name).saving(Saves::only(&[0]))
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        if self.transposed { self.pool.infer(self.name(), x[0]) } else { Ok(x[0].clone()) }
    }

    fn run(&self, x: &[Operand], y: &Spec, _: Device) -> Primitive {
        let Pool { kernel, stride, padding, dilation, ceil } = self.pool;
        let (images, values) = (x[0].primitive(), x[1].primitive());
        let i32 = int_dtype(DType::I32);
        let found =
            Dispatch::max_pool2d_with_indices(images.clone(), kernel, stride, padding, dilation, ceil, i32);
        let indices = found.indices;
        if !self.transposed {
            return Dispatch::max_pool2d_with_indices_backward(
                images, kernel, stride, padding, dilation, ceil, values, indices,
            )
            .x_grad;
        }
        let [n, c, h, w] = [0, 1, 2, 3].map(|d| x[0].spec.shape[d]);
        let indices = Dispatch::int_reshape(indices, Shape::from([n, c, y.len() / (n * c)]));
        let values = Dispatch::float_reshape(values, Shape::from([n, c, h * w]));
        Dispatch::float_reshape(Dispatch::float_gather(2, values, indices), Shape::from(y.shape.clone()))
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let back = Self { pool: self.pool, transposed: !self.transposed };
        Ok(vec![None, at.want(1, || apply(back, &[&at.x[0], at.dy]))?])
    }
}

/// The mean under each window; padding counts as zeros, or not at all.
#[derive(Debug, Clone, Copy)]
struct AvgPool {
    pool: Pool,
    count_padding: bool,
}

impl Op for AvgPool {
    fn info(&self) -> OpInfo {
        OpInfo::new("avg_pool2d").saving(Saves::NOTHING)
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        self.pool.infer("avg_pool2d", x[0])
    }

    fn run(&self, x: &[Operand], _: &Spec, _: Device) -> Primitive {
        let Pool { kernel, stride, padding, .. } = self.pool;
        Dispatch::avg_pool2d(x[0].primitive(), kernel, stride, padding, self.count_padding, false)
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let spread = AvgPoolGradient { forward: *self, shape: at.x[0].shape().to_vec() };
        Ok(vec![Some(apply(spread, &[at.dy])?)])
    }

    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        let mut attributes = self.pool.attributes();
        attributes.push(("count_include_pad", usize::from(self.count_padding).into()));
        Ok(w.node_with("AveragePool", w.all(), attributes))
    }
}

/// The gradient of [`AvgPool`], its transpose: each number is spread evenly under its window.
struct AvgPoolGradient {
    forward: AvgPool,
    shape: Vec<usize>,
}

impl Op for AvgPoolGradient {
    fn info(&self) -> OpInfo {
        OpInfo::new("avg_pool2d gradient").saving(Saves::NOTHING)
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        Ok(x[0].reshaped(self.shape.clone()))
    }

    fn run(&self, x: &[Operand], y: &Spec, device: Device) -> Primitive {
        let Pool { kernel, stride, padding, .. } = self.forward.pool;
        // Only the shape of the images matters.
        let (images, dy) = (full_primitive(y, 0.0, device), x[0].primitive());
        let count_padding = self.forward.count_padding;
        Dispatch::avg_pool2d_backward(images, dy, kernel, stride, padding, count_padding, false)
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![Some(apply(self.forward, &[at.dy])?)])
    }
}

impl Tensor {
    /// The largest element under each window of images `[N, C, H, W]`, to `[N, C, Ho, Wo]`,
    /// `Ho = floor((H + 2 padding - kernel) / stride) + 1`; sizes by (row, column). Padding never wins;
    /// the gradient goes to the first where several are equal.
    ///
    /// # Errors
    /// [`Error::Argument`] for a kernel or stride of 0 and a padding of more than half of the kernel,
    /// [`Error::Shape`] for other ranks and images smaller than the kernel.
    pub fn max_pool2d(&self, kernel: [usize; 2], stride: [usize; 2], padding: [usize; 2]) -> Result<Tensor> {
        apply(MaxPool(Pool::new(kernel, stride, padding)), &[self])
    }

    /// [`Tensor::max_pool2d`] of windows with gaps, and where `ceil`, also of those at the end that are
    /// partly outside but begin in the image.
    ///
    /// # Errors
    /// As [`Tensor::max_pool2d`].
    pub fn max_pool2d_dilated(
        &self,
        kernel: [usize; 2],
        stride: [usize; 2],
        padding: [usize; 2],
        dilation: [usize; 2],
        ceil: bool,
    ) -> Result<Tensor> {
        apply(MaxPool(Pool { dilation, ceil, ..Pool::new(kernel, stride, padding) }), &[self])
    }

    /// The mean under each window of images `[N, C, H, W]`, to `[N, C, Ho, Wo]` as
    /// [`Tensor::max_pool2d`]. With `count_include_pad` padding counts as zeros, else not at all.
    ///
    /// # Errors
    /// As [`Tensor::max_pool2d`].
    pub fn avg_pool2d(
        &self,
        kernel: [usize; 2],
        stride: [usize; 2],
        padding: [usize; 2],
        count_include_pad: bool,
    ) -> Result<Tensor> {
        let pool = Pool::new(kernel, stride, padding);
        apply(AvgPool { pool, count_padding: count_include_pad }, &[self])
    }

    /// The mean of each channel, `[N, C, H, W] -> [N, C]`.
    ///
    /// # Errors
    /// [`Error::Shape`] for other ranks.
    pub fn global_avg_pool(&self) -> Result<Tensor> {
        require_float("global_avg_pool", self.spec())?;
        require_rank("global_avg_pool", self.spec(), 4, "images [N, C, H, W]")?;
        self.mean_dims(&[2, 3], false)
    }
}
