//! CelebA, aligned (Liu, Luo, Wang, Tang, 2015): `img_align_celeba.zip` or its folder, and
//! `list_attr_celeba.txt` beside it.

use std::path::{Path, PathBuf};

use files::{Error, Result};

use super::{
    Images, ItemLabels, ReadOptions, Split,
    known::KnownSet,
    pictures,
    store::{Member, Store},
};

/// Pictures are numbered from 1; the makers' splits end with these numbers.
const LAST_TRAIN: u32 = 162_770;
const LAST_VALIDATION: u32 = 182_637;
/// The side of a picture where no other is asked for.
const SIZE: usize = 64;
const HOMES: [&str; 3] = ["celeba", "CelebA", "CelebA/Img"];
const FILES: [&str; 2] = ["img_align_celeba.zip", "img_align_celeba"];

/// The set; there is one.
#[derive(Debug)]
pub struct CelebA;

pub static CELEBA: CelebA = CelebA;

impl KnownSet for CelebA {
    fn name(&self) -> &'static str {
        "celeba"
    }

    fn about(&self) -> &'static str {
        "faces of known people with 40 attributes, 162770 + 19962 colour, cut and resized to 64x64"
    }

    fn splits(&self) -> &'static [Split] {
        &[Split::Train, Split::Test, Split::Validation]
    }

    fn wanted(&self, _: Split) -> String {
        format!("{}/{}", HOMES[0], FILES[0])
    }

    fn inside(&self, folder: &Path, _: Split) -> Option<PathBuf> {
        let paths = HOMES.iter().flat_map(|home| FILES.map(|file| folder.join(home).join(file)));
        paths.into_iter().find(|path| path.exists())
    }

    /// Reads the pictures of a split; the option `labels` is an attribute such as `Male`.
    fn read(&self, path: &Path, split: Split, options: &ReadOptions) -> Result<Images> {
        options.require_only(self.name(), &["labels", "attributes", "exif_rotation"])?;
        let store = Store::open(path, options)?;
        let mut chosen = Vec::new();
        for file in store.files() {
            let name = file.name.rsplit('/').next().unwrap_or_default();
            if split_of(&store, file, name)? == split {
                chosen.push(file);
            }
        }
        if chosen.is_empty() {
            return Err(Error::usage(
                format!("{} holds no pictures of the {split} split of `celeba`", path.display()),
                format!(
                    "pictures up to {LAST_TRAIN:06}.jpg are for training, those up to \
                     {LAST_VALIDATION:06}.jpg for \
                     validation, and the others for tests"
                ),
            ));
        }
        let options = options.with_size(SIZE);
        let labels = match &options.labels {
            Some(attribute) => pictures::by_attribute(&store, &chosen, attribute, &options)?,
            None => {
                let why = "an attribute has to be named, such as `labels: \"Male\"`".to_owned();
                ItemLabels { labels: Err(why), class_names: Vec::new() }
            }
        };
        pictures::read_chosen(&store, &chosen, labels, self.name().to_owned(), &options)
    }
}

/// The split that a picture belongs to.
fn split_of(store: &Store, file: &Member, name: &str) -> Result<Split> {
    match name.strip_suffix(".jpg").or_else(|| name.strip_suffix(".png")).map(str::parse::<u32>) {
        Some(Ok(number)) if number <= LAST_TRAIN => Ok(Split::Train),
        Some(Ok(number)) if number > LAST_VALIDATION => Ok(Split::Test),
        Some(Ok(_)) => Ok(Split::Validation),
        _ => {
            Err(store.fault(file, 0, "another name", "a number and .jpg or .png, as CelebA's pictures have"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zip::tests::archive;
    use crate::{Fit, images as load};
    use image::{DynamicImage, ImageFormat};
    use std::io::Cursor;

    /// A data folder with pictures of those names, 6x8, and their sexes.
    fn folder(names: &[&str]) -> tempfile::TempDir {
        let mut jpeg = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(6, 8).write_to(&mut jpeg, ImageFormat::Jpeg).unwrap();
        let jpeg = jpeg.into_inner();
        let names: Vec<String> = names.iter().map(|name| format!("img_align_celeba/{name}")).collect();
        let files: Vec<(&str, &[u8])> = names.iter().map(|name| (&**name, &jpeg[..])).collect();
        let data = tempfile::tempdir().unwrap();
        let home = data.path().join("celeba");
        std::fs::create_dir(&home).unwrap();
        std::fs::write(home.join(FILES[0]), archive(&files, false)).unwrap();
        let table = "2\nBald Male\n000001.jpg -1  1\n182638.jpg -1 -1\n";
        std::fs::write(home.join("list_attr_celeba.txt"), table).unwrap();
        data
    }

    fn read(data: &Path, split: Split, options: &ReadOptions) -> Result<Images> {
        load("celeba", split, options, &[data.to_path_buf()])
    }

    #[test]
    fn splits_are_the_makers_and_sexes_an_attribute() {
        let data = folder(&["000001.jpg", "162771.jpg", "182638.jpg"]);
        let male = ReadOptions { labels: Some("Male".into()), ..ReadOptions::default() };
        let train = read(data.path(), Split::Train, &male).unwrap();
        assert_eq!((train.shape, train.labels.as_deref()), ([3, 64, 64], Some(&[1][..])));
        let test = read(data.path(), Split::Test, &male).unwrap();
        assert_eq!((test.len(), test.labels.as_deref()), (1, Some(&[0][..])));
        let fit = Fit { crop: Some(4), size: Some(2), channels: Some(1) };
        let small = read(data.path(), Split::Test, &ReadOptions { fit, ..ReadOptions::default() }).unwrap();
        assert_eq!((small.shape, small.labels), ([1, 2, 2], None));
    }

    #[test]
    fn a_part_without_a_split_and_another_name_are_reported() {
        let data = folder(&["000001.jpg"]);
        let error = read(data.path(), Split::Test, &ReadOptions::default()).unwrap_err().to_string();
        assert!(error.contains("no pictures of the test split of `celeba`"), "{error}");
        let data = folder(&["000001.jpg", "face.jpg"]);
        let error = read(data.path(), Split::Train, &ReadOptions::default()).unwrap_err().to_string();
        assert!(error.contains("`img_align_celeba/face.jpg`: another name, expected a number"), "{error}");
    }

    #[test]
    fn a_picture_without_attributes_is_reported() {
        let data = folder(&["000001.jpg", "000002.jpg"]);
        let male = ReadOptions { labels: Some("Male".into()), ..ReadOptions::default() };
        let error = read(data.path(), Split::Train, &male).unwrap_err().to_string();
        assert!(
            error.contains("list_attr_celeba.txt: at byte 46")
                && error.contains("a line for `img_align_celeba/000002.jpg`"),
            "{error}"
        );
    }
}
