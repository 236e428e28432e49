//! Tar archives (POSIX ustar and pax, GNU's long names), plain or in gzip: headers of 512 bytes, each before
//! a file's content, filled up to 512. Offsets count unpacked bytes.
//!
//! Everything that a header says is checked before anything is allocated for it. That is why this is not the
//! crate `tar`: it reads a long name or a list of pax whole, however many gigabytes a packed archive makes of
//! it, and its errors do not name the byte at which an archive is damaged.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use files::{Error, Result};
use flate2::read::MultiGzDecoder;

use super::file::{self, fault};

const BLOCK: u64 = 512;
const BUFFER: u64 = 64 << 10;
/// The longest name, and the longest list of them that stands before a file.
const MAX_NAME: u64 = 64 << 10;

/// An archive that is read from its beginning to its end.
pub struct Tar {
    path: PathBuf,
    reader: TarReader,
    offset: u64,
    /// Bytes between here and the next header.
    rest: u64,
}

enum TarReader {
    Plain(BufReader<File>, u64),
    Packed(Box<MultiGzDecoder<BufReader<File>>>),
}

/// A file inside.
#[derive(Debug, Clone, PartialEq)]
pub struct TarEntry {
    /// Its path in the archive, separated by `/`.
    pub name: String,
    pub size: u64,
    /// Where its content begins.
    pub offset: u64,
    pub kind: TarKind,
}

#[derive(Debug, Clone, PartialEq)]
pub enum TarKind {
    File,
    /// The content of the file of that name, which came before.
    HardLink(String),
    Folder,
    /// A link by name, a device, a pipe, a file with holes.
    Other,
}

impl Tar {
    /// Opens an archive; its first bytes decide whether it is packed.
    ///
    /// # Errors
    /// `Format` for one that is packed by something else than gzip; `Io`.
    pub fn open(path: &Path) -> Result<Self> {
        let (file, length) = file::open(path)?;
        let mut reader = BufReader::with_capacity(BUFFER as usize, file);
        let start = reader.fill_buf().map_err(Error::io(path))?;
        let other = [("bzip2", &b"BZh"[..]), ("xz", &b"\xfd7zXZ"[..]), ("zstd", &b"\x28\xb5\x2f\xfd"[..])];
        if let Some((packer, _)) = other.iter().find(|(_, magic)| start.starts_with(magic)) {
            let expected = "a plain tar archive or one in gzip; or unpack it and give the folder";
            return Err(fault(path, 0, format!("data packed by {packer}"), expected));
        }
        let reader = match start.starts_with(&[0x1f, 0x8b]) {
            true => TarReader::Packed(Box::new(MultiGzDecoder::new(reader))),
            false => TarReader::Plain(reader, length),
        };
        Ok(Self { path: path.to_path_buf(), reader, offset: 0, rest: 0 })
    }

    /// Whether content can only be had in the order of the archive.
    pub fn is_packed(&self) -> bool {
        matches!(self.reader, TarReader::Packed(_))
    }

    /// The next file, none after the last one.
    ///
    /// # Errors
    /// `Format` where a header is damaged or the archive is cut off; `Io`; a request to stop.
    pub fn next_entry(&mut self) -> Result<Option<TarEntry>> {
        let mut said = Said::default();
        loop {
            ops::interrupt::check()?;
            let rest = std::mem::take(&mut self.rest);
            self.skip(rest)?;
            let at = self.offset;
            let mut block = [0; BLOCK as usize];
            self.fill(&mut block)?;
            if block == [0; BLOCK as usize] {
                return Ok(None);
            }
            let damaged = || fault(&self.path, at, "a damaged header", "a tar header with its checksum");
            let size = number(&block[124..136]).filter(|_| checksum_fits(&block)).ok_or_else(damaged)?;
            // What stands before a file has a size of its own.
            let is_said = matches!(block[156], b'x' | b'g' | b'L' | b'K');
            let size = if is_said { size } else { said.size.unwrap_or(size) };
            let rest =
                size.checked_next_multiple_of(BLOCK).filter(|rest| rest.checked_add(self.offset).is_some());
            self.rest = rest.ok_or_else(damaged)?;
            if is_said {
                said.take(block[156], self.said(size)?);
                continue;
            }
            let kind = match block[156] {
                0 | b'0' | b'7' => TarKind::File,
                b'1' => TarKind::HardLink(said.link.unwrap_or_else(|| text(&block[157..257]))),
                b'5' => TarKind::Folder,
                _ => TarKind::Other,
            };
            // A link to an earlier file may say that file's size, but no content follows.
            if let TarKind::HardLink(_) = kind {
                self.rest = 0;
            }
            let name = said.name.unwrap_or_else(|| name(&block));
            return Ok(Some(TarEntry { name, size, offset: self.offset, kind }));
        }
    }

    /// The content of the last entry. It grows piece by piece: a damaged size takes no memory.
    ///
    /// # Errors
    /// `Format` where the archive is cut off; `Io`; a request to stop.
    pub fn read(&mut self, entry: &TarEntry) -> Result<Vec<u8>> {
        let (mut content, size) = (Vec::new(), entry.size.min(self.rest));
        while (content.len() as u64) < size {
            ops::interrupt::check()?;
            let start = content.len();
            content.resize((start as u64 + BUFFER).min(size) as usize, 0);
            self.fill(&mut content[start..])?;
        }
        self.rest -= size;
        Ok(content)
    }

