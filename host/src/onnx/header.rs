//! What an ONNX file says about itself, read without ONNX Runtime.
//!
//! An ONNX file is one protobuf message, `ModelProto`. Only its small top-level fields are read; the
//! graph is skipped by its length, and no length is believed beyond the end of the file.

use std::fs::File;
use std::io::{BufReader, Cursor, ErrorKind, Read, Seek};
use std::path::Path;

use ops::nn::graph::proto::ModelProto;

use crate::error::{Error, Result};

/// The facts at the top of an ONNX file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// Version of the file format.
    pub ir_version: u64,
    /// Name and version of the program that wrote the file; empty where it does not say.
    pub producer: String,
    /// Each operator set that the graph uses: domain (empty: ONNX's own) and version.
    pub opsets: Vec<(String, u64)>,
    /// The author's own keys and values.
    pub metadata: Vec<(String, String)>,
}

impl Header {
    /// Reads the header of the ONNX file at `path`.
    ///
    /// Errors: a file that cannot be read; a file that is not, or not all of, an ONNX model.
    pub fn read(path: &Path) -> Result<Self> {
        let facts = path.metadata().map_err(Error::io(path))?;
        // Before it is opened, which waits where the other end of a pipe is missing.
        if !facts.is_file() {
            return Err(Error::usage(format!("{}: not a file", path.display()), "name an .onnx file"));
        }
        let (file, end) = (File::open(path).map_err(Error::io(path))?, facts.len());
        let mut fields = Fields { path, input: BufReader::new(file), at: 0, end };
        let (mut header, mut has_graph) = (Self::default(), false);
        let (mut producer, mut producer_version) = (String::new(), String::new());
        // Field numbers of ModelProto, in onnx.proto.
        while let Some((number, content)) = fields.next()? {
            match (number, content) {
                (1, Content::Number(version)) => header.ir_version = version,
                (2, Content::Bytes(length)) => producer = fields.text(length)?,
                (3, Content::Bytes(length)) => producer_version = fields.text(length)?,
                (7, Content::Bytes(length)) => {
                    has_graph = true;
                    fields.skip(length)?;
                }
                (8, Content::Bytes(length)) => header.opsets.push(opset(&mut fields.nested(length)?)?),
                (14, Content::Bytes(length)) => header.metadata.push(entry(&mut fields.nested(length)?)?),
                (_, content) => fields.pass(content)?,
            }
        }
        if header.ir_version == 0 || !has_graph {
            return Err(fields.broken("a file without a format version or a graph", "an ONNX model"));
        }
        header.producer = format!("{producer} {producer_version}").trim().to_owned();
        Ok(header)
    }

    /// The header of a model that is read or made already.
    pub fn of(model: &ModelProto) -> Self {
        let opsets = model.opset_import.iter().map(|set| (set.domain.clone(), set.version.unsigned_abs()));
        let entries = model.metadata_props.iter().map(|entry| (entry.key.clone(), entry.value.clone()));
        Self {
            ir_version: model.ir_version.unsigned_abs(),
            producer: format!("{} {}", model.producer_name, model.producer_version).trim().to_owned(),
            opsets: opsets.collect(),
            metadata: entries.collect(),
        }
    }

    /// Version of ONNX's own operator set; none where the graph uses only others.
    pub fn opset(&self) -> Option<u64> {
        let own = self.opsets.iter().find(|(domain, _)| domain.is_empty() || domain == "ai.onnx");
        own.map(|(_, version)| *version)
    }
}

/// An `OperatorSetIdProto`: domain and version.
fn opset<R: Read + Seek>(fields: &mut Fields<'_, R>) -> Result<(String, u64)> {
    let mut opset = (String::new(), 0);
    while let Some((number, content)) = fields.next()? {
        match (number, content) {
            (1, Content::Bytes(length)) => opset.0 = fields.text(length)?,
            (2, Content::Number(version)) => opset.1 = version,
            (_, content) => fields.pass(content)?,
        }
    }
    Ok(opset)
}

