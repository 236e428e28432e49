//! Arrays of MATLAB's files, version 5: what `save` writes unless it is told otherwise.

use std::{io::Read as _, path::Path};

use files::Result;
use flate2::read::ZlibDecoder;

use super::file::{FileOrigin, read};

/// The largest file, and the largest array in it.
const MAX_BYTES: u64 = 2 << 30;

const HEADER: usize = 128;

/// The types of elements of a file.
const INT8: u32 = 1;
const UINT8: u32 = 2;
const DOUBLE: u32 = 9;
const MATRIX: u32 = 14;
const COMPRESSED: u32 = 15;

/// An array of bytes, its elements in the order of MATLAB: the first index counts fastest.
#[derive(Debug, PartialEq)]
pub struct MatlabArray {
    pub name: String,
    pub shape: Vec<usize>,
    pub bytes: Vec<u8>,
}

/// The arrays of a file whose elements are bytes, or doubles that are whole numbers of a byte. Others are
/// left out.
///
/// # Errors
/// `Io`, and `Format` for a file that is none of MATLAB's version 5, or is cut off.
pub fn arrays(path: &Path) -> Result<Vec<MatlabArray>> {
    parse(&read(path, MAX_BYTES)?, &FileOrigin::file(path))
}

fn parse(bytes: &[u8], origin: &FileOrigin) -> Result<Vec<MatlabArray>> {
    if bytes.get(124..HEADER) != Some(&[0x00, 0x01, b'I', b'M']) {
        return Err(origin.fault(124.min(bytes.len()), "another header", "a MATLAB file of version 5"));
    }
    let mut elements = Elements { bytes, at: HEADER, origin, offset: 0 };
    let mut found = Vec::new();
    while let Some((kind, content)) = elements.next()? {
        let at = elements.at;
        let unpacked;
        let (kind, content) = match kind {
            COMPRESSED => {
                unpacked = inflated(content, origin, at)?;
                let mut inner = Elements { bytes: &unpacked, at: 0, origin, offset: at };
                match inner.next()? {
                    Some((kind, range)) => (kind, range),
                    None => continue,
                }
            }
            kind => (kind, content),
        };
        if kind == MATRIX {
            found.extend(matrix(content, origin, at)?);
        }
    }
    Ok(found)
}

fn inflated(content: &[u8], origin: &FileOrigin, at: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut decoder = ZlibDecoder::new(content).take(MAX_BYTES + 1);
    decoder.read_to_end(&mut bytes).map_err(|e| origin.fault(at, e.to_string(), "data packed by zlib"))?;
    match bytes.len() as u64 <= MAX_BYTES {
        true => Ok(bytes),
        false => Err(origin.fault(at, format!("more than {MAX_BYTES} bytes"), "an array below 2 GB")),
    }
}

/// The parts of an array: flags, shape, name, elements.
fn matrix(content: &[u8], origin: &FileOrigin, at: usize) -> Result<Option<MatlabArray>> {
    let mut parts = Elements { bytes: content, at: 0, origin, offset: at };
    let mut part = || parts.next().map(|part| part.unwrap_or((0, &[])));
    let (_, (_, shape), (_, name), (kind, elements)) = (part()?, part()?, part()?, part()?);
    let numbers = shape.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word) as usize);
    let shape: Vec<usize> = numbers.collect();
    let bytes = match kind {
        UINT8 | INT8 => elements.to_vec(),
        DOUBLE => {
            let values = elements.as_chunks::<8>().0.iter().map(|word| f64::from_le_bytes(*word));
            let byte =
                |value: f64| (value.fract() == 0.0 && (0.0..256.0).contains(&value)).then_some(value as u8);
            let Some(bytes) = values.map(byte).collect() else { return Ok(None) };
            bytes
        }
        _ => return Ok(None),
    };
    if shape.iter().try_fold(1usize, |n, &size| n.checked_mul(size)) != Some(bytes.len()) {
        let found = format!("{} elements for an array of {shape:?}", bytes.len());
        return Err(origin.fault(at, found, "as many as its shape says"));
    }
    Ok(Some(MatlabArray { name: String::from_utf8_lossy(name).into_owned(), shape, bytes }))
}

/// What stands one after the other in a file, or in an array.
struct Elements<'a> {
    bytes: &'a [u8],
    at: usize,
    origin: &'a FileOrigin,
    /// Where in the file they begin.
    offset: usize,
}

