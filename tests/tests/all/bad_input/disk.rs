//! A disk that is full.

use std::path::{Path, PathBuf};
use std::process::Command;

use tests::{Bench, RunFolder, skipped};

/// A tiny disk that is gone after the test.
struct Disk(PathBuf);

impl Disk {
    fn mount(at: PathBuf, size: &str) -> Option<Self> {
        std::fs::create_dir_all(&at).ok()?;
        let options = format!("size={size}");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&at).output();
        mount.is_ok_and(|output| output.status.success()).then(|| Self(at))
    }

    fn path(&self) -> &Path {
        &self.0
    }

    fn resize(&self, size: &str) {
        let options = format!("remount,size={size}");
        let remount = Command::new("mount").args(["-o", &options]).arg(&self.0).status();
        assert!(remount.is_ok_and(|status| status.success()));
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

/// Saves 128 KB more with every stage.
const GROWS: &str = r#"
let kept = [];
for k in 0..8 {
    kept.push(stage(`part-${k}`, || noise::normal([32, 1024])));
    log("part", k);
}
nn::linear(8, 8).save("net");
figure::grid("kept", concat(kept).reshape([1, 1, 256, 1024]));
"#;

#[test]
fn a_full_disk_is_an_error_and_the_run_goes_on_once_there_is_room() {
    let bench = Bench::new();
    let Some(disk) = Disk::mount(bench.path().join("disk"), "512k") else {
        return skipped("no disk can be mounted: not root");
    };
    let out = disk.path().join("runs").to_string_lossy().into_owned();
    let args = ["--checkpoint-every", "0s", "--out", &out];
    let outcome = bench.script(GROWS, &args).run().code(1);
    outcome.says(&["No space left on device", "disk/runs/", "checkpoints"]);

    let run = std::fs::read_dir(disk.path().join("runs")).unwrap().next().unwrap().unwrap().path();
    let run = RunFolder::at(run);
    assert!(run.has_checkpoint(), "the last good checkpoint stays");
    disk.resize("16m");
    bench.resume(&run, &["--checkpoint-every", "0s"]).run().code(0);

    let reference = Bench::new();
    reference.run(GROWS).code(0);
    run.assert_same_results(&reference.only_run());
    run.assert_tidy();
}

#[test]
fn a_disk_without_room_for_a_run_is_an_error() {
    let bench = Bench::new();
    let Some(disk) = Disk::mount(bench.path().join("disk"), "4k") else {
        return skipped("no disk can be mounted: not root");
    };
    let out = disk.path().to_string_lossy().into_owned();
    bench.script(GROWS, &["--out", &out]).run().code(1).says(&["No space left on device", "disk"]);
}
