//! What pickles hold.

use super::{Bytes, Id};
use crate::numpy::Kind;

/// A value.
#[derive(Debug)]
pub enum Value {
    None,
    Bool(bool),
    Int(i64),
    Float,
    /// A text in UTF-8.
    Text(Bytes),
    /// Bytes, and the texts of Python 2.
    Bytes(Bytes),
    List(Vec<Id>),
    Tuple(Vec<Id>),
    Map(Vec<(Id, Id)>),
    Function(Function),
    /// The type of an array's elements, and whether the highest byte comes first.
    Dtype(Kind, bool),
    /// None before its content is known.
    Array(Option<Array>),
}

/// NumPy's array.
#[derive(Debug)]
pub struct Array {
    pub kind: Kind,
    pub shape: Vec<usize>,
    /// The first index changes fastest.
    pub fortran: bool,
    /// The value with the bytes of the elements.
    pub content: Id,
}

/// What is called to make arrays and bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Function {
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

impl Function {
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

impl Value {
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
            Self::Function(_) => "a function",
            Self::Dtype(..) => "an element type",
            Self::Array(_) => "an array",
        }
    }
}
