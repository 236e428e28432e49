use std::{fs, path::Path};

use super::*;
use crate::idx::pair::only_pictures_in;

fn touch(path: PathBuf) -> PathBuf {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, "").unwrap();
    path
}

fn locations(folder: &Path, name: &str) -> [SetLocation; 2] {
    let found = list(&[folder.to_path_buf()]);
    found.into_iter().find(|set| set.name == name).unwrap().locations
}

#[test]
fn a_list_shows_what_is_there_and_what_is_missing() {
    let data = tempfile::tempdir().unwrap();
    let images = touch(data.path().join("mnist/train-images-idx3-ubyte.gz"));
    let [train, test] = locations(data.path(), "mnist");
    assert_eq!(train, SetLocation::At(images.clone()));
    let wanted = "mnist/t10k-images-idx3-ubyte[.gz]".to_owned();
    assert_eq!(test, SetLocation::Missing { wanted });

    assert_eq!(locations(data.path(), "mnist")[0], SetLocation::At(images));
    assert_eq!(locations(data.path(), "glyphs"), [SetLocation::BuiltIn, SetLocation::BuiltIn]);
}

#[test]
fn other_homes_of_a_set_are_known() {
    let data = tempfile::tempdir().unwrap();
    for (name, file) in [
        ("fashion-mnist", "FashionMNIST/raw/train-images-idx3-ubyte"),
        ("emnist-digits", "gzip/emnist-digits-train-images-idx3-ubyte.gz"),
    ] {
        let images = touch(data.path().join(file));
        assert_eq!(locations(data.path(), name)[0], SetLocation::At(images));
    }
    let [train, _] = locations(data.path(), "mnist");
    assert!(matches!(train, SetLocation::Missing { .. }), "{train:?}");
}

#[test]
fn files_right_in_a_data_folder_count_unless_it_is_named_for_another_set() {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().join("kmnist");
    let images = touch(folder.join("train-images-idx3-ubyte"));
    assert_eq!(locations(&folder, "kmnist")[0], SetLocation::At(images));
    assert!(matches!(locations(&folder, "mnist")[0], SetLocation::Missing { .. }));

    let images = touch(data.path().join("train-images-idx3-ubyte"));
    assert_eq!(locations(data.path(), "mnist")[0], SetLocation::At(images));
}

#[test]
fn the_first_folder_that_has_a_set_wins() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let folders = [one.path().to_path_buf(), two.path().to_path_buf()];
    let set = known::named("mnist").unwrap();
    let second = touch(two.path().join("mnist/train-images-idx3-ubyte"));
    assert_eq!(split_of(set, Split::Train, &folders).unwrap(), second);
    let first = touch(one.path().join("mnist/train-images-idx3-ubyte"));
    assert_eq!(split_of(set, Split::Train, &folders).unwrap(), first);
}

#[test]
fn a_folder_of_several_sets_asks_for_one() {
    let data = tempfile::tempdir().unwrap();
    touch(data.path().join("emnist-digits-train-images-idx3-ubyte"));
    touch(data.path().join("emnist-letters-train-images-idx3-ubyte"));
    let error = only_pictures_in(data.path(), Split::Train).unwrap_err().to_string();
    assert!(error.contains("2 sets") && error.contains("emnist-letters-train"), "{error}");
}

#[test]
fn all_splits_of_a_set_come_from_one_folder() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let folders = [one.path().to_path_buf(), two.path().to_path_buf()];
    for (name, train, test) in [
        ("mnist", "mnist/train-images-idx3-ubyte", "mnist/t10k-images-idx3-ubyte"),
        ("cifar-10", "cifar-10-batches-py/data_batch_1", "cifar-10-batches-bin/test_batch.bin"),
        ("omniglot", "omniglot/images_background.zip", "omniglot/images_evaluation.zip"),
    ] {
        let set = known::named(name).unwrap();
        let train = touch(one.path().join(train));
        touch(two.path().join(test));
        assert_eq!(split_of(set, Split::Train, &folders).unwrap(), train);
        let error = split_of(set, Split::Test, &folders).unwrap_err().to_string();
        assert!(error.contains("has no test split; that of") && error.contains("one folder"), "{error}");
        let [_, found] = &list(&folders).into_iter().find(|set| set.name == name).unwrap().locations;
        assert!(matches!(found, SetLocation::Missing { .. }), "{found:?}");
    }
    // The same of two forms of a set in one data folder.
    touch(one.path().join("cifar-10-batches-bin/test_batch.bin"));
    let error = split_of(known::named("cifar-10").unwrap(), Split::Test, &folders).unwrap_err().to_string();
    assert!(error.contains("cifar-10-batches-py has no test split; that of"), "{error}");
    touch(one.path().join("mnist/t10k-images-idx3-ubyte"));
    assert!(split_of(known::named("mnist").unwrap(), Split::Test, &folders).is_ok());
}
