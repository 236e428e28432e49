//! One array in NumPy's format: `\x93NUMPY`, the version, the length of the header, the header (a Python
//! dictionary with `descr`, `fortran_order` and `shape`), the elements.
//!
//! Not by the crate `npyz`: errors name the byte of the file or the archive, a header is bounded, and its
//! promises are held against the content before anything is allocated.

use files::{Error, Result};
use ops::{Array, tensor::Data};

use super::kind::NumpyKind;
use crate::file::FileOrigin;

const MAGIC: [u8; 6] = *b"\x93NUMPY";
/// The longest header that is read: that of a shape is far shorter.
const MAX_HEADER: usize = 64 << 10;
/// Dimensions of an array.
const MAX_RANK: usize = 8;

/// An array whose header fits its content.
pub struct NumpyArray {
    kind: NumpyKind,
    shape: Vec<usize>,
    /// The elements in row-major order, the lowest byte of each first.
    elements: Vec<u8>,
    /// Where they begin in the file.
    start: usize,
    origin: FileOrigin,
}

impl NumpyArray {
    /// Takes a file apart.
    ///
    /// # Errors
    /// `Format` for another format, elements that are no numbers, and content that does not fit the header.
    pub fn parse(mut bytes: Vec<u8>, origin: FileOrigin) -> Result<Self> {
        let Header { descr, shape, fortran, start } = Header::parse(&bytes, &origin)?;
        let (kind, big_endian) = NumpyKind::parse(&descr).map_err(|what| {
            origin.fault(8, format!("{what} (elements of type {descr})"), "numbers such as <f4 or |u1")
        })?;
        let elements = bytes.split_off(start);
        let mut array = Self { kind, shape, elements, start, origin };
        array.check_length()?;
        if big_endian {
            array.elements.chunks_exact_mut(kind.size()).for_each(<[u8]>::reverse);
        }
        if fortran {
            array.elements = row_major(&array.elements, &array.shape, kind.size());
        }
        Ok(array)
    }

    /// Compares the content with what shape and element type promise.
    fn check_length(&self) -> Result<()> {
        let promised = self.shape.iter().try_fold(self.kind.size(), |product, &n| product.checked_mul(n));
        let length = self.elements.len();
        if promised == Some(length) {
            return Ok(());
        }
        let expected = match promised {
            Some(promised) => format!("{promised}, as the shape {:?} of {} says", self.shape, self.kind),
            None => format!("a shape smaller than {:?}", self.shape),
        };
        let found = format!("the end after {length} bytes of elements");
        Err(self.origin.fault(self.start + length, found, expected))
    }

    pub fn kind(&self) -> NumpyKind {
        self.kind
    }

    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The elements in row-major order, the lowest byte of each first.
    pub fn elements(&self) -> &[u8] {
        &self.elements
    }

    /// The elements alone.
    pub fn into_elements(self) -> Vec<u8> {
        self.elements
    }

    /// The error about the elements or the shape, which the header declares.
    pub fn refused(&self, found: impl Into<String>, expected: impl Into<String>) -> Error {
        self.origin.fault(8, found, expected)
    }

    /// The error about element `i`.
    pub fn wrong_element(&self, i: usize, found: impl Into<String>, expected: impl Into<String>) -> Error {
        self.origin.fault(self.start + i * self.kind.size(), found, expected)
    }
}

/// The content of an `.npy` file of an array, version 1.0. NumPy has no bfloat16: it is written as f32.
pub fn to_bytes(array: &Array) -> Vec<u8> {
    let elements = match array.data() {
        Data::Bf16(floats) => floats.iter().flat_map(|x| x.to_f32().to_le_bytes()).collect(),
        other => other.to_bytes(),
    };
    file(&NumpyKind::of(array.dtype()).descr(), array.shape(), elements)
}

/// An `.npy` file of elements of the type that a header calls `descr`.
pub(super) fn file(descr: &str, shape: &[usize], elements: Vec<u8>) -> Vec<u8> {
    let sizes: String = shape.iter().map(|size| format!("{size}, ")).collect();
    // A tuple of one keeps its comma.
    let sizes = if shape.len() == 1 { sizes.trim_end() } else { sizes.trim_end_matches(", ") };
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({sizes}), }}");
    // The elements begin at a multiple of 64 bytes; the header ends with a new line.
    let length = (10 + header.len() + 1).next_multiple_of(64) - 10;
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend((length as u16).to_le_bytes());
    file.extend(format!("{header:<width$}\n", width = length - 1).bytes());
    file.extend(elements);
    file
}

/// What a file says of its elements.
pub(super) struct Header {
    pub descr: String,
    pub shape: Vec<usize>,
    /// Whether the first index changes fastest.
    pub fortran: bool,
    /// Where the elements begin.
    pub start: usize,
}

