//! Real runs of models, on the library that `locate` finds.

mod values;

use std::{fs, path::Path};

use half::{bf16, f16};
use ndarray::{Array1, ArrayD, Axis, arr2};
use ops::{Array, DType, Device, random::Key, tensor::Data};

use super::*;
use crate::error::Result;
use fixture::Message;

/// Says that a test is skipped where there is no library.
fn library_is_here() -> bool {
    let here = locate(None).is_ok();
    if !here {
        eprintln!("skipped: no ONNX Runtime (scripts/setup.sh gets it)");
    }
    here
}

fn open(model: &Message) -> Result<Model> {
    Model::open(model.file().path(), Device::Cpu, None)
}

fn run(model: &Model, name: &str, array: impl Into<Array>) -> Result<Vec<(String, Array)>> {
    model.run(vec![(name.to_owned(), array.into())])
}

/// Row `i` is `[i, 1, 0.25]`; `dense` makes `[i + 0.75, 0.25]` of it.
fn rows(count: usize) -> ArrayD<f32> {
    ArrayD::from_shape_fn(vec![count, 3], |at| [at[0] as f32, 1.0, 0.25][at[1]])
}

fn dense_of_rows(count: usize) -> Array {
    ArrayD::from_shape_fn(vec![count, 2], |at| [at[0] as f32 + 0.75, 0.25][at[1]]).into()
}

#[test]
fn any_number_of_rows_runs_on_a_free_and_on_a_fixed_batch() {
    if !library_is_here() {
        return;
    }
    for batch in [None, Some(1), Some(4)] {
        let model = open(&fixture::dense(batch)).unwrap();
        assert_eq!(model.batch(), batch.map(|rows| rows as usize));
        assert_eq!(model.inputs()[0].to_string(), "x: f32 [?, 3]");
        assert_eq!(model.outputs()[0].to_string(), "y: f32 [?, 2]");
        for count in [1, 3, 4, 5, 8, 11] {
            let found = run(&model, "x", rows(count)).unwrap();
            assert_eq!(found, [("y".to_owned(), dense_of_rows(count))], "{batch:?} {count}");
        }
    }
}

#[test]
fn rows_that_depend_on_each_other_are_not_computed_in_pieces() {
    if !library_is_here() {
        return;
    }
    for operator in ["CumSum", "ReduceMean"] {
        let model = open(&fixture::mixing(operator, Some(4))).unwrap();
        let rows = |count: usize| ArrayD::from_shape_fn(vec![count, 2], |at| (at[0] * at[0] + at[1]) as f32);
        // Equal rows show nothing, so nothing is settled by them.
        let _ = run(&model, "x", ArrayD::<f32>::zeros(vec![6, 2]));
        for count in [6, 8] {
            let error = run(&model, "x", rows(count)).unwrap_err().to_string();
            assert!(error.contains("takes 4 rows at once") && error.contains("give 4 rows"), "{error}");
        }
        let own = run(&model, "x", rows(4)).unwrap();
        let free = run(&open(&fixture::mixing(operator, None)).unwrap(), "x", rows(4)).unwrap();
        assert_eq!(own, free, "{operator}");
    }
}

/// No probe shows it as long as all rows are small.
#[test]
fn rows_that_only_a_large_one_changes_are_not_computed_in_pieces() {
    if !library_is_here() {
        return;
    }
    let model = open(&fixture::switched(Some(4))).unwrap();
    let rows = |count: usize| ArrayD::from_shape_fn(vec![count, 2], |at| (at[0] * 25 + at[1]) as f32);
    for count in [3, 6] {
        let error = run(&model, "x", rows(count)).unwrap_err().to_string();
        assert!(error.contains("takes 4 rows at once") && error.contains("ReduceMax"), "{error}");
    }
    assert_eq!(run(&model, "x", rows(4)).unwrap()[0].1, rows(4).into());
}

#[test]
fn a_model_without_inputs_gives_one_batch() {
    if !library_is_here() {
        return;
    }
    let found = open(&fixture::constant()).unwrap().run(Vec::new()).unwrap();
    assert_eq!(found, [("y".to_owned(), arr2(&[[1.0_f32, 0.0]]).into_dyn().into())]);
}

