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

impl Kind {
    /// What `length` bytes of a field without messages take in memory, at most.
    fn decoded(self, field: u64, length: usize) -> usize {
        let times = match (self, field) {
            // Dimensions, of two bytes or more each.
            (Self::Value, _) => 32,
            // Whole numbers of one byte or more each, eight in memory, in a list with room to grow.
            (Self::Tensor, 1 | 5 | 7 | 11) | (Self::Attribute, 8) | (Self::Sparse, 3) => 16,
            // Floats in a list with room to grow.
            (Self::Tensor, 4 | 10) | (Self::Attribute, 7) => 2,
            // Text and the raw bytes of elements.
            _ => 1,
        };
        length.saturating_mul(times).saturating_add(FIELD)
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
    let mut memory = bytes.len();
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
    *memory = memory.saturating_add(OVERHEAD);
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let length = match key & 7 {
            0 => {
                varint(&mut bytes)?;
                // A list that is not packed: 8 bytes for each number, with room to grow.
                *memory = memory.saturating_add(16);
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
            _ => *memory = memory.saturating_add(kind.decoded(key >> 3, content.len())),
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

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::{Kind, message};
    use crate::nn::graph::proto::{GraphProto, ModelProto, TensorProto};

    /// Bytes of a file with that tensor, and what it is said to need in memory.
    fn needed(tensor: TensorProto) -> (usize, usize) {
        let graph = GraphProto { initializer: vec![tensor], ..Default::default() };
        let bytes = ModelProto { graph: Some(graph), ..Default::default() }.encode_to_vec();
        let mut memory = bytes.len();
        message(&bytes, Kind::Model, 0, &mut memory).unwrap();
        (bytes.len(), memory)
    }

    #[test]
    fn numbers_of_one_byte_count_as_the_eight_that_they_become() {
        let n = 3 << 20;
        let (_, memory) = needed(TensorProto { int64_data: vec![1; n], ..Default::default() });
        assert!(memory >= 8 * n, "{memory}");
    }

    #[test]
    fn raw_elements_count_in_the_file_and_once_more() {
        let (length, memory) = needed(TensorProto { raw_data: vec![7; 3 << 20], ..Default::default() });
        assert!(memory < 2 * length + 8192, "{memory} for {length} bytes");
    }
}
