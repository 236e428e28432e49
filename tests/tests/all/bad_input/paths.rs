//! What a setting lets a script read: folders where it is declared as a path, else regular files alone.

use std::path::Path;
use std::time::Duration;

use tests::{Bench, Outcome, skipped};

/// A picture of one pixel, as Python's zlib and struct make it.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0:~\x9bU\
      \0\0\0\nIDATx\x9cch\0\0\0\x82\0\x81w\xcdr\xb6\0\0\0\0IEND\xaeB`\x82";

const UNDECLARED: &str =
    "let cfg = params(#{ path: \"x\", title: \"t\" });\nprint(data::load(cfg.path).train().len());";
const DECLARED: &str =
    "let cfg = params(#{ path: path(\"x\"), more: paths([]) });\nprint(data::load(cfg.path).train().len());";

fn pictures(bench: &Bench) {
    bench.write("mixed/0/a.png", PNG);
    bench.write("mixed/1/b.png", PNG);
}

#[test]
fn a_folder_is_read_where_its_setting_is_a_path() {
    let bench = Bench::new();
    pictures(&bench);
    bench.script(DECLARED, &["path=mixed"]).run().code(0).says(&["2"]);
    let outcome = bench.script(UNDECLARED, &["path=mixed"]).run().code(1);
    outcome.says(&[
        "own.rhai:2:",
        "the setting `path` names a folder, and is not declared as a path",
        "params(#{ ..., path: path(\"x\"), ... })",
        "--allow-read ",
    ]);
    bench.script(UNDECLARED, &["path=mixed", "--allow-read", "mixed"]).run().code(0);
    // In a list, from a file and from a preset as well; a default is the script's own word.
    bench.script(&DECLARED.replace("cfg.path", "cfg.more[1]"), &["more=[a,mixed]"]).run().code(0);
    bench.write("plugins/own.mine.toml", "path = \"mixed\"");
    bench.script(DECLARED, &["--preset", "mine"]).run().code(0);
    bench.script(DECLARED, &["--config", "plugins/own.mine.toml"]).run().code(0);
    bench.run(&DECLARED.replace("\"x\"", "\"mixed\"")).code(1).says(&["the script may not read this"]);
}

#[test]
fn a_text_that_happens_to_be_a_folder_grants_nothing() {
    let bench = Bench::new();
    pictures(&bench);
    let text = UNDECLARED.replace("cfg.path", "\"mixed/0\"");
    let title = format!("title={}", bench.path().display());
    let outcome = bench.script(&text, &[&title]).run().code(1);
    outcome.says(&["the script may not read this", "the setting `title` names a folder"]);
    bench.script(&text, &["title=mixed/0/a.png"]).run().code(1).says(&["the script may not read this"]);
    // A file that it names is read, and no other one.
    let text = UNDECLARED.replace("data::load(cfg.path).train().len()", "nn::linear(1, 1).load(cfg.path)");
    bench.write("w.safetensors", b"no weights");
    bench
        .script(&text, &["path=w.safetensors"])
        .run()
        .code(1)
        .says(&["give a file of the safetensors format"]);
}

#[test]
fn what_is_no_regular_file_is_not_read() {
    let bench = Bench::new();
    let pipe = bench.path().join("pipe.npz");
    let name = std::ffi::CString::new(pipe.to_str().unwrap()).unwrap();
    // SAFETY: the name is a text that ends in a zero.
    if unsafe { libc::mkfifo(name.as_ptr(), 0o600) } != 0 {
        return skipped("the file system has no pipes");
    }
    let refused = |path: &Path| -> Outcome {
        let setting = format!("path={}", path.display());
        for text in [
            DECLARED,
            UNDECLARED,
            "let cfg = params(#{ path: path(\"\") }); nn::linear(1, 1).load(cfg.path);",
            "let cfg = params(#{ path: path(\"\") }); nn::from_onnx(cfg.path);",
            "let cfg = params(#{ path: path(\"\") }); onnx::model(cfg.path);",
        ] {
            let outcome = bench.script(text, &[&setting]).run().code(1);
            assert!(outcome.took < Duration::from_secs(10), "it waits for {}", path.display());
            outcome.says(&["which is no regular file or folder"]);
        }
        bench.script(DECLARED, &[&setting]).run()
    };
    refused(&pipe);
    for system in ["/dev/zero", "/proc/self/environ", "/sys/kernel"] {
        if Path::new(system).exists() {
            refused(Path::new(system));
        }
    }
    let link = bench.path().join("link.npz");
    std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
    refused(&link);
}

#[test]
fn paths_are_declared_in_params_alone() {
    let bench = Bench::new();
    bench.write(
        "plugins/own.rhai",
        "let cfg = params(#{ a: path(\"x\"), b: paths([]) });\nlet c = path(\"y\");\nprint(cfg.a + cfg.b);",
    );
    let outcome = bench.host(["check", "own"]).run().code(1);
    outcome.shows(&["own.rhai:2:9: `path` declares a setting", "1 finding"]);
    let other = "if cfg.a != \"x\" || cfg.b != [\"y\"] { throw \"other\"; }";
    let text = format!("let cfg = params(#{{ a: path(\"x\"), b: paths([\"y\"]) }});\n{other}");
    bench.run(&text).code(0);
    bench.run("let cfg = params(#{ a: path(3) });").code(1).says(&["own.rhai:1:", "path"]);
    bench
        .run("let cfg = params(#{ a: paths([3]) });")
        .code(1)
        .says(&["own.rhai:1:", "the default is [3], expected a file or folder"]);
    bench.script(DECLARED, &["--config", "c.toml"]).run().code(1);
    bench.write("c.toml", "path = 3");
    bench
        .script(DECLARED, &["--config", "c.toml"])
        .run()
        .code(2)
        .says(&["`path` is of type path, not integer"]);
    bench.host(["params", "dtan"]).run().code(0).shows(&["[path; paper: mnist]"]);
}