#[test]
fn an_array_in_column_order_is_read_right() {
    if !library_is_here() {
        return;
    }
    let columns = arr2(&[[0.0_f32, 1.0], [1.0, 1.0], [0.25, 0.25]]).reversed_axes();
    for batch in [None, Some(4)] {
        let found = run(&open(&fixture::dense(batch)).unwrap(), "x", columns.clone().into_dyn());
        assert_eq!(found.unwrap()[0].1, dense_of_rows(2));
    }
}

#[test]
fn every_element_type_goes_in_and_comes_out() {
    if !library_is_here() {
        return;
    }
    let arrays: [Array; 13] = [
        Array1::from(vec![0.5_f32, -1.0, f32::MAX]).into_dyn().into(),
        Array1::from(vec![0.5_f64, -1.0, f64::MAX]).into_dyn().into(),
        Array1::from(vec![0_i32, -1, i32::MIN]).into_dyn().into(),
        Array1::from(vec![0_i64, -1, i64::MIN]).into_dyn().into(),
        Array1::from(vec![true, false, true]).into_dyn().into(),
        Array::new([3], vec![f16::MAX, f16::MIN_POSITIVE, f16::NEG_INFINITY]).unwrap(),
        Array::new([3], vec![bf16::MAX, bf16::MIN_POSITIVE, bf16::NEG_INFINITY]).unwrap(),
        Array::new([3], vec![0_i8, -1, i8::MIN]).unwrap(),
        Array::new([3], vec![0_i16, -1, i16::MIN]).unwrap(),
        Array::new([3], vec![0_u8, 1, u8::MAX]).unwrap(),
        Array::new([3], vec![0_u16, 1, u16::MAX]).unwrap(),
        Array::new([3], vec![0_u32, 1, u32::MAX]).unwrap(),
        Array::new([3], vec![0_u64, 1, u64::MAX]).unwrap(),
    ];
    for batch in [None, Some(2)] {
        let model = open(&fixture::identities(batch)).unwrap();
        let named =
            |side: &str| arrays.clone().map(|array| (format!("{side}-{}", array.dtype()), array)).to_vec();
        assert_eq!(model.run(named("in")).unwrap(), named("out"));
    }
}

#[test]
fn inputs_of_different_numbers_of_rows_are_refused() {
    if !library_is_here() {
        return;
    }
    let model = open(&fixture::identities(Some(2))).unwrap();
    let zeros = |port: &ModelPort, rows: usize| Array::zeros(&[rows], port.dtype.unwrap());
    let counts = |i| if i == 4 { 5 } else { 3 };
    let inputs = model
        .inputs()
        .iter()
        .enumerate()
        .map(|(i, port)| (port, counts(i)))
        .map(|(port, rows)| (port.name.clone(), zeros(port, rows)));
    let error = model.run(inputs.collect()).unwrap_err().to_string();
    assert!(error.starts_with("input `in-f32` has 3 rows, but input `in-bool` has 5"), "{error}");
}

#[test]
fn rows_of_changing_shape_cannot_be_joined() {
    if !library_is_here() {
        return;
    }
    let model = open(&fixture::ragged()).unwrap();
    assert_eq!(model.batch(), Some(1));
    let same = run(&model, "x", arr2(&[[0.0_f32, 1.0, 1.0], [1.0, 0.0, 1.0]]).into_dyn()).unwrap();
    let positions = ArrayD::from_shape_vec(vec![2, 1, 2], vec![1_i64, 2, 0, 2]).unwrap();
    assert_eq!(same[0].1, positions.into());
    let error = run(&model, "x", arr2(&[[0.0_f32, 1.0, 1.0], [1.0, 0.0, 0.0]]).into_dyn());
    let error = error.unwrap_err().to_string();
    assert!(error.contains("an output has shape [1, 1, 1] where 1 rows of shape [1, 2]"), "{error}");
}

