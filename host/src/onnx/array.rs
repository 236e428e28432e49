//! Arrays in and out of ONNX Runtime.

use ops::{
    Array, ArrayView, DType,
    tensor::{Data, DataView},
};
use ort::{
    session::SessionInputValue,
    value::{DynValue, Tensor, TensorElementType, TensorRef, ValueType},
};

use super::port::words;

/// The element type that ONNX Runtime calls `onnx`; none where models do not exchange it with us.
pub(super) fn dtype(onnx: TensorElementType) -> Option<DType> {
    match onnx {
        TensorElementType::Float32 => Some(DType::F32),
        TensorElementType::Float64 => Some(DType::F64),
        TensorElementType::Int32 => Some(DType::I32),
        TensorElementType::Int64 => Some(DType::I64),
        TensorElementType::Bool => Some(DType::Bool),
        TensorElementType::Float16 => Some(DType::F16),
        TensorElementType::Bfloat16 => Some(DType::Bf16),
        TensorElementType::Int8 => Some(DType::I8),
        TensorElementType::Int16 => Some(DType::I16),
        TensorElementType::Uint8 => Some(DType::U8),
        TensorElementType::Uint16 => Some(DType::U16),
        TensorElementType::Uint32 => Some(DType::U32),
        TensorElementType::Uint64 => Some(DType::U64),
        _ => None,
    }
}

/// The element type of a tensor of numbers.
pub(super) fn dtype_of(kind: &ValueType) -> Option<DType> {
    kind.tensor_type().and_then(dtype)
}

/// What an expression makes of elements `$x`, whatever their type. `$kind` is `Data` or `DataView`.
macro_rules! with_elements {
    ($kind:ident, $data:expr, $x:ident => $value:expr) => {
        match $data {
            $kind::F32($x) => $value,
            $kind::F64($x) => $value,
            $kind::I32($x) => $value,
            $kind::I64($x) => $value,
            $kind::Bool($x) => $value,
            $kind::F16($x) => $value,
            $kind::Bf16($x) => $value,
            $kind::I8($x) => $value,
            $kind::I16($x) => $value,
            $kind::U8($x) => $value,
            $kind::U16($x) => $value,
            $kind::U32($x) => $value,
            $kind::U64($x) => $value,
        }
    };
}

/// The whole array as a model's input, without a copy.
pub(super) fn input(array: ArrayView<'_>) -> ort::Result<SessionInputValue<'_>> {
    with_elements!(DataView, array.data(), x => Ok(TensorRef::from_array_view((array.shape(), x))?.into()))
}

/// A copy of the whole array, where ONNX Runtime keeps it.
pub(super) fn owned(array: ArrayView<'_>) -> ort::Result<DynValue> {
    let shape = array.shape();
    with_elements!(DataView, array.data(), x => Ok(Tensor::from_array((shape, x.to_vec()))?.into_dyn()))
}

/// Rows `start..start + count` as a model's input: without a copy where the array has them all, else with the
/// last row repeated.
pub(super) fn input_rows(
    array: ArrayView<'_>,
    start: usize,
    count: usize,
) -> ort::Result<SessionInputValue<'_>> {
    let (end, rows) = (start + count, array.shape()[0]);
    if end > rows {
        let rows: Vec<usize> = (start..end).map(|row| row.min(rows - 1)).collect();
        return input_of(array, &rows);
    }
    let width = width(array.shape());
    let part = array.data().part(start * width, count * width);
    let shape = of_rows(array.shape(), count);
    with_elements!(DataView, part, x => Ok(TensorRef::from_array_view((shape, x))?.into()))
}

/// A copy of these rows as a model's input.
pub(super) fn input_of(array: ArrayView<'_>, rows: &[usize]) -> ort::Result<SessionInputValue<'static>> {
    let (shape, width) = (of_rows(array.shape(), rows.len()), width(array.shape()));
    with_elements!(DataView, array.data(), x => {
        let chosen: Vec<_> = rows.iter().flat_map(|row| &x[row * width..][..width]).copied().collect();
        Ok(Tensor::from_array((shape, chosen))?.into())
    })
}

/// Whether these rows of an array are all the same.
pub(super) fn is_uniform(array: ArrayView<'_>, rows: &[usize]) -> bool {
    let width = width(array.shape());
    let row = |i: usize| array.data().part(i * width, width);
    rows.windows(2).all(|pair| row(pair[0]) == row(pair[1]))
}

/// A copy of a model's output.
pub(super) fn copied(output: &DynValue) -> ort::Result<Array> {
    let mut whole = Joined::like(output, None)?;
    whole.add(output, None)?;
    whole.finish()
}

/// Rows of outputs, those of one piece after those of another.
pub(super) struct Joined {
    data: Data,
    shape: Vec<usize>,
    /// How many rows there will be, where that is known.
    rows: Option<usize>,
}

impl Joined {
    /// No rows yet, of the element type of an output.
    pub fn like(output: &DynValue, rows: Option<usize>) -> ort::Result<Self> {
        let unknown = || {
            let kind = words(output.dtype());
            ort::Error::new(format!(
                "an output is a {kind}, which is not exchanged: leave it out by its name"
            ))
        };
        let dtype = dtype_of(output.dtype()).ok_or_else(unknown)?;
        Ok(Self { data: Data::from_bytes(&[], dtype), shape: vec![], rows })
    }

    /// Adds the first `count` of the `batch` rows of a model's output, or all of it.
    pub fn add(&mut self, output: &DynValue, part: Option<[usize; 2]>) -> ort::Result<()> {
        let is_first = self.shape.is_empty();
        let Self { data, shape, rows } = self;
        with_elements!(Data, data, to => {
            let (found, elements) = output.try_extract_tensor()?;
            let found: Vec<usize> = found.iter().map(|&size| size as usize).collect();
            if is_first {
                shape.clone_from(&found);
            }
            let len = match part {
                Some([count, batch]) => rows_fit(&found, batch, shape).map(|()| count * width(shape))?,
                None => elements.len(),
            };
            to.reserve_exact(if is_first { rows.map_or(len, |rows| rows * width(shape)) } else { 0 });
            to.extend_from_slice(&elements[..len]);
            Ok(())
        })
    }

    /// All rows.
    pub fn finish(mut self) -> ort::Result<Array> {
        if let (Some(first), Some(rows)) = (self.shape.first_mut(), self.rows) {
            *first = rows;
        }
        Array::new(self.shape, self.data).map_err(|e| ort::Error::new(e.to_string()))
    }
}

/// Refuses an output of other than `batch` rows like those of `shape`: a model may give more or fewer than it
/// declares, or rows of another shape than before.
fn rows_fit(found: &[usize], batch: usize, shape: &[usize]) -> ort::Result<()> {
    let expected = shape.get(1..).unwrap_or_default();
    match found.split_first() {
        Some((rows, row)) if *rows == batch && row == expected => Ok(()),
        _ => Err(ort::Error::new(format!(
            "an output has shape {found:?} where {batch} rows of shape {expected:?} were expected"
        ))),
    }
}

/// The elements of a row of an array of that shape.
fn width(shape: &[usize]) -> usize {
    shape.iter().skip(1).product()
}

/// The same shape with so many rows.
fn of_rows(shape: &[usize], rows: usize) -> Vec<usize> {
    [&[rows], &shape[1..]].concat()
}
