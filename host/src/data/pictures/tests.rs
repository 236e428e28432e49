use super::*;
use crate::data::zip::tests::archive;
use crate::data::{Fit, load};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use std::fs;
use std::io::Cursor;

/// A picture of one colour.
fn picture(width: u32, height: u32, colour: [u8; 3], format: ImageFormat) -> Vec<u8> {
    let image = DynamicImage::from(RgbImage::from_pixel(width, height, Rgb(colour)));
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn png(colour: [u8; 3]) -> Vec<u8> {
    picture(6, 4, colour, ImageFormat::Png)
}

/// The same files as a folder and as a zip in `place`.
fn both(place: &Path, files: &[(&str, Vec<u8>)]) -> [PathBuf; 2] {
    let folder = place.join("set");
    for (name, bytes) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let zip = place.join("set.zip");
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (*name, &bytes[..])).collect();
    fs::write(&zip, archive(&files, true)).unwrap();
    [folder, zip]
}

fn get(path: &Path, split: Split, options: &Options) -> Result<Images> {
    load(path.to_str().unwrap(), split, options, &[])
}

#[test]
fn folders_are_classes_and_splits() {
    let place = tempfile::tempdir().unwrap();
    let files = [
        ("train/dog/1.png", png([10, 20, 30])),
        ("train/cat/2.png", png([40, 50, 60])),
        ("train/cat/1.png", png([70, 80, 90])),
        ("test/dog/9.png", png([1, 2, 3])),
        ("readme.txt", b"not a picture".to_vec()),
    ];
    for path in both(place.path(), &files) {
        let train = get(&path, Split::Train, &Options::default()).unwrap();
        assert_eq!((train.shape, train.len()), ([3, 4, 6], 3));
        assert_eq!(train.class_names, ["cat", "dog"]);
        assert_eq!(train.labels.as_deref(), Some(&[0, 0, 1][..]));
        let firsts: Vec<u8> = train.pixels.chunks(24).map(|plane| plane[0]).collect();
        assert_eq!(firsts, [70, 80, 90, 40, 50, 60, 10, 20, 30]);
        assert_eq!(get(&path, Split::Test, &Options::default()).unwrap().len(), 1);
    }
}

#[test]
fn pictures_side_by_side_have_an_attribute_or_no_label() {
    let place = tempfile::tempdir().unwrap();
    let files = [
        ("img/1.jpg", picture(8, 8, [200; 3], ImageFormat::Jpeg)),
        ("img/2.png", picture(12, 9, [100; 3], ImageFormat::Png)),
    ];
    fs::write(place.path().join("attributes.txt"), "Male Old\n1.jpg 1 -1\n2.png -1 1\n").unwrap();
    let fit = Fit { size: Some(4), channels: Some(1), crop: None };
    for path in both(place.path(), &files) {
        let plain = get(&path, Split::Train, &Options { fit, ..Options::default() }).unwrap();
        assert_eq!((plain.labels, plain.shape), (None, [1, 4, 4]));
        assert!(plain.pixels[0].abs_diff(200) < 3 && plain.pixels[16] == 100, "{:?}", plain.pixels);
        let of = |labels: &str| {
            get(&path, Split::Test, &Options { fit, labels: Some(labels.into()), ..Options::default() })
        };
        let male = of("Male").unwrap();
        assert_eq!(male.labels.as_deref(), Some(&[1, 0][..]));
        assert_eq!(male.class_names, ["not Male", "Male"]);
        assert!(of("Young").unwrap_err().to_string().contains("no attribute `Young`"));
    }
}

#[test]
fn other_sizes_and_colours_need_options() {
    let place = tempfile::tempdir().unwrap();
    let files = [("1.png", png([1; 3])), ("2.png", picture(6, 5, [1; 3], ImageFormat::Png))];
    for path in both(place.path(), &files) {
        let error = get(&path, Split::Train, &Options::default()).unwrap_err().to_string();
        assert!(error.contains("2.png") && error.contains("6x5, expected 6x4 as the others"), "{error}");
    }
    let mut grey = Cursor::new(Vec::new());
    DynamicImage::new_luma8(6, 4).write_to(&mut grey, ImageFormat::Png).unwrap();
    fs::write(place.path().join("set/2.png"), grey.into_inner()).unwrap();
    let error = get(&place.path().join("set"), Split::Train, &Options::default()).unwrap_err().to_string();
    assert!(error.contains("1 channels, expected 3 as in the others, or the option `channels`"), "{error}");
}

/// Every cut of a PNG and of a JPEG file, by itself and in a zip, is told with the file's name.
#[test]
fn damaged_pictures_are_told() {
    let place = tempfile::tempdir().unwrap();
    for format in [ImageFormat::Png, ImageFormat::Jpeg] {
        let whole = picture(16, 16, [10, 200, 90], format);
        for length in (0..whole.len()).step_by(7) {
            for path in both(place.path(), &[("1.png", whole.clone()), ("2.png", whole[..length].to_vec())]) {
                let error = get(&path, Split::Train, &Options::default()).unwrap_err().to_string();
                assert!(
                    error.contains("2.png") && error.contains("at byte "),
                    "{length} bytes of {format:?}: {error}"
                );
            }
        }
    }
}

/// A PNG header that promises 100,000 x 100,000 pixels.
#[test]
fn absurd_sizes_are_refused_before_anything_is_allocated() {
    let place = tempfile::tempdir().unwrap();
    let mut huge = png([1; 3]);
    huge[16..24].copy_from_slice(&[100_000u32.to_be_bytes(), 100_000u32.to_be_bytes()].concat());
    let mut crc = flate2::Crc::new();
    crc.update(&huge[12..29]);
    huge[29..33].copy_from_slice(&crc.sum().to_be_bytes());
    let [folder, _] = both(place.path(), &[("1.png", huge)]);
    let error = get(&folder, Split::Train, &Options::default()).unwrap_err().to_string();
    assert!(error.contains("a damaged picture") && error.contains("limit"), "{error}");
}

#[test]
fn a_folder_without_pictures_says_what_is_wanted() {
    let place = tempfile::tempdir().unwrap();
    let error = get(place.path(), Split::Test, &Options::default()).unwrap_err().to_string();
    assert!(error.contains("holds no pictures of the test split"), "{error}");
    let [folder, _] = both(place.path(), &[("1.png", png([1; 3]))]);
    let options = Options { labels: Some("Male".into()), ..Options::default() };
    let error = get(&folder, Split::Train, &options).unwrap_err().to_string();
    assert!(error.contains("no file of attributes to take `Male` from"), "{error}");
}
