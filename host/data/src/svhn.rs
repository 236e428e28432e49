//! SVHN, the cropped house numbers (Netzer, Wang, Coates, Bissacco, Wu, Ng, 2011): `train_32x32.mat` and
//! `test_32x32.mat`.

use std::path::{Path, PathBuf};

use files::Result;

use super::{Images, ItemLabels, ReadOptions, Split, class_numbers, fault, known::KnownSet, matlab};

const SIDE: usize = 32;
const PLANE: usize = SIDE * SIDE;
const HOMES: [&str; 2] = ["svhn", "SVHN"];

/// The set; there is one.
#[derive(Debug)]
pub struct Svhn;

pub static SVHN: Svhn = Svhn;

impl KnownSet for Svhn {
    fn name(&self) -> &'static str {
        "svhn"
    }

    fn about(&self) -> &'static str {
        "digits of house numbers in photographs, 73257 + 26032 colour 32x32"
    }

    fn wanted(&self, split: Split) -> String {
        format!("{}/{split}_32x32.mat", HOMES[0])
    }

    fn inside(&self, folder: &Path, split: Split) -> Option<PathBuf> {
        let paths = HOMES.iter().map(|home| folder.join(home).join(format!("{split}_32x32.mat")));
        paths.into_iter().find(|path| path.is_file())
    }

    fn read(&self, path: &Path, _: Split, options: &ReadOptions) -> Result<Images> {
        options.require_only(self.name(), &[])?;
        let arrays = matlab::arrays(path)?;
        let array = |name: &str| arrays.iter().find(|array| array.name == name);
        let wrong = |found: String| {
            fault(path, 0, found, "pictures X [32, 32, 3, N] and a digit y for each, from 1 to 10 for 0")
        };
        let (Some(x), Some(y)) = (array("X"), array("y")) else {
            let names: Vec<&str> = arrays.iter().map(|array| array.name.as_str()).collect();
            return Err(wrong(format!("the arrays {}", names.join(", "))));
        };
        if x.shape.get(..3) != Some(&[SIDE, SIDE, 3]) || x.bytes.len() != 3 * PLANE * y.bytes.len() {
            return Err(wrong(format!("X {:?} and y {:?}", x.shape, y.shape)));
        }
        if let Some(label) = y.bytes.iter().find(|label| !(1..=10).contains(*label)) {
            return Err(wrong(format!("the digit {label}")));
        }
        // In MATLAB the first index, which is the row, counts fastest.
        let mut pixels = vec![0; x.bytes.len()];
        for (to, from) in pixels.chunks_exact_mut(PLANE).zip(x.bytes.chunks_exact(PLANE)) {
            to.iter_mut().enumerate().for_each(|(i, pixel)| *pixel = from[i % SIDE * SIDE + i / SIDE]);
        }
        let labels: Vec<u32> = y.bytes.iter().map(|&label| u32::from(label % 10)).collect();
        let labels = ItemLabels { labels: Ok(labels), class_names: class_numbers(&[9]) };
        Images::new(self.name(), [3, SIDE, SIDE], pixels, labels).fitted(&options.fit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{load, matlab::tests::file};

    #[test]
    fn pictures_are_upright_and_10_is_0() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("svhn")).unwrap();
        // The second picture is black but for a row, its second one.
        let mut pixels = vec![0; 2 * 3 * PLANE];
        (0..SIDE).for_each(|column| pixels[3 * PLANE + column * SIDE + 1] = 255);
        let write = |y: Vec<u8>| {
            let file = file(&[("X", &[SIDE, SIDE, 3, 2], pixels.clone()), ("y", &[2, 1], y)]);
            std::fs::write(folder.path().join("svhn/test_32x32.mat"), file).unwrap();
            load("svhn", Split::Test, &ReadOptions::default(), &[folder.path().to_path_buf()])
        };
        let set = write(vec![10, 3]).unwrap();
        assert_eq!(set.to_string(), "svhn: 2 items of [3, 32, 32], 10 classes");
        assert_eq!(set.labels().unwrap(), [0, 3]);
        let values = set.slice(1, 1).unwrap().tensor(ops::Device::Cpu).unwrap().to_f32().unwrap();
        let lit: Vec<usize> = (0..values.len()).filter(|&i| values[i] > 0.0).collect();
        assert_eq!(lit, (SIDE..2 * SIDE).collect::<Vec<_>>());
        assert!(write(vec![11, 3]).unwrap_err().to_string().contains("the digit 11"));
        assert!(write(vec![3]).is_err());
    }
}
