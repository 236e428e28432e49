//! Arrays of plain numbers, in and out of `.npy` files, as models take and give them.

use ndarray::ArrayD;

use super::kind::{Kind, words};
use super::npy::Array;
use crate::{
    error::{Error, Result},
    onnx::{self, Dtype},
};
use ops::tensor::Data;
use ops::{Device, Tensor};

/// NumPy's word for each element type of a model.
const KINDS: &[(&str, Dtype)] = &[
    ("<f4", Dtype::F32),
    ("<f8", Dtype::F64),
    ("<i4", Dtype::I32),
    ("<i8", Dtype::I64),
    ("|u1", Dtype::U8),
    ("|b1", Dtype::Bool),
];

impl Array {
    /// The whole array, as a model takes it.
    ///
    /// # Errors
    /// `Format` for elements that models do not take.
    pub fn numbers(&self) -> Result<onnx::Array> {
        let (shape, bytes) = (self.shape(), self.elements());
        Ok(match self.kind() {
            Kind::Float(4) => shaped(shape, words(bytes, f32::from_le_bytes))?.into(),
            Kind::Float(8) => shaped(shape, words(bytes, f64::from_le_bytes))?.into(),
            Kind::Signed(4) => shaped(shape, words(bytes, i32::from_le_bytes))?.into(),
            Kind::Signed(8) => shaped(shape, words(bytes, i64::from_le_bytes))?.into(),
            Kind::Unsigned(1) => shaped(shape, bytes.to_vec())?.into(),
            Kind::Bool => shaped(shape, words(bytes, |[byte]| byte != 0))?.into(),
            kind => {
                let expected = "f32, f64, i32, i64, u8 or bool (array.astype)";
                return Err(self.refused(format!("elements of type {kind}"), expected));
            }
        })
    }

    /// The whole array as a tensor on the CPU, in the smallest element type that holds its elements.
    ///
    /// # Errors
    /// `Format` for numbers that no tensor holds; [`ops::Error`] for other shapes than tensors have.
    pub fn tensor(&self) -> Result<Tensor> {
        let bytes = self.elements();
        let data: Data = match self.kind() {
            Kind::Float(8) => words(bytes, f64::from_le_bytes).into(),
            Kind::Float(_) => self.kind().to_f32(bytes).unwrap_or_default().into(),
            Kind::Bool => words(bytes, |[byte]| byte != 0).into(),
            Kind::Signed(1) => words(bytes, |bytes| i32::from(i8::from_le_bytes(bytes))).into(),
            Kind::Signed(2) => words(bytes, |bytes| i32::from(i16::from_le_bytes(bytes))).into(),
            Kind::Signed(4) => words(bytes, i32::from_le_bytes).into(),
            Kind::Signed(_) => words(bytes, i64::from_le_bytes).into(),
            Kind::Unsigned(1) => words(bytes, |[byte]| i32::from(byte)).into(),
            Kind::Unsigned(2) => words(bytes, |bytes| i32::from(u16::from_le_bytes(bytes))).into(),
            Kind::Unsigned(4) => words(bytes, |bytes| i64::from(u32::from_le_bytes(bytes))).into(),
            Kind::Unsigned(_) => {
                let (signed, largest) = (words(bytes, i64::from_le_bytes), i64::MAX);
                if let Some(i) = signed.iter().position(|&x| x < 0) {
                    return Err(self.wrong_element(
                        i,
                        (signed[i] as u64).to_string(),
                        format!("at most {largest}"),
                    ));
                }
                signed.into()
            }
        };
        Ok(Tensor::from_data(data, self.shape(), Device::Cpu)?)
    }
}

/// The content of an `.npy` file, version 1.0.
pub fn to_bytes(array: &onnx::Array) -> Vec<u8> {
    fn all<T: Copy, const N: usize>(array: &ArrayD<T>, bytes: fn(T) -> [u8; N]) -> Vec<u8> {
        array.iter().flat_map(|&x| bytes(x)).collect()
    }
    let kind = KINDS.iter().find(|(_, dtype)| *dtype == array.dtype()).map_or("", |(kind, _)| kind);
    let sizes: String = array.shape().iter().map(|size| format!("{size}, ")).collect();
    // A tuple of one keeps its comma.
    let sizes = if array.shape().len() == 1 { sizes.trim_end() } else { sizes.trim_end_matches(", ") };
    let header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({sizes}), }}");
    // The elements begin at a multiple of 64 bytes; the header ends with a new line.
    let length = (10 + header.len() + 1).next_multiple_of(64) - 10;
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend((length as u16).to_le_bytes());
    file.extend(format!("{header:<width$}\n", width = length - 1).bytes());
    file.extend(match array {
        onnx::Array::F32(array) => all(array, f32::to_le_bytes),
        onnx::Array::F64(array) => all(array, f64::to_le_bytes),
        onnx::Array::I32(array) => all(array, i32::to_le_bytes),
        onnx::Array::I64(array) => all(array, i64::to_le_bytes),
        onnx::Array::U8(array) => all(array, |byte| [byte]),
        onnx::Array::Bool(array) => all(array, |truth| [truth.into()]),
    });
    file
}

fn shaped<T>(shape: &[usize], elements: Vec<T>) -> Result<ArrayD<T>> {
    ArrayD::from_shape_vec(shape, elements).map_err(|e| Error::Failed(format!("{shape:?}: {e}")))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use ndarray::ArrayD;

    use super::{super::npy, to_bytes};
    use crate::data::file::Origin;
    use crate::onnx::Array;

    #[test]
    fn what_is_written_is_read_back() {
        let arrays: [Array; 6] = [
            ArrayD::from_shape_vec(vec![2, 3], vec![0.5f32, -1.0, f32::MAX, 0.0, 1e-30, 3.0]).unwrap().into(),
            ArrayD::from_elem(vec![], 0.1f64).into(),
            ArrayD::from_shape_vec(vec![3], vec![i32::MIN, 0, 7]).unwrap().into(),
            ArrayD::from_shape_vec(vec![1, 1, 2], vec![i64::MIN, i64::MAX]).unwrap().into(),
            ArrayD::from_shape_vec(vec![2], vec![0u8, 255]).unwrap().into(),
            ArrayD::from_shape_vec(vec![2, 1], vec![true, false]).unwrap().into(),
        ];
        for array in arrays {
            let bytes = to_bytes(&array);
            let read = npy::Array::parse(bytes, Origin::file(Path::new("a.npy"))).unwrap().numbers().unwrap();
            assert_eq!(read, array);
        }
    }

    /// As `numpy.save` writes `numpy.array([1.5], "<f4")`.
    #[test]
    fn files_are_as_numpy_writes_them() {
        let array: Array = ArrayD::from_elem(vec![1], 1.5f32).into();
        let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }";
        let mut expected = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
        expected.extend(format!("{header:<117}\n").bytes());
        expected.extend(1.5f32.to_le_bytes());
        assert_eq!(to_bytes(&array), expected);
    }
}
