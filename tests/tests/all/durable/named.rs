//! What the record of a run names is not obeyed.

use std::fs;
use std::path::Path;

use serde_json::{Value as Json, json};
use tests::Bench;

use super::record::{SET, Stopped, npy};

/// Data outside of the working folder, which is `place`.
fn outside(bench: &Bench) -> String {
    let folder =
        bench.path().parent().unwrap().join(format!("{}-out", bench.path().file_name().unwrap().display()));
    fs::create_dir_all(folder.join("cifar-10")).unwrap();
    fs::write(folder.join("d.npy"), npy(1)).unwrap();
    fs::write(folder.join("cifar-10/data_batch_1.bin"), [1; 3073]).unwrap();
    folder.display().to_string()
}

#[test]
fn what_was_read_elsewhere_is_read_again_and_nothing_else() {
    let bench = Bench::new();
    let folder = outside(&bench);
    let stopped = Stopped::new(bench, SET, &[&format!("path={folder}/d.npy")]);
    fs::copy(format!("{folder}/d.npy"), format!("{folder}/e.npy")).unwrap();
    // Another file, as the setting of a record that came from elsewhere.
    let honest = stopped.run.record();
    stopped.forge(|record| record["settings"]["path"] = format!("{folder}/e.npy").into());
    let word = format!("--allow-read {folder}/e.npy");
    stopped.resume(&[]).code(2).says(&["is not taken from there", "host resume ", &word]);
    stopped.forge(|record| {
        record["settings"]["path"] = folder.as_str().into();
        record["files"][0]["name"] = folder.as_str().into();
    });
    let outcome = stopped.resume(&[]);
    assert_ne!(outcome.status.code(), Some(0), "{}", outcome.stderr);
    stopped.forge(|record| *record = honest.clone());
    stopped.resume(&[]).code(0);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn folders_that_a_record_allows_are_given_anew() {
    let bench = Bench::new();
    let folder = outside(&bench);
    let (data, allow) = (["--data", &folder], ["--allow-read", &folder]);
    let stopped = Stopped::new(bench, "data::load(\"cifar-10\").train().tensor().sum().item()", &data);
    stopped.resume(&[]).code(2).says(&[&format!("--data {folder}")]);
    let by_variable = stopped.bench.resume(&stopped.run, &["--deadline", "1h"]).env("HOST_DATA", &folder);
    by_variable.run().code(0);

    let read = format!("data::load(\"{folder}/d.npy\").train().tensor().sum().item()");
    let stopped = Stopped::new(Bench::new(), &read, &allow);
    stopped.resume(&[]).code(2).says(&[&allow.join(" ")]);
    stopped.resume(&allow).code(0);
    // Words that somebody wrote into the record.
    for (name, words) in [("allow_read", allow), ("data", data)] {
        let stopped = Stopped::new(Bench::new(), "1.0", &[]);
        stopped.names(name, words[0], words[1], &words.join(" "));
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_library_that_a_record_names_is_not_loaded() {
    let stopped = Stopped::new(Bench::new(), "1.0", &[]);
    let library = stopped.bench.write("evil.so", "no library").display().to_string();
    let said = format!("--onnxruntime {library}");
    stopped.names("onnxruntime", "--onnxruntime", &library, &said);
}

#[test]
fn the_plugin_that_a_record_names_is_not_run() {
    let stopped = Stopped::new(Bench::new(), "1.0", &[]);
    let elsewhere = Bench::new();
    let evil = elsewhere.write("evil.rhai", "print(\"evil\");").display().to_string();
    let point = |record: &mut Json, to: &str| {
        record["command"][2] = to.into();
        record["arguments"]["plugin"] = to.into();
        record["plugin"] = to.into();
        record["scripts"] = json!([{ "path": to, "sha256": "", "text": "print(\"evil\");" }]);
    };
    stopped.forge(|record| point(record, &evil));
    stopped.resume(&[]).code(2).says(&[&format!("--plugin {evil}")]);
    // In the run's own folder, which is in the working folder.
    let inside = stopped.run.path().join("evil.rhai");
    fs::copy(&evil, &inside).unwrap();
    stopped.forge(|record| point(record, &inside.display().to_string()));
    stopped.resume(&[]).code(2).says(&["--plugin "]);
    // A folder that the record claims to be the working folder.
    stopped.forge(|record| {
        point(record, "evil.rhai");
        record["folder"] = elsewhere.path().display().to_string().into();
    });
    stopped.resume(&[]).code(2).says(&[&format!("--plugin {evil}")]);
}

#[test]
fn a_run_with_links_is_not_resumed() {
    let stopped = Stopped::new(Bench::new(), "1.0", &[]);
    let victim = stopped.path("victim");
    fs::create_dir_all(&victim).unwrap();
    fs::write(format!("{victim}/kept.txt"), "precious").unwrap();
    for name in ["checkpoints/tensors", "figures", "log.txt", "metrics.jsonl", "run.json"] {
        let path = stopped.run.path().join(name);
        let aside = stopped.bench.path().join("aside");
        if path.exists() {
            fs::rename(&path, &aside).unwrap();
        }
        let target = if path.extension().is_some() { format!("{victim}/kept.txt") } else { victim.clone() };
        std::os::unix::fs::symlink(target, &path).unwrap();
        stopped
            .resume(&[])
            .code(2)
            .says(&["is a link, a pipe or a device", name.rsplit('/').next().unwrap()]);
        fs::remove_file(&path).unwrap();
        if aside.exists() {
            fs::rename(&aside, &path).unwrap();
        }
    }
    assert_eq!(fs::read(Path::new(&victim).join("kept.txt")).unwrap(), b"precious");
    stopped.resume(&[]).code(0);
}

#[test]
fn tensors_of_a_checkpoint_are_files_of_the_run() {
    let bench = Bench::new();
    bench.run("each(\"a\", 2, #{ x: ones([3]) }, |i, s| { s.x += 1; s });\nthrow \"stop\";").code(1);
    let run = bench.only_run();
    let path = run.path().join("checkpoints/a.json");
    let text = fs::read_to_string(&path).unwrap();
    let mut state: Json = serde_json::from_str(&text).unwrap();
    let file = &mut state["state"]["map"]["x"]["tensor"]["file"];
    assert_eq!(file.as_str().map(str::len), Some(64), "{text}");
    *file = "../../run.json".into();
    // As without a checksum, which would not be right.
    state.as_object_mut().unwrap().remove("sha256");
    fs::write(&path, state.to_string()).unwrap();
    bench.resume(&run, &[]).run().code(1).says(&["the checkpoint is damaged"]);
}

#[test]
fn the_command_that_goes_on_is_printed_whole() {
    let bench = Bench::new();
    let folder = outside(&bench);
    let text = "let cfg = params(#{ path: path(\"\") }); each(\"a\", 1, |i| i); throw \"stop\";";
    let set = format!("path={folder}");
    let outcome = bench.script(text, &[&set, "--data", &folder, "--checkpoint-every", "0s"]).run().code(1);
    let run = bench.only_run();
    let command =
        format!("host resume {} --data {folder}", run.path().strip_prefix(bench.path()).unwrap().display());
    outcome.says(&[&command]);
    bench.resume(&run, &["--data", &folder]).run().code(1).says(&["own.rhai:1:", "stop"]);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn files_of_settings_are_in_the_record() {
    let bench = Bench::new();
    bench.write("c.toml", "a = 2\n");
    bench.script("let cfg = params(#{ a: 1 });", &["--config", "c.toml"]).run().code(0);
    let configs = &bench.only_run().record()["configs"];
    assert_eq!(configs[0]["name"], "c.toml");
    // As sha256sum gives it.
    assert_eq!(configs[0]["sha256"], "1382c01db535c28d9d2e3137ea7b6ff14ed03537bc4dab2e8d40182bd48bbd69");
}

/// A name that is made up while the script runs is not seen in its text.
#[test]
fn imports_by_computed_names_are_compared_as_well() {
    let text = "import \"mi\" + \"ne\" as mine;\neach(\"a\", 1, |i| i);\nthrow `${mine::f(1)}`;";
    let bench = Bench::new();
    bench.write("scripts/mine.rhai", "fn f(x) { x + 1 }");
    bench.script(text, &["--checkpoint-every", "0s"]).run().code(1).says(&["own.rhai:3:1: 2"]);
    let run = bench.only_run();
    bench.resume(&run, &[]).run().code(1).says(&["own.rhai:3:1: 2"]);
    bench.write("scripts/mine.rhai", "fn f(x) { x + 2 }");
    bench.resume(&run, &[]).run().code(2).says(&["scripts/mine.rhai changed since the run began"]);
    bench.resume(&run, &["--changed"]).run().code(1).says(&["own.rhai:3:1: 3"]);
}
