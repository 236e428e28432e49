//! Files that lie: of what they hold, and pointing elsewhere.

use std::{
    fs,
    path::{Path, PathBuf},
};

use onnx_net::{
    OnnxFile, module,
    proto::{AttributeProto, GraphProto, SparseTensorProto, StringStringEntryProto, TrainingInfoProto},
};

use crate::build::*;

/// A folder of its own, deleted at the end.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("onnx-reading-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("model")).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub fn linear() -> Net {
    Net::new()
        .input("x", F32, &[-1, 2])
        .floats("w", &[2, 2], &[1.0, 2.0, 3.0, 4.0])
        .op("MatMul", "x w -> y", vec![])
        .output("y")
}

/// The elements of `w` in another file, as the entries say.
pub fn elsewhere(entries: &[(&str, &str)]) -> Net {
    let mut net = linear();
    let w = &mut net.graph().initializer[0];
    w.float_data.clear();
    w.data_location = 1;
    let entry = |(k, v): &(&str, &str)| StringStringEntryProto { key: (*k).into(), value: (*v).into() };
    w.external_data = entries.iter().map(entry).collect();
    net
}

fn read(folder: &Folder, net: &Net) -> Result<Vec<f32>, String> {
    let path = folder.0.join("model/net.onnx");
    fs::write(&path, net.bytes()).unwrap();
    let model = OnnxFile::read(&path).map_err(|e| e.to_string())?;
    let module = module(&model).map_err(|e| e.to_string())?;
    Ok(module.parameter("w").unwrap().get().to_f32().unwrap())
}

#[test]
fn elements_in_another_file_of_the_folder() {
    let folder = Folder::new("external");
    let bytes: Vec<u8> = [9.0f32, 1.0, 2.0, 3.0, 4.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    fs::write(folder.0.join("model/w.bin"), &bytes).unwrap();
    fs::write(folder.0.join("secret.bin"), &bytes).unwrap();
    let found = read(&folder, &elsewhere(&[("location", "w.bin"), ("offset", "4"), ("length", "16")]));
    assert_eq!(found.unwrap(), [1.0, 2.0, 3.0, 4.0]);
    let secret = folder.0.join("secret.bin");
    for (entries, expected) in [
        (vec![("location", "../secret.bin")], "leaves the model's folder"),
        (vec![("location", secret.to_str().unwrap())], "leaves the model's folder"),
        (vec![("location", "w.bin"), ("offset", "8")], "16 bytes at 8, but it has 20"),
        (vec![("location", "w.bin"), ("offset", "18446744073709551615")], "but it has 20"),
        (vec![("location", "w.bin"), ("length", "999999999999")], "has 16 bytes, but its length is"),
        (vec![("location", "gone.bin")], "gone.bin"),
        (vec![("location", ".")], "is not a file"),
        (vec![], "does not say which"),
    ] {
        let error = read(&folder, &elsewhere(&entries)).unwrap_err();
        assert!(error.contains(expected), "{entries:?}: {error}");
    }
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    let folder = Folder::new("links");
    fs::write(folder.0.join("secret.bin"), [0; 16]).unwrap();
    std::os::unix::fs::symlink(folder.0.join("secret.bin"), folder.0.join("model/w.bin")).unwrap();
    std::os::unix::fs::symlink(&folder.0, folder.0.join("model/up")).unwrap();
    for location in ["w.bin", "up/secret.bin"] {
        let error = read(&folder, &elsewhere(&[("location", location)])).unwrap_err();
        assert!(error.contains("goes through a link"), "{error}");
    }
}

/// As a Hugging Face cache lays them: `snapshots/REVISION/net.onnx` is a link to `blobs/HASH`, and so is what
/// it names.
#[cfg(unix)]
#[test]
fn links_of_a_cache_are_followed_to_the_files_of_that_model() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new("cache");
    let root = folder.0.join("models--own--net");
    let (snapshot, blobs) = (root.join("snapshots/main"), root.join("blobs"));
    fs::create_dir_all(&snapshot).unwrap();
    fs::create_dir_all(&blobs).unwrap();
    let bytes: Vec<u8> = [1.0f32, 2.0, 3.0, 4.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    fs::write(blobs.join("hash"), &bytes).unwrap();
    fs::write(folder.0.join("secret"), &bytes).unwrap();
    fs::write(blobs.join("net"), elsewhere(&[("location", "w.bin")]).bytes()).unwrap();
    symlink("../../blobs/net", snapshot.join("net.onnx")).unwrap();
    symlink("../../blobs/hash", snapshot.join("w.bin")).unwrap();
    let path = snapshot.join("net.onnx");
    assert_eq!(OnnxFile::read(&path).unwrap().elements().count(), 1);
    assert_eq!(OnnxFile::confined(&path).unwrap().elements().count(), 1);
    fs::remove_file(snapshot.join("w.bin")).unwrap();
    symlink("../../../secret", snapshot.join("w.bin")).unwrap();
    let error = OnnxFile::read(&path).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("goes through a link"), "{error}");
    let secret = folder.0.join("secret").canonicalize().unwrap();
    OnnxFile::confined_where(&path, &|real| real == secret).map(|_| ()).unwrap();
}

