//! Omniglot (Lake, Salakhutdinov, Tenenbaum, 2015): zip files, or folders unpacked from them, of 105x105
//! pictures `TOP/Alphabet/characterNN/IIII_DD.png`, black ink on white.
//!
//! Pictures are inverted (white ink on black, as MNIST's) and resized to 28x28.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use files::Result;

use super::{
    Images, ItemLabels, ReadOptions, Split,
    file::fault,
    known::KnownSet,
    pictures::decode_all,
    store::{Member, Store},
};

const SIDE: usize = 105;
/// The side of a picture where no other is asked for.
const SIZE: usize = 28;
const HOMES: [&str; 2] = ["omniglot", "omniglot-py"];

/// A background (train), and the evaluation (test).
#[derive(Debug)]
pub struct Omniglot {
    name: &'static str,
    about: &'static str,
    /// The file of the train and the test split, without `.zip`.
    files: [&'static str; 2],
}

pub static OMNIGLOT: Omniglot = Omniglot {
    name: "omniglot",
    about: "handwritten characters of 30 + 20 alphabets, 19280 + 13180 grey, inverted and resized to 28x28",
    files: ["images_background", "images_evaluation"],
};

/// The two smaller backgrounds, of five alphabets each, that the makers gave for comparison with people.
pub static SMALL_1: Omniglot = Omniglot {
    name: "omniglot-small1",
    about: "omniglot with 2720 pictures of 5 alphabets to learn from",
    files: ["images_background_small1", "images_evaluation"],
};
pub static SMALL_2: Omniglot = Omniglot {
    name: "omniglot-small2",
    about: "omniglot with 3120 pictures of 5 other alphabets to learn from",
    files: ["images_background_small2", "images_evaluation"],
};

impl KnownSet for Omniglot {
    fn name(&self) -> &'static str {
        self.name
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn wanted(&self, split: Split) -> String {
        format!("{}/{}.zip", HOMES[0], self.files[split as usize])
    }

    fn inside(&self, folder: &Path, split: Split) -> Option<PathBuf> {
        let file = self.files[split as usize];
        let paths = HOMES.iter().map(|home| folder.join(home).join(file));
        paths.flat_map(|path| [path.with_extension("zip"), path]).find(|path| path.exists())
    }

    /// Reads a split; the option `labels` is `characters` or `alphabets`.
    fn read(&self, path: &Path, _: Split, options: &ReadOptions) -> Result<Images> {
        options.require_only(self.name, &["labels"])?;
        let kind = options.kind_of_labels(self.name, &["characters", "alphabets"])?;
        let mut store = Store::open(path, options)?;
        let left_out = store.take_left_out();
        if !left_out.is_empty() {
            options.warn(&format!("{}: left out: {left_out}", path.display()));
        }
        let (mut files, mut classes) = (Vec::new(), Vec::new());
        for file in store.files() {
            let (alphabet, character) = alphabet_and_character(&store, file)?;
            files.push(file);
            classes.push(if kind == 0 { format!("{alphabet}/{character}") } else { alphabet.to_owned() });
        }
        if files.is_empty() {
            return Err(fault(path, 0, "no files", "pictures, as Alphabet/characterNN/IIII_DD.png"));
        }
        let options = options.with_size(SIZE);
        let (shape, mut pixels) = decode_all(&store, &files, &options, Some([SIDE; 2]))?;
        pixels.iter_mut().for_each(|pixel| *pixel = u8::MAX - *pixel);
        let class_names: Vec<String> = classes.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect();
        let label = |class: &String| class_names.partition_point(|name| name < class) as u32;
        let labels = Ok(classes.iter().map(label).collect());
        Ok(Images::new(self.name, shape, pixels, ItemLabels { labels, class_names }))
    }
}

/// The alphabet and the character of a picture, which are parts of its name.
fn alphabet_and_character<'a>(store: &Store, file: &'a Member) -> Result<(&'a str, &'a str)> {
    let mut parts = file.name.rsplit('/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(picture), Some(character), Some(alphabet))
            if picture.ends_with(".png") && character.starts_with("character") =>
        {
            Ok((alphabet, character))
        }
        _ => Err(store.fault(file, 0, "another name", "Alphabet/characterNN/IIII_DD.png")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::images as load;
    use crate::zip::tests::archive;
    use image::{DynamicImage, GrayImage, ImageFormat, Luma};
    use std::io::Cursor;

    fn picture(side: u32, grey: u8) -> Vec<u8> {
        let image = DynamicImage::from(GrayImage::from_pixel(side, side, Luma([grey])));
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    /// A data folder whose background has those files.
    fn folder(files: &[(&str, Vec<u8>)]) -> tempfile::TempDir {
        let data = tempfile::tempdir().unwrap();
        std::fs::create_dir(data.path().join("omniglot")).unwrap();
        let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (*name, &bytes[..])).collect();
        std::fs::write(data.path().join("omniglot/images_background.zip"), archive(&files, true)).unwrap();
        data
    }

    fn read(data: &Path, labels: Option<&str>) -> Result<Images> {
        let options = ReadOptions { labels: labels.map(str::to_owned), ..ReadOptions::default() };
        load("omniglot", Split::Train, &options, &[data.to_path_buf()])
    }

    #[test]
    fn pictures_are_inverted_and_labelled_by_character_or_alphabet() {
        let data = folder(&[
            ("images_background/Greek/character01/0002_01.png", picture(105, 255)),
            ("images_background/Greek/character02/0003_01.png", picture(105, 155)),
            ("images_background/Futurama/character01/0001_01.png", picture(105, 0)),
        ]);
        let images = read(data.path(), None).unwrap();
        assert_eq!(images.to_string(), "omniglot: 3 pictures [1, 28, 28], 3 classes");
        assert_eq!(images.class_names, ["Futurama/character01", "Greek/character01", "Greek/character02"]);
        assert_eq!(images.labels.as_deref(), Some(&[0, 1, 2][..]));
        assert_eq!([0, 784, 1568].map(|at| images.pixels[at]), [255, 0, 100]);
        let alphabets = read(data.path(), Some("alphabets")).unwrap();
        assert_eq!(alphabets.class_names, ["Futurama", "Greek"]);
        assert_eq!(alphabets.labels.as_deref(), Some(&[0, 1, 1][..]));
        assert!(
            read(data.path(), Some("letters")).unwrap_err().to_string().contains("characters and alphabets")
        );
    }

    #[test]
    fn what_is_not_omniglot_is_refused() {
        let fails = |files: &[(&str, Vec<u8>)], expected: &str| {
            let error = read(folder(files).path(), None).unwrap_err().to_string();
            assert!(error.contains("images_background.zip: at byte ") && error.contains(expected), "{error}");
        };
        let good = || ("Greek/character01/0001_01.png", picture(105, 255));
        fails(&[], "found no files");
        fails(
            &[good(), ("Greek/0001_02.png", picture(105, 0))],
            "`Greek/0001_02.png`: another name, expected Alphabet/",
        );
        fails(&[good(), ("Greek/character01/0001_02.png", picture(28, 0))], "28x28, expected 105x105");
    }
}
