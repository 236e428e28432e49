//! Files and folders that commands are given: scripts, runs, folders for runs.

use std::{ffi::CString, os::unix::ffi::OsStrExt, path::Path};

use tests::Bench;

#[test]
fn a_plugin_of_the_users_own_goes_before_a_built_in_one() {
    let bench = Bench::empty();
    bench.write("plugins/sae.rhai", "//! Mine\nlet cfg = params(#{ mine: 1 });\nprint(\"mine\");");
    bench.write("sub/plugins/sae.rhai", "print(\"below\");");
    for name in ["sae", "plugins/sae", "./plugins/sae", "plugins/sae.rhai"] {
        bench.host(["run", name, "--quiet"]).run().code(0).says(&["mine"]);
        bench.host(["params", name]).run().code(0).shows(&["mine"]);
        let checked = bench.host(["check", name]).run().shows(&["plugins/sae.rhai"]);
        assert!(!checked.stdout.contains("built-in"), "{}", checked.stdout);
    }
    let absolute = bench.path().join("plugins/sae");
    bench.host(["run".as_ref(), absolute.as_os_str()]).run().code(0).says(&["mine"]);
    bench.host(["run", "sub/plugins/sae", "--quiet"]).run().code(0).says(&["below"]);
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_script() {
    let bench = Bench::empty();
    bench.write(
        "plugins/own.rhai",
        "\u{feff}//! Marked\nimport \"lib\" as lib;\nlet cfg = params(#{ a: 1 });\nprint(lib::f() + cfg.a);",
    );
    bench.write("plugins/lib.rhai", "\u{feff}fn f() { 41 }");
    bench.write("a.toml", "\u{feff}a = 2\n");
    bench.host(["run", "own", "--quiet", "--config", "a.toml"]).run().code(0).says(&["43"]);
    let listed = bench.host(["list"]).run().code(0).shows(&["own          Marked"]);
    assert!(!listed.stdout.contains('\u{feff}'));
}

#[test]
fn a_script_in_another_encoding_is_refused_at_its_byte() {
    let bench = Bench::empty();
    bench.write("latin.rhai", b"let x = 1;\nlet y = \"\xe4\";");
    let texts = ["latin.rhai:2:10: the byte 0xe4 is not UTF-8", "help: save it as UTF-8"];
    for command in ["run", "check", "params"] {
        bench.host([command, "latin.rhai"]).run().code(2).says(&texts);
    }
    bench.write("wide.rhai", b"\xff\xfel\0e\0t\0");
    bench.host(["run", "wide.rhai"]).run().code(2).says(&["wide.rhai is a text in UTF-16"]);
    bench.write("own.rhai", "import \"latin\" as l;");
    bench.host(["run", "own.rhai"]).run().code(1).says(&["own.rhai:1:", texts[0]]);
}

#[test]
fn what_is_no_file_is_named_as_what_it_is() {
    let bench = Bench::empty();
    let pipe = bench.path().join("pipe.rhai");
    let name = CString::new(pipe.as_os_str().as_bytes()).unwrap();
    // SAFETY: the name is a string that ends.
    assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
    for (name, what) in [
        ("pipe.rhai", "pipe.rhai is a pipe, a socket or a device, expected a plugin"),
        ("pipe", "pipe.rhai is a pipe, a socket or a device, expected a plugin"),
        (".", ". is a folder, expected a plugin"),
        ("/dev/null", "/dev/null is a pipe, a socket or a device, expected a plugin"),
    ] {
        bench.host(["run", name]).run().code(2).says(&[what, "give the path of a .rhai file"]);
    }
    bench.write("plugins/pipe.rhai", "print(\"a file\");");
    bench.host(["run", "plugins/pipe", "--quiet"]).run().code(0).says(&["a file"]);
}

#[test]
fn what_is_no_run_is_refused_before_it_is_read() {
    let bench = Bench::empty();
    let resume = |path: &Path| bench.host(["resume".as_ref(), path.as_os_str()]).run().code(2);
    resume(Path::new("/")).says(&["/ is not the folder of a run: it has no run.json"]);
    let file = bench.write("own.rhai", "throw \"no\";");
    resume(&file).says(&["own.rhai is a file, expected the folder of a run", "that `host run` made"]);
    bench.host(["run", "own.rhai"]).run().code(1);
    let run = bench.only_run().path().to_owned();
    resume(&run.join("run.json"))
        .says(&["run.json is a file", &format!("give the folder: {}", run.display())]);
}

#[test]
fn a_folder_that_takes_no_run_is_named_with_the_way_out() {
    let bench = Bench::empty();
    bench.write("own.rhai", "1");
    bench.host(["run", "own.rhai", "--out", "/proc"]).run().code(2).says(&[
        "/proc: the folder of a run cannot be made: ",
        "/proc is there, and takes no new folder",
        "give --out a folder that can be written to",
    ]);
}
