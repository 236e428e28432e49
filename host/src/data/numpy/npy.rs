//! One array in NumPy's format: `\x93NUMPY`, the version, the length of the header, the header (a Python
//! dictionary with `descr`, `fortran_order` and `shape`), the elements.

use crate::data::fault;
use crate::error::{Error, Result};
use std::path::{Path, PathBuf};

const MAGIC: [u8; 6] = *b"\x93NUMPY";

/// An array whose header fits its content.
pub struct Array {
    bytes: Vec<u8>,
    /// Where the elements begin.
    start: usize,
    kind: String,
    shape: Vec<usize>,
    origin: Origin,
}

/// Where an array comes from, for errors.
struct Origin {
    path: PathBuf,
    /// In an archive: the entry and where it begins.
    entry: Option<(String, u64)>,
}

impl Origin {
    fn fault(&self, at: usize, found: impl std::fmt::Display, expected: impl Into<String>) -> Error {
        match &self.entry {
            Some((name, offset)) => {
                fault(&self.path, *offset, format!("`{name}`: at byte {at}: {found}"), expected)
            }
            None => fault(&self.path, at as u64, found.to_string(), expected),
        }
    }
}

impl Array {
    /// Takes a file apart.
    ///
    /// # Errors
    /// `Format` for another format, elements in Fortran's order, and content that does not fit the header.
    pub fn parse(bytes: Vec<u8>, path: &Path, entry: Option<(&str, u64)>) -> Result<Self> {
        let entry = entry.map(|(name, offset)| (name.to_owned(), offset));
        let origin = Origin { path: path.to_path_buf(), entry };
        if !bytes.starts_with(&MAGIC) {
            let found = format!("{:02x?}", &bytes[..bytes.len().min(6)]);
            return Err(origin.fault(0, found, "93 4e 55 4d 50 59, a NumPy array"));
        }
        let (text, start) = header(&bytes)
            .ok_or_else(|| origin.fault(bytes.len(), "the end of the file", "a whole header before it"))?;
        let field = |name: &str| {
            let value = text.split_once(&format!("'{name}':")).map(|(_, value)| value.trim_start());
            value.ok_or_else(|| origin.fault(8, format!("a header without `{name}`"), "NumPy's header"))
        };
        let kind = field("descr")?.strip_prefix('\'').and_then(|value| value.split('\'').next());
        let Some(kind) = kind.map(str::to_owned) else {
            return Err(origin.fault(8, "elements of several fields", "plain numbers"));
        };
        if !field("fortran_order")?.starts_with("False") {
            return Err(origin.fault(
                8,
                "elements in Fortran's order",
                "C's order (numpy.ascontiguousarray)",
            ));
        }
        let shape =
            shape(field("shape")?).ok_or_else(|| origin.fault(8, "no shape", "`shape` as (N, ...)"))?;
        let array = Self { bytes, start, kind, shape, origin };
        array.check_length()?;
        Ok(array)
    }

    /// Compares the content with what shape and element type promise.
    fn check_length(&self) -> Result<()> {
        let size: Option<usize> = self.kind.get(2..).and_then(|size| size.parse().ok());
        let Some(size) = size else {
            return Err(self.origin.fault(
                8,
                format!("elements of type {}", self.kind),
                "numbers such as |u1",
            ));
        };
        let promised = self.shape.iter().try_fold(size, |product, &n| product.checked_mul(n));
        let length = self.bytes.len() - self.start;
        if promised == Some(length) {
            return Ok(());
        }
        let expected = match promised {
            Some(promised) => format!("{promised}, as the shape {:?} of {} says", self.shape, self.kind),
            None => format!("a shape smaller than {:?}", self.shape),
        };
        Err(self.origin.fault(
            self.bytes.len(),
            format!("the end after {length} bytes of elements"),
            expected,
        ))
    }

