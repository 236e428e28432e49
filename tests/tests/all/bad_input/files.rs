//! Data sets and models whose files are not in order.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use tests::{Bench, Outcome, onnxruntime, skipped};

const IMAGES: &str = "d/train-images-idx3-ubyte";
const LABELS: &str = "d/train-labels-idx1-ubyte";

/// An IDX file: type code, sizes, content.
fn idx(code: u8, sizes: &[u32], content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, code, sizes.len() as u8];
    sizes.iter().for_each(|size| bytes.extend(size.to_be_bytes()));
    bytes.extend(content);
    bytes
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn images() -> Vec<u8> {
    let pixels: Vec<u8> =
        (0..5 * 16 * 16).map(|i: u32| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    idx(8, &[5, 16, 16], &pixels)
}

/// A plugin that loads the data set of these files.
fn load(files: &[(&str, &[u8])]) -> Outcome {
    let bench = Bench::new();
    for (name, bytes) in files {
        bench.write(name, bytes);
    }
    let text = "let cfg = params(#{ set: path(\"d\") });\nlet set = data::load(cfg.set).train();\n\
                print(set);\nset.labels();";
    let set = bench.path().join("d");
    bench.script(text, &[&format!("set={}/", set.display())]).run()
}

#[test]
fn a_data_set_in_order_is_read() {
    load(&[(IMAGES, &images()), (LABELS, &idx(8, &[5], &[0, 1, 2, 1, 0]))]).code(0);
    let name = format!("{IMAGES}.gz");
    load(&[(&name, &packed(&images())), (LABELS, &idx(8, &[5], &[0, 1, 2, 1, 0]))]).code(0);
}

#[test]
fn labels_that_are_none_are_named() {
    let fails = |text: &str, expected: &str| {
        Bench::new().run(text).code(1).says(&[
            "own.rhai:1:",
            expected,
            "help: give whole numbers [N], from 0",
        ]);
    };
    fails("data::from(zeros([2, 1]), tensor([-1, 1]));", "the label of item 0 is -1");
    fails("data::from(zeros([2, 1]), tensor([1, 0.5]));", "the label of item 1 is 0.5");
}

#[test]
fn weights_that_are_no_safetensors_or_of_other_types_say_what_to_do() {
    let load = |name: &str, bytes: &[u8]| {
        let bench = Bench::new();
        let file = bench.write(name, bytes);
        let text = "let cfg = params(#{ file: path(\"\") });\nnn::linear(1, 1).load(cfg.file);";
        bench.script(text, &[&format!("file={}", file.display())]).run().code(1)
    };
    let pickled = ["w.pth: a file that torch.save wrote", "safetensors.torch.save_file"];
    load("w.pth", b"PK\x03\x04archive").says(&pickled);
    load("w.pth", b"\x80\x02}q\x00.").says(&pickled);
    let tensors = r#"{"weight":{"dtype":"I64","shape":[1,1],"data_offsets":[0,8]},
        "bias":{"dtype":"I64","shape":[1],"data_offsets":[8,16]}}"#;
    let bytes = [&(tensors.len() as u64).to_le_bytes()[..], tensors.as_bytes(), &[0; 16]].concat();
    let outcome = load("w.safetensors", &bytes).says(&["its names are those of the network"]);
    assert!(outcome.stderr.contains("w.safetensors: the tensors do not fit"), "{}", outcome.stderr);
    assert!(!outcome.stderr.contains("map"), "{}", outcome.stderr);
}

#[test]
fn arrays_of_nothing_are_named() {
    let bench = Bench::new();
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3), }";
    let npy = [b"\x93NUMPY\x01\x00", &(header.len() as u16).to_le_bytes()[..], header.as_bytes()].concat();
    bench.write("d/a.npy", npy);
    // A zip file without entries.
    bench.write("d/a.npz", [&b"PK\x05\x06"[..], &[0; 18]].concat());
    let text = "let cfg = params(#{ d: path(\"\"), f: \"\" });\ndata::array(cfg.f);";
    let of = |file: &str| {
        let folder = bench.path().join("d");
        let file = if file.is_empty() { String::new() } else { folder.join(file).display().to_string() };
        bench.script(text, &[&format!("d={}", folder.display()), &format!("f={file}")]).run().code(1)
    };
    of("a.npy").says(&["a.npy", "an array without elements, of the shape [0, 3]"]);
    of("a.npz").says(&["a.npz holds no array"]);
    of("").says(&["the path is empty"]);
}

