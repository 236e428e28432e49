use std::fs;

use super::*;
use crate::{Fit, images as load, options::tests::Heard, pickle::tests::python_2};

/// A record whose planes are `colour`, `colour + 1` and `colour + 2`.
fn record(labels: &[u8], colour: u8) -> Vec<u8> {
    let planes = (0..3).flat_map(|plane| vec![colour + plane; 1024]);
    labels.iter().copied().chain(planes).collect()
}

fn write(data: &Path, name: &str, bytes: &[u8]) {
    let path = data.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn read(name: &str, data: &Path, split: Split, options: &ReadOptions) -> Result<Images> {
    load(name, split, options, &[data.to_path_buf()])
}

#[test]
fn batches_are_read_in_order_and_missing_ones_are_said() {
    let data = tempfile::tempdir().unwrap();
    let batch = [record(&[9], 10), record(&[0], 20)].concat();
    write(data.path(), "cifar-10-batches-bin/data_batch_1.bin", &batch);
    write(data.path(), "cifar-10-batches-bin/data_batch_3.bin", &record(&[5], 30));
    let heard = Heard::default();
    let options = ReadOptions { caller: Some(&heard), ..ReadOptions::default() };
    let images = read("cifar-10", data.path(), Split::Train, &options).unwrap();
    let heard = heard.all();
    let missing = "has 2 of 5 files; missing are data_batch_2.bin, data_batch_4.bin, data_batch_5.bin";
    assert!(heard.contains(missing), "{heard}");
    assert_eq!(images.to_string(), "cifar-10: 3 pictures [3, 32, 32], 10 classes");
    assert_eq!(images.labels.as_deref(), Some(&[9, 0, 5][..]));
    assert_eq!(images.class_names[9], "truck");
    let firsts: Vec<u8> = images.pixels.chunks(1024).map(|plane| plane[0]).collect();
    assert_eq!(firsts, [10, 11, 12, 20, 21, 22, 30, 31, 32]);

    let folder = data.path().join("cifar-10-batches-bin");
    let by_path = load(folder.to_str().unwrap(), Split::Train, &ReadOptions::default(), &[]).unwrap();
    assert_eq!(by_path.pixels, images.pixels);
    let error = read("cifar-10", data.path(), Split::Test, &ReadOptions::default()).unwrap_err().to_string();
    assert!(error.contains("test_batch.bin"), "{error}");
    // The first one may be what is missing.
    fs::remove_file(folder.join("data_batch_1.bin")).unwrap();
    assert_eq!(read("cifar-10", data.path(), Split::Train, &ReadOptions::default()).unwrap().len(), 1);
    let error =
        read("cifar-10", data.path(), Split::Validation, &ReadOptions::default()).unwrap_err().to_string();
    assert!(error.contains("`cifar-10` has no validation split: it has train and test"), "{error}");
}

/// As torchvision leaves them.
#[test]
fn the_python_form_is_read() {
    let data = tempfile::tempdir().unwrap();
    let pixels: Vec<u8> = (0..2 * PICTURE).map(|i| (i / 1024) as u8).collect();
    let batch = python_2(PICTURE as u16, &pixels, &[9, 0]);
    for i in 1..=5 {
        write(data.path(), &format!("cifar-10-batches-py/data_batch_{i}"), &batch);
    }
    write(data.path(), "cifar-10-batches-py/test_batch", &batch);
    let train = read("cifar-10", data.path(), Split::Train, &ReadOptions::default()).unwrap();
    assert_eq!((train.len(), train.labels.as_deref()), (10, Some(&[9, 0, 9, 0, 9, 0, 9, 0, 9, 0][..])));
    assert_eq!(train.pixels.iter().step_by(1024).take(6).copied().collect::<Vec<u8>>(), [0, 1, 2, 3, 4, 5]);
    let folder = data.path().join("cifar-10-batches-py");
    let by_path = load(folder.to_str().unwrap(), Split::Test, &ReadOptions::default(), &[]).unwrap();
    assert_eq!(by_path.len(), 2);

    write(data.path(), "cifar-10-batches-py/test_batch", &python_2(PICTURE as u16, &pixels, &[9, 10]));
    let error = read("cifar-10", data.path(), Split::Test, &ReadOptions::default()).unwrap_err().to_string();
    assert!(error.contains("test_batch: at byte 0: found label 10 of picture 1, expected 0 to 9"), "{error}");
    write(data.path(), "cifar-10-batches-py/test_batch", &python_2(100, &pixels[..200], &[9, 1]));
    let error = read("cifar-10", data.path(), Split::Test, &ReadOptions::default()).unwrap_err().to_string();
    assert!(error.contains("pictures of the shape [2, 100], expected [N, 3072]"), "{error}");

    let fine: Vec<u8> = replaced(&batch, b"U\x06labels", b"U\x0bfine_labels");
    write(data.path(), "cifar-100-python/train", &fine);
    let train = read("cifar-100", data.path(), Split::Train, &ReadOptions::default()).unwrap();
    assert_eq!((train.len(), train.labels.as_deref()), (2, Some(&[9, 0][..])));
    let options = ReadOptions { labels: Some("coarse".into()), ..ReadOptions::default() };
    let error = read("cifar-100", data.path(), Split::Train, &options).unwrap_err().to_string();
    assert!(error.contains("found a map of data, fine_labels, expected the key `coarse_labels`"), "{error}");
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = bytes.windows(from.len()).position(|part| part == from).unwrap();
    [&bytes[..at], to, &bytes[at + from.len()..]].concat()
}

#[test]
fn the_hundred_have_two_kinds_of_labels() {
    let data = tempfile::tempdir().unwrap();
    write(data.path(), "cifar-100-binary/test.bin", &record(&[19, 99], 1));
    let of = |labels: Option<&str>| {
        let options = ReadOptions { labels: labels.map(str::to_owned), ..ReadOptions::default() };
        read("cifar-100", data.path(), Split::Test, &options)
    };
    let fine = of(None).unwrap();
    assert_eq!((fine.labels.as_deref(), fine.class_names.len()), (Some(&[99][..]), 100));
    assert_eq!(fine.class_names[99], "worm");
    let coarse = of(Some("coarse")).unwrap();
    assert_eq!((coarse.labels.as_deref(), coarse.class_names.len()), (Some(&[19][..]), 20));
    assert!(of(Some("finest")).unwrap_err().to_string().contains("it has fine and coarse"));
}

#[test]
fn faults_name_file_offset_and_expectation() {
    let data = tempfile::tempdir().unwrap();
    let fails = |bytes: &[u8], expected: &str| {
        write(data.path(), "cifar-10/test_batch.bin", bytes);
        let error =
            read("cifar-10", data.path(), Split::Test, &ReadOptions::default()).unwrap_err().to_string();
        assert!(error.contains("test_batch.bin: ") && error.contains(expected), "{error}");
    };
    let two = [record(&[1], 0), record(&[2], 0)].concat();
    fails(
        &two[..5000],
        "at byte 3073: found the end of the file after 1927 bytes of record 1, expected records of 3073 \
         bytes",
    );
    fails(&[], "at byte 0: found the end of the file after 0 bytes");
    fails(&[record(&[1], 0), record(&[10], 0)].concat(), "at byte 3073: found label 10, expected 0 to 9");
}

#[test]
fn pictures_are_brought_to_another_size() {
    let data = tempfile::tempdir().unwrap();
    write(data.path(), "cifar10/test_batch.bin", &record(&[1], 100));
    let fit = Fit { size: Some(28), channels: Some(1), ..Fit::default() };
    let images =
        read("cifar-10", data.path(), Split::Test, &ReadOptions { fit, ..ReadOptions::default() }).unwrap();
    assert_eq!((images.shape, images.pixels[0]), ([1, 28, 28], 101));
    let options = ReadOptions { seed: Some(1), ..ReadOptions::default() };
    let error = read("cifar-10", data.path(), Split::Test, &options).unwrap_err().to_string();
    assert!(error.contains("`seed` means nothing for `cifar-10`"), "{error}");
}
