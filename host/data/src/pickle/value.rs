//! What pickles hold.

use super::{Bytes, ValueId};
use crate::numpy::NumpyKind;

/// A value.
#[derive(Debug)]
pub enum PickledValue {
    None,
    Bool(bool),
    Int(i64),
    Float,
    /// A text in UTF-8.
    Text(Bytes),
    /// Bytes, and the texts of Python 2.
    Bytes(Bytes),
    List(Vec<ValueId>),
    Tuple(Vec<ValueId>),
    Map(Vec<(ValueId, ValueId)>),
    PickledFunction(PickledFunction),
    /// The type of an array's elements, and whether the highest byte comes first.
    Dtype(NumpyKind, bool),
    /// None before its content is known.
    PickledArray(Option<PickledArray>),
}

/// NumPy's array.
#[derive(Debug)]
pub struct PickledArray {
    pub kind: NumpyKind,
    pub shape: Vec<usize>,
    /// The first index changes fastest.
    pub fortran: bool,
    /// The value with the bytes of the elements.
    pub content: ValueId,
}

/// What is called to make arrays and bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PickledFunction {
    /// `numpy.core.multiarray._reconstruct(ndarray, (0,), b"b")`: an array to be filled by a state.
    Reconstruct,
    /// `numpy.core.numeric._frombuffer(bytes, dtype, shape, order)`.
    FromBuffer,
    /// `numpy.core.multiarray.scalar(dtype, bytes)`: a number.
    Scalar,
    /// `numpy.ndarray`, which is only handed to others.
    Ndarray,
    /// `numpy.dtype("u1", ...)`.
    Dtype,
    /// `_codecs.encode(text, "latin1")`: how protocols before 3 write bytes.
    Encode,
    /// `bytes()`: the same without any.
    NoBytes,
}

impl PickledFunction {
    /// The function of that name.
    pub fn named(module: &str, name: &str) -> Option<Self> {
        Some(match (module, name) {
            ("numpy.core.multiarray" | "numpy._core.multiarray", "_reconstruct") => Self::Reconstruct,
            ("numpy.core.multiarray" | "numpy._core.multiarray", "scalar") => Self::Scalar,
            ("numpy.core.numeric" | "numpy._core.numeric", "_frombuffer") => Self::FromBuffer,
            ("numpy", "ndarray") => Self::Ndarray,
            ("numpy", "dtype") => Self::Dtype,
            ("_codecs", "encode") => Self::Encode,
            ("builtins" | "__builtin__", "bytes") => Self::NoBytes,
            _ => return None,
        })
    }
}

impl PickledValue {
    /// What it is, for errors.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::None => "nothing",
            Self::Bool(_) => "a truth value",
            Self::Int(_) => "a whole number",
            Self::Float => "a float",
            Self::Text(_) => "a text",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "a list",
            Self::Tuple(_) => "a tuple",
            Self::Map(_) => "a map",
            Self::PickledFunction(_) => "a function",
            Self::Dtype(..) => "an element type",
            Self::PickledArray(_) => "an array",
        }
    }
}
