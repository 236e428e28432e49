//! What is known of a tensor without its values: shape and element type.

use std::fmt;

use crate::{Error, Result, ensure};

/// The element types. Tensors have those of [`DType::ALL`]; files and models exchange the others too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DType {
    /// 32-bit float, the type of everything that is trained.
    F32,
    /// 64-bit float, on the CPU only, for gradient checks.
    F64,
    /// 32-bit integer, the type of indices.
    I32,
    /// 64-bit integer.
    I64,
    /// Truth value.
    Bool,
    /// 16-bit float, in files and models alone, as all below.
    F16,
    /// 16-bit float with the exponents of `f32` (bfloat16).
    Bf16,
    /// 8-bit integer.
    I8,
    /// 16-bit integer.
    I16,
    /// 8-bit whole number without a sign.
    U8,
    /// 16-bit whole number without a sign.
    U16,
    /// 32-bit whole number without a sign.
    U32,
    /// 64-bit whole number without a sign.
    U64,
}

impl DType {
    /// All element types that tensors have.
    pub const ALL: [DType; 5] = [Self::F32, Self::F64, Self::I32, Self::I64, Self::Bool];

    /// The name that scripts use, such as `f32`.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::Bool => "bool",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::I8 => "i8",
            Self::I16 => "i16",
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::U32 => "u32",
            Self::U64 => "u64",
        }
    }

    /// The element type of that name, where tensors have it.
    ///
    /// # Errors
    /// [`Error::Argument`] for another name.
    pub fn parse(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|dtype| dtype.name() == name);
        found.ok_or_else(|| {
            let expected = "\"f32\", \"f64\", \"i32\", \"i64\" or \"bool\"";
            Error::argument("dtype", "the element type", format!("\"{name}\""), expected)
        })
    }

    /// Bytes of one element.
    pub fn size(self) -> usize {
        match self {
            Self::Bool | Self::I8 | Self::U8 => 1,
            Self::F16 | Self::Bf16 | Self::I16 | Self::U16 => 2,
            Self::F32 | Self::I32 | Self::U32 => 4,
            Self::F64 | Self::I64 | Self::U64 => 8,
        }
    }

    /// The narrowest type of a tensor that holds every number of this one: its own, `f32` for the short
    /// floats, `i32` and `i64` for the other whole numbers (of `u64` those up to 2^63 - 1).
    pub fn computed(self) -> Self {
        match self {
            Self::F16 | Self::Bf16 => Self::F32,
            Self::I8 | Self::I16 | Self::U8 | Self::U16 => Self::I32,
            Self::U32 | Self::U64 => Self::I64,
            own => own,
        }
    }

    /// Whether this is `f32` or `f64`.
    pub fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64)
    }

    /// Whether this is `i32` or `i64`.
    pub fn is_int(self) -> bool {
        matches!(self, Self::I32 | Self::I64)
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Shape and element type of a tensor.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Spec {
    /// The logical shape, 0 to [`Spec::MAX_RANK`] dimensions.
    pub shape: Vec<usize>,
    /// The element type.
    pub dtype: DType,
}

impl Spec {
    /// The maximum number of dimensions of a tensor.
    pub const MAX_RANK: usize = 6;

    /// A spec of that shape and element type.
    pub fn new(shape: impl Into<Vec<usize>>, dtype: DType) -> Self {
        Self { shape: shape.into(), dtype }
    }

    /// The same element type in another shape.
    pub fn reshaped(&self, shape: impl Into<Vec<usize>>) -> Self {
        Self::new(shape, self.dtype)
    }

    /// The same shape with another element type.
    pub fn cast(&self, dtype: DType) -> Self {
        Self::new(self.shape.clone(), dtype)
    }

    /// Number of dimensions.
    pub fn rank(&self) -> usize {
        self.shape.len()
    }

    /// Number of elements (1 at rank 0). Saturates, so that an absurd shape is seen as absurd.
    pub fn len(&self) -> usize {
        self.shape.iter().fold(1, |n, &d| n.saturating_mul(d))
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.shape.contains(&0)
    }

    /// Bytes of all elements.
    pub fn bytes(&self) -> usize {
        self.len().saturating_mul(self.dtype.size())
    }

    /// The shape in which backends hold the tensor: rank 0 is stored as `[1]`.
    pub(crate) fn stored_shape(&self) -> Vec<usize> {
        if self.shape.is_empty() { vec![1] } else { self.shape.clone() }
    }

    /// The index of a dimension that is counted from the front (0, 1, ...) or the back (-1, -2, ...).
    ///
    /// # Errors
    /// [`Error::Argument`] for one that the tensor does not have; [`Error::Shape`] at rank 0.
    pub fn dim(&self, op: &'static str, dim: i64) -> Result<usize> {
        let rank = self.rank() as i64;
        let index = if dim < 0 { dim.saturating_add(rank) } else { dim };
        if (0..rank).contains(&index) {
            return Ok(index as usize);
        }
        ensure(rank != 0, || Error::shape(op, show(&self.shape), "a tensor with dimensions"))?;
        Err(Error::argument(
            op,
            "the dimension",
            dim,
            format!("one of the {rank} dimensions of {:?} ({} to {})", self.shape, -rank, rank - 1),
        ))
    }

    /// [`Spec::dim`] for several dimensions, each at most once; an empty list means all of them.
    ///
    /// # Errors
    /// Those of [`Spec::dim`]; [`Error::Argument`] for a dimension given twice.
    pub fn dims(&self, op: &'static str, dims: &[i64]) -> Result<Vec<usize>> {
        if dims.is_empty() {
            return Ok((0..self.rank()).collect());
        }
        let mut found = dims.iter().map(|&d| self.dim(op, d)).collect::<Result<Vec<_>>>()?;
        found.sort_unstable();
        ensure(found.windows(2).all(|pair| pair[0] != pair[1]), || {
            Error::argument(op, "the list of dimensions", format!("{dims:?}"), "each dimension at most once")
        })?;
        Ok(found)
    }
}

impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.dtype, show(&self.shape))
    }
}

/// A shape as messages show it: `[2, 3]`.
pub(crate) fn show(shape: &[usize]) -> String {
    format!("{shape:?}")
}

/// The shape that two shapes broadcast to, by NumPy's rule.
///
/// # Errors
/// [`Error::Shape`], of the operation `op`, for two that do not.
pub fn broadcast(op: &'static str, a: &[usize], b: &[usize]) -> Result<Vec<usize>> {
    let rank = a.len().max(b.len());
    let at = |shape: &[usize], i: usize| (i + shape.len()).checked_sub(rank).map_or(1, |j| shape[j]);
    (0..rank)
        .map(|i| match (at(a, i), at(b, i)) {
            (x, y) if x == y => Ok(x),
            (1, y) => Ok(y),
            (x, 1) => Ok(x),
            _ => Err(Error::shape(
                op,
                format!("{a:?} and {b:?}"),
                "shapes that broadcast (equal, or 1, counted from the last dimension)",
            )),
        })
        .collect()
}
