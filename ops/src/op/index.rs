//! Operations that choose elements: by index, by mask.

#[cfg(feature = "cube")]
mod gpu;

use burn::backend::tensor::IndexingUpdateOp;

use super::{
    OnnxAttribute, OnnxOperator, OnnxValue, OnnxWriter, Op, OpInfo, Operand, Primitive, Saves, Vjp,
    binary::expanded, by_kind, promote::alike, require, require_number, require_rank, require_same,
};
#[cfg(feature = "cube")]
use super::{fused::kernel, refuse_count};
use crate::{
    DType, Device, Error, Result, Spec, Tensor, ensure, interrupt,
    tensor::{Data, POLL_EVERY, apply, broadcast, require_room, show},
};

/// All dimensions but `dim` must agree between the index and the tensor.
fn same_but(op: &'static str, dim: usize, x: &Spec, index: &Spec) -> Result<()> {
    require(op, index, DType::is_int, "i32 or i64 for the index (convert with `.long()`)")?;
    let fits = x.rank() == index.rank() && (0..x.rank()).all(|d| d == dim || x.shape[d] == index.shape[d]);
    ensure(fits, || {
        let found = format!("{:?} for the index of {:?}", index.shape, x.shape);
        Error::shape(op, found, format!("equal sizes in all dimensions but {dim}"))
    })
}

fn require_index(op: &'static str, index: &Spec) -> Result<()> {
    require(op, index, DType::is_int, "i32 or i64 for the index (convert with `.long()`)")?;
    require_rank(op, index, 1, "one dimension for the index")
}

/// What an index chooses along a dimension.
#[derive(Clone, Copy)]
enum Chosen {
    /// `y[i][j] = x[index[i][j]][j]` along dimension 0, and so on for others.
    Elements,
    /// Whole slices, in the order of a one-dimensional index.
    Slices,
}

/// Elements or slices by an index. Inputs: tensor, index.
#[derive(Clone, Copy)]
struct Choose(Chosen, usize);

impl Op for Choose {
    fn info(&self) -> OpInfo {
        let name = match self.0 {
            Chosen::Elements => "gather",
            Chosen::Slices => "index_select",
        };
        OpInfo::new(name).saving(Saves::only(&[1]))
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        let mut y = x[0].clone();
        match self.0 {
            Chosen::Elements => {
                same_but("gather", self.1, x[0], x[1])?;
                y.shape = x[1].shape.clone();
            }
            Chosen::Slices => {
                require_index("index_select", x[1])?;
                y.shape[self.1] = x[1].len();
            }
        }
        Ok(y)
    }

    fn run(&self, x: &[Operand], y: &Spec, _: Device) -> Primitive {
        let (v, dim, index) = (x[0].primitive(), self.1, x[1].primitive());
        match self.0 {
            Chosen::Elements => by_kind!(y.dtype, float_gather, int_gather, bool_gather, (dim, v, index)),
            Chosen::Slices => by_kind!(y.dtype, float_select, int_select, bool_select, (v, dim, index)),
        }
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let zeros = Tensor::full(at.x[0].shape(), 0.0, at.dy.dtype(), at.dy.device())?;
        Ok(vec![Some(apply(AddChosen(*self), &[&zeros, &at.x[1], at.dy])?), None])
    }

    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        let op_type = match self.0 {
            Chosen::Elements => "GatherElements",
            Chosen::Slices => "Gather",
        };
        Ok(w.node_with(op_type, w.all(), [("axis", self.1.into())]))
    }
}

/// `y = x`, then each element or slice of it that [`Choose`] would choose gets that of the source added.
/// Inputs: tensor, index, source.
#[derive(Clone, Copy)]
struct AddChosen(Choose);