/// A file fixes one row, and is given several rows of one input and one of the other.
#[test]
fn an_input_of_one_row_goes_with_each_row_of_the_others() {
    if !library_is_here() {
        return;
    }
    let value = |name| fixture::value(name, DType::F32, &[Some(1), Some(2)]);
    let graph = Message::default().bytes(1, fixture::node("Add", &["x", "c"], "y"));
    let graph = graph.bytes(11, value("x")).bytes(11, value("c")).bytes(12, value("y"));
    let model = open(&fixture::model(graph)).unwrap();
    let x = ArrayD::from_shape_fn(vec![3, 2], |at| (2 * at[0] + at[1]) as f32);
    let c = ArrayD::from_elem(vec![1, 2], 10.0f32);
    let y = model.run(vec![("c".into(), c.into()), ("x".into(), x.into())]).unwrap();
    assert_eq!(
        (y[0].1.shape(), y[0].1.data().to_f64()),
        (&[3, 2][..], vec![10.0, 11.0, 12.0, 13.0, 14.0, 15.0])
    );
}

#[test]
fn a_file_describes_itself() {
    let model = onnx_net::OnnxFile::from_bytes(fixture::dense(None).as_ref()).unwrap();
    let header = Header::of(model.proto());
    let expected = Header {
        ir_version: 8,
        producer: "fixture 1.5".into(),
        opsets: vec![(String::new(), 11)],
        metadata: vec![("author".into(), "nobody".into())],
    };
    assert_eq!(header, expected);
    assert_eq!(header.opset(), Some(11));
}

/// None of these reaches ONNX Runtime: they give the same error without the library.
#[test]
fn files_that_are_no_models_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    let error = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        Model::open(&path, Device::Cpu, None).unwrap_err().to_string()
    };
    let whole = fixture::dense(None);
    let whole = whole.as_ref();
    let endless = [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    let far_beyond_the_end = [0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
    for (bytes, found) in [
        (&b""[..], "it has no format version or no graph"),
        (b"\x08\x08", "it has no format version or no graph"),
        (b"<!DOCTYPE html>", "wire type 4"),
        (&endless, "a number of more than 64 bits"),
        (&far_beyond_the_end, "where 0 are left"),
        (&whole[..whole.len() / 2], "the file is cut off or damaged"),
    ] {
        let error = error(bytes);
        assert!(error.starts_with(&path.display().to_string()) && error.contains(found), "{error}");
    }
    for other in [folder.path(), Path::new("no-such-model.onnx")] {
        let error = Model::open(other, Device::Cpu, None).unwrap_err().to_string();
        assert!(error.starts_with(&other.display().to_string()), "{error}");
    }
}

#[test]
fn a_graph_that_onnx_runtime_refuses_is_an_error_with_its_reason() {
    if !library_is_here() {
        return;
    }
    let value = |name| fixture::value(name, DType::F32, &[None]);
    let graph = Message::default()
        .bytes(1, fixture::node("Teleport", &["x"], "y"))
        .bytes(11, value("x"))
        .bytes(12, value("y"));
    let error = open(&fixture::model(graph)).unwrap_err().to_string();
    assert!(error.contains(".onnx: ONNX Runtime: ") && error.contains("Teleport"), "{error}");
}

/// ONNX Runtime would open them itself.
#[test]
fn files_of_elements_lie_in_the_folder_of_the_model() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("model")).unwrap();
    let numbers: Vec<u8> = [2.0f32, 3.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    fs::write(folder.path().join("model/c.bin"), &numbers).unwrap();
    fs::write(folder.path().join("secret.bin"), &numbers).unwrap();
    let path = folder.path().join("model/net.onnx");
    let opened = |location: &str| {
        fs::write(&path, fixture::elsewhere(location)).unwrap();
        Model::open(&path, Device::Cpu, None)
    };
    let secret = folder.path().join("secret.bin");
    for location in ["../secret.bin", &secret.to_string_lossy()] {
        let error = opened(location).unwrap_err().to_string();
        assert!(error.contains("net.onnx: ") && error.contains("leaves the model's folder"), "{error}");
    }
    if library_is_here() {
        let model = opened("c.bin").unwrap();
        let y = run(&model, "x", ArrayD::from_elem(vec![1, 2], 1.0f32)).unwrap();
        assert_eq!(y[0].1.data().to_f64(), [2.0, 3.0]);
    }
}

