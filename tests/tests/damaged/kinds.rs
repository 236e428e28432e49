//! The kinds of files, and what is done with them.

use std::{fs, path::Path};

use host::onnx;
use onnx_net::{Graph, GraphMode, GraphValue, OnnxFile, Port};
use ops::{
    DType, Device, Spec, Tensor,
    nn::{BatchNormOptions, Module, Weights as Named, batch_norm, linear, sequential},
    tensor::set_budget,
};
use tempfile::TempDir;
use tests::{onnxruntime, repository};

use crate::{bytes, graphs, random::Random};

pub trait Kind {
    fn name(&self) -> &'static str;
    /// A damaged file.
    fn damaged(&self, random: &mut Random) -> Vec<u8>;
    /// Does with a file what a user does.
    fn tries(&self, bytes: &[u8]);
}

/// What tensors may take.
const BUDGET: usize = 16 << 20;

/// The most elements of an input that a network is run on.
const MOST: usize = 1 << 12;

/// The files that the fuzzer starts from.
fn seeds(folder: &str) -> Vec<Vec<u8>> {
    let folder = repository().join("tests/fuzz/corpus").join(folder);
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// A network, its messages damaged or its bytes.
fn network(random: &mut Random, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = random.choose(seeds).cloned().unwrap_or_default();
    if !random.once_in(3) {
        bytes = graphs::damage(random, &bytes, seeds);
    }
    if random.once_in(2) {
        bytes::damage(random, &mut bytes, seeds);
    }
    bytes
}

/// Networks that are read, checked, and, where they can be, run and differentiated.
pub struct Networks(Vec<Vec<u8>>);

impl Networks {
    pub fn new() -> Self {
        set_budget(BUDGET);
        Self(seeds("read"))
    }
}

impl Kind for Networks {
    fn name(&self) -> &'static str {
        "network"
    }

    fn damaged(&self, random: &mut Random) -> Vec<u8> {
        network(random, &self.0)
    }

    fn tries(&self, bytes: &[u8]) {
        let Ok(model) = OnnxFile::from_bytes(bytes) else { return };
        let Ok(module) = onnx_net::module(&model) else { return };
        let Some(network) = Graph::of(&module) else { return };
        let Some(inputs) = network.inputs.iter().map(input).collect::<Option<Vec<_>>>() else { return };
        for mode in [GraphMode::Evaluation, GraphMode::Training] {
            let Ok(outputs) = network.compute(&module, &inputs, mode) else { continue };
            for (_, output) in outputs {
                if let GraphValue::Tensor(y) = output {
                    let _ = y.sum().and_then(|sum| sum.backward());
                }
            }
        }
    }
}

/// An input of the declared type and shape, of free sizes 2; none where it would be large.
fn input(port: &Port) -> Option<GraphValue> {
    let shape: Vec<_> = port.shape.iter().flatten().map(|size| size.unwrap_or(2)).collect();
    let n = shape.iter().try_fold(1usize, |n, &size| n.checked_mul(size)).filter(|&n| n <= MOST)?;
    let dtype = port.dtype.unwrap_or(DType::F32);
    if n == 0 {
        return Some(GraphValue::Empty(Spec::new(shape, dtype)));
    }
    let numbers: Vec<f32> = (0..n).map(|i| (i % 5) as f32 - 1.0).collect();
    Tensor::from_data(numbers, shape, Device::Cpu).ok()?.cast(dtype).ok().map(GraphValue::from)
}

/// Networks with elements in another file beside them.
pub struct Elsewhere {
    seeds: Vec<Vec<u8>>,
    folder: TempDir,
}

impl Elsewhere {
    pub fn new() -> Self {
        set_budget(BUDGET);
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("w.bin"), [1; 64]).unwrap();
        Self { seeds: [seeds("external"), seeds("read")].concat(), folder }
    }
}

impl Kind for Elsewhere {
    fn name(&self) -> &'static str {
        "elsewhere"
    }

    fn damaged(&self, random: &mut Random) -> Vec<u8> {
        let start = random.choose(&self.seeds).cloned().unwrap_or_default();
        let mut bytes = graphs::elsewhere(random, &start);
        if random.once_in(2) {
            bytes::damage(random, &mut bytes, &self.seeds);
        }
        bytes
    }

    fn tries(&self, bytes: &[u8]) {
        let path = self.folder.path().join("net.onnx");
        fs::write(&path, bytes).unwrap();
        let _ = OnnxFile::confined(&path);
        if let Ok(model) = OnnxFile::read(&path) {
            let _ = onnx_net::check(&model);
        }
    }
}

/// Files of weights.
pub struct Weights {
    seeds: Vec<Vec<u8>>,
    module: Module,
}

impl Weights {
    pub fn new() -> Self {
        set_budget(BUDGET);
        let layers =
            || vec![linear(3, 2, true).unwrap(), batch_norm(2, BatchNormOptions::default()).unwrap()];
        let module = sequential(layers());
        let other = sequential(vec![sequential(layers()), linear(2, 2, true).unwrap()]);
        other.cast(DType::F64).unwrap();
        let short = br#"{"0.bias":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]},
            "1.num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[4,12]}}"#;
        let short = [&(short.len() as u64).to_le_bytes()[..], short, &[0x80; 12]].concat();
        Self { seeds: vec![module.save().unwrap(), other.save().unwrap(), short], module }
    }
}

impl Kind for Weights {
    fn name(&self) -> &'static str {
        "weights"
    }

    fn damaged(&self, random: &mut Random) -> Vec<u8> {
        let mut bytes = random.choose(&self.seeds).cloned().unwrap_or_default();
        let start = bytes.len();
        bytes::damage(random, &mut bytes, &self.seeds);
        // The length of the header as it is now, so that the damage inside is seen.
        if random.once_in(2) && bytes.len() >= 8 {
            let old = bytes.first_chunk().map_or(0, |first| u64::from_le_bytes(*first));
            let new = old.wrapping_add(bytes.len() as u64).wrapping_sub(start as u64);
            bytes[..8].copy_from_slice(&new.to_le_bytes());
        }
        bytes
    }

    fn tries(&self, bytes: &[u8]) {
        let Ok(mut weights) = Named::read(bytes) else { return };
        let _ = weights.suggested(&self.module);
        let _ = weights.load_into(&self.module);
        let _ = weights.rename(&[("0".into(), String::new()), (String::new(), "0".into())]);
        let _ = weights.load_into(&self.module);
    }
}

/// Networks for ONNX Runtime.
pub struct Frozen {
    seeds: Vec<Vec<u8>>,
    folder: TempDir,
    library: std::path::PathBuf,
}

impl Frozen {
    pub fn new() -> Option<Self> {
        set_budget(BUDGET);
        Some(Self { seeds: seeds("read"), folder: TempDir::new().unwrap(), library: onnxruntime()? })
    }

    fn open(&self, path: &Path) -> Option<onnx::Model> {
        onnx::Model::open(path, Device::Cpu, Some(&self.library)).ok()
    }
}

impl Kind for Frozen {
    fn name(&self) -> &'static str {
        "frozen"
    }

    fn damaged(&self, random: &mut Random) -> Vec<u8> {
        network(random, &self.seeds)
    }

    fn tries(&self, bytes: &[u8]) {
        let path = self.folder.path().join("net.onnx");
        fs::write(&path, bytes).unwrap();
        if let Some(model) = self.open(&path) {
            let _ = model.to_string();
        }
    }
}
