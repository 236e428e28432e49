//! Models' arrays in and out of NumPy's files.

use ndarray::ArrayD;

use super::Array;
use crate::{
    data::numpy::{Array as Numpy, Kind, words},
    error::{Error, Result},
};

impl Array {
    /// An array of a file, as a model takes it.
    ///
    /// # Errors
    /// `Format` for elements that models do not take.
    pub fn from_numpy(array: &Numpy) -> Result<Self> {
        let (shape, bytes) = (array.shape(), array.elements());
        Ok(match array.kind() {
            Kind::Float(4) => shaped(shape, words(bytes, f32::from_le_bytes))?.into(),
            Kind::Float(8) => shaped(shape, words(bytes, f64::from_le_bytes))?.into(),
            Kind::Signed(4) => shaped(shape, words(bytes, i32::from_le_bytes))?.into(),
            Kind::Signed(8) => shaped(shape, words(bytes, i64::from_le_bytes))?.into(),
            Kind::Unsigned(1) => shaped(shape, bytes.to_vec())?.into(),
            Kind::Bool => shaped(shape, words(bytes, |[byte]| byte != 0))?.into(),
            kind => {
                let expected = "f32, f64, i32, i64, u8 or bool (array.astype)";
                return Err(array.refused(format!("elements of type {kind}"), expected).into());
            }
        })
    }

    /// The same as an array of a file.
    pub fn to_numpy(&self) -> Numpy {
        fn bytes<T: Copy, const N: usize>(array: &ArrayD<T>, bytes: fn(T) -> [u8; N]) -> Vec<u8> {
            array.iter().flat_map(|&x| bytes(x)).collect()
        }
        let (kind, elements) = match self {
            Self::F32(array) => (Kind::Float(4), bytes(array, f32::to_le_bytes)),
            Self::F64(array) => (Kind::Float(8), bytes(array, f64::to_le_bytes)),
            Self::I32(array) => (Kind::Signed(4), bytes(array, i32::to_le_bytes)),
            Self::I64(array) => (Kind::Signed(8), bytes(array, i64::to_le_bytes)),
            Self::U8(array) => (Kind::Unsigned(1), bytes(array, |byte| [byte])),
            Self::Bool(array) => (Kind::Bool, bytes(array, |truth| [truth.into()])),
        };
        Numpy::new(kind, self.shape(), elements)
    }
}

fn shaped<T>(shape: &[usize], elements: Vec<T>) -> Result<ArrayD<T>> {
    ArrayD::from_shape_vec(shape, elements).map_err(|e| Error::Failed(format!("{shape:?}: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        for array in arrays {
            std::fs::write(&path, array.to_numpy().to_bytes()).unwrap();
            let read = crate::data::numpy::read_array(&path).unwrap();
            assert_eq!(Array::from_numpy(&read).unwrap(), array);
        }
    }
}
