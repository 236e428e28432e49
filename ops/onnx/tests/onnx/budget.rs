//! Elements in other files, held against the budget of tensor bytes.

use std::{env, fs, path::Path, process::Command};

use onnx_net::{
    OnnxFile, module,
    proto::{GraphProto, ModelProto, StringStringEntryProto, TensorProto},
};
use ops::tensor::{live_bytes, set_budget};
use prost::Message as _;

use crate::build::*;

/// Set, to a folder, in the process that runs one of these tests alone: budget and memory are one for all of
/// a process.
const ALONE: &str = "ONNX_BUDGET_ALONE";

/// Runs a test of this file in a process of its own, where it is `f` in a folder that `prepare` was called
/// with.
fn alone(name: &str, prepare: impl FnOnce(&Path), f: impl FnOnce(&Path)) {
    if let Some(folder) = env::var_os(ALONE) {
        return f(Path::new(&folder));
    }
    let folder = env::temp_dir().join(format!("onnx-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    prepare(&folder);
    let mut own = Command::new(env::current_exe().unwrap());
    let output = own.args([&format!("budget::{name}"), "--exact"]).env(ALONE, &folder).output().unwrap();
    let _ = fs::remove_dir_all(&folder);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[test]
fn a_network_takes_little_more_memory_than_its_file() {
    alone("a_network_takes_little_more_memory_than_its_file", write_large, loads_once);
}

/// A network of 64 MB: half are weights, half regular numbers that no training gives.
fn write_large(folder: &Path) {
    const SIDE: usize = 2000;
    let mut net = Net::new().input("h0", F32, &[-1, SIDE as i64]).output("h4");
    for i in 0..4 {
        net = net.floats(&format!("w{i}"), &[SIDE as i64, SIDE as i64], &[]);
        net = net.op("MatMul", &format!("h{i} w{i} -> h{}", i + 1), vec![]);
    }
    for (k, w) in net.graph().initializer.iter_mut().enumerate() {
        let number = |i: usize| if k < 2 { scattered(i) } else { i as f32 };
        w.raw_data = (0..SIDE * SIDE).flat_map(|i| number(i).to_le_bytes()).collect();
    }
    fs::write(folder.join("net.onnx"), net.bytes()).unwrap();
}

fn scattered(i: usize) -> f32 {
    (i * 40503 % 65536) as f32
}

fn loads_once(folder: &Path) {
    let path = folder.join("net.onnx");
    let (size, before) = (path.metadata().unwrap().len() as f64, peak());
    let network = OnnxFile::open(&path).and_then(|file| module(&file)).unwrap();
    let more = (peak() - before) as f64;
    assert!(more < 1.3 * size, "{more} bytes for a file of {size}");
    let parameters: Vec<_> = network.named_parameters().into_iter().map(|(name, _)| name).collect();
    assert_eq!(parameters, ["w0", "w1"]);
    assert_eq!(network.parameter("w1").unwrap().get().to_f32().unwrap()[1_999_999], scattered(1_999_999));
}

/// The most bytes of memory that this process has had; 0 where the system does not say.
fn peak() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok()).unwrap_or(0) << 10
}

#[test]
fn elements_in_other_files_are_held_against_the_budget_together() {
    let name = "elements_in_other_files_are_held_against_the_budget_together";
    alone(name, |_| {}, files_are_counted_together);
}

fn files_are_counted_together(folder: &Path) {
    fs::write(folder.join("w.bin"), vec![0; 1 << 20]).unwrap();
    // Each alone fits, and all name the same bytes.
    let location = StringStringEntryProto { key: "location".into(), value: "w.bin".into() };
    let one = |i| TensorProto {
        name: format!("w{i}"),
        dims: vec![1 << 18],
        data_type: 1,
        data_location: 1,
        external_data: vec![location.clone()],
        ..Default::default()
    };
    let graph = GraphProto { initializer: (0..10).map(one).collect(), ..Default::default() };
    let model = ModelProto { ir_version: 8, graph: Some(graph), ..Default::default() };
    fs::write(folder.join("net.onnx"), model.encode_to_vec()).unwrap();
    let before = live_bytes();
    set_budget(before + (5 << 20));
    let read = OnnxFile::read(&folder.join("net.onnx")).map(|_| ());
    set_budget(isize::MAX as usize);
    let error = read.unwrap_err().to_string();
    assert!(error.contains("1048576 bytes more, which memory does not hold"), "{error}");
    assert_eq!(live_bytes(), before, "bytes that nobody holds are counted");
}
