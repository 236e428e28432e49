use super::*;
use crate::{Fit, Items, load, options::tests::Heard, zip::tests::archive};

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

fn get(path: &Path, options: &ReadOptions) -> Result<Dataset> {
    load(path.to_str().unwrap(), Split::Train, options, &[])
}

fn fails(name: &str, bytes: &[u8], expected: &str) {
    let (_folder, path) = with(name, bytes);
    let error = get(&path, &ReadOptions::default()).unwrap_err().to_string();
    assert!(error.contains(name) && error.contains(expected), "{error}");
}

/// The elements of all items, as they are kept.
fn bytes(set: &Dataset) -> Vec<u8> {
    let Items::Bytes(bytes) = set.parts()[0].items().unwrap() else { panic!("no bytes") };
    bytes.to_vec()
}

fn floats(set: &Dataset) -> Vec<f32> {
    let Items::Floats(tensor) = set.parts()[0].items().unwrap() else { panic!("no floats") };
    tensor.to_f32().unwrap()
}

#[test]
fn the_layouts_of_pictures_are_distinguished() {
    let twelve: Vec<u8> = (0..12).collect();
    for (shape, expected, second) in [
        ("(1, 3, 4)", &[1, 3, 4][..], 1),
        ("(3, 2, 2)", &[1, 2, 2], 1),
        ("(1, 2, 2, 3)", &[3, 2, 2], 3),
        ("(1, 3, 2, 2)", &[3, 2, 2], 1),
        ("(3, 2, 2, 1)", &[1, 2, 2], 1),
        ("(2, 6)", &[6], 1),
    ] {
        let (_folder, path) = with("a.npy", &npy("|u1", shape, &twelve));
        let set = get(&path, &ReadOptions::default()).unwrap();
        assert_eq!((set.shape(), bytes(&set)[1], set.labels()), (expected, second, None), "{shape}");
        let wide: Vec<u8> = twelve.iter().flat_map(|&x| f32::from(x).to_le_bytes()).collect();
        let (_folder, path) = with("a.npy", &npy("<f4", shape, &wide));
        let set = get(&path, &ReadOptions::default()).unwrap();
        assert_eq!((set.shape(), floats(&set)[1]), (expected, f32::from(second)), "{shape}");
    }
    let (_folder, path) = with("a.npy", &npy("|b1", "(1, 2, 2)", &[0, 1, 1, 0]));
    assert_eq!(bytes(&get(&path, &ReadOptions::default()).unwrap()), [0, 255, 255, 0]);
    let (_folder, path) = with("a.npy", &npy("<f4", "(1, 2, 4, 1)", &[0; 32]));
    assert_eq!(get(&path, &ReadOptions::default()).unwrap().shape(), [1, 2, 4]);
    let (_folder, path) = with("a.npy", &npy("<f4", "(1, 2, 2, 2)", &[0; 32]));
    assert_eq!(get(&path, &ReadOptions::default()).unwrap().shape(), [2, 2, 2]);
}

