use std::io::Write;

use flate2::{Compression, write::GzEncoder};

use super::*;

/// A header whose checksum fits.
pub fn header(name: &[u8], size: usize, kind: u8, link: &[u8]) -> Vec<u8> {
    let mut header = vec![0; 512];
    header[..name.len()].copy_from_slice(name);
    header[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
    header[156] = kind;
    header[157..157 + link.len()].copy_from_slice(link);
    header[257..265].copy_from_slice(b"ustar\x0000");
    sealed(header)
}

/// The header with its checksum.
pub fn sealed(mut header: Vec<u8>) -> Vec<u8> {
    header[148..156].fill(b' ');
    let sum: u64 = header.iter().map(|&byte| u64::from(byte)).sum();
    header[148..154].copy_from_slice(format!("{sum:06o}").as_bytes());
    header[154] = 0;
    header
}

fn filled(content: &[u8]) -> Vec<u8> {
    let mut content = content.to_vec();
    content.resize(content.len().next_multiple_of(512), 0);
    content
}

/// An archive of those files, plain or in gzip; names that end with `/` are folders, long ones are given as
/// pax does.
pub fn archive(files: &[(&str, &[u8])], packed: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, content) in files {
        if name.len() > 100 {
            let length = name.len() + " path=\n".len() + 3;
            let record = format!("{length} path={name}\n");
            bytes.extend(header(b"pax", record.len(), b'x', b""));
            bytes.extend(filled(record.as_bytes()));
        }
        let kind = if name.ends_with('/') { b'5' } else { b'0' };
        bytes.extend(header(&name.as_bytes()[..name.len().min(100)], content.len(), kind, b""));
        bytes.extend(filled(content));
    }
    bytes.resize(bytes.len() + 1024, 0);
    if packed { gzip(&bytes) } else { bytes }
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Every entry and its content.
fn all(bytes: &[u8]) -> Result<Vec<(TarEntry, Vec<u8>)>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.tar");
    std::fs::write(&path, bytes).unwrap();
    let (mut tar, mut entries) = (Tar::open(&path)?, Vec::new());
    while let Some(entry) = tar.next_entry()? {
        let content = tar.read(&entry)?;
        if !tar.is_packed() {
            assert_eq!(bytes_at(&path, entry.offset, content.len() as u64).unwrap(), content);
        }
        entries.push((entry, content));
    }
    Ok(entries)
}

#[test]
fn files_are_read_plain_and_packed() {
    let (long, large) = (format!("top/{}/b.png", "x".repeat(150)), vec![7; 100_000]);
    let files: [(&str, &[u8]); 4] = [("top/", b""), ("top/a.txt", b"hello"), (&long, &large), ("empty", b"")];
    for packed in [false, true] {
        let entries = all(&archive(&files, packed)).unwrap();
        let found: Vec<(&str, &[u8])> =
            entries.iter().map(|(entry, content)| (&*entry.name, &content[..])).collect();
        assert_eq!(found, files);
        assert_eq!(entries[0].0.kind, TarKind::Folder);
        assert_eq!(entries[1].0.kind, TarKind::File);
    }
}

#[test]
fn other_ways_of_writing_names_are_read() {
    let mut in_two_parts = header(b"b.png", 2, b'0', b"");
    in_two_parts[345..350].copy_from_slice(b"a/sub");
    let long = "y".repeat(200);
    let archive = [
        sealed(in_two_parts),
        filled(b"hi"),
        header(b"././@LongLink", long.len() + 1, b'L', b""),
        filled(format!("{long}\0").as_bytes()),
        header(b"yyy", 1, b'0', b""),
        filled(b"!"),
        header(b"hard", 2, b'1', b"a/sub/b.png"),
        header(b"soft", 0, b'2', b"/etc/passwd"),
        vec![0; 1024],
    ];
    let entries = all(&archive.concat()).unwrap();
    let names: Vec<&str> = entries.iter().map(|(entry, _)| &*entry.name).collect();
    assert_eq!(names, ["a/sub/b.png", &long, "hard", "soft"]);
    assert_eq!(entries[2].0.kind, TarKind::HardLink("a/sub/b.png".into()));
    assert_eq!(entries[3].0.kind, TarKind::Other);
}

#[test]
fn every_cut_is_refused() {
    let whole = archive(&[("a", b"hello"), ("b", &[1; 600])], false);
    // The second of the two empty blocks at the end is not asked for.
    for length in (0..whole.len() - 1024).step_by(97) {
        assert!(all(&whole[..length]).is_err(), "{length}");
    }
    let error = all(&whole[..700]).unwrap_err().to_string();
    assert!(error.contains("a.tar: at byte ") && error.contains("found damaged data"), "{error}");
    let mut damaged = whole.clone();
    damaged[3] = b'x';
    assert!(all(&damaged).unwrap_err().to_string().contains("at byte 0: found a damaged header"));
    assert!(all(b"BZh91AY").unwrap_err().to_string().contains("found data packed by bzip2"));
}

#[test]
fn sizes_that_cannot_be_are_refused() {
    let huge = |size: &[u8]| {
        let mut header = header(b"a", 0, b'0', b"");
        header[124..124 + size.len()].copy_from_slice(size);
        all(&[sealed(header), vec![0; 1024]].concat()).unwrap_err().to_string()
    };
    for size in [&b"77777777777"[..], b"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", b"\xff"] {
        let error = huge(size);
        assert!(error.contains("a.tar: at byte "), "{error}");
    }
}