#[test]
fn what_is_no_plain_file_is_not_read() {
    // Its size is 0, and it never ends.
    for path in ["/dev/zero", "/"] {
        let error = OnnxFile::read(path.as_ref()).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("not a file") || error.contains("No such file"), "{error}");
    }
}

#[test]
fn a_file_that_others_read_is_confined_too() {
    let folder = Folder::new("confined");
    fs::write(folder.0.join("model/w.bin"), [0; 16]).unwrap();
    let path = folder.0.join("model/net.onnx");
    let confined = |location| {
        fs::write(&path, elsewhere(&[("location", location)]).bytes()).unwrap();
        OnnxFile::confined(&path).map(|_| ()).map_err(|e| e.to_string())
    };
    confined("w.bin").unwrap();
    assert!(confined("../secret.bin").unwrap_err().contains("leaves the model's folder"));
    assert!(confined("/etc/passwd").unwrap_err().contains("leaves the model's folder"));
}

/// Both ended the process of ONNX Runtime 1.31.1.
#[test]
fn what_would_end_another_program_is_refused() {
    let folder = Folder::new("ends");
    let path = folder.0.join("net.onnx");
    let confined = |net: Net| {
        fs::write(&path, net.output("y").bytes()).unwrap();
        OnnxFile::confined(&path).map(|_| ()).map_err(|e| e.to_string())
    };
    let attention = |heads| {
        let attributes = vec![int("q_num_heads", 2), int("kv_num_heads", heads)];
        Net::new().opset(24).input("x", F32, &[1, 3, 4]).op("Attention", "x x x -> y", attributes)
    };
    confined(attention(2)).unwrap();
    for heads in [0, -1, 1 << 32] {
        let error = confined(attention(heads)).unwrap_err();
        assert!(error.contains(&format!("the attribute `kv_num_heads` is {heads}")), "{error}");
    }
    let normalised = |edges| {
        let net = Net::new().input("x", F32, &[2, 2]).floats("w", &[2], &[1.0, 1.0]);
        confined(net.op("LayerNormalization", edges, vec![]))
    };
    normalised("x w -> y").unwrap();
    assert!(normalised("x w _ -> y").unwrap_err().contains("the third input has an empty name"));
}

