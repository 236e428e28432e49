use super::*;
use crate::data::zip::tests::archive;
use crate::data::{Fit, load};

/// An array as `numpy.save` writes it.
fn npy(kind: &str, shape: &str, elements: &[u8]) -> Vec<u8> {
    let text = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}");
    let padded = format!("{text:<117}\n");
    [&b"\x93NUMPY\x01\x00"[..], &(padded.len() as u16).to_le_bytes(), padded.as_bytes(), elements].concat()
}

fn with(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn get(path: &Path, options: &Options) -> Result<Images> {
    load(path.to_str().unwrap(), Split::Train, options, &[])
}

fn fails(name: &str, bytes: &[u8], expected: &str) {
    let (_folder, path) = with(name, bytes);
    let error = get(&path, &Options::default()).unwrap_err().to_string();
    assert!(error.contains(name) && error.contains(expected), "{error}");
}

#[test]
fn the_layouts_of_pictures_are_told_apart() {
    let twelve: Vec<u8> = (0..12).collect();
    for (shape, expected, second) in [
        ("(1, 3, 4)", [1, 3, 4], 1),
        ("(3, 2, 2)", [1, 2, 2], 1),
        ("(1, 2, 2, 3)", [3, 2, 2], 3),
        ("(1, 3, 2, 2)", [3, 2, 2], 1),
        ("(3, 2, 2, 1)", [1, 2, 2], 1),
    ] {
        let (_folder, path) = with("a.npy", &npy("|u1", shape, &twelve));
        let images = get(&path, &Options::default()).unwrap();
        assert_eq!((images.shape, images.pixels[1]), (expected, second), "{shape}");
        assert_eq!(images.labels, None);
    }
    let (_folder, path) = with("a.npy", &npy("|b1", "(1, 2, 2)", &[0, 1, 1, 0]));
    assert_eq!(get(&path, &Options::default()).unwrap().pixels[..], [0, 255, 255, 0]);
}

#[test]
fn an_archive_has_pictures_and_labels_under_usual_names() {
    let (x, y) = (
        npy("|u1", "(2, 1, 2)", &[1, 2, 3, 4]),
        npy("<i8", "(2,)", &[0u64, 3].map(u64::to_le_bytes).concat()),
    );
    let files = [("x_train.npy", &x[..]), ("y_train.npy", &y), ("other.npy", &y)];
    for deflated in [false, true] {
        let (_folder, path) = with("a.npz", &archive(&files, deflated));
        let images = get(&path, &Options::default()).unwrap();
        assert_eq!((images.labels.as_deref(), images.class_names.len()), (Some(&[0, 3][..]), 4));
        let fit = Fit { size: Some(1), ..Fit::default() };
        let named = Options {
            array: Some("x_train".into()),
            labels: Some("other".into()),
            fit,
            ..Options::default()
        };
        assert_eq!(get(&path, &named).unwrap().shape, [1, 1, 1]);
        let wrong = Options { array: Some("z".into()), ..Options::default() };
        assert!(get(&path, &wrong).unwrap_err().to_string().contains("it has x_train, y_train, other"));
        let test =
            load(path.to_str().unwrap(), Split::Test, &Options::default(), &[]).unwrap_err().to_string();
        assert!(test.contains("name one with the option `array`: x_train"), "{test}");
    }
}

/// As KMNIST's files lie: one array each.
#[test]
fn labels_may_lie_beside() {
    let (folder, path) =
        with("set-imgs.npz", &archive(&[("arr_0.npy", &npy("|u1", "(2, 1, 1)", &[1, 2]))], false));
    std::fs::write(
        folder.path().join("set-labels.npz"),
        archive(&[("arr_0.npy", &npy("|u1", "(2,)", &[7, 8]))], false),
    )
    .unwrap();
    assert_eq!(get(&path, &Options::default()).unwrap().labels.as_deref(), Some(&[7, 8][..]));
    std::fs::write(
        folder.path().join("set-labels.npz"),
        archive(&[("arr_0.npy", &npy("|u1", "(3,)", &[7, 8, 9]))], false),
    )
    .unwrap();
    let error = get(&path, &Options::default()).unwrap_err().to_string();
    assert!(error.contains("set-labels.npz") && error.contains("the shape [3], expected [2]"), "{error}");
}

#[test]
fn faults_name_file_offset_and_expectation() {
    let whole = npy("|u1", "(2, 2, 2)", &[0; 8]);
    fails("a.npy", &whole[..130], "at byte 130: found the end after 2 bytes of elements, expected 8");
    fails("a.npy", &whole[..60], "at byte 60: found the end of the file, expected a whole header");
    fails("a.npy", b"P5 2 2", "at byte 0: found [50, 35");
    fails("a.npy", &npy("<f4", "(1, 1, 1)", &[0; 4]), "at byte 8: found elements of type <f4, expected |u1");
    fails("a.npy", &npy("|O", "(1,)", &[0; 4]), "elements of type |O");
    fails("a.npy", &npy("|u1", "(4, 2)", &[0; 8]), "the shape [4, 2], expected pictures");
    fails("a.npy", &npy("|u1", "(0, 2, 2)", &[]), "the shape [0, 2, 2]");
    let huge = format!("({0}, {0}, {0})", u64::MAX);
    fails("a.npy", &npy("|u1", &huge, &[0; 8]), "expected a shape smaller than");
    let fortran = String::from_utf8_lossy(&whole[10..]).replace("False", "True ");
    fails("a.npy", &[&whole[..10], fortran.as_bytes()].concat(), "in Fortran's order");
    fails(
        "a.npz",
        &archive(&[("x.npy", &whole[..130])], true),
        "found `x.npy`: at byte 130: the end after 2 bytes",
    );
    let labels = npy("|i1", "(2,)", &[1, 255]);
    let set = [("x.npy", &whole[..]), ("y.npy", &labels)];
    fails("a.npz", &archive(&set, true), "`y.npy`: at byte 129: a label that is negative or large");
}
