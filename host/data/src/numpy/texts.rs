//! NumPy's arrays of texts, `<U5`: each element has room for so many letters of four bytes, and zeros after
//! its end.

use std::path::Path;

use files::{Error, Result};

use super::{
    MAX_BYTES,
    npy::{self, Header},
};
use crate::file::{self, FileOrigin};

/// An array of texts, in row-major order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    shape: Vec<usize>,
    values: Vec<String>,
}

impl Texts {
    /// An array of that shape.
    ///
    /// # Errors
    /// `Usage` where the shape is that of another number of texts.
    pub fn new(shape: impl Into<Vec<usize>>, values: Vec<String>) -> Result<Self> {
        let shape = shape.into();
        let len = shape.iter().try_fold(1_usize, |n, &size| n.checked_mul(size));
        if len == Some(values.len()) {
            return Ok(Self { shape, values });
        }
        let problem = format!("{} texts are no array of the shape {shape:?}", values.len());
        Err(Error::usage(problem, "give rows of the same length"))
    }

    /// The length of each axis; empty for a single text.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The texts.
    pub fn values(&self) -> &[String] {
        &self.values
    }

    /// The content of an `.npy` file: `<U` and the length of the longest text.
    pub fn to_bytes(&self) -> Vec<u8> {
        let length = self.values.iter().map(|text| text.chars().count()).max().unwrap_or(0).max(1);
        let padded = |text: &String| {
            let letters: Vec<u32> = text.chars().map(u32::from).collect();
            let rest = std::iter::repeat_n(0, length - letters.len());
            letters.into_iter().chain(rest).flat_map(u32::to_le_bytes).collect::<Vec<_>>()
        };
        npy::file(&format!("<U{length}"), &self.shape, self.values.iter().flat_map(padded).collect())
    }

    /// What [`Texts::to_bytes`] or NumPy wrote; none for an array of other elements.
    fn parse(bytes: &[u8], origin: &FileOrigin) -> Result<Option<Self>> {
        let header = Header::parse(bytes, origin)?;
        let Some((order, length)) = header.descr.split_once('U') else { return Ok(None) };
        let size = length.parse::<usize>().ok().and_then(|length| length.checked_mul(4));
        let Some(size) = size else { return Ok(None) };
        let elements = &bytes[header.start..];
        let count = header.shape.iter().try_fold(1_usize, |n, &size| n.checked_mul(size));
        if count.and_then(|n| n.checked_mul(size)) != Some(elements.len()) {
            let found = format!("the end after {} bytes of elements", elements.len());
            let expected = format!("texts of {size} bytes in the shape {:?}", header.shape);
            return Err(origin.fault(bytes.len(), found, expected));
        }
        if size == 0 {
            let values = vec![String::new(); count.unwrap_or(0)];
            return Self::new(header.shape, values).map(Some);
        }
        let sorted = header.fortran.then(|| npy::row_major(elements, &header.shape, size));
        let elements = sorted.as_deref().unwrap_or(elements);
        let read = if order == ">" { u32::from_be_bytes } else { u32::from_le_bytes };
        let values = elements.chunks_exact(size).map(|text| {
            let letters: Vec<u32> = text.as_chunks().0.iter().map(|&letter| read(letter)).collect();
            let end = letters.iter().rposition(|&letter| letter != 0).map_or(0, |last| last + 1);
            letters[..end].iter().map(|&letter| char::from_u32(letter)).collect::<Option<String>>()
        });
        let values = values.collect::<Option<Vec<_>>>();
        let wrong = || origin.fault(header.start, "a number that is no letter", "texts in Unicode");
        Self::new(header.shape, values.ok_or_else(wrong)?).map(Some)
    }
}

/// The array of texts of an `.npy` file; none where its elements are no texts.
///
/// # Errors
/// `Format` for a file that is cut off, contradicts itself or is no array; `Io`.
pub fn read_texts(path: &Path) -> Result<Option<Texts>> {
    let maximum = MAX_BYTES.min(ops::tensor::room() as u64);
    Texts::parse(&file::read(path, maximum)?, &FileOrigin::file(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(bytes: &[u8]) -> Result<Option<Texts>> {
        Texts::parse(bytes, &FileOrigin::file(Path::new("a.npy")))
    }

    /// As `numpy.save` writes `numpy.array(["ab", "\u00e9"])`.
    #[test]
    fn texts_are_as_numpy_writes_them() {
        let texts = Texts::new([2], vec!["ab".into(), "\u{e9}".into()]).unwrap();
        let bytes = texts.to_bytes();
        assert!(bytes[10..].starts_with(b"{'descr': '<U2', 'fortran_order': False, 'shape': (2,), }"));
        assert_eq!(bytes[128..], [97, 0, 0, 0, 98, 0, 0, 0, 0xe9, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(parse(&bytes).unwrap().unwrap(), texts);
    }

    #[test]
    fn rows_empty_texts_and_no_texts_are_read_back() {
        for (shape, values) in
            [(vec![2, 2], ["a", "", "b", "c d"].as_slice()), (vec![], &[""]), (vec![0], &[])]
        {
            let texts = Texts::new(shape, values.iter().map(|&text| text.to_owned()).collect()).unwrap();
            assert_eq!(parse(&texts.to_bytes()).unwrap().unwrap(), texts);
        }
    }

    #[test]
    fn other_elements_are_no_texts_and_what_is_cut_off_is_refused() {
        let numbers = npy::to_bytes(&ops::Array::new([1], vec![1.0f32]).unwrap());
        assert_eq!(parse(&numbers).unwrap(), None);
        let texts = Texts::new([2], vec!["a".into(), "b".into()]).unwrap().to_bytes();
        assert!(parse(&texts[..texts.len() - 1]).is_err());
        assert!(Texts::new([3], vec!["a".into()]).is_err());
    }
}