#[test]
fn a_library_without_cuda_does_not_fall_back() {
    if !library_is_here() {
        return;
    }
    let file = fixture::dense(None).file();
    let Err(error) = Model::open(file.path(), Device::Gpu, None) else {
        eprintln!("skipped: this library computes with CUDA");
        return;
    };
    assert!(error.to_string().contains("CUDA"), "{error}");
}

#[test]
fn one_process_uses_one_library() {
    if !library_is_here() {
        return;
    }
    let file = fixture::dense(None).file();
    let library = locate(None).unwrap();
    Model::open(file.path(), Device::Cpu, Some(&library)).unwrap();
    let other = tempfile::NamedTempFile::new().unwrap();
    let error = Model::open(file.path(), Device::Cpu, Some(other.path())).unwrap_err();
    assert!(error.to_string().contains("already loaded from"), "{error}");
}

#[test]
fn threads_may_share_a_model() {
    if !library_is_here() {
        return;
    }
    let model = open(&fixture::dense(Some(4))).unwrap();
    std::thread::scope(|scope| {
        for count in 1..5 {
            let model = &model;
            scope.spawn(move || {
                for _ in 0..20 {
                    assert_eq!(run(model, "x", rows(count)).unwrap()[0].1, dense_of_rows(count));
                }
            });
        }
    });
}

#[test]
fn an_assertion_inside_a_call_becomes_the_message_of_the_library() {
    let asserted =
        r#"infallible: Error { code: InvalidArgument, message: "a size below -1", ptr: 0x7f21e8800740 }"#;
    let caught = runtime::guarded(|| -> Result<(), String> { panic!("{asserted}") });
    assert_eq!(caught, Err("a size below -1".to_owned()));
}

#[test]
fn a_panic_inside_a_call_becomes_its_error() {
    let caught = runtime::guarded(|| -> Result<(), String> { panic!("no {}", "api") });
    assert_eq!(caught, Err("no api".to_owned()));
}

/// The folder that `HOST_MODELS` names holds any models: each opens, and rows run one by one give
/// what they give together; one thread gives the same bits as all.
#[test]
fn real_models_open_and_run() {
    let Some(folder) = std::env::var_os("HOST_MODELS").filter(|_| library_is_here()) else {
        eprintln!("skipped: HOST_MODELS names no folder of models");
        return;
    };
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    for path in paths.filter(|path| path.extension().is_some_and(|extension| extension == "onnx")) {
        let model = Model::open(&path, Device::Cpu, None).unwrap();
        assert!(model.header().opset().is_some(), "{}", path.display());
        let input = &model.inputs()[0];
        let mut shape: Vec<usize> = input.shape.iter().flatten().map(|axis| axis.unwrap_or(1)).collect();
        shape[0] = 3;
        let pixels = Key::new(1).draw(0).uniform(shape.iter().product());
        let images = ArrayD::from_shape_vec(shape, pixels).unwrap();
        let together = run(&model, &input.name, images.clone()).unwrap();
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let narrow = one.install(|| Model::open(&path, Device::Cpu, None)).unwrap();
        assert_eq!(run(&narrow, &input.name, images.clone()).unwrap(), together, "on one thread");
        for row in 0..3 {
            let image = images.select(Axis(0), &[row]);
            for ((name, alone), (_, all)) in run(&model, &input.name, image).unwrap().iter().zip(&together) {
                let (Data::F32(alone), Data::F32(all)) = (alone.data(), all.data()) else { panic!("{name}") };
                let all = &all[row * alone.len()..][..alone.len()];
                let apart = alone.iter().zip(all).map(|(x, y)| (x - y).abs());
                let largest = apart.fold(0.0_f32, f32::max);
                assert!(largest < 1e-4, "{} {name}: {largest}", path.display());
            }
        }
    }
}
