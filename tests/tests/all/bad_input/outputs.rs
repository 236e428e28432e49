//! Outputs that take nothing: a full disk, a closed pipe.

use std::fs::File;

use tests::Bench;

fn full() -> File {
    File::options().write(true).open("/dev/full").expect("a device that is always full")
}

fn closed() -> std::io::PipeWriter {
    std::io::pipe().expect("a pipe").1
}

const COMMANDS: [&[&str]; 9] = [
    &["help"],
    &["help", "zeros"],
    &["--help"],
    &["--version"],
    &["list"],
    &["params", "dtan"],
    &["data"],
    &["doctor"],
    &["check", "dtan"],
];

#[test]
fn a_full_disk_ends_a_command_with_an_error() {
    let bench = Bench::empty();
    for command in COMMANDS {
        let outcome = bench.host(command).stdout(full()).run().code(1);
        outcome.says(&["error: stdout: No space left on device"]);
    }
}

#[test]
fn a_closed_pipe_ends_a_command_without_a_word() {
    let bench = Bench::empty();
    for command in COMMANDS {
        let outcome = bench.host(command).stdout(closed()).run().code(0);
        assert!(!outcome.stderr.contains("error"), "{command:?}: {}", outcome.stderr);
    }
}

#[test]
fn messages_that_nobody_gets_change_no_exit_code() {
    let bench = Bench::empty();
    bench.write("good.rhai", "print(1); each(\"a\", 3, |i| { log(\"a\", i); });");
    bench.write("bad.rhai", "throw \"no\";");
    for (command, code) in [(["run", "good.rhai"], 0), (["run", "bad.rhai"], 1), (["run", "none"], 2)] {
        bench.host(command).stderr(full()).run().code(code);
        bench.host(command).stderr(closed()).run().code(code);
    }
    let statuses: Vec<_> = bench.runs().iter().map(|run| run.record()["status"].clone()).collect();
    assert_eq!(statuses, ["FAILED", "FAILED", "COMPLETED", "COMPLETED"]);
}
