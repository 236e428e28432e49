//! Damaged files of every kind: a reader answers each with an error or with what is in it, and neither panics
//! nor takes much more memory or time than the file is worth.
//!
//! `HOST_DAMAGED_INPUTS` says how many there are of each kind; without it a few hundred.

use std::{
    io::Cursor,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use ops::random::{Draw, Key};

use super::{
    ReadOptions, Split,
    attributes::Attribute,
    file::FileOrigin,
    load, numpy,
    pickle::{Pickle, tests as pickles},
    tar::tests as tars,
    zip::tests as zips,
};

/// Numbers that sizes and offsets break on.
const ODD: [u64; 8] = [0, 1, 0x7f, 0xff, 0xffff, 0x7fff_ffff, 0xffff_ffff, u64::MAX];

/// Random choices, one after the other.
struct Dice {
    draw: Draw,
    thrown: u64,
}

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.thrown += 1;
        self.draw.below(self.thrown, n.max(1) as u64) as usize
    }
}

/// One to four changes of `bytes`: a bit, a byte, an odd number in one of its sizes, a part left out, put
/// twice, put elsewhere, an end cut off.
fn damaged(bytes: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len());
        let length = 1 + dice.below(bytes.len().saturating_sub(at).min(64));
        let end = (at + length).min(bytes.len());
        match dice.below(7) {
            _ if bytes.is_empty() => return bytes,
            0 => bytes[at] ^= 1 << dice.below(8),
            1 => bytes[at] = dice.below(256) as u8,
            2 => {
                let (number, width) = (ODD[dice.below(ODD.len())], 1 << dice.below(4));
                let mut word = number.to_le_bytes()[..width].to_vec();
                if dice.below(2) == 1 {
                    word.reverse();
                }
                let end = (at + width).min(bytes.len());
                bytes[at..end].copy_from_slice(&word[..end - at]);
            }
            3 => drop(bytes.drain(at..end)),
            4 => drop(bytes.splice(at..at, bytes[at..end].to_vec())),
            5 => {
                let (part, to) = (bytes[at..end].to_vec(), dice.below(bytes.len()));
                bytes.splice(to..to, part);
            }
            _ => bytes.truncate(at),
        }
    }
    bytes
}

/// Damages each of `seeds` in turn and reads it; gives how many were read all the same.
fn survive(kind: &str, seeds: &[Vec<u8>], read: impl Fn(&[u8]) -> bool) -> usize {
    let count = std::env::var("HOST_DAMAGED_INPUTS").ok().and_then(|count| count.parse().ok()).unwrap_or(400);
    let key = Key::new(0).derive(kind);
    let mut whole = 0;
    for i in 0..count {
        let mut dice = Dice { draw: key.draw(i), thrown: 0 };
        let input = damaged(&seeds[i as usize % seeds.len()], &mut dice);
        match catch_unwind(AssertUnwindSafe(|| read(&input))) {
            Ok(is_whole) => whole += usize::from(is_whole),
            Err(_) => {
                let path = std::env::temp_dir().join(format!("damaged-{kind}-{i}"));
                std::fs::write(&path, &input).unwrap();
                panic!("a panic over damaged {kind} {i}, which is kept as {}", path.display());
            }
        }
    }
    whole
}

/// A folder with a file that is written again and again.
struct ScratchFile {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl ScratchFile {
    fn new(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        Self { _folder: folder, path }
    }

