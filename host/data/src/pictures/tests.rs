use std::{fs, io::Cursor};

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

use super::*;
use crate::{Fit, images as load, options::tests::Heard, tar::tests as tars, zip::tests::archive};

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

/// The same files as a folder, as a zip and as a tar, plain and packed, in `temporary`.
fn all(temporary: &Path, files: &[(&str, Vec<u8>)]) -> [PathBuf; 4] {
    let folder = temporary.join("set");
    for (name, bytes) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (*name, &bytes[..])).collect();
    let archives = [
        ("set.zip", archive(&files, true)),
        ("set.tar", tars::archive(&files, false)),
        ("set.tgz", tars::archive(&files, true)),
    ];
    let [zip, tar, packed] = archives.map(|(name, bytes)| {
        fs::write(temporary.join(name), bytes).unwrap();
        temporary.join(name)
    });
    [folder, zip, tar, packed]
}

/// A split, and what is said of it.
fn heard(path: &Path, split: Split, options: &ReadOptions) -> (Result<Images>, String) {
    let heard = Heard::default();
    let images = get(path, split, &ReadOptions { caller: Some(&heard), ..options.clone() });
    (images, heard.all())
}

/// The labels and the names of the classes.
fn classes(images: &Images) -> (Option<&[u32]>, Vec<&str>) {
    (images.labels.as_deref(), images.class_names.iter().map(String::as_str).collect())
}

fn get(path: &Path, split: Split, options: &ReadOptions) -> Result<Images> {
    load(path.to_str().unwrap(), split, options, &[])
}

#[test]
fn folders_are_classes_and_splits() {
    let temporary = tempfile::tempdir().unwrap();
    let files = [
        ("train/dog/1.png", png([10, 20, 30])),
        ("train/cat/2.png", png([40, 50, 60])),
        ("train/cat/1.png", png([70, 80, 90])),
        ("test/dog/9.png", png([1, 2, 3])),
        ("readme.txt", b"not a picture".to_vec()),
    ];
    for path in all(temporary.path(), &files) {
        let train = get(&path, Split::Train, &ReadOptions::default()).unwrap();
        assert_eq!((train.shape, train.len()), ([3, 4, 6], 3));
        assert_eq!(train.class_names, ["cat", "dog"]);
        assert_eq!(train.labels.as_deref(), Some(&[0, 0, 1][..]));
        let firsts: Vec<u8> = train.pixels.chunks(24).map(|plane| plane[0]).collect();
        assert_eq!(firsts, [70, 80, 90, 40, 50, 60, 10, 20, 30]);
        assert_eq!(get(&path, Split::Test, &ReadOptions::default()).unwrap().len(), 1);
    }
}

#[test]
fn pictures_side_by_side_have_an_attribute_or_no_label() {
    let temporary = tempfile::tempdir().unwrap();
    let files = [
        ("img/1.jpg", picture(8, 8, [200; 3], ImageFormat::Jpeg)),
        ("img/2.png", picture(12, 9, [100; 3], ImageFormat::Png)),
    ];
    fs::write(temporary.path().join("attributes.txt"), "Male Old\n1.jpg 1 -1\n2.png -1 1\n").unwrap();
    let fit = Fit { size: Some(4), channels: Some(1), crop: None };
    for path in all(temporary.path(), &files) {
        let plain = get(&path, Split::Train, &ReadOptions { fit, ..ReadOptions::default() }).unwrap();
        assert_eq!((plain.labels, plain.shape), (None, [1, 4, 4]));
        assert!(plain.pixels[0].abs_diff(200) < 3 && plain.pixels[16] == 100, "{:?}", plain.pixels);
        let of = |labels: &str| {
            get(
                &path,
                Split::Train,
                &ReadOptions { fit, labels: Some(labels.into()), ..ReadOptions::default() },
            )
        };
        let male = of("Male").unwrap();
        assert_eq!(male.labels.as_deref(), Some(&[1, 0][..]));
        assert_eq!(male.class_names, ["not Male", "Male"]);
        assert!(of("Young").unwrap_err().to_string().contains("no attribute `Young`"));
    }
}

