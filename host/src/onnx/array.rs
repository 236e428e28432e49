//! Arrays of the element types that go in and out of models.

use std::fmt;

use ndarray::{ArrayD, ArrayViewD, Axis, Slice};
use ort::session::SessionInputValue;
use ort::value::{DynValue, PrimitiveTensorElementType, Tensor, TensorElementType, TensorRef};

/// Writes [`Dtype`] and [`Array`] from one table: variant, Rust type, ONNX Runtime's name, our name.
macro_rules! element_types {
    ($($variant:ident $rust:ty, $onnx:ident, $name:literal;)+) => {
        /// The element type of an [`Array`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Dtype { $(#[doc = $name] $variant,)+ }

        /// A dense array of any rank, in and out of a model.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Array { $(#[doc = $name] $variant(ArrayD<$rust>),)+ }

        /// An array that somebody else holds, its elements in row-major order.
        #[derive(Clone, Debug)]
        pub enum View<'a> { $(#[doc = $name] $variant(ArrayViewD<'a, $rust>),)+ }

        $(impl From<ArrayD<$rust>> for Array {
            fn from(array: ArrayD<$rust>) -> Self {
                Self::$variant(array)
            }
        })+

        impl Dtype {
            /// Every element type that models may exchange with us.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name that scripts use, such as `f32`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The element type that ONNX Runtime calls `onnx`; none where arrays cannot hold it.
            pub(super) fn from_onnx(onnx: TensorElementType) -> Option<Self> {
                match onnx {
                    $(TensorElementType::$onnx => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }

        impl View<'_> {
            /// The type of the elements.
            pub fn dtype(&self) -> Dtype {
                match self { $(Self::$variant(_) => Dtype::$variant,)+ }
            }

            /// The length of each axis; empty for a scalar.
            pub fn shape(&self) -> &[usize] {
                match self { $(Self::$variant(array) => array.shape(),)+ }
            }

            /// The whole as a model's input, without a copy.
            pub(super) fn input(&self) -> ort::Result<SessionInputValue<'_>> {
                match self {
                    $(Self::$variant(array) => Ok(TensorRef::from_array_view(array.view())?.into()),)+
                }
            }

            /// Rows `start..start + count` as a model's input: without a copy where the array has
            /// them all, else with the last row repeated.
            pub(super) fn input_rows(
                &self,
                start: usize,
                count: usize,
            ) -> ort::Result<SessionInputValue<'_>> {
                match self { $(Self::$variant(array) => input_rows(array, start, count),)+ }
            }

            /// A copy of these rows as a model's input.
            pub(super) fn input_of(&self, rows: &[usize]) -> ort::Result<SessionInputValue<'static>> {
                match self {
                    $(Self::$variant(array) => Ok(Tensor::from_array(array.select(Axis(0), rows))?.into()),)+
                }
            }

            /// Whether these rows are all the same.
            pub(super) fn is_uniform(&self, rows: &[usize]) -> bool {
                match self {
                    $(Self::$variant(array) => {
                        let row = |i: usize| array.index_axis(Axis(0), i);
                        rows.windows(2).all(|pair| row(pair[0]) == row(pair[1]))
                    })+
                }
            }
        }

        impl Array {
            /// The type of the elements.
            pub fn dtype(&self) -> Dtype {
                match self { $(Self::$variant(_) => Dtype::$variant,)+ }
            }

            /// The length of each axis; empty for a scalar.
            pub fn shape(&self) -> &[usize] {
                match self { $(Self::$variant(array) => array.shape(),)+ }
            }

            /// The same array with its elements in row-major order, which ONNX Runtime reads in place.
            pub fn row_major(self) -> Self {
                match self { $(Self::$variant(array) => Self::$variant(row_major(array)),)+ }
            }

            /// The array as a model takes it; [`Array::row_major`] first.
            pub fn view(&self) -> View<'_> {
                match self { $(Self::$variant(array) => View::$variant(array.view()),)+ }
            }

            /// A copy of a model's output.
            pub(super) fn from_output(output: &DynValue, dtype: Dtype) -> ort::Result<Self> {
                match dtype {
                    $(Dtype::$variant => Ok(output.try_extract_array::<$rust>()?.to_owned().into()),)+
                }
            }

            /// `rows` rows like those of `output`, all of nothing yet.
            pub(super) fn for_rows(output: &DynValue, dtype: Dtype, rows: usize) -> ort::Result<Self> {
                match dtype {
                    $(Dtype::$variant => Ok(for_rows(output.try_extract_array::<$rust>()?, rows).into()),)+
                }
            }

            /// Puts the first `count` rows of a model's output into rows `start..start + count`.
            pub(super) fn set_rows(
                &mut self,
                start: usize,
                output: &DynValue,
                count: usize,
            ) -> ort::Result<()> {
                match self {
                    $(Self::$variant(array) => set_rows(array, start, output.try_extract_array()?, count),)+
                }
            }
        }
    };
}

