use std::io::Write;

use flate2::{Compression, write::DeflateEncoder};

use super::*;

/// A zip file of those files, stored or deflated; names that end with `/` are folders.
pub fn archive(files: &[(&str, &[u8])], deflated: bool) -> Vec<u8> {
    let (mut body, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let (method, packed) = if deflated { (8u16, deflate(content)) } else { (0, content.to_vec()) };
        let mut crc = Crc::new();
        crc.update(content);
        let mut common = Vec::new();
        common.extend([20, 0, 0, 0]);
        common.extend(method.to_le_bytes());
        common.extend([0; 4]);
        for number in [crc.sum(), packed.len() as u32, content.len() as u32] {
            common.extend(number.to_le_bytes());
        }
        common.extend((name.len() as u16).to_le_bytes());
        common.extend([0; 2]);
        let offset = body.len() as u32;
        body.extend([&LOCAL[..], &common, name.as_bytes(), &packed].concat());
        let rest = [&[0; 10][..], &offset.to_le_bytes()].concat();
        directory.extend([&ENTRY[..], &[20, 0], &common, &rest, name.as_bytes()].concat());
    }
    let mut end = [&END[..], &[0; 4]].concat();
    end.extend((files.len() as u16).to_le_bytes().repeat(2));
    end.extend((directory.len() as u32).to_le_bytes());
    end.extend((body.len() as u32).to_le_bytes());
    end.extend([0; 2]);
    [body, directory, end].concat()
}

fn deflate(content: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn opened(bytes: &[u8]) -> Result<Zip> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zip");
    std::fs::write(&path, bytes).unwrap();
    // The open file outlives its name.
    Zip::open(&path)
}

/// The fault of opening the file and reading everything in it.
fn fault_of(bytes: &[u8]) -> (u64, String) {
    let outcome = opened(bytes)
        .and_then(|zip| zip.entries().iter().try_for_each(|entry| zip.read(entry, 1 << 20).map(drop)));
    match outcome {
        Err(Error::Format { path, offset, found, expected }) => {
            assert!(path.ends_with("a.zip"));
            (offset, format!("{found} / {expected}"))
        }
        other => panic!("a fault of the format, not {other:?}"),
    }
}

#[test]
fn stored_and_deflated_files_are_read() {
    let long: Vec<u8> = (0..5000u32).map(|i| (i / 7) as u8).collect();
    for deflated in [false, true] {
        let zip = opened(&archive(&[("a/", b""), ("a/b.txt", b"hello"), ("c", &long)], deflated)).unwrap();
        let names: Vec<&str> = zip.entries().iter().map(|entry| &*entry.name).collect();
        assert_eq!(names, ["a/b.txt", "c"]);
        assert_eq!(zip.read(&zip.entries()[0], 100).unwrap(), b"hello");
        assert_eq!(zip.read(&zip.entries()[1], 5000).unwrap(), long);
    }
}

#[test]
fn a_comment_may_stand_last() {
    let mut bytes = archive(&[("a", b"hello")], false);
    let at = bytes.len() - 2;
    bytes[at..].copy_from_slice(&7u16.to_le_bytes());
    bytes.extend(b"comment");
    assert_eq!(opened(&bytes).unwrap().entries().len(), 1);
}

/// The record of 64-bit sizes, as archives with more than 65,535 files have it.
#[test]
fn sizes_of_64_bits_are_read() {
    let bytes = archive(&[("a", b"hello"), ("b", b"world")], false);
    let end = bytes.len() - END_SIZE;
    let (size, offset) = (word(&bytes, end + 12), word(&bytes, end + 16));
    let mut long_end = [&END_64[..], &[0; 28]].concat();
    for number in [2, size, offset] {
        long_end.extend(number.to_le_bytes());
    }
    let locator = [&LOCATOR_64[..], &[0; 4], &(end as u64).to_le_bytes(), &[0; 4]].concat();
    let short_end = [&END[..], &[0; 4], &[0xff; 12], &[0; 2]].concat();
    let bytes = [&bytes[..end], &long_end, &locator, &short_end].concat();
    let zip = opened(&bytes).unwrap();
    assert_eq!(zip.read(&zip.entries()[1], 100).unwrap(), b"world");
    let entry = [&[0u8; 20][..], &[0xff; 8], &[0; 14], &[0xff; 4]].concat();
    let extra = [&[1, 0, 24, 0][..], &[9u64, 8, 7].map(u64::to_le_bytes).concat()].concat();
    assert_eq!(sizes(&[&entry[..20], &[0xff; 8], &entry[28..]].concat(), &extra), [9, 8, 7]);
}

#[test]
fn every_cut_is_reported() {
    let bytes = archive(&[("a", b"hello"), ("b", b"world")], true);
    for length in 0..bytes.len() {
        let (offset, words) = fault_of(&bytes[..length]);
        assert_eq!(offset, length as u64);
        assert!(words.starts_with("the end of the file / a zip file's end record"), "{words}");
    }
}

/// Whatever byte is changed: an error or the same content, never a panic.
#[test]
fn no_changed_byte_gives_other_content() {
    let files: [(&str, &[u8]); 2] = [("a", b"hello hello hello"), ("b", b"world")];
    for deflated in [false, true] {
        let bytes = archive(&files, deflated);
        for at in 0..bytes.len() {
            for change in [1, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[at] ^= change;
                let Ok(zip) = opened(&changed) else { continue };
                for entry in zip.entries() {
                    if let Ok(content) = zip.read(entry, 1 << 20) {
                        assert!(files.iter().any(|(_, whole)| *whole == content), "byte {at} of {bytes:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn damage_inside_is_reported_with_the_name() {
    let mut bytes = archive(&[("a", b"hello"), ("b.png", b"world")], false);
    let at = bytes.windows(5).position(|five| five == b"world").unwrap();
    bytes[at] = b'W';
    let (offset, words) = fault_of(&bytes);
    assert_eq!(offset, (LOCAL_SIZE + 1 + 5) as u64);
    assert!(words.starts_with("`b.png` of the CRC-32 "), "{words}");
}

/// 1 MiB of zeros in 1 KiB whose directory says 1 byte, and one that says 4 GB.
#[test]
fn a_bomb_unpacks_no_further_than_its_directory_promises() {
    let bytes = archive(&[("a", &vec![0; 1 << 20])], true);
    let entry = bytes.windows(4).position(|four| four == ENTRY).unwrap();
    let mut small = bytes.clone();
    small[entry + 24..entry + 28].copy_from_slice(&1u32.to_le_bytes());
    assert!(fault_of(&small).1.starts_with("`a` of 2 bytes or more / 1, as the directory"));
    let mut large = bytes.clone();
    large[entry + 24..entry + 28].copy_from_slice(&(u32::MAX - 1).to_le_bytes());
    assert!(fault_of(&large).1.contains("sizes that fit each other"));
    let zip = opened(&bytes).unwrap();
    let error = zip.read(&zip.entries()[0], 1000).unwrap_err().to_string();
    assert!(error.contains("`a` of 1048576 bytes, expected at most 1000"), "{error}");
}

#[test]
fn what_cannot_be_unpacked_is_reported() {
    let mut bytes = archive(&[("a", b"hello")], false);
    let entry = bytes.windows(4).position(|four| four == ENTRY).unwrap();
    bytes[entry + 10] = 12;
    assert!(fault_of(&bytes).1.contains("method 12"));
    bytes[entry + 8] = 1;
    assert!(fault_of(&bytes).1.contains("encrypted"));
}