    /// The content of a header that says more of the next file.
    fn said(&mut self, size: u64) -> Result<Vec<u8>> {
        if size > MAX_NAME {
            let found = format!("a name of {size} bytes");
            return Err(fault(&self.path, self.offset, found, format!("at most {MAX_NAME}")));
        }
        let mut bytes = vec![0; size as usize];
        self.fill(&mut bytes)?;
        self.rest -= size;
        Ok(bytes)
    }

    /// Fills `bytes`.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        let outcome = match &mut self.reader {
            TarReader::Plain(reader, _) => reader.read_exact(bytes),
            TarReader::Packed(reader) => reader.read_exact(bytes),
        };
        outcome.map_err(|error| self.damaged(&error.to_string()))?;
        self.offset += bytes.len() as u64;
        Ok(())
    }

    fn skip(&mut self, count: u64) -> Result<()> {
        let there = match &mut self.reader {
            TarReader::Plain(reader, length) => {
                let inside = self.offset.checked_add(count).filter(|end| end <= length);
                inside.map(|_| reader.seek_relative(count as i64)).is_some_and(|outcome| outcome.is_ok())
            }
            TarReader::Packed(reader) => {
                let skipped = std::io::copy(&mut reader.by_ref().take(count), &mut std::io::sink());
                skipped.is_ok_and(|skipped| skipped == count)
            }
        };
        if !there {
            return Err(self.damaged("it ends too early"));
        }
        self.offset += count;
        Ok(())
    }

    fn damaged(&self, why: &str) -> Error {
        let expected = "a whole tar archive (offsets count unpacked bytes); it may be cut off";
        fault(&self.path, self.offset, format!("damaged data ({why})"), expected)
    }
}

/// The `size` bytes at `offset` of a plain archive.
///
/// # Errors
/// `Io`.
pub fn bytes_at(path: &Path, offset: u64, size: u64) -> Result<Vec<u8>> {
    let (mut file, _) = files::reading::reopen(path)?;
    let mut bytes = vec![0; size as usize];
    file.seek(SeekFrom::Start(offset)).and_then(|_| file.read_exact(&mut bytes)).map_err(Error::io(path))?;
    Ok(bytes)
}

/// What headers before a file's own say of it.
#[derive(Default)]
struct Said {
    name: Option<String>,
    link: Option<String>,
    size: Option<u64>,
}

impl Said {
    fn take(&mut self, kind: u8, content: Vec<u8>) {
        match kind {
            b'L' => self.name = Some(text(&content)),
            b'K' => self.link = Some(text(&content)),
            b'x' => self.records(&content),
            // Those of `g` are meant for all files: a comment, such as a commit's hash.
            _ => {}
        }
    }

    /// `LENGTH KEY=VALUE\n`, the length being that of the whole record.
    fn records(&mut self, mut rest: &[u8]) {
        while let Some(space) = rest.iter().position(|&byte| byte == b' ') {
            let length = std::str::from_utf8(&rest[..space]).ok().and_then(|n| n.parse::<usize>().ok());
            let Some(record) = length.filter(|&n| n > space + 1).and_then(|n| rest.get(space + 1..n)) else {
                return;
            };
            rest = &rest[space + 1 + record.len()..];
            let record = String::from_utf8_lossy(record);
            match record.trim_end_matches('\n').split_once('=') {
                Some(("path", value)) => self.name = Some(value.to_owned()),
                Some(("linkpath", value)) => self.link = Some(value.to_owned()),
                Some(("size", value)) => self.size = value.parse().ok(),
                _ => {}
            }
        }
    }
}

/// The name of a file, which may be in two parts.
fn name(block: &[u8]) -> String {
    let (name, prefix) = (text(&block[..100]), text(&block[345..500]));
    // GNU's older headers have times in place of the first part, after another version.
    if &block[257..263] == b"ustar\0" && !prefix.is_empty() { format!("{prefix}/{name}") } else { name }
}

/// Up to the first zero byte.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.split(|&byte| byte == 0).next().unwrap_or_default()).into_owned()
}

/// Octal digits; or, for what they cannot hold, a byte 80 and then a number, the highest byte first.
fn number(bytes: &[u8]) -> Option<u64> {
    if bytes[0] == 0x80 && bytes.len() > 9 {
        let (high, low) = bytes[1..].split_at(bytes.len() - 9);
        return high
            .iter()
            .all(|&byte| byte == 0)
            .then(|| low.iter().fold(0, |n, &byte| n << 8 | u64::from(byte)));
    }
    let digits = std::str::from_utf8(bytes).ok()?.trim_matches(['\0', ' ']);
    if digits.is_empty() { Some(0) } else { u64::from_str_radix(digits, 8).ok() }
}

/// Whether the header's bytes add up to the number at byte 148, which itself counts as spaces.
fn checksum_fits(block: &[u8]) -> bool {
    let bytes = block.iter().enumerate().map(|(i, &byte)| if (148..156).contains(&i) { b' ' } else { byte });
    number(&block[148..156]) == Some(bytes.map(u64::from).sum())
}

#[cfg(test)]
pub mod tests;
