//! Functions of whole numbers that no backend has, computed by the processor.

use ops::{
    DType, Error, Result, Spec, Tensor,
    tensor::{Data, broadcast},
};

use crate::value::whole;

/// `f` of two tensors of whole numbers or truth values, which broadcast. A constant to gradients.
pub(super) fn zip(
    op: &'static str,
    a: &Tensor,
    b: &Tensor,
    f: impl Fn(i64, i64) -> Option<i64>,
) -> Result<Tensor> {
    let shape = broadcast(op, a.shape(), b.shape())?;
    let spec = Spec::new(shape, a.dtype());
    if a.is_symbolic() || b.is_symbolic() {
        return Ok(Tensor::symbolic(spec, a.device()));
    }
    let [x, y] = [a, b].map(|t| whole("graph", &t.expand(&spec.shape)?));
    let pairs = x?.into_iter().zip(y?);
    let found = pairs.map(|(x, y)| f(x, y)).collect::<Option<Vec<_>>>();
    let Some(found) = found else {
        let found = "one without a result";
        return Err(Error::argument(op, "a number", found, "a divisor other than 0, a power not below 0"));
    };
    Tensor::from_data(back(found, a.dtype()), spec.shape, a.device())
}

/// Whole numbers as elements of a type.
pub(super) fn back(numbers: Vec<i64>, dtype: DType) -> Data {
    match dtype {
        DType::I64 => Data::I64(numbers),
        DType::I32 => Data::I32(numbers.into_iter().map(|x| x as i32).collect()),
        _ => Data::from_numbers(numbers.into_iter().map(|x| x as f64), dtype),
    }
}