/// A `StringStringEntryProto`: key and value.
fn entry<R: Read + Seek>(fields: &mut Fields<'_, R>) -> Result<(String, String)> {
    let mut entry = (String::new(), String::new());
    while let Some((number, content)) = fields.next()? {
        match (number, content) {
            (1, Content::Bytes(length)) => entry.0 = fields.text(length)?,
            (2, Content::Bytes(length)) => entry.1 = fields.text(length)?,
            (_, content) => fields.pass(content)?,
        }
    }
    Ok(entry)
}

/// What stands after a field's key: a number that was read, or this many bytes that were not.
enum Content {
    Number(u64),
    Bytes(u64),
}

/// The fields of one protobuf message that ends at byte `end` of the file.
struct Fields<'a, R> {
    path: &'a Path,
    input: R,
    /// Position in the file, for errors.
    at: u64,
    end: u64,
}

impl<'a, R: Read + Seek> Fields<'a, R> {
    /// The next field's number and content; none at the end of the message.
    fn next(&mut self) -> Result<Option<(u64, Content)>> {
        if self.at == self.end {
            return Ok(None);
        }
        let key = self.varint()?;
        let content = match key & 7 {
            0 => Content::Number(self.varint()?),
            1 => Content::Bytes(self.checked(8)?),
            2 => {
                let length = self.varint()?;
                Content::Bytes(self.checked(length)?)
            }
            5 => Content::Bytes(self.checked(4)?),
            wire => {
                return Err(self.broken(format!("wire type {wire}"), "a protobuf field of an ONNX model"));
            }
        };
        Ok(Some((key >> 3, content)))
    }

    /// A number of at most 64 bits: 7 bits a byte, lowest first, the top bit set on all but the last.
    fn varint(&mut self) -> Result<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.bytes(1)?[0];
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(self.broken("a number of more than 64 bits", "a protobuf field of an ONNX model"))
    }

    /// `length`, if the message still has that many bytes.
    fn checked(&self, length: u64) -> Result<u64> {
        let left = self.end - self.at;
        if length <= left {
            return Ok(length);
        }
        let (found, expected) =
            (format!("{left} bytes left"), format!("{length} bytes (is the file cut off?)"));
        Err(self.broken(found, expected))
    }

    fn bytes(&mut self, length: u64) -> Result<Vec<u8>> {
        let mut bytes = vec![0; self.checked(length)? as usize];
        self.input.read_exact(&mut bytes).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => self.broken("the end of the file", format!("{length} more bytes")),
            _ => Error::io(self.path)(error),
        })?;
        self.at += length;
        Ok(bytes)
    }

    fn text(&mut self, length: u64) -> Result<String> {
        Ok(String::from_utf8_lossy(&self.bytes(length)?).into_owned())
    }

    /// A message inside this one.
    fn nested(&mut self, length: u64) -> Result<Fields<'a, Cursor<Vec<u8>>>> {
        let at = self.at;
        let input = Cursor::new(self.bytes(length)?);
        Ok(Fields { path: self.path, input, at, end: at + length })
    }

    fn skip(&mut self, length: u64) -> Result<()> {
        // A file's length fits the signed 64 bits of a file position.
        self.input.seek_relative(length as i64).map_err(Error::io(self.path))?;
        self.at += length;
        Ok(())
    }

    /// Passes over a field that is of no interest here.
    fn pass(&mut self, content: Content) -> Result<()> {
        match content {
            Content::Number(_) => Ok(()),
            Content::Bytes(length) => self.skip(length),
        }
    }

    fn broken(&self, found: impl Into<String>, expected: impl Into<String>) -> Error {
        Error::Format {
            path: self.path.to_path_buf(),
            offset: self.at,
            found: found.into(),
            expected: expected.into(),
        }
    }
}