impl Op for AddChosen {
    fn info(&self) -> OpInfo {
        let name = match self.0.0 {
            Chosen::Elements => "scatter_add",
            Chosen::Slices => "index_add",
        };
        OpInfo::new(name).saving(Saves::only(&[1]))
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        let op = self.name();
        require_number(op, x[0])?;
        require_same(op, x[0], x[2])?;
        let source = self.0.infer(&x[..2]).map_err(|e| e.named(op))?;
        ensure(source == *x[2], || match self.0.0 {
            Chosen::Elements => {
                let found = format!("{:?} for the source, {:?} for the index", x[2].shape, x[1].shape);
                Error::shape(op, found, "one shape for both")
            }
            Chosen::Slices => {
                Error::shape(op, format!("{:?} for the source", x[2].shape), show(&source.shape))
            }
        })?;
        Ok(x[0].clone())
    }

    fn run(&self, x: &[Operand], y: &Spec, _: Device) -> Primitive {
        let ([v, index, source], dim) = ([0, 1, 2].map(|i| x[i].primitive()), self.0.1);
        let add = IndexingUpdateOp::Add;
        match self.0.0 {
            Chosen::Elements => {
                by_kind!(y.dtype, float_scatter, int_scatter, (dim, v, index, source, add))
            }
            Chosen::Slices => {
                by_kind!(y.dtype, float_select_assign, int_select_assign, (v, dim, index, source, add))
            }
        }
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let dx = at.want(0, || Ok(at.dy.clone()))?;
        let source = at.want(2, || apply(self.0, &[at.dy, &at.x[1]]))?;
        Ok(vec![dx, None, source])
    }

    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        let mut index = w.x(1);
        if let Chosen::Slices = self.0.0 {
            // One number for each element of the source instead of one for each of its slices.
            let mut shape = vec![1; w.spec(2).rank()];
            shape[self.0.1] = w.spec(1).len();
            index = w.node("Reshape", [index, OnnxValue::sizes(&shape)]);
            index = w.node("Expand", [index, OnnxValue::sizes(&w.spec(2).shape.clone())]);
        }
        let sum = [("axis", self.0.1.into()), ("reduction", OnnxAttribute::Text("add"))];
        Ok(w.node_with("ScatterElements", [w.x(0), index, w.x(2)], sum))
    }
}

/// `y = a` where the mask is true, `b` elsewhere. Inputs: mask, a, b.
struct Where;

impl Op for Where {
    fn info(&self) -> OpInfo {
        OpInfo::new("where").saving(Saves::only(&[0]))
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        require("where", x[0], |d| d == DType::Bool, "bool for the condition (compare first)")?;
        require_same("where", x[1], x[2])?;
        let shape = broadcast("where", &x[1].shape, &x[2].shape)?;
        Ok(x[1].reshaped(broadcast("where", &x[0].shape, &shape)?))
    }

    fn run(&self, x: &[Operand], y: &Spec, _: Device) -> Primitive {
        let [mask, a, b] = [0, 1, 2].map(|i| expanded(&x[i], y));
        by_kind!(y.dtype, float_mask_where, int_mask_where, bool_mask_where, (b, mask, a))
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let mask = &at.x[0];
        let zeros = at.dy.zeros_like()?;
        let a = at.want(1, || apply(Where, &[mask, at.dy, &zeros])?.sum_to(at.x[1].shape()))?;
        let b = at.want(2, || apply(Where, &[mask, &zeros, at.dy])?.sum_to(at.x[2].shape()))?;
        Ok(vec![None, a, b])
    }

    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        if w.output.dtype != DType::Bool {
            return Ok(w.node("Where", w.all()));
        }
        // ONNX Runtime chooses between numbers only.
        let (mask, a, b) = (w.x(0), w.x(1), w.x(2));
        let other = w.node("Not", [mask.clone()]);
        let (a, b) = (w.node("And", [mask, a]), w.node("And", [other, b]));
        Ok(w.node("Or", [a, b]))
    }
}

