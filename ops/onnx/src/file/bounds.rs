//! A look at the skeleton of a file before it is decoded: no length beyond its message, no nesting
//! without end, not more messages than memory holds.

use std::mem::size_of;

use ops::{Result, tensor::room};

use crate::{
    broken,
    file::proto::{
        AttributeProto, DimensionProto, FunctionProto, GraphProto, ModelProto, NodeProto, SparseTensorProto,
        StringStringEntryProto, TensorProto, TrainingInfoProto, ValueInfoProto,
    },
};

/// The kinds of messages that hold others; everything else is skipped by its length.
#[derive(Clone, Copy)]
enum MessageKind {
    Model,
    Training,
    Graph,
    Node,
    Attribute,
    Function,
    Tensor,
    Sparse,
    Value,
    Leaf,
}

impl MessageKind {
    /// The kind of message in a field, where it holds one (numbers: onnx.proto3).
    fn within(self, field: u64) -> Option<Self> {
        Some(match (self, field) {
            (Self::Model, 7) | (Self::Attribute, 6 | 11) | (Self::Training, 1 | 2) => Self::Graph,
            (Self::Model, 20) => Self::Training,
            (Self::Model, 25) => Self::Function,
            (Self::Graph, 1) | (Self::Function, 7) => Self::Node,
            (Self::Graph, 5) | (Self::Attribute, 5 | 10) | (Self::Sparse, 1 | 2) => Self::Tensor,
            (Self::Graph, 15) | (Self::Attribute, 22 | 23) => Self::Sparse,
            (Self::Graph, 11..=13) => Self::Value,
            (Self::Node, 5) | (Self::Function, 11) => Self::Attribute,
            (Self::Model, 8 | 14) | (Self::Tensor, 13) | (Self::Function, 9) => Self::Leaf,
            _ => return None,
        })
    }

    /// What a message takes in memory besides its bytes, at most.
    fn overhead(self) -> usize {
        GROWTH
            * match self {
                Self::Model => size_of::<ModelProto>(),
                Self::Training => size_of::<TrainingInfoProto>(),
                Self::Graph => size_of::<GraphProto>(),
                Self::Node => size_of::<NodeProto>(),
                Self::Attribute => size_of::<AttributeProto>(),
                Self::Function => size_of::<FunctionProto>(),
                Self::Tensor => size_of::<TensorProto>(),
                Self::Sparse => size_of::<SparseTensorProto>(),
                Self::Value => size_of::<ValueInfoProto>(),
                Self::Leaf => size_of::<StringStringEntryProto>(),
            }
    }

    /// What `length` bytes of a field without messages take in memory, at most.
    fn decoded(self, field: u64, length: usize) -> usize {
        let times = match (self, field) {
            // Dimensions, of two bytes or more each.
            (Self::Value, _) => GROWTH * size_of::<DimensionProto>() / 2,
            // Whole numbers of one byte or more each.
            (Self::Tensor, 1 | 5 | 7 | 11) | (Self::Attribute, 8) | (Self::Sparse, 3) => NUMBER,
            // Floats.
            (Self::Tensor, 4 | 10) | (Self::Attribute, 7) => GROWTH,
            // Text and the raw bytes of elements.
            _ => 1,
        };
        length.saturating_mul(times).saturating_add(FIELD)
    }
}

/// The maximum depth of messages inside each other; prost itself stops at 100.
const MAX_DEPTH: usize = 64;

/// A list that grows doubles, and for a moment the old one is still there.
const GROWTH: usize = 3;

/// What a whole number takes in a list, at most.
const NUMBER: usize = GROWTH * size_of::<u64>();

/// What a field without a message (a name, a list) takes in memory besides its bytes, at most.
const FIELD: usize = GROWTH * size_of::<String>();

/// Checks the skeleton of a `ModelProto`.
///
/// # Errors
/// [`ops::Error::Graph`] for bytes that are no such message, or one that would not fit the memory.
pub(crate) fn check(bytes: &[u8]) -> Result<()> {
    let mut memory = bytes.len();
    message(bytes, MessageKind::Model, 0, &mut memory)?;
    if memory > room() {
        return broken(format!("the file needs {} MB to be read, which are not there", memory >> 20));
    }
    Ok(())
}

fn message(mut bytes: &[u8], kind: MessageKind, depth: usize, memory: &mut usize) -> Result<()> {
    if depth > MAX_DEPTH {
        return broken(format!("the file nests messages more than {MAX_DEPTH} deep"));
    }
    *memory = memory.saturating_add(kind.overhead());
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let length = match key & 7 {
            0 => {
                varint(&mut bytes)?;
                // A list that is not packed.
                *memory = memory.saturating_add(NUMBER);
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

    use super::{MessageKind, message};
    use crate::file::proto::{AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto};

    /// Bytes of a file with that tensor, and what it is said to need in memory.
    fn needed(tensor: TensorProto) -> (usize, usize) {
        of(GraphProto { initializer: vec![tensor], ..Default::default() })
    }

    fn of(graph: GraphProto) -> (usize, usize) {
        let bytes = ModelProto { graph: Some(graph), ..Default::default() }.encode_to_vec();
        let mut memory = bytes.len();
        message(&bytes, MessageKind::Model, 0, &mut memory).unwrap();
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

    #[test]
    fn messages_and_names_count_while_their_lists_grow() {
        let n = 1000;
        let attribute = vec![AttributeProto::default(); n];
        let input = vec![String::new(); n];
        let node = |attribute, input| NodeProto { attribute, input, ..Default::default() };
        for (node, size) in [
            (node(attribute, vec![]), size_of::<AttributeProto>()),
            (node(vec![], input), size_of::<String>()),
        ] {
            let (_, memory) = of(GraphProto { node: vec![node], ..Default::default() });
            assert!(memory >= 3 * n * size, "{memory} for {n} of {size} bytes");
        }
    }
}
