//! Arrays: shapes and elements on the processor, as tensors, files and models exchange them.

use std::io::{self, Read};

use burn::backend::TensorData;
use half::{bf16, f16};
use ndarray::ArrayD;

use super::{DType, Device, Tensor};
use crate::{Error, Result, ensure};

/// Writes [`Data`] and [`DataView`] from one table: element type, to and from a number, to and from bytes.
macro_rules! element_types {
    ($($variant:ident($element:ty), $to_f64:expr, $from_f64:expr, $to_bytes:expr, $from_bytes:expr;)+) => {
        /// Elements in row-major order.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Data { $($variant(Vec<$element>),)+ }

        /// Elements in row-major order that somebody else holds.
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub enum DataView<'a> { $($variant(&'a [$element]),)+ }

        $(impl From<Vec<$element>> for Data {
            fn from(values: Vec<$element>) -> Self {
                Self::$variant(values)
            }
        })+

        $(impl From<ArrayD<$element>> for Array {
            fn from(array: ArrayD<$element>) -> Self {
                let shape = array.shape().to_vec();
                Self { shape, data: row_major(array).into() }
            }
        })+

        impl Data {
            pub(super) fn into_burn(self, shape: Vec<usize>) -> TensorData {
                match self { $(Self::$variant(v) => TensorData::new(v, shape),)+ }
            }

            /// The elements, without a copy.
            pub fn view(&self) -> DataView<'_> {
                match self { $(Self::$variant(v) => DataView::$variant(v),)+ }
            }

            /// Numbers as elements of a type; anything but 0 is true.
            pub fn from_numbers(numbers: impl IntoIterator<Item = f64>, dtype: DType) -> Self {
                let numbers = numbers.into_iter();
                match dtype { $(DType::$variant => Self::$variant(numbers.map($from_f64).collect()),)+ }
            }

            /// What [`Data::to_bytes`] wrote.
            pub fn from_bytes(bytes: &[u8], dtype: DType) -> Self {
                match dtype { $(DType::$variant => Self::$variant(words(bytes, $from_bytes).collect()),)+ }
            }

            /// The next `len` elements of what [`Data::to_bytes`] wrote.
            ///
            /// # Errors
            /// Those of `source`, also where it ends before.
            pub fn read(source: &mut impl Read, len: usize, dtype: DType) -> io::Result<Self> {
                Ok(match dtype { $(DType::$variant => {
                    let mut elements: Vec<$element> = Vec::with_capacity(len);
                    by_chunk(source, len * dtype.size(), |chunk| elements.extend(words(chunk, $from_bytes)))?;
                    Self::$variant(elements)
                })+ })
            }
        }

        impl DataView<'_> {
            /// The element type.
            pub fn dtype(self) -> DType {
                match self { $(Self::$variant(_) => DType::$variant,)+ }
            }

            /// The elements as Rust writes them.
            pub(super) fn shown(self) -> Vec<String> {
                match self { $(Self::$variant(v) => v.iter().map(|x| format!("{x:?}")).collect(),)+ }
            }

            /// Number of elements.
            pub fn len(self) -> usize {
                match self { $(Self::$variant(v) => v.len(),)+ }
            }

            /// A copy of the elements.
            pub fn to_owned(self) -> Data {
                match self { $(Self::$variant(v) => Data::$variant(v.to_vec()),)+ }
            }

            /// The elements as `f64`, true as 1.
            pub fn to_f64(self) -> Vec<f64> {
                match self { $(Self::$variant(v) => v.iter().copied().map($to_f64).collect(),)+ }
            }

            /// The elements as bytes, the lowest of each number first; a truth value is one byte.
            pub fn to_bytes(self) -> Vec<u8> {
                match self { $(Self::$variant(v) => v.iter().copied().flat_map($to_bytes).collect(),)+ }
            }

            /// `len` elements from the index `start` on.
            pub fn part(self, start: usize, len: usize) -> Self {
                match self { $(Self::$variant(v) => Self::$variant(&v[start..start + len]),)+ }
            }
        }
    };
}

