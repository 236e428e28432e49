use std::fs;

use super::{images as load, *};

/// The file of `sizes` and `content`.
fn idx(sizes: &[u32], content: &[u8]) -> Vec<u8> {
    let header = [0, 0, 8, sizes.len() as u8];
    let sizes = sizes.iter().flat_map(|size| size.to_be_bytes());
    header.into_iter().chain(sizes).chain(content.iter().copied()).collect()
}

/// Two pictures of 2x3 in `folder`, with `labels`.
fn write(folder: &Path, prefix: &str, labels: &[u8]) {
    let pixels: Vec<u8> = (0..12).collect();
    fs::create_dir_all(folder).unwrap();
    let images = folder.join(format!("{prefix}-images-idx3-ubyte"));
    fs::write(images, idx(&[2, 2, 3], &pixels)).unwrap();
    let count = labels.len() as u32;
    let beside = folder.join(format!("{prefix}-labels-idx1-ubyte"));
    fs::write(beside, idx(&[count], labels)).unwrap();
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_name_finds_its_folder_and_its_split() {
    let data = tempfile::tempdir().unwrap();
    write(&data.path().join("kmnist"), "train", &[0, 9]);
    write(&data.path().join("kmnist"), "t10k", &[3, 4]);
    let folders = [PathBuf::from("nowhere"), data.path().to_path_buf()];
    let train = load("kmnist", Split::Train, &ReadOptions::default(), &folders).unwrap();
    assert_eq!(train.labels.as_deref(), Some(&[0, 9][..]));
    assert_eq!((train.shape, train.len()), ([1, 2, 3], 2));
    assert_eq!(train.class_names[9], "wo");
    assert_eq!(train.to_string(), "kmnist: 2 pictures [1, 2, 3], 10 classes");
    let test = load("kmnist", Split::Test, &ReadOptions::default(), &folders).unwrap();
    assert_eq!(test.labels.as_deref(), Some(&[3, 4][..]));
}

#[test]
fn emnist_pictures_are_turned_and_its_letters_count_from_zero() {
    let data = tempfile::tempdir().unwrap();
    write(&data.path().join("emnist"), "emnist-letters-train", &[1, 26]);
    let letters =
        load("emnist-letters", Split::Train, &ReadOptions::default(), &[data.path().to_path_buf()]).unwrap();
    assert_eq!(letters.shape, [1, 3, 2]);
    assert_eq!(letters.pixels[..], [0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11]);
    assert_eq!(letters.labels.as_deref(), Some(&[0, 25][..]));
    assert_eq!(letters.class_names[25], "z");

    let file = data.path().join("emnist/emnist-letters-train-images-idx3-ubyte");
    let by_path = load(text(&file), Split::Train, &ReadOptions::default(), &[]).unwrap();
    assert_eq!((by_path.name, by_path.pixels), (letters.name, letters.pixels));
}

#[test]
fn a_path_is_a_file_or_a_folder() {
    let data = tempfile::tempdir().unwrap();
    write(data.path(), "t10k", &[0, 6]);
    let file = data.path().join("t10k-images-idx3-ubyte");
    for what in [data.path(), &file] {
        let images = load(text(what), Split::Test, &ReadOptions::default(), &[]).unwrap();
        assert_eq!(images.labels.as_deref(), Some(&[0, 6][..]));
        assert_eq!(images.class_names.len(), 7);
    }
    fs::remove_file(data.path().join("t10k-labels-idx1-ubyte")).unwrap();
    let images = load(text(&file), Split::Test, &ReadOptions::default(), &[]).unwrap();
    assert_eq!((images.labels, images.class_names.len()), (None, 0));
    let error = load(text(data.path()), Split::Train, &ReadOptions::default(), &[]).unwrap_err().to_string();
    assert!(error.contains("has no train split: it has test"), "{error}");
}

#[test]
fn labels_must_fit_the_pictures_and_the_classes() {
    let data = tempfile::tempdir().unwrap();
    let fault = |labels: &[u8]| {
        write(&data.path().join("mnist"), "train", labels);
        let error =
            load("mnist", Split::Train, &ReadOptions::default(), &[data.path().to_path_buf()]).unwrap_err();
        error.to_string()
    };
    let error = fault(&[1, 2, 3]);
    assert!(error.ends_with("at byte 4: found 3 labels, expected 2, one for each picture"), "{error}");
    let error = fault(&[1, 10]);
    assert!(error.ends_with("at byte 9: found label 10, expected 0 to 9"), "{error}");
}

#[test]
fn an_unknown_name_gives_the_nearest_and_the_folders() {
    let error = load(
        "fashon",
        Split::Train,
        &ReadOptions::default(),
        &[PathBuf::from("here"), PathBuf::from("there")],
    );
    let error = error.unwrap_err().to_string();
    for part in ["`fashon`", "`fashion-mnist`", "here, there", "--data DIR", "HOST_DATA"] {
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[test]
fn a_missing_split_says_what_is_wanted_where() {
    let error = load("mnist", Split::Test, &ReadOptions::default(), &[PathBuf::from("here")])
        .unwrap_err()
        .to_string();
    for part in ["test split", "mnist/t10k-images-idx3-ubyte[.gz]", "in here", "--data DIR"] {
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[test]
fn glyphs_need_no_files() {
    let images = load("glyphs", Split::Test, &ReadOptions::default(), &[]).unwrap();
    assert_eq!((images.len(), images.class_names.len()), (10_000, 36));
}

#[test]
fn the_flag_is_searched_first_and_data_last() {
    let folders = folders(Some(Path::new("given")));
    assert_eq!(folders.first(), Some(&PathBuf::from("given")));
    assert_eq!(folders.last(), Some(&PathBuf::from("data")));
}

/// A real set, where there is one: `HOST_DATA` names its folder.
fn real(name: &str, split: Split, options: &ReadOptions) -> Option<Images> {
    let folders = folders(None);
    let set = known::named(name).unwrap();
    if !folders.iter().any(|folder| set.inside(folder, split).is_some()) {
        println!("skipped: {name} is not in {folders:?}");
        return None;
    }
    Some(load(name, split, options, &folders).unwrap())
}

/// The mean of every channel, 0 to 1.
fn means(images: &Images) -> Vec<f64> {
    let [channels, height, width] = images.shape;
    let plane = height * width;
    let mut sums = vec![0u64; channels];
    for (i, pixels) in images.pixels.chunks_exact(plane).enumerate() {
        sums[i % channels] += pixels.iter().map(|&pixel| u64::from(pixel)).sum::<u64>();
    }
    sums.iter().map(|&sum| sum as f64 / 255.0 / (images.len() * plane) as f64).collect()
}

fn near(found: &[f64], expected: &[f64], tolerance: f64) {
    let close = found.iter().zip(expected).all(|(a, b)| (a - b).abs() < tolerance);
    assert!(close && found.len() == expected.len(), "{found:?}, expected {expected:?}");
}

fn with_labels(labels: &str) -> ReadOptions<'static> {
    ReadOptions { labels: Some(labels.into()), ..ReadOptions::default() }
}

#[test]
fn real_idx_files_have_their_known_statistics() {
    for (name, expected) in [("mnist", 0.1325), ("fashion-mnist", 0.2868), ("kmnist", 0.1846)] {
        let Some(images) = real(name, Split::Test, &ReadOptions::default()) else { continue };
        assert_eq!(images.len(), 10_000);
        near(&means(&images), &[expected], 1e-3);
    }
}

/// The published means of the whole sets (CIFAR-10: 0.4914 0.4822 0.4465, CIFAR-100: 0.5071 0.4865 0.4409);
/// the files at hand may be a part of them.
#[test]
fn real_cifar_files_have_their_known_statistics() {
    if let Some(images) = real("cifar-10", Split::Train, &ReadOptions::default()) {
        near(&means(&images), &[0.4914, 0.4822, 0.4465], 5e-3);
        assert_eq!(images.len() % 10_000, 0);
        // The first picture of the first batch is a frog.
        assert_eq!(images.class_names[images.labels.as_ref().unwrap()[0] as usize], "frog");
    }
    if let Some(images) = real("cifar-100", Split::Train, &ReadOptions::default()) {
        near(&means(&images), &[0.5071, 0.4865, 0.4409], 2e-2);
        let coarse = real("cifar-100", Split::Train, &with_labels("coarse")).unwrap();
        // Every fine class lies in one coarse class.
        let mut of = vec![None; 100];
        for (&fine, &coarse) in images.labels.as_ref().unwrap().iter().zip(&**coarse.labels.as_ref().unwrap())
        {
            assert_eq!(*of[fine as usize].get_or_insert(coarse), coarse);
        }
        assert!(of.iter().all(Option::is_some));
    }
}

#[test]
fn real_omniglot_has_its_alphabets_and_characters() {
    for (split, pictures, alphabets, characters) in
        [(Split::Train, 19_280, 30, 964), (Split::Test, 13_180, 20, 659)]
    {
        let Some(images) = real("omniglot", split, &ReadOptions::default()) else { continue };
        assert_eq!(
            (images.len(), images.shape, images.class_names.len()),
            (pictures, [1, 28, 28], characters)
        );
        // White ink on black, a little of it.
        assert!((0.04..0.15).contains(&means(&images)[0]), "{:?}", means(&images));
        let by_alphabet = real("omniglot", split, &with_labels("alphabets")).unwrap();
        assert_eq!(by_alphabet.class_names.len(), alphabets);
    }
    // The smaller backgrounds are the makers' own bytes, deflated where the others may be stored.
    for (name, pictures) in [("omniglot-small1", 2720), ("omniglot-small2", 3120)] {
        let Some(images) = real(name, Split::Train, &ReadOptions::default()) else { continue };
        assert_eq!(images.len(), pictures);
    }
}

#[test]
fn real_faces_have_their_attributes() {
    let Some(images) = real("celeba", Split::Train, &with_labels("Male")) else { return };
    assert_eq!((images.shape, &images.class_names[1][..]), ([3, 64, 64], "Male"));
    let men = images.labels.as_ref().unwrap().iter().filter(|&&label| label == 1).count() as f64;
    // Of all 202,599 faces 41.7 % are men's.
    assert!((men / images.len() as f64 - 0.417).abs() < 0.02, "{men} of {}", images.len());
    // Faces are redder than they are blue.
    let means = means(&images);
    assert!(means[0] > means[1] && means[1] > means[2], "{means:?}");
}

#[test]
fn real_numpy_files_hold_what_idx_files_hold() {
    let Some(idx) = real("kmnist", Split::Test, &ReadOptions::default()) else { return };
    let files = folders(None).into_iter().map(|folder| folder.join("kmnist/kmnist-test-imgs.npz"));
    let Some(file) = files.into_iter().find(|file| file.is_file()) else {
        return println!("skipped: no kmnist-test-imgs.npz beside kmnist");
    };
    let numpy = super::load(text(&file), Split::Test, &ReadOptions::default(), &[]).unwrap();
    let Items::Bytes(pixels) = numpy.parts()[0].items().unwrap() else { panic!("no bytes") };
    assert!(pixels == idx.pixels && numpy.labels().as_deref() == idx.labels.as_deref());
    assert_eq!(numpy.shape(), idx.shape);
}
