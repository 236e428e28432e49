//! Imagenette, ten easy classes of ImageNet (Howard, 2019): `imagenette2-160.tgz`, or the folder in it.

use std::path::{Path, PathBuf};

use files::Result;

use super::{Images, ReadOptions, Split, known::KnownSet, pictures};

/// The side of a picture where no other is asked for.
const SIZE: usize = 64;
const HOMES: [&str; 3] = ["imagenette", "imagenette2-160", "."];
const FILES: [&str; 3] = ["imagenette2-160.tgz", "imagenette2-160", "imagenette2"];

/// The words for the classes, in the order of their folders' names (n01440764 to n03888257).
const CLASSES: [&str; 10] = [
    "tench",
    "English springer",
    "cassette player",
    "chain saw",
    "church",
    "French horn",
    "garbage truck",
    "gas pump",
    "golf ball",
    "parachute",
];

/// The set; there is one.
#[derive(Debug)]
pub struct Imagenette;

pub static IMAGENETTE: Imagenette = Imagenette;

impl KnownSet for Imagenette {
    fn name(&self) -> &'static str {
        "imagenette"
    }

    fn about(&self) -> &'static str {
        "photographs of ten classes of ImageNet, 9469 + 3925 colour, cut and resized to 64x64; its makers \
         call the test split val"
    }

    fn wanted(&self, _: Split) -> String {
        format!("{}/{}", HOMES[0], FILES[0])
    }

    fn inside(&self, folder: &Path, _: Split) -> Option<PathBuf> {
        let paths = HOMES.iter().flat_map(|home| FILES.map(|file| folder.join(home).join(file)));
        paths.into_iter().find(|path| path.exists())
    }

    fn read(&self, path: &Path, split: Split, options: &ReadOptions) -> Result<Images> {
        options.require_only(self.name(), &["exif_rotation"])?;
        let split = if split == Split::Test { Split::Validation } else { split };
        let mut images = pictures::read(path, split, &options.with_size(SIZE))?;
        images.name = self.name().to_owned();
        if images.class_names.len() == CLASSES.len() {
            images.class_names = CLASSES.map(str::to_owned).to_vec();
        }
        Ok(images)
    }
}