impl Tensor {
    /// `y[i][j] = x[index[i][j]][j]` along dimension 0, and so on for others.
    ///
    /// # Errors
    /// [`Error::Argument`] for an index outside the dimension, which backends would not notice; of a tensor
    /// on a GPU, when a value is next read from there.
    pub fn gather(&self, dim: i64, index: &Tensor) -> Result<Tensor> {
        let dim = self.spec().dim("gather", dim)?;
        same_but("gather", dim, self.spec(), index.spec())?;
        self.gather_known(dim, &in_range("gather", index, self.shape()[dim])?)
    }

    /// [`Tensor::gather`] without its check, for an index that is in range by the way in which it was
    /// computed.
    ///
    /// # Errors
    /// [`Error::Memory`]; where the caller is wrong, [`Error::Backend`] or any elements, by device.
    pub fn gather_known(&self, dim: usize, index: &Tensor) -> Result<Tensor> {
        apply(Choose(Chosen::Elements, dim), &[self, index])
    }

    /// `y = x`, then `y[index[i][j]][j] += source[i][j]` along dimension 0, and so on for others.
    pub fn scatter_add(&self, dim: i64, index: &Tensor, source: &Tensor) -> Result<Tensor> {
        let dim = self.spec().dim("scatter_add", dim)?;
        same_but("scatter_add", dim, self.spec(), index.spec())?;
        let index = in_range("scatter_add", index, self.shape()[dim])?;
        apply(AddChosen(Choose(Chosen::Elements, dim)), &[self, &index, source])
    }

    /// `y = x`, then `y[index[i][j]][j] = source[i][j]` along dimension 0, and so on for others; of several
    /// for one element the last counts, and gets the gradient.
    ///
    /// # Errors
    /// As [`Tensor::gather`]; [`Error::Shape`] unless index and source have one shape, [`Error::DType`] for a
    /// source of another element type.
    pub fn scatter(&self, dim: i64, index: &Tensor, source: &Tensor) -> Result<Tensor> {
        const OP: &str = "scatter";
        let dim = self.spec().dim(OP, dim)?;
        same_but(OP, dim, self.spec(), index.spec())?;
        require_same(OP, self.spec(), source.spec())?;
        ensure(source.shape() == index.shape(), || {
            let found = format!("{:?} for the source, {:?} for the index", source.shape(), index.shape());
            Error::shape(OP, found, "one shape for both")
        })?;
        if [self, index, source].iter().any(|x| x.is_symbolic()) {
            let operator = OnnxOperator::new("ScatterElements", self.spec()).with("axis", dim.into());
            return operator.on(&[self, index, source]);
        }
        let index = in_range(OP, index, self.shape()[dim])?;
        let scattered = || {
            let [written, writer] = self.last_writers(dim, &index)?;
            written.where_(&source.gather_known(dim, &writer)?, self)
        };
        scattered().map_err(|e| e.named(OP))
    }

    /// Of each element whether `index` names it, and the last place along `dim` where it does.
    fn last_writers(&self, dim: usize, index: &Tensor) -> Result<[Tensor; 2]> {
        let (n, m) = (self.shape()[dim], index.shape()[dim]);
        let inner: usize = self.shape()[dim + 1..].iter().product();
        let (mut written, mut writer) = (vec![false; self.len()], vec![0i32; self.len()]);
        for (at, to) in index.to_f64()?.into_iter().enumerate() {
            let (outer, j, i) = (at / (m * inner), at / inner % m, at % inner);
            let place = (outer * n + to as usize) * inner + i;
            (written[place], writer[place]) = (true, j as i32);
        }
        let made = |data: Data| Tensor::from_data(data, self.shape(), index.device());
        Ok([made(written.into())?, made(writer.into())?])
    }

    /// Whole slices of dimension `dim`, in the order of a one-dimensional index; repeats are allowed.
    pub fn index_select(&self, dim: i64, index: &Tensor) -> Result<Tensor> {
        let dim = self.spec().dim("index_select", dim)?;
        Choose(Chosen::Slices, dim).infer(&[self.spec(), index.spec()])?;
        let index = in_range("index_select", index, self.shape()[dim])?;
        apply(Choose(Chosen::Slices, dim), &[self, &index])
    }