impl Header {
    /// Takes the header of a file apart.
    ///
    /// # Errors
    /// `Format` for another format, and for elements of several fields.
    pub fn parse(bytes: &[u8], origin: &FileOrigin) -> Result<Self> {
        if !bytes.starts_with(&MAGIC) {
            let found = format!("{:02x?}", &bytes[..bytes.len().min(6)]);
            return Err(origin.fault(0, found, "93 4e 55 4d 50 59, a NumPy array"));
        }
        let (text, start) = header(bytes)
            .ok_or_else(|| origin.fault(bytes.len(), "the end of the file", "a whole header before it"))?;
        let field = |name: &str| {
            let value = text.split_once(&format!("'{name}':")).map(|(_, value)| value.trim_start());
            value.ok_or_else(|| origin.fault(8, format!("a header without `{name}`"), "NumPy's header"))
        };
        let descr = field("descr")?.strip_prefix('\'').and_then(|value| value.split('\'').next());
        let descr = descr.ok_or_else(|| origin.fault(8, "elements of several fields", "plain numbers"))?;
        let shape =
            shape(field("shape")?).ok_or_else(|| origin.fault(8, "no shape", "`shape` as (N, ...)"))?;
        let fortran = field("fortran_order")?.starts_with("True");
        Ok(Self { descr: descr.to_owned(), shape, fortran, start })
    }
}

/// The header's text, and where it ends.
fn header(bytes: &[u8]) -> Option<(String, usize)> {
    let number = |range| bytes.get::<std::ops::Range<usize>>(range);
    let (length, start): (usize, usize) = match bytes.get(6)? {
        1 => (usize::from(u16::from_le_bytes(number(8..10)?.try_into().ok()?)), 10),
        _ => (u32::from_le_bytes(number(8..12)?.try_into().ok()?) as usize, 12),
    };
    let end = start.checked_add(length).filter(|_| length <= MAX_HEADER)?;
    Some((String::from_utf8_lossy(number(start..end)?).into_owned(), end))
}

/// `(10, 28, 28)`.
fn shape(text: &str) -> Option<Vec<usize>> {
    let inside = text.strip_prefix('(')?.split_once(')')?.0;
    let numbers = inside.split(',').map(str::trim).filter(|number| !number.is_empty());
    let shape = numbers.map(|number| number.parse().ok()).collect::<Option<Vec<usize>>>();
    shape.filter(|shape| shape.len() <= MAX_RANK)
}

/// Elements of `size` bytes whose first index changes fastest, as ones whose last index does.
pub(super) fn row_major(elements: &[u8], shape: &[usize], size: usize) -> Vec<u8> {
    let strides: Vec<usize> =
        shape.iter().scan(size, |stride, n| Some(std::mem::replace(stride, *stride * n))).collect();
    let (mut index, mut at, mut sorted) = (vec![0; shape.len()], 0, Vec::with_capacity(elements.len()));
    while sorted.len() < elements.len() {
        sorted.extend_from_slice(&elements[at..at + size]);
        for (axis, i) in index.iter_mut().enumerate().rev() {
            (*i, at) = (*i + 1, at + strides[axis]);
            if *i < shape[axis] {
                break;
            }
            (*i, at) = (0, at - strides[axis] * shape[axis]);
        }
    }
    sorted
}

#[cfg(test)]
mod tests {
    use half::{bf16, f16};
    use std::path::Path;

    use super::*;

    /// As `numpy.save` writes `numpy.array([1.5], "<f4")`.
    #[test]
    fn files_are_as_numpy_writes_them() {
        let array = Array::new([1], vec![1.5f32]).unwrap();
        let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }";
        let mut expected = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
        expected.extend(format!("{header:<117}\n").bytes());
        expected.extend(1.5f32.to_le_bytes());
        assert_eq!(to_bytes(&array), expected);
    }

    #[test]
    fn what_is_written_is_read_back() {
        let arrays: [Array; 12] = [
            Array::new([2], vec![i8::MIN, i8::MAX]).unwrap(),
            Array::new([2], vec![i16::MIN, i16::MAX]).unwrap(),
            Array::new([2], vec![0u16, u16::MAX]).unwrap(),
            Array::new([2], vec![0u32, u32::MAX]).unwrap(),
            Array::new([0, 2], Vec::<u64>::new()).unwrap(),
            Array::new([2, 3], vec![0.5f32, -1.0, f32::MAX, 0.0, 1e-30, 3.0]).unwrap(),
            Array::new([2], vec![f16::MAX, f16::from_f32(0.1)]).unwrap(),
            Array::new([], vec![0.1f64]).unwrap(),
            Array::new([3], vec![i32::MIN, 0, 7]).unwrap(),
            Array::new([1, 1, 2], vec![i64::MIN, i64::MAX]).unwrap(),
            Array::new([2], vec![0u8, 255]).unwrap(),
            Array::new([2, 1], vec![true, false]).unwrap(),
        ];
        for array in arrays {
            let read = NumpyArray::parse(to_bytes(&array), FileOrigin::file(Path::new("a.npy"))).unwrap();
            assert_eq!(read.array().unwrap(), array);
        }
        let short = Array::new([2], vec![bf16::MAX, bf16::from_f32(-0.5)]).unwrap();
        let read = NumpyArray::parse(to_bytes(&short), FileOrigin::file(Path::new("a.npy"))).unwrap();
        assert_eq!(read.array().unwrap(), short.fitted(ops::DType::F32).unwrap());
    }
}
