//! The elements of a file's array as those of arrays and tensors.

use files::Result;
use ops::{Array, Device, Tensor, tensor::Data};

use super::{
    kind::{NumpyKind, words},
    npy::NumpyArray,
};

impl NumpyArray {
    /// The whole array. Whole numbers of a type that arrays do not have become wider: i32, or i64.
    ///
    /// # Errors
    /// `Format` for a number that is larger than those of i64.
    pub fn array(&self) -> Result<Array> {
        let bytes = self.elements();
        let data: Data = match self.kind() {
            NumpyKind::Signed(1) => words(bytes, |bytes| i32::from(i8::from_le_bytes(bytes))).into(),
            NumpyKind::Signed(2) => words(bytes, |bytes| i32::from(i16::from_le_bytes(bytes))).into(),
            NumpyKind::Unsigned(2) => words(bytes, |bytes| i32::from(u16::from_le_bytes(bytes))).into(),
            NumpyKind::Unsigned(4) => words(bytes, |bytes| i64::from(u32::from_le_bytes(bytes))).into(),
            kind => match kind.dtype() {
                Some(dtype) => Data::from_bytes(bytes, dtype),
                None => self.signed()?.into(),
            },
        };
        Ok(Array::new(self.shape(), data)?)
    }

    /// The whole array as a tensor on the CPU, in the smallest element type that holds its elements.
    ///
    /// # Errors
    /// `Format` for numbers that no tensor holds; [`ops::Error`] for other shapes than tensors have.
    pub fn tensor(&self) -> Result<Tensor> {
        if self.elements().is_empty() {
            let found = format!("an array without elements, of the shape {:?}", self.shape());
            return Err(self.refused(found, "at least one element"));
        }
        Ok(Tensor::from_array(self.array()?, Device::Cpu)?)
    }

    /// Elements of u64, which are refused where they are larger than those of i64.
    fn signed(&self) -> Result<Vec<i64>> {
        let signed = words(self.elements(), i64::from_le_bytes);
        match signed.iter().position(|&x| x < 0) {
            None => Ok(signed),
            Some(i) => {
                Err(self.wrong_element(i, (signed[i] as u64).to_string(), format!("at most {}", i64::MAX)))
            }
        }
    }
}
