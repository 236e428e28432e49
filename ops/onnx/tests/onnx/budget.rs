//! Elements in other files, held against the budget of tensor bytes.

use std::{env, process::Command};

use onnx_net::{
    OnnxFile,
    proto::{GraphProto, ModelProto, StringStringEntryProto, TensorProto},
};
use ops::tensor::{live_bytes, set_budget};
use prost::Message as _;

/// Set in the process that runs this test alone: the budget is one for all of a process.
const ALONE: &str = "ONNX_BUDGET_ALONE";

#[test]
fn elements_in_other_files_are_held_against_the_budget_together() {
    if env::var_os(ALONE).is_some() {
        return files_are_counted_together();
    }
    let name = "budget::elements_in_other_files_are_held_against_the_budget_together";
    let mut own = Command::new(env::current_exe().unwrap());
    let output = own.args([name, "--exact"]).env(ALONE, "1").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

fn files_are_counted_together() {
    let folder = env::temp_dir().join(format!("onnx-budget-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("w.bin"), vec![0; 1 << 20]).unwrap();
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
    std::fs::write(folder.join("net.onnx"), model.encode_to_vec()).unwrap();
    let before = live_bytes();
    set_budget(before + (5 << 20));
    let read = OnnxFile::read(&folder.join("net.onnx")).map(|_| ());
    set_budget(isize::MAX as usize);
    let error = read.unwrap_err().to_string();
    assert!(error.contains("1048576 bytes more, which memory does not hold"), "{error}");
    assert_eq!(live_bytes(), before, "bytes that nobody holds are counted");
    let _ = std::fs::remove_dir_all(folder);
}