#[test]
fn other_sizes_and_colours_need_options() {
    let temporary = tempfile::tempdir().unwrap();
    let files = [("1.png", png([1; 3])), ("2.png", picture(6, 5, [1; 3], ImageFormat::Png))];
    for path in all(temporary.path(), &files) {
        let error = get(&path, Split::Train, &ReadOptions::default()).unwrap_err().to_string();
        assert!(error.contains("2.png") && error.contains("6x5, expected 6x4 as the others"), "{error}");
    }
}

/// The set is grey if all pictures are, whatever comes first.
#[test]
fn grey_among_colour_becomes_colour() {
    let mut grey = Cursor::new(Vec::new());
    DynamicImage::from(image::GrayImage::from_pixel(6, 4, image::Luma([9])))
        .write_to(&mut grey, ImageFormat::Png)
        .unwrap();
    let (grey, colour) = (grey.into_inner(), png([1, 2, 3]));
    let firsts = |files: &[(&str, Vec<u8>)]| {
        let temporary = tempfile::tempdir().unwrap();
        let images = get(&all(temporary.path(), files)[0], Split::Train, &ReadOptions::default()).unwrap();
        (images.shape[0], images.pixels.chunks(24).map(|plane| plane[0]).collect::<Vec<u8>>())
    };
    assert_eq!(firsts(&[("1.png", grey.clone()), ("2.png", colour.clone())]), (3, vec![9, 9, 9, 1, 2, 3]));
    assert_eq!(firsts(&[("1.png", colour), ("2.png", grey.clone())]), (3, vec![1, 2, 3, 9, 9, 9]));
    assert_eq!(firsts(&[("1.png", grey.clone()), ("2.png", grey)]), (1, vec![9, 9]));
}
/// Every cut of a file, by itself and in an archive, is reported with the file's name.
#[test]
fn damaged_pictures_are_reported() {
    let temporary = tempfile::tempdir().unwrap();
    for format in FORMATS {
        let whole = picture(16, 16, [10, 200, 90], format);
        for length in (0..whole.len()).step_by(whole.len() / 10 + 1) {
            for path in
                all(temporary.path(), &[("1.png", whole.clone()), ("2.png", whole[..length].to_vec())])
            {
                let error = get(&path, Split::Train, &ReadOptions::default()).unwrap_err().to_string();
                assert!(
                    error.contains("2.png") && error.contains("at byte "),
                    "{length} bytes of {format:?}: {error}"
                );
            }
        }
    }
}

const FORMATS: [ImageFormat; 6] = [
    ImageFormat::Png,
    ImageFormat::Jpeg,
    ImageFormat::Bmp,
    ImageFormat::Gif,
    ImageFormat::Tiff,
    ImageFormat::WebP,
];

#[test]
fn pictures_of_all_formats_are_read() {
    let temporary = tempfile::tempdir().unwrap();
    let names = ["a.png", "b.jpg", "c.bmp", "d.gif", "e.TIF", "f.webp"];
    let files: Vec<_> =
        names.into_iter().zip(FORMATS.map(|format| picture(8, 8, [200, 100, 50], format))).collect();
    for path in all(temporary.path(), &files) {
        let (images, said) = heard(&path, Split::Train, &ReadOptions::default());
        let images = images.unwrap();
        assert_eq!((images.len(), images.shape, &*said), (6, [3, 8, 8], ""));
        for (colour, plane) in [200u8, 100, 50].iter().cycle().zip(images.pixels.chunks(64)) {
            assert!(plane.iter().all(|pixel| pixel.abs_diff(*colour) < 4), "{plane:?}");
        }
    }
}

