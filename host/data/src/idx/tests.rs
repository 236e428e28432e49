use std::{io::Write, path::PathBuf};

use flate2::{Compression, write::GzEncoder};
use tempfile::TempDir;

use super::*;

fn idx(sizes: &[u32], content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, sizes.len() as u8];
    sizes.iter().for_each(|size| bytes.extend(size.to_be_bytes()));
    bytes.extend(content);
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn file(bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("some-idx");
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

/// Reads `bytes` as pictures and gives the fault's offset and its words.
fn fault(bytes: &[u8]) -> (u64, String) {
    let (_folder, path) = file(bytes);
    match read::<3>(&path) {
        Err(Error::Format { path: at, offset, found, expected }) => {
            assert_eq!(at, path);
            (offset, format!("{found} / {expected}"))
        }
        other => panic!("a fault of the format, not {other:?}"),
    }
}

#[test]
fn plain_and_packed_files_read_the_same() {
    let content: Vec<u8> = (0..24).collect();
    let bytes = idx(&[2, 3, 4], &content);
    for bytes in [gzip(&bytes), bytes] {
        let (_folder, path) = file(&bytes);
        assert_eq!(read::<3>(&path).unwrap(), ([2, 3, 4], content.clone()));
    }
}

#[test]
fn gzip_members_after_one_another_are_one_file() {
    let bytes = idx(&[2, 1, 2], &[1, 2, 3, 4]);
    let packed = [gzip(&bytes[..10]), gzip(&bytes[10..])].concat();
    let (_folder, path) = file(&packed);
    assert_eq!(read::<3>(&path).unwrap().1, [1, 2, 3, 4]);
}

#[test]
fn wrong_magic_names_both() {
    let (offset, words) = fault(&idx(&[4], &[1, 2, 3, 4]));
    assert_eq!(offset, 0);
    assert_eq!(words, "magic number [00, 00, 08, 01] / [00, 00, 08, 03] (unsigned bytes, 3 sizes)");
}

#[test]
fn a_header_cut_short_says_where() {
    assert_eq!(fault(&[]).0, 0);
    let (offset, words) = fault(&idx(&[2, 1, 2], &[])[..10]);
    assert_eq!(offset, 8);
    assert_eq!(words, "the end of the file after 2 bytes / 4 bytes with a size");
}

#[test]
fn content_too_short_or_too_long_says_where() {
    for pack in [|bytes: &[u8]| bytes.to_vec(), gzip] {
        let (offset, words) = fault(&pack(&idx(&[2, 1, 2], &[1, 2, 3])));
        assert_eq!(offset, 19);
        assert_eq!(
            words,
            "the end of the file after 3 bytes of content / 4 bytes of content, as the header says"
        );
        let (offset, words) = fault(&pack(&idx(&[2, 1, 2], &[1, 2, 3, 4, 5])));
        assert_eq!(offset, 20);
        assert!(words.starts_with("more bytes after the content"), "{words}");
    }
}

#[test]
fn absurd_sizes_are_refused_before_anything_is_allocated() {
    for sizes in [[u32::MAX; 3], [1 << 20, 1 << 10, 1 << 10], [1 << 30, 1, 1], [0, 28, 28]] {
        for bytes in [gzip(&idx(&sizes, &[0; 100])), idx(&sizes, &[])] {
            let (offset, words) = fault(&bytes);
            let reported_at_the_end = offset == 16 && words.starts_with("the end of the file");
            assert!(offset == 4 || reported_at_the_end, "{sizes:?} at {offset}: {words}");
        }
    }
}

#[test]
fn damaged_gzip_is_distinguished_from_other_faults() {
    let whole = gzip(&idx(&[40, 5, 5], &(0..1000).map(|i| (i * i % 251) as u8).collect::<Vec<_>>()));
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 0x55;
    let mut checksum = whole.clone();
    checksum[whole.len() - 6] ^= 1;
    let cut = whole[..whole.len() / 2].to_vec();
    let garbage = [&whole[..], b"garbage"].concat();
    for (bytes, what) in [(flipped, "flipped"), (checksum, "checksum"), (cut, "cut"), (garbage, "garbage")] {
        let words = fault(&bytes).1;
        assert!(words.starts_with("a damaged gzip stream"), "{what}: {words}");
    }
}

/// 64 MiB of zeros in 64 KiB, behind a header that promises 4 bytes.
#[test]
fn a_gzip_bomb_unpacks_no_further_than_its_header_promises() {
    let (_folder, path) = file(&gzip(&idx(&[2, 1, 2], &vec![0; 64 << 20])));
    let mut source = IdxReader::open(&path).unwrap();
    source.header::<3>().unwrap();
    source.content(4).unwrap_err();
    assert_eq!(source.offset, 16 + 4 + 1);
}

#[test]
fn a_missing_file_is_an_io_error_with_its_path() {
    let error = read::<3>(Path::new("no/such/file")).unwrap_err();
    assert!(matches!(&error, Error::Io { .. }), "{error:?}");
    assert!(error.to_string().contains("no/such/file"));
}
