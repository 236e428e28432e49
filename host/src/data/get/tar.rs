//! Unpacking `.tar.gz` (POSIX ustar): headers of 512 bytes, each before a file's content, filled up to 512.

use super::create;
use crate::data::fault;
use crate::error::{Error, Result};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

const BLOCK: usize = 512;
/// The largest file that is unpacked.
pub const MOST_BYTES: u64 = 1 << 30;

/// Puts the plain files of an archive into `folder`, without their folders.
///
/// # Errors
/// `Format` where a header is damaged, promises more than 1 GiB, or the archive is cut off; `Io`.
pub fn unpack(path: &Path, folder: &Path) -> Result<()> {
    let file = File::open(path).map_err(Error::io(path))?;
    let mut reader = MultiGzDecoder::new(BufReader::new(file));
    let mut offset = 0;
    loop {
        ops::interrupt::check()?;
        let mut header = [0; BLOCK];
        reader.read_exact(&mut header).map_err(|error| cut(path, offset, &error))?;
        if header == [0; BLOCK] {
            return Ok(());
        }
        let size =
            size(&header).filter(|&size| size <= MOST_BYTES && checksum_fits(&header)).ok_or_else(|| {
                fault(
                    path,
                    offset,
                    "a damaged header",
                    format!("a tar header of a file of at most {MOST_BYTES} bytes"),
                )
            })?;
        offset += BLOCK as u64;
        let mut content = reader.by_ref().take(size);
        match name(&header) {
            Some(name) => {
                let to = folder.join(name);
                let mut file = create(&to)?;
                io::copy(&mut content, &mut file)
                    .and_then(|_| io::Write::flush(&mut file))
                    .map_err(Error::io(&to))?;
            }
            None => drop(io::copy(&mut content, &mut io::sink()).map_err(|error| cut(path, offset, &error))?),
        }
        if content.limit() > 0 {
            return Err(fault(
                path,
                offset + size - content.limit(),
                "the end of the file",
                format!("{} more bytes", content.limit()),
            ));
        }
        let filled = size.next_multiple_of(BLOCK as u64);
        let rest = io::copy(&mut reader.by_ref().take(filled - size), &mut io::sink());
        rest.map_err(|error| cut(path, offset + size, &error))?;
        offset += filled;
    }
}

fn cut(path: &Path, offset: u64, error: &io::Error) -> Error {
    fault(
        path,
        offset,
        format!("damaged data ({error})"),
        "a whole tar archive in gzip (offsets count unpacked bytes)",
    )
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