#[test]
fn the_usual_names_of_splits_are_splits() {
    let temporary = tempfile::tempdir().unwrap();
    let files = [
        ("Training/0/1.png", png([1; 3])),
        ("Training/2/1.png", png([2; 3])),
        ("testing/1/1.png", png([3; 3])),
        ("testing/2/1.png", png([4; 3])),
        ("val/0/1.png", png([5; 3])),
    ];
    for path in all(temporary.path(), &files) {
        let labels = |split: Split| {
            let images = get(&path, split, &ReadOptions::default()).unwrap();
            // The classes are those of all splits.
            assert_eq!(images.class_names, ["0", "1", "2"]);
            (images.labels.unwrap().to_vec(), images.pixels.iter().step_by(72).copied().collect::<Vec<u8>>())
        };
        assert_eq!(labels(Split::Train), (vec![0, 2], vec![1, 2]));
        assert_eq!(labels(Split::Test), (vec![1, 2], vec![3, 4]));
        assert_eq!(labels(Split::Validation), (vec![0], vec![5]));
    }
}

#[test]
fn a_set_without_a_test_split_never_gives_its_training_items() {
    let temporary = tempfile::tempdir().unwrap();
    for path in all(temporary.path(), &[("a/1.png", png([1; 3])), ("b/1.png", png([2; 3]))]) {
        assert_eq!(get(&path, Split::Train, &ReadOptions::default()).unwrap().len(), 2);
        let error = get(&path, Split::Test, &ReadOptions::default()).unwrap_err().to_string();
        assert!(error.contains("has no test split") && error.contains("random_split([0.9, 0.1])"), "{error}");
    }
    // One that is called so is it.
    let test = temporary.path().join("test");
    fs::create_dir(&test).unwrap();
    fs::write(test.join("1.png"), png([1; 3])).unwrap();
    assert_eq!(get(&test, Split::Test, &ReadOptions::default()).unwrap().len(), 1);
    let temporary = tempfile::tempdir().unwrap();
    for path in all(temporary.path(), &[("train/a/1.png", png([1; 3])), ("val/a/1.png", png([2; 3]))]) {
        let error = get(&path, Split::Test, &ReadOptions::default()).unwrap_err().to_string();
        assert!(error.contains("has no test split: it has train and validation"), "{error}");
    }
}