#[test]
fn other_types_and_orders_of_elements_are_read() {
    let of = |kind: &str, elements: &[u8]| {
        let (_folder, path) = with("a.npy", &npy(kind, "(1, 3)", elements));
        tensor(&path, None)
    };
    let check = |kind: &str, elements: &[u8], dtype: ops::DType, expected: &[f64]| {
        let tensor = of(kind, elements).unwrap();
        assert_eq!((tensor.dtype(), &tensor.to_f64().unwrap()[..]), (dtype, expected), "{kind}");
    };
    let three = [1.5, -2.0, 0.25];
    check("<f2", &[0, 0x3e, 0, 0xc0, 0, 0x34], ops::DType::F32, &three);
    check(">f2", &[0x3e, 0, 0xc0, 0, 0x34, 0], ops::DType::F32, &three);
    check("<f4", &three.map(|x| (x as f32).to_le_bytes()).concat(), ops::DType::F32, &three);
    check(">f4", &three.map(|x| (x as f32).to_be_bytes()).concat(), ops::DType::F32, &three);
    check(">f8", &three.map(f64::to_be_bytes).concat(), ops::DType::F64, &three);
    let whole = [1.0, -2.0, 100.0];
    check("|i1", &[1, 0xfe, 100], ops::DType::I32, &whole);
    check(">i2", &[1i16, -2, 100].map(i16::to_be_bytes).concat(), ops::DType::I32, &whole);
    check("<i8", &[1i64, -2, 100].map(i64::to_le_bytes).concat(), ops::DType::I64, &whole);
    check(">u2", &[1u16, 2, 60_000].map(u16::to_be_bytes).concat(), ops::DType::I32, &[1.0, 2.0, 60_000.0]);
    check(
        "<u4",
        &[0u32, 2, u32::MAX].map(u32::to_le_bytes).concat(),
        ops::DType::I64,
        &[0.0, 2.0, 4_294_967_295.0],
    );
    check("|b1", &[1, 0, 1], ops::DType::Bool, &[1.0, 0.0, 1.0]);
    let large = of("<u8", &[1u64, 2, u64::MAX].map(u64::to_le_bytes).concat()).unwrap_err().to_string();
    assert!(
        large.contains("at byte 144: found 18446744073709551615, expected at most 9223372036854775807"),
        "{large}"
    );
    for (kind, what, size) in [
        ("<U2", "texts", 8),
        ("|S3", "texts", 3),
        ("|O", "Python objects", 8),
        ("<c8", "complex", 8),
        ("<M8[ns]", "dates", 8),
    ] {
        let error = of(kind, &vec![0; 3 * size]).unwrap_err().to_string();
        assert!(error.contains(what) && error.contains(kind), "{error}");
    }
    // As `numpy.save` writes `numpy.asfortranarray(numpy.arange(6).reshape(2, 3).astype("u1"))`.
    let text = String::from_utf8_lossy(&npy("|u1", "(2, 3)", &[0, 3, 1, 4, 2, 5])).replace("False", "True ");
    let (_folder, path) = with("a.npy", &[&b"\x93"[..], &text.as_bytes()[3..]].concat());
    assert_eq!(tensor(&path, None).unwrap().to_f64().unwrap(), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
}

#[test]
fn an_array_is_had_by_its_name() {
    let (mu, sigma) =
        (npy("<f8", "(1,)", &1.5f64.to_le_bytes()), npy("<f8", "(1, 1)", &2.5f64.to_le_bytes()));
    let (_folder, path) = with("stat.npz", &archive(&[("mu.npy", &mu), ("sigma.npy", &sigma)], true));
    assert_eq!(tensor(&path, Some("mu")).unwrap().to_f64().unwrap(), [1.5]);
    assert_eq!(tensor(&path, Some("sigma")).unwrap().shape(), [1, 1]);
    let error = tensor(&path, None).unwrap_err().to_string();
    assert!(
        error.contains("has 2 arrays: mu, sigma") && error.contains("data::array(path, \"name\")"),
        "{error}"
    );
    let error = tensor(&path, Some("nu")).unwrap_err().to_string();
    assert!(error.contains("has no array `nu`\n  help: it has mu, sigma"), "{error}");
    let error = get(&path, &ReadOptions::default()).unwrap_err().to_string();
    assert!(error.contains("data::array(path, \"name\")"), "{error}");
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
        let set = get(&path, &ReadOptions::default()).unwrap();
        assert_eq!((set.labels().as_deref(), set.class_names().len()), (Some(&[0, 3][..]), 4));
        let fit = Fit { size: Some(1), ..Fit::default() };
        let named = ReadOptions {
            array: Some("x_train".into()),
            labels: Some("other".into()),
            fit,
            ..ReadOptions::default()
        };
        assert_eq!(get(&path, &named).unwrap().shape(), [1, 1, 1]);
        let wrong = ReadOptions { array: Some("z".into()), ..ReadOptions::default() };
        assert!(get(&path, &wrong).unwrap_err().to_string().contains("it has x_train, y_train, other"));
        let test =
            load(path.to_str().unwrap(), Split::Test, &ReadOptions::default(), &[]).unwrap_err().to_string();
        assert!(test.contains("a.npz has no test split: it has train"), "{test}");
    }
    for (items, labels) in [("images", "targets"), ("X", "Y"), ("data", "label"), ("arr_0", "target")] {
        let files = [(format!("{items}.npy"), &x[..]), (format!("{labels}.npy"), &y)];
        let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (&**name, *bytes)).collect();
        let (_folder, path) = with("a.npz", &archive(&files, true));
        let set = get(&path, &ReadOptions::default()).unwrap();
        assert_eq!(set.labels().as_deref(), Some(&[0, 3][..]), "{items} and {labels}");
    }
}

#[test]
fn a_set_without_labels_says_why() {
    let x = npy("|u1", "(2, 1, 2)", &[1, 2, 3, 4]);
    let y = npy("<i8", "(2,)", &[0u64, 3].map(u64::to_le_bytes).concat());
    let (_folder, path) = with("a.npz", &archive(&[("images.npy", &x), ("kind.npy", &y)], true));
    let heard = Heard::default();
    let set = get(&path, &ReadOptions { caller: Some(&heard), ..ReadOptions::default() }).unwrap();
    assert!(
        set.unlabelled().contains("none of the other arrays (kind) is called labels"),
        "{}",
        set.unlabelled()
    );
    let heard = heard.all();
    assert!(heard.contains("a.npz: read without labels: none of the other arrays (kind)"), "{heard}");
    let named = ReadOptions { labels: Some("kind".into()), ..ReadOptions::default() };
    assert_eq!(get(&path, &named).unwrap().unlabelled(), "");
}

