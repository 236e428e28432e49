//! A file without the elements of its graph's large initialisers: these stay where they are until a tensor is
//! made of them, so that no more than one copy of them is ever in memory.

use std::{
    collections::HashMap,
    io::{BufReader, Error, ErrorKind, Read, Result, Seek},
    ops::Range,
};

use prost::encoding::encode_varint;

/// Elements of fewer bytes are read with everything else.
const SMALL: u64 = 1 << 10;

/// The path of fields to what is left out: the graph of a model, its initialisers, their `raw_data`
/// (numbers: onnx.proto3).
const PATH: [u64; 3] = [7, 5, 9];

/// A `ModelProto` without large elements.
pub(super) struct Skeleton {
    pub bytes: Vec<u8>,
    /// Where in the file those of each initialiser are that were left out, by its number.
    pub left: HashMap<usize, Range<u64>>,
}

/// The skeleton of a file, whose size that is.
///
/// # Errors
/// What reading gives; `InvalidData` for what is no such message.
pub(super) fn read(file: impl Read + Seek, size: u64) -> Result<Skeleton> {
    let source = BufReader::new(file);
    let mut walk = SkeletonWalk { source, at: 0, initialisers: 0, left: HashMap::new() };
    let mut bytes = vec![];
    walk.message(size, &PATH, &mut bytes)?;
    Ok(Skeleton { bytes, left: walk.left })
}

/// A file, how far it was read, and what was found so far.
struct SkeletonWalk<R> {
    source: BufReader<R>,
    at: u64,
    initialisers: usize,
    left: HashMap<usize, Range<u64>>,
}

impl<R: Read + Seek> SkeletonWalk<R> {
    /// Copies a message that ends at `end`; the first field of `path` leads to what is left out.
    fn message(&mut self, end: u64, path: &[u64], out: &mut Vec<u8>) -> Result<()> {
        while self.at < end {
            let key = self.varint()?;
            encode_varint(key, out);
            let length = match key & 7 {
                0 => {
                    let value = self.varint()?;
                    encode_varint(value, out);
                    continue;
                }
                1 => 8,
                2 => self.varint()?,
                5 => 4,
                _ => return Err(ErrorKind::InvalidData.into()),
            };
            let inner = self.at.checked_add(length).filter(|&inner| inner <= end);
            let inner = inner.ok_or(Error::from(ErrorKind::InvalidData))?;
            match path {
                [field] if key == field << 3 | 2 => self.elements(length, out)?,
                [field, rest @ ..] if key == field << 3 | 2 => {
                    let mut content = vec![];
                    self.message(inner, rest, &mut content)?;
                    encode_varint(content.len() as u64, out);
                    out.append(&mut content);
                    self.initialisers += usize::from(rest.len() == 1);
                }
                _ => {
                    if key & 7 == 2 {
                        encode_varint(length, out);
                    }
                    self.copy(length, out)?;
                }
            }
        }
        if self.at == end { Ok(()) } else { Err(ErrorKind::InvalidData.into()) }
    }

    /// The elements of the present initialiser: where they are, and none of them. The last ones count.
    fn elements(&mut self, length: u64, out: &mut Vec<u8>) -> Result<()> {
        if length < SMALL {
            self.left.remove(&self.initialisers);
            encode_varint(length, out);
            return self.copy(length, out);
        }
        self.left.insert(self.initialisers, self.at..self.at + length);
        encode_varint(0, out);
        let distance = i64::try_from(length).map_err(|_| Error::from(ErrorKind::InvalidData))?;
        self.source.seek_relative(distance)?;
        self.at += length;
        Ok(())
    }

    fn varint(&mut self) -> Result<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let mut byte = [0];
            self.source.read_exact(&mut byte)?;
            self.at += 1;
            value |= u64::from(byte[0] & 0x7f) << shift;
            if byte[0] < 0x80 {
                return Ok(value);
            }
        }
        Err(ErrorKind::InvalidData.into())
    }

    fn copy(&mut self, length: u64, out: &mut Vec<u8>) -> Result<()> {
        let copied = Read::by_ref(&mut self.source).take(length).read_to_end(out)? as u64;
        self.at += copied;
        if copied == length { Ok(()) } else { Err(ErrorKind::UnexpectedEof.into()) }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use prost::Message as _;

    use super::*;
    use crate::file::proto::{GraphProto, ModelProto, TensorProto};

    fn skeleton(bytes: &[u8]) -> Result<Skeleton> {
        read(Cursor::new(bytes), bytes.len() as u64)
    }

    fn model(sizes: &[usize]) -> ModelProto {
        let tensor = |&n: &usize| TensorProto {
            name: format!("w{n}"),
            raw_data: vec![7; n],
            ..TensorProto::default()
        };
        let graph = GraphProto { initializer: sizes.iter().map(tensor).collect(), ..GraphProto::default() };
        ModelProto { ir_version: 8, graph: Some(graph), ..ModelProto::default() }
    }

    #[test]
    fn large_elements_stay_where_they_are() {
        let (whole, large) = (model(&[10, 1 << 17, 20]), 1 << 17);
        let bytes = whole.encode_to_vec();
        let found = skeleton(&bytes).unwrap();
        let mut expected = whole;
        expected.graph.as_mut().unwrap().initializer[1].raw_data.clear();
        assert_eq!(ModelProto::decode(&*found.bytes).unwrap(), expected);
        let Range { start, end } = found.left[&1].clone();
        assert_eq!((found.left.len(), end - start), (1, large));
        assert_eq!(bytes[start as usize..end as usize], vec![7; large as usize]);
    }

    #[test]
    fn what_is_cut_off_is_an_error() {
        let bytes = model(&[10, 1 << 17]).encode_to_vec();
        for length in [1, 5, 100, bytes.len() - 1] {
            assert!(skeleton(&bytes[..length]).is_err(), "{length}");
        }
        assert!(skeleton(&bytes).is_ok() && skeleton(&[]).is_ok());
    }
}