#[test]
fn tensors_are_confined_wherever_they_stand() {
    let folder = Folder::new("everywhere");
    let path = folder.0.join("model/net.onnx");
    let outside = elsewhere(&[("location", "../secret.bin")]).graph().initializer[0].clone();
    let sparse = SparseTensorProto { values: Some(outside.clone()), ..Default::default() };
    let graph = GraphProto { initializer: vec![outside.clone()], ..Default::default() };
    let holding = |attribute| {
        importing(linear(), vec![function("f", "", "x", vec![node("Neg", "x -> y", vec![attribute])])])
    };
    let mut plain = importing(linear(), vec![function("f", "", "x", vec![])]);
    plain.0.functions[0].attribute_proto.push(AttributeProto { t: Some(outside), ..Default::default() });
    let mut training = linear();
    let algorithm = Some(graph.clone());
    training.0.training_info.push(TrainingInfoProto { algorithm, ..Default::default() });
    for net in [
        plain,
        training,
        holding(AttributeProto { sparse_tensor: Some(sparse.clone()), ..Default::default() }),
        holding(AttributeProto { sparse_tensors: vec![sparse], ..Default::default() }),
        holding(AttributeProto { graphs: vec![graph], ..Default::default() }),
    ] {
        fs::write(&path, net.bytes()).unwrap();
        let error = OnnxFile::confined(&path).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("leaves the model's folder"), "{error}");
    }
}

#[test]
fn many_initialisers_of_one_name_and_many_inputs_are_read_in_time() {
    let mut net = linear();
    for i in 0..50_000 {
        net = net.floats(&format!("unused{i}"), &[1], &[1.0]);
        net = net.input(&format!("unused{i}"), F32, &[1]);
    }
    net.module().unwrap();
}

#[test]
fn sizes_that_lie_are_refused() {
    for (dims, expected) in [
        (vec![2, 3], "has 4 elements, but its sizes [2, 3] say 6"),
        (vec![-2, -2], "has the sizes [-2, -2]"),
        (vec![i64::MAX, 4], "has the sizes"),
        (vec![1 << 31, 1 << 31], "has the sizes"),
    ] {
        let mut net = linear();
        net.graph().initializer[0].dims = dims;
        let error = net.module().map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

/// A product with `n` by `n` numbers, as bytes in the file itself.
pub fn large(n: usize) -> Net {
    let mut net = Net::new()
        .input("x", F32, &[-1, n as i64])
        .floats("w", &[n as i64, n as i64], &[0.0])
        .op("MatMul", "x w -> y", vec![])
        .output("y");
    let w = &mut net.graph().initializer[0];
    w.float_data.clear();
    w.raw_data = (0..n * n).flat_map(|i| (i as f32).to_le_bytes()).collect();
    net
}

/// The network of a file that is opened: its elements are read when it is made.
pub fn opened(path: &Path) -> Result<ops::nn::Module, String> {
    OnnxFile::open(path).and_then(|file| module(&file)).map_err(|e| e.to_string())
}

#[test]
fn elements_that_are_left_in_a_file_are_those_of_the_network() {
    let folder = Folder::new("left");
    let path = folder.0.join("model/net.onnx");
    for n in [2, 15, 16, 40, 700] {
        fs::write(&path, large(n).bytes()).unwrap();
        let w = opened(&path).unwrap().parameter("w").unwrap().get();
        assert_eq!(w.shape(), [n, n]);
        assert_eq!(w.to_f32().unwrap(), (0..n * n).map(|i| i as f32).collect::<Vec<_>>());
    }
    fs::write(folder.0.join("model/w.bin"), [0u8; 4].repeat(7)).unwrap();
    fs::write(&path, elsewhere(&[("location", "w.bin"), ("offset", "12")]).bytes()).unwrap();
    assert_eq!(opened(&path).unwrap().parameter("w").unwrap().get().to_f32().unwrap(), [0.0; 4]);
    fs::write(&path, elsewhere(&[("location", "w.bin"), ("offset", "16")]).bytes()).unwrap();
    let error = opened(&path).map(|_| ()).unwrap_err();
    assert!(error.contains("16 bytes at 16, but it has 28"), "{error}");
}

#[test]
fn a_file_that_was_cut_off_after_it_was_opened_is_an_error() {
    let folder = Folder::new("changed");
    let path = folder.0.join("model/net.onnx");
    let bytes = large(40).bytes();
    fs::write(&path, &bytes).unwrap();
    let file = OnnxFile::open(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let error = module(&file).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("net.onnx: 6400 bytes at"), "{error}");
}