#[test]
fn without_splits_all_is_for_training() {
    let of = |name: &str, split: Split| {
        let (_folder, path) = with(name, &npy("|u1", "(1, 1, 1)", &[1]));
        load(path.to_str().unwrap(), split, &ReadOptions::default(), &[])
    };
    let error = of("plain.npy", Split::Test).unwrap_err().to_string();
    assert!(
        error.contains("plain.npy has no test split") && error.contains("random_split([0.9, 0.1])"),
        "{error}"
    );
    assert_eq!(of("plain.npy", Split::Train).unwrap().len(), 1);
    assert_eq!(of("my-test-images.npy", Split::Test).unwrap().len(), 1);
    assert!(of("my-train-images.npy", Split::Validation).is_err());
}

/// Labels of every type that holds whole numbers.
#[test]
fn labels_are_whole_numbers_of_any_type() {
    let x = npy("|u1", "(2, 1, 1)", &[1, 2]);
    let labels = |kind: &str, shape: &str, elements: &[u8]| {
        let (_folder, path) =
            with("a.npz", &archive(&[("x.npy", &x), ("y.npy", &npy(kind, shape, elements))], true));
        get(&path, &ReadOptions::default()).map(|set| set.labels().unwrap())
    };
    assert_eq!(labels(">i4", "(2,)", &[0, 0, 0, 7, 0, 0, 0, 1]).unwrap(), [7, 1]);
    assert_eq!(labels("<f4", "(2,)", &[0f32, 2.0].map(f32::to_le_bytes).concat()).unwrap(), [0, 2]);
    assert_eq!(labels("|u1", "(2, 1)", &[4, 5]).unwrap(), [4, 5]);
    let refused = |kind: &str, shape: &str, elements: &[u8], expected: &str| {
        let error = labels(kind, shape, elements).unwrap_err().to_string();
        assert!(error.contains("`y.npy`") && error.contains(expected), "{error}");
    };
    refused("<f4", "(2,)", &[0.5f32, 2.0].map(f32::to_le_bytes).concat(), "negative, large or not whole");
    refused("<f4", "(2,)", &[f32::NAN, 2.0].map(f32::to_le_bytes).concat(), "negative, large or not whole");
    refused("|u1", "(2, 3)", &[0; 6], "of one-hot rows");
    refused("<U1", "(2,)", &[0; 8], "texts, not numbers");
    refused("|u1", "(3,)", &[0; 3], "the shape [3], expected [2]");
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
    assert_eq!(get(&path, &ReadOptions::default()).unwrap().labels().as_deref(), Some(&[7, 8][..]));
    std::fs::write(
        folder.path().join("set-labels.npz"),
        archive(&[("arr_0.npy", &npy("|u1", "(3,)", &[7, 8, 9]))], false),
    )
    .unwrap();
    let error = get(&path, &ReadOptions::default()).unwrap_err().to_string();
    assert!(error.contains("set-labels.npz") && error.contains("the shape [3], expected [2]"), "{error}");
}

#[test]
fn faults_name_file_offset_and_expectation() {
    let whole = npy("|u1", "(2, 2, 2)", &[0; 8]);
    fails("a.npy", &whole[..130], "at byte 130: found the end after 2 bytes of elements, expected 8");
    fails("a.npy", &whole[..60], "at byte 60: found the end of the file, expected a whole header");
    fails("a.npy", b"P5 2 2", "at byte 0: found [50, 35");
    fails(
        "a.npy",
        &npy("<u2", "(1, 1, 1)", &[0; 2]),
        "at byte 8: found elements of type u16, whose largest value",
    );
    fails("a.npy", &npy("|O", "(1,)", &[0; 4]), "elements of type |O");
    fails(
        "a.npy",
        &npy("|u1", "(1, 2, 2, 2)", &[0; 8]),
        "bytes of the shape [1, 2, 2, 2], expected pictures",
    );
    fails("a.npy", &npy("|u1", "(8,)", &[0; 8]), "data::array(path)");
    fails("a.npy", &npy("|u1", "(0, 2, 2)", &[]), "the shape [0, 2, 2]");
    let huge = format!("({0}, {0}, {0})", u64::MAX);
    fails("a.npy", &npy("|u1", &huge, &[0; 8]), "expected a shape smaller than");
    fails(
        "a.npz",
        &archive(&[("x.npy", &whole[..130])], true),
        "found `x.npy`: at byte 130: the end after 2 bytes",
    );
    let labels = npy("|i1", "(2,)", &[1, 255]);
    let set = [("x.npy", &whole[..]), ("y.npy", &labels)];
    fails("a.npz", &archive(&set, true), "`y.npy`: at byte 129: a label that is negative");
}
