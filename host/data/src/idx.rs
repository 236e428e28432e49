//! IDX files, the format of MNIST: `00 00 08 R`, then R sizes as big-endian u32, then unsigned bytes.
//!
//! Files may be packed with gzip; offsets in errors count unpacked bytes.

pub mod pair;
pub mod sets;

use std::{
    io::{BufRead, BufReader, ErrorKind, Read},
    path::Path,
};

use files::{Error, Result};
use flate2::read::MultiGzDecoder;

use super::file::{self, fault};

/// The type code of unsigned bytes, the only one that picture sets use.
const UNSIGNED_BYTES: u8 = 0x08;
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// Deflate packs at most 1032 bytes into one.
const MAX_PACKED: u64 = 1032;
/// The largest content that is read: six times the largest EMNIST set.
const MAX_BYTES: u64 = 4 << 30;

/// Reads an IDX file of `R` sizes: the sizes and their product's number of bytes.
///
/// # Errors
/// `Format` where the header is wrong or does not fit the content, or the gzip stream is damaged; `Io`.
/// No more than the header promises (plus one byte) is ever unpacked, and nothing is allocated for a
/// header that promises more than the file can hold.
pub fn read<const R: usize>(path: &Path) -> Result<([usize; R], Vec<u8>)> {
    let mut source = IdxReader::open(path)?;
    let sizes = source.header::<R>()?;
    let promised = source.promised(&sizes)?;
    let content = source.content(promised)?;
    Ok((sizes.map(|size| size as usize), content))
}

/// An open IDX file and how far it was read.
struct IdxReader<'a> {
    path: &'a Path,
    reader: Box<dyn Read>,
    /// Unpacked bytes read so far.
    offset: u64,
    /// The maximum number of bytes that the file can unpack to.
    capacity: u64,
    packed: bool,
}

impl<'a> IdxReader<'a> {
    fn open(path: &'a Path) -> Result<Self> {
        let (file, length) = file::open(path)?;
        let mut file = BufReader::new(file);
        let packed = file.fill_buf().map_err(Error::io(path))?.starts_with(&GZIP_MAGIC);
        Ok(Self {
            path,
            reader: if packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) },
            offset: 0,
            capacity: if packed { length.saturating_mul(MAX_PACKED) } else { length },
            packed,
        })
    }

    /// Checks the magic number and reads the sizes.
    fn header<const R: usize>(&mut self) -> Result<[u32; R]> {
        let magic: [u8; 4] = self.word("the magic number")?;
        let expected = [0, 0, UNSIGNED_BYTES, R as u8];
        if magic != expected {
            let found = format!("magic number {magic:02x?}");
            let expected = format!("{expected:02x?} (unsigned bytes, {R} sizes)");
            return Err(self.fault(0, found, expected));
        }
        let mut sizes = [0; R];
        for size in &mut sizes {
            *size = u32::from_be_bytes(self.word("a size")?);
        }
        Ok(sizes)
    }

    fn word(&mut self, what: &str) -> Result<[u8; 4]> {
        let start = self.offset;
        let bytes = self.bytes(4)?;
        <[u8; 4]>::try_from(&bytes[..]).map_err(|_| {
            let found = format!("the end of the file after {} bytes", bytes.len());
            self.fault(start, found, format!("4 bytes with {what}"))
        })
    }

    /// The number of bytes that `sizes` promise, once it is clear that the file can hold them.
    fn promised(&self, sizes: &[u32]) -> Result<u64> {
        // A plain file that is too short is reported by its content, at the byte where it ends.
        let limit = if self.packed { MAX_BYTES.min(self.capacity) } else { MAX_BYTES };
        let product = sizes.iter().try_fold(1, |n: u64, &size| n.checked_mul(size.into()));
        match product {
            Some(promised) if (1..=limit).contains(&promised) => Ok(promised),
            _ => {
                let expected = format!("a product from 1 to {limit}, the most to be had of this file");
                Err(self.fault(4, format!("sizes {sizes:?}"), expected))
            }
        }
    }

    /// Exactly `promised` bytes, and nothing after them.
    fn content(&mut self, promised: u64) -> Result<Vec<u8>> {
        let start = self.offset;
        let content = self.bytes(promised + 1)?;
        let length = content.len() as u64;
        let expected = format!("{promised} bytes of content, as the header says");
        if length < promised {
            let found = format!("the end of the file after {length} bytes of content");
            return Err(self.fault(start + length, found, expected));
        }
        if length > promised {
            let found = "more bytes after the content".to_owned();
            return Err(self.fault(start + promised, found, expected));
        }
        Ok(content)
    }

    /// The next `count` bytes, or all that are left where there are fewer.
    fn bytes(&mut self, count: u64) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        bytes
            .try_reserve_exact(count.min(self.capacity) as usize)
            .map_err(|error| Error::io(self.path)(std::io::Error::new(ErrorKind::OutOfMemory, error)))?;
        let outcome = self.reader.by_ref().take(count).read_to_end(&mut bytes);
        self.offset += bytes.len() as u64;
        match outcome {
            Ok(_) => Ok(bytes),
            Err(error) if self.packed && is_damage(&error) => {
                let found = format!("a damaged gzip stream ({error})");
                Err(self.fault(self.offset, found, "intact gzip data; fetch the file again".to_owned()))
            }
            Err(error) => Err(Error::io(self.path)(error)),
        }
    }

    fn fault(&self, offset: u64, found: String, expected: String) -> Error {
        fault(self.path, offset, found, expected)
    }
}

/// Whether an error of unpacking is about the data and not about the disk.
fn is_damage(error: &std::io::Error) -> bool {
    let kinds = [ErrorKind::InvalidInput, ErrorKind::InvalidData, ErrorKind::UnexpectedEof];
    kinds.contains(&error.kind())
}

#[cfg(test)]
mod tests;
