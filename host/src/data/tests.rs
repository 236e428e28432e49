use super::*;
use std::fs;

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
    let train = load("kmnist", Split::Train, &Options::default(), &folders).unwrap();
    assert_eq!(train.labels.as_deref(), Some(&[0, 9][..]));
    assert_eq!((train.shape, train.len()), ([1, 2, 3], 2));
    assert_eq!(train.class_names[9], "wo");
    assert_eq!(train.to_string(), "kmnist: 2 pictures [1, 2, 3], 10 classes");
    let test = load("kmnist", Split::Test, &Options::default(), &folders).unwrap();
    assert_eq!(test.labels.as_deref(), Some(&[3, 4][..]));
}

#[test]
fn emnist_pictures_are_turned_and_its_letters_count_from_zero() {
    let data = tempfile::tempdir().unwrap();
    write(&data.path().join("emnist"), "emnist-letters-train", &[1, 26]);
    let letters =
        load("emnist-letters", Split::Train, &Options::default(), &[data.path().to_path_buf()]).unwrap();
    assert_eq!(letters.shape, [1, 3, 2]);
    assert_eq!(letters.pixels[..], [0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11]);
    assert_eq!(letters.labels.as_deref(), Some(&[0, 25][..]));
    assert_eq!(letters.class_names[25], "z");

    let file = data.path().join("emnist/emnist-letters-train-images-idx3-ubyte");
    let by_path = load(text(&file), Split::Train, &Options::default(), &[]).unwrap();
    assert_eq!((by_path.name, by_path.pixels), (letters.name, letters.pixels));
}

#[test]
fn a_path_is_a_file_or_a_folder() {
    let data = tempfile::tempdir().unwrap();
    write(data.path(), "t10k", &[0, 6]);
    let file = data.path().join("t10k-images-idx3-ubyte");
    for what in [data.path(), &file] {
        let images = load(text(what), Split::Test, &Options::default(), &[]).unwrap();
        assert_eq!(images.labels.as_deref(), Some(&[0, 6][..]));
        assert_eq!(images.class_names.len(), 7);
    }
    fs::remove_file(data.path().join("t10k-labels-idx1-ubyte")).unwrap();
    let images = load(text(&file), Split::Test, &Options::default(), &[]).unwrap();
    assert_eq!((images.labels, images.class_names.len()), (None, 0));
    let error = load(text(data.path()), Split::Train, &Options::default(), &[]).unwrap_err().to_string();
    assert!(error.contains("train-images-idx3-ubyte"), "{error}");
}

#[test]
fn labels_must_fit_the_pictures_and_the_classes() {
    let data = tempfile::tempdir().unwrap();
    let fault = |labels: &[u8]| {
        write(&data.path().join("mnist"), "train", labels);
        let error =
            load("mnist", Split::Train, &Options::default(), &[data.path().to_path_buf()]).unwrap_err();
        error.to_string()
    };
    let error = fault(&[1, 2, 3]);
    assert!(error.ends_with("at byte 4: found 3 labels, expected 2, one for each picture"), "{error}");
    let error = fault(&[1, 10]);
    assert!(error.ends_with("at byte 9: found label 10, expected 0 to 9"), "{error}");
}

#[test]
fn an_unknown_name_gives_the_nearest_and_the_folders() {
    let error =
        load("fashon", Split::Train, &Options::default(), &[PathBuf::from("here"), PathBuf::from("there")]);
    let error = error.unwrap_err().to_string();
    for part in ["`fashon`", "`fashion-mnist`", "here, there", "--data DIR", "HOST_DATA"] {
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[test]
fn a_missing_split_says_what_is_wanted_where() {
    let error =
        load("mnist", Split::Test, &Options::default(), &[PathBuf::from("here")]).unwrap_err().to_string();
    for part in ["test split", "mnist/t10k-images-idx3-ubyte[.gz]", "in here", "--data DIR"] {
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[test]
fn glyphs_need_no_files() {
    let images = load("glyphs", Split::Test, &Options::default(), &[]).unwrap();
    assert_eq!((images.len(), images.class_names.len()), (10_000, 36));
}

#[test]
fn the_flag_is_searched_first_and_data_last() {
    let folders = folders(Some(Path::new("given")));
    assert_eq!(folders.first(), Some(&PathBuf::from("given")));
    assert_eq!(folders.last(), Some(&PathBuf::from("data")));
}

/// Real files, where there are any: `HOST_DATA` names their folder.
#[test]
fn real_files_have_their_known_statistics() {
    let folders = folders(None);
    let means = [("mnist", 0.1325), ("fashion-mnist", 0.2868), ("kmnist", 0.1846)];
    for (name, expected) in means {
        let images = match load(name, Split::Test, &Options::default(), &folders) {
            Err(Error::Usage { .. }) => {
                println!("skipped: {name} is not in {folders:?}");
                continue;
            }
            outcome => outcome.unwrap(),
        };
        let sum: u64 = images.pixels.iter().map(|&pixel| u64::from(pixel)).sum();
        let mean = sum as f64 / 255.0 / images.pixels.len() as f64;
        assert_eq!(images.len(), 10_000);
        assert!((mean - expected).abs() < 1e-3, "{name}: mean {mean}");
    }
}
