//! Zip files (PKWARE's APPNOTE 6.3), as far as data sets need them: stored and deflated entries, with the
//! 64-bit sizes of large archives.
//!
//! Everything that a file says of itself is checked before anything is allocated for it. That is why this is
//! not the crate `zip`: its errors do not name the byte at which a file is damaged, and it believes the sizes
//! of a directory until the data is unpacked.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use files::{Error, Result};
use flate2::{Crc, read::DeflateDecoder};

use super::file::{self, fault};

const END: [u8; 4] = *b"PK\x05\x06";
const END_64: [u8; 4] = *b"PK\x06\x06";
const LOCATOR_64: [u8; 4] = *b"PK\x06\x07";
const ENTRY: [u8; 4] = *b"PK\x01\x02";
const LOCAL: [u8; 4] = *b"PK\x03\x04";
const END_SIZE: usize = 22;
const LOCATOR_SIZE: usize = 20;
const ENTRY_SIZE: usize = 46;
const LOCAL_SIZE: usize = 30;
/// The longest comment after the end record.
const COMMENT: usize = 65_535;
/// The largest directory that is read: ten million entries.
const MAX_DIRECTORY: u64 = 1 << 30;
/// Deflate packs at most 1032 bytes into one.
const MAX_PACKED: u64 = 1032;

/// An open zip file.
#[derive(Debug)]
pub struct Zip {
    path: PathBuf,
    file: File,
    entries: Vec<ZipEntry>,
}

/// A file inside.
#[derive(Debug, Clone)]
pub struct ZipEntry {
    pub name: String,
    /// Bytes when unpacked.
    pub size: u64,
    /// Where its local header begins.
    pub offset: u64,
    packed: u64,
    crc: u32,
    deflated: bool,
    /// Its content is the name of another file.
    pub is_link: bool,
}

/// Where the directory lies, and how many entries it lists.
struct Directory {
    count: u64,
    size: u64,
    offset: u64,
}

impl Zip {
    /// Opens a file and reads its directory; folders in it are left out.
    ///
    /// # Errors
    /// `Format` where the directory is missing, cut off or contradicts itself or the file; `Io`.
    pub fn open(path: &Path) -> Result<Self> {
        let (file, length) = file::open(path)?;
        let mut zip = Self { path: path.to_path_buf(), file, entries: Vec::new() };
        let directory = zip.directory(length)?;
        let bytes = zip.bytes(directory.offset, directory.size as usize)?;
        let mut at = 0;
        for _ in 0..directory.count {
            let (entry, size) = zip.entry(&bytes[at..], directory.offset + at as u64)?;
            if !entry.name.ends_with('/') {
                zip.entries.push(entry);
            }
            at += size;
        }
        Ok(zip)
    }

    /// The files inside, in the order of the directory.
    pub fn entries(&self) -> &[ZipEntry] {
        &self.entries
    }

    /// Unpacks a file of at most `maximum` bytes.
    ///
    /// # Errors
    /// `Format` for a larger one, one that does not unpack to the size and checksum that the directory says,
    /// or a damaged local header; `Io`.
    pub fn read(&self, entry: &ZipEntry, maximum: u64) -> Result<Vec<u8>> {
        let fault = |found: String, expected: String| {
            fault(&self.path, entry.offset, format!("`{}` of {found}", entry.name), expected)
        };
        if entry.size > maximum || entry.packed > maximum {
            return Err(fault(
                format!("{} bytes", entry.size.max(entry.packed)),
                format!("at most {maximum}"),
            ));
        }
        let header = self.bytes(entry.offset, LOCAL_SIZE)?;
        if header[..4] != LOCAL {
            let found = format!("the signature {:02x?}", &header[..4]);
            return Err(fault(found, format!("{LOCAL:02x?}, a local header")));
        }
        let data = entry.offset + (LOCAL_SIZE + half(&header, 26) + half(&header, 28)) as u64;
        let packed = self.bytes(data, entry.packed as usize)?;
        let content = match entry.deflated {
            true => inflate(&packed, entry.size)
                .map_err(|e| fault(format!("damaged data ({e})"), "deflate".into()))?,
            false => packed,
        };
        if content.len() as u64 != entry.size {
            let size = content.len();
            return Err(fault(
                format!("{size} bytes or more"),
                format!("{}, as the directory says", entry.size),
            ));
        }
        let mut crc = Crc::new();
        crc.update(&content);
        if crc.sum() != entry.crc {
            let expected = format!("{:08x}, as the directory says", entry.crc);
            return Err(fault(format!("the CRC-32 {:08x}", crc.sum()), expected));
        }
        Ok(content)
    }

    /// Finds the directory by the end record, which stands last.
    fn directory(&self, length: u64) -> Result<Directory> {
        let tail_size = length.min((END_SIZE + COMMENT + LOCATOR_SIZE) as u64) as usize;
        let start = length - tail_size as u64;
        let tail = self.bytes(start, tail_size)?;
        let is_end =
            |&at: &usize| tail[at..].starts_with(&END) && at + END_SIZE + half(&tail, at + 20) == tail_size;
        let last = tail_size.checked_sub(END_SIZE);
        let Some(at) = last.and_then(|last| (0..=last).rev().find(is_end)) else {
            let expected = "a zip file's end record before it; the file may be cut off";
            return Err(fault(&self.path, length, "the end of the file", expected));
        };
        let end = start + at as u64;
        let mut directory = Directory {
            count: half(&tail, at + 10) as u64,
            size: word(&tail, at + 12),
            offset: word(&tail, at + 16),
        };
        if let Some(at) = at.checked_sub(LOCATOR_SIZE).filter(|&at| tail[at..].starts_with(&LOCATOR_64)) {
            directory = self.directory_64(long(&tail, at + 8), end)?;
        }
        self.check_directory(directory, end)
    }