#[test]
fn a_truncated_or_corrupt_gzip_file_is_reported() {
    let name = format!("{IMAGES}.gz");
    let whole = packed(&images());
    let outcome = load(&[(&name, &whole[..whole.len() / 2])]).code(1);
    outcome.says(&["own.rhai:2:", &name, "at byte ", "a damaged gzip stream", "fetch the file again"]);
    let mut corrupt = whole.clone();
    let middle = corrupt.len() / 2;
    corrupt[middle..middle + 8].fill(0xff);
    load(&[(&name, &corrupt)]).code(1).says(&[&name, "at byte "]);
    load(&[(&name, &whole[..2])]).code(1).says(&[&name]);
    let mut tail = whole;
    let last = tail.len() - 6;
    tail[last] ^= 1;
    load(&[(&name, &tail)]).code(1).says(&[&name, "a damaged gzip stream"]);
}

#[test]
fn a_wrong_idx_file_is_reported() {
    let fails = |bytes: &[u8], texts: &[&str]| {
        load(&[(IMAGES, bytes)]).code(1).says(&["own.rhai:2:", IMAGES, "at byte "]).says(texts);
    };
    fails(b"", &["the end of the file after 0 bytes"]);
    fails(b"not an idx file at all", &["magic number"]);
    fails(&idx(13, &[1, 1, 1], &[0; 4]), &["magic number", "unsigned bytes, 3 sizes"]);
    fails(&idx(8, &[5], &[0; 5]), &["magic number"]);
    fails(&images()[..1000], &["the end of the file after 984 bytes of content", "1280 bytes of content"]);
    fails(&[images(), vec![0]].concat(), &["more bytes after the content"]);
    fails(&idx(8, &[0, 16, 16], &[]), &["sizes [0, 16, 16]"]);
    fails(&idx(8, &[u32::MAX, u32::MAX, u32::MAX], &[0; 100]), &["sizes ["]);
    fails(&idx(8, &[1_000_000, 28, 28], &[0; 100]), &["expected 784000000 bytes"]);
}

#[test]
fn a_packed_file_that_promises_too_much_is_reported() {
    let name = format!("{IMAGES}.gz");
    let bytes = packed(&idx(8, &[u32::MAX, 28, 28], &[0; 100]));
    load(&[(&name, &bytes)]).code(1).says(&[&name, "sizes [4294967295, 28, 28]"]);
}

#[test]
fn labels_that_do_not_match_are_reported() {
    let fails = |labels: &[u8], texts: &[&str]| {
        load(&[(IMAGES, &images()), (LABELS, labels)]).code(1).says(&["own.rhai:2:", LABELS]).says(texts);
    };
    fails(&idx(8, &[4], &[0; 4]), &["4 labels", "5, one for each picture"]);
    fails(&idx(8, &[5], &[0; 3]), &["3 bytes of content"]);
    fails(&images(), &["magic number"]);
    load(&[(IMAGES, &images())])
        .code(1)
        .says(&["own.rhai:4:", "no labels: there is no train-labels-idx1-ubyte beside"]);
}

#[test]
fn an_unknown_data_set_names_the_nearest_one() {
    let bench = Bench::new();
    bench.run("data::load(\"mnsit\").train();").code(1).says(&[
        "own.rhai:1:",
        "`mnsit`",
        "`mnist`",
        "HOST_DATA",
    ]);
    bench
        .run("data::load(\"mnist\").train();")
        .code(1)
        .says(&["the train split of `mnist` is missing", "--data DIR"]);
    bench.run("data::load(\"glyphs\").train(5).take(2).batches(0);").code(1).says(&["batches: "]);
}

#[test]
fn data_folders_are_confined() {
    let bench = Bench::new();
    bench.write(IMAGES, images());
    let path = bench.path().join("d");
    let text = format!("data::load(\"{}\").train();", path.display());
    bench.run(&text).code(1).says(&["the script may not read this"]);
    let elsewhere = Bench::new();
    bench.write(&format!("e/mnist/{}", &IMAGES[2..]), images());
    let outcome = elsewhere.script(
        "print(data::load(\"mnist\").train());",
        &["--data", &bench.path().join("e").to_string_lossy()],
    );
    outcome.run().code(0);
    let by_variable = elsewhere.script("print(data::load(\"mnist\").train());", &[]);
    by_variable.env("HOST_DATA", bench.path().join("e")).run().code(0);
}

