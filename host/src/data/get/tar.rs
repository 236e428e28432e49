//! Unpacking `.tar.gz` (POSIX ustar): headers of 512 bytes, each before a file's content, filled up to 512.

use crate::data::fault;
use crate::error::{Error, Result};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};

const BLOCK: usize = 512;
const BUFFER: usize = 64 << 10;
/// The largest file that is unpacked.
pub const MOST_BYTES: u64 = 1 << 30;

/// A file that is written.
struct Target {
    path: PathBuf,
    file: File,
}

impl Target {
    fn create(path: &Path) -> Result<Self> {
        Ok(Self { path: path.to_path_buf(), file: File::create(path).map_err(Error::io(path))? })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(Error::io(&self.path))
    }

    /// Makes it last.
    fn finish(self) -> Result<()> {
        self.file.sync_all().map_err(Error::io(&self.path))
    }
}

/// Puts the plain files of an archive into `folder`, without their folders.
///
/// # Errors
/// `Format` where a header is damaged, promises more than 1 GiB, or the archive is cut off; `Io`.
pub fn unpack(path: &Path, folder: &Path) -> Result<()> {
    let file = File::open(path).map_err(Error::io(path))?;
    let mut archive = Archive { path, reader: MultiGzDecoder::new(BufReader::new(file)), offset: 0 };
    loop {
        ops::interrupt::check()?;
        let mut header = [0; BLOCK];
        archive.read(&mut header)?;
        if header == [0; BLOCK] {
            return Ok(());
        }
        let size = size(&header).filter(|&size| size <= MOST_BYTES && checksum_fits(&header));
        let size = size.ok_or_else(|| {
            let expected = format!("a tar header of a file of at most {MOST_BYTES} bytes");
            fault(path, archive.offset - BLOCK as u64, "a damaged header", expected)
        })?;
        let file = name(&header).map(|name| Target::create(&folder.join(name))).transpose()?;
        archive.content(size, file)?;
    }
}

/// An archive that is read from its beginning to its end.
struct Archive<'a> {
    path: &'a Path,
    reader: MultiGzDecoder<BufReader<File>>,
    /// Unpacked bytes read so far.
    offset: u64,
}

impl Archive<'_> {
    /// Fills `bytes`.
    fn read(&mut self, bytes: &mut [u8]) -> Result<()> {
        self.reader.read_exact(bytes).map_err(|error| {
            let expected = "a whole tar archive in gzip (offsets count unpacked bytes)";
            fault(self.path, self.offset, format!("damaged data ({error})"), expected)
        })?;
        self.offset += bytes.len() as u64;
        Ok(())
    }

    /// Copies a content of `size` bytes to `file`, if it is wanted, and skips what fills it up.
    fn content(&mut self, size: u64, mut file: Option<Target>) -> Result<()> {
        let mut buffer = vec![0; BUFFER];
        let mut left = size.next_multiple_of(BLOCK as u64);
        while left > 0 {
            let count = left.min(BUFFER as u64);
            self.read(&mut buffer[..count as usize])?;
            let filling = size.next_multiple_of(BLOCK as u64) - size;
            // Only the last part has any.
            let wanted = if count == left { count - filling } else { count };
            file.as_mut().map_or(Ok(()), |file| file.write(&buffer[..wanted as usize]))?;
            left -= count;
        }
        file.map_or(Ok(()), Target::finish)
    }
}

/// The last part of the name of a plain file; none for a folder or anything else.
fn name(header: &[u8; BLOCK]) -> Option<String> {
    if !matches!(header[156], 0 | b'0') {
        return None;
    }
    let name = String::from_utf8_lossy(header[..100].split(|&byte| byte == 0).next()?).into_owned();
    let last = name.rsplit(['/', '\\']).next()?.to_owned();
    (!last.is_empty() && !last.starts_with('.')).then_some(last)
}

/// Twelve octal digits at byte 124.
fn size(header: &[u8; BLOCK]) -> Option<u64> {
    octal(&header[124..136])
}

/// Whether the header's bytes add up to the number at byte 148, which itself counts as spaces.
fn checksum_fits(header: &[u8; BLOCK]) -> bool {
    let bytes = header.iter().enumerate().map(|(i, &byte)| if (148..156).contains(&i) { b' ' } else { byte });
    octal(&header[148..156]) == Some(bytes.map(u64::from).sum())
}

fn octal(bytes: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(bytes).ok()?;
    u64::from_str_radix(text.trim_matches(['\0', ' ']), 8).ok()
}