    /// The directory as the 64-bit end record at `offset` says, which stands before byte `end`.
    fn directory_64(&self, offset: u64, end: u64) -> Result<Directory> {
        let record = match offset.checked_add(56).is_some_and(|last| last <= end) {
            true => self.bytes(offset, 56)?,
            false => Vec::new(),
        };
        if !record.starts_with(&END_64) {
            return Err(fault(
                &self.path,
                end,
                format!("a 64-bit end record at byte {offset}"),
                "one before this",
            ));
        }
        Ok(Directory { count: long(&record, 32), size: long(&record, 40), offset: long(&record, 48) })
    }

    fn check_directory(&self, directory: Directory, end: u64) -> Result<Directory> {
        let Directory { count, size, offset } = directory;
        let inside = offset.checked_add(size).is_some_and(|last| last <= end);
        let fits = count.checked_mul(ENTRY_SIZE as u64).is_some_and(|minimum| minimum <= size);
        if inside && fits && size <= MAX_DIRECTORY {
            return Ok(directory);
        }
        let found = format!("a directory of {count} entries in {size} bytes from byte {offset} on");
        let expected = format!("one that lies before this and has {ENTRY_SIZE} bytes or more for an entry");
        Err(fault(&self.path, end, found, expected))
    }

    /// The first entry of a directory's rest, which stands at `offset`, and its length.
    fn entry(&self, rest: &[u8], offset: u64) -> Result<(ZipEntry, usize)> {
        let fault = |found: String, expected: &str| fault(&self.path, offset, found, expected);
        if rest.len() < ENTRY_SIZE || rest[..4] != ENTRY {
            let found = format!("{:02x?}", &rest[..rest.len().min(4)]);
            return Err(fault(found, "an entry of the directory, 50 4b 01 02"));
        }
        let (name, extra, comment) = (half(rest, 28), half(rest, 30), half(rest, 32));
        let length = ENTRY_SIZE + name + extra + comment;
        if rest.len() < length {
            return Err(fault(format!("an entry of {length} bytes"), "one that ends with the directory"));
        }
        let name_bytes = &rest[ENTRY_SIZE..ENTRY_SIZE + name];
        let [size, packed, local] = sizes(rest, &rest[ENTRY_SIZE + name..ENTRY_SIZE + name + extra]);
        let name = String::from_utf8_lossy(name_bytes).replace('\\', "/");
        let (flags, method) = (half(rest, 8), half(rest, 10));
        if flags & 1 == 1 {
            return Err(fault(format!("`{name}`, which is encrypted"), "files without a password"));
        }
        let possible = match method {
            0 => size == packed,
            8 => size <= packed.saturating_mul(MAX_PACKED),
            _ => {
                return Err(fault(
                    format!("`{name}` packed by method {method}"),
                    "0 (stored) or 8 (deflate)",
                ));
            }
        };
        let before = local.checked_add(packed).is_some_and(|last| last <= offset);
        if !possible || !before {
            let found = format!("`{name}` of {size} bytes, {packed} packed, from byte {local} on");
            return Err(fault(found, "sizes that fit each other and lie before the directory"));
        }
        let crc = word(rest, 16) as u32;
        // Unix systems (3) note the kind of a file in the high half of its attributes.
        let is_link = rest[5] == 3 && half(rest, 40) & 0o170_000 == 0o120_000;
        Ok((ZipEntry { name, size, offset: local, packed, crc, deflated: method == 8, is_link }, length))
    }

    /// `count` bytes from `offset` on.
    fn bytes(&self, offset: u64, count: usize) -> Result<Vec<u8>> {
        let mut bytes = vec![0; count];
        let mut file = &self.file;
        let outcome = file.seek(SeekFrom::Start(offset)).and_then(|_| file.read_exact(&mut bytes));
        match outcome {
            Ok(()) => Ok(bytes),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                Err(fault(&self.path, offset, "the end of the file", format!("{count} more bytes")))
            }
            Err(error) => Err(Error::io(&self.path)(error)),
        }
    }
}

/// Size, packed size and offset of an entry; those that do not fit 32 bits stand in the extra field 1.
fn sizes(entry: &[u8], mut extra: &[u8]) -> [u64; 3] {
    let mut sizes = [word(entry, 24), word(entry, 20), word(entry, 42)];
    while extra.len() >= 4 {
        let (id, length) = (half(extra, 0), half(extra, 2));
        let Some(field) = extra.get(4..4 + length) else { break };
        if id == 1 {
            let mut longs = field.chunks_exact(8).map(|bytes| long(bytes, 0));
            for size in sizes.iter_mut().filter(|size| **size == u64::from(u32::MAX)) {
                *size = longs.next().unwrap_or(*size);
            }
        }
        extra = &extra[4 + length..];
    }
    sizes
}

/// Unpacks to at most one byte more than `size`.
fn inflate(packed: &[u8], size: u64) -> std::io::Result<Vec<u8>> {
    let mut content = Vec::with_capacity(size as usize);
    DeflateDecoder::new(packed).take(size + 1).read_to_end(&mut content)?;
    Ok(content)
}

/// 16 bits, the lowest byte first.
fn half(bytes: &[u8], at: usize) -> usize {
    usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]))
}

/// 32 bits, the lowest byte first.
fn word(bytes: &[u8], at: usize) -> u64 {
    (half(bytes, at) | half(bytes, at + 2) << 16) as u64
}

/// 64 bits, the lowest byte first.
fn long(bytes: &[u8], at: usize) -> u64 {
    word(bytes, at) | word(bytes, at + 4) << 32
}

#[cfg(test)]
pub mod tests;