element_types! {
    F16(f16), f64::from, f16::from_f64, f16::to_le_bytes, f16::from_le_bytes;
    F32(f32), f64::from, |x| x as f32, f32::to_le_bytes, f32::from_le_bytes;
    F64(f64), f64::from, |x| x, f64::to_le_bytes, f64::from_le_bytes;
    Bf16(bf16), f64::from, bf16::from_f64, bf16::to_le_bytes, bf16::from_le_bytes;
    I8(i8), f64::from, |x| x as i8, i8::to_le_bytes, i8::from_le_bytes;
    I16(i16), f64::from, |x| x as i16, i16::to_le_bytes, i16::from_le_bytes;
    U8(u8), f64::from, |x| x as u8, u8::to_le_bytes, u8::from_le_bytes;
    U16(u16), f64::from, |x| x as u16, u16::to_le_bytes, u16::from_le_bytes;
    U32(u32), f64::from, |x| x as u32, u32::to_le_bytes, u32::from_le_bytes;
    U64(u64), |x| x as f64, |x| x as u64, u64::to_le_bytes, u64::from_le_bytes;
    I32(i32), f64::from, |x| x as i32, i32::to_le_bytes, i32::from_le_bytes;
    I64(i64), |x| x as f64, |x| x as i64, i64::to_le_bytes, i64::from_le_bytes;
    Bool(bool), f64::from, |x| x != 0.0, |x| [u8::from(x)], |[x]: [u8; 1]| x != 0;
}

fn words<const N: usize, T>(bytes: &[u8], read: impl Fn([u8; N]) -> T) -> impl Iterator<Item = T> {
    bytes.as_chunks().0.iter().map(move |&word| read(word))
}

/// Calls `f` with the next `bytes` of a source, some at a time: whole numbers of any type.
fn by_chunk(source: &mut impl Read, bytes: usize, mut f: impl FnMut(&[u8])) -> io::Result<()> {
    let mut chunk = vec![0; bytes.min(1 << 20)];
    for start in (0..bytes).step_by(chunk.len().max(1)) {
        let chunk = &mut chunk[..(bytes - start).min(1 << 20)];
        source.read_exact(chunk)?;
        f(chunk);
    }
    Ok(())
}

/// The elements in row-major order, without a copy where they are.
fn row_major<T: Clone>(array: ArrayD<T>) -> Vec<T> {
    if !array.is_standard_layout() {
        return array.iter().cloned().collect();
    }
    let len = array.len();
    match array.into_raw_vec_and_offset() {
        (elements, Some(0) | None) if elements.len() == len => elements,
        (elements, start) => elements[start.unwrap_or(0)..][..len].to_vec(),
    }
}

impl Data {
    /// The element type.
    pub fn dtype(&self) -> DType {
        self.view().dtype()
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.view().len()
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements as `f64`, true as 1.
    pub fn to_f64(&self) -> Vec<f64> {
        self.view().to_f64()
    }

    /// The elements as bytes, the lowest of each number first; a truth value is one byte.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.view().to_bytes()
    }
}

impl DataView<'_> {
    /// Whether there is no element.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// A dense array of any rank. Unlike a tensor it may have no elements, is always on the processor and has all
/// element types.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    shape: Vec<usize>,
    data: Data,
}

/// An array whose elements somebody else holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ArrayView<'a> {
    shape: &'a [usize],
    data: DataView<'a>,
}

impl Array {
    /// An array of that shape; the elements are in row-major order.
    ///
    /// # Errors
    /// [`Error::Shape`] when the number of elements is not that of the shape.
    pub fn new(shape: impl Into<Vec<usize>>, data: impl Into<Data>) -> Result<Self> {
        let (shape, data) = (shape.into(), data.into());
        ArrayView::new(&shape, data.view())?;
        Ok(Self { shape, data })
    }

    /// An array of zeros, or false.
    pub fn zeros(shape: &[usize], dtype: DType) -> Self {
        let bytes = vec![0; shape.iter().product::<usize>() * dtype.size()];
        Self { shape: shape.to_vec(), data: Data::from_bytes(&bytes, dtype) }
    }