    /// `n` slices of dimension `dim`: the `i`-th is slice `index(i)` of this tensor.
    ///
    /// # Errors
    /// [`Error::Argument`] for an index outside the dimension; [`Error::Memory`].
    pub fn slices_at(&self, dim: usize, n: usize, index: impl Fn(usize) -> usize) -> Result<Tensor> {
        let mut shape = self.shape().to_vec();
        shape[dim] = n;
        // The list of indices is often far smaller than what they give.
        require_room("index_select", &self.spec().reshaped(shape))?;
        let mut largest = None;
        let numbers = |n| {
            let number = |i: usize| {
                if i.is_multiple_of(POLL_EVERY) {
                    interrupt::poll();
                }
                let found = index(i);
                largest = largest.max(Some(found));
                found as i32
            };
            (0..n).map(number).collect::<Vec<_>>().into()
        };
        let index = Tensor::generated("index_select", Spec::new([n], DType::I32), self.device(), numbers)?;
        let size = self.shape()[dim];
        if let Some(found) = largest.filter(|&found| found >= size) {
            return Err(Error::argument("index_select", "an index", found, format!("below {size}")));
        }
        apply(Choose(Chosen::Slices, dim), &[self, &index])
    }

    /// `y = x`, then slice `index[i]` of dimension `dim` gets slice `i` of `source` added.
    pub fn index_add(&self, dim: i64, index: &Tensor, source: &Tensor) -> Result<Tensor> {
        let dim = self.spec().dim("index_add", dim)?;
        require_index("index_add", index.spec())?;
        let index = in_range("index_add", index, self.shape()[dim])?;
        apply(AddChosen(Choose(Chosen::Slices, dim)), &[self, &index, source])
    }

    /// `a` where this truth value is true, `b` elsewhere, by PyTorch's promotion. All three broadcast.
    pub fn where_(&self, a: &Tensor, b: &Tensor) -> Result<Tensor> {
        let [a, b] = alike(a, b)?;
        apply(Where, &[self, &a, &b])
    }

    /// `value` where the mask is true, the tensor elsewhere. The mask broadcasts to the tensor.
    pub fn masked_fill(&self, mask: &Tensor, value: f64) -> Result<Tensor> {
        require("masked_fill", mask.spec(), |d| d == DType::Bool, "bool for the mask (compare first)")?;
        ensure(broadcast("masked_fill", self.shape(), mask.shape())? == self.shape(), || {
            let found = format!("{:?} for the mask", mask.shape());
            Error::shape("masked_fill", found, format!("one that broadcasts to {:?}", self.shape()))
        })?;
        let value = Tensor::scalar(value, self.dtype(), self.device());
        value.and_then(|value| apply(Where, &[mask, &value, self])).map_err(|e| e.named("masked_fill"))
    }
}

/// Refuses an index outside `0..n`, on a GPU when a value is next read from there. Neither backend does: one
/// panics, one reads elsewhere. Gives what is to be read with: the index, on a GPU without what is refused.
pub(super) fn in_range(op: &'static str, index: &Tensor, n: usize) -> Result<Tensor> {
    if index.is_symbolic() {
        return Ok(index.clone());
    }
    #[cfg(feature = "cube")]
    if index.device() == Device::Gpu {
        let (flags, indices) = (index.spec().cast(DType::F32), index.spec().clone());
        let outside = kernel(op, flags, &[index], move |x, y, _| gpu::outside(&x[0], n, y))?;
        let error = Error::argument(op, "an index", "outside of the dimension", format!("0 to {}", n - 1));
        refuse_count(&outside.sum()?, error)?;
        return kernel(op, indices, &[index], move |x, y, _| gpu::clamped(&x[0], n, y));
    }
    let wrong = index.to_f64()?.into_iter().find(|&i| !(0.0..n as f64).contains(&i));
    wrong.map_or(Ok(index.clone()), |i| Err(Error::argument(op, "an index", i, format!("0 to {}", n - 1))))
}
