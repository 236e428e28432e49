//! The elements of a file's array as those of arrays and tensors.

use files::Result;
use ops::{Array, Device, Tensor, tensor::Data};

use super::{
    kind::{NumpyKind, words},
    npy::NumpyArray,
};

impl NumpyArray {
    /// The whole array, in its own element type.
    ///
    /// # Errors
    /// [`ops::Error`] for a shape of another number of elements.
    pub fn array(&self) -> Result<Array> {
        Ok(Array::new(self.shape(), Data::from_bytes(self.elements(), self.kind().dtype()))?)
    }

    /// The whole array as a tensor on the CPU, in the smallest element type that holds its elements: f32 (f16
    /// and f32), f64, bool, i32 (whole numbers of up to 32 bits), i64 (larger ones).
    ///
    /// # Errors
    /// `Format` for numbers that no tensor holds; [`ops::Error`] for other shapes than tensors have.
    pub fn tensor(&self) -> Result<Tensor> {
        if self.elements().is_empty() {
            let found = format!("an array without elements, of the shape {:?}", self.shape());
            return Err(self.refused(found, "at least one element"));
        }
        self.require_signed()?;
        Ok(Tensor::from_array(self.array()?, Device::Cpu)?)
    }

    /// Refuses elements of u64 that are larger than those of i64.
    fn require_signed(&self) -> Result<()> {
        if self.kind() != NumpyKind::Unsigned(8) {
            return Ok(());
        }
        let numbers = words(self.elements(), u64::from_le_bytes);
        match numbers.iter().position(|&x| i64::try_from(x).is_err()) {
            None => Ok(()),
            Some(i) => Err(self.wrong_element(i, numbers[i].to_string(), format!("at most {}", i64::MAX))),
        }
    }
}