    /// Whether a data set is read from those bytes.
    fn loads(&self, bytes: &[u8], options: &ReadOptions) -> bool {
        std::fs::write(&self.path, bytes).unwrap();
        load(self.path.to_str().unwrap(), Split::Train, options, &[]).is_ok()
    }
}

fn picture(format: ImageFormat) -> Vec<u8> {
    let image = RgbImage::from_fn(17, 11, |x, y| Rgb([(x * 13) as u8, (y * 20) as u8, (x * y) as u8]));
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(image).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn npy(kind: &str, shape: &str, order: &str, length: usize) -> Vec<u8> {
    let text = format!("{{'descr': '{kind}', 'fortran_order': {order}, 'shape': {shape}, }}");
    let text = format!("{text:<117}\n");
    let elements: Vec<u8> = (0..length).map(|i| (i % 3) as u8).collect();
    [&b"\x93NUMPY\x01\x00"[..], &(text.len() as u16).to_le_bytes(), text.as_bytes(), &elements].concat()
}

#[test]
fn pickles() {
    let mut seeds: Vec<Vec<u8>> = pickles::PROTOCOLS.iter().map(|bytes| bytes.to_vec()).collect();
    seeds.push(pickles::python_2(6, &[7; 12], &[0, 1]));
    let read = |bytes: &[u8]| {
        let Ok(pickle) = Pickle::parse(bytes.to_vec(), FileOrigin::file(Path::new("a"))) else {
            return false;
        };
        let of = |key: &str| pickle.get(key);
        of("data").is_ok_and(|data| pickle.byte_array(data).is_ok())
            && ["labels", "wide"]
                .iter()
                .any(|key| of(key).is_ok_and(|id| pickle.whole_numbers(id, 2).is_ok()))
    };
    assert!(seeds.iter().all(|seed| read(seed)));
    assert!(survive("pickles", &seeds, read) > 0);
}

#[test]
fn tables() {
    let seeds = [
        &b"file,colour,size\n\"0.png\",\"dark \"\"red\"\"\",1\n1.png,,0\n\"2.png\",\"a\nb\",1\n"[..],
        b"\xef\xbb\xbfcolour;size\r\n0.png;red;1\r\n1.png;blue;0\r\n2.png;;1\r\n",
        b"3\ncolour size\n0.png  red 1\n1.png blue -1\n2.png red 1\n",
    ]
    .map(<[u8]>::to_vec);
    let read = |bytes: &[u8]| {
        let attribute = Attribute::parse(bytes, FileOrigin::file(Path::new("a")), "colour");
        attribute.is_ok_and(|attribute| attribute.of(Path::new("img"), &["0.png", "1.png", "2.png"]).is_ok())
    };
    assert!(seeds.iter().all(|seed| read(seed)));
    assert!(survive("tables", &seeds, read) > 0);
}

#[test]
fn arrays() {
    let scratch = ScratchFile::new("a.npy");
    let seeds = [
        npy("|u1", "(2, 4, 5, 3)", "False", 120),
        npy("<f4", "(2, 3, 4)", "True", 96),
        npy(">f2", "(6,)", "False", 12),
        npy(">i8", "(3, 1)", "True", 24),
        npy("|b1", "()", "False", 1),
    ];
    let read = |bytes: &[u8]| {
        let loads = scratch.loads(bytes, &ReadOptions::default());
        numpy::tensor(&scratch.path, None).is_ok() || loads
    };
    assert!(seeds.iter().all(|seed| read(seed)));
    assert!(survive("arrays", &seeds, read) > 0);
}

#[test]
fn archives_of_arrays() {
    let scratch = ScratchFile::new("a.npz");
    let (x, y) = (npy("|u1", "(3, 4, 5)", "False", 60), npy("<i8", "(3,)", "False", 24));
    let files: [(&str, &[u8]); 2] = [("x.npy", &x), ("y.npy", &y)];
    let seeds = [true, false].map(|deflated| zips::archive(&files, deflated));
    let read = |bytes: &[u8]| {
        let loads = scratch.loads(bytes, &ReadOptions::default());
        numpy::tensor(&scratch.path, Some("y")).is_ok() || loads
    };
    assert!(seeds.iter().all(|seed| read(seed)));
    survive("archives-of-arrays", &seeds, read);
    // The arrays inside, with checksums that fit.
    let inside = |bytes: &[u8]| read(&zips::archive(&[("x.npy", &x), ("y.npy", bytes)], false));
    assert!(survive("arrays-in-archives", std::slice::from_ref(&y), inside) > 0);
}

#[test]
fn pictures() {
    let formats = [
        ("a.png", ImageFormat::Png),
        ("a.jpg", ImageFormat::Jpeg),
        ("a.bmp", ImageFormat::Bmp),
        ("a.gif", ImageFormat::Gif),
        ("a.tiff", ImageFormat::Tiff),
        ("a.webp", ImageFormat::WebP),
    ];
    for (name, format) in formats {
        let scratch = ScratchFile::new(name);
        let folder = scratch.path.parent().unwrap().to_str().unwrap();
        let read = |bytes: &[u8]| {
            std::fs::write(&scratch.path, bytes).unwrap();
            load(folder, Split::Train, &ReadOptions { exif_rotation: true, ..ReadOptions::default() }, &[])
                .is_ok()
        };
        let seed = picture(format);
        assert!(read(&seed), "{name}");
        survive(name, &[seed], read);
        if format == ImageFormat::Png {
            survive("repaired-png", &[picture(format)], |bytes| read(&with_checksums(bytes)));
        }
    }
}

/// A PNG file whose chunks have checksums that fit, as far as it has chunks.
fn with_checksums(bytes: &[u8]) -> Vec<u8> {
    let (mut bytes, mut at) = (bytes.to_vec(), 8);
    while let Some(length) = bytes.get(at..at + 4) {
        let length = u32::from_be_bytes(length.try_into().unwrap()) as usize;
        let Some(end) = at.checked_add(8 + length).filter(|end| end + 4 <= bytes.len()) else { break };
        let mut crc = flate2::Crc::new();
        crc.update(&bytes[at + 4..end]);
        bytes[end..end + 4].copy_from_slice(&crc.sum().to_be_bytes());
        at = end + 4;
    }
    bytes
}

#[test]
fn archives_of_pictures() {
    let (png, gif) = (picture(ImageFormat::Png), picture(ImageFormat::Gif));
    let long = format!("train/{}/1.gif", "b".repeat(120));
    let files: [(&str, &[u8]); 4] =
        [("train/a/1.png", &png), (&long, &gif), ("test/a/1.png", &png), ("notes.txt", b"hello")];
    let options = ReadOptions { exif_rotation: true, ..ReadOptions::default() };
    for (name, seed) in [
        ("a.zip", zips::archive(&files, true)),
        ("a.tar", tars::archive(&files, false)),
        ("a.tar.gz", tars::archive(&files, true)),
    ] {
        let scratch = ScratchFile::new(name);
        assert!(scratch.loads(&seed, &options), "{name}");
        survive(name, &[seed], |bytes| scratch.loads(bytes, &options));
    }
    let (scratch, seed) = (ScratchFile::new("b.tar"), tars::archive(&files, false));
    survive("repaired-tar", &[seed], |bytes| scratch.loads(&with_sums(bytes), &options));
}

/// A tar file whose blocks that look like headers have sums that fit.
fn with_sums(bytes: &[u8]) -> Vec<u8> {
    let sealed = |block: &[u8]| match block.get(257..262) {
        Some(b"ustar") if block.len() == 512 => tars::sealed(block.to_vec()),
        _ => block.to_vec(),
    };
    bytes.chunks(512).flat_map(sealed).collect()
}