    /// The array without a copy of its elements.
    pub fn view(&self) -> ArrayView<'_> {
        ArrayView { shape: &self.shape, data: self.data.view() }
    }

    /// The length of each axis; empty for a scalar.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The elements.
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// The elements alone.
    pub fn into_data(self) -> Data {
        self.data
    }

    /// The element type.
    pub fn dtype(&self) -> DType {
        self.data.dtype()
    }
}

impl<'a> ArrayView<'a> {
    /// Elements in row-major order, as an array of that shape.
    ///
    /// # Errors
    /// [`Error::Shape`] when the number of elements is not that of the shape.
    pub fn new(shape: &'a [usize], data: DataView<'a>) -> Result<Self> {
        let len = shape.iter().try_fold(1_usize, |n, &size| n.checked_mul(size));
        ensure(len == Some(data.len()), || {
            let found = format!("{shape:?} for {} elements", data.len());
            Error::shape("array", found, "a shape of as many elements")
        })?;
        Ok(Self { shape, data })
    }

    /// The length of each axis; empty for a scalar.
    pub fn shape(self) -> &'a [usize] {
        self.shape
    }

    /// The elements.
    pub fn data(self) -> DataView<'a> {
        self.data
    }

    /// The element type.
    pub fn dtype(self) -> DType {
        self.data.dtype()
    }
}

impl Tensor {
    /// A tensor of an array's elements. Elements of the types that no tensor has become wider
    /// ([`DType::computed`]): f16 become f32, u8 i32, and u32 i64.
    ///
    /// # Errors
    /// [`Error::Argument`] for a u64 that i64 does not hold; those of [`Tensor::from_data`].
    pub fn from_array(array: Array, device: Device) -> Result<Self> {
        let dtype = array.dtype().computed();
        Self::from_data(array.data.fitted(dtype)?, array.shape, device)
    }

    /// A copy of the elements as an array. Waits for the device.
    ///
    /// # Errors
    /// Those of [`Tensor::to_data`].
    pub fn to_array(&self) -> Result<Array> {
        Array::new(self.shape(), self.to_data()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> [Data; 13] {
        [
            vec![f16::from_f32(0.5), f16::MAX].into(),
            vec![bf16::from_f32(0.5), bf16::MAX].into(),
            vec![i8::MIN, i8::MAX].into(),
            vec![i16::MIN, i16::MAX].into(),
            vec![0u16, u16::MAX].into(),
            vec![0u32, u32::MAX].into(),
            vec![0u64, 1 << 40].into(),
            vec![0.5f32, -1.0].into(),
            vec![0.1f64, 1e300].into(),
            vec![0u8, 255].into(),
            vec![i32::MIN, 7].into(),
            vec![i64::MIN, i64::MAX].into(),
            vec![true, false].into(),
        ]
    }

    #[test]
    fn bytes_are_read_back() {
        for data in all() {
            let bytes = data.to_bytes();
            assert_eq!(bytes.len(), data.len() * data.dtype().size());
            assert_eq!(Data::from_bytes(&bytes, data.dtype()), data);
        }
    }

    #[test]
    fn narrow_elements_become_wider_in_tensors_and_are_in_none() {
        for data in all() {
            let (dtype, numbers) = (data.dtype(), data.to_f64());
            let tensor = Tensor::from_array(Array::new([2], data.clone()).unwrap(), Device::Cpu).unwrap();
            assert_eq!(tensor.to_f64().unwrap(), numbers);
            let direct = Tensor::from_data(data, [2], Device::Cpu);
            match dtype {
                narrow if !DType::ALL.contains(&narrow) => {
                    assert!(matches!(direct, Err(Error::DType { .. })), "{dtype}");
                    assert!(matches!(tensor.cast(dtype), Err(Error::DType { .. })), "{dtype}");
                }
                _ => assert_eq!((tensor.dtype(), direct.unwrap().dtype()), (dtype, dtype)),
            }
        }
    }

    #[test]
    fn shapes_hold_as_many_elements() {
        assert!(Array::new([2, 2], vec![1.0f32; 3]).is_err());
        assert!(Array::new([usize::MAX, 2], vec![1.0f32; 3]).is_err());
        assert_eq!(Array::new([0, 2], Vec::<f32>::new()).unwrap().shape(), [0, 2]);
    }
}
