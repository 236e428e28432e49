//! A look at the skeleton of a file before it is decoded: no length beyond its message, no nesting
//! without end, not more messages than memory holds.

use super::broken;
use crate::{Result, tensor::room};

/// The kinds of messages that hold others; everything else is skipped by its length.
#[derive(Clone, Copy)]
enum Kind {
    Model,
    Graph,
    Node,
    Attribute,
    Function,
    Tensor,
    Sparse,
    Value,
    Leaf,
}

impl Kind {
    /// The kind of message in a field, where it holds one (numbers: onnx.proto3).
    fn within(self, field: u64) -> Option<Self> {
        Some(match (self, field) {
            (Self::Model, 7) | (Self::Attribute, 6 | 11) => Self::Graph,
            (Self::Model, 25) => Self::Function,
            (Self::Graph, 1) | (Self::Function, 7) => Self::Node,
            (Self::Graph, 5) | (Self::Attribute, 5 | 10) | (Self::Sparse, 1 | 2) => Self::Tensor,
            (Self::Graph, 15) | (Self::Attribute, 22) => Self::Sparse,
            (Self::Graph, 11..=13) => Self::Value,
            (Self::Node, 5) | (Self::Function, 11) => Self::Attribute,
            (Self::Model, 8 | 14) | (Self::Tensor, 13) | (Self::Function, 9) => Self::Leaf,
            _ => return None,
        })
    }
}

/// The most messages inside each other; prost itself stops at 100.
const DEEPEST: usize = 64;

/// What a message takes in memory besides its bytes, at most.
const OVERHEAD: usize = 640;

/// What a field without a message (a name, a list) takes in memory besides its bytes, at most.
const FIELD: usize = 32;

/// Checks the skeleton of a `ModelProto`.
///
/// # Errors
/// [`crate::Error::Graph`] for bytes that are no such message, or one that would not fit the memory.
pub(super) fn check(bytes: &[u8]) -> Result<()> {
    let mut memory = 0;
    message(bytes, Kind::Model, 0, &mut memory)?;
    if memory > room() {
        return broken(format!("the file needs {} MB to be read, which are not there", memory >> 20));
    }
    Ok(())
}

fn message(mut bytes: &[u8], kind: Kind, depth: usize, memory: &mut usize) -> Result<()> {
    if depth > DEEPEST {
        return broken(format!("the file nests messages more than {DEEPEST} deep"));
    }
    *memory = memory.saturating_add(OVERHEAD + bytes.len());
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let length = match key & 7 {
            0 => {
                varint(&mut bytes)?;
                // A list that is not packed: up to 8 bytes for each number.
                *memory = memory.saturating_add(8);
                continue;
            }
            1 => 8,
            2 => varint(&mut bytes)?,
            5 => 4,
            wire => return broken(format!("this is no ONNX file: wire type {wire}")),
        };
        let Some(content) = usize::try_from(length).ok().and_then(|n| bytes.split_off(..n)) else {
            return broken(format!(
                "a length of {length} bytes where {} are left: the file is cut off or damaged",
                bytes.len()
            ));
        };
        match kind.within(key >> 3) {
            Some(kind) if key & 7 == 2 => message(content, kind, depth + 1, memory)?,
            // Numbers of one byte become eight; long fields are the raw bytes of elements.
            _ => *memory = memory.saturating_add(FIELD + 8 * content.len().min(1 << 20)),
        }
    }
    Ok(())
}

fn varint(bytes: &mut &[u8]) -> Result<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let Some(&byte) = bytes.split_off_first() else {
            return broken("the file ends within a number: it is cut off or damaged");
        };
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    broken("this is no ONNX file: a number of more than 64 bits")
}
