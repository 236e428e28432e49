//! The elements of an array as those of a tensor.

use super::kind::{Kind, words};
use super::npy::Array;
use files::Result;
use ops::tensor::Data;
use ops::{Device, Tensor};

impl Array {
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