element_types! {
    F32 f32, Float32, "f32";
    F64 f64, Float64, "f64";
    I32 i32, Int32, "i32";
    I64 i64, Int64, "i64";
    U8 u8, Uint8, "u8";
    Bool bool, Bool, "bool";
}

impl Array {
    /// The elements as numbers, in row-major order; true is 1.
    pub fn to_f64(&self) -> Vec<f64> {
        match self {
            Self::F32(array) => array.iter().map(|&x| x.into()).collect(),
            Self::F64(array) => array.iter().copied().collect(),
            Self::I32(array) => array.iter().map(|&x| x.into()).collect(),
            Self::I64(array) => array.iter().map(|&x| x as f64).collect(),
            Self::U8(array) => array.iter().map(|&x| x.into()).collect(),
            Self::Bool(array) => array.iter().map(|&x| u8::from(x).into()).collect(),
        }
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn row_major<T: Clone>(array: ArrayD<T>) -> ArrayD<T> {
    if array.is_standard_layout() { array } else { array.as_standard_layout().into_owned() }
}

fn input_rows<'a, T>(
    array: &'a ArrayViewD<'_, T>,
    start: usize,
    count: usize,
) -> ort::Result<SessionInputValue<'a>>
where
    T: PrimitiveTensorElementType + Clone + fmt::Debug + 'static,
{
    let end = start + count;
    let rows = array.len_of(Axis(0));
    if end <= rows {
        let view = array.slice_axis(Axis(0), Slice::from(start..end));
        return Ok(TensorRef::from_array_view(view)?.into());
    }
    let indices: Vec<usize> = (start..end).map(|row| row.min(rows - 1)).collect();
    Ok(Tensor::from_array(array.select(Axis(0), &indices))?.into())
}

fn for_rows<T: Clone + Default>(like: ArrayViewD<'_, T>, rows: usize) -> ArrayD<T> {
    let mut shape = like.shape().to_vec();
    if let Some(first) = shape.first_mut() {
        *first = rows;
    }
    ArrayD::default(shape)
}

fn set_rows<T: Clone>(
    array: &mut ArrayD<T>,
    start: usize,
    output: ArrayViewD<'_, T>,
    count: usize,
) -> ort::Result<()> {
    // The model may give fewer rows than it declares, or rows of another shape than before.
    if output.ndim() == 0 || output.len_of(Axis(0)) < count || output.shape()[1..] != array.shape()[1..] {
        let (found, expected) = (output.shape(), array.shape().get(1..).unwrap_or_default());
        return Err(ort::Error::new(format!(
            "an output has shape {found:?} where {count} rows of shape {expected:?} were expected"
        )));
    }
    let row: usize = output.shape()[1..].iter().product();
    let part = |rows: usize| rows * row;
    // Both are row-major: what ONNX Runtime gives, and what was made for it.
    if let (Some(from), Some(to)) = (output.as_slice(), array.as_slice_mut()) {
        to[part(start)..part(start + count)].clone_from_slice(&from[..part(count)]);
    }
    Ok(())
}