    /// The bytes of pictures as `[N, C, H, W]`, and that shape. Booleans become 0 and 255.
    ///
    /// # Errors
    /// `Format` for other elements than bytes and booleans, or another shape.
    pub fn pictures(mut self) -> Result<(Vec<u8>, [usize; 4])> {
        if !matches!(&*self.kind, "|u1" | "|b1") {
            let expected = "|u1, unsigned bytes from 0 to 255";
            return Err(self.origin.fault(8, format!("elements of type {}", self.kind), expected));
        }
        let mut elements = self.bytes.split_off(self.start);
        if self.kind == "|b1" {
            elements.iter_mut().for_each(|element| *element = if *element == 0 { 0 } else { u8::MAX });
        }
        match self.shape[..] {
            _ if elements.is_empty() => {}
            [n, h, w] => return Ok((elements, [n, 1, h, w])),
            [n, h, w, c @ (1 | 3)] => return Ok((planes(&elements, h * w, c), [n, c, h, w])),
            [n, c @ (1 | 3), h, w] => return Ok((elements, [n, c, h, w])),
            _ => {}
        }
        let expected = "pictures [N, H, W], [N, H, W, C] or [N, C, H, W] with C = 1 or 3";
        Err(self.origin.fault(8, format!("the shape {:?}", self.shape), expected))
    }

    /// The element type as the header says it, such as `<f4`, the elements' bytes and the shape.
    pub fn parts(&self) -> (&str, &[u8], &[usize]) {
        (&self.kind, &self.bytes[self.start..], &self.shape)
    }

    /// Refuses the elements.
    pub fn other_elements(&self, expected: &str) -> Error {
        self.origin.fault(8, format!("elements of type {}", self.kind), expected)
    }

    /// Labels for `count` pictures.
    ///
    /// # Errors
    /// `Format` for another number of them, other elements than whole numbers, or labels outside of 0 to 65535.
    pub fn labels(&self, count: usize) -> Result<Vec<u32>> {
        if self.shape.iter().product::<usize>() != count || self.shape.first() != Some(&count) {
            let expected = format!("[{count}], a label for each picture");
            return Err(self.origin.fault(8, format!("the shape {:?}", self.shape), expected));
        }
        let size = match &*self.kind {
            "|u1" | "|i1" => 1,
            "<u2" | "<i2" => 2,
            "<u4" | "<i4" => 4,
            "<u8" | "<i8" => 8,
            other => {
                let expected = "whole numbers such as |u1 or <i8";
                return Err(self.origin.fault(8, format!("elements of type {other}"), expected));
            }
        };
        let signed = self.kind.as_bytes()[1] == b'i';
        let label = |(i, bytes): (usize, &[u8])| {
            let negative = signed && bytes[size - 1] >= 0x80;
            let value = bytes.iter().rev().fold(0u64, |value, &byte| value << 8 | u64::from(byte));
            u16::try_from(value).ok().filter(|_| !negative).map(u32::from).ok_or_else(|| {
                let at = self.start + i * size;
                self.origin.fault(at, "a label that is negative or large", "0 to 65535")
            })
        };
        self.bytes[self.start..].chunks_exact(size).enumerate().map(label).collect()
    }
}

/// The header's text, and where it ends.
fn header(bytes: &[u8]) -> Option<(String, usize)> {
    let number = |range| bytes.get::<std::ops::Range<usize>>(range);
    let (length, start): (usize, usize) = match bytes.get(6)? {
        1 => (usize::from(u16::from_le_bytes(number(8..10)?.try_into().ok()?)), 10),
        _ => (u32::from_le_bytes(number(8..12)?.try_into().ok()?) as usize, 12),
    };
    let end = start.checked_add(length)?;
    Some((String::from_utf8_lossy(number(start..end)?).into_owned(), end))
}

/// `(10, 28, 28)`, of at most 8 numbers.
fn shape(text: &str) -> Option<Vec<usize>> {
    let inside = text.strip_prefix('(')?.split_once(')')?.0;
    let numbers = inside.split(',').map(str::trim).filter(|number| !number.is_empty());
    numbers.map(|number| number.parse().ok()).collect::<Option<Vec<usize>>>().filter(|shape| shape.len() <= 8)
}

/// Pictures with the colours of a pixel side by side, as planes of one colour each.
fn planes(elements: &[u8], plane: usize, channels: usize) -> Vec<u8> {
    let channel =
        |picture: &'_ [u8], c: usize| picture.iter().skip(c).step_by(channels).copied().collect::<Vec<u8>>();
    let pictures = elements.chunks_exact(plane * channels);
    pictures.flat_map(|picture| (0..channels).flat_map(move |c| channel(picture, c))).collect()
}
