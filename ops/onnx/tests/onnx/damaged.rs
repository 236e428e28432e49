//! Files that are damaged: cut off, and changed at random.

use std::{fs, path::Path};

use onnx_net::{OnnxFile, check, module};
use ops::random::Key;

use crate::{
    build::*,
    reading::{Folder, elsewhere, large, linear, opened},
};

#[test]
fn a_file_that_is_cut_off_is_refused() {
    let bytes = linear().bytes();
    for n in 0..bytes.len() {
        // Every prefix is an error, or a smaller model whose report can be made.
        if let Ok(model) = OnnxFile::from_bytes(&bytes[..n]) {
            let _ = check(&model);
        }
    }
    assert!(OnnxFile::from_bytes(b"no model at all").is_err());
    assert!(OnnxFile::from_bytes(&[]).is_err());
}

#[test]
fn messages_inside_each_other_without_end_are_refused() {
    // A graph in an attribute of a node of a graph, a thousand times.
    let mut inner: Vec<u8> = vec![];
    for _ in 0..1000 {
        for field in [6u8, 5, 1] {
            let mut outer = vec![field << 3 | 2];
            let mut n = inner.len();
            while n >= 0x80 {
                outer.push(n as u8 | 0x80);
                n >>= 7;
            }
            outer.push(n as u8);
            outer.append(&mut inner);
            inner = outer;
        }
    }
    let mut n = inner.len();
    let mut bytes = vec![8, 8, 7 << 3 | 2];
    while n >= 0x80 {
        bytes.push(n as u8 | 0x80);
        n >>= 7;
    }
    bytes.push(n as u8);
    bytes.extend(inner);
    let error = OnnxFile::from_bytes(&bytes).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("deep"), "{error}");
}

/// Files of several operators with bytes changed, dropped, doubled and joined at random: an error or a
/// report, never a panic. ONNX_READER_ROUNDS asks for more of them.
#[test]
fn damaged_files_give_errors() {
    let rounds = std::env::var("ONNX_READER_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(3000);
    let elsewhere = elsewhere(&[("location", "../w")]);
    let seeds = [linear(), conv(), elsewhere, large(16)].map(|net| net.bytes());
    let folder = Folder::new("damaged");
    let path = folder.0.join("model/net.onnx");
    let (mut read, mut ran) = (0, 0);
    for round in 0..rounds {
        let draw = Key::new(7).draw(round);
        let words = |i: u64| draw.words(i).map(|w| w as usize);
        let [which, changes, ..] = words(0);
        let mut bytes = seeds[which % seeds.len()].clone();
        for change in 0..1 + changes % 6 {
            let [kind, place, value, length] = words(1 + change as u64);
            let at = place % bytes.len().max(1);
            let end = (at + 1 + length % 8).min(bytes.len());
            match kind % 5 {
                0 if !bytes.is_empty() => bytes[at] = value as u8,
                1 if !bytes.is_empty() => bytes[at] ^= 1 << (value % 8),
                2 => drop(bytes.drain(at..end)),
                3 => {
                    let part = bytes[at..end].to_vec();
                    bytes.splice(at..at, part);
                }
                _ => {
                    let other = &seeds[value % seeds.len()];
                    let from = length % other.len();
                    bytes.truncate(at);
                    bytes.extend(&other[from..]);
                }
            }
        }
        if let Ok(model) = OnnxFile::from_bytes(&bytes) {
            read += 1;
            ran += usize::from(check(&model).runs);
        }
        fs::write(&path, &bytes).unwrap();
        // With elements left in the file or without, it is the same network.
        let whole = OnnxFile::read(&path).and_then(|file| module(&file));
        let values = |module: &ops::nn::Module| -> Vec<(String, Vec<f64>)> {
            let parameters = module.own_parameters().iter();
            parameters.map(|(name, p)| (name.clone(), p.get().to_f64().unwrap())).collect()
        };
        match (whole, opened(&path)) {
            (Ok(whole), Ok(opened)) => assert_eq!(values(&whole), values(&opened)),
            (whole, opened) => assert_eq!(whole.map(drop).map_err(|e| e.to_string()), opened.map(drop)),
        }
    }
    println!("{rounds} damaged files: {read} could be read, {ran} of them still made a network");
}

/// `tests/fuzz` starts from them.
#[test]
fn the_seeds_of_the_fuzzer_are_networks() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/corpus");
    let seeds = |target: &str| {
        let entries: Vec<_> = fs::read_dir(corpus.join(target)).unwrap().map(|e| e.unwrap().path()).collect();
        // What a run of the fuzzer adds is named by its hash.
        let own = entries.into_iter().filter(|path| path.file_name().unwrap().len() < 40);
        own.collect::<Vec<_>>()
    };
    for path in seeds("read") {
        let read = OnnxFile::from_bytes(&fs::read(&path).unwrap()).and_then(|model| module(&model));
        read.unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    }
    for path in seeds("external") {
        OnnxFile::from_bytes(&fs::read(&path).unwrap()).unwrap();
    }
}

fn conv() -> Net {
    Net::new()
        .input("x", F32, &[1, 1, 4, 4])
        .floats("w", &[2, 1, 3, 3], &[0.5; 18])
        .ints("shape", &[1, -1])
        .op("Conv", "x w -> a", vec![list("pads", &[1, 1, 1, 1])])
        .op("Relu", "a -> b", vec![])
        .op("MaxPool", "b -> c", vec![list("kernel_shape", &[2, 2]), list("strides", &[2, 2])])
        .op("Reshape", "c shape -> d", vec![])
        .op("Softmax", "d -> y", vec![int("axis", 1)])
        .output("y")
}
