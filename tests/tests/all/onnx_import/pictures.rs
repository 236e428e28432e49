//! Labelled pictures of MNIST and CIFAR-10, as the networks want them.

use std::{fs, io::Read as _, path::PathBuf};

use flate2::read::GzDecoder;
use ops::{Device, Tensor};

/// The folder that an environment variable names.
pub fn folder(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_dir())
}

/// Pictures with their classes.
pub struct Pictures {
    pixels: Vec<u8>,
    shape: [usize; 3],
    pub classes: Vec<u8>,
}

impl Pictures {
    /// `t10k` or `train` of MNIST.
    pub fn mnist(part: &str) -> Option<Self> {
        let read = |kind: &str| {
            let path = folder("HOST_DATA")?.join(format!("mnist/{part}-{kind}-ubyte.gz"));
            let mut bytes = vec![];
            GzDecoder::new(fs::File::open(path).ok()?).read_to_end(&mut bytes).ok()?;
            Some(bytes)
        };
        let (pixels, classes) = (read("images-idx3")?, read("labels-idx1")?);
        Some(Self { pixels: pixels[16..].to_vec(), shape: [1, 28, 28], classes: classes[8..].to_vec() })
    }

    /// The test pictures of CIFAR-10.
    pub fn cifar() -> Option<Self> {
        let bytes = fs::read(folder("HOST_DATA")?.join("cifar-10-batches-bin/test_batch.bin")).ok()?;
        let (mut pixels, mut classes) = (vec![], vec![]);
        for record in bytes.chunks_exact(3073) {
            classes.push(record[0]);
            pixels.extend(&record[1..]);
        }
        Some(Self { pixels, shape: [3, 32, 32], classes })
    }

    /// Pictures `from..to` as `[N, C, H, W]`, each pixel 0 to 255 less a mean over a deviation by channel.
    pub fn batch(&self, from: usize, to: usize, mean: &[f32], deviation: &[f32]) -> Tensor {
        let [c, h, w] = self.shape;
        let pixel = |(i, &x): (usize, &u8)| {
            let channel = i / (h * w) % c;
            (f32::from(x) - mean[channel]) / deviation[channel]
        };
        let part = &self.pixels[from * c * h * w..to * c * h * w];
        let values: Vec<f32> = part.iter().enumerate().map(pixel).collect();
        Tensor::from_data(values, [to - from, c, h, w], Device::Cpu).unwrap()
    }
}