#[test]
fn what_is_left_out_is_said() {
    let temporary = tempfile::tempdir().unwrap();
    let files = [
        ("cat/1.png", png([1; 3])),
        ("dog/1.png", png([2; 3])),
        ("dog/2.ppm", b"P6 1 1 255 abc".to_vec()),
        ("stray.png", png([3; 3])),
        ("notes.txt", b"hello".to_vec()),
    ];
    for path in all(temporary.path(), &files) {
        let (images, said) = heard(&path, Split::Train, &ReadOptions::default());
        assert_eq!(classes(&images.unwrap()), (Some(&[0, 1][..]), vec!["cat", "dog"]));
        for part in [
            "1 picture of a format that is not read (dog/2.ppm)",
            "1 picture beside the folders of the classes (stray.png)",
            "1 file that is no picture (notes.txt)",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
    let temporary = tempfile::tempdir().unwrap();
    let files = [("train/a/1.png", png([1; 3])), ("test/2.png", png([2; 3])), ("extra/3.png", png([3; 3]))];
    for path in all(temporary.path(), &files) {
        let (images, said) = heard(&path, Split::Test, &ReadOptions::default());
        assert!(said.contains("1 picture outside of the splits (extra/3.png)"), "{said}");
        let images = images.unwrap();
        assert_eq!(images.labels, None);
        assert!(images.unlabelled.contains("do not lie in folders"), "{}", images.unlabelled);
    }
}

#[test]
fn a_class_of_trains_is_no_split() {
    let temporary = tempfile::tempdir().unwrap();
    for path in all(temporary.path(), &[("bus/1.png", png([1; 3])), ("train/1.png", png([2; 3]))]) {
        let (images, said) = heard(&path, Split::Train, &ReadOptions::default());
        assert_eq!(classes(&images.unwrap()), (Some(&[0, 1][..]), vec!["bus", "train"]));
        assert!(said.contains("the folder `train` lies beside others and is taken for a class"), "{said}");
    }
}

#[test]
fn tables_inside_an_archive_are_found() {
    let temporary = tempfile::tempdir().unwrap();
    let table = b"file,colour\n1.png,dark red\n2.png,blue\n".to_vec();
    let files = [("img/1.png", png([1; 3])), ("img/2.png", png([2; 3])), ("attributes.csv", table)];
    for path in all(temporary.path(), &files) {
        let options = ReadOptions { labels: Some("colour".into()), ..ReadOptions::default() };
        let (images, said) = heard(&path, Split::Train, &options);
        assert_eq!(classes(&images.unwrap()), (Some(&[1, 0][..]), vec!["blue", "dark red"]));
        assert_eq!(said, "");
    }
}

/// A photograph whose EXIF data says to rotate it right: 2 wide and 1 high, red beside green, stands red
/// above green.
#[test]
fn exif_rotation_is_an_option() {
    let temporary = tempfile::tempdir().unwrap();
    let mut rotated = picture(2, 1, [200, 0, 0], ImageFormat::Jpeg);
    // Big-endian TIFF with one entry: tag 0112, a short, one value, 6.
    let exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let segment = [&[0xff, 0xe1][..], &(exif.len() as u16 + 2).to_be_bytes(), exif].concat();
    rotated.splice(2..2, segment);
    for path in all(temporary.path(), &[("1.jpg", rotated)]) {
        let (images, said) = heard(&path, Split::Train, &ReadOptions::default());
        assert_eq!(images.unwrap().shape, [3, 1, 2]);
        assert!(
            said.contains("1 of 1 pictures are to be rotated by their EXIF data")
                && said.contains("`exif_rotation: true`"),
            "{said}"
        );
        let options = ReadOptions { exif_rotation: true, ..ReadOptions::default() };
        let (images, said) = heard(&path, Split::Train, &options);
        assert_eq!((images.unwrap().shape, &*said), ([3, 2, 1], ""));
    }
}

/// A PNG header that promises 100,000 x 100,000 pixels.
#[test]
fn absurd_sizes_are_refused_before_anything_is_allocated() {
    let temporary = tempfile::tempdir().unwrap();
    let mut huge = png([1; 3]);
    huge[16..24].copy_from_slice(&[100_000u32.to_be_bytes(), 100_000u32.to_be_bytes()].concat());
    let mut crc = flate2::Crc::new();
    crc.update(&huge[12..29]);
    huge[29..33].copy_from_slice(&crc.sum().to_be_bytes());
    let [folder, ..] = all(temporary.path(), &[("1.png", huge)]);
    let error = get(&folder, Split::Train, &ReadOptions::default()).unwrap_err().to_string();
    assert!(error.contains("a picture of 100000x100000, expected one within the limit"), "{error}");
}

#[test]
fn a_folder_without_pictures_says_what_is_wanted() {
    let temporary = tempfile::tempdir().unwrap();
    let error = get(temporary.path(), Split::Test, &ReadOptions::default()).unwrap_err().to_string();
    assert!(error.contains("holds no pictures\n  help: put files there that end with .png"), "{error}");
    let other = tempfile::tempdir().unwrap();
    for path in all(other.path(), &[("a/1.ppm", b"P6 1 1 255 abc".to_vec()), ("b/2.HEIC", vec![0])]) {
        let error = get(&path, Split::Train, &ReadOptions::default()).unwrap_err().to_string();
        assert!(error.contains("2 pictures of formats that are not read (a/1.ppm, b/2.HEIC)"), "{error}");
    }
    let [folder, ..] = all(temporary.path(), &[("1.png", png([1; 3]))]);
    let options = ReadOptions { labels: Some("Male".into()), ..ReadOptions::default() };
    let error = get(&folder, Split::Train, &options).unwrap_err().to_string();
    assert!(error.contains("no file of attributes to take `Male` from"), "{error}");
}

/// As MVTec has it: a folder for each thing, and the splits in that.
#[test]
fn splits_inside_the_folders_of_classes_are_splits() {
    let temporary = tempfile::tempdir().unwrap();
    let files = [
        ("bottle/train/good/1.png", png([1; 3])),
        ("bottle/test/good/1.png", png([2; 3])),
        ("bottle/test/broken/1.png", png([3; 3])),
        ("bottle/ground_truth/broken/1_mask.png", png([9; 3])),
        ("cable/train/good/1.png", png([4; 3])),
        ("cable/test/good/1.png", png([5; 3])),
    ];
    for path in all(temporary.path(), &files) {
        let (train, said) = heard(&path, Split::Train, &ReadOptions::default());
        let train = train.unwrap();
        assert_eq!(classes(&train), (Some(&[0, 1][..]), vec!["bottle", "cable"]));
        assert_eq!(train.pixels.iter().step_by(72).copied().collect::<Vec<u8>>(), [1, 4]);
        assert!(said.contains("its splits lie inside of folders (bottle, cable)"), "{said}");
        assert!(said.contains("1 picture outside of the splits (bottle/ground_truth"), "{said}");
        assert_eq!(get(&path, Split::Test, &ReadOptions::default()).unwrap().len(), 3);
    }
    // Trains among vehicles are no split.
    let temporary = tempfile::tempdir().unwrap();
    let files =
        [("land/train/1.png", png([1; 3])), ("land/bus/1.png", png([2; 3])), ("sea/1.png", png([3; 3]))];
    for path in all(temporary.path(), &files) {
        assert_eq!(get(&path, Split::Train, &ReadOptions::default()).unwrap().len(), 3);
    }
}

/// As archives of Kaggle have them, once more inside of a folder of the same name.
#[test]
fn longer_names_of_splits_are_splits() {
    for [train, test] in [
        ["training_set", "test_set"],
        ["train_images", "test_images"],
        ["Train", "test1"],
        ["seg_train", "seg_test"],
        ["training_set/training_set", "test_set/test_set"],
    ] {
        let temporary = tempfile::tempdir().unwrap();
        let names = [format!("{train}/cat/1.png"), format!("{train}/dog/1.png"), format!("{test}/dog/2.png")];
        let files = [1, 2, 3].map(|i| (&*names[i - 1], png([i as u8; 3])));
        for path in all(temporary.path(), &files) {
            let test = get(&path, Split::Test, &ReadOptions::default()).unwrap();
            assert_eq!(classes(&test), (Some(&[1][..]), vec!["cat", "dog"]), "{train}");
            let (images, said) = heard(&path, Split::Train, &ReadOptions::default());
            assert_eq!((images.unwrap().len(), &*said), (2, ""), "{train}");
        }
    }
}

#[test]
fn what_folders_may_mean_else_is_said() {
    let said = |names: &[&str]| {
        let temporary = tempfile::tempdir().unwrap();
        let files: Vec<_> = names.iter().map(|name| (*name, png([1; 3]))).collect();
        heard(&all(temporary.path(), &files)[0], Split::Train, &ReadOptions::default()).1
    };
    let domains = said(&["trainA/1.png", "trainB/1.png", "testA/1.png", "testB/1.png"]);
    assert!(domains.contains("are taken for classes (testA, testB, trainA, ...)"), "{domains}");
    let unlike = said(&["train/n01/images/1.png", "train/n02/images/1.png", "val/images/1.png"]);
    assert!(
        unlike.contains("no class of the validation split (images) is one of the train split"),
        "{unlike}"
    );
}
