//! Python's pickles, protocols 0 to 5, as far as they hold numbers, texts, lists, maps and NumPy's arrays.
//!
//! A pickle is a program that may call anything; this reader knows the few functions that NumPy's arrays are
//! made with, calls nothing, and refuses every other one by its name. What is made takes no more memory than
//! the file, up to a factor: values are numbered and refer to each other by their numbers, so that a value
//! that contains itself does no harm, and texts and bytes stay where they are in the file.

mod call;
mod input;
mod machine;
mod opcode;
mod value;

use std::ops::Range;

use files::{Error, Result};

use super::{file::FileOrigin, numpy::NumpyKind};
use value::{PickledArray, PickledValue};

/// A value of a [`Pickle`], by its number.
pub type ValueId = u32;

/// The values of a pickle.
pub struct Pickle {
    bytes: Vec<u8>,
    /// Texts whose bytes are not those of the file.
    made: Vec<u8>,
    values: Vec<PickledValue>,
    root: ValueId,
    origin: FileOrigin,
}

/// Bytes of a pickle: in the file, or among those made of it.
#[derive(Debug, Clone)]
pub enum Bytes {
    InFile(Range<usize>),
    Made(Range<usize>),
}

/// An array of unsigned bytes, in row-major order.
pub struct ByteArray<'a> {
    pub shape: Vec<usize>,
    pub elements: &'a [u8],
}

impl Pickle {
    /// Reads a pickle.
    ///
    /// # Errors
    /// `Format` for a damaged one, or one that holds something else.
    pub fn parse(bytes: Vec<u8>, origin: FileOrigin) -> Result<Self> {
        machine::run(bytes, origin)
    }

    /// The value under the key `key` of the whole, which is a map.
    ///
    /// # Errors
    /// `Format` where it is no map or has no such key.
    pub fn get(&self, key: &str) -> Result<ValueId> {
        let PickledValue::Map(pairs) = self.value(self.root) else {
            return Err(self.fault(self.value(self.root).kind(), "a map"));
        };
        // A key that was set again has its last value.
        let found = pairs.iter().rev().find(|(name, _)| self.text(*name) == Some(key.as_bytes()));
        found.map(|(_, value)| *value).ok_or_else(|| {
            let keys: Vec<_> = pairs.iter().take(10).filter_map(|(name, _)| self.text(*name)).collect();
            let keys: Vec<_> = keys.into_iter().map(String::from_utf8_lossy).collect();
            self.fault(format!("a map of {}", keys.join(", ")), format!("the key `{key}`"))
        })
    }

    /// The `count` whole numbers of a list or a one-dimensional array.
    ///
    /// # Errors
    /// `Format` for anything else.
    pub fn whole_numbers(&self, id: ValueId, count: usize) -> Result<Vec<i128>> {
        let numbers = match self.value(id) {
            PickledValue::List(items) | PickledValue::Tuple(items) if items.len() == count => {
                let number = |item: &ValueId| match self.value(*item) {
                    PickledValue::Int(number) => Ok((*number).into()),
                    other => Err(self.fault(format!("{} among numbers", other.kind()), "whole numbers")),
                };
                return items.iter().map(number).collect();
            }
            PickledValue::List(items) | PickledValue::Tuple(items) => format!("a list of {}", items.len()),
            PickledValue::PickledArray(Some(PickledArray { kind: NumpyKind::Float(_), .. })) => {
                "an array of floats".to_owned()
            }
            PickledValue::PickledArray(Some(PickledArray { kind, shape, content, .. }))
                if shape[..] == [count] =>
            {
                return Ok(kind.to_i128(self.bytes_of(*content)));
            }
            PickledValue::PickledArray(Some(array)) => format!("an array of {:?}", array.shape),
            other => other.kind().to_owned(),
        };
        Err(self.fault(numbers, format!("{count} whole numbers")))
    }

    /// An array of unsigned bytes in row-major order.
    ///
    /// # Errors
    /// `Format` for anything else.
    pub fn byte_array(&self, id: ValueId) -> Result<ByteArray<'_>> {
        let array = self.array(id)?;
        if array.kind != NumpyKind::Unsigned(1) || array.fortran {
            let order = if array.fortran { " in Fortran's order" } else { "" };
            let found = format!("an array of {}{order}", array.kind);
            return Err(self.fault(found, "an array of u8 in C's order"));
        }
        Ok(ByteArray { shape: array.shape.clone(), elements: self.bytes_of(array.content) })
    }

    fn array(&self, id: ValueId) -> Result<&PickledArray> {
        match self.value(id) {
            PickledValue::PickledArray(Some(array)) => Ok(array),
            other => Err(self.fault(other.kind(), "an array")),
        }
    }

    fn value(&self, id: ValueId) -> &PickledValue {
        &self.values[id as usize]
    }

    /// The bytes of a text, or the bytes that stand for one.
    fn text(&self, id: ValueId) -> Option<&[u8]> {
        match self.value(id) {
            PickledValue::Text(bytes) | PickledValue::Bytes(bytes) => Some(self.range(bytes)),
            _ => None,
        }
    }

    fn bytes_of(&self, id: ValueId) -> &[u8] {
        self.text(id).unwrap_or_default()
    }

    fn range(&self, bytes: &Bytes) -> &[u8] {
        match bytes {
            Bytes::InFile(range) => &self.bytes[range.clone()],
            Bytes::Made(range) => &self.made[range.clone()],
        }
    }

    /// The error about what the pickle holds.
    pub fn fault(&self, found: impl Into<String>, expected: impl Into<String>) -> Error {
        self.origin.fault(0, found, expected)
    }
}

#[cfg(test)]
pub mod tests;