impl<'a> Elements<'a> {
    /// The type and the content of the next one.
    fn next(&mut self) -> Result<Option<(u32, &'a [u8])>> {
        if self.at >= self.bytes.len() {
            return Ok(None);
        }
        let first = self.word(self.at)?;
        // Up to four bytes may stand in the place of the length.
        let (kind, start, size) = match first >> 16 {
            0 => (first, self.at + 8, self.word(self.at + 4)? as usize),
            size => (first & 0xffff, self.at + 4, size as usize),
        };
        let end = start.saturating_add(size);
        let Some(content) = self.bytes.get(start..end) else { return Err(self.cut_off()) };
        // Whole elements are padded to eight bytes, but for packed ones.
        let next = if start == self.at + 4 { self.at + 8 } else { end };
        self.at = if kind == COMPRESSED { next } else { next.next_multiple_of(8) };
        Ok(Some((kind, content)))
    }

    fn word(&self, at: usize) -> Result<u32> {
        let word = self.bytes.get(at..at + 4).and_then(|word| word.try_into().ok());
        word.map(u32::from_le_bytes).ok_or_else(|| self.cut_off())
    }

    fn cut_off(&self) -> files::Error {
        self.origin.fault(self.offset + self.at, "the end of the file", "the rest of an array")
    }
}

#[cfg(test)]
pub mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::ZlibEncoder};

    use super::*;

    fn element(kind: u32, content: &[u8]) -> Vec<u8> {
        let mut bytes = [kind.to_le_bytes(), (content.len() as u32).to_le_bytes()].concat();
        bytes.extend(content);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes
    }

    /// A file as SciPy's `savemat` writes it, of arrays of bytes.
    pub fn file(arrays: &[(&str, &[usize], Vec<u8>)]) -> Vec<u8> {
        let mut bytes = vec![b' '; 124];
        bytes.extend([0x00, 0x01, b'I', b'M']);
        for (name, shape, elements) in arrays {
            let sizes: Vec<u8> = shape.iter().flat_map(|&size| (size as u32).to_le_bytes()).collect();
            // A name of up to four bytes stands in the place of its length.
            let mut short = [&(INT8 | (name.len() as u32) << 16).to_le_bytes()[..], name.as_bytes()].concat();
            short.resize(8, 0);
            let parts =
                [element(6, &[9, 0, 0, 0, 0, 0, 0, 0]), element(5, &sizes), short, element(UINT8, elements)];
            let mut packed = ZlibEncoder::new(Vec::new(), Compression::default());
            packed.write_all(&element(MATRIX, &parts.concat())).unwrap();
            let packed = packed.finish().unwrap();
            bytes.extend(COMPRESSED.to_le_bytes());
            bytes.extend((packed.len() as u32).to_le_bytes());
            bytes.extend(packed);
        }
        bytes
    }

    #[test]
    fn arrays_are_read_and_damage_is_said() {
        let origin = FileOrigin::file(Path::new("a.mat"));
        let bytes = file(&[("X", &[2, 3], vec![1, 2, 3, 4, 5, 6]), ("y", &[1, 1], vec![7])]);
        let found = parse(&bytes, &origin).unwrap();
        let expected = MatlabArray { name: "X".into(), shape: vec![2, 3], bytes: vec![1, 2, 3, 4, 5, 6] };
        assert_eq!((found.len(), &found[0]), (2, &expected));
        for end in 0..bytes.len() {
            // It may end between two arrays.
            let _ = parse(&bytes[..end], &origin);
        }
        assert!(parse(&bytes[..bytes.len() - 3], &origin).is_err());
        assert!(parse(&file(&[("X", &[2, 2], vec![1])]), &origin).is_err());
        assert!(parse(b"no", &origin).is_err());
    }

    /// `scipy.io.savemat(path, {"X": numpy.arange(6, dtype="u1").reshape(2, 3), "y": [[1.0, 2.0]]},
    /// do_compression=True)` of SciPy.
    #[test]
    fn what_scipy_writes_is_read() {
        let found = parse(include_bytes!("matlab/scipy.mat"), &FileOrigin::file(Path::new("a.mat"))).unwrap();
        let array = |name: &str, shape: &[usize], bytes: &[u8]| MatlabArray {
            name: name.into(),
            shape: shape.into(),
            bytes: bytes.into(),
        };
        assert_eq!(found, [array("X", &[2, 3], &[0, 3, 1, 4, 2, 5]), array("y", &[1, 2], &[1, 2])]);
    }
}