/// What a script's author writes is not what the user named, though both are settings.
#[test]
fn only_paths_that_the_user_gave_are_read() {
    let bench = Bench::new();
    bench.write(IMAGES, images());
    bench.write(LABELS, idx(8, &[5], &[0, 1, 2, 1, 0]));
    let path = bench.path().join("d");
    let path = path.display();
    let text = format!(
        "let cfg = params(#{{ set: path(\"{path}\"), more: paths([\"x\"]) }});\ndata::load(cfg.set).train();"
    );
    bench.run(&text).code(1).says(&["own.rhai:2:", "the script may not read this"]);
    bench.script(&text, &["more=[a,b]"]).run().code(1).says(&["the script may not read this"]);
    bench.script(&text, &[&format!("set={path}")]).run().code(0);
    // In a list, from a file of settings and from a preset it is named as well.
    bench.script(&text, &[&format!("more=[a,{path}]")]).run().code(0);
    bench.write("plugins/own.mine.toml", format!("set = \"{path}\""));
    bench.script(&text, &["--preset", "mine"]).run().code(0);
    bench.script(&text, &["--config", "plugins/own.mine.toml"]).run().code(0);
}

#[test]
fn weights_that_do_not_fit_are_reported() {
    let bench = Bench::new();
    bench.run("nn::linear(2, 3).save(\"net\");").code(0);
    let file = bench.only_run().path().join("models/net.safetensors");
    let load = |module: &str, file: &std::path::Path| {
        let text = format!("let cfg = params(#{{ file: \"x\" }});\n{module}.load(cfg.file);");
        bench.script(&text, &[&format!("file={}", file.display())]).run()
    };
    load("nn::linear(2, 3)", &file).code(0);
    load("nn::linear(2, 4)", &file).code(1).says(&[
        "own.rhai:2:",
        "net.safetensors",
        "weight: is f32 [3, 2], expected f32 [4, 2]",
    ]);
    load("nn::sequential([nn::linear(2, 3)])", &file).code(1).says(&["net.safetensors", "0.weight"]);
    let whole = std::fs::read(&file).unwrap();
    for (name, bytes) in
        [("cut", &whole[..whole.len() / 2]), ("empty", &[]), ("text", b"weights"), ("huge", &[0xff; 64])]
    {
        let path = bench.write(name, bytes);
        load("nn::linear(2, 3)", &path).code(1).says(&["own.rhai:2:", name]);
    }
    load("nn::linear(2, 3)", &bench.path().join("nowhere")).code(1).says(&["nowhere"]);
    load("nn::linear(2, 3)", bench.path()).code(1);
}

#[test]
fn what_is_no_onnx_model_is_reported() {
    let Some(library) = onnxruntime() else { return skipped("there is no ONNX Runtime") };
    let bench = Bench::new();
    let library = library.to_string_lossy().into_owned();
    for (name, bytes) in
        [("text.onnx", &b"this is no model"[..]), ("empty.onnx", b""), ("noise.onnx", &[0xff; 4096])]
    {
        let path = bench.write(name, bytes);
        let text = "let cfg = params(#{ model: \"x\" });\nlet m = onnx::model(cfg.model);";
        let setting = format!("model={}", path.display());
        bench.script(text, &[&setting, "--onnxruntime", &library]).run().code(1).says(&["own.rhai:2:", name]);
    }
    let text = "let m = onnx::model(\"nowhere.onnx\");";
    bench.script(text, &["--onnxruntime", &library]).run().code(1).says(&["own.rhai:1:", "nowhere.onnx"]);
}

#[test]
fn a_wrong_onnx_runtime_is_reported() {
    let bench = Bench::new();
    // A format version, an operator set and an empty graph: enough to be worth opening.
    let model = bench.write("m.onnx", [8, 8, 0x42, 2, 16, 17, 0x3a, 0]);
    let text = "let cfg = params(#{ model: \"x\" });\nlet m = onnx::model(cfg.model);";
    let setting = format!("model={}", model.display());
    let outcome = bench.script(text, &[&setting, "--onnxruntime", "nowhere.so"]).run().code(1);
    outcome.says(&["own.rhai:2:", "--onnxruntime names does not exist", "nowhere.so", "scripts/setup.sh"]);
    let library = bench.write("no-library.so", "text");
    let library = library.to_string_lossy().into_owned();
    bench
        .script(text, &[&setting, "--onnxruntime", &library])
        .run()
        .code(1)
        .says(&["own.rhai:2:", "no-library.so"]);
    bench.host(["doctor", "--onnxruntime", "nowhere.so"]).run().code(0).shows(&["not usable", "nowhere.so"]);
}
