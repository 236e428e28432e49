//! What a run read is what it goes on with.

use std::fs;

use serde_json::{Value as Json, json};
use tests::{Bench, Outcome, RunFolder, onnxruntime, skipped};

/// A `.npy` file of the format's version 1: `[8, 4, 4]` bytes.
pub fn npy(value: u8) -> Vec<u8> {
    let header = format!("{:<117}\n", "{'descr': '|u1', 'fortran_order': False, 'shape': (8, 4, 4), }");
    [&b"\x93NUMPY\x01\x00\x76\x00"[..], header.as_bytes(), &[value; 128]].concat()
}

/// Pictures of one pixel, as Python's zlib makes them.
const BLACK: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0:~\x9bU\
      \0\0\0\nIDATx\x9cc`\0\0\0\x02\0\x01H\xaf\xa4q\0\0\0\0IEND\xaeB`\x82";
const GREY: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0:~\x9bU\
      \0\0\0\nIDATx\x9cch\0\0\0\x82\0\x81w\xcdr\xb6\0\0\0\0IEND\xaeB`\x82";

/// Reads `READ`, then fails in the second item of a loop for want of the file `gate`.
const GATED: &str = r#"
let cfg = params(#{ path: path(""), more: path(""), gate: "", wait: 1.0 });
let x = { READ };
each("step", 1..=3, #{ sum: 0.0 }, |i, s| {
    if i == 2 { nn::linear(1, 1).load(cfg.gate); }
    s.sum += x;
    log("sum", s.sum);
    s
});
"#;

pub const SET: &str = "data::load(cfg.path).train().tensor().sum().item()";

/// A run that failed at its gate, which is open now.
pub struct Stopped {
    pub bench: Bench,
    pub run: RunFolder,
}

impl Stopped {
    pub fn new(bench: Bench, read: &str, args: &[&str]) -> Self {
        if let Some(library) = onnxruntime() {
            // Where it is found by itself.
            std::os::unix::fs::symlink(library.parent().unwrap(), bench.path().join(".ort")).unwrap();
        }
        let gate = "gate=gate.safetensors";
        let every = ["--checkpoint-every", "0s", gate];
        let text = GATED.replace("READ", read);
        bench.script(&text, &[&every, args].concat()).run().code(1).says(&["gate.safetensors"]);
        let run = bench.runs().into_iter().find(|run| run.status() == "FAILED").expect("a run that failed");
        bench.script("nn::linear(1, 1).save(\"gate\");", &["--out", "gates"]).run().code(0);
        let made = fs::read_dir(bench.path().join("gates")).unwrap().next().unwrap().unwrap().path();
        fs::copy(made.join("models/gate.safetensors"), bench.path().join("gate.safetensors")).unwrap();
        bench.write("plugins/own.rhai", text);
        Self { bench, run }
    }

    pub fn resume(&self, args: &[&str]) -> Outcome {
        self.bench.resume(&self.run, args).run()
    }

    /// Forges a word of the command, both in the arguments that records have now and in a record that has
    /// none.
    #[track_caller]
    pub fn names(&self, argument: &str, flag: &str, value: &str, said: &str) {
        let honest = self.run.record();
        self.forge(|record| {
            let argument = &mut record["arguments"][argument];
            *argument = if argument.is_array() { json!([value]) } else { value.into() };
        });
        self.resume(&[]).code(2).says(&["is not taken from there", said]);
        self.forge(|record| {
            *record = honest.clone();
            record.as_object_mut().unwrap().remove("arguments");
            record["command"].as_array_mut().unwrap().extend([flag, value].map(|word| json!(word)));
        });
        self.resume(&[]).code(2).says(&["is not taken from there", said]);
        self.forge(|record| *record = honest.clone());
    }

    /// Changes the record as somebody could who hands the folder on.
    pub fn forge(&self, change: impl FnOnce(&mut Json)) {
        let mut record = self.run.record();
        change(&mut record);
        fs::write(self.run.path().join("run.json"), record.to_string()).unwrap();
    }

    pub fn path(&self, name: &str) -> String {
        self.bench.path().join(name).display().to_string()
    }
}

#[test]
fn settings_that_are_no_finite_numbers_come_back() {
    let bench = Bench::new();
    let text = r#"
        let cfg = params(#{ clip: 1.0, top: 1.0 / 0.0, none: 0.0 / 0.0, rates: [0.1], lr: 0.1, gate: "" });
        each("step", 1..=3, |i| {
            if i == 2 { nn::linear(1, 1).load(cfg.gate); }
            let all = [cfg.clip, cfg.top, cfg.none, cfg.rates[0], cfg.rates[1], cfg.rates[2], cfg.lr];
            table(`step ${i}`, [all.map(|x| `${x}`)]);
        });
    "#;
    bench.write("c.toml", "lr = inf\nrates = [-inf, nan, 1]\n");
    let args = ["clip=inf", "--config", "c.toml", "gate=gate.safetensors", "--checkpoint-every", "0s"];
    bench.script(text, &args).run().code(1).says(&["gate.safetensors"]);
    let run = bench.only_run();
    let folder = run.path().file_name().unwrap().to_string_lossy().into_owned();
    assert!(folder.starts_with("own,clip=inf,rates=[-inf,nan,1.0],lr=inf,gate="), "{folder}");
    let report = fs::read_to_string(run.path().join("report.html")).unwrap();
    for shown in [
        "clip</th><td class=\"value\"><b>inf</b></td><td class=\"differs\">≠\u{a0}1.0</td>",
        "none</th><td class=\"value\">nan</td><td class=\"same\">nan</td>",
        "<b>[-inf,<wbr>nan,<wbr>1.0]</b>",
    ] {
        assert!(report.contains(shown), "no {shown} in the report");
    }
    bench.script("nn::linear(1, 1).save(\"gate\");", &["--out", "gates"]).run().code(0);
    let made = fs::read_dir(bench.path().join("gates")).unwrap().next().unwrap().unwrap().path();
    fs::copy(made.join("models/gate.safetensors"), bench.path().join("gate.safetensors")).unwrap();
    bench.write("plugins/own.rhai", text);
    bench.resume(&run, &[]).run().code(0);
    let mut tables = run.files("tables");
    tables.retain(|name, _| name.ends_with(".csv"));
    assert_eq!(tables.len(), 3, "{:?}", tables.keys());
    let first = tables.values().next().unwrap();
    assert!(tables.values().all(|table| table == first), "{tables:?}");
}

/// `change` changes what a run read, whose name in its record is `name`.
#[track_caller]
fn is_noticed(read: &str, files: &[(&str, &[u8])], args: &[&str], name: &str, change: impl Fn(&Bench)) {
    let stopped = |files: &[(&str, &[u8])]| {
        let bench = Bench::new();
        files.iter().for_each(|(name, bytes)| drop(bench.write(name, bytes)));
        Stopped::new(bench, read, args)
    };
    stopped(files).resume(&[]).code(0);

    let stopped = stopped(files);
    let before = stopped.run.record();
    let known = before["files"].as_array().unwrap().iter().find(|file| file["name"] == name);
    let known = known.unwrap_or_else(|| panic!("no {name} in {}", before["files"]));
    change(&stopped.bench);
    let outcome = stopped.resume(&[]);
    assert!(matches!(outcome.status.code(), Some(1 | 2)), "{}", outcome.stderr);
    let problem = format!("{name} changed since the run began");
    outcome.says(&[&problem, "--changed", "start a new run"]);
    stopped.resume(&["--changed"]).code(0);
    let record = stopped.run.record();
    assert_eq!(record["changed"][0]["name"], name);
    assert_eq!(record["changed"][0]["before"], known["sha256"]);
    let now = record["files"].as_array().unwrap().iter().find(|file| file["name"] == name).unwrap();
    assert_eq!(record["changed"][0]["after"], now["sha256"]);
    assert_ne!(now["sha256"], known["sha256"]);
}

#[test]
fn data_that_changed_is_reported() {
    let (old, new) = (npy(1), npy(2));
    is_noticed(SET, &[("d.npy", &old)], &["path=d.npy"], "d.npy", |bench| drop(bench.write("d.npy", &new)));
    is_noticed(SET, &[("d.npy", &old)], &["path=d.npy"], "d.npy", |bench| {
        // Of the same length, at the same time.
        let time = fs::metadata(bench.path().join("d.npy")).unwrap().modified().unwrap();
        let file = fs::File::options().write(true).open(bench.write("d.npy", &new)).unwrap();
        file.set_modified(time).unwrap();
    });
}

#[test]
fn pictures_that_changed_are_reported() {
    let files = [("p/a/1.png", BLACK), ("p/b/2.png", GREY)];
    let noticed = |change: &dyn Fn(&Bench)| is_noticed(SET, &files, &["path=p"], "p (train)", change);
    noticed(&|bench| drop(bench.write("p/a/1.png", GREY)));
    noticed(&|bench| drop(bench.write("p/a/3.png", BLACK)));
    noticed(&|bench| fs::rename(bench.path().join("p/a/1.png"), bench.path().join("p/b/1.png")).unwrap());
}

#[test]
fn a_known_set_a_table_and_weights_that_changed_are_reported() {
    let batch = |value: u8| [vec![1], vec![value; 3072]].concat();
    let (old, new) = (batch(1), batch(2));
    let name = "data/cifar-10/data_batch_1.bin";
    is_noticed(
        "data::load(\"cifar-10\").train().tensor().sum().item()",
        &[(name, &old)],
        &[],
        "DATA/cifar-10/data_batch_1.bin",
        |bench| drop(bench.write(name, &new)),
    );

    let table = "data::load(cfg.path, #{ labels: \"c\", attributes: cfg.more }).train().labels()[0]";
    let files = [("p/1.png", BLACK), ("p/2.png", GREY), ("t.csv", b"file,c\n1.png,x\n2.png,y\n")];
    is_noticed(table, &files, &["path=p", "more=t.csv"], "t.csv", |bench| {
        bench.write("t.csv", "file,c\n1.png,y\n2.png,x\n");
    });

    let bench = Bench::new();
    bench.run("nn::linear(2, 2).save(\"a\"); nn::linear(2, 2).save_onnx(\"a\", [2]);").code(0);
    let made = |name: &str| fs::read(bench.only_run().path().join("models").join(name)).unwrap();
    let (weights, model) = (made("a.safetensors"), made("a.onnx"));
    let other = [&weights[..weights.len() - 4], &[0; 4]].concat();
    let read = "let net = nn::linear(2, 2); net.load(cfg.path); net.forward(ones([1, 2])).sum().item()";
    is_noticed(read, &[("w.safetensors", &weights)], &["path=w.safetensors"], "w.safetensors", |bench| {
        bench.write("w.safetensors", &other);
    });
    // A field that no reader knows, and that changes nothing.
    let other = [&model[..], &[0xa0, 0x3f, 1]].concat();
    let read = "nn::from_onnx(cfg.path).forward(ones([1, 2])).sum().item()";
    is_noticed(read, &[("m.onnx", &model)], &["path=m.onnx"], "m.onnx", |bench| {
        bench.write("m.onnx", &other);
    });
}

/// A model with one initialiser, a 1 or a 2, that lies in `w.bin`.
fn external_model() -> Vec<u8> {
    fn field(number: u8, content: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, content.len() as u8], content].concat()
    }
    let entry = |key: &str, value: &str| [field(1, key.as_bytes()), field(2, value.as_bytes())].concat();
    // dims [1], FLOAT, its name, external_data, data_location EXTERNAL.
    let weight =
        [vec![8, 1, 16, 1], field(8, b"w"), field(13, &entry("location", "w.bin")), vec![14 << 3, 1]]
            .concat();
    let shape = field(2, &field(1, &[8, 1]));
    let kind = field(2, &field(1, &[vec![8, 1], shape].concat()));
    let value = |name: &str| [field(1, name.as_bytes()), kind.clone()].concat();
    let node = [field(1, b"x"), field(1, b"w"), field(2, b"y"), field(4, b"Add")].concat();
    let parts =
        [field(1, &node), field(2, b"g"), field(5, &weight), field(11, &value("x")), field(12, &value("y"))];
    [vec![8, 8], field(7, &parts.concat()), field(8, &[16, 17])].concat()
}

#[test]
fn elements_of_a_model_in_another_file_that_changed_are_reported() {
    let files: [(&str, &[u8]); 2] = [("n/m.onnx", &external_model()), ("n/w.bin", &1f32.to_le_bytes())];
    let change = |bench: &Bench| drop(bench.write("n/w.bin", 2f32.to_le_bytes()));
    let read = "nn::from_onnx(cfg.path).forward(ones([1])).sum().item()";
    is_noticed(read, &files, &["path=n/m.onnx"], "n/w.bin", change);
    if onnxruntime().is_none() {
        return skipped("there is no ONNX Runtime");
    }
    is_noticed(&read.replace("nn::from_onnx", "onnx::model"), &files, &["path=n/m.onnx"], "n/w.bin", change);
}

#[test]
fn scripts_that_changed_are_gone_on_with_where_that_is_said() {
    let stopped = Stopped::new(Bench::new(), "1.0", &[]);
    let text = GATED.replace("READ", "10.0").replace("wait: 1.0", "wait: 1.0, step: 2.0");
    stopped.bench.write("plugins/own.rhai", text.replace("+= x", "+= x * cfg.step"));
    stopped.resume(&[]).code(2).says(&["own.rhai changed since the run began", "--changed"]);
    assert_eq!(stopped.run.status(), "FAILED", "nothing was touched");
    stopped.resume(&["--changed"]).code(0);
    assert_eq!(stopped.run.metric("sum"), [1.0, 21.0, 41.0]);
    let record = stopped.run.record();
    assert_eq!(record["changed"].as_array().unwrap().len(), 1);
    assert_eq!(record["changed"][0]["text"], GATED.replace("READ", "1.0"));
    assert_eq!(record["settings"]["step"], 2.0);
}

#[test]
fn what_is_gone_is_reported() {
    let bench = Bench::new();
    bench.write("d.npy", npy(1));
    let stopped = Stopped::new(bench, SET, &["path=d.npy"]);
    fs::remove_file(stopped.bench.path().join("d.npy")).unwrap();
    stopped.resume(&[]).code(2).says(&["d.npy is gone since the run began"]);
}
