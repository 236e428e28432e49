//! Elements in order.

use rayon::prelude::*;

use super::{OnnxValue, OnnxWriter, Op, OpInfo, Operand, Primitive, require_number};
use crate::{
    DType, Device, Error, Result, Spec, Tensor, ensure, interrupt,
    tensor::{Data, apply, download, upload},
};

/// So many elements take a tenth of a second or more.
const MANY: usize = 1 << 20;

/// The numbers of the elements along the last dimension, in the order of the elements.
struct ArgSort {
    descending: bool,
    /// I32 or I64.
    index: DType,
}

impl Op for ArgSort {
    fn info(&self) -> OpInfo {
        OpInfo::new("argsort").constant()
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        Ok(x[0].cast(self.index))
    }

    /// On the host for all devices: backends' own sorts do not keep the order of equal elements.
    fn run(&self, x: &[Operand], y: &Spec, device: Device) -> Primitive {
        let n = y.shape[y.rank() - 1];
        // A device that fails to answer becomes an error again in `guarded`.
        let data = download("argsort", x[0].primitive(), x[0].spec.dtype).unwrap_or_else(|e| panic!("{e}"));
        let descending = self.descending;
        let sort = move || match data {
            Data::F32(values) => order(&values, n, descending),
            Data::F64(values) => order(&values, n, descending),
            Data::I32(values) => order(&values, n, descending),
            Data::I64(values) => order(&values, n, descending),
            Data::Bool(values) => order(&values, n, descending),
            _ => unreachable!("no tensor has them"),
        };
        let order = if y.len() > MANY { interrupt::left_alone(sort) } else { sort() };
        let order = match y.dtype {
            DType::I64 => Data::I64(order.into_iter().map(i64::from).collect()),
            _ => Data::I32(order),
        };
        upload(order, y, device)
    }

    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        let last = w.output.rank() - 1;
        let order = [("axis", last.into()), ("largest", usize::from(self.descending).into())];
        let all = OnnxValue::sizes(&[w.output.shape[last]]);
        let sorted = w.step("TopK", 2, [w.x(0), all], order);
        let order = OnnxValue::Output(sorted, 1);
        Ok(if self.index == DType::I64 { order } else { w.cast(order, self.index) })
    }
}

/// For each row of `n` values, their numbers in order. Equal values stay in the order they were in;
/// what is not a number is larger than any number.
fn order<T: PartialOrd + Sync>(values: &[T], n: usize, descending: bool) -> Vec<i32> {
    let is_nan = |x: &T| x.partial_cmp(x).is_none();
    let compare = |a: &T, b: &T| a.partial_cmp(b).unwrap_or_else(|| is_nan(a).cmp(&is_nan(b)));
    let mut order = vec![0; values.len()];
    order.par_chunks_mut(n).zip(values.par_chunks(n)).for_each(|(order, row)| {
        order.iter_mut().enumerate().for_each(|(i, index)| *index = i as i32);
        order.sort_by(|&i, &j| {
            let (a, b) = (&row[i as usize], &row[j as usize]);
            if descending { compare(b, a) } else { compare(a, b) }
        });
    });
    order
}

/// Sorting. Equal elements keep their order; what is not a number is larger than any number.
impl Tensor {
    /// The numbers (i64; i32 on a GPU) of the elements along `dim` in the order of the elements.
    ///
    /// # Errors
    /// [`Error::Argument`] for no such dimension, [`Error::DType`] for truth values.
    pub fn argsort(&self, dim: i64, descending: bool) -> Result<Tensor> {
        self.order("argsort", dim, descending, self.device().whole())
    }

    fn order(&self, op: &'static str, dim: i64, descending: bool, index: DType) -> Result<Tensor> {
        require_number(op, self.spec())?;
        self.spec().dim(op, dim)?;
        apply(ArgSort { descending, index }, &[&self.detach().transpose(dim, -1)?])?.transpose(dim, -1)
    }

    /// The elements along `dim` in order.
    ///
    /// # Errors
    /// As [`Tensor::argsort`].
    pub fn sort(&self, dim: i64, descending: bool) -> Result<Tensor> {
        let order = self.order("sort", dim, descending, DType::I32)?;
        self.gather_known(self.spec().dim("sort", dim)?, &order)
    }

    /// The `k` largest or smallest elements along `dim`, the most extreme first, and their numbers (i64; i32
    /// on a GPU).
    ///
    /// # Errors
    /// As [`Tensor::argsort`], and [`Error::Argument`] unless k is 1 to the size of the dimension.
    pub fn top_k(&self, k: usize, dim: i64, largest: bool) -> Result<(Tensor, Tensor)> {
        let d = self.spec().dim("top_k", dim)?;
        ensure((1..=self.shape()[d]).contains(&k), || {
            Error::argument(
                "top_k",
                "k",
                k,
                format!("1 to {}, the size of dimension {dim} of {:?}", self.shape()[d], self.shape()),
            )
        })?;
        let order = self.order("top_k", dim, largest, self.device().whole())?;
        let first = order.narrow(dim, 0, k)?;
        Ok((self.gather_known(d, &first)?, first))
    }
}
